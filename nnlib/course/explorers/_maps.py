"""Maps of all starts of the neuron, one a method, with a path on each and the curves beside them."""

from __future__ import annotations

from itertools import islice

import numpy as np
from matplotlib import colormaps
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LogNorm

from nnlib.course import basins
from nnlib.course.explorers._pictures import (
    AFTER,
    HERE,
    NEURON_WINDOW,
    above,
    curve,
    data_and_curve,
    in_sight,
    minimum_of,
    step_labels,
)
from nnlib.live import Board

STEPS = colormaps["viridis_r"].with_extremes(bad="white")
PATH = {"color": "black", "marker": "o", "markersize": 4, "markeredgecolor": "white", "linewidth": 1.8}


class Maps:
    """A board with a map for each method, colored by steps to the minimum, and the plot of the data at the right."""

    def __init__(self, problem, looks: dict, titles, max_steps: int, dense: tuple[str, ...] = ()):
        """`looks` has the look of each method's curve; paths of `dense` methods have no mark for each step."""
        count = len(looks)
        self.problem, self.max_steps = problem, max_steps
        self.board = Board(1, count + 1, size=(9.6, 4.2), width_ratios=(1.25,) * count + (1,), titles=titles)
        *maps, data = self.board.axes
        self.minimum = minimum_of(problem, [1.0, -0.5])
        self.x = data_and_curve(data, problem.X[:, 0], problem.Y[:, 0], xlabel="x")
        self.axes = dict(zip(looks, maps, strict=True))
        for name, ax in self.axes.items():
            self._add_map(ax, name, PATH | {"marker": ""} if name in dense else PATH)
            self.board.curve(f"curve of {name}", data, self.x, label=name, **AFTER | looks[name])
        maps[0].set_ylabel("bias b")
        self._labels = {name: step_labels(self.board, ax, 6, name=name) for name, ax in self.axes.items()}
        add_scale(self.board, maps, max_steps)
        above(data, ncols=1)

    def _add_map(self, ax, name, path):
        limits = 0, np.log(self.max_steps)
        self.board.cells(f"map of {name}", ax, extent=edges(*basins.GRID), limits=limits, cmap=STEPS)
        ax.set(xlim=NEURON_WINDOW[0], ylim=NEURON_WINDOW[1], xlabel="weight w₁", aspect="equal")
        star = {"color": "black", "marker": "*", "markersize": 15, "markeredgecolor": "white", "zorder": 2.5}
        self.board.line(f"star of {name}", ax, **star)
        self.board.line(f"path of {name}", ax, **path)
        self.board.line(f"start of {name}", ax, **HERE | {"markeredgecolor": "white"})

    def draw_bowl(self) -> None:
        """Dotted on every map: inside, the Hessian of the problem is positive definite."""
        a, c, d = basins.model(self.problem, np.array(np.meshgrid(*basins.GRID)), exact=True).matrix
        smallest = (a + d) / 2 - np.hypot((a - d) / 2, c)  # of the two eigenvalues
        for ax in self.axes.values():
            ax.contour(*basins.GRID, smallest, [0.0], colors="black", linestyles=":", linewidths=1.6)

    def marks(self, name: str, path, of_all: basins.Basin, numbered: int | None = None) -> dict:
        """What is drawn of one method; as many of the path's first points have numbers, or all of them."""
        ax = self.axes[name]
        marks = {f"path of {name}": in_sight(path, ax), f"start of {name}": path[0], f"star of {name}": self.minimum}
        marks |= {f"curve of {name}": curve(self.problem, path[-1], self.x)}
        marks |= {f"map of {name}": np.log(np.maximum(of_all.steps[::-1], 1))}
        labels = self._labels[name](path[:numbered])
        return marks | {key: text for key, text in labels.items() if text[-1] != "0"}  # the diamond says it

    def paths(self, w1, b, run, max_steps: int) -> dict:
        """{(w₁, b): path (steps + 1, 2)} of a method of `basins`, up to the minimum or as long as w is finite."""
        starts = np.array(np.meshgrid(w1, b)).reshape(2, -1)
        with np.errstate(all="ignore"):
            points = np.array(list(islice(run(self.problem, starts), max_steps + 1)))
        near = np.hypot(*(points - self.minimum[:, None]).transpose(1, 0, 2)) < 0.01
        last = np.where(near.any(0), near.argmax(0), np.isfinite(points).all(1).sum(0) - 1)
        return {tuple(start): points[: k + 1, :, i] for i, (start, k) in enumerate(zip(starts.T, last, strict=True))}


def add_scale(board: Board, axes, max_steps: int) -> None:
    """The colors of the steps, below the maps."""
    ticks = [1, 10, 100, 1000] if max_steps > 100 else [1, 2, 5, 10, 20, 50]
    scale = ScalarMappable(LogNorm(1, max_steps), STEPS)
    bar = board.fig.colorbar(scale, ax=axes, location="bottom", shrink=0.7, ticks=ticks, format="%d")
    bar.set_label("steps to the star (white: not there)")


def edges(x, y) -> list[float]:
    """Left, right, bottom and top of the cells around a grid of points."""
    return [edge for axis in (x, y) for half in [(axis[1] - axis[0]) / 2] for edge in (axis[0] - half, axis[-1] + half)]
