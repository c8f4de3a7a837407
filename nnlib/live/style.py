"""The course's look: an opaque white card, a color-blind-safe palette, text as large as the page's."""

from __future__ import annotations

from types import MappingProxyType

import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.figure import Figure
from matplotlib.patches import Patch, Polygon
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


def subplots(
    rows: int = 1,
    columns: int = 1,
    *,
    title: str | None = None,
    size: tuple[float, float] | None = None,
    width_ratios: ArrayLike | None = None,
    height_ratios: ArrayLike | None = None,
) -> tuple[Figure, Axes | np.ndarray]:
    """Make a figure of fixed size in the course's look, apart from pyplot and its global state.

    Parameters
    ----------
    rows, columns : int, default 1
        Grid of axes.
    title : str, optional
        Title above all axes.
    size : (float, float), optional
        Width and height in inches at 100 pixels an inch. Default: 6.4 × 4.2 for one column, else 9.2 wide; 3.8 high
        for one row of several axes and 3.2 more for each further row.
    width_ratios, height_ratios : array_like, optional
        Relative widths of the columns and heights of the rows.

    Returns
    -------
    fig : matplotlib.figure.Figure
    axes : Axes or ndarray of Axes
        One Axes for a 1 × 1 grid, a vector for one row or one column, else a matrix.

    Examples
    --------
    >>> fig, (left, right) = subplots(1, 2, title="Two views")
    >>> fig.get_size_inches().tolist()
    [9.2, 3.8]
    """
    rows = arguments.integer("rows", rows, at_least=1)
    columns = arguments.integer("columns", columns, at_least=1)
    if size is None:
        size = (6.4, 4.2) if rows == columns == 1 else (9.2 if columns > 1 else 6.4, 3.8 + 3.2 * (rows - 1))
    with rc_context(_STYLE):
        fig = Figure(figsize=size, dpi=DPI, facecolor="white", layout="constrained")
        fig.get_layout_engine().set(w_pad=_MARGIN, h_pad=_MARGIN)
        axes = fig.subplots(rows, columns, width_ratios=width_ratios, height_ratios=height_ratios)
        if title is not None:
            fig.suptitle(title)
    for ax in np.ravel(axes):
        ax.tick_params(labelsize=SMALLEST_TEXT, color=FRAME, labelcolor=INK)
        ax.grid(True, color=GRID, linewidth=0.8)
    return fig, axes


class Arrow(Patch):
    """A straight arrow between two points of the data, with a shaft and a head of fixed size on the page.

    Parameters
    ----------
    tail, head : (float, float)
        Where the arrow starts and where its tip is, in data coordinates.
    color : color
    width : float, default 2
        Thickness of the shaft in points.
    """

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
    """Draw an arrow from `tail` to `head` (data coordinates); move it later with `set_data(tail, head)`.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    tail, head : (float, float)
    color : color
    width : float, default 2
        Thickness of the shaft in points.
    zorder : float, default 3

    Returns
    -------
    Arrow
    """
    drawn = Arrow(tail, head, color=color, width=width)
    drawn.set_zorder(zorder)
    ax.add_artist(drawn)
    return drawn


class Bars(PolyCollection):
    """Filled bars that stand on `bottom` at given positions; `set_heights` moves them.

    Parameters
    ----------
    positions : array_like, shape (n,)
        Centers of the bars.
    heights : array_like, shape (n,)
    width : float
        In data units.
    bottom : float
        Where the bars stand; positive on a log axis.
    color : color or sequence of n colors
    """

    def __init__(self, positions: ArrayLike, heights: ArrayLike, *, width: float, bottom: float, color):
        super().__init__([], facecolors=color, edgecolors="none")
        self.positions = arguments.real_array("positions", positions, 1)
        self.width = arguments.number("width", width, above=0.0)
        self.bottom = arguments.number("bottom", bottom)
        self.set_heights(heights)

    def set_heights(self, heights: ArrayLike) -> None:
        """Give the bars new tops, one for each (in data coordinates); a NaN hides its bar."""
        heights = np.asarray(heights, dtype=float)
        if heights.shape != self.positions.shape:
            raise ValueError(f"heights must be {len(self.positions)} numbers, got an array of shape {heights.shape}")
        heights = np.where(np.isnan(heights), self.bottom, heights)
        half = self.width / 2
        self.set_verts(
            [
                [(x - half, self.bottom), (x - half, top), (x + half, top), (x + half, self.bottom)]
                for x, top in zip(self.positions, heights, strict=True)
            ]
        )


def bars(
    ax: Axes,
    n: int,
    *,
    heights: ArrayLike | None = None,
    color=COLORS["blue"],
    width: float = 0.8,
    bottom: float = 0.0,
    zorder: float = 1.5,
) -> Bars:
    """Draw `n` bars at 0, 1, …, n − 1; give them new heights later with `set_heights`.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Its limits stay as they are: set them so that the bars fit.
    n : int
    heights : array_like, shape (n,), optional
        Tops of the bars in data coordinates. Default: all at `bottom`.
    color : color or sequence of n colors, default blue
    width : float, default 0.8
    bottom : float, default 0
        Where the bars stand; positive on a log axis.
    zorder : float, default 1.5

    Returns
    -------
    Bars
    """
    n = arguments.integer("n", n, at_least=1)
    heights = np.full(n, bottom) if heights is None else heights
    drawn = Bars(np.arange(n, dtype=float), heights, width=width, bottom=bottom, color=color)
    drawn.set_zorder(zorder)
    ax.add_collection(drawn, autolim=False)
    return drawn


def polygon(
    ax: Axes, xy: ArrayLike, *, color, alpha: float = 0.3, edge=None, linewidth: float = 1.0, zorder: float = 1.5
) -> Polygon:
    """Draw a filled polygon; move it later with `set_xy`, which may bring another number of corners.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Its limits stay as they are.
    xy : array_like, shape (n, 2)
        Corners in data coordinates.
    color : color
        Of the filling.
    alpha : float, default 0.3
        Opacity of the filling, 0 to 1.
    edge : color, optional
        Of the outline. Default: no outline.
    linewidth : float, default 1
        Of the outline, in points.
    zorder : float, default 1.5

    Returns
    -------
    matplotlib.patches.Polygon
    """
    drawn = Polygon(
        np.asarray(xy, dtype=float),
        facecolor=(color, alpha),
        edgecolor="none" if edge is None else edge,
        linewidth=linewidth,
        zorder=zorder,
    )
    ax.add_artist(drawn)
    return drawn
