"""Numerical derivatives against autograd and scipy, and reports that find the errors people make."""

from types import SimpleNamespace

import autograd
import autograd.numpy as anp
import numpy as np
import pytest
from scipy.optimize import rosen, rosen_der, rosen_hess
from scipy.special import erf

import nnlib
from nnlib import checks, datasets, surfaces
from nnlib.checks import (
    check_gradient,
    check_hessian,
    check_jacobian,
    numerical_gradient,
    numerical_hessian,
    numerical_jacobian,
)

rng = np.random.default_rng(0)
A, X = rng.normal(size=(4, 3)), rng.normal(size=(20, 3))
W = rng.normal(size=3)


def smooth(w):
    """A vector of everything that is smooth; w may hold autograd's boxes."""
    z = anp.dot(A, w)
    return anp.tanh(z) * anp.exp(-0.1 * z**2) + anp.sin(w[0] * w[1]) / (1 + w[2] ** 2)


def network(seed=0, hidden="tanh", **options):
    rng = np.random.default_rng(seed)
    net = nnlib.MLP([3, 4, 2], hidden=hidden)
    problem = nnlib.NetworkFit(net, X, rng.normal(size=(20, 2)), **options)
    return problem, rng.normal(size=net.n_params)


# ------------------------------------------------------------------------------------------------ derivatives


@pytest.mark.parametrize(("method", "digits"), [("central", 1e-9), ("complex", 1e-14), ("auto", 1e-14)])
def test_jacobian_equals_autograds(method, digits):
    expected = autograd.jacobian(smooth)(W)
    assert numerical_jacobian(smooth, W, method) == pytest.approx(expected, rel=digits, abs=digits)


@pytest.mark.parametrize(("method", "digits"), [("central", 1e-9), ("complex", 1e-14), ("auto", 1e-14)])
def test_gradient_equals_autograds(method, digits):
    def f(w):
        return anp.sum(smooth(w) ** 2)

    assert numerical_gradient(f, W, method) == pytest.approx(autograd.grad(f)(W), rel=digits, abs=digits)


@pytest.mark.parametrize(("method", "digits"), [("central", 1e-6), ("complex", 1e-9)])
def test_hessian_equals_autograds(method, digits):
    def f(w):
        return anp.sum(smooth(w) ** 2)

    H = numerical_hessian(f, W, method)
    assert H == pytest.approx(autograd.hessian(f)(W), rel=digits, abs=digits)
    assert np.array_equal(H, H.T)


def test_derivatives_equal_scipys_for_rosenbrock():
    for w in rng.uniform(-2, 2, size=(5, 4)):
        assert numerical_gradient(rosen, w) == pytest.approx(rosen_der(w), rel=1e-12, abs=1e-10)
        assert numerical_hessian(rosen, w, "complex") == pytest.approx(rosen_hess(w), rel=1e-8, abs=1e-6)
        assert numerical_hessian(rosen, w) == pytest.approx(rosen_hess(w), rel=1e-4, abs=1e-3)


@pytest.mark.parametrize("scale", [1e-12, 1e-6, 1.0, 1e6, 1e12])
def test_the_step_goes_with_the_size_of_a_parameter(scale):
    """d/dw of exp(w / scale) at w = scale; parameters far below 1e-3 have to be of the complex step's kind."""
    expected = np.e / scale

    def f(w):
        return np.exp(w[0] / scale)

    assert numerical_gradient(f, [scale], "complex")[0] == pytest.approx(expected, rel=1e-14)
    if scale >= 1e-6:
        assert numerical_gradient(f, [scale], "central")[0] == pytest.approx(expected, rel=1e-4)


def test_a_zero_and_a_tiny_parameter_have_derivatives_too():
    for w in ([0.0, 1.0], [1e-9, 1.0], [5e-324, 1.0]):
        for method in ("central", "complex", "auto"):
            J = numerical_jacobian(lambda w: np.array([np.sin(w[0]), w[0] * w[1]]), w, method)
            assert J == pytest.approx(np.array([[1.0, 0.0], [1.0, 0.0]]), abs=1e-7)


# ------------------------------------------------------------------------------------------------ when not to trust it


def real_part(w):
    return np.real(w[0] ** 2) + w


def norm(w):
    return np.array([np.linalg.norm(w), w[0]])


def absolute_part(w):
    return np.array([1e3 * w[1], np.abs(w[0]) + w[1], w[1]])


def a_branch(w):
    return np.array([w[1] * w[0] if w[1] > 0 else np.abs(w[0]) * w[1]])


