"""What is handed out to a class: copies without answers, and assignments that grade themselves, of every chapter."""

import ast
import csv
import json
import os
import re
import shutil
import symtable
import sys
import sysconfig
import tomllib
import venv
from functools import partial

import nbformat
import pytest
from chapter_rules import bound
from chapters import without_magics
from commands import ROOT, pip_or_skip, run
from made_up_chapter import made_up

sys.path.append(str(ROOT / "book/teaching"))
from homework import exercises, tags, without_answers
from to_nbgrader import for_nbgrader
from to_otter import for_otter

FOLD = re.compile(r"<details>\s*<summary>(.*?)</summary>(.*?)</details>", re.DOTALL)
NUMBERED = re.compile(r"^\d\. ", re.MULTILINE)

CHAPTERS = sorted((ROOT / "notebooks").glob("*.ipynb"))
every_chapter = pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)


def read(path):
    return nbformat.read(path, as_version=4)


def folds(notebook, titles):
    """What the folded texts with such a title hide."""
    texts = [cell.source for cell in notebook.cells if cell.cell_type == "markdown"]
    return [hidden for text in texts for title, hidden in FOLD.findall(text) if re.fullmatch(titles, title)]


def lines(texts):
    """The lines that say more than a bracket or a single word."""
    return {line.strip() for text in texts for line in text.splitlines() if len(line.strip()) > 15}


# Copies for students


@every_chapter
def test_five_solutions_and_three_answers_of_a_chapter_are_found_and_left_out(path):
    chapter, copy = read(path), without_answers(read(path))
    first = next(i for i, cell in enumerate(chapter.cells) if "exercise" in tags(cell))
    asked = [cell.source for cell in chapter.cells if "exercise" in tags(cell)]
    solutions, answers = folds(chapter, "Solution"), folds(chapter, "Answers?")
    quiz = folds(nbformat.v4.new_notebook(cells=chapter.cells[first:]), "Answers?")

    assert len(solutions) == len(asked) == 5
    assert (len(NUMBERED.findall(quiz[0])) if len(quiz) == 1 else len(quiz)) == 3
    assert folds(copy, "Solution|Answers?") == []
    left = "\n".join(cell.source for cell in copy.cells)
    known = lines([cell.source for cell in chapter.cells[:first]] + asked)
    for hidden in solutions + answers:  # a single line a bug hunt may show as well
        assert sum(line in left for line in lines([hidden]) - known) <= 1


@every_chapter
def test_a_copy_keeps_hints_exercises_pictures_and_all_other_text(path):
    chapter, copy = read(path), without_answers(read(path))
    assert folds(copy, "(?!Solution|Answer).*") == folds(chapter, "(?!Solution|Answer).*")
    assert len(folds(copy, "Hint")) == 5
    left_out = {"solution", "claims"}
    kept = [cell for cell in chapter.cells if not left_out & set(tags(cell))]
    copied = [cell for cell in copy.cells if not left_out & set(tags(cell))]
    for cell, copied_cell in zip(kept, copied, strict=True):
        changed = FOLD.search(cell.source) and re.search("<summary>Answers?<", cell.source)
        assert changed or copied_cell == cell or "Hint and solution are folded below." in cell.source
    assert not any("olution are folded" in cell.source for cell in copy.cells)
    nbformat.validate(copy)


@every_chapter
def test_a_copy_runs_without_the_claims_that_it_leaves_out(path):
    chapter, copy = read(path), without_answers(read(path))
    here = {cell.id for cell in copy.cells}
    code = [cell for cell in chapter.cells if cell.cell_type == "code"]
    kept = "\n".join(without_magics(cell.source) for cell in code if cell.id in here)
    gone = "\n".join(without_magics(cell.source) for cell in code if cell.id not in here)
    assert names_used(kept) & set(bound(ast.parse(gone))) <= set(bound(ast.parse(kept)))


