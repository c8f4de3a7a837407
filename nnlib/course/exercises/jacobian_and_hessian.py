"""Chapter 08: Jacobian and Hessian."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np

from nnlib.course.exercises._exercise import Answers, Asked, Contest, Exercise, Question, Told, in_kind

# ---------------------------------------------------------------------------------------------------------------------
# 1, by hand: a row of the error Jacobian, with the numbers of chapter 03
# ---------------------------------------------------------------------------------------------------------------------

LAYERS = [
    (np.array([[0.5, 0.4], [0.3, 0.6], [-0.4, 0.8]]), np.array([0.3, 0.1, 0.6])),
    (np.array([[0.6, -1.0, 0.8]]), np.array([0.3])),
]
X0, Y0 = np.array([2.0, 0.5]), 0.9
(_W1, _B1), (_W2, _B2) = LAYERS
HIDDEN = np.tanh(_W1 @ X0 + _B1)
OUTPUT = float(np.tanh(_W2 @ HIDDEN + _B2)[0])
SLOPE, SLOPES, RESIDUAL = 1 - OUTPUT**2, 1 - HIDDEN**2, OUTPUT - Y0
BACK = SLOPE * _W2[0] * SLOPES  # what comes back to the hidden units
WITH_BIAS = np.append(X0, 1.0)

check_row = Answers(
    name="row",
    digits=2,
    asked={
        "start": Asked(
            right=SLOPE,
            slips={
                "That is the error signal of chapter 03, with the residual in it. A row of J asks for the output "
                "alone: 1 in place of a − y.": RESIDUAL * SLOPE,
                "The output unit bends too: from z to a the local derivative is 1 − a².": 1.0,
                "This is 1 − a. The slope of tanh is 1 − a², with a square.": 1 - OUTPUT,
                "This is a itself. Asked is the slope there.": OUTPUT,
                "This is a². The slope of tanh is 1 − a².": OUTPUT**2,
                "This is a(1 − a), the slope of a logistic unit. This one is a tanh unit.": OUTPUT * (1 - OUTPUT),
                "That is the residual. J does not know the target.": RESIDUAL,
                "That is the residual with the other sign. J does not know the target.": -RESIDUAL,
            },
        ),
        "output weights and bias": Asked(
            right=SLOPE * np.append(HIDDEN, 1.0),
            each="number",
            slips={
                "What comes in is missing: the signal at the right end of the edge, times the a at its left end.": (
                    SLOPE * np.ones(4)
                ),
                "These are the a at the left ends. They are still to be multiplied by the start.": (
                    np.append(HIDDEN, 1.0)
                ),
                "These carry the residual: they are the gradient of the loss.": (
                    RESIDUAL * SLOPE * np.append(HIDDEN, 1.0)
                ),
                "The weights themselves do not matter here: the output is linear in them before the tanh.": (
                    SLOPE * np.append(_W2[0] * HIDDEN, 1.0)
                ),
                "The bias is a weight whose input is always 1: its entry is the start itself.": (
                    SLOPE * np.append(HIDDEN, 0.3)
                ),
                "This is the bias itself. Its entry is the start times its input, which is always 1.": (
                    np.append(SLOPE * HIDDEN, 0.3)
                ),
                "The input of the bias is 1, but it is still to be multiplied by the start.": (
                    np.append(SLOPE * HIDDEN, 1.0)
                ),
                "The bias comes last, as in the rows of nnlib.": SLOPE * np.append(1.0, HIDDEN),
                "The slopes of the hidden units lie below these weights: their paths do not run there.": (
                    SLOPE * np.append(SLOPES * HIDDEN, 1.0)
                ),
            },
        ),
        "hidden signals": Asked(
            right=BACK,
            each="unit",
            slips={
                "The slope of the hidden units is missing, 1 − a² of each.": SLOPE * _W2[0],
                "The weights on the way back are missing.": SLOPE * SLOPES,
                "The start is missing: it goes back through every edge.": _W2[0] * SLOPES,
                "Times a where the slope 1 − a² belongs.": SLOPE * _W2[0] * HIDDEN,
                "Times 1 − a where the slope 1 − a² belongs, with a square.": SLOPE * _W2[0] * (1 - HIDDEN),
                "The weight of unit 2 is −1.0, and its sign goes back with it.": np.abs(BACK),
                "These are the δ of chapter 03, with the residual in them.": RESIDUAL * BACK,
            },
        ),
        "unit 3": Asked(
            right=BACK[2] * WITH_BIAS,
            each="number",
            slips={
                "The inputs are missing: the first two entries are the signal times x.": BACK[2] * np.ones(3),
                "Those belong to unit 1, asked is unit 3.": BACK[0] * WITH_BIAS,
                "Times the weights of unit 3, where its inputs belong.": BACK[2] * np.append(_W1[2], 1.0),
                "Times hidden a. At the left ends of these edges stand the inputs x.": (
                    BACK[2] * np.append(HIDDEN[:2], 1.0)
                ),
                "The input of the bias is 1. This is the signal times the bias.": (BACK[2] * np.append(X0, _B1[2])),
                "Here the residual has come in again.": RESIDUAL * BACK[2] * WITH_BIAS,
                "The bias comes last, as in the rows of nnlib.": BACK[2] * np.array([1.0, *X0]),
            },
        ),
        "its gradient": Asked(
            right=RESIDUAL * BACK[2] * WITH_BIAS,
            each="number",
            slips={
                "The sign: the residual is output minus target.": -RESIDUAL * BACK[2] * WITH_BIAS,
                "That is the row of J again. The gradient is Jᵀr: times the residual.": BACK[2] * WITH_BIAS,
                "The ½ of the loss has cancelled the 2 of the square.": 2 * RESIDUAL * BACK[2] * WITH_BIAS,
                "Half of it: the derivative of ½ r² is r, no ½ is left.": RESIDUAL / 2 * BACK[2] * WITH_BIAS,
                "The slope of the output unit stands in the row already: times r alone.": (
                    RESIDUAL * SLOPE * BACK[2] * WITH_BIAS
                ),
                "Times the target, where the residual belongs.": Y0 * BACK[2] * WITH_BIAS,
                "Times the loss, where the residual belongs.": RESIDUAL**2 / 2 * BACK[2] * WITH_BIAS,
                "Times the output, where the residual belongs.": OUTPUT * BACK[2] * WITH_BIAS,
            },
        ),
    },
    praise="the same pass as in chapter 03, started with 1 in place of the residual. Once the row is there, the "
    "gradient is the residual times the row.",
)

# ---------------------------------------------------------------------------------------------------------------------
# 2, build: the error Jacobian of several outputs
# ---------------------------------------------------------------------------------------------------------------------


def _rows(
    start: Callable = lambda k, a2: np.eye(len(a2))[k] * (1 - a2**2),
    slope: Callable = lambda a: 1 - a**2,
    row: Callable = lambda d1, x, d2, a1: np.concatenate(
        [np.column_stack([np.outer(d, a), d]).ravel() for d, a in ((d1, x), (d2, a1))]
    ),
    order: Callable = lambda rows: rows.reshape(-1, rows.shape[-1]),
) -> Callable:
    """The Jacobian by one pass back for each sample and output, with its decisions left open."""

    def jacobian(layers, X):
        (W1, b1), (W2, b2) = layers
        table = []
        for x in X:
            a1 = np.tanh(W1 @ x + b1)
            a2 = np.tanh(W2 @ a1 + b2)
            starts = [start(k, a2) for k in range(len(a2))]
            table.append([row((W2.T @ d2) * slope(a1), x, d2, a1) for d2 in starts])
        return order(np.array(table))

    return jacobian


def _all_at_once(layers, X):
    """The same with one array operation for each block of columns."""
    (W1, b1), (W2, b2) = layers
    A1 = np.tanh(X @ W1.T + b1)
    D2 = (1 - np.tanh(A1 @ W2.T + b2) ** 2)[:, :, None] * np.eye(len(b2))
    D1 = (D2 @ W2) * (1 - A1**2)[:, None]
    with_bias = [np.column_stack([A, np.ones(len(A))])[:, None, None] for A in (X, A1)]
    blocks = [(D[..., None] * A).reshape(D.shape[0] * D.shape[1], -1) for D, A in zip((D1, D2), with_bias, strict=True)]
    return np.hstack(blocks)


def _network(sizes, samples: int, seed: int) -> tuple[list, np.ndarray]:
    rng = np.random.default_rng(seed)
    layers = [
        (rng.normal(size=(after, before)).round(1), rng.normal(size=after).round(1))
        for before, after in pairwise(sizes)
    ]
    return layers, rng.normal(size=(samples, sizes[0])).round(1)


check_error_jacobian = Exercise(
    name="error_jacobian",
    quantities=("J",),
    cases=[_network((2, 3, 2), 3, 0), _network((3, 3, 3), 2, 1), _network((1, 4, 2), 4, 2)],
    right=_rows(),
    also_right=_all_at_once,
    slips={
        "The rows are those of the first output for all samples, then of the second. Asked: all outputs of sample 0, "
        "then of sample 1.": _rows(order=lambda rows: rows.transpose(1, 0, 2).reshape(-1, rows.shape[-1])),
        "Each row belongs to the SUM of all outputs: start with 1 at one output and 0 at the others.": _rows(
            start=lambda k, a2: 1 - a2**2
        ),
        "There is one row a sample: the outputs have been added up. Each output has a row of its own.": _rows(
            start=lambda k, a2: 1 - a2**2, order=lambda rows: rows[:, 0]
        ),
        "These are the rows of the first output alone. Each output has a row of its own.": _rows(
            order=lambda rows: rows[:, 0]
        ),
        "This is the first row alone. Does the function return inside the loop?": _rows(order=lambda rows: rows[0, 0]),
        "The rows stand in a table of samples and outputs. Asked is one row below the other, a matrix.": _rows(
            order=lambda rows: rows
        ),
        "The weights of the other outputs have columns too: their entries are 0.": _rows(
            row=lambda d1, x, d2, a1: np.concatenate(
                [np.column_stack([np.outer(d1, x), d1]).ravel(), d2[d2 != 0][0] * np.append(a1, 1.0)]
            )
        ),
        "The slope of the output units is missing: start with 1 − a² of the output.": _rows(
            start=lambda k, a2: np.eye(len(a2))[k]
        ),
        "The slope of the hidden units is missing on the way back.": _rows(slope=lambda a: 1.0 + 0 * a),
        "On the way back a stands where its slope 1 − a² belongs.": _rows(slope=lambda a: a),
        "This is the transpose: a row for each output of each sample, a column for each weight.": lambda layers, X: (
            _rows()(layers, X).T
        ),
        "All weights of a layer stand before its biases. Asked is each unit's row with its bias behind it.": _rows(
            row=lambda d1, x, d2, a1: np.concatenate([np.outer(d1, x).ravel(), d1, np.outer(d2, a1).ravel(), d2])
        ),
        "The bias of each unit stands before its weights. It comes last.": _rows(
            row=lambda d1, x, d2, a1: np.concatenate(
                [np.column_stack([d, np.outer(d, a)]).ravel() for d, a in ((d1, x), (d2, a1))]
            )
        ),
        "The weights are laid out input by input. Asked is unit by unit: a row of W and then its bias.": _rows(
            row=lambda d1, x, d2, a1: np.concatenate(
                [np.vstack([np.outer(a, d), d]).ravel() for d, a in ((d1, x), (d2, a1))]
            )
        ),
        "The layers are in the wrong order: the columns begin with the first one.": _rows(
            row=lambda d1, x, d2, a1: np.concatenate(
                [np.column_stack([np.outer(d, a), d]).ravel() for d, a in ((d2, a1), (d1, x))]
            )
        ),
        "The columns of the biases are missing.": _rows(
            row=lambda d1, x, d2, a1: np.concatenate([np.outer(d1, x).ravel(), np.outer(d2, a1).ravel()])
        ),
        "Every row is multiplied by its output. J has no residual and no output in it.": _rows(
            start=lambda k, a2: np.eye(len(a2))[k] * (1 - a2**2) * a2
        ),
    },
    praise="a row for each output of each sample, one pass back for each. This is the matrix that chapters 10 to 12 "
    "work with.",
)

# ---------------------------------------------------------------------------------------------------------------------
# 3, read: what are these points?
# ---------------------------------------------------------------------------------------------------------------------

POINTS = {  # name: gradient and Hessian
    "A": ((0.0, 0.0), ((2.0, 3.0), (3.0, 2.0))),
    "B": ((0.0, 0.0), ((-3.0, 1.0), (1.0, -2.0))),
    "C": ((0.0, 0.0), ((4.0, -2.0), (-2.0, 1.0))),
    "D": ((0.8, -0.3), ((3.0, 1.0), (1.0, 2.0))),
    "E": ((0.0, 0.0), ((3.0, -2.0), (-2.0, 2.0))),
}
points = "\n".join(
    ["point   gradient        Hessian", *(f"{name:7} {g!s:15} {H[0]}, {H[1]}" for name, (g, H) in POINTS.items())]
)
KINDS = ("minimum", "maximum", "saddle point", "H does not decide", "not stationary")

check_points = Answers(
    name="kinds",
    asked={
        "A": Asked(
            right="saddle point",
            options=KINDS,
            slips={
                "A is bent up along x and along y, but these are two directions of many: try (1, −1).": "minimum",
                "A: the gradient is 0, and that is what stationary says.": "not stationary",
            },
            hint="A: the determinant is the product of the eigenvalues. What does its sign say?",
        ),
        "B": Asked(
            right="maximum",
            options=KINDS,
            slips={
                "B: a positive determinant says that both eigenvalues have the same sign. Which one does the trace "
                "say?": "minimum",
                "B: the signs of the entries are not those of the eigenvalues. The determinant is 5.": "saddle point",
                "B: the gradient is 0, and that is what stationary says.": "not stationary",
            },
            hint="B: the determinant is 5, the trace −5.",
        ),
        "C": Asked(
            right="H does not decide",
            options=KINDS,
            slips={
                "C: along (1, 2) the curvature is 0, and the terms beyond H decide whether it goes up or down.": (
                    "minimum"
                ),
                "C: no eigenvalue is negative here. A negative entry off the diagonal proves nothing.": "saddle point",
                "C: the gradient is 0, and that is what stationary says.": "not stationary",
            },
            hint="C: compute the determinant.",
        ),
        "D": Asked(
            right="not stationary",
            options=KINDS,
            slips={
                "D: H bends up both ways, but look at the gradient first: along −g it still goes downhill.": "minimum",
            },
            hint="D: look at the gradient first.",
        ),
        "E": Asked(
            right="minimum",
            options=KINDS,
            slips={
                "E: a negative entry off the diagonal makes no saddle. The determinant is 2.": "saddle point",
                "E: the gradient is 0, and that is what stationary says.": "not stationary",
            },
            hint="E: the determinant is 2, the trace 5.",
        ),
        "eigenvalues at A": Asked(
            right=[5.0, -1.0],
            slips={
                "That is the diagonal. The 3 off it counts too.": [2.0, 2.0],
                "Those are they; the larger one first, as everywhere in this course.": [-1.0, 5.0],
                "Their product is the determinant 2 · 2 − 3 · 3: one of them is negative.": [5.0, 1.0],
                "The sum of the two is the trace 4, their product the determinant −5: check the signs.": [-5.0, 1.0],
            },
            hint="Their sum is the trace, their product the determinant.",
        ),
        "curvature at E along (1, 1)": Asked(
            right=0.5,
            slips={
                "This is vᵀHv with v = (1, 1), whose length is √2. Asked is a direction of length 1.": 1.0,
                "Off the diagonal stands the entry −2, and it counts twice in vᵀHv.": 1.5,
                "This is the mean of the diagonal. What stands off it counts too.": 2.5,
                "The entries off the diagonal are −2, not 2.": 4.5,
                "Divided by the length √2, where its square belongs: v stands in vᵀHv twice.": 2**-0.5,
            },
        ),
    },
    praise="first the gradient, then the signs of the eigenvalues; and in two dimensions determinant and trace tell "
    "these signs without a root.",
)

# ---------------------------------------------------------------------------------------------------------------------
# 4, bug hunt: five programs
# ---------------------------------------------------------------------------------------------------------------------


def program_a(r, w):  # the Jacobian of r
    columns = []
    for i in range(len(w)):
        e = np.zeros(len(w))
        e[i] = 1e-5
        columns.append((r(w + e) - r(w - e)) / 2e-5)
    return np.array(columns)


def program_b(r, w):  # the Jacobian of r
    columns, moved = [], w.copy()
    for i in range(len(w)):
        moved[i] += 1e-6
        columns.append((r(moved) - r(w)) / 1e-6)
    return np.column_stack(columns)


def program_c(r, w):  # the Hessian of E = ½ Σ r²
    g = []
    for i in range(len(w)):
        e = np.zeros(len(w))
        e[i] = 1e-5
        g.append((np.sum(r(w + e) ** 2) - np.sum(r(w - e) ** 2)) / 4e-5)
    return np.outer(g, g)


def program_d(r, w):  # the Jacobian of r
    columns = []
    for i in range(len(w)):
        e = np.zeros(len(w))
        e[i] = 1e-5
        columns.append((r(w + e) ** 2 - r(w - e) ** 2) / 4e-5)
    return np.column_stack(columns)


def program_e(r, w):  # the Hessian of E = ½ Σ r²
    H = np.zeros((len(w), len(w)))
    for i in range(len(w)):
        e = np.zeros(len(w))
        e[i] = 1e-4
        E = [np.sum(r(v) ** 2) / 2 for v in (w - e, w, w + e)]
        H[i, i] = (E[0] - 2 * E[1] + E[2]) / 1e-8
    return H


broken_programs = {program.__name__: program for program in (program_a, program_b, program_c, program_d, program_e)}
FAULTS = (
    "rows and columns have changed places",
    "what has been moved is never put back",
    "first derivatives are multiplied, where second ones belong",
    "every row is multiplied by its residual",
    "the mixed derivatives are left out",
    "the step is so small that rounding is all that is left",
    "the outputs are added up before they are differentiated",
)


def hunting_ground(w):
    """Two residuals of two weights, on which the programs can be tried."""
    return np.array([w[0] ** 2 * w[1] - 1.0, 3.0 * w[0] + w[1] ** 2])


HUNT_AT = np.array([2.0, 1.0])
RIGHT = {"J": [[4.0, 4.0], [3.0, 2.0]], "H": [[31.0, 34.0], [34.0, 34.0]]}


def _gives(name: str) -> str:
    matrix = np.array(broken_programs[name](hunting_ground, HUNT_AT)).round(2).tolist()
    right = RIGHT["H" if name in ("program_c", "program_e") else "J"]
    return f"Run {name} on hunting_ground at (2, 1): it gives {matrix}, right is {right}."


check_bugs = Answers(
    name="bugs",
    asked={
        name: Asked(right=FAULTS[fault], options=FAULTS, hint=_gives(name))
        for name, fault in zip(broken_programs, (0, 1, 2, 3, 4), strict=True)
    },
    praise="all five. A check against a second way finds every one of them at a point where J is not symmetric and has "
    "no column of zeros, H is not diagonal and no residual is 1.",
)

# ---------------------------------------------------------------------------------------------------------------------
# 5, contest: bend the square and keep every area
# ---------------------------------------------------------------------------------------------------------------------

BEND, SMALL_STEP, WINDOW = 5.0, 1e-5, 2.0
CORNERS = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
SPOTS = np.concatenate([np.random.default_rng(8).uniform(size=(24, 2)).round(3), CORNERS])
LATTICE = np.stack(np.meshgrid(*[np.linspace(0, 1, 17)] * 2), axis=-1).reshape(-1, 2)


def _measured(program: Callable) -> tuple[np.ndarray, np.ndarray]:
    """The images of a lattice of points, and the Jacobians at the spots by central differences."""

    def f(w):
        value = in_kind("What f returns", program(w), np.zeros(2))
        if value.shape != (2,):
            raise Told(f"f must return two numbers, this has shape {value.shape}.")
        return value

    def jacobian(w, h):
        return np.column_stack([(f(w + e) - f(w - e)) / (2 * h) for e in h * np.eye(2)])

    J = [jacobian(w, SMALL_STEP) for w in SPOTS]
    for w, A in zip(SPOTS, J, strict=True):
        if np.linalg.norm(A - jacobian(w, SMALL_STEP / 2)) > 0.01 * (1 + np.linalg.norm(A)):
            raise Told(f"At {_written(w)} f jumps, or wiggles within {SMALL_STEP:g}: it has no J that can be measured.")
    return np.array([f(w) for w in LATTICE]), np.array(J)


def _written(w) -> str:
    return "({:g}, {:g})".format(*w)


def _bend(program: Callable) -> tuple[bool, str]:
    """Whether the map keeps all areas, stays in the window and bends enough; its score, and what is in the way."""
    images, J = _measured(program)
    determinants, bend = np.linalg.det(J), max(np.linalg.norm(A - J[0]) for A in J)
    worst = int(np.argmax(np.abs(determinants - 1)))
    off = determinants[worst]
    if abs(off - 1) > 1e-3:
        if (np.abs(determinants + 1) <= 1e-3).all():
            return False, "det J = −1 everywhere: areas are kept, but the square is turned over. One sign more or less."
        return False, f"Areas are not kept: at {_written(SPOTS[worst])} det J = {off:.3g}, where 1 is asked."
    if np.abs(images).max() > WINDOW:
        return False, f"All areas are kept, but the image leaves the window: it reaches {np.abs(images).max():.3g}."
    if bend < BEND:
        hint = "J is the same everywhere: the map is linear." if bend < 1e-6 else "Look for a shear that wiggles more."
        return False, f"All areas are kept, and the bend is {bend:.2f}; the target is {BEND:g}. {hint}"
    return True, f"All areas are kept, and the bend is {bend:.1f}. No single answer is right: how far can you go?"


def _wiggle(w):
    u, v = w
    return np.array([u, v + 0.8 * np.sin(9 * u)])


def _two_shears(w):
    u, v = w
    v = v + 0.5 * np.cos(8 * u)
    return np.array([u + 0.4 * np.sin(7 * v), v])


check_contest = Contest(
    name="f",
    judge=_bend,
    right=lambda w: _wiggle(w),
    also_right=_two_shears,
    slips={
        "the map is linear": lambda w: np.array([w[0] + 0.5 * w[1], w[1]]),
        "Areas are not kept": lambda w: np.array([w[0] * np.cos(w[1]), w[0] * np.sin(w[1])]),
        "the square is turned over": lambda w: np.array([w[1] + 0.8 * np.sin(9 * w[0]), w[0]]),
        "the image leaves the window": lambda w: np.array([w[0], w[1] + 6 * w[0] ** 2]),
        "a shear that wiggles more": lambda w: np.array([w[0], w[1] + w[0] ** 2]),
        "f jumps, or wiggles": lambda w: np.array([w[0], w[1] + np.floor(16 * w[0]) / 16]),
    },
)

# ---------------------------------------------------------------------------------------------------------------------
# What the figures ask
# ---------------------------------------------------------------------------------------------------------------------

negative_determinant = Question(
    "A map takes a small square of the plane to a small figure that is nearly a parallelogram. With the map comes a "
    "number, det J, by which the area is multiplied. Somewhere it is negative. What does the figure look like there?",
    {
        "it has gone: a negative area is less than none": "Tempting, because a negative length or weight is nonsense. "
        "But the sign does not stand for size. No area at all is det J = 0.",
        "it is smaller than the square": "Tempting, because minus sounds like less. Less would be a number between 0 "
        "and 1; −3 makes an area three times as large.",
        "it is turned over, like a page": "Its corners, taken in the order that they had, go round the other way. The "
        "size of det J is the factor of area, its sign tells the side.",
        "it lies on the other side of the origin": "Tempting, because on a line a minus sign does this. A place "
        "depends on f itself, det J on how f changes. A half turn about the origin has det J = 1.",
    },
    answer="it is turned over, like a page",
)

square_at_a_saddle = Question(
    "The gradient is a map too: it takes (x, y) to (∂E/∂x, ∂E/∂y). At the cross the surface has a saddle: there the "
    "gradient is 0, E rises along one direction and falls along another. What does the gradient make of a small square "
    "at the cross?",
    {
        "a point: the gradient is 0 there": "Tempting, because the corner at the cross does land at 0. But the other "
        "corners do not stand at the cross.",
        "a line: it rises one way, falls the other, and that cancels": "Tempting, because +1 and −1 add to 0. But "
        "areas multiply: the factor is the product of the two curvatures, not their sum.",
        "a parallelogram on the same side as the square": "Tempting, because at the stars it is so. There both "
        "curvatures are positive; here they have opposite signs.",
        "a parallelogram that is turned over": "A move along the one direction takes the gradient the same way, a "
        "move along the other takes it the opposite way. One direction is flipped and the other is not, so the square "
        "is turned over: det H < 0.",
    },
    answer="a parallelogram that is turned over",
)

flat_and_wrong = Question(
    "At w = (0, 2) the neuron says 0.964 whatever x is, though ten of the 15 points lie below 0. It is saturated: no "
    "1 − ŷ² is above 0.071. Of which signs are the two eigenvalues of the Hessian there?",
    {
        "both positive, but small: a wide flat bowl": "Tempting, because a loss that is a sum of squares seems to be a "
        "bowl everywhere. It is a bowl in the residuals, and these are no straight lines in w.",
        "both 0: nothing moves, so nothing bends": "Tempting, because the slopes are small. But there are large "
        "residuals, and they make much of a small slope that changes.",
        "one positive and one negative: a saddle": "Tempting, because one expects a way out along one direction. Most "
        "places of this surface bend up one way and down the other, but not this one.",
        "both negative: the surface bends down": "The slope grows on the way back to the data: the loss falls slowly "
        "at first and then faster and faster. This is how the edge of a plateau bends.",
    },
    answer="both negative: the surface bends down",
)

one_bias = Question(
    "The sine network has 41 samples and ten hidden units. The bias of hidden unit 6 is moved a little. At how many "
    "samples does the answer move by more than a twentieth of that?",
    {
        "at all: every sample goes through every unit": "Tempting, because each sample does use every weight. But a "
        "unit that is saturated at a sample passes the move on multiplied by nearly 0.",
        "at about a dozen, all neighbors": "A hidden unit bends somewhere on the interval. There it is not saturated, "
        "and only there a move of its bias is felt.",
        "at one: a weight for each sample": "Tempting, because 31 weights and 41 samples are nearly alike. But no "
        "weight was given a sample.",
        "at about half, here and there": "Tempting, because the curve goes up and down. But the ups and downs belong "
        "to different units.",
    },
    answer="at about a dozen, all neighbors",
)
