"""Levenberg–Marquardt: w ← w − (JᵀJ + μD)⁻¹ Jᵀr, with μ raised until the loss falls.

At w the loss is modeled by the Gauss–Newton quadratic

    m(p) = E + gᵀp + ½ pᵀJᵀJ p,        g = Jᵀr,

and the step minimizes m(p) + ½ μ pᵀD p, which gives (JᵀJ + μD) p = −g. With D = I this is Levenberg's step; with the
running maximum of diag(JᵀJ) as D, Marquardt's scaling, it does not depend on the parameters' units. JᵀJ + μD is
positive definite for every μ > 0. The model predicts the decrease

    m(0) − m(p) = ½ pᵀ(μD p − g),

and the gain ratio ρ = (E(w) − E(w + p)) / (m(0) − m(p)) tells how well it did. A step that does not lower the loss
is never kept: μ rises and the same w is tried again.
With L = √D, (L⁻¹JᵀJL⁻¹ + μI) q = −L⁻¹g is solved for q = Lp, the step in the parameters' own units.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from nnlib import arguments
from nnlib.optimizers._steps import Step, Steps, gradient_cosine, idle, norm, require_finite_start, starting_vector
from nnlib.problems import FactoredEquations, NormalEquations, require_least_squares, rounding_loss
from nnlib.results import StopReason

TAU, MU_MAX = 1e-3, 1e16  # first and last μ, in parts of max (JᵀJ)_jj / D_jj: with the last all changes are rounding
MU_MIN = 1e-27  # part of the first μ below which it only costs rejections on the way back up
REACH, SLACK = 10.0, 1e-3  # no step is tried that is longer than REACH (‖w‖ + SLACK ‖r‖), w in its own units
EPS, TINY = np.finfo(float).eps, np.finfo(float).tiny
HIDDEN = 4 * EPS  # changes of the loss smaller than this part of it cannot be told from rounding
FLAT = 1e-5  # scaled gradient below which a loss that does not fall any more is at a minimum
SAME = 1e-12  # a run that lowers the loss by less than this part of it has gained nothing
LESS = 1e-6  # part of the damping with which a run that has gained something goes on where it would end


def levenberg_marquardt(
    problem,
    w0: ArrayLike,
    mu: float | None = None,
    *,
    rule: str = "gain-ratio",
    damping: str | None = None,
    mu_max: float | None = None,
) -> Steps:
    """Levenberg–Marquardt: between Gauss–Newton (μ → 0) and short steps of steepest descent (μ → ∞).

    By default units do not matter: with y in other units, and the start's amplitude too, the steps are the same. Where
    a run would end it starts afresh with much less damping, until it gains nothing by that.

    Parameters
    ----------
    problem : object
        A least-squares problem, with loss(w), normal_equations(w) and perhaps a quadratic_model(w, limit).
    mu : float, optional
        First value of the damping μ > 0. A number is that of (JᵀJ + μI) p = −Jᵀr, in the units of JᵀJ. Without it μ has
        no unit and starts at 1e-3 max_j (JᵀJ)_jj / D_jj (as in Madsen, Nielsen & Tingleff), with a D that measures each
        parameter by what it does to the residuals; and no step is tried that is longer than ten times w, so measured.
    rule : {"gain-ratio", "marquardt"}, default "gain-ratio"
        How μ changes. "marquardt": ÷10 after an accepted step, ×10 after a rejected one. "gain-ratio" (Nielsen):
        × max(1/3, 1 − (2ρ − 1)³) after an accepted step, ÷3 if it was as good as predicted; ×2, ×4, ×8 … when rejected.
    damping : {"units", "identity", "diagonal"}, optional
        D in (JᵀJ + μD) p = −Jᵀr: I, the default where mu is given, or the running maximum of diag(JᵀJ). "units", the
        default without mu, is "diagonal" for curves; for networks the running maximum is that of all weights together,
        those of a linear output layer taken in units of the targets.
    mu_max : float, optional
        The run ends when μ rises above it: there is no downhill step to be found. By default 1e16 max_j (JᵀJ)_jj /
        D_jj, where no step promises more than rounding hides.

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
    damping = ("units" if mu is None else "identity") if damping is None else damping
    arguments.choice("damping", damping, ("units", "identity", "diagonal"))
    mu_max = None if mu_max is None else arguments.number("mu_max", mu_max, above=0)
    mu = None if mu is None else arguments.number("mu", mu, above=0, at_most=mu_max or np.inf)
    w = starting_vector(problem, w0)
    model = _model(problem, w)
    loss = getattr(problem, "unit", 1.0) ** 2 * float(model.loss)
    require_finite_start(loss)
    if not np.isfinite(model.lengths).all():
        raise ValueError("the derivatives at w0 must be finite: start elsewhere")

    def fresh(lengths):
        """L = √D and μ for a run that begins where the columns of J have these lengths."""
        if damping == "identity":
            L = 1 / getattr(problem, "unit", 1.0)
        else:
            own = damping == "units" and hasattr(problem, "units")
            L = np.maximum(np.max(lengths * problem.units) / problem.units if own else lengths, TINY)
        return L, mu or TAU * np.max(lengths / L) ** 2 or TAU

    steps = _steps(problem, w, model, fresh, next_mu, mu_max, reach=REACH if mu is None else np.inf)
    return Steps("levenberg_marquardt", problem, w, loss, steps)


