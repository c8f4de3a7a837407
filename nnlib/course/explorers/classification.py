"""Chapter 06: a unit that is badly wrong, both costs, softmax, the regions of three species, and digits mistaken."""

from __future__ import annotations

from functools import cache

import numpy as np
from matplotlib.colors import ListedColormap

from nnlib import MLP, NetworkFit, datasets, levenberg_marquardt, steepest_descent, train
from nnlib.activations import logistic, softmax
from nnlib.course.explorers._pictures import BEFORE, NOW, Run, above, over_steps
from nnlib.live import COLORS, Board, Choice, Frame, Slider, figure

COSTS = {  # each with its look and the limits of its losses
    "squared-error": ({"color": COLORS["purple"], "linestyle": "--", "linewidth": 2.2}, (1, 400)),
    "cross-entropy": ({"color": COLORS["blue"], "linewidth": 2.2}, (10, 4000)),
}
OUTPUTS, RATES = [0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.003, 0.001], [0.003, 0.01, 0.1]
STEPS, PLACES = [0, 1, 2, 5, 10, 30, 60, 100], np.linspace(-8, 8, 33)
REGIONS = ListedColormap(["#f6cdb0", "#fbe7b8", "#bcdcef"])
CLASSES = (COLORS["vermillion"], "o"), (COLORS["orange"], "^"), (COLORS["blue"], "s")  # of the species
PENALTIES, HIDDEN = [1e-4, 1e-3, 1e-2, 0.1, 0.3, 1.0, 10.0, 100.0], [0, 3, 15]
PARTS = {  # of the penguins
    "training": {"color": COLORS["blue"], "linewidth": 2, "marker": "o", "markersize": 4},
    "validation": {"color": COLORS["orange"], "linewidth": 2, "linestyle": "--", "marker": "s", "markersize": 4},
}
PAIRS = [(i, j) for i in range(10) for j in range(10) if i != j]  # of different digits
BAR = np.array([(-0.4, 0), (-0.4, 1), (0.4, 1), (0.4, 0)])
SQUARE = np.array([(-0.45, -0.45), (0.45, -0.45), (0.45, 0.45), (-0.45, 0.45)])


def badly_wrong(x, y, *, ask=None):
    """One logistic unit learns a yes or no from a start that is wrong, with two costs: its answers and both losses."""
    board = Board(1, 3, size=(9.8, 4.0), width_ratios=(1.3, 1, 1), titles=("", *(f"loss, {name}" for name in COSTS)))
    answers, *plots = board.axes
    z, net = (x - x.mean()) / x.std(), MLP([1, 1], output="logistic")
    typical, line = z[y == 1].mean(), np.linspace(z.min() - 0.2, z.max() + 0.2, 121)
    mm = x.mean() + x.std() * line
    answers.plot(x, y + 0.025 * np.sin(37 * np.arange(len(y))), "o", color="#555555", markersize=3, alpha=0.5)
    answers.set(xlim=mm[[0, -1]], ylim=(-0.08, 1.08), xlabel="flipper length, mm", ylabel="output a")
    board.curve("start", answers, mm, trail=False, label="start", **BEFORE)
    for ax, (name, (look, limits)) in zip(plots, COSTS.items(), strict=True):
        over_steps(ax, STEPS[-1], limits, ylabel="")
        board.curve(name, answers, mm, trail=False, label=name, **look)
        board.curve(f"loss, {name}", ax, trail=False, **look)
        board.line(f"now, {name}", ax, **NOW | {"color": look["color"]})
    board.line("typical", answers, color="black", marker="D", markersize=7)
    above(answers, ncols=3)

    @cache
    def run(cost, w0, eta):
        taken = Run.of(steepest_descent(NetworkFit(net, z, y, cost), [w0, 0.0], eta), STEPS[-1])
        return taken, np.array([np.sum((net.predict(w, z)[:, 0] > 0.5) != y) for w in taken.w])

    def show(a0, eta, k):
        w0 = np.log(a0 / (1 - a0)) / typical
        marks = {"start": logistic(w0 * line), "typical": (x.mean() + x.std() * typical, a0)}
        numbers = {"a": a0, "η": eta, "step": k}
        for name, push in zip(COSTS, ((1 - a0) * a0 * (1 - a0), 1 - a0), strict=True):
            taken, wrong = run(name, w0, eta)
            marks |= {name: net.predict(taken.w[k], line)[:, 0], f"loss, {name}": taken.loss}
            marks[f"now, {name}"] = (k, taken.loss[k])
            numbers |= {f"push, {name}": push, f"wrong, {name}": int(wrong[k])}
            numbers[f"95 % right, {name}"] = f"step {np.argmax(wrong <= 17)}" if wrong.min() <= 17 else "not yet"
        alt = "From an output of {a} for a typical yes: after {step} steps at η = {η} squared error has "
        return Frame(marks, numbers, alt + "{wrong, squared-error} wrong, cross-entropy {wrong, cross-entropy}.")

    outputs = Slider("a0", "a, output for the typical yes at the start", OUTPUTS, 0.02, "{:g}")
    rates = Slider("eta", "η, learning rate", RATES, 0.01, "{:g}")
    return figure(board, show, [outputs, rates, Slider("k", "k, step", STEPS, 30, "{:d}")], ask=ask)


