"""A board: a figure and its moving marks, each with a name under which a frame brings its new data."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from string import Formatter

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes

from nnlib.live.style import COLORS, arrow, subplots


@dataclass(frozen=True)
class Frame:
    """One picture: data for the marks, the numbers beside it, and what it shows in words.

    Parameters
    ----------
    marks : mapping of str to data
        Data for the board's marks, by name; a mark left out, or given None, is not drawn.
    numbers : mapping of str to float, int or str
        Label and value of each number under the picture; floats are written to three digits.
    alt : str
        A sentence with gaps that the numbers fill, such as ``"The step at μ = {μ}."``.

    Examples
    --------
    >>> frame = Frame({}, {"μ": 0.1, "loss": 0.01234}, "At μ = {μ} the loss is {loss}.")
    >>> print(frame)
    At μ = 0.1 the loss is 0.0123.
    μ: 0.1 · loss: 0.0123
    """

    marks: Mapping[str, object]
    numbers: Mapping[str, float | str] = field(default_factory=dict)
    alt: str = ""

    def __post_init__(self):
        for label in self.numbers:
            if not isinstance(label, str) or set(label) & set(".:![]{}"):
                raise ValueError(f"numbers must have labels without any of .:![]{{}}, got {label!r}")
        for _, gap, *_ in Formatter().parse(self.alt):
            if gap is not None and gap not in self.numbers:
                raise ValueError(f"alt has a gap {{{gap}}}, which is none of the numbers {list(self.numbers)}")

    @property
    def texts(self) -> dict[str, str]:
        """The numbers as the reader sees them."""
        return {label: value if isinstance(value, str) else short(value) for label, value in self.numbers.items()}

    @property
    def words(self) -> str:
        """The alt text, its gaps filled."""
        return self.alt.format_map(self.texts)

    def __str__(self) -> str:
        return self.words + "\n" + " · ".join(f"{label}: {text}" for label, text in self.texts.items())


@dataclass(frozen=True)
class Mark:
    """Artists that move together, what puts data into them, and whether their last resting position stays in grey."""

    artists: Sequence[Artist]
    put: Callable[[object], None]
    trail: bool


class Board:
    """A figure in the course's look, and the marks on it that move.

    Parameters
    ----------
    rows, columns : int, default 1
        Grid of axes; `axes` lists them row by row.
    titles : sequence of str
        Of the axes, in this order.
    size : (float, float), optional
        Width and height in inches at 100 pixels an inch. Default: 6.4 × 4.2 for one column, else 9.2 wide; 3.8 high for
        one row of several axes and 3.2 more for each further row.
    width_ratios, height_ratios : array_like, optional
        Relative widths of the columns and heights of the rows.

    Examples
    --------
    >>> board = Board(1, 2, titles=("the step", "its length"))
    >>> board.line("tip", board.axes[0], color=COLORS["blue"], marker="o")
    >>> board.bars("length", board.axes[1], ["‖p‖"])
    >>> board.draw(Frame({"tip": (0.5, 0.5), "length": [0.7]}))
    """

    def __init__(self, rows: int = 1, columns: int = 1, *, titles=(), size=None, width_ratios=None, height_ratios=None):
        self.fig, self.axes = subplots(rows, columns, size=size, width_ratios=width_ratios, height_ratios=height_ratios)
        self.marks: dict[str, Mark] = {}
        for ax, title in zip(self.axes, titles, strict=False):
            ax.set_title(title)

    def tall_left(self) -> list[Axes]:
        """Of a 2 × 2 board: the left column as one, then the right ones from the top."""
        left, top, unused, bottom = self.axes
        unused.remove()
        left.set_subplotspec(left.get_gridspec()[:, 0])
        return [left, top, bottom]

    def line(self, name: str, ax: Axes, *, trail: bool = False, **look) -> None:
        """A line or markers, looks as in `Axes.plot`; its data are points (k, 2), one point (2,) or none."""
        (line,) = ax.plot([], [], **look)
        self._add(name, [line], lambda points: line.set_data(*np.reshape(points, (-1, 2)).T), trail)

    def curve(self, name: str, ax: Axes, x=None, *, trail: bool = True, **look) -> None:
        """A curve over fixed x, or over 0, 1, 2, …; its data are the heights."""
        (line,) = ax.plot([], [], **look)
        self._add(name, [line], lambda y: line.set_data(np.arange(len(y)) if x is None else x, y), trail)

    def band(self, name: str, ax: Axes, x, *, trail: bool = False, **look) -> None:
        """A filled band over fixed x, looks as in `Axes.fill_between`; its data are its lower and upper edge."""
        x = np.asarray(x, dtype=float)
        band = ax.fill_between(x, x, x, **{"linewidth": 0} | look)

        def put(edges):
            low, high = np.broadcast_to(np.asarray(edges[0], float), x.shape), edges[1]
            band.set_verts([np.column_stack([[*x, *x[::-1]], [*low, *np.broadcast_to(high, x.shape)[::-1]]])])

        self._add(name, [band], put, trail)

    def polygon(self, name: str, ax: Axes, *, trail: bool = False, **look) -> None:
        """A filled outline, looks as in `Axes.fill`; its data are its corners (k, 2)."""
        (shape,) = ax.fill([0, 0, 0], [0, 0, 0], **look)
        self._add(name, [shape], lambda corners: shape.set_xy(np.reshape(corners, (-1, 2))), trail)

    def arrow(self, name: str, ax: Axes, *, trail: bool = False, **look) -> None:
        """An arrow, looks as in `live.arrow`; its data are tail and head."""
        drawn = arrow(ax, (0, 0), (0, 0), **look)
        self._add(name, [drawn], lambda ends: drawn.set_data(*ends), trail)

    def text(self, name: str, ax: Axes, *, trail: bool = False, **look) -> None:
        """Words, looks as in `Axes.text`; its data are x, y and the words, plain Unicode."""
        text = ax.text(0, 0, "", **look)
        self._add(name, [text], lambda data: text.set(x=data[0], y=data[1], text=data[2]), trail)

    def bars(self, name: str, ax: Axes, labels: Sequence[str], *, color=COLORS["blue"], bottom: float = 0.0) -> None:
        """A bar for each label with its value above it; data: the heights. `bottom` is positive on a log axis."""
        places = range(len(labels))
        ax.set_xticks(places, labels)
        ax.set_xlim(-0.6, len(labels) - 0.4)
        ax.grid(False, axis="x")
        bars = ax.bar(places, np.zeros(len(labels)), bottom=bottom, color=color)
        texts = [ax.text(i, 0, "", ha="center", va="bottom") for i in places]

        def put(heights):
            for bar, text, height in zip(bars, texts, heights, strict=True):
                bar.set_height(height - bottom)
                text.set(text=short(height), y=max(height, bottom))

        self._add(name, [*bars, *texts], put)

    def cells(self, name: str, ax: Axes, *, extent, limits, cmap: str = "viridis") -> None:
        """A matrix in colors, its first row on top; data: the matrix. `extent` is left, right, bottom, top."""
        image = ax.imshow(np.zeros((1, 1)), cmap=cmap, vmin=limits[0], vmax=limits[1], extent=extent, aspect="auto")
        ax.grid(False)
        self._add(name, [image], image.set_data)

    def _add(self, name: str, artists: Sequence[Artist], put: Callable, trail: bool = False) -> None:
        if name in self.marks:
            raise ValueError(f"name must be new on the board, there is already a mark {name!r}")
        self.marks[name] = Mark(artists, put, trail)

    def draw(self, frame: Frame) -> None:
        """Put the frame's data into the marks; those that it leaves out vanish."""
        for name in frame.marks:
            if name not in self.marks:
                raise ValueError(f"marks must be on the board, which has {list(self.marks)}, got {name!r}")
        for name, mark in self.marks.items():
            data = frame.marks.get(name)
            for artist in mark.artists:
                artist.set_visible(data is not None)
            if data is not None:
                mark.put(data)


def short(value: float) -> str:
    """A number as a reader writes it: a whole one in full, another to three digits.

    >>> short(0.0001234), short(12345.0), short(-0.5), short(12345), short(float("nan"))
    ('0.000123', '1.23e+4', '−0.5', '12345', '–')
    """
    text = str(value) if isinstance(value, (int, np.integer)) else f"{value:.3g}"
    return text.replace("e-0", "e-").replace("e+0", "e+").replace("nan", "–").replace("-", "−")
