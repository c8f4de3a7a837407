"""Bayesian regularization: against scikit-learn, closed forms and R's brnn; what it finds; and how it fails."""

import sys
from functools import cache
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
from sklearn.linear_model import BayesianRidge

import nnlib
from nnlib import StopReason, bayes, datasets

# ------------------------------------------------------------------------------------------------ problems


def linear_problem(kind):
    """A problem linear in w, and the design matrix and targets it stands for."""
    rng = np.random.default_rng(0)
    if kind == "curve":
        x = np.linspace(-1, 1, 30)
        X, y = np.vander(x, 9, increasing=True), np.sin(3 * x) + 0.1 * rng.normal(size=30)
        return nnlib.CurveFit(lambda w, X: X @ w, X, y), X, y
    m, d, K = {"network": (50, 3, 1), "few samples": (15, 25, 1), "two outputs": (40, 3, 2)}[kind]
    X = rng.normal(size=(m, d))
    Y = X @ rng.normal(size=(d, K)) + 0.7 + 0.5 * rng.normal(size=(m, K))
    problem = nnlib.NetworkFit(nnlib.MLP([d, K]), X, Y)
    return problem, problem.jacobian(np.zeros(problem.n_params)), Y.ravel()


@cache
def linear_fit(kind):
    problem, design, _ = linear_problem(kind)
    w0 = np.random.default_rng(1).normal(size=design.shape[1])
    return nnlib.train(nnlib.bayesian_regularization(problem, w0))


def ridge(kind):
    _, design, y = linear_problem(kind)
    model = BayesianRidge(
        alpha_1=0, alpha_2=0, lambda_1=0, lambda_2=0, fit_intercept=False, compute_score=True, tol=1e-12, max_iter=3000
    )
    return model.fit(design, y)


def log_normal(design, y, alpha, beta):
    """ln N(y; 0, I/β + JJᵀ/α)."""
    covariance = np.eye(len(y)) / beta + design @ design.T / alpha
    return -0.5 * (y @ np.linalg.solve(covariance, y) + np.linalg.slogdet(2 * np.pi * covariance)[1])


def to_unit_range(Y, like):
    low, high = like.min(), like.max()
    return 2 * (Y - low) / (high - low) - 1


def sine_problem(hidden, seed):
    """The noisy sine with targets in [−1, 1], and the sine itself on the same scale."""
    data = datasets.noisy_sine(seed)
    problem = nnlib.NetworkFit(nnlib.MLP([1, hidden, 1]), data.X, to_unit_range(data.Y, like=data.Y))
    return problem, to_unit_range(np.sin(2 * np.pi * data.X), like=data.Y)


def finds_the_sine(fit, sine):
    """Nearer to the sine than the noise (standard deviation 0.09) and far nearer than any constant (0.65)."""
    return np.sqrt(np.mean((fit.predict(fit.problem.X) - sine) ** 2)) < 0.1


@cache
def sine_fit(tolerance=1e-8):
    problem, _ = sine_problem(5, seed=0)
    steps = nnlib.bayesian_regularization(problem, problem.net.init(seed=0), tolerance=tolerance)
    return nnlib.train(steps, max_steps=500)


LINEAR = ("network", "curve", "few samples", "two outputs")

# ------------------------------------------------------------------------------------------------ models linear in w


@pytest.mark.parametrize("kind", LINEAR)
def test_a_linear_model_gets_the_weights_and_precisions_of_bayesian_ridge(kind):
    fit, theirs = linear_fit(kind), ridge(kind)
    assert fit.reason == StopReason.FIXED_POINT
    assert fit.alpha == pytest.approx(theirs.lambda_, rel=1e-8)
    assert fit.beta == pytest.approx(theirs.alpha_, rel=1e-8)
    assert np.linalg.norm(fit.w - theirs.coef_) < 1e-8 * np.linalg.norm(theirs.coef_)
    assert fit.log_evidence == pytest.approx(theirs.scores_[-1], abs=1e-8)


