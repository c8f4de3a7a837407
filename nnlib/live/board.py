"""A board: a figure and its moving marks, each with a name under which a frame brings its new data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import islice, product

import numpy as np
from matplotlib.axes import Axes

from nnlib.live import controls
from nnlib.live.figure import figure as _figure
from nnlib.live.stepper import stepper as _stepper
from nnlib.live.style import COLORS, arrow, subplots


@dataclass(frozen=True)
class Frame:
    """One picture: data for the marks, the numbers beside it, and what it shows in words.

    Parameters
    ----------
    marks : mapping of str to data
        New data for the board's marks, by name; a mark left out stays as it is.
    numbers : mapping of str to float or str
        Label and value of each number under the picture; floats are written to three digits.
    alt : str
        A sentence with gaps that the numbers fill, such as ``"The step at μ = {μ}."``.
    """

    marks: Mapping[str, object]
    numbers: Mapping[str, float | str] = field(default_factory=dict)
    alt: str = ""


class Board:
    """A figure in the course's look, see `subplots`, and the marks on it that move."""

    def __init__(self, rows: int = 1, columns: int = 1, *, titles=(), **look):
        self.fig, axes = subplots(rows, columns, **look)
        self.axes = list(np.ravel(axes))
        self.trail, self._marks = [], {}
        for ax, title in zip(self.axes, titles, strict=False):
            ax.set_title(title)

    @property
    def moving(self) -> list:
        return [artists for artists, _ in self._marks.values()]

    def tall_left(self) -> list[Axes]:
        """Of a 2 × 2 board: the left column as one, then the right ones from the top."""
        left, top, unused, bottom = self.axes
        unused.remove()
        left.set_subplotspec(left.get_gridspec()[:, 0])
        return [left, top, bottom]

    def _add(self, name, artists, put, trail=False):
        self._marks[name] = artists, put
        self.trail += [artists] if trail else []

    def line(self, name: str, ax: Axes, *, trail: bool = False, **look) -> None:
        """A line or markers; its data are points (k, 2), one point (2,) or none."""
        (line,) = ax.plot([], [], **look)
        self._add(name, line, lambda points: line.set_data(*np.reshape(points, (-1, 2)).T), trail)

    def curve(self, name: str, ax: Axes, x=None, *, trail: bool = True, **look) -> None:
        """A curve over fixed x, or over 0, 1, 2, …; its data are the heights."""
        (line,) = ax.plot([], [], **look)
        self._add(name, line, lambda y: line.set_data(np.arange(len(y)) if x is None else x, y), trail)

    def arrow(self, name: str, ax: Axes, **look) -> None:
        """An arrow; its data are tail and head."""
        drawn = arrow(ax, (0, 0), (0, 0), **look)
        self._add(name, drawn, lambda ends: drawn.set_data(*ends))

    def bars(self, name: str, ax: Axes, labels, color=COLORS["blue"]) -> None:
        """A bar for each label with its value above it; its data are the heights."""
        ax.set_xticks(range(len(labels)), labels)
        ax.set_xlim(-0.6, len(labels) - 0.4)
        ax.grid(False, axis="x")
        drawn = ax.bar(range(len(labels)), np.zeros(len(labels)), color=color)
        texts = [ax.text(i, 0, "", ha="center", va="bottom") for i in range(len(labels))]

        def put(heights):
            for bar, text, height in zip(drawn, texts, heights, strict=True):
                bar.set_height(height)
                text.set(text=short(height), y=max(height, 0))

        self._add(name, [*drawn, *texts], put)

    def draw(self, frame: Frame) -> controls.Caption:
        """Put the frame's data into the marks; what the picture says in words."""
        for name, data in frame.marks.items():
            self._marks[name][1](data)
        numbers = {label: value if isinstance(value, str) else short(value) for label, value in frame.numbers.items()}
        return controls.Caption(frame.alt.format_map(numbers), numbers)


def short(value: float) -> str:
    """A number to three digits, as a reader writes it."""
    return f"{value:.3g}".replace("e-0", "e-").replace("e+0", "e+").replace("nan", "–")


def figure(board, show, controls, *, ask=None, record=None):
    """A figure that moves: `show` takes the controls' values by name and returns a `Frame`."""
    made = _figure(
        board.fig,
        moving=board.moving,
        trail=board.trail,
        controls=controls,
        predict=ask,
        show=lambda **values: board.draw(show(**values)),
    )
    made.table = table(controls, lambda **values: [show(**values)])
    return made


def stepper(board, start, show, controls=(), *, ask=None, record=None, max_steps=200):
    """Step, Run, Reset: `show` takes the records so far and the controls' values by name and returns a `Frame`."""
    made = _stepper(
        board.fig,
        moving=board.moving,
        trail=board.trail,
        controls=controls,
        predict=ask,
        start=start,
        max_steps=max_steps,
        show=lambda history, **values: board.draw(show(history, **values)),
    )

    def run(**values):
        records = list(islice(start(**values), max_steps))
        return [show(records[:k], **values) for k in range(len(records) + 1)]

    made.table = table(controls, run)
    return made


def table(controls, frames) -> dict[str, np.ndarray]:
    """Every control's value (by name) and every number shown (by label) over all positions, an array each."""
    names = [control.name for control in controls]
    rows = []
    for values in product(*(control.values for control in controls)):
        position = dict(zip(names, values, strict=True))
        rows += [{**position, "k": k, **frame.numbers} for k, frame in enumerate(frames(**position))]
    labels = list(dict.fromkeys(label for row in rows for label in row))
    return {label: np.array([row.get(label, np.nan) for row in rows]) for label in labels}
