"""Bad input at every public door: the error says which argument, what was expected and what came.

Most modules have a table of their own, beside what they compute (look for "bad input" in the other test files, and in
`test_graph.py` for all of `nnlib.graph`). Here are the cases that no other table has, mixed junk thrown at every
function, and interrupts in the middle of a step.
"""

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import nnlib
from nnlib import (
    bayes,
    checks,
    datasets,
    deep,
    graph,
    maps,
    operation_counts,
    sample_by_sample,
    selection,
    step_sizes,
    surfaces,
)
from nnlib.activations import logistic, softmax

NET = nnlib.MLP([1, 2, 1])
W = NET.init(seed=0)
X = np.linspace(-1, 1, 5)[:, None]
SIGNALS = NET.forward(W, X)
PROBLEM = nnlib.NetworkFit(NET, X, X**2)
CURVE = nnlib.CurveFit(lambda w, x: w[0] * x, [1.0, 2.0], [1.0, 2.0])
BOWL = surfaces.rosenbrock()
STACK = deep.DeepStack(1, 2, 2, 1, batch_norm=True)
STACK_W = STACK.init(seed=0)
DEEP = deep.DeepFit(STACK, X, X**2)
DATA = datasets.noisy_sine()
SCALING = datasets.minmax_scaling(DATA.X)
BAYES = nnlib.train(nnlib.bayesian_regularization(PROBLEM, W), max_steps=20)
RAGGED = [[1.0], [1.0, 2.0]]
NODE = graph.variable(2.0, name="x")


def curve(f, jacobian=None):
    return nnlib.CurveFit(f, [1.0, 2.0], [1.0, 2.0], jacobian)


def dataset(**changed):
    return datasets.Dataset(**{"name": "mine", "X": X, "Y": X} | changed)


