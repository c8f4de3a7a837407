"""Chapter 05: learning rates and starts."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable

import numpy as np

from nnlib import datasets
from nnlib.course.exercises._exercise import Answers, Asked, Contest, Exercise, Question, Told, in_kind
from nnlib.network import MLP
from nnlib.optimizers import adam, steepest_descent
from nnlib.problems import NetworkFit

# ---------------------------------------------------------------------------------------------------------------------
# What the figures show
# ---------------------------------------------------------------------------------------------------------------------


def six_starts(draws: int = 20) -> dict[str, np.ndarray]:
    """Weights (draws, 31) of each kind of start for the sine network."""
    net = MLP([1, 10, 1])
    drawn = {
        scheme: np.array([net.init(seed, scheme) for seed in range(draws)])
        for scheme in ("zeros", "uniform", "xavier", "he", "nguyen-widrow")
    }
    large = drawn["xavier"].copy()
    large[:, :20] = [np.random.default_rng(seed).normal(0, 30, 20) for seed in range(draws)]
    return {
        "zeros": drawn["zeros"],
        "±0.01": drawn["uniform"],
        "too large": large,
        "Xavier": drawn["xavier"],
        "He": drawn["he"],
        "Nguyen–Widrow": drawn["nguyen-widrow"],
    }


def many_samples() -> tuple[NetworkFit, np.ndarray]:
    """200 points of the noisy sine, and the weights that the sine network starts from."""
    data, net = datasets.noisy_sine(seed=0, n_samples=200), MLP([1, 10, 1])
    return NetworkFit(net, data.X, data.Y), net.init(seed=0)


schedules = {
    "constant": lambda epoch: 6e-4,
    "falling": lambda epoch: 6e-4 / (1 + epoch / 10),
    "cosine": lambda epoch: 6e-4 * (1 + np.cos(np.pi * epoch / 20)) / 2,
}


def draws(draw: int) -> tuple[NetworkFit, NetworkFit]:
    """15 points of a noisy sine to train on, and 15 others for validation."""
    net, sets = MLP([1, 10, 1]), (datasets.noisy_sine(seed, n_samples=15, noise=0.3) for seed in (draw, 100 + draw))
    return tuple(NetworkFit(net, data.X, data.Y) for data in sets)


def stopped(measured, patience: int) -> tuple[int, int]:
    """The step of the lowest value so far, and the step at which it has not been undercut for so long."""
    best = 0
    for k, value in enumerate(measured):
        best = k if value < measured[best] else best
        if k - best >= patience:
            break
    return best, k


# ---------------------------------------------------------------------------------------------------------------------
# 1, by hand: everything that η can do, from one Hessian
# ---------------------------------------------------------------------------------------------------------------------

H = np.array([[4.0, 6.0], [6.0, 13.0]])
SMALL, LARGE = np.linalg.eigvalsh(H)  # 1 and 16
ROOT = np.sqrt(LARGE / SMALL)
RATE, SLOW = (ROOT - 1) / (ROOT + 1), (LARGE - SMALL) / (LARGE + SMALL)

check_by_hand = Answers(
    name="by_hand",
    asked={
        "eigenvalues": Asked(
            right=np.array([LARGE, SMALL]),
            slips={
                "The larger one first, please.": np.array([SMALL, LARGE]),
                "That is the diagonal. The 6 off it couples the two weights.": np.array([13.0, 4.0]),
                "The signs: λ² − 17λ + 16 = 0, and both roots are positive.": np.array([-SMALL, -LARGE]),
            },
        ),
        "limit": Asked(
            right=2 / LARGE,
            slips={
                "The sharpest bend gives out first, so the limit comes from the largest λ.": 2 / SMALL,
                "That is 1/λ_max, where the steep direction arrives in one step. Its limit is twice as much.": 1
                / LARGE,
                "That is 2/13: the diagonal again. The limit comes from the eigenvalue.": 2 / 13,
                "That is the best rate, and the limit is beyond it.": 2 / (LARGE + SMALL),
            },
        ),
        "best_eta": Asked(
            right=2 / (LARGE + SMALL),
            slips={
                "That kills the steep part in one step and leaves 15/16 of the flat one.": 1 / LARGE,
                "That is the limit: along v₁ the factor is −1, and nothing is gained.": 2 / LARGE,
                "That is half of it: the two factors must be equal in size, 1 − ηλ_min = ηλ_max − 1.": 1
                / (LARGE + SMALL),
                "That is momentum's rate. Asked is steepest descent.": 4 / (1 + np.sqrt(LARGE)) ** 2,
            },
        ),
        "factor": Asked(
            right=SLOW,
            slips={
                "The square of it: by so much the LOSS shrinks.": SLOW**2,
                "That is momentum's, with √κ. Descent has κ itself.": RATE,
                "The size is asked: the factor that is negative belongs to the steep direction.": -SLOW,
                "That is 1 − 1/κ, what η = 1/λ_max gives.": 1 - SMALL / LARGE,
                "Upside down: below the limit the parts shrink.": 1 / SLOW,
            },
        ),
        "momentum_eta": Asked(
            right=4 / (np.sqrt(LARGE) + np.sqrt(SMALL)) ** 2,
            slips={
                "The square is missing: η = (2/(√λ_max + √λ_min))².": 2 / (np.sqrt(LARGE) + np.sqrt(SMALL)),
                "The roots are missing: it is the square of a SUM OF ROOTS that stands below.": 4 / (LARGE + SMALL),
                "The two roots are missing: √λ_max + √λ_min stands below.": 4 / (LARGE + SMALL) ** 2,
                "That is the best rate of descent again.": 2 / (LARGE + SMALL),
                "That is 1/λ_max, which Nesterov's method takes.": 1 / LARGE,
            },
        ),
        "momentum_c": Asked(
            right=RATE**2,
            slips={
                "That is √c, the factor. c is its square.": RATE,
                "The roots are missing: κ stands where √κ belongs.": SLOW**2,
                "That is descent's factor. The roots of κ and the square are missing.": SLOW,
                "It is 1 minus the right one: c is the part of the velocity that is KEPT.": 1 - RATE**2,
            },
        ),
        "momentum_factor": Asked(
            right=RATE,
            slips={
                "That is c. The parts shrink by √c.": RATE**2,
                "That is descent's factor. The roots of κ are missing.": SLOW,
                "It is 1 minus the right one.": 1 - RATE,
            },
        ),
    },
    praise="from 15/17 a step to 3/5 a step, by memory alone. For a thousandth descent takes 56 steps and momentum "
    "about 14, not counting the first ones, in which its speed has to build up.",
    digits=2,
)

# ---------------------------------------------------------------------------------------------------------------------
# 2, build: the long-run factor of Nesterov's method for any Hessian
# ---------------------------------------------------------------------------------------------------------------------


def _by_roots(polynomial: Callable, of: Callable = np.abs, chosen: Callable = lambda λ: λ) -> Callable:
    """The largest root over the eigenvalues, with the polynomial and what is looked at left open."""

    def long_run(H, eta, c):
        λ = chosen(np.linalg.eigvalsh(H))
        return max(of(np.roots(polynomial(eta * value, c))).max() for value in λ)

    return long_run


def _nesterov(s, c):
    return [1, -(1 + c) * (1 - s), c * (1 - s)]


def _by_matrix(H, eta, c):
    n = len(H)
    descent = np.eye(n) - eta * H
    step = np.block([[(1 + c) * descent, -c * descent], [np.eye(n), np.zeros((n, n))]])
    return np.abs(np.linalg.eigvals(step)).max()


def _hessian(*eigenvalues: float) -> np.ndarray:
    rotation, _ = np.linalg.qr(np.random.default_rng(len(eigenvalues)).normal(size=(len(eigenvalues),) * 2))
    H = rotation @ np.diag(eigenvalues) @ rotation.T
    return (H + H.T) / 2


check_long_run = Exercise(
    name="long_run",
    quantities=("factor",),
    cases=[
        (_hessian(1.0, 16.0), 0.05, 0.3),  # real roots for λ = 1, a pair of complex ones for λ = 16
        (_hessian(1.0, 16.0), 0.09, 0.3),  # real for both, of different signs for λ = 16
        (_hessian(0.5, 2.0, 9.0), 0.19, 0.3),  # unstable, by the largest λ
        (_hessian(0.5, 2.0, 9.0), 0.05, 0.7),  # by the smallest
        (_hessian(3.0, 5.0), 0.18, 0.6),  # complex for both
        (_hessian(2.0, 5.0), 0.3, 0.0),  # descent
    ],
    right=_by_matrix,
    also_right=_by_roots(_nesterov),
    slips={
        "These are real parts. Complex roots turn and shrink, and it is their SIZE that counts: np.abs.": _by_roots(
            _nesterov, of=lambda roots: np.abs(roots.real)
        ),
        "Only the largest eigenvalue of H was looked at. The slowest direction decides, and it may be the flat one.": (
            _by_roots(_nesterov, chosen=lambda λ: λ[-1:])
        ),
        "Only the smallest eigenvalue of H was looked at. The steep direction may fly off.": _by_roots(
            _nesterov, chosen=lambda λ: λ[:1]
        ),
        "This goes by the diagonal of H. The λ of the bowl are its eigenvalues.": lambda H, eta, c: _by_roots(
            _nesterov
        )(np.diag(np.diag(H)), eta, c),
        "This is momentum, section 4. Nesterov's gradient is taken at w + cv, so ηλ meets w_{k−1} too.": _by_roots(
            lambda s, c: [1, -(1 + c - s), c]
        ),
        "The factors of the directions are multiplied. Each part has its own; the slowest is left.": lambda H, eta, c: (
            np.prod([np.abs(np.roots(_nesterov(eta * λ, c))).max() for λ in np.linalg.eigvalsh(H)])
        ),
        "This is steepest descent, max |1 − ηλ|. The c is missing.": lambda H, eta, c: np.abs(
            1 - eta * np.linalg.eigvalsh(H)
        ).max(),
        "This is √c. The product of the two roots is another one here, and roots may be real.": lambda H, eta, c: (
            np.sqrt(c)
        ),
        "This is the root of the product of both roots. It is their size only where they are complex.": (
            lambda H, eta, c: np.sqrt(np.abs(c * (1 - eta * np.linalg.eigvalsh(H)))).max()
        ),
        "The last coefficient has the wrong sign: it is the PLUS c (1 − ηλ) of r² − … r + ….": _by_roots(
            lambda s, c: [1, -(1 + c) * (1 - s), -c * (1 - s)]
        ),
        "The middle coefficient is off: w_k comes once from w itself and c times from the velocity.": _by_roots(
            lambda s, c: [1, -(1 - s), c * (1 - s)]
        ),
        "The middle coefficient is off: w_k is in the velocity too, and the gradient is taken there.": _by_roots(
            lambda s, c: [1, -(1 + c - s), c * (1 - s)]
        ),
        "The last coefficient is off: the velocity's part of the gradient holds w_{k−1} as well.": _by_roots(
            lambda s, c: [1, -(1 + c) * (1 - s), c]
        ),
        "This is the smallest root. In the long run the largest is left.": lambda H, eta, c: min(
            np.abs(np.roots(_nesterov(eta * λ, c))).min() for λ in np.linalg.eigvalsh(H)
        ),
        "It is the square: by so much the loss shrinks. Asked is the factor of w.": lambda H, eta, c: (
            _by_matrix(H, eta, c) ** 2
        ),
    },
    praise="stable ones, complex ones and one that flies off. For c = 0 it is max |1 − ηλ| again; and the larger c is, "
    "the earlier a root reaches −1, at ηλ = 2(1 + c)/(1 + 2c): the look ahead costs a part of the limit.",
    digits=7,
)

# ---------------------------------------------------------------------------------------------------------------------
# 3, read: five loss curves
# ---------------------------------------------------------------------------------------------------------------------

RUN_STEPS, HIGHEST = 200, 1e4
RUN_FAULTS = (
    "η is beyond the limit",
    "η is far too small",
    "all weights began at 0",
    "the weights began far too large",
    "mini-batches, and η never falls",
    "it went on for too long",
    "validation data and training data are the same",
)


@functools.cache
def five_runs() -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Training and validation losses of five runs, up to the first one above HIGHEST."""
    problem, validation = draws(4)
    net = problem.net
    optimizers = {
        "A": adam(problem, np.zeros(31), 0.02),
        "B": steepest_descent(problem, net.init(4), 0.006, batch_size=1, seed=0),
        "C": adam(problem, net.init(4), 0.02),
        "D": steepest_descent(problem, net.init(4), 0.035),
        "E": steepest_descent(problem, net.init(4), 5e-5),
    }
    runs = {}
    for name, steps in optimizers.items():
        losses = [(steps.loss, validation.loss(steps.w))]
        for _, step in zip(range(RUN_STEPS), steps, strict=False):
            if step.loss > HIGHEST:
                break
            losses.append((step.loss, validation.loss(step.w)))
        runs[name] = tuple(np.array(losses).T)
    return runs


