"""The order and size of the files of nnlib: each imports only from files before it, and there are not too many lines.

Imports are read from the source, those inside functions too.
"""

import ast
import graphlib
from pathlib import Path

import pytest

NNLIB = Path(__file__).parents[1] / "nnlib"

ORDER = [
    "arguments",
    "standard_errors",
    "results",
    "activations",
    "costs",
    "initializers",
    "backpropagation",
    "network",
    "gauss_newton_matrix",
    "derivatives",
    "problems",
    "evidence",
    "optimizers",
    "training",
    "bayes",
]
BESIDE = {"graph": {"arguments"}, "datasets": {"arguments"}, "checks": {"arguments", "derivatives"}}
ALONE = {"live": {"arguments", "server"}, "server": set()}
ON_TOP = {"split_fit", "estimators", "course"}  # take what they need, and nothing below knows them


def allowed(group: str) -> set[str]:
    """What the files of a group, which is a file of nnlib or a folder taken as one, may import besides each other."""
    if group in ORDER:
        return set(ORDER[: ORDER.index(group)])
    if group in ON_TOP:
        return {"nnlib", *ORDER, *BESIDE, *ALONE}
    return {**BESIDE, **ALONE}[group]


def group_of(module: str) -> str:
    """nnlib.optimizers.adam belongs to optimizers; what the package itself gives, such as nnlib.MLP, to nnlib."""
    return module.split(".")[1] if "." in module else module


def files(root: Path) -> dict[str, str]:
    """The source of every module below root, by the module's name."""
    found = {}
    for path in sorted(root.rglob("*.py")):
        parts = [root.name, *path.relative_to(root).with_suffix("").parts]
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path.read_text(encoding="utf-8")
    return found


def imports(sources: dict[str, str]) -> set[tuple[str, str]]:
    """Arrows (module, module that it imports) between the given modules."""
    return {(module, target) for module, text in sources.items() for target in imported(module, text, sources)}


def imported(module: str, text: str, known) -> set[str]:
    """The known modules that a text imports; of `from package import name` the module of that name, if it is one."""
    found = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module} imports relative to itself: write the whole name"
            inside = {alias.name: f"{node.module}.{alias.name}" for alias in node.names}
            found |= {inside[name] if inside[name] in known else node.module for name in inside}
    return {target for target in found if target in known and target != module}


def broken(arrows) -> list[str]:
    """The arrows that go against the order, in words."""
    bad = []
    for module, target in sorted(arrows):
        group = group_of(module)
        if group not in ("nnlib", group_of(target)) and group_of(target) not in allowed(group):
            may = ", ".join(sorted(allowed(group))) or "nothing"
            bad.append(f"{module} imports {target}, but {group} may import only {may}")
    return bad


def circle(arrows) -> list[str]:
    """A circle of imports, if there is one."""
    before = {}
    for module, target in arrows:
        before.setdefault(module, set()).add(target)
    try:
        graphlib.TopologicalSorter(before).prepare()
    except graphlib.CycleError as error:
        return error.args[1]
    return []


SOURCES = files(NNLIB)
ARROWS = imports(SOURCES)


def test_every_file_imports_only_from_files_before_it():
    assert not broken(ARROWS), "\n".join(broken(ARROWS))


def test_no_file_imports_itself_by_a_detour():
    assert circle(ARROWS) == []


def test_every_file_has_its_place():
    assert {group_of(module) for module in SOURCES} - {"nnlib", *ORDER, *BESIDE, *ALONE, *ON_TOP} == set()


@pytest.mark.parametrize(("groups", "most"), [(["nnlib", *ORDER, "checks"], 4000), (["graph"], 1700)])
def test_it_can_be_read_in_an_afternoon(groups, most):
    assert sum(len(text.splitlines()) for module, text in SOURCES.items() if group_of(module) in groups) <= most


@pytest.mark.parametrize(
    ("module", "text", "said"),
    [
        ("nnlib.network", "def f():\n    from nnlib.bayes import best_of", "nnlib.network imports nnlib.bayes, but"),
        ("nnlib.problems", "from nnlib import checks", "nnlib.problems imports nnlib.checks, but"),
        ("nnlib.arguments", "import nnlib.results", "but arguments may import only nothing"),
        ("nnlib.evidence", "from nnlib import MLP", "nnlib.evidence imports nnlib, but evidence may"),
        ("nnlib.optimizers.adam", "from nnlib.training import train", "nnlib.optimizers.adam imports nnlib.training"),
        ("nnlib.live.board", "from nnlib import problems", "but live may import only arguments, server"),
        ("nnlib.server", "from nnlib import live", "but server may import only nothing"),
        ("nnlib.training", "import nnlib.course.deep", "nnlib.training imports nnlib.course.deep"),
        ("nnlib.bayes", "from nnlib import estimators", "nnlib.bayes imports nnlib.estimators, but"),
    ],
)
def test_a_bad_arrow_would_be_seen(module, text, said):
    [found] = broken({(module, target) for target in imported(module, text, SOURCES)})
    assert said in found


def test_a_circle_would_be_seen():
    sources = {"p.a": "from p.b import x", "p.b": "def f():\n    from p import c", "p.c": "import p.a"}
    assert sorted(set(circle(imports(sources)))) == ["p.a", "p.b", "p.c"]
