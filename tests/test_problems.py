"""Losses, gradients, Hessians and normal equations against autograd, finite differences and scikit-learn."""

import autograd
import autograd.numpy as anp
import numpy as np
import pytest
from sklearn.metrics import log_loss
from test_network import autograd_predict, random_case

import nnlib

CASES = [
    ("linear", "squared-error"),
    ("tanh", "squared-error"),
    ("logistic", "squared-error"),
    ("logistic", "cross-entropy"),
    ("softmax", "cross-entropy"),
]


def network_problem(sizes, output="linear", cost="squared-error", hidden="tanh", **options):
    rng = np.random.default_rng(5)
    net = nnlib.MLP(sizes, hidden=hidden, output=output)
    X, Y = rng.normal(size=(7, sizes[0])), rng.uniform(0, 1, (7, sizes[-1]))
    if output == "softmax":
        Y = np.eye(sizes[-1])[rng.integers(sizes[-1], size=7)]
    return nnlib.NetworkFit(net, X, Y, cost, **options), rng.normal(size=net.n_params)


@pytest.mark.parametrize(("output", "cost"), CASES)
@pytest.mark.parametrize("hidden", ["tanh", "logistic"])
@pytest.mark.parametrize("sizes", [[2, 3, 2], [2, 3, 4, 3]])
def test_gradient_equals_the_complex_step_of_the_loss(sizes, hidden, output, cost):
    problem, w = network_problem(sizes, output, cost, hidden, weight_decay=0.1)
    expected = [problem.loss(w + 1e-20j * e).imag / 1e-20 for e in np.eye(len(w))]
    np.testing.assert_allclose(problem.gradient(w), expected, rtol=1e-10, atol=1e-13)


