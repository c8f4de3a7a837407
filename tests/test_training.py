"""train: its stop rules, what it returns, and everything that may happen on the way."""

import os
import pickle
import re
import subprocess
import sys
import textwrap
import time
from dataclasses import fields
from itertools import islice

import numpy as np
import pytest

import nnlib
from nnlib import StopReason
from nnlib.optimizers import Step, Steps
from nnlib.results import SENTENCES


class Bowl:
    """E = ½ wᵀw, which counts how often it is asked, and calls `at_call(count)` before it answers."""

    def __init__(self, at_call=lambda count: None):
        self.calls, self.at_call = 0, at_call

    def loss(self, w):
        return float(0.5 * w @ w)

    def loss_and_gradient(self, w):
        self.calls += 1
        self.at_call(self.calls)
        return self.loss(w), w.copy()


def descent(learning_rate=0.1, problem=None, w0=(1.0, -2.0)):
    return nnlib.steepest_descent(problem or Bowl(), w0, learning_rate)


def made_up(losses, w0_loss=10.0, accepted=None):
    """Steps through the given losses, at w = [1], [2], [3], …"""
    accepted = accepted or [True] * len(losses)

    def generator():
        for k, (loss, ok) in enumerate(zip(losses, accepted, strict=True), start=1):
            w = np.array([float(k)])
            yield Step(w=w, loss=loss, gradient_norm=1.0, scaled_gradient=1.0, accepted=ok, trial_w=w, trial_loss=loss)
        return StopReason.ROUNDING.with_numbers(loss=losses[-1], predicted=0.0)

    return Steps("made_up", Bowl(), np.zeros(1), w0_loss, generator())


class Table:
    """A validation problem whose loss at w = [k] is the k-th number."""

    def __init__(self, *losses):
        self.losses, self.asked = losses, []

    def loss(self, w):
        self.asked.append(int(w[0]))
        return self.losses[int(w[0])]


def numbers_in(sentence):
    return [float(number) for number in re.findall(r"-?\d+\.?\d*(?:e[+-]?\d+)?", sentence)]


# ------------------------------------------------------------------------------------------------ stop rules


def test_max_steps():
    fit = nnlib.train(descent(), max_steps=7)
    assert fit.reason == StopReason.MAX_STEPS
    assert fit.reason.value == "max_steps = 7 steps were taken"
    assert fit.n_steps == 7
    assert not fit.converged


def test_goal_is_reached_in_the_first_step_at_or_below_it():
    fit = nnlib.train(descent(), goal=1e-3)
    assert fit.reason == StopReason.GOAL
    assert fit.converged
    assert fit.history["loss"][-2] > 1e-3 >= fit.history["loss"][-1] == fit.loss
    assert numbers_in(fit.reason.value) == pytest.approx([fit.loss, 1e-3], rel=1e-3)


def test_a_start_that_has_reached_the_goal_takes_no_step():
    fit = nnlib.train(descent(), goal=2.5)
    assert fit.reason.value == "the loss 2.5 reached the goal 2.5"
    assert fit.n_steps == fit.best_step == 0
    assert fit.w.tolist() == [1.0, -2.0]


def test_min_gradient():
    fit = nnlib.train(descent(), min_gradient=1e-4)
    scaled = fit.history["scaled_gradient"]
    assert fit.reason == StopReason.MIN_GRADIENT
    assert fit.converged
    assert scaled[-2] > 1e-4 >= scaled[-1]
    assert numbers_in(fit.reason.value) == pytest.approx([scaled[-1], 1e-4], rel=0.1)


@pytest.mark.parametrize("unit", [1e-9, 1.0, 1e9])
def test_the_gradient_rule_does_not_depend_on_the_unit_of_the_targets(unit):
    x = np.linspace(-1, 1, 9)
    line = nnlib.NetworkFit(nnlib.MLP([1, 1]), x, unit * np.sin(3 * x))
    fit = nnlib.train(nnlib.steepest_descent(line, [unit, unit], 0.05), min_gradient=1e-6)
    assert fit.reason == StopReason.MIN_GRADIENT
    assert fit.w / unit == pytest.approx(np.polyfit(x, np.sin(3 * x), 1), abs=1e-4)


