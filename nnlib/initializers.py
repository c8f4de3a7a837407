"""Where training starts: five ways of drawing the weights of one layer.

Each takes the number of inputs and units of the layer, whether it is the output layer, and a random generator, and
returns W (units, inputs) and b (units,).
"""

from __future__ import annotations

import numpy as np

LayerStart = tuple[np.ndarray, np.ndarray]


def zeros(inputs: int, units: int, is_output: bool, rng: np.random.Generator) -> LayerStart:
    """All weights zero: every hidden unit stays a copy of its neighbor, because nothing tells them apart."""
    return np.zeros((units, inputs)), np.zeros(units)


def uniform(inputs: int, units: int, is_output: bool, rng: np.random.Generator) -> LayerStart:
    """Weights and biases uniform in ±0.01: close to zero, but different."""
    return rng.uniform(-0.01, 0.01, (units, inputs)), rng.uniform(-0.01, 0.01, units)


def xavier(inputs: int, units: int, is_output: bool, rng: np.random.Generator) -> LayerStart:
    """Uniform in ±√(6 / (inputs + units)), biases 0 (Glorot & Bengio 2010, eq. 16).

    Keeps the variance of signals and error signals alike from layer to layer where g' is about 1.
    """
    limit = np.sqrt(6 / (inputs + units))
    return rng.uniform(-limit, limit, (units, inputs)), np.zeros(units)


def he(inputs: int, units: int, is_output: bool, rng: np.random.Generator) -> LayerStart:
    """Normal with variance 2 / inputs, biases 0 (He et al. 2015, eq. 10): Xavier's idea for ReLU."""
    return rng.normal(0, np.sqrt(2 / inputs), (units, inputs)), np.zeros(units)


def nguyen_widrow(inputs: int, units: int, is_output: bool, rng: np.random.Generator) -> LayerStart:
    """Hidden units that share the input range out among them (Nguyen & Widrow 1990), for inputs in [−1, 1].

    The weight vectors are random directions of length 0.7·units^(1/inputs). The biases are spread evenly over
    ± that length, each with the sign of its row's first weight. Output layers are uniform in ±0.5.
    """
    if is_output:
        return rng.uniform(-0.5, 0.5, (units, inputs)), rng.uniform(-0.5, 0.5, units)
    length = 0.7 * units ** (1 / inputs)
    direction = rng.uniform(-1, 1, (units, inputs))
    W = length * direction / np.linalg.norm(direction, axis=1, keepdims=True)
    spread = np.linspace(-1, 1, units) if units > 1 else np.zeros(1)
    return W, length * spread * np.sign(W[:, 0])


INITIALIZERS = {"zeros": zeros, "uniform": uniform, "xavier": xavier, "he": he, "nguyen-widrow": nguyen_widrow}