FLAT = "It does not move at all after the first steps, at the loss of a horizontal line."
RATTLES = "It jumps up and down without end, but it stays in a band."
RISES = "The training loss falls as it should. Look at the dashed curve."
FLIES = "Twelve of its fifteen steps land higher than the one before, and then it ends."
CREEPS = "It falls in every step, without haste, and it is nowhere near the end."

check_diagnosis = Answers(
    name="diagnosis",
    asked={
        "A": Asked(right=RUN_FAULTS[2], options=RUN_FAULTS, hint=FLAT),
        "B": Asked(right=RUN_FAULTS[4], options=RUN_FAULTS, hint=RATTLES),
        "C": Asked(right=RUN_FAULTS[5], options=RUN_FAULTS, hint=RISES),
        "D": Asked(right=RUN_FAULTS[0], options=RUN_FAULTS, hint=FLIES),
        "E": Asked(right=RUN_FAULTS[1], options=RUN_FAULTS, hint=CREEPS),
    },
    praise="flat, rattling, rising again, flying off, creeping: five shapes, five different things to change.",
)

# ---------------------------------------------------------------------------------------------------------------------
# 4, bug hunt: early stopping
# ---------------------------------------------------------------------------------------------------------------------


def stop_a(gradient, training, validation, w, eta, patience, most):
    best, lowest, waited = w, training(w), 0
    for _ in range(most):
        w = w - eta * gradient(w)
        if training(w) < lowest:
            best, lowest, waited = w, training(w), 0
        else:
            waited += 1
        if waited == patience:
            break
    return best


