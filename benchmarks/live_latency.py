"""From a key press on a slider to the changed picture on screen, in a real JupyterLab.

    python benchmarks/live_latency.py

The same figure four ways, in one notebook with one kernel: an empty callback that only sets a label (the floor: one
round trip to the kernel), LIVE, RECORDED, and ipywidgets.interact with the inline backend. The presses are interleaved,
so that whatever else the machine does hits all of them alike; then the first three once more over a connection with
100 ms of delay. RECORDED has a limit in milliseconds: only an idle machine can tell whether it is kept.
Needs Chromium and playwright, as the browser tests do.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
import threading
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "browser"))
from conftest import CHROMIUM, FLAGS, Lab, NotebookPage, free_port, sync_playwright, write_notebook

PRESSES = 31
WARM_UP = 3
DELAY = 0.100  # seconds, there and back

CELLS = {
    "set-up": """
%matplotlib inline
import ipywidgets as widgets
import matplotlib.pyplot as plt
import numpy as np
from nnlib import live

RATES = np.linspace(0.01, 0.19, 41)
STEPS = np.arange(200)
grid = np.linspace(-4, 4, 120)
surface = 0.5 * (grid[np.newaxis] ** 2 + 10 * grid[:, np.newaxis] ** 2)


def descend(rate):
    "Steepest descent on the bowl (x² + 10 y²)/2 in closed form."
    path = np.column_stack([-3.5 * (1 - rate) ** STEPS, 3 * (1 - 10 * rate) ** STEPS])
    return path, 0.5 * (path[:, 0] ** 2 + 10 * path[:, 1] ** 2)


def decorate(left, right):
    left.set(yscale="log", xlim=(0, 200), ylim=(1e-8, 1e3), xlabel="step", ylabel="loss")
    right.contour(grid, grid, surface, 20, colors="#9a9a9a", linewidths=0.8)
    right.set(xlim=(-4, 4), ylim=(-4, 4), xlabel="x", ylabel="y")
""",
    "empty callback": """
slider, label = widgets.SelectionSlider(options=[f"{r:.4f}" for r in RATES]), widgets.Label("start")
slider.observe(lambda change: setattr(label, "value", "rate " + change.new), "value")
widgets.VBox([slider, label])
""",
    "LIVE": """
board = live.Board(1, 2)
decorate(*board.axes)
board.curve("loss", board.axes[0], STEPS, trail=False)
board.line("path", board.axes[1], marker=".", trail=True)


def show(rate):
    path, loss = descend(rate)
    return live.Frame({"loss": loss, "path": path}, {"rate": rate, "loss": loss[-1]}, "Descent with rate {rate}.")


rate = live.Slider("rate", "rate", RATES, start=RATES[0], format="{:.4f}")
live.figure(board, show, [rate], record={"rate": RATES[:1]})  # the kernel knows more positions: it is asked
""",
    "RECORDED": """
live.figure(board, show, [rate])  # all positions are on the page
""",
    "interact": """
def draw(rate):
    path, loss = descend(float(rate))
    fig, (left, right) = plt.subplots(1, 2, figsize=(9.2, 3.8), layout="constrained")
    decorate(left, right)
    left.plot(STEPS, loss)
    right.plot(*path.T, ".-")
    plt.show()


