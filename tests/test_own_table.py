"""A reader's own table: what is read, what is complained of, and a fitted network in the table's units."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sklearn.ensemble import GradientBoostingRegressor, RandomForestRegressor

import nnlib
from nnlib import datasets
from nnlib.course.own_table import CARS, fit_table, read_table

ROLES = {"origin": "category", "name": "label"}


def written(folder, text, name="mine.csv"):
    file = folder / name
    file.write_text(text, encoding="utf-8")
    return file


def rows(*columns, m=24):
    """Lines of a table of m rows, from functions of the row's number."""
    return "".join(",".join(str(column(i)) for column in columns) + "\n" for i in range(m))


# ------------------------------------------------------------------------------------------------ reading


def test_the_raw_cars_are_those_of_the_data_set_and_six_more():
    raw = read_table(CARS, "fuel economy", ROLES)
    cars, known = raw.complete(), datasets.auto_mpg()
    assert (len(raw), len(cars), raw.incomplete.sum()) == (398, 392, 6)
    assert sorted(map(tuple, np.column_stack([cars.X, cars.y]))) == sorted(map(tuple, np.hstack([known.X, known.Y])))
    assert cars.names[:6] == known.feature_names[:6] and cars.target_unit == "miles per gallon"
    assert cars.units[cars.names.index("weight")] == "lb"
    lines = CARS.read_text().splitlines()
    for i in (0, 100, 391):
        assert lines[cars.lines[i] - 1].endswith(f",{cars.labels[i]}")
    assert "6 missing" in repr(raw) and "398 rows, 6 of them incomplete" in repr(raw)


def test_rows_are_chosen_with_all_that_belongs_to_them():
    cars = read_table(CARS, "fuel economy", ROLES)
    some = cars.rows([3, 1])
    assert some.y.tolist() == cars.y[[3, 1]].tolist() and some.labels.tolist() == cars.labels[[3, 1]].tolist()


@pytest.mark.parametrize("missing", ["", "?", "-", " NA ", "#N/A", "nan", "NULL"])
def test_missing_values_are_missing(tmp_path, missing):
    table = read_table(written(tmp_path, f"y,x\n1,2\n2,{missing}\n3,4\n"), "y")
    assert table.incomplete.tolist() == [False, True, False]


def test_semicolons_make_commas_decimal_points(tmp_path):
    table = read_table(written(tmp_path, "y;x [kg]\n1,5;2\n2;3,25\n"), "y")
    assert table.y.tolist() == [1.5, 2.0] and table.X[:, 0].tolist() == [2.0, 3.25] and table.units == ("kg",)


def test_a_comma_in_a_text_stays_a_comma(tmp_path):
    table = read_table(written(tmp_path, "y;x;name\n1,5;2;Müller, Hans\n2;3;Weiß\n"), "y", {"name": "label"})
    assert table.labels.tolist() == ["Müller, Hans", "Weiß"]


def test_only_the_lines_above_the_names_are_remarks(tmp_path):
    table = read_table(written(tmp_path, "# a remark\nid,y,x\n#1,2,3\n#2,3,4\n"), "y", {"id": "label"})
    assert table.labels.tolist() == ["#1", "#2"] and table.lines.tolist() == [3, 4]


def test_a_category_is_a_column_for_each_value_but_the_usual_one(tmp_path):
    file = written(tmp_path, "y,color\n1,red\n2,blue\n3,red\n4,?\n5,green\n")
    table = read_table(file, "y", {"color": "category"})
    assert table.names == ("color blue", "color green")
    assert np.array_equal(table.X, [[0, 0], [1, 0], [0, 0], [np.nan, np.nan], [0, 1]], equal_nan=True)
    assert table.labels[0] == "line 2"


