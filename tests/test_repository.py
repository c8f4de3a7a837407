"""The house around the package: what is installed, what is published, and that README and settings tell the truth."""

import importlib.metadata
import importlib.util
import json
import os
import re
import shutil
import sys
import tomllib
import zipfile
from pathlib import Path

import links
import nbformat
import numpy as np
import pytest
import yaml
from commands import copy_of_the_package, pip_or_skip, run
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from scipy.optimize import curve_fit

import nnlib

ROOT = links.ROOT
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
README = (ROOT / "README.md").read_text(encoding="utf-8")
COURSE = [
    "00-start-here",
    "01-computational-graphs",
    "02-forward-and-reverse-mode",
    "03-backpropagation-by-hand",
    "04-backpropagation-in-matrices",
    "05-learning-rates-and-starts",
    "06-classification",
    "07-vanishing-gradients",
    "08-jacobian-and-hessian",
    "09-descent-and-newton",
    "10-gauss-newton",
    "11-levenberg-marquardt",
    "12-training-networks-with-lm",
    "13-weight-decay",
    "14-bayes-and-the-evidence",
    "15-bayesian-regularization",
    "16-capstone",
    "17-notation-and-conventions",
]
CHAPTERS = sorted((ROOT / "notebooks").glob("*.ipynb"))


def requirements(path: str) -> dict[str, Requirement]:
    """The packages of a requirements file, by name."""
    lines = (line.partition("#")[0].strip() for line in (ROOT / path).read_text(encoding="utf-8").splitlines())
    found = [Requirement(line) for line in lines if line]
    return {canonicalize_name(r.name): r for r in found}


# What is installed


def test_a_learner_needs_six_packages_and_only_lower_bounds_are_set():
    learners = requirements("requirements.txt")
    assert list(learners) == ["numpy", "matplotlib", "ipywidgets", "anywidget", "jupyterlab", "nbval"]
    for requirement in learners.values():
        assert [bound.operator for bound in requirement.specifier] == [">="], requirement


def test_the_package_and_its_extras_ask_for_the_same_versions_as_requirements_txt():
    extras = PROJECT["optional-dependencies"]
    listed = [*PROJECT["dependencies"], *extras["live"], *extras["lab"]]
    listed = {r.name: r.specifier for r in map(Requirement, listed) if r.name != "nnlib"}
    assert listed == {r.name: r.specifier for r in requirements("requirements.txt").values()}


def test_import_nnlib_loads_numpy_and_nothing_else_that_is_installed():
    script = "import sys; before = set(sys.modules); import nnlib; print(*set(sys.modules) - before)"
    names = {name.partition(".")[0] for name in run(sys.executable, "-c", script).stdout.split()}
    assert names & set(importlib.metadata.packages_distributions()) - {"nnlib"} == {"numpy"}


def test_the_version_is_the_same_everywhere():
    assert nnlib.__version__ == PROJECT["version"] == importlib.metadata.version("nnlib")


@pytest.mark.network
def test_the_wheel_holds_every_file_of_the_package_and_no_other(tmp_path):
    copied = copy_of_the_package(tmp_path)
    pip_or_skip("wheel", "--no-deps", "--wheel-dir", tmp_path, tmp_path)
    (wheel,) = tmp_path.glob("nnlib-*.whl")
    in_wheel = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    of_jupyter = f"nnlib-{nnlib.__version__}.data/data/etc/jupyter/jupyter_server_config.d/nnlib.json"
    files = {path.relative_to(tmp_path).as_posix() for path in copied.rglob("*") if path.is_file()}
    assert in_wheel == {*files, of_jupyter}


# Make


@pytest.fixture
def make(tmp_path):
    """Says which commands `make target` would run in an empty copy of the repository."""
    if not shutil.which("make"):
        pytest.skip("make is not installed")
    for name in ("Makefile", "requirements.txt", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path)
    (tmp_path / ".venv").mkdir()

    def commands(target, *arguments):
        return run("make", "-n", target, *arguments, cwd=tmp_path)

    commands.folder = tmp_path
    return commands


@pytest.mark.parametrize(
    ("target", "wanted"),
    [("lab", ["-m venv", "-r requirements.txt", "00-start-here.ipynb"]), ("test", ["-m venv", "[test]", "-m pytest"])],
)
def test_the_first_make_sets_everything_up(make, target, wanted):
    commands = make(target).stdout
    positions = [commands.find(words) for words in wanted]
    assert -1 not in positions and positions == sorted(positions), commands


