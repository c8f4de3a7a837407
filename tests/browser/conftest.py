"""A real JupyterLab and a real Chromium, driven by Playwright.

Tests take the fixture `notebook`: `notebook(name)` opens and runs a notebook of the repository's notebooks/ folder,
`notebook(cells=[...])` one made of these code cells. What it returns is a `NotebookPage`, whose methods do what a
reader does: move a slider by keyboard or mouse, press a button, read the numbers.
"""

from __future__ import annotations

import base64
import io
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import nbformat
import numpy as np
import pytest
from PIL import Image

REPOSITORY = Path(__file__).parents[2]
ARTIFACTS = REPOSITORY / "artifacts"
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
VIEWPORT = {"width": 1300, "height": 1000}
# What JupyterLab says on its own account when a notebook is closed and opened again, and where JupyterLite is installed
# beside it, whose kernel it cannot load.
NOISE = ("Could not restore the debugger state", "No such comm", "Error: Shared module @jupyterlite")
PATIENCE = 60_000  # milliseconds to wait for JupyterLab on a busy machine

try:
    from playwright.sync_api import sync_playwright
except ImportError:
    sync_playwright = None


def pytest_collection_modifyitems(items):
    """Run the tests of this folder last: Playwright leaves an event loop running, which other tests must not meet.

    Where there is no browser they are skipped, and say how to get one.
    """
    missing = None
    if sync_playwright is None:
        missing = "no playwright: pip install playwright"
    elif CHROMIUM is None:
        missing = "no Chromium: install it (Debian, Ubuntu: apt-get install chromium) so that it is found on the PATH"
    here = [item for item in items if Path(__file__).parent in Path(item.path).parents]
    for item in here:
        item.add_marker(pytest.mark.browser)
        if missing:
            item.add_marker(pytest.mark.skip(reason=missing))
    items[:] = [item for item in items if item not in here] + here


