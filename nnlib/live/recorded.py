"""Recorded figures: all positions of one slider computed once and moved in the browser, without a kernel."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import zlib
from collections.abc import Callable, Iterable

import numpy as np
from matplotlib.figure import Figure

from nnlib import arguments
from nnlib.live.controls import Caption, Slider
from nnlib.live.figure import captioned, check_callable, still_bundle
from nnlib.live.picture import Picture
from nnlib.live.plot import script

_PARTS_OF_A_PIXEL = 16  # points are rounded to this part of a CSS pixel: not to be seen, and a third of the size


def recorded(
    fig: Figure,
    *,
    moving: Iterable,
    show: Callable[..., Caption],
    control: Slider,
    trail: Iterable = (),
) -> RecordedFigure:
    """Compute the picture at all positions of one slider now; the browser moves through them without a kernel.

    Parameters
    ----------
    fig, moving, show, trail
        As in `figure`.
    control : Slider
        Its name is the one argument of `show`.

    Returns
    -------
    RecordedFigure

    Raises
    ------
    TypeError, ValueError
        Where an argument is not as described.
    Exception
        Whatever `show` raises at any position.

    Examples
    --------
    >>> from nnlib.live import Slider, recorded, subplots
    >>> fig, ax = subplots()
    >>> dot, = ax.plot([0.0], [0.0], "o")
    >>> def show(x):
    ...     dot.set_data([x], [x**2])
    ...     return Caption(f"A point at ({x}, {x**2}).", {"x²": f"{x**2:g}"})
    >>> f = recorded(fig, moving=[dot], show=show, control=Slider("x", "x", [0.0, 0.5, 1.0], start=0.0))
    >>> f.set(x=0.5).numbers
    {'x²': '0.25'}
    """
    check_callable("show", show)
    if not isinstance(control, Slider):
        raise TypeError(f"control must be one live.Slider, got {type(control).__name__}")
    captioned(show(**{control.name: control.start}))
    return RecordedFigure(Picture(fig, moving, trail), show, control)


class RecordedFigure:
    """A figure that needs no kernel once it is shown; made by `recorded`."""

    def __init__(self, picture: Picture, show: Callable[..., Caption], control: Slider):
        self._picture, self._show, self._control = picture, show, control
        self._frames = [self._frame(value) for value in control.values]
        self.set(**{control.name: control.start})

    @property
    def alt(self) -> str:
        """What the picture shows, in words, with its current numbers."""
        return self._caption.alt

    @property
    def numbers(self) -> dict[str, str]:
        """The numbers under the picture."""
        return dict(self._caption.numbers)

    @property
    def values(self) -> dict:
        """The slider's value by name."""
        return {self._control.name: self._value}

    def set(self, **values) -> Caption:
        """Move the slider from Python: where the figure starts when it is shown next.

        Parameters
        ----------
        **values
            A position of the slider, by its name.
        """
        for name, value in values.items():
            arguments.choice("control", name, [self._control.name])
            self._value = self._control.nearest(value)
            self._caption = captioned(self._show(**self.values))
        return self._caption

    def sweep(self) -> list[Caption]:
        """Visit the slider's minimum, start and maximum and return the captions; raises what `show` raises."""
        here = self.values
        captions = [self.set(**{self._control.name: value}) for value in self._control.extremes]
        self.set(**here)
        return captions

    def png(self) -> bytes:
        """The picture as it is now, as a PNG with two pixels for each CSS pixel."""
        return self._picture.png()

    def __repr__(self) -> str:
        return str(self._caption)

    def _repr_mimebundle_(self, **kwargs) -> tuple[dict, dict]:
        png = self.png()
        still, about = still_bundle(png, self.alt, self._picture.size)
        return {"text/html": self._html(png), **still, "text/plain": repr(self)}, about

    def _frame(self, value) -> dict:
        caption = captioned(self._show(**{self._control.name: value}))
        shapes, points = self._picture.frame()
        return {
            "shapes": shapes,
            "points": _rounded(np.frombuffer(points, "<f4")),
            "alt": caption.alt,
            "numbers": list(caption.numbers.items()),
        }

    def _html(self, png: bytes) -> str:
        """A fragment that stands alone: the picture, and a script that puts the moving figure in its place."""
        record = {
            "size": self._picture.size,
            "still": _base64(self._picture.still()),
            "parts": _PARTS_OF_A_PIXEL,
            "frames": _base64(zlib.compress(json.dumps(self._frames, separators=(",", ":")).encode(), 9)),
            "label": self._control.label,
            "texts": self._control.texts,
            "start": self._control.values.index(self._value),
        }
        data = json.dumps(record, ensure_ascii=False).replace("<", "\\u003c")
        key = "nnlib-" + hashlib.sha256(data.encode()).hexdigest()[:16]
        width = round(self._picture.size[0])
        picture = f'<img alt="{html.escape(self.alt)}" width="{width}" src="data:image/png;base64,{_base64(png)}">'
        code = f'(() => {{\n{script("plot.js", "recorded.js")}\nplayRecords("{key}", {data});\n}})();'
        return f'<div class="nnlib-recorded" data-record="{key}">{picture}</div>\n<script>{code}</script>'


def _rounded(points: np.ndarray) -> list[int | None]:
    """Whole parts of a pixel; None for NaN, which JSON does not know."""
    whole = np.round(points * _PARTS_OF_A_PIXEL)
    return [None if np.isnan(value) else int(value) for value in whole]


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
