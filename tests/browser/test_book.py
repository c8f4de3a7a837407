"""The book: built from the stored chapters, complete, and alive without kernel and network, on a phone too."""

import html
import os
import re
import subprocess
import sys
from importlib import resources

import pytest
from conftest import REPOSITORY
from playwright.sync_api import TimeoutError

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


def pages(site):
    return [site / "README.html", site / "CONTRIBUTING.html", *sorted(site.glob("[bn]*o*k*/*.html"))]


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


def test_no_page_shows_its_markup(site):
    code, formulas = r"<(script|style|pre|code)\b.*?</\1>", r'<(span|div) class="[^"]*\bmath\b.*?</\2>'
    hidden = re.compile(f"{code}|{formulas}|<[^>]+>", re.DOTALL)
    for page in pages(site):
        prose = hidden.sub("", text_of(page).partition("<article")[2].partition("</article>")[0])
        assert [mark for mark in ("$", "``", "](") if mark in prose] == [], page.name
    assert "\\_" not in text_of(site / "book" / "api.html")


def test_the_page_for_lecturers_has_a_row_a_chapter_and_every_wrong_answer(site):
    page = text_of(site / "book" / "lecturers.html")
    for name in CHAPTERS[:-1]:
        assert f'href="../notebooks/{name}.html"' in page
    asked = re.findall(r'<strong><a [^>]*href="\.\./notebooks/([^"#]+)#([^"]+)"', page)
    chapters = {name: text_of(REPOSITORY / "notebooks" / f"{name}.ipynb") for name in CHAPTERS}
    assert len(asked) == sum(chapter.count("ask=exercises.") for chapter in chapters.values()) > 40
    for place, anchor in asked:
        assert f'id="{anchor}"' in text_of(site / "notebooks" / place)
    assert page.count("<em>") > 2 * len(asked)


def test_no_page_asks_another_host_or_scrolls_sideways_on_a_phone(site, page_from_file):
    phone = page_from_file(site / "README.html")
    phone.page.set_viewport_size({"width": 390, "height": 800})
    asked = []
    phone.page.on("request", lambda request: asked.append(request.url))
    for page in pages(site):
        phone.page.goto(page.as_uri(), wait_until="load")
        wide = phone.page.evaluate("document.documentElement.scrollWidth")
        assert wide <= 390, (page.name, wide)
    assert [url for url in asked if not url.startswith(("file:", "data:", "blob:"))] == []
    assert phone.console_errors == []


STRIP = ".strip section .nnlib-plot"
NUMBERS = f"[...document.querySelectorAll('{STRIP} .nnlib-numbers')].map((numbers) => numbers.textContent)"


def front_page(site, page_from_file, **context):
    """The front page on a laptop's screen, its three figures in place."""
    front = page_from_file(site / "README.html", **context)
    front.page.set_viewport_size({"width": 1280, "height": 720})
    front.page.wait_for_function(f"document.querySelectorAll('{STRIP}').length === 3")
    return front.page


def all_change(page) -> bool:
    """Whether the numbers of all three figures change within some seconds."""
    before = page.evaluate(NUMBERS)
    changed = f"(before) => {NUMBERS}.every((numbers, i) => numbers !== before[i])"
    try:
        page.wait_for_function(changed, arg=before, timeout=4000)
    except TimeoutError:
        return False
    return True


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_front_page_moves_above_the_fold_until_it_is_paused(site, page_from_file, theme):
    page = front_page(site, page_from_file, color_scheme=theme)
    for box in page.locator(".strip section").all():
        place = box.bounding_box()
        assert place["y"] + place["height"] < 720
    assert all_change(page)
    pause = page.get_by_role("button", name="Pause")
    pause.click()
    assert pause.get_attribute("aria-pressed") == "true" and not all_change(page)
    pause.click()
    assert all_change(page)


def test_a_figure_of_the_front_page_that_is_taken_over_stays(site, page_from_file):
    page = front_page(site, page_from_file)
    slider = page.get_by_role("slider").first
    slider.focus()
    page.keyboard.press("Home")
    before = page.evaluate(NUMBERS)
    page.wait_for_function(f"(before) => {NUMBERS}[1] !== before[1]", arg=before)
    assert slider.input_value() == "0" and page.evaluate(NUMBERS)[0] == before[0]


def test_the_front_page_stands_still_for_those_who_ask_for_less_motion(site, page_from_file):
    page = front_page(site, page_from_file, reduced_motion="reduce")
    assert not all_change(page) and page.get_by_role("button", name="Pause").is_hidden()


def test_each_figure_of_the_front_page_leads_to_its_chapter(site):
    front = text_of(site / "README.html")
    doors = re.findall(r'<section>.*?<a href="([^"]+)">.*?</section>', front, re.DOTALL)
    assert len(doors) == 3 and all((site / door).exists() for door in doors)


THEMES_OWN = {"region"}  # the theme puts its logo outside of all landmarks
WITHOUT_LETTERS = "document.querySelectorAll('mjx-container, pre').forEach((part) => (part.textContent = 'text'))"


def violations(page, only: str = "{}") -> list[str]:
    """What axe-core finds on the page as it is: the rule, and the first element that breaks it."""
    page.evaluate((resources.files("axe_playwright_python") / "axe.min.js").read_text("utf-8"))
    rules = f"{{ resultTypes: ['violations'], ...{only} }}"
    told = "({ id, nodes }) => [id, nodes[0].html.slice(0, 300), nodes[0].any[0]?.message]"
    found = page.evaluate(f"axe.run(document, {rules}).then((result) => result.violations.map({told}))")
    return [violation for violation in found if violation[0] not in THEMES_OWN]


@pytest.mark.parametrize(("theme", "only"), [("light", "{}"), ("dark", "{ runOnly: ['color-contrast'] }")])
def test_axe_finds_nothing_on_any_page(site, page_from_file, theme, only):
    """Letters of formulas and words of code are thousands; one page is looked at with all of them."""
    page = page_from_file(site / "README.html", color_scheme=theme).page
    found = {}
    for path in pages(site):
        page.goto(path.as_uri(), wait_until="load")
        if not path.name.startswith("17-"):
            page.evaluate(WITHOUT_LETTERS)
        found[path.name] = violations(page, only)
    assert {name: faults for name, faults in found.items() if faults} == {}


def test_axe_finds_an_image_without_words(site, page_from_file):
    page = page_from_file(site / "README.html").page
    page.evaluate("document.querySelector('article').append(document.createElement('img'))")
    assert [rule for rule, *_ in violations(page)] == ["image-alt"]


def test_printed_pages_have_their_folds_open_and_their_code_wrapped(site, page_from_file):
    page = page_from_file(site / "notebooks" / "11-levenberg-marquardt.html").page
    page.emulate_media(media="print")
    hidden = "[...document.querySelectorAll('article details > *')].filter((part) => !part.checkVisibility()).length"
    wide = "[...document.querySelectorAll('article pre')].filter((code) => code.scrollWidth > code.clientWidth).length"
    assert page.locator("article details").count() > 10
    assert page.evaluate(hidden) == 0 and page.evaluate(wide) == 0


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
