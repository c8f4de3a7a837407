"""The table of operations: for each one its value, its derivative in both modes, and what these cost.

An operation y = f(a₁, a₂, …) has one local Jacobian per argument, J_i = ∂y/∂a_i. Forward mode needs the products J_i v,
reverse mode the products J_iᵀ u. An entry of the table says how to compute them; the matrix itself is never made.

The rules are plain numpy. They also run on dual numbers (see `operands`): that is how second derivatives come about.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

Shape = tuple[int, ...]


@dataclass(frozen=True)
class Operation:
    """One entry of the table: all there is to know of y = f(a₁, a₂, …; settings).

    Settings are what an operation needs but nobody differentiates by: an axis, a shape, an index.

    Parameters
    ----------
    name : str
        Short sign, to write on a drawn node.
    text : str
        How the operation is written, a format string for arguments and settings: ``"{} + {}"``.
    value : callable
        ``value(*arguments, *settings)`` is y.
    forward : tuple of callables, one per argument
        ``forward[i](v, y, *arguments, *settings)`` is J_i v: v has the shape of a_i, the product that of y.
    reverse : tuple of callables, one per argument
        ``reverse[i](u, y, *arguments, *settings)`` is J_iᵀ u: u has the shape of y, the product that of a_i.
    shape : callable
        ``shape(*shapes, *settings)`` is the shape of y, or a ValueError whose text says why there is none.
    cost : callable
        ``cost(shape of y, *shapes)`` is the number of multiply-adds that y takes. Each product J_i v or J_iᵀ u takes
        as many again.

    Examples
    --------
    >>> multiply = OPERATIONS["*"]
    >>> multiply.text.format('x', 'y')
    'x * y'
    >>> multiply.cost((3,), (3,), ())
    3
    """

    name: str
    text: str
    value: Callable
    forward: tuple[Callable, ...]
    reverse: tuple[Callable, ...]
    shape: Callable[..., Shape]
    cost: Callable[..., int]

    def __reduce_ex__(self, protocol):
        """Pickled by its name, if it stands in the table: its functions cannot be pickled."""
        return (_entry, (self.name,)) if _entry(self.name) is self else super().__reduce_ex__(protocol)


def _entry(name: str) -> Operation | None:
    return OPERATIONS.get(name)


def elementwise(name: str, value: Callable, *derivatives: Callable, text: str | None = None) -> Operation:
    """Entry for an operation that works element by element, with numpy's broadcasting.

    Its local Jacobians are diagonal: J v and Jᵀ u are both a product with the derivative, element by element. A
    broadcast argument acts on many elements of y: forward, v is spread over them; reverse, their shares are summed.

    Parameters
    ----------
    value : callable
        ``value(*arguments)`` is y.
    *derivatives : callables, one per argument
        ``derivatives[i](y, *arguments)`` is ∂y/∂a_i, made of arithmetic and functions that are in the table.
    text : str, optional
        How the operation is written; ``"name({})"`` by default.

    Examples
    --------
    A new operation is one new entry. `apply` puts it into a formula, and both modes know it:

    >>> from nnlib import graph
    >>> arctan = graph.elementwise("arctan", np.arctan, lambda y, a: 1 / (1 + a**2))
    >>> x = graph.variable(1.0, name="x")
    >>> f = graph.apply(arctan, x)
    >>> graph.gradient(f), graph.hessian(f, x)
    ({x: 0.5}, -0.5)
    """
    if not isinstance(name, str):
        raise TypeError(f"name must be a text, got {name!r} ({type(name).__name__})")
    if not derivatives or not all(map(callable, (value, *derivatives))):
        raise TypeError(f"{name} needs a function for its value and one for each derivative, got {value, *derivatives}")

    def forward(derivative):
        return lambda v, y, *arguments: _spread(v * derivative(y, *arguments), y.shape)

    def reverse(i, derivative):
        return lambda u, y, *arguments: _gather(u * derivative(y, *arguments), arguments[i].shape)

    return Operation(
        name,
        text or f"{name}({', '.join('{}' for _ in derivatives)})",
        value,
        forward=tuple(forward(derivative) for derivative in derivatives),
        reverse=tuple(reverse(i, derivative) for i, derivative in enumerate(derivatives)),
        shape=_broadcast_shape,
        cost=lambda y, *arguments: math.prod(y),
    )


def _linear(name: str, text: str, value: Callable, transposed: Callable, shape: Callable, cost: Callable) -> Operation:
    """Entry for a linear map of one argument: J v is the map of v; ``transposed(u, shape of a, *settings)`` is Jᵀ u."""
    return Operation(
        name,
        text,
        value,
        forward=(lambda v, y, a, *settings: value(v, *settings),),
        reverse=(lambda u, y, a, *settings: _on_parts(lambda part: transposed(part, a.shape, *settings), u),),
        shape=shape,
        cost=cost,
    )


# ---- linear maps that the rules share -------------------------------------------------------------------------------


def _on_parts(linear_map: Callable, u):
    """A linear map of an array, or of a dual number: there it acts on both parts alike."""
    return type(u)(linear_map(u.value), linear_map(u.tangent)) if hasattr(u, "tangent") else linear_map(u)


def _spread(v, shape: Shape):
    """v repeated along the axes that broadcasting to `shape` adds."""
    return v if v.shape == shape else _on_parts(lambda part: np.broadcast_to(part, shape), v)


def _gather(u, shape: Shape):
    """u summed over the axes that broadcasting from `shape` has added: the transpose of `_spread`."""
    if u.shape == shape:
        return u
    added = len(u.shape) - len(shape)
    stretched = (added + axis for axis, length in enumerate(shape) if length == 1)
    axes = (*range(added), *stretched)
    return _on_parts(lambda part: part.sum(axis=axes).reshape(shape), u)


# ---- rules that are more than a line --------------------------------------------------------------------------------


def _is_zero(a):
    """1 where a is zero, 0 elsewhere."""
    return 1.0 - np.heaviside(a, 0.0) - np.heaviside(-a, 0.0)


def _logistic(a):
    small = np.exp(np.where(np.real(a) > 0, -a, a))  # at most 1 in size: no overflow for large |a|
    return np.where(np.real(a) > 0, 1.0, small) / (1.0 + small)


def _matmul_left(u, y, a, b):
    """ā = u bᵀ."""
    m, k, n = _lengths(a, b)
    return np.reshape(np.reshape(u, (m, n)) @ np.reshape(b, (k, n)).T, a.shape)


def _matmul_right(u, y, a, b):
    """b̄ = aᵀ u."""
    m, k, n = _lengths(a, b)
    return np.reshape(np.reshape(a, (m, k)).T @ np.reshape(u, (m, n)), b.shape)


def _lengths(a, b):
    """Of a (m, k) @ b (k, n), where a vector counts as a row on the left and as a column on the right."""
    k = b.shape[0]
    return math.prod(a.shape) // k, k, math.prod(b.shape) // k


def _sum_along_transposed(u, shape, axis):
    return np.broadcast_to(np.expand_dims(u, axis), shape)


def _item_transposed(u, shape, index):
    a = np.zeros(shape)
    a[index] = u
    return a


def _concatenate(a, b):
    return np.concatenate((np.ravel(a), np.ravel(b)))


# ---- shapes ---------------------------------------------------------------------------------------------------------


def _broadcast_shape(*shapes: Shape) -> Shape:
    try:
        return np.broadcast_shapes(*shapes)
    except ValueError:
        raise ValueError(f"the shapes {' and '.join(map(str, shapes))} do not broadcast") from None


def _matmul_shape(a: Shape, b: Shape) -> Shape:
    if not a or not b:
        raise ValueError(f"@ takes vectors and matrices, the shapes are {a} and {b}")
    if a[-1] != b[0]:
        raise ValueError(f"the shapes {a} and {b} do not fit, {a[-1]} columns meet {b[0]} rows")
    return a[:-1] + b[1:]


def _sum_along_shape(a: Shape, axis: int) -> Shape:
    kept = list(a)
    try:
        del kept[axis]
    except IndexError:
        raise ValueError(f"there is no axis {axis} in the shape {a}") from None
    return tuple(kept)


def _reshape_shape(a: Shape, shape: Shape) -> Shape:
    if math.prod(a) != math.prod(shape):
        raise ValueError(f"the shape {a} holds {math.prod(a)} numbers, the shape {shape} holds {math.prod(shape)}")
    return shape


def _item_shape(a: Shape, index) -> Shape:
    if not a:
        raise TypeError(f"a single number has no elements, got the index {index}")
    try:
        shape = np.broadcast_to(0.0, a)[index].shape
    except IndexError:
        raise IndexError(f"the index {index} is outside the shape {a}") from None
    if 0 in shape:
        raise ValueError(f"the index {index} selects nothing from the shape {a}")
    return shape


def _concatenate_shape(a: Shape, b: Shape) -> Shape:
    if len(a) > 1 or len(b) > 1:
        raise ValueError(f"concatenate takes numbers and vectors, the shapes are {a} and {b}")
    return (math.prod(a) + math.prod(b),)


# ---- the table ------------------------------------------------------------------------------------------------------


def _no_cost(*shapes: Shape) -> int:
    """Moving numbers about takes no arithmetic."""
    return 0


def _one_each(y: Shape, a: Shape) -> int:
    return math.prod(a)


_TABLE = (
    elementwise("+", np.add, lambda y, a, b: 1.0, lambda y, a, b: 1.0, text="{} + {}"),
    elementwise("-", np.subtract, lambda y, a, b: 1.0, lambda y, a, b: -1.0, text="{} - {}"),
    elementwise("*", np.multiply, lambda y, a, b: b, lambda y, a, b: a, text="{} * {}"),
    elementwise("/", np.divide, lambda y, a, b: 1.0 / b, lambda y, a, b: -y / b, text="{} / {}"),
    elementwise(
        "**",
        np.power,
        lambda y, a, b: b * a ** (b - 1.0 + _is_zero(b)),  # a⁰ is 1 everywhere: slope 0, also at a = 0
        lambda y, a, b: y * np.log(a + _is_zero(a)),  # 0ᵇ is 0 for b > 0: slope 0
        text="{} ** {}",
    ),
    elementwise("negative", np.negative, lambda y, a: -1.0, text="-{}"),
    elementwise("abs", np.absolute, lambda y, a: np.heaviside(a, 0.0) - np.heaviside(-a, 0.0)),  # slope 0 at the kink
    elementwise("exp", np.exp, lambda y, a: y),
    elementwise("log", np.log, lambda y, a: 1.0 / a),
    elementwise("sqrt", np.sqrt, lambda y, a: 0.5 / y),
    elementwise("sin", np.sin, lambda y, a: np.cos(a)),
    elementwise("cos", np.cos, lambda y, a: -np.sin(a)),
    elementwise("tanh", np.tanh, lambda y, a: 1.0 - y * y),
    elementwise("logistic", _logistic, lambda y, a: y * (1.0 - y)),
    elementwise("relu", lambda a: np.where(np.real(a) > 0, a, 0.0), lambda y, a: np.heaviside(a, 0.0)),
    elementwise("heaviside", np.heaviside, lambda y, a, at_zero: 0.0, lambda y, a, at_zero: _is_zero(a)),
    Operation(
        "@",
        "{} @ {}",
        np.matmul,
        forward=(lambda v, y, a, b: v @ b, lambda v, y, a, b: a @ v),
        reverse=(_matmul_left, _matmul_right),
        shape=_matmul_shape,
        cost=lambda y, a, b: math.prod(y) * b[0],
    ),
    _linear("sum", "sum({})", np.sum, np.broadcast_to, lambda a: (), _one_each),
    _linear("sum along", "sum({}, axis={})", np.sum, _sum_along_transposed, _sum_along_shape, _one_each),
    _linear("T", "{}.T", np.transpose, lambda u, shape: u.T, lambda a: a[::-1], _no_cost),
    _linear("reshape", "reshape({}, {})", np.reshape, lambda u, shape, _: u.reshape(shape), _reshape_shape, _no_cost),
    _linear("[]", "{}[{}]", lambda a, index: a[index], _item_transposed, _item_shape, _no_cost),
    Operation(
        "concatenate",
        "concatenate({}, {})",
        _concatenate,
        forward=(
            lambda v, y, a, b: _concatenate(v, np.zeros(b.shape)),
            lambda v, y, a, b: _concatenate(np.zeros(a.shape), v),
        ),
        reverse=(
            lambda u, y, a, b: np.reshape(u[: math.prod(a.shape)], a.shape),
            lambda u, y, a, b: np.reshape(u[math.prod(a.shape) :], b.shape),
        ),
        shape=_concatenate_shape,
        cost=_no_cost,
    ),
)

OPERATIONS: Mapping[str, Operation] = MappingProxyType({operation.name: operation for operation in _TABLE})
