"""Hosts that are not JupyterLab in the course's own environment: what Colab has, and what is where nnlib is not."""

import importlib.util
import os
import shutil
import sys
import venv

import anywidget
import links
import nbformat
import pytest
from commands import ROOT, copy_of_the_package, pip_or_skip, run
from IPython.core.inputtransformer2 import TransformerManager

from nnlib import live
from nnlib.server import WIDGET

CHAPTERS = sorted(path.stem for path in (ROOT / "notebooks").glob("*.ipynb"))
FIGURE = {WIDGET, "image/png", "text/plain"}


def figures(notebook: nbformat.NotebookNode) -> list[nbformat.NotebookNode]:
    """The outputs that are figures."""
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    return [output for output in outputs if "image/png" in output.get("data", {})]


# ---- Colab: its packages, and its widget manager ---------------------------------------------------------------------


@pytest.fixture(scope="module")
def packages_of_colab(tmp_path_factory):
    """A Python that has nnlib beside the packages of Colab, as old as they are there."""
    if sys.version_info >= (3, 13):
        pytest.skip("Colab is at Python 3.12, and its NumPy has no wheels for later ones")
    folder = tmp_path_factory.mktemp("colab")
    venv.create(folder / "venv")
    copy_of_the_package(folder)
    python = folder / "venv" / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    kernel = ["ipykernel<7", "ipython==7.34.0", "ipython-genutils", "matplotlib", "nbclient", "numpy==2.0.2", "psygnal"]
    pip_or_skip("--python", python, "install", *kernel)
    # what else ipywidgets asks for is a front end, the old Notebook
    pip_or_skip("--python", python, "install", "--no-deps", "ipywidgets==7.7.1", "anywidget", folder)
    return python


@pytest.mark.network
def test_chapters_run_with_the_packages_of_colab_and_their_figures_are_kept(packages_of_colab, tmp_path):
    chapters = [next((ROOT / "notebooks").glob(f"{number}-*.ipynb")) for number in ("00", "02", "11")]
    copies = [shutil.copy(chapter, tmp_path) for chapter in chapters]
    execute = ["-c", "from nbclient.cli import main; main()", "--inplace", "--kernel_name=python3"]
    here = {"PYTHONPATH": "", "NNLIB_RECORD": "auto", "OPENBLAS_NUM_THREADS": "1"}
    ran = run(packages_of_colab, *execute, *copies, cwd=tmp_path, **here)
    assert ran.returncode == 0, ran.stdout + ran.stderr  # an error in a cell ends it
    for chapter, copy in zip(chapters, copies, strict=True):
        stored, new = (nbformat.read(path, as_version=4) for path in (chapter, copy))
        assert len(figures(new)) == len(figures(stored)) >= 2
        for figure in figures(new):
            assert set(figure.data) >= FIGURE, f"{chapter.name} has figures without {FIGURE - set(figure.data)}"
            assert figure.metadata["image/png"]["alt"].strip()
        if chapter.stem.startswith("00"):
            assert "All is well." in str(new.cells[2].outputs)


@pytest.fixture
def dot():
    board = live.Board()
    board.line("dot", board.axes[0], marker="o")
    x = live.Slider("x", "x", [0.0, 1.0], start=0.0)
    return live.figure(board, lambda x: live.Frame({"dot": (x, x)}, {}, "A dot."), [x])


def test_ipywidgets_7_does_not_show_the_widget_alone(dot):
    assert dot._ipython_display_ is None  # where there is one, IPython asks for nothing else
    assert set(dot._repr_mimebundle_()[0]) >= FIGURE


def test_colab_is_told_where_the_manager_of_the_widget_is(dot, monkeypatch):
    manager = {WIDGET: {"colab": {"custom_widget_manager": {"url": "https://manager"}}}}
    monkeypatch.setattr(anywidget.AnyWidget, "_repr_mimebundle_", lambda self, **_: ({WIDGET: {}}, manager))
    about = dot._repr_mimebundle_()[1]
    assert about[WIDGET] == manager[WIDGET] and about["image/png"]["alt"] == "A dot."


# ---- where nnlib is not installed ------------------------------------------------------------------------------------


class Host:
    """Stands in for a kernel, with nnlib or without it: notes what `%pip` is asked for, and installs it or does not."""

    def __init__(self, monkeypatch, *, has_nnlib=False, can_install=False):
        self.has_nnlib, self.can_install, self.asked = has_nnlib, can_install, []
        really_there = importlib.util.find_spec
        monkeypatch.setattr(
            importlib.util, "find_spec", lambda name: really_there(name) if self.has_nnlib or name != "nnlib" else None
        )

    def run_line_magic(self, magic, line):
        self.asked.append((magic, line))
        self.has_nnlib = self.can_install

    def run(self, source):
        exec(TransformerManager().transform_cell(source), {"get_ipython": lambda: self})


def beginning(name: str) -> str:
    """The first code cell of a chapter, up to the imports from nnlib."""
    cells = nbformat.read(ROOT / f"notebooks/{name}.ipynb", as_version=4).cells
    source = next(cell.source for cell in cells if cell.cell_type == "code")
    before, words, _ = source.partition(links.installing())
    return before + words


@pytest.mark.parametrize("name", CHAPTERS)
def test_where_nnlib_is_missing_it_is_installed_from_the_tag_and_the_chapter_goes_on(monkeypatch, name):
    host, (repository, tag) = Host(monkeypatch, can_install=True), links.address()
    host.run(beginning(name))
    assert host.asked == [("pip", f'install -q "nnlib[live] @ https://github.com/{repository}/archive/{tag}.zip"')]


@pytest.mark.parametrize("name", CHAPTERS)
def test_where_it_cannot_be_installed_a_reader_is_told_what_to_do_and_sees_no_traceback(monkeypatch, name):
    host = Host(monkeypatch)
    with pytest.raises(SystemExit, match=r"then restart: python -m pip install -r requirements\.txt -e \.$"):
        host.run(beginning(name))
    assert len(host.asked) == 1


@pytest.mark.parametrize("name", CHAPTERS)
def test_where_nnlib_is_there_nothing_is_installed(monkeypatch, name):
    host = Host(monkeypatch, has_nnlib=True)
    host.run(beginning(name))
    assert host.asked == []