def test_max_seconds():
    fit = nnlib.train(descent(problem=Bowl(lambda count: time.sleep(0.02))), max_seconds=0.05)
    assert fit.reason == StopReason.MAX_SECONDS
    assert fit.history["seconds"][-1] >= 0.05
    assert (fit.history["seconds"][:-1] < 0.05).all()
    assert numbers_in(fit.reason.value) == pytest.approx([fit.history["seconds"][-1], 0.05], rel=0.01)


def test_validation_stops_after_patience_steps_without_a_new_lowest_and_returns_the_lowest():
    validation = Table(9.0, 5.0, 4.0, 4.5, 4.0, 6.0, 1.0)
    fit = nnlib.train(made_up([8.0, 7.0, 6.0, 5.0, 4.0, 3.0]), validation=validation, patience=3)
    assert fit.reason == StopReason.VALIDATION
    assert fit.w.tolist() == [2.0]
    assert (fit.loss, fit.best_step, fit.n_steps) == (7.0, 2, 5)
    assert fit.history["validation_loss"].tolist() == [5.0, 4.0, 4.5, 4.0, 6.0]
    assert numbers_in(fit.reason.value) == [3, 6.0, 4.0, 2]
    assert not fit.converged


def test_patience_starts_anew_at_every_new_lowest():
    fit = nnlib.train(made_up([1.0] * 6), validation=Table(9.0, 9.5, 8.0, 8.5, 7.0, 7.5, 7.6), patience=2)
    assert (fit.reason, fit.n_steps, fit.best_step) == (StopReason.VALIDATION, 6, 4)


def test_rejected_steps_do_not_try_the_patience_and_are_not_evaluated_again():
    validation = Table(9.0, 5.0, 0.0, 0.0, 6.0, 7.0)
    steps = made_up([8.0] * 5, accepted=[True, False, False, True, True])
    fit = nnlib.train(steps, validation=validation, patience=2)
    assert fit.reason == StopReason.VALIDATION
    assert fit.n_steps == 5
    assert validation.asked == [0, 1, 4, 5]
    assert fit.history["validation_loss"].tolist() == [5.0, 5.0, 5.0, 6.0, 7.0]


def test_with_validation_the_start_may_be_the_best():
    fit = nnlib.train(made_up([1.0] * 4), validation=Table(1.0, 2.0, 2.0, 2.0, 2.0), patience=2)
    assert (fit.best_step, fit.w.tolist(), fit.loss) == (0, [0.0], 10.0)


@pytest.mark.parametrize("unknown", [np.nan, np.inf])
def test_a_validation_loss_that_is_not_finite_is_worse_than_any_other(unknown):
    fit = nnlib.train(made_up([1.0] * 4), validation=Table(unknown, unknown, 3.0, unknown, 4.0), patience=2)
    assert (fit.best_step, fit.w.tolist()) == (2, [2.0])
    assert fit.reason == StopReason.VALIDATION


def test_early_stopping_keeps_a_network_from_overfitting():
    rng = np.random.default_rng(1)
    x = np.sort(rng.uniform(-1, 1, 60))
    y = np.sin(3 * x) + 0.3 * rng.normal(size=60)
    net = nnlib.MLP([1, 15, 1])
    train_on, hold_out = nnlib.NetworkFit(net, x[::3], y[::3]), nnlib.NetworkFit(net, x[1::3], y[1::3])
    w0 = net.init(seed=0)
    stopped = nnlib.train(nnlib.levenberg_marquardt(train_on, w0), max_steps=200, validation=hold_out)
    to_the_end = nnlib.train(nnlib.levenberg_marquardt(train_on, w0), max_steps=200)
    assert stopped.reason == StopReason.VALIDATION
    assert hold_out.loss(stopped.w) == stopped.history["validation_loss"].min() < hold_out.loss(to_the_end.w)
    assert to_the_end.loss < stopped.loss == train_on.loss(stopped.w)


def test_the_optimizers_own_ending_is_the_reason():
    fit = nnlib.train(made_up([3.0, 2.0]))
    assert fit.reason == StopReason.ROUNDING
    assert fit.n_steps == 2


def test_of_several_rules_that_hold_at_once_the_goal_comes_first():
    fit = nnlib.train(made_up([3.0, 2.0]), max_steps=1, goal=3.0, callback=lambda step: True)
    assert fit.reason == StopReason.GOAL


# ------------------------------------------------------------------------------------------------ callback


