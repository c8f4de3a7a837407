"""What formulas are made of: nodes, dual numbers, numbers.

A formula is written once, with operators and the functions below (numpy's own do as well, where they mean the same).
What it is given decides how it is read:

    f(2.0)                     numbers: its value; complex numbers too, for the complex step
    f(dual(2.0, 1.0))          dual numbers: its value, and a directional derivative beside it
    f(variable(2.0, "x"))      nodes: its computational graph, for `sweeps` to evaluate and differentiate

Numbers are single ones, vectors or matrices, of shape (), (n,) or (m, n). They are finite: what a formula makes of them
must be so too, and a ValueError says where it is not.
"""

from __future__ import annotations

import cmath
import functools
import math
import sys
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nnlib import arguments
from nnlib.arguments import FloatArray
from nnlib.graph.operations import OPERATIONS, Operation, Shape


def _operator(sign: str) -> tuple[Callable, Callable]:
    """The two methods of an operator: for an operand on its left, and for one on its right alone."""
    operation = OPERATIONS[sign]
    return lambda self, other: apply(operation, self, other), lambda self, other: apply(operation, other, self)


class Operand:
    """Gives nodes and dual numbers the operators + - * / ** @, ``abs``, indexing, ``.T`` and numpy's functions.

    ``==`` tells whether two are the same object, so that nodes can be keys of a mapping; neither has a truth value.
    """

    __slots__ = ()

    __add__, __radd__ = _operator("+")
    __sub__, __rsub__ = _operator("-")
    __mul__, __rmul__ = _operator("*")
    __truediv__, __rtruediv__ = _operator("/")
    __pow__, __rpow__ = _operator("**")
    __matmul__, __rmatmul__ = _operator("@")

    def __neg__(self):
        return apply(OPERATIONS["negative"], self)

    def __abs__(self):
        return apply(OPERATIONS["abs"], self)

    def __getitem__(self, index):
        for part in index if isinstance(index, tuple) else (index,):
            if not isinstance(part, (int, np.integer, slice)) or isinstance(part, bool):
                raise TypeError(f"an index is a whole number or a slice for each axis, got {index!r}")
        return apply(OPERATIONS["[]"], self, settings=(index,))

    @property
    def T(self):
        return transpose(self)

    def __bool__(self):
        raise TypeError(f"a {type(self).__name__} has no truth value: a formula takes no branches")

    def __array__(self, dtype=None, copy=None):
        """What numpy calls for ``np.array([self, self])``: an array of objects, whose sums would come out wrong."""
        raise TypeError(f"a {type(self).__name__} does not go into an array of real numbers; concatenate makes vectors")

    def __array_ufunc__(self, function, method, *operands, **keywords):
        """What numpy calls for ``np.sin(self)``, and for ``array + self``, which is ``np.add(array, self)``."""
        if method == "__call__":
            return self._in_place_of(f"np.{function.__name__}", function, operands, keywords)
        return self._in_place_of(f"np.{function.__name__}.{method}", None, operands, keywords)

    def __array_function__(self, function, types, operands, keywords):
        """What numpy calls for ``np.dot(self, b)`` and its like."""
        name = f"{function.__module__}.{function.__name__}".replace("numpy", "np", 1)
        return self._in_place_of(name, function, operands, keywords)

    def _in_place_of(self, name: str, function: Callable | None, operands, keywords):
        """What the function here gives that means the same as numpy's."""
        kind = type(self).__name__
        if function not in NUMPY_FUNCTIONS:
            known = ", ".join(f"np.{function.__name__}" for function in NUMPY_FUNCTIONS)
            raise TypeError(f"{name} does not take a {kind}; use {known}, or make a new operation by elementwise")
        try:
            return NUMPY_FUNCTIONS[function](*operands, **keywords)
        except TypeError as problem:
            raise TypeError(f"{name} of a {kind}: {problem}") from None


