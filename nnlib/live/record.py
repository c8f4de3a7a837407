"""The recorded form: all positions of a figure's controls as one text that the browser plays without a kernel."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import zlib
from collections.abc import Iterable
from pathlib import Path

import numpy as np

PARTS_OF_A_PIXEL = 8  # points are rounded to this part of a CSS pixel: not to be seen, and a third of the size
_FOLDER = Path(__file__).parent


def script(*names: str) -> str:
    """The text of JavaScript files of this folder, one after the other."""
    return "".join((_FOLDER / name).read_text("utf-8") for name in names)


class Record:
    """Frames in the order of the controls' positions; a shape that is the same in many frames is kept once."""

    def __init__(self):
        self._shapes: dict[str, int] = {}
        self._frames: list[dict] = []

    def add(self, shapes: Iterable[dict], **words) -> None:
        """One more frame: its shapes, and the words that belong to it."""
        texts = [_compact({**shape, "points": _steps(shape["points"])}) for shape in shapes]
        numbers = [self._shapes.setdefault(text, len(self._shapes)) for text in texts]
        self._frames.append({"shapes": numbers, **words})

    def packed(self) -> bytes:
        """All of it, compressed."""
        shapes = ",".join(self._shapes)
        text = f'{{"parts":{PARTS_OF_A_PIXEL},"shapes":[{shapes}],"frames":{_compact(self._frames)}}}'
        return zlib.compress(text.encode(), 9)


def fragment(spec: dict, still: bytes, record: bytes, png: bytes, alt: str) -> str:
    """HTML that stands alone: a picture, and scripts that put the figure in its place.

    The first script is the front end, the same for all figures: a page needs it once.
    """
    data = _safe({"spec": spec, "still": _base64(still), "record": _base64(record)})
    key = "nnlib-" + hashlib.sha256(data.encode()).hexdigest()[:16]
    picture = still_picture(png, spec["size"][0], alt, "run this cell, or trust this notebook, and it moves")
    front_end = f"(() => {{\n{script('plot.js', 'figure.js', 'recorded.js')}\n}})();"
    return (
        f'<div class="nnlib-figure" data-record="{key}">{picture}</div>\n'
        f'<script data-nnlib="figures">{front_end}</script>\n'
        f'<script data-nnlib="record">(window.nnlibRecords ??= []).push(["{key}", {data}]); '
        "window.nnlibPlay?.();</script>"
    )


def still_picture(png: bytes, width: float, alt: str, hint: str) -> str:
    """HTML of a picture so many CSS pixels wide, with what to do that it moves."""
    image = f'<img alt="{html.escape(alt)}" width="{round(width)}" src="data:image/png;base64,{_base64(png)}">'
    return f"{image}<p><small>A still picture: {hint}.</small></p>"


def _steps(points: np.ndarray) -> list[int | None]:
    """Points (n, 2) in whole parts of a pixel, each as the step from the last one; None where the pen is lifted."""
    whole = np.round(points * PARTS_OF_A_PIXEL)
    drawn = ~np.isnan(whole[:, 0])
    steps = np.diff(whole[drawn], axis=0, prepend=np.zeros((1, 2))).astype(int).tolist()
    flat, following = [], iter(steps)
    for pen_is_down in drawn:
        flat += next(following) if pen_is_down else [None]
    return flat


def _compact(data) -> str:
    return json.dumps(data, separators=(",", ":"), ensure_ascii=False)


def _safe(data) -> str:
    """JSON that may stand inside a script element."""
    return _compact(data).replace("<", "\\u003c")


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
