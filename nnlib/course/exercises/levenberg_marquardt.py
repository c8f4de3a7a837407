"""Chapter 11: Levenberg–Marquardt."""

from __future__ import annotations

import functools
from collections.abc import Callable

import numpy as np

from nnlib import datasets
from nnlib.course.exercises._exercise import Answers, Asked, Contest, Program, Question, Watched, race
from nnlib.network import MLP
from nnlib.optimizers import levenberg_marquardt
from nnlib.problems import CurveFit, NetworkFit

solve, eye = np.linalg.solve, np.eye


def _neuron(slope: float, bias: float, seed: int) -> NetworkFit:
    """One tanh neuron, a weight and a bias, and 15 noisy points of a curve that it can follow."""
    x = np.linspace(-2, 2, 15)
    y = np.tanh(slope * x + bias) + 0.1 * np.random.default_rng(seed).normal(size=15)
    return NetworkFit(MLP([1, 1], output="tanh"), x, y)


NEURON = _neuron(1.5, -1.0, seed=1)  # the chapter's own
BAD_START = np.array([0.5, 1.5])

# ---------------------------------------------------------------------------------------------------------------------
# 1, by hand: a step where the two weights are coupled
# ---------------------------------------------------------------------------------------------------------------------

J, R, MU = np.array([[1.0, 1.0], [2.0, 1.0]]), np.array([-4.0, -3.0]), 2.0
A, G, I = J.T @ J, J.T @ R, np.eye(2)
DIAGONAL = np.diag(np.diag(A))
GAUSS_NEWTON, STEP = solve(A, -G), solve(A + MU * I, -G)


def _model_decrease(p, curvature=A):
    return -G @ p - 0.5 * p @ curvature @ p


check_step_by_hand = Answers(
    name="by_hand",
    asked={
        "JTJ": Asked(
            right=A,
            slips={
                "This is JJᵀ. The sum runs over the samples, J's rows: columns times columns.": J @ J.T,
                "These are the squares of J's entries. JᵀJ is a product of matrices.": J * J,
                "This is J J, the transpose is missing.": J @ J,
                "The columns of J are not perpendicular: their product stands off the diagonal.": DIAGONAL,
                "JᵀJ has no factor 2: the ½ of E has cancelled it.": 2 * A,
            },
        ),
        "g": Asked(
            right=G,
            slips={
                "This is J r. g has an entry for each weight, so it is Jᵀr: columns of J times r.": J @ R,
                "The sign: g = Jᵀr points uphill; the minus comes with the step.": -G,
                "This is ½ Jᵀr. The ½ of E has cancelled the 2 of the square.": G / 2,
                "This is 2 Jᵀr. The ½ of E cancels the 2 of the square.": 2 * G,
            },
        ),
        "gauss_newton": Asked(
            right=GAUSS_NEWTON,
            slips={
                "The sign: JᵀJ p = −g. This step goes uphill.": -GAUSS_NEWTON,
                "This is −g, steepest descent. It is still to be multiplied by the inverse of JᵀJ.": -G,
                "Only the diagonal of JᵀJ was used. The 3 off it couples the two equations.": solve(DIAGONAL, -G),
                "This is −JᵀJ g. Asked is the inverse: solve JᵀJ p = −g.": A @ -G,
            },
        ),
        "levenberg_marquardt": Asked(
            right=STEP,
            slips={
                "The sign: (JᵀJ + μI) p = −g. This step goes uphill.": -STEP,
                "This is the Gauss–Newton step again, μ is missing.": GAUSS_NEWTON,
                "μ is added, not taken away: JᵀJ − μI need not even be positive definite.": solve(A - MU * I, -G),
                "This is JTJ + mu: μ on EVERY entry. μI has it on the diagonal alone.": solve(A + MU, -G),
                "This is Marquardt's scaling, μ diag(JᵀJ). Asked is μI.": solve(A + MU * DIAGONAL, -G),
                "Only the diagonal is left. The 3 off it stays in JᵀJ + μI.": solve(DIAGONAL + MU * I, -G),
                "This is −g/μ, the limit for large μ. JᵀJ belongs in the matrix too.": -G / MU,
                "This is JᵀJ + ½μI. Either a ½ stands at μ, or a 2 at JᵀJ and g alone, as without the ½ of E.": solve(
                    2 * A + MU * I, -2 * G
                ),
            },
        ),
        "predicted_decrease": Asked(
            right=_model_decrease(STEP),
            slips={
                "The sign: a decrease is the loss before minus the loss after.": -_model_decrease(STEP),
                "A ½ is lost: E is half the sum of squares.": 2 * _model_decrease(STEP),
                "The curvature has the wrong sign: q(0) − q(p) = −gᵀp − ½ pᵀJᵀJ p.": -G @ STEP + 0.5 * STEP @ A @ STEP,
                "The curvature is missing: this is what the tangent plane promises, −gᵀp.": -G @ STEP,
                "The ½ of the curvature is lost: q(p) = E + gᵀp + ½ pᵀJᵀJ p.": -G @ STEP - STEP @ A @ STEP,
                "This is −½gᵀp, where the curvature is JᵀJ + μI. The model's is JᵀJ alone: ½(μ‖p‖² − gᵀp).": (
                    _model_decrease(STEP, A + MU * I)
                ),
                "μ‖p‖² counts too, with a plus: ½(μ‖p‖² − gᵀp).": 0.5 * (-G @ STEP - MU * STEP @ STEP),
                "That is what the Gauss–Newton step promises. Asked is the damped one.": _model_decrease(GAUSS_NEWTON),
                "That is what is left, ½‖r + Jp‖². Asked is by how much ½‖r‖² falls.": 0.5
                * np.sum((R + J @ STEP) ** 2),
            },
        ),
    },
    praise="(−1, 5) without damping, (1, 1) with μ = 2: where weights are coupled, damping turns the step, it does not "
    "only shorten it. Of the loss 12.5 the model takes 10.5.",
)

