"""Chapter 08: a grid pulled through a map, the gradient as such a map, how the neuron's surface bends, a Jacobian."""

from __future__ import annotations

import numpy as np

from nnlib import levenberg_marquardt, train
from nnlib.course.explorers import _pictures as pictures
from nnlib.course.explorers._pictures import AFTER, NOW, above, curve, data_and_curve
from nnlib.course.explorers._planes import GRID_LINE, Carried, grid_lines, level_of_form
from nnlib.derivatives import numerical_jacobian
from nnlib.live import COLORS, Board, Choice, Frame, Slider, figure, short

MAPS = {
    "polar": lambda w: np.array([w[0] * np.cos(w[1]), w[0] * np.sin(w[1])]),
    "shear": lambda w: np.array([w[0] + 0.5 * w[1], w[1]]),
    "fold": lambda w: np.array([w[0] * (2 - w[0]), w[1]]),
    "layer": lambda w: np.tanh(np.array([1.5 * w[0] - 0.5 * w[1] - 0.6, 0.5 * w[0] + w[1] - 1.2])),
}
PAGES = {"polar coordinates": "polar", "a shear": "shear", "a fold": "fold", "a layer of two tanh units": "layer"}
COLUMNS = {"∂r/∂w₁": {"marker": "^", "linestyle": "-"}, "∂r/∂b": {"marker": "o", "linestyle": "--"}}
BENDS = {"up by ½": {"color": COLORS["blue"]}, "down by ½": {"color": COLORS["vermillion"], "linestyle": "--"}}
CENTER = np.mean(pictures.NEURON_WINDOW, axis=1)
PUSH = 0.5


def grid_through_a_map(*, start=("fold", 1.25, 0.75), ask=None):
    """A grid of the plane, what a map makes of it, and of a small square at a movable point."""
    board = Board(1, 2, size=(9.6, 5.0), width_ratios=(1, 1.45), titles=("a small square at (u, v)",))
    before, after = board.axes
    grids = {name: grid_lines(f, ((0, 2), (0, 2)), cells=8) for name, f in MAPS.items()}
    before.plot(*grid_lines(lambda w: w, ((0, 2), (0, 2)), cells=8).T, **GRID_LINE)
    before.set(xlim=(-0.25, 2.15), ylim=(-0.25, 2.15), xlabel="u", ylabel="v")
    after.set(xlim=(-1.3, 3.15), ylim=(-1.1, 2.2), xlabel="f₁", ylabel="f₂")
    board.line("grid", after, **GRID_LINE)
    carried = Carried(board, before, after, side=0.5)

    def show(map, u, v):
        w, f = np.array([u, v]), MAPS[map]
        J = numerical_jacobian(f, w, method="complex")
        marks, factor = carried.marks(f, w, J)
        numbers = {"u": u, "v": v, "det J": np.linalg.det(J), "factor of area": factor}
        side = ", turned over" if "turned over" in marks else ""
        alt = f"{map}: a grid, a square at ({{u}}, {{v}}) and its image{side}. det J = {{det J}}, "
        alt += "factor of area {factor of area}."
        return Frame(marks | {"grid": grids[map]}, numbers, alt)

    places = np.arange(0, 1.51, 0.25)
    sliders = [Slider(name, name, places, start=at) for name, at in zip("uv", start[1:], strict=True)]
    return figure(board, show, [Choice("map", "map", PAGES, start=start[0]), *sliders], ask=ask)


def double_well(w):
    """A surface with two minima and a saddle between them."""
    x, y = w
    return x**4 / 4 - x**2 / 2 + y**2 / 2 + x * y / 2


def gradient_of_double_well(w):
    """Its gradient, a map of the plane."""
    x, y = w
    return np.array([x**3 - x + y / 2, y + x / 2])


