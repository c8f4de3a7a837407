"""Step, Run and Reset: a figure that draws the steps of an algorithm one by one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator, Sequence

import ipywidgets as widgets
from matplotlib.figure import Figure

from nnlib import arguments
from nnlib.live.controls import Caption, Choice, Prediction, Slider
from nnlib.live.figure import DrivenFigure, captioned, check_callable, check_controls, start_values
from nnlib.live.picture import Picture

_SWEEP_STEPS = 3  # taken at each visit of a sweep


def stepper(
    fig: Figure,
    *,
    moving: Iterable,
    start: Callable[..., Iterator],
    show: Callable[..., Caption],
    controls: Sequence[Slider | Choice] = (),
    trail: Iterable = (),
    predict: Prediction | None = None,
    max_steps: int = 200,
    pause: float = 0.05,
) -> Stepper:
    """Step, Run and Reset buttons for anything that yields step records.

    Parameters
    ----------
    fig, moving, trail, predict
        As in `figure`; the trail keeps the last run.
    start : callable
        Takes the controls' values by name, returns a new iterator of step records. Where it is a generator that
        returns a value, that value is shown as the reason of the end.
    show : callable
        Takes the list of the records so far (empty at the start) and the controls' values by name, sets the artists'
        data, returns a `Caption`.
    controls : sequence of Slider or Choice, optional
        At most three; moving one resets the run.
    max_steps : int, default 200
        A run ends there at the latest.
    pause : float, default 0.05
        Seconds between two steps of a run that the reader watches.

    Returns
    -------
    Stepper

    Examples
    --------
    >>> from nnlib.live import stepper, subplots
    >>> fig, ax = subplots()
    >>> dot, = ax.plot([0.0], [1.0], "o")
    >>> def halves():
    ...     for k in range(1, 4):
    ...         yield 0.5**k
    ...     return "small enough"
    >>> def show(history):
    ...     height = history[-1] if history else 1.0
    ...     dot.set_data([len(history)], [height])
    ...     return Caption(f"A point at height {height}.", {"height": f"{height:g}"})
    >>> f = stepper(fig, moving=[dot], start=halves, show=show)
    >>> f.step().numbers["height"]
    '0.5'
    >>> f.run().numbers["height"], f.numbers["status"]
    ('0.125', 'ended after step 3: small enough')
    """
    check_callable("start", start)
    check_callable("show", show)
    check_controls(controls, at_least=0)
    max_steps = arguments.integer("max_steps", max_steps, at_least=1)
    pause = arguments.number("pause", pause, at_least=0.0)
    first = captioned(show([], **start_values(controls)))
    return Stepper(Picture(fig, moving, trail), start, show, controls, predict, first, max_steps, pause)


class Stepper(DrivenFigure):
    """A figure that draws the steps of an algorithm one by one; made by `stepper`."""

    def __init__(self, picture: Picture, start, show, controls, predict, first: Caption, max_steps: int, pause: float):
        self._start, self._show = start, show
        self._max_steps, self._pause = max_steps, pause
        self._finished_runs = 0
        self._playing = None  # the run that the reader watches, None where there is none
        self._rewind()
        step_button = _button("Step", "take one step", self._on_step)
        self._run_button = _button("Run", "take steps to the end, or pause", self._on_run)
        reset_button = _button("Reset", "go back to the start", self._on_reset)
        super().__init__(picture, controls, predict, first, [step_button, self._run_button, reset_button])

    @property
    def numbers(self) -> dict[str, str]:
        """The numbers under the picture, and how far the run has come."""
        return {**self._caption.numbers, "status": self._status}

    def step(self) -> Caption:
        """Take one step and return the caption that results; after the end nothing changes."""
        self._stop_playing()
        self._advance()
        return self._caption

    def run(self) -> Caption:
        """Take all steps to the end, draw the last one, return its caption; an interrupt keeps the steps so far."""
        self._stop_playing()
        with self._errors_seen():
            try:
                while not self._ended:
                    self._take_step()
            except KeyboardInterrupt:
                self._status = f"interrupted after step {len(self._history)}"
        self._draw()
        return self._caption

    def reset(self) -> Caption:
        """Go back to the start with the controls' present values; the run so far stays in grey."""
        self._stop_playing()
        if self._history:
            self._finished_runs += 1
        self._rewind()
        self._draw()
        return self._caption

    def sweep(self) -> list[Caption]:
        """Visit each control's minimum, start and maximum (of a choice: all options), take three steps there.

        Returns
        -------
        list of Caption
            One for each visit, after its steps.
        """
        captions = super().sweep()
        self.reset()
        return captions

    def _visit(self, values: dict) -> Caption:
        self.set(**values)
        self.reset()
        for _ in range(_SWEEP_STEPS):
            self.step()
        return self._caption

    def _moved(self) -> None:
        self.reset()

    def _compute(self) -> Caption:
        return self._show(self._history, **self.values)

    def _frame(self) -> dict:
        return {**super()._frame(), "status": self._status, "run": self._finished_runs}

    def _rewind(self) -> None:
        self._steps, self._history = None, []
        self._ended, self._status = False, "at the start"

    def _advance(self) -> None:
        with self._errors_seen():
            self._take_step()
        self._draw()

    def _take_step(self) -> None:
        """Add the next record to the history, or note why there is none."""
        if self._ended:
            return
        try:
            if self._steps is None:
                self._steps = iter(self._start(**self.values))
            self._history.append(next(self._steps))
        except StopIteration as stop:
            self._end("no more steps" if stop.value is None else str(stop.value))
            return
        except Exception as error:
            self._end(type(error).__name__)
            raise
        self._status = f"step {len(self._history)}"
        if len(self._history) == self._max_steps:
            self._end("the most that this figure takes")

    def _end(self, reason: str) -> None:
        self._ended = True
        self._status = f"ended after step {len(self._history)}: {reason}"

    def _on_step(self, _button) -> None:
        self.step()

    def _on_reset(self, _button) -> None:
        self.reset()

    def _on_run(self, _button) -> None:
        """Play the run step by step so that the other buttons stay alive; without motion or event loop, at once."""
        if self._playing is not None:
            self._stop_playing()
        elif self._plot.reduced_motion or not _in_event_loop():
            self.run()
        else:
            self._playing = asyncio.get_running_loop().create_task(self._play())
            self._run_button.description = "Pause"

    async def _play(self) -> None:
        me = asyncio.current_task()
        try:
            while self._playing is me and not self._ended:
                self._advance()
                await asyncio.sleep(self._pause)
        finally:
            if self._playing is me:
                self._stop_playing()

    def _stop_playing(self) -> None:
        self._playing = None
        self._run_button.description = "Run"


def _button(name: str, tooltip: str, action: Callable) -> widgets.Button:
    button = widgets.Button(description=name, tooltip=tooltip, layout={"width": "5.5em"})
    button.on_click(action)
    return button


def _in_event_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True
