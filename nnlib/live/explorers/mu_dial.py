"""The μ dial: the Levenberg–Marquardt step at one point of a surface, from Gauss–Newton to steepest descent."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from nnlib import _arguments as arguments
from nnlib.live import COLORS, Caption, RecordedFigure, Slider, arrow, bars, recorded, subplots
from nnlib.live.explorers._axes import check_two_parameters, draw_surface, short

MU_VALUES = np.geomspace(1e-3, 1e3, 49)


@dataclass(frozen=True)
class DialReading:
    """What the dial shows at one μ.

    Attributes
    ----------
    step : (2,) array
        p = −(JᵀJ + μI)⁻¹ g.
    length : float
        ‖p‖.
    predicted, actual : float
        Decrease of the loss that the quadratic model predicts, ½ pᵀ(μp − g), and E(w) − E(w + p).
    gain_ratio : float
        actual / predicted.
    factors : (2,) array
        λ_i / (λ_i + μ) for the eigenvalues λ_i of JᵀJ, largest first: the part of the Gauss–Newton step that is left
        in each eigendirection.
    """

    step: np.ndarray
    length: float
    predicted: float
    actual: float
    gain_ratio: float
    factors: np.ndarray


def read_dial(problem, w: ArrayLike, mu: float) -> DialReading:
    """Compute the Levenberg–Marquardt step at w for one μ ≥ 0, and how good it is.

    Examples
    --------
    >>> from nnlib import CurveFit
    >>> line = CurveFit(lambda w, x: w[0] + w[1] * x, [0.0, 1.0], [1.0, 3.0])   # linear: the model is exact
    >>> round(read_dial(line, [0.0, 0.0], mu=0.5).gain_ratio, 9)
    1.0
    """
    w = np.asarray(w, dtype=float)
    JTJ, g, loss = problem.normal_equations(w)
    eigenvalues = np.linalg.eigvalsh(JTJ)[::-1]
    p = np.linalg.solve(JTJ + mu * np.eye(len(w)), -g)
    predicted = 0.5 * float(p @ (mu * p - g))
    actual = float(loss - problem.loss(w + p))
    return DialReading(
        p, float(np.linalg.norm(p)), predicted, actual, actual / predicted, eigenvalues / (eigenvalues + mu)
    )


def mu_dial(
    problem,
    w: ArrayLike,
    *,
    window=((-3.0, 4.0), (-3.5, 3.0)),
    names: tuple[str, str] = ("weight w₁", "bias b"),
    start: float = 1.0,
) -> RecordedFigure:
    """Turn μ and watch the step bend from the Gauss–Newton arrow to the gradient arrow, and shrink.

    All positions of the slider are computed once and move in the browser without a kernel.

    Parameters
    ----------
    problem : object
        A least-squares problem with two parameters.
    w : (2,) array
        Where the step starts.
    window : ((float, float), (float, float))
        Limits of the contour plot for the first and the second parameter.
    names : (str, str)
        Of the two parameters.
    start : float, default 1
        The first μ, a position of the slider from 0.001 to 1000, eight positions a decade.

    Returns
    -------
    RecordedFigure
    """
    window = check_two_parameters(problem, window)
    w = arguments.real_array("w", w, 1)
    control = Slider("mu", "μ, damping", MU_VALUES, start=start)
    _, g, loss = problem.normal_equations(w)
    gauss_newton = read_dial(problem, w, 0.0).step
    readings = {mu: read_dial(problem, w, mu) for mu in control.values}

    fig, (surface, decrease, shrink) = subplots(1, 3, width_ratios=(2.1, 1, 1), size=(9.6, 4.0))
    draw_surface(surface, problem, window, names)
    downhill = -g / np.linalg.norm(g) * 0.75 * np.linalg.norm(gauss_newton)
    arrow(surface, w, w + gauss_newton, color=COLORS["vermillion"])
    arrow(surface, w, w + downhill, color=COLORS["green"])
    curve = w + np.array([reading.step for reading in readings.values()])
    surface.plot(*curve.T, "--", color=COLORS["blue"], linewidth=1.8)
    surface.plot(*w, "D", color="black", markersize=7)
    _name_arrow(surface, w, gauss_newton, "Gauss–Newton, μ = 0", COLORS["vermillion"], window)
    _name_arrow(surface, w, downhill, "−g", COLORS["green"], window)
    surface.set_title("the step at w")
    _style_bars(decrease, ["predicted", "actual"], "decrease of E", (-0.7 * loss, 1.05 * loss))
    decrease.axhline(0, color="#767676", linewidth=1)
    _style_bars(shrink, ["λ₁", "λ₂"], "λᵢ / (λᵢ + μ)", (0, 1.05))

    step = arrow(surface, w, w, color=COLORS["blue"], width=3)
    (tip,) = surface.plot([], [], "o", color=COLORS["blue"], markersize=8)
    decreases = bars(decrease, 2, color=[COLORS["sky"], COLORS["blue"]])
    factors = bars(shrink, 2, color=COLORS["orange"])
    decrease_texts = [decrease.text(i, 0, "", ha="center", va="bottom") for i in range(2)]
    factor_texts = [shrink.text(i, 0, "", ha="center", va="bottom") for i in range(2)]

    def show(mu):
        reading = readings[mu]
        step.set_data(w, w + reading.step)
        tip.set_data(*(w + reading.step)[:, None])
        for drawn, texts, heights in (
            (decreases, decrease_texts, np.array([reading.predicted, reading.actual])),
            (factors, factor_texts, reading.factors),
        ):
            drawn.set_heights(heights)
            for text, height in zip(texts, heights, strict=True):
                text.set_text(short(height))
                text.set_y(max(height, 0))
        return _caption(mu, reading)

    moving = [step, tip, decreases, factors, decrease_texts, factor_texts]
    return recorded(fig, moving=moving, show=show, control=control)


def _caption(mu: float, reading: DialReading) -> Caption:
    verdict = "accepted" if reading.actual > 0 else "rejected"
    numbers = {
        "μ": short(mu),
        "‖p‖": short(reading.length),
        "predicted": short(reading.predicted),
        "actual": short(reading.actual),
        "gain ratio ρ": short(reading.gain_ratio),
        "step": verdict,
    }
    alt = (
        f"Contours of the loss with the Levenberg–Marquardt step at μ = {short(mu)}: length {short(reading.length)}, "
        f"predicted decrease {short(reading.predicted)}, actual decrease {short(reading.actual)}, gain ratio "
        f"{short(reading.gain_ratio)}, so the step is {verdict}. Of the Gauss–Newton step "
        f"{reading.factors[0]:.0%} and {reading.factors[1]:.0%} are left along the two eigenvectors of JᵀJ."
    )
    return Caption(alt, numbers)


def _name_arrow(ax, w, direction, words, color, window) -> None:
    """Write the arrow's name beside its tip, inside the window."""
    x, y = w + direction
    left = x > window[0, 0] + 0.8 * np.ptp(window[0])
    ax.text(x, y, f" {words} ", color=color, ha="right" if left else "left", va="top" if direction[1] < 0 else "bottom")


def _style_bars(ax, labels, title, limits) -> None:
    ax.set(xlim=(-0.6, len(labels) - 0.4), ylim=limits, title=title)
    ax.set_xticks(range(len(labels)), labels)
    ax.grid(False, axis="x")
