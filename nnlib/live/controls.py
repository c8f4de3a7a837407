"""What a reader moves and reads: sliders, choices, predictions, captions. Plain values, no widgets here."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from nnlib import arguments


@dataclass(frozen=True)
class Caption:
    """What a picture says in words: an alt text and the numbers beside it.

    Parameters
    ----------
    alt : str
        What the picture shows with its current numbers, for readers who do not see it.
    numbers : mapping from str to str
        Label and value of each number under the picture, in order.

    Examples
    --------
    >>> print(Caption("A parabola and its minimum.", {"loss": "0.0123", "μ": "0.1"}))
    A parabola and its minimum.
    loss: 0.0123 · μ: 0.1
    """

    alt: str
    numbers: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self):
        if not isinstance(self.alt, str) or not self.alt.strip():
            raise ValueError(f"alt must say what the picture shows, got {self.alt!r}")
        if not isinstance(self.numbers, Mapping):
            raise TypeError(f"numbers must map labels to texts, got {type(self.numbers).__name__}")
        for label, value in self.numbers.items():
            if not isinstance(label, str) or not isinstance(value, str):
                raise TypeError(f"numbers[{label!r}] must be a text that is ready to be read, got {value!r}")

    def __str__(self) -> str:
        return self.alt + "\n" + " · ".join(f"{label}: {value}" for label, value in self.numbers.items())


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
    def extremes(self) -> list:
        """The smallest value, the start, the largest value."""
        return [min(self.values), self.start, max(self.values)]

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
    options : mapping from str to object
        Text of each option and the value that it stands for.
    start : object
        First value, one of the options' values.
    """

    def __init__(self, name: str, label: str, options: Mapping[str, Any], start):
        self.name, self.label = _name(name), _text("label", label)
        if not isinstance(options, Mapping) or len(options) < 2:
            raise ValueError(f"options must map at least two texts to values, got {options!r}")
        self.texts, self.values = list(options), list(options.values())
        self.start = self.nearest(start)

    @property
    def extremes(self) -> list:
        """All values: a choice has no order."""
        return list(self.values)

    def nearest(self, value):
        """Return `value` if it is one of the options."""
        if value not in self.values:
            raise ValueError(f"{self.name} must be one of {self.values}, got {value!r}")
        return value


class Prediction:
    """A question that the reader answers before the figure unlocks.

    Parameters
    ----------
    question : str
    options : sequence of str
        Two or more possible answers.
    answer : int
        Index of the right one.
    because : str
        One sentence that gives the reason.

    Examples
    --------
    >>> ask = Prediction("What does a larger μ do?", ["a longer step", "a shorter step"], answer=1,
    ...                  because="The step length falls with μ.")
    >>> ask.verdict(0)
    'You predicted “a longer step”; the result is “a shorter step”. The step length falls with μ.'
    >>> ask.verdict(1)
    'You predicted “a shorter step”, and so it is. The step length falls with μ.'
    """

    def __init__(self, question: str, options: Sequence[str], answer: int, because: str):
        self.question, self.because = _text("question", question), _text("because", because)
        if isinstance(options, str) or len(options) < 2:
            raise ValueError(f"options must be at least two answers, got {options!r}")
        self.options = [_text(f"options[{i}]", option) for i, option in enumerate(options)]
        _all_different("options", self.options)
        self.answer = self.index("answer", answer)

    def index(self, name: str, i: int) -> int:
        """Return `i` if it is the index of an option."""
        i = arguments.integer(name, i, at_least=0)
        if i >= len(self.options):
            raise ValueError(f"{name} must be below {len(self.options)}, the number of options, got {i}")
        return i

    def verdict(self, i: int) -> str:
        """The reader's prediction beside the result."""
        if i == self.answer:
            return f"You predicted “{self.options[i]}”, and so it is. {self.because}"
        return f"You predicted “{self.options[i]}”; the result is “{self.options[self.answer]}”. {self.because}"


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
