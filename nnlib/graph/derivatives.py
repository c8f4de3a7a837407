"""What a reader asks of a graph: its value, its derivatives in either mode, the steps of a sweep."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nnlib import arguments
from nnlib.graph.operands import Dual, Node, real_array
from nnlib.graph.sweeps import (
    Meter,
    Numbers,
    Step,
    Values,
    depends_on,
    plain,
    pull,
    push,
    record,
    run,
    topological_order,
    units,
)


def evaluate(output: Node, at: Mapping[Node, ArrayLike] | None = None, meter: Meter | None = None) -> Numbers | Dual:
    """Value of a node.

    Parameters
    ----------
    output : Node
    at : mapping of variables to numbers of their shapes, optional
        Where to evaluate; variables left out stand where they were made. Given dual numbers, the value is a dual
        number: forward mode by arithmetic alone.
    meter : Meter, optional
        Counts along; at dual numbers, the products of forward mode too.

    Returns
    -------
    float, ndarray or Dual

    Raises
    ------
    TypeError, ValueError
        If a key of `at` is not a variable of the graph, a number does not have its shape, or a value is not finite.

    Examples
    --------
    >>> from nnlib.graph import dual, sin, variable
    >>> x, y = variable(2.0, name="x"), variable(3.0, name="y")
    >>> f = x * y + sin(0 * x)
    >>> evaluate(f), evaluate(f, {x: 10.0}), evaluate(f, {x: dual(10.0, 1.0)})
    (6.0, 30.0, 30.0 + 3.0ε)
    """
    order = topological_order(output)
    return result(record(order, _point(order, at, duals=True), _meter(meter))[output])


def node_values(output: Node, at: Mapping[Node, ArrayLike] | None = None) -> Values:
    """Values of all nodes that the output is computed from, in topological order.

    Parameters
    ----------
    output : Node
    at : mapping of variables to numbers of their shapes, optional
        Where to evaluate; variables left out stand where they were made.

    Returns
    -------
    dict of Node to ndarray

    Raises
    ------
    TypeError, ValueError
        As `evaluate`.

    Examples
    --------
    >>> from nnlib.graph import variable
    >>> x = variable(2.0, name="x")
    >>> {node: float(value) for node, value in node_values(x * x + x).items()}
    {x: 2.0, x * x: 4.0, … + x: 6.0}
    """
    order = topological_order(output)
    values = record(order, _point(order, at), Meter())
    return {node: values[node] for node in order}


def forward_steps(
    output: Node,
    seeds: Mapping[Node, ArrayLike],
    at: Mapping[Node, ArrayLike] | None = None,
    meter: Meter | None = None,
) -> Iterator[Step]:
    """Forward mode, edge by edge.

    Parameters
    ----------
    output : Node
    seeds : mapping of variables to numbers of their shapes
        The direction; variables left out stand still.
    at : mapping of variables to numbers of their shapes, optional
        Where to differentiate; variables left out stand where they were made.
    meter : Meter, optional
        Counts along.

    Returns
    -------
    iterator of Step
        The total of the last step is the output's tangent.

    Raises
    ------
    TypeError, ValueError
        As `jvp`.

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
    return push(order, _point(order, at), _directions("seeds", seeds, order), _meter(meter))


def reverse_steps(
    output: Node,
    seed: ArrayLike = 1.0,
    at: Mapping[Node, ArrayLike] | None = None,
    meter: Meter | None = None,
) -> Iterator[Step]:
    """Reverse mode, edge by edge; the graph has been evaluated before the first step.

    Parameters
    ----------
    output : Node
    seed : array-like of the output's shape, default 1
        The adjoint of the output.
    at : mapping of variables to numbers of their shapes, optional
        Where to differentiate; variables left out stand where they were made.
    meter : Meter, optional
        Counts along.

    Returns
    -------
    iterator of Step
        The last total that arrives at a variable is its adjoint.

    Raises
    ------
    TypeError, ValueError
        As `vjp`.

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
    tape = record(order, _point(order, at), meter := _meter(meter))
    return pull(order, tape, {output: seed}, depends_on(order, _variables(order)), meter)


def jvp(
    output: Node,
    seeds: Mapping[Node, ArrayLike],
    at: Mapping[Node, ArrayLike] | None = None,
    meter: Meter | None = None,
) -> Numbers:
    """Jacobian–vector product J v, the derivative in the direction v, by one forward sweep.

    Parameters
    ----------
    output : Node
    seeds : mapping of variables to numbers of their shapes
        The direction v; variables left out stand still.
    at : mapping of variables to numbers of their shapes, optional
        Where to differentiate; variables left out stand where they were made.
    meter : Meter, optional
        Counts along.

    Returns
    -------
    float or ndarray of the output's shape

    Raises
    ------
    TypeError, ValueError
        If a key is not a variable of the graph, a number does not have its shape, or a value or derivative is not
        finite.

    Examples
    --------
    >>> from nnlib.graph import variable
    >>> x, y = variable(2.0, name="x"), variable(3.0, name="y")
    >>> jvp(x * y, {x: 1.0}), jvp(x * y, {x: 1.0, y: 1.0})
    (3.0, 5.0)
    """
    order = topological_order(output)
    tangents = _directions("seeds", seeds, order)
    run(push(order, _point(order, at), tangents, _meter(meter)))
    return result(tangents[output])


def vjp(
    output: Node,
    seed: ArrayLike,
    at: Mapping[Node, ArrayLike] | None = None,
    meter: Meter | None = None,
) -> dict[Node, Numbers]:
    """Vector–Jacobian product Jᵀ u for every variable, by one reverse sweep.

    Parameters
    ----------
    output : Node
    seed : array-like of the output's shape
        The vector u.
    at : mapping of variables to numbers of their shapes, optional
        Where to differentiate; variables left out stand where they were made.
    meter : Meter, optional
        Counts along.

    Returns
    -------
    dict of each variable to a float or ndarray of its shape

    Raises
    ------
    TypeError, ValueError
        If a key of `at` is not a variable of the graph, numbers do not have the right shape, or a value or derivative
        is not finite.

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


