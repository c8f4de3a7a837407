"""Chapter 17: halves, signs and means."""

from __future__ import annotations

import numpy as np

from nnlib.activations import softmax
from nnlib.course.exercises._exercise import Answers, Asked, Contest, Exercise, Told, in_kind
from nnlib.derivatives import numerical_gradient

check_from_trainbr = Answers(
    name="from_trainbr",
    asked={
        "α": Asked(
            right=0.04,
            slips={
                "This is MATLAB's own α. Its sum of squares has no ½, so ours is twice as large.": 0.02,
                "The other way round: with ½ in the sum, α must be twice as large for the same product.": 0.01,
            },
        ),
        "β": Asked(
            right=100.0,
            slips={
                "This is MATLAB's own β. Ours stands before a ½.": 50.0,
                "The other way round: with ½ in the sum, β must be twice as large.": 25.0,
            },
        ),
        "λ": Asked(
            right=4e-4,
            slips={
                "One of the two is converted and the other is not. λ = α/β is the same in both books.": 8e-4,
                "One of the two is still MATLAB's. λ = α/β is the same in both books.": 2e-4,
                "Upside down: λ = α/β.": 2500.0,
            },
        ),
        "σ": Asked(
            right=0.1,
            slips={
                "This reads MATLAB's β as 1/σ². Without ½ it is 1/(2σ²).": 50.0**-0.5,
                "This is the variance. σ is its square root.": 0.01,
                "Upside down: a large β means little noise.": 10.0,
                "The ½ is counted twice: σ² is 1/(2β) with MATLAB's β, or 1/β with ours.": 200.0**-0.5,
            },
        ),
        "γ": Asked(
            right=12.6,
            slips={
                "γ counts parameters: the halves cancel in it. It does not double.": 25.2,
                "γ counts parameters: the halves cancel in it. It is not halved.": 6.3,
            },
        ),
    },
    praise="α and β double; λ, σ and γ are the same in every book.",
)


def _to_ours(eta, lam, half, mean, m):
    samples = m if mean else 1
    return eta * (1 if half else 2) / samples, lam * samples


def _by_cases(eta, lam, half, mean, m):
    if not half:
        eta = 2 * eta
    return (eta / m, lam * m) if mean else (eta, lam)


check_to_ours = Exercise(
    name="to_ours",
    quantities=("η here", "λ here"),
    cases=[
        (0.1, 0.02, True, True, 5),
        (0.1, 0.02, False, False, 7),
        (0.3, 0.5, False, True, 8),
        (0.25, 0.125, True, False, 4),
    ],
    right=_to_ours,
    also_right=_by_cases,
    slips={
        "η goes the other way: the mean's gradient is m times smaller, so there η is m times larger than here.": (
            lambda eta, lam, half, mean, m: (eta * (1 if half else 2) * (m if mean else 1), lam * (m if mean else 1))
        ),
        "Where is the ½ in η? Without it the gradient is twice as long.": (
            lambda eta, lam, half, mean, m: (eta / (m if mean else 1), lam * (m if mean else 1))
        ),
        "The ½ works the other way: there the gradient is twice as long, so here η must be twice as large.": (
            lambda eta, lam, half, mean, m: (eta * (1 if half else 0.5) / (m if mean else 1), lam * (m if mean else 1))
        ),
        "Where is the m in η? The sum's gradient is m times the mean's.": (
            lambda eta, lam, half, mean, m: (eta * (1 if half else 2), lam * (m if mean else 1))
        ),
        "λ must grow with m: the sum's data term is m times the mean's.": (
            lambda eta, lam, half, mean, m: (eta * (1 if half else 2) / (m if mean else 1), lam)
        ),
        "λ goes the other way: in the mean it must be smaller.": (
            lambda eta, lam, half, mean, m: (eta * (1 if half else 2) / (m if mean else 1), lam / (m if mean else 1))
        ),
        "The ½ stands in both terms or in neither: λ does not notice it.": (
            lambda eta, lam, half, mean, m: (
                eta * (1 if half else 2) / (m if mean else 1),
                lam * (m if mean else 1) * (1 if half else 2),
            )
        ),
        "These are the book's own numbers.": lambda eta, lam, half, mean, m: (eta, lam),
        "η is asked for first, then λ.": lambda eta, lam, half, mean, m: _to_ours(eta, lam, half, mean, m)[::-1],
    },
    praise="η takes in the ½ and the m, λ the m alone.",
)

