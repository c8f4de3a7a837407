"""What a reader moves: sliders and choices. Plain values, no widgets here."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike

from nnlib import arguments

MOST_CONTROLS = 3  # in one figure: more knobs than that and nobody knows what did what
_MOST_BUTTONS = 4  # a choice between more options than that is a dropdown list


class Slider:
    """A slider over a list of numbers, each shown as a readable text.

    Parameters
    ----------
    name : str
        Name of the argument that the figure's function takes.
    label : str
        What the reader sees, letter and role: "μ, damping".
    values : array_like of numbers, shape (k,)
        Positions of the slider, at least two, all different.
    start : float
        First position, one of `values` (to rounding error).
    format : str, default "{:.3g}"
        How a value is written; must tell all values apart.

    Examples
    --------
    >>> mu = Slider("mu", "μ, damping", np.geomspace(1e-3, 1e3, 7), start=0.1)
    >>> mu.texts
    ['0.001', '0.01', '0.1', '1', '10', '100', '1e+03']
    """

    def __init__(self, name: str, label: str, values: ArrayLike, start: float, format: str = "{:.3g}"):
        self.name, self.label = _name(name), _text("label", label)
        self.values = arguments.real_array("values", values, 1).tolist()
        if np.asarray(values).dtype.kind in "iu":
            self.values = [int(value) for value in self.values]
        if len(set(self.values)) < max(2, len(self.values)):
            raise ValueError(f"values must be at least two different numbers, got {self.values}")
        self.texts = [format.format(value) for value in self.values]
        _all_different("format", self.texts)
        self.start = self.nearest(start)

    @property
    def kind(self) -> str:
        return "slider"

    @property
    def extremes(self) -> list:
        """The first value, the start, the last value."""
        return [self.values[0], self.start, self.values[-1]]

    def nearest(self, value) -> float:
        """Return the position that equals `value` to rounding error, or raise an error that names its neighbors."""
        value = arguments.number(self.name, value)
        for known in self.values:
            if math.isclose(known, value, rel_tol=1e-9, abs_tol=1e-300):
                return known
        near = sorted(sorted(self.values, key=lambda known: abs(known - value))[:2])
        raise ValueError(f"{self.name} must be a position of its slider, got {value:g}; the nearest are {near}")


class Choice:
    """A choice between a few named options.

    Parameters
    ----------
    name : str
        Name of the argument that the figure's function takes.
    label : str
        What the reader sees.
    options : mapping from str to str, number or bool
        Text of each option and the value that it stands for.
    start : str, number or bool
        First value, one of the options' values.
    """

    def __init__(self, name: str, label: str, options: Mapping[str, str | float | bool], start):
        self.name, self.label = _name(name), _text("label", label)
        if not isinstance(options, Mapping) or len(options) < 2:
            raise ValueError(f"options must map at least two texts to values, got {options!r}")
        self.texts, self.values = list(options), list(options.values())
        for value in self.values:
            if not isinstance(value, (str, int, float)):
                raise TypeError(f"options must stand for texts, numbers or bools, got {type(value).__name__}")
        self.start = self.nearest(start)

    @property
    def kind(self) -> str:
        return "buttons" if len(self.texts) <= _MOST_BUTTONS else "list"

    @property
    def extremes(self) -> list:
        """All values: a choice has no order."""
        return list(self.values)

    def nearest(self, value):
        """Return `value` if it is one of the options."""
        if value not in self.values:
            raise ValueError(f"{self.name} must be one of {self.values}, got {value!r}")
        return value


def check_controls(controls: Sequence[Slider | Choice], at_least: int) -> None:
    """Raise unless the controls are a short list of sliders and choices with different names."""
    if not isinstance(controls, (list, tuple)):
        raise TypeError(f"controls must be a list of sliders and choices, got {type(controls).__name__}")
    for i, control in enumerate(controls):
        if not isinstance(control, (Slider, Choice)):
            raise TypeError(f"controls[{i}] must be a live.Slider or a live.Choice, got {type(control).__name__}")
    if not at_least <= len(controls) <= MOST_CONTROLS:
        raise ValueError(f"controls must be {at_least} to {MOST_CONTROLS} sliders and choices, got {len(controls)}")
    for what, texts in ("names", [c.name for c in controls]), ("labels", [c.label for c in controls]):
        if len(set(texts)) < len(texts):
            raise ValueError(f"controls must have different {what}, got {texts}")


def _name(name: str) -> str:
    if not isinstance(name, str) or not name.isidentifier():
        raise ValueError(f"name must be the name of an argument of the figure's function, got {name!r}")
    return name


def _text(name: str, text: str) -> str:
    if not isinstance(text, str) or not text.strip():
        raise ValueError(f"{name} must be a text, got {text!r}")
    return text.strip()


def _all_different(name: str, texts: list[str]) -> None:
    for text in texts:
        if texts.count(text) > 1:
            raise ValueError(f"{name} gives the same text {text!r} more than once")
