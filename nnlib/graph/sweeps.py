"""Evaluating and differentiating a graph: forward mode in one sweep up, reverse mode in one up and one down.

Every edge parent → node carries the local Jacobian J = ∂node/∂parent. The chain rule, summed over all paths, is one
line an edge, in either direction:

    forward mode, parents first       v̇_node   += J  v̇_parent      tangent v̇ = ∂v/∂x · direction of x
    reverse mode, children first      v̄_parent += Jᵀ v̄_node        adjoint v̄ = (∂y/∂v)ᵀ · seed of y

The work is the same, a multiply-add per edge in a graph of numbers. What a sweep yields is not: forward mode the
derivative of all outputs in one direction, reverse mode that of one output with respect to all inputs. Nor is what it
must hold: forward mode forgets a node after its last use, reverse mode needs all values again on the way down.

References
----------
Griewank & Walther (2008), Evaluating Derivatives, 2nd edition, chapter 3.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from nnlib.arguments import FloatArray
from nnlib.graph.operands import Dual, Node, add, compute, multiply
from nnlib.graph.operations import Shape

Numbers = float | FloatArray
Values = dict[Node, FloatArray]


# ---- the graph ------------------------------------------------------------------------------------------------------


def topological_order(output: Node) -> list[Node]:
    """All nodes that the output is computed from, and the output itself: parents before their children.

    Examples
    --------
    >>> from nnlib.graph import sin, variable
    >>> x = variable(2.0, name="x")
    >>> topological_order(sin(x) * x)
    [x, sin(x), … * x]
    """
    if not isinstance(output, Node):
        raise TypeError(f"output must be a node of a graph, got {output!r} ({type(output).__name__})")
    order, done = [], set()
    waiting = [output]  # each for the parents above it: a stack instead of recursion, so that depth has no limit
    while waiting:
        missing = next((parent for parent in waiting[-1].parents if parent not in done), None)
        if missing is not None:
            waiting.append(missing)
        else:
            done.add(waiting[-1])
            order.append(waiting.pop())
    return order


@dataclass(frozen=True, eq=False, slots=True)
class Edge:
    """An edge parent → node and the numbers its local Jacobian J = ∂node/∂parent depends on.

    Attributes
    ----------
    position : int
        Which argument of the node the parent is; x * x has two edges from x.
    value, arguments
        The node's value and those of all its parents.

    Examples
    --------
    >>> from nnlib.graph import forward_steps, variable
    >>> x = variable([1.0, 2.0], name="x")
    >>> edge = next(forward_steps(x**2, {x: [1.0, 1.0]})).edge
    >>> edge, edge.forward(np.array([10.0, 20.0]))
    (x → x ** 2, array([20., 80.]))
    >>> edge.jacobian()
    array([[2., 0.],
           [0., 4.]])
    """

    node: Node
    position: int
    value: FloatArray
    arguments: tuple[FloatArray, ...]

    @property
    def parent(self) -> Node:
        return self.node.parents[self.position]

    def forward(self, v):
        """J v, for a tangent v of the parent."""
        return self._multiply(self.node.operation.forward[self.position], v)

    def reverse(self, u):
        """Jᵀ u, for an adjoint u of the node."""
        return self._multiply(self.node.operation.reverse[self.position], u)

    def jacobian(self) -> Numbers:
        """J itself, column by column: shape of the node + shape of the parent. To look at; no sweep needs it."""
        J = np.zeros(self.node.shape + self.parent.shape)
        for index, unit in units(self.parent.shape):
            J[..., *index] = self.forward(unit)
        return plain(J)

    def _multiply(self, rule: Callable, vector):
        node = self.node
        return _at(node, multiply, node.operation, rule, vector, self.value, self.arguments, node.settings)

    def __repr__(self):
        return f"{self.parent} → {self.node}"


def edges_into(node: Node, values: Values) -> list[Edge]:
    """The edges from a node's parents, one per argument; `values` holds those of the node and its parents."""
    arguments = tuple(values[parent] for parent in node.parents)
    return [Edge(node, position, values[node], arguments) for position in range(len(arguments))]


def depends_on(order: Iterable[Node], variables: Iterable[Node]) -> set[Node]:
    """The variables and all nodes of the order that depend on one of them: derivatives travel through no others."""
    found = set(variables)
    for node in order:
        if any(parent in found for parent in node.parents):
            found.add(node)
    return found


def units(shape: Shape) -> Iterator[tuple[tuple[int, ...], FloatArray]]:
    """The unit arrays of a shape, each with the index of its one 1."""
    for index in np.ndindex(shape):
        unit = np.zeros(shape)
        unit[index] = 1.0
        yield index, unit


# ---- what it costs --------------------------------------------------------------------------------------------------