def two_costs():
    """Both costs of one sample over z, with the slope at one place: the push on the unit."""
    board = Board(1, 2, size=(9.6, 3.9), titles=("the right answer is yes", "the push, |slope|"))
    costs, pushes = board.axes
    z, looks = np.linspace(-8, 8, 161), {name: look for name, (look, _) in COSTS.items()}
    costs.set(xlim=(-9.8, 9.8), ylim=(-0.3, 9.8), xticks=range(-8, 9, 4), xlabel="z, pre-activation", ylabel="cost E")
    pushes.set(ylim=(0, 1.15))
    curves = {"squared-error": 0.5 * (1 - logistic(z)) ** 2, "cross-entropy": np.logaddexp(0, -z)}
    for name, E in curves.items():
        costs.plot(z, E, label=name, **looks[name])
        board.line(f"tangent, {name}", costs, color="black", linewidth=1.4)
        board.line(f"here, {name}", costs, **NOW | {"color": looks[name]["color"]})
    costs.legend(loc="upper right", frameon=False)
    board.bars("push", pushes, list(COSTS), color=[look["color"] for look in looks.values()])

    def show(at):
        a = float(logistic(at))
        slopes = {"squared-error": (a - 1) * a * (1 - a), "cross-entropy": a - 1}
        marks, numbers = {"push": np.abs(list(slopes.values())).round(4)}, {"z": at, "a": a}
        for name, slope in slopes.items():
            E = float(np.interp(at, z, curves[name]))
            marks |= {f"here, {name}": (at, E), f"tangent, {name}": [(at + h, E + h * slope) for h in (-1.5, 1.5)]}
            numbers |= {f"cost, {name}": E, f"push, {name}": -slope}
        alt = "At z = {z} the output is {a}: squared error pushes by {push, squared-error}, cross-entropy by "
        return Frame(marks, numbers, alt + "{push, cross-entropy}.")

    return figure(board, show, [Slider("at", "z, pre-activation", PLACES, -4.0, "{:g}")])


def softmax_dial():
    """Three pre-activations, of which two move: outputs, error signals for a target, and the Jacobian of softmax."""
    titles = "pre-activation z", "output a", "error signal a − y", "Jacobian ∂a/∂z"
    board = Board(1, 4, size=(9.8, 3.6), titles=titles, width_ratios=(1, 1, 1, 1.1))
    looks = ("z", "blue", (-4.8, 4.8)), ("a", "blue", (0, 1.12)), ("δ", "vermillion", (-1.15, 1.15))
    for ax, (name, color, limits) in zip(board.axes, looks, strict=False):
        board.bars(name, ax, "123", color=COLORS[color])
        ax.set(ylim=limits, xlabel="class")
        ax.axhline(0, color="#767676", linewidth=1)
    matrix = board.axes[3]
    board.cells("J", matrix, extent=(0.5, 3.5, 3.5, 0.5), limits=(-0.25, 0.25), cmap="PuOr")
    matrix.set(xlabel="of z, class", ylabel="of a, class", xticks=[1, 2, 3], yticks=[1, 2, 3])
    for k, j in np.ndindex(3, 3):
        board.text(f"{k}{j}", matrix, ha="center", va="center", bbox={"facecolor": "white", "linewidth": 0, "pad": 1})

    def show(z1, z2, target):
        z, y = np.array([z1, z2, 0.0]), np.eye(3)[target - 1]
        a = softmax(z)
        J = (np.diag(a) - np.outer(a, a)).round(2) + 0.0  # and no −0.00
        marks = {"z": z, "a": a.round(3), "δ": (a - y).round(3), "J": J}
        marks |= {f"{k}{j}": (j + 1, k + 1, f"{J[k, j]:.2f}".replace("-", "−")) for k, j in np.ndindex(3, 3)}
        numbers = {f"a{unit}": value for unit, value in zip("₁₂₃", a, strict=True)} | {"right class": target}
        numbers |= {f"δ{unit}": value for unit, value in zip("₁₂₃", a - y, strict=True)}
        numbers["cross-entropy"] = -np.log(a[target - 1])
        alt = "Softmax gives {a₁}, {a₂}, {a₃}; the right class is {right class}, the cross-entropy {cross-entropy}."
        return Frame(marks, numbers, alt)

    first = Slider("z1", "z₁", np.arange(-4.0, 5.0), 1.0, "{:g}")
    second = Slider("z2", "z₂ (z₃ stays 0)", np.arange(-4.0, 5.0), -1.0, "{:g}")
    return figure(board, show, [first, second, Choice("target", "right class", {"1": 1, "2": 2, "3": 3}, 3)])


