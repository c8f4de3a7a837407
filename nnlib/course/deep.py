"""Deep stacks of equal layers, with batch normalization and skip connections: where gradients vanish, and what helps.

`DeepStack` is an `MLP` with L hidden layers of one width and two cures that can be switched on. Hidden layer l is

    z^l = W^l a^{l−1} + b^l
    u^l = scale^l ⊙ ẑ^l + shift^l     with batch normalization (ẑ^l: z^l normalized over the batch), else u^l = z^l
    a^l = a^{l−1} + g(u^l)            with a skip connection (residual stacks, from the second layer on), else g(u^l)

and layer L + 1 gives the outputs. The error signal keeps its meaning, δ^l = ∂E/∂z^l. Backwards, with e^l = ∂E/∂a^l,

    e^l = (W^{l+1})ᵀ δ^{l+1}          plus e^{l+1} if layer l + 1 has a skip connection
    δ^l = e^l ⊙ g′(u^l)               taken through `batch_norm_backward` with batch normalization.

Without the cures each layer multiplies the error signal by (W^{l+1})ᵀ and g′: logistic g′ ≤ ¼ shrinks it by 4 or more
wherever the weights do not make up for that. A skip connection is a way down on which nothing is multiplied.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from nnlib import arguments
from nnlib import backpropagation as passes
from nnlib.activations import ACTIVATIONS
from nnlib.arguments import FloatArray
from nnlib.network import MLP, BackwardPass
from nnlib.problems import NetworkFit, quiet

# The ε of batch normalization: a feature that is constant over the batch is divided by √ε, not by 0.
EPSILON = 1e-5


class Normalized(NamedTuple):
    """One normalized layer: ẑ (m, width) and the mean and variance (width,) that made it."""

    z_hat: np.ndarray
    mean: np.ndarray
    variance: np.ndarray


class StackSignals(NamedTuple):
    """What a forward pass leaves behind: lists over layers, entry l (m, units) for layer l.

    ``a[0]`` is the input X. ``h[l]`` = g(u^l) is what a hidden layer adds to a[l−1], or all it gives where there is no
    skip connection. ``normalized[l]`` is None without batch normalization; entry 0 of z, h and normalized always is.
    """

    z: list
    a: list
    h: list
    normalized: list


class RunningStatistics(NamedTuple):
    """Means and variances that evaluation mode normalizes by: row l − 1 for hidden layer l, each (depth, width)."""

    mean: FloatArray
    variance: FloatArray


def normalize(z: np.ndarray, mean: np.ndarray, variance: np.ndarray) -> Normalized:
    """ẑ = (z − mean) / √(variance + ε), feature by feature, z (m, width)."""
    z, mean, variance = (_finite(n, v) for n, v in (("z", z), ("mean", mean), ("variance", variance)))
    if not mean.shape == variance.shape == z.shape[1:]:
        raise ValueError(f"mean and variance must have the shape {z.shape[1:]}, got {mean.shape} and {variance.shape}")
    return _normalize(z, mean, _not_negative("variance", variance))


def _normalize(z, mean, variance):
    return Normalized((z - mean) / np.sqrt(variance + EPSILON), mean, variance)


def batch_statistics(z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and variance (1/m) Σ (z − mean)² of each feature over the batch.

    >>> batch_statistics(np.array([[1.0], [3.0]]))
    (array([2.]), array([1.]))
    """
    z = _finite("z", z)
    if z.ndim != 2 or len(z) == 0:
        raise ValueError(f"z must have one sample a row and at least one, got an array of shape {z.shape}")
    return _batch_statistics(z)


def _batch_statistics(z):
    mean = z.mean(axis=0)
    return mean, ((z - mean) ** 2).mean(axis=0)  # not z.var(), which takes |z − mean|: the complex step must go through


def _finite(name, value):
    return arguments.all_finite(name, arguments.numbers(name, value))