def test_columns_of_any_length_give_the_precisions_of_bayesian_ridge():
    for seed in range(12):
        rng = np.random.default_rng(seed)
        J = rng.normal(size=(40, 5)) * 10 ** rng.uniform(-1.5, 1, 5)
        y = J @ rng.normal(size=5) + rng.normal(size=40)
        curve = nnlib.CurveFit(lambda w, J: J @ w, J, y, jacobian=lambda w, J: J)
        fit = nnlib.train(nnlib.bayesian_regularization(curve, np.zeros(5)))
        theirs = BayesianRidge(
            alpha_1=0, alpha_2=0, lambda_1=0, lambda_2=0, fit_intercept=False, tol=1e-14, max_iter=100_000
        ).fit(J, y)
        assert fit.converged
        np.testing.assert_allclose([fit.alpha, fit.beta], [theirs.lambda_, theirs.alpha_], rtol=1e-8)
        assert np.linalg.norm(fit.w - theirs.coef_) < 1e-8 * np.linalg.norm(theirs.coef_)


@pytest.mark.parametrize("f", [lambda w, x: (w[0] + w[1]) * x, lambda w, x: w[0] * x + 1e-6 * w[1] * x**2])
def test_a_curve_with_less_than_one_parameter_in_use_is_not_called_off(f):
    x = np.linspace(0, 4, 40)
    fit = nnlib.train(nnlib.bayesian_regularization(nnlib.CurveFit(f, x, 3 * x + noise(40)), [1.0, 1.0]))
    assert fit.gamma < 1 and fit.reason == StopReason.FIXED_POINT
    np.testing.assert_allclose(fit.predict(x), 3 * x, atol=0.1)


def noise(m):
    return 0.1 * np.random.default_rng(0).normal(size=m)


def test_error_bars_of_a_curve_come_in_the_shape_of_its_predictions():
    x = np.linspace(0, 4, 40)
    for jacobian in (None, lambda w, x: np.stack([np.ones(x.size), x.ravel()], axis=-1)):
        line = nnlib.CurveFit(lambda w, x: w[0] + w[1] * x, x, 1 + 3 * x + noise(40), jacobian)
        fit = nnlib.train(nnlib.bayesian_regularization(line, [0.0, 0.0]))
        std = fit.predict(x, std=True).std
        np.testing.assert_allclose(fit.predict(x.reshape(8, 5), std=True).std, std.reshape(8, 5), rtol=1e-9)
        assert fit.predict(x[3], std=True).std == pytest.approx(std[3], rel=1e-9)


@pytest.mark.parametrize("kind", LINEAR)
def test_the_log_evidence_of_a_linear_model_is_that_of_the_normal_distribution_of_y(kind):
    _, design, y = linear_problem(kind)
    fit = linear_fit(kind)
    assert fit.log_evidence == pytest.approx(log_normal(design, y, fit.alpha, fit.beta), abs=1e-8)


@pytest.mark.parametrize("alpha, beta", [(0.01, 3.0), (2.0, 0.5), (40.0, 40.0)])
def test_the_log_evidence_of_a_linear_model_is_exact_at_any_alpha_and_beta(alpha, beta):
    problem, design, y = linear_problem("few samples")
    w = np.linalg.solve(beta * design.T @ design + alpha * np.eye(design.shape[1]), beta * design.T @ y)
    assert bayes.log_evidence(problem, w, alpha, beta) == pytest.approx(log_normal(design, y, alpha, beta), rel=1e-10)


@pytest.mark.parametrize("kind", LINEAR)
def test_the_log_evidence_of_a_linear_model_is_stationary_at_the_fixed_point(kind):
    _, design, y = linear_problem(kind)
    fit, h = linear_fit(kind), 1e-4
    for d_alpha, d_beta in ((h, 0), (0, h)):
        up = log_normal(design, y, fit.alpha * np.exp(d_alpha), fit.beta * np.exp(d_beta))
        down = log_normal(design, y, fit.alpha * np.exp(-d_alpha), fit.beta * np.exp(-d_beta))
        assert abs(up - down) / (2 * h) < 1e-6
        assert up + down < 2 * fit.log_evidence  # and a maximum


def test_error_bars_of_a_linear_model_are_those_of_bayesian_ridge():
    _, design, _ = linear_problem("curve")
    mean, std = linear_fit("curve").predict(design[::3], std=True)
    their_mean, their_std = ridge("curve").predict(design[::3], return_std=True)
    assert np.allclose(mean, their_mean, rtol=1e-8)
    assert np.allclose(std, their_std, rtol=1e-8)


