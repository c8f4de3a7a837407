"""Units do not matter: of y, of the parameters, of x. Steps, derivatives, evidence and error bars with any of them."""

from fractions import Fraction
from itertools import islice

import numpy as np
import pytest
from random_curves import KINDS, case, peak, saturation

import nnlib
from nnlib import StopReason
from nnlib.bayes import effective_parameters, log_evidence, measured_directions
from nnlib.checks import check_gradient, check_hessian, check_jacobian, numerical_gradient, numerical_hessian

UNITS = [1e-150, 3e-75, 1e-12, 1e-3, 7.3, 1e8, 2e100, 1e150]
SIZES = [1e-60, 1e-15, 1e-9, 1e-4, 1.0, 1e6, 1e30]


def fitted(problem, start, **options):
    return nnlib.train(nnlib.levenberg_marquardt(problem, start, **options), max_steps=300)


# ------------------------------------------------------------------------------------------------ y in other units


@pytest.mark.parametrize("f", KINDS)
def test_y_in_other_units_gives_the_same_steps(f):
    for seed, noise in ((0, 0.02), (1, 0.02), (2, 0.0)):
        chosen = case(f, seed, noise=noise)
        fit = fitted(chosen.problem(), chosen.start)
        for unit in UNITS:
            other = fitted(chosen.problem(unit), chosen.scaled(unit))
            np.testing.assert_array_equal(other.history["accepted"], fit.history["accepted"])
            np.testing.assert_allclose(other.history["mu"], fit.history["mu"], rtol=1e-2)
            np.testing.assert_allclose(other.w, np.where(chosen.amplitudes, unit * fit.w, fit.w), rtol=1e-6)
            assert other.converged and fit.converged
            assert noise == 0 or other.reason.name == fit.reason.name  # an exact fit meets two criteria at once


@pytest.mark.parametrize("rule", ["gain-ratio", "marquardt"])
def test_so_it_is_with_the_other_rule_and_with_the_diagonal(rule):
    chosen = case(peak, 3)
    for damping in ("units", "diagonal"):
        fit = fitted(chosen.problem(), chosen.start, rule=rule, damping=damping)
        for unit in UNITS:
            other = fitted(chosen.problem(unit), chosen.scaled(unit), rule=rule, damping=damping)
            np.testing.assert_array_equal(other.history["accepted"], fit.history["accepted"])


@pytest.mark.parametrize("height", [1e-12, 1.0, 1e3, 1e8])
def test_a_peak_of_any_height_is_found_from_ordinary_starts(height):
    x = np.linspace(-5, 5, 50)
    truth = np.array([height, 0.5, 0.8])
    y = peak(truth, x) + 0.02 * height * np.random.default_rng(3).normal(size=50)
    for start in ([1, 0, 1], [0.5, -1, 2], [2, 2, 0.5], [1, 1.5, 1], [3, -0.5, 0.3]):
        fit = fitted(nnlib.CurveFit(peak, x, y), np.multiply(start, [height, 1, 1]))
        assert fit.converged
        np.testing.assert_allclose(fit.w, truth, rtol=0.1)


@pytest.mark.parametrize("sizes", [[1, 1], [2, 1], [1, 5, 1], [2, 4, 3, 1], [2, 4, 2]])
def test_targets_of_a_network_in_other_units_give_the_same_steps(sizes):
    net, rng = nnlib.MLP(sizes), np.random.default_rng(0)
    X = rng.uniform(-1, 1, (40, sizes[0]))
    Y = np.tanh(2 * X @ rng.normal(size=(sizes[0], sizes[-1]))) + 0.05 * rng.normal(size=(40, sizes[-1]))
    w0 = net.init(seed=0)
    steps = list(islice(nnlib.levenberg_marquardt(nnlib.NetworkFit(net, X, Y), w0), 30))
    for unit in (1e-60, 1e-6, 12.5, 1e9, 1e60):
        scale = np.ones(net.n_params)
        scale[net.slices[-1]] = unit
        others = list(islice(nnlib.levenberg_marquardt(nnlib.NetworkFit(net, X, unit * Y), scale * w0), 30))
        assert [step.accepted for step in others] == [step.accepted for step in steps]
        np.testing.assert_allclose(others[-1].w, scale * steps[-1].w, rtol=1e-4)


