"""Chapter 13: weight decay."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from itertools import islice

import numpy as np

from nnlib import datasets
from nnlib.course.exercises._exercise import Answers, Asked, Contest, Program, Question, Told, in_kind
from nnlib.network import MLP
from nnlib.optimizers import levenberg_marquardt, proximal_gradient
from nnlib.problems import NetworkFit, NormalEquations, mean_squared_error
from nnlib.training import train

solve, eye = np.linalg.solve, np.eye

# ---------------------------------------------------------------------------------------------------------------------
# 1, by hand: two weights in the eigenbasis, and one weight with each point left out in turn
# ---------------------------------------------------------------------------------------------------------------------

J, Y, DECAY = np.array([[3.0, 3.0], [1.0, -1.0]]), np.array([12.0, 2.0]), 18.0
A, B, I = J.T @ J, J.T @ Y, np.eye(2)
POINTS = np.array([-3.0, 0.0, 3.0, 6.0])


def _left_out(decay: float, divide: Callable = lambda m, decay: m - 1 + decay, total=np.mean) -> float:
    """The leave-one-out error of a constant with weight decay."""
    predicted = (POINTS.sum() - POINTS) / divide(len(POINTS), decay)
    return float(total((POINTS - predicted) ** 2))


def _kept_in(decay: float) -> float:
    """The error on all four points of the constant that was fitted to all four."""
    return float(np.mean((POINTS - POINTS.sum() / (len(POINTS) + decay)) ** 2))


check_by_hand = Answers(
    name="by_hand",
    asked={
        "least_squares": Asked(
            right=solve(A, B),
            slips={
                "This is Jᵀy. It is still to be multiplied by the inverse of JᵀJ.": B,
                "This is Jy, and without an inverse.": J @ Y,
                "Only the diagonal of JᵀJ was used. The 8 off it couples the two equations.": B / np.diag(A),
                "The sign: JᵀJ w = Jᵀy.": -solve(A, B),
            },
        ),
        "kept": Asked(
            right=[0.5, 0.1],
            slips={
                "These are the eigenvalues. The share of each is λ_i/(λ_i + λ).": [18.0, 2.0],
                "That is the part that is LOST, λ/(λ_i + λ).": [0.5, 0.9],
                "The larger eigenvalue comes first.": [0.1, 0.5],
                "The roots of the eigenvalues went in, the singular values of J.": [
                    18**0.5 / (18**0.5 + 18),
                    2**0.5 / (2**0.5 + 18),
                ],
                "λ was squared.": [18 / (18 + 18**2), 2 / (2 + 18**2)],
                "λ stands there with a factor ½. The ½ belongs to E_W = ½ Σ w², and its derivative has none.": [
                    18 / 27,
                    2 / 11,
                ],
                "λ stands there with a factor 2. E_W = ½ Σ w² has the derivative w.": [18 / 54, 2 / 38],
            },
        ),
        "decayed": Asked(
            right=solve(A + DECAY * I, B),
            slips={
                "The shares were applied to w₁ and w₂. They belong to v₁ and v₂: take the weights apart first.": [
                    1.5,
                    0.1,
                ],
                "That is what was lost. Asked is what is left.": solve(A, B) - solve(A + DECAY * I, B),
                "That is what is left of the coefficients of (1, 1) and (1, −1). Asked are w₁ and w₂.": [1.0, 0.1],
                "That is what is left of the coefficients of v₁ and v₂. Asked are w₁ and w₂.": [2**0.5, 0.1 * 2**0.5],
                "These are the least squares again.": solve(A, B),
                "Only the diagonal of JᵀJ was used. The 8 off it couples the two equations.": B / (np.diag(A) + DECAY),
                "λ was added to EVERY entry of JᵀJ. λI has it on the diagonal alone.": solve(A + DECAY, B),
                "All of it was shrunk alike, by 1/(1 + λ). Each direction has its own share.": solve(A, B) / 19,
                "The two shares were exchanged: v₁ = (1, 1)/√2 has the eigenvalue 18.": [0.7, -0.3],
                "The second direction has the wrong sign: (3, 1) = 2 (1, 1) + 1 (1, −1).": [0.9, 1.1],
            },
        ),
        "kept_in_all": Asked(
            right=0.6,
            slips={
                "That counts both directions in full. Add up their shares.": 2.0,
                "That is what is lost in all.": 1.4,
                "The shares are added, not multiplied.": 0.05,
                "That is the mean of the shares. Asked is their sum.": 0.3,
            },
        ),
        "leave_one_out": Asked(
            right=[_left_out(0.0), _left_out(3.0)],
            slips={
                "That is the training error: each point has helped to find the constant that predicts it.": [
                    _kept_in(0.0),
                    _kept_in(3.0),
                ],
                "That is the sum of the four squares. Asked is their mean.": [
                    _left_out(0.0, total=np.sum),
                    _left_out(3.0, total=np.sum),
                ],
                "Three points are left when one is out: the divisor is 3 + λ.": [
                    _left_out(0.0, lambda m, decay: m + decay),
                    _left_out(3.0, lambda m, decay: m + decay),
                ],
                "The second one: three points are left when one is out, so the divisor is 3 + λ = 6.": [
                    _left_out(0.0),
                    _left_out(3.0, lambda m, decay: m + decay),
                ],
                "The second one is a training error: there too each point has to be left out in turn.": [
                    _left_out(0.0),
                    _kept_in(3.0),
                ],
                "That is the root of the mean. Asked is the mean of the squares.": [
                    _left_out(0.0) ** 0.5,
                    _left_out(3.0) ** 0.5,
                ],
                "λ = 3 has no effect here: the constant is Σy/(3 + λ).": [_left_out(0.0)] * 2,
                "The order: λ = 0 first.": [_left_out(3.0), _left_out(0.0)],
                "That is the mean size of the errors. Asked is the mean of their squares.": [
                    float(np.mean(np.abs(POINTS - (POINTS.sum() - POINTS) / (3 + decay)))) for decay in (0.0, 3.0)
                ],
            },
        ),
    },
    praise="the direction of the large eigenvalue keeps half, the other a tenth. And left-out points are "
    "predicted better by the constant that is pulled toward 0: 15.875 against 20.",
)

# ---------------------------------------------------------------------------------------------------------------------
# 2, build: Levenberg–Marquardt with weight decay
# ---------------------------------------------------------------------------------------------------------------------


class _Decayed:
    """A problem with weight decay added to it, as nnlib's optimizers see it."""

    def __init__(self, problem, decay: float):
        self.problem, self.decay = problem, decay

    def loss(self, w) -> float:
        return self.problem.loss(w) + 0.5 * self.decay * (w @ w)

    def normal_equations(self, w) -> NormalEquations:
        JTJ, g, loss = self.problem.normal_equations(w)
        return NormalEquations(JTJ + self.decay * eye(len(w)), g + self.decay * w, loss + 0.5 * self.decay * (w @ w))


