"""The chapters as slides: `make slides`. Nothing runs: the chapters are stored executed.

Where a slide begins is decided here, by what a cell is. A slide that is still too long is broken in slides.js, which
can measure it.
"""

import re
import shutil
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import nbformat
from nbconvert import SlidesExporter
from nbconvert.filters import markdown2html
from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell
from pygments.formatters import HtmlFormatter

HERE = Path(__file__).parent
CHAPTERS = sorted(HERE.parents[1].glob("notebooks/[0-9]*.ipynb"))
NOT_PROJECTED = {"solution", "claims"}  # tags
BORROWED = {"sphinx-revealjs": ("reveal.js", "reveal.css"), "sphinx-mathjax-offline": ("tex-svg.js",)}

MINUTES_AND_LINKS = re.compile(r"^\*\d+ minutes.*?\*\n", re.MULTILINE | re.DOTALL)
PROMISE = re.compile(r"\*\*Promise: (.+?)\*\*", re.DOTALL)
QUESTION = re.compile(r"^\*\*The question:\*\* .+\n", re.MULTILINE)
HINT = re.compile(r"<details><summary>Hint</summary>.*?</details>", re.DOTALL)
HOW_TO_ANSWER = re.compile(r"^(?:Replace the dots|Each)\b.*\bcheck\b.*\n", re.MULTILINE)  # above a chapter's exercises
FOLD = re.compile(r"<details><summary>(.*?)</summary>(.*?)</details>", re.DOTALL)
BOLD_LINE = re.compile(r"^\*\*([^*\n]{1,30})\*\*$", re.MULTILINE)
FENCE_OR_HEADING = re.compile(r"^```.*?^```|^#{1,3} ", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\((\d\d-[\w-]+)\.ipynb[^)]*\)")
SENTENCE_ENDS = re.compile(r"[.?!](?:\*\*|\))?\s+|\n\n")
CAPTION = re.compile(r"[^#|(-].{,140}", re.DOTALL)
BREAK = "\f"
HEADING_ALONE = re.compile(rf"(?<={BREAK})(##? .+)\n\s*{BREAK}(?=##)")  # a heading right below it shares its slide

INDEX = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Neural networks you can touch: slides</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="static/slides.css">
<script>MathJax = {{ tex: {{ inlineMath: [["$", "$"]] }} }};</script>
<script src="static/tex-svg.js" defer></script>
<main class="contents"><h1>Neural networks you can touch</h1>{rows}</main>
</html>
"""


def shown(cells: list[NotebookNode]) -> list[NotebookNode]:
    """What a lecturer projects of a chapter's cells, each cut into parts that know whether a slide begins with them."""
    parts: list[NotebookNode] = []
    for cell in filter(is_projected, without_skipped(cells)):
        after_figure = next((is_figure(above) for above in reversed(parts) if shows_something(above)), False)
        if is_figure(cell):
            parts += [part(caption_taken_from(parts), "subslide"), marked(cell, "-")]
        elif cell.cell_type == "code":
            parts += code_parts(cell, parts, after_figure)
        else:
            parts += markdown_parts(cell.source, after_figure)
    return parts


def without_skipped(cells: list[NotebookNode]) -> Iterator[NotebookNode]:
    """A text that its author left out of slides is left out with the code below it; other code belongs to its text."""
    skipped = False
    for cell in cells:
        if cell.cell_type == "markdown":
            skipped = cell.metadata.get("slideshow", {}).get("slide_type") == "skip"
        if not skipped:
            yield cell


def is_projected(cell: NotebookNode) -> bool:
    return not NOT_PROJECTED & set(cell.metadata.get("tags", []))


def is_figure(cell: NotebookNode) -> bool:
    return any("nnlib-figure" in output.get("data", {}).get("text/html", "") for output in cell.get("outputs", []))


def markdown_parts(source: str, begins: bool) -> list[NotebookNode]:
    """A slide for each heading with its text and, below the others, for each fold; hints stay with the reader."""
    source = BOLD_LINE.sub(rf"{BREAK}#### \1", HOW_TO_ANSWER.sub("", HINT.sub("", source)))
    source = FOLD.sub(rf"{BREAK}#### \1\n\2{BREAK}", source)
    source = FENCE_OR_HEADING.sub(lambda found: found[0] if found[0][0] == "`" else BREAK + found[0], source)
    source = HEADING_ALONE.sub(r"\1\n\n", LINK.sub(r"](\1.html)", source))
    first, *others = source.split(BREAK)
    parts = [part(first, "subslide" if begins else "-")]
    parts += [part(text, "slide" if re.match("##? ", text) else "subslide") for text in others]
    return [piece for piece in parts if piece.source]


