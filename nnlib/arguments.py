"""Checks at the door: every public function passes its arguments through these.

Each returns the argument in the form the code works with (float64 arrays, floats, ints) or raises a TypeError or
ValueError that names the argument, says what was expected and what came.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

AXES = {0: "a number", 1: "a vector", 2: "a matrix"}


def real_array(name: str, value, ndim: int | tuple[int, ...]) -> FloatArray:
    """`value` as a float64 array of finite numbers with `ndim` axes (a tuple lists the numbers of axes allowed)."""
    array = as_array(name, value)
    if array.dtype.kind not in "biuf":
        raise TypeError(f"{name} must hold real numbers, got {_describe(value, array)}")
    allowed = (ndim,) if isinstance(ndim, int) else ndim
    if array.ndim not in allowed:
        wanted = " or ".join(f"{AXES.get(k, 'an array')} ({k} axes)" for k in allowed)
        raise ValueError(f"{name} must be {wanted}, got an array of shape {array.shape}")
    if array.size == 0:
        raise ValueError(f"{name} is empty, its shape is {array.shape}")
    array = array.astype(np.float64, copy=False)
    if not _is_finite(array):
        at = tuple(int(i) for i in np.argwhere(~np.isfinite(array))[0])
        where = at[0] if len(at) == 1 else at
        raise ValueError(f"{name} must be finite, {name}[{where}] is {array[at]}" if at else f"{name} must be finite")
    return array


def _is_finite(array: NDArray) -> bool:
    """Whether all entries are finite: then their sum mostly is too, which takes no second array to find out."""
    with np.errstate(all="ignore"):
        return bool(np.isfinite(array.sum()) or np.isfinite(array).all())


def numbers(name: str, value) -> NDArray:
    """`value` as an array of numbers of any shape, real or complex, finite or not: for what is inside a computation."""
    array = as_array(name, value)
    if array.dtype.kind not in "iufc":
        raise TypeError(f"{name} must hold numbers, got {_describe(value, array)}")
    return array


def real_numbers(name: str, value) -> FloatArray:
    """As `numbers`, but real ones, in float64."""
    array = numbers(name, value)
    if np.iscomplexobj(array):
        raise TypeError(f"{name} must hold real numbers, got complex ones")
    return array.astype(np.float64, copy=False)


def all_finite(name: str, array: NDArray) -> NDArray:
    """`array` (real or complex) if all its entries are finite."""
    if not _is_finite(array):
        raise ValueError(f"{name} must be finite, it holds {array[~np.isfinite(array)][0]}")
    return array


def rows(name: str, value, m: int) -> NDArray[np.int_]:
    """The row numbers that `value` (row numbers, a mask or a slice) selects from `m` rows, at least one."""
    selected = np.arange(m)[value] if isinstance(value, slice) else as_array(name, value)
    if selected.dtype.kind == "b" and selected.shape == (m,):
        selected = np.flatnonzero(selected)
    if selected.size == 0:
        raise ValueError(f"{name} is empty: it must select at least one of {m} rows")
    if selected.dtype.kind not in "iu":
        raise TypeError(f"{name} must be row numbers, a mask of {m} rows or a slice, got {_describe(value, selected)}")
    if selected.ndim != 1:
        raise ValueError(f"{name} must be a vector of row numbers, got an array of shape {selected.shape}")
    outside = selected[(selected < -m) | (selected >= m)]
    if outside.size:
        raise ValueError(f"{name} must lie between 0 and {m - 1}, one is {outside[0]}")
    return selected


def as_array(name: str, value) -> NDArray:
    """`value` as an array of whatever it holds."""
    if np.ma.is_masked(value):
        raise TypeError(f"{name} has masked entries, which would be taken for data: leave them out")
    try:
        return np.asarray(value)
    except ValueError:
        raise ValueError(f"{name} must be an array of numbers, its rows have different lengths") from None
    except TypeError as refusal:  # something that does not let itself be made an array, and says why
        raise TypeError(f"{name} must be an array of numbers: {refusal}") from None


def _describe(value, array: np.ndarray) -> str:
    if isinstance(value, str):
        return f"the text {value!r}"
    if array.ndim == 0:
        return f"{type(value).__name__}"
    return f"an array of dtype {array.dtype}"


def number(
    name: str, value, *, above: float = -math.inf, below: float = math.inf, at_least=-math.inf, at_most=math.inf
) -> float:
    """`value` as a finite float inside the limits."""
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, (int, float, np.integer, np.floating)):
        raise TypeError(f"{name} must be a number, got {value!r} ({type(value).__name__})")
    value = float(value)
    if not math.isfinite(value):
        raise ValueError(f"{name} must be a finite number, got {value}")
    for holds, words, limit in (
        (value > above, "above", above),
        (value < below, "below", below),
        (value >= at_least, "at least", at_least),
        (value <= at_most, "at most", at_most),
    ):
        if not holds:
            raise ValueError(f"{name} must be {words} {limit:g}, got {value:g}")
    return value


def integer(name: str, value, *, at_least: int | None = None) -> int:
    """`value` as an int, `at_least` that large."""
    try:
        value = operator.index(None if isinstance(value, (bool, np.bool_)) else value)
    except TypeError:
        raise TypeError(f"{name} must be a whole number, got {value!r} ({type(value).__name__})") from None
    if at_least is not None and value < at_least:
        raise ValueError(f"{name} must be at least {at_least}, got {value}")
    return value


def choice(name: str, value, known: Iterable[str]) -> str:
    """`value` if it is one of the `known` names; the error lists them and the nearest."""
    known = list(known)
    if not isinstance(value, str):
        raise TypeError(f"{name} must be one of {', '.join(known)}, got {value!r} ({type(value).__name__})")
    if value not in known:
        import difflib  # here, because most programs never get so far

        near = difflib.get_close_matches(value, known, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise ValueError(f"{name} must be one of {', '.join(known)}, got {value!r}{hint}")
    return value


def flag(name: str, value) -> bool:
    """`value` if it is True or False."""
    if not isinstance(value, (bool, np.bool_)):
        raise TypeError(f"{name} must be True or False, got {value!r} ({type(value).__name__})")
    return bool(value)


def random_generator(name: str, seed) -> np.random.Generator:
    """A Generator from a seed (a whole number, not negative) or the Generator itself: no hidden randomness."""
    if isinstance(seed, np.random.Generator):
        return seed
    if isinstance(seed, (bool, np.bool_)) or not isinstance(seed, (int, np.integer)):
        raise TypeError(f"{name} must be a whole number or a numpy Generator, got {seed!r} ({type(seed).__name__})")
    if seed < 0:
        raise ValueError(f"{name} must not be negative, got {seed}")
    return np.random.default_rng(int(seed))