# ------------------------------------------------------------------------------------------------ formulas


def random_state():
    problem, _ = sine_problem(4, seed=3)
    return problem, problem.net.init(seed=7), 0.3, 20.0


def test_gamma_is_n_minus_alpha_times_the_trace_of_the_inverse_of_A():
    problem, w, alpha, beta = random_state()
    J = problem.jacobian(w)
    A = beta * J.T @ J + alpha * np.eye(len(w))
    gamma = len(w) - alpha * np.trace(np.linalg.inv(A))
    assert bayes.effective_parameters(problem, w, alpha, beta) == pytest.approx(gamma, rel=1e-10)


def test_the_log_evidence_is_laplaces_formula():
    problem, w, alpha, beta = random_state()
    J, r = problem.jacobian(w), problem.residuals(w)
    n, P = len(w), len(r)
    log_det = np.linalg.slogdet(beta * J.T @ J + alpha * np.eye(n))[1]
    laplace = -beta * r @ r / 2 - alpha * w @ w / 2 - log_det / 2
    laplace += n / 2 * np.log(alpha) + P / 2 * np.log(beta) - P / 2 * np.log(2 * np.pi)
    assert bayes.log_evidence(problem, w, alpha, beta) == pytest.approx(laplace, rel=1e-12)


def test_shares_of_the_measured_directions_add_up_to_gamma_and_tell_how_far_the_prior_pulls():
    problem, w, alpha, beta = random_state()
    found = bayes.measured_directions(problem, w, alpha, beta)
    JTJ = problem.normal_equations(w).JTJ
    np.testing.assert_allclose(found.vectors * found.eigenvalues @ found.vectors.T, JTJ, atol=1e-10 * np.trace(JTJ))
    assert np.all(np.diff(found.eigenvalues) <= 0)
    assert found.shares.sum() == pytest.approx(bayes.effective_parameters(problem, w, alpha, beta), rel=1e-12)
    # In a linear model: the ridge solution is the least-squares solution, shrunk by its share along each direction.
    rng = np.random.default_rng(0)
    J, y = rng.normal(size=(12, 4)), rng.normal(size=12)
    line = nnlib.CurveFit(lambda w, J: J @ w, J, y)
    _, V, shares = bayes.measured_directions(line, np.zeros(4), 3.0, 0.7)
    ridge = np.linalg.solve(0.7 * J.T @ J + 3.0 * np.eye(4), 0.7 * J.T @ y)
    np.testing.assert_allclose(V.T @ ridge, shares * (V.T @ np.linalg.lstsq(J, y, rcond=None)[0]), rtol=1e-10)


def test_derivatives_of_the_log_evidence_give_the_updates_of_alpha_and_beta():
    problem, w, alpha, beta = random_state()
    h, gamma, P = 1e-5, bayes.effective_parameters(problem, w, alpha, beta), problem.n_residuals

    def slope(d_alpha, d_beta):
        up, down = (
            bayes.log_evidence(problem, w, alpha * np.exp(s * d_alpha), beta * np.exp(s * d_beta)) for s in (1, -1)
        )
        return (up - down) / (2 * h)

    assert slope(h, 0) == pytest.approx(gamma / 2 - alpha * w @ w / 2, rel=1e-7)
    assert slope(0, h) == pytest.approx((P - gamma) / 2 - beta * problem.loss(w), rel=1e-7)


def test_at_a_fixed_point_of_a_network_all_equations_hold():
    fit = sine_fit()
    P = fit.problem.n_residuals
    assert fit.reason == StopReason.FIXED_POINT
    assert fit.converged
    assert fit.beta * fit.E_D + fit.alpha * fit.E_W == pytest.approx(P / 2, rel=1e-7)
    assert fit.alpha == pytest.approx(fit.gamma / (2 * fit.E_W), rel=1e-6)
    assert fit.beta == pytest.approx((P - fit.gamma) / (2 * fit.E_D), rel=1e-6)
    assert np.linalg.norm(fit.beta * fit.problem.gradient(fit.w) + fit.alpha * fit.w) < 1e-5
    assert fit.loss == fit.E_D == fit.problem.loss(fit.w)


