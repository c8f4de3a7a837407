"""Newton's method: closed forms, its order of convergence, and what it does where the Hessian is indefinite."""

from itertools import islice, pairwise

import numpy as np
import pytest
from scipy.optimize import rosen_der, rosen_hess

import nnlib
from nnlib import surfaces


def newton_path(surface, w0, count, **options):
    return list(islice(nnlib.newton(surface, w0, **options), count))


def small_network():
    rng = np.random.default_rng(0)
    net = nnlib.MLP([2, 3, 1])
    problem = nnlib.NetworkFit(net, rng.normal(size=(15, 2)), rng.normal(size=15), weight_decay=0.01)
    return problem, net.init(seed=0)


# ------------------------------------------------------------------------------------------------ where H is definite


def test_one_step_solves_a_quadratic():
    rng = np.random.default_rng(0)
    A, y = rng.normal(size=(20, 4)), rng.normal(size=20)
    problem = nnlib.NetworkFit(nnlib.MLP([3, 1]), A[:, :3], y, weight_decay=0.5)
    step = next(nnlib.newton(problem, rng.normal(size=4)))
    design = np.column_stack([A[:, :3], np.ones(20)])
    assert step.w == pytest.approx(np.linalg.solve(design.T @ design + 0.5 * np.eye(4), design.T @ y), rel=1e-10)
    assert step.gain_ratio == pytest.approx(1.0, rel=1e-10)
    assert step.smallest_eigenvalue == pytest.approx(np.linalg.eigvalsh(design.T @ design)[0] + 0.5, rel=1e-10)


def test_every_step_is_minus_inverse_hessian_times_gradient():
    w = np.array([-1.2, 1.0])
    for step in newton_path(surfaces.rosenbrock(), w, 5):
        w = w - np.linalg.solve(rosen_hess(w), rosen_der(w))
        assert step.w == pytest.approx(w, rel=1e-10)


def test_step_on_a_network_is_the_solution_of_the_linear_system():
    problem, w0 = small_network()
    step = next(nnlib.newton(problem, w0))
    assert step.w == pytest.approx(w0 - np.linalg.solve(problem.hessian(w0), problem.gradient(w0)), rel=1e-8)


@pytest.mark.parametrize("surface", [surfaces.rosenbrock(), surfaces.himmelblau()], ids=lambda s: s.name)
def test_convergence_is_of_second_order(surface):
    """The slope of log ‖error after‖ against log ‖error before‖ is 2, over many starts; steepest descent's is 1."""
    rng = np.random.default_rng(0)
    starts = surface.minima[0] + 0.05 * rng.uniform(-1, 1, size=(20, 2))

    def order(optimizer, steps):
        pairs = []
        for start in starts:
            path = [start, *(step.w for step in islice(optimizer(surface, start), steps))]
            errors = [np.linalg.norm(w - surface.minima[0]) for w in path]
            pairs += [np.log(pair) for pair in pairwise(errors) if min(pair) > 1e-12]
        return np.polyfit(*np.transpose(pairs), 1)[0]

    assert order(nnlib.newton, 6) == pytest.approx(2.0, abs=0.2)
    assert order(lambda p, w: nnlib.steepest_descent(p, w, 1e-3), 50) == pytest.approx(1.0, abs=0.05)


def test_digits_double_at_every_step():
    """For E = ½ (w² − 2)² Newton's error obeys e₊ ≈ E‴/(2E″) e² = 3/(2√2) e²."""
    root = nnlib.CurveFit(lambda w, x: w * w, [0.0], [2.0])
    errors = [abs(step.w[0] - np.sqrt(2)) for step in newton_path(root, [1.5], 3)]
    for before, after in pairwise(errors):
        assert after / before**2 == pytest.approx(3 / (2 * np.sqrt(2)), rel=0.05)


def exponential(unit):
    """y = w₀ exp(w₁ x), with w₁ counted in multiples of 1/unit."""

    def f(w, x):
        return w[0] * np.exp(w[1] / unit * x)

    def jacobian(w, x):
        growth = np.exp(w[1] / unit * x)
        return np.column_stack([growth, w[0] * x * growth / unit])

    x = np.linspace(0, 1, 8)
    return nnlib.CurveFit(f, x, 2 * np.exp(1.5 * x) + 0.1 * np.cos(9 * x), jacobian)


def test_it_does_not_depend_on_the_parameters_units():
    start, scale = np.array([1.8, 1.4]), np.array([1.0, 1e3])
    paths = newton_path(exponential(1.0), start, 5), newton_path(exponential(1e3), start * scale, 5)
    for step, twin in zip(*paths, strict=True):
        assert twin.w / scale == pytest.approx(step.w, rel=1e-6)


# ------------------------------------------------------------------------------------------------ where it is not


