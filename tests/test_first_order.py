"""First-order methods against closed forms on quadratics, the papers' own formulas and scikit-learn's optimizers."""

from functools import partial
from itertools import islice

import numpy as np
import pytest
from sklearn.linear_model import Lasso
from sklearn.neural_network import MLPRegressor
from sklearn.neural_network._stochastic_optimizers import AdamOptimizer, SGDOptimizer

import nnlib
from nnlib import surfaces
from nnlib.optimizers.proximal_gradient import soft_threshold


class Quadratic:
    """E = ½ wᵀHw, the problem whose iterates are known in closed form."""

    def __init__(self, H):
        self.H, self.n_params = np.asarray(H, float), len(H)

    def loss(self, w):
        return float(0.5 * np.sum(w * (self.H @ w)))

    def loss_and_gradient(self, w):
        return self.loss(w), self.H @ w


class Slope:
    """E = gᵀw: the same gradient everywhere."""

    def __init__(self, g):
        self.g = np.asarray(g, float)

    def loss(self, w):
        return float(self.g @ w)

    def loss_and_gradient(self, w):
        return self.loss(w), self.g


class Recorder:
    """A problem with m samples that writes down which rows it is asked for."""

    def __init__(self, m):
        self.X, self.batches = np.zeros((m, 1)), []

    def loss(self, w):
        return 1.0

    def loss_and_gradient(self, w):
        return 1.0, np.ones_like(w)

    def batch(self, rows):
        self.batches.append(rows)
        return self


def random_quadratic(eigenvalues, seed=0):
    Q, _ = np.linalg.qr(np.random.default_rng(seed).normal(size=(len(eigenvalues),) * 2))
    return Quadratic(Q @ np.diag(eigenvalues) @ Q.T), Q


def points(steps, count):
    return np.array([step.w for step in islice(steps, count)])


def small_network(outputs=2, weight_decay=0.0, m=20):
    rng = np.random.default_rng(3)
    net = nnlib.MLP([3, 4, outputs])
    problem = nnlib.NetworkFit(net, rng.normal(size=(m, 3)), rng.normal(size=(m, outputs)), weight_decay=weight_decay)
    return problem, net.init(seed=1, scheme="xavier")


METHODS = {
    "steepest_descent": partial(nnlib.steepest_descent, learning_rate=0.01),
    "momentum": partial(nnlib.momentum, learning_rate=0.01),
    "nesterov": partial(nnlib.momentum, learning_rate=0.01, nesterov=True),
    "adam": partial(nnlib.adam, learning_rate=0.01),
}
every_method = pytest.mark.parametrize("method", METHODS.values(), ids=METHODS)
FIRST_ORDER = {**METHODS, "proximal_gradient": partial(nnlib.proximal_gradient, learning_rate=0.01, l1_penalty=0.1)}
every_first_order = pytest.mark.parametrize("method", FIRST_ORDER.values(), ids=FIRST_ORDER)


# ------------------------------------------------------------------------------------------------ steepest descent


def test_steepest_descent_iterates_are_powers_of_identity_minus_eta_H():
    problem, _ = random_quadratic([0.5, 2.0, 7.0])
    w0, eta = np.array([1.0, -2.0, 0.5]), 0.2
    contraction = np.eye(3) - eta * problem.H
    expected = [np.linalg.matrix_power(contraction, k) @ w0 for k in range(1, 21)]
    assert points(nnlib.steepest_descent(problem, w0, eta), 20) == pytest.approx(np.array(expected), rel=1e-12)


@pytest.mark.parametrize(("factor", "falls"), [(0.99, True), (1.01, False)])
def test_steepest_descent_is_stable_up_to_two_over_the_largest_eigenvalue(factor, falls):
    problem, _ = random_quadratic([0.5, 2.0, 8.0])
    steps = nnlib.steepest_descent(problem, [1.0, 1.0, 1.0], factor * 2 / 8.0)
    losses = [step.loss for step in islice(steps, 2000)]
    assert losses[-1] < 1e-12 if falls else losses[-1] > 1e12


