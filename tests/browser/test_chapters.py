"""The chapters in a real JupyterLab: every cell runs, every control moves, the numbers are the mathematics'."""

import time

import numpy as np
import pytest
from nnlib.live.explorers.mu_dial import MU_VALUES, read_dial

import nnlib
from nnlib import datasets


def number(text: str) -> float:
    """The number that a text starts with."""
    return float(text.split()[0])


def neuron():
    x = np.linspace(-2, 2, 15)
    y = np.tanh(1.5 * x - 1) + 0.1 * np.random.default_rng(1).normal(size=15)
    return nnlib.NetworkFit(nnlib.MLP([1, 1], output="tanh"), x, y)


def sine():
    data, net = datasets.noisy_sine(seed=0), nnlib.MLP([1, 10, 1])
    return nnlib.NetworkFit(net, data.X, data.Y), net.init(seed=0)


def settled_numbers(page, figure=0):
    """The numbers once they have stood still for a second: on a busy machine a picture may come late."""
    numbers, since = page.numbers(figure), time.monotonic()
    while time.monotonic() < since + 1:
        page.page.wait_for_timeout(100)
        if page.numbers(figure) != numbers:
            numbers, since = page.numbers(figure), time.monotonic()
    return numbers


def sweep_by_keyboard(page, label, figure):
    """Both ends of a slider; every end changes the numbers and the picture."""
    before, picture = page.numbers(figure), page.pixels(figure)
    seen = []
    for key in ("Home", "End"):
        page.press_keys(label, key, figure=figure)
        seen.append(settled_numbers(page, figure))
    assert seen[0] != seen[1] and (before not in seen or before in (seen[0], seen[1]))
    assert not np.array_equal(picture, page.pixels(figure))
    return seen


def photograph(page, name, figures):
    """Screenshots of each figure in both themes, kept for people to look at."""
    for dark in (False, True):
        page.use_dark_theme(dark)
        for figure in range(figures):
            page.figure(figure).scroll_into_view_if_needed()
            page.screenshot(f"{name}-figure{figure}-{'dark' if dark else 'light'}")
    page.use_dark_theme(False)


def test_start_here(notebook):
    """The one-minute demo: locked, predicted, dragged from end to end."""
    page = notebook("00-start-here.ipynb", viewport={"width": 1300, "height": 3000})
    assert page.kernel("print(demo.children[-1].disabled)").strip() == "True"
    page.figure(0).get_by_text("grow until numbers overflow", exact=True).click()
    page.press("Commit")
    page.figure(0).get_by_text("and so it is").wait_for()
    assert page.kernel("print(demo.children[-1].disabled)").strip() == "False"

    label, (network, w0) = "η, learning rate", sine()
    for caption, eta in zip(sweep_by_keyboard(page, label, 0), (1e-4, 0.2), strict=True):
        fit = nnlib.train(nnlib.steepest_descent(network, w0, learning_rate=eta), max_steps=300, min_gradient=0)
        assert float(caption["loss"].split(" → ")[1]) == pytest.approx(fit.history["loss"][-1], rel=5e-3)
    page.drag(label, to=0.5)
    by_mouse = settled_numbers(page)
    assert 1e-4 < float(by_mouse["η"]) < 0.2
    fit = nnlib.train(
        nnlib.steepest_descent(network, w0, learning_rate=float(by_mouse["η"])), max_steps=300, min_gradient=0
    )
    assert float(by_mouse["loss"].split(" → ")[1]) == pytest.approx(fit.history["loss"][-1], rel=5e-3)

    photograph(page, "00-start-here", figures=1)
    assert page.errors() == []