@dataclass(eq=False, repr=False, slots=True)
class Node(Operand):
    """A node of a computational graph: a variable, a constant, or an operation on its parents.

    `variable` and `constant` make nodes, and so does every operation on a node. A node knows how it is computed, but
    not its value: values belong to an evaluation or a sweep.

    Attributes
    ----------
    shape : tuple of int
        Shape of its value: () for a number, (n,) for a vector, (m, n) for a matrix.
    operation, parents, settings
        How it is computed and from which nodes; None and () for variables and constants.
    given : ndarray or None
        What a variable or a constant stands for; None for all other nodes.
    is_variable : bool
        Whether derivatives can be taken with respect to it.
    cost : int
        Multiply-adds to compute it from its parents; a product along one of its edges takes as many.

    Examples
    --------
    >>> x = variable([1.0, 2.0, 3.0], name="x")
    >>> f = sin(x) @ x
    >>> f.parents, f.shape, f.cost
    ((sin(x), x), (), 3)
    >>> f.named("f") + 1
    f + 1
    """

    shape: Shape
    name: str | None = None
    operation: Operation | None = None
    parents: tuple[Node, ...] = ()
    settings: tuple = ()
    given: FloatArray | None = None
    is_variable: bool = False
    cost: int = 0

    @property
    def size(self) -> int:
        """How many floats its value holds."""
        return math.prod(self.shape)

    def named(self, name: str) -> Node:
        """Give the node a name, for tables, drawings and messages; returns the node itself."""
        self.name = _text("name", name)
        return self

    @property
    def label(self) -> str:
        """Its name; without one, what a constant stands for; and … for the result of an operation."""
        return self.name or ("…" if self.operation else _brief(self.given))

    def written(self, *parents: str) -> str:
        """Its operation as it is written, with the given names of its parents; nothing for variables and constants."""
        return _written(self.operation, parents, self.settings) if self.operation else ""

    def __repr__(self):
        return self.name or self.written(*(parent.label for parent in self.parents)) or self.label


@dataclass(frozen=True, eq=False, repr=False, slots=True)
class Dual(Operand):
    """A dual number a + ȧε, ε² = 0: a value and its derivative in one direction, which every operation carries along.

    References
    ----------
    Griewank & Walther (2008), Evaluating Derivatives, 2nd edition, chapter 3.

    Examples
    --------
    f(x + ε) = f(x) + f′(x) ε: the cube and its slope at 2.

    >>> x = dual(2.0, 1.0)
    >>> x**3
    8.0 + 12.0ε
    >>> np.exp(0 * x) / x
    0.5 + -0.25ε
    """

    value: FloatArray
    tangent: FloatArray

    @property
    def shape(self) -> Shape:
        return self.value.shape

    def __repr__(self):
        return f"{self.value} + {self.tangent}ε"


# ---- making operands ------------------------------------------------------------------------------------------------


def variable(value: ArrayLike, name: str) -> Node:
    """A variable: a node that derivatives can be taken with respect to.

    A formula of it is evaluated at its value unless another point is asked for.

    Examples
    --------
    >>> x = variable(2.0, name="x")
    >>> x * x + 1
    … + 1
    """
    given = _frozen("value", value)
    return Node(given.shape, name=_text("name", name), given=given, is_variable=True)


def constant(value: ArrayLike, name: str | None = None) -> Node:
    """A constant. Plain numbers in a formula become constants by themselves; one made here can have a name.

    Examples
    --------
    >>> A = constant([[1.0, 2.0], [3.0, 4.0]], name="A")
    >>> A @ variable([1.0, 0.0], name="x")
    A @ x
    """
    given = _frozen("value", value)
    return Node(given.shape, name=None if name is None else _text("name", name), given=given)


def dual(value: ArrayLike, tangent: ArrayLike) -> Dual:
    """The dual number value + tangent ε, both of the same shape.

    Examples
    --------
    >>> x = dual(3.0, 1.0)
    >>> x * x
    9.0 + 6.0ε
    """
    value, tangent = _frozen("value", value), _frozen("tangent", tangent)
    if value.shape != tangent.shape:
        raise ValueError(f"tangent has shape {tangent.shape}, value has shape {value.shape}: they must be the same")
    return Dual(value, tangent)


# ---- applying operations --------------------------------------------------------------------------------------------


