"""Chapter 01: when one number of a formula moves, what do the others do?"""

from __future__ import annotations

import math

import numpy as np

from nnlib import graph
from nnlib.course.exercises._exercise import Answers, Asked, Contest, Exercise, Question, Told, kind

two_ways = Question(
    "In some formula two paths lead from x to f. Along the first the local derivatives multiply to 3, along the second "
    "to −2. What is df/dx?",
    {
        "3": (
            "A strong push seems to drown a weak one. But f does not choose: it feels both, and one counters the other."
        ),
        "1": "f feels both pushes at once. For small moves they add up: 3 − 2.",
        "−6": (
            "Along a path numbers do multiply, since a node passes on what it got from the one before. But neither "
            "path passes anything to the other."
        ),
        "0.5": (
            "The mean is a fair compromise between two opinions. But the paths are no opinions about one move: each of "
            "them moves f by its own amount."
        ),
    },
    answer="1",
)

paths_of_a_ladder = Question(
    "A ladder of 20 rungs has 80 edges. How many paths lead from x to f?",
    {
        "40: two a rung": "A path does not end at its rung. Each of the two goes on in two ways at the next.",
        "80: one an edge": "A path is a whole way from x to f, and each edge is a part of many of them.",
        "400: 20 times 20": "Rungs times rungs are pairs of rungs. A path decides at every rung, not at two of them.",
        "1 048 576: 2 to the 20": "Two ways at the first rung, times two at the next, and so on: about a million.",
    },
    answer="1 048 576: 2 to the 20",
)


check_on_paper = Answers(
    name="on_paper",
    asked={
        "f": Asked(
            right=-3.0,
            slips={
                "This is p + q. The last node subtracts.": 15.0,
                "This is q − p. The first parent of − is p.": 3.0,
                "This is p alone. The last node takes q from it.": 6.0,
                "This is q alone. The last node takes it from p.": 9.0,
            },
        ),
        "slopes of p": Asked(
            right=[2.0, 3.0],
            each="slope",
            slips={
                "The other way round: when s moves by 1, s · y moves by y.": [3.0, 2.0],
                "1 is a slope of a sum. A product passes a move on times the other factor: p is s · y.": [1.0, 1.0],
            },
            hint="p is s · y. A product passes a move of one factor on times the other factor.",
        ),
        "slope of q": Asked(
            right=6.0,
            slips={
                "This is the value of q. Its slope is 2s.": 9.0,
                "This is s. The square s · s has two factors that move: 2s.": 3.0,
                "This is 2. The slope depends on where s stands: 2s.": 2.0,
            },
        ),
        "paths from y": Asked(
            right=3,
            slips={
                "Two edges leave y, to s and to p. But from s there are two ways on.": 2,
                "That counts edges, not whole ways from y to f.": 7,
            },
            hint="Start at y. It has an edge to s and one to p. How many ways lead from s to f?",
        ),
        "products from y": Asked(
            right=[-6.0, 2.0, 3.0],
            slips={
                "The edge from q to f has the slope −1.": [2.0, 3.0, 6.0],
                "These are the right ones. But the smallest comes first, and −6 is smaller than 2.": [2.0, 3.0, -6.0],
                "These are the right ones, from the largest down. Asked is the smallest first.": [3.0, 2.0, -6.0],
                "The edge from y straight to p has the slope s = 3, the one from s to p has y = 2.": [-6.0, 2.0, 2.0],
            },
            hint="Three products: along y→p→f, along y→s→p→f, and along y→s→q→f. The smallest comes first.",
        ),
        "df/dy": Asked(
            right=-1.0,
            slips={
                "The path through q is missing.": 5.0,
                "The path straight from y to p is missing.": -4.0,
                "Along a path slopes multiply. But over the paths their products add up.": -36.0,
                "The product through q is negative.": 11.0,
            },
            hint="Add up the three products.",
        ),
        "df/dx": Asked(
            right=-4.0,
            slips={
                "This is df/dy. From x only two paths lead to f.": -1.0,
                "The product through q is −6, not 6.": 8.0,
                "Over the paths products add up.": -12.0,
                "The path through q is missing.": 2.0,
                "The path through p is missing.": -6.0,
            },
            hint="Two paths lead from x to f, one through p and one through q.",
        ),
    },
    praise="and here is the second witness: f = −x² − xy, so df/dx = −2x − y = −4 and df/dy = −x = −1.",
)


