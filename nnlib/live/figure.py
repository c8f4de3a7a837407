"""A figure that moves: live where there is a kernel, recorded everywhere else, from the same `show`."""

from __future__ import annotations

import base64
import os
import time
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from itertools import product

import anywidget
import numpy as np
import traitlets

from nnlib import arguments
from nnlib.live.board import Board, Frame
from nnlib.live.controls import Choice, Slider, check_controls
from nnlib.live.picture import Picture
from nnlib.live.record import Record, fragment, script, still_picture
from nnlib.server import OURS

QUICK = 0.5  # seconds: where all positions together take less, they travel to the browser at once
RECORD = "NNLIB_RECORD"  # environment variable: "always" (stored chapters), "never", or "auto": where it is quick


def figure(
    board: Board,
    show: Callable[..., Frame],
    controls: Sequence[Slider | Choice],
    *,
    ask=None,
    record: Mapping[str, Sequence] | None = None,
) -> Figure:
    """Join a board and its controls.

    Parameters
    ----------
    board : Board
        With fixed limits: nothing but its marks changes from here on.
    show : callable
        Takes the controls' values by name and returns a `Frame`; nothing else may depend on it, and it on nothing else.
    controls : sequence of Slider or Choice
        One to three.
    ask : question, optional
        Has `question`, `options` and `verdict(i)`: to be answered before the figure unlocks.
    record : mapping of str to sequence, optional
        Positions that the recorded form has, by the control's name, where all of them would be too many.

    Returns
    -------
    Figure

    Examples
    --------
    >>> board = Board()
    >>> x = np.linspace(-1, 1, 50)
    >>> board.curve("parabola", board.axes[0], x)
    >>> def show(a):
    ...     return Frame({"parabola": a * x**2}, {"a": a, "curvature": 2 * a}, "The parabola {a} x².")
    >>> f = figure(board, show, [Slider("a", "a, steepness", [0.5, 1.0], start=1.0)])
    >>> f.set(a=0.5).numbers["curvature"]
    1.0
    >>> f.table["curvature"]
    array([1., 2.])
    """
    check_controls(controls, at_least=1)
    return Figure(board, show, controls, ask, record)


class _Position(traitlets.TraitType):
    """A trait that holds a position of a control."""

    def __init__(self, control: Slider | Choice):
        super().__init__(default_value=control.start)
        self._control = control

    def validate(self, _owner, value):
        try:
            return self._control.nearest(value)
        except (TypeError, ValueError) as error:
            raise traitlets.TraitError(str(error)) from None


