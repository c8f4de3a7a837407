"""Live figures without a browser: what travels to it, and how figures are driven from Python."""

from __future__ import annotations

import base64
import io
import json
import re
import subprocess
import sys
import zlib

import matplotlib
import numpy as np
import pytest
from matplotlib import style
from matplotlib.patches import Circle
from matplotlib.text import Text
from PIL import Image

from nnlib import live
from nnlib.live.picture import Picture
from nnlib.live.shapes import shapes_of
from nnlib.server import OURS

# ---- from artists to pixels ----------------------------------------------------------------------------------------


@pytest.fixture
def axes():
    (ax,) = live.Board(size=(6, 4)).axes
    ax.set(xlim=(-1, 1), ylim=(0, 10))
    ax.figure.draw_without_rendering()
    return ax


def to_browser(ax, xy) -> np.ndarray:
    """Pixels from the top left corner, by matplotlib's own transform."""
    at = ax.transData.transform(xy)
    return np.column_stack([at[:, 0], ax.figure.bbox.height - at[:, 1]])


def only_shape(artist) -> dict:
    (shape,) = shapes_of(artist)
    return shape


def test_line_becomes_a_polyline_of_its_pixels(axes):
    x = np.linspace(-1, 1, 30)
    (line,) = axes.plot(x, 5 + x, "--", color="#0072B2", linewidth=2)
    shape = only_shape(line)
    assert shape["kind"] == "polyline" and shape["stroke"] == "#0072b2"
    np.testing.assert_allclose(shape["points"], to_browser(axes, line.get_xydata()), atol=1e-9)
    assert shape["width"] == pytest.approx(2 * 100 / 72, abs=0.01)
    assert shape["dash"] == pytest.approx(np.array([3.7, 1.6]) * 2 * 100 / 72, abs=0.01)


def test_line_on_log_axes_stands_where_matplotlib_puts_it(axes):
    axes.set(xscale="log", yscale="log", xlim=(1e-3, 1e3), ylim=(1e-8, 1e2))
    (line,) = axes.plot([1e-2, 1, 1e2], [1e-6, 1e-2, 1])
    np.testing.assert_allclose(only_shape(line)["points"], to_browser(axes, line.get_xydata()), atol=1e-9)


def test_nan_lifts_the_pen(axes):
    (line,) = axes.plot([0, 0.1, np.nan, 0.2, 0.3], [1, 2, 3, 4, np.inf])
    points = only_shape(line)["points"]
    np.testing.assert_allclose(points[:2], to_browser(axes, [(0, 1), (0.1, 2)]))
    assert np.isnan(points[2]).all()
    np.testing.assert_allclose(points[3], to_browser(axes, [(0.2, 4)])[0])


def test_line_that_runs_far_away_is_cut_at_the_border_and_keeps_its_direction(axes):
    (line,) = axes.plot([0, 1e12], [0, 3e12])
    start, end = only_shape(line)["points"]
    far = to_browser(axes, [(1e12, 3e12)])[0]
    width, height = axes.figure.bbox.size
    assert -1 <= end[0] <= width + 1 and -1 <= end[1] <= height + 1
    slope = (end - start)[1] / (end - start)[0]
    assert slope == pytest.approx((far - start)[1] / (far - start)[0], rel=1e-6)


def test_number_of_points_may_change_from_frame_to_frame(board):
    board.line("line", board.axes[0], marker="o")
    picture = Picture(board, live.Frame({}))
    for n in (0, 1, 7):
        line, markers = picture.shapes(
            live.Frame({"line": np.column_stack([np.linspace(-0.5, 0.5, n), np.full(n, 5.0)])})
        )
        assert (line["kind"], markers["kind"]) == ("polyline", "marker")
        assert len(line["points"]) == len(markers["points"]) == n


@pytest.mark.parametrize("symbol, pieces, corners", [("s", 1, 5), ("^", 1, 4), ("x", 2, 2), ("+", 2, 2)])
def test_marker_outlines(axes, symbol, pieces, corners):
    (line,) = axes.plot([0], [5], symbol, markersize=9, markerfacecolor="white")
    shape = only_shape(line)
    assert shape["kind"] == "marker"
    assert [len(piece) for piece in shape["outline"]] == pieces * [2 * corners]
    assert max(map(max, shape["outline"])) == pytest.approx(9 * 100 / 72 / 2, rel=0.01)


