"""Curves, data and starts drawn at random, for what must hold for all of them."""

from dataclasses import dataclass

import numpy as np

import nnlib


def peak(w, x):
    return w[0] * np.exp(-(((x - w[1]) / w[2]) ** 2) / 2)


def peak_on_a_slope(w, x):
    return peak(w, x) + w[3] + w[4] * x


def two_peaks(w, x):
    return peak(w, x) + peak(w[3:], x)


def decay(w, x):
    return w[0] * np.exp(-w[1] * x)


def decay_to_a_level(w, x):
    return decay(w, x) + w[2]


def two_decays(w, x):
    return decay(w, x) + decay(w[2:], x)


def saturation(w, x):
    return w[0] * x / (w[1] + x)


def growth(w, x):
    return w[0] / (1 + np.exp(-w[1] * (x - w[2])))


def wave(w, x):
    return w[0] * np.sin(w[1] * x + w[2])


def power(w, x):
    return w[0] * x ** w[1]


def line(w, x):
    return w[0] * x + w[1]


def cubic(w, x):
    return w[0] + x * (w[1] + x * (w[2] + x * w[3]))


# The curve, its x, parameters to draw around, and which of them are amplitudes: they scale with y.
KINDS = {
    peak: (np.linspace(-5, 5, 40), (2, 0.5, 1), (0,)),
    peak_on_a_slope: (np.linspace(-5, 5, 50), (2, 0.5, 1, 0.5, 0.1), (0, 3, 4)),
    two_peaks: (np.linspace(-5, 5, 60), (2, -1.5, 0.8, 1, 1.5, 1), (0, 3)),
    decay: (np.linspace(0, 4, 25), (3, 0.8), (0,)),
    decay_to_a_level: (np.linspace(0, 4, 30), (3, 0.8, 0.5), (0, 2)),
    two_decays: (np.linspace(0, 6, 50), (3, 0.4, 2, 2.5), (0, 2)),
    saturation: (np.linspace(0.1, 5, 15), (2, 1), (0,)),
    growth: (np.linspace(0, 10, 40), (3, 1.2, 5), (0,)),
    wave: (np.linspace(0, 8, 50), (1.5, 1.3, 0.4), (0,)),
    power: (np.linspace(0.5, 20, 25), (0.7, 1.4), (0,)),
    line: (np.linspace(-3, 7, 20), (2, -1), (0, 1)),
    cubic: (np.linspace(-2, 2, 30), (1, -0.5, 0.3, 0.8), (0, 1, 2, 3)),
}


@dataclass(frozen=True)
class Case:
    """A curve with data and a start; `amplitudes` are the parameters that scale with y."""

    f: object
    x: np.ndarray
    y: np.ndarray
    start: np.ndarray
    amplitudes: np.ndarray

    def problem(self, unit=1.0, **options):
        return nnlib.CurveFit(self.f, self.x, unit * self.y, **options)

    def scaled(self, unit):
        """The start where y comes in other units."""
        return np.where(self.amplitudes, unit * self.start, self.start)


def case(f, seed, spread=0.3, noise=0.02):
    """Data of the curve f, with noise in parts of the largest value, and a start that is off by so much."""
    rng = np.random.default_rng([seed, list(KINDS).index(f)])
    x, around, amplitudes = KINDS[f]
    w = np.array(around) * rng.uniform(0.7, 1.4, len(around))
    y = f(w, x)
    y = y + noise * np.abs(y).max() * rng.normal(size=len(x))
    start = w * np.exp(spread * rng.normal(size=len(w))) + 0.1 * spread * rng.normal(size=len(w))
    return Case(f, x, y, start, np.isin(np.arange(len(w)), amplitudes))
