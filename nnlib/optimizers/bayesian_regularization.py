"""Bayesian regularization: weight decay whose strength the data choose, by Levenberg–Marquardt on βE_D + αE_W.

Gaussian noise of precision β and a Gaussian prior of precision α on the weights,

    P(D|w,β) = (β/2π)^{P/2} e^{−βE_D},      E_D = ½ Σ r²  over P residuals,
    P(w|α)   = (α/2π)^{n/2} e^{−αE_W},      E_W = ½ Σ w²  over n weights,

make the posterior of w proportional to e^{−F}, F = βE_D + αE_W. Its top is the minimum of F: weight decay with
λ = α/β. Around it the posterior is taken as a Gaussian (Laplace) with precision A = βJᵀJ + αI, which is exact for
models linear in w. With λ_i the eigenvalues of JᵀJ, the probability of the data alone, the evidence, is

    ln P(D|α,β) = −βE_D − αE_W − ½ ln det A + (n/2) ln α + (P/2) ln β − (P/2) ln 2π
                = −βE_D − αE_W − ½ Σ_i ln(1 + βλ_i/α) + (P/2) ln(β/2π).

It is stationary in α and β where

    γ = n − α tr A⁻¹ = Σ_i βλ_i/(βλ_i + α),      α = γ/(2E_W),      β = (P − γ)/(2E_D).

γ counts the directions of w that the data determine better than the prior: the effective number of parameters.

The loop (Foresee & Hagan 1997) starts from α = 0, β = 1, which is plain Levenberg–Marquardt, and after each step that
lowers F takes γ at the new w, and from γ the next α and β. F divided by β, E_D + (α/β) E_W, has the same minimum and
the units of E_D, in which the damping μ means what it does in plain Levenberg–Marquardt; so that is what a step lowers:

    (JᵀJ + (α/β + μ)I) p = −(Jᵀr + (α/β) w).

One eigendecomposition of JᵀJ at each new w gives γ, the evidence, and the step for every (μ, α, β). Once w, α and β
are nearly at rest it also gives the rest of the way to the fixed point, without another look at the data: along
eigenvector i, E_D is modeled by E_D + g_i p_i + ½ λ_i p_i² with g = Jᵀr, and F is then lowest at

    w_i + p_i = (λ_i w_i − g_i)/(λ_i + α/β).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from nnlib import arguments
from nnlib.arguments import FloatArray
from nnlib.evidence import BayesResult, Eigensystem, eigensystem, gamma_of, log_evidence_of, require_plain_least_squares
from nnlib.optimizers._steps import Step, Steps, gradient_cosine, norm, starting_point
from nnlib.optimizers.levenberg_marquardt import HIDDEN, gain_ratio_rule
from nnlib.problems import rounding_loss
from nnlib.results import StopReason

MU_MIN, MU_MAX = 1e-30, 1e16
GAMMA_MIN = 1e-8  # a γ below this is on its way to 0, and takes α to infinity
FREE_MIN = 1e-12  # below this part of P, P − γ is nothing to measure the noise by
FITTED = 1e-3  # once E_D is below this part of its start, more plain steps would only fit noise
SETTLING = 10_000  # most updates of α and β within one quadratic model
NEAR = 0.1  # how far, in logarithms, such a model is trusted
AT_REST = 16 * np.finfo(float).eps  # a change of rounding alone


@dataclass(frozen=True, slots=True, kw_only=True)
class BayesianStep(Step):
    """What one step of Bayesian regularization did: everything of `Step`, and the following.

    ``loss`` and ``trial_loss`` are E_D at w and at the trial point, gradient_norm is ‖∇F‖, and ``scaled_gradient`` is
    the largest of MINPACK's measure for F and of |Δ ln α|, |Δ ln β|: w, α and β all stand still where it is 0. It is
    inf until there are two values of α and β to compare. A step is accepted when F at the α and β before it falls.
    α, β and γ are those after the step, log_evidence is ln P(D|α,β) at w, −inf while α = 0.
    """

    alpha: float
    beta: float
    gamma: float
    log_evidence: float
    E_D: float
    E_W: float


class BayesianSteps(Steps):
    """The steps of Bayesian regularization: an iterator of `BayesianStep` that knows its α, β, γ and evidence too."""

    record = BayesianStep
    newest_is_best = True  # losses at different α and β do not compare: where the run has come to is what it found

    def __init__(self, problem, w0: FloatArray, loss0: float, generator):
        super().__init__("bayesian_regularization", problem, w0, loss0, generator)
        self.alpha, self.beta, self.gamma, self.log_evidence = 0.0, 1.0, float(len(w0)), -np.inf

    def __next__(self) -> BayesianStep:
        step = super().__next__()
        self.alpha, self.beta, self.gamma, self.log_evidence = step.alpha, step.beta, step.gamma, step.log_evidence
        return step

    def result(self, fit):
        """The fit with what Bayes adds to it."""
        return BayesResult.of(fit, self)


def bayesian_regularization(
    problem, w0: ArrayLike, mu: float = 1e-3, *, plain_steps: int = 5, tolerance: float = 1e-5
) -> BayesianSteps:
    """Bayesian regularization: minimize βE_D + αE_W by Levenberg–Marquardt, and find α and β on the way.

    Inputs and targets should be scaled, to [−1, 1] or to mean 0 and standard deviation 1: one α serves all weights.
    `train` gives a `nnlib.bayes.BayesResult`. It has converged where α, β and w come to rest (the reason FIXED_POINT).
    It ends without success where they come to rest with all weights switched off (WEIGHTS_OFF), where α runs away to
    infinity (ALPHA_RUNS_AWAY), and where nothing is left to measure the noise by, P ≤ γ or an E_D of rounding errors
    (NO_NOISE_LEFT). Other starts may do better: see `nnlib.bayes.best_of`.

    Parameters
    ----------
    problem : object
        A least-squares problem without weight decay, with loss(w), normal_equations(w) and n_residuals. There may be
        more weights than residuals. For networks w0 is best drawn by "nguyen-widrow".
    mu : float, default 1e-3
        First value of the damping μ > 0, which goes by the gain-ratio rule (see `levenberg_marquardt`).
    plain_steps : int, default 5
        So many accepted steps on E_D alone go before the first estimate of α and β, which at once might well declare
        all noise; fewer when E_D has come down to a thousandth.
    tolerance : float, default 1e-5
        At rest when the scaled gradient, |Δ ln α| and |Δ ln β| of a step are at or below it. α and β are then carried
        on to the fixed point of the quadratic model there, and a last step is taken at these: in models linear in w the
        result is exact to about 1e-9.

    References
    ----------
    MacKay (1992), A practical Bayesian framework for backpropagation networks, Neural Computation 4; Foresee & Hagan
    (1997), Gauss-Newton approximation to Bayesian learning, Proc. ICNN'97.

    Examples
    --------
    >>> from nnlib import MLP, NetworkFit, datasets, train
    >>> data, net = datasets.noisy_sine(seed=0), MLP([1, 10, 1])
    >>> fit = train(bayesian_regularization(NetworkFit(net, data.X, data.Y), net.init(seed=0)))
    >>> fit.reason.name, net.n_params, round(fit.gamma)
    ('FIXED_POINT', 31, 13)
    """
    require_plain_least_squares(problem)
    mu = arguments.number("mu", mu, above=0, at_most=MU_MAX)
    plain_steps = arguments.integer("plain_steps", plain_steps, at_least=1)
    tolerance = arguments.number("tolerance", tolerance, above=0)
    w, loss = starting_point(problem, w0)
    start = eigensystem(problem, w)
    if start is None:
        raise ValueError("the Jacobian at w0 must be finite: start elsewhere")
    return BayesianSteps(problem, w, loss, _steps(_Run(problem, start, mu), plain_steps, tolerance))


def _steps(run: _Run, plain_steps: int, tolerance: float):
    n_accepted = 0
    while True:
        last = run.scaled_gradient <= tolerance  # all stands still: one more step, at the final α and β
        if last:
            run.settle()
        trial = run.step()
        ending = None
        if trial.accepted:
            n_accepted += 1
            if last:
                ending = run.ending_at_rest(tolerance)
            elif n_accepted >= plain_steps or run.at.E_D <= FITTED * run.start_E_D:
                ending = run.estimate()
        elif run.mu > MU_MAX:
            ending = StopReason.MU_MAX.with_numbers(loss=run.at.E_D, mu=run.mu, mu_max=MU_MAX)
        yield run.record(trial)
        if ending is not None:
            return ending


class _Trial(NamedTuple):
    """A step that was tried: where it went, E_D there, what it was made with, and whether it was accepted."""

    w: FloatArray
    E_D: float
    mu: float
    gain_ratio: float
    accepted: bool


class _Run:
    """Where a run stands: the point, α and β with their last change in logarithms, and the damping."""

    def __init__(self, problem, at: Eigensystem, mu: float):
        self.problem, self.P, self.at = problem, problem.n_residuals, at
        self.alpha, self.beta, self.change = 0.0, 1.0, np.inf
        self.mu, self.growth = mu, 2.0
        self.start_E_D = at.E_D

    def step(self) -> _Trial:
        """Try a Levenberg–Marquardt step on F/β = E_D + (α/β) E_W, and go there if it is lower."""
        at, decay, mu = self.at, self.alpha / self.beta, self.mu
        g = at.JTr + decay * at.w
        p = -at.V @ ((at.V.T @ g) / (at.eigenvalues + decay + mu))
        predicted = 0.5 * float(p @ (mu * p - g))
        loss = at.E_D + decay * at.E_W
        w = at.w + p
        E_D, E_W = float(self.problem.loss(w)), 0.5 * float(w @ w)
        decrease = loss - (E_D + decay * E_W)
        # Changes below rounding say nothing. Such a step is as good as its gradient, which is still right: take it.
        in_rounding = max(predicted, abs(decrease)) <= HIDDEN * loss
        gain_ratio = 1.0 if in_rounding else decrease / predicted if predicted > 0 else np.nan
        there = eigensystem(self.problem, w, decay) if decrease > 0 or in_rounding else None
        if there is not None:
            self.at = there
        self.mu, self.growth = gain_ratio_rule(mu, self.growth, there is not None, gain_ratio)
        self.mu = max(self.mu, MU_MIN)
        return _Trial(w, E_D, mu, gain_ratio, there is not None)

    def estimate(self) -> StopReason | None:
        """The next α and β; or, where they have no value, the reason."""
        at, P, previous = self.at, self.P, (self.alpha, self.beta)
        # Without a prior, at α = 0, γ = n says nothing. The first α and β leave at least half of P to the noise.
        gamma = self.gamma if self.alpha > 0 else min(len(at.w), P / 2)
        unit = getattr(self.problem, "unit", 1.0)
        rounding = unit**2 * rounding_loss(self.problem, norm(at.w * np.sqrt(at.diagonal)) / unit)
        if P - gamma <= FREE_MIN * P or at.E_D <= rounding:
            return StopReason.NO_NOISE_LEFT.with_numbers(gamma=self.gamma, P=P, E_D=at.E_D)
        if gamma < GAMMA_MIN or at.E_W == 0:
            return StopReason.ALPHA_RUNS_AWAY.with_numbers(alpha=self.alpha, gamma=gamma)
        self.alpha, self.beta = gamma / (2 * at.E_W), (P - gamma) / (2 * at.E_D)
        if previous[0] > 0:
            self.change = _log_change((self.alpha, self.beta), previous)
        return None

    def settle(self) -> None:
        """Carry α and β on to the fixed point of the quadratic model of E_D at w, for which no step is needed.

        The steps come close to the fixed point ever more slowly. In a model linear in w this one is exact.
        """
        at, P = self.at, self.P
        w, g, alpha, beta = at.V.T @ at.w, at.V.T @ at.JTr, self.alpha, self.beta  # along the eigenvectors
        for _ in range(SETTLING):
            at_minimum = (at.eigenvalues * w - g) / (at.eigenvalues + alpha / beta)
            p = at_minimum - w
            gamma, previous = gamma_of(at.eigenvalues, alpha, beta), (alpha, beta)
            E_D, E_W = at.E_D + float(p @ (g + 0.5 * at.eigenvalues * p)), 0.5 * float(at_minimum @ at_minimum)
            if min(gamma, P - gamma, E_D, E_W) <= 0:
                return
            alpha, beta = gamma / (2 * E_W), (P - gamma) / (2 * E_D)
            if _log_change((alpha, beta), previous) <= AT_REST:
                break
        if _log_change((alpha, beta), (self.alpha, self.beta)) <= NEAR:
            self.alpha, self.beta = alpha, beta

    def ending_at_rest(self, tolerance: float) -> StopReason:
        """Whether the fixed point is one where all weights are off: what the output biases alone can do."""
        net = getattr(self.problem, "net", None)
        hidden_units = net is not None and len(net.sizes) > 2
        if hidden_units and self.gamma < net.n_outputs:
            return StopReason.WEIGHTS_OFF.with_numbers(gamma=self.gamma, n=len(self.at.w), alpha=self.alpha)
        return StopReason.FIXED_POINT.with_numbers(change=self.change, cosine=self.cosine, tolerance=tolerance)

    @property
    def gamma(self) -> float:
        return gamma_of(self.at.eigenvalues, self.alpha, self.beta)

    @property
    def cosine(self) -> float:
        """MINPACK's scaled gradient of F/β, whose residuals are r and √(α/β) w, with the Jacobians J and √(α/β) I."""
        at, decay = self.at, self.alpha / self.beta
        return gradient_cosine(at.JTr + decay * at.w, np.sqrt(at.diagonal + decay), at.E_D + decay * at.E_W)

    @property
    def scaled_gradient(self) -> float:
        return max(self.change, self.cosine)

    def record(self, trial: _Trial) -> BayesianStep:
        at = self.at
        gradient = norm(self.beta * at.JTr + self.alpha * at.w)
        evidence = log_evidence_of(at, self.alpha, self.beta, self.P)
        bayes = dict(alpha=self.alpha, beta=self.beta, gamma=self.gamma, log_evidence=evidence, E_D=at.E_D, E_W=at.E_W)
        step = (at.w, at.E_D, gradient, self.scaled_gradient, trial.accepted, trial.w, trial.E_D)
        return BayesianStep(*step, mu=trial.mu, gain_ratio=trial.gain_ratio, **bayes)


def _log_change(pair: tuple[float, float], previous: tuple[float, float]) -> float:
    """The larger of |Δ ln α| and |Δ ln β|."""
    return float(np.max(np.abs(np.log(pair) - np.log(previous))))
