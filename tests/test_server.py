"""The extension of the Jupyter server: what it saves, and how many threads its kernels take."""

import copy
import os
import subprocess
import sys
from types import SimpleNamespace

import nbformat
import pytest
from jupyter_core.paths import jupyter_config_path
from jupyter_server.extension.config import ExtensionConfigManager
from jupyter_server.extension.manager import ExtensionPackage
from jupyter_server.services.contents.largefilemanager import LargeFileManager
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from nnlib import server

THREADS = ["OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"]
FIGURE = {
    server.WIDGET: {"model_id": "a"},
    "text/html": "<img alt='a bowl'>",
    "image/png": "cG5n",
    "text/plain": "a bowl",
}


@pytest.fixture
def contents(tmp_path, monkeypatch):
    """The server's contents manager, with the extension loaded."""
    monkeypatch.setattr(os, "environ", os.environ.copy())
    app = SimpleNamespace(contents_manager=LargeFileManager(root_dir=str(tmp_path)))
    server._load_jupyter_server_extension(app)
    return app.contents_manager


def shown(data: dict, kind: str = "execute_result", **metadata):
    return new_output(kind, data=dict(data), metadata=metadata)


def test_a_saved_live_figure_keeps_all_but_its_widget(contents, tmp_path):
    ours = shown(FIGURE, nnlib="figure"), shown(FIGURE, "display_data", nnlib="figure")
    others = (
        shown(FIGURE),
        shown({server.WIDGET: {"model_id": "b"}, "text/plain": "VBox()"}),
        new_output("stream", text="1"),
    )
    cells = [new_code_cell("f", outputs=[*ours, *others]), new_code_cell("1"), new_markdown_cell("a")]
    notebook = new_notebook(cells=cells, metadata={"widgets": {"state": {}}})
    expected = copy.deepcopy(notebook)
    for output in expected.cells[0].outputs[:2]:
        del output.data[server.WIDGET]
    contents.save({"type": "notebook", "content": notebook}, "a.ipynb")
    assert nbformat.read(tmp_path / "a.ipynb", as_version=4) == expected


def test_other_files_and_folders_are_saved_as_they_are(contents, tmp_path):
    contents.save({"type": "file", "format": "text", "content": "cells"}, "a.txt")
    contents.save({"type": "directory"}, "folder")
    assert (tmp_path / "a.txt").read_text() == "cells" and (tmp_path / "folder").is_dir()


@pytest.mark.parametrize("was", [None, "3"])
def test_kernels_take_one_blas_thread_unless_somebody_said_otherwise(monkeypatch, was):
    before = {name: value for name, value in os.environ.items() if name not in THREADS}
    monkeypatch.setattr(os, "environ", before if was is None else {**before, "OPENBLAS_NUM_THREADS": was})
    server._load_jupyter_server_extension(SimpleNamespace(contents_manager=LargeFileManager()))
    assert {name: os.environ.get(name) for name in THREADS} == dict.fromkeys(THREADS) | {THREADS[0]: was or "1"}


def test_it_needs_no_package_of_the_figures():
    script = "import sys, nnlib.server; print({'matplotlib', 'anywidget', 'ipywidgets'} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", script], capture_output=True, text=True).stdout == "set()\n"


def test_it_is_enabled_where_the_package_is_installed():
    found = ExtensionConfigManager(read_config_path=jupyter_config_path()).get_jpserver_extensions()
    assert found["nnlib.server"] and ExtensionPackage(name="nnlib.server").validate()
