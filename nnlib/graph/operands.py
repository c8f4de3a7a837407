"""What formulas are made of: nodes, dual numbers, numbers.

A formula is written once, with operators and the functions below (numpy's own do as well, where they mean the same).
What it is given decides how it is read:

    f(2.0)                     numbers: its value; complex numbers too, for the complex step
    f(dual(2.0, 1.0))          dual numbers: its value, and a directional derivative beside it
    f(variable(2.0, "x"))      nodes: its computational graph, for `sweeps` to evaluate and differentiate
"""

from __future__ import annotations

import cmath
import functools
import inspect
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nnlib import arguments
from nnlib.graph.operations import OPERATIONS, Operation, Shape


class Operand:
    """Gives nodes and dual numbers the operators + - * / ** @, ``abs``, indexing, ``.T`` and numpy's functions.

    A numpy function that a graph has no counterpart of is refused by its name. ``==`` tells whether two are the same
    object, so that nodes can be keys of a mapping; neither has a truth value.

    Examples
    --------
    >>> a = dual(2.0, 1.0)
    >>> 3 * a - 1 / a
    5.5 + 3.25ε
    >>> np.exp(0 * a)
    1.0 + 0.0ε
    """

    __slots__ = ()

    def __add__(self, other):
        return apply(OPERATIONS["+"], self, other)

    def __radd__(self, other):
        return apply(OPERATIONS["+"], other, self)

    def __sub__(self, other):
        return apply(OPERATIONS["-"], self, other)

    def __rsub__(self, other):
        return apply(OPERATIONS["-"], other, self)

    def __mul__(self, other):
        return apply(OPERATIONS["*"], self, other)

    def __rmul__(self, other):
        return apply(OPERATIONS["*"], other, self)

    def __truediv__(self, other):
        return apply(OPERATIONS["/"], self, other)

    def __rtruediv__(self, other):
        return apply(OPERATIONS["/"], other, self)

    def __pow__(self, other):
        return apply(OPERATIONS["**"], self, other)

    def __rpow__(self, other):
        return apply(OPERATIONS["**"], other, self)

    def __matmul__(self, other):
        return apply(OPERATIONS["@"], self, other)

    def __rmatmul__(self, other):
        return apply(OPERATIONS["@"], other, self)

    def __neg__(self):
        return apply(OPERATIONS["negative"], self)

    def __abs__(self):
        """|a|, element by element; its derivative at 0, which has no value, counts as 0."""
        return apply(OPERATIONS["abs"], self)

    def __bool__(self):
        raise TypeError(f"a {type(self).__name__} has no truth value: a formula takes no branches")

    def __getitem__(self, index):
        for part in index if isinstance(index, tuple) else (index,):
            if not isinstance(part, (int, np.integer, slice)) or isinstance(part, bool):
                raise TypeError(f"an index is a whole number or a slice for each axis, got {index!r}")
        return apply(OPERATIONS["[]"], self, settings=(index,))

    @property
    def T(self):
        return transpose(self)

    def __array_ufunc__(self, function, method, *operands, **keywords):
        """What numpy calls for ``np.sin(self)`` and for ``array + self``: the entry whose value is that function."""
        name = f"np.{function.__name__}" if method == "__call__" else f"np.{function.__name__}.{method}"
        if keywords:
            raise TypeError(f"{name} of a {type(self).__name__} takes no {', '.join(keywords)}")
        for operation in OPERATIONS.values():
            if operation.value is function and method == "__call__":
                return apply(operation, *operands)
        known = ", ".join(OPERATIONS)
        raise TypeError(f"{name} is not among the operations of a graph: {known}; elementwise makes new ones")

    def __array_function__(self, function, types, operands, keywords):
        """What numpy calls for ``np.dot(self, b)`` and its like: the function here that means the same."""
        name = f"{function.__module__}.{function.__name__}".replace("numpy", "np", 1)
        if function not in NUMPY_FUNCTIONS:
            known = ", ".join(f"np.{known.__name__}" for known in NUMPY_FUNCTIONS)
            raise TypeError(
                f"{name} does not take a {type(self).__name__}; "
                f"use {known}, the operators + - * / ** @ or the functions of nnlib.graph"
            )
        ours = NUMPY_FUNCTIONS[function]
        try:
            inspect.signature(ours).bind(*operands, **keywords)
        except TypeError as problem:
            raise TypeError(
                f"{name} of a {type(self).__name__} takes the arguments {inspect.signature(ours)}: {problem}"
            ) from None
        return ours(*operands, **keywords)

    def __array__(self, dtype=None, copy=None):
        """What numpy calls for ``np.array([self, self])``: an array of objects, whose sums would come out wrong."""
        raise TypeError(f"a {type(self).__name__} does not go into an array of real numbers; concatenate makes vectors")


