"""Every figure of the course, at all its positions; no browser needed.

A module of `nnlib.course.explorers` has a table `EXAMPLES`: for each figure its name and a function without arguments
that builds it on the data of its chapter. What holds for all figures is tested here once, for each figure its numbers
are compared with the mathematics.
"""

import ast
import importlib
import inspect
import io
import pkgutil
import tokenize
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from functools import cache
from itertools import islice
from string import Formatter

import numpy as np
import pytest
from scipy.optimize import approx_fprime

import nnlib
from nnlib import live
from nnlib.course import basins, explorers
from nnlib.course.explorers import backpropagation_by_hand
from nnlib.course.explorers._pictures import neuron, sine_network

MODULES = [
    importlib.import_module(f"{explorers.__name__}.{found.name}")
    for found in pkgutil.iter_modules(explorers.__path__)
    if not found.name.startswith("_")
]
EXAMPLES = {name: make for module in MODULES for name, make in getattr(module, "EXAMPLES", {}).items()}
LINES_A_FIGURE = 45  # at most, on average


# ---- what is seen at all positions -----------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Seen:
    """A figure, its positions, the frame at each, a copy of its marks as they were then, and the axes of its bars."""

    figure: live.Figure
    positions: list[dict]
    frames: list[live.Frame]
    copies: list[dict]
    bars: dict


def build(make: Callable) -> tuple[live.Figure, dict]:
    """A figure, and the axes of its bars by their names."""
    bars, plain = {}, live.Board.bars

    def noted(board, name, ax, *arguments, **look):
        bars[name] = ax
        plain(board, name, ax, *arguments, **look)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(live.Board, "bars", noted)
        return make(), bars


def look(make: Callable) -> Seen:
    """Visit every position of a figure."""
    figure, bars = build(make)
    names = [*figure.values, *["k"] * isinstance(figure, live.Stepper)]
    rows = zip(*(figure.table[name].tolist() for name in names), strict=True)
    seen = Seen(figure, [dict(zip(names, row, strict=True)) for row in rows], [], [], bars)
    for position in seen.positions:
        seen.frames.append(frame_at(figure, position))
        seen.copies.append(deepcopy(dict(seen.frames[-1].marks)))
    return seen


def frame_at(figure: live.Figure, position: dict) -> live.Frame:
    """The frame at a position, drawn."""
    figure.set(**{name: position[name] for name in figure.values})
    if "k" in position:
        figure.k = position["k"]
    return figure.set()


def example(name: str) -> Seen:
    return looked_at(EXAMPLES[name])


looked_at = cache(look)


# ---- what must hold for every figure ---------------------------------------------------------------------------------


def numbers_can_be_read(seen: Seen) -> list[str]:
    """Every number that is shown is finite or a text, the same kind at all positions, and the table has it."""
    faults, kinds = [], {}
    for position, frame in zip(seen.positions, seen.frames, strict=True):
        for label, value in frame.numbers.items():
            if not (value.strip() if isinstance(value, str) else np.isfinite(value)):
                faults.append(f"{label} is {value!r} {where(position)}: leave it out there, or say what it is")
            kinds.setdefault(label, set()).add(isinstance(value, str))
    faults += [f"{label} is a number here and a text there" for label, found in kinds.items() if len(found) > 1]
    return faults + [f"the table has no column {label}" for label in kinds if label not in seen.figure.table]


def words_are_whole(seen: Seen) -> list[str]:
    """The alt text says something at every position, and what fills its gaps is there."""
    faults = []
    for position, frame in zip(seen.positions, seen.frames, strict=True):
        fillings = [frame.texts[gap] for _, gap, _, _ in Formatter().parse(frame.alt) if gap]
        if len(frame.words.split()) < 4 or not all(text.strip("– ") for text in fillings):
            faults.append(f"the alt text has a gap {where(position)}: {frame.words!r}")
    return faults


