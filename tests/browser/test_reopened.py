"""A notebook that was run, saved, shut down and opened again, in JupyterLab and in Notebook: its figures are there."""

import pytest
from conftest import PATIENCE, FigurePage
from test_live_figures import AT_ONCE, PARABOLA

NEVER = "import os\n\nos.environ['NNLIB_RECORD'] = 'never'\nh = live.figure(board, show, [a])\nh"
WORDS = "The parabola a x² for a = 1."
DEAD = "Error displaying widget"


@pytest.fixture
def open_in(lab, browser):
    """A function that opens a notebook in "lab" or in "notebook", in a window of its own, and runs nothing."""
    windows = []

    def open_notebook(name: str, program: str) -> FigurePage:
        windows.append(browser.new_context(viewport={"width": 1300, "height": 1400}))
        page = FigurePage(windows[-1].new_page())
        address = {"lab": f"lab/tree/{name}?reset", "notebook": f"notebooks/{name}"}[program]
        page.page.goto(f"{lab.url}/{address}", wait_until="domcontentloaded")
        idle = page.page.locator(".jp-Notebook-ExecutionIndicator[data-status=idle]")  # the focus moves until then
        idle.first.wait_for(state="attached", timeout=PATIENCE)
        return page

    yield open_notebook
    for window in windows:
        window.close()


def test_the_figures_are_there_and_the_recorded_one_moves(notebook, lab, open_in):
    page = notebook(cells=[PARABOLA, AT_ONCE, NEVER])
    page.press_keys("a, steepness", "ArrowRight", figure=1)
    page.wait_for_number("a", "1.5", figure=1)  # the widget is what shows while its kernel lives
    page.save()
    page.shut_down()

    for program in ("lab", "notebook"):
        again = open_in(page.name, program)
        still = again.page.get_by_role("img", name=WORDS).locator("visible=true")
        again.press_keys("a, steepness", "ArrowRight", times=2)
        again.wait_for_number("height at 2", "8")
        assert again.alt() == "The parabola a x² for a = 2."
        assert again.figures().count() == 1 and still.count() == 1
        assert still.evaluate("image => image.naturalWidth === 2 * image.getAttribute('width')")
        assert again.page.get_by_text(DEAD).count() == 0
        again.screenshot(f"reopened-in-{program}")
