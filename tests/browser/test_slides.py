"""The slides: every one fits the projector, alone with its folder, and what moves in the chapter moves there."""

import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from conftest import PATIENCE, REPOSITORY

CHAPTERS = sorted(path.stem for path in (REPOSITORY / "notebooks").glob("[0-9]*.ipynb"))
PLAYED = ["01-computational-graphs", "11-levenberg-marquardt", "15-bayesian-regularization"]
PROJECTOR = {"width": 1280, "height": 720}

# Shows every slide; says what is cut off, below the last line, to be scrolled, or too small to read.
FAULTS = """() => Reveal.getSlides().flatMap(slide => {
  const { h, v } = Reveal.getIndices(slide);
  Reveal.slide(h, v);
  const lowest = document.querySelector("nav").getBoundingClientRect().top;
  const faults = slide.scrollHeight > slide.clientHeight ? ["scrolls"] : [];
  if (![...slide.children].some(part => !part.matches("header, .code, :empty"))) faults.push("shows nothing");
  for (const node of slide.querySelectorAll("*")) {
    if (node.closest(".code, mjx-assistive-mml, svg *")) continue; // not on the slide, not to be seen, part of a whole
    const box = node.getBoundingClientRect();
    const outside = box.left < 0 || box.top < 0 || box.right > innerWidth || box.bottom > lowest;
    if (box.width && outside) faults.push(`${node.tagName} ends at ${box.right}, ${box.bottom}`);
    const isProse = node.matches("p, li") && !node.closest(".nnlib-figure");
    if (isProse && parseFloat(getComputedStyle(node).fontSize) < 24) faults.push("small: " + node.textContent);
  }
  return faults.map(fault => `slide ${h}.${v}: ${fault}`);
})"""


@pytest.fixture(scope="session")
def folder(tmp_path_factory) -> Path:
    """The folder of the slides, built once."""
    made = tmp_path_factory.mktemp("slides")
    build = [sys.executable, "book/slides/make_slides.py", made]
    subprocess.run(build, cwd=REPOSITORY, check=True, env={**os.environ, "PYTHONPATH": str(REPOSITORY)})
    return made


@pytest.fixture
def slides(folder, page_from_file):
    """A function that opens the slides of a chapter on a projector; `asked` collects what the page asks for."""

    def open_slides(name: str):
        page = page_from_file(folder / "index.html")
        page.page.set_viewport_size(PROJECTOR)
        page.asked = []
        page.page.on("request", lambda request: page.asked.append(request.url))
        page.page.goto((folder / f"{name}.html").as_uri())
        page.page.wait_for_function("window.Reveal?.isReady?.()", timeout=PATIENCE)
        return page

    return open_slides


def slide_number(page) -> dict:
    return page.page.evaluate("Reveal.getIndices()")


def go_to_figure(page, i: int) -> None:
    page.page.evaluate(
        """i => {
             const { h, v } = Reveal.getIndices(document.querySelectorAll(".nnlib-plot")[i].closest("section"));
             Reveal.slide(h, v);
           }""",
        i,
    )


def answer(page, i: int) -> None:
    """Answer the figure's question if it has one: until then it is locked."""
    commit = page.figure(i).get_by_role("button", name="Commit")
    if commit.is_visible():
        assert page.figure(i).locator(".nnlib-controls:disabled").count() == 1
        page.figure(i).get_by_role("radio").first.check()
        commit.click()
        assert page.figure(i).locator(".nnlib-verdict").is_visible()


@pytest.mark.parametrize("name", CHAPTERS)
def test_every_slide_fits_and_nothing_is_asked_of_another_host(slides, name):
    page = slides(name)
    assert page.page.evaluate(FAULTS) == []
    assert page.page.locator(".nnlib-plot").count() == figures_of(name)
    assert [url for url in page.asked if not url.startswith(("file:", "data:", "blob:"))] == []
    assert page.page.locator("mjx-merror").count() == 0
    assert page.console_errors == []


def figures_of(name: str) -> int:
    cells = nbformat.read(REPOSITORY / "notebooks" / f"{name}.ipynb", as_version=4).cells
    outputs = [output.get("data", {}).get("text/html", "") for cell in cells for output in cell.get("outputs", [])]
    return sum("data-record" in text for text in outputs)


