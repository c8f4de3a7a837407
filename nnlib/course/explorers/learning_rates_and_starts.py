"""Chapter 05: a bowl and its factors, a race of four methods, six starts, mini-batches with schedules, and patience."""

from __future__ import annotations

from functools import cache

import numpy as np

from nnlib import CurveFit, adam, momentum, steepest_descent
from nnlib.course.exercises import learning_rates_and_starts as exercises
from nnlib.course.explorers import _pictures as pictures
from nnlib.course.explorers._pictures import AFTER, BEFORE, NOW, Run, above, over_steps
from nnlib.live import COLORS, Board, Choice, Frame, Slider, figure, stepper
from nnlib.optimizers.adam import Moments, adam_rule

ETAS = [0.25, 0.5, 1, 1.5, 1.82, 1.94, 1.98, 1.993, 1.998, 2, 2.05]
WINDOW, CORNER, START = (-2.3, 2.3), np.array([-1.6, -1.6]), np.array([0.5, 1.5])  # START: parts along v₁, v₂
AXES, TURNED = np.eye(2)[::-1], np.array([[1, 1], [1, -1]]) / np.sqrt(2)  # v₁ and v₂, a column each
PATIENCES, DRAWS = [1, 3, 10, 30, 100, 300, 1000], range(5)
BATCHES, EPOCHS = [1, 5, 20, 50, 200], 20
GREEN, SKY, ORANGE = ({"color": COLORS[name], "linewidth": 1.8} for name in ("green", "sky", "orange"))
HELD_BACK = {"color": COLORS["orange"], "marker": "s", "markerfacecolor": "none", "linestyle": "none"}
METHODS = {
    "descent": GREEN,
    "momentum": SKY,
    "Nesterov": SKY | {"linestyle": "--"},
    "Adam": ORANGE | {"linestyle": (0, (5, 1, 1, 1))},
}


def window(board, surface) -> None:
    """The plane of two weights with the star at the minimum, and the contours of a bowl, which turn with it."""
    surface.grid(False)
    surface.set(xlim=WINDOW, ylim=WINDOW, xlabel="w₁", ylabel="w₂", aspect="equal")
    surface.plot(0, 0, "*", color="black", markersize=15, zorder=2)
    board.line("contours", surface, color="#8a8a8a", linewidth=0.7, zorder=1)
    board.line("start", surface, **pictures.HERE)
    for name in ("v₁", "v₂"):
        board.arrow(f"arrow {name}", surface, color="black", width=1.0)
        board.text(name, surface, ha="center", va="center")


@cache
def scene(kappa: float, turned: bool) -> dict:
    """The marks of the bowl E = ½(c₁² + c₂²/κ), c the parts of w along V's columns: contours, start, directions."""
    V, lines = TURNED if turned else AXES, []
    for size in 0.1 * 1.5 ** np.arange(10):
        flat = np.sin(np.linspace(-np.pi / 2, np.pi / 2, 61)) * min(3.3, size * np.sqrt(kappa))
        steep = np.sqrt(np.maximum(size**2 - flat**2 / kappa, 0))
        lines += [*np.transpose([steep, flat]), *np.transpose([-steep, flat])[::-1], [np.nan, np.nan]]
    marks = {"contours": np.array(lines) @ V.T, "start": V @ START}
    for name, v in zip(("v₁", "v₂"), V.T, strict=True):
        marks |= {f"arrow {name}": (CORNER, CORNER + 0.45 * v), name: (*(CORNER + 0.62 * v), name)}
    return marks


