"""Chapter 01: when one number of a formula moves, what do the others do? Moves, paths, linear parts, a ladder."""

from __future__ import annotations

from functools import cache
from itertools import product

import numpy as np

from nnlib import graph
from nnlib.course.explorers._graphs import EDGE, FORWARD, PATH, SHORT_LABEL, Drawing, FormulaError, typed
from nnlib.live import COLORS, Board, Choice, Frame, Slider, figure, short

MOST_PATHS = 6  # of which each gets a bar
NUDGES = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0]
DRAWN_RUNGS, MOST_RUNGS = 10, 60
HERE = {"color": COLORS["blue"], "marker": "o", "markersize": 10, "markeredgecolor": "white", "markeredgewidth": 1.5}


def recipe(x, y):
    """The formula of the chapter."""
    return (x * y + x**2) * (x - y)


def moves(formula=recipe, *, x: float = 2.0, y: float = 3.0):
    """The values in a graph; below each how far it has moved, since x and y moved from where they were."""
    output, (x_node, y_node) = typed(formula, x=x, y=y)
    board = Board(size=(9.6, 3.6))
    drawing = Drawing(board, board.axes[0], output, area=(9.4, 3.4), tones={"moved": FORWARD}, slopes=False)
    before, result = values_at(output, {x_node: x, y_node: y}), drawing.names[output]

    def show(x, y):
        now = values_at(output, {x_node: x, y_node: y})
        moved = {node: now.get(node, np.nan) - before.get(node, np.nan) for node in drawing.nodes}
        busy = [node for node, by in moved.items() if abs(by) > 1e-12]
        notes = {node: ("" if moved[node] < 0 else "+") + short(moved[node]) for node in busy}
        lit = {"moved": drawing.edges_from(busy)}
        numbers = {"x": x, "y": y, result: now.get(output, np.nan)}
        numbers |= {f"move of {drawing.names[node]}": by for node, by in moved.items()}
        alt = f"The graph of a formula at x = {{x}}, y = {{y}}. Its result {result} has moved by {{move of {result}}}."
        return Frame(drawing.marks(now, lit=lit, rings={"moved": busy}, notes={"moved": notes}), numbers, alt)

    controls = [
        Slider("x", "x", (x + np.arange(-10, 11) / 10).round(3), x + 0.1, "{:g}"),
        Slider("y", "y", (y + np.arange(-5, 6) / 5).round(3), y, "{:g}"),
    ]
    return figure(board, show, controls)


def paths(formula=recipe, *, x: float = 2.0, y: float = 3.0, by: str = "x", ask=None):
    """The local derivatives in a graph, one path from a variable lit up, and the products along all of them as bars."""
    output, variables = typed(formula, x=x, y=y)
    moving, ways = paths_from(by, variables, output)
    board = Board(2, 1, size=(9.6, 5.8), height_ratios=(3.4, 2))
    ax, bars = board.axes
    drawing = Drawing(board, ax, output, area=(9.4, 3.1), notes=False)
    ax.set_ylim(-0.4, 3.1)
    nodes = [[moving, *(edge.node for edge in way.edges)] for way in ways]
    labels = told_apart("→".join(drawing.names[node] for node in on_it) for on_it in nodes)
    xs, ys = (x + np.arange(-4, 5) / 4).round(3), (y + np.arange(-2, 3) / 2).round(3)

    @cache
    def at(x, y):
        point = {v: value for v, value in zip(variables, (x, y), strict=True) if v in drawing.nodes}
        return products_at(output, moving, point, len(ways))

    foot = _bars_of_products(board, bars, labels, [at(*position)[2] for position in product(xs, ys)])
    board.line("chosen", bars, color="black", marker="^", markersize=11)
    board.text("product", ax, ha="center", va="center", color=PATH, weight="bold")

    def show(path, x, y):
        values, factors, heights = at(x, y)
        *products, total, difference = heights
        chosen = range(len(ways)) if path < 0 else [path]
        lit = sorted({edge for i in chosen for edge in drawing.edges_of(ways[i])})
        marks = drawing.marks(
            values, lit={"path": lit}, rings={"path": dict.fromkeys(node for i in chosen for node in nodes[i])}
        )
        words = f"{plus(products)} = {short(total)}"
        if path >= 0:
            words = f"{labels[path]}:   {times(factors[path])} = {short(products[path])}"
            marks["chosen"] = (path, foot)
        marks |= {"product": (4.7, -0.22, words), "bars": heights}
        numbers = {"x": x, "y": y} | dict(zip(labels, products, strict=True))
        numbers |= {"their sum": total, "central difference": difference}
        end = drawing.names[output]
        alt = f"A graph with its local derivatives at x = {{x}}, y = {{y}}, and {len(ways)} paths from {by} to {end}. "
        alt += "The products along them add up to {their sum}, the central difference is {central difference}."
        return Frame(marks, numbers, alt)

    controls = [
        Choice("path", f"path from {by}", {label: i for i, label in enumerate(labels)} | {"all": -1}, 0),
        Slider("x", "x", xs, x, "{:g}"),
        Slider("y", "y", ys, y, "{:g}"),
    ]
    return figure(board, show, controls, ask=ask)


