"""Gauss–Newton and Levenberg–Marquardt: certified problems, closed forms, scipy, and everything that can go wrong."""

from itertools import islice, pairwise

import numpy as np
import pytest
from scipy.optimize import least_squares

import nnlib
from nnlib import datasets
from nnlib.optimizers.levenberg_marquardt import damped_step

NIST = ["Misra1a", "Chwirut2", "Thurber", "Eckerle4", "MGH17"]


def certified_curve(name):
    data = datasets.nist(name)
    return data, nnlib.CurveFit(data.model, data.x, data.y)


def digits(w, certified):
    """Number of correct digits of the worst parameter."""
    return -np.log10(np.max(np.abs(w - certified) / np.abs(certified)))


@pytest.mark.parametrize("name", NIST)
@pytest.mark.parametrize("start", [0, 1])
def test_lm_reaches_the_certified_parameters(name, start):
    data, curve = certified_curve(name)
    fit = nnlib.train(nnlib.levenberg_marquardt(curve, data.starts[start]), max_steps=2000)
    assert digits(fit.w, data.certified) >= 6
    assert fit.converged, fit.reason
    assert 2 * fit.loss == pytest.approx(data.residual_ss, rel=1e-9)


@pytest.mark.parametrize("rule", ["gain-ratio", "marquardt"])
@pytest.mark.parametrize("damping", ["identity", "diagonal"])
@pytest.mark.parametrize("name", NIST)
def test_every_variant_reaches_them_from_the_nearer_start(name, damping, rule):
    data, curve = certified_curve(name)
    steps = nnlib.levenberg_marquardt(curve, data.starts[1], rule=rule, damping=damping)
    assert digits(nnlib.train(steps, max_steps=500).w, data.certified) >= 6


def test_lm_beats_minpack_on_the_noisy_sine_at_least_as_often_as_it_loses():
    net, data = nnlib.MLP([1, 10, 1]), datasets.noisy_sine(seed=0)
    problem = nnlib.NetworkFit(net, data.X, data.Y)
    lower = higher = 0
    for seed in range(16):
        w0 = net.init(seed=seed)
        ours = nnlib.train(nnlib.levenberg_marquardt(problem, w0), max_steps=500).loss
        theirs = least_squares(problem.residuals, w0, problem.jacobian, method="lm", max_nfev=500).cost
        lower += ours < theirs * (1 - 1e-3)
        higher += ours > theirs * (1 + 1e-3)
    assert lower >= higher, (lower, higher)


def noisy_exponential():
    x = np.linspace(0, 1, 15)
    y = 2 * np.exp(-1.5 * x) + 0.05 * np.random.default_rng(0).normal(size=15)
    return nnlib.CurveFit(lambda w, x: w[0] * np.exp(w[1] * x), x, y)


@pytest.mark.parametrize("mu", [1e-6, 1e-2, 1.0, 1e3])
def test_first_step_is_the_formula(mu):
    curve, w = noisy_exponential(), np.array([1.0, 0.0])
    step = next(nnlib.levenberg_marquardt(curve, w, mu=mu))
    J, r = curve.jacobian(w), curve.residuals(w)
    np.testing.assert_allclose(step.trial_w, w - np.linalg.inv(J.T @ J + mu * np.eye(2)) @ J.T @ r, rtol=1e-9)
    p = step.trial_w - w
    predicted = 0.5 * r @ r - 0.5 * np.sum((r + J @ p) ** 2)
    assert step.gain_ratio == pytest.approx((curve.loss(w) - step.trial_loss) / predicted, rel=1e-6)
    assert step.mu == mu


def test_first_step_with_marquardts_scaling_is_the_formula():
    curve, w = noisy_exponential(), np.array([1.0, 0.0])
    step = next(nnlib.levenberg_marquardt(curve, w, mu=0.1, damping="diagonal"))
    J, r = curve.jacobian(w), curve.residuals(w)
    JTJ = J.T @ J
    np.testing.assert_allclose(step.trial_w, w - np.linalg.solve(JTJ + 0.1 * np.diag(np.diag(JTJ)), J.T @ r), rtol=1e-9)


def test_small_mu_is_gauss_newton_and_large_mu_is_a_short_gradient_step():
    curve, w = noisy_exponential(), np.array([1.0, 0.0])
    gauss_newton = next(nnlib.gauss_newton(curve, w)).trial_w
    np.testing.assert_allclose(next(nnlib.levenberg_marquardt(curve, w, mu=1e-12)).trial_w, gauss_newton, rtol=1e-9)
    mu = 1e9
    downhill = next(nnlib.steepest_descent(curve, w, learning_rate=1 / mu)).trial_w
    lm = next(nnlib.levenberg_marquardt(curve, w, mu=mu)).trial_w
    np.testing.assert_allclose(lm - w, downhill - w, rtol=1e-6)


