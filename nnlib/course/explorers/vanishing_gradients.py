"""Chapter 07: deeper and deeper on digits, the error signal layer by layer, normalization of a batch, and all cures."""

from __future__ import annotations

import numpy as np

from nnlib import datasets
from nnlib.course.deep import DeepFit, DeepStack, batch_norm_backward, batch_statistics, normalize
from nnlib.course.explorers._pictures import AFTER, DATA, over_steps
from nnlib.live import COLORS, Board, Choice, Frame, Slider, figure, short

WIDTH = 16
DEPTHS, VARIANCES, RATES = [2, 5, 10, 20], [0.25, 0.5, 1.0, 2.0, 4.0], [0.05, 0.1, 0.2, 0.5]
NORMALIZED, SKIPS = {"batch_norm": True}, {"residual": True}
PLAIN = {name: {"hidden": name.lower()} for name in ("logistic", "tanh", "ReLU")}
CURED = {
    "logistic, normalized": PLAIN["logistic"] | NORMALIZED,
    "logistic, skips": PLAIN["logistic"] | SKIPS,
    "ReLU, normalized": PLAIN["ReLU"] | NORMALIZED,
    "ReLU, skips": PLAIN["ReLU"] | SKIPS,
    "ReLU, both": PLAIN["ReLU"] | NORMALIZED | SKIPS,
}
STEEPEST = {"logistic": 0.25, "tanh": 1.0, "relu": 1.0}  # the largest slope of each activation
SIDE_BY_SIDE = {  # what is changed, and n times the variance of the weights at the start
    "logistic, as in section 1": (PLAIN["logistic"], 1.0),
    "tanh, Xavier": (PLAIN["tanh"], 1.0),
    "ReLU, He": (PLAIN["ReLU"], 2.0),
    "logistic, normalized": (CURED["logistic, normalized"], 1.0),
    "logistic, skips": (CURED["logistic, skips"], 1.0),
    "all together": (CURED["ReLU, both"], 2.0),
}
ERROR = {"color": COLORS["vermillion"]}
FEATURE, PUSHES = np.array([-1.0, 0.0, 0.5, 1.5]), {"sample 5 alone": "one", "all alike": "all", "like ẑ": "like"}


def digits() -> tuple[np.ndarray, np.ndarray]:
    """The first ten handwritten digits of each class: pixels from 0 to 1, classes as rows with a one."""
    data = datasets.digits()
    rows = np.concatenate([np.flatnonzero(y)[:10] for y in data.Y.T])
    return data.X[rows] / 16, data.Y[rows]


def stack_and_start(X, Y, depth: int, c: float, seed: int = 0, **options):
    """A deep stack on classes, and its start: biases 0, weights normal with variance c/n for n inputs."""
    stack = DeepStack(X.shape[1], WIDTH, depth, Y.shape[1], output="softmax", **options)
    w = stack.init(seed, "he")
    w[: stack.mlp.n_params] *= np.sqrt(c / 2)
    return DeepFit(stack, X, Y, "cross-entropy"), w


def descent(problem, w, eta: float, steps: int):
    """Steps of steepest descent on the mean loss: the mean loss before each and after the last, the last weights."""
    m, losses = len(problem.X), []
    with np.errstate(all="ignore"):
        for _ in range(steps):
            loss, g = problem.loss_and_gradient(w)
            losses.append(loss / m)
            w = w - eta / m * g
        return np.array([*losses, problem.loss(w) / m]), w


def mean_loss(ax, steps: int, limits, ylabel: str = "mean loss", xlabel: str = "step") -> None:
    """Axes for a loss over steps, with ln 10, the loss of who knows nothing, as a dotted line."""
    over_steps(ax, steps, limits, ylabel, xlabel)
    ax.minorticks_off()
    ax.axhline(np.log(10), color="black", linestyle=":", linewidth=1.4)


def bars(places, heights, foot: float) -> list:
    """Bars as one thick line, the pen lifted between them."""
    ends = zip(places, heights, strict=True)
    return [point for place, height in ends for point in ((place, foot), (place, height), (np.nan, np.nan))]


def in_picture(loss) -> np.ndarray:
    """A loss curve that runs along the upper edge where it is above 100 or no number any more."""
    return np.minimum(np.nan_to_num(loss, nan=100.0), 100.0)


