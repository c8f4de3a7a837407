"""Where Levenberg–Marquardt stops paying: what it and Adam need to bring a network's loss to the same goal.

With n weights a Levenberg–Marquardt step costs n²/2 multiply-adds for every sample and n³/3 more, a gradient 2n to 3n
for every sample: the larger the network, the more of Adam's steps one of Levenberg–Marquardt's has to be worth. How
many it is worth depends on how far the loss is to fall, so there are two goals, a rough fit and a close one.

Both have the same data and starts, and one thread. Adam is run with each learning rate, on the full batch and in
mini-batches, and the cheapest of these is shown, without the price of finding it out; Levenberg–Marquardt has its
defaults. Everything is the median over the starts. Multiply-adds, counted by `nnlib.operation_counts`, are as good as
the same on every machine; seconds are not.

    python benchmarks/lm_against_adam.py [numbers of weights, e.g. 36 302]
"""

import math
import os
import statistics
import sys
from dataclasses import dataclass

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # it is read when numpy is loaded

import numpy as np

import nnlib
from nnlib import operation_counts

SAMPLES, STARTS = 3000, 3
HIDDEN = [5, 14, 43, 100, 214]  # of [5, h, 1]: 7 h + 1 weights
GOALS = {"rough": 0.05, "close": 0.001}  # part of the targets' variance that is left
MOST_TRIES = 100
RATES = [0.01, 0.03]
MOST_EPOCHS = {None: 2000, 100: 300}  # for every batch size; in mini-batches an epoch does more


@dataclass(frozen=True)
class Price:
    """What it took to reach a goal; infinite where it was not reached."""

    multiply_adds: float = math.inf
    seconds: float = math.inf


def friedman(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Inputs in [−1, 1] and targets of variance 1 without noise (Friedman 1991, Annals of Statistics 19)."""
    x = np.random.default_rng(seed).uniform(0, 1, (SAMPLES, 5))
    y = 10 * np.sin(np.pi * x[:, 0] * x[:, 1]) + 20 * (x[:, 2] - 0.5) ** 2 + 10 * x[:, 3] + 5 * x[:, 4]
    return 2 * x - 1, (y - y.mean()) / y.std()


def prices(fit: nnlib.Result, multiply_adds) -> dict[str, Price]:
    """For each goal the price of the first step that reached it; multiply_adds(steps) is that of a number of steps."""
    found = {}
    for goal, part in GOALS.items():
        reached = np.flatnonzero(fit.history["loss"] <= part * SAMPLES / 2)
        steps = reached[0] + 1 if reached.size else None
        found[goal] = Price(multiply_adds(steps), fit.history["seconds"][steps - 1]) if steps else Price()
    return found


def train(steps, max_steps: int) -> nnlib.Result:
    """A run to the last of the goals."""
    return nnlib.train(steps, max_steps=max_steps, goal=min(GOALS.values()) * SAMPLES / 2)


def run_lm(problem: nnlib.NetworkFit, w0: np.ndarray) -> dict[str, Price]:
    fit = train(nnlib.levenberg_marquardt(problem, w0, mu=1e-3), MOST_TRIES)
    accepted = np.cumsum(fit.history["accepted"])
    return prices(
        fit, lambda tries: operation_counts.levenberg_marquardt(problem.net, SAMPLES, tries, accepted[tries - 1])
    )


def run_adam(problem: nnlib.NetworkFit, w0: np.ndarray, rate: float, batch_size: int | None) -> dict[str, Price]:
    seed = None if batch_size is None else 0
    fit = train(nnlib.adam(problem, w0, rate, batch_size=batch_size, seed=seed), MOST_EPOCHS[batch_size])
    return prices(fit, lambda epochs: operation_counts.adam(problem.net, SAMPLES, epochs, batch_size))


def medians(runs: list[dict[str, Price]]) -> dict[str, Price]:
    """Over the starts, goal by goal."""
    return {
        goal: Price(
            statistics.median(run[goal].multiply_adds for run in runs),
            statistics.median(run[goal].seconds for run in runs),
        )
        for goal in GOALS
    }


def measure(hidden: int) -> tuple[dict[str, Price], dict[str, dict[str, Price]]]:
    """Prices of Levenberg–Marquardt, and of Adam in each of its ways."""
    net = nnlib.MLP([5, hidden, 1])
    problem = nnlib.NetworkFit(net, *friedman(seed=0))
    starts = [net.init(seed, scheme="xavier") for seed in range(STARTS)]
    run_lm(problem, starts[0])  # the first run of a process is a slow one
    lm = medians([run_lm(problem, w0) for w0 in starts])
    adam = {
        f"{rate:g}, {'full batch' if batch_size is None else f'batches of {batch_size}'}": medians(
            [run_adam(problem, w0, rate, batch_size) for w0 in starts]
        )
        for batch_size in MOST_EPOCHS
        for rate in RATES
    }
    return lm, adam


def compare(goal: str, unit: str, weights: int, lm: dict, adam: dict) -> float:
    """Print a row; what Adam's cheapest way costs over what Levenberg–Marquardt costs."""
    of_lm = getattr(lm[goal], unit)
    way, of_adam = min(((way, getattr(price[goal], unit)) for way, price in adam.items()), key=lambda pair: pair[1])
    ratio = of_adam / of_lm if math.isfinite(min(of_adam, of_lm)) else math.nan
    reached = [f"{price:12.3g}" if math.isfinite(price) else f"{'not reached':>12}" for price in (of_lm, of_adam)]
    print(f"{goal:6} {unit:14} {weights:7} {' '.join(reached)} {ratio:8.2f}  {way if of_adam < math.inf else ''}")
    return ratio


def verdict(goal: str, unit: str, ratios: dict[int, float]) -> str:
    """Where Adam is the cheaper one."""
    cheaper = [str(weights) for weights, ratio in ratios.items() if ratio < 1]
    where = f"at {', '.join(cheaper)} weights" if cheaper else "at none of these sizes"
    return f"{goal} goal, {GOALS[goal]:.1%} of the variance left, in {unit}: Adam is cheaper {where}"


def main(wanted: list[str]) -> None:
    sizes = {7 * hidden + 1: hidden for hidden in HIDDEN if not wanted or str(7 * hidden + 1) in wanted}
    if not sizes:
        sys.exit(f"numbers of weights to choose from: {', '.join(str(7 * hidden + 1) for hidden in HIDDEN)}")
    tables = {(goal, unit): {} for goal in GOALS for unit in ("multiply_adds", "seconds")}
    print(f"{'goal':6} {'in':14} {'weights':>7} {'LM':>12} {'Adam':>12} {'Adam/LM':>8}  Adam's rate and batches")
    for weights, hidden in sizes.items():
        lm, adam = measure(hidden)
        for (goal, unit), ratios in tables.items():
            ratios[weights] = compare(goal, unit, weights, lm, adam)
        sys.stdout.flush()
    print()
    for (goal, unit), ratios in tables.items():
        print(verdict(goal, unit, ratios))


if __name__ == "__main__":
    main(sys.argv[1:])