def _not_negative(name, variance):
    if variance.size and variance.real.min() < 0:
        raise ValueError(f"{name} must not be negative, it holds {variance.real.min():g}")
    return variance


def batch_norm_backward(
    error: np.ndarray, normalized: Normalized, scale: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Carry an error back through u = scale ⊙ ẑ + shift, where ẑ is z normalized by the batch's own statistics.

    With e = ∂E/∂u, sums and means over the m samples of the batch,

        ∂E/∂scale = Σ e ⊙ ẑ
        ∂E/∂shift = Σ e
        ∂E/∂z     = scale / √(variance + ε) ⊙ (e − mean(e) − ẑ ⊙ mean(e ⊙ ẑ)).

    The two means are there because every z moves the batch's mean and variance, and with them all the other ẑ.

    Parameters
    ----------
    error : (m, width) array
        e = ∂E/∂u.
    normalized : Normalized
    scale : (width,) array

    Returns
    -------
    delta : (m, width) array
        ∂E/∂z.
    scale_gradient, shift_gradient : (width,) arrays

    Raises
    ------
    TypeError, ValueError
        For arrays that are not finite or not of these shapes.

    References
    ----------
    Ioffe & Szegedy (2015), Batch normalization: accelerating deep network training by reducing internal covariate
    shift, ICML, section 3; there in six lines that are not yet put together.

    Examples
    --------
    An error that is the same for the whole batch asks for a shift of z, which the normalization would undo:

    >>> normalized = normalize(np.array([[1.0], [3.0]]), mean=np.array([2.0]), variance=np.array([1.0]))
    >>> delta, _, shift_gradient = batch_norm_backward(np.ones((2, 1)), normalized, scale=np.ones(1))
    >>> delta.ravel(), shift_gradient
    (array([0., 0.]), array([2.]))
    """
    if not isinstance(normalized, Normalized):
        raise TypeError(f"normalized must be Normalized, as normalize gives, got {type(normalized).__name__}")
    error, scale, z_hat = _finite("error", error), _finite("scale", scale), _finite("ẑ", normalized.z_hat)
    if error.shape != z_hat.shape or scale.shape != z_hat.shape[1:]:
        raise ValueError(f"error and scale have shapes {error.shape} and {scale.shape}, normalized {z_hat.shape}")
    return _batch_norm_backward(error, normalized, scale)


def _batch_norm_backward(error, normalized, scale):
    z_hat = normalized.z_hat
    left = error - error.mean(axis=0) - z_hat * (error * z_hat).mean(axis=0)
    return scale / np.sqrt(normalized.variance + EPSILON) * left, (error * z_hat).sum(axis=0), error.sum(axis=0)


class DeepStack:
    """A network of `depth` hidden layers of equal width, without weights.

    w begins with the weights and biases of an `MLP` of the same sizes, in its order; with batch normalization scale and
    shift of the hidden layers follow. (Normalization takes a bias out again: it has no effect and gradient 0 there.)

    Parameters
    ----------
    n_inputs, width, depth, n_outputs : int
        d, units of each hidden layer, number L of hidden layers, K; each at least 1.
    hidden : {"tanh", "logistic", "relu", "linear"}, default "tanh"
        Activation of all hidden layers.
    output : {"linear", "tanh", "logistic", "relu", "softmax"}, default "linear"
        Activation of the output layer.
    batch_norm : bool, default False
        Normalize the pre-activations of every hidden layer over the batch.
    residual : bool, default False
        Add its input to the activation of every hidden layer but the first.

    Attributes
    ----------
    n_params : int
        The length n of w.
    mlp : MLP
        The network of the same sizes without the cures.

    Raises
    ------
    TypeError, ValueError
        For sizes that are not positive whole numbers, unknown activations, and flags that are not True or False.

    References
    ----------
    Ioffe & Szegedy (2015), Batch normalization, ICML. He, Zhang, Ren & Sun (2016), Deep residual learning for image
    recognition, CVPR, eq. 1.

    Examples
    --------
    >>> stack = DeepStack(2, 8, 20, 1, hidden="logistic", residual=True)
    >>> stack
    DeepStack([2, 20 × 8, 1], hidden='logistic', output='linear', residual)  # 1401 parameters
    >>> stack.predict(stack.init(seed=0), [[0.0, 1.0], [1.0, 0.0]]).shape
    (2, 1)
    """

    def __init__(
        self,
        n_inputs: int,
        width: int,
        depth: int,
        n_outputs: int,
        *,
        hidden: str = "tanh",
        output: str = "linear",
        batch_norm: bool = False,
        residual: bool = False,
    ):
        n_inputs = arguments.integer("n_inputs", n_inputs, at_least=1)
        self.width = arguments.integer("width", width, at_least=1)
        self.depth = arguments.integer("depth", depth, at_least=1)
        n_outputs = arguments.integer("n_outputs", n_outputs, at_least=1)
        self.batch_norm = arguments.flag("batch_norm", batch_norm)
        self.residual = arguments.flag("residual", residual)
        self.mlp = MLP([n_inputs, *[self.width] * self.depth, n_outputs], hidden, output)
        self.n_params = self.mlp.n_params + (2 * self.width * self.depth if self.batch_norm else 0)

    def __repr__(self) -> str:
        cures = (", batch_norm" if self.batch_norm else "") + (", residual" if self.residual else "")
        return (
            f"DeepStack([{self.mlp.n_inputs}, {self.depth} × {self.width}, {self.mlp.n_outputs}], "
            f"hidden={self.mlp.hidden!r}, output={self.mlp.output!r}{cures})  # {self.n_params} parameters"
        )

    def init(self, seed: int | np.random.Generator, scheme: str = "xavier") -> FloatArray:
        """Draw a start for training (n,): weights and biases as `MLP.init` does, every scale 1 and every shift 0."""
        w = np.empty(self.n_params)
        w[: self.mlp.n_params] = self.mlp.init(seed, scheme)
        scales, shifts = self._scales_and_shifts(w)
        scales[...], shifts[...] = 1.0, 0.0
        return w

    def unpack(self, w: ArrayLike) -> tuple[list[tuple[np.ndarray, np.ndarray]], np.ndarray, np.ndarray]:
        """Views into w: per layer 1..L+1 (W, b); scales and shifts (L, width), empty without batch normalization."""
        w = self._weights(w)
        return self.mlp.unpack(w[: self.mlp.n_params]), *self._scales_and_shifts(w)

    def _scales_and_shifts(self, w):
        return w[self.mlp.n_params :].reshape(2, -1, self.width)

    def _weights(self, w):
        w = arguments.numbers("w", w)
        if w.shape != (self.n_params,):
            raise ValueError(f"w has shape {w.shape}, the stack takes ({self.n_params},)")
        return w

    def _finite_weights(self, w):
        return arguments.all_finite("w", self._weights(w))

    def _has_skip(self, l: int) -> bool:
        return self.residual and 2 <= l <= self.depth

    def forward(self, w: ArrayLike, X: ArrayLike) -> StackSignals:
        """All signals for inputs X (m, d) in training mode: X is the batch whose statistics are used."""
        return self._forward(self._finite_weights(w), self.mlp._inputs(X), running=None)

    def predict(self, w: ArrayLike, X: ArrayLike, running: RunningStatistics | None = None) -> FloatArray:
        """Outputs (m, K) for inputs X (m, d) in evaluation mode: each sample's own, whatever else is in X.

        Batch normalization needs `running`, the statistics to normalize by (see `update_running`); other stacks take
        none.
        """
        if self.batch_norm or running is not None:
            self._check_running(running)
        return self._forward(self._finite_weights(w), self.mlp._inputs(X), running).a[-1]

    def _forward(self, w, X, running):
        """Signals, normalized by `running`, or by the batch itself where that is None."""
        thetas, (scales, shifts) = self.mlp.thetas(w), self._scales_and_shifts(w)
        z, a, h, normalized = [None], [X], [None], [None]
        for l in range(1, self.depth + 1):
            z.append(_with_one(a[-1]) @ thetas[l - 1].T)
            u = z[l]
            normalized.append(None)
            if self.batch_norm:
                statistics = _batch_statistics(u) if running is None else (running.mean[l - 1], running.variance[l - 1])
                normalized[l] = _normalize(u, *statistics)
                u = scales[l - 1] * normalized[l].z_hat + shifts[l - 1]
            h.append(ACTIVATIONS[self.mlp.hidden].g(u))
            a.append(a[-1] + h[l] if self._has_skip(l) else h[l])
        z.append(_with_one(a[-1]) @ thetas[-1].T)
        a.append(ACTIVATIONS[self.mlp.output].g(z[-1].T).T)
        return StackSignals(z, a, h, normalized)

    def start_running(self) -> RunningStatistics:
        """Statistics that normalize nothing: means 0, variances 1."""
        return RunningStatistics(np.zeros((self.depth, self.width)), np.ones((self.depth, self.width)))

    def update_running(self, running: RunningStatistics, signals: StackSignals, rate: float = 0.1) -> RunningStatistics:
        """New statistics, (1 − rate) · running + rate · those of a batch; `running` itself stays as it is.

        The batch's variance counts without its bias, times m/(m − 1). With ``rate=1`` and the signals of all training
        samples the result is the statistics of the training set.

        Parameters
        ----------
        running : RunningStatistics
        signals : StackSignals
            From `forward`.
        rate : float, default 0.1
            0 < rate ≤ 1.

        References
        ----------
        Ioffe & Szegedy (2015), section 3.1 and algorithm 2.

        Examples
        --------
        >>> stack = DeepStack(1, 1, 1, 1, hidden="linear", batch_norm=True)
        >>> w = np.array([2.0, 0.0, 1.0, 0.0, 1.0, 0.0])        # z = 2x, output ẑ
        >>> running = stack.update_running(stack.start_running(), stack.forward(w, [[0.0], [1.0]]), rate=1)
        >>> running.mean, running.variance                      # of z = 0 and 2
        (array([[1.]]), array([[2.]]))
        >>> stack.predict(w, [[0.5]], running)                  # z = 1 is the mean
        array([[0.]])
        """
        self._check_running(running)
        self._check_signals(signals)
        rate = arguments.number("rate", rate, above=0, at_most=1)
        m = len(signals.a[0])
        mean = np.array([layer.mean for layer in signals.normalized[1:]])
        variance = np.array([layer.variance for layer in signals.normalized[1:]]) * m / max(m - 1, 1)
        return RunningStatistics(
            (1 - rate) * running.mean + rate * mean, (1 - rate) * running.variance + rate * variance
        )

    def _check_running(self, running):
        if not self.batch_norm:
            raise ValueError("running statistics belong to batch_norm=True, this stack has batch_norm=False")
        if not isinstance(running, RunningStatistics):
            raise TypeError(f"running must be RunningStatistics, as update_running gives, got {type(running).__name__}")
        for name, values in zip(running._fields, running, strict=True):
            shape = arguments.real_array(f"running.{name}", values, 2).shape
            if shape != (self.depth, self.width):
                raise ValueError(f"running.{name} has shape {shape}, the stack takes {(self.depth, self.width)}")
        _not_negative("running.variance", np.asarray(running.variance))

    def _check_signals(self, signals):
        if not isinstance(signals, StackSignals):
            raise TypeError(f"signals must be StackSignals, as forward gives, got {type(signals).__name__}")
        units, wanted = [a.shape[1] for a in signals.a], list(self.mlp.sizes)
        if units != wanted:
            raise ValueError(f"signals come from layers of {units} units, this stack has {wanted}")
        normed = signals.normalized[1] is not None
        if normed != self.batch_norm:
            raise ValueError(f"signals come from a stack with batch_norm={normed}, this one has {self.batch_norm}")

    def backprop(self, w: ArrayLike, signals: StackSignals, delta_output: ArrayLike) -> BackwardPass:
        """Carry an output error back through the stack (training mode) and collect the gradient.

        Parameters
        ----------
        w : (n,) array
        signals : StackSignals
            From `forward` at the same w.
        delta_output : (m, K) array
            δ^{L+1} = ∂E/∂z of the output layer.

        Returns
        -------
        BackwardPass
            ``delta[l]`` (m, units) for l = 1..L+1 and the ``gradient`` ∂E/∂w (n,).

        Raises
        ------
        TypeError, ValueError
            When w, the signals or the error do not fit the stack, or w or the error is not finite.
        """
        self._check_signals(signals)
        w, delta = self._finite_weights(w), arguments.numbers("delta_output", delta_output)
        if delta.shape != signals.a[-1].shape:
            raise ValueError(f"delta_output has shape {delta.shape}, the outputs have {signals.a[-1].shape}")
        return self._backprop(w, signals, arguments.all_finite("delta_output", delta))

    def _backprop(self, w, signals, delta):
        layers, scales, _ = self.unpack(w)
        deltas, e = [delta], None
        norm_gradient = np.empty((2, len(scales), self.width), dtype=np.result_type(w, delta))
        for l in range(self.depth, 0, -1):
            W_above = layers[l][0]  # lists count from 0: entry l is layer l + 1
            e = deltas[-1] @ W_above + e if self._has_skip(l + 1) else deltas[-1] @ W_above
            delta = e * ACTIVATIONS[self.mlp.hidden].derivative(signals.h[l])
            if self.batch_norm:
                delta, *norm_gradient[:, l - 1] = _batch_norm_backward(delta, signals.normalized[l], scales[l - 1])
            deltas.append(delta)
        deltas.reverse()
        gradient = passes.collect(self.mlp, [_with_one(a).T for a in signals.a[:-1]], [delta.T for delta in deltas])
        return BackwardPass([None, *deltas], np.concatenate([gradient, norm_gradient.ravel()]))


def _with_one(a):
    """ā = [a, 1]."""
    return np.column_stack([a, np.ones(len(a))])


class DeepFit:
    """A deep stack and the data it is to fit, in training mode: what first-order optimizers see.

    With batch normalization the loss of a sample depends on the batch it is in, so the losses of the parts do not add
    up to the loss of the whole.

    Parameters
    ----------
    stack : DeepStack
    X, Y, cost
        As for `NetworkFit`.

    Raises
    ------
    TypeError, ValueError
        When arrays do not fit the stack, hold nan or inf, or the cost does not go with the output activation.

    Examples
    --------
    >>> from nnlib import adam, train
    >>> stack, x = DeepStack(1, 5, 10, 1, batch_norm=True), np.linspace(-1, 1, 20)
    >>> problem, w0 = DeepFit(stack, x, x**2), stack.init(seed=0)
    >>> fit = train(adam(problem, w0, learning_rate=0.01), max_steps=100)
    >>> fit.loss < 0.1 * problem.loss(w0)
    True
    """

    def __init__(self, stack: DeepStack, X: ArrayLike, Y: ArrayLike, cost: str = "squared-error"):
        if not isinstance(stack, DeepStack):
            raise TypeError(f"stack must be a DeepStack, got {type(stack).__name__}")
        plain = NetworkFit(stack.mlp, X, Y, cost)
        self.stack, self.X, self.Y, self.cost, self._cost = stack, plain.X, plain.Y, plain.cost, plain._cost
        self.n_params = stack.n_params

    def __repr__(self) -> str:
        return f"DeepFit({self.stack.depth} layers of {self.stack.width}, {len(self.X)} samples, {self.cost})"

    def batch(self, rows: ArrayLike) -> DeepFit:
        """The same fit on some of the samples: `rows` are their numbers (or a slice, or a mask)."""
        part = copy.copy(self)
        rows = arguments.rows("rows", rows, len(self.X))
        part.X, part.Y = self.X[rows], self.Y[rows]
        return part

    @quiet
    def loss(self, w: ArrayLike) -> float:
        """E(w), summed over samples and outputs."""
        return self._value(self._forward(w))

    def gradient(self, w: ArrayLike) -> FloatArray:
        """∂E/∂w (n,), by backpropagation."""
        return self.loss_and_gradient(w)[1]

    @quiet
    def loss_and_gradient(self, w: ArrayLike) -> tuple[float, FloatArray]:
        """E and ∂E/∂w for the price of one forward and one backward pass."""
        signals = self._forward(w)
        return self._value(signals), self._backprop(w, signals).gradient

    @quiet
    def deltas(self, w: ArrayLike) -> list[FloatArray]:
        """Error signals δ^1..δ^{L+1}, each (m, units of its layer)."""
        return self._backprop(w, self._forward(w)).delta[1:]

    def delta_norms(self, w: ArrayLike) -> FloatArray:
        """|δ^1|..|δ^{L+1}| (L + 1,): each the root of the sum of squares over samples and units."""
        return np.array([np.linalg.norm(delta) for delta in self.deltas(w)])

    def _forward(self, w):
        return self.stack._forward(self.stack._weights(w), self.X, running=None)

    def _value(self, signals):
        E = self._cost.value(signals.z[-1].T, signals.a[-1].T, self.Y.T, ACTIVATIONS[self.stack.mlp.output])
        return E if np.iscomplexobj(E) else float(E)

    def _backprop(self, w, signals):
        output = ACTIVATIONS[self.stack.mlp.output]
        delta = self._cost.delta(signals.z[-1].T, signals.a[-1].T, self.Y.T, output).T
        return self.stack._backprop(self.stack._weights(w), signals, delta)


def delta_norms_by_depth(
    X: ArrayLike,
    Y: ArrayLike,
    depths: Sequence[int],
    width: int,
    seed: int,
    *,
    scheme: str = "xavier",
    hidden: str = "tanh",
    batch_norm: bool = False,
    residual: bool = False,
) -> dict[int, FloatArray]:
    """|δ^l| at the start of training in stacks of several depths, with linear outputs and squared error.

    Parameters
    ----------
    X, Y : (m, d) and (m, K) arrays
    depths : sequence of int
        Numbers L of hidden layers.
    width, seed, scheme, hidden, batch_norm, residual
        As for `DeepStack` and its `init`; the same for each depth.

    Returns
    -------
    dict of int to (L + 1,) array
        For each depth L the norms |δ^1|..|δ^{L+1}|; divided by the last, what share of the output error arrives.

    Examples
    --------
    Twenty logistic layers let almost nothing through; with skip connections they do:

    >>> X = np.linspace(-1, 1, 20)[:, None]
    >>> plain = delta_norms_by_depth(X, X**2, [2, 20], width=10, seed=0, hidden="logistic")
    >>> residual = delta_norms_by_depth(X, X**2, [20], width=10, seed=0, hidden="logistic", residual=True)
    >>> bool(plain[20][0] < 1e-9 * plain[2][0]), bool(residual[20][0] > plain[2][0])
    (True, True)
    """
    X, Y = arguments.real_array("X", X, 2), arguments.real_array("Y", Y, 2)
    if not isinstance(depths, (Sequence, np.ndarray)):
        raise TypeError(f"depths must be a list of numbers of layers such as [2, 20], got {depths!r}")
    if isinstance(depths, (str, bytes)) or len(depths) == 0:
        raise ValueError(f"depths must hold at least one number of layers, got {depths!r}")
    sizes = [(X.shape[1], width, depth, Y.shape[1]) for depth in depths]
    stacks = [DeepStack(*size, hidden=hidden, batch_norm=batch_norm, residual=residual) for size in sizes]
    return {stack.depth: DeepFit(stack, X, Y).delta_norms(stack.init(seed, scheme)) for stack in stacks}