def linear_parts(*, x: float = 2.0, y: float = 3.0):
    """x moves by h: how far each node moves, beside what the local derivatives predict; and the gap against h."""
    output, (x_node, y_node) = typed(recipe, x=x, y=y)
    board = Board(1, 2, size=(9.6, 4.2), width_ratios=(2, 1), titles=("below: move / prediction",))
    ax, gaps = board.axes
    drawing = Drawing(board, ax, output, area=(6.2, 3.5), tones={"moved": FORWARD}, label=SHORT_LABEL)
    before = values_at(output, {x_node: x, y_node: y})
    per_h = {node: graph.jvp(node, {x_node: 1.0}) if node is not y_node else 0.0 for node in drawing.nodes}

    @cache
    def moved(h):
        after = values_at(output, {x_node: x + h, y_node: y})
        return {node: after[node] - before[node] for node in drawing.nodes}

    true = np.array([moved(h)[output] for h in NUDGES])
    gap = true - per_h[output] * np.array(NUDGES)
    gaps.plot(NUDGES, np.abs(true), color=COLORS["blue"], linewidth=2, label="move of f")
    gaps.plot(NUDGES, np.abs(gap), "--", color="black", linewidth=2, label="its gap to the prediction")
    gaps.set(xscale="log", yscale="log", xlabel="h", ylim=(np.abs(gap).min() / 3, 100 * np.abs(true).max()))
    gaps.legend(loc="upper left", frameon=False)
    board.line("here", gaps, **HERE)
    board.line("gap here", gaps, **HERE | {"color": "black"})

    def show(h):
        i, busy = NUDGES.index(h), [node for node in drawing.nodes if moved(h)[node]]
        notes = {node: f"{short(moved(h)[node])} / {short(per_h[node] * h)}" for node in busy}
        marks = drawing.marks(before, lit={"moved": drawing.edges_from(busy)}, notes={"moved": notes})
        marks |= {"here": (h, abs(true[i])), "gap here": (h, abs(gap[i]))}
        numbers = {
            "h": h,
            "move of f": true[i],
            "prediction": per_h[output] * h,
            "gap": gap[i],
            "gap / h²": gap[i] / h**2,
        }
        alt = "x moves by {h}. f moves by {move of f}; the local derivatives predict {prediction}, a gap of {gap}."
        return Frame(marks, numbers, alt)

    return figure(board, show, [Slider("h", "h, by which x moves", NUDGES, 0.1, "{:g}")])


def ladder(*, ask=None):
    """A ladder of k rungs, each f ← sin(f) + cos(f): its edges and its paths against k."""
    board = Board(2, 1, size=(9.6, 5.0), height_ratios=(1.3, 2.6))
    rungs, counts = board.axes
    rung = np.array([[0, 0], [0.5, 0.5], [1, 0], [np.nan, np.nan], [0, 0], [0.5, -0.5], [1, 0], [np.nan, np.nan]])
    drawn = np.concatenate([rung + np.array([k, 0]) for k in range(DRAWN_RUNGS)])
    rungs.plot(*drawn.T, color="#bbbbbb", linewidth=1.3, marker="o", markersize=6)
    rungs.set(xlim=(-0.6, DRAWN_RUNGS + 1.9), ylim=(-1.0, 1.0))
    rungs.set_axis_off()
    for place, words in {(-0.25, 0): "x", (0.5, 0.75): "sin", (0.5, -0.75): "cos", (1.2, 0.35): "+"}.items():
        rungs.text(*place, words, ha="center", va="center")
    ks = np.arange(1, MOST_RUNGS + 1)
    counts.plot(ks, 2.0**ks, color=COLORS["vermillion"], linewidth=2, label="paths")
    counts.plot(ks, 4 * ks, "--", color=COLORS["blue"], linewidth=2, label="edges")
    counts.set(yscale="log", xlim=(0, MOST_RUNGS + 1), ylim=(0.1, 1e20), xlabel="rungs k")
    counts.legend(loc="upper left", frameon=False)
    board.line("rungs", rungs, color=PATH, linewidth=2.2, marker="o", markersize=6)
    board.text("more", rungs, ha="left", va="center", color=PATH)
    board.line("paths", counts, **HERE | {"color": COLORS["vermillion"], "markersize": 12})
    board.line("edges", counts, **HERE | {"markersize": 7})

    def show(k):
        seen = min(k, DRAWN_RUNGS)
        marks = {"rungs": drawn[: len(rung) * seen], "paths": (k, 2.0**k), "edges": (k, 4 * k)}
        marks["more"] = (seen + 0.2, 0, "f" if k == seen else f"… and {k - seen} more")
        numbers = {
            "k": k,
            "nodes": 3 * k + 1,
            "edges": 4 * k,
            "paths": 2**k,
            "seconds at 10⁹ paths a second": 2**k / 1e9,
        }
        return Frame(marks, numbers, "With k = {k} the ladder has {nodes} nodes and {edges} edges, and {paths} paths.")

    return figure(board, show, [Slider("k", "k, rungs", ks, 20, "{:d}")], ask=ask)


