"""Chapter 08: a grid pulled through a map, the gradient as such a map, how the neuron's surface bends, a Jacobian."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes

from nnlib import derivatives, levenberg_marquardt, train
from nnlib.course.explorers._pictures import (
    AFTER,
    DATA,
    NEURON_WINDOW,
    NOW,
    above,
    curve,
    data_and_curve,
    direction,
    eigensystem,
    neuron,
    neuron_and_curve,
    sine_network,
    span,
)
from nnlib.course.plane_maps import map_grid, polygon_area
from nnlib.live import COLORS, Board, Choice, Frame, Slider, figure, short

PREDICTED = {"facecolor": "none", "edgecolor": COLORS["black"], "linestyle": ":", "linewidth": 2, "zorder": 2.7}
IMAGE = {"facecolor": "#b7d7ea", "edgecolor": COLORS["blue"], "linewidth": 1.8, "alpha": 0.9, "zorder": 2.5}
TURNED = {"facecolor": "#f3ddab", "edgecolor": COLORS["orange"], "linewidth": 1.8, "alpha": 0.9, "zorder": 2.5}
GRID_LINE = {"color": "#9a9a9a", "linewidth": 0.8}
SQUARE = np.array([[0, 0], [1, 0], [1, 1], [0, 1]])
OUTLINE = np.concatenate([a + np.linspace(0, 1, 12, endpoint=False)[:, None] * (b - a)
                          for a, b in zip(SQUARE, np.roll(SQUARE, -1, axis=0), strict=True)])  # fmt: skip
COLUMNS = {"∂r/∂w₁": {"marker": "^", "linestyle": "-"}, "∂r/∂b": {"marker": "o", "linestyle": "--"}}
BENDS = {"up by ½": {"color": COLORS["blue"], "linewidth": 2}, "down by ½": {"color": COLORS["vermillion"], "linewidth": 2, "linestyle": "--"}}
CENTER = np.mean(NEURON_WINDOW, axis=1)
MINIMA = np.sqrt(1.25) * np.array([[1, -0.5], [-1, 0.5]])  # of the double well; its saddle is at 0
PUSH = 0.5  # of a weight of the sine network


def layer(w):
    """Two tanh units with two inputs."""
    return np.tanh(np.array([1.5 * w[0] - 0.5 * w[1] - 0.6, 0.5 * w[0] + 1.0 * w[1] - 1.2]))


MAPS = {
    "polar": lambda w: np.array([w[0] * np.cos(w[1]), w[0] * np.sin(w[1])]),
    "shear": lambda w: np.array([w[0] + 0.5 * w[1], w[1]]),
    "fold": lambda w: np.array([w[0] * (2 - w[0]), w[1]]),
    "layer": layer,
}
PAGES = {"polar": "polar coordinates", "shear": "a shear", "fold": "a fold", "layer": "a layer of two tanh units"}
DOUBLE_WELL = "E = ¼x⁴ − ½x² + ½y² + ½xy"


def double_well(w):
    """A surface with two minima and a saddle between them."""
    return 0.25 * w[0] ** 4 - 0.5 * w[0] ** 2 + 0.5 * w[1] ** 2 + 0.5 * w[0] * w[1]


def gradient_of_double_well(w):
    """Its gradient, a map of the plane."""
    return np.array([w[0] ** 3 - w[0] + 0.5 * w[1], w[1] + 0.5 * w[0]])


class Carried:
    """Two planes: a small square with its two sides at a movable point, and what a map and its Jacobian make of it."""

    def __init__(self, board: Board, before: Axes, after: Axes, side: float):
        self.side, self.axes = side, (before, after)
        board.polygon("square", before, **IMAGE)
        board.polygon("image", after, label="image", **IMAGE)
        board.polygon("turned over", after, label="turned over", **TURNED)
        board.polygon("parallelogram", after, label="parallelogram", **PREDICTED)
        above(after, ncols=3)
        for ax, place in zip(self.axes, ("before", "after"), strict=True):
            ax.grid(False)
            board.line(f"point {place}", ax, **NOW)
            for j in "12":
                board.arrow(f"side {j} {place}", ax, color="black", width=1.2, zorder=4)
                board.text(f"name {j} {place}", ax, ha="center", va="center")

    def marks(self, f, w, J) -> tuple[dict, float]:
        """The marks at w, and the signed area of the square's image over that of the square."""
        points, images = w + self.side * OUTLINE, np.array([f(w + self.side * p) for p in OUTLINE])
        factor, at = polygon_area(images) / self.side**2, f(w)
        image = "image" if np.linalg.det(J) >= 0 else "turned over"
        marks = {"square": points, image: images, "parallelogram": at + self.side * SQUARE @ J.T}
        for place, tail, sides, ax in zip(("before", "after"), (w, at), (np.eye(2), J), self.axes, strict=True):
            marks[f"point {place}"] = tail
            for j, way in zip("12", self.side * sides.T, strict=True):
                marks[f"side {j} {place}"] = (tail, tail + way)
                beyond = 0.045 * np.ptp(ax.get_xlim()) * direction(way)
                if np.hypot(*way) > 1e-9:
                    marks[f"name {j} {place}"] = (*(tail + way + beyond), j)
        return marks, factor