BAD = [
    # ---- networks
    (lambda: nnlib.MLP({1, 2}), TypeError, r"sizes must be a list of layer sizes such as \[1, 10, 1\], got \{1, 2\}"),
    (lambda: nnlib.MLP([1, True, 1]), TypeError, r"sizes\[1\] must be a whole number, got True"),
    (lambda: nnlib.MLP([1, 2, 1], output="sofmax"), ValueError, "output must be one of .*did you mean 'softmax'"),
    (lambda: NET.init(0, scheme="Xavier"), ValueError, "scheme must be one of zeros.*did you mean 'xavier'"),
    (
        lambda: NET.init(0, input_range=(0, 1, 2)),
        ValueError,
        r"input_range must be two numbers that rise from low to high, got \[0",
    ),
    (lambda: NET.predict(RAGGED, X), ValueError, "w must be an array of numbers, its rows have different lengths"),
    (lambda: NET.predict(np.full(7, np.nan), X), ValueError, "w must be finite, it holds nan"),
    (lambda: NET.forward(W, [[1j]]), TypeError, "X must hold real numbers, got an array of dtype complex"),
    (lambda: NET.predict(W, np.array([[1.0], [None]])), TypeError, "X must hold real numbers, got .* dtype object"),
    (lambda: NET.unpack(None), TypeError, "w must hold numbers, got NoneType"),
    (lambda: NET.backprop(W, X, X), TypeError, "signals must be Signals, as forward gives, got ndarray"),
    (lambda: NET.backprop(W, SIGNALS, X[:3]), ValueError, r"delta_output has shape \(3, 1\), the outputs have"),
    # ---- activations
    (lambda: logistic("high"), TypeError, "z must hold numbers, got the text 'high'"),
    (lambda: softmax(1.0), ValueError, r"z must have at least one axis .* shape \(\)"),
    # ---- problems
    (lambda: nnlib.NetworkFit(NET, [], []), ValueError, "X is empty"),
    (lambda: PROBLEM.loss("abc"), TypeError, "w must hold numbers, got the text 'abc'"),
    (lambda: PROBLEM.normal_equations(W + 1j), TypeError, "w must hold real numbers, got complex ones"),
    (lambda: PROBLEM.hessian_vector(W, W[:3]), ValueError, "(3,)"),
    (lambda: PROBLEM.batch("abc"), TypeError, "rows must be row numbers, a mask of 5 rows or a slice, got the text"),
    (lambda: PROBLEM.batch([]), ValueError, "rows is empty: it must select at least one of 5 rows"),
    (lambda: PROBLEM.batch([0, 5]), ValueError, "rows must lie between 0 and 4, one is 5"),
    (lambda: PROBLEM.batch(np.ones(4, dtype=bool)), TypeError, "rows must be .*a mask of 5 rows"),
    (lambda: nnlib.CurveFit(np.exp, [1.0], [np.nan]), ValueError, r"y must be finite, y\[0\] is nan"),
    (lambda: CURVE.loss(3.0), ValueError, r"w must be a vector of at least one number, got an array of shape \(\)"),
    (lambda: CURVE.gradient([1j]), TypeError, "w must hold real numbers, got complex ones"),
    (lambda: CURVE.predict([np.nan], [1.0]), ValueError, "w must be finite, it holds nan"),
    (lambda: curve(lambda w, x: None).loss([1.0]), TypeError, r"f\(w, x\) must hold numbers, got NoneType"),
    (lambda: curve(CURVE.f, lambda w, x: "J").jacobian([1.0]), TypeError, r"jacobian\(w, x\) must hold numbers"),
    (lambda: curve(CURVE.f, lambda w, x: 1j * x[:, None]).jacobian([1.0]), TypeError, r"jacobian\(w, x\) must .* real"),
    # ---- surfaces
    (lambda: surfaces.quadratic_bowl("steep"), TypeError, "condition_number must be a number, got 'steep'"),
    (
        lambda: BOWL.loss([1.0, 2.0, 3.0]),
        ValueError,
        r"w must be the two numbers x and y, got an array of shape \(3,\)",
    ),
    # ---- optimizers and training
    (lambda: nnlib.levenberg_marquardt(PROBLEM, "start"), TypeError, "w0 must hold real numbers, got the text 'start'"),
    (lambda: nnlib.levenberg_marquardt(PROBLEM, W, rule="gainratio"), ValueError, "did you mean 'gain-ratio'"),
    (
        lambda: nnlib.gauss_newton(PROBLEM, RAGGED),
        ValueError,
        "w0 must be an array of numbers, its rows have different",
    ),
    (lambda: nnlib.momentum(PROBLEM, W, None), TypeError, "learning_rate must be a number, got None"),
    (
        lambda: nnlib.train(nnlib.newton(BOWL, BOWL.start), np.inf),
        TypeError,
        "max_steps must be a whole number, got inf",
    ),
    (lambda: BAYES.predict([[np.nan]], std=True), ValueError, r"X must be finite, X\[\(0, 0\)\] is nan"),
    (lambda: BAYES.predict(np.zeros((3, 2))), ValueError, "X has 2 columns, the network takes 1 inputs"),
    # ---- Bayes
    (lambda: bayes.log_evidence(PROBLEM, [np.nan] * 7, 1.0, 1.0), ValueError, "w must be finite"),
    # ---- deep stacks
    (lambda: STACK.forward(RAGGED, X), ValueError, "w must be an array of numbers"),
    (lambda: DEEP.batch([9]), ValueError, "rows must lie between 0 and 4, one is 9"),
    (lambda: DEEP.delta_norms(None), TypeError, "w must hold numbers"),
    (lambda: deep.delta_norms_by_depth(X, X, [2], 2, None), TypeError, "seed must be a whole number"),
    # ---- checks
    (lambda: checks.check_gradient(PROBLEM, W, tolerance="1e-6"), TypeError, "tolerance must be a number"),
    (lambda: checks.check_jacobian(PROBLEM, W, method="complexe"), ValueError, "method must .*mean 'complex'"),
    # ---- data
    (lambda: dataset(target_names="y"), TypeError, "target_names must be a list of texts, got 'y'"),
    (lambda: DATA.subset([41]), ValueError, "rows must lie between 0 and 40, one is 41"),
    (lambda: datasets.Scaling([0.0], [0.0]), ValueError, "scale must be above 0, its smallest entry is 0"),
    # ---- graphs (the others are in test_graph.py)
    (
        lambda: graph.variable(RAGGED, name="x"),
        ValueError,
        "value must be an array of numbers, its rows have different",
    ),
    (lambda: graph.jacobian(NODE, NODE, mode="forwards"), ValueError, "mode must .*did you mean 'forward'"),
    (lambda: graph.evaluate(NODE, {NODE: "2"}), TypeError, r"at\[x\] must hold real numbers, got the text '2'"),
]


