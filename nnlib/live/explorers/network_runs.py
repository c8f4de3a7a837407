"""A network that learns a curve, live: steepest descent alone, and Levenberg–Marquardt against it."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice

import numpy as np
from numpy.typing import ArrayLike

from nnlib import _arguments as arguments
from nnlib.live import COLORS, Caption, LiveFigure, Prediction, Slider, figure, subplots
from nnlib.live.explorers._axes import counted, short, style_loss_axes
from nnlib.optimizers import Steps, levenberg_marquardt, steepest_descent

LEARNING_RATES = [0.0001, 0.0003, 0.001, 0.002, 0.003, 0.005, 0.007, 0.01, 0.015, 0.02, 0.03, 0.05, 0.1, 0.2]
MUS = 10.0 ** np.arange(-6, 7)


@dataclass(frozen=True)
class Run:
    """One optimizer's run: its weights at the end, and the loss at the start and after every step."""

    w: np.ndarray
    loss: np.ndarray
    ending: str


def run(steps: Steps, max_steps: int) -> Run:
    """Take at most `max_steps` steps and keep what the picture needs."""
    records = list(islice(steps, max_steps))
    w = records[-1].w if records else steps.w0
    loss = [steps.problem.loss(steps.w0), *(record.loss for record in records)]
    return Run(w, np.array(loss), "" if steps.ending is None else steps.ending.value)


def _check_curve(problem) -> None:
    net = getattr(problem, "net", None)
    if net is None or net.n_inputs != 1 or net.n_outputs != 1:
        raise ValueError("problem must be a NetworkFit with one input and one output, to be drawn as a curve")


class _Picture:
    """The data with a fitted curve on the left, loss against steps on the right."""

    def __init__(self, problem, w0, max_steps: int):
        self.problem, self.max_steps = problem, max_steps
        start = problem.loss(w0)
        self.fig, (self.data_axes, self.loss_axes) = subplots(1, 2)
        x, y = problem.X[:, 0], problem.Y[:, 0]
        margin = 0.35 * np.ptp(y)
        self.x = np.linspace(x.min(), x.max(), 161)
        self.data_axes.plot(x, y, "o", color="#555555", markersize=4, label="data")
        self.data_axes.set(
            xlim=(x.min(), x.max()), ylim=(y.min() - margin, y.max() + margin), xlabel="x", title="the network's curve"
        )
        style_loss_axes(self.loss_axes, max_steps, (start * 1e-4, start * 1e2))
        self.loss_axes.set_title("loss after each step")
        self.moving = []

    def add(self, label: str, color: str, linestyle: str):
        """Lines for one optimizer; what it returns shows a run in them."""
        look = {"color": color, "linestyle": linestyle, "linewidth": 2.2, "label": label}
        (curve,) = self.data_axes.plot([], [], **look)
        (loss,) = self.loss_axes.plot([], [], **look)
        self.moving += [curve, loss]

        def draw(result: Run) -> None:
            curve.set_data(self.x, self.problem.predict(result.w, self.x[:, None])[:, 0])
            loss.set_data(np.arange(len(result.loss)), result.loss)

        return draw


def descent_on_network(
    problem, w0: ArrayLike, *, max_steps: int = 300, predict: Prediction | None = None
) -> LiveFigure:
    """Train a network with one input and one output by steepest descent, at every move of the learning rate.

    Parameters
    ----------
    problem : NetworkFit
        With one input and one output.
    w0 : (n,) array
        Start.
    max_steps : int, default 300
        Steps to take.
    predict : Prediction, optional
        A question to be answered before the figure unlocks.

    Returns
    -------
    LiveFigure
    """
    _check_curve(problem)
    w0 = arguments.real_array("w0", w0, 1)
    max_steps = arguments.integer("max_steps", max_steps, at_least=1)
    picture = _Picture(problem, w0, max_steps)
    draw = picture.add("steepest descent", COLORS["blue"], "-")

    def show(learning_rate):
        result = run(steepest_descent(problem, w0, learning_rate=learning_rate), max_steps)
        draw(result)
        trend = "falls" if result.loss[-1] < result.loss[0] else "rises"
        numbers = {
            "η": short(learning_rate),
            "steps": str(len(result.loss) - 1),
            "loss": f"{short(result.loss[0])} → {short(result.loss[-1])}",
        }
        alt = (
            f"A network after {counted(len(result.loss) - 1, 'step')} of steepest descent with learning rate "
            f"{short(learning_rate)}: the loss {trend} from {short(result.loss[0])} to {short(result.loss[-1])}. "
            f"{result.ending}"
        )
        return Caption(alt.strip(), numbers)

    control = Slider("learning_rate", "η, learning rate", LEARNING_RATES, start=0.01, format="{:g}")
    return figure(
        picture.fig, moving=picture.moving, show=show, controls=[control], trail=picture.moving, predict=predict
    )


def lm_against_descent(
    problem, w0: ArrayLike, *, max_steps: int = 100, predict: Prediction | None = None
) -> LiveFigure:
    """Train the same network from the same start by Levenberg–Marquardt and by steepest descent, side by side.

    Parameters
    ----------
    problem : NetworkFit
        With one input and one output, and squared error.
    w0 : (n,) array
        Start.
    max_steps : int, default 100
        Steps for each.
    predict : Prediction, optional
        A question to be answered before the figure unlocks.

    Returns
    -------
    LiveFigure
    """
    _check_curve(problem)
    w0 = arguments.real_array("w0", w0, 1)
    max_steps = arguments.integer("max_steps", max_steps, at_least=1)
    picture = _Picture(problem, w0, max_steps)
    draw_descent = picture.add("steepest descent", COLORS["vermillion"], "--")
    draw_lm = picture.add("Levenberg–Marquardt", COLORS["blue"], "-")
    picture.loss_axes.legend(loc="upper right", frameon=False)

    def show(mu, learning_rate):
        lm = run(levenberg_marquardt(problem, w0, mu=mu), max_steps)
        descent = run(steepest_descent(problem, w0, learning_rate=learning_rate), max_steps)
        draw_lm(lm)
        draw_descent(descent)
        numbers = {
            "loss, LM": short(lm.loss[-1]),
            "loss, descent": short(descent.loss[-1]),
            "LM steps": str(len(lm.loss) - 1),
            "LM is below descent's last loss after": _overtakes(lm.loss, descent.loss[-1]),
        }
        alt = (
            f"Loss against steps on a log scale. Levenberg–Marquardt from μ = {short(mu)} reaches "
            f"{short(lm.loss[-1])} in {counted(len(lm.loss) - 1, 'step')}; steepest descent with learning rate "
            f"{short(learning_rate)} reaches {short(descent.loss[-1])} in {counted(len(descent.loss) - 1, 'step')}."
        )
        return Caption(alt, numbers)

    controls = [
        Slider("mu", "μ, first damping of LM", MUS, start=1e-3, format="{:g}"),
        Slider("learning_rate", "η, learning rate of descent", LEARNING_RATES, start=0.01, format="{:g}"),
    ]
    return figure(
        picture.fig, moving=picture.moving, show=show, controls=controls, trail=picture.moving, predict=predict
    )


def _overtakes(lm_loss: np.ndarray, descent_final: float) -> str:
    below = np.flatnonzero(lm_loss <= descent_final)
    return counted(int(below[0]), "step") if len(below) else "never"
