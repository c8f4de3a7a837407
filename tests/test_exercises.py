"""Every check of every chapter, by the same tests: the right passes, each slip gets its own hint, nothing else passes.

A new chapter is in at once: its checks and questions are found here, with their right answers and slips.
"""

import ast
import importlib
import pkgutil
import re
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import nbformat
import numpy as np
import pytest
from chapters import without_magics

import nnlib
from nnlib.course import exercises
from nnlib.course.exercises import _exercise
from nnlib.course.exercises import levenberg_marquardt as lm
from nnlib.course.exercises._exercise import (
    Answers,
    Asked,
    Check,
    Contest,
    Exercise,
    Finding,
    Program,
    Question,
    Verdict,
    same,
)

NOTEBOOKS = Path(__file__).parent.parent / "notebooks"
MODULES = {
    module.name: importlib.import_module(f"{exercises.__name__}.{module.name}")
    for module in pkgutil.iter_modules(exercises.__path__)
    if not module.name.startswith("_")
}


def found(*kinds):
    """A parametrization over all objects of these kinds in the chapters' modules."""
    objects = [
        pytest.param(value, id=f"{name}.{variable}")
        for name, module in MODULES.items()
        for variable, value in vars(module).items()
        if isinstance(value, kinds)
    ]
    return pytest.mark.parametrize("question" if kinds == (Question,) else "check", objects)


def told(finding, verdict):
    """The message of a finding, which has this verdict and is made of sentences."""
    assert isinstance(finding, Finding) and finding.verdict is verdict, finding
    assert finding.message.endswith((".", "?")) and "Traceback" not in finding.message, finding
    return finding.message


def wrong(finding):
    return told(finding, Verdict.WRONG)


# ---------------------------------------------------------------------------------------------------------------------
# All checks
# ---------------------------------------------------------------------------------------------------------------------


@found(Check)
def test_the_stub_is_open_and_two_solutions_are_right(check):
    told(check(check.stub), Verdict.OPEN)
    assert len(check.solutions) >= 2
    for solution in check.solutions:
        told(check(solution), Verdict.RIGHT)
    assert repr(check) == f"the check of {check.name}"  # and not its answers


def test_where_there_are_no_cells_a_reader_is_told_where_to_do_an_exercise(monkeypatch):
    check = next(value for value in vars(lm).values() if isinstance(value, Check))
    assert "cells" not in told(check(check.stub), Verdict.OPEN)
    monkeypatch.setenv("SERVER_SOFTWARE", "voila/0.5.13")  # as Voila sets it for its kernels
    assert "open the chapter in JupyterLab" in told(check(check.stub), Verdict.OPEN)
    told(check(check.solutions[0]), Verdict.RIGHT)


@found(Check)
def test_each_slip_gets_its_own_hint_and_no_other(check):
    slips = list(check.slipped_answers())
    hints = {hint for hint, _ in slips}
    assert len(hints) >= 3
    for hint, answer in slips:
        message = wrong(check(answer))
        assert {known for known in hints if known in message} == {hint}, message


def raises(*arguments):
    raise ValueError("two lines\nof words")


def exits(*arguments):
    sys.exit("bye")


def never_ends(*arguments):
    while True:
        pass


def never_ends_and_swallows(*arguments):
    while True:
        try:
            raise ValueError
        except Exception:
            pass


JUNK = ["text", 3, np.nan, 1j, True, [1, 2], [[1], [2, 3]], (1, 2), {"a": 1}, {}, set(), object(), np.zeros(3), int]
RETURNED = [
    *JUNK,
    np.array([object()]),
    np.array(["a"]),
    [..., 1],
    lambda: 0,
    Fraction(1, 7),
    np.zeros((0, 2)),
    10**400,
    [10**400],
]


def junk_id(value):
    return type(value).__name__


@found(Check)
@pytest.mark.parametrize("junk", JUNK, ids=junk_id)
def test_whatever_comes_in_the_answer_is_a_sentence(check, junk):
    finding = check(junk)
    assert told(finding, finding.verdict) and finding.verdict is not Verdict.RIGHT


