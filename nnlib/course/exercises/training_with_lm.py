"""Chapter 12: training networks with Levenberg–Marquardt."""

from __future__ import annotations

from collections.abc import Callable
from inspect import GEN_CREATED, getgeneratorstate

import numpy as np

from nnlib import MLP, NetworkFit, adam, datasets, levenberg_marquardt, operation_counts, train
from nnlib.course.exercises._exercise import Answers, Asked, Contest, Exercise, Question, Told
from nnlib.datasets import minmax_scaling
from nnlib.optimizers import Steps

# ---------------------------------------------------------------------------------------------------------------------
# 1, by hand: a step from two machines, and a block of JᵀJ for three outputs
# ---------------------------------------------------------------------------------------------------------------------

J_A, R_A = np.array([[1.0, 2.0], [3.0, 0.0]]), np.array([1.0, -2.0])
J_B, R_B = np.array([[0.0, 1.0]]), np.array([4.0])
MU = 2.0
SIGNALS = np.array([[1.0, 0.0], [2.0, 1.0], [0.0, -1.0]])  # a row an output, a column a unit
INPUTS = np.array([2.0, 1.0])  # the layer's only input and the 1 of the bias
_JTJ, _JTR = J_A.T @ J_A + J_B.T @ J_B, J_A.T @ R_A + J_B.T @ R_B
_G, _PAIRS = SIGNALS.T @ SIGNALS, np.outer(INPUTS, INPUTS)


def _step(JTJ, g, mu=MU):
    return np.linalg.solve(JTJ + mu * np.eye(2), -g)


_ALONE = _step(J_A.T @ J_A, J_A.T @ R_A), _step(J_B.T @ J_B, J_B.T @ R_B)

check_by_hand = Answers(
    name="by_hand",
    asked={
        "JTJ": Asked(
            right=_JTJ,
            each="row",
            slips={
                "That is machine A's part alone. B has a sample too.": J_A.T @ J_A,
                "That is a mean of the two. JᵀJ is a sum over samples, and so over machines.": _JTJ / 2,
                "μ comes in when the step is solved for, not here.": _JTJ + MU * np.eye(2),
                "That is J Jᵀ of machine A, with a row for each of its samples. Asked is a row for each weight.": (
                    J_A @ J_A.T
                ),
            },
        ),
        "JTr": Asked(
            right=_JTR,
            slips={
                "That is machine A's part alone. B has a residual too.": J_A.T @ R_A,
                "That is machine B's part alone. The last block does not replace the first.": J_B.T @ R_B,
                "The sign: it is Jᵀr, the minus comes with the step.": -_JTR,
                "A's part is J r here. Asked is Jᵀr: columns of J times r.": J_A @ R_A + J_B.T @ R_B,
            },
        ),
        "step": Asked(
            right=_step(_JTJ, _JTR),
            slips={
                "Here μ has come in once for each machine. It is added once, to the sum.": _step(_JTJ, _JTR, 2 * MU),
                "That is the step with μ = 0.": _step(_JTJ, _JTR, 0),
                "The sign: this step goes uphill.": -_step(_JTJ, _JTR),
                "These are the steps of the two machines, added. Add the matrices and solve once.": sum(_ALONE),
                "This is the mean of the two machines' steps. Add the matrices and solve once.": sum(_ALONE) / 2,
            },
        ),
        "G": Asked(
            right=_G,
            each="row",
            slips={
                "Here the outputs were added before they were multiplied: signals of different outputs never meet.": (
                    np.outer(SIGNALS.sum(axis=0), SIGNALS.sum(axis=0))
                ),
                "Each output adds the products of its two signals. Off the diagonal something is missing.": (
                    np.diag(np.diag(_G))
                ),
                "The signal −1 of output 3 counts too: its square is 1.": SIGNALS[:2].T @ SIGNALS[:2],
                "The sign of a product of two signals of one output.": _G * np.array([[1, -1], [-1, 1]]),
            },
        ),
        "block": Asked(
            right=np.kron(_G, _PAIRS),
            each="row",
            slips={
                "The factors have changed places: unit by unit the entries come first weight, then bias.": (
                    np.kron(_PAIRS, _G)
                ),
                "The products of the inputs are missing: 4, 2, 2 and 1.": np.kron(_G, np.ones((2, 2))),
                "The input is to be multiplied by itself as well: āāᵀ has 4 in its corner.": (
                    np.kron(_G, np.array([[2.0, 2.0], [2.0, 1.0]]))
                ),
            },
        ),
    },
    praise="sums over samples may be taken in any order and anywhere, and sums over outputs before the inputs come in.",
)