def regions(data, *, max_steps: int = 40, ask=None):
    """Which species a network sees at each flipper length and body mass, for a penalty and a number of hidden units."""
    board = Board(1, 2, size=(9.8, 4.9), width_ratios=(1.2, 1), titles=("", "share that is wrong"))
    plane, errors = board.axes
    X = data.X[:, 2:]
    edges = np.transpose([X.min(axis=0), X.max(axis=0)])
    (left, right), (bottom, top) = edges + 0.04 * np.ptp(edges, axis=1, keepdims=True) * [-1, 1]
    across, down = np.linspace(left, right, 121)[1::2], np.linspace(top, bottom, 121)[1::2]
    grid = np.column_stack([axis.ravel() for axis in np.meshgrid(across, down)])
    board.cells("regions", plane, extent=(left, right, bottom, top), limits=(0, 2), cmap=REGIONS)
    for name, (color, marker) in zip(data.target_names, CLASSES, strict=True):
        look = {"color": color, "marker": marker, "markersize": 4.5, "linestyle": "none"}
        board.line(f"training {name}", plane, label=name, **look)
        board.line(f"validation {name}", plane, **look | {"markerfacecolor": "none"})
    xlabel, ylabel = (f"{name}, {data.units[name]}" for name in data.feature_names[2:])
    plane.set(xlim=(left, right), ylim=(bottom, top), xlabel=xlabel, ylabel=ylabel)
    errors.set(xscale="log", xlim=(6e-5, 170), ylim=(0, 0.65), xlabel="λ, penalty on the weights")
    errors.minorticks_off()
    for (part, look), marker in zip(PARTS.items(), "xo", strict=True):
        wrong = {"color": "black", "marker": marker, "markersize": 8, "markerfacecolor": "none", "linestyle": "none"}
        board.line(f"wrong, {part}", plane, label=f"{part}, wrong", **wrong)
        board.curve(part, errors, PENALTIES, label=part, trail=False, **look)
        board.line(f"here, {part}", errors, **NOW | {"color": look["color"], "marker": look["marker"]})
    above(plane, ncols=3, handletextpad=0.1)
    errors.legend(loc="upper left", frameon=False)

    @cache
    def fitted(penalty, hidden, split):
        """The rows of both parts, those that come out wrong, the species on the grid, and the size of the weights."""
        parts = datasets.split_rows(len(data), (0.5, 0.5), split)
        scaling = datasets.zscore_scaling(X[parts[0]])
        Z, net = scaling.transform(X), MLP([2, hidden, 3] if hidden else [2, 3], output="softmax")
        options = {"weight_decay": penalty, "decay_biases": False}
        problem = NetworkFit(net, Z[parts[0]], data.Y[parts[0]], "cross-entropy", **options)
        w = train(levenberg_marquardt(problem, net.init(seed=0), mu=1e-3), max_steps, min_gradient=1e-6).w
        missed = net.predict(w, Z).argmax(axis=1) != data.labels
        where = net.predict(w, scaling.transform(grid)).argmax(axis=1).reshape(60, 60)
        size = np.sqrt(sum(np.sum(W**2) for W, _ in net.unpack(w)))
        return parts, [rows[missed[rows]] for rows in parts], where, size

    def show(penalty, hidden, split):
        parts, wrong, where, size = fitted(penalty, hidden, split)
        marks, numbers = {"regions": where}, {"λ": penalty, "hidden units": hidden, "split": split}
        for i, (part, rows) in enumerate(zip(PARTS, parts, strict=True)):
            shares = [len(fitted(other, hidden, split)[1][i]) / len(rows) for other in PENALTIES]
            marks |= {f"{part} {name}": X[rows[data.Y[rows, k] == 1]] for k, name in enumerate(data.target_names)}
            marks |= {f"wrong, {part}": X[wrong[i]], part: shares}
            marks |= {f"here, {part}": (penalty, shares[PENALTIES.index(penalty)])}
            numbers[f"{part}, wrong"] = len(wrong[i])
        alt = "Regions of three species at λ = {λ} with {hidden units} hidden units: {training, wrong} training "
        alt += "penguins and {validation, wrong} validation penguins are wrong."
        return Frame(marks, numbers | {"size of the weights": size}, alt)

    penalties = Slider("penalty", "λ, penalty on the weights", PENALTIES, 1e-4, "{:g}")
    units = Choice("hidden", "hidden units", {f"{hidden}": hidden for hidden in HIDDEN}, 15)
    splits = Choice("split", "split of the penguins", {"first": 0, "second": 1, "third": 2}, 0)
    return figure(board, show, [penalties, units, splits], ask=ask)


