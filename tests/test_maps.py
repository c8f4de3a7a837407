"""Areas of a grid carried through maps whose Jacobians are known: linear maps, polar coordinates, complex functions."""

import numpy as np
import pytest

from nnlib.course.plane_maps import map_grid, polygon_area

SQUARE = ((0.0, 1.0), (0.0, 1.0))


def polar(w):
    r, phi = w
    return r * np.array([np.cos(phi), np.sin(phi)])


def bend(w):
    """Curved everywhere, and turned over on one side of a curve through the window."""
    x, y = w
    return np.array([np.sin(x) + y * y, x * y - np.exp(-y)])


def bend_determinant(x, y):
    return np.cos(x) * (x + np.exp(-y)) - 2 * y * y


# ------------------------------------------------------------------------------------------------ polygons


@pytest.mark.parametrize("p", [3, 4, 7, 100])
def test_a_regular_polygon_has_its_textbook_area(p):
    angle = 2 * np.pi * np.arange(p) / p
    corners = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    assert polygon_area(corners) == pytest.approx(p / 2 * np.sin(2 * np.pi / p), rel=1e-13)
    assert polygon_area(corners[::-1]) == pytest.approx(-p / 2 * np.sin(2 * np.pi / p), rel=1e-13)


def test_picks_theorem_on_a_polygon_with_a_dent():
    # Its area is the number of lattice points inside plus half of those on the boundary, less one.
    inside, boundary = 5, 4 + 4 + 2 + 2 + 4
    assert polygon_area([[0, 0], [4, 0], [4, 4], [2, 2], [0, 4]]) == inside + boundary / 2 - 1


def test_area_does_not_depend_on_where_the_polygon_is_nor_on_where_it_begins():
    triangle = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    assert polygon_area(triangle + 2.0**40) == 0.5
    assert polygon_area(np.roll(triangle, 1, axis=0)) == 0.5


def test_many_polygons_at_once_are_the_same_as_one_by_one():
    polygons = np.random.default_rng(0).normal(size=(2, 3, 5, 2))
    each = [[polygon_area(polygon) for polygon in row] for row in polygons]
    assert polygon_area(polygons) == pytest.approx(np.array(each), rel=1e-14)


# ------------------------------------------------------------------------------------------------ grids


@pytest.mark.parametrize("seed", range(5))
def test_a_linear_map_multiplies_every_area_by_its_determinant(seed):
    rng = np.random.default_rng(seed)
    A, b = rng.normal(size=(2, 2)), rng.normal(size=2)
    grid = map_grid(lambda w: A @ w + b, ((-2.0, 1.0), (0.5, 3.0)), cells=6)
    assert grid.areas / grid.cell_area == pytest.approx(np.full((6, 6), np.linalg.det(A)), rel=1e-12)
    assert grid.determinants == pytest.approx(np.full((6, 6), np.linalg.det(A)), rel=1e-12)


def test_the_determinant_of_polar_coordinates_is_r():
    grid = map_grid(polar, ((0.5, 2.0), (0.0, 1.5)), cells=5)
    r = 0.5 + 0.3 * (np.arange(5) + 0.5)
    assert grid.determinants == pytest.approx(np.tile(r[:, None], 5), rel=1e-13)


def test_cells_of_polar_coordinates_have_the_area_of_their_quadrilaterals_and_add_up_to_the_sector():
    k, angle = 50, 1.5
    grid = map_grid(polar, ((0.5, 2.0), (0.0, angle)), cells=k)
    r = np.linspace(0.5, 2.0, k + 1)
    quadrilateral = 0.5 * (r[1:] ** 2 - r[:-1] ** 2) * np.sin(angle / k)
    assert grid.areas == pytest.approx(np.tile(quadrilateral[:, None], k), rel=1e-12)
    sector = 0.5 * (2.0**2 - 0.5**2) * angle
    assert (grid.determinants * grid.cell_area).sum() == pytest.approx(sector, rel=1e-12)
    assert grid.areas.sum() == pytest.approx(sector, rel=1e-3)


