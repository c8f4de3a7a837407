"""Multilayer perceptrons as pure functions of ONE flat weight vector w.

Layer l = 1..L holds Θ^l = [W^l b^l], units rows of inputs weights and then the bias; the layers follow each other in w.
What is computed with them is in `nnlib.backpropagation`. Arguments and results here hold one sample a ROW, as data
tables do; inside, one sample is a COLUMN, as in the formulas.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from nnlib import arguments
from nnlib import backpropagation as passes
from nnlib.activations import ACTIVATIONS
from nnlib.arguments import FloatArray
from nnlib.initializers import INITIALIZERS

# Samples handled at once where a result is summed over them: enough to keep the BLAS busy, few enough to stay in cache.
# No power of two: then the arrays' rows would begin multiples of 4096 bytes apart, and compete for places in the cache.
BLOCK_ROWS = 2000


class Signals(NamedTuple):
    """What a forward pass leaves behind: lists over layers of (m, units) arrays.

    ``z[l]`` and ``a[l]`` belong to layer l; a[0] is the input X, and z[0] is None because inputs have no z.
    """

    z: list
    a: list


class BackwardPass(NamedTuple):
    """What a backward pass gives: ``delta[l]`` (m, units) for layer l (delta[0] is None) and the ``gradient`` (n,)."""

    delta: list
    gradient: FloatArray


def row_blocks(rows: int, size: int = BLOCK_ROWS) -> Iterator[slice]:
    """Slices that cut `rows` rows into blocks of at most `size`."""
    return (slice(start, start + size) for start in range(0, rows, size))


def table(name: str, value: ArrayLike, columns: int, network: str) -> FloatArray:
    """Samples in the rows of a matrix of so many columns, for which a vector will do if it is one."""
    array = arguments.real_array(name, value, (1, 2))
    if array.ndim == 1 and columns == 1:
        return array[:, None]
    if array.ndim != 2 or array.shape[1] != columns:
        found = f"{array.shape[1]} columns" if array.ndim == 2 else "no columns, only one axis"
        raise ValueError(f"{name} has {found}, the network {network} (one sample a row)")
    return array


class MLP:
    """A multilayer perceptron: layer sizes and activations, without weights.

    Parameters
    ----------
    sizes : sequence of int
        Inputs, units of each hidden layer, outputs; at least two numbers. ``[1, 10, 1]`` has one hidden layer.
    hidden : {"tanh", "logistic", "relu", "linear"}, default "tanh"
        Activation of all hidden layers.
    output : {"linear", "tanh", "logistic", "relu", "softmax"}, default "linear"
        Activation of the output layer.

    Attributes
    ----------
    n_params, n_inputs, n_outputs : int
        n weights and biases, the length of w; d and K.

    Examples
    --------
    >>> net = MLP([2, 3, 1])
    >>> net
    MLP([2, 3, 1], hidden='tanh', output='linear')  # 13 weights and biases
    >>> net.predict(net.init(seed=0), [[0.0, 1.0], [1.0, 0.0]]).shape
    (2, 1)
    """

    def __init__(self, sizes: Sequence[int], hidden: str = "tanh", output: str = "linear"):
        if isinstance(sizes, (str, bytes)) or not isinstance(sizes, (Sequence, np.ndarray)):
            raise TypeError(f"sizes must be a list of layer sizes such as [1, 10, 1], got {sizes!r}")
        if len(sizes) < 2:
            raise ValueError(f"sizes needs at least inputs and outputs, such as [1, 1], got {list(sizes)}")
        self.sizes = tuple(arguments.integer(f"sizes[{i}]", size, at_least=1) for i, size in enumerate(sizes))
        elementwise = [name for name, activation in ACTIVATIONS.items() if activation.elementwise]
        self.hidden = arguments.choice("hidden", hidden, elementwise)
        self.output = arguments.choice("output", output, ACTIVATIONS)

        layers = list(zip(self.sizes[1:], self.sizes[:-1], strict=True))
        self.activations = [ACTIVATIONS[self.hidden]] * (len(layers) - 1) + [ACTIVATIONS[self.output]]
        self.shapes = [(units, inputs + 1) for units, inputs in layers]
        ends = np.cumsum([units * columns for units, columns in self.shapes]).tolist()
        self.slices = [slice(start, end) for start, end in zip([0, *ends[:-1]], ends, strict=True)]
        self.n_params = ends[-1]
        self.n_inputs, self.n_outputs = self.sizes[0], self.sizes[-1]

    def __repr__(self) -> str:
        sizes = list(self.sizes)
        return f"MLP({sizes}, hidden={self.hidden!r}, output={self.output!r})  # {self.n_params} weights and biases"

    def init(
        self, seed: int | np.random.Generator, scheme: str = "nguyen-widrow", input_range=(-1.0, 1.0)
    ) -> FloatArray:
        """Draw a start w (n,) for training; the same seed gives the same weights.

        Parameters
        ----------
        scheme : {"nguyen-widrow", "xavier", "he", "uniform", "zeros"}, default "nguyen-widrow"
            See `nnlib.initializers`.
        input_range : pair of floats, default (−1, 1)
            Range of the inputs; only "nguyen-widrow" looks at it: it places its hidden units there.
        """
        rng = arguments.random_generator("seed", seed)
        draw = INITIALIZERS[arguments.choice("scheme", scheme, INITIALIZERS)]
        ends = arguments.real_array("input_range", input_range, 1).tolist()
        if len(ends) != 2 or not ends[0] < ends[1]:
            raise ValueError(f"input_range must be two numbers that rise from low to high, got {ends}")
        low, high = ends
        w = np.empty(self.n_params)
        last = len(self.shapes) - 1
        for layer, (W_view, b_view) in enumerate(self.unpack(w)):
            units, inputs = W_view.shape
            W, b = draw(inputs, units, layer == last, rng)
            if layer == 0 and scheme == "nguyen-widrow":
                # The scheme is made for inputs in [−1, 1]: fold the map from input_range to there into the weights.
                W = W * (2 / (high - low))
                b = b - W.sum(axis=1) * (low + high) / 2
            W_view[...], b_view[...] = W, b
        return w

    def unpack(self, w: ArrayLike) -> list[tuple[np.ndarray, np.ndarray]]:
        """Per layer (W, b): views into w, shapes (units, inputs) and (units,).

        Writing to them writes to w, if that is an array and not a list.
        """
        return [(theta[:, :-1], theta[:, -1]) for theta in self.thetas(self._weights(w))]

    def _weights(self, w: ArrayLike) -> np.ndarray:
        w = arguments.numbers("w", w)
        if w.shape != (self.n_params,):
            raise ValueError(f"w has shape {w.shape}, the network {list(self.sizes)} takes ({self.n_params},)")
        return w

    def _finite_weights(self, w: ArrayLike) -> np.ndarray:
        return arguments.all_finite("w", self._weights(w))

    def _inputs(self, X: ArrayLike) -> np.ndarray:
        return table("X", X, self.n_inputs, f"takes {self.n_inputs} inputs")

    def thetas(self, w: np.ndarray) -> list[np.ndarray]:
        return [w[at].reshape(shape) for at, shape in zip(self.slices, self.shapes, strict=True)]

    def predict(self, w: ArrayLike, X: ArrayLike) -> FloatArray:
        """Outputs (m, K) at inputs X (m, d), one sample a row; with one input a plain vector (m,) will do."""
        thetas, X = self.thetas(self._finite_weights(w)), self._inputs(X)
        outputs = np.empty((len(X), self.n_outputs), dtype=np.result_type(thetas[0], float))
        for rows in row_blocks(len(X)):
            _, _, a = passes.forward(self, thetas, X[rows].T)
            outputs[rows] = a.T
        return outputs

    def forward(self, w: ArrayLike, X: ArrayLike) -> Signals:
        """All signals of a forward pass, for looking at and for `backprop`."""
        inputs, zs, a = passes.forward(self, self.thetas(self._finite_weights(w)), self._inputs(X).T)
        return Signals([None, *(z.T for z in zs)], [layer[:-1].T for layer in inputs] + [a.T])

    def backprop(self, w: ArrayLike, signals: Signals, delta_output: ArrayLike) -> BackwardPass:
        """Carry an output error back through the network and collect the gradient, summed over the samples.

        Parameters
        ----------
        signals : Signals
            From `forward` at the same w.
        delta_output : (m, K) array
            δ^L = ∂E/∂z^L: (a − y) ⊙ g′(z) for E = ½Σ(a − y)², a − y for cross-entropy.
        """
        thetas = self.thetas(self._finite_weights(w))
        if not isinstance(signals, Signals):
            raise TypeError(f"signals must be Signals, as forward gives, got {type(signals).__name__}")
        units = tuple(a.shape[1] for a in signals.a)
        if units != self.sizes:
            raise ValueError(f"signals are of layers of {list(units)} units, the network has {list(self.sizes)}")
        delta = arguments.real_array("delta_output", delta_output, 2)
        if delta.shape != signals.a[-1].shape:
            raise ValueError(f"delta_output has shape {delta.shape}, the outputs have {signals.a[-1].shape}")
        inputs = [passes.with_one(a.T) for a in signals.a[:-1]]
        deltas = [delta[:, 0] for delta in passes.backward(self, thetas, inputs, delta.T[:, None])]
        return BackwardPass([None, *(delta.T for delta in deltas)], passes.collect(self, inputs, deltas))

    def jacobian(self, w: ArrayLike, X: ArrayLike) -> FloatArray:
        """∂ŷ/∂w (m·K, n) by backpropagation from each output: row s·K + k belongs to output k of sample s.

        Examples
        --------
        >>> net = MLP([1, 1])                       # prediction w x + b
        >>> net.jacobian([3.0, 1.0], [[2.0], [5.0]])
        array([[2., 1.],
               [5., 1.]])
        """
        thetas, X = self.thetas(self._finite_weights(w)), self._inputs(X)
        JT = np.empty((self.n_params, len(X), self.n_outputs), dtype=np.result_type(thetas[0], float))
        for rows in row_blocks(len(X)):
            inputs, _, a = passes.forward(self, thetas, X[rows].T)
            passes.write_jacobian(self, JT[:, rows], thetas, inputs, a)
        return JT.reshape(self.n_params, -1).T