def _nnlib(problem, w, decay, mu, steps):
    for step in islice(levenberg_marquardt(_Decayed(problem, decay), w, mu, rule="marquardt"), steps):
        w = step.w
    return w


def _loop(
    pull: Callable = lambda decay, w, w0: decay * w,
    bend: Callable = lambda decay, n: decay * eye(n),
    price: Callable = lambda decay, w: 0.5 * decay * (w @ w),
    keep: Callable = lambda new, old, first: new < old,
    direction: float = -1.0,
    after: Callable = lambda decay, trial: trial,
    renew: bool = True,
    renew_decay: bool = True,
    pays: bool = True,
    damping: float = 1.0,
    raise_mu: float = 10.0,
    give: Callable = lambda w, trial: w,
) -> Callable:
    """The loop of chapter 11 on E_D + λ E_W, with its decisions left open, to be made rightly or wrongly."""

    def fit(problem, w, decay, mu, steps):
        w0, trial = w, w

        def model(w):
            JTJ, g, loss = problem.normal_equations(w)
            return JTJ + bend(decay, len(w)), g + pull(decay, w, w0), loss + pays * price(decay, w)

        H, g, loss = model(w)
        first = loss
        for _ in range(steps):
            trial = after(decay, w + direction * solve(H + damping * mu * eye(len(w)), g))
            new = problem.loss(trial) + price(decay, trial)
            accepted = keep(new, loss, first)
            if accepted:
                w, loss = trial, new
            if accepted and renew:
                H, g, loss = model(w) if renew_decay else (*problem.normal_equations(w)[:2], new)
            mu = mu / 10 if accepted else mu * raise_mu
        return give(w, trial)

    return fit


