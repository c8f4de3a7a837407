"""Chapter 15: a round by hand, the whole loop, five logs and two programs, five broken rounds, noise that fools it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from nnlib import MLP, NetworkFit, bayesian_regularization, datasets, train
from nnlib.course.exercises._exercise import Answers, Asked, Contest, Program, Question, Told, in_kind

# ---------------------------------------------------------------------------------------------------------------------
# 1, by hand: one round of the loop
# ---------------------------------------------------------------------------------------------------------------------

P, ALPHA, BETA, E_D, E_W = 12, 2.0, 0.5, 5.0, 0.25
LAMBDAS = np.array([12.0, 4.0, 1.0, 0.0])
SHARES = BETA * LAMBDAS / (BETA * LAMBDAS + ALPHA)
GAMMA = float(SHARES.sum())
NEXT_ALPHA, NEXT_BETA = GAMMA / (2 * E_W), (P - GAMMA) / (2 * E_D)

check_round_by_hand = Answers(
    name="by_hand",
    asked={
        "shares": Asked(
            right=SHARES,
            slips={
                "β is missing: the data measure a direction with βλ_i, not with λ_i.": LAMBDAS / (LAMBDAS + ALPHA),
                "These are the prior's shares, α/(βλ_i + α). Asked are those of the data.": 1 - SHARES,
                "α and β are exchanged.": ALPHA * LAMBDAS / (ALPHA * LAMBDAS + BETA),
                "The numbers are right. Put them in the order of the eigenvalues, 12 first.": SHARES[::-1],
                "The 1 is wrong: of a direction with λ_i = 0 the data say nothing.": np.where(LAMBDAS > 0, SHARES, 1.0),
            },
        ),
        "gamma": Asked(
            right=GAMMA,
            slips={
                "That is n − γ, what the prior decides.": len(LAMBDAS) - GAMMA,
                "That is the mean of the shares. γ is their sum.": GAMMA / len(LAMBDAS),
                "That is n − 2α tr A⁻¹, a formula for books without the ½.": 2 * GAMMA - len(LAMBDAS),
                "That is the rank, the number of directions with λ_i > 0. γ counts each by its share only.": 3.0,
                "That is tr A⁻¹. α tr A⁻¹ is what the prior decides, and γ is n minus that.": float(
                    np.sum(1 / (BETA * LAMBDAS + ALPHA))
                ),
                "That is n. γ counts each direction by its share only.": float(len(LAMBDAS)),
            },
        ),
        "next_alpha": Asked(
            right=NEXT_ALPHA,
            slips={
                "That is γ/E_W. The 2 below belongs to it: 2E_W is the sum of the squares.": GAMMA / E_W,
                "That shares E_W among all n weights. Only γ of them were measured.": len(LAMBDAS) / (2 * E_W),
                "That is (n − γ)/(2E_W), from what the prior decides. γ goes to α.": (4 - GAMMA) / (2 * E_W),
                "That divides by E_D. The weights have E_W.": GAMMA / (2 * E_D),
                "That is 2γE_W: α is a precision, large where the weights are small.": 2 * GAMMA * E_W,
            },
        ),
        "next_beta": Asked(
            right=NEXT_BETA,
            slips={
                "γ is missing: the fit has used up γ of the P numbers.": P / (2 * E_D),
                "That takes off all n weights. Only γ of them were fitted.": (P - len(LAMBDAS)) / (2 * E_D),
                "That divides by E_W. The noise has E_D.": (P - GAMMA) / (2 * E_W),
                "That is (P − γ)/E_D. E_D is half the sum of the squares.": (P - GAMMA) / E_D,
                "That is 2E_D/(P − γ), the variance. β is its inverse.": 2 * E_D / (P - GAMMA),
            },
        ),
        "noise": Asked(
            right=NEXT_BETA**-0.5,
            slips={
                "That is the variance, 1/β. Asked is the standard deviation.": 1 / NEXT_BETA,
                "That is from the old β.": BETA**-0.5,
                "That is √β. The noise is 1/√β.": NEXT_BETA**0.5,
                "That is 1/√(2β), for books without the ½. Here it is 1/√β.": (2 * NEXT_BETA) ** -0.5,
            },
        ),
        "beta_ED_plus_alpha_EW_before": Asked(
            right=BETA * E_D + ALPHA * E_W,
            slips={
                "That is P/2, as with the new α and β. Before the round they were 2 and 0.5.": NEXT_BETA * E_D
                + NEXT_ALPHA * E_W,
                "α and β are exchanged.": ALPHA * E_D + BETA * E_W,
                "That is E_D + E_W, without their precisions.": E_D + E_W,
            },
        ),
        "at_rest_before": Asked(
            right=False,
            slips={"At rest the sum would be P/2 = 6. It is 3, so α and β were still on their way.": True},
        ),
    },
    praise="with the new α and β the sum is 6 = P/2, but that proves nothing yet: put the two formulas into it and it "
    "must be. Only when w has answered to the new α and β, and the sum is STILL 6, is the run at rest.",
)

# ---------------------------------------------------------------------------------------------------------------------
# 2, build: the loop
# ---------------------------------------------------------------------------------------------------------------------

PLAIN = 5  # accepted trials on E_D alone


def _alpha_and_beta(gamma, n, P, E_D, E_W):
    return gamma / (2 * E_W), (P - gamma) / (2 * E_D)


def _loop(
    update: Callable = _alpha_and_beta,
    plain: int = PLAIN,
    damping_in_gamma: float = 0.0,
    shares: float = 1.0,
    in_gradient: float = 1.0,
    in_matrix: float = 1.0,
    decay_of: Callable = lambda alpha, beta: alpha / beta,
    judged_by_F: bool = True,
    after_rejected: bool = False,
    first_gamma: Callable = lambda n, P: min(n, P / 2),
    beta_in_gamma: bool = True,
    divided: bool = True,
    stale: bool = False,
    before_step: bool = False,
) -> Callable:
    """The loop on chapter 11's Levenberg–Marquardt, its pieces left open, to be chosen rightly or wrongly."""

    def bayesian(problem, w, mu, steps):
        n, P, alpha, beta, kept = len(w), problem.n_residuals, 0.0, 1.0, 0
        JTJ, g, E_D = problem.normal_equations(w)
        lowest = E_D
        for _ in range(steps):
            decay = decay_of(alpha, beta)
            matrix = JTJ + (in_matrix * decay + (mu if divided else mu / beta)) * np.eye(n)
            trial = w - np.linalg.solve(matrix, g + in_gradient * decay * w)
            judge = decay if judged_by_F else 0.0
            new, old = problem.loss(trial) + judge * (trial @ trial) / 2, E_D + judge * (w @ w) / 2
            accepted = new < (lowest if stale else old)
            then = JTJ, E_D, w @ w / 2
            if accepted:
                lowest = new
                w, kept = trial, kept + 1
                JTJ, g, E_D = problem.normal_equations(w)
            if (accepted or after_rejected) and kept >= plain:
                gamma = first_gamma(n, P)
                B, E, E_W = then if before_step else (JTJ, E_D, w @ w / 2)
                if alpha > 0:
                    A = (beta if beta_in_gamma else 1.0) * B + (alpha + damping_in_gamma * mu) * np.eye(n)
                    gamma = n - shares * alpha * np.trace(np.linalg.inv(A))
                alpha, beta = update(gamma, n, P, E, E_W)
            mu = mu / 10 if accepted else mu * 10
        return w

    return bayesian