def test_weighted_residuals_have_no_unit():
    """y and sigma in other units leave the residuals what they are."""
    chosen = case(peak, 4)
    fit = fitted(chosen.problem(sigma=0.1), chosen.start)
    for unit in UNITS:
        other = fitted(chosen.problem(unit, sigma=0.1 * unit), chosen.scaled(unit))
        np.testing.assert_array_equal(other.history["accepted"], fit.history["accepted"])
        assert other.loss == pytest.approx(fit.loss, rel=1e-6)


@pytest.mark.parametrize("size", [1e-155, 1e155])
def test_y_that_cannot_be_squared_is_refused(size):
    with pytest.raises(ValueError, match=r"y is too large or too small to be squared, up to .*: take another unit"):
        nnlib.CurveFit(peak, [0.0, 1.0], [0.0, size])
    nnlib.CurveFit(peak, [0.0, 1.0], [0.0, 0.0])


# ------------------------------------------------------------------------------------------------ the damping


def test_a_given_mu_is_that_of_the_formula_with_the_unit_matrix():
    for unit in (1.0, 1e-80, 1e80):
        chosen = case(peak, 5)
        problem, w = chosen.problem(unit), chosen.scaled(unit)
        J, r = problem.jacobian(w) / unit, problem.residuals(w) / unit
        mu = 0.3
        step = next(nnlib.levenberg_marquardt(problem, w, mu=mu * unit**2))
        expected = w - np.linalg.solve(J.T @ J + mu * np.eye(3), J.T @ r)
        np.testing.assert_allclose(step.trial_w, expected, rtol=1e-9)
        assert step.mu == mu * unit**2


@pytest.mark.parametrize("damping", [None, "units", "diagonal", "identity"])
def test_the_first_mu_is_a_thousandth_of_the_largest_diagonal_entry(damping):
    chosen = case(peak, 6)
    problem, w = chosen.problem(), chosen.start
    J, r = problem.jacobian(w), problem.residuals(w)
    diagonal = np.sum(J * J, axis=0)
    D = np.ones(3) if damping == "identity" else diagonal
    step = next(nnlib.levenberg_marquardt(problem, w, damping=damping))
    assert step.mu == pytest.approx(1e-3 * np.max(diagonal / D))
    p = -np.linalg.solve(J.T @ J + step.mu * np.diag(D), J.T @ r)
    np.testing.assert_allclose(step.trial_w, w + p, rtol=1e-9)


def test_weights_of_a_network_share_one_size_and_those_of_its_outputs_have_the_targets():
    net, x = nnlib.MLP([1, 4, 1]), np.linspace(-1, 1, 30)
    problem, w = nnlib.NetworkFit(net, x, 50 * np.sin(3 * x)), net.init(seed=0)
    sizes = np.ones(net.n_params)
    sizes[net.slices[-1]] = np.sqrt(np.mean(problem.Y**2))
    JTJ, g, _ = problem.normal_equations(w)
    D = np.max(np.diagonal(JTJ) * sizes**2) / sizes**2
    step = next(nnlib.levenberg_marquardt(problem, w))
    np.testing.assert_allclose(step.trial_w, w - np.linalg.solve(JTJ + 1e-3 * np.diag(D), g), rtol=1e-7)


def test_a_long_step_is_not_tried_unless_mu_is_given():
    """A parameter that hardly matters where the run starts would fly away, and with it all that could bring it back."""
    x = np.array([1.0, 2, 3, 5, 7, 10])
    curve = nnlib.CurveFit(lambda w, x: w[0] * (1 - np.exp(-w[1] * x)), x, 214 * (1 - np.exp(-0.547 * x)))
    fit = fitted(curve, [1.0, 1.0])
    assert fit.converged
    np.testing.assert_allclose(fit.w, [214, 0.547], rtol=1e-6)
    first = next(nnlib.levenberg_marquardt(curve, [1e-6, 1.0]))
    assert np.isnan(first.trial_loss) and not first.accepted
    assert np.isfinite(next(nnlib.levenberg_marquardt(curve, [1e-6, 1.0], mu=1e-3)).trial_loss)


# ------------------------------------------------------------------------------------------------ small parameters


def test_michaelis_menten_in_mol_per_liter():
    S = np.array([0.02, 0.06, 0.11, 0.22, 0.56, 1.1]) * 1e-9
    y = saturation([212.684, 6.4121e-11], S)
    fit = fitted(nnlib.CurveFit(saturation, S, y), [200.0, 1e-10])
    assert fit.converged
    np.testing.assert_allclose(fit.w, [212.684, 6.4121e-11], rtol=1e-8)


