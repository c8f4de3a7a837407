"""Gauss–Newton: w ← w − (JᵀJ)⁻¹ Jᵀr."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from nnlib.optimizers._steps import Step, Steps, gradient_cosine, idle, norm, starting_point
from nnlib.problems import NormalEquations, require_least_squares
from nnlib.results import StopReason


def gauss_newton(problem, w0: ArrayLike) -> Steps:
    """Newton's step with JᵀJ in place of the Hessian: w ← w − (JᵀJ)⁻¹ Jᵀr.

    No second derivatives are needed, and near a minimum with small residuals it converges almost as fast as Newton.
    Far away it may go anywhere: every step to a finite loss is taken, also a worse one. It ends when JᵀJ is
    singular to working precision, or when the loss is not finite. See Nocedal & Wright (2006), section 10.3.

    Examples
    --------
    >>> from nnlib import CurveFit, train
    >>> line = CurveFit(lambda w, x: w[0] + w[1] * x, [0.0, 1.0, 2.0], [1.0, 3.0, 5.0])
    >>> train(gauss_newton(line, [0.0, 0.0]), max_steps=1).w.round(6)     # linear in w: one step is enough
    array([1., 2.])
    """
    require_least_squares(problem, "gauss_newton")
    w, loss = starting_point(problem, w0)
    return Steps("gauss_newton", problem, w, loss, _steps(problem, w))


def _steps(problem, w):
    JTJ, g, loss = problem.normal_equations(w)
    while True:
        rank = numerical_rank(JTJ)
        if rank < len(w):
            return StopReason.SINGULAR.with_numbers(matrix="JᵀJ", rank=rank, n=len(w))
        p = np.linalg.solve(JTJ, -g)
        trial = w + p
        predicted = -0.5 * (g @ p)
        model = NormalEquations(*problem.normal_equations(trial))
        accepted = bool(np.isfinite(model.loss) and np.isfinite(model.JTJ).all())
        gain_ratio = (loss - model.loss) / predicted if predicted > 0 else np.nan
        if accepted:
            w, (JTJ, g, loss) = trial, model
        lengths = np.sqrt(np.diagonal(JTJ))
        numbers = dict(mu=0.0, gain_ratio=gain_ratio, **idle(lengths))
        yield Step(w, loss, norm(g), gradient_cosine(g, lengths, loss), accepted, trial, model.loss, **numbers)
        if not accepted:
            return StopReason.NOT_FINITE.with_numbers(loss=model.loss)


def numerical_rank(JTJ) -> int:
    """Rank of JᵀJ after scaling its diagonal to 1, so that the parameters' units do not count."""
    lengths = np.sqrt(np.diagonal(JTJ))
    scale = 1 / np.where(lengths > 0, lengths, 1.0)
    return int(np.linalg.matrix_rank(JTJ * scale * scale[:, None], hermitian=True))
