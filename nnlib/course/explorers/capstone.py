"""Chapter 16: whether the bands hold, what the network says of one input, and of a car that the reader makes up."""

from __future__ import annotations

from functools import cache

import numpy as np

from nnlib.course.explorers._pictures import AFTER, BEFORE, DATA, NOW, REJECTED, above
from nnlib.live import COLORS, Board, Choice, Frame, Slider, figure

LEVELS = np.array([0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99])
THIRDS = ["thirsty", "middle", "frugal"]
SMALL = DATA | {"markersize": 3}
PALE = {"color": COLORS["sky"], "alpha": 0.35}


def bands(table, folds, models, *, start=("miles per gallon", 0.95), ask=None):
    """Every car predicted by the network that has not seen it: which measurements the bands hold, third by third.

    `models` maps what was learned to one model a fold, trained on all other folds.
    """
    board = Board(1, 2, size=(9.6, 4.6), width_ratios=(1.5, 1))
    cars, held = board.axes
    unit = table.target_unit
    cars.set(xlim=(8, 52), ylim=(0, 70), xlabel=f"predicted [{unit}]", ylabel=f"measured [{unit}]")
    held.set(xlim=(-0.5, 2.5), ylim=(0.3, 1.05), ylabel="part of the cars", xlabel="third of the cars, by prediction")
    held.set_xticks(range(3), THIRDS)
    board.line("bands", cars, color=COLORS["sky"], linewidth=1, alpha=0.45, zorder=1)
    board.line("held", cars, label="held by its band", **SMALL)
    board.line("missed", cars, label="missed", **REJECTED | {"markersize": 5, "markeredgewidth": 1.2})
    board.band("chance", held, [-0.5, 2.5], color="#999999", alpha=0.3, label="chance")
    board.line("level", held, label="stated", **BEFORE)
    board.line("shares", held, label="held", **NOW | {"linestyle": "none"})
    above(cars, ncols=2)
    above(held, ncols=3)

    @cache
    def predicted(learned, level):
        low, middle, high = np.empty((3, len(table)))
        for fold, model in zip(folds, models[learned], strict=True):
            low[fold], middle[fold], high[fold] = model.predict(table.X[fold], level)
        return low, middle, high

    def show(learned, level):
        low, middle, high = predicted(learned, level)
        inside = (low <= table.y) & (table.y <= high)
        third = np.digitize(middle, np.quantile(middle, [1 / 3, 2 / 3]))
        shares = [inside[third == k].mean() for k in range(3)]
        points, nothing = np.column_stack([middle, table.y]), np.full(len(middle), np.nan)
        ends = np.stack([np.column_stack([middle, end]) for end in (low, high, nothing)], axis=1).reshape(-1, 2)
        chance = 1.96 * np.sqrt(level * (1 - level) / np.sum(third == 1)) * np.ones(2)
        marks = {"bands": ends, "held": points[inside], "missed": points[~inside]}
        marks |= {"shares": list(enumerate(shares)), "level": [(-0.5, level), (2.5, level)]}
        marks |= {"chance": (level - chance, np.minimum(level + chance, 1))}
        numbers = {"stated": level, "held": inside.mean(), "missed cars": int((~inside).sum())}
        numbers |= {**dict(zip(THIRDS, shares, strict=True)), "mean width": np.mean(high - low)}
        alt = (
            "Learned: {learned}. Bands that are to hold {stated} of the cars hold {held}: {thirsty} of the third that "
            "is predicted to be thirstiest, {middle} of the middle one, {frugal} of the most frugal one."
        )
        return Frame(marks, numbers, alt.replace("{learned}", learned))

    learns = Choice("learned", "what the network learns", {name: name for name in models}, start=start[0])
    return figure(board, show, [learns, Slider("level", "stated probability", LEVELS, start=start[1])], ask=ask)


