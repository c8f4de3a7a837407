"""A curve that walks to its data: the fit after each step of an optimizer."""

from __future__ import annotations

from itertools import islice

import numpy as np

from nnlib import _arguments as arguments
from nnlib.live import COLORS, Caption, RecordedFigure, Slider, recorded, subplots
from nnlib.live.explorers._axes import ACCEPTED, REJECTED, short, style_loss_axes
from nnlib.live.explorers.descent import descent_trail
from nnlib.optimizers import Steps

MARGIN = 0.3  # of the data's height, above and below: a poor fit stays in sight


def fit_step_by_step(steps: Steps, *, xlabel: str = "x", ylabel: str = "y", max_steps: int = 60) -> RecordedFigure:
    """Show a curve and its data after each step of a fit, and where on the loss curve that step is.

    Parameters
    ----------
    steps : Steps
        An optimizer at work on a `CurveFit` whose x is a vector.
    xlabel, ylabel : str
        Quantities and units.
    max_steps : int, default 60
        Steps to take, rejected ones counted.

    Returns
    -------
    RecordedFigure
        Its slider is the number of the step.
    """
    max_steps = arguments.integer("max_steps", max_steps, at_least=1)
    problem = steps.problem
    if np.ndim(getattr(problem, "x", None)) != 1:
        raise ValueError("steps must work on a CurveFit whose x is a vector, to be drawn as a curve")
    records = list(islice(steps, max_steps))
    weights = [steps.w0, *(record.w for record in records)]
    trail = descent_trail(problem, steps.w0, records)

    fig, (data, curve) = subplots(1, 2, width_ratios=(1.25, 1))
    x, y = problem.x, problem.y
    fine = np.linspace(x.min(), x.max(), 241)
    data.plot(x, y, "o", color="#555555", markersize=4)
    data.set(
        xlim=(x.min(), x.max()),
        ylim=(y.min() - MARGIN * np.ptp(y), y.max() + MARGIN * np.ptp(y)),
        xlabel=xlabel,
        ylabel=ylabel,
        title="data and curve",
    )
    losses = trail["loss"]
    style_loss_axes(
        curve,
        len(records),
        (losses.min() / 3, 3 * max(losses.max(), np.nanmax(trail["refused_loss"][:, 1], initial=0))),
    )
    curve.plot(losses, **ACCEPTED | {"linewidth": 1.2, "markersize": 3})
    curve.plot(*trail["refused_loss"].T, **REJECTED | {"markersize": 5})
    curve.set_title("the loss after each step")
    (fitted,) = data.plot([], [], color=COLORS["blue"], linewidth=2.2)
    (here,) = curve.plot([], [], "D", color="black", markersize=8)

    def show(k):
        fitted.set_data(fine, problem.predict(weights[k], fine))
        here.set_data([k], [losses[k]])
        verdict = "start" if k == 0 else "accepted" if records[k - 1].accepted else "rejected"
        numbers = {"step": f"{k} ({verdict})", "loss": short(losses[k])}
        numbers |= {f"w{i}": f"{value:.5g}" for i, value in enumerate(weights[k], start=1)}
        alt = f"The data and the fitted curve after step {k} of {len(records)} ({verdict}): loss {short(losses[k])}."
        return Caption(alt, numbers)

    control = Slider("k", "k, step", np.arange(len(weights)), start=0, format="{:d}")
    return recorded(fig, moving=[fitted, here], show=show, control=control, trail=[fitted])