@pytest.mark.parametrize("target", ["lab", "test"])
def test_the_second_make_installs_nothing_until_the_lists_of_packages_change(make, target):
    for stamp in ("installed-lab", "installed-test"):
        (make.folder / ".venv" / stamp).touch()
    assert "pip install" not in make(target).stdout
    later = (make.folder / ".venv" / "installed-test").stat().st_mtime + 10
    os.utime(make.folder / "requirements.txt", (later, later))
    assert "pip install" in make(target).stdout


def test_make_lab_trusts_the_chapters_so_that_recorded_figures_move_before_anything_runs(make):
    assert "jupyter trust notebooks/*.ipynb" in make("lab").stdout


def test_make_says_what_is_missing_on_a_machine_without_python(make):
    missing = run("make", "lab", "PYTHON=", cwd=make.folder)
    assert missing.returncode != 0
    assert "needs Python 3.11 or newer" in missing.stdout


# Binder


def test_binder_builds_the_python_that_its_pins_are_for():
    assert re.fullmatch(r"python-3\.\d+", (ROOT / "binder/runtime.txt").read_text().strip())


def test_binder_pins_are_exact_and_new_enough_for_requirements_txt():
    pins = requirements("binder/requirements.txt")
    wanted = requirements("requirements.txt")
    assert {"numpy", "matplotlib", "ipywidgets", "anywidget"} <= set(pins)
    assert "jupyterlab" not in pins, "the base image has one already"
    for name, pin in pins.items():
        (bound,) = pin.specifier
        assert bound.operator == "==", pin
        if name in wanted:
            assert wanted[name].specifier.contains(bound.version), f"{pin} is older than {wanted[name]}"


@pytest.mark.network
def test_binder_pins_can_be_installed_together_and_bring_nothing_unpinned_to_the_base_image(tmp_path):
    r2d = pytest.importorskip("repo2docker.buildpacks.conda", reason="repo2docker does not run on Windows")
    python = (ROOT / "binder/runtime.txt").read_text().strip().removeprefix("python-")
    systems = ("manylinux_2_28", "manylinux_2_27", "manylinux_2_17", "manylinux2014")
    glibc = [f"--platform={system}_x86_64" for system in systems]
    target = ["--target", tmp_path, f"--python-version={python}", "--implementation=cp", *glibc, "--only-binary=:all:"]
    pins, report = ROOT / "binder/requirements.txt", tmp_path / "report.json"
    pip_or_skip("install", "--dry-run", "--ignore-installed", "--report", report, *target, "-r", pins)

    resolved = {canonicalize_name(entry["metadata"]["name"]) for entry in json.loads(report.read_text())["install"]}
    image = (Path(r2d.__file__).parent / f"environment.py-{python}-linux-64.lock").read_text()
    in_image = re.findall(r"/([\w.-]+?)-\d[^/-]*-[^/-]+\.(?:conda|tar\.bz2)", image)
    in_image = {canonicalize_name(name) for name in in_image}
    assert "jupyterlab" in in_image
    assert "jupyterlab" not in resolved
    assert resolved - in_image - set(requirements("binder/requirements.txt")) == set()


def test_repo2docker_accepts_the_binder_folder():
    pytest.importorskip("repo2docker", reason="repo2docker does not run on Windows")
    built = run(sys.executable, "-m", "repo2docker", "--no-build", "--debug", ".")
    log = built.stdout + built.stderr
    assert built.returncode == 0, log
    for step in (
        "conda environment for python=3.12",
        'pip install --no-cache-dir -r "binder/requirements.txt"',
        "postBuild",
    ):
        assert step in log


def test_after_the_build_binder_adds_the_package_alone_and_trusts_the_chapters():
    script = (ROOT / "binder/postBuild").read_text()
    assert "pip install --no-cache-dir --no-deps ." in script
    assert "jupyter trust notebooks/*.ipynb" in script
    assert script.startswith("#!") and "set -e" in script


# README


def test_the_map_of_chapters_links_each_and_runs_it():
    rows = re.findall(r"^\| (.*?\d\d-[\w-]+.*?) \| (.*) \|$", README, re.MULTILINE)
    assert [chapter for chapter, _ in rows] == [f"[{name}](notebooks/{name}.ipynb)" for name in COURSE]
    for name, (_, says) in zip(COURSE, rows, strict=True):
        run_it = f"[run it]({links.binder(name + '.ipynb')})"
        assert says.endswith(run_it), f"in README.md the line of {name} must end in {run_it}"


