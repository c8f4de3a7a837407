"""Training: drive any optimizer until something says stop, and keep the best weights."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field, fields, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nnlib import _arguments as check
from nnlib.optimizers import Step, Steps
from nnlib.reasons import StopReason

FloatArray = NDArray[np.float64]

SAME_LOSS = 1e-9  # losses that differ by less than this part of the start's are the same minimum


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


def train(
    steps: Steps,
    max_steps: int = 1000,
    *,
    goal: float | None = None,
    min_gradient: float = 1e-10,
    max_seconds: float | None = None,
    validation=None,
    patience: int = 10,
    callback: Callable[[Step], object] | None = None,
    progress: bool = False,
) -> Fit:
    """Take steps until one of the stop rules holds, and return the best weights with the reason.

    Kernel → Interrupt (Ctrl-C) ends training early and keeps what was learned.

    Parameters
    ----------
    steps : Steps
        An optimizer at work, such as ``levenberg_marquardt(problem, w0)``. One that has already taken steps goes on
        from where it stands, and the result tells of the further steps only.
    max_steps : int, default 1000
        Most steps to take, counting rejected ones.
    goal : float, optional
        Stop when the loss is at or below it.
    min_gradient : float, default 1e-10
        Stop when the scaled gradient (see `Step`), which has no units, is at or below it.
    max_seconds : float, optional
        Stop after the first step that ends later than that.
    validation : problem, optional
        A problem with loss(w), made of data that are not trained on. Training stops when its loss has not fallen
        below its lowest for `patience` accepted steps, and returns the weights with the lowest.
    patience : int, default 10
        See `validation`.
    callback : callable, optional
        Called with each `Step`; training stops when it returns True.
    progress : bool, default False
        Show a progress bar (needs the package tqdm).

    Returns
    -------
    Fit

    Raises
    ------
    TypeError, ValueError
        For arguments of the wrong type or range, and for steps that broke off in the middle of one.

    Examples
    --------
    >>> from nnlib import CurveFit, levenberg_marquardt
    >>> x = np.linspace(0, 1, 11)
    >>> curve = CurveFit(lambda w, x: np.exp(w[0] * x), x, np.exp(2 * x))
    >>> fit = train(levenberg_marquardt(curve, [0.0]), goal=1e-6)
    >>> fit.converged, fit.reason.name
    (True, 'GOAL')
    """
    if not isinstance(steps, Steps):
        raise TypeError(
            f"steps must be an optimizer such as levenberg_marquardt(problem, w0), got {type(steps).__name__}"
        )
    rules = _Rules(
        max_steps=check.integer("max_steps", max_steps, at_least=1),
        goal=-np.inf if goal is None else check.number("goal", goal),
        min_gradient=check.number("min_gradient", min_gradient, at_least=0),
        max_seconds=np.inf if max_seconds is None else check.number("max_seconds", max_seconds, above=0),
        patience=check.integer("patience", patience, at_least=1),
    )
    if validation is not None and not callable(getattr(validation, "loss", None)):
        raise TypeError(f"validation must be a problem with loss(w), got {type(validation).__name__}")
    if callback is not None and not callable(callback):
        raise TypeError(f"callback must be a function of a Step, got {type(callback).__name__}")
    return _run(steps, rules, validation, callback, _progress_bar(progress, rules.max_steps))


@dataclass(frozen=True)
class _Rules:
    """The stop rules: the limits to compare a step's numbers with."""

    max_steps: int
    goal: float
    min_gradient: float
    max_seconds: float
    patience: int

    def reached_by_start(self, loss: float) -> StopReason | None:
        return StopReason.GOAL.with_numbers(loss=loss, goal=self.goal) if loss <= self.goal else None

    def reached_by(self, step: Step, number: int, seconds: float, best: _Best) -> StopReason | None:
        if step.loss <= self.goal:
            return StopReason.GOAL.with_numbers(loss=step.loss, goal=self.goal)
        if step.scaled_gradient <= self.min_gradient:
            numbers = dict(scaled_gradient=step.scaled_gradient, min_gradient=self.min_gradient)
            if step.smallest_eigenvalue < 0:
                return StopReason.SADDLE.with_numbers(**numbers, smallest_eigenvalue=step.smallest_eigenvalue)
            return StopReason.MIN_GRADIENT.with_numbers(**numbers)
        if best.by_validation and best.waited >= self.patience:
            numbers = dict(last=best.latest, best=best.point.measure, best_step=best.point.step)
            return StopReason.VALIDATION.with_numbers(patience=self.patience, **numbers)
        if seconds >= self.max_seconds:
            return StopReason.MAX_SECONDS.with_numbers(seconds=seconds, max_seconds=self.max_seconds)
        if number >= self.max_steps:
            return StopReason.MAX_STEPS.with_numbers(max_steps=self.max_steps)
        return None


class _Point(NamedTuple):
    """Weights, their loss, what they are chosen by (see `_Best`) and the step that led to them (0: the start)."""

    w: FloatArray
    loss: float
    measure: float
    step: int