def draw_grid(ax: Axes, points) -> None:
    """The two families of lines of a grid."""
    for lines in (points, points.transpose(1, 0, 2)):
        for line in lines:
            ax.plot(*line.T, **GRID_LINE)


def grid_through_a_map(*, start=("fold", 1.25, 0.75), ask=None):
    """A grid of the plane, what a map makes of it, and of a small square at a movable point."""
    board = Board(1, 2, size=(9.6, 5.0), width_ratios=(1, 1.45), titles=("a small square at (u, v)",))
    before, after = board.axes
    grids = {name: map_grid(f, ((0, 2), (0, 2)), cells=8) for name, f in MAPS.items()}
    draw_grid(before, grids["polar"].corners)
    before.set(xlim=(-0.1, 2.3), ylim=(-0.1, 2.3), xlabel="u", ylabel="v", aspect="equal")
    after.set(xlim=(-1.1, 3.15), ylim=(-1.1, 2.2), xlabel="f₁", ylabel="f₂", aspect="equal")
    board.line("grid", after, **GRID_LINE)
    carried = Carried(board, before, after, side=0.5)
    lines = {}
    for name, grid in grids.items():
        both = np.concatenate([grid.images, grid.images.transpose(1, 0, 2)])
        lines[name] = np.pad(both, ((0, 0), (0, 1), (0, 0)), constant_values=np.nan).reshape(-1, 2)

    def show(map, u, v):
        w, f = np.array([u, v]), MAPS[map]
        J = derivatives.numerical_jacobian(f, w, method="complex")
        marks, factor = carried.marks(f, w, J)
        numbers = {"map": PAGES[map], "u": u, "v": v, "det J": np.linalg.det(J), "factor of area": factor}
        alt = "At ({u}, {v}) the map, {map}, has det J = {det J}; it multiplies the area of the square by {factor of area}."
        return Frame(marks | {"grid": lines[map]}, numbers, alt)

    places = np.arange(0, 1.51, 0.25)
    controls = [Choice("map", "map", {page: name for name, page in PAGES.items()}, start=start[0]),
                Slider("u", "u", places, start=start[1]), Slider("v", "v", places, start=start[2])]  # fmt: skip
    return figure(board, show, controls, ask=ask)


def gradient_as_a_map(*, start=(-0.2, 0.2), ask=None):
    """A surface with a square at a movable point, and what its gradient makes of the square: there J is the Hessian."""
    board = Board(1, 2, size=(9.6, 5.2), width_ratios=(1, 1.2), titles=(DOUBLE_WELL,))
    before, after = board.axes
    x = np.linspace(-1.75, 1.75, 81)
    before.contour(x, x, double_well(np.array(np.meshgrid(x, x))), 16, colors="#b0b0b0", linewidths=0.8)
    before.plot(*np.transpose(MINIMA), "*", color="black", markersize=13)
    before.plot(0, 0, "x", color="black", markersize=9, markeredgewidth=2)
    draw_grid(after, map_grid(gradient_of_double_well, ((-1.6, 1.6), (-1.6, 1.6)), cells=16).images)
    before.set(xlim=x[[0, -1]], ylim=x[[0, -1]], xlabel="x", ylabel="y", aspect="equal")
    after.set(xlim=(-3.5, 3.5), ylim=(-2.6, 2.6), xlabel="∂E/∂x", ylabel="∂E/∂y", aspect="equal")
    carried = Carried(board, before, after, side=0.4)

    def show(x, y):
        w = np.array([x, y])
        H = derivatives.numerical_jacobian(gradient_of_double_well, w, method="complex")
        marks, factor = carried.marks(gradient_of_double_well, w, H)
        numbers = {"x": x, "y": y, "column 1": pair(H[:, 0]), "column 2": pair(H[:, 1]), "det H": np.linalg.det(H)}
        numbers |= {"factor of area": factor}
        alt = "At ({x}, {y}) the Hessian has the columns {column 1} and {column 2}, and det H = {det H}."
        return Frame(marks, numbers, alt)

    places = np.arange(-6, 7) / 5
    controls = [Slider(name, name, places, start=at) for name, at in zip("xy", start, strict=True)]
    return figure(board, show, controls, ask=ask)


