"""One Levenberg–Marquardt step of nnlib beside the same step of other packages, on networks of several sizes.

Same data, same start, same first damping (but scipy and optimistix choose their own), float64, ONE thread for all.
A run makes a few tries, each of which the package accepts or rejects by its own rule. Its time, with everything that
comes before the first try, is given per TRY and per JACOBIAN: a package that rejects much has cheap tries, and where
everything is accepted the two differ by the first Jacobian alone. Times are the process's CPU time, which is what other
programs disturb least; all packages run in turns, and ratios are taken within a turn.

The floor is what no method can do without that forms JᵀJ: the product of a stored J with itself (half the work of a
general product, BLAS syrk) and one Cholesky decomposition. Where there are more weights than residuals nnlib solves a
system as large as the residuals instead; what that saves is to be seen beside its own steps with the large system.

    python benchmarks/lm_step.py [problems, e.g. 41x31 10000x121]

A package that is not installed is left out: pip install -e '.[bench]' brings them all.
"""

import contextlib
import copy
import os
import statistics
import sys
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from itertools import islice
from unittest import mock

for variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"  # they are read when numpy and torch are loaded
if hasattr(os, "sched_setaffinity"):
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})  # JAX has no such variable

import numpy as np  # noqa: E402

import nnlib  # noqa: E402

MU = 100.0  # first damping, with which nearly every try is accepted
MOST_SECONDS = 20.0  # a package that has used these on a problem sits out its further turns
FASTER_FROM = 1000  # samples from which on nnlib is to be faster than everybody
MOST_FLOORS = {"10000x121": 1.5, "10000x591": 1.5}


@dataclass(frozen=True)
class Problem:
    """A network, the output of another one of the same shape with some noise on it, and a start."""

    samples: int
    sizes: tuple[int, ...]
    tries: int
    turns: int

    def build(self) -> nnlib.NetworkFit:
        rng, net = np.random.default_rng(0), nnlib.MLP(self.sizes)
        X = rng.uniform(-1, 1, (self.samples, self.sizes[0]))
        Y = np.tanh(net.predict(net.init(seed=1), X)) + 0.01 * rng.normal(size=(self.samples, self.sizes[-1]))
        return nnlib.NetworkFit(net, X, Y / np.abs(Y).max())  # within ±1: pyrenn scales what is not


PROBLEMS = {  # samples x weights (x outputs)
    "41x31": Problem(41, (1, 10, 1), tries=20, turns=25),
    "1000x61": Problem(1000, (8, 6, 1), tries=10, turns=15),
    "10000x121": Problem(10_000, (8, 12, 1), tries=12, turns=9),
    "10000x591": Problem(10_000, (8, 59, 1), tries=6, turns=5),
    "5000x390x10": Problem(5000, (8, 20, 10), tries=3, turns=5),
    "100x591": Problem(100, (8, 59, 1), tries=10, turns=9),
}


@dataclass(frozen=True)
class Counts:
    """What a run did: steps tried, and Jacobians computed on the way."""

    tries: int
    jacobians: int


Run = Callable[[], Counts]


def floor(fit: nnlib.NetworkFit, w: np.ndarray, tries: int) -> Run:
    """JᵀJ of a stored J, and a Cholesky decomposition."""
    J, damping = np.ascontiguousarray(fit.jacobian(w)), MU * np.eye(len(w))

    def run():
        for _ in range(tries):
            np.linalg.cholesky(J.T @ J + damping)
        return Counts(tries, tries)

    return run


def nnlib_lm(fit, w, tries) -> Run:
    """nnlib with its defaults."""

    def run():
        steps = list(islice(nnlib.levenberg_marquardt(fit, w, mu=MU), tries))
        return Counts(len(steps), 1 + sum(step.accepted for step in steps))

    return run


class LargeSystem:
    """A fit that shows its optimizer nothing but the normal equations."""

    def __init__(self, fit):
        self.loss, self.normal_equations = fit.loss, fit.normal_equations

    def quadratic_model(self, w, limit=np.inf):
        return self.normal_equations(w)


