"""Model selection: against scikit-learn's ridge and closed forms, and what the methods are worth on the noisy sine."""

from functools import cache

import numpy as np
import pytest
from sklearn.linear_model import Ridge, RidgeCV

import nnlib
from nnlib import bayes, datasets, selection

DECAYS = [1e-3, 0.1, 1.0, 10.0, 100.0]


def sine(X):
    return np.sin(2 * np.pi * X)


def linear_data(m=20, seed=0):
    """Inputs, targets, and the design matrix [X, 1] of a network without hidden layer."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(m, 3))
    Y = X @ [[1.0], [-2.0], [0.5]] + 0.7 + 0.5 * rng.normal(size=(m, 1))
    return X, Y, np.column_stack([X, np.ones(m)])


LINEAR = nnlib.MLP([3, 1])

# ------------------------------------------------------------------------------------------------ validation


def test_the_fits_and_errors_of_a_linear_network_are_those_of_scikit_learns_ridge():
    (X, Y, design), (X_val, Y_val, design_val) = linear_data(), linear_data(30, seed=1)
    curve = selection.validation_curve(LINEAR, X, Y, (X_val, Y_val), DECAYS)
    assert curve.weight_decay.tolist() == DECAYS
    for i, decay in enumerate(DECAYS):
        ridge = Ridge(alpha=decay, fit_intercept=False).fit(design, Y[:, 0])
        assert np.allclose(curve.fits[i].w, ridge.coef_, rtol=1e-4, atol=1e-6)
        assert curve.training_error[i] == pytest.approx(np.mean((ridge.predict(design) - Y[:, 0]) ** 2), rel=1e-5)
        error = np.mean((ridge.predict(design_val) - Y_val[:, 0]) ** 2)
        assert curve.validation_error[i] == pytest.approx(error, rel=1e-5)


@cache
def sine_curve():
    data, fresh = datasets.noisy_sine(seed=0), datasets.noisy_sine(seed=1, n_samples=400)
    return selection.validation_curve(nnlib.MLP([1, 10, 1]), data.X, data.Y, (fresh.X, fresh.Y))


def test_training_error_rises_with_weight_decay_and_validation_error_has_a_minimum_between():
    curve = sine_curve()
    at = np.argmin(curve.validation_error)
    assert np.all(np.diff(curve.training_error) > 0)
    assert 1e-4 <= curve.best_weight_decay <= 1e-2
    assert curve.validation_error[0] > 1.2 * curve.validation_error[at]
    assert curve.validation_error[-1] > 10 * curve.validation_error[at]


def test_the_best_is_the_fit_of_the_lowest_validation_error():
    curve = sine_curve()
    assert curve.best.problem.weight_decay == curve.best_weight_decay
    fresh = datasets.noisy_sine(seed=1, n_samples=400)
    assert np.mean((curve.best.predict(fresh.X) - fresh.Y) ** 2) == pytest.approx(curve.validation_error.min())


# ------------------------------------------------------------------------------------------------ cross-validation


def test_leaving_one_out_gives_the_errors_and_the_choice_of_scikit_learns_ridge():
    X, Y, design = linear_data()
    found = selection.cross_validate(LINEAR, X, Y, DECAYS, n_folds=len(X))
    theirs = RidgeCV(alphas=DECAYS, fit_intercept=False, store_cv_results=True).fit(design, Y[:, 0])
    assert found.validation_error.shape == (len(DECAYS), len(X))
    assert np.allclose(found.validation_error.mean(axis=1), theirs.cv_results_.mean(axis=0), rtol=1e-4)
    assert found.best_weight_decay == theirs.alpha_
    assert np.allclose(found.fit.w, theirs.coef_, rtol=1e-4)  # fitted to all samples


def test_folds_are_dealt_by_the_seed():
    X, Y, _ = linear_data()
    first, again, other = (selection.cross_validate(LINEAR, X, Y, DECAYS, 4, seed) for seed in (0, 0, 1))
    assert np.array_equal(first.validation_error, again.validation_error)
    assert not np.array_equal(first.validation_error, other.validation_error)


# ------------------------------------------------------------------------------------------------ bias and variance


def plane(X):
    return X @ np.array([[1.0], [-2.0], [0.5]]) + 0.7


def ridge_bias_and_variance(design, test_design, truth, test_truth, noise, decay):
    """Closed form: ŷ = H y with H = Φ_t (ΦᵀΦ + λI)⁻¹ Φᵀ has the mean H f and the covariance σ² H Hᵀ."""
    H = test_design @ np.linalg.solve(design.T @ design + decay * np.eye(design.shape[1]), design.T)
    return np.mean((H @ truth - test_truth) ** 2), noise**2 * np.mean(np.sum(H**2, axis=1))


def closed_forms(noise):
    (X, _, design), (X_test, _, test_design) = linear_data(), linear_data(30, seed=1)
    truths = plane(X), plane(X_test)
    closed = [ridge_bias_and_variance(design, test_design, *truths, noise, decay) for decay in DECAYS]
    return X, X_test, closed


def test_the_bias_of_a_linear_network_is_that_of_ridge_regression():
    X, X_test, closed = closed_forms(noise=0.0)
    parts = selection.bias_variance(LINEAR, plane, X, 0.0, DECAYS, n_sets=2, X_test=X_test)
    assert np.allclose(parts.bias_squared, [bias for bias, _ in closed], rtol=1e-4, atol=1e-12)
    assert np.allclose(parts.variance, 0)


@cache
def linear_parts(noise=0.5, n_sets=200):
    X, X_test, closed = closed_forms(noise)
    return n_sets, closed, selection.bias_variance(LINEAR, plane, X, noise, DECAYS, n_sets, X_test=X_test)


def test_bias_and_variance_of_a_linear_network_are_those_of_ridge_regression_up_to_sampling():
    n_sets, closed, parts = linear_parts()
    for i, (bias_squared, variance) in enumerate(closed):
        # n sets have 1 − 1/n of the variance around their own mean, which keeps 1/n of it.
        three_standard_errors = 6 * np.sqrt(bias_squared * variance / n_sets) + 3 * variance / n_sets
        assert parts.bias_squared[i] == pytest.approx(bias_squared + variance / n_sets, abs=three_standard_errors)
        assert parts.variance[i] == pytest.approx((1 - 1 / n_sets) * variance, rel=0.2)


def test_bias_of_a_linear_network_rises_and_variance_falls_with_weight_decay():
    _, _, parts = linear_parts()
    assert np.all(np.diff(parts.variance) < 0)
    assert np.all(np.diff(parts.bias_squared)[1:] > 0)  # from where it stands out of the sampling error
    assert parts.bias_squared[0] < 0.01 * parts.bias_squared[-1]


@cache
def sine_parts():
    X, X_test = np.linspace(-1, 1, 41), np.linspace(-1, 1, 101)
    return X_test, selection.bias_variance(
        nnlib.MLP([1, 6, 1]), sine, X, 0.3, [1e-4, 1e-3, 1e-2, 1e-1], n_sets=10, max_steps=200, X_test=X_test
    )


def test_squared_bias_variance_and_noise_add_up_to_the_measured_error():
    X_test, parts = sine_parts()
    distance = np.mean((parts.predictions - sine(X_test[:, None])) ** 2, axis=(1, 2, 3))
    assert np.allclose(parts.bias_squared + parts.variance, distance, rtol=1e-12)  # the algebra, exact
    n = parts.predictions[0].size
    standard_error = np.sqrt((2 * parts.noise**2 + 4 * parts.noise * distance) / n)  # of fresh noise, squared
    total = parts.bias_squared + parts.variance + parts.noise
    assert np.all(np.abs(parts.expected_error - total) < 4 * standard_error)


def test_weight_decay_trades_variance_of_a_network_for_bias():
    _, parts = sine_parts()
    assert np.all(np.diff(parts.variance[:3]) < 0)
    assert parts.bias_squared[3] > 10 * parts.bias_squared[:3].max()
    assert np.argmin(parts.expected_error) == 2


def test_without_test_inputs_it_predicts_where_the_data_are():
    parts = selection.bias_variance(nnlib.MLP([1, 1]), lambda X: X, [0.0, 1.0, 2.0], 0.1, [0.1], n_sets=4)
    assert parts.predictions.shape == (1, 4, 3, 1)
    assert parts.noise == pytest.approx(0.01)


# ------------------------------------------------------------------------------------------------ Occam's hill


def test_the_size_of_the_highest_evidence_has_about_the_lowest_validation_error():
    for seed in range(2):
        data, fresh = datasets.noisy_sine(seed), datasets.noisy_sine(1000 + seed, n_samples=400)
        hidden = [1, 2, 3, 5, 8]
        hill = bayes.occams_hill(data.X, data.Y, hidden, seeds=range(3), validation=(fresh.X, fresh.Y))
        error = [np.mean((fit.predict(fresh.X) - fresh.Y) ** 2) for fit in hill.best]
        assert hill.validation_error.shape == (5, 3)
        assert all(np.isclose(found, row).any() for found, row in zip(error, hill.validation_error, strict=True))
        assert error[0] > error[1] > error[2]  # as the evidence climbs
        assert error[np.argmax(hill.log_evidence.max(axis=1))] < 1.05 * hill.validation_error.min()


# ------------------------------------------------------------------------------------------------ the methods compared

NAMES = ["plain LM", "early stopping", "cross-validated L2", "Bayesian regularization"]


@cache
def comparisons():
    """On noisy sines; the test error is the mean squared distance from the sine itself."""
    net, X = nnlib.MLP([1, 10, 1]), np.linspace(-1, 1, 201)
    datas = [datasets.noisy_sine(seed) for seed in range(6)]
    return [
        selection.compare_regularization(
            net, data.X, data.Y, (X, sine(X)), [1e-3, 1e-2], n_folds=3, seed=seed, max_steps=300
        )
        for seed, data in enumerate(datas)
    ]


def errors(method):
    return np.array([comparison[method].test_error for comparison in comparisons()])


def test_each_method_takes_its_own_samples_and_penalty():
    comparison = comparisons()[0]
    plain, early, cross_validated, bayesian = (comparison[name].fit for name in NAMES)
    assert [len(fit.problem.X) for fit in (plain, early, cross_validated, bayesian)] == [41, 27, 41, 41]
    assert [fit.problem.weight_decay for fit in (plain, early, bayesian)] == [0, 0, 0]
    assert cross_validated.problem.weight_decay in (1e-3, 1e-2)
    assert early.best_step < early.n_steps
    assert comparison["cross-validated L2"].n_steps > cross_validated.n_steps


def test_the_table_names_methods_errors_and_what_was_chosen():
    table, comparison = repr(comparisons()[0]).splitlines(), comparisons()[0]
    assert table[0].split() == ["method", "test", "error", "steps", "seconds", "chosen"]
    for line, name in zip(table[1:], NAMES, strict=True):
        row = comparison[name]
        assert line.startswith(name)
        assert line.removeprefix(name).split()[:2] == [f"{row.test_error:.4g}", str(row.n_steps)]
    assert "step" in table[2] and "λ = " in table[3] and "γ = " in table[4]


def test_a_comparison_is_the_same_for_the_same_seed():
    data = datasets.noisy_sine(0)
    arguments = nnlib.MLP([1, 3, 1]), data.X, data.Y, (data.X, data.Y), [1e-3, 1e-2], 3
    first, again, other = (selection.compare_regularization(*arguments, seed, max_steps=20) for seed in (5, 5, 6))
    for name in NAMES:
        assert np.array_equal(first[name].fit.w, again[name].fit.w)
        assert (first[name].chosen, first[name].n_steps) == (again[name].chosen, again[name].n_steps)
        assert not np.array_equal(first[name].fit.w, other[name].fit.w)


# Over 40 seeds, 5 folds and λ by tens, the medians of the error were (plain, early, L2, Bayesian), in thousandths:
# 5 hidden units: 3.5, 4.1, 2.5, 2.4; 10 units: 11, 5.7, 2.5, 2.6; 20 units: 77, 13, 2.8, 3.1. Bayesian regularization
# was better than cross-validated L2 in 68, 43 and 43 % of the seeds: as good, not better.


def test_penalties_that_use_all_samples_have_half_the_error_of_early_stopping():
    for name in NAMES[2:]:
        assert np.median(errors(name) / errors("early stopping")) < 0.6
        assert np.median(errors(name) / errors("plain LM")) < 0.6


def test_early_stopping_keeps_a_network_of_ten_units_from_the_worst():
    assert errors("plain LM").max() > 1
    assert errors("early stopping").max() < 0.1


def test_bayesian_regularization_is_as_good_as_cross_validated_l2_for_a_fifth_of_the_steps():
    assert 0.8 < np.median(errors("Bayesian regularization") / errors("cross-validated L2")) < 1.25
    steps = {name: sum(comparison[name].n_steps for comparison in comparisons()) for name in NAMES}
    assert steps["Bayesian regularization"] < 0.2 * steps["cross-validated L2"]


# ------------------------------------------------------------------------------------------------ bad input

NET, X, Y = nnlib.MLP([1, 2, 1]), np.linspace(-1, 1, 5)[:, None], np.linspace(-1, 1, 5)[:, None] ** 2


@pytest.mark.parametrize(
    "call, error, says",
    [
        (lambda: selection.validation_curve("net", X, Y, (X, Y)), TypeError, "net must be an nnlib.MLP, got str"),
        (lambda: selection.validation_curve(NET, X, Y, X), TypeError, r"validation must be a pair of arrays \(X, Y\)"),
        (lambda: selection.validation_curve(NET, X, Y, (X, Y[:3])), ValueError, "in validation, X has 5 rows and Y"),
        (lambda: selection.validation_curve(NET, X, Y, (X, Y), []), ValueError, "weight_decays is empty"),
        (lambda: selection.validation_curve(NET, X, Y, (X, Y), "0.1"), TypeError, "weight_decays must be numbers such"),
        (lambda: selection.validation_curve(NET, X, Y, (X, Y), [1, -1]), ValueError, r"weight_decays\[1\] must be at"),
        (lambda: selection.cross_validate(NET, X, Y, n_folds=6), ValueError, "at most the number of samples, 5, got 6"),
        (lambda: selection.bias_variance(NET, "sine", X, 0.1), TypeError, "f must be a function of X, got str"),
        (lambda: selection.bias_variance(NET, sine, X, 0.1, n_sets=1), ValueError, "n_sets must be at least 2"),
        (lambda: selection.bias_variance(NET, lambda X: X[:2], X, 0.1), ValueError, r"in f\(X\), X has 5 rows and Y"),
        (lambda: selection.compare_regularization(NET, X, Y, None), TypeError, "test must be a pair of arrays"),
        (lambda: bayes.occams_hill(X, Y, validation=Y), TypeError, "validation must be a pair of arrays"),
    ],
)
def test_bad_input_is_named(call, error, says):
    with pytest.raises(error, match=says):
        call()
