"""Proximal gradient descent for an L1 penalty: a gradient step on the loss, then every weight pulled towards zero."""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy.typing import ArrayLike

from nnlib import arguments
from nnlib.arguments import FloatArray
from nnlib.optimizers._descent import LearningRate, descending, evaluate, learning_rates
from nnlib.optimizers._steps import Steps, require_methods, starting_point
from nnlib.problems import typical_loss


def proximal_gradient(problem, w0: ArrayLike, learning_rate: LearningRate, l1_penalty: ArrayLike) -> Steps:
    """Minimize E + λ Σ|w| by w ← S(w − η g, ηλ), where S takes ηλ off the size of each weight, at most to zero.

    Weights that the data do not need become exactly 0 and stay there; weight decay, ½ λ Σ w², makes none of them zero.
    The loss in the records is E + λ Σ|w|, with the penalty; their gradient is the shortest of its subgradients, which
    is zero at a minimum: g_j + λ sign(w_j) for w_j ≠ 0, S(g_j, λ) for w_j = 0.

    Parameters
    ----------
    learning_rate : float or callable
        η, or a schedule; see `steepest_descent`. The loss falls at every step for η ≤ 1/λ_max, with λ_max the largest
        eigenvalue of the Hessian of E.
    l1_penalty : float or (n,) array
        λ ≥ 0, one for all weights and biases or one for each (0 for those to be left free).

    References
    ----------
    Parikh & Boyd (2014), Proximal algorithms, Foundations and Trends in Optimization 1(3), sections 4.2 and 6.5.2;
    Tibshirani (1996), Regression shrinkage and selection via the lasso, J. R. Stat. Soc. B 58.

    Examples
    --------
    For E = ½ Σ (w − y)² the minimum is S(y, λ):

    >>> from nnlib import CurveFit, train
    >>> curve = CurveFit(lambda w, x: w, 0.0, [3.0, -0.2, 0.5])
    >>> train(proximal_gradient(curve, [1.0, 1.0, 1.0], learning_rate=0.5, l1_penalty=0.4)).w.round(6)
    array([2.6, 0. , 0.1])
    """
    require_methods(problem, "proximal_gradient", "loss", "loss_and_gradient")
    rates = learning_rates(learning_rate)
    w, loss = starting_point(problem, w0)
    penalty = _penalties(l1_penalty, len(w))

    def penalized(w):
        loss, g = evaluate(problem, w)
        return float(loss + penalty @ np.abs(w)), g

    rule = partial(shrink, penalty=penalty)
    loss, slope = loss + float(penalty @ np.abs(w)), partial(shortest_subgradient, penalty=penalty)
    steps = descending(penalized, w, rates, rule, typical_loss(problem, loss), slope=slope)
    return Steps("proximal_gradient", problem, w, loss, steps)


def _penalties(l1_penalty, n) -> FloatArray:
    penalty = arguments.real_array("l1_penalty", l1_penalty, (0, 1))
    if penalty.ndim == 1 and len(penalty) != n:
        raise ValueError(f"l1_penalty has {len(penalty)} entries, w0 has {n}")
    if penalty.min() < 0:
        raise ValueError(f"l1_penalty must be at least 0, its smallest entry is {penalty.min():g}")
    return np.broadcast_to(penalty, n)


def shrink(w, g, learning_rate, memory, penalty):
    """w ← S(w − η g, ηλ). There is nothing to remember."""
    return soft_threshold(w - learning_rate * g, learning_rate * penalty), memory


def soft_threshold(u: FloatArray, t: FloatArray | float) -> FloatArray:
    """S(u, t) = sign(u) max(|u| − t, 0): u without the part of it that lies within ±t.

    >>> soft_threshold(np.array([3.0, -0.5, -2.0]), 1.0)
    array([ 2.,  0., -1.])
    """
    return u - np.clip(u, -t, t)


def shortest_subgradient(w: FloatArray, g: FloatArray, penalty: FloatArray) -> FloatArray:
    """The subgradient of E + Σ λ|w| of least length, where ∂E/∂w = g."""
    return np.where(w != 0, g + penalty * np.sign(w), soft_threshold(g, penalty))
