"""Errors of numerical derivatives against the size of the step: slopes and bottoms of the V as books have them."""

import autograd
import autograd.numpy as anp
import numpy as np
import pytest

from nnlib.course.step_sizes import derivative_errors

EPS = np.finfo(float).eps


def squire_and_trapp(x):
    return x**4.5


def rational(x):
    return np.exp(x) / (np.sin(x) ** 3 + np.cos(x) ** 3)


CURVES = {  # f, x, f′(x); the first two are the examples of Squire & Trapp (1998)
    "power": (squire_and_trapp, 1.5, 4.5 * 1.5**3.5),
    "rational": (rational, 1.5, autograd.grad(lambda x: anp.exp(x) / (anp.sin(x) ** 3 + anp.cos(x) ** 3))(1.5)),
    "exp": (np.exp, 1.0, np.e),
}
each_curve = pytest.mark.parametrize(("f", "x", "derivative"), CURVES.values(), ids=CURVES)


def slope(steps, errors, low, high):
    """Slope of a line through the errors between two steps, in double logarithmic scale."""
    part = (steps >= low) & (steps <= high)
    return np.polyfit(np.log10(steps[part]), np.log10(errors[part]), 1)[0]


def lowest(steps, errors, width=101):
    """The step at the bottom of the V, whose errors scatter: of their running mean in logarithmic scale."""
    mean = np.convolve(np.log10(np.maximum(errors, 1e-17)), np.ones(width) / width, mode="valid")
    return steps[width // 2 :][np.argmin(mean)]


@each_curve
def test_errors_of_differences_have_the_shape_of_a_v(f, x, derivative):
    steps = np.geomspace(1e-13, 1e-1, 2000)
    errors = derivative_errors(f, x, derivative, steps)
    assert slope(steps, errors.forward, 1e-6, 1e-3) == pytest.approx(1, abs=0.03)
    assert slope(steps, errors.central, 1e-3, 1e-1) == pytest.approx(2, abs=0.05)
    assert slope(steps, errors.forward, 1e-13, 1e-9) == pytest.approx(-1, abs=0.1)
    assert slope(steps, errors.central, 1e-13, 1e-7) == pytest.approx(-1, abs=0.1)
    assert EPS**0.5 / 10 < lowest(steps, errors.forward) < EPS**0.5 * 10
    assert EPS ** (1 / 3) / 10 < lowest(steps, errors.central) < EPS ** (1 / 3) * 10


@each_curve
def test_the_complex_step_and_automatic_differentiation_are_flat_at_machine_precision(f, x, derivative):
    steps = np.geomspace(1e-200, 1e-9, 300)
    errors = derivative_errors(f, x, derivative, steps)
    assert errors.complex_step.max() < 10 * EPS
    assert errors.automatic < 10 * EPS


@each_curve
def test_the_complex_step_has_the_truncation_of_central_differences(f, x, derivative):
    steps = np.geomspace(1e-4, 1e-2, 20)
    errors = derivative_errors(f, x, derivative, steps)
    assert slope(steps, errors.complex_step, 1e-4, 1e-2) == pytest.approx(2, abs=0.02)
    assert errors.complex_step == pytest.approx(errors.central, rel=0.05, abs=1e-11)


def test_a_step_too_small_to_move_x_finds_no_derivative():
    errors = derivative_errors(np.exp, 1.0, np.e, [1e-17])
    assert errors.forward == errors.central == 1


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: derivative_errors("f", 1.0, 1.0, [0.1]), TypeError, "f must be a function of x, got str"),
        (lambda: derivative_errors(np.exp, "1", 1.0, [0.1]), TypeError, "x must be a number, got '1'"),
        (lambda: derivative_errors(np.exp, 1.0, 0.0, [0.1]), ValueError, "derivative must not be 0"),
        (lambda: derivative_errors(np.exp, 1.0, np.nan, [0.1]), ValueError, "derivative must be a finite number"),
        (lambda: derivative_errors(np.exp, 1.0, np.e, 0.1), ValueError, "steps must be a vector"),
        (lambda: derivative_errors(np.exp, 1.0, np.e, [0.1, 0.0]), ValueError, "steps must be above 0, one is 0"),
        (lambda: derivative_errors(np.abs, 1.0, 1.0, [0.1]), TypeError, "f must return complex values"),
        (lambda: derivative_errors(np.sum, 1.0, 1.0, [0.1]), ValueError, "f must go element by element"),
        (lambda: derivative_errors(lambda x: x * np.inf, 1.0, 1.0, [0.1]), ValueError, r"f\(x\) must be finite"),
        (lambda: derivative_errors(lambda x: "x", 1.0, 1.0, [0.1]), TypeError, r"f\(x\) must hold numbers"),
        (lambda: derivative_errors(np.cosh, 1.0, 1.0, [0.1]), TypeError, "np.cosh does not take a Node"),
    ],
)
def test_bad_input_is_named(call, error, message):
    with pytest.raises(error, match=message):
        call()