def test_record_holds_the_loss_and_gradient_at_w_and_what_was_tried():
    problem, w0 = small_network()
    for step in islice(nnlib.steepest_descent(problem, w0, 0.02), 3):
        assert step.loss == pytest.approx(problem.loss(step.w), rel=1e-14)
        assert step.gradient_norm == pytest.approx(np.linalg.norm(problem.gradient(step.w)), rel=1e-14)
        assert step.learning_rate == 0.02
        assert step.accepted
        assert np.array_equal(step.trial_w, step.w)
        assert step.trial_loss == step.loss


def test_scaled_gradient_does_not_depend_on_the_unit_of_the_loss():
    H, w0 = np.diag([1.0, 4.0]), [1.0, 1.0]
    for unit in (1e-12, 1e12):
        plain = next(nnlib.steepest_descent(Quadratic(H), w0, 0.1)).scaled_gradient
        in_unit = next(nnlib.steepest_descent(Quadratic(unit * H), w0, 0.1 / unit)).scaled_gradient
        assert in_unit == pytest.approx(plain, rel=1e-12)


# ------------------------------------------------------------------------------------------------ momentum


def closed_form(problem, Q, w0, recurrence, steps):
    """w_k where each eigendirection follows [v, w] ← recurrence(λ) [v, w] from v = 0."""
    path = []
    for k in range(1, steps + 1):
        powers = [np.linalg.matrix_power(recurrence(q @ problem.H @ q), k) for q in Q.T]
        path.append(Q @ np.array([(M @ [0.0, c])[1] for M, c in zip(powers, Q.T @ w0, strict=True)]))
    return np.array(path)


def test_heavy_ball_iterates_are_powers_of_its_two_by_two_recurrence():
    problem, Q = random_quadratic([0.5, 2.0, 7.0])
    w0, eta, c = np.array([1.0, -2.0, 0.5]), 0.1, 0.8
    expected = closed_form(problem, Q, w0, lambda L: np.array([[c, -eta * L], [c, 1 - eta * L]]), 30)
    assert points(nnlib.momentum(problem, w0, eta, c), 30) == pytest.approx(expected, abs=1e-12)


def test_nesterov_iterates_are_powers_of_its_two_by_two_recurrence():
    """In y = w + c v: v ← c v − ηλy and y ← y + c v − ηλy with the new v."""
    problem, Q = random_quadratic([0.5, 2.0, 7.0])
    w0, eta, c = np.array([1.0, -2.0, 0.5]), 0.1, 0.8
    expected = closed_form(problem, Q, w0, lambda L: np.array([[c, -eta * L], [c * c, 1 - (1 + c) * eta * L]]), 30)
    assert points(nnlib.momentum(problem, w0, eta, c, nesterov=True), 30) == pytest.approx(expected, abs=1e-12)


def test_nesterov_looks_ahead_as_in_sutskevers_paper():
    problem, w0 = small_network()
    eta, c, w, v, expected = 0.01, 0.9, w0, np.zeros_like(w0), []
    for _ in range(20):
        v = c * v - eta * problem.gradient(w + c * v)
        w = w + v
        expected.append(w + c * v)  # the records show where the next gradient is taken
    found = points(nnlib.momentum(problem, w0, eta, c, nesterov=True), 20)
    assert found == pytest.approx(np.array(expected), rel=1e-10, abs=1e-12)


@pytest.mark.parametrize(("factor", "falls"), [(0.99, True), (1.01, False)])
def test_heavy_ball_is_stable_up_to_two_times_one_plus_c_over_the_largest_eigenvalue(factor, falls):
    problem, _ = random_quadratic([0.5, 2.0, 8.0])
    steps = nnlib.momentum(problem, [1.0, 1.0, 1.0], factor * 2 * (1 + 0.5) / 8.0, 0.5)
    losses = [step.loss for step in islice(steps, 3000)]
    assert losses[-1] < 1e-9 if falls else losses[-1] > 1e9


