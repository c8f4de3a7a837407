"""Chapter 03: who is to blame for the error, and by how much?"""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from nnlib.course.exercises._exercise import Answers, Asked, Contest, Exercise, Question, Told, in_kind
from nnlib.network import MLP
from nnlib.problems import NetworkFit

largest_blame = Question(
    "The output is too low. Which of the three hidden units gets the error signal largest in size?",
    {
        "Unit 1, whose signal is the largest": (
            "It does send most. But an error signal says what a small CHANGE of z would do, and unit 1 hardly changes "
            "any more: its slope 1 − a² is 0.181."
        ),
        "Unit 2, whose weight to the output is the largest in size": (
            "A large weight does carry much of the error back. But unit 2 then multiplies it by its slope, 0.420."
        ),
        "Unit 3, where weight times slope is the largest in size": (
            "The products are 0.108, −0.420 and 0.769: the quiet unit 3 wins. Both factors count, and neither alone."
        ),
        "All the same: there is one error, and all three took part in it": (
            "They share one error. But each of them passes a change on by its own weight and its own slope."
        ),
    },
    answer="Unit 3, where weight times slope is the largest in size",
)

promise = Question(
    "At η = 0.1 the gradient promises a decrease of 0.258. The whole loss is only 0.221. What will the update do?",
    {
        "The loss rises: the step is too long": (
            "A step can be too long, and then it does. But 0.1 does not carry the output beyond its target: it "
            "comes up from 0.235 to 0.567, and the target is 0.9."
        ),
        "The loss falls to zero: that is all there is": (
            "Zero lies on the way, but the step does not stop there by itself. It is η long, whatever the loss is."
        ),
        "The loss falls by about two thirds of what was promised": (
            "It falls by 0.166. The promise is the tangent at the start, and the curve leaves it at once."
        ),
        "The loss falls by 0.258 and becomes negative": (
            "That is what the straight line says. But the loss is half a square: it cannot."
        ),
    },
    answer="The loss falls by about two thirds of what was promised",
)

one_for_all = Question(
    "With η = 0.1 each update lowers the loss of its own sample. What does the loss of all four samples do?",
    {
        "It falls in every update": (
            "It is the sum of the four losses, but only one of them was asked. The other three share its weights."
        ),
        "It rises in some updates and falls in the long run": (
            "In 17 of 60 updates the other three lose more than the one gains. In the long run the sum comes down."
        ),
        "It stays where it is: what one sample gains, the others lose": (
            "So it would be if four samples asked for four opposite things. There are 13 weights to please them with."
        ),
    },
    answer="It rises in some updates and falls in the long run",
)


# ---- 1: by hand ------------------------------------------------------------------------------------------------------

_W1, _b1, _W2, _b2 = np.array([[0.5, 0.4], [0.6, -0.1]]), np.array([-0.2, 0.2]), np.array([-0.4, 0.5]), 0.3
_x, _y, _eta = np.array([1.0, -2.0]), -0.5, 0.1
_z = _W1 @ _x + _b1
_a = np.tanh(_z)
_z_output = _W2 @ _a + _b2
_output = np.tanh(_z_output)
_delta2 = (_output - _y) * (1 - _output**2)
_delta1 = _W2 * _delta2 * (1 - _a**2)
_G = np.outer(_delta1, _x)

