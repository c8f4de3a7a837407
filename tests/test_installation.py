"""The check of the installation: all ticks on a sound machine, and for each fault a line that says what to do."""

import json
import platform
import sys
from importlib import metadata
from pathlib import Path

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


def test_the_oldest_packages_are_those_of_requirements_txt():
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    wanted = {r.name: str(r.specifier) for r in map(Requirement, (l for l in lines if l and not l.startswith("#")))}
    for name, oldest in installation.OLDEST.items():
        assert wanted[name] == f">={oldest}"


def test_the_oldest_python_is_that_of_the_package():
    assert metadata.metadata("nnlib")["Requires-Python"] == f">={installation.OLDEST_PYTHON}"


def test_an_old_python_is_told_where_to_get_a_newer_one(monkeypatch):
    monkeypatch.setattr(platform, "python_version", lambda: "3.9.18")
    assert troubles()["Python"].startswith("this is 3.9.18, the course needs 3.11 or newer. Get it from python.org")


@pytest.mark.parametrize(("name", "oldest"), installation.OLDEST.items())
def test_a_missing_package_is_told_how_to_install_it(monkeypatch, name, oldest):
    installed_versions(monkeypatch)
    assert str(installation._package(name)) == (
        f"✗ {name}: it is not installed. "
        f'Run `%pip install --upgrade "{name}>={oldest}"` in a cell, then Kernel → Restart Kernel.'
    )


@pytest.mark.parametrize(
    ("name", "version", "old"),
    [
        ("numpy", "1.26.4", True),
        ("numpy", "2.0.0rc1", False),
        ("numpy", "10.0", False),
        ("anywidget", "0.9", True),
        ("anywidget", "0.9.12", True),
        ("anywidget", "0.9.13", False),
        ("matplotlib", "3.10.0", False),
    ],
)
def test_versions_are_compared_number_by_number(monkeypatch, name, version, old):
    installed_versions(monkeypatch, **{name: version})
    trouble = installation._package(name).trouble
    assert bool(trouble) == old
    assert trouble.startswith(f"version {version} is installed, the course needs") == old


def test_a_package_that_is_there_and_broken_is_to_be_reinstalled_and_breaks_the_figure_too(monkeypatch):
    monkeypatch.setitem(sys.modules, "ipywidgets", None)  # importing it now raises ImportError
    for name in [name for name in sys.modules if name.startswith("nnlib.live")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.delattr(sys.modules["nnlib"], "live")
    found = troubles()
    assert set(found) == {"ipywidgets", "a"}
    assert "importing it gives ModuleNotFoundError" in found["ipywidgets"]
    assert '--force-reinstall "ipywidgets>=' in found["ipywidgets"]
    assert "Mend what is marked ✗ above." in found["a"]


def test_a_fit_that_stops_is_seen(monkeypatch):
    def stops(name):
        raise FileNotFoundError("Misra1a.dat")

    monkeypatch.setattr(installation.datasets, "nist", stops)
    assert "the fit stops with FileNotFoundError: Misra1a.dat" in troubles()["Levenberg–Marquardt"]


def test_a_fit_that_misses_the_certified_parameters_is_seen(monkeypatch):
    real = installation.train
    monkeypatch.setattr(installation, "train", lambda steps: real(steps, max_steps=1))
    assert '%pip install --force-reinstall "numpy"' in troubles()["Levenberg–Marquardt"]


def test_a_figure_that_cannot_be_built_is_seen(monkeypatch):
    def fails(*args, **kwargs):
        raise RuntimeError("no comm manager")

    monkeypatch.setattr(live, "figure", fails)
    assert "it gives RuntimeError: no comm manager. Mend what is marked ✗ above." in troubles()["a"]


def test_a_report_with_troubles_ends_in_what_to_do(monkeypatch):
    installed_versions(monkeypatch)
    report = installation.check()
    assert not report.ok
    lines = str(report).splitlines()
    assert lines[2].startswith("✗ matplotlib: it is not installed.")
    assert lines[-1].startswith("Do what the first line marked ✗ says")


def test_the_first_cell_of_the_course_says_what_to_do_where_nnlib_itself_is_missing(monkeypatch, capsys):
    cells = json.loads((ROOT / "notebooks/00-start-here.ipynb").read_text(encoding="utf-8"))["cells"]
    first = next("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")
    monkeypatch.setitem(sys.modules, "nnlib", None)  # importing it now raises ImportError
    exec(first, {})
    said = capsys.readouterr().out
    assert said.startswith("✗ import of nnlib halted")
    assert "python -m pip install -r requirements.txt -e ." in said
