"""Chapter 00: how long may a step be? A learning rate on a network, on a parabola, and beside the curvature."""

from __future__ import annotations

from functools import cache
from itertools import pairwise

import numpy as np

from nnlib import steepest_descent
from nnlib.course.explorers._pictures import ACCEPTED, Run, data_and_curve, over_steps, sine_network
from nnlib.live import COLORS, Board, Frame, Slider, figure

LEARNING_RATES = [0.0001, 0.0003, 0.001, 0.002, 0.003, 0.005, 0.007, 0.01, 0.015, 0.02, 0.03, 0.05, 0.1, 0.2]
AROUND_THE_LIMIT = [0.007, 0.009, 0.0095, 0.01, 0.0105, 0.011, 0.015]
ON_THE_PARABOLA = np.arange(1, 12) * 0.05
HERE = {"color": COLORS["blue"], "marker": "o", "markersize": 10, "markeredgecolor": "white", "markeredgewidth": 1.5}
STEPS = 40  # along which the curvature is followed
FLOWN = 1e5  # a loss beyond which the curvature says nothing more about the valley


def learning_rate(problem, w0, *, start: float = 0.007, max_steps: int = 300, ask=None):
    """A network that learns a curve by steepest descent, anew from w0 at every move of η."""
    board = Board(1, 2, titles=("the network's curve after the last step", "the loss after each step"))
    data, losses = board.axes
    x, loss0 = curve_axes(data, problem, margin=0.5), problem.loss(w0)
    data.plot(x, problem.predict(w0, x)[:, 0], color="#767676", linestyle="--", linewidth=1.2, label="at the start")
    data.legend(loc="lower right", frameon=False, fontsize=10.5)
    over_steps(losses, max_steps, (loss0 * 1e-3, loss0 * 1e3))
    board.curve("curve", data, x, color=COLORS["blue"], linewidth=2.2)
    board.curve("loss", losses, color=COLORS["blue"], linewidth=2.2)
    board.text("left", data, ha="left", va="bottom")

    @cache
    def run_of(eta):
        return Run.of(steepest_descent(problem, w0, learning_rate=eta), max_steps)

    def show(eta):
        run = run_of(eta)
        numbers = {"η": eta, "steps": len(run.records), "first loss": loss0, "highest loss": run.loss.max()}
        numbers |= {"steps uphill": int((np.diff(run.loss) > 0).sum()), "last loss": run.loss[-1]}
        curve = problem.predict(run.w[-1], x)[:, 0]
        marks = {"curve": curve, "loss": run.loss, "left": (x[0] + 0.06, 1.6, words_on(curve, data))}
        alt = "The data and the network's curve after {steps} steps with learning rate {η}, beside the losses: "
        return Frame(marks, numbers, alt + "first {first loss}, at the highest {highest loss}, at last {last loss}.")

    return figure(board, show, [Slider("eta", "η, learning rate", LEARNING_RATES, start, "{:g}")], ask=ask)


def parabola(curvature: float = 4.0, *, steps: int = 4, ask=None):
    """Steps down E = ½λw² from w = 1, and the factor 1 − ηλ that each of them multiplies w by."""
    board = Board(1, 2, titles=(f"{steps} steps on E = ½λw², λ = {curvature:g}", "the factor 1 − ηλ"))
    valley, factors = board.axes
    farthest = abs(1 - ON_THE_PARABOLA[-1] * curvature) ** steps
    w = np.linspace(-1.15 * farthest, 1.15 * farthest, 121)
    valley.plot(w, curvature / 2 * w**2, color="#8a8a8a", linewidth=1.2)
    valley.set(xlim=w[[0, -1]], xlabel="w", ylabel="E")
    valley.plot(1, curvature / 2, "D", color="black", markersize=7)
    eta = np.array([0, ON_THE_PARABOLA[-1] + 0.03])
    factors.axhspan(-1, 1, color="#e8f1f8")
    factors.text(0.02, -0.93, "between −1 and 1: w shrinks", va="bottom")
    factors.text(0.02, -1.07, "below −1: w grows", va="top")
    factors.plot(eta, 1 - eta * curvature, color="#8a8a8a", linewidth=1.2)
    factors.set(xlim=eta, ylim=(-1.45, 1.15), xlabel="learning rate η", xticks=[0, 1 / curvature, 2 / curvature])
    factors.set_xticklabels(["0", f"1/λ = {1 / curvature:g}", f"2/λ = {2 / curvature:g}"])
    for k in range(1, steps + 1):
        board.arrow(f"step {k}", valley, color=COLORS["blue"], width=1.6)
    board.line("points", valley, **ACCEPTED | {"linestyle": "none"})
    board.line("factor", factors, **HERE)

    def show(eta):
        factor = 1 - eta * curvature
        w = factor ** np.arange(steps + 1)
        points = np.column_stack([w, curvature / 2 * w**2])
        marks = {f"step {k}": ends for k, ends in enumerate(pairwise(points), start=1)}
        numbers = {"η": eta, "factor": factor, **{f"w{k}": value for k, value in zip("₀₁₂₃₄", w, strict=True)}}
        return Frame(
            marks | {"points": points[1:], "factor": (eta, factor)},
            numbers,
            "Four steps on a parabola with learning rate {η}: each multiplies w by {factor}. "
            "From w = {w₀} they lead to {w₁}, {w₂}, {w₃} and {w₄}.",
        )

    return figure(board, show, [Slider("eta", "η, learning rate", ON_THE_PARABOLA, 0.45, "{:.2f}")], ask=ask)


