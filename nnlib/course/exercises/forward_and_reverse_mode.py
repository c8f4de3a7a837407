"""Chapter 02: two ways to add up all paths, and what each costs."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from nnlib import graph
from nnlib.course.exercises._exercise import Answers, Asked, Contest, Exercise, Question, Told

thousand_inputs = Question(
    "One formula turns 1000 inputs into one number, another turns one input into 1000 numbers. How many sweeps does "
    "ALL of the derivative take?",
    {
        "1 sweep in either mode, for both": (
            "Tempting, because a sweep uses every edge, so it seems to have seen everything. But in a box there is "
            "room for one number, and that one answers one question only."
        ),
        "1000 sweeps in either mode, for both": (
            "Tempting, because 1000 derivatives are asked for. But a sweep leaves a number in every box, and many of "
            "these are answers."
        ),
        "many inputs: 1 forward or 1000 reverse · many outputs: 1000 forward or 1 reverse": (
            "Tempting, because forward mode starts at the inputs, so why not at all of them at once? Then it would get "
            "the sum of all the derivatives, and nobody could take it apart."
        ),
        "many inputs: 1000 forward or 1 reverse · many outputs: 1 forward or 1000 reverse": (
            "A forward sweep belongs to one input and reaches all outputs. A reverse sweep belongs to one output and "
            "reaches all inputs."
        ),
    },
    answer="many inputs: 1000 forward or 1 reverse · many outputs: 1 forward or 1000 reverse",
)

twice_as_deep = Question(
    "People say: forward mode needs no memory. Think of eight layers of width 16, and then of sixteen. What must each "
    "mode hold while it works?",
    {
        "forward nothing, reverse twice as much": (
            "Tempting, because forward mode never looks back. But it looks at the layer before, and at its tangents."
        ),
        "both twice as much: there are twice as many numbers": (
            "Tempting, because twice as many numbers are computed. Forward mode has forgotten most of them by then."
        ),
        "forward as much as before, reverse about twice as much": (
            "Forward mode holds what two neighboring layers take, values and tangents. Reverse mode needs the values "
            "of every layer again on its way down."
        ),
        "both as much as before: a sweep is at one layer at a time": (
            "Tempting, because the adjoints of a layer can go once they are used. But the local derivatives on the way "
            "down are made of values from the way up."
        ),
    },
    answer="forward as much as before, reverse about twice as much",
)

best_step = Question(
    "The central difference (f(x + h) − f(x − h))/2h, in the computer's numbers of 16 digits. Which h gives the most "
    "right digits?",
    {
        "the smallest that there is: the derivative is the limit h → 0": (
            "Tempting, because mathematics says so. But f(x + h) and f(x − h) then agree in nearly all of their 16 "
            "digits, and what is left when they are subtracted is rounding."
        ),
        "about 1e-8: half of the digits for h, half for the difference": (
            "Tempting, because it is right for the one-sided difference. The central one has a smaller error of its "
            "own, so it can afford a larger h."
        ),
        "about 1e-5: there the error of the formula is as small as that of rounding": (
            "The formula's error falls with h², rounding rises as 1/h. They meet near the cube root of 1e-16."
        ),
        "about 0.01: then rounding has no say": (
            "Tempting, because rounding is indeed far away there. But the formula's own error is about h²."
        ),
    },
    answer="about 1e-5: there the error of the formula is as small as that of rounding",
)


check_by_hand = Answers(
    name="by_hand",
    asked={
        "p̄": Asked(
            right=1.0,
            slips={
                "This is the value of p. p̄ is how f moves when p moves.": 70.0,
                "This is the value of f. p̄ is how far f moves when p moves by 1.": 77.0,
                "This is the slope of p with respect to b. p̄ is the slope of f with respect to p.": 7.0,
            },
        ),
        "b̄": Asked(
            right=7.0,
            slips={
                "A product hands each parent the OTHER factor: b̄ is p̄ times a.": 10.0,
                "This is the value of p. The slope of a·b with respect to b is a.": 70.0,
            },
        ),
        "ā": Asked(
            right=11.0,
            slips={
                "Two edges leave a. This is what comes back from p; add what comes back from f.": 10.0,
                "Two edges leave a. This is what comes back from f; add what comes back from p.": 1.0,
                "A product hands each parent the OTHER factor: from p the parent a gets b, not a.": 8.0,
                "What comes back along the two edges is added, not multiplied. And the factor from p is b, not a.": 7.0,
            },
        ),
        "x̄": Asked(
            right=46.0,
            slips={
                "This came last, from b. What had come from a was there already: add.": 35.0,
                "This came from a. Something comes from b too: add.": 11.0,
                "From b = x·y the parent x gets the OTHER factor, y.": 25.0,
                "ā is 11, with both of its edges.": 45.0,
            },
        ),
        "ȳ": Asked(
            right=25.0,
            slips={
                "This came last, from b, and took the place of what a had sent. Add the two.": 14.0,
                "This is the share of a. There is one of b, too.": 11.0,
                "From b = x·y the parent y gets the OTHER factor, x.": 46.0,
                "Look at ā again: it is 11, not 10.": 24.0,
            },
        ),
    },
    praise="Both derivatives from one sweep, and a was complete before its turn came.",
)


# ---- the engine for several outputs ----------------------------------------------------------------------------------


@dataclass(eq=False, repr=False)
class Plain:
    """A node as the reader's engine has it, its value and its slopes filled in."""

    name: str
    parents: list = field(default_factory=list)
    value: float = 0.0
    slopes: list = field(default_factory=list)

    def __repr__(self):
        return self.name