@found(Exercise, Program, Contest)
@pytest.mark.parametrize("junk", RETURNED, ids=junk_id)
def test_whatever_a_function_returns_the_answer_is_a_sentence(check, junk):
    finding = check(lambda *arguments: junk)
    assert told(finding, finding.verdict) and finding.verdict is not Verdict.RIGHT


@found(Exercise, Program, Contest)
def test_functions_that_raise_exit_or_take_other_arguments_are_told_so(check):
    assert "ValueError in line 2: two lines." in wrong(check(raises))
    assert "SystemExit" in wrong(check(exits))
    assert "must take" in wrong(check(lambda a, b, c, d, e, f, g, h, i: 0))


@found(Exercise, Program, Contest)
@pytest.mark.parametrize("endless", [never_ends, never_ends_and_swallows])
def test_a_function_that_never_ends_is_stopped(check, endless, monkeypatch):
    monkeypatch.setattr(_exercise, "PATIENCE", 0.02)
    tracing = sys.gettrace()
    assert "was stopped" in wrong(check(endless))
    assert sys.gettrace() is tracing and sys.exc_info() == (None, None, None)


# ---------------------------------------------------------------------------------------------------------------------
# Functions and dicts: what is nearly right
# ---------------------------------------------------------------------------------------------------------------------

NEARLY = {
    "zero": lambda value: 0 * value,
    "the wrong sign": lambda value: -value,
    "twice": lambda value: 2 * value,
    "half": lambda value: value / 2,
    "transposed": np.transpose,
    "off in the sixth digit": lambda value: value * (1 + 1e-6),
    "an entry more": lambda value: np.append(value, 1.0),
    "not finite": lambda value: value * np.nan,
    "complex": lambda value: value * (1 + 0j),
    "text": lambda value: str(value),
}


def is_number(value):
    return np.asarray(value).dtype.kind in "iuf"


@found(Exercise)
@pytest.mark.parametrize("nearly", NEARLY)
def test_a_function_that_is_nearly_right_does_not_pass(check, nearly):
    right = check.observed(check.right)
    for k, quantity in enumerate(check.quantities):
        values = [value for value in right[quantity].values() if is_number(value)]
        if not values or all(same(NEARLY[nearly](value), value, 12) for value in values if nearly == "transposed"):
            continue

        def answer(*arguments, k=k):
            given = check.right(*arguments)
            if len(check.quantities) == 1:
                return NEARLY[nearly](given)
            return (*given[:k], NEARLY[nearly](given[k]), *given[k + 1 :])

        assert quantity in wrong(check(answer))


@found(Exercise)
def test_a_function_that_works_for_one_case_or_harms_its_arguments_does_not_pass(check):
    assert len(check.cases) >= 2
    for case in check.cases:
        first = check.right(*case)
        wrong(check(lambda *arguments, first=first: first))
    assert "tuple" in wrong(check(lambda *arguments: (check.right(*arguments), 0, 0, 0, 0)))
    if any(isinstance(argument, np.ndarray) for argument in check.cases[0]):
        assert "changes its argument" in wrong(check(harmful(check.right)))


def harmful(function):
    """The function, which afterwards sets the arrays among its arguments to 7."""

    def harm(*arguments):
        answer = function(*(np.copy(a) if isinstance(a, np.ndarray) else a for a in arguments))
        for argument in arguments:
            if isinstance(argument, np.ndarray):
                argument[...] = 7
        return answer

    return harm


@found(Answers)
def test_an_entry_that_is_nearly_right_does_not_pass(check):
    right, _ = check.solutions
    for name, asked in check.asked.items():
        if not is_number(asked.right):
            continue
        for nearly, change in NEARLY.items():
            value = change(np.asarray(asked.right, dtype=float))
            if nearly == "off in the sixth digit" or (nearly == "transposed" and same(value, asked.right, 12)):
                continue
            assert name in wrong(check({**right, name: value})), nearly


