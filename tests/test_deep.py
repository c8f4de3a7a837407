"""Deep stacks against the complex step, autograd, `MLP` and closed forms; what batch norm and skips do to |δ|."""

from itertools import product

import autograd
import autograd.numpy as anp
import numpy as np
import pytest

import nnlib
from nnlib import deep
from nnlib.course.deep import DeepFit, DeepStack

HIDDEN = {"tanh": anp.tanh, "logistic": lambda z: 1 / (1 + anp.exp(-z)), "relu": lambda z: anp.maximum(z, 0)}
CURES = list(product([False, True], [False, True]))  # (batch_norm, residual)
every_stack = pytest.mark.parametrize(("hidden", "cures"), list(product(HIDDEN, CURES)))


def random_case(hidden="tanh", batch_norm=False, residual=False, depth=4, m=7, seed=0, **more):
    """A stack of width 3 with random parameters, scale and shift among them, and random data."""
    rng = np.random.default_rng(seed)
    stack = DeepStack(2, 3, depth, 2, hidden=hidden, batch_norm=batch_norm, residual=residual, **more)
    return stack, rng.normal(size=stack.n_params), rng.normal(size=(m, 2)), rng.normal(size=(m, 2))


def autograd_outputs(stack, w, X):
    """The same stack in training mode, written by hand for autograd."""
    at, a, L, k = 0, X, stack.depth, stack.width
    norms = anp.reshape(w[stack.mlp.n_params :], (2, L, k)) if stack.batch_norm else None
    for l, (units, inputs) in enumerate(zip(stack.mlp.sizes[1:], stack.mlp.sizes[:-1], strict=True)):
        theta = anp.reshape(w[at : at + units * (inputs + 1)], (units, inputs + 1))
        at += units * (inputs + 1)
        z = anp.dot(a, theta[:, :inputs].T) + theta[:, inputs]
        if l == L:
            return z
        if stack.batch_norm:
            z = norms[0, l] * (z - anp.mean(z, axis=0)) / anp.sqrt(anp.var(z, axis=0) + 1e-5) + norms[1, l]
        a = a + HIDDEN[stack.mlp.hidden](z) if stack.residual and l > 0 else HIDDEN[stack.mlp.hidden](z)


# ---------------------------------------------------------------------------------------------- gradients


@every_stack
def test_gradient_equals_the_complex_step(hidden, cures):
    stack, w, X, Y = random_case(hidden, *cures)
    problem = DeepFit(stack, X, Y)
    g, expected = problem.gradient(w), nnlib.derivatives.numerical_gradient(problem.loss, w, method="complex")
    assert np.linalg.norm(g - expected) < 1e-11 * np.linalg.norm(expected)


@every_stack
def test_loss_and_gradient_equal_autograds(hidden, cures):
    stack, w, X, Y = random_case(hidden, *cures, seed=1)

    def half_sse(w):
        return 0.5 * anp.sum((autograd_outputs(stack, w, X) - Y) ** 2)

    loss, g = DeepFit(stack, X, Y).loss_and_gradient(w)
    expected = autograd.grad(half_sse)(w)
    assert loss == pytest.approx(half_sse(w), rel=1e-12)
    assert np.linalg.norm(g - expected) < 1e-11 * np.linalg.norm(expected)


@pytest.mark.parametrize("cures", CURES)
def test_gradient_of_softmax_cross_entropy_equals_the_complex_step(cures):
    stack, w, X, _ = random_case("tanh", *cures, output="softmax")
    problem = DeepFit(stack, X, np.eye(2)[[0, 1, 1, 0, 1, 0, 0]], cost="cross-entropy")
    expected = nnlib.derivatives.numerical_gradient(problem.loss, w, method="complex")
    assert np.linalg.norm(problem.gradient(w) - expected) < 1e-11 * np.linalg.norm(expected)