def _model(problem, w, limit=np.inf):
    """The quadratic model at w, in the problem's unit if it has one."""
    if hasattr(problem, "quadratic_model"):
        return problem.quadratic_model(w, limit)
    return NormalEquations(*problem.normal_equations(w))


def _steps(problem, w, model, fresh, next_mu, mu_max, reach):
    unit, growth, begun, lengths = getattr(problem, "unit", 1.0) ** 2, 2.0, model.loss, model.lengths
    (L, mu), influence = fresh(lengths), norm(w * lengths)
    smallest_mu = MU_MIN * mu
    while True:
        used_mu, loss, residuals = mu, model.loss, (2 * model.loss) ** 0.5
        q, predicted = _damped_step(model if isinstance(L, float) and L == 1 else model.divided(L), mu)
        trial = w + q / L
        rounding = HIDDEN * loss + EPS * influence * residuals
        hidden = loss <= rounding_loss(problem, influence) or abs(predicted) <= rounding
        near = reach == np.inf or norm(q) <= reach * (norm(L * w) + SLACK * residuals)
        there = _model(problem, trial, limit=loss) if near and not hidden and np.isfinite(predicted) else None
        trial_loss = np.nan if there is None else there.loss
        gain_ratio = (loss - trial_loss) / predicted if predicted > 0 else np.nan
        accepted = bool(trial_loss < loss and np.isfinite(lengths_there := there.lengths).all())
        if accepted:
            w, model, lengths = trial, there, lengths_there
            L, influence = np.maximum(L, fresh(lengths)[0]), norm(w * lengths)
        mu, growth = next_mu(mu, growth, accepted, gain_ratio)
        mu, g = max(mu, smallest_mu), model.JTr
        cosine = gradient_cosine(g, lengths, model.loss)
        numbers = dict(mu=used_mu, gain_ratio=gain_ratio, **idle(lengths))
        yield Step(w, unit * model.loss, unit * norm(g), cosine, accepted, trial, unit * trial_loss, **numbers)
        exact, most = rounding_loss(problem, influence), np.inf
        if not accepted:
            most = mu_max or MU_MAX * np.max(lengths / L) ** 2
        if model.loss <= exact:
            ending = StopReason.EXACT_FIT
        # A step can promise little because w is a minimum, or only because μ is large: the gradient tells.
        elif (hidden or mu > most) and cosine <= max(FLAT, (exact / model.loss) ** 0.5):
            ending = StopReason.ROUNDING
        elif not lengths.any():
            ending = StopReason.NO_INFLUENCE
        elif mu > most:
            ending = StopReason.MU_MAX
        else:
            continue
        fresh_L, fresh_mu = fresh(lengths)
        if model.loss < (1 - SAME) * begun - exact and ending != StopReason.EXACT_FIT:
            mu = LESS * min(mu * np.min(L / fresh_L) ** 2, fresh_mu)
            L, growth, begun = fresh_L, 2.0, model.loss
        else:
            numbers = dict(loss=unit * model.loss, predicted=unit * predicted, mu=mu, mu_max=most, n=len(w))
            return ending.with_numbers(**numbers)


def _damped_step(model, mu):
    if isinstance(model, FactoredEquations) and len(model.decay) > len(model.r):
        return dual_damped_step(*model[:4], mu)
    return damped_step(model.JTJ, model.JTr, mu)


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