def stop_b(gradient, training, validation, w, eta, patience, most):
    best, last, waited = w, validation(w), 0
    for _ in range(most):
        w = w - eta * gradient(w)
        now = validation(w)
        if now < last:
            best, waited = w, 0
        else:
            waited += 1
        last = now
        if waited == patience:
            break
    return best


def stop_c(gradient, training, validation, w, eta, patience, most):
    best, lowest, waited = w, validation(w), 0
    for _ in range(most):
        w = w - eta * gradient(w)
        if validation(w) < lowest:
            best, lowest = w, validation(w)
        else:
            waited += 1
        if waited == patience:
            break
    return best


def stop_d(gradient, training, validation, w, eta, patience, most):
    lowest, waited = validation(w), 0
    for _ in range(most):
        w = w - eta * gradient(w)
        if validation(w) < lowest:
            lowest, waited = validation(w), 0
        else:
            waited += 1
        if waited == patience:
            break
    return w


def stop_e(gradient, training, validation, w, eta, patience, most):
    w = w.copy()
    best, lowest, waited = w, validation(w), 0
    for _ in range(most):
        w -= eta * gradient(w)
        if validation(w) < lowest:
            best, lowest, waited = w, validation(w), 0
        else:
            waited += 1
        if waited == patience:
            break
    return best