def test_batch_norms_backward_equals_autograds():
    rng = np.random.default_rng(0)
    z, error, scale, shift = (rng.normal(size=shape) for shape in [(3, 6), (3, 6), (3, 1), (3, 1)])

    def pulled(z, scale, shift):
        centered = z - anp.mean(z, axis=1, keepdims=True)
        z_hat = centered / anp.sqrt(anp.mean(centered**2, axis=1, keepdims=True) + deep.EPSILON)
        return anp.sum(error * (scale * z_hat + shift))

    given = deep.batch_norm_backward(error, deep.normalize(z, *deep.batch_statistics(z)), scale)
    for argument, gradient in enumerate(given):
        expected = autograd.grad(pulled, argument)(z, scale, shift)
        np.testing.assert_allclose(gradient, expected, rtol=0, atol=1e-13 * abs(expected).max())


def test_delta_is_the_derivative_by_the_pre_activation():
    # A bias moves z of all samples alike, so its gradient is Σ_samples δ; without batch norm that is seen from outside.
    stack, w, X, Y = random_case("tanh", residual=True)
    problem = DeepFit(stack, X, Y)
    by_bias = [b for _, b in stack.unpack(nnlib.derivatives.numerical_gradient(problem.loss, w, method="complex"))[0]]
    for delta, expected in zip(problem.deltas(w), by_bias, strict=True):
        np.testing.assert_allclose(delta.sum(axis=0), expected, rtol=1e-9, atol=1e-12)


def test_biases_under_batch_norm_have_no_effect_and_gradient_zero():
    stack, w, X, Y = random_case("tanh", batch_norm=True)
    problem, moved = DeepFit(stack, X, Y), w.copy()
    for _, b in stack.unpack(moved)[0][:-1]:
        b += 5.0
    assert problem.loss(moved) == pytest.approx(problem.loss(w), rel=1e-12)
    gradient = problem.gradient(w)
    hidden_biases = np.concatenate([b for _, b in stack.unpack(gradient)[0][:-1]])
    assert abs(hidden_biases).max() < 1e-13 * np.linalg.norm(gradient)


# ---------------------------------------------------------------------------------------------- plain stacks and MLP


@pytest.mark.parametrize("hidden", HIDDEN)
def test_a_plain_stack_equals_the_mlp(hidden):
    stack, w, X, Y = random_case(hidden)
    net = nnlib.MLP([2, 3, 3, 3, 3, 2], hidden=hidden)
    fit, stack_fit = nnlib.NetworkFit(net, X, Y), DeepFit(stack, X, Y)
    signals = net.forward(w, X)
    deltas = net.backprop(w, signals, signals.a[-1] - Y).delta[1:]
    assert stack.n_params == net.n_params
    np.testing.assert_array_equal(stack.init(3, scheme="he"), net.init(3, scheme="he"))
    np.testing.assert_allclose(stack.predict(w, X), net.predict(w, X), rtol=1e-13)
    assert stack_fit.loss(w) == pytest.approx(fit.loss(w), rel=1e-13)
    np.testing.assert_allclose(stack_fit.gradient(w), fit.gradient(w), rtol=1e-11, atol=1e-13)
    for ours, expected in zip(stack_fit.deltas(w), deltas, strict=True):
        np.testing.assert_allclose(ours, expected, rtol=1e-11, atol=1e-13)


def test_a_residual_stack_whose_branches_are_off_passes_the_error_on_unchanged():
    stack = DeepStack(2, 3, 10, 1, hidden="linear", residual=True)
    w = stack.init(seed=0)
    for W, _ in stack.unpack(w)[0][1:-1]:
        W[...] = 0.0
    deltas = DeepFit(stack, [[1.0, 2.0]], [[1.0]]).deltas(w)
    np.testing.assert_array_equal(deltas[0], deltas[-2])


