"""A million samples on two processes: how much faster is a step than in one, and how much travels (no target).

The parts are made where they are asked, so that no data travel at all. Both sides have one BLAS thread a process and
form JᵀJ of the same samples; they take turns, and the ratio is that of the best turns.

    python benchmarks/split_fit.py [samples, by default 1000000]
"""

import os
import pickle
import sys
import time
from concurrent.futures import Executor, ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # read when numpy is loaded, by the workers too

import numpy as np

import nnlib

NET, TURNS, WORKERS = nnlib.MLP([1, 40, 1]), 5, 2  # 121 weights


def part(samples: int, seed: int) -> nnlib.NetworkFit:
    X = np.random.default_rng(seed).uniform(-1, 1, (samples, 1))
    return nnlib.NetworkFit(NET, X, np.sin(6 * X))


class Weighed(Executor):
    """An executor that hands everything on, and adds up the bytes of it."""

    def __init__(self, executor: Executor):
        self.executor, self.bytes = executor, 0

    def submit(self, function, /, *given):
        self.bytes += len(pickle.dumps((function, given)))
        future = self.executor.submit(function, *given)
        future.add_done_callback(self._weigh)
        return future

    def _weigh(self, future):
        self.bytes += len(pickle.dumps(future.result()))


def seconds(problem, w) -> float:
    began = time.perf_counter()
    problem.normal_equations(w)
    return time.perf_counter() - began


if __name__ == "__main__":
    samples = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    parts = [partial(part, samples // WORKERS, seed) for seed in range(WORKERS)]
    w = NET.init(seed=0)
    with ProcessPoolExecutor(WORKERS, mp_context=get_context("spawn")) as processes:
        wire = Weighed(processes)
        split, alone = nnlib.SplitFit(parts, wire), nnlib.SplitFit(parts)
        for _ in range(TURNS):  # until every process has met every part
            split.normal_equations(w)
        wire.bytes = 0
        times = [(seconds(alone, w), seconds(split, w)) for _ in range(TURNS)]
    one, two = (min(column) for column in zip(*times, strict=True))
    print(f"{samples} samples, {NET.n_params} weights: {one:.2f} s a step in one process, {two:.2f} s in {WORKERS}")
    print(
        f"{one / two:.2f} times as fast; {wire.bytes / TURNS / 1e3:.0f} kB travel a step, the data are "
        f"{samples * 16 / 1e6:.0f} MB"
    )
