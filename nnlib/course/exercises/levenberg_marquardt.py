"""Chapter 11: Levenberg–Marquardt."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from nnlib import datasets
from nnlib.course.exercises._checking import Exercise, Finding, Verdict, answer_of
from nnlib.network import MLP
from nnlib.problems import CurveFit, NetworkFit

solve = np.linalg.solve
# A case small enough for paper, with nothing symmetric about it.
J = np.array([[1.0, 0.0], [2.0, 1.0], [0.0, 3.0]])
R = np.array([1.0, -1.0, 2.0])
I = np.eye(2)

check_lm_step = Exercise(
    name="lm_step",
    quantity="p",
    cases=[(J, R, 2.0)],
    right=lambda J, r, mu: solve(J.T @ J + mu * I, -J.T @ r),
    slips={
        "A sign? The step goes against the gradient: p = −(…)⁻¹ Jᵀr.": lambda J, r, mu: solve(
            J.T @ J + mu * I, J.T @ r
        ),
        "Is μ in it? This is the Gauss–Newton step.": lambda J, r, mu: solve(J.T @ J, -J.T @ r),
        "Only μI was inverted: this is steepest descent with η = 1/μ. JᵀJ belongs in the matrix too.": lambda J, r, mu: (
            -J.T @ r / mu
        ),
        "JTJ + mu adds μ to EVERY entry; μI adds it to the diagonal: mu * np.eye(n).": lambda J, r, mu: solve(
            J.T @ J + mu, -J.T @ r
        ),
        "A factor 2: that is the convention without ½ in E. Ours has E = ½ Σ r², so JᵀJ and Jᵀr.": lambda J, r, mu: (
            solve(2 * J.T @ J + mu * I, -2 * J.T @ r)
        ),
        "This is Marquardt's scaling, μ diag(JᵀJ). Right idea, but asked for is μI.": lambda J, r, mu: solve(
            J.T @ J + mu * np.diag(np.diag(J.T @ J)), -J.T @ r
        ),
    },
    praise="(JᵀJ + μI) p = −Jᵀr holds for your step.",
)

check_predicted_decrease = Exercise(
    name="predicted_decrease",
    quantity="the predicted decrease",
    cases=[(J, R, np.array([-0.5, 0.25]))],
    right=lambda J, r, p: 0.5 * r @ r - 0.5 * np.sum((r + J @ p) ** 2),
    slips={
        "A sign? A decrease is the loss before minus the loss after.": lambda J, r, p: (
            0.5 * np.sum((r + J @ p) ** 2) - 0.5 * r @ r
        ),
        "A factor 2: E carries a ½.": lambda J, r, p: r @ r - np.sum((r + J @ p) ** 2),
        "The curvature is missing: that is the decrease of the tangent plane, −gᵀp.": lambda J, r, p: -(J.T @ r) @ p,
        "The linearized residuals at w + p are r + Jp, with a plus.": lambda J, r, p: (
            0.5 * r @ r - 0.5 * np.sum((r - J @ p) ** 2)
        ),
    },
    praise="½‖r‖² − ½‖r + Jp‖², which is also −gᵀp − ½ pᵀJᵀJp.",
)

check_next_mu = Exercise(
    name="next_mu",
    quantity="[μ after accepting, μ after rejecting] from μ = 0.5",
    cases=[(0.5, True), (0.5, False)],
    right=lambda mu, accepted: mu / 10 if accepted else mu * 10,
    slips={
        "The wrong way round: after a good step trust the model more, so μ falls.": lambda mu, accepted: (
            mu * 10 if accepted else mu / 10
        ),
        "μ falls in both cases. After a rejected step it has to rise, to make the step shorter.": lambda mu, accepted: (
            mu / 10
        ),
        "After a rejected step μ stays the same, so the same step is tried again, for ever.": lambda mu, accepted: (
            mu / 10 if accepted else mu
        ),
        "After an accepted step μ stays large, and the quick Gauss–Newton steps never come.": lambda mu, accepted: (
            mu if accepted else mu * 10
        ),
    },
    praise="0.5 becomes 0.05 after an accepted and 5 after a rejected step.",
)


def check_lm_loop(fit: Callable) -> Finding:
    """Check ``fit(problem, w, mu, steps)``, a whole Levenberg–Marquardt loop that returns the weights.

    It runs on the certified curve Misra1a, where μ has to fall, and on one tanh neuron, where steps have to be
    rejected.
    """
    data = datasets.nist("Misra1a")
    curve = CurveFit(data.model, data.x, data.y)
    for problem, start, mu in ((curve, data.starts[0], 1.0), (_one_neuron(), np.array([0.5, 1.5]), 1e-3)):
        w, finding = answer_of("fit", fit, problem, start.copy(), mu, 100)
        finding = finding or _sound_weights(problem, start, w)
        if finding:
            return finding
    w = fit(curve, data.starts[0].copy(), 1.0, 100)
    digits = -np.log10(np.max(np.abs(w - data.certified) / np.abs(data.certified)) + 1e-16)
    if digits < 6:
        hint = "Does μ fall after an accepted step? Otherwise the last digits take for ever."
        return Finding(Verdict.WRONG, f"after 100 steps only {max(digits, 0):.1f} digits are right. {hint}")
    neuron = _one_neuron()
    loss = neuron.loss(fit(neuron, np.array([0.5, 1.5]), 1e-3, 100))
    if loss > 0.03:
        hint = "Keep w + p only if its loss is LOWER, and raise μ if it is not."
        return Finding(Verdict.WRONG, f"one neuron ends at loss {loss:.3g}, its minimum is 0.0253. {hint}")
    return Finding(Verdict.RIGHT, f"{digits:.1f} digits of NIST's certified parameters, and no bad step was kept.")


def _one_neuron() -> NetworkFit:
    """The chapter's own example: one tanh neuron, a weight and a bias."""
    x = np.linspace(-2, 2, 15)
    y = np.tanh(1.5 * x - 1) + 0.1 * np.random.default_rng(1).normal(size=15)
    return NetworkFit(MLP([1, 1], output="tanh"), x, y)


def _sound_weights(problem, start: np.ndarray, w) -> Finding | None:
    w = np.asarray(w, dtype=float)
    if w.shape != start.shape:
        return Finding(Verdict.WRONG, f"fit must return the weights, shape {start.shape}; its answer has {w.shape}.")
    if not np.isfinite(w).all():
        return Finding(Verdict.WRONG, "the weights are not finite: a trial point was kept that had to be rejected.")
    if np.array_equal(w, start):
        return Finding(Verdict.WRONG, "the weights are still the start. Does an accepted trial point replace w?")
    return None
