"""A reader's own table: read from a file, with clear words about what a network cannot use, and fitted with error bars.

The first line that does not begin with # names the columns, a unit in brackets behind the name: ``weight [lb]``. What
stands between the commas are numbers; nothing, ?, -, NA, #N/A, nan, null and none mean that the value is missing.
Where the names are separated by semicolons or tabs, so are the values, and a comma is then a decimal point.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import dropwhile
from pathlib import Path
from statistics import NormalDist
from typing import NamedTuple

import numpy as np

from nnlib import arguments, datasets
from nnlib.arguments import FloatArray
from nnlib.bayes import BayesResult, best_of
from nnlib.datasets import Scaling, minmax_scaling
from nnlib.evidence import eigensystem
from nnlib.network import MLP
from nnlib.problems import NetworkFit

MISSING = ("", "?", "-", "na", "n/a", "#n/a", "nan", "null", "none")
NEARLY_A_NUMBER = r"[-+\u2212]?\d[\d.,' \u00a0\u202f]* ?[%€$]?"  # as spreadsheets write them
ROLES = ("category", "label", "ignore")
MOST_CATEGORIES, FEWEST_ROWS = 12, 20
CARS = Path(datasets.__file__).with_name("auto_mpg_raw.csv")  # the example of chapter 16

__all__ = ["CARS", "Band", "Table", "TableModel", "fit_table", "read_table"]


@dataclass(frozen=True, repr=False, eq=False, kw_only=True)
class Table:
    """Inputs X (m, d), a target y (m,), nan where a value is missing, and what each row is called.

    `names` and `units` are those of the columns of X, `target` and `target_unit` those of y; `lines` are the numbers of
    the rows in the file.
    """

    X: FloatArray
    y: FloatArray
    names: tuple[str, ...]
    units: tuple[str, ...]
    target: str
    target_unit: str
    labels: np.ndarray
    lines: np.ndarray

    def __len__(self) -> int:
        return len(self.y)

    @property
    def incomplete(self) -> np.ndarray:
        """Which rows miss a value (m,)."""
        return np.isnan(self.X).any(axis=1) | np.isnan(self.y)

    def rows(self, chosen) -> Table:
        """Some of the rows, by their numbers or by a mask."""
        parts = {name: getattr(self, name)[chosen] for name in ("X", "y", "labels", "lines")}
        return replace(self, **parts)

    def complete(self) -> Table:
        """The rows that miss nothing, of which at least twenty must be left, and no column constant."""
        left = self.rows(~self.incomplete)
        if len(left) < FEWEST_ROWS:
            counts = {name: int(np.isnan(column).sum()) for name, column in self._columns()}
            worst = max(counts, key=counts.get)
            said = f"only {len(left)} of {len(self)} rows miss nothing, at least {FEWEST_ROWS} are needed"
            if counts[worst]:
                said += f"; column {worst!r} alone misses {counts[worst]}"
                said += "" if worst == self.target else ': "ignore" it?'
            raise ValueError(said)
        left._require_no_constant()
        return left

    def _require_no_constant(self) -> None:
        for name, column in self._columns():
            _require_not_constant(name, column, is_target=name == self.target)

    def _columns(self):
        return [*zip(self.names, self.X.T, strict=True), (self.target, self.y)]

    def __repr__(self) -> str:
        said = [f"{len(self)} rows, {self.incomplete.sum()} of them incomplete"]
        units = (*self.units, self.target_unit)
        for (name, column), unit in zip(self._columns(), units, strict=True):
            missing = np.isnan(column).sum()
            spread = f"{np.nanmin(column):g} to {np.nanmax(column):g}"
            unit = f" {unit}" if unit else ""
            said.append(f"  {name:16} {spread}{unit}" + (f", {missing} missing" if missing else ""))
        said[-1] += "   <- the target"
        return "\n".join(said)


def read_table(file: str | Path, target: str, columns: Mapping[str, str] | None = None) -> Table:
    """Read a table, and complain in words about what a network cannot use.

    Parameters
    ----------
    file : str or Path
    target : str
        Name of the column that is to be predicted.
    columns : mapping of str to {"category", "label", "ignore"}
        What to do with columns that are no plain numbers: make a column of 0 and 1 of each value but the most frequent
        one; call the rows by it; leave it out.

    Examples
    --------
    >>> cars = read_table(CARS, "fuel economy", {"origin": "category", "name": "label"})
    >>> len(cars), cars.names[-2:]
    (398, ('origin 2', 'origin 3'))
    >>> read_table(CARS, "fuel economy", {"origin": "category"})
    Traceback (most recent call last):
    ValueError: column 'name' holds text ('chevrolet chevelle malibu' in line 4): declare it "category" (one column of \
0 and 1 a value), "label" (it names the rows) or "ignore"
    """
    header, lines, rows, decimal = _cells(Path(file))
    if not isinstance(columns or {}, Mapping):
        raise TypeError(f'columns must say what to do with each name, as in {{"origin": "category"}}, got {columns!r}')
    roles = dict(columns or {})
    heads = [re.fullmatch(r"(.*?)(?: *\[(.+)\])?", head.strip()).groups() for head in header]
    names = [name for name, _ in heads]
    _require_names(names, target, roles)
    texts = dict(zip(names, zip(*rows, strict=True), strict=True))
    labels = next((texts[name] for name in names if roles.get(name) == "label"), [f"line {line}" for line in lines])
    inputs, units = {}, []
    for name, unit in heads:
        if name == target or roles.get(name) in ("label", "ignore"):
            continue
        made = _dummies(name, texts[name]) if name in roles else {name: _numbers(name, texts[name], lines, decimal)}
        for made_name, column in made.items():
            _require_not_constant(made_name, column)
            if made_name in inputs:
                raise ValueError(f"two columns are called {made_name!r}: give each its own name")
            inputs[made_name] = column
            units.append(unit or "")
    if not inputs:
        raise ValueError(f"no column but the target {target!r} is left to predict it from")
    y = _numbers(target, texts[target], lines, decimal, is_target=True)
    _require_not_constant(target, y, is_target=True)
    return Table(
        X=np.column_stack(list(inputs.values())),
        y=y,
        names=tuple(inputs),
        units=tuple(units),
        target=target,
        target_unit=dict(heads)[target] or "",
        labels=np.array([label.strip() for label in labels]),
        lines=np.array(lines),
    )


def _cells(file: Path) -> tuple[list[str], list[int], list[list[str]], str]:
    """The names of the columns, for each row its line in the file and its texts, and the sign for a decimal point."""
    if not file.is_file():
        near = sorted(other.name for other in Path(file.parent).glob("*.csv")) if file.parent.is_dir() else []
        there = f"this folder has {', '.join(near)}" if near else "there is no .csv file in this folder"
        raise FileNotFoundError(f"there is no file {file.name!r} in {file.parent.resolve()}: {there}")
    try:
        text = file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        said = 'save it as "CSV UTF-8", not as plain "CSV" and not as a spreadsheet'
        raise ValueError(f"{file.name!r} is no text in UTF-8: {said}") from None
    numbered = [(k, line) for k, line in enumerate(text.splitlines(), 1) if line.strip()]
    numbered = list(dropwhile(lambda pair: pair[1].startswith("#"), numbered))
    if len(numbered) < 2:
        raise ValueError(f"{file.name!r} has no rows: a line with the names of the columns comes first, then the rows")
    separator = max(",;\t", key=numbered[0][1].count)
    header, *rows = csv.reader((line for _, line in numbered), delimiter=separator)
    lines = [k for k, _ in numbered[1:]]
    if len(rows) != len(lines):
        raise ValueError(f"a text of {file.name!r} in quotes goes over two lines: put each row on a line of its own")
    for k, row in zip(lines, rows, strict=True):
        if len(row) != len(header):
            raise ValueError(f"line {k} of {file.name!r} has {len(row)} values, the columns are {len(header)}")
    return header, lines, rows, "." if separator == "," else ","


def _require_names(names: list[str], target: str, roles: dict[str, str]) -> None:
    twice = [name for name, count in Counter(names).items() if count > 1]
    if "" in names and "" not in roles:
        say = 'give it one, or leave it out with {"": "ignore"}'
        raise ValueError(f"column {names.index('') + 1} has no name: {say}")
    if twice:
        raise ValueError(f"two columns are called {twice[0]!r}: give each its own name")
    for name in (target, *roles):
        if name not in names:
            raise ValueError(f"there is no column {name!r}; the file has {', '.join(map(repr, names))}")
    for name, role in roles.items():
        if role not in ROLES:
            raise ValueError(f"column {name!r} must be declared one of {', '.join(ROLES)}, got {role!r}")
    if target in roles:
        raise ValueError(f"{target!r} is the target, it must be a column of numbers, and is declared {roles[target]!r}")


def _numbers(name: str, texts, lines: list[int], decimal: str, *, is_target: bool = False) -> FloatArray:
    """A column of numbers, nan where one is missing."""
    values = np.full(len(texts), np.nan)
    for i, text in enumerate(text.strip() for text in texts):
        if text.lower() in MISSING:
            continue
        try:
            values[i] = float(text.replace(decimal, "."))
        except ValueError:
            if re.fullmatch(NEARLY_A_NUMBER, text):
                say = f"write plain numbers, as -1234{decimal}5"
                raise ValueError(f"column {name!r} holds {text!r} in line {lines[i]}: {say}") from None
            if is_target:
                raise ValueError(
                    f"the target {name!r} must be a column of numbers, and holds text ({text!r} in line {lines[i]}): "
                    "leave it empty where nothing was measured, or choose another target"
                ) from None
            raise ValueError(
                f'column {name!r} holds text ({text!r} in line {lines[i]}): declare it "category" (one column of 0 '
                f'and 1 a value), "label" (it names the rows) or "ignore"'
            ) from None
        if not np.isfinite(values[i]):
            raise ValueError(f"column {name!r} is {text} in line {lines[i]}: leave it empty where nothing was measured")
    if np.isnan(values).all():
        say = "choose another target" if is_target else '"ignore" it'
        raise ValueError(f"column {name!r} is empty in all {len(values)} rows: {say}")
    return values


def _dummies(name: str, texts) -> dict[str, FloatArray]:
    """A column of 0 and 1 for each value but the most frequent one, nan where the value is missing."""
    texts = [text.strip() for text in texts]
    counts = Counter(text for text in texts if text.lower() not in MISSING)
    if not 2 <= len(counts) <= MOST_CATEGORIES:
        say = f'a category has 2 to {MOST_CATEGORIES}: declare it "label" or "ignore"'
        raise ValueError(f"column {name!r} has {len(counts)} different values, {say}")
    usual = counts.most_common(1)[0][0]
    missing = np.array([text not in counts for text in texts])
    return {
        f"{name} {value}": np.where(missing, np.nan, [float(text == value) for text in texts])
        for value in sorted(counts)
        if value != usual
    }


def _require_not_constant(name: str, column: FloatArray, *, is_target: bool = False) -> None:
    known = column[~np.isnan(column)]
    if len(known) and (known == known[0]).all():
        say = "leaves nothing to predict: choose another target" if is_target else 'tells nothing: "ignore" it'
        if known[0] == 0 and not is_target:  # as is the column of a category's value that none of these rows has
            say += ", or join a category's rare values into one"
        raise ValueError(f"column {name!r} is {known[0]:g} in all {len(known)} rows that have it, and {say}")


# ---------------------------------------------------------------------------------------------------------------------
# A network that was trained on a table
# ---------------------------------------------------------------------------------------------------------------------


class Band(NamedTuple):
    """Predictions, and between what a new measurement lies with the probability asked, each (m,)."""

    low: FloatArray
    middle: FloatArray
    high: FloatArray


@dataclass(frozen=True, eq=False, kw_only=True)
class TableModel:
    """A network trained by Bayesian regularization, that takes and gives the units of its table."""

    table: Table
    fit: BayesResult
    x_scaling: Scaling
    y_scaling: Scaling
    log: bool

    def predict(self, X, level: float = 0.95) -> Band:
        """Predictions for inputs X (m, d), and the bands that are to hold a new measurement."""
        Z = self.x_scaling.transform(X)
        variance = 1 / self.fit.beta + self._open(self.fit.problem.prediction_jacobian(self.fit.w, Z))
        return self._band(self.fit.predict(Z), variance, level)

    def average(self, X, level: float = 0.95) -> Band:
        """The mean of the predictions for X, and the band of that mean, without the noise of a measurement.

        The mean is taken of what the network gives; with `log` it is the geometric mean of the predictions.
        """
        Z = self.x_scaling.transform(X)
        gradient = self.fit.problem.prediction_jacobian(self.fit.w, Z).mean(axis=0, keepdims=True)
        return self._band(self.fit.predict(Z).mean(keepdims=True), self._open(gradient), level)

    @property
    def log_evidence(self) -> float:
        """ln P(D|α,β) of the targets in their own unit: comparable between fits with and without the logarithm."""
        shrunk = len(self.table) * np.log(self.y_scaling.scale[0])
        return self.fit.log_evidence - shrunk - (np.log(self.table.y).sum() if self.log else 0.0)

    @cached_property
    def _known(self):
        return eigensystem(self.fit.problem, self.fit.w, self.fit.alpha / self.fit.beta)

    def _open(self, gradients: FloatArray) -> FloatArray:
        """gᵀA⁻¹g for each gradient, a row: what the data leave open."""
        along = gradients @ self._known.V
        return np.sum(along**2 / (self.fit.beta * self._known.eigenvalues + self.fit.alpha), axis=1, keepdims=True)

    def _band(self, mean: FloatArray, variance: FloatArray, level: float) -> Band:
        if not 0 < arguments.number("level", level) < 1:
            raise ValueError(f"level must be between 0 and 1, got {level:g}")
        reach = NormalDist().inv_cdf(0.5 + level / 2) * np.sqrt(variance)
        ends = [self.y_scaling.inverse_transform(z)[:, 0] for z in (mean - reach, mean, mean + reach)]
        return Band(*(map(np.exp, ends) if self.log else ends))


def fit_table(table: Table, *, hidden: int = 3, log: bool = False, seeds=range(3), max_steps: int = 300) -> TableModel:
    """Scale a table without missing values and train a network of one hidden layer on it by Bayesian regularization.

    With `log` the network learns the logarithm of the target, which must be above 0.
    """
    if table.incomplete.any():
        raise ValueError(f"{table.incomplete.sum()} rows miss a value: use table.complete()")
    table._require_no_constant()
    if arguments.flag("log", log) and table.y.min() <= 0:
        raise ValueError(f"the logarithm needs targets above 0, the least {table.target} is {table.y.min():g}")
    y = (np.log(table.y) if log else table.y)[:, None]
    x_scaling, y_scaling = minmax_scaling(table.X), minmax_scaling(y)
    net = MLP([table.X.shape[1], hidden, 1])
    fit = best_of(NetworkFit(net, x_scaling.transform(table.X), y_scaling.transform(y)), seeds, max_steps)
    return TableModel(table=table, fit=fit, x_scaling=x_scaling, y_scaling=y_scaling, log=log)