def one_input(model, *, start=("weight", 1.0), ask=None):
    """Partial dependence: one input is moved in all cars at once, beyond its range too, and the mean is drawn."""
    table, scaling = model.table, model.x_scaling
    chosen = [name for name in table.names if not name.startswith("origin")]
    board = Board(2, 1, size=(9.6, 5.2), height_ratios=(2.6, 1))
    means, counts = board.axes
    places, edges = np.linspace(-1.4, 1.4, 29), np.linspace(-1, 1, 21)
    means.set(xlim=(-1.45, 1.45), ylim=(0, 60), ylabel=f"predicted [{table.target_unit}]")
    counts.set(xlim=(-1.45, 1.45), ylim=(0, 210), ylabel="cars")
    counts.set_xlabel("the input: −1 the least, 1 the most of all cars")
    for ax in board.axes:
        for end in (-1, 1):
            ax.axvline(end, color="#767676", linewidth=1, linestyle=":")
    some = np.linspace(0, len(table) - 1, 24).astype(int)
    board.line("cars", means, color="#999999", linewidth=0.8, alpha=0.6, label="single cars")
    board.band("band", means, places, label="95 % band of the mean", **PALE | {"alpha": 0.5, "zorder": 2})
    board.curve("mean", means, places, trail=False, label="mean of all", **AFTER)
    board.line("here", means, **NOW)
    board.polygon("counts", counts, color="#999999")
    board.line("at", counts, color=COLORS["blue"], linewidth=1.8)
    above(means, ncols=3)

    @cache
    def swept(name):
        j = table.names.index(name)
        values = scaling.center[j] + places * scaling.scale[j]
        moved = [np.where(np.arange(table.X.shape[1]) == j, value, table.X) for value in values]
        averages = [np.concatenate(model.average(X)) for X in moved]
        lines = np.array([model.predict(X[some]).middle for X in moved])
        path = np.vstack([np.vstack([np.column_stack([places, line]), [[np.nan, np.nan]]]) for line in lines.T])
        heights = np.histogram((table.X[:, j] - scaling.center[j]) / scaling.scale[j], edges)[0]
        corners = np.column_stack([np.repeat(edges, 2), np.concatenate([[0], np.repeat(heights, 2), [0]])])
        return values, np.transpose(averages), path, corners, heights

    def show(name, at):
        values, (low, mean, high), path, corners, heights = swept(name)
        k = int(np.argmin(np.abs(places - at)))
        near = int(heights[np.abs((edges[1:] + edges[:-1]) / 2 - at) < 0.11].sum()) if abs(at) <= 1.01 else 0
        unit = table.units[table.names.index(name)]
        numbers = {"value": values[k], "predicted": mean[k], "low": low[k], "high": high[k], "cars near": near}
        marks = {"cars": path, "band": (low, high), "mean": mean, "here": (places[k], mean[k]), "counts": corners}
        marks |= {"at": [(places[k], 0), (places[k], 210)]}
        alt = f"All cars with {name} at {{value}} {unit}: the mean is {{predicted}}, its band from {{low}} to {{high}}."
        return Frame(marks, numbers, alt)

    which = Choice("name", "the input that is moved", {name: name for name in chosen}, start=start[0])
    slider = Slider("at", "where it is set", places, start=start[1], format="{:.1f}")
    return figure(board, show, [which, slider], ask=ask, record={"at": np.round(places[::2], 6)})