def gradient(
    output: Node, at: Mapping[Node, ArrayLike] | None = None, meter: Meter | None = None
) -> dict[Node, Numbers]:
    """Gradient of a number with respect to every variable, by one reverse sweep.

    Parameters
    ----------
    output : Node of shape ()
    at : mapping of variables to numbers of their shapes, optional
        Where to differentiate; variables left out stand where they were made.
    meter : Meter, optional
        Counts along.

    Returns
    -------
    dict of each variable to a float or ndarray of its shape

    Raises
    ------
    TypeError, ValueError
        As `vjp`, and if the output is not a single number.

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
    output: Node,
    variable: Node,
    mode: str = "reverse",
    at: Mapping[Node, ArrayLike] | None = None,
    meter: Meter | None = None,
) -> Numbers:
    """Jacobian matrix: column by column in forward mode, row by row in reverse mode.

    Forward mode takes a sweep per element of the variable, reverse mode one evaluation and a sweep per element of the
    output.

    Parameters
    ----------
    output : Node
    variable : Node
        A variable of the graph.
    mode : {"reverse", "forward"}
    at : mapping of variables to numbers of their shapes, optional
        Where to differentiate; variables left out stand where they were made.
    meter : Meter, optional
        Counts along.

    Returns
    -------
    float or ndarray, shape of the output + shape of the variable

    Raises
    ------
    TypeError, ValueError
        As `jvp`, and if the variable is not of the graph or the mode is unknown.

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
        for column, unit in units(variable.shape):
            tangents = {variable: unit}
            run(push(order, dict(point), tangents, meter))
            J[..., *column] = tangents[output]
    else:
        tape, wanted = record(order, point, meter), depends_on(order, [variable])
        for row, unit in units(output.shape):
            adjoints = {output: unit}
            run(pull(order, tape, adjoints, wanted, meter))
            J[row] = adjoints[variable]
    return result(J)


def hessian_vector_product(
    output: Node, directions: Mapping[Node, ArrayLike], at: Mapping[Node, ArrayLike] | None = None
) -> dict[Node, Numbers]:
    """Hessian–vector product H v: forward over reverse, that is the reverse sweep run on dual numbers.

    The reverse sweep computes the gradient by arithmetic; on x + v ε it computes ∇f(x + v ε) = ∇f + H v ε.

    Parameters
    ----------
    output : Node of shape ()
    directions : mapping of variables to numbers of their shapes
        The vector v; variables left out stand still.
    at : mapping of variables to numbers of their shapes, optional
        Where to differentiate; variables left out stand where they were made.

    Returns
    -------
    dict of each variable to a float or ndarray of its shape

    Raises
    ------
    TypeError, ValueError
        As `jvp`, and if the output is not a single number.

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
    moving = {node: Dual(point[node], v) for node, v in _directions("directions", directions, order).items()}
    gradient_along = _adjoints(order, point | moving, np.ones(()), Meter())
    return {
        node: result(dg.tangent if isinstance(dg, Dual) else np.zeros(node.shape))
        for node, dg in gradient_along.items()
    }


def hessian(output: Node, variable: Node, at: Mapping[Node, ArrayLike] | None = None) -> Numbers:
    """Hessian matrix with respect to one variable, column by column from Hessian–vector products.

    Parameters
    ----------
    output : Node of shape ()
    variable : Node
        A variable of the graph.
    at : mapping of variables to numbers of their shapes, optional
        Where to differentiate; variables left out stand where they were made.

    Returns
    -------
    float or ndarray, shape of the variable twice

    Raises
    ------
    TypeError, ValueError
        As `hessian_vector_product`, and if the variable is not of the graph.

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
    for column, unit in units(variable.shape):
        H[..., *column] = hessian_vector_product(output, {variable: unit}, at)[variable]
    return result(H)


def _adjoints(order: list[Node], point: Values, seed, meter: Meter) -> dict:
    """One whole reverse sweep: the adjoints of all variables."""
    variables, output = _variables(order), order[-1]
    tape = record(order, point, meter)
    adjoints = {output: seed}
    run(pull(order, tape, adjoints, depends_on(order, variables), meter))
    return {variable: result(adjoints[variable]) for variable in variables}


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


def _of_shape(name: str, value, node: Node, duals: bool = False) -> NDArray[np.float64] | Dual:
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


def _directions(name: str, given, order: list[Node]) -> Values:
    directions = _numbers_of(name, given, order)
    if not directions:
        raise ValueError(f"{name} is empty, it must give a direction to at least one variable")
    return directions


def _point(order: list[Node], at, duals: bool = False) -> Values:
    """The numbers that variables and constants stand for."""
    given = {node: node.given for node in order if not node.parents}
    return given if at is None else given | _numbers_of("at", at, order, duals)


def _meter(meter) -> Meter:
    if meter is not None and not isinstance(meter, Meter):
        raise TypeError(f"meter must be a Meter, got {meter!r}")
    return meter or Meter()


def result(numbers):
    """Numbers of the caller's own: never a view into a graph or a sweep."""
    return numbers if isinstance(numbers, Dual) else plain(np.array(numbers))