check_by_hand = Answers(
    name="by_hand",
    digits=2,
    asked={
        "z": Asked(
            right=_z,
            slips={
                "The biases are missing: z = Wx + b.": _W1 @ _x,
                "Rows and columns are exchanged: a row of W¹ belongs to a hidden unit.": _W1.T @ _x + _b1,
            },
        ),
        "a": Asked(
            right=_a,
            slips={
                "This is z. Each unit still bends it: a = tanh z.": _z,
                "tanh is odd: where z is negative, a is negative too.": np.abs(_a),
            },
        ),
        "output": Asked(
            right=_output,
            slips={
                "This is z of the output. It has a tanh too.": _z_output,
                "The output's bias is missing.": np.tanh(_W2 @ _a),
            },
        ),
        "δ output": Asked(
            right=_delta2,
            slips={
                "The slope is missing: this is a − y. Multiply it by 1 − a² of the output.": _output - _y,
                "A sign: this is (y − a) times the slope, −δ of this course.": -_delta2,
                "The slope is 1 − a², not 1 − z².": (_output - _y) * (1 - _z_output**2),
                "The slope is 1 − a², with a the output, not the error.": (_output - _y) * (1 - (_output - _y) ** 2),
                "A factor 2: the ½ in E cancels it.": 2 * _delta2,
            },
        ),
        "δ hidden": Asked(
            right=_delta1,
            slips={
                "The slopes are missing: multiply by 1 − a² of each hidden unit.": _W2 * _delta2,
                "These are the slopes of the output. Each hidden unit has its own.": _W2 * _delta2 * (1 - _output**2),
                "The weights are missing: the error comes back through −0.4 and 0.5.": _delta2 * (1 - _a**2),
                "The slope is 1 − a², not 1 − z².": _W2 * _delta2 * (1 - _z**2),
                "The signs: unit 1 has a weight below 0 and δ of the output is above 0.": -_delta1,
            },
            hint="Each is δ of the output times the weight times 1 − a² of the unit.",
        ),
        "∂E/∂W¹": Asked(
            right=_G,
            slips={
                "This is its transpose. Row i belongs to hidden unit i, column j to input j.": _G.T,
                "These edges begin at the inputs: multiply δ by x, not by the hidden a.": np.outer(_delta1, _a),
                "The δ of the hidden units belongs here, at the right end of these edges.": np.outer(
                    [_delta2, _delta2], _x
                ),
            },
        ),
        "W¹ after": Asked(
            right=_W1 - _eta * _G,
            slips={
                "Uphill: the gradient is subtracted.": _W1 + _eta * _G,
                "The learning rate is missing.": _W1 - _G,
                "This is the change. Add the old weights.": -_eta * _G,
            },
        ),
    },
    praise="A whole step on paper: forward, error, back, gradient, update.",
)


# ---- 2: build --------------------------------------------------------------------------------------------------------


def _first_errors(weights, a, y):
    delta = (a[-1] - y) * (1 - a[-1] ** 2)
    for l in range(len(weights) - 1, 0, -1):
        delta = (weights[l].T @ delta) * (1 - a[l] ** 2)
    return delta


def _first_errors_from_the_right(weights, a, y):
    *hidden, output = a[1:]
    back = output - y
    for W, signal in zip(reversed(weights), [output, *reversed(hidden)], strict=True):
        delta = back * (1 - signal**2)
        back = delta @ W
    return delta


def _without_output_slope(weights, a, y):
    delta = a[-1] - y
    for l in range(len(weights) - 1, 0, -1):
        delta = (weights[l].T @ delta) * (1 - a[l] ** 2)
    return delta


def _without_hidden_slopes(weights, a, y):
    delta = (a[-1] - y) * (1 - a[-1] ** 2)
    for l in range(len(weights) - 1, 0, -1):
        delta = weights[l].T @ delta
    return delta


def _down_to_the_inputs(weights, a, y):
    return (weights[0].T @ _first_errors(weights, a, y)) * (1 - a[0] ** 2)


def _of_the_output(weights, a, y):
    return (a[-1] - y) * (1 - a[-1] ** 2)


def _net(seed, *sizes):
    """Weights without biases, all signals and a target."""
    rng = np.random.default_rng(seed)
    weights = [rng.uniform(-1, 1, (n, m)).round(1) for m, n in pairwise(sizes)]
    a = [rng.uniform(0.2, 0.9, sizes[0]).round(1)]
    for W in weights:
        a.append(np.tanh(W @ a[-1]))
    return weights, a, rng.uniform(-0.9, 0.9, sizes[-1]).round(1)


check_first_errors = Exercise(
    name="first_errors",
    quantities=("δ¹",),
    cases=[_net(1, 2, 3, 1), _net(2, 3, 4, 2), _net(3, 2, 3, 4, 2), _net(4, 3, 2, 4, 3, 2)],
    right=_first_errors,
    also_right=_first_errors_from_the_right,
    slips={
        "The slope of the output is missing: δ begins with (a − y)(1 − a²).": _without_output_slope,
        "The slopes of the hidden units are missing.": _without_hidden_slopes,
        "A sign: the error is a − y here.": lambda weights, a, y: -_first_errors(weights, a, y),
        "One layer too far: the inputs have no error signal. Stop at layer 1.": _down_to_the_inputs,
        "This is δ of the output. Carry it back, layer by layer.": _of_the_output,
    },
    praise="One line for the output, one line for each layer: this is backpropagation for any depth.",
)