def test_without_memory_momentum_is_steepest_descent():
    problem, w0 = small_network()
    expected = points(nnlib.steepest_descent(problem, w0, 0.01), 5)
    for nesterov in (False, True):
        assert np.array_equal(points(nnlib.momentum(problem, w0, 0.01, 0.0, nesterov=nesterov), 5), expected)


@pytest.mark.parametrize("nesterov", [False, True])
def test_momentum_iterates_equal_scikit_learns(nesterov):
    problem, w0 = small_network()
    theirs = [w0.copy()]
    optimizer = SGDOptimizer(theirs, learning_rate_init=0.01, momentum=0.9, nesterov=nesterov)
    for w in points(nnlib.momentum(problem, w0, 0.01, 0.9, nesterov=nesterov), 50):
        optimizer.update_params(theirs, [problem.gradient(theirs[0])])
        assert w == pytest.approx(theirs[0], rel=1e-10, abs=1e-12)


def test_momentum_is_faster_than_steepest_descent_through_a_valley():
    valley, w0 = surfaces.quadratic_bowl(100.0), [1.0, 1.0]
    slow = nnlib.train(nnlib.steepest_descent(valley, w0, 0.01), goal=1e-6).n_steps
    for nesterov in (False, True):
        assert nnlib.train(nnlib.momentum(valley, w0, 0.01, 0.8, nesterov=nesterov), goal=1e-6).n_steps < slow / 4


# ------------------------------------------------------------------------------------------------ Adam


def test_adam_on_a_constant_gradient_moves_by_eta_g_over_g_plus_epsilon():
    """Both running means are exact after bias correction, m̂ = g and v̂ = g², so every step is the same."""
    g, eta, epsilon = np.array([3.0, -1e-3, 1e6]), 0.1, 1e-2
    found = points(nnlib.adam(Slope(g), np.zeros(3), eta, epsilon=epsilon), 50)
    expected = -np.outer(np.arange(1, 51), eta * g / (np.abs(g) + epsilon))
    assert found == pytest.approx(expected, rel=1e-11)


def test_adam_iterates_equal_scikit_learns():
    """Theirs puts ε outside the bias correction (end of section 2 of the paper): a tiny one makes the two equal."""
    problem, w0 = small_network()
    theirs = [w0.copy()]
    optimizer = AdamOptimizer(theirs, learning_rate_init=0.02, beta_1=0.8, beta_2=0.99, epsilon=1e-30)
    ours = nnlib.adam(problem, w0, 0.02, beta1=0.8, beta2=0.99, epsilon=1e-30)
    for w in points(ours, 50):
        optimizer.update_params(theirs, [problem.gradient(theirs[0])])
        assert w == pytest.approx(theirs[0], rel=1e-9, abs=1e-11)


def test_adam_is_algorithm_1_of_the_paper():
    problem, w0 = small_network()
    theta, m, v, expected = w0, 0, 0, []
    for t in range(1, 31):
        g = problem.gradient(theta)
        m = 0.9 * m + 0.1 * g
        v = 0.999 * v + 0.001 * g**2
        theta = theta - 0.01 * (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)
        expected.append(theta)
    assert points(nnlib.adam(problem, w0, 0.01), 30) == pytest.approx(np.array(expected), rel=1e-9, abs=1e-12)


def test_adam_does_not_mind_the_unit_of_the_loss():
    H = np.diag([1.0, 30.0])
    plain, scaled = (points(nnlib.adam(Quadratic(s * H), [1.0, 2.0], 0.1, epsilon=1e-100), 40) for s in (1, 1e8))
    assert scaled == pytest.approx(plain, rel=1e-9)


# ------------------------------------------------------------------------------------------------ scikit-learn's MLP


