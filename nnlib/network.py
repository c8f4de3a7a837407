"""Multilayer perceptrons as pure functions of ONE flat weight vector w.

Layer l = 1..L holds Θ^l = [W^l b^l], units rows of inputs weights and then the bias; the layers follow each other in w.
With a one appended to each layer's inputs, ā = [a, 1], a layer is a single product, z^l = Θ^l ā^{l−1}, for the whole
batch Z = Ā Θᵀ (one sample a row), and so are all derivatives:

    forward    z^l = Θ^l ā^{l−1},  a^l = g(z^l),  a^0 = x
    backward   δ^l = ((W^{l+1})ᵀ δ^{l+1}) ⊙ g′(z^l)
    gradient   ∂E/∂Θ^l = Σ_samples δ^l (ā^{l−1})ᵀ

The Jacobian is the same backward pass started from each output instead of from the error (Hagan & Menhaj 1994).
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

# Rows handled at once where a result is summed over samples: enough to keep the BLAS busy, few enough to stay in cache.
BLOCK_ROWS = 512


class Signals(NamedTuple):
    """What a forward pass leaves behind: lists over layers of (m, units) arrays.

    ``z[l]`` and ``a[l]`` belong to layer l; a[0] is the input X, and z[0] is None because inputs have no pre-activation.
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
        low, high = check.real_array("input_range", input_range, 1)
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
        """Per layer (W, b): views into w, shapes (units, inputs) and (units,). Writing to them writes to w."""
        return [(theta[:, :-1], theta[:, -1]) for theta in self._thetas(self._weights(w))]

    def _weights(self, w: ArrayLike) -> np.ndarray:
        w = np.asarray(w)
        if w.dtype.kind not in "fiuc":
            raise TypeError(f"w must hold numbers, got dtype {w.dtype}")
        if w.shape != (self.n_params,):
            raise ValueError(f"w has shape {w.shape}, the network {list(self.sizes)} takes ({self.n_params},)")
        return w

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
        thetas, X = self._thetas(self._weights(w)), self._inputs(X)
        outputs = np.empty((len(X), self.n_outputs), dtype=np.result_type(thetas[0], float))
        for rows in row_blocks(len(X)):
            outputs[rows] = self._forward(thetas, X[rows])[2]
        return outputs

    def forward(self, w: ArrayLike, X: ArrayLike) -> Signals:
        """All signals of a forward pass, for looking at and for `backprop`.

        Returns
        -------
        Signals
            ``z[l]`` and ``a[l]``, each (m, units of layer l); a[0] = X.
        """
        inputs, z, a = self._forward(self._thetas(self._weights(w)), self._inputs(X), keep_z=True)
        return Signals([None, *z], [layer[:, :-1] for layer in inputs] + [a])

    def _forward(self, thetas, X, keep_z=False):
        """Inputs ā^{l−1} of every layer (m, inputs + 1), the z asked for, and the outputs a^L."""
        inputs, kept, a = [], [], X
        for theta, activation in zip(thetas, self._activations, strict=True):
            with_one = np.empty((len(a), theta.shape[1]), dtype=a.dtype)
            with_one[:, :-1], with_one[:, -1] = a, 1.0
            inputs.append(with_one)
            z = with_one @ theta.T
            a = activation.g(z)
            if keep_z:
                kept.append(z)
        return inputs, kept if keep_z else z, a

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
        thetas = self._thetas(self._weights(w))
        inputs = [np.column_stack([a, np.ones(len(a))]) for a in signals.a[:-1]]
        delta = np.asarray(delta_output, dtype=float)
        if delta.shape != signals.a[-1].shape:
            raise ValueError(f"delta_output has shape {delta.shape}, the outputs have {signals.a[-1].shape}")
        deltas = self._backward(thetas, inputs, delta)
        return Backpropagation([None, *deltas], self._gradient(inputs, deltas))

    def _backward(self, thetas, inputs, delta):
        """δ^1..δ^L from δ^L."""
        deltas = [delta]
        for layer in range(len(thetas) - 1, 0, -1):
            slope = self._activations[layer - 1].derivative(inputs[layer][:, :-1])
            deltas.append((deltas[-1] @ thetas[layer][:, :-1]) * slope)
        return deltas[::-1]

    def _gradient(self, inputs, deltas):
        g = np.empty(self.n_params, dtype=np.result_type(deltas[0], inputs[0]))
        for at, delta, a in zip(self._slices, deltas, inputs, strict=True):
            g[at] = (delta.T @ a).ravel()
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
        thetas, X = self._thetas(self._weights(w)), self._inputs(X)
        J = np.empty((len(X), self.n_outputs, self.n_params), dtype=np.result_type(thetas[0], float))
        for rows in row_blocks(len(X)):
            inputs, _, a = self._forward(thetas, X[rows])
            self._write_jacobian(J[rows], inputs, self._sensitivities(thetas, inputs, self._output_slopes(a)))
        return J.reshape(-1, self.n_params)

    def _output_slopes(self, a):
        """∂a^L/∂z^L (m, K, K): outputs, then pre-activations."""
        each_output = np.broadcast_to(np.eye(self.n_outputs), (len(a), self.n_outputs, self.n_outputs))
        return self._activations[-1].pull(a[:, None, :], each_output)

    def _sensitivities(self, thetas, inputs, last):
        """D^l = ∂(what `last` differentiates)/∂z^l for every layer, (m, K, units): δ for K errors at once."""
        m, K, _ = last.shape
        D = [last]
        for layer in range(len(thetas) - 1, 0, -1):
            slope = self._activations[layer - 1].derivative(inputs[layer][:, :-1])
            back = D[-1].reshape(m * K, -1) @ thetas[layer][:, :-1]
            D.append(back.reshape(m, K, -1) * slope[:, None, :])
        return D[::-1]

    def _write_jacobian(self, J, inputs, D):
        """Fill J (m, K, n): the block of a layer is the outer product of its D and its inputs."""
        for at, (units, columns), d, a in zip(self._slices, self._shapes, D, inputs, strict=True):
            block = J[:, :, at].reshape(*J.shape[:2], units, columns)  # a view: splitting the last axis copies nothing
            np.multiply(d[:, :, :, None], a[:, None, None, :], out=block)

    # ------------------------------------------------------------------------------------------------ second derivatives

    def _gradient_along(self, w, v, X, Y, cost):
        """Change of the gradient along v, which is H v: Pearlmutter's R-operator, forward over reverse.

        Each line of the forward and backward pass is followed by its derivative in the direction v; R_ marks it.
        """
        thetas, R_thetas = self._thetas(w), self._thetas(v)
        inputs, z, a = self._forward(thetas, X)

        R_inputs, R_zs, R_a = [], [], np.zeros_like(X)
        for theta, R_theta, layer_input, activation, layer_output in zip(
            thetas, R_thetas, inputs, self._activations, [*(i[:, :-1] for i in inputs[1:]), a], strict=True
        ):
            R_inputs.append(np.column_stack([R_a, np.zeros(len(R_a))]))  # the appended one does not move
            R_zs.append(R_inputs[-1] @ theta.T + layer_input @ R_theta.T)
            R_a = activation.pull(layer_output, R_zs[-1])

        output = self._activations[-1]
        delta, R_delta = cost.delta(z, a, Y, output), cost.delta_along(z, a, Y, output, R_zs[-1])
        deltas, R_deltas = [delta], [R_delta]
        for layer in range(len(thetas) - 1, 0, -1):
            activation, hidden = self._activations[layer - 1], inputs[layer][:, :-1]
            W, R_W = thetas[layer][:, :-1], R_thetas[layer][:, :-1]
            slope, R_slope = activation.derivative(hidden), activation.second_derivative(hidden) * R_zs[layer - 1]
            back, R_back = delta @ W, R_delta @ W + delta @ R_W
            delta, R_delta = back * slope, R_back * slope + back * R_slope
            deltas.append(delta)
            R_deltas.append(R_delta)

        Hv = np.empty(self.n_params)
        for at, delta, R_delta, a, R_a in zip(
            self._slices, deltas[::-1], R_deltas[::-1], inputs, R_inputs, strict=True
        ):
            Hv[at] = (R_delta.T @ a + delta.T @ R_a).ravel()
        return Hv

    def _add_outer_products(self, H, inputs, D):
        """Add Σ_samples Σ_outputs j jᵀ to H, where j = D ⊗ input is a row of the Jacobian that is never formed.

        The outputs are summed away first (Fairbank & Alonso 2012, Efficient calculation of the Gauss-Newton
        approximation of the Hessian matrix in neural networks, Neural Computation 24): the block of layers l, m is
        Σ_s (D_lᵀ D_m)_s ⊗ (ā_l ā_mᵀ)_s. Only blocks on and above the diagonal are filled; see `mirror_upper`.
        """
        for l, (rows, D_l, a_l) in enumerate(zip(self._slices, D, inputs, strict=True)):
            H[rows, rows] += _same_layer_block(np.matmul(D_l.transpose(0, 2, 1), D_l), a_l)
            for m in range(l + 1, len(D)):
                H[rows, self._slices[m]] += _two_layer_block(np.matmul(D_l.transpose(0, 2, 1), D[m]), a_l, inputs[m])


