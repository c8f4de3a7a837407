"""Newton's method: w ← w − H⁻¹ g.

Near w the loss is E + gᵀp + ½ pᵀHp up to third order. Its gradient in p, g + Hp, is zero at p = −H⁻¹g: Newton's step
goes to the stationary point of that quadratic, be it a minimum, a saddle or a maximum. In the eigenvectors q_i of H,

    p = −Σ_i (q_iᵀg / λ_i) q_i,

each direction is a parabola of its own: λ_i > 0 takes the step down to its lowest point, λ_i < 0 UP to its highest.
With |λ_i| in place of λ_i the step goes downhill in every direction.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from nnlib import arguments
from nnlib.arguments import FloatArray
from nnlib.optimizers._descent import evaluate, not_finite
from nnlib.optimizers._steps import Step, Steps, norm, relative_gradient, require_methods, starting_point
from nnlib.problems import typical_loss
from nnlib.results import StopReason


def newton(problem, w0: ArrayLike, *, flip_negative: bool = False) -> Steps:
    """Newton's method with the exact Hessian, w ← w − H⁻¹ g.

    Near a minimum with H positive definite the number of correct digits doubles at every step. Elsewhere H may be
    indefinite, and the plain step may go uphill and end at a saddle or a maximum: every step to a finite loss is
    taken, and `Step.smallest_eigenvalue` says what H is like at w. A run that comes to rest where it is negative is
    not called converged (see `StopReason.SADDLE`). Newton's method ends where H is singular to working precision.

    Parameters
    ----------
    problem : object
        With loss(w), loss_and_gradient(w) and hessian(w).
    flip_negative : bool, default False
        Use |λ_i| for the eigenvalues λ_i of H: the step turns round in directions of negative curvature, and leaves
        saddles behind. Where H is positive definite nothing changes.

    References
    ----------
    Nocedal & Wright (2006), Numerical Optimization, sections 3.3 and 3.4; Dauphin et al. (2014), Identifying and
    attacking the saddle point problem in high-dimensional non-convex optimization, NeurIPS, for |λ_i|.

    Examples
    --------
    The loss ½ (w² − 1)² has minima at ±1 and a maximum at 0. From 0.3 the plain step goes up to the maximum:

    >>> from nnlib import CurveFit, train
    >>> hill = CurveFit(lambda w, x: w * w, [0.0], [1.0])
    >>> fit = train(newton(hill, [0.3]))
    >>> fit.reason.name, float(fit.history["smallest_eigenvalue"][-1])
    ('SADDLE', -2.0)
    >>> train(newton(hill, [0.3], flip_negative=True)).w.round(6)
    array([1.])
    """
    require_methods(problem, "newton", "loss", "loss_and_gradient", "hessian")
    flip_negative = arguments.flag("flip_negative", flip_negative)
    w, loss = starting_point(problem, w0)
    return Steps("newton", problem, w, loss, _steps(problem, w, flip_negative))


def _steps(problem, w, flip_negative):
    loss, g, H = _evaluate_with_hessian(problem, w)
    typical = typical_loss(problem, loss)
    eigenvalues, Q = _spectrum(H)
    while True:
        zero = _is_zero(eigenvalues)
        if zero.any():
            return StopReason.SINGULAR.with_numbers(matrix="H", rank=int(np.sum(~zero)), n=len(w))
        p = newton_step(g, np.abs(eigenvalues) if flip_negative else eigenvalues, Q)
        trial = w + p
        trial_loss, trial_g, trial_H = _evaluate_with_hessian(problem, trial)
        predicted = -float(g @ p + 0.5 * (p @ H @ p))
        gain_ratio = float((loss - trial_loss) / predicted) if predicted > 0 else np.nan
        accepted = all(np.isfinite(values).all() for values in (trial_loss, trial_g, trial_H))
        if accepted:
            w, loss, g, H = trial, trial_loss, trial_g, trial_H
            eigenvalues, Q = _spectrum(H)
        scaled = relative_gradient(g, w, loss, typical)
        smallest = 0.0 if _is_zero(eigenvalues)[0] else float(eigenvalues[0])
        yield Step(
            w, loss, norm(g), scaled, accepted, trial, trial_loss, gain_ratio=gain_ratio, smallest_eigenvalue=smallest
        )
        if not accepted:
            return not_finite(trial_loss, trial_H if np.isfinite(trial_g).all() else trial_g)


def _evaluate_with_hessian(problem, w):
    """Loss, gradient and Hessian at w; the Hessian is nan where the loss or the gradient is not finite."""
    loss, g = evaluate(problem, w)
    if not (np.isfinite(loss) and np.isfinite(g).all()):
        return loss, g, np.full((len(w), len(w)), np.nan)
    return loss, g, problem.hessian(w)


def newton_step(g: FloatArray, eigenvalues: FloatArray, Q: FloatArray) -> FloatArray:
    """p = −Σ (q_iᵀg / λ_i) q_i, with the eigenvectors q_i in the columns of Q."""
    return -Q @ ((Q.T @ g) / eigenvalues)


def _spectrum(H):
    """Eigenvalues, in rising order, and eigenvectors; nan where H is not finite."""
    if not np.isfinite(H).all():
        return np.full(len(H), np.nan), np.full_like(H, np.nan)
    return np.linalg.eigh(H)


def _is_zero(eigenvalues):
    """Which eigenvalues rounding cannot tell from zero."""
    sizes = np.abs(eigenvalues)
    return sizes <= len(sizes) * np.finfo(float).eps * sizes.max()