def conjugate_product(w):
    return np.array([np.vdot(w, w)])


def real_storage(w):
    values = np.zeros(2)
    values[:] = w
    return values**2


def python_float(w):
    return np.array([float(w[0]) ** 2, w[1].item()])


def error_function_of_real_numbers(w):
    return np.array([erf(np.asarray(w, dtype=float))[0]])


def magnitude_in_one_entry_of_many(w):
    x = np.linspace(0, 1, 50)
    return np.where(x > 0.97, np.abs(w[0] * x), w[0] * x) + w[1]


@pytest.mark.filterwarnings("ignore::numpy.exceptions.ComplexWarning")  # of the function itself, called by the test
@pytest.mark.parametrize(
    "f",
    [
        real_part,
        norm,
        absolute_part,
        a_branch,
        conjugate_product,
        real_storage,
        python_float,
        error_function_of_real_numbers,
        magnitude_in_one_entry_of_many,
    ],
)
def test_auto_is_right_where_the_complex_step_is_wrong_or_impossible(f):
    w = np.array([-1.5, -0.7])
    reference = (f(w + 1e-4 * np.eye(2)[0]) - f(w - 1e-4 * np.eye(2)[0])) / 2e-4
    assert numerical_jacobian(f, w)[:, 0] == pytest.approx(reference, rel=1e-6, abs=1e-6)
    try:
        wrong = numerical_jacobian(f, w, "complex")[:, 0]
    except TypeError:
        return
    assert wrong != pytest.approx(reference, rel=1e-3, abs=1e-6)


@pytest.mark.parametrize("frequency", [1e2, 1e4])
def test_auto_keeps_the_complex_step_where_the_differences_are_the_ones_that_are_off(frequency):
    def f(w):
        return np.array([np.sin(frequency * w[0])])

    assert numerical_jacobian(f, [1.3])[0, 0] == pytest.approx(frequency * np.cos(frequency * 1.3), rel=1e-10)


@pytest.mark.parametrize("name", datasets.NIST)
def test_auto_takes_the_complex_step_on_all_certified_curves(name):
    data = datasets.nist(name)
    for w in (*data.starts, data.certified):
        by_complex_step = numerical_jacobian(lambda w: data.model(w, data.x), w, "complex")
        assert np.array_equal(numerical_jacobian(lambda w: data.model(w, data.x), w), by_complex_step)


@pytest.mark.parametrize("f", [real_storage, python_float, np.abs])
def test_complex_step_on_a_function_of_real_numbers_is_refused(f):
    with pytest.raises(TypeError, match=r"f must .*complex.*; use method='central'"):
        numerical_jacobian(f, [1.0, 2.0], "complex")


def test_an_error_in_the_function_itself_is_not_hidden():
    def broken(w):
        raise KeyError("missing")

    with pytest.raises(KeyError, match="missing"):
        numerical_jacobian(broken, [1.0])


# ------------------------------------------------------------------------------------------------ reports


@pytest.mark.parametrize("method", ["auto", "central"])
@pytest.mark.parametrize("hidden", ["tanh", "logistic", "relu", "linear"])
@pytest.mark.parametrize("seed", range(3))
def test_right_derivatives_of_networks_pass(hidden, seed, method):
    problem, w = network(seed, hidden, weight_decay=0.1)
    assert check_gradient(problem, w, method)
    assert check_hessian(problem, w, method)
    assert check_jacobian(problem, w, method)


@pytest.mark.parametrize("method", ["auto", "central"])
@pytest.mark.parametrize("name", datasets.NIST)
def test_right_derivatives_of_certified_curves_are_never_called_wrong_also_at_the_minimum(name, method):
    data = datasets.nist(name)
    problem = nnlib.CurveFit(data.model, data.x, data.y)
    for w in (*data.starts, data.certified):
        for check in (check_gradient, check_jacobian, check_hessian):
            assert check(problem, w, method).wrong.sum() == 0
        assert check_jacobian(problem, w, method) or method == "central"


def test_right_derivatives_are_never_called_wrong_where_everything_is_zero():
    for surface in (surfaces.rosenbrock(), surfaces.himmelblau(), surfaces.beale(), surfaces.saddle()):
        for method in ("auto", "central"):
            for w in surface.minima:
                assert check_gradient(surface, w, method).wrong.sum() == 0
                assert check_jacobian(surface, w, method)
                assert check_hessian(surface, w, method)