@dataclass(eq=False, repr=False, slots=True)
class Node(Operand):
    """A node of a computational graph: a variable, a constant, or an operation on its parents.

    `variable` and `constant` make nodes, and so does every operation on a node. A node knows how it is computed, but
    not its value: values belong to an evaluation or a sweep.

    Attributes
    ----------
    shape : tuple of int
        Shape of its value: () for a number, (n,) for a vector, (m, n) for a matrix.
    name : str or None
    operation : Operation or None
        How it is computed from its parents; None for variables and constants.
    parents : tuple of Node
        The arguments of the operation.
    settings : tuple
        The settings of the operation.
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
    """

    shape: Shape
    name: str | None = None
    operation: Operation | None = None
    parents: tuple[Node, ...] = ()
    settings: tuple = ()
    given: NDArray[np.float64] | None = None
    is_variable: bool = False
    cost: int = 0

    @property
    def size(self) -> int:
        """How many floats its value holds.

        Examples
        --------
        >>> variable([[1.0, 2.0], [3.0, 4.0]], name="W").size
        4
        """
        return math.prod(self.shape)

    def named(self, name: str) -> Node:
        """Give the node a name, for tables, drawings and messages.

        Parameters
        ----------
        name : str

        Returns
        -------
        Node
            The same node.

        Examples
        --------
        >>> x = variable(2.0, name="x")
        >>> (x * x).named("square") + 1
        square + 1
        """
        self.name = _text("name", name)
        return self

    @property
    def label(self) -> str:
        """Its name; without one, what a constant stands for; and … for the result of an operation.

        Examples
        --------
        >>> x = variable(2.0, name="x")
        >>> x.label, constant(3.0).label, constant([1.0, 2.0]).label, (x + 1).label
        ('x', '3', '[2]', '…')
        """
        return self.name or ("…" if self.operation else _brief(self.given))

    def written(self, *parents: str) -> str:
        """Its operation as it is written, with the given names of its parents; nothing for variables and constants.

        Parameters
        ----------
        *parents : str, one per parent

        Returns
        -------
        str

        Examples
        --------
        >>> (variable(2.0, name="x") ** 3).written("u", "3")
        'u ** 3'
        """
        return _written(self.operation, parents, self.settings) if self.operation else ""

    def __repr__(self):
        return self.name or self.written(*(parent.label for parent in self.parents)) or self.label


@dataclass(frozen=True, eq=False, repr=False, slots=True)
class Dual(Operand):
    """A dual number a + ȧε, ε² = 0: a value and its derivative in one direction, which every operation carries along.

    `dual` makes them, and so does every operation on a dual number.

    Attributes
    ----------
    value : ndarray
        a.
    tangent : ndarray
        ȧ, of the same shape.

    References
    ----------
    Griewank & Walther (2008), Evaluating Derivatives, 2nd edition, chapter 3.

    Examples
    --------
    f(x + ε) = f(x) + f′(x) ε: the cube and its slope at 2.

    >>> dual(2.0, 1.0) ** 3
    8.0 + 12.0ε
    """

    value: NDArray[np.float64]
    tangent: NDArray[np.float64]

    @property
    def shape(self) -> Shape:
        return self.value.shape

    def __repr__(self):
        return f"{self.value} + {self.tangent}ε"


# ---- making operands ------------------------------------------------------------------------------------------------