class Lab:
    """A JupyterLab server of its own, on a copy of the notebooks: what it saves never reaches the checkout."""

    def __init__(self, folder: Path):
        self.root = folder / "notebooks"
        shutil.copytree(REPOSITORY / "notebooks", self.root, ignore=shutil.ignore_patterns(".*"))
        self.log = folder / "server.log"
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        folders = {
            "HOME": folder,
            "JUPYTER_CONFIG_DIR": folder / "config",
            "JUPYTER_DATA_DIR": folder / "data",
            "JUPYTERLAB_SETTINGS_DIR": folder / "settings",
            "JUPYTERLAB_WORKSPACES_DIR": folder / "workspaces",
            "IPYTHONDIR": folder / "ipython",
            "PYTHONPATH": REPOSITORY,
        }
        self.environment = {**os.environ, **{name: str(path) for name, path in folders.items()}}
        self._process = self._start(folder)

    def _start(self, home: Path) -> subprocess.Popen:
        quiet = home / "settings" / "@jupyterlab" / "apputils-extension" / "notification.jupyterlab-settings"
        quiet.parent.mkdir(parents=True)
        quiet.write_text('{"fetchNews": "false", "checkForUpdates": false}')
        command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", f"--port={self.port}"]
        options = [
            "--ServerApp.ip=127.0.0.1",
            f"--ServerApp.root_dir={self.root}",
            "--IdentityProvider.token=",
            "--ServerApp.password=",
            "--ServerApp.disable_check_xsrf=True",
            "--LabApp.expose_app_in_browser=True",
        ]
        with self.log.open("w") as log:
            return subprocess.Popen(command + options, env=self.environment, stdout=log, stderr=log)

    def wait_until_up(self) -> None:
        for _ in range(240):
            try:
                urllib.request.urlopen(self.url + "/api", timeout=1)
                return
            except OSError:
                time.sleep(0.25)
        raise RuntimeError("JupyterLab did not start:\n" + self.log.read_text()[-3000:])

    def stop(self) -> None:
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(15)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(5)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class FigurePage:
    """A page with live or recorded figures: what a reader does and sees. `figure` counts them from 0, top to bottom."""

    def __init__(self, page):
        self.page = page
        self.console_errors: list[str] = []
        page.on("pageerror", lambda error: self.console_errors.append(str(error)))
        page.on("console", self._listen)

    def _listen(self, message) -> None:
        if message.type == "error":
            self.console_errors.append(message.text)

    def figures(self):
        """All figures that are alive: a picture, its numbers and its controls."""
        return self.page.locator(".nnlib-plot")

    def figure(self, i: int = 0):
        """The locator of one figure, waiting until it is on the page."""
        found = self.figures().nth(i)
        found.locator("canvas[role=img][aria-label]").wait_for(state="attached", timeout=PATIENCE)
        return found

    def canvas(self, figure: int = 0):
        return self.figure(figure).locator("canvas")

    def alt(self, figure: int = 0) -> str:
        return self.canvas(figure).get_attribute("aria-label")

    def numbers(self, figure: int = 0) -> dict[str, str]:
        """The numbers under the picture, as they stand there."""
        pairs = "rows => rows.map(row => [...row.children].map(part => part.textContent))"
        return dict(self.figure(figure).locator(".nnlib-number").evaluate_all(pairs))

    def wait_for_number(self, label: str, value: str, figure: int = 0) -> None:
        """Wait until the number stands under the picture."""
        deadline = time.monotonic() + 20
        while self.numbers(figure).get(label) != value:
            if time.monotonic() > deadline:
                raise AssertionError(f"{label} never became {value}: {self.numbers(figure)}")
            self.page.wait_for_timeout(30)

    def pixels(self, figure: int = 0) -> np.ndarray:
        """The picture as it is on screen, an array (height, width, 3)."""
        shot = self.canvas(figure).screenshot(animations="disabled")
        return np.asarray(Image.open(io.BytesIO(shot)).convert("RGB"))

    def drawing(self, figure: int = 0) -> np.ndarray:
        """The picture as it was drawn, still part and moving part, wherever it lies on the screen's own pixels."""
        url = self.canvas(figure).evaluate(
            """canvas => {
                 const copy = new OffscreenCanvas(canvas.width, canvas.height);
                 const pen = copy.getContext("2d");
                 pen.imageSmoothingQuality = "high";
                 pen.drawImage(canvas.parentElement.querySelector("img"), 0, 0, canvas.width, canvas.height);
                 pen.drawImage(canvas, 0, 0);
                 return copy.convertToBlob().then(blob => new Promise(read => {
                   const reader = new FileReader();
                   reader.onload = () => read(reader.result);
                   reader.readAsDataURL(blob);
                 }));
               }"""
        )
        png = base64.b64decode(url.split(",")[1])
        return np.asarray(Image.open(io.BytesIO(png)).convert("RGB"))

    def slider(self, label: str, figure: int = 0):
        """The handle of a slider by its accessible name, as a screen reader finds it."""
        return self.figure(figure).get_by_role("slider", name=label, exact=True)

    def press_keys(self, label: str, key: str, times: int = 1, figure: int = 0) -> None:
        """Move a slider with the keyboard: ArrowRight, ArrowLeft, Home, End …"""
        handle = self.slider(label, figure)
        handle.focus()
        for _ in range(times):
            self.page.keyboard.press(key)

    def drag(self, label: str, to: float, steps: int = 12, figure: int = 0) -> None:
        """Drag a slider with the mouse to the fraction `to` of its track."""
        self.start_drag(label, figure)
        self.drag_on(label, to, steps, figure)
        self.page.mouse.up()

    def start_drag(self, label: str, figure: int = 0) -> None:
        handle = self.slider(label, figure)
        handle.scroll_into_view_if_needed()
        x, y = handle.evaluate(
            """node => {
                 const box = node.getBoundingClientRect();
                 const part = (node.value - node.min) / (node.max - node.min);
                 return [box.x + 8 + part * (box.width - 16), box.y + box.height / 2];
               }"""
        )
        self.page.mouse.move(x, y)
        self.page.mouse.down()

    def drag_on(self, label: str, to: float, steps: int = 12, figure: int = 0) -> None:
        box = self.slider(label, figure).evaluate(
            """node => {
                 const track = node.getBoundingClientRect();
                 return [track.x, track.y, track.width, track.height];
               }"""
        )
        self.page.mouse.move(box[0] + 8 + to * (box[2] - 16), box[1] + box[3] / 2, steps=steps)

    def press(self, button: str, figure: int = 0) -> None:
        """Press a button by its text."""
        self.figure(figure).get_by_role("button", name=button, exact=True).click()

    def height(self, figure: int = 0) -> float:
        return self.figure(figure).bounding_box()["height"]

    def error_box(self, figure: int = 0):
        return self.figure(figure).get_by_role("alert")

    def screenshot(self, name: str) -> Path:
        """Keep a picture of the page in artifacts/ for people to look at."""
        ARTIFACTS.mkdir(exist_ok=True)
        path = ARTIFACTS / f"{name}.png"
        self.page.screenshot(path=path)
        return path