def _by_eigenvalues(problem, w, mu, steps):
    """The same with one eigendecomposition for the step and for γ."""
    alpha, beta, kept = 0.0, 1.0, 0

    def at(w):
        JTJ, g, E_D = problem.normal_equations(w)
        return *np.linalg.eigh(JTJ), g, E_D

    here = at(w)
    for _ in range(steps):
        values, V, g, E_D = here
        decay = alpha / beta
        trial = w - V @ ((V.T @ (g + decay * w)) / (values + decay + mu))
        if E_D + decay * (w @ w) / 2 - problem.loss(trial) - decay * (trial @ trial) / 2 > 0:
            w, kept, mu, here = trial, kept + 1, mu / 10, at(trial)
            if kept >= PLAIN:
                measured = beta * np.maximum(here[0], 0.0)
                gamma = np.sum(measured / (measured + alpha)) if alpha else min(len(w), problem.n_residuals / 2)
                alpha, beta = gamma / (w @ w), (problem.n_residuals - gamma) / (2 * here[3])
        else:
            mu *= 10
    return w


def _problem(data, units: int) -> tuple[NetworkFit, np.ndarray]:
    net = MLP([1, units, 1])
    return NetworkFit(net, data.X, data.Y), net.init(seed=0)


check_loop = Program(
    name="bayesian",
    cases={
        "the sine with 5 hidden units": (*_problem(datasets.noisy_sine(seed=0), 5), 1e-3, 25),
        "a triangle wave with 3": (*_problem(datasets.triangle_wave(seed=0, n_samples=40), 3), 1e-3, 25),
        "16 points of a triangle wave": (*_problem(datasets.triangle_wave(seed=0, n_samples=16), 3), 1e-3, 25),
    },
    right=_loop(),
    also_right=_by_eigenvalues,
    slips={
        "γ has μ in it. The damping is a matter of the step; what the data say knows nothing of it.": _loop(
            damping_in_gamma=1.0
        ),
        "γ is n all the time: α tr A⁻¹ is not taken off.": _loop(shares=0.0),
        "γ = n − 2α tr A⁻¹ belongs to books without the ½; there A has 2βJᵀJ + 2αI in it.": _loop(shares=2.0),
        "β is P/(2E_D). The fit has used up γ of the P numbers: P − γ.": _loop(
            update=lambda gamma, n, P, E_D, E_W: (gamma / (2 * E_W), P / (2 * E_D))
        ),
        "α is γ/E_W. E_W is half the sum of the squares: γ/(2E_W).": _loop(
            update=lambda gamma, n, P, E_D, E_W: (gamma / E_W, (P - gamma) / (2 * E_D))
        ),
        "β is (P − γ)/E_D. E_D is half the sum of the squares: (P − γ)/(2E_D).": _loop(
            update=lambda gamma, n, P, E_D, E_W: (gamma / (2 * E_W), (P - gamma) / E_D)
        ),
        "α shares E_W among all n weights. Only γ were measured.": _loop(
            update=lambda gamma, n, P, E_D, E_W: (n / (2 * E_W), (P - gamma) / (2 * E_D))
        ),
        "The decay is missing in the gradient: that of E_D + (α/β)E_W is Jᵀr + (α/β)w.": _loop(in_gradient=0.0),
        "The decay is missing in the matrix: JᵀJ + (α/β + μ)I.": _loop(in_matrix=0.0),
        "The decay is α/β, not α: F was divided by β.": _loop(decay_of=lambda alpha, beta: alpha),
        "Trials are judged by E_D alone. A step goes down on E_D + (α/β)E_W.": _loop(judged_by_F=False),
        "α and β change after rejected trials too. They wait until w has moved.": _loop(after_rejected=True),
        "The two sides are compared with different α/β: take E_D + (α/β)E_W at w anew, with α and β of now.": _loop(
            stale=True
        ),
        "This is the step on βE_D + αE_W. Divide it by β, or μ means something else each time β changes.": _loop(
            divided=False
        ),
        "The first five accepted trials are on E_D alone: α = 0 and β = 1 until then.": _loop(plain=1),
        "That is one plain trial too many: α and β are set right after the fifth.": _loop(plain=6),
        "The first γ is n here, which is more than P/2. Take the smaller of the two.": _loop(
            first_gamma=lambda n, P: n
        ),
        "The first γ is P/2 here, which is more than n. Take the smaller of the two.": _loop(
            first_gamma=lambda n, P: P / 2
        ),
        "γ, E_D and E_W are those before the step. Steps 3 and 4 take them at the new weights.": _loop(
            before_step=True
        ),
        "The decay is upside down: it is α/β.": _loop(decay_of=lambda alpha, beta: beta / alpha if alpha else 0.0),
        "β is missing in γ: A is βJᵀJ + αI.": _loop(beta_in_gamma=False),
        "The decay stays 0 here. It is α/β, and α is γ/(2E_W), not (n − γ)/(2E_W).": _loop(
            update=lambda gamma, n, P, E_D, E_W: ((n - gamma) / (2 * E_W), (P - gamma) / (2 * E_D))
        ),
    },
    praise="trial by trial. Twenty lines, and no validation set anywhere in them. What nnlib adds are a test when to "
    "stop, and names for the ways to go wrong.",
)

