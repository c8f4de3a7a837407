"""The check of the installation: all ticks on a sound machine, and for each fault a line that says what to do."""

import importlib.util
import platform
import sys
import tomllib
import types
from importlib import metadata
from pathlib import Path

import numpy as np
import pytest
from packaging.requirements import Requirement

from nnlib import installation, live

ROOT = Path(__file__).parents[1]


def troubles():
    """What is wrong, by the first word of the line."""
    return {finding.what.split()[0]: finding.trouble for finding in installation.check().findings if finding.trouble}


def installed_versions(monkeypatch, **versions):
    """Pretend that these packages, and no others, are installed."""

    def version(name):
        if name not in versions:
            raise metadata.PackageNotFoundError(name)
        return versions[name]

    monkeypatch.setattr(metadata, "version", version)


def test_a_sound_machine_gets_a_tick_on_every_line_and_no_version_numbers_of_its_own():
    report = installation.check()
    assert report.ok
    lines = str(report).splitlines()
    assert lines[-1] == "All is well."
    assert len(lines) == 8 and all(line.startswith("✓") for line in lines[:-1])
    assert metadata.version("numpy") not in str(report)


def test_what_is_looked_at_is_what_a_live_figure_needs():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["live"]]
    assert sorted(installation.PACKAGES) == sorted(Requirement(line).name for line in wanted)


def test_an_old_python_is_told_where_to_get_a_newer_one(monkeypatch):
    monkeypatch.setattr(platform, "python_version", lambda: "3.9.18")
    assert troubles()["Python"].startswith("this is 3.9.18, the course needs 3.11 or newer. Get it from python.org")


def test_a_missing_package_is_told_how_to_install_it(monkeypatch):
    installed_versions(monkeypatch)
    assert troubles()["anywidget"] == (
        'it is not installed. Run `%pip install "anywidget>=0.9.13"` in a cell, then Kernel → Restart Kernel.'
    )


@pytest.mark.parametrize(
    ("name", "version", "old"),
    [
        ("numpy", "1.26.4", True),
        ("numpy", "2.0.0rc1", False),
        ("numpy", "10.0", False),
        ("anywidget", "0.9.12", True),
        ("anywidget", "0.9.13", False),
        ("matplotlib", "3.10.0", False),
    ],
)
def test_versions_are_compared_number_by_number(monkeypatch, name, version, old):
    installed_versions(monkeypatch, **{name: version})
    trouble = troubles().get(name, "")
    assert bool(trouble) == old
    assert trouble.startswith(f"version {version} is installed, the course needs") == old


@pytest.fixture
def colab(monkeypatch):
    """As in a kernel of Colab, which has this module loaded before a reader's first cell runs."""
    monkeypatch.setitem(sys.modules, "google.colab", types.ModuleType("google.colab"))


@pytest.mark.parametrize(("version", "remedy"), [("7.7.1", ""), ("7.6.5", "leave it, and open the chapter on Binder.")])
def test_on_colab_no_package_that_came_with_it_is_to_be_upgraded(monkeypatch, colab, version, remedy):
    real = metadata.version
    monkeypatch.setattr(metadata, "version", lambda name: version if name == "ipywidgets" else real(name))
    told = troubles().get("ipywidgets", "")
    assert told.endswith(remedy) and bool(told) == bool(remedy) and "%pip" not in told


@pytest.mark.parametrize(("jupyterlab", "oldest"), [(True, "8.1"), (False, "7.7")])
def test_a_host_without_jupyterlab_may_keep_the_ipywidgets_it_came_with(monkeypatch, jupyterlab, oldest):
    real = importlib.util.find_spec
    there = {} if jupyterlab else {"jupyterlab": None}
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: there.get(name, real("numpy")))
    asked = ["numpy>=2.0", 'ipywidgets>=7.7; extra == "live"', 'ipywidgets>=8.1; extra == "lab"']
    monkeypatch.setattr(metadata, "requires", lambda name: asked)
    assert installation._oldest("ipywidgets") == oldest
    assert installation._oldest("numpy") == "2.0"


def test_an_old_package_is_not_upgraded_where_that_may_break_a_host(monkeypatch):
    installed_versions(monkeypatch, numpy="1.26.4")
    assert "environment of its own. Where nothing else uses this one: Run `%pip install" in troubles()["numpy"]


def test_a_package_that_is_there_and_broken_is_to_be_reinstalled_and_breaks_the_figure_too(monkeypatch):
    monkeypatch.setitem(sys.modules, "anywidget", None)  # importing it now raises ImportError
    for name in [name for name in sys.modules if name.startswith("nnlib.live")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.delattr(sys.modules["nnlib"], "live")
    found = troubles()
    assert set(found) == {"anywidget", "a"}
    assert "trying gives ModuleNotFoundError" in found["anywidget"]
    assert f'--force-reinstall --no-deps "anywidget=={metadata.version("anywidget")}"' in found["anywidget"]
    assert "Mend what is marked ✗ above;" in found["a"]


def test_a_fit_that_stops_is_seen(monkeypatch):
    def stops(name):
        raise FileNotFoundError("Misra1a.dat")

    monkeypatch.setattr(installation.datasets, "nist", stops)
    assert "trying gives FileNotFoundError: Misra1a.dat" in troubles()["Levenberg–Marquardt"]


def test_a_fit_that_misses_the_certified_parameters_is_seen(monkeypatch):
    real = installation.train
    monkeypatch.setattr(installation, "train", lambda steps: real(steps, max_steps=1))
    assert f'%pip install --force-reinstall --no-deps "numpy=={np.__version__}"' in troubles()["Levenberg–Marquardt"]


def test_a_figure_that_cannot_be_built_is_seen(monkeypatch):
    def fails(*args, **kwargs):
        raise RuntimeError("no comm manager")

    monkeypatch.setattr(live, "figure", fails)
    assert "trying gives RuntimeError: no comm manager. Mend what is marked ✗ above;" in troubles()["a"]


def test_a_report_with_troubles_ends_in_what_to_do(monkeypatch):
    installed_versions(monkeypatch)
    report = installation.check()
    assert not report.ok
    lines = str(report).splitlines()
    assert lines[2].startswith("✗ matplotlib: it is not installed.")
    assert lines[-1].startswith("Do what the first line marked ✗ says")