def show_is_pure(seen: Seen, make: Callable) -> list[str]:
    """A second figure, moved in another order, shows the same; what was shown is not changed afterwards."""
    again, _ = build(make)
    faults = []
    for i in (len(seen.frames) - 1, len(seen.frames) // 2, 0):
        position, frame = seen.positions[i], frame_at(again, seen.positions[i])
        if not same(frame.numbers, seen.frames[i].numbers) or not same(frame.marks, seen.frames[i].marks):
            faults.append(f"another picture {where(position)} on another way there: show must be pure")
    for position, frame, copy in zip(seen.positions, seen.frames, seen.copies, strict=True):
        if not same(copy, frame.marks):
            faults.append(f"what was shown {where(position)} was changed later: return new arrays")
    return faults


def bars_fit(seen: Seen) -> list[str]:
    """No bar is taller than its axes."""
    faults = []
    for position, frame in zip(seen.positions, seen.frames, strict=True):
        for name in [name for name in seen.bars if frame.marks.get(name) is not None]:
            low, high = sorted(seen.bars[name].get_ylim())
            heights = np.asarray(frame.marks[name], float)
            if not ((low <= heights) & (heights <= high)).all():
                faults.append(f"clipped: {name} = {heights} {where(position)}, the axes end at {low:g} and {high:g}")
    return faults


def where(position: dict) -> str:
    return "at " + ", ".join(f"{name} = {value}" for name, value in position.items())


def same(a, b) -> bool:
    """Equal in every entry, nan at the same places."""
    try:
        np.testing.assert_equal(a, b)
    except AssertionError:
        return False
    return True


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_figure_can_be_read_at_every_position_and_depends_on_nothing_else(name):
    seen = example(name)
    seen.figure.sweep()
    faults = [*numbers_can_be_read(seen), *words_are_whole(seen), *bars_fit(seen), *show_is_pure(seen, EXAMPLES[name])]
    assert not faults, "\n".join([f"{name}, {len(faults)} faults, the first:", *faults[:10]])


def test_every_module_lists_its_figures_and_no_name_stands_twice():
    without = [module.__name__ for module in MODULES if not getattr(module, "EXAMPLES", {})]
    assert not without, f"give each a table EXAMPLES, name -> function that builds the figure: {without}"
    assert sum(len(module.EXAMPLES) for module in MODULES) == len(EXAMPLES)


def test_a_figure_takes_few_lines():
    lines = {module: code_lines(inspect.getsource(module)) for module in MODULES}
    for module, count in lines.items():  # shown with -rP, and where the test fails
        print(f"{module.__name__}: {count} lines of code, {len(module.EXAMPLES)} figures")
    average = sum(lines.values()) / len(EXAMPLES)
    assert average <= LINES_A_FIGURE, f"{average:.0f} lines a figure, {LINES_A_FIGURE} is the most: see the output"


def code_lines(source: str) -> int:
    """Lines that hold code: no empty ones, comments or docstrings."""
    layout = (tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER)
    tokens = [token for token in tokenize.generate_tokens(io.StringIO(source).readline) if token.type not in layout]
    lines = {line for token in tokens for line in range(token.start[0], token.end[0] + 1)}
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            lines -= set(range(node.lineno, node.end_lineno + 1))
    return len(lines)


# ---- and these checks can fail ---------------------------------------------------------------------------------------


def made_up(numbers=lambda a, k: a, alt="The bar is {height} high.", bars=lambda a: [a], top=2.0):
    """A figure of one bar, whose parts can be spoiled; `k` counts how often it was shown."""
    board, shown = live.Board(), [0]
    board.axes[0].set_ylim(0, top)
    board.bars("bar", board.axes[0], ["a"])

    def show(a):
        shown[0] += 1
        return live.Frame({"bar": bars(a)}, {"height": numbers(a, shown[0])}, alt)

    return live.figure(board, show, [live.Slider("a", "a, height", [0.5, 1.0, 1.5], start=0.5)])


SHARED, DRAWS = np.zeros(1), np.random.default_rng(0)


def in_place(a):
    SHARED[:] = a
    return SHARED


@pytest.mark.parametrize(
    ("spoiled", "words"),
    [
        ({}, None),
        ({"numbers": lambda a, k: "tall"}, None),
        ({"numbers": lambda a, k: np.nan if a > 1 else a}, "height is nan at a = 1.5"),
        ({"numbers": lambda a, k: np.inf}, "height is inf"),
        ({"numbers": lambda a, k: " "}, "height is ' '"),
        ({"alt": "A bar."}, "has a gap"),
        ({"numbers": lambda a, k: "–"}, "has a gap"),
        ({"numbers": lambda a, k: "tall" if a > 1 else a}, "height is a number here and a text there"),
        ({"numbers": lambda a, k: k}, "show must be pure"),
        ({"bars": lambda a: [a * DRAWS.random()]}, "show must be pure"),
        ({"bars": in_place}, "was changed later"),
        ({"top": 1.2}, "clipped: bar = [1.5] at a = 1.5, the axes end at 0 and 1.2"),
        ({"bars": lambda a: [-a]}, "clipped"),
    ],
)
def test_a_spoiled_figure_is_found(spoiled, words):
    def make():
        return made_up(**spoiled)

    seen = look(make)
    faults = [*numbers_can_be_read(seen), *words_are_whole(seen), *bars_fit(seen), *show_is_pure(seen, make)]
    assert any(words in fault for fault in faults) if words else not faults, faults


def test_lines_of_code_are_counted_without_comments_and_docstrings():
    assert code_lines('"""Says\n\nmuch."""\n\n# why\nx = [\n    1,  # one\n]\n\ndef f():\n    """Says."""\n') == 4


# ---- what the figures say is true ------------------------------------------------------------------------------------


def at(name: str, **position) -> dict:
    """The numbers of a figure at a position."""
    seen = example(name)
    (i,) = [i for i, here in enumerate(seen.positions) if here == pytest.approx(position)]
    return seen.frames[i].numbers


def test_dial_predicts_what_the_quadratic_model_says():
    problem, w, table = neuron(), np.array([1.5, 1.0]), example("mu_dial").figure.table
    slopes = [approx_fprime(w, lambda w, i=i: problem.residuals(w)[i], 1e-7) for i in range(problem.n_residuals)]
    J, r = np.array(slopes), problem.residuals(w)
    for mu, predicted, actual in zip(table["mu"], table["predicted"], table["actual"], strict=True):
        p = np.linalg.solve(J.T @ J + mu * np.eye(2), -J.T @ r)
        assert predicted == pytest.approx(problem.loss(w) - 0.5 * np.sum((r + J @ p) ** 2), rel=1e-4)
        assert actual == pytest.approx(problem.loss(w) - problem.loss(w + p), rel=1e-4, abs=1e-5)


def test_stepper_shows_each_record_of_the_optimizer():
    steps = nnlib.levenberg_marquardt(neuron(), [0.5, 1.5], mu=1e-3)
    for k, record in enumerate(islice(steps, 12), start=1):
        numbers = at("lm_steps", mu=1e-3, rule="gain-ratio", k=k)
        assert numbers["step"] == ("accepted" if record.accepted else "rejected")
        assert (numbers["loss"], numbers["μ"]) == (record.loss, record.mu)


def test_starts_of_gauss_newton_go_where_the_optimizer_goes():
    problem, minimum = neuron(), nnlib.train(nnlib.levenberg_marquardt(neuron(), [1.0, -1.0])).w
    for b in (0.0, 1.2, 1.5, 2.0):
        steps, numbers = nnlib.gauss_newton(problem, [0.5, b]), at("gauss_newton_starts", b=b)
        near = [np.linalg.norm(step.w - minimum) < 0.01 for step in islice(steps, 20)]
        assert numbers["ends"] == ("star" if any(near) else "singular JᵀJ" if steps.ending else "elsewhere")
        assert numbers["steps"] == (near.index(True) + 1 if any(near) else len(near))


def test_error_signals_are_what_a_push_does_to_the_loss():
    """Of the 2-3-1 network; a bias is the place to push."""
    net, w, x = backpropagation_by_hand.example()
    for y in (-0.9, 0.4):
        slopes = approx_fprime(w, lambda w, y=y: 0.5 * (net.predict(w, [x])[0, 0] - y) ** 2, 1e-7)
        numbers = at("four_steps", y=y, k=5)
        assert [numbers[f"δ{unit}"] for unit in "₁₂₃"] == pytest.approx(slopes[[2, 5, 8]], abs=1e-6)
        assert numbers["δ of the output"] == pytest.approx(slopes[12], abs=1e-6)
    numbers = at("one_update", eta=0.2, y=-0.2)
    slopes = approx_fprime(w, lambda w: 0.5 * (net.predict(w, [x])[0, 0] + 0.2) ** 2, 1e-7)
    assert numbers["promised decrease"] == pytest.approx(0.2 * slopes @ slopes, rel=1e-5)
    assert numbers["output"] == pytest.approx(net.predict(w - 0.2 * slopes, [x])[0, 0], abs=1e-6)


def test_loop_takes_the_samples_in_turn():
    net, w, _ = backpropagation_by_hand.example()
    X, Y = backpropagation_by_hand.samples()
    for k in range(1, 10):
        one = nnlib.NetworkFit(net, X[[(k - 1) % 4]], Y[[(k - 1) % 4]])
        w = w - 0.3 * one.gradient(w)
        numbers = at("loop_over_samples", eta=0.3, k=k)
        assert numbers["its E after"] == pytest.approx(one.loss(w))
        assert numbers["E of all"] == pytest.approx(nnlib.NetworkFit(net, X, Y).loss(w))


def test_fit_of_the_narrow_peak_ends_at_the_certified_answer():
    peak, last = nnlib.datasets.nist("Eckerle4"), example("curve_step_by_step").frames[-1].numbers
    assert last["w₂, width"] == pytest.approx(peak.certified[1], rel=1e-6)


def test_race_says_the_losses_of_both_runs():
    problem, w0 = sine_network()
    for mu, eta in ((1e-6, 0.0001), (1e-3, 0.01), (1e6, 0.2)):
        numbers = at("lm_against_descent", mu=mu, eta=eta)
        lm = nnlib.train(nnlib.levenberg_marquardt(problem, w0, mu=mu), max_steps=100, min_gradient=0)
        descent = nnlib.train(nnlib.steepest_descent(problem, w0, learning_rate=eta), max_steps=100)
        assert numbers["loss, LM"] == pytest.approx(lm.history["loss"][-1])
        assert numbers["loss, descent"] == pytest.approx(descent.history["loss"][-1])


def test_maps_count_the_steps_of_the_optimizers():
    problem, figure = neuron(), example("two_maps").figure
    minimum = nnlib.train(nnlib.levenberg_marquardt(problem, [1.0, -1.0])).w
    for mu in (1e-3, 1.0):
        found = basins.basin(problem, "levenberg-marquardt", minimum, max_steps=60, mu=mu)
        assert figure.table["LM arrives, of all starts"][figure.table["mu"] == mu] == pytest.approx(found.share)


def test_sweeps_end_with_the_derivatives_of_the_recipe():
    assert at("sweeps", way="x", k=7)["ḟ"] == 3  # of x³ − xy² at (2, 3)
    assert at("sweeps", way="y", k=5)["ḟ"] == -12
    numbers = at("sweeps", way="reverse", k=9)
    assert [numbers[name] for name in ("x̄", "ȳ", "for derivatives")] == [3, -12, 9]


def test_brackets_take_what_the_sizes_say():
    for n, m in ((1, 6), (6, 1), (12, 12)):
        right, left = 6 * 6 * n * 2 + m * 6 * n, m * 6 * 6 * 2 + m * 6 * n
        middle = 6 * 6 * 6 + 6 * 6 * n + m * 6 * n
        for order, expected in (("right", right), ("left", left), ("middle", middle)):
            assert at("brackets", order=order, n=n, m=m, k=3)["multiply-adds"] == expected


def test_costs_are_sweeps_times_the_edges():
    table = example("costs").figure.table
    L, k, m = (table[name] for name in "Lkm")
    sweep = ((L - 1) * k * k + m * k) + ((L - 1) * k + m)  # the matrices, and a tanh for each unit
    assert (table["forward, multiply-adds"] == k * sweep).all() and (table["reverse, multiply-adds"] == m * sweep).all()


def test_step_sizes_have_the_errors_of_the_quotients():
    slope = np.e * (np.sin(1) + np.cos(1))
    for h, c in ((1e-2, 0.0), (1e-5, 0.0), (1e-3, 1e4)):
        values = [c + np.exp(1 + step) * np.sin(1 + step) for step in (h, 0, -h)]
        numbers = at("step_sizes", step=h, c=c)
        assert numbers["one-sided, error"] == pytest.approx(abs((values[0] - values[1]) / h / slope - 1), rel=1e-3)
        assert numbers["central, error"] == pytest.approx(
            abs((values[0] - values[2]) / (2 * h) / slope - 1), rel=1e-3, abs=1e-15
        )
