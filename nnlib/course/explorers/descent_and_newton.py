"""Chapter 09: one step of two methods, digits that double, the top of a parabola, and where every start ends."""

from __future__ import annotations

from functools import cache, partial
from itertools import islice

import numpy as np

from nnlib import newton, steepest_descent
from nnlib.course import basins, surfaces
from nnlib.course.explorers import _pictures as pictures
from nnlib.course.explorers._maps import Maps
from nnlib.course.explorers._pictures import AFTER, BEFORE, HERE, above, curve, in_sight, step_labels
from nnlib.live import COLORS, Board, Choice, Frame, Slider, figure, short

NEWTON, DESCENT = COLORS["purple"], COLORS["green"]
LOOKS = {"descent": {"color": DESCENT, "linestyle": "--"}, "Newton": {"color": NEWTON}}
DOTS = {"marker": "o", "markersize": 4, "linewidth": 1.8}
W1, B = np.arange(-2.0, 3.5, 0.5), np.arange(-3.0, 3.0, 0.5)
COARSE = {"w1": [-1.5, -0.5, 0.5, 1.0, 1.5, 2.0], "b": [-3.0, -1.0, -0.5, 0.0, 1.5, 2.5]}


def start_sliders(start) -> list[Slider]:
    return [
        Slider("w1", "w₁, weight", W1, start=start[0], format="{:g}"),
        Slider("b", "b, bias", B, start=start[1], format="{:g}"),
    ]


def one_step(problem, *, start=(1.5, -0.5), rate: float = 0.1, ask=None):
    """A step of descent and a step of Newton's method from the same point, and what the quadratic model saw of it."""
    board = Board(2, 2, size=(9.6, 5.6), width_ratios=(1.15, 1), height_ratios=(1.3, 1))
    surface, section, data = board.tall_left()
    x, _ = pictures.neuron_and_curve(surface, data, problem)
    t = np.linspace(-0.2, 1.2, 71)
    section.set(xlim=(-0.2, 1.2), ylim=(-3, 27), ylabel="loss E", xlabel="t, part of Newton's step", xticks=[0, 0.5, 1])
    for name, color, width, zorder in (("Newton", NEWTON, 4.5, 3), ("descent", DESCENT, 2.0, 5)):
        board.arrow(f"step of {name}", surface, color=color, width=width, zorder=zorder)
        board.curve(f"after {name}", data, x, trail=False, label=f"after {name}", **AFTER | LOOKS[name])
    board.curve("before", data, x, trail=False, label="before", **BEFORE)
    board.line("here", surface, **HERE | {"markersize": 6})
    board.curve("loss on the way", section, t, trail=False, color="black", linewidth=1.8, label="loss")
    board.curve("model", section, t, trail=False, color=NEWTON, linestyle=":", linewidth=2.4, label="model q")
    board.line("ends", section, color=NEWTON, marker="o", markersize=6, linestyle="none")
    board.text("too high", section, color=NEWTON, ha="center", va="top")
    above(section, ncols=2)
    above(data, ncols=3)

    def show(w1, b):
        w = np.array([w1, b])
        E, g, H = problem.loss(w), problem.gradient(w), problem.hessian(w)
        λ, p = np.linalg.eigvalsh(H), np.linalg.solve(H, -g)
        slope, after, down = g @ p, problem.loss(w + p), problem.loss(w - rate * g)
        ways = {"descent": -rate * g, "Newton": p}
        marks = {f"step of {name}": (w, to_edge(surface, w, way)) for name, way in ways.items()}
        marks |= {f"after {name}": curve(problem, w + way, x) for name, way in ways.items()}
        marks |= {"before": curve(problem, w, x), "here": w, "ends": [(0, E), (1, E + slope / 2)]}
        marks["loss on the way"] = basins.model(problem, w[:, None] + t * p[:, None]).loss
        marks["model"] = E + slope * (t - t**2 / 2)
        if E + slope / 2 > 27:
            marks["too high"] = (0.6, 26.5, f"q rises to {short(E + slope / 2)}")
        numbers = {"w₁": w1, "b": b, "loss": E, "after descent": down, "after Newton": after, "λ₁": λ[1], "λ₂": λ[0]}
        numbers |= {"length of Newton's step": np.hypot(*p), "the model goes": "up" if slope > 0 else "down"}
        alt = (
            "At w = ({w₁}, {b}) the loss is {loss}, after a step of descent {after descent}, after one of Newton "
            "{after Newton}. Along Newton's step, {length of Newton's step} long, the model goes {the model goes}."
        )
        return Frame(marks, numbers, alt)

    return figure(board, show, start_sliders(start), ask=ask, record=COARSE)


