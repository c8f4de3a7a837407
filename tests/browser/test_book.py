"""The book: built from the stored chapters, complete, and alive without kernel and network, on a phone too."""

import html
import os
import re
import subprocess
import sys

import pytest
from conftest import REPOSITORY

import nnlib

CHAPTERS = sorted(path.stem for path in (REPOSITORY / "notebooks").glob("[0-9]*.ipynb"))
ONE_OF_EACH_PART = [
    "02-forward-and-reverse-mode",
    "06-classification",
    "11-levenberg-marquardt",
    "14-bayes-and-the-evidence",
]


@pytest.fixture(scope="session")
def site(tmp_path_factory):
    """The folder of the pages, built without a warning."""
    folder = tmp_path_factory.mktemp("book")
    build = [
        sys.executable,
        "-m",
        "sphinx",
        "-W",
        "--keep-going",
        "-q",
        "-c",
        "book",
        "-d",
        f"{folder}-trees",
        ".",
        folder,
    ]
    built = subprocess.run(
        build, cwd=REPOSITORY, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": str(REPOSITORY)}
    )
    assert built.returncode == 0, built.stderr[-3000:]
    return folder


def text_of(page):
    return page.read_text(encoding="utf-8")


def test_every_chapter_is_a_page_and_every_figure_in_the_gallery(site):
    gallery = text_of(site / "book" / "figures.html")
    for name in CHAPTERS:
        page = text_of(site / "notebooks" / f"{name}.html")
        figures = len(set(re.findall(r'data-record="(nnlib-\w+)"', page)))
        assert len(re.findall(rf'src="\.\./_static/{name}-\d+\.png"', gallery)) == figures
        places = {html.unescape(place) for place in re.findall(rf'href="\.\./notebooks/{name}\.html#([^"]+)"', gallery)}
        assert places <= set(map(html.unescape, re.findall(r'id="([^"]+)"', page))) and (places or not figures)
        for picture in re.findall(rf'src="\.\./_static/({name}-\d+\.png)"', gallery):
            assert (site / "_static" / picture).stat().st_size > 1000


def test_every_public_name_is_in_the_reference(site):
    reference = text_of(site / "book" / "api.html")
    documented = {name.split(".")[-1] for name in re.findall(r'<dt class="sig[^>]* id="nnlib\.([\w.]+)"', reference)}
    headed = set(re.findall(r'id="module-nnlib\.(\w+)"', reference))
    of_chapters = {name for name in nnlib.__all__ if getattr(nnlib, name).__name__.startswith("nnlib.course.")}
    assert set(nnlib.__all__) - of_chapters - {"activations", "costs", "derivatives"} <= documented | headed


def test_the_page_for_lecturers_has_a_row_a_chapter_and_every_wrong_answer(site):
    page = text_of(site / "book" / "lecturers.html")
    for name in CHAPTERS[:-1]:
        assert f'href="../notebooks/{name}.html"' in page
    assert page.count("<em>") > 50


def test_no_page_asks_another_host_or_scrolls_sideways_on_a_phone(site, page_from_file):
    pages = [site / "README.html", *sorted(site.glob("book/*.html")), *sorted(site.glob("notebooks/*.html"))]
    phone = page_from_file(site / "README.html")
    phone.page.set_viewport_size({"width": 390, "height": 800})
    asked = []
    phone.page.on("request", lambda request: asked.append(request.url))
    for page in pages:
        phone.page.goto(page.as_uri(), wait_until="load")
        wide = phone.page.evaluate("document.documentElement.scrollWidth")
        assert wide <= 390, (page.name, wide)
    assert [url for url in asked if not url.startswith(("file:", "data:", "blob:"))] == []
    assert phone.console_errors == []


@pytest.mark.parametrize("name", [name for name in ONE_OF_EACH_PART if name in CHAPTERS])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_figures_move_in_the_book(site, page_from_file, name, theme):
    page = page_from_file(site / "notebooks" / f"{name}.html", color_scheme=theme)
    moved = 0
    for i in range(page.figures().count()):
        commit = page.figure(i).get_by_role("button", name="Commit")
        if commit.is_visible():
            page.figure(i).get_by_role("radio").first.check()
            commit.click()
        before = page.numbers(i)
        for slider in page.figure(i).get_by_role("slider").all():
            slider.focus()
            for key in ("Home", "End"):
                page.page.keyboard.press(key)
                page.page.wait_for_timeout(150)
                moved += page.numbers(i) != before
        step = page.figure(i).get_by_role("button", name="Step", exact=True)
        if step.is_visible() and step.is_enabled():
            step.click()
            moved += page.numbers(i) != before
    assert moved >= page.figures().count() >= 2
    assert page.console_errors == []
