"""Live figures without a browser: what travels to it, and how figures are driven from Python."""

from __future__ import annotations

import asyncio
import base64
import io
import json
import subprocess
import sys
import zlib
from types import SimpleNamespace

import numpy as np
import pytest
from matplotlib.patches import Circle
from matplotlib.text import Text
from PIL import Image

from nnlib import live
from nnlib.live.picture import Picture
from nnlib.live.shapes import shapes_of

# ---- from artists to pixels ----------------------------------------------------------------------------------------


@pytest.fixture
def axes():
    fig, ax = live.subplots(size=(6, 4))
    ax.set(xlim=(-1, 1), ylim=(0, 10))
    fig.draw_without_rendering()
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


def test_number_of_points_may_change_from_frame_to_frame(axes):
    (line,) = axes.plot([], [], "o-")
    picture = Picture(axes.figure, [line])
    for n in (0, 1, 7):
        line.set_data(np.linspace(-0.5, 0.5, n), np.full(n, 5.0))
        shapes, points = picture.frame()
        assert [shape["kind"] for shape in shapes] == ["polyline", "marker"]
        assert [shape["n"] for shape in shapes] == [n, n]
        assert len(points) == 2 * n * 2 * 4  # two shapes, two float32 for each point


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


def test_band_follows_its_data(axes):
    x = np.array([-0.5, 0.0, 0.5])
    band = axes.fill_between(x, [1, 1, 1], [2, 2, 2], color="#56B4E9", alpha=0.5, linewidth=0)
    band.set_verts([[(-0.5, 4), (0, 5), (0.5, 6), (0.5, 1), (-0.5, 1)]])
    shape = only_shape(band)
    corners = to_browser(axes, [(-0.5, 4), (0, 5), (0.5, 6), (0.5, 1), (-0.5, 1)])
    assert shape["fill"] == "#56b4e980"
    for corner in corners:
        assert np.abs(shape["points"] - corner).max(axis=1).min() < 1e-9


def test_bars_are_rectangles_also_on_a_log_axis(axes):
    axes.set(yscale="log", ylim=(1e-6, 1), xlim=(-1, 3))
    bars = live.bars(axes, 3, bottom=1e-6, width=0.5)
    bars.set_heights([1e-3, 1e-1, np.nan])
    first, second, hidden = shapes_of(bars)
    expected = [(-0.25, 1e-6), (-0.25, 1e-3), (0.25, 1e-3), (0.25, 1e-6), (-0.25, 1e-6)]
    np.testing.assert_allclose(first["points"], to_browser(axes, expected), atol=1e-6)
    assert second["points"][:, 1].min() < first["points"][:, 1].min()
    assert np.ptp(hidden["points"][:, 1]) == 0, "a bar of no height"


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
    live.figure(  # nor does matplotlib stumble over it
        axes.figure, moving=[arrow], show=lambda a: live.Caption("arrow"), controls=[live.Slider("a", "a", [0, 1], 0)]
    )


def test_polygon_and_any_other_patch(axes):
    triangle = live.polygon(axes, [(0, 1), (0.5, 1), (0, 3)], color="#009E73", alpha=1.0)
    expected = to_browser(axes, [(0, 1), (0.5, 1), (0, 3), (0, 1)])
    np.testing.assert_allclose(only_shape(triangle)["points"], expected)
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


def test_frames_are_ordered_from_back_to_front_and_mark_the_trail(axes):
    (front,) = axes.plot([0, 1], [0, 1], color="#111111", zorder=5)
    (back,) = axes.plot([0, 1], [1, 0], color="#222222", zorder=1)
    shapes, _ = Picture(axes.figure, [front, back], [front]).frame()
    assert [(shape["stroke"], shape["trail"]) for shape in shapes] == [("#222222", False), ("#111111", True)]


