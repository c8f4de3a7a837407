"""Levenberg–Marquardt: w ← w − (JᵀJ + μI)⁻¹ Jᵀr, with μ raised until the loss falls.

At w the loss is modeled by the Gauss–Newton quadratic

    m(p) = E + gᵀp + ½ pᵀJᵀJ p,        g = Jᵀr,

and the step minimizes m(p) + ½ μ pᵀD p, which gives (JᵀJ + μD) p = −g. With D = I this is Levenberg's step; with the
running maximum of diag(JᵀJ) as D, Marquardt's scaling, it does not depend on the parameters' units. JᵀJ + μD is
positive definite for every μ > 0. The model predicts the decrease

    m(0) − m(p) = ½ pᵀ(μD p − g),

and the gain ratio ρ = (E(w) − E(w + p)) / (m(0) − m(p)) tells how well it did. A step that does not lower the loss
is never kept: μ rises and the same w is tried again.
"""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy.typing import ArrayLike

from nnlib import arguments
from nnlib.optimizers._steps import Step, Steps, gradient_cosine, norm, require_finite_start, starting_vector
from nnlib.problems import FactoredEquations, NormalEquations, require_least_squares
from nnlib.results import StopReason

SMALLEST_MU = 1e-30  # below this μ only costs rejections on the way back up
EPS = np.finfo(float).eps
ROUNDING = 4 * EPS  # changes of the loss smaller than this part of it cannot be told from rounding
FLAT = 1e-5  # scaled gradient below which a loss that does not fall any more is at a minimum
EXACT_FIT = (100 * EPS) ** 2  # a loss that fell to this part of its start consists of rounding errors


def levenberg_marquardt(
    problem,
    w0: ArrayLike,
    mu: float = 1e-3,
    *,
    rule: str = "gain-ratio",
    damping: str = "identity",
    mu_max: float = 1e16,
) -> Steps:
    """Levenberg–Marquardt: between Gauss–Newton (μ → 0) and short steps of steepest descent (μ → ∞).

    Parameters
    ----------
    problem : object
        A least-squares problem, with loss(w) and normal_equations(w); its quadratic_model(w, limit) is used if it has
        one.
    mu : float, default 1e-3
        First value of the damping μ > 0.
    rule : {"gain-ratio", "marquardt"}, default "gain-ratio"
        How μ changes. "marquardt": ÷10 after an accepted step, ×10 after a rejected one. "gain-ratio" (Nielsen):
        after an accepted step × max(1/3, 1 − (2ρ − 1)³), so that a step as good as predicted gives μ/3 and a poor one
        raises μ; after rejected steps ×2, ×4, ×8 …
    damping : {"identity", "diagonal"}, default "identity"
        D in (JᵀJ + μD) p = −Jᵀr: I, or the running maximum of diag(JᵀJ).
    mu_max : float, default 1e16
        The run ends when μ rises above it: there is no downhill step to be found.

    References
    ----------
    Levenberg (1944), Quart. Appl. Math. 2; Marquardt (1963), SIAM J. Appl. Math. 11; Madsen, Nielsen & Tingleff
    (2004), Methods for Non-Linear Least Squares Problems, algorithm 3.16; Hagan & Menhaj (1994) for networks.

    Examples
    --------
    >>> from nnlib import CurveFit, train
    >>> x = np.linspace(0, 1, 11)
    >>> curve = CurveFit(lambda w, x: np.exp(w[0] * x), x, np.exp(2 * x))
    >>> fit = train(levenberg_marquardt(curve, [0.0]), max_steps=20)
    >>> fit.w.round(6)
    array([2.])
    """
    require_least_squares(problem, "levenberg_marquardt")
    next_mu = RULES[arguments.choice("rule", rule, RULES)]
    scaled = arguments.choice("damping", damping, ("identity", "diagonal")) == "diagonal"
    mu_max = arguments.number("mu_max", mu_max, above=0)
    mu = arguments.number("mu", mu, above=0, at_most=mu_max)
    w = starting_vector(problem, w0)
    quadratic_model = getattr(problem, "quadratic_model", None) or partial(_normal_equations, problem)
    start = quadratic_model(w)
    require_finite_start(start.loss)
    if not np.isfinite(start.diagonal).all():
        raise ValueError("the derivatives at w0 must be finite: start elsewhere")
    steps = _steps(quadratic_model, w, start, mu, next_mu, scaled, mu_max)
    return Steps("levenberg_marquardt", problem, w, start.loss, steps)