# ---------------------------------------------------------------------------------------------------------------------
# 3, read: five logs, and a program of the other convention
# ---------------------------------------------------------------------------------------------------------------------

LOGS = {  # n, P; step, α, β, γ, E_D, E_W, log evidence; real runs on noisy_sine(seed=7), D with n_samples=9
    "A": (10, 41, """
  12   0.1166   12.84   7.991   1.286    34.15  −30.12
  20  0.08696   37.96   9.578  0.4149    54.63   −17.8
  30  0.02962   124.9   9.607   0.126    161.1   −5.77
  38  0.02437   135.5   9.587   0.116    196.7  −5.601   at rest"""),
    "B": (19, 41, """
   6    7.757   1.955   1.285   10.15  0.08381  −45.88
  12     13.7   1.984  0.9896   10.07  0.03774  −45.17
  16     3950   2.032 0.02066   10.05 2.13e−05  −43.65
  20 1.80e+07   2.039 4.6e−06   10.06  1.1e−12  −43.58   …"""),
    "C": (25, 41, """
  12  0.06491   143.9   14.25 0.09254    110.7  −7.989
  20   0.0937   154.4   13.18    0.09    70.46  −3.249
  40   0.1071   160.2   12.43 0.08918    58.05  −1.142
 122   0.1131   158.7   12.55  0.0896    55.49  −1.033   at rest"""),
    "D": (25, 9, """
   6  0.02465    6066       9 1.2e−10    182.5  −33.05
   8  0.02552   66.86   8.994 4.7e−07    176.3   −32.8
  10  0.02552   66.86   8.994 4.7e−07    176.3   −32.8
  12  0.02953   19.29   8.972 0.00018    152.3  −31.73   …"""),
    "E": (7, 41, """
  12   0.2044   2.252   3.562     8.3    8.832   −48.9
  20    2.829   2.214   1.856   8.842   0.3278   −44.8
  40    2.591   2.252   1.892   8.685    0.365  −44.59
  51    2.591   2.252   1.892   8.685    0.365  −44.59   at rest"""),
}  # fmt: skip
HEAD = "step        α       β       γ     E_D      E_W  log ev."
OTHER_ALPHA, OTHER_BETA, LOW, HIGH = 0.06, 24.0, 10.0, 50.0
logs = "\n\n".join(f"run {name}: n = {n}, P = {m}\n{HEAD}{rows}" for name, (n, m, rows) in LOGS.items())
logs += (
    "\n\nanother program, which minimizes beta * sum(errors^2) + alpha * sum(weights^2):\n"
    f"alpha = {OTHER_ALPHA:g}, beta = {OTHER_BETA:g}, gamma = 7.4; "
    f"targets from {LOW:g} to {HIGH:g} were mapped to [−1, 1]"
)
FINDINGS = (
    "all is well",
    "γ is near n: try a larger network",
    "α runs away: all weights go to zero",
    "fewer points than weights: γ = P, nothing is left to measure the noise by",
    "at rest, but at a line: nearly everything is taken for noise",
)

