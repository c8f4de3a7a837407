"""Data: certified values reproduced, real tables equal to scikit-learn's copies, scaling and splitting."""

import gzip
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import sklearn.datasets
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.preprocessing import MinMaxScaler, StandardScaler

from nnlib import datasets

FOLDER = Path(datasets.__file__).parent
REAL = [datasets.auto_mpg, datasets.diabetes, datasets.penguins, datasets.breast_cancer, datasets.digits]
GENERATED = [datasets.noisy_sine, datasets.triangle_wave, datasets.two_spirals, datasets.xor]
matrices = arrays(np.float64, st.tuples(st.integers(2, 6), st.integers(1, 3)), elements=st.floats(-1e6, 1e6))


# ------------------------------------------------------------------------------------------------ NIST


@pytest.mark.parametrize("name", datasets.NIST)
def test_model_at_certified_parameters_gives_the_certified_sum_of_squares(name):
    data = datasets.nist(name)
    r = data.model(data.certified, data.x) - data.y
    assert r @ r == pytest.approx(data.residual_ss, rel=1e-10)
    degrees_of_freedom = len(data) - len(data.certified)
    assert np.sqrt(data.residual_ss / degrees_of_freedom) == pytest.approx(data.residual_std, rel=1e-10)


@pytest.mark.parametrize("name", datasets.NIST)
def test_certified_standard_deviations_belong_to_the_certified_parameters(name):
    """They are the roots of the diagonal of s² (JᵀJ)⁻¹ with s² = SS / (m - n)."""
    data = datasets.nist(name)
    n = len(data.certified)
    J = np.empty((len(data), n))
    for i, step in enumerate(1e-20 * np.diag(data.certified)):
        J[:, i] = data.model(data.certified + 1j * step, data.x).imag / step[i]
    norms = np.linalg.norm(J, axis=0)
    covariance = np.linalg.inv((J / norms).T @ (J / norms)) * data.residual_ss / (len(data) - n)
    assert np.sqrt(np.diag(covariance)) / norms == pytest.approx(data.standard_deviations, rel=1e-6)


@pytest.mark.parametrize(
    ("name", "samples", "starts"),
    [("Misra1a", 14, 2), ("Chwirut2", 54, 3), ("Thurber", 37, 7), ("Eckerle4", 35, 3), ("MGH17", 33, 5)],
)
def test_nist_sets_have_the_published_sizes(name, samples, starts):
    data = datasets.nist(name)
    assert data.X.shape == data.Y.shape == (samples, 1)
    assert data.starts.shape == (2, starts)
    assert data.certified.shape == data.standard_deviations.shape == (starts,)


@pytest.mark.parametrize("name", datasets.NIST)
def test_names_and_formula_are_read_from_nists_own_text(name):
    data, text = datasets.nist(name), " ".join((FOLDER / f"{name}.dat").read_text().split())
    assert data.formula.replace("w", "b") + " + e" in text
    assert data.source.removeprefix("NIST Statistical Reference Datasets: ") in text
    assert f"{data.difficulty.capitalize()} Level of Difficulty" in text
    for letter, (column,) in (("x", data.feature_names), ("y", data.target_names)):
        assert column == letter or f"({letter} = {column})" in text


def test_an_unknown_nist_set_is_answered_with_the_nearest():
    with pytest.raises(ValueError, match=r"name must be one of Misra1a, .*did you mean 'Thurber'"):
        datasets.nist("thurbe")


# ------------------------------------------------------------------------------------------------ real tables


def test_diabetes_equals_scikit_learns():
    theirs, ours = sklearn.datasets.load_diabetes(scaled=False), datasets.diabetes()
    assert np.array_equal(ours.X, theirs.data)
    assert np.array_equal(ours.Y[:, 0], theirs.target)


def test_breast_cancer_equals_scikit_learns():
    theirs, ours = sklearn.datasets.load_breast_cancer(), datasets.breast_cancer()
    assert np.array_equal(ours.X, theirs.data)
    assert list(ours.feature_names) == list(theirs.feature_names)
    assert theirs.target_names[0] == "malignant"
    assert np.array_equal(ours.labels == 1, theirs.target == 0)


def test_digits_equal_scikit_learns():
    theirs, ours = sklearn.datasets.load_digits(), datasets.digits()
    assert np.array_equal(ours.X, theirs.data)
    assert np.array_equal(ours.labels, theirs.target)
    assert np.array_equal(ours.Y.sum(axis=1), np.ones(1797))


