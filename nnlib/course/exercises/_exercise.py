"""Exercises and questions as data; the checks say what they found in a sentence, whatever comes in.

- `Exercise`: the reader writes a function. It runs on several cases.
- `Program`: the reader writes a whole training loop. The problem handed in notes every point that is tried.
- `Answers`: the reader fills in a dict, by hand or after reading something.
- `Contest`: the reader's function is given a score.
- `Question`: what a figure asks before it moves.

All but the contest share one way to judge. What the reader's answer gives and what the right answer gives are laid out
alike, {quantity: {case: value}}, and compared in this order. The first value that is off is named, and the slip that
gives this very value says where it comes from. Slips are answers themselves, as somebody writes them who needs the
hint; so the tests hand each of them in and expect its hint.
"""

from __future__ import annotations

import copy
import dis
import inspect
import itertools
import numbers
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum

import numpy as np

PATIENCE = 10.0  # seconds that a reader's function may take
NO_CELLS = "This page has no cells to write in. To do the exercise, open the chapter in JupyterLab."


class Verdict(Enum):
    """What a check found."""

    OPEN = "○ Not done yet"
    RIGHT = "✓ Right"
    WRONG = "✗ Not quite"


@dataclass(frozen=True)
class Finding:
    """The result of a check; its repr is what the reader sees."""

    verdict: Verdict
    message: str

    def __repr__(self) -> str:
        return f"{self.verdict.value}: {self.message}"


class Told(Exception):
    """Ends a check with what is to be told to the reader."""

    def __init__(self, message: str, verdict: Verdict = Verdict.WRONG):
        super().__init__(message)
        self.finding = Finding(verdict, message)


class Endless(BaseException):
    """Stops the reader's program; no Exception, so that an `except Exception` in it does not swallow it."""


# ---------------------------------------------------------------------------------------------------------------------
# Running the reader's function
# ---------------------------------------------------------------------------------------------------------------------


def run(name: str, function: Callable, arguments: Sequence, parameters: Sequence[str]):
    """What the reader's function returns, or Told why it returns nothing that can be judged."""
    if is_open(function):
        raise Told(f"{name} is not there yet. Write it and run the cell again.", Verdict.OPEN)
    if not callable(function):
        raise Told(f"{name} must be a function, this is {kind(function)}.")
    handed_in, kept = copy.deepcopy(list(arguments)), copy.deepcopy(list(arguments))
    _require_signature(name, function, parameters)
    try:
        with _patience(), np.errstate(all="ignore"):
            answer = function(*handed_in)
    except NotImplementedError:
        answer = None
    except (Exception, SystemExit) as error:
        raise Told(f"{name} stops with {_sentence(error, function)}") from None
    for parameter, before, after in zip(parameters, kept, handed_in, strict=True):
        if _changed(before, after):
            raise Told(
                f"{name} changes its argument {parameter}, and whoever called it goes on with other numbers. "
                f"Make a new array: {parameter} = {parameter} + … does, {parameter} += … does not."
            )
    if is_open(answer):
        missing = "is not complete yet" if isinstance(answer, (list, tuple)) else "returns nothing so far"
        raise Told(f"{name} {missing}. Replace the dots and run the cell again.", Verdict.OPEN)
    return answer


def _require_signature(name, function, parameters):
    try:
        inspect.signature(function).bind(*parameters)
    except TypeError:
        count = f"{len(parameters)} argument{'' if len(parameters) == 1 else 's'}"
        raise Told(f"{name} must take {count}: {name}({', '.join(parameters)}).") from None
    except ValueError:  # a function written in C does not tell its arguments
        pass