def test_plain_newton_goes_to_the_saddle_and_train_says_so():
    fit = nnlib.train(nnlib.newton(surfaces.saddle(), [1.5, 0.1]))
    assert fit.reason == nnlib.StopReason.SADDLE
    assert not fit.converged
    assert fit.history["smallest_eigenvalue"][-1] == pytest.approx(-1.0)
    assert fit.history["gradient_norm"][-1] < 1e-10
    assert "but the Hessian has the eigenvalue -1: a saddle or a maximum, not a minimum" in fit.reason.value


def test_with_flipped_eigenvalues_it_leaves_the_saddle_behind():
    fit = nnlib.train(nnlib.newton(surfaces.saddle(), [1.5, 0.1], flip_negative=True))
    assert fit.reason == nnlib.StopReason.MIN_GRADIENT
    assert fit.w == pytest.approx([0.0, 1.0], abs=1e-8)
    assert fit.history["smallest_eigenvalue"][-1] == pytest.approx(1.0)


def test_plain_newton_goes_up_to_a_maximum():
    """From the middle of Himmelblau's surface; the maximum is at (−0.270845, −0.923039)."""
    fit = nnlib.train(nnlib.newton(surfaces.himmelblau(), [0.0, -0.5]))
    assert fit.reason == nnlib.StopReason.SADDLE
    w = newton_path(surfaces.himmelblau(), [0.0, -0.5], 10)[-1].w
    assert w == pytest.approx([-0.270845, -0.923039], abs=1e-6)
    assert (np.linalg.eigvalsh(surfaces.himmelblau().hessian(w)) < 0).all()


def test_steps_uphill_are_taken_and_recorded_but_the_best_weights_are_returned():
    problem = surfaces.himmelblau()
    fit = nnlib.train(nnlib.newton(problem, [0.0, -0.5]))
    assert fit.history["loss"].max() > fit.start_loss
    assert fit.history["accepted"].all()
    assert fit.loss == min(fit.start_loss, *fit.history["loss"])


@pytest.mark.parametrize("seed", range(5))
def test_flipped_steps_start_downhill_and_plain_steps_only_where_h_is_definite(seed):
    surface, w = surfaces.himmelblau(), np.random.default_rng(seed).uniform(-1.5, 1.5, size=2)
    g, H = surface.gradient(w), surface.hessian(w)
    flipped = next(nnlib.newton(surface, w, flip_negative=True)).w - w
    values, Q = np.linalg.eigh(H)
    assert values[0] < 0
    assert flipped == pytest.approx(-np.linalg.solve(Q @ np.diag(np.abs(values)) @ Q.T, g), rel=1e-9)
    assert g @ flipped < 0


def test_flipping_changes_nothing_where_h_is_positive_definite():
    surface, start = surfaces.rosenbrock(), np.array([0.9, 0.8])
    paths = [newton_path(surface, start, 5, flip_negative=flip) for flip in (False, True)]
    for plain, flipped in zip(*paths, strict=True):
        assert plain.smallest_eigenvalue > 0
        assert np.array_equal(plain.w, flipped.w)


def test_gain_ratio_is_nan_where_the_model_predicts_no_decrease():
    first = next(nnlib.newton(surfaces.himmelblau(), [0.0, -0.5]))
    assert np.isnan(first.gain_ratio)
    flipped = next(nnlib.newton(surfaces.himmelblau(), [0.0, -0.5], flip_negative=True))
    assert np.isfinite(flipped.gain_ratio)


def test_on_a_network_plain_newton_ends_at_saddles_and_says_so():
    problem, _ = small_network()
    reasons = [nnlib.train(nnlib.newton(problem, problem.net.init(seed=s)), max_steps=100).reason for s in range(10)]
    assert nnlib.StopReason.SADDLE in reasons


# ------------------------------------------------------------------------------------------------ trouble


def test_a_singular_hessian_ends_the_run_and_is_named():
    line = nnlib.CurveFit(lambda w, x: (w[0] + w[1]) * x, [1.0, 2.0], [1.0, 2.0], lambda w, x: np.column_stack([x, x]))
    fit = nnlib.train(nnlib.newton(line, [0.2, 0.2]))
    assert fit.reason == nnlib.StopReason.SINGULAR
    assert fit.reason.value == "the matrix H is singular (rank 1 of 2): the step does not exist"
    assert fit.n_steps == 0
    assert fit.w.tolist() == [0.2, 0.2]


class Flat:
    """E = ½ wᵀHw with an H whose smallest eigenvalue is given."""

    def __init__(self, smallest):
        Q, _ = np.linalg.qr(np.random.default_rng(0).normal(size=(3, 3)))
        self.H = Q @ np.diag([smallest, 1.0, 3.0]) @ Q.T

    def loss(self, w):
        return float(0.5 * w @ self.H @ w)

    def loss_and_gradient(self, w):
        return self.loss(w), self.H @ w

    def hessian(self, w):
        return self.H