def test_penguins_have_the_published_mean_sizes():
    """Means by species as the palmerpenguins package prints them: bill length, bill depth, flipper length, mass."""
    data = datasets.penguins()
    means = np.array([data.X[data.labels == k].mean(axis=0) for k in range(3)])
    assert means[:, :2].round(1).tolist() == [[38.8, 18.3], [48.8, 18.4], [47.5, 15.0]]
    assert means[:, 2:].round().tolist() == [[190, 3701], [196, 3733], [217, 5076]]


def test_cars_are_the_392_with_known_horsepower():
    data = datasets.auto_mpg()
    assert data.X.shape == (392, 8)
    assert data.Y.mean() == pytest.approx(23.445918)
    assert data.X[:, 6:].sum(axis=0).tolist() == [68, 79]  # from Europe, from Japan


@pytest.mark.parametrize("load", REAL, ids=lambda load: load.__name__)
def test_real_tables_say_what_they_are_in_the_first_lines_of_their_files(load):
    data, (file,) = load(), FOLDER.glob(f"{load.__name__}.csv*")
    head = (gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes()).decode().split("\n")[:5]
    assert head[:4] == [f"# {key}: {getattr(data, key)}" for key in ("name", "story", "source", "license")]
    assert head[4].startswith("# changed: ")


def test_units_stand_beside_the_columns_names():
    data = datasets.auto_mpg()
    assert data.feature_names[1] == "displacement" and data.units["displacement"] == "cubic inch"
    assert set(data.units) < {*data.feature_names, *data.target_names}


def test_the_data_files_are_small():
    assert sum(file.stat().st_size for file in FOLDER.iterdir() if file.suffix in (".csv", ".gz", ".dat")) < 300_000


# ------------------------------------------------------------------------------------------------ generated data


@pytest.mark.parametrize("make", GENERATED, ids=lambda make: make.__name__)
def test_a_seed_always_gives_the_same_data_and_another_seed_others(make):
    assert np.array_equal(make(3, noise=0.1).X, make(3, noise=0.1).X)
    assert np.array_equal(make(3, noise=0.1).Y, make(np.random.default_rng(3), noise=0.1).Y)
    one, other = make(3, noise=0.1), make(4, noise=0.1)
    assert not (np.array_equal(one.X, other.X) and np.array_equal(one.Y, other.Y))


def test_noisy_sine_is_a_sine_at_41_points_with_noise_of_a_tenth():
    data = datasets.noisy_sine(seed=0)
    assert data.X[:, 0] == pytest.approx(np.arange(-1, 1.01, 0.05), abs=1e-12)
    many = datasets.noisy_sine(seed=0, n_samples=20_001)
    noise = many.Y - np.sin(2 * np.pi * many.X)
    assert noise.mean() == pytest.approx(0, abs=0.003)
    assert noise.std() == pytest.approx(0.1, rel=0.02)


def test_triangle_wave_is_the_arc_sine_of_a_sine():
    data = datasets.triangle_wave(noise=0, n_samples=57)
    assert data.Y == pytest.approx(2 / np.pi * np.arcsin(np.sin(2 * np.pi * data.X)), abs=1e-12)


def test_each_spiral_is_the_other_turned_by_half_a_turn_and_winds_three_times():
    data = datasets.two_spirals()
    first, second = data.X[data.labels == 0], data.X[data.labels == 1]
    assert len(first) == 97
    assert np.array_equal(first, -second)
    radius, angle = np.hypot(*first.T), np.unwrap(np.arctan2(*first.T))
    assert angle[-1] - angle[0] == pytest.approx(3 * 2 * np.pi)
    assert radius[0], radius[-1] == pytest.approx((6.5, 0.5))


def test_xor_is_one_where_the_corners_coordinates_differ():
    data = datasets.xor(seed=0, copies=50, noise=0.05)
    assert data.X.shape == (200, 2)
    assert np.array_equal(data.X.round()[:, 0] != data.X.round()[:, 1], data.labels == 1)


# ------------------------------------------------------------------------------------------------ Dataset


def test_repr_tells_what_the_data_are():
    text = repr(datasets.auto_mpg())
    for part in ("392 samples for regression", "weight [lb]", "8 in all", "fuel economy", "CC BY 4.0", "Quinlan"):
        assert part in text
    assert "certified parameters: 238.942, 0.000550156" in repr(datasets.nist("Misra1a"))