def test_alpha_and_beta_are_at_rest_when_only_rounding_moves_them(monkeypatch):
    """From this start the last digit of α and β never stands still."""
    module, asked = sys.modules[nnlib.bayesian_regularization.__module__], []

    def counted(*arguments):
        asked.append(arguments)
        return gamma_of(*arguments)

    gamma_of = module.gamma_of
    monkeypatch.setattr(module, "gamma_of", counted)
    data, net = datasets.noisy_sine(seed=2), nnlib.MLP([1, 10, 1])
    fit = nnlib.train(nnlib.bayesian_regularization(nnlib.NetworkFit(net, data.X, data.Y), net.init(seed=0)))
    assert fit.reason == StopReason.FIXED_POINT
    assert len(asked) < 6 * fit.n_steps + 100


def test_every_record_holds_gamma_and_evidence_at_its_own_w_alpha_and_beta_without_mu():
    problem, _ = sine_problem(3, seed=2)
    steps = nnlib.bayesian_regularization(problem, problem.net.init(seed=5), mu=10.0)
    for step in islice(steps, 40):
        assert step.E_D == step.loss == pytest.approx(problem.loss(step.w), rel=1e-12)
        assert step.E_W == pytest.approx(step.w @ step.w / 2, rel=1e-12)
        gradient = step.beta * problem.gradient(step.w) + step.alpha * step.w
        assert step.gradient_norm == pytest.approx(np.linalg.norm(gradient), rel=1e-6, abs=1e-8)
        if step.alpha == 0:
            assert step.log_evidence == -np.inf
        else:
            state = (problem, step.w, step.alpha, step.beta)
            assert step.gamma == pytest.approx(bayes.effective_parameters(*state), rel=1e-9)
            assert step.log_evidence == pytest.approx(bayes.log_evidence(*state), rel=1e-9)


def test_a_step_is_accepted_when_the_objective_falls_and_a_rejected_one_changes_nothing():
    problem, _ = sine_problem(10, seed=0)
    steps = nnlib.bayesian_regularization(problem, problem.net.init(seed=0))
    before, rejected = next(steps), 0
    for step in islice(steps, 100):
        F_before = before.beta * before.E_D + before.alpha * before.E_W
        F_trial = before.beta * step.trial_loss + before.alpha * step.trial_w @ step.trial_w / 2
        assert step.accepted == (F_trial < F_before)
        if not step.accepted:
            rejected += 1
            assert step.w is before.w
            assert (step.alpha, step.beta) == (before.alpha, before.beta)
        before = step
    assert rejected > 0


def test_it_starts_as_plain_levenberg_marquardt_and_ends_with_a_step_at_the_final_alpha_and_beta():
    problem, _ = sine_problem(5, seed=0)
    w0 = problem.net.init(seed=0)
    plain = list(islice(nnlib.levenberg_marquardt(problem, w0, mu=1e-3), 4))
    steps = list(nnlib.bayesian_regularization(problem, w0))
    for ours, theirs in zip(steps, plain, strict=False):
        assert (ours.alpha, ours.beta) == (0, 1)
        assert np.allclose(ours.w, theirs.w, rtol=1e-8)
    assert steps[-1].accepted
    assert np.allclose((steps[-1].alpha, steps[-1].beta), (steps[-2].alpha, steps[-2].beta), rtol=1e-3)
    assert not np.array_equal(steps[-1].w, steps[-2].w)


# ------------------------------------------------------------------------------------------------ published numbers


def network_without_output_bias(hidden, x, y):
    """ŷ = Σ v_k tanh(a_k x + b_k), as R's brnn has it, with w = [a, b, v]."""

    def activations(w, x):
        a, b, v = w.reshape(3, hidden)
        return np.tanh(np.multiply.outer(x, a) + b), v

    def predict(w, x):
        tanh, v = activations(w, x)
        return tanh @ v

    def jacobian(w, x):
        tanh, v = activations(w, x)
        slope = v * (1 - tanh**2)
        return np.hstack([slope * x[:, None], slope, tanh])

    return nnlib.CurveFit(predict, x, y, jacobian)


