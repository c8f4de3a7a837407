"""Chapter 11: where Gauss–Newton goes, the μ dial, Levenberg–Marquardt step by step, and where every start ends."""

from __future__ import annotations

from functools import cache

import numpy as np

from nnlib import CurveFit, datasets, gauss_newton, levenberg_marquardt, steepest_descent
from nnlib.course.basins import basin
from nnlib.course.explorers._maps import Maps
from nnlib.course.explorers._pictures import (
    ACCEPTED,
    AFTER,
    BEFORE,
    HERE,
    NOW,
    REJECTED,
    Run,
    above,
    curve,
    data_and_curve,
    direction,
    eigensystem,
    in_sight,
    is_near,
    neuron,
    neuron_and_curve,
    over_steps,
    run_to,
    sine_network,
    span,
    step_labels,
    still_arrow,
)
from nnlib.live import COLORS, Board, Choice, Frame, Slider, figure, stepper

WINDOW = ((-4.5, 5.5), (-6.5, 3.5))  # of the neuron, with room for the first steps of Gauss–Newton
GAUSS_NEWTON = ACCEPTED | {"color": COLORS["vermillion"]}
SMALL = {"linewidth": 1.2, "markersize": 3}
THIN = {"color": "black", "linewidth": 1.2}
EIGENVALUES = {"λ₁": "-", "λ₂": "--", "λ₃": ":"}  # the largest first, each with its line style
BIASES, MUS = np.linspace(0, 2, 21), np.geomspace(1e-3, 1e3, 49)
LEARNING_RATES = [0.0001, 0.0003, 0.001, 0.002, 0.003, 0.005, 0.007, 0.01, 0.015, 0.02, 0.03, 0.05, 0.1, 0.2]


def gauss_newton_starts(problem, *, start: float = 1.5, max_steps: int = 20):
    """Gauss–Newton from w = (0.5, b): its path, its losses, and the curve where it begins and where it ends."""
    board = Board(2, 2, size=(9.6, 4.9), width_ratios=(1.15, 1))
    surface, data, losses = board.tall_left()
    x, minimum = neuron_and_curve(surface, data, problem, WINDOW)
    over_steps(losses, max_steps, (0.01, 40))
    board.line("path", surface, **GAUSS_NEWTON)
    board.line("start", surface, **HERE)
    board.curve("before", data, x, trail=False, label="at the start", **BEFORE)
    board.curve("after", data, x, label="at the end", **AFTER | {"color": COLORS["vermillion"]})
    board.curve("loss", losses, **GAUSS_NEWTON)
    labels = step_labels(board, surface)
    above(data, ncols=2)

    def show(b):
        run = run_to(minimum, gauss_newton(problem, [0.5, b]), max_steps)
        w, (eigenvalues, _) = np.array(run.w), eigensystem(problem.normal_equations([0.5, b]).JTJ)
        ends = "star" if is_near(w[-1], minimum) else "singular JᵀJ" if run.ending else "elsewhere"
        numbers = {"b": b, "λ₂ at the start": eigenvalues[1], "length of step 1": np.hypot(*(w[1] - w[0]))}
        numbers |= {"highest loss on the way": run.loss[1:].max(), "steps": len(run.records), "ends": ends}
        marks = {"path": in_sight(w, surface), "start": w[0], "loss": run.loss, **labels(w)}
        marks |= {"before": curve(problem, w[0], x), "after": curve(problem, w[-1], x)}
        alt = "Gauss–Newton from w = (0.5, {b}): the first step is {length of step 1} long; end after {steps}: {ends}."
        return Frame(marks, numbers, alt)

    return figure(board, show, [Slider("b", "b, bias at the start", BIASES, start=start, format="{:.1f}")])