@found(Answers)
def test_entries_left_out_are_open_and_misspelled_ones_are_named(check):
    right, _ = check.solutions
    for name, asked in check.asked.items():
        others = {other: value for other, value in right.items() if other != name}
        assert told(check(others), Verdict.OPEN).startswith(name)
        assert told(check({**right, name: ...}), Verdict.OPEN).startswith(name)
        assert "'nonsense'" in wrong(check({**right, "nonsense": 1}))
        if asked.options:
            assert "must be one of" in wrong(check({**right, name: "nonsense"}))


# ---------------------------------------------------------------------------------------------------------------------
# Whole programs
# ---------------------------------------------------------------------------------------------------------------------


def early(right):
    """Only the first trial, whatever number is asked."""
    return lambda problem, w, *others: right(problem, w, *others[:-1], 1)


def too_long(right):
    return lambda problem, w, *others: right(problem, w, *others[:-1], 3 * others[-1])


def goes_on(right):
    def program(problem, w, *others):
        while True:
            try:
                w = w + 1e-3
                problem.loss(w)
            except Exception:
                pass

    return program


def swallows(right):
    """Its bare except swallows even that it is stopped."""

    def program(problem, w, *others):
        for k in range(2000):
            try:
                problem.loss(w + 0 * k)
            except:  # noqa: E722
                pass
        return w

    return program


def with_weights(change):
    return lambda right: lambda *arguments: change(right(*arguments))


ROUNDING_OR_SHAPE = ("transposed", "off in the sixth digit")  # six digits are asked of a program, of a vector
BROKEN = {
    "early": early,
    "too long": too_long,
    "goes on": goes_on,
    "swallows": swallows,
    "harmful": harmful,
    "the start": lambda right: lambda problem, w, *others: w,
    "a tuple": with_weights(lambda w: (w, [])),
    "the loss": lambda right: lambda problem, w, *others: problem.loss(right(problem, w, *others)),
    **{f"weights {name}": with_weights(change) for name, change in NEARLY.items() if name not in ROUNDING_OR_SHAPE},
}
DIFFERS = {"goes on": "stopped|first that differs", "swallows": "stopped", "harmful": "changes", "a tuple": "tuple"}


@found(Program)
@pytest.mark.parametrize("broken", BROKEN)
def test_a_program_that_is_nearly_right_does_not_pass(check, broken):
    assert re.search(DIFFERS.get(broken, ""), wrong(check(BROKEN[broken](check.right))))


# ---------------------------------------------------------------------------------------------------------------------
# Questions
# ---------------------------------------------------------------------------------------------------------------------


@found(Question)
def test_a_question_has_options_that_look_alike_and_a_reason_for_each(question):
    options = [text.casefold().strip(" .") for text in question.options]
    assert all(a not in b for a in options for b in options if a is not b)
    others = [len(text) for text in question.options if text != question.answer]
    assert len(question.answer) <= 1.7 * max(others)
    assert len(set(question.reasons.values())) == len(options)
    for i, option in enumerate(question.options):
        verdict = question.verdict(i)
        assert option in verdict and question.answer in verdict and question.reasons[option] in verdict
        assert question.reasons[option].endswith((".", "?"))


@pytest.mark.parametrize(
    ("options", "answer", "message"),
    [
        ({"a": "b"}, "a", "at least two"),
        (["a", "b"], "a", "at least two"),
        ({"a": "so", "b": " "}, "a", "not empty"),
        ({"a": "so", "b": "so"}, "c", "answer must be one"),
    ],
)
def test_a_question_that_is_not_complete_is_refused(options, answer, message):
    with pytest.raises(ValueError, match=message):
        Question("What?", options, answer)


# ---------------------------------------------------------------------------------------------------------------------
# The machinery by itself
# ---------------------------------------------------------------------------------------------------------------------


def test_same_is_relative_to_the_largest_entry():
    right = np.array([[4e-12, 1e-12], [0.0, 3e-12]])
    assert same(right * (1 + 1e-9), right, 8)
    for other in (0 * right, -right, 2 * right, right / 2, right.T, right[0], right * (1 + 1e-7), right * np.nan):
        assert not same(other, right, 8)