class NotebookPage(FigurePage):
    """A notebook open in JupyterLab."""

    def __init__(self, page, lab: Lab, url: str | None = None):
        super().__init__(page)
        self.lab = lab
        self.url = url or lab.url

    def open(self, name: str) -> None:
        """Open a notebook without running it and wait for its kernel."""
        self.name = name
        self.console_errors.clear()
        if self.page.url.startswith(self.url):  # JupyterLab is there: another tab is quicker than another page
            open_tab = "async path => { await window.jupyterapp.commands.execute('docmanager:open', { path }); }"
            self.page.evaluate(open_tab, name)
        else:
            self.page.goto(f"{self.url}/lab/tree/{name}?reset", wait_until="domcontentloaded")
        self.wait_until_idle()
        self.page.evaluate(
            """() => {
                 window.jupyterapp.shell.collapseLeft();
                 window.kernelErrors = [];
                 const kernel = window.jupyterapp.shell.currentWidget.sessionContext.session.kernel;
                 kernel.iopubMessage.connect((_, { header, content }) => {
                   if (header.msg_type === "error") window.kernelErrors.push(`${content.ename}: ${content.evalue}`);
                   if (content.name === "stderr") window.kernelErrors.push(content.text);
                 });
               }"""
        )

    def wait_until_idle(self) -> None:
        """Wait until the notebook is open and its kernel has nothing to do."""
        idle = """path => {
          const panel = window.jupyterapp?.shell.currentWidget;
          const ready = panel?.context?.path === path && panel.context.isReady && panel.sessionContext.isReady;
          return ready && panel.sessionContext.session?.kernel?.status === "idle";
        }"""
        self.page.wait_for_function(idle, arg=self.name, timeout=PATIENCE)

    def run_all(self) -> None:
        """Run all cells and wait until the last one is done; a cell that did not run is an error."""
        left_out = self.page.evaluate(
            """async patience => {
                 const run = window.jupyterapp.commands.execute("notebook:run-all-cells");
                 await Promise.race([run, new Promise(wake => setTimeout(wake, patience))]);
                 return window.jupyterapp.shell.currentWidget.content.widgets
                   .filter(cell => cell.model.type === "code" && cell.model.sharedModel.source.trim())
                   .filter(cell => !cell.model.executionCount)
                   .map(cell => cell.model.sharedModel.source);
               }""",
            3 * PATIENCE,
        )
        assert not left_out, (
            f"{self.name}: {len(left_out)} cells did not run; {self.errors()}; the first:\n{left_out[0]}"
        )

    def kernel(self, code: str) -> str:
        """Run code in the notebook's kernel and return what it printed (or its error)."""
        return self.page.evaluate(
            """async code => {
                 const kernel = window.jupyterapp.shell.currentWidget.sessionContext.session.kernel;
                 const future = kernel.requestExecute({ code, store_history: false });
                 let printed = "";
                 future.onIOPub = ({ header, content }) => {
                   if (header.msg_type === "stream") printed += content.text;
                   if (header.msg_type === "error") printed += `${content.ename}: ${content.evalue}`;
                 };
                 await future.done;
                 return printed;
               }""",
            code,
        )

    def wait_for_kernel(self, expression: str, value: str) -> None:
        """Wait until the kernel says so: of many moves it hears the last one when it has answered those before."""
        deadline = time.monotonic() + 20
        while (said := self.kernel(f"print({expression})").strip()) != value:
            assert time.monotonic() < deadline, f"{expression} never became {value}, the kernel says {said}"
            self.page.wait_for_timeout(30)

    def kernel_errors(self) -> list[str]:
        """What the kernel wrote to stderr or raised since the notebook was opened, in cells and in callbacks."""
        return self.page.evaluate("() => window.kernelErrors")

    def errors(self) -> list[str]:
        """Everything that went wrong on the page and in the notebook."""
        return [text for text in self.console_errors + self.kernel_errors() if not text.startswith(NOISE)]

    def use_dark_theme(self, dark: bool = True) -> None:
        theme = "JupyterLab Dark" if dark else "JupyterLab Light"
        self.page.evaluate("theme => window.jupyterapp.commands.execute('apputils:change-theme', { theme })", theme)
        self.page.wait_for_function(f"() => document.body.dataset.jpThemeLight === '{str(not dark).lower()}'")
        self.page.wait_for_timeout(500)

    def save(self) -> None:
        self.page.evaluate("async () => { await window.jupyterapp.shell.currentWidget.context.save(); }")

    def restart_kernel(self) -> None:
        self.page.evaluate(
            "async () => { await window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart(); }"
        )
        self.page.wait_for_timeout(500)

    def shut_down(self) -> None:
        """Stop the kernel, close the tab and leave JupyterLab as it was found; again does nothing."""
        if self.page.evaluate("() => document.body.dataset.jpThemeLight === 'false'"):
            self.use_dark_theme(False)
        self.page.evaluate(
            """async () => {
                 const panel = window.jupyterapp.shell.currentWidget;
                 if (!panel?.sessionContext) return;
                 await panel.sessionContext.shutdown();
                 panel.context.model.dirty = false;
                 panel.dispose();
               }"""
        )


