"""Chapter 04: backpropagation in matrices."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np

from nnlib.course import operation_counts
from nnlib.course.exercises._exercise import Answers, Asked, Contest, Exercise, Question, Told, in_kind
from nnlib.network import MLP

# ---------------------------------------------------------------------------------------------------------------------
# Backpropagation with its decisions left open, to be made rightly or wrongly
# ---------------------------------------------------------------------------------------------------------------------


def _slope(a):
    return 1 - a**2


def _backprop(
    output_slope: Callable = _slope,
    hidden_slope: Callable = lambda a, l: _slope(a),
    of_weights: Callable = lambda dW, l, m: dW,
    of_biases: Callable = lambda delta: delta.sum(axis=0),
) -> Callable:
    """A program for tanh layers (W, b) of any depth that returns (dW, db) of every layer."""

    def program(layers, X, Y):
        A = [X]
        for W, b in layers:
            A.append(np.tanh(A[-1] @ W.T + b))
        delta, parts = (A[-1] - Y) * output_slope(A[-1]), []
        for l in range(len(layers), 0, -1):
            parts.insert(0, (of_weights(delta.T @ A[l - 1], l, len(X)), of_biases(delta)))
            if l > 1:
                delta = (delta @ layers[l - 1][0]) * hidden_slope(A[l - 1], l - 1)
        return parts

    return program


_no_slope = np.ones_like
four_programs = {  # what the first figure trains with; one of them is right
    "A": _backprop(of_biases=lambda delta: delta.sum(axis=0) * (delta.shape[1] > 1)),  # the output's bias is forgotten
    "B": _backprop(output_slope=_no_slope),
    "C": _backprop(hidden_slope=lambda a, l: _slope(np.tanh(a))),  # g′ of a, where z belongs
    "D": _backprop(),
}


def _layers(sizes, seed: int) -> list[tuple[np.ndarray, np.ndarray]]:
    rng = np.random.default_rng(seed)
    return [(rng.normal(size=(k, j)), rng.normal(size=k)) for j, k in pairwise(sizes)]


def _samples(sizes, m: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return rng.normal(size=(m, sizes[0])), rng.uniform(-0.9, 0.9, size=(m, sizes[-1]))


def _flat(parts) -> np.ndarray:
    return np.concatenate([np.ravel(part) for layer in parts for part in layer])


# ---------------------------------------------------------------------------------------------------------------------
# 1, by hand: what a gradient costs
# ---------------------------------------------------------------------------------------------------------------------

NET = MLP([8, 20, 10], output="tanh")
N, LOSS, GRADIENT = NET.n_params, operation_counts.loss(NET, 1), operation_counts.gradient(NET, 1)
DIFFERENCES, SIGNALS = operation_counts.gradient_by_differences(NET, 1), 10 + 20 * 11

check_costs = Answers(
    name="by_hand",
    asked={
        "n": Asked(
            right=N,
            slips={
                "The biases are missing: each unit has one besides its weights.": 8 * 20 + 20 * 10,
                "Each layer's units times its inputs: the inputs of the second layer are the 20 hidden units.": 8 * 20
                + 8 * 10
                + 30,
                "These are units. Asked are the numbers on the edges and the biases.": 38,
            },
        ),
        "loss": Asked(
            right=LOSS,
            slips={
                "Each tanh is one more: 20 in the hidden layer, 10 in the output.": N + 10,
                "Ten are missing, of the output: each of its units has a tanh and then a square.": N + 30,
                "The output's units are missing: each of them has a tanh and then a square.": N + 20,
                "These are the products with weights and biases alone.": N,
            },
        ),
        "error_signals": Asked(
            right=SIGNALS,
            slips={
                "The output's own signals are missing: 10 products (a − y) g′.": 20 * 11,
                "A hidden unit takes 10 products on the way back and one more with its g′.": 10 + 20 * 10,
                "Two are missing: the output's own products (a − y) g′, and g′ of the hidden units.": 20 * 10,
                "The difference a − y is a sum and rides along: one product for each output, with g′.": 20 + 20 * 11,
                "The inputs have no error signal: nothing before them is to be changed.": 10 + 20 * 11 + 8 * 21,
            },
        ),
        "gradient": Asked(
            right=GRADIENT,
            slips={
                "The products δ a themselves are missing, one for each weight.": LOSS + SIGNALS,
                "The forward pass is missing: without a and the error there is nothing to send back.": SIGNALS + N,
                "The error signals are missing.": LOSS + N,
            },
        ),
        "one_weight_at_a_time": Asked(
            right=DIFFERENCES,
            slips={
                "Central differences need two losses for each weight.": LOSS * N,
                "These are one-sided differences, n + 1 losses. Asked are central ones.": LOSS * (N + 1),
                "This is how many losses are needed. Each of them has its price.": 2 * N,
                "This is two GRADIENTS for each weight. Two losses are enough.": 2 * GRADIENT * N,
                "This is the price of one weight. There are n of them.": 2 * LOSS,
            },
        ),
    },
    praise="335 400 against 1050: a factor of 319, for a network as small as this. That is four fifths of n; with two "
    "inputs and one output, in section 4, it was a little more.",
)

# ---------------------------------------------------------------------------------------------------------------------
# 2, build: any depth
# ---------------------------------------------------------------------------------------------------------------------


def _flattened(program: Callable, flat: Callable = _flat) -> Callable:
    def any_depth(layers, X, Y):
        return flat(program(layers, X, Y))

    return any_depth


def _recursive(layers, X, Y):
    """The same, where each layer calls the next one."""

    def through(A, rest):
        if not rest:
            return A - Y, []
        (W, b), after = rest[0], rest[1:]
        out = np.tanh(A @ W.T + b)
        back, parts = through(out, after)
        delta = back * (1 - out * out)
        return delta @ W, [(np.einsum("si,sj->ij", delta, A), np.ones(len(A)) @ delta), *parts]

    return _flat(through(X, list(layers))[1])


def _linear_output(layers, X, Y):
    """What comes out if the last layer is taken without its tanh, in the forward pass and in δ."""
    *hidden, (W, b) = layers
    A = [X]
    for V, c in hidden:
        A.append(np.tanh(A[-1] @ V.T + c))
    delta, parts = A[-1] @ W.T + b - Y, []
    for l in range(len(layers) - 1, -1, -1):
        parts.insert(0, (delta.T @ A[l], delta.sum(axis=0)))
        delta = (delta @ layers[l][0]) * _slope(A[l])
    return parts


_SYMPTOMS = {
    "values to unpack": "Is it written for two layers? Some cases have three or four: go through `layers` in a loop.",
    "this is a list": "Asked is one vector. The last line of the task makes it of a list of pairs.",
}


class _OfAnyDepth(Exercise):
    """Two findings get a hint besides: what is written for two layers, and parts that are no vector yet."""

    def _judged(self, function):
        try:
            return super()._judged(function)
        except Told as told:
            hints = [hint for symptom, hint in _SYMPTOMS.items() if symptom in str(told)]
            raise Told(" ".join([str(told), *hints]), told.finding.verdict) from None


def _case(sizes, m, seed):
    return (_layers(sizes, seed), *_samples(sizes, m, seed + 1))


check_any_depth = _OfAnyDepth(
    name="any_depth",
    quantities=("the gradient",),
    cases=[_case((2, 3, 1), 4, 0), _case((3, 4, 4, 2), 5, 2), _case((2, 3, 3, 2, 3), 6, 4)],
    right=_flattened(_backprop()),
    also_right=_recursive,
    slips={
        "Is g′ of the output in its error signal? δ = (a − y) ⊙ g′.": _flattened(_backprop(output_slope=_no_slope)),
        "Is g′ in the error signals of the hidden layers?": _flattened(
            _backprop(hidden_slope=lambda a, l: np.ones_like(a))
        ),
        "No error signal has its g′ here, neither the output's nor those of the hidden layers.": _flattened(
            _backprop(output_slope=_no_slope, hidden_slope=lambda a, l: np.ones_like(a))
        ),
        "Has the last layer lost its tanh? All layers have it, the output too.": _flattened(_linear_output),
        "The biases are missing: after each ∂E/∂W comes ∂E/∂b.": _flattened(
            _backprop(), lambda parts: np.concatenate([dW.ravel() for dW, _ in parts])
        ),
        "δ is summed over the units here, axis=1. A bias has all samples to sum over, axis=0.": _flattened(
            _backprop(of_biases=lambda delta: delta.sum(axis=1))
        ),
        "Is g′ made of the layer's own output? 1 − a² has the a that leaves the layer.": _flattened(
            _backprop(hidden_slope=lambda a, l: _slope(np.tanh(a)))
        ),
        "This is the mean over the samples. Our loss is their sum, and so is its gradient.": _flattened(
            _backprop(of_weights=lambda dW, l, m: dW / m, of_biases=lambda delta: delta.mean(axis=0))
        ),
        "The weights are right. Are the biases summed over the samples, and not averaged?": _flattened(
            _backprop(of_biases=lambda delta: delta.mean(axis=0))
        ),
        "The weights are right, but the biases stay zero: their gradient is the sum of δ.": _flattened(
            _backprop(of_biases=lambda delta: 0 * delta[0])
        ),
        "The error is a − y, not y − a: this is minus the gradient.": _flattened(
            lambda *arguments: [(-dW, -db) for dW, db in _backprop()(*arguments)]
        ),
        "The layers come in the wrong order. The walk back finds the last one first: turn the list around.": _flattened(
            _backprop(), lambda parts: _flat(parts[::-1])
        ),
        "All the weights come before all the biases here. Asked is W, then b, layer by layer.": _flattened(
            _backprop(),
            lambda parts: np.concatenate([*(dW.ravel() for dW, _ in parts), *(db for _, db in parts)]),
        ),
        "Each row of W has its own bias behind it here, as nnlib keeps them. Asked is all of W, then b.": _flattened(
            _backprop(), lambda parts: np.concatenate([np.column_stack(layer).ravel() for layer in parts])
        ),
        "There is one bias for each unit: sum δ over the samples only, axis=0.": _flattened(
            _backprop(of_biases=np.sum)
        ),
        "The biases come before the weights here. Asked is W, then b, in each layer.": _flattened(
            _backprop(), lambda parts: _flat([layer[::-1] for layer in parts])
        ),
        "The entries of each W stand column by column: it is AᵀΔ, asked is ΔᵀA.": _flattened(
            _backprop(), lambda parts: _flat([(dW.T, db) for dW, db in parts])
        ),
    },
    praise="one, two and three hidden layers, one output and several. This is all of backpropagation.",
)

# ---------------------------------------------------------------------------------------------------------------------
# 3, read: a table of differences
# ---------------------------------------------------------------------------------------------------------------------

H = 10.0 ** -np.arange(1, 14)


def _table() -> dict[str, list[float]]:
    """For each h the largest difference from a gradient, relative, in four ways."""
    layers, X, Y = _case((2, 3, 1), 4, 34)
    shapes = [part.shape for layer in layers for part in layer]
    ends = np.cumsum([int(np.prod(shape)) for shape in shapes])[:-1]
    w, right = _flat(layers), _flat(_backprop()(layers, X, Y))
    wrong = _flat(four_programs["A"](layers, X, Y))

    def loss(v):
        a, parts = X, [part.reshape(shape) for part, shape in zip(np.split(v, ends), shapes, strict=True)]
        for W, b in zip(parts[::2], parts[1::2], strict=True):
            a = np.tanh(a @ W.T + b)
        return 0.5 * np.sum((a - Y) ** 2)

    def largest(difference, g):
        return [float(np.abs([difference(h, e) - g @ e for e in np.eye(len(w))]).max() / np.abs(g).max()) for h in H]

    def central(h, e):
        return (loss(w + h * e) - loss(w - h * e)) / (2 * h)

    return {
        "P": largest(lambda h, e: loss(w + 1j * h * e).imag / h, right),
        "Q": largest(central, right),
        "R": largest(central, wrong),
        "S": largest(lambda h, e: (loss(w + h * e) - loss(w)) / h, right),
    }


TABLE = _table()
table_of_differences = "\n".join(
    ["h      " + "".join(f"{name:>10}" for name in TABLE)]
    + [f"{h:.0e}  " + "".join(f"{TABLE[name][i]:10.0e}" for name in TABLE) for i, h in enumerate(H)]
)
WAYS = ("one-sided differences", "central differences", "complex step", "central differences, wrong gradient")

check_table = Answers(
    name="reading",
    asked={
        "P": Asked(
            right=WAYS[2],
            options=WAYS,
            hint="P gets better and better and stays there: nothing is subtracted in it.",
        ),
        "Q": Asked(
            right=WAYS[1],
            options=WAYS,
            hint="Q wins two digits with each row at first, then loses one with each row.",
        ),
        "R": Asked(
            right=WAYS[3],
            options=WAYS,
            hint="R does not care about h at all. What no h can mend is no error of the method.",
        ),
        "S": Asked(
            right=WAYS[0],
            options=WAYS,
            hint="S wins one digit with each row at first: its error shrinks like h, not like h².",
        ),
        "best_h_of_Q": Asked(
            right=float(H[int(np.argmin(TABLE["Q"]))]),
            slips={
                "That is the best h of S, whose error shrinks only like h.": 1e-8,
                "The smallest h has the most rounding.": float(H[-1]),
                "The largest h has the most truncation.": float(H[0]),
                "That is the smallest difference in Q. Asked is the h in front of it.": float(f"{min(TABLE['Q']):.0e}"),
            },
            hint="Go down column Q and take the row with the smallest number.",
        ),
    },
    praise="an error that no h moves is one of the gradient. That is how a fault is told from a poor method.",
)

# ---------------------------------------------------------------------------------------------------------------------
# 4, bug hunt: by a gradient check alone
# ---------------------------------------------------------------------------------------------------------------------

FAULTS = (
    "the slope of the output is missing",
    "the slope of layer 2 is missing",
    "the slope of layer 1 is missing",
    "the gradient of W2 is transposed",
    "the biases are averaged, the weights summed",
    "everything is averaged",
    "the error has the other sign",
)
unknown_programs = {
    "program_a": _backprop(hidden_slope=lambda a, l: _slope(a) if l != 2 else np.ones_like(a)),
    "program_b": _backprop(of_biases=lambda delta: delta.mean(axis=0)),
    "program_c": _backprop(output_slope=_no_slope),
    "program_d": _backprop(of_weights=lambda dW, l, m: dW.T if l == 2 else dW),
    "program_e": _backprop(of_weights=lambda dW, l, m: dW / m, of_biases=lambda delta: delta.mean(axis=0)),
}
hunting_ground = _case((2, 4, 4, 1), 5, 10)  # layers, X, Y; the two hidden layers have the same size

check_bugs = Answers(
    name="bugs",
    asked={
        "program_a": Asked(
            right=FAULTS[1],
            options=FAULTS,
            hint="In program_a the last layer is right, so its δ is. What is off begins one layer before.",
        ),
        "program_b": Asked(
            right=FAULTS[4],
            options=FAULTS,
            hint="In program_b every W is right, so every δ is. Only what is made of δ alone is off, by one factor.",
        ),
        "program_c": Asked(
            right=FAULTS[0],
            options=FAULTS,
            hint="In program_c nothing is right, not even the last layer, and no common factor mends it.",
        ),
        "program_d": Asked(
            right=FAULTS[3],
            options=FAULTS,
            hint="In program_d one single block is off, and the layers before it are right: the δ that passes is fine.",
        ),
        "program_e": Asked(
            right=FAULTS[5],
            options=FAULTS,
            hint="In program_e all blocks are off by the same factor: compare it with the number of samples.",
        ),
    },
    praise="all five, and you have not read a line of them. What is right in the table tells as much as what is wrong: "
    "an error runs back from the layer where it is made.",
)

# ---------------------------------------------------------------------------------------------------------------------
# 5, contest: a check of your own
# ---------------------------------------------------------------------------------------------------------------------

MOST = 60  # evaluations of the loss for all gradients together


def _gradients() -> list[tuple[str, Callable, np.ndarray, np.ndarray, bool]]:
    """Name, loss, gradient as given, w, and whether it is right: at several scales of the loss."""
    found = []
    for scale, seed in ((1.0, 20), (1e-9, 30), (1e6, 40)):
        layers, X, Y = _case((2, 3, 1), 4, seed)
        shapes = [part.shape for layer in layers for part in layer]
        ends = np.cumsum([int(np.prod(shape)) for shape in shapes])[:-1]
        biases = np.concatenate([np.full(part.size, part.ndim == 1) for layer in layers for part in layer])

        def loss(v, X=X, Y=Y, shapes=shapes, ends=ends, scale=scale):
            a, parts = X, [part.reshape(shape) for part, shape in zip(np.split(v, ends), shapes, strict=True)]
            for W, b in zip(parts[::2], parts[1::2], strict=True):
                a = np.tanh(a @ W.T + b)
            return scale * 0.5 * np.sum((a - Y) ** 2)

        w, g = _flat(layers), scale * _flat(_backprop()(layers, X, Y))
        largest = int(np.argmax(np.abs(g)))
        one_off = np.where(np.arange(len(g)) == largest, 1.01 * g, g)
        others = {
            "the right one": g,
            "zeros": 0 * g,
            "1 % too long": 1.01 * g,
            "1 % off in one entry": one_off,
            "two entries swapped": g[[1, 0, *range(2, len(g))]],
            "biases forgotten": np.where(biases, 0, g),
        }
        found += [(f"{name} (loss times {scale:g})", loss, given, w, given is g) for name, given in others.items()]
    return found


GRADIENTS = _gradients()


def _score(function: Callable) -> tuple[bool, str]:
    """Whether all verdicts are right with few evaluations, and the first that is not."""
    passed, refused, evaluations = [], [], [0]
    for name, loss, given, w, is_right in GRADIENTS:

        def counting(v, loss=loss):
            evaluations[0] += 1
            return loss(v)

        verdict = in_kind("What check returns", function(counting, given, w), True)
        if verdict is not is_right:
            (passed if verdict else refused).append(name)
    count, right = len(GRADIENTS), len(GRADIENTS) - len(passed) - len(refused)
    score = f"{right} of {count} verdicts are right, with {evaluations[0]} evaluations of the loss. "
    if passed:
        return False, f"{score}It lets a wrong gradient pass: {passed[0]}."
    if refused:
        return False, f"{score}It refuses what is right: {refused[0]}."
    if evaluations[0] > MOST:
        return False, f"{score}The target is {MOST}: must every entry be looked at by itself?"
    if not evaluations[0]:
        return False, f"{score}Without a look at the loss a verdict is a guess: does it know the order?"
    return True, f"{score}One for each gradient, {count}, is enough."


def _by_entry(loss, w):
    return np.array([(loss(w + 1e-5 * e) - loss(w - 1e-5 * e)) / 2e-5 for e in np.eye(len(w))])


def _along_one_direction(loss, given, w):
    v = np.random.default_rng(0).normal(size=w.shape)
    slope = loss(w + 1e-20j * v).imag / 1e-20
    return bool(abs(given @ v - slope) <= 1e-6 * abs(slope))


def _by_differences_along(loss, given, w):
    v = np.cos(1.0 + np.arange(len(w)) ** 2)
    slope = (loss(w + 1e-5 * v) - loss(w - 1e-5 * v)) / 2e-5
    return bool(abs(given @ v - slope) < 1e-5 * abs(slope))


def _entry_by_entry(tolerance: float) -> Callable:
    def check(loss, given, w):
        numerical = _by_entry(loss, w)
        return bool(np.abs(given - numerical).max() <= tolerance * np.abs(numerical).max())

    return check


_RIGHT_ONES = [given.tobytes() for *_, given, _, is_right in GRADIENTS if is_right]


def _typed_in(loss, given, w):
    return given.tobytes() in _RIGHT_ONES


check_contest = Contest(
    name="check",
    judge=_score,
    right=_along_one_direction,
    also_right=_by_differences_along,
    slips={
        "It lets a wrong gradient pass": lambda loss, given, w: bool(np.allclose(given, _by_entry(loss, w))),
        "It refuses what is right": _entry_by_entry(1e-15),
        "must every entry be looked at by itself": _entry_by_entry(1e-6),
        "Without a look at the loss": _typed_in,
    },
)

# ---------------------------------------------------------------------------------------------------------------------
# What the figures ask
# ---------------------------------------------------------------------------------------------------------------------

which_is_right = Question(
    "Four programs train the network of chapter 03 on the same four samples, from the same weights, with η = 0.1. One "
    "of them computes the gradient, each of the others has a fault. How will the losses look?",
    {
        "the right one falls in every step, the others rise now and then": "Tempting, because a wrong direction should "
        "lead astray. But every direction within a right angle of −g goes down at first, and none of these three "
        "faults turns it further.",
        "all fall in every step, the right one ends lowest": "Tempting, because −g is the steepest way down. It is "
        "that at a single point; a longer vector in nearly the same direction may get further.",
        "all fall in every step, a wrong one ends lowest": "B forgets the factor g′ of the output, which is below "
        "1. It slows the right gradient down where the output is far out; B does not slow down there.",
        "the right one goes to zero, the others come to rest above it": "Tempting, because where a wrong gradient is "
        "zero there need be no minimum. But all targets can be met here, and then every δ is zero, a faulty one too.",
    },
    answer="all fall in every step, a wrong one ends lowest",
)

ten_times_the_weights = Question(
    "A network gets ten times as many weights. How much more does its gradient cost?",
    {
        "10 times as much, whichever way": "Tempting, because there are ten times as many derivatives. But one weight "
        "at a time each of them takes two losses, and a loss has become dearer too.",
        "100 times one weight at a time, 10 times by backpropagation": "Ten times as many weights, and each needs "
        "losses that are ten times as dear; backpropagation passes each weight a fixed number of times.",
        "100 times as much, whichever way": "Tempting, because an error signal meets every weight of the layers behind "
        "it. But each δ is computed once, from the layer above, and shared by all that comes before.",
        "exponentially more one weight at a time": "Tempting, because many texts speak of an exponential speed-up. The "
        "number of PATHS grows like that, in depth; but nobody has to walk them one by one.",
    },
    answer="100 times one weight at a time, 10 times by backpropagation",
)

zeros_pass = Question(
    "Somebody hands in zeros as the gradient, and np.allclose(zeros, numerical) is the check, as it comes. You walk "
    "toward a minimum. Where does it say True?",
    {
        "nowhere: zeros are no gradient": "Tempting, because allclose compares number by number. But besides a "
        "relative tolerance it has an absolute one, 1e-8, whatever the numbers mean.",
        "in the minimum alone, where the gradient is zero": "Tempting, because there it would be right. But True comes "
        "much earlier.",
        "already at some distance, where the gradient still has good digits": "As soon as its largest entry is below "
        "1e-8, no entry is further from zero than the absolute tolerance allows.",
    },
    answer="already at some distance, where the gradient still has good digits",
)
