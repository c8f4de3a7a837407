"""Training: drive any optimizer until something says stop, and keep the best weights."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from dataclasses import fields
from typing import NamedTuple

import numpy as np

from nnlib import arguments
from nnlib.arguments import FloatArray
from nnlib.optimizers import Step, Steps
from nnlib.problems import typical_loss
from nnlib.results import Result, StopReason

SAME_LOSS = 1e-9  # losses that differ by less than this part of the start's are the same minimum


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
) -> Result:
    """Take steps until one of the stop rules holds, and return the best weights with the reason.

    Kernel → Interrupt (Ctrl-C) ends training early and keeps what was learned.

    Parameters
    ----------
    steps : Steps
        An optimizer at work, such as ``levenberg_marquardt(problem, w0)``. After steps already taken it goes on, and
        the result tells of the further ones only.
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
    callback : callable, optional
        Called with each `Step`; training stops when it returns True.
    progress : bool, default False
        Show a progress bar (needs the package tqdm).

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
        raise TypeError(f"steps must be an optimizer, levenberg_marquardt(problem, w0) say, got {type(steps).__name__}")
    max_steps = arguments.integer("max_steps", max_steps, at_least=1)
    goal = -np.inf if goal is None else arguments.number("goal", goal)
    min_gradient = arguments.number("min_gradient", min_gradient, at_least=0)
    max_seconds = np.inf if max_seconds is None else arguments.number("max_seconds", max_seconds, above=0)
    patience = arguments.integer("patience", patience, at_least=1)
    if validation is not None and not callable(getattr(validation, "loss", None)):
        raise TypeError(f"validation must be a problem with loss(w), got {type(validation).__name__}")
    if callback is not None and not callable(callback):
        raise TypeError(f"callback must be a function of a Step, got {type(callback).__name__}")
    bar = _progress_bar(max_steps) if arguments.flag("progress", progress) else None

    def measure(w, loss):
        return loss if validation is None else float(validation.loss(w))

    def reached(step) -> StopReason | None:
        """The first stop rule that holds after a step."""
        seconds = records[-1]["seconds"]
        if step.loss <= goal:
            return StopReason.GOAL.with_numbers(loss=step.loss, goal=goal)
        if step.scaled_gradient <= min_gradient:
            numbers = dict(scaled_gradient=step.scaled_gradient, min_gradient=min_gradient)
            if step.smallest_eigenvalue < 0:
                return StopReason.SADDLE.with_numbers(**numbers, smallest_eigenvalue=step.smallest_eigenvalue)
            return StopReason.MIN_GRADIENT.with_numbers(**numbers)
        if validation is not None and waited >= patience:
            numbers = dict(last=latest, best=best.measure, best_step=best.step)
            return StopReason.VALIDATION.with_numbers(patience=patience, **numbers)
        if seconds >= max_seconds:
            return StopReason.MAX_SECONDS.with_numbers(seconds=seconds, max_seconds=max_seconds)
        return StopReason.MAX_STEPS.with_numbers(max_steps=max_steps) if len(records) >= max_steps else None

    def result() -> Result:
        said = _of_the_point(reason, best, steps, start_loss, validation is not None)
        said = _with_idle(said, records[max(best.step - 1, 0)], len(best.w)) if records else said
        history = _history(records, steps.record, validation is not None)
        return steps.result(
            Result(best.w.copy(), best.loss, said, history, steps.method, steps.problem, start_loss, best.step)
        )

    start_loss, latest = steps.loss, measure(steps.w, steps.loss)
    # What cannot be computed at the start is worse than anything.
    best, waited = _Best(steps.w, steps.loss, np.inf if np.isnan(latest) else latest, 0), 0
    newest_is_best = steps.newest_is_best and validation is None
    reason = StopReason.GOAL.with_numbers(loss=start_loss, goal=goal) if start_loss <= goal else None
    records: list[dict[str, float]] = []
    began = time.perf_counter()
    # An interrupt may come between any two lines: what is kept by then belongs together at every moment.
    try:
        with bar or contextlib.nullcontext():
            while reason is None:
                step = next(steps, None)
                if step is None:
                    reason = _own_ending(steps)
                    break
                seconds = time.perf_counter() - began
                latest = measure(step.w, step.loss) if step.accepted else latest
                numbers = {name: getattr(step, name) for name in _scalars(step)}
                records.append({**numbers, "seconds": seconds, "validation_loss": latest})
                if step.accepted and (latest < best.measure or newest_is_best):
                    best, waited = _Best(step.w, step.loss, latest, len(records)), 0
                elif step.accepted:
                    waited += 1
                if bar:
                    bar.set_postfix_str(f"loss {step.loss:.4g}", refresh=False)
                    bar.update()
                answer = callback(step) if callback else None
                asked = isinstance(answer, (bool, np.bool_)) and answer  # anything else that it may return is no answer
                reason = reached(step)
                if reason is None and asked:
                    reason = StopReason.CALLBACK.with_numbers(loss=step.loss)
        return result()
    except KeyboardInterrupt:
        reason = reason or StopReason.INTERRUPTED.with_numbers(steps=len(records))
    return result()


class _Best(NamedTuple):
    """The best weights so far, their loss, what they are chosen by and the step that led to them (0: the start)."""

    w: FloatArray
    loss: float
    measure: float
    step: int


def _of_the_point(reason: StopReason, point: _Best, steps: Steps, start_loss: float, by_validation: bool) -> StopReason:
    """The reason; where it speaks of a minimum of higher loss than the point returned has, one that says so."""
    higher = steps.loss - point.loss > SAME_LOSS * max(typical_loss(steps.problem, start_loss), abs(point.loss))
    if by_validation or not reason.converged or not higher:
        return reason
    numbers = dict(last=steps.loss, best=point.loss, best_step=point.step)
    return StopReason.HIGHER_MINIMUM.with_numbers(reason=reason.value, **numbers)


def _with_idle(reason: StopReason, record: dict[str, float], n: int) -> StopReason:
    """The reason, with a word about parameters that have no influence at the weights returned."""
    if not record["idle"] > 0 or reason == StopReason.NO_INFLUENCE:
        return reason
    have = "has" if record["idle"] == 1 else "have"
    idle = f"{record['idle']:.0f} of {n} parameters {have} no influence, the first is w[{record['first_idle']:.0f}]"
    return StopReason(reason.name, f"{reason}; at the end {idle}")


def _own_ending(steps: Steps) -> StopReason:
    if steps.ending is None:
        anew = f"start {steps.method} anew from where they stand, steps.w"
        raise ValueError(f"steps broke off in the middle of a step (an interrupt or error) and cannot go on: {anew}")
    return steps.ending


def _scalars(step: Step | type[Step]) -> list[str]:
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


def _progress_bar(total: int):
    try:
        from tqdm.auto import tqdm
    except ImportError:
        raise ImportError("progress=True needs the package tqdm: pip install tqdm") from None
    return tqdm(total=total, unit="step", mininterval=0.2)