def test_every_notebook_is_a_chapter_of_the_map():
    assert {path.stem for path in CHAPTERS} == set(COURSE)


def test_the_readme_fits_about_one_screen_and_leads_only_to_files_that_exist():
    assert len(README.splitlines()) < 80
    for text, target in re.findall(r"\[([^][]*)\]\((?!https?:)([^)]+)\)", README):
        assert (ROOT / target).exists(), f"README.md links to {target} ({text})"


def test_the_readme_links_to_the_book():
    assert f"]({links.book(links.address()[0])}/)" in README


def test_the_readme_shows_three_live_figures_with_alt_texts_and_links_to_their_chapters():
    shown = re.findall(r"\[!\[([^\]]*)\]\((notebooks/images/[^)]+)\)\]\((notebooks/\d\d-[^)]+)\)", README)
    assert len(shown) == 3 == len({chapter for *_, chapter in shown})
    for alt, picture, chapter in shown:
        assert len(alt) > 40 and (ROOT / chapter).exists()
        assert (ROOT / picture).read_bytes().startswith(b"\x89PNG")


def test_the_readme_names_the_commands_that_exist():
    makefile = (ROOT / "Makefile").read_text()
    for target in ("lab", "test"):
        assert f"`make {target}`" in README
        assert re.search(rf"^{target}:", makefile, re.MULTILINE)
    for module in re.findall(r"`python -m (\w+)", README):
        assert importlib.util.find_spec(module), f"README.md says python -m {module}"
    for extra in re.findall(r"-e \"\.\[(\w+)\]\"", README):
        assert extra in PROJECT["optional-dependencies"]


EXAMPLES = re.findall(r"```python\n(.*?)```", README, re.DOTALL)


def test_the_first_example_of_the_readme_finds_the_least_squares_fit(capsys):
    example = EXAMPLES[0]
    assert len([line for line in example.splitlines() if line]) == 7
    names = {}
    exec(example, names)
    best, covariance = curve_fit(lambda x, a, b: a * np.exp(-b * x), names["x"], names["y"], p0=[1, 1], xtol=1e-12)
    np.testing.assert_allclose(names["fit"].w, best, rtol=1e-6)
    np.testing.assert_allclose(names["fit"].standard_errors, np.sqrt(np.diag(covariance)), rtol=1e-6)
    assert names["fit"].converged
    assert names["fit"].reason.value in capsys.readouterr().out


def test_the_second_example_of_the_readme_finds_the_sine_and_its_noise(capsys):
    names = {"np": np, "nnlib": nnlib}
    exec(EXAMPLES[1], names)
    assert names["fit"].converged and "γ" in capsys.readouterr().out
    assert names["trainlm"].score(names["X"][:, None], names["Y"]) > 0.95
    for mean, std in (names["fit"].predict([0.0, 0.5], std=True), (names["mean"], names["std"])):
        np.testing.assert_allclose(np.ravel(mean), 0.0, atol=0.15)  # sin 0 and sin π, with noise of 0.1
        assert 0.08 < std.min() and std.max() < 0.2


# The public address


@pytest.mark.parametrize("path", links.files_with_links(), ids=lambda path: path.name)
def test_badges_and_links_follow_from_the_one_address_in_pyproject(path):
    text = path.read_bytes().decode()
    repository, tag = links.address()
    assert links.with_address(text, links.old_repository(), repository, tag) == text, "run `make links`"
    places = {
        r"mybinder\.org/v2": links.binder,
        r"colab\.": links.colab,
        r"[\w.-]+\.github\.io/.+?/notebooks": links.page,
    }
    for place, link in places.items():
        for found in re.findall(rf"https://{place}[^\s)\"'\\]+", text):
            notebook = found.rpartition("/")[2].replace(".html", ".ipynb")
            assert found == link(notebook), "run `make links`"
            assert (ROOT / "notebooks" / notebook).exists(), f"{path.name} opens {notebook}, there is none"


@pytest.fixture
def with_links(tmp_path):
    """A folder with all files that name the public address."""
    for path in [ROOT / "pyproject.toml", *links.files_with_links()]:
        copy = tmp_path / path.relative_to(ROOT)
        copy.parent.mkdir(exist_ok=True)
        shutil.copy(path, copy)
    return tmp_path