@pytest.mark.parametrize(("call", "error", "message"), BAD, ids=[message for _, _, message in BAD])
def test_bad_input_is_named_at_the_door(call, error, message):
    with pytest.raises(error, match=message):
        call()


# ------------------------------------------------------------------------------------------------ mixed junk

FITS = ("goal", "max_seconds", "validation", "callback")


# For each public function its arguments, each with what its errors may call it. A place takes one value of junk.
def unless_it_overflows(result, w):
    """A problem says nothing of overflow, which is for optimizers to see; below 1e100 there is none here."""
    return result if np.abs(w).max() < 1e100 else None


PLACES = {
    "MLP sizes": (lambda v: nnlib.MLP(v), "sizes"),
    "init range": (lambda v: NET.init(0, input_range=v), "input_range"),
    "predict X": (lambda v: NET.predict(W, v), "X "),
    "forward w": (lambda v: NET.forward(v, X), "w "),
    "jacobian X": (lambda v: NET.jacobian(W, v), "X "),
    "backprop delta": (lambda v: NET.backprop(W, SIGNALS, v), "delta_output"),
    "NetworkFit Y": (lambda v: nnlib.NetworkFit(NET, X, v), "Y "),
    "NetworkFit batch": (lambda v: PROBLEM.batch(v).loss(W), "rows"),
    "residuals w": (lambda v: unless_it_overflows(PROBLEM.residuals(v), v), "w "),
    "CurveFit y": (lambda v: nnlib.CurveFit(CURVE.f, [1.0], v), "y "),
    "CurveFit predict w": (lambda v: CURVE.predict(v, 1.0), "w "),
    "bowl": (lambda v: surfaces.quadratic_bowl(v), "condition_number"),
    "LM w0": (lambda v: nnlib.train(nnlib.levenberg_marquardt(PROBLEM, v), 3), "w0"),
    "GN w0": (lambda v: nnlib.train(nnlib.gauss_newton(CURVE, v), 3), "w"),
    "newton w0": (lambda v: nnlib.train(nnlib.newton(BOWL, v), 3), "w"),
    "descent w0": (lambda v: nnlib.train(nnlib.steepest_descent(PROBLEM, v, 0.01), 3), "w0"),
    "momentum c": (lambda v: nnlib.train(nnlib.momentum(PROBLEM, W, 0.1, v), 3), "coefficient"),
    "adam rate": (lambda v: nnlib.train(nnlib.adam(PROBLEM, W, v), 3), "learning_rate"),
    "proximal penalty": (lambda v: nnlib.train(nnlib.proximal_gradient(PROBLEM, W, 0.01, v), 3), "l1_penalty"),
    "bayes w0": (lambda v: nnlib.train(nnlib.bayesian_regularization(PROBLEM, v), 3), "w0"),
    "train max_steps": (lambda v: nnlib.train(nnlib.newton(BOWL, BOWL.start), v), "max_steps"),
    **{
        f"train {name}": (lambda v, name=name: nnlib.train(nnlib.newton(BOWL, BOWL.start), 3, **{name: v}), name)
        for name in FITS
    },
    "BayesResult.predict": (lambda v: BAYES.predict(v, std=True), "X "),
    "evidence w": (lambda v: bayes.log_evidence(PROBLEM, v, 1.0, 1.0), "w"),
    # its logarithm may well be −∞, of a probability of 0
    "evidence alpha": (lambda v: np.exp(bayes.log_evidence(PROBLEM, W, v, 1.0)), "alpha"),
    "gamma beta": (lambda v: bayes.effective_parameters(PROBLEM, W, 1.0, v), "beta"),
    "best_of seeds": (lambda v: bayes.best_of(PROBLEM, v, 1), "seed"),
    "hill X": (lambda v: bayes.occams_hill(v, X, [1], [0], 1).gamma, "X "),
    "selection Y": (lambda v: selection.cross_validate(NET, X, v, [0.1], 2, max_steps=2), "Y |loss"),
    "weight decays": (lambda v: selection.validation_curve(NET, X, X, (X, X), v, max_steps=2), "weight_decays|loss"),
    "bias f": (lambda v: selection.bias_variance(NET, lambda X: v, X, 0.1, [0.1], 2, max_steps=2), "f(X)|loss"),
    "comparison test": (lambda v: selection.compare_regularization(NET, X, X, v, [0.1], 2, 0, 2), "test"),
    "stack width": (lambda v: deep.DeepStack(1, v, 1, 1), "width"),
    "stack w": (lambda v: STACK.forward(v, X), "w "),
    "stack statistics": (lambda v: STACK.predict(STACK_W, X, v), "statistics"),
    "deep X": (lambda v: deep.DeepFit(STACK, v, X), "X "),
    "depths": (lambda v: deep.delta_norms_by_depth(X, X, v, 2, 0), "depth"),
    "gradient w": (lambda v: checks.numerical_gradient(lambda w: w @ w, v), "w "),
    "check w": (lambda v: checks.check_gradient(PROBLEM, v), "w "),
    "errors x": (lambda v: step_sizes.derivative_errors(np.exp, v, 1.0, [0.1]), "x |f(x)|number"),
    "errors derivative": (lambda v: step_sizes.derivative_errors(np.exp, 1.0, v, [0.1]), "derivative"),
    "errors steps": (lambda v: step_sizes.derivative_errors(np.exp, 1.0, np.e, v), "steps|f(x)"),
    "accumulate w": (lambda v: sample_by_sample.accumulate(NET, v, X, X), "w "),
    "mean gradient X": (lambda v: sample_by_sample.mean_gradient(NET, W, v, X), "X "),
    "map f": (lambda v: maps.map_grid(lambda w: v, ((0, 1), (0, 1)), 1), "f(w)"),
    "polygon": (lambda v: maps.polygon_area(v), "vertices"),
    "count samples": (lambda v: operation_counts.gradient(NET, v), "samples"),
    "count n": (lambda v: operation_counts.linear_solve(v), "n "),
    "count tries": (lambda v: operation_counts.levenberg_marquardt(NET, 9, v, 1), "tries"),
    "count batch": (lambda v: operation_counts.adam(NET, 9, 1, v), "batch_size"),
    "costs nets": (lambda v: operation_counts.gradient_costs(v, 5, 0), "net"),
    "nist": (lambda v: datasets.nist(v), "name"),
    "sine noise": (lambda v: datasets.noisy_sine(noise=v), "noise|Y "),
    "spirals noise": (lambda v: datasets.two_spirals(noise=v), "noise|X "),
    "one_hot": (lambda v: datasets.one_hot(v, 3), "labels"),
    "Dataset X": (lambda v: dataset(X=v), "X "),
    "subset": (lambda v: DATA.subset(v), "rows"),
    "minmax": (lambda v: datasets.minmax_scaling(v).transform(v), "X "),
    "zscore": (lambda v: datasets.zscore_scaling(v).transform(v), "X |center|scale"),  # squares may overflow
    "inverse": (lambda v: SCALING.inverse_transform(v), "Z "),
    "fractions": (lambda v: datasets.split(DATA, v), "fractions"),
}

