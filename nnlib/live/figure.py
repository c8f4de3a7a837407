"""Live figures: the kernel computes at each move of a control, the browser draws (`plot.js`)."""

from __future__ import annotations

import base64
import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager

import ipywidgets as widgets
from matplotlib.figure import Figure

from nnlib import arguments
from nnlib.live.controls import Caption, Choice, Prediction, Slider
from nnlib.live.picture import Picture
from nnlib.live.plot import Plot

MOST_CONTROLS = 3  # in one figure: more knobs than that and nobody knows what did what
_MOST_BUTTONS = 4  # a choice between more options than that is a dropdown list


def figure(
    fig: Figure,
    *,
    moving: Iterable,
    show: Callable[..., Caption],
    controls: Sequence[Slider | Choice],
    trail: Iterable = (),
    predict: Prediction | None = None,
) -> LiveFigure:
    """Join a matplotlib figure and its controls: the kernel computes the picture at each move.

    Parameters
    ----------
    fig : matplotlib.figure.Figure
        From `subplots`, with fixed limits; nothing but the moving artists changes from here on.
    moving : iterable of artists
        The artists whose data `show` sets.
    show : callable
        Takes the controls' values by name, sets the artists' data, returns a `Caption`.
    controls : sequence of Slider or Choice
        One to three.
    trail : iterable of artists, optional
        Those of `moving` whose last resting position stays in grey.
    predict : Prediction, optional
        A question to be answered before the figure unlocks.

    Returns
    -------
    LiveFigure

    Raises
    ------
    TypeError, ValueError
        Where an argument is not as described.
    Exception
        Whatever `show` raises at the start values.

    Examples
    --------
    >>> import numpy as np
    >>> from nnlib.live import Slider, figure, subplots
    >>> fig, ax = subplots()
    >>> x = np.linspace(-1, 1, 50)
    >>> line, = ax.plot(x, x**2)
    >>> def show(a):
    ...     line.set_data(x, a * x**2)
    ...     return Caption(f"The parabola {a} x².", {"curvature": f"{2 * a:g}"})
    >>> f = figure(fig, moving=[line], show=show, controls=[Slider("a", "a, steepness", [0.5, 1.0], start=1.0)])
    >>> f.set(a=0.5).numbers["curvature"]
    '1'
    """
    check_callable("show", show)
    check_controls(controls, at_least=1)
    first = captioned(show(**start_values(controls)))
    return LiveFigure(Picture(fig, moving, trail), show, controls, predict, first)


class DrivenFigure(widgets.VBox):
    """What live figures and steppers share: picture, controls, lock, and errors that are seen.

    A subclass says what a move of a control does (`_moved`) and computes the caption (`_compute`).
    """

    def __init__(self, picture: Picture, controls, predict: Prediction | None, first: Caption, buttons=()):
        self._picture, self._predict, self._caption = picture, predict, first
        self._controls = {control.name: control for control in controls}
        self._inputs = {control.name: _input(control, controls) for control in controls}
        self._locked = [*buttons, *self._inputs.values()]
        self._plot = Plot(size=picture.size, still=picture.still(), frame=self._frame(), prediction=_asked(predict))
        rows = [widgets.HBox(list(buttons))] if buttons else []
        super().__init__([self._plot, *rows, *self._inputs.values()])
        self.add_class("nnlib-live")
        self._lock(predict is not None)
        self._plot.observe(lambda change: self._lock(change.new < 0), "committed")
        for box in self._inputs.values():
            box.observe(lambda change: self._moved(), "value")

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
        """The controls' values by name."""
        return {name: box.value for name, box in self._inputs.items()}

    def set(self, **values) -> Caption:
        """Move controls from Python, one after the other, and return the caption that results.

        Parameters
        ----------
        **values
            A position for each control named.

        Raises
        ------
        ValueError
            Where there is no such control, or no such position.
        Exception
            Whatever a callback raises.
        """
        for name in values:
            arguments.choice("control", name, self._controls)
        for name, value in values.items():
            self._inputs[name].value = self._controls[name].nearest(value)
        return self._caption

    def sweep(self) -> list[Caption]:
        """Visit each control's minimum, start and maximum (of a choice: all options) with the others where they are.

        Returns
        -------
        list of Caption
            One for each visit.

        Raises
        ------
        Exception
            Whatever a callback raises.
        """
        here = self.values
        visits = [{**here, name: value} for name, control in self._controls.items() for value in control.extremes]
        captions = [self._visit(values) for values in visits or [here]]
        self.set(**here)
        return captions

    def commit(self, i: int) -> str:
        """Answer the figure's prediction with option `i` from Python: unlocks the figure, returns the verdict."""
        if self._predict is None:
            raise ValueError("this figure asks for no prediction")
        self._plot.committed = self._predict.index("i", i)
        return self._predict.verdict(i)

    def png(self) -> bytes:
        """The picture as it is now, as a PNG with two pixels for each CSS pixel."""
        return self._picture.png()

    def __repr__(self) -> str:
        return str(Caption(self.alt, self.numbers))

    def _repr_mimebundle_(self, **kwargs) -> tuple[dict, dict]:
        view = super()._repr_mimebundle_(**kwargs)
        still, about = still_bundle(self.png(), self.alt, self._picture.size)
        return {**view, **still, "text/plain": repr(self)}, about

    def _moved(self) -> None:
        raise NotImplementedError

    def _compute(self) -> Caption:
        raise NotImplementedError

    def _visit(self, values: dict) -> Caption:
        return self.set(**values)

    def _draw(self) -> None:
        """Compute the picture and send it; on an exception the reader keeps the last good one."""
        with self._errors_seen():
            self._caption = captioned(self._compute())
            self._plot.frame = self._frame()

    @contextmanager
    def _errors_seen(self) -> Iterator[None]:
        """Show an exception in the figure's own area and let it pass; clear the last one when all went well."""
        try:
            yield
        except Exception as error:
            self._plot.error = _described(error)
            raise
        self._plot.error = ""

    def _frame(self) -> dict:
        shapes, points = self._picture.frame()
        numbers = list(self._caption.numbers.items())
        return {"shapes": shapes, "points": points, "alt": self._caption.alt, "numbers": numbers}

    def _lock(self, locked: bool) -> None:
        for box in self._locked:
            box.disabled = locked


