"""Deep stacks of equal layers, with batch normalization and skip connections: where gradients vanish, and what helps.

`DeepStack` is an `MLP` with L hidden layers of one width and two cures that can be switched on. Hidden layer l is

    z^l = W^l a^{l−1} + b^l
    u^l = scale^l ⊙ ẑ^l + shift^l     with batch normalization (ẑ^l: z^l normalized over the batch), else u^l = z^l
    h^l = g(u^l)
    a^l = a^{l−1} + h^l               with a skip connection (residual stacks, from the second layer on), else h^l

and layer L + 1 gives the outputs. The error signal keeps its meaning, δ^l = ∂E/∂z^l. Backwards, with e^l = ∂E/∂a^l,

    e^l = (W^{l+1})ᵀ δ^{l+1}          plus e^{l+1} if layer l + 1 has a skip connection
    δ^l = e^l ⊙ g′(u^l)               taken through `batch_norm_backward` with batch normalization.

Without the cures each layer multiplies the error signal by (W^{l+1})ᵀ and g′: logistic g′ ≤ ¼ shrinks it by 4 or more
wherever the weights do not make up for that. A skip connection is a way down on which nothing is multiplied.

The functions are these formulas, one sample a COLUMN, and check nothing. `DeepStack` and `DeepFit` are the doors: there
one sample is a row.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from nnlib import arguments
from nnlib import backpropagation as passes
from nnlib.arguments import FloatArray
from nnlib.costs import COSTS
from nnlib.network import MLP, Signals
from nnlib.problems import NetworkFit, quiet

# The ε of batch normalization: a feature that is constant over the batch is divided by √ε, not by 0.
EPSILON = 1e-5


# ------------------------------------------------------------------------------------------------ batch normalization


class Normalized(NamedTuple):
    """ẑ (width, m) and what it was divided by, √(variance + ε) (width, 1)."""

    z_hat: np.ndarray
    deviation: np.ndarray


def batch_statistics(z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and variance (1/m) Σ (z − mean)² of each feature over the batch, each (width, 1).

    Examples
    --------
    >>> batch_statistics(np.array([[1.0, 3.0]]))
    (array([[2.]]), array([[1.]]))
    """
    mean = z.mean(axis=1, keepdims=True)
    return mean, ((z - mean) ** 2).mean(axis=1, keepdims=True)  # z.var() takes |z − mean|: no complex step through it


def normalize(z: np.ndarray, mean: np.ndarray, variance: np.ndarray) -> Normalized:
    """ẑ = (z − mean) / √(variance + ε)."""
    deviation = np.sqrt(variance + EPSILON)
    return Normalized((z - mean) / deviation, deviation)


