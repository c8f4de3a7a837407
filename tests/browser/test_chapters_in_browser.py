"""Every chapter in a real JupyterLab, and as a page without kernel or network: all cells run, every control of every
figure answers to keyboard and mouse, and the numbers are those that the kernel computes."""

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest
from conftest import REPOSITORY

CHAPTERS = sorted(path.name for path in (REPOSITORY / "notebooks").glob("[0-9][0-9]-*.ipynb"))

# What the kernel says of every figure, at both ends of each control (of a choice: each option) and at a run's end.
EXPECTED = """
import json
from nnlib import live

def numbers_of(figure, positions):
    spec, here = figure._spec(positions), figure.values
    start = {c["name"]: c["values"][c["start"]] for c in spec["controls"]}
    def numbers(to_the_end=False, /, **moved):  # a control may have any name
        figure.set(**{**start, **moved})
        if to_the_end:
            figure.run()
        return figure.numbers
    told = {
        "question": spec["question"] is not None,
        "stepper": isinstance(figure, live.Stepper),
        "controls": [
            {
                "label": c["label"],
                "kind": c["kind"],
                "texts": c["texts"],
                "numbers": {text: numbers(**{c["name"]: value}) for text, value in zip(c["texts"], c["values"])
                            if c["kind"] != "slider" or value in (c["values"][0], c["values"][-1])},
            }
            for c in spec["controls"]
        ],
        "start": numbers(),
    }
    if told["stepper"]:
        told["end"] = numbers(True)
        figure.reset()
    figure.set(**here)
    return told

figures = [shown for shown in Out.values() if isinstance(shown, live.Figure)]
print(json.dumps([[numbers_of(f, f._all_positions()), numbers_of(f, f._kept)] for f in figures]))
"""


def numbers_become(page, figure: int, numbers: dict[str, str]) -> None:
    """Wait until these numbers stand under the picture; a stepper's status may stand beside them."""
    deadline = time.monotonic() + 20
    while (shown := {k: v for k, v in page.numbers(figure).items() if k in numbers or k != "status"}) != numbers:
        assert time.monotonic() < deadline, f"figure {figure} shows {shown}, the kernel says {numbers}"
        page.page.wait_for_timeout(30)


def answer(page, figure: int) -> None:
    """Commit to the first option of the figure's question."""
    assert page.figure(figure).locator(".nnlib-controls").locator("input, button, select").first.is_disabled()
    page.figure(figure).get_by_role("radio").first.check()
    page.press("Commit", figure)
    page.figure(figure).locator(".nnlib-verdict:visible").wait_for()


def move_everything(page, figure: int, told: dict) -> None:
    """Every control of a figure to both ends by keyboard and to its middle by mouse; a stepper to its end and back."""
    if told["question"]:
        answer(page, figure)
    for control in told["controls"]:
        {"slider": move_slider, "buttons": press_buttons, "list": choose_from_list}[control["kind"]](
            page, figure, control
        )
    if told["stepper"]:
        page.press("Run", figure)
        numbers_become(page, figure, told["end"])
        page.press("Reset", figure)
        numbers_become(page, figure, told["start"])
        page.press("Step", figure)


def move_slider(page, figure: int, control: dict) -> None:
    slider = page.slider(control["label"], figure)
    start = slider.input_value()
    for key, text in (("Home", control["texts"][0]), ("End", control["texts"][-1])):
        page.press_keys(control["label"], key, figure=figure)
        numbers_become(page, figure, control["numbers"][text])
        assert slider.get_attribute("aria-valuetext") == text
    page.drag(control["label"], to=0.5, figure=figure)
    assert 0 < int(slider.input_value()) < len(control["texts"]) - 1 or len(control["texts"]) < 3
    slider.evaluate("(node, value) => { node.value = value; node.dispatchEvent(new Event('input')); }", start)


def press_buttons(page, figure: int, control: dict) -> None:
    group = page.figure(figure).get_by_role("group", name=control["label"], exact=True)
    start = group.locator("[aria-pressed=true]").text_content()
    for text in [*control["texts"], start]:
        group.get_by_role("button", name=text, exact=True).press("Enter")
        numbers_become(page, figure, control["numbers"][text])


def choose_from_list(page, figure: int, control: dict) -> None:
    box = page.figure(figure).get_by_role("combobox", name=control["label"], exact=True)
    start = box.locator("option:checked").text_content()
    for text in [*control["texts"], start]:
        box.select_option(label=text)
        numbers_become(page, figure, control["numbers"][text])


def photograph(page, name: str, figures: int) -> None:
    """Screenshots of each figure in both themes, kept for people to look at."""
    for dark in (False, True):
        page.use_dark_theme(dark)
        for figure in range(figures):
            page.figure(figure).scroll_into_view_if_needed()
            page.screenshot(f"{name}-figure{figure}-{'dark' if dark else 'light'}")
    page.use_dark_theme(False)


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_every_control_of_every_figure(chapter, notebook, page_from_file, tmp_path):
    page, name = notebook(chapter, viewport={"width": 1300, "height": 1400}), Path(chapter).stem
    figures = json.loads(page.kernel(EXPECTED))
    assert page.figures().count() == len(figures) >= 2
    for i, (live, _) in enumerate(figures):
        move_everything(page, i, live)
    photograph(page, name, len(figures))
    assert page.errors() == []

    stored = REPOSITORY / "notebooks" / chapter
    convert = [sys.executable, "-m", "nbconvert", "--to", "html", "--output-dir", tmp_path, stored]
    subprocess.run(convert, check=True, capture_output=True)
    saved = page_from_file(tmp_path / f"{name}.html")
    for i, (_, recorded) in enumerate(figures):
        move_everything(saved, i, recorded)
    saved.screenshot(f"{name}-page")