def _neuron() -> NetworkFit:
    """The neuron of chapter 11."""
    x = np.linspace(-2, 2, 15)
    y = np.tanh(1.5 * x - 1) + 0.1 * np.random.default_rng(1).normal(size=15)
    return NetworkFit(MLP([1, 1], output="tanh"), x, y)


def _small_network() -> tuple[NetworkFit, np.ndarray]:
    net, data = MLP([1, 4, 1]), datasets.noisy_sine(seed=2, n_samples=21)
    return NetworkFit(net, data.X, data.Y), net.init(seed=3)


def _none(decay, w, w0=None):
    return 0.0 * w


check_decayed_fit = Program(
    name="fit_decayed",
    cases={
        "the neuron from [1.5, 1.5]": (_neuron(), np.array([1.5, 1.5]), 0.2, 1e-3, 14),
        "the same, 6 trials": (_neuron(), np.array([1.5, 1.5]), 0.2, 1e-3, 6),
        "a network of 13 weights": (*_small_network(), 0.02, 1e-3, 25),
    },
    right=_loop(),
    also_right=_nnlib,
    slips={
        "λI is missing: the gradient λw of the penalty has the derivative λI, which belongs beside JᵀJ.": _loop(
            bend=lambda decay, n: 0 * eye(n)
        ),
        "λw is missing in the gradient. λI alone is a second damping: it shortens the steps, and the goal stays.": (
            _loop(pull=_none)
        ),
        "The penalty is missing where a trial is judged: what has to fall is E_D + λ E_W.": _loop(
            price=lambda decay, w: 0.0
        ),
        "The ½ is missing where a trial is judged: λ E_W is ½ λ Σ w².": _loop(price=lambda decay, w: decay * (w @ w)),
        "The penalty is counted at the trial alone. Where the method stands E_D has it to be added, too.": _loop(
            pays=False
        ),
        "λI and λw were added at the start alone. Whenever JᵀJ and Jᵀr are computed anew they are without them.": _loop(
            renew_decay=False
        ),
        "λI has taken the place of μI. It joins it: JᵀJ + λI + μI.": _loop(damping=0.0),
        "There is no decay in it: this is chapter 11's loop.": _loop(
            pull=_none, bend=lambda decay, n: 0 * eye(n), price=lambda decay, w: 0.0
        ),
        "λw has the wrong sign: the step then pushes the weights away from 0.": _loop(
            pull=lambda decay, w, w0: -decay * w
        ),
        "This is the penalty λ Σ w². Asked is λ E_W = ½ λ Σ w², with the gradient λw.": _loop(
            pull=lambda decay, w, w0: 2 * decay * w,
            bend=lambda decay, n: 2 * decay * eye(n),
            price=lambda decay, w: decay * (w @ w),
        ),
        "This is half the penalty: the gradient of ½ λ Σ w² is λw.": _loop(
            pull=lambda decay, w, w0: decay * w / 2,
            bend=lambda decay, n: decay * eye(n) / 2,
            price=lambda decay, w: decay * (w @ w) / 4,
        ),
        "This is the penalty of L1, λ Σ |w|.": _loop(
            pull=lambda decay, w, w0: decay * np.sign(w),
            bend=lambda decay, n: 0 * eye(n),
            price=lambda decay, w: decay * np.abs(w).sum(),
        ),
        "λ was added to EVERY entry of JᵀJ; λI adds it to the diagonal.": _loop(
            bend=lambda decay, n: decay * np.ones((n, n))
        ),
        "λw is that of the start for ever. It has to be taken where the method stands.": _loop(
            pull=lambda decay, w, w0: decay * w0
        ),
        "The weights are shrunk after a step of plain LM: that is another method, whose resting point depends on μ.": (
            _loop(
                pull=_none,
                bend=lambda decay, n: 0 * eye(n),
                price=lambda decay, w: 0.0,
                after=lambda decay, trial: (1 - decay) * trial,
            )
        ),
        "Every trial is kept, also one that raises E_D + λ E_W.": _loop(keep=lambda new, old, first: True),
        "No trial is kept: one that is lower has to replace w.": _loop(keep=lambda new, old, first: False),
        "Trials are compared with the value at the start for ever.": _loop(keep=lambda new, old, first: new < first),
        "The step goes uphill: (JᵀJ + λI + μI) p = −(Jᵀr + λw).": _loop(direction=1.0),
        "Matrix and gradient are those of the start for ever. After an accepted trial compute them anew.": _loop(
            renew=False
        ),
        "After a rejected trial μ is to be ten times as large.": _loop(raise_mu=2.0),
        "What is returned is the last trial, whether it was kept or not.": _loop(give=lambda w, trial: trial),
    },
    endless="At the minimum no trial is lower any more, so a `while` that waits for one waits for ever: rejected "
    "trials count among the steps.",
    praise="trial by trial as it should be, on the neuron and on a network of 13 weights. Three additions to chapter "
    "11's loop, and it trains everything in this chapter.",
)

