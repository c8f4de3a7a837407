"""Where the steps of numerical derivatives come from: the error of each way against the size of its step.

In double logarithmic scale the errors of differences have the shape of a V. Truncation falls with h, forward
differences with slope 1 and central ones with slope 2; rounding rises as ε/h, slope −1. The lowest points lie near
h = √ε and h = ε^(1/3). The complex step has the truncation of central differences (so its line is flat, near ε, where
h < √ε) and no rounding that grows; automatic differentiation has neither.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nnlib import arguments, graph
from nnlib.arguments import FloatArray
from nnlib.derivatives import complex_value


class DerivativeErrors(NamedTuple):
    """Relative errors of four ways to a derivative: three of them at every step h (k,), the fourth takes no step.

    Attributes
    ----------
    steps : (k,) array
        The steps h.
    forward, central, complex_step : (k,) array
        Of (f(x + h) − f(x)) / h, of (f(x + h) − f(x − h)) / 2h and of Im f(x + ih) / h.
    automatic : float
        Of automatic differentiation, reverse mode on the graph of f.
    """

    steps: FloatArray
    forward: FloatArray
    central: FloatArray
    complex_step: FloatArray
    automatic: float


def derivative_errors(f: Callable, x: float, derivative: float, steps: ArrayLike) -> DerivativeErrors:
    """Errors of differences, of the complex step and of automatic differentiation, at each of the steps h.

    They are relative to the exact f′(x), which is given by hand and must not be 0.

    Parameters
    ----------
    f : callable
        Made of numpy operations that the graph knows too (see `nnlib.graph`); it is called with real and
        complex arrays, element by element, and with a node of a graph.

    References
    ----------
    Nocedal & Wright (2006), section 8.1, for differences; Squire & Trapp (1998) for the complex step.

    Examples
    --------
    >>> errors = derivative_errors(np.sin, 1.0, np.cos(1.0), [1e-1, 1e-5, 1e-9])
    >>> with np.printoptions(precision=0):
    ...     print(errors.forward, errors.central)
    [8.e-02 8.e-06 1.e-07] [2.e-03 2.e-11 5.e-09]
    >>> errors.automatic
    0.0
    """
    if not callable(f):
        raise TypeError(f"f must be a function of x, got {type(f).__name__}")
    x, h = arguments.number("x", x), arguments.real_array("steps", steps, 1)
    derivative = arguments.number("derivative", derivative)
    if derivative == 0:
        raise ValueError("derivative must not be 0: errors are relative to it")
    if h.min() <= 0:
        raise ValueError(f"steps must be above 0, one is {h.min():g}")

    def error(approximation):
        return np.abs(approximation - derivative) / abs(derivative)

    at, node = np.full_like(h, x), graph.variable(x, name="x")
    return DerivativeErrors(
        steps=h,
        forward=error((_elementwise(f, at + h) - _elementwise(f, at)) / h),
        central=error((_elementwise(f, at + h) - _elementwise(f, at - h)) / (2 * h)),
        complex_step=error(_elementwise(f, at + 1j * h).imag / h),
        automatic=float(error(graph.gradient(f(node))[node])),
    )


def _elementwise(f, x: NDArray) -> NDArray:
    """f at an array of numbers; complex values at complex ones, finite and one for each."""
    value = complex_value(f, x) if np.iscomplexobj(x) else arguments.real_numbers("f(x)", f(x))
    if np.shape(value) != x.shape:
        raise ValueError(f"f must go element by element: f(x) has shape {np.shape(value)} for x of shape {x.shape}")
    return arguments.all_finite("f(x)", value)