# ---------------------------------------------------------------------------------------------------------------------
# 2, build: the gain-ratio rule
# ---------------------------------------------------------------------------------------------------------------------


def _gain_ratio_rule(mu, growth, accepted, rho):
    return (mu * max(1 / 3, 1 - (2 * rho - 1) ** 3), 2.0) if accepted else (mu * growth, 2 * growth)


def _marquardt_rule(mu, growth, accepted, rho):
    return (mu / 10 if accepted else mu * 10), growth


def _loop(
    rule: Callable = _gain_ratio_rule,
    keep: Callable = lambda new, old, first: new < old,
    promised: Callable = lambda JTJ, g, mu, p: 0.5 * p @ (mu * p - g),
    matrix: Callable = lambda JTJ, mu: JTJ + mu * eye(len(JTJ)),
    direction: float = -1.0,
    renew: bool = True,
    give: Callable = lambda w, trial: w,
) -> Callable:
    """A Levenberg–Marquardt loop with its decisions left open, to be made rightly or wrongly."""

    def fit(problem, w, mu, steps):
        JTJ, g, loss = problem.normal_equations(w)
        first, growth, trial = loss, 2.0, w
        for _ in range(steps):
            p = direction * solve(matrix(JTJ, mu), g)
            trial = w + p
            new = problem.loss(trial)
            rho = (loss - new) / promised(JTJ, g, mu, p)
            accepted = keep(new, loss, first)
            if accepted:
                w, loss = trial, new
            if accepted and renew:
                JTJ, g, loss = problem.normal_equations(w)
            mu, growth = rule(mu, growth, accepted, rho)
        return give(w, trial)

    return fit


def _nnlib(problem, w, mu, steps):
    for _, step in zip(range(steps), levenberg_marquardt(problem, w, mu), strict=False):
        w = step.w
    return w


def _misra1a() -> tuple[CurveFit, np.ndarray]:
    data = datasets.nist("Misra1a")
    return CurveFit(data.model, data.x, data.y), data.starts[0]