def your_car(model, *, start=(2200.0, 80.0, 76.0), ask=None):
    """Weight, horsepower and year of a car; the rest is what such cars have. How far it goes, for every year."""
    table, asked = model.table, ["weight", "horsepower", "model year"]
    columns = [table.names.index(name) for name in asked]
    known = np.column_stack([table.X[:, columns], np.ones(len(table))])
    rest = np.linalg.lstsq(known, table.X, rcond=None)[0]
    rest[:, [j for j, name in enumerate(table.names) if name.startswith("origin")]] = 0.0
    spread, years = table.X[:, columns].std(axis=0), np.linspace(70, 82, 25)
    board = Board(1, 2, size=(9.6, 4.6), width_ratios=(1, 1.2))
    plane, economy = board.axes
    plane.plot(table.X[:, columns[0]], table.X[:, columns[1]], **SMALL | {"alpha": 0.5})
    plane.set(xlim=(1400, 5400), ylim=(30, 250), xlabel="weight [lb]", ylabel="horsepower")
    economy.set(xlim=(69.5, 82.5), ylim=(0, 80), xlabel="model year", ylabel=table.target_unit)
    board.line("near", plane, label="the five nearest", **DATA | {"markerfacecolor": "none", "markersize": 9})
    board.line("here", plane, label="your car", **NOW | {"linestyle": "none"})
    board.band("band", economy, years, label="95 % band", **PALE)
    board.curve("curve", economy, years, trail=False, label="your car, built in", **AFTER)
    board.line("measured", economy, label="the five nearest", **DATA | {"markerfacecolor": "none"})
    board.line("now", economy, **NOW)
    above(plane, ncols=2)
    above(economy, ncols=3)

    def car(weight, power, year):
        X = np.array([weight, power, year, 1.0]) @ rest
        X[columns] = weight, power, year
        return X

    def show(weight, power, year):
        low, middle, high = model.predict([car(weight, power, other) for other in years])
        (one_low,), (one,), (one_high,) = model.predict([car(weight, power, year)])
        distance = np.linalg.norm((table.X[:, columns] - [weight, power, year]) / spread, axis=1)
        near = np.argsort(distance, kind="stable")[:5]
        marks = {"near": table.X[near][:, columns[:2]], "here": (weight, power), "band": (low, high), "curve": middle}
        marks |= {"measured": np.column_stack([table.X[near, columns[2]], table.y[near]]), "now": (year, one)}
        numbers = {"predicted": one, "low": one_low, "high": one_high, "distance": distance[near[0]]}
        numbers |= {"the nearest": str(table.labels[near[0]]), "went": table.y[near[0]]}
        alt = (
            f"A car of {weight:g} lb, {power:g} hp, built in 19{year:g}: {{predicted}} {table.target_unit}, "
            "between {low} and {high}. The nearest in the table is {the nearest}: it went {went}, and is {distance} "
            "away."
        )
        return Frame(marks, numbers, alt)

    weights = Slider("weight", "weight [lb]", np.arange(1700.0, 5201.0, 500.0), start=start[0], format="{:g}")
    powers = Slider("power", "horsepower", np.arange(50.0, 231.0, 30.0), start=start[1], format="{:g}")
    built = Slider("year", "model year", np.arange(70.0, 83.0, 3.0), start=start[2], format="{:g}")
    coarser = {"weight": [1700.0, 2200.0, 3700.0, 4700.0], "power": [50.0, 80.0, 140.0, 230.0]}
    return figure(board, show, [weights, powers, built], ask=ask, record=coarser)


@cache
def _cars():
    """The table of the chapter, its folds, and one model a fold for each target."""
    from nnlib.course.own_table import CARS, fit_table, read_table
    from nnlib.datasets import split_rows

    cars = read_table(CARS, "fuel economy", {"origin": "category", "name": "label"}).complete()
    folds = split_rows(len(cars), np.full(5, 0.2), 0)
    parts = [cars.rows(np.setdiff1d(np.arange(len(cars)), fold)) for fold in folds]
    learned = {"miles per gallon": False, "its logarithm": True}
    return cars, folds, {name: [fit_table(part, log=log) for part in parts] for name, log in learned.items()}


EXAMPLES = {
    "bands": lambda: bands(*_cars()),
    "one_input": lambda: one_input(_cars()[2]["its logarithm"][0]),
    "your_car": lambda: your_car(_cars()[2]["its logarithm"][0]),
}
