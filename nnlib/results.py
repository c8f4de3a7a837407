"""What training gives: the best weights, why it ended, and one entry a step."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike

from nnlib.arguments import FloatArray
from nnlib.reasons import StopReason


@dataclass(frozen=True)
class Fit:
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
        One entry a step: loss, gradient_norm, scaled_gradient, accepted, trial_loss, learning_rate, mu, gain_ratio,
        smallest_eigenvalue (nan where the optimizer has no such number; see `Step`), seconds since the start, and
        validation_loss if there was a validation problem.
    method : str
        The optimizer.
    problem : object
        What was fitted.
    start_loss : float
        The loss at the start, before the first step.
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
