"""What chapters are stored with: figures that move without a kernel, no references to widgets of a kernel that is gone.

JupyterLab shows "Error displaying widget" for such a reference, and the recorded figure beside it where there is none.
Each recorded figure brings the script that moves it; in a notebook one is enough, and it stands in the first. What a
cell prints is stored in one piece. `make notebooks` runs this after executing the chapters.
"""

import re
import sys
from pathlib import Path

import nbformat
from nbconvert.preprocessors import CoalesceStreamsPreprocessor

from nnlib.server import keep_stills

FRONT_END = re.compile(r'<script data-nnlib="figures">.*?</script>\n?', re.DOTALL)


def without_widgets(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """The notebook itself, its live figures without references to widgets."""
    keep_stills(notebook)
    notebook.metadata.pop("widgets", None)
    return notebook


def with_one_script(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """The notebook itself, the figures' script left in the first output that has it."""
    having = [data for data in outputs(notebook) if FRONT_END.search(data.get("text/html", ""))]
    for data in having[1:]:
        data["text/html"] = FRONT_END.sub("", data["text/html"])
    return notebook


def with_whole_streams(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """The notebook with each stream in one piece, however many a slow machine has sent."""
    return CoalesceStreamsPreprocessor(enabled=True)(notebook, {})[0]


def outputs(notebook: nbformat.NotebookNode) -> list[dict]:
    return [out.get("data", {}) for cell in notebook.cells for out in cell.get("outputs", [])]


if __name__ == "__main__":
    for path in map(Path, sys.argv[1:]):
        notebook = with_whole_streams(nbformat.read(path, as_version=4))
        nbformat.write(with_one_script(without_widgets(notebook)), path)
