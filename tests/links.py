"""The repository's public address, as pyproject.toml gives it, in every badge and link.

The address stands in one line (project.urls) and the version in another. After changing either, `make links` (or
`python tests/links.py`) brings README.md, CITATION.cff and the chapters in line; the tests find what is not. Where
pyproject.toml has no address yet, it gets that of the repository on GitHub from which this one was cloned.
"""

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]
GITHUB = "https://github.com/"
HOSTS = r"github\.com/|colab\.research\.google\.com/github/|mybinder\.org/v2/gh/"
PLACEHOLDER = "OWNER/REPO"
REMOTE = r"(?:https://(?:[^@/]+@)?github\.com/|(?:ssh://)?git@github\.com[:/])([\w.-]+/[\w.-]+?)(?:\.git)?/?"
NO_REMOTE = f"""pyproject.toml has no address yet, only {PLACEHOLDER}, and git knows no remote `origin` on GitHub.
Write the address into project.urls in pyproject.toml, or tell git: git remote add origin {GITHUB}{PLACEHOLDER}
Then run make links again."""


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


def colab(notebook: str, root: Path = ROOT) -> str:
    """The address that opens a notebook in Colab."""
    repository, tag = address(root)
    return f"https://colab.research.google.com/github/{repository}/blob/{tag}/notebooks/{notebook}"


def page(notebook: str, root: Path = ROOT) -> str:
    """The address of a chapter's page in the book."""
    return f"{book(address(root)[0])}/notebooks/{Path(notebook).stem}.html"


def book(repository: str) -> str:
    """Where GitHub publishes the pages of a repository."""
    owner, _, name = repository.partition("/")
    return f"https://{owner}.github.io" + (f"/{name}" if name.lower() != f"{owner}.github.io".lower() else "")


def installing(root: Path = ROOT) -> str:
    """How the first cell of every chapter gets nnlib where it is missing: an archive needs no git."""
    repository, tag = address(root)
    return f"""\
if not find_spec("nnlib"):  # on Colab, say
    %pip install -q "nnlib[live] @ {GITHUB}{repository}/archive/{tag}.zip"
    if not find_spec("nnlib"):
        raise SystemExit("Run in the course's folder, then restart: python -m pip install -r requirements.txt -e .")
"""


def files_with_links(root: Path = ROOT) -> list[Path]:
    """Every file that names the public address."""
    chapters = sorted((root / "notebooks").glob("*.ipynb"))
    return [root / "README.md", root / "CONTRIBUTING.md", root / "CITATION.cff", *chapters]


def old_repository(root: Path = ROOT) -> str:
    """OWNER/REPO as the links say it until they are brought in line: the one in CITATION.cff."""
    citation = (root / "CITATION.cff").read_text(encoding="utf-8")
    return re.search(rf"^repository-code: {GITHUB}(\S+)$", citation, re.MULTILINE)[1]


def with_address(text: str, old: str, repository: str, tag: str) -> str:
    """`text` with links to the `old` repository and its pages, tags in links and CITATION version brought in line."""
    text = re.sub(rf"({HOSTS}){re.escape(old)}(?![\w-])", rf"\g<1>{repository}", text)
    text = re.sub(rf"{re.escape(book(old))}(?=/)", book(repository), text)
    text = re.sub(rf"(mybinder\.org/v2/gh/{re.escape(repository)})/[^?\s)\"']+", rf"\1/{tag}", text)
    text = re.sub(rf"(google\.com/github/{re.escape(repository)}/blob)/[^/\s]+", rf"\1/{tag}", text)
    text = re.sub(rf"(github\.com/{re.escape(repository)}/archive)/[^/\s]+\.zip", rf"\1/{tag}.zip", text)
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


def on_github(root: Path = ROOT) -> str | None:
    """OWNER/REPO of git's remote `origin`, None where there is none on GitHub."""
    if not shutil.which("git"):
        return None
    asked = subprocess.run(["git", "remote", "get-url", "origin"], cwd=root, capture_output=True, text=True)
    found = re.fullmatch(REMOTE, asked.stdout.strip())
    return found and found[1]


def settle_address(root: Path = ROOT) -> bool:
    """Put the remote's address into pyproject.toml where it has none yet; whether it has one now."""
    if address(root)[0] != PLACEHOLDER:
        return True
    repository, settings = on_github(root), root / "pyproject.toml"
    if repository:
        before, after = (GITHUB + name for name in (PLACEHOLDER, repository))
        settings.write_bytes(settings.read_bytes().replace(before.encode(), after.encode()))
    return bool(repository)


def main(root: Path = ROOT) -> str | None:
    """Settle the address, bring everything in line; a sentence where there is no address yet."""
    settled = settle_address(root)
    for path in bring_in_line(root):
        print("rewritten:", path.relative_to(root))
    return None if settled else NO_REMOTE


if __name__ == "__main__":
    sys.exit(main())