def scipy_peer(method: str):
    """scipy.optimize.least_squares with nnlib's residuals and Jacobian."""

    def prepare(fit, w, tries) -> Run:
        from scipy.optimize import least_squares

        if method == "lm" and fit.n_residuals < len(w):
            raise ValueError("it takes no problem with fewer residuals than variables")

        def run():
            never = dict.fromkeys(("ftol", "xtol", "gtol"), 1e-15)
            result = least_squares(fit.residuals, w, fit.jacobian, method=method, max_nfev=tries + 1, **never)
            return Counts(result.nfev - 1, result.njev)

        return run

    return prepare


def pyrenn_lm(fit, w, tries) -> Run:
    """pyrenn, which is to stop after so many ACCEPTED steps; its calls are counted to know the others."""
    with warnings.catch_warnings(action="ignore"):  # SyntaxWarnings of its source
        import pyrenn

    W, b = zip(*fit.net.unpack(w), strict=True)
    start = pyrenn.CreateNN(list(fit.net.sizes))
    start["w"] = pyrenn.Wb2w(
        start,
        {(1, 1, 0): W[0]},
        {(layer, layer - 1, 0): W_l for layer, W_l in enumerate(W[1:], start=2)},
        dict(enumerate(b, start=1)),
    )

    def run():
        with (
            mock.patch.object(pyrenn, "calc_error", wraps=pyrenn.calc_error) as error,
            mock.patch.object(pyrenn, "RTRL", wraps=pyrenn.RTRL) as jacobian,
            contextlib.redirect_stdout(None),
        ):
            pyrenn.train_LM(fit.X.T, fit.Y.T, copy.deepcopy(start), k_max=tries, dampfac=MU)
        return Counts(error.call_count, jacobian.call_count)

    return run


def torch_lm(fit, w, tries) -> Run:
    """torch-levenberg-marquardt with its fastest solver, on float64 CPU tensors."""
    import torch
    from torch_levenberg_marquardt.damping import StandardDampingStrategy
    from torch_levenberg_marquardt.training import LevenbergMarquardtModule

    torch.set_num_threads(1)
    X, Y = torch.from_numpy(fit.X), torch.from_numpy(fit.Y)

    def run():
        layers = []
        for W, b in fit.net.unpack(w):
            linear = torch.nn.Linear(W.shape[1], W.shape[0], dtype=torch.float64)
            with torch.no_grad():
                linear.weight.copy_(torch.from_numpy(W.copy()))
                linear.bias.copy_(torch.from_numpy(b.copy()))
            layers += [linear, torch.nn.Tanh()]
        damping = StandardDampingStrategy(starting_value=MU / len(fit.X), min_value=1e-30, max_value=1e30)
        module = LevenbergMarquardtModule(
            torch.nn.Sequential(*layers[:-1]), damping_strategy=damping, solve_method="cholesky"
        )
        done = jacobians = 0
        while done < tries:
            done += module.training_step(X, Y)[3]["attempts"]
            jacobians += 1
        return Counts(done, jacobians)

    return run


def optimistix_lm(solver: str):
    """optimistix, compiled before the clock starts, with its own linear solver or its fastest for tall problems."""

    def prepare(fit, w, tries) -> Run:
        import jax

        jax.config.update("jax_enable_x64", True)
        import jax.numpy as jnp
        import lineax
        import optimistix

        X, Y = jnp.asarray(fit.X), jnp.asarray(fit.Y)
        linear_solver = {"QR": lineax.QR(), "Cholesky": lineax.Normal(lineax.Cholesky())}[solver]

        def residuals(w, _):
            a, layers = X, fit.net.unpack(np.arange(len(w)))
            for layer, (W_at, b_at) in enumerate(layers, start=1):
                z = a @ w[W_at].T + w[b_at]
                a = z if layer == len(layers) else jnp.tanh(z)
            return (a - Y).ravel()

        @jax.jit
        def solve(w):
            lm = optimistix.LevenbergMarquardt(rtol=0.0, atol=0.0, linear_solver=linear_solver)
            solution = optimistix.least_squares(residuals, lm, w, max_steps=tries, throw=False)
            return solution.value, solution.stats["num_steps"]

        start = jnp.asarray(w)
        jax.block_until_ready(solve(start))

        def run():
            _, steps = jax.block_until_ready(solve(start))
            return Counts(int(steps), int(steps))  # it linearizes at every try

        return run

    return prepare