BOTH = Exercise(
    name="both",
    quantities=("the sum", "the product"),
    cases=[(2.0, 5.0), (3.0, 4.0)],
    right=lambda a, b: (a + b, a * b),
    also_right=lambda a, b: (b + a, b * a),
    slips={"This is a quotient.": lambda a, b: (a + b, a / b)},
    praise="both.",
)


def test_an_interrupt_by_the_reader_passes_through():
    def interrupted(a, b):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        BOTH(interrupted)


def test_fractions_and_rounded_numbers_do_on_paper():
    check = Answers(name="paper", asked={"third": Asked(right=1 / 3), "pair": Asked(right=[1, 2])}, praise="yes.")
    pairs = (1, 2), np.array([1, 2.0]), [Fraction(1), Fraction(4, 2)]
    for answers in ({"third": third, "pair": pair} for third in (Fraction(1, 3), 0.3333) for pair in pairs):
        told(check(answers), Verdict.RIGHT)
    assert "one number" in wrong(check({"third": [1 / 3], "pair": [1, 2]}))


def test_several_quantities_are_compared_in_order():
    told(BOTH(BOTH.also_right), Verdict.RIGHT)
    assert wrong(BOTH(lambda a, b: (a - b, a / b))).startswith("the sum is off by 10 for both(2.0, 5.0)")
    assert wrong(BOTH(lambda a, b: (a + b, a / b))).endswith("both(2.0, 5.0). This is a quotient.")
    assert "2 things: the sum, the product" in wrong(BOTH(lambda a, b: a + b))
    assert "(3.0, 4.0)" in wrong(BOTH(lambda a, b: (a + b, 10.0)))
    told(BOTH(lambda a, b: (a + b, ...)), Verdict.OPEN)


def test_the_checks_need_no_live_figures():
    program = "import sys, nnlib; nnlib.exercises.start_here; sys.exit('nnlib.live' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program]).returncode == 0


# ---------------------------------------------------------------------------------------------------------------------
# Chapter 11
# ---------------------------------------------------------------------------------------------------------------------


def chapters_own_loop(problem, w, mu, steps):
    """The ×10/÷10 loop that the chapter shows, pasted in."""
    trials = []
    JTJ, g, loss = problem.normal_equations(w)
    for _ in range(steps):
        trial = w + np.linalg.solve(JTJ + mu * np.eye(len(w)), -g)
        trials.append(trial)
        if problem.loss(trial) < loss:
            w, mu = trial, mu / 10
            JTJ, g, loss = problem.normal_equations(w)
        else:
            mu = mu * 10
    return w, trials


def literal(problem, w, mu, steps):
    """The rule read literally: `while` the trial is no better, raise μ."""
    for _ in range(steps):
        JTJ, g, loss = problem.normal_equations(w)
        growth = 2.0
        p = -np.linalg.solve(JTJ + mu * np.eye(len(w)), g)
        while problem.loss(w + p) >= loss:
            mu, growth = mu * growth, 2 * growth
            p = -np.linalg.solve(JTJ + mu * np.eye(len(w)), g)
        rho = (loss - problem.loss(w + p)) / (0.5 * p @ (mu * p - g))
        w, mu = w + p, mu * max(1 / 3, 1 - (2 * rho - 1) ** 3)
    return w


def test_the_chapters_own_loop_is_told_the_rule_and_what_to_return():
    message = wrong(lm.check_gain_ratio_rule(chapters_own_loop))
    assert "it is Marquardt's rule" in message and message.endswith("a tuple of 2. Return the weights alone.")


def test_a_literal_while_is_told_that_rejected_trials_are_steps():
    assert "one that is not kept is a step too" in wrong(lm.check_gain_ratio_rule(literal))


def test_the_right_rule_that_never_comes_to_an_end_is_told_so():
    def endless(problem, w, mu, steps):
        while True:
            w = lm.check_gain_ratio_rule.also_right(problem, w, mu, steps)

    assert "stopped after 190 evaluations. At the minimum" in wrong(lm.check_gain_ratio_rule(endless))


