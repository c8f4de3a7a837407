"""Chapter 13: too many steps, L2 and L1 on a network, three brakes on two weights, two minima, bias and variance."""

from __future__ import annotations

import numpy as np

from nnlib import MLP, CurveFit, NetworkFit, datasets, levenberg_marquardt, train
from nnlib.course.explorers._pictures import (
    ACCEPTED,
    AFTER,
    HERE,
    NOW,
    START,
    Run,
    above,
    curve,
    data_and_curve,
    eigensystem,
    plane,
    sine_network,
    still_arrow,
)
from nnlib.course.selection import bias_variance
from nnlib.live import COLORS, Board, Choice, Frame, Slider, figure
from nnlib.problems import mean_squared_error

LOOKS = {"training": {"color": COLORS["blue"]}, "validation": {"color": COLORS["orange"], "linestyle": "--"}}
NOWS = {"training": NOW | {"markersize": 13}, "validation": NOW | {"markersize": 9, "color": COLORS["orange"]}}
TRUTH = {"label": "truth", "color": "black", "linestyle": ":", "linewidth": 2}
RING = {"marker": "o", "markersize": 13, "markerfacecolor": "none", "markeredgewidth": 2.5, "linestyle": "none"}
PATH = ACCEPTED | {"markersize": 4, "linewidth": 1.2}
BRAKES = {"decay": RING | {"color": COLORS["orange"], "zorder": 5}, "LM": PATH}
BRAKES["descent"] = PATH | {"color": COLORS["green"], "linestyle": "--"}
RATE = 0.05  # of descent
FALLING = {"color": COLORS["vermillion"], "marker": "v", "linestyle": "--"}
WAYS = {"λ rising": {"color": COLORS["blue"], "marker": "^"}, "λ falling": FALLING, "fresh start": START}
PARTS = {"squared bias": {"color": COLORS["vermillion"], "linestyle": "--"}, "variance": {"color": COLORS["sky"]}}
PARTS["their sum"] = {"color": "black", "linewidth": 1.2, "markerfacecolor": "none"}
FLOOR = 1e-10  # where exact zeros stand on a log axis of sizes


def sine(x):
    """The curve behind the data."""
    return np.sin(2 * np.pi * x)


def network_and_truth(board, ax, problem) -> np.ndarray:
    """Data, the curve behind them and the network's moving one; the x of both."""
    x = data_and_curve(ax, problem.X[:, 0], problem.Y[:, 0], xlabel="x", ylabel="y", xticks=[-1, -0.5, 0, 0.5, 1])
    ax.plot(x, sine(x), **TRUTH)
    board.curve("fit", ax, x, label="the network", **AFTER)
    above(ax, ncols=2)
    return x


def too_many_steps(problem, w0, validation, *, start: int = 100, max_steps: int = 300):
    """Levenberg–Marquardt without weight decay: the curve after step k, and the errors on both data sets."""
    board = Board(1, 2, size=(9.6, 4.0))
    data, errors = board.axes
    x, run = network_and_truth(board, data, problem), Run.of(levenberg_marquardt(problem, w0, mu=1e-3), max_steps)
    found = {
        name: [mean_squared_error(p, w) for w in run.w] for name, p in zip(LOOKS, (problem, validation), strict=True)
    }
    errors.set(xlim=(0.8, 1.2 * max_steps), ylim=(8e-4, 1), xscale="log", yscale="log", xlabel="step")
    errors.set_ylabel("mean squared error")
    for name, look in LOOKS.items():
        errors.plot(found[name], label=name, **look)
        board.line(name, errors, **NOWS[name])
    above(errors, ncols=2)

    def show(k):
        numbers = {"step": k, **{f"{name} error": heights[k] for name, heights in found.items()}}
        marks = {"fit": curve(problem, run.w[k], x), **{name: (k, heights[k]) for name, heights in found.items()}}
        alt = "After step {step}: training error {training error}, validation error {validation error}."
        return Frame(marks, numbers | {"‖w‖": np.linalg.norm(run.w[k])}, alt)

    ks = [k for k in (1, 2, 5, 8, 10, 11, 12, 13, 14, 15, 20, 30, 50, 100, 200, 300) if k <= max_steps]
    return figure(board, show, [Slider("k", "k, step of LM", ks, start=start, format="{:d}")])


