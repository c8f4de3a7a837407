"""What a figure keeps wherever it is shown: its picture in one piece, its question and its text within reach."""

import os
import subprocess
import sys

import numpy as np
import pytest
from conftest import REPOSITORY, VIEWPORT
from test_live_figures import ASK, AT_ONCE, LIVE, PARABOLA, page_of, stored

STILL, MOVING = np.array([0x00, 0x72, 0xB2]), np.array([0xE6, 0x9F, 0x00])
TARGETS = """
from nnlib import live

board = live.Board()
ax = board.axes[0]
ax.set(xlim=(0, 1), ylim=(0, 1))
corners = [(0.1, 0.1), (0.9, 0.1), (0.1, 0.9), (0.9, 0.9)]
ax.plot(*zip(*corners), "o", markersize=24, color="#0072B2", markeredgewidth=0)
board.line("mark", ax, marker="o", markersize=10, color="#E69F00", markeredgewidth=0, linestyle="none")


def show(number):
    return live.Frame({"mark": corners}, {"number": number}, "Discs in discs, {number}.")


t = live.figure(board, show, [live.Slider("number", "number", [1.0, 2.0], start=1.0)])
t
"""
UNKIND = """
.reveal, .reveal section { visibility: visible !important }
img { max-width: 80% !important; margin: 9px !important; border: 3px solid !important; filter: invert(1) }
canvas { border: 4px solid red; max-width: 70% }
"""
LONG = ASK.replace("it stays", "it stays where it was, because only x has moved and a has no part in it at all")
ALL_INSIDE = """card => {
  const box = card.getBoundingClientRect();
  return [...card.querySelectorAll("label, button, legend")].every(part => {
    const at = part.getBoundingClientRect();
    return at.top >= box.top && at.bottom <= box.bottom && at.left >= box.left && at.right <= box.right;
  });
}"""


def target_errors(page) -> np.ndarray:
    """How many pixels each moving disc is away from the middle of the still disc that it is drawn on."""
    pixels = page.pixels().astype(int)
    still, moving = (abs(pixels - color).max(axis=2) < 40 for color in (STILL, MOVING))
    middle = np.array(still.shape) // 2
    errors = []
    for rows in (slice(None, middle[0]), slice(middle[0], None)):
        for columns in (slice(None, middle[1]), slice(middle[1], None)):
            inner = np.argwhere(moving[rows, columns])
            both = np.argwhere(moving[rows, columns] | still[rows, columns])
            assert len(inner) > 20 and len(both) > 2 * len(inner)
            errors.append(inner.mean(axis=0) - both.mean(axis=0))
    return np.array(errors)


def boxes(page) -> list[list[float]]:
    """Where the still and the canvas are."""
    rectangles = "parts => parts.map(part => part.getBoundingClientRect()).map(r => [r.x, r.y, r.width, r.height])"
    return page.figure().locator(".nnlib-picture > *").evaluate_all(rectangles)


def assert_in_one_piece(page) -> None:
    still, canvas = boxes(page)
    assert still == pytest.approx(canvas, abs=0.01)
    assert abs(target_errors(page)).max() < 0.7


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_still_and_canvas_coincide_in_jupyterlab(notebook, dark):
    page = notebook(cells=[TARGETS])
    page.use_dark_theme(dark)
    page.figure()
    assert_in_one_piece(page)


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """The stored targets as pages: of nbconvert, as slides, and in the look of the book."""
    folder = tmp_path_factory.mktemp("targets")
    (folder / "notebooks").mkdir()
    notebook = stored([TARGETS], folder / "notebooks" / "targets.ipynb")
    (folder / "README.md").write_text("# A book\n")
    build = [sys.executable, "-m", "sphinx", "-q", "-c", REPOSITORY / "book", folder, folder / "book"]
    subprocess.run(build, check=True, capture_output=True, env={**os.environ, "PYTHONPATH": str(REPOSITORY)})
    found = {"book": folder / "book" / "notebooks" / "targets.html"}
    return found | {to: page_of(notebook, to).rename(folder / f"{to}.html") for to in ("html", "slides")}


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("to", ["html", "slides", "book"])
def test_still_and_canvas_coincide_whatever_the_page_does_to_images(page_from_file, pages, to, theme):
    saved = page_from_file(pages[to], color_scheme=theme)
    saved.page.add_style_tag(content=UNKIND)
    assert_in_one_piece(saved)
    saved.screenshot(f"targets-{to}-{theme}")


