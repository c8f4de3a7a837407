"""More parameters than residuals: the damped step from the small system, and the model that an optimizer asks for."""

import tracemalloc
from itertools import islice

import numpy as np
import pytest

import nnlib
from nnlib.optimizers.levenberg_marquardt import damped_step, dual_damped_step
from nnlib.problems import FactoredEquations, NormalEquations


def wide_equations(seed=0, P=6, n=15):
    """J, r, Λ with a zero for every third parameter, w and a damping μD with D not constant."""
    rng = np.random.default_rng(seed)
    decay = np.where(np.arange(n) % 3, 0.2, 0.0)
    return rng.normal(size=(P, n)), rng.normal(size=P), decay, rng.normal(size=n), 0.1 * rng.uniform(0.5, 2, size=n)


@pytest.mark.parametrize("seed", range(5))
def test_dual_step_solves_the_large_system(seed):
    J, r, decay, w, damping = wide_equations(seed)
    p, predicted = dual_damped_step(J, r, decay, decay * w, damping)
    p_large, predicted_large = damped_step(J.T @ J + np.diag(decay), J.T @ r + decay * w, damping)
    np.testing.assert_allclose(p, p_large, rtol=1e-11, atol=1e-13)
    assert predicted == pytest.approx(predicted_large, rel=1e-11)


@pytest.mark.parametrize("mu", [1e-6, 1.0, 1e6])
def test_dual_step_is_the_least_squares_solution_that_lapack_finds(mu):
    """‖r + Jp‖² + (w + p)ᵀΛ(w + p) + pᵀ(μD)p, stacked for a solver that knows nothing of normal equations."""
    J, r, decay, w, damping = wide_equations()
    n = len(w)
    stacked = np.vstack([J, np.diag(np.sqrt(decay)), np.diag(np.sqrt(mu * damping))])
    right = -np.concatenate([r, np.sqrt(decay) * w, np.zeros(n)])
    expected = np.linalg.lstsq(stacked, right, rcond=None)[0]
    p, _ = dual_damped_step(J, r, decay, decay * w, mu * damping)
    np.testing.assert_allclose(p, expected, rtol=1e-7, atol=1e-7 * np.abs(expected).max())


def test_tiny_damping_gives_the_shortest_solution_of_an_underdetermined_system():
    rng = np.random.default_rng(3)
    A, y = rng.normal(size=(5, 12)), rng.normal(size=5)
    curve = nnlib.CurveFit(lambda w, x: x @ w, A, y, jacobian=lambda w, x: x)
    step = next(nnlib.levenberg_marquardt(curve, np.zeros(12), mu=1e-12))
    np.testing.assert_allclose(step.trial_w, np.linalg.lstsq(A, y, rcond=None)[0], rtol=1e-8)


def test_repeated_residuals_do_not_stop_it():
    J, r, decay, w, damping = wide_equations()
    J, r = np.vstack([J, J]), np.concatenate([r, r])
    p, _ = dual_damped_step(J, r, decay, decay * w, 1e-8 * damping)
    p_large, _ = damped_step(J.T @ J + np.diag(decay), J.T @ r + decay * w, 1e-8 * damping)
    np.testing.assert_allclose(p, p_large, rtol=1e-5)


# ------------------------------------------------------------------------------------- the same walk, chosen by itself


class AlwaysLarge:
    """A problem that shows its optimizer nothing but normal equations."""

    def __init__(self, problem):
        self.problem, self.n_params = problem, problem.n_params
        self.loss, self.normal_equations = problem.loss, problem.normal_equations

    def quadratic_model(self, w, limit=np.inf):
        return self.normal_equations(w)


def wide_fit(sizes=(2, 8, 2), samples=7, **penalty):
    rng = np.random.default_rng(0)
    net, X = nnlib.MLP(sizes), rng.normal(size=(samples, sizes[0]))
    return nnlib.NetworkFit(net, X, rng.normal(size=(samples, sizes[-1])), **penalty)