check_gain_ratio_rule = Program(
    name="fit",
    cases={  # the first run tells all slips apart but one; the second ends with a rejected trial, which tells that one
        "the neuron from [−1.5, −3.25]": (NEURON, np.array([-1.5, -3.25]), 1e-3, 9),
        "the neuron from [0.5, 1.5]": (NEURON, BAD_START, 1e-3, 9),
        "Misra1a": (*_misra1a(), 1e-3, 60),
    },
    right=_nnlib,
    also_right=_loop(),
    slips={
        "This ran; it is Marquardt's rule, ÷10 and ×10. Asked is the gain-ratio rule.": _loop(_marquardt_rule),
        "The growth is not reset: after an accepted trial the next rejection starts with ×2 again.": _loop(
            lambda mu, growth, accepted, rho: (
                (mu * max(1 / 3, 1 - (2 * rho - 1) ** 3), growth) if accepted else (mu * growth, 2 * growth)
            )
        ),
        "The growth does not grow: rejections in a row raise μ by ×2, then ×4, then ×8.": _loop(
            lambda mu, growth, accepted, rho: (_gain_ratio_rule(mu, 2.0, accepted, rho)[0], 2.0)
        ),
        "The floor is missing: for ρ near 1 and above, 1 − (2ρ − 1)³ would take μ to 0 and below; so max(1/3, …).": (
            _loop(
                lambda mu, growth, accepted, rho: (
                    (mu * (1 - (2 * rho - 1) ** 3), 2.0) if accepted else (mu * growth, 2 * growth)
                )
            )
        ),
        "Every accepted trial gives μ/3. A poor one, with ρ below ½, should raise μ: 1 − (2ρ − 1)³.": _loop(
            lambda mu, growth, accepted, rho: (mu / 3, 2.0) if accepted else (mu * growth, 2 * growth)
        ),
        "The formula with ρ is for accepted trials. After a rejected one μ grows by ×2, ×4, ×8.": _loop(
            lambda mu, growth, accepted, rho: _gain_ratio_rule(mu, 2.0, True, rho)
        ),
        "The predicted decrease has lost its ½: it is ½ pᵀ(μp − g), and ρ comes out as half of what it is.": _loop(
            promised=lambda JTJ, g, mu, p: p @ (mu * p - g)
        ),
        "The predicted decrease is that of the tangent plane, −gᵀp. The curvature is missing.": _loop(
            promised=lambda JTJ, g, mu, p: -g @ p
        ),
        "The predicted decrease has the damping in its curvature: that of the model is ½ pᵀJᵀJ p.": _loop(
            promised=lambda JTJ, g, mu, p: -g @ p - 0.5 * p @ (JTJ @ p + mu * p)
        ),
        "ρ is upside down: the actual decrease over the predicted one.": _loop(
            lambda mu, growth, accepted, rho: _gain_ratio_rule(mu, growth, accepted, 1 / rho)
        ),
        "Here μp + g: put JᵀJ p = −g − μp into q(0) − q(p), and it becomes ½ pᵀ(μp − g).": _loop(
            promised=lambda JTJ, g, mu, p: 0.5 * p @ (mu * p + g)
        ),
        "The power is 3: it keeps the sign of 2ρ − 1, so that a poor ρ raises μ.": _loop(
            lambda mu, growth, accepted, rho: (
                (mu * max(1 / 3, 1 - (2 * rho - 1) ** 2), 2.0) if accepted else (mu * growth, 2 * growth)
            )
        ),
        "The growth doubles too early: the first rejection raises μ by ×2, the next one by ×4.": _loop(
            lambda mu, growth, accepted, rho: (
                _gain_ratio_rule(mu, growth, True, rho) if accepted else (mu * 2 * growth, 2 * growth)
            )
        ),
        "Every trial is kept, also one that raises the loss.": _loop(keep=lambda new, old, first: True),
        "Every trial is kept and followed by μ/10: nothing ever brings μ up again.": _loop(
            lambda mu, growth, accepted, rho: (mu / 10, growth), keep=lambda new, old, first: True
        ),
        "No trial is kept: one whose loss is lower has to replace w.": _loop(keep=lambda new, old, first: False),
        "Trials are compared with the loss at the start for ever. Compare with that at w, which falls.": _loop(
            keep=lambda new, old, first: new < first
        ),
        "What is returned is the last trial, whether it was kept or not.": _loop(give=lambda w, trial: trial),
        "JTJ + mu adds μ to EVERY entry; μI adds it to the diagonal: mu * np.eye(n).": _loop(
            matrix=lambda JTJ, mu: JTJ + mu
        ),
        "This is Marquardt's scaling, μ diag(JᵀJ). Asked is μI.": _loop(
            matrix=lambda JTJ, mu: JTJ + mu * np.diag(np.diag(JTJ))
        ),
        "μ is not in the matrix: all trials are Gauss–Newton's.": _loop(matrix=lambda JTJ, mu: JTJ),
        "The step goes uphill: (JᵀJ + μI) p = −g.": _loop(direction=1.0),
        "JᵀJ and g are those of the start for ever. After an accepted trial they have to be computed anew.": _loop(
            renew=False
        ),
    },
    endless="At the minimum no trial lowers the loss any more, so a `while` that waits for one waits for ever: "
    "rejected trials count among the steps.",
    praise="trial by trial as nnlib, on the neuron from its bad start and on Misra1a; the rejected trials too.",
)

