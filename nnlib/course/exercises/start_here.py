"""Chapter 00: how long may a step be?"""

from __future__ import annotations

from itertools import islice

import numpy as np

from nnlib import datasets
from nnlib.course.exercises._exercise import Answers, Asked, Contest, Exercise, Question, Told, in_kind
from nnlib.network import MLP
from nnlib.optimizers import steepest_descent
from nnlib.problems import NetworkFit

twice_as_long = Question(
    "With η = 0.007 the network learns well. What does the loss do with about twice that, η = 0.015?",
    {
        "It falls, about twice as fast": (
            "Twice the step does twice the work while the slope stays what it is. But it changes on the way."
        ),
        "It falls, in a zigzag": "Longer steps do overshoot first and still come down. But 0.015 is longer still.",
        "It climbs at first, then falls below all others": "So it goes at 0.01; 0.015 is too far beyond the limit.",
        "It climbs until the computer has no larger numbers": (
            "Nearly every step lands higher than the one before. The limit lies near 0.01; sections 3 and 4 say why."
        ),
    },
    answer="It climbs until the computer has no larger numbers",
)

what_turns_the_loss = Question(
    "At η = 0.01 the first step goes down, the next eight climb. Then the loss turns. What turns it?",
    {
        "The steps become shorter": (
            "They do near a minimum. But η stays, and the gradient is longest just where the loss turns."
        ),
        "The loss is so high that it can only fall": (
            "A ball would roll back, a step does not: on a parabola beyond the limit the heights only grow."
        ),
        "The valley becomes sharper, and its walls throw the network back": (
            "Walls push a ball back. A step jumps over them, and the sharper they are, the higher it lands."
        ),
        "The valley becomes flatter": "The largest curvature falls below 2/η = 200 between step 10 and step 11.",
    },
    answer="The valley becomes flatter",
)


check_on_paper = Answers(
    name="on_paper",
    asked={
        "factor": Asked(
            right=-0.5,
            slips={
                "This is ηλ, what is taken away. The factor is what is left: 1 − ηλ.": 1.5,
                "A sign: this is 1 + ηλ, a step uphill.": 2.5,
                "The derivative of ½·5w² is 5w; you took half of it.": 0.25,
                "The derivative of ½·5w² is 5w; you took twice that.": -2.0,
            },
        ),
        "w after one step": Asked(
            right=-1.0,
            slips={
                "This is the step, −ηλw. Add it to w.": -3.0,
                "The gradient is λw, not λ: the w = 2 is missing in the step.": 0.5,
                "A sign: this step goes uphill.": 5.0,
                "The factor is negative: the step overshoots and lands on the other side.": 1.0,
            },
        ),
        "w after two steps": Asked(
            right=0.5,
            slips={
                "Each step changes sides. The second one leads back.": -0.5,
                "This takes the first step twice. The second one starts where the first one ended.": -4.0,
            },
        ),
        "loss after two steps": Asked(
            right=0.625,
            slips={
                "Either the ½ is missing or the square.": 1.25,
                "This is the loss after one step.": 2.5,
                "This is the loss at the start.": 10.0,
                "The λ is missing.": 0.125,
            },
        ),
        "best rate": Asked(
            right=0.2,
            slips={
                "This is the limit, 2/λ. The bottom is reached in one step with half of it.": 0.4,
                "This is λ. The sharper the valley, the shorter the step.": 5.0,
                "The derivative of ½·5w² is 5w, so λ is 5. You took twice that.": 0.1,
            },
        ),
    },
    praise="The factor −0.5 overshoots, and each loss is a quarter of the one before.",
)


def _descend(gradient, w, eta, steps):
    points = [w]
    for _ in range(steps):
        points.append(points[-1] - eta * gradient(points[-1]))
    return np.array(points)


def _descend_into_table(gradient, w, eta, steps):
    table = np.empty((steps + 1, len(w)))
    table[0] = w
    for k in range(steps):
        table[k + 1] = table[k] - eta * gradient(table[k])
    return table


def _descend_in_place(gradient, w, eta, steps):
    points = [w := w.copy()]
    for _ in range(steps):
        w -= eta * gradient(w)
        points.append(w)
    return np.array(points)


def _descend_from_start(gradient, w, eta, steps):
    points = [w]
    for _ in range(steps):
        points.append(w - eta * gradient(points[-1]))
    return np.array(points)


def _descend_normalized(gradient, w, eta, steps):
    def direction(w):
        return gradient(w) / np.linalg.norm(gradient(w))

    return _descend(direction, w, eta, steps)


check_descend = Exercise(
    name="descend",
    quantities=("the table of points",),
    cases=[
        (lambda w: np.array([[7.0, 2.0], [2.0, 4.0]]) @ w, np.array([1.0, 0.5]), 0.2, 4),
        (lambda w: np.array([w[0] ** 3, 2 * w[1], w[2] - 1]), np.array([1.0, -2.0, 3.0]), 0.1, 3),
        (lambda w: np.array([np.sin(w[0]), w[1]]), np.array([2.0, 1.0]), 0.5, 6),
    ],
    right=_descend,
    also_right=_descend_into_table,
    slips={
        "It climbs: the gradient points uphill, so it has to be subtracted.": (
            lambda gradient, w, eta, steps: _descend(gradient, w, -eta, steps)
        ),
        "It goes straight on: the gradient is asked for at the start only. Ask again at each new point.": (
            lambda gradient, w, eta, steps: _descend(lambda _: gradient(w), w, eta, steps)
        ),
        "All rows are alike: w -= … changes the array that is in the list already. Make a new one.": _descend_in_place,
        "This is the last point. All of them are asked for, the start first.": (
            lambda gradient, w, eta, steps: _descend(gradient, w, eta, steps)[-1]
        ),
        "The start is missing: it is the first row.": (
            lambda gradient, w, eta, steps: _descend(gradient, w, eta, steps)[1:]
        ),
        "One row too many: the start and `steps` steps are asked for.": (
            lambda gradient, w, eta, steps: _descend(gradient, w, eta, steps + 1)
        ),
        "It stops after one step: does the return stand inside the loop?": (
            lambda gradient, w, eta, steps: _descend(gradient, w, eta, 1)
        ),
        "Each step is taken from the start. It has to be taken from the LAST point.": _descend_from_start,
        "The learning rate is missing.": lambda gradient, w, eta, steps: _descend(gradient, w, 1.0, steps),
        "Every step has the length η: the gradient's own length belongs to the step.": _descend_normalized,
    },
    praise="Each row is the one above minus η times the gradient there.",
)