@pytest.mark.parametrize(("output", "cost"), CASES)
@pytest.mark.parametrize("hidden", ["tanh", "logistic"])
@pytest.mark.parametrize("sizes", [[2, 3, 2], [2, 3, 4, 3]])
def test_hessian_equals_the_complex_step_of_the_gradient(sizes, hidden, output, cost):
    problem, w = network_problem(sizes, output, cost, hidden, weight_decay=0.1)
    expected = np.column_stack([problem.gradient(w + 1e-20j * e).imag / 1e-20 for e in np.eye(len(w))])
    np.testing.assert_allclose(problem.hessian(w), expected, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("outputs", [1, 2, 3])
@pytest.mark.parametrize("hidden_sizes", [[4], [4, 3]])
def test_hessian_equals_autograds(hidden_sizes, outputs):
    net, w, X = random_case([2, *hidden_sizes, outputs])
    Y = np.random.default_rng(1).normal(size=(6, outputs))
    predict = autograd_predict(net, X)
    expected = autograd.hessian(lambda w: 0.5 * anp.sum((predict(w) - Y.ravel()) ** 2))(w)
    np.testing.assert_allclose(nnlib.NetworkFit(net, X, Y).hessian(w), expected, rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize("outputs", [1, 3])
@pytest.mark.parametrize("samples", [5, 1200])
def test_normal_equations_equal_the_products_of_the_stored_jacobian(samples, outputs):
    rng = np.random.default_rng(0)
    net = nnlib.MLP([2, 4, 3, outputs])
    problem = nnlib.NetworkFit(net, rng.normal(size=(samples, 2)), rng.normal(size=(samples, outputs)))
    w = rng.normal(size=net.n_params)
    J, r = problem.jacobian(w), problem.residuals(w)
    JTJ, JTr, loss = problem.normal_equations(w)
    np.testing.assert_allclose(JTJ, J.T @ J, rtol=1e-10, atol=1e-10)
    np.testing.assert_allclose(JTr, J.T @ r, rtol=1e-10, atol=1e-10)
    assert loss == pytest.approx(0.5 * (r @ r), rel=1e-12) == problem.loss(w)
    assert np.array_equal(JTJ, JTJ.T)


def test_normal_equations_hold_no_array_as_long_as_the_data():
    import tracemalloc

    net = nnlib.MLP([1, 20, 1])
    x = np.linspace(-1, 1, 100_000)[:, None]
    problem, w = nnlib.NetworkFit(net, x, x), net.init(seed=0)
    problem.normal_equations(w)
    tracemalloc.start()
    problem.normal_equations(w)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 3e6  # bytes; the Jacobian alone would be 49 million


@pytest.mark.parametrize(("output", "classes"), [("logistic", 3), ("softmax", 3)])
def test_generalized_gauss_newton_is_jacobian_curvature_jacobian(output, classes):
    problem, w = network_problem([2, 4, classes], output, "cross-entropy")
    logits = nnlib.MLP([2, 4, classes])  # the same network up to z of the output layer
    Jz = logits.jacobian(w, problem.X).reshape(len(problem.X), classes, -1)
    a = problem.predict(w, problem.X)
    curvature = [np.diag(p * (1 - p)) if output == "logistic" else np.diag(p) - np.outer(p, p) for p in a]
    expected = sum(j.T @ c @ j for j, c in zip(Jz, curvature, strict=True))
    np.testing.assert_allclose(problem.normal_equations(w).JTJ, expected, rtol=1e-10, atol=1e-12)


def test_residuals_are_prediction_minus_target_sample_by_sample():
    net = nnlib.MLP([1, 2])  # linear: outputs (w00 x + b0, w10 x + b1)
    problem = nnlib.NetworkFit(net, [[1.0], [2.0]], [[10.0, 20.0], [30.0, 40.0]])
    np.testing.assert_allclose(problem.residuals([1, 0, 2, 0]), [1 - 10, 2 - 20, 2 - 30, 4 - 40])
    assert problem.loss([1, 0, 2, 0]) == 0.5 * (9**2 + 18**2 + 28**2 + 36**2)


def test_cross_entropies_equal_scikit_learns():
    softmax, w = network_problem([2, 4, 3], "softmax", "cross-entropy")
    expected = log_loss(softmax.Y.argmax(axis=1), softmax.predict(w, softmax.X), normalize=False, labels=[0, 1, 2])
    assert softmax.loss(w) == pytest.approx(expected, rel=1e-12)
    logistic, w = network_problem([2, 4, 1], "logistic", "cross-entropy")
    y, a = logistic.Y.ravel().round(), logistic.predict(w, logistic.X).ravel()
    hard = nnlib.NetworkFit(logistic.net, logistic.X, y, "cross-entropy")
    assert hard.loss(w) == pytest.approx(log_loss(y, a, normalize=False, labels=[0, 1]), rel=1e-12)


def test_cross_entropy_of_a_sure_and_wrong_network_is_large_but_finite():
    for output, Y in (("logistic", [[1.0, 0.0]]), ("softmax", [[1.0, 0.0]])):
        problem = nnlib.NetworkFit(nnlib.MLP([1, 2], output=output), [[1.0]], Y, "cross-entropy")
        w = np.array([-1000.0, 0, 1000.0, 0])
        assert problem.loss(w) == pytest.approx(2000)
        assert np.isfinite(problem.gradient(w)).all()


def test_weight_decay_takes_the_biases_or_leaves_them():
    net, w, X = random_case([2, 3, 1])
    Y = np.zeros((6, 1))
    plain = nnlib.NetworkFit(net, X, Y)
    every = nnlib.NetworkFit(net, X, Y, weight_decay=0.3)
    weights_only = nnlib.NetworkFit(net, X, Y, weight_decay=0.3, decay_biases=False)
    W_squares = sum((W**2).sum() for W, _ in net.unpack(w))
    assert every.loss(w) - plain.loss(w) == pytest.approx(0.15 * (w @ w))
    assert weights_only.loss(w) - plain.loss(w) == pytest.approx(0.15 * W_squares)
    np.testing.assert_allclose(every.gradient(w), plain.gradient(w) + 0.3 * w)
    np.testing.assert_allclose(every.normal_equations(w).JTJ, plain.normal_equations(w).JTJ + 0.3 * np.eye(len(w)))


def test_losses_are_sums_over_samples():
    net, w, X = random_case([2, 3, 1])
    Y = np.zeros((6, 1))
    once, twice = nnlib.NetworkFit(net, X, Y), nnlib.NetworkFit(net, np.vstack([X, X]), np.vstack([Y, Y]))
    assert twice.loss(w) == pytest.approx(2 * once.loss(w))


@pytest.mark.parametrize("kind", ["complex step", "central differences", "given"])
def test_curve_derivatives_equal_the_closed_form(kind):
    x = np.linspace(0, 2, 9)
    w = np.array([1.5, -0.7])
    J = np.column_stack([np.exp(w[1] * x), w[0] * x * np.exp(w[1] * x)])

    def f(w, x):
        if kind == "central differences" and np.iscomplexobj(w):
            raise TypeError("real numbers only")
        return w[0] * np.exp(w[1] * x)

    given = (lambda w, x: J) if kind == "given" else None
    curve = nnlib.CurveFit(f, x, np.ones(9), jacobian=given)
    r = f(w, x) - 1
    np.testing.assert_allclose(curve.jacobian(w), J, rtol=1e-8 if kind == "central differences" else 1e-14)
    np.testing.assert_allclose(curve.gradient(w), J.T @ r, rtol=1e-8)
    assert curve.loss(w) == pytest.approx(0.5 * r @ r)


def test_exact_hessian_of_a_curve_has_the_term_that_gauss_newton_drops():
    x = np.linspace(0, 2, 9)
    curve = nnlib.CurveFit(lambda w, x: np.exp(w[0] * x), x, np.zeros(9))
    a = np.exp(x)
    expected = (x * a) @ (x * a) + a @ (x**2 * a)  # JᵀJ + Σ r ∇²r at w = 1
    assert curve.hessian([1.0])[0, 0] == pytest.approx(expected, rel=1e-8)


# ------------------------------------------------------------------------------------------------------- bad input

NET = nnlib.MLP([2, 3, 1])
X, Y = np.zeros((4, 2)), np.zeros((4, 1))


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: nnlib.NetworkFit("net", X, Y), TypeError, "net must be an nnlib.MLP, got str"),
        (
            lambda: nnlib.NetworkFit(NET, X, np.zeros((4, 2))),
            ValueError,
            "Y has 2 columns, the network gives 1 outputs",
        ),
        (lambda: nnlib.NetworkFit(NET, X, np.zeros((5, 1))), ValueError, "X has 4 rows and Y has 5"),
        (lambda: nnlib.NetworkFit(NET, X, [[0.0], [1.0], [np.inf], [0.0]]), ValueError, r"Y\[\(2, 0\)\] is inf"),
        (lambda: nnlib.NetworkFit(NET, X, Y, cost="squared"), ValueError, "did you mean 'squared-error'"),
        (
            lambda: nnlib.NetworkFit(NET, X, Y, cost="cross-entropy"),
            ValueError,
            "goes with logistic or softmax outputs",
        ),
        (
            lambda: nnlib.NetworkFit(nnlib.MLP([2, 2], output="softmax"), X, np.ones((4, 2)), "cross-entropy"),
            ValueError,
            "sum to 1",
        ),
        (
            lambda: nnlib.NetworkFit(nnlib.MLP([2, 1], output="logistic"), X, Y - 1, "cross-entropy"),
            ValueError,
            r"lie in \[0, 1\]",
        ),
        (lambda: nnlib.NetworkFit(NET, X, Y, weight_decay=-1), ValueError, "weight_decay must be at least 0, got -1"),
        (lambda: nnlib.NetworkFit(NET, X, Y).loss(np.zeros(3)), ValueError, r"w has shape \(3,\)"),
        (lambda: nnlib.CurveFit(np.exp, [1.0], [[1.0]]), ValueError, "y must be a vector"),
        (
            lambda: nnlib.CurveFit(lambda w, x: w, [1.0], [1.0]).loss([1.0, 2.0]),
            ValueError,
            r"f\(w, x\) has shape \(2,\)",
        ),
        (lambda: nnlib.CurveFit(lambda w, x: x, [1.0], [1.0], lambda w, x: x).jacobian([1.0]), ValueError, "jacobian"),
    ],
)
def test_bad_input_is_named_at_the_door(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_residuals_of_cross_entropy_are_refused():
    problem, w = network_problem([2, 3, 2], "softmax", "cross-entropy")
    with pytest.raises(ValueError, match="belong to cost='squared-error'"):
        problem.residuals(w)


# ------------------------------------------------------------------------------- numerical derivatives of curves


def decay(w, x):
    return w[0] * np.exp(-np.abs(w[1]) * x)  # numpy's abs of complex numbers has no derivative


def test_a_curves_jacobian_does_not_depend_on_where_it_was_asked_for_first():
    x = np.linspace(0, 4, 30)
    asked_before, fresh = nnlib.CurveFit(decay, x, x), nnlib.CurveFit(decay, x, x)
    asked_before.jacobian([0.0, 1.0])  # with no amplitude yet the second parameter has no influence, and abs no harm
    np.testing.assert_array_equal(asked_before.jacobian([1.0, 1.0]), fresh.jacobian([1.0, 1.0]))
    np.testing.assert_allclose(fresh.jacobian([1.0, 1.0])[:, 1], -x * np.exp(-x), atol=1e-8)


def test_a_curve_that_abs_spoils_for_complex_numbers_is_fitted_from_amplitude_zero():
    x = np.linspace(0, 4, 30)
    curve = nnlib.CurveFit(decay, x, 2 * np.exp(-0.7 * x))
    fit = nnlib.train(nnlib.levenberg_marquardt(curve, [0.0, 1.0]))
    assert fit.converged
    np.testing.assert_allclose(np.abs(fit.w), [2.0, 0.7], rtol=1e-5)


def test_a_curve_of_complex_values_is_refused():
    curve = nnlib.CurveFit(lambda w, x: w[0] * np.exp(1j * x), [0.0, 1.0], [1.0, 1.0])
    with pytest.raises(TypeError, match=r"f\(w, x\) must hold real numbers, got complex ones"):
        curve.loss([1.0])


def test_masked_entries_are_not_taken_for_data():
    y = np.ma.masked_greater([1.0, 2.0, 1e6], 10)
    with pytest.raises(TypeError, match="y has masked entries"):
        nnlib.CurveFit(lambda w, x: w[0] * x, [1.0, 2.0, 3.0], y)
    nnlib.CurveFit(lambda w, x: w[0] * x, [1.0, 2.0, 3.0], np.ma.array([1.0, 2.0, 3.0]))


def test_large_logistic_cross_entropies_are_as_exact_as_small_ones():
    net = nnlib.MLP([1, 1], output="logistic")
    for z, y in ((50.0, 1.0), (-50.0, 0.0)):
        fit = nnlib.NetworkFit(net, [1.0], [y], cost="cross-entropy")
        assert fit.loss([z, 0.0]) == pytest.approx(np.exp(-50.0), rel=1e-12)