def test_callback_sees_every_step_also_the_last():
    seen = []
    fit = nnlib.train(descent(), goal=1e-3, callback=seen.append)
    assert [step.loss for step in seen] == fit.history["loss"].tolist()


@pytest.mark.parametrize("true", [True, np.True_])
def test_callback_that_returns_true_stops(true):
    fit = nnlib.train(descent(), callback=lambda step: true if step.loss < 1.0 else None)
    assert fit.reason == StopReason.CALLBACK
    assert fit.history["loss"][-2] >= 1.0 > fit.history["loss"][-1]
    assert numbers_in(fit.reason.value) == pytest.approx([fit.loss], rel=1e-3)


@pytest.mark.parametrize("answer", [None, False, np.False_, 1, "stop", [1], np.array([True, False])])
def test_callback_that_returns_something_else_does_not(answer):
    assert nnlib.train(descent(), max_steps=3, callback=lambda step: answer).reason == StopReason.MAX_STEPS


def test_an_error_in_the_callback_is_seen():
    def broken(step):
        raise ZeroDivisionError("in the callback")

    with pytest.raises(ZeroDivisionError, match="in the callback"):
        nnlib.train(descent(), callback=broken)


# ------------------------------------------------------------------------------------------------ interrupts


def interrupt_at(number):
    def at_call(count):
        if count == number:
            raise KeyboardInterrupt

    return at_call


def test_an_interrupt_in_the_middle_of_a_step_keeps_the_best_so_far():
    fit = nnlib.train(descent(problem=Bowl(interrupt_at(6))))  # the first call is made at the start
    uninterrupted = nnlib.train(descent(), max_steps=4)
    assert fit.reason == StopReason.INTERRUPTED
    assert fit.reason.value == "interrupted by hand after step 4; the best weights so far are kept"
    assert not fit.converged
    assert np.array_equal(fit.w, uninterrupted.w)
    assert np.array_equal(fit.history["loss"], uninterrupted.history["loss"])


def test_an_interrupt_before_the_first_step_is_over_gives_back_the_start():
    fit = nnlib.train(descent(problem=Bowl(interrupt_at(1))))
    assert fit.reason == StopReason.INTERRUPTED
    assert (fit.w.tolist(), fit.n_steps, fit.best_step) == ([1.0, -2.0], 0, 0)
    assert "interrupted by hand" in repr(fit)


def test_an_interrupt_in_the_callback_or_the_validation_is_kept_too():
    def interrupted(*anything):
        raise KeyboardInterrupt

    assert nnlib.train(descent(), callback=interrupted).reason == StopReason.INTERRUPTED

    class Slow(Bowl):
        def loss(self, w):
            return super().loss(w) if w[0] == 1.0 else interrupted()

    fit = nnlib.train(descent(), validation=Slow())
    assert fit.reason == StopReason.INTERRUPTED
    assert fit.w.tolist() == [1.0, -2.0]


def test_steps_that_broke_off_say_that_they_cannot_go_on():
    steps = descent(problem=Bowl(interrupt_at(6)))
    nnlib.train(steps)
    with pytest.raises(
        ValueError, match=r"broke off in the middle of a step .* start steepest_descent anew .* steps\.w"
    ):
        nnlib.train(steps)
    assert nnlib.train(descent(w0=steps.w), goal=1e-3).converged


def test_an_error_in_the_problem_is_seen():
    def break_down(count):
        if count == 3:
            raise RuntimeError("the instrument is off")

    with pytest.raises(RuntimeError, match="the instrument is off"):
        nnlib.train(descent(problem=Bowl(break_down)))


@pytest.mark.skipif(sys.platform == "win32", reason="a signal sent to oneself kills the process on Windows")
def test_a_real_sigint_keeps_what_was_learned():
    """Sent by the process's own timer while it computes, as Ctrl-C or Kernel → Interrupt would send it."""
    program = """
        import signal
        import numpy as np, nnlib
        x = np.linspace(-1, 1, 2000)
        net = nnlib.MLP([1, 20, 1])
        problem = nnlib.NetworkFit(net, x, np.sin(9 * x))
        signal.signal(signal.SIGALRM, lambda *_: signal.raise_signal(signal.SIGINT))
        signal.setitimer(signal.ITIMER_REAL, 0.5)
        fit = nnlib.train(nnlib.momentum(problem, net.init(seed=0), 1e-5), max_steps=10**9)
        assert fit.loss == problem.loss(fit.w) < fit.start_loss
        assert len(fit.history["loss"]) == fit.n_steps > 0
        print(fit.reason.name)
    """
    result = subprocess.run(
        [sys.executable, "-W", "error", "-c", textwrap.dedent(program)], capture_output=True, text=True, timeout=60
    )
    assert (result.stdout.strip(), result.stderr) == ("INTERRUPTED", "")


