"""Live figures as a reader meets them: in JupyterLab and in saved pages, moved by keyboard and mouse."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest
from conftest import REPOSITORY, write_notebook
from PIL import Image

PARABOLA = """
import numpy as np
from nnlib import live

x = np.linspace(-2, 2, 200)
board = live.Board(1, 2, titles=("A parabola", "and its height at x = 1"))
left, right = board.axes
left.set(xlim=(-2, 2), ylim=(-1, 8), xlabel="x", ylabel="a x²")
right.set(ylim=(0, 4.5), ylabel="height")
board.band("band", left, x, color=live.COLORS["sky"], alpha=0.35)
board.curve("parabola", left, x, color=live.COLORS["blue"], linewidth=2.5)
board.arrow("slope", left, color=live.COLORS["vermillion"])
board.text("note", left, weight="bold")
board.line("dots", left, marker="s", markerfacecolor="white", color=live.COLORS["purple"], linestyle="none")
board.bars("heights", right, ["a", "a/2", "a/4"], color=live.COLORS["orange"])
calls = []


def show(a):
    calls.append(a)
    y = a * x**2
    marks = {"band": (y - 0.5, y + 0.5), "parabola": y, "slope": ((0, 0), (1, a)), "note": (-1.8, 7, f"a = {a:.3g}")}
    marks |= {"dots": [(-1, a), (1, a)], "heights": [a, a / 2, a / 4]}
    return live.Frame(marks, {"a": a, "height at 2": 4 * a}, "The parabola a x² for a = {a}.")


a = live.Slider("a", "a, steepness", np.arange(9) / 2, start=1.0)
"""
LIVE = (
    "f = live.figure(board, show, [a], record={'a': [0.0, 1.0, 2.0, 4.0]})\nf"  # fewer positions than the kernel knows
)
AT_ONCE = "g = live.figure(board, show, [a])\ng"  # all of them travel to the browser

NEWTON = """
from nnlib import live

board = live.Board()
ax = board.axes[0]
ax.set(xlim=(-0.5, 8.5), ylim=(0, 4), xlabel="step", ylabel="x")
board.line("path", ax, trail=True, marker="o", color=live.COLORS["blue"])


def newton(x0):
    x = x0
    while abs(x * x - 2) > 1e-12:
        x = (x + 2 / x) / 2
        yield x
    return "x² = 2 to 12 digits"


def show(records, x0):
    points = [x0, *records]
    return live.Frame({"path": list(enumerate(points))}, {"x": f"{points[-1]:.6f}"}, "Newton's steps to {x}.")


x0 = live.Slider("x0", "x₀, start", [0.5, 1.0, 3.0], start=3.0)
"""
STEPPER = "f = live.stepper(board, newton, show, [x0], record={record}, pause={pause})\nf"

ASK = """
class Ask:
    question = "What happens to the height at x = 2 when a doubles?"
    options = ["it stays", "it doubles", "it grows fourfold"]

    def verdict(self, i):
        return f"You said “{self.options[i]}”. It doubles: it is 4a, linear in a."


