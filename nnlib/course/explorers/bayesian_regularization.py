"""Chapter 15: Bayesian regularization step by step, more and more units, four ways to go wrong, bands counted."""

from __future__ import annotations

from functools import cache
from itertools import islice

import numpy as np

from nnlib import MLP, NetworkFit, bayesian_regularization, datasets, levenberg_marquardt, train
from nnlib.bayes import measured_directions
from nnlib.course.explorers._pictures import AFTER, BEFORE, DATA, HERE, NOW, above, sine_network, span
from nnlib.live import COLORS, Board, Choice, Frame, Slider, figure, short, stepper

BAND = {"color": COLORS["sky"], "alpha": 0.35}
POINTS = DATA | {"markersize": 4}
TRUTH = {"color": "black", "linestyle": ":", "linewidth": 1.6, "label": "truth"}
OUTSIDE = POINTS | {"label": "outside", "color": COLORS["vermillion"], "marker": "x", "markersize": 7}
PRECISIONS = {"α": ("purple", "s", "--"), "β": ("orange", "o", "-")}  # of the prior, of the noise
STOPS = [*range(1, 11), 12, 15, 20, 25, 30, 40, 60, 100, 150, 250, 400, 1000]  # steps after which a run is drawn
PLAIN_STEPS = 100  # of Levenberg–Marquardt without regularization
FINE = np.linspace(-1, 1, 81)


def truth(x) -> np.ndarray:
    """What the noisy sine was made of."""
    return np.sin(2 * np.pi * x)


def sine_problem(units: int, noise: float = 0.1, **options) -> NetworkFit:
    """The points of the course, their noise made smaller or larger, and a network of so many units."""
    data = datasets.noisy_sine(seed=0, noise=noise, **options)
    return NetworkFit(MLP([1, units, 1]), data.X, data.Y)


def band(problem, step) -> tuple[np.ndarray, np.ndarray]:
    """Two standard deviations below and above what the network says after a step that knows α and β."""
    directions = measured_directions(problem, step.w, step.alpha, step.beta)
    G = problem.net.jacobian(step.w, FINE[:, None]) @ directions.vectors
    reach = 2 * np.sqrt(1 / step.beta + np.sum(G**2 / (step.beta * directions.eigenvalues + step.alpha), axis=1))
    mean = problem.predict(step.w, FINE[:, None])[:, 0]
    return mean - reach, mean + reach


def in_strides(steps, most: int = STOPS[-1]):
    """The last step, and its number, of each stride of a run: one by one at first, then in longer strides."""
    taken = 0
    for stop in STOPS[: STOPS.index(most) + 1]:
        bundle = list(islice(steps, stop - taken))
        if not bundle:
            break
        taken += len(bundle)
        yield bundle[-1], taken
    return "the most that are drawn" if steps.ending is None else steps.ending.value


