"""Chapter 12: three methods on three axes, what a step costs, where Adam wins, starts and where to stop."""

from __future__ import annotations

from functools import cache

import numpy as np

from nnlib import MLP, NetworkFit, adam, datasets, levenberg_marquardt, operation_counts, steepest_descent, train
from nnlib.course.explorers._pictures import AFTER, DATA, HERE, NOW, above, sine_network
from nnlib.datasets import minmax_scaling
from nnlib.live import COLORS, Board, Choice, Frame, Slider, figure

# Seconds are measured once and stored: on a cloud server (AMD EPYC, two cores, one thread, numpy 2.4), which had other
# work too. These are processor time, the least of several turns; where Adam wins (below) it is the clock's.
MACHINE = "one thread of a cloud server"
SINE_MS = {"LM": 0.19, "Adam": 0.123, "descent": 0.108}  # milliseconds of a step
CARS_MS = {"LM": 0.51, "Adam": 0.206, "descent": 0.189}
SINE_RATES = {"LM": [None], "Adam": [0.03, 0.1, 0.3], "descent": [0.007, 0.01]}
CARS_RATES = {"LM": [None], "Adam": [0.03, 0.1, 0.3], "descent": [0.001, 0.0015]}
SINE_GOALS, CARS_GOALS = [2.0, 1.0, 0.5, 0.2, 0.1], [8.0, 6.0, 5.0, 4.0, 3.0, 2.5, 2.0]
MOST_STEPS = 1100
METHODS = {
    "LM": AFTER,
    "Adam": AFTER | {"color": COLORS["orange"], "linestyle": "-."},
    "descent": AFTER | {"color": COLORS["green"], "linestyle": "--"},
}
ARRIVAL = {"LM": "o", "Adam": "s", "descent": "^"}
# Of [8, h, K], at 4000 samples: milliseconds of a gradient and of what JᵀJ adds to it, both for 1000 samples, and of
# solving; the megabytes that JᵀJ in blocks needs at its peak.
HIDDEN, SAMPLES = [10, 20, 40, 80, 160], [3_000, 10_000, 30_000, 100_000, 300_000, 1_000_000]
MEASURED = {
    1: [(0.23, 0.45, 0.08, 2.87), (0.437, 1.39, 0.314, 5.52), (0.861, 4.8, 1.83, 11.3), (1.74, 19.4, 12.0, 25.9),
        (3.44, 66.9, 83.8, 72.0)],
    10: [(0.287, 2.12, 0.308, 7.4), (0.515, 6.34, 1.79, 6.46), (0.973, 23.7, 10.7, 9.36), (1.94, 132, 70.7, 36.6),
         (3.76, 617, 579, 145)],
}  # fmt: skip
PARTS = ["gradient", "JᵀJ", "solve"]
# benchmarks/lm_against_adam.py on the same machine, in two runs (36 to 302 weights, and 701; 1499 was not run): what
# Adam costs over what LM costs. Where Adam did not come to the goal there is no number.
WEIGHTS = np.array([36, 99, 302, 701])
ADAM_OVER_LM = {
    "rough": {"multiply-adds": [0.42, 0.10, 0.05, 0.03], "seconds": [1.77, 6.00, 1.10, 1.67]},
    "close": {"multiply-adds": [np.nan, 0.74, 0.33, 0.17], "seconds": [np.nan, 30.67, 11.49, 8.06]},
}


