"""The stored chapters as the rules of their contract read them: cells, prose, terms, and their order in the course."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import nbformat

REFERENCE = "17"  # a page to look things up in, no lesson
MAP_ROW = re.compile(r"\|\W*\d\d(-\w| ·)")  # a line of the map of the course: a table whose first column names chapters
POINTER = re.compile(r"^\*\*(Next|Previous|Start)\b|minutes to read")  # where to go, and the line of facts


@dataclass(frozen=True, eq=False)
class Cell:
    """A cell of a stored notebook and its place in it."""

    number: int
    kind: str
    source: str
    metadata: dict
    outputs: list
    count: int | None

    @property
    def tags(self) -> list[str]:
        return self.metadata.get("tags", [])

    @property
    def has_figure(self) -> bool:
        return any("image/png" in output.get("data", {}) for output in self.outputs)

    @property
    def printed(self) -> str:
        """What the cell says in plain text."""
        return "\n".join(out.get("text", "") + out.get("data", {}).get("text/plain", "") for out in self.outputs)

    @cached_property
    def tree(self) -> ast.Module | None:
        """The code as a tree, without magics; None where it is no Python."""
        try:
            return ast.parse(without_magics(self.source))
        except SyntaxError:
            return None

    @property
    def code(self) -> str:
        """Without comments."""
        return ast.unparse(self.tree) if self.tree else ""

    @property
    def nodes(self) -> list[ast.AST]:
        return list(ast.walk(self.tree)) if self.tree else []

    def faults(self, *demands: tuple[object, str]) -> list[str]:
        """Of demands (whether it holds, what to do) those that do not hold, with the cell's number."""
        return [f"cell {self.number}: {words}" for holds, words in demands if not holds]


class Chapter:
    """A stored notebook among the others of its course."""

    def __init__(self, course: Course, name: str, notebook: nbformat.NotebookNode, exercise_data: str = ""):
        self.course, self.name, self.exercise_data = course, name, exercise_data
        self.number, self.metadata = name[:2], notebook.metadata
        self.cells = [
            Cell(i, cell.cell_type, cell.source, cell.metadata, cell.get("outputs", []), cell.get("execution_count"))
            for i, cell in enumerate(notebook.cells)
        ]

    @property
    def is_reference(self) -> bool:
        return self.number == REFERENCE

    @property
    def code(self) -> list[Cell]:
        return [cell for cell in self.cells if cell.kind == "code"]

    @property
    def text(self) -> list[Cell]:
        return [cell for cell in self.cells if cell.kind == "markdown"]

    @property
    def figures(self) -> list[tuple[Cell, dict]]:
        """The outputs that are figures, with their cells."""
        return [(cell, out) for cell in self.cells for out in cell.outputs if "image/png" in out.get("data", {})]

    def tagged(self, tag: str) -> list[Cell]:
        return [cell for cell in self.cells if tag in cell.tags]

    def after(self, cell: Cell, count: int) -> list[Cell]:
        return self.cells[cell.number + 1 : cell.number + 1 + count]

    @cached_property
    def page(self) -> str:
        """All markdown without blocks of code and without the map of the course."""
        lines = "\n\n".join(without_blocks(cell.source) for cell in self.text).splitlines()
        return "\n".join(line for line in lines if not MAP_ROW.match(line))

    @cached_property
    def prose(self) -> list[tuple[Cell, str]]:
        """What is read from top to bottom, cell by cell: no code, references, map of the course, or pointers onward."""
        found = []
        for cell in self.text:
            lines, skipping = [], False
            for line in without_code(cell.source).splitlines():
                if line.startswith("#"):
                    skipping = bool(re.search(r"\bReferences\b", line))
                if not skipping and not MAP_ROW.match(line):
                    lines.append(line)
            paragraphs = [text for text in "\n".join(lines).split("\n\n") if not POINTER.search(text)]
            found.append((cell, "\n\n".join(paragraphs)))
        return found

    @cached_property
    def terms(self) -> list[str]:
        """What the chapter defines, as its opening lists it."""
        found = re.search(r"^\*\*Terms:\*\*(.*?)(?=\n\n|\Z)", self.cells[0].source, re.MULTILINE | re.DOTALL)
        listed = found[1].strip().removesuffix(".").split(",") if found else []
        return [" ".join(term.split()) for term in listed if term.strip()]

    def section(self, title: str) -> str | None:
        """The text below a heading, up to the next one of its rank or the references; None where there is none."""
        found = re.search(rf"^(#+) [^\n]*{title}[^\n]*\n(.*)", self.page, re.MULTILINE | re.DOTALL)
        if not found:
            return None
        end = rf"^#{{1,{len(found[1])}}} |^#+ [^\n]*References"
        return re.split(end, found[2], maxsplit=1, flags=re.MULTILINE)[0]


class Course:
    """The names of all chapters in their order, and those chapters that exist."""

    def __init__(self, names: list[str], notebooks: dict, exercise_data: dict | None = None):
        self.names, data = names, exercise_data or {}
        self.chapters = [Chapter(self, name, notebook, data.get(name, "")) for name, notebook in notebooks.items()]

    def chapter(self, name: str) -> Chapter | None:
        return next((chapter for chapter in self.chapters if chapter.name == name), None)

    def neighbors(self, name: str) -> list[tuple[str, str]]:
        """("previous", its name) and ("next", its name), where there is one."""
        i = self.names.index(name)
        around = ("previous", self.names[max(i - 1, 0) : i]), ("next", self.names[i + 1 : i + 2])
        return [(which, neighbor) for which, found in around for neighbor in found]

    @classmethod
    def stored(cls, root: Path) -> Course:
        """The course of the README's map, as it is stored in notebooks/."""
        readme = (root / "README.md").read_text(encoding="utf-8")
        paths = {path.stem: path for path in sorted((root / "notebooks").glob("[0-9][0-9]-*.ipynb"))}
        names = dict.fromkeys([*re.findall(r"^\| \[?(\d\d-[\w-]+)", readme, re.MULTILINE), *paths])
        modules = {name: root / "nnlib/course/exercises" / f"{name[3:].replace('-', '_')}.py" for name in paths}
        return cls(
            list(names),
            {name: nbformat.read(path, as_version=4) for name, path in paths.items()},
            {name: module.read_text(encoding="utf-8") for name, module in modules.items() if module.exists()},
        )


def without_magics(code: str) -> str:
    """The code of a cell as Python."""
    return re.sub(r"^(\s*)[%!].*$", r"\1pass", code, flags=re.MULTILINE)


def without_blocks(text: str) -> str:
    return re.sub(r"```.*?```", " ", text, flags=re.DOTALL)


def without_code(text: str) -> str:
    return re.sub(r"`[^`]*`", " ", without_blocks(text))


def without_links(text: str) -> str:
    """Nor tags."""
    text = re.sub(r"!?\[[^\]]*\]\([^)]*\)|https?://\S+", " ", text)
    return re.sub(r"</?[a-z]+[^<>\n]*>", " ", text)


def without_formulas(text: str) -> str:
    return re.sub(r"\$\$.+?\$\$|(?<!\\)\$[^$]+\$", " ", text, flags=re.DOTALL)