_wants = {"A": 1, "B": 2, "C": 0, "D": 3, "E": 4}
_look = {
    "A": "In run A γ ends at 9.587, and n is 10.",
    "B": "In run B look at α and at γ from row to row.",
    "C": "In run C 12.55 of 25 are in use, and 1/√β is near 0.08.",
    "D": "In run D P is 9. Hold γ and E_D beside that.",
    "E": "In run E nothing moves any more, but γ is 1.892 and 1/√β is 0.67, as large as the curve itself.",
}

check_logs = Answers(
    name="diagnoses",
    asked={
        **{run: Asked(right=FINDINGS[_wants[run]], options=FINDINGS, hint=_look[run]) for run in LOGS},
        "alpha_in_ours": Asked(
            right=2 * OTHER_ALPHA,
            slips={
                "That is half. α Σw² = 2α · ½Σw², so ours is twice theirs.": OTHER_ALPHA / 2,
                "Theirs stands before Σw², ours before ½Σw². They cannot be the same.": OTHER_ALPHA,
            },
        ),
        "decay_in_ours": Asked(
            right=OTHER_ALPHA / OTHER_BETA,
            slips={
                "Upside down: λ = α/β.": OTHER_BETA / OTHER_ALPHA,
                "Both α and β are doubled, so their ratio is not.": 2 * OTHER_ALPHA / OTHER_BETA,
                "Only one of the two was halved. Both are doubled, and the ratio stays.": OTHER_ALPHA / OTHER_BETA / 2,
            },
        ),
        "noise_in_units_of_y": Asked(
            right=(2 * OTHER_BETA) ** -0.5 * (HIGH - LOW) / 2,
            slips={
                "That is for scaled targets. One unit of them is half of the range, 20 of y.": (2 * OTHER_BETA) ** -0.5,
                "That is 1/√β with their β. Ours is twice as large: σ² = 1/(2β).": OTHER_BETA**-0.5 * (HIGH - LOW) / 2,
                "Twice too much: a unit of [−1, 1] is 20 of y, not 40; or β was halved.": (HIGH - LOW)
                / np.sqrt(2 * OTHER_BETA),
                "That is the variance, times 20. Take the root first.": (HIGH - LOW) / 2 / (2 * OTHER_BETA),
            },
        ),
    },
    praise="runs A, C and E are all at rest, with both conditions met. What tells them apart is γ beside n, σ beside "
    "the data, and the evidence of other starts and sizes.",
)