def test_unpack_gives_views_and_init_starts_with_scale_one_and_shift_zero():
    stack = DeepStack(2, 3, 4, 1, batch_norm=True)
    w = stack.init(seed=0)
    layers, scales, shifts = stack.unpack(w)
    assert [W.shape for W, _ in layers] == [(3, 2), (3, 3), (3, 3), (3, 3), (1, 3)]
    assert scales.shape == shifts.shape == (4, 3)
    assert np.all(scales == 1) and np.all(shifts == 0)
    for view in (layers[0][0], layers[-1][1], scales, shifts):
        view[...] = 7.0
    assert np.count_nonzero(w == 7.0) == 6 + 1 + 12 + 12


# ---------------------------------------------------------------------------------------------- evaluation mode


def test_training_mode_gives_each_layer_the_mean_shift_and_the_standard_deviation_scale():
    stack, w, X, _ = random_case("linear", batch_norm=True, m=50)
    _, scales, shifts = stack.unpack(w)
    signals = stack.forward(w, X)
    for l in range(1, 5):
        np.testing.assert_allclose(signals.a[l].mean(axis=0), shifts[l - 1], atol=1e-12)
        np.testing.assert_allclose(signals.a[l].std(axis=0), abs(scales[l - 1]), rtol=1e-2)  # 1e-2: the ε


@pytest.mark.parametrize("residual", [False, True])
def test_evaluation_mode_is_the_mlp_with_the_statistics_folded_into_its_weights(residual):
    # scale (Wa + b − mean)/s + shift is a layer again, with weights (scale/s) W and bias (scale/s)(b − mean) + shift.
    stack, w, X, _ = random_case("tanh", batch_norm=True, residual=residual)
    rng = np.random.default_rng(5)
    mean, variance = statistics = np.array([rng.normal(size=(4, 3)), rng.uniform(0.5, 2, (4, 3))])
    layers, scales, shifts = stack.unpack(w)
    factors = scales / np.sqrt(variance + 1e-5)
    folded = DeepStack(2, 3, 4, 2, residual=residual)
    v = np.empty(folded.n_params)
    for l, ((W, b), (V, c)) in enumerate(zip(layers, folded.unpack(v)[0], strict=True)):
        V[...], c[...] = W, b
        if l < 4:
            V[...], c[...] = factors[l][:, None] * W, factors[l] * (b - mean[l]) + shifts[l]
    np.testing.assert_allclose(stack.predict(w, X, statistics), folded.predict(v, X), rtol=1e-11)


def test_evaluation_mode_gives_each_sample_its_own_output_and_training_mode_does_not():
    stack, w, X, _ = random_case("tanh", batch_norm=True)
    statistics = stack.statistics(w, X)
    np.testing.assert_allclose(stack.predict(w, X, statistics)[:2], stack.predict(w, X[:2], statistics), rtol=1e-12)
    assert not np.allclose(stack.forward(w, X).a[-1][:2], stack.forward(w, X[:2]).a[-1], rtol=0.1)


def test_statistics_are_means_and_unbiased_variances_of_z_in_training_mode():
    stack, w, X, _ = random_case("tanh", batch_norm=True)
    z = np.stack(stack.forward(w, X).z[1:5])
    mean, variance = stack.statistics(w, X)
    np.testing.assert_allclose(mean, z.mean(axis=1), rtol=1e-12)
    np.testing.assert_allclose(variance, z.var(axis=1, ddof=1), rtol=1e-12)


def test_a_running_average_over_many_batches_approaches_the_statistics_of_all_samples():
    stack, w, _, _ = random_case("tanh", batch_norm=True, depth=1)
    X = np.random.default_rng(1).normal(size=(4000, 2))
    average = stack.statistics(w, X[:20])
    for start in range(20, len(X), 20):
        average = 0.95 * average + 0.05 * stack.statistics(w, X[start : start + 20])
    mean, variance = stack.statistics(w, X)
    np.testing.assert_allclose(average[0], mean, atol=0.2)
    np.testing.assert_allclose(average[1], variance, rtol=0.2)