# ---------------------------------------------------------------------------------------------------------------------
# 3, read: five fits of the same data
# ---------------------------------------------------------------------------------------------------------------------

HOW = (
    "no decay, to the end",
    "no decay, stopped early",
    "L2 with λ = 0.001",
    "L2 with λ = 0.03",
    "L2 with λ = 0.2",
    "L1 with λ = 0.1",
)
ROWS = dict(zip("abcde", (3, 0, 5, 4, 1), strict=True))  # which of them stands in which row


@cache
def table_of_fits() -> str:
    """Errors, size of the weights and exact zeros of the five fits."""
    data, again, net = datasets.noisy_sine(seed=3), datasets.noisy_sine(seed=4), MLP([1, 10, 1])
    plain, fresh, start = NetworkFit(net, data.X, data.Y), NetworkFit(net, again.X, again.Y), net.init(seed=0)

    def fit(decay, **options):
        held = NetworkFit(net, data.X, data.Y, weight_decay=decay)
        return train(levenberg_marquardt(held, start, mu=1e-3), 500, min_gradient=1e-5, **options).w

    def sparse(w, penalty):
        rate = 1 / np.linalg.eigvalsh(plain.normal_equations(w).JTJ)[-1]
        return [step.w for step in islice(proximal_gradient(plain, w, rate, penalty), 3000)][-1]

    ways = {HOW[0]: fit(0.0), HOW[1]: fit(0.0, validation=fresh), HOW[3]: fit(0.03), HOW[4]: fit(0.2)}
    ways[HOW[5]] = sparse(fit(1e-3), 0.1)
    lines = [f"start: ‖w‖ = {np.linalg.norm(start):.1f}", "fit  training error  validation error     ‖w‖  zeros"]
    for name, number in ROWS.items():
        w = ways[HOW[number]]
        errors = [mean_squared_error(problem, w) for problem in (plain, fresh)]
        lines.append(f"{name}    {errors[0]:14.4f}  {errors[1]:16.4f}  {np.linalg.norm(w):6.1f}  {np.sum(w == 0):5}")
    return "\n".join(lines)


