"""Chapter 09: descent and Newton's method."""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice

import numpy as np

from nnlib.course import surfaces
from nnlib.course.exercises._exercise import Answers, Asked, Contest, Program, Question, race
from nnlib.network import MLP
from nnlib.optimizers import newton, steepest_descent
from nnlib.problems import NetworkFit

solve = np.linalg.solve


def _neuron(slope: float, bias: float, seed: int) -> NetworkFit:
    """One tanh neuron, a weight and a bias, and 15 noisy points of a curve that it can follow."""
    x = np.linspace(-2, 2, 15)
    y = np.tanh(slope * x + bias) + 0.1 * np.random.default_rng(seed).normal(size=15)
    return NetworkFit(MLP([1, 1], output="tanh"), x, y)


NEURON = _neuron(1.5, -1.0, seed=1)  # the chapter's own

# ---------------------------------------------------------------------------------------------------------------------
# 1, by hand: one variable, then two, once in a bowl and once beside a saddle
# ---------------------------------------------------------------------------------------------------------------------

# E = ¼w⁴ − w at w = 2: E = 2, E′ = 7, E″ = 12
ONE = 2 - 7 / 12
# E = x³ − 3xy + y² at (1, 2), where E = −1
G, H = np.array([-3.0, 1.0]), np.array([[6.0, -3.0], [-3.0, 2.0]])
STEP, PROMISED = solve(H, -G), 1.0
AFTER = -1.0  # E at (2, 3)
# the same at (0, 1), where E = 1
G_SADDLE, H_SADDLE = np.array([-3.0, 2.0]), np.array([[0.0, -3.0], [-3.0, 2.0]])
STEP_SADDLE = solve(H_SADDLE, -G_SADDLE)
KINDS = ("minimum", "maximum", "saddle point", "not stationary")

check_by_hand = Answers(
    name="by_hand",
    asked={
        "one variable": Asked(
            right=ONE,
            slips={
                "The sign: the step is −E′/E″. This one goes uphill.": 2 + 7 / 12,
                "This is 2 − E′: a step of descent with η = 1. E′ is still to be divided by E″.": -5.0,
                "Upside down: the step is −E′/E″, slope over bending.": 2 - 12 / 7,
                "This is 2 − E/E′, Newton's method for E = 0. Asked is a point where E′ is 0.": 2 - 2 / 7,
                "That is the step. Asked is where it leads to.": -7 / 12,
                "E″ of ¼w⁴ is 3w²: the 3 is missing.": 2 - 7 / 4,
            },
        ),
        "g": Asked(
            right=G,
            slips={
                "The sign: g is the gradient itself, the minus comes with the step.": -G,
                "The mixed term −3xy is missing in both entries.": [3.0, 4.0],
                "∂/∂x of −3xy is −3y, and y = 2 here.": [0.0, 1.0],
                "∂/∂y of −3xy is −3x, a part that is missing here.": [-3.0, 4.0],
                "The entries are in the other order: first ∂E/∂x.": G[::-1],
            },
        ),
        "H": Asked(
            right=H,
            slips={
                "Off the diagonal stands ∂²E/∂x∂y, the derivative of −3xy: −3.": np.diag(np.diag(H)),
                "The mixed derivative of −3xy is −3, not 3.": [[6.0, 3.0], [3.0, 2.0]],
                "∂²/∂x² of x³ is 6x.": [[3.0, -3.0], [-3.0, 2.0]],
                "∂²/∂y² of y² is 2, whatever y is.": [[6.0, -3.0], [-3.0, 4.0]],
                "This is the inverse of H.": np.linalg.inv(H),
            },
        ),
        "step": Asked(
            right=STEP,
            slips={
                "The sign: Hp = −g. This step goes to the other side.": -STEP,
                "This is −g. It is still to be multiplied by the inverse of H.": -G,
                "Only the diagonal of H was used. The −3 off it couples the two equations.": -G / np.diag(H),
                "The determinant is missing: divide by 6·2 − 3·3 = 3.": 3 * STEP,
                "This is −Hg. Asked is the inverse: solve Hp = −g.": -H @ G,
                "In the inverse of a 2 × 2 matrix the entries off the diagonal change their sign.": np.array(
                    [[2.0, -3.0], [-3.0, 6.0]]
                )
                @ -G
                / 3,
                "That is the new point. Asked is the step that leads to it.": [2.0, 3.0],
            },
        ),
        "promised decrease": Asked(
            right=PROMISED,
            slips={
                "The sign: a decrease is q(0) − q(p), here above 0.": -PROMISED,
                "This is −gᵀp, what the slope alone promises. The bending ½ pᵀHp takes half of it back.": 2 * PROMISED,
                "The bending has the wrong sign: q(p) = E + gᵀp + ½ pᵀHp.": 3 * PROMISED,
                "That is what the model says of the new point. Asked is by how much it falls.": -2.0,
            },
        ),
        "E after the step": Asked(
            right=AFTER,
            slips={
                "That is what the model says, q(p). The true E at (2, 3) is 8 − 18 + 9.": -2.0,
                "The sign of 8 − 18 + 9.": 1.0,
                "−3xy is −18 at (2, 3).": 11.0,
            },
        ),
        "step from (0, 1)": Asked(
            right=STEP_SADDLE,
            slips={
                "That step leads back up, to (0, 2): a sign is lost.": -STEP_SADDLE,
                "This is −g. It is still to be multiplied by the inverse of H.": -G_SADDLE,
                "The first equation reads −3p₂ = 3, because 6x is 0 here; the second −3p₁ + 2p₂ = −2.": [1.0, 1.0],
            },
        ),
        "kind of its end": Asked(
            right="saddle point",
            options=KINDS,
            hint="g is 0 at (0, 0). What is the sign of det H there?",
        ),
    },
    praise="at (1, 2) H is positive definite and the model promises a decrease of 1, but E is −1 before the step and "
    "after it; from (0, 1) one step lands exactly on a saddle point, and E even falls on the way.",
)

