"""Assignments for otter-grader from chapters: to_otter.py OUT CHAPTER …, or `make otter`.

A chapter becomes a master notebook for `otter assign`, with a point for each exercise.
"""

from homework import Exercise, assignment, convert, demand
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_raw_cell

CONFIG = "# ASSIGNMENT CONFIG\nexport_cell: false\ngenerate: true"


def for_otter(chapter: NotebookNode) -> NotebookNode:
    """The chapter with each exercise as a question of otter."""
    master = assignment(chapter, question)
    master.cells.insert(0, new_raw_cell(CONFIG))
    return master


def question(exercise: Exercise) -> list[NotebookNode]:
    answer = f"{exercise.stub}\n\n\n# BEGIN SOLUTION NO PROMPT\n{exercise.solution}\n# END SOLUTION"
    return [
        new_raw_cell(f"# BEGIN QUESTION\nname: {exercise.name}\npoints: 1"),
        new_raw_cell("# BEGIN SOLUTION"),
        new_code_cell(answer),
        new_raw_cell("# END SOLUTION"),
        new_raw_cell("# BEGIN TESTS"),
        new_code_cell(demand(exercise)),
        new_raw_cell("# END TESTS"),
        new_raw_cell("# END QUESTION"),
    ]


if __name__ == "__main__":
    convert(for_otter, lambda out, name: out / name / f"{name}.ipynb")