def test_gauss1_gives_the_numbers_of_brnn():
    y, x = np.loadtxt(Path(__file__).with_name("Gauss1.dat"), skiprows=60).T
    x, y = ((values - values.mean()) / values.std(ddof=1) for values in (x, y))
    problem, net = network_without_output_bias(5, x, y), nnlib.MLP([1, 5, 1])
    fits = []
    for seed in range(5):
        (W, b), (v, _) = net.unpack(net.init(seed, input_range=(x.min(), x.max())))
        w0 = np.concatenate([W.ravel(), b, v.ravel()])
        fits.append(nnlib.train(nnlib.bayesian_regularization(problem, w0, tolerance=1e-7)))
    brnn = max(fits, key=lambda fit: fit.log_evidence).without_halves
    assert round(brnn.gamma, 4) == 14.7659
    assert round(brnn.alpha, 4) == 0.0436
    assert round(brnn.beta, 4) == 161.2961


def test_without_halves_the_equations_are_those_of_foresee_and_hagan():
    fit = sine_fit()
    theirs, n, P = fit.without_halves, len(fit.w), fit.problem.n_residuals
    J, r = fit.problem.jacobian(fit.w), fit.problem.residuals(fit.w)
    H = 2 * theirs.beta * J.T @ J + 2 * theirs.alpha * np.eye(n)
    assert theirs.E_D == pytest.approx(r @ r)
    assert theirs.E_W == pytest.approx(fit.w @ fit.w)
    assert theirs.gamma == pytest.approx(n - 2 * theirs.alpha * np.trace(np.linalg.inv(H)), rel=1e-9)
    assert theirs.alpha == pytest.approx(theirs.gamma / (2 * theirs.E_W), rel=1e-6)
    assert theirs.beta == pytest.approx((P - theirs.gamma) / (2 * theirs.E_D), rel=1e-6)


# ------------------------------------------------------------------------------------------------ the noisy sine


@pytest.mark.parametrize("hidden, seeds", [(5, 50), (10, 50), (20, 20)])
def test_a_single_start_finds_the_sine_in_98_percent_of_seeds(hidden, seeds):
    found = 0
    for seed in range(seeds):
        problem, sine = sine_problem(hidden, seed)
        fit = nnlib.train(nnlib.bayesian_regularization(problem, problem.net.init(seed), tolerance=1e-2))
        found += fit.converged and finds_the_sine(fit, sine)
    assert found >= 0.98 * seeds


@pytest.mark.parametrize("hidden", [5, 20])
def test_the_best_of_five_starts_finds_the_sine(hidden):
    problem, sine = sine_problem(hidden, seed=1)
    assert finds_the_sine(bayes.best_of(problem, max_steps=150), sine)


def test_the_evidence_tells_a_sine_from_all_is_noise():
    sines, noises = [], []
    for seed in range(10):  # estimated from the first step on, α and β do go wrong
        problem, sine = sine_problem(10, seed=0)
        fit = nnlib.train(nnlib.bayesian_regularization(problem, problem.net.init(seed), plain_steps=1, tolerance=1e-3))
        (sines if finds_the_sine(fit, sine) else noises).append(fit)
    assert sines and noises
    assert min(fit.log_evidence for fit in sines) > max(fit.log_evidence for fit in noises) + 10
    assert not any(fit.converged for fit in noises if fit.gamma < 1)


def test_error_bars_hold_95_percent_of_fresh_data():
    net, inside = nnlib.MLP([1, 5, 1]), []
    w = net.init(0)
    for seed in range(200):  # each start is where the last data set led to: this is not about finding the minimum
        data, fresh = datasets.noisy_sine(seed), datasets.noisy_sine(10_000 + seed)
        problem = nnlib.NetworkFit(net, data.X, to_unit_range(data.Y, like=data.Y))
        fit = nnlib.train(nnlib.bayesian_regularization(problem, w, tolerance=1e-2))
        mean, std = fit.predict(fresh.X, std=True)
        inside.append(np.abs(to_unit_range(fresh.Y, like=data.Y) - mean) <= 1.959964 * std)
        w = fit.w
    assert 0.93 <= np.mean(inside) <= 0.97


