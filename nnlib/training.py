"""Training: drive any optimizer until something says stop, and keep the best weights."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field, fields

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nnlib import _arguments as check
from nnlib.optimizers import Step, Steps
from nnlib.reasons import StopReason

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Fit:
    """The result of training.

    Attributes
    ----------
    w : (n,) array
        The best weights: lowest validation loss if there was a validation problem, else lowest loss.
    loss : float
        The loss at w.
    reason : StopReason
        Why training ended; ``reason.value`` is a sentence with the numbers that were compared.
    history : dict of str to array
        One entry a step: loss, gradient_norm, scaled_gradient, accepted, trial_loss, learning_rate, mu, gain_ratio
        (nan where the optimizer has no such number), seconds since the start, and validation_loss if there was one.
    method : str
        The optimizer.
    problem : object
        What was fitted.
    start_loss : float
        The loss at the start, before the first step.
    """

    w: FloatArray
    loss: float
    reason: StopReason
    history: dict[str, np.ndarray] = field(repr=False)
    method: str
    problem: object
    start_loss: float

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
        verdict = "converged" if self.converged else "not converged"
        rejected = int(np.sum(~self.history["accepted"].astype(bool)))
        steps = f"{self.n_steps} step{'' if self.n_steps == 1 else 's'}" + (f" ({rejected} rejected)" if rejected else "")
        return (
            f"{type(self).__name__}: {self.method} on {self.problem!r}\n"
            f"  loss {self.start_loss:.6g} → {self.loss:.6g} in {steps}\n"
            f"  {verdict}: {self.reason.value}"
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
        An optimizer at work, such as ``levenberg_marquardt(problem, w0)``.
    max_steps : int, default 1000
        Most steps to take, counting rejected ones.
    goal : float, optional
        Stop when the loss is at or below it.
    min_gradient : float, default 1e-10
        Stop when the scaled gradient (see `Step`), which has no units, is at or below it.
    max_seconds : float, optional
        Stop after that time.
    validation : problem, optional
        A problem with loss(w), made of data that are not trained on. Training stops when its loss has not fallen for
        `patience` accepted steps, and returns the weights with the lowest.
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
        For arguments of the wrong type or range.

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
        raise TypeError(f"steps must be an optimizer such as levenberg_marquardt(problem, w0), got {type(steps).__name__}")
    max_steps = check.integer("max_steps", max_steps, at_least=1)
    rules = _Rules(
        goal=-np.inf if goal is None else check.number("goal", goal),
        min_gradient=check.number("min_gradient", min_gradient, at_least=0),
        max_seconds=np.inf if max_seconds is None else check.number("max_seconds", max_seconds, above=0),
        patience=check.integer("patience", patience, at_least=1),
        callback=callback,
    )
    if validation is not None and not callable(getattr(validation, "loss", None)):
        raise TypeError(f"validation must be a problem with loss(w), got {type(validation).__name__}")
    return _run(steps, max_steps, rules, validation, progress)


@dataclass(frozen=True)
class _Rules:
    """The stop rules that look at a single step."""

    goal: float
    min_gradient: float
    max_seconds: float
    patience: int
    callback: Callable[[Step], object] | None

    def reason_to_stop(self, step: Step, seconds: float) -> StopReason | None:
        if step.loss <= self.goal:
            return StopReason.GOAL.with_numbers(loss=step.loss, goal=self.goal)
        if step.scaled_gradient <= self.min_gradient:
            numbers = dict(scaled_gradient=step.scaled_gradient, min_gradient=self.min_gradient)
            return StopReason.MIN_GRADIENT.with_numbers(**numbers)
        if seconds >= self.max_seconds:
            return StopReason.MAX_SECONDS.with_numbers(seconds=seconds, max_seconds=self.max_seconds)
        if self.callback is not None and self.callback(step) is True:
            return StopReason.CALLBACK.with_numbers(loss=step.loss)
        return None


class _Best:
    """The best weights so far, by the validation loss if there is a validation problem, else by the loss."""

    def __init__(self, w: FloatArray, loss: float, validation):
        self.w, self.loss, self.validation = w, loss, validation
        self.measure = loss if validation is None else validation.loss(w)
        self.at_step, self.steps_since = 0, 0

    def look_at(self, step: Step, number: int) -> float:
        """Take over the step's weights if they are better; its measure is returned."""
        measure = step.loss if self.validation is None else self.validation.loss(step.w)
        if measure < self.measure:
            self.w, self.loss, self.measure = step.w, step.loss, measure
            self.at_step, self.steps_since = number, 0
        elif step.accepted:
            self.steps_since += 1
        return measure


def _run(steps: Steps, max_steps: int, rules: _Rules, validation, progress: bool) -> Fit:
    start_loss = float(steps.problem.loss(steps.w0))
    best = _Best(steps.w0, start_loss, validation)
    records: list[dict[str, float]] = []
    reason = None
    began = time.perf_counter()
    with _progress_bar(progress, max_steps) as bar:
        try:
            for step in steps:
                seconds = time.perf_counter() - began
                measure = best.look_at(step, len(records) + 1)
                records.append(_numbers(step, seconds, None if validation is None else measure))
                bar.set_postfix_str(f"loss {step.loss:.4g}", refresh=False)
                bar.update()
                reason = rules.reason_to_stop(step, seconds)
                if reason is None and validation is not None and best.steps_since >= rules.patience:
                    numbers = dict(patience=rules.patience, last=measure, best=best.measure, best_step=best.at_step)
                    reason = StopReason.VALIDATION.with_numbers(**numbers)
                if reason is None and len(records) >= max_steps:
                    reason = StopReason.MAX_STEPS.with_numbers(max_steps=max_steps)
                if reason is not None:
                    break
            else:
                reason = steps.ending
        except KeyboardInterrupt:
            reason = StopReason.INTERRUPTED.with_numbers(steps=len(records))
    history = {name: np.array([record[name] for record in records]) for name in _names(records, validation)}
    return Fit(best.w, best.loss, reason, history, steps.method, steps.problem, start_loss)


def _numbers(step: Step, seconds: float, validation_loss: float | None) -> dict[str, float]:
    numbers = {f.name: getattr(step, f.name) for f in fields(step) if f.name not in ("w", "trial_w")}
    numbers["seconds"] = seconds
    if validation_loss is not None:
        numbers["validation_loss"] = validation_loss
    return numbers


def _names(records, validation) -> list[str]:
    if records:
        return list(records[0])
    scalars = [f.name for f in fields(Step) if f.name not in ("w", "trial_w")]
    return [*scalars, "seconds", *(["validation_loss"] if validation is not None else [])]


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
