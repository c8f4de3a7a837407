"""Backpropagation one sample at a time, as its formulas are written: loops over samples and layers, W and b apart.

For one sample (x, y), with W^l and b^l the weights and biases of layer l = 1..L:

    forward signals     a^0 = x,  z^l = W^l a^{l−1} + b^l,  a^l = g(z^l)
    error signals       δ^L = (a^L − y) ⊙ g′(z^L)               squared error
                        δ^L = a^L − y                           cross-entropy
                        δ^l = ((W^{l+1})ᵀ δ^{l+1}) ⊙ g′(z^l)    l = L−1, …, 1

Over the m samples accumulators add up what each of them says about each weight, and the mean is the gradient:

    Δ^l := Δ^l + δ^l (a^{l−1})ᵀ,   Δ_b^l := Δ_b^l + δ^l
    D^l = Δ^l / m + λ W^l,         D_b^l = Δ_b^l / m  (+ λ b^l)

`nnlib.backpropagation` computes the same in products of matrices, many times as fast. The loss of `NetworkFit` is the
sum over the samples and not the mean, so its gradient is m D where its weight_decay is m λ.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from nnlib import arguments
from nnlib.arguments import FloatArray
from nnlib.network import MLP
from nnlib.problems import NetworkFit


def accumulate(net: MLP, w: ArrayLike, X: ArrayLike, Y: ArrayLike, cost: str = "squared-error") -> FloatArray:
    """The accumulators Δ after all samples (n,): the gradient of the summed cost, without weight decay.

    Examples
    --------
    One linear unit: Δ_W is the sum of (a − y) x, Δ_b that of (a − y).

    >>> accumulate(MLP([1, 1]), [2.0, 0.0], [[1.0], [3.0]], [[1.0], [1.0]])
    array([16.,  6.])
    """
    data, w = NetworkFit(net, X, Y, cost), arguments.real_array("w", w, 1)
    Delta = np.zeros(net.n_params)
    accumulators = net.unpack(Delta)  # views: what is added to them is added to Delta
    for x, y in zip(data.X, data.Y, strict=True):
        a = _forward_signals(net, w, x)
        delta = _error_signals(net, w, a, y, cost)
        for l, (Delta_W, Delta_b) in enumerate(accumulators, start=1):
            Delta_W += np.outer(delta[l], a[l - 1])
            Delta_b += delta[l]
    return Delta


def mean_gradient(
    net: MLP,
    w: ArrayLike,
    X: ArrayLike,
    Y: ArrayLike,
    cost: str = "squared-error",
    weight_decay: float = 0.0,
    decay_biases: bool = True,
) -> FloatArray:
    """D = Δ/m + λW (n,), the gradient of the mean cost over the samples plus λ ½ Σ w²; λ is the weight_decay.

    Examples
    --------
    >>> net, X, Y = MLP([1, 1]), [[1.0], [3.0]], [[1.0], [1.0]]
    >>> mean_gradient(net, [2.0, 0.0], X, Y, weight_decay=0.5)
    array([9., 3.])
    >>> NetworkFit(net, X, Y, weight_decay=2 * 0.5).gradient([2.0, 0.0]) / 2
    array([9., 3.])
    """
    data = NetworkFit(net, X, Y, cost, weight_decay, decay_biases)
    D = accumulate(net, w, X, Y, cost) / len(data.X)
    for (D_W, D_b), (W, b) in zip(net.unpack(D), net.unpack(w), strict=True):
        D_W += weight_decay * W
        if decay_biases:
            D_b += weight_decay * b
    return D


def _forward_signals(net, w, x):
    """a^0..a^L of one sample."""
    a = [x]
    for (W, b), activation in zip(net.unpack(w), net.activations, strict=True):
        z = W @ a[-1] + b
        a.append(activation.g(z))
    return a


def _error_signals(net, w, a, y, cost):
    """δ^1..δ^L of one sample, delta[l] for layer l; every g′(z^l) is computed from a^l."""
    W, L = [None, *(W for W, _ in net.unpack(w))], len(a) - 1  # from 1, as in the formulas
    g = [None, *net.activations]
    delta = [None] * (L + 1)
    delta[L] = a[L] - y
    if cost == "squared-error":
        delta[L] = delta[L] * g[L].derivative(a[L])
    for l in range(L - 1, 0, -1):
        delta[l] = (W[l + 1].T @ delta[l + 1]) * g[l].derivative(a[l])
    return delta