def test_still_leaves_out_what_moves_and_png_shows_it(axes):
    (line,) = axes.plot([-1, 1], [5, 5], color="#ff0000", linewidth=6)
    picture = Picture(axes.figure, [line])
    with_line, without = (
        np.asarray(Image.open(io.BytesIO(png)).convert("RGB")).astype(int) for png in (picture.png(), picture.still())
    )
    red = [255, 0, 0]
    assert (np.abs(with_line - red).max(axis=2) < 30).sum() > 1000
    assert (np.abs(without - red).max(axis=2) < 30).sum() == 0
    assert with_line.shape == (800, 1200, 3) and (with_line[0, 0] == 255).all()


def test_shades_of_gray_stay_gray(axes):
    x, shades = np.linspace(-1, 1, 100), [f"{level:.2f}" for level in np.linspace(0.7, 1.0, 10)]
    axes.contourf(x, 5 + 5 * x, np.add.outer(x**2, x), 9, colors=shades)
    for i, color in enumerate(live.COLORS.values()):
        axes.plot([-1, 1], [i, i + 1], color=color, linewidth=3)
    (line,) = axes.plot([0, 1], [0, 1])
    pixels = np.asarray(Image.open(io.BytesIO(Picture(axes.figure, [line]).png())).convert("RGB")).astype(int)
    for shade in shades:
        assert (np.abs(pixels - round(255 * float(shade))).max(axis=2) <= 2).sum() > 1000


def test_still_is_light(axes):
    x = np.linspace(-1, 1, 100)
    axes.contourf(x, 5 + 5 * x, np.add.outer(x**2, x**2), 30)
    (line,) = axes.plot([0, 1], [0, 1])
    assert len(Picture(axes.figure, [line]).png()) < 40_000


def test_no_text_is_smaller_than_the_page_and_limits_stay():
    fig, ax = live.subplots(title="Title")
    ax.set(xlim=(0, 1), ylim=(0, 1), xlabel="x")
    ax.text(0.1, 0.1, "small", fontsize=6)
    (line,) = ax.plot([0, 1], [0, 1], label="a line")
    ax.legend(loc="upper left")
    Picture(fig, [line])
    assert min(text.get_fontsize() for text in fig.findobj(Text)) >= 10.5
    line.set_data([0, 100], [0, 100])
    ax.plot([0, 50], [0, 50])
    assert ax.get_xlim() == (0, 1) and ax.get_ylim() == (0, 1)


# ---- figures -------------------------------------------------------------------------------------------------------


@pytest.fixture
def parabola():
    fig, ax = live.subplots()
    ax.set(xlim=(-1, 1), ylim=(0, 10))
    x = np.linspace(-1, 1, 11)
    (line,) = ax.plot(x, x**2)

    def show(a, shift=0.0):
        if a == 3.0:
            raise ZeroDivisionError("a is three")
        line.set_data(x, a * x**2 + shift)
        return live.Caption(f"A parabola with a = {a:g}.", {"a": f"{a:g}", "top": f"{a + shift:g}"})

    slider = live.Slider("a", "a, steepness", [0.0, 1.0, 2.0], start=1.0)
    return SimpleNamespace(fig=fig, ax=ax, x=x, line=line, show=show, slider=slider)


def live_parabola(parts, slider=None, **options):
    controls = [slider or parts.slider]
    return live.figure(parts.fig, moving=[parts.line], show=parts.show, controls=controls, **options)


def sent_points(figure) -> np.ndarray:
    return np.frombuffer(figure.children[0].frame["points"], "<f4").reshape(-1, 2)


def test_moving_a_control_sends_the_new_points(parabola):
    f = live_parabola(parabola)
    np.testing.assert_allclose(sent_points(f), to_browser(parabola.ax, np.c_[parabola.x, parabola.x**2]), atol=1e-4)
    caption = f.set(a=2.0)
    np.testing.assert_allclose(sent_points(f), to_browser(parabola.ax, np.c_[parabola.x, 2 * parabola.x**2]), atol=1e-4)
    assert caption.numbers == f.numbers == {"a": "2", "top": "2"}
    assert f.alt == "A parabola with a = 2." == f.children[0].frame["alt"]
    assert f.values == {"a": 2.0}


def test_widget_moved_by_the_reader_does_the_same(parabola):
    f = live_parabola(parabola)
    f.children[1].value = 0.0
    assert f.numbers["a"] == "0"