def plain(*nodes: graph.Node) -> list[Plain]:
    """These nodes, and what they are made of, as the reader's engine has them."""
    known = {}
    for output in nodes:
        for node, value in graph.node_values(output).items():
            if node not in known:
                name = node.operation.name if node.operation else node.label
                known[node] = Plain(name, [known[parent] for parent in node.parents], float(value))
        for step in graph.reverse_steps(output):
            node = known[step.edge.node]
            if not node.slopes:
                node.slopes = [0.0] * len(node.parents)  # of constants nobody asks
            node.slopes[step.edge.position] = step.edge.jacobian()
    return [known[node] for node in nodes]


def _case(outputs: list, inputs: list) -> tuple[list[Plain], list[Plain]]:
    nodes = plain(*outputs, *inputs)
    return nodes[: len(outputs)], nodes[len(outputs) :]


def _order(output) -> list:
    """All nodes that the output is made of, parents first."""
    done, waiting = {}, [output]
    while waiting:
        missing = [parent for parent in waiting[-1].parents if parent not in done]
        waiting.extend(missing)
        if not missing:
            done[waiting.pop()] = True
    return list(done)


def _pull(output, adjoints: dict, arrive=lambda there, arriving: there + arriving) -> dict:
    """The adjoints after a reverse sweep, added to what is there."""
    adjoints[output] = 1.0
    for node in reversed(_order(output)):
        for parent, slope in zip(node.parents, node.slopes, strict=True):
            adjoints[parent] = arrive(adjoints.get(parent, 0.0), slope * adjoints[node])
    return adjoints


def _jacobian(outputs, inputs):
    rows = [_pull(output, {}) for output in outputs]
    return np.array([[row.get(x, 0.0) for x in inputs] for row in rows])


def _jacobian_forward(outputs, inputs):
    J = np.zeros((len(outputs), len(inputs)))
    for j, x in enumerate(inputs):
        for i, output in enumerate(outputs):
            tangents = {x: 1.0}
            for node in _order(output):
                if node is not x:
                    carried = zip(node.parents, node.slopes, strict=True)
                    tangents[node] = sum(slope * tangents[parent] for parent, slope in carried)
            J[i, j] = tangents[output]
    return J


def _jacobian_overwriting(outputs, inputs):
    rows = [_pull(output, {}, arrive=lambda there, arriving: arriving) for output in outputs]
    return np.array([[row.get(x, 0.0) for x in inputs] for row in rows])


def _jacobian_never_emptied(outputs, inputs):
    adjoints, rows = {}, []
    for output in outputs:
        rows.append([_pull(output, adjoints).get(x, 0.0) for x in inputs])
    return np.array(rows)


X, Y, Z = (graph.variable(value, name) for value, name in ((2.0, "x"), (3.0, "y"), (-0.5, "z")))
PRODUCT, BENT = X * Y, graph.tanh(Z) * X

