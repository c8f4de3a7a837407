"""A small network as a picture: signals forward in blue, error signals back in vermillion, gradients in green.

A drawing stands still: circles in layers from the left to the right, their edges, a stub for each bias. What moves are
marks: numbers in the circles and on the edges, and whatever flows along them. All lengths are inches.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes

from nnlib.live import COLORS, Board

RADIUS, STUB = 0.44, 0.3  # of a circle; how far a bias stands above it
DIGIT, BED = 0.09, 17.0  # room for numbers on an edge: inches across, points high
WIDEST = 0.3  # an error signal of 1
SIGNAL, ERROR, GRADIENT = COLORS["blue"], COLORS["vermillion"], COLORS["green"]
EDGE = "#8a8a8a"
UP, RIGHT = np.array([0.0, 1.0]), np.array([1.0, 0.0])
PEN_LIFT = np.full((1, 2), np.nan)


class Network:
    """A network on axes of a board, one output, one sample.

    Parameters
    ----------
    sizes : sequence of int
        Units of each layer, the inputs first.
    area : (float, float)
        Width and height of the axes in inches.
    """

    def __init__(self, board: Board, ax: Axes, sizes: Sequence[int], *, area):
        width, height = area
        ax.set(xlim=(0, width), ylim=(0, height), xticks=[], yticks=[])
        ax.grid(False)
        ax.set_frame_on(False)
        columns, step = [0.55, *np.linspace(4.0, width - 2.45, len(sizes) - 1)], (height - 0.6) / max(sizes)
        self._layers = [
            np.column_stack([np.full(n, x), height / 2 - 0.15 + step * (n - 1 - 2 * np.arange(n)) / 2])
            for x, n in zip(columns, sizes, strict=True)
        ]
        self._target = np.array([width - 0.6, self._layers[-1][0, 1]])
        self._draw_still(ax)
        self._make_marks(board, ax)

    def signals(self, z, a) -> dict:
        """z¹ … and a⁰, a¹, … in the circles, as far as they are known, and the edges that they have come through."""
        marks = {}
        for l, values in enumerate(a):
            for i, value in enumerate(values):
                marks[f"a{l}{i}"] = (*self._layers[l][i] - 0.17 * bool(l) * UP, number(value, 3 if l else 0))
                if l:
                    marks[f"z{l}{i}"] = (*self._layers[l][i] + 0.17 * UP, "z " + number(z[l - 1][i]))
        through = [self._edge(l, i, j) for l, i, j in self._edges if l < len(a)]
        return marks | {"signals": broken_line(through)} if through else marks

    def weights(self, layers, gradients=()) -> dict:
        """Weights (W, b) of every layer on the edges and above the circles; beside them their gradients, if given."""
        marks, beds = {}, []
        for l, (W, b) in enumerate(layers, start=1):
            for i, j in np.ndindex(W.shape):
                texts = [number(W[i, j]), number(gradients[l - 1][0][i, j], 3) if gradients else ""]
                at = self._label(l, i, j) + DIGIT * (len(texts[0]) - len(texts[1]) + 1) / 2 * RIGHT
                marks |= pair(f"{l}{i}{j}", at, *texts)
                beds.append(at + DIGIT * np.array([(-len(texts[0]) - 0.6, 0), (len(texts[1]), 0)]))
            for i, value in enumerate(b):
                texts = ["b " + number(value), number(gradients[l - 1][1][i], 3) if gradients else ""]
                at = self._layers[l][i] + (-0.1 if gradients else 0.3) * RIGHT + (RADIUS + STUB) * UP
                marks |= pair(f"{l}{i}b", at, *texts)
        lit = [self._edge(*edge) for edge in self._edges] if gradients else []
        return marks | {"beds": broken_line(beds)} | ({"gradients": broken_line(lit)} if lit else {})

    def errors(self, delta) -> dict:
        """δ¹, δ², … below the circles, {layer: values}; each arrives by an arrow as wide as it is large."""
        marks = {}
        for l, values in delta.items():
            for i, value in enumerate(values):
                at = self._layers[l][i]
                marks[f"δ{l}{i}"] = (*at - (RADIUS + 0.14) * UP, "δ " + number(value, 3))
                source = self._layers[l + 1][0] if l + 1 < len(self._layers) else self._target
                marks[f"back{l}{i}"] = beam(
                    *rim_to_rim(source, at), WIDEST * abs(value), beside=l + 1 < len(self._layers)
                )
        return marks

    def target(self, y: float, *remarks: str) -> dict:
        """The target, to the right of the output, and remarks below it."""
        marks = {"y": (*self._target - 0.17 * UP, number(y)), "y name": (*self._target + 0.17 * UP, "target y")}
        return marks | {f"remark{i}": (*self._target - (0.6 + 0.3 * i) * UP, text) for i, text in enumerate(remarks)}

    @property
    def _edges(self):
        return [
            (l, i, j)
            for l in range(1, len(self._layers))
            for i in range(len(self._layers[l]))
            for j in range(len(self._layers[l - 1]))
        ]

    def _edge(self, l, i, j):
        return rim_to_rim(self._layers[l - 1][j], self._layers[l][i])

    def _label(self, l, i, j):
        start, end = self._layers[l - 1][j], self._layers[l][i]
        return start + (0.64 if l == 1 else 0.45) * (end - start)

    def _draw_still(self, ax):
        turn = np.linspace(0, 2 * np.pi, 61)
        circle = RADIUS * np.column_stack([np.cos(turn), np.sin(turn)])
        for l, i, j in self._edges:
            ax.plot(*np.transpose(self._edge(l, i, j)), color=EDGE, linewidth=1.2)
        for l, places in enumerate(self._layers):
            for i, at in enumerate(places):
                ax.fill(*(at + circle).T, facecolor="white", edgecolor=EDGE, linewidth=1.2)
                if l:
                    ax.plot([at[0]] * 2, at[1] + RADIUS + np.array([0, STUB / 2]), color=EDGE, linewidth=1.2)
                else:
                    ax.text(*at + (RADIUS + 0.14) * UP, f"$x_{i + 1}$", ha="center", va="center")

    def _make_marks(self, board, ax):
        board.line("signals", ax, color=SIGNAL, linewidth=2.6)
        board.line("gradients", ax, color=GRADIENT, linewidth=2.6)
        middle = {"ha": "center", "va": "center"}
        for l, places in enumerate(self._layers[1:], start=1):
            for i in range(len(places)):
                board.polygon(f"back{l}{i}", ax, color=ERROR)
        board.line("beds", ax, color="white", linewidth=BED, solid_capstyle="butt")
        for l, places in enumerate(self._layers):
            for i in range(len(places)):
                board.text(f"a{l}{i}", ax, color=SIGNAL, fontweight="bold", **middle)
                if l:
                    board.text(f"z{l}{i}", ax, **middle)
                    board.text(f"δ{l}{i}", ax, color=ERROR, **middle)
        ends = [f"{l}{i}{j}" for l, i, j in self._edges]
        ends += [f"{l}{i}b" for l, places in enumerate(self._layers[1:], start=1) for i in range(len(places))]
        for end in ends:
            board.text(f"w{end}", ax, ha="right", va="center")
            board.text(f"g{end}", ax, color=GRADIENT, ha="left", va="center")
        board.text("y", ax, fontweight="bold", **middle)
        for name in ("y name", "remark0", "remark1"):
            board.text(name, ax, **middle)


def number(value: float, decimals: int = 0) -> str:
    """Rounded to three decimals, as many of them as it needs but at least so many: 0.5, −0.136."""
    text = f"{value:.3f}".replace("-", "−")
    whole, _, part = text.partition(".")
    return f"{whole}.{part.rstrip('0').ljust(max(decimals, 1), '0')}"


def pair(name, at, weight, gradient) -> dict:
    """A weight to the left of a place, its gradient to the right."""
    return {f"w{name}": (*at, weight + " "), f"g{name}": (*at, gradient)}


def rim_to_rim(start, end) -> np.ndarray:
    """The line from one circle to another, between their rims."""
    along = (end - start) / np.linalg.norm(end - start)
    return np.array([start + RADIUS * along, end - RADIUS * along])


def broken_line(pieces) -> np.ndarray:
    """Several lines as one."""
    return np.concatenate([part for piece in pieces for part in (PEN_LIFT, piece)][1:])


def beam(start, end, width: float, *, beside: bool) -> np.ndarray:
    """Outline of an arrow so wide, with a head that is wider still; on the line, or beside it on the right."""
    along = (end - start) / np.linalg.norm(end - start)
    across = np.array([along[1], -along[0]])
    if beside:
        start, end = start + (0.14 + width / 2) * across, end + (0.1 + width / 2) * across
    neck, shaft, head = end - (0.12 + 0.6 * width) * along, width / 2 * across, (0.05 + 0.8 * width) * across
    return np.array([start + shaft, neck + shaft, neck + head, end, neck - head, neck - shaft, start - shaft])
