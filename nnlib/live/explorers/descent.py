"""Descent on a surface: the path of any optimizer over the contours of its loss, while one number changes."""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice

import numpy as np

from nnlib import _arguments as arguments
from nnlib.live import Caption, RecordedFigure, Slider, recorded, subplots
from nnlib.live.explorers._axes import (
    ACCEPTED,
    REJECTED,
    check_two_parameters,
    counted,
    draw_surface,
    short,
    style_loss_axes,
)
from nnlib.live.figure import check_callable
from nnlib.optimizers import Steps


def descent_on_surface(
    problem,
    run: Callable[[float], Steps],
    control: Slider,
    *,
    window=((-3.0, 4.0), (-3.5, 3.0)),
    names: tuple[str, str] = ("weight w₁", "bias b"),
    max_steps: int = 20,
) -> RecordedFigure:
    """Show where an optimizer goes on a problem with two parameters, for every position of one slider.

    Left the path over the contours of the loss, right the loss after each step. All positions are computed once and
    move in the browser without a kernel.

    Parameters
    ----------
    problem : object
        A problem with two parameters.
    run : callable
        Takes the slider's value and gives the steps, such as
        ``lambda eta: nnlib.steepest_descent(problem, w0, learning_rate=eta)``.
    control : Slider
        What the reader moves.
    window : ((float, float), (float, float))
        Limits of the contour plot for the first and the second parameter.
    names : (str, str)
        Of the two parameters.
    max_steps : int, default 20
        Steps to take, rejected ones counted.

    Returns
    -------
    RecordedFigure
    """
    window = check_two_parameters(problem, window)
    check_callable("run", run)
    max_steps = arguments.integer("max_steps", max_steps, at_least=1)

    fig, (surface, curve) = subplots(1, 2, width_ratios=(1.15, 1))
    draw_surface(surface, problem, window, names)
    starts = [run(value).w0 for value in control.values]
    highest = max(problem.loss(w0) for w0 in starts)
    style_loss_axes(curve, max_steps, (1e-3 * highest, 30 * highest))
    surface.set_title("where it goes")
    curve.set_title("the loss after each step")

    (path,) = surface.plot([], [], **ACCEPTED)
    (start,) = surface.plot([], [], "D", color="black", markersize=7)
    (refused,) = surface.plot([], [], **REJECTED)
    (loss,) = curve.plot([], [], **ACCEPTED)
    (refused_loss,) = curve.plot([], [], **REJECTED)

    def show(**value):
        steps = run(*value.values())
        records = list(islice(steps, max_steps))
        trail = descent_trail(problem, steps.w0, records)
        path.set_data(*trail["path"].T)
        start.set_data(*steps.w0[:, None])
        refused.set_data(*trail["refused"].T)
        loss.set_data(np.arange(len(trail["loss"])), trail["loss"])
        refused_loss.set_data(*trail["refused_loss"].T)
        return _caption(control, value[control.name], steps, trail, window)

    return recorded(
        fig, moving=[path, start, refused, loss, refused_loss], show=show, control=control, trail=[path, loss]
    )


def descent_trail(problem, w0: np.ndarray, records: list) -> dict[str, np.ndarray]:
    """The numbers of the picture.

    Returns
    -------
    dict
        path (k, 2): the start and every accepted point; loss (steps + 1,): the loss kept after each step;
        refused (j, 2) and refused_loss (j, 2): rejected points, and their step number and loss.
    """
    kept = [record for record in records if record.accepted]
    refused = [(number, record) for number, record in enumerate(records, start=1) if not record.accepted]
    return {
        "path": np.array([w0, *(record.w for record in kept)]),
        "loss": np.array([problem.loss(w0), *(record.loss for record in records)]),
        "refused": np.array([record.trial_w for _, record in refused]).reshape(-1, 2),
        "refused_loss": np.array([(number, record.trial_loss) for number, record in refused]).reshape(-1, 2),
    }


def _caption(control: Slider, value: float, steps: Steps, trail: dict, window: np.ndarray) -> Caption:
    path, losses, refused = trail["path"], trail["loss"], len(trail["refused"])
    outside = ((path < window[:, 0]) | (path > window[:, 1])).any(axis=1)
    ending = "" if steps.ending is None else steps.ending.value
    where = f"; it leaves the picture in step {int(np.argmax(outside))}" if outside.any() else ""
    numbers = {
        control.label: short(value),
        "steps": f"{len(losses) - 1}" + (f" ({refused} rejected)" if refused else ""),
        "loss": f"{short(losses[0])} → {short(losses[-1])}",
        "ends": ending or (f"after {counted(len(losses) - 1, 'step')}"),
    }
    alt = (
        f"{steps.method} on a surface with {control.label} = {short(value)}: from loss {short(losses[0])} to "
        f"{short(losses[-1])} in {counted(len(losses) - 1, 'step')}{where}. {ending}"
    )
    return Caption(alt.strip(), numbers)