def deeper(X, Y, *, steps: int = 150):
    """Logistic stacks of one layer, two layers, …: their losses, and what each says of one digit of each class."""
    titles = "the loss after each step, and ln 10", "what it says in the end, from 0 (dark) to 1"
    board = Board(1, 2, size=(9.6, 4.2), titles=titles)
    losses, says = board.axes
    mean_loss(losses, steps, (0.005, 20))
    one_layer, _ = descent(*stack_and_start(X, Y, 1, 1.0, hidden="logistic"), 2.0, steps)
    losses.plot(one_layer, color="#8a8a8a", linestyle="--", linewidth=1.4, label="1 layer, η = 2")
    losses.legend(loc="lower left", frameon=False)
    board.curve("loss", losses, **AFTER)
    board.cells("says", says, extent=(-0.5, 9.5, 9.5, -0.5), limits=(0, 1))
    says.set(xticks=range(10), yticks=range(10), xlabel="probability of class", ylabel="a picture of", aspect="equal")
    classes = Y.argmax(axis=1)

    def show(depth, eta):
        problem, w = stack_and_start(X, Y, depth, 1.0, hidden="logistic")
        loss, w = descent(problem, w, eta, steps)
        outputs = problem.stack.predict(w, X)
        spread = np.ptp(outputs, axis=0).max()
        numbers = {"hidden layers": depth, "η": eta, "after 150 steps": loss[-1]}
        numbers |= {"right, of 100": int((outputs.argmax(axis=1) == classes).sum()), "largest spread": spread}
        alt = "With {hidden layers} hidden layers and η = {η} the mean loss is {after 150 steps} after 150 steps, and "
        return Frame({"loss": loss, "says": outputs[::10]}, numbers, alt + "{right, of 100} of 100 digits are right.")

    controls = [
        Slider("depth", "hidden layers", [1, 2, 3, 4, 5, 7, 10], 10, "{:d}"),
        Slider("eta", "η, learning rate", [0.5, 2.0, 8.0], 2.0, "{:g}"),
    ]
    return figure(board, show, controls)


def error_signals(X, Y, kinds, *, start=("logistic", 10, 1.0), eta: float = 0.2, steps: int = 30, ask=None):
    """|δ| of each hidden layer at the start of training as bars, and the loss of the same stack in training."""
    titles = "|δ| of each layer, in units of that of the last hidden one", "the loss after each step, η = 0.2"
    board = Board(1, 2, size=(9.6, 4.4), width_ratios=(1.3, 1), titles=titles)
    sizes, losses = board.axes
    sizes.set(xlim=(0.2, 20.8), ylim=(1e-18, 1e6), yscale="log", xlabel="layer l", xticks=[1, 5, 10, 15, 20])
    sizes.minorticks_off()
    sizes.axhline(1, color="#767676", linewidth=1)
    board.line("bars", sizes, linewidth=11, solid_capstyle="butt", **ERROR)
    board.line(
        "slopes", sizes, color="black", linestyle=":", marker="_", markersize=10, label="the largest slopes alone"
    )
    depths, variances = DEPTHS[1:], [0.25, 1.0, 2.0, 4.0]  # normalization takes longer: fewer positions
    if kinds == PLAIN:
        depths, variances = DEPTHS, VARIANCES
        sizes.legend(loc="lower right", frameon=False)
    mean_loss(losses, steps, (0.01, 100))
    board.curve("loss", losses, **AFTER)

    def show(kind, depth, c):
        problem, w = stack_and_start(X, Y, depth, c, **kinds[kind])
        norms, (loss, _) = problem.delta_norms(w)[:-1], descent(problem, w, eta, steps)
        sizes_now, layers, g = norms / norms[-1], np.arange(1, depth + 1), STEEPEST[kinds[kind]["hidden"]]
        marks = {"bars": bars(layers, sizes_now, 1.0), "loss": in_picture(loss)}
        numbers = {"kind": kind, "hidden layers": depth, "c": c, "|δ¹| / |δᴸ|": sizes_now[0]}
        numbers |= {"a layer": sizes_now[0] ** (1 / (depth - 1))}
        if len(kinds[kind]) == 1:
            marks["slopes"] = np.column_stack([layers, g ** (depth - layers)])
            slopes = problem.stack.mlp.activations[0].derivative(np.array(problem.stack.forward(w, X).a[1:depth]))
            numbers["√(c · mean of g′²)"] = np.sqrt(c * np.mean(slopes**2))
        numbers["loss at the start"] = loss[0]
        numbers |= {"after 30 steps": loss[-1]} if np.isfinite(loss[-1]) else {}
        alt = "{kind}, {hidden layers} hidden layers, c = {c}: the error signal of layer 1 is {|δ¹| / |δᴸ|} times that "
        alt += "of the last hidden layer, a factor {a layer} a layer. In training the loss "
        alt += "is {after 30 steps} after 30 steps." if np.isfinite(loss[-1]) else "leaves the picture."
        return Frame(marks, numbers, alt)

    controls = [
        Choice("kind", "units", {name: name for name in kinds}, start[0]),
        Slider("depth", "L, hidden layers", depths, start[1], "{:d}"),
        Slider("c", "c, weight variance times n", variances, start[2], "{:g}"),
    ]
    return figure(board, show, controls, ask=ask)