PRINTOUTS = ("sum", "half the sum", "mean", "half the mean", "minus sign", "lost 2")
check_printouts = Answers(
    name="printouts",
    asked={
        name: Asked(
            right=right,
            options=PRINTOUTS,
            slips=slips,
            hint=f"Work out Σr² = 2.5 and Jᵀr = (−2, −5), then compare both numbers of {name}.",
        )
        for name, right, slips in (
            ("A", "sum", {"A's gradient is the derivative of its loss: both are doubled.": "lost 2"}),
            ("B", "half the mean", {"The mean of r² is 0.625; B has half of it.": "mean"}),
            ("C", "mean", {"Half the mean of r² is 0.3125; C has twice that.": "half the mean"}),
            ("D", "minus sign", {"D's loss is half the sum. Look at the sign of its gradient.": "half the sum"}),
            ("E", "lost 2", {"E's loss is the sum of squares. Is its gradient the derivative of that?": "sum"}),
        )
    },
    praise="Two numbers are enough to tell a convention: the loss, and a gradient that belongs to it or does not.",
)

VERDICTS = ("right", "targets", "slope", "half", "mean")
OF_THE_OUTPUT = "Find its loss and its outputs in the table of the output error: what does δ look like there, and when?"
check_lines = Answers(
    name="lines",
    asked={
        name: Asked(right=right, options=VERDICTS, slips=slips, hint=hint)
        for name, right, slips, hint in (
            (
                "1",
                "targets",
                {"The softmax shortcut needs no slope. But what do these targets add up to?": "slope"},
                OF_THE_OUTPUT,
            ),
            (
                "2",
                "slope",
                {"For cross-entropy the slope cancels; this is squared error's signal.": "right"},
                OF_THE_OUTPUT,
            ),
            (
                "3",
                "right",
                {"Linear outputs have g′ = 1, so there is no slope to be missed.": "slope"},
                OF_THE_OUTPUT,
            ),
            (
                "4",
                "half",
                {"Without ½ the density is exp(−β r²), so β is not 1/σ².": "right"},
                "Is there a ½ in this F? What does the table of the half say about noise?",
            ),
            (
                "5",
                "mean",
                {"Gradients agree after dividing by m, minima only if λ is divided too.": "right"},
                "Multiply E by the number of samples and compare it with the sum, term by term.",
            ),
        )
    },
    praise="All five run without an error. Only a second opinion finds the wrong ones.",
)


def _log_sum_exp(z: np.ndarray):
    """ln Σ e^z, which is z_k − ln a_k for softmax outputs a, finite however far apart the z are."""
    largest = z.real.max()
    return largest + np.log(np.sum(np.exp(z - largest)))


def _score_of_targets(worst_targets) -> tuple[bool, str]:
    """Whether a − y misses the error signal of softmax outputs by more than 1.9, and by how much it does."""
    answer = worst_targets()
    if not (isinstance(answer, (tuple, list, np.ndarray)) and len(answer) == 2):
        raise Told("worst_targets must return two lists of three numbers: z, y.")
    z, y = (in_kind(name, value, np.zeros(3)) for name, value in zip("zy", answer, strict=True))
    if z.shape != (3,) or y.shape != (3,):
        raise Told(f"z and y must be three numbers each, they have the shapes {z.shape} and {y.shape}.")
    if (y < 0).any() or (y > 1).any():
        raise Told("each target must lie between 0 and 1.")
    delta = numerical_gradient(lambda z: np.sum(y * (_log_sum_exp(z) - z)), z, method="complex")
    miss = np.abs(delta - (softmax(z) - y)).max()
    if abs(y.sum() - 1) < 1e-9:
        return False, f"the shortcut misses by {miss:.3g}: these targets add up to one, and then it is right."
    if miss <= 1.0:
        return False, f"the shortcut misses by {miss:.3g}. It misses by a_k |Σy − 1|: both factors can be larger."
    if miss <= 1.9:
        return False, f"the shortcut misses by {miss:.3g}: more than 1.9 can be had."
    return True, f"the shortcut misses by {miss:.4f}. The most is 2, where one output is 1 and all three targets are."


check_worst_targets = Contest(
    name="worst_targets",
    judge=_score_of_targets,
    right=lambda: ([20.0, 0.0, 0.0], [1.0, 1.0, 1.0]),
    also_right=lambda: (np.array([0.0, 5.0, 0.0]), np.ones(3)),
    slips={
        "these targets add up to one": lambda: ([3.0, 0.0, 0.0], [0.0, 0.0, 1.0]),
        "both factors can be larger": lambda: ([0.0, 0.0, 0.0], [1.0, 1.0, 1.0]),
        "more than 1.9 can be had": lambda: ([2.0, 0.0, 0.0], [1.0, 1.0, 1.0]),
        "each target must lie between 0 and 1": lambda: ([2.0, 0.0, 0.0], [5.0, 1.0, 1.0]),
    },
)
