"""What the estimators predict beside those of scikit-learn: real tables, 5 × 5 repeated cross-validation, no target.

Everybody gets the same folds and one thread, and is left at its defaults, but for scikit-learn's network, which gets up
to 1000 iterations; networks have ten tanh units in one hidden layer. scikit-learn's network and ridge get standardized
inputs, its network standardized targets too. Auto mpg holds the 392 cars with all measurements: nothing is missing.

The error is the root mean square over a test fold, in the units of the target, averaged over the 25 folds. Worse means
in that average; how many folds bear it out stands beside it. Seconds are the median of a fit.

    python benchmarks/estimators.py
"""

import os
import statistics
import time
import warnings
from dataclasses import dataclass

os.environ["OPENBLAS_NUM_THREADS"] = os.environ["OMP_NUM_THREADS"] = "1"  # they are read when numpy is loaded

import numpy as np
from sklearn.base import clone
from sklearn.compose import TransformedTargetRegressor
from sklearn.ensemble import GradientBoostingRegressor
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import RidgeCV
from sklearn.metrics import root_mean_squared_error
from sklearn.model_selection import RepeatedKFold
from sklearn.neural_network import MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from nnlib import datasets
from nnlib.estimators import BayesianRegularizationRegressor, LevenbergMarquardtRegressor

OURS = {
    "LevenbergMarquardtRegressor": LevenbergMarquardtRegressor(random_state=0),
    "  with early stopping": LevenbergMarquardtRegressor(early_stopping=True, random_state=0),
    "BayesianRegularizationRegressor": BayesianRegularizationRegressor(random_state=0),
}
LBFGS = MLPRegressor(hidden_layer_sizes=(10,), activation="tanh", solver="lbfgs", max_iter=1000, random_state=0)
SCALED_LBFGS = TransformedTargetRegressor(make_pipeline(StandardScaler(), LBFGS), transformer=StandardScaler())
THEIRS = {
    "MLPRegressor(lbfgs)": SCALED_LBFGS,
    "RidgeCV": make_pipeline(StandardScaler(), RidgeCV(np.logspace(-3, 3, 13))),
    "GradientBoostingRegressor": GradientBoostingRegressor(random_state=0),
}
FOLDS = RepeatedKFold(n_splits=5, n_repeats=5, random_state=0)


@dataclass(frozen=True)
class Score:
    """Error on each test fold, seconds of a fit, and how many fits did not converge."""

    errors: np.ndarray
    seconds: float
    not_converged: int

    @property
    def error(self) -> float:
        return float(self.errors.mean())


def measure(model, X: np.ndarray, y: np.ndarray) -> Score:
    errors, seconds, not_converged = [], [], 0
    for trained, held_out in FOLDS.split(X):
        began = time.perf_counter()
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            fitted = clone(model).fit(X[trained], y[trained])
        seconds.append(time.perf_counter() - began)
        not_converged += any(issubclass(warning.category, ConvergenceWarning) for warning in caught)
        errors.append(root_mean_squared_error(y[held_out], fitted.predict(X[held_out])))
    return Score(np.array(errors), statistics.median(seconds), not_converged)


def verdict(name: str, scores: dict[str, Score]) -> str:
    """Whom one of ours loses to, and in how many folds."""
    ours = scores[name]
    losses = [
        f"{other} ({ours.error / theirs.error - 1:.1%}, in {np.sum(ours.errors > theirs.errors)} of 25 folds)"
        for other, theirs in scores.items()
        if other in THEIRS and theirs.error < ours.error
    ]
    return f"{name.strip()}: worse than {', '.join(losses) or 'none of the others'}"


def main() -> None:
    for data in (datasets.auto_mpg(), datasets.diabetes()):
        print(f"{data.name}: {len(data)} samples, {data.X.shape[1]} inputs; standard deviation {data.Y.std():.3g}")
        print(f"{'':32} {'RMSE':>7} {'over folds':>10} {'seconds':>8} {'not converged':>14}")
        scores = {}
        for name, model in (OURS | THEIRS).items():
            score = scores[name] = measure(model, data.X, data.Y[:, 0])
            row = f"{score.error:7.3f} {f'± {score.errors.std():.3f}':>10} {score.seconds:8.3f}"
            print(f"{name:32} {row} {score.not_converged:8} of 25", flush=True)
        print(*(verdict(name, scores) for name in OURS), "", sep="\n")


if __name__ == "__main__":
    main()
