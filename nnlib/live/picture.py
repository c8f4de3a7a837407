"""A matplotlib figure taken apart: the still part as a PNG, the moving artists as numbers."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Sequence

import numpy as np
from matplotlib.artist import Artist
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke
from matplotlib.text import Text
from PIL import Image

from nnlib.live.shapes import check_artist, shapes_of
from nnlib.live.style import SMALLEST_TEXT

_SHARP = 2  # stills have this many pixels for one CSS pixel
_HALO = withStroke(linewidth=3, foreground="white")


class Picture:
    """A figure whose layout and limits are settled once; from then on only the moving artists change.

    Parameters
    ----------
    fig : matplotlib.figure.Figure
    moving : iterable of artists, lists of artists are allowed
        Lines, texts, patches (also arrows and polygons), bars and bands.
    trail : iterable of artists
        Those of `moving` whose last resting position stays in grey.

    Attributes
    ----------
    size : [float, float]
        Width and height in CSS pixels.
    """

    def __init__(self, fig: Figure, moving: Iterable, trail: Iterable = ()):
        if not isinstance(fig, Figure):
            raise TypeError(f"fig must be a matplotlib Figure, got {type(fig).__name__}")
        self._fig = fig
        self._moving = list(_flat(moving))
        self._trail = list(_flat(trail))
        self._check()
        for text in fig.findobj(Text):
            text.set_fontsize(max(text.get_fontsize(), SMALLEST_TEXT))
        for text in self._moving:
            if isinstance(text, Text):
                text.set_path_effects([_HALO])  # as plot.js draws it: readable on top of lines
        self._settle()
        self.size = fig.bbox.size.tolist()

    def _check(self) -> None:
        if not self._moving:
            raise ValueError("moving is empty: name the artists that the figure's function changes")
        for i, artist in enumerate(self._moving):
            check_artist(f"moving[{i}]", artist)
            if artist.figure is not self._fig:
                raise ValueError(f"moving[{i}] belongs to another figure than fig")
        for i, artist in enumerate(self._trail):
            if artist not in self._moving:
                raise ValueError(f"trail[{i}] is not one of the moving artists")

    def _settle(self) -> None:
        self._fig.draw_without_rendering()
        self._fig.set_layout_engine("none")
        for ax in self._fig.axes:
            ax.autoscale(False)

    def still(self) -> bytes:
        """PNG of what does not move, at twice the pixels."""
        shown = [artist for artist in self._moving if artist.get_visible()]
        for artist in shown:
            artist.set_visible(False)
        try:
            return self.png()
        finally:
            for artist in shown:
                artist.set_visible(True)

    def png(self) -> bytes:
        """PNG of the whole figure as it is now, at twice the pixels, in at most 128 colors."""
        canvas, dpi = FigureCanvasAgg(self._fig), self._fig.dpi
        try:
            self._fig.set_dpi(_SHARP * dpi)
            canvas.draw()
        finally:
            self._fig.set_dpi(dpi)
        image = Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB")
        out = io.BytesIO()
        # The median cut spends its colors where the picture has its pixels: shades of gray stay gray.
        palette = image.quantize(128, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
        palette.save(out, format="png", optimize=True)
        return out.getvalue()

    def frame(self) -> tuple[list[dict], bytes]:
        """The moving shapes from back to front, each with its number `n` of points, and all points as float32."""
        shapes, points = [], []
        for artist in sorted(self._moving, key=Artist.get_zorder):
            for shape in shapes_of(artist):
                points.append(shape.pop("points"))
                shapes.append({**shape, "n": len(points[-1]), "trail": artist in self._trail})
        return shapes, np.concatenate([np.empty((0, 2)), *points]).astype("<f4").tobytes()


def _flat(artists: Iterable) -> Iterator:
    if isinstance(artists, Artist) or not isinstance(artists, Iterable):
        raise TypeError(f"moving and trail are lists of artists, got {type(artists).__name__}")
    for item in artists:
        if isinstance(item, Sequence) and not isinstance(item, str):
            yield from _flat(item)
        else:
            yield item