@pytest.mark.parametrize("residual", [False, True])
def test_a_batch_of_one_and_constant_features_divide_by_nothing_that_is_zero(residual):
    stack, w, X, Y = random_case("tanh", batch_norm=True, residual=residual)
    for batch, targets in ((X[:1], Y[:1]), (np.ones_like(X), Y)):
        with np.errstate(all="raise"):
            signals = stack.forward(w, batch)
            outputs = stack.predict(w, batch, stack.statistics(w, batch))
        loss, g = DeepFit(stack, batch, targets).loss_and_gradient(w)
        assert np.isfinite(outputs).all() and np.isfinite(loss) and np.isfinite(g).all()
        np.testing.assert_allclose(outputs, signals.a[-1], rtol=1e-9)


# ---------------------------------------------------------------------------------------------- vanishing and its cures


def start_norms(depth, hidden, scheme="xavier", seed=0, **cures):
    rng = np.random.default_rng(100 + seed)
    X, Y = rng.normal(size=(30, 4)), rng.normal(size=(30, 2))
    return deep.delta_norms_by_depth(X, Y, [depth], 20, seed, scheme=scheme, hidden=hidden, **cures)[depth]


def arriving(*args, **kwargs):
    """|δ¹| as a share of the output error, the smallest and the largest of three seeds."""
    shares = [norms[0] / norms[-1] for norms in (start_norms(*args, seed=seed, **kwargs) for seed in range(3))]
    return min(shares), max(shares)


@pytest.mark.parametrize("depth", [1, 5, 20])
def test_logistic_error_signals_shrink_by_a_quarter_a_layer_times_what_the_weights_give(depth):
    stack, w, X, Y = random_case("logistic", depth=depth)
    norms = DeepFit(stack, X, Y).delta_norms(w)
    largest_stretch = np.prod([np.linalg.norm(W, 2) for W, _ in stack.unpack(w)[0][1:]])
    assert norms[0] <= 0.25**depth * largest_stretch * norms[-1]


def test_logistic_bound_is_reached_by_a_chain_of_units_at_z_zero():
    stack = DeepStack(1, 1, 6, 1, hidden="logistic")
    w = np.zeros(stack.n_params)
    for W, b in stack.unpack(w)[0][1:]:
        W[...], b[...] = 1.0, -0.5  # the activation ½ comes in, z = 0 comes out
    norms = DeepFit(stack, [0.3], [2.0]).delta_norms(w)
    np.testing.assert_allclose(norms[0], 0.25**6 * norms[-1], rtol=1e-12)


def test_plain_logistic_stacks_lose_the_error_at_depth_20_and_each_cure_brings_it_back():
    _, plain = arriving(20, "logistic")
    assert plain < 1e-10
    assert arriving(20, "logistic", residual=True)[0] > 1e-2
    assert arriving(20, "logistic", batch_norm=True)[0] > 1e-2
    assert arriving(20, "logistic", batch_norm=True, residual=True)[0] > 1e-2


def test_tanh_needs_xavier_and_relu_needs_he():
    assert arriving(20, "tanh", scheme="uniform")[1] < 1e-20
    assert arriving(20, "tanh", scheme="xavier")[0] > 1e-2
    assert arriving(20, "relu", scheme="uniform")[1] < 1e-20
    assert arriving(20, "relu", scheme="xavier")[1] < 3e-2
    assert arriving(20, "relu", scheme="he")[0] > 5e-2


def test_skip_connections_with_he_weights_make_relu_stacks_explode_and_batch_norm_stops_that():
    assert arriving(20, "relu", scheme="he", residual=True)[0] > 1e3
    assert arriving(20, "relu", scheme="he", residual=True, batch_norm=True)[1] < 1e2


def test_delta_norms_by_depth_are_those_of_each_stack():
    X, Y = np.linspace(-1, 1, 8)[:, None], np.ones((8, 1))
    norms = deep.delta_norms_by_depth(X, Y, (1, 3), 4, seed=2, hidden="relu", scheme="he", batch_norm=True)
    stack = DeepStack(1, 4, 3, 1, hidden="relu", batch_norm=True)
    assert {depth: len(values) for depth, values in norms.items()} == {1: 2, 3: 4}
    np.testing.assert_array_equal(norms[3], DeepFit(stack, X, Y).delta_norms(stack.init(2, "he")))
    np.testing.assert_allclose(
        norms[3], [np.sqrt((d**2).sum()) for d in DeepFit(stack, X, Y).deltas(stack.init(2, "he"))]
    )


