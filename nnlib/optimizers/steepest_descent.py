"""Steepest descent: w ← w − η g."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from nnlib import _arguments as check
from nnlib.optimizers._steps import Step, Steps, relative_gradient, starting_point
from nnlib.reasons import StopReason


def steepest_descent(problem, w0: ArrayLike, learning_rate: float) -> Steps:
    """Go downhill along the gradient, w ← w − η g, with a fixed learning rate η.

    Every step is taken, also one that makes the loss worse: too large a learning rate is there to be seen. On a
    quadratic the limit is η < 2/λ_max, with λ_max the largest eigenvalue of the Hessian. A step to a point where
    the loss is not finite ends the run.

    Parameters
    ----------
    problem : object
        With loss_and_gradient(w).
    w0 : (n,) array
        Start.
    learning_rate : float
        η > 0. Losses are sums over samples, so η has to be smaller for more samples.

    Returns
    -------
    Steps
        An iterator of `Step` records.

    Examples
    --------
    >>> from nnlib import CurveFit, train
    >>> line = CurveFit(lambda w, x: w[0] * x, [1.0, 2.0], [2.0, 4.0])
    >>> fit = train(steepest_descent(line, [0.0], learning_rate=0.1), max_steps=50)
    >>> fit.w.round(6)
    array([2.])
    """
    w, loss = starting_point(problem, w0)
    learning_rate = check.number("learning_rate", learning_rate, above=0)
    return Steps("steepest_descent", problem, w, _steps(problem, w, loss, learning_rate))


def _steps(problem, w, loss, learning_rate):
    g = problem.gradient(w)
    while True:
        trial = w - learning_rate * g
        trial_loss, trial_g = problem.loss_and_gradient(trial)
        accepted = bool(np.isfinite(trial_loss) and np.isfinite(trial_g).all())
        if accepted:
            w, loss, g = trial, trial_loss, trial_g
        yield Step(
            w=w,
            loss=loss,
            gradient_norm=float(np.linalg.norm(g)),
            scaled_gradient=relative_gradient(g, w, loss),
            accepted=accepted,
            trial_w=trial,
            trial_loss=trial_loss,
            learning_rate=learning_rate,
        )
        if not accepted:
            return StopReason.NOT_FINITE.with_numbers(loss=trial_loss)