def test_lm_step_is_the_shortest_way_to_its_decrease():
    """The trust-region reading: no step of the same length has a lower quadratic model."""
    curve, w = noisy_exponential(), np.array([1.0, 0.0])
    J, r = curve.jacobian(w), curve.residuals(w)
    p, predicted = damped_step(J.T @ J, J.T @ r, np.full(2, 0.5))
    angle = np.linspace(0, 2 * np.pi, 1000)
    circle = np.linalg.norm(p) * np.column_stack([np.cos(angle), np.sin(angle)])
    model = 0.5 * ((r + circle @ J.T) ** 2).sum(axis=1)
    assert model.min() >= 0.5 * r @ r - predicted - 1e-12


def test_marquardts_rule_divides_and_multiplies_by_ten():
    data, curve = certified_curve("Misra1a")
    records = list(islice(nnlib.levenberg_marquardt(curve, data.starts[0], rule="marquardt"), 15))
    assert {step.accepted for step in records} == {True, False}
    for before, after in pairwise(records):
        assert after.mu == pytest.approx(before.mu / 10 if before.accepted else before.mu * 10)


def test_gain_ratio_rule_is_nielsens():
    data, curve = certified_curve("Misra1a")
    records = list(islice(nnlib.levenberg_marquardt(curve, data.starts[0]), 15))
    growth = 2.0
    for before, after in pairwise(records):
        if before.accepted:
            expected, growth = before.mu * max(1 / 3, 1 - (2 * before.gain_ratio - 1) ** 3), 2.0
        else:
            expected, growth = before.mu * growth, 2 * growth
        assert after.mu == pytest.approx(expected)


def test_a_worse_step_is_never_kept():
    data, curve = certified_curve("MGH17")
    fit = nnlib.train(nnlib.levenberg_marquardt(curve, data.starts[0]), max_steps=300)
    losses = np.array([fit.start_loss, *fit.history["loss"]])
    assert (np.diff(losses) <= 0).all()
    assert (~fit.history["accepted"]).any()
    np.testing.assert_array_equal(losses[1:][~fit.history["accepted"]], losses[:-1][~fit.history["accepted"]])


def test_gauss_newton_solves_a_linear_problem_in_one_step_and_matches_lstsq():
    rng = np.random.default_rng(0)
    A, y = rng.normal(size=(20, 4)), rng.normal(size=20)
    curve = nnlib.CurveFit(lambda w, x: x @ w, A, y)
    fit = nnlib.train(nnlib.gauss_newton(curve, np.zeros(4)), max_steps=1)
    np.testing.assert_allclose(fit.w, np.linalg.lstsq(A, y, rcond=None)[0], rtol=1e-10)


def test_same_minimum_as_scipy():
    curve = noisy_exponential()
    scipys = least_squares(curve.residuals, [1.0, 0.0], method="lm", xtol=1e-14, ftol=1e-14)
    fit = nnlib.train(nnlib.levenberg_marquardt(curve, [1.0, 0.0]))
    np.testing.assert_allclose(fit.w, scipys.x, rtol=1e-7)


# ------------------------------------------------------------------------------------------- numerical trouble


def test_gauss_newton_names_a_singular_matrix_and_keeps_the_start():
    curve = nnlib.CurveFit(lambda w, x: (w[0] + w[1]) * x, [1.0, 2.0], [2.0, 4.0])
    fit = nnlib.train(nnlib.gauss_newton(curve, [0.0, 0.0]))
    assert fit.reason == nnlib.StopReason.SINGULAR and "rank 1 of 2" in fit.reason.value
    np.testing.assert_array_equal(fit.w, [0, 0])
    assert not fit.converged and fit.n_steps == 0


def test_lm_walks_away_from_the_same_singular_matrix():
    curve = nnlib.CurveFit(lambda w, x: (w[0] + w[1]) * x, [1.0, 2.0], [2.0, 4.0])
    fit = nnlib.train(nnlib.levenberg_marquardt(curve, [0.0, 0.0]))
    assert fit.converged and fit.w.sum() == pytest.approx(2)


def overflowing(limit):
    """A model that cannot be computed beyond w = limit, on the way to its minimum at w = 3."""
    return lambda w, x: np.where(np.real(w[0]) < limit, w[0] ** 2 * x, np.nan)


