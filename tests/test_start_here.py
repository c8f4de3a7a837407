"""What the first chapter says about the course is true: its map of chapters, and how to hand it out."""

import re
from pathlib import Path

import nbformat
import pytest
from nbconvert.exporters import NotebookExporter
from traitlets.config import Config

ROOT = Path(__file__).parents[1]
CHAPTER = ROOT / "notebooks" / "00-start-here.ipynb"


@pytest.fixture(scope="module")
def prose():
    cells = nbformat.read(CHAPTER, as_version=4).cells
    return "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")


def test_the_map_lists_the_chapters_of_the_readme_and_links_those_that_exist(prose):
    course = re.findall(r"^\| \[?(\d\d-[\w-]+)", (ROOT / "README.md").read_text(encoding="utf-8"), re.MULTILINE)
    rows = re.findall(r"^\| (\S*\d\d-[\w-]+\S*) \| .* \| (.*) \|$", prose, re.MULTILINE)
    expected = [("00-start-here", "you are here")]
    for name in course[1:]:
        exists = (ROOT / f"notebooks/{name}.ipynb").exists()
        expected.append((f"[{name}]({name}.ipynb)", "ready") if exists else (name, "planned"))
    assert rows == expected


def test_every_link_inside_the_chapter_leads_to_one_of_its_headings(prose):
    headings = {heading.replace(" ", "-") for heading in re.findall(r"^#+ (.*)$", prose, re.MULTILINE)}
    links = re.findall(r"\]\(#([^)]+)\)", prose)
    assert len(links) == 7 and set(links) <= headings


def test_numbers_in_the_prose_stand_in_outputs_that_are_compared(prose):
    checked = "".join(
        output.text
        for cell in nbformat.read(CHAPTER, as_version=4).cells
        if cell.cell_type == "code" and "nbval-check-output" in cell.metadata.get("tags", [])
        for output in cell.outputs
        if output.output_type == "stream"
    )
    for quoted in ("0.0094", "212.4", "185.8", "0.0108", "0.0173", "0.982"):
        assert quoted in prose and quoted in checked


def test_a_copy_without_solutions_keeps_every_exercise_and_hint():
    settings = Config()
    settings.TagRemovePreprocessor.enabled = True
    settings.TagRemovePreprocessor.remove_cell_tags = {"solution"}
    copy, _ = NotebookExporter(config=settings).from_filename(str(CHAPTER))
    whole = CHAPTER.read_text(encoding="utf-8")
    assert "<summary>Solution" in whole and "<summary>Solution" not in copy
    for kept in ("<summary>Hint", "exercises.start_here.check_"):
        assert copy.count(kept) == whole.count(kept) >= 4
