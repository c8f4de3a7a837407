"""Chapter 10: Newton with half its matrix, the three matrices of a network, a minimum whose residuals grow, a map."""

from __future__ import annotations

from functools import cache

import numpy as np
from matplotlib.figure import Figure

from nnlib import NetworkFit, gauss_newton, levenberg_marquardt, newton
from nnlib.course.basins import GRID, basin
from nnlib.course.explorers import _pictures as pictures
from nnlib.course.explorers._maps import STEPS, add_scale
from nnlib.course.explorers._pictures import ACCEPTED, AFTER, NOW, Run, above, curve, over_steps, step_labels
from nnlib.live import COLORS, Board, Frame, Slider, figure

METHODS = {"Newton": newton, "Gauss–Newton": gauss_newton}
LOOKS = {  # drawn in this order: where both say the same, the dashes of Newton's method lie on the other line
    "Gauss–Newton": {"color": COLORS["vermillion"], "linestyle": "-"},
    "Newton": {"color": COLORS["purple"], "linestyle": "--"},
}
POINTS = {"color": "#555555", "marker": "o", "markersize": 4, "linestyle": "none"}
PARTS = "H", "= JᵀJ", "+ what is left out"
ON_THE_WAY = [0, 3, 5, 8, 12, 20, 30, 40]
SIZES = [-25, -20, -15, -10, -5, -2, -1, 0, 1, 2, 5, 10, 15, 20, 25]


def two_matrices(problem, *, start=(1.0, 1.0), ask=None):
    """The paths of both methods from one start, their losses, and the curves where they end."""
    board = Board(2, 2, size=(9.6, 4.9), width_ratios=(1.15, 1))
    surface, data, losses = board.tall_left()
    x, minimum = pictures.neuron_and_curve(surface, data, problem)
    return paths(board, (surface, data, losses), problem, LOOKS, x, minimum, start, ask=ask)


def map_of_starts(problem, *, start=(0.5, 1.5)):
    """Where Gauss–Newton takes every start, and for one of them the path, the losses and the curve where it ends."""
    board = Board(2, 2, size=(9.6, 5.2), width_ratios=(1.25, 1))
    ax, data, losses = board.tall_left()
    x, minimum = pictures.neuron_and_curve(ax, data, problem)
    steps = np.log(np.maximum(basin(problem, "gauss-newton", minimum, max_steps=60).steps, 1))
    ax.pcolormesh(*GRID, steps, shading="nearest", cmap=STEPS, vmin=0, vmax=np.log(60), zorder=1.9)
    ax.set(xlim=pictures.NEURON_WINDOW[0], ylim=pictures.NEURON_WINDOW[1], aspect="equal")
    add_scale(board, ax, 60)
    looks = {"Gauss–Newton": {"color": "black", "markeredgecolor": "white"}}
    return paths(board, (ax, data, losses), problem, looks, x, minimum, start)


def paths(board, axes, problem, looks, x, minimum, start, *, max_steps: int = 20, ask=None):
    """From one start: the path of each method, its losses, and the curve where it ends."""
    surface, data, losses = axes
    over_steps(losses, max_steps, (0.01, 40))
    labels = {name: step_labels(board, surface, 6, color=look["color"], name=name) for name, look in looks.items()}
    for name, look in looks.items():
        board.line(f"path of {name}", surface, **ACCEPTED | look)
        board.curve(f"curve of {name}", data, x, trail=False, label=name, **AFTER | LOOKS[name])
        board.curve(f"loss of {name}", losses, trail=False, **ACCEPTED | LOOKS[name])
    board.line("start", surface, **pictures.HERE | {"markeredgecolor": "white"})
    above(data, ncols=2)

    def show(w1, b):
        JTJ, H = problem.normal_equations([w1, b]).JTJ, problem.hessian([w1, b])
        marks, numbers, alt = {"start": (w1, b)}, {"w₁": w1, "b": b}, "The paths from w = ({w₁}, {b})."
        for name in looks:
            run = pictures.run_to(minimum, METHODS[name](problem, [w1, b]), max_steps)
            marks |= {f"path of {name}": pictures.in_sight(run.w, surface), f"loss of {name}": run.loss}
            marks |= {f"curve of {name}": curve(problem, run.w[-1], x), **labels[name](run.w)}
            there, ends = pictures.is_near(run.w[-1], minimum), "singular" if run.ending else "elsewhere"
            numbers |= {name: "star" if there else ends, f"steps, {name}": len(run.records)}
            numbers |= {f"loss after step 1, {name}": run.loss[1]}
            matrix, of = (H, "H") if name == "Newton" else (JTJ, "JᵀJ")
            numbers[f"smaller λ of {of}"] = np.linalg.eigvalsh(matrix)[0]
            alt += f" {name}, after {{steps, {name}}} steps: {{{name}}}."
        return Frame(marks, numbers, alt)

    weight = Slider("w1", "w₁, weight at the start", np.arange(-2.0, 3.5, 0.5), start=start[0], format="{:g}")
    bias = Slider("b", "b, bias at the start", np.arange(-3.0, 3.0, 0.5), start=start[1], format="{:g}")
    return figure(board, show, [weight, bias], ask=ask)


