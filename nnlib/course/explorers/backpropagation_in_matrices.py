"""Chapter 04: four programs that all learn, what a gradient costs, what a check lets pass, and xor."""

from __future__ import annotations

from functools import cache

import numpy as np

from nnlib import MLP, NetworkFit, checks, levenberg_marquardt, operation_counts, train
from nnlib.course import exercises
from nnlib.course.explorers import backpropagation_by_hand as by_hand
from nnlib.course.explorers._pictures import ACCEPTED, AFTER, NOW, apart, over_steps
from nnlib.live import COLORS, Board, Choice, Frame, Slider, figure

SMALL_RATES = [0.01, 0.02, 0.05, 0.1, 0.15, 0.2]
RATES = [0.02, 0.05, 0.1, 0.2, 0.5, 0.8, 1.0, 1.2, 1.5, 2.0]
STEPS = [0, 1, 2, 3, 5, 7, 10, 15, 20, 30, 40, 60, 80, 100, 150, 200]
DISTANCES = 10.0 ** -np.arange(13)
HIDDEN = [3, 5, 10, 20, 30, 50, 100, 200, 300]
WAYS = {  # of the gradient, each with its look
    "one weight at a time": {"color": "black", "linestyle": "--"},
    "forward mode": {"color": COLORS["sky"], "linestyle": ":"},
    "backpropagation": {"color": COLORS["green"], "linestyle": "-"},
}
GIVEN = {  # what is handed to a check, by a factor for each entry of the right gradient of a 2-3-1 network
    "the right one": 1.0,
    "zeros": 0.0,
    "minus the right one": -1.0,
    "1 % too long": 1.01,
    "layer 1 forgotten": np.repeat([0.0, 1.0], [9, 4]),
}
METHODS = {"central differences": "central", "complex step": "complex"}


def four_programs(programs, layers, X, Y, *, max_steps: int = 200, ask=None):
    """Descent on all samples with the "gradients" of several programs: the losses, and the outputs of one of them."""
    board = Board(1, 2, titles=("outputs after the last step", "the loss of all samples after each step"))
    outputs, losses = board.axes
    places = np.arange(1, len(X) + 1)
    outputs.set(xlim=(0.5, len(X) + 0.5), ylim=(-1.15, 1.5), xlabel="sample", xticks=places, ylabel="output")
    outputs.plot(places, Y[:, 0], label="target", **by_hand.DATA)
    board.line("outputs", outputs, label="output", **by_hand.OUTPUT)
    outputs.legend(loc="upper right", ncols=2, frameon=False, handletextpad=0.2)
    over_steps(losses, max_steps, (1e-16, 1e3))
    names = list(programs)
    for name in names:
        board.curve(f"loss of {name}", losses, trail=False, color="#9a9a9a", linewidth=1.2)
        board.text(name, losses, ha="left", va="center", color="#555555")
    board.curve("loss", losses, trail=False, **AFTER)
    losses.set_xlim(-0.02 * max_steps, 1.1 * max_steps)

    run = cache(lambda name, eta: descent(programs[name], layers, X, Y, eta, max_steps))

    def show(program, eta):
        runs = {name: run(name, eta)[1] for name in names}
        ends = apart(np.log10([loss[-1] for loss in runs.values()]), 0.95)
        marks = {f"loss of {name}": loss for name, loss in runs.items()}
        marks |= {name: (1.02 * max_steps, 10**height, name) for name, height in zip(names, ends, strict=True)}
        marks |= {"loss": runs[program], "outputs": np.column_stack([places, run(program, eta)[0][-1]])}
        loss = runs[program]
        numbers = {"program": program, "η": eta, "last loss": loss[-1], "steps uphill": uphill(loss)}
        alt = "The losses of four programs with learning rate {η}; that of program {program} ends at {last loss}."
        return Frame(marks, numbers, alt)

    chosen = Choice("program", "program", {name: name for name in names}, names[0])
    return figure(board, show, [chosen, Slider("eta", "η, learning rate", SMALL_RATES, 0.1, "{:g}")], ask=ask)


def descent(gradient, layers, X, Y, eta, max_steps):
    """Outputs and losses at the start and after each step, and the layers after each of them."""
    outputs, losses, all_layers = [], [], [layers]
    for _ in range(max_steps + 1):
        outputs.append(predict(all_layers[-1], X)[:, 0])
        losses.append(0.5 * np.sum((outputs[-1] - Y[:, 0]) ** 2))
        pairs = zip(all_layers[-1], gradient(all_layers[-1], X, Y), strict=True)
        all_layers.append([(W - eta * dW, b - eta * db) for (W, b), (dW, db) in pairs])
    return outputs, np.array(losses), all_layers