check_jacobian = Exercise(
    name="jacobian",
    quantities=("the Jacobian",),
    cases=[
        _case([PRODUCT + graph.sin(X), PRODUCT * PRODUCT, X - Y], [X, Y]),
        _case([BENT / Y, BENT + Z], [X, Y, Z]),
        _case([graph.exp(Z) * BENT, X * X, BENT], [Z, X]),
    ],
    right=_jacobian,
    also_right=_jacobian_forward,
    slips={
        "It is the transpose: a row for each output, a column for each input.": lambda outputs, inputs: (
            _jacobian(outputs, inputs).T
        ),
        "Where a node is used twice, something is lost: add to the adjoint that is there already.": (
            _jacobian_overwriting
        ),
        "The adjoints of the last output are still there: begin each sweep with new ones.": _jacobian_never_emptied,
        "This is the row of the first output. There is a sweep for each of them.": lambda outputs, inputs: _jacobian(
            outputs[:1], inputs
        ),
        "All inputs moved at once, and the derivatives are added up: take a sweep for each input.": (
            lambda outputs, inputs: np.tile(_jacobian(outputs, inputs).sum(axis=1, keepdims=True), len(inputs))
        ),
        "The columns stand in the wrong order: take the inputs as they come.": lambda outputs, inputs: _jacobian(
            outputs, inputs
        )[:, ::-1],
        "These are the sums of the columns: one sweep from all outputs at once mixes them up.": (
            lambda outputs, inputs: _jacobian(outputs, inputs).sum(axis=0)
        ),
    },
    praise="A row for each output. Your engine of two chapters now does what a library does for you.",
)


# ---- reading ---------------------------------------------------------------------------------------------------------

_MODES = ("forward mode", "reverse mode", "central differences")

check_who_was_it = Answers(
    name="who_was_it",
    asked={
        "A": Asked(
            right="central differences",
            options=_MODES,
            slips={
                "A has evaluated nothing but values. Both modes multiply derivatives.": "forward mode",
                "A has no multiply-adds for derivatives at all. What takes 14 evaluations?": "reverse mode",
            },
        ),
        "B": Asked(
            right="reverse mode",
            options=_MODES,
            slips={
                "B evaluates the values once and holds them all. Forward mode forgets them.": "forward mode",
                "Differences evaluate the values many times, B only once.": "central differences",
            },
        ),
        "C": Asked(
            right="forward mode",
            options=_MODES,
            slips={
                "C takes seven sweeps. Reverse mode needs one for each of the outputs.": "reverse mode",
                "Differences have no derivatives to multiply.": "central differences",
            },
        ),
        "one sweep": Asked(
            right=113.0,
            slips={
                "The 339 of B, shared out to the seven inputs. But B takes a sweep for each output.": 339 / 7,
                "The 791 of C, shared out to the three outputs. But C takes a sweep for each input.": 791 / 3,
                "This is what three sweeps of B take together.": 339.0,
                "This is what seven sweeps of C take together.": 791.0,
                "These are the 1582 of A, shared out to the inputs. A takes two evaluations for each.": 226.0,
            },
        ),
        "outputs at the crossover": Asked(
            right=7.0,
            slips={
                "With three outputs reverse mode takes 339 and forward mode 791: they are not equal yet.": 3.0,
                "Sweeps do not add up to a crossover. When are there as many of one kind as of the other?": 10.0,
                "21 is the number of derivatives. Count sweeps.": 21.0,
            },
        ),
    },
    praise="Seven sweeps or three: with more than seven outputs forward mode would be the cheaper one.",
)


# ---- bugs ------------------------------------------------------------------------------------------------------------

REMARKS = ("last share", "too early", "counts", "factor", "walks", "old slopes")