def mu_dial(problem, w, *, start: float = 0.001, ask=None):
    """Turn μ at w: the step on the surface, what the model predicts for curve and loss, and what comes true."""
    titles = ("", "", "", "", "decrease of E", "left of the step")
    board = Board(2, 3, size=(9.6, 5.2), width_ratios=(2.1, 1, 1), titles=titles)
    surface, data, unused, under, decrease, left = board.axes
    span(surface, slice(None), 0, under)
    span(data, 0, slice(1, 3), unused)
    x, _ = neuron_and_curve(surface, data, problem)
    JTJ, g, loss = problem.normal_equations(w)
    eigenvalues, V = eigensystem(JTJ)
    steps = {mu: np.linalg.solve(JTJ + mu * np.eye(2), -g) for mu in (0.0, *MUS)}
    says, slopes = curve(problem, w, x), problem.net.jacobian(w, x[:, None])

    still_arrow(surface, w, steps[0.0], "Gauss–Newton", COLORS["vermillion"], width=4.5)
    still_arrow(surface, w, -2.6 * direction(g), "−g", COLORS["green"], width=4.5)
    for name, v in zip(("v₁", "v₂"), V.T, strict=True):
        still_arrow(surface, w, 1.5 * np.sign(v @ g) * v, name, "black", width=1.0)  # uphill: steps go against them
    surface.plot(*np.transpose([w + p for p in steps.values()]), "--", color=COLORS["blue"], linewidth=1.4)
    surface.plot(*w, **HERE, zorder=4.5)
    data.plot(x, says, label="at w", **BEFORE)
    decrease.set_ylim(-1.15 * loss, 1.25 * loss)
    decrease.axhline(0, color="#767676", linewidth=1)
    left.set_ylim(0, 1.2)
    board.arrow("step", surface, color=COLORS["blue"], width=2.0, zorder=4)
    board.line("tip", surface, color=COLORS["blue"], marker="o", markersize=5, markeredgecolor="white", zorder=5)
    board.curve("predicted", data, x, trail=False, color=COLORS["sky"], linestyle=":", linewidth=2.4, label="predicted")
    board.curve("actual", data, x, trail=False, label="at w + p", **AFTER)
    board.bars("decrease", decrease, ["predicted", "actual"], color=[COLORS["sky"], COLORS["blue"]])
    board.bars("left", left, ["along v₁", "along v₂"], color=COLORS["orange"])
    above(data, ncols=3)

    def show(mu):
        p, kept = steps[mu], eigenvalues / (eigenvalues + mu)
        predicted, actual = 0.5 * p @ (mu * p - g), loss - problem.loss(w + p)
        numbers = {"μ": mu, "‖p‖": np.hypot(*p), "angle to −g": angle_to_descent(p, g)}
        numbers |= {"predicted": predicted, "actual": actual, "left along v₁": kept[0], "left along v₂": kept[1]}
        marks = {"step": (w, w + p), "tip": w + p, "decrease": [predicted, actual], "left": kept}
        marks |= {"predicted": says + slopes @ p, "actual": curve(problem, w + p, x)}
        alt = (
            "The Levenberg–Marquardt step at μ = {μ} on the neuron's surface: length {‖p‖}, {angle to −g}° from −g. "
            "The predicted decrease of the loss is {predicted}, the actual one {actual}. Of the Gauss–Newton step "
            "{left along v₁} is left along v₁ and {left along v₂} along v₂."
        )
        return Frame(marks, numbers, alt)

    return figure(board, show, [Slider("mu", "μ, damping", MUS, start=start)], ask=ask)


def angle_to_descent(p, g) -> float:
    """Between a step and −g, in degrees."""
    return float(np.degrees(np.arccos(np.clip(-(p @ g) / (np.linalg.norm(p) * np.linalg.norm(g)), -1, 1))))