@contextmanager
def _patience():
    """Stop code that takes longer than PATIENCE, by a look at the clock between its operations.

    It is stopped at a jump, as by Ctrl-C: in the middle of an `except` the exception handled there would stay behind.
    Only the code of others is looked at: numpy's and nnlib's comes to an end.
    """
    ends, before = time.perf_counter() + PATIENCE, sys.gettrace()

    def between_operations(frame, event, argument):
        if time.perf_counter() > ends and "JUMP" in dis.opname[frame.f_code.co_code[frame.f_lasti]]:
            raise Endless(f"after {PATIENCE:g} seconds")
        return between_operations

    def at_call(frame, event, argument):
        if frame.f_globals.get("__name__", "").partition(".")[0] in ("numpy", "nnlib"):
            return None
        frame.f_trace_opcodes = True  # `while True: pass` on one line never comes to a new line
        return between_operations

    sys.settrace(at_call)
    try:
        yield
    finally:
        sys.settrace(before)


def _sentence(error: BaseException, function: Callable) -> str:
    """The error as a sentence, with the line of the reader's function where it came up."""
    code, line, trace = getattr(function, "__code__", None), "", error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code is code:
            line = f" in line {trace.tb_lineno - code.co_firstlineno + 1}"
        trace = trace.tb_next
    text = str(error).strip().partition("\n")[0][:200]
    return f"{type(error).__name__}{line}{': ' if text else ''}{text.rstrip('.')}."


def _changed(before, after) -> bool:
    if isinstance(before, np.ndarray):
        return not (before.shape == after.shape and np.array_equal(before, after, equal_nan=before.dtype.kind in "fc"))
    if isinstance(before, (list, tuple)):
        return len(before) != len(after) or any(map(_changed, before, after))
    if isinstance(before, dict):
        return before.keys() != after.keys() or any(_changed(before[key], after[key]) for key in before)
    return isinstance(before, (numbers.Number, str)) and before != after


# ---------------------------------------------------------------------------------------------------------------------
# Values: what they are, whether they are the same
# ---------------------------------------------------------------------------------------------------------------------


def kind(value) -> str:
    """What a value is, for a message."""
    name = {"str": "text", "NoneType": "nothing", "ellipsis": "nothing yet", "bool": "a truth value"}.get(
        type(value).__name__, type(value).__name__
    )
    return name if " " in name or name in ("text", "nothing") else f"{'an' if name[0] in 'aeiou' else 'a'} {name}"


def is_open(value) -> bool:
    """Whether it is nothing yet, or dots are left in it."""
    if isinstance(value, (list, tuple)):
        return any(map(is_open, value))
    return value is None or value is ...


def in_kind(what: str, value, right):
    """The value as the same kind of thing as the right one, text, truth value or numbers, or Told that it is none."""
    if isinstance(right, str):
        if not isinstance(value, str):
            raise Told(f"{what} must be text, in quotes; this is {kind(value)}.")
        return value.strip()
    if isinstance(right, (bool, np.bool_)):
        if not isinstance(value, (bool, np.bool_)):
            raise Told(f"{what} must be True or False, this is {kind(value)}.")
        return bool(value)
    return _as_numbers(what, value)


def _as_numbers(what: str, value) -> np.ndarray:
    try:
        array = np.asarray(value)
        if array.dtype == object and all(map(_is_real, array.flat)):  # Fractions, say
            array = array.astype(float)
    except Exception:  # lists of different lengths, an object that cannot become an array, a number beyond all floats
        raise Told(f"{what} must be a number or an array of numbers, this is {kind(value)}.") from None
    if array.dtype.kind == "c":
        raise Told(f"{what} is complex. All numbers here are real.")
    if array.dtype.kind not in "iuf":
        inside = "" if isinstance(value, str) or array.ndim == 0 else f" of {_entries(array)}"
        raise Told(f"{what} must be numbers, this is {kind(value)}{inside}.")
    if not np.isfinite(array).all():
        why = "Is something divided by zero, a logarithm taken of 0, or has it overflowed?"
        raise Told(f"{what} is not finite: it holds nan or inf. {why}")
    return array.astype(float)