class Figure(anywidget.AnyWidget):
    """A figure that moves; made by `figure`. The position of each control is a trait of its name.

    Attributes
    ----------
    table : dict of str to array
        For every control (by name) and every number shown (by label): its value at all positions of the controls.
    """

    _esm = script("plot.js", "figure.js", "live.js")
    _ipython_display_ = None  # that of ipywidgets 7 shows the widget alone, and the saved notebook would have no still

    spec = traitlets.Dict().tag(sync=True)
    still = traitlets.Bytes().tag(sync=True)
    frame = traitlets.Dict().tag(sync=True)
    recorded = traitlets.Bytes().tag(sync=True)
    error = traitlets.Unicode().tag(sync=True)
    committed = traitlets.Int(-1).tag(sync=True)

    def __init__(self, board: Board, show: Callable[..., Frame], controls, ask, record):
        check_function("show", show)
        self._show, self._controls, self._ask = show, {control.name: control for control in controls}, ask
        self._kept = _kept_positions(self._controls, record or {})
        self._shown: dict[tuple, Frame] = {}
        for name in self._controls:
            if hasattr(type(self), name):
                raise ValueError(f"controls must not be named {name!r}, figures have something of that name")
        self.add_traits(**{name: _Position(control).tag(sync=True) for name, control in self._controls.items()})
        self._picture = Picture(board, self._now())
        super().__init__(still=self._picture.still(), frame=self._live_frame(), spec=self._spec(self._all_positions()))
        for name in self._controls:
            self.observe(self._moved, name)

    @property
    def alt(self) -> str:
        """What the picture shows, in words, with its current numbers."""
        return self._now().words

    @property
    def numbers(self) -> dict[str, str]:
        """The numbers under the picture, as they stand there."""
        return self._now().texts

    @property
    def values(self) -> dict:
        """The controls' values by name."""
        return {name: getattr(self, name) for name in self._controls}

    def set(self, **values) -> Frame:
        """Move controls from Python and return the frame that results.

        Parameters
        ----------
        **values
            A position for each control named.
        """
        for name in values:
            arguments.choice("control", name, self._controls)
        for name, value in values.items():
            setattr(self, name, self._controls[name].nearest(value))
        return self._now()

    @cached_property
    def table(self) -> dict[str, np.ndarray]:
        """See above; computed at the first look."""
        rows = [row for position in self._positions() for row in self._rows(position)]
        labels = list(dict.fromkeys(label for row in rows for label in row))
        return {label: np.array([row.get(label, np.nan) for row in rows]) for label in labels}

    def sweep(self) -> list[Frame]:
        """Visit each control's ends and start (of a choice: all options), the others where they are."""
        here = self.values
        visits = [{**here, name: value} for name, control in self._controls.items() for value in control.extremes]
        frames = [self.set(**values) for values in visits or [here]]
        self.set(**here)
        return frames

    def commit(self, i: int) -> str:
        """Answer the figure's question with option `i` from Python: unlocks the figure, returns the verdict."""
        if self._ask is None:
            raise ValueError("this figure asks no question")
        self.committed = arguments.integer("i", i, at_least=0)
        return self._ask.verdict(i)

    def png(self) -> bytes:
        """The picture as it is now, as a PNG with two pixels for each CSS pixel."""
        return self._picture.png(self._now())

    def __repr__(self) -> str:
        return str(self._now())

    def _repr_mimebundle_(self, **kwargs) -> tuple[dict, dict]:
        record, telling = self._recorded_where_due(), self._telling()
        png, (width, height) = self._picture.png(telling), self._picture.size
        if self._kept == self._all_positions():  # otherwise the kernel knows positions that the record has not
            self.recorded = record
        if record:
            page = self._picture.png(telling, sharp=1)
            html = fragment(self._spec(self._kept), self.still, record, page, telling.words)
        else:
            html = still_picture(png, width, telling.words, "run the cells down to here, and it moves")
        data = {"text/html": html, "image/png": base64.b64encode(png).decode("ascii"), "text/plain": repr(self)}
        about = {OURS: "figure", "image/png": {"alt": telling.words, "width": round(width), "height": round(height)}}
        view, at_host = super()._repr_mimebundle_(**kwargs)  # on Colab: where its widget manager is
        return {**view, **data}, {**at_host, **about}

    # ---- positions and what is seen there

    def _now(self) -> Frame:
        return self._look(self.values)

    def _look(self, position: dict) -> Frame:
        """The frame at a position; each is computed once."""
        key = tuple(position.values())
        if key not in self._shown:
            self._shown[key] = framed(self._show(**position))
        return self._shown[key]

    def _rows(self, position: dict) -> list[dict]:
        return [{**position, **self._look(position).numbers}]

    def _telling(self) -> Frame:
        """What a reader sees who has no script: the picture as it is now."""
        return self._now()

    def _positions(self) -> Iterator[dict]:
        for values in product(*self._all_positions().values()):
            yield dict(zip(self._controls, values, strict=True))

    def _all_positions(self) -> dict[str, list]:
        return {name: control.values for name, control in self._controls.items()}

    # ---- the recorded form

    def _recorded_where_due(self) -> bytes:
        """The record, or nothing where there is to be none."""
        when = os.environ.get(RECORD, "auto")
        arguments.choice(RECORD, when, ("auto", "always", "never"))
        if when == "never":
            return b""
        deadline = time.monotonic() + (QUICK if when == "auto" else np.inf)
        record = Record()
        for values in product(*self._kept.values()):
            for frame, words in self._frames(dict(zip(self._kept, values, strict=True))):
                record.add(self._picture.shapes(frame), **self._words(frame), **words)
                if time.monotonic() > deadline:
                    return b""
        return record.packed()

    def _frames(self, position: dict) -> Iterator[tuple[Frame, dict]]:
        """The frames at a position of the controls, with further words for each."""
        yield self._look(position), {}

    # ---- what travels to the browser

    def _spec(self, positions: Mapping[str, list]) -> dict:
        """What the front end needs to know once: the controls at these positions, and where they stand."""
        controls = [_about(self._controls[name], values, self.values[name]) for name, values in positions.items()]
        return {"size": self._picture.size, "controls": controls, "question": _asked(self._ask)}

    def _live_frame(self) -> dict:
        shapes = list(self._picture.shapes(self._now()))
        points = [shape.pop("points") for shape in shapes]
        lengths = [{**shape, "n": len(part)} for shape, part in zip(shapes, points, strict=True)]
        flat = np.concatenate([np.empty((0, 2)), *points]).astype("<f4").tobytes()
        return {"shapes": lengths, "points": flat, **self._words(self._now())}

    @staticmethod
    def _words(frame: Frame) -> dict:
        return {"alt": frame.words, "numbers": list(frame.texts.items())}

    def _moved(self, _change) -> None:
        with self._errors_seen():
            self._now()
            if not self.recorded:
                self.frame = self._live_frame()

    @contextmanager
    def _errors_seen(self) -> Iterator[None]:
        """Show an exception in the figure's own area and let it pass; clear the last one when all went well."""
        try:
            yield
        except Exception as error:
            self.error = described(error)
            raise
        self.error = ""


def _kept_positions(controls: Mapping[str, Slider | Choice], record: Mapping[str, Sequence]) -> dict[str, list]:
    for name in record:
        arguments.choice("record", name, controls)
    kept = {}
    for name, control in controls.items():
        chosen = [control.nearest(value) for value in record.get(name, control.values)]
        kept[name] = [value for value in control.values if value in chosen]
    return kept


def _about(control: Slider | Choice, positions: list, here) -> dict:
    """A control as the front end builds it; it starts where it stands, or at the position next to that."""
    known = [(text, value) for text, value in zip(control.texts, control.values, strict=True) if value in positions]
    texts, values = map(list, zip(*known, strict=True))
    away = [value != here if isinstance(control, Choice) else abs(value - here) for value in values]
    start = away.index(min(away))
    return dict(name=control.name, label=control.label, kind=control.kind, texts=texts, values=values, start=start)


def framed(frame: Frame) -> Frame:
    """What `show` returned, if it is a frame with words."""
    if not isinstance(frame, Frame):
        raise TypeError(f"show must return a live.Frame, it returned {frame!r}")
    if not frame.alt.strip():
        raise ValueError(
            "show must return a frame with an alt text: what the picture shows, for readers who do not see it"
        )
    return frame


def check_function(name: str, function: Callable) -> None:
    """Raise unless it can be called."""
    if not callable(function):
        raise TypeError(f"{name} must be a function, got {type(function).__name__}")


def _asked(ask) -> dict | None:
    if ask is None:
        return None
    options = list(ask.options)
    return {"question": ask.question, "options": options, "verdicts": [ask.verdict(i) for i in range(len(options))]}


def described(error: Exception) -> str:
    """An exception as the figure shows it."""
    place = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__}: {error}\nin {place.name}, line {place.lineno}: {place.line}"