def test_circle_marker_is_round_and_of_its_size(axes):
    (line,) = axes.plot([0], [5], "o", markersize=10, markerfacecolor="white")
    outline = np.reshape(only_shape(line)["outline"][0], (-1, 2))
    np.testing.assert_allclose(np.hypot(*outline.T), 10 * 100 / 72 / 2, atol=0.06)


def test_marker_of_one_color_is_one_filling_out_to_the_rim_of_its_edge(axes):
    (line,) = axes.plot([0], [5], "o", markersize=10, markeredgewidth=2, linestyle="none")
    shape = only_shape(line)
    outline = np.reshape(shape["outline"][0], (-1, 2))
    np.testing.assert_allclose(np.hypot(*outline.T), (10 + 2) * 100 / 72 / 2, atol=0.06)
    assert shape["stroke"] is None


def test_hollow_marker_has_an_edge_and_no_filling(axes):
    (line,) = axes.plot([0], [5], "o", markerfacecolor="none", markeredgecolor="#D55E00")
    shape = only_shape(line)
    assert shape["fill"] is None and shape["stroke"] == "#d55e00"


def test_markers_out_of_sight_are_left_out(axes):
    (line,) = axes.plot([0, 1e9, np.nan], [5, 5, 5], "o")
    np.testing.assert_allclose(only_shape(line)["points"], to_browser(axes, [(0, 5)]))


def shapes_on(board, **marks) -> list[dict]:
    return list(Picture(board, live.Frame(marks)).shapes(live.Frame(marks)))


def test_band_follows_its_data(board):
    (ax,), x = board.axes, np.array([-0.5, 0.0, 0.5])
    board.band("band", ax, x, color="#56B4E9", alpha=0.5)
    (shape,) = shapes_on(board, band=(1.0, [4, 5, 6]))
    assert shape["fill"] == "#56b4e980"
    for corner in to_browser(ax, [(-0.5, 4), (0, 5), (0.5, 6), (0.5, 1), (-0.5, 1)]):
        assert np.abs(shape["points"] - corner).max(axis=1).min() < 1e-9


def test_bars_are_rectangles_with_their_value_above_also_on_a_log_axis(board):
    (ax,) = board.axes
    board.bars("bars", ax, ["a", "b"], bottom=1e-6)
    ax.set(yscale="log", ylim=(1e-6, 1))
    first, second, above, _ = shapes_on(board, bars=[1e-3, 1e-1])
    expected = to_browser(ax, [(-0.4, 1e-6), (0.4, 1e-6), (0.4, 1e-3), (-0.4, 1e-3)])
    for corner in expected:
        assert np.abs(first["points"] - corner).max(axis=1).min() < 1e-6
    assert second["points"][:, 1].min() < first["points"][:, 1].min()
    assert above["text"] == "0.001"
    np.testing.assert_allclose(above["points"], to_browser(ax, [(0, 1e-3)]), atol=1e-6)


def test_cells_have_the_colors_of_their_map_the_first_row_on_top(board):
    (ax,) = board.axes
    board.cells("matrix", ax, extent=(-1, 1, 0, 10), limits=(0, 1), cmap="gray")
    (shape,) = shapes_on(board, matrix=np.array([[0.0, 1.0, 0.0], [1.0, 1.0, 0.0]]))
    assert shape["kind"] == "cells" and shape["columns"] == 3
    assert [shape["palette"][i] for i in shape["cells"]] == [
        *["#000000", "#ffffff", "#000000"],
        *["#ffffff"] * 2,
        "#000000",
    ]
    np.testing.assert_allclose(shape["points"], to_browser(ax, [(-1, 10), (1, 0)]))


def test_arrow_points_from_tail_to_head_with_a_head_of_fixed_size(axes):
    arrow = live.arrow(axes, (-0.5, 2), (0.5, 2), color="k", width=2)
    points = only_shape(arrow)["points"]
    tail, tip = to_browser(axes, [(-0.5, 2), (0.5, 2)])
    assert np.hypot(*(points - tip).T).min() < 1e-9
    assert points[:, 0].min() == pytest.approx(tail[0])
    head_height = np.ptp(points[:, 1])
    arrow.set_data((-0.5, 2), (0.9, 2))
    assert np.ptp(only_shape(arrow)["points"][:, 1]) == pytest.approx(head_height)