def _is_real(value) -> bool:
    return isinstance(value, numbers.Real) and not isinstance(value, bool)


def _entries(array: np.ndarray) -> str:
    return {"U": "text", "S": "text", "b": "truth values"}.get(array.dtype.kind, "objects")


def same(a, b, digits: int) -> bool:
    """Equal texts or truth values; numbers alike to so many digits of b's largest entry, without absolute tolerance."""
    if a is None or b is None:
        return a is b
    if isinstance(b, (str, bool, np.bool_)):
        return a == b
    a, b = np.asarray(a, dtype=float), np.asarray(b, dtype=float)
    return a.shape == b.shape and bool(np.abs(a - b).max(initial=0) <= 10.0**-digits * np.abs(b).max(initial=0))


# ---------------------------------------------------------------------------------------------------------------------
# Judging
# ---------------------------------------------------------------------------------------------------------------------


def on_voila() -> bool:
    """Whether the chapter runs as a page of Voila, which shows outputs alone; it tells the kernel so."""
    return os.environ.get("SERVER_SOFTWARE", "").startswith("voila/")


class Check:
    """What all checks share: to be called with the reader's answer, they return a Finding.

    A check has `name`, `praise` and `digits`, and for the tests: `stub`, `solutions` (two right answers, written
    differently) and `slipped_answers()`, pairs of a hint and the answer that earns it.
    """

    name: str
    praise: str
    digits: int
    endless: str = "Does each of its loops come to an end?"

    def __repr__(self) -> str:
        return f"the check of {self.name}"

    def __call__(self, answer) -> Finding:
        finding = self._found(answer)
        return Finding(Verdict.OPEN, NO_CELLS) if finding.verdict is Verdict.OPEN and on_voila() else finding

    def _found(self, answer) -> Finding:
        try:
            return self._judged(answer)
        except Told as told:
            return told.finding
        except Endless as stopped:
            return Finding(Verdict.WRONG, f"{self.name} was stopped {stopped}. {self.endless}")

    def _first_off(self, given: Mapping, expected: Mapping) -> tuple[str, str] | None:
        """Quantity and case of the first value that is not the expected one."""
        for quantity, cases in expected.items():
            for case, right in cases.items():
                if not same(given[quantity].get(case), right, self.digits):
                    return quantity, case
        return None

    def _hint(self, given: Mapping, slips: Iterator[tuple[str, Mapping]], quantity: str, case: str) -> str:
        """Of the slips that give the reader's value there, the one that agrees in most cases; "" if there is none."""
        agreements = {}
        for hint, cases in ((hint, slipped[quantity]) for hint, slipped in slips):
            alike = [c for c in cases if same(given[quantity].get(c), cases[c], min(self.digits, 6))]
            if case in alike:
                agreements[hint] = len(alike)
        return max(agreements, key=agreements.get, default="")


def _difference(value, right) -> str:
    """How the value differs from the right one, as the end of a sentence."""
    if isinstance(right, (str, bool, np.bool_)):
        return f"is not {value!r}"
    if value.shape != np.shape(right):
        this, not_that = (
            "one number" if shape == () else f"an array of shape {shape}" for shape in (value.shape, np.shape(right))
        )
        return f"is {this}, not {not_that}"
    if not np.isfinite(value).all():
        return "is not finite"
    return f"is off by {'' if value.ndim == 0 else 'up to '}{np.abs(value - right).max():.3g}"


