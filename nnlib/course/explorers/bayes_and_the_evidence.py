"""Chapter 14: a posterior that shrinks, the evidence as an area, its two parts, Laplace held against the truth."""

from __future__ import annotations

from functools import cache

import numpy as np

from nnlib import CurveFit, NetworkFit, datasets, levenberg_marquardt, train
from nnlib.course.explorers._pictures import AFTER, DATA, NOW, above, data_and_curve, neuron, sine_network, span
from nnlib.live import COLORS, Board, Frame, Slider, figure

PRIOR = {"color": COLORS["purple"], "linestyle": "--", "linewidth": 2.0, "label": "prior"}
LIKELIHOOD = {"color": COLORS["orange"], "linestyle": "-.", "linewidth": 2.0, "label": "likelihood"}
POSTERIOR = {"color": COLORS["blue"], "linewidth": 2.4, "label": "posterior"}
DRAWN = {"color": COLORS["blue"], "linewidth": 1.2, "label": "drawn from the posterior"}
BAND = {"color": COLORS["sky"], "alpha": 0.35}
HELD_BACK = {"color": COLORS["orange"], "marker": "x", "markersize": 4, "linestyle": "none", "label": "held back"}
ERRORS = [0.01, 0.02, 0.03, 0.1, 0.3]  # marked on the axis of mean square errors
CURVATURES = {"exact H": ("purple", "-"), "JᵀJ": ("vermillion", "--")}  # of the posterior at its top
CIRCLE = np.stack([np.cos(angles := np.linspace(0, 2 * np.pi, 181)), np.sin(angles)])


def parts(r, J, w, alpha: float, beta: float) -> tuple[float, float, float, np.ndarray]:
    """Of a model at the top of its posterior: fit and Occam factor as logarithms, γ, and the covariance there."""
    eigenvalues, V = np.linalg.eigh(J.T @ J)
    measured = beta * np.maximum(eigenvalues, 0)
    fit = -0.5 * beta * r @ r + len(r) / 2 * np.log(beta / (2 * np.pi))
    occam = -0.5 * alpha * w @ w - 0.5 * np.sum(np.log1p(measured / alpha))
    return fit, occam, np.sum(measured / (measured + alpha)), V / (measured + alpha) @ V.T


def ellipse(center, precision, radius: float = 2.0) -> np.ndarray:
    """Where a Gaussian of two weights is so many standard deviations out; along what is not measured, far away."""
    values, V = np.linalg.eigh(precision)
    return center + radius * (V / np.sqrt(np.maximum(values, 1e-6)) @ CIRCLE).T


def pieces(curves, x) -> np.ndarray:
    """Several curves over x as one line with the pen lifted between them."""
    return np.concatenate([[*np.column_stack([x, heights]), (np.nan, np.nan)] for heights in curves])


def posterior_of_a_line(x, y, truth, *, start=(1, 1.0, 25.0)):
    """Points arrive: prior, likelihood and posterior of a straight line's two weights, and lines drawn from it."""
    board = Board(1, 2, size=(9.6, 4.7), width_ratios=(1, 1.1))
    plane, data = board.axes
    plane.set(xlim=(-2.6, 2.6), ylim=(-2.6, 2.6), xlabel="w₀, height at 0", ylabel="w₁, slope", aspect="equal")
    data.set(xlim=(-1.05, 1.05), ylim=(-3.5, 3.5), xlabel="x", ylabel="y")
    X, ends = np.column_stack([np.ones_like(x), x]), np.array([-1.0, 1.0])
    data.plot(ends, truth[0] + truth[1] * ends, ":", color="black", linewidth=2, label="truth")
    for name, look in {"posterior": POSTERIOR, "likelihood": LIKELIHOOD, "prior": PRIOR}.items():
        board.line(name, plane, **look)
    board.line("drawn weights", plane, color=COLORS["blue"], marker="o", markersize=3, linestyle="none")
    plane.plot(*truth, "*", color="black", markersize=13, markerfacecolor="none", label="truth", zorder=1.9)
    board.line("drawn lines", data, **DRAWN)
    board.line("points", data, **DATA)
    above(plane, ncols=2)
    above(data, ncols=2)
    draws = np.random.default_rng(1853).normal(size=(2, 8))

    def show(points, alpha, beta):
        J, targets = X[:points], y[:points]
        A = beta * J.T @ J + alpha * np.eye(2)
        w = np.linalg.solve(A, beta * J.T @ targets)
        drawn = w + np.linalg.solve(np.linalg.cholesky(A).T, draws).T
        marks = {"prior": ellipse(0.0, alpha * np.eye(2)), "posterior": ellipse(w, A), "drawn weights": drawn}
        if points:
            marks["likelihood"] = ellipse(np.linalg.lstsq(J, targets)[0], beta * J.T @ J)
        marks |= {"drawn lines": pieces(drawn[:, :1] + drawn[:, 1:] * ends, ends), "points": np.c_[J[:, 1], targets]}
        numbers = {"points": points, "α": alpha, "β": beta, "w₀": w[0], "w₁": w[1]}
        numbers["area of the blue ellipse"] = 4 * np.pi / np.sqrt(np.linalg.det(A))
        numbers["truth, standard deviations off"] = np.sqrt((w - truth) @ A @ (w - truth))
        alt = "{points} points, α = {α}, β = {β}: posterior around ({w₀}, {w₁}), area {area of the blue ellipse}."
        return Frame(marks, numbers, alt)

    controls = [
        Slider("points", "number of points", [0, 1, 2, 3, 5, 10, 20], start=start[0], format="{:d}"),
        Slider("alpha", "α, precision of the prior", [1.0, 4.0, 16.0, 64.0], start=start[1], format="{:g}"),
        Slider("beta", "β, precision of the noise", [1.0, 5.0, 25.0, 100.0], start=start[2], format="{:g}"),
    ]
    return figure(board, show, controls)