def test_a_maintainer_changes_one_line_and_make_links_does_the_rest(with_links):
    settings = with_links / "pyproject.toml"
    old_repository, old_tag = links.address()
    text = settings.read_text(encoding="utf-8")
    text = text.replace(f"github.com/{old_repository}", "github.com/ada/engine")
    text = text.replace(f'version = "{old_tag[1:]}"', 'version = "9.9.9"')
    settings.write_text(text, encoding="utf-8")

    changed = links.bring_in_line(with_links)

    assert {"README.md", "CITATION.cff"} <= {path.name for path in changed}
    for path in links.files_with_links(with_links):
        after = path.read_text(encoding="utf-8")
        assert f"/{old_repository}" not in after and links.book(old_repository) not in after
        assert path.suffix != ".ipynb" or not re.search(rf"/{re.escape(old_tag)}\b", after)
    chapter = (with_links / "notebooks/00-start-here.ipynb").read_text(encoding="utf-8")
    for link in (
        "https://mybinder.org/v2/gh/ada/engine/v9.9.9?urlpath=lab/tree/notebooks/00-start-here.ipynb",
        "https://colab.research.google.com/github/ada/engine/blob/v9.9.9/notebooks/00-start-here.ipynb",
        "https://ada.github.io/engine/notebooks/00-start-here.html",
        "https://github.com/ada/engine/archive/v9.9.9.zip",
    ):
        assert link in chapter
    citation = yaml.safe_load((with_links / "CITATION.cff").read_text(encoding="utf-8"))
    assert citation["repository-code"] == "https://github.com/ada/engine"
    assert citation["version"] == "9.9.9"
    assert links.bring_in_line(with_links) == []


def test_a_repository_named_after_its_owner_has_its_pages_at_the_top():
    assert links.book("ada/engine") == "https://ada.github.io/engine"
    assert links.book("ada/Ada.github.io") == "https://ada.github.io"


def without_an_address(folder, remote=None):
    """A new repository in `folder` whose pyproject.toml holds the placeholder."""
    settings = folder / "pyproject.toml"
    text = re.sub(r"^Repository = .*$", f'Repository = "{links.GITHUB}OWNER/REPO"', settings.read_text(), flags=re.M)
    settings.write_text(text)
    run("git", "init", "-q", cwd=folder)
    if remote:
        run("git", "remote", "add", "origin", remote, cwd=folder)
    links.bring_in_line(folder)


@pytest.mark.parametrize(
    "remote",
    [
        "https://github.com/ada/the.engine",
        "https://github.com/ada/the.engine.git",
        "https://ada@github.com/ada/the.engine/",
        "git@github.com:ada/the.engine.git",
        "ssh://git@github.com/ada/the.engine",
    ],
)
def test_where_no_address_is_set_make_links_takes_that_of_the_git_remote(with_links, remote):
    without_an_address(with_links, remote)
    assert links.main(with_links) is None
    assert links.address(with_links)[0] == "ada/the.engine"
    assert "https://ada.github.io/the.engine/" in (with_links / "README.md").read_text(encoding="utf-8")
    run("git", "remote", "set-url", "origin", "git@github.com:bob/fork.git", cwd=with_links)
    assert links.main(with_links) is None
    assert links.address(with_links)[0] == "ada/the.engine"  # an address that is set stays


@pytest.mark.parametrize("remote", [None, "https://gitlab.com/ada/engine.git", "/srv/engine.git"])
def test_where_no_address_is_set_and_no_remote_on_github_make_links_says_what_to_do(with_links, remote):
    without_an_address(with_links, remote)
    assert "or tell git: git remote add origin https://github.com/OWNER/REPO" in links.main(with_links)
    assert links.address(with_links)[0] == "OWNER/REPO"


def test_an_address_that_binder_cannot_open_is_refused(tmp_path):
    settings = '[project]\nversion = "1"\nurls.Repository = "https://example.org/course"\n'
    (tmp_path / "pyproject.toml").write_text(settings)
    with pytest.raises(ValueError, match=r"must look like https://github\.com/OWNER/REPO"):
        links.address(tmp_path)


# License and citing