def _likely_cause(values: list, rights: list) -> str:
    """What is wrong in the same simple way in all cases, for an answer that is none of the foreseen slips."""
    pairs = list(zip(values, rights, strict=True))
    if any(value is None or isinstance(value, (str, bool)) for value in values):
        return ""
    if not any(value.any() for value in values):
        return "It is zero."
    if len(values) > 1 and all(same(value, values[0], 12) for value in values):
        return "It is the same whatever the arguments are: is it typed in?"
    if any(value.shape != np.shape(right) for value, right in pairs):
        transposed = all(value.ndim > 1 and value.T.shape == np.shape(right) for value, right in pairs)
        return "Is a transpose missing, or one too many?" if transposed else "Look at the shapes, factor by factor."
    if all(value.ndim > 1 and same(value.T, right, 6) for value, right in pairs):
        return "It is the transpose of the right one."
    value, right = (np.concatenate([np.ravel(entry) for entry in entries]) for entries in (values, rights))
    factor = value @ right / (right @ right) if right.any() else 0.0
    if factor and same(value, factor * right, 6):
        return "The sign is the wrong one." if same(factor, -1.0, 6) else f"It is {factor:.4g} times the right one."
    return ""


# ---------------------------------------------------------------------------------------------------------------------
# The reader writes a function
# ---------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class _OfFunctions(Check):
    """What the two checks of functions share.

    Parameters
    ----------
    name : str
        Of the reader's function; its arguments have the names that those of `right` have.
    right, also_right : callable
        The right function, and another one that does the same differently.
    slips : mapping of str to callable
        Hint, and the function that somebody writes who needs it.
    praise : str
        What is said of the right answer.
    """

    name: str
    right: Callable
    also_right: Callable
    slips: Mapping[str, Callable]
    praise: str

    @staticmethod
    def stub(*arguments):
        """The reader's function before anything is written."""

    @property
    def solutions(self) -> tuple[Callable, Callable]:
        """Two right answers, written differently."""
        return self.right, self.also_right

    def slipped_answers(self) -> Iterator[tuple[str, Callable]]:
        """Each hint with the function that earns it."""
        return iter(self.slips.items())

    def _run(self, function, arguments: Sequence):
        return run(self.name, function, arguments, list(inspect.signature(self.right).parameters))


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Exercise(_OfFunctions):
    """Call it with the reader's function: it runs on the cases and is compared with `right`, else with the slips.

    Parameters
    ----------
    quantities : tuple of str
        What the function returns, as the messages call it: one name, or several for one that returns a tuple.
    cases : list of tuples
        Arguments of each call. At least two, drawn so that no two slips give the same numbers in any of them.
    digits : int, default 8
        To how many digits of its largest entry a value must be right.
    """

    quantities: tuple[str, ...]
    cases: Sequence[tuple]
    digits: int = 8

    def observed(self, function: Callable) -> dict[str, dict[str, object]]:
        """{quantity: {case: value}} of one of the module's own functions."""
        return self._laid_out(lambda arguments: function(*copy.deepcopy(arguments)))

    def _laid_out(self, answer: Callable) -> dict[str, dict[str, object]]:
        laid_out = {quantity: {} for quantity in self.quantities}
        for k, arguments in enumerate(self.cases, 1):
            values = answer(arguments)
            for quantity, value in zip(self.quantities, values if len(self.quantities) > 1 else [values], strict=True):
                laid_out[quantity][self._call(k, arguments)] = value
        return laid_out

    def _judged(self, function) -> Finding:
        expected = self.observed(self.right)
        given = self._laid_out(lambda arguments: self._answer(function, arguments))
        given = {
            quantity: {case: in_kind(quantity, value, expected[quantity][case]) for case, value in cases.items()}
            for quantity, cases in given.items()
        }
        off = self._first_off(given, expected)
        if off is None:
            return Finding(Verdict.RIGHT, self.praise)
        quantity, case = off
        values, rights = given[quantity], expected[quantity]
        hint = self._hint(given, ((hint, self.observed(slip)) for hint, slip in self.slips.items()), *off)
        hint = hint or _likely_cause(list(values.values()), list(rights.values()))
        told = f"{quantity} {_difference(values[case], rights[case])} for {case}. {hint}"
        return Finding(Verdict.WRONG, told.strip())

    def _answer(self, function, arguments):
        answer, n = self._run(function, arguments), len(self.quantities)
        if n == 1 and isinstance(answer, tuple):
            raise Told(f"{self.name} returns a tuple of {len(answer)}, asked is {self.quantities[0]} alone.")
        if n > 1 and not (isinstance(answer, tuple) and len(answer) == n):
            raise Told(f"{self.name} must return {n} things: {', '.join(self.quantities)}. This is {kind(answer)}.")
        return answer

    def _call(self, k: int, arguments: Sequence) -> str:
        """Case k as text: the whole call where that is short."""
        parameters = inspect.signature(self.right).parameters
        texts = [
            name if callable(value) else repr(value.tolist() if isinstance(value, np.ndarray) else value)
            for name, value in zip(parameters, arguments, strict=True)
        ]
        call = f"{self.name}({', '.join(texts)})"
        return call if len(call) <= 80 else f"case {k} of {len(self.cases)}"