def test_parameters_in_other_units_give_the_same_steps():
    """All parameters of a curve, and x with them: Km in mol/l or in nmol/l."""
    S = np.array([0.02, 0.06, 0.11, 0.22, 0.56, 1.1])
    y = saturation([200.0, 0.07], S) + np.random.default_rng(0).normal(size=6)
    fit = fitted(nnlib.CurveFit(saturation, S, y), [150.0, 0.2])
    for unit in (1e-30, 1e-9, 1e-3, 1e6, 1e30):
        other = fitted(nnlib.CurveFit(saturation, unit * S, y), [150.0, 0.2 * unit])
        np.testing.assert_array_equal(other.history["accepted"], fit.history["accepted"])
        np.testing.assert_allclose(other.w, fit.w * [1, unit], rtol=1e-6)


FUNCTIONS = {  # f(u) and its derivatives
    "exponential": (lambda u: np.exp(-u), lambda u: -np.exp(-u), lambda u: np.exp(-u)),
    "saturated": (np.tanh, lambda u: 1 / np.cosh(u) ** 2, lambda u: -2 * np.tanh(u) / np.cosh(u) ** 2),
    "bell": (
        lambda u: np.exp(-((u - 0.5) ** 2)),
        lambda u: -2 * (u - 0.5) * np.exp(-((u - 0.5) ** 2)),
        lambda u: (4 * (u - 0.5) ** 2 - 2) * np.exp(-((u - 0.5) ** 2)),
    ),
    "rational": (
        lambda u: 1 / (1 + (u - 1) ** 2),
        lambda u: -2 * (u - 1) / (1 + (u - 1) ** 2) ** 2,
        lambda u: (6 * (u - 1) ** 2 - 2) / (1 + (u - 1) ** 2) ** 3,
    ),
    "line": (lambda u: 3 + u, lambda u: 1.0, lambda u: 0.0),
}


def for_real_numbers_only(f):
    def g(w):
        if np.iscomplexobj(w):
            raise TypeError("real numbers only")
        return f(w)

    return g


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", FUNCTIONS)
def test_derivatives_of_parameters_of_any_size(name, size):
    f, derivative, second = FUNCTIONS[name]

    def scaled(w):
        return f(w[0] / size)

    for u in (2.0, 1.0, 0.03, 1e-3):
        expected = pytest.approx(derivative(u), rel=1e-6, abs=1e-6)
        assert numerical_gradient(scaled, [u * size])[0] * size == pytest.approx(derivative(u), rel=1e-12, abs=1e-12)
        assert numerical_gradient(scaled, [u * size], "central")[0] * size == expected
        assert numerical_gradient(for_real_numbers_only(scaled), [u * size])[0] * size == expected
        H = numerical_hessian(scaled, [u * size], "complex")[0, 0]
        assert H * size * size == pytest.approx(second(u), rel=1e-4, abs=1e-4)
    for u in (2.0, 1.0):
        H = numerical_hessian(scaled, [u * size])[0, 0]
        assert H * size * size == pytest.approx(second(u), rel=1e-3, abs=1e-3)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_parameter_of_zero_has_the_size_that_f_tells(name, size):
    f, derivative, _ = FUNCTIONS[name]

    def scaled(w):
        return f(w[0] / size)

    expected = pytest.approx(derivative(0.0), rel=1e-4, abs=1e-6)
    for w in ([0.0], [1e-15 * size], [-5e-324]):
        assert numerical_gradient(scaled, w)[0] * size == expected
        if size < 1e7 or w[0] == 0:
            assert numerical_gradient(for_real_numbers_only(scaled), w)[0] * size == expected


def test_the_reported_gradient():
    assert numerical_gradient(lambda w: np.exp(-w[0] / 1e-9), [1e-9])[0] == pytest.approx(-1e9 / np.e, rel=1e-12)


