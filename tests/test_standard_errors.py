"""Standard errors of parameters and weights of measurements against NIST's, scipy's and closed forms; open cases."""

from fractions import Fraction

import numpy as np
import pytest
from scipy.optimize import curve_fit

import nnlib
from nnlib import datasets
from nnlib.standard_errors import inverse_and_undetermined

X = np.linspace(0, 4, 25)
SIGMA = 0.02 + 0.05 * X
Y = 3 * np.exp(-0.7 * X) + 0.5 + SIGMA * np.random.default_rng(0).normal(size=25)


def decay(w, x):
    return w[0] * np.exp(-w[1] * x) + w[2]


def decay_jacobian(w, x):
    e = np.exp(-w[1] * x)
    return np.column_stack([e, -w[0] * x * e, np.ones_like(x)])


def fitted(f, y=Y, x=X, w0=(1.0, 1.0, 0.1), **options):
    return nnlib.train(nnlib.levenberg_marquardt(nnlib.CurveFit(f, x, y, **options), w0))


def real_only(f):
    """f for real w alone, so that its derivatives are central differences."""

    def g(w, x):
        if np.iscomplexobj(w):
            raise TypeError("real numbers only")
        return f(w, x)

    return g


# ------------------------------------------------------------------------------- oracles


@pytest.mark.parametrize("start", [0, 1])
@pytest.mark.parametrize("name", datasets.NIST)
def test_standard_errors_are_nists(name, start):
    data = datasets.nist(name)
    fit = fitted(data.model, data.y, data.x, data.starts[start])
    assert fit.residual_std == pytest.approx(data.residual_std, rel=1e-8)
    np.testing.assert_allclose(fit.standard_errors, data.standard_deviations, rtol=1e-6)
    assert fit.undetermined.size == 0


@pytest.mark.parametrize(
    ("sigma", "absolute"), [(None, False), (SIGMA, False), (SIGMA, True), (3.0, False), (3.0, True)]
)
@pytest.mark.parametrize("jacobian", [None, decay_jacobian])
def test_weighted_fits_and_their_covariance_are_scipys(jacobian, sigma, absolute):
    fit = fitted(decay, jacobian=jacobian, sigma=sigma, absolute_sigma=absolute)
    w, covariance = curve_fit(
        lambda x, *w: decay(w, x),
        X,
        Y,
        p0=fit.w,
        sigma=np.broadcast_to(1.0 if sigma is None else sigma, 25),
        absolute_sigma=absolute,
        jac=lambda x, *w: decay_jacobian(w, x),
        xtol=1e-14,
        ftol=1e-14,
    )
    np.testing.assert_allclose(fit.w, w, rtol=1e-7)
    np.testing.assert_allclose(fit.covariance, covariance, rtol=1e-5)
    np.testing.assert_allclose(fit.standard_errors, np.sqrt(np.diag(covariance)), rtol=1e-5)


@pytest.mark.parametrize("sigma", [SIGMA, 3.0])
@pytest.mark.parametrize("jacobian", [None, decay_jacobian])
def test_residuals_jacobian_and_loss_are_over_sigma(jacobian, sigma):
    w = np.array([2.0, 0.5, 0.3])
    plain = nnlib.CurveFit(decay, X, Y)
    curve = nnlib.CurveFit(decay, X, Y, jacobian, sigma)
    weights = 1 / np.broadcast_to(sigma, 25)
    r, J = weights * plain.residuals(w), weights[:, None] * decay_jacobian(w, X)
    np.testing.assert_allclose(curve.residuals(w), r)
    np.testing.assert_allclose(curve.jacobian(w), J, rtol=1e-12)
    np.testing.assert_allclose(curve.normal_equations(w).JTJ, J.T @ J, rtol=1e-10)
    assert curve.loss(w) == pytest.approx(0.5 * r @ r)
    np.testing.assert_allclose(curve.prediction_jacobian(w, X), decay_jacobian(w, X), rtol=1e-12)
    np.testing.assert_array_equal(curve.predict(w, X), decay(w, X))


def test_a_straight_line_has_its_closed_form():
    """Var b = s²/S_xx, Var a = s² (1/P + x̄²/S_xx), cov = −s² x̄/S_xx."""
    fit = fitted(lambda w, x: w[0] + w[1] * x, w0=[0.0, 0.0])
    S_xx, mean = np.sum((X - X.mean()) ** 2), X.mean()
    s2 = np.sum((Y - np.polyval(np.polyfit(X, Y, 1), X)) ** 2) / 23
    assert fit.residual_std == pytest.approx(np.sqrt(s2), rel=1e-9)
    expected = s2 * np.array([[1 / 25 + mean**2 / S_xx, -mean / S_xx], [-mean / S_xx, 1 / S_xx]])
    np.testing.assert_allclose(fit.covariance, expected, rtol=1e-8)


