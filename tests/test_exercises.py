"""Every check of every chapter, by the same tests: the right passes, each slip gets its own hint, nothing else passes.

A new chapter is in at once: its checks and questions are found here, with their right answers and slips.
"""

import importlib

import pytest

from nnlib.course import exercises
from nnlib.course.exercises import _exercise
from nnlib.course.exercises._exercise import Answers, Check, Exercise, Finding, Program, Question, Verdict

MODULES = [importlib.import_module(f"nnlib.course.exercises.{name}") for name in exercises.__all__]


def found(kind):
    """All objects of a kind in the chapters' modules, named module.variable."""
    for module in MODULES:
        for name, value in vars(module).items():
            if isinstance(value, kind):
                yield pytest.param(value, id=f"{module.__name__.rpartition('.')[2]}.{name}")


CHECKS, FUNCTIONS, PROGRAMS, ANSWERS, QUESTIONS = (
    list(found(kind)) for kind in (Check, Exercise, Program, Answers, Question)
)


def friendly(finding, verdict):
    """Assert that a finding has this verdict and is a sentence."""
    assert isinstance(finding, Finding) and finding.verdict is verdict, finding
    assert "Traceback" not in finding.message and finding.message.rstrip("”)").endswith((".", "?")), finding
    return True


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    monkeypatch.setattr(_exercise, "PATIENCE", 0.3)


@pytest.mark.parametrize("check", CHECKS)
def test_the_stub_is_open_and_two_solutions_are_right(check):
    friendly(check(check.stub), Verdict.OPEN)
    assert len(check.solutions) >= 2
    for solution in check.solutions:
        friendly(check(solution), Verdict.RIGHT)


@pytest.mark.parametrize("check", CHECKS)
def test_each_slip_gets_its_own_hint_and_no_other(check):
    slips = list(check.slipped_answers())
    assert len(slips) >= 3
    for hint, answer in slips:
        finding = check(answer)
        friendly(finding, Verdict.WRONG)
        assert [known for known, _ in slips if known in finding.message] == [hint]
