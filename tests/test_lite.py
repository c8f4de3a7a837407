"""The course in the browser: what its lock file promises is there, and nothing needs what a browser lacks."""

import ast
import base64
import hashlib
import importlib.util
import io
import json
import re
import sys
import tomllib
import urllib.error
import zipfile
from pathlib import Path
from types import SimpleNamespace

import nbformat
import pytest
from chapters import without_magics
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
CHAPTERS = sorted(ROOT.glob("notebooks/*.ipynb"))
MODULES = sorted(ROOT.glob("nnlib/**/*.py"))
COMPILED = {"numpy", "matplotlib", "pillow", "contourpy", "kiwisolver"}  # of what `import nnlib` fetches
ON_REQUEST = {"sklearn", "tqdm"}  # of nnlib's extras: Pyodide has them, but `import nnlib` does not fetch them


def module_of_the_book(name):
    found = importlib.util.spec_from_file_location(name, ROOT / "book" / f"{name}.py")
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


lite = module_of_the_book("lite")


def tops(sources) -> set[str]:
    """The names of the packages that texts import, wherever they do it; relative imports are nnlib's own."""
    found = set()
    for node in (node for source in sources for node in ast.walk(ast.parse(source))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            found.add(node.module)
    return {name.partition(".")[0] for name in found}


def sources():
    yield from (path.read_text("utf-8") for path in MODULES)
    for path in CHAPTERS:
        yield from (without_magics(cell.source) for cell in nbformat.read(path, 4).cells if cell.cell_type == "code")


# Without the internet


def test_every_chapter_has_its_own_link():
    add_contents = module_of_the_book("course_site").add_contents
    for path in CHAPTERS:
        read = {}
        for lite_is_there in (False, True):
            source = [path.read_text("utf-8")]
            add_contents(SimpleNamespace(config=SimpleNamespace(lite=lite_is_there)), f"notebooks/{path.stem}", source)
            read[lite_is_there] = "".join(json.loads(source[0])["cells"][0]["source"])
        assert read[True].count(f"'../lite/lab/index.html?path=notebooks/{path.name}'") == 1
        assert "lite" not in read[False]


def test_chapters_are_trusted_and_name_the_kernel_that_is_there(tmp_path):
    lite.write_chapters(tmp_path / "notebooks")
    copies = sorted(tmp_path.glob("notebooks/*.ipynb"))
    assert [path.name for path in copies] == [path.name for path in CHAPTERS]
    for path, copy in zip(CHAPTERS, copies, strict=True):
        chapter, stored = json.loads(copy.read_text("utf-8")), nbformat.read(path, 4)
        assert chapter["metadata"]["kernelspec"]["name"] == "python"
        assert all(cell["metadata"]["trusted"] for cell in chapter["cells"])
        sources = [lite.without_processes(cell.source) for cell in stored.cells]
        assert [cell["source"] for cell in chapter["cells"]] == sources  # not in lines
        outputs = [output for cell in chapter["cells"] for output in cell.get("outputs", [])]
        assert all(isinstance(output.get("data", {}).get("text/html", ""), str) for output in outputs)


def test_in_the_browser_no_chapter_asks_for_processes_but_for_one_part_after_the_other(tmp_path):
    asking = {name: sum(name in source for source in sources()) for name in lite.PROCESSES}
    assert set(asking.values()) == {1}
    lite.write_chapters(tmp_path / "notebooks")
    for copy in tmp_path.glob("notebooks/*.ipynb"):
        code = "".join(cell.source for cell in nbformat.read(copy, 4).cells if cell.cell_type == "code")
        assert not re.search(r"\b(ProcessPool|ThreadPool)Executor\(", code)
    exec(lite.without_processes(next(iter(lite.PROCESSES))), names := {})
    assert names["nullcontext"]().__enter__() is None  # what SplitFit takes for: one part after the other


def test_pyodide_with_another_hash_than_the_registrys_is_refused(tmp_path, monkeypatch):
    promised = base64.b64encode(hashlib.sha512(b"pyodide").digest()).decode()
    answers = {
        f"{lite.REGISTRY}/{lite.PYODIDE_VERSION}": json.dumps(
            {"dist": {"tarball": "https://x.org/pyodide.tgz", "integrity": f"sha512-{promised}"}}
        ).encode(),
        "https://x.org/pyodide.tgz": b"something else",
    }
    monkeypatch.setattr(lite, "urlopen", lambda url, timeout: io.BytesIO(answers[url]))
    with pytest.raises(ValueError, match=r"x\.org/pyodide\.tgz does not have the hash"):
        lite.fetch_pyodide(tmp_path / "pyodide")
    assert list(tmp_path.iterdir()) == []


def test_only_split_fit_knows_that_there_are_threads_and_processes():
    """A browser has none, and no sockets. `SplitFit` knows what an executor looks like, and starts nothing itself."""
    absent = {"threading", "multiprocessing", "concurrent", "subprocess", "socket", "ssl", "ctypes", "asyncio"}
    using = {path.name for path in MODULES if tops([path.read_text("utf-8")]) & absent}
    assert using == {"split_fit.py"}


# With the package registries


@pytest.fixture(scope="module")
def pyodide(tmp_path_factory):
    """The folder that the site serves to the kernel."""
    folder = tmp_path_factory.mktemp("static") / "pyodide"
    try:
        lite.write_pyodide(folder)
    except urllib.error.HTTPError:
        raise
    except urllib.error.URLError as error:
        pytest.skip(f"the registry cannot be reached from here: {error.reason}")
    return folder


@pytest.fixture(scope="module")
def lock(pyodide):
    return json.loads((pyodide / lite.PYODIDE_LOCK).read_text("utf-8"))


@pytest.mark.network
def test_the_wheel_is_pure_python_and_holds_scripts_and_data(pyodide):
    (wheel,) = pyodide.glob("nnlib-*.whl")
    assert wheel.name == f"nnlib-{PROJECT['version']}-py3-none-any.whl"
    held = set(zipfile.ZipFile(wheel).namelist())
    files = {path for path in ROOT.glob("nnlib/**/*") if path.is_file() and "__pycache__" not in path.parts}
    assert {path.relative_to(ROOT).as_posix() for path in files} <= held
    assert not [name for name in held if name.endswith((".so", ".pyd", ".dll"))]


@pytest.mark.network
def test_the_lock_file_gives_the_versions_that_we_ask_for(lock):
    assert SpecifierSet(PROJECT["requires-python"]).contains(lock["info"]["python"])
    extras = PROJECT["optional-dependencies"]
    asked = [Requirement(line) for name in ("live", "progress", "estimators") for line in extras[name]]
    for requirement in [*map(Requirement, PROJECT["dependencies"]), *asked]:
        version = lock["packages"][canonicalize_name(requirement.name)]["version"]
        assert requirement.specifier.contains(version), (str(requirement), version)
    assert "distributed" not in lock["packages"]  # it is made of sockets; nnlib imports it nowhere


@pytest.mark.network
def test_every_file_that_the_site_serves_is_the_one_in_the_lock_file(pyodide, lock):
    served = {package["file_name"]: package for package in lock["packages"].values() if ":" not in package["file_name"]}
    assert set(served) == {path.name for path in pyodide.glob("*.whl")}
    for name, package in served.items():
        assert package["sha256"] == hashlib.sha256((pyodide / name).read_bytes()).hexdigest(), name
    for package in lock["packages"].values():
        assert {canonicalize_name(name) for name in package["depends"]} <= set(lock["packages"]), package["name"]


@pytest.mark.network
def test_the_kernel_and_nnlib_need_nothing_from_elsewhere_but_compiled_packages(lock):
    needed = lite.needed([*lite.KERNEL, "nnlib"], lock["packages"])
    elsewhere = {name for name in needed if lock["packages"][name]["file_name"].startswith("https://")}
    assert elsewhere == COMPILED


@pytest.mark.network
def test_every_import_of_the_package_and_the_chapters_is_known(pyodide, lock):
    asked, packages = tops(sources()), lock["packages"]
    fetched = {name for package in lite.needed(["nnlib"], packages) for name in packages[package]["imports"]}
    assert asked - set(sys.stdlib_module_names) - fetched == ON_REQUEST
    assert {name for package in packages.values() for name in package["imports"]} >= ON_REQUEST
    library = {name.partition("/")[0] for name in zipfile.ZipFile(pyodide / "python_stdlib.zip").namelist()}
    for name in asked & set(sys.stdlib_module_names):
        compiled = not (importlib.util.find_spec(name).origin or "").endswith(".py")  # and so in Pyodide itself
        assert compiled or {name, f"{name}.py"} & library, name
