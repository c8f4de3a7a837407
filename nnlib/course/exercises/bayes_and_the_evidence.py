"""Chapter 14: Bayes and the evidence."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from nnlib import datasets
from nnlib.course.exercises._exercise import Answers, Asked, Contest, Exercise, Question, Told, in_kind, same

solve, eye, ln = np.linalg.solve, np.eye, np.log


def _ln_det(A) -> float:
    return float(np.linalg.slogdet(A)[1])


# ---------------------------------------------------------------------------------------------------------------------
# 1, by hand: one constant, measured three times; and three directions
# ---------------------------------------------------------------------------------------------------------------------

MEASURED, ALPHA, BETA = np.array([2.0, 5.0, 8.0]), 1.5, 2.0
LAMBDAS = np.array([6.75, 0.25, 0.0])
P, MEAN = len(MEASURED), MEASURED.mean()
A = BETA * P + ALPHA
W = BETA * MEASURED.sum() / A
E_D, E_W, GAMMA = 0.5 * np.sum((W - MEASURED) ** 2), 0.5 * W**2, BETA * P / A
LN_OCCAM = -ALPHA * E_W + 0.5 * ln(ALPHA / A)
LN_FIT = -BETA * E_D + P / 2 * ln(BETA / (2 * np.pi))
GAMMAS = BETA * LAMBDAS / (BETA * LAMBDAS + ALPHA)
IN_THE_TABLE = "Compute it row by row as in the table of section 3, with β at E_D and in (P/2) ln β, to four digits."

check_constant_by_hand = Answers(
    name="by_hand",
    asked={
        "w_MP": Asked(
            right=W,
            slips={
                "That is the mean of the data, where the prior has no say. The minimum of F lies nearer to 0.": MEAN,
                "Here α is added once for each measurement. The prior counts once: A = βP + α.": MEASURED.sum()
                * BETA
                / (P * (BETA + ALPHA)),
                "That is Σy/(P + α), as if β were 1.": MEASURED.sum() / (P + ALPHA),
                "That is βΣy. It is still to be divided by A.": BETA * MEASURED.sum(),
                "That is Σy/A. β is missing above.": MEASURED.sum() / A,
                "Here A is β + α. Each of the P measurements adds a β to it.": BETA * MEASURED.sum() / (BETA + ALPHA),
                "That is the mean over A. Above stands β times the sum.": MEAN / A,
            },
        ),
        "variance": Asked(
            right=1 / A,
            slips={
                "That is the precision A. The variance is its inverse.": A,
                "That is the standard deviation, the root of the variance.": A**-0.5,
                "That is the variance without the prior, 1/(βP).": 1 / (BETA * P),
                "Variances do not add here, precisions do: A = βP + α.": 1 / ALPHA + 1 / (BETA * P),
                "That is 1/(P + α), as if β were 1.": 1 / (P + ALPHA),
                "That is 1/(β + α). Each of the P measurements adds a β to A.": 1 / (BETA + ALPHA),
            },
        ),
        "ln_Occam": Asked(
            right=LN_OCCAM,
            slips={
                "−αE_W is missing: the prior's density at w_MP is not that at 0.": 0.5 * ln(ALPHA / A),
                "The root is missing: ½ ln(α/A), one half for one weight.": -ALPHA * E_W + ln(ALPHA / A),
                "Upside down: it is the width of the posterior over that of the prior, √(α/A).": -ALPHA * E_W
                - 0.5 * ln(ALPHA / A),
                "The ½ of E_W is missing.": -ALPHA * W**2 + 0.5 * ln(ALPHA / A),
                "That is −αE_W alone. The two widths are missing, √(α/A).": -ALPHA * E_W,
                "There is no 2π left: that of the prior and that of the integral cancel.": LN_OCCAM
                - 0.5 * ln(2 * np.pi),
                "There is no 2π left: that of the integral cancels with that of the prior.": LN_OCCAM
                + 0.5 * ln(2 * np.pi),
                "The sign: the factor is below 1, its logarithm is negative.": -LN_OCCAM,
                "That is the factor itself. Asked is its logarithm.": np.exp(LN_OCCAM),
                "The prior's √α is missing: this is −αE_W − ½ ln A.": -ALPHA * E_W - 0.5 * ln(A),
            },
            hint=IN_THE_TABLE,
        ),
        "ln_evidence": Asked(
            right=LN_FIT + LN_OCCAM,
            slips={
                "That is the fit alone, ln P(D|w_MP, β). The Occam factor is still to be added.": LN_FIT,
                "That is the Occam factor alone. The fit is still to be added.": LN_OCCAM,
                "(P/2) ln β is missing: noise of another width has another density.": LN_FIT
                + LN_OCCAM
                - P / 2 * ln(BETA),
                "(P/2) ln 2π is missing.": LN_FIT + LN_OCCAM + P / 2 * ln(2 * np.pi),
                "(P/2) ln β stands for P measurements, not for one.": LN_FIT + LN_OCCAM - (P - 1) / 2 * ln(BETA),
                "The ½ of E_D is missing.": LN_FIT + LN_OCCAM - BETA * E_D,
                "β is missing at E_D.": LN_FIT + LN_OCCAM - (1 - BETA) * E_D,
                "(P/2) ln β has the wrong sign: precise noise has a high density.": LN_FIT + LN_OCCAM - P * ln(BETA),
                "The Occam factor is to be added. Its logarithm is negative as it stands.": LN_FIT - LN_OCCAM,
                "That is the evidence itself. Asked is its logarithm.": np.exp(LN_FIT + LN_OCCAM),
            },
            hint=IN_THE_TABLE,
        ),
        "gamma": Asked(
            right=GAMMA,
            slips={
                "That is α/A, what the prior decides. γ is what the data decide.": ALPHA / A,
                "JᵀJ is P here, a one for each measurement: γ = βP/(βP + α).": BETA / (BETA + ALPHA),
                "One weight: γ is at most 1.": P * GAMMA,
                "That is n. γ counts only the part of it that the data decide.": 1.0,
            },
        ),
        "next_alpha": Asked(
            right=GAMMA / (2 * E_W),
            slips={
                "The 2 belongs below: α = γ/(2E_W), and 2E_W is w².": 2 * GAMMA / E_W,
                "That is (P − γ)/(2E_D), the next β.": (P - GAMMA) / (2 * E_D),
                "That is γ/E_W. E_W is ½w², so α = γ/w².": GAMMA / E_W,
                "γ is missing: this is 1/w².": 1 / W**2,
                "That is α/β, the weight decay.": ALPHA / BETA,
            },
        ),
        "gamma_of_three": Asked(
            right=GAMMAS.sum(),
            slips={
                "Those are the shares of the prior, α/(βλ + α). γ adds up those of the data.": np.sum(1 - GAMMAS),
                "β is missing: the share of a direction is βλ/(βλ + α).": np.sum(LAMBDAS / (LAMBDAS + ALPHA)),
                "That counts the eigenvalues above 0. Each counts only as far as the data outweigh the prior.": 2.0,
                "That is n, the number of weights.": 3.0,
                "The sum of the quotients, not the quotient of the sums: each direction has a share of its own.": BETA
                * LAMBDAS.sum()
                / (BETA * LAMBDAS.sum() + ALPHA),
                "α and β are exchanged.": np.sum(ALPHA * LAMBDAS / (ALPHA * LAMBDAS + BETA)),
            },
        ),
    },
    praise="four fifths of the mean, because γ is 4/5. The evidence asks for α = 1/20 in place of 3/2. And it is not "
    "there yet: with the new α, w_MP and γ change too. The top is at 1/α = 5² − 1/6, that is α = 6/149. Of the three "
    "directions the first one is the data's, the second one mostly the prior's, the third one the prior's alone.",
)

# ---------------------------------------------------------------------------------------------------------------------
# 2, build: Bayes' rule once more, for models
# ---------------------------------------------------------------------------------------------------------------------


def _probabilities(of_one: Callable) -> Callable:
    """From log evidences, or what somebody takes for them, to probabilities that add up to 1."""

    def model_probabilities(models, y, alpha, beta):
        logs = np.array([of_one(J, y, alpha, beta) for J in models])
        weights = np.exp(logs - logs.max())
        return weights / weights.sum()

    return model_probabilities


def _at_top(J, y, alpha, beta):
    """A, w_MP, E_D and E_W of a linear model."""
    A = beta * J.T @ J + alpha * eye(J.shape[1])
    w = solve(A, beta * J.T @ y)
    return A, w, 0.5 * np.sum((J @ w - y) ** 2), 0.5 * w @ w


def _evidence(
    det: float = -0.5, prior: float = 0.5, F: float = 1.0, noise: float = 0.5, least_squares: bool = False
) -> Callable:
    """The log evidence with its factors left open, to be chosen rightly or wrongly."""

    def log_evidence(J, y, alpha, beta):
        A, w, E_D, E_W = _at_top(J, y, alpha, beta)
        if least_squares:
            w = np.linalg.lstsq(J, y)[0]
            E_D, E_W = 0.5 * np.sum((J @ w - y) ** 2), 0.5 * w @ w
        constants = prior * J.shape[1] * ln(alpha) + noise * len(y) * ln(beta) - len(y) / 2 * ln(2 * np.pi)
        return -F * (beta * E_D + alpha * E_W) + det * _ln_det(A) + constants

    return log_evidence


def _fit_alone(J, y, alpha, beta):
    return -beta * _at_top(J, y, alpha, beta)[2]


def _without_weight_error(J, y, alpha, beta):
    return _evidence()(J, y, alpha, beta) + alpha * _at_top(J, y, alpha, beta)[3]


def _by_the_other_route(models, y, alpha, beta):
    """ln N(y; 0, I/β + JJᵀ/α), and sums of exponentials of differences."""
    logs = []
    for J in models:
        C = eye(len(y)) / beta + J @ J.T / alpha
        logs.append(-0.5 * y @ solve(C, y) - 0.5 * _ln_det(C))
    return np.array([1 / sum(np.exp(other - mine) for other in logs) for mine in logs])


def _logs(models, y, alpha, beta):
    return np.array([_evidence()(J, y, alpha, beta) for J in models])


def _not_divided(models, y, alpha, beta):
    logs = _logs(models, y, alpha, beta)
    return np.exp(logs - logs.max())


def _divided_too_early(models, y, alpha, beta):
    logs = _logs(models, y, alpha, beta)
    return logs / logs.sum()


def _cases() -> list[tuple]:
    """Polynomials of several degrees on a curve; models with and without a useless column, of tiny evidence."""
    x = np.linspace(-1, 1, 12)
    noise = np.random.default_rng(7).normal(size=12)
    powers = [x[:, None] ** np.arange(degree + 1) for degree in range(4)]
    odd = [x[:, None], np.column_stack([x, x**3]), np.column_stack([x, x**3, x**5])]
    return [
        (powers, 0.3 - x + 0.3 * x**2 + 0.3 * noise, 2.0, 11.0),
        (powers[:3], 0.2 * x + 0.5 * noise, 0.5, 4.0),
        (odd, np.abs(x) + 0.01 * noise, 3.0, 500.0),
    ]


check_models = Exercise(
    name="model_probabilities",
    quantities=("the vector of probabilities",),
    cases=_cases(),
    right=_probabilities(_evidence()),
    also_right=_by_the_other_route,
    slips={
        "This compares the fits alone, so the largest model wins. Without its Occam factor a model pays for nothing.": (
            _probabilities(_fit_alone)
        ),
        "½ ln det A has the wrong sign: a narrow posterior, with a large det A, makes the Occam factor small.": (
            _probabilities(_evidence(det=0.5))
        ),
        "½ ln det A is missing: this compares the tops of the posteriors, not the areas below them.": _probabilities(
            _evidence(det=0.0)
        ),
        "(n/2) ln α is missing. It is no constant here: the models differ in n.": _probabilities(_evidence(prior=0.0)),
        "This is −F alone, the tops of the posteriors. Both widths are missing, (n/2) ln α and ½ ln det A.": (
            _probabilities(_evidence(det=0.0, prior=0.0))
        ),
        "−αE_W is missing: the prior's density at w_MP is not that at 0.": _probabilities(_without_weight_error),
        "The sign is turned around: the more probable the data, the more probable the model.": _probabilities(
            lambda J, y, alpha, beta: -_evidence()(J, y, alpha, beta)
        ),
        "All alike is what was believed before. Each is weighted with its evidence.": lambda models, y, alpha, beta: (
            np.full(len(models), 1 / len(models))
        ),
        "(n/2) ln α has lost its ½.": _probabilities(_evidence(prior=1.0)),
        "α and β are exchanged.": _probabilities(lambda J, y, alpha, beta: _evidence()(J, y, beta, alpha)),
        "There is no (n/2) ln 2π: that of the prior and that of the integral cancel.": _probabilities(
            lambda J, y, alpha, beta: _evidence()(J, y, alpha, beta) - J.shape[1] / 2 * ln(2 * np.pi)
        ),
        "det A without its ½: the integral has √det A below.": _probabilities(_evidence(det=-1.0)),
        "The ½ of E_D and E_W is missing.": _probabilities(_evidence(F=2.0)),
        "Here w is that of least squares. The evidence is taken around the minimum of F, with α in it.": _probabilities(
            _evidence(least_squares=True)
        ),
        "These are the log evidences. Asked are probabilities: exponentials, divided by their sum.": _logs,
        "The exponentials are right, but they do not add up to 1: divide by their sum.": _not_divided,
        "The logarithms were divided by their sum. Take the exponentials first.": _divided_too_early,
        "This gives the best model everything. Bayes' rule leaves the others what is theirs.": (
            lambda models, y, alpha, beta: 1.0 * (np.arange(len(models)) == np.argmax(_logs(models, y, alpha, beta)))
        ),
    },
    praise="also where every evidence is far too small a number for a computer. Bayes' rule for models is the rule for "
    "weights, one level up: what was the constant below is the likelihood here.",
)

# ---------------------------------------------------------------------------------------------------------------------
# 3, read: three rows of a log
# ---------------------------------------------------------------------------------------------------------------------

LOG = {  # n, P, α, β, E_D, E_W, γ: A where both conditions hold, B on its way there, C with too many parameters
    "A": (31, 41, 6.007, 186.0, 0.0767, 1.038, 12.47),
    "B": (31, 41, 40.0, 120.0, 0.1008, 0.8601, 9.295),
    "C": (31, 41, 0.5, 60.0, 0.0633, 8.3000, 33.40),
}
log_of_runs = "\n".join(
    ["run   n   P       α       β     E_D     E_W       γ"]
    + [f"{run:>3}{n:4}{P:4}{a:8g}{b:8g}{d:8.4f}{w:8.4f}{g:8.4g}" for run, (n, P, a, b, d, w, g) in LOG.items()]
)
_, P_A, ALPHA_A, BETA_A, *_ = LOG["A"]
_, P_B, ALPHA_B, BETA_B, D_B, W_B, GAMMA_B = LOG["B"]
RUNS, WAYS = tuple(LOG), ("up", "down", "it stays")

check_log = Answers(
    name="log",
    asked={
        "at_the_top": Asked(
            right="A",
            options=RUNS,
            slips={
                "In run B 2αE_W is 68.8 and γ is 9.295. At the top the two are equal.": "B",
                "Look at γ of run C beside its n first.": "C",
            },
        ),
        "impossible": Asked(
            right="C",
            options=RUNS,
            slips={
                "Run A has 0 < γ < n, and 2αE_W + 2βE_D = P. All is as it should be.": "A",
                "Run B is not at the top, but nothing forbids its numbers: 0 < γ < n.": "B",
            },
        ),
        "alpha_of_B_goes": Asked(
            right="down",
            options=WAYS,
            slips={
                "∂ ln evidence/∂α = (γ/α)/2 − E_W, and that is negative here: the top lies at a smaller α.": "up",
                "It stays where γ = 2αE_W, and 9.295 is not 68.8.": "it stays",
            },
        ),
        "next_alpha_of_B": Asked(
            right=GAMMA_B / (2 * W_B),
            slips={
                "That is γ/E_W. The ½ of E_W leaves a 2 below: α = γ/(2E_W).": GAMMA_B / W_B,
                "That is γ/(2E_D). The prior's precision comes from the weights, E_W.": GAMMA_B / (2 * D_B),
                "That is (P − γ)/(2E_D), the next β.": (P_B - GAMMA_B) / (2 * D_B),
                "That is (n − γ)/(2E_W). α counts the γ directions that the data decide.": (31 - GAMMA_B) / (2 * W_B),
            },
        ),
        "next_beta_of_B": Asked(
            right=(P_B - GAMMA_B) / (2 * D_B),
            slips={
                "γ is missing: the fit has used up γ of the P numbers, so P − γ are left to measure the noise.": P_B
                / (2 * D_B),
                "That takes n for P. The noise is measured by the data, P − γ of them.": (31 - GAMMA_B) / (2 * D_B),
                "That is (P − γ)/E_D. E_D is half the sum of squares, so 2E_D stands below.": (P_B - GAMMA_B) / D_B,
                "That takes all n parameters. Only γ of them are determined by the data.": (P_B - 31) / (2 * D_B),
            },
        ),
        "noise_of_A": Asked(
            right=BETA_A**-0.5,
            slips={
                "That is the variance. The noise in the units of y is its root, 1/√β.": 1 / BETA_A,
                "That is √β. The precision is 1/σ².": BETA_A**0.5,
                "That is for a book without the ½, where β = 1/(2σ²).": (2 * BETA_A) ** -0.5,
            },
        ),
        "decay_of_A": Asked(
            right=ALPHA_A / BETA_A,
            slips={
                "Upside down: F/β = E_D + (α/β) E_W, so λ = α/β.": BETA_A / ALPHA_A,
                "That is the product. F/β = E_D + (α/β) E_W.": ALPHA_A * BETA_A,
                "That is α, which belongs to βE_D + αE_W. In chapter 13 nothing stands before E_D.": ALPHA_A,
            },
        ),
    },
    praise="γ = 2αE_W and P − γ = 2βE_D are two checks that need no eigenvalue. And λ = α/β is all that is needed to "
    "give the result to a program that knows weight decay only.",
)

# ---------------------------------------------------------------------------------------------------------------------
# 4, bug hunt: five evidences with one fault each
# ---------------------------------------------------------------------------------------------------------------------


def evidence_a(J, y, alpha, beta):
    n, P = J.shape[1], len(y)
    A = beta * J.T @ J + alpha * np.eye(n)
    w = np.linalg.solve(A, beta * J.T @ y)
    F = 0.5 * beta * np.sum((J @ w - y) ** 2) + 0.5 * alpha * np.sum(w**2)
    ln_det = np.linalg.slogdet(A)[1]
    return -F + 0.5 * ln_det + 0.5 * n * np.log(alpha) + 0.5 * P * np.log(beta / (2 * np.pi))


def evidence_b(J, y, alpha, beta):
    n, P = J.shape[1], len(y)
    A = beta * J.T @ J + alpha * np.eye(n)
    w = np.linalg.lstsq(J, y)[0]
    F = 0.5 * beta * np.sum((J @ w - y) ** 2) + 0.5 * alpha * np.sum(w**2)
    ln_det = np.linalg.slogdet(A)[1]
    return -F - 0.5 * ln_det + 0.5 * n * np.log(alpha) + 0.5 * P * np.log(beta / (2 * np.pi))


def evidence_c(J, y, alpha, beta):
    n, P = J.shape[1], len(y)
    A = J.T @ J + alpha / beta * np.eye(n)
    w = np.linalg.solve(A, J.T @ y)
    F = 0.5 * beta * np.sum((J @ w - y) ** 2) + 0.5 * alpha * np.sum(w**2)
    ln_det = np.linalg.slogdet(A)[1]
    return -F - 0.5 * ln_det + 0.5 * n * np.log(alpha) + 0.5 * P * np.log(beta / (2 * np.pi))


def evidence_d(J, y, alpha, beta):
    n, P = J.shape[1], len(y)
    A = beta * J.T @ J + alpha * np.eye(n)
    w = np.linalg.solve(A, beta * J.T @ y)
    F = 0.5 * beta * np.sum((J @ w - y) ** 2) + 0.5 * alpha * np.sum(w**2)
    ln_det = np.linalg.slogdet(A)[1]
    return -F - 0.5 * ln_det + 0.5 * P * np.log(beta / (2 * np.pi))


def evidence_e(J, y, alpha, beta):
    n, P = J.shape[1], len(y)
    A = beta * J.T @ J + alpha * np.eye(n)
    w = np.linalg.solve(A, beta * J.T @ y)
    F = beta * np.sum((J @ w - y) ** 2) + alpha * np.sum(w**2)
    ln_det = np.linalg.slogdet(A)[1]
    return -F - 0.5 * ln_det + 0.5 * n * np.log(alpha) + 0.5 * P * np.log(beta / (2 * np.pi))


broken_evidences = {each.__name__: each for each in (evidence_a, evidence_b, evidence_c, evidence_d, evidence_e)}
BUGS = (
    "the prior has lost its constant, (n/2) ln α",
    "½ ln det A has the wrong sign",
    "the ½ of both sums of squares is missing",
    "w is that of least squares, not the minimum of F",
    "the determinant is that of A/β",
    "the noise has lost its constant, (P/2) ln β",
    "the determinant is that of the data alone, without α",
)
HUNTING_GROUND = np.array([[1.0, 0.0], [1.0, 1.0], [1.0, 2.0]]), np.array([1.0, 2.0, 4.0])


def _run_of(broken: Callable) -> str:
    """What it says beside the right answer at three pairs (α, β), as a hint."""
    told = []
    for alpha, beta in ((1e-3, 1.0), (1.0, 1.0), (1.0, 9.0)):
        off = broken(*HUNTING_GROUND, alpha, beta) - _evidence()(*HUNTING_GROUND, alpha, beta)
        told.append(f"{round(off, 3) + 0:+g} at α = {alpha:g}, β = {beta:g}")
    return f"Hold it against ln N(y; 0, I/β + JJᵀ/α) on a line through three points: it is off by {', '.join(told)}."


check_bugs = Answers(
    name="bugs",
    asked={
        evidence: Asked(right=BUGS[bug], options=BUGS, hint=_run_of(broken_evidences[evidence]))
        for evidence, bug in zip(broken_evidences, (1, 3, 4, 0, 2), strict=True)
    },
    praise="all five. Four of them compute the right w, so that the fit looks as it should. What they get wrong is the "
    "evidence, and with it the α or β that it would choose. A second route to the same number tells.",
)

# ---------------------------------------------------------------------------------------------------------------------
# 5, contest: features that the data believe in
# ---------------------------------------------------------------------------------------------------------------------


def _sine(seed: int) -> tuple[np.ndarray, np.ndarray]:
    data = datasets.noisy_sine(seed=seed)
    return data.X[:, 0], data.Y[:, 0]


(X_DATA, Y_DATA), (_, HELD_BACK) = _sine(0), _sine(99)
DECAYS, TARGET, GOOD_FIT, TOO_GOOD = 10.0 ** np.arange(-6, 3.05, 0.05), 19.0, 45.0, 50.0


def _tanh_units(units: int, slope: float) -> Callable:
    """Frozen tanh units side by side, and a bias."""
    if isinstance(units, bool) or not isinstance(units, (int, np.integer)) or not 1 <= units <= 1000:
        raise ValueError(f"units must be a whole number from 1 to 1000, got {units!r}")
    if isinstance(slope, bool) or not isinstance(slope, (int, float, np.number)) or not np.isfinite(slope):
        raise ValueError(f"slope must be a number, got {slope!r}")
    centers = np.linspace(-1, 1, units)
    return lambda x: np.column_stack([np.tanh(slope * (x[:, None] - centers)), np.ones(len(x))])


def _bumps(x):
    return np.exp(-0.5 * ((x[:, None] - np.linspace(-1.2, 1.2, 10)) / 0.25) ** 2)


def _best(J) -> dict[str, float]:
    """Fit, Occam factor, γ, λ and held-back error where the evidence of these features is highest in α and β.

    For each λ = α/β the best β is P/(2(E_D + λE_W)), so that one grid over λ is enough.
    """
    U, S, _ = np.linalg.svd(J, full_matrices=False)
    along = U.T @ Y_DATA
    kept = S**2 / (S**2 + DECAYS[:, None])
    F = 0.5 * (Y_DATA @ Y_DATA - np.sum(kept * along**2, axis=1))
    beta = len(Y_DATA) / (2 * F)
    logs = -0.5 * np.sum(np.log1p(S**2 / DECAYS[:, None]), axis=1) + len(Y_DATA) / 2 * (ln(beta / (2 * np.pi)) - 1)
    top = int(np.argmax(logs))
    says = U @ (kept[top] * along)
    fit = -0.5 * beta[top] * np.sum((says - Y_DATA) ** 2) + len(Y_DATA) / 2 * ln(beta[top] / (2 * np.pi))
    numbers = {"evidence": logs[top], "fit": fit, "Occam": logs[top] - fit, "gamma": kept[top].sum()}
    return numbers | {"decay": DECAYS[top], "held back": np.mean((says - HELD_BACK) ** 2)}


def _matrix(features: Callable, x) -> np.ndarray:
    J = in_kind("What features returns", features(x), np.zeros(1))
    if J.ndim != 2 or len(J) != len(x) or J.shape[1] == 0:
        raise Told(f"features must return a matrix with a row for each x, {len(x)} here; this has shape {J.shape}.")
    if np.abs(J).max() > 1e6:
        raise Told("features must return numbers of a size that squares: at most a million.")
    return J


def _score(features: Callable) -> tuple[bool, str]:
    """Whether the features reach the target, their evidence in its parts, and what costs most."""
    J = _matrix(features, X_DATA)
    if not same(_matrix(features, X_DATA[::-1]), J[::-1], digits=8):
        raise Told("Each row must depend on its own x alone: with the data in another order the rows are others.")
    best = _best(J)
    if best["evidence"] > TOO_GOOD:
        raise Told("Better than the sine itself: are targets among the features? A prior comes before the data.")
    score = (
        f"log evidence {best['evidence']:.1f} = fit {best['fit']:.1f} + Occam factor {best['Occam']:.1f}, with "
        f"γ = {best['gamma']:.1f} of {J.shape[1]} weights and λ = {best['decay']:.2g}; the mean square error on what "
        f"is held back is {best['held back']:.4f}. "
    )
    if best["evidence"] >= TARGET:
        return True, f"{score}No single answer is right here: ten bumps reach 22.2, and who knows the sine gets 41."
    if best["gamma"] < 0.5:
        hint = "the data find no use for these features, all weights are at 0."
    elif best["fit"] < GOOD_FIT:
        hint = "the fit is poor: these features cannot follow the curve."
    else:
        hint = "the fit is good, but the Occam factor costs too much: too many directions, or weights far from 0."
    return False, f"{score}The target is {TARGET:g}: {hint}"


check_contest = Contest(
    name="entry",
    judge=_score,
    with_options=_tanh_units,
    right=lambda x: _bumps(x),
    also_right=lambda x: _tanh_units(5, 4.0)(x),
    slips={
        "these features cannot follow the curve": lambda x: x[:, None] ** np.arange(4),
        "the fit is good, but the Occam factor costs too much": lambda x: _tanh_units(30, 6.0)(x),
        "the data find no use for these features": lambda x: 0 * x[:, None],
    },
)

# ---------------------------------------------------------------------------------------------------------------------
# What the figures ask
# ---------------------------------------------------------------------------------------------------------------------

without_a_prior = Question(
    "Turn α down toward 0: the prior becomes as wide as you like and forbids nothing. What does the log evidence do "
    "in the end?",
    {
        "it rises to a limit: nothing holds the fit back any more": "Tempting, because the best w under the product "
        "moves to the mean of the measurements, and the fit gets as good as it can. But the evidence is no best value, "
        "it is an average.",
        "it settles: once the prior is flat where the likelihood lives, α no longer matters": "Tempting, because the "
        "SHAPE of the product does settle: the posterior no longer changes. But its height goes on falling, since a "
        "wide prior has little density anywhere.",
        "it falls without end: the prior spreads over values that the data rule out": "The prior's density near the "
        "data is about √(α/2π). A tenth of α takes the factor √10 from the area, and 1.15 from its logarithm.",
    },
    answer="it falls without end: the prior spreads over values that the data rule out",
)

held_back_at_the_top = Question(
    "The evidence uses the 41 dots alone. The 41 crosses are held back: nobody has seen them. You choose the α of the "
    "highest evidence. How does the error on the crosses compare with the lowest that any α reaches?",
    {
        "it is the lowest: the evidence finds the same α": "Tempting, because both look for the right complexity. But "
        "they ask different things, how probable the data were and how far off the curve is, and answer with 5.62 and "
        "17.8.",
        "it is within 3 % of it, at another α": "The top of the evidence is at α = 5.62, the lowest error at 17.8. But "
        "the error is so flat between them that it differs by 1.6 %.",
        "it is at least 10 % above it: what was fitted cannot judge itself": "Tempting, because the error on the data "
        "cannot: it falls all the way to α = 0.0001, where the crosses are missed by 13 % more. But the evidence is "
        "not the error on the data; it has the Occam factor in it.",
    },
    answer="it is within 3 % of it, at another α",
)