# ---------------------------------------------------------------------------------------------------------------------
# 2, build: the reader's own Levenberg–Marquardt, with early stopping
# ---------------------------------------------------------------------------------------------------------------------


def _fit(
    *,
    back="lowest",
    judged="accepted",
    first=True,
    decides="training",
    rise=False,
    swapped=False,
    always=False,
    stale=(),
    free=False,
) -> Callable:
    """Chapter 11's loop with ÷10 and ×10 that keeps the weights of lowest validation loss, its decisions left open."""

    def fit(problem, validation, w, mu, steps):
        problem, validation = (validation, problem) if swapped else (problem, validation)
        decider = validation if decides == "validation" else problem
        JTJ, g, _ = problem.normal_equations(w)
        loss, best, lowest = decider.loss(w), w, validation.loss(w) if first else np.inf
        while steps > 0 and mu < 1e12:
            trial = w + np.linalg.solve(JTJ + mu * np.eye(len(w)), -g)
            accepted = always or decider.loss(trial) < loss
            if accepted:
                w, mu = trial, mu / 10
                loss = loss if "loss" in stale else decider.loss(w)
                JTJ, g, _ = (JTJ, g, None) if "equations" in stale else problem.normal_equations(w)
            else:
                mu = mu * 10
            steps -= accepted or not free
            if accepted or judged == "all":
                if validation.loss(trial) < lowest:
                    best, lowest = trial, validation.loss(trial)
                elif rise and accepted:
                    break
        return best if back == "lowest" else w

    return fit


def _fit_with_a_list(problem, validation, w, mu, steps):
    visited, equations = [w], problem.normal_equations(w)
    for _ in range(steps):
        trial = visited[-1] - np.linalg.solve(equations.JTJ + mu * np.eye(len(w)), equations.JTr)
        at_trial = problem.normal_equations(trial)
        mu *= 0.1 if at_trial.loss < equations.loss else 10
        if at_trial.loss < equations.loss:
            visited.append(trial)
            equations = at_trial
    return min(visited, key=validation.loss)


def _noisy(seed: int) -> tuple:
    """A small network, 14 noisy points of a sine to train on and 5 more to look at, and a start."""
    rng, net = np.random.default_rng(seed), MLP([1, 3, 1])
    x, more = rng.uniform(-1, 1, 14), rng.uniform(-1, 1, 5)
    y, fresh = np.sin(4 * x) + 0.3 * rng.normal(size=14), np.sin(4 * more) + 0.3 * rng.normal(size=5)
    return NetworkFit(net, x, y), NetworkFit(net, more, fresh), net.init(seed=seed), 1e-3, 12


check_early_stopping = Exercise(
    name="fit",
    quantities=("w",),
    digits=6,
    cases=[_noisy(24), _noisy(61), _noisy(300)],
    right=lambda problem, validation, w, mu, steps: _fit()(problem, validation, w, mu, steps),
    also_right=_fit_with_a_list,
    slips={
        "These are the last weights kept by the training loss. Return those with the lowest validation loss.": (
            _fit(back="last")
        ),
        "Here a trial point that was rejected is returned, because its validation loss is low. Only points where the "
        "method stood count.": _fit(judged="all"),
        "The start is a point too: nothing after it has a lower validation loss here.": _fit(first=False),
        "Here the validation loss decides whether a step is accepted. It decides only which weights come back.": (
            _fit(decides="validation")
        ),
        "JᵀJ and g are those of the start for ever. They must be computed anew where the method has moved.": (
            _fit(stale=("equations",))
        ),
        "Every trial is held against the loss of the start. It is to be lower than the loss of the present point.": (
            _fit(stale=("loss",))
        ),
        "Here rejected trials are not counted. They are trials as well.": _fit(free=True),
        "That is the start. Does the step go downhill, and does μ rise after a rejected trial?": (
            lambda problem, validation, w, mu, steps: w
        ),
        "Here every trial is accepted. One that does not lower the training loss is not kept, and μ rises.": (
            _fit(always=True)
        ),
        "It ends at the first rise of the validation loss, and that falls again later.": _fit(rise=True),
        "The two problems have changed places: it trains on the validation data.": _fit(swapped=True),
    },
    praise="it comes back with the point that the other data chose. The validation data chose among points; not a "
    "single step was made with them.",
)

