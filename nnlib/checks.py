"""Numerical derivatives, and checks of derivatives that somebody derived by hand.

Two ways to differentiate a function numerically, both one parameter at a time:

* central differences, (f(w + h e_i) − f(w − h e_i)) / 2h. Their error is the sum of truncation, which shrinks as h²,
  and rounding, which grows as 1/h; the best h is near ε^(1/3), and at most two thirds of the digits are right.
* the complex step, Im f(w + ih e_i) / h. Nothing is subtracted, so h can be tiny and nearly all digits are right. It
  needs an f made of operations that go over to complex numbers: no abs, no real parts, no conjugates.

"auto" takes the complex step where it is right and central differences elsewhere (see `numerical_jacobian`).

`check_gradient`, `check_jacobian` and `check_hessian` hold a problem's own derivatives against these and return a
`CheckReport` that names the worst entry. They take any object with the methods they compare: loss(w) and gradient(w);
residuals(w) and jacobian(w); gradient(w) and hessian(w).

`derivative_errors` shows where the steps come from: the error of each way against the size of its step.

References
----------
Nocedal & Wright (2006), Numerical Optimization, 2nd ed., section 8.1: the steps of finite differences.
Squire & Trapp (1998), Using complex variables to estimate derivatives of real functions, SIAM Review 40, 110-112.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nnlib import arguments
from nnlib.arguments import FloatArray

EPS = np.finfo(np.float64).eps
# Values of f are right to many rounding errors, not to one: sums and cancellation inside f add to it.
ROUNDING_ERRORS = 100
ComplexWarning = getattr(np, "exceptions", np).ComplexWarning  # numpy 1.25 moved it to np.exceptions
A_DIGIT = 0.1  # an entry that rounding may change by more has not one digit to check
METHODS = {"central": "central differences", "complex": "the complex step"}


# ---------------------------------------------------------------------------------------------------------------------
# Numerical derivatives
# ---------------------------------------------------------------------------------------------------------------------


def numerical_gradient(f: Callable[[FloatArray], float], w: ArrayLike, method: str = "auto") -> FloatArray:
    """Gradient of a function of a vector, computed from its values.

    Parameters
    ----------
    f : callable
        ``f(w)``, a number.
    w : (n,) array
        Where.
    method : {"auto", "central", "complex"}, default "auto"
        As in `numerical_jacobian`.

    Returns
    -------
    (n,) array
        ∂f/∂w.

    Raises
    ------
    TypeError
        The method is "complex" and f does not take complex numbers.
    ValueError
        f is not finite at w, or so close to it that its derivatives are not.

    Examples
    --------
    >>> print(numerical_gradient(lambda w: w[0] ** 2 * w[1], [3.0, 2.0]))
    [12.  9.]
    """
    return _finite_derivative(_array_valued(f, (1,)), w, method)[0][0]


def numerical_jacobian(f: Callable[[FloatArray], ArrayLike], w: ArrayLike, method: str = "auto") -> FloatArray:
    """Jacobian of a vector of functions, computed from its values one column at a time.

    Parameters
    ----------
    f : callable
        ``f(w)``, a vector (P,).
    w : (n,) array
        Where.
    method : {"auto", "central", "complex"}, default "auto"
        "central" takes central differences: 2n evaluations of f, about ten digits. "complex" takes the complex step: n
        evaluations, nearly all digits, but a wrong answer without a word where f loses imaginary parts on the way, as
        ``abs(w)`` does. "auto" computes both, at every w anew since f may have branches; it returns the complex step if
        f takes complex numbers and all entries agree as closely as central differences can tell, else central
        differences.

    Returns
    -------
    (P, n) array
        ∂f_p/∂w_i in row p and column i.

    Raises
    ------
    TypeError
        The method is "complex" and f does not take complex numbers.
    ValueError
        f is not finite at w, or so close to it that its derivatives are not.

    Examples
    --------
    >>> print(numerical_jacobian(lambda w: np.array([w[0] * w[1], w[0] + w[1]]), [3.0, 2.0]))
    [[2. 3.]
     [1. 1.]]

    Where the complex step is wrong, "auto" sees it:

    >>> print(numerical_jacobian(lambda w: np.abs(w) + w, [-2.0], method="complex"))
    [[1.]]
    >>> print(numerical_jacobian(lambda w: np.abs(w) + w, [-2.0]))
    [[0.]]
    """
    return _finite_derivative(_array_valued(f), w, method)[0]


def numerical_hessian(f: Callable[[FloatArray], float], w: ArrayLike, method: str = "central") -> FloatArray:
    """Hessian of a function of a vector, computed from its values.

    Parameters
    ----------
    f : callable
        ``f(w)``, a number.
    w : (n,) array
        Where.
    method : {"central", "complex"}, default "central"
        "central" takes second differences: half of the digits where the parameters are of order one, none where they
        are tiny. "complex" takes central differences of complex-step gradients: two thirds of the digits.

    Returns
    -------
    (n, n) array
        ∂²f/∂w_i∂w_j, symmetric.

    Raises
    ------
    TypeError
        The method is "complex" and f does not take complex numbers.
    ValueError
        f is not finite at w, or so close to it that its derivatives are not.

    Examples
    --------
    >>> print(numerical_hessian(lambda w: w[0] ** 2 * w[1], [3.0, 2.0], method="complex").round(6))
    [[4. 6.]
     [6. 0.]]
    """
    arguments.choice("method", method, METHODS)
    f, w = _array_valued(f, (1,)), arguments.real_array("w", w, 1)
    with np.errstate(all="ignore"):
        if method == "complex":
            H, _ = _central(lambda v: _complex_step(f, v)[0], w, _central_steps(w))
        else:
            H = _second_differences(f, w)
        return _finite(H + H.T, f, w, "f(w)", method) / 2


def _finite_derivative(f, w: ArrayLike, method: str, name: str = "f(w)") -> tuple[FloatArray, str]:
    """As `differentiate`, for an f that has to be finite at w; errors call its value by name."""
    with np.errstate(all="ignore"):
        J, method = differentiate(f, w, method)
        return _finite(J, f, w, name, method), method


def _finite(derivatives: FloatArray, f, w: ArrayLike, name: str, method: str) -> FloatArray:
    """The derivatives, unless they or f itself are not finite."""
    finite = np.isfinite(derivatives).all()
    if method == "complex" or not finite:  # log(w + ih) is finite also where log(w) is not
        values = f(np.array(w, dtype=float))
        if not np.isfinite(values).all():
            bad = values[~np.isfinite(values)][0]
            raise ValueError(f"{name} must be finite, it holds {bad}: choose a w where it is finite")
    if not finite:
        raise ValueError(f"{name} must be finite around w too: its derivatives by {METHODS[method]} are not")
    return derivatives


def differentiate(f, w: ArrayLike, method: str) -> tuple[FloatArray, str]:
    """The numerical Jacobian (P, n) and the method that gave it: for optimizers, which go on where it is not finite."""
    arguments.choice("method", method, ["auto", *METHODS])
    w = arguments.real_array("w", w, 1)
    if method == "auto":
        return _verified_complex_step(f, w)
    return (_complex_step(f, w) if method == "complex" else _central(f, w, _central_steps(w))[0]), method


def _verified_complex_step(f, w: FloatArray) -> tuple[FloatArray, str]:
    """The complex step if central differences bear it out, else central differences."""
    steps = _central_steps(w)
    J_central, rounding = _central(f, w, steps)
    try:
        with np.errstate(all="ignore"):
            J_complex = _complex_step(f, w)
    except Exception:  # f is any code, made for real numbers: whatever it does with complex ones, it is not for them
        return J_central, "central"
    # Where the two differ, central differences may be the ones that are off, where f bends within a step: a shorter
    # step tells.
    if _agree(J_complex, J_central, rounding) or _agree(J_complex, *_central(f, w, steps / 100)):
        return J_complex, "complex"
    return J_central, "central"


def _agree(A: FloatArray, B: FloatArray, rounding: FloatArray) -> bool:
    """Whether A (P, n) is B, as far as central differences tell: three digits of each entry, six of each column."""
    with np.errstate(invalid="ignore"):
        allowed = 1e-3 * np.maximum(np.abs(A), np.abs(B)) + 1e-6 * np.abs(B).max(axis=0) + rounding
        return bool((np.abs(A - B) <= allowed).all())


def _central_steps(w: FloatArray) -> FloatArray:
    """ε^(1/3) relative to each parameter, a zero being taken for a parameter of order one; never below √ε."""
    scale = np.where(w == 0, 1.0, np.abs(w))
    return np.maximum(EPS ** (1 / 3) * scale, EPS**0.5)


def _central(f, w: FloatArray, steps: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Central differences (P, n), and how far rounding may have moved each of their columns (n,)."""
    columns, rounding = [], []
    for i, step in enumerate(steps):
        above, below = w.copy(), w.copy()
        above[i] += step
        below[i] -= step
        distance = above[i] - below[i]  # after rounding, not quite 2 * step
        f_above, f_below = f(above), f(below)
        columns.append((f_above - f_below) / distance)
        rounding.append(ROUNDING_ERRORS * EPS * np.maximum(np.abs(f_above), np.abs(f_below)).max() / step)
    return np.stack(columns, axis=-1), np.array(rounding)


