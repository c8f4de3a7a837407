"""The repository's public address, as pyproject.toml gives it, in every badge and link.

The address stands in one line (project.urls) and the version in another. After changing either, `make links` (or
`python tests/links.py`) brings README.md, CITATION.cff and the chapters in line; the tests find what is not.
"""

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]
GITHUB = "https://github.com/"
HOSTS = r"github\.com/|nbviewer\.org/github/|mybinder\.org/v2/gh/"


def address(root: Path = ROOT) -> tuple[str, str]:
    """OWNER/REPO, and the tag that Binder builds: a branch would be built anew after each commit."""
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    url = project["urls"]["Repository"]
    if not re.fullmatch(re.escape(GITHUB) + r"[\w.-]+/[\w.-]+", url):
        raise ValueError(f"project.urls.Repository in pyproject.toml must look like {GITHUB}OWNER/REPO, got {url}")
    return url.removeprefix(GITHUB), f"v{project['version']}"


def binder(notebook: str, root: Path = ROOT) -> str:
    """The address that opens a notebook (its file name) in JupyterLab on Binder."""
    repository, tag = address(root)
    return f"https://mybinder.org/v2/gh/{repository}/{tag}?urlpath=lab/tree/notebooks/{notebook}"


def files_with_links(root: Path = ROOT) -> list[Path]:
    """Every file that names the public address."""
    chapters = sorted((root / "notebooks").glob("*.ipynb"))
    return [root / "README.md", root / "CONTRIBUTING.md", root / "CITATION.cff", *chapters]


def old_repository(root: Path = ROOT) -> str:
    """OWNER/REPO as the links say it until they are brought in line: the one in CITATION.cff."""
    citation = (root / "CITATION.cff").read_text(encoding="utf-8")
    return re.search(rf"^repository-code: {GITHUB}(\S+)$", citation, re.MULTILINE)[1]


def with_address(text: str, old: str, repository: str, tag: str) -> str:
    """`text` with links to the `old` repository, Binder and nbviewer tags and CITATION version brought in line."""
    text = re.sub(rf"({HOSTS}){re.escape(old)}(?![\w-])", rf"\g<1>{repository}", text)
    text = re.sub(rf"(mybinder\.org/v2/gh/{re.escape(repository)})/[^?\s)\"']+", rf"\1/{tag}", text)
    text = re.sub(rf"(nbviewer\.org/github/{re.escape(repository)}/blob)/[^/\s]+", rf"\1/{tag}", text)
    return re.sub(r"^version: \S+$", f"version: {tag.removeprefix('v')}", text, flags=re.MULTILINE)


def bring_in_line(root: Path = ROOT) -> list[Path]:
    """Rewrite the links under `root`; the files that changed."""
    old, (repository, tag) = old_repository(root), address(root)
    changed = []
    for path in files_with_links(root):
        before = path.read_bytes()
        after = with_address(before.decode(), old, repository, tag).encode()
        if after != before:
            path.write_bytes(after)
            changed.append(path)
    return changed


if __name__ == "__main__":
    for path in bring_in_line():
        print("rewritten:", path.relative_to(ROOT))