# ------------------------------------------------------------------------------------------------ steps already taken


def test_training_goes_on_from_steps_already_taken():
    steps, whole = descent(), nnlib.train(descent(), max_steps=8)
    taken = list(islice(steps, 3))
    fit = nnlib.train(steps, max_steps=5)
    assert fit.start_loss == taken[-1].loss == steps.problem.loss(taken[-1].w)
    assert np.array_equal(fit.history["loss"], whole.history["loss"][3:])
    assert np.array_equal(fit.w, whole.w)


def test_training_twice_is_training_longer():
    steps, whole = nnlib.adam(Bowl(), [1.0, -2.0], 0.1), nnlib.train(nnlib.adam(Bowl(), [1.0, -2.0], 0.1), max_steps=9)
    first, second = nnlib.train(steps, max_steps=4), nnlib.train(steps, max_steps=5)
    assert second.start_loss == first.history["loss"][-1]
    assert np.array_equal(np.append(first.history["loss"], second.history["loss"]), whole.history["loss"])


def test_steps_that_have_ended_give_their_ending_again():
    steps = made_up([3.0, 2.0])
    list(steps)
    fit = nnlib.train(steps)
    assert (fit.reason, fit.n_steps, fit.start_loss, fit.w.tolist()) == (StopReason.ROUNDING, 0, 2.0, [2.0])
    assert fit.history["accepted"].dtype == bool
    assert "0 steps" in repr(fit)


def test_writing_to_the_result_does_not_disturb_the_steps():
    steps = descent()
    fit = nnlib.train(steps, max_steps=3)
    expected = 0.9**4 * np.array([1.0, -2.0])
    fit.w[...] = 77.0
    assert next(steps).w == pytest.approx(expected)


# ------------------------------------------------------------------------------------------------ the result


def test_history_has_one_entry_a_step_for_every_number_of_the_records():
    problem = nnlib.CurveFit(lambda w, x: np.exp(w[0] * x), [0.0, 1.0, 2.0], [1.0, 2.0, 5.0])
    for steps in (
        nnlib.levenberg_marquardt(problem, [3.0]),
        nnlib.gauss_newton(problem, [1.0]),
        nnlib.newton(problem, [1.0]),
        nnlib.steepest_descent(problem, [1.0], 1e-3),
        nnlib.momentum(problem, [1.0], 1e-3),
        nnlib.adam(problem, [1.0]),
        nnlib.proximal_gradient(problem, [1.0], 1e-3, 0.1),
    ):
        fit = nnlib.train(steps, max_steps=5)
        names = {field.name for field in fields(Step)} - {"w", "trial_w"} | {"seconds"}
        assert set(fit.history) == names, steps.method
        assert {len(column) for column in fit.history.values()} == {fit.n_steps}
        assert fit.history["accepted"].dtype == bool
        assert all(fit.history[name].dtype == np.float64 for name in names - {"accepted"})
        assert (np.diff(fit.history["seconds"]) >= 0).all()


def test_validation_loss_is_in_the_history_only_where_there_is_a_validation_problem():
    assert "validation_loss" not in nnlib.train(descent(), max_steps=2).history
    fit = nnlib.train(descent(), max_steps=2, validation=Bowl())
    assert np.array_equal(fit.history["validation_loss"], fit.history["loss"])
    assert nnlib.train(descent(), goal=99.0, validation=Bowl()).history["validation_loss"].shape == (0,)


def test_the_best_weights_are_returned_when_the_loss_rises_again():
    fit = nnlib.train(made_up([5.0, 2.0, 3.0, 4.0]))
    assert (fit.w.tolist(), fit.loss, fit.best_step) == ([2.0], 2.0, 2)
    assert fit.loss == fit.history["loss"][fit.best_step - 1]


def test_a_diverging_run_returns_its_start():
    fit = nnlib.train(descent(learning_rate=3.0), max_steps=5)
    assert (fit.w.tolist(), fit.best_step, fit.loss) == ([1.0, -2.0], 0, fit.start_loss)