def test_the_license_says_in_one_place_what_is_under_which_terms():
    text = (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert PROJECT["license"] == "BSD-3-Clause AND CC-BY-4.0"
    assert "BSD 3-Clause License" in text and "Neither the name of the copyright holder" in text
    assert "https://creativecommons.org/licenses/by/4.0/legalcode" in text


def test_the_citation_file_is_valid_and_agrees_with_the_package():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert {"cff-version", "message", "title", "authors"} <= set(citation)  # what format 1.2.0 requires
    assert citation["cff-version"] == "1.2.0"
    assert citation["version"] == PROJECT["version"]
    assert citation["repository-code"] == PROJECT["urls"]["Repository"]
    assert " AND ".join(citation["license"]) == PROJECT["license"]
    assert [author["name"] for author in citation["authors"]] == [author["name"] for author in PROJECT["authors"]]


# Continuous integration


def test_the_workflow_covers_the_systems_the_pythons_and_the_ages_of_packages():
    workflow = yaml.safe_load((ROOT / ".github/workflows/tests.yml").read_text())
    triggers = workflow[True]  # YAML reads the key `on` as true
    assert {"push", "pull_request", "schedule"} <= set(triggers)
    matrix = workflow["jobs"]["tests"]["strategy"]["matrix"]
    assert {name.partition("-")[0] for name in matrix["os"]} == {"ubuntu", "macos", "windows"}
    assert PROJECT["requires-python"] == f">={matrix['python'][0]}"
    assert matrix["python"][1] == "3.x"
    assert any(entry["packages"] == "oldest" for entry in matrix["include"])
    assert any("make lint" in step.get("run", "") for step in workflow["jobs"]["lint"]["steps"])


def test_the_script_for_bare_machines_is_sound_and_ends_in_make_test():
    script = ROOT / ".ci/run"
    assert script.read_text().splitlines()[-1] == "make test"
    if os.name == "posix":
        assert os.access(script, os.X_OK)
        assert run("bash", "-n", script).returncode == 0


def test_code_and_notebooks_are_clean_and_formatted():
    for command in (["check"], ["format", "--check"]):
        ruff = run(sys.executable, "-m", "ruff", *command)
        assert ruff.returncode == 0, ruff.stdout + ruff.stderr


# Chapters


def test_pytest_finds_what_is_wrong_in_a_chapter(tmp_path):
    cells = [
        # source, stored output, tags, what pytest must say
        ("1 + 1", "2", ["nbval-check-output"], "PASSED"),
        ("1 + 1", "3", ["nbval-check-output"], "FAILED"),
        ("1 + 1", "3", [], "PASSED"),
        ("1 / 0", "3", [], "FAILED"),
    ]
    (tmp_path / "tests").mkdir()
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    shutil.copy(ROOT / "tests/nbval_sanitize.cfg", tmp_path / "tests")
    notebook = nbformat.v4.new_notebook()
    for source, stored, tags, _ in cells:
        output = nbformat.v4.new_output("execute_result", data={"text/plain": stored}, execution_count=1)
        notebook.cells.append(
            nbformat.v4.new_code_cell(source, metadata={"tags": tags}, outputs=[output], execution_count=1)
        )
    nbformat.write(notebook, tmp_path / "chapter.ipynb")

    tested = run(sys.executable, "-m", "pytest", "-rpf", "chapter.ipynb", cwd=tmp_path)

    assert tested.returncode == 1, tested.stdout + tested.stderr
    said = re.findall(r"^(PASSED|FAILED) .*Cell (\d)", tested.stdout, re.MULTILINE)
    assert sorted(said, key=lambda pair: pair[1]) == [(cell[-1], str(i)) for i, cell in enumerate(cells)]


# The paper


PAPER = (ROOT / "paper/paper.md").read_text(encoding="utf-8")
ENTRIES = re.split(r"^@\w+\{", (ROOT / "paper/paper.bib").read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]


def test_the_paper_cites_every_entry_of_its_bibliography_and_no_other():
    keys = [entry.partition(",")[0] for entry in ENTRIES]
    assert sorted(keys) == sorted(set(re.findall(r"@([a-z]+\d*[a-z]?)\b", PAPER)))
    for key, entry in zip(keys, ENTRIES, strict=True):
        assert re.search(r"\b(doi|url)\s*=\s*\{\S+\}", entry), f"{key} says not where it is to be found"


def test_the_paper_has_what_the_journal_asks_for():
    settings = yaml.safe_load(PAPER.split("---\n")[1])
    assert {"title", "tags", "authors", "affiliations", "date", "bibliography"} <= set(settings)
    wanted = [
        "Summary",
        "Statement of need",
        "Learning objectives",
        "Content and design",
        "How to adopt it",
        "Contributing",
    ]
    assert [name for name in wanted if f"\n# {name}\n" not in PAPER] == []
    for command in re.findall(r"`make (\w+)`", PAPER):
        assert re.search(rf"^{command}\b.*:", (ROOT / "Makefile").read_text(), re.MULTILINE)
