"""Deep stacks of equal layers, with batch normalization and skip connections: where gradients vanish, and what helps.

`DeepStack` is an `MLP` with `depth` hidden layers of one width and two cures that can be switched on. Layer l = 1..L is

    z^l = W^l a^{l−1} + b^l
    u^l = scale^l ⊙ ẑ^l + shift^l        with batch normalization (ẑ^l: z^l normalized over the batch), else u^l = z^l
    a^l = a^{l−1} + g(u^l)               with a skip connection (residual stacks, from the second layer on), else g(u^l)

and layer L + 1 gives the outputs. The error signal keeps its meaning, δ^l = ∂E/∂z^l. Backwards, with e^l = ∂E/∂a^l,

    e^l = (W^{l+1})ᵀ δ^{l+1}  (+ e^{l+1}, past layer l + 1, where that layer has a skip connection)
    δ^l = e^l ⊙ g′(u^l), with batch normalization followed by `batch_norm_backward`.

Without the cures each layer multiplies the error signal by (W^{l+1})ᵀ and g′: logistic g′ ≤ ¼ shrinks it by 4 or more
wherever the weights do not make up for that. The skip connection adds a way down on which nothing is multiplied.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nnlib import _arguments as check
from nnlib.activations import ACTIVATIONS
from nnlib.network import MLP, Backpropagation
from nnlib.problems import NetworkFit, quiet

FloatArray = NDArray[np.float64]

# The ε of batch normalization: a feature that is constant over the batch is divided by √ε, not by 0.
EPSILON = 1e-5


class LayerParameters(NamedTuple):
    """Views into w for one layer: W (units, inputs), b (units,), scale and shift (units,) or None."""

    W: np.ndarray
    b: np.ndarray
    scale: np.ndarray | None
    shift: np.ndarray | None


class Normalized(NamedTuple):
    """One normalized layer: ẑ (m, width) and the mean and variance (width,) that made it."""

    z_hat: np.ndarray
    mean: np.ndarray
    variance: np.ndarray


class StackSignals(NamedTuple):
    """What a forward pass leaves behind: lists over layers, entry l for layer l, (m, units).

    ``a[0]`` is the input X. ``h[l]`` = g(u^l) is what a hidden layer itself computes; a[l] is h[l], plus a[l−1] where
    there is a skip connection. ``normalized[l]`` is None without batch normalization. z, h and normalized start with
    None, because inputs have none.
    """

    z: list
    a: list
    h: list
    normalized: list


class RunningStatistics(NamedTuple):
    """Means and variances of every z that evaluation mode normalizes by: row l − 1 for layer l, (depth, width)."""

    mean: FloatArray
    variance: FloatArray


# ---------------------------------------------------------------------------------------------- batch normalization


def normalize(z: np.ndarray, mean: np.ndarray, variance: np.ndarray) -> np.ndarray:
    """ẑ = (z − mean) / √(variance + ε), feature by feature.

    >>> normalize(np.array([[1.0], [3.0]]), np.array([2.0]), np.array([1.0])).round(3)
    array([[-1.],
           [ 1.]])
    """
    return (z - mean) / np.sqrt(variance + EPSILON)


def batch_normalize(z: np.ndarray) -> Normalized:
    """Normalize z (m, width) by the mean and the variance (1/m) Σ (z − mean)² of its own batch (training mode).

    A square instead of an absolute value, so that the complex step goes through.
    """
    mean = z.mean(axis=0)
    variance = ((z - mean) ** 2).mean(axis=0)
    return Normalized(normalize(z, mean, variance), mean, variance)


def batch_norm_backward(
    error: np.ndarray, normalized: Normalized, scale: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Carry an error back through u = scale ⊙ ẑ + shift, where ẑ is z normalized over the batch.

    With e = ∂E/∂u and means over the m samples of the batch,

        ∂E/∂scale = Σ e ⊙ ẑ
        ∂E/∂shift = Σ e
        ∂E/∂z     = scale / √(variance + ε) ⊙ (e − mean(e) − ẑ ⊙ mean(e ⊙ ẑ)).

    The two means are there because every z moves the batch's mean and variance, and with them all other ẑ. They take
    out of e what would only shift or stretch all z alike: that is undone by the normalization.

    Parameters
    ----------
    error : (m, width) array
        e = ∂E/∂u.
    normalized : Normalized
        From `batch_normalize`.
    scale : (width,) array

    Returns
    -------
    delta : (m, width) array
        ∂E/∂z.
    scale_gradient, shift_gradient : (width,) arrays

    References
    ----------
    Ioffe & Szegedy (2015), Batch normalization: accelerating deep network training by reducing internal covariate
    shift, ICML; section 3, where the three terms of ∂E/∂z are not yet put together.

    Examples
    --------
    An error that is the same for the whole batch cannot change a normalized feature:

    >>> delta, _, shift_gradient = batch_norm_backward(
    ...     np.ones((2, 1)), batch_normalize(np.array([[1.0], [3.0]])), np.ones(1)
    ... )
    >>> delta.ravel(), shift_gradient
    (array([0., 0.]), array([2.]))
    """
    z_hat = normalized.z_hat
    centered = error - error.mean(axis=0) - z_hat * (error * z_hat).mean(axis=0)
    delta = scale / np.sqrt(normalized.variance + EPSILON) * centered
    return delta, (error * z_hat).sum(axis=0), error.sum(axis=0)