def names_used(source):
    """The names that code looks up outside its functions."""
    tables = [symtable.symtable(source, "chapter", "exec")]
    for table in tables:
        tables.extend(table.get_children())
    return {
        symbol.get_name()
        for table in tables
        for symbol in table.get_symbols()
        if symbol.is_referenced() and (symbol.is_global() or table.get_type() == "module")
    }


def test_the_copy_of_a_made_up_chapter_has_text_around_the_answers_and_claims_above_the_exercises():
    chapter = made_up()
    quiz = nbformat.v4.new_markdown_cell(
        "**1.** Why?\n\n<details><summary>Answer</summary>\n\nSo.\n\n</details>\n\n**2.** How?\n\n"
        "<details>\n<summary> Answers </summary>\n\n1. Thus.\n\n</details>\n\nThe end."
    )
    chapter.cells.append(quiz)
    copy = without_answers(chapter)
    assert copy.cells[-1].source == "**1.** Why?\n\n**2.** How?\n\nThe end."
    assert any("claims" in tags(cell) for cell in copy.cells)
    assert quiz.source in [cell.source for cell in chapter.cells]  # the chapter itself is as it was


# Assignments


@every_chapter
def test_every_exercise_becomes_a_stub_with_its_solution_and_a_test_that_demands_the_verdict_right(path):
    chapter = read(path)
    asked = list(exercises(chapter))
    assert len({exercise.name for exercise in asked}) == len(asked) == 5

    cells = [cell for cell in for_nbgrader(chapter).cells if "nbgrader" in cell.metadata]
    marked = [cell for cell in for_otter(chapter).cells if cell.cell_type == "raw"]
    answers = [cell for cell in for_otter(chapter).cells if "# BEGIN SOLUTION NO PROMPT" in cell.source]

    assert len(cells) == 2 * len(asked) and len(answers) == len(asked)
    assert sum(cell.source.startswith("# BEGIN QUESTION") for cell in marked) == len(asked)
    for exercise, answer, test, otters in zip(asked, cells[::2], cells[1::2], answers, strict=True):
        assert exercise.solution in answer.source and exercise.solution in otters.source
        assert answer.source.startswith(exercise.stub) and "..." in exercise.stub
        assert answer.metadata.nbgrader.solution and test.metadata.nbgrader.points == 1
        assert exercise.check in test.source and "RIGHT" in test.source
        stub = without_region(answer.source)
        assert stub == without_region(otters.source) and lines([exercise.solution]) - lines([exercise.stub]) - lines(
            [stub]
        )
        ast.parse(answer.source), ast.parse(test.source)


def without_region(source):
    return re.sub(r"#+ BEGIN SOLUTION.*# END SOLUTION", "", source, flags=re.DOTALL).rstrip()


@pytest.mark.parametrize("target", ["students", "nbgrader", "otter"])
def test_make_hands_out_the_chapters_that_are_asked_for(target):
    if not shutil.which("make"):
        pytest.skip("make is not installed")
    commands = run("make", "-n", target, "CHAPTERS=notebooks/04-made-up.ipynb").stdout
    assert re.search(rf"python book/teaching/(to_)?{target}\.py _{target} notebooks/04-made-up.ipynb", commands)
    assert f"/_{target}/" in (ROOT / ".gitignore").read_text().split()


# Both graders, from the chapter to the marks


@pytest.fixture(scope="module")
def graders(tmp_path_factory):
    """The settings of an environment that has the graders too: a layer over ours, for nbgrader changes JupyterLab."""
    if os.name == "nt":
        pytest.skip("the graders were never tried on Windows")
    folder = tmp_path_factory.mktemp("graders")
    venv.create(folder, symlinks=True)
    (layer,) = folder.glob("lib/python*/site-packages")
    layer.joinpath("ours.pth").write_text(f"import site; site.addsitedir({sysconfig.get_path('purelib')!r})")
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    wanted = [package for package in extras["teaching"] if not package.startswith("nnlib")]
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("PIP_CONSTRAINT", raising=False)  # on the oldest packages neither of them runs
        pip_or_skip("--python", folder, "install", *wanted)
    return {
        "PATH": f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "NNLIB_RECORD": "never",
        "OPENBLAS_NUM_THREADS": "1",
    }