def curvature_on_the_way(problem, w0, *, ask=None):
    """The largest curvature after each step beside its limit 2/η, with the loss and the curve after step k."""
    titles = ("data and curve after step k", "the loss", "", "the largest curvature λ_max · dashed: 2/η")
    board = Board(2, 2, size=(9.6, 5.2), height_ratios=(1, 1.3), titles=titles)
    data, losses, curvatures = board.tall_left()
    x = curve_axes(data, problem, margin=1.6)
    over_steps(losses, STEPS, (0.3, 2000), xlabel="")
    curvatures.set(xlim=losses.get_xlim(), ylim=(120, 300), xlabel="step k", ylabel="λ_max")
    for ax in (losses, curvatures):
        ax.set_xticks(range(0, STEPS + 1, 5))
    board.curve("curve", data, x, color=COLORS["blue"], linewidth=2.2)
    board.text("left", data, ha="left", va="bottom")
    board.text("above", curvatures, ha="right", va="top")
    for name, ax, color in (("loss", losses, COLORS["blue"]), ("λ", curvatures, COLORS["orange"])):
        board.curve(name, ax, **ACCEPTED | {"color": color, "markersize": 4}, trail=False)
        board.line(f"{name} here", ax, **HERE | {"color": color})
    board.line("limit", curvatures, color="black", linestyle="--", linewidth=1.5)

    @cache
    def run_of(eta):
        run = Run.of(steepest_descent(problem, w0, learning_rate=eta), STEPS)
        return run, np.array(
            [largest_curvature(problem, w) for w, loss in zip(run.w, run.loss, strict=True) if loss < FLOWN]
        )

    def show(eta, step):
        run, λ = run_of(eta)
        curve = problem.predict(run.w[step], x)[:, 0]
        marks = {"curve": curve, "loss": run.loss, "λ": λ, "left": (x[0] + 0.06, 3.6, words_on(curve, data))}
        left = "λ_max and the loss have left the picture" if λ.max() > max(curvatures.get_ylim()) else ""
        marks["above"] = (STEPS, 290, left)
        marks |= {"loss here": (step, run.loss[step]), "limit": [(0, 2 / eta), (STEPS, 2 / eta)]}
        numbers = {"η": eta, "step": step, "loss": run.loss[step], "2/η": 2 / eta}
        alt = "After step {step} with learning rate {η}: the data, the network's curve, the loss {loss}, "
        if step >= len(λ):
            return Frame(marks, numbers, alt + "and 2/η = {2/η}; the largest curvature has left the picture.")
        marks["λ here"], numbers["λ_max"] = (step, λ[step]), λ[step]
        return Frame(marks, numbers, alt + "and the largest curvature {λ_max} beside its limit {2/η}.")

    controls = [
        Slider("eta", "η, learning rate", AROUND_THE_LIMIT, 0.01, "{:g}"),
        Slider("step", "k, step", np.arange(STEPS + 1), 10, "{:d}"),
    ]
    return figure(board, show, controls, ask=ask, record={"step": [*range(15), 16, 18, 20, 25, 30, 35, STEPS]})


def curve_axes(ax, problem, margin: float) -> np.ndarray:
    """The data of a network with one input and one output, and the x at which to draw its curve."""
    x = data_and_curve(ax, problem.X[:, 0], problem.Y[:, 0], margin, xlabel="x", ylabel="y")
    ax.set_xticks(np.linspace(x[0], x[-1], 5))
    return x


def words_on(curve: np.ndarray, ax) -> str:
    """What stands in the picture in place of a curve that lies outside."""
    lowest, highest = ax.get_ylim()
    return "the curve has left the picture" if ((curve < lowest) | (curve > highest)).all() else ""


def largest_curvature(problem, w) -> float:
    """The largest eigenvalue of the Hessian at w."""
    return float(np.linalg.eigvalsh(problem.hessian(w))[-1])


EXAMPLES = {
    "learning_rate": lambda: learning_rate(*sine_network()),
    "parabola": parabola,
    "curvature_on_the_way": lambda: curvature_on_the_way(*sine_network()),
}