@pytest.mark.parametrize("outputs", [1, 2])
def test_steps_on_a_network_equal_scikit_learns(outputs):
    """Its loss is the mean over the samples, and its Y has one column only where it is a vector."""
    problem, w0 = small_network(outputs)
    X, Y, m = problem.X, problem.Y.squeeze(), len(problem.X)
    model = MLPRegressor(
        hidden_layer_sizes=[4], activation="tanh", solver="sgd", momentum=0.0, alpha=0.0, learning_rate_init=0.1
    )
    model.partial_fit(X, Y)  # makes the arrays, to be filled with our weights
    for W, b, (our_W, our_b) in zip(model.coefs_, model.intercepts_, problem.net.unpack(w0), strict=True):
        W[...], b[...] = our_W.T, our_b
    for w in points(nnlib.steepest_descent(problem, w0, 0.1 / m), 10):
        model.partial_fit(X, Y)
        layers = zip(model.coefs_, model.intercepts_, strict=True)
        theirs = np.concatenate([np.column_stack([W.T, b]).ravel() for W, b in layers])
        assert w == pytest.approx(theirs, rel=1e-11, abs=1e-13)


# ------------------------------------------------------------------------------------------------ schedules


@every_first_order
def test_a_constant_schedule_is_a_number(method):
    problem, w0 = small_network()
    by_number, by_function = method(problem, w0), method(problem, w0, learning_rate=lambda k: 0.01)
    assert np.array_equal(points(by_number, 5), points(by_function, 5))


@every_first_order
def test_a_schedule_is_asked_for_steps_1_2_3_and_its_values_are_recorded(method):
    problem, w0 = small_network()
    steps = method(problem, w0, learning_rate=lambda k: 0.01 / k)
    assert [step.learning_rate for step in islice(steps, 4)] == [0.01, 0.01 / 2, 0.01 / 3, 0.01 / 4]


def test_steepest_descent_with_a_schedule_is_a_product_of_contractions():
    problem, _ = random_quadratic([0.5, 2.0, 7.0])
    w = w0 = np.array([1.0, -2.0, 0.5])
    for k, found in enumerate(points(nnlib.steepest_descent(problem, w0, lambda k: 0.2 / k**0.5), 10), start=1):
        w = (np.eye(3) - 0.2 / k**0.5 * problem.H) @ w
        assert found == pytest.approx(w, rel=1e-12)


def test_a_schedule_may_come_down_to_zero_but_not_below():
    steps = nnlib.steepest_descent(Slope([1.0]), [0.0], lambda k: 0.1 * (2 - k))
    first, second = islice(steps, 2)
    assert first.w == pytest.approx(-0.1)
    assert second.w == first.w
    with pytest.raises(ValueError, match=r"learning_rate\(3\) must be at least 0, got -0.1"):
        next(steps)


# ------------------------------------------------------------------------------------------------ mini-batches


def test_batches_add_up_to_the_whole_loss_and_gradient():
    problem, w = small_network(weight_decay=0.3)
    rows = np.array_split(np.random.default_rng(0).permutation(20), 3)
    assert sum(problem.batch(r).loss(w) for r in rows) == pytest.approx(problem.loss(w), rel=1e-13)
    assert sum(problem.batch(r).gradient(w) for r in rows) == pytest.approx(problem.gradient(w), rel=1e-12)
    assert np.vstack([problem.batch(r).jacobian(w) for r in rows]).shape == problem.jacobian(w).shape


def test_a_batch_is_a_fit_to_its_rows():
    problem, w = small_network(weight_decay=0.3)
    part = problem.batch([1, 4, 5])
    alone = nnlib.NetworkFit(problem.net, problem.X[[1, 4, 5]], problem.Y[[1, 4, 5]], weight_decay=0.3 * 3 / 20)
    assert part.loss(w) == pytest.approx(alone.loss(w), rel=1e-15)
    assert part.normal_equations(w).JTJ == pytest.approx(alone.normal_equations(w).JTJ, rel=1e-13)
    assert part.n_residuals == alone.n_residuals == 6
    assert repr(part) == repr(alone)
    assert len(problem.X) == 20


@every_method
def test_the_same_seed_gives_the_same_run_and_another_seed_another(method):
    problem, w0 = small_network()
    first, again, other = (points(method(problem, w0, batch_size=6, seed=seed), 5) for seed in (0, 0, 1))
    assert np.array_equal(first, again)
    assert np.abs(first - other).max() > 1e-6