def lm_steps(problem, w0, *, start: float = 1e-3, max_steps: int = 30, ask=None):
    """Step through Levenberg–Marquardt: path, rejected trial points, curve, losses, and μ beside the λ of JᵀJ."""
    board = Board(3, 2, size=(9.6, 6.6), width_ratios=(1.15, 1), height_ratios=(1, 1.1, 1.1))
    surface, data, unused, losses, under, damping = board.axes
    span(surface, slice(None), 0, unused, under)
    x, minimum = neuron_and_curve(surface, data, problem, WINDOW)
    over_steps(losses, max_steps, (0.01, 40), xlabel="")
    over_steps(damping, max_steps, (1e-9, 1e5), ylabel="μ and λ")
    board.line("path", surface, trail=True, **ACCEPTED)
    board.line("refused", surface, **REJECTED)
    board.line("start", surface, **HERE)
    board.line("here", surface, **NOW)
    board.curve("curve", data, x, **AFTER)
    board.curve("loss", losses, **ACCEPTED)
    board.line("refused loss", losses, **REJECTED)
    for name in ("λ₁", "λ₂"):
        board.curve(name, damping, trail=False, label=name, linestyle=EIGENVALUES[name], **THIN)
    board.line("μ", damping, trail=True, label="μ", **ACCEPTED)
    board.line("refused μ", damping, **REJECTED)
    labels, refused_labels = step_labels(board, surface), step_labels(board, surface, color=COLORS["vermillion"])
    above(damping, ncols=3)
    for name in ("v₁", "v₂"):
        board.arrow(f"arrow {name}", surface, color="black", width=1.0)
        board.text(name, surface, ha="center", va="center")
    eigensystem_at = cache(lambda *w: eigensystem(problem.normal_equations(np.array(w)).JTJ))

    def show(records, mu, rule):
        run = Run(np.array(w0, float), problem.loss(w0), records)
        λ, ks = np.array([eigensystem_at(*w)[0] for w in run.w]), 1 + np.arange(len(records))
        w, V = run.w[-1], eigensystem_at(*run.w[-1])[1]
        tried, refused = np.column_stack([ks, run.numbers("mu")]), [r.trial_w for r in records if not r.accepted]
        marks = {"path": in_sight(run.w, surface), "start": run.w0, "here": w, "curve": curve(problem, w, x)}
        for name, v in zip(("v₁", "v₂"), V.T * np.sign(V[:1].T), strict=True):
            marks |= {f"arrow {name}": (w, w + 1.2 * v), name: (*(w + 1.5 * v), name)}
        marks |= {"refused": refused, **labels(run.w), **refused_labels(refused, ks[run.rejected])}
        marks |= {"loss": run.loss, "refused loss": run.refused("trial_loss"), "λ₁": λ[:, 0], "λ₂": λ[:, 1]}
        marks |= {"μ": tried, "refused μ": tried[run.rejected]}
        numbers = {"step": "none yet", "loss": run.loss[-1], "λ₁": λ[-1, 0], "λ₂": λ[-1, 1], "μ": mu}
        if records:
            numbers |= {"step": "accepted" if records[-1].accepted else "rejected", "μ": records[-1].mu}
            numbers |= {"loss at the trial point": records[-1].trial_loss, "ρ": records[-1].gain_ratio}
        last = "The last step, with μ = {μ}: {step}." if records else "The first step will have μ = {μ}."
        alt = f"Levenberg–Marquardt after {len(records)} steps: loss {{loss}}. {last}"
        return Frame(marks, numbers, alt)

    def begin(mu, rule):
        yield from run_to(minimum, levenberg_marquardt(problem, w0, mu=mu, rule=rule), max_steps, 1e-3).records
        return "at the star"

    first = Slider("mu", "μ, first damping", 10.0 ** np.arange(-6, 5), start=start, format="{:g}")
    rules = Choice("rule", "rule for μ", {"gain ratio": "gain-ratio", "÷10 and ×10": "marquardt"}, start="gain-ratio")
    coarser = {"mu": [1e-3, 0.1, 1.0, 10.0, 1e4]}
    return stepper(board, begin, show, [first, rules], ask=ask, record=coarser, max_steps=max_steps)


