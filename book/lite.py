"""JupyterLite, all chapters with a kernel that runs in the browser: `make lite`, or python book/lite.py FOLDER

The kernel is Pyodide, Python compiled for browsers. It fetches what a cell imports if its lock file knows the package,
so nnlib and what it needs are written there, and no chapter needs an install line. All that is pure Python the site
serves itself; compiled packages (numpy, matplotlib …) come from where Pyodide publishes them.
"""

import base64
import hashlib
import io
import json
import shutil
import subprocess
import sys
import tarfile
import tempfile
import tomllib
from collections.abc import Iterable
from importlib import metadata
from pathlib import Path, PurePath
from urllib.request import urlopen

import nbformat
from jupyterlite_pyodide_kernel.constants import (
    LOAD_PYODIDE_OPTIONS,
    OPTION_PACKAGES,
    PYODIDE_CDN_URL,
    PYODIDE_KERNEL_PLUGIN_ID,
    PYODIDE_LOCK,
    PYODIDE_PYTHON_VERSION,
    PYODIDE_VERSION,
)
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
REGISTRY = "https://registry.npmjs.org/pyodide"
KERNEL = ["micropip", "piplite", "ipykernel", "pyodide-kernel", "jedi", "ipython"]  # what it loads when it starts
WITH_FRONT_ENDS = ["jupyterlite-pyodide-kernel", "jupyterlab-widgets", "anywidget"]
IN_THE_PAGE = {"jupyterlab-widgets", "widgetsnbextension"}  # JavaScript alone, of no use to the kernel
PROCESSES = {  # as a chapter asks for them, and what a browser does, which has none
    "from concurrent.futures import ProcessPoolExecutor\n": "from contextlib import nullcontext\n",
    'ProcessPoolExecutor(2, mp_context=get_context("spawn")) as processes:': (
        "nullcontext() as processes:  # no processes in a browser: one half after the other"
    ),
}
PURE = ["--only-binary=:all:", "--platform=any", "--implementation=py", "--abi=none"]


def build(out: Path) -> None:
    """The whole site, in the folder `out`."""
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        write_pyodide(work / "static" / "pyodide")
        write_chapters(work / "files" / "notebooks")
        write_settings(work)
        run("jupyterlite_core", "build", "--output-dir", out.resolve(), cwd=work)


def write_pyodide(folder: Path) -> None:
    """Pyodide, the wheels that the site serves, and the lock file that knows them."""
    fetch_pyodide(folder)
    lock = json.loads((folder / PYODIDE_LOCK).read_text("utf-8"))
    packages = lock["packages"]
    for package in packages.values():
        package["file_name"] = f"{PYODIDE_CDN_URL}/{package['file_name']}"
    build_wheel(folder)
    copy_wheels_of_the_kernel(folder)
    lock_wheels(folder, packages)
    packages["nnlib"]["depends"] = packages_of_live_figures()
    download([*KERNEL, "nnlib"], packages, folder)
    lock_wheels(folder, packages)
    write_json(folder / PYODIDE_LOCK, lock)


def fetch_pyodide(folder: Path) -> None:
    """Pyodide without packages, if it has the hash that the registry gives it."""
    with urlopen(f"{REGISTRY}/{PYODIDE_VERSION}", timeout=60) as answer:
        published = json.load(answer)["dist"]
    with urlopen(published["tarball"], timeout=60) as answer:
        archive = answer.read()
    method, _, digest = published["integrity"].partition("-")
    if hashlib.new(method, archive).digest() != base64.b64decode(digest):
        raise ValueError(f"{published['tarball']} does not have the hash that {REGISTRY} gives it")
    with tarfile.open(fileobj=io.BytesIO(archive)) as files:
        files.extractall(folder.parent, filter="data")
    (folder.parent / "package").rename(folder)


def build_wheel(folder: Path) -> None:
    """nnlib's wheel, from a copy of the sources: what an older build left behind stays out."""
    with tempfile.TemporaryDirectory() as copy:
        shutil.copytree(ROOT / "nnlib", Path(copy, "nnlib"), ignore=shutil.ignore_patterns("__pycache__"))
        for name in ("pyproject.toml", "README.md", "LICENSE"):
            shutil.copy(ROOT / name, copy)
        run("pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", folder, copy)


def copy_wheels_of_the_kernel(folder: Path) -> None:
    for file in metadata.files("jupyterlite-pyodide-kernel"):
        if file.suffix == ".whl" and name_of(file) in KERNEL:
            shutil.copy(file.locate(), folder)


def lock_wheels(folder: Path, packages: dict) -> None:
    """Enter all wheels of the folder. What Pyodide says of a package it has stands, but for the file."""
    for wheel in folder.glob("*.whl"):
        package = packages.setdefault(name_of(wheel), entry(wheel))
        package["file_name"] = wheel.name
        package["sha256"] = hashlib.sha256(wheel.read_bytes()).hexdigest()