@pytest.mark.parametrize(("smallest", "said"), [(1e-17, 0), (-1e-17, 0), (-1e-9, -1e-9), (1e-9, 1e-9)])
def test_an_eigenvalue_that_rounding_cannot_tell_from_zero_is_taken_for_zero(smallest, said):
    steps = nnlib.newton(Flat(smallest), [1.0, 2.0, 3.0])
    recorded = [step.smallest_eigenvalue for step in islice(steps, 2)]
    if said == 0:
        assert recorded == []
        assert steps.ending == nnlib.StopReason.SINGULAR
    else:
        assert recorded == pytest.approx([said, said], rel=1e-5)


def test_a_hessian_that_becomes_singular_on_the_way_is_recorded_and_ends_the_run():
    """E = ½ x² + ¼ y⁴, on which Newton takes a third off y at each step, until 3y² is nothing beside 1."""

    class Trough(Flat):
        def loss(self, w):
            return float(0.5 * w[0] ** 2 + 0.25 * w[1] ** 4)

        def loss_and_gradient(self, w):
            return self.loss(w), np.array([w[0], w[1] ** 3])

        def hessian(self, w):
            return np.diag([1.0, 3 * w[1] ** 2])

    steps = nnlib.newton(Trough(0.0), [1.0, 1.0])
    records = list(steps)
    assert [step.w[1] for step in records] == pytest.approx([(2 / 3) ** k for k in range(1, len(records) + 1)])
    assert records[-2].smallest_eigenvalue > 0
    assert records[-1].smallest_eigenvalue == 0
    assert steps.ending == nnlib.StopReason.SINGULAR


def test_a_step_to_a_loss_that_is_not_finite_ends_the_run_without_a_warning():
    cliff = nnlib.CurveFit(lambda w, x: np.log(w[0]) * x, [1.0], [5.0], lambda w, x: np.array([[1 / w[0]]]))
    fit = nnlib.train(nnlib.newton(cliff, [400.0]))
    assert fit.reason in (nnlib.StopReason.NOT_FINITE, nnlib.StopReason.DERIVATIVES_NOT_FINITE)
    assert fit.w[0] > 0
    assert np.isfinite(fit.loss)


def test_a_problem_whose_numbers_overflow_spills_no_warning():
    class Far(Flat):
        def loss_and_gradient(self, w):
            return float(w[0] ** 2), np.array([1e200, 0.0, 0.0])

    fit = nnlib.train(nnlib.newton(Far(1e-12), [1.0, 2.0, 3.0]))
    assert fit.reason == nnlib.StopReason.NOT_FINITE
    assert fit.w.tolist() == [1.0, 2.0, 3.0]


@pytest.mark.parametrize(
    ("g", "H", "said"),
    [
        ([np.nan, 1.0, 1.0], 1.0, "1 of 3 derivatives are not finite at the next point, where the loss is 0"),
        ([1.0, 1.0, 1.0], np.inf, "9 of 9 derivatives are not finite at the next point, where the loss is 0"),
    ],
)
def test_derivatives_that_are_not_finite_are_counted(g, H, said):
    class Broken(Flat):
        """As a bowl at the start, and broken everywhere else."""

        def loss_and_gradient(self, w):
            return 0.0, np.array(g) if w[0] < 1.0 else w

        def hessian(self, w):
            return np.full((3, 3), H) if w[0] < 1.0 else self.H

    fit = nnlib.train(nnlib.newton(Broken(1.0), [1.0, 2.0, 3.0]))
    assert fit.reason == nnlib.StopReason.DERIVATIVES_NOT_FINITE
    assert fit.reason.value.startswith(said)


def test_huge_numbers_give_no_warning():
    steep = nnlib.CurveFit(lambda w, x: np.exp(w[0] * x), [300.0], [1.0])
    fit = nnlib.train(nnlib.newton(steep, [1.0], flip_negative=True), max_steps=20)
    assert fit.loss <= fit.start_loss


def test_starting_at_the_minimum_converges_at_once():
    fit = nnlib.train(nnlib.newton(surfaces.rosenbrock(), [1.0, 1.0]))
    assert fit.converged
    assert fit.n_steps == 1


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: nnlib.newton(surfaces.beale(), [1.0]), ValueError, "w0 has 1 entries, the problem has 2 parameters"),
        (lambda: nnlib.newton(3, [1.0]), TypeError, "newton needs a problem with .* int has no loss"),
    ],
)
def test_bad_input_is_named_at_the_door(call, error, message):
    with pytest.raises(error, match=message):
        call()
