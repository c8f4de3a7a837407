"""What the explorers' pictures share: a run as arrays, the plane of two parameters, a loss curve, data with a curve."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import islice

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import LogLocator, MaxNLocator, NullFormatter

from nnlib import MLP, NetworkFit, datasets
from nnlib.live import COLORS, Board

# One meaning, one color and one marker, in every figure of the course.
ACCEPTED = {"color": COLORS["blue"], "marker": "o", "markersize": 5, "linewidth": 1.8}
REJECTED = {"color": COLORS["vermillion"], "marker": "s", "markersize": 7, "markerfacecolor": "none",
            "markeredgewidth": 1.6, "linestyle": "none"}  # fmt: skip
HERE = {"color": "black", "marker": "D", "markersize": 7}
NEURON_WINDOW = ((-3.0, 4.0), (-3.5, 3.0))  # of the course's example, one tanh neuron


@dataclass(frozen=True)
class Run:
    """The steps of an optimizer so far, as arrays for a picture; the loss curve begins at the start."""

    w0: np.ndarray
    loss0: float
    records: list
    ending: str = ""

    @classmethod
    def of(cls, steps, max_steps: int) -> Run:
        w0, loss0, records = steps.w, steps.loss, list(islice(steps, max_steps))
        return cls(w0, loss0, records, "" if steps.ending is None else steps.ending.value)

    def numbers(self, name: str) -> np.ndarray:
        """One number of every record (steps,), such as "mu"."""
        return np.array([getattr(record, name) for record in self.records])

    @cached_property
    def loss(self) -> np.ndarray:
        return np.array([self.loss0, *self.numbers("loss")])

    @cached_property
    def w(self) -> list[np.ndarray]:
        """The weights at the start and after every step."""
        return [self.w0, *(record.w for record in self.records)]

    @cached_property
    def rejected(self) -> np.ndarray:
        """Which steps were (steps,)."""
        return np.array([not record.accepted for record in self.records], dtype=bool)

    def refused(self, name: str) -> np.ndarray:
        """(step, number) of every rejected step."""
        return np.column_stack([np.arange(1, len(self.records) + 1), self.numbers(name)])[self.rejected]

    @property
    def count(self) -> str:
        return f"{len(self.records)}" + (f" ({self.rejected.sum()} rejected)" if self.rejected.any() else "")


def plane(ax: Axes, problem, window=None, names=("weight w₁", "bias b")) -> None:
    """Contours of a loss of two parameters, close together where it is small, and a star at the lowest point."""
    if getattr(problem, "n_params", 2) != 2:
        raise ValueError(f"problem must have 2 parameters to be drawn as a surface, it has {problem.n_params}")
    window = getattr(problem, "window", NEURON_WINDOW) if window is None else window
    first, second = (np.linspace(low, high, 41) for low, high in window)
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


def over_steps(ax: Axes, max_steps: int, limits, ylabel: str = "loss E", xlabel: str = "step") -> None:
    """Log axes for a number against steps, with limits that stay."""
    ax.set(xlim=(-0.02 * max_steps, max_steps * 1.02), ylim=limits, yscale="log", xlabel=xlabel, ylabel=ylabel)
    ax.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=7))
    ax.yaxis.set_major_locator(LogLocator(numticks=7))
    ax.yaxis.set_minor_formatter(NullFormatter())


def data_and_curve(ax: Axes, x, y, margin: float = 0.35, **labels) -> np.ndarray:
    """Data points, with room for a poor fit above and below; the x at which to draw a curve."""
    room = margin * np.ptp(y)
    ax.plot(x, y, "o", color="#555555", markersize=4)
    ax.set(xlim=(x.min(), x.max()), ylim=(y.min() - room, y.max() + room), **labels)
    return np.linspace(x.min(), x.max(), 161)


def run_marks(board: Board, surface: Axes, curve: Axes) -> None:
    """Marks for a run: path, start and refused points on the plane; losses, kept and refused, on the curve."""
    board.line("path", surface, trail=True, **ACCEPTED)
    board.line("start", surface, **HERE)
    board.line("refused", surface, **REJECTED)
    board.curve("loss", curve, **ACCEPTED)
    board.line("refused loss", curve, **REJECTED)


def marks_of(run: Run) -> dict:
    """The data of these marks."""
    kept = [record.w for record in run.records if record.accepted]
    return {
        "path": [run.w0, *kept],
        "start": run.w0,
        "refused": [record.trial_w for record in run.records if not record.accepted],
        "loss": run.loss,
        "refused loss": run.refused("trial_loss"),
    }


def neuron() -> NetworkFit:
    """The example of the chapters on curvature: one tanh neuron and 15 points."""
    x = np.linspace(-2, 2, 15)
    y = np.tanh(1.5 * x - 1) + 0.1 * np.random.default_rng(1).normal(size=15)
    return NetworkFit(MLP([1, 1], output="tanh"), x, y)


def sine_network() -> tuple[NetworkFit, np.ndarray]:
    """The example of the chapters on training: ten tanh units, 41 points of a noisy sine, and weights to start from."""
    data, net = datasets.noisy_sine(seed=0), MLP([1, 10, 1])
    return NetworkFit(net, data.X, data.Y), net.init(seed=0)
