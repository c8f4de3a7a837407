"""Live figures: matplotlib draws the still part once, the browser draws what moves.

A figure is made in three steps: `subplots` and the artists as usual in matplotlib; a plain function that sets the
artists' data for given values of the controls and returns a `Caption`; one call that joins them:

- `figure`: the kernel computes at each move of a control;
- `recorded`: all positions of one slider are computed once and the browser moves through them without a kernel;
- `stepper`: Step, Run and Reset buttons for anything that yields step records.

This is the only part of `nnlib` that needs matplotlib, ipywidgets and anywidget.
"""

from nnlib.live.board import Board, Frame, figure, short, stepper
from nnlib.live.controls import Caption, Choice, Prediction, Slider
from nnlib.live.figure import LiveFigure
from nnlib.live.recorded import RecordedFigure, recorded
from nnlib.live.stepper import Stepper
from nnlib.live.style import COLORS, Arrow, Bars, arrow, bars, polygon, subplots

__all__ = [
    "COLORS",
    "Arrow",
    "Board",
    "Bars",
    "Caption",
    "Choice",
    "Frame",
    "LiveFigure",
    "Prediction",
    "RecordedFigure",
    "Slider",
    "Stepper",
    "arrow",
    "bars",
    "figure",
    "polygon",
    "recorded",
    "short",
    "stepper",
    "subplots",
]