def test_a_model_that_is_nan_on_the_way_gives_rejected_steps_and_the_best_weights():
    curve = nnlib.CurveFit(overflowing(2.0), [1.0, 2.0], [9.0, 18.0])
    fit = nnlib.train(nnlib.levenberg_marquardt(curve, [0.5], mu=1e-6), max_steps=200)
    assert (~fit.history["accepted"]).any() and np.isfinite(fit.history["loss"]).all()
    assert fit.w[0] < 2 and fit.loss < curve.loss([0.5])
    assert isinstance(fit.reason, nnlib.StopReason) and not fit.converged


def test_gauss_newton_ends_where_the_loss_is_not_finite():
    curve = nnlib.CurveFit(lambda w, x: np.exp(w[0] * x), [1.0, 2.0], [1e5, 1e10])
    fit = nnlib.train(nnlib.gauss_newton(curve, [-5.0]))
    assert fit.reason == nnlib.StopReason.NOT_FINITE and np.isfinite(fit.loss)


def test_mu_driven_to_its_maximum_is_said():
    curve = nnlib.CurveFit(lambda w, x: w[0] * x, [1.0, 2.0], [1.0, 2.0], jacobian=lambda w, x: -x[:, None])
    fit = nnlib.train(nnlib.levenberg_marquardt(curve, [0.0]), max_steps=500)  # the Jacobian has the wrong sign
    assert fit.reason == nnlib.StopReason.MU_MAX and "mu_max" in fit.reason.value
    assert fit.w[0] == 0 and not fit.converged


def test_an_exact_fit_converges():
    curve = nnlib.CurveFit(lambda w, x: w[0] * np.exp(w[1] * x), np.arange(5.0), 3 * np.exp(-0.5 * np.arange(5.0)))
    fit = nnlib.train(nnlib.levenberg_marquardt(curve, [1.0, 0.0]))
    assert fit.converged, fit.reason
    np.testing.assert_allclose(fit.w, [3, -0.5], rtol=1e-10)


def test_starting_at_the_minimum_converges_at_once():
    curve = nnlib.CurveFit(lambda w, x: w[0] * x, [1.0, 2.0], [1.0, 2.0])
    fit = nnlib.train(nnlib.levenberg_marquardt(curve, [1.0]))
    assert fit.converged and fit.n_steps <= 2 and fit.w[0] == 1


CURVE = nnlib.CurveFit(lambda w, x: w[0] * x, [1.0, 2.0], [1.0, 2.0])
NETWORK = nnlib.NetworkFit(nnlib.MLP([1, 1]), [[0.0]], [[0.0]])


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: nnlib.levenberg_marquardt(CURVE, [1.0], mu=0), ValueError, "mu must be above 0, got 0"),
        (lambda: nnlib.levenberg_marquardt(CURVE, [1.0], rule="nielsen"), ValueError, "rule must be one of gain-ratio"),
        (lambda: nnlib.levenberg_marquardt(CURVE, [1.0], mu=2, mu_max=1), ValueError, "mu must be at most 1"),
        (lambda: nnlib.levenberg_marquardt(NETWORK, [1.0]), ValueError, "w0 has 1 entries, the problem has 2"),
        (lambda: nnlib.levenberg_marquardt(np.sin, [1.0]), TypeError, "needs a least-squares problem"),
        (
            lambda: nnlib.levenberg_marquardt(nnlib.CurveFit(lambda w, x: np.exp(w[0] * x), [1.0], [1.0]), [1e4]),
            ValueError,
            "the loss at w0 must be finite, it is inf",
        ),
    ],
)
def test_bad_input_is_named_at_the_door(call, error, message):
    with pytest.raises(error, match=message):
        call()


class Line:
    """What a reader may write: a problem with a loss and normal equations, and nothing more."""

    def residuals(self, w):
        return np.array([w[0] - 1.0, w[0] + 2 * w[1] - 5.0])

    def loss(self, w):
        return 0.5 * np.sum(self.residuals(w) ** 2)

    def normal_equations(self, w):
        J = np.array([[1.0, 0.0], [1.0, 2.0]])
        return J.T @ J, J.T @ self.residuals(w), self.loss(w)


@pytest.mark.parametrize("method", [nnlib.levenberg_marquardt, nnlib.gauss_newton])
def test_a_loss_and_normal_equations_make_a_problem(method):
    fit = nnlib.train(method(Line(), [0.0, 0.0]), max_steps=30)
    assert fit.converged
    np.testing.assert_allclose(fit.w, [1.0, 2.0], rtol=1e-6)


def test_derivatives_that_are_not_finite_at_the_start_are_named():
    root = nnlib.CurveFit(lambda w, x: np.sqrt(w[0]) * x, [1.0], [1.0], lambda w, x: [[0.5 / np.sqrt(w[0])]])
    with pytest.raises(ValueError, match="derivatives at w0 must be finite"):
        nnlib.levenberg_marquardt(root, [0.0])