def with_error(problem, **methods):
    names = ("loss", "gradient", "residuals", "jacobian", "hessian")
    return SimpleNamespace(**{name: getattr(problem, name) for name in names} | methods)


@pytest.mark.parametrize("method", ["auto", "central"])
@pytest.mark.parametrize("size", [1e-5, 1e-3, 1.0])
def test_an_error_in_one_entry_is_found_and_located(size, method):
    problem, w = network()

    def wrong(w):
        g = problem.gradient(w)
        g[7] *= 1 + size
        return g

    report = check_gradient(with_error(problem, gradient=wrong), w, method)
    assert not report
    assert report.wrong.sum() == 1 and report.wrong.shape == w.shape
    assert report.worst == (7,)
    assert report.given[7] == pytest.approx(problem.gradient(w)[7] * (1 + size))
    assert report.numerical[7] == pytest.approx(problem.gradient(w)[7])
    assert report.difference[7] == pytest.approx(size / (1 + size), rel=1e-2)
    assert report.hint == ""


@pytest.mark.parametrize(
    ("factor", "hint"), [(-1, "a sign?"), (2, "factor 2"), (0.5, "factor 2"), (1 / 20, "a mean in place of a sum?")]
)
def test_the_usual_wrong_factors_are_named(factor, hint):
    problem, w = network()
    report = check_gradient(with_error(problem, gradient=lambda w: factor * problem.gradient(w)), w)
    assert not report and hint in report.hint
    assert report.wrong.sum() == len(w)


def test_a_transposed_jacobian_is_named():
    def residuals(w):
        return A[:3] @ w

    assert "transpose" in check_jacobian(SimpleNamespace(residuals=residuals, jacobian=lambda w: A[:3].T), W).hint


def test_gauss_newton_matrix_is_not_taken_for_the_hessian():
    problem, w = network()
    report = check_hessian(with_error(problem, hessian=lambda w: problem.normal_equations(w).JTJ), w)
    assert not report and report.wrong.sum() > 1


def test_forgotten_weight_decay_is_found():
    problem, w = network(weight_decay=1e-3)
    plain, _ = network()
    assert not check_gradient(with_error(problem, gradient=plain.gradient), w)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_nan_and_inf_never_pass(value):
    problem, w = network()
    report = check_gradient(with_error(problem, gradient=lambda w: np.full(len(w), value)), w)
    assert not report and report.wrong.sum() == len(w)


def large_loss(gradient):
    """A small slope on a large constant: rounding of the loss over the step of a difference is above the slope."""
    return SimpleNamespace(loss=lambda w: 1e6 + 1e-3 * w[0], gradient=lambda w: np.array([gradient]))


def test_a_wrong_sign_on_a_large_loss_never_passes():
    for method in ("auto", "complex"):
        report = check_gradient(large_loss(-1e-3), [1.0], method)
        assert report.wrong.sum() == 1 and "a sign?" in report.hint
        assert check_gradient(large_loss(1e-3), [1.0], method)
    report = check_gradient(large_loss(-1e-3), [1.0], "central")
    assert not report and report.wrong.sum() == 0 and report.undecided.sum() == 1
    lines = str(report).splitlines()
    assert lines[0] == (
        "gradient is undecided at this w: 1 of 1 entries are lost in the rounding of central differences"
    )
    assert "relative difference 2.0e+00 (allowed 1e-06, besides 4e+00 for rounding)" in lines[1]
    assert lines[2] == "  another w may tell, or the complex step"


@pytest.fixture(scope="module")
def unscaled_targets():
    """A network on targets in the hundreds, and its weights close to the minimum: loss 1e6, gradient 1e-3."""
    data = datasets.diabetes()
    X = datasets.zscore_scaling(data.X).transform(data.X)
    net = nnlib.MLP([10, 3, 1])
    problem = nnlib.NetworkFit(net, X, data.Y)
    return problem, nnlib.train(nnlib.levenberg_marquardt(problem, net.init(0), mu=1e-3), max_steps=300).w


@pytest.mark.parametrize("method", ["auto", "complex", "central"])
def test_minus_the_gradient_is_not_right_in_a_single_entry_at_the_minimum_of_a_large_loss(unscaled_targets, method):
    problem, w = unscaled_targets
    gradient = problem.gradient(w)
    assert problem.loss(w) > 1e5 and np.abs(gradient).max() < 1
    assert check_gradient(problem, w, method).wrong.sum() == 0
    report = check_gradient(with_error(problem, gradient=lambda w: -gradient), w, method)
    assert not report
    assert report.wrong.sum() + report.undecided.sum() >= np.count_nonzero(gradient)
    if method != "central":
        assert report.wrong.sum() >= np.count_nonzero(np.abs(gradient) > 1e-13 * problem.loss(w))


