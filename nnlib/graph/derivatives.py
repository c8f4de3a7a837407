"""What a reader asks of a graph: its value, its derivatives in either mode, the steps of a sweep.

The functions share their arguments:

    at                   where to evaluate or differentiate, such as {x: 2.0}: variables and numbers of their shapes;
                         variables left out stand where they were made
    seeds, directions    a vector v, given in the same way; variables left out stand still
    seed                 a vector u, of the output's shape
    meter                a `Meter`, to count along

Single numbers come back as floats. A key that is no variable of the graph, a number of another shape, and a value or a
derivative that is not finite at some node raise a ValueError that names it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import ArrayLike

from nnlib import arguments
from nnlib.arguments import FloatArray
from nnlib.graph import sweeps
from nnlib.graph.operands import Dual, Node, real_array
from nnlib.graph.sweeps import EdgeStep, Meter, Numbers, Values, topological_order

Point = Mapping[Node, ArrayLike]


def evaluate(output: Node, at: Point | None = None, meter: Meter | None = None) -> Numbers | Dual:
    """Value of a node. Given dual numbers, it is a dual number: forward mode by arithmetic alone.

    Examples
    --------
    >>> from nnlib.graph import dual, sin, variable
    >>> x, y = variable(2.0, name="x"), variable(3.0, name="y")
    >>> f = x * y + sin(0 * x)
    >>> evaluate(f), evaluate(f, {x: 10.0}), evaluate(f, {x: dual(10.0, 1.0)})
    (6.0, 30.0, 30.0 + 3.0ε)
    """
    order = topological_order(output)
    return _own(sweeps.record(order, _point(order, at, duals=True), _meter(meter))[output])


def node_values(output: Node, at: Point | None = None) -> Values:
    """Values of all nodes that the output is computed from, in topological order.

    Examples
    --------
    >>> from nnlib.graph import variable
    >>> x = variable(2.0, name="x")
    >>> {node: float(value) for node, value in node_values(x * x + x).items()}
    {x: 2.0, x * x: 4.0, … + x: 6.0}
    """
    order = topological_order(output)
    values = sweeps.record(order, _point(order, at), Meter())
    return {node: values[node] for node in order}


def forward_steps(
    output: Node, seeds: Point, at: Point | None = None, meter: Meter | None = None
) -> Iterator[EdgeStep]:
    """Forward mode, edge by edge; the total of the last step is the output's tangent.

    Examples
    --------
    >>> from nnlib.graph import sin, variable
    >>> x = variable(0.0, name="x")
    >>> for step in forward_steps(sin(x) + 3 * x, {x: 1.0}):
    ...     print(step)
    x → sin(x): local 1.0, incoming 1.0, outgoing 1.0, total 1.0
    x → 3 * x: local 3.0, incoming 1.0, outgoing 3.0, total 3.0
    sin(x) → … + …: local 1.0, incoming 1.0, outgoing 1.0, total 1.0
    3 * x → … + …: local 1.0, incoming 3.0, outgoing 3.0, total 4.0
    """
    order = topological_order(output)
    return sweeps.push(order, _point(order, at), _numbers_of("seeds", seeds, order), _meter(meter))


def reverse_steps(
    output: Node, seed: ArrayLike = 1.0, at: Point | None = None, meter: Meter | None = None
) -> Iterator[EdgeStep]:
    """Reverse mode, edge by edge; the graph has been evaluated before the first step.

    The last total that arrives at a variable is its adjoint.

    Examples
    --------
    >>> from nnlib.graph import sin, variable
    >>> x = variable(0.0, name="x")
    >>> for step in reverse_steps(sin(x) + 3 * x):
    ...     print(step)
    sin(x) → … + …: local 1.0, incoming 1.0, outgoing 1.0, total 1.0
    3 * x → … + …: local 1.0, incoming 1.0, outgoing 1.0, total 1.0
    x → 3 * x: local 3.0, incoming 1.0, outgoing 3.0, total 3.0
    x → sin(x): local 1.0, incoming 1.0, outgoing 1.0, total 4.0
    """
    order = topological_order(output)
    seed = _of_shape("seed", seed, output)
    tape = sweeps.record(order, _point(order, at), meter := _meter(meter))
    return sweeps.pull(order, tape, {output: seed}, sweeps.depends_on(order, _variables(order)), meter)


def jvp(output: Node, seeds: Point, at: Point | None = None, meter: Meter | None = None) -> Numbers:
    """Jacobian–vector product J v, the derivative in the direction v, by one forward sweep.

    Examples
    --------
    >>> from nnlib.graph import variable
    >>> x, y = variable(2.0, name="x"), variable(3.0, name="y")
    >>> jvp(x * y, {x: 1.0}), jvp(x * y, {x: 1.0, y: 1.0})
    (3.0, 5.0)
    """
    order = topological_order(output)
    tangents = _numbers_of("seeds", seeds, order)
    sweeps.run(sweeps.push(order, _point(order, at), tangents, _meter(meter)))
    return _own(tangents.get(output, np.zeros(output.shape)))


def vjp(output: Node, seed: ArrayLike, at: Point | None = None, meter: Meter | None = None) -> dict[Node, Numbers]:
    """Vector–Jacobian product Jᵀ u for every variable, by one reverse sweep.

    Examples
    --------
    >>> from nnlib.graph import variable
    >>> x, y = variable([2.0, 4.0], name="x"), variable(3.0, name="y")
    >>> vjp(x * y, [1.0, 0.0])
    {x: array([3., 0.]), y: 2.0}
    """
    order = topological_order(output)
    seed = _of_shape("seed", seed, output)
    return _adjoints(order, _point(order, at), seed, _meter(meter))


def gradient(output: Node, at: Point | None = None, meter: Meter | None = None) -> dict[Node, Numbers]:
    """Gradient of a number with respect to every variable, by one reverse sweep.

    Examples
    --------
    >>> from nnlib.graph import variable
    >>> x, y = variable(2.0, name="x"), variable(3.0, name="y")
    >>> gradient(x * y), gradient(x * y, {x: 10.0})
    ({x: 3.0, y: 2.0}, {x: 3.0, y: 10.0})
    """
    order = topological_order(output)
    _check_number(output, "gradient")
    return _adjoints(order, _point(order, at), np.ones(()), _meter(meter))


def jacobian(
    output: Node, variable: Node, mode: str = "reverse", at: Point | None = None, meter: Meter | None = None
) -> Numbers:
    """Jacobian matrix, of the shape of the output + that of the variable.

    Forward mode finds it column by column, each with an evaluation and a sweep; reverse mode row by row, with one
    evaluation and a sweep for each.

    Examples
    --------
    >>> from nnlib.graph import concatenate, variable
    >>> x = variable([2.0, 3.0], name="x")
    >>> jacobian(concatenate(x[0] * x[1], 5 * x[0]), x)
    array([[3., 2.],
           [5., 0.]])
    """
    order = topological_order(output)
    check_variable(variable, order)
    mode = arguments.choice("mode", mode, ("forward", "reverse"))
    point, meter = _point(order, at), _meter(meter)
    J = np.zeros(output.shape + variable.shape)
    if mode == "forward":
        for column, unit in sweeps.units(variable.shape):
            tangents = {variable: unit}
            sweeps.run(sweeps.push(order, dict(point), tangents, meter))
            J[..., *column] = tangents[output]
    else:
        tape, wanted = sweeps.record(order, point, meter), sweeps.depends_on(order, [variable])
        for row, unit in sweeps.units(output.shape):
            adjoints = {output: unit}
            sweeps.run(sweeps.pull(order, tape, adjoints, wanted, meter))
            J[row] = adjoints[variable]
    return _own(J)


def hessian_vector_product(output: Node, directions: Point, at: Point | None = None) -> dict[Node, Numbers]:
    """Hessian–vector product H v of a number: forward over reverse, that is the reverse sweep run on dual numbers.

    The reverse sweep computes the gradient by arithmetic; on x + v ε it computes ∇f(x + v ε) = ∇f + H v ε.

    References
    ----------
    Pearlmutter (1994), Fast exact multiplication by the Hessian, Neural Computation 6.

    Examples
    --------
    >>> from nnlib.graph import variable
    >>> x, y = variable(2.0, name="x"), variable(3.0, name="y")
    >>> hessian_vector_product(x**2 * y, {x: 1.0})
    {x: 6.0, y: 4.0}
    """
    order = topological_order(output)
    _check_number(output, "hessian_vector_product")
    point = _point(order, at)
    moving = {node: Dual(point[node], v) for node, v in _numbers_of("directions", directions, order).items()}
    adjoints = _adjoints(order, point | moving, np.ones(()), Meter())
    return {x: _own(g.tangent if isinstance(g, Dual) else np.zeros(x.shape)) for x, g in adjoints.items()}


def hessian(output: Node, variable: Node, at: Point | None = None) -> Numbers:
    """Hessian matrix of a number with respect to one variable, column by column from Hessian–vector products.

    Examples
    --------
    >>> from nnlib.graph import variable
    >>> x = variable([2.0, 3.0], name="x")
    >>> hessian(x[0] ** 2 * x[1], x)
    array([[6., 4.],
           [4., 0.]])
    """
    check_variable(variable, topological_order(output))
    H = np.zeros(variable.shape + variable.shape)
    for column, unit in sweeps.units(variable.shape):
        H[..., *column] = hessian_vector_product(output, {variable: unit}, at)[variable]
    return _own(H)


def _adjoints(order: list[Node], point: Values, seed, meter: Meter) -> dict:
    """One whole reverse sweep: the adjoints of all variables."""
    variables, output = _variables(order), order[-1]
    tape = sweeps.record(order, point, meter)
    adjoints = {output: seed}
    sweeps.run(sweeps.pull(order, tape, adjoints, sweeps.depends_on(order, variables), meter))
    return {variable: _own(adjoints[variable]) for variable in variables}


def _own(numbers):
    """Numbers of the caller's own: never a view into a graph or a sweep."""
    return numbers if isinstance(numbers, Dual) else sweeps.plain(np.array(numbers))


