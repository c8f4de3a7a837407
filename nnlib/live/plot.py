"""The widget that carries the picture to the browser, where `plot.js` draws it."""

from __future__ import annotations

from pathlib import Path

import anywidget
import traitlets

_FOLDER = Path(__file__).parent


def script(*names: str) -> str:
    """The text of JavaScript files of this folder, one after the other."""
    return "".join((_FOLDER / name).read_text("utf-8") for name in names)


class Plot(anywidget.AnyWidget):
    """The still part of the picture, sent once, and one frame of numbers for each move."""

    _esm = script("plot.js", "live.js")

    size = traitlets.List().tag(sync=True)
    still = traitlets.Bytes().tag(sync=True)
    frame = traitlets.Dict().tag(sync=True)
    error = traitlets.Unicode().tag(sync=True)
    prediction = traitlets.Dict(allow_none=True, default_value=None).tag(sync=True)
    committed = traitlets.Int(-1).tag(sync=True)
    reduced_motion = traitlets.Bool(False).tag(sync=True)
