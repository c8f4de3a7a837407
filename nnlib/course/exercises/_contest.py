"""A contest: a target and a score, and no single right answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from nnlib.course.exercises._exercise import Finding, Told, Verdict, _OfFunctions, is_open


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Contest(_OfFunctions):
    """Call it with the reader's function: it is tried out, and told how far it came.

    Parameters
    ----------
    judge : callable
        Gets the reader's function, which it may call like one of ours, and returns whether the target is reached and a
        sentence with the score. Each hint of the slips is a part of such a sentence.
    """

    judge: Callable
    praise: str = ""  # what is said is the score
    digits: int = 8

    def _judged(self, function) -> Finding:
        reached, score = self.judge(lambda *arguments: self._answer(function, arguments))
        return Finding(Verdict.RIGHT if reached else Verdict.WRONG, score)

    def _answer(self, function, arguments):
        answer = self._run(function, arguments)
        if is_open(answer):
            raise Told(f"{self.name} is not complete yet. Replace the dots and run the cell again.", Verdict.OPEN)
        return answer