@pytest.mark.parametrize("head", [(0.2, 3.0), (np.nan, 1.0), (np.inf, 1.0)])
def test_arrow_without_length_or_end_is_not_drawn(axes, head):
    arrow = live.arrow(axes, (0.2, 3.0), head, color="k")
    assert len(only_shape(arrow)["points"]) == 0
    axes.figure.draw_without_rendering()  # nor does matplotlib stumble over it


def test_polygon(board):
    (ax,) = board.axes
    board.polygon("triangle", ax, color="#009E73")
    (shape,) = shapes_on(board, triangle=[(0, 1), (0.5, 1), (0, 3)])
    np.testing.assert_allclose(shape["points"], to_browser(ax, [(0, 1), (0.5, 1), (0, 3), (0, 1)]))


def test_any_other_patch(axes):
    circle = axes.add_patch(Circle((0, 5), 0.5))
    points = only_shape(circle)["points"]
    left, right = to_browser(axes, [(-0.5, 5), (0.5, 5)])
    assert points[:, 0].min() == pytest.approx(left[0], abs=0.1)
    assert points[:, 0].max() == pytest.approx(right[0], abs=0.1)


def test_text_becomes_a_label(axes):
    text = axes.text(0.5, 5, "μ = 0.1", ha="right", va="top", fontsize=12, color="#D55E00", weight="bold")
    shape = only_shape(text)
    np.testing.assert_allclose(shape["points"], to_browser(axes, [(0.5, 5)]))
    assert (shape["text"], shape["horizontal"], shape["vertical"]) == ("μ = 0.1", "right", "top")
    assert shape["size"] == pytest.approx(12 * 100 / 72, abs=0.01) and shape["bold"] and shape["clip"] is None


def test_formula_in_a_moving_text_is_refused_by_name(axes):
    text = axes.text(0, 5, r"$\mu$")
    with pytest.raises(ValueError, match="plain Unicode"):
        only_shape(text)


def test_invisible_artists_draw_nothing(axes):
    (line,) = axes.plot([0, 1], [0, 1], visible=False)
    assert list(shapes_of(line)) == []


def test_shapes_are_clipped_to_their_axes_and_unclipped_on_request(axes):
    (line,) = axes.plot([0, 1], [0, 1])
    box = axes.bbox
    expected = [box.x0, axes.figure.bbox.height - box.y1, box.width, box.height]
    np.testing.assert_allclose(only_shape(line)["clip"], expected, atol=0.01)
    line.set_clip_on(False)
    assert only_shape(line)["clip"] is None


def test_frames_are_ordered_from_back_to_front_and_mark_the_trail(board):
    board.line("front", board.axes[0], color="#111111", zorder=5)
    board.line("back", board.axes[0], color="#222222", zorder=1, trail=True)
    shapes = shapes_on(board, front=[(0, 1), (1, 2)], back=[(0, 1), (1, 0)])
    assert [(shape["stroke"], shape["trail"]) for shape in shapes] == [("#222222", True), ("#111111", False)]


def test_a_mark_that_a_frame_leaves_out_vanishes_whatever_was_there_before(board):
    board.line("line", board.axes[0])
    board.text("text", board.axes[0])
    picture = Picture(board, live.Frame({"line": [(0, 1), (1, 2)], "text": (0, 5, "words")}))
    assert list(picture.shapes(live.Frame({"line": None}))) == []


