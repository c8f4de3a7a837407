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