def three_matrices(problem, w0, truth, *, start=(3, 1)):
    """H of a network, JᵀJ and what is left out as images, on the way through training; the curve beside them."""
    titles = *PARTS, "the network", "", "left out ÷ H, in size"
    board = Board(2, 3, size=(9.6, 6.0), titles=titles, height_ratios=(1.15, 1))
    *images, data, unused, share = board.axes
    pictures.span(data, 1, slice(0, 2), unused)
    inputs, clean, x = problem.X[:, 0], truth(problem.X[:, 0]), np.linspace(-1, 1, 161)
    data.set(xlim=(-1.02, 1.02), ylim=(-2.2, 2.2), xlabel="x", ylabel="y")
    over_steps(share, max(ON_THE_WAY), (1e-6, 1), ylabel="")
    show_matrices = matrix_images(board, images, (-0.5, 30.5, 30.5, -0.5), 6)
    for ax in images:
        ax.set(xticks=(0, 10, 20, 30), yticks=(0, 10, 20, 30))
    board.line("targets", data, **POINTS)
    board.curve("curve", data, x, **AFTER)
    board.curve("share", share, ON_THE_WAY, trail=False, **ACCEPTED)
    board.line("here", share, **NOW | {"markersize": 11})

    @cache
    def on_the_way(noise):
        """The problem with so much of its noise, the points after the steps shown, and both matrices there."""
        fit = NetworkFit(problem.net, inputs, clean + noise * (problem.Y[:, 0] - clean))
        path = Run.of(levenberg_marquardt(fit, w0, mu=1e-3), max(ON_THE_WAY)).w
        w = [path[k] for k in ON_THE_WAY]
        H, JTJ = np.array([fit.hessian(at) for at in w]), np.array([fit.normal_equations(at).JTJ for at in w])
        return fit, w, H, JTJ, np.linalg.norm(H - JTJ, axis=(1, 2)) / np.linalg.norm(H, axis=(1, 2))

    def show(k, noise):
        fit, w, H, JTJ, shares = on_the_way(noise)
        i = ON_THE_WAY.index(k)
        marks = {"targets": np.column_stack([inputs, fit.Y]), "curve": curve(fit, w[i], x)}
        marks |= {"share": shares, "here": (k, shares[i]), **show_matrices(H[i], JTJ[i])}
        below = int(np.sum(np.linalg.eigvalsh(H[i]) < 0))
        numbers = {"k": k, "noise": noise, "loss": fit.loss(w[i]), "left out ÷ H": shares[i], "λ of H below 0": below}
        alt = "H of the network after step {k}, JᵀJ and what is left out, {left out ÷ H} of H: loss {loss}."
        return Frame(marks, numbers, alt)

    point = Slider("k", "k, step on the way to the minimum", ON_THE_WAY, start=start[0], format="{:d}")
    noise = Slider("noise", "noise, 1 is the data's own", [0, 1, 5], start=start[1], format="{:d}")
    return figure(board, show, [point, noise])


def matrix_images(board, axes, extent, largest):
    """Three matrices as images, H = JᵀJ + what is left out; from H and JᵀJ what is returned makes their marks."""
    for name, ax in zip(PARTS, axes, strict=True):
        board.cells(name, ax, extent=extent, limits=(-largest, largest), cmap="RdBu")
        ax.set(aspect="equal")
    return lambda H, JTJ: dict(zip(PARTS, (H, JTJ, H - JTJ), strict=True))


def matrices_with_numbers(board, axes, names, largest):
    """The same for two parameters of these names, with the elements written into the images."""
    images = matrix_images(board, axes, (0, 2, 2, 0), largest)
    for part, ax in zip(PARTS, axes, strict=True):
        ax.set(xticks=(0.5, 1.5), xticklabels=names, yticks=(0.5, 1.5), yticklabels=names)
        for i in range(4):
            board.text(f"{part} {i}", ax, ha="center", va="center")

    def marks(H, JTJ):
        matrices = images(H, JTJ)
        for part, matrix in list(matrices.items()):
            for i, value in enumerate(matrix.flat):
                matrices[f"{part} {i}"] = 0.5 + i % 2, 0.5 + i // 2, f"{round(value, 2) + 0:.2f}".replace("-", "−")
        return matrices

    return marks


