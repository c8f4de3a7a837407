"""The loop that all first-order methods share: they differ in their rule alone, which turns a gradient into a new w.

A rule is a function (w, g, η, memory) → (w, memory); memory is what the method remembers from step to step.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from functools import partial
from itertools import count, islice
from typing import Any

import numpy as np

from nnlib import arguments
from nnlib.arguments import FloatArray
from nnlib.optimizers._steps import Step, Steps, norm, relative_gradient, require_methods, starting_point
from nnlib.problems import typical_loss
from nnlib.results import StopReason

Rule = Callable[[FloatArray, FloatArray, float, Any], tuple[FloatArray, Any]]
LearningRate = float | Callable[[int], float]


def descent(method, problem, w0, learning_rate, rule: Rule, memory, batch_size, seed, batches_per_step) -> Steps:
    """The first-order method that repeats w, memory ← rule(w, g, η, memory); see `steepest_descent` for the rest."""
    require_methods(problem, method, "loss", "loss_and_gradient")
    rates = learning_rates(learning_rate)
    batches = _mini_batches(method, problem, batch_size, seed, batches_per_step)
    w, loss = starting_point(problem, w0)
    if batches is not None:
        rule = partial(_through_batches, problem, batches, rule)
    typical = typical_loss(problem, loss)
    return Steps(method, problem, w, loss, descending(partial(evaluate, problem), w, rates, rule, typical, memory))


def learning_rates(learning_rate: LearningRate) -> Callable[[int], float]:
    """η as a function of the step's number 1, 2, 3, …, from such a function or from a number."""
    if not callable(learning_rate):
        constant = arguments.number("learning_rate", learning_rate, above=0)
        return lambda k: constant

    def rate(k: int) -> float:
        return arguments.number(f"learning_rate({k})", learning_rate(k), at_least=0)

    rate(1)  # complain about a function that cannot be meant before the first step
    return rate


def evaluate(problem, w: FloatArray) -> tuple[float, FloatArray]:
    """Loss and gradient at w; nan where w itself is not finite, for a problem may refuse such a w."""
    if not np.isfinite(w).all():
        return np.nan, np.full_like(w, np.nan)
    loss, g = problem.loss_and_gradient(w)
    return float(loss), g


def not_finite(loss: float, derivatives: FloatArray) -> StopReason:
    """The reason why a point cannot be gone on from: its loss, or else its derivatives."""
    if np.isfinite(loss):
        bad = int(np.sum(~np.isfinite(derivatives)))
        return StopReason.DERIVATIVES_NOT_FINITE.with_numbers(bad=bad, n=derivatives.size, loss=loss)
    return StopReason.NOT_FINITE.with_numbers(loss=loss)


def descending(evaluate: Callable, w, rates: Callable, rule: Rule, typical, memory=None, slope=lambda w, g: g):
    """Steps w, memory ← rule(w, g, η, memory) on the loss and g that evaluate(w) gives; records tell of slope(w, g)."""
    loss, g = evaluate(w)
    for k in count(1):
        learning_rate = rates(k)
        trial, memory = rule(w, g, learning_rate, memory)
        trial_loss, trial_g = evaluate(trial)
        accepted = bool(np.isfinite(trial_loss) and np.isfinite(trial_g).all())
        if accepted:
            w, loss, g = trial, trial_loss, trial_g
        steepest = slope(w, g)
        scaled = relative_gradient(steepest, w, loss, typical)
        yield Step(w, loss, norm(steepest), scaled, accepted, trial, trial_loss, learning_rate)
        if not accepted:
            return not_finite(trial_loss, trial_g)


def _through_batches(problem, batches, rule, w, g, learning_rate, memory):
    """One update for each batch B, with (m/|B|) Σ_{s in B} ∂E_s/∂w, an unbiased estimate of the gradient g."""
    for rows in next(batches):
        _, g = evaluate(problem.batch(rows), w)
        w, memory = rule(w, g * (len(problem.X) / len(rows)), learning_rate, memory)
    return w, memory


def _mini_batches(method, problem, batch_size, seed, batches_per_step) -> Iterator[list] | None:
    """For each step the list of its mini-batches, each an array of row numbers; None for the full batch."""
    if batch_size is None:
        for name, value in (("seed", seed), ("batches_per_step", batches_per_step)):
            if value is not None:
                raise ValueError(f"{name} belongs to mini-batches: give batch_size too")
        return None
    require_methods(problem, f"{method} with a batch_size", "batch")
    m = len(problem.X)
    per_epoch = math.ceil(m / arguments.integer("batch_size", batch_size, at_least=1))
    per_step = per_epoch if batches_per_step is None else batches_per_step
    rng = arguments.random_generator("seed", seed)
    size, batches = arguments.integer("batches_per_step", per_step, at_least=1), _shuffled(m, per_epoch, rng)
    return (list(islice(batches, size)) for _ in count())


def _shuffled(m: int, per_epoch: int, rng: np.random.Generator) -> Iterator:
    """Batches without end: each epoch all m rows in a new random order, cut into parts as equal as can be."""
    while True:
        yield from np.array_split(rng.permutation(m), per_epoch)
