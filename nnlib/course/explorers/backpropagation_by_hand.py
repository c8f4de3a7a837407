"""Chapter 03: who is to blame for the error? Four steps on a small network, the size of a step, a loop over samples."""

from __future__ import annotations

from functools import cache
from itertools import cycle

import numpy as np

from nnlib import MLP, NetworkFit
from nnlib.course.explorers._networks import Network, number
from nnlib.course.explorers._pictures import ACCEPTED, DATA, OUTPUT, START, over_steps
from nnlib.live import COLORS, Board, Choice, Frame, Slider, figure, stepper

TARGETS = [-0.9, -0.4, 0.1, 0.4, 0.9]
RATES = [0.005, 0.01, 0.02, 0.03, 0.05, 0.07, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.6]
LOOP_RATES, UPDATES = [0.02, 0.1, 0.3, 0.5, 1.0], 60
STAGES = (
    "at the start: weights on the edges, biases b above the units",
    "1 · signals into the hidden units: z = Wx + b, a = tanh z",
    "1 · signals into the output",
    "2 · the error a − y, and the error signal of the output, δ = (a − y)(1 − a²)",
    "3 · error signals back: δ of the output, times the weight, times 1 − a² of the unit",
    "4 · the gradient on every edge: δ at its right end times a at its left end",
    "4 · the update: each weight minus η times its gradient; the signals once more, δ from before",
)


def four_steps(net, w, x, *, eta: float = 0.1, ask=None):
    """Backpropagation of one sample, drawn on the network step by step; the target is on a slider."""
    board = Board(size=(9.6, 5.8))
    network = Network(board, board.axes[0], net.sizes, area=(9.4, 5.4))
    board.text("stage", board.axes[0], ha="left", va="center", fontsize=11.5)

    @cache
    def pass_of(y, updated):
        """The weights, and all that a pass with them gives."""
        p = -eta * pass_of(y, False)[3] if updated else 0.0
        signals = net.forward(w + p, [x])
        back = net.backprop(w + p, signals, (signals.a[2] - y) * (1 - signals.a[2] ** 2))
        return w + p, signals, back.delta, back.gradient, 0.5 * (signals.a[2][0, 0] - y) ** 2

    def show(records, y):
        k = len(records)
        (_, _, delta, gradient, _), (now, signals, *_, loss) = pass_of(y, False), pass_of(y, k == 6)
        z, a = ([one[0] for one in layers][: min(k, 2) + 1] for layers in (signals.z[1:], signals.a))
        alt = "The 2-3-1 network for the target {y}, step {step}. "
        numbers, remarks = {"y": y, "step": k}, []
        if k >= 2:
            numbers["output"] = a[2][0]
            alt += "The output is {output}. "
        if k >= 3:
            numbers |= {"E": loss} if k < 6 else {"E after the update": loss}
            remarks = [f"a − y  {number(a[2][0] - y, 3)}", f"E  {number(loss, 3)}"]
        if k >= 3:
            numbers["δ of the output"] = delta[2][0, 0]
            alt += "The error signal of the output is {δ of the output}. "
        if k >= 4:
            numbers |= {f"δ{unit}": value for unit, value in zip("₁₂₃", delta[1][0], strict=True)}
            alt += "Those of the hidden units are {δ₁}, {δ₂}, {δ₃}. "
        alt += {5: "Every edge carries its gradient. ", 6: "The loss has come to {E after the update}. "}.get(k, "")
        marks = network.signals(z, a) | network.target(y, *remarks) | {"stage": (0.05, 5.28, STAGES[k])}
        marks |= network.weights(net.unpack(now), net.unpack(gradient) if k == 5 else ())
        marks |= network.errors({l: delta[l][0] for l in (2, 1)[: max(0, k - 2)]})
        return Frame(marks, numbers, alt.strip())

    target = Slider("y", "y, target", TARGETS, 0.9, "{:g}")
    return stepper(board, lambda y: iter(STAGES[1:]), show, [target], ask=ask, pause=1.0)