def apply(operation: Operation, *operands, settings: tuple = ()):
    """Apply an operation: of nodes it makes a node, of dual numbers and numbers it computes the value.

    Numbers mix with nodes and with dual numbers. Settings are what the operation takes besides, such as an axis.

    Examples
    --------
    >>> apply(OPERATIONS["sin"], variable(1.0, name="x"))
    sin(x)
    >>> apply(OPERATIONS["+"], dual(1.0, 1.0), 2.0)
    3.0 + 1.0ε
    """
    if not isinstance(operation, Operation):
        raise TypeError(f"operation must be an Operation, got {operation!r}")
    if len(operands) != len(operation.forward):
        raise TypeError(f"{operation.name} takes {len(operation.forward)} operands, got {len(operands)}")
    alone = not any(isinstance(a, Operand) for a in operands)
    operands = tuple(a if isinstance(a, Operand) else _numbers(a, complex_too=alone) for a in operands)
    shapes = [a.shape for a in operands]
    try:
        shape = operation.shape(*shapes, *settings)
    except ValueError as problem:
        raise ValueError(f"{_written(operation, map(_brief, operands), settings)}: {problem}") from None
    if not any(isinstance(a, Node) for a in operands):
        return compute(operation, operands, settings)
    if any(isinstance(a, Dual) for a in operands):
        raise TypeError("a node and a dual number do not mix; evaluate the finished graph at the dual number")
    parents = tuple(a if isinstance(a, Node) else constant(a) for a in operands)
    return Node(shape, operation=operation, parents=parents, settings=settings, cost=operation.cost(shape, *shapes))


@np.errstate(all="ignore")  # what is not finite becomes an error with a sentence
def compute(operation: Operation, operands: tuple, settings: tuple = ()):
    """f(a₁, a₂, …), whose shapes fit; of dual numbers f(a₁ + ȧ₁ε, …) = f(a₁, …) + (J₁ȧ₁ + …) ε."""
    values = tuple(a.value if isinstance(a, Dual) else a for a in operands)
    y = np.asarray(operation.value(*values, *settings))
    _require_finite(y, "", operation, values, settings)
    products = [
        multiply(operation, rule, a.tangent, y, values, settings)
        for rule, a in zip(operation.forward, operands, strict=True)
        if isinstance(a, Dual)
    ]
    return Dual(y, functools.reduce(add, products)) if products else y


@np.errstate(all="ignore")
def multiply(operation: Operation, rule: Callable, vector, y, operands: tuple, settings: tuple):
    """J v or Jᵀ u by one of the operation's rules."""
    product = rule(vector, y, *operands, *settings)
    if not all(map(_is_finite, _parts(product))):
        derivative = rule(np.ones(vector.shape), y, *operands, *settings)  # itself: 0 times an infinite one is nan
        for part in (*_parts(derivative), *_parts(product)):
            _require_finite(part, "the derivative of ", operation, operands, settings)
    return product


def _parts(numbers):
    return (numbers.value, numbers.tangent) if isinstance(numbers, Dual) else (numbers,)


def add(a, b):
    """a + b, of one shape."""
    return compute(OPERATIONS["+"], (a, b))


def _is_finite(numbers) -> bool:
    return cmath.isfinite(numbers) if numbers.shape == () else bool(np.isfinite(numbers).all())


def _require_finite(numbers, what: str, operation: Operation, operands: tuple, settings: tuple) -> None:
    if not _is_finite(numbers):
        held = f"it holds {numbers[~np.isfinite(numbers)][0]}" if numbers.shape else f"it is {numbers}"
        raise ValueError(f"{what}{_written(operation, map(_brief, operands), settings)} is not finite: {held}")


# ---- the functions of a formula -------------------------------------------------------------------------------------
# Each takes a node, a dual number or numbers, and returns the same kind.


def _function(name: str, meaning: str) -> Callable:
    """The function that applies the entry of that name to its argument."""

    def function(a):
        return apply(OPERATIONS[name], a)

    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"""{meaning}, element by element.

    Examples
    --------
    >>> {name}(variable(1.0, name="x"))
    {name}(x)
    """
    return function


exp = _function("exp", "Exponential")
log = _function("log", "Natural logarithm")
sqrt = _function("sqrt", "Square root")
sin = _function("sin", "Sine")
cos = _function("cos", "Cosine")
tanh = _function("tanh", "Hyperbolic tangent")
logistic = _function("logistic", "Logistic function 1 / (1 + e⁻ᵃ)")
relu = _function("relu", "Rectifier max(0, a), whose derivative at 0 counts as 0")


