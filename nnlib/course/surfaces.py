"""Test functions of two parameters with known minima, to look at what optimizers do.

Each is a least-squares problem, E = ½ Σ r², so that every optimizer runs on it. Books write most of them without the
½: their values are twice as large, their minima the same.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from nnlib import arguments, derivatives
from nnlib.arguments import FloatArray
from nnlib.problems import CurveFit

Window = tuple[tuple[float, float], tuple[float, float]]


class Surface(CurveFit):
    """A loss E(w) = ½ Σ r(w)² over the plane, w = (x, y), with everything an optimizer may ask for.

    Attributes
    ----------
    start : (2,) array
        Where it is customary to start.
    minima : (k, 2) array
        Its minima, one a row; E = 0 in each.
    window : ((float, float), (float, float))
        The part of the plane to draw, limits of x and of y: start, minima and the ways between them are inside.

    Examples
    --------
    >>> valley = rosenbrock()
    >>> valley
    Surface(rosenbrock, minimum at (1, 1))
    >>> float(valley.loss(valley.start))
    12.1
    """

    n_params = 2

    def __init__(
        self,
        name: str,
        residuals: Callable[[FloatArray], FloatArray],
        jacobian: Callable[[FloatArray], FloatArray],
        start: ArrayLike,
        minima: ArrayLike,
        window: Window,
    ):
        self.name, self.start, self.minima, self.window = name, np.array(start, float), np.array(minima, float), window
        self._gradient = lambda w: jacobian(w).T @ residuals(w)
        n_residuals = len(residuals(self.start))
        super().__init__(lambda w, x: residuals(_pair(w)), 0.0, np.zeros(n_residuals), lambda w, x: jacobian(_pair(w)))

    def __repr__(self) -> str:
        where = ", ".join(f"({x:.4g}, {y:.4g})" for x, y in self.minima)
        return f"Surface({self.name}, {'minimum' if len(self.minima) == 1 else 'minima'} at {where})"

    def hessian(self, w: ArrayLike) -> FloatArray:
        """H = JᵀJ + Σ r_i ∇²r_i (2, 2): the derivative of g = Jᵀr by the complex step, exact to rounding."""
        H = derivatives.numerical_jacobian(self._gradient, _pair(arguments.real_numbers("w", w)), method="complex")
        return (H + H.T) / 2


def _pair(w):
    if np.shape(w) != (2,):
        raise ValueError(f"w must be the two numbers x and y, got an array of shape {np.shape(w)}")
    return w


def quadratic_bowl(condition_number: float = 10.0) -> Surface:
    """E = ½ (x² + κ y²), whose Hessian has the eigenvalues 1 and κ ≥ 1 everywhere.

    Examples
    --------
    >>> quadratic_bowl(100.0).hessian([3.0, 4.0])
    array([[  1.,   0.],
           [  0., 100.]])
    """
    slopes = np.array([1.0, np.sqrt(arguments.number("condition_number", condition_number, at_least=1))])
    window = ((-3.0, 3.0), (-2.0, 2.0))
    return Surface("quadratic_bowl", lambda w: slopes * w, lambda w: np.diag(slopes), [-2.0, 1.0], [[0.0, 0.0]], window)


def rosenbrock() -> Surface:
    """E = ½ [(1 − x)² + 100 (y − x²)²], a bent valley with a flat floor: Rosenbrock (1960), Computer Journal 3."""

    def residuals(w):
        x, y = w
        return np.array([1 - x, 10 * (y - x * x)])

    def jacobian(w):
        x, _ = w
        return np.array([[-1, 0 * x], [-20 * x, 10]])

    return Surface("rosenbrock", residuals, jacobian, [-1.2, 1.0], [[1.0, 1.0]], ((-2.0, 2.0), (-4.0, 3.0)))


def himmelblau() -> Surface:
    """E = ½ [(x² + y − 11)² + (x + y² − 7)²]: four minima, and between them four saddles and a maximum.

    Himmelblau (1972), Applied Nonlinear Programming.
    """

    def residuals(w):
        x, y = w
        return np.array([x * x + y - 11, x + y * y - 7])

    def jacobian(w):
        x, y = w
        return np.array([[2 * x, 1], [1, 2 * y]])

    minima = [
        [3.0, 2.0],
        [-2.8051180869527448, 3.131312518250573],
        [-3.779310253377747, -3.2831859912861696],
        [3.5844283403304917, -1.8481265269644036],
    ]
    return Surface("himmelblau", residuals, jacobian, [0.0, 0.0], minima, ((-5.0, 5.0), (-5.0, 5.0)))


def beale() -> Surface:
    """E = ½ Σ_i (c_i − x (1 − y^i))², i = 1, 2, 3, c = (1.5, 2.25, 2.625): plateaus with steep edges.

    Moré, Garbow & Hillstrom (1981), Testing unconstrained optimization software, ACM TOMS 7, problem 5.
    """
    c, i = np.array([1.5, 2.25, 2.625]), np.array([1, 2, 3])

    def residuals(w):
        x, y = w
        return c - x * (1 - y**i)

    def jacobian(w):
        x, y = w
        return np.column_stack([y**i - 1, x * i * y ** (i - 1)])

    return Surface("beale", residuals, jacobian, [1.0, 1.0], [[3.0, 0.5]], ((-1.0, 4.5), (-2.0, 2.0)))


def saddle() -> Surface:
    """E = ½ x² + ¼ (y² − 1)²: two minima, and between them a saddle at the origin with the eigenvalues 1 and −1."""

    def residuals(w):
        x, y = w
        return np.array([x, (y * y - 1) / np.sqrt(2)])

    def jacobian(w):
        _, y = w
        return np.array([[1, 0 * y], [0, np.sqrt(2) * y]])

    return Surface("saddle", residuals, jacobian, [1.5, 0.1], [[0.0, -1.0], [0.0, 1.0]], ((-2.0, 2.0), (-1.8, 1.8)))
