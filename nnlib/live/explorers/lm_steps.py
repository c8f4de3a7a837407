"""Levenberg–Marquardt step by step: trial points, accepted or rejected, with the loss and μ beside them."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from nnlib import _arguments as arguments
from nnlib.live import COLORS, Caption, Choice, Prediction, Slider, Stepper, stepper, subplots
from nnlib.live.explorers._axes import (
    ACCEPTED,
    REJECTED,
    check_two_parameters,
    draw_surface,
    short,
    style_loss_axes,
)
from nnlib.live.explorers.descent import descent_trail
from nnlib.optimizers import levenberg_marquardt

RULES = {"gain ratio": "gain-ratio", "÷10 and ×10": "marquardt"}


def lm_steps(
    problem,
    w0: ArrayLike,
    *,
    window=((-3.0, 4.0), (-3.5, 3.0)),
    names: tuple[str, str] = ("weight w₁", "bias b"),
    mu: float = 1e-3,
    max_steps: int = 30,
    predict: Prediction | None = None,
) -> Stepper:
    """Step through Levenberg–Marquardt on a surface, with buttons Step, Run and Reset.

    Rejected trial points stay as hollow squares; the loss and μ of every step are drawn beside the surface.

    Parameters
    ----------
    problem : object
        A least-squares problem with two parameters.
    w0 : (2,) array
        Start.
    window : ((float, float), (float, float))
        Limits of the contour plot for the first and the second parameter.
    names : (str, str)
        Of the two parameters.
    mu : float, default 1e-3
        First position of the slider for the first μ: a power of ten from 1e-6 to 1e4.
    max_steps : int, default 30
        Most steps, rejected ones counted.
    predict : Prediction, optional
        A question to be answered before the figure unlocks.

    Returns
    -------
    Stepper
    """
    window = check_two_parameters(problem, window)
    w0 = arguments.real_array("w0", w0, 1)
    start_loss = problem.loss(w0)

    fig, axes = subplots(2, 2, width_ratios=(1.25, 1), size=(9.2, 4.8))
    (surface, loss_axes), (unused, mu_axes) = axes
    unused.remove()
    surface.set_subplotspec(surface.get_gridspec()[:, 0])  # the surface is as high as both curves together
    draw_surface(surface, problem, window, names)
    style_loss_axes(loss_axes, max_steps, (1e-3 * start_loss, 10 * start_loss), xlabel="")
    style_loss_axes(mu_axes, max_steps, (1e-9, 1e9))
    mu_axes.set_ylabel("μ")

    (path,) = surface.plot([], [], **ACCEPTED)
    (refused,) = surface.plot([], [], **REJECTED)
    (here,) = surface.plot(*w0[:, None], "D", color="black", markersize=7)
    (loss,) = loss_axes.plot([], [], **ACCEPTED)
    (refused_loss,) = loss_axes.plot([], [], **REJECTED)
    (mus,) = mu_axes.plot([], [], "-", color=COLORS["black"], linewidth=1.5)
    (kept_mu,) = mu_axes.plot([], [], "o", color=COLORS["blue"], markersize=5)
    (refused_mu,) = mu_axes.plot([], [], **REJECTED)

    def show(history, mu, rule):
        trail = descent_trail(problem, w0, history)
        path.set_data(*trail["path"].T)
        here.set_data(*trail["path"][-1][:, None])
        refused.set_data(*trail["refused"].T)
        loss.set_data(np.arange(len(trail["loss"])), trail["loss"])
        refused_loss.set_data(*trail["refused_loss"].T)
        numbers = np.arange(1, len(history) + 1)
        tried = np.array([record.mu for record in history])
        accepted = np.array([record.accepted for record in history], dtype=bool)
        mus.set_data(numbers, tried)
        kept_mu.set_data(numbers[accepted], tried[accepted])
        refused_mu.set_data(numbers[~accepted], tried[~accepted])
        return _caption(history, start_loss, mu)

    return stepper(
        fig,
        moving=[path, refused, here, loss, refused_loss, mus, kept_mu, refused_mu],
        start=lambda mu, rule: levenberg_marquardt(problem, w0, mu=mu, rule=rule),
        show=show,
        controls=[
            Slider("mu", "μ, first damping", 10.0 ** np.arange(-6, 5), start=mu, format="{:g}"),
            Choice("rule", "rule for μ", RULES, start="gain-ratio"),
        ],
        max_steps=max_steps,
        trail=[path, loss, mus],
        predict=predict,
    )


def _caption(history: list, start_loss: float, mu: float) -> Caption:
    if not history:
        numbers = {"step": "0", "loss": short(start_loss), "next μ": short(mu)}
        return Caption(f"The start, loss {short(start_loss)}; the first step will use μ = {short(mu)}.", numbers)
    last, refused = history[-1], sum(not record.accepted for record in history)
    verdict = "accepted" if last.accepted else "rejected"
    numbers = {
        "step": f"{len(history)} ({refused} rejected)",
        "last step": verdict,
        "loss": short(last.loss),
        "|g|": short(last.gradient_norm),
        "μ": short(last.mu),
        "gain ratio ρ": short(last.gain_ratio),
    }
    why = "" if last.accepted else f" The trial loss was {short(last.trial_loss)}, no lower than before, so μ rises."
    alt = (
        f"Levenberg–Marquardt after {len(history)} steps, {refused} of them rejected. The last one, with "
        f"μ = {short(last.mu)} and gain ratio {short(last.gain_ratio)}, was {verdict}; the loss is "
        f"{short(last.loss)}.{why}"
    )
    return Caption(alt, numbers)