def variable(value: ArrayLike, name: str) -> Node:
    """A variable: a node that derivatives can be taken with respect to.

    Parameters
    ----------
    value : array-like, shape (), (n,) or (m, n)
        Where a formula of it is evaluated unless another point is asked for.
    name : str

    Returns
    -------
    Node

    Raises
    ------
    TypeError, ValueError
        If the value is not real and finite, has other axes, or the name is no text.

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

    Parameters
    ----------
    value : array-like, shape (), (n,) or (m, n)
    name : str, optional

    Returns
    -------
    Node

    Raises
    ------
    TypeError, ValueError
        If the value is not real and finite, has other axes, or the name is no text.

    Examples
    --------
    >>> A = constant([[1.0, 2.0], [3.0, 4.0]], name="A")
    >>> A @ variable([1.0, 0.0], name="x")
    A @ x
    """
    given = _frozen("value", value)
    return Node(given.shape, name=None if name is None else _text("name", name), given=given)


def dual(value: ArrayLike, tangent: ArrayLike) -> Dual:
    """The dual number value + tangent ε.

    Parameters
    ----------
    value, tangent : array-like of the same shape, (), (n,) or (m, n)

    Returns
    -------
    Dual

    Raises
    ------
    TypeError, ValueError
        If they are not real, finite and of the same shape.

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

    Parameters
    ----------
    operation : Operation
    *operands : Node, Dual or array-like, shapes (), (n,) or (m, n)
        Numbers mix with nodes and with dual numbers.
    settings : tuple
        What the operation takes besides.

    Returns
    -------
    Node, Dual or ndarray

    Raises
    ------
    TypeError, ValueError
        If an operand holds no finite numbers, the shapes do not fit, or the result is not finite.

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
    numbers = _real_operand if any(isinstance(a, Operand) for a in operands) else _real_or_complex_operand
    operands = tuple(a if isinstance(a, Operand) else numbers(a) for a in operands)
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
    cost = operation.cost(shape, *shapes)
    return Node(shape, operation=operation, parents=parents, settings=settings, cost=cost)


def compute(operation: Operation, arguments: tuple, settings: tuple):
    """Value of an operation on numbers or dual numbers; its shapes fit, and its value must be finite."""
    if any(isinstance(a, Dual) for a in arguments):
        return _compute_dual(operation, arguments, settings)
    with np.errstate(all="ignore"):
        y = np.asarray(operation.value(*arguments, *settings))
    if not _finite(y):
        raise ValueError(f"{_written(operation, map(_brief, arguments), settings)} is not finite: {_not_finite(y)}")
    return y


def _compute_dual(operation: Operation, arguments: tuple, settings: tuple) -> Dual:
    """f(a₁ + ȧ₁ε, …) = f(a₁, …) + (J₁ȧ₁ + …) ε."""
    values = tuple(a.value if isinstance(a, Dual) else a for a in arguments)
    y = compute(operation, values, settings)
    products = [
        multiply(operation, rule, a.tangent, y, values, settings)
        for rule, a in zip(operation.forward, arguments, strict=True)
        if isinstance(a, Dual)
    ]
    return Dual(y, functools.reduce(add, products))


def multiply(operation: Operation, rule, vector, y, arguments: tuple, settings: tuple):
    """J v or Jᵀ u by one of the operation's rules; it must be finite."""
    with np.errstate(all="ignore"):
        product = rule(vector, y, *arguments, *settings)
    for part in (product.value, product.tangent) if isinstance(product, Dual) else (product,):
        if not _finite(part):
            text = _written(operation, map(_brief, arguments), settings)
            raise ValueError(f"the derivative of {text} is not finite: {_not_finite(part)}")
    return product


def add(a, b):
    """a + b, of one shape; it must be finite."""
    return compute(OPERATIONS["+"], (a, b), ())


# ---- the functions of a formula -------------------------------------------------------------------------------------
# Each takes a node, a dual number or numbers, and returns the same kind.


def exp(a):
    """Exponential, element by element.

    Examples
    --------
    >>> exp(variable(0.0, name="x")), exp(dual(0.0, 2.0))
    (exp(x), 1.0 + 2.0ε)
    """
    return apply(OPERATIONS["exp"], a)


def log(a):
    """Natural logarithm, element by element.

    Examples
    --------
    >>> log(variable(1.0, name="x")), log(dual(1.0, 2.0))
    (log(x), 0.0 + 2.0ε)
    """
    return apply(OPERATIONS["log"], a)


