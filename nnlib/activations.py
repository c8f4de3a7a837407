"""Activation functions a = g(z), with the derivatives that backpropagation needs, computed from the OUTPUT a.

Every function here works element by element on arrays of any shape, and also on complex arrays, so that derivatives
can be checked by the complex step. Softmax alone mixes the units of a layer; it is for output layers.

What is in the table `ACTIVATIONS` gets z as the inside of a network has it: (units, samples).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from nnlib import arguments


@dataclass(frozen=True)
class Activation:
    """An activation function and its first two derivatives.

    Attributes
    ----------
    name : str
        The name it goes by in ``MLP(hidden=..., output=...)``.
    g : callable
        Pre-activations z to activations a = g(z).
    derivative : callable
        Activations a to g'(z), the slope at the z that gave a.
    second_derivative : callable
        Activations a to g''(z); None for softmax.
    elementwise : bool
        False for softmax, whose derivative is a matrix for each sample, diag(a) − a aᵀ: ``derivative`` is its
        diagonal, ``pull`` multiplies by the whole of it.
    """

    name: str
    g: Callable[[np.ndarray], np.ndarray]
    derivative: Callable[[np.ndarray], np.ndarray]
    second_derivative: Callable[[np.ndarray], np.ndarray] | None
    elementwise: bool = True

    def pull(self, a: np.ndarray, error: np.ndarray) -> np.ndarray:
        """(da/dz)ᵀ error: an error on the activations, carried back to the pre-activations. First axis: units."""
        if self.elementwise:
            return self.derivative(a) * error
        return a * (error - (a * error).sum(axis=0))


def logistic(z: np.ndarray) -> np.ndarray:
    """1 / (1 + e^−z), for z below 0 as e^z / (1 + e^z), so that nothing overflows.

    >>> logistic(np.array([-1000.0, 0.0]))
    array([0. , 0.5])
    """
    z = arguments.numbers("z", z)
    e = np.exp(np.where(np.real(z) > 0, -z, z))
    return np.where(np.real(z) > 0, 1.0, e) / (1.0 + e)


def relu(z: np.ndarray) -> np.ndarray:
    """max(z, 0); of complex numbers, by the sign of the real part.

    >>> relu(np.array([-2.0, 3.0]))
    array([0., 3.])
    """
    z = arguments.numbers("z", z)
    return np.where(np.real(z) <= 0, 0.0, z)  # this way round a nan stays one


def softmax(z: np.ndarray, axis: int = -1) -> np.ndarray:
    """e^z_k / Σ_j e^z_j over one axis, the last unless told; the largest z is subtracted, so that nothing overflows.

    >>> softmax(np.array([1000.0, 1000.0]))
    array([0.5, 0.5])
    """
    z = arguments.numbers("z", z)
    if z.ndim == 0 or z.size == 0:
        raise ValueError(f"z must have at least one axis and no empty one, got an array of shape {z.shape}")
    e = np.exp(z - np.real(z).max(axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)


def _softmax_of_columns(z: np.ndarray) -> np.ndarray:
    return softmax(z, axis=0)


def _one(a: np.ndarray) -> np.ndarray:
    return np.ones_like(a)


def _zero(a: np.ndarray) -> np.ndarray:
    return np.zeros_like(a)


def _linear(z: np.ndarray) -> np.ndarray:
    return z


def _tanh_slope(a: np.ndarray) -> np.ndarray:
    return 1 - a * a


def _tanh_bend(a: np.ndarray) -> np.ndarray:
    return -2 * a * (1 - a * a)


def _logistic_slope(a: np.ndarray) -> np.ndarray:
    return a * (1 - a)


def _logistic_bend(a: np.ndarray) -> np.ndarray:
    return a * (1 - a) * (1 - 2 * a)


def _relu_slope(a: np.ndarray) -> np.ndarray:
    return (np.real(a) > 0).astype(float)


# Named functions, no lambdas, so that a network can be pickled.
_TABLE = (
    Activation("tanh", np.tanh, _tanh_slope, _tanh_bend),
    Activation("logistic", logistic, _logistic_slope, _logistic_bend),
    Activation("relu", relu, _relu_slope, _zero),
    Activation("linear", _linear, _one, _zero),
    Activation("softmax", _softmax_of_columns, _logistic_slope, None, elementwise=False),
)
ACTIVATIONS = {activation.name: activation for activation in _TABLE}