# ---------------------------------------------------------------------------------------------------------------------
# 4, bug hunt: five rounds with one fault each
# ---------------------------------------------------------------------------------------------------------------------


def round_a(JTJ, E_D, E_W, alpha, beta, P, mu):
    n = len(JTJ)
    A = beta * JTJ + (alpha + mu) * np.eye(n)
    gamma = n - alpha * np.trace(np.linalg.inv(A))
    return gamma, gamma / (2 * E_W), (P - gamma) / (2 * E_D)


def round_b(JTJ, E_D, E_W, alpha, beta, P, mu):
    n = len(JTJ)
    A = beta * JTJ + alpha * np.eye(n)
    gamma = n - 2 * alpha * np.trace(np.linalg.inv(A))
    return gamma, gamma / (2 * E_W), (P - gamma) / (2 * E_D)


def round_c(JTJ, E_D, E_W, alpha, beta, P, mu):
    n = len(JTJ)
    A = beta * JTJ + alpha * np.eye(n)
    gamma = n - alpha * np.trace(np.linalg.inv(A))
    return gamma, gamma / (2 * E_W), P / (2 * E_D)


def round_d(JTJ, E_D, E_W, alpha, beta, P, mu):
    n = len(JTJ)
    A = JTJ + alpha * np.eye(n)
    gamma = n - alpha * np.trace(np.linalg.inv(A))
    return gamma, gamma / (2 * E_W), (P - gamma) / (2 * E_D)


def round_e(JTJ, E_D, E_W, alpha, beta, P, mu):
    n = len(JTJ)
    A = beta * JTJ + alpha * np.eye(n)
    gamma = n - alpha * np.trace(np.linalg.inv(A))
    return gamma, (n - gamma) / (2 * E_W), (P - gamma) / (2 * E_D)


