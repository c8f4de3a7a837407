"""Costs: what the outputs of a network are compared with the targets by. All are SUMS over samples and outputs.

A cost is asked for three things, each at the pre-activations z of the output layer, with a = g(z) the outputs and Y the
targets, all (K, m): as inside the network, one sample a COLUMN:

- its value E;
- the output error δ = ∂E/∂z, where backpropagation starts;
- the curvature ∂²E/∂z², (K, K) for each sample (for squared error without the term that the residuals multiply),
  which is where the Gauss–Newton matrix starts.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from nnlib.activations import Activation


@dataclass(frozen=True)
class Cost:
    """A cost as functions of (z, a, Y, output activation)."""

    value: Callable[..., float]  # E
    delta: Callable[..., np.ndarray]  # δ = ∂E/∂z (K, m)
    delta_along: Callable[..., np.ndarray]  # (∂²E/∂z²) dz (K, m), how δ changes with z; dz is the last argument
    curvature: Callable[..., np.ndarray]  # ∂²E/∂z² (K, K, m)


# Squared error E = ½ Σ (a − y)², for element-wise outputs.


def _half_sse(z, a, Y, output: Activation):
    r = a - Y
    return 0.5 * (r * r).sum()


def _half_sse_delta(z, a, Y, output: Activation):
    return (a - Y) * output.derivative(a)


def _half_sse_delta_along(z, a, Y, output: Activation, dz):
    slope = output.derivative(a)
    return (slope * slope + (a - Y) * output.second_derivative(a)) * dz


def _half_sse_curvature(z, a, Y, output: Activation):
    return output.derivative(a)[:, None] ** 2 * np.eye(len(a))[:, :, None]  # diagonal matrices


# Cross-entropy with logistic outputs, each output a yes or no of its own: E = −Σ [y ln a + (1 − y) ln(1 − a)].


def _logistic_entropy(z, a, Y, output: Activation):
    # ln a = −ln(1 + e^−z) and ln(1 − a) = −ln(1 + e^z): no logarithm of a rounded 0. Split by the sign of z so that
    # the exponential never overflows; written without |z| so that the complex step goes through.
    sign = np.where(np.real(z) > 0, 1.0, -1.0)
    return (np.log1p(np.exp(-sign * z)) + np.where(sign > 0, (1 - Y) * z, -Y * z)).sum()


# Cross-entropy with softmax outputs, one class a sample: E = −Σ y ln a.


def _softmax_entropy(z, a, Y, output: Activation):
    shifted = z - np.real(z).max(axis=0)
    log_a = shifted - np.log(np.exp(shifted).sum(axis=0))
    return -(Y * log_a).sum()


# What both cross-entropies share: their outputs are the matching ones, so δ has no g′ in it. ∂a/∂z is their curvature.


def _entropy_delta(z, a, Y, output: Activation):
    return a - Y


def _entropy_delta_along(z, a, Y, output: Activation, dz):
    return output.pull(a, dz)


def _logistic_curvature(z, a, Y, output: Activation):
    return output.derivative(a)[:, None] * np.eye(len(a))[:, :, None]


def _softmax_curvature(z, a, Y, output: Activation):
    return a[:, None] * (np.eye(len(a))[:, :, None] - a)


SQUARED_ERROR = Cost(_half_sse, _half_sse_delta, _half_sse_delta_along, _half_sse_curvature)
LOGISTIC_CROSS_ENTROPY = Cost(_logistic_entropy, _entropy_delta, _entropy_delta_along, _logistic_curvature)
SOFTMAX_CROSS_ENTROPY = Cost(_softmax_entropy, _entropy_delta, _entropy_delta_along, _softmax_curvature)

# The name a reader gives and the output activation decide together which cost it is.
COSTS = {("squared-error", output): SQUARED_ERROR for output in ("linear", "tanh", "logistic", "relu")} | {
    ("cross-entropy", "logistic"): LOGISTIC_CROSS_ENTROPY,
    ("cross-entropy", "softmax"): SOFTMAX_CROSS_ENTROPY,
}