@pytest.mark.parametrize(
    ("f", "window"), [(polar, ((0.5, 2.0), (0.0, 1.5))), (bend, ((0.2, 1.0), (-0.3, 0.4)))], ids=["polar", "bend"]
)
def test_area_over_cell_area_tends_to_the_determinant_as_h_squared(f, window):
    worst = []
    for cells in (4, 8, 16):
        grid = map_grid(f, window, cells)
        worst.append(np.abs(grid.areas / grid.cell_area / grid.determinants - 1).max())
    assert worst[0] < 0.1
    orders = np.log2(np.array(worst[:-1]) / worst[1:])
    assert (orders > 1.7).all() and (orders < 2.3).all()


def test_signs_tell_where_the_map_turns_cells_over():
    grid = map_grid(bend, ((-1.5, 1.5), (-1.5, 1.5)), cells=30)
    centers = -1.5 + 0.1 * (np.arange(30) + 0.5)
    expected = bend_determinant(centers[:, None], centers[None])
    assert grid.determinants == pytest.approx(expected, rel=1e-12, abs=1e-13)
    clear = np.abs(expected) > 0.1  # cells with the curve det J = 0 inside are turned over in part
    assert (np.sign(grid.areas) == np.sign(expected))[clear].all()
    assert 100 < (grid.areas < 0).sum() < 800


def test_swapping_the_axes_turns_all_cells_over():
    grid = map_grid(lambda w: w[::-1], SQUARE, cells=3)
    assert (grid.areas < 0).all() and grid.determinants == pytest.approx(-np.ones((3, 3)))


def test_the_determinant_of_a_complex_function_is_its_derivative_squared():
    """Cauchy–Riemann: z ↦ z² turns and stretches, by |2z|² in area, and never turns over."""

    def square(w):
        return np.array([w[0] ** 2 - w[1] ** 2, 2 * w[0] * w[1]])

    grid = map_grid(square, ((0.0, 1.0), (1.0, 2.0)), cells=2)
    x, y = np.array([0.25, 0.75]), np.array([1.25, 1.75])
    assert grid.determinants == pytest.approx(4 * (x[:, None] ** 2 + y**2), rel=1e-13)


def test_a_projection_leaves_no_area():
    grid = map_grid(lambda w: np.array([w[0], 0 * w[1]]), SQUARE, cells=2)
    assert not grid.areas.any() and not grid.determinants.any()


def test_corners_are_the_grid_and_images_their_values():
    grid = map_grid(polar, ((1.0, 2.0), (0.0, 3.0)), cells=3)
    assert grid.corners.shape == grid.images.shape == (4, 4, 2)
    assert grid.corners[3, 1] == pytest.approx([2.0, 1.0])
    assert grid.images[3, 1] == pytest.approx(polar([2.0, 1.0]))
    assert grid.cell_area == pytest.approx(1 / 3)


# ------------------------------------------------------------------------------------------------ bad input


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: map_grid("f", SQUARE), TypeError, r"f must be a function of w = \(x, y\), got str"),
        (lambda: map_grid(polar, ((0, 1), (2, 2))), ValueError, "window must be two rising pairs"),
        (lambda: map_grid(polar, SQUARE, cells=0), ValueError, "cells must be at least 1, got 0"),
        (lambda: map_grid(lambda w: w[0], SQUARE), ValueError, r"f\(w\) must be two numbers, got .* shape \(\)"),
        (lambda: map_grid(lambda w: w * np.nan, SQUARE), ValueError, r"f\(w\) must be finite, it holds nan"),
        (lambda: polygon_area([[0, 0], [1, 1]]), ValueError, "vertices must be at least three rows"),
    ],
)
def test_bad_input_is_named(call, error, message):
    with pytest.raises(error, match=message):
        call()