# ---------------------------------------------------------------------------------------------------------------------
# 2, build: a step that goes downhill in every direction
# ---------------------------------------------------------------------------------------------------------------------


def _step(H, g, divide: Callable = np.abs):
    eigenvalues, V = np.linalg.eigh(H)
    return -V @ ((V.T @ g) / divide(eigenvalues))


def _loop(step: Callable = _step, renew: bool = True, give: Callable = lambda w, before: w) -> Callable:
    """A loop whose step is to be made rightly or wrongly."""

    def downhill_newton(problem, w, steps):
        before, first = w, problem.hessian(w)
        for _ in range(steps):
            before = w
            H = problem.hessian(w) if renew else first
            w = w + step(H, problem.gradient(w))
        return give(w, before)

    return downhill_newton


def _nnlib(problem, w, steps):
    for record in islice(newton(problem, w, flip_negative=True), steps):
        w = record.w
    return w


def _turned_as_a_whole(H, g):
    p = solve(H, -g)
    return -p if g @ p > 0 else p


def _positive_only(H, g):
    eigenvalues, V = np.linalg.eigh(H)
    up = eigenvalues > 0
    return -V[:, up] @ ((V[:, up].T @ g) / eigenvalues[up])


def _rows_for_columns(H, g):
    eigenvalues, V = np.linalg.eigh(H)
    return -V.T @ ((V @ g) / np.abs(eigenvalues))


check_downhill_newton = Program(
    name="downhill_newton",
    cases={  # the first start has eigenvalues of both signs and a plain step uphill: it tells all slips apart
        "the neuron from [1, 1]": (NEURON, np.array([1.0, 1.0]), 5),
        "the neuron from [−0.5, −1.5]": (NEURON, np.array([-0.5, -1.5]), 5),
        "the surface with a saddle": (surfaces.saddle(), np.array([1.5, 0.4]), 5),
    },
    right=_loop(),
    also_right=_nnlib,
    slips={
        "This is Newton's method as it was, divided by λ. Where λ < 0, divide by |λ|.": _loop(
            lambda H, g: _step(H, g, divide=lambda λ: λ)
        ),
        "These are the absolute values of H's entries. Asked are those of its eigenvalues.": _loop(
            lambda H, g: solve(np.abs(H), -g)
        ),
        "Here the step is turned round as a whole. Only its parts along directions with λ < 0 have to turn.": _loop(
            _turned_as_a_whole
        ),
        "The directions with λ < 0 are left out. They belong to the step, only turned round.": _loop(_positive_only),
        "The eigenvectors are the COLUMNS of V: the parts of g are Vᵀg, and V puts the step together.": _loop(
            _rows_for_columns
        ),
        "The step goes uphill: the minus is missing.": _loop(lambda H, g: -_step(H, g)),
        "This is steepest descent with η = 1. The parts are to be divided by |λ|.": _loop(lambda H, g: -g),
        "This multiplies by |λ|; the step divides by it.": _loop(
            lambda H, g: _step(H, g, divide=lambda λ: 1 / np.abs(λ))
        ),
        "H is that of the start for ever. It changes with w.": _loop(renew=False),
        "g/|λ| divides the entries of g. To be divided are its parts along the eigenvectors, Vᵀg.": (
            _loop(lambda H, g: -g / np.abs(np.linalg.eigvalsh(H)))
        ),
        "One step too few is returned.": _loop(give=lambda w, before: before),
    },
    praise="step by step as nnlib with flip_negative=True. From (1, 1) plain Newton goes uphill in its first step and "
    "flies off; yours is at the star.",
)

