"""Live figures as a reader meets them: in JupyterLab and in saved pages, moved by keyboard and mouse."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

PARABOLA = """
import numpy as np
from nnlib import live

x = np.linspace(-2, 2, 200)
fig, (left, right) = live.subplots(1, 2, title="A parabola and its height at x = 1")
left.set(xlim=(-2, 2), ylim=(-1, 8), xlabel="x", ylabel="a x²")
right.set(xlim=(-0.5, 2.5), ylim=(0, 4), xlabel="part", ylabel="a, a/2, a/4")
band = live.polygon(left, np.zeros((2, 2)), color=live.COLORS["sky"], alpha=0.35)
parabola, = left.plot(x, x**2, color=live.COLORS["blue"], linewidth=2.5)
slope = live.arrow(left, (0, 0), (1, 1), color=live.COLORS["vermillion"])
note = left.text(-1.8, 7, "a = 1", weight="bold")
dots, = left.plot([1], [1], "s", markersize=9, markerfacecolor="white", markeredgecolor=live.COLORS["purple"])
bars = live.bars(right, 3, color=live.COLORS["orange"])


def show(a):
    parabola.set_data(x, a * x**2)
    low, high = a * x**2 - 0.5, a * x**2 + 0.5
    band.set_xy(np.column_stack([[*x, *x[::-1]], [*low, *high[::-1]]]))
    slope.set_data((0, 0), (1, a))
    note.set_text(f"a = {a:.3g}")
    dots.set_data([-1, 1], [a, a])
    bars.set_heights([a, a / 2, a / 4])
    numbers = {"a": f"{a:.3g}", "height at 2": f"{4 * a:.4g}"}
    return live.Caption(f"The parabola a x² for a = {a:.3g}.", numbers)


moving = [band, parabola, slope, note, dots, bars]
a = live.Slider("a", "a, steepness", np.arange(9) / 2, start=1.0)
"""
LIVE = "f = live.figure(fig, moving=moving, show=show, controls=[a], trail=[parabola])\nf"
RECORDED = "live.recorded(fig, moving=moving, show=show, control=a, trail=[parabola])"

NEWTON = """
from nnlib import live

fig, ax = live.subplots()
ax.set(xlim=(-0.5, 8.5), ylim=(0, 4), xlabel="step", ylabel="x")
path, = ax.plot([], [], "o-", color=live.COLORS["blue"])


def newton(x0):
    x = x0
    while abs(x * x - 2) > 1e-12:
        x = (x + 2 / x) / 2
        yield x
    return "x² = 2 to 12 digits"


def show(history, x0):
    points = [x0, *history]
    path.set_data(range(len(points)), points)
    return live.Caption(f"{len(history)} Newton steps from {x0:g}.", {"x": f"{points[-1]:.6f}"})


x0 = live.Slider("x0", "x₀, start", [0.5, 1.0, 3.0], start=3.0)
"""
STEPPER = "f = live.stepper(fig, moving=[path], start=newton, show=show, controls=[x0], trail=[path], pause={pause})\nf"

ASK = """
ask = live.Prediction("What happens to the height at x = 2 when a doubles?",
                      ["it stays", "it doubles", "it grows fourfold"], answer=1, because="It is 4a, linear in a.")