def test_cures_train_where_the_plain_stack_gets_no_further_than_the_best_constant():
    x = np.linspace(-1, 1, 20)
    y = np.sin(3 * x)

    def loss_after_training(**cures):
        stack = DeepStack(1, 6, 15, 1, hidden="logistic", **cures)
        steps = nnlib.adam(DeepFit(stack, x, y), stack.init(seed=0), 0.01, batch_size=10, seed=0)
        return nnlib.train(steps, max_steps=60).loss

    best_constant = 0.5 * ((y - y.mean()) ** 2).sum()
    assert loss_after_training() > 0.999 * best_constant
    assert loss_after_training(residual=True) < 0.8 * best_constant
    assert loss_after_training(batch_norm=True) < 0.2 * best_constant


# ---------------------------------------------------------------------------------------------- bad input

PLAIN, NORMED = DeepStack(2, 3, 2, 1), DeepStack(2, 3, 2, 1, batch_norm=True)
STATISTICS = np.ones((2, 2, 3))

BAD_CALLS = [
    (lambda: DeepStack(2, 0, 2, 1), ValueError, "width must be at least 1, got 0"),
    (lambda: DeepStack(2, 3, 2, 1, hidden="rellu"), ValueError, "did you mean 'relu'"),
    (lambda: DeepStack(2, 3, 2, 1, batch_norm=1), TypeError, "batch_norm must be True or False"),
    (lambda: PLAIN.init(0, scheme="glorot"), ValueError, "scheme must be one of"),
    (lambda: NORMED.forward(PLAIN.init(0), np.eye(2)), ValueError, r"w has shape \(25,\), the stack takes \(37,\)"),
    (lambda: PLAIN.forward(np.full(25, np.nan), np.eye(2)), ValueError, "w must be finite"),
    (lambda: PLAIN.predict(PLAIN.init(0), np.eye(3)), ValueError, "X has 3 columns, the network takes 2 inputs"),
    (lambda: NORMED.predict(NORMED.init(0), np.eye(2)), ValueError, "batch_norm=True needs statistics to predict by"),
    (lambda: PLAIN.predict(PLAIN.init(0), np.eye(2), STATISTICS), ValueError, "statistics belong to batch_norm=True"),
    (
        lambda: NORMED.predict(NORMED.init(0), np.eye(2), STATISTICS[:, :1]),
        ValueError,
        r"statistics have shape \(2, 1, 3\), the stack takes \(2, 2, 3\)",
    ),
    (lambda: NORMED.predict(NORMED.init(0), np.eye(2), -STATISTICS), ValueError, "statistics hold a variance below 0"),
    (lambda: DeepFit(PLAIN.mlp, np.eye(2), [0, 1]), TypeError, "stack must be a DeepStack, got MLP"),
    (lambda: DeepFit(PLAIN, np.eye(2), [0, 1, 2]), ValueError, "X has 2 rows and Y has 3"),
    (lambda: DeepFit(PLAIN, np.eye(2), [0, 1], cost="cross-entropy"), ValueError, "goes with logistic or softmax"),
    (lambda: deep.delta_norms_by_depth(np.eye(2), np.eye(2), 20, 3, 0), TypeError, "depths must be a list"),
]


@pytest.mark.parametrize(("call", "error", "message"), BAD_CALLS, ids=[message for _, _, message in BAD_CALLS])
def test_bad_input_is_named(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_weights_that_overflow_give_a_loss_that_is_not_finite_and_no_error():
    problem = DeepFit(NORMED, np.eye(2), [0.0, 1.0])
    loss, gradient = problem.loss_and_gradient(np.full(NORMED.n_params, 1e200))
    assert not np.isfinite(loss) and gradient.shape == (NORMED.n_params,)