def gradient_as_a_map(*, start=(0.0, 0.0), ask=None):
    """A surface with a square at a movable point, and what its gradient makes of the square: there J is the Hessian."""
    board = Board(1, 2, size=(9.6, 5.2), width_ratios=(1, 1.2), titles=("E = ¼x⁴ − ½x² + ½y² + ½xy",))
    before, after = board.axes
    x, minimum = np.linspace(-1.75, 1.75, 81), np.sqrt(1.25) * np.array([1, -0.5])
    before.contour(x, x, double_well(np.meshgrid(x, x)), 16, colors="#b0b0b0", linewidths=0.8, linestyles="-")
    before.plot(*np.transpose([minimum, -minimum]), "*", color="black", markersize=13)
    before.plot(0, 0, "x", color="black", markersize=16, markeredgewidth=2)
    after.plot(*grid_lines(gradient_of_double_well, ((-1.6, 1.6), (-1.6, 1.6)), cells=16).T, **GRID_LINE)
    before.set(xlim=x[[0, -1]], ylim=x[[0, -1]], xlabel="x", ylabel="y")
    after.set(xlim=(-3.5, 3.5), ylim=(-2.6, 2.6), xlabel="∂E/∂x", ylabel="∂E/∂y")
    carried = Carried(board, before, after, side=0.4)

    def show(x, y):
        w = np.array([x, y])
        H = numerical_jacobian(gradient_of_double_well, w, method="complex")
        marks, factor = carried.marks(gradient_of_double_well, w, H)
        columns = {f"column {j + 1}": f"({short(H[0, j])}, {short(H[1, j])})" for j in range(2)}
        numbers = {"x": x, "y": y, **columns, "det H": np.linalg.det(H), "factor of area": factor}
        side = ", turned over" if "turned over" in marks else ""
        alt = "At ({x}, {y}) the Hessian has the columns {column 1} and {column 2}, and det H = {det H}; "
        alt += f"a square there and its image{side}."
        return Frame(marks, numbers, alt)

    places = np.arange(-6, 7) / 5
    return figure(board, show, [Slider(*[n] * 2, places, start=at) for n, at in zip("xy", start, strict=True)], ask=ask)


def bending(problem, *, start=(0.0, 2.0), ask=None):
    """The neuron at a movable point: how its surface bends there, its curve, its residuals and the rows of J."""
    board = Board(2, 3, size=(9.6, 5.6), width_ratios=(2.6, 1.3, 1))
    surface, data, unused, under, columns, bars = board.axes
    pictures.span(surface, slice(None), 0, under)
    pictures.span(data, 0, slice(1, 3), unused)
    x, _ = pictures.neuron_and_curve(surface, data, problem)
    inputs, targets, (low, high) = problem.X[:, 0], problem.Y[:, 0], np.transpose(pictures.NEURON_WINDOW)
    columns.set(xlim=data.get_xlim(), ylim=(-2.15, 2.15), xlabel="x of the sample", ylabel="its row of J")
    bars.set(ylim=(-20, 27), ylabel="eigenvalue of H")
    bars.axhline(0, color="#767676", linewidth=1)
    board.line("residuals", data, label="residuals", color=COLORS["vermillion"], linewidth=1.4)
    board.curve("curve", data, x, trail=False, label="the neuron", **AFTER)
    for name, look in COLUMNS.items():
        board.curve(name, columns, inputs, trail=False, label=name, color="black", markersize=4, linewidth=0.8, **look)
    for name, look in BENDS.items():
        board.line(name, surface, label=name, linewidth=2, **look)
    for name in ("v₁", "v₂"):
        board.arrow(f"arrow {name}", surface, color="black", width=1.0)
        board.text(name, surface, ha="center", va="center")
    board.line("here", surface, **NOW, zorder=5)
    board.bars("λ", bars, ["λ₁", "λ₂"], color=COLORS["orange"])
    for ax, most in ((surface, 1), (data, 2), (columns, 2)):
        above(ax, ncols=most)

    def show(w1, b):
        w = np.array([w1, b])
        λ, V = pictures.eigensystem(problem.hessian(w))
        says, V = curve(problem, w, inputs), V * np.where((CENTER - w) @ V < 0, -1, 1)
        marks = {"here": w, "curve": curve(problem, w, x), "λ": λ}
        marks |= dict(zip(COLUMNS, problem.jacobian(w).T, strict=True))
        marks["residuals"] = np.insert(np.stack([inputs, inputs, says, targets]).reshape(2, 2, -1).T, 2, np.nan, axis=1)
        for name, v, size in zip(("v₁", "v₂"), V.T, 1 / np.sqrt(np.abs(λ)), strict=True):
            far = size + 0.35 if abs(size - 1.35) < 0.35 else 1.35  # beside the ellipse, not on it
            place = np.clip(w + far * v, low + 0.3, high - 0.3)
            marks |= {f"arrow {name}": (w, w + 1.05 * v), name: (*place, name)}
        marks |= {name: w + level_of_form(sign * λ, V) for name, sign in zip(BENDS, (1, -1), strict=True)}
        numbers = {"w₁": w1, "b": b, "loss": problem.loss(w), "λ₁": λ[0], "λ₂": λ[1]}
        numbers["it bends"] = "up both ways" if λ[1] > 0 else "up and down" if λ[0] > 0 else "down both ways"
        alt = "The neuron at ({w₁}, {b}), loss {loss}: eigenvalues of H {λ₁} and {λ₂}: the surface bends {it bends}."
        return Frame(marks, numbers, alt)

    weights = Slider("w1", "w₁, weight", np.arange(-1.5, 3.1, 0.5), start=start[0], format="{:g}")
    biases = Slider("b", "b, bias", np.arange(-2.5, 2.1, 0.5), start=start[1], format="{:g}")
    return figure(board, show, [weights, biases], ask=ask)