def curve_step_by_step(problem, w0, *, start: int = 0, max_steps: int = 60):
    """A curve that walks to its data: the fit after step k, losses, and μ beside the λ of JᵀJ."""
    board = Board(2, 2, size=(9.6, 4.9), width_ratios=(1.25, 1))
    data, losses, damping = board.tall_left()
    x = data_and_curve(data, problem.x, problem.y, xlabel="wavelength", ylabel="transmittance")
    run = Run.of(levenberg_marquardt(problem, w0, mu=1e-3), max_steps)
    models = [problem.normal_equations(w) for w in run.w]
    λ, mus, ks = np.array([eigensystem(m.JTJ)[0] for m in models]), run.numbers("mu"), 1 + np.arange(len(run.records))
    over_steps(losses, len(ks), (run.loss.min() / 3, 3 * run.loss[0]), xlabel="")
    over_steps(damping, len(ks), (λ.min() / 10, 10 * λ.max()), ylabel="μ and λ")
    losses.plot(run.loss, **ACCEPTED | SMALL)
    for (name, style), values in zip(EIGENVALUES.items(), λ.T, strict=True):
        damping.plot(values, style, label=name, **THIN)
    damping.plot(ks, mus, label="μ", **ACCEPTED | SMALL)
    damping.plot(ks[run.rejected], mus[run.rejected], **REJECTED | {"markersize": 5})
    above(damping, ncols=4)
    board.curve("fit", data, x, **AFTER)
    board.line("here", losses, **NOW)
    board.line("μ now", damping, **NOW)

    def show(k):
        w, last = run.w[k], max(k - 1, 0)  # the step that led here; at the start the first one
        p = run.records[last].trial_w - run.w[last]
        numbers = {"k": k, "step": "start" if k == 0 else "rejected" if run.rejected[last] else "accepted"}
        numbers |= {"loss": run.loss[k], "μ": mus[last], **dict(zip(EIGENVALUES, λ[k], strict=True))}
        numbers |= {"angle to −g": angle_to_descent(p, models[last].JTr), "w₂, width": w[1]}
        marks = {"fit": problem.predict(w, x), "here": (k, run.loss[k]), "μ now": (last + 1, mus[last])}
        alt = f"The data and the fitted curve after step {{k}} of {len(ks)}: loss {{loss}}, μ = {{μ}}."
        return Frame(marks, numbers, alt)

    return figure(board, show, [Slider("k", "k, step", np.arange(len(run.w)), start=start, format="{:d}")])


def lm_against_descent(problem, w0, truth, *, max_steps: int = 100, ask=None):
    """The same network from the same start by Levenberg–Marquardt and by steepest descent: curves and losses."""
    board = Board(1, 2, size=(9.6, 4.0))
    data, losses = board.axes
    x = data_and_curve(data, problem.X[:, 0], problem.Y[:, 0], xlabel="x", ylabel="y")
    data.plot(x, truth(x), ":", color="black", linewidth=2, label="truth")
    over_steps(losses, max_steps, (0.01, 1e4))
    for name, look in {"LM": AFTER, "descent": AFTER | {"color": COLORS["green"], "linestyle": "--"}}.items():
        board.curve(name, data, x, label=name, **look)
        board.curve(f"loss of {name}", losses, **look)
    above(data, ncols=3)

    @cache
    def run(method, value):
        """The marks of one method, its losses, and how far its curve is from the truth (root mean square)."""
        steps = levenberg_marquardt(problem, w0, value) if method == "LM" else steepest_descent(problem, w0, value)
        with np.errstate(all="ignore"):  # descent that blows up
            taken = Run.of(steps, max_steps)
            says = curve(problem, taken.w[-1], x)
            off = np.sqrt(np.mean((says - truth(x)) ** 2))
        return {method: says, f"loss of {method}": taken.loss}, taken.loss, off

    def show(mu, eta):
        (lm, lm_loss, lm_off), (descent, loss, off) = run("LM", mu), run("descent", eta)
        numbers = {"μ": mu, "η": eta, "loss, LM": lm_loss[-1], "loss, descent": loss[-1]}
        numbers |= {"LM is below after": int(np.argmax(lm_loss < loss[-1])), "off the truth, LM": lm_off}
        numbers |= {"off the truth, descent": off} if np.isfinite(off) else {}
        alt = "LM from μ = {μ} ends at loss {loss, LM}, descent with η = {η} at {loss, descent}: losses and curves."
        return Frame({**lm, **descent}, numbers, alt)

    dampings = Slider("mu", "μ, first damping of LM", 10.0 ** np.arange(-6, 7), start=1e-3, format="{:g}")
    rates = Slider("eta", "η, learning rate of descent", LEARNING_RATES, start=0.01, format="{:g}")
    return figure(board, show, [dampings, rates], ask=ask)


