"""A computational graph as a picture: formulas that a reader types, and the drawing that chapters 01 and 02 share.

A drawing stands still: boxes in layers from the left to the right, what each computes, and the edges. What moves are
marks: the values in the boxes, the local derivatives on the edges, a note below a box, and whatever is lit up.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from itertools import pairwise

import numpy as np
from matplotlib.axes import Axes

from nnlib import graph
from nnlib.graph.sweeps import edges_into
from nnlib.live import COLORS, Board, short

MOST_NODES = 14  # more cannot be read in one picture
BOX = np.array([0.78, 0.5])  # all lengths are inches
NOTE, HEAD = 0.24, 0.1  # a note below a box, an arrowhead
MARGIN, MOST_MARGIN = 0.1, 0.45  # what stays free between boxes
LABEL, SHORT_LABEL = np.array([0.54, 0.24]), np.array([0.3, 0.24])  # of an edge
RADIUS, CORNERS = 0.1, [(1, 1), (-1, 1), (-1, -1), (1, -1)]
PEN_LIFT = np.full((1, 2), np.nan)
INK, EDGE = "#222222", "#8a8a8a"
SIGNS = {"+": "+", "-": "−", "*": "×", "/": "÷", "**": "^", "negative": "−( )"}
PATH, FORWARD, REVERSE = COLORS["green"], COLORS["blue"], COLORS["vermillion"]


# ---- a formula as the reader types it --------------------------------------------------------------------------------


class FormulaError(ValueError):
    """A formula that cannot be drawn. A notebook shows its sentence alone."""

    def _render_traceback_(self) -> list[str]:
        return [f"✗ {self}"]


def typed(formula: Callable, **values: float) -> tuple[graph.Node, list[graph.Node]]:
    """The graph of a formula such as ``lambda x, y: x * y``, and its variables, made at these values."""
    names = ", ".join(values)
    if not callable(formula):
        raise FormulaError(f"A formula begins with lambda {names}: and has no quotes around it; this is {formula!r}.")
    try:
        inspect.signature(formula).bind(*values)
    except TypeError:
        raise FormulaError(f"The formula must take {names}, in this order: lambda {names}: …") from None
    variables = [graph.variable(value, name=name) for name, value in values.items()]
    try:
        output = formula(*variables)
    except Exception as error:
        raise FormulaError(f"The formula does not work: {_in_words(error)}") from None
    if not isinstance(output, graph.Node) or not any(x in graph.topological_order(output) for x in variables):
        raise FormulaError(f"The formula must depend on {' or '.join(values)}, this one gives {output!r}.")
    if output in variables:
        raise FormulaError(f"This formula is {output} itself: there is nothing to compute.")
    if output.shape != ():
        raise FormulaError(f"The formula must give one number, this one gives an array of shape {output.shape}.")
    try:
        graph.evaluate(output)
    except ValueError as error:
        at = ", ".join(f"{name} = {value:g}" for name, value in values.items())
        raise FormulaError(f"The formula has no value at {at}: {error}.") from None
    return output if output.name else output.named("f"), variables


def _in_words(error: Exception) -> str:
    """What to do about the errors that formulas raise most."""
    text = str(error).rstrip(".")
    if isinstance(error, NameError):
        return f"{text}. Functions are graph.sin, graph.cos, graph.exp, graph.log, graph.sqrt, graph.tanh."
    if "must be real number" in text:
        return "math.sin takes numbers only. Write graph.sin, which takes the nodes of a graph too."
    if "truth value" in text or "not supported between" in text:
        return "it asks which number is larger. A formula takes no branches: no if, no <, no max."
    if "^" in text:
        return "^ is no power in Python. Write x**2."
    return f"{text}."


# ---- the drawing -----------------------------------------------------------------------------------------------------


class Drawing:
    """A graph on axes of a board, and the data for its marks. Constants stand in the box of what they are used for.

    Parameters
    ----------
    area : (float, float)
        Width and height of the axes in inches.
    tones : mapping of str to color
        What may be lit up: the name and the color of each.
    slopes, notes : bool
        Whether the edges carry their local derivatives, and whether there is room for a note below each box.
    backward : collection of str
        Tones that run against the edges, so that their arrowheads point to the parents.
    label : (float, float)
        Room for a local derivative, in inches.

    Attributes
    ----------
    nodes : list of graph.Node
        What is drawn, in topological order.
    names : dict of graph.Node to str
        Their names; those without one are called a, b, c, ….
    edges : list of (graph.Node, int)
        Each by its child and by its place among that child's parents.
    """

    def __init__(
        self,
        board: Board,
        ax: Axes,
        output: graph.Node,
        *,
        area,
        tones=None,
        slopes=True,
        notes=True,
        backward=(),
        label=LABEL,
    ):
        order = graph.topological_order(output)
        self.nodes = [node for node in order if node.operation or node.is_variable]
        self.edges = [(child, i) for child in order for i, parent in enumerate(child.parents) if parent in self.nodes]
        if len(self.nodes) > MOST_NODES:
            raise FormulaError(f"The formula has {len(self.nodes)} nodes. More than {MOST_NODES} cannot be read here.")
        self.names = _names(self.nodes)
        chains = _chains(self.nodes, [(child.parents[i], child) for child, i in self.edges])
        self._at = _places(chains, self.nodes, np.asarray(area), BOX[1] + NOTE * notes)
        self._curves = _curves(chains, self._at)
        self._label_size = [SHORT_LABEL if child.operation.name in "+-" else label for child, _ in self.edges]
        box = BOX + np.array([NOTE / 2, NOTE]) * notes
        boxes = [self._at[node] - (0, NOTE / 2 * notes) for node in self.nodes]
        self._label_at = _label_places(self._curves, self._label_size, boxes, box) if slopes else []
        self._backward = backward
        self._draw(board, ax, area, {"path": PATH} if tones is None else tones)

    def marks(self, values: Mapping, *, lit=None, rings=None, notes=None) -> dict:
        """Data for the board's marks.

        Parameters
        ----------
        values : mapping of nodes to numbers
            As `graph.node_values` gives them; the boxes of nodes that are left out stay empty.
        lit : mapping of a tone to numbers of edges, optional
        rings : mapping of a tone to nodes, optional
            Boxes to light up.
        notes : mapping of a tone to a mapping of nodes to texts, optional
            What stands below the boxes.
        """
        lit = {tone: list(edges) for tone, edges in (lit or {}).items()}
        marks = {}
        for i, node in enumerate(self.nodes):
            if node in values:
                marks[f"value {i}"] = (*self._at[node] - (0, 0.11), short(float(values[node])))
        tone_of = {edge: f" {tone}" for tone, edges in lit.items() for edge in edges}
        slopes = self.slopes(values)
        for edge, place in enumerate(self._label_at):
            text = _brief(slopes[edge]) if edge in slopes else "?"
            marks[f"slope{tone_of.get(edge, '')} {edge}"] = (*place, text)
        for tone, edges in lit.items():
            if edges:
                marks[f"edges {tone}"] = np.concatenate([self._cut(edge) for edge in edges])
                head = self._tail if tone in self._backward else self._head
                marks[f"heads {tone}"] = np.array([head(edge) for edge in edges])
        for tone, nodes in (rings or {}).items():
            outlines = [self._outline(node, 0.03) for node in nodes]
            if outlines:
                marks[f"rings {tone}"] = np.concatenate([part for line in outlines for part in (line, PEN_LIFT)])
        for tone, texts in (notes or {}).items():
            for node, text in texts.items():
                below = self._at[node] - (0, BOX[1] / 2 + NOTE / 2 + 0.04)
                marks[f"note {tone} {self.nodes.index(node)}"] = (*below, text)
        return marks

    def slopes(self, values: Mapping) -> dict[int, float]:
        """The local derivative of each edge whose child has a value."""
        known = {node: np.asarray(float(value)) for node, value in values.items()}
        for child, _ in self.edges:
            known |= {parent: parent.given for parent in child.parents if parent not in self.nodes}
        found = [(edge, child, i) for edge, (child, i) in enumerate(self.edges) if child in known]
        return {edge: float(edges_into(child, known)[i].jacobian()) for edge, child, i in found}

    def edges_from(self, nodes) -> list[int]:
        """The numbers of the edges that leave these nodes."""
        return [edge for edge, (child, i) in enumerate(self.edges) if child.parents[i] in nodes]

    def edges_of(self, path: graph.Path) -> list[int]:
        """The numbers of a path's edges."""
        return [self.edges.index((edge.node, edge.position)) for edge in path.edges]

    def _draw(self, board: Board, ax: Axes, area, tones: Mapping[str, str]) -> None:
        ax.set(xlim=(0, area[0]), ylim=(0, area[1]))
        ax.set_axis_off()
        everything = range(len(self.edges))
        ax.plot(*np.concatenate([self._cut(edge) for edge in everything]).T, color=EDGE, linewidth=1.3)
        ax.plot(*np.transpose([self._head(edge) for edge in everything]), ">", color=EDGE, markersize=6)
        for node in self.nodes:
            fill = "#f0f0f0" if node.is_variable else "white"
            ax.fill(*self._outline(node).T, facecolor=fill, edgecolor=EDGE, linewidth=1.3, zorder=3)
            ax.text(
                *self._at[node] + (0, 0.12),
                _label(node, self.names[node]),
                ha="center",
                va="center",
                color="#555555",
                zorder=4,
            )
        for tone, color in tones.items():
            board.line(f"edges {tone}", ax, color=color, linewidth=3)
            head = "<" if tone in self._backward else ">"
            board.line(f"heads {tone}", ax, color=color, linestyle="none", marker=head, markersize=10)
            board.line(f"rings {tone}", ax, color=color, linewidth=2.5)
        for i, _ in enumerate(self.nodes):
            board.text(f"value {i}", ax, ha="center", va="center", weight="bold", zorder=5)
        for tone, color in {"": INK, **{f" {tone}": color for tone, color in tones.items()}}.items():
            for edge in everything:
                board.text(f"slope{tone} {edge}", ax, ha="center", va="center", color=color)
            for i, _ in enumerate(self.nodes):
                board.text(f"note{tone} {i}", ax, ha="center", va="center", color=color)

    def _cut(self, edge: int) -> np.ndarray:
        """An edge with the pen lifted under every label, and at its end."""
        curve = self._curves[edge].copy()
        for place, size in zip(self._label_at, self._label_size, strict=False):
            curve[(np.abs(curve - place) < size / 2).all(axis=1)] = np.nan
        return np.concatenate([curve, PEN_LIFT])

    def _head(self, edge: int) -> np.ndarray:
        return self._curves[edge][-1] - (0.02, 0)

    def _tail(self, edge: int) -> np.ndarray:
        """The place of a head that points to the parent."""
        return self._curves[edge][0] + (0.06, 0)

    def _outline(self, node: graph.Node, wider: float = 0.0) -> np.ndarray:
        """The closed outline of a box with round corners."""
        quarter = np.linspace(0, np.pi / 2, 7)
        arcs = [
            corner * (BOX / 2 - RADIUS + wider) + RADIUS * np.column_stack([np.cos(angle), np.sin(angle)])
            for corner, angle in zip(CORNERS, (quarter + k * np.pi / 2 for k in range(4)), strict=True)
        ]
        return self._at[node] + np.concatenate([*arcs, arcs[0][:1]])