def mistakes(images, labels, answers):
    """The digits that classifiers take for others: how often which for which, and one after the other the pictures."""
    board = Board(1, 3, size=(9.8, 3.9), width_ratios=(1.15, 0.9, 1.1), titles=("mistakes, counted", "the digit", ""))
    matrix, picture, outputs = board.axes
    board.cells("confusion", matrix, extent=(-0.5, 9.5, 9.5, -0.5), limits=(0, 14), cmap="Purples")
    matrix.set(xlabel="taken for", ylabel="is", xticks=range(10), yticks=range(10))
    for i, j in PAIRS:
        board.text(f"{i} for {j}", matrix, ha="center", va="center")
    board.polygon("here", matrix, facecolor="none", edgecolor="black", linewidth=1.8)
    board.cells("image", picture, extent=(0, 8, 0, 8), limits=(0, 16), cmap="Greys")
    picture.set(xticks=[], yticks=[], aspect="equal")
    picture.spines[:].set_visible(True)
    outputs.set(xlim=(-0.6, 9.6), ylim=(0, 1.2), xticks=range(10), xlabel="class", ylabel="output a")
    board.polygon("outputs", outputs, color=COLORS["blue"])
    board.line("right", outputs, label="the right class", color="black", marker="v", markersize=8, linestyle="none")
    above(outputs)

    @cache
    def order(name):
        """The mistakes, the most certain one first, and the matrix of their counts."""
        says = answers[name].argmax(axis=1)
        wrong = np.flatnonzero(says != labels)
        counts = np.zeros((10, 10), dtype=int)
        np.add.at(counts, (labels[wrong], says[wrong]), 1)
        return wrong[np.argsort(-answers[name][wrong].max(axis=1), kind="stable")], counts

    def show(name, k):
        wrong, counts = order(name)
        at, a = wrong[k - 1], answers[name][wrong[k - 1]]
        right, says = int(labels[at]), int(a.argmax())
        bars = [corner for c, height in enumerate(a) for corner in BAR * (1, height) + (c, 0)]
        marks = {"confusion": counts, "image": images[at].reshape(8, 8), "outputs": bars}
        marks |= {f"{i} for {j}": (j, i, f"{counts[i, j]}") for i, j in PAIRS if counts[i, j]}
        marks |= {"here": np.add(SQUARE, (says, right)), "right": (right, a[right] + 0.08)}
        numbers = {"classifier": name, "mistakes": len(wrong), "mistake": k, "is": right, "taken for": says}
        numbers |= {"output for that": a[says], "output for the right one": a[right]}
        alt = "Mistake {mistake} of {mistakes}: a {is}, taken for a {taken for} with output {output for that}."
        return Frame(marks, numbers, alt)

    names = Choice("name", "classifier", {name: name for name in answers}, list(answers)[-1])
    which = Slider("k", "mistake, the most certain first", range(1, 25), 1, "{:d}")
    return figure(board, show, [names, which])


def rough_answers():
    """Digits, and the answers of two linear maps, from half of the digits."""
    data = datasets.digits()
    maps = {name: np.linalg.lstsq(data.X[half::2], data.Y[half::2])[0] for half, name in enumerate(("even", "odd"))}
    return data.X, data.labels, {name: softmax(6 * data.X @ W) for name, W in maps.items()}


EXAMPLES = {
    "badly_wrong": lambda: badly_wrong(datasets.penguins().X[:, 2], datasets.penguins().Y[:, 2]),
    "two_costs": two_costs,
    "softmax_dial": softmax_dial,
    "regions": lambda: regions(datasets.penguins()),
    "mistakes": lambda: mistakes(*rough_answers()),
}
