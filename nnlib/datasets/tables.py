"""Real tables. What is known about each stands in the first lines of its file; how to read them is in README.md."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import numpy as np

from nnlib.datasets.dataset import Dataset, one_hot


def auto_mpg() -> Dataset:
    """Fuel economy of 392 cars of 1970-1982 from their engines and weights: regression with bends and interactions."""
    return _table("auto_mpg.csv")


def diabetes() -> Dataset:
    """Progression of diabetes in 442 patients from ten measurements: regression where most of the variance is noise.

    The measurements are not scaled. The sexes are 1 and 2; the source does not say which is which.
    """
    return _table("diabetes.csv")


def penguins() -> Dataset:
    """Three species of penguins told apart by four measurements: classification that can be drawn in two dimensions.

    Examples
    --------
    >>> data = penguins()
    >>> dict(zip(data.target_names, data.Y.sum(axis=0).astype(int).tolist()))
    {'Adelie': 151, 'Chinstrap': 68, 'Gentoo': 123}
    """
    return _table("penguins.csv")


def breast_cancer() -> Dataset:
    """Malignant (1) or benign (0), from thirty measurements of cell nuclei: classification with two classes."""
    return _table("breast_cancer.csv")


def digits() -> Dataset:
    """Handwritten digits as images of 8 x 8 pixels, row by row, 0 (white) to 16 (black): ten classes."""
    return _table("digits.csv.gz")


def _table(file: str) -> Dataset:
    """The data set of a csv file: lines `# key: text`, names of columns with their units, numbers, the target last."""
    lines = read_text(file).splitlines()
    about = dict(line.removeprefix("# ").split(": ", 1) for line in lines if line.startswith("#"))
    header, *rows = (line for line in lines if not line.startswith("#"))
    numbers = np.loadtxt(rows, delimiter=",")
    X, y = numbers[:, :-1], numbers[:, -1]

    columns = [re.fullmatch(r"(.+?)(?: \[(.+)\])?", column).groups() for column in header.split(",")]
    names, units = [name for name, _ in columns], {name: unit for name, unit in columns if unit}
    Y, targets, task = y[:, None], names[-1:], "regression"
    if "classes" in about:
        classes, task = about["classes"].split(", "), "classification"
        Y, targets = (Y, classes[1:]) if len(classes) == 2 else (one_hot(y, len(classes)), classes)
    about = {key: about[key] for key in ("name", "story", "source", "license")}
    return Dataset(X=X, Y=Y, feature_names=names[:-1], target_names=targets, units=units, task=task, **about)


def read_text(file: str) -> str:
    """What stands in a file beside this one; .gz is unpacked."""
    content = Path(__file__).with_name(file).read_bytes()
    return (gzip.decompress(content) if file.endswith(".gz") else content).decode()