# ---------------------------------------------------------------------------------------------------------------------
# 3, read: a table of four projects
# ---------------------------------------------------------------------------------------------------------------------

projects = """project   weights n     samples m   outputs   what is wanted
A               100        50 000         1   a close fit, one machine
B             5 000           200         1   a close fit, one machine
C         2 000 000       100 000        10   a rough fit soon, one machine
D               120   400 000 000         1   a close fit; 20 machines hold the samples"""
METHODS = (
    "LM with n equations, on one machine",
    "LM with P equations, the dual system",
    "LM with the sum over machines",
    "Adam in mini-batches",
)

check_projects = Answers(
    name="choices",
    asked={
        "A": Asked(
            right=METHODS[0],
            options=METHODS,
            hint="A: n² is 10 000 numbers, n³ a million, and the samples only add up.",
        ),
        "B": Asked(
            right=METHODS[1],
            options=METHODS,
            hint="B: there are 200 residuals and 5000 weights. Which of the two matrices is the small one?",
        ),
        "C": Asked(
            right=METHODS[3],
            options=METHODS,
            hint="C: JᵀJ would have 4 million million entries, and J Jᵀ a million million.",
        ),
        "D": Asked(
            right=METHODS[2],
            options=METHODS,
            hint="D: the matrix is small, the samples lie in 20 places, and a close fit is wanted.",
        ),
        "A, JTJ over solve": Asked(
            right=1.5 * 50_000 / 100,
            slips={
                "Both halves count: JᵀJ takes P n²/2, as it is symmetric.": 3 * 50_000 / 100,
                "Solving takes n³/3, not n³.": 0.5 * 50_000 / 100,
                "That is P/n. The ½ of JᵀJ and the ⅓ of solving are still missing.": 50_000 / 100,
            },
            hint="A: P n²/2 over n³/3, with one output.",
        ),
        "B, solve: n over P": Asked(
            right=25.0**3,
            slips={
                "That is n/P. Solving takes the third power of the number of equations.": 25.0,
                "That is the square of n/P. Solving takes the third power of the number of equations.": 25.0**2,
                "The other way round: how many times more do n equations take than P equations?": 25.0**-3,
            },
        ),
        "D, numbers sent back": Asked(
            right=120.0**2 + 120 + 1,
            slips={
                "That is JᵀJ alone. Jᵀr and the loss travel too.": 120.0**2,
                "JᵀJ is sent whole here, not a half of it.": 120.0 * 121 / 2 + 121,
                "Jᵀr and JᵀJ are in it. The loss travels too.": 120.0**2 + 120,
                "That is a gradient and a loss: it would do for descent.": 121.0,
                "That is all of J of one machine. It stays where it is.": 120.0 * 20e6,
                "That is from all 20 machines.": 20 * (120.0**2 + 120 + 1),
            },
            hint="D: JᵀJ, whole, and Jᵀr, and the loss, from one machine.",
        ),
        "kg for t": Asked(
            right=1e6,
            slips={
                "A column of J grows by 1000. On the diagonal of JᵀJ it is multiplied by itself.": 1000.0,
                "The other way round: larger inputs make larger columns of J.": 1e-6,
                "No: μ stays, but the diagonal of JᵀJ does not.": 1.0,
            },
        ),
    },
    digits=5,
    praise="n decides whether the matrix fits, P/n which of the two systems is small, and the goal whether it pays.",
)

# ---------------------------------------------------------------------------------------------------------------------
# 4, bug hunt: a step from blocks
# ---------------------------------------------------------------------------------------------------------------------


def program_a(blocks, mu):
    JTJ, g = 0, 0
    for J, r in blocks:
        JTJ = JTJ + J.T @ J + mu * np.eye(J.shape[1])
        g = g + J.T @ r
    return np.linalg.solve(JTJ, -g)


