"""MLP against autograd, the complex step and what the papers say about starts."""

import autograd
import autograd.numpy as anp
import numpy as np
import pytest
from scipy.special import expit

import nnlib
from nnlib.activations import ACTIVATIONS, logistic, softmax

HIDDEN = {"tanh": anp.tanh, "logistic": lambda z: 1 / (1 + anp.exp(-z)), "relu": lambda z: anp.maximum(z, 0)}


def autograd_predict(net, X):
    """The same network written by hand for autograd: w -> outputs as one flat vector."""

    def predict(w):
        at, a = 0, X
        for layer, (units, inputs) in enumerate(zip(net.sizes[1:], net.sizes[:-1], strict=True), start=1):
            theta = w[at : at + units * (inputs + 1)].reshape(units, inputs + 1)
            at += units * (inputs + 1)
            z = a @ theta[:, :inputs].T + theta[:, inputs]
            a = z if layer == len(net.sizes) - 1 else HIDDEN[net.hidden](z)
        return a.ravel()

    return predict


def random_case(sizes, hidden="tanh", seed=0):
    rng = np.random.default_rng(seed)
    net = nnlib.MLP(sizes, hidden=hidden)
    return net, rng.normal(size=net.n_params), rng.normal(size=(6, sizes[0]))


@pytest.mark.parametrize("hidden", HIDDEN)
@pytest.mark.parametrize("outputs", [1, 2, 3])
@pytest.mark.parametrize("hidden_sizes", [[4], [4, 3], [3, 4, 2]])
def test_jacobian_equals_autograds(hidden_sizes, outputs, hidden):
    net, w, X = random_case([2, *hidden_sizes, outputs], hidden)
    expected = autograd.jacobian(autograd_predict(net, X))(w)
    error = np.linalg.norm(net.jacobian(w, X) - expected) / np.linalg.norm(expected)
    assert error < 1e-12


def test_predictions_equal_the_network_written_by_hand():
    net, w, X = random_case([3, 5, 2])
    np.testing.assert_allclose(net.predict(w, X).ravel(), autograd_predict(net, X)(w), rtol=1e-13)


def test_predictions_and_jacobian_do_not_depend_on_where_the_rows_are_cut():
    net, w, _ = random_case([2, 3, 2])
    X = np.random.default_rng(1).normal(size=(1300, 2))
    np.testing.assert_allclose(net.predict(w, X)[1250:], net.predict(w, X[1250:]), rtol=1e-13)
    np.testing.assert_allclose(net.jacobian(w, X)[2 * 1250 :], net.jacobian(w, X[1250:]), rtol=1e-13)


def test_complex_step_goes_through_the_network():
    net, w, X = random_case([2, 4, 1])
    direction = np.random.default_rng(2).normal(size=len(w))
    derivative = net.predict(w + 1e-20j * direction, X).imag.ravel() / 1e-20
    np.testing.assert_allclose(net.jacobian(w, X) @ direction, derivative, rtol=1e-12)


def test_unpacked_weights_are_views_into_w():
    net = nnlib.MLP([2, 3, 1])
    w = np.zeros(net.n_params)
    (W1, b1), (W2, b2) = net.unpack(w)
    assert (W1.shape, b1.shape, W2.shape, b2.shape) == ((3, 2), (3,), (1, 3), (1,))
    for number, view in enumerate((W1, b1, W2, b2), start=1):
        view[...] = number
    assert sorted(w) == [1] * 6 + [2] * 3 + [3] * 3 + [4]


def test_forward_pass_number_by_number():
    """Two inputs, two logistic units, one linear output: small enough for paper."""
    net = nnlib.MLP([2, 2, 1], hidden="logistic")
    w = np.zeros(net.n_params)
    (W1, b1), (W2, b2) = net.unpack(w)
    W1[...], b1[...], W2[...], b2[...] = [[1, -1], [0, 2]], [0, -2], [[3, 4]], [0.5]
    signals = net.forward(w, [[1.0, 1.0]])
    np.testing.assert_allclose(signals.z[1], [[0, 0]])
    np.testing.assert_allclose(signals.a[1], [[0.5, 0.5]])
    np.testing.assert_allclose(signals.a[2], [[3 * 0.5 + 4 * 0.5 + 0.5]])


def test_backprop_gives_the_textbook_deltas_and_the_gradient_of_half_the_sse():
    net, w, X = random_case([2, 3, 2])
    Y = np.random.default_rng(3).normal(size=(6, 2))
    signals = net.forward(w, X)
    back = net.backprop(w, signals, signals.a[-1] - Y)
    (_, _), (W2, _) = net.unpack(w)
    np.testing.assert_allclose(back.delta[1], (back.delta[2] @ W2) * (1 - signals.a[1] ** 2))
    predict = autograd_predict(net, X)
    expected = autograd.grad(lambda w: 0.5 * anp.sum((predict(w) - Y.ravel()) ** 2))(w)
    np.testing.assert_allclose(back.gradient, expected, rtol=1e-11, atol=1e-13)