def batch_norm_backward(
    error: np.ndarray, normalized: Normalized, scale: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Carry an error e = ∂E/∂u back through u = scale ⊙ ẑ + shift, where the batch's own statistics normalize z.

    With sums and means over the m samples of the batch,

        ∂E/∂z     = scale / √(variance + ε) ⊙ (e − mean(e) − ẑ ⊙ mean(e ⊙ ẑ))
        ∂E/∂scale = Σ e ⊙ ẑ
        ∂E/∂shift = Σ e.

    The two means are there because every z moves the batch's mean and variance, and with them all the other ẑ.

    References
    ----------
    Ioffe & Szegedy (2015), Batch normalization: accelerating deep network training by reducing internal covariate
    shift, ICML, section 3; there in six lines that are not yet put together.

    Examples
    --------
    An error that is the same for the whole batch asks for a shift of z, which the normalization would undo:

    >>> z = np.array([[1.0, 3.0]])
    >>> batch_norm_backward(np.ones((1, 2)), normalize(z, *batch_statistics(z)), scale=np.ones((1, 1)))
    (array([[0., 0.]]), array([[0.]]), array([[2.]]))
    """
    z_hat, deviation = normalized
    own = error - error.mean(axis=1, keepdims=True) - z_hat * (error * z_hat).mean(axis=1, keepdims=True)
    return scale / deviation * own, (error * z_hat).sum(axis=1, keepdims=True), error.sum(axis=1, keepdims=True)


# ------------------------------------------------------------------------------------------------ the passes


class Layer(NamedTuple):
    """What a forward pass leaves behind in a layer: ā^{l−1}, z^l, its ẑ^l (or None) and g(u^l)."""

    inputs: np.ndarray
    z: np.ndarray
    normalized: Normalized | None
    h: np.ndarray


def forward(stack: DeepStack, w: np.ndarray, X: np.ndarray, statistics: np.ndarray | None = None) -> list[Layer]:
    """Layers 1..L+1 for samples X (d, m), normalized by `statistics`, or by the batch itself where there are none."""
    (*thetas, last), (scales, shifts) = stack.mlp.thetas(w), stack.scales_and_shifts(w)
    g, output = stack.mlp.activations[0].g, stack.mlp.activations[-1].g
    layers, a = [], X
    for l, theta in enumerate(thetas, start=1):
        inputs = passes.with_one(a)
        u = z = theta @ inputs
        normalized = None
        if stack.batch_norm:
            mean, variance = batch_statistics(z) if statistics is None else statistics[:, l - 1, :, None]
            normalized = normalize(z, mean, variance)
            u = scales[l - 1] * normalized.z_hat + shifts[l - 1]
        layers.append(Layer(inputs, z, normalized, g(u)))
        a = a + layers[-1].h if stack.has_skip(l) else layers[-1].h
    inputs = passes.with_one(a)
    z = last @ inputs
    return [*layers, Layer(inputs, z, None, output(z))]


def backward(stack: DeepStack, w: np.ndarray, layers: list[Layer], delta: np.ndarray):
    """From δ^{L+1}: the list δ^1..δ^{L+1} and the gradient ∂E/∂w (n,)."""
    thetas, (scales, _) = stack.mlp.thetas(w), stack.scales_and_shifts(w)
    slope, deltas, e = stack.mlp.activations[0].derivative, [delta], 0.0
    norm_gradient = np.empty((2, *scales.shape), dtype=np.result_type(w, delta))
    for l in range(stack.depth, 0, -1):
        W_above = thetas[l][:, :-1]  # lists count from 0: entry l is layer l + 1
        e = W_above.T @ deltas[0] + (e if stack.has_skip(l + 1) else 0.0)
        delta = e * slope(layers[l - 1].h)
        if stack.batch_norm:
            delta, *norm_gradient[:, l - 1] = batch_norm_backward(delta, layers[l - 1].normalized, scales[l - 1])
        deltas.insert(0, delta)
    gradient = passes.collect(stack.mlp, [layer.inputs for layer in layers], deltas)
    return deltas, np.concatenate([gradient, norm_gradient.ravel()])


# ------------------------------------------------------------------------------------------------ the doors


class DeepStack:
    """A network of `depth` hidden layers of equal width, without weights.

    w begins with the weights and biases of an `MLP` of the same sizes, in its order; with batch normalization scale and
    shift of the hidden layers follow. (Normalization takes a bias out again: it has no effect and gradient 0 there.)

    Parameters
    ----------
    hidden, output : str
        Activations, as for `MLP`.
    batch_norm : bool, default False
        Normalize the pre-activations of every hidden layer over the batch.
    residual : bool, default False
        Add its input to the activation of every hidden layer but the first.

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

    def has_skip(self, l: int) -> bool:
        """Whether layer l adds its input to what it gives."""
        return self.residual and 2 <= l <= self.depth

    def init(self, seed: int | np.random.Generator, scheme: str = "xavier") -> FloatArray:
        """Draw a start for training (n,): weights and biases as `MLP.init` does, every scale 1 and every shift 0."""
        w = np.empty(self.n_params)
        w[: self.mlp.n_params] = self.mlp.init(seed, scheme)
        scales, shifts = self.scales_and_shifts(w)
        scales[...], shifts[...] = 1.0, 0.0
        return w

    def scales_and_shifts(self, w: np.ndarray) -> np.ndarray:
        """A view into w (2, L, width, 1), empty without batch normalization."""
        return w[self.mlp.n_params :].reshape(2, -1, self.width, 1)

    def unpack(self, w: ArrayLike) -> tuple[list[tuple[np.ndarray, np.ndarray]], np.ndarray, np.ndarray]:
        """Views into w: per layer 1..L+1 (W, b); scales and shifts (L, width), empty without batch normalization."""
        w = self.weights(w)
        return self.mlp.unpack(w[: self.mlp.n_params]), *self.scales_and_shifts(w)[..., 0]

    def weights(self, w: ArrayLike) -> np.ndarray:
        """w as an array of the right length; it may be complex, and need not be finite."""
        w = arguments.numbers("w", w)
        if w.shape != (self.n_params,):
            raise ValueError(f"w has shape {w.shape}, the stack takes ({self.n_params},)")
        return w

    def forward(self, w: ArrayLike, X: ArrayLike) -> Signals:
        """All z^l and a^l for inputs X (m, d) in training mode: X is the batch whose statistics are used."""
        layers = self._layers(w, X)
        a = [layer.inputs[:-1].T for layer in layers] + [layers[-1].h.T]
        return Signals([None, *(layer.z.T for layer in layers)], a)

    def statistics(self, w: ArrayLike, X: ArrayLike) -> FloatArray:
        """Means and variances of every z^l over a batch, (2, L, width): what `predict` may normalize by.

        The variances are unbiased, times m/(m − 1), because they stand for all data and not for this batch (Ioffe &
        Szegedy 2015, section 3.1).

        Examples
        --------
        >>> stack = DeepStack(1, 1, 1, 1, hidden="linear", batch_norm=True)
        >>> w = np.array([2.0, 0.0, 1.0, 0.0, 1.0, 0.0])         # z = 2x, output ẑ
        >>> statistics = stack.statistics(w, [[0.0], [1.0]])     # of z = 0 and 2
        >>> statistics.ravel()
        array([1., 2.])
        >>> stack.predict(w, [[0.5]], statistics)                # z = 1 is the mean
        array([[0.]])
        """
        hidden = self._layers(w, X)[:-1]
        m = hidden[0].z.shape[1]
        mean, variance = np.array([batch_statistics(layer.z) for layer in hidden]).swapaxes(0, 1)[..., 0]
        return np.array([mean, variance * m / max(m - 1, 1)])

    def predict(self, w: ArrayLike, X: ArrayLike, statistics: ArrayLike | None = None) -> FloatArray:
        """Outputs (m, K) for inputs X (m, d) in evaluation mode: each sample's own, whatever else is in X.

        With batch normalization it needs `statistics` to normalize by: those of all training samples, or a running
        average over batches.
        """
        return self._layers(w, X, self._checked(statistics))[-1].h.T

    def _layers(self, w, X, statistics=None) -> list[Layer]:
        w = arguments.all_finite("w", self.weights(w))
        return forward(self, w, self.mlp._inputs(X).T, statistics)

    def _checked(self, statistics):
        if not self.batch_norm:
            if statistics is not None:
                raise ValueError("statistics belong to batch_norm=True, this stack has batch_norm=False")
            return None
        if statistics is None:
            raise ValueError("batch_norm=True needs statistics to predict by, such as stack.statistics(w, X_training)")
        statistics, shape = arguments.real_array("statistics", statistics, 3), (2, self.depth, self.width)
        if statistics.shape != shape:
            raise ValueError(f"statistics have shape {statistics.shape}, the stack takes {shape}")
        if statistics[1].min() < 0:
            raise ValueError(f"statistics hold a variance below 0, {statistics[1].min():g}")
        return statistics


class DeepFit:
    """A deep stack and the data it is to fit, in training mode: what first-order optimizers see.

    With batch normalization the loss of a sample depends on the batch it is in, so the losses of the parts do not add
    up to the loss of the whole.

    Parameters
    ----------
    X, Y, cost
        As for `NetworkFit`.

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
        self.stack, self.X, self.Y, self.cost, self.n_params = stack, plain.X, plain.Y, plain.cost, stack.n_params
        self._cost = COSTS[cost, stack.mlp.output]

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
        return self._loss(forward(self.stack, self.stack.weights(w), self.X.T))

    def gradient(self, w: ArrayLike) -> FloatArray:
        """∂E/∂w (n,), by backpropagation."""
        return self.loss_and_gradient(w)[1]

    def loss_and_gradient(self, w: ArrayLike) -> tuple[float, FloatArray]:
        """E and ∂E/∂w for the price of one forward and one backward pass."""
        loss, _, gradient = self._passes(w)
        return loss, gradient

    def deltas(self, w: ArrayLike) -> list[FloatArray]:
        """Error signals δ^1..δ^{L+1}, each (m, units of its layer)."""
        return [delta.T for delta in self._passes(w)[1]]

    def delta_norms(self, w: ArrayLike) -> FloatArray:
        """|δ^1|..|δ^{L+1}| (L + 1,): each the root of the sum of squares over samples and units."""
        return np.array([np.linalg.norm(delta) for delta in self.deltas(w)])

    @quiet
    def _passes(self, w):
        """E, δ^1..δ^{L+1} and ∂E/∂w."""
        w = self.stack.weights(w)
        layers = forward(self.stack, w, self.X.T)
        delta = self._cost.delta(*self._outputs_and_targets(layers))
        return self._loss(layers), *backward(self.stack, w, layers, delta)

    def _loss(self, layers):
        E = self._cost.value(*self._outputs_and_targets(layers))
        return E if np.iscomplexobj(E) else float(E)

    def _outputs_and_targets(self, layers):
        return layers[-1].z, layers[-1].h, self.Y.T, self.stack.mlp.activations[-1]


def delta_norms_by_depth(
    X: ArrayLike, Y: ArrayLike, depths: Sequence[int], width: int, seed: int, *, scheme: str = "xavier", **options
) -> dict[int, FloatArray]:
    """For each depth L the norms |δ^1|..|δ^{L+1}| at the start of training, for squared error.

    Divided by the last one, they say what share of the output error arrives at each layer. Options go to `DeepStack`.

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
    if isinstance(depths, (str, bytes)) or not isinstance(depths, (Sequence, np.ndarray)) or len(depths) == 0:
        raise TypeError(f"depths must be a list of numbers of layers such as [2, 20], got {depths!r}")
    sizes = [(X.shape[1], width, depth, Y.shape[1]) for depth in depths]
    stacks = [DeepStack(*size, **options) for size in sizes]
    return {stack.depth: DeepFit(stack, X, Y).delta_norms(stack.init(seed, scheme)) for stack in stacks}