def one_rate(*, start=(10, 1.5), max_steps: int = 60, joined: int = 8, ask=None):
    """Descent on E = ½(w₂² + w₁²/κ): the path, its first steps joined, the loss, and the two factors that η makes."""
    board = Board(2, 2, size=(9.6, 4.9), width_ratios=(1.1, 1), height_ratios=(1.5, 1))
    surface, losses, dial = board.tall_left()
    window(board, surface)
    board.line("path", surface, **GREEN | {"linestyle": "none", "marker": "o", "markersize": 3.5})
    board.line("first steps", surface, **GREEN | {"linewidth": 0.9})
    over_steps(losses, max_steps, (1e-12, 1e3))
    board.curve("loss", losses, **GREEN)
    dial.axvspan(-1, 1, color="#e8f1f8")
    dial.set(xlim=(-1.35, 1.35), ylim=(-0.6, 1.6), xticks=[-1, 0, 1], xlabel="factor 1 − ηλ, shaded: shrinks")
    dial.set_yticks([0, 1], ["along v₂", "along v₁"])
    board.line("factors", dial, color=COLORS["orange"], linewidth=7, solid_capstyle="butt")

    def show(kappa, eta):
        factors = 1 - eta * np.array([1, 1 / kappa])
        parts = START * factors ** np.arange(10001)[:, None]
        numbers = {"κ": kappa, "η": eta, "factor along v₁": factors[0], "factor along v₂": factors[1]}
        if (near := np.hypot(*parts.T) < 1e-3 * np.hypot(*START)).any():
            numbers["steps to a thousandth"] = int(near.argmax())
        parts = parts[: max_steps + 1]
        loss = 0.5 * np.sum(parts**2 * [1, 1 / kappa], axis=1)
        bars = [(0, 1), (factors[0], 1), (np.nan, np.nan), (0, 0), (factors[1], 0)]
        marks = {"path": parts[:, ::-1], "first steps": parts[: joined + 1, ::-1], "loss": loss, "factors": bars}
        alt = "Descent in a bowl, κ = {κ}, η = {η}: factors {factor along v₁} along v₁ and {factor along v₂} along v₂."
        return Frame(scene(kappa, False) | marks, numbers, alt)

    controls = [Slider("kappa", "κ, condition number", [3, 10, 30, 100, 300, 1000], start[0], "{:g}")]
    return figure(board, show, [*controls, Slider("eta", "η, learning rate", ETAS, start[1], "{:g}")], ask=ask)


def racers(kappa: float, V, eta: float) -> dict:
    """The four methods in the bowl, descent and momentum with their best constants, Adam with learning rate η."""
    J, w0, root = np.diag([1, kappa**-0.5]) @ V.T, V @ START, np.sqrt(kappa)
    problem = CurveFit(lambda w, x: J @ w, np.zeros(2), np.zeros(2), lambda w, x: J)
    return {
        "descent": steepest_descent(problem, w0, 2 / (1 + 1 / kappa)),
        "momentum": momentum(problem, w0, (2 / (1 + 1 / root)) ** 2, ((root - 1) / (root + 1)) ** 2),
        "Nesterov": momentum(problem, w0, 1.0, (root - 1) / (root + 1), nesterov=True),
        "Adam": adam(problem, w0, eta),
    }