# ---------------------------------------------------------------------------------------------------------------------
# The reader writes a whole program
# ---------------------------------------------------------------------------------------------------------------------


class Watched:
    """A problem as it is handed to the reader's program: it notes every point that is tried, and ends what goes on.

    It has all attributes of the problem. `trials` are the points other than the start at which anything was evaluated,
    each once.
    """

    def __init__(self, problem, start: np.ndarray, limit: int, goal: float = -np.inf, most: float = np.inf):
        """`limit` is the number of evaluations, `most` that of trials; below the loss `goal` nothing more is needed."""
        self._problem, self.limit, self.goal, self.most = problem, limit, goal, most
        self.evaluations, self.arrived = 0, False
        self._points = {start.tobytes(): start}

    @property
    def trials(self) -> list[np.ndarray]:
        """The points, in the order in which they were tried first."""
        return list(self._points.values())[1:]

    def __deepcopy__(self, memo):
        return self  # it is there to be changed

    def __getattr__(self, name: str):
        attribute = getattr(self._problem, name)
        if not callable(attribute):
            return attribute

        def evaluated(w, *others, **options):
            self.note(w)
            return attribute(w, *others, **options)

        return evaluated

    def note(self, w) -> None:
        """Count an evaluation at w."""
        self.evaluations += 1
        self.require_limit()
        try:
            point = np.array(w, dtype=float)
        except (TypeError, ValueError):
            return  # the problem itself will complain
        self._points.setdefault(point.tobytes(), point)
        self.arrived = self.goal > -np.inf and self._problem.loss(point) < self.goal
        self.require_limit()

    def require_limit(self) -> None:
        """End the program that has evaluated too often, or enough."""
        if self.arrived:
            raise Endless("at the goal")
        if self.evaluations > self.limit:
            raise Endless(f"after {self.limit} evaluations")
        if len(self._points) - 1 > self.most:
            raise Endless(f"after {self.most} trials")


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Program(_OfFunctions):
    """Call it with the reader's training loop: it runs on problems that note every point that is tried.

    The points are compared with those of `right`, until it is at a minimum; what follows is a matter of rounding. Then
    the weights that it returns are compared.

    Parameters
    ----------
    cases : mapping of str to tuple
        Name and arguments of each run: the problem first, the start second, the number of trials last.
    endless : str
        What is said of a program that does not end.
    digits : int, default 6
        To how many digits of its largest entry a point must be right.
    """

    cases: Mapping[str, tuple]
    endless: str = Check.endless
    digits: int = 6

    def observed(self, program: Callable, arguments: Sequence) -> tuple[dict[str, dict[str, object]], Told | None]:
        """{"trials": {"trial 1": w, …}, "weights": {"": w}} of a run, and why it gave no weights if it gave none."""
        problem, start, *others = arguments
        watched, w, told = Watched(problem, start, limit=10 * others[-1] + 100), None, None
        try:
            w = self._weights(self._run(program, (watched, start, *others)), start)
            watched.require_limit()  # where a bare `except` has swallowed that it was stopped
        except Endless as stopped:
            told = Told(f"{self.name} was stopped {stopped}. {self.endless}")
        except Told as why:
            told = why
        trials = {f"trial {k}": point for k, point in enumerate(watched.trials, 1)}
        return {"trials": trials, "weights": {"": w}}, told

    def _weights(self, answer, start) -> np.ndarray:
        if isinstance(answer, tuple):
            raise Told(f"{self.name} returns a tuple of {len(answer)}. Return the weights alone.")
        w = in_kind(f"What {self.name} returns", answer, start)
        if w.shape != start.shape:
            raise Told(f"{self.name} must return the weights, shape {start.shape}; this has shape {w.shape}.")
        return w

    def _judged(self, program) -> Finding:
        for case, arguments in self.cases.items():
            told = self._told(program, arguments)
            if told:
                return Finding(Verdict.WRONG, f"On {case} {told}")
        return Finding(Verdict.RIGHT, self.praise)

    def _told(self, program, arguments: Sequence) -> str:
        """What is to be said of a run: of its trials, its end, their number, its weights; "" if all is right."""
        expected = self._right(arguments)
        given, told = self.observed(program, arguments)
        off, allowed, tried = self._first_off(given, expected), arguments[-1], len(given["trials"])
        differs = off and off[0] == "trials" and off[1] in given["trials"]
        if told and not differs:
            raise told
        if tried > allowed and not differs:
            return f"{tried} points are tried where {allowed} are allowed: one that is not kept is a step too."
        if not off:
            return ""
        slips = ((hint, self.observed(slip, arguments)[0]) for hint, slip in self.slips.items())
        besides = f"Besides: {told}" if told and told.finding.verdict is Verdict.WRONG else ""
        sentences = self._first_difference(given, expected, *off), self._hint(given, slips, *off), besides
        return " ".join(filter(None, sentences))

    def _first_difference(self, given, expected, quantity, trial) -> str:
        if quantity == "weights":
            return "the trials are right, but other weights are returned than those of the last kept one."
        if trial not in given["trials"]:
            return f"{self.name} ends after {len(given['trials'])} of {len(expected['trials'])} trials."
        difference = _difference(given["trials"][trial], expected["trials"][trial])
        return f"{trial} is the first that differs: it {difference}."

    def _right(self, arguments: Sequence) -> dict[str, dict[str, object]]:
        """What the right program does, its trials only until their losses differ from the lowest by less than 1e-9."""
        problem, start, *_ = arguments
        expected, _ = self.observed(self.right, arguments)
        losses = np.array([problem.loss(w) for w in [start, *expected["trials"].values()]])
        lowest = np.fmin.accumulate(losses)[:-1]
        rounding = np.abs(losses[1:] - lowest) <= 1e-9 * losses[0]
        compared = int(np.argmax(rounding)) if rounding.any() else len(rounding)
        return {**expected, "trials": dict(itertools.islice(expected["trials"].items(), compared))}


