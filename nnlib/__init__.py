"""nnlib: neural networks, Levenberg–Marquardt and Bayesian regularization in numpy, made to be read.

>>> import numpy as np, nnlib
>>> X = np.linspace(-1, 1, 41)[:, None]
>>> net = nnlib.MLP([1, 10, 1])
>>> problem = nnlib.NetworkFit(net, X, np.sin(2 * np.pi * X))
>>> fit = nnlib.train(nnlib.levenberg_marquardt(problem, net.init(seed=0)), goal=1e-4)
>>> fit.converged
True
"""

from nnlib import activations, bayes, checks, costs, datasets, graph, initializers, optimizers, problems, surfaces
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
from nnlib.reasons import StopReason
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
    "bayes",
    "bayesian_regularization",
    "checks",
    "costs",
    "datasets",
    "gauss_newton",
    "graph",
    "initializers",
    "levenberg_marquardt",
    "momentum",
    "newton",
    "optimizers",
    "problems",
    "proximal_gradient",
    "steepest_descent",
    "surfaces",
    "train",
]
