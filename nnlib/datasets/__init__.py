"""Data to learn from: certified curve fits, real tables and generated sets; scaling them and splitting them.

Every function returns a `Dataset`: inputs `X` and targets `Y`, one sample a row, with the name, story, source and
license of the data beside them. Classes are coded as the networks of this package want them: one column of 0 and 1 for
two classes, one column a class with a single 1 a row (one-hot) for more.
"""

from nnlib.datasets.certified import NIST, CertifiedCurve, nist
from nnlib.datasets.dataset import Dataset, one_hot, split, split_rows
from nnlib.datasets.generated import noisy_sine, triangle_wave, two_spirals, xor
from nnlib.datasets.scaling import Scaling, minmax_scaling, zscore_scaling
from nnlib.datasets.tables import auto_mpg, breast_cancer, diabetes, digits, penguins

__all__ = [
    "NIST",
    "CertifiedCurve",
    "Dataset",
    "Scaling",
    "auto_mpg",
    "breast_cancer",
    "diabetes",
    "digits",
    "minmax_scaling",
    "nist",
    "noisy_sine",
    "one_hot",
    "penguins",
    "split",
    "split_rows",
    "triangle_wave",
    "two_spirals",
    "xor",
    "zscore_scaling",
]