def to_edge(ax, tail, way) -> np.ndarray:
    """The head of an arrow, or where it leaves the picture."""
    low, high = np.transpose([ax.get_xlim(), ax.get_ylim()])
    with np.errstate(divide="ignore"):
        parts = np.where(way > 0, (high - tail) / way, (low - tail) / way)
    return tail + min(1.0, 0.98 * parts.min()) * way


def digits(problem, *, start=("1, -1", 0.1), max_steps: int = 40):
    """The distance to the minimum against steps, and the next distance against the one before, of both methods."""
    board = Board(1, 2, size=(9.6, 4.2))
    against_steps, against_before = board.axes
    limits = (1e-16, 4.0)
    pictures.over_steps(against_steps, max_steps, limits, ylabel="distance to the star")
    against_before.set(xlim=limits, ylim=limits, xscale="log", yscale="log", aspect="equal")
    against_before.set(xticks=np.logspace(-15, 0, 6), yticks=np.logspace(-15, 0, 6))
    against_before.set(xlabel="distance before a step", ylabel="distance after it")
    for power, style, words in ((1, "--", "no nearer"), (2, ":", "square of it")):
        against_before.plot(np.power(limits, 1 / power), limits, style, color="#767676", linewidth=1.4, label=words)
    for name in LOOKS:
        board.curve(name, against_steps, trail=False, label=name, **DOTS | LOOKS[name])
        board.line(f"pairs of {name}", against_before, **DOTS | {"linestyle": "none", "color": LOOKS[name]["color"]})
    above(against_steps, ncols=2)
    above(against_before, ncols=2)
    *_, last = islice(newton(problem, pictures.minimum_of(problem, [1.0, -0.5])), 3)

    def show(w0, eta):
        w0 = np.array([float(part) for part in w0.split(",")])
        marks, numbers = {}, {"η": eta}
        methods = (steepest_descent(problem, w0, eta), max_steps), (newton(problem, w0), 10)
        for name, (steps, most) in zip(LOOKS, methods, strict=True):
            away = [np.hypot(*(w - last.w)) for w in (w0, *(step.w for step in islice(steps, most)))]
            away = np.array(away[: next((k for k, d in enumerate(away) if d < 1e-15), len(away))])
            marks |= {name: away, f"pairs of {name}": np.column_stack([away[:-1], away[1:]])}
            numbers |= {"last factor of descent": away[-1] / away[-2]} if name == "descent" else {}
            numbers[f"{name}, nearest"] = away.min()
        numbers["Newton below 1e-6 after"] = int(np.argmax(away < 1e-6))
        alt = (
            f"Distances to the star. After {max_steps} steps descent with η = {{η}} is {{descent, nearest}} away; "
            "Newton's method is below a millionth after {Newton below 1e-6 after} steps."
        )
        return Frame(marks, numbers, alt)

    starts = {"(1, −1)": "1, -1", "(0, 0)": "0, 0", "(0.5, −0.5)": "0.5, -0.5"}
    rates = Slider("eta", "η, learning rate of descent", [0.03, 0.1, 0.2, 0.3, 0.38], start=start[1], format="{:g}")
    return figure(board, show, [Choice("w0", "start", starts, start=start[0]), rates])


def height(y):
    """The surface with a saddle, along its y axis."""
    return (y**2 - 1) ** 2 / 4