def pair(vector) -> str:
    """Two numbers as a column is read: "(0.5, 1)"."""
    return f"({short(vector[0])}, {short(vector[1])})"


def bending(problem, *, start=(1.5, -1.0), ask=None):
    """The neuron at a movable point: how its surface bends there, its curve, its residuals and the rows of J."""
    board = Board(2, 3, size=(9.6, 5.6), width_ratios=(2.6, 1.3, 1))
    surface, data, unused, under, columns, bars = board.axes
    span(surface, slice(None), 0, under)
    span(data, 0, slice(1, 3), unused)
    x, _ = neuron_and_curve(surface, data, problem)
    inputs, targets = problem.X[:, 0], problem.Y[:, 0]
    columns.set(xlim=data.get_xlim(), ylim=(-2.15, 2.15), xlabel="x of the sample", ylabel="its row of J")
    bars.set(ylim=(-20, 27), ylabel="eigenvalue of H")
    bars.axhline(0, color="#767676", linewidth=1)
    board.line("residuals", data, label="residuals", color=COLORS["vermillion"], linewidth=1.4)
    board.curve("curve", data, x, trail=False, label="the neuron", **AFTER)
    for name, look in COLUMNS.items():
        board.curve(name, columns, inputs, trail=False, label=name, color="black", markersize=4, linewidth=0.8, **look)
    for name, look in BENDS.items():
        board.line(name, surface, label=name, **look)
    for name in ("v₁", "v₂"):
        board.arrow(f"arrow {name}", surface, color="black", width=1.0)
        board.text(name, surface, ha="center", va="center")
    board.line("here", surface, **NOW, zorder=5)
    board.bars("λ", bars, ["λ₁", "λ₂"], color=COLORS["orange"])
    for ax, most in ((surface, 1), (data, 2), (columns, 2)):
        above(ax, ncols=most)

    def show(w1, b):
        w = np.array([w1, b])
        λ, V = eigensystem(problem.hessian(w))
        says, J = curve(problem, w, inputs), problem.jacobian(w)
        marks = {"here": w, "curve": curve(problem, w, x), "λ": λ, **dict(zip(COLUMNS, J.T, strict=True))}
        marks["residuals"] = np.stack([inputs, inputs, inputs, says, targets, np.nan * says]).reshape(2, 3, -1).T.reshape(-1, 2)
        for name, v, size in zip(("v₁", "v₂"), V.T, 1 / np.sqrt(np.abs(λ)), strict=True):
            v = v * (np.sign(v @ (CENTER - w)) or 1.0)
            marks |= {f"arrow {name}": (w, w + 1.1 * v), name: (*(w + (1.75 if abs(size - 1.4) < 0.3 else 1.4) * v), name)}
        marks |= {name: w + bent_by(sign * λ, V) for name, sign in zip(BENDS, (1, -1), strict=True)}
        kind = "up both ways" if λ[1] > 0 else "up and down" if λ[0] > 0 else "down both ways"
        numbers = {"w₁": w1, "b": b, "loss": problem.loss(w), "λ₁": λ[0], "λ₂": λ[1], "it bends": kind}
        numbers["largest 1 − ŷ²"] = np.max(1 - says**2)
        alt = "The neuron at ({w₁}, {b}): the loss is {loss}, the eigenvalues of H are {λ₁} and {λ₂}; it bends {it bends}."
        return Frame(marks, numbers, alt)

    controls = [Slider("w1", "w₁, weight", np.arange(-1.5, 3.1, 0.5), start=start[0], format="{:g}"),
                Slider("b", "b, bias", np.arange(-2.5, 2.1, 0.5), start=start[1], format="{:g}")]  # fmt: skip
    return figure(board, show, controls, ask=ask)