# ---------------------------------------------------------------------------------------------------------------------
# 3, read: which method was it?
# ---------------------------------------------------------------------------------------------------------------------

METHODS = (
    "steepest descent",
    "Newton, to a minimum where H is positive definite",
    "Newton, to a minimum where H is singular",
    "Newton, to a saddle point",
)


def _logs() -> dict[str, list[tuple[float, float]]]:
    """(‖g‖, smallest eigenvalue) at the points 0 to 5 of four runs; two of them end earlier."""
    plateau = [(2 / 3) ** k * 0.9 for k in range(6)]  # ¼w⁴: the step is −w/3
    saddle = list(islice(newton(surfaces.saddle(), [0.0, 0.42]), 5))
    star = list(islice(newton(NEURON, [0.5, -0.5]), 6))
    return {
        "A": [(w**3, 3 * w * w) for w in plateau],
        "B": [(r.gradient_norm, r.smallest_eigenvalue) for r in star],
        "C": [(0.8 * 0.85**k, 0.6) for k in range(6)],
        "D": [(r.gradient_norm, r.smallest_eigenvalue) for r in saddle if r.gradient_norm > 1e-30],
    }


LOGS = _logs()
logs = "\n".join(
    ["run      k        ‖g‖   smallest λ"]
    + [f"{run:3} {k:6} {g:10.4g} {λ:12.3g}" for run, rows in LOGS.items() for k, (g, λ) in enumerate(rows)]
)

check_logs = Answers(
    name="read",
    digits=2,  # the log itself is rounded
    asked={
        **{
            run: Asked(
                right=METHODS[right],
                options=METHODS,
                hint=f"Divide each ‖g‖ of {run} by the one before. Then look at λ: its sign, and whether it goes to 0.",
            )
            for run, right in (("A", 2), ("B", 1), ("C", 0), ("D", 3))
        },
        "next ‖g‖ of A": Asked(
            right=LOGS["A"][-1][0] * (2 / 3) ** 3,
            slips={
                "The factor from row to row is 0.296; this is λ's factor, 0.444.": LOGS["A"][-1][0] * (2 / 3) ** 2,
                "That is the last row. Asked is the one after it.": LOGS["A"][-1][0],
                "Squared: so is a minimum with H positive definite reached. A has equal ratios.": LOGS["A"][-1][0] ** 2,
            },
        ),
        "next ‖g‖ of C": Asked(
            right=0.8 * 0.85**6,
            slips={
                "That is the last row. Asked is the one after it.": 0.8 * 0.85**5,
                "The differences are not equal, the ratios are: multiply the last row by 0.85.": 2 * 0.8 * 0.85**5
                - 0.8 * 0.85**4,
                "Two rows too far.": 0.8 * 0.85**7,
            },
        ),
        "η of C": Asked(
            right=0.25,
            slips={
                "That is 1 − 0.85 = ηλ. Divide by λ = 0.6.": 0.15,
                "That is 0.85/0.6. The factor is 1 − ηλ.": 0.85 / 0.6,
                "That is 1/λ, the rate that would reach the bottom at once.": 1 / 0.6,
                "Multiplied by λ where it is to be divided.": 0.15 * 0.6,
            },
        ),
    },
    praise="equal factors need not mean descent: where H is singular at the minimum, Newton too has a fixed factor, "
    "for ¼w⁴ 2/3 in w and 8/27 in ‖g‖. And digits that double, or better, need not mean a minimum: ask for λ's sign.",
)