@pytest.fixture(scope="session")
def lab(tmp_path_factory):
    server = Lab(tmp_path_factory.mktemp("lab"))
    try:
        server.wait_until_up()
        yield server
    finally:
        server.stop()


@pytest.fixture(scope="session")
def browser():
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def plain_page(lab, browser):
    """The page that all notebooks share which need nothing special of the browser."""
    window = browser.new_context(viewport=VIEWPORT)
    yield NotebookPage(window.new_page(), lab)
    window.close()


@pytest.fixture
def notebook(lab, browser, plain_page, request):
    """A function that opens and runs a notebook and returns its `NotebookPage`; keyword arguments go to the browser's
    context: device_scale_factor=2, reduced_motion="reduce" …"""
    opened, windows = [], []

    def open_notebook(name: str | None = None, *, cells: list[str] | None = None, run: bool = True, **context):
        if cells is not None:
            name = f"{request.node.name.replace('[', '-').replace(']', '')}.ipynb"
            write_notebook(lab.root / name, cells)
        page = plain_page
        if context:
            windows.append(browser.new_context(**{"viewport": VIEWPORT, **context}))
            page = NotebookPage(windows[-1].new_page(), lab)
        opened.append(page)
        page.open(name)
        if run:
            page.run_all()
        return page

    yield open_notebook
    for page in opened:
        page.shut_down()
    for window in windows:
        window.close()


@pytest.fixture
def page_from_file(browser):
    """A function that opens a file in a browser without any network and returns its `FigurePage`."""
    windows = []

    def open_file(path: Path, **context) -> FigurePage:
        window = browser.new_context(offline=True, viewport=VIEWPORT, **context)
        windows.append(window)
        page = FigurePage(window.new_page())
        page.page.goto(path.as_uri())
        return page

    yield open_file
    for window in windows:
        window.close()


def write_notebook(path: Path, cells: list[str]) -> None:
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in cells])
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(notebook, path)