@pytest.mark.parametrize("name", PLAYED)
def test_figures_move_by_keys_that_turn_no_slide(slides, name):
    page = slides(name)
    for i in range(page.figures().count()):
        go_to_figure(page, i)
        here, moved = slide_number(page), False
        answer(page, i)
        before = page.numbers(i)
        for slider in page.figure(i).get_by_role("slider").all():
            slider.focus()
            for key in ("Home", "ArrowRight", "Shift+ArrowRight", "ArrowDown", "End"):
                page.page.keyboard.press(key)
                moved |= page.numbers(i) != before
        step = page.figure(i).get_by_role("button", name="Step", exact=True)
        if step.is_visible() and step.is_enabled():
            step.press("Space")
            moved |= page.numbers(i) != before
        for choice in page.figure(i).locator(".nnlib-row button[aria-pressed=false]").all():
            choice.press("Enter")
            moved |= page.numbers(i) != before
        assert moved and slide_number(page) == here, f"figure {i}"
        still, canvas = (page.figure(i).locator(f".nnlib-picture {part}").bounding_box() for part in ("img", "canvas"))
        assert still == pytest.approx(canvas), f"figure {i}"
    assert page.page.evaluate(FAULTS) == []  # the numbers have grown, the verdicts are there
    assert page.console_errors == []


def test_a_remote_turns_the_slide_while_a_slider_has_the_focus(slides):
    page = slides("11-levenberg-marquardt")
    go_to_figure(page, 0)
    before = slide_number(page)
    page.slider("b, bias at the start").focus()
    page.page.keyboard.press("PageDown")
    assert slide_number(page) != before
    page.page.keyboard.press("PageUp")
    assert slide_number(page) == before


def test_code_is_hidden_until_the_switch_is_pressed(slides):
    page = slides("11-levenberg-marquardt")
    go_to_figure(page, 0)
    switch, code = page.page.get_by_role("button", name="Code"), page.page.locator(".present > .code")
    for shown, press in ((False, None), (True, "key"), (False, "key"), (True, "click"), (False, "click")):
        if press == "key":
            page.page.keyboard.press("c")
        elif press == "click":
            switch.click()
        assert code.is_visible() == shown and switch.get_attribute("aria-pressed") == str(shown).lower()
    page.page.keyboard.press("Home")
    assert switch.is_disabled()  # no code there


def test_a_title_slide_has_promise_and_question_and_no_solution_is_projected(slides):
    page = slides("03-backpropagation-by-hand")
    title = page.page.locator("section.present section.present > *").all_inner_texts()
    assert title[0].startswith("03 ·") and title[1].startswith("Promise:") and title[2].startswith("The question:")
    assert len(title) == 3
    whole = page.page.content()
    assert "Exercise 5" in whole and "Solution" not in whole and "Not done yet" not in whole


def test_what_an_exercise_asks_to_read_is_on_a_slide(slides):
    page = slides("11-levenberg-marquardt")
    stubs = page.page.locator(".slides > section > section > .highlight", has_text="exercises.check_")
    assert stubs.count() == 5
    printed = page.page.locator("pre.output + .highlight").all_text_contents()  # text of slides out of sight too
    assert any("check_log" in stub for stub in printed)
    listing = page.page.locator("pre.output", has_text="def ").all_inner_texts()
    assert sum(text.count("def ") for text in listing) >= 5  # the five loops of the bug hunt
    assert all(text.startswith(("def ", "from ")) for text in listing if "def " in text)  # none is cut in two


def test_no_slide_ends_in_mid_sentence_and_no_line_begins_with_a_comma(slides):
    page = slides("11-levenberg-marquardt")
    ends = page.page.locator(".slides > section > section > p:last-child").evaluate_all(
        "paragraphs => paragraphs.map(p => p.lastChild.nodeType === Node.TEXT_NODE ? p.textContent.trim() : '.')"
    )
    assert [text[-60:] for text in ends if text[-1].isalnum() or text[-1] in ":,"] == []
    loose = """formulas => formulas.filter(formula => /^[.,;:]/.test(formula.nextSibling?.data ?? "")).length"""
    assert page.page.locator(".slides :not(.kept) > mjx-container:not([display])").evaluate_all(loose) == 0


def test_the_index_leads_to_every_chapter(folder):
    index = (folder / "index.html").read_text("utf-8")
    assert [name for name in CHAPTERS if f'href="{name}.html"' not in index] == []