broken_rounds = {each.__name__: each for each in (round_a, round_b, round_c, round_d, round_e)}
BUGS = (
    "β forgets that γ numbers are used up",
    "γ mixes two conventions",
    "A is divided by β, but α is not",
    "α counts what the prior decides",
    "the damping has got into γ",
    "E_D and E_W are exchanged",
    "γ counts the eigenvalues above α",
)
GROUND = (np.diag([50.0, 2.0, 0.1]), 2.0, 0.4, 1.5, 3.0, 10)


def _hint(broken: Callable) -> str:
    """What it says with and without damping, beside what is right."""
    right = 3 - 1.5 * sum(1 / (3.0 * value + 1.5) for value in (50.0, 2.0, 0.1))
    told = [f"μ = {mu:g}: " + ", ".join(f"{v:.3g}" for v in broken(*GROUND, mu)) for mu in (0.0, 1.0)]
    rights = ", ".join(f"{v:.3g}" for v in (right, right / 0.8, (10 - right) / 4))
    return f"With λ = 50, 2, 0.1, α = 1.5, β = 3 it gives γ, α, β at {'; at '.join(told)}. Right is {rights}."


check_bugs = Answers(
    name="bugs",
    asked={
        name: Asked(right=BUGS[bug], options=BUGS, hint=_hint(broken_rounds[name]))
        for name, bug in zip(broken_rounds, (4, 1, 0, 2, 3), strict=True)
    },
    praise="all five. None of them stops the program or gives an error. "
    "What gives them away is γ held against Σ βλ_i/(βλ_i + α), and the sum βE_D + αE_W at rest against P/2.",
)

# ---------------------------------------------------------------------------------------------------------------------
# 5, contest: break the band
# ---------------------------------------------------------------------------------------------------------------------

X, SETS, TARGET = np.linspace(-1, 1, 41), 20, 0.75
NET = MLP([1, 5, 1])
START = NET.init(seed=0)


def _drawn(noise: Callable) -> np.ndarray:
    """Noise for the data sets and for their fresh points (2, SETS, 41), scaled to the standard deviation 0.1."""
    drawn = []
    for seed in range(2 * SETS):
        values = in_kind("What noise returns", noise(np.random.default_rng(seed)), np.zeros(41))
        if values.shape != (41,):
            raise Told(f"noise must return 41 numbers, one for each x; this has shape {values.shape}.")
        drawn.append(values)
    drawn = np.array(drawn)
    if not 1e-9 < np.abs(drawn).max() < 1e9:
        raise Told("noise must return numbers of a size that can be scaled, and not zeros.")
    if np.ptp(drawn, axis=0).max() < 1e-9 * np.abs(drawn).max():
        raise Told("This noise is the same each time. Draw it from rng.")
    return 0.1 * (drawn / np.sqrt(np.mean(drawn**2))).reshape(2, SETS, 41)


def _score(noise: Callable) -> tuple[bool, str]:
    """How many of the fresh points lie in the bands, and why."""
    old, new = _drawn(noise)
    sine, inside, sigmas = np.sin(2 * np.pi * X), [], []
    for r, fresh in zip(old, new, strict=True):
        steps = bayesian_regularization(NetworkFit(NET, X, sine + r), START, tolerance=1e-3)
        fit = train(steps, max_steps=100)
        mean, std = fit.predict(X, std=True) if fit.alpha > 0 else (fit.predict(X), np.zeros((41, 1)))
        inside.append(np.abs(sine + fresh - mean[:, 0]) < 1.96 * std[:, 0])
        sigmas.append(fit.beta**-0.5)
    held = np.mean(inside)
    score = f"the bands hold {held:.0%} of the fresh points, and σ is taken for {np.mean(sigmas):.3f} where it is 0.1. "
    pooled = np.concatenate([old, new])
    varying, fixed = pooled - pooled.mean(axis=0), np.mean(pooled.mean(axis=0) ** 2) / np.mean(pooled**2)
    joined = np.mean(varying[:, 1:] * varying[:, :-1]) / np.mean(varying**2)
    places, sizes = (np.median(np.abs(pooled - np.median(pooled, axis=0)), axis=axis) for axis in (0, 1))
    if held < TARGET:
        why = "The formula assumes noises that know nothing of each other. "
        why += "Neighbors that agree look like a curve." if joined > 0.3 else "These do not keep to it."
        return True, score + why
    if fixed > 0.3:
        hint = "a part of it is the same each time. That part belongs to the curve, and the network learns it."
    elif np.abs(joined) > 0.3:
        hint = "neighbors hang together, but not enough, or not over a long enough way."
    elif places.max() > 4 * np.median(places):
        hint = "it sits in a few places. There the band is too narrow, elsewhere too wide, and on average it is right."
    elif np.mean(sizes < 0.25 * sizes.max()) > 0.5:
        hint = "it is small in one data set and large in the next. The formula can only know the size of its own."
    elif np.mean(varying**4) > 6 * np.mean(varying**2) ** 2:
        hint = "rare large outliers make σ large where they are, so the band is too wide there rather than too narrow."
    else:
        hint = "each point has noise of its own, which knows nothing of its neighbors. The formula assumes that."
    return False, f"{score}The target is below {TARGET:.0%}: {hint}"


