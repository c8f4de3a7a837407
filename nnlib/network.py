"""Multilayer perceptrons as pure functions of ONE flat weight vector w.

Layer l = 1..L holds Θ^l = [W^l b^l], units rows of inputs weights and then the bias; the layers follow each other in w.
With a one appended to each layer's inputs, ā = [a, 1], a layer is a single product, z^l = Θ^l ā^{l−1}, and so are all
derivatives:

    forward    z^l = Θ^l ā^{l−1},  a^l = g(z^l),  a^0 = x
    backward   δ^l = ((W^{l+1})ᵀ δ^{l+1}) ⊙ g′(z^l)
    gradient   ∂E/∂Θ^l = Σ_samples δ^l (ā^{l−1})ᵀ

The Jacobian is the same backward pass started from each output instead of from the error (Hagan & Menhaj 1994).

Arguments and results hold one sample a ROW, as data tables do. Inside, one sample is a COLUMN, as in the formulas:
arrays are (units, samples), Z = Θ Ā does all samples at once, and each unit's numbers lie side by side in memory.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nnlib import _arguments as check
from nnlib.activations import ACTIVATIONS
from nnlib.initializers import INITIALIZERS

FloatArray = NDArray[np.float64]

# Samples handled at once where a result is summed over them: enough to keep the BLAS busy, few enough to stay in cache.
# No power of two: then the arrays' rows would begin multiples of 4096 bytes apart, and compete for places in the cache.
BLOCK_ROWS = 2000


class Signals(NamedTuple):
    """What a forward pass leaves behind: lists over layers of (m, units) arrays.

    ``z[l]`` and ``a[l]`` belong to layer l; a[0] is the input X, and z[0] is None because inputs have no z.
    """

    z: list
    a: list


class Backpropagation(NamedTuple):
    """What a backward pass gives: ``delta[l]`` (m, units) for layer l (delta[0] is None) and the ``gradient`` (n,)."""

    delta: list
    gradient: FloatArray


def row_blocks(rows: int, size: int = BLOCK_ROWS) -> Iterator[slice]:
    """Slices that cut `rows` rows into blocks of at most `size`."""
    return (slice(start, start + size) for start in range(0, rows, size))


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
    n_params : int
        Number n of weights and biases: the length of w.
    n_inputs, n_outputs : int
        d and K.

    Raises
    ------
    TypeError, ValueError
        For sizes that are not positive whole numbers and for unknown activations.

    References
    ----------
    Rumelhart, Hinton & Williams (1986), Learning representations by back-propagating errors, Nature 323.

    Examples
    --------
    >>> net = MLP([2, 3, 1])
    >>> net
    MLP([2, 3, 1], hidden='tanh', output='linear')  # 13 weights and biases
    >>> w = net.init(seed=0)
    >>> net.predict(w, [[0.0, 1.0], [1.0, 0.0]]).shape
    (2, 1)
    """

    def __init__(self, sizes: Sequence[int], hidden: str = "tanh", output: str = "linear"):
        if isinstance(sizes, (str, bytes)) or not isinstance(sizes, (Sequence, np.ndarray)):
            raise TypeError(f"sizes must be a list of layer sizes such as [1, 10, 1], got {sizes!r}")
        if len(sizes) < 2:
            raise ValueError(f"sizes needs at least inputs and outputs, such as [1, 1], got {list(sizes)}")
        self.sizes = tuple(check.integer(f"sizes[{i}]", size, at_least=1) for i, size in enumerate(sizes))
        elementwise = [name for name, activation in ACTIVATIONS.items() if activation.elementwise]
        self.hidden = check.choice("hidden", hidden, elementwise)
        self.output = check.choice("output", output, ACTIVATIONS)

        layers = list(zip(self.sizes[1:], self.sizes[:-1], strict=True))
        self._activations = [ACTIVATIONS[self.hidden]] * (len(layers) - 1) + [ACTIVATIONS[self.output]]
        self._shapes = [(units, inputs + 1) for units, inputs in layers]
        ends = np.cumsum([units * columns for units, columns in self._shapes]).tolist()
        self._slices = [slice(start, end) for start, end in zip([0, *ends[:-1]], ends, strict=True)]
        self.n_params = ends[-1]
        self.n_inputs, self.n_outputs = self.sizes[0], self.sizes[-1]
        self._each_output = np.eye(self.n_outputs)[:, :, None]

    def __repr__(self) -> str:
        sizes = list(self.sizes)
        return f"MLP({sizes}, hidden={self.hidden!r}, output={self.output!r})  # {self.n_params} weights and biases"

    # ------------------------------------------------------------------------------------------------ weights

    def init(
        self, seed: int | np.random.Generator, scheme: str = "nguyen-widrow", input_range=(-1.0, 1.0)
    ) -> FloatArray:
        """Draw a start for training.

        Parameters
        ----------
        seed : int or numpy Generator
            The same seed gives the same weights.
        scheme : {"nguyen-widrow", "xavier", "he", "uniform", "zeros"}, default "nguyen-widrow"
            See `nnlib.initializers`.
        input_range : pair of floats, default (−1, 1)
            Range of the inputs; only "nguyen-widrow" looks at it: it places its hidden units there.

        Returns
        -------
        (n,) float64 array
            The flat weight vector w.
        """
        rng = check.random_generator("seed", seed)
        draw = INITIALIZERS[check.choice("scheme", scheme, INITIALIZERS)]
        input_range = check.real_array("input_range", input_range, 1)
        if len(input_range) != 2:
            raise ValueError(f"input_range must be two numbers, low and high, got {len(input_range)}")
        low, high = input_range
        if not low < high:
            raise ValueError(f"input_range must rise from low to high, got ({low:g}, {high:g})")
        w = np.empty(self.n_params)
        last = len(self._shapes) - 1
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
        return [(theta[:, :-1], theta[:, -1]) for theta in self._thetas(self._weights(w))]

    def _weights(self, w: ArrayLike) -> np.ndarray:
        w = check.numbers("w", w)
        if w.shape != (self.n_params,):
            raise ValueError(f"w has shape {w.shape}, the network {list(self.sizes)} takes ({self.n_params},)")
        return w

    def _finite_weights(self, w: ArrayLike) -> np.ndarray:
        return check.all_finite("w", self._weights(w))

    def _inputs(self, X: ArrayLike) -> np.ndarray:
        X = check.real_array("X", X, (1, 2))
        if X.ndim == 1 and self.n_inputs == 1:
            X = X[:, None]
        if X.ndim != 2 or X.shape[1] != self.n_inputs:
            columns = f"{X.shape[1]} columns" if X.ndim == 2 else "no columns, only one axis"
            raise ValueError(f"X has {columns}, the network takes {self.n_inputs} inputs (one sample a row)")
        return X

    def _thetas(self, w: np.ndarray) -> list[np.ndarray]:
        return [w[at].reshape(shape) for at, shape in zip(self._slices, self._shapes, strict=True)]

    # ------------------------------------------------------------------------------------------------ forward

    def predict(self, w: ArrayLike, X: ArrayLike) -> FloatArray:
        """Outputs of the network.

        Parameters
        ----------
        w : (n,) array
        X : (m, d) array
            One sample a row; with one input a plain vector (m,) will do.

        Returns
        -------
        (m, K) array
        """
        thetas, X = self._thetas(self._finite_weights(w)), self._inputs(X)
        outputs = np.empty((len(X), self.n_outputs), dtype=np.result_type(thetas[0], float))
        for rows in row_blocks(len(X)):
            _, _, a = self._forward(thetas, X[rows].T)
            outputs[rows] = a.T
        return outputs

    def forward(self, w: ArrayLike, X: ArrayLike) -> Signals:
        """All signals of a forward pass, for looking at and for `backprop`.

        Returns
        -------
        Signals
            ``z[l]`` and ``a[l]``, each (m, units of layer l); a[0] = X.
        """
        inputs, zs, a = self._forward(self._thetas(self._finite_weights(w)), self._inputs(X).T)
        return Signals([None, *(z.T for z in zs)], [layer[:-1].T for layer in inputs] + [a.T])

    def _forward(self, thetas, X):
        """Of samples X (d, m): inputs ā^{l−1} (inputs + 1, m) and z^l of every layer, and the outputs a^L (K, m)."""
        inputs, zs, a = [], [], X
        for theta, activation in zip(thetas, self._activations, strict=True):
            inputs.append(_with_one(a))
            zs.append(theta @ inputs[-1])
            a = activation.g(zs[-1])
        return inputs, zs, a

    # ------------------------------------------------------------------------------------------------ backward

    def backprop(self, w: ArrayLike, signals: Signals, delta_output: ArrayLike) -> Backpropagation:
        """Carry an output error back through the network and collect the gradient.

        Parameters
        ----------
        w : (n,) array
        signals : Signals
            From `forward` at the same w.
        delta_output : (m, K) array
            δ^L = ∂E/∂z^L: (a − y) ⊙ g′(z) for E = ½Σ(a − y)², a − y for cross-entropy.

        Returns
        -------
        Backpropagation
            ``delta`` per layer and the ``gradient`` ∂E/∂w (n,), summed over the samples.
        """
        thetas = self._thetas(self._finite_weights(w))
        if not isinstance(signals, Signals):
            raise TypeError(f"signals must be Signals, as forward gives, got {type(signals).__name__}")
        units = tuple(a.shape[1] for a in signals.a)
        if units != self.sizes:
            raise ValueError(f"signals are of layers of {list(units)} units, the network has {list(self.sizes)}")
        delta = check.real_array("delta_output", delta_output, 2)
        if delta.shape != signals.a[-1].shape:
            raise ValueError(f"delta_output has shape {delta.shape}, the outputs have {signals.a[-1].shape}")
        inputs = [_with_one(a.T) for a in signals.a[:-1]]
        deltas = [delta[:, 0] for delta in self._backward(thetas, inputs, delta.T[:, None])]
        return Backpropagation([None, *(delta.T for delta in deltas)], self._collect(inputs, deltas))

    def _backward(self, thetas, inputs, errors):
        """δ^1..δ^L from δ^L, for several errors at once: each δ^l is (units, errors, m)."""
        deltas = [errors]
        for layer in range(len(thetas) - 1, 0, -1):
            deltas.append(self._one_layer_back(thetas, inputs, layer, deltas[-1]))
        return deltas[::-1]

    def _one_layer_back(self, thetas, inputs, layer, delta):
        """δ^l = ((W^{l+1})ᵀ δ^{l+1}) ⊙ g′(z^l), in one product for all errors and samples."""
        WT = thetas[layer][:, :-1].T
        slope = self._activations[layer - 1].derivative(inputs[layer][:-1])
        return (WT @ delta.reshape(len(delta), -1)).reshape(len(WT), *delta.shape[1:]) * slope[:, None]

    def _gradient(self, thetas, inputs, delta):
        """∂E/∂w from δ^L (K, m)."""
        return self._collect(inputs, [delta[:, 0] for delta in self._backward(thetas, inputs, delta[:, None])])

    def _collect(self, inputs, deltas):
        """∂E/∂Θ^l = δ^l (ā^{l−1})ᵀ for every layer, as one vector; each δ^l is (units, m)."""
        g = np.empty(self.n_params, dtype=np.result_type(deltas[0], inputs[0]))
        for at, delta, a in zip(self._slices, deltas, inputs, strict=True):
            g[at] = (delta @ a.T).ravel()
        return g

    # ------------------------------------------------------------------------------------------------ Jacobian

    def jacobian(self, w: ArrayLike, X: ArrayLike) -> FloatArray:
        """Derivative of every output of every sample by every weight, by backpropagation from each output.

        Parameters
        ----------
        w : (n,) array
        X : (m, d) array

        Returns
        -------
        (m·K, n) array
            Row s·K + k is ∂(output k of sample s)/∂w; columns in the order of w.

        References
        ----------
        Hagan & Menhaj (1994), Training feedforward networks with the Marquardt algorithm, IEEE TNN 5(6).

        Examples
        --------
        >>> net = MLP([1, 1])                       # prediction w x + b
        >>> net.jacobian([3.0, 1.0], [[2.0], [5.0]])
        array([[2., 1.],
               [5., 1.]])
        """
        thetas, X = self._thetas(self._finite_weights(w)), self._inputs(X)
        JT = np.empty((self.n_params, len(X), self.n_outputs), dtype=np.result_type(thetas[0], float))
        for rows in row_blocks(len(X)):
            inputs, _, a = self._forward(thetas, X[rows].T)
            self._write_jacobian(JT[:, rows], thetas, inputs, a)
        return JT.reshape(self.n_params, -1).T

    def _write_jacobian(self, JT, thetas, inputs, a):
        """Fill JT (n, m, K): the rows of a layer are the products of its δ, one for each output, with its inputs."""
        deltas = self._backward(thetas, inputs, self._activations[-1].pull(a[:, None], self._each_output))
        for at, (units, columns), delta, a_bar in zip(self._slices, self._shapes, deltas, inputs, strict=True):
            block = JT[at].reshape(units, columns, *JT.shape[1:])  # a view: splitting the first axis copies nothing
            np.multiply(delta.transpose(0, 2, 1)[:, None], a_bar[:, :, None], out=block)

    # ---------------------------------------------------------------------------------------------- second derivatives

    def _gradient_along(self, w, v, X, Y, cost):
        """Change of the gradient along v, which is H v: Pearlmutter's R-operator, forward over reverse.

        Each line of the forward and backward pass is followed by its derivative in the direction v; R_ marks it.
        """
        thetas, R_thetas = self._thetas(w), self._thetas(v)
        inputs, zs, a = self._forward(thetas, X)

        R_inputs, R_zs, R_a = [], [], np.zeros_like(X)
        for theta, R_theta, layer_input, activation, layer_output in zip(
            thetas, R_thetas, inputs, self._activations, [*(i[:-1] for i in inputs[1:]), a], strict=True
        ):
            R_inputs.append(np.vstack([R_a, np.zeros(R_a.shape[1])]))  # the appended one does not move
            R_zs.append(theta @ R_inputs[-1] + R_theta @ layer_input)
            R_a = activation.pull(layer_output, R_zs[-1])

        output = self._activations[-1]
        delta, R_delta = cost.delta(zs[-1], a, Y, output), cost.delta_along(zs[-1], a, Y, output, R_zs[-1])
        deltas, R_deltas = [delta], [R_delta]
        for layer in range(len(thetas) - 1, 0, -1):
            activation, hidden = self._activations[layer - 1], inputs[layer][:-1]
            WT, R_WT = thetas[layer][:, :-1].T, R_thetas[layer][:, :-1].T
            slope, R_slope = activation.derivative(hidden), activation.second_derivative(hidden) * R_zs[layer - 1]
            back, R_back = WT @ delta, WT @ R_delta + R_WT @ delta
            delta, R_delta = back * slope, R_back * slope + back * R_slope
            deltas.append(delta)
            R_deltas.append(R_delta)

        Hv = np.empty(self.n_params)
        for at, delta, R_delta, a, R_a in zip(
            self._slices, deltas[::-1], R_deltas[::-1], inputs, R_inputs, strict=True
        ):
            Hv[at] = (R_delta @ a.T + delta @ R_a.T).ravel()
        return Hv


def _with_one(a):
    """ā = [a, 1]: the activations (units, m) with a row of ones below them, which the biases multiply."""
    a_bar = np.empty((len(a) + 1, a.shape[1]), dtype=a.dtype)
    a_bar[:-1], a_bar[-1] = a, 1.0
    return a_bar