check_reading = Answers(
    name="fits",
    asked={
        name: Asked(right=HOW[number], options=HOW, hint=hint)
        for (name, number), hint in zip(
            ROWS.items(),
            (
                "a: no zeros, short weights, a sine. A gentle λ would leave both errors near those of e: are they?",
                "b: the smallest training error, and look at its weights.",
                "c: look at the last column.",
                "d: an error near ½ is that of a straight line through a sine.",
                "e: look at the length of its weights, and at the length at the start.",
            ),
            strict=True,
        )
    },
    praise="all five. By its errors alone e could have been a fit with a gentle decay. Its ‖w‖ tells: decay pulls the "
    "weights toward 0, stopping early leaves them near the start.",
)

# ---------------------------------------------------------------------------------------------------------------------
# 4, bug hunt: how λ was chosen
# ---------------------------------------------------------------------------------------------------------------------


def ridge(A, y, lam):
    return np.linalg.solve(A.T @ A + lam * np.eye(A.shape[1]), A.T @ y)


def choose_a(A, y, lambdas, folds):
    errors = []
    for lam in lambdas:
        error = 0.0
        for fold in folds:
            rest = np.setdiff1d(np.arange(len(y)), fold)
            w = ridge(A[rest], y[rest], lam)
            error += np.sum((A[rest] @ w - y[rest]) ** 2)
        errors.append(error)
    return lambdas[np.argmin(errors)]


def choose_b(A, y, lambdas, folds):
    errors = []
    for lam in lambdas:
        w = ridge(A, y, lam)
        errors.append(sum(np.sum((A[fold] @ w - y[fold]) ** 2) for fold in folds))
    return lambdas[np.argmin(errors)]


def choose_c(A, y, lambdas, folds):
    errors = []
    for lam in lambdas:
        error = 0.0
        for fold in folds:
            rest = np.setdiff1d(np.arange(len(y)), fold)
            w = ridge(A[rest], y[rest], lam)
            error += np.sum((A[fold] @ w - y[fold]) ** 2) + lam * w @ w
        errors.append(error)
    return lambdas[np.argmin(errors)]


def choose_d(A, y, lambdas, folds):
    errors = []
    for lam in lambdas:
        for fold in folds:
            rest = np.setdiff1d(np.arange(len(y)), fold)
            w = ridge(A[rest], y[rest], lam)
            error = np.sum((A[fold] @ w - y[fold]) ** 2)
        errors.append(error)
    return lambdas[np.argmin(errors)]


def choose_e(A, y, lambdas, folds):
    errors = []
    for lam in lambdas:
        error = 0.0
        for fold in folds:
            rest = np.setdiff1d(np.arange(len(y)), fold)
            w = ridge(A[fold], y[fold], lam)
            error += np.sum((A[rest] @ w - y[rest]) ** 2)
        errors.append(error)
    return lambdas[np.argmin(errors)]


broken_choices = {choice.__name__: choice for choice in (choose_a, choose_b, choose_c, choose_d, choose_e)}
BUGS = (
    "only the last fold counts",
    "λ has the wrong sign in the fit",
    "the fold was not left out: it is measured on all data, and all were trained on",
    "trained on the fold and measured on the rest",
    "the penalty counts as an error",
    "the folds overlap",
    "the error is measured on what was trained on, the fold is never looked at",
)
HUNTED = {  # the fault of each program, and what to look at
    "choose_a": (6, "w comes from A[rest]. Which rows is its error measured on?"),
    "choose_b": (2, "which rows does w come from, and are those of a fold among them?"),
    "choose_c": (4, "which rows w comes from and is measured on is right. What is added to error?"),
    "choose_d": (
        0,
        "which rows w comes from and is measured on is right. What does error hold after the loop over folds?",
    ),
    "choose_e": (3, "it chooses 10 as the right program does. Which rows does w come from all the same?"),
}


def hunted_data() -> tuple[np.ndarray, np.ndarray, list, np.ndarray]:
    """Features, targets, λ to choose from, and folds, for trying the five out."""
    rng = np.random.default_rng(6)
    A = rng.normal(size=(30, 12))
    y = A @ rng.normal(size=12) * 0.5 + 2.0 * rng.normal(size=30)
    return A, y, [0.01, 0.1, 1.0, 10.0, 100.0], np.arange(30).reshape(5, 6)


