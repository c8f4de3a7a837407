"""Estimators: scikit-learn's own checks, the plain calls of nnlib behind them, its linear models, and units."""

import pickle
import subprocess
import sys
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import BayesianRidge, Ridge
from sklearn.model_selection import GridSearchCV, KFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import PolynomialFeatures
from sklearn.utils.estimator_checks import parametrize_with_checks

import nnlib
from nnlib import StopReason, datasets
from nnlib.estimators import BayesianRegularizationRegressor, LevenbergMarquardtRegressor

SINE = datasets.noisy_sine(seed=0)
X, Y = SINE.X, SINE.Y
TWO = np.column_stack([3 * Y[:, 0] + 10, 0.01 * X[:, 0] ** 2])  # two outputs in different units
REGRESSORS = [LevenbergMarquardtRegressor, BayesianRegularizationRegressor]
each_regressor = pytest.mark.parametrize("regressor", REGRESSORS)
may_not_converge = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def scaled(A):
    """Every column from its least value to its largest mapped to [−1, 1]."""
    low, high = A.min(axis=0), A.max(axis=0)
    return (2 * A - low - high) / (high - low)


def seeds(random_state, starts):
    return np.random.RandomState(random_state).randint(2**31 - 1, size=starts).tolist()


def quick(regressor, **changed):
    """A small network from one start; with a little weight decay Levenberg–Marquardt comes to its minimum soon."""
    decay = {"weight_decay": 0.01} if regressor is LevenbergMarquardtRegressor else {}
    return regressor(**{"hidden": (4,), "starts": 1, "random_state": 0} | decay | changed)


@cache
def bayes(hidden=(4,)):
    return quick(BayesianRegularizationRegressor, hidden=hidden, starts=2).fit(X, TWO)


# ------------------------------------------------------------------------------------------------ scikit-learn's rules


@may_not_converge
@parametrize_with_checks(
    [
        LevenbergMarquardtRegressor(hidden=(3,), max_steps=200),
        LevenbergMarquardtRegressor(hidden=(3, 2), weight_decay=0.01, early_stopping=True, starts=2),
        BayesianRegularizationRegressor(hidden=(2,), starts=2, max_steps=200),
    ]
)
def test_scikit_learns_own_checks_pass(estimator, check):
    check(estimator)


@each_regressor
def test_a_clone_fits_the_same_and_a_pickle_predicts_the_same(regressor):
    model = quick(regressor).fit(X, TWO)
    copies = [clone(model).fit(X, TWO), pickle.loads(pickle.dumps(model))]
    for copy in copies:
        np.testing.assert_array_equal(copy.predict(X), model.predict(X))
    if regressor is BayesianRegularizationRegressor:
        np.testing.assert_array_equal(copies[1].predict(X, return_std=True), model.predict(X, return_std=True))


@may_not_converge  # where a line is all there is, Bayesian regularization takes the whole sine for noise, and says so
@each_regressor
def test_a_grid_search_over_hidden_in_a_pipeline_prefers_a_network_to_a_line(regressor):
    pipeline = make_pipeline(PolynomialFeatures(1, include_bias=False), quick(regressor))
    grid = {f"{regressor.__name__.lower()}__hidden": [(), (6,)]}
    search = GridSearchCV(pipeline, grid, cv=KFold(3, shuffle=True, random_state=0), error_score="raise")
    search.fit(X, Y[:, 0])
    assert list(search.best_params_.values()) == [(6,)]
    assert search.best_score_ > 0.9 > search.cv_results_["mean_test_score"][0]


def test_cross_val_score_of_bayesian_regularization_on_a_sine_leaves_little_but_the_noise():
    folds = KFold(4, shuffle=True, random_state=0)
    model = quick(BayesianRegularizationRegressor, hidden=(8,), starts=2)
    errors = -cross_val_score(model, X, Y[:, 0], cv=folds, scoring="neg_mean_squared_error")
    assert errors.mean() < 3 * 0.1**2  # the variance of the noise is 0.1²


# ------------------------------------------------------------------------------------------------ the plain calls


@pytest.mark.parametrize("starts", [1, 3])
def test_levenberg_marquardt_is_the_best_of_the_plain_calls_on_scaled_data(starts):
    model = quick(LevenbergMarquardtRegressor, starts=starts).fit(X, TWO)
    net = nnlib.MLP([1, 4, 2])
    problem = nnlib.NetworkFit(net, scaled(X), scaled(TWO), weight_decay=0.01)
    plain = [
        nnlib.train(nnlib.levenberg_marquardt(problem, net.init(seed)), min_gradient=1e-5) for seed in seeds(0, starts)
    ]
    best = min(plain, key=lambda fit: fit.loss)
    np.testing.assert_allclose(model.result_.w, best.w, rtol=1e-9)
    assert model.result_.converged and len({fit.loss for fit in plain}) == starts