def program_b(blocks, mu):
    steps = []
    for J, r in blocks:
        steps.append(np.linalg.solve(J.T @ J + mu * np.eye(J.shape[1]), -J.T @ r))
    return np.mean(steps, axis=0)


def program_c(blocks, mu):
    JTJ = 0
    for J, r in blocks:
        JTJ = JTJ + J.T @ J
        g = J.T @ r
    return np.linalg.solve(JTJ + mu * np.eye(len(g)), -g)


def program_d(blocks, mu):
    JTJ, g = 0, 0
    for J, r in blocks:
        JTJ = JTJ + J.T @ J / len(blocks)
        g = g + J.T @ r
    return np.linalg.solve(JTJ + mu * np.eye(len(g)), -g)


def program_e(blocks, mu):
    J = np.vstack([J for J, r in blocks])
    r = np.concatenate([r for J, r in blocks])
    s = np.linalg.solve(J @ J.T + mu * np.eye(len(r)), r)
    return J.T @ s


broken_programs = {program.__name__: program for program in (program_a, program_b, program_c, program_d, program_e)}
FAULTS = (
    "steps are averaged, where matrices belong",
    "the step goes uphill",
    "the last block is left out",
    "the gradient is that of one block",
    "the outputs are added before they are multiplied",
    "μ comes in more than once",
    "the matrix is a mean and the gradient is a sum",
)
blocks = [
    (np.array([[1.0, 2.0], [2.0, 0.0]]), np.array([1.0, -2.0])),
    (np.array([[0.0, 1.0], [1.0, 1.0]]), np.array([4.0, 1.0])),
]


def _right_step(blocks, mu):
    J, r = np.vstack([J for J, _ in blocks]), np.concatenate([r for _, r in blocks])
    return np.linalg.solve(J.T @ J + mu * np.eye(2), -J.T @ r)


def _gives(name: str) -> str:
    step, right = (f(blocks, 1.0).round(3).tolist() for f in (broken_programs[name], _right_step))
    return f"Run {name}(exercises.blocks, 1.0): it gives {step}, right is {right}."


check_bugs = Answers(
    name="bugs",
    asked={
        name: Asked(right=FAULTS[fault], options=FAULTS, hint=_gives(name))
        for name, fault in zip(broken_programs, (5, 0, 3, 6, 1), strict=True)
    },
    praise="all five. Two blocks of different samples, held against one block of all of them, find each of these.",
)

# ---------------------------------------------------------------------------------------------------------------------
# 5, contest: the cheapest way to a goal
# ---------------------------------------------------------------------------------------------------------------------

GOAL, TARGET, MOST = 2.5, 350, 600


def cars() -> tuple[NetworkFit, np.ndarray]:
    """All cars, normalized, for a network of ten hidden units, and its start."""
    data, net = datasets.auto_mpg(), MLP([8, 10, 1])
    X, Y = (minmax_scaling(table).transform(table) for table in (data.X, data.Y))
    return NetworkFit(net, X, Y), net.init(seed=0)


def with_options(mu, rule="gain-ratio", damping=None) -> Callable:
    """A function that begins a run with these options."""
    return lambda problem, w: levenberg_marquardt(problem, w, mu, rule=rule, damping=damping)


def _begun(steps: Steps) -> Steps:
    next(steps)  # a rejected trial: the run stands at the start still
    return steps


def _price(begin: Callable) -> tuple[bool, str]:
    """Whether the run comes to the goal at the target's price, and what it costs."""
    problem, w = cars()
    steps = begin(problem, w)
    if not isinstance(steps, Steps) or steps.method != "levenberg_marquardt":
        raise Told("entry must return a run: nnlib.levenberg_marquardt(problem, w, …).")
    if getattr(steps.problem, "n_params", 0) != problem.n_params or not np.array_equal(steps.w, w):
        raise Told("The run must be that of the given problem, from the given start.")
    if getgeneratorstate(steps._generator) != GEN_CREATED:
        raise Told("The run has begun already. Return it as it is given to you: each of its trials has a price.")
    if steps.problem.loss(w) != problem.loss(w):
        raise Told("The run must be that of the given problem, with all its samples.")
    result = train(steps, max_steps=MOST, goal=GOAL)
    k, accepted = result.n_steps, int(result.history["accepted"].sum())
    if result.loss > GOAL:
        return False, f"After {k} steps the loss is {result.loss:.3g}; the goal is {GOAL:g}."
    counts = operation_counts.levenberg_marquardt(problem.net, len(problem.X), k, accepted)
    price = counts / operation_counts.gradient(problem.net, len(problem.X))
    score = f"{k} steps, {k - accepted} of them rejected, to a loss of {GOAL:g}: a price of {price:.0f} gradients"
    if price > TARGET:
        return False, f"{score}; the target is {TARGET}."
    return True, f"{score}. No single answer is right: how cheap can you get?"