some_numbers = st.one_of(st.floats(), st.integers(-3, 3), st.sampled_from([np.nan, np.inf, 1e308, -1e308, 1e-320]))
junk = st.one_of(
    some_numbers,
    st.none(),
    st.booleans(),
    st.complex_numbers(),
    st.text(max_size=3),
    st.lists(st.one_of(some_numbers, st.text(max_size=2), st.none(), st.lists(some_numbers, max_size=2)), max_size=4),
    st.builds(np.full, st.sampled_from([(7,), (2,), (1,), (5, 1), (7, 7), (0, 1), (2, 1, 1)]), some_numbers),
    st.builds(lambda size, number: np.full(size, complex(number, 1)), st.sampled_from([7, (5, 1)]), st.floats(-1, 1)),
    st.sampled_from([{}, {1: 2}, {1, 2}, b"bytes", object(), np.array(["a"] * 7), np.array([None] * 7)]),
)
NUMPYS_OWN = ("could not be broadcast", "setting an array element", "matmul", "could not convert", "ufunc", "unpack")


def numbers_in(result):
    """All arrays of numbers in a result, those of a fit, a data set and a scaling too."""
    if isinstance(result, nnlib.Result):
        assert result.reason.value
        return [result.w]
    if isinstance(result, datasets.Dataset):
        return [result.X, result.Y]
    if isinstance(result, dict):
        return [number for value in result.values() for number in numbers_in(value)]
    if isinstance(result, (tuple, list)):
        return [number for value in result for number in numbers_in(value)]
    is_numbers = isinstance(result, (float, np.ndarray, np.generic)) and np.asarray(result).dtype.kind in "fc"
    return [np.asarray(result)] if is_numbers else []