def _brief(number: float) -> str:
    """As it fits on an edge: to two digits where three are too long."""
    return short(number) if len(short(number)) <= 6 else short(float(f"{number:.2g}"))


def _names(nodes: list) -> dict:
    """A letter for each node without a name."""
    taken = {node.name for node in nodes}
    free = (letter for letter in "abcdghjkmnpqrstuvw" if letter not in taken)
    return {node: node.name or next(free) for node in nodes}


def _label(node: graph.Node, name: str) -> str:
    """What a box says of its node: name, sign, and the constants it takes."""
    if node.is_variable:
        return name
    if node.operation.name == "**" and node.parents[1].label == "2":
        sign = "square"
    else:
        sign = " ".join(
            node.written(*("" if p.operation or p.is_variable else short(float(p.given)) for p in node.parents)).split()
        )
        sign = SIGNS.get(
            sign, sign.replace("()", "").replace("**", "^").replace("*", "×").replace("-", "−").replace("/", "÷")
        )
    return f"{name}: {sign}"


# ---- where everything stands -----------------------------------------------------------------------------------------
# An edge that passes layers stands in each of them with a place of its own, so that it runs through no box.


def _chains(nodes: list, pairs: list[tuple]) -> list[list]:
    """For each edge what it runs through, layer by layer: its parent, its places on the way, its child."""
    layer = {}
    for node in nodes:
        layer[node] = 1 + max((layer[parent] for parent, child in pairs if child is node), default=-1)
    ways = [range(layer[parent] + 1, layer[child]) for parent, child in pairs]
    return [
        [parent, *((edge, k) for k in way), child]
        for edge, ((parent, child), way) in enumerate(zip(pairs, ways, strict=True))
    ]