def _normal_equations(problem, w, limit=np.inf):
    """The quadratic model of a problem that has no method of this name, whatever the limit."""
    return NormalEquations(*problem.normal_equations(w))


def _steps(quadratic_model, w, model, mu, next_mu, scaled, mu_max):
    diagonal, g = model.diagonal, model.JTr
    D = np.where(diagonal > 0, diagonal, 1.0) if scaled else np.ones(len(w))  # 1 for a parameter without influence yet
    growth, exact_fit = 2.0, EXACT_FIT * model.loss
    while True:
        p, predicted = _damped_step(model, mu * D)
        trial = w + p
        trial_model = quadratic_model(trial, limit=model.loss) if np.isfinite(predicted) else None
        trial_loss = np.nan if trial_model is None else trial_model.loss
        gain_ratio = (model.loss - trial_loss) / predicted if predicted > 0 else np.nan
        accepted = trial_loss < model.loss and bool(np.isfinite(trial_model.diagonal).all())
        too_small_to_see = predicted <= ROUNDING * model.loss
        used_mu = mu
        if accepted:
            w, model = trial, trial_model
            diagonal, g = model.diagonal, model.JTr
            D = np.maximum(D, diagonal) if scaled else D
        mu, growth = next_mu(mu, growth, accepted, gain_ratio)
        mu = max(mu, SMALLEST_MU)
        cosine = gradient_cosine(g, diagonal, model.loss)
        yield Step(w, model.loss, norm(g), cosine, accepted, trial, trial_loss, mu=used_mu, gain_ratio=gain_ratio)
        # A step can promise little because w is a minimum, or only because μ is large: the gradient tells.
        at_minimum = cosine <= FLAT or model.loss <= exact_fit
        if at_minimum and (too_small_to_see or mu > mu_max):
            return StopReason.ROUNDING.with_numbers(loss=model.loss, predicted=predicted)
        if mu > mu_max:
            return StopReason.MU_MAX.with_numbers(loss=model.loss, mu=mu, mu_max=mu_max)


def _damped_step(model, damping):
    if isinstance(model, FactoredEquations):
        return dual_damped_step(*model[:4], damping)
    return damped_step(model.JTJ, model.JTr, damping)


def damped_step(JTJ, g, damping):
    """The step p with (JᵀJ + diag(damping)) p = −g, and the decrease that the quadratic model predicts for it.

    Where the matrix is singular to working precision both are nan.
    """
    A = JTJ.copy()
    A.reshape(-1)[:: len(g) + 1] += damping  # its diagonal
    p = _solve(A, -g)
    return p, 0.5 * float(p @ (damping * p - g))


def dual_damped_step(J, r, decay, decay_gradient, damping):
    """The same step from a system of as many equations as residuals, for more parameters than those.

    With M = diag(damping) + Λ and c = −M⁻¹Λw, the step minimizes ½ ‖r + Jp‖² + ½ (p − c)ᵀ M (p − c). By the
    Sherman–Morrison–Woodbury identity that is, with B = J M^(−1/2),

        p = c − M^(−1/2) Bᵀ s,        (I + B Bᵀ) s = r + Jc.
    """
    M = damping + decay
    c = -decay_gradient / M
    B = J / np.sqrt(M)
    A = B @ B.T
    A.reshape(-1)[:: len(r) + 1] += 1.0
    p = c - B.T @ _solve(A, r + J @ c) / np.sqrt(M)
    g = J.T @ r + decay_gradient
    return p, 0.5 * float(p @ (damping * p - g))


def _solve(A, b):
    """x with A x = b; nan where A is singular to working precision."""
    try:
        return np.linalg.solve(A, b)
    except np.linalg.LinAlgError:
        return np.full(len(b), np.nan)


def marquardt_rule(mu: float, growth: float, accepted: bool, gain_ratio: float) -> tuple[float, float]:
    """Marquardt's rule: next μ (÷10 or ×10) and the growth factor, which it does not use."""
    return (mu / 10 if accepted else mu * 10), growth


def gain_ratio_rule(mu: float, growth: float, accepted: bool, gain_ratio: float) -> tuple[float, float]:
    """Nielsen's rule: next μ and by what it grows at the next rejection."""
    if accepted:
        return mu * max(1 / 3, 1 - (2 * gain_ratio - 1) ** 3), 2.0
    return mu * growth, 2 * growth


RULES = {"gain-ratio": gain_ratio_rule, "marquardt": marquardt_rule}