@pytest.mark.parametrize(
    ("text", "columns", "message"),
    [
        ("y,x\n1,red\n2,3\n", {}, r"column 'x' holds text \('red' in line 2\): declare it \"category\""),
        ("y,x\n1,7\n2,7\n", {}, "column 'x' is 7 in all 2 rows that have it, and tells nothing: \"ignore\" it"),
        ("y,x\n5,1\n5,2\n", {}, "column 'y' is 5 in all 2 rows that have it, and leaves nothing to predict"),
        ("y,x\n,1\n?,2\n", {}, "column 'y' is empty in all 2 rows: choose another target"),
        ("y,x\nlow,1\n5,2\n", {}, r"the target 'y' must be a column of numbers, and holds text \('low' in line 2\)"),
        ('y,x,z\n1,2,"a\nb"\n2,3,c\n', {"z": "label"}, "a text of 'mine.csv' in quotes goes over two lines"),
        ("y,x\n1,\n2,?\n", {}, "column 'x' is empty in all 2 rows"),
        ("y,x\n1,inf\n2,3\n", {}, "column 'x' is inf in line 2"),
        ("y;x\n1;1.234,5\n2;3\n", {}, "column 'x' holds '1.234,5' in line 2: write plain numbers, as -1234,5"),
        ('y,x\n"1,234",1\n2,3\n', {}, r"column 'y' holds '1,234' in line 2: write plain numbers, as -1234\.5"),
        (",y,x\n0,1,2\n1,2,3\n", {}, 'column 1 has no name: give it one, or leave it out with {"": "ignore"}'),
        ("y,c,c b\n1,a,1\n2,b,2\n3,a,4\n", {"c": "category"}, "two columns are called 'c b'"),
        ("y,x\n1,2\n2,3,4\n", {}, "line 3 of 'mine.csv' has 3 values, the columns are 2"),
        ("z,x\n1,2\n2,3\n", {}, "there is no column 'y'; the file has 'z', 'x'"),
        ("y,x\n1,2\n2,3\n", {"w": "ignore"}, "there is no column 'w'"),
        ("y,x\n1,2\n2,3\n", {"x": "number"}, "column 'x' must be declared one of category, label, ignore"),
        ("y,x\n1,2\n2,3\n", {"y": "label"}, "'y' is the target"),
        ("y,x\n1,2\n2,3\n", {"x": "ignore"}, "no column but the target"),
        ("y,x,x\n1,2,3\n", {}, "two columns are called 'x'"),
        ("y,x\n", {}, "'mine.csv' has no rows"),
        ("y,x\n" + rows(lambda i: i, lambda i: f"v{i}"), {"x": "category"}, "column 'x' has 24 different values"),
    ],
)
def test_what_a_network_cannot_use_is_named(tmp_path, text, columns, message):
    with pytest.raises(ValueError, match=message):
        read_table(written(tmp_path, text), "y", columns)


def test_a_missing_file_is_named_with_those_that_are_there(tmp_path):
    written(tmp_path, "y,x\n1,2\n", "other.csv")
    with pytest.raises(FileNotFoundError, match=r"no file 'mine\.csv' in .*: this folder has other\.csv"):
        read_table(tmp_path / "mine.csv", "y")
    with pytest.raises(FileNotFoundError, match=r"there is no \.csv file in this folder"):
        read_table(tmp_path / "nowhere" / "mine.csv", "y")


def test_a_spreadsheet_is_no_text(tmp_path):
    (tmp_path / "mine.xlsx").write_bytes(b"PK\x03\x04\xff\xfe\x80")
    with pytest.raises(ValueError, match="is no text in UTF-8"):
        read_table(tmp_path / "mine.xlsx", "y")


def test_too_few_complete_rows_name_the_worst_column(tmp_path):
    text = "y,x,z\n" + rows(lambda i: i, lambda i: i * i, lambda i: i if i < 5 else "")
    with pytest.raises(ValueError, match=r"only 5 of 24 rows miss nothing.*column 'z' alone misses 19: \"ignore\" it"):
        read_table(written(tmp_path, text), "y").complete()


def test_a_column_that_is_constant_where_nothing_is_missing_is_named(tmp_path):
    text = "y,x,z\n" + rows(lambda i: i, lambda i: i * i, lambda i: 1) + "24,?,2\n"
    with pytest.raises(ValueError, match="column 'z' is 1 in all 24 rows"):
        read_table(written(tmp_path, text), "y").complete()


# ------------------------------------------------------------------------------------------------ fitting


def cars(log):
    table = read_table(CARS, "fuel economy", ROLES).complete().rows(slice(None, None, 4))
    return table, fit_table(table, hidden=2, log=log, seeds=[0])


def test_bands_are_the_error_bars_in_the_tables_units():
    table, model = cars(log=False)
    mean, std = model.fit.predict(model.x_scaling.transform(table.X), std=True)
    scale = model.y_scaling.scale[0]
    low, middle, high = model.predict(table.X, level=0.95)
    assert middle == pytest.approx(model.y_scaling.inverse_transform(mean)[:, 0])
    assert high - middle == pytest.approx(1.959964 * scale * std[:, 0]) and middle - low == pytest.approx(high - middle)
    assert np.sqrt(np.mean((middle - table.y) ** 2)) < 0.5 * table.y.std()


def test_with_log_the_bands_are_symmetric_in_the_logarithm():
    table, model = cars(log=True)
    low, middle, high = model.predict(table.X)
    assert high / middle == pytest.approx(middle / low)


