"""Networks trained by Levenberg–Marquardt and by Bayesian regularization as regressors of scikit-learn.

They work wherever its own do: in a Pipeline, in GridSearchCV, in cross_val_score. Inputs and targets are scaled to
[−1, 1] inside, predictions are in the units of y. All the mathematics is elsewhere: in `nnlib.levenberg_marquardt`,
`nnlib.bayesian_regularization` and `nnlib.bayes.best_of`, whose result a fitted regressor holds as ``result_``.

For those who come from MATLAB, its names and ours:

========================== ============================================================================================
trainlm                    `LevenbergMarquardtRegressor`
trainbr                    `BayesianRegularizationRegressor`
feedforwardnet([10 5])     ``hidden=(10, 5)``: tanh (tansig) hidden units, linear (purelin) outputs
initnw, mapminmax          done inside: Nguyen–Widrow starts, scaling to [−1, 1]
dividerand                 ``early_stopping=True`` holds out a fifth for validation; there is no test part
epochs                     ``max_steps``, which counts rejected steps too
max_fail                   ``patience`` of `nnlib.train`
mu, mu_max                 ``mu``, ``mu_max`` of `nnlib.levenberg_marquardt`
mu_dec = 0.1, mu_inc = 10  ``rule="marquardt"`` of `nnlib.levenberg_marquardt`: ÷10 and ×10
γ (gamk)                   ``gamma_``, the effective number of parameters
α, β                       ``alpha_ / 2``, ``beta_ / 2``, as in ``result_.without_halves``: MATLAB's SSE has no ½:
                           its α, β are half of ours
========================== ============================================================================================
"""

from __future__ import annotations

import warnings

import numpy as np
from numpy.typing import ArrayLike

from nnlib import arguments
from nnlib.arguments import FloatArray
from nnlib.bayes import best_of
from nnlib.datasets import minmax_scaling, split_rows
from nnlib.evidence import BayesResult
from nnlib.network import MLP
from nnlib.optimizers import levenberg_marquardt
from nnlib.problems import NetworkFit
from nnlib.results import Result, StopReason
from nnlib.training import train

try:
    from sklearn.base import BaseEstimator, MultiOutputMixin, RegressorMixin
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.utils import check_random_state
    from sklearn.utils.validation import check_is_fitted
except ImportError as error:
    raise ImportError('nnlib.estimators needs scikit-learn: pip install "scikit-learn>=1.4"') from error

try:
    from sklearn.utils.validation import validate_data
except ImportError:  # before scikit-learn 1.6 it was a method

    def validate_data(estimator, *arrays, **wanted):
        return estimator._validate_data(*arrays, **wanted)


__all__ = ["BayesianRegularizationRegressor", "LevenbergMarquardtRegressor"]

MIN_GRADIENT = 1e-5  # scaled gradient at which a fit is done
HELD_OUT = 0.2  # part of the samples that early stopping does not train on


class _NetworkRegressor(MultiOutputMixin, RegressorMixin, BaseEstimator):
    """What both have in common: everything but the training, `_train(net, X, Y, seeds)` on scaled data."""

    def fit(self, X: ArrayLike, y: ArrayLike):
        """Train the network on inputs X (m, d) and targets y, (m,) or (m, K)."""
        X, y = validate_data(self, X, y, dtype=np.float64, multi_output=True, y_numeric=True, ensure_min_samples=2)
        Y = y.reshape(len(X), -1)
        net = MLP([X.shape[1], *_layer_sizes(self.hidden), Y.shape[1]])
        starts = arguments.integer("starts", self.starts, at_least=1)
        seeds = check_random_state(self.random_state).randint(2**31 - 1, size=starts).tolist()
        self.x_scaling_, self.y_scaling_ = minmax_scaling(X), minmax_scaling(Y)
        self.result_ = self._train(net, self.x_scaling_.transform(X), self.y_scaling_.transform(Y), seeds)
        self._y_ndim = y.ndim
        if not self.result_.converged and self.result_.reason != StopReason.VALIDATION:
            warnings.warn(f"not converged: {self.result_.reason}", ConvergenceWarning, stacklevel=2)
        return self

    def predict(self, X: ArrayLike) -> FloatArray:
        """Predictions at inputs X (m, d), in the units and with the axes of the y that was fitted."""
        Z = self._scaled(X)
        return self._in_units_of_y(self.result_.predict(Z))

    def _scaled(self, X: ArrayLike) -> FloatArray:
        check_is_fitted(self)
        return self.x_scaling_.transform(validate_data(self, X, dtype=np.float64, reset=False))

    def _in_units_of_y(self, Z: FloatArray) -> FloatArray:
        return self._with_axes_of_y(self.y_scaling_.inverse_transform(Z))

    def _with_axes_of_y(self, Y: FloatArray) -> FloatArray:
        return Y[:, 0] if self._y_ndim == 1 else Y


