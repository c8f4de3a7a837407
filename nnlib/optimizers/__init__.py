"""Optimizers, one file each. Every one is called with a problem and a start w0 (n,), where the loss must be finite, and
gives an iterator of `Step` records, one for every step, accepted or not.

None of them stops by itself before it has to, prints, or plots: see `nnlib.training.train` and `nnlib.live`.

A race of any of them from one start:

>>> from nnlib import MLP, NetworkFit, adam, levenberg_marquardt, momentum, train
>>> net = MLP([1, 5, 1])
>>> problem, w0 = NetworkFit(net, [-1.0, -0.5, 0.0, 0.5, 1.0], [1.0, 0.25, 0.0, 0.25, 1.0]), net.init(seed=0)
>>> race = [levenberg_marquardt(problem, w0), momentum(problem, w0, learning_rate=0.01), adam(problem, w0, 0.01)]
>>> fits = {steps.method: train(steps, max_steps=500, goal=1e-3) for steps in race}
>>> {method: fit.n_steps for method, fit in fits.items()}
{'levenberg_marquardt': 3, 'momentum': 98, 'adam': 73}
"""

from nnlib.optimizers._steps import Step, Steps
from nnlib.optimizers.adam import adam
from nnlib.optimizers.bayesian_regularization import BayesianStep, BayesianSteps, bayesian_regularization
from nnlib.optimizers.gauss_newton import gauss_newton
from nnlib.optimizers.levenberg_marquardt import levenberg_marquardt
from nnlib.optimizers.momentum import momentum
from nnlib.optimizers.newton import newton
from nnlib.optimizers.proximal_gradient import proximal_gradient
from nnlib.optimizers.steepest_descent import steepest_descent

__all__ = [
    "BayesianStep",
    "BayesianSteps",
    "Step",
    "Steps",
    "adam",
    "bayesian_regularization",
    "gauss_newton",
    "levenberg_marquardt",
    "momentum",
    "newton",
    "proximal_gradient",
    "steepest_descent",
]