class LiveFigure(DrivenFigure):
    """A figure whose picture the kernel computes at each move of a control; made by `figure`."""

    def __init__(self, picture: Picture, show: Callable[..., Caption], controls, predict, first: Caption):
        self._show = show
        super().__init__(picture, controls, predict, first)

    def _moved(self) -> None:
        self._draw()

    def _compute(self) -> Caption:
        return self._show(**self.values)


def start_values(controls: Sequence[Slider | Choice]) -> dict:
    """The controls' start values by name."""
    return {control.name: control.start for control in controls}


def captioned(caption: Caption) -> Caption:
    """What `show` returned, if it is a caption."""
    if not isinstance(caption, Caption):
        raise TypeError(f"show must return a live.Caption, it returned {caption!r}")
    return caption


def check_callable(name: str, function: Callable) -> None:
    """Raise unless `function` can be called."""
    if not callable(function):
        raise TypeError(f"{name} must be a function, got {type(function).__name__}")


def check_controls(controls: Sequence[Slider | Choice], at_least: int) -> None:
    """Raise unless the controls are a short list of sliders and choices with different names."""
    if not isinstance(controls, (list, tuple)):
        raise TypeError(f"controls must be a list of sliders and choices, got {type(controls).__name__}")
    for i, control in enumerate(controls):
        if not isinstance(control, (Slider, Choice)):
            raise TypeError(f"controls[{i}] must be a live.Slider or a live.Choice, got {type(control).__name__}")
    if not at_least <= len(controls) <= MOST_CONTROLS:
        raise ValueError(f"controls must be {at_least} to {MOST_CONTROLS} sliders and choices, got {len(controls)}")
    names = [control.name for control in controls]
    if len(set(names)) < len(names):
        raise ValueError(f"controls must have different names, got {names}")


def still_bundle(png: bytes, alt: str, size: Sequence[float]) -> tuple[dict, dict]:
    """The still picture as MIME data and its metadata: shown at its size in CSS pixels, with its alt text."""
    width, height = map(round, size)
    data = {"image/png": base64.b64encode(png).decode("ascii")}
    return data, {"image/png": {"alt": alt, "width": width, "height": height}}


def _input(control: Slider | Choice, controls: Sequence[Slider | Choice]) -> widgets.DOMWidget:
    longest = max(len(other.label) for other in controls)
    look = {
        "description": control.label,
        "style": {"description_width": f"{longest}ch"},  # one width, so that the sliders line up
        "layout": {"width": "auto", "max_width": "640px"},
        "options": list(zip(control.texts, control.values, strict=True)),
        "value": control.start,
    }
    if isinstance(control, Slider):
        return widgets.SelectionSlider(**look, continuous_update=True)
    if len(control.texts) <= _MOST_BUTTONS:
        return widgets.ToggleButtons(**look)
    return widgets.Dropdown(**look)


def _asked(predict: Prediction | None) -> dict | None:
    if predict is None:
        return None
    if not isinstance(predict, Prediction):
        raise TypeError(f"predict must be a live.Prediction, got {type(predict).__name__}")
    verdicts = [predict.verdict(i) for i in range(len(predict.options))]
    return {"question": predict.question, "options": predict.options, "verdicts": verdicts}


def _described(error: Exception) -> str:
    place = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__}: {error}\nin {place.name}, line {place.lineno}: {place.line}"
