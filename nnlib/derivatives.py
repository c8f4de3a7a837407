"""Numerical derivatives, one parameter at a time, in two ways:

* central differences, (f(w + h e_i) − f(w − h e_i)) / 2h. Their error is the sum of truncation, which shrinks as h²,
  and rounding, which grows as 1/h; the best h is near ε^(1/3), and at most two thirds of the digits are right.
* the complex step, Im f(w + ih e_i) / h. Nothing is subtracted, so h can be tiny and nearly all digits are right. It
  needs an f made of operations that go over to complex numbers: no abs, no real parts, no conjugates.

"auto" takes the complex step where it is right and central differences elsewhere (see `numerical_jacobian`).

References
----------
Nocedal & Wright (2006), Numerical Optimization, 2nd ed., section 8.1: the steps of finite differences.
Squire & Trapp (1998), Using complex variables to estimate derivatives of real functions, SIAM Review 40, 110-112.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nnlib import arguments
from nnlib.arguments import FloatArray

EPS = np.finfo(np.float64).eps
# Values of f are right to many rounding errors, not to one: sums and cancellation inside f add to it.
ROUNDING_ERRORS = 100
SMALLEST = 1e-200  # a parameter below it is taken for 0
ComplexWarning = getattr(np, "exceptions", np).ComplexWarning  # numpy 1.25 moved it to np.exceptions
METHODS = {"central": "central differences", "complex": "the complex step"}


def numerical_gradient(f: Callable[[FloatArray], float], w: ArrayLike, method: str = "auto") -> FloatArray:
    """Gradient ∂f/∂w (n,) of a number f(w), from values of f; the methods are those of `numerical_jacobian`.

    Examples
    --------
    >>> print(numerical_gradient(lambda w: w[0] ** 2 * w[1], [3.0, 2.0]))
    [12.  9.]
    """
    return finite_derivative(array_valued(f, (1,)), w, method)[0][0]


def numerical_jacobian(f: Callable[[FloatArray], ArrayLike], w: ArrayLike, method: str = "auto") -> FloatArray:
    """Jacobian (P, n) of a vector f(w), from values of f, with ∂f_p/∂w_i in row p and column i.

    "central" takes central differences: 2n evaluations of f, about ten digits. "complex" takes the complex step: n
    evaluations, nearly all digits, but a wrong answer without a word where f loses imaginary parts, as ``abs(w)`` does.
    "auto" computes both, at every w anew since f may have branches; it returns the complex step where f takes complex
    numbers and all entries agree as closely as central differences can tell.

    Examples
    --------
    Where the complex step is wrong, "auto" sees it:

    >>> print(numerical_jacobian(lambda w: np.abs(w) + w, [-2.0], method="complex"))
    [[1.]]
    >>> print(numerical_jacobian(lambda w: np.abs(w) + w, [-2.0]))
    [[0.]]
    """
    return finite_derivative(array_valued(f), w, method)[0]


def numerical_hessian(f: Callable[[FloatArray], float], w: ArrayLike, method: str = "central") -> FloatArray:
    """Hessian ∂²f/∂w_i∂w_j (n, n) of a number f(w), from values of f; it is symmetric.

    "central" takes second differences: half of the digits at best. "complex" takes central differences of complex-step
    gradients: two thirds.

    Examples
    --------
    >>> print(numerical_hessian(lambda w: w[0] ** 2 * w[1], [3.0, 2.0], method="complex").round(6))
    [[4. 6.]
     [6. 0.]]
    """
    arguments.choice("method", method, METHODS)
    f, w = array_valued(f, (1,)), arguments.real_array("w", w, 1)
    with np.errstate(all="ignore"):
        central = method == "central"
        H = _second_differences(f, w) if central else central_differences(lambda v: complex_step(f, v)[0], w)[0]
        return _finite(H + H.T, f, w, "f(w)", method) / 2


@np.errstate(all="ignore")
def finite_derivative(f, w: ArrayLike, method: str, name: str = "f(w)") -> tuple[FloatArray, str]:
    """As `differentiate`, for an f that has to be finite at w; errors call its value by name."""
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


@np.errstate(all="ignore")
def differentiate(f, w: ArrayLike, method: str) -> tuple[FloatArray, str]:
    """The numerical Jacobian (P, n) and the method that gave it: for optimizers, which go on where it is not finite."""
    arguments.choice("method", method, ["auto", *METHODS])
    w = arguments.real_array("w", w, 1)
    if method == "auto":
        return _verified_complex_step(f, w)
    return (complex_step(f, w) if method == "complex" else central_differences(f, w)[0]), method


def _verified_complex_step(f, w: FloatArray) -> tuple[FloatArray, str]:
    """The complex step if central differences bear it out, else central differences."""
    J_central, largest, steps = central_differences(f, w)
    try:
        J_complex = complex_step(f, w)
    except Exception:  # f is any code, made for real numbers: whatever it does with complex ones, it is not for them
        return J_central, "central"
    rounding = ROUNDING_ERRORS * EPS * largest / steps
    if _agree(J_complex, J_central, rounding):
        return J_complex, "complex"
    # Central differences may be the ones that are off, where f bends within a step: a shorter step tells.
    J_shorter = central_differences(f, w, steps / 100)[0]
    return (J_complex, "complex") if _agree(J_complex, J_shorter, 100 * rounding) else (J_central, "central")


def _agree(A: FloatArray, B: FloatArray, rounding: FloatArray) -> bool:
    """Whether A (P, n) is B, as far as central differences tell: three digits of each entry, six of each column."""
    allowed = 1e-3 * np.maximum(np.abs(A), np.abs(B)) + 1e-6 * np.abs(B).max(axis=0) + rounding
    return bool(np.isfinite(A).all() and (np.abs(A - B) <= allowed).all())


def central_differences(f, w: FloatArray, steps: FloatArray | None = None):
    """Central differences (P, n), the largest |f| that each column met (n,), and the steps (n,), given or chosen."""
    given = [None] * len(w) if steps is None else steps
    columns = [_column(f, w, i) if step is None else _difference(f, w, i, step) for i, step in enumerate(given)]
    J, largest, steps = zip(*columns, strict=True)
    return np.stack(J, axis=-1), np.array(largest), np.array(steps)


def _column(f, w: FloatArray, i: int):
    """The difference for parameter i by a step of ε^(1/3) relative to it.

    A 0 has no size to go by, nor has what is so small that f hardly changes. There the step is the ε^(1/3) 1000^k with
    which f changes, but stays about what it was, and a shorter step gives the same.
    """
    size = abs(w[i])
    if size > SMALLEST:
        relative = _difference(f, w, i, EPS ** (1 / 3) * size)
        if size >= 1 or _seen(*relative):
            return relative
    at_w, long = np.abs(f(w.copy())).max(), _difference(f, w, i, EPS ** (1 / 3))
    while long[2] < 1e30 and not _seen(*long):
        long = _difference(f, w, i, long[2] * 1000)
    while long[2] > SMALLEST:
        short = _difference(f, w, i, long[2] / 1000)
        if abs(long[1] - at_w) <= 1e-5 * (at_w or np.inf) and _same(long, short):
            break
        long = short
    return long if size <= SMALLEST or (long[2] > relative[2] and _same(long, relative)) else relative


def _seen(D, largest: float, step: float) -> bool:
    """Whether f changes by more than half of its digits hide."""
    return not 2 * step * np.abs(D).max() < EPS**0.5 * largest


def _same(long, short) -> bool:
    """Whether a long step gives the derivative that a short one gives, as far as this is not rounding."""
    (A, _, _), (B, largest, step) = long, short
    return bool(np.abs(A - B).max() <= 1e-9 * np.abs(B).max() + ROUNDING_ERRORS * EPS * largest / step)


def _difference(f, w: FloatArray, i: int, step: float):
    above, below = w.copy(), w.copy()
    above[i] += step
    below[i] -= step
    distance = above[i] - below[i]  # after rounding, not quite 2 * step
    f_above, f_below = f(above), f(below)
    return (f_above - f_below) / distance, np.maximum(np.abs(f_above), np.abs(f_below)).max(), step


def complex_step(f, w: FloatArray, relative_step: float = 1e-20) -> FloatArray:
    steps = relative_step * np.where(np.abs(w) > SMALLEST, np.abs(w), 1e-80)
    columns = []
    for i, step in enumerate(steps):
        shifted = w.astype(complex)
        shifted[i] += 1j * step
        columns.append(complex_value(f, shifted).imag / step)
    return np.stack(columns, axis=-1)


def complex_value(f, w: NDArray[np.complex128]) -> NDArray[np.complex128]:
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


def rounding_of(f, w: FloatArray, J: FloatArray, method: str) -> FloatArray:
    """How far rounding may move each entry of the numerical Jacobian J (P, n), or of one found by hand.

    Inside f terms may cancel: then J scatters when w moves by a few rounding errors and the step by a factor. Outside,
    central differences divide a rounding error of f by the step. The complex step does not, but a derivative by hand
    may subtract, such as the 1 − a² of a saturated unit: it is then right to ε for a step of w's size, and no better.
    """
    if method == "central":
        over = central_differences(f, w)[2]
        again = [central_differences(f, w, 2 * over)[0]]
    else:
        over = np.clip(np.abs(w), 1e-3, 1)
        again = [complex_step(f, w * (1 + shift), 0.7e-20) for shift in (-4 * EPS, 4 * EPS)]
    return ROUNDING_ERRORS * (np.abs(again - J).max(axis=0) + EPS * np.abs(f(w.copy())).max() / over)


def _second_differences(f, w: FloatArray) -> FloatArray:
    """Four values a pair of parameters, with steps of ε^(1/4): truncation and rounding are then alike, near √ε."""
    steps = np.diag(EPS ** (1 / 4 - 1 / 3) * central_differences(f, w)[2])
    H = np.empty((len(w), len(w)))
    for i, a in enumerate(steps):
        for j, b in enumerate(steps[: i + 1]):
            difference = f(w + a + b) - f(w + a - b) - f(w - a + b) + f(w - a - b)
            H[i, j] = H[j, i] = difference[0] / (4 * a[i] * b[j])
    return H


def array_valued(f, shape: tuple[int, ...] | None = None):
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