# ---------------------------------------------------------------------------------------------------------------------
# The reader fills in a dict
# ---------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Asked:
    """One entry of the dict that the reader fills in.

    Parameters
    ----------
    right : number, array, text or truth value; a list of them with `each`
        The right answer.
    slips : mapping of str to the same kind of thing
        Hint, and the value that somebody gives who needs it.
    each : str, default ""
        What an entry of the list is, "row" say: each is then compared and named by itself.
    options : tuple of str
        For texts: what there is to choose from.
    hint : str, default ""
        What is said of a value that is none of the slips.
    """

    right: object
    slips: Mapping[str, object] = field(default_factory=dict)
    each: str = ""
    options: tuple[str, ...] = ()
    hint: str = ""

    def cases(self, value) -> dict[str, object]:
        """{case: value}: the entries of a list that is compared one by one, else the one value."""
        if not self.each:
            return {"": value}
        return {f"{self.each} {k}": entry for k, entry in enumerate(value, 1)}


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Answers(Check):
    """Call it with the dict that the reader filled in: its entries are checked one by one, in the order asked.

    Parameters
    ----------
    name : str
        Of the reader's dict.
    asked : mapping of str to Asked
        The entries.
    praise : str
        What is said when all of them are right.
    digits : int, default 3
        To how many digits of its largest entry a number must be right: on paper numbers are rounded.
    """

    name: str
    asked: Mapping[str, Asked]
    praise: str
    digits: int = 3

    @property
    def stub(self) -> dict:
        """The reader's dict before anything is filled in."""
        return dict.fromkeys(self.asked, ...)

    @property
    def solutions(self) -> tuple[dict, dict]:
        """The right dict, once with what is asked as it stands, once as lists of plain numbers in another order."""
        right = {name: asked.right for name, asked in self.asked.items()}
        plain = {name: value.tolist() if isinstance(value, np.ndarray) else value for name, value in right.items()}
        return right, dict(reversed(plain.items()))

    def slipped_answers(self) -> Iterator[tuple[str, dict]]:
        """Each hint with the dict that earns it."""
        for name, asked in self.asked.items():
            others = [option for option in asked.options if option not in (asked.right, *asked.slips.values())]
            for hint, value in [*asked.slips.items(), *((asked.hint, other) for other in others if asked.hint)]:
                yield hint, {**self.solutions[0], name: value}

    def _judged(self, answers) -> Finding:
        for name, value in self._entries(answers).items():
            if is_open(value):
                done = list(self.asked)[: list(self.asked).index(name)]
                so_far = f" Right so far: {', '.join(done)}." if done else ""
                return Finding(Verdict.OPEN, f"{name} is still to be filled in.{so_far}")
            told = self._told(name, self.asked[name], value)
            if told:
                return Finding(Verdict.WRONG, told)
        return Finding(Verdict.RIGHT, self.praise)

    def _entries(self, answers) -> dict[str, object]:
        if is_open(answers):
            answers = {}
        if not isinstance(answers, Mapping):
            raise Told(f"{self.name} must be a dict with {', '.join(map(repr, self.asked))}; this is {kind(answers)}.")
        for name in answers:
            if name not in self.asked:
                raise Told(f"{name!r} is not asked; {self.name} has {', '.join(map(repr, self.asked))}.")
        return {name: answers.get(name, ...) for name in self.asked}

    def _told(self, name: str, asked: Asked, value) -> str | None:
        """What is to be said of a value that is not right."""
        expected = {name: asked.cases(asked.right)}
        given = {name: self._values(name, asked, value, expected[name])}
        off = self._first_off(given, expected)
        if off is None:
            return None
        slips = ((hint, {name: asked.cases(slip)}) for hint, slip in asked.slips.items())
        values, rights, case = given[name], expected[name], off[1]
        hint = self._hint(given, slips, *off) or asked.hint
        hint = hint or _likely_cause(list(values.values()), list(rights.values()))
        what = f"{name}, {case}," if case else name
        return f"{what} {_difference(values[case], rights[case])}. {hint}".strip()

    def _values(self, name: str, asked: Asked, value, expected: Mapping) -> dict[str, object]:
        if asked.each and not (isinstance(value, (list, tuple, np.ndarray)) and len(value) == len(expected)):
            raise Told(f"{name} must be a list of {len(expected)} entries, a {asked.each} each.")
        values = {
            case: in_kind(f"{name}, {case}," if case else name, entry, expected[case])
            for case, entry in asked.cases(value).items()
        }
        for entry in values.values():
            if asked.options and entry not in asked.options:
                raise Told(f"{name} must be one of {', '.join(map(repr, asked.options))}; this is {entry!r}.")
        return values


