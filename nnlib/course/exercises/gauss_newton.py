"""Chapter 10: Gauss–Newton."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from nnlib.course.exercises._exercise import Answers, Asked, Contest, Exercise, Question, Told, in_kind
from nnlib.network import MLP
from nnlib.optimizers import gauss_newton, newton
from nnlib.problems import NetworkFit

solve = np.linalg.solve
X = np.linspace(-2, 2, 15)


def _neuron(y) -> NetworkFit:
    return NetworkFit(MLP([1, 1], output="tanh"), X, y)


NEURON = _neuron(np.tanh(1.5 * X - 1) + 0.1 * np.random.default_rng(1).normal(size=15))  # the chapter's own


def _minimum(problem, w) -> np.ndarray:
    for _ in range(10):
        w = w - solve(problem.hessian(w), problem.gradient(w))
    return w


STAR = _minimum(NEURON, np.array([1.4, -0.9]))

# ---------------------------------------------------------------------------------------------------------------------
# 1, by hand: a step, what it leaves out, and a rank
# ---------------------------------------------------------------------------------------------------------------------

XS, W, Y = np.array([1.0, 2.0, 3.0]), np.array([1.0, 0.5]), np.array([3.25, 7.5, 5.75])  # ŷ = w₁ + w₂² x


def _residuals(w):
    return w[0] + w[1] ** 2 * XS - Y


R, J = _residuals(W), np.column_stack([np.ones(3), 2 * W[1] * XS])
A, G = J.T @ J, J.T @ R
STEP, LEFT_OUT = solve(A, -G), np.diag([0.0, 2 * R @ XS])


def _loss(r):
    return 0.5 * r @ r


check_step_by_hand = Answers(
    name="by_hand",
    asked={
        "J": Asked(
            right=J,
            slips={
                "The column of w₂ is ∂ŷ/∂w₂ = 2w₂x. This one is w₂²x, the term itself.": np.column_stack(
                    [np.ones(3), W[1] ** 2 * XS]
                ),
                "The column of w₂ has lost the factor w₂: the derivative of w₂² is 2w₂.": np.column_stack(
                    [np.ones(3), 2 * XS]
                ),
                "The column of w₂ has lost the 2: the derivative of w₂² is 2w₂.": np.column_stack(
                    [np.ones(3), W[1] * XS]
                ),
                "The column of w₁ is ∂ŷ/∂w₁ = 1. This is w₁x, as if x stood there too.": np.column_stack(
                    [XS, 2 * W[1] * XS]
                ),
                "These are the derivatives of target − output. In this course r = ŷ − y.": -J,
                "A row for each sample, a column for each weight: this is the transpose.": J.T,
            },
        ),
        "JTJ": Asked(
            right=A,
            slips={
                "This is JJᵀ. The sum runs over the samples: columns of J times columns.": J @ J.T,
                "The columns are not perpendicular: their product stands off the diagonal.": np.diag(np.diag(A)),
                "JᵀJ has no factor 2: the ½ of E has cancelled it.": 2 * A,
            },
        ),
        "g": Asked(
            right=G,
            slips={
                "The sign: r = ŷ − y, and g = Jᵀr points uphill.": -G,
                "This is 2Jᵀr. The ½ of E cancels the 2 of the square.": 2 * G,
                "This is Jᵀŷ. The targets are still to be subtracted.": J.T @ (R + Y),
            },
        ),
        "step": Asked(
            right=STEP,
            slips={
                "The sign: JᵀJ p = −g. This step goes uphill.": -STEP,
                "This is −g, steepest descent. It is still to be multiplied by the inverse of JᵀJ.": -G,
                "Only the diagonal of JᵀJ was used. The 6 off it couples the two equations.": -G / np.diag(A),
                "This is Newton's step: what is left out stands in the matrix too.": solve(A + LEFT_OUT, -G),
                "This is the point where the step ends, w + p. Asked is p.": W + STEP,
            },
        ),
        "left_out": Asked(
            right=LEFT_OUT,
            slips={
                "The residuals are missing: each ∇²r counts as often as its r.": np.diag([0.0, 2 * XS.sum()]),
                "The sign of the residuals: r = ŷ − y.": -LEFT_OUT,
                "The 2 is missing: the second derivative of w₂²x is 2x.": LEFT_OUT / 2,
                "This is the whole Hessian. Asked is what JᵀJ lacks of it.": A + LEFT_OUT,
                "It stands at w₂, w₂: ŷ is a straight line in w₁.": LEFT_OUT[::-1, ::-1],
                "These are the residuals at w + p. H and JᵀJ belong to w.": np.diag(
                    [0.0, 2 * _residuals(W + STEP) @ XS]
                ),
            },
        ),
        "new_loss": Asked(
            right=_loss(_residuals(W + STEP)),
            slips={
                "That is what the straight line promises, ½‖r + Jp‖². Asked is the loss itself, at w + p.": _loss(
                    R + J @ STEP
                ),
                "A ½ is lost: E is half the sum of squares.": 2 * _loss(_residuals(W + STEP)),
                "That is the loss at w. Asked is the one after the step.": _loss(R),
                "That is the loss at w − p.": _loss(_residuals(W - STEP)),
            },
        ),
        "rank_of_twins": Asked(
            right=4,
            slips={
                "One column for each of the 7 weights, but some are multiples of others.": 7,
                "Both weights of the second unit are copies, but so is its output weight.": 5,
                "Only one of three copies is taken away here.": 6,
                "The output bias has a column of its own, of ones.": 3,
                "One unit that is left has a weight, a bias and an output weight, and there is an output bias.": 2,
            },
        ),
    },
    praise="the line promises a loss of 3, and it is 10: the curve ŷ = w₁ + w₂²x bends away from it. And two equal "
    "units have three columns too many, whatever the data are.",
)

# ---------------------------------------------------------------------------------------------------------------------
# 2, build: the step of a network, sample by sample
# ---------------------------------------------------------------------------------------------------------------------


def _row(w, x):
    """∂ŷ/∂w of ŷ = w₃ tanh(w₁x + w₂) + w₄, by one pass back."""
    a = np.tanh(w[0] * x + w[1])
    d = w[2] * (1 - a * a)
    return w[2] * a + w[3], np.array([d * x, d, a, 1.0])


def _network_step(w, x, y):
    g, JTJ = np.zeros(4), np.zeros((4, 4))
    for x_i, y_i in zip(x, y, strict=True):
        output, row = _row(w, x_i)
        g = g + row * (output - y_i)
        JTJ = JTJ + np.outer(row, row)
    return g, JTJ, solve(JTJ, -g)


def _with_rows(
    row: Callable = lambda J, r: J,
    residual: Callable = lambda r: r,
    matrix: Callable = lambda JTJ: JTJ,
    step: Callable = lambda JTJ, g: solve(JTJ, -g),
    gradient: Callable = lambda g: g,
) -> Callable:
    """The whole batch at once, with decisions left open, to be made rightly or wrongly."""

    def network_step(w, x, y):
        a = np.tanh(w[0] * x + w[1])
        slope, r = 1 - a * a, w[2] * a + w[3] - y
        J = np.column_stack([w[2] * slope * x, w[2] * slope, a, np.ones_like(x)])
        J, r = row(J, (w, x, a, r)), residual(r)
        g, JTJ = gradient(J.T @ r), matrix(J.T @ J)
        return g, JTJ, step(JTJ, g)

    return network_step


def _hidden_columns(factor: Callable) -> Callable:
    """Rows whose first two columns are multiplied by something."""
    return _with_rows(row=lambda J, known: np.column_stack([J[:, :2] * np.reshape(factor(*known), (-1, 1)), J[:, 2:]]))


def _one_entry(column: int, entry: Callable) -> Callable:
    """Rows with one entry that is something else, of what is known at the samples."""

    def row(J, known):
        return np.column_stack([J[:, :column], entry(*known), J[:, column + 1 :]])

    return _with_rows(row=row)


def _last_sample(w, x, y):
    _, row = _row(w, x[-1])
    return _network_step(w, x, y)[0], np.outer(row, row), np.zeros(4)


def _only_one(sample: int) -> Callable:
    """Both sums have a single sample: nothing is added up, or the loop is left in its first round."""

    def network_step(w, x, y):
        output, row = _row(w, x[sample])
        return row * (output - y[sample]), np.outer(row, row), np.zeros(4)

    return network_step


def _scaled_matrix(w, x, y):
    g, JTJ, p = _network_step(w, x, y)
    return g, JTJ / len(x), p


def _inner_products(w, x, y):
    g, JTJ, p = _network_step(w, x, y)
    return g, np.full((4, 4), np.trace(JTJ)), p


def _end_of_step(w, x, y):
    g, JTJ, p = _network_step(w, x, y)
    return g, JTJ, w + p


def _tanh_output(w, x, y):
    a = np.tanh(w[0] * x + w[1])
    output = np.tanh(w[2] * a + w[3])
    d = (1 - output**2) * w[2] * (1 - a * a)
    J = np.column_stack([d * x, d, (1 - output**2) * a, 1 - output**2])
    return J.T @ (output - y), J.T @ J, np.zeros(4)


def _drawn(seed: int, samples: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    w = np.array([0.8, -0.3, 1.4, 0.2]) + 0.3 * rng.normal(size=4)
    x = np.sort(rng.uniform(-3, 3, size=samples))
    return w, x, np.sin(x) + 0.2 * rng.normal(size=samples)


check_network_step = Exercise(
    name="network_step",
    quantities=("g", "JTJ", "p"),
    cases=[_drawn(0, 12), _drawn(1, 7), _drawn(2, 25)],
    right=_network_step,
    also_right=_with_rows(),
    slips={
        "The step goes uphill: JᵀJ p = −g.": _with_rows(step=lambda JTJ, g: solve(JTJ, g)),
        "g has the wrong sign: r = output − target, and a row of J is ∂ŷ/∂w, not −∂ŷ/∂w.": _with_rows(
            residual=lambda r: -r
        ),
        "The pass back was started with the residual, as for the gradient. A row of J starts with 1.": _with_rows(
            row=lambda J, known: J * known[3][:, None]
        ),
        "The slope of tanh, 1 − a², is missing on the way to w₁ and w₂.": _hidden_columns(
            lambda w, x, a, r: 1 / (1 - a * a)
        ),
        "On its way to w₁ and w₂ the pass goes through the output weight w₃.": _hidden_columns(
            lambda w, x, a, r: np.full_like(x, 1 / w[2])
        ),
        "The slope is taken twice.": _hidden_columns(lambda w, x, a, r: 1 - a * a),
        "The slope must be 1 − a², with a = tanh(z); here it is 1 − z².": _hidden_columns(
            lambda w, x, a, r: (1 - (w[0] * x + w[1]) ** 2) / (1 - a * a)
        ),
        "The columns stand in another order: w₁, w₂, w₃, w₄.": _with_rows(row=lambda J, known: J[:, [2, 3, 0, 1]]),
        "The bias stands before its weight. The order is w₁, w₂, w₃, w₄.": _with_rows(
            row=lambda J, known: J[:, [1, 0, 3, 2]]
        ),
        "w₂ and w₃ have changed places: w₂ is the bias of the hidden unit.": _with_rows(
            row=lambda J, known: J[:, [0, 2, 1, 3]]
        ),
        "The entry of the output bias w₄ is 1, not its value.": _one_entry(3, lambda w, x, a, r: np.full_like(x, w[3])),
        "The entry of w₃ is the activation a. This is the pre-activation.": _one_entry(
            2, lambda w, x, a, r: w[0] * x + w[1]
        ),
        "The entry of w₃ is a: no slope stands between w₃ and the output.": _one_entry(
            2, lambda w, x, a, r: a * (1 - a * a)
        ),
        "The entry of w₃ is what w₃ is multiplied by, a. This is w₃a, the term itself.": _one_entry(
            2, lambda w, x, a, r: w[2] * a
        ),
        "g is a mean over the samples and JᵀJ a sum: then the step is too short by the number of samples.": _with_rows(
            residual=lambda r: r / len(r)
        ),
        "There is no factor 2 in g: the ½ of E has cancelled it.": _with_rows(gradient=lambda g: 2 * g),
        "Only the diagonal of JᵀJ went into the step. The entries off it couple the equations.": _with_rows(
            step=lambda JTJ, g: -g / np.diag(JTJ)
        ),
        "Of each row only the squares were added. JᵀJ takes every entry with every other one.": _with_rows(
            matrix=lambda JTJ: np.diag(np.diag(JTJ))
        ),
        "JᵀJ is that of the last sample alone: add up, do not replace.": _last_sample,
        "g is that of the first sample alone. Does return stand inside the loop?": _only_one(0),
        "g is that of the last sample alone: add up, do not replace.": _only_one(-1),
        "JᵀJ is a mean over the samples. Asked is the sum, as in g.": _scaled_matrix,
        "Every entry got the sum of the squares of the row. The product of each with each is np.outer(row, row).": (
            _inner_products
        ),
        "The output unit is linear: no tanh around w₃a + w₄.": _tanh_output,
        "That is the point where the step ends, w + p. Asked is p.": _end_of_step,
        "This is −g. The step solves JᵀJ p = −g.": _with_rows(step=lambda JTJ, g: -g),
        "This is −JᵀJ g. The step solves JᵀJ p = −g.": _with_rows(step=lambda JTJ, g: -JTJ @ g),
    },
    praise="g, JᵀJ and the step. Both are sums over the samples, so J need not be stored, and a sum can be cut "
    "anywhere; chapter 12 will cut it over blocks and over machines.",
    digits=6,
)

# ---------------------------------------------------------------------------------------------------------------------
# 3, read: two logs
# ---------------------------------------------------------------------------------------------------------------------

SIZE = -8.0
FAR_TARGETS = _neuron(NEURON.predict(STAR, X[:, None])[:, 0] - SIZE * NEURON.residuals(STAR))


def _errors(method: Callable, steps: int = 7) -> np.ndarray:
    """w₁ − w₁* after each step, from a start not far away."""
    start = np.array([1.7, -0.9])
    return np.array([start[0], *(step.w[0] for _, step in zip(range(steps), method(FAR_TARGETS, start), strict=False))])


LOG = {"A": _errors(gauss_newton) - STAR[0], "B": _errors(newton) - STAR[0]}
WRONG_BY = np.eye(2) - solve(FAR_TARGETS.normal_equations(STAR).JTJ, FAR_TARGETS.hessian(STAR))
RATE = float(np.max(np.abs(np.linalg.eigvals(WRONG_BY))))
STEPS_TO_GO = int(np.ceil(np.log(1e-10 / abs(LOG["A"][-1])) / np.log(RATE)))


def _written(error: float) -> str:
    return f"{error:12.3e}" if abs(error) > 1e-12 else f"{'below 1e-12':>12}"


two_logs = "\n".join(
    ["step        run A        run B", *(f"{k:4} {_written(LOG['A'][k])} {_written(LOG['B'][k])}" for k in range(8))]
)

check_logs = Answers(
    name="logs",
    digits=2,
    asked={
        "newton": Asked(
            right="B",
            options=("A", "B"),
            hint="Look at how many digits each step adds: in one run the same number, in the other twice as many.",
        ),
        "rate": Asked(
            right=RATE,
            slips={
                "Upside down: the distance AFTER a step over the one before.": 1 / RATE,
                "The rate is the factor of the SIZE. That the sign changes belongs to the next question.": -RATE,
                "That is the share of the distance that a step takes away. Asked is the one that it leaves.": 1 - RATE,
            },
        ),
        "left_out": Asked(
            right="it bends up",
            options=("it bends up", "it bends down", "it is zero"),
            hint="In run A the sign of w₁ − w₁* changes at every step: each one goes too far. A step is too long where "
            "JᵀJ is too small for the true curvature.",
        ),
        "steps_to_go": Asked(
            right=STEPS_TO_GO,
            slips={
                "Steps are counted in whole numbers: round up.": np.log(1e-10 / abs(LOG["A"][-1])) / np.log(RATE),
                "That many steps are not quite enough: round up.": STEPS_TO_GO - 1,
                "One step less is enough already.": STEPS_TO_GO + 1,
                "That counts from the start. Asked are the steps AFTER step 7.": STEPS_TO_GO + 7,
                "That is Newton's answer. Without quadratic convergence each step gains the same factor.": 1,
            },
        ),
        "rate_of_doubled": Asked(
            right=2 * RATE,
            slips={
                "The minimum stays, and so do J and JᵀJ; but what is left out carries the residuals.": RATE,
                "The rate is proportional to the residuals, not to their square.": 4 * RATE,
                "That is for half the residuals.": RATE / 2,
                "That is the square, what TWO steps leave. Twice the residuals, twice the rate.": RATE**2,
            },
        ),
        "tripled_converges": Asked(
            right=False,
            slips={"Three times the rate is above 1: near the star each step ends farther away than it began.": True},
        ),
    },
    praise="run A zigzags, because what is left out bends up and the steps are too long; three times the residuals, "
    "and it would leave the minimum.",
)

# ---------------------------------------------------------------------------------------------------------------------
# 4, bug hunt: loops with one fault each
# ---------------------------------------------------------------------------------------------------------------------


def run_a(problem, w, steps):
    r = problem.residuals(w)
    for _ in range(steps):
        J = problem.jacobian(w)
        p = np.linalg.solve(J.T @ J, -J.T @ r)
        w, r = w + p, r + J @ p
    return w


def run_b(problem, w, steps):
    for _ in range(steps):
        J, r = problem.jacobian(w), problem.residuals(w)
        w = w + np.linalg.solve(2 * J.T @ J, -J.T @ r)
    return w


def run_c(problem, w, steps):
    for _ in range(steps):
        J, r = problem.jacobian(w), problem.residuals(w)
        S = problem.hessian(w) - J.T @ J
        w = w + np.linalg.solve(J.T @ J - S, -J.T @ r)
    return w


def run_d(problem, w, steps):
    for _ in range(steps):
        J = problem.jacobian(w)
        r = problem.Y[:, 0] - problem.predict(w, problem.X)[:, 0]
        w = w + np.linalg.solve(J.T @ J, -J.T @ r)
    return w


def run_e(problem, w, steps):
    x = problem.X[:, 0]
    for _ in range(steps):
        J, r = np.column_stack([x, np.ones_like(x)]), problem.residuals(w)
        w = w + np.linalg.solve(J.T @ J, -J.T @ r)
    return w


broken_runs = {run.__name__: run for run in (run_a, run_b, run_c, run_d, run_e)}
HUNT_AT = np.array([1.0, -0.5])
BUGS = (
    "J and r belong to different signs",
    "J^T J of a book without ½, g of one with it",
    "the slope of tanh is missing in J",
    "the residuals are those that the straight line promised",
    "what is left out is subtracted where it should be added",
    "J is that of the start for ever",
    "J J^T stands where J^T J should",
)


def _distances(run: Callable) -> str:
    """How far from the star a loop is after 0, 1, … steps."""
    far = [np.linalg.norm(run(NEURON, HUNT_AT, k) - STAR) for k in range(5)]
    return ", ".join(f"{d:.2g}" for d in far)


def _gauss_newton(problem, w, steps):
    for _, step in zip(range(steps), gauss_newton(problem, w), strict=False):
        w = step.w
    return w


def _how_it_runs(run: Callable) -> str:
    return (
        f"Run it: from [1, −0.5] its distances to the star are {_distances(run)}, those of Gauss–Newton "
        f"{_distances(_gauss_newton)}. Then read it line by line."
    )


check_bugs = Answers(
    name="bugs",
    asked={
        run: Asked(right=BUGS[bug], options=BUGS, hint=_how_it_runs(broken_runs[run]))
        for run, bug in zip(broken_runs, (3, 1, 4, 0, 2), strict=True)
    },
    praise="all five. Two of them, b and c, arrive in the end: a run that ends well proves little. c is even ahead of "
    "Gauss–Newton for three steps, and then its rate is nearly twice as large. And a comes to rest where g is not 0.",
)

# ---------------------------------------------------------------------------------------------------------------------
# 5, contest: the smallest residuals at which Gauss–Newton leaves a minimum
# ---------------------------------------------------------------------------------------------------------------------

PLACE, TARGET = np.array([1.5, -1.0]), 2.0


def _curved(x, w, size=1.05, sign=1.0, normal=True):
    """Residuals along the direction in which the curve of predictions bends most, for its length."""
    says = np.tanh(w[0] * x + w[1])
    slope = 1 - says**2
    J = np.column_stack([slope * x, slope])
    away = np.eye(len(x)) - J @ np.linalg.pinv(J)
    best = None
    for angle in np.linspace(0, np.pi, 400, endpoint=False):
        v = np.array([np.cos(angle), np.sin(angle)])
        bend = -2 * says * slope * (v[0] * x + v[1]) ** 2
        bend = away @ bend if normal else bend
        r = sign * bend * np.sum((J @ v) ** 2) / np.sum(bend**2)
        best = r if best is None or r @ r < best @ best else best
    return says - size * best


def _drawn_residuals(x, w, tries=400):
    """The best of many residuals drawn at random."""
    says, rng, found = np.tanh(w[0] * x + w[1]), np.random.default_rng(0), []
    problem = _neuron(says)
    J = problem.jacobian(w)
    away = np.eye(len(x)) - J @ np.linalg.pinv(J)
    for _ in range(tries):
        r = away @ rng.normal(size=len(x))
        rest = _neuron(says - r).hessian(w) - J.T @ J
        rate = np.max(np.linalg.eigvals(solve(J.T @ J, rest)).real)
        if rate > 0:
            found.append(1.05 * r / rate)
    return says - min(found, key=np.linalg.norm)


def _score(program: Callable) -> tuple[bool, str]:
    """Whether w is a minimum that Gauss–Newton leaves, and how small the residuals are."""
    y = in_kind("What targets returns", program(X.copy(), PLACE.copy()), X)
    if y.shape != X.shape or not (np.abs(y) < 1e100).all():
        raise Told(f"targets must return {len(X)} numbers, a target for each x, and none of them beyond 1e100.")
    problem = _neuron(y)
    J, r, H = problem.jacobian(PLACE), problem.residuals(PLACE), problem.hessian(PLACE)
    size = float(np.linalg.norm(r))
    if size < 1e-12:
        return False, "Nothing is left out there: all residuals are 0, and Gauss–Newton converges as Newton does."
    if np.abs(J.T @ r).max() > 1e-6 * size * np.linalg.norm(J):
        return False, "w is not even stationary: Jᵀr must be 0. Take from r what the columns of J can make up."
    if np.linalg.eigvalsh(H)[0] <= 0:
        return (
            False,
            "w is stationary, but no minimum: H has an eigenvalue that is not positive. "
            "Turn the sign of r, or make it smaller?",
        )
    rate = float(np.max(np.abs(np.linalg.eigvals(solve(J.T @ J, H - J.T @ J)))))
    if rate < 1.001:  # 1 is reached by rounding
        return False, f"w is a minimum, but Gauss–Newton does not leave it: its rate is {rate:.3g}. Larger residuals?"
    if size > TARGET:
        told = "Noise hits the bend of the curve only by chance. Which residuals point along ∇²r?"
        return False, f"Gauss–Newton leaves the minimum, with ‖r‖ = {size:.3g}. The target is {TARGET:g}. {told}"
    best = "Is there one below 1.1?" if size > 1.1 else "Hardly anything smaller does it."
    return True, f"Gauss–Newton leaves the minimum, its rate is {rate:.3g}, with ‖r‖ = {size:.3g}. {best}"


check_contest = Contest(
    name="targets",
    judge=_score,
    right=lambda x, w: _curved(x, w),
    also_right=lambda x, w: _drawn_residuals(x, w),
    slips={
        "w is not even stationary": lambda x, w: _curved(x, w, normal=False),
        "Turn the sign of r, or make it smaller?": lambda x, w: _curved(x, w, sign=-1.0),
        "Larger residuals?": lambda x, w: _curved(x, w, size=0.5),
        "Noise hits the bend of the curve only by chance": lambda x, w: _curved(x, w, size=2.5),
        "Nothing is left out there": lambda x, w: np.tanh(w[0] * x + w[1]),
    },
)

# ---------------------------------------------------------------------------------------------------------------------
# What the figures ask
# ---------------------------------------------------------------------------------------------------------------------

half_a_matrix = Question(
    "The sliders offer 132 starts. From 7 of them Newton reaches the star. Now leave out of H every term with a second "
    "derivative, and step with what remains. From how many starts does that reach the star?",
    {
        "from fewer than 7: half of the curvature is thrown away": "Tempting, because H is the true curvature and "
        "JᵀJ only an approximation. But the true curvature is what sends Newton uphill.",
        "from about 7: near the star both matrices agree": "Tempting, because near the star they do agree. But most "
        "starts are not near it, and there H bends down in some direction, because of the part that is crossed out.",
        "from more than half of them": "From 84. The part that remains never bends down, so the step never mistakes a "
        "hill for a valley.",
        "from all of them: what is left is the part that never does harm": "Tempting, because JᵀJ never bends down. "
        "But where it is nearly flat its steps are far too long.",
    },
    answer="from more than half of them",
)

rate_with_residuals = Question(
    "Near the star Newton converges quadratically. How does Gauss–Newton, which steps with half of Newton's matrix? "
    "First the targets lie exactly on the curve (t = 0), then the residuals there grow.",
    {
        "linearly at t = 0, and more slowly the larger the residuals": "Tempting, because a wrong matrix usually "
        "costs the doubling of digits. But at t = 0 every residual at the star is 0, and nothing is missing there.",
        "quadratically at t = 0, linearly with residuals, and not at all if they are large": "What is missing carries "
        "the residuals as factors. At t = 0 it vanishes at the star; and it grows in proportion to t.",
        "quadratically at t = 0, and with residuals too, only later": "Tempting, because the star is a minimum for "
        "all t. But with residuals the matrix is wrong even AT the star, and the same fault costs the same factor in "
        "every step.",
        "linearly at every t, with the same rate, because JᵀJ at the star stays the same": "Tempting, because JᵀJ "
        "has no targets in it. It is the missing part that changes.",
    },
    answer="quadratically at t = 0, linearly with residuals, and not at all if they are large",
)
