"""Where an optimizer goes, drawn for every position of a slider: on a surface, and for a network that learns a curve."""

from __future__ import annotations

import numpy as np

from nnlib import CurveFit, NetworkFit, datasets, gauss_newton, levenberg_marquardt, steepest_descent
from nnlib.course.explorers._pictures import (
    ACCEPTED,
    HERE,
    REJECTED,
    Run,
    data_and_curve,
    marks_of,
    neuron,
    over_steps,
    plane,
    run_marks,
    sine_network,
)
from nnlib.live import COLORS, Board, Frame, Slider, figure, short

LEARNING_RATES = [0.0001, 0.0003, 0.001, 0.002, 0.003, 0.005, 0.007, 0.01, 0.015, 0.02, 0.03, 0.05, 0.1, 0.2]
MUS = 10.0 ** np.arange(-6, 7)


def descent_on_surface(problem, run, control: Slider, *, max_steps: int = 20):
    """The path of ``run(value)``, such as ``lambda eta: nnlib.steepest_descent(problem, w0, eta)``, and its losses."""
    board = Board(1, 2, width_ratios=(1.15, 1), titles=("where it goes", "the loss after each step"))
    surface, curve = board.axes
    steps = {value: run(value) for value in control.values}
    method, runs = steps[control.start].method, {value: Run.of(taken, max_steps) for value, taken in steps.items()}
    highest = max(run.loss0 for run in runs.values())
    plane(surface, problem)
    over_steps(curve, max_steps, (1e-3 * highest, 30 * highest))
    run_marks(board, surface, curve)

    def show(**values):
        (value,) = values.values()
        run = runs[value]
        numbers = {control.label: value, "steps": run.count, "loss": f"{short(run.loss[0])} → {short(run.loss[-1])}"}
        numbers["ends"] = run.ending or f"after {run.count} steps"
        alt = f"{method} on a surface with {control.label} = {short(value)}: loss {{loss}} in {{steps}} steps{outside(run.w, surface)}. {{ends}}"
        return Frame(marks_of(run), numbers, alt)

    return figure(board, show, [control])


def outside(points, ax) -> str:
    """Where a path leaves the picture."""
    low, high = np.transpose([ax.get_xlim(), ax.get_ylim()])
    out = ((np.array(points) < low) | (np.array(points) > high)).any(axis=1)
    return f"; it leaves the picture in step {np.argmax(out)}" if out.any() else ""


def fit_step_by_step(steps, *, xlabel: str = "x", ylabel: str = "y", max_steps: int = 60):
    """A curve that walks to its data: the fit after each step of an optimizer on a `CurveFit`."""
    board = Board(1, 2, width_ratios=(1.25, 1), titles=("data and curve", "the loss after each step"))
    data, curve = board.axes
    problem, run = steps.problem, Run.of(steps, max_steps)
    x, refused = (
        data_and_curve(data, problem.x, problem.y, margin=0.3, xlabel=xlabel, ylabel=ylabel),
        run.refused("trial_loss"),
    )
    top = max(run.loss.max(), np.nanmax(refused[:, 1], initial=0))
    over_steps(curve, len(run.records), (run.loss.min() / 3, 3 * top))
    curve.plot(run.loss, **ACCEPTED | {"linewidth": 1.2, "markersize": 3})
    curve.plot(*refused.T, **REJECTED | {"markersize": 5})
    board.curve("fit", data, x, color=COLORS["blue"], linewidth=2.2)
    board.line("here", curve, **HERE)

    def show(k):
        verdict = "start" if k == 0 else "rejected" if run.rejected[k - 1] else "accepted"
        numbers = {"step": f"{k} ({verdict})", "loss": run.loss[k]}
        numbers |= {f"w{i}": f"{value:.5g}" for i, value in enumerate(run.w[k], start=1)}
        marks = {"fit": problem.predict(run.w[k], x), "here": (k, run.loss[k])}
        return Frame(
            marks, numbers, f"The data and the fitted curve after step {{step}} of {len(run.records)}: loss {{loss}}."
        )

    return figure(board, show, [Slider("k", "k, step", np.arange(len(run.w)), start=0, format="{:d}")])


def curve_and_losses(problem, w0, max_steps: int, **looks):
    """A board for networks of one input and output that learn a curve: fit and losses of each method by its name."""
    if not isinstance(problem, NetworkFit):
        raise TypeError(f"problem must be a NetworkFit with one input and one output, got {type(problem).__name__}")
    board = Board(1, 2, titles=("the network's curve", "loss after each step"))
    data, curve = board.axes
    x, start = data_and_curve(data, problem.X[:, 0], problem.Y[:, 0], xlabel="x"), problem.loss(w0)
    over_steps(curve, max_steps, (start * 1e-4, start * 1e2))
    for name, look in looks.items():
        board.curve(name, data, x, linewidth=2.2, **look)
        board.curve(f"loss of {name}", curve, linewidth=2.2, label=name, **look)

    def marks(name, run):
        return {name: problem.predict(run.w[-1], x)[:, 0], f"loss of {name}": run.loss}

    return board, marks


def lm_against_descent(problem, w0, *, max_steps: int = 100, ask=None):
    """The same network from the same start by Levenberg–Marquardt and by steepest descent."""
    looks = {"descent": {"color": COLORS["vermillion"], "linestyle": "--"}, "LM": {"color": COLORS["blue"]}}
    board, marks = curve_and_losses(problem, w0, max_steps, **looks)
    board.axes[1].legend(loc="upper right", frameon=False)

    def show(mu, learning_rate):
        lm = Run.of(levenberg_marquardt(problem, w0, mu=mu), max_steps)
        descent = Run.of(steepest_descent(problem, w0, learning_rate=learning_rate), max_steps)
        below = np.flatnonzero(lm.loss <= descent.loss[-1])
        numbers = {"loss, LM": lm.loss[-1], "loss, descent": descent.loss[-1], "LM steps": lm.count}
        numbers["LM is below descent's last loss after"] = f"{below[0]} steps" if len(below) else "never"
        alt = (
            f"Loss against steps on a log scale. Levenberg–Marquardt from μ = {short(mu)} reaches {{loss, LM}} in "
            f"{{LM steps}} steps; steepest descent with learning rate {short(learning_rate)} reaches {{loss, descent}}."
        )
        return Frame(marks("LM", lm) | marks("descent", descent), numbers, alt)

    controls = [
        Slider("mu", "μ, first damping of LM", MUS, start=1e-3, format="{:g}"),
        Slider("learning_rate", "η, learning rate of descent", LEARNING_RATES, start=0.01, format="{:g}"),
    ]
    return figure(board, show, controls, ask=ask)


def gauss_newton_from(b):
    return gauss_newton(neuron(), [0.5, b])


def narrow_peak():
    peak = datasets.nist("Eckerle4")
    return levenberg_marquardt(CurveFit(peak.model, peak.x, peak.y), peak.starts[0])


EXAMPLES = {
    "descent_on_surface": lambda: descent_on_surface(
        neuron(), gauss_newton_from, Slider("b", "b, bias at the start", np.linspace(0, 2, 21), 1.5, "{:.1f}")
    ),
    "fit_step_by_step": lambda: fit_step_by_step(narrow_peak(), xlabel="wavelength", ylabel="transmittance"),
    "lm_against_descent": lambda: lm_against_descent(*sine_network()),
}