def test_repr_tells_what_happened():
    x = np.linspace(-1, 1, 5)
    problem = nnlib.NetworkFit(nnlib.MLP([1, 1]), x, 2 * x)
    fit = nnlib.train(nnlib.steepest_descent(problem, [0.0, 0.0], 0.1), goal=1e-3)
    assert repr(fit) == (
        "Result: steepest_descent on NetworkFit(MLP([1, 1]), 5 samples, squared-error)\n"
        f"  loss 5 → {fit.loss:.6g} in {fit.n_steps} steps\n"
        f"  converged: the loss {fit.loss:.4g} reached the goal 0.001"
    )


@pytest.mark.parametrize(
    ("losses", "accepted", "said"),
    [
        ([5.0], [True], "loss 10 → 5 in 1 step\n"),
        ([5.0, 5.0], [True, False], "loss 10 → 5 in 2 steps (1 rejected)\n"),
        ([5.0, 7.0, 7.0], [True, True, False], "loss 10 → 5 in 3 steps (1 rejected), best after step 1\n"),
        ([15.0, 17.0], [True, True], "loss 10 → 10 in 2 steps, none better than the start\n"),
    ],
)
def test_repr_says_which_steps_were_rejected_and_which_was_best(losses, accepted, said):
    assert said in repr(nnlib.train(made_up(losses, accepted=accepted)))


def test_a_fit_can_be_pickled():
    x = np.linspace(-1, 1, 9)
    net = nnlib.MLP([1, 3, 1])
    problem = nnlib.NetworkFit(net, x, x**2)
    fit = nnlib.train(nnlib.levenberg_marquardt(problem, net.init(seed=0)), max_steps=10)
    copy = pickle.loads(pickle.dumps(fit))
    assert np.array_equal(copy.w, fit.w)
    assert (copy.reason, copy.reason.value) == (fit.reason, fit.reason.value)
    assert copy.converged == fit.converged
    assert np.array_equal(copy.predict(x), fit.predict(x))
    assert repr(copy) == repr(fit)


def test_predict_uses_the_best_weights():
    curve = nnlib.CurveFit(lambda w, x: w[0] * x, [1.0, 2.0], [3.0, 6.0])
    fit = nnlib.train(nnlib.levenberg_marquardt(curve, [0.0]))
    assert fit.predict([10.0, 20.0]) == pytest.approx([30.0, 60.0])


# ------------------------------------------------------------------------------------------------ reasons


REASONS = [getattr(StopReason, name) for name in SENTENCES]


def test_every_reason_can_be_filled_in_compared_hashed_and_pickled():
    for reason in REASONS:
        gaps = re.findall(r"{(\w+)", reason.value)
        filled = reason.with_numbers(**{name: 2 for name in gaps})
        assert gaps == [] or filled.value != reason.value
        assert "{" not in filled.value
        assert filled == reason == pickle.loads(pickle.dumps(filled))
        assert hash(filled) == hash(reason)
        assert str(filled) == filled.value == pickle.loads(pickle.dumps(filled)).value
        assert filled.converged == reason.converged
        assert [other for other in REASONS if other == filled] == [reason]


def test_only_reaching_what_was_asked_for_counts_as_converged():
    assert {reason.name for reason in REASONS if reason.converged} >= {"GOAL", "MIN_GRADIENT", "ROUNDING"}
    for reason in (StopReason.SADDLE, StopReason.MAX_STEPS, StopReason.NOT_FINITE, StopReason.VALIDATION):
        assert not reason.converged


# ------------------------------------------------------------------------------------------------ progress bar


def test_progress_bar_counts_the_steps_and_shows_the_loss(capsys):
    fit = nnlib.train(descent(), max_steps=25, progress=True)
    shown = capsys.readouterr().err
    assert "25/25" in shown
    assert f"loss {fit.loss:.4g}" in shown


def test_no_progress_bar_nothing_printed(capsys):
    nnlib.train(descent(), max_steps=5)
    assert capsys.readouterr() == ("", "")


def test_progress_bar_is_closed_after_an_interrupt(capsys):
    fit = nnlib.train(descent(problem=Bowl(interrupt_at(6))), max_steps=25, progress=True)
    assert fit.reason == StopReason.INTERRUPTED
    assert capsys.readouterr().err.endswith("\n")