def test_the_contest_is_not_won_by_a_point_that_somebody_knows():
    message = wrong(lm.check_contest(lambda problem, w: problem.loss(np.array([1.42095939, -0.9225806]))))
    assert "201 trials (1 + 100 + 100)" in message and "Given up after 100: a falling curve, a steep curve." in message


def test_the_contest_takes_options():
    told(lm.check_contest({"mu": 0.3, "rule": "gain-ratio", "damping": "identity"}), Verdict.RIGHT)
    told(lm.check_contest({"mu": 0.3, "rule": ..., "damping": "identity"}), Verdict.OPEN)
    assert "'rool' is none of the options mu, rule, damping." in wrong(lm.check_contest({"mu": 1, "rool": 2}))
    assert "do not work: mu must be a number" in wrong(lm.check_contest({"mu": "a"}))
    assert "154" in wrong(lm.check_contest({}))


def test_the_target_of_the_contest_is_demanding():
    entries = {mu: lm.check_contest({"mu": mu}).verdict for mu in 10.0 ** np.arange(-4, 4)}
    assert [mu for mu, verdict in entries.items() if verdict is Verdict.RIGHT] == [0.1, 1.0]


def test_two_broken_loops_arrive_all_the_same():
    """What check_bugs says to a reader who found all."""
    minimum = nnlib.train(nnlib.levenberg_marquardt(lm.NEURON, lm.BAD_START)).loss
    ends = {name: lm.NEURON.loss(loop(lm.NEURON, lm.BAD_START, 1e-3, 30)) for name, loop in lm.broken_loops.items()}
    arrived = {name for name, loss in ends.items() if loss < 1.001 * minimum}
    assert arrived == {"loop_a", "loop_c"}


# ---------------------------------------------------------------------------------------------------------------------
# The chapters: stubs and solutions as readers see them
# ---------------------------------------------------------------------------------------------------------------------

PYTHON = re.compile(r"```python\n(.*?)```", re.DOTALL)


def exercises_of(path):
    """(names, stub, solution, check) as source text, for each exercise of a chapter: a cell tagged `exercise` holds
    the stub and ends with the call of its check; the next cell tagged `solution` is its solution. The names are what it
    may use: the chapter's imports, then its functions, classes and tables (dicts named in CAPITALS)."""
    cells = [(cell.cell_type, cell.source, cell.metadata.get("tags", [])) for cell in nbformat.read(path, 4).cells]
    lesson = [source for kind, source, tags in cells if kind == "code" and not {"exercise", "claims"} & set(tags)]
    trees = [ast.parse(without_magics(source)) for source in lesson]
    imports = [node for tree in trees for node in ast.walk(tree) if isinstance(node, (ast.Import, ast.ImportFrom))]
    names = imports + [node for tree in trees for node in tree.body if is_for_use(node)]
    for at, (_, source, tags) in enumerate(cells):
        if "exercise" in tags:
            stub, check = source.rstrip().rsplit("\n", 1)
            solution = next(source for _, source, tags in cells[at:] if "solution" in tags)
            code = PYTHON.search(solution).group(1)
            name = f"{path.stem}-{check.split('(')[0]}"
            yield pytest.param("\n".join(map(ast.unparse, names)), stub, code, check, id=name)


def is_for_use(node: ast.stmt) -> bool:
    if isinstance(node, ast.Assign):
        return isinstance(node.value, ast.Dict) and ast.unparse(node.targets[0]).isupper()
    return isinstance(node, (ast.FunctionDef, ast.ClassDef))


ALL = [case for path in sorted(NOTEBOOKS.glob("*.ipynb")) for case in exercises_of(path)]


@pytest.mark.parametrize(("names", "stub", "solution", "check"), ALL)
def test_the_stub_of_a_chapter_is_open_and_its_solution_is_right(names, stub, solution, check):
    for source, verdict in ((stub, Verdict.OPEN), (solution, Verdict.RIGHT)):
        space = {}
        exec(f"{names}\n{source}", space)
        told(eval(check, space), verdict)