@dataclass(frozen=True)
class _Best:
    """The best point so far: of lowest validation loss if there is a validation problem, else of lowest loss.

    Where the optimizer says so (`Steps.newest_is_best`) and there is no validation problem: the newest.

    Attributes
    ----------
    point : _Point
    latest : float
        What points are chosen by, at the newest of them.
    waited : int
        Accepted steps since the best one.
    """

    validation: object
    newest: bool
    point: _Point
    latest: float
    waited: int = 0

    @classmethod
    def of_start(cls, steps: Steps, validation) -> _Best:
        latest = _measure(validation, steps.w, steps.loss)
        # What cannot be computed at the start is worse than anything.
        point = _Point(steps.w, steps.loss, np.inf if np.isnan(latest) else latest, 0)
        return cls(validation, steps.newest_is_best and validation is None, point, latest)

    @property
    def by_validation(self) -> bool:
        return self.validation is not None

    def after(self, step: Step, number: int) -> _Best:
        if not step.accepted:
            return self
        latest = _measure(self.validation, step.w, step.loss)
        if latest < self.point.measure or self.newest:
            return replace(self, point=_Point(step.w, step.loss, latest, number), latest=latest, waited=0)
        return replace(self, latest=latest, waited=self.waited + 1)


def _measure(validation, w, loss) -> float:
    return loss if validation is None else float(validation.loss(w))


def _run(steps: Steps, rules: _Rules, validation, callback, bar) -> Fit:
    start_loss = steps.loss
    best = _Best.of_start(steps, validation)
    reason = rules.reached_by_start(start_loss)
    records: list[dict[str, float]] = []
    began = time.perf_counter()
    # An interrupt may come between any two lines: what is kept by then belongs together at every moment.
    try:
        with bar:
            while reason is None:
                step = next(steps, None)
                if step is None:
                    reason = _own_ending(steps)
                    break
                number, seconds = len(records) + 1, time.perf_counter() - began
                best_now = best.after(step, number)
                records.append({**_numbers(step), "seconds": seconds, "validation_loss": best_now.latest})
                best = best_now
                bar.set_postfix_str(f"loss {step.loss:.4g}", refresh=False)
                bar.update()
                asked = callback is not None and _is_true(callback(step))
                reason = rules.reached_by(step, number, seconds, best)
                if reason is None and asked:
                    reason = StopReason.CALLBACK.with_numbers(loss=step.loss)
        return _result(steps, records, best, reason, start_loss)
    except KeyboardInterrupt:
        reason = reason or StopReason.INTERRUPTED.with_numbers(steps=len(records))
    return _result(steps, records, best, reason, start_loss)


def _result(steps: Steps, records: list[dict[str, float]], best: _Best, reason: StopReason, start_loss: float) -> Fit:
    point = best.point
    fit = Fit(
        w=point.w.copy(),
        loss=point.loss,
        reason=_of_the_point(reason, point, steps, start_loss, best.by_validation),
        history=_history(records, steps.record, best.by_validation),
        method=steps.method,
        problem=steps.problem,
        start_loss=start_loss,
        best_step=point.step,
    )
    return steps.result(fit)


def _of_the_point(
    reason: StopReason, point: _Point, steps: Steps, start_loss: float, by_validation: bool
) -> StopReason:
    """The reason; where it speaks of a minimum of higher loss than the point returned has, one that says so."""
    higher = steps.loss - point.loss > SAME_LOSS * max(abs(start_loss), abs(point.loss))
    if by_validation or not reason.converged or not higher:
        return reason
    return StopReason.HIGHER_MINIMUM.with_numbers(
        reason=reason.value, last=steps.loss, best=point.loss, best_step=point.step
    )


def _own_ending(steps: Steps) -> StopReason:
    if steps.ending is None:
        raise ValueError(
            f"steps broke off in the middle of a step (interrupted, or by an error) and cannot go on: start "
            f"{steps.method} anew from where they stand, steps.w"
        )
    return steps.ending


def _is_true(answer) -> bool:
    """Whether a callback said True; anything else that it may happen to return does not count."""
    return isinstance(answer, (bool, np.bool_)) and bool(answer)


def _numbers(step: Step) -> dict[str, float]:
    return {name: getattr(step, name) for name in _scalars(step)}


def _scalars(step) -> list[str]:
    return [f.name for f in fields(step) if f.name not in ("w", "trial_w")]


def _history(records: list[dict[str, float]], record: type[Step], by_validation: bool) -> dict[str, np.ndarray]:
    """One array a number; without a step the arrays are empty."""
    names = list(records[0]) if records else [*_scalars(record), "seconds", "validation_loss"]
    if not by_validation:
        names.remove("validation_loss")
    return {
        name: np.array([record[name] for record in records], dtype=bool if name == "accepted" else np.float64)
        for name in names
    }


class _NoBar:
    """Stands in for a progress bar that nobody asked for."""

    def __enter__(self):
        return self

    def __exit__(self, *error):
        return None

    def update(self):
        pass

    def set_postfix_str(self, text, refresh):
        pass


def _progress_bar(wanted: bool, total: int):
    if not check.flag("progress", wanted):
        return _NoBar()
    try:
        from tqdm.auto import tqdm
    except ImportError:
        raise ImportError("progress=True needs the package tqdm: pip install tqdm") from None
    return tqdm(total=total, unit="step", mininterval=0.2)
