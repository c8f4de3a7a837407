"""Maps of the plane, and what their Jacobian says about area.

A map f: R² → R² takes a small square of side h to a figure that is nearly a parallelogram, spanned by h times the
columns of the Jacobian J. Its area is h² |det J|. Where det J is negative the figure is turned over: its corners, taken
in the order they had in the square, go round the other way.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from nnlib import arguments, derivatives
from nnlib.arguments import FloatArray


class MappedGrid(NamedTuple):
    """A grid of k × k cells and what a map does to it, x along the first axis and y along the second.

    Attributes
    ----------
    corners, images : (k + 1, k + 1, 2) arrays
        The grid's points w = (x, y), and f(w).
    areas : (k, k) array
        Signed areas of the quadrilaterals of the cells' images: negative where the map turns cells over.
    determinants : (k, k) array
        det J at the cells' centers: areas / cell_area tends to it as h → 0, with an error of order h².
    """

    corners: FloatArray
    images: FloatArray
    cell_area: float
    areas: FloatArray
    determinants: FloatArray


def map_grid(f: Callable[[FloatArray], ArrayLike], window: ArrayLike, cells: int = 10) -> MappedGrid:
    """Carry a grid over the window ((left, right), (bottom, top)) through a map f(w) of the plane.

    Examples
    --------
    A shear changes no area, and a reflection its sign alone:

    >>> map_grid(lambda w: np.array([w[0] + w[1], w[1]]), ((0, 1), (0, 1)), cells=2).areas
    array([[0.25, 0.25],
           [0.25, 0.25]])
    >>> map_grid(lambda w: np.array([w[1], w[0]]), ((0, 1), (0, 1)), cells=1).determinants
    array([[-1.]])
    """
    if not callable(f):
        raise TypeError(f"f must be a function of w = (x, y), got {type(f).__name__}")
    (left, right), (bottom, top) = _rectangle(window)
    k = arguments.integer("cells", cells, at_least=1)
    x, y = np.linspace(left, right, k + 1), np.linspace(bottom, top, k + 1)
    corners, centers = _points(x, y), _points((x[:-1] + x[1:]) / 2, (y[:-1] + y[1:]) / 2)
    images = np.apply_along_axis(_image, -1, corners, f)
    counterclockwise = [images[:-1, :-1], images[1:, :-1], images[1:, 1:], images[:-1, 1:]]
    return MappedGrid(
        corners=corners,
        images=images,
        cell_area=(right - left) * (top - bottom) / k**2,
        areas=polygon_area(np.stack(counterclockwise, axis=2)),
        determinants=np.apply_along_axis(lambda w: np.linalg.det(derivatives.numerical_jacobian(f, w)), -1, centers),
    )


def polygon_area(vertices: ArrayLike) -> float | FloatArray:
    """Signed area ½ Σ (x_i y_{i+1} − x_{i+1} y_i) of polygons (..., p, 2), positive where they go counterclockwise.

    Examples
    --------
    >>> polygon_area([[0, 0], [2, 0], [2, 3], [0, 3]])
    6.0
    """
    v = arguments.real_array("vertices", vertices, (2, 3, 4))
    if v.shape[-1] != 2 or v.shape[-2] < 3:
        raise ValueError(f"vertices must be at least three rows (x, y), got an array of shape {v.shape}")
    v = v - v[..., :1, :]  # seen from the first corner: far from the origin the products would cancel
    x, y = v[..., 0], v[..., 1]
    area = 0.5 * (x * np.roll(y, -1, axis=-1) - np.roll(x, -1, axis=-1) * y).sum(axis=-1)
    return float(area) if v.ndim == 2 else area


def _rectangle(window: ArrayLike) -> FloatArray:
    limits = arguments.real_array("window", window, 2)
    if limits.shape != (2, 2) or not (limits[:, 0] < limits[:, 1]).all():
        raise ValueError(f"window must be two rising pairs, ((left, right), (bottom, top)), got {limits.tolist()}")
    return limits


def _points(x: FloatArray, y: FloatArray) -> FloatArray:
    return np.stack(np.meshgrid(x, y, indexing="ij"), axis=-1)


def _image(w: FloatArray, f) -> FloatArray:
    image = arguments.real_numbers("f(w)", f(w))
    if image.shape != (2,):
        raise ValueError(f"f(w) must be two numbers, got an array of shape {image.shape}")
    return arguments.all_finite("f(w)", image)