def uphill(loss) -> int:
    """In how many steps it rises."""
    return int((np.diff(loss) > 0).sum())


def predict(layers, X) -> np.ndarray:
    """What a network of tanh layers (W, b) says, a sample a row."""
    for W, b in layers:
        X = np.tanh(X @ W.T + b)
    return X


def cost_of_a_gradient(costs, *, ask=None):
    """Multiply-adds and seconds of a gradient against the number of weights; what ten times as many weights cost."""
    titles = "multiply-adds, counted", "seconds, on the machine that ran this page"
    board = Board(1, 2, size=(9.6, 4.6), titles=titles)
    counts, seconds = board.axes
    lines = {h: counted(h) for h in sorted({*HIDDEN, *(10 * h for h in HIDDEN)})}
    n = np.array([line["n"] for line in lines.values()])
    for ax, limits in ((counts, (60, 1e10)), (seconds, (1e-5, 10))):
        ax.set(xscale="log", yscale="log", xlim=(8, 9e4), ylim=limits, xlabel="n, weights and biases")
        ax.minorticks_off()
    for name, look in WAYS.items():
        counts.plot(n, [line[name] for line in lines.values()], linewidth=2, label=name, **look)
    counts.legend(loc="upper left", frameon=False)
    clocks = {"one weight at a time": costs.differences_seconds, "backpropagation": costs.backpropagation_seconds}
    for name, clock in clocks.items():
        seconds.plot(costs.n_params, clock, linewidth=2, marker="o", markersize=4, **WAYS[name])
        color = WAYS[name]["color"]
        board.line(f"stair of {name}", counts, color=color, linewidth=1.1, marker="o", markersize=5, markevery=2)
        board.text(f"factor of {name}", counts, ha="left", va="center", color=color)

    def show(hidden):
        small, large = lines[hidden], lines[10 * hidden]
        numbers, marks = {"hidden units": hidden, "n": small["n"]}, {}
        for name in WAYS:
            numbers |= {name: small[name], f"{name}, factor": large[name] / small[name]}
        for name in clocks:
            (x0, y0), (x1, y1) = ((line["n"], line[name]) for line in (small, large))
            marks[f"stair of {name}"] = [(x0, y0), (x1, y0), (x1, y1)]
            marks[f"factor of {name}"] = (1.2 * x1, np.sqrt(y0 * y1), f"× {y1 / y0:.3g}")
        alt = "At n = {n} a gradient costs {one weight at a time} multiply-adds one weight at a time, {forward mode} "
        return Frame(marks, numbers, alt + "by forward mode, {backpropagation} by backpropagation, on log–log axes.")

    return figure(board, show, [Slider("hidden", "hidden units", HIDDEN, 10, "{:d}")], ask=ask)


@cache
def counted(hidden: int, samples: int = 4) -> dict[str, int]:
    """Multiply-adds of the gradient of a 2-h-1 network in three ways."""
    net = MLP([2, hidden, 1], output="tanh")
    return {
        "n": net.n_params,
        "one weight at a time": operation_counts.gradient_by_differences(net, samples),
        "forward mode": operation_counts.gradient_by_forward_mode(net, samples),
        "backpropagation": operation_counts.gradient(net, samples),
    }


def what_a_check_lets_pass(problem, w0, *, ask=None):
    """A gradient held against a numerical one, ever nearer to a minimum: its difference, and what is allowed."""
    board = Board(size=(9.6, 4.6))
    (ax,) = board.axes
    minimum = train(levenberg_marquardt(problem, w0, mu=1e-3), min_gradient=1e-15).w
    points = [minimum + t * (w0 - minimum) for t in DISTANCES]
    right = np.array([problem.gradient(w) for w in points])
    found = {m: np.array([checks.numerical_gradient(problem.loss, w, m) for w in points]) for m in METHODS.values()}
    sizes = np.abs(found["complex"]).max(axis=1)
    allowed = 1e-5 + 1e-8 / sizes
    ax.loglog(DISTANCES, allowed, color="black", linestyle="--", linewidth=1.6, label="np.allclose: passes below")
    ax.fill_between(DISTANCES, 1e-17, allowed, color="#e8f1f8", linewidth=0)
    ax.set(xlim=(2, 5e-13), ylim=(1e-17, 1e8), xlabel="t, distance from the minimum", ylabel="difference, relative")
    ax.axhline(1e-6, color="black", linewidth=1.6, label="same to 6 digits: passes below")
    green = {"color": COLORS["green"]}
    board.line("difference", ax, label="what is handed in", **ACCEPTED | green)
    ax.legend(loc="upper left", frameon=False)
    board.line("here", ax, **NOW | green)

    def show(given, method, t):
        i = int(np.argmin(np.abs(DISTANCES - t)))
        a, b = GIVEN[given] * right, found[method]
        line = np.maximum(np.abs(a - b).max(axis=1) / np.abs(b).max(axis=1), 1e-17)
        marks = {"difference": np.column_stack([DISTANCES, line]), "here": (t, line[i])}
        numbers = {"t": t, "largest entry": sizes[i], "difference": line[i]}
        numbers["allclose"] = "passes" if np.allclose(a[i], b[i]) else "refuses"
        numbers["same, 6 digits"] = "passes" if checks.same(a[i], b[i], 6) else "refuses"
        alt = (
            "The relative difference of a gradient from a numerical one is {difference} at t = {t}, on the way to the "
        )
        return Frame(marks, numbers, alt + "minimum: allclose {allclose} it, same to 6 digits {same, 6 digits} it.")

    controls = [
        Choice("given", "handed in", {name: name for name in GIVEN}, "zeros"),
        Choice("method", "compared with", METHODS, "central"),
        Slider("t", "t, distance from the minimum", DISTANCES, 1e-9, "{:.0e}"),
    ]
    return figure(board, show, controls, ask=ask)