broken_stops = {stop.__name__: stop for stop in (stop_a, stop_b, stop_c, stop_d, stop_e)}
BUGS = (
    "the last weights are returned",
    "the waiting is never set back",
    "it waits for the training loss",
    "a step is compared with the one before, not with the lowest",
    "best is no copy: later steps change it",
    "the start cannot be the best",
    "it stops at the first step that is no better",
)
VALLEY = np.array([5.0, 4.0, 4.2, 4.4, 3.0, 3.2, 3.1, 3.3, 3.05, 3.4, 3.5, 3.6, 3.7])  # validation losses to walk along


def _walk(stop: Callable, patience: int = 3, valley=VALLEY) -> tuple[float, int]:
    """Where a loop ends on the walk w = 0, 1, 2, …, with these validation losses, and its number of steps."""
    taken = []

    def gradient(w):
        taken.append(w)
        return -np.ones(1)

    def validation(w):
        return valley[int(w[0])]

    w = stop(gradient, lambda w: 1 / (1 + float(w[0])), validation, np.zeros(1), 1.0, patience, len(valley) - 1)
    return float(w[0]), len(taken)


def _says(stop: Callable) -> str:
    end, steps = _walk(stop)
    return (
        f"Walk it by hand, with patience 3 and validation losses {', '.join(f'{v:g}' for v in VALLEY[:9])}, … after "
        f"0, 1, 2, … steps (the training loss falls in each): it takes {steps} steps and returns the weights of step "
        f"{end:g}."
    )