def logistic(a):
    return np.exp(-np.logaddexp(0, -a))


check_softplus = Exercise(
    name="softplus",
    quantities=("the value", "the slope"),
    cases=[(0.7,), (-2.0,), (800.0,), (-40.0,)],
    right=lambda a: (np.logaddexp(0, a), logistic(a)),
    also_right=lambda a: (max(a, 0.0) + math.log1p(math.exp(-abs(a))), 1 / (1 + math.exp(-a))),
    slips={
        "This is ln eᵃ, and that is a again. The 1 is missing.": lambda a: (a, 1.0),
        "This is log₁₀. The natural logarithm is np.log, and np.log1p(b) is ln(1 + b).": lambda a: (
            np.logaddexp(0, a) / math.log(10),
            logistic(a),
        ),
        "This belongs to max(0, a), whose corner softplus rounds off.": lambda a: (max(a, 0.0), float(a > 0)),
        "Digits get lost where a number is added to a far larger one. np.log1p(b) keeps those of b.": lambda a: (
            max(a, 0.0) + np.log(1 + np.exp(-abs(a))),
            logistic(a),
        ),
        "The larger of 0 and a, which was taken out of the logarithm, must be added to it again.": lambda a: (
            math.log1p(math.exp(-abs(a))),
            logistic(a),
        ),
        "The other way round: the value comes first.": lambda a: (logistic(a), np.logaddexp(0, a)),
        "This is the slope of ln alone. The inner eᵃ passes the move on too: times eᵃ.": lambda a: (
            np.logaddexp(0, a),
            logistic(-a),
        ),
        "One derivative too many: this is the slope of the slope.": lambda a: (
            np.logaddexp(0, a),
            logistic(a) * logistic(-a),
        ),
        "A difference of two numbers near 1 has lost its digits. 1 / (1 + e⁻ᵃ) has no difference in it.": lambda a: (
            np.logaddexp(0, a),
            0.5 * (1 + np.tanh(a / 2)),
        ),
    },
    praise="its slope is the logistic function 1 / (1 + e⁻ᵃ). With the row in your table the engine knows softplus.",
)


check_log = Answers(
    name="log",
    asked={
        "wrong line": Asked(
            right=3,
            slips={
                "x · y passes a move of x on times y = 1, and a move of y times x = 2, as line 1 says.": 1,
                "Both factors of a · a are a. Each edge has the other factor as its slope: 2 and 2, as line 2 says.": 2,
                "c / y has the slopes 1/y = 1 and −c/y² = −2, as line 4 says.": 4,
            },
            hint="Compute the slopes of each of the four lines from the values of its parents.",
        ),
        "right slopes": Asked(
            right=[1.0, -1.0],
            each="slope",
            slips={
                "These are the ones in the log. When x moves up, b − x moves down.": [1.0, 1.0],
                "The other way round: b is the first parent.": [-1.0, 1.0],
                "These are the slopes of a product.": [2.0, 4.0],
            },
            hint="By how much does b − x move when b moves up by a little? And when x does?",
        ),
        "paths from x": Asked(
            right=3,
            slips={
                "Two edges lead from a to b, so two paths run through them.": 2,
                "x has two edges, to a and to c. Behind a the way forks once more, behind c it does not.": 4,
                "That counts paths from y too.": 6,
            },
            hint="x has an edge to a and one to c, and two edges lead from a to b.",
        ),
        "df/dx in the log": Asked(
            right=5.0,
            slips={
                "With the log's slopes two paths run through b, and the path straight to c counts +1.": 3.0,
                "These are the paths through b alone.": 4.0,
            },
            hint="Multiply the log's slopes along each of the paths from x, and add.",
        ),
        "df/dx": Asked(
            right=3.0,
            slips={
                "This is what the log's slopes give.": 5.0,
                "Two edges lead from a to b, you took one.": 1.0,
                "The path straight from x to c is missing.": 4.0,
            },
        ),
        "df/dy": Asked(
            right=6.0,
            slips={
                "The path straight from y to f is missing.": 8.0,
                "One of the two edges from a to b is forgotten.": 2.0,
                "The slope of f with respect to y is −2.": 10.0,
            },
            hint="Three paths lead from y to f: two through a and b, and the edge straight to f.",
        ),
    },
    praise="x² y − x/y has the derivatives 2xy − 1/y = 3 and x² + x/y² = 6. No path from y runs over the wrong slope.",
)


