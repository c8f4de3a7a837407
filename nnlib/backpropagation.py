"""Backpropagation of all samples at once: the passes that `MLP`, the problems and the Gauss–Newton matrix are made of.

Layer l = 1..L holds Θ^l = [W^l b^l]. With a one appended to each layer's inputs, ā = [a, 1], a layer is one product,
z^l = Θ^l ā^{l−1}, and so are all derivatives:

    forward    z^l = Θ^l ā^{l−1},  a^l = g(z^l),  a^0 = x
    backward   δ^l = ((W^{l+1})ᵀ δ^{l+1}) ⊙ g′(z^l)
    gradient   ∂E/∂Θ^l = Σ_samples δ^l (ā^{l−1})ᵀ

The Jacobian is the same backward pass started from each output instead of from the error. One sample is a COLUMN, as in
the formulas: arrays are (units, samples), Z = Θ Ā does all samples at once, and each unit's numbers are neighbors.

References
----------
Rumelhart, Hinton & Williams (1986), Learning representations by back-propagating errors, Nature 323.
Hagan & Menhaj (1994), Training feedforward networks with the Marquardt algorithm, IEEE TNN 5(6): the Jacobian.
Pearlmutter (1994), Fast exact multiplication by the Hessian, Neural Computation 6(1): `gradient_along`.
"""

from __future__ import annotations

import numpy as np


def forward(net, thetas, X):
    """Of samples X (d, m): inputs ā^{l−1} (inputs + 1, m) and z^l of every layer, and the outputs a^L (K, m)."""
    inputs, zs, a = [], [], X
    for theta, activation in zip(thetas, net.activations, strict=True):
        inputs.append(with_one(a))
        zs.append(theta @ inputs[-1])
        a = activation.g(zs[-1])
    return inputs, zs, a


def backward(net, thetas, inputs, errors):
    """δ^1..δ^L from δ^L, for several errors at once: each δ^l is (units, errors, m)."""
    deltas = [errors]
    for layer in range(len(thetas) - 1, 0, -1):
        deltas.append(one_layer_back(net, thetas, inputs, layer, deltas[-1]))
    return deltas[::-1]


def one_layer_back(net, thetas, inputs, layer, delta):
    """δ^l = ((W^{l+1})ᵀ δ^{l+1}) ⊙ g′(z^l), in one product for all errors and samples."""
    WT = thetas[layer][:, :-1].T
    slope = net.activations[layer - 1].derivative(inputs[layer][:-1])
    return (WT @ delta.reshape(len(delta), -1)).reshape(len(WT), *delta.shape[1:]) * slope[:, None]


def gradient(net, thetas, inputs, delta):
    """∂E/∂w from δ^L (K, m)."""
    return collect(net, inputs, [delta[:, 0] for delta in backward(net, thetas, inputs, delta[:, None])])


def collect(net, inputs, deltas):
    """∂E/∂Θ^l = δ^l (ā^{l−1})ᵀ for every layer, as one vector; each δ^l is (units, m)."""
    g = np.empty(net.n_params, dtype=np.result_type(deltas[0], inputs[0]))
    for at, delta, a in zip(net.slices, deltas, inputs, strict=True):
        g[at] = (delta @ a.T).ravel()
    return g


def write_jacobian(net, JT, thetas, inputs, a):
    """Fill JT (n, m, K): the rows of a layer are the products of its δ, one for each output, with its inputs."""
    deltas = backward(net, thetas, inputs, net.activations[-1].pull(a[:, None], np.eye(net.n_outputs)[:, :, None]))
    for at, (units, columns), delta, a_bar in zip(net.slices, net.shapes, deltas, inputs, strict=True):
        block = JT[at].reshape(units, columns, *JT.shape[1:])  # a view: splitting the first axis copies nothing
        np.multiply(delta.transpose(0, 2, 1)[:, None], a_bar[:, :, None], out=block)


def gradient_along(net, w, v, X, Y, cost):
    """Change of the gradient along v, which is H v: Pearlmutter's R-operator, forward over reverse.

    Each line of the forward and backward pass is followed by its derivative in the direction v; R_ marks it.
    """
    thetas, R_thetas = net.thetas(w), net.thetas(v)
    inputs, zs, a = forward(net, thetas, X)

    R_inputs, R_zs, R_a = [], [], np.zeros_like(X)
    for theta, R_theta, layer_input, activation, layer_output in zip(
        thetas, R_thetas, inputs, net.activations, [*(i[:-1] for i in inputs[1:]), a], strict=True
    ):
        R_inputs.append(np.vstack([R_a, np.zeros(R_a.shape[1])]))  # the appended one does not move
        R_zs.append(theta @ R_inputs[-1] + R_theta @ layer_input)
        R_a = activation.pull(layer_output, R_zs[-1])

    output = net.activations[-1]
    delta, R_delta = cost.delta(zs[-1], a, Y, output), cost.delta_along(zs[-1], a, Y, output, R_zs[-1])
    deltas, R_deltas = [delta], [R_delta]
    for layer in range(len(thetas) - 1, 0, -1):
        activation, hidden = net.activations[layer - 1], inputs[layer][:-1]
        WT, R_WT = thetas[layer][:, :-1].T, R_thetas[layer][:, :-1].T
        slope, R_slope = activation.derivative(hidden), activation.second_derivative(hidden) * R_zs[layer - 1]
        back, R_back = WT @ delta, WT @ R_delta + R_WT @ delta
        delta, R_delta = back * slope, R_back * slope + back * R_slope
        deltas.append(delta)
        R_deltas.append(R_delta)

    Hv = np.empty(net.n_params)
    for at, delta, R_delta, a, R_a in zip(net.slices, deltas[::-1], R_deltas[::-1], inputs, R_inputs, strict=True):
        Hv[at] = (R_delta @ a.T + delta @ R_a.T).ravel()
    return Hv


def with_one(a):
    """ā = [a, 1]: the activations (units, m) with a row of ones below them, which the biases multiply."""
    a_bar = np.empty((len(a) + 1, a.shape[1]), dtype=a.dtype)
    a_bar[:-1], a_bar[-1] = a, 1.0
    return a_bar