def sqrt(a):
    """Square root, element by element.

    Examples
    --------
    >>> sqrt(variable(4.0, name="x")), sqrt(dual(4.0, 1.0))
    (sqrt(x), 2.0 + 0.25ε)
    """
    return apply(OPERATIONS["sqrt"], a)


def sin(a):
    """Sine, element by element.

    Examples
    --------
    >>> sin(variable(0.0, name="x")), sin(dual(0.0, 1.0))
    (sin(x), 0.0 + 1.0ε)
    """
    return apply(OPERATIONS["sin"], a)


def cos(a):
    """Cosine, element by element.

    Examples
    --------
    >>> cos(variable(0.0, name="x")), cos(dual(0.0, 1.0))
    (cos(x), 1.0 + -0.0ε)
    """
    return apply(OPERATIONS["cos"], a)


def tanh(a):
    """Hyperbolic tangent, element by element.

    Examples
    --------
    >>> tanh(variable(0.0, name="x")), tanh(dual(0.0, 1.0))
    (tanh(x), 0.0 + 1.0ε)
    """
    return apply(OPERATIONS["tanh"], a)


def logistic(a):
    """Logistic function 1 / (1 + e⁻ᵃ), element by element.

    Examples
    --------
    >>> logistic(variable(0.0, name="x")), logistic(dual(0.0, 1.0))
    (logistic(x), 0.5 + 0.25ε)
    """
    return apply(OPERATIONS["logistic"], a)


def relu(a):
    """Rectifier max(0, a), element by element; its derivative at 0, which has no value, counts as 0.

    Examples
    --------
    >>> relu(variable(0.0, name="x")), relu(dual([-1.0, 2.0], [1.0, 1.0]))
    (relu(x), [0. 2.] + [0. 1.]ε)
    """
    return apply(OPERATIONS["relu"], a)


def sum(a, axis: int | None = None):
    """Sum of all elements, or along one axis.

    Parameters
    ----------
    a : Node, Dual or array-like
    axis : int, optional
        0 or 1, or −1 for the last one; all elements by default.

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

    Parameters
    ----------
    a : Node, Dual or array-like
    shape : tuple of int
        (), (n,) or (m, n), with as many elements as a.

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

    Parameters
    ----------
    *parts : Node, Dual or array-like, shapes () or (n,)

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


# ---- numpy's functions ----------------------------------------------------------------------------------------------
# Those that are not elementwise, with the arguments they take here. Each means what it means to numpy.


def _dot(a, b):
    return a * b if () in (np.shape(a), np.shape(b)) else a @ b


def _mean(a, axis=None):
    total = sum(a, axis)
    return total / (math.prod(a.shape) // math.prod(total.shape))


NUMPY_FUNCTIONS: Mapping[Callable, Callable] = MappingProxyType(
    {
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
)


# ---- checks and messages --------------------------------------------------------------------------------------------


def real_array(name: str, value) -> NDArray[np.float64]:
    """`value` as an array of finite real numbers with at most two axes."""
    if isinstance(value, Operand):
        raise TypeError(f"{name} must hold real numbers, got a {type(value).__name__}")
    if isinstance(value, int):  # of any size, which numpy does not take
        try:
            value = float(value)
        except OverflowError:
            raise ValueError(f"{name} must be finite, as a float this whole number is not") from None
    return arguments.real_array(name, value, (0, 1, 2))


def _real_operand(value) -> NDArray[np.float64]:
    return real_array("operand", value)


def _real_or_complex_operand(value) -> NDArray:
    """Complex numbers are for the complex step, on numbers alone."""
    if isinstance(value, (complex, np.generic, np.ndarray)) and np.iscomplexobj(value):
        real_array("operand", np.abs(value))
        return np.asarray(value)
    return real_array("operand", value)


def _frozen(name: str, value) -> NDArray[np.float64]:
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


def _finite(numbers) -> bool:
    return cmath.isfinite(numbers) if numbers.shape == () else bool(np.isfinite(numbers).all())


def _not_finite(array) -> str:
    array = np.asarray(array)
    return f"it holds {array[~np.isfinite(array)][0]}" if array.ndim else f"it is {array}"
