"""What a run says at its end is true: property tests over random curves and starts, and the reports behind them."""

import numpy as np
import pytest
from random_curves import KINDS, case, line, peak

import nnlib
from nnlib import StopReason
from nnlib.optimizers._steps import gradient_cosine

SEEDS = range(6)
SPREADS = [(0.3, 0.02), (1.0, 0.1), (2.0, 0.05), (0.5, 1e-8), (0.5, 0.0)]  # of the start, and noise
ENDS = pytest.mark.filterwarnings("error")  # whatever overflows on the way, nobody hears of it


def fitted(problem, start, **options):
    return nnlib.train(nnlib.levenberg_marquardt(problem, start, **options))


def largest_cosine(curve, w):
    """Between the residuals and a column of J, in units in which neither overflows or underflows."""
    J, r = curve.jacobian(w), curve.residuals(w)
    unit = np.abs(J).max(axis=0)
    J, r = J / np.where(unit > 0, unit, 1), r / np.abs(r).max()
    lengths = np.linalg.norm(J, axis=0)
    return np.max(np.abs(J.T @ r) / np.where(lengths > 0, lengths, 1)) / np.linalg.norm(r)


def converged_fits():
    for f in KINDS:
        for seed in SEEDS:
            for spread, noise in SPREADS:
                chosen = case(f, seed, spread, noise)
                fit = fitted(chosen.problem(), chosen.start)
                if fit.converged:
                    yield fit, np.sum(chosen.y**2)


@ENDS
def test_starting_again_from_a_converged_w_lowers_the_loss_by_no_more_than_rounding():
    fits = list(converged_fits())
    assert len(fits) > 0.9 * len(KINDS) * len(SEEDS) * len(SPREADS)
    for fit, size in fits:
        again = fitted(fit.problem, fit.w)
        assert again.loss >= fit.loss - 1e-10 * fit.loss - 1e-27 * size, (fit, again)


@ENDS
def test_never_converged_at_a_large_cosine():
    for fit, size in converged_fits():
        if fit.loss > 1e-27 * size:  # else r is rounding, and may point anywhere
            assert largest_cosine(fit.problem, fit.w) < 1e-4, fit


@ENDS
@pytest.mark.parametrize("unit", [1e-150, 1e-20, 1e20, 1e150])
def test_never_converged_at_a_large_cosine_with_data_of_any_size_and_a_start_of_size_one(unit):
    """The loss falls, or rises, by hundreds of powers of ten on the way: squares overflow and underflow."""
    for f in (peak, line):
        for seed in SEEDS:
            chosen = case(f, seed)
            try:
                fit = fitted(chosen.problem(unit), chosen.start)
            except ValueError as refusal:
                assert "finite" in str(refusal)
                continue
            if fit.converged:
                assert largest_cosine(fit.problem, fit.w) < 1e-4, fit


@pytest.mark.parametrize("size", [1e-300, 1e-160, 1e-80, 1e80, 1e150])
def test_a_cosine_is_right_where_its_parts_are_of_extreme_size(size):
    """g = ℓ ‖r‖ cos: as soon as g and the lengths are numbers, so is the cosine."""
    lengths, norm, cosines = np.array([size, 3.0]), 1e-8 if size > 1 else 1.0, np.array([0.7, 0.2])
    assert gradient_cosine(cosines * lengths * norm, lengths, 0.5 * norm**2) == pytest.approx(0.7)


# ------------------------------------------------------------------------------------------------ what was reported


@ENDS
def test_a_tiny_peak_is_found_from_a_start_of_height_one():
    x = np.linspace(1, 2, 100)
    truth = np.array([1.259e-17, 1.404, 0.1069])
    y = peak(truth, x) + 1e-21 * np.random.default_rng(0).normal(size=100)
    fit = fitted(nnlib.CurveFit(peak, x, y), [1.0, 1.5, 0.2])
    assert fit.converged
    np.testing.assert_allclose(fit.w, truth, rtol=1e-3)


@ENDS
@pytest.mark.parametrize("start", [[1e15, 1e4], [1e13, 7e4], [1e10, 5e4]])
def test_arrhenius_arrives_or_is_honest(start):
    T = np.linspace(280, 360, 9)
    y = 1.87e13 * np.exp(-81832 / 8.314 / T) + 0.1 * np.random.default_rng(0).normal(size=9)
    curve = nnlib.CurveFit(lambda w, T: w[0] * np.exp(-w[1] / 8.314 / T), T, y)
    fit, best = fitted(curve, start), fitted(curve, [1.87e13, 81832])
    assert best.converged
    assert not fit.converged or fit.loss == pytest.approx(best.loss, rel=1e-6)