def test_sweep_visits_the_extremes_and_comes_back(parabola):
    f = live_parabola(parabola)
    assert [caption.numbers["a"] for caption in f.sweep()] == ["0", "1", "2"]
    assert f.values == {"a": 1.0} and f.numbers["a"] == "1"


def test_exception_is_shown_and_raised_and_the_picture_keeps_its_last_good_state(parabola):
    f = live_parabola(parabola, live.Slider("a", "a", [1.0, 2.0, 3.0], start=1.0))
    plot, before = f.children[0], f.children[0].frame
    with pytest.raises(ZeroDivisionError, match="a is three"):
        f.set(a=3.0)
    assert plot.error.startswith("ZeroDivisionError: a is three\nin show, line ")
    assert 'raise ZeroDivisionError("a is three")' in plot.error
    assert plot.frame == before and f.numbers["a"] == "1"
    f.set(a=2.0)
    assert plot.error == "" and f.numbers["a"] == "2"
    with pytest.raises(ZeroDivisionError):
        f.sweep()


def test_exception_at_the_start_fails_the_cell(parabola):
    with pytest.raises(ZeroDivisionError):
        live_parabola(parabola, live.Slider("a", "a", [1.0, 3.0], start=3.0))


def test_what_a_saved_notebook_keeps(parabola):
    data, about = live_parabola(parabola)._repr_mimebundle_()
    assert data["text/plain"] == "A parabola with a = 1.\na: 1 · top: 1"
    assert set(data) == {"text/plain", "image/png", "application/vnd.jupyter.widget-view+json"}
    assert Image.open(io.BytesIO(base64.b64decode(data["image/png"]))).size == (1280, 840)
    assert about == {"image/png": {"alt": "A parabola with a = 1.", "width": 640, "height": 420}}


def test_choice_is_a_row_of_buttons_or_a_list(parabola):
    def show(a, rule):
        return live.Caption(f"{rule} at {a:g}", {"rule": rule})

    few = live.Choice("rule", "rule", {"Marquardt": "marquardt", "gain ratio": "gain-ratio"}, start="gain-ratio")
    f = live.figure(parabola.fig, moving=[parabola.line], show=show, controls=[parabola.slider, few])
    assert f.numbers == {"rule": "gain-ratio"}
    assert f.set(rule="marquardt").numbers == {"rule": "marquardt"}
    assert len(f.sweep()) == 5
    many = live.Choice("rule", "rule", {str(k): str(k) for k in range(9)}, start="4")
    g = live.figure(parabola.fig, moving=[parabola.line], show=show, controls=[parabola.slider, many])
    assert g.set(rule="8").numbers == {"rule": "8"}


ASK = live.Prediction("What does doubling a do?", ["nothing", "doubles the top"], answer=1, because="It is a.")


def test_prediction_locks_until_committed(parabola):
    f = live_parabola(parabola, predict=ASK)
    plot, slider = f.children
    assert slider.disabled and plot.prediction["question"] == "What does doubling a do?"
    plot.committed = 0  # as the browser does
    assert not slider.disabled
    verdict = "You predicted “nothing”; the result is “doubles the top”. It is a."
    assert plot.prediction["verdicts"][0] == verdict


def test_prediction_is_committed_from_python(parabola):
    f = live_parabola(parabola, predict=ASK)
    assert f.commit(1) == "You predicted “doubles the top”, and so it is. It is a."
    assert not f.children[1].disabled
    with pytest.raises(ValueError, match="below 2"):
        f.commit(2)
    with pytest.raises(ValueError, match="no prediction"):
        live_parabola(parabola).commit(0)


# ---- steppers ------------------------------------------------------------------------------------------------------


def halving_stepper(parts, **options):
    def halves(x0=1.0):
        x = x0
        while x > 0.1:
            x /= 2
            if x == 0.75:
                raise OverflowError("no three quarters")
            yield x
        return "below 0.1"

    def show(history, x0=1.0):
        parts.line.set_data(range(len(history)), history)
        return live.Caption(f"{len(history)} halvings.", {"x": f"{history[-1] if history else x0:g}"})

    return live.stepper(parts.fig, moving=[parts.line], start=halves, show=show, pause=0.0, **options)


