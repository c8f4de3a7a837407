"""The formulas against products counted one by one: in the package's own code as it runs, and in plain loops."""

import numpy as np
import pytest

import nnlib
from nnlib import graph, operation_counts
from nnlib.optimizers.adam import Moments, adam_rule

SIZES = [[1, 1], [2, 3, 1], [3, 5, 1], [2, 4, 3, 1], [3, 2, 4, 3, 1]]
each_size = pytest.mark.parametrize("sizes", SIZES, ids=str)


# ------------------------------------------------------------------------------------------------ counted as it runs


class Counted(np.ndarray):
    """An array that counts the products, quotients and function values it takes part in, in `Counted.products`."""

    products = 0

    def __array_ufunc__(self, function, method, *inputs, out=None, **options):
        plain = [np.asarray(array) if isinstance(array, Counted) else array for array in inputs]
        if out is not None:
            options["out"] = tuple(np.asarray(array) for array in out)
        result = getattr(function, method)(*plain, **options)
        if function is np.matmul:
            Counted.products += np.size(result) * np.shape(plain[0])[-1]
        elif method == "__call__" and function in (np.multiply, np.divide, np.sqrt, np.tanh):
            Counted.products += np.size(result)
        return np.asarray(result).view(Counted)


@pytest.fixture
def counted(monkeypatch):
    """A function that says how many products a call takes; counting arrays handed to nnlib stay what they are."""
    monkeypatch.setattr("nnlib.arguments.as_array", lambda name, value: np.asanyarray(value))

    def count(function, *arguments):
        Counted.products = 0
        function(*arguments)
        return Counted.products

    return count


def random_problem(sizes, samples, seed=0):
    rng = np.random.default_rng(seed)
    net = nnlib.MLP(sizes)
    X, Y = rng.normal(size=(samples, sizes[0])), rng.normal(size=(samples, sizes[-1]))
    return nnlib.NetworkFit(net, X, Y), rng.normal(size=net.n_params)


@pytest.mark.parametrize("sizes", [*SIZES, [2, 3, 4]], ids=str)
@pytest.mark.parametrize("what", ["loss", "gradient"])
def test_losses_and_gradients_take_the_products_of_the_formulas(sizes, what, counted):
    def run(samples):
        problem, w = random_problem(sizes, samples)
        return counted(getattr(problem, what), w.view(Counted))

    formula = getattr(operation_counts, what)
    net = nnlib.MLP(sizes)
    # Weight decay takes the same few products for any number of samples; the difference is without them.
    assert run(7) - run(4) == formula(net, 7) - formula(net, 4) == formula(net, 3)


def test_an_update_of_adam_takes_ten_products_a_weight(counted):
    w, g = np.zeros(6).view(Counted), np.ones(6).view(Counted)
    moments = Moments(g, g, 3)
    assert counted(adam_rule, w, g, 0.1, moments, 0.9, 0.999, 1e-8) == 6 * operation_counts.ADAM_UPDATE


@each_size
def test_the_meter_of_a_graph_counts_the_same(sizes):
    """One sample through a graph, whose meter also counts the sums and carries errors back to the appended ones."""
    rng, units = np.random.default_rng(0), sizes[1:]
    a = rng.normal(size=sizes[0] + 1)
    thetas = [
        graph.variable(rng.normal(size=(outputs, inputs + 1)), name=f"theta{inputs}")
        for outputs, inputs in zip(units, sizes[:-1], strict=True)
    ]
    for theta in thetas[:-1]:
        a = graph.concatenate(graph.tanh(theta @ a), 1.0)
    error = thetas[-1] @ a
    meter = graph.Meter()
    graph.gradient(graph.sum(error * error), meter=meter)
    net = nnlib.MLP(sizes)
    forward, both = operation_counts.loss(net, 1), operation_counts.gradient(net, 1)
    assert meter.evaluation == forward + 1
    assert meter.differentiation == both - forward + 2 + sum(units[1:])


# ------------------------------------------------------------------------------------------------ counted in loops


class Tally:
    """Products made one at a time."""

    def __init__(self):
        self.products = 0

    def times(self, a, b):
        self.products += 1
        return a * b

    def dot(self, a, b):
        return sum(self.times(x, y) for x, y in zip(a, b, strict=True))

    def tanh(self, z):
        self.products += 1
        return np.tanh(z)