widgets.interact(draw, rate=widgets.SelectionSlider(options=[f"{r:.4f}" for r in RATES]));
""",
}
WAYS = list(CELLS)[1:]

# Notes the first change inside the cell that is being watched, and when the browser has painted it.
WATCH = """
window.watched = null;
const changed = () => {
  const watched = window.watched;
  if (!watched || watched.painted !== null || watched.pressed === null) return;
  watched.painted = NaN;
  requestAnimationFrame(() => requestAnimationFrame(() => (watched.painted = performance.now())));
};
const clearRect = CanvasRenderingContext2D.prototype.clearRect; // what a plot does first
CanvasRenderingContext2D.prototype.clearRect = function (...rest) {
  if (window.watched?.cell.contains(this.canvas)) changed();
  return clearRect.apply(this, rest);
};
document.addEventListener("keydown", event => {
  if (window.watched && window.watched.pressed === null) window.watched.pressed = event.timeStamp;
}, true);
window.watch = cell => {
  window.watched = { cell, pressed: null, painted: null };
  window.observer?.disconnect();
  window.observer = new MutationObserver(records => {
    for (const { addedNodes, target } of records) {
      if (target.closest?.(".widget-label")) changed();
      for (const node of addedNodes)
        node.querySelectorAll?.("img").forEach(image => image.decode().then(changed, () => {}));
    }
  });
  window.observer.observe(cell, { subtree: true, childList: true });
};
"""


def measure(page: NotebookPage, ways: list[str]) -> dict[str, list[float]]:
    """Milliseconds of each press, for each of the ways."""
    page.page.add_script_tag(content=WATCH)
    cells = page.page.locator(".jp-CodeCell")
    handles = {}
    for way in ways:
        cell = cells.nth(list(CELLS).index(way))
        cell.scroll_into_view_if_needed()
        handles[way] = cell.locator(".noUi-handle, .nnlib-row input").first
        handles[way].wait_for(timeout=60_000)
    times = {way: [] for way in ways}
    for press in range(WARM_UP + PRESSES):
        for way in ways:
            milliseconds = press_once(page, handles[way])
            if press >= WARM_UP:
                times[way].append(milliseconds)
    return times


def press_once(page: NotebookPage, handle) -> float:
    handle.scroll_into_view_if_needed()
    handle.focus()
    handle.evaluate("node => window.watch(node.closest('.jp-CodeCell'))")
    page.page.wait_for_timeout(200)
    page.page.keyboard.press("ArrowRight")
    page.page.wait_for_function("() => window.watched.painted > 0", timeout=20_000, polling=20)
    page.wait_until_idle()
    page.page.wait_for_timeout(150)
    return page.page.evaluate("() => window.watched.painted - window.watched.pressed")


@contextmanager
def slow_connection(port: int):
    """A port of this machine that leads to `port`, every byte `DELAY`/2 later in each direction."""
    loop, near = asyncio.new_event_loop(), free_port()

    async def pump(reader, writer):
        with suppress(ConnectionError, asyncio.CancelledError):
            while data := await reader.read(65536):
                loop.call_later(DELAY / 2, writer.write, data)
        loop.call_later(DELAY / 2, writer.close)

    async def connect(reader, writer):
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", port)
        await asyncio.gather(pump(reader, far_writer), pump(far_reader, writer))

    server = loop.run_until_complete(asyncio.start_server(connect, "127.0.0.1", near))
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    yield near
    asyncio.run_coroutine_threadsafe(_close(server), loop).result(5)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(5)


async def _close(server: asyncio.Server) -> None:
    server.close()
    for task in asyncio.all_tasks() - {asyncio.current_task()}:
        task.cancel()
    await asyncio.sleep(DELAY)


def measured(browser, lab: Lab, url: str, ways: list[str]) -> dict[str, list[float]]:
    """Open the notebook at this address of the server, run it, measure."""
    window = browser.new_context(viewport={"width": 1300, "height": 2600})
    page = NotebookPage(window.new_page(), lab, url)
    page.open("latency.ipynb")
    page.run_all()
    times = measure(page, ways)
    page.shut_down()
    window.close()
    return times


def main() -> None:
    lab = Lab(Path(tempfile.mkdtemp()))
    try:
        lab.wait_until_up()
        write_notebook(lab.root / "latency.ipynb", list(CELLS.values()))
        with slow_connection(lab.port) as slow, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
            near = measured(browser, lab, lab.url, WAYS)
            far = measured(browser, lab, f"http://127.0.0.1:{slow}", WAYS[:3])
            browser.close()
    finally:
        lab.stop()
    report(near, far)


def report(near: dict, far: dict) -> None:
    print(f"{PRESSES} presses each, milliseconds from the key press to the changed picture on screen\n")
    print(f"{'':16}{'this machine':>18}{'with 100 ms delay':>20}")
    print(f"{'':16}{'p50':>10}{'p95':>8}{'p50':>12}{'p95':>8}")
    for way in WAYS:
        columns = [np.percentile(times[way], q) for times in (near, far) if way in times for q in (50, 95)]
        print(
            f"{way:16}" + "".join(f"{value:{width}.0f}" for value, width in zip(columns, (10, 8, 12, 8), strict=False))
        )
    middle = {way: np.percentile(near[way], 50) for way in WAYS}
    recorded = np.percentile(far["RECORDED"], 95)
    floor, speed_up = middle["LIVE"] / middle["empty callback"], middle["interact"] / middle["LIVE"]
    print()
    for claim, holds in (
        (f"LIVE takes {floor:.2f} times the empty callback (at most 1.3)", floor <= 1.3),
        (f"LIVE is {speed_up:.1f} times faster than interact (at least 3)", speed_up >= 3),
        (f"RECORDED with the delay: {recorded:.0f} ms at p95 (at most 35)", recorded <= 35),
    ):
        print(f"{'met   ' if holds else 'MISSED'} {claim}")


if __name__ == "__main__":
    main()