def shrinkage(problem, fits, validation, *, start=("L2", 1e-3), ask=None):
    """Turn λ of L2 or L1: the curve, the errors on both data sets, the size of every weight, the kept shares."""
    board = Board(2, 2, size=(9.6, 5.8), width_ratios=(1.1, 1))
    data, errors, sizes, shares = board.axes
    x, ks = network_and_truth(board, data, problem), 1 + np.arange(problem.n_params)
    sets, decays = {"training": problem, "validation": validation}, list(fits["L2"])
    found = {(a, b): [mean_squared_error(sets[b], w) for w in fits[a].values()] for a in fits for b in sets}
    errors.set(xscale="log", yscale="log", xlim=(decays[0] / 2, 2 * decays[-1]), ylim=(8e-4, 1), xlabel="λ")
    errors.set_ylabel("mean squared error")
    sizes.set(yscale="log", xlim=(0, len(ks) + 1), ylim=(FLOOR / 4, 1e3), xlabel="weight", ylabel="size of the weight")
    sizes.axhspan(FLOOR / 4, 4 * FLOOR, color="#eeeeee")
    sizes.set_yticks([FLOOR, 1e-8, 1e-6, 1e-4, 1e-2, 1, 100], ["0", "1e-8", "1e-6", "1e-4", "0.01", "1", "100"])
    shares.set(xlim=(0, len(ks) + 1), ylim=(0, 1.05), xlabel="eigendirection", ylabel="kept share (L2 alone)")
    for name, look in LOOKS.items():
        board.curve(name, errors, decays, trail=False, label=name, marker="o", markersize=4, **look)
        board.line(f"{name} now", errors, **NOWS[name])
    board.line("weights", sizes, color=COLORS["blue"], marker="o", markersize=5, linestyle="none")
    board.line("zeros", sizes, color=COLORS["vermillion"], marker="x", markersize=7, linestyle="none")
    board.band("bars", shares, np.add.outer(ks, [-0.4, -0.4, 0.4, 0.4]).ravel(), color=COLORS["orange"])
    above(errors, ncols=2)

    def show(penalty, decay):
        k, w = decays.index(decay), fits[penalty][decay]
        sized, zero = np.column_stack([ks, np.maximum(np.abs(w), FLOOR)]), w == 0
        marks, numbers = {"fit": curve(problem, w, x), "weights": sized[~zero], "zeros": sized[zero]}, {"λ": decay}
        for name in sets:
            heights = found[penalty, name]
            marks |= {name: heights, f"{name} now": (decay, heights[k])}
            numbers[f"{name} error"] = heights[k]
        numbers |= {"‖w‖": np.linalg.norm(w), "weights exactly 0": int(zero.sum())}
        numbers |= {"weights under a thousandth": int(np.sum(np.abs(w) < 1e-3))}
        if penalty == "L2":
            eigenvalues = np.maximum(eigensystem(problem.normal_equations(w).JTJ)[0], 0)
            kept = eigenvalues / (eigenvalues + decay)
            marks["bars"], numbers["kept in all"] = (0.0, np.outer(kept, [0, 1, 1, 0]).ravel()), kept.sum()
        alt = f"The network trained with {penalty}, λ = {{λ}}: training error {{training error}}, validation error "
        return Frame(marks, numbers, alt + "{validation error}; {weights exactly 0} of the weights are exactly 0.")

    penalties = Choice("penalty", "penalty", {"L2, ½ λ Σ w²": "L2", "L1, λ Σ |w|": "L1"}, start=start[0])
    return figure(board, show, [penalties, slider(decays, start[1])], ask=ask)


def slider(decays, start: float) -> Slider:
    return Slider("decay", "λ, weight decay", decays, start=start, format="{:g}")