check_bugs = Answers(
    name="bugs",
    asked={
        name: Asked(right=BUGS[bug], options=BUGS, hint=_says(stop))
        for (name, stop), bug in zip(broken_stops.items(), (2, 3, 1, 0, 4), strict=True)
    },
    praise="all five. On the same walk the right loop takes 7 steps and returns the weights of step 4; none of these "
    "does both.",
)

# ---------------------------------------------------------------------------------------------------------------------
# 5, contest: a start whose signals keep their size, forward and backward
# ---------------------------------------------------------------------------------------------------------------------

WIDTHS = [320, 20] * 5 + [320]  # ten ReLU layers
TARGET, STACKS = 3, 12


def _scaled(variance: Callable) -> Callable:
    return lambda inputs, units, rng: rng.normal(0, np.sqrt(variance(inputs, units)), (units, inputs))


def _sizes(draw: Callable) -> tuple[np.ndarray, np.ndarray]:
    """Root mean squares of a^0 … a^10 and of δ^1 … δ^10, over several stacks, each relative to where it begins."""
    forward, backward = np.zeros(len(WIDTHS)), np.zeros(len(WIDTHS) - 1)
    for stack in range(STACKS):
        a, steps = [np.random.default_rng([stack, 99]).normal(size=(100, WIDTHS[0]))], []
        for layer, (inputs, units) in enumerate(itertools.pairwise(WIDTHS)):
            W = in_kind("W", draw(inputs, units, np.random.default_rng([stack, layer])), 1.0)
            if W.shape != (units, inputs):
                raise Told(f"W must have a row for each unit, shape ({units}, {inputs}); this has shape {W.shape}.")
            z = a[-1] @ W.T
            a.append(np.maximum(z, 0))
            steps.append((W, z > 0))
        forward += [np.mean(signals**2) for signals in a]
        delta = np.random.default_rng([stack, 98]).normal(size=a[-1].shape) * steps[-1][1]
        sizes = [np.mean(delta**2)]
        for (_, on), (W, _) in zip(steps[-2::-1], steps[:0:-1], strict=True):
            delta = (delta @ W) * on
            sizes.append(np.mean(delta**2))
        backward += sizes[::-1]
    return np.sqrt(forward / forward[0]), np.sqrt(backward / backward[-1])


def _score(draw: Callable) -> tuple[bool, str]:
    first = in_kind("W", draw(20, 320, np.random.default_rng(0)), 1.0)
    if first.shape == (320, 20) and (first.any(axis=None) and np.ptp(first, axis=0).max() == 0):
        return (
            False,
            "All units of a layer have the same weights: they are copies, and training never tells them apart.",
        )
    with np.errstate(all="ignore"):
        forward, backward = _sizes(draw)
    sizes = {"signals": forward, "error signals": backward}
    if not all(np.isfinite(size).all() and (size > 0).all() for size in sizes.values()):
        return (
            False,
            "Some signals are 0 in all units, or beyond what a computer can hold. What does a layer do to them?",
        )
    worst = {name: np.exp(np.abs(np.log(size)).max()) for name, size in sizes.items()}
    score = f"Signals change by a factor of up to {worst['signals']:.3g}, error signals by up to "
    score += f"{worst['error signals']:.3g}. "
    if max(worst.values()) <= TARGET:
        return True, (
            f"{score}Both are within {TARGET}. With independent weights a factor of 2 cannot be avoided here: what the "
            "narrow layers gain on one way, the wide ones gain on the other."
        )
    name = max(worst, key=worst.get)
    k = int(np.abs(np.log(sizes[name])).argmax())
    grows, layer = sizes[name][k] > 1, k + (name == "error signals")
    why = {
        ("signals", True): "a layer multiplies their mean square by inputs · variance / 2, and this piles up",
        ("signals", False): "a layer multiplies their mean square by inputs · variance / 2, and this eats them up",
        ("error signals", True): "on the way back it is UNITS · variance / 2, not inputs, and this piles up",
        ("error signals", False): "on the way back it is UNITS · variance / 2, not inputs, and this eats them up",
    }[name, bool(grows)]
    return False, f"{score}The target is {TARGET}. The worst are the {name} of layer {layer}: {why}."


