"""What Bayesian regularization gives beyond the weights: error bars, the evidence, and choices made by it.

The mathematics is in `nnlib.optimizers.bayesian_regularization`. Here are its result (`BayesResult`), the evidence and
γ of any problem at any (w, α, β), restarts chosen by evidence, and the evidence against the number of hidden units.
"""

from __future__ import annotations

from collections.abc import Iterable
from operator import attrgetter
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nnlib import arguments
from nnlib.arguments import FloatArray
from nnlib.evidence import (
    BayesResult,
    Directions,
    ErrorBars,
    WithoutHalves,
    effective_parameters,
    log_evidence,
    measured_directions,
)
from nnlib.network import MLP
from nnlib.optimizers.bayesian_regularization import bayesian_regularization
from nnlib.problems import NetworkFit, mean_squared_error, named_problem
from nnlib.training import train

EVIDENCE = attrgetter("log_evidence")

__all__ = [
    "BayesResult",
    "Directions",
    "ErrorBars",
    "OccamsHill",
    "WithoutHalves",
    "best_of",
    "effective_parameters",
    "log_evidence",
    "measured_directions",
    "occams_hill",
]


def best_of(problem: NetworkFit, seeds: Iterable[int] = range(5), max_steps: int = 1000) -> BayesResult:
    """Train a network by Bayesian regularization from several starts and keep the fit of the highest evidence.

    Inputs and targets should be scaled to about [−1, 1]. Each seed gives a start, drawn by "nguyen-widrow".

    Examples
    --------
    >>> from nnlib import datasets
    >>> data = datasets.noisy_sine(seed=1)
    >>> fit = best_of(NetworkFit(MLP([1, 5, 1]), data.X, data.Y), seeds=range(3))
    >>> fit.converged
    True
    """
    if not isinstance(problem, NetworkFit):
        raise TypeError(f"problem must be a NetworkFit, whose net draws the starts, got {type(problem).__name__}")
    return max(_fits(problem, _whole_numbers("seeds", seeds, at_least=0), max_steps), key=EVIDENCE)


class OccamsHill(NamedTuple):
    """Evidence and γ against the number of hidden units, and the validation error where there were validation data.

    Sizes of networks lie along the first axis, starts along the second. `best` holds for each size the fit of the
    highest evidence, `validation_error` the mean squared errors on the validation data.
    """

    hidden: NDArray[np.int_]
    n_params: NDArray[np.int_]
    log_evidence: FloatArray
    gamma: FloatArray
    best: list[BayesResult]
    validation_error: FloatArray | None = None


def occams_hill(
    X: ArrayLike,
    Y: ArrayLike,
    hidden: Iterable[int] = range(1, 11),
    seeds: Iterable[int] = range(5),
    max_steps: int = 1000,
    validation: tuple[ArrayLike, ArrayLike] | None = None,
) -> OccamsHill:
    """Fit networks of one hidden layer with more and more units, for the evidence and γ of each.

    Up to the size that the data need the evidence climbs steeply. Beyond it the units that are not needed are switched
    off: γ stays where it is, whatever the number of weights, and with one α for all weights such units cost next to
    nothing, so that the evidence of the best fit stays about level. The fits that found something worse lie below.

    X and Y should be scaled to about [−1, 1]. `hidden` are the numbers of tanh units; `seeds` and `max_steps` are those
    of `best_of`. `validation` is a pair (X, Y) that is not trained on. The figure is MacKay's (see `nnlib.evidence`).

    Examples
    --------
    >>> from nnlib import datasets
    >>> data = datasets.noisy_sine(seed=0)
    >>> hill = occams_hill(data.X, data.Y, hidden=[1, 5], seeds=range(2))
    >>> hill.n_params, hill.gamma.max(axis=1).round()
    (array([ 4, 16]), array([ 2., 12.]))
    """
    X, Y = (arguments.real_array(name, array, (1, 2)) for name, array in (("X", X), ("Y", Y)))
    d, K = (1 if array.ndim == 1 else array.shape[1] for array in (X, Y))
    hidden, seeds = _whole_numbers("hidden", hidden, at_least=1), _whole_numbers("seeds", seeds, at_least=0)
    nets = [MLP([d, units, K]) for units in hidden]
    unseen = [] if validation is None else [named_problem("validation", net, validation) for net in nets]
    fits = [_fits(NetworkFit(net, X, Y), seeds, max_steps) for net in nets]
    errors = [[mean_squared_error(data, fit.w) for fit in starts] for data, starts in zip(unseen, fits, strict=False)]
    return OccamsHill(
        hidden=np.array(hidden),
        n_params=np.array([len(starts[0].w) for starts in fits]),
        log_evidence=np.array([[fit.log_evidence for fit in starts] for starts in fits]),
        gamma=np.array([[fit.gamma for fit in starts] for starts in fits]),
        best=[max(starts, key=EVIDENCE) for starts in fits],
        validation_error=None if validation is None else np.array(errors),
    )


def _fits(problem: NetworkFit, seeds: list[int], max_steps: int) -> list[BayesResult]:
    starts = [problem.net.init(seed) for seed in seeds]
    return [train(bayesian_regularization(problem, w0), max_steps=max_steps) for w0 in starts]


def _whole_numbers(name: str, numbers: Iterable[int], at_least: int) -> list[int]:
    if isinstance(numbers, (str, bytes)) or not isinstance(numbers, Iterable):
        raise TypeError(f"{name} must be whole numbers such as range(1, 6), got {numbers!r}")
    listed = [arguments.integer(f"{name}[{i}]", number, at_least=at_least) for i, number in enumerate(numbers)]
    if not listed:
        raise ValueError(f"{name} is empty: give at least one whole number")
    return listed