def three_brakes(problem, *, start=(2.0, 10), ask=None):
    """Two weights held back: by decay λ for ever, by damping μ = λ for k steps of LM, by stopping descent after k."""
    board = Board(1, 3, size=(9.6, 4.2), width_ratios=(2, 1, 1), titles=("", "kept along v₁", "kept along v₂"))
    surface, *shares = board.axes
    goal, names = plane(surface, problem, ((-6.0, 2.0), (-2.0, 6.0)), ("weight w₁", "weight w₂")), ("v₁", "v₂")
    surface.set_aspect("equal")
    eigenvalues, V = eigensystem(problem.normal_equations(np.zeros(2)).JTJ)
    V = V * np.sign(V.T @ goal)  # v_i and −v_i are both eigenvectors: take the one that points to the star
    minima = [(eigenvalues / (eigenvalues + λ) * (V.T @ goal)) @ V.T for λ in np.geomspace(1e-3, 1e3, 60)]
    surface.plot(*np.transpose(minima), color=COLORS["orange"], linewidth=3, alpha=0.5)
    for name, look in BRAKES.items():
        board.line(name, surface, label=name, **look)
    surface.plot(0, 0, zorder=6, **HERE)
    for name, v, ax in zip(names, V.T, shares, strict=True):
        still_arrow(surface, np.array([1.3, 4.6]), v, name, "black", width=1.0)
        ax.set_ylim(0, 1.15)
        board.bars(name, ax, list(BRAKES), color=[look["color"] for look in BRAKES.values()])
    above(surface, ncols=3)

    def show(decay, k):
        lost = np.array([decay / (eigenvalues + decay)] * 2 + [1 - RATE * eigenvalues])  # in one step, by brake
        steps = np.ones((1, 1)), *[np.arange(k + 1)[:, None]] * 2
        paths = [((1 - part**n) * (V.T @ goal)) @ V.T for part, n in zip(lost, steps, strict=True)]
        kept = np.transpose(1 - lost ** np.array([[1], [k], [k]]))
        numbers = {"λ and μ": decay, "k": k}
        numbers |= {f"{brake}, {name}": kept[j, i] for i, brake in enumerate(BRAKES) for j, name in enumerate(names)}
        alt = "Of the way to the minimum along v₂ decay keeps {decay, v₂} at λ = {λ and μ}, LM with this damping keeps "
        alt += "{LM, v₂} after {k} steps, and descent {descent, v₂}."
        return Frame(dict(zip([*BRAKES, *names], [*paths, *kept], strict=True)), numbers, alt)

    strengths = [0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0]
    controls = [Slider("decay", "λ of decay, μ of LM", strengths, start=start[0], format="{:g}")]
    counts = [1, 2, 4, 10, 20, 40, 100, 200]
    controls += [Slider("k", "k, steps of LM and descent", counts, start=start[1], format="{:d}")]
    return figure(board, show, controls, ask=ask)


def two_minima(problem, fits, *, start=("fresh start", 0.1), ask=None):
    """Fits whose λ rises or falls, each from where the last one ended, and fits from a fresh start: loss and curve."""
    board = Board(1, 2, size=(9.6, 4.2))
    losses, data = board.axes
    x, decays = network_and_truth(board, data, problem), list(fits["fresh start"])
    losses.set(xscale="log", ylim=(-0.5, 11), xlabel="λ", ylabel=r"$E_D + \lambda E_W$")
    for name, look in WAYS.items():
        losses.plot(decays, [fits[name][decay].loss for decay in decays], label=name, **look)
    board.line("here", losses, **NOW | {"markersize": 12, "zorder": 5})
    above(losses, ncols=3)

    def show(way, decay):
        fit = fits[way][decay]
        numbers = {"λ": decay, "E_D + λ E_W": fit.loss, "training error": mean_squared_error(problem, fit.w)}
        numbers |= {"‖w‖": np.linalg.norm(fit.w)}
        numbers["smallest eigenvalue"] = np.linalg.eigvalsh(fit.problem.hessian(fit.w))[0]
        alt = (
            f"{way}: at λ = {{λ}} the loss with its penalty is {{E_D + λ E_W}}, the training error {{training error}}."
        )
        return Frame({"here": (decay, fit.loss), "fit": curve(problem, fit.w, x)}, numbers, alt)

    ways = Choice("way", "start", {name: name for name in WAYS}, start=start[0])
    return figure(board, show, [ways, slider(decays, start[1])], ask=ask)