def test_a_report_never_contradicts_itself(unscaled_targets):
    """Right: the worst difference shown is within what was allowed. Wrong: it is not. Undecided: thanks to rounding."""
    problem, w = unscaled_targets
    for method in ("auto", "central"):
        for at in (w, w + 1e-6, w + 0.1):
            for factor in (1, 1 + 1e-5, -1, 2):
                gradient = factor * problem.gradient(at)
                report = check_gradient(with_error(problem, gradient=lambda w, g=gradient: g), at, method)
                difference, rounding = report.difference[report.worst], report.rounding[report.worst]
                assert (difference > report.tolerance + rounding) == report.wrong.any()
                assert bool(report) == (not report.wrong.any() and not report.undecided.any())
                if report:
                    assert difference <= report.tolerance or rounding < 0.1
                elif not report.wrong.any():
                    assert difference > report.tolerance and rounding > 0.1


def test_terms_that_cancel_are_rounding_of_the_complex_step_too():
    """At the minimum of a sum of squares the gradient is what is left of large terms."""
    rng = np.random.default_rng(0)
    A, y = rng.normal(size=(100, 3)), 1e3 * rng.normal(size=100)
    w = np.linalg.lstsq(A, y, rcond=None)[0]

    def loss(w):
        r = A @ w - y
        return 0.5 * (r @ r)

    one_way = SimpleNamespace(loss=loss, gradient=lambda w: A.T @ (A @ w - y))
    another = SimpleNamespace(loss=loss, gradient=lambda w: (A.T @ A) @ w - A.T @ y)
    for problem in (one_way, another):
        report = check_gradient(problem, w, "complex")
        assert report.wrong.sum() == 0


def test_saturated_units_are_not_called_wrong():
    """1 − a², by hand, is right to ε and not to its last digit; the complex step has all digits of it."""
    net = nnlib.MLP([1, 1, 1])
    problem = nnlib.NetworkFit(net, [1.0], [0.0])
    for z in (5.0, 12.0, 16.0, 18.0, 25.0):
        w = np.array([z, 0.0, 1.0, 0.5])
        for check in (check_gradient, check_jacobian):
            for method in ("auto", "complex"):
                assert check(problem, w, method).wrong.sum() == 0


@pytest.mark.parametrize("method", ["auto", "central", "complex"])
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_loss_that_is_not_finite_is_no_fault_of_the_gradient(value, method):
    problem = SimpleNamespace(loss=lambda w: w[0] + value, gradient=lambda w: np.ones(1))
    with pytest.raises(ValueError, match=r"problem.loss\(w\) must be finite, it holds"):
        check_gradient(problem, [1.0], method)


@pytest.mark.parametrize("method", ["auto", "central", "complex"])
def test_a_function_that_is_not_finite_has_no_derivatives(method):
    with pytest.raises(ValueError, match=r"f\(w\) must be finite, it holds nan"):
        numerical_gradient(lambda w: w[0] * np.nan, [1.0], method)
    with pytest.raises(ValueError, match=r"f\(w\) must be finite, it holds nan"):
        numerical_jacobian(np.log, [-1.0], method)
    with pytest.raises(ValueError, match=r"f\(w\) must be finite, it holds inf"):
        numerical_hessian(lambda w: w[0] * np.inf, [1.0], "complex" if method == "complex" else "central")


def test_a_function_that_is_finite_only_at_w_has_no_derivatives_either():
    with pytest.raises(ValueError, match=r"f\(w\) must be finite around w too: its derivatives by central differences"):
        numerical_gradient(lambda w: 1.0 if w[0] == 1 else np.nan, [1.0])


@pytest.mark.parametrize("size", [1e-200, 1e200])
def test_hints_stand_numbers_of_any_size(size):
    problem = SimpleNamespace(residuals=lambda w: size * w, jacobian=lambda w: -size * np.eye(2))
    assert "a sign?" in check_jacobian(problem, [1.0, 2.0]).hint


