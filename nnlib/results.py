"""What training gives: the best weights, why it ended, and one entry a step."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nnlib.arguments import FloatArray
from nnlib.standard_errors import inverse_and_undetermined, require_curve

# Why a run may end, each in a sentence whose gaps the optimizer or `train` fills with the numbers that were compared.
SENTENCES = {
    "GOAL": "the loss {loss:.4g} reached the goal {goal:.4g}",
    "MIN_GRADIENT": "the scaled gradient {scaled_gradient:.2g} fell to min_gradient {min_gradient:.2g}",
    "SADDLE": (
        "the scaled gradient {scaled_gradient:.2g} fell to min_gradient {min_gradient:.2g}, but the Hessian has the "
        "eigenvalue {smallest_eigenvalue:.3g}: a saddle or a maximum, not a minimum"
    ),
    "ROUNDING": "at the minimum to rounding: the next step would lower the loss {loss:.6g} by {predicted:.1e}",
    "EXACT_FIT": "the fit is exact: the loss {loss:.2g} consists of rounding errors",
    "HIGHER_MINIMUM": (
        "{reason}; but the loss there, {last:.4g}, is higher than the {best:.4g} after step {best_step}, "
        "whose weights are returned"
    ),
    "MAX_STEPS": "max_steps = {max_steps} steps were taken",
    "MAX_SECONDS": "{seconds:.3g} s passed, max_seconds is {max_seconds:.3g}",
    "VALIDATION": (
        "the validation loss did not fall for patience = {patience} steps: {last:.4g} now, "
        "{best:.4g} at its best in step {best_step}, whose weights are returned"
    ),
    "CALLBACK": "the callback asked to stop at loss {loss:.4g}",
    "INTERRUPTED": "interrupted by hand after step {steps}; the best weights so far are kept",
    "MU_MAX": "no step lowers the loss {loss:.6g}: mu rose to {mu:.1e}, above mu_max {mu_max:.1e}",
    "NO_INFLUENCE": (
        "at the end {n} of {n} parameters have no influence on the loss {loss:.6g}, the first is w[0]: start elsewhere"
    ),
    "SINGULAR": "the matrix {matrix} is singular (rank {rank} of {n}): the step does not exist",
    "NOT_FINITE": "the loss is {loss} at the next point; the last finite one is kept",
    "DERIVATIVES_NOT_FINITE": (
        "{bad} of {n} derivatives are not finite at the next point, where the loss is {loss:.4g}; the last point where "
        "all are is kept"
    ),
    "FIXED_POINT": (
        "alpha, beta and the weights are at rest: ln alpha and ln beta moved by {change:.1e}, the scaled gradient of "
        "beta E_D + alpha E_W is {cosine:.1e}, the tolerance {tolerance:.1e}"
    ),
    "WEIGHTS_OFF": (
        "alpha and beta are at rest where all weights are switched off: gamma = {gamma:.3g} of {n} parameters are "
        "determined by the data at alpha = {alpha:.3g}, and all else is taken for noise; try another start"
    ),
    "ALPHA_RUNS_AWAY": (
        "alpha runs away, {alpha:.2g} and rising, and gamma = {gamma:.1e} falls to 0: all weights are switched off and "
        "all data taken for noise; try another start"
    ),
    "NO_NOISE_LEFT": (
        "nothing is left to measure the noise by: gamma = {gamma:.6g} parameters are fitted to P = {P} residuals, and "
        "E_D is {E_D:.1e}; beta has no value"
    ),
}
CONVERGED = {"GOAL", "MIN_GRADIENT", "ROUNDING", "EXACT_FIT", "FIXED_POINT"}  # what was asked for was reached


@dataclass(frozen=True)
class StopReason:
    """Why training stopped: a name, and a sentence with numbers in it. Reasons of one name are equal.

    ``StopReason.GOAL`` and the others are the reasons with gaps in their sentences; see `SENTENCES`.

    Examples
    --------
    >>> reason = StopReason.GOAL.with_numbers(loss=0.001, goal=0.01)
    >>> reason.value, reason == StopReason.GOAL
    ('the loss 0.001 reached the goal 0.01', True)
    """

    name: str
    value: str = field(compare=False)

    def with_numbers(self, **numbers) -> StopReason:
        """This reason, its sentence filled in."""
        return StopReason(self.name, self.value.format(**numbers))

    @property
    def converged(self) -> bool:
        """Whether what was asked for was reached, as opposed to being stopped or in trouble."""
        return self.name in CONVERGED

    def __str__(self) -> str:
        return self.value


for _name, _sentence in SENTENCES.items():
    setattr(StopReason, _name, StopReason(_name, _sentence))


@dataclass(frozen=True)
class Result:
    """The result of training.

    Attributes
    ----------
    w : (n,) array
        The best weights: lowest validation loss if there was a validation problem, else lowest loss.
    loss : float
        The loss at w, as the optimizer defines it.
    reason : StopReason
        Why training ended; ``reason.value`` is a sentence with the numbers that were compared.
    history : dict of str to array
        One entry a step: all numbers of `Step` (nan where the optimizer has no such number), seconds since the start,
        and validation_loss if there was a validation problem.
    method, problem : str, object
        The optimizer and what was fitted.
    best_step : int
        The step that led to w, counted from 1 as in ``history["loss"][best_step - 1]``; 0 if it is the start itself.
    """

    w: FloatArray
    loss: float
    reason: StopReason
    history: dict[str, np.ndarray] = field(repr=False)
    method: str
    problem: object
    start_loss: float
    best_step: int

    @property
    def converged(self) -> bool:
        """Whether training reached what it was asked for (a goal, a minimum) rather than being stopped."""
        return self.reason.converged

    @property
    def n_steps(self) -> int:
        """Number of steps tried, accepted or not."""
        return len(self.history["loss"])

    def predict(self, X: ArrayLike) -> FloatArray:
        """Predictions at inputs X with the best weights: (m, K) for a network, f(w, X) for a curve."""
        return self.problem.predict(self.w, X)

    @property
    def residual_std(self) -> float:
        """s = √(2 E_D/(P − n)), the noise of a curve's P measurements as the residuals show it (over sigma, if any)."""
        r, n = self._curve().residuals(self.w), len(self.w)
        if len(r) <= n:
            raise ValueError(f"n = {n} parameters fitted to P = {len(r)} residuals leave nothing to measure noise by")
        return float(np.linalg.norm(r) / np.sqrt(len(r) - n))

    @property
    def covariance(self) -> FloatArray:
        """Covariance of a curve's parameters (n, n), s² (JᵀJ)⁻¹ at w; with an absolute sigma (JᵀJ)⁻¹.

        It belongs to a minimum, so look at `converged` first; see `nnlib.standard_errors`, also for why networks have
        none. Undetermined parameters have the variance inf, and nan for their covariances with others.
        """
        s = 1.0 if getattr(self._curve(), "absolute_sigma", False) else self.residual_std
        C, free = s**2 * self._inverse_and_undetermined[0], self.undetermined
        C[free] = C[:, free] = np.nan
        C[free, free] = np.inf
        return C

    @property
    def standard_errors(self) -> FloatArray:
        """Standard deviations of a curve's parameters (n,), √diag of `covariance`; inf for the undetermined."""
        return np.sqrt(np.diagonal(self.covariance))

    @property
    def undetermined(self) -> NDArray[np.int_]:
        """Numbers of a curve's parameters that can move, alone or together, without a change of any residual."""
        return self._inverse_and_undetermined[1]

    @cached_property
    def _inverse_and_undetermined(self):
        return inverse_and_undetermined(self._curve(), self.w)

    def _curve(self):
        require_curve(self.problem)
        return self.problem

    def __repr__(self) -> str:
        accepted = self.history["accepted"]
        steps = f"{self.n_steps} step{'' if self.n_steps == 1 else 's'}"
        if not accepted.all():
            steps += f" ({np.sum(~accepted)} rejected)"
        if accepted[self.best_step :].any():
            steps += f", best after step {self.best_step}" if self.best_step else ", none better than the start"
        return (
            f"{type(self).__name__}: {self.method} on {self.problem!r}\n"
            f"  loss {self.start_loss:.6g} → {self.loss:.6g} in {steps}\n"
            f"  {'converged' if self.converged else 'not converged'}: {self.reason.value}"
        )