def race(problem, w0, goals, rates, milliseconds, *, start: float, ask=None):
    """The loss of three methods against steps, against their price in gradients and against seconds."""
    xlabels = ("steps", "price in gradients", "seconds, cloud server")
    board = Board(1, 3, size=(9.6, 4.0))
    most = float(problem.loss(w0))
    for ax, xlabel, limits in zip(board.axes, xlabels, [(0.8, 2e3), (0.8, 2e3), (8e-5, 0.5)], strict=True):
        ax.set(xscale="log", yscale="log", xlim=limits, ylim=(goals[-1] / 2, 2 * most), xlabel=xlabel, ylabel="loss E")
        ax.yaxis.label.set_visible(ax is board.axes[0])
        board.line(f"goal by {xlabel}", ax, color="black", linestyle=":", linewidth=1.5)
        for name, look in METHODS.items():
            board.line(f"{name} by {xlabel}", ax, label=name, **look)
            board.line(f"arrival of {name} by {xlabel}", ax, **NOW | {"color": look["color"], "marker": ARRIVAL[name]})
    above(board.axes[1], ncols=3)

    @cache
    def runs(name):
        """Of a method, for each rate: the rate, the lowest loss so far after each step, prices and seconds."""
        method = {"LM": levenberg_marquardt, "Adam": adam, "descent": steepest_descent}[name]
        found = []
        for rate in rates[name]:
            steps = method(problem, w0, 1e-3 if rate is None else rate)
            history = train(steps, max_steps=MOST_STEPS, goal=goals[-1]).history
            k = np.arange(1, len(history["loss"]) + 1)
            axes = k, price(name, problem, k, np.cumsum(history["accepted"])), k * milliseconds[name] / 1000
            loss = np.fmin.accumulate([most, *history["loss"]])[1:]
            found.append((rate, loss, dict(zip(xlabels, axes, strict=True))))
        return found

    def show(goal):
        marks, numbers, arrivals = {}, {"goal": goal}, {xlabel: {} for xlabel in xlabels}
        for name in METHODS:
            rate, loss, axes = min(runs(name), key=lambda run: (np.sum(run[1] > goal), run[1][-1]))
            k = int(np.sum(loss > goal))
            shown = np.unique(np.geomspace(1, len(loss), 90).astype(int)) - 1
            for xlabel, x in axes.items():
                marks[f"{name} by {xlabel}"] = np.column_stack([x, loss])[shown]
                if k < len(loss):
                    marks[f"arrival of {name} by {xlabel}"] = x[k], goal
                    arrivals[xlabel][name] = float(x[k])
            numbers |= {} if rate is None else {f"η of {name}": rate}
        for xlabel, limits in zip(xlabels, [ax.get_xlim() for ax in board.axes], strict=True):
            marks[f"goal by {xlabel}"] = [(limits[0], goal), (limits[1], goal)]
        for xlabel, unit in zip(xlabels[:2], ("steps", "price"), strict=True):
            numbers |= {f"{unit} of {name}": round(x) for name, x in arrivals[xlabel].items()}
        numbers |= {f"first in {xlabel.split(',')[0]}": min(x, key=x.get) for xlabel, x in arrivals.items()}
        alt = "Three methods on the way to a loss of {goal}: first in steps is {first in steps}, in price in gradients "
        return Frame(marks, numbers, alt + "{first in price in gradients}, in seconds {first in seconds}.")

    return figure(board, show, [Slider("goal", "goal, loss to reach", goals, start=start, format="{:g}")], ask=ask)


def price(name, problem, steps, accepted):
    """What the first steps of a run cost, in gradients: their multiply-adds over those of one gradient."""
    net, samples = problem.net, len(problem.X)
    if name == "descent":
        return steps + 1.0
    if name == "Adam":
        begin, one = (operation_counts.adam(net, samples, k) for k in (0, 1))
        counts = begin + steps * (one - begin)
    else:
        begin, tried, kept = (operation_counts.levenberg_marquardt(net, samples, *k) for k in ((0, 0), (1, 0), (1, 1)))
        counts = begin + steps * (tried - begin) + accepted * (kept - tried)
    return counts / operation_counts.gradient(net, samples)


