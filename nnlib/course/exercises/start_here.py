"""Chapter 00: the course's conventions."""

import numpy as np

from nnlib.course.exercises._exercise import Exercise

eigenvalues = np.linalg.eigvalsh


check_data_error = Exercise(
    name="data_error",
    quantities=("E_D",),
    cases=[
        (np.array([1.0, 2.0, 5.0]), np.array([0.0, 3.0, 2.0])),
        (np.array([2.0, -1.0, 0.5, 4.0]), np.array([1.0, 1.0, 0.0, 1.0])),
    ],
    right=lambda prediction, target: 0.5 * np.sum((prediction - target) ** 2),
    also_right=lambda prediction, target: (prediction - target) @ (prediction - target) / 2,
    slips={
        "A factor 2: this is the sum of squares. E_D in this course is half of it.": lambda y, t: np.sum((y - t) ** 2),
        "This is the mean. Losses in this course are sums over the samples, with a ½.": lambda y, t: np.mean(
            (y - t) ** 2
        ),
        "This is half the mean. Losses in this course are half the SUM.": lambda y, t: np.mean((y - t) ** 2) / 2,
        "This is a length. E_D is half the sum of squares, without a root.": lambda y, t: np.linalg.norm(y - t),
        "The residuals are not squared.": lambda y, t: 0.5 * np.sum(y - t),
        "First the squares, then the sum: this is half the square of the sum.": lambda y, t: 0.5 * np.sum(y - t) ** 2,
        "These are the terms. Their sum is missing.": lambda y, t: 0.5 * (y - t) ** 2,
    },
    praise="half the sum of the squared residuals; for r = (1, −1, 3) it is ½ (1 + 1 + 9) = 5.5.",
)

check_data_gradient = Exercise(
    name="data_gradient",
    quantities=("g",),
    cases=[
        (np.array([[1.0, 0.5], [1.0, -1.0], [1.0, 2.0]]), np.array([1.0, -1.0, 3.0])),
        (np.array([[2.0, 1.0, 0.0], [-1.0, 1.0, 3.0]]), np.array([1.0, -2.0])),
    ],
    right=lambda J, r: J.T @ r,
    also_right=lambda J, r: np.array([sum(J[i, j] * r[i] for i in range(len(r))) for j in range(J.shape[1])]),
    slips={
        "A factor 2: it belongs to the convention without ½, where E is the whole sum of squares.": lambda J, r: (
            2 * J.T @ r
        ),
        "A ½ too many: that of E_D cancels the 2 that the square brings down.": lambda J, r: 0.5 * J.T @ r,
        "A sign: you took target − prediction. Residuals in this course are prediction − target.": lambda J, r: (
            -J.T @ r
        ),
        "This is the mean over the samples. Losses in this course are sums.": lambda J, r: J.T @ r / len(r),
        "The residuals are missing: these are the sums of J's columns.": lambda J, r: J.sum(axis=0),
    },
    praise="g = Jᵀr, one entry for each weight.",
)

check_stability_limit = Exercise(
    name="stability_limit",
    quantities=("the limit",),
    cases=[
        (np.array([[7.0, 2.0], [2.0, 4.0]]),),  # eigenvalues 3 and 8
        (np.array([[2.0, 1.0, 0.0], [1.0, 3.0, 1.0], [0.0, 1.0, 5.0]]),),
    ],
    right=lambda H: 2 / eigenvalues(H)[-1],
    also_right=lambda H: 2 / np.linalg.norm(H, 2),
    slips={
        "That is 2/λ_min. The direction of the LARGEST curvature gives out first.": lambda H: 2 / eigenvalues(H)[0],
        "That is 1/λ_max, the step to the bottom of that direction. The limit is twice as far.": lambda H: (
            1 / eigenvalues(H)[-1]
        ),
        "Upside down: large curvature needs small steps, so λ_max stands below the line.": lambda H: (
            eigenvalues(H)[-1] / 2
        ),
        "The largest entry of H is not its largest eigenvalue: try np.linalg.eigvalsh(H).": lambda H: 2 / H.max(),
        "The trace is the SUM of the eigenvalues; asked for is the largest.": lambda H: 2 / np.trace(H),
        "That is a limit for each direction. One η serves them all, so the smallest limit counts.": lambda H: (
            2 / eigenvalues(H)
        ),
    },
    praise="H = [[7, 2], [2, 4]] has the eigenvalues 3 and 8, so η must stay below 2/8.",
)

check_noise_std = Exercise(
    name="noise_std",
    quantities=("σ",),
    cases=[(50.0,), (3.0,)],
    right=lambda beta: 1 / np.sqrt(2 * beta),
    also_right=lambda beta: (2 * beta) ** -0.5,
    slips={
        "That reads β as 1/σ², which is the convention WITH ½. Without it β = 1/(2σ²).": lambda beta: beta**-0.5,
        "That is σ², the variance. The standard deviation is its square root.": lambda beta: 1 / (2 * beta),
        "Upside down: a large β means little noise.": lambda beta: np.sqrt(2 * beta),
        "The 2 is on the wrong side: β = 1/(2σ²) gives σ² = 1/(2β).": lambda beta: np.sqrt(2 / beta),
    },
    praise="β = 50 without ½ means σ = 0.1. Here the same noise has β = 100.",
)