check_contest = Contest(
    name="draw_layer",
    judge=_score,
    right=_scaled(lambda inputs, units: 2 / np.sqrt(inputs * units)),
    also_right=lambda inputs, units, rng: rng.uniform(-1, 1, (units, inputs)) * np.sqrt(6) / (inputs * units) ** 0.25,
    slips={
        "it is UNITS · variance / 2, not inputs, and this piles up": _scaled(lambda inputs, units: 2 / inputs),
        "by inputs · variance / 2, and this eats them up": _scaled(lambda inputs, units: 4 / (inputs + units)),
        "by inputs · variance / 2, and this piles up": _scaled(lambda inputs, units: 2 / units),
        "they are copies": lambda inputs, units, rng: np.full((units, inputs), 0.1),
        "Some signals are 0 in all units": lambda inputs, units, rng: np.zeros((units, inputs)),
    },
)

# ---------------------------------------------------------------------------------------------------------------------
# What the figures ask
# ---------------------------------------------------------------------------------------------------------------------

steps_against_kappa = Question(
    "κ, the steepest curvature over the flattest, grows from 10 to 1000. For each κ you may look for the best "
    "η of all. The number of steps to a thousandth of the first distance then grows…",
    {
        "hardly at all: the best η makes up for κ": "Tempting, because η is free. But one η has to serve both "
        "directions, and the steep one does not let it grow.",
        "about 10 times": "Tempting, because a root often hides in such laws. Here there is none: the slower factor is "
        "1 − 2/(κ + 1).",
        "about 100 times": "The slower factor is 1 − 2/(κ + 1), so the steps grow as κ does. Section 3 has the proof.",
        "about 1000 times": "Tempting, because κ is 1000 in the end. But it was 10 before: what counts is the ratio.",
    },
    answer="about 100 times",
)

momentum_against_kappa = Question(
    "Momentum remembers: its velocity is the last velocity times c, minus ηg. From κ = 10 to κ = 100 the steps of "
    "descent grow ten times. Those of momentum, with its best η and c, grow…",
    {
        "about 10 times: it goes by the same gradients": "Tempting, because no new information comes in. But what "
        "old gradients say about the flat direction adds up.",
        "about 3 times": "It is the root of 10: momentum turns κ into √κ.",
        "hardly at all: the velocity builds up as far as needed": "Tempting, because along the flat direction it does "
        "build up. But the same memory keeps the zigzag of the steep direction alive: c must stay away from 1.",
    },
    answer="about 3 times",
)

one_epoch = Question(
    "200 samples, and each may be used once. With batches of 1 that makes 200 updates, each along a gradient whose "
    "noise is larger than the gradient itself. With batches of 20 it makes 10 updates, with all samples a single "
    "exact one. The learning rate is the same. After this one epoch, whose loss is lowest?",
    {
        "that of all samples: its direction is exact": "Tempting, because no step is wasted. But it is one step, "
        "and a short one.",
        "that of batches of 20: noise and number are balanced": "Tempting, because the middle sounds wise. It would be "
        "if the noise did harm here; but far from a minimum wrong directions cancel out.",
        "that of batches of 1: 200 rough steps": "The errors of 200 steps cancel for the most part, and what is left "
        "adds up to 200 steps downhill.",
    },
    answer="that of batches of 1: 200 rough steps",
)

best_start = Question(
    "A hidden layer of ten tanh units and a sine to learn, 1000 steps of Adam, 20 draws of the weights from each kind "
    "of start. Which start has the lowest median loss in the end?",
    {
        "±0.01: no unit is saturated": "Tempting, because saturated units do not learn. But these units all "
        "say nearly nothing, and they have to grow before they can differ.",
        "Xavier: signals keep their size": "Tempting, because it was made for tanh. But it was made for depth, and "
        "here all ten units bend at x = 0, where the biases have put them.",
        "He: larger weights, steeper units": "Tempting, because steep units can follow a sine. But they too all "
        "bend at x = 0.",
        "Nguyen–Widrow: many units saturated": "Most units are saturated at most x, but each x has units that are "
        "not, because the bends are spread over the interval.",
    },
    answer="Nguyen–Widrow: many units saturated",
)