def test_a_report_reads_as_sentences():
    problem, w = network()
    lines = str(check_gradient(problem, w)).splitlines()
    assert lines[0] == f"gradient is right: all {len(w)} entries agree with the complex step"
    assert "worst at [" in lines[1] and "relative difference" in lines[1]
    report = check_jacobian(with_error(problem, jacobian=lambda w: -problem.jacobian(w)), w, "central")
    lines = repr(report).splitlines()
    assert "jacobian is WRONG" in lines[0] and "central differences" in lines[0]
    assert lines[2].strip() == "every entry is minus the numerical one: a sign?"


# ------------------------------------------------------------------------------------------------ bad input


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: numerical_gradient(3, [1.0]), TypeError, "f must be a function of w, got int"),
        (lambda: numerical_gradient(sum, [1j]), TypeError, "w must hold real numbers"),
        (lambda: numerical_gradient(lambda w: w, [1.0, 2.0]), ValueError, r"f\(w\) must be a number, got an array"),
        (lambda: numerical_jacobian(sum, [1.0]), ValueError, r"f\(w\) must be a vector, got an array of shape \(\)"),
        (lambda: numerical_jacobian(lambda w: 1j * w, [1.0]), TypeError, r"f\(w\) must be real for real w"),
        (lambda: numerical_jacobian(sum, [1.0], "centre"), ValueError, "did you mean 'central'"),
        (lambda: check_gradient(object(), [1.0]), TypeError, "object has no loss"),
        (
            lambda: check_gradient(SimpleNamespace(loss=sum, gradient=lambda w: w[:, None]), [1.0, 2.0]),
            ValueError,
            r"problem.gradient\(w\) must have shape \(2,\), got \(2, 1\)",
        ),
    ],
)
def test_bad_input_is_named(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_integers_and_unsigned_values_are_taken_as_real_numbers():
    assert numerical_jacobian(lambda w: (w > 0).astype(np.uint8), [1.0, -1.0]).tolist() == [[0, 0], [0, 0]]
    assert numerical_gradient(lambda w: w[0] ** 2, [3]).tolist() == [6]


def test_the_function_may_change_its_argument_in_place():
    def f(w):
        w *= 2
        return w

    assert checks.numerical_jacobian(f, [1.0, 2.0]) == pytest.approx(2 * np.eye(2))


# ------------------------------------------------------------------------------------------------ same

B = np.array([[1.0, -2.0], [3.0, 4e-3]])


def test_same_is_relative_to_the_largest_expected_entry_and_to_nothing_else():
    for scale in (1e-300, 1e-12, 1.0, 1e300):
        assert checks.same(scale * (B + 2.9e-8), scale * B)
        assert not checks.same(scale * (B + 3.1e-8), scale * B)
        assert not checks.same(scale * (B + 2.9e-8), scale * B, digits=9)


def test_same_holds_a_small_entry_to_the_digits_of_the_largest():
    wrong = B * [[1, 1], [1, 1 + 1e-6]]  # off by 4e-9, in the seventh digit of its own
    assert checks.same(wrong, B)
    assert not checks.same(wrong, B, digits=10)
    assert not checks.same(wrong[1, 1], B[1, 1])


@pytest.mark.parametrize(
    "a",
    [0 * B, -B, 2 * B, B.T, B[0], B.ravel(), B[None], B * [[1, 1], [1, np.nan]], B * [[np.inf, 1], [1, 1]], B + 1e-7j],
    ids="zeros sign factor transpose row ravel axis nan inf complex".split(),
)
def test_same_refuses(a):
    assert checks.same(B, B)
    assert not checks.same(a, B)
    assert not checks.same(1e-12 * a, 1e-12 * B)


def test_same_of_zeros_is_zeros_alone():
    assert checks.same([0.0, -0.0], [0.0, 0.0])
    assert not checks.same([0.0, 1e-300], [0.0, 0.0])


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_same_never_passes_what_is_not_finite(bad):
    assert not checks.same([bad], [bad])
    assert not checks.same([1.0], [bad])


def test_same_takes_numbers_of_any_kind_and_refuses_the_rest_by_name():
    assert checks.same(np.array([250], np.uint8), [250]) and not checks.same(np.array([250], np.uint8), [251])
    assert checks.same(2, 2.0) and checks.same([1j], [1j])
    for a, b, digits, error, said in [
        ("x", B, 8, TypeError, "a must hold numbers"),
        (B, None, 8, TypeError, "b must hold numbers"),
        (B, [], 8, ValueError, "b is empty"),
        (B, B, 0, ValueError, "digits must be at least 1"),
        (B, B, 1e-8, TypeError, "digits must be a whole number"),
    ]:
        with pytest.raises(error, match=said):
            checks.same(a, b, digits)