def test_they_are_the_scatter_of_the_fit_when_the_measurements_are_repeated():
    rng, w = np.random.default_rng(1), np.array([3.0, 0.7, 0.5])
    measured = [decay(w, X) + SIGMA * rng.normal(size=25) for _ in range(200)]
    fits = [fitted(decay, y, sigma=SIGMA, absolute_sigma=True, jacobian=decay_jacobian, w0=w) for y in measured]
    scatter = np.std([fit.w for fit in fits], axis=0)
    np.testing.assert_allclose(np.mean([fit.standard_errors for fit in fits], axis=0), scatter, rtol=0.15)
    assert np.mean([fit.residual_std for fit in fits]) == pytest.approx(1, abs=0.03)


def test_a_polynomial_of_degree_10_keeps_the_digits_that_the_normal_equations_lose():
    x = np.round(np.linspace(-9, -3, 82), 9)
    J = x[:, None] ** np.arange(11)
    exact = [[sum(Fraction(xi) ** (i + j) for xi in x) for j in range(11)] for i in range(11)]
    variances = [_solved(exact, i) for i in range(11)]
    curve = nnlib.CurveFit(lambda w, x: J @ w, x, np.zeros(82), lambda w, x: J)
    found, undetermined = inverse_and_undetermined(curve, np.ones(11))
    np.testing.assert_allclose(np.diag(found), variances, rtol=1e-6)
    assert undetermined.size == 0


def _solved(A, i):
    """(A⁻¹)_ii in fractions: the last pivot of elimination when row and column i come last."""
    order = [k for k in range(len(A)) if k != i] + [i]
    rows = [[A[a][b] for b in order] for a in order]
    for k in range(len(rows) - 1):
        for row in rows[k + 1 :]:
            factor = row[k] / rows[k][k]
            row[k:] = [a - factor * b for a, b in zip(row[k:], rows[k][k:], strict=True)]
    return float(1 / rows[-1][-1])


@pytest.mark.parametrize("factor", [1e-60, 1e-12, 1e9, 1e60])
def test_units_of_y_do_not_matter(factor):
    plain, other = fitted(decay), fitted(decay, factor * Y, sigma=factor, w0=(factor, 1.0, 0.1 * factor))
    scale = np.array([factor, 1.0, factor])
    w = scale * plain.w
    inverse, undetermined = inverse_and_undetermined(other.problem, w)
    np.testing.assert_allclose(plain.residual_std * np.sqrt(np.diag(inverse)), scale * plain.standard_errors, rtol=1e-6)
    assert undetermined.size == 0


# ------------------------------------------------------------------------------- what the data do not determine


@pytest.mark.parametrize("form", [lambda f: f, real_only], ids=["complex step", "central differences"])
@pytest.mark.parametrize(
    ("f", "w0", "undetermined"),
    [
        (lambda w, x: w[0] * np.exp(-w[1] * x) + 0 * w[2], [1.0, 1.0, 1.0], [2]),
        (lambda w, x: (w[0] + w[2]) * np.exp(-w[1] * x), [1.0, 1.0, 1.0], [0, 2]),
        (lambda w, x: (w[0] + w[2]) * np.exp(-w[1] * x), [1.0, 1.0, 1e-5], [0, 2]),
        (lambda w, x: w[0] * np.exp(w[2] - w[1] * x), [1.0, 1.0, 1.0], [0, 2]),
        (lambda w, x: (w[0] + w[2]) * np.exp(-w[1] * x) + 0 * w[3], [1.0, 1.0, 1.0, 1.0], [0, 2, 3]),
        (lambda w, x: 0 * w[0] * x, [1.0], [0]),
    ],
    ids=["no influence", "a sum", "a sum of unlike sizes", "a product", "both", "none at all"],
)
def test_undetermined_parameters_have_inf_and_the_others_what_is_theirs(f, w0, undetermined, form):
    fit = fitted(form(f), Y - 0.5, w0=w0, sigma=SIGMA, absolute_sigma=True)
    assert list(fit.undetermined) == undetermined
    assert np.isinf(fit.standard_errors[undetermined]).all()
    variances = np.diag(fit.covariance)
    np.testing.assert_array_equal(fit.standard_errors, np.sqrt(variances))
    if len(w0) > 1:
        alone = fitted(lambda w, x: w[0] * np.exp(-w[1] * x), Y - 0.5, w0=[1.0, 1.0], sigma=SIGMA, absolute_sigma=True)
        assert fit.standard_errors[1] == pytest.approx(alone.standard_errors[1], rel=1e-5)
        assert np.isnan(fit.covariance[undetermined[0], 1])


def test_an_exact_fit_has_no_error_but_for_what_is_undetermined():
    fit = fitted(lambda w, x: w[0] * x + 0 * w[1], 2 * X, w0=[2.0, 1.0])
    np.testing.assert_array_equal(fit.standard_errors, [0.0, np.inf])


def test_more_parameters_than_measurements_leave_all_of_them_open():
    fit = fitted(decay, Y[:2], X[:2], sigma=0.1, absolute_sigma=True)
    assert np.isinf(fit.standard_errors[fit.undetermined]).all() and fit.undetermined.size > 1