def test_levenberg_marquardt(notebook):
    """One visit of the chapter: opening JupyterLab takes longer than moving its figures."""
    page, problem = notebook("11-levenberg-marquardt.ipynb", viewport={"width": 1300, "height": 4000}), neuron()

    # Gauss–Newton from a start on the slider
    low, high = sweep_by_keyboard(page, "b, bias at the start", 0)
    for caption, b in ((low, 0.0), (high, 2.0)):
        fit = nnlib.train(nnlib.gauss_newton(problem, [0.5, b]), max_steps=20, min_gradient=0)
        first, last = (float(text) for text in caption["loss"].split(" → "))
        assert first == pytest.approx(fit.start_loss, rel=5e-3)
        assert last == pytest.approx(fit.history["loss"][-1], rel=5e-3)
    assert "singular" in high["ends"]

    # the μ dial, by mouse and by keyboard
    page.drag("μ, damping", to=0.5, figure=1)
    by_mouse = settled_numbers(page, 1)
    assert 0.1 < number(by_mouse["μ"]) < 10 and by_mouse["step"] == "accepted"
    for caption, mu in zip(sweep_by_keyboard(page, "μ, damping", 1), (MU_VALUES[0], MU_VALUES[-1]), strict=True):
        reading = read_dial(problem, [1.5, 1.0], mu)
        assert number(caption["‖p‖"]) == pytest.approx(reading.length, rel=5e-3)
        assert number(caption["gain ratio ρ"]) == pytest.approx(reading.gain_ratio, rel=5e-3)
        assert caption["step"] == ("accepted" if reading.actual > 0 else "rejected")

    # Levenberg–Marquardt step by step: locked, predicted, stepped, run, reset
    steps = page.figure(2)
    assert steps.get_by_role("button", name="Step").is_disabled()
    steps.get_by_text("get there, but reject some steps on the way", exact=True).click()
    page.press("Commit", figure=2)
    steps.get_by_text("and so it is").wait_for()
    records = list(nnlib.levenberg_marquardt(problem, [0.5, 1.5], mu=1e-3))
    for count, record in enumerate(records[:6], start=1):
        page.press("Step", figure=2)
        rejected = sum(not r.accepted for r in records[:count])
        page.wait_for_number("step", f"{count} ({rejected} rejected)", figure=2)
        assert page.numbers(2)["last step"] == ("accepted" if record.accepted else "rejected")
        assert number(page.numbers(2)["loss"]) == pytest.approx(record.loss, rel=5e-3)
    page.press("Run", figure=2)
    rejected = sum(not r.accepted for r in records)
    page.wait_for_number("step", f"{len(records)} ({rejected} rejected)", figure=2)
    assert number(page.numbers(2)["loss"]) == pytest.approx(0.0253, rel=5e-3)
    page.press("Reset", figure=2)
    page.wait_for_number("step", "0", figure=2)
    page.press_keys("μ, first damping", "End", figure=2)
    page.wait_for_number("next μ", "1e+4", figure=2)
    page.figure(2).get_by_role("button", name="÷10 and ×10").click()
    page.press("Step", figure=2)
    page.wait_for_number("μ", "1e+4", figure=2)

    # the certified curve, walked through by mouse
    page.drag("k, step", to=1.0, figure=3)
    settled_numbers(page, 3)
    certified = datasets.nist("Eckerle4").certified
    shown = [number(page.numbers(3)[f"w{i}"]) for i in (1, 2, 3)]
    assert shown == pytest.approx(certified, rel=1e-4)

    # LM against steepest descent on the network
    page.figure(4).get_by_text("fewer than 20", exact=True).click()
    page.press("Commit", figure=4)
    network, w0 = sine()
    for label, values, name in (
        ("μ, first damping of LM", (1e-6, 1e6), "loss, LM"),
        ("η, learning rate of descent", (1e-4, 0.2), "loss, descent"),
    ):
        for caption, value in zip(sweep_by_keyboard(page, label, 4), values, strict=True):
            run = (
                nnlib.levenberg_marquardt(network, w0, mu=value)
                if name == "loss, LM"
                else nnlib.steepest_descent(network, w0, learning_rate=value)
            )
            fit = nnlib.train(run, max_steps=100, min_gradient=0)
            assert number(caption[name]) == pytest.approx(fit.history["loss"][-1], rel=5e-3)

    photograph(page, "11-levenberg-marquardt", figures=5)
    assert page.errors() == []
