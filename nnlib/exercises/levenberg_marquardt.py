"""Checks for the exercises of the chapter on Levenberg–Marquardt."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from nnlib import datasets
from nnlib.exercises._checking import Finding, Slip, Verdict, call, compare
from nnlib.network import MLP
from nnlib.problems import CurveFit, NetworkFit

# A case small enough for paper, with nothing symmetric about it.
J = np.array([[1.0, 0.0], [2.0, 1.0], [0.0, 3.0]])
R = np.array([1.0, -1.0, 2.0])
MU = 2.0


def check_lm_step(lm_step: Callable) -> Finding:
    """Check ``lm_step(J, r, mu)``, which returns p with (JᵀJ + μI) p = −Jᵀr."""
    p, finding = call("lm_step", lm_step, J, R, MU)
    if finding:
        return finding
    JTJ, g, eye = J.T @ J, J.T @ R, np.eye(2)
    slips = [
        Slip(np.linalg.solve(JTJ + MU * eye, g), "A sign? The step goes against the gradient: p = −(…)⁻¹ Jᵀr."),
        Slip(np.linalg.solve(JTJ, -g), "Is μ in it? This is the Gauss–Newton step."),
        Slip(-g / MU, "Only μI was inverted: this is steepest descent with η = 1/μ. JᵀJ belongs in the matrix too."),
        Slip(
            np.linalg.solve(JTJ + MU, -g), "JTJ + mu adds μ to EVERY entry; μI adds it to the diagonal: mu * np.eye(n)."
        ),
        Slip(
            np.linalg.solve(2 * JTJ + MU * eye, -2 * g),
            "A factor 2: that is the convention without ½ in E. Ours has E = ½ Σ r², so JᵀJ and Jᵀr.",
        ),
        Slip(
            np.linalg.solve(JTJ + MU * np.diag(np.diag(JTJ)), -g),
            "This is Marquardt's scaling, μ diag(JᵀJ). Right idea, but asked for is μI.",
        ),
    ]
    finding = compare("p", p, np.linalg.solve(JTJ + MU * eye, -g), slips)
    return finding or Finding(Verdict.RIGHT, "(JᵀJ + μI) p = −Jᵀr holds for your step.")


def check_predicted_decrease(predicted_decrease: Callable) -> Finding:
    """Check ``predicted_decrease(J, r, p)``, which returns m(0) − m(p) = ½‖r‖² − ½‖r + Jp‖²."""
    p = np.array([-0.5, 0.25])
    answer, finding = call("predicted_decrease", predicted_decrease, J, R, p)
    if finding:
        return finding
    before, after = 0.5 * R @ R, 0.5 * np.sum((R + J @ p) ** 2)
    g = J.T @ R
    slips = [
        Slip(after - before, "A sign? A decrease is the loss before minus the loss after."),
        Slip(2 * (before - after), "A factor 2: E carries a ½."),
        Slip(-g @ p, "The curvature is missing: that is the decrease of the tangent plane, −gᵀp."),
        Slip(before - 0.5 * np.sum((R - J @ p) ** 2), "The linearized residuals at w + p are r + Jp, with a plus."),
    ]
    finding = compare("the predicted decrease", answer, before - after, slips)
    return finding or Finding(Verdict.RIGHT, "½‖r‖² − ½‖r + Jp‖², which is also −gᵀp − ½ pᵀJᵀJp.")


def check_next_mu(next_mu: Callable) -> Finding:
    """Check ``next_mu(mu, accepted)``: Marquardt's rule, ÷10 after an accepted and ×10 after a rejected step."""
    answers = []
    for accepted in (True, False):
        answer, finding = call("next_mu", next_mu, 0.5, accepted)
        if finding:
            return finding
        answers.append(answer)
    slips = [
        Slip([5.0, 0.05], "The wrong way round: after a good step trust the model more, so μ falls."),
        Slip(
            [0.05, 0.05],
            "μ falls in both cases. After a rejected step it has to rise, to make the step shorter.",
        ),
        Slip([0.05, 0.5], "After a rejected step μ stays the same, so the same step is tried again, for ever."),
        Slip([0.5, 5.0], "After an accepted step μ stays large, and the quick Gauss–Newton steps never come."),
    ]
    finding = compare("[μ after accepting, μ after rejecting] from μ = 0.5", answers, [0.05, 5.0], slips)
    return finding or Finding(Verdict.RIGHT, "0.5 becomes 0.05 after an accepted and 5 after a rejected step.")


def check_lm_loop(fit: Callable) -> Finding:
    """Check ``fit(problem, w, mu, steps)``, a whole Levenberg–Marquardt loop that returns the weights.

    It runs on the certified curve Misra1a, where μ has to fall, and on one tanh neuron, where steps have to be
    rejected.
    """
    data = datasets.nist("Misra1a")
    curve = CurveFit(data.model, data.x, data.y)
    for problem, start, mu in ((curve, data.starts[0], 1.0), (_one_neuron(), np.array([0.5, 1.5]), 1e-3)):
        w, finding = call("fit", fit, problem, start.copy(), mu, 100)
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