# ---------------------------------------------------------------------------------------------------------------------
# 4, bug hunt: Newton loops with one fault each
# ---------------------------------------------------------------------------------------------------------------------


def loop_a(problem, w, steps):
    H = problem.hessian(w)
    for _ in range(steps):
        w = w - np.linalg.solve(H, problem.gradient(w))
    return w


def loop_b(problem, w, steps):
    for _ in range(steps):
        H, g = problem.hessian(w), problem.gradient(w)
        w = w - g / np.diag(H)
    return w


def loop_c(problem, w, steps):
    for _ in range(steps):
        J = problem.jacobian(w)
        w = w - np.linalg.solve(J.T @ J, problem.gradient(w))
    return w


def loop_d(problem, w, steps):
    for _ in range(steps):
        for i in range(len(w)):
            p = np.linalg.solve(problem.hessian(w), -problem.gradient(w))
            w = w + p[i] * np.eye(len(w))[i]
    return w


def loop_e(problem, w, steps):
    for _ in range(steps):
        H, g = problem.hessian(w), problem.gradient(w)
        w = w - 0.5 * np.linalg.solve(H, g)
    return w


broken_loops = {loop.__name__: loop for loop in (loop_a, loop_b, loop_c, loop_d, loop_e)}
FAULTS = (
    "only the diagonal of H is used",
    "H is that of the start for ever",
    "the part of H with the residuals is left out",
    "each entry of w is changed before the next one is computed",
    "every step is shortened by a fixed factor",
    "g is that of the start for ever",
    "the step goes uphill",
)
HUNT_AT = np.array([1.0, -0.5])


def _distances(loop: Callable) -> str:
    """What a run of it looks like, as a hint."""
    *_, last = islice(newton(NEURON, HUNT_AT), 8)
    away = ", ".join(f"{np.hypot(*(loop(NEURON, HUNT_AT, steps) - last.w)):.1e}" for steps in range(1, 7))
    return f"Run it from exercises.HUNT_AT: after 1, 2, … 6 steps it is {away} away from the star."


check_bugs = Answers(
    name="bugs",
    asked={
        loop: Asked(right=FAULTS[fault], options=FAULTS, hint=_distances(broken_loops[loop]))
        for loop, fault in zip(broken_loops, (1, 0, 2, 3, 4), strict=True)
    },
    praise="all five. Each of them comes to the star from here, so only the RATE gave them away: none of them but one "
    "doubles its digits, and that one pays for n Hessians a step.",
)

# ---------------------------------------------------------------------------------------------------------------------
# 5, contest: descend first, then Newton
# ---------------------------------------------------------------------------------------------------------------------


def _contestant(eta: float = 0.1, descent_steps: int = 20) -> Callable:
    """Descent for so many steps, then Newton, as a program."""
    steepest_descent(NEURON, HUNT_AT, eta)  # complains of a rate that does not work
    if isinstance(descent_steps, bool) or not isinstance(descent_steps, (int, np.integer)) or descent_steps < 0:
        raise ValueError(f"descent_steps must be a whole number from 0 on, got {descent_steps!r}")

    def program(problem, w):
        for _ in range(descent_steps):
            w = w - eta * problem.gradient(w)
        while np.isfinite(w).all() and np.linalg.matrix_rank(problem.hessian(w)) == len(w):
            w = w + solve(problem.hessian(w), -problem.gradient(w))

    return program


def _until_it_is_a_bowl(problem, w):
    """Descend while H is not positive definite or the step would be long."""
    while True:
        p = solve(problem.hessian(w), -problem.gradient(w))
        bowl = np.linalg.eigvalsh(problem.hessian(w))[0] > 0
        w = w + p if bowl and np.hypot(*p) < 0.6 else w - 0.15 * problem.gradient(w)


MOST, TARGET = 100, 40  # points tried, for each neuron and for all of them
NEURONS = {  # problem, start, and a goal a billionth above the minimum, so that the last digits count
    "the neuron": (NEURON, np.array([0.0, 2.0]), 0.025315717048946),
    "a falling curve": (_neuron(-1.0, 0.5, seed=2), np.array([1.0, 1.0]), 0.067357943038903),
    "a steep curve": (_neuron(2.5, 1.0, seed=3), np.array([0.0, -2.0]), 0.130612440627697),
}