GRADED = pytest.mark.parametrize("name", ["04-backpropagation-in-matrices", "11-levenberg-marquardt"])


def succeeds(*command, cwd=ROOT, **environment):
    """Run a command, and say what it said if it failed."""
    done = run(*command, cwd=cwd, **environment)
    assert done.returncode == 0, done.stdout + done.stderr


def assigned(name, converter, out):
    """Convert a chapter as the Makefile does."""
    succeeds(sys.executable, ROOT / "book/teaching" / converter, out, ROOT / f"notebooks/{name}.ipynb")


def without_solutions(path):
    """Whether an assignment as students get it has each stub, alone or with a comment, and no solution."""
    sources = [cell.source for cell in read(path).cells]
    asked = list(exercises(read(ROOT / f"notebooks/{path.name}")))
    stubs = [source for source in sources if any(source.startswith(exercise.stub) for exercise in asked)]
    added = [source.removeprefix(exercise.stub).strip() for source, exercise in zip(stubs, asked, strict=True)]
    hidden = not any("SOLUTION" in source or exercise.solution in source for source in sources for exercise in asked)
    return hidden and all(re.fullmatch("(# .*)?", text) for text in added)


@pytest.mark.network
@GRADED
def test_nbgrader_gives_full_marks_for_the_solutions_and_none_for_the_stubs(graders, tmp_path, name):
    assigned(name, "to_nbgrader.py", tmp_path)
    nbgrader = partial(succeeds, "nbgrader", cwd=tmp_path, **graders)
    nbgrader("generate_assignment", name)
    handed_out = tmp_path / f"release/{name}/{name}.ipynb"
    for student, notebook in (("stubs", handed_out), ("solved", tmp_path / f"source/{name}/{name}.ipynb")):
        (tmp_path / f"submitted/{student}/{name}").mkdir(parents=True)
        shutil.copy(notebook, tmp_path / f"submitted/{student}/{name}")
    nbgrader("autograde", name)
    nbgrader("export")

    assert without_solutions(handed_out)
    with open(tmp_path / "grades.csv", encoding="utf-8") as table:
        marks = {row["student_id"]: (float(row["score"]), float(row["max_score"])) for row in csv.DictReader(table)}
    assert marks == {"stubs": (0.0, 5.0), "solved": (5.0, 5.0)}
    outputs = [
        str(cell.outputs)
        for cell in read(tmp_path / f"autograded/stubs/{name}/{name}.ipynb").cells
        if "grade" in str(cell.metadata)
    ]
    assert sum("AssertionError" in output and "Not done yet: " in output for output in outputs) == 5


@pytest.mark.network
@GRADED
def test_otter_gives_full_marks_for_the_solutions_and_none_for_the_stubs(graders, tmp_path, name):
    assigned(name, "to_otter.py", tmp_path)
    otter = partial(succeeds, "otter", cwd=tmp_path, **graders)
    otter("assign", f"{name}/{name}.ipynb", "dist")  # runs the solutions, and fails if they miss a mark
    (autograder,) = tmp_path.glob("dist/autograder/*.zip")
    otter("run", f"dist/student/{name}.ipynb", "--autograder", autograder, "--output-dir", tmp_path)

    assert without_solutions(tmp_path / f"dist/student/{name}.ipynb")
    summary, *tests = json.loads((tmp_path / "results.json").read_text(encoding="utf-8"))["tests"]
    assert [(test["score"], test["max_score"]) for test in tests] == [(0.0, 1.0)] * 5
    assert summary["output"].count("AssertionError: ○ Not done yet: ") == 5
