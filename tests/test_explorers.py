"""The explorers' numbers are the mathematics', at every slider's minimum, default and maximum; no browser needed."""

import numpy as np
import pytest
from scipy.optimize import approx_fprime

import nnlib
from nnlib import datasets
from nnlib.live import Prediction, Slider
from nnlib.course.explorers.descent import descent_on_network, descent_on_surface, lm_against_descent, fit_step_by_step
from nnlib.course.explorers.levenberg_marquardt import lm_steps, mu_dial, MU_VALUES, read_dial

W0 = np.array([0.5, 1.0])


@pytest.fixture(scope="module")
def neuron():
    x = np.linspace(-2, 2, 15)
    y = np.tanh(1.5 * x - 1) + 0.1 * np.random.default_rng(1).normal(size=15)
    return nnlib.NetworkFit(nnlib.MLP([1, 1], output="tanh"), x, y)


@pytest.fixture(scope="module")
def sine():
    data, net = datasets.noisy_sine(seed=0), nnlib.MLP([1, 10, 1])
    return nnlib.NetworkFit(net, data.X, data.Y), net.init(seed=0)


def least_squares_model(problem, w, p):
    """The quadratic model from residuals and a Jacobian by differences: nothing of the dial's own code."""
    J = np.array([approx_fprime(w, lambda w, i=i: problem.residuals(w)[i], 1e-7) for i in range(problem.n_residuals)])
    return 0.5 * np.sum((problem.residuals(w) + J @ p) ** 2)


@pytest.mark.parametrize("mu", [MU_VALUES[0], 1.0, MU_VALUES[-1]])
def test_dial_predicts_what_the_quadratic_model_says(neuron, mu):
    reading = read_dial(neuron, W0, mu)
    assert reading.predicted == pytest.approx(neuron.loss(W0) - least_squares_model(neuron, W0, reading.step), rel=1e-4)
    assert reading.actual == pytest.approx(neuron.loss(W0) - neuron.loss(W0 + reading.step), rel=1e-12)
    assert reading.gain_ratio == pytest.approx(reading.actual / reading.predicted)


def test_dial_turns_from_gauss_newton_to_the_gradient_and_the_step_shrinks(neuron):
    readings = [read_dial(neuron, W0, mu) for mu in MU_VALUES]
    lengths = [reading.length for reading in readings]
    assert (np.diff(lengths) < 0).all()
    g = neuron.gradient(W0)
    cosines = [-reading.step @ g / (reading.length * np.linalg.norm(g)) for reading in readings]
    assert (np.diff(cosines) > -1e-12).all() and cosines[-1] == pytest.approx(1, abs=1e-3)
    gauss_newton = next(nnlib.gauss_newton(neuron, W0)).trial_w - W0
    np.testing.assert_allclose(read_dial(neuron, W0, 0.0).step, gauss_newton, rtol=1e-9)


def test_dial_factors_are_what_is_left_of_the_gauss_newton_step_in_each_eigendirection(neuron):
    _, V = np.linalg.eigh(neuron.normal_equations(W0).JTJ)
    reading = read_dial(neuron, W0, 3.0)
    left = (V.T @ reading.step) / (V.T @ read_dial(neuron, W0, 0.0).step)
    np.testing.assert_allclose(reading.factors, left[::-1], rtol=1e-9)


def test_dial_figure_says_the_readings_at_every_mu(neuron):
    figure = mu_dial(neuron, W0)
    assert len(figure.sweep()) == 3
    for mu in (MU_VALUES[0], MU_VALUES[24], MU_VALUES[-1]):
        caption, reading = figure.set(mu=mu), read_dial(neuron, W0, mu)
        assert float(caption.numbers["‖p‖"]) == pytest.approx(reading.length, rel=5e-3)
        assert float(caption.numbers["gain ratio ρ"]) == pytest.approx(reading.gain_ratio, rel=5e-3, abs=5e-3)
        assert caption.numbers["step"] == ("accepted" if reading.actual > 0 else "rejected")


