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
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache
from itertools import pairwise
from timeit import repeat
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nnlib import arguments, derivatives, graph
from nnlib.arguments import FloatArray
from nnlib.network import MLP
from nnlib.problems import NetworkFit

ADAM_UPDATE = 10  # products, quotients and roots for one weight in `nnlib.optimizers.adam.adam_rule`


def loss(net: MLP, samples: int) -> int:
    """Multiply-adds of the squared error of all samples: a forward pass, and the squares of the residuals.

    >>> loss(MLP([1, 10, 1]), samples=1)  # 31 weights, 10 times tanh, one square
    42
    """
    if not isinstance(net, MLP):
        raise TypeError(f"net must be an nnlib.MLP, got {type(net).__name__}")
    functions = sum(net.sizes[1:-1]) * (net.hidden != "linear") + net.n_outputs * (net.output != "linear")
    return arguments.integer("samples", samples, at_least=1) * (net.n_params + functions + net.n_outputs)


def gradient(net: MLP, samples: int) -> int:
    """Multiply-adds of the gradient of the squared error by backpropagation, its loss included."""
    return loss(net, samples) + samples * (_error_signals(net) + net.n_params)


def gradient_by_differences(net: MLP, samples: int) -> int:
    """Multiply-adds of the same gradient by central differences: two losses for each weight."""
    return 2 * loss(net, samples) * net.n_params


def gradient_by_forward_mode(net: MLP, samples: int) -> int:
    """Multiply-adds of the same gradient by forward mode, a sweep for each weight: what a graph with tanh counts."""
    meter, a, directions = graph.Meter(), graph.constant(np.ones((net.sizes[0], samples))), {}
    for layer, (inputs, units) in enumerate(pairwise(net.sizes), start=1):
        W, b = graph.variable(np.ones((units, inputs)), f"W{layer}"), graph.variable(np.ones((units, 1)), f"b{layer}")
        a = graph.tanh(W @ a + b)
        directions |= {W: np.ones((units, inputs)), b: np.ones((units, 1))}
    graph.jvp(graph.sum(a * a), directions, meter=meter)
    return net.n_params * (meter.evaluation + meter.differentiation)


def layers_of_a_graph(depth: int, width: int, outputs: int) -> tuple[graph.Node, graph.Node]:
    """Layers z = tanh(W a), one after the other, from as many inputs as they are wide: the input and the last layer."""
    rng = np.random.default_rng(0)
    a = x = graph.variable(rng.normal(size=width), name="x")
    for rows in [width] * (depth - 1) + [outputs]:
        a = graph.tanh(graph.constant(rng.normal(size=(rows, width)) / np.sqrt(width)) @ a)
    return x, a


@cache
def jacobian_of_layers(depth: int, width: int, outputs: int) -> dict[str, graph.Meter]:
    """What the Jacobian of `layers_of_a_graph` takes in each mode, counted while it is computed."""
    x, last = layers_of_a_graph(depth, width, outputs)
    counted = {"forward": graph.Meter(), "reverse": graph.Meter()}
    for mode, meter in counted.items():
        graph.jacobian(last, x, mode, meter=meter)
    return counted


def normal_equations(net: MLP, samples: int) -> int:
    """Multiply-adds of JᵀJ (one half of it is enough), Jᵀr and the loss, for a network with one output."""
    one_loss, n = loss(net, samples), net.n_params
    if net.n_outputs != 1:  # nnlib does not compute JᵀJ from J then
        raise ValueError(f"net must have one output, it has {net.n_outputs}")
    J, JTJ, JTr = n, n * (n + 1) // 2, n
    return one_loss + samples * (_error_signals(net) + J + JTJ + JTr)


def linear_solve(n: int) -> int:
    """Multiply-adds of solving n equations: (n³ − n)/3 for the elimination and n² for the two triangular systems.

    Golub & Van Loan (2013), Matrix Computations, 4th ed., section 3.2.
    """
    n = arguments.integer("n", n, at_least=1)
    return (n**3 - n) // 3 + n**2


