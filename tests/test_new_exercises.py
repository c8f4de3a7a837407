"""Every exercise: its stub is open, its solution right, each typical slip gets its own hint."""
import pytest
from nnlib.course.exercises import levenberg_marquardt, start_here
from nnlib.course.exercises._checking import Exercise, Verdict

EXERCISES = [e for chapter in (start_here, levenberg_marquardt) for e in vars(chapter).values() if isinstance(e, Exercise)]


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda e: e.name)
def test_slips_are_told_apart_and_named(exercise):
    assert len(exercise.slips) >= 3
    assert exercise(exercise.right).verdict is Verdict.RIGHT
    assert exercise(lambda *arguments: ...).verdict is Verdict.OPEN
    for hint, slip in exercise.slips.items():
        assert exercise(slip).message.endswith(hint)
