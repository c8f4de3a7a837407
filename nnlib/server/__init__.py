"""An extension of the Jupyter server: what it saves can be opened again, and its kernels do not fight for processors.

- A live figure is saved in its recorded form or as a still, without the reference to the widget that showed it: without
  its kernel JupyterLab and Notebook would write "Error displaying widget" in its place.
- Kernels take one BLAS thread unless OPENBLAS_NUM_THREADS says otherwise: on the course's small matrices threads only
  wait for each other. OMP_NUM_THREADS and MKL_NUM_THREADS stay as they are, since other packages take their number of
  threads from them.

Installing `nnlib` enables it: nnlib.json beside this file goes to etc/jupyter/jupyter_server_config.d. It has to be
installed where the server runs. `jupyter server extension disable nnlib.server` switches it off.
"""

import os

OURS = "nnlib"  # key in the metadata of the outputs that are live figures: no other widget may be touched
WIDGET = "application/vnd.jupyter.widget-view+json"


def keep_stills(notebook: dict) -> None:
    """Drop the widgets of live figures from a notebook: each has its recorded form or its still beside it."""
    for cell in notebook.get("cells", []):
        for output in cell.get("outputs", []):
            if OURS in output.get("metadata", {}):
                output["data"].pop(WIDGET, None)


def _before_saving(model: dict, **_) -> None:
    if model.get("type") == "notebook" and model.get("content"):
        keep_stills(model["content"])


def _jupyter_server_extension_points() -> list[dict]:
    return [{"module": "nnlib.server"}]


def _load_jupyter_server_extension(app) -> None:
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # its kernels inherit it
    app.contents_manager.register_pre_save_hook(_before_saving)
