"""Every exercise: its stub is reported as open, its solution passes, typical wrong answers get the right hint.

Stubs and solutions are read from the chapters, so that they are the ones that readers see.
"""

import json
import re
from pathlib import Path

import numpy as np
import pytest

import nnlib
from nnlib.course.exercises import levenberg_marquardt as lm
from nnlib.course.exercises import start_here
from nnlib.course.exercises._checking import Verdict

NOTEBOOKS = Path(__file__).parent.parent / "notebooks"
SOLUTION = re.compile(r"<summary>Solution.*?</summary>\s*```python\n(.*?)```", re.DOTALL)


def exercises_of(path):
    """(stub, solution, check) as source text, for each exercise of a chapter: a cell tagged `exercise` holds the stub
    and ends with the call of its check; the first folded solution after it is its solution."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    for at, cell in enumerate(cells):
        if "exercise" not in cell["metadata"].get("tags", []):
            continue
        stub, check = "".join(cell["source"]).rstrip().rsplit("\n", 1)
        following = "\n".join("".join(c["source"]) for c in cells[at + 1 :] if c["cell_type"] == "markdown")
        yield pytest.param(stub, SOLUTION.search(following).group(1), check, id=f"{path.stem}-{check.split('(')[0]}")


ALL = [case for path in sorted(NOTEBOOKS.glob("*.ipynb")) for case in exercises_of(path)]


def run(source, check):
    names = {"np": np, "nnlib": nnlib, "exercises": nnlib.exercises}
    exec(source, names)
    return eval(check, names)


def test_chapters_have_exercises():
    assert len(ALL) >= 5


@pytest.mark.parametrize(("stub", "solution", "check"), ALL)
def test_the_stub_is_open_and_the_solution_is_right(stub, solution, check):
    assert run(stub, check).verdict is Verdict.OPEN
    finding = run(solution, check)
    assert finding.verdict is Verdict.RIGHT, finding


def loop(keep, next_mu):
    """A Levenberg–Marquardt loop with the two decisions that readers get wrong left open."""

    def fit(problem, w, mu, steps):
        for _ in range(steps):
            JTJ, g, loss = problem.normal_equations(w)
            trial = w - np.linalg.solve(JTJ + mu * np.eye(len(w)), g)
            accepted = problem.loss(trial) < loss
            w = trial if keep(accepted) else w
            mu = next_mu(mu, accepted)
        return w

    return fit


def right_mu(mu, accepted):
    return mu / 10 if accepted else mu * 10


WRONG = [
    (start_here.check_data_error, lambda y, t: np.sum((y - t) ** 2), "factor 2"),
    (start_here.check_data_error, lambda y, t: np.mean((y - t) ** 2), "mean"),
    (start_here.check_data_error, lambda y, t: np.linalg.norm(y - t), "length"),
    (start_here.check_data_error, lambda y, t: 0.5 * (y - t) ** 2, "shape"),
    (start_here.check_data_gradient, lambda J, r: 2 * J.T @ r, "factor 2"),
    (start_here.check_data_gradient, lambda J, r: -J.T @ r, "sign"),
    (start_here.check_data_gradient, lambda J, r: J @ r, "stops with ValueError"),
    (start_here.check_stability_limit, lambda H: 2 / np.linalg.eigvalsh(H)[0], "LARGEST"),
    (start_here.check_stability_limit, lambda H: 1 / np.linalg.eigvalsh(H)[-1], "twice as far"),
    (start_here.check_stability_limit, lambda H: np.linalg.eigvalsh(H)[-1] / 2, "Upside down"),
    (start_here.check_stability_limit, lambda H: 2 / H.max(), "not its largest eigenvalue"),
    (start_here.check_stability_limit, lambda H: 2 / np.trace(H), "SUM"),
    (start_here.check_stability_limit, lambda H: 2 / np.linalg.eigvalsh(H), "shape"),
    (start_here.check_noise_std, lambda beta: beta**-0.5, "WITH ½"),
    (start_here.check_noise_std, lambda beta: 1 / (2 * beta), "variance"),
    (start_here.check_noise_std, lambda beta: np.sqrt(2 * beta), "Upside down"),
    (start_here.check_noise_std, lambda beta: np.sqrt(2 / beta), "wrong side"),
    (lm.check_lm_step, lambda J, r, mu: np.linalg.solve(J.T @ J + mu * np.eye(2), J.T @ r), "A sign"),
    (lm.check_lm_step, lambda J, r, mu: np.linalg.solve(J.T @ J + mu, -J.T @ r), "EVERY entry"),
    (lm.check_lm_step, lambda J, r, mu: np.linalg.solve(J.T @ J, -J.T @ r), "Is μ in it"),
    (lm.check_lm_step, lambda J, r, mu: -J.T @ r / mu, "steepest descent"),
    (lm.check_lm_step, lambda J, r, mu: np.linalg.solve(2 * J.T @ J + mu * np.eye(2), -2 * J.T @ r), "factor 2"),
    (lm.check_lm_step, lambda J, r, mu: -(J.T @ J)[:, :1], "transpose"),
    (lm.check_lm_step, lambda J, r, mu: np.linalg.solve(J @ J, r), "stops with"),
    (lm.check_predicted_decrease, lambda J, r, p: 0.5 * np.sum((r + J @ p) ** 2) - 0.5 * r @ r, "A sign"),
    (lm.check_predicted_decrease, lambda J, r, p: r @ r - np.sum((r + J @ p) ** 2), "factor 2"),
    (lm.check_predicted_decrease, lambda J, r, p: -(J.T @ r) @ p, "curvature is missing"),
    (lm.check_predicted_decrease, lambda J, r, p: 0.5 * r @ r - 0.5 * np.sum((r - J @ p) ** 2), "with a plus"),
    (lm.check_next_mu, lambda mu, accepted: mu * 10 if accepted else mu / 10, "wrong way round"),
    (lm.check_next_mu, lambda mu, accepted: mu / 10, "falls in both cases"),
    (lm.check_next_mu, lambda mu, accepted: mu / 10 if accepted else mu, "for ever"),
    (lm.check_lm_loop, loop(lambda accepted: True, right_mu), "LOWER"),
    (lm.check_lm_loop, loop(bool, lambda mu, accepted: mu if accepted else mu * 10), "Does μ fall"),
    (lm.check_lm_loop, loop(lambda accepted: False, right_mu), "still the start"),
    (lm.check_lm_loop, lambda problem, w, mu, steps: problem.loss(w), "must return the weights"),
]


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize(("check", "answer", "hint"), WRONG)
def test_typical_wrong_answers_are_refused_with_the_right_hint(check, answer, hint):
    finding = check(answer)
    assert finding.verdict is Verdict.WRONG
    assert re.search(hint, finding.message), finding


def test_every_check_has_at_least_three_wrong_answers():
    checks = {getattr(module, name) for module in (lm, start_here) for name in dir(module) if name.startswith("check_")}
    for check in checks:
        assert sum(tried is check for tried, _, _ in WRONG) >= 3, check.__name__


def test_a_function_that_is_none_or_text_is_told_so():
    assert "must be a function" in repr(lm.check_lm_step("p"))
    assert lm.check_lm_step(lambda J, r, mu: "text").verdict is Verdict.WRONG
