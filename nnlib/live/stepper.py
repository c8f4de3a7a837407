"""Step, Run and Reset: a figure that draws the steps of an algorithm one by one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

import traitlets

from nnlib import arguments
from nnlib.live.board import Board, Frame
from nnlib.live.controls import Choice, Slider, check_controls
from nnlib.live.figure import Figure, check_function, described, framed

_SWEEP_STEPS = 3  # taken at each visit of a sweep


def stepper(
    board: Board,
    start: Callable[..., Iterator],
    show: Callable[..., Frame],
    controls: Sequence[Slider | Choice] = (),
    *,
    ask=None,
    record: Mapping[str, Sequence] | None = None,
    max_steps: int = 200,
    pause: float = 0.05,
) -> Stepper:
    """Step, Run and Reset buttons for anything that yields step records.

    Parameters
    ----------
    board, ask, record
        As in `figure`.
    start : callable
        Takes the controls' values by name, returns a new iterator of step records. Where it is a generator that
        returns a value, that value is shown as the reason of the end.
    show : callable
        Takes the list of the records so far (empty at the start) and the controls' values by name, returns a `Frame`.
    controls : sequence of Slider or Choice, optional
        At most three; moving one goes back to the start.
    max_steps : int, default 200
        A run ends there at the latest.
    pause : float, default 0.05
        Seconds between two steps of a run that the reader watches.

    Returns
    -------
    Stepper

    Examples
    --------
    >>> board = Board()
    >>> board.line("dot", board.axes[0], marker="o")
    >>> def halves():
    ...     for k in range(1, 4):
    ...         yield 0.5**k
    ...     return "small enough"
    >>> def show(records):
    ...     height = records[-1] if records else 1.0
    ...     return Frame({"dot": (len(records), height)}, {"height": height}, "A point at height {height}.")
    >>> f = stepper(board, halves, show)
    >>> f.step().numbers["height"]
    0.5
    >>> f.run().numbers["height"], f.status
    (0.125, 'ended after step 3: small enough')
    >>> f.table["height"]
    array([1.   , 0.5  , 0.25 , 0.125])
    """
    check_controls(controls, at_least=0)
    check_function("start", start)
    max_steps = arguments.integer("max_steps", max_steps, at_least=1)
    return Stepper(board, start, show, controls, ask, record, max_steps, arguments.number("pause", pause, at_least=0))


class Run:
    """The records of one run, taken as they are asked for, and why there are no more."""

    def __init__(self, steps: Iterator, max_steps: int):
        self._steps, self._max_steps = steps, max_steps
        self.records: list = []
        self.ending, self.broken = "", False

    def upto(self, k: int) -> list:
        """The first k records, fewer where the run ends before."""
        while len(self.records) < k and not self.ending:
            self._take()
        return self.records[:k]

    def _take(self) -> None:
        try:
            self.records.append(next(self._steps))
        except StopIteration as stop:
            self.ending = "no more steps" if stop.value is None else str(stop.value)
        except BaseException as error:
            self.ending = "interrupted" if isinstance(error, KeyboardInterrupt) else type(error).__name__
            self.broken = True
            raise
        else:
            if len(self.records) == self._max_steps:
                self.ending = "the most that this figure takes"

    def status(self, k: int) -> str:
        """Where the run stands after k steps."""
        if self.ending and k == len(self.records):
            return f"ended after step {k}: {self.ending}"
        return f"step {k}" if k else "at the start"


class Stepper(Figure):
    """A figure that draws the steps of an algorithm; made by `stepper`. Its trait `k` is the number of steps taken."""

    k = traitlets.Int(0, min=0).tag(sync=True)

    def __init__(self, board, start, show, controls, ask, record, max_steps: int, pause: float):
        self._start, self._max_steps, self._pause = start, max_steps, pause
        self._runs: dict[tuple, Run] = {}
        super().__init__(board, show, controls, ask, record)
        self.observe(self._stepped, "k")

    @property
    def status(self) -> str:
        """How far the run has come."""
        return self._run(self.values).status(self.k)

    def step(self) -> Frame:
        """Take one step and return the frame that results; after the end nothing changes."""
        self.k = self.k + 1
        return self._now()

    def run(self) -> Frame:
        """Take all steps to the end and return the last frame; an interrupt keeps the steps so far."""
        try:
            self.k = self._max_steps
        except KeyboardInterrupt:
            self.k = len(self._run(self.values).records)
        return self._now()

    def reset(self) -> Frame:
        """Go back to the start with the controls' present values."""
        self.k = 0
        return self._now()

    def sweep(self) -> list[Frame]:
        """Visit each control's ends and start (of a choice: all options) and take three steps there."""
        here, frames = self.values, []
        visits = [{**here, name: value} for name, control in self._controls.items() for value in control.extremes]
        for values in visits or [here]:
            self.set(**values)
            self.k = _SWEEP_STEPS
            frames.append(self._now())
        self.set(**here)
        self.reset()
        return frames

    def _run(self, position: dict) -> Run:
        key = tuple(position.values())
        if key not in self._runs:
            self._runs[key] = Run(iter(self._start(**position)), self._max_steps)
        return self._runs[key]

    def _now(self) -> Frame:
        return self._after(self.values, self.k)

    def _after(self, position: dict, k: int) -> Frame:
        return framed(self._show(self._run(position).upto(k), **position))

    def _rows(self, position: dict) -> list[dict]:
        return [{**position, "k": k, **frame.numbers} for k, (frame, _) in enumerate(self._frames(position))]

    def _frames(self, position: dict) -> Iterator[tuple[Frame, dict]]:
        run = self._run(position)
        last = len(run.upto(self._max_steps))
        for k in range(last + 1):
            yield self._after(position, k), {"k": k, "last": k == last, "status": run.status(k)}

    def _telling(self) -> Frame:
        """The run's end, unless the figure stands somewhere on the way."""
        return self._after(self.values, self.k or self._max_steps)

    def _spec(self, positions) -> dict:
        return {**super()._spec(positions), "stepper": {"start": self.k, "most": self._max_steps, "pause": self._pause}}

    def _live_frame(self) -> dict:
        run = self._run(self.values)
        last = bool(run.ending) and self.k == len(run.records)
        return {**super()._live_frame(), "k": self.k, "last": last, "status": run.status(self.k)}

    def _moved(self, change) -> None:
        """Another run begins at its start."""
        if self.k:
            self.k = 0  # draws it
        else:
            super()._moved(change)

    def _stepped(self, change) -> None:
        if self.k == 0 and self._run(self.values).broken:
            del self._runs[tuple(self.values.values())]
        run = self._run(self.values)
        try:
            run.upto(self.k)
        except Exception as error:
            self.k = len(run.records)  # what was reached stays, and is drawn
            self.error = described(error)
            raise
        if len(run.records) < self.k:
            self.k = len(run.records)  # comes back here
        else:
            super()._moved(change)
