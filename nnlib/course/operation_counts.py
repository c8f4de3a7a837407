"""How many multiply-adds training takes: formulas in the sizes of the network, to hold methods against each other.

Counted are products, quotients and values of functions such as tanh, one each; sums ride along with products. Finding
g′ from an activation is not counted, nor are a few vectors of n numbers that a step handles besides. With u_l units in
layer l and u_0 inputs, for one sample:

    forward      Σ_l u_l (u_{l−1} + 1)                 and a function value for each unit that is not linear
    backward     Σ_{l<L} u_l (u_{l+1} + 1)             the error signals
    gradient     Σ_l u_l (u_{l−1} + 1) = n             δ^l (ā^{l−1})ᵀ

So for each sample a gradient by backpropagation costs about 2n to 3n, one by central differences 2n forward passes,
about 2n², and JᵀJ takes n (n + 1)/2. Solving for a Levenberg–Marquardt step takes n³/3 more, whatever their number.

A multiply-add is not a unit of time: a tanh takes as long as a hundred of them or more, and a large product of matrices
does more of them in a second than a small one.

References
----------
Golub & Van Loan (2013), Matrix Computations, 4th ed., section 3.2: the count of a solution by elimination.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nnlib import arguments, derivatives
from nnlib.network import MLP
from nnlib.problems import NetworkFit

ADAM_UPDATE = 10  # products, quotients and roots for one weight in `nnlib.optimizers.adam.adam_rule`


def loss(net: MLP, samples: int) -> int:
    """Multiply-adds of the squared error of all samples: a forward pass, and the squares of the residuals.

    Parameters
    ----------
    net : MLP
    samples : int

    Returns
    -------
    int

    Examples
    --------
    >>> loss(MLP([1, 10, 1]), samples=1)  # 31 weights, 10 times tanh, one square
    42
    """
    m = _checked(net, samples)
    functions = sum(net.sizes[1:-1]) * (net.hidden != "linear") + net.n_outputs * (net.output != "linear")
    return m * (net.n_params + functions + net.n_outputs)


def gradient(net: MLP, samples: int) -> int:
    """Multiply-adds of the gradient of the squared error by backpropagation, its loss included.

    Parameters
    ----------
    net, samples
        As for `loss`.

    Returns
    -------
    int

    Examples
    --------
    >>> gradient(MLP([1, 10, 1]), samples=1)
    94
    """
    return loss(net, samples) + samples * (_error_signals(net) + net.n_params)


def gradient_by_differences(net: MLP, samples: int) -> int:
    """Multiply-adds of the same gradient by central differences: two losses for each weight.

    Parameters
    ----------
    net, samples
        As for `loss`.

    Returns
    -------
    int

    Examples
    --------
    >>> gradient_by_differences(MLP([1, 10, 1]), samples=1)
    2604
    """
    one_loss = loss(net, samples)
    return 2 * net.n_params * one_loss


def normal_equations(net: MLP, samples: int) -> int:
    """Multiply-adds of JᵀJ, one half of this symmetric matrix, and of Jᵀr, their loss included.

    Parameters
    ----------
    net : MLP
        With one output: with several, JᵀJ is not computed from J.
    samples : int

    Returns
    -------
    int

    Raises
    ------
    ValueError
        For a network with several outputs.

    Examples
    --------
    >>> normal_equations(MLP([1, 10, 1]), samples=1)
    621
    """
    m, n = _checked(net, samples), net.n_params
    if net.n_outputs != 1:
        raise ValueError(f"net must have one output, it has {net.n_outputs}")
    J, JTJ, JTr = n, n * (n + 1) // 2, n
    return loss(net, samples) + m * (_error_signals(net) + J + JTJ + JTr)


def linear_solve(n: int) -> int:
    """Multiply-adds of solving n equations: (n³ − n)/3 for the elimination and n² for the two triangular systems.

    Parameters
    ----------
    n : int

    Returns
    -------
    int

    Examples
    --------
    >>> linear_solve(2)
    6
    """
    n = arguments.integer("n", n, at_least=1)
    return (n**3 - n) // 3 + n**2


def levenberg_marquardt(net: MLP, samples: int, tries: int, accepted: int) -> int:
    """Multiply-adds of a run of `nnlib.levenberg_marquardt` on the squared error.

    The start takes the normal equations; each try solves them, and costs a loss more if it is rejected and the normal
    equations at the new point if it is accepted.

    Parameters
    ----------
    net : MLP
        With one output.
    samples : int
        At least as many as weights; with fewer nnlib solves another system.
    tries, accepted : int
        Steps tried, and how many of them were accepted.

    Returns
    -------
    int

    Raises
    ------
    ValueError
        For several outputs, fewer samples than weights, or more accepted steps than tries.

    Examples
    --------
    >>> levenberg_marquardt(MLP([1, 10, 1]), samples=41, tries=20, accepted=18)
    704823
    """
    tries, accepted = arguments.integer("tries", tries, at_least=0), arguments.integer("accepted", accepted, at_least=0)
    if accepted > tries:
        raise ValueError(f"accepted must be at most tries = {tries}, got {accepted}")
    model, n = normal_equations(net, samples), net.n_params
    if samples < n:
        raise ValueError(f"samples must be at least the number of weights, {n}, got {samples}")
    rejected = tries - accepted
    return (1 + accepted) * model + rejected * loss(net, samples) + tries * linear_solve(n)


def adam(net: MLP, samples: int, steps: int, batch_size: int | None = None) -> int:
    """Multiply-adds of a run of `nnlib.adam` on the squared error.

    The start takes two losses and a gradient. A step on the full batch takes one gradient and one update. A step in
    mini-batches goes through all samples once, with an update for each batch, and takes one gradient more, of all
    samples, to say where it stands.

    Parameters
    ----------
    net, samples
        As for `loss`.
    steps : int
    batch_size : int, optional
        As for `nnlib.adam`.

    Returns
    -------
    int

    Examples
    --------
    >>> adam(MLP([1, 10, 1]), samples=41, steps=1000)
    4171298
    """
    start = 2 * loss(net, samples) + gradient(net, samples)
    gradients, updates = 1, 1
    if batch_size is not None:
        gradients, updates = 2, math.ceil(samples / arguments.integer("batch_size", batch_size, at_least=1))
    step = gradients * gradient(net, samples) + updates * ADAM_UPDATE * net.n_params
    return start + arguments.integer("steps", steps, at_least=0) * step


class GradientCosts(NamedTuple):
    """What gradients cost in two ways, for networks of several sizes: arrays with one entry a network.

    Attributes
    ----------
    n_params : (k,) int array
        Number of weights and biases.
    backpropagation, differences : (k,) int array
        Multiply-adds, by `gradient` and `gradient_by_differences`.
    backpropagation_seconds, differences_seconds : (k,) array
        The shortest of the runs.
    """

    n_params: NDArray[np.int64]
    backpropagation: NDArray[np.int64]
    differences: NDArray[np.int64]
    backpropagation_seconds: NDArray[np.float64]
    differences_seconds: NDArray[np.float64]


def gradient_costs(
    nets: Sequence[MLP], samples: int, seed: int | np.random.Generator, repeats: int = 3
) -> GradientCosts:
    """Count and time the gradient by backpropagation and one weight at a time by central differences.

    Parameters
    ----------
    nets : sequence of MLP
    samples : int
        Number of random samples.
    seed : int or numpy Generator
        For weights and data; neither has an influence on the counts.
    repeats : int, default 3
        How often each gradient is timed.

    Returns
    -------
    GradientCosts

    Raises
    ------
    TypeError, ValueError
        For arguments of the wrong type or range.

    Examples
    --------
    With four times the weights backpropagation costs 4 times as much, and differences 16 times:

    >>> costs = gradient_costs([MLP([2, 10, 1]), MLP([2, 40, 1])], samples=5, seed=0, repeats=1)
    >>> print(costs.n_params)
    [ 41 161]
    >>> float(costs.backpropagation[1] / costs.backpropagation[0])
    3.89
    >>> float(costs.differences[1] / costs.differences[0])
    15.25
    """
    if not isinstance(nets, Sequence) or not nets:
        raise TypeError(f"nets must be a list of networks, got {nets!r}")
    rng, repeats = arguments.random_generator("seed", seed), arguments.integer("repeats", repeats, at_least=1)
    rows = [_gradient_cost(net, arguments.integer("samples", samples, at_least=1), rng, repeats) for net in nets]
    return GradientCosts(*(np.array(column) for column in zip(*rows, strict=True)))


def _gradient_cost(net, samples, rng, repeats):
    """One network's entry of `GradientCosts`."""
    counts = gradient(net, samples), gradient_by_differences(net, samples)
    w, X, Y = (rng.uniform(-1, 1, shape) for shape in (net.n_params, (samples, net.n_inputs), (samples, net.n_outputs)))
    problem = NetworkFit(net, X, Y)
    seconds = (
        _shortest(lambda: problem.gradient(w), repeats),
        _shortest(lambda: derivatives.numerical_gradient(problem.loss, w, "central"), repeats),
    )
    return net.n_params, *counts, *seconds


def _shortest(run: Callable, repeats: int) -> float:
    """Seconds that the fastest of the runs takes: the one that the machine disturbed least."""
    times = []
    for _ in range(repeats):
        began = time.perf_counter()
        run()
        times.append(time.perf_counter() - began)
    return min(times)


def _error_signals(net: MLP) -> int:
    """Products on the way from the error to the δ of all layers: the output's g′ and, below, (W^{l+1})ᵀ and g′."""
    return net.n_outputs + sum(units * (above + 1) for units, above in zip(net.sizes[1:-1], net.sizes[2:], strict=True))


def _checked(net, samples) -> int:
    if not isinstance(net, MLP):
        raise TypeError(f"net must be an nnlib.MLP, got {type(net).__name__}")
    return arguments.integer("samples", samples, at_least=1)