def two_maps(problem, *, start=(0.5, 1.5, 1e-3), max_steps: int = 60):
    """Where Gauss–Newton and Levenberg–Marquardt take every start; for one of them the paths and the curves."""
    looks = {"Gauss–Newton": {"color": COLORS["vermillion"], "linestyle": "--"}, "LM": {}}
    maps = Maps(problem, looks, ("Gauss–Newton", "Levenberg–Marquardt"), max_steps)
    found = cache(lambda method, **options: basin(problem, method, maps.minimum, max_steps=max_steps, **options))

    def show(w1, b, mu):
        methods = {
            "Gauss–Newton": (gauss_newton(problem, [w1, b]), found("gauss-newton")),
            "LM": (levenberg_marquardt(problem, [w1, b], mu), found("levenberg-marquardt", mu=mu)),
        }
        marks, numbers, alt = {}, {"w₁": w1, "b": b, "μ": mu}, "Where two methods go from w = ({w₁}, {b})."
        for name, (steps, of_all) in methods.items():
            run = run_to(maps.minimum, steps, max_steps)
            marks |= maps.marks(name, run.w, of_all)
            numbers[f"{name} arrives, of all starts"] = of_all.share
            arrives = is_near(run.w[-1], maps.minimum)
            numbers |= {f"steps of {name}": len(run.records)} if arrives else {}
            alt += f" {name} " + (f"arrives in {len(run.records)} steps." if arrives else "does not arrive.")
        return Frame(marks, numbers, alt)

    controls = [
        Slider("w1", "w₁, weight at the start", np.arange(-2.0, 3.5, 0.5), start=start[0], format="{:g}"),
        Slider("b", "b, bias at the start", np.arange(-3.0, 3.0, 0.5), start=start[1], format="{:g}"),
        Choice("mu", "μ, first damping of LM", {"0.001": 0.001, "1": 1.0}, start=start[2]),
    ]
    coarser = {"w1": [-2.0, -0.5, 0.5, 2.0], "b": [-3.0, -1.0, 0.0, 1.5, 2.5]}
    return figure(maps.board, show, controls, record=coarser)


def narrow_peak() -> tuple[CurveFit, np.ndarray]:
    """A curve that NIST certifies, and its far start."""
    peak = datasets.nist("Eckerle4")
    return CurveFit(peak.model, peak.x, peak.y), peak.starts[0]


EXAMPLES = {
    "gauss_newton_starts": lambda: gauss_newton_starts(neuron()),
    "mu_dial": lambda: mu_dial(neuron(), np.array([1.5, 1.0])),
    "lm_steps": lambda: lm_steps(neuron(), [0.5, 1.5]),
    "curve_step_by_step": lambda: curve_step_by_step(*narrow_peak()),
    "lm_against_descent": lambda: lm_against_descent(*sine_network(), lambda x: np.sin(2 * np.pi * x)),
    "two_maps": lambda: two_maps(neuron()),
}
