"""Checks of derivatives that somebody derived by hand, against the numerical ones of `nnlib.derivatives`.

`check_gradient`, `check_jacobian` and `check_hessian` hold a problem's own derivatives against these and return a
`CheckReport` that names the worst entry. They take any object with the methods they compare: loss(w) and gradient(w);
residuals(w) and jacobian(w); gradient(w) and hessian(w).

`same` compares numbers that were found in two ways.

`derivative_errors` shows where the steps come from: the error of each way against the size of its step.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nnlib import arguments
from nnlib.arguments import FloatArray
from nnlib.derivatives import (
    EPS,
    METHODS,
    ROUNDING_ERRORS,
    array_valued,
    central_differences,
    central_steps,
    complex_step,
    complex_value,
    finite_derivative,
    numerical_gradient,
    numerical_hessian,
    numerical_jacobian,
)

__all__ = [
    "CheckReport",
    "DerivativeErrors",
    "check_gradient",
    "check_hessian",
    "check_jacobian",
    "derivative_errors",
    "numerical_gradient",
    "numerical_hessian",
    "numerical_jacobian",
    "same",
]

A_DIGIT = 0.1  # an entry that rounding may change by more has not one digit to check


def same(a: ArrayLike, b: ArrayLike, digits: int = 8) -> bool:
    """Whether a is the expected b to so many digits of the LARGEST entry of b: max|a − b| ≤ 10^−digits max|b|.

    There is no absolute tolerance: small numbers are held to the same digits as large ones, and where b is all zeros
    only zeros will do. Entries much smaller than the largest are held to fewer digits of their own. Shapes must agree,
    nothing is broadcast; what is not finite is the same as nothing.

    Parameters
    ----------
    a, b : array
        What came out and what was to come out, real or complex.

    Examples
    --------
    >>> same([1.0, 2.0 + 1e-9], [1.0, 2.0])
    True
    >>> same([3e-12, 0.0], [1e-12, 0.0])        # np.allclose would say True
    False
    """
    a, b = arguments.numbers("a", a), arguments.numbers("b", b)
    digits = arguments.integer("digits", digits, at_least=1)
    if b.size == 0:
        raise ValueError("b is empty: there is nothing to compare")
    if a.shape != b.shape or not (np.isfinite(a).all() and np.isfinite(b).all()):
        return False
    with np.errstate(over="ignore"):
        return bool(np.abs(a - 1.0 * b).max() <= 10.0**-digits * np.abs(1.0 * b).max())  # 1.0: small integers wrap


# ---------------------------------------------------------------------------------------------------------------------
# The error against the size of the step
# ---------------------------------------------------------------------------------------------------------------------


class DerivativeErrors(NamedTuple):
    """Relative errors of four ways to a derivative: three of them at every step h (k,), the fourth takes no step.

    Attributes
    ----------
    steps : (k,) array
        The steps h.
    forward, central, complex_step : (k,) array
        Of (f(x + h) − f(x)) / h, of (f(x + h) − f(x − h)) / 2h and of Im f(x + ih) / h.
    automatic : float
        Of automatic differentiation, reverse mode on the graph of f.
    """

    steps: FloatArray
    forward: FloatArray
    central: FloatArray
    complex_step: FloatArray
    automatic: float


def derivative_errors(f: Callable, x: float, derivative: float, steps: ArrayLike) -> DerivativeErrors:
    """Errors of differences, of the complex step and of automatic differentiation against the size of the step h.

    In double logarithmic scale the errors of differences have the shape of a V. Truncation falls with h, forward
    differences with slope 1 and central ones with slope 2; rounding rises as ε/h, slope −1. The lowest points lie near
    h = √ε and h = ε^(1/3). The complex step has the truncation of central differences (so its line is flat, near ε,
    where h < √ε) and no rounding that grows; automatic differentiation has neither.

    Parameters
    ----------
    f : callable
        ``f(x)`` made of numpy operations that the graph knows too (see `nnlib.graph`); it is called with real and
        complex arrays, element by element, and with a node of a graph.
    x : float
        Where.
    derivative : float
        The exact f′(x), not 0: errors are relative to it.
    steps : (k,) array
        Steps h > 0.

    Returns
    -------
    DerivativeErrors

    Raises
    ------
    TypeError, ValueError
        For arguments of the wrong type or range, and where f is not finite, does not go element by element, or does not
        take complex numbers or nodes.

    References
    ----------
    Nocedal & Wright (2006), section 8.1, for differences; Squire & Trapp (1998) for the complex step.

    Examples
    --------
    >>> errors = derivative_errors(np.sin, 1.0, np.cos(1.0), [1e-1, 1e-5, 1e-9])
    >>> with np.printoptions(precision=0):
    ...     print(errors.forward, errors.central)
    [8.e-02 8.e-06 1.e-07] [2.e-03 2.e-11 5.e-09]
    >>> errors.automatic
    0.0
    """
    if not callable(f):
        raise TypeError(f"f must be a function of x, got {type(f).__name__}")
    x, h = arguments.number("x", x), arguments.real_array("steps", steps, 1)
    derivative = arguments.number("derivative", derivative)
    if derivative == 0:
        raise ValueError("derivative must not be 0: errors are relative to it")
    if h.min() <= 0:
        raise ValueError(f"steps must be above 0, one is {h.min():g}")

    def error(approximation):
        return np.abs(approximation - derivative) / abs(derivative)

    at = np.full_like(h, x)
    return DerivativeErrors(
        steps=h,
        forward=error((_elementwise(f, at + h) - _elementwise(f, at)) / h),
        central=error((_elementwise(f, at + h) - _elementwise(f, at - h)) / (2 * h)),
        complex_step=error(_elementwise(f, at + 1j * h).imag / h),
        automatic=float(error(_automatic(f, x))),
    )


def _elementwise(f, x: NDArray) -> NDArray:
    """f at an array of numbers; complex values at complex ones, finite and one for each."""
    value = complex_value(f, x) if np.iscomplexobj(x) else arguments.real_numbers("f(x)", f(x))
    if np.shape(value) != x.shape:
        raise ValueError(f"f must go element by element: f(x) has shape {np.shape(value)} for x of shape {x.shape}")
    return arguments.all_finite("f(x)", value)


def _automatic(f, x: float) -> float:
    from nnlib import graph  # here, because most programs never draw this curve

    at = graph.variable(x, name="x")
    return graph.gradient(f(at))[at]


# ---------------------------------------------------------------------------------------------------------------------
# Checks with a report
# ---------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False, repr=False)
class CheckReport:
    """What came out of comparing a derivative with a numerical one; true if all entries agree.

    An entry agrees where the two differ by no more than was allowed. It is undecided where this is only so because
    rounding may be as large as a tenth of the entry or larger: there no wrong sign and no factor would be seen.

    Parameters
    ----------
    name : str
        What was checked: "gradient", "jacobian" or "hessian".
    ok : bool
        Whether all entries agree.
    n_wrong, n_undecided, n_entries : int
        How many entries differ, and how many may or may not, since rounding hides them, of how many.
    worst : tuple of int
        Index of the entry that differs most for what was allowed.
    given, numerical : float
        That entry as the problem and as the numerical method have it.
    relative_difference : float
        |given − numerical| over the larger of the two magnitudes.
    tolerance : float
        The relative difference that was allowed.
    rounding : float
        The relative difference that the rounding of the numerical method may make, allowed besides.
    method : str
        "central" or "complex".
    hint : str
        The likely cause if all entries are wrong in the same way, what may help if some are undecided, else empty.
    """

    name: str
    ok: bool
    n_wrong: int
    n_undecided: int
    n_entries: int
    worst: tuple[int, ...]
    given: float
    numerical: float
    relative_difference: float
    tolerance: float
    rounding: float
    method: str
    hint: str

    def __bool__(self) -> bool:
        return self.ok

    def __str__(self) -> str:
        at = ", ".join(str(i) for i in self.worst)
        matters = self.relative_difference > self.tolerance and self.rounding > self.tolerance / 10
        rounding = f", besides {self.rounding:.0e} for rounding" if matters else ""
        worst = (
            f"  worst at [{at}]: given {self.given:.9g}, numerical {self.numerical:.9g}, "
            f"relative difference {self.relative_difference:.1e} (allowed {self.tolerance:.0e}{rounding})"
        )
        return "\n".join([self._verdict(), worst] + [f"  {self.hint}"] * bool(self.hint))

    def _verdict(self) -> str:
        numerical = METHODS[self.method]
        if self.n_wrong:
            return f"{self.name} is WRONG: {self.n_wrong} of {self.n_entries} entries differ from {numerical}"
        if self.n_undecided:
            some = f"{self.n_undecided} of {self.n_entries} entries are"
            return f"{self.name} is undecided at this w: {some} lost in the rounding of {numerical}"
        return f"{self.name} is right: all {self.n_entries} entries agree with {numerical}"

    __repr__ = __str__


def check_gradient(problem, w: ArrayLike, method: str = "auto", tolerance: float = 1e-6) -> CheckReport:
    """Compare ``problem.gradient(w)`` with the numerical gradient of ``problem.loss``.

    Parameters
    ----------
    problem : object with loss(w) and gradient(w)
    w : (n,) array
        Where; a random w tells more than zeros, at which errors may cancel.
    method : {"auto", "central", "complex"}, default "auto"
        As in `numerical_jacobian`.
    tolerance : float, default 1e-6
        The relative difference allowed in each entry, besides the rounding of the numerical method.

    Returns
    -------
    CheckReport
        True if all entries agree; print it to read it.

    Raises
    ------
    TypeError, ValueError
        When the problem lacks a method, its loss is not finite at w, or its gradient has the wrong shape.

    Notes
    -----
    At a kink (a ReLU whose input is exactly zero) there is no derivative, and the check does not say "right". At a
    minimum the gradient is zero but for rounding: the check may find it undecided, of either sign.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> square = SimpleNamespace(loss=lambda w: w @ w, gradient=lambda w: w)
    >>> check_gradient(square, [1.0, 2.0])
    gradient is WRONG: 2 of 2 entries differ from the complex step
      worst at [1]: given 2, numerical 4, relative difference 5.0e-01 (allowed 1e-06)
      every entry is 0.5 times the numerical one: where did a factor 2 go, the ½ of the loss?
    """
    return _check(problem, "loss", "gradient", w, method, tolerance)


def check_jacobian(problem, w: ArrayLike, method: str = "auto", tolerance: float = 1e-6) -> CheckReport:
    """Compare ``problem.jacobian(w)`` with the numerical Jacobian of ``problem.residuals``.

    Parameters
    ----------
    problem : object with residuals(w) and jacobian(w)
    w, method, tolerance
        As in `check_gradient`.

    Returns
    -------
    CheckReport
        True if all entries agree; print it to read it.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> A = np.array([[1.0, 2.0], [3.0, 4.0]])
    >>> check_jacobian(SimpleNamespace(residuals=lambda w: A @ w, jacobian=lambda w: A.T), [1.0, 1.0]).hint
    'it is the transpose of the numerical one'
    """
    return _check(problem, "residuals", "jacobian", w, method, tolerance)


def check_hessian(problem, w: ArrayLike, method: str = "auto", tolerance: float = 1e-6) -> CheckReport:
    """Compare ``problem.hessian(w)`` with the numerical Jacobian of ``problem.gradient``.

    So this checks the Hessian against the gradient: check that one too.

    Parameters
    ----------
    problem : object with gradient(w) and hessian(w)
    w, method, tolerance
        As in `check_gradient`.

    Returns
    -------
    CheckReport
        True if all entries agree; print it to read it.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> cubes = SimpleNamespace(gradient=lambda w: 3 * w**2, hessian=lambda w: np.diag(6 * w))
    >>> bool(check_hessian(cubes, [1.0, 2.0]))
    True
    """
    return _check(problem, "gradient", "hessian", w, method, tolerance)


def _check(problem, base: str, name: str, w: ArrayLike, method: str, tolerance: float) -> CheckReport:
    for needed in (base, name):
        if not callable(getattr(problem, needed, None)):
            raise TypeError(f"problem must have {base}(w) and {name}(w), {type(problem).__name__} has no {needed}")
    w = arguments.real_array("w", w, 1)
    tolerance = arguments.number("tolerance", tolerance, above=0)
    scalar = base == "loss"
    f = array_valued(getattr(problem, base), (1,) if scalar else None)
    numerical, method = finite_derivative(f, w, method, f"problem.{base}(w)")
    rounding = _rounding(f, w, numerical, method)
    if scalar:
        numerical, rounding = numerical[0], rounding[0]
    given = arguments.real_numbers(f"problem.{name}(w)", getattr(problem, name)(w))
    if given.shape != numerical.shape:
        raise ValueError(f"problem.{name}(w) must have shape {numerical.shape}, got {given.shape}")
    return _report(name, given, numerical, rounding, tolerance, method)


def _rounding(f, w: FloatArray, J: FloatArray, method: str) -> FloatArray:
    """How far rounding may move each entry of the numerical Jacobian J (P, n), or of one found by hand."""
    if method == "central":
        steps = central_steps(w)
        _, rounding = central_differences(f, w, steps)
        return rounding + np.abs(J - central_differences(f, w, 2 * steps)[0])  # what the length of the step changes
    # Nothing is subtracted outside f. Inside f terms may cancel: then J scatters when w moves by a few rounding errors
    # and the step by a factor. What does not scatter is the ε in 1 − a², by hand, of a unit that is saturated.
    moved = [complex_step(f, w * (1 + shift), 0.7e-20) for shift in (-4 * EPS, 4 * EPS)]
    saturation = EPS * np.abs(f(w.copy())).max() / np.clip(np.abs(w), 1e-3, 1)
    return ROUNDING_ERRORS * (np.abs(moved - J).max(axis=0) + saturation)


def _report(
    name: str, given: FloatArray, numerical: FloatArray, rounding: FloatArray, tolerance: float, method: str
) -> CheckReport:
    size = np.maximum(np.abs(given), np.abs(numerical)) + np.finfo(float).tiny
    column = np.abs(numerical).max(axis=0) if numerical.ndim == 2 else 0.0
    with np.errstate(all="ignore"):
        difference, rounding = np.abs(given - numerical) / size, rounding / size
        zero = 1e-9 * column / size  # zeros of a matrix come out as 1e-17
    difference[np.isnan(difference)] = np.inf  # what is not finite agrees with nothing
    allowed = tolerance + zero + rounding
    wrong = ~(difference <= allowed)
    undecided = ~wrong & (difference > tolerance + zero) & (rounding > A_DIGIT)
    shown = wrong if wrong.any() else undecided if undecided.any() else np.full(given.shape, True)
    hint = ""
    if wrong.any():
        hint = _hint(given, numerical)
    elif undecided.any():
        hint = "another w may tell" + (", or the complex step" if method == "central" else "")
    worst = np.unravel_index(np.argmax(np.where(shown, difference / allowed, -1)), given.shape)
    return CheckReport(
        name=name,
        ok=not (wrong | undecided).any(),
        n_wrong=int(wrong.sum()),
        n_undecided=int(undecided.sum()),
        n_entries=given.size,
        worst=tuple(int(i) for i in worst),
        given=float(given[worst]),
        numerical=float(numerical[worst]),
        relative_difference=float(difference[worst]),
        tolerance=tolerance,
        rounding=float((zero + rounding)[worst]),
        method=method,
        hint=hint,
    )


def _hint(given: FloatArray, numerical: FloatArray) -> str:
    """The likely cause where all entries are wrong in the same way."""

    def close(A, B):
        return np.allclose(A, B, rtol=1e-4, atol=1e-6 * np.abs(numerical).max())

    if not np.isfinite(given).all() or close(given, numerical):
        return ""
    if given.ndim == 2 and given.shape[0] == given.shape[1] and close(given.T, numerical):
        return "it is the transpose of the numerical one"
    unit = np.abs(numerical).max() or 1.0  # in this unit the squares do not overflow
    factor = ((given / unit) * (numerical / unit)).sum() / ((numerical / unit) ** 2).sum() if numerical.any() else 0.0
    if factor == 0 or not close(given / factor, numerical):
        return ""
    if np.isclose(factor, -1, rtol=1e-4):
        return "every entry is minus the numerical one: a sign?"
    cause = "a mean in place of a sum?"
    if np.isclose([2, 0.5], abs(factor), rtol=1e-4).any():
        cause = "where did a factor 2 go, the ½ of the loss?"
    return f"every entry is {factor:.4g} times the numerical one: {cause}"