def normal_equations_in_loops(net, w, X, y, tally):
    """JᵀJ, Jᵀr and the loss, number by number, for a network with one linear output."""
    n = net.n_params
    JTJ, JTr, loss = np.zeros((n, n)), np.zeros(n), 0.0
    for x, target in zip(X, y, strict=True):
        inputs, layers = [[*x, 1.0]], net.unpack(w)
        for W, b in layers[:-1]:
            inputs.append([tally.tanh(tally.dot([*row, bias], inputs[-1])) for row, bias in zip(W, b, strict=True)])
            inputs[-1].append(1.0)
        W, b = layers[-1]
        r = tally.dot([*W[0], b[0]], inputs[-1]) - target
        loss += tally.times(r, r) / 2
        deltas = [[tally.times(1.0, 1.0)]]
        for (W, _), a in zip(layers[:0:-1], inputs[:0:-1], strict=True):
            back = [tally.dot(column, deltas[0]) for column in W.T]
            deltas.insert(0, [tally.times(e, 1 - a_j * a_j) for e, a_j in zip(back, a[:-1], strict=True)])
        J = [tally.times(d, a) for delta, a_bar in zip(deltas, inputs, strict=True) for d in delta for a in a_bar]
        for i in range(n):
            JTr[i] += tally.times(J[i], r)
            for j in range(i + 1):
                JTJ[i, j] += tally.times(J[i], J[j])
    return JTJ + np.tril(JTJ, -1).T, JTr, loss


@each_size
def test_normal_equations_take_the_products_of_plain_loops(sizes):
    (problem, w), tally = random_problem(sizes, samples=3), Tally()
    JTJ, JTr, loss = normal_equations_in_loops(problem.net, w, problem.X, problem.Y[:, 0], tally)
    expected = problem.normal_equations(w)
    assert pytest.approx(expected.JTJ, rel=1e-10, abs=1e-12) == JTJ
    assert pytest.approx(expected.JTr, rel=1e-10, abs=1e-12) == JTr
    assert loss == pytest.approx(expected.loss)
    assert tally.products == operation_counts.normal_equations(problem.net, 3)


def solve_in_loops(A, b, tally):
    """x with A x = b by elimination without pivoting, number by number."""
    U, c, n = A.copy(), b.copy(), len(b)
    for k in range(n):
        for i in range(k + 1, n):
            factor = tally.times(U[i, k], 1 / U[k, k])
            for j in range(k + 1, n):
                U[i, j] -= tally.times(factor, U[k, j])
            c[i] -= tally.times(factor, c[k])
    x = np.zeros(n)
    for i in range(n - 1, -1, -1):
        x[i] = tally.times(c[i] - tally.dot(U[i, i + 1 :], x[i + 1 :]), 1 / U[i, i])
    return x


@pytest.mark.parametrize("n", [1, 2, 3, 10])
def test_a_solution_takes_the_products_of_elimination(n):
    rng, tally = np.random.default_rng(n), Tally()
    A, b = rng.normal(size=(n, n)) + 10 * np.eye(n), rng.normal(size=n)
    assert solve_in_loops(A, b, tally) == pytest.approx(np.linalg.solve(A, b))
    assert tally.products == operation_counts.linear_solve(n)


# ------------------------------------------------------------------------------------------------ counted in runs


class Priced:
    """A problem that adds up the formulas' prices of what an optimizer asks it for."""

    def __init__(self, problem):
        self.problem, self.net, self.X, self.multiply_adds = problem, problem.net, problem.X, 0

    def pay(self, formula):
        self.multiply_adds += formula(self.net, len(self.X))

    def loss(self, w):
        self.pay(operation_counts.loss)
        return self.problem.loss(w)

    def loss_and_gradient(self, w):
        self.pay(operation_counts.gradient)
        return self.problem.loss_and_gradient(w)

    def normal_equations(self, w):
        raise AssertionError("not what the optimizer asks for")

    def quadratic_model(self, w, limit=np.inf):
        model = self.problem.quadratic_model(w, limit)
        self.pay(operation_counts.loss if model.JTJ is None else operation_counts.normal_equations)
        return model

    def batch(self, rows):
        batch = Priced(self.problem.batch(rows))
        batch.pay = lambda formula: setattr(self, "multiply_adds", self.multiply_adds + formula(self.net, len(batch.X)))
        return batch


