"""The sum over parts is the whole problem, whoever evaluates the parts; and what happens when one of them cannot."""

import gc
import os
import pickle
import signal
import threading
import time
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from functools import partial
from itertools import islice
from multiprocessing import get_context

import numpy as np
import pytest

import nnlib
from nnlib import NetworkFit, SplitFit, StopReason, split_fit

NET = nnlib.MLP([2, 4, 1])
RNG = np.random.default_rng(0)
X = RNG.uniform(-1, 1, (90, 2))
Y = np.sin(3 * X[:, :1]) * X[:, 1:] + 0.05 * RNG.normal(size=(90, 1))
CUTS = [slice(0, 20), slice(20, 71), slice(71, 90)]
WHOLE = NetworkFit(NET, X, Y)
W0 = NET.init(seed=0)


def parts_of(problem):
    return [problem.batch(rows) for rows in CUTS]


def part_number(i):
    """As a file would be read, where the part is asked."""
    return NetworkFit(NET, X[CUTS[i]], Y[CUTS[i]])


@pytest.fixture(scope="module")
def processes():
    """Workers that are begun afresh, so that they know nothing of this process's parts."""
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as executor:
        yield executor


@pytest.fixture(scope="module")
def threads():
    with ThreadPoolExecutor(2) as executor:
        yield executor


@pytest.fixture(params=["none", "threads", "processes"])
def executor(request):
    return None if request.param == "none" else request.getfixturevalue(request.param)


def problems():
    classes = np.eye(3)[RNG.integers(0, 3, 90)]
    yield WHOLE
    yield NetworkFit(NET, X, Y, weight_decay=0.3)
    yield NetworkFit(NET, X, Y, weight_decay=0.3, decay_biases=False)
    yield NetworkFit(nnlib.MLP([2, 3, 2, 2], hidden="logistic"), X, np.hstack([Y, -Y]))
    yield NetworkFit(nnlib.MLP([2, 3, 3], output="softmax"), X, classes, cost="cross-entropy", weight_decay=0.1)
    yield NetworkFit(nnlib.MLP([2, 40, 1]), X, Y)  # more weights than a part has residuals


def close(a, b):
    np.testing.assert_allclose(a, b, rtol=1e-10, atol=1e-12 * np.abs(b).max())


@pytest.mark.parametrize("problem", [*problems()], ids=repr)
def test_it_is_the_whole(problem, executor):
    split, w = SplitFit(parts_of(problem), executor), problem.net.init(seed=1)
    close(split.loss(w), problem.loss(w))
    close(split.gradient(w), problem.gradient(w))
    close(split.hessian(w), problem.hessian(w))
    for a, b in zip(split.normal_equations(w), problem.normal_equations(w), strict=True):
        close(a, b)
    for name in ("weight_decay", "typical_loss", "rounding_loss", "units"):
        close(getattr(split, name), getattr(problem, name))
    assert (split.n_params, split.n_residuals, split.n_samples) == (problem.n_params, problem.n_residuals, 90)
    close(split.predict(w, X), problem.predict(w, X))


METHODS = {
    "lm": nnlib.levenberg_marquardt,
    "gauss-newton": nnlib.gauss_newton,
    "newton": nnlib.newton,
    "descent": partial(nnlib.steepest_descent, learning_rate=0.01),
    "adam": partial(nnlib.adam, learning_rate=0.01),
    "bayes": nnlib.bayesian_regularization,
}


@pytest.mark.parametrize("method", METHODS)
def test_optimizers_take_the_same_steps(method, executor):
    start = nnlib.train(nnlib.levenberg_marquardt(WHOLE, W0), max_steps=8).w
    runs = [
        list(islice(METHODS[method](problem, start), 5)) for problem in (WHOLE, SplitFit(parts_of(WHOLE), executor))
    ]
    for step, other in zip(*runs, strict=True):
        assert other.accepted == step.accepted
        np.testing.assert_allclose(other.w, step.w, rtol=1e-7)


def test_a_run_and_its_error_bars_are_the_same(processes):
    fit, other = (
        nnlib.train(nnlib.bayesian_regularization(problem, W0))
        for problem in (WHOLE, SplitFit(parts_of(WHOLE), processes))
    )
    assert fit.converged and other.converged
    assert other.log_evidence == pytest.approx(fit.log_evidence, rel=1e-6)
    np.testing.assert_allclose(other.predict(X, std=True).std, fit.predict(X, std=True).std, rtol=1e-4)
    assert "90 samples in 3 parts" in repr(other.problem)


def test_above_the_limit_only_the_loss_is_computed():
    split = SplitFit(parts_of(WHOLE))
    loss = WHOLE.loss(W0)
    for limit in (1e-3, 0.9 * loss):  # above it each part; above it the sum alone
        model = split.quadratic_model(W0, limit)
        assert model.JTJ is None and model.loss == pytest.approx(loss)
    assert split.quadratic_model(W0, 1.1 * loss).JTJ is not None


# ---- what travels ----------------------------------------------------------------------------------------------------


class Posted(Executor):
    """A worker at the other end of a wire: it gets and gives bytes, which are counted, and has its own parts."""

    def __init__(self):
        self.out, self.back, self.held = [], [], {}

    def submit(self, function, /, *given):
        self.out.append(pickle.dumps((function, given)))
        here, future = split_fit.HELD, Future()
        try:
            split_fit.HELD = self.held
            function, given = pickle.loads(self.out[-1])
            self.back.append(pickle.dumps(function(*given)))
            future.set_result(pickle.loads(self.back[-1]))
        except Exception as error:
            future.set_exception(error)
        finally:
            split_fit.HELD = here
        return future


