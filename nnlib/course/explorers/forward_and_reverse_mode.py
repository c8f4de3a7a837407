"""Chapter 02: two sweeps over a graph, Jacobians multiplied from either end, what both cost, differences."""

from __future__ import annotations

from copy import copy
from functools import cache
from typing import NamedTuple
from unicodedata import normalize

import numpy as np

from nnlib import graph
from nnlib.course.explorers._graphs import FORWARD, REVERSE, Drawing, typed
from nnlib.course.explorers._pictures import above
from nnlib.course.explorers.computational_graphs import recipe
from nnlib.course.operation_counts import jacobian_of_layers
from nnlib.course.step_sizes import derivative_errors
from nnlib.live import COLORS, Board, Choice, Frame, Slider, figure, short, stepper

PAST = "#8a8a8a"
DEPTHS, WIDTHS, OUTPUTS = [1, 2, 4, 8, 16], [4, 8, 16, 32], [1, 2, 4, 8, 16, 32, 64]
STEPS = 10.0 ** -np.arange(1, 15.1, 0.5)
ROUNDING = np.finfo(float).eps / 2  # of one number, relative to its size
POINT = {"marker": "o", "markersize": 10, "markeredgecolor": "white", "markeredgewidth": 1.5, "linestyle": "none"}


# ---- the sweeps ------------------------------------------------------------------------------------------------------


def ladder(x, rungs: int = 3):
    """The ladder of chapter 01: two ways up each rung."""
    for _ in range(rungs):
        x = np.sin(x) + np.cos(x)
    return x


class Move(NamedTuple):
    """One edge of a sweep: its child, its place in the drawing, who has received how much, what it has cost so far."""

    child: graph.Node
    edge: int
    receiver: graph.Node
    total: float
    meter: graph.Meter


def sweeps(formula, *, start: str = "reverse", height: float = 3.5, ask=None, **at: float):
    """Step through a forward or a reverse sweep of a formula: below each value its tangent or its adjoint."""
    output, variables = typed(formula, **at)
    board = Board(size=(9.6, height + 0.2))
    tones = {"forward": FORWARD, "reverse": REVERSE, "past": PAST}
    drawing = Drawing(board, board.axes[0], output, area=(9.4, height), tones=tones, backward=["reverse"])
    values = graph.node_values(output)
    order, names = list(values), drawing.names
    last_use = {parent: child for child in order for parent in child.parents}

    def begin(way):
        meter, seeds = graph.Meter(), {x: 1.0 for x in variables if x.name == way}
        up, down = graph.forward_steps, graph.reverse_steps
        for step in up(output, seeds, meter=meter) if seeds else down(output, meter=meter):
            child, position = step.edge.node, step.edge.position
            receiver = child if seeds else step.edge.parent
            yield Move(child, drawing.edges.index((child, position)), receiver, step.total, copy(meter))
        return "each edge was used once"

    def show(moves, way):
        seeds = [x for x in variables if x.name == way]
        tone, dot = ("forward", "\u0307") if seeds else ("reverse", "\u0304")
        carried = dict.fromkeys(seeds or [output], 1.0) | {move.receiver: move.total for move in moves}
        here = order.index(moves[-1].child) if moves else len(variables) - 1 if seeds else len(order)
        named = {node: normalize("NFC", names[node] + dot) for node in carried}
        texts = {node: f"{named[node]} = {short(round(total, 2))}" for node, total in carried.items()}
        notes = {tone: {}, "past": {}}  # gray: what the sweep has let go
        for node, text in texts.items():
            gone = order.index(last_use.get(node, output)) < here if seeds else order.index(node) > here
            notes["past" if gone else tone][node] = text
        known = {node: values[node] for node in order[: here + 1]} if seeds else values
        lit, rings = {tone: [move.edge for move in moves]}, {tone: [move.receiver for move in moves[-1:]]}
        meter = moves[-1].meter if moves else at_start(output, seeds)
        numbers = {"sweep": f"forward from {way}" if seeds else "reverse", "edges used": len(moves)}
        numbers |= {"multiply-adds for values": meter.evaluation, "for derivatives": meter.differentiation}
        numbers |= {"floats held": meter.floats, "most held": meter.most_floats}
        numbers |= {named[node]: total for node, total in carried.items()}
        alt = "The graph of the formula in a {sweep} sweep after {edges used} edges, with what is carried so far: "
        marks = drawing.marks(known, lit=lit, rings=rings, notes=notes)
        return Frame(marks, numbers, alt + ", ".join(texts.values()) + ".")

    options = {f"forward from {x.name}": x.name for x in variables} | {f"reverse from {output.name}": "reverse"}
    return stepper(board, begin, show, [Choice("way", "sweep", options, start)], ask=ask, max_steps=60, pause=0.4)


