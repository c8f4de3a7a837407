"""The course at one glance: three small figures, each with one slider, for the first screen of its pages."""

from __future__ import annotations

from functools import cache

import numpy as np

from nnlib import bayesian_regularization, steepest_descent, train
from nnlib.course.explorers._pictures import (
    AFTER,
    BEFORE,
    HERE,
    Run,
    curve,
    data_and_curve,
    direction,
    neuron,
    plane,
    sine_network,
    still_arrow,
)
from nnlib.course.explorers.bayesian_regularization import BAND, FINE, sine_problem
from nnlib.course.explorers.start_here import LEARNING_RATES
from nnlib.live import COLORS, Board, Frame, Slider, figure

SIZE = (3.4, 3.0)  # inches: three of them beside each other
ON_THE_NEURON = (1.5, 1.0)  # where the dial of μ begins
MUS = np.geomspace(1e-3, 1e3, 25)
UNITS = [1, 2, 3, 5, 8, 12, 20]


def learning_rate(*, max_steps: int = 300):
    """A network after steepest descent with learning rate η."""
    problem, w0 = sine_network()
    board = Board(size=SIZE, titles=("How large a step?",))
    (data,) = board.axes
    x = data_and_curve(data, problem.X[:, 0], problem.Y[:, 0], margin=0.5)
    data.plot(x, curve(problem, w0, x), **BEFORE)
    board.curve("curve", data, x, trail=False, **AFTER)

    @cache
    def run_of(eta):
        return Run.of(steepest_descent(problem, w0, learning_rate=eta), max_steps)

    def show(eta):
        run = run_of(eta)
        numbers = {"η": eta, "loss": run.loss[-1]}
        alt = "Data of a sine, and a network's curve after steepest descent with learning rate {η}: its loss is {loss}."
        return Frame({"curve": curve(problem, run.w[-1], x)}, numbers, alt)

    return figure(board, show, [Slider("eta", "learning rate η", LEARNING_RATES, start=0.007, format="{:g}")])


def damping():
    """The Levenberg–Marquardt step at μ, between Gauss–Newton's and the one downhill."""
    problem, w = neuron(), np.array(ON_THE_NEURON)
    board = Board(size=SIZE, titles=("Which way, and how far?",))
    (surface,) = board.axes
    plane(surface, problem)
    JTJ, g, loss = problem.normal_equations(w)
    steps = {mu: np.linalg.solve(JTJ + mu * np.eye(2), -g) for mu in (0.0, *MUS)}
    still_arrow(surface, w, steps[0.0], "Gauss–Newton", COLORS["vermillion"], width=3.5)
    still_arrow(surface, w, -2.6 * direction(g), "−g", COLORS["green"], width=3.5)
    surface.plot(*np.transpose([w + p for p in steps.values()]), "--", color=COLORS["blue"], linewidth=1.4)
    surface.plot(*w, **HERE, zorder=4.5)
    board.arrow("step", surface, color=COLORS["blue"], width=2.2, zorder=4)

    def show(mu):
        numbers = {"μ": mu, "loss": loss, "then": problem.loss(w + steps[mu])}
        alt = "The Levenberg–Marquardt step at damping {μ} on a surface over two weights: from loss {loss} to {then}."
        return Frame({"step": (w, w + steps[mu])}, numbers, alt)

    return figure(board, show, [Slider("mu", "damping μ", MUS.tolist(), start=MUS[8])])


def hidden_units():
    """What Bayesian regularization makes of more and more hidden units."""
    board = Board(size=SIZE, titles=("How many weights count?",))
    (data,) = board.axes
    data_and_curve(data, sine_problem(1).X[:, 0], sine_problem(1).Y[:, 0], margin=0.25)
    board.band("band", data, FINE, **BAND)
    board.curve("curve", data, FINE, trail=False, **AFTER)

    @cache
    def fit_of(units):
        problem = sine_problem(units)
        return train(bayesian_regularization(problem, problem.net.init(seed=1)))

    def show(units):
        fit = fit_of(units)
        mean, std = (numbers[:, 0] for numbers in fit.predict(FINE, std=True))
        numbers = {"units": units, "weights": len(fit.w), "γ": fit.gamma}
        alt = "Data of a sine, a network of {units} hidden units and its error band: {γ} of {weights} weights count."
        return Frame({"curve": mean, "band": (mean - 2 * std, mean + 2 * std)}, numbers, alt)

    return figure(board, show, [Slider("units", "hidden units", UNITS, start=20, format="{:d}")])


DOORS = {  # the chapter that each of them leads to
    "00-start-here": learning_rate,
    "11-levenberg-marquardt": damping,
    "15-bayesian-regularization": hidden_units,
}
EXAMPLES = {f"front page of {chapter[:2]}": make for chapter, make in DOORS.items()}