def _complex_step(f, w: FloatArray, relative_step: float = 1e-20) -> FloatArray:
    steps = relative_step * np.where(np.abs(w) > 1e-200, np.abs(w), 1.0)
    columns = []
    for i, step in enumerate(steps):
        shifted = w.astype(complex)
        shifted[i] += 1j * step
        columns.append(_complex_value(f, shifted).imag / step)
    return np.stack(columns, axis=-1)


def _complex_value(f, w: NDArray[np.complex128]) -> NDArray[np.complex128]:
    """f at a complex w; a TypeError where f does not take it or casts it to real numbers."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", ComplexWarning)
            value = f(w)
    except (TypeError, ComplexWarning) as error:
        raise TypeError(f"f must take complex w for the complex step ({error}); use method='central'") from error
    if not np.iscomplexobj(value):
        raise TypeError("f must return complex values for complex w, got real ones; use method='central'")
    return value


def _second_differences(f, w: FloatArray) -> FloatArray:
    """Four values a pair of parameters, with steps of ε^(1/4): truncation and rounding are then alike, near √ε."""
    steps = np.diag(EPS**0.25 * np.maximum(np.abs(w), 1.0))
    H = np.empty((len(w), len(w)))
    for i, a in enumerate(steps):
        for j, b in enumerate(steps[: i + 1]):
            difference = f(w + a + b) - f(w + a - b) - f(w - a + b) + f(w - a - b)
            H[i, j] = H[j, i] = difference[0] / (4 * a[i] * b[j])
    return H


def _array_valued(f, shape: tuple[int, ...] | None = None):
    """f with its value checked: numbers, in a vector (or, with a shape, as many as that holds)."""
    if not callable(f):
        raise TypeError(f"f must be a function of w, got {type(f).__name__}")

    def checked(w):
        value = arguments.as_array("f(w)", f(w))
        if value.dtype.kind not in "biufc":
            raise TypeError(f"f(w) must be numbers, got values of type {value.dtype}")
        if np.iscomplexobj(value) and not np.iscomplexobj(w):
            raise TypeError("f(w) must be real for real w, got complex numbers")
        if shape is not None and value.shape not in ((), shape):
            raise ValueError(f"f(w) must be a number, got an array of shape {value.shape}")
        if shape is None and value.ndim != 1:
            raise ValueError(f"f(w) must be a vector, got an array of shape {value.shape}")
        return value.reshape(-1) if np.iscomplexobj(value) else value.reshape(-1).astype(float)

    return checked


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
    value = _complex_value(f, x) if np.iscomplexobj(x) else arguments.real_numbers("f(x)", f(x))
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
    f = _array_valued(getattr(problem, base), (1,) if scalar else None)
    numerical, method = _finite_derivative(f, w, method, f"problem.{base}(w)")
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
        steps = _central_steps(w)
        _, rounding = _central(f, w, steps)
        return rounding + np.abs(J - _central(f, w, 2 * steps)[0])  # what the length of the step changes
    # Nothing is subtracted outside f. Inside f terms may cancel: then J scatters when w moves by a few rounding errors
    # and the step by a factor. What does not scatter is the ε in 1 − a², by hand, of a unit that is saturated.
    moved = [_complex_step(f, w * (1 + shift), 0.7e-20) for shift in (-4 * EPS, 4 * EPS)]
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