def test_surface_figure_follows_the_optimizer(neuron):
    control = Slider("b", "b, bias at the start", np.linspace(0, 2, 5), start=1.5)
    figure = descent_on_surface(neuron, lambda b: nnlib.gauss_newton(neuron, [0.5, b]), control, max_steps=20)
    for b in (0.0, 1.5, 2.0):
        fit = nnlib.train(nnlib.gauss_newton(neuron, [0.5, b]), max_steps=20, min_gradient=0)
        first, last = (float(text) for text in figure.set(b=b).numbers["loss"].split(" → "))
        assert first == pytest.approx(fit.start_loss, rel=5e-3)
        end = fit.history["loss"][-1] if fit.n_steps else fit.start_loss
        assert last == pytest.approx(end, rel=5e-3)
    assert "singular" in figure.set(b=2.0).numbers["ends"]
    assert "leaves the picture" in figure.set(b=2.0).alt


def test_stepper_shows_each_record_and_rejections(neuron):
    figure = lm_steps(neuron, [0.5, 1.5])
    assert figure.numbers["step"] == "0"
    records = nnlib.levenberg_marquardt(neuron, [0.5, 1.5], mu=1e-3)
    rejected = 0
    for record in list(records)[:12]:
        numbers = figure.step().numbers
        rejected += not record.accepted
        assert numbers["last step"] == ("accepted" if record.accepted else "rejected")
        assert float(numbers["loss"]) == pytest.approx(record.loss, rel=5e-3)
        assert float(numbers["μ"]) == pytest.approx(record.mu, rel=5e-3)
    assert rejected and f"({rejected} rejected)" in figure.numbers["step"]
    figure.reset()
    assert figure.numbers["step"] == "0"


@pytest.mark.parametrize("mu", [1e-6, 1e-3, 1e4])
@pytest.mark.parametrize("rule", ["gain-ratio", "marquardt"])
def test_stepper_runs_to_the_minimum_from_every_mu(neuron, mu, rule):
    figure = lm_steps(neuron, [0.5, 1.5], max_steps=60)
    figure.set(mu=mu, rule=rule)
    numbers = figure.run().numbers
    assert float(numbers["loss"]) == pytest.approx(0.0253, rel=5e-3)


def test_race_says_the_losses_of_both_runs(sine):
    problem, w0 = sine
    figure = lm_against_descent(problem, w0, max_steps=40)
    for mu, learning_rate in ((1e-6, 0.0001), (1e-3, 0.01), (1e6, 0.2)):
        numbers = figure.set(mu=mu, learning_rate=learning_rate).numbers
        lm = nnlib.train(nnlib.levenberg_marquardt(problem, w0, mu=mu), max_steps=40, min_gradient=0)
        assert float(numbers["loss, LM"]) == pytest.approx(lm.loss, rel=5e-3)
        descent = nnlib.train(nnlib.steepest_descent(problem, w0, learning_rate=learning_rate), max_steps=40)
        assert float(numbers["loss, descent"]) == pytest.approx(descent.history["loss"][-1], rel=5e-3)
    assert len(figure.sweep()) == 6


def test_learning_rate_figure_shows_slow_good_and_diverging(sine):
    problem, w0 = sine
    figure = descent_on_network(problem, w0)
    ends = [float(figure.set(learning_rate=eta).numbers["loss"].split(" → ")[1]) for eta in (0.0001, 0.01, 0.2)]
    assert ends[1] < ends[0] < ends[2]


def test_figures_lock_until_a_prediction_is_made(neuron, sine):
    ask = Prediction("How many?", ["none", "some"], answer=1, because="Count them.")
    for figure in (lm_steps(neuron, W0, predict=ask), lm_against_descent(*sine, max_steps=5, predict=ask)):
        assert all(box.disabled for box in figure._locked)
        assert "You predicted “none”" in figure.commit(0)
        assert not any(box.disabled for box in figure._locked)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda neuron, sine: mu_dial(sine[0], W0), "2 parameters"),
        (lambda neuron, sine: mu_dial(neuron, W0, window=((0, 0), (1, 2))), "window must be"),
        (lambda neuron, sine: mu_dial(neuron, W0, start=0.123), "mu must be a position"),
        (lambda neuron, sine: lm_against_descent(neuron, "w"), "w0 must hold real numbers"),
        (lambda neuron, sine: descent_on_network(nnlib.CurveFit(np.exp, [1.0], [1.0]), [1.0]), "must be a NetworkFit"),
    ],
)
def test_bad_input_is_named(neuron, sine, call, message):
    with pytest.raises((TypeError, ValueError), match=message):
        call(neuron, sine)
