"""Drawn graphs: nothing lies on anything, wrong formulas get a sentence, the figures say what the mathematics says."""

import functools
import math

import numpy as np
import pytest

from nnlib import graph, live
from nnlib.course.explorers import _graphs as drawn
from nnlib.course.explorers import computational_graphs as explorers

AREA = (9.4, 3.8)


def steep(x, y):
    a = x * y
    c = (a + graph.sin(x)) * graph.exp(y / 2) - x
    return c * c + 1 / (1 + a)


FORMULAS = {
    "recipe": explorers.recipe,
    "one edge": lambda x, y: graph.sin(x),
    "twice the same": lambda x, y: x * x + y,
    "13 nodes": steep,
    "constants": lambda x, y: 2 * x - 1 / y + (-x),
    "powers": lambda x, y: (x**3) ** y,
    "squares": lambda x, y: (x * x) * (x * x) * (x * x) * y,
}


def drawing(formula, **options):
    output, _ = drawn.typed(formula, x=2.0, y=3.0)
    board = live.Board(size=(9.6, 4.0))
    return board, drawn.Drawing(board, board.axes[0], output, area=AREA, **options), output


@pytest.mark.parametrize("formula", FORMULAS.values(), ids=FORMULAS)
@pytest.mark.parametrize("notes", [False, True])
def test_boxes_stand_apart_and_inside_and_no_edge_runs_through_one(formula, notes):
    _, picture, _ = drawing(formula, notes=notes)
    places = np.array([picture._at[node] for node in picture.nodes])
    below = places - (0, drawn.NOTE * notes)
    assert (below - drawn.BOX / 2 > 0).all() and (places + drawn.BOX / 2 < AREA).all()
    for i, here in enumerate(places):
        apart = np.abs(places[i + 1 :] - here) >= drawn.BOX + np.array([0.0, drawn.NOTE * notes])
        assert apart.any(axis=1).all()
        for curve in picture._curves:
            assert not (np.abs(curve - here) < drawn.BOX / 2 - 0.01).all(axis=1).any()


@pytest.mark.parametrize("formula", FORMULAS.values(), ids=FORMULAS)
def test_marks_show_values_slopes_and_what_is_lit(formula):
    board, picture, output = drawing(formula, tones={"a": "green", "b": "red"})
    values = graph.node_values(output)
    path = graph.paths(output, picture.nodes[0])[0]
    lit = picture.edges_of(path)
    notes = {"b": {output: "+1"}}
    marks = picture.marks(values, lit={"a": lit, "b": []}, rings={"a": [output], "b": []}, notes=notes)
    board.draw(live.Frame(marks))
    assert same_texts(marks, "value", [values[node] for node in picture.nodes])
    slopes = picture.slopes(values)
    assert [slopes[edge] for edge in lit] == pytest.approx(list(path.factors))
    assert {name for name in marks if name.startswith("slope a")} == {f"slope a {edge}" for edge in lit}
    assert marks[f"note b {picture.nodes.index(output)}"][2] == "+1"
    assert {mark[2] for mark in picture.marks({}).values()} <= {"?"}, "before anything is computed"


def same_texts(marks, name, numbers):
    return [marks[f"{name} {i}"][2] for i in range(len(numbers))] == [live.short(float(number)) for number in numbers]


def test_names_are_letters_that_are_free():
    x = graph.variable(1.0, name="a")
    board = live.Board()
    picture = drawn.Drawing(board, board.axes[0], (graph.sin(x) + 1).named("g"), area=AREA)
    assert list(picture.names.values()) == ["a", "b", "g"]


WRONG = {
    "has no quotes": "x * y",
    "must take x, y": lambda x: x,
    "graph.sin": lambda x, y: math.sin(x),
    "is not defined": lambda x, y: sinus(x),  # noqa: F821
    "x\\*\\*2": lambda x, y: x ^ 2,
    "no branches": lambda x, y: max(x, y),
    "must depend on x or y": lambda x, y: 3.0,
    "is y itself": lambda x, y: y,
    "must give one number": lambda x, y: graph.concatenate(x, y),
    "has no value at x = 2": lambda x, y: 1 / (x - 2),
    "one after the other": lambda x, y: functools.reduce(lambda a, _: graph.sin(a), range(7), x),
    "nodes. More than": lambda x, y: sum((x * y for _ in range(9)), x),
    "does not work: ": lambda x, y: x(y),
}


@pytest.mark.parametrize("words", WRONG)
def test_a_wrong_formula_gets_a_sentence(words):
    with pytest.raises(drawn.FormulaError, match=words) as raised:
        explorers.moves(WRONG[words])
    assert raised.value._render_traceback_() == [f"✗ {raised.value}"]


def test_paths_that_cannot_be_shown_get_a_sentence():
    with pytest.raises(drawn.FormulaError, match="8 paths lead from x"):
        explorers.paths(lambda x, y: functools.reduce(lambda a, _: a * a, range(3), x))
    with pytest.raises(drawn.FormulaError, match="no variable 'y'"):
        explorers.paths(lambda x, y: x * x, by="y")


def test_paths_add_up_to_the_gradient():
    for formula in (explorers.recipe, lambda x, y: graph.sin(x * y) + x / y, lambda x, y: x * x):
        table = explorers.paths(formula).table
        for x, y, total, difference in zip(
            *(table[name] for name in ("x", "y", "their sum", "central difference")), strict=True
        ):
            output, (variable, _) = drawn.typed(formula, x=x, y=y)
            assert total == pytest.approx(graph.gradient(output)[variable])
            assert difference == pytest.approx(total, rel=1e-6)


def test_moves_are_differences_of_values():
    table = explorers.moves().table
    f = explorers.recipe(table["x"], table["y"])
    assert table["f"] == pytest.approx(f) and table["move of f"] == pytest.approx(f + 10, abs=1e-9)


def test_the_ladder_counts_its_paths():
    table, x = explorers.ladder().table, graph.variable(0.3, name="x")
    f = x
    for k in range(1, 61):
        f = graph.sin(f) + graph.cos(f)
        assert table["paths"][table["k"] == k] == graph.count_paths(f, x)
    nodes = graph.topological_order(f)
    assert (table["nodes"][-1], table["edges"][-1]) == (len(nodes), sum(len(node.parents) for node in nodes))
