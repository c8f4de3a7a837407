"""Scalings: columns brought to a range or a spread that training likes, and back.

They are made from the training samples, not the test samples. A constant column becomes zeros.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from nnlib import arguments
from nnlib.arguments import FloatArray


@dataclass(frozen=True, eq=False)
class Scaling:
    """Columns shifted and divided, z = (x − center) / scale, and back; made by `minmax_scaling` or `zscore_scaling`.

    A standard deviation in scaled units times `scale` is one in the units of the data.

    Examples
    --------
    >>> scaling = minmax_scaling([[0.0, 10.0], [4.0, 30.0]])
    >>> scaling.transform([[2.0, 30.0]])
    array([[0., 1.]])
    >>> scaling.inverse_transform([[0.0, 1.0]])
    array([[ 2., 30.]])
    """

    center: FloatArray
    scale: FloatArray

    def __post_init__(self) -> None:
        center, scale = arguments.real_array("center", self.center, 1), arguments.real_array("scale", self.scale, 1)
        if len(center) != len(scale):
            raise ValueError(f"center and scale must have one entry a column, got {len(center)} and {len(scale)}")
        if scale.min() <= 0:
            raise ValueError(f"scale must be above 0, its smallest entry is {scale.min():g}")
        self.__dict__.update(center=center, scale=scale)  # a frozen dataclass sets no field

    def transform(self, X: ArrayLike) -> FloatArray:
        """(x − center) / scale for each column of X (m, d)."""
        return (self._columns("X", X) - self.center) / self.scale

    def inverse_transform(self, Z: ArrayLike) -> FloatArray:
        """z · scale + center for each column of Z (m, d)."""
        return self._columns("Z", Z) * self.scale + self.center

    def _columns(self, name: str, values: ArrayLike) -> FloatArray:
        values = arguments.real_array(name, values, 2)
        if values.shape[1] != len(self.center):
            raise ValueError(f"{name} has {values.shape[1]} columns, the scaling was made for {len(self.center)}")
        return values


def minmax_scaling(X: ArrayLike) -> Scaling:
    """The scaling that takes the least value of each column to −1 and the largest to 1, one end of them exactly.

    Examples
    --------
    >>> X = [[0.0, 10.0, 7.0], [4.0, 30.0, 7.0]]
    >>> minmax_scaling(X).transform(X)
    array([[-1., -1.,  0.],
           [ 1.,  1.,  0.]])
    """
    X = arguments.real_array("X", X, 2)
    low, high = X.min(axis=0), X.max(axis=0)
    center = low / 2 + high / 2
    return _scaling(X, center, scale=np.maximum(high - center, center - low))


def zscore_scaling(X: ArrayLike, *, ddof: int = 0) -> Scaling:
    """The scaling that gives each column mean 0 and standard deviation 1.

    Parameters
    ----------
    ddof : int, default 0
        The squares are summed and divided by m − ddof: 0 as in numpy and scikit-learn, 1 as in R.

    Examples
    --------
    >>> X = [[1.0], [2.0], [3.0]]
    >>> zscore_scaling(X, ddof=1).transform(X)
    array([[-1.],
           [ 0.],
           [ 1.]])
    """
    X = arguments.real_array("X", X, 2)
    if arguments.integer("ddof", ddof, at_least=0) >= len(X):
        raise ValueError(f"ddof must be below the number of samples, got {ddof} for {len(X)}")
    shifted = X - X[0]  # an offset that all samples share would cost digits in the sums
    return _scaling(X, X[0] + shifted.mean(axis=0), shifted.std(axis=0, ddof=ddof))


def _scaling(X: FloatArray, center: FloatArray, scale: FloatArray) -> Scaling:
    constant = (X == X[0]).all(axis=0) | (scale == 0)
    return Scaling(np.where(constant, X[0], center), np.where(constant, 1.0, scale))
