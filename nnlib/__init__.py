"""nnlib: neural networks, Levenberg–Marquardt and Bayesian regularization in numpy, made to be read.

>>> import numpy as np, nnlib
>>> X = np.linspace(-1, 1, 41)[:, None]
>>> net = nnlib.MLP([1, 10, 1])
>>> problem = nnlib.NetworkFit(net, X, np.sin(2 * np.pi * X))
>>> fit = nnlib.train(nnlib.levenberg_marquardt(problem, net.init(seed=0)), goal=1e-4)
>>> fit.converged
True

Arguments are checked at the door: bad input raises a TypeError or a ValueError that names the argument, says what was
expected and what came. Docstrings do not repeat this.
"""

import importlib

from nnlib import activations, backpropagation, checks, costs, derivatives, initializers, optimizers, problems
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
from nnlib.results import Result, StopReason
from nnlib.training import train

__version__ = "0.2.0"

# What most programs do not need is loaded at their first use, so that `import nnlib` stays quick.
_ON_FIRST_USE = {
    "bayes": "nnlib.bayes",
    "datasets": "nnlib.datasets",
    "estimators": "nnlib.estimators",
    "graph": "nnlib.graph",
    "SplitFit": "nnlib.split_fit:SplitFit",
    # what single chapters need
    "deep": "nnlib.course.deep",
    "exercises": "nnlib.course.exercises",
    "explorers": "nnlib.course.explorers",
    "installation": "nnlib.course.installation",
    "maps": "nnlib.course.plane_maps",
    "operation_counts": "nnlib.course.operation_counts",
    "sample_by_sample": "nnlib.course.sample_by_sample",
    "selection": "nnlib.course.selection",
    "step_sizes": "nnlib.course.step_sizes",
    "surfaces": "nnlib.course.surfaces",
}

__all__ = [
    "MLP",
    "CurveFit",
    "NetworkFit",
    "Result",
    "StopReason",
    "activations",
    "adam",
    "backpropagation",
    "bayesian_regularization",
    "checks",
    "costs",
    "derivatives",
    "gauss_newton",
    "initializers",
    "levenberg_marquardt",
    "momentum",
    "newton",
    "optimizers",
    "problems",
    "proximal_gradient",
    "steepest_descent",
    "train",
    *(name for name in _ON_FIRST_USE if name not in ("estimators", "explorers")),  # they need more than numpy
]


def __getattr__(name: str):
    if name in _ON_FIRST_USE:
        module, _, inside = _ON_FIRST_USE[name].partition(":")
        return getattr(importlib.import_module(module), inside) if inside else importlib.import_module(module)
    raise AttributeError(f"module 'nnlib' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *_ON_FIRST_USE})