def bent_by(λ, V, most: float = 2.2) -> np.ndarray:
    """The points p with ½ pᵀHp = ½, as far as `most` from 0: an ellipse, or parts of a hyperbola, or nothing."""
    θ = np.linspace(0, 2 * np.pi, 241)
    way = V @ np.array([np.cos(θ), np.sin(θ)])
    with np.errstate(divide="ignore", invalid="ignore"):
        length = 1 / np.sqrt(λ @ np.array([np.cos(θ), np.sin(θ)]) ** 2)
    return (way * np.where(length <= most, length, np.nan)).T


def error_jacobian(problem, w, *, start=(20, 11), ask=None):
    """The error Jacobian of a network with one input as an image; a row lights up its sample, a column moves its weight."""
    board = Board(2, 2, size=(9.6, 5.6), width_ratios=(1.15, 1), titles=("J: a row a sample, a column a weight", "", "", ""))
    image, data, row = board.tall_left()
    J, inputs = problem.jacobian(w), problem.X[:, 0]
    samples, weights = J.shape
    shown = image.imshow(J, cmap="viridis", vmin=-1, vmax=1, aspect="auto")
    board.fig.colorbar(shown, ax=image, location="bottom", label="∂r/∂w")
    image.grid(False)
    image.set(xlabel="weight j", ylabel="sample i")
    x = data_and_curve(data, inputs, problem.Y[:, 0], xlabel="x", ylabel="y")
    says, slopes = curve(problem, w, x), problem.net.jacobian(w, x[:, None])
    data.plot(x, says, **AFTER)
    row.set(xlim=(-1, weights), ylim=(1.1 * J.min(), 1.1 * J.max()), xlabel="weight j", ylabel="row i of J")
    board.polygon("row in J", image, facecolor="none", edgecolor="white", linewidth=2)
    board.polygon("column in J", image, facecolor="none", edgecolor="white", linewidth=2)
    board.line("lit", data, label="sample i", **NOW | {"markersize": 11, "linestyle": "none"})
    board.curve("pushed", data, x, trail=False, label="weight j pushed", color="black", linestyle="--")
    board.curve("predicted", data, x, trail=False, label="predicted by column j", color=COLORS["sky"], linestyle=":", linewidth=2.6)
    board.curve("row", row, color="black", marker=".", linewidth=0.8)
    board.line("entry", row, **NOW)
    above(data, ncols=3)

    def show(i, j):
        pushed = curve(problem, w + PUSH * np.eye(weights)[j], x)
        marks = {"row in J": box(-0.5, weights - 0.5, i), "column in J": box(-0.5, samples - 0.5, j)[:, ::-1]}
        marks |= {"lit": (inputs[i], curve(problem, w, inputs)[i]), "pushed": pushed, "predicted": says + PUSH * slopes[:, j]}
        marks |= {"row": J[i], "entry": (j, J[i, j])}
        numbers = {"i": i, "x of the sample": inputs[i], "j": j, "weight": name_of(j, weights), "J in row i, column j": J[i, j]}
        alt = "Row {i} of J belongs to the sample at x = {x of the sample}; column {j} to the {weight}. Their entry is {J in row i, column j}."
        return Frame(marks, numbers, alt)

    controls = [Slider("i", "i, sample", np.arange(0, samples, 5), start=start[0], format="{:d}"),
                Slider("j", "j, weight", np.arange(weights), start=start[1], format="{:d}")]  # fmt: skip
    return figure(board, show, controls, ask=ask)


def box(left, right, at) -> np.ndarray:
    """The outline of a row of cells."""
    return np.array([[left, at - 0.5], [right, at - 0.5], [right, at + 0.5], [left, at + 0.5]])


def name_of(j: int, weights: int) -> str:
    """Which number of a network with one input and one output it is, in the order of nnlib."""
    unit, hidden = j // 2 + 1, (weights - 1) // 3
    if j < 2 * hidden:
        return f"{'bias' if j % 2 else 'weight'} of unit {unit}"
    return "output bias" if j == weights - 1 else f"output weight of unit {j - 2 * hidden + 1}"


def fitted_sine():
    """The sine network with weights at which it follows the data."""
    problem, w0 = sine_network()
    return problem, train(levenberg_marquardt(problem, w0), goal=0.2).w


EXAMPLES = {
    "grid_through_a_map": grid_through_a_map,
    "gradient_as_a_map": gradient_as_a_map,
    "bending": lambda: bending(neuron()),
    "error_jacobian": lambda: error_jacobian(*fitted_sine()),
}