def xor(gradient, layers, X, Y, *, ask=None):
    """A network learns xor by the gradient handed in: what it says over the plane, and the loss, for any η and step."""
    titles = ("the network's output over the plane", "the loss after each step")
    board = Board(1, 2, size=(9.6, 4.4), titles=titles)
    plane, losses = board.axes
    side = np.arange(-15, 16, 2) / 10
    grid = np.array([(x1, x2) for x2 in side[::-1] for x1 in side])
    board.cells("output", plane, extent=(-1.6, 1.6, -1.6, 1.6), limits=(-1, 1), cmap="RdBu")
    plane.set(xlabel="x₁", ylabel="x₂", xticks=[-1, 0, 1], yticks=[-1, 0, 1], aspect="equal")
    for (x1, x2), (y,) in zip(X, Y, strict=True):
        plane.plot(x1, x2, marker="o", markersize=9, color="black", markerfacecolor="black" if y > 0 else "white")
        board.text(f"says {x1} {x2}", plane, ha="center", va="center", bbox={"facecolor": "white", "linewidth": 0})
    over_steps(losses, STEPS[-1], (1e-7, 20))
    board.curve("loss", losses, **AFTER)
    board.line("here", losses, **NOW)

    run = cache(lambda eta: descent(gradient, layers, X, Y, eta, STEPS[-1]))

    def show(eta, k):
        outputs, loss, all_layers = run(eta)
        marks = {"output": predict(all_layers[k], grid)[:, 0].reshape(16, 16), "loss": loss, "here": (k, loss[k])}
        for (x1, x2), says in zip(X, outputs[k], strict=True):
            marks[f"says {x1} {x2}"] = (x1, x2 - 0.27 * np.sign(x2), f"{says:.2f}".replace("-", "−"))
        numbers = {"η": eta, "step": k, "loss": loss[k], "last loss": loss[-1]}
        numbers |= {"steps uphill": uphill(loss), "right signs": int((outputs[k] * Y[:, 0] > 0).sum())}
        alt = "After {step} steps with learning rate {η} the loss is {loss}, and {right signs} of 4 signs are right."
        return Frame(marks, numbers, alt)

    controls = [Slider("eta", "η, learning rate", RATES, 0.1, "{:g}"), Slider("k", "k, step", STEPS, 100, "{:d}")]
    return figure(board, show, controls, ask=ask, record={"k": [0, 2, 5, 10, 20, 40, 60, 100, 200]})


def example():
    """The layers (W, b) of the network of chapter 03, and its four samples."""
    net, w, _ = by_hand.example()
    return net.unpack(w), *by_hand.samples()


def example_xor():
    """The same layers, and xor, which are the signs of those samples: −0.9 where two inputs differ, else 0.9."""
    layers, X, Y = example()
    return layers, np.sign(X), 0.9 * np.sign(Y)


def example_problem():
    """The first example as a problem, and its weights."""
    net, w, _ = by_hand.example()
    return NetworkFit(net, *by_hand.samples()), w


@cache
def example_costs():
    """Measured once: a second measurement would make another figure."""
    return operation_counts.gradient_costs([MLP([2, h, 1], output="tanh") for h in HIDDEN[:7]], 4, seed=0, repeats=1)


PROGRAMS = exercises.backpropagation_in_matrices.four_programs
EXAMPLES = {
    "four_programs": lambda: four_programs(PROGRAMS, *example()),
    "cost_of_a_gradient": lambda: cost_of_a_gradient(example_costs()),
    "what_a_check_lets_pass": lambda: what_a_check_lets_pass(*example_problem()),
    "xor": lambda: xor(PROGRAMS["D"], *example_xor()),
}
