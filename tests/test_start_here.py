"""Chapters 00 and 17: the map of the course, links to conventions, copies without solutions, what the figures say."""

import re
from itertools import islice, pairwise
from pathlib import Path

import nbformat
import numpy as np
import pytest
from nbconvert.exporters import NotebookExporter
from scipy.optimize import minimize_scalar
from traitlets.config import Config

import nnlib
from nnlib.course.explorers import conventions, start_here

ROOT = Path(__file__).parents[1]
START, CONVENTIONS = (ROOT / f"notebooks/{name}.ipynb" for name in ("00-start-here", "17-notation-and-conventions"))


def prose(chapter):
    cells = nbformat.read(chapter, as_version=4).cells
    return "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")


def test_the_map_lists_the_chapters_of_the_readme_with_their_minutes():
    course = re.findall(r"^\| \[?(\d\d-[\w-]+)", (ROOT / "README.md").read_text(encoding="utf-8"), re.MULTILINE)
    rows = re.findall(r"^\| (\S*\d\d-[\w-]+\S*) \| .* \| (.*) \|$", prose(START), re.MULTILINE)
    expected = [("00-start-here", "you are here")]
    for name in course[1:]:
        minutes = re.search(r"(\d+) minutes to read, (\d+) to do", prose(ROOT / f"notebooks/{name}.ipynb"))
        expected.append((f"[{name}]({name}.ipynb)", f"{minutes[1]}, {minutes[2]}"))
    assert rows == expected


def test_every_link_to_a_convention_leads_to_its_heading():
    headings = {heading.replace(" ", "-") for heading in re.findall(r"^#+ (.*)$", prose(CONVENTIONS), re.MULTILINE)}
    inside = re.findall(r"\]\(#([^)]+)\)", prose(CONVENTIONS))
    from_chapters = [
        anchor
        for chapter in sorted((ROOT / "notebooks").glob("*.ipynb"))
        for anchor in re.findall(rf"\]\({CONVENTIONS.name}#([^)]+)\)", prose(chapter))
    ]
    assert len(inside) >= 12 and {*inside, *from_chapters} <= headings


def test_a_copy_without_solutions_keeps_every_exercise_and_hint():
    settings = Config()
    settings.TagRemovePreprocessor.enabled = True
    settings.TagRemovePreprocessor.remove_cell_tags = {"solution"}
    copy, _ = NotebookExporter(config=settings).from_filename(str(START))
    whole = START.read_text(encoding="utf-8")
    assert "<summary>Solution" in whole and "<summary>Solution" not in copy
    for kept in ("<summary>Hint", "exercises.start_here.check_"):
        assert copy.count(kept) == whole.count(kept) == 5


# What the figures say


@pytest.fixture(scope="module")
def sine():
    data, net = nnlib.datasets.noisy_sine(seed=0), nnlib.MLP([1, 10, 1])
    return nnlib.NetworkFit(net, data.X, data.Y), net.init(seed=0)


def test_the_slider_shows_what_training_gives(sine):
    problem, w0 = sine
    seen = start_here.learning_rate(problem, w0, max_steps=30).table
    for eta, highest, last, uphill in zip(
        *(seen[name] for name in ("eta", "highest loss", "last loss", "steps uphill")), strict=True
    ):
        losses = nnlib.train(nnlib.steepest_descent(problem, w0, learning_rate=eta), max_steps=30).history["loss"]
        losses = [problem.loss(w0), *losses]
        assert (highest, last) == pytest.approx((max(losses), losses[-1]), rel=1e-12)
        assert uphill == sum(after > before for before, after in pairwise(losses))


def test_steps_on_the_parabola_are_those_of_steepest_descent():
    seen = start_here.parabola(3.0).table
    valley = nnlib.CurveFit(lambda w, x: w[0] * x, [np.sqrt(3.0)], [0.0])
    for eta, *points in zip(seen["eta"], *(seen[f"w{k}"] for k in "₁₂₃₄"), strict=True):
        steps = islice(nnlib.steepest_descent(valley, [1.0], learning_rate=eta), 4)
        assert points == pytest.approx([step.w[0] for step in steps], rel=1e-9, abs=1e-12)


def test_the_curvature_on_the_way_is_that_of_a_numerical_hessian(sine):
    problem, w0 = sine
    seen = start_here.curvature_on_the_way(problem, w0).table
    (at,) = np.flatnonzero((seen["eta"] == 0.01) & (seen["step"] == 3))
    *_, third = islice(nnlib.steepest_descent(problem, w0, learning_rate=0.01), 3)
    H = nnlib.checks.numerical_hessian(problem.loss, third.w, method="complex")
    assert seen["λ_max"][at] == pytest.approx(np.linalg.eigvalsh(H)[-1], rel=1e-7)
    assert (seen["loss"][at], seen["2/η"][at]) == pytest.approx((third.loss, 200.0))


def test_steps_with_the_half_are_those_of_nnlib_and_converted_ones_equal_them():
    line, w = nnlib.CurveFit(lambda w, x: w[0] + w[1] * x, [0.0, 1.0, 2.0, 3.0], [1.0, 2.0, 2.0, 4.0]), [1.0, 0.5]
    seen = conventions.with_or_without_half(line, np.array(w)).table
    here, there = (np.column_stack([seen[f"w₀ {book}"], seen[f"w₁ {book}"]]) for book in ("here", "there"))
    descent = next(nnlib.steepest_descent(line, w, learning_rate=conventions.ETA)).trial_w
    damped = next(nnlib.levenberg_marquardt(line, w, mu=conventions.MU)).trial_w
    for number, expected in (("η", descent), ("μ", damped)):
        np.testing.assert_allclose(here[seen["number"] == number], [expected, expected], rtol=1e-9)
    np.testing.assert_allclose(there[seen["converted"]], here[seen["converted"]], rtol=1e-12)
    assert (np.abs(there - here)[~seen["converted"] & (seen["number"] != "β")] > 1e-3).all()


def test_both_objectives_have_their_minima_where_the_figure_says():
    seen = conventions.sum_or_mean(weight_decay=2.0).table
    x = np.random.default_rng(0).uniform(-1, 1, 128)
    y = 2 * x + 0.3 * np.random.default_rng(1).normal(size=128)
    for m, decay, slope in zip(seen["m"], seen["λ of the mean"], seen["slope by the mean"], strict=True):
        found = minimize_scalar(lambda w, m=m, decay=decay: np.mean((w * x[:m] - y[:m]) ** 2) + decay * w**2)
        assert slope == pytest.approx(found.x, rel=1e-6)
