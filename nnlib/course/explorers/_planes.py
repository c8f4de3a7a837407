"""What pictures of maps of the plane share: a grid, a small square that a map carries over, a quadratic form."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes

from nnlib.course.explorers._pictures import NOW, above, direction
from nnlib.course.plane_maps import map_grid, polygon_area
from nnlib.live import COLORS, Board

IMAGE = {"facecolor": "#b7d7ea", "edgecolor": COLORS["blue"], "linewidth": 1.8, "alpha": 0.75, "zorder": 2.5}
TURNED = IMAGE | {"facecolor": "#f3ddab", "edgecolor": COLORS["orange"], "linestyle": "--"}
PREDICTED = {"facecolor": "none", "edgecolor": "black", "linestyle": ":", "linewidth": 2, "zorder": 2.7}
GRID_LINE = {"color": "#9a9a9a", "linewidth": 0.8}
SQUARE = np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]])
POINTS_A_SIDE = 12


class Carried:
    """A small square at a movable point of one plane, and what a map and its Jacobian make of it in another one."""

    def __init__(self, board: Board, before: Axes, after: Axes, side: float):
        self.side, self.axes = side, {"before": before, "after": after}
        board.polygon("square", before, **IMAGE)
        board.polygon("image", after, label="image", **IMAGE)
        board.polygon("turned over", after, label="turned over", **TURNED)
        board.polygon("parallelogram", after, label="parallelogram", **PREDICTED)
        above(after, ncols=3)
        for place, ax in self.axes.items():
            ax.grid(False)
            ax.set_aspect("equal")
            board.line(f"point {place}", ax, **NOW)
            for j in "12":
                board.arrow(f"side {j} {place}", ax, color="black", width=1.2, zorder=4)
                board.text(f"name {j} {place}", ax, ha="center", va="center")

    def marks(self, f, w, J) -> tuple[dict, float]:
        """The marks for the map f at w, and by what it multiplies the square's area, negative if turned over."""
        image = np.array([f(w + self.side * p) for p in outline()])
        factor, at = polygon_area(image) / self.side**2, f(w)
        marks = {"square": w + self.side * SQUARE, "parallelogram": at + self.side * SQUARE @ J.T}
        marks["turned over" if factor < -1e-9 else "image"] = image
        for (place, ax), tail, sides in zip(self.axes.items(), (w, at), (np.eye(2), J), strict=True):
            marks[f"point {place}"] = tail
            for j, way, other in zip("12", self.side * sides.T, sides.T[::-1], strict=True):
                marks[f"side {j} {place}"] = (tail, tail + way)
                across = direction(np.array([way[1], -way[0]]))
                outside = 0.05 * np.ptp(ax.get_xlim()) * across * (-np.sign(across @ other) or 1.0)
                if np.hypot(*way) > 1e-9:
                    marks[f"name {j} {place}"] = (*(tail + 0.6 * way + outside), j)
        return marks, factor


def outline() -> np.ndarray:
    """Points all around the unit square, counterclockwise from the origin."""
    along = np.linspace(0, 1, POINTS_A_SIDE, endpoint=False)[:, None]
    return np.concatenate([a + along * (b - a) for a, b in zip(SQUARE, np.roll(SQUARE, -1, axis=0), strict=True)])


def grid_lines(f, window, cells: int) -> np.ndarray:
    """A grid over the window carried through f, as one path with the pen lifted between its lines."""
    images = map_grid(f, window, cells).images
    both = np.concatenate([images, images.transpose(1, 0, 2)])
    return np.pad(both, ((0, 0), (0, 1), (0, 0)), constant_values=np.nan).reshape(-1, 2)


def level_of_form(eigenvalues, V, level: float = 0.5, most: float = 2.3) -> np.ndarray:
    """The points p with ½ pᵀHp = level, as far as `most` from 0: an ellipse, parts of a hyperbola, or none."""
    angle = np.linspace(0, 2 * np.pi, 241)
    ways = np.array([np.cos(angle), np.sin(angle)])
    with np.errstate(divide="ignore", invalid="ignore"):
        length = np.sqrt(2 * level / (eigenvalues @ ways**2))
    return (V @ ways * np.where(length <= most, length, np.nan)).T
