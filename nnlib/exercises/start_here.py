"""Checks for the exercises of the first chapter: the course's conventions."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from nnlib.exercises._checking import Finding, Slip, Verdict, call, compare

PREDICTIONS = np.array([1.0, 2.0, 4.0])
TARGETS = np.array([0.0, 3.0, 2.0])


def check_data_error(data_error: Callable) -> Finding:
    """Check ``data_error(prediction, target)``, which returns E_D = ½ Σ r² with r = prediction − target."""
    answer, finding = call("data_error", data_error, PREDICTIONS, TARGETS)
    if finding:
        return finding
    squares = np.sum((PREDICTIONS - TARGETS) ** 2)
    slips = [
        Slip(squares, "A factor 2: this is the sum of squares. E_D in this course is half of it."),
        Slip(squares / 3, "This is the mean. Losses in this course are sums over the samples, with a ½."),
        Slip(squares / 6, "This is half the mean. Losses in this course are half the SUM."),
        Slip(np.sqrt(squares), "This is a length. E_D is half the sum of squares, without a root."),
        Slip(0.5 * np.sum(PREDICTIONS - TARGETS), "The residuals are not squared."),
    ]
    finding = compare("E_D", answer, 0.5 * squares, slips)
    return finding or Finding(Verdict.RIGHT, "r = (1, −1, 2), so E_D = ½ (1 + 1 + 4) = 3.")


def check_data_gradient(data_gradient: Callable) -> Finding:
    """Check ``data_gradient(J, r)``, which returns g = ∂E_D/∂w = Jᵀr."""
    J = np.array([[1.0, 0.5], [1.0, -1.0], [1.0, 2.0]])
    r = PREDICTIONS - TARGETS
    answer, finding = call("data_gradient", data_gradient, J, r)
    if finding:
        return finding
    g = J.T @ r
    slips = [
        Slip(2 * g, "A factor 2: it belongs to the convention without ½, where E is the whole sum of squares."),
        Slip(-g, "A sign: you took target − prediction. Residuals in this course are prediction − target."),
        Slip(g / 3, "This is the mean over the samples. Losses in this course are sums."),
    ]
    finding = compare("g", answer, g, slips)
    return finding or Finding(Verdict.RIGHT, "g = Jᵀr, one entry for each weight.")


def check_stability_limit(stability_limit: Callable) -> Finding:
    """Check ``stability_limit(H)``, which returns 2/λ_max for a symmetric matrix with positive eigenvalues."""
    H = np.array([[7.0, 2.0], [2.0, 4.0]])  # eigenvalues 3 and 8
    answer, finding = call("stability_limit", stability_limit, H)
    if finding:
        return finding
    slips = [
        Slip(2 / 3, "That is 2/λ_min. The direction of the LARGEST curvature gives out first."),
        Slip(1 / 8, "That is 1/λ_max, the step to the bottom of that direction. The limit is twice as far."),
        Slip(8 / 2, "Upside down: large curvature needs small steps, so λ_max stands below the line."),
        Slip(2 / 7, "The largest entry of H is not its largest eigenvalue: try np.linalg.eigvalsh(H)."),
        Slip(2 / 11, "The trace is the SUM of the eigenvalues; asked for is the largest."),
    ]
    finding = compare("the limit", answer, 2 / 8, slips)
    return finding or Finding(Verdict.RIGHT, "H has the eigenvalues 3 and 8, so η must stay below 2/8.")


def check_noise_std(noise_std: Callable) -> Finding:
    """Check ``noise_std(beta)``: the noise's standard deviation from a β of the convention without ½."""
    answer, finding = call("noise_std", noise_std, 50.0)
    if finding:
        return finding
    slips = [
        Slip(np.sqrt(1 / 50), "That reads β as 1/σ², which is the convention WITH ½. Without it β = 1/(2σ²)."),
        Slip(1 / 100, "That is σ², the variance. The standard deviation is its square root."),
        Slip(10.0, "Upside down: a large β means little noise."),
        Slip(np.sqrt(2 / 50), "The 2 is on the wrong side: β = 1/(2σ²) gives σ² = 1/(2β)."),
    ]
    finding = compare("σ", answer, 0.1, slips)
    return finding or Finding(Verdict.RIGHT, "β = 50 without ½ means σ = 0.1. Here the same noise has β = 100.")
