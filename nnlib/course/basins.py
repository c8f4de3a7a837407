"""Where a method takes every start of the course's one neuron: thousands of runs at once, as its optimizer does each.

The neuron is ŷ = tanh(w₁x + b). A plane of starts is an array of pairs (w₁, b), and each step below is taken by all of
them together; what is 2 × 2 is solved by Cramer's rule. A method yields w before each step, and takes the step with
all of them, or with those for which the mask that is sent is true.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from nnlib import arguments
from nnlib.arguments import FloatArray

EPS = np.finfo(float).eps
GRID = np.linspace(-3.0, 4.0, 60), np.linspace(-3.5, 3.0, 60)  # w₁ and b of the starts


class Basin(NamedTuple):
    """What became of a grid of starts.

    Attributes
    ----------
    w1, b : (columns,), (rows,) arrays
        The starts' weights and biases.
    steps : (rows, columns) array
        Steps until w is within 0.01 of the minimum, rejected ones counted; nan where it never is.
    """

    w1: FloatArray
    b: FloatArray
    steps: FloatArray

    @property
    def share(self) -> float:
        """The part of the starts that reach the minimum."""
        return float(np.isfinite(self.steps).mean())

    @property
    def median(self) -> float:
        """The median number of steps of those."""
        return float(np.nanmedian(self.steps))


class Model(NamedTuple):
    """At every w: the loss, the gradient (2, …), and the upper triangle of JᵀJ or of H as (a, c, d)."""

    loss: FloatArray
    g: FloatArray
    matrix: FloatArray


def basin(problem, method: str, minimum: ArrayLike, *, max_steps: int, **options) -> Basin:
    """Run a method from a grid of 60 × 60 starts over the window of `GRID`.

    Parameters
    ----------
    problem : NetworkFit
        One tanh neuron with one input.
    method : {"steepest descent", "newton", "gauss-newton", "levenberg-marquardt"}
        LM has the gain-ratio rule.
    minimum : (2,) array
        Where the runs should end.
    **options
        The `learning_rate` of descent (default 0.1), the first `mu` of LM (default 0.001).
    """
    run = METHODS[arguments.choice("method", method, METHODS)]
    w = np.array(np.meshgrid(*GRID)).reshape(2, -1)
    steps, going = np.full(w.shape[1], np.nan), np.arange(w.shape[1])
    with np.errstate(all="ignore"):  # runs that fly off overflow, and are not counted
        walk = run(problem, w, **options)
        w = next(walk)
        for k in range(max_steps + 1):
            near = np.hypot(*(w - np.reshape(minimum, (2, 1)))) < 0.01
            steps[going[near]] = k
            on = ~near & np.isfinite(w).all(0)  # the others need no more steps
            going, w = going[on], walk.send(on)
    return Basin(*GRID, steps.reshape(GRID[1].size, GRID[0].size))


def gradient(x, slope, r) -> FloatArray:
    return np.array([(slope * r) @ x, (slope * r).sum(-1)])


def forward(problem, w):
    """At every w: x, the prediction ŷ, its slope 1 − ŷ², and the residuals."""
    x, y = problem.X[:, 0], problem.Y[:, 0]
    prediction = np.tanh(w[0][..., None] * x + w[1][..., None])
    return x, prediction, 1 - prediction**2, prediction - y


def model(problem, w, exact: bool = False) -> Model:
    """The quadratic model at every w, with the Gauss–Newton matrix or the exact Hessian."""
    x, prediction, slope, r = forward(problem, w)
    curvature = slope**2 - 2 * prediction * slope * r if exact else slope**2
    matrix = np.array([curvature @ x**2, curvature @ x, curvature.sum(-1)])
    return Model(0.5 * (r * r).sum(-1), gradient(x, slope, r), matrix)


def solved(matrix, g) -> FloatArray:
    """p with matrix p = −g."""
    a, c, d = matrix
    return np.array([c * g[1] - d * g[0], c * g[0] - a * g[1]]) / (a * d - c * c)


def kept(mask, *arrays):
    """The parts of them that a mask keeps; all, where none was sent."""
    return arrays if mask is None else tuple(array[..., mask] for array in arrays)


def steepest_descent(problem, w, learning_rate: float = 0.1):
    while True:
        (w,) = kept((yield w), w)
        x, _, slope, r = forward(problem, w)
        w = w - learning_rate * gradient(x, slope, r)


def newton(problem, w):
    while True:
        (w,) = kept((yield w), w)
        at = model(problem, w, exact=True)
        w = w + solved(at.matrix, at.g)


def gauss_newton(problem, w):
    """Ends, at each w by itself, where JᵀJ is singular to working precision."""
    while True:
        (w,) = kept((yield w), w)
        at = model(problem, w)
        a, c, d = at.matrix
        cosine = np.abs(c) / np.sqrt(a * d)  # of the angle between the columns of J
        w = np.where(1 - cosine > 2 * EPS * (1 + cosine), w + solved(at.matrix, at.g), w)


def levenberg_marquardt(problem, w, mu: float = 1e-3):
    mu, growth, at = np.full(w.shape[1:], mu), np.full(w.shape[1:], 2.0), model(problem, w)
    while True:
        w, mu, growth, *at = kept((yield w), w, mu, growth, *at)
        at = Model(*at)
        p = solved(at.matrix + np.array([mu, 0 * mu, mu]), at.g)
        trial = model(problem, w + p)
        rho = (at.loss - trial.loss) / (0.5 * (p * (mu * p - at.g)).sum(0))
        accepted = trial.loss < at.loss
        w = np.where(accepted, w + p, w)
        at = Model(*(np.where(accepted, new, old) for new, old in zip(trial, at, strict=True)))
        mu = mu * np.where(accepted, np.maximum(1 / 3, 1 - (2 * rho - 1) ** 3), growth)
        growth = np.where(accepted, 2.0, 2 * growth)


METHODS = {
    "steepest descent": steepest_descent,
    "newton": newton,
    "gauss-newton": gauss_newton,
    "levenberg-marquardt": levenberg_marquardt,
}