@pytest.mark.parametrize("name", ["tanh", "logistic", "relu", "linear"])
def test_activation_derivatives_from_the_output_equal_the_complex_step(name):
    z = np.linspace(-3, 3, 12)
    activation = ACTIVATIONS[name]
    slope = activation.g(z + 1e-20j).imag / 1e-20
    np.testing.assert_allclose(activation.derivative(activation.g(z)), slope, rtol=1e-14)
    slope_of_slope = np.imag(activation.derivative(activation.g(z + 1e-20j))) / 1e-20
    np.testing.assert_allclose(activation.second_derivative(activation.g(z)), slope_of_slope, rtol=1e-13, atol=1e-15)


def test_logistic_equals_scipys_and_takes_complex_numbers_of_any_size():
    z = np.concatenate([np.linspace(-800, 800, 1001), [-1e308, 1e308]])
    np.testing.assert_allclose(logistic(z), expit(z), rtol=1e-14, atol=1e-300)
    np.testing.assert_allclose(logistic(z + 1e-20j).imag / 1e-20, expit(z) * expit(-z), rtol=1e-12, atol=1e-300)


def test_softmax_sums_to_one_over_the_units_of_each_sample():
    z = np.array([[0.0, 1000.0, -1000.0], [1.0, 1.0, 1.0]])
    np.testing.assert_array_equal(softmax(z), [[0, 1, 0], [1 / 3] * 3])
    np.testing.assert_array_equal(softmax(z.T, axis=0), softmax(z).T)


def test_softmax_pull_is_its_jacobian():
    z, v = np.random.default_rng(0).normal(size=(2, 4))
    activation = ACTIVATIONS["softmax"]
    J = np.column_stack([activation.g(z + 1e-20j * e).imag / 1e-20 for e in np.eye(4)])
    np.testing.assert_allclose(activation.pull(activation.g(z), v), J.T @ v, rtol=1e-13)


@pytest.mark.parametrize("name", ["logistic", "softmax", "tanh"])
def test_saturated_activations_stay_finite_and_silent(name):
    activation = ACTIVATIONS[name]
    a = activation.g(np.array([-1e6, 0.0, 1e6]))
    assert np.isfinite(a).all() and np.isfinite(activation.derivative(a)).all()


# ------------------------------------------------------------------------------------------------------- starts


def test_init_is_reproducible_and_a_generator_goes_on():
    net = nnlib.MLP([1, 4, 1])
    np.testing.assert_array_equal(net.init(seed=3), net.init(seed=3))
    rng = np.random.default_rng(3)
    assert not np.array_equal(net.init(seed=rng), net.init(seed=rng))


def test_nguyen_widrow_spreads_hidden_units_over_the_input_range():
    net = nnlib.MLP([3, 8, 2])
    (W1, b1), (W2, b2) = net.unpack(net.init(seed=0, scheme="nguyen-widrow"))
    length = 0.7 * 8 ** (1 / 3)
    np.testing.assert_allclose(np.linalg.norm(W1, axis=1), length)
    np.testing.assert_allclose(np.abs(b1), np.abs(np.linspace(-length, length, 8)))
    np.testing.assert_array_equal(np.sign(b1), np.sign(np.linspace(-1, 1, 8)) * np.sign(W1[:, 0]))
    assert np.abs(W2).max() <= 0.5 and np.abs(b2).max() <= 0.5


def test_nguyen_widrow_follows_the_input_range():
    net = nnlib.MLP([1, 5, 1])
    w, moved = net.init(seed=0), net.init(seed=0, input_range=(10, 30))
    X = np.linspace(-1, 1, 7)[:, None]
    np.testing.assert_allclose(net.predict(moved, 20 + 10 * X), net.predict(w, X), rtol=1e-12)


@pytest.mark.parametrize(
    ("scheme", "inputs", "spread"),
    [("xavier", 50, np.sqrt(2 / 150)), ("he", 50, np.sqrt(2 / 50)), ("uniform", 50, 0.01 / np.sqrt(3))],
)
def test_random_starts_have_the_published_variance(scheme, inputs, spread):
    W, _ = nnlib.MLP([inputs, 100, 1]).unpack(nnlib.MLP([inputs, 100, 1]).init(seed=0, scheme=scheme))[0]
    assert W.std() == pytest.approx(spread, rel=0.03)
    assert abs(W.mean()) < 0.05 * spread


