"""nnlib: neural networks, Levenberg–Marquardt and Bayesian regularization in numpy, made to be read.

>>> import numpy as np, nnlib
>>> X = np.linspace(-1, 1, 41)[:, None]
>>> net = nnlib.MLP([1, 10, 1])
>>> problem = nnlib.NetworkFit(net, X, np.sin(2 * np.pi * X))
>>> fit = nnlib.train(nnlib.levenberg_marquardt(problem, net.init(seed=0)), goal=1e-4)
>>> fit.converged
True
"""

import importlib

from nnlib import activations, checks, costs, initializers, optimizers, problems
from nnlib.network import MLP
from nnlib.optimizers import (
    adam,
    bayesian_regularization,
    gauss_newton,
    levenberg_marquardt,
    momentum,
    newton,
    proximal_gradient,
    steepest_descent,
)
from nnlib.problems import CurveFit, NetworkFit
from nnlib.results import StopReason
from nnlib.training import Fit, train

__version__ = "0.1.0"

__all__ = [
    "MLP",
    "CurveFit",
    "Fit",
    "NetworkFit",
    "StopReason",
    "activations",
    "adam",
    "backpropagation",
    "bayes",
    "bayesian_regularization",
    "checks",
    "costs",
    "datasets",
    "deep",
    "exercises",
    "gauss_newton",
    "graph",
    "initializers",
    "levenberg_marquardt",
    "maps",
    "momentum",
    "newton",
    "operation_counts",
    "optimizers",
    "problems",
    "proximal_gradient",
    "selection",
    "steepest_descent",
    "surfaces",
    "train",
]

# Modules that most programs do not need are loaded at their first use, so that `import nnlib` stays quick.
_IN_COURSE = {
    name: f"course.{name}"
    for name in (
        "deep",
        "exercises",
        "explorers",
        "installation",
        "operation_counts",
        "sample_by_sample",
        "selection",
        "surfaces",
    )
} | {"maps": "course.plane_maps"}
_ON_FIRST_USE = (
    "installation",
    "sample_by_sample",
    "bayes",
    "datasets",
    "deep",
    "exercises",
    "graph",
    "maps",
    "operation_counts",
    "selection",
    "surfaces",
)


def __getattr__(name: str):
    if name in _ON_FIRST_USE:
        return importlib.import_module(f"nnlib.{_IN_COURSE.get(name, name)}")
    raise AttributeError(f"module 'nnlib' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *_ON_FIRST_USE})