check_bugs = Answers(
    name="bugs",
    asked={
        name: Asked(right=BUGS[bug], options=BUGS, hint=f"{name}: {look_at}") for name, (bug, look_at) in HUNTED.items()
    },
    praise="all five. Four of them choose another λ than the right program, and none complains. The fifth, e, chooses "
    "the same: one right answer proves little.",
)

# ---------------------------------------------------------------------------------------------------------------------
# 5, contest: a rule that chooses λ
# ---------------------------------------------------------------------------------------------------------------------

GRID = np.geomspace(1e-3, 1e4, 29)
TARGET = 1.22


@cache
def _tables() -> list[tuple]:
    """Forty small data sets of unlike noise: features, targets, and what the targets are without noise elsewhere."""
    rng, tables = np.random.default_rng(1), []
    for noise in np.repeat([0.5, 1.0, 2.0, 4.0, 8.0], 8):
        w = rng.normal(size=20)
        A, elsewhere = rng.normal(size=(40, 20)), rng.normal(size=(400, 20))
        tables.append((A, A @ w + noise * rng.normal(size=40), elsewhere, elsewhere @ w))
    return tables


def _by_folds(n_folds: int) -> Callable:
    """The rule that takes the λ of the least error on points left out."""

    def choose(A, y):
        rows = np.arange(len(y))
        errors = []
        for decay in GRID:
            left = [rows[k::n_folds] for k in range(n_folds)]
            fits = [(out, ridge(np.delete(A, out, axis=0), np.delete(y, out), decay)) for out in left]
            errors.append(sum(np.sum((A[out] @ w - y[out]) ** 2) for out, w in fits))
        return GRID[np.argmin(errors)]

    return choose


def _leave_one_out(A, y):
    """The same with each point alone, by the formula that needs one fit a λ."""
    U, s, _ = np.linalg.svd(A, full_matrices=False)
    errors = []
    for decay in GRID:
        hat = (U * (s**2 / (s**2 + decay))) @ U.T
        errors.append(np.sum(((y - hat @ y) / (1 - np.diag(hat))) ** 2))
    return GRID[np.argmin(errors)]


def _by_training_error(A, y):
    return GRID[np.argmin([np.sum((A @ ridge(A, y, decay) - y) ** 2) for decay in GRID])]


def _error(decay, A, y, elsewhere, truth) -> float:
    return float(np.mean((elsewhere @ ridge(A, y, decay) - truth) ** 2))


def _score(choose: Callable) -> tuple[bool, str]:
    """Whether the errors are near those of the best λ in hindsight, how near, and which way most of them miss."""
    chosen, ratios, best = [], [], []
    for A, y, elsewhere, truth in _tables():
        decay = in_kind("What choose returns", choose(A, y), 1.0)
        if decay.shape != () or not decay > 0:
            raise Told("choose must return one number above 0, the λ for this data set.")
        errors = [_error(other, A, y, elsewhere, truth) for other in GRID]
        chosen.append(float(decay))
        best.append(GRID[np.argmin(errors)])
        ratios.append(_error(float(decay), A, y, elsewhere, truth) / min(errors))
    score = np.exp(np.mean(np.log(ratios)))
    sentence = f"the error is {score:.3f} times that of the best λ in hindsight, the target is {TARGET}. "
    if score <= TARGET:
        return True, sentence + "No single answer is right here; chapter 14 brings a rule that leaves nothing out."
    off = np.mean(np.log10(np.divide(chosen, best)))  # orders of magnitude, on average
    if off < -1:
        hint = "Most of your λ are far too small. Were they judged by data that had been trained on?"
    elif len(set(chosen)) == 1:
        hint = "You give all data sets the same λ; their noise differs by a factor of 16."
    elif np.diff(np.log10(sorted(set(chosen)))).min() > 0.6:
        hint = f"Your λ are only {len(set(chosen))} different ones, far from each other: choose from a finer list."
    elif off > 1:
        hint = "Most of your λ are far too large. Is something counted as an error that is none?"
    else:
        hint = "Some of your λ are too large, others too small: judge each by more of the data, fit with most of it."
    return False, sentence + hint