# ---------------------------------------------------------------------------------------------- the network


class DeepStack:
    """A network of `depth` hidden layers of equal width, without weights.

    The flat vector w begins with the weights and biases of an `MLP` of the same sizes, in its order; with batch
    normalization scale and shift of layers 1..L follow. (A bias is then without effect, its gradient 0, because
    the normalization takes it out again; it stays so that w keeps its order.)

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
    Ioffe & Szegedy (2015), Batch normalization, ICML.
    He, Zhang, Ren & Sun (2016), Deep residual learning for image recognition, CVPR, eq. 1.

    Examples
    --------
    >>> stack = DeepStack(2, 8, 20, 1, hidden="logistic", residual=True)
    >>> stack
    DeepStack(2 inputs, 20 layers of 8 logistic units, 1 linear outputs, residual)  # 1401 parameters
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
        n_inputs, n_outputs = (
            check.integer(name, size, at_least=1) for name, size in (("n_inputs", n_inputs), ("n_outputs", n_outputs))
        )
        self.width = check.integer("width", width, at_least=1)
        self.depth = check.integer("depth", depth, at_least=1)
        self.batch_norm = check.flag("batch_norm", batch_norm)
        self.residual = check.flag("residual", residual)
        self.mlp = MLP([n_inputs, *[self.width] * self.depth, n_outputs], hidden, output)
        self.n_params = self.mlp.n_params + 2 * self.width * self.depth * self.batch_norm

    def __repr__(self) -> str:
        mlp, cures = self.mlp, ", batch_norm" * self.batch_norm + ", residual" * self.residual
        return (
            f"DeepStack({mlp.n_inputs} inputs, {self.depth} layers of {self.width} {mlp.hidden} units, "
            f"{mlp.n_outputs} {mlp.output} outputs{cures})  # {self.n_params} parameters"
        )

    def init(self, seed: int | np.random.Generator, scheme: str = "xavier") -> FloatArray:
        """Draw a start for training: (n,) float64, every scale 1 and every shift 0.

        Parameters
        ----------
        seed : int or numpy Generator
            The same seed gives the same weights, with and without the cures.
        scheme : {"xavier", "he", "uniform", "zeros", "nguyen-widrow"}, default "xavier"
            See `nnlib.initializers`.
        """
        w = np.empty(self.n_params)
        w[: self.mlp.n_params] = self.mlp.init(seed, scheme)
        for layer in self.unpack(w):
            if layer.scale is not None:
                layer.scale[...], layer.shift[...] = 1.0, 0.0
        return w

    def unpack(self, w: ArrayLike) -> list[LayerParameters]:
        """Per layer 1..L+1 (W, b, scale, shift): views into w. The output layer has no scale and shift."""
        return [LayerParameters(theta[:, :-1], theta[:, -1], scale, shift) for theta, (scale, shift) in self._layers(w)]

    def _layers(self, w):
        """Per layer Θ = [W b] and (scale, shift)."""
        w = np.asarray(w)
        if w.dtype.kind not in "fiuc":
            raise TypeError(f"w must hold numbers, got dtype {w.dtype}")
        if w.shape != (self.n_params,):
            raise ValueError(f"w has shape {w.shape}, the stack takes ({self.n_params},)")
        scales = list(w[self.mlp.n_params :].reshape(-1, 2, self.width)) or [(None, None)] * self.depth
        return list(zip(self.mlp._thetas(w), [*scales, (None, None)], strict=True))

    def _has_skip(self, layer: int) -> bool:
        return self.residual and 2 <= layer <= self.depth

    # ------------------------------------------------------------------------------------------------ forward

    def forward(self, w: ArrayLike, X: ArrayLike) -> StackSignals:
        """All signals in training mode: batch normalization takes the statistics of X itself.

        Parameters
        ----------
        w : (n,) array
        X : (m, d) array
        """
        return self._forward(self._layers(w), self.mlp._inputs(X), running=None)

    def predict(self, w: ArrayLike, X: ArrayLike, running: RunningStatistics | None = None) -> FloatArray:
        """Outputs (m, K) in evaluation mode: what a sample gives does not depend on the samples beside it.

        Parameters
        ----------
        w : (n,) array
        X : (m, d) array
        running : RunningStatistics, optional
            What batch normalization normalizes by, from `update_running`; needed with batch normalization only.
        """
        if self.batch_norm:
            running = self._running(running)
        return self._forward(self._layers(w), self.mlp._inputs(X), running).a[-1]

    def _forward(self, layers, X, running):
        """Signals; batch normalization by `running`, or by the batch itself if that is None."""
        activation, z, a, h, normalized = ACTIVATIONS[self.mlp.hidden], [None], [X], [None], [None]
        for l, (theta, (scale, shift)) in enumerate(layers[:-1], start=1):
            z.append(_with_one(a[-1]) @ theta.T)
            normalized.append(self._normalized(z[l], l, running) if self.batch_norm else None)
            h.append(activation.g(scale * normalized[l].z_hat + shift if self.batch_norm else z[l]))
            a.append(a[-1] + h[l] if self._has_skip(l) else h[l])
        z.append(_with_one(a[-1]) @ layers[-1][0].T)
        a.append(ACTIVATIONS[self.mlp.output].g(z[-1]))
        return StackSignals(z, a, h, normalized)

    def _normalized(self, z, l, running):
        if running is None:
            return batch_normalize(z)
        mean, variance = running.mean[l - 1], running.variance[l - 1]
        return Normalized(normalize(z, mean, variance), mean, variance)

    # ------------------------------------------------------------------------------------------------ running statistics

    def start_running(self) -> RunningStatistics:
        """Statistics that normalize nothing: means 0, variances 1."""
        return RunningStatistics(np.zeros((self.depth, self.width)), np.ones((self.depth, self.width)))

    def update_running(self, running: RunningStatistics, signals: StackSignals, rate: float = 0.1) -> RunningStatistics:
        """New running statistics, (1 − rate) · running + rate · those of the batch; `running` itself stays as it is.

        The batch's variance goes in without its bias, times m/(m − 1). With ``rate=1`` and the signals of all training
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
        Ioffe & Szegedy (2015), algorithm 2, and the moving averages mentioned in section 3.1.

        Examples
        --------
        >>> stack = DeepStack(1, 1, 1, 1, hidden="linear", batch_norm=True)
        >>> w = np.array([2.0, 0.0, 1.0, 0.0, 1.0, 0.0])        # z = 2x, then a = ẑ, then the output a
        >>> running = stack.update_running(stack.start_running(), stack.forward(w, [[0.0], [1.0]]), rate=1)
        >>> running.mean, running.variance                      # of z = 0 and 2
        (array([[1.]]), array([[2.]]))
        >>> stack.predict(w, [[0.5]], running)                  # z = 1 is the mean
        array([[0.]])
        """
        if not self.batch_norm:
            raise ValueError("running statistics belong to batch_norm=True, this stack has batch_norm=False")
        mean, variance = self._running(running)
        rate = check.number("rate", rate, above=0, at_most=1)
        m = len(signals.a[0])
        batch_mean = np.array([layer.mean for layer in signals.normalized[1:]])
        batch_variance = np.array([layer.variance for layer in signals.normalized[1:]]) * m / max(m - 1, 1)
        return RunningStatistics((1 - rate) * mean + rate * batch_mean, (1 - rate) * variance + rate * batch_variance)

    def _running(self, running):
        if not isinstance(running, RunningStatistics):
            raise TypeError(
                f"running must be RunningStatistics (see start_running and update_running) for a stack with "
                f"batch normalization, got {type(running).__name__}"
            )
        for name, values in zip(("mean", "variance"), running, strict=True):
            shape = check.real_array(f"running.{name}", values, 2).shape
            if shape != (self.depth, self.width):
                raise ValueError(f"running.{name} has shape {shape}, the stack takes {(self.depth, self.width)}")
        return running

    # ------------------------------------------------------------------------------------------------ backward

    def backprop(self, w: ArrayLike, signals: StackSignals, delta_output: ArrayLike) -> Backpropagation:
        """Carry an output error back through the stack (training mode) and collect the gradient.

        Parameters
        ----------
        w : (n,) array
        signals : StackSignals
            From `forward` at the same w.
        delta_output : (m, K) array
            ∂E/∂z of the output layer.

        Returns
        -------
        Backpropagation
            ``delta[l]`` = ∂E/∂z^l (m, units) for l = 1..L+1 and the ``gradient`` ∂E/∂w (n,).
        """
        layers, delta = self._layers(w), np.asarray(delta_output)
        if delta.shape != signals.a[-1].shape:
            raise ValueError(f"delta_output has shape {delta.shape}, the outputs have {signals.a[-1].shape}")
        activation, deltas, scale_gradients, e = ACTIVATIONS[self.mlp.hidden], [delta], [], None
        for l in range(self.depth, 0, -1):
            (W_above, _), (scale, _) = (layers[l][0][:, :-1], None), layers[l - 1][1]
            e = deltas[-1] @ W_above + e if self._has_skip(l + 1) else deltas[-1] @ W_above
            delta = e * activation.derivative(signals.h[l])
            if self.batch_norm:
                delta, *scale_and_shift = batch_norm_backward(delta, signals.normalized[l], scale)
                scale_gradients.append(np.concatenate(scale_and_shift))
            deltas.append(delta)
        deltas.reverse()
        gradient = self.mlp._gradient([_with_one(a) for a in signals.a[:-1]], deltas)
        return Backpropagation([None, *deltas], np.concatenate([gradient, *scale_gradients[::-1]]))


def _with_one(a):
    """ā = [a, 1]."""
    return np.column_stack([a, np.ones(len(a))])


# ---------------------------------------------------------------------------------------------- the problem


class DeepFit:
    """A deep stack and the data it is to fit, in training mode: what first-order optimizers see.

    With batch normalization the loss of a sample depends on the batch it is in, so the losses of the parts do not add
    up to the loss of the whole.

    Parameters
    ----------
    stack : DeepStack
    X : (m, d) array
    Y : (m, K) array
    cost : {"squared-error", "cross-entropy"}, default "squared-error"
        As for `NetworkFit`: a sum over samples and outputs.

    Raises
    ------
    TypeError, ValueError
        When arrays do not fit the stack, hold nan or inf, or the cost does not go with the output activation.

    Examples
    --------
    >>> from nnlib import adam, train
    >>> stack = DeepStack(1, 5, 10, 1, batch_norm=True)
    >>> x = np.linspace(-1, 1, 20)
    >>> problem = DeepFit(stack, x, x**2)
    >>> fit = train(adam(problem, stack.init(seed=0), 0.01), max_steps=100)
    >>> fit.loss < 0.05 * problem.loss(stack.init(seed=0))
    True
    >>> running = stack.update_running(stack.start_running(), stack.forward(fit.w, x), rate=1)
    >>> stack.predict(fit.w, [[0.5]], running).shape
    (1, 1)
    """

    def __init__(self, stack: DeepStack, X: ArrayLike, Y: ArrayLike, cost: str = "squared-error"):
        if not isinstance(stack, DeepStack):
            raise TypeError(f"stack must be a DeepStack, got {type(stack).__name__}")
        checked = NetworkFit(stack.mlp, X, Y, cost)
        self.stack, self.X, self.Y, self.cost = stack, checked.X, checked.Y, checked.cost
        self._cost, self.n_params = checked._cost, stack.n_params

    def __repr__(self) -> str:
        return f"DeepFit({self.stack.depth} layers of {self.stack.width}, {len(self.X)} samples, {self.cost})"

    def batch(self, rows: ArrayLike) -> DeepFit:
        """The same fit on some of the samples: `rows` are their numbers (or a slice, or a mask)."""
        part = copy.copy(self)
        part.X, part.Y = self.X[rows], self.Y[rows]
        return part

    @quiet
    def loss(self, w: ArrayLike) -> float:
        """E(w), summed over samples and outputs."""
        return self._value(self.stack.forward(w, self.X))

    def gradient(self, w: ArrayLike) -> FloatArray:
        """∂E/∂w (n,), by backpropagation."""
        return self.loss_and_gradient(w)[1]

    @quiet
    def loss_and_gradient(self, w: ArrayLike) -> tuple[float, FloatArray]:
        """E and ∂E/∂w for the price of one forward and one backward pass."""
        signals = self.stack.forward(w, self.X)
        return self._value(signals), self._backprop(w, signals).gradient

    @quiet
    def deltas(self, w: ArrayLike) -> list[FloatArray]:
        """Error signals δ^1..δ^{L+1}, each (m, units of its layer)."""
        return self._backprop(w, self.stack.forward(w, self.X)).delta[1:]

    def delta_norms(self, w: ArrayLike) -> FloatArray:
        """|δ^1|..|δ^{L+1}| (L + 1,): the root of the sum of squares over samples and units."""
        return np.array([np.linalg.norm(delta) for delta in self.deltas(w)])

    def _value(self, signals):
        E = self._cost.value(signals.z[-1], signals.a[-1], self.Y, ACTIVATIONS[self.stack.mlp.output])
        return E if np.iscomplexobj(E) else float(E)

    def _backprop(self, w, signals):
        output = ACTIVATIONS[self.stack.mlp.output]
        return self.stack.backprop(w, signals, self._cost.delta(signals.z[-1], signals.a[-1], self.Y, output))


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
    """|δ^l| at the start of training, in stacks of several depths with linear outputs and squared error.

    Parameters
    ----------
    X : (m, d) array
    Y : (m, K) array
    depths : sequence of int
        Numbers L of hidden layers.
    width : int
        Units of each hidden layer.
    seed : int
        Of the weights; the same for each depth.
    scheme, hidden, batch_norm, residual
        As for `DeepStack` and its `init`.

    Returns
    -------
    dict of int to (L + 1,) array
        For each depth L the norms |δ^1|..|δ^{L+1}|. Divided by their last entry they say what share of the output
        error arrives at each layer.

    Examples
    --------
    Twenty logistic layers let almost nothing through, with skip connections they do:

    >>> X = np.linspace(-1, 1, 20)[:, None]
    >>> plain = delta_norms_by_depth(X, X**2, [2, 20], width=10, seed=0, hidden="logistic")
    >>> residual = delta_norms_by_depth(X, X**2, [20], width=10, seed=0, hidden="logistic", residual=True)
    >>> bool(plain[20][0] < 1e-9 * plain[2][0]), bool(residual[20][0] > plain[2][0])
    (True, True)
    """
    X, Y = (check.real_array(name, array, 2) for name, array in (("X", X), ("Y", Y)))
    norms = {}
    for depth in depths:
        stack = DeepStack(X.shape[1], width, depth, Y.shape[1], hidden=hidden, batch_norm=batch_norm, residual=residual)
        norms[stack.depth] = DeepFit(stack, X, Y).delta_norms(stack.init(seed, scheme))
    return norms