def race(*, start=(100, False, 0.1), stride: int = 10, tail: int = 60, max_steps: int = 200, ask=None):
    """Descent, momentum, Nesterov and Adam from the same start in the same bowl, ten steps at a press."""
    board = Board(1, 2, size=(9.6, 4.4), width_ratios=(1, 1.15))
    surface, losses = board.axes
    window(board, surface)
    over_steps(losses, max_steps, (1e-14, 100))
    for name, look in METHODS.items():
        board.line(f"path of {name}", surface, **look | {"linewidth": 1.2})
        here = NOW | {"color": look["color"], "marker": "os"[name == "Nesterov"]}
        board.line(f"here {name}", surface, **here)
        board.line(f"loss of {name}", losses, label=name, **look)
    above(losses, ncols=4)

    @cache
    def run(name, kappa, turned, eta):
        run = Run.of(racers(kappa, TURNED if turned else AXES, eta)[name], max_steps)
        return np.array(run.w), run.loss

    def show(records, kappa, turned, eta):
        k = stride * len(records)
        marks, numbers = dict(scene(kappa, turned)), {"steps": k}
        for name in METHODS:
            w, loss = run(name, kappa, turned, eta if name == "Adam" else 1.0)
            marks |= {f"path of {name}": w[max(k - tail, 0) : k + 1], f"here {name}": w[k] if k else []}
            marks[f"loss of {name}"] = np.column_stack([range(k + 1), np.where(loss < 1e-14, np.nan, loss)[: k + 1]])
            numbers[name] = loss[k]
        alt = "After {steps} steps from one start the losses are: descent {descent}, momentum {momentum}, Nesterov "
        return Frame(marks, numbers, alt + "{Nesterov}, Adam {Adam}; the last steps in the bowl, and the losses.")

    controls = [
        Slider("kappa", "κ, condition number", [10, 100], start[0], "{:g}"),
        Choice("turned", "bowl", {"along the axes": False, "turned by 45°": True}, start[1]),
        Slider("eta", "η of Adam", [0.03, 0.1, 0.3], start[2], "{:g}"),
    ]
    figure = stepper(board, lambda **_: iter(range(max_steps)), show, controls, ask=ask, max_steps=max_steps // stride)
    figure.k = 4  # where the zigzags can be seen; at the end all stand at the star
    return figure


def batches(problem, w0, schedules, *, start=(1, "constant"), ask=None):
    """Mini-batches: the noise of the gradient at the start against their size, and the losses of 20 epochs."""
    board = Board(1, 3, size=(9.8, 4.2), titles=("noise of the gradient", "loss over epochs", "loss over updates"))
    noise, by_epoch, by_update = board.axes
    m, g = len(problem.X), problem.gradient(w0)
    of_one = m * np.array([problem.batch([i]).gradient(w0) for i in range(m)])
    measured = {size: relative_noise(of_one, g, size) for size in BATCHES[:-1]} | {m: 0.0}
    one = np.sqrt(np.mean(np.sum((of_one - g) ** 2, axis=1))) / np.linalg.norm(g)
    sizes = np.geomspace(1, m, 201)
    without = np.sqrt(np.maximum(m - sizes, 1e-9) / (sizes * (m - 1)))
    noise.loglog(sizes, one / np.sqrt(sizes), label="slope −½", **BEFORE)
    noise.loglog(sizes, one * without, label="each sample once", **GREEN)
    noise.loglog(BATCHES, [measured[size] or np.nan for size in BATCHES], "o", color=COLORS["green"], markersize=6)
    noise.set(xlim=(0.8, 260), ylim=(0.01, 3), xlabel="batch size B", ylabel="relative noise")
    noise.legend(loc="lower left", frameon=False)
    over_steps(by_epoch, EPOCHS, (0.5, 500), ylabel="", xlabel="epoch")
    over_steps(by_update, 4000, (0.5, 500), ylabel="", xlabel="update")
    by_update.set(xscale="log", xlim=(0.8, 5000))
    board.line("noise", noise, **NOW | {"color": COLORS["green"]})
    board.curve("by epoch", by_epoch, np.arange(EPOCHS + 1), **GREEN)
    board.line("by update", by_update, trail=True, **GREEN)

    @cache
    def run(size, schedule):
        mini = {} if size == m else {"batch_size": size, "seed": 0}
        return Run.of(steepest_descent(problem, w0, schedules[schedule], **mini), EPOCHS).loss

    def show(size, schedule):
        loss, updates = run(size, schedule), np.arange(EPOCHS + 1) * (m // size)
        numbers = {"B": size, "updates an epoch": m // size, "relative noise": measured[size]}
        numbers |= {"loss after 1 epoch": loss[1], "loss after 20": loss[-1], "highest of the last 5": loss[-5:].max()}
        marks = {"by epoch": loss, "by update": np.column_stack([updates, loss])[1:]}
        marks |= {"noise": (size, measured[size])} if size < m else {}
        alt = "With batches of {B} the gradient's relative noise is {relative noise}; after 20 epochs of {updates an "
        return Frame(marks, numbers, alt + "epoch} updates the loss is {loss after 20}.")

    plans = Choice("schedule", "η", {name: name for name in schedules}, start[1])
    return figure(board, show, [Slider("size", "B, batch size", BATCHES, start[0], "{:d}"), plans], ask=ask)


def relative_noise(of_one, g, size: int, draws: int = 400) -> float:
    """The root mean square of ‖g_B − g‖/‖g‖ over batches drawn without putting back."""
    rng = np.random.default_rng(0)
    means = np.array([of_one[rng.permutation(len(of_one))[:size]].mean(axis=0) for _ in range(draws)])
    return float(np.sqrt(np.mean(np.sum((means - g) ** 2, axis=1))) / np.linalg.norm(g))


def starts(problem, all_starts, *, start=("Nguyen–Widrow", "at the start", 0), steps: int = 1000, ask=None):
    """What ten units say over the interval from six kinds of start, and the losses of 20 runs of Adam from each."""
    board = Board(1, 2, size=(9.6, 4.4))
    ramps, losses = board.axes
    x = np.linspace(-1, 1, 81)
    ramps.set(xlim=(-1, 1), ylim=(-1.1, 1.1), xticks=x[::20], xlabel="x", ylabel="tanh(ux + b) of ten units")
    over_steps(losses, steps, (0.05, 200))
    w, loss = adams(problem, np.concatenate(list(all_starts.values())), 0.01, steps)
    w, loss = w.reshape(2, 6, 20, -1), loss.reshape(-1, 6, 20)
    shown, names = np.unique(np.geomspace(1, steps + 1, 60).astype(int) - 1), list(all_starts)
    medians = np.median(loss, axis=2)[shown].T
    losses.plot(*strands(shown, medians).T, color="#9a9a9a", linewidth=1.2, label="medians of all starts")
    for text, which in (("zeros, ±0.01", (0, 1)), ("too large", 2), ("Xavier, He", (3, 4)), ("Nguyen–\nWidrow", 5)):
        losses.text(1.01 * steps, np.exp(np.log(medians[which, -1]).mean()), text, va="center")
    board.line("20 losses", losses, **ORANGE | {"linewidth": 0.9})
    board.curve("median", losses, shown, trail=False, label="median of 20", color="black", linewidth=2.4)
    board.curve("this", losses, shown, trail=False, label="this seed", **AFTER)
    above(losses, ncols=3)
    board.line("units", ramps, **AFTER | {"linewidth": 1.6})

    def show(name, when, seed):
        k = names.index(name)
        units = np.tanh(w[int(when != "at the start"), k, seed, :20].reshape(10, 2) @ [x, np.ones(81)])
        ends, of_all = loss[-1, k], loss[shown, k].T
        marks = {"units": strands(x, units), "20 losses": strands(shown, of_all)}
        marks |= {"this": of_all[seed], "median": np.median(of_all, axis=0)}
        numbers = {"start": name, "saturated": np.mean(np.abs(units) > 0.99), "loss at the end": ends[seed]}
        numbers |= {"lowest of 20": ends.min(), "median of 20": np.median(ends), "highest of 20": ends.max()}
        alt = "Ten units from the start {start}; 20 runs of 1000 steps end at losses from {lowest of 20} to "
        return Frame(marks, numbers, alt + "{highest of 20}, their median is {median of 20}.")

    controls = [
        Choice("name", "start", {name: name for name in names}, start[0]),
        Choice("when", "units", {text: text for text in ("at the start", "after 1000 steps")}, start[1]),
        Slider("seed", "seed", range(20), start[2], "{:d}"),
    ]
    return figure(board, show, controls, ask=ask)


def strands(x, heights) -> np.ndarray:
    """Several curves over the same x as one line, the pen lifted between them."""
    return np.concatenate([[*np.transpose([x, y]), [np.nan, np.nan]] for y in heights])


def adams(problem, w, eta: float, steps: int):
    """Adam from many starts of one 1-10-1 network at once: the weights before and after, and the losses."""
    x, y, first, memory, loss = problem.X[:, 0], problem.Y[:, 0], w, Moments(0.0, 0.0, 0), []
    for _ in range(steps + 1):
        hidden, out = w[:, :20].reshape(-1, 10, 2), w[:, 20:]
        a = np.tanh(hidden[:, :, :1] * x + hidden[:, :, 1:])
        r = (out[:, None, :10] @ a)[:, 0] + out[:, 10:] - y
        delta = out[:, :10, None] * r[:, None] * (1 - a * a)
        parts = np.stack([delta @ x, delta.sum(-1)], -1).reshape(-1, 20), (a @ r[..., None])[..., 0]
        last, (w, memory) = w, adam_rule(w, np.hstack([*parts, r.sum(1, keepdims=True)]), eta, memory, 0.9, 0.999, 1e-8)
        loss.append(0.5 * (r * r).sum(1))
    return np.array([first, last]), np.array(loss)


def patience(*, start=(30, 4), max_steps: int = 1000, ask=None):
    """Training and validation loss, where a patience stops, and the curves of the weights returned and of the last."""
    board = Board(1, 2, size=(9.6, 4.4))
    data, losses = board.axes
    x = np.linspace(-1, 1, 161)
    data.set(xlim=(-1.04, 1.04), ylim=(-2.1, 2.1), xlabel="x", ylabel="y")
    data.plot(x, np.sin(2 * np.pi * x), ":", color="black", linewidth=2, label="truth")
    board.line("training data", data, color="#555555", marker="o", markersize=5, linestyle="none")
    board.line("validation data", data, **HELD_BACK)
    board.curve("last", data, x, trail=False, label="last weights", **BEFORE)
    board.curve("returned", data, x, trail=False, label="returned", **AFTER)
    above(data, ncols=3)
    over_steps(losses, max_steps, (1e-3, 30))
    board.curve("training", losses, trail=False, label="training", **AFTER)
    board.curve("validation", losses, trail=False, label="validation", color=COLORS["orange"], linestyle="--")
    board.line("stop", losses, color="black", linewidth=1)
    board.line("best", losses, **NOW | {"color": COLORS["orange"]})
    above(losses, ncols=2)

    @cache
    def run(draw):
        problem, validation = exercises.draws(draw)
        taken = Run.of(adam(problem, problem.net.init(draw), 0.02), max_steps)
        return problem, validation, taken, np.array([validation.loss(w) for w in taken.w])

    def show(patience, draw):
        problem, validation, taken, measured = run(draw)
        best, stop = exercises.stopped(measured, patience)
        says = {"returned": pictures.curve(problem, taken.w[best], x), "last": pictures.curve(problem, taken.w[-1], x)}
        off = {name: np.sqrt(np.mean((values - np.sin(2 * np.pi * x)) ** 2)) for name, values in says.items()}
        marks = {**says, "training": taken.loss, "validation": measured, "best": (best, measured[best])}
        marks |= {"stop": [(stop, 1e-3), (stop, 30)], "training data": np.hstack([problem.X, problem.Y])}
        marks |= {"validation data": np.hstack([validation.X, validation.Y])}
        numbers = {"patience": patience, "stops after": stop, "best step": best, "validation loss": measured[best]}
        numbers |= {"of the last weights": measured[-1]} | {f"{name} is off by": d for name, d in off.items()}
        alt = "Training stops after step {stops after} and returns the weights of step {best step}: validation loss "
        return Frame(marks, numbers, alt + "{validation loss}, and {of the last weights} at the last step of all.")

    controls = [Slider("patience", "patience", PATIENCES, start[0], "{:d}")]
    return figure(board, show, [*controls, Slider("draw", "draw of the data", DRAWS, start[1], "{:d}")], ask=ask)


def fault_curves(*, ask=None):
    """The training and the validation loss of five runs, each with another fault in it, one at a time."""
    board = Board(size=(6.4, 4.0))
    (losses,) = board.axes
    runs = exercises.five_runs()
    over_steps(losses, exercises.RUN_STEPS, (1e-3, 1e4))
    board.curve("training", losses, trail=False, label="training", **AFTER)
    board.curve("validation", losses, trail=False, label="validation", color=COLORS["orange"], linestyle="--")
    above(losses, ncols=2)

    def show(run):
        training, validation = runs[run]
        numbers = {"run": run, "first": training[0], "last": training[-1], "validation, last": validation[-1]}
        alt = "Run {run}: the training loss goes from {first} to {last}; the validation loss ends at {validation, last}"
        return Frame({"training": training, "validation": validation}, numbers, alt + ".")

    return figure(board, show, [Choice("run", "run", {name: name for name in runs}, "A")], ask=ask)


EXAMPLES = {
    "one_rate": one_rate,
    "race": race,
    "batches": lambda: batches(*exercises.many_samples(), exercises.schedules),
    "starts": lambda: starts(pictures.sine_network()[0], exercises.six_starts()),
    "patience": patience,
    "fault_curves": fault_curves,
}