check_faults = Answers(
    name="faults",
    asked={
        "A": Asked(
            right=1,
            slips={
                "A does put every node behind its parents. Does it put it there only once?": 3,
                "A calls itself and is deep on a long chain. But it is wrong on small graphs already.": 4,
            },
            hint="Walk A on f = s + s by hand.",
        ),
        "B": Asked(
            right=3,
            slips={
                "B looks a parent up in its list before it adds it: no node comes twice.": 1,
                "B compares nodes, not names.": 2,
                "B has no recursion, and its list grows by each node once.": 4,
            },
            hint="Walk B on f = s + exp(s): where does s stand?",
        ),
        "C": Asked(
            right=2,
            slips={
                "A name is listed once. And a node?": 1,
                "C waits for the parents' names. What if another node has the same name?": 3,
                "In each turn a node leaves the pile for good, so C ends.": 5,
            },
            hint="Walk C on a formula with two sums in it.",
        ),
        "D": Asked(
            right=4,
            slips={
                "D remembers what is done, and shares that with all its calls.": 1,
                "D goes to the parents first.": 3,
                "D goes down once for every node, and a formula has an end.": 5,
            },
            hint="On small graphs D does all that is asked. How many calls are open at once on a chain?",
        ),
    },
    praise="A lists shared nodes twice, B counts distances, C mistakes one + for another, D is right until it is deep.",
)

POWER, MOST_OPERATIONS = 31, 7  # of the contest


def _score_of_power(power) -> tuple[bool, str]:
    """Whether a formula is x³¹, made of few multiplications and divisions, and how many it takes."""
    output = power(graph.variable(1.1, name="x"))
    if not isinstance(output, graph.Node):
        raise Told(f"power(x) must return what it has computed from x, this is {kind(output)}.")
    nodes = [node for node in graph.topological_order(output) if node.operation]
    others = sorted({node.operation.name for node in nodes} - {"*", "/"})
    if others:
        return False, f"only × and ÷ are allowed, this uses {', '.join(others)}."
    if any(node.given is not None and not node.is_variable for node in graph.topological_order(output)):
        return False, "there is a plain number in it. Use x and what you have made of it."
    variables = [node for node in graph.topological_order(output) if node.is_variable]
    if len(variables) > 1:
        return False, "there is a variable of your own in it. Use the x that comes in."
    (x,) = variables
    exponent = _exponent(output, x)
    if exponent != POWER:
        return False, f"this is not x to the {POWER} but x to the {exponent}."
    told = f"{len(nodes)} operations, and {graph.count_paths(output, x)} paths from x."
    if len(nodes) > MOST_OPERATIONS:
        return False, f"{told} Use what you have made more than once: a node may have many children."
    return True, f"{told} That is your score; 6 can be reached."


def _exponent(output, x) -> int:
    """n, where the output is xⁿ: its nodes only multiply and divide."""
    exponents = {x: 1}
    for node in graph.topological_order(output):
        if node.operation:
            first, second = (exponents[parent] for parent in node.parents)
            exponents[node] = first + second if node.operation.name == "*" else first - second
    return exponents[output]


def _one_by_one(x):
    y = x
    for _ in range(POWER - 1):
        y = y * x
    return y


def _binary(x):
    y = x
    for _ in range(4):
        y = y * y * x
    return y


def _five_squares(x):
    y = x
    for _ in range(5):
        y = y * y
    return y / x


def _chain(x):
    x2 = x * x
    x3 = x2 * x
    x5 = x3 * x2
    x10 = x5 * x5
    x11 = x10 * x
    x21 = x11 * x10
    return x21 * x10


check_power = Contest(
    name="power",
    judge=_score_of_power,
    right=_five_squares,
    also_right=_chain,
    slips={
        "30 operations": _one_by_one,
        "8 operations": _binary,
        "only × and ÷ are allowed": lambda x: x**31,
        "this is not x to the 31": lambda x: _binary(x) * x,
        "there is a plain number in it": lambda x: 1.0 * _binary(x),
    },
)