def one_feature(*, ask=None):
    """Five samples of one unit normalized, in training and by fixed statistics, and an error sent back through it."""
    titles = "five samples of one unit", "an error e on u, and what becomes of it"
    board = Board(1, 2, size=(9.6, 4.2), width_ratios=(1.25, 1), titles=titles)
    values, errors = board.axes
    rows = {"z": 2, "ẑ, training": 1, "ẑ, evaluation": 0}
    values.set(xlim=(-3.8, 6.4), ylim=(-0.6, 2.6), yticks=list(rows.values()), yticklabels=list(rows), xlabel="value")
    looks = DATA, DATA | {"color": COLORS["blue"], "marker": "D"}, DATA | {"color": COLORS["sky"], "marker": "s"}
    for row, look in zip(rows, looks, strict=True):
        board.line(row, values, **look | {"markersize": 6})
        board.line(f"5 in {row}", values, **look | {"markersize": 10, "markerfacecolor": "none", "markeredgewidth": 2})
    places = np.arange(1, 6)
    errors.set(xlim=(0.4, 5.6), ylim=(-2.4, 2.9), xlabel="sample", xticks=places)
    errors.axhline(0, color="#767676", linewidth=1)
    board.line("e", errors, label="e = ∂E/∂u", color="black", linestyle="none", marker="_", markersize=26, mew=2)
    board.line("δ", errors, label="δ = ∂E/∂z", linewidth=13, solid_capstyle="butt", **ERROR)
    errors.legend(loc="upper left", ncols=2, frameon=False)
    mean, variance = batch_statistics(np.array([[*FEATURE, 2.0]]))

    def show(z5, push):
        z = np.array([[*FEATURE, z5]])
        normalized = normalize(z, *batch_statistics(z))
        by_fixed = normalize(z, mean, variance).z_hat[0]
        e = {"one": np.array([[0.0, 0, 0, 0, 1]]), "all": np.ones((1, 5)), "like": normalized.z_hat}[push]
        delta = np.round(batch_norm_backward(e, normalized, np.ones((1, 1)))[0][0], 12) + 0.0  # no −0
        marks = {"e": np.column_stack([places, e[0]])}
        for (row, height), at in zip(rows.items(), (z[0], normalized.z_hat[0], by_fixed), strict=True):
            marks |= {row: [(value, height) for value in at[:-1]], f"5 in {row}": (at[-1], height)}
        marks["δ"] = bars(places, delta, 0.0)
        numbers = {"z₅": z5, "mean": z.mean(), "deviation": normalized.deviation.item(), "ẑ₅": normalized.z_hat[0, -1]}
        numbers |= {"ẑ₅, evaluation": by_fixed[-1], "δ₅": delta[-1], "largest |δ|": np.abs(delta).max()}
        numbers |= {"all ẑ": "  ".join(map(short, normalized.z_hat[0])), "all δ": "  ".join(map(short, delta))}
        alt = "Five samples before and after normalization; z₅ = {z₅} becomes {ẑ₅} in training, {ẑ₅, evaluation} by "
        return Frame(marks, numbers, alt + "fixed statistics. Of the error on u the five z get {all δ}.")

    controls = [
        Slider("z5", "z₅", np.arange(-3.0, 6.5, 0.5), 3.0, "{:g}"),
        Choice("push", "error e on u", PUSHES, "one"),
    ]
    return figure(board, show, controls, ask=ask)


def side_by_side(X, Y, *, steps: int = 50, ask=None):
    """Six stacks of equal depth on the same data with the same learning rate: the loss of each in training."""
    board = Board(2, 3, size=(9.6, 5.6), titles=tuple(SIDE_BY_SIDE))
    for i, (name, ax) in enumerate(zip(SIDE_BY_SIDE, board.axes, strict=True)):
        mean_loss(ax, steps, (0.005, 100), "mean loss" if i % 3 == 0 else "", "step" if i > 2 else "")
        board.curve(name, ax, **AFTER)

    def show(depth, eta):
        marks, numbers = {}, {"hidden layers": depth, "η": eta}
        for name, (options, c) in SIDE_BY_SIDE.items():
            loss, _ = descent(*stack_and_start(X, Y, depth, c, **options), eta, steps)
            marks[name] = in_picture(loss)
            numbers |= {name: loss[-1]} if np.isfinite(loss[-1]) else {}
        alt = f"Six loss curves; at {{hidden layers}} hidden layers and η = {{η}} after {steps} steps: "
        alt += "; ".join(f"{name} {{{name}}}" for name in SIDE_BY_SIDE if name in numbers) + "."
        return Frame(marks, numbers, alt)

    controls = [
        Choice("depth", "hidden layers", {"5": 5, "20": 20}, 20),
        Slider("eta", "η, learning rate", RATES, 0.1, "{:g}"),
    ]
    return figure(board, show, controls, ask=ask)


EXAMPLES = {
    "deeper": lambda: deeper(*digits()),
    "error_signals": lambda: error_signals(*digits(), PLAIN),
    "error_signals_cured": lambda: error_signals(*digits(), CURED, start=("ReLU, both", 20, 2.0)),
    "one_feature": lambda: one_feature(),
    "side_by_side": lambda: side_by_side(*digits()),
}
