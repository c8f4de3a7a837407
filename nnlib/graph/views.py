"""Looking at a graph: where its nodes stand in a drawing, its table of values, and the chain rule path by path."""

from __future__ import annotations

import collections
import itertools
from dataclasses import dataclass

import numpy as np

from nnlib import arguments
from nnlib.graph.derivatives import Point, check_variable, node_values
from nnlib.graph.operands import Node
from nnlib.graph.sweeps import Edge, Numbers, depends_on, edges_into, plain, topological_order


@dataclass(frozen=True, eq=False)
class Box:
    """A node in a drawing.

    Attributes
    ----------
    name : str
        Its own name, the number a constant stands for, or v1, v2, … in topological order, without names already taken.
    formula : str
        How it is computed, in the names of its parents; nothing for variables and constants.
    layer, row : int
        Its layer is the longest way from a variable or constant, so that all edges lead up; its row, the place there.

    Examples
    --------
    >>> from nnlib.graph import layout, variable
    >>> box = layout(2 * variable(5.0, name="x")).boxes[-1]
    >>> box.name, box.formula, box.value, box.layer, box.row
    ('v1', '2 * x', 10.0, 1, 0)
    """

    node: Node
    name: str
    formula: str
    value: Numbers
    layer: int
    row: int


@dataclass(frozen=True, eq=False)
class Layout:
    """A graph, ready to be drawn; printed, it is the table of its nodes and their values.

    Attributes
    ----------
    boxes : tuple of Box
        In topological order.
    edges : tuple of (int, int)
        From parent to node, by their places in `boxes`; twice for x * x.

    Examples
    --------
    >>> from nnlib.graph import layout, variable
    >>> x = variable(5.0, name="x")
    >>> layout(x * x).edges
    ((0, 1), (0, 1))
    """

    boxes: tuple[Box, ...]
    edges: tuple[tuple[int, int], ...]

    def __repr__(self):
        rows = [("node", "formula", "value", "layer")]
        rows += [(box.name, box.formula, _shown(box.value), str(box.layer)) for box in self.boxes]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows)
        return "\n".join(line.rstrip() for line in lines)


def layout(output: Node, at: Point | None = None) -> Layout:
    """Names, values and places of all nodes of a graph, for drawing or printing it.

    Examples
    --------
    >>> from nnlib.graph import sin, variable
    >>> x, y = variable(2.0, name="x"), variable(3.0, name="y")
    >>> layout((x * y + sin(x)).named("f"))
    node  formula  value     layer
    x              2         0
    y              3         0
    v1    x * y    6         1
    v2    sin(x)   0.909297  1
    f     v1 + v2  6.9093    2
    """
    values = node_values(output, at)
    taken = {node.name for node in values}
    free_names = (name for name in map("v{}".format, itertools.count(1)) if name not in taken)
    rows = collections.Counter()
    boxes: dict[Node, Box] = {}
    for node, value in values.items():
        parents = [boxes[parent] for parent in node.parents]
        name = node.name or (next(free_names) if parents else node.label)
        layer = 1 + max((parent.layer for parent in parents), default=-1)
        boxes[node] = Box(node, name, node.written(*(p.name for p in parents)), plain(value), layer, rows[layer])
        rows[layer] += 1
    place = {node: i for i, node in enumerate(boxes)}
    edges = tuple((place[parent], place[node]) for node in boxes for parent in node.parents)
    return Layout(tuple(boxes.values()), edges)


def _shown(value: Numbers) -> str:
    """A number or a short array in full, a long one by its shape."""
    if isinstance(value, float):
        return f"{value:g}"
    if value.size > 9:
        return f"array of shape {value.shape}"
    text = np.array2string(value, separator=", ", formatter={"float_kind": "{:g}".format})
    return " ".join(text.split())


# ---- the chain rule, path by path -----------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Path:
    """One way from a variable to the output.

    Attributes
    ----------
    edges : tuple of Edge
        From the variable up; none if the variable is the output.
    factors : tuple of float or ndarray
        The local derivative of each edge.
    product : float or ndarray, shape of the output + shape of the variable
        Their product, the last factor leftmost: what this path contributes to the derivative.

    Examples
    --------
    >>> from nnlib.graph import paths, variable
    >>> x = variable(3.0, name="x")
    >>> print(paths(5 * x**2, x)[0])
    x → x ** 2 → 5 * …: 5.0 · 6.0 = 30.0
    """

    variable: Node
    edges: tuple[Edge, ...]
    factors: tuple[Numbers, ...]
    product: Numbers

    def __str__(self):
        nodes = (self.variable, *(edge.node for edge in self.edges))
        factors = " · ".join(map(str, reversed(self.factors))) or "no factor"
        return f"{' → '.join(map(str, nodes))}: {factors} = {self.product}"


def count_paths(output: Node, variable: Node) -> int:
    """Number of ways from a variable to the output: often exponential in the depth, though counting them is one sweep.

    Examples
    --------
    >>> from nnlib.graph import variable
    >>> x = y = variable(1.0, name="x")
    >>> for _ in range(50):
    ...     y = y * y
    >>> count_paths(y, x) == 2**50
    True
    """
    order = topological_order(output)
    counts = {check_variable(variable, order): 1}
    for node in order:
        if node.parents:
            counts[node] = sum(counts.get(parent, 0) for parent in node.parents)
    return counts[output]


def paths(output: Node, variable: Node, at: Point | None = None, at_most: int = 1000) -> list[Path]:
    """The chain rule path by path: each way from the variable to the output and what it contributes.

    The derivative is the sum over all paths of the products along them. It is a definition to look at, for small
    graphs; the sweeps find the same sum without ever listing a path.

    Examples
    --------
    >>> from nnlib.graph import gradient, variable
    >>> x = variable(3.0, name="x")
    >>> f = x * (x + 1)
    >>> for path in paths(f, x):
    ...     print(path)
    x → x * …: 4.0 = 4.0
    x → x + 1 → x * …: 3.0 · 1.0 = 3.0
    >>> gradient(f)
    {x: 7.0}
    """
    at_most = arguments.integer("at_most", at_most, at_least=1)
    if count_paths(output, variable) > at_most:
        raise ValueError(
            f"there are more than {at_most} paths from {variable} to {output}; jacobian needs none of them"
        )
    values = node_values(output, at)
    leads = depends_on(values, [variable])
    found, unfinished = [], [(output, ())]  # a node, and the way from it up
    while unfinished:
        node, way = unfinished.pop()
        if node is variable:
            found.append(_path(way, output, variable))
        below = [edge for edge in edges_into(node, values) if edge.parent in leads]
        unfinished += [(edge.parent, (edge, *way)) for edge in reversed(below)]
    return found


def _path(edges: tuple[Edge, ...], output: Node, variable: Node) -> Path:
    """The product of the local Jacobians, each as a matrix from the numbers of a parent to those of the node."""
    factors = tuple(edge.jacobian() for edge in edges)
    product = np.eye(variable.size)
    for edge, factor in zip(edges, factors, strict=True):
        product = np.reshape(factor, (edge.node.size, edge.parent.size)) @ product
    return Path(variable, edges, factors, plain(product.reshape(output.shape + variable.shape)))
