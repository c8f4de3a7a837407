"""How an answer is judged: by the reader's values, quantity by quantity, against ours and against typical slips."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import numpy as np


class Verdict(Enum):
    """What a check found."""

    OPEN = "Not done yet"
    RIGHT = "Right"
    WRONG = "Not quite"


@dataclass(frozen=True)
class Finding:
    """The result of a check; its repr is what the reader sees.

    Attributes
    ----------
    verdict : Verdict
    message : str
    """

    verdict: Verdict
    message: str

    def __repr__(self) -> str:
        mark = {Verdict.OPEN: "○", Verdict.RIGHT: "✓", Verdict.WRONG: "✗"}[self.verdict]
        return f"{mark} {self.verdict.value}: {self.message}"


@dataclass(frozen=True)
class Slip:
    """A typical wrong value and what the reader should look at."""

    value: object
    hint: str


def is_open(answer) -> bool:
    """Whether a stub returned what stubs return: nothing."""
    return answer is None or answer is Ellipsis or answer is NotImplemented


def call(name: str, function, *arguments) -> tuple[object, Finding | None]:
    """The function's answer, or a finding that says why there is none."""
    if not callable(function):
        return None, Finding(Verdict.WRONG, f"{name} must be a function, it is {type(function).__name__}.")
    try:
        answer = function(*arguments)
    except NotImplementedError:
        answer = None
    except Exception as error:
        return None, Finding(Verdict.WRONG, f"{name} stops with {type(error).__name__}: {error}")
    if is_open(answer):
        return None, Finding(Verdict.OPEN, f"{name} returns nothing so far. Replace the dots and run the cell again.")
    return answer, None


def compare(name: str, answer, expected, slips: list[Slip] = ()) -> Finding | None:
    """None if the answer is right, else a finding with shape, largest difference and the likely cause."""
    expected = np.asarray(expected, dtype=float)
    try:
        answer = np.asarray(answer, dtype=float)
    except (TypeError, ValueError):
        return Finding(Verdict.WRONG, f"{name} must be numbers, it is {type(answer).__name__}.")
    if answer.shape != expected.shape:
        hint = " Is a transpose missing, or one too many?" if answer.ndim == 2 else ""
        return Finding(Verdict.WRONG, f"{name} has shape {answer.shape}, expected {expected.shape}.{hint}")
    if np.allclose(answer, expected, rtol=1e-8, atol=1e-12):
        return None
    hint = next((slip.hint for slip in slips if _same(answer, slip.value)), "")
    if not np.isfinite(answer).all():
        return Finding(Verdict.WRONG, f"{name} is not finite. {hint}".strip())
    difference = np.max(np.abs(answer - expected))
    return Finding(Verdict.WRONG, f"{name} is off by up to {difference:.3g}. {hint}".strip())


def _same(answer, value) -> bool:
    value = np.asarray(value, dtype=float)
    return answer.shape == value.shape and np.allclose(answer, value, rtol=1e-6, atol=1e-12)