def area_under_the_product(deviations, *, start=(1.0, 2.0), ask=None):
    """One constant, measured with β = 1: prior times likelihood, the area below it, and the log evidence."""
    titles = ("", "log evidence", "their product, and its area")
    board = Board(2, 2, size=(9.6, 5.2), width_ratios=(1.25, 1), titles=titles)
    factors, evidence, product, unused = board.axes
    span(evidence, slice(None), 1, unused)
    w, alphas, P = np.linspace(-6, 6, 361), 10.0 ** np.arange(-3, 1.125, 0.125), len(deviations)
    factors.set(xlim=(-6, 6), ylim=(0, 1.5))
    product.set(xlim=(-6, 6), ylim=(0, 0.45), xlabel="w")
    evidence.set(xscale="log", xlim=(8e-4, 13), xlabel="α, precision of the prior", ylim=(-15, -4))
    board.curve("prior", factors, w, trail=False, **PRIOR)
    board.curve("likelihood", factors, w, trail=False, **LIKELIHOOD | {"label": "likelihood / its top"})
    board.line("measurements", factors, **DATA | {"clip_on": False})
    board.band("area", product, w, **BAND)
    board.curve("product", product, w, trail=False, **POSTERIOR)
    board.curve("log evidence", evidence, alphas, trail=False, color="black", linewidth=2.0)
    board.line("here", evidence, **NOW | {"color": "black"})
    above(factors, ncols=2)

    @cache
    def log_evidence(alpha, mean):
        y, at_top = mean + deviations, P * mean / (P + alpha)
        return sum(parts(at_top - y, np.ones((P, 1)), np.array([at_top]), alpha, 1.0)[:2])

    def show(alpha, mean):
        prior = np.sqrt(alpha / (2 * np.pi)) * np.exp(-0.5 * alpha * w**2)
        both = prior * (likelihood := np.exp(-0.5 * P * (w - mean) ** 2))
        here, best = log_evidence(alpha, mean), -0.5 * deviations @ deviations - P / 2 * np.log(2 * np.pi)
        marks = {"prior": prior, "likelihood": likelihood, "product": both, "area": (0 * w, both)}
        marks |= {"here": (alpha, here), "log evidence": [log_evidence(other, mean) for other in alphas]}
        marks["measurements"] = np.column_stack([mean + deviations, 0 * deviations])
        numbers = {"α": alpha, "mean": mean, "area": np.exp(here - best), "log evidence": here}
        return Frame(marks, numbers, "α = {α}, measurements around {mean}: area {area}, log evidence {log evidence}.")

    means = Slider("mean", "mean of the measurements", [1.0, 2.0, 3.0], start=start[1], format="{:g}")
    return figure(board, show, [Slider("alpha", "α, precision of the prior", alphas, start=start[0]), means], ask=ask)


