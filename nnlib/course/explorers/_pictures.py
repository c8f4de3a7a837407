"""What the explorers' pictures share: a run as arrays, the plane of two parameters, a loss curve, data with a curve."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import islice, pairwise

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import LogLocator, MaxNLocator, NullFormatter

from nnlib import MLP, NetworkFit, datasets, levenberg_marquardt, train
from nnlib.live import COLORS, Board, arrow

# One meaning, one color and one marker, in every figure of the course.
ACCEPTED = {"color": COLORS["blue"], "marker": "o", "markersize": 5, "linewidth": 1.8}
REJECTED = {"color": COLORS["vermillion"], "marker": "s", "markersize": 7, "markerfacecolor": "none",
            "markeredgewidth": 1.6, "linestyle": "none"}  # fmt: skip
HERE = {"color": "black", "marker": "D", "markersize": 7}
NOW = {"color": COLORS["blue"], "marker": "o", "markersize": 9, "markeredgecolor": "white", "markeredgewidth": 1.5}
BEFORE = {"color": "black", "linestyle": "--", "linewidth": 1.4}  # a curve before a step or a run, and after it
AFTER = {"color": COLORS["blue"], "linewidth": 2.2}
# Single outputs in a plot of their own: their targets, what the network says, where it began.
DATA = {"color": "#555555", "marker": "o", "markersize": 7, "linestyle": "none"}
OUTPUT = {"color": COLORS["blue"], "marker": "D", "markersize": 7, "linestyle": "none"}
START = {"color": "black", "marker": "D", "markersize": 7, "markerfacecolor": "none", "linestyle": "none"}
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


def run_to(minimum, steps, max_steps: int, tolerance: float = 0.01) -> Run:
    """The run up to the first point that is at the minimum."""
    w0, loss0, records = steps.w, steps.loss, []
    for record in islice(steps, max_steps):
        records.append(record)
        if is_near(record.w, minimum, tolerance):
            break
    return Run(w0, loss0, records, "" if steps.ending is None else steps.ending.value)


def minimum_of(problem, near) -> np.ndarray:
    """A minimum of a least-squares problem, from a start near it."""
    return train(levenberg_marquardt(problem, near, mu=1e-3)).w


def is_near(w, minimum, tolerance: float = 0.01) -> bool:
    return bool(np.hypot(*(w - minimum)) < tolerance)


def plane(ax: Axes, problem, window=None, names=("weight w₁", "bias b")) -> np.ndarray:
    """Contours of a loss of two parameters, close together where it is small; returns its minimum, and marks it."""
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
    row, column = np.unravel_index(np.nanargmin(loss), loss.shape)
    minimum = minimum_of(problem, [first[column], second[row]])
    ax.plot(*minimum, "*", color="black", markersize=15, zorder=2)
    return minimum


def neuron_and_curve(surface: Axes, data: Axes, problem, window=NEURON_WINDOW):
    """The neuron's surface, and its data beside it: the x at which to draw its curve, and the minimum."""
    minimum = plane(surface, problem, window)
    surface.set_aspect("equal")
    return data_and_curve(data, problem.X[:, 0], problem.Y[:, 0], xlabel="x", ylabel="y"), minimum


def curve(problem, w, x) -> np.ndarray:
    """What a network of one input and one output says at x."""
    return problem.predict(w, x[:, None])[:, 0]


def eigensystem(JTJ) -> tuple[np.ndarray, np.ndarray]:
    """The eigenvalues of JᵀJ, the largest first, and their directions, a column each."""
    eigenvalues, V = np.linalg.eigh(JTJ)
    return eigenvalues[::-1], V[:, ::-1]


def still_arrow(ax: Axes, tail, way, words: str, color, width: float) -> None:
    """An arrow that stays, its name beyond the tip."""
    arrow(ax, tail, tail + way, color=color, width=width)
    ax.text(*(tail + way + 0.3 * direction(way)), words, color=color, ha="center", va="center")


def span(ax: Axes, rows, columns, *gone: Axes) -> None:
    """Let axes fill several cells of their grid, in place of those that stood there."""
    for other in gone:
        other.remove()
    ax.set_subplotspec(ax.get_gridspec()[rows, columns])


def above(ax: Axes, **look) -> None:
    """A legend above the axes, where no line can run through it."""
    ax.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), frameon=False, handlelength=1.6, columnspacing=1.2, **look)