def one_update(net, w, x, *, targets=(0.9, -0.2), ask=None):
    """One update with learning rate η: the signals it moves, and the loss beside what the gradient promised."""
    board = Board(1, 2, titles=("the signals a, before and after", "the loss E of this sample after the update"))
    signals, losses = board.axes
    etas, places = np.linspace(0, RATES[-1], 121), np.arange(net.sizes[1] + 1)
    signals.set(xlim=(-0.5, places[-1] + 0.5), ylim=(-1.08, 1.3), ylabel="a")
    signals.set_xticks(places, [*(f"unit {i + 1}" for i in places[:-1]), "output"])
    losses.set(xlim=(0, RATES[-1] * 1.02), ylim=(-0.15, 0.26), xlabel="learning rate η", ylabel="E")
    losses.axhline(0, color="#8a8a8a", linewidth=1)
    board.line("target", signals, label="target", **DATA)
    board.line("before", signals, label="before", **START)
    board.line("after", signals, label="after", **OUTPUT)
    signals.legend(loc="upper left", ncols=3, frameon=False, handletextpad=0.2, columnspacing=1.2)
    board.line("start", losses, color="black", linestyle=":", linewidth=1.5, label="before the update")
    board.line("promise", losses, color=COLORS["green"], linestyle="--", linewidth=2, label="promised: E − η‖g‖²")
    board.curve("loss", losses, etas, trail=False, color=COLORS["blue"], linewidth=2.2, label="after the update")
    board.line("here", losses, **ACCEPTED | {"markersize": 10, "markeredgecolor": "white", "markeredgewidth": 1.5})
    losses.legend(loc="lower right", frameon=False)

    @cache
    def slope_of(y):
        """The problem, its gradient, and the losses along the way."""
        problem = NetworkFit(net, [x], [[y]])
        g = problem.gradient(w)
        return problem, g, np.array([problem.loss(w - eta * g) for eta in etas])

    def show(eta, y):
        problem, g, curve = slope_of(y)
        before, after = problem.loss(w), problem.loss(w - eta * g)
        a_before, a_after = (np.concatenate([a[0] for a in net.forward(v, [x]).a[1:]]) for v in (w, w - eta * g))
        promise = [(0, before), (RATES[-1], before - RATES[-1] * (g @ g))]
        marks = {"target": (places[-1], y), "before": np.column_stack([places, a_before]), "promise": promise}
        marks |= {"after": np.column_stack([places, a_after]), "start": [(0, before), (RATES[-1], before)]}
        marks |= {"loss": curve, "here": (eta, after)}
        numbers = {"η": eta, "target": y, "E before": before, "E after": after, "output": a_after[-1]}
        numbers |= {"promised decrease": eta * (g @ g), "decrease": before - after}
        numbers["decrease / promised"] = (before - after) / (eta * (g @ g))
        alt = "An update with learning rate {η} for the target {target}: the output moves to {output}, the loss from "
        return Frame(
            marks, numbers, alt + "{E before} to {E after}, where a decrease by {promised decrease} was promised."
        )

    controls = [
        Slider("eta", "η, learning rate", RATES, 0.1, "{:g}"),
        Choice("y", "target y", {f"{y:g}".replace("-", "−"): y for y in targets}, targets[0]),
    ]
    return figure(board, show, controls, ask=ask)


def loop_over_samples(net, w, X, Y, *, ask=None):
    """One sample after another, round and round, each with an update of its own: the outputs and the loss of all."""
    board = Board(1, 2, titles=("outputs and targets", "the loss of all samples after each update"))
    outputs, losses = board.axes
    places = np.arange(1, len(X) + 1)
    outputs.set(xlim=(0.5, len(X) + 0.5), ylim=(-1.15, 1.35), xlabel="sample", xticks=places, ylabel="output a")
    outputs.plot(places, Y[:, 0], label="target", **DATA)
    board.line("outputs", outputs, label="output", **OUTPUT)
    board.line(
        "used",
        outputs,
        color="black",
        marker="o",
        markersize=17,
        markerfacecolor="none",
        linestyle="none",
        label="just used",
    )
    outputs.legend(loc="upper right", ncols=3, frameon=False, handletextpad=0.3, columnspacing=1.2)
    over_steps(losses, UPDATES, (2e-3, 6), ylabel="E, all samples", xlabel="update")
    board.curve("loss", losses, **ACCEPTED | {"markersize": 3.5})
    everything = NetworkFit(net, X, Y)
    samples = [NetworkFit(net, X[[i]], Y[[i]]) for i in range(len(X))]

    def start(eta):
        v = w
        for i in cycle(range(len(X))):
            before = samples[i].loss(v)
            v = v - eta * samples[i].gradient(v)
            yield i, before, samples[i].loss(v), everything.loss(v), net.predict(v, X)[:, 0]

    def show(records, eta):
        marks = {"loss": [everything.loss(w), *(record[3] for record in records)]}
        marks["outputs"] = np.column_stack([places, records[-1][4] if records else net.predict(w, X)[:, 0]])
        numbers = {"η": eta, "update": len(records), "E of all": marks["loss"][-1]}
        alt = (
            "Outputs and targets of all samples after {update} updates with learning rate {η}, and the losses, at last "
        )
        if records:
            i, before, after, *_ = records[-1]
            marks["used"] = marks["outputs"][i]
            numbers |= {"sample": i + 1, "its E before": before, "its E after": after}
        return Frame(marks, numbers, alt + "{E of all}.")

    return stepper(board, start, show, [Slider("eta", "η, learning rate", LOOP_RATES, 0.1)], ask=ask, max_steps=UPDATES)


def example():
    """The 2-3-1 network of the chapter: the network, its weights and biases, its sample's inputs."""
    net = MLP([2, 3, 1], output="tanh")
    w = np.array([0.5, 0.4, 0.3, 0.3, 0.6, 0.1, -0.4, 0.8, 0.6, 0.6, -1.0, 0.8, 0.3])
    return net, w, np.array([2.0, 0.5])


def samples():
    """Four samples for it; the first is the chapter's."""
    return np.array([[2.0, 0.5], [-1.0, 1.5], [-1.5, -1.0], [1.0, -1.5]]), np.array([[0.9], [-0.8], [0.6], [-0.4]])


EXAMPLES = {
    "four_steps": lambda: four_steps(*example()),
    "one_update": lambda: one_update(*example()),
    "loop_over_samples": lambda: loop_over_samples(*example()[:2], *samples()),
}
