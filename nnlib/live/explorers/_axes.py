"""What the explorers' pictures have in common: the contours of a loss, the axes of a loss curve, numbers as text."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import LogLocator, MaxNLocator, NullFormatter

from nnlib import _arguments as arguments
from nnlib.live.style import COLORS

CONTOUR_POINTS = 81

# One meaning, one color and one marker, in every figure of the course.
ACCEPTED = {"color": COLORS["blue"], "marker": "o", "markersize": 5, "linewidth": 1.8}
REJECTED = {
    "color": COLORS["vermillion"],
    "marker": "s",
    "markersize": 7,
    "markerfacecolor": "none",
    "markeredgewidth": 1.6,
    "linestyle": "none",
}


def check_two_parameters(problem, window) -> np.ndarray:
    """The window as a (2, 2) array [[low, high], [low, high]], for a problem with two parameters."""
    n = getattr(problem, "n_params", 2)
    if n != 2:
        raise ValueError(f"problem must have 2 parameters to be drawn as a surface, it has {n}")
    window = arguments.real_array("window", window, 2)
    if window.shape != (2, 2) or not (window[:, 0] < window[:, 1]).all():
        raise ValueError(f"window must be ((low, high), (low, high)), got {window.tolist()}")
    return window


def draw_surface(ax: Axes, problem, window: np.ndarray, names: tuple[str, str]) -> None:
    """Contours of the problem's loss over the window, close together where the loss is small."""
    first, second = (np.linspace(low, high, CONTOUR_POINTS) for low, high in window)
    loss = np.array([[problem.loss(np.array([u, v])) for u in first] for v in second])
    lowest, highest = np.nanmin(loss), np.nanmax(loss)
    # Equal steps of log(loss − lowest + a little): many lines around the minimum, few on the heights.
    little = 0.02 * (highest - lowest)
    levels = lowest - little + np.geomspace(little, highest - lowest + little, 14)
    ax.contourf(first, second, loss, levels, cmap="Greys", alpha=0.45, vmax=1.3 * highest)
    ax.contour(first, second, loss, levels, colors="#8a8a8a", linewidths=0.7)
    ax.grid(False)
    ax.set(xlim=window[0], ylim=window[1], xlabel=names[0], ylabel=names[1])
    best = np.unravel_index(np.nanargmin(loss), loss.shape)
    ax.plot(first[best[1]], second[best[0]], "*", color="black", markersize=11, zorder=2)


def style_loss_axes(ax: Axes, max_steps: int, limits: tuple[float, float], xlabel: str = "step") -> None:
    """Log axes for loss against steps, with limits that stay."""
    ax.set(xlim=(-0.02 * max_steps, max_steps * 1.02), ylim=limits, yscale="log", xlabel=xlabel, ylabel="loss E")
    ax.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=7))
    ax.yaxis.set_major_locator(LogLocator(numticks=7))
    ax.yaxis.set_minor_formatter(NullFormatter())


def short(value: float) -> str:
    """A number to three digits, as a reader writes it."""
    return f"{value:.3g}".replace("e-0", "e-").replace("e+0", "e+").replace("nan", "–")


def counted(n: int, noun: str) -> str:
    """`1 step`, `2 steps`."""
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"