def test_a_generator_will_do_as_seed():
    problem, w0 = small_network()
    by_number, by_generator = (
        points(nnlib.steepest_descent(problem, w0, 0.01, batch_size=6, seed=seed), 3)
        for seed in (7, np.random.default_rng(7))
    )
    assert np.array_equal(by_number, by_generator)


@every_method
@pytest.mark.parametrize("batch_size", [20, 1000])
def test_one_batch_of_all_samples_is_the_full_batch(method, batch_size):
    problem, w0 = small_network(weight_decay=0.1)
    one_batch = points(method(problem, w0, batch_size=batch_size, seed=0), 10)
    assert one_batch == pytest.approx(points(method(problem, w0), 10), rel=1e-9, abs=1e-11)


@pytest.mark.parametrize(("batch_size", "sizes"), [(8, [7, 7, 6]), (10, [10, 10]), (1, [1] * 20), (20, [20])])
def test_an_epoch_takes_each_sample_once_in_a_new_order(batch_size, sizes):
    problem = Recorder(20)
    steps = nnlib.steepest_descent(problem, [0.0], 0.1, batch_size=batch_size, seed=0)
    orders = []
    for _ in range(3):
        problem.batches.clear()
        next(steps)
        assert [len(rows) for rows in problem.batches] == sizes
        orders.append(np.concatenate(problem.batches).tolist())
        assert sorted(orders[-1]) == list(range(20))
    assert orders[0] != orders[1] != orders[2]


def test_batches_per_step_shows_the_updates_within_an_epoch():
    problem, w0 = small_network()
    run = partial(nnlib.momentum, problem, w0, 0.001, batch_size=5, seed=0)
    each, every_epoch = points(run(batches_per_step=1), 12), points(run(), 3)
    assert np.array_equal(each[3::4], every_epoch)
    assert np.array_equal(points(run(batches_per_step=6), 2), each[5::6])


def test_each_update_follows_the_batchs_gradient_scaled_to_all_samples():
    problem, w0 = small_network(weight_decay=0.5)
    step = next(nnlib.steepest_descent(problem, w0, 0.01, batch_size=5, seed=4, batches_per_step=1))
    rows = np.random.default_rng(4).permutation(20)[:5]
    data = nnlib.NetworkFit(problem.net, problem.X[rows], problem.Y[rows])
    assert step.w == pytest.approx(w0 - 0.01 * (20 / 5 * data.gradient(w0) + 0.5 * w0), rel=1e-12)


def test_the_batches_gradient_is_unbiased():
    problem, w = small_network(weight_decay=0.5)
    mean = np.zeros_like(w)
    for k in range(20):  # every sample alone, each equally often
        mean += problem.batch([k]).gradient(w) * 20 / 20
    assert mean == pytest.approx(problem.gradient(w), rel=1e-12)


@every_method
def test_the_recorded_loss_is_that_of_all_samples_at_w(method):
    problem, w0 = small_network(weight_decay=0.1)
    for batches_per_step in (None, 1):
        for step in islice(method(problem, w0, batch_size=3, seed=0, batches_per_step=batches_per_step), 4):
            assert step.loss == pytest.approx(problem.loss(step.w), rel=1e-14)
            assert step.gradient_norm == pytest.approx(np.linalg.norm(problem.gradient(step.w)), rel=1e-13)


def test_in_the_same_number_of_epochs_small_batches_get_further():
    problem, w0 = small_network(m=200)
    full = nnlib.train(nnlib.steepest_descent(problem, w0, 0.001), max_steps=5).loss
    assert nnlib.train(nnlib.steepest_descent(problem, w0, 0.001, batch_size=20, seed=0), max_steps=5).loss < full