def dial(top, control: Slider, data, held_back, *, evidence_limits, error_limits, ask=None):
    """Turn a number that decides on α: curve and error band, fit and Occam factor, and an error that is never used.

    `top` gives at a value of it a least-squares problem, the w at the top of its posterior, α and β.
    """
    titles = ("", "", "logs: fit + Occam", "log evidence", "mean square error, held back", "")
    board = Board(2, 3, size=(9.6, 6.0), width_ratios=(1.1, 1.1, 1), height_ratios=(1.15, 1), titles=titles)
    curves, unused, bars, evidence, error, under = board.axes
    span(curves, 0, slice(0, 2), unused)
    span(bars, slice(None), 2, under)
    fine = data_and_curve(curves, *data, xlabel="x", ylabel="y")
    curves.plot(*held_back, **HELD_BACK)

    @cache
    def at(value) -> dict:
        """What is drawn and written."""
        problem, w, alpha, beta = top(value)
        r, G = problem.residuals(w), problem.prediction_jacobian(w, fine)
        fit, occam, gamma, covariance = parts(r, problem.jacobian(w), w, alpha, beta)
        mean, reach = problem.predict(w, fine).ravel(), 2 * np.sqrt(1 / beta + np.sum(G @ covariance * G, axis=1))
        off = np.mean((problem.predict(w, held_back[0]).ravel() - held_back[1]) ** 2)
        numbers = {"fit": fit, "Occam": occam, "log evidence": fit + occam, "γ": gamma, "2αE_W": alpha * w @ w}
        numbers |= {"σ": 1 / np.sqrt(beta), "error on the data": np.mean(r**2), "error, held back": off}
        marks = {"band": (mean - reach, mean + reach), "curve": mean, "factors": [fit, occam, fit + occam]}
        return {"marks": marks | {"here": (value, fit + occam), "error": (value, off)}, "numbers": numbers}

    for ax, name, look, limits in (
        (evidence, "log evidence", {"color": "black"}, evidence_limits),
        (error, "error, held back", {"color": COLORS["orange"], "linestyle": "--"}, error_limits),
    ):
        ax.plot(control.values, [at(value)["numbers"][name] for value in control.values], linewidth=2, **look)
        ax.set(xscale="log", xlabel=control.label, ylim=limits)
    error.set(yscale="log", yticks=ERRORS, yticklabels=ERRORS, ylim=error_limits)
    error.minorticks_off()
    bars.set_ylim(-190, 110)
    bars.axhline(0, color="#767676", linewidth=1)
    board.band("band", curves, fine, **BAND)
    board.curve("curve", curves, fine, **AFTER)
    board.bars("factors", bars, ["fit", "Occam", "evidence"], color=[COLORS["orange"], COLORS["purple"], "#444444"])
    board.line("here", evidence, **NOW | {"color": "black"})
    board.line("error", error, **NOW | {"color": COLORS["orange"]})
    above(curves)

    def show(**values):
        letter, (value,) = control.label[0], values.values()
        alt = f"At {letter} = {{{letter}}} fit {{fit}} and Occam factor {{Occam}}: log evidence {{log evidence}}. "
        alt += "Mean square error {error on the data} on the data, {error, held back} on points held back."
        return Frame(at(value)["marks"], {letter: value, **at(value)["numbers"]}, alt)

    return figure(board, show, [control], ask=ask)


def evidence_dial(features, x, y, held_back, *, beta: float = 100.0, start: float = 0.0001, ask=None):
    """The dial of a model that is linear in its weights, features(x) w."""
    linear, J = CurveFit(lambda w, x: features(x) @ w, x, y, jacobian=lambda w, x: features(x)), features(x)

    def top(alpha):
        return linear, np.linalg.solve(beta * J.T @ J + alpha * np.eye(J.shape[1]), beta * J.T @ y), alpha, beta

    alphas = Slider("alpha", "α, precision of the prior", 10.0 ** np.arange(-4, 2.75, 0.25), start=start)
    return dial(top, alphas, (x, y), held_back, evidence_limits=(-180, 40), error_limits=(0.01, 0.035), ask=ask)


def network_dial(network, w0, held_back, *, start: float = 1e-6, ask=None):
    """The dial of chapter 13's network, trained at each λ; β is the one of the highest evidence with α = λβ."""

    def top(decay):
        fit = NetworkFit(network.net, network.X, network.Y, weight_decay=decay)
        w = train(levenberg_marquardt(fit, w0, mu=1e-3), max_steps=1000).w
        beta = network.n_residuals / (2 * fit.loss(w))
        return network, w, decay * beta, beta

    decays = Slider("decay", "λ, weight decay", 10.0 ** np.arange(-6, 1.5, 0.5), start=start, format="{:.2g}")
    data = network.X[:, 0], network.Y[:, 0]
    return dial(top, decays, data, held_back, evidence_limits=(-85, 10), error_limits=(0.01, 0.6), ask=ask)