def at_start(output, seeds) -> graph.Meter:
    """What has been spent before the first edge: reverse mode has evaluated the whole graph."""
    meter = graph.Meter()
    if not seeds:
        graph.evaluate(output, meter=meter)
    meter.hold(1)
    return meter


# ---- a product from either end ---------------------------------------------------------------------------------------


class Chain(NamedTuple):
    """Matrices that are left to multiply, each by its name, rows and columns, and the sizes of each product so far."""

    factors: tuple
    taken: tuple = ()

    @classmethod
    def of(cls, n: int, m: int, width: int):
        return cls((("J₄", m, width), ("J₃", width, width), ("J₂", width, width), ("J₁", width, n)))

    def multiplied(self, at: int):
        (one, rows, inner), (other, _, columns) = self.factors[at : at + 2]
        factors = (*self.factors[:at], (one + other, rows, columns), *self.factors[at + 2 :])
        return Chain(factors, (*self.taken, (rows, inner, columns)))


def brackets(*, width: int = 6, start=("left", 6, 1)):
    """Four matrices drawn to scale, multiplied one after the other: from the right, from the left, from the middle."""
    board = Board(size=(9.6, 4.0))
    ax = board.axes[0]
    ax.set(xlim=(0, 42), ylim=(-9.8, 7.8), aspect="equal")
    ax.set_axis_off()
    for i in range(4):
        for tone, color in {"right": FORWARD, "left": REVERSE, "middle": COLORS["orange"], "still": "#dddddd"}.items():
            board.polygon(f"{tone} {i}", ax, facecolor=color, edgecolor="#767676")
        board.text(f"name {i}", ax, ha="center", va="bottom")
        board.text(f"size {i}", ax, ha="center", va="top")
    board.text("sum", ax, ha="center", va="bottom", weight="bold")

    def begin(order, n, m):
        chain = Chain.of(n, m, width)
        for at in {"right": (2, 1, 0), "left": (0, 0, 0), "middle": (1, 1, 0)}[order]:
            yield (chain := chain.multiplied(at))
        return "one matrix is left"

    def show(chains, order, n, m):
        chain = chains[-1] if chains else Chain.of(n, m, width)
        left, marks = 22 - sum(columns + 2 for *_, columns in chain.factors) / 2, {}
        for i, (name, rows, columns) in enumerate(chain.factors):
            x, y = np.array([0, 0, columns, columns]) + left, np.array([-1, 1, 1, -1]) * rows / 2
            marks[f"{order if len(name) > 2 else 'still'} {i}"] = np.column_stack([x, y])
            marks |= {
                f"name {i}": (x.mean(), y[1] + 0.3, name),
                f"size {i}": (x.mean(), y[0] - 0.3, f"{rows} × {columns}"),
            }
            left += columns + 2
        costs = [int(np.prod(sizes)) for sizes in chain.taken]
        told = " + ".join(" · ".join(map(str, sizes)) for sizes in chain.taken)
        marks["sum"] = (21, -9.7, f"multiply-adds: {told} = {sum(costs)}" if costs else "")
        numbers = {"n": n, "m": m, "products": len(costs), "multiply-adds": sum(costs)}
        alt = f"J₄J₃J₂J₁ with {{n}} inputs and {{m}} outputs, multiplied from the {order}: "
        return Frame(marks, numbers, alt + "{products} products, {multiply-adds} multiply-adds.")

    orders = {f"from the {order}": order for order in ("right", "left", "middle")}
    sizes = {str(size): size for size in (1, width, 2 * width)}
    controls = [Choice("order", "multiply", orders, start[0]), Choice("n", "n, inputs", sizes, start[1])]
    controls.append(Choice("m", "m, outputs", sizes, start[2]))
    return stepper(board, begin, show, controls, max_steps=3, pause=0.8)


