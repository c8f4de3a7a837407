"""Chapter 17: one problem in two books, with their numbers copied and converted."""

from __future__ import annotations

import numpy as np

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
    for book, look, width in (("here", OURS, 4.0), ("there", THEIRS, 1.8)):
        board.arrow(f"step {book}", weights, color=look["color"], width=width)
        board.curve(book, data, x, trail=False, label=f"{book}: {'with' if book == 'here' else 'without'} ½", **look)
        for side in ("above", "below"):
            board.curve(f"{side} {book}", data, x, trail=False, **look | {"linewidth": 1.2})
    data.legend(loc="upper left", frameon=False)
    JTJ, g, _ = problem.normal_equations(w)
    I = np.eye(2)

    def step(number, value, half):
        """The step of a book whose E is `half` times the sum of squares, and σ as it reads β; g and JTJ hold the ½."""
        g_book, JTJ_book = 2 * half * g, 2 * half * JTJ
        if number == "η":
            return -value * g_book, np.nan
        if number == "μ":
            return np.linalg.solve(JTJ_book + value * I, -g_book), np.nan
        α = 2 * half * value * ALPHA / BETA
        return np.linalg.solve(value * JTJ_book + α * I, -value * g_book - α * w), np.sqrt(1 / (2 * half * value))

    def show(number, converted):
        ours = {"η": ETA, "μ": MU, "β": BETA}[number]
        theirs = ours * {"η": 0.5, "μ": 2.0, "β": 0.5}[number] if converted else ours
        marks, numbers = {}, {"number": number}
        for book, value, half in (("here", ours, 0.5), ("there", theirs, 1.0)):
            p, σ = step(number, value, half)
            line = problem.predict(w + p, x)
            marks |= {
                f"step {book}": (w, w + p),
                book: line,
                f"above {book}": line + 2 * σ,
                f"below {book}": line - 2 * σ,
            }
            numbers |= {f"{number} {book}": value, f"w₀ {book}": w[0] + p[0], f"w₁ {book}": w[1] + p[1], f"σ {book}": σ}
        alt = f"One step with {number} = {ours:g} here and {theirs:g} in a book without ½: "
        return Frame(marks, numbers, alt + "to ({w₀ here}, {w₁ here}) here, to ({w₀ there}, {w₁ there}) there.")

    controls = [
        Choice(
            "number", "number", {"η of steepest descent": "η", "μ of Levenberg–Marquardt": "μ", "β (and α)": "β"}, "μ"
        ),
        Choice("converted", "the book without ½ gets it", {"copied": False, "converted": True}, False),
    ]
    return figure(board, show, controls, ask=ask)