def test_parameters_of_all_sizes_side_by_side():
    sizes = np.array([1e-30, 1e-9, 1.0, 1e12])

    def f(w):
        return np.array([np.exp(-w / sizes).sum(), np.sin(w[0] / 1e-30) * w[3] / 1e12])

    for w in (sizes, np.array([0.0, 1e-9, 0.0, 1e12])):
        u = w / sizes
        expected = np.array([-np.exp(-u), [np.cos(u[0]) * u[3], 0, 0, np.sin(u[0])]])
        for function, digits in ((f, 1e-10), (for_real_numbers_only(f), 1e-5)):
            J = nnlib.checks.numerical_jacobian(function, w) * sizes
            np.testing.assert_allclose(J, expected, rtol=digits, atol=digits)


@pytest.mark.parametrize("unit", [1e-30, 1e-9, 1.0, 1e9])
@pytest.mark.parametrize("method", ["auto", "central"])
def test_right_derivatives_pass_and_wrong_ones_do_not_whatever_the_units(unit, method):
    S = np.array([0.02, 0.06, 0.11, 0.22, 0.56, 1.1]) * unit

    def jacobian(w, x, factor=1.0):
        return np.column_stack([x / (w[1] + x), -factor * w[0] * x / (w[1] + x) ** 2])

    y = saturation([200.0, 0.07 * unit], S) + np.cos(np.arange(6))
    w = [150.0, 0.2 * unit]
    curve = nnlib.CurveFit(saturation, S, y, jacobian=jacobian)
    assert check_jacobian(curve, w, method)
    assert check_gradient(curve, w, method)
    assert check_hessian(curve, w, method)
    wrong = nnlib.CurveFit(saturation, S, y, jacobian=lambda w, x: jacobian(w, x, 1.001))
    assert not check_jacobian(wrong, w, method)


def test_a_curve_for_real_numbers_is_fitted_whatever_the_units():
    """An intercept that comes to lie near 0 has no size of its own, and central differences must find one."""
    for unit in (1e-12, 1.0, 1e12):
        x = unit * np.linspace(1, 10, 30)
        y = 2 * x / unit + 1e-3 * np.random.default_rng(0).normal(size=30)

        def f(w, x):
            if np.iscomplexobj(w):
                raise TypeError("real numbers only")
            return np.abs(w[0]) * x + w[1]

        fit = fitted(nnlib.CurveFit(f, x, y), [1 / unit, 1e-12])
        slope, intercept = np.polyfit(x / unit, y, 1)
        assert fit.converged
        np.testing.assert_allclose(fit.w * [unit, 1], [slope, intercept], rtol=1e-4)


# ------------------------------------------------------------------------------------------------ evidence


def exact(t, y, alpha, beta):
    """γ, ln P(D|α,β), the most probable w and error bars of a line, by fractions."""
    t, y, alpha, beta = [[Fraction(v) for v in values] for values in (t.tolist(), y.tolist())] + [
        Fraction(alpha),
        Fraction(beta),
    ]
    a, b, c = beta * len(t) + alpha, beta * sum(t), beta * sum(v * v for v in t) + alpha
    det = a * c - b * b
    right = beta * sum(y), beta * sum(v * u for v, u in zip(t, y, strict=True))
    w = (c * right[0] - b * right[1]) / det, (a * right[1] - b * right[0]) / det
    E_D = sum((w[0] + w[1] * v - u) ** 2 for v, u in zip(t, y, strict=True)) / 2
    E_W = (w[0] ** 2 + w[1] ** 2) / 2
    P = len(t)
    evidence = -float(beta * E_D + alpha * E_W) - 0.5 * float(np.log(float(det / alpha**2)))
    evidence += P / 2 * np.log(float(beta) / (2 * np.pi))
    variances = [float(1 / beta + (c - 2 * b * v + a * v * v) / det) for v in t]
    return float(2 - alpha * (a + c) / det), evidence, np.array([float(v) for v in w]), np.sqrt(variances)


TIMES = {
    "unix seconds": 1.7e9 + np.linspace(0, 1e5, 30),
    "unix nanoseconds": 1.7e18 + np.linspace(0, 1e13, 30),
    "modified Julian days": 59000.1 + np.linspace(0, 0.8, 30),
    "years": 2024 + np.linspace(0, 0.002, 30),
    "scaled": np.linspace(-1, 1, 30),
}


def line_over(name):
    t = TIMES[name]
    y = 1 + 2 * (t - t[0]) / (t[-1] - t[0]) + 0.1 * np.random.default_rng(0).normal(size=30)
    return t, y, nnlib.CurveFit(lambda w, t: w[0] + w[1] * t, t, y), nnlib.NetworkFit(nnlib.MLP([1, 1]), t, y)


