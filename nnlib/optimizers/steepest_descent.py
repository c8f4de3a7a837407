"""Steepest descent: w ← w − η g."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from nnlib.optimizers._descent import LearningRate, descent
from nnlib.optimizers._steps import Steps


def steepest_descent(
    problem,
    w0: ArrayLike,
    learning_rate: LearningRate,
    *,
    batch_size: int | None = None,
    seed: int | np.random.Generator | None = None,
    batches_per_step: int | None = None,
) -> Steps:
    """Go downhill along the gradient, w ← w − η g; with a batch size, along the gradient of a few samples at a time.

    Every step is taken, also one that makes the loss worse: too large a learning rate is there to be seen. On a
    quadratic the limit is η < 2/λ_max. A step to a point where the loss is not finite ends the run.

    Parameters
    ----------
    problem : object
        With loss(w) and loss_and_gradient(w); for mini-batches a `NetworkFit`, or another with batch(rows) and X.
    learning_rate : float or callable
        η > 0, or a schedule: a function of the step's number 1, 2, 3, … that gives η ≥ 0. Losses are sums over
        samples, so η has to be smaller for more samples.
    batch_size : int, optional
        Stochastic descent: the samples are shuffled, anew after each epoch, and cut into batches as equal as can be,
        none larger than this; each batch B gives one update with (m/|B|) Σ_{s in B} ∂E_s/∂w + λw for g.
    seed : int or numpy Generator
        For the shuffling; needed with batch_size.
    batches_per_step : int, optional
        How many updates make one step, one `Step` record: by default all of an epoch; 1 to see each. Loss and gradient
        in the record are those of ALL samples at the w after the step, for one more pass through the data.

    References
    ----------
    Nocedal & Wright (2006), Numerical Optimization, section 3.3; Robbins & Monro (1951), A stochastic approximation
    method, Ann. Math. Stat. 22, for mini-batches and schedules.

    Examples
    --------
    >>> from nnlib import MLP, NetworkFit, train
    >>> line = NetworkFit(MLP([1, 1]), [-1.0, 0.0, 1.0, 2.0], [-1.0, 1.0, 3.0, 5.0])          # y = 2x + 1
    >>> train(steepest_descent(line, [0.0, 0.0], learning_rate=0.1), max_steps=200).w.round(4)
    array([2., 1.])
    >>> steps = steepest_descent(line, [0.0, 0.0], learning_rate=lambda k: 0.1 / (1 + 0.01 * k), batch_size=2, seed=0)
    >>> train(steps, max_steps=200).w.round(4)
    array([2., 1.])
    """
    return descent("steepest_descent", problem, w0, learning_rate, downhill, None, batch_size, seed, batches_per_step)


def downhill(w, g, learning_rate, memory):
    """w ← w − η g. There is nothing to remember."""
    return w - learning_rate * g, memory
