"""Chapter 06: classification."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from nnlib import datasets
from nnlib.activations import logistic, softmax
from nnlib.course.exercises._exercise import Answers, Asked, Contest, Exercise, Question, Told, in_kind
from nnlib.network import MLP
from nnlib.optimizers import adam
from nnlib.problems import NetworkFit
from nnlib.training import train

# ---------------------------------------------------------------------------------------------------------------------
# 1, by hand: one sample with softmax outputs
# ---------------------------------------------------------------------------------------------------------------------

E_TO_THE_Z, INPUT, RIGHT_CLASS = np.array([1.0, 3.0, 4.0]), np.array([2.0, -1.0]), np.array([0.0, 1.0, 0.0])
A = E_TO_THE_Z / E_TO_THE_Z.sum()
LOGISTIC = E_TO_THE_Z / (1 + E_TO_THE_Z)
COST, DELTA = -np.log(A[1]), A - RIGHT_CLASS
DELTA_OF_SQUARES = A * (DELTA - A @ DELTA)

check_softmax_by_hand = Answers(
    name="by_hand",
    asked={
        "a": Asked(
            right=A,
            slips={
                "That is z itself over its sum. Softmax takes e^z first: 1, 3, 4.": np.log([1, 3, 4]) / np.log(12),
                "Each of these is a logistic unit of its own. Softmax divides by the sum over all classes.": LOGISTIC,
                "e⁰ is 1, not 0.": [0, 3 / 7, 4 / 7],
                "That is z. Take e^z, and divide by the sum.": np.log(E_TO_THE_Z),
            },
        ),
        "cost": Asked(
            right=COST,
            slips={
                "That is the logarithm to base 10. Here ln is the natural one.": -np.log10(A[1]),
                "That is the base 2: bits. Here ln is the natural logarithm.": -np.log2(A[1]),
                "With softmax only the right class counts: y is 0 for all others. The terms (1 − y) ln(1 − a) belong "
                "to logistic outputs.": -np.log(A[1]) - np.log(1 - A[0]) - np.log(1 - A[2]),
                "The class of the target is the second one.": -np.log(A[2]),
                "That is the surprise at the first class. The right class is the second one.": -np.log(A[0]),
                "That adds up all classes. Each −ln a is multiplied by its y, and two of them are 0.": -np.log(A).sum(),
                "That is −Σ a ln a. The factors are the targets y, not the outputs a.": -A @ np.log(A),
                "That is p. The cost is −ln p.": A[1],
                "That is the squared error, ½ Σ (a − y)².": 0.5 * DELTA @ DELTA,
                "The logarithm of a number below 1 is negative, and E has a minus.": np.log(A[1]),
            },
        ),
        "delta": Asked(
            right=DELTA,
            slips={
                "That is y − a. The course has δ = ∂E/∂z = a − y.": -DELTA,
                "There is no slope a(1 − a) in it: it has been divided away.": DELTA * A * (1 - A),
                "The one of the target stands at the second class.": A - [0, 0, 1],
                "That is the error signal of the squared error; it comes last.": DELTA_OF_SQUARES,
                "Not the right class alone: the others are pushed down, each by its a.": DELTA * RIGHT_CLASS,
                "That is ∂E/∂a. One more step, through the Jacobian of softmax, leads to z.": -RIGHT_CLASS / A,
            },
        ),
        "dW": Asked(
            right=np.outer(DELTA, INPUT),
            slips={
                "Rows are units, columns are inputs: δ aᵀ, as in chapter 03.": np.outer(INPUT, DELTA),
                "That is y − a times the input: minus the gradient.": -np.outer(DELTA, INPUT),
                "That is a times the input. Take δ.": np.outer(A, INPUT),
            },
        ),
        "delta_of_squares": Asked(
            right=DELTA_OF_SQUARES,
            slips={
                "That uses the diagonal of the Jacobian only: a(1 − a)(a − y). Each output depends on every z.": DELTA
                * A
                * (1 - A),
                "That is a − y, the error signal of cross-entropy.": DELTA,
                "That is y − a in place of a − y.": -DELTA_OF_SQUARES,
                "That is a ⊙ (a − y). What is missing is the part −a Σ a(a − y).": A * DELTA,
                "The sum has a minus: a_j (v_j − Σ a_k v_k).": A * (DELTA + A @ DELTA),
                "The factor is 1 here: E has a half.": 2 * DELTA_OF_SQUARES,
            },
        ),
    },
    praise="cross-entropy pushes the right class by 0.625, squared error by 0.246. And both δ add up to 0: what one "
    "class gains the others lose.",
)

# ---------------------------------------------------------------------------------------------------------------------
# 2, build: the last layer, safe for every z
# ---------------------------------------------------------------------------------------------------------------------


def _log_sum(z, axis=1):
    largest = z.max(axis=axis, keepdims=True)
    return largest + np.log(np.exp(z - largest).sum(axis=axis, keepdims=True))


def _clipped(least: float) -> Callable:
    return lambda z, Y: -np.sum(Y * np.log(np.clip(softmax(z), least, 1)))


def _one_hot(z, labels):
    return np.eye(z.shape[1])[labels]


def _last_layer(
    cost: Callable = lambda z, Y: np.sum(_log_sum(z)[:, 0] - np.sum(Y * z, axis=1)),
    signal: Callable = lambda z, Y: softmax(z) - Y,
    one_hot: Callable = _one_hot,
) -> Callable:
    def cost_and_signal(z, labels):
        Y = one_hot(z, labels)
        return cost(z, Y), signal(z, Y)

    return cost_and_signal


def _row_by_row(z, labels):
    """The same, from differences to the z of the right class."""
    cost, signal = 0.0, []
    for row, label in zip(z, labels, strict=True):
        above = row - row[label]
        largest = max(above)
        parts = np.exp(above - largest)
        cost += largest + np.log(sum(parts))
        signal.append([part / sum(parts) - (k == label) for k, part in enumerate(parts)])
    return cost, np.array(signal)


def _over_the_table(z, Y):
    """The powers of one row at a time, over the sum of all rows."""
    powers = np.exp(z - z.max(axis=1, keepdims=True))
    return powers / powers.sum() - Y


# In the second and the third case there is a right class so unlikely that its a is rounded to 0, and the rows lie so
# far apart that one number subtracted from all of them leaves a row of zeros.
CASES = [
    (np.array([[0.63, 0.37, 1.14], [0.6, -0.04, 0.86], [1.8, 1.45, -0.2]]), np.array([2, 2, 1])),
    (
        np.array([[1138, 1996.5, 412.2], [-478.7, -1362.1, -1178.5], [0.3, -1.2, 1.7], [718.6, 1011.4, 1218.7]]),
        np.array([2, 1, 1, 2]),
    ),
    (
        np.array([[-1443.3, -1656.8, -1660, -1998.4], [960.1, 156.7, 957.6, 961.9], [-1.6, -0.2, 0.7, 1.2]]),
        np.array([2, 1, 3]),
    ),
]

check_last_layer = Exercise(
    name="cost_and_signal",
    quantities=("the cost", "the error signal"),
    cases=CASES,
    right=_last_layer(),
    also_right=_row_by_row,
    slips={
        **{
            f"Is a kept above {least:g}? Then a sample with a = 0 costs the same however wrong it is. Take ln a from "
            "z, before anything is rounded away.": _last_layer(cost=_clipped(least))
            for least in (1e-300, 1e-16, 1e-15, 1e-12, 1e-10, 1e-9, 1e-8)
        },
        "This is the cost of logistic outputs, a yes or no for each class. Softmax is asked.": _last_layer(
            cost=lambda z, Y: np.sum(np.logaddexp(0, z) - Y * z)
        ),
        "z[:, labels] takes these columns of EVERY row. One entry of each row is z[np.arange(len(z)), labels].": (
            _last_layer(cost=lambda z, Y: np.sum(_log_sum(z) - z[:, Y.argmax(axis=1)]))
        ),
        "The largest z was subtracted in the exponent; it must be added again outside of the logarithm.": _last_layer(
            cost=lambda z, Y: np.sum(_log_sum(z)[:, 0] - z.max(axis=1) - np.sum(Y * z, axis=1))
        ),
        "The z of the right class is missing: ln a = z − ln Σ e^z.": _last_layer(cost=lambda z, Y: np.sum(_log_sum(z))),
        "This is the mean over the samples. Asked is their sum.": _last_layer(
            cost=lambda z, Y: np.mean(_log_sum(z)[:, 0] - np.sum(Y * z, axis=1))
        ),
        "This is the sum of ln a. The cost has a minus.": _last_layer(
            cost=lambda z, Y: np.sum(np.sum(Y * z, axis=1) - _log_sum(z)[:, 0])
        ),
        "The sum runs over the samples of one class. It must run over the classes of one sample: axis=1.": _last_layer(
            cost=lambda z, Y: np.sum(Y * (_log_sum(z, axis=0) - z))
        ),
        "This compares with the largest z, whichever class that is. Compare with the class of the label.": _last_layer(
            cost=lambda z, Y: np.sum(_log_sum(z)[:, 0] - z.max(axis=1))
        ),
        "The labels count from 0: class k is column k, not k − 1.": _last_layer(
            one_hot=lambda z, labels: _one_hot(z, labels - 1)
        ),
        "The cost is right. δ is a − y; this is y − a.": _last_layer(signal=lambda z, Y: Y - softmax(z)),
        "The cost is right. Here δ is divided by the number of samples, as if the cost were a mean.": _last_layer(
            signal=lambda z, Y: (softmax(z) - Y) / len(z)
        ),
        "The cost is right. This is a alone: subtract the one of the right class.": _last_layer(
            signal=lambda z, Y: softmax(z)
        ),
        "The cost is right. The softmax of δ runs over the samples: it must run over the classes.": _last_layer(
            signal=lambda z, Y: softmax(z, axis=0) - Y
        ),
        "The cost is right. The softmax of δ divides by the sum of the whole table: each row needs its own.": (
            _last_layer(signal=_over_the_table)
        ),
        "The cost is right. δ has no slope a(1 − a) in it: that has been divided away.": _last_layer(
            signal=lambda z, Y: (softmax(z) - Y) * softmax(z) * (1 - softmax(z))
        ),
        "The cost is right. signal[:, labels] −= 1 takes from these columns of EVERY row.": _last_layer(
            signal=lambda z, Y: softmax(z) - Y.max(axis=0)
        ),
    },
    praise="from z = −2000 to 2000 without an overflow and without a logarithm of 0. This is the last layer of nnlib, "
    "and of every serious program.",
)

# ---------------------------------------------------------------------------------------------------------------------
# 3, read: the cost before training
# ---------------------------------------------------------------------------------------------------------------------

SAMPLES, CLASSES = 100, 10


def _first_cost(output: str, cost: str) -> float:
    """Of a network with all weights 0, summed over the samples."""
    X, Y = np.ones((SAMPLES, 2)), np.eye(CLASSES)[np.arange(SAMPLES) % CLASSES]
    return NetworkFit(MLP([2, CLASSES], output=output), X, Y, cost).loss(np.zeros(3 * CLASSES))


WAYS = (
    "softmax, mean",
    "softmax, sum",
    "softmax, mean, logarithm to base 2",
    "logistic outputs, mean",
    "logistic outputs, sum",
    "squared error of logistic outputs, sum",
)
CAUSES = (
    "its outputs are sure of something before it has learned anything",
    "its labels are mixed up",
    "its classes are not equally frequent",
    "its cost is the sum over the samples",
)
FIRST = {
    "P": _first_cost("logistic", "cross-entropy") / SAMPLES,
    "Q": _first_cost("softmax", "cross-entropy") / SAMPLES / np.log(2),
    "R": _first_cost("logistic", "squared-error"),
    "S": np.log(4),
    "T": 6.517,
}
first_costs = "\n".join(
    [
        "program   first cost",
        *(f"{name:7} {cost:12.3f}" for name, cost in FIRST.items()),
        "P, Q, R: 100 samples of 10 classes. S, T: softmax, mean, natural logarithm; T has 10 classes.",
    ]
)

check_first_costs = Answers(
    name="reading",
    asked={
        "P": Asked(
            right=WAYS[3],
            options=WAYS,
            hint="P: ten outputs of ½, each a yes or no of its own. What does one of them cost, and what do ten?",
        ),
        "Q": Asked(
            right=WAYS[2],
            options=WAYS,
            hint="Q: try ln 10 with another logarithm. How many yes-or-no questions single out one of ten classes?",
        ),
        "R": Asked(
            right=WAYS[5],
            options=WAYS,
            hint="R: a number without a logarithm in it. Each output is off by ½, of ten outputs and 100 samples.",
        ),
        "classes_of_S": Asked(
            right=4,
            slips={
                "That is e to the power of twice the cost.": 16,
                "2 to the power of the cost: but the logarithm is the natural one.": float(2 ** np.log(4)),
                "ln K is asked for K: take e to the power of the cost.": float(np.log(np.log(4))),
                "These would be logistic outputs, K ln 2. S has softmax, ln K.": 2,
            },
            hint="S: softmax, so ln K is 1.386. Which K has this logarithm?",
        ),
        "cause_of_T": Asked(
            right=CAUSES[0],
            options=CAUSES,
            hint="T: with all weights at zero every a is 1/10. What would this cause change about a cost of ln 10?",
        ),
    },
    praise="a first cost is a check that takes one line. Wrong labels and rare classes it does not see: before "
    "training all classes look alike.",
)

# ---------------------------------------------------------------------------------------------------------------------
# 4, bug hunt: the gradient of the mean, with one layer
# ---------------------------------------------------------------------------------------------------------------------


def program_a(W, b, X, Y, lam):
    m = len(X)
    Z = X @ W.T + b
    powers = np.exp(Z - Z.max(axis=1, keepdims=True))
    A = powers / powers.sum(axis=1, keepdims=True)
    D = (A - Y) * A * (1 - A)
    return D.T @ X / m + lam / m * W, D.sum(axis=0) / m


def program_b(W, b, X, Y, lam):
    m = len(X)
    Z = X @ W.T + b
    powers = np.exp(Z - Z.max(axis=1, keepdims=True))
    A = powers / powers.sum()
    D = A - Y
    return D.T @ X / m + lam / m * W, D.sum(axis=0) / m


def program_c(W, b, X, Y, lam):
    m = len(X)
    Z = X @ W.T + b
    powers = np.exp(Z - Z.max(axis=1, keepdims=True))
    A = powers / powers.sum(axis=1, keepdims=True)
    D = A - Y
    return D.T @ X / m + lam / m * W, D.sum(axis=0) / m + lam / m * b


def program_d(W, b, X, Y, lam):
    m = len(X)
    Z = X @ W.T + b
    powers = np.exp(Z - Z.max(axis=1, keepdims=True))
    A = powers / powers.sum(axis=1, keepdims=True)
    D = A - Y
    return D.T @ X / m + lam * W, D.sum(axis=0) / m


def program_e(W, b, X, Y, lam):
    m = len(X)
    Z = X @ W.T + b
    powers = np.exp(Z - Z.max(axis=1, keepdims=True))
    A = powers / powers.sum(axis=1, keepdims=True)
    D = A - Y
    return (D.T @ X + lam * W) / m, D.sum(axis=0)


broken_gradients = {p.__name__: p for p in (program_a, program_b, program_c, program_d, program_e)}
FAULTS = (
    "the biases are penalized too",
    "its outputs do not add up to 1 for each sample",
    "the penalty is that of J with λ/2, not with λ/(2m)",
    "the biases have the sum over the samples, the weights the mean",
    "the error signal is not that of cross-entropy",
    "the penalty has lost its factor 2, it is half as steep as it must be",
    "the data part is the sum over the samples, the penalty that of the mean",
    "a large z overflows",
)

check_bugs = Answers(
    name="bugs",
    asked={
        "program_a": Asked(
            right=FAULTS[4],
            options=FAULTS,
            hint="program_a: compare its D, and nothing else, with section 4.",
        ),
        "program_b": Asked(
            right=FAULTS[1],
            options=FAULTS,
            hint="program_b: how large is the sum of one row of its A, with 100 samples?",
        ),
        "program_c": Asked(
            right=FAULTS[0],
            options=FAULTS,
            hint="program_c: without a penalty, lam = 0, it is right. Where does lam stand?",
        ),
        "program_d": Asked(
            right=FAULTS[2],
            options=FAULTS,
            hint="program_d: with one sample, m = 1, it is right. With lam = 0 too.",
        ),
        "program_e": Asked(
            right=FAULTS[3],
            options=FAULTS,
            hint="program_e: its weights are right. Its biases are not, even for lam = 0.",
        ),
    },
    praise="all five. Four of them are right for lam = 0 or for m = 1: check a gradient where nothing is special.",
)

# ---------------------------------------------------------------------------------------------------------------------
# 5, contest: tumors, malignant or not
# ---------------------------------------------------------------------------------------------------------------------

TUMORS = datasets.breast_cancer()
FOLDS = np.array_split(np.random.default_rng(0).permutation(len(TUMORS)), 5)
TARGET = 0.092  # mean cross-entropy of those held back


def _outputs(classify: Callable, held_back) -> np.ndarray:
    """What the function says of one fold, from the others: numbers from 0 to 1."""
    others = np.setdiff1d(np.arange(len(TUMORS)), held_back)
    says = classify(TUMORS.X[others], TUMORS.Y[others], TUMORS.X[held_back])
    says = in_kind("What classify returns", says, np.zeros(1))
    if says.size != len(held_back) or says.min() < 0 or says.max() > 1:
        raise Told(f"classify must return a number from 0 to 1 for each row of X_new, {len(held_back)} of them.")
    return says.ravel()


def _score(classify: Callable) -> tuple[bool, str]:
    """Whether the mean cross-entropy is low, and what to look at."""
    says = [_outputs(classify, fold) for fold in FOLDS]
    a = np.concatenate(says)
    y = TUMORS.Y[np.concatenate(FOLDS), 0]
    for_the_truth = np.where(y == 1, a, 1 - a)
    wrong, certain = int(np.sum(~(for_the_truth > 0.5))), int(np.sum(for_the_truth == 0))
    if wrong > len(y) / 2 and max(map(np.ptp, says)) > 0:
        return False, f"{wrong} of {len(y)} are on the wrong side of 1/2, more than by chance. Is 1 the yes in it?"
    if certain:
        costs = "Such an answer costs infinitely much. Is a rounded, or what has driven z so far out?"
        return False, f"Certain and wrong, a = 0 or 1: {certain} of {len(y)}. {costs}"
    cost = -np.log(for_the_truth).mean()
    score = f"The mean cross-entropy is {cost:.4f}, {wrong} of {len(y)} are not on the right side of 1/2. "
    if cost <= TARGET:
        return True, f"{score}The best that we know of is 0.0772, with 10 hidden units."
    if max(map(np.ptp, says)) == 0:
        return False, f"{score}It says the same of everybody."
    if cost > np.log(2):
        look = "Look at the columns of X: what becomes of a unit whose inputs go up to thousands?"
        return False, f"{score}To say 1/2 to everybody would cost less. {look}"
    return False, f"{score}The target is {TARGET}. Are the outputs too sure, or not yet sure enough?"


def _by_nnlib(hidden: int = 10, penalty: float = 1.0, steps: int = 200, scaled: bool = True) -> Callable:
    def classify(X, Y, X_new):
        scaling = datasets.zscore_scaling(X)
        if scaled:
            X, X_new = scaling.transform(X), scaling.transform(X_new)
        net = MLP([30, hidden, 1] if hidden else [30, 1], output="logistic")
        problem = NetworkFit(net, X, Y, cost="cross-entropy", weight_decay=penalty)
        w = train(adam(problem, net.init(seed=0, scheme="xavier"), 0.02), max_steps=steps).w
        return net.predict(w, X_new)

    return classify


def _one_unit(X, Y, X_new):
    """A single logistic unit by steepest descent."""
    center, scale, w, b = X.mean(axis=0), X.std(axis=0), np.zeros(30), 0.0
    Z = (X - center) / scale
    for _ in range(100):
        delta = logistic(Z @ w + b) - Y[:, 0]
        w, b = w - 0.001 * (Z.T @ delta + 5 * w), b - 0.001 * delta.sum()
    return logistic((X_new - center) / scale @ w + b).tolist()


check_contest = Contest(
    name="classify",
    judge=_score,
    right=_by_nnlib(),
    also_right=_one_unit,
    slips={
        "It says the same of everybody": lambda X, Y, X_new: np.full(len(X_new), Y.mean()),
        "Certain and wrong": lambda X, Y, X_new: np.round(_by_nnlib()(X, Y, X_new)),
        "Look at the columns of X": _by_nnlib(hidden=0, scaled=False),
        "Are the outputs too sure": _by_nnlib(hidden=0, penalty=0.0, steps=1000),
        "Is 1 the yes in it": lambda X, Y, X_new: 1 - _by_nnlib(hidden=0)(X, Y, X_new),
    },
)

# ---------------------------------------------------------------------------------------------------------------------
# What the figures ask
# ---------------------------------------------------------------------------------------------------------------------

which_pushes_harder = Question(
    "A logistic unit says a = 0.02 where the right answer is yes, 1. In the push |∂E/∂z| of squared error stands the "
    "slope of the unit (chapter 05); in that of cross-entropy it does not. About how many times as hard does "
    "cross-entropy push here?",
    {
        "2 times: squared error has ½ · 0.98² in place of 0.98": "Tempting, because that is where the two look "
        "different. But 0.48 is the height of this cost. Learning does not see how high a cost is, only how steep.",
        "4 times: the slope of a logistic unit is ¼": "Tempting, because ¼ is the number that one remembers. It is "
        "the largest slope, that at a = ½. Far from there the curve is nearly flat.",
        "50 times: at a = 0.02 the slope is about 0.02": "The slope is g′ = a(1 − a) = 0.02 · 0.98 = 0.0196. So the "
        "pushes are 0.98 and 0.98 · 0.0196 = 0.0192, and the factor is 1/0.0196 = 51.",
        "2500 times: 0.02 is 50 times too small, and that is squared": "Tempting, because this cost has a square. But "
        "its derivative has none: the error comes in once, and the slope once.",
    },
    answer="50 times: at a = 0.02 the slope is about 0.02",
)

what_more_units_do = Question(
    "171 penguins to learn from, 171 held back. With no hidden units, so with straight borders, 33 of those held back "
    "are taken for another species. Now 15 hidden units, and nearly no penalty on the weights. Held back, how many "
    "will be wrong?",
    {
        "about 12: curved borders fit the species better": "Tempting, because that is what happens to the penguins "
        "that are learned from. The borders bend around THESE.",
        "about 33: the species overlap, and no border can help that": "Tempting, because the overlap is real. But a "
        "border that bends around single penguins costs something besides.",
        "about 43: the borders bend around single penguins": "Of the penguins learned from 12 are wrong in place of "
        "32. Those held back pay for it.",
    },
    answer="about 43: the borders bend around single penguins",
)
