"""How long a whole run of Bayesian regularization takes: the noisy sine, and ten thousand samples.

Seconds are the median over the starts, from the start to the fixed point of α, β and the weights. A step costs one JᵀJ
and its eigenvalues. One BLAS thread.
"""

import os
import statistics
import time

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # it is read when numpy is loaded

import numpy as np

import nnlib
from nnlib import datasets


def noisy_sine(hidden: int) -> nnlib.NetworkFit:
    """41 samples of a sine with noise."""
    data = datasets.noisy_sine(seed=0)
    return nnlib.NetworkFit(nnlib.MLP([1, hidden, 1]), data.X, data.Y)


def another_network(samples: int) -> nnlib.NetworkFit:
    """The output of a network of 121 weights with noise on it, for a network of the same shape."""
    rng, net = np.random.default_rng(0), nnlib.MLP([8, 12, 1])
    X = rng.uniform(-1, 1, (samples, 8))
    Y = net.predict(net.init(seed=1), X)
    Y = Y / np.abs(Y).max() + 0.05 * rng.normal(size=Y.shape)
    return nnlib.NetworkFit(net, X, Y)


def measure(problem: nnlib.NetworkFit, starts: int) -> None:
    """Print a row: what the runs found, their steps and seconds."""
    fits, seconds = [], []
    for seed in range(starts):
        began = time.perf_counter()
        fits.append(nnlib.train(nnlib.bayesian_regularization(problem, problem.net.init(seed=seed))))
        seconds.append(time.perf_counter() - began)
    gammas, steps = ([getattr(fit, name) for fit in fits] for name in ("gamma", "n_steps"))
    converged = sum(fit.converged for fit in fits)
    print(
        f"{len(problem.X):7,} {problem.n_params:8} {statistics.median(gammas):8.1f} {statistics.median(steps):7.0f} "
        f"{statistics.median(seconds):8.3f}   {converged} of {starts}",
        flush=True,
    )


if __name__ == "__main__":
    print("samples  weights        γ   steps  seconds   converged")
    for hidden in (5, 10, 20):
        measure(noisy_sine(hidden), starts=11)
    measure(another_network(10_000), starts=3)