def values_at(output, at) -> dict:
    """The values of all nodes; where the formula has none, those of its variables alone."""
    at = {node: value for node, value in at.items() if node in graph.topological_order(output)}
    try:
        return {node: float(value) for node, value in graph.node_values(output, at).items()}
    except ValueError:
        return at


def products_at(output, moving, point: dict, count: int) -> tuple[dict, list, list[float]]:
    """The values, the local derivatives along each path, and the bars: products, their sum, the central difference.

    Where the formula has no value or no slope all of them but the variables are missing.
    """
    try:
        values = values_at(output, point)
        factors = [way.factors for way in graph.paths(output, moving, point)]
    except ValueError:
        return point, [[np.nan]] * count, [np.nan] * (count + 2)
    products = [float(np.prod(along)) for along in factors]
    behind, ahead = (values_at(output, point | {moving: point[moving] + h}).get(output, np.nan) for h in (-1e-5, 1e-5))
    return values, factors, [*products, sum(products), (ahead - behind) / 2e-5]


def _bars_of_products(board, ax, labels: list[str], everywhere: list[list[float]]) -> float:
    """A bar for each path, for their sum and for the central difference; returns a height below all of them."""
    heights = [height for there in everywhere for height in there if np.isfinite(height)]
    low, high = min(0, *heights), max(0, *heights)
    ax.set_ylim(low - 0.25 * (high - low), high + 0.25 * (high - low))
    ax.axhline(0, color=EDGE, linewidth=1)
    colors = [PATH] * len(labels) + [COLORS["black"], EDGE]
    board.bars("bars", ax, [*labels, "their sum", "central difference"], color=colors)
    return low - 0.16 * (high - low)


def paths_from(name: str, variables, output) -> tuple[graph.Node, list[graph.Path]]:
    """The variable of that name and the paths from it, if they can be shown."""
    found = next((v for v in variables if v.name == name and v in graph.topological_order(output)), None)
    if found is None:
        raise FormulaError(f"The formula has no variable {name!r} to take the derivative by.")
    count = graph.count_paths(output, found)
    if count > MOST_PATHS:
        raise FormulaError(f"{count} paths lead from {name} to the result. More than {MOST_PATHS} do not fit in here.")
    try:
        return found, graph.paths(output, found)
    except ValueError as error:
        raise FormulaError(f"The formula has no slope where it starts: {error}.") from None


def told_apart(labels) -> list[str]:
    """Labels with a number where one comes again, as the two paths of x * x do."""
    labels = list(labels)
    again = [labels[:i].count(label) for i, label in enumerate(labels)]
    return [f"{label} ({k + 1})" if k else label for label, k in zip(labels, again, strict=True)]


def times(factors) -> str:
    """A product as it is written: 3 · 1 · (−1)."""
    return " · ".join(short(f) if f >= 0 else f"({short(f)})" for f in factors)


def plus(terms) -> str:
    """A sum as it is written: −3 − 4 + 10."""
    return short(terms[0]) + "".join(f" {'−' if term < 0 else '+'} {short(abs(term))}" for term in terms[1:])


EXAMPLES = {"graph moves": moves, "graph paths": paths, "linear parts": linear_parts, "graph ladder": ladder}