@ENDS
@pytest.mark.parametrize("rate", [-3.0, -5.0, 5.0])
def test_an_exponential_from_a_start_that_is_out_of_all_proportion_is_silent_and_honest(rate):
    t = np.arange(64.0)
    y = 5 * np.exp(0.2 * t) * (1 + 0.05 * np.random.default_rng(0).normal(size=64))
    curve = nnlib.CurveFit(lambda w, t: w[0] * np.exp(-w[1] * t), t, y)
    fit = fitted(curve, [1.0, rate])
    assert not fit.converged or largest_cosine(curve, fit.w) < 1e-4


def test_the_start_is_not_the_measure_of_a_small_gradient_for_methods_of_the_first_order_either():
    """E falls from 1e55 to 1e39 and less: next to the start's that is nothing, next to the data's it is everything."""
    t = np.arange(64.0)
    curve = nnlib.CurveFit(lambda w, t: np.exp(-w[0] * t), t, np.exp(0.2 * t))
    for steps in (nnlib.adam(curve, [-1.0], 0.05), nnlib.newton(curve, [-1.0])):
        fit = nnlib.train(steps, max_steps=100)
        assert fit.loss < 1e-11 * fit.start_loss and (not fit.converged or fit.loss < 1e-8)


# ------------------------------------------------------------------------------------------------ exact fits


def is_exact_soon(fit, rounding):
    """Converged, and within a few steps after the loss was down at rounding."""
    reached = np.flatnonzero(fit.history["loss"] <= rounding)
    return fit.converged and (fit.n_steps == 0 or fit.n_steps - reached[0] <= 5)


def test_exact_lines_through_the_origin_converge():
    x = np.arange(100.0)
    assert is_exact_soon(fitted(nnlib.CurveFit(line, x, 2 * x), [3.0, 5.0]), 1e-25)
    for seed in range(100):
        rng = np.random.default_rng(seed)
        x, slope = np.sort(rng.uniform(-5, 5, 20)), rng.normal() * 10 ** rng.uniform(-3, 3)
        fit = fitted(nnlib.CurveFit(line, x, slope * x), rng.normal(size=2))
        assert is_exact_soon(fit, 1e-28 * np.sum((slope * x) ** 2)), (seed, fit)


@pytest.mark.parametrize("f", KINDS)
def test_exact_curves_converge_soon_after_the_loss_is_rounding(f):
    for seed in SEEDS:
        chosen = case(f, seed, spread=0.1, noise=0.0)
        fit = fitted(chosen.problem(), chosen.start)
        assert is_exact_soon(fit, 1e-27 * np.sum(chosen.y**2)), fit


def xor(**options):
    X = [[-1.0, -1.0], [-1.0, 1.0], [1.0, -1.0], [1.0, 1.0]]
    return nnlib.NetworkFit(nnlib.MLP([2, 3, 1], output=options.pop("output", "linear")), X, [0, 1, 1, 0], **options)


@pytest.mark.parametrize("options", [{}, {"output": "logistic", "cost": "cross-entropy"}])
def test_solved_xor_is_converged(options):
    problem, solved = xor(**options), 0
    for seed in range(10):
        fit = fitted(problem, problem.net.init(seed))
        if np.abs(problem.predict(fit.w, problem.X) - problem.Y).max() < 0.01:
            assert is_exact_soon(fit, 1e-13), fit
            solved += 1
    assert solved >= 5


def test_an_exact_fit_names_itself():
    fit = fitted(nnlib.CurveFit(line, [0.0, 1.0, 2.0, 3.0], [0.1, 0.4, 0.7, 1.0]), [1.0, 1.0])
    assert fit.converged and fit.loss < 1e-28
    if fit.reason == StopReason.EXACT_FIT:
        assert "consists of rounding errors" in str(fit.reason)


# ------------------------------------------------------------------------------------------------ no influence


def without_influence(fit, k, n, first):
    """Whether reason and repr say that k of n parameters have no influence, and which is the first."""
    said = f"{k} of {n} parameters {'has' if k == 1 else 'have'} no influence", f"w[{first}]"
    return all(words in text for text in (str(fit.reason), repr(fit)) for words in said)


X = np.arange(10.0)
FAR = peak([2.0, 4.0, 1.0], X) + 0.1


def test_a_peak_far_off_the_data_is_not_called_converged():
    fit = fitted(nnlib.CurveFit(peak, X, FAR), [1.0, 50.0, 1.0])
    assert fit.reason == StopReason.NO_INFLUENCE and not fit.converged
    assert without_influence(fit, 3, 3, 0)