def loop_board(limits) -> Board:
    """The picture of the loop: points, curve and band above the five steps in words; four numbers against steps."""
    titles = ("", "E_D", "", "", "", "γ, and n dashed", "", "log evidence")
    board = Board(4, 2, size=(9.6, 7.0), width_ratios=(1.3, 1), height_ratios=(1, 1, 1, 1.15), titles=titles)
    data, losses, *unused = board.axes[:3]
    precisions, gammas, words, evidences = (board.axes[i] for i in (3, 5, 6, 7))
    span(data, slice(0, 3), 0, unused[0], board.axes[4])
    data.set(xlim=(-1.02, 1.02), ylim=limits["y"], xlabel="x", ylabel="y")
    words.set(xlim=(0, 1), ylim=(0, 5))
    words.axis("off")
    for ax, name in zip((losses, precisions, gammas, evidences), ("E_D", "α, β", "γ", "log evidence"), strict=True):
        ax.set(xscale="log", xlim=(0.85, 1100), ylim=limits[name])
        ax.tick_params(labelbottom=ax is evidences)
    evidences.set_xlabel("Levenberg–Marquardt steps")
    losses.set_yscale("log")
    precisions.set_yscale("log")
    board.band("band", data, FINE, **BAND | {"label": "± 2σ(x)"})
    board.curve("truth", data, FINE, trail=False, **TRUTH)
    board.line("points", data, **POINTS | {"label": "data"})
    board.curve("curve", data, FINE, trail=False, **AFTER | {"label": "network"})
    board.line("E_D", losses, color=COLORS["blue"], marker="o", markersize=3.5)
    for name, (color, marker, style) in PRECISIONS.items():
        board.line(name, precisions, color=COLORS[color], marker=marker, markersize=3.5, linestyle=style, label=name)
    board.line("n", gammas, color="black", linestyle="--", linewidth=1.2)
    board.line("γ", gammas, color=COLORS["blue"], marker="o", markersize=3.5)
    board.line("log evidence", evidences, color="black", marker="o", markersize=3.5)
    for i in range(5):
        board.text(f"step {i + 1}", words, ha="left", va="center")
    above(data, ncols=4)
    above(precisions, ncols=2)
    return board


def loop_frame(problem, w0, records) -> Frame:
    """What is seen of a run after some of its steps."""
    P, n, w = problem.n_residuals, problem.n_params, records[-1][0].w if records else w0
    lifted = np.round(problem.Y.mean())
    marks = {"points": np.c_[problem.X[:, 0], problem.Y[:, 0]], "curve": problem.predict(w, FINE[:, None])[:, 0]}
    marks |= {"truth": truth(FINE) + lifted, "n": [(0.85, n), (1100, n)]}
    words = ["start: α = 0, β = 1, weights drawn"]
    numbers = {"n": n, "P": P, "LM steps": 0, "E_D": problem.loss(w0)}
    if records:
        last, k = records[-1]
        known = [(step, k) for step, k in records if step.alpha > 0]
        for name, letter in (("E_D", "E_D"), ("β", "beta"), ("γ", "gamma")):
            marks[name] = [(k, getattr(step, letter)) for step, k in records]
        marks |= {"α": [(k, s.alpha) for s, k in known], "log evidence": [(k, s.log_evidence) for s, k in known]}
        kept = "accepted" if last.accepted else "rejected"
        numbers |= {"LM steps": k, "E_D": last.E_D, "γ": last.gamma, "α": last.alpha, "β": last.beta}
        words += [f"LM step {k} on βE_D + αE_W: {kept}, μ = {short(last.mu)}", f"γ = {short(last.gamma)} of {n}"]
        words += [f"α = {short(last.alpha)}, β = {short(last.beta)}", "back to 2"]
        if known:
            marks["band"] = band(problem, last)
            numbers |= {"σ": last.beta**-0.5, "βE_D + αE_W": last.beta * last.E_D + last.alpha * last.E_W}
            numbers["log evidence"] = last.log_evidence
            told = "γ = {γ} of {n}, α = {α}, β = {β}, log evidence {log evidence}."
        else:
            told = "still on E_D alone, which is {E_D}."
    else:
        told = "the start, α = 0 and β = 1."
    marks |= {f"step {i}": (0, 5.5 - i, f"{i}  {text}") for i, text in enumerate(words, 1)}
    seen = "The fitted curve, and E_D, α, β, γ and log evidence against steps. After {LM steps} steps: "
    return Frame(marks, numbers, seen + told)


