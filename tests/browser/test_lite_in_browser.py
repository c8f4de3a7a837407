"""JupyterLite beside the pages: a chapter's page leads to it, its kernel starts without the internet, figures move.

NumPy and Matplotlib come from Pyodide's own address, which is out of reach here: the figure that moves is nnlib's own
script with frames made by hand.
"""

import os
import subprocess
import sys
import threading
import urllib.error
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import nbformat
import pytest
from conftest import CHROMIUM, FLAGS, REPOSITORY, VIEWPORT, FigurePage

pytestmark = pytest.mark.network
CHAPTER = "11-levenberg-marquardt"
PATIENCE = 150_000  # milliseconds in which a kernel starts on a busy machine
LOCALHOST_ALONE = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"

INSTALL = """
import base64, struct
from importlib import metadata
import anywidget, ipywidgets, pyodide_js, traitlets

await pyodide_js.loadPackage("WHEEL")  # by its address: without NumPy and Matplotlib
scripts = {file.name: file.read_text("utf-8") for file in metadata.files("nnlib") if file.suffix == ".js"}
"""
FIGURE = """
class Line(anywidget.AnyWidget):
    _esm = scripts["plot.js"] + scripts["figure.js"] + scripts["live.js"]
    spec = traitlets.Dict().tag(sync=True)
    still = traitlets.Bytes().tag(sync=True)
    frame = traitlets.Dict().tag(sync=True)
    recorded = traitlets.Bytes().tag(sync=True)
    error = traitlets.Unicode().tag(sync=True)
    committed = traitlets.Int(-1).tag(sync=True)
    height = traitlets.Int(0).tag(sync=True)

    @traitlets.observe("height")
    def _moved(self, change):
        self.frame = frame(self.height)

def frame(height):
    line = dict(kind="line", stroke="#0072b2", fill=None, width=3, dash=None, clip=None, n=2)
    points = struct.pack("<4f", 0, 100, 200, 100 - 10 * height)
    words = dict(alt=f"A line that rises by {height}.", numbers=[["rises by", str(height)]])
    return dict(shapes=[line], points=points, **words)

slider = dict(name="height", label="height", kind="slider", texts=list("012345"), values=list(range(6)), start=0)
white = base64.b64decode("PNG")
Line(spec=dict(size=[200, 100], controls=[slider], question=None), still=white, frame=frame(0))
"""
PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGP6DwABBQECz6AuzQAAAABJRU5ErkJggg=="


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def lite():
    sys.path.insert(0, str(REPOSITORY / "book"))
    try:
        import lite
    finally:
        sys.path.pop(0)
    return lite


@pytest.fixture(scope="module")
def address(lite, tmp_path_factory):
    """Where a chapter's page and JupyterLite are served, as on the web."""
    site = tmp_path_factory.mktemp("site")
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    options = f"-m sphinx -Q -c book -D lite=1 -D include_patterns=README.md,notebooks/{CHAPTER}.ipynb -d".split()
    book = [sys.executable, *options, tmp_path_factory.mktemp("trees"), ".", site]
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=site))
    here = f"http://127.0.0.1:{server.server_port}"
    with pytest.MonkeyPatch.context() as patch, subprocess.Popen(book, cwd=REPOSITORY, env=environment) as building:
        patch.setattr(lite, "write_chapters", partial(chapters_and_a_figure, lite.write_chapters, here))
        try:
            lite.build(site / "lite")
        except urllib.error.HTTPError:
            raise
        except urllib.error.URLError as error:
            pytest.skip(f"the registry cannot be reached from here: {error.reason}")
    assert building.returncode == 0
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield here
    server.shutdown()
    server.server_close()


def chapters_and_a_figure(write_chapters, here, folder):
    write_chapters(folder)
    wheel = f"{here}/lite/static/pyodide/{next(folder.parents[1].glob('static/pyodide/nnlib-*.whl')).name}"
    cells = map(nbformat.v4.new_code_cell, (INSTALL.replace("WHEEL", wheel), FIGURE.replace("PNG", PNG)))
    chapter = nbformat.read(folder / f"{CHAPTER}.ipynb", as_version=4)
    nbformat.write(nbformat.v4.new_notebook(metadata=chapter.metadata, cells=list(cells)), folder / "figure.ipynb")


@pytest.fixture
def page(browser):
    """A page of a browser that finds no host but this machine."""
    alone = browser.browser_type.launch(executable_path=CHROMIUM, args=[*FLAGS, LOCALHOST_ALONE])
    yield FigurePage(alone.new_page(viewport=VIEWPORT))
    alone.close()


def test_a_chapters_page_opens_that_chapter_and_its_figures_move_at_once(address, page):
    page.page.goto(f"{address}/notebooks/{CHAPTER}.html")
    page.page.get_by_role("link", name="Run it here").click()
    page.page.locator(".jp-Notebook h1").get_by_text("11 · Levenberg–Marquardt").wait_for(timeout=60_000)
    figure = page.figure()
    figure.scroll_into_view_if_needed()
    before = page.alt()
    figure.get_by_role("slider").first.focus()
    page.page.keyboard.press("End")
    changed = "([canvas, before]) => canvas.getAttribute('aria-label') !== before"
    page.page.wait_for_function(changed, arg=[page.canvas().element_handle(), before], timeout=20_000)


def test_the_kernel_starts_without_the_internet_and_a_live_figure_moves(address, page):
    page.page.goto(f"{address}/lite/lab/index.html?path=notebooks/figure.ipynb")
    page.page.locator(".jp-CodeCell").nth(1).wait_for(timeout=60_000)
    page.page.get_by_role("menuitem", name="Run", exact=True).click()
    page.page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
    page.figures().locator("canvas[aria-label]").wait_for(timeout=PATIENCE)
    page.press_keys("height", "ArrowRight")
    page.wait_for_number("rises by", "1")
    page.press_keys("height", "End")
    page.wait_for_number("rises by", "5")
    assert page.alt() == "A line that rises by 5."