# ---- what both modes cost --------------------------------------------------------------------------------------------


def costs(*, start=(8, 16, 1), ask=None):
    """Multiply-adds and floats held for the Jacobian of L layers of width k with m outputs, in both modes."""
    titles = ("", "at m · black: the formula", "floats held")
    board = Board(1, 3, size=(9.6, 4.2), width_ratios=(1.8, 1, 1), titles=titles)
    over, here, held = board.axes
    looks = {"forward": (FORWARD, "-", "o"), "reverse": (REVERSE, "--", "s")}
    over.set(xscale="log", yscale="log", xlim=(0.8, 80), ylim=(1, 1e7), xticks=OUTPUTS)
    over.set(xticklabels=map(str, OUTPUTS), xlabel="m, number of outputs", ylabel="multiply-adds")
    for name, (color, style, marker) in looks.items():
        board.curve(f"{name} over m", over, OUTPUTS, color=color, linestyle=style, linewidth=2.2, label=name)
        board.line(f"{name} at m", over, **POINT | {"color": color, "marker": marker})
    board.line("crossover", over, color="black", linestyle=":", linewidth=1.5, label="m = k")
    above(over, ncols=3)
    here.set(yscale="log", ylim=(1, 1e7))
    held.set(yscale="log", ylim=(1, 1e4))
    for name, ax in {"work": here, "floats": held}.items():
        board.bars(name, ax, list(looks), color=[FORWARD, REVERSE], bottom=1)
    for ax in board.axes:
        ax.minorticks_off()
    board.line("formula", here, color="black", marker="_", markersize=50, markeredgewidth=2, linestyle="none")

    def show(depth, width, outputs):
        work = {m: [meter.differentiation for meter in jacobian_of_layers(depth, width, m).values()] for m in OUTPUTS}
        forward, reverse = jacobian_of_layers(depth, width, outputs).values()
        matrices = (depth - 1) * width**2 + outputs * width
        marks = {f"{name} over m": [counts[i] for counts in work.values()] for i, name in enumerate(looks)}
        marks |= {f"{name} at m": (outputs, work[outputs][i]) for i, name in enumerate(looks)}
        marks |= {"work": work[outputs], "floats": [forward.most_floats, reverse.most_floats]}
        marks |= {"formula": [(0, width * matrices), (1, outputs * matrices)], "crossover": [(width, 1), (width, 1e7)]}
        numbers = {"L": depth, "k": width, "m": outputs, "forward, multiply-adds": forward.differentiation}
        numbers |= {"reverse, multiply-adds": reverse.differentiation, "forward, floats": forward.most_floats}
        numbers |= {"reverse, floats": reverse.most_floats, "a sweep": matrices}
        alt = (
            "Both modes for {L} layers of width {k} with {m} outputs: forward mode takes {forward, multiply-adds} "
            "multiply-adds and {forward, floats} floats, reverse mode {reverse, multiply-adds} and {reverse, floats}."
        )
        return Frame(marks, numbers, alt)

    controls = [
        Slider("depth", "L, depth", DEPTHS, start[0], "{:d}"),
        Slider("width", "k, width and inputs", WIDTHS, start[1], "{:d}"),
        Slider("outputs", "m, outputs", OUTPUTS, start[2], "{:d}"),
    ]
    return figure(board, show, controls, ask=ask)


# ---- the step of differences -----------------------------------------------------------------------------------------


def wave(x, c: float = 0.0):
    """c + eˣ sin x; the constant has no part in its derivatives."""
    return c + np.exp(x) * np.sin(x)