def _places(chains: list[list], nodes: list, area: np.ndarray, height: float) -> dict:
    """Where the nodes, and the edges on their way, have their middle."""
    layers = _layers(chains, nodes)
    left, right = BOX[0] / 2 + MARGIN, area[0] - BOX[0] / 2 - MARGIN
    if len(layers) > 1 and (right - left) / (len(layers) - 1) < BOX[0] + LABEL[0] + HEAD / 2:
        raise FormulaError(
            f"The formula takes {len(layers) - 1} operations one after the other, too many for the picture."
        )
    near = _neighbors(chains)
    high = {key: height if key in nodes else LABEL[1] for layer in layers for key in layer}
    y = {key: area[1] * (1 - (i + 0.5) / len(layer)) for layer in layers for i, key in enumerate(layer)}
    free = min((area[1] - sum(high[key] for key in layer)) / len(layer) for layer in layers)
    if free < MARGIN:
        raise FormulaError("The formula has too many nodes side by side for the picture.")
    for sweep in range(20):
        for layer in layers if sweep % 2 else layers[::-1]:
            wanted = [np.mean([y[other] for other in near[key]]) for key in layer]
            y |= zip(layer, _spread(wanted, [high[key] for key in layer], area[1], min(free, MOST_MARGIN)), strict=True)
    ends = [y[key] + side * high[key] / 2 for key in y for side in (-1, 1)]
    middle = (max(ends) + min(ends) - area[1]) / 2
    lift = (height - BOX[1]) / 2
    across = np.linspace(left, right, len(layers))
    return {
        key: np.array([x, y[key] - middle + lift * (key in nodes)])
        for x, layer in zip(across, layers, strict=True) for key in layer
    }  # fmt: skip