check_bugs = Answers(
    name="bugs",
    asked={
        "A": Asked(
            right="last share",
            options=REMARKS,
            slips={
                "A takes the nodes in the right order. What happens to an adjoint that is there already?": "too early",
                "A multiplies by the slopes. Look at the sign in front of the =.": "counts",
            },
            hint="Let a node be used twice: what does A do when the second share arrives?",
        ),
        "B": Asked(
            right="too early",
            options=REMARKS,
            slips={
                "B does add. But when does the turn of a node come?": "last share",
                "B starts with 1, as it should. But with which node does its loop begin?": "factor",
            },
            hint="Walk B along a chain of three nodes. Which node hands on first?",
        ),
        "C": Asked(
            right="factor",
            options=REMARKS,
            slips={
                "C multiplies by the slopes. Look at how it starts.": "counts",
                "C is fresh: it evaluates first. Look at the line after that.": "old slopes",
            },
            hint="What is the derivative of f with respect to f?",
        ),
        "D": Asked(
            right="counts",
            options=REMARKS,
            slips={
                "D adds, as it should. Look at WHAT it adds.": "last share",
                "D starts with 1. Look at what it hands on.": "factor",
            },
            hint="On the ladder D gives 2, 4, 8, … What does it count?",
        ),
        "E": Asked(
            right="walks",
            options=REMARKS,
            slips={
                "E does add up what arrives. How often does it come to a node?": "last share",
                "E needs no order to be right. Count its calls on a ladder.": "too early",
            },
            hint="Let E run on ladders of 5, 10, 15 rungs. Are its numbers wrong?",
        ),
    },
    praise="Four of them are wrong on small graphs already. E is right, and no one will ever see it finish 60 rungs.",
)


# ---- a product of five -----------------------------------------------------------------------------------------------

SIZES, TARGET = (30, 20, 4, 25, 5, 15), 6000  # numbers between the factors, from the inputs up; of the contest


@dataclass(frozen=True)
class Sized:
    """A matrix of which only the shape matters: a product counts the multiply-adds that it and its factors take."""

    factors: str
    shape: tuple[int, int]
    cost: int = 0

    def __str__(self):
        return self.factors

    def __matmul__(self, other):
        if not isinstance(other, Sized) or self.shape[1] != other.shape[0]:
            raise ValueError(f"{self} and {other} do not fit: keep the order J5 J4 J3 J2 J1.")
        (rows, inner), (_, columns) = self.shape, other.shape
        cost = self.cost + other.cost + rows * inner * columns
        return Sized(f"{self.factors} {other.factors}", (rows, columns), cost)


def _score_of_brackets(multiply) -> tuple[bool, str]:
    """Whether the brackets win, and how many multiply-adds they take."""
    shapes = zip(SIZES[1:], SIZES[:-1], strict=True)
    matrices = [Sized(f"J{i}", shape) for i, shape in enumerate(shapes, 1)][::-1]
    product = multiply(*matrices)
    if not isinstance(product, Sized):
        raise Told("multiply must return the product of the five matrices, made by @.")
    if product.factors != "J5 J4 J3 J2 J1":
        raise Told(f"This is {product.factors}. All five factors belong to it, each once.")
    as_modes = {"forward mode": 11400, "reverse mode": 13575}
    for mode, cost in as_modes.items():
        if product.cost == cost:
            return False, f"{cost} multiply-adds: this is what {mode} does. Begin somewhere else."
    if product.cost >= TARGET:
        return False, f"{product.cost} multiply-adds, not below {TARGET}. Where is the chain at its thinnest?"
    return True, f"{product.cost} multiply-adds. That is your score; the best that there is takes 5000."


check_multiply = Contest(
    name="multiply",
    judge=_score_of_brackets,
    right=lambda J5, J4, J3, J2, J1: (J5 @ (J4 @ J3)) @ (J2 @ J1),
    also_right=lambda J5, J4, J3, J2, J1: J5 @ ((J4 @ J3) @ (J2 @ J1)),
    slips={
        "this is what reverse mode does": lambda J5, J4, J3, J2, J1: J5 @ J4 @ J3 @ J2 @ J1,
        "this is what forward mode does": lambda J5, J4, J3, J2, J1: J5 @ (J4 @ (J3 @ (J2 @ J1))),
        "Where is the chain at its thinnest": lambda J5, J4, J3, J2, J1: (J5 @ J4) @ (J3 @ (J2 @ J1)),
        "All five factors belong to it": lambda J5, J4, J3, J2, J1: J5 @ J4 @ J3 @ J2,
        "keep the order": lambda J5, J4, J3, J2, J1: J1 @ J2,
    },
)
