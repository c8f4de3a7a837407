"""The course's look: an opaque white card, a color-blind-safe palette, text as large as the page's.

It does not depend on the style that a reader has set for their own plots.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from types import MappingProxyType

import numpy as np
from matplotlib import rc_context, rcdefaults, rcParams
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.path import Path
from matplotlib.transforms import IdentityTransform
from numpy.typing import ArrayLike

from nnlib import arguments

#: The palette of Okabe and Ito (2008), safe for color-blind readers; use it together with line styles or markers.
COLORS = MappingProxyType(
    {
        "blue": "#0072B2",
        "vermillion": "#D55E00",
        "green": "#009E73",
        "orange": "#E69F00",
        "purple": "#CC79A7",
        "sky": "#56B4E9",
        "black": "#000000",
        "yellow": "#F0E442",
    }
)
INK = "#222222"
FRAME = "#767676"
GRID = "#e4e4e4"
DPI = 100
_MARGIN = 0.1  # inches around each axes
SMALLEST_TEXT = 10.5  # points: 14.6 pixels at 100 dpi, the size of a notebook's own text

_STYLE = {
    "font.size": SMALLEST_TEXT,
    "axes.titlesize": 11.5,
    "axes.labelsize": SMALLEST_TEXT,
    "axes.prop_cycle": f"cycler('color', {list(COLORS.values())[:7]})",
    "axes.axisbelow": True,
    "axes.edgecolor": FRAME,
    "axes.labelcolor": INK,
    "axes.titlecolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "text.color": INK,
    "figure.titlesize": 13,
}


@contextmanager
def look() -> Iterator[None]:
    """The course's look in force: matplotlib's own defaults and what stands above."""
    with rc_context():
        rcdefaults()
        rcParams.update(_STYLE)
        yield


def _in_the_look(method: Callable) -> Callable:
    @wraps(method)
    def drawn(*args, **options):
        with look():
            return method(*args, **options)

    return drawn


class CourseAxes(Axes):
    """Axes whose methods draw in the course's look."""


for _name in (
    "plot text annotate bar barh hist scatter fill fill_between contour contourf clabel imshow pcolormesh axhline "
    "axvline axline axhspan axvspan hlines vlines errorbar legend set set_title set_xlabel set_ylabel set_xticks "
    "set_yticks set_xscale set_yscale"
).split():
    setattr(CourseAxes, _name, _in_the_look(getattr(Axes, _name)))


def subplots(
    rows: int = 1,
    columns: int = 1,
    *,
    size: tuple[float, float] | None = None,
    width_ratios: ArrayLike | None = None,
    height_ratios: ArrayLike | None = None,
) -> tuple[Figure, list[Axes]]:
    """A figure of fixed size in the course's look, apart from pyplot and its global state, and its axes row by row."""
    rows = arguments.integer("rows", rows, at_least=1)
    columns = arguments.integer("columns", columns, at_least=1)
    if size is None:
        size = (6.4, 4.2) if rows == columns == 1 else (9.2 if columns > 1 else 6.4, 3.8 + 3.2 * (rows - 1))
    with look():
        fig = Figure(figsize=size, dpi=DPI, facecolor="white", layout="constrained")
        fig.get_layout_engine().set(w_pad=_MARGIN, h_pad=_MARGIN)
        axes = fig.subplots(
            rows,
            columns,
            squeeze=False,
            width_ratios=width_ratios,
            height_ratios=height_ratios,
            subplot_kw={"axes_class": CourseAxes},
        )
        for ax in axes.flat:
            ax.tick_params(labelsize=SMALLEST_TEXT, color=FRAME, labelcolor=INK)
            ax.grid(True, color=GRID, linewidth=0.8)
    return fig, list(axes.flat)


class Arrow(Patch):
    """A straight arrow between two points of the data, with a shaft and a head of fixed size on the page."""

    def __init__(self, tail: ArrayLike, head: ArrayLike, *, color, width: float = 2.0):
        super().__init__(facecolor=color, edgecolor="none")
        self.set_transform(IdentityTransform())  # the outline below is in pixels already
        self.set_in_layout(False)
        self.width = arguments.number("width", width, above=0.0)
        self.set_data(tail, head)

    def set_data(self, tail: ArrayLike, head: ArrayLike) -> None:
        """Move the arrow; where a coordinate is not finite the arrow is not drawn."""
        self.ends = np.array([_point("tail", tail), _point("head", head)])
        self.stale = True

    def get_path(self) -> Path:
        """Outline in pixels: a thin shaft and a triangle; nothing where tail and head fall on one point."""
        point = self.figure.dpi / 72
        tail, tip = self.axes.transData.transform(self.ends)
        length = np.hypot(*(tip - tail))
        if not (np.isfinite(length) and length > 0.1 * point):
            return Path(np.empty((0, 2)))
        along = (tip - tail) / length
        across = np.array([-along[1], along[0]])
        half_shaft = self.width / 2 * point
        head_length = min(4.5 * self.width * point, length)
        half_head = max(0.4 * head_length, half_shaft)
        neck = tip - head_length * along
        left = [tail + half_shaft * across, neck + half_shaft * across, neck + half_head * across]
        right = [neck - half_head * across, neck - half_shaft * across, tail - half_shaft * across]
        return Path([*left, tip, *right, left[0]])


def _point(name: str, point: ArrayLike) -> np.ndarray:
    point = np.asarray(point, dtype=float)
    if point.shape != (2,):
        raise ValueError(f"{name} must be a point (x, y), got an array of shape {point.shape}")
    return point


def arrow(ax: Axes, tail: ArrayLike, head: ArrayLike, *, color, width: float = 2.0, zorder: float = 3.0) -> Arrow:
    """Draw an arrow from `tail` to `head` (data coordinates, width in points); move it with `set_data(tail, head)`."""
    drawn = Arrow(tail, head, color=color, width=width)
    drawn.set_zorder(zorder)
    ax.add_artist(drawn)
    return drawn
