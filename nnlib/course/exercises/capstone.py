"""Chapter 16, from a table to an answer: the exercises as data, and the questions of the figures."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import replace
from inspect import getsource
from math import exp, sqrt

import numpy as np

from nnlib import MLP, NetworkFit, levenberg_marquardt, train
from nnlib.bayes import best_of
from nnlib.course.exercises._exercise import Answers, Asked, Contest, Exercise, Question, Told
from nnlib.course.own_table import CARS, fit_table, read_table
from nnlib.datasets import minmax_scaling, split_rows

# ---------------------------------------------------------------------------------------------------------------------
# 1, by hand: a prediction and its band, from the scaled logarithm to miles per gallon
# ---------------------------------------------------------------------------------------------------------------------

CENTER, SCALE, MEAN, NOISE, OPEN = 3.0, 0.8, 0.25, 0.0144, 0.0025  # of ln mpg; of the network, in scaled units
MEASURED = [19.0, 20.0, 30.0, 31.0]


def _ends(std: float, scale: float = SCALE, center: float = CENTER) -> tuple[float, float, float]:
    return tuple(exp(center + scale * MEAN + c * scale * std) for c in (-2, 0, 2))


STD = sqrt(NOISE + OPEN)
LOW, MIDDLE, HIGH = _ends(STD)

check_band_by_hand = Answers(
    name="by_hand",
    asked={
        "std": Asked(
            right=STD,
            slips={
                "That is the sum of two standard deviations. Variances add, and the root is taken last.": sqrt(NOISE)
                + sqrt(OPEN),
                "That is the noise alone. What the data leave open about the weights comes on top.": sqrt(NOISE),
                "That is what the weights leave open, alone. A new measurement has its own noise.": sqrt(OPEN),
                "That is the variance. Its root is asked.": NOISE + OPEN,
                "That is in the logarithm. Asked is the one in units of u, before it is scaled back.": SCALE * STD,
                "That is two standard deviations. One is asked; the band takes two of them.": 2 * STD,
            },
        ),
        "middle": Asked(
            right=MIDDLE,
            slips={
                "The network's output is scaled: back to ln mpg first, 3.0 + 0.8 · output.": exp(MEAN),
                "The scale is missing: one unit of the output is 0.8 in ln mpg.": exp(CENTER + MEAN),
                "That is still a logarithm.": CENTER + SCALE * MEAN,
            },
        ),
        "low": Asked(
            right=LOW,
            slips={
                "The standard deviation is still in the network's units: times 0.8.": exp(
                    CENTER + SCALE * MEAN - 2 * STD
                ),
                "Exponentials come last: the band is symmetric in the logarithm, not in mpg.": MIDDLE
                - 2 * SCALE * STD * MIDDLE,
                "That is one standard deviation below. The band has two.": exp(CENTER + SCALE * MEAN - SCALE * STD),
                "That is 1.96 standard deviations below. Here the band has two.": _ends(0.98 * STD)[0],
                "That end is still a logarithm.": CENTER + SCALE * MEAN - 2 * SCALE * STD,
            },
        ),
        "high": Asked(
            right=HIGH,
            slips={
                "That is as far above the middle as the low end is below it. The exponential is steeper above.": 2
                * MIDDLE
                - LOW,
                "Up there too: two standard deviations, not one.": exp(CENTER + SCALE * MEAN + SCALE * STD),
                "Up there too: the standard deviation is in units of u, times 0.8.": exp(
                    CENTER + SCALE * MEAN + 2 * STD
                ),
                "Up there too: add in the logarithm, and take the exponential last.": MIDDLE * (1 + 2 * SCALE * STD),
            },
        ),
        "held": Asked(
            right=[LOW <= y <= HIGH for y in MEASURED],
            each="car",
            slips={
                "A band holds what is above its low end AND below its high end.": [y <= HIGH for y in MEASURED],
                "The last car lies above the high end.": [y >= LOW for y in MEASURED],
            },
        ),
    },
    praise="the band is 4.6 long below the middle and 5.7 above it. In the logarithm both halves are the same.",
)

# ---------------------------------------------------------------------------------------------------------------------
# 2, build: a cross-validation that cannot leak
# ---------------------------------------------------------------------------------------------------------------------


def _ridge(X, y, Z, weight_decay):
    """Predictions at Z of ridge regression on columns scaled by X."""
    center, spread, level = X.mean(axis=0), X.std(axis=0), y.mean()
    A, B = (X - center) / spread, (Z - center) / spread
    w = np.linalg.solve(A.T @ A + weight_decay * np.eye(X.shape[1]), A.T @ (y - level))
    return level + B @ w


def cross_validated_error(X, y, folds, weight_decay):
    """RMSE over all rows, each predicted by the fit that has not seen it."""
    residuals = np.empty(len(y))
    for fold in folds:
        rest = np.setdiff1d(np.arange(len(y)), fold)
        residuals[fold] = _ridge(X[rest], y[rest], X[fold], weight_decay) - y[fold]
    return np.sqrt(np.mean(residuals**2))


def _with_lists(X, y, folds, weight_decay):
    """The same by an augmented least-squares problem, row by row."""
    total, n = 0.0, X.shape[1]
    for fold in folds:
        rest = [i for i in range(len(y)) if i not in set(np.asarray(fold).tolist())]
        center, spread, level = X[rest].mean(axis=0), X[rest].std(axis=0), y[rest].mean()
        rows = np.vstack([(X[rest] - center) / spread, np.sqrt(weight_decay) * np.eye(n)])
        w = np.linalg.lstsq(rows, np.concatenate([y[rest] - level, np.zeros(n)]), rcond=None)[0]
        total += sum((level + (X[i] - center) / spread @ w - y[i]) ** 2 for i in fold)
    return (total / len(y)) ** 0.5


def _scaled_before(X, y, folds, weight_decay):
    center, spread, residuals = X.mean(axis=0), X.std(axis=0), np.empty(len(y))
    A = (X - center) / spread
    for fold in folds:
        rest = np.setdiff1d(np.arange(len(y)), fold)
        level = y[rest].mean()
        w = np.linalg.solve(A[rest].T @ A[rest] + weight_decay * np.eye(X.shape[1]), A[rest].T @ (y[rest] - level))
        residuals[fold] = level + A[fold] @ w - y[fold]
    return np.sqrt(np.mean(residuals**2))


def _level_of_all(X, y, folds, weight_decay):
    residuals = np.empty(len(y))
    for fold in folds:
        rest = np.setdiff1d(np.arange(len(y)), fold)
        residuals[fold] = _ridge(X[rest], y[rest], X[fold], weight_decay) - y[rest].mean() + y.mean() - y[fold]
    return np.sqrt(np.mean(residuals**2))


def _fold_scaled_by_itself(X, y, folds, weight_decay):
    residuals = np.empty(len(y))
    for fold in folds:
        rest = np.setdiff1d(np.arange(len(y)), fold)
        own = (X[fold] - X[fold].mean(axis=0)) / X[fold].std(axis=0) * X[rest].std(axis=0) + X[rest].mean(axis=0)
        residuals[fold] = _ridge(X[rest], y[rest], own, weight_decay) - y[fold]
    return np.sqrt(np.mean(residuals**2))


def _on_the_fold(X, y, folds, weight_decay):
    residuals = np.empty(len(y))
    for fold in folds:
        residuals[fold] = _ridge(X[fold], y[fold], X[fold], weight_decay) - y[fold]
    return np.sqrt(np.mean(residuals**2))


def _mean_of_roots(X, y, folds, weight_decay):
    roots = []
    for fold in folds:
        rest = np.setdiff1d(np.arange(len(y)), fold)
        roots.append(np.sqrt(np.mean((_ridge(X[rest], y[rest], X[fold], weight_decay) - y[fold]) ** 2)))
    return np.mean(roots)


def _root_of_mean_squares(X, y, folds, weight_decay):
    squares = []
    for fold in folds:
        rest = np.setdiff1d(np.arange(len(y)), fold)
        squares.append(np.mean((_ridge(X[rest], y[rest], X[fold], weight_decay) - y[fold]) ** 2))
    return np.sqrt(np.mean(squares))


def _first_fold(X, y, folds, weight_decay):
    rest = np.setdiff1d(np.arange(len(y)), folds[0])
    return np.sqrt(np.mean((_ridge(X[rest], y[rest], X[folds[0]], weight_decay) - y[folds[0]]) ** 2))


def _sum_of_squares(X, y, folds, weight_decay):
    return cross_validated_error(X, y, folds, weight_decay) * np.sqrt(len(y))


def _variant(**changed):
    """The right way but for one thing: what is left out of it or put in its place."""

    def error(X, y, folds, weight_decay):
        residuals = np.empty(len(y))
        for fold in folds:
            rest = np.setdiff1d(np.arange(len(y)), fold)
            mean, spread = X[rest].mean(axis=0), X[rest].std(axis=0, ddof=changed.get("ddof", 0))
            if "range" in changed:
                mean, spread = (X[rest].max(axis=0) + X[rest].min(axis=0)) / 2, np.ptp(X[rest], axis=0) / 2
            spread = np.ones_like(spread) if "centered" in changed else spread
            A, level, decay = (X[rest] - mean) / spread, y[rest].mean(), weight_decay * np.eye(X.shape[1])
            B = X[fold] if "raw" in changed else (X[fold] - mean) / spread
            decay = weight_decay if "everywhere" in changed else changed.get("decay", 1) * decay
            w = np.linalg.solve(A.T @ A + decay, A.T @ (y[rest] - level))
            residuals[fold] = changed.get("level", 1) * level + B @ w - y[fold]
        return np.mean(residuals**2) ** changed.get("power", 0.5)

    return error


def _on_all_rows(X, y, folds, weight_decay):
    return np.sqrt(np.mean((_ridge(X, y, X, weight_decay) - y) ** 2))


def _table(m: int, d: int, sizes: tuple[int, ...], decay: float, seed: int) -> tuple:
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(m, d)) * 10.0 ** np.arange(d) + rng.normal(size=d)
    y = X @ (rng.normal(size=d) / 10.0 ** np.arange(d)) + rng.normal(size=m) + 20
    return X, y, np.split(rng.permutation(m), np.cumsum(sizes)[:-1]), decay


check_cross_validation = Exercise(
    name="cross_validated_error",
    quantities=("the error",),
    cases=[_table(14, 2, (3, 4, 7), 1.0, 0), _table(20, 3, (4, 10, 6), 0.3, 1)],
    right=cross_validated_error,
    also_right=_with_lists,
    slips={
        "The columns were scaled before the split: the mean and the spread of the rows left out are in them. A leak, "
        "and a small one, which nobody sees in the number.": _scaled_before,
        "The mean of y is that of all rows: those left out have a say in their own prediction.": _level_of_all,
        "The rows left out are scaled by their own mean and spread. They must be treated as the network will treat a "
        "single new car: by the scaling of the others.": _fold_scaled_by_itself,
        "You fit the rows that should be left out. `rest` are all others.": _on_the_fold,
        "That is the mean of the folds' errors. Asked is one root over all rows, in which large folds count more.": (
            _mean_of_roots
        ),
        "That is the root of the mean of the folds' mean squares. A large fold must count more than a small one.": (
            _root_of_mean_squares
        ),
        "That is the error on the first fold alone: does a `return` stand inside of the loop?": _first_fold,
        "That scales by the middle and half the range, as section 3 does. Asked are the mean and the standard "
        "deviation.": _variant(range=True),
        "The columns are not divided by their standard deviation.": _variant(centered=True),
        "Squares are summed and not averaged before the root.": _sum_of_squares,
        "That is one fit to all rows, tested on the same rows.": _on_all_rows,
        "The root is missing: that is the mean of the squares.": _variant(power=1),
        "The mean ȳ of the other rows is missing from the predictions.": _variant(level=0),
        "The rows left out are not scaled. They get the mean and the spread of the others.": _variant(raw=True),
        "λ is missing from the equations.": _variant(decay=0),
        "λ stands in every entry of the matrix. It belongs on the diagonal: λI.": _variant(everywhere=True),
        "Your standard deviation divides by one less than the number of rows. NumPy's std divides by the number.": (
            _variant(ddof=1)
        ),
    },
    praise="no number of a row reaches its own prediction.",
)

# ---------------------------------------------------------------------------------------------------------------------
# 3, read: five reports
# ---------------------------------------------------------------------------------------------------------------------

reports = """\
report   weights      γ   error, training   error, test   test cars held by the 95 % bands
A             31   26.8              2.44          2.79                      73 of 78
B            301      –              0.31          6.90                     no bands
C             31    0.0              7.81          7.95                      75 of 78
D             31   26.9              2.43          2.80                      31 of 78
E             34   29.5              0.02          0.02                      77 of 78"""

DIAGNOSES = (
    "the bands leave the noise out",
    "hand it in",
    "the test set is too easy",
    "the target is among the inputs",
    "it follows the noise",
    "all weights are off",
)

reports += "\n\n" + "\n".join(f"exercises.DIAGNOSES[{i}]: {verdict}" for i, verdict in enumerate(DIAGNOSES))

check_reports = Answers(
    name="diagnoses",
    asked={
        "A": Asked(
            right=DIAGNOSES[1],
            options=DIAGNOSES,
            hint="A: 73 of 78 is 94 %, the two errors are close. Which sign of something wrong do you see?",
        ),
        "B": Asked(
            right=DIAGNOSES[4],
            options=DIAGNOSES,
            hint="B: compare its two errors with the 2.5 that such cars scatter. One is far below, one far above.",
        ),
        "C": Asked(
            right=DIAGNOSES[5],
            options=DIAGNOSES,
            hint="C: its error is that of the mean. How many directions do the data measure, says γ?",
        ),
        "D": Asked(
            right=DIAGNOSES[0],
            options=DIAGNOSES,
            hint="D: its errors are those of A, so the predictions are fine. What is not?",
        ),
        "E": Asked(
            right=DIAGNOSES[3],
            options=DIAGNOSES,
            hint="E: nobody predicts a car to 0.02 miles per gallon. From what could one?",
        ),
    },
    praise="and note C: bands can hold what they promise although the model has learned nothing.",
)

# ---------------------------------------------------------------------------------------------------------------------
# 4, bug hunt: five evaluations with one fault each
# ---------------------------------------------------------------------------------------------------------------------


def fit(Z, y, weight_decay=0.1):
    """Predictions of a network of three tanh units, trained on scaled inputs and targets in their unit."""
    net, scaling = MLP([Z.shape[1], 3, 1]), minmax_scaling(y[:, None])
    problem = NetworkFit(net, Z, scaling.transform(y[:, None]), weight_decay=weight_decay)
    w = train(levenberg_marquardt(problem, net.init(0)), 100, min_gradient=1e-5).w
    return lambda other: scaling.inverse_transform(net.predict(w, other))[:, 0]


def bayes_fit(Z, y, other):
    """Predictions at other inputs, their gradients, A and β, all in the unit of y."""
    net, scaling = MLP([Z.shape[1], 3, 1]), minmax_scaling(y[:, None])
    found = best_of(NetworkFit(net, Z, scaling.transform(y[:, None])), [0], 200)
    scale = scaling.scale[0]
    A = found.beta * found.problem.normal_equations(found.w).JTJ + found.alpha * np.eye(len(found.w))
    mean = scaling.inverse_transform(found.predict(other))[:, 0]
    return mean, scale * found.problem.prediction_jacobian(found.w, other), A, found.beta / scale**2


def rmse(predicted, measured):
    return np.sqrt(np.mean((predicted - measured) ** 2))


def evaluation_a(X, y, seed):
    scaling = minmax_scaling(X)
    training, test = split_rows(len(y), (0.8, 0.2), seed)
    Z = scaling.transform(X)
    predict = fit(Z[training], y[training])
    return rmse(predict(Z[test]), y[test])


def evaluation_b(X, y, seed):
    training, test = split_rows(len(y), (0.8, 0.2), seed)
    scaling = minmax_scaling(X[training])
    Z = scaling.transform(X)
    errors = []
    for weight_decay in (0.03, 0.1, 0.3):
        predict = fit(Z[training], y[training], weight_decay)
        errors.append(rmse(predict(Z[test]), y[test]))
    return min(errors)


def evaluation_c(X, y, seed):
    X, y = np.vstack([X, X[y > 35]]), np.concatenate([y, y[y > 35]])
    training, test = split_rows(len(y), (0.8, 0.2), seed)
    scaling = minmax_scaling(X[training])
    Z = scaling.transform(X)
    predict = fit(Z[training], y[training])
    return rmse(predict(Z[test]), y[test])


def evaluation_d(X, y, seed):
    training, test = split_rows(len(y), (0.8, 0.2), seed)
    scaling = minmax_scaling(X[training])
    Z = scaling.transform(X)
    mean, gradients, A, _ = bayes_fit(Z[training], y[training], Z[test])
    variance = np.sum(gradients * np.linalg.solve(A, gradients.T).T, axis=1)
    return np.mean(np.abs(mean - y[test]) <= 1.96 * np.sqrt(variance))


def evaluation_e(X, y, seed):
    training, test = split_rows(len(y), (0.8, 0.2), seed)
    Z = np.empty_like(X)
    for rows in (training, test):
        Z[rows] = minmax_scaling(X[rows]).transform(X[rows])
    predict = fit(Z[training], y[training])
    return rmse(predict(Z[test]), y[test])


evaluations = {f.__name__: f for f in (evaluation_a, evaluation_b, evaluation_c, evaluation_d, evaluation_e)}
BUGS = (
    "the test rows are scaled by themselves",
    "the target is among the inputs",
    "the same car is in training and in test",
    "the scaling has seen the test rows",
    "the noise is missing from the bands",
    "the rows are not dealt at random",
    "the test rows chose something",
)

evaluations_and_faults = "\n".join(
    [*map(getsource, evaluations.values()), *(f"exercises.BUGS[{i}]: {fault}" for i, fault in enumerate(BUGS))]
)

check_bugs = Answers(
    name="bugs",
    asked={
        "evaluation_a": Asked(
            right=BUGS[3],
            options=BUGS,
            hint="In evaluation_a, which rows does the first line look at?",
        ),
        "evaluation_b": Asked(
            right=BUGS[6],
            options=BUGS,
            hint="In evaluation_b the split and the scaling are in order. For what is an error on test rows used?",
        ),
        "evaluation_c": Asked(
            right=BUGS[2],
            options=BUGS,
            hint="In evaluation_c, follow one car of 40 miles per gallon through the first two lines.",
        ),
        "evaluation_d": Asked(
            right=BUGS[4],
            options=BUGS,
            hint="In evaluation_d, write down the variance of a new measurement (chapter 14), and compare.",
        ),
        "evaluation_e": Asked(
            right=BUGS[0],
            options=BUGS,
            hint="In evaluation_e, think of a test set of one single car: what would its scaled inputs be?",
        ),
    },
    praise="a and e look alike and are not: in a test rows reach the training, in e they reach the network in another "
    "unit.",
)

# ---------------------------------------------------------------------------------------------------------------------
# 5, contest: few weights
# ---------------------------------------------------------------------------------------------------------------------

MOST_WEIGHTS, TARGET = 9, 2.95
MOVE_MOST = ("weight", "horsepower", "model year")  # the mean, in section 7


def _network(inputs, hidden: int, log: bool) -> Callable:
    """The entry as a function, if it is one that can be trained."""
    if isinstance(inputs, str) or not isinstance(inputs, (list, tuple)):
        raise TypeError("inputs must be a list of names")
    return lambda names: (list(inputs), hidden, log)


@functools.cache
def _cars():
    cars = read_table(CARS, "fuel economy", {"origin": "category", "name": "label"}).complete()
    return cars, split_rows(len(cars), np.full(5, 0.2), 0)


@functools.cache
def _error(inputs: tuple[str, ...], hidden: int, log: bool) -> float:
    """RMSE over all cars, each predicted by the network of the folds without it; one start."""
    cars, folds = _cars()
    few = replace(cars, X=cars.X[:, [cars.names.index(name) for name in inputs]], names=inputs)
    off = np.empty(len(cars))
    for fold in folds:
        part = few.rows(np.setdiff1d(np.arange(len(cars)), fold))
        model = fit_table(part, hidden=hidden, log=log, seeds=[0], max_steps=100)
        off[fold] = model.predict(few.X[fold]).middle - cars.y[fold]
    return float(np.sqrt(np.mean(off**2)))


def _entry(answer, names: tuple[str, ...]) -> tuple[tuple[str, ...], int, bool]:
    if not (isinstance(answer, (list, tuple)) and len(answer) == 3 and isinstance(answer[0], (list, tuple))):
        raise Told(
            "Return three things: a list of inputs, the number of hidden units, True or False for the logarithm."
        )
    inputs, hidden, log = answer
    if not inputs:
        raise Told("There is no input at all: name at least one.")
    unknown = [name for name in inputs if name not in names]
    if unknown:
        raise Told(f"inputs must be some of {', '.join(names)}; {unknown[0]!r} is not.")
    if len(set(inputs)) < len(inputs):
        raise Told("An input is named twice.")
    if not isinstance(hidden, (int, np.integer)) or isinstance(hidden, bool) or not 1 <= hidden <= 10:
        raise Told(f"The hidden units must be a whole number from 1 to 10; this is {hidden!r}.")
    if not isinstance(log, (bool, np.bool_)):
        raise Told(f"log must be True or False; this is {log!r}.")
    return tuple(inputs), int(hidden), bool(log)


def _score(function: Callable) -> tuple[bool, str]:
    names = _cars()[0].names
    inputs, hidden, log = _entry(function(names), names)
    weights, error = (len(inputs) + 2) * hidden + 1, _error(inputs, hidden, log)
    score = f"{weights} weights, and an error of {error:.2f} miles per gallon over five folds. "
    if weights <= MOST_WEIGHTS and error < TARGET:
        return True, f"{score}No single answer is right here: is there one with fewer than 6?"
    if error < TARGET:
        return (
            False,
            f"{score}It is good enough and too large: at most {MOST_WEIGHTS} weights. An input or a unit must go.",
        )
    most = [name for name in MOVE_MOST if name not in inputs]
    missing = (
        f"which of the three inputs that move the mean most in section 7 {'is' if len(most) == 1 else 'are'} not there?"
        if most
        else "which unit of the target, and how many hidden units, did section 5 choose?"
    )
    if weights <= MOST_WEIGHTS:
        return False, f"{score}It is small enough, but {TARGET} is the target: {missing}"
    return False, f"{score}Too large AND not below {TARGET}: {missing}"


check_contest = Contest(
    name="my_entry",
    judge=_score,
    with_options=_network,
    right=lambda names: (["weight", "horsepower", "model year"], 1, True),
    also_right=lambda names: ([name for name in names if name in ("weight", "model year")], 2, False),
    slips={
        "An input or a unit must go": lambda names: (list(names), 1, True),
        "small enough, but": lambda names: (["displacement", "model year"], 2, True),
        "Too large AND not below": lambda names: (["displacement", "horsepower"], 3, True),
    },
)

# ---------------------------------------------------------------------------------------------------------------------
# What the figures ask
# ---------------------------------------------------------------------------------------------------------------------

who_is_missed = Question(
    "The network has learned miles per gallon. Its 95 % bands hold 366 of the 392 cars, and miss 26. Sort the cars by "
    "prediction into three thirds. Which third is missed most?",
    {
        "all three about alike": "Tempting, because the model has one β for the noise of all cars, and the sum over "
        "all cars is nearly right. But that sum hides two errors of opposite sign.",
        "the thirstiest third": "Tempting, because big engines differ a lot. In miles per gallon they do not: they all "
        "need much, and a gallon takes none of them far.",
        "the most frugal third": "One width for all is too wide where cars scatter little, and too narrow where they "
        "scatter much.",
    },
    answer="the most frugal third",
)

what_moves_it = Question(
    "Take all cars, set ONE input in all of them from the least value in the table to the largest, leave the others as "
    "they are, and average the predictions. Which input moves the average most?",
    {
        "cylinders": "Tempting, because cars with eight of them go half as far as those with four. But these cars are "
        "also heavy and strong, and here weight and power stay as they were.",
        "displacement": "Tempting, because of all inputs but weight it follows fuel economy most closely. So does "
        "everything that grows with the weight.",
        "weight": "What the other columns tell of the size is mostly in the weight already, once all are together.",
        "model year": "Tempting, because of the oil crisis: the later cars do go farther. But not that much farther.",
    },
    answer="weight",
)

a_car_that_never_was = Question(
    "A car that weighs 1700 lb, has 230 hp and is built in 1982 is like none in the table. Its band, high end over low "
    "end, compared with that of an ordinary car (22.7 to 33.3):",
    {
        "the same: one β for all": "Tempting, because 1/β is most of the variance of an ordinary car. Far from all "
        "cars the other part, gᵀA⁻¹g, takes over.",
        "wider: 23 to 47": "The weights that matter there are known less well. But the band still trusts the shape of "
        "the network: it says nothing of curves that three tanh units cannot draw.",
        "without limit: 5 to 200": "Tempting, because nothing was measured there. But the prior holds the weights, and "
        "tanh units level off, so that the network cannot say very much else.",
    },
    answer="wider: 23 to 47",
)