def pixels_of(png: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB")).astype(int)


def test_still_leaves_out_what_moves_and_png_shows_it(board):
    board.line("line", board.axes[0], color="#ff0000", linewidth=6)
    frame = live.Frame({"line": [(-1, 5), (1, 5)]})
    picture = Picture(board, frame)
    red = [255, 0, 0]
    with_line, without = pixels_of(picture.png(frame)), pixels_of(picture.still())
    assert (np.abs(with_line - red).max(axis=2) < 30).sum() > 1000
    assert (np.abs(without - red).max(axis=2) < 30).sum() == 0
    assert with_line.shape == (800, 1200, 3) and (with_line[0, 0] == 255).all()


def test_shades_of_gray_stay_gray(board):
    (ax,), x, shades = board.axes, np.linspace(-1, 1, 100), [f"{level:.2f}" for level in np.linspace(0.7, 1.0, 10)]
    ax.contourf(x, 5 + 5 * x, np.add.outer(x**2, x), 9, colors=shades)
    for i, color in enumerate(live.COLORS.values()):
        ax.plot([-1, 1], [i, i + 1], color=color, linewidth=3)
    pixels = pixels_of(Picture(board, live.Frame({})).still())
    for shade in shades:
        assert (np.abs(pixels - round(255 * float(shade))).max(axis=2) <= 2).sum() > 1000


def test_still_is_light(board):
    x = np.linspace(-1, 1, 100)
    board.axes[0].contourf(x, 5 + 5 * x, np.add.outer(x**2, x**2), 30)
    assert len(Picture(board, live.Frame({})).still()) < 40_000


def test_no_text_is_smaller_than_the_page_and_limits_stay():
    board = live.Board(titles=("Title",))
    (ax,) = board.axes
    ax.set(xlim=(0, 1), ylim=(0, 1), xlabel="x")
    ax.text(0.1, 0.1, "small", fontsize=6)
    board.line("line", ax, label="a line")
    ax.legend(loc="upper left")
    list(Picture(board, live.Frame({})).shapes(live.Frame({"line": [(0, 0), (100, 100)]})))
    assert min(text.get_fontsize() for text in board.fig.findobj(Text)) >= 10.5
    ax.plot([0, 50], [0, 50])
    assert ax.get_xlim() == (0, 1) and ax.get_ylim() == (0, 1)


def picture_of_everything() -> bytes:
    board = live.Board(1, 2, titles=("left", "right"))
    left, right = board.axes
    x = np.linspace(-2, 2, 40)
    left.contourf(x, x, np.add.outer(x**2, x**2), cmap="Greys")
    left.contour(x, x, np.add.outer(x**2, x**2), colors="#8a8a8a")
    left.set(xlabel="w₁", ylabel="$b$")
    left.text(0, 0, "here")
    right.plot(x, x**2, label="$x^2$")
    right.plot(x, 1 - x**2, "--")
    right.axhline(0)
    right.legend()
    board.line("path", left, marker="o")
    board.bars("bars", right, ["a", "b"])
    frame = live.Frame({"path": [(0, 0), (1, 1)], "bars": [1, 2]})
    return Picture(board, frame).png(frame)


@pytest.mark.parametrize("name", ["dark_background", "ggplot", "seaborn-v0_8", "usetex"])
def test_the_readers_own_style_changes_nothing_on_the_card(name):
    plain = picture_of_everything()
    with matplotlib.rc_context(), style.context([] if name == "usetex" else name):
        matplotlib.rcParams["text.usetex"] = name == "usetex"
        assert picture_of_everything() == plain


# ---- frames --------------------------------------------------------------------------------------------------------


def test_numbers_are_written_as_readers_write_them_and_fill_the_gaps():
    frame = live.Frame(
        {}, {"μ": 1e-5, "n": 12345, "step": "accepted", "ρ": np.float64(-0.5), "g": np.inf}, "At {μ}: {ρ}."
    )
    assert frame.texts == {"μ": "1e−5", "n": "12345", "step": "accepted", "ρ": "−0.5", "g": "inf"}
    assert frame.words == "At 1e−5: −0.5."


# ---- figures -------------------------------------------------------------------------------------------------------


@pytest.fixture
def board():
    board = live.Board(size=(6, 4))
    board.axes[0].set(xlim=(-1, 1), ylim=(0, 10))
    return board


X = np.linspace(-1, 1, 11)


def show(a, shift=0.0):
    if a == 3.0:
        raise ZeroDivisionError("a is three")
    return live.Frame({"parabola": a * X**2 + shift}, {"top": a + shift}, f"A parabola with a = {a:g}, top {{top}}.")


def slider(**changes):
    return live.Slider(**{"name": "a", "label": "a, steepness", "values": [0.0, 1.0, 2.0], "start": 1.0, **changes})


SHIFT = live.Choice("shift", "shift", {"none": 0.0, "up": 0.5}, start=0.5)


@pytest.fixture
def parabola(board):
    """A function that makes the figure, with other controls or options on request."""
    board.curve("parabola", board.axes[0], X)

    def make(*controls, show=show, **options):
        return live.figure(board, show, list(controls or [slider()]), **options)

    return make


def sent_points(figure) -> np.ndarray:
    return np.frombuffer(figure.frame["points"], "<f4").reshape(-1, 2)


def test_moving_a_control_sends_the_new_points(parabola, board):
    f = parabola()
    np.testing.assert_allclose(sent_points(f), to_browser(board.axes[0], np.c_[X, X**2]), atol=1e-4)
    frame = f.set(a=2.0)
    np.testing.assert_allclose(sent_points(f), to_browser(board.axes[0], np.c_[X, 2 * X**2]), atol=1e-4)
    assert frame.numbers == {"top": 2.0} and f.numbers == {"top": "2"}
    assert f.alt == "A parabola with a = 2, top 2." == f.frame["alt"]
    assert f.values == {"a": 2.0}


def test_position_is_a_trait_as_the_browser_and_links_set_it(parabola):
    f = parabola()
    f.a = 0
    assert f.numbers["top"] == "0" and f.values == {"a": 0.0}
    with pytest.raises(Exception, match="nearest are"):
        f.a = 0.4
    assert f.values == {"a": 0.0}


def test_table_has_every_control_and_number_at_all_positions(parabola):
    table = parabola(slider(), SHIFT).table
    assert list(table) == ["a", "shift", "top"]
    np.testing.assert_array_equal(table["a"], [0, 0, 1, 1, 2, 2])
    np.testing.assert_array_equal(table["shift"], [0, 0.5] * 3)
    np.testing.assert_array_equal(table["top"], table["a"] + table["shift"])


def test_each_position_is_computed_once(parabola):
    seen = []

    def counted(a, shift):
        seen.append((a, shift))
        return show(a, shift)

    f = parabola(slider(), SHIFT, show=counted)
    f.sweep()
    assert len(f.table["top"]) == 6
    f._repr_mimebundle_()
    assert len(seen) == len(set(seen)) == 6


def test_sweep_visits_the_extremes_and_comes_back(parabola):
    f = parabola(slider(), SHIFT)
    assert [frame.numbers["top"] for frame in f.sweep()] == [0.5, 1.5, 2.5, 1.0, 1.5]
    assert f.values == {"a": 1.0, "shift": 0.5}


def test_exception_is_shown_and_raised_and_the_picture_keeps_its_last_good_state(parabola):
    f = parabola(slider(values=[1.0, 2.0, 3.0]))
    before = f.frame
    with pytest.raises(ZeroDivisionError, match="a is three"):
        f.set(a=3.0)
    assert f.error.startswith("ZeroDivisionError: a is three\nin show, line ")
    assert 'raise ZeroDivisionError("a is three")' in f.error
    assert f.frame == before
    f.set(a=2.0)
    assert f.error == "" and f.numbers["top"] == "2"
    with pytest.raises(ZeroDivisionError):
        f.sweep()


def test_exception_at_the_start_fails_the_cell(parabola):
    with pytest.raises(ZeroDivisionError):
        parabola(slider(values=[1.0, 3.0], start=3.0))


def test_choice_is_a_row_of_buttons_or_a_list(parabola):
    many = live.Choice("shift", "shift", {str(k): k for k in range(9)}, start=4)
    kinds = [parabola(slider(), choice).spec["controls"][1]["kind"] for choice in (SHIFT, many)]
    assert kinds == ["buttons", "list"]


class Ask:
    question, options = "What does doubling a do?", ["nothing", "doubles the top"]

    def verdict(self, i):
        return ["It does something.", "So it is."][i]


def test_question_travels_with_its_verdicts_and_is_answered_from_python(parabola):
    f = parabola(ask=Ask())
    assert f.spec["question"] == {
        "question": Ask.question,
        "options": Ask.options,
        "verdicts": ["It does something.", "So it is."],
    }
    assert f.commit(0) == "It does something." and f.committed == 0
    with pytest.raises(ValueError, match="asks no question"):
        parabola().commit(0)


# ---- steppers ------------------------------------------------------------------------------------------------------


def halves(x0=1.0):
    x = x0
    while x > 0.1:
        x /= 2
        if x == 0.75:
            raise OverflowError("no three quarters")
        yield x
    return "below 0.1"


def show_halves(records, x0=1.0):
    return live.Frame({"line": list(enumerate(records))}, {"x": records[-1] if records else x0}, "Halved to {x}.")


START = live.Slider("x0", "x₀", [1.0, 2.0, 4.0], start=1.0)


@pytest.fixture
def halving(board):
    board.line("line", board.axes[0], trail=True)

    def make(*controls, start=halves, show=show_halves, **options):
        return live.stepper(board, start, show, list(controls), **options)

    return make


def test_stepper_steps_runs_and_says_why_it_ended(halving):
    f = halving()
    assert (f.numbers, f.status) == ({"x": "1"}, "at the start")
    assert f.step().numbers == {"x": 0.5} and f.status == "step 1"
    f.run()
    assert (f.numbers, f.status, f.k) == ({"x": "0.0625"}, "ended after step 4: below 0.1", 4)
    assert f.step() == f.run(), "after the end nothing changes"
    assert (f.frame["status"], f.frame["last"]) == (f.status, True)
    f.reset()
    assert (f.numbers, f.status, f.frame["last"]) == ({"x": "1"}, "at the start", False)


def test_stepper_stops_at_max_steps(halving):
    f = halving(max_steps=2)
    f.run()
    assert (f.numbers, f.status) == ({"x": "0.25"}, "ended after step 2: the most that this figure takes")


def test_moving_a_control_of_a_stepper_goes_back_to_the_start(halving):
    f = halving(START)
    f.run()
    f.set(x0=4.0)
    assert (f.numbers, f.status, f.k) == ({"x": "4"}, "at the start", 0)
    assert f.step().numbers["x"] == 2


def test_table_of_a_stepper_has_every_step_of_every_run(halving):
    table = halving(START).table
    np.testing.assert_array_equal(table["k"], [*range(5), *range(6), *range(7)])
    np.testing.assert_array_equal(table["x"], table["x0"] / 2 ** table["k"])


def test_stepper_sweep_takes_steps_at_each_extreme(halving):
    f = halving(START)
    assert [frame.numbers["x"] for frame in f.sweep()] == [0.125, 0.125, 0.5]
    assert (f.numbers, f.status) == ({"x": "1"}, "at the start")
    assert [frame.numbers["x"] for frame in halving().sweep()] == [0.125]


def test_exception_in_a_step_is_shown_and_raised_and_what_was_reached_stays(halving):
    f = halving(live.Slider("x0", "x₀", [1.0, 3.0], start=3.0))
    with pytest.raises(OverflowError):
        f.run()
    assert f.error.startswith("OverflowError: no three quarters")
    assert (f.numbers["x"], f.k) == ("1.5", 1)
    assert f.status == "ended after step 1: OverflowError"
    f.reset()
    assert f.error == "" and f.status == "at the start"


def test_interrupt_keeps_the_steps_so_far_and_reset_begins_anew(halving):
    def interrupted():
        yield 1.0
        yield 2.0
        raise KeyboardInterrupt

    f = halving(start=interrupted)
    assert f.run().numbers["x"] == 2
    assert f.status == "ended after step 2: interrupted"
    f.reset()
    assert f.step().numbers["x"] == 1


def test_a_saved_stepper_shows_the_end_of_its_run_unless_it_stands_on_the_way(halving):
    f = halving()
    assert f._repr_mimebundle_()[1]["image/png"]["alt"] == "Halved to 0.0625."
    f.step()
    assert f._repr_mimebundle_()[1]["image/png"]["alt"] == "Halved to 0.5."


# ---- the recorded form ---------------------------------------------------------------------------------------------


@pytest.fixture(autouse=True)
def automatic(monkeypatch):
    monkeypatch.delenv("NNLIB_RECORD", raising=False)


def unpacked(record: bytes) -> dict:
    return json.loads(zlib.decompress(record))


def recorded_in(html: str) -> tuple[dict, dict]:
    """What the front end is told, and the frames."""
    data = json.loads(re.search(r'push\(\["nnlib-\w+", (.*)\]\); window', html)[1])
    return data["spec"], unpacked(base64.b64decode(data["record"]))


def points_of(shape: dict, parts: int) -> np.ndarray:
    return np.cumsum(np.reshape(shape["points"], (-1, 2)), axis=0) / parts


def test_what_a_saved_notebook_keeps(parabola):
    data, about = parabola()._repr_mimebundle_()
    assert set(data) == {"text/plain", "text/html", "image/png", "application/vnd.jupyter.widget-view+json"}
    assert data["text/plain"] == "A parabola with a = 1, top 1.\ntop: 1"
    assert Image.open(io.BytesIO(base64.b64decode(data["image/png"]))).size == (1200, 800)
    assert about.pop("image/png") == {"alt": "A parabola with a = 1, top 1.", "width": 600, "height": 400}
    assert about == {OURS: "figure"}


def test_record_holds_every_position_of_all_controls(parabola, board):
    spec, record = recorded_in(parabola(slider(), SHIFT)._repr_mimebundle_()[0]["text/html"])
    assert [control["texts"] for control in spec["controls"]] == [["0", "1", "2"], ["none", "up"]]
    assert [control["start"] for control in spec["controls"]] == [1, 1]
    assert [frame["numbers"] for frame in record["frames"]] == [
        [["top", t]] for t in ("0", "0.5", "1", "1.5", "2", "2.5")
    ]
    (last,) = record["frames"][-1]["shapes"]
    expected = to_browser(board.axes[0], np.c_[X, 2 * X**2 + 0.5])
    np.testing.assert_allclose(points_of(record["shapes"][last], record["parts"]), expected, atol=1 / 16)


def test_record_of_a_stepper_holds_every_step_of_every_run(halving):
    spec, record = recorded_in(halving(START)._repr_mimebundle_()[0]["text/html"])
    assert [frame["k"] for frame in record["frames"]] == [*range(5), *range(6), *range(7)]
    assert [frame["last"] for frame in record["frames"]].count(True) == 3
    assert record["frames"][4]["status"] == "ended after step 4: below 0.1"
    assert spec["stepper"] == {"start": 0, "most": 200, "pause": 0.05}


def test_a_mark_that_is_the_same_in_many_frames_is_kept_once(board):
    board.curve("of a", board.axes[0], X)
    board.curve("of b", board.axes[0], X)

    def show(a, b):
        return live.Frame({"of a": a * X**2, "of b": b * X}, {}, "Two curves.")

    f = live.figure(
        board, show, [slider(values=np.arange(7.0)), slider(name="b", label="b", values=np.arange(1.0, 9.0))]
    )
    _, record = recorded_in(f._repr_mimebundle_()[0]["text/html"])
    assert len(record["frames"]) == 56 and len(record["shapes"]) == 7 + 8


def test_pen_lifts_survive_the_record(board):
    board.curve("broken", board.axes[0], X)
    y = np.where(abs(X) < 0.3, np.nan, 5.0)
    f = live.figure(board, lambda a: live.Frame({"broken": y}, {}, "A broken line."), [slider()])
    _, record = recorded_in(f._repr_mimebundle_()[0]["text/html"])
    assert record["shapes"][0]["points"].count(None) == 1


def test_coarser_positions_are_recorded_where_a_figure_names_them(parabola):
    f = parabola(slider(values=np.arange(11) / 5, start=0.6), record={"a": [0, 1, 2]})
    spec, record = recorded_in(f._repr_mimebundle_()[0]["text/html"])
    assert spec["controls"][0]["values"] == [0, 1, 2] and spec["controls"][0]["start"] == 1, "next to where it stands"
    assert len(record["frames"]) == 3 and len(f.table["top"]) == 11
    assert f.recorded == b"", "the kernel knows more positions than the record"


def test_all_positions_travel_at_once_where_that_is_quick(parabola, monkeypatch):
    f = parabola()
    f._repr_mimebundle_()
    assert len(unpacked(f.recorded)["frames"]) == 3
    before = f.frame
    f.set(a=2.0)
    assert f.frame is before and f.numbers == {"top": "2"}, "the browser has the frame already"
    monkeypatch.setattr(sys.modules["nnlib.live.figure"], "QUICK", 0.0)
    slow = parabola()
    assert "<script" not in slow._repr_mimebundle_()[0]["text/html"] and slow.recorded == b""
    monkeypatch.setenv("NNLIB_RECORD", "always")
    assert "<script" in slow._repr_mimebundle_()[0]["text/html"]
    monkeypatch.setenv("NNLIB_RECORD", "sometimes")
    with pytest.raises(ValueError, match="NNLIB_RECORD"):
        slow._repr_mimebundle_()


def test_record_starts_where_the_figure_stands(parabola):
    f = parabola()
    f.set(a=2.0)
    spec, _ = recorded_in(f._repr_mimebundle_()[0]["text/html"])
    assert spec["controls"][0]["start"] == 2


def test_recorded_page_stands_alone_and_shows_a_still_where_no_script_runs(parabola):
    page = parabola()._repr_mimebundle_()[0]["text/html"]
    assert '<img alt="A parabola with a = 1, top 1." width="600" src="data:image/png;base64,' in page
    assert "http" not in page and not re.search(r"^import ", page, re.MULTILINE)
    assert page.count("<script") == page.count("</script>") == 2


def test_a_figure_that_is_not_recorded_has_its_still_as_html_too_with_its_alt_text(parabola, monkeypatch):
    monkeypatch.setenv("NNLIB_RECORD", "never")
    data, _ = parabola()._repr_mimebundle_()
    picture = f'<img alt="A parabola with a = 1, top 1." width="600" src="data:image/png;base64,{data["image/png"]}">'
    assert (
        data["text/html"]
        == f"{picture}<p><small>A still picture: run the cells down to here, and it moves.</small></p>"
    )


def test_recorded_page_is_the_same_each_time(parabola):
    assert len({parabola()._repr_mimebundle_()[0]["text/html"] for _ in range(2)}) == 1


def test_recorded_text_cannot_end_the_script_or_the_attribute(parabola):
    def wicked(a):
        return live.Frame({}, {"a": "</script>"}, '</script> "quoted" <b>')

    page = parabola(slider(label="</script>"), show=wicked)._repr_mimebundle_()[0]["text/html"]
    assert page.count("</script>") == 2
    assert 'alt="&lt;/script&gt; &quot;quoted&quot; &lt;b&gt;"' in page


def test_exception_at_any_position_fails_the_recording(parabola):
    with pytest.raises(ZeroDivisionError):
        parabola(slider(values=[1.0, 2.0, 3.0]))._repr_mimebundle_()


# ---- bad input -----------------------------------------------------------------------------------------------------


BAD_INPUT = {
    "start between the positions": (lambda make: slider(start=0.3), "nearest are"),
    "one position": (lambda make: slider(values=[1.0]), "two different"),
    "positions that read alike": (lambda make: slider(values=[1.0, 1.0001]), "format gives the same text '1'"),
    "name that is no argument": (lambda make: slider(name="the μ"), "name must be"),
    "empty label": (lambda make: slider(label=" "), "label must be"),
    "option that does not exist": (lambda make: live.Choice("r", "r", {"x": 1, "y": 2}, start=3), "one of"),
    "option that is no plain value": (
        lambda make: live.Choice("r", "r", {"x": 1, "y": np.sin}, start=1),
        "options must",
    ),
    "label with a colon": (lambda make: live.Frame({}, {"a: b": 1}, "x"), "labels without"),
    "gap without a number": (lambda make: live.Frame({}, {"a": 1}, "At {b}."), "gap {b}"),
    "four controls": (lambda make: make(*(slider(name=f"a{k}", label=f"a{k}") for k in range(4))), "1 to 3"),
    "two controls of one name": (lambda make: make(slider(), slider(label="b")), "different names"),
    "two controls of one label": (lambda make: make(slider(), slider(name="b")), "different labels"),
    "name that the figure has": (lambda make: make(slider(name="table")), "named 'table'"),
    "control that is none": (lambda make: make(1), "live.Slider"),
    "show that is none": (lambda make: make(show=1), "show must be"),
    "show that returns nothing": (lambda make: make(show=lambda a: None), "must return a live.Frame"),
    "frame without words": (lambda make: make(show=lambda a: live.Frame({})), "an alt text"),
    "mark that is not on the board": (lambda make: make(show=lambda a: live.Frame({"b": []}, {}, "x")), "which has"),
    "unknown control": (lambda make: make().set(b=1.0), "control must be one of a"),
    "position that the slider has not": (lambda make: make().set(a=0.4), "nearest are"),
    "record of no control": (lambda make: make(record={"b": [1]}), "record must be one of a"),
    "record of no position": (lambda make: make(record={"a": [0.5]}), "nearest are"),
    "arrow with three coordinates": (
        lambda make: live.arrow(live.Board().axes[0], (0, 0, 0), (1, 1), color="k"),
        "tail must be a point",
    ),
}


@pytest.mark.parametrize("case", BAD_INPUT)
def test_bad_input_is_named_at_the_door(parabola, case):
    call, message = BAD_INPUT[case]
    with pytest.raises((TypeError, ValueError), match=message):
        call(parabola)


def test_two_marks_of_one_name_are_refused(board):
    board.line("path", board.axes[0])
    with pytest.raises(ValueError, match="already a mark 'path'"):
        board.text("path", board.axes[0])


def test_pyplot_and_its_global_state_are_not_imported():
    code = "import sys, nnlib.live; assert 'matplotlib.pyplot' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
