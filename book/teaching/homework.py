"""A chapter taken apart for teaching: its exercises, and the chapter without its answers.

`students.py`, `to_nbgrader.py` and `to_otter.py` make from these what is handed out. Chapters are only read.
"""

import ast
import copy
import itertools
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import nbformat
from nbformat import NotebookNode

PYTHON = re.compile(r"```python\n(.*?)\n```", re.DOTALL)
ANSWERS = re.compile(r"<details>\s*<summary>\s*(?:Solution|Answers?)\s*</summary>.*?</details>\s*", re.DOTALL)
PROMISED_AND_LEFT = ("Hint and solution are folded below.", "A hint is folded below.")  # above a chapter's exercises


class Exercise(NamedTuple):
    """An exercise as source text: what the reader starts from, the call of its check, and a right answer.

    The name is that of the check.
    """

    name: str
    stub: str
    check: str
    solution: str


def exercises(notebook: NotebookNode) -> Iterator[Exercise]:
    """The exercises of a chapter: cells tagged `exercise`, which end with the call of a check. Of a solution that shows
    several answers it is the first."""
    for at, cell in enumerate(notebook.cells):
        if "exercise" in tags(cell):
            stub, check = above_and_last(cell.source)
            solution = next(below.source for below in notebook.cells[at:] if "solution" in tags(below))
            name = re.search(r"check_(\w+)\(", check)[1]
            yield Exercise(name, stub, check, PYTHON.search(solution)[1])


def above_and_last(source: str) -> tuple[str, str]:
    """Code, cut above its last statement."""
    lines, last = source.splitlines(), ast.parse(source).body[-1]
    return "\n".join(lines[: last.lineno - 1]).rstrip(), "\n".join(lines[last.lineno - 1 :])


def without_answers(notebook: NotebookNode) -> NotebookNode:
    """A copy without solutions, without answers to the quiz, and without the claims cells from the first exercise on:
    these hold the numbers of both."""
    first = next(i for i, cell in enumerate(notebook.cells) if "exercise" in tags(cell))
    handed_out = copy.deepcopy(notebook)
    handed_out.cells = [
        cell
        for i, cell in enumerate(handed_out.cells)
        if "solution" not in tags(cell) and not ("claims" in tags(cell) and i > first)
    ]
    for cell in handed_out.cells:
        if cell.cell_type == "markdown":
            cell.source = ANSWERS.sub("", cell.source).replace(*PROMISED_AND_LEFT).rstrip()
    return handed_out


def assignment(notebook: NotebookNode, cells_of: Callable[[Exercise], list[NotebookNode]]) -> NotebookNode:
    """The students' copy with other cells in place of each exercise."""
    asked, handed_out = exercises(notebook), without_answers(notebook)
    changed = [cells_of(next(asked)) if "exercise" in tags(cell) else [cell] for cell in handed_out.cells]
    handed_out.cells = list(itertools.chain.from_iterable(changed))
    return handed_out


def tags(cell: NotebookNode) -> list[str]:
    return cell.metadata.get("tags", [])


def demand(exercise: Exercise) -> str:
    """A test: the chapter's own check must say "right", and says what is off where it does not."""
    return f'finding = {exercise.check}\nassert finding.verdict.name == "RIGHT", finding'


def convert(change: Callable[[NotebookNode], NotebookNode], place: Callable[[Path, str], Path]) -> None:
    """Change the chapters that the command line names, `OUT CHAPTER …`, and write each to its place below OUT."""
    if len(sys.argv) < 3:
        sys.exit(f"To be called with a folder and chapters: {sys.argv[0]} OUT CHAPTER …")
    out, *chapters = map(Path, sys.argv[1:])
    for chapter in chapters:
        path = place(out, chapter.stem)
        path.parent.mkdir(parents=True, exist_ok=True)
        nbformat.write(change(nbformat.read(chapter, as_version=4)), path)
        print(path)
