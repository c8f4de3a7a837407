"""Generated data, whose truth is known. `noise` is the standard deviation of the Gaussian noise on them.

Curves have it on their values, classes on their points.
"""

from __future__ import annotations

import numpy as np

from nnlib import arguments
from nnlib.arguments import FloatArray
from nnlib.datasets.dataset import Dataset


def noisy_sine(seed: int | np.random.Generator = 0, *, n_samples: int = 41, noise: float = 0.1) -> Dataset:
    """Two periods of a sine, y = sin 2πx at equally spaced x on [−1, 1], with Gaussian noise.

    Examples
    --------
    >>> data = noisy_sine(seed=0)
    >>> data.X[:3, 0]
    array([-1.  , -0.95, -0.9 ])
    """
    X = np.linspace(-1, 1, arguments.integer("n_samples", n_samples, at_least=2))[:, None]
    about = dict(name="noisy sine", story="Find the curve, not the noise.", rule="y = sin(2 pi x)")
    return _generated(X, np.sin(2 * np.pi * X), seed, noise, **about)


def triangle_wave(seed: int | np.random.Generator = 0, *, n_samples: int = 100, noise: float = 0.1) -> Dataset:
    """One period of a triangle wave on [0, 1] with Gaussian noise: straight lines and two corners.

    The kind of data on which Foresee & Hagan showed Bayesian regularization. Period, amplitude, number of points and
    noise are those of the demo that the R package brnn calls similar to example 1 of that paper, here with equal
    spacing; they are not known to be the paper's own.

    References
    ----------
    Foresee & Hagan (1997), Gauss-Newton approximation to Bayesian learning, Proc. Int. Joint Conf. on Neural Networks.
    Pérez-Rodríguez & Gianola, brnn: Bayesian regularization for feed-forward neural networks, R package, Example_1.

    Examples
    --------
    >>> triangle_wave(n_samples=5, noise=0).Y[:, 0]
    array([ 0.,  1.,  0., -1.,  0.])
    """
    X = np.linspace(0, 1, arguments.integer("n_samples", n_samples, at_least=2))[:, None]
    wave = np.interp(X, [0, 0.25, 0.75, 1], [0, 1, -1, 0])
    rule = "triangle wave of period 1 and amplitude 1"
    about = dict(name="triangle wave", story="How sharp a corner do the data support?", rule=rule)
    return _generated(X, wave, seed, noise, **about)


def two_spirals(seed: int | np.random.Generator = 0, *, noise: float = 0.0) -> Dataset:
    """Two spirals of 97 points, wound into each other three times: no straight line comes near to separating them.

    References
    ----------
    Lang & Witbrock (1988), Learning to tell two spirals apart, Proc. 1988 Connectionist Models Summer School.

    Examples
    --------
    >>> data = two_spirals()
    >>> data.X[0], data.X[97]
    (array([0. , 6.5]), array([-0. , -6.5]))
    """
    i = np.arange(97)
    angle, radius = i * np.pi / 16, 6.5 * (104 - i) / 104
    spiral = np.column_stack([radius * np.sin(angle), radius * np.cos(angle)])
    X, Y = np.vstack([spiral, -spiral]), np.repeat([[0.0], [1.0]], 97, axis=0)
    rule = "by the formula of Lang & Witbrock (1988)"
    about = dict(name="two spirals", story="On which of two spirals does a point lie?", rule=rule, yes="second spiral")
    return _generated(X, Y, seed, noise, **about)


def xor(seed: int | np.random.Generator = 0, *, copies: int = 1, noise: float = 0.0) -> Dataset:
    """Exclusive or of four corners, `copies` points at each: the smallest problem that needs hidden units.

    References
    ----------
    Minsky & Papert (1969), Perceptrons, MIT Press.

    Examples
    --------
    >>> xor().Y[:, 0]
    array([0., 1., 1., 0.])
    """
    copies = arguments.integer("copies", copies, at_least=1)
    X = np.repeat([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], copies, axis=0)
    Y = (X[:, :1] != X[:, 1:]).astype(float)
    about = dict(name="xor", story="One or the other, but not both.", rule="exclusive or", yes="x1 xor x2")
    return _generated(X, Y, seed, noise, **about)


def _generated(X: FloatArray, Y: FloatArray, seed, noise: float, *, rule: str, yes: str = "", **about) -> Dataset:
    """The data set with Gaussian noise: on the values of a curve, or on the points of classes, where 1 means `yes`."""
    rng, noise = arguments.random_generator("seed", seed), arguments.number("noise", noise, at_least=0)
    if yes:
        X, names = X + noise * rng.standard_normal(X.shape), dict(target_names=[yes], task="classification")
    else:
        Y, names = Y + noise * rng.standard_normal(Y.shape), dict(feature_names=["x"], target_names=["y"])
    source = f"generated: {rule}, noise of standard deviation {noise:g}"
    return Dataset(X=X, Y=Y, source=source, license="none needed", **names, **about)