check_three_runs = Answers(
    name="three_runs",
    asked={
        "λ": Asked(
            right=8.0,
            slips={
                "This is ηλ, with η = 0.1 still in it.": 0.8,
                "A sign: the factor is 0.2 = 1 − ηλ, so ηλ = 1 − 0.2.": 12.0,
                "This is the factor over η. The factor is 1 − ηλ, not ηλ.": 2.0,
            },
        ),
        "η of B": Asked(
            right=0.2,
            slips={
                "B changes sides: its factor is −0.6, not 0.6.": 0.05,
                "This is ηλ. Divide by λ.": 1.6,
                "This is the factor over λ. The factor is 1 − ηλ: first take it from 1.": -0.075,
            },
        ),
        "η of C": Asked(
            right=0.3,
            slips={
                "C changes sides: its factor is −1.4, and 1 − (−1.4) is more than 2.": -0.05,
                "This is ηλ. Divide by λ once more.": 2.4,
                "This is the factor −1.4 over λ. First take it from 1, then divide.": -0.175,
            },
        ),
        "limit": Asked(
            right=0.25,
            slips={
                "This is 1/λ, where one step reaches the bottom.": 0.125,
                "Upside down: λ stands below the line.": 4.0,
                "This is C's own learning rate. The limit is where the factor is −1.": 0.3,
            },
        ),
    },
    praise="A comes closer from one side, B in a zigzag, and C lies beyond 2/λ = 0.25.",
)


check_faults = Answers(
    name="faults",
    asked={
        "A": Asked(
            right=2,
            slips={
                "A does ask for the gradient in each step. Look at its sign.": 4,
                "A has its learning rate. What does it do with the product?": 5,
            },
            hint="Walk one step of A on ½w² from w = 1: does it come closer to 0?",
        ),
        "B": Asked(
            right=4,
            slips={
                "B takes all of its steps, but all of them are alike. Why?": 1,
                "B's steps do have the same length, but not a fixed one. Where is g computed?": 3,
            },
            hint="Walk three steps of B on ½w² from w = 2: what is g in the second step?",
        ),
        "C": Asked(
            right=1,
            slips={
                "C computes the gradient inside its loop. How often does the loop run?": 4,
                "C subtracts, as it should. Look at the return.": 2,
            },
            hint="Read the indentation of C.",
        ),
        "D": Asked(
            right=3,
            slips={
                "D has its learning rate. What else is the gradient multiplied by?": 5,
                "D asks for the gradient in each step, and then throws a part of it away.": 4,
            },
            hint="How long is a step of D near the bottom, and far away from it?",
        ),
    },
    praise="A climbs, B goes straight on, C stops after one step, D never settles.",
)

STEPS, TARGET = 300, 0.1  # of the contest


def _score_of_plan(rate) -> tuple[bool, str]:
    """Whether the learning rates rate(1) … rate(300) win on the sine network, and how far they come."""
    losses = _losses_of_plan([_positive(f"rate({k})", rate(k)) for k in range(1, STEPS + 1)])
    steps, k, last = len(losses) - 1, int(np.argmax(losses)), losses[-1]
    if steps < STEPS:
        return False, f"after {steps} steps the computer has no larger numbers. Long steps need short ones between."
    if k > 0:
        return False, f"step {k} lands at {losses[k]:.3g}, above the loss at the start. Wipe the steep part out sooner."
    if last >= TARGET:
        return False, f"the plan is safe and ends at {last:.3g}, not below {TARGET}. Flat directions need longer steps."
    return True, f"it ends at {last:.4f} and never rises above the start. That is your score; how low can you go?"


def _losses_of_plan(rates: list[float]) -> list[float]:
    """The losses of the chapter's network at the start and after each step, as long as they are finite."""
    data, net = datasets.noisy_sine(seed=0), MLP([1, 10, 1])
    problem, w0 = NetworkFit(net, data.X, data.Y), net.init(seed=0)
    steps = steepest_descent(problem, w0, learning_rate=lambda k: rates[k - 1])
    return [problem.loss(w0), *(record.loss for record in islice(steps, len(rates)))]


def _positive(what: str, value) -> float:
    number = in_kind(what, value, 1.0)
    if number.shape != () or number <= 0:
        raise Told(f"{what} must be one number above 0, it is {number.tolist()}.")
    return float(number)


check_rate = Contest(
    name="rate",
    judge=_score_of_plan,
    right=lambda k: 0.05 if k % 3 == 0 else 1 / 212 if k % 3 == 1 else 1 / 149,
    also_right=lambda k: [0.03, 0.005, 0.005][k % 3],
    slips={
        "the computer has no larger numbers": lambda k: 0.015,
        "above the loss at the start": lambda k: 0.01,
        "the plan is safe": lambda k: 0.009,
        "must be one number above 0": lambda k: 0.0,
    },
)
