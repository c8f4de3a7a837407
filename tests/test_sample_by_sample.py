"""One sample at a time with accumulators: the same numbers as the whole batch in matrices, and as the formulas say."""

import numpy as np
import pytest

import nnlib
from nnlib import derivatives
from nnlib.course.sample_by_sample import accumulate, mean_gradient

LAMBDA = 0.3
NETWORKS = [  # sizes, hidden, output, cost
    ([2, 3, 1], "tanh", "linear", "squared-error"),
    ([3, 4, 2], "logistic", "tanh", "squared-error"),
    ([2, 5, 4, 3], "relu", "logistic", "squared-error"),
    ([3, 2], "tanh", "linear", "squared-error"),
    ([2, 3, 4, 2], "tanh", "logistic", "cross-entropy"),
    ([2, 4, 3], "logistic", "softmax", "cross-entropy"),
]
each_network = pytest.mark.parametrize(("sizes", "hidden", "output", "cost"), NETWORKS)


def case(sizes, hidden, output, samples=17):
    """A network, random weights, and data whose targets suit every cost: one class a sample."""
    rng = np.random.default_rng(0)
    net = nnlib.MLP(sizes, hidden, output)
    Y = np.eye(sizes[-1])[rng.integers(sizes[-1], size=samples)]
    return net, rng.normal(size=net.n_params), rng.normal(size=(samples, sizes[0])), Y


def assert_equal_to_rounding(a, b):
    assert np.abs(a - b).max() < 20 * np.finfo(float).eps * np.abs(b).max()


@each_network
def test_the_accumulators_hold_the_gradient_of_the_whole_batch(sizes, hidden, output, cost):
    net, w, X, Y = case(sizes, hidden, output)
    assert_equal_to_rounding(accumulate(net, w, X, Y, cost), nnlib.NetworkFit(net, X, Y, cost).gradient(w))


@pytest.mark.parametrize("decay_biases", [True, False])
@each_network
def test_m_times_the_mean_gradient_is_the_gradient_of_the_sum(sizes, hidden, output, cost, decay_biases):
    net, w, X, Y = case(sizes, hidden, output)
    m = len(X)
    problem = nnlib.NetworkFit(net, X, Y, cost, weight_decay=m * LAMBDA, decay_biases=decay_biases)
    D = mean_gradient(net, w, X, Y, cost, LAMBDA, decay_biases)
    assert_equal_to_rounding(m * D, problem.gradient(w))


def penalty(net, w):
    """λ/2 Σ_l ΣΣ (W^l)², without biases."""
    return LAMBDA / 2 * sum((W * W).sum() for W, _ in net.unpack(w))


def test_it_is_the_gradient_of_the_mean_logistic_cross_entropy_as_books_write_it():
    net, w, X, Y = case([2, 3, 4, 2], "tanh", "logistic")

    def J(w):
        h = net.predict(w, X)
        return -1 / len(X) * (Y * np.log(h) + (1 - Y) * np.log(1 - h)).sum() + penalty(net, w)

    D = mean_gradient(net, w, X, Y, "cross-entropy", LAMBDA, decay_biases=False)
    assert derivatives.numerical_gradient(J, w, "complex") == pytest.approx(D, rel=1e-12, abs=1e-15)


def test_it_is_the_gradient_of_the_mean_squared_error_as_books_write_it():
    net, w, X, Y = case([3, 4, 2], "logistic", "tanh")

    def J(w):
        return 1 / (2 * len(X)) * ((net.predict(w, X) - Y) ** 2).sum() + penalty(net, w)

    D = mean_gradient(net, w, X, Y, "squared-error", LAMBDA, decay_biases=False)
    assert derivatives.numerical_gradient(J, w, "complex") == pytest.approx(D, rel=1e-12, abs=1e-15)


def test_samples_add_up_in_any_order():
    net, w, X, Y = case([2, 4, 3], "tanh", "softmax")
    parts = [accumulate(net, w, x[None], y[None], "cross-entropy") for x, y in zip(X[::-1], Y[::-1], strict=True)]
    assert_equal_to_rounding(sum(parts), accumulate(net, w, X, Y, "cross-entropy"))


@pytest.mark.parametrize(
    ("changed", "error", "message"),
    [
        ({"net": [2, 3, 1]}, TypeError, "net must be an nnlib.MLP, got list"),
        ({"w": np.zeros(3)}, ValueError, r"w has shape \(3,\), the network \[2, 3, 1\] takes \(13,\)"),
        ({"X": np.zeros((4, 3))}, ValueError, "X has 3 columns, the network takes 2 inputs"),
        ({"cost": "cross-entropy"}, ValueError, "cost='cross-entropy' goes with logistic or softmax outputs"),
        ({"weight_decay": -1.0}, ValueError, "weight_decay must be at least 0, got -1"),
    ],
)
def test_bad_input_is_named(changed, error, message):
    good = {"net": nnlib.MLP([2, 3, 1]), "w": np.zeros(13), "X": np.zeros((4, 2)), "Y": np.zeros((4, 1))}
    with pytest.raises(error, match=message):
        mean_gradient(**(good | changed))
