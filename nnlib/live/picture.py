"""A board taken apart: the still part as a PNG, the marks as shapes."""

from __future__ import annotations

import io
from collections.abc import Iterator

import numpy as np
from matplotlib.artist import Artist
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.patheffects import withStroke
from matplotlib.text import Text
from PIL import Image

from nnlib.live.board import Board, Frame
from nnlib.live.shapes import shapes_of
from nnlib.live.style import SMALLEST_TEXT, look

_SHARP = 2  # stills have this many pixels for one CSS pixel
_HALO = withStroke(linewidth=3, foreground="white")


class Picture:
    """A board whose layout and limits are settled once; from then on only its marks change.

    Attributes
    ----------
    size : [float, float]
        Width and height in CSS pixels.
    """

    def __init__(self, board: Board, first: Frame):
        self._board, self._fig = board, board.fig
        board.draw(first)
        moving = sorted(
            ((artist, mark.trail) for mark in board.marks.values() for artist in mark.artists),
            key=lambda pair: pair[0].get_zorder(),
        )
        self._moving: list[tuple[Artist, bool]] = moving
        for text in self._fig.findobj(Text):
            text.set_fontsize(max(text.get_fontsize(), SMALLEST_TEXT))
        for artist, _ in moving:
            if isinstance(artist, Text):
                artist.set_path_effects([_HALO])  # as plot.js draws it: readable on top of lines
        self._settle()
        self.size = self._fig.bbox.size.tolist()

    def _settle(self) -> None:
        with look():
            self._fig.draw_without_rendering()
        self._fig.set_layout_engine("none")
        for ax in self._fig.axes:
            ax.autoscale(False)

    def still(self) -> bytes:
        """PNG of what does not move."""
        self._board.draw(Frame({}))
        return self._png()

    def png(self, frame: Frame, sharp: float = _SHARP) -> bytes:
        """PNG of the whole board with a frame's marks, with so many pixels for one CSS pixel."""
        self._board.draw(frame)
        return self._png(sharp)

    def _png(self, sharp: float = _SHARP) -> bytes:
        """In at most 128 colors."""
        canvas, dpi = FigureCanvasAgg(self._fig), self._fig.dpi
        try:
            self._fig.set_dpi(sharp * dpi)
            with look():
                canvas.draw()
        finally:
            self._fig.set_dpi(dpi)
        image = Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB")
        out = io.BytesIO()
        # The median cut spends its colors where the picture has its pixels: shades of gray stay gray.
        palette = image.quantize(128, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
        palette.save(out, format="png", optimize=True)
        return out.getvalue()

    def shapes(self, frame: Frame) -> Iterator[dict]:
        """The shapes that draw a frame's marks, from back to front."""
        self._board.draw(frame)
        for artist, trail in self._moving:
            for shape in shapes_of(artist):
                yield {**shape, "trail": trail}