# ---------------------------------------------------------------------------------------------------------------------
# The reader competes
# ---------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Contest(_OfFunctions):
    """Call it with the reader's function: it is tried out, and told how far it came. No single answer is right.

    Parameters
    ----------
    judge : callable
        Gets the reader's function, which it may call like one of ours, and returns whether the target is reached and a
        sentence with the score. Each hint of the slips is a part of such a sentence.
    with_options : callable, optional
        Makes a function of options, for readers who enter a dict of them.
    """

    judge: Callable
    with_options: Callable | None = None
    praise: str = ""  # what is said is the score
    digits: int = 8

    def _judged(self, entry) -> Finding:
        function = self._with_options(entry) if self.with_options and isinstance(entry, Mapping) else entry
        reached, score = self.judge(lambda *arguments: self._run(function, arguments))
        return Finding(Verdict.RIGHT if reached else Verdict.WRONG, score)

    def _with_options(self, entry: Mapping) -> Callable:
        known = inspect.signature(self.with_options).parameters
        for option, value in entry.items():
            if option not in known:
                raise Told(f"{option!r} is none of the options {', '.join(known)}.")
            if is_open(value):
                raise Told(f"{self.name} is not complete yet. Replace the dots and run the cell again.", Verdict.OPEN)
        try:
            return self.with_options(**entry)
        except (TypeError, ValueError) as error:
            raise Told(f"These options do not work: {str(error).rstrip('.')}.") from None