@dataclass
class Meter:
    """Counts what sweeps cost as they run. Hand the same one to several sweeps to add up their work.

    Counted are multiply-adds, t += a · b: one per element for arithmetic and functions like exp, one per element for
    the product with a local derivative (finding that derivative is not counted). Counted are also the floats that a
    sweep holds: values, tangents, adjoints. What variables and constants were given is the caller's and not counted.

    Attributes
    ----------
    evaluation, differentiation : int
        Multiply-adds spent on values, and on products with local Jacobians.
    floats, most_floats : int
        Floats held now by the last sweep, and the most that any of the sweeps has held at once.

    Examples
    --------
    >>> from nnlib.graph import gradient, sin, variable
    >>> x = variable(2.0, name="x")
    >>> meter = Meter()
    >>> df = gradient(sin(x) * x, meter=meter)
    >>> meter
    Meter(evaluation=2, differentiation=3, floats=3, most_floats=5)
    """

    evaluation: int = 0
    differentiation: int = 0
    floats: int = 0
    most_floats: int = 0

    def hold(self, floats: int) -> None:
        """Count floats as held, or a negative number of them as let go."""
        self.floats += floats
        self.most_floats = max(self.most_floats, self.floats)


# ---- the sweeps -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False, slots=True)
class EdgeStep:
    """One edge of a sweep.

    Attributes
    ----------
    edge : Edge
        ``edge.parent`` and ``edge.node``, their values, and ``edge.jacobian()``, the local derivative J.
    incoming : float or ndarray
        Forward: the parent's tangent v. Reverse: the node's adjoint u.
    outgoing : float or ndarray
        Forward: J v. Reverse: Jᵀ u.
    total : float or ndarray
        What has arrived so far at the far end (forward: the node, reverse: the parent), `outgoing` included.

    Examples
    --------
    >>> from nnlib.graph import reverse_steps, variable
    >>> x = variable(3.0, name="x")
    >>> for step in reverse_steps(x * x):
    ...     print(step)
    x → x * x: local 3.0, incoming 1.0, outgoing 3.0, total 3.0
    x → x * x: local 3.0, incoming 1.0, outgoing 3.0, total 6.0
    """

    edge: Edge
    incoming: Numbers
    outgoing: Numbers
    total: Numbers

    def __str__(self):
        J = self.edge.jacobian()
        return f"{self.edge}: local {J}, incoming {self.incoming}, outgoing {self.outgoing}, total {self.total}"


def record(order: list[Node], values: Values, meter: Meter) -> Values:
    """Values of all nodes, from those of the variables and constants. Keeps them all: this is reverse mode's tape."""
    meter.floats = 0
    for node in order:
        if node.parents:
            values[node] = _value(node, values, meter)
    return values


def _value(node: Node, values: Values, meter: Meter):
    arguments = tuple(values[parent] for parent in node.parents)
    moving = sum(isinstance(a, Dual) for a in arguments)  # each carries a tangent, and takes a product
    meter.evaluation += node.cost
    meter.differentiation += moving * node.cost
    meter.hold(2 * node.size if moving else node.size)
    return _at(node, compute, node.operation, arguments, node.settings)


def push(order: list[Node], values: Values, tangents: Values, meter: Meter) -> Iterator[EdgeStep]:
    """Forward mode: compute values and push tangents up beside them; forget both after their last use."""
    last_use = {parent: node for node in order for parent in node.parents}
    meter.floats = 0
    meter.hold(sum(node.size for node in tangents))
    for node in order:
        if not node.parents:
            continue
        values[node] = _value(node, values, meter)
        for edge in edges_into(node, values):
            if edge.parent in tangents:
                incoming = tangents[edge.parent]
                yield _carry(edge, incoming, edge.forward(incoming), tangents, node, meter)
        for parent in set(node.parents):
            if last_use[parent] is node:
                held = (parent in tangents) + bool(parent.parents)  # a tangent; a value that is not the caller's
                meter.hold(-held * parent.size)
                del values[parent]
                tangents.pop(parent, None)


def pull(order: list[Node], tape: Values, adjoints: Values, wanted: set[Node], meter: Meter) -> Iterator[EdgeStep]:
    """Reverse mode: pull adjoints down to the wanted nodes; when a node's turn comes, its adjoint is complete."""
    meter.floats = 0
    meter.hold(sum(node.size for node in order if node.parents) + sum(node.size for node in adjoints))
    for node in reversed(order):
        if not node.parents or node not in adjoints:
            continue
        incoming = adjoints[node]
        for edge in edges_into(node, tape):
            if edge.parent in wanted:
                yield _carry(edge, incoming, edge.reverse(incoming), adjoints, edge.parent, meter)
        del adjoints[node]
        meter.hold(-node.size)


def _carry(edge: Edge, incoming, outgoing, sums: Values, receiver: Node, meter: Meter) -> EdgeStep:
    """Add what came along an edge to the receiver's sum: the chain rule, one path after the other."""
    meter.differentiation += edge.node.cost
    if receiver in sums:
        sums[receiver] = add(sums[receiver], outgoing)
    else:
        sums[receiver] = outgoing
        meter.hold(receiver.size)
    return EdgeStep(edge, plain(incoming), plain(outgoing), plain(sums[receiver]))


def run(steps: Iterator[EdgeStep]) -> None:
    for _ in steps:
        pass


def plain(numbers):
    """A single number as a float, all else as it is."""
    return float(numbers) if isinstance(numbers, (np.ndarray, np.generic)) and numbers.shape == () else numbers


def _at(node: Node, computation: Callable, *operands):
    """The computation's result; if there is none, the error says at which node."""
    try:
        return computation(*operands)
    except ValueError as problem:
        raise ValueError(f"at the node {node}: {problem}") from None