def _layers(chains: list[list], nodes: list) -> list[list]:
    """What stands in each layer from the top down, in an order with few crossings."""
    depth = {key: 0 for key in nodes}
    for chain in sorted(chains, key=lambda chain: nodes.index(chain[-1])):
        for k, key in enumerate(chain[1:], start=depth[chain[0]] + 1):
            depth[key] = max(k, depth.get(key, 0))
    layers = [[key for key in depth if depth[key] == k] for k in range(max(depth.values()) + 1)]
    near, best, fewest = _neighbors(chains), layers, np.inf
    for sweep in range(8):
        for layer in layers[1:] if sweep % 2 else layers[-2::-1]:
            place = {key: i / len(layer) for layer in layers for i, key in enumerate(layer)}
            away = 1 if sweep % 2 else -1
            ahead = {key: [place[other] for other in near[key] if depth[other] == depth[key] - away] for key in layer}
            layer.sort(key=lambda key: np.mean(ahead[key]) if ahead[key] else place[key])
        crossings = _crossings(chains, layers)
        if crossings < fewest:
            best, fewest = [list(layer) for layer in layers], crossings
    return best


def _neighbors(chains: list[list]) -> dict:
    near = {}
    for one, other in (pair for chain in chains for pair in pairwise(chain)):
        near.setdefault(one, []).append(other)
        near.setdefault(other, []).append(one)
    return near