def test_beside_a_background_it_is_named():
    fit = fitted(nnlib.CurveFit(lambda w, x: w[0] + peak(w[1:], x), X, FAR), [0.0, 1.0, 50.0, 1.0])
    assert fit.converged and fit.w[0] == pytest.approx(FAR.mean())
    assert without_influence(fit, 3, 4, 1)


def test_models_that_round_are_named():
    fit = fitted(nnlib.CurveFit(lambda w, x: np.round(w[0]) + w[1] * x, X, 2 + 0.5 * X + 0.1 * np.cos(X)), [1.2, 1.0])
    assert without_influence(fit, 1, 2, 0)


@pytest.mark.parametrize(("hidden", "bias"), [("relu", -100.0), ("tanh", 100.0), ("logistic", -1000.0)])
def test_dead_and_saturated_units_are_named(hidden, bias):
    net = nnlib.MLP([1, 3, 1], hidden=hidden)
    w0 = net.init(seed=0)
    W, b = net.unpack(w0)[0]
    W[1], b[1] = 0.5, bias
    x = np.linspace(-1, 1, 21)
    fit = fitted(nnlib.NetworkFit(net, x, np.sin(3 * x)), w0)
    dead = np.flatnonzero(~fit.problem.jacobian(fit.w).any(axis=0))
    assert len(dead) >= 2
    assert without_influence(fit, len(dead), 10, dead[0])
    assert fit.history["idle"][-1] == len(dead)


def test_where_all_have_influence_nothing_is_said():
    chosen = case(peak, 0)
    fit = fitted(chosen.problem(), chosen.start)
    assert "influence" not in repr(fit)
    assert not fit.history["idle"].any()


# ------------------------------------------------------------------------------------------------ how it ends


class Counted:
    """A curve that counts how often it is asked for a model."""

    def __init__(self, curve):
        self.curve, self.asked = curve, 0
        self.rounding_loss = curve.rounding_loss
        self.normal_equations = curve.normal_equations

    def quadratic_model(self, w, limit=np.inf):
        self.asked += 1
        return self.curve.quadratic_model(w, limit)


def test_a_step_that_rounding_hides_is_not_tried():
    chosen = case(peak, 1)
    minimum = fitted(chosen.problem(), chosen.start).w
    problem = Counted(chosen.problem())
    fit = fitted(problem, minimum)
    assert fit.converged and fit.n_steps == problem.asked == 1
    assert not fit.history["accepted"][0] and np.isnan(fit.history["trial_loss"][0])


def test_a_run_that_ends_with_much_damping_starts_afresh():
    """μ explodes at a wall that the model has nowhere else: without a fresh start the run would end there."""
    tried = []

    def f(w, x):
        tried.append(np.real(w[0]))
        wall = len(tried) < 60 and np.real(w[0]) > 1.0
        return np.where(wall, np.nan, w[0] * x)

    curve = nnlib.CurveFit(f, [1.0, 2.0, 3.0], [3.0, 6.0, 9.3], jacobian=lambda w, x: x[:, None])
    fit = fitted(curve, [0.5])
    assert fit.converged and fit.w[0] == pytest.approx(np.dot([1, 2, 3], [3, 6, 9.3]) / 14)


@pytest.mark.parametrize("damping", ["units", "identity", "diagonal"])
@pytest.mark.parametrize("rule", ["gain-ratio", "marquardt"])
def test_mu_above_its_maximum_means_that_no_step_promises_what_could_be_seen(damping, rule):
    """The Jacobian has the wrong sign: every step goes up."""
    x = np.linspace(1, 2, 9)
    curve = nnlib.CurveFit(lambda w, x: w[0] * x, x, 2 * x + 0.1 * np.cos(9 * x), jacobian=lambda w, x: -x[:, None])
    fit = fitted(curve, [1.0], damping=damping, rule=rule)
    assert fit.reason == StopReason.MU_MAX and not fit.converged
    if damping == "identity":  # where a step is −g/μ
        assert fit.history["gradient_norm"][-1] ** 2 / fit.history["mu"][-1] < 1e-12 * fit.loss


@pytest.mark.parametrize("options", [{"mu": 1e-3}, {"mu": 1.0}, {"damping": "identity"}, {"damping": "diagonal"}, {}])
def test_a_valley_that_damping_hides_is_not_a_minimum(options):
    """MGH17 from afar: two decays come to be alike, JᵀJ is near singular, and what μ leaves of the step is nothing."""
    data = nnlib.datasets.nist("MGH17")
    fit = nnlib.train(
        nnlib.levenberg_marquardt(nnlib.CurveFit(data.model, data.x, data.y), data.starts[0], **options), max_steps=2000
    )
    assert fit.converged
    np.testing.assert_allclose(fit.w, data.certified, rtol=1e-6)