# ---------------------------------------------------------------------------------------------------------------------
# 3, read: a log of ρ
# ---------------------------------------------------------------------------------------------------------------------


def _log() -> list:
    """Eight steps of the gain-ratio rule in which all happens: good, poor, rejected, better than promised."""
    steps = levenberg_marquardt(NEURON, [-1.5, -3.25], mu=1e-3)
    return [step for _, step in zip(range(8), steps, strict=False)]


LOG = _log()
ACCEPTED, RHO = [step.accepted for step in LOG], [round(step.gain_ratio, 3) for step in LOG]  # as they are printed
log_of_gain_ratios = "\n".join(["trial       ρ", *(f"{k:5}  {rho:6.3f}" for k, rho in enumerate(RHO, 1))])


def _factors(rule: Callable) -> list[float]:
    """By what each row of the log multiplies μ."""
    factors, growth = [], 2.0
    for accepted, rho in zip(ACCEPTED, RHO, strict=True):
        factor, growth = rule(1.0, growth, accepted, rho)
        factors.append(factor)
    return factors


NEXT_MU = LOG[0].mu * np.prod(_factors(_gain_ratio_rule))

check_log = Answers(
    name="log",
    asked={
        "accepted": Asked(
            right=ACCEPTED,
            each="row",
            slips={
                "ρ > 0 is enough: the loss fell, if by less than promised.": [rho > 0.5 for rho in RHO],
                "ρ above 1 is no failure: the loss fell by more than promised.": [0 < rho <= 1 for rho in RHO],
                "A negative ρ: the promised decrease is always positive, so the loss rose.": [True] * len(RHO),
                "The wrong way round: ρ > 0 says that the loss fell.": [rho <= 0 for rho in RHO],
            },
        ),
        "factor": Asked(
            right=_factors(_gain_ratio_rule),
            each="row",
            slips={
                "That is Marquardt's rule, ÷10 and ×10. This run used the gain-ratio rule.": _factors(_marquardt_rule),
                "Rejected in a row: ×2, then ×4, ×8, ×16.": _factors(
                    lambda mu, growth, accepted, rho: (_gain_ratio_rule(mu, 2.0, accepted, rho)[0], 2.0)
                ),
                "After an accepted trial the growth starts again with ×2.": _factors(
                    lambda mu, growth, accepted, rho: (
                        (_gain_ratio_rule(mu, growth, True, rho)[0], growth) if accepted else (growth, 2 * growth)
                    )
                ),
                "Accepted, but poor: with ρ below ½ the factor 1 − (2ρ − 1)³ is above 1.": _factors(
                    lambda mu, growth, accepted, rho: (1 / 3, 2.0) if accepted else (growth, 2 * growth)
                ),
                "It never falls below 1/3: max(1/3, 1 − (2ρ − 1)³).": _factors(
                    lambda mu, growth, accepted, rho: (
                        (1 - (2 * rho - 1) ** 3, 2.0) if accepted else (growth, 2 * growth)
                    )
                ),
                "That is how far μ has risen since the rejections began. Asked is the row's own factor.": _factors(
                    lambda mu, growth, accepted, rho: (
                        _gain_ratio_rule(1.0, 2.0, True, rho)
                        if accepted
                        else (growth ** ((np.log2(growth) + 1) / 2), 2 * growth)
                    )
                ),
                "The formula with ρ is for accepted trials. After a rejected one: ×2, ×4, ×8.": _factors(
                    lambda mu, growth, accepted, rho: _gain_ratio_rule(1.0, 2.0, True, rho)
                ),
                "ρ above 1 raises nothing: 1 − (2ρ − 1)³ is below 0 there, so the factor is 1/3.": _factors(
                    lambda mu, growth, accepted, rho: (
                        (2.0, 2.0) if rho > 1 else _gain_ratio_rule(1.0, growth, accepted, rho)
                    )
                ),
                "Upside down: asked is the next μ over this one; below 1 it falls.": [
                    1 / factor for factor in _factors(_gain_ratio_rule)
                ],
            },
        ),
        "next_mu": Asked(
            right=NEXT_MU,
            slips={
                "That is the μ of the last row itself. Its own factor is still to come.": NEXT_MU
                / _factors(_gain_ratio_rule)[-1],
                "That is the product of the factors. The first row began with μ = 0.001.": NEXT_MU / LOG[0].mu,
                "Divided where it is to be multiplied.": LOG[0].mu ** 2 / NEXT_MU,
            },
        ),
    },
    praise="a poor step (row 2) is kept and raises μ all the same; one that does better than promised is no reason to "
    "worry; and four rejections in a row cost a factor of 2 · 4 · 8 · 16 = 1024.",
)