class LevenbergMarquardtRegressor(_NetworkRegressor):
    """A network of tanh units trained by Levenberg–Marquardt.

    It minimizes ½ Σ r² + λ ½ Σ w², sums over the scaled targets and over all weights and biases, until the scaled
    gradient (see `nnlib.optimizers.Step`) is below 1e-5. Where it does not get there, it warns with the reason.

    Parameters
    ----------
    hidden : tuple of int, default (10,)
        Units of each hidden layer; () makes a linear model.
    weight_decay : float, default 0
        λ ≥ 0. Without it, and without early stopping, a network fits the noise too, and what it predicts between
        noisy samples may be far off.
    early_stopping : bool, default False
        Hold out a fifth of the samples at random, and return the weights that fit these best, once ten further steps
        have not fitted them better.
    starts : int, default 1
        Random starts; the fit of the lowest loss is kept, with early stopping the loss on what was held out.
    random_state : int, RandomState or None, default None
        Draws the starts and what is held out. With an int every fit of the same data is the same.
    max_steps : int, default 1000
        For each start, counting rejected steps.

    Attributes
    ----------
    result_ : Result
        What `nnlib.train` gave, on scaled data: weights, loss, history, the reason it ended.
    x_scaling_, y_scaling_ : nnlib.datasets.Scaling
        From X and y to [−1, 1] and back.

    Examples
    --------
    >>> from sklearn.model_selection import KFold, cross_val_score
    >>> from nnlib.datasets import auto_mpg
    >>> X, y = auto_mpg().X, auto_mpg().Y[:, 0]
    >>> model = LevenbergMarquardtRegressor(hidden=(5,), weight_decay=0.1, random_state=0)
    >>> scores = cross_val_score(model, X, y, cv=KFold(shuffle=True, random_state=0))
    >>> print(f"R² = {scores.mean():.2f}")
    R² = 0.88
    """

    def __init__(
        self, hidden=(10,), weight_decay=0.0, early_stopping=False, starts=1, random_state=None, max_steps=1000
    ):
        self.hidden = hidden
        self.weight_decay = weight_decay
        self.early_stopping = early_stopping
        self.starts = starts
        self.random_state = random_state
        self.max_steps = max_steps

    def _train(self, net: MLP, X: FloatArray, Y: FloatArray, seeds: list[int]) -> Result:
        trained, validation = slice(None), None
        if arguments.flag("early_stopping", self.early_stopping):
            trained, held_out = split_rows(len(X), (1 - HELD_OUT, HELD_OUT), seeds[0])
            validation = NetworkFit(net, X[held_out], Y[held_out])
        problem = NetworkFit(net, X[trained], Y[trained], weight_decay=self.weight_decay)

        def fit(seed: int) -> Result:
            steps = levenberg_marquardt(problem, net.init(seed))
            return train(steps, self.max_steps, min_gradient=MIN_GRADIENT, validation=validation)

        return min(map(fit, seeds), key=lambda fit: (validation or problem).loss(fit.w))


class BayesianRegularizationRegressor(_NetworkRegressor):
    """A network of tanh units trained by Bayesian regularization: the data choose the weight decay, λ = α/β.

    Of several starts the fit of the highest evidence is kept (`nnlib.bayes.best_of`). Where it has not converged, as
    when all weights are switched off, it warns with the reason. Several targets are taken to have noise of one size
    once each is scaled to [−1, 1].

    Parameters
    ----------
    hidden : tuple of int, default (10,)
        Units of each hidden layer, rather too many than too few; () makes a linear model.
    starts : int, default 5
        Random starts.
    random_state : int, RandomState or None, default None
        Draws the starts. With an int every fit of the same data is the same.
    max_steps : int, default 1000
        For each start, counting rejected steps.

    Attributes
    ----------
    alpha_, beta_ : float
        Precision of the weights' prior and of the noise, for scaled targets.
    gamma_ : float
        Effective number of parameters.
    log_evidence_ : float
        ln P(D|α,β) of the scaled targets, for choosing ``hidden`` without held-out data.
    result_ : BayesResult
        All of what `nnlib.bayes.best_of` gave, on scaled data.
    x_scaling_, y_scaling_ : nnlib.datasets.Scaling
        From X and y to [−1, 1] and back.

    Examples
    --------
    >>> from nnlib.datasets import noisy_sine
    >>> data = noisy_sine(seed=0)
    >>> model = BayesianRegularizationRegressor(hidden=(10,), random_state=0).fit(data.X, data.Y[:, 0])
    >>> mean, std = model.predict([[0.25]], return_std=True)  # the sine is 1 here, the noise 0.1
    >>> mean.round(1), std.round(1)
    (array([1.]), array([0.1]))
    """

    def __init__(self, hidden=(10,), starts=5, random_state=None, max_steps=1000):
        self.hidden = hidden
        self.starts = starts
        self.random_state = random_state
        self.max_steps = max_steps

    def _train(self, net: MLP, X: FloatArray, Y: FloatArray, seeds: list[int]) -> BayesResult:
        fit = best_of(NetworkFit(net, X, Y), seeds, self.max_steps)
        self.alpha_, self.beta_, self.gamma_, self.log_evidence_ = fit.alpha, fit.beta, fit.gamma, fit.log_evidence
        return fit

    def predict(self, X: ArrayLike, return_std: bool = False) -> FloatArray | tuple[FloatArray, FloatArray]:
        """Predictions at inputs X, and on demand the standard deviation of a new measurement around each.

        Both are in the units and with the axes of the y that was fitted. See `nnlib.bayes.BayesResult.predict`.
        """
        if not return_std:
            return super().predict(X)
        Z = self._scaled(X)
        mean, std = self.result_.predict(Z, std=True)
        return self._in_units_of_y(mean), self._with_axes_of_y(std * self.y_scaling_.scale)


def _layer_sizes(hidden) -> list[int]:
    if not isinstance(hidden, (tuple, list, np.ndarray)):
        raise TypeError(f"hidden must be a tuple of layer sizes such as (10,), or () for none, got {hidden!r}")
    return [arguments.integer(f"hidden[{i}]", units, at_least=1) for i, units in enumerate(hidden)]