def race(program: Callable, problem, start: np.ndarray, goal: float, most: int) -> Watched:
    """The problem after the program has run on it until its loss was below the goal, or `most` points were tried.

    The program need not end by itself, and what it returns does not count.
    """
    watched = Watched(problem, start, limit=10 * most, goal=goal, most=most)
    try:
        program(watched, start)
    except Endless:
        if not watched.trials:
            raise
    except Told as told:
        if told.finding.verdict is Verdict.WRONG:
            raise
    if not watched.trials:
        raise Told("No point has been tried so far.", Verdict.OPEN)
    return watched


# ---------------------------------------------------------------------------------------------------------------------
# Questions
# ---------------------------------------------------------------------------------------------------------------------


class Question:
    """A question that a figure asks before it moves.

    Parameters
    ----------
    question : str
    options : mapping of str to str
        Each possible answer, with what is said to a reader who chose it: of a wrong one why it is tempting and what it
        misses, of the right one why it is right.
    answer : str
        The right one of them.

    Examples
    --------
    >>> ask = Question(
    ...     "What does a larger μ do to the step?",
    ...     {"It grows": "A larger number, but it stands below the line.", "It shrinks": "Each part is −c/(λ + μ)."},
    ...     answer="It shrinks",
    ... )
    >>> ask.options
    ['It grows', 'It shrinks']
    >>> ask.verdict(1)
    'You predicted “It shrinks”, and so it is. Each part is −c/(λ + μ).'
    """

    def __init__(self, question: str, options: Mapping[str, str], answer: str):
        if not isinstance(options, Mapping) or len(options) < 2:
            raise ValueError(f"options must map at least two answers to what is said of them, got {options!r}")
        for name, text in (("question", question), *(("options", text) for text in itertools.chain(*options.items()))):
            if not isinstance(text, str) or not text.strip():
                raise ValueError(f"{name} must be texts that are not empty, got {text!r}")
        if answer not in options:
            raise ValueError(f"answer must be one of the options {list(options)}, got {answer!r}")
        self.question, self.answer, self.reasons = question, answer, dict(options)

    @property
    def options(self) -> list[str]:
        """The possible answers."""
        return list(self.reasons)

    def verdict(self, i: int) -> str:
        """The reader's prediction beside the result, then the reason."""
        chosen, because = self.options[i], self.reasons[self.answer]
        if chosen == self.answer:
            return f"You predicted “{chosen}”, and so it is. {because}"
        return f"You predicted “{chosen}”; the result is “{self.answer}”. {self.reasons[chosen]} {because}"