def levenberg_marquardt(net: MLP, samples: int, tries: int, accepted: int) -> int:
    """Multiply-adds of a run of `nnlib.levenberg_marquardt` on the squared error, by tries and how many were accepted.

    The start takes the normal equations; each try solves them, and costs a loss more if it is rejected and the normal
    equations at the new point if it is accepted. There must be as many samples as weights: with fewer nnlib solves
    another system.

    >>> levenberg_marquardt(MLP([1, 10, 1]), samples=41, tries=20, accepted=18)
    704823
    """
    tries = arguments.integer("tries", tries, at_least=0)
    accepted = arguments.integer("accepted", accepted, at_least=0)
    if accepted > tries:
        raise ValueError(f"accepted must be at most tries = {tries}, got {accepted}")
    model, n = normal_equations(net, samples), net.n_params
    if samples < n:
        raise ValueError(f"samples must be at least the number of weights, {n}, got {samples}")
    return (1 + accepted) * model + (tries - accepted) * loss(net, samples) + tries * linear_solve(n)


def adam(net: MLP, samples: int, steps: int, batch_size: int | None = None) -> int:
    """Multiply-adds of a run of `nnlib.adam` on the squared error.

    The start takes a loss and a gradient. A step on the full batch takes one gradient and one update. A step in
    mini-batches goes through all samples once, with an update for each batch, and takes one gradient more, of all
    samples, to say where it stands.

    >>> adam(MLP([1, 10, 1]), samples=41, steps=1000)
    4169576
    """
    one_gradient = gradient(net, samples)
    gradients, updates = 1, 1
    if batch_size is not None:
        gradients, updates = 2, math.ceil(samples / arguments.integer("batch_size", batch_size, at_least=1))
    step = gradients * one_gradient + updates * ADAM_UPDATE * net.n_params
    return loss(net, samples) + one_gradient + arguments.integer("steps", steps, at_least=0) * step


class GradientCosts(NamedTuple):
    """Multiply-adds and shortest times of gradients in two ways, one entry a network."""

    n_params: NDArray[np.int64]
    backpropagation: NDArray[np.int64]
    differences: NDArray[np.int64]
    backpropagation_seconds: FloatArray
    differences_seconds: FloatArray


def gradient_costs(
    nets: Sequence[MLP], samples: int, seed: int | np.random.Generator, repeats: int = 3
) -> GradientCosts:
    """Count and time the gradient by backpropagation, and one weight at a time by central differences.

    With four times the weights backpropagation costs 4 times as much, and differences 16 times:

    >>> costs = gradient_costs([MLP([2, 10, 1]), MLP([2, 40, 1])], samples=5, seed=0, repeats=1)
    >>> float(costs.backpropagation[1] / costs.backpropagation[0])
    3.89
    >>> float(costs.differences[1] / costs.differences[0])
    15.25
    """
    if not isinstance(nets, Sequence) or not nets:
        raise TypeError(f"nets must be a list of networks, got {nets!r}")
    rng = arguments.random_generator("seed", seed)
    rows = [_gradient_cost(net, samples, rng, arguments.integer("repeats", repeats, at_least=1)) for net in nets]
    return GradientCosts(*(np.array(column) for column in zip(*rows, strict=True)))


def _gradient_cost(net, samples, rng, repeats):
    """One network's entry of `GradientCosts`, on random weights and data, which have no influence on the counts."""
    counts = gradient(net, samples), gradient_by_differences(net, samples)
    w, X, Y = (rng.uniform(-1, 1, shape) for shape in (net.n_params, (samples, net.n_inputs), (samples, net.n_outputs)))
    problem = NetworkFit(net, X, Y)
    ways = lambda: problem.gradient(w), lambda: derivatives.numerical_gradient(problem.loss, w, "central")
    return net.n_params, *counts, *(min(repeat(way, number=1, repeat=repeats)) for way in ways)


def _error_signals(net: MLP) -> int:
    """Products on the way from the error to the δ of all layers: the output's g′ and, below, (W^{l+1})ᵀ and g′."""
    return net.n_outputs + sum(units * (above + 1) for units, above in zip(net.sizes[1:-1], net.sizes[2:], strict=True))