check_contest = Contest(
    name="choose",
    judge=_score,
    right=lambda A, y: _by_folds(5)(A, y),
    also_right=_leave_one_out,
    slips={
        "all data sets the same λ": lambda A, y: 10.0,
        "too small. Were they judged": _by_training_error,
        "choose from a finer list": lambda A, y: 10.0 ** np.round(np.log10(_by_folds(5)(A, y))),
        "too large. Is something counted": lambda A, y: 30 * _by_folds(5)(A, y),
        "judge each by more of the data": lambda A, y: GRID[
            np.argmin([np.sum((A[:2] @ ridge(A[2:], y[2:], decay) - y[:2]) ** 2) for decay in GRID])
        ],
    },
)

# ---------------------------------------------------------------------------------------------------------------------
# What the figures ask
# ---------------------------------------------------------------------------------------------------------------------

how_many_zeros = Question(
    "You turn λ of L2 up, from 0.00001 to 10. What becomes of the number of weights that are EXACTLY 0 after training?",
    {
        "it grows steadily: the harder the pull, the more weights arrive at 0": "Tempting, because every weight is "
        "pulled toward 0. But the pull is λw: it fades as the weight does, and takes a part of it, never the rest.",
        "it stays 0 the whole time": "The pull λw takes a share of a weight. Whatever is left after a share has been "
        "taken is not 0.",
        "it is 0 up to some λ, and then it jumps": "Tempting, because the network does give up all at once at some "
        "λ. What jumps is the error; its weights become small, and none of them exactly 0.",
    },
    answer="it stays 0 the whole time",
)

where_damping_leads = Question(
    "Weight decay with λ = 2 has its minimum at the ring. LM on the plain error, with its damping held at μ = 2, lands "
    "there with its first step. Where do its next steps go?",
    {
        "nowhere: the damping holds it there as decay does": "Tempting, because the two equations are the same, letter "
        "by letter. But damping is measured from where the method stands, and that has moved.",
        "on to the star": "Each step leaves the part μ/(λ_i + μ) of what was missing, and the parts are multiplied. "
        "Damping shortens the steps; decay moves the goal.",
        "a little farther, to a point between ring and star": "Tempting, as a compromise between error and damping. "
        "But at any such point the error still falls toward the star, and no damping stops a step for good.",
    },
    answer="on to the star",
)

which_is_lower = Question(
    "At λ = 0.1 the training from the fresh start has ended with a straight line. At the same λ a minimum "
    "exists that follows the sine. Where is E_D + λ E_W, what was to be minimized, lower?",
    {
        "at the straight line: that is why the training ends there": "Tempting, because a minimizer should end at the "
        "lowest point. It ends at the first one that it falls into.",
        "at the sine: the training has missed it": "It is less than half as high there. A minimizer finds a minimum, "
        "not the lowest one.",
        "at both alike: the cliff is where the two change places": "Tempting, and what one would expect of a cliff. "
        "But the two change places at a λ that is more than four times as large.",
    },
    answer="at the sine: the training has missed it",
)

what_variance_does = Question(
    "The same network is fitted to 20 data sets, with λ from 0.00001 to 0.1. What does the variance of its predictions "
    "do as λ grows?",
    {
        "it falls all the way: less freedom, less to differ in": "Tempting, because that is a theorem for models that "
        "are linear in their weights. A network has more than one minimum.",
        "it falls, then rises steeply, then falls again": "First the brake works. Then some data sets end at the "
        "straight line and others do not, which is the largest difference of all. At last all do.",
        "it rises all the way: the fits get worse": "Tempting, because the error does grow in the end. But most of "
        "that is bias: twenty fits may be equally wrong and agree with each other.",
    },
    answer="it falls, then rises steeply, then falls again",
)