def five_steps(*, start=(3, 0.1), ask=None):
    """Step through Bayesian regularization, with more or fewer hidden units and more or less noise."""
    limits = {"y": (-2.2, 2.2), "E_D": (0.001, 100), "α, β": (1e-3, 1e5), "γ": (0, 65), "log evidence": (-130, 35)}
    board, problem = loop_board(limits), cache(sine_problem)
    start_of = cache(lambda units: MLP([1, units, 1]).init(seed=0))

    def begin(units, noise):
        return in_strides(bayesian_regularization(problem(units, noise), start_of(units)))

    def show(records, units, noise):
        return loop_frame(problem(units, noise), start_of(units), records)

    controls = [
        Slider("units", "hidden units", [3, 5, 10, 20], start=start[0], format="{:d}"),
        Slider("noise", "σ of the noise", [0.05, 0.1, 0.2], start=start[1], format="{:g}"),
    ]
    return stepper(board, begin, show, controls, ask=ask, max_steps=len(STOPS))


def ways_to_go_wrong(cases, *, ask=None):
    """Runs that go wrong, stepped: `cases` holds for each name the problem, the start, and the plain steps first."""
    limits = {"y": (-2.0, 2.7), "E_D": (1e-12, 1e3), "α, β": (1e-6, 1e14), "γ": (0, 34), "log evidence": (-90, 5)}
    board = loop_board(limits)

    def begin(case):
        problem, w0, plain_steps = cases[case]
        return in_strides(bayesian_regularization(problem, w0, plain_steps=plain_steps), most=150)

    def show(records, case):
        return loop_frame(*cases[case][:2], records)

    choice = Choice("case", "the run", {name: name for name in cases}, start=next(iter(cases)))
    return stepper(board, begin, show, [choice], ask=ask, max_steps=len(STOPS))


def more_and_more_units(*, start: int = 20):
    """One run for each number of units: curve, shares in the eigenbasis, γ and evidence; plain LM beside it."""
    titles = ("", "γ (blue), n (dashed)", "", "log evidence")
    board = Board(2, 2, size=(9.6, 6.0), width_ratios=(1.25, 1), titles=titles)
    data, counts, shares, evidence = board.axes
    sizes = [1, 2, 3, 5, 8, 12, 20]
    shares.set(xlim=(0, 62), ylim=(0, 1.08), xlabel="directions, the best determined first", ylabel="share of the data")
    data.set(xlim=(-1.02, 1.02), ylim=(-2.0, 2.0), xlabel="x", ylabel="y")

    @cache
    def at(units):
        problem = sine_problem(units)
        w0 = problem.net.init(seed=1)
        fit = train(bayesian_regularization(problem, w0))
        plain = train(levenberg_marquardt(problem, w0, mu=1e-3), max_steps=PLAIN_STEPS)
        mean, std = fit.predict(FINE, std=True)
        says = {"curve": mean[:, 0], "plain": plain.predict(FINE)[:, 0]}
        says["band"] = (mean - 2 * std)[:, 0], (mean + 2 * std)[:, 0]
        kept = measured_directions(problem, fit.w, fit.alpha, fit.beta).shares
        sides = np.arange(1, len(kept) + 1)[:, None] + [-0.4, -0.4, 0.4, 0.4]
        says["bars"] = np.column_stack([sides.ravel(), np.outer(kept, [0, 1, 1, 0]).ravel()])
        off, off_plain = (np.mean((says[name] - truth(FINE)) ** 2) for name in ("curve", "plain"))
        numbers = {"units": units, "n": len(kept), "γ": fit.gamma, "shares above one half": int(np.sum(kept > 0.5))}
        numbers |= {"log evidence": fit.log_evidence, "σ": fit.beta**-0.5, "‖w‖": np.linalg.norm(fit.w)}
        numbers |= {"error": off, "error of plain LM": off_plain, "‖w‖ of plain LM": np.linalg.norm(plain.w)}
        return says, numbers

    for ax, names, limits in ((counts, ("n", "γ"), (0, 65)), (evidence, ("log evidence",), (-50, 5))):
        for name in names:
            look = BEFORE if name == "n" else {"color": "black" if ax is evidence else COLORS["blue"], "marker": "o"}
            ax.plot(sizes, [at(units)[1][name] for units in sizes], **look)
        ax.set(xlim=(0, 21), ylim=limits, xlabel="hidden units")
    board.band("band", data, FINE, **BAND)
    data.plot(FINE, truth(FINE), **TRUTH)
    data.plot(*np.c_[sine_problem(1).X, sine_problem(1).Y].T, **POINTS)
    board.curve("plain", data, FINE, trail=False, label="plain LM", **BEFORE)
    board.curve("curve", data, FINE, trail=False, **AFTER | {"label": "Bayesian regularization"})
    board.polygon("bars", shares, color=COLORS["orange"])
    board.line("here, γ", counts, **NOW)
    board.line("here", evidence, **NOW | {"color": "black"})
    above(data, ncols=3)

    def show(units):
        says, numbers = at(units)
        marks = says | {"here, γ": (units, numbers["γ"]), "here": (units, numbers["log evidence"])}
        alt = "{units} hidden units, {n} weights: γ = {γ}, log evidence {log evidence}. Mean square distance "
        alt += "from the truth {error}; of plain Levenberg–Marquardt {error of plain LM}."
        return Frame(marks, numbers, alt)

    return figure(board, show, [Slider("units", "hidden units", sizes, start=start, format="{:d}")])


