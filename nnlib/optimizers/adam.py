"""Adam: each weight has a step size of its own, from running means of its gradient and of the gradient's square."""

from __future__ import annotations

from functools import partial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from nnlib import arguments
from nnlib.optimizers._descent import LearningRate, descent
from nnlib.optimizers._steps import Steps


def adam(
    problem,
    w0: ArrayLike,
    learning_rate: LearningRate = 0.001,
    *,
    beta1: float = 0.9,
    beta2: float = 0.999,
    epsilon: float = 1e-8,
    batch_size: int | None = None,
    seed: int | np.random.Generator | None = None,
    batches_per_step: int | None = None,
) -> Steps:
    """Adam: w ← w − η m̂/(√v̂ + ε), with m̂ and v̂ the bias-corrected running means of g and g².

    As long as a gradient keeps its sign its weight moves by about η a step, however large or small the gradient is.
    So the learning rate has the unit of a weight, and the number of samples does not matter to it.

    Parameters
    ----------
    problem, w0, learning_rate, batch_size, seed, batches_per_step
        As for `steepest_descent`.
    beta1, beta2 : float, default 0.9 and 0.999
        How much of the running means is kept at each update, 0 ≤ β < 1: m ← β₁ m + (1 − β₁) g and
        v ← β₂ v + (1 − β₂) g². Both start at 0; after t updates m̂ = m/(1 − β₁ᵗ) and v̂ = v/(1 − β₂ᵗ) make up for that.
    epsilon : float, default 1e-8
        ε > 0, against a division by zero.

    References
    ----------
    Kingma & Ba (2015), Adam: a method for stochastic optimization, ICLR, algorithm 1.

    Examples
    --------
    The first step is η along the sign of the gradient:

    >>> from nnlib import CurveFit
    >>> valley = CurveFit(lambda w, x: w * x, [1.0, 10.0], [0.0, 0.0])
    >>> next(adam(valley, [1.0, 1.0], learning_rate=0.1)).w.round(6)
    array([0.9, 0.9])
    """
    rule = partial(
        adam_rule,
        beta1=arguments.number("beta1", beta1, at_least=0, below=1),
        beta2=arguments.number("beta2", beta2, at_least=0, below=1),
        epsilon=arguments.number("epsilon", epsilon, above=0),
    )
    return descent("adam", problem, w0, learning_rate, rule, Moments(0.0, 0.0, 0), batch_size, seed, batches_per_step)


class Moments(NamedTuple):
    """Running means m of g and v of g² (vectors after the first update), and the number t of updates in them."""

    m: Any
    v: Any
    t: int


def adam_rule(w, g, learning_rate, moments, beta1, beta2, epsilon):
    """w ← w − η m̂/(√v̂ + ε)."""
    t = moments.t + 1
    m = beta1 * moments.m + (1 - beta1) * g
    v = beta2 * moments.v + (1 - beta2) * g * g
    m_hat, v_hat = m / (1 - beta1**t), v / (1 - beta2**t)
    return w - learning_rate * m_hat / (np.sqrt(v_hat) + epsilon), Moments(m, v, t)