# ---- 3: read ---------------------------------------------------------------------------------------------------------

check_printout = Answers(
    name="printout",
    digits=2,
    asked={
        "x": Asked(
            right=np.array([-2.0, 3.0]),
            slips={
                "Upside down: ∂E/∂W¹ is δ times x, so x is ∂E/∂W¹ over δ.": np.array([-0.5, 1 / 3]),
                "This is a row of ∂E/∂W¹. Divide it by that unit's δ, which is its ∂E/∂b¹.": np.array([-0.6, 0.9]),
                "A sign: look at unit 1, −0.6 = 0.3 times x₁.": np.array([2.0, -3.0]),
            },
            hint="Look at unit 1: its row of ∂E/∂W¹ is its δ, 0.3, times x.",
        ),
        "a": Asked(
            right=np.array([0.5, -0.8, 1.0]),
            slips={
                "This is ∂E/∂W². Divide it by δ of the output, 0.4.": np.array([0.2, -0.32, 0.4]),
                "These are the slopes 1 − a².": np.array([0.75, 0.36, 0.0]),
            },
            hint="∂E/∂W² is δ of the output, 0.4, times a. Mind the signs.",
        ),
        "frozen": Asked(
            right=3,
            slips={
                "Unit 1 has an error signal of 0.3: its weights do move.": 1,
                "Unit 2 has a negative signal, not none: its weights do move.": 2,
            },
            hint="Which row of ∂E/∂W¹ moves nothing?",
        ),
        "w": Asked(
            right=np.array([1.0, -2.0]),
            slips={
                "The slopes are still in it: divide by 1 − a² too.": np.array([0.75, -0.72]),
                "δ of the output is still in it: divide by 0.4 too.": np.array([0.4, -0.8]),
            },
            hint="Unit 1: 0.3 = weight · 0.4 · slope, and the slope is 1 − a² of the unit.",
        ),
        "y": Asked(
            right=-0.025,
            slips={
                "The slope is missing: 0.4 = (a − y)(1 − a²).": 0.2,
                "A sign: a − y is positive here, so y lies below a.": 1.225,
            },
            hint="0.4 = (0.6 − y) times the slope of the output, 1 − 0.6².",
        ),
    },
    praise="Gradients are products. Whoever knows one factor reads off the other.",
)


# ---- 4: bug hunt -----------------------------------------------------------------------------------------------------

FAULTS = ("no slope", "wrong slope", "transposed", "no bias", "too early", "wrong a", "sign")
check_faults = Answers(
    name="faults",
    asked={
        "A": Asked(
            right="no slope",
            options=FAULTS,
            slips={
                "A wrong slope would be a factor below 1. A's δ is the output's times the weight, nothing else.": (
                    "wrong slope"
                ),
                "Nothing was updated too early: δ of the output times the OLD weights gives A's δ.": "too early",
            },
            hint="Divide A's δ by δ of the output: what is left?",
        ),
        "B": Asked(
            right="transposed",
            options=FAULTS,
            slips={
                "A wrong a in the gradients would stop B later: the hidden δ is not even there yet.": "wrong a",
            },
            hint="W² has the shape (1, 3). Which product asks for 3 and gets 1?",
        ),
        "C": Asked(
            right="no bias",
            options=FAULTS,
            slips={
                "A sign error in δ leaves the signals alone. C's are wrong already.": "sign",
                "With a transposed W¹ the shapes would not fit.": "transposed",
            },
            hint="Take the inverse of tanh: z of C's hidden units is (1.2, 0.9, −0.4).",
        ),
        "D": Asked(
            right="too early",
            options=FAULTS,
            slips={
                "D's slopes are right. Divide them and δ of the output out: other weights are left.": "wrong slope",
                "D has its slopes: its δ differs from the right one by less than a tenth of the largest.": "no slope",
            },
            hint="Divide D's δ by δ of the output and by the slopes: which weights are these, the old ones?",
        ),
        "E": Asked(
            right="wrong slope",
            options=FAULTS,
            slips={
                "Nearly, but some slope is there: each δ is that of A times 0.945.": "no slope",
                "E's weights are the old ones. Look at the one factor that all three have in common.": "too early",
            },
            hint="Divide E's δ by A's.",
        ),
        "F": Asked(
            right="wrong a",
            options=FAULTS,
            slips={
                "F's δ is right, and so are its slopes. Only the step that uses it stops.": "wrong slope",
                "A transposed product would have the shape (2, 3), not (3, 3).": "transposed",
            },
            hint="The hidden δ has 3 entries. Its product with what has 3 columns, too?",
        ),
    },
    praise="Two of six stop by themselves. The other four run, and only numbers that you trust find them.",
)