NNLIB, LARGE, FLOOR = "nnlib", "nnlib, large system", "floor: JᵀJ + Cholesky"
PEERS = {
    "scipy lm": ("scipy", scipy_peer("lm")),
    "scipy trf": ("scipy", scipy_peer("trf")),
    "pyrenn": ("pyrenn", pyrenn_lm),
    "torch-levenberg-marquardt": ("torch_levenberg_marquardt", torch_lm),
    "optimistix (QR)": ("optimistix", optimistix_lm("QR")),
    "optimistix (Cholesky)": ("optimistix", optimistix_lm("Cholesky")),
}


def prepared(problem: Problem) -> dict[str, Run]:
    """The runs on a problem, each warmed up; a package that cannot do it says why on the way."""
    fit = problem.build()
    w = fit.net.init(seed=0)
    runs = {NNLIB: nnlib_lm(fit, w, problem.tries), FLOOR: floor(fit, w, problem.tries)}
    if len(w) > fit.n_residuals:
        runs[LARGE] = nnlib_lm(LargeSystem(fit), w, problem.tries)
    for run in runs.values():
        run()
    for name, (module, prepare) in PEERS.items():
        if find_spec(module) is None:
            continue
        try:
            runs[name] = prepare(fit, w, problem.tries)
        except Exception as error:
            print(f"{name} does not run: {error}")
    return runs


def in_turns(runs: dict[str, Run], turns: int) -> tuple[dict[str, list[float]], dict[str, Counts]]:
    """Seconds of every run, turn by turn, and what it did; a list is shorter where a run sat out."""
    seconds, counts = {name: [] for name in runs}, {}
    for _ in range(turns):
        for name, run in runs.items():
            if sum(seconds[name]) < MOST_SECONDS:
                began = time.process_time()
                counts[name] = run()
                seconds[name].append(time.process_time() - began)
    return seconds, counts


def ratios(seconds, counts, per: str) -> dict[str, float]:
    """Median over the turns of a run's seconds a try (or a Jacobian) over nnlib's in the same turn."""

    def each(name):
        return [s / getattr(counts[name], per) for s in seconds[name]]

    return {
        name: statistics.median(theirs / ours for theirs, ours in zip(each(name), each(NNLIB), strict=False))
        for name in seconds
    }


def compare(name: str, problem: Problem) -> list[str]:
    """Print a problem's table; the targets that were missed."""
    runs = prepared(problem)
    seconds, counts = in_turns(runs, problem.turns)
    per_try, per_jacobian = ratios(seconds, counts, "tries"), ratios(seconds, counts, "jacobians")
    print(f"\n{name}: network {list(problem.sizes)}")
    print(f"  {'':27} {'ms a try':>10} {'x nnlib':>8} {'ms a Jacobian':>14} {'x nnlib':>8}   tries, Jacobians")
    for run, times in seconds.items():
        milliseconds, did = 1000 * statistics.median(times), counts[run]
        print(
            f"  {run:27} {milliseconds / did.tries:10.3f} {per_try[run]:8.2f} {milliseconds / did.jacobians:14.3f} "
            f"{per_jacobian[run]:8.2f}   {did.tries}, {did.jacobians}"
        )
    return missed(name, problem, per_try, per_jacobian)


def missed(name, problem, per_try, per_jacobian) -> list[str]:
    """Which of the project's targets the ratios miss."""
    peers = [peer for peer in PEERS if peer in per_try and (problem.samples >= FASTER_FROM or peer.startswith("scipy"))]
    slow = [f"{name}: {peer} is faster" for peer in peers if min(per_try[peer], per_jacobian[peer]) < 1]
    floors = 1 / per_jacobian[FLOOR]
    if floors > MOST_FLOORS.get(name, np.inf):
        slow.append(f"{name}: {floors:.2f} times the floor, at most {MOST_FLOORS[name]}")
    return slow


def main(wanted: list[str]) -> int:
    left_out = sorted({module for module, _ in PEERS.values() if find_spec(module) is None})
    if left_out:
        print(f"not installed: {', '.join(left_out)}. To compare with everybody: pip install -e '.[bench]'")
    misses = []
    for name, problem in PROBLEMS.items():
        if not wanted or name in wanted:
            misses += compare(name, problem)
    print("\n" + ("\n".join(["targets missed:", *misses]) if misses else "all targets met"))
    return len(misses)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