def growing_residuals(problem, star, *, w0=(1.7, -0.9), start=(10, 12), max_steps: int = 12, ask=None):
    """One minimum, its residuals multiplied by t: both paths, their distances, and the three matrices after k steps."""
    board = Board(2, 3, size=(9.6, 6.4), height_ratios=(1.25, 1), titles=("", "", "", *PARTS))
    surface, data, distance, *images = board.axes
    surface.set(xlim=(0.5, 2.4), ylim=(-1.9, 0), xlabel="weight w₁", ylabel="bias b", aspect="equal")
    data.set(xlim=(-2.05, 2.05), ylim=(-4.6, 4.6), xlabel="x", ylabel="y")
    over_steps(distance, max_steps, (1e-16, 10), ylabel="distance to the star")
    board.line("contours", surface, color="#8a8a8a", linewidth=0.7)
    surface.plot(*star, "*", color="black", markersize=15, zorder=2)
    board.line("targets", data, **POINTS)
    x = np.linspace(-2, 2, 161)
    for name, look in LOOKS.items():
        board.line(f"path of {name}", surface, **ACCEPTED | look)
        board.line(f"here of {name}", surface, **NOW | {"color": look["color"], "markersize": 7})
        board.curve(f"curve of {name}", data, x, trail=False, label=name, **AFTER | look)
        board.curve(f"distance of {name}", distance, trail=False, **ACCEPTED | look)
    above(data, ncols=1)
    show_matrices = matrices_with_numbers(board, images, ("w₁", "b"), 6)
    JTJ = problem.normal_equations(star).JTJ
    rate = np.abs(np.linalg.eigvals(np.linalg.solve(JTJ, problem.hessian(star) - JTJ))).max()

    @cache
    def with_residuals(t):
        """The problem, the contours of its loss, and both runs."""
        fit = residuals_times(t, problem, star)
        runs = {name: Run.of(method(fit, w0), max_steps) for name, method in METHODS.items()}
        return fit, contours(fit, surface.get_xlim(), surface.get_ylim()), runs

    def show(t, k):
        fit, lines, runs = with_residuals(t)
        marks = {"contours": lines, "targets": np.column_stack([fit.X, fit.Y])}
        numbers = {"t": t, "k": k, "predicted rate": abs(t) * rate}
        for name, run in runs.items():
            path = run.w[: k + 1]
            far = [max(np.hypot(*(w - star)), 1e-16) for w in path]
            marks |= {f"path of {name}": path, f"here of {name}": path[-1], f"distance of {name}": far}
            marks |= {f"curve of {name}": curve(fit, path[-1], x)}
            numbers |= {f"distance, {name}": far[-1]}
        numbers |= {"measured rate": far[-1] / far[-2]} if k and far[-2] > 1e-12 else {}  # Gauss–Newton's, the last
        marks |= show_matrices(fit.hessian(path[-1]), fit.normal_equations(path[-1]).JTJ)
        alt = "Residuals times {t}, step {k}: Gauss–Newton is {distance, Gauss–Newton} from the star, Newton "
        alt += "{distance, Newton}. The predicted rate of Gauss–Newton is {predicted rate}."
        return Frame(marks, numbers, alt)

    size = Slider("t", "t, size of the residuals", SIZES, start=start[0], format="{:d}")
    steps = Slider("k", "k, steps", np.arange(max_steps + 1), start=start[1])
    return figure(board, show, [size, steps], ask=ask, record={"k": [0, 1, 2, 3, 4, 6, 8, 12]})


def residuals_times(t, problem, star):
    """The problem with other targets: the residuals at the star are t times as large."""
    says = problem.predict(star, problem.X)[:, 0]
    return NetworkFit(problem.net, problem.X[:, 0], says - t * problem.residuals(star))


def contours(problem, first, second):
    """Contours of a loss as one line, the pen lifted between them."""
    u, v = np.linspace(*first, 29), np.linspace(*second, 29)
    loss = np.array([[problem.loss(np.array([a, b])) for a in u] for b in v])
    levels = loss.min() + np.geomspace(0.003, 1, 9) * np.ptp(loss)
    drawn = Figure().add_subplot().contour(u, v, loss, levels)
    found = [line for lines in drawn.allsegs for line in lines]
    return np.concatenate([part for line in found for part in (line, [[np.nan, np.nan]])])


EXAMPLES = {
    "two_matrices": lambda: two_matrices(pictures.neuron()),
    "three_matrices": lambda: three_matrices(*pictures.sine_network(), lambda x: np.sin(2 * np.pi * x)),
    "growing_residuals": lambda: growing_residuals(
        pictures.neuron(), Run.of(newton(pictures.neuron(), [1.4, -0.9]), 8).w[-1]
    ),
    "map_of_starts": lambda: map_of_starts(pictures.neuron()),
}