def test_early_stopping_returns_the_start_and_the_step_that_fit_best_what_was_held_out():
    model = quick(LevenbergMarquardtRegressor, hidden=(10,), weight_decay=0.0, early_stopping=True, starts=3).fit(X, Y)
    net = nnlib.MLP([1, 10, 1])
    trained, held_out = datasets.split_rows(len(X), (0.8, 0.2), seeds(0, 3)[0])
    validation = nnlib.NetworkFit(net, scaled(X)[held_out], scaled(Y)[held_out])
    problem = nnlib.NetworkFit(net, scaled(X)[trained], scaled(Y)[trained])
    plain = [
        nnlib.train(nnlib.levenberg_marquardt(problem, net.init(seed)), min_gradient=1e-5, validation=validation)
        for seed in seeds(0, 3)
    ]
    best = min(plain, key=lambda fit: fit.history["validation_loss"].min())
    np.testing.assert_allclose(model.result_.w, best.w, rtol=1e-9)
    assert validation.loss(model.result_.w) == pytest.approx(best.history["validation_loss"].min(), rel=1e-9)
    assert model.result_.reason == StopReason.VALIDATION and best.best_step < best.n_steps


def test_bayesian_regularization_is_the_plain_best_of_on_scaled_data():
    model, problem = bayes(), nnlib.NetworkFit(nnlib.MLP([1, 4, 2]), scaled(X), scaled(TWO))
    fit = nnlib.bayes.best_of(problem, seeds(0, 2))
    np.testing.assert_allclose(model.result_.w, fit.w, rtol=1e-6)
    found = [model.alpha_, model.beta_, model.gamma_, model.log_evidence_]
    np.testing.assert_allclose(found, [fit.alpha, fit.beta, fit.gamma, fit.log_evidence], rtol=1e-6)


def test_error_bars_are_those_of_nnlib_times_half_the_range_of_each_target():
    model, fresh = bayes(), np.linspace(-1, 1, 7)[:, None]
    mean, std = model.predict(fresh, return_std=True)
    plain = model.result_.predict(fresh, std=True)  # the sine's inputs fill [−1, 1]: scaling leaves them alone
    half_range, middle = np.ptp(TWO, axis=0) / 2, (TWO.min(axis=0) + TWO.max(axis=0)) / 2
    np.testing.assert_allclose(std, plain.std * half_range, rtol=1e-12)
    np.testing.assert_allclose(mean, plain.mean * half_range + middle, rtol=1e-12)
    np.testing.assert_array_equal(model.predict(fresh), mean)


# ------------------------------------------------------------------------------------------------ linear oracles


def linear_data():
    """Three inputs and a target in units of their own, and the scaled design with a column of ones for the bias."""
    rng = np.random.default_rng(0)
    inputs = rng.normal(size=(60, 3)) * [1, 100, 0.01] + [0, 500, 3]
    target = scaled(inputs) @ [20.0, -5.0, 0.5] + 300 + rng.normal(size=60)
    return inputs, target, np.column_stack([scaled(inputs), np.ones(60)])


@pytest.mark.parametrize("weight_decay", [0.01, 1.0, 30.0])
def test_without_hidden_units_weight_decay_is_ridge_regression_on_scaled_data_the_bias_decayed_too(weight_decay):
    inputs, target, design = linear_data()
    model = quick(LevenbergMarquardtRegressor, hidden=(), weight_decay=weight_decay).fit(inputs, target)
    ridge = Ridge(alpha=weight_decay, fit_intercept=False).fit(design, scaled(target))
    np.testing.assert_allclose(model.result_.w, ridge.coef_, rtol=1e-5)
    in_units = ridge.predict(design) * np.ptp(target) / 2 + (target.min() + target.max()) / 2
    np.testing.assert_allclose(model.predict(inputs), in_units, rtol=1e-7)


def test_without_hidden_units_bayesian_regularization_is_bayesian_ridge_on_scaled_data():
    inputs, target, design = linear_data()
    model = quick(BayesianRegularizationRegressor, hidden=()).fit(inputs, target)
    flat = dict.fromkeys(("alpha_1", "alpha_2", "lambda_1", "lambda_2"), 0)
    ridge = BayesianRidge(**flat, fit_intercept=False, compute_score=True, tol=1e-12, max_iter=3000)
    ridge.fit(design, scaled(target))
    np.testing.assert_allclose(model.result_.w, ridge.coef_, rtol=1e-4)
    np.testing.assert_allclose([model.alpha_, model.beta_], [ridge.lambda_, ridge.alpha_], rtol=1e-4)
    assert model.log_evidence_ == pytest.approx(ridge.scores_[-1], rel=1e-6)
    mean, std = ridge.predict(design, return_std=True)
    half_range = np.ptp(target) / 2
    ours = model.predict(inputs, return_std=True)
    np.testing.assert_allclose(ours[0], mean * half_range + (target.min() + target.max()) / 2, rtol=1e-6)
    np.testing.assert_allclose(ours[1], std * half_range, rtol=1e-4)