def test_error_bars_of_a_network_are_the_formula_and_grow_away_from_the_data():
    fit, X = sine_fit(), np.array([[-0.5], [0.0], [0.3], [2.0]])
    J, g = fit.problem.jacobian(fit.w), fit.problem.net.jacobian(fit.w, X)
    A = fit.beta * J.T @ J + fit.alpha * np.eye(len(fit.w))
    mean, std = fit.predict(X, std=True)
    assert np.array_equal(mean, fit.predict(X))
    assert mean.shape == std.shape == (4, 1)
    assert np.allclose(std[:, 0] ** 2, 1 / fit.beta + np.sum(g * np.linalg.solve(A, g.T).T, axis=1), rtol=1e-9)
    assert std[3] > 3 * std[:3].max()


def test_error_bars_of_several_outputs_have_the_shape_of_the_prediction():
    fit = linear_fit("two outputs")
    mean, std = fit.predict(np.zeros((7, 3)), std=True)
    assert mean.shape == std.shape == (7, 2)
    assert np.all(std > 1 / np.sqrt(fit.beta))


def test_occams_hill_climbs_to_the_size_the_data_need_and_gamma_then_stays():
    problem, _ = sine_problem(1, seed=0)
    hill = bayes.occams_hill(problem.X, problem.Y, hidden=[1, 2, 3, 6, 9], seeds=range(3))
    assert hill.n_params.tolist() == [4, 7, 10, 19, 28]
    assert hill.log_evidence.shape == hill.gamma.shape == (5, 3)
    evidence = hill.log_evidence.max(axis=1)
    assert evidence[0] + 5 < evidence[1] < evidence[2] - 5
    gamma = [fit.gamma for fit in hill.best]
    assert gamma[0] < gamma[1] < gamma[2] < gamma[3]
    assert gamma[4] == pytest.approx(gamma[3], abs=0.1)
    assert [fit.log_evidence for fit in hill.best] == evidence.tolist()


def test_a_network_with_all_units_in_use_says_that_it_may_be_too_small():
    for hidden, too_small in ((2, True), (10, False)):
        for seed in range(2):
            fit = bayes.best_of(sine_problem(hidden, seed)[0], max_steps=100)
            assert fit.may_be_too_small == too_small
            assert ("the network may be too small" in repr(fit)) == too_small


def test_a_network_of_one_unit_takes_the_sine_for_noise_and_gamma_stays_far_below_n():
    for seed in range(10):
        problem, _ = sine_problem(1, seed)
        fit = nnlib.train(nnlib.bayesian_regularization(problem, problem.net.init(seed)))
        assert fit.gamma < 0.55 * len(fit.w)
        assert 1 / np.sqrt(fit.beta) > 0.5  # the noise is 0.09


def test_a_larger_network_finds_more_where_one_says_that_it_may_be_too_small():
    problem, _ = sine_problem(1, seed=0)
    hill = bayes.occams_hill(problem.X, problem.Y, hidden=[2, 3, 5, 8], seeds=range(5), max_steps=100)
    assert [fit.may_be_too_small for fit in hill.best] == [True, True, False, False]
    evidence, gamma = (np.array([getattr(fit, name) for fit in hill.best]) for name in ("log_evidence", "gamma"))
    assert np.all(np.diff(evidence)[:2] > 1) and np.all(np.diff(gamma)[:2] > 1)
    assert abs(evidence[3] - evidence[2]) < 0.1 and abs(gamma[3] - gamma[2]) < 0.1


def test_a_unit_that_is_off_counts_nothing_in_gamma():
    problem, w, alpha, beta = random_state()
    larger = nnlib.NetworkFit(nnlib.MLP([1, 5, 1]), problem.X, problem.Y)
    w_larger = np.zeros(larger.n_params)
    for (W, b), (W_small, b_small) in zip(larger.net.unpack(w_larger), problem.net.unpack(w), strict=True):
        W[: W_small.shape[0], : W_small.shape[1]], b[: len(b_small)] = W_small, b_small
    gamma = bayes.effective_parameters(problem, w, alpha, beta)
    assert bayes.effective_parameters(larger, w_larger, alpha, beta) == pytest.approx(gamma, rel=1e-10)


def test_without_hidden_units_or_an_estimate_no_network_is_called_too_small():
    assert not any(linear_fit(kind).may_be_too_small for kind in LINEAR)
    problem, _ = sine_problem(3, seed=0)
    fit = nnlib.train(nnlib.bayesian_regularization(problem, problem.net.init(seed=0)), max_steps=2)
    assert fit.gamma == len(fit.w) and fit.alpha == 0
    assert not fit.may_be_too_small


