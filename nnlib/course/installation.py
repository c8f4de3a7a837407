"""Is everything there that the course needs? One call looks, and says what to do where the answer is no.

The remedies touch nothing that works: on a host such as Colab newer packages than it came with would break it.
"""

from __future__ import annotations

import importlib.util
import platform
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib import metadata

import numpy as np

from nnlib import datasets
from nnlib.optimizers import levenberg_marquardt
from nnlib.problems import CurveFit
from nnlib.training import train

PACKAGES = ("numpy", "matplotlib", "ipywidgets", "anywidget")
LARGEST_ERROR = 1e-6  # of a certified parameter, relative
MEND = "Mend what is marked ✗ above; if nothing is, Kernel → Restart Kernel."


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at, and what is wrong with it and what to do about it; empty where nothing is."""

    what: str
    trouble: str = ""

    def __str__(self) -> str:
        return f"✗ {self.what}: {self.trouble}" if self.trouble else f"✓ {self.what}"


@dataclass(frozen=True)
class Report:
    """What `check` found, one line each."""

    findings: tuple[Finding, ...]

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong."""
        return not any(finding.trouble for finding in self.findings)

    def __str__(self) -> str:
        ending = "All is well." if self.ok else "Do what the first line marked ✗ says, and run this cell again."
        return "\n".join([*map(str, self.findings), ending])


def check() -> Report:
    """Look at Python, at the packages a learner needs, at the numbers of a fit and at a live figure.

    The report names no versions where all is well, so that it is the same on every sound machine.

    >>> str(check().findings[0])
    '✓ Python'
    """
    again = _reinstall("numpy", np.__version__)
    fit = _tried("Levenberg–Marquardt reaches NIST's certified parameters", _fit_a_certified_curve, again)
    figure = _tried("a live figure can be built and moved", _build_and_move_a_figure, MEND)
    return Report((_python(), *map(_package, PACKAGES), fit, figure))


def _python() -> Finding:
    found, oldest = platform.python_version(), metadata.metadata("nnlib")["Requires-Python"].removeprefix(">=")
    if _numbers(found) >= _numbers(oldest):
        return Finding("Python")
    remedy = "Get it from python.org and install the course with it."
    return Finding("Python", f"this is {found}, the course needs {oldest} or newer. {remedy}")


def _package(name: str) -> Finding:
    oldest = _oldest(name)
    run_pip = _run_pip(f'"{name}>={oldest}"')
    try:
        found = metadata.version(name)
    except metadata.PackageNotFoundError:
        return Finding(name, f"it is not installed. {run_pip}")
    if _numbers(found) < _numbers(oldest):
        needs = f"version {found} is installed, the course needs {oldest} or newer"
        return Finding(name, f"{needs}. {_upgrade(run_pip)}")
    return _tried(name, lambda: importlib.import_module(name), _reinstall(name, found))


def _upgrade(run_pip: str) -> str:
    """What to do about an old package: other packages may need it as it is, and on Colab the page around it does."""
    if _on_colab():
        return "Colab works with what it came with: leave it, and open the chapter on Binder."
    return f"README.md gives the course an environment of its own. Where nothing else uses this one: {run_pip}"


def _on_colab() -> bool:
    return "google.colab" in sys.modules


def _oldest(name: str) -> str:
    """The bound of pyproject.toml. What JupyterLab asks for besides holds where it is in use, not on other hosts."""
    lab = importlib.util.find_spec("jupyterlab") is not None and not _on_colab()
    extras = "live|lab" if lab else "live"
    bound = re.compile(rf"""{name}>=([\d.]+)(; extra == ['"]({extras})['"])?$""")
    return max((r[1] for r in map(bound.match, metadata.requires("nnlib")) if r), key=_numbers)


def _tried(what: str, action: Callable[[], object], remedy: str) -> Finding:
    try:
        action()
    except Exception as error:  # whatever it is, the reader is told what to do
        return Finding(what, f"trying gives {type(error).__name__}: {error}".rstrip(".") + f". {remedy}")
    return Finding(what)


def _fit_a_certified_curve() -> None:
    data = datasets.nist("Misra1a")
    fit = train(levenberg_marquardt(CurveFit(data.model, data.x, data.y), data.starts[1]))
    error = np.max(np.abs(fit.w / data.certified - 1))
    if not error < LARGEST_ERROR:  # so that nan is one
        raise ArithmeticError(f"they are off by {error:.1g} of their size")


def _build_and_move_a_figure() -> None:
    from nnlib import live  # here and not above: it needs the packages that may be missing

    board = live.Board()
    board.curve("line", board.axes[0], [0.0, 1.0])

    def show(height):
        return live.Frame({"line": [0.0, height]}, {"height": height}, "A line that rises by {height}.")

    live.figure(board, show, [live.Slider("height", "height", [0.5, 1.0], start=0.5)]).set(height=1.0)


def _reinstall(name: str, version: str) -> str:
    """The same version once more, and nothing else."""
    return _run_pip(f'--force-reinstall --no-deps "{name}=={version}"')


def _run_pip(what: str) -> str:
    return f"Run `%pip install {what}` in a cell, then Kernel → Restart Kernel."


def _numbers(version: str) -> tuple[int, ...]:
    """The leading numbers of a version: (3, 11, 0) for "3.11.0rc1"."""
    return tuple(map(int, re.match(r"\d+(?:\.\d+)*", version)[0].split(".")))