def _score(program: Callable) -> tuple[bool, str]:
    """Whether the program reaches all three goals in few points, the points of each, and what the worst run did."""
    runs = {name: race(program, *case, most=MOST) for name, case in NEURONS.items()}
    points = {name: len(run.trials) if run.arrived else MOST for name, run in runs.items()}
    total, missed = sum(points.values()), [name for name, run in runs.items() if not run.arrived]
    score = f"{total} points ({' + '.join(map(str, points.values()))}). "
    if total <= TARGET and not missed:
        better = "this one beats our best options, which need 32." if total < 32 else "is there one below 32?"
        return True, f"{score}No single answer is right here: {better}"
    worst = max(points, key=points.get)
    problem, start, _ = NEURONS[worst]
    losses = np.array([problem.loss(w) for w in [start, *runs[worst].trials] if np.isfinite(w).all()])
    rise = np.max(np.diff(losses), initial=0.0)
    if runs[worst].arrived:
        hint = "it arrives, but late: where does a step still shorten the distance by a fixed factor only?"
    elif rise > 0.5:
        hint = f"a step raises the loss by {rise:.2g}, and it does not come back: Newton took over too early, "
        hint += "or η is too large."
    elif len(losses) <= MOST:
        hint = (
            f"after point {len(losses) - 1}, at a loss of {losses[-1]:.3g}, no other follows. On a plateau H is "
            "singular: did Newton take over too early, or is η too large?"
        )
    else:
        hint = f"after {MOST} points the loss is {losses[-1]:.3g}: when does Newton take over?"
    return False, f"{score}The target is {TARGET}. Most are spent on {worst}: {hint}"


check_contest = Contest(
    name="entry",
    judge=_score,
    with_options=_contestant,
    right=lambda problem, w: _contestant(eta=0.15, descent_steps=6)(problem, w),
    also_right=_until_it_is_a_bowl,
    slips={
        "it arrives, but late": _contestant(eta=0.1, descent_steps=20),
        "Newton took over too early": _contestant(eta=0.1, descent_steps=2),
        "when does Newton take over": _contestant(eta=0.1, descent_steps=10_000),
    },
)

# ---------------------------------------------------------------------------------------------------------------------
# What the figures ask
# ---------------------------------------------------------------------------------------------------------------------

on_the_shoulder = Question(
    "Newton's method begins at (1.5, 0.4), on the shoulder between the upper star and the cross. There the surface "
    "bends up along x and down along y. Where does the run end?",
    {
        "in the upper star, the nearer of the two": "Tempting, because −g points there. But −g is not the step: along "
        "y that is −E′/E″, and E″ is negative.",
        "at the cross, between the stars": "Along y the parabola opens downward, and its stationary point is its TOP. "
        "Each step goes to such a top, and the tops run into the cross.",
        "in the lower star: the step is too long and lands on the other side": "Tempting, because the first step does "
        "cross over, to y = −0.246. But there the parabola opens downward too, and the next step comes back.",
        "far away: where H has a negative eigenvalue the model has no minimum": "Tempting, because it is true that the "
        "model has no minimum. But it has a stationary point, and that is all that Hp = −g asks for.",
    },
    answer="at the cross, between the stars",
)

share_of_newton = Question(
    "Steepest descent with η = 0.1 comes to the star from 98 % of the 3600 starts within 1000 steps. From how many of "
    "them does Newton's method?",
    {
        "from all but a few: it knows the bending too": "Tempting, because more knowledge should not hurt. But it goes "
        "to the stationary point of its model, and at most starts that is far from the star.",
        "from about 27 %: where its first step lowers the loss": "Tempting, because from those it seems to be on its "
        "way. But one lower step is not yet the way to the star.",
        "from about 7 %: where H is positive definite": "Tempting, because there the step goes to a minimum of the "
        "model. But it holds near its point only: from almost half of these starts the run flies off all the same.",
        "from about 4 %, and not even from the whole bowl": "With few exceptions a bowl is needed, and one whose "
        "bending changes little over the length of the step.",
    },
    answer="from about 4 %, and not even from the whole bowl",
)
