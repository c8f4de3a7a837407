"""An exercise as data: what is asked, on which case, the right answer, and typical wrong ones with what to look at."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum

import numpy as np


class Verdict(Enum):
    """What a check found."""

    OPEN = "○ Not done yet"
    RIGHT = "✓ Right"
    WRONG = "✗ Not quite"


@dataclass(frozen=True)
class Finding:
    """The result of a check; its repr is what the reader sees."""

    verdict: Verdict
    message: str

    def __repr__(self) -> str:
        return f"{self.verdict.value}: {self.message}"


def answer_of(name: str, function, *arguments) -> tuple[object, Finding | None]:
    """The function's answer, or a finding that says why there is none."""
    if not callable(function):
        return None, Finding(Verdict.WRONG, f"{name} must be a function, it is {type(function).__name__}.")
    try:
        answer = function(*arguments)
    except NotImplementedError:
        answer = None
    except Exception as error:
        return None, Finding(Verdict.WRONG, f"{name} stops with {type(error).__name__}: {error}")
    if answer is None or answer is Ellipsis:
        return None, Finding(Verdict.OPEN, f"{name} returns nothing so far. Replace the dots and run the cell again.")
    return answer, None


@dataclass(frozen=True, kw_only=True, eq=False)
class Exercise:
    """Call it with the reader's function: it is run on the cases and compared with `right`, else with the slips.

    Parameters
    ----------
    name : str
        Of the reader's function.
    quantity : str
        What it returns, as the message calls it.
    cases : list of tuples
        Arguments of each call; with several, the answers are compared as one array.
    right : callable
        The right answer, a function of the same arguments.
    slips : mapping of str to callable
        Hint, and the function that somebody writes who needs it.
    praise : str
        What is said of the right answer.
    """

    name: str
    quantity: str
    cases: list[tuple]
    right: Callable
    slips: Mapping[str, Callable]
    praise: str

    def __call__(self, function) -> Finding:
        answers = []
        for case in self.cases:
            answer, finding = answer_of(self.name, function, *case)
            if finding:
                return finding
            answers.append(answer)
        return self._judged(answers)

    def _judged(self, answers: list) -> Finding:
        expected = self._values(self.right)
        try:
            given = np.array(answers[0] if len(answers) == 1 else answers, dtype=float)
        except (TypeError, ValueError):
            return Finding(Verdict.WRONG, f"{self.quantity} must be numbers, it is {type(answers[0]).__name__}.")
        if given.shape != expected.shape:
            hint = " Is a transpose missing, or one too many?" if given.ndim == 2 else ""
            return Finding(Verdict.WRONG, f"{self.quantity} has shape {given.shape}, expected {expected.shape}.{hint}")
        if np.allclose(given, expected, rtol=1e-8, atol=1e-12):
            return Finding(Verdict.RIGHT, self.praise)
        hint = next(
            (hint for hint, slip in self.slips.items() if np.allclose(given, self._values(slip), rtol=1e-6)), ""
        )
        off = f"off by up to {np.abs(given - expected).max():.3g}" if np.isfinite(given).all() else "not finite"
        return Finding(Verdict.WRONG, f"{self.quantity} is {off}. {hint}".strip())

    def _values(self, function: Callable) -> np.ndarray:
        values = np.array([function(*case) for case in self.cases], dtype=float)
        return values[0] if len(self.cases) == 1 else values
