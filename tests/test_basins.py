"""Thousands of runs at once end where the optimizers end one by one, after as many steps."""

from itertools import islice

import numpy as np
import pytest

import nnlib
from nnlib.course import basins
from nnlib.course.explorers._pictures import neuron

MINIMUM = nnlib.train(nnlib.levenberg_marquardt(neuron(), [1.0, -1.0])).w
RUNS = {
    "steepest descent": ({}, lambda w: nnlib.steepest_descent(neuron(), w, learning_rate=0.1)),
    "newton": ({}, lambda w: nnlib.newton(neuron(), w)),
    "gauss-newton": ({}, lambda w: nnlib.gauss_newton(neuron(), w)),
    "levenberg-marquardt": ({}, lambda w: nnlib.levenberg_marquardt(neuron(), w, mu=1e-3)),
    "levenberg-marquardt, μ = 1": ({"mu": 1.0}, lambda w: nnlib.levenberg_marquardt(neuron(), w, mu=1.0)),
}


@pytest.mark.parametrize("name", RUNS)
def test_a_map_says_after_how_many_steps_the_optimizer_arrives(name):
    options, steps = RUNS[name]
    found = basins.basin(neuron(), name.partition(",")[0], MINIMUM, max_steps=150, **options)
    counted = []
    for row, column in np.random.default_rng(0).integers(60, size=(30, 2)):
        records = islice(steps([found.w1[column], found.b[row]]), 150)
        near = [np.linalg.norm(record.w - MINIMUM) < 0.01 for record in records]
        counted.append((found.steps[row, column], near.index(True) + 1 if any(near) else np.nan))
    seen, wanted = np.transpose(counted)
    np.testing.assert_array_equal(seen, wanted)
    assert np.isfinite(wanted).any()


def test_share_and_median_are_those_of_the_steps():
    found = basins.Basin(np.arange(2.0), np.arange(2.0), np.array([[1.0, np.nan], [3.0, 8.0]]))
    assert (found.share, found.median) == (0.75, 3.0)


def test_an_unknown_method_is_named():
    with pytest.raises(ValueError, match="method must be one of"):
        basins.basin(neuron(), "gradient descent", MINIMUM, max_steps=1)
