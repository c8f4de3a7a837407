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
    """An activation function and its first two derivatives; its name is what ``MLP(hidden=…, output=…)`` takes.

    Softmax is not elementwise: its derivative is a matrix for each sample, diag(a) − a aᵀ, of which `derivative` is the
    diagonal and by which `pull` multiplies.
    """

    name: str
    g: Callable[[np.ndarray], np.ndarray]  # z to a = g(z)
    derivative: Callable[[np.ndarray], np.ndarray]  # a to g'(z), the slope at the z that gave a
    second_derivative: Callable[[np.ndarray], np.ndarray] | None  # a to g''(z)
    elementwise: bool = True

    def pull(self, a: np.ndarray, error: np.ndarray) -> np.ndarray:
        """(da/dz)ᵀ error: an error on the activations, carried back to the pre-activations. First axis: units."""
        if self.elementwise:
            return self.derivative(a) * error
        return a * (error - (a * error).sum(axis=0))

    def __reduce__(self):
        return _of_the_table, (self.name,)  # pickled by name, so that its functions may be lambdas


def _of_the_table(name: str) -> Activation:
    return ACTIVATIONS[name]


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


_TABLE = (
    Activation("tanh", np.tanh, lambda a: 1 - a * a, lambda a: -2 * a * (1 - a * a)),
    Activation("logistic", logistic, lambda a: a * (1 - a), lambda a: a * (1 - a) * (1 - 2 * a)),
    Activation("relu", relu, lambda a: (np.real(a) > 0).astype(float), np.zeros_like),
    Activation("linear", lambda z: z, np.ones_like, np.zeros_like),
    Activation("softmax", lambda z: softmax(z, axis=0), lambda a: a * (1 - a), None, elementwise=False),
)
ACTIVATIONS = {activation.name: activation for activation in _TABLE}