def test_a_part_travels_once_and_then_only_w_and_the_sums():
    wire = Posted()
    split = SplitFit(parts_of(WHOLE), wire)
    assert sum(len(sent) > X[CUTS[0]].nbytes for sent in wire.out) == 3  # each part, once
    wire.out.clear(), wire.back.clear()
    split.normal_equations(W0)
    n = len(W0)
    assert len(wire.out) == len(wire.back) == 3
    assert max(map(len, wire.out)) < 8 * n + 400 and max(map(len, wire.back)) < 8 * (n * n + n) + 400


def test_what_a_function_reads_is_never_here():
    wire = Posted()
    split = SplitFit([partial(part_number, i) for i in range(3)], wire)
    close(split.loss(W0), WHOLE.loss(W0))
    assert max(map(len, wire.out)) < 1000
    assert not set(split._keys) & set(split_fit.HELD) and set(split._keys) == set(wire.held)


def test_parts_are_let_go_with_their_sum():
    split = SplitFit(parts_of(WHOLE))
    keys = set(split._keys)
    assert keys <= set(split_fit.HELD)
    del split
    gc.collect()
    assert not keys & set(split_fit.HELD)


# ---- what goes wrong -------------------------------------------------------------------------------------------------


def missing_file():
    raise FileNotFoundError("no such file: part2.csv")


def not_a_part():
    return 5


class Slow(NetworkFit):
    """It takes its time, or ends its process."""

    seconds = 0.3

    def loss(self, w):
        time.sleep(self.seconds)
        return super().loss(w)


class Deadly(NetworkFit):
    def loss(self, w):
        os._exit(1)


def test_a_part_that_fails_names_itself(executor):
    with pytest.raises(RuntimeError, match=r"parts\[1\] of 2 failed: FileNotFoundError: no such file: part2.csv"):
        SplitFit([partial(part_number, 0), missing_file], executor)
    with pytest.raises(RuntimeError, match=r"parts\[0\] of 1 failed: TypeError: a function of parts must give"):
        SplitFit([not_a_part], executor)


def test_a_process_that_dies_does_not_leave_the_run_waiting():
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as executor:
        split = SplitFit([part_number(0), Deadly(NET, X[:9], Y[:9])], executor)
        with pytest.raises(RuntimeError, match=r"parts\[.\] of 2 failed: BrokenProcessPool"):
            split.loss(W0)


@pytest.mark.skipif(os.name == "nt", reason="Ctrl-C reaches a Windows process in another way")
def test_an_interrupt_keeps_what_was_learned_and_leaves_no_worker_hanging(processes):
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell lets its background jobs ignore it
    split = SplitFit([Slow(NET, X[rows], Y[rows]) for rows in CUTS * 3], processes)
    threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT)).start()
    begun = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        split.loss(W0)
    assert time.monotonic() - begun < 1.2  # nine parts on two workers would take 1.5 s
    begun = time.monotonic()
    close(SplitFit(parts_of(WHOLE), processes).loss(W0), WHOLE.loss(W0))  # the workers are free again
    assert time.monotonic() - begun < 10


def test_train_ends_an_interrupted_run_with_the_best_weights(threads):
    def interrupt(step):
        if len(seen) == 3:
            raise KeyboardInterrupt
        seen.append(step.loss)

    seen = []
    fit = nnlib.train(nnlib.levenberg_marquardt(SplitFit(parts_of(WHOLE), threads), W0), callback=interrupt)
    assert fit.reason == StopReason.INTERRUPTED and fit.loss <= min(seen)


@pytest.mark.parametrize(
    ("parts", "options", "error", "said"),
    [
        ([], {}, TypeError, "parts must be a list of at least one part, got list"),
        (WHOLE, {}, TypeError, "parts must be a list of at least one part, got NetworkFit"),
        ([WHOLE, 5], {}, TypeError, r"parts\[1\] must be a NetworkFit or a function, got int"),
        ([WHOLE], {"executor": 2}, TypeError, r"executor must have submit\(function, \*arguments\), got int"),
        ([WHOLE, NetworkFit(nnlib.MLP([2, 3, 1]), X, Y)], {}, ValueError, r"parts\[1\] has MLP\(\[2, 3, 1\]"),
    ],
)
def test_bad_input(parts, options, error, said):
    with pytest.raises(error, match=said):
        SplitFit(parts, **options)


def test_what_needs_single_samples_is_refused_by_name():
    split = SplitFit(parts_of(WHOLE))
    with pytest.raises(TypeError, match="SplitFit has no batch"):
        nnlib.adam(split, W0, batch_size=8)
    with pytest.raises(ValueError, match=r"w has shape \(3,\)"):
        split.loss(np.zeros(3))


# ---- Dask ------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def dask():
    distributed = pytest.importorskip("distributed", reason="Dask is not installed: pip install 'nnlib[distributed]'")
    with (
        distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None, silence_logs=50) as cluster,
        distributed.Client(cluster) as client,
    ):
        yield client


@pytest.mark.filterwarnings("ignore")  # Dask's own
def test_dask_is_an_executor_too_and_a_killed_worker_is_survived(dask):
    split = SplitFit([partial(part_number, 0), part_number(1), part_number(2)], dask.get_executor())
    close(split.loss(W0), WHOLE.loss(W0))
    for a, b in zip(split.normal_equations(W0), WHOLE.normal_equations(W0), strict=True):
        close(a, b)
    steps, plain = nnlib.levenberg_marquardt(split, W0), nnlib.levenberg_marquardt(WHOLE, W0)
    for k, (step, other) in enumerate(zip(islice(steps, 8), plain, strict=False)):
        assert step.accepted == other.accepted
        np.testing.assert_allclose(step.w, other.w, rtol=1e-7)
        if k == 3:
            pid = next(iter(dask.run(os.getpid).values()))
            os.kill(pid, signal.SIGKILL)