# ---------------------------------------------------------------------------------------------------------------------
# 4, bug hunt: loops with one fault each
# ---------------------------------------------------------------------------------------------------------------------


def loop_a(problem, w, mu, steps):
    start_loss = problem.loss(w)
    for _ in range(steps):
        JTJ, g, _ = problem.normal_equations(w)
        trial = w + np.linalg.solve(JTJ + mu * np.eye(len(w)), -g)
        if problem.loss(trial) < start_loss:
            w, mu = trial, mu / 10
        else:
            mu = mu * 10
    return w


def loop_b(problem, w, mu, steps):
    JTJ, g, loss = problem.normal_equations(w)
    for _ in range(steps):
        trial = w + np.linalg.solve(JTJ + mu * np.eye(len(w)), -g)
        if problem.loss(trial) < loss:
            w = trial
            JTJ, g, loss = problem.normal_equations(w)
        mu = mu / 10
    return w


def loop_c(problem, w, mu, steps):
    JTJ, g, loss = problem.normal_equations(w)
    for _ in range(steps):
        trial = w + np.linalg.solve(JTJ + mu * np.eye(len(w)), -g)
        JTJ, g, trial_loss = problem.normal_equations(trial)
        if trial_loss < loss:
            w, loss, mu = trial, trial_loss, mu / 10
        else:
            mu = mu * 10
    return w


def loop_d(problem, w, mu, steps):
    for _ in range(steps):
        JTJ, g, loss = problem.normal_equations(w)
        w = w + np.linalg.solve(JTJ + mu * np.eye(len(w)), -g)
        if problem.loss(w) < loss:
            mu = mu / 10
        else:
            mu = mu * 10
    return w


