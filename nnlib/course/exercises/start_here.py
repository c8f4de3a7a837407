"""Chapter 00: the course's conventions."""

import numpy as np

from nnlib.course.exercises._checking import Exercise

J = np.array([[1.0, 0.5], [1.0, -1.0], [1.0, 2.0]])
PREDICTION, TARGET = np.array([1.0, 2.0, 4.0]), np.array([0.0, 3.0, 2.0])
H = np.array([[7.0, 2.0], [2.0, 4.0]])  # eigenvalues 3 and 8

check_data_error = Exercise(
    name="data_error",
    quantity="E_D",
    cases=[(PREDICTION, TARGET)],
    right=lambda y, t: 0.5 * np.sum((y - t) ** 2),
    slips={
        "A factor 2: this is the sum of squares. E_D in this course is half of it.": lambda y, t: np.sum((y - t) ** 2),
        "This is the mean. Losses in this course are sums over the samples, with a ½.": lambda y, t: np.mean(
            (y - t) ** 2
        ),
        "This is half the mean. Losses in this course are half the SUM.": lambda y, t: np.mean((y - t) ** 2) / 2,
        "This is a length. E_D is half the sum of squares, without a root.": lambda y, t: np.linalg.norm(y - t),
        "The residuals are not squared.": lambda y, t: 0.5 * np.sum(y - t),
    },
    praise="r = (1, −1, 2), so E_D = ½ (1 + 1 + 4) = 3.",
)

check_data_gradient = Exercise(
    name="data_gradient",
    quantity="g",
    cases=[(J, PREDICTION - TARGET)],
    right=lambda J, r: J.T @ r,
    slips={
        "A factor 2: it belongs to the convention without ½, where E is the whole sum of squares.": lambda J, r: (
            2 * J.T @ r
        ),
        "A sign: you took target − prediction. Residuals in this course are prediction − target.": lambda J, r: (
            -J.T @ r
        ),
        "This is the mean over the samples. Losses in this course are sums.": lambda J, r: J.T @ r / len(r),
    },
    praise="g = Jᵀr, one entry for each weight.",
)

check_stability_limit = Exercise(
    name="stability_limit",
    quantity="the limit",
    cases=[(H,)],
    right=lambda H: 2 / np.linalg.eigvalsh(H)[-1],
    slips={
        "That is 2/λ_min. The direction of the LARGEST curvature gives out first.": lambda H: (
            2 / np.linalg.eigvalsh(H)[0]
        ),
        "That is 1/λ_max, the step to the bottom of that direction. The limit is twice as far.": lambda H: (
            1 / np.linalg.eigvalsh(H)[-1]
        ),
        "Upside down: large curvature needs small steps, so λ_max stands below the line.": lambda H: (
            np.linalg.eigvalsh(H)[-1] / 2
        ),
        "The largest entry of H is not its largest eigenvalue: try np.linalg.eigvalsh(H).": lambda H: 2 / H.max(),
        "The trace is the SUM of the eigenvalues; asked for is the largest.": lambda H: 2 / np.trace(H),
    },
    praise="H has the eigenvalues 3 and 8, so η must stay below 2/8.",
)

check_noise_std = Exercise(
    name="noise_std",
    quantity="σ",
    cases=[(50.0,)],
    right=lambda beta: 1 / np.sqrt(2 * beta),
    slips={
        "That reads β as 1/σ², which is the convention WITH ½. Without it β = 1/(2σ²).": lambda beta: beta**-0.5,
        "That is σ², the variance. The standard deviation is its square root.": lambda beta: 1 / (2 * beta),
        "Upside down: a large β means little noise.": lambda beta: np.sqrt(2 * beta),
        "The 2 is on the wrong side: β = 1/(2σ²) gives σ² = 1/(2β).": lambda beta: np.sqrt(2 / beta),
    },
    praise="β = 50 without ½ means σ = 0.1. Here the same noise has β = 100.",
)