def top_of_a_parabola(*, start=(0.4, 1, False), max_steps: int = 9, ask=None):
    """Newton's method on a surface with a saddle: its path, and the parabola from which each step is taken."""
    saddle = surfaces.saddle()
    board = Board(1, 2, size=(9.6, 4.8), titles=("E = ½x² + ¼(y² − 1)²", "its profile along the y axis"))
    plane, profile = board.axes
    pictures.plane(plane, saddle, ((-1.0, 1.8), (-2.0, 2.0)), names=("x", "y"))
    plane.plot([0, 0], [1, -1], "*", color="black", markersize=15)
    plane.plot(0, 0, "x", color="black", markersize=11, markeredgewidth=2.5)
    y = np.linspace(-2, 2, 161)
    profile.plot(y, height(y), color="black", linewidth=1.8)
    profile.set(xlim=(-2, 2), ylim=(-0.5, 1.5), xlabel="y", ylabel="E")
    board.line("path", plane, **DOTS | LOOKS["Newton"])
    board.line("start", plane, **HERE)
    board.curve("parabola", profile, y, color=NEWTON, linestyle=":", linewidth=2.4)
    board.line("from", profile, **HERE)
    board.line("to", profile, color=NEWTON, marker="o", markersize=8, linestyle="none")
    board.line("drop", profile, color=NEWTON, linewidth=1.2)
    board.text("outside", profile, ha="center", va="center")
    labels = step_labels(board, plane, max_steps + 1)
    run = cache(lambda y0, flipped: list(islice(newton(saddle, [1.5, y0], flip_negative=flipped), 30)))

    def show(y0, k, flipped):
        path = np.array([[1.5, y0], *(step.w for step in run(y0, flipped))])
        (_, v), (_, after), end = path[k - 1], path[k], path[-1, 1]
        bend = 3 * v**2 - 1  # the second derivative of the profile
        steep = abs(bend) if flipped else bend
        q = height(v) + (v**3 - v) * (y - v) + steep / 2 * (y - v) ** 2
        marks = {"path": in_sight(path[: k + 1], plane), "start": path[0], **labels(path[: k + 1])}
        marks |= {"parabola": np.where((q > -0.5) & (q < 1.5), q, np.nan), "from": (v, height(v))}
        top = height(v) - steep / 2 * (after - v) ** 2
        marks |= {"to": (after, top), "drop": [(after, top), (after, height(after))]}
        if max(abs(v), abs(after)) > 2:
            marks["outside"] = (0, 1.3, f"a step from y = {short(v)} to {short(after)}")
        numbers = {"start y": y0, "k": k, "y before": v, "y after": after, "λ along y": bend}
        numbers |= {"E along y, before": height(v), "E along y, after": height(after)}
        numbers["the run ends at the"] = "cross" if abs(end) < 0.001 else "star above" if end > 0 else "star below"
        alt = "Step {k} goes from y = {y before} to {y after}; the run ends at the {the run ends at the}."
        return Frame(marks, numbers, alt)

    controls = [
        Slider("y0", "y at the start", np.arange(31) / 20, start=start[0], format="{:g}"),
        Slider("k", "k, step", np.arange(1, max_steps + 1), start=start[1], format="{:d}"),
        Choice("flipped", "step divides by", {"λ": False, "|λ|": True}, start=start[2]),
    ]
    coarser = {"y0": [0.0, 0.2, 0.4, 0.45, 0.5, 0.55, 0.6, 0.7, 1.2], "k": [1, 2, 3, 4, 6, 9]}
    return figure(board, show, controls, ask=ask, record=coarser)


def two_maps(problem, *, start=(1.5, -0.5, 0.1), max_steps: int = 1000, ask=None):
    """Where steepest descent and Newton's method take every start; for one of them the paths and the curves."""
    maps = Maps(problem, LOOKS, ("steepest descent", "Newton’s method"), max_steps, dense=("descent",))
    maps.draw_bowl()
    newtons = basins.basin(problem, "newton", maps.minimum, max_steps=60), maps.paths(W1, B, basins.newton, 60)

    @cache
    def descents(eta):
        run = partial(basins.steepest_descent, learning_rate=eta)
        of_all = basins.basin(problem, "steepest descent", maps.minimum, max_steps=max_steps, learning_rate=eta)
        return of_all, maps.paths(W1, B, run, max_steps)

    def show(w1, b, eta):
        marks, numbers = {}, {"w₁": w1, "b": b, "η": eta}
        alt = (
            "Of all starts a part of {descent arrives, of all starts} comes to the star by descent with η = {η}, and "
            "{Newton arrives, of all starts}, around the star, by Newton’s method. From w = ({w₁}, {b}):"
        )
        for name, (of_all, paths) in (("descent", descents(eta)), ("Newton", newtons)):
            path = paths[w1, b]
            marks |= maps.marks(name, path, of_all, numbered=4 if name == "Newton" else 0)
            numbers |= {f"{name} arrives, of all starts": of_all.share, f"{name}, median steps": of_all.median}
            arrives = pictures.is_near(path[-1], maps.minimum)
            numbers |= {f"steps of {name}": len(path) - 1} if arrives else {}
            alt += f" {name.title()} " + (f"arrives in {len(path) - 1} steps." if arrives else "does not arrive.")
        return Frame(marks, numbers, alt)

    rates = Choice("eta", "η, learning rate of descent", {"0.03": 0.03, "0.1": 0.1, "0.3": 0.3}, start=start[2])
    return figure(maps.board, show, [*start_sliders(start), rates], record=COARSE, ask=ask)


EXAMPLES = {
    "one_step": lambda: one_step(pictures.neuron()),
    "digits": lambda: digits(pictures.neuron()),
    "top_of_a_parabola": top_of_a_parabola,
    "two_maps_of_newton": lambda: two_maps(pictures.neuron()),
}