def loop_e(problem, w, mu, steps):
    JTJ, g, loss = problem.normal_equations(w)
    for _ in range(steps):
        trial = w + np.linalg.solve(JTJ + mu * np.eye(len(w)), -g)
        trial_loss = problem.loss(trial)
        if trial_loss < loss:
            w, loss, mu = trial, trial_loss, mu / 10
            JTJ = problem.normal_equations(w).JTJ
        else:
            mu = mu * 10
    return w


broken_loops = {loop.__name__: loop for loop in (loop_a, loop_b, loop_c, loop_d, loop_e)}
BUGS = (
    "every trial is kept",
    "trials are compared with the loss at the start",
    "μ falls after a rejection too",
    "a rejected trial leaves its derivatives behind",
    "g is never computed anew",
    "the last trial is returned",
    "μ is added to every entry of JᵀJ",
)


def _run_of(loop: Callable) -> str:
    """What a run of it looks like, as a hint."""
    watched = Watched(NEURON, BAD_START, limit=1000)
    end = NEURON.loss(loop(watched, BAD_START, 1e-3, 12))
    losses = ", ".join(f"{NEURON.loss(trial):.3g}" for trial in watched.trials)
    return f"Run it: 12 steps from [0.5, 1.5] with μ = 0.001 try points with the losses {losses}; it returns {end:.3g}."


check_bugs = Answers(
    name="bugs",
    asked={
        loop: Asked(right=BUGS[bug], options=BUGS, hint=_run_of(broken_loops[loop]))
        for loop, bug in zip(broken_loops, (1, 2, 3, 0, 4), strict=True)
    },
    praise="all five. With 30 steps two of them, a and c, arrive at the minimum all the same: a run that ends well "
    "proves little.",
)

# ---------------------------------------------------------------------------------------------------------------------
# 5, contest: the fewest trials from three bad starts
# ---------------------------------------------------------------------------------------------------------------------


def _contestant(mu: float = 1e-3, rule: str = "gain-ratio", damping: str = "identity") -> Callable:
    """nnlib with these options, as a program."""
    levenberg_marquardt(NEURON, BAD_START, mu, rule=rule, damping=damping)  # complains of options that do not work

    def program(problem, w):
        for step in levenberg_marquardt(problem, w, mu, rule=rule, damping=damping):
            w = step.w
        return w

    return program


def _own_loop(problem, w):
    """Marquardt's rule, from a first μ that keeps the first trial near."""
    JTJ, g, loss = problem.normal_equations(w)
    mu = 0.5
    while True:
        trial = w - solve(JTJ + mu * eye(len(w)), g)
        if problem.loss(trial) < loss:
            w, mu = trial, mu / 10
            JTJ, g, loss = problem.normal_equations(w)
        else:
            mu *= 10


MOST, TARGET = 100, 20  # trials, for each neuron and for all of them
NEURONS = {  # problem, start, and a goal 3 % above the minimum: each has its own, so that no known point wins
    "the neuron": (NEURON, np.array([0.0, 3.0]), 0.02608),
    "a falling curve": (_neuron(-1.0, 0.5, seed=2), np.array([-1.0, -2.5]), 0.06938),
    "a steep curve": (_neuron(2.5, 1.0, seed=3), np.array([0.5, -2.5]), 0.13453),
}


def _race(program: Callable) -> dict[str, Watched]:
    return {name: race(program, *case, most=MOST) for name, case in NEURONS.items()}


@functools.cache
def _usual() -> int:
    return sum(len(run.trials) for run in _race(_contestant()).values())