@pytest.mark.parametrize(
    ("changed", "error", "message"),
    [
        ({"Y": np.zeros((2, 1))}, ValueError, "X has 3 rows, Y has 2"),
        ({"X": np.array([["a"], ["b"], ["c"]])}, TypeError, "X must hold real numbers"),
        ({"Y": np.array([[0], [np.nan], [1]])}, ValueError, "Y must be finite"),
        ({"task": "classification", "Y": [[0], [2], [1]]}, ValueError, "Y must hold 0 and 1 .*, one entry is 2"),
        ({"task": "classification", "Y": np.eye(3)[:, :2]}, ValueError, "a single 1 .*, row 2 has 0"),
        ({"feature_names": ("a", "b")}, ValueError, "feature_names must name 1 columns, got 2 names"),
    ],
)
def test_a_data_set_that_does_not_fit_together_is_refused(changed, error, message):
    with pytest.raises(error, match=message):
        datasets.Dataset(**{"name": "mine", "X": np.zeros((3, 1)), "Y": np.zeros((3, 1))} | changed)


def test_labels_belong_to_classification():
    with pytest.raises(ValueError, match="auto mpg is for regression"):
        _ = datasets.auto_mpg().labels


def test_one_hot_refuses_labels_that_are_no_classes():
    with pytest.raises(ValueError, match="labels must be whole numbers from 0 to 2, one is 3"):
        datasets.one_hot([0, 3], 3)


# ------------------------------------------------------------------------------------------------ scaling


@settings(deadline=None, max_examples=50)
@given(matrices)
def test_minmax_scaling_equals_scikit_learns_where_columns_vary(X):
    X = X[:, np.ptp(X, axis=0) > 1e-3]
    if X.shape[1] == 0:
        return
    expected = MinMaxScaler((-1, 1)).fit_transform(X)
    assert datasets.minmax_scaling(X).transform(X) == pytest.approx(expected, abs=1e-6)


@settings(deadline=None, max_examples=50)
@given(matrices)
def test_zscore_scaling_equals_scikit_learns_where_columns_vary(X):
    X = X[:, np.ptp(X, axis=0) > 1e-3]
    if X.shape[1] == 0:
        return
    expected = StandardScaler().fit_transform(X)
    assert datasets.zscore_scaling(X).transform(X) == pytest.approx(expected, abs=1e-6)


@settings(deadline=None, max_examples=50)
@given(matrices)
def test_inverse_transform_undoes_transform(X):
    for scaling in (datasets.minmax_scaling(X), datasets.zscore_scaling(X, ddof=1)):
        restored = scaling.inverse_transform(scaling.transform(X))
        assert restored == pytest.approx(X, abs=1e-12 * (1 + np.abs(X).max()))


@pytest.mark.parametrize("spread", [1.0, 1e-3, 1e3])
@pytest.mark.parametrize("offset", [0.0, 1e6, 1e9, 1e12, -1e12])
@pytest.mark.parametrize("ddof", [0, 1])
def test_zscore_scaling_keeps_its_digits_on_data_with_an_offset(offset, spread, ddof):
    """Against exact arithmetic on the numbers as they are stored."""
    X = offset + spread * np.random.default_rng(0).normal(size=(200, 1))
    exact = [Fraction(x) for x in X[:, 0]]
    mean = sum(exact) / len(exact)
    deviation = float(sum((x - mean) ** 2 for x in exact) / (len(exact) - ddof)) ** 0.5
    scaling = datasets.zscore_scaling(X, ddof=ddof)
    assert scaling.scale[0] == pytest.approx(deviation, rel=1e-14)
    assert scaling.center[0] == pytest.approx(float(mean), rel=1e-15, abs=1e-15 * spread)


@settings(deadline=None, max_examples=100)
@given(arrays(np.float64, st.tuples(st.integers(2, 6), st.integers(1, 3)), elements=st.floats(-1e300, 1e300)))
def test_minmax_scaling_never_leaves_its_range_and_reaches_one_end(X):
    Z = datasets.minmax_scaling(X).transform(X)
    assert np.abs(Z).max() <= 1
    varies = np.ptp(X, axis=0) > 0
    assert np.array_equal(np.abs(Z).max(axis=0), varies)