def test_a_falling_learning_rate_settles_where_a_constant_one_keeps_jittering():
    """Robbins & Monro: on noisy data a constant η stays at a distance from the minimum, η_k ~ 1/k comes closer."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=50)
    problem = nnlib.NetworkFit(nnlib.MLP([1, 1]), x, 2 * x + 1 + rng.normal(size=50))
    minimum = np.polyfit(x, problem.Y[:, 0], 1)

    def distance(learning_rate):
        steps = nnlib.steepest_descent(problem, [0.0, 0.0], learning_rate, batch_size=5, seed=0)
        return np.linalg.norm(points(steps, 100)[-20:] - minimum, axis=1).mean()

    assert distance(lambda k: 0.01 / (1 + 0.2 * k)) < distance(0.01) / 5


# ------------------------------------------------------------------------------------------------ proximal gradient


def test_soft_threshold_is_the_minimum_of_its_definition():
    """S(u, t) minimizes ½ (x − u)² + t |x|: compared with the best of a fine grid."""
    x = np.linspace(-4, 4, 80001)
    for u in (-3.0, -0.4, 0.0, 0.5, 1.0, 2.5):
        best = x[np.argmin(0.5 * (x - u) ** 2 + 1.0 * np.abs(x))]
        assert soft_threshold(np.array([u]), 1.0)[0] == pytest.approx(best, abs=1e-4)


def test_proximal_step_is_the_soft_threshold_of_a_gradient_step():
    problem, w0 = small_network()
    step = next(nnlib.proximal_gradient(problem, w0, 0.01, 3.0))
    u = w0 - 0.01 * problem.gradient(w0)
    assert step.w == pytest.approx(np.sign(u) * np.maximum(np.abs(u) - 0.03, 0), rel=1e-13)
    assert (step.w == 0).any()


def test_for_orthogonal_inputs_the_minimum_is_the_soft_threshold_of_least_squares():
    Q, _ = np.linalg.qr(np.random.default_rng(0).normal(size=(12, 4)))
    y = np.random.default_rng(1).normal(size=12)
    curve = nnlib.CurveFit(lambda w, x: x @ w, Q, y)
    fit = nnlib.train(nnlib.proximal_gradient(curve, np.ones(4), 1.0, 0.3))
    expected = np.sign(Q.T @ y) * np.maximum(np.abs(Q.T @ y) - 0.3, 0)
    assert (expected == 0).any()
    assert fit.w == pytest.approx(expected, abs=1e-12)
    assert fit.converged
    assert fit.loss == pytest.approx(curve.loss(expected) + 0.3 * np.abs(expected).sum())


def sparse_regression():
    """30 samples, 8 inputs of which 3 matter; a network without hidden units."""
    rng = np.random.default_rng(2)
    X = rng.normal(size=(30, 8))
    y = X[:, :3] @ [2.0, -1.0, 0.5] + 0.7 + 0.1 * rng.normal(size=30)
    net = nnlib.MLP([8, 1])
    problem = nnlib.NetworkFit(net, X, y)
    eta = 1 / np.linalg.eigvalsh(problem.hessian(np.zeros(9)))[-1]
    return problem, X, y, eta


def test_proximal_gradient_on_a_linear_network_is_the_lasso():
    """scikit-learn's objective is ours divided by m, and its intercept is not penalized."""
    problem, X, y, eta = sparse_regression()
    penalty = np.append(np.full(8, 6.0), 0.0)
    fit = nnlib.train(nnlib.proximal_gradient(problem, np.zeros(9), eta, penalty), max_steps=5000, min_gradient=1e-13)
    lasso = Lasso(alpha=6.0 / len(X), tol=1e-14, max_iter=100_000).fit(X, y)
    assert fit.converged, fit.reason
    # train returns the lowest loss seen, and a minimum's place shows in its value to half of the digits only
    assert fit.w == pytest.approx(np.append(lasso.coef_, lasso.intercept_), abs=1e-6)
    assert np.array_equal(fit.w[:8] == 0, lasso.coef_ == 0)


def test_at_its_minimum_the_conditions_of_karush_kuhn_and_tucker_hold():
    problem, _, _, eta = sparse_regression()
    fit = nnlib.train(nnlib.proximal_gradient(problem, np.zeros(9), eta, 6.0), max_steps=5000)
    g, zero = problem.gradient(fit.w), fit.w == 0
    assert 0 < zero.sum() < 9
    assert g[~zero] == pytest.approx(-6.0 * np.sign(fit.w[~zero]), abs=1e-6)
    assert (np.abs(g[zero]) <= 6.0).all()
    assert fit.history["gradient_norm"][-1] < 1e-6