# ---- 5: contest ------------------------------------------------------------------------------------------------------

SAMPLES = np.array([[2.0, 0.5], [-1.0, 1.5], [-1.5, -1.0], [1.0, -1.5]]), np.array([[0.9], [-0.8], [0.6], [-0.4]])
START = np.array([0.5, 0.4, 0.3, 0.3, 0.6, 0.1, -0.4, 0.8, 0.6, 0.6, -1.0, 0.8, 0.3])
GOAL, ALLOWED, MOST = 0.01, 40, 100


def _score_of_choice(choose) -> tuple[bool, str]:
    """Whether the samples and learning rates chosen bring the loss of all four below the goal soon enough."""
    net, (X, Y), w = MLP([2, 3, 1], output="tanh"), SAMPLES, START
    samples = [NetworkFit(net, X[[i]], Y[[i]]) for i in range(len(X))]
    losses, used = np.array([sample.loss(w) for sample in samples]), set()
    for k in range(1, MOST + 1):
        i, eta = _chosen(choose(k, losses))
        used.add(i)
        w = w - eta * samples[i].gradient(w)
        losses = np.array([sample.loss(w) for sample in samples])
        if losses.sum() < GOAL and k <= ALLOWED:
            return True, f"the loss of all is below {GOAL} after {k} updates. That is your score; who needs fewer?"
        if losses.sum() < GOAL:
            return (
                False,
                f"it takes {k} updates, {ALLOWED} are the most. Whose turn is it, and how long is its step?",
            )
    outputs = net.predict(w, X)[:, 0]
    if ((np.abs(outputs) > 0.99) & (losses > 0.1)).any():
        return (
            False,
            f"after {MOST} updates the loss is {losses.sum():.3g}, an output sticks near ±1. Step shorter.",
        )
    if len(used) < len(samples):
        never = ", ".join(str(i) for i in range(len(samples)) if i not in used)
        return False, f"after {MOST} updates the loss is {losses.sum():.3g}. It has never been the turn of {never}."
    return False, f"after {MOST} updates the loss is still {losses.sum():.3g}. It is on its way: longer steps."


def _chosen(answer) -> tuple[int, float]:
    if not (isinstance(answer, (tuple, list)) and len(answer) == 2):
        raise Told("choose must return two numbers: the sample and the learning rate.")
    i, eta = (
        in_kind(name, value, 1.0) for name, value in zip(("the sample", "the learning rate"), answer, strict=True)
    )
    if i.shape != () or i not in range(4):
        raise Told(f"the sample must be one of 0, 1, 2, 3, it is {i.tolist()}.")
    if eta.shape != () or eta <= 0:
        raise Told(f"the learning rate must be one number above 0, it is {eta.tolist()}.")
    return int(i), float(eta)


check_choose = Contest(
    name="choose",
    judge=_score_of_choice,
    right=lambda k, losses: (int(np.argmax(losses)), 0.5),
    also_right=lambda k, losses: (list(losses).index(max(losses)), 0.4),
    slips={
        "Whose turn is it": lambda k, losses: (k % 4, 0.3),
        "longer steps": lambda k, losses: (k % 4, 0.02),
        "never been the turn of 1, 2, 3": lambda k, losses: (0, 0.1),
        "Step shorter": lambda k, losses: ((k - 1) % 4, 1.0),
        "one of 0, 1, 2, 3": lambda k, losses: (k, 0.3),
        "above 0": lambda k, losses: (k % 4, 0.0),
    },
)
