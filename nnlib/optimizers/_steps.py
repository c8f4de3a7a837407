"""What all optimizers share: the record of one step, and the iterator that yields such records."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from nnlib import arguments
from nnlib.arguments import FloatArray
from nnlib.results import StopReason


@dataclass(frozen=True, slots=True)
class Step:
    """What one step did.

    Attributes
    ----------
    w : (n,) array
        The weights after the step: the trial point if it was accepted, the old point if not.
    loss, gradient_norm : float
        E and ‖g‖ (Euclidean) at w.
    scaled_gradient : float
        A gradient without units. Where a Jacobian is at hand, MINPACK's: the largest |cos| of the angle between the
        residuals and a column of J, max_j |g_j| / (‖J_j‖ ‖r‖). Else max_j |g_j| max(|w_j|, 1) / max(|E|, |E_0|), with
        E_0 a typical loss (Dennis & Schnabel 1983, eq. 7.2.5): that of the start, or of all values 0 if that is lower.
    accepted : bool
    trial_w, trial_loss : (n,) array, float
        The point that was tried and its loss (inf or nan when it could not be computed, or was not worth it).
    learning_rate, mu, gain_ratio : float
        What the step was made with; nan where a method has no such number. gain_ratio is the actual decrease of the
        loss over the decrease that the quadratic model predicted.
    smallest_eigenvalue : float
        Of the Hessian at w, 0 where rounding cannot tell it from 0; nan where a method has no Hessian.
    idle, first_idle : float
        How many parameters have no influence at w (a column 0 in J), and the first of them; nan without a Jacobian.
    """

    w: FloatArray
    loss: float
    gradient_norm: float
    scaled_gradient: float
    accepted: bool
    trial_w: FloatArray
    trial_loss: float
    learning_rate: float = np.nan
    mu: float = np.nan
    gain_ratio: float = np.nan
    smallest_eigenvalue: float = np.nan
    idle: float = np.nan
    first_idle: float = np.nan


class Steps(Iterator[Step]):
    """The steps of an optimizer on a problem, one at a time: an iterator to loop over, or to hand to `train`.

    Attributes
    ----------
    method, problem, w0 : str, object, (n,) array
        The optimizer's name, what it minimizes and where it starts.
    w, loss : (n,) array, float
        Where it stands: at the start first, then at the last step's w and its loss.
    ending : StopReason or None
        Why the optimizer itself ended, once it has.
    """

    record: type[Step] = Step  # what the optimizer yields
    newest_is_best = False  # whether `train` should return where a run has come to, and not where the loss was lowest

    def __init__(self, method: str, problem, w0: FloatArray, loss0: float, generator: Generator):
        self.method, self.problem, self.w0 = method, problem, w0
        self.w, self.loss = w0, loss0
        self._generator = generator  # of Step records; what it returns is the ending
        self.ending: StopReason | None = None

    def __next__(self) -> Step:
        try:
            with np.errstate(all="ignore"):  # what overflows on the way is seen in the loss; numpy need not say it too
                step = next(self._generator)
        except StopIteration as end:
            self.ending = self.ending or end.value
            raise StopIteration(self.ending) from None
        self.w, self.loss = step.w, step.loss
        return step

    def result(self, fit):
        """What `train` returns: the fit, or a fit that knows more."""
        return fit

    def __repr__(self) -> str:
        return f"{self.method}({self.problem!r})"


def starting_point(problem, w0: ArrayLike) -> tuple[FloatArray, float]:
    """A copy of w0 as a float vector that fits the problem, and its loss, which must be finite."""
    w = starting_vector(problem, w0)
    loss = float(problem.loss(w))
    require_finite_start(loss)
    return w, loss


def starting_vector(problem, w0: ArrayLike) -> FloatArray:
    """A copy of w0 as a float vector that fits the problem."""
    w = arguments.real_array("w0", w0, 1).copy()
    n = getattr(problem, "n_params", None)
    if n is not None and len(w) != n:
        raise ValueError(f"w0 has {len(w)} entries, the problem has {n} parameters")
    return w


def require_finite_start(loss: float) -> None:
    """Complain about a start where the loss is not finite."""
    if not np.isfinite(loss):
        raise ValueError(f"the loss at w0 must be finite, it is {loss}: start elsewhere")


def require_methods(problem, method: str, *names: str) -> None:
    """Complain about a problem that lacks one of the methods that the optimizer calls."""
    missing = [name for name in names if not callable(getattr(problem, name, None))]
    if missing:
        found = f"{type(problem).__name__} has no {missing[0]}"
        raise TypeError(f"{method} needs a problem with {' and '.join(names)}, {found}")


def norm(g: FloatArray) -> float:
    """‖g‖, inf where its square overflows."""
    return float(np.sqrt(g @ g))


def relative_gradient(g: FloatArray, w: FloatArray, loss: float, typical_loss: float) -> float:
    """The gradient's size with w's and the loss's units taken out; see `Step.scaled_gradient`."""
    change = np.max(np.abs(g) * np.maximum(np.abs(w), 1.0))
    return 0.0 if change == 0 else float(change / np.maximum(abs(loss), typical_loss))


def gradient_cosine(g: FloatArray, lengths: FloatArray, loss: float) -> float:
    """The largest |cos| between r and a column of J, from g = Jᵀr, the columns' lengths and E = ½ rᵀr.

    Columns of 0 do not count, unless it was only their length that underflowed; nan where no other is left.
    """
    return 0.0 if loss == 0 else float(np.fmax.reduce(np.abs(g) / lengths) / np.sqrt(2 * loss))


def idle(lengths: FloatArray) -> dict[str, float]:
    """What `Step` says of parameters without influence, by the lengths of their columns of J."""
    return dict(idle=0.0) if lengths.all() else dict(idle=float(np.sum(lengths == 0)), first_idle=np.argmin(lengths))