def test_only_the_card_is_white_in_the_dark_book(page_from_file, pages):
    saved = page_from_file(pages["book"], color_scheme="dark")
    style = "node => [getComputedStyle(node).backgroundColor, getComputedStyle(node).color]"
    background, color = saved.page.locator(".text_html:has(.nnlib-plot)").evaluate(style)
    assert background == "rgba(0, 0, 0, 0)"
    assert color == saved.page.locator("body").evaluate(style)[1]
    saved.screenshot("dark-book")


def test_figures_grow_with_the_text_in_presentation_mode(notebook):
    page = notebook(cells=[TARGETS, PARABOLA + ASK], viewport={**VIEWPORT, "width": 1600})
    size = "node => [node.clientWidth, node.width / node.clientWidth]"
    legend = page.figure(1).locator("legend")
    before, _ = page.canvas().evaluate(size)
    text = legend.evaluate("node => parseFloat(getComputedStyle(node).fontSize)")
    page.page.evaluate("() => window.jupyterapp.commands.execute('application:toggle-presentation-mode')")
    page.page.wait_for_function(
        "before => document.querySelector('.nnlib-plot canvas').clientWidth > 1.15 * before", arg=before
    )
    page.page.wait_for_function("() => (c => c.width === c.clientWidth)(document.querySelector('.nnlib-plot canvas'))")
    assert_in_one_piece(page)
    assert legend.evaluate("node => parseFloat(getComputedStyle(node).fontSize)") > 1.15 * text
    page.screenshot("presentation")


def test_question_never_hides_its_options_on_a_phone(page_from_file, tmp_path):
    saved = page_from_file(page_of(stored([PARABOLA, LONG], tmp_path / "stored.ipynb"), "html"))
    saved.page.set_viewport_size({"width": 390, "height": 800})
    saved.figure()
    assert saved.page.locator(".nnlib-card").evaluate(ALL_INSIDE)


def test_question_never_hides_its_options_beside_the_file_browser_and_is_unanswered_in_the_dark(notebook):
    page = notebook(cells=[PARABOLA, LONG], viewport={"width": 800, "height": 900})
    page.page.evaluate("() => window.jupyterapp.shell.expandLeft()")
    page.page.wait_for_function("() => document.querySelector('.nnlib-card').clientWidth < 450")
    assert page.page.locator(".nnlib-card").evaluate(ALL_INSIDE)
    page.use_dark_theme()
    radio = page.figure().get_by_role("radio").first
    assert radio.evaluate("node => getComputedStyle(node).colorScheme") == "light"
    page.figure().scroll_into_view_if_needed()
    page.screenshot("question-narrow-dark")


def test_long_numbers_wrap(notebook):
    long = PARABOLA.replace('"height at 2": 4 * a', '"digits": "0123456789" * 12')
    page = notebook(cells=[long, LIVE], viewport={"width": 700, "height": 900})
    right = "node => node.getBoundingClientRect().right"
    (value,) = page.figure().locator(".nnlib-value").all()[1:]
    assert value.evaluate(right) <= page.figure().evaluate(right)
    assert value.evaluate("node => node.clientHeight") > 30


def test_a_notebook_that_is_not_trusted_says_what_to_do(notebook, lab):
    path = stored([PARABOLA, AT_ONCE], lab.root / "not-trusted.ipynb")
    page = notebook(path.name, run=False)
    still = page.page.get_by_role("img", name="The parabola a x² for a = 1.")
    still.wait_for()
    assert page.figures().count() == 0
    assert page.page.get_by_text("run this cell, or trust this notebook, and it moves").is_visible()
