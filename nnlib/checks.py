"""Checks of what somebody derived by hand: numbers found in two ways, and derivatives against numerical ones.

`check_gradient`, `check_jacobian` and `check_hessian` hold a problem's own derivatives against those of
`nnlib.derivatives` and return a `CheckReport` that names the worst entry. They take any object with the methods they
compare: loss(w) and gradient(w); residuals(w) and jacobian(w); gradient(w) and hessian(w).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from nnlib import arguments, derivatives
from nnlib.arguments import FloatArray
from nnlib.derivatives import numerical_gradient, numerical_hessian, numerical_jacobian

__all__ = [
    "CheckReport",
    "check_gradient",
    "check_hessian",
    "check_jacobian",
    "numerical_gradient",
    "numerical_hessian",
    "numerical_jacobian",
    "same",
]

A_DIGIT = 0.1  # an entry that rounding may change by more has not one digit to check
SMALLEST = 1e-3  # entries smaller than this part of their column's largest are held against that part


def same(a: ArrayLike, b: ArrayLike, digits: int = 8) -> bool:
    """Whether a is the expected b to so many digits of the LARGEST entry of b: max|a − b| ≤ 10^−digits max|b|.

    There is no absolute tolerance: where b is all zeros only zeros will do. Entries much smaller than the largest are
    held to fewer digits of their own. Shapes must agree; what is not finite is the same as nothing.

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


@dataclass(frozen=True, eq=False, repr=False)
class CheckReport:
    """A derivative held against a numerical one, entry by entry; true if all entries agree. Print it to read it.

    An entry is wrong where the two differ by more than is allowed. It is undecided where it is not wrong only because
    rounding may be as large as a tenth of the entry or larger: there no wrong sign and no factor would be seen.

    Attributes
    ----------
    name, method : str
        What was checked, "gradient" say, and the numerical method, "central" or "complex".
    given, numerical : array
        The derivative as the problem and as the numerical method have it.
    difference, rounding : array
        |given − numerical| relative to the larger of the two, and how much of it rounding may make.
    tolerance : float
        The relative difference that is allowed besides.
    """

    name: str
    method: str
    given: FloatArray
    numerical: FloatArray
    difference: FloatArray
    rounding: FloatArray
    tolerance: float

    @property
    def wrong(self) -> np.ndarray:
        """Which entries differ."""
        return ~(self.difference <= self.tolerance + self.rounding)

    @property
    def undecided(self) -> np.ndarray:
        """Which entries may or may not, since rounding hides them."""
        return ~self.wrong & (self.difference > self.tolerance) & (self.rounding > A_DIGIT)

    @property
    def worst(self) -> tuple[int, ...]:
        """Index of the entry that differs most for what is allowed, among the wrong ones, else the undecided ones."""
        shown = next((some for some in (self.wrong, self.undecided) if some.any()), True)
        excess = np.where(shown, self.difference / (self.tolerance + self.rounding), -1)
        return tuple(int(i) for i in np.unravel_index(np.argmax(excess), excess.shape))

    @property
    def hint(self) -> str:
        """The likely cause if all entries are wrong in the same way, or what may help if some are undecided."""
        if self.wrong.any():
            return _likely_cause(self.given, self.numerical)
        if not self.undecided.any():
            return ""
        return "another w may tell" + (", or the complex step" if self.method == "central" else "")

    def __bool__(self) -> bool:
        return not (self.wrong | self.undecided).any()

    def __str__(self) -> str:
        at = self.worst
        difference, rounding = self.difference[at], self.rounding[at]
        matters = difference > self.tolerance and rounding > self.tolerance / 10
        besides = f", besides {rounding:.0e} for rounding" if matters else ""
        worst = (
            f"  worst at [{', '.join(map(str, at))}]: given {self.given[at]:.9g}, numerical {self.numerical[at]:.9g}, "
            f"relative difference {difference:.1e} (allowed {self.tolerance:.0e}{besides})"
        )
        return "\n".join([f"{self.name} is {self._verdict()}", worst] + [f"  {self.hint}"] * bool(self.hint))

    def _verdict(self) -> str:
        method, n = derivatives.METHODS[self.method], self.given.size
        if self.wrong.any():
            return f"WRONG: {self.wrong.sum()} of {n} entries differ from {method}"
        if self.undecided.any():
            return f"undecided at this w: {self.undecided.sum()} of {n} entries are lost in the rounding of {method}"
        return f"right: all {n} entries agree with {method}"

    __repr__ = __str__


def check_gradient(problem, w: ArrayLike, method: str = "auto", tolerance: float = 1e-6) -> CheckReport:
    """Compare ``problem.gradient(w)`` with the numerical gradient of ``problem.loss``.

    A random w tells more than zeros, at which errors may cancel. At a kink (a ReLU whose input is exactly zero) there
    is no derivative, and the check does not say "right". At a minimum the gradient is zero but for rounding: the check
    may find it undecided, of either sign. `method` is that of `numerical_jacobian`, `tolerance` the relative difference
    allowed in each entry, besides the rounding of the numerical method.

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
    """Compare ``problem.jacobian(w)`` with the numerical Jacobian of ``problem.residuals``; see `check_gradient`.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> A = np.array([[1.0, 2.0], [3.0, 4.0]])
    >>> check_jacobian(SimpleNamespace(residuals=lambda w: A @ w, jacobian=lambda w: A.T), [1.0, 1.0]).hint
    'it is the transpose of the numerical one'
    """
    return _check(problem, "residuals", "jacobian", w, method, tolerance)


def check_hessian(problem, w: ArrayLike, method: str = "auto", tolerance: float = 1e-6) -> CheckReport:
    """Compare ``problem.hessian(w)`` with the numerical Jacobian of ``problem.gradient``; see `check_gradient`.

    So this checks the Hessian against the gradient: check that one too.

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
    f = derivatives.array_valued(getattr(problem, base), (1,) if base == "loss" else None)
    numerical, method = derivatives.finite_derivative(f, w, method, f"problem.{base}(w)")
    rounding = derivatives.rounding_of(f, w, numerical, method)
    if base == "loss":
        numerical, rounding = numerical[0], rounding[0]
    given = arguments.real_numbers(f"problem.{name}(w)", getattr(problem, name)(w))
    if given.shape != numerical.shape:
        raise ValueError(f"problem.{name}(w) must have shape {numerical.shape}, got {given.shape}")
    size = np.maximum(np.abs(given), np.abs(numerical)) + np.finfo(float).tiny
    if numerical.ndim == 2:
        size = np.maximum(size, SMALLEST * np.abs(numerical).max(axis=0))  # zeros of a matrix come out as 1e-17
    with np.errstate(all="ignore"):
        difference, rounding = np.abs(given - numerical) / size, rounding / size
    difference[np.isnan(difference)] = np.inf  # what is not finite agrees with nothing
    return CheckReport(name, method, given, numerical, difference, rounding, tolerance)


def _likely_cause(given: FloatArray, numerical: FloatArray) -> str:
    """What makes all entries wrong in the same way, if something does."""

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
    a_half = np.isclose([2, 0.5], abs(factor), rtol=1e-4).any()
    cause = "where did a factor 2 go, the ½ of the loss?" if a_half else "a mean in place of a sum?"
    return f"every entry is {factor:.4g} times the numerical one: {cause}"