def test_a_run_of_levenberg_marquardt_asks_for_what_the_formula_says():
    problem, w = random_problem([2, 3, 1], samples=20)
    priced = Priced(problem)
    fit = nnlib.train(nnlib.levenberg_marquardt(priced, w, mu=1e-6), max_steps=30)
    tries, accepted = len(fit.history["loss"]), int(fit.history["accepted"].sum())
    assert 0 < accepted < tries
    solutions = tries * operation_counts.linear_solve(problem.n_params)
    total = operation_counts.levenberg_marquardt(problem.net, 20, tries, accepted)
    assert priced.multiply_adds + solutions == total


@pytest.mark.parametrize(("batch_size", "updates"), [(None, 5), (20, 5), (8, 15), (1, 100)])
def test_a_run_of_adam_asks_for_what_the_formula_says(batch_size, updates):
    problem, w = random_problem([2, 3, 1], samples=20)
    priced = Priced(problem)
    seed = None if batch_size is None else 0
    nnlib.train(nnlib.adam(priced, w, batch_size=batch_size, seed=seed), max_steps=5)
    total = operation_counts.adam(problem.net, 20, 5, batch_size)
    assert priced.multiply_adds + updates * operation_counts.ADAM_UPDATE * problem.n_params == total


# ------------------------------------------------------------------------------------------------ O(n²) against O(n)


def test_backpropagation_grows_as_n_and_one_weight_at_a_time_as_n_squared():
    hidden = np.array([50, 100, 200, 400, 800])
    nets = [nnlib.MLP([5, int(h), 1]) for h in hidden]
    n = np.log([net.n_params for net in nets])
    one_by_one = np.log([operation_counts.gradient_by_differences(net, 100) for net in nets])
    all_at_once = np.log([operation_counts.gradient(net, 100) for net in nets])
    assert np.diff(all_at_once) / np.diff(n) == pytest.approx(np.ones(4), abs=0.01)
    assert np.diff(one_by_one) / np.diff(n) == pytest.approx(np.full(4, 2.0), abs=0.01)


def test_costs_are_counted_and_timed_beside_each_other():
    nets = [nnlib.MLP([2, 5, 1]), nnlib.MLP([2, 5, 5, 2])]
    costs = operation_counts.gradient_costs(nets, samples=4, seed=0)
    assert costs.n_params.tolist() == [net.n_params for net in nets]
    assert costs.backpropagation.tolist() == [operation_counts.gradient(net, 4) for net in nets]
    assert costs.differences.tolist() == [operation_counts.gradient_by_differences(net, 4) for net in nets]
    assert (costs.backpropagation_seconds > 0).all() and (costs.differences_seconds > 0).all()


def test_differences_evaluate_the_loss_twice_for_each_weight():
    problem, w = random_problem([2, 3, 1], samples=5)
    priced = Priced(problem)
    nnlib.derivatives.numerical_gradient(priced.loss, w, "central")
    assert priced.multiply_adds == operation_counts.gradient_by_differences(problem.net, 5)


# ------------------------------------------------------------------------------------------------ bad input

NET = nnlib.MLP([1, 2, 1])


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: operation_counts.loss([1, 2, 1], 5), TypeError, "net must be an nnlib.MLP, got list"),
        (lambda: operation_counts.gradient(NET, 0), ValueError, "samples must be at least 1, got 0"),
        (lambda: operation_counts.normal_equations(nnlib.MLP([1, 3]), 5), ValueError, "net must have one output"),
        (lambda: operation_counts.levenberg_marquardt(NET, 9, 3, 4), ValueError, "accepted must be at most tries = 3"),
        (lambda: operation_counts.levenberg_marquardt(NET, 5, 3, 2), ValueError, "at least the number of weights, 7"),
        (lambda: operation_counts.adam(NET, 5, 3, 0), ValueError, "batch_size must be at least 1, got 0"),
        (lambda: operation_counts.gradient_costs(NET, 5, 0), TypeError, "nets must be a list of networks, got MLP"),
        (lambda: operation_counts.gradient_costs([NET], 5, 0, 0), ValueError, "repeats must be at least 1"),
    ],
)
def test_bad_input_is_named(call, error, message):
    with pytest.raises(error, match=message):
        call()
