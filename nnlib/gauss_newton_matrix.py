"""JᵀJ and Jᵀr of a network, added up over blocks of samples, so that memory does not grow with their number.

Two ways, with the same face: `rows` says how many samples to take at once, `add` takes a block of them, `JTJ` and `JTr`
are the sums. With one output the Jacobian of a block is formed; with several it never is.
"""

from __future__ import annotations

import numpy as np

from nnlib import backpropagation as passes
from nnlib.network import BLOCK_ROWS


class JacobianProducts:
    """JᵀJ and Jᵀr for the squared error of one output, from [J r] of each block of samples: both are in its product."""

    def __init__(self, net, cost, samples):
        self.rows = min(BLOCK_ROWS, samples)
        self._net, self._sum = net, np.zeros((net.n_params + 1, net.n_params + 1))
        self._block = np.empty((net.n_params + 1, self.rows, 1))  # [J r]ᵀ, one for all blocks

    def add(self, thetas, inputs, z, a, Y) -> None:
        """Add a block of samples: its layers' inputs, output z and a, and targets, one sample a column."""
        block = self._block[:, : a.shape[1]]
        passes.write_jacobian(self._net, block[:-1], thetas, inputs, a)
        np.subtract(a[0], Y[0], out=block[-1, :, 0])
        block = block[:, :, 0]
        self._sum += block @ block.T  # numpy sees a product with its own transpose: half the work

    @property
    def JTJ(self) -> np.ndarray:
        return self._sum[:-1, :-1].copy()

    @property
    def JTr(self) -> np.ndarray:
        return self._sum[:-1, -1].copy()


class ContractedProducts:
    """Σ Jᵀ (∂²E/∂z²) J and the gradient for any cost, the outputs summed away first.

    The block of layers l ≤ m is Σ_s G^{lm} ⊗ ā^l (ā^m)ᵀ, where G^{lm} (units_l, units_m) is the curvature ∂²E/∂z² of
    sample s carried back to both layers: a product of two matrices, samples in the middle (Fairbank & Alonso 2012,
    Efficient calculation of the Gauss-Newton approximation of the Hessian matrix in neural networks, Neural Computation
    24). For l = m both factors are symmetric, so that a quarter of the products is enough.
    """

    def __init__(self, net, cost, samples):
        self.rows = min(BLOCK_ROWS, max(32, 250_000 // max(net.sizes[1:]) ** 2))  # the widest G stays in cache
        self.JTr = np.zeros(net.n_params)
        self._net, self._cost, self._sums = net, cost, {}

    def add(self, thetas, inputs, z, a, Y) -> None:
        """Add a block of samples: its layers' inputs, output z and a, and targets, one sample a column."""
        net, output = self._net, self._net.activations[-1]
        self.JTr += passes.gradient(net, thetas, inputs, self._cost.delta(z, a, Y, output))
        G = [self._cost.curvature(z, a, Y, output)]  # G^{lm} for m = l..L, at first l = L
        for l in range(len(thetas) - 1, -1, -1):
            self._add_product(l, l, _upper_half(G[0]), _upper_half(inputs[l][:, None] * inputs[l]))
            for m in range(l + 1, len(thetas)):
                self._add_product(l, m, G[m - l], inputs[l][:, None] * inputs[m])
            if l > 0:
                below = [passes.one_layer_back(net, thetas, inputs, l, G_lm) for G_lm in G]
                G = [passes.one_layer_back(net, thetas, inputs, l, below[0].transpose(1, 0, 2)), *below]

    def _add_product(self, l, m, G, pairs):
        samples = G.shape[-1]
        product = G.reshape(-1, samples) @ pairs.reshape(-1, samples).T
        self._sums[l, m] = self._sums[l, m] + product if (l, m) in self._sums else product

    @property
    def JTJ(self) -> np.ndarray:
        net = self._net
        H = np.empty((net.n_params, net.n_params))
        for (l, m), block in self._sums.items():
            (units_l, inputs_l), (units_m, inputs_m) = net.shapes[l], net.shapes[m]
            if l == m:
                block = _from_upper_half(_from_upper_half(block, units_l).transpose(2, 0, 1), inputs_l)
                block = block.transpose(2, 3, 0, 1)
            block = block.reshape(units_l, units_m, inputs_l, inputs_m).transpose(0, 2, 1, 3)
            H[net.slices[l], net.slices[m]] = block.reshape(units_l * inputs_l, units_m * inputs_m)
            H[net.slices[m], net.slices[l]] = H[net.slices[l], net.slices[m]].T
        return H


def _upper_half(T):
    """Of symmetric matrices (p, p, ...) the entries on and above the diagonal, (p(p + 1)/2, ...)."""
    return T[np.triu_indices(len(T))]


def _from_upper_half(half, p):
    """Symmetric matrices (p, p, ...) from the entries on and above their diagonals."""
    i, j = np.triu_indices(p)
    T = np.empty((p, p, *half.shape[1:]))
    T[i, j] = T[j, i] = half
    return T