def _two_layer_block(G, a_l, a_m):
    """Σ_s G_s ⊗ (a_l a_mᵀ)_s for G (rows, units_l, units_m): shape (units_l·p, units_m·q)."""
    rows, s, r = G.shape
    p, q = a_l.shape[1], a_m.shape[1]
    pairs = (a_l[:, :, None] * a_m[:, None, :]).reshape(rows, p * q)
    block = (G.reshape(rows, s * r).T @ pairs).reshape(s, r, p, q)
    return block.transpose(0, 2, 1, 3).reshape(s * p, r * q)


def _same_layer_block(G, a):
    """The same for l = m: both factors are symmetric, so a quarter of the products is enough."""
    s, p = G.shape[1], a.shape[1]
    i, j = np.triu_indices(s)
    u, v = np.triu_indices(p)
    halves = G[:, i, j].T @ (a[:, u] * a[:, v])
    pairs = np.empty((len(i), p, p))
    pairs[:, u, v] = pairs[:, v, u] = halves
    block = np.empty((s, s, p, p))
    block[i, j] = block[j, i] = pairs
    return block.transpose(0, 2, 1, 3).reshape(s * p, s * p)


def mirror_upper(H: np.ndarray) -> np.ndarray:
    """Copy the upper triangle of H onto the lower one, in place."""
    lower = np.tril_indices(len(H), -1)
    H[lower] = H.T[lower]
    return H