@cache
def errors_of(c: float):
    """Errors of four derivatives of the wave at 1, and what truncation and rounding allow to the two differences."""
    slope = np.sqrt(2) * np.exp(1) * np.sin(1 + np.pi / 4)
    second, third = 2 * np.exp(1) * np.cos(1), 2 * np.exp(1) * np.abs(np.cos(1) - np.sin(1))
    value = abs(wave(1.0, c))
    errors = derivative_errors(lambda x: wave(x, c), 1.0, slope, STEPS)
    one_sided = (STEPS * second / 2 + 2 * ROUNDING * value / STEPS) / slope
    central = (STEPS**2 * third / 6 + ROUNDING * value / STEPS) / slope
    best = 2 * np.sqrt(ROUNDING * value / second), np.cbrt(3 * ROUNDING * value / third)
    return errors, {"one-sided": one_sided, "central": central}, best


def step_sizes(*, start=(1e-8, 0.0), ask=None):
    """Four derivatives of c + eˣ sin x at x = 1 against the step h: errors, the law of two of them, right digits."""
    board = Board(1, 2, size=(9.6, 4.4), width_ratios=(1.9, 1), titles=("", "right digits at h"))
    v, digits = board.axes
    looks = {"one-sided": ("orange", "o"), "central": ("purple", "s"), "complex": ("green", "^"), "AD": ("blue", "D")}
    v.set(xscale="log", yscale="log", xlim=(2e-16, 0.5), ylim=(3e-18, 1e4), xlabel="h, step", ylabel="relative error")
    for name, (color, marker) in looks.items():
        look = {"color": COLORS[color], "marker": marker, "markersize": 4, "linewidth": 1}
        board.line(name, v, **look, label=name)
        if name in ("one-sided", "central"):
            board.line(f"law of {name}", v, color=COLORS[color], linestyle=":", linewidth=2)
            board.line(f"best of {name}", v, **POINT | {"color": "black", "marker": "v"})
        board.line(f"{name} at h", v, **POINT | {"color": COLORS[color], "marker": marker})
    above(v, ncols=4)
    digits.set_ylim(0, 18)
    board.bars("digits", digits, list(looks), color=[COLORS[color] for color, _ in looks.values()])

    def show(step, c):
        errors, laws, best = errors_of(c)
        i = int(np.flatnonzero(STEPS == step)[0])
        found = errors.forward, errors.central, errors.complex_step, np.full(len(STEPS), errors.automatic)
        seen = {name: np.maximum(error, 1e-17) for name, error in zip(looks, found, strict=True)}
        marks = {name: np.column_stack([STEPS, error]) for name, error in seen.items()}
        marks |= {f"{name} at h": (step, error[i]) for name, error in seen.items()}
        marks |= {f"law of {name}": np.column_stack([STEPS, law]) for name, law in laws.items()}
        for name, h in zip(laws, best, strict=True):
            marks[f"best of {name}"] = (h, laws[name][np.abs(np.log(STEPS / h)).argmin()])
        right = {name: max(0.0 - np.log10(error[i]), 0.0) for name, error in seen.items()}
        marks["digits"] = list(right.values())
        numbers = {"h": step, "c": c} | {f"{name}, error": error[i] for name, error in seen.items()}
        numbers |= {"best h, one-sided": best[0], "best h, central": best[1]}
        alt = (
            "Errors of four derivatives against the step h. At h = {h}: one-sided {one-sided, error}, central "
            "{central, error}, complex step {complex, error}, automatic differentiation {AD, error}."
        )
        return Frame(marks, numbers, alt)

    controls = [
        Slider("step", "h, step", STEPS[::-1], start[0], "{:.2g}"),
        Choice("c", "c, added constant", {"0": 0.0, "100": 100.0, "10 000": 1e4}, start[1]),
    ]
    return figure(board, show, controls, ask=ask)


EXAMPLES = {
    "sweeps": lambda: sweeps(recipe, x=2.0, y=3.0),
    "sweeps_up_the_ladder": lambda: sweeps(ladder, start="x", height=2.2, x=-1.0),
    "brackets": brackets,
    "costs": costs,
    "step_sizes": step_sizes,
}
