"""The test functions: their minima, their customary values and derivatives, against scipy and finite differences."""

from itertools import islice

import numpy as np
import pytest
from scipy.optimize import approx_fprime, rosen, rosen_der, rosen_hess

import nnlib
from nnlib import surfaces

ALL = [surfaces.quadratic_bowl(), surfaces.rosenbrock(), surfaces.himmelblau(), surfaces.beale(), surfaces.saddle()]
POINTS = np.random.default_rng(0).uniform(-2, 2, size=(5, 2))
every_surface = pytest.mark.parametrize("surface", ALL, ids=lambda surface: surface.name)


@every_surface
def test_minima_have_zero_loss_zero_gradient_and_a_positive_definite_hessian(surface):
    for w in surface.minima:
        assert surface.loss(w) == pytest.approx(0, abs=1e-26)
        assert surface.gradient(w) == pytest.approx(0, abs=1e-12)
        assert np.linalg.eigvalsh(surface.hessian(w))[0] > 1e-2


@every_surface
def test_derivatives_equal_finite_differences(surface):
    for w in POINTS:
        assert surface.jacobian(w) == pytest.approx(approx_fprime(w, surface.residuals), rel=1e-5, abs=1e-5)
        assert surface.gradient(w) == pytest.approx(approx_fprime(w, surface.loss), rel=1e-4, abs=1e-4)
        assert surface.hessian(w) == pytest.approx(approx_fprime(w, surface.gradient), rel=1e-4, abs=1e-4)


def test_rosenbrock_is_half_of_scipys():
    surface = surfaces.rosenbrock()
    for w in POINTS:
        assert surface.loss(w) == pytest.approx(rosen(w) / 2, rel=1e-13)
        assert surface.gradient(w) == pytest.approx(rosen_der(w) / 2, rel=1e-13)
        assert surface.hessian(w) == pytest.approx(rosen_hess(w) / 2, rel=1e-13)


@pytest.mark.parametrize(
    ("surface", "w", "published"),  # function values at points where they can be done in the head
    [
        (surfaces.himmelblau(), [0, 0], 11**2 + 7**2),
        (surfaces.himmelblau(), [1, 1], 9**2 + 5**2),
        (surfaces.beale(), [1, 1], 1.5**2 + 2.25**2 + 2.625**2),
        (surfaces.beale(), [1, 0], 0.5**2 + 1.25**2 + 1.625**2),
        (surfaces.quadratic_bowl(50.0), [2, 1], 4 + 50),
        (surfaces.saddle(), [2, 3], 4 + 32),
    ],
)
def test_loss_is_half_of_the_published_value(surface, w, published):
    assert surface.loss(np.array(w, float)) == pytest.approx(published / 2, rel=1e-14)


def test_bowl_has_the_condition_number_asked_for():
    H = surfaces.quadratic_bowl(1e4).hessian(np.array([3.0, -2.0]))
    assert np.linalg.cond(H) == pytest.approx(1e4)
    with pytest.raises(ValueError, match="condition_number must be at least 1"):
        surfaces.quadratic_bowl(0.5)


def test_saddle_has_one_at_the_origin():
    surface = surfaces.saddle()
    assert surface.gradient(np.zeros(2)).tolist() == [0, 0]
    assert np.linalg.eigvalsh(surface.hessian(np.zeros(2))) == pytest.approx([-1, 1])


def test_himmelblau_has_four_saddles_and_a_maximum_between_its_minima():
    """Plain Newton finds stationary points of any kind, and from a grid of starts all of them."""
    surface, negative_eigenvalues = surfaces.himmelblau(), {}
    for start in np.stack(np.meshgrid(*[np.linspace(-5, 5, 8)] * 2), axis=-1).reshape(-1, 2):
        for step in islice(nnlib.newton(surface, start), 30):
            if step.scaled_gradient < 1e-12:
                eigenvalues = np.linalg.eigvalsh(surface.hessian(step.w))
                assert step.smallest_eigenvalue == pytest.approx(eigenvalues[0])
                negative_eigenvalues[tuple(step.w.round(6))] = int(np.sum(eigenvalues < 0))
                break
    assert sorted(negative_eigenvalues.values()) == [0, 0, 0, 0, 1, 1, 1, 1, 2]


@every_surface
def test_every_optimizer_runs_on_it_and_lm_finds_a_minimum(surface):
    optimizers = [
        nnlib.levenberg_marquardt(surface, surface.start),
        nnlib.gauss_newton(surface, surface.start),
        nnlib.newton(surface, surface.start),
        nnlib.adam(surface, surface.start, 0.1),
        nnlib.momentum(surface, surface.start, 1e-4),
        nnlib.steepest_descent(surface, surface.start, 1e-4),
        nnlib.proximal_gradient(surface, surface.start, 1e-4, 0.1),
    ]
    fits = {steps.method: nnlib.train(steps, max_steps=200) for steps in optimizers}
    assert all(fit.loss <= fit.start_loss for fit in fits.values())
    distances = np.linalg.norm(surface.minima - fits["levenberg_marquardt"].w, axis=1)
    assert distances.min() < 1e-6


def test_a_start_of_the_wrong_length_is_named():
    with pytest.raises(ValueError, match="w0 has 3 entries, the problem has 2 parameters"):
        nnlib.newton(surfaces.beale(), [1.0, 2.0, 3.0])


@every_surface
def test_start_minima_and_the_way_of_lm_lie_inside_the_window(surface):
    low, high = np.array(surface.window).T
    path = [step.w for step in islice(nnlib.levenberg_marquardt(surface, surface.start), 100)]
    seen = np.vstack([surface.start, surface.minima, path])
    assert (low < seen).all() and (seen < high).all()


@every_surface
def test_a_loss_that_overflows_is_infinite_without_a_warning(surface):
    assert surface.loss([1e200, 1e200]) == np.inf