def _crossings(chains: list[list], layers: list[list]) -> int:
    place = {key: (k, i) for k, layer in enumerate(layers) for i, key in enumerate(layer)}
    pieces = [(*place[one], place[other][1]) for chain in chains for one, other in pairwise(chain)]
    return sum(k == m and i < j and a > b for k, i, a in pieces for m, j, b in pieces)


def _spread(wanted: list[float], heights: list[float], room: float, free: float) -> np.ndarray:
    """Heights from the top down, as near to the wanted ones as can be with so much free between (pooling neighbors)."""
    needed = np.cumsum([0, *((a + b) / 2 + free for a, b in pairwise(heights))])
    top, bottom = room - (heights[0] + free) / 2, (heights[-1] + free) / 2 + needed[-1]
    pools = []
    for value in wanted + needed:  # these must not rise
        pools.append([value])
        while len(pools) > 1 and np.mean(pools[-2]) < np.mean(pools[-1]):
            last = pools.pop()
            pools[-1] += last
    level = np.concatenate([np.full(len(pool), np.mean(pool)) for pool in pools])
    return np.clip(level, min(bottom, top), top) - needed


def _curves(chains: list[list], at: dict) -> list[np.ndarray]:
    """Each edge as points, from the right of its parent's box to a place of its own on the left of the child's."""
    half, ends = np.array([BOX[0] / 2, 0]), [(chain[0], chain[-1]) for chain in chains]
    curves = []
    for edge, chain in enumerate(chains):
        into = sorted((e for e, c in enumerate(chains) if c[-1] is chain[-1]), key=lambda e: -at[chains[e][-2]][1])
        port = (0, 0.28 * ((len(into) - 1) / 2 - into.index(edge)))
        stops = [at[chain[0]] + half, *(at[key] + side * half for key in chain[1:-1] for side in (-1, 1))]
        stops.append(at[chain[-1]] - half - (HEAD, 0) + port)
        curve = np.concatenate([_bend(one, other) for one, other in pairwise(stops)])
        twins = [e for e, pair in enumerate(ends) if pair == ends[edge]]
        bulge = 0.5 * ((len(twins) - 1) / 2 - twins.index(edge))
        curves.append(curve + np.outer(np.sin(np.linspace(0, np.pi, len(curve))), (0, bulge)))
    return curves


def _bend(start: np.ndarray, end: np.ndarray, points: int = 41) -> np.ndarray:
    """A curve that leaves and arrives level."""
    t = np.linspace(0, 1, points)
    return np.column_stack([start[0] + (end[0] - start[0]) * t, start[1] + (end[1] - start[1]) * t**2 * (3 - 2 * t)])


def _label_places(curves: list, sizes: list, boxes: list, box: np.ndarray) -> list[np.ndarray]:
    """A place on each edge for its label, the one farthest from all other edges, labels and boxes, near the middle."""
    places = []
    for edge, (curve, size) in enumerate(zip(curves, sizes, strict=True)):
        candidates = curve[len(curve) // 5 : -len(curve) // 6]
        others = [point for other, points in enumerate(curves) if other != edge for point in points]
        room = [
            min(_gap(point, others, size / 2), _gap(point, places, size), _gap(point, boxes, (size + box) / 2), 1.5)
            - abs(k / len(candidates) - 0.5)
            for k, point in enumerate(candidates)
        ]
        places.append(candidates[int(np.argmax(room))])
    return places


def _gap(point: np.ndarray, others, size) -> float:
    """How far the nearest of the others is, where 1 means that rectangles of this size just touch."""
    others = np.reshape(others, (-1, 2))
    return float((np.abs(others - point) / size).max(axis=1).min(initial=np.inf))
