"""The table of README.md in this folder: what the course teaches, the function that computes it, the test of it."""

import ast
import importlib
import re
from functools import cache
from pathlib import Path

import numpy as np
import pytest

import nnlib

HERE = Path(__file__).parent
LINES = {"Computational graphs": 6, "Backpropagation": 14, "Jacobian": 8, "Regularization": 9}
HEADER = ["what the course teaches", "computed by", "proved by"]


def table_rows():
    """(heading, cells) for every row below the tables' headers."""
    heading, rows = "", []
    for line in (HERE / "README.md").read_text(encoding="utf8").splitlines():
        if line.startswith("### "):
            heading = line[4:]
        elif line.startswith("| "):
            rows.append((heading, [cell.strip() for cell in line.strip("|").split(" | ")]))
    return [(heading, cells) for heading, cells in rows if cells != HEADER]


def named(column):
    """Each name in backticks in a column, once."""
    return sorted({name for _, cells in ROWS for name in re.findall(r"`([^`]+)`", cells[column])})


ROWS = table_rows()


def find(dotted):
    """What `nnlib.a.b.c` stands for, submodules imported on the way."""
    first, *rest = dotted.split(".")
    found, path = importlib.import_module(first), first
    for part in rest:
        path = f"{path}.{part}"
        if not hasattr(found, part):
            importlib.import_module(path)
        found = getattr(found, part)
    return found


@cache
def functions_of(file):
    tree = ast.parse((HERE / file).read_text(encoding="utf8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize(("heading", "lines"), LINES.items())
def test_every_line_has_its_row(heading, lines):
    assert sum(found.startswith(heading) for found, _ in ROWS) == lines


@pytest.mark.parametrize(("heading", "cells"), ROWS, ids=[cells[0][:40] for _, cells in ROWS])
def test_a_row_names_a_function_and_a_test(heading, cells):
    assert len(cells) == 3
    assert "`nnlib." in cells[1]
    assert "::test_" in cells[2]
    assert "missing" not in cells[1] + cells[2]


@pytest.mark.parametrize("name", named(1))
def test_the_function_exists(name):
    assert name.startswith("nnlib.")
    assert find(name) is not None


@pytest.mark.parametrize("name", named(2))
def test_the_test_is_in_the_file_it_is_said_to_be_in(name):
    file, test = name.split("::")
    assert test.startswith("test_")
    assert test in functions_of(file)


def test_a_name_that_does_not_exist_would_be_seen():
    with pytest.raises((AttributeError, ImportError)):
        find("nnlib.graph.no_such_function")
    with pytest.raises((AttributeError, ImportError)):
        find("nnlib.no_such_module.f")
    assert "test_that_was_renamed" not in functions_of("test_graph.py")


def test_gradients_of_the_losses_of_several_outputs_add():
    # One network of K linear outputs, and K networks of one output that share its hidden layer.
    rng = np.random.default_rng(0)
    X, Y = rng.normal(size=(7, 2)), rng.normal(size=(7, 3))
    net, single = nnlib.MLP([2, 4, 3]), nnlib.MLP([2, 4, 1])
    w = rng.normal(size=net.n_params)
    gradient = np.zeros_like(w)
    into = net.unpack(gradient)
    for k in range(3):
        w_k = np.zeros(single.n_params)
        for (W_k, b_k), (W, b), rows in zip(single.unpack(w_k), net.unpack(w), (slice(None), [k]), strict=True):
            W_k[...], b_k[...] = W[rows], b[rows]
        parts = single.unpack(nnlib.NetworkFit(single, X, Y[:, k]).gradient(w_k))
        for (W, b), (W_k, b_k), rows in zip(into, parts, (slice(None), [k]), strict=True):
            W[rows] += W_k
            b[rows] += b_k
    assert nnlib.NetworkFit(net, X, Y).gradient(w) == pytest.approx(gradient, rel=1e-12)