@pytest.mark.parametrize("name", TIMES)
def test_evidence_of_badly_scaled_lines_is_exact(name):
    t, y, curve, network = line_over(name)
    for alpha in (1e-13, 1e-9, 1e-3, 1.0):
        gamma, evidence, w, _ = exact(t, y, alpha, 100.0)
        for problem, at in ((curve, w), (network, w[::-1])):
            assert effective_parameters(problem, at, alpha, 100.0) == pytest.approx(gamma, rel=1e-6)
            assert measured_directions(problem, at, alpha, 100.0).shares.sum() == pytest.approx(gamma, rel=1e-6)
            assert log_evidence(problem, at, alpha, 100.0) == pytest.approx(evidence, rel=1e-6)


@pytest.mark.parametrize("name", TIMES)
def test_bayesian_regularization_of_a_badly_scaled_line_is_exact_at_its_alpha_and_beta(name):
    t, y, curve, _ = line_over(name)
    slope, mean = np.polyfit(t - t.mean(), y, 1)
    fit = nnlib.train(nnlib.bayesian_regularization(curve, [mean - slope * t.mean(), slope]))
    gamma, evidence, w, std = exact(t, y, fit.alpha, fit.beta)
    assert fit.converged and fit.gamma == pytest.approx(gamma, rel=1e-6) and gamma > 1.99
    assert fit.log_evidence == pytest.approx(evidence, abs=5e-3)
    np.testing.assert_allclose(fit.w, w, rtol=5e-3)
    np.testing.assert_allclose(fit.predict(t, std=True).std, std, rtol=1e-6)


def test_directions_that_the_data_do_not_determine_stay_so_beside_badly_scaled_ones():
    t, y, *_ = line_over("unix seconds")
    A = np.column_stack([np.ones(30), t, t])
    curve = nnlib.CurveFit(lambda w, x: x @ w, A, y)
    found = measured_directions(curve, np.zeros(3), 1e-9, 100.0)
    assert found.eigenvalues[-1] == 0
    assert found.shares.sum() == pytest.approx(effective_parameters(curve, np.zeros(3), 1e-9, 100.0))


@pytest.mark.parametrize("unit", [1e-100, 1e-12, 1e-3, 1e6, 1e100])
@pytest.mark.parametrize("start", ["of y's size", "of size one"])
def test_bayes_does_not_mind_the_unit_of_y(unit, start):
    x = np.linspace(-1, 1, 30)
    y = 1 + 2 * x + 0.1 * np.random.default_rng(1).normal(size=30)

    def fit(unit, w0):
        return nnlib.train(nnlib.bayesian_regularization(nnlib.CurveFit(lambda w, x: w[0] + w[1] * x, x, unit * y), w0))

    plain, other = fit(1.0, [1.0, 1.0]), fit(unit, [unit, unit] if start == "of y's size" else [1.0, 1.0])
    assert plain.converged and other.converged
    assert other.gamma == pytest.approx(plain.gamma, rel=1e-6)
    assert other.beta * unit**2 == pytest.approx(plain.beta, rel=1e-6)
    assert other.log_evidence + 30 * np.log(unit) == pytest.approx(plain.log_evidence, abs=1e-6)


@pytest.mark.parametrize("unit", [1e-12, 1.0, 1e12])
def test_what_leaves_no_noise_says_so_with_the_gamma_of_the_fit(unit):
    x = np.linspace(-1, 1, 12)
    curve = nnlib.CurveFit(lambda w, x: w[0] + w[1] * x, x, unit * (1 + 2 * x))
    fit = nnlib.train(nnlib.bayesian_regularization(curve, [unit, -unit]))
    assert fit.reason == StopReason.NO_NOISE_LEFT
    assert f"gamma = {fit.gamma:.6g} parameters" in str(fit.reason)


def test_few_data_leave_no_noise_either_and_quote_the_same_gamma():
    fit = nnlib.train(
        nnlib.bayesian_regularization(nnlib.CurveFit(lambda w, x: w[0] + w[1] * x, [0.0, 1.0], [1.0, 2.0]), [0.0, 0.0])
    )
    assert fit.reason == StopReason.NO_NOISE_LEFT
    assert f"gamma = {fit.gamma:.6g} parameters" in str(fit.reason)