@pytest.mark.parametrize("load", [datasets.diabetes, datasets.auto_mpg, datasets.breast_cancer, datasets.penguins])
def test_minmax_scaling_takes_the_ends_of_real_columns_to_the_ends(load):
    X = load().X
    Z = datasets.minmax_scaling(X).transform(X)
    assert Z.min(axis=0) == pytest.approx(-1, abs=1e-15) and Z.max(axis=0) == pytest.approx(1, abs=1e-15)
    assert np.abs(Z).max() == 1


def test_ddof_1_divides_by_m_minus_1():
    X = datasets.auto_mpg().X
    scaled = datasets.zscore_scaling(X, ddof=1).transform(X)
    assert scaled.mean(axis=0) == pytest.approx(0, abs=1e-12)
    assert scaled.std(axis=0, ddof=1) == pytest.approx(1)


@pytest.mark.parametrize("value", [0.0, 0.1, 7.0, 1e300])
def test_a_constant_column_becomes_zeros_and_comes_back(value):
    X = np.full((5, 1), value)
    for scaling in (datasets.minmax_scaling(X), datasets.zscore_scaling(X)):
        assert np.array_equal(scaling.transform(X), np.zeros((5, 1)))
        assert np.array_equal(scaling.inverse_transform(np.zeros((5, 1))), X)


def test_scaling_refuses_other_columns():
    scaling = datasets.minmax_scaling([[0.0, 0.0], [1.0, 1.0]])
    with pytest.raises(ValueError, match="X has 3 columns, the scaling was made for 2"):
        scaling.transform(np.zeros((1, 3)))
    with pytest.raises(ValueError, match="ddof must be below the number of samples, got 1 for 1"):
        datasets.zscore_scaling([[1.0]], ddof=1)


# ------------------------------------------------------------------------------------------------ splitting


@settings(deadline=None, max_examples=50)
@given(st.integers(5, 500), st.integers(0, 1000), st.sampled_from([(0.6, 0.2, 0.2), (0.5, 0.5), (1.0,)]))
def test_each_row_goes_to_exactly_one_part_of_the_size_asked_for(m, seed, fractions):
    parts = datasets.split_rows(m, fractions, seed)
    assert np.array_equal(np.sort(np.concatenate(parts)), np.arange(m))
    assert all(abs(len(rows) - fraction * m) <= 1 for rows, fraction in zip(parts, fractions, strict=True))


def test_a_split_keeps_inputs_and_targets_together():
    data = datasets.penguins()
    parts = datasets.split(data, seed=5)
    rows = datasets.split_rows(len(data), seed=5)
    for part, chosen in zip(parts, rows, strict=True):
        assert np.array_equal(part.X, data.X[chosen])
        assert np.array_equal(part.Y, data.Y[chosen])
        assert part.target_names == data.target_names and part.task == "classification"


def test_another_seed_splits_otherwise():
    assert not np.array_equal(datasets.split_rows(100, seed=0)[0], datasets.split_rows(100, seed=1)[0])


def test_part_of_a_certified_curve_is_not_certified():
    whole = datasets.nist("Thurber")
    training, _ = datasets.split(whole, (0.7, 0.3))
    assert type(training) is datasets.Dataset
    assert whole.model(whole.certified, training.X[:, 0]).shape == (len(training),)


@pytest.mark.parametrize(
    ("m", "fractions", "message"),
    [(10, (0.5, 0.6), "fractions must be positive and sum to 1"), (2, (0.6, 0.2, 0.2), "2 samples are too few")],
)
def test_a_split_that_cannot_be_made_is_refused(m, fractions, message):
    with pytest.raises(ValueError, match=message):
        datasets.split_rows(m, fractions)


def test_split_wants_a_data_set():
    with pytest.raises(TypeError, match="data must be a Dataset, got ndarray"):
        datasets.split(np.zeros((4, 2)))


@pytest.mark.parametrize(
    ("make", "arguments", "error", "message"),
    [
        (datasets.noisy_sine, {"seed": None}, TypeError, "seed must be a whole number or a numpy Generator"),
        (datasets.noisy_sine, {"noise": -0.1}, ValueError, "noise must be at least 0"),
        (datasets.triangle_wave, {"n_samples": 1}, ValueError, "n_samples must be at least 2"),
        (datasets.xor, {"copies": 0}, ValueError, "copies must be at least 1"),
    ],
)
def test_bad_arguments_are_named(make, arguments, error, message):
    with pytest.raises(error, match=message):
        make(**arguments)
