"""Optimizers, one file each. Every one is called with a problem and a start and gives an iterator of `Step` records.

None of them stops by itself before it has to, prints, or plots: see `nnlib.training.train` and `nnlib.live`.
"""

from nnlib.optimizers._steps import Step, Steps
from nnlib.optimizers.gauss_newton import gauss_newton
from nnlib.optimizers.levenberg_marquardt import levenberg_marquardt
from nnlib.optimizers.steepest_descent import steepest_descent

__all__ = ["Step", "Steps", "gauss_newton", "levenberg_marquardt", "steepest_descent"]
