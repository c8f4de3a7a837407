"""Chapter 11: the μ dial, and Levenberg–Marquardt step by step."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from nnlib import levenberg_marquardt
from nnlib.course.explorers._pictures import (
    ACCEPTED,
    HERE,
    REJECTED,
    Run,
    marks_of,
    neuron,
    over_steps,
    plane,
    run_marks,
)
from nnlib.live import COLORS, Board, Choice, Frame, Slider, figure, stepper

MU_VALUES = np.geomspace(1e-3, 1e3, 49)


class Reading(NamedTuple):
    """The step p (2,), its predicted and actual decrease, and λ_i/(λ_i + μ), what is left in each eigendirection."""

    step: np.ndarray
    predicted: float
    actual: float
    factors: np.ndarray

    @property
    def length(self) -> float:
        return float(np.linalg.norm(self.step))

    @property
    def gain_ratio(self) -> float:
        return self.actual / self.predicted


def read_dial(problem, w, mu: float) -> Reading:
    """The Levenberg–Marquardt step at w for one μ ≥ 0, and how good it is."""
    JTJ, g, loss = problem.normal_equations(w)
    eigenvalues = np.linalg.eigvalsh(JTJ)[::-1]
    p = np.linalg.solve(JTJ + mu * np.eye(len(w)), -g)
    return Reading(p, 0.5 * p @ (mu * p - g), loss - problem.loss(w + p), eigenvalues / (eigenvalues + mu))


def mu_dial(problem, w, *, start: float = 1.0):
    """Turn μ and watch the step at w bend from the Gauss–Newton arrow to the gradient arrow, and shrink."""
    board = Board(
        1, 3, width_ratios=(2.1, 1, 1), size=(9.6, 4.0), titles=("the step at w", "decrease of E", "λᵢ / (λᵢ + μ)")
    )
    surface, decrease, shrink = board.axes
    _, g, loss = problem.normal_equations(w)
    gauss_newton, readings = read_dial(problem, w, 0.0).step, {mu: read_dial(problem, w, mu) for mu in MU_VALUES}
    downhill = -0.75 * np.linalg.norm(gauss_newton) * g / np.linalg.norm(g)

    plane(surface, problem)
    still_arrow(surface, w, gauss_newton, "Gauss–Newton, μ = 0", COLORS["vermillion"])
    still_arrow(surface, w, downhill, "−g", COLORS["green"])
    surface.plot(*np.transpose([w + reading.step for reading in readings.values()]), "--", color=COLORS["blue"])
    surface.plot(*w, **HERE)
    decrease.set_ylim(-0.7 * loss, 1.05 * loss)
    decrease.axhline(0, color="#767676", linewidth=1)
    shrink.set_ylim(0, 1.05)
    board.arrow("step", surface, color=COLORS["blue"], width=3)
    board.line("tip", surface, color=COLORS["blue"], marker="o", markersize=8)
    board.bars("decrease", decrease, ["predicted", "actual"], color=[COLORS["sky"], COLORS["blue"]])
    board.bars("left", shrink, ["λ₁", "λ₂"], color=COLORS["orange"])

    def show(mu):
        reading = readings[mu]
        p, predicted, actual, factors = reading
        numbers = {"μ": mu, "‖p‖": reading.length, "predicted": predicted, "actual": actual}
        numbers |= {"gain ratio ρ": reading.gain_ratio, "step": "accepted" if actual > 0 else "rejected"}
        return Frame(
            {"step": (w, w + p), "tip": w + p, "decrease": [predicted, actual], "left": factors},
            numbers,
            "Contours of the loss with the Levenberg–Marquardt step at μ = {μ}: length {‖p‖}, predicted decrease {predicted}, "
            "actual decrease {actual}, gain ratio {gain ratio ρ}, so the step is {step}. Of the Gauss–Newton step "
            f"{factors[0]:.0%} and {factors[1]:.0%} are left along the two eigenvectors of JᵀJ.",
        )

    return figure(board, show, [Slider("mu", "μ, damping", MU_VALUES, start=start)])


def lm_steps(problem, w0, *, mu: float = 1e-3, max_steps: int = 30, ask=None):
    """Step through Levenberg–Marquardt on a surface: refused trial points stay as hollow squares, μ beside them."""
    board = Board(2, 2, width_ratios=(1.25, 1), size=(9.2, 4.8))
    surface, loss_axes, mu_axes = board.tall_left()
    w0, loss0 = np.array(w0, float), problem.loss(w0)
    plane(surface, problem)
    over_steps(loss_axes, max_steps, (1e-3 * loss0, 10 * loss0), xlabel="")
    over_steps(mu_axes, max_steps, (1e-9, 1e9), ylabel="μ")
    run_marks(board, surface, loss_axes)
    board.line("μ", mu_axes, trail=True, color="black", linewidth=1.5)
    board.line("kept μ", mu_axes, **ACCEPTED | {"linestyle": "none"})
    board.line("refused μ", mu_axes, **REJECTED)

    def show(records, mu, rule):
        run = Run(w0, loss0, records)
        tried = np.column_stack([np.arange(1, len(records) + 1), run.numbers("mu")])
        marks = {**marks_of(run), "start": run.w[-1]}
        marks |= {"μ": tried, "kept μ": tried[~run.rejected], "refused μ": tried[run.rejected]}
        if not records:
            numbers = {"step": "0", "loss": loss0, "next μ": mu}
            return Frame(marks, numbers, "The start, loss {loss}; the first step will use μ = {next μ}.")
        last = records[-1]
        numbers = {"step": run.count, "last step": "accepted" if last.accepted else "rejected", "loss": last.loss}
        numbers |= {"|g|": last.gradient_norm, "μ": last.mu, "gain ratio ρ": last.gain_ratio}
        return Frame(marks, numbers, "Levenberg–Marquardt after step {step}. The last one, with μ = {μ} and gain ratio "
                     "{gain ratio ρ}, was {last step}; the loss is {loss}.")  # fmt: skip

    return stepper(
        board,
        start=lambda mu, rule: levenberg_marquardt(problem, w0, mu=mu, rule=rule),
        show=show,
        controls=[
            Slider("mu", "μ, first damping", 10.0 ** np.arange(-6, 5), start=mu, format="{:g}"),
            Choice("rule", "rule for μ", {"gain ratio": "gain-ratio", "÷10 and ×10": "marquardt"}, start="gain-ratio"),
        ],
        ask=ask,
        max_steps=max_steps,
    )


def still_arrow(ax, tail, direction, words, color) -> None:
    """An arrow that stays, its name beside the tip, on the side where there is room."""
    from nnlib.live import arrow

    x, y = tail + direction
    arrow(ax, tail, tail + direction, color=color)
    left = x > np.dot([0.2, 0.8], ax.get_xlim())
    ax.text(x, y, f" {words} ", color=color, ha="right" if left else "left", va="top" if direction[1] < 0 else "bottom")


EXAMPLES = {
    "mu_dial": lambda: mu_dial(neuron(), np.array([1.5, 1.0])),
    "lm_steps": lambda: lm_steps(neuron(), [0.5, 1.5]),
}