def sum(a, axis: int | None = None):
    """Sum of all elements, or along one axis: 0, 1, or −1 for the last.

    Examples
    --------
    >>> sum(dual([1.0, 2.0], [0.0, 5.0]))
    3.0 + 5.0ε
    >>> sum(variable([[1.0, 2.0]], name="W"), axis=0)
    sum(W, axis=0)
    """
    if axis is None:
        return apply(OPERATIONS["sum"], a)
    return apply(OPERATIONS["sum along"], a, settings=(arguments.integer("axis", axis),))


def transpose(a):
    """Transpose of a matrix, also written ``a.T``.

    Examples
    --------
    >>> transpose(variable([[1.0, 2.0]], name="W"))
    W.T
    """
    return apply(OPERATIONS["T"], a)


def reshape(a, shape: Shape):
    """The same numbers, row by row, in another shape.

    Examples
    --------
    >>> reshape(variable([1.0, 2.0, 3.0], name="x"), (3, 1)).shape
    (3, 1)
    """
    if not isinstance(shape, tuple) or len(shape) > 2:
        raise TypeError(f"shape must be a tuple of at most two lengths, got {shape!r}")
    return apply(OPERATIONS["reshape"], a, settings=(tuple(arguments.integer("shape", n, at_least=1) for n in shape),))


def concatenate(*parts):
    """Numbers and vectors end to end, in one vector.

    Examples
    --------
    Two outputs in one, for a Jacobian of two rows:

    >>> x = variable(2.0, name="x")
    >>> concatenate(x * x, 5 * x).shape
    (2,)
    """
    if len(parts) < 2:
        raise TypeError(f"concatenate takes two or more parts, got {len(parts)}")
    return functools.reduce(functools.partial(apply, OPERATIONS["concatenate"]), parts)


# ---- numpy's functions that nodes and dual numbers take -------------------------------------------------------------


def _dot(a, b):
    return a * b if () in (np.shape(a), np.shape(b)) else a @ b


def _mean(a, axis=None):
    total = sum(a, axis)
    return total / (math.prod(a.shape) // math.prod(total.shape))


NUMPY_FUNCTIONS: dict[Callable, Callable] = {
    entry.value: functools.partial(apply, entry) for entry in OPERATIONS.values() if isinstance(entry.value, np.ufunc)
} | {
    np.concatenate: lambda parts: concatenate(*parts),
    np.dot: _dot,
    np.inner: lambda a, b: _dot(a, transpose(b)),
    np.mean: _mean,
    np.ravel: lambda a: reshape(a, (math.prod(a.shape),)),
    np.reshape: reshape,
    np.shape: lambda a: a.shape,
    np.sum: sum,
    np.transpose: transpose,
}


# ---- checks and messages --------------------------------------------------------------------------------------------


def real_array(name: str, value) -> FloatArray:
    """`value` as an array of finite real numbers with at most two axes."""
    if isinstance(value, Operand):
        raise TypeError(f"{name} must hold real numbers, got a {type(value).__name__}")
    if isinstance(value, int):  # of any size, which numpy does not take
        value = float(value) if abs(value) <= sys.float_info.max else math.inf
    return arguments.real_array(name, value, (0, 1, 2))


def _numbers(value, complex_too: bool) -> NDArray:
    """Numbers in a formula; among numbers alone they may be complex, for the complex step."""
    if complex_too and isinstance(value, (complex, np.generic, np.ndarray)) and np.iscomplexobj(value):
        real_array("operand", np.abs(value))
        return np.asarray(value)
    return real_array("operand", value)


def _frozen(name: str, value) -> FloatArray:
    """A copy of real numbers that cannot be changed: neither here nor where it came from."""
    array = np.array(real_array(name, value))
    array.setflags(write=False)
    return array


def _text(name: str, value) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{name} must be a text, got {value!r} ({type(value).__name__})")
    if not value.strip():
        raise ValueError(f"{name} must not be empty")
    return value


def _written(operation: Operation, names, settings: tuple) -> str:
    if not operation.text[0].isalpha():  # an operator: what begins with a minus goes into brackets
        names = (f"({name})" if name.startswith("-") else name for name in names)
    return operation.text.format(*names, *settings)


def _brief(operand) -> str:
    """A node by its repr, a number in full, an array by its lengths."""
    if isinstance(operand, Node):
        return repr(operand)
    number = operand.value if isinstance(operand, Dual) else operand
    return f"{number:g}" if number.shape == () else f"[{'×'.join(map(str, number.shape))}]"
