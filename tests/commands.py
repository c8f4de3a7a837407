"""Commands that the tests run beside themselves."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def run(*command, cwd=ROOT, **environment) -> subprocess.CompletedProcess:
    """The finished command, its output as text; it may have failed."""
    environment = {**os.environ, **environment}
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, encoding="utf-8")


def pip_or_skip(*arguments, cwd=ROOT) -> None:
    """Run pip; skip the test if the registry cannot be reached, fail it if pip fails for any other reason."""
    pip = run(sys.executable, "-m", "pip", "--disable-pip-version-check", *arguments, "--retries=1", cwd=cwd)
    if pip.returncode and "Retrying (Retry" in pip.stderr + pip.stdout:
        pytest.skip("the package registry cannot be reached from here")
    assert pip.returncode == 0, pip.stdout + pip.stderr


def copy_of_the_package(folder: Path) -> Path:
    """What pip needs to build nnlib, in a folder where a build may leave its traces."""
    copied = shutil.copytree(ROOT / "nnlib", folder / "nnlib", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, folder)
    return copied