def in_sight(points, ax: Axes) -> np.ndarray:
    """A path with the pen lifted where it runs from one point outside the picture to another one."""
    low, high = np.transpose([ax.get_xlim(), ax.get_ylim()])
    points = np.reshape(points, (-1, 2))
    outside = ((points < low) | (points > high)).any(axis=1)
    lifts = np.flatnonzero(outside[1:] & outside[:-1]) + 1
    return np.insert(points, lifts, np.nan, axis=0)


def step_labels(board: Board, ax: Axes, most: int = 12, *, color: str = "black", name: str = "number"):
    """Texts that number the points of a path, or single points by `ks`; what comes back tells what they are to show.

    Each stands on the side of its point that the path leaves free. Points that lie close together share one text,
    "5–9". A point outside the picture is named where the path leaves it.
    """
    low, high = np.transpose([ax.get_xlim(), ax.get_ylim()])
    size, names = high - low, [f"{name} {i} in {color}" for i in range(most)]
    for text in names:
        board.text(text, ax, ha="center", va="center", color=color)

    def marks(points, ks=None) -> dict:
        told, path = [], (np.reshape(points, (-1, 2)) - low) / size
        places = label_places(path, joined=ks is None)
        for k, point, place in zip(range(len(path)) if ks is None else ks, path, places, strict=True):
            near = [group for group in told if (np.abs(point - group[0]) < (0.08, 0.05)).all()]
            if near:
                near[0][2].append(k)
            elif np.isfinite(place).all():
                told.append((point, low + place * size, [k]))
        texts = [(*place, ranges(group)) for _, place, group in told]
        return dict(zip(names, texts, strict=False))

    return marks


def label_places(path: np.ndarray, joined: bool) -> np.ndarray:
    """Where the numbers of points stand, joined to a path or single, in parts of the picture; nan for out of sight."""
    places = np.full_like(path, np.nan)
    inside = ((path > 0) & (path < 1)).all(axis=1)
    for k, point in enumerate(path):
        if inside[k]:
            others = (*path[max(k - 1, 0) : k], *path[k + 1 : k + 2]) if joined else ()
            away = sum((direction(point - other) for other in others), np.zeros(2))
            away = direction(away) if np.hypot(*away) > 0.1 else np.array([-0.7, -0.7])
            places[k] = np.clip(point + 0.035 * away, 0.03, 0.97)
        elif joined and k and inside[k - 1]:
            way = point - path[k - 1]
            with np.errstate(divide="ignore"):
                leaves = np.maximum(-path[k - 1] / way, (1 - path[k - 1]) / way).min()
            places[k] = np.clip(path[k - 1] + leaves * way, 0.03, 0.97)
    return places


def direction(vector) -> np.ndarray:
    """The vector at length 1; zero stays zero."""
    return vector / (np.hypot(*vector) or 1.0)


def ranges(numbers: list[int]) -> str:
    """Rising whole numbers in short: "1, 3–5"."""
    parts = []
    for k in numbers:
        if parts and k == parts[-1][1] + 1:
            parts[-1][1] = k
        else:
            parts.append([k, k])
    return ", ".join(f"{a}" if a == b else f"{a}–{b}" for a, b in parts)


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
    side = 0.02 * np.ptp(x)
    ax.set(xlim=(x.min() - side, x.max() + side), ylim=(y.min() - room, y.max() + room), **labels)
    return np.linspace(x.min(), x.max(), 161)


def neuron() -> NetworkFit:
    """The example of the chapters on curvature: one tanh neuron and 15 points."""
    x = np.linspace(-2, 2, 15)
    y = np.tanh(1.5 * x - 1) + 0.1 * np.random.default_rng(1).normal(size=15)
    return NetworkFit(MLP([1, 1], output="tanh"), x, y)


def sine_network() -> tuple[NetworkFit, np.ndarray]:
    """The example of the chapters on training: ten tanh units, 41 points of a noisy sine, and weights to start from."""
    data, net = datasets.noisy_sine(seed=0), MLP([1, 10, 1])
    return NetworkFit(net, data.X, data.Y), net.init(seed=0)


def apart(heights, least: float) -> np.ndarray:
    """The heights moved up, from the lowest on, until neighbors are at least so far apart."""
    heights, order = np.array(heights, float), np.argsort(heights)
    for below, above in pairwise(order):
        heights[above] = max(heights[above], heights[below] + least)
    return heights