def test_without_tqdm_the_error_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "tqdm.auto", None)
    with pytest.raises(ImportError, match="progress=True needs the package tqdm: pip install tqdm"):
        nnlib.train(descent(), progress=True)
    assert nnlib.train(descent(), max_steps=2).n_steps == 2


# ------------------------------------------------------------------------------------------------ bad input


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"max_steps": 0}, ValueError, "max_steps must be at least 1, got 0"),
        ({"goal": np.nan}, ValueError, "goal must be a finite number, got nan"),
        ({"max_seconds": 0}, ValueError, "max_seconds must be above 0, got 0"),
        ({"validation": [1.0]}, TypeError, r"validation must be a problem with loss\(w\), got list"),
        ({"callback": 3}, TypeError, "callback must be a function of a Step, got int"),
    ],
)
def test_bad_input_is_named_at_the_door(options, error, message):
    problem = Bowl()
    with pytest.raises(error, match=message):
        nnlib.train(descent(problem=problem), **options)
    assert problem.calls == 0


@pytest.mark.parametrize("steps", [Bowl(), nnlib.steepest_descent])
def test_steps_must_be_an_optimizer_at_work(steps):
    with pytest.raises(TypeError, match=r"steps must be an optimizer, levenberg_marquardt\(problem, w0\) say, got"):
        nnlib.train(steps)


# ---------------------------------------------------------------------------------------- interrupts, line by line


def interrupted_at(line, steps, **arguments):
    """The fit of a training that is interrupted at the `line`-th line of the package; None if it ends before."""
    count = 0

    def trace(frame, event, argument):
        nonlocal count
        if f"{os.sep}nnlib{os.sep}" not in frame.f_code.co_filename:
            return None
        if event == "line":
            count += 1
            if count == line:
                raise KeyboardInterrupt
        return trace

    previous = sys.gettrace()
    sys.settrace(trace)
    try:
        with np.errstate():  # an interrupt that hits numpy's own errstate half-way in must not reach other tests
            fit = nnlib.train(steps, max_steps=3, **arguments)
    finally:
        sys.settrace(previous)
    return fit if count >= line else None


@pytest.mark.parametrize("validated", [False, True])
@pytest.mark.parametrize("method", [nnlib.levenberg_marquardt, nnlib.bayesian_regularization, nnlib.adam])
def test_an_interrupt_at_any_line_of_a_run_leaves_a_fit_whose_parts_belong_together(method, validated):
    net, X = nnlib.MLP([1, 2, 1]), np.linspace(-1, 1, 5)
    problem, w0 = nnlib.NetworkFit(net, X, np.sin(3 * X)), net.init(seed=0)
    arguments = {"validation": problem} if validated else {}

    def run(line):
        return interrupted_at(line, method(problem, w0), **arguments)

    # The first lines check train's arguments: nothing is learned yet, and the interrupt goes through.
    first = next(line for line in range(1, 500) if outcome(run, line) is not KeyboardInterrupt)
    n_lines = 0
    for line in range(first, 100_000, 7):
        fit = run(line)
        if fit is None:
            break
        n_lines += 1
        assert fit.best_step <= fit.n_steps
        assert problem.loss(fit.w) == pytest.approx(fit.loss, rel=1e-12)
        assert repr(fit)
    assert n_lines > 50


def outcome(run, line):
    try:
        return run(line)
    except KeyboardInterrupt:
        return KeyboardInterrupt


def test_a_minimum_higher_than_a_point_on_the_way_is_not_what_was_asked_for():
    # A wide bowl with a narrow well beside its slope: the first step falls into the well, the second one out of it.
    class Bowl:
        def loss_and_gradient(self, w):
            distance = w[0] + 2
            well = 20 * np.exp(-50 * distance**2)
            return 0.5 * (w[0] - 3) ** 2 - well, (w - 3) + 100 * distance * well

        def loss(self, w):
            return self.loss_and_gradient(w)[0]

    fit = nnlib.train(nnlib.steepest_descent(Bowl(), [-4.5], learning_rate=1 / 3), max_steps=200)
    assert fit.reason == nnlib.StopReason.HIGHER_MINIMUM
    assert not fit.converged
    assert "is higher than the" in repr(fit) and f"after step {fit.best_step}" in repr(fit)
    assert fit.loss < 0.0