def bands_counted(x, means, stds, fresh, *, start: int = 0):
    """Bands of many data sets, drawn one at a time, with fresh points in and out of them, and how many each holds."""
    board = Board(1, 2, size=(9.6, 4.2), width_ratios=(1.35, 1))
    data, counts = board.axes
    data.set(xlim=(-1.04, 1.04), ylim=(-1.7, 1.7), xlabel="x", ylabel="y")
    held = np.abs(fresh - means) < 1.96 * stds
    holds = held.sum(axis=1)
    values, often = np.unique(holds, return_counts=True)
    counts.bar(values, often, width=0.85, color=COLORS["sky"])
    counts.axvline(0.95 * len(x), color="black", linestyle="--", linewidth=1.4, label="95 %")
    counts.set(xlabel=f"fresh points in the band, of {len(x)}", ylabel="data sets", ylim=(0, 1.12 * often.max()))
    board.band("band", data, x, **BAND)
    data.plot(FINE, truth(FINE), **TRUTH)
    board.curve("curve", data, x, trail=False, **AFTER | {"label": "network"})
    board.line("in", data, **POINTS | {"label": "fresh point"})
    board.line("out", data, **OUTSIDE)
    board.line("here", counts, **HERE)
    above(data, ncols=4)
    above(counts)

    def show(sample):
        low, high = means[sample] - 1.96 * stds[sample], means[sample] + 1.96 * stds[sample]
        points, off = np.c_[x, fresh[sample]], means[sample] - truth(x)
        marks = {"band": (low, high), "curve": means[sample], "in": points[held[sample]], "out": points[~held[sample]]}
        numbers = {"data set": int(sample), "inside": int(holds[sample]), "of": len(x), "error": np.mean(off**2)}
        alt = "Data set {data set}: the band holds {inside} of {of} fresh points; mean squared error {error}."
        return Frame(marks | {"here": (holds[sample], 0.06 * often.max())}, numbers, alt)

    order = np.argsort(holds, kind="stable")[:: max(1, len(holds) // 40)]  # from the band that holds fewest to the best
    return figure(board, show, [Slider("sample", "data set", order.tolist(), start=int(order[start]), format="{:d}")])


def _counted():
    x = np.linspace(-1, 1, 41)
    fits = np.random.default_rng(0).normal(size=(2, 12, 41))
    return x, truth(x) + 0.03 * fits[0], np.full((12, 41), 0.1), truth(x) + 0.1 * fits[1]


EXAMPLES = {
    "five_steps": five_steps,
    "more_and_more_units": more_and_more_units,
    "ways_to_go_wrong": lambda: ways_to_go_wrong({f"{k} plain": (*sine_network(), k) for k in (1, 5)}),
    "bands_counted": lambda: bands_counted(*_counted()),
}
