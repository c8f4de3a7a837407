"""Curves with certified answers: NIST's Statistical Reference Datasets for nonlinear least squares regression.

The files are as NIST publishes them (https://www.itl.nist.gov/div898/strd/nls/nls_main.shtml): formula, names, source,
starts and certified numbers are read from their text. Here are only the models, and what is to be learned from each.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nnlib import arguments
from nnlib.arguments import FloatArray
from nnlib.datasets.dataset import Dataset
from nnlib.datasets.tables import read_text


@dataclass(frozen=True, repr=False, eq=False, kw_only=True)
class CertifiedCurve(Dataset):
    """A curve to fit whose least-squares solution is certified to 11 digits.

    Parameters
    ----------
    model : callable
        ``model(w, x)``, the curve at the points `x` with parameters `w`; takes complex `w` too.
    starts : (2, n) array
        The two published starting points: the first far from the solution, the second nearer.
    certified, standard_deviations : (n,) arrays
        The parameters at the least-squares minimum, and how uncertain they are.
    residual_ss, residual_std : float
        The sum of squared residuals at the minimum, without the factor ½, and their standard deviation √(SS/(m − n)).
    """

    model: Callable[[NDArray, NDArray], NDArray]
    formula: str
    starts: FloatArray
    certified: FloatArray
    standard_deviations: FloatArray
    residual_ss: float
    residual_std: float
    difficulty: str

    @property
    def x(self) -> FloatArray:
        """The points of measurement as a vector, shape (m,)."""
        return self.X[:, 0]

    @property
    def y(self) -> FloatArray:
        """The measured values as a vector, shape (m,)."""
        return self.Y[:, 0]

    def __repr__(self) -> str:
        parameters = ", ".join(f"{value:.6g}" for value in self.certified)
        return (
            f"{super().__repr__()}\n  model:   {self.formula} ({self.difficulty} difficulty)\n"
            f"  certified parameters: {parameters}\n"
            f"  certified residual sum of squares: {self.residual_ss:.10e}"
        )


def _saturation(w, x):
    return w[0] * (1 - np.exp(-w[1] * x))


def _decay_over_line(w, x):
    return np.exp(-w[0] * x) / (w[1] + w[2] * x)


def _rational(w, x):
    return (w[0] + x * (w[1] + x * (w[2] + x * w[3]))) / (1 + x * (w[4] + x * (w[5] + x * w[6])))


def _bell(w, x):
    return w[0] / w[1] * np.exp(-0.5 * ((x - w[2]) / w[1]) ** 2)


def _two_decays(w, x):
    return w[0] + w[1] * np.exp(-w[3] * x) + w[2] * np.exp(-w[4] * x)


NIST = {
    "Misra1a": (_saturation, "A layer one molecule thick on a dental material: volume adsorbed against pressure."),
    "Chwirut2": (_decay_over_line, "Calibrating an ultrasonic probe: how the echo weakens on its way through metal."),
    "Thurber": (_rational, "How freely electrons move in a semiconductor, against the logarithm of the density."),
    "Eckerle4": (_bell, "A narrow peak in the light that passes an interference filter; the first start misses it."),
    "MGH17": (_two_decays, "Two decays of nearly equal rate and opposite sign, made to be hard: parameters trade off."),
}


def nist(name: str) -> CertifiedCurve:
    """A nonlinear regression problem of NIST's, by its name: Misra1a, Chwirut2, Thurber, Eckerle4 or MGH17.

    Examples
    --------
    >>> data = nist("Misra1a")
    >>> r = data.model(data.certified, data.x) - data.y
    >>> print(f"{r @ r:.8f}, certified {data.residual_ss:.8f}")
    0.12455139, certified 0.12455139
    """
    model, story = NIST[arguments.choice("name", name, NIST)]
    about, numbers = read_text(f"{name}.dat").rsplit("Data:", 1)

    def said(pattern: str) -> str:
        return " ".join(re.search(pattern, about, re.DOTALL)[1].split())

    y, x = np.loadtxt(numbers.splitlines()[1:]).T
    rows = re.findall(r"^ *b\d+ =(.*)$", about, re.MULTILINE)
    *starts, certified, deviations = np.array([row.split() for row in rows], float).T
    return CertifiedCurve(
        name=name,
        X=x[:, None],
        Y=y[:, None],
        story=story,
        source="NIST Statistical Reference Datasets: " + said(r"Reference:(.+?)\n\s*\n"),
        license="public domain (a work of the United States government)",
        feature_names=[said(r"Predictor [^(]*\((?:x = )?(.+?)\)")],
        target_names=[said(r"Response [^(]*\((?:y = )?(.+?)\)")],
        model=model,
        formula=re.sub(r"\bb(\d)", r"w\1", said(r"\(b1 .*?\)\s+(y = .+?)\s+\+ +e")),
        starts=np.array(starts),
        certified=certified,
        standard_deviations=deviations,
        residual_ss=float(said(r"Residual Sum of Squares:\s+(\S+)")),
        residual_std=float(said(r"Residual Standard Deviation:\s+(\S+)")),
        difficulty=said(r"(\w+) Level of Difficulty").lower(),
    )