check_contest = Contest(
    name="entry",
    judge=_price,
    with_options=with_options,
    right=lambda problem, w: levenberg_marquardt(problem, w, 0.01),
    also_right=lambda problem, w: levenberg_marquardt(problem, w),
    slips={
        "a price of 413 gradients; the target is 350": lambda problem, w: levenberg_marquardt(problem, w, 1e-3),
        "a price of 570 gradients; the target is 350": (
            lambda problem, w: levenberg_marquardt(problem, w, 1e-3, rule="marquardt")
        ),
        "from the given start": lambda problem, w: levenberg_marquardt(problem, 0.5 * w, 0.01),
        "has begun already": lambda problem, w: _begun(levenberg_marquardt(problem, w, 0.01)),
        "must return a run": lambda problem, w: adam(problem, w, 0.3),
    },
)

# ---------------------------------------------------------------------------------------------------------------------
# What the figures ask
# ---------------------------------------------------------------------------------------------------------------------

cheapest_to_a_rough_fit = Question(
    "The sine network of chapter 11 is to come to a loss of 0.5, a rough fit. LM needs 7 steps, steepest descent 43 "
    "and Adam 32, each of the two at the best of a few learning rates. Count multiply-adds in place of steps. Who pays "
    "least?",
    {
        "LM, by about as much as in steps": "Tempting, because 7 is so much less than 43. But a step of LM is not a "
        "gradient: it has JᵀJ and a system to solve in it.",
        "LM, but only just": "Tempting, because its steps are dearer and one expects the two to balance. What it would "
        "take for that is a closer goal.",
        "Adam": "A step of Adam costs little more than a gradient: 36 gradients in all. Seven steps of LM cost as much "
        "as 60, because JᵀJ takes n²/2 products for each sample.",
        "steepest descent: it has no extras": "Tempting, because its steps are the cheapest of all. But it needs 11 "
        "more of them than Adam, and Adam's extras are small.",
    },
    answer="Adam",
)

ten_outputs = Question(
    "A network of 8 inputs, 40 hidden units and one output, with 30 000 samples, gets ten "
    "outputs instead: 770 weights in place of 401, and "
    "ten residuals for each sample in place of one. How many multiply-adds do JᵀJ and the solution take then?",
    {
        "about 37 times as many": "Tempting, because J has ten times as many rows, and JᵀJ 3.7 times as many entries. "
        "So it is if J is formed.",
        "about 10 times as many": "Tempting, because there are ten times as many residuals. But the matrix has grown, "
        "too, and the residuals of a sample share most of their work.",
        "about 3 times as many": "The ten rows of one sample differ only in their signals. These are multiplied and "
        "summed before the inputs come in, and that is all that ten outputs add: the rest of the growth is the "
        "larger matrix.",
        "as many as before": "Tempting, because the network is run once for all outputs. But its matrix has more "
        "entries, and each of them must be filled.",
    },
    answer="about 3 times as many",
)

lowest_validation = Question(
    "A network of 101 weights is trained on 235 cars, normalized, for 100 steps of LM. After each step 79 other cars "
    "are predicted. From ten starts: when is their error at its lowest?",
    {
        "in the last steps": "Tempting, because each accepted step lowers the loss. It lowers it on the 235 cars that "
        "it is made of.",
        "around the middle, after 40 to 60 steps": "Tempting, because an optimum should lie somewhere between. With "
        "Adam or descent it may take so long; LM has passed it by then.",
        "before step 30": "From all ten starts. A method that is fast on the training data is fast in following their "
        "noise too.",
        "it depends: anywhere from 5 to 100": "Tempting, because the starts differ so much. They do in where they end, "
        "and hardly in when the turn comes.",
    },
    answer="before step 30",
)
