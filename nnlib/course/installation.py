"""Is everything there that the course needs? One call looks, and says what to do where the answer is no.

A report needs numpy alone: the packages of the live figures are imported only while they are looked at.
"""

from __future__ import annotations

import importlib
import platform
import re
from dataclasses import dataclass
from importlib import metadata

import numpy as np

from nnlib import datasets
from nnlib.optimizers import levenberg_marquardt
from nnlib.problems import CurveFit
from nnlib.training import train

OLDEST_PYTHON = "3.11"
OLDEST = {"numpy": "2.0", "matplotlib": "3.9", "ipywidgets": "8.1", "anywidget": "0.9.13"}
LARGEST_ERROR = 1e-6  # of a certified parameter, relative


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    Attributes
    ----------
    what : str
        What was looked at.
    trouble : str
        What is wrong and what to do about it; empty where nothing is.
    """

    what: str
    trouble: str = ""

    def __str__(self) -> str:
        return f"✗ {self.what}: {self.trouble}" if self.trouble else f"✓ {self.what}"


@dataclass(frozen=True)
class Report:
    """What `check` found, one line each.

    Attributes
    ----------
    findings : tuple of Finding
    """

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

    Returns
    -------
    Report
        Its text names no versions where all is well, so that it is the same on every sound machine.

    Examples
    --------
    >>> report = check()
    >>> str(report.findings[0])
    '✓ Python'
    """
    packages = [_package(name) for name in OLDEST]
    return Report((_python(), *packages, _certified_fit(), _live_figure()))


def _python() -> Finding:
    found = platform.python_version()
    if _numbers(found) < _numbers(OLDEST_PYTHON):
        remedy = "Get it from python.org and install the course with it."
        return Finding("Python", f"this is {found}, the course needs {OLDEST_PYTHON} or newer. {remedy}")
    return Finding("Python")


def _package(name: str) -> Finding:
    wanted = f"{name}>={OLDEST[name]}"
    try:
        found = metadata.version(name)
    except metadata.PackageNotFoundError:
        return Finding(name, f"it is not installed. {_run_pip('--upgrade', wanted)}")
    if _numbers(found) < _numbers(OLDEST[name]):
        needs = f"version {found} is installed, the course needs {OLDEST[name]} or newer"
        return Finding(name, f"{needs}. {_run_pip('--upgrade', wanted)}")
    try:
        importlib.import_module(name)
    except Exception as error:  # whatever a broken package raises, the reader is told what to do
        broken = f"it is installed, but importing it gives {_described(error)}"
        return Finding(name, f"{broken}. {_run_pip('--force-reinstall', wanted)}")
    return Finding(name)


def _certified_fit() -> Finding:
    what, remedy = "Levenberg–Marquardt reaches NIST's certified parameters", _run_pip("--force-reinstall", "numpy")
    try:
        data = datasets.nist("Misra1a")
        fit = train(levenberg_marquardt(CurveFit(data.model, data.x, data.y), data.starts[1]))
    except Exception as error:
        return Finding(what, f"the fit stops with {_described(error)}. {remedy}")
    error = np.max(np.abs(fit.w / data.certified - 1))
    if error < LARGEST_ERROR:
        return Finding(what)
    return Finding(what, f"they are off by {error:.1g} of their size. {remedy}")


def _live_figure() -> Finding:
    what = "a live figure can be built and moved"
    try:
        _build_and_move_a_figure()
    except Exception as error:
        remedy = f"Mend what is marked ✗ above. If nothing is: {_run_pip('--force-reinstall', 'anywidget')}"
        return Finding(what, f"it gives {_described(error)}. {remedy}")
    return Finding(what)


def _build_and_move_a_figure() -> None:
    from nnlib import live  # here and not above: it needs the packages that may be missing

    fig, ax = live.subplots()
    (line,) = ax.plot([], [])

    def show(height):
        line.set_data([0.0, 1.0], [0.0, height])
        return live.Caption(f"A line that rises by {height}.")

    slider = live.Slider("height", "height", [0.5, 1.0], start=0.5)
    live.figure(fig, moving=[line], show=show, controls=[slider]).set(height=1.0)


def _run_pip(option: str, package: str) -> str:
    return f'Run `%pip install {option} "{package}"` in a cell, then Kernel → Restart Kernel.'


def _numbers(version: str) -> tuple[int, ...]:
    """The leading numbers of a version: (3, 11, 0) for "3.11.0rc1"."""
    return tuple(map(int, re.match(r"\d+(?:\.\d+)*", version)[0].split(".")))


def _described(error: Exception) -> str:
    return f"{type(error).__name__}: {error}".rstrip(".")