# ---- checks at the door ---------------------------------------------------------------------------------------------


def _variables(order: list[Node]) -> list[Node]:
    return [node for node in order if node.is_variable]


def check_variable(variable, order: list[Node]) -> Node:
    variables = _variables(order)
    if not isinstance(variable, Node) or variable not in variables:
        known = ", ".join(map(repr, variables)) or "none"
        raise ValueError(f"{variable!r} is not a variable of this graph, its variables are: {known}")
    return variable


def _check_number(output: Node, what: str) -> None:
    if output.shape != ():
        raise ValueError(f"{what} takes an output that is a number, {output} has shape {output.shape}; see jacobian")


def _of_shape(name: str, value, node: Node, duals: bool = False) -> FloatArray | Dual:
    array = value if duals and isinstance(value, Dual) else real_array(name, value)
    if array.shape != node.shape:
        raise ValueError(f"{name} has shape {array.shape}, {node} has shape {node.shape}: they must be the same")
    return array


def _numbers_of(name: str, given, order: list[Node], duals: bool = False) -> Values:
    if not isinstance(given, Mapping):
        raise TypeError(f"{name} must map variables to numbers, as {{x: 1.0}} does, got {given!r}")
    for node in given:
        check_variable(node, order)
    return {node: _of_shape(f"{name}[{node}]", value, node, duals) for node, value in given.items()}


def _point(order: list[Node], at, duals: bool = False) -> Values:
    """The numbers that variables and constants stand for."""
    given = {node: node.given for node in order if not node.parents}
    return given if at is None else given | _numbers_of("at", at, order, duals)


def _meter(meter) -> Meter:
    if meter is not None and not isinstance(meter, Meter):
        raise TypeError(f"meter must be a Meter, got {meter!r}")
    return meter or Meter()