f = live.figure(fig, moving=moving, show=show, controls=[a], predict=ask)
f
"""

GREY = np.array([180, 180, 180])


def count(pixels: np.ndarray, color: np.ndarray) -> int:
    return int((abs(pixels.astype(int) - color).max(axis=2) < 12).sum())


def test_slider_by_keyboard_and_mouse_moves_numbers_and_picture_as_the_mathematics_says(notebook):
    page = notebook(cells=[PARABOLA, LIVE])
    assert page.numbers() == {"a": "1", "height at 2": "4"}
    before = page.pixels()
    page.press_keys("a, steepness", "ArrowRight", times=2)
    page.wait_for_number("height at 2", "8")
    assert page.alt() == "The parabola a x² for a = 2."
    # the point (1, a) is the white square with a purple edge: it went up by one unit of the y axis
    assert (page.pixels() != before).any()
    page.press_keys("a, steepness", "Home")
    page.wait_for_number("height at 2", "0")
    page.drag("a, steepness", to=1.0)
    page.wait_for_number("height at 2", "16")
    assert page.slider("a, steepness").get_attribute("aria-valuetext") == "4"
    assert page.kernel("print(f.values['a'])").strip() == "4.0"
    assert page.errors() == []
    page.screenshot("live-light")
    page.use_dark_theme()
    page.screenshot("live-dark")
    corner = page.pixels()[2:6, 20:40]
    assert (corner == 255).all(), "the card stays white in the dark theme"


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
    page = notebook(cells=[PARABOLA, LIVE, RECORDED])
    for figure in (0, 1):
        before = count(page.drawing(figure), GREY)
        page.press_keys("a, steepness", "ArrowRight", times=2, figure=figure)
        page.wait_for_number("a", "2", figure=figure)
        assert count(page.drawing(figure), GREY) > before + 300


def test_height_never_changes_while_dragging(notebook):
    page = notebook(cells=[PARABOLA, LIVE, RECORDED])
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


def test_stepper_steps_runs_pauses_resets_and_keeps_the_last_run_in_grey(notebook):
    page = notebook(cells=[NEWTON, STEPPER.format(pause=0.4)])
    assert page.numbers() == {"x": "3.000000", "status": "at the start"}
    page.press("Step")
    page.wait_for_number("x", "1.833333")  # (3 + 2/3) / 2
    page.press("Run")
    page.wait_for_number("status", "step 2")
    page.press("Pause")
    page.page.wait_for_timeout(1000)
    assert page.numbers()["status"] in {"step 2", "step 3"}
    page.press("Run")
    page.wait_for_number("status", "ended after step 5: x² = 2 to 12 digits")
    assert page.numbers()["x"] == "1.414214"
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
    page = notebook(cells=[NEWTON, STEPPER.format(pause=30)], reduced_motion="reduce")
    page.press("Run")
    page.wait_for_number("status", "ended after step 5: x² = 2 to 12 digits")


def test_prediction_locks_the_figure_until_the_reader_commits(notebook):
    page = notebook(cells=[PARABOLA, ASK])
    height = page.height()
    page.screenshot("prediction")
    commit = page.figure().get_by_role("button", name="Commit")
    assert commit.is_disabled()
    assert not page.canvas().is_visible()
    assert page.kernel("print(f.children[-1].disabled)").strip() == "True"
    page.press_keys("a, steepness", "ArrowRight")
    assert page.kernel("print(f.values)").strip() == "{'a': 1.0}"
    page.figure().get_by_role("radio", name="it grows fourfold").focus()
    page.page.keyboard.press("Space")
    page.page.keyboard.press("Tab")
    page.page.keyboard.press("Enter")
    verdict = page.figure().locator(".nnlib-verdict:visible")
    verdict.wait_for()
    assert verdict.text_content() == (
        "You predicted “it grows fourfold”; the result is “it doubles”. It is 4a, linear in a."
    )
    assert page.canvas().is_visible() and page.height() == height
    page.press_keys("a, steepness", "ArrowRight")
    page.wait_for_number("a", "1.5")
    assert page.errors() == []
    page.screenshot("prediction-committed")


def test_exception_of_a_callback_is_seen_and_the_next_good_one_clears_it(notebook):
    broken = PARABOLA.replace("def show(a):\n", "def show(a):\n    1 / (a - 1.5)\n")
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


def test_recorded_figure_moves_in_jupyterlab_before_any_cell_was_run(notebook):
    page = notebook(cells=[PARABOLA, RECORDED])
    page.save()
    page.shut_down()
    page.open(page.name)
    page.press_keys("a, steepness", "ArrowRight", times=2)
    page.wait_for_number("height at 2", "8")
    assert page.alt() == "The parabola a x² for a = 2."
    assert page.errors() == []


def test_figure_whose_kernel_is_gone_says_what_to_do(notebook):
    page = notebook(cells=[PARABOLA, LIVE])
    hint = "node => getComputedStyle(node, '::before').content"
    assert "run the cells" not in page.figure().evaluate(hint)
    page.restart_kernel()
    assert "run the cells" in page.figure().evaluate(hint)
    page.screenshot("kernel-gone")
    page.run_all()
    page.press_keys("a, steepness", "ArrowRight")
    page.wait_for_number("a", "1.5")


@pytest.mark.parametrize("to", ["html", "slides"])
def test_recorded_figures_move_in_a_saved_page_without_kernel_or_network(notebook, page_from_file, tmp_path, to):
    page = notebook(cells=[PARABOLA, RECORDED, RECORDED.replace("trail=[parabola]", "trail=[]")])
    page.save()
    convert = [sys.executable, "-m", "nbconvert", "--to", to, "--output-dir", tmp_path, page.lab.root / page.name]
    subprocess.run(convert, check=True, capture_output=True)
    saved = page_from_file(next(tmp_path.glob("*.html")))
    if to == "slides":  # reveal.js comes from the network, without it all slides are on one page
        saved.page.add_style_tag(content=".reveal, .reveal * { visibility: visible !important }")
    saved.press_keys("a, steepness", "ArrowRight", times=2, figure=1)
    saved.wait_for_number("height at 2", "8", figure=1)
    assert saved.numbers(0) == {"a": "1", "height at 2": "4"}
    saved.drag("a, steepness", to=0.0, figure=0)
    saved.wait_for_number("height at 2", "0", figure=0)
    assert saved.slider("a, steepness", figure=1).get_attribute("aria-valuetext") == "2"
    saved.screenshot(f"saved-{to}")