def test_stepper_steps_runs_and_says_why_it_ended(parabola):
    f = halving_stepper(parabola)
    assert f.numbers == {"x": "1", "status": "at the start"}
    assert f.step().numbers == {"x": "0.5"} and f.numbers["status"] == "step 1"
    f.run()
    assert f.numbers == {"x": "0.0625", "status": "ended after step 4: below 0.1"}
    assert f.step() == f.run(), "after the end nothing changes"
    assert f.children[0].frame["status"] == f.numbers["status"]
    f.reset()
    assert f.numbers == {"x": "1", "status": "at the start"}


def test_stepper_stops_at_max_steps(parabola):
    f = halving_stepper(parabola, max_steps=2)
    f.run()
    assert f.numbers == {"x": "0.25", "status": "ended after step 2: the most that this figure takes"}


def test_moving_a_control_resets_and_the_last_run_becomes_the_trail(parabola):
    f = halving_stepper(parabola, controls=[live.Slider("x0", "x₀", [1.0, 2.0, 4.0], start=1.0)], trail=[parabola.line])
    runs = [f.children[0].frame["run"]]
    f.run()
    f.set(x0=4.0)
    runs.append(f.children[0].frame["run"])
    assert f.numbers == {"x": "4", "status": "at the start"}
    f.set(x0=2.0)  # no steps in between: the run before stays the trail
    runs.append(f.children[0].frame["run"])
    assert runs == [0, 1, 1]
    assert f.step().numbers["x"] == "1"


def test_stepper_sweep_takes_steps_at_each_extreme(parabola):
    f = halving_stepper(parabola, controls=[live.Slider("x0", "x₀", [1.0, 2.0, 4.0], start=2.0)])
    assert [caption.numbers["x"] for caption in f.sweep()] == ["0.125", "0.25", "0.5"]
    assert f.numbers == {"x": "2", "status": "at the start"}
    assert [caption.numbers["x"] for caption in halving_stepper(parabola).sweep()] == ["0.125"]


def test_exception_in_a_step_is_shown_and_raised(parabola):
    f = halving_stepper(parabola, controls=[live.Slider("x0", "x₀", [1.0, 3.0], start=3.0)])
    f.step()
    with pytest.raises(OverflowError):
        f.step()
    assert f.children[0].error.startswith("OverflowError: no three quarters")
    assert f.numbers["x"] == "1.5"
    f.reset()
    assert f.children[0].error == ""


def test_interrupt_keeps_the_steps_so_far(parabola):
    def interrupted():
        yield 1.0
        yield 2.0
        raise KeyboardInterrupt

    def show(history):
        return live.Caption("Steps.", {"steps": str(len(history))})

    f = live.stepper(parabola.fig, moving=[parabola.line], start=interrupted, show=show)
    assert f.run().numbers["steps"] == "2"
    assert f.numbers["status"] == "interrupted after step 2"


def test_buttons_play_pause_and_reset(parabola):
    f = halving_stepper(parabola)
    step, run, reset = f.children[1].children

    async def read():
        run.click()
        assert run.description == "Pause"
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        run.click()
        assert run.description == "Run"
        paused = f.numbers["status"]
        for _ in range(20):
            await asyncio.sleep(0.001)
        assert f.numbers["status"] == paused, "a paused run takes no more steps"
        run.click()
        for _ in range(100):
            await asyncio.sleep(0.001)
        assert f.numbers["status"].startswith("ended after step 4") and run.description == "Run"

    asyncio.run(read())
    reset.click()
    assert f.numbers["status"] == "at the start"
    step.click()
    assert f.numbers["status"] == "step 1"
    run.click()  # without an event loop the run goes to its end at once
    assert f.numbers["status"].startswith("ended")


# ---- recorded figures ----------------------------------------------------------------------------------------------


def recorded_parabola(parts, **options):
    return live.recorded(parts.fig, moving=[parts.line], show=parts.show, control=parts.slider, **options)


