"""Live figures: matplotlib draws the still part once, the browser draws what moves.

A figure is made in three steps: a `Board` with its axes, still parts and named marks; a pure function from the
controls' values to a `Frame`, which holds data for the marks, the numbers beside the picture and a sentence; one call
that joins them:

- `figure`: sliders and choices;
- `stepper`: Step, Run and Reset for anything that yields step records.

Where there is a kernel it computes at each move; where all positions together take under half a second they travel to
the browser at once. Stored chapters hold the recorded form: all positions, which move without a kernel. It is made for
every figure where the environment variable NNLIB_RECORD says "always", as `make notebooks` does.

This is the only part of `nnlib` that needs matplotlib, ipywidgets and anywidget. It knows nothing of the mathematics.
"""

from nnlib.live.board import Board, Frame, short
from nnlib.live.controls import Choice, Slider
from nnlib.live.figure import Figure, figure
from nnlib.live.stepper import Stepper, stepper
from nnlib.live.style import COLORS, arrow

__all__ = ["COLORS", "Board", "Choice", "Figure", "Frame", "Slider", "Stepper", "arrow", "figure", "short", "stepper"]