f = live.figure(board, show, [a], ask=Ask())
f
"""

GREY = np.array([180, 180, 180])


def count(pixels: np.ndarray, color: np.ndarray) -> int:
    return int((abs(pixels.astype(int) - color).max(axis=2) < 12).sum())


def stored(cells: list[str], path):
    """A notebook of these cells, executed and stored as chapters are."""
    write_notebook(path, cells)
    environment = {**os.environ, "NNLIB_RECORD": "always", "PYTHONPATH": str(REPOSITORY)}
    execute = [sys.executable, "-m", "nbconvert", "--to", "notebook", "--execute", "--inplace", path]
    subprocess.run(execute, check=True, capture_output=True, env=environment)
    subprocess.run([sys.executable, REPOSITORY / "tests" / "stored.py", path], check=True)
    return path


def page_of(notebook_path, to: str):
    """The notebook as nbconvert makes a page of it."""
    convert = [sys.executable, "-m", "nbconvert", "--to", to, notebook_path]
    subprocess.run(convert, check=True, capture_output=True)
    return next(notebook_path.parent.glob("*.html"))


def test_slider_by_keyboard_and_mouse_moves_numbers_and_picture_as_the_mathematics_says(notebook):
    page = notebook(cells=[PARABOLA, LIVE, AT_ONCE])
    for figure, name in enumerate("fg"):
        assert page.numbers(figure) == {"a": "1", "height at 2": "4"}
        before = page.pixels(figure)
        page.press_keys("a, steepness", "ArrowRight", times=2, figure=figure)
        page.wait_for_number("height at 2", "8", figure=figure)
        assert page.alt(figure) == "The parabola a x² for a = 2."
        assert (page.pixels(figure) != before).any()
        page.press_keys("a, steepness", "Home", figure=figure)
        page.wait_for_number("height at 2", "0", figure=figure)
        page.drag("a, steepness", to=1.0, figure=figure)
        page.wait_for_number("height at 2", "16", figure=figure)
        assert page.slider("a, steepness", figure).get_attribute("aria-valuetext") == "4"
        page.wait_for_kernel(f"{name}.values['a']", "4.0")
    assert int(page.kernel("print(len(calls))")) <= 18, "each figure computes each position once at the most"
    assert page.errors() == []
    page.screenshot("live-light")
    page.use_dark_theme()
    page.screenshot("live-dark")
    margin = page.pixels(1)[100:104, 2:6]
    assert (margin == 255).all(), "the card stays white in the dark theme"


def test_moving_shapes_stand_where_matplotlib_would_draw_them(notebook):
    page = notebook(cells=[PARABOLA, LIVE])
    page.press_keys("a, steepness", "ArrowRight")
    page.wait_for_number("a", "1.5")
    ours = page.drawing().astype(float)
    page.kernel("open('matplotlib.png', 'wb').write(f.png())")
    theirs = Image.open(page.lab.root / "matplotlib.png").convert("RGB").resize(ours.shape[1::-1])
    far = abs(ours - np.asarray(theirs, dtype=float)).max(axis=2) > 100
    grey = abs(ours - GREY).max(axis=2) < 40  # the trail, which matplotlib's picture has not
    assert (far & ~grey).mean() < 0.0005


def test_last_resting_position_stays_in_grey(notebook):
    page = notebook(cells=[PARABOLA, LIVE, AT_ONCE])
    for figure in (0, 1):
        before = count(page.drawing(figure), GREY)
        page.press_keys("a, steepness", "ArrowRight", times=2, figure=figure)
        page.wait_for_number("a", "2", figure=figure)
        assert count(page.drawing(figure), GREY) > before + 300


def test_height_never_changes_while_dragging(notebook):
    page = notebook(cells=[PARABOLA, LIVE, AT_ONCE])
    for figure in (0, 1):
        heights = {page.height(figure)}
        page.start_drag("a, steepness", figure)
        for to in (0.9, 0.1, 0.5, 0.0, 1.0):
            page.drag_on("a, steepness", to, steps=4, figure=figure)
            heights.add(page.height(figure))
        page.page.mouse.up()
        page.page.wait_for_timeout(300)
        heights.add(page.height(figure))
        assert len(heights) == 1


def test_picture_is_sharp_on_a_dense_screen(notebook):
    page = notebook(cells=[PARABOLA, LIVE], device_scale_factor=2)
    size = "node => [node.width / node.clientWidth, node.height / node.clientHeight]"
    assert page.canvas().evaluate(size) == [2, 2]
    assert page.drawing().shape == (760, 1840, 3)
    page.screenshot("live-dense")
    page.page.set_viewport_size({"width": 700, "height": 1000})  # a column narrower than the picture
    page.page.wait_for_timeout(500)
    assert page.canvas().evaluate("node => node.clientWidth") < 700
    assert page.canvas().evaluate(size) == pytest.approx([2, 2], abs=0.01)


@pytest.mark.parametrize("record", ["{'x0': [1.0, 3.0]}", "None"], ids=["live", "at once"])
def test_stepper_steps_runs_pauses_resets_and_keeps_the_last_run_in_grey(notebook, record):
    page = notebook(cells=[NEWTON, STEPPER.format(pause=0.4, record=record)])
    assert page.numbers() == {"x": "3.000000", "status": "at the start"}
    page.press("Step")
    page.wait_for_number("x", "1.833333")  # (3 + 2/3) / 2
    assert page.numbers()["status"] == "step 1"
    page.press("Run")
    page.wait_for_number("status", "step 2")
    page.press("Pause")
    page.page.wait_for_timeout(1000)
    assert page.numbers()["status"] in {"step 2", "step 3"}
    page.press("Run")
    page.wait_for_number("status", "ended after step 5: x² = 2 to 12 digits")
    assert page.numbers()["x"] == "1.414214"
    assert page.kernel("print(f.k, f.status)").strip() == "5 ended after step 5: x² = 2 to 12 digits"
    height, before = page.height(), count(page.drawing(), GREY)
    page.press("Reset")
    page.wait_for_number("status", "at the start")
    assert count(page.drawing(), GREY) > before + 100
    page.press_keys("x₀, start", "ArrowLeft")
    page.wait_for_number("x", "1.000000")
    page.figure().get_by_role("button", name="Step").focus()
    page.page.keyboard.press("Enter")
    page.wait_for_number("x", "1.500000")
    assert page.height() == height
    assert page.errors() == []
    page.screenshot("stepper")


def test_run_shows_only_the_end_where_the_reader_wants_no_motion(notebook):
    page = notebook(cells=[NEWTON, STEPPER.format(pause=30, record="{'x0': [3.0, 1.0]}")], reduced_motion="reduce")
    page.press("Run")
    page.wait_for_number("status", "ended after step 5: x² = 2 to 12 digits")


def test_question_locks_the_figure_until_the_reader_commits(notebook):
    page = notebook(cells=[PARABOLA, ASK])
    height = page.height()
    page.screenshot("question")
    commit = page.figure().get_by_role("button", name="Commit")
    assert commit.is_disabled()
    assert not page.canvas().is_visible()
    assert page.slider("a, steepness").is_disabled()
    page.figure().get_by_role("radio", name="it grows fourfold").focus()
    page.page.keyboard.press("Space")
    page.page.keyboard.press("Tab")
    page.page.keyboard.press("Enter")
    verdict = page.figure().locator(".nnlib-verdict:visible")
    verdict.wait_for()
    assert verdict.text_content() == "You said “it grows fourfold”. It doubles: it is 4a, linear in a."
    assert page.kernel("print(f.committed)").strip() == "2"
    assert page.canvas().is_visible() and page.height() == height
    page.press_keys("a, steepness", "ArrowRight")
    page.wait_for_number("a", "1.5")
    assert page.errors() == []
    page.screenshot("question-answered")


def test_exception_of_a_callback_is_seen_and_the_next_good_one_clears_it(notebook):
    broken = PARABOLA.replace("    calls.append(a)\n", "    1 / (a - 1.5)\n")
    page = notebook(cells=[broken, LIVE])
    height = page.height()
    page.press_keys("a, steepness", "ArrowRight")
    page.error_box().wait_for()
    text = page.error_box().text_content()
    assert "ZeroDivisionError" in text and "1 / (a - 1.5)" in text
    assert page.numbers()["a"] == "1" and page.height() == height
    page.screenshot("exception")
    page.press_keys("a, steepness", "ArrowRight")
    page.wait_for_number("a", "2")
    assert page.error_box().count() == 0
    assert any("ZeroDivisionError" in line for line in page.kernel_errors())


def test_two_figures_can_be_linked_and_stand_in_a_box(notebook):
    linked = "import ipywidgets\nipywidgets.link((f, 'a'), (g, 'a'))\nipywidgets.VBox([f, g])"
    page = notebook(cells=[PARABOLA, LIVE.removesuffix("f"), AT_ONCE.removesuffix("g"), linked])
    page.press_keys("a, steepness", "End", figure=0)
    page.wait_for_number("height at 2", "16", figure=1)
    assert page.slider("a, steepness", 1).get_attribute("aria-valuetext") == "4"
    page.press_keys("a, steepness", "Home", figure=1)
    page.wait_for_number("height at 2", "0", figure=0)
    assert page.errors() == []


def test_stored_figures_move_in_jupyterlab_before_any_cell_was_run(notebook, lab):
    path = stored([PARABOLA, LIVE, NEWTON, STEPPER.format(pause=0.01, record=None)], lab.root / "stored.ipynb")
    trust = [sys.executable, "-m", "jupyter", "trust", path]
    subprocess.run(trust, check=True, capture_output=True, env=lab.environment)
    page = notebook(path.name, run=False)
    page.press_keys("a, steepness", "ArrowRight", times=1)
    page.wait_for_number("height at 2", "8")
    assert page.alt() == "The parabola a x² for a = 2."
    page.press("Run", figure=1)
    page.wait_for_number("x", "1.414214", figure=1)
    assert page.errors() == []


def test_figure_whose_kernel_is_gone_says_what_to_do(notebook):
    page = notebook(cells=[PARABOLA, LIVE])
    hint = "node => getComputedStyle(node.parentElement, '::before').content"
    assert "run the cells" not in page.figure().evaluate(hint)
    page.restart_kernel()
    assert "run the cells" in page.figure().evaluate(hint)
    page.screenshot("kernel-gone")
    page.run_all()
    page.press_keys("a, steepness", "ArrowRight")
    page.wait_for_number("a", "1.5")


@pytest.mark.parametrize("to", ["html", "slides"])
def test_stored_figures_move_in_a_saved_page_without_kernel_or_network(page_from_file, tmp_path, to):
    ask = ASK.replace("[a], ask", "[a], record={'a': [0, 1, 2, 4]}, ask")
    path = stored([PARABOLA, LIVE, ask, NEWTON, STEPPER.format(pause=0.01, record=None)], tmp_path / "stored.ipynb")
    saved = page_from_file(page_of(path, to))
    assert saved.page.locator('script[data-nnlib="figures"]').count() == 1
    if to == "slides":  # reveal.js comes from the network, without it all slides are on one page
        saved.page.add_style_tag(content=".reveal, .reveal section { visibility: visible !important }")
    saved.press_keys("a, steepness", "ArrowRight", figure=0)
    saved.wait_for_number("height at 2", "8", figure=0)
    saved.drag("a, steepness", to=0.0, figure=0)
    saved.wait_for_number("height at 2", "0", figure=0)
    assert saved.slider("a, steepness", figure=0).get_attribute("aria-valuetext") == "0"

    assert saved.slider("a, steepness", figure=1).is_disabled()
    saved.figure(1).get_by_text("it doubles", exact=True).click()
    saved.press("Commit", figure=1)
    saved.press_keys("a, steepness", "End", figure=1)
    saved.wait_for_number("height at 2", "16", figure=1)

    saved.press("Run", figure=2)
    saved.wait_for_number("status", "ended after step 5: x² = 2 to 12 digits", figure=2)
    assert saved.numbers(2)["x"] == "1.414214"
    saved.press_keys("x₀, start", "Home", figure=2)
    saved.press("Step", figure=2)
    saved.wait_for_number("x", "2.250000", figure=2)
    of_the_template = ("ERR_INTERNET_DISCONNECTED", "require is not defined")  # nbconvert's pages ask the network
    assert [error for error in saved.console_errors if not any(text in error for text in of_the_template)] == []
    saved.screenshot(f"saved-{to}")
