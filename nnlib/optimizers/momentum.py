"""Momentum: v ← c v − η g, w ← w + v."""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy.typing import ArrayLike

from nnlib import arguments
from nnlib.optimizers._descent import LearningRate, descent
from nnlib.optimizers._steps import Steps


def momentum(
    problem,
    w0: ArrayLike,
    learning_rate: LearningRate,
    coefficient: float = 0.9,
    *,
    nesterov: bool = False,
    batch_size: int | None = None,
    seed: int | np.random.Generator | None = None,
    batches_per_step: int | None = None,
) -> Steps:
    """Steepest descent with a velocity v that remembers earlier gradients: v ← c v − η g, w ← w + v (the heavy ball).

    Where gradients keep their direction the steps add up to η/(1 − c) times g; where they change sign they cancel.
    On a quadratic it is stable for η < 2(1 + c)/λ_max.

    Parameters
    ----------
    problem, w0, learning_rate, batch_size, seed, batches_per_step
        As for `steepest_descent`.
    coefficient : float, default 0.9
        c, the part of the velocity that is kept, 0 ≤ c < 1; with 0 it is steepest descent.
    nesterov : bool, default False
        Nesterov's accelerated gradient: g is taken where the velocity is about to carry the weights, at w + c v. The
        w of the records is that point, so that its loss and gradient are the ones the method works with; in terms of
        it the step is v ← c v − η g, w ← w + c v − η g.

    References
    ----------
    Polyak (1964), Some methods of speeding up the convergence of iteration methods, USSR Comp. Math. 4(5); Nesterov
    (1983), Soviet Math. Doklady 27; Sutskever, Martens, Dahl & Hinton (2013), On the importance of initialization and
    momentum in deep learning, ICML, eqs. 1–4.

    Examples
    --------
    A valley a hundred times as steep across as along: momentum is through it long before steepest descent.

    >>> from nnlib import CurveFit, steepest_descent, train
    >>> valley = CurveFit(lambda w, x: w * x, [1.0, 10.0], [0.0, 0.0])
    >>> [train(f(valley, [1.0, 1.0], 0.01), goal=1e-6).n_steps for f in (momentum, steepest_descent)]
    [138, 653]
    """
    coefficient = arguments.number("coefficient", coefficient, at_least=0, below=1)
    rule = partial(look_ahead if arguments.flag("nesterov", nesterov) else heavy_ball, coefficient=coefficient)
    at_rest = 0.0
    return descent("momentum", problem, w0, learning_rate, rule, at_rest, batch_size, seed, batches_per_step)


def heavy_ball(w, g, learning_rate, v, coefficient):
    """v ← c v − η g, w ← w + v."""
    v = coefficient * v - learning_rate * g
    return w + v, v


def look_ahead(w, g, learning_rate, v, coefficient):
    """Nesterov's step, in terms of the point where g is taken: v ← c v − η g, w ← w + c v − η g."""
    v = coefficient * v - learning_rate * g
    return w + coefficient * v - learning_rate * g, v