def test_more_weights_than_residuals():
    problem, sine = sine_problem(20, seed=1)
    assert problem.n_params > problem.n_residuals
    fit = nnlib.train(nnlib.bayesian_regularization(problem, problem.net.init(seed=1)))
    assert fit.reason == StopReason.FIXED_POINT
    assert fit.gamma < problem.n_residuals
    assert finds_the_sine(fit, sine)


# ------------------------------------------------------------------------------------------------ how it ends


def test_all_weights_off_is_a_reason_of_its_own():
    X = np.linspace(-1, 1, 30)
    y = 3 + np.random.default_rng(0).normal(size=30)  # a constant and noise: the output bias is all there is
    net = nnlib.MLP([1, 5, 1])
    fit = nnlib.train(nnlib.bayesian_regularization(nnlib.NetworkFit(net, X, y), net.init(0, scheme="zeros")))
    assert fit.reason == StopReason.WEIGHTS_OFF
    assert not fit.converged
    assert fit.gamma < 1
    assert np.allclose(fit.predict(X), y.mean(), rtol=0.02)


def test_alpha_running_away_is_a_reason_of_its_own():
    X = np.linspace(-1, 1, 30)
    y = np.cos(20 * np.pi * X)
    y -= np.polyval(np.polyfit(X, y, 1), X) - 0.01 * X  # next to nothing that a line could follow
    net = nnlib.MLP([1, 1])
    fit = nnlib.train(nnlib.bayesian_regularization(nnlib.NetworkFit(net, X, y), net.init(seed=0)))
    assert fit.reason == StopReason.ALPHA_RUNS_AWAY
    assert not fit.converged
    assert fit.gamma < 1e-6 and fit.alpha > 1e6
    assert np.allclose(fit.w, 0, atol=1e-4)


@pytest.mark.parametrize("m", [40, 8])
def test_data_without_noise_are_a_reason_of_their_own(m):
    rng = np.random.default_rng(1)
    X, w = rng.normal(size=(m, 10)) * np.logspace(0, -2, 10), rng.normal(size=11)
    net = nnlib.MLP([10, 1])
    problem = nnlib.NetworkFit(net, X, net.predict(w, X))
    fit = nnlib.train(nnlib.bayesian_regularization(problem, net.init(seed=0)), min_gradient=0)
    assert fit.reason == StopReason.NO_NOISE_LEFT
    assert not fit.converged
    assert np.allclose(fit.predict(X), problem.Y, atol=1e-8)
    assert fit.gamma == pytest.approx(min(m, 11))  # γ = P where there are fewer data than weights
    assert np.isfinite(fit.log_evidence)


def test_a_wrong_jacobian_ends_at_mu_max():
    x = np.linspace(0, 1, 20)
    wrong = nnlib.CurveFit(lambda w, x: w[0] * x, x, 1 + x, jacobian=lambda w, x: -x[:, None])
    fit = nnlib.train(nnlib.bayesian_regularization(wrong, [0.0]))
    assert fit.reason == StopReason.MU_MAX
    assert fit.alpha == 0


def test_the_result_is_where_the_run_has_come_to():
    problem, _ = sine_problem(10, seed=0)
    fit = nnlib.train(nnlib.bayesian_regularization(problem, problem.net.init(seed=0)))
    assert isinstance(fit, bayes.BayesResult)
    assert fit.best_step == fit.n_steps
    assert fit.loss > fit.history["loss"].min()  # closer to the data it has been, before α grew
    for name in ("alpha", "beta", "gamma", "log_evidence", "E_D", "E_W"):
        assert fit.history[name].shape == (fit.n_steps,)
        assert fit.history[name][-1] == pytest.approx(getattr(fit, name))
    assert "γ 12.49 of 31 parameters" in repr(fit)


def test_with_a_validation_problem_the_result_is_where_its_loss_was_lowest():
    problem, _ = sine_problem(10, seed=0)
    validation, _ = sine_problem(10, seed=1)
    fit = nnlib.train(
        nnlib.bayesian_regularization(problem, problem.net.init(seed=0)), validation=validation, patience=30
    )
    at = np.argmin(fit.history["validation_loss"])
    assert fit.best_step == at + 1
    assert fit.alpha == fit.history["alpha"][at]
    assert validation.loss(fit.w) == fit.history["validation_loss"][at]