def many_data_sets(found, x, *, start: float = 0.03, ask=None):
    """The curves that one network learns from many data sets, and the two parts of their error against λ."""
    board = Board(1, 2, size=(9.6, 4.2))
    curves, parts = board.axes
    decays, n_sets = found.weight_decay.tolist(), found.predictions.shape[1]
    curves.set(xlim=(-1.02, 1.02), ylim=(-1.7, 1.7), xlabel="x", ylabel="y")
    board.line("curves", curves, color=COLORS["sky"], linewidth=0.8, label=f"{n_sets} data sets")
    board.curve("mean", curves, x, trail=False, label="their mean", **AFTER)
    curves.plot(x, sine(x), zorder=3, **TRUTH)
    parts.set(xscale="log", yscale="log", ylim=(1e-4, 1), xlabel="λ", ylabel="squared error")
    sums = found.bias_squared, found.variance, found.bias_squared + found.variance
    values = dict(zip(PARTS, sums, strict=True))
    for name, look in PARTS.items():
        parts.plot(decays, values[name], label=name, **look)
        board.line(name, parts, **look | {"marker": "o", "markersize": 9, "markeredgewidth": 2})
    above(curves, ncols=3)
    above(parts, ncols=3)

    def show(decay):
        k = decays.index(decay)
        lines = [np.column_stack([[*x, np.nan], [*says, np.nan]]) for says in found.predictions[k, :, :, 0]]
        marks = {"curves": np.concatenate(lines), "mean": found.predictions[k, :, :, 0].mean(axis=0)}
        numbers = {"λ": decay, **{name: heights[k] for name, heights in values.items()}}
        numbers["expected error"] = found.expected_error[k]
        alt = "Curves from many data sets at λ = {λ}: squared bias {squared bias}, variance {variance}."
        return Frame(marks | {name: (decay, heights[k]) for name, heights in values.items()}, numbers, alt)

    return figure(board, show, [slider(decays, start)], ask=ask)


def two_weights() -> CurveFit:
    """A model that is linear in its two weights; its least squares are at (−4.5, 3.5)."""
    return CurveFit(lambda w, x: x @ w, [[2.0, 2.0], [-1.0, 1.0]], [-2.0, 8.0])


def few_fits() -> tuple[NetworkFit, dict]:
    """The course's sine network, and its fits with three λ."""
    problem, w0 = sine_network()
    held = {decay: NetworkFit(problem.net, problem.X, problem.Y, weight_decay=decay) for decay in (1e-3, 0.03, 0.1)}
    return problem, {decay: train(levenberg_marquardt(p, w0, mu=1e-3), min_gradient=1e-5) for decay, p in held.items()}


def fresh_data() -> NetworkFit:
    """Another 41 points of the noisy sine."""
    data = datasets.noisy_sine(seed=99)
    return NetworkFit(MLP([1, 10, 1]), data.X, data.Y)


def few_weights() -> tuple[NetworkFit, dict, NetworkFit]:
    """Fits as weights, once with zeros in them."""
    problem, fits = few_fits()
    weights = {decay: fit.w for decay, fit in fits.items()}
    return problem, {"L2": weights, "L1": {decay: w * (np.abs(w) > 1) for decay, w in weights.items()}}, fresh_data()


def few_sets():
    """A network fitted to three noisy sines, and the x of its predictions."""
    x = np.linspace(-1, 1, 41)
    return bias_variance(MLP([1, 5, 1]), sine, x, 0.1, (1e-3, 0.1), n_sets=3, max_steps=30), x


EXAMPLES = {
    "too_many_steps": lambda: too_many_steps(*sine_network(), fresh_data(), start=15, max_steps=20),
    "shrinkage": lambda: shrinkage(*few_weights()),
    "three_brakes": lambda: three_brakes(two_weights()),
    "two_minima": lambda: two_minima(few_fits()[0], dict.fromkeys(WAYS, few_fits()[1])),
    "many_data_sets": lambda: many_data_sets(*few_sets(), start=0.1),
}