# ------------------------------------------------------------------------------------------------ units and shapes


@each_regressor
def test_units_of_inputs_and_targets_do_not_matter(regressor):
    """Powers of two change no digit; other units change the last ones, which a fit to its minimum forgets."""
    plain = quick(regressor).fit(X, Y)
    binary = quick(regressor).fit(2.0**20 * X, 2.0**-30 * Y)
    np.testing.assert_array_equal(binary.predict(2.0**20 * X), 2.0**-30 * plain.predict(X))
    changed = quick(regressor).fit(1e-6 * X + 3e-6, 1e9 * Y - 7e9)
    predicted = (changed.predict(1e-6 * X + 3e-6) + 7e9) / 1e9
    np.testing.assert_allclose(predicted, plain.predict(X), atol=1e-4)


def test_error_bars_are_in_the_units_of_y():
    plain, large = (quick(BayesianRegularizationRegressor).fit(X, factor * Y) for factor in (1, 1024))
    np.testing.assert_allclose(large.predict(X, return_std=True)[1], 1024 * plain.predict(X, return_std=True)[1])
    assert 0.07 < plain.predict([[0.0]], return_std=True)[1].item() < 0.2  # the noise has 0.1


@each_regressor
@pytest.mark.parametrize("y", [Y[:, 0], Y, TWO], ids=["vector", "column", "two outputs"])
def test_predictions_have_the_axes_of_y(regressor, y):
    model = quick(regressor).fit(X, y)
    predicted = [model.predict(X)]
    if regressor is BayesianRegularizationRegressor:
        predicted += model.predict(X, return_std=True)
    assert {array.shape for array in predicted} == {y.shape}
    assert model.score(X, y) > 0.3


# ------------------------------------------------------------------------------------------------ warnings and errors


@each_regressor
def test_a_fit_that_did_not_converge_warns_with_the_reason(regressor):
    with pytest.warns(ConvergenceWarning, match="not converged: max_steps = 2 steps were taken") as caught:
        quick(regressor, max_steps=2).fit(X, Y)
    assert caught[0].filename == __file__


def test_weights_that_are_all_off_are_warned_of():
    noise = np.random.default_rng(0).normal(size=(60, 2))
    with pytest.warns(ConvergenceWarning, match="all weights (are )?switched off"):
        quick(BayesianRegularizationRegressor).fit(noise[:, :1], noise[:, 1])


BAD = [
    ({"hidden": 10}, TypeError, r"hidden must be a tuple of layer sizes such as \(10,\), or \(\) for none, got 10"),
    ({"hidden": "10"}, TypeError, "hidden must be a tuple .* got '10'"),
    ({"hidden": (10, 0)}, ValueError, r"hidden\[1\] must be at least 1, got 0"),
    ({"hidden": (2.5,)}, TypeError, r"hidden\[0\] must be a whole number, got 2.5"),
    ({"starts": 0}, ValueError, "starts must be at least 1, got 0"),
    ({"max_steps": 0}, ValueError, "max_steps must be at least 1, got 0"),
]
BAD_LM = [
    ({"weight_decay": -1.0}, ValueError, "weight_decay must be at least 0, got -1"),
    ({"early_stopping": 1}, TypeError, r"early_stopping must be True or False, got 1 \(int\)"),
]


@pytest.mark.parametrize(
    ("regressor", "changed", "error", "message"),
    [(regressor, *row) for regressor in REGRESSORS for row in BAD] + [(REGRESSORS[0], *row) for row in BAD_LM],
)
def test_bad_parameters_are_named_by_fit(regressor, changed, error, message):
    with pytest.raises(error, match=message):
        quick(regressor, **changed).fit(X, Y)


def test_too_few_samples_to_hold_some_out_are_refused():
    with pytest.raises(ValueError, match="2 samples are too few"):
        quick(LevenbergMarquardtRegressor, early_stopping=True).fit(X[:2], Y[:2])


# ------------------------------------------------------------------------------------------------ the edge of nnlib


def test_without_scikit_learn_all_else_works_and_the_estimators_say_what_to_install():
    script = "import sys; sys.modules['sklearn'] = None; import nnlib; from nnlib import *; bayes; nnlib.estimators"
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert 'pip install "scikit-learn>=1.4"' in ended.stderr.splitlines()[-1]
    assert ended.stderr.splitlines()[-1].startswith("ImportError: nnlib.estimators needs scikit-learn")


def test_nothing_else_of_nnlib_needs_scikit_learn():
    files = Path(nnlib.__file__).parent.rglob("*.py")
    assert [path.name for path in files if "sklearn" in path.read_text(encoding="utf-8")] == ["estimators.py"]