def entry(wheel: Path) -> dict:
    """What the lock file has to say of a package, but for the file."""
    (package,) = metadata.distributions(path=[str(wheel)])
    modules = {file.parts[0].removesuffix(".py") for file in package.files if file.suffix == ".py"}
    return {
        "name": name_of(wheel),
        "version": package.version,
        "depends": names(package.requires or []),
        "imports": sorted(filter(str.isidentifier, modules)),
        "install_dir": "site",
        "package_type": "package",
        "unvendored_tests": False,
    }


def packages_of_live_figures() -> list[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    return names(project["dependencies"] + project["optional-dependencies"]["live"])


def download(wanted: list[str], packages: dict, folder: Path) -> None:
    """The wheels that the site serves of all that is needed."""
    versions = {name: version_to_serve(name, packages) for name in needed(wanted, packages)}
    pinned = [f"{name}=={version}" for name, version in versions.items() if version]
    python = f"--python-version={PYODIDE_PYTHON_VERSION}"
    run("pip", "download", "--quiet", "--no-deps", *PURE, python, "--dest", folder, *pinned)


def needed(wanted: list[str], packages: dict) -> list[str]:
    """These and all that they need: as the lock says, and where it knows nothing, as what is installed here says."""
    found = []
    while wanted:
        name, *wanted = wanted
        if name not in found:
            found.append(name)
            known = packages.get(name)
            wanted += names(known["depends"] if known else metadata.requires(name) or [])
    return found


def version_to_serve(name: str, packages: dict) -> str | None:
    """Pyodide's version of what is pure Python; of what it does not have the one whose front end is installed here."""
    if name not in packages:
        return metadata.version(name)
    package = packages[name]
    elsewhere = package["file_name"].startswith(PYODIDE_CDN_URL)
    return package["version"] if elsewhere and package["file_name"].endswith("-none-any.whl") else None


def names(requirements: Iterable[str]) -> list[str]:
    """The packages that the kernel needs of these requirements, without extras."""
    browser = {"sys_platform": "emscripten", "python_version": PYODIDE_PYTHON_VERSION, "extra": ""}
    asked = map(Requirement, requirements)
    asked = [canonicalize_name(r.name) for r in asked if r.marker is None or r.marker.evaluate(browser)]
    return [name for name in asked if name not in IN_THE_PAGE]


def name_of(wheel: PurePath) -> str:
    return canonicalize_name(wheel.name.partition("-")[0])


def write_chapters(folder: Path) -> None:
    """The chapters, trusted, so that recorded figures move before anything has run.

    A Jupyter server would join the lines of what is stored; JupyterLite gets it joined, or scripts would not run.
    """
    shutil.copytree(ROOT / "notebooks", folder, ignore=shutil.ignore_patterns(".*"))
    for path in folder.glob("*.ipynb"):
        chapter = nbformat.read(path, as_version=4)
        chapter.metadata.kernelspec = {"name": "python", "display_name": "Python (Pyodide)", "language": "python"}
        for cell in chapter.cells:
            cell.metadata.trusted = True
            cell.source = without_processes(cell.source)
        write_json(path, chapter)


def without_processes(source: str) -> str:
    for processes, instead in PROCESSES.items():
        source = source.replace(processes, instead)
    return source


def write_settings(folder: Path) -> None:
    """What JupyterLite reads: of itself, and of the kernel."""
    files = [file for package in WITH_FRONT_ENDS for file in metadata.files(package) if file.name == "package.json"]
    front_ends = [str(file.locate().resolve().parent) for file in files if "labextensions" in file.parts]
    site = {
        "apps": ["lab", "notebooks", "tree"],
        "contents": ["files"],
        "federated_extensions": front_ends,
        "ignore_sys_prefix": ["federated_extensions"],  # those of whoever builds are no part of the course
        "no_sourcemaps": True,
    }
    kernel = {LOAD_PYODIDE_OPTIONS: {OPTION_PACKAGES: KERNEL}}
    page = {"appName": "Neural networks you can touch", "litePluginSettings": {PYODIDE_KERNEL_PLUGIN_ID: kernel}}
    write_json(folder / "jupyter_lite_config.json", {"LiteBuildConfig": site})
    write_json(folder / "jupyter-lite.json", {"jupyter-lite-schema-version": 0, "jupyter-config-data": page})


def write_json(path: Path, value: dict) -> None:
    path.write_text(json.dumps(value, indent=1, ensure_ascii=False), "utf-8")


def run(*module: str | Path, cwd: Path = ROOT) -> None:
    subprocess.run([sys.executable, "-m", *module], cwd=cwd, check=True)


if __name__ == "__main__":
    build(Path(sys.argv[1]))
