"""Why a run ended: one enum, whose values become sentences with the numbers that were compared."""

from __future__ import annotations

from enum import Enum


class StopReason(Enum):
    """Why training stopped.

    A member's value is a sentence with gaps; `with_numbers` fills them in and gives a reason that is still equal to the
    member.

    Examples
    --------
    >>> reason = StopReason.GOAL.with_numbers(loss=0.001, goal=0.01)
    >>> reason.value
    'the loss 0.001 reached the goal 0.01'
    >>> reason == StopReason.GOAL
    True
    """

    GOAL = "the loss {loss:.4g} reached the goal {goal:.4g}"
    MIN_GRADIENT = "the scaled gradient {scaled_gradient:.2g} fell to min_gradient {min_gradient:.2g}"
    SADDLE = (
        "the scaled gradient {scaled_gradient:.2g} fell to min_gradient {min_gradient:.2g}, but the Hessian has the "
        "eigenvalue {smallest_eigenvalue:.3g}: a saddle or a maximum, not a minimum"
    )
    ROUNDING = "at the minimum to rounding: the next step would lower the loss {loss:.6g} by {predicted:.1e}"
    HIGHER_MINIMUM = (
        "{reason}; but the loss there, {last:.4g}, is higher than the {best:.4g} after step {best_step}, "
        "whose weights are returned"
    )
    MAX_STEPS = "max_steps = {max_steps} steps were taken"
    MAX_SECONDS = "{seconds:.3g} s passed, max_seconds is {max_seconds:.3g}"
    VALIDATION = (
        "the validation loss did not fall for patience = {patience} steps: {last:.4g} now, "
        "{best:.4g} at its best in step {best_step}, whose weights are returned"
    )
    CALLBACK = "the callback asked to stop at loss {loss:.4g}"
    INTERRUPTED = "interrupted by hand after step {steps}; the best weights so far are kept"
    MU_MAX = "no step lowers the loss {loss:.6g}: mu rose to {mu:.1e}, above mu_max {mu_max:.1e}"
    SINGULAR = "the matrix {matrix} is singular (rank {rank} of {n}): the step does not exist"
    NOT_FINITE = "the loss is {loss} at the next point; the last finite one is kept"
    DERIVATIVES_NOT_FINITE = (
        "{bad} of {n} derivatives are not finite at the next point, where the loss is {loss:.4g}; the last point where "
        "all are is kept"
    )
    FIXED_POINT = (
        "alpha, beta and the weights are at rest: ln alpha and ln beta moved by {change:.1e}, the scaled gradient of "
        "beta E_D + alpha E_W is {cosine:.1e}, the tolerance {tolerance:.1e}"
    )
    WEIGHTS_OFF = (
        "alpha and beta are at rest where all weights are switched off: gamma = {gamma:.3g} of {n} parameters are "
        "determined by the data at alpha = {alpha:.3g}, and all else is taken for noise; try another start"
    )
    ALPHA_RUNS_AWAY = (
        "alpha runs away, {alpha:.2g} and rising, and gamma = {gamma:.1e} falls to 0: all weights are switched off and "
        "all data taken for noise; try another start"
    )
    NO_NOISE_LEFT = (
        "nothing is left to measure the noise by: gamma = {gamma:.6g} parameters are fitted to P = {P} residuals, and "
        "E_D is {E_D:.1e}; beta has no value"
    )

    def with_numbers(self, **numbers) -> StopReason:
        """This reason, its sentence filled in."""
        return _filled(self.name, self.value.format(**numbers))

    @property
    def converged(self) -> bool:
        """Whether what was asked for was reached, as opposed to being stopped or in trouble."""
        return self.name in _CONVERGED

    def __eq__(self, other) -> bool:
        return isinstance(other, StopReason) and self.name == other.name

    def __hash__(self) -> int:
        return hash(self.name)

    def __str__(self) -> str:
        return self.value

    def __reduce_ex__(self, protocol):
        return _filled, (self.name, self.value)  # pickle by name: a filled-in sentence is not a value of the enum


_CONVERGED = {"GOAL", "MIN_GRADIENT", "ROUNDING", "FIXED_POINT"}


def _filled(name: str, sentence: str) -> StopReason:
    reason = object.__new__(StopReason)
    reason._name_, reason._value_ = name, sentence
    return reason