def record_in(page: str) -> dict:
    start = page.index('playRecords("nnlib-') + len('playRecords("nnlib-0123456789abcdef", ')
    record, _ = json.JSONDecoder().raw_decode(page, start)
    record["frames"] = json.loads(zlib.decompress(base64.b64decode(record["frames"])))
    return record


def test_recorded_page_holds_every_position(parabola):
    data, about = recorded_parabola(parabola, trail=[parabola.line])._repr_mimebundle_()
    record = record_in(data["text/html"])
    assert record["texts"] == ["0", "1", "2"] and record["start"] == 1 and record["label"] == "a, steepness"
    assert [frame["numbers"] for frame in record["frames"]] == [[["a", k], ["top", k]] for k in "012"]
    points = np.reshape(record["frames"][2]["points"], (-1, 2)) / record["parts"]
    np.testing.assert_allclose(points, to_browser(parabola.ax, np.c_[parabola.x, 2 * parabola.x**2]), atol=1 / 32)
    assert record["frames"][0]["shapes"][0]["trail"]
    assert about["image/png"]["alt"] == "A parabola with a = 1."


def test_recorded_page_stands_alone_and_shows_a_still_where_no_script_runs(parabola):
    page = recorded_parabola(parabola)._repr_mimebundle_()[0]["text/html"]
    assert '<img alt="A parabola with a = 1." width="640" src="data:image/png;base64,' in page
    assert "http" not in page and "import " not in page.split("<script>")[1].split('playRecords("')[0]
    assert page.count("<script>") == page.count("</script>") == 1


def test_recorded_page_is_the_same_each_time(parabola):
    pages = {recorded_parabola(parabola)._repr_mimebundle_()[0]["text/html"] for _ in range(2)}
    assert len(pages) == 1


def test_recorded_text_cannot_end_the_script_or_the_attribute(parabola):
    def show(a):
        return live.Caption('</script> "quoted" <b>', {"a": "</script>"})

    f = live.recorded(parabola.fig, moving=[parabola.line], show=show, control=parabola.slider)
    page = f._repr_mimebundle_()[0]["text/html"]
    assert page.count("</script>") == 1
    assert 'alt="&lt;/script&gt; &quot;quoted&quot; &lt;b&gt;"' in page


def test_recorded_figure_is_moved_from_python(parabola):
    f = recorded_parabola(parabola)
    assert f.set(a=2.0).numbers == f.numbers == {"a": "2", "top": "2"}
    assert record_in(f._repr_mimebundle_()[0]["text/html"])["start"] == 2
    assert [caption.numbers["a"] for caption in f.sweep()] == ["0", "1", "2"]
    assert f.values == {"a": 2.0} and str(f) == "A parabola with a = 2.\na: 2 · top: 2"


def test_exception_at_any_position_fails_the_recording(parabola):
    slider = live.Slider("a", "a", [1.0, 2.0, 3.0], start=1.0)
    with pytest.raises(ZeroDivisionError):
        live.recorded(parabola.fig, moving=[parabola.line], show=parabola.show, control=slider)


# ---- bad input -----------------------------------------------------------------------------------------------------


def slider(**changes):
    return live.Slider(**{"name": "a", "label": "a", "values": [0.0, 1.0], "start": 0.0, **changes})