@pytest.mark.parametrize("damping", ["identity", "diagonal"])
@pytest.mark.parametrize("penalty", [{}, {"weight_decay": 0.1}, {"weight_decay": 0.1, "decay_biases": False}])
def test_levenberg_marquardt_takes_the_same_steps_from_either_system(damping, penalty):
    problem = wide_fit(**penalty)
    w0 = problem.net.init(seed=0)
    assert isinstance(problem.quadratic_model(w0), FactoredEquations)
    # a few steps only: then the data are fitted exactly, and what is left of residuals and gradient is rounding
    small = list(islice(nnlib.levenberg_marquardt(problem, w0, damping=damping), 5))
    large = list(islice(nnlib.levenberg_marquardt(AlwaysLarge(problem), w0, damping=damping), 5))
    assert [step.accepted for step in small] == [step.accepted for step in large]
    for ours, theirs in zip(small, large, strict=True):
        np.testing.assert_allclose(ours.trial_w, theirs.trial_w, rtol=1e-6, atol=1e-6)
        assert ours.gradient_norm == pytest.approx(theirs.gradient_norm, rel=1e-5, abs=1e-7)
        assert ours.scaled_gradient == pytest.approx(theirs.scaled_gradient, rel=1e-5, abs=1e-7)
        assert ours.mu == pytest.approx(theirs.mu, rel=1e-4)


@pytest.mark.parametrize("penalty", [{}, {"weight_decay": 0.1}, {"weight_decay": 0.1, "decay_biases": False}])
def test_both_forms_of_the_model_are_one(penalty):
    problem = wide_fit(**penalty)
    w = problem.net.init(seed=1)
    factored, normal = problem.quadratic_model(w), problem.normal_equations(w)
    np.testing.assert_allclose(factored.JTr, normal.JTr, rtol=1e-12, atol=1e-13)
    np.testing.assert_allclose(factored.lengths, normal.lengths, rtol=1e-12, atol=1e-13)
    np.testing.assert_allclose(factored.JTJ, normal.JTJ, rtol=1e-12, atol=1e-13)
    assert factored.loss == pytest.approx(normal.loss, rel=1e-13)


def test_the_smaller_form_is_chosen():
    w = nnlib.MLP([2, 8, 2]).init(seed=0)
    assert len(w) == 42
    assert isinstance(wide_fit(samples=20).quadratic_model(w), FactoredEquations)  # 40 residuals
    assert isinstance(wide_fit(samples=21).quadratic_model(w), NormalEquations)  # 42 residuals
    curve = nnlib.CurveFit(lambda w, x: w[0] + w[1] * x, [1.0], [2.0])
    assert isinstance(curve.quadratic_model([0.0, 0.0]), FactoredEquations)


def test_cross_entropy_has_no_residuals_and_keeps_its_normal_equations():
    net = nnlib.MLP([2, 8, 1], output="logistic")
    problem = nnlib.NetworkFit(net, [[0.0, 1.0], [1.0, 0.0]], [0.0, 1.0], cost="cross-entropy", weight_decay=0.01)
    assert isinstance(problem.quadratic_model(net.init(seed=0)), NormalEquations)
    assert nnlib.train(nnlib.levenberg_marquardt(problem, net.init(seed=0))).converged


def test_no_matrix_of_parameters_by_parameters_is_formed():
    problem = wide_fit(sizes=(2, 500, 1), samples=10)
    n = problem.n_params
    steps = nnlib.levenberg_marquardt(problem, problem.net.init(seed=0))
    next(steps)
    tracemalloc.start()
    for _ in range(3):
        next(steps)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8 * n * n / 10


# --------------------------------------------------------------------------------------- work that a bad try is spared


@pytest.mark.parametrize("samples", [7, 3000])
def test_above_the_limit_only_the_loss_is_computed(samples):
    problem = wide_fit(samples=samples)
    w = problem.net.init(seed=0)
    loss = problem.loss(w)
    for limit, computed in ((0.5 * loss, False), (0.0, False), (2 * loss, True), (np.inf, True)):
        model = problem.quadratic_model(w, limit)
        assert model.loss == pytest.approx(loss, rel=1e-12)
        assert (model.JTr is not None) is computed


def test_above_the_limit_a_curve_is_spared_its_jacobian():
    def jacobian(w, x):
        raise AssertionError("not needed")

    curve = nnlib.CurveFit(lambda w, x: w[0] * x, [1.0, 2.0], [1.0, 2.0], jacobian=jacobian)
    assert curve.quadratic_model([3.0], limit=1.0).loss == curve.loss([3.0]) > 1
