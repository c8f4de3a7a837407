"""A data set, and how to split one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nnlib import arguments
from nnlib.arguments import FloatArray


@dataclass(frozen=True, repr=False, eq=False, kw_only=True)
class Dataset:
    """Samples to learn from, and where they come from.

    Parameters
    ----------
    X : (m, d) array
        Inputs, one sample a row.
    Y : (m, K) array
        Targets: numbers for regression; 0 and 1 for classification, with a single 1 a row if there are several columns.
    feature_names, target_names : sequence of str
        Names of the columns of `X` and `Y`; default x1, x2 … and y1, y2 …
    units : mapping of str to str
        Unit of a column, by its name, where it has one.
    task : {"regression", "classification"}

    Examples
    --------
    >>> Dataset(name="line", X=[[0.0], [1.0]], Y=[[1.0], [3.0]])
    line: 2 samples for regression
      inputs:  x1
      targets: y1
    """

    name: str
    X: FloatArray
    Y: FloatArray
    story: str = ""
    source: str = ""
    license: str = ""
    feature_names: tuple[str, ...] = ()
    target_names: tuple[str, ...] = ()
    units: Mapping[str, str] = field(default_factory=dict)
    task: str = "regression"

    def __post_init__(self) -> None:
        X, Y = arguments.real_array("X", self.X, 2), arguments.real_array("Y", self.Y, 2)
        if len(X) != len(Y):
            raise ValueError(f"X and Y must have one row a sample, X has {len(X)} rows, Y has {len(Y)}")
        if arguments.choice("task", self.task, ("regression", "classification")) == "classification":
            _check_classes(Y)
        features = _column_names("feature_names", self.feature_names, X.shape[1], "x")
        targets = _column_names("target_names", self.target_names, Y.shape[1], "y")
        self.__dict__.update(X=X, Y=Y, feature_names=features, target_names=targets)  # a frozen dataclass sets no field

    def __len__(self) -> int:
        return len(self.X)

    @property
    def labels(self) -> NDArray[np.int64]:
        """The number of each sample's class, shape (m,); only for classification."""
        if self.task != "classification":
            raise ValueError(f"labels belong to classification, {self.name} is for regression")
        return self.Y.argmax(axis=1) if self.Y.shape[1] > 1 else self.Y[:, 0].astype(np.int64)

    def subset(self, rows: ArrayLike) -> Dataset:
        """The samples in `rows` (their numbers, or a mask) as a plain `Dataset`, whatever kind the whole is."""
        rows = arguments.rows("rows", rows, len(self))
        values = {f.name: getattr(self, f.name) for f in fields(Dataset)}
        return Dataset(**values | {"X": self.X[rows], "Y": self.Y[rows]})

    def __repr__(self) -> str:
        about = {
            f"{self.name}:": f"{len(self)} samples for {self.task}",
            "  inputs: ": self._listed(self.feature_names),
            "  targets:": self._listed(self.target_names),
            "  story:  ": self.story,
            "  source: ": self.source,
            "  license:": self.license,
        }
        return "\n".join(f"{title} {text}" for title, text in about.items() if text)

    def _listed(self, names: tuple[str, ...]) -> str:
        shown = [f"{name} [{self.units[name]}]" if name in self.units else name for name in names[:6]]
        return ", ".join(shown) + (f" ... ({len(names)} in all)" if len(names) > 6 else "")


def _check_classes(Y: FloatArray) -> None:
    wrong = Y[(Y != 0) & (Y != 1)]
    if wrong.size:
        raise ValueError(f"Y must hold 0 and 1 for classification, one entry is {wrong[0]:g}")
    ones = Y.sum(axis=1)
    if Y.shape[1] > 1 and (ones != 1).any():
        row = int(np.argmax(ones != 1))
        raise ValueError(f"each row of Y must have a single 1 (one column a class), row {row} has {ones[row]:g}")


def _column_names(argument: str, names: Sequence[str], columns: int, letter: str) -> tuple[str, ...]:
    if not isinstance(names, Sequence) or isinstance(names, str) or not all(isinstance(name, str) for name in names):
        raise TypeError(f"{argument} must be a list of texts, got {names!r}")
    names = tuple(names) or tuple(f"{letter}{i + 1}" for i in range(columns))
    if len(names) != columns:
        raise ValueError(f"{argument} must name {columns} columns, got {len(names)} names")
    return names


def one_hot(labels: ArrayLike, n_classes: int) -> FloatArray:
    """Class numbers 0 … K − 1 (m,) as rows of zeros with a single one (m, K).

    Examples
    --------
    >>> one_hot([2, 0], 3)
    array([[0., 0., 1.],
           [1., 0., 0.]])
    """
    labels = arguments.real_array("labels", labels, 1)
    n_classes = arguments.integer("n_classes", n_classes, at_least=2)
    wrong = labels[(labels != np.floor(labels)) | (labels < 0) | (labels >= n_classes)]
    if len(wrong):
        raise ValueError(f"labels must be whole numbers from 0 to {n_classes - 1}, one is {wrong[0]:g}")
    return np.eye(n_classes)[labels.astype(int)]


def split(
    data: Dataset, fractions: Sequence[float] = (0.6, 0.2, 0.2), seed: int | np.random.Generator = 0
) -> tuple[Dataset, ...]:
    """Deal the samples out at random, each to exactly one part, for training, validation and test or anything else.

    Examples
    --------
    >>> from nnlib.datasets import penguins
    >>> training, validation, test = split(penguins(), seed=1)
    >>> len(training), len(validation), len(test)
    (205, 69, 68)
    """
    if not isinstance(data, Dataset):
        raise TypeError(f"data must be a Dataset, got {type(data).__name__}; split_rows splits the rows of any array")
    return tuple(data.subset(rows) for rows in split_rows(len(data), fractions, seed))


def split_rows(
    m: int, fractions: Sequence[float] = (0.6, 0.2, 0.2), seed: int | np.random.Generator = 0
) -> tuple[NDArray[np.int64], ...]:
    """The row numbers 0 … m − 1 dealt out as by `split`, those of each part in ascending order.

    Examples
    --------
    >>> split_rows(5, (0.8, 0.2), seed=0)
    (array([0, 2, 3, 4]), array([1]))
    """
    m = arguments.integer("m", m, at_least=1)
    fractions = arguments.real_array("fractions", fractions, 1)
    if fractions.min() <= 0 or abs(fractions.sum() - 1) > 1e-9:
        raise ValueError(f"fractions must be positive and sum to 1, got {fractions.tolist()}")
    ends = np.round(np.cumsum(fractions) * m).astype(int)
    sizes = np.diff(ends, prepend=0)
    if sizes.min() == 0:
        raise ValueError(f"{m} samples are too few for the fractions {fractions.tolist()}: one part would be empty")
    order = arguments.random_generator("seed", seed).permutation(m)
    return tuple(np.sort(rows) for rows in np.split(order, ends[:-1]))