def laplace_and_truth(problem, *, beta: float = 100.0, start=(2, 0.1)):
    """The neuron's true posterior, summed up on a grid, beside Laplace's Gaussians around its top."""
    board = Board(1, 2, size=(9.6, 4.9), width_ratios=(1, 1.1))
    plane, data = board.axes
    order = np.random.default_rng(0).permutation(problem.n_residuals)
    x, y = problem.X[order, 0], problem.Y[order, 0]
    grid, (right, down) = np.linspace(-16, 16, 641), (slice(270, 441), slice(256, 427))
    w1, b = np.meshgrid(grid, grid[::-1])
    misfits = np.cumsum([0.5 * (np.tanh(w1 * at + b) - target) ** 2 for at, target in zip(x, y, strict=True)], axis=0)
    window, heights = grid[right][[0, -1]], -grid[down][[-1, 0]]
    plane.set(xlabel="weight w₁", ylabel="bias b")
    board.cells("true posterior", plane, extent=[*window, *heights], limits=(0, 1), cmap="Blues")
    for name, (color, style) in CURVATURES.items():
        board.line(name, plane, label=f"Laplace, {name}", color=COLORS[color], linestyle=style, linewidth=2.2)
    board.line("drawn weights", plane, color="black", marker=".", markersize=6, linestyle="none")
    fine = data_and_curve(data, problem.X[:, 0], problem.Y[:, 0], xlabel="x", ylabel="y")
    data.lines[0].set(color="#bbbbbb")
    board.line("drawn curves", data, **DRAWN)
    board.line("points", data, **DATA)
    above(plane, ncols=2)
    above(data)

    def show(points, alpha):
        constants = np.log(alpha / (2 * np.pi)) + points / 2 * np.log(beta / (2 * np.pi))
        log_joint = constants - beta * misfits[points - 1] - 0.5 * alpha * (w1**2 + b**2)
        density = np.exp(log_joint - log_joint.max())
        summed = log_joint.max() + np.log(density.sum() * (grid[1] - grid[0]) ** 2)
        seen = NetworkFit(problem.net, x[:points], y[:points], weight_decay=alpha / beta)
        w = train(levenberg_marquardt(seen, [axis.flat[log_joint.argmax()] for axis in (w1, b)], mu=1e-3)).w
        A = {"exact H": beta * seen.hessian(w), "JᵀJ": beta * seen.normal_equations(w).JTJ}
        at_top = constants - beta * seen.loss(w) + np.log(2 * np.pi)
        chosen = np.searchsorted(np.cumsum(density) / density.sum(), (np.arange(10) + 0.5) / 10)
        drawn = np.column_stack([w1.flat[chosen], b.flat[chosen]])
        spread = np.sqrt(np.cov(np.stack([w1.ravel(), b.ravel()]), aweights=density.ravel(), bias=True)[0, 0])
        marks = {name: ellipse(w, precision) for name, precision in A.items()} | {"drawn weights": drawn}
        marks |= {"true posterior": np.round(12 * density[down, right]) / 12, "points": np.c_[x[:points], y[:points]]}
        marks["drawn curves"] = pieces([np.tanh(u * fine + v) for u, v in drawn], fine)
        off = {name: at_top - 0.5 * np.log(np.linalg.det(precision)) - summed for name, precision in A.items()}
        numbers = {"points": points, "α": alpha, "log evidence": summed, "off, exact H": off["exact H"]}
        numbers |= {"off, JᵀJ": off["JᵀJ"], "std of w₁": spread}
        numbers["std of w₁, exact H"] = np.sqrt(np.linalg.inv(A["exact H"])[0, 0])
        alt = "{points} points, α = {α}: log evidence {log evidence}; Laplace is off by {off, exact H} and {off, JᵀJ}."
        return Frame(marks, numbers, alt)

    arrived = Slider("points", "number of points", [2, 3, 5, 8, 15], start=start[0], format="{:d}")
    alphas = Slider("alpha", "α, precision of the prior", [0.1, 0.3, 1.0, 3.0, 10.0], start=start[1], format="{:g}")
    return figure(board, show, [arrived, alphas])


def line_data() -> tuple[np.ndarray, np.ndarray, tuple[float, float]]:
    """Twenty points of a straight line, in the order in which they come, and its two weights."""
    rng, truth = np.random.default_rng(3), (-0.5, 1.0)
    x = rng.uniform(-1, 1, 20)
    return x, truth[0] + truth[1] * x + 0.2 * rng.normal(size=20), truth


def frozen_units(x) -> np.ndarray:
    """Thirty tanh units that are not trained, side by side, and a bias: a model linear in 31 weights."""
    return np.column_stack([np.tanh(6 * (x[:, None] - np.linspace(-1, 1, 30))), np.ones(len(x))])


def sine(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """41 points of the noisy sine: those of seed 0 are the data, those of seed 99 are held back."""
    data = datasets.noisy_sine(seed)
    return data.X[:, 0], data.Y[:, 0]


EXAMPLES = {
    "posterior_of_a_line": lambda: posterior_of_a_line(*line_data()),
    "area_under_the_product": lambda: area_under_the_product(np.array([-1.0, 0.0, 1.0])),
    "evidence_dial": lambda: evidence_dial(frozen_units, *sine(0), sine(99)),
    "laplace_and_truth": lambda: laplace_and_truth(neuron()),
    "network_dial": lambda: network_dial(*sine_network(), sine(99)),
}