def _smooth(rng):
    return np.convolve(rng.normal(size=61), np.ones(21), mode="valid")


def _waves(rng):
    return sum(rng.normal() * np.sin(k * X) + rng.normal() * np.cos(k * X) for k in (1, 3, 5))


check_contest = Contest(
    name="noise",
    judge=_score,
    right=_smooth,
    also_right=lambda rng: _waves(rng),
    slips={
        "each point has noise of its own, which knows nothing of its neighbors": lambda rng: rng.normal(size=41),
        "rare large outliers make σ large": lambda rng: rng.normal(size=41) * np.where(rng.random(41) < 0.03, 10, 1),
        "it sits in a few places": lambda rng: rng.normal(size=41) * np.where(X > 0.85, 20, 1),
        "a part of it is the same each time": lambda rng: 1 + 0.1 * rng.normal(size=41),
        "small in one data set and large in the next": lambda rng: rng.normal(size=41) * np.exp(2 * rng.normal()),
        "neighbors hang together, but not enough": lambda rng: np.convolve(rng.normal(size=42), [1, 1], "valid"),
    },
)

# ---------------------------------------------------------------------------------------------------------------------
# What the figures ask
# ---------------------------------------------------------------------------------------------------------------------

where_gamma_ends = Question(
    "A network of 20 hidden units has 61 weights. There are 41 points, with noise of σ = 0.1. The loop starts with all "
    "weights free. Where does γ, the number of effective parameters, end?",
    {
        "near 61: every weight is trained, so every weight counts": "Tempting, because all 61 weights move. But γ "
        "counts directions that the data determine better than the prior does, and 41 points cannot determine 61.",
        "near 41: as many directions as there are points": "Tempting, because JᵀJ has rank 41 at most, and γ does "
        "stand at 41 while α = 0. But then nothing would be left to measure the noise by, and most of these directions "
        "describe noise.",
        "near 20: one for each hidden unit": "Tempting, because units look like the parts of the curve. But a unit "
        "can be there without being needed, and one that is needed has three weights.",
        "near 12: as many as the sine needs, whatever the network": "The curve costs 12.6 parameters, with 5 units, "
        "with 10 and with 20. The other directions are left to the prior.",
    },
    answer="near 12: as many as the sine needs, whatever the network",
)

what_rest_tells = Question(
    "A run has come to rest: w, α and β no longer move, γ = 2αE_W, and βE_D + αE_W = P/2 to six digits. What do you "
    "know?",
    {
        "that the fit is good: both conditions hold at the top of the evidence": "Tempting, because chapter 14 has "
        "derived them there. But they hold at every stationary point, and a network has several.",
        "that w, α and β fit each other, and no more": "They are consistent. That everything is noise is consistent "
        "too.",
        "that the network has enough units: γ has found its value": "Tempting, because γ does stop to grow once there "
        "are enough. But a network that is too small comes to rest as well, with a γ near n.",
        "that no other start would end higher": "Tempting, because α and β are those of the highest evidence NEAR "
        "this w. Another start may lead to another w.",
    },
    answer="that w, α and β fit each other, and no more",
)
