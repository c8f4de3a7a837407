"""Chapter 17: one problem in two books, with their numbers copied and converted."""

from __future__ import annotations

import numpy as np

from nnlib import CurveFit
from nnlib.course.explorers._pictures import data_and_curve, plane
from nnlib.live import COLORS, Board, Choice, Frame, Slider, figure

OURS = {"color": COLORS["blue"], "linewidth": 3.0}
THEIRS = {"color": COLORS["orange"], "linestyle": "--", "linewidth": 2.0}
SAMPLES = [2, 4, 8, 16, 32, 64, 128]
ETA, MU, ALPHA, BETA = 0.05, 20.0, 0.5, 8.0  # this course's numbers, which a reader copies or converts


def sum_or_mean(*, weight_decay: float = 2.0, ask=None):
    """A slope fitted to m points: by a book that adds up its losses, and by one that takes their mean."""
    x = np.random.default_rng(0).uniform(-1, 1, SAMPLES[-1])
    y = 2 * x + 0.3 * np.random.default_rng(1).normal(size=x.size)
    slopes, ends = np.linspace(-0.5, 3.5, 161), np.array([-1.0, 1.0])
    board = Board(1, 2, titles=("the first m points, both lines", "both objectives, the sum's divided by m"))
    data, objectives = board.axes
    data.set(xlim=(-1.05, 1.05), ylim=(-3, 3), xlabel="x", ylabel="y")
    objectives.set(xlim=slopes[[0, -1]], ylim=(-0.3, 6), xlabel="slope w", ylabel="objective")
    board.line("points", data, color="#555555", marker="o", markersize=4, linestyle="none")
    for book, look, size in (("sum", OURS, 15), ("mean", THEIRS, 9)):
        board.curve(f"{book} line", data, ends, trail=False, **look)
        board.curve(book, objectives, slopes, trail=False, label=f"the {book}", **look)
        board.line(f"{book} minimum", objectives, color=look["color"], marker="*", markersize=size)
    objectives.legend(loc="upper left", frameon=False)

    def show(m, divided):
        per_sample = {"sum": weight_decay / m, "mean": weight_decay / m if divided else weight_decay}
        marks, numbers = {"points": np.column_stack([x, y])[:m]}, {"m": m}
        for book, decay in per_sample.items():
            best = np.mean(x[:m] * y[:m]) / (np.mean(x[:m] ** 2) + decay)
            height = np.mean((np.outer(np.append(slopes, best), x[:m]) - y[:m]) ** 2, axis=1) / 2
            height += decay * np.append(slopes, best) ** 2 / 2
            marks |= {f"{book} line": best * ends, book: height[:-1], f"{book} minimum": (best, height[-1])}
            numbers |= {f"λ of the {book}": decay * (m if book == "sum" else 1), f"slope by the {book}": best}
        alt = "A line through {m} points. The sum with weight decay {λ of the sum} has its minimum at the slope "
        return Frame(marks, numbers, alt + "{slope by the sum}, the mean with {λ of the mean} at {slope by the mean}.")

    controls = [
        Slider("m", "m, samples", SAMPLES, 16, "{:d}"),
        Choice("divided", "λ in the book with the mean", {"copied, λ": False, "converted, λ/m": True}, False),
    ]
    return figure(board, show, controls, ask=ask)


def with_or_without_half(problem, w, *, ask=None):
    """A line after one step of this course, and after the step of a book without ½ that is given our numbers."""
    board = Board(1, 2, titles=("the weights: one step from the diamond", "the line after it; for β with ±2σ"))
    weights, data = board.axes
    plane(weights, problem, window=((0.66, 1.3), (0.4, 1.2)), names=("w₀", "w₁"))
    weights.plot(*w, "D", color="black", markersize=7)
    x = data_and_curve(data, problem.x, problem.y, xlabel="x", ylabel="y")
    data.set_xlim(-0.2, 3.2)
    board.band("band here", data, x, color=COLORS["blue"], alpha=0.2)
    board.band("band there", data, x, facecolor="none", edgecolor=THEIRS["color"], linestyle="--", linewidth=1.5)
    for book, look, width in (("here", OURS, 4.0), ("there", THEIRS, 1.8)):
        board.arrow(f"step {book}", weights, color=look["color"], width=width)
        board.curve(book, data, x, trail=False, label=f"{book}: {'with' if book == 'here' else 'without'} ½", **look)
    data.legend(loc="upper left", frameon=False)
    JTJ, g, _ = problem.normal_equations(w)
    I = np.eye(2)

    def step(number, value, whole):
        """The step of a book whose sum of squares is `whole` times our E_D."""
        if number == "η":
            return -value * whole * g
        if number == "μ":
            return np.linalg.solve(whole * JTJ + value * I, -whole * g)
        β, α = whole * value, whole * value * ALPHA / BETA
        return np.linalg.solve(β * JTJ + α * I, -β * g - α * w)

    def show(number, converted):
        ours, factor = {"η": (ETA, 0.5), "μ": (MU, 2.0), "β": (BETA, 0.5)}[number]
        marks, numbers = {}, {"number": number}
        for book, value, whole in (("here", ours, 1), ("there", ours * (factor if converted else 1), 2)):
            p = step(number, value, whole)
            line = problem.predict(w + p, x)
            marks |= {f"step {book}": (w, w + p), book: line}
            numbers |= {f"{number} {book}": value, f"w₀ {book}": w[0] + p[0], f"w₁ {book}": w[1] + p[1]}
            if number == "β":
                numbers[f"σ {book}"] = σ = 1 / np.sqrt(whole * value)
                marks[f"band {book}"] = (line - 2 * σ, line + 2 * σ)
        alt = f"One step with {number} = {{{number} here}} here and {{{number} there}} in a book without ½: "
        return Frame(marks, numbers, alt + "to ({w₀ here}, {w₁ here}) here, to ({w₀ there}, {w₁ there}) there.")

    controls = [
        Choice("number", "number", {"η, learning rate": "η", "μ, damping": "μ", "β, with α": "β"}, "μ"),
        Choice("converted", "the book without ½ gets it", {"copied": False, "converted": True}, False),
    ]
    return figure(board, show, controls, ask=ask)


def straight_line() -> CurveFit:
    """The line through four points on which the chapter checks its conventions."""
    return CurveFit(lambda w, x: w[0] + w[1] * x, [0.0, 1.0, 2.0, 3.0], [1.0, 2.0, 2.0, 4.0])


EXAMPLES = {
    "sum_or_mean": sum_or_mean,
    "with_or_without_half": lambda: with_or_without_half(straight_line(), np.array([1.0, 0.5])),
}