def products_of_JTJ(net: MLP) -> int:
    """Multiply-adds of JᵀJ for one sample; with several outputs these are summed away first."""
    n, layers = net.n_params, net.shapes
    if net.n_outputs == 1:
        return n * (n + 1) // 2
    halves = sum((units * (units + 1) // 2) * (inputs * (inputs + 1) // 2) for units, inputs in layers)
    return halves + (n**2 - sum((units * inputs) ** 2 for units, inputs in layers)) // 2


def cost_of_a_step(*, start=(40, 30_000, 1), ask=None):
    """What the parts of a Levenberg–Marquardt step cost, counted and measured, and what it holds in memory."""
    board = Board(1, 3, size=(9.6, 4.0), titles=("multiply-adds, millions", "seconds", "memory, MB"))
    counted, measured, memory = board.axes
    for ax, limits in ((counted, (0.1, 1e8)), (measured, (2e-5, 1e4))):
        ax.set(yscale="log", ylim=limits)
    measured.set_xlabel(MACHINE)
    board.bars("counted", counted, PARTS, bottom=0.1)
    board.bars("measured", measured, PARTS, bottom=2e-5, color=COLORS["sky"])
    memory.set(xscale="log", yscale="log", xlim=(2e3, 1.5e6), ylim=(1, 1e6), xlabel="samples m")
    board.curve("J whole", memory, SAMPLES, label="J whole", color=COLORS["vermillion"], linestyle="--")
    board.curve("in blocks", memory, SAMPLES, label="in blocks", **AFTER)
    square = {"color": COLORS["vermillion"], "marker": "s", "markersize": 13}
    for name, look in {"at J whole": square, "at in blocks": {}}.items():
        board.line(name, memory, **NOW | look)
    memory.legend(loc="upper left", frameon=False)

    def show(h, m, K):
        net, (gradient, JTJ, solve, peak) = MLP([8, h, K]), MEASURED[K][HIDDEN.index(h)]
        n, whole = net.n_params, 8e-6 * np.array(SAMPLES) * K * net.n_params
        counts = [operation_counts.gradient(net, m), m * products_of_JTJ(net), operation_counts.linear_solve(n)]
        marks = {"counted": np.array(counts) / 1e6, "measured": [m / 1e6 * gradient, m / 1e6 * JTJ, solve / 1e3]}
        marks |= {"J whole": whole, "in blocks": np.full(len(SAMPLES), peak)}
        marks |= {"at J whole": (m, whole[SAMPLES.index(m)]), "at in blocks": (m, peak)}
        numbers = {"weights n": n, "residuals P": m * K, "a step, in gradients": sum(counts) / counts[0]}
        numbers |= {name: count / 1e6 for name, count in zip(PARTS, counts, strict=True)}
        numbers |= {"J whole": whole[SAMPLES.index(m)], "in blocks": peak}
        alt = "{weights n} weights, {residuals P} residuals: a step costs {a step, in gradients} gradients; J whole "
        return Frame(marks, numbers, alt + "takes {J whole} MB, JᵀJ in blocks {in blocks} MB.")

    controls = [
        Slider("h", "h, hidden units", HIDDEN, start=start[0], format="{:d}"),
        Slider("m", "m, samples", SAMPLES, start=start[1], format="{:,d}"),
        Choice("K", "K, outputs", {"1": 1, "10": 10}, start=start[2]),
    ]
    return figure(board, show, controls, ask=ask)


def where_adam_wins(*, start="rough", ask=None):
    """What Adam costs over what Levenberg–Marquardt costs, against the weights, in multiply-adds and in seconds."""
    units = ("multiply-adds", "seconds")
    board = Board(1, 2, size=(9.6, 3.8), titles=("in multiply-adds", f"in seconds, {MACHINE}"))
    for ax, unit in zip(board.axes, units, strict=True):
        ax.set(xscale="log", yscale="log", xlim=(25, 1000), ylim=(0.01, 100), xlabel="weights n")
        ax.set_xticks(WEIGHTS, map(str, WEIGHTS))
        ax.minorticks_off()
        ax.axhline(1, color="black", linewidth=1.2)
        ax.text(27, 60, "LM is cheaper", va="top")
        ax.text(27, 0.013, "Adam is cheaper", va="bottom")
        board.curve(unit, ax, WEIGHTS, marker="o", color=COLORS["orange"], linewidth=2)
    board.axes[0].set_ylabel("Adam / LM")

    def show(goal):
        ratios = {unit: np.array(ADAM_OVER_LM[goal][unit]) for unit in units}
        numbers = {"goal": goal}
        for unit, ratio in ratios.items():
            numbers[f"Adam is cheaper in {unit}"] = ", ".join(map(str, WEIGHTS[ratio < 1])) or "nowhere"
        alt = "Adam against LM, {goal} goal: Adam is cheaper in multiply-adds at {Adam is cheaper in multiply-adds} "
        return Frame(ratios, numbers, alt + "weights, in seconds: {Adam is cheaper in seconds}.")

    options = {"rough: 5 % of the variance left": "rough", "close: 0.1 % left": "close"}
    return figure(board, show, [Choice("goal", "goal", options, start=start)], ask=ask)


def starts_and_stops(training, validation, *, start=("both", 8, "lowest validation error"), ask=None):
    """Training and validation error of a table step by step, from a start to choose; what the weights kept predict."""
    board = Board(1, 2, size=(9.6, 4.2), width_ratios=(1.5, 1))
    errors, cars = board.axes
    errors.set(xlim=(-2, 102), ylim=(0.8, 60), yscale="log", xlabel="step", ylabel="error, miles per gallon")
    cars.plot([5, 50], [5, 50], color="black", linewidth=1)
    cars.set(xlim=(5, 50), ylim=(5, 50), xlabel="miles per gallon, measured", ylabel="predicted")
    cars.set_aspect("equal")
    board.curve("training", errors, label="training", trail=False, **AFTER)
    board.curve(
        "validation", errors, label="validation", trail=False, color=COLORS["orange"], linestyle="--", linewidth=2
    )
    board.line("kept", errors, label="weights kept", **HERE)
    board.line("cars", cars, label="validation cars", **DATA | {"markersize": 4})
    above(errors, ncols=3)

    @cache
    def run(scaled, seed):
        """Losses of both parts as errors, from the start on, and the weights after each step."""
        problem, fresh, unit, back = mpg_problems(training, validation, scaled)
        steps = levenberg_marquardt(problem, problem.net.init(seed=seed), mu=1e-3)
        w = [steps.w, *(step.w for _, step in zip(range(100), steps, strict=False))]
        return (
            w,
            *([error(part, v, unit) for v in w] for part in (problem, fresh)),
            lambda v: back(fresh.predict(v, fresh.X)),
        )

    def show(scaled, seed, keep):
        w, trained, validated, says = run(scaled, seed)
        best = int(np.argmin(validated))
        k = best if keep == "lowest validation error" else len(w) - 1
        marks = {"training": trained, "validation": validated, "kept": (k, validated[k])}
        marks["cars"] = np.clip(np.column_stack([validation.Y[:, 0], says(w[k])[:, 0]]), 5.5, 49.5)
        numbers = {"start": seed, "kept after step": k, "training": trained[k], "validation": validated[k]}
        numbers |= {"lowest validation": validated[best], "in step": best, "last step": len(w) - 1}
        alt = "Start {start}: the weights after step {kept after step} have a training error of {training} and a "
        return Frame(marks, numbers, alt + "validation error of {validation} miles per gallon.")

    controls = [
        Choice("scaled", "normalized", {"inputs and targets": "both", "nothing": "nothing"}, start=start[0]),
        Slider("seed", "start", np.arange(10), start=start[1], format="{:d}"),
        Choice("keep", "keep", {text: text for text in ("lowest validation error", "last step")}, start=start[2]),
    ]
    return figure(board, show, controls, ask=ask)


def mpg_problems(training, validation, scaled="both"):
    """The table's two parts as problems, normalized by the first or not, what one of their y is, and the way back."""
    net, plain = MLP([training.X.shape[1], 10, 1]), scaled != "both"
    X, Y = (minmax_scaling(table) for table in (training.X, training.Y))
    parts = [
        NetworkFit(net, *((part.X, part.Y) if plain else (X.transform(part.X), Y.transform(part.Y))))
        for part in (training, validation)
    ]
    return *parts, 1.0 if plain else float(Y.scale[0]), (lambda y: y) if plain else Y.inverse_transform


def error(problem, w, unit: float) -> float:
    """The root of the mean squared residual, in units of the table."""
    return unit * float(np.sqrt(2 * problem.loss(w) / problem.n_residuals))


def all_cars():
    """The whole table, normalized, for a network of ten hidden units, and weights to start from."""
    cars = datasets.auto_mpg()
    problem, *_ = mpg_problems(cars, cars)
    return problem, problem.net.init(seed=0)


EXAMPLES = {
    "race_on_the_sine": lambda: race(*sine_network(), SINE_GOALS, SINE_RATES, SINE_MS, start=0.5),
    "race_on_the_cars": lambda: race(*all_cars(), CARS_GOALS, CARS_RATES, CARS_MS, start=4.0),
    "cost_of_a_step": cost_of_a_step,
    "where_adam_wins": where_adam_wins,
    "starts_and_stops": lambda: starts_and_stops(*datasets.split(datasets.auto_mpg(), (0.6, 0.2, 0.2), seed=0)[:2]),
}
