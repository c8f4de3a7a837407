"""What the site needs beyond Sphinx's settings: an extension, so that Sphinx can remember it between builds."""

import base64
import html
import os
import re
import shutil
from collections.abc import Iterator
from importlib import import_module, metadata
from pathlib import Path
from typing import NamedTuple

import nbformat
from myst_nb.core.render import NbElementRenderer

from nnlib.course.explorers import front_page

ROOT = Path(__file__).parents[1]
PICTURE = re.compile(r'<img alt="(?P<alt>[^"]*)"[^>]*src="data:image/png;base64,(?P<png>[^"]+)"')
TITLE = re.compile(r"^# (.+)$", re.MULTILINE)
ON_BINDER = "[Run it on Binder]"  # the first of the links under a chapter's title
ASKED = re.compile(r"\*\*The question:\*\*(.+)")
MINUTES = re.compile(r"(\d+) minutes to read, (\d+) to do")
MODULE = re.compile(r"from nnlib\.course\.exercises import (\w+)")
ASKS = re.compile(r"ask=exercises\.([\w.]+)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
BADGE = re.compile(
    r"!\[(?P<said>[^]]*)\]\(https://[^)]*badge[^)]*\)"
)  # a badge would be asked of its host by every reader
STRIP = re.compile(r"^\|( \|)+\n\|[-|]+\n(\[!\[.*\n)", re.MULTILINE)  # the README's row of pictures
EMPTY_HEADER = re.compile(r"<th[^>]*>(<p></p>)?</th>")
FORMULA = re.compile(r"\$[^$]*\$")
PROMPT = re.compile(r"\s*(>>>|\.\.\. )")
LITERAL_OR_MARKUP = re.compile(r"(``.+?``)|\||(?<=\w)_(?=\W|$)")


class Picture(NamedTuple):
    """A figure as it stands in a chapter: the chapter, its number there, what is seen, and the heading above it."""

    chapter: str
    number: int
    alt: str
    png: bytes
    heading: str

    @property
    def file(self) -> str:
        return f"{self.chapter}-{self.number}.png"


def pictures() -> list[Picture]:
    """All live figures of the stored chapters, in their order."""
    found = []
    for path in chapter_files():
        heading, number = "", 0
        for cell in nbformat.read(path, as_version=4).cells:
            headings = HEADING.findall(cell.source) if cell.cell_type == "markdown" else []
            heading = headings[-1] if headings else heading
            for output in cell.get("outputs", []):
                picture = PICTURE.search(output.get("data", {}).get("text/html", ""))
                if picture:
                    number += 1
                    png = base64.b64decode(picture["png"])
                    found.append(Picture(path.stem, number, html.unescape(picture["alt"]), png, heading))
    return found


def jupyter_slug(title: str) -> str:
    """Anchors as JupyterLab, nbviewer and nbconvert write them: the chapters link to those."""
    return title.replace(" ", "-")


def anchor(heading: str) -> str:
    """Of a heading in a chapter, as myst makes it: without formulas."""
    return jupyter_slug(FORMULA.sub("", heading))


def add_contents(app, docname, source):
    """The README is the front page, the chapters are its contents; the gallery shows every figure."""
    source[0] = BADGE.sub(r"\g<said>", source[0])
    if app.config.lite:
        source[0] = source[0].replace(ON_BINDER, f"{run_here(docname)} · {ON_BINDER}", 1)
    if docname == "README":
        source[0] = STRIP.sub(lambda _: strip(), source[0])
        source[0] += "\n\n```{toctree}\n:hidden:\n:glob:\nnotebooks/*\nbook/*\nCONTRIBUTING\n```\n"
    if docname == "book/figures":
        source[0] += "\n\n" + gallery()
    if docname == "book/lecturers":
        source[0] = source[0].replace("<!-- chapters -->", chapters()).replace("<!-- misconceptions -->", beliefs())


def run_here(docname: str) -> str:
    """The link to a chapter in JupyterLite, which lite.py puts beside the pages."""
    return f"<a href='../lite/lab/index.html?path={docname}.ipynb'>Run it here, in the browser</a>"


def strip() -> str:
    """The README's row of pictures as figures that move: three small ones, each a door to its chapter."""
    os.environ["NNLIB_RECORD"] = "always"
    doors = []
    for chapter, make in front_page.DOORS.items():
        shown = make()._repr_mimebundle_()[0]["text/html"]
        title = TITLE.search(nbformat.read(ROOT / "notebooks" / f"{chapter}.ipynb", as_version=4).cells[0].source)[1]
        doors.append(f'<section>{shown}<a href="notebooks/{chapter}.html">{title}</a></section>')
    sway = '<button type="button">Pause</button><script src="_static/strip.js"></script>'
    return "\n".join(["```{raw} html", '<div class="strip">', *doors, sway, "</div>", "```", ""])


def chapters() -> str:
    """A row a chapter: what it asks and how long it takes, as its first cell says."""
    rows = ["| chapter | its question | minutes to read, to do |", "|---|---|---|"]
    for path in chapter_files():
        first = nbformat.read(path, as_version=4).cells[0].source
        title, asked, times = TITLE.search(first)[1], ASKED.search(first), MINUTES.search(first)
        if asked and times:
            rows.append(f"| [{title}](../notebooks/{path.name}) | {asked[1].strip()} | {times[1]}, {times[2]} |")
    return "\n".join(rows)


def beliefs() -> str:
    """Every question of the figures, a link to its place, with its wrong answers and what they miss."""
    parts = []
    for path in chapter_files():
        cells = nbformat.read(path, as_version=4).cells
        module = next((f"{found[1]}." for cell in cells if (found := MODULE.search(cell.source))), "")
        places = dict(asked_under(cells))
        if places:
            parts += [f"### {TITLE.search(cells[0].source)[1]}", ""]
        for name, heading in places.items():
            module_of_it, _, name = f"nnlib.course.exercises.{module}{name}".rpartition(".")
            question = getattr(import_module(module_of_it), name)
            parts += [f"**[{question.question}](../notebooks/{path.name}#{anchor(heading)})**", ""]
            wrong = {text: why for text, why in question.reasons.items() if text != question.answer}
            parts += [*(f"- *{text}.* {why}" for text, why in wrong.items()), ""]
    return "\n".join(parts)


def asked_under(cells) -> Iterator[tuple[str, str]]:
    """Each question of a chapter's figures by its name, and the heading that its figure stands under."""
    heading = ""
    for cell in cells:
        if cell.cell_type == "markdown":
            heading = (HEADING.findall(cell.source) or [heading])[-1]
        else:
            yield from ((name, heading) for name in ASKS.findall(cell.source))


def chapter_files() -> list[Path]:
    return sorted(ROOT.glob("notebooks/[0-9]*.ipynb"))


def gallery() -> str:
    """One row of small pictures a chapter, each a link to its place."""
    shown, parts = pictures(), []
    for chapter in dict.fromkeys(picture.chapter for picture in shown):
        parts += [f"## {chapter[:2]} · {chapter[3:].replace('-', ' ')}", "", "```{raw} html", '<div class="gallery">']
        for picture in (picture for picture in shown if picture.chapter == chapter):
            place = f"../notebooks/{chapter}.html#{html.escape(anchor(picture.heading))}"
            image = f'<img src="../_static/{picture.file}" alt="{html.escape(picture.alt)}" loading="lazy">'
            parts.append(f'<a href="{place}">{image}</a>')
        parts += ["</div>", "```", ""]
    return "\n".join(parts)


def finish(app, error):
    """MathJax and the gallery's pictures beside the pages; index.html, which hosts look for, leads to the README."""
    if error is not None or app.builder.format != "html":
        return
    static = Path(app.outdir, "_static")
    script = next(file for file in metadata.files("sphinx-mathjax-offline") if file.name == "tex-svg.js")
    shutil.copy(script.locate(), static)
    for picture in pictures():
        (static / picture.file).write_bytes(picture.png)
    Path(app.outdir, "index.html").write_text(
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>Neural networks you can touch</title>'
        '<meta http-equiv="refresh" content="0; url=README.html"><a href="README.html">To the course</a></html>\n',
        "utf-8",
    )


_render_image = NbElementRenderer.render_image


def render_image(self, data):
    """Stills carry their alt text in the output's metadata, which myst-nb 1.4 does not read."""
    images = _render_image(self, data)
    alt = data.output_metadata.get(data.mime_type, {}).get("alt")
    if alt:
        images[0]["alt"] = alt
    return images


def name_no_empty_headers(app, pagename, templatename, context, doctree):
    """An empty corner of a table heads nothing: a plain cell, so that no screen reader announces a header there."""
    if "body" in context:
        context["body"] = EMPTY_HEADER.sub("<td></td>", context["body"])


def as_it_stands(app, what, name, obj, options, lines):
    """Docstrings are written to be read as they stand: |x| is a size there and R_ a name, not markup."""

    def escaped(found):
        return found[0] if found[1] else "\\" + found[0]

    lines[:] = [line if PROMPT.match(line) else LITERAL_OR_MARKUP.sub(escaped, line) for line in lines]


def say_no_signature(app, what, name, obj, options, signature, returned):
    """Classes that only a function makes, and that take whatever a widget takes: their signature would say nothing."""
    return ("", returned) if signature == "(*args, **kwargs)" else None


def setup(app):
    app.add_config_value("lite", False, "env", bool)  # whether JupyterLite will be beside the pages
    NbElementRenderer.render_image = render_image
    app.connect("source-read", add_contents)
    app.connect("html-page-context", name_no_empty_headers)
    app.connect("autodoc-process-docstring", as_it_stands)
    app.connect("autodoc-process-signature", say_no_signature)
    app.connect("build-finished", finish)
    return {"parallel_read_safe": True}