class Interrupted(nnlib.NetworkFit):
    """A problem during whose k-th evaluation somebody presses Ctrl-C."""

    def interrupt_at(self, k):
        self.left = k
        return self

    def normal_equations(self, w):
        self.left -= 1
        if self.left == 0:
            raise KeyboardInterrupt
        return super().normal_equations(w)


@pytest.mark.parametrize("at", [2, 4, 20])
def test_an_interrupt_leaves_a_usable_result(at):
    data = datasets.noisy_sine(0)
    problem = Interrupted(nnlib.MLP([1, 5, 1]), data.X, data.Y).interrupt_at(at)
    fit = nnlib.train(nnlib.bayesian_regularization(problem, problem.net.init(seed=0)))
    assert fit.reason == StopReason.INTERRUPTED
    assert len(fit.history["gamma"]) == fit.n_steps
    assert np.isfinite(fit.predict(data.X)).all()
    if at == 20:
        assert fit.alpha > 0 and np.isfinite(fit.predict(data.X, std=True).std).all()
    else:
        assert (fit.alpha, fit.beta) == (0, 1)
        with pytest.raises(ValueError, match="take more steps"):
            fit.predict(data.X, std=True)


def test_training_goes_on_where_it_stopped():
    problem, _ = sine_problem(5, seed=0)
    whole = nnlib.train(nnlib.bayesian_regularization(problem, problem.net.init(seed=0)))
    steps = nnlib.bayesian_regularization(problem, problem.net.init(seed=0))
    first, rest = nnlib.train(steps, max_steps=10), nnlib.train(steps)
    assert first.reason == StopReason.MAX_STEPS
    assert first.n_steps + rest.n_steps == whole.n_steps
    assert (rest.alpha, rest.beta, rest.gamma) == (whole.alpha, whole.beta, whole.gamma)


# ------------------------------------------------------------------------------------------------ bad input


NET = nnlib.MLP([1, 2, 1])
X, Y = np.array([[-1.0], [0.0], [1.0]]), np.array([[1.0], [0.0], [1.0]])
FIT = nnlib.NetworkFit(NET, X, Y)
W = NET.init(seed=0)


@pytest.mark.parametrize(
    "call, error, says",
    [
        (lambda: nnlib.bayesian_regularization("data", W), TypeError, "least-squares problem"),
        (lambda: nnlib.bayesian_regularization(FIT, W, mu=0), ValueError, "mu must be above 0"),
        (lambda: nnlib.bayesian_regularization(FIT, W, plain_steps=0), ValueError, "plain_steps must be at least 1"),
        (
            lambda: nnlib.bayesian_regularization(nnlib.NetworkFit(NET, X, Y, weight_decay=0.1), W),
            ValueError,
            "weight_decay=0, got 0.1",
        ),
        (
            lambda: nnlib.bayesian_regularization(
                nnlib.NetworkFit(nnlib.MLP([1, 2, 1], output="logistic"), X, Y, "cross-entropy"), W
            ),
            ValueError,
            "cost='squared-error', the problem has cost='cross-entropy'",
        ),
        (lambda: bayes.log_evidence(FIT, W, 0.0, 1.0), ValueError, "alpha must be above 0"),
        (lambda: bayes.effective_parameters(FIT, W[:2], 1.0, 1.0), ValueError, "w has shape"),
        (lambda: bayes.best_of(NET), TypeError, "problem must be a NetworkFit"),
        (lambda: bayes.best_of(FIT, seeds=5), TypeError, "seeds must be whole numbers"),
        (lambda: bayes.best_of(FIT, seeds=[]), ValueError, "seeds is empty"),
        (lambda: bayes.occams_hill(X, Y[:2]), ValueError, "X has 3 rows and Y has 2"),
        (lambda: bayes.occams_hill(X, Y, hidden=[0]), ValueError, r"hidden\[0\] must be at least 1"),
        (lambda: sine_fit().predict(np.zeros((2, 3)), std=True), ValueError, "X has 3 columns"),
    ],
)
def test_bad_input_is_named(call, error, says):
    with pytest.raises(error, match=says):
        call()