def _score(program: Callable) -> tuple[bool, str]:
    """Whether the program reaches all three goals in few trials, the trials of each, and what its first one does."""
    runs = _race(program)
    trials = {name: len(run.trials) if run.arrived else MOST for name, run in runs.items()}
    score = (
        f"{sum(trials.values())} trials ({' + '.join(map(str, trials.values()))}), nnlib's default needs {_usual()}. "
    )
    missed = [name for name, run in runs.items() if not run.arrived]
    if sum(trials.values()) <= TARGET and not missed:
        best = "is there one below 12?" if sum(trials.values()) >= 12 else "this one beats ours, which needs 12."
        return True, f"{score}No single answer is right here: {best}"
    worst = max(trials, key=trials.get)
    length = np.linalg.norm(runs[worst].trials[0] - NEURONS[worst][1])
    if length > 10:
        hint = f"the first trial lands {length:.0f} away, where tanh is flat: a larger first μ would keep it near."
    elif length < 0.1:
        hint = f"the first step is only {length:.2g} long; with LM a smaller first μ would go farther."
    else:
        hint = "look at its trials one by one."
    given_up = f"Given up after {MOST}: {', '.join(missed)}. " if missed else ""
    return False, f"{score}The target is {TARGET}. {given_up}Most are spent on {worst}: {hint}"


check_contest = Contest(
    name="entry",
    judge=_score,
    with_options=_contestant,
    right=lambda problem, w: _contestant(mu=0.3)(problem, w),
    also_right=_own_loop,
    slips={
        "a larger first μ would keep it near": _contestant(),
        "a smaller first μ would go farther": _contestant(mu=1e5),
        "look at its trials one by one": lambda problem, w: [problem.loss(w + k) for k in range(1, 5)],
    },
)

# ---------------------------------------------------------------------------------------------------------------------
# What the figures ask
# ---------------------------------------------------------------------------------------------------------------------

best_mu = Question(
    "At μ = 0.001 the model predicts that the loss falls by 3.94, and it rises by 3.72. The eigenvalues are 4.64 and "
    "0.297. You turn μ up, as far as 1000. Where does the TRUE loss fall most?",
    {
        "below both, where it first falls: the longest good step gains most": "Tempting, because a longer step "
        "promises more. But at the edge the straight line is only just good enough: at 0.237 the loss falls by 1.85.",
        "between the two": "There most of the step is left along v₁, and along v₂, where it would go too far, a third.",
        "above both: there the step turns to −g, the steepest way down": "Tempting, because −g is the steepest "
        "direction. It is that only at w itself, and the step gets short: at μ = 10 it is 0.309 long and gains 1.23.",
    },
    answer="between the two",
)

from_the_bad_start = Question(
    "From (0.5, 1.5) Gauss–Newton ended with a singular matrix. LM begins with nearly the same step, μ = 0.001. "
    "What becomes of its trial points?",
    {
        "all are accepted: with μ > 0 the matrix is never singular": "Tempting, because the singular matrix was the "
        "end of Gauss–Newton. But μ = 0.001 only makes the step exist, it does not make it good.",
        "the first is rejected: a step that leaves the valley cannot lower the loss": "Tempting, because the first "
        "step is 7.8 long and misses the star widely. But the start is so high that the plateau it lands on is lower.",
        "the first ones are accepted, later ones rejected until μ has grown": "Its first steps are as wild as "
        "Gauss–Newton's, but they lower the loss; then trial points get worse, and each rejection raises μ until the "
        "step is short enough.",
        "all are accepted, and it ends on the plateau: downhill alone does not lead out": "Tempting, because LM never "
        "goes uphill and the plateau is flat. But it is not quite flat, and with a small μ a tiny slope is enough for "
        "a long step.",
    },
    answer="the first ones are accepted, later ones rejected until μ has grown",
)

steps_to_beat_descent = Question(
    "Steepest descent takes 100 steps with the best of 14 learning rates. After how many steps is LM, from μ = 0.001, "
    "below the loss where that ends?",
    {
        "about 7": "A step of LM uses the curvature in all 31 directions at once, while one η has to suit them all.",
        "about 31: one for each weight": "Tempting, because there are methods that settle one direction a step. LM "
        "solves for all directions in every step.",
        "about 100: both go down the same slopes": "Tempting, because both see the same gradient. But descent must "
        "keep η below 2/λ_max, and so it crawls along all directions of small λ.",
        "never: a well tuned η is as good": "Tempting, because tuning gains much, a factor of 64 between η = 0.0001 "
        "and 0.01. But the gap that is left is one that no single η can close.",
    },
    answer="about 7",
)