@pytest.mark.parametrize("log", [False, True])
def test_the_band_of_a_mean_is_that_of_many_draws_of_the_linearized_weights(log):
    table, model = cars(log)
    Z, fit = model.x_scaling.transform(table.X), model.fit
    A = fit.beta * fit.problem.normal_equations(fit.w).JTJ + fit.alpha * np.eye(len(fit.w))
    g = fit.problem.prediction_jacobian(fit.w, Z).mean(axis=0)
    draws = fit.predict(Z).mean() + np.random.default_rng(0).multivariate_normal(0 * g, np.linalg.inv(A), 40_000) @ g
    ends = model.y_scaling.inverse_transform(np.quantile(draws, [0.025, 0.975])[:, None])[:, 0]
    low, _, high = model.average(table.X)
    assert np.array([low[0], high[0]]) == pytest.approx(np.exp(ends) if log else ends, rel=3e-3)


@pytest.mark.parametrize("log", [False, True])
def test_the_evidence_does_not_depend_on_the_unit_but_for_its_density(log):
    table, model = cars(log)
    feet = replace(table, y=3.0 * table.y)  # each density is a third as high
    again = fit_table(feet, hidden=2, log=log, seeds=[0])
    assert again.log_evidence == pytest.approx(model.log_evidence - len(table) * np.log(3))


def test_the_evidence_of_a_logarithm_is_that_of_a_log_normal():
    """Against scipy, for a network whose weights are all but off: the targets are then independent."""
    stats = pytest.importorskip("scipy.stats")
    table, model = cars(log=True)
    u = model.y_scaling.transform(np.log(table.y)[:, None])[:, 0]
    scale, center = model.y_scaling.scale[0], model.y_scaling.center[0]
    in_miles = stats.lognorm(s=scale, scale=np.exp(center)).logpdf(table.y).sum()
    shift = stats.norm.logpdf(u).sum() - in_miles
    assert model.fit.log_evidence - model.log_evidence == pytest.approx(shift)


def test_what_cannot_be_fitted_is_named():
    raw = read_table(CARS, "fuel economy", ROLES)
    with pytest.raises(ValueError, match=re.escape("6 rows miss a value: use table.complete()")):
        fit_table(raw)
    table = raw.complete()
    with pytest.raises(ValueError, match="the logarithm needs targets above 0, the least fuel economy is -1"):
        fit_table(replace(table, y=table.y - 10), log=True)
    with pytest.raises(ValueError, match="level"):
        fit_table(table, hidden=1, seeds=[0]).predict(table.X, level=1.5)


def test_no_sample_of_the_table_is_needed_to_predict():
    table, model = cars(log=True)
    assert isinstance(model.fit.problem, nnlib.NetworkFit)
    one = model.predict(table.X[:1])
    assert one.middle == pytest.approx(model.predict(table.X).middle[:1])


def test_columns_must_say_what_to_do_with_each_name():
    with pytest.raises(TypeError, match="columns must say what to do with each name"):
        read_table(CARS, "fuel economy", ["name"])


def test_too_few_rows_that_miss_nothing_blame_no_column(tmp_path):
    text = "y,x\n" + "".join(f"{i},{i * i}\n" for i in range(19))
    with pytest.raises(ValueError, match=r"only 19 of 19 rows miss nothing, at least 20 are needed$"):
        read_table(written(tmp_path, text), "y").complete()


def test_a_column_that_is_constant_in_the_rows_to_learn_from_is_named():
    table = read_table(CARS, "fuel economy", {"origin": "category", "name": "label"}).complete()
    with pytest.raises(ValueError, match=r"column 'origin 2' is 0 in all.* join a category's rare values into one"):
        fit_table(table.rows(table.X[:, table.names.index("origin 2")] == 0))


def test_the_trees_of_scikit_learn_have_the_errors_that_chapter_16_names():
    chapter = (Path(__file__).parent.parent / "notebooks" / "16-capstone.ipynb").read_text(encoding="utf-8")
    named = re.search(r"at their defaults and on the same folds, have (\d\.\d\d) and (\d\.\d\d)\.", chapter).groups()
    cars = read_table(CARS, "fuel economy", ROLES).complete()
    for kind, error in zip((RandomForestRegressor, GradientBoostingRegressor), map(float, named), strict=True):
        found = []
        for fold in datasets.split_rows(len(cars), np.full(5, 0.2), seed=0):
            rest = np.setdiff1d(np.arange(len(cars)), fold)
            off = kind(random_state=0).fit(cars.X[rest], cars.y[rest]).predict(cars.X[fold]) - cars.y[fold]
            found.append(np.sqrt(np.mean(off**2)))
        assert np.mean(found) == pytest.approx(error, abs=0.02)  # other versions draw other trees
