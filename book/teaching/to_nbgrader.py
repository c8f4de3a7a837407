"""Assignments for nbgrader from chapters: to_nbgrader.py OUT CHAPTER …, or `make nbgrader`.

OUT is a course folder of nbgrader: a chapter is an assignment in source/, with a point for each exercise.
"""

import sys
from pathlib import Path

from homework import Exercise, assignment, convert, demand
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell

CONFIG = '''\
"""Settings of nbgrader for chapters of the course."""

import os

os.environ["NNLIB_RECORD"] = "never"  # figures need not move without a kernel while homework is graded
os.environ["OPENBLAS_NUM_THREADS"] = "1"  # on small matrices threads only wait for each other

c = get_config()  # noqa: F821
c.ClearSolutions.code_stub = {"python": "# Replace the dots above, then run this cell and the next one."}
c.Execute.timeout = 120  # seconds for a cell
'''


def for_nbgrader(chapter: NotebookNode) -> NotebookNode:
    """The chapter with each exercise as two cells: the stub, which holds its solution, and the test."""
    return assignment(chapter, answer_and_test)


def answer_and_test(exercise: Exercise) -> list[NotebookNode]:
    answer = f"{exercise.stub}\n\n\n### BEGIN SOLUTION\n{exercise.solution}\n### END SOLUTION"
    return [
        graded(answer, f"answer-{exercise.name}", solution=True),
        graded(f"{demand(exercise)}\nprint(finding)", f"check-{exercise.name}", grade=True, locked=True, points=1),
    ]


def graded(source: str, name: str, **roles) -> NotebookNode:
    """A code cell that nbgrader knows by its name."""
    roles = {"solution": False, "grade": False, "locked": False, "task": False, **roles}
    return new_code_cell(source, metadata={"nbgrader": {"schema_version": 3, "grade_id": name, **roles}})


if __name__ == "__main__":
    convert(for_nbgrader, lambda out, name: out / "source" / name / f"{name}.ipynb")
    Path(sys.argv[1], "nbgrader_config.py").write_text(CONFIG, encoding="utf-8")