def error_jacobian(problem, w, *, start=(20, 11), ask=None):
    """The error Jacobian of the sine network as an image; a row lights up its sample, a column moves its weight."""
    board = Board(2, 2, size=(9.6, 5.6), width_ratios=(1.15, 1), titles=("J: a row a sample, a column a weight",))
    image, data, row = board.tall_left()
    J, inputs = problem.jacobian(w), problem.X[:, 0]
    (samples, weights), push = J.shape, PUSH * np.eye(len(w))
    shown = image.imshow(J, vmin=-1, vmax=1, aspect="auto")
    board.fig.colorbar(shown, ax=image, location="bottom", label="∂r/∂w", ticks=[-1, -0.5, 0, 0.5, 1])
    image.grid(False)
    image.set(xlabel="weight j", ylabel="sample i")
    x = data_and_curve(data, inputs, problem.Y[:, 0], xlabel="x", ylabel="y")
    says, slopes = curve(problem, w, x), problem.net.jacobian(w, x[:, None])
    data.plot(x, says, **AFTER)
    row.set(xlim=(-1, weights), ylim=(-1.15, 1.15), xlabel="weight j", ylabel="row i of J")
    for name in ("row", "column"):  # white on black: seen on any color
        for color, width in (("black", 3), ("white", 1.2)):
            board.polygon(f"{name} in {color}", image, facecolor="none", edgecolor=color, linewidth=width)
    board.line("lit", data, label="sample i", **NOW | {"markersize": 11, "linestyle": "none"})
    board.curve("pushed", data, x, trail=False, label="weight j pushed", color="black", linestyle="--")
    predicted = {"label": "predicted by column j", "color": COLORS["sky"], "linestyle": ":", "linewidth": 2.6}
    board.curve("predicted", data, x, trail=False, **predicted)
    board.curve("row", row, color="black", marker=".", linewidth=0.8)
    board.line("entry", row, **NOW)
    above(data, ncols=3)

    def box(to, at):
        return np.array([[-0.5, at - 0.6], [to - 0.5, at - 0.6], [to - 0.5, at + 0.6], [-0.5, at + 0.6]])

    def show(i, j):
        marks = {f"row in {color}": box(weights, i) for color in ("black", "white")} | {"row": J[i]}
        marks |= {f"column in {color}": box(samples, j)[:, ::-1] for color in ("black", "white")}
        marks |= {"lit": (inputs[i], curve(problem, w, inputs)[i]), "entry": (j, J[i, j])}
        marks |= {"pushed": curve(problem, w + push[j], x), "predicted": says + slopes @ push[j]}
        numbers = {"i": i, "x": inputs[i], "j": j, "belongs to": owner(j, weights), "entry": J[i, j]}
        alt = "Row {i} of J belongs to the sample at x = {x}, column {j} to the {belongs to}: the entry is {entry}."
        return Frame(marks, numbers, alt)

    sliders = [
        Slider("i", "i, sample", np.arange(0, samples, 5), start=start[0], format="{:d}"),
        Slider("j", "j, weight", np.arange(weights), start=start[1], format="{:d}"),
    ]
    return figure(board, show, sliders, ask=ask)


def owner(j: int, weights: int) -> str:
    """What weight j is, in the order of nnlib, of a network with one input, one hidden layer and one output."""
    hidden = (weights - 1) // 3
    if j < 2 * hidden:
        return f"{('weight', 'bias')[j % 2]} of unit {j // 2 + 1}"
    return "output bias" if j == weights - 1 else f"output weight of unit {j - 2 * hidden + 1}"


def fitted_sine():
    """The sine network, with weights at which it follows the data."""
    problem, w0 = pictures.sine_network()
    return problem, train(levenberg_marquardt(problem, w0, mu=1e-3), goal=0.2).w


EXAMPLES = {
    "grid_through_a_map": grid_through_a_map,
    "gradient_as_a_map": gradient_as_a_map,
    "bending": lambda: bending(pictures.neuron()),
    "error_jacobian": lambda: error_jacobian(*fitted_sine()),
}