def test_l1_makes_exact_zeros_and_l2_makes_none():
    problem, X, y, eta = sparse_regression()
    l1 = nnlib.train(nnlib.proximal_gradient(problem, np.ones(9), eta, 6.0), max_steps=2000)
    decayed = nnlib.NetworkFit(problem.net, X, y, weight_decay=6.0)
    l2 = nnlib.train(nnlib.levenberg_marquardt(decayed, np.ones(9)), max_steps=100)
    plain = nnlib.train(nnlib.levenberg_marquardt(problem, np.ones(9)), max_steps=100)
    assert np.sum(l1.w == 0) >= 4
    assert np.sum(l2.w == 0) == 0
    assert np.linalg.norm(l2.w) < np.linalg.norm(plain.w)


def test_its_loss_holds_the_penalty_from_the_start_and_always_falls():
    problem, _, _, eta = sparse_regression()
    steps = nnlib.proximal_gradient(problem, np.ones(9), eta, 2.0)
    assert steps.loss == pytest.approx(problem.loss(np.ones(9)) + 2.0 * 9)
    fit = nnlib.train(steps, max_steps=300)
    assert fit.start_loss == pytest.approx(problem.loss(np.ones(9)) + 2.0 * 9)
    assert fit.loss == pytest.approx(problem.loss(fit.w) + 2.0 * np.abs(fit.w).sum())
    assert (np.diff([fit.start_loss, *fit.history["loss"]]) <= 1e-12 * fit.start_loss).all()


def test_without_penalty_it_is_steepest_descent():
    problem, w0 = small_network()
    expected = points(nnlib.steepest_descent(problem, w0, 0.01), 10)
    assert np.array_equal(points(nnlib.proximal_gradient(problem, w0, 0.01, 0.0), 10), expected)


# ------------------------------------------------------------------------------------------------ together


def test_a_race_of_any_of_them_from_one_start_is_three_lines():
    problem, w0 = small_network()
    race = [nnlib.levenberg_marquardt(problem, w0), nnlib.newton(problem, w0), nnlib.momentum(problem, w0, 0.01)]
    fits = {steps.method: nnlib.train(steps, max_steps=20) for steps in race}
    ranking = sorted(fits, key=lambda method: fits[method].loss)

    assert ranking[0] == "levenberg_marquardt"
    assert {fit.start_loss for fit in fits.values()} == {problem.loss(w0)}


@every_first_order
def test_divergence_ends_without_a_warning_with_the_best_weights_and_the_reason(method):
    problem, w0 = small_network(weight_decay=1.0)
    fit = nnlib.train(method(problem, w0, learning_rate=1e300), max_steps=2000)
    assert fit.reason == nnlib.StopReason.NOT_FINITE
    assert np.array_equal(fit.w, w0)
    assert np.isfinite(fit.loss)
    assert not fit.converged
    assert not fit.history["accepted"][-1]


@pytest.mark.parametrize("eta", [0.3, 1e150])
@pytest.mark.parametrize("method", ["steepest_descent", "momentum", "nesterov", "proximal_gradient"])
def test_a_loss_that_explodes_on_a_polynomial_does_the_same(method, eta):
    fit = nnlib.train(FIRST_ORDER[method](surfaces.rosenbrock(), [-1.2, 1.0], learning_rate=eta), max_steps=100)
    assert fit.reason == nnlib.StopReason.NOT_FINITE
    assert fit.reason.value in (
        "the loss is inf at the next point; the last finite one is kept",
        "the loss is nan at the next point; the last finite one is kept",
    )
    assert fit.loss <= fit.start_loss