def shows_something(cell: NotebookNode) -> bool:
    return cell.cell_type == "markdown" or bool(cell.outputs)


def code_parts(cell: NotebookNode, above: list[NotebookNode], begins: bool) -> list[NotebookNode]:
    """A cell with its outputs, its code behind the switch. Code is shown where the text announces it and it has no
    outputs, and where an exercise starts from it: below what it prints, without the words of its check."""
    is_exercise = "exercise" in cell.metadata.get("tags", [])
    announced = bool(above) and above[-1].cell_type == "markdown" and above[-1].source.endswith(":")
    if is_exercise:
        cell.outputs = [output for output in cell.outputs if output.output_type == "stream"]
    outputs = [marked(cell, "subslide" if begins and cell.outputs else "-")]
    if not is_exercise and not (announced and not cell.outputs):
        return outputs
    code = part(f"```python\n{cell.source}\n```", "subslide" if begins and not cell.outputs else "-")
    return [*(outputs if cell.outputs else []), code]


def marked(cell: NotebookNode, slide_type: str) -> NotebookNode:
    cell.metadata.slideshow = {"slide_type": slide_type}
    return cell


def part(source: str, slide_type: str) -> NotebookNode:
    return new_markdown_cell(source.strip(), metadata={"slideshow": {"slide_type": slide_type}})


def caption_taken_from(parts: list[NotebookNode]) -> str:
    """The last sentence before a figure, if it is short: it says what to do, and moves to the figure's slide."""
    if not parts or parts[-1].cell_type != "markdown":
        return ""
    text = parts[-1].source
    ends = [0, *(found.end() for found in SENTENCE_ENDS.finditer(text))]
    sentence = text[ends[-1] :]
    if not CAPTION.fullmatch(sentence) or any(sentence.count(mark) % 2 for mark in ("$", "**", "`")):
        return ""
    parts[-1].source = text[: ends[-1]].rstrip()
    return sentence


def title_slide(source: str) -> str:
    """The first cell with its question beside the promise, and without the long line of links."""
    question = QUESTION.search(source)[0]
    source = MINUTES_AND_LINKS.sub("", QUESTION.sub("", source))
    return source.replace("## Goals", f"{question}\n## Goals", 1)


def contents(first_cells: dict[str, str]) -> str:
    """The index: each chapter with its promise."""
    rows = [
        f"- [{chapter_title(source)}]({name}.html): {PROMISE.search(source)[1]}" for name, source in first_cells.items()
    ]
    return INDEX.format(rows=markdown2html("\n".join(rows)))


def chapter_title(source: str) -> str:
    return source.splitlines()[0].removeprefix("# ")


def copy_static_files(folder: Path) -> None:
    """One copy of reveal.js, MathJax and the slides' own look, shared by all chapters."""
    folder.mkdir(parents=True, exist_ok=True)
    for package, names in BORROWED.items():
        for file in metadata.files(package):
            if file.name in names:
                shutil.copy(file.locate(), folder)
    for name in ("slides.css", "slides.js"):
        shutil.copy(HERE / name, folder)
    (folder / "highlight.css").write_text(HtmlFormatter(style="default").get_style_defs(".highlight"), "utf-8")


def main(folder: Path) -> None:
    copy_static_files(folder / "static")
    exporter = SlidesExporter(
        template_name="slides", extra_template_basedirs=[str(HERE.parent)], exclude_anchor_links=True
    )
    first_cells = {}
    for path in CHAPTERS:
        chapter = nbformat.read(path, as_version=4)
        first_cells[path.stem] = chapter.cells[0].source
        chapter.metadata.title = chapter_title(first_cells[path.stem])
        chapter.cells[0].source = title_slide(chapter.cells[0].source)
        chapter.cells = shown(chapter.cells)
        page, _ = exporter.from_notebook_node(chapter)
        (folder / f"{path.stem}.html").write_text(page, "utf-8")
    (folder / "index.html").write_text(contents(first_cells), "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