@pytest.mark.parametrize("place", PLACES)
@settings(max_examples=12, deadline=None)
@given(value=junk)
def test_junk_is_refused_by_name_or_gives_finite_numbers(place, value):
    call, names = PLACES[place]
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        try:
            result = call(value)
        except (TypeError, ValueError) as error:
            message = str(error)
            assert any(name in message for name in names.split("|")), f"{message!r} does not name {names}"
            assert not any(words in message for words in NUMPYS_OWN)
            return
    # Finite numbers may still be too large to compute with: then a warning has said so.
    assert any(issubclass(w.category, RuntimeWarning) for w in told) or all(
        np.isfinite(numbers).all() for numbers in numbers_in(result)
    )


@pytest.mark.parametrize("hidden", ["tanh", "logistic", "relu", "linear"])
@pytest.mark.parametrize("at", range(7))
def test_a_weight_that_is_nan_never_gives_a_finite_loss(hidden, at):
    # A problem does not refuse such a w, because an optimizer may get there: the loss has to tell.
    w = W.copy()
    w[at] = np.nan
    problem = nnlib.NetworkFit(nnlib.MLP([1, 2, 1], hidden=hidden), X, X)
    assert np.isnan(problem.loss(w))
    assert np.isnan(problem.loss_and_gradient(w)[0])
    assert np.isnan(problem.normal_equations(w).loss)


# ------------------------------------------------------------------------------------------------ interrupts

OPTIMIZERS = {
    "steepest_descent": lambda problem, w0: nnlib.steepest_descent(problem, w0, 0.01),
    "momentum": lambda problem, w0: nnlib.momentum(problem, w0, 0.01),
    "adam": lambda problem, w0: nnlib.adam(problem, w0, 0.01),
    "proximal_gradient": lambda problem, w0: nnlib.proximal_gradient(problem, w0, 0.01, 1e-3),
    "newton": lambda problem, w0: nnlib.newton(problem, w0, flip_negative=True),
    "gauss_newton": nnlib.gauss_newton,
    "levenberg_marquardt": nnlib.levenberg_marquardt,
    "bayesian_regularization": nnlib.bayesian_regularization,
}


@pytest.mark.parametrize("method", OPTIMIZERS)
def test_an_interrupt_while_the_problem_is_evaluated_leaves_a_usable_fit(method):
    pressed = False

    def decay(w, x):
        if pressed:
            raise KeyboardInterrupt
        return w[0] * np.exp(-w[1] * x)

    x = np.linspace(0, 2, 9)
    problem = nnlib.CurveFit(decay, x, 2 * np.exp(-1.5 * x) + 0.1 * np.cos(9 * x))
    steps = OPTIMIZERS[method](problem, [1.0, 1.0])
    taken = [next(steps) for _ in range(4)]
    pressed = True
    fit = nnlib.train(steps)  # the fifth step never ends
    pressed = False
    assert fit.reason == nnlib.StopReason.INTERRUPTED
    assert np.array_equal(fit.w, taken[-1].w)
    assert fit.loss == taken[-1].loss
    assert problem.loss(fit.w) < problem.loss([1.0, 1.0])
    assert fit.predict(x).shape == (9,)