@pytest.mark.parametrize("points", [2, 3])
def test_without_a_measurement_to_spare_a_sentence_says_what_is_missing(points):
    fit = fitted(decay, Y[:points], X[:points])
    for name in ("residual_std", "standard_errors", "covariance"):
        with pytest.raises(ValueError, match=rf"n = 3 parameters .* P = {points} residuals leave nothing to measure"):
            getattr(fit, name)
    known = fitted(decay, Y[:3], X[:3], sigma=SIGMA[:3], absolute_sigma=True)
    _, covariance = curve_fit(lambda x, *w: decay(w, x), X[:3], Y[:3], p0=known.w, sigma=SIGMA[:3], absolute_sigma=True)
    np.testing.assert_allclose(known.covariance, covariance, rtol=1e-4)


# ------------------------------------------------------------------------------- what has none, and what it costs


def test_nothing_is_computed_before_it_is_asked_for_and_nothing_as_long_as_the_data_is_kept():
    asked = []

    def jacobian(w, x):
        asked.append(w)
        return decay_jacobian(w, x)

    fit = fitted(decay, jacobian=jacobian)
    before, fields = len(asked), set(vars(fit))
    repr(fit)
    assert len(asked) == before
    for _ in range(3):
        assert fit.standard_errors.shape == (3,) and fit.covariance.shape == (3, 3) and fit.undetermined.shape == (0,)
    assert len(asked) == before + 1
    kept = [array for name in set(vars(fit)) - fields for array in vars(fit)[name]]
    assert all(array.size <= 9 for array in kept)


def test_what_a_reader_does_to_the_arrays_changes_no_later_answer():
    fit = fitted(decay)
    expected = fit.covariance.copy()
    fit.covariance[...] = 0.0
    np.testing.assert_array_equal(fit.covariance, expected)


NET = nnlib.MLP([1, 3, 1])
NETWORK = nnlib.NetworkFit(NET, X, Y)


class OnlyLoss:
    def loss(self, w):
        return float(w @ w)

    def gradient(self, w):
        return 2 * w

    def loss_and_gradient(self, w):
        return self.loss(w), self.gradient(w)


@pytest.mark.parametrize("name", ["residual_std", "standard_errors", "covariance", "undetermined"])
@pytest.mark.parametrize(
    ("steps", "message"),
    [
        (
            lambda: nnlib.levenberg_marquardt(NETWORK, NET.init(0)),
            "a network means nothing alone: .*nnlib.bayes",
        ),
        (lambda: nnlib.bayesian_regularization(NETWORK, NET.init(0)), r"without a prior; here predict\(X, std=True\)"),
        (lambda: nnlib.steepest_descent(OnlyLoss(), [1.0], 0.1), r"need residuals\(w\) .*got a OnlyLoss"),
    ],
)
def test_what_has_no_standard_errors_says_why(steps, message, name):
    fit = nnlib.train(steps(), max_steps=2)
    with pytest.raises(TypeError, match=message):
        getattr(fit, name)


def test_a_jacobian_that_is_not_finite_is_named():
    fit = fitted(decay, jacobian=decay_jacobian)
    fit.problem._jacobian = lambda w, x: np.full((25, 3), np.nan)
    with pytest.raises(ValueError, match="need a Jacobian that is finite at w"):
        _ = fit.standard_errors


# ------------------------------------------------------------------------------- sigma at the door


def test_sigma_is_said_in_the_repr():
    assert repr(nnlib.CurveFit(decay, X, Y)) == "CurveFit(decay, 25 points)"
    assert repr(nnlib.CurveFit(decay, X, Y, sigma=SIGMA)) == "CurveFit(decay, 25 points, relative sigma)"
    absolute = nnlib.CurveFit(decay, X, Y, sigma=0.1, absolute_sigma=True)
    assert repr(absolute) == "CurveFit(decay, 25 points, absolute sigma)"


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"sigma": SIGMA[:3]}, ValueError, r"sigma must be one number or 25, as many as y has.*\(3,\)"),
        ({"sigma": 0.0}, ValueError, "sigma must be .* all above 0; got the shape .* and 0 for the least"),
        ({"sigma": X - 1}, ValueError, "all above 0; got .* -1 for the least"),
        ({"sigma": np.where(X > 1, np.nan, 1)}, ValueError, r"sigma must be finite, sigma\[7\] is nan"),
        ({"sigma": np.eye(25)}, ValueError, "sigma must be a number .* or a vector"),
        ({"sigma": "small"}, TypeError, "sigma must hold real numbers, got the text 'small'"),
        ({"absolute_sigma": True}, ValueError, "absolute_sigma=True needs sigma"),
        ({"sigma": 1.0, "absolute_sigma": "yes"}, TypeError, "absolute_sigma must be True or False, got 'yes'"),
    ],
)
def test_bad_sigma_is_named(options, error, message):
    with pytest.raises(error, match=message):
        nnlib.CurveFit(decay, X, Y, **options)


def test_error_bars_of_new_measurements_need_their_own_sigma():
    curve = nnlib.CurveFit(decay, X, Y, sigma=SIGMA)
    fit = nnlib.train(nnlib.bayesian_regularization(curve, [1.0, 1.0, 0.1]))
    assert fit.predict(X).shape == (25,)
    with pytest.raises(ValueError, match="sigma is that of the old ones"):
        fit.predict(X, std=True)