@every_first_order
def test_a_problem_whose_numbers_overflow_spills_no_warning(method):
    """Neither in the rule nor in a loss and gradient that, unlike a network's, do not silence numpy themselves."""
    problem = Quadratic(np.diag([1.0, 1e10]))
    with pytest.warns(RuntimeWarning, match="overflow"):
        problem.loss(np.array([1e160, 1.0]))
    fit = nnlib.train(method(problem, [1e100, 1e100], learning_rate=1e300), max_steps=50)
    assert fit.reason == nnlib.StopReason.NOT_FINITE
    assert fit.w.tolist() == [1e100, 1e100]


@every_first_order
def test_weights_that_overflow_end_the_run_although_the_problem_refuses_them(method):
    growth = nnlib.CurveFit(lambda w, x: np.exp(w[0] * x), [1.0, 2.0, 3.0], [1.0, 2.0, 2.0])
    with pytest.raises(ValueError, match="w must be finite"):
        growth.loss_and_gradient(np.array([np.inf]))
    fit = nnlib.train(method(growth, [3.0], learning_rate=lambda k: 0.0 if k == 1 else 1.7e308), max_steps=20)
    assert fit.reason == nnlib.StopReason.NOT_FINITE
    assert fit.w.tolist() == [3.0]


def test_a_gradient_that_is_not_finite_is_named_as_such():
    class Cliff(Slope):
        def loss_and_gradient(self, w):
            return self.loss(w), self.g if w[0] > -0.5 else np.full_like(self.g, np.inf)

    fit = nnlib.train(nnlib.steepest_descent(Cliff([1.0, 0.0]), [0.0, 0.0], 0.2), max_steps=50)
    assert fit.reason == nnlib.StopReason.DERIVATIVES_NOT_FINITE
    assert fit.reason.value.startswith("2 of 2 derivatives are not finite at the next point, where the loss is -0.6")
    assert fit.w == pytest.approx([-0.4, 0.0])


@every_first_order
def test_the_start_is_not_touched(method):
    problem, w0 = small_network()
    before = w0.copy()
    points(method(problem, w0), 3)
    assert np.array_equal(w0, before)


PROBLEM, W0 = small_network()
CURVE = nnlib.CurveFit(lambda w, x: w[0] * x, [1.0, 2.0], [1.0, 2.0])


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: nnlib.steepest_descent(PROBLEM, W0, 0), ValueError, "learning_rate must be above 0, got 0"),
        (lambda: nnlib.steepest_descent(PROBLEM, W0, "fast"), TypeError, "learning_rate must be a number, got 'fast'"),
        (lambda: nnlib.adam(PROBLEM, W0, lambda k: -k), ValueError, r"learning_rate\(1\) must be at least 0, got -1"),
        (lambda: nnlib.momentum(PROBLEM, W0, 0.1, 1.0), ValueError, "coefficient must be below 1, got 1"),
        (lambda: nnlib.adam(PROBLEM, W0, beta1=1.0), ValueError, "beta1 must be below 1, got 1"),
        (lambda: nnlib.adam("data", W0), TypeError, "adam needs a problem with loss and loss_and_gradient, str has no"),
        (lambda: nnlib.adam(PROBLEM, W0, batch_size=0, seed=0), ValueError, "batch_size must be at least 1, got 0"),
        (lambda: nnlib.adam(PROBLEM, W0, batch_size=5), TypeError, "seed must be a whole number or a numpy Generator"),
        (lambda: nnlib.adam(PROBLEM, W0, seed=5), ValueError, "seed belongs to mini-batches: give batch_size too"),
        (
            lambda: nnlib.adam(CURVE, [1.0], batch_size=1, seed=0),
            TypeError,
            "adam with a batch_size needs a problem with batch, CurveFit has no batch",
        ),
        (
            lambda: nnlib.proximal_gradient(PROBLEM, W0, 0.1, -1.0),
            ValueError,
            "l1_penalty must be at least 0, its smallest entry is -1",
        ),
        (
            lambda: nnlib.proximal_gradient(PROBLEM, W0, 0.1, [1.0, 2.0]),
            ValueError,
            "l1_penalty has 2 entries, w0 has 26",
        ),
    ],
)
def test_bad_input_is_named_at_the_door(call, error, message):
    with pytest.raises(error, match=message):
        call()