BAD_INPUT = {
    "start between the positions": (lambda p: slider(start=0.3), "nearest are"),
    "one position": (lambda p: slider(values=[1.0], start=1.0), "two different"),
    "the same position twice": (lambda p: slider(values=[1.0, 1.0], start=1.0), "two different"),
    "positions that read alike": (lambda p: slider(values=[1.0, 1.0001], start=1.0), "format gives the same text '1'"),
    "text for positions": (lambda p: slider(values=["a", "b"]), "values must hold real numbers"),
    "name that is no argument": (lambda p: slider(name="the μ"), "name must be"),
    "empty label": (lambda p: slider(label=" "), "label must be"),
    "option that does not exist": (lambda p: live.Choice("r", "r", {"x": 1, "y": 2}, start=3), "one of"),
    "one option": (lambda p: live.Choice("r", "r", {"x": 1}, start=1), "at least two"),
    "answer that does not exist": (lambda p: live.Prediction("?", ["a", "b"], 2, "so"), "answer must be below 2"),
    "the same answer twice": (lambda p: live.Prediction("?", ["a", "a"], 0, "so"), "more than once"),
    "caption without alt": (lambda p: live.Caption(""), "alt must say"),
    "number that is not text": (lambda p: live.Caption("x", {"loss": 0.1}), "ready to be read"),
    "no controls": (lambda p: live.figure(p.fig, moving=[p.line], show=p.show, controls=[]), "1 to 3"),
    "four controls": (
        lambda p: live.figure(p.fig, moving=[p.line], show=p.show, controls=[slider(name=f"a{k}") for k in range(4)]),
        "1 to 3",
    ),
    "two controls of one name": (
        lambda p: live.figure(p.fig, moving=[p.line], show=p.show, controls=[slider(), slider()]),
        "different names",
    ),
    "control that is none": (lambda p: live.figure(p.fig, moving=[p.line], show=p.show, controls=[1]), "live.Slider"),
    "show that is none": (lambda p: live.figure(p.fig, moving=[p.line], show=1, controls=[slider()]), "show must be"),
    "show that returns nothing": (
        lambda p: live.figure(p.fig, moving=[p.line], show=lambda a: None, controls=[slider()]),
        "must return a live.Caption",
    ),
    "nothing moves": (lambda p: live.figure(p.fig, moving=[], show=p.show, controls=[slider()]), "moving is empty"),
    "moving is one artist": (
        lambda p: live.figure(p.fig, moving=p.line, show=p.show, controls=[slider()]),
        "lists of artists",
    ),
    "artist of a kind that cannot move": (
        lambda p: live.figure(p.fig, moving=[p.ax.scatter([0], [0])], show=p.show, controls=[slider()]),
        r"moving\[0\] must be a line .*PathCollection",
    ),
    "annotation": (
        lambda p: live.figure(p.fig, moving=[p.ax.annotate("a", (0, 0))], show=p.show, controls=[slider()]),
        "use ax.text",
    ),
    "steps in a line": (
        lambda p: live.figure(p.fig, moving=p.ax.step([0], [0]), show=p.show, controls=[slider()]),
        "drawstyle",
    ),
    "artist of another figure": (
        lambda p: live.figure(p.fig, moving=live.subplots()[1].plot([0], [0]), show=p.show, controls=[slider()]),
        "another figure",
    ),
    "trail that does not move": (
        lambda p: live.figure(p.fig, moving=[p.line], trail=p.ax.plot([0], [0]), show=p.show, controls=[slider()]),
        r"trail\[0\] is not one of the moving",
    ),
    "figure that is none": (
        lambda p: live.figure(p.ax, moving=[p.line], show=p.show, controls=[slider()]),
        "matplotlib Figure",
    ),
    "choice in a recording": (
        lambda p: live.recorded(
            p.fig, moving=[p.line], show=p.show, control=live.Choice("a", "a", {"x": 0.0, "y": 1.0}, start=0.0)
        ),
        "live.Slider",
    ),
    "unknown control": (lambda p: live_parabola(p).set(b=1.0), "control must be one of a"),
    "position that the slider has not": (lambda p: live_parabola(p).set(a=0.4), "nearest are"),
    "prediction that is none": (lambda p: live_parabola(p, predict="?"), "live.Prediction"),
    "no steps allowed": (lambda p: halving_stepper(p, max_steps=0), "max_steps must be at least 1"),
    "too few heights": (lambda p: live.bars(p.ax, 3, heights=[1, 2]), "heights must be 3 numbers"),
    "arrow with three coordinates": (lambda p: live.arrow(p.ax, (0, 0, 0), (1, 1), color="k"), "tail must be a point"),
}


@pytest.mark.parametrize("case", BAD_INPUT)
def test_bad_input_is_named_at_the_door(parabola, case):
    call, message = BAD_INPUT[case]
    with pytest.raises((TypeError, ValueError), match=message):
        call(parabola)


def test_pyplot_and_its_global_state_are_not_imported():
    code = "import sys, nnlib.live; assert 'matplotlib.pyplot' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
