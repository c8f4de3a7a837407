"""Model selection: how strongly to regularize, judged by data that were not trained on.

Errors are mean squared errors, Σ r²/P over P residuals, so that sets of different size compare. The weight decay λ is
that of `NetworkFit`, E_D + λE_W. In Bayes' terms it is α/β, the variance of the noise over that of the weights, which
has nothing to do with the number of samples: what was best for a part of them is about right for all.

Of targets y = f(x) + noise of variance σ², the expected squared error of a prediction ŷ(x) made from random data is

    E(ŷ − y)² = (Eŷ − f)² + E(ŷ − Eŷ)² + σ²,

squared bias, variance and noise. Weight decay trades the second for the first.

All fits are made by Levenberg–Marquardt in at most `max_steps`. Those of one call share one start, drawn from `seed` by
the scheme "nguyen-widrow"; folds and noise come from the same seed.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nnlib import arguments
from nnlib.arguments import FloatArray
from nnlib.datasets import split_rows
from nnlib.network import MLP
from nnlib.optimizers import bayesian_regularization, levenberg_marquardt
from nnlib.problems import NetworkFit, mean_squared_error, named_problem
from nnlib.results import Result
from nnlib.training import train

Pair = tuple[ArrayLike, ArrayLike]
Seed = int | np.random.Generator

WEIGHT_DECAYS = (1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1.0)
MIN_GRADIENT = 1e-5  # scaled gradient at which a fit is done: its error then stands still in the first three digits


# ------------------------------------------------------------------------------------------------ one validation set


class ValidationCurve(NamedTuple):
    """The fits with several λ and their mean squared errors, on what was trained on and on the validation set."""

    weight_decay: FloatArray
    training_error: FloatArray
    validation_error: FloatArray
    fits: list[Result]

    @property
    def best_weight_decay(self) -> float:
        """The λ of the lowest validation error."""
        return float(self.weight_decay[np.argmin(self.validation_error)])

    @property
    def best(self) -> Result:
        """The fit of the lowest validation error."""
        return self.fits[np.argmin(self.validation_error)]


def validation_curve(
    net: MLP,
    X: ArrayLike,
    Y: ArrayLike,
    validation: Pair,
    weight_decays: Iterable[float] = WEIGHT_DECAYS,
    seed: Seed = 0,
    max_steps: int = 1000,
) -> ValidationCurve:
    """Fit a network with each of several weight decays, and measure each on a validation set (X, Y).

    Examples
    --------
    >>> from nnlib import datasets
    >>> data, fresh = datasets.noisy_sine(seed=0), datasets.noisy_sine(seed=1)
    >>> curve = validation_curve(MLP([1, 8, 1]), data.X, data.Y, (fresh.X, fresh.Y), [1e-4, 1e-2, 1.0])
    >>> curve.training_error.round(4), curve.validation_error.round(4), curve.best_weight_decay
    (array([0.003 , 0.0053, 0.4488]), array([0.0113, 0.0111, 0.4172]), 0.01)
    """
    problem = NetworkFit(net, X, Y)
    validation = named_problem("validation", net, validation)
    return _validation_curve(problem, validation, _decays(weight_decays), net.init(seed), max_steps)


def _validation_curve(problem, validation, decays, w0, max_steps) -> ValidationCurve:
    fits = [_fit(problem, decay, w0, max_steps) for decay in decays]
    return ValidationCurve(
        weight_decay=np.array(decays),
        training_error=np.array([mean_squared_error(problem, fit.w) for fit in fits]),
        validation_error=np.array([mean_squared_error(validation, fit.w) for fit in fits]),
        fits=fits,
    )


def _fit(data: NetworkFit, decay: float, w0: FloatArray, max_steps: int, validation=None) -> Result:
    problem = NetworkFit(data.net, data.X, data.Y, weight_decay=decay)
    return train(levenberg_marquardt(problem, w0, mu=1e-3), max_steps, min_gradient=MIN_GRADIENT, validation=validation)


def _decays(weight_decays: Iterable[float]) -> list[float]:
    if isinstance(weight_decays, (str, bytes)) or not isinstance(weight_decays, Iterable):
        raise TypeError(f"weight_decays must be numbers such as [0.01, 0.1, 1], got {weight_decays!r}")
    decays = [arguments.number(f"weight_decays[{i}]", decay, at_least=0) for i, decay in enumerate(weight_decays)]
    if not decays:
        raise ValueError("weight_decays is empty: give at least one number")
    return decays


# ------------------------------------------------------------------------------------------------ cross-validation


class CrossValidation(NamedTuple):
    """Errors (decays, folds): in column i those of the fits to all folds but fold i, on these folds and on fold i.

    `fit` is the one to all samples, with the best λ; all fits together took `n_steps`.
    """

    weight_decay: FloatArray
    training_error: FloatArray
    validation_error: FloatArray
    fit: Result
    n_steps: int

    @property
    def best_weight_decay(self) -> float:
        """The λ of the lowest validation error averaged over the folds."""
        return self.fit.problem.weight_decay


def cross_validate(
    net: MLP,
    X: ArrayLike,
    Y: ArrayLike,
    weight_decays: Iterable[float] = WEIGHT_DECAYS,
    n_folds: int = 5,
    seed: Seed = 0,
    max_steps: int = 1000,
) -> CrossValidation:
    """Choose the weight decay by cross-validation, and fit all samples with it.

    Each fold in turn is left out and predicted by the fit to the others, so that every sample serves both purposes.

    References
    ----------
    Stone (1974), Cross-validatory choice and assessment of statistical predictions, J. Royal Statistical Society B 36.

    Examples
    --------
    >>> from nnlib import datasets
    >>> data = datasets.noisy_sine(seed=0)
    >>> found = cross_validate(MLP([1, 5, 1]), data.X, data.Y, [1e-4, 1e-2, 1.0], n_folds=3)
    >>> found.validation_error.shape, found.best_weight_decay
    ((3, 3), 0.01)
    """
    problem, rng = NetworkFit(net, X, Y), arguments.random_generator("seed", seed)
    w0, folds = net.init(rng), _folds(len(problem.X), n_folds, rng)
    return _cross_validate(problem, _decays(weight_decays), folds, w0, max_steps)


def _cross_validate(problem, decays, folds, w0, max_steps) -> CrossValidation:
    curves = [_validation_curve(*_leave_out(problem, fold), decays, w0, max_steps) for fold in folds]
    validation_error = np.column_stack([curve.validation_error for curve in curves])
    fit = _fit(problem, decays[np.argmin(validation_error.mean(axis=1))], w0, max_steps)
    return CrossValidation(
        weight_decay=curves[0].weight_decay,
        training_error=np.column_stack([curve.training_error for curve in curves]),
        validation_error=validation_error,
        fit=fit,
        n_steps=fit.n_steps + sum(fold_fit.n_steps for curve in curves for fold_fit in curve.fits),
    )


def _folds(m: int, n_folds: int, rng: np.random.Generator) -> tuple[NDArray[np.int64], ...]:
    n_folds = arguments.integer("n_folds", n_folds, at_least=2)
    if n_folds > m:
        raise ValueError(f"n_folds must be at most the number of samples, {m}, got {n_folds}")
    return split_rows(m, np.full(n_folds, 1 / n_folds), rng)


def _leave_out(problem: NetworkFit, fold: NDArray[np.int64]) -> tuple[NetworkFit, NetworkFit]:
    """What is trained on and what is left out of it."""
    return problem.batch(np.setdiff1d(np.arange(len(problem.X)), fold)), problem.batch(fold)


# ------------------------------------------------------------------------------------------------ bias and variance


class BiasVariance(NamedTuple):
    """The expected squared error and its parts against λ, averaged over the test inputs.

    Attributes
    ----------
    bias_squared : (decays,) array
        (mean prediction − f)². The mean of a finite number of sets leaves variance/sets in it.
    noise : float
        σ², which no fit gets rid of.
    expected_error : (decays,) array
        Measured: the mean squared distance from fresh noisy targets. The sum of the three up to sampling.
    predictions : (decays, sets, m, K) array
    """

    weight_decay: FloatArray
    bias_squared: FloatArray
    variance: FloatArray
    noise: float
    expected_error: FloatArray
    predictions: FloatArray


def bias_variance(
    net: MLP,
    f: Callable[[FloatArray], ArrayLike],
    X: ArrayLike,
    noise: float,
    weight_decays: Iterable[float] = WEIGHT_DECAYS,
    n_sets: int = 50,
    seed: Seed = 0,
    max_steps: int = 1000,
    X_test: ArrayLike | None = None,
) -> BiasVariance:
    """Fit many data sets f(X) + noise with each weight decay, for the squared bias, variance and noise of its error.

    The noise is given by its standard deviation σ. Predicted is at X_test, or at X if that is not given.

    References
    ----------
    Geman, Bienenstock & Doursat (1992), Neural networks and the bias/variance dilemma, Neural Computation 4.

    Examples
    --------
    A line through noisy points of a line: weight decay adds bias and takes off variance.

    >>> parts = bias_variance(MLP([1, 1]), lambda X: X, np.linspace(-1, 1, 9), 0.5, [0.0, 1.0, 10.0], n_sets=20)
    >>> parts.bias_squared.round(3), parts.variance.round(3), parts.noise
    (array([0.002, 0.01 , 0.209]), array([0.057, 0.04 , 0.008]), 0.25)
    """
    if not isinstance(net, MLP):
        raise TypeError(f"net must be an nnlib.MLP, got {type(net).__name__}")
    if not callable(f):
        raise TypeError(f"f must be a function of X, got {type(f).__name__}")
    noise, decays = arguments.number("noise", noise, at_least=0), _decays(weight_decays)
    n_sets, rng = arguments.integer("n_sets", n_sets, at_least=2), arguments.random_generator("seed", seed)
    truth = _noiseless(net, f, X)
    test = truth if X_test is None else _noiseless(net, f, X_test)

    w0 = net.init(rng)
    predictions, fresh = np.empty((2, len(decays), n_sets, *test.Y.shape))
    for s in range(n_sets):
        data = NetworkFit(net, truth.X, truth.Y + noise * rng.standard_normal(truth.Y.shape))
        fresh[:, s] = test.Y + noise * rng.standard_normal(test.Y.shape)
        for k, decay in enumerate(decays):
            predictions[k, s] = _fit(data, decay, w0, max_steps).predict(test.X)
    mean = predictions.mean(axis=1)
    return BiasVariance(
        weight_decay=np.array(decays),
        bias_squared=np.mean((mean - test.Y) ** 2, axis=(1, 2)),
        variance=predictions.var(axis=1).mean(axis=(1, 2)),
        noise=noise**2,
        expected_error=np.mean((predictions - fresh) ** 2, axis=(1, 2, 3)),
        predictions=predictions,
    )


def _noiseless(net: MLP, f: Callable[[FloatArray], ArrayLike], X: ArrayLike) -> NetworkFit:
    X = net._inputs(X)
    return named_problem("f(X)", net, (X, f(X)))


# ------------------------------------------------------------------------------------------------ the methods compared


class Contender(NamedTuple):
    """What a method made of the data, and in words what it chose; steps and seconds are those of all its fits."""

    fit: Result
    test_error: float
    chosen: str
    n_steps: int
    seconds: float


class Comparison(dict[str, Contender]):
    """The contenders by the names of their methods; printed, a table."""

    def __repr__(self) -> str:
        rows = [
            f"{method:<24} {row.test_error:>10.4g} {row.n_steps:>7} {row.seconds:>8.2f}  {row.chosen}"
            for method, row in self.items()
        ]
        return "\n".join([f"{'method':<24} {'test error':>10} {'steps':>7} {'seconds':>8}  chosen", *rows])


def compare_regularization(
    net: MLP,
    X: ArrayLike,
    Y: ArrayLike,
    test: Pair,
    weight_decays: Iterable[float] = WEIGHT_DECAYS,
    n_folds: int = 5,
    seed: Seed = 0,
    max_steps: int = 1000,
) -> Comparison:
    """Plain Levenberg–Marquardt, early stopping, cross-validated L2 and Bayesian regularization on the same data.

    Early stopping trains on all folds but one and stops by that one; the others use all samples. No method sees the
    pair `test`. Scale inputs and targets to about [−1, 1]. One data set tells little: compare the errors over several.

    Examples
    --------
    >>> from nnlib import datasets
    >>> data, fresh = datasets.noisy_sine(seed=0), datasets.noisy_sine(seed=1)
    >>> table = compare_regularization(MLP([1, 5, 1]), data.X, data.Y, (fresh.X, fresh.Y), [1e-3, 1e-1], n_folds=3)
    >>> for method, row in table.items():
    ...     print(f"{method}: {row.test_error:.4f}, {row.chosen}")
    plain LM: 0.0102, no regularization
    early stopping: 0.0127, step 15, by 14 samples left out
    cross-validated L2: 0.0106, λ = 0.001, by 3 folds
    Bayesian regularization: 0.0106, γ = 12.6 of 16, λ = α/β = 0.00059
    """
    problem, test = NetworkFit(net, X, Y), named_problem("test", net, test)
    decays, rng = _decays(weight_decays), arguments.random_generator("seed", seed)
    w0, folds = net.init(rng), _folds(len(problem.X), n_folds, rng)
    part, left_out = _leave_out(problem, folds[0])
    methods = {  # name: what it does, and what it says of what that found
        "plain LM": (lambda: _fit(problem, 0.0, w0, max_steps), lambda fit: "no regularization"),
        "early stopping": (
            lambda: _fit(part, 0.0, w0, max_steps, validation=left_out),
            lambda fit: f"step {fit.best_step}, by {len(left_out.X)} samples left out",
        ),
        "cross-validated L2": (
            lambda: _cross_validate(problem, decays, folds, w0, max_steps),
            lambda found: f"λ = {found.best_weight_decay:g}, by {len(folds)} folds",
        ),
        "Bayesian regularization": (
            lambda: train(bayesian_regularization(problem, w0), max_steps),
            lambda fit: f"γ = {fit.gamma:.3g} of {len(w0)}, λ = α/β = {fit.alpha / fit.beta:.2g}",
        ),
    }
    return Comparison({name: _contend(*method, test) for name, method in methods.items()})


def _contend(run: Callable, says: Callable, test: NetworkFit) -> Contender:
    began = time.perf_counter()
    found = run()
    seconds = time.perf_counter() - began
    fit = found.fit if isinstance(found, CrossValidation) else found
    return Contender(fit, mean_squared_error(test, fit.w), says(found), found.n_steps, seconds)