def test_zeros_start_never_breaks_symmetry():
    net = nnlib.MLP([2, 3, 1])
    problem = nnlib.NetworkFit(net, [[0.0, 1.0], [1.0, 1.0]], [[1.0], [0.0]])
    fit = nnlib.train(
        nnlib.steepest_descent(problem, net.init(seed=0, scheme="zeros"), learning_rate=0.1), max_steps=20
    )
    (W1, _), _ = net.unpack(fit.w)
    assert np.ptp(W1, axis=0).max() == 0  # all hidden units are still copies of each other


def hidden_layer_at_start(hidden, factor):
    """A uniform start with the hidden layer's weights times a factor: its a, its δ, and the gradient of its W."""
    rng = np.random.default_rng(0)
    net = nnlib.MLP([5, 20, 1], hidden=hidden)
    w = net.init(seed=0, scheme="uniform")
    for weights in net.unpack(w)[0]:
        weights *= factor
    X, Y = rng.normal(size=(200, 5)), rng.normal(size=(200, 1))
    signals = net.forward(w, X)
    back = net.backprop(w, signals, signals.a[-1] - Y)
    return signals.a[1], np.abs(back.delta[1]), np.linalg.norm(net.unpack(back.gradient)[0][0])


@pytest.mark.parametrize(("hidden", "low", "middle"), [("tanh", -1, 0), ("logistic", 0, 0.5)])
def test_too_large_a_start_saturates_and_small_uniform_weights_do_not(hidden, low, middle):
    a, delta, gradient = hidden_layer_at_start(hidden, factor=1)
    assert np.abs(a - middle).max() < 0.1 * (1 - middle)
    a_large, delta_large, gradient_large = hidden_layer_at_start(hidden, factor=1e5)
    at_a_limit = np.minimum(np.abs(a_large - low), np.abs(a_large - 1)) < 1e-6
    assert at_a_limit.mean() > 0.98
    assert np.median(delta_large) < 1e-12 * np.median(delta)  # the error ends here: this layer does not learn
    assert gradient_large < gradient / 10  # what is left comes from the few samples between the limits


# ------------------------------------------------------------------------------------------------------- bad input


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: nnlib.MLP("1-10-1"), TypeError, "sizes must be a list"),
        (lambda: nnlib.MLP([1]), ValueError, "at least inputs and outputs"),
        (lambda: nnlib.MLP([1, 0, 1]), ValueError, r"sizes\[1\] must be at least 1, got 0"),
        (lambda: nnlib.MLP([1, 2, 1], hidden="tahn"), ValueError, "did you mean 'tanh'"),
        (lambda: nnlib.MLP([1, 2, 1], hidden="softmax"), ValueError, "hidden must be one of tanh, logistic"),
        (lambda: nnlib.MLP([1, 2, 1]).init(seed=-1), ValueError, "seed must not be negative"),
        (
            lambda: nnlib.MLP([1, 2, 1]).init(0, input_range=(1, 1)),
            ValueError,
            "input_range must be two numbers that rise",
        ),
        (
            lambda: nnlib.MLP([2, 2, 1]).predict(np.zeros(9), np.zeros((4, 3))),
            ValueError,
            "X has 3 columns, the network takes 2",
        ),
        (lambda: nnlib.MLP([2, 2, 1]).predict(np.zeros(9), np.zeros(4)), ValueError, "only one axis"),
        (lambda: nnlib.MLP([2, 2, 1]).predict(np.zeros(8), np.zeros((4, 2))), ValueError, r"w has shape \(8,\)"),
        (lambda: nnlib.MLP([1, 2, 1]).predict(np.zeros(7), [[np.nan]]), ValueError, "X must be finite"),
        (lambda: nnlib.MLP([1, 2, 1]).predict(np.zeros(7), np.empty((0, 1))), ValueError, "X is empty"),
    ],
)
def test_bad_input_is_named_at_the_door(call, error, message):
    with pytest.raises(error, match=message):
        call()


@pytest.mark.parametrize("other", [[2, 4, 1], [2, 3, 3, 1], [1, 3, 1]])
def test_signals_of_another_network_are_refused(other):
    net, stranger = nnlib.MLP([2, 3, 1]), nnlib.MLP(other)
    signals = stranger.forward(stranger.init(seed=0), np.zeros((5, other[0])))
    with pytest.raises(ValueError, match=r"signals are of layers of \[.*\] units, the network has \[2, 3, 1\]"):
        net.backprop(net.init(seed=0), signals, np.zeros((5, 1)))
