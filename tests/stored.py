"""What chapters are stored with: outputs and still pictures, no references to widgets of a kernel that is gone.

JupyterLab shows "Error displaying widget" for such a reference and the still picture without it. `make notebooks` runs
this after executing the chapters.
"""

import sys
from pathlib import Path

import nbformat

WIDGET = "application/vnd.jupyter.widget-view+json"


def without_widgets(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """The notebook itself, its outputs without references to widgets."""
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            output.get("data", {}).pop(WIDGET, None)
    notebook.metadata.pop("widgets", None)
    return notebook


if __name__ == "__main__":
    for path in map(Path, sys.argv[1:]):
        nbformat.write(without_widgets(nbformat.read(path, as_version=4)), path)
