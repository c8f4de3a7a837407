"""The computational graph against autograd, complex step, closed forms and counted costs."""

import dataclasses
import functools
import itertools
import math
import pickle
import sys

import autograd
import autograd.numpy as anp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnlib import graph


def test_every_public_name_has_an_example():
    for name in graph.__all__:
        if name != "OPERATIONS":
            assert ">>>" in getattr(graph, name).__doc__, name


# ---- random formulas: one list of instructions, carried out by our functions and by autograd's -----------------------

UNARY = {
    "sin": lambda F, a: F.sin(a),
    "cos": lambda F, a: F.cos(a),
    "tanh": lambda F, a: F.tanh(a),
    "logistic": lambda F, a: F.logistic(a),
    "relu": lambda F, a: F.relu(a - 0.123),
    "exp": lambda F, a: F.exp(F.sin(a)),
    "log": lambda F, a: F.log(1.5 + F.sin(a)),
    "sqrt": lambda F, a: F.sqrt(1.5 + F.cos(a)),
    "negative": lambda F, a: -a,
    "cube": lambda F, a: F.tanh(a) ** 3,
    "transpose": lambda F, a: a.T,
    "sum": lambda F, a: F.sum(a),
    "sum rows": lambda F, a: F.sum(a, 0) if a.shape else a,
    "sum columns": lambda F, a: F.sum(a, 1) if len(a.shape) == 2 else a,
    "as column": lambda F, a: F.reshape(a, (math.prod(a.shape), 1)),
    "as vector": lambda F, a: F.reshape(a, (math.prod(a.shape),)),
    "last": lambda F, a: a[-1] if a.shape else a,
    "every other": lambda F, a: a[::2] if a.shape else a,
}
BINARY = {
    "+": lambda F, a, b: a + b,
    "-": lambda F, a, b: a - b,
    "*": lambda F, a, b: a * F.tanh(b),
    "/": lambda F, a, b: a / (1.5 + F.sin(b)),
    "**": lambda F, a, b: (1.5 + F.cos(a)) ** F.sin(b),
    "@": lambda F, a, b: F.tanh(a) @ b,
    "concatenate": lambda F, a, b: F.concatenate(a, b),
}


class Autograd:
    """autograd's functions under our names."""

    sin, cos, tanh, exp, log, sqrt, reshape = anp.sin, anp.cos, anp.tanh, anp.exp, anp.log, anp.sqrt, anp.reshape

    @staticmethod
    def sum(a, axis=None):
        return anp.sum(a, axis)

    @staticmethod
    def logistic(a):
        return 1 / (1 + anp.exp(-a))

    @staticmethod
    def relu(a):
        return anp.where(a > 0, a, 0.0)

    @staticmethod
    def concatenate(a, b):
        return anp.concatenate((anp.reshape(a, (-1,)), anp.reshape(b, (-1,))))


def fits(name, a, b):
    if name == "@":
        return bool(a.shape and b.shape) and a.shape[-1] == b.shape[0]
    if name == "concatenate":
        return len(a.shape) < 2 and len(b.shape) < 2
    try:
        np.broadcast_shapes(a.shape, b.shape)
    except ValueError:
        return False
    return True


def carry_out(instructions, F, w):
    """A vector made from w (11,): a number, a vector, a square and an oblong matrix, combined as instructed."""
    made = [
        w[0],
        w[1:3],
        F.reshape(w[3:7], (2, 2)),
        F.reshape(w[7:11], (2, 2)) @ np.array([[1.0, 0.5, -1.0], [0.3, 2.0, 1.0]]),
    ]
    for name, i, j in instructions:
        a, b = made[-1 - i % len(made)], made[-1 - j % len(made)]
        if name in UNARY:
            made.append(UNARY[name](F, a))
        elif fits(name, a, b):
            made.append(BINARY[name](F, a, b))
    parts = [F.reshape(a, (math.prod(a.shape),)) for a in made[4:] or made]
    result = parts[0]
    for part in parts[1:]:
        result = F.concatenate(result, part)
    return result


instructions = st.lists(
    st.tuples(st.sampled_from([*UNARY, *BINARY, *BINARY, "@", "@"]), st.integers(0, 5), st.integers(0, 5)),
    min_size=1,
    max_size=7,
)
seeds = st.integers(0, 2**32 - 1)
few = settings(max_examples=40, deadline=None)


def draw(seed, n=11):
    return np.random.default_rng(seed).uniform(-1.5, 1.5, n)


def close(ours, theirs, tolerance=1e-11):
    ours, theirs = np.asarray(ours), np.asarray(theirs)
    assert ours.shape == theirs.shape
    assert np.abs(ours - theirs).max(initial=0.0) <= tolerance * (1 + np.abs(theirs).max(initial=0.0))


@few
@given(instructions, seeds)
def test_value_and_jacobian_of_random_formulas_equal_autograds_in_both_modes(formula, seed):
    point = draw(seed)
    w = graph.variable(point, name="w")
    y = carry_out(formula, graph, w)

    def theirs(w):
        return carry_out(formula, Autograd, w)

    close(graph.evaluate(y), theirs(point))
    J = autograd.jacobian(theirs)(point)
    close(graph.jacobian(y, w, mode="reverse"), J)
    close(graph.jacobian(y, w, mode="forward"), J)


@few
@given(instructions, seeds)
def test_gradient_and_hessian_of_random_formulas_equal_autograds(formula, seed):
    point, direction = draw(seed), draw(seed + 1)
    w = graph.variable(point, name="w")
    y = carry_out(formula, graph, w)
    f = graph.sum(graph.sin(y) * y)

    def theirs(w):
        y = carry_out(formula, Autograd, w)
        return anp.sum(anp.sin(y) * y)

    H = autograd.hessian(theirs)(point)
    close(graph.gradient(f)[w], autograd.grad(theirs)(point))
    close(graph.hessian(f, w), H, 1e-9)
    close(graph.hessian_vector_product(f, {w: direction})[w], H @ direction, 1e-9)


@few
@given(instructions, seeds)
def test_forward_mode_of_random_formulas_equals_the_complex_step_and_dual_numbers(formula, seed):
    point, direction = draw(seed), draw(seed + 1)
    w = graph.variable(point, name="w")
    y = carry_out(formula, graph, w)
    tangent = graph.jvp(y, {w: direction})
    step = 1e-30
    close(carry_out(formula, graph, point + 1j * step * direction).imag / step, tangent)
    number = graph.dual(point, direction)
    close(carry_out(formula, graph, number).tangent, tangent, 1e-14)
    close(graph.evaluate(y, {w: number}).tangent, tangent, 1e-14)
    close(graph.evaluate(y, {w: number}).value, graph.evaluate(y), 1e-14)


@few
@given(instructions, seeds)
def test_forward_and_reverse_products_of_random_formulas_are_adjoint(formula, seed):
    w = graph.variable(draw(seed), name="w")
    y = carry_out(formula, graph, w)
    v, u = draw(seed + 1), draw(seed + 2, y.size)
    close(v @ graph.vjp(y, u)[w], u @ graph.jvp(y, {w: v}))


@few
@given(instructions, seeds)
def test_evaluating_elsewhere_equals_writing_the_formula_there(formula, seed):
    here, there = draw(seed), draw(seed + 1)
    w = graph.variable(here, name="w")
    y, moved = carry_out(formula, graph, w), carry_out(formula, graph, w_there := graph.variable(there, name="w"))
    close(graph.evaluate(y, {w: there}), graph.evaluate(moved), 1e-15)
    close(graph.jacobian(y, w, at={w: there}), graph.jacobian(moved, w_there), 1e-15)
    close(graph.evaluate(y), carry_out(formula, graph, here), 1e-15)


# ---- the table, entry by entry --------------------------------------------------------------------------------------

ARGUMENTS = {  # shapes (or a domain) and settings to try each entry with
    "sum along": [(((2, 3),), (axis,)) for axis in (0, 1, -1, -2)] + [(((3,),), (axis,)) for axis in (0, -1)],
    "T": [(((2, 3),), ()), (((3,),), ())],
    "reshape": [(((2, 3),), ((6,),)), (((6,),), ((3, 2),))],
    "[]": [(((3,),), (1,)), (((2, 3),), ((slice(None), 2),)), (((2, 3),), (slice(1, 2),))],
    "concatenate": [(((2,), (3,)), ()), (((), (2,)), ()), (((2,), ()), ()), (((), ()), ())],
    "@": [(shapes, ()) for shapes in (((3,), (3,)), ((2, 3), (3,)), ((2,), (2, 3)), ((4, 2), (2, 3)), ((1, 1), (1,)))],
}
BROADCAST = [
    ((), ()),
    ((3,), ()),
    ((), (3,)),
    ((3,), (3,)),
    ((1,), (3,)),
    ((2, 3), (3,)),
    ((2, 1), (3,)),
    ((2, 1), (1, 3)),
    ((1,), (2, 3)),
]


def cases(operation):
    one = [((shape,), ()) for shape in ((), (3,), (2, 3))]
    two = [(shapes, ()) for shapes in BROADCAST]
    return ARGUMENTS.get(operation.name, one if len(operation.forward) == 1 else two)


@pytest.mark.parametrize("name", graph.OPERATIONS)
def test_the_rules_of_an_entry_are_the_products_with_its_complex_step_jacobian(name):
    operation = graph.OPERATIONS[name]
    rng = np.random.default_rng(5)
    for shapes, extra in cases(operation):
        a = [rng.uniform(0.5, 1.5, shape) for shape in shapes]
        y = operation.value(*a, *extra)
        assert operation.shape(*shapes, *extra) == y.shape
        for i, shape in enumerate(shapes):
            v, u = rng.normal(size=shape), rng.normal(size=y.shape)
            if name == "heaviside":  # flat but for its jump, and not defined on complex numbers
                expected = np.zeros(y.shape)
            elif name == "abs":  # of complex numbers it is something else; these are positive
                expected = v
            else:
                moved = [a_k + 1e-30j * v if k == i else a_k for k, a_k in enumerate(a)]
                expected = operation.value(*moved, *extra).imag / 1e-30
            close(operation.forward[i](v, y, *a, *extra), expected, 1e-13)
            pulled = operation.reverse[i](u, y, *a, *extra)
            assert pulled.shape == shape
            close(np.sum(pulled * v), np.sum(u * expected), 1e-13)


@pytest.mark.parametrize("name", graph.OPERATIONS)
def test_the_reverse_rule_of_an_entry_runs_on_dual_numbers(name):
    operation = graph.OPERATIONS[name]
    rng = np.random.default_rng(6)
    for shapes, extra in cases(operation):
        a, da = ([rng.uniform(0.5, 1.5, shape) for shape in shapes] for _ in range(2))
        weights = rng.normal(size=operation.shape(*shapes, *extra))
        variables = [graph.variable(value, name=f"a{k}") for k, value in enumerate(a)]
        f = graph.sum(weights * graph.apply(operation, *variables, settings=extra) ** 2)
        along = graph.hessian_vector_product(f, dict(zip(variables, da, strict=True)))
        h = 1e-5
        up, down = (
            graph.gradient(f, {x: value + sign * h * d for x, value, d in zip(variables, a, da, strict=True)})
            for sign in (1, -1)
        )
        for x in variables:
            close(along[x], (np.asarray(up[x]) - down[x]) / (2 * h), 1e-8)


def test_the_table_cannot_be_changed():
    with pytest.raises(TypeError):
        graph.OPERATIONS["+"] = None


def test_numpys_own_functions_build_the_same_graph():
    x = graph.variable([0.5, 1.0], name="x")
    ours = graph.sum(graph.exp(graph.sin(x)) / graph.sqrt(1 + x))
    numpys = graph.sum(np.exp(np.sin(x)) / np.sqrt(np.array(1.0) + x))
    assert graph.evaluate(ours) == graph.evaluate(numpys)
    close(graph.hessian(ours, x), graph.hessian(numpys, x), 1e-15)


NUMPYS = {  # formulas of a vector a (2,), a matrix A (2, 3) and a number c
    "dot of vectors": lambda F, a, A, c: F.dot(a, a),
    "dot of vector and matrix": lambda F, a, A, c: F.dot(a, A),
    "dot of matrices": lambda F, a, A, c: F.dot(A, F.transpose(A)),
    "dot of matrix and vector": lambda F, a, A, c: F.dot(F.transpose(A), a),
    "dot with a matrix": lambda F, a, A, c: F.dot(np.array([[1.0, 2.0], [3.0, 5.0]]), a),
    "dot with a vector": lambda F, a, A, c: F.dot(np.array([2.0, 3.0]), a),
    "dot with a number": lambda F, a, A, c: F.dot(c, a) + F.dot(a, 2.0),
    "inner of vectors": lambda F, a, A, c: F.inner(a, a),
    "inner of matrices": lambda F, a, A, c: F.inner(A, A),
    "inner of matrix and vector": lambda F, a, A, c: F.inner(A, np.array([1.0, 2.0, 4.0])),
    "inner with a number": lambda F, a, A, c: F.inner(c, a),
    "matmul": lambda F, a, A, c: F.matmul(a, A),
    "sum": lambda F, a, A, c: F.sum(A) + F.sum(c),
    "sum of rows": lambda F, a, A, c: F.sum(A, axis=0),
    "sum of columns": lambda F, a, A, c: F.sum(A, -1),
    "mean": lambda F, a, A, c: F.mean(A) * F.mean(a) * F.mean(c),
    "mean of rows": lambda F, a, A, c: F.mean(A, axis=0),
    "mean of columns": lambda F, a, A, c: F.mean(A, axis=-1),
    "transpose": lambda F, a, A, c: F.transpose(A) * F.transpose(c),
    "reshape": lambda F, a, A, c: F.reshape(A, (3, 2)),
    "ravel": lambda F, a, A, c: F.ravel(A) * F.ravel(c),
    "concatenate": lambda F, a, A, c: F.concatenate((a, a * a, np.array([1.0, 2.0]))),
    "shape": lambda F, a, A, c: A * F.shape(A)[1],
    "abs": lambda F, a, A, c: F.abs(A) * abs(a[0]),
}


@pytest.mark.parametrize("formula", NUMPYS)
def test_numpys_functions_mean_on_nodes_and_dual_numbers_what_they_mean_on_arrays(formula):
    rng = np.random.default_rng(3)
    point, direction = rng.normal(size=9), rng.normal(size=9)

    def theirs(w, F=anp):
        return NUMPYS[formula](F, w[:2], F.reshape(w[2:8], (2, 3)), w[8])

    w = graph.variable(point, name="w")
    y = theirs(w, np)
    J = autograd.jacobian(theirs)(point)
    close(graph.evaluate(y), theirs(point, np), 1e-15)
    for mode in ("forward", "reverse"):
        close(graph.jacobian(y, w, mode), J, 1e-14)
    number = theirs(graph.dual(point, direction), np)
    close(number.value, theirs(point, np), 1e-15)
    close(number.tangent, J @ direction, 1e-14)
    f, their_f = np.sum(np.sin(y) * y), lambda w: anp.sum(anp.sin(theirs(w)) * theirs(w))
    close(graph.gradient(f)[w], autograd.grad(their_f)(point), 1e-13)
    close(graph.hessian(f, w), autograd.hessian(their_f)(point), 1e-13)


NOT_ON_A_GRAPH = {
    "np.cumsum": lambda a, A: np.cumsum(a),
    "np.where": lambda a, A: np.where(a, 1.0, 2.0),
    "np.outer": lambda a, A: np.outer(a, a),
    "np.einsum": lambda a, A: np.einsum("ij,i->j", A, a),
    "np.stack": lambda a, A: np.stack([a, a]),
    "np.max": lambda a, A: np.max(a),
    "np.clip": lambda a, A: np.clip(a, 0.0, 1.0),
    "np.zeros_like": lambda a, A: np.zeros_like(a),
    "np.linalg.norm": lambda a, A: np.linalg.norm(a),
    "np.linalg.solve": lambda a, A: np.linalg.solve(np.eye(2), a),
    "np.arctan": lambda a, A: np.arctan(a),
    "np.maximum": lambda a, A: np.maximum(a, 0.0),
    "np.add.reduce": lambda a, A: np.add.reduce(a),
    "np.multiply.outer": lambda a, A: np.multiply.outer(a, a),
}


@pytest.mark.parametrize("name", NOT_ON_A_GRAPH)
def test_other_numpy_functions_are_refused_by_name(name):
    a, A = [1.0, 2.0], np.ones((2, 3))
    with pytest.raises(TypeError, match=f"^{name} does not take a Node; use .*np.exp.*np.dot.*elementwise"):
        NOT_ON_A_GRAPH[name](graph.variable(a, name="a"), graph.variable(A, name="A"))
    with pytest.raises(TypeError, match=f"^{name} does not take a Dual"):
        NOT_ON_A_GRAPH[name](graph.dual(a, a), graph.dual(A, A))


def test_arrays_on_the_left_leave_the_operator_to_the_node():
    x = graph.variable([1.0, 2.0], name="x")
    A, b = np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([10.0, 20.0])
    for y, value in [(A @ x, [5, 11]), (b + x, [11, 22]), (b - x, [9, 18]), (b * x, [10, 40]), (b / x, [10, 10])]:
        assert isinstance(y, graph.Node)
        assert graph.evaluate(y).tolist() == value
    assert graph.evaluate(np.float64(2.0) ** x).tolist() == [2, 4]
    assert graph.evaluate(np.dot([3.0, 4.0], x)) == np.dot([3.0, 4.0], graph.dual([1.0, 2.0], [0.0, 0.0])).value == 11
    assert graph.evaluate(2**x + x**x).tolist() == [3, 8]


# ---- closed forms ---------------------------------------------------------------------------------------------------


def test_rosenbrocks_gradient_and_hessian():
    w = graph.variable([-1.2, 1.0], name="w")
    a, b = w[0], w[1]
    f = (1 - a) ** 2 + 100 * (b - a**2) ** 2
    assert graph.evaluate(f) == pytest.approx(24.2)
    close(graph.gradient(f)[w], [-215.6, -88.0], 1e-14)
    close(graph.hessian(f, w), [[1330.0, 480.0], [480.0, 200.0]], 1e-14)
    close(graph.gradient(f, {w: [1.0, 1.0]})[w], [0.0, 0.0], 1e-15)


def test_quadratic_form_has_gradient_2ax_and_hessian_2a():
    A = np.array([[2.0, 1.0], [1.0, 5.0]])
    x = graph.variable([3.0, -1.0], name="x")
    f = x @ A @ x
    close(graph.gradient(f)[x], 2 * A @ [3.0, -1.0], 1e-15)
    close(graph.hessian(f, x), 2 * A, 1e-15)


def test_gradient_of_a_network_layer_is_the_outer_product():
    rng = np.random.default_rng(0)
    W, b, x = (graph.variable(rng.normal(size=s), name=n) for s, n in [((3, 2), "W"), ((3,), "b"), ((2,), "x")])
    z = W @ x + b
    a = graph.tanh(z)
    gradient = graph.gradient(graph.sum(a * a) / 2)
    value = graph.evaluate(a)
    delta = value * (1 - value**2)
    close(gradient[W], np.outer(delta, x.given), 1e-14)
    close(gradient[b], delta, 1e-14)
    close(gradient[x], W.given.T @ delta, 1e-14)


def test_powers_at_zero_have_the_derivatives_of_polynomials():
    x = graph.variable(0.0, name="x")
    for n, slope, curvature in [(0, 0, 0), (1, 1, 0), (2, 0, 2), (3, 0, 0)]:
        assert graph.gradient(x**n) == {x: slope}
        assert graph.hessian(x**n, x) == curvature
        assert graph.jvp(x**n, {x: 1.0}) == slope


def test_a_variable_exponent_has_the_derivative_y_log_a():
    a, b = graph.variable(2.0, name="a"), graph.variable(3.0, name="b")
    gradient = graph.gradient(a**b)
    assert gradient[a] == pytest.approx(12.0) and gradient[b] == pytest.approx(8 * math.log(2))


def test_relu_has_derivative_zero_at_zero_and_logistic_does_not_overflow():
    x = graph.variable([-1.0, 0.0, 2.0], name="x")
    assert graph.gradient(graph.sum(graph.relu(x)))[x].tolist() == [0, 0, 1]
    far = graph.variable([-800.0, 800.0], name="far")
    assert graph.evaluate(graph.logistic(far)).tolist() == [0.0, 1.0]
    assert graph.logistic(-50.0) == pytest.approx(math.exp(-50), rel=1e-14)


def test_abs_has_the_slopes_of_its_sides_and_zero_at_the_kink():
    x = graph.variable([-3.0, 0.0, 2.0], name="x")
    f = graph.sum(abs(x) * x)
    assert graph.evaluate(abs(x)).tolist() == [3, 0, 2] and repr(abs(x)) == "abs(x)"
    assert graph.gradient(graph.sum(np.abs(x)))[x].tolist() == [-1, 0, 1]
    assert abs(graph.dual([-3.0, 0.0], [1.0, 1.0])).tangent.tolist() == [-1, 0]
    theirs = autograd.hessian(lambda x: anp.sum(anp.abs(x) * x))(x.given)
    assert graph.hessian(f, x).tolist() == theirs.tolist() == np.diag([-2.0, 0.0, 2.0]).tolist()


def test_nodes_are_told_apart_as_objects_and_have_no_truth_value():
    x, twin = graph.variable(2.0, name="x"), graph.variable(2.0, name="x")
    assert x in {x, twin} and twin in [x, twin] and {x: 1, twin: 2}[twin] == 2
    assert (x == twin) is (x == 2.0) is False


def test_a_whole_number_of_any_size_is_a_number():
    x = graph.variable(2.0, name="x")
    assert graph.evaluate(x * 2**70) == 2.0**71
    assert graph.evaluate(graph.constant(2**70) * x) == 2.0**71


def test_a_linear_formula_has_hessian_zero():
    x, y = graph.variable([1.0, 2.0], name="x"), graph.variable(3.0, name="y")
    f = graph.sum(3 * x) + y
    assert graph.hessian(f, x).tolist() == [[0, 0], [0, 0]]
    assert graph.hessian_vector_product(f, {x: [1.0, 1.0]})[y] == 0.0
    assert graph.jvp(f, {}) == 0.0  # nothing moves


def test_an_output_that_is_a_variable_is_its_own_derivative():
    x = graph.variable([1.0, 2.0], name="x")
    assert graph.jacobian(x, x).tolist() == graph.jacobian(x, x, mode="forward").tolist() == [[1, 0], [0, 1]]
    (path,) = graph.paths(x, x)
    assert path.edges == () and path.product.tolist() == [[1, 0], [0, 1]]
    assert list(graph.forward_steps(x, {x: [1.0, 0.0]})) == list(graph.reverse_steps(x, [1.0, 0.0])) == []


def test_a_vector_unpacks_into_its_elements():
    first, second = graph.variable([2.0, 3.0], name="x")
    assert graph.evaluate(first * second) == 6.0


def test_results_are_the_callers_own():
    x = graph.variable([1.0, 2.0], name="x")
    start = np.array([5.0, 6.0])
    y = graph.variable(start, name="y")
    start[0] = -1.0
    assert graph.evaluate(y).tolist() == [5, 6]
    gradient = graph.gradient(graph.sum(x))[x]
    gradient[0] = 7.0
    assert graph.gradient(graph.sum(x))[x].tolist() == [1, 1]
    value = graph.evaluate(x)
    value[0] = 9.0
    assert graph.evaluate(x).tolist() == [1, 2]
    with pytest.raises(ValueError, match="read-only"):
        graph.layout(x).boxes[0].value[0] = 9.0


# ---- order and depth ------------------------------------------------------------------------------------------------


def test_topological_order_lists_each_node_once_and_parents_first():
    x = y = graph.variable(0.5, name="x")
    for _ in range(30):
        y = graph.sin(y) * y + y
    order = graph.topological_order(y)
    place = {node: i for i, node in enumerate(order)}
    assert len(place) == len(order) == 1 + 3 * 30
    assert all(place[parent] < place[node] for node in order for parent in node.parents)
    assert order[-1] is y and order[0] is x


def sign_flips(depth):
    x = y = graph.variable(0.25, name="x")
    for _ in range(depth):
        y = -y
    return x, y


def test_a_chain_of_100_000_nodes_works_without_recursion():
    x, y = sign_flips(100_000)
    assert len(graph.topological_order(y)) == 100_001 > 10 * sys.getrecursionlimit()
    assert graph.gradient(y) == {x: 1.0}
    del y  # and it is taken apart again without recursion


def test_nothing_else_recurses_along_the_graph_either():
    depth = 2 * sys.getrecursionlimit()
    x, y = sign_flips(depth)
    assert graph.evaluate(y) == 0.25
    assert graph.jvp(y, {x: 3.0}) == 3.0
    assert graph.hessian_vector_product(y, {x: 1.0}) == {x: 0.0}
    assert graph.count_paths(y, x) == 1 and len(graph.paths(y, x)[0].factors) == depth
    assert graph.layout(y).boxes[-1].layer == depth and len(repr(y)) < 10


def test_a_pickled_graph_is_the_same_graph():
    x, y = graph.variable([1.0, 2.0], name="x"), graph.variable(3.0, name="y")
    f = graph.sum(graph.tanh(x * y) @ np.ones((2, 2)) + x[::-1])
    f_again, x_again = pickle.loads(pickle.dumps((f, x)))
    assert f_again.operation is f.operation
    assert graph.hessian(f_again, x_again).tolist() == graph.hessian(f, x).tolist()
    assert repr(graph.layout(f_again)) == repr(graph.layout(f))


# ---- what the modes cost --------------------------------------------------------------------------------------------


def chain(layers, width, inputs=None, outputs=None):
    """x -> W x (width) -> ... -> W v -> its first `outputs` elements: linear, so that each layer costs width^2."""
    rng = np.random.default_rng(1)
    inputs = width if inputs is None else inputs
    x = graph.variable(rng.normal(size=inputs), name="x")
    v = rng.normal(size=(width, inputs)) @ x
    for _ in range(layers - 1):
        v = rng.normal(size=(width, width)) / width @ v
    return x, v if outputs is None else v[:outputs]


def cost(output, variable, mode):
    meter = graph.Meter()
    graph.jacobian(output, variable, mode, meter=meter)
    return meter


@pytest.mark.parametrize(("layers", "width"), [(2, 3), (5, 3), (5, 12), (20, 6)])
def test_for_one_output_reverse_costs_L_k2_and_forward_L_k3(layers, width):
    x, v = chain(layers, width)
    y = graph.sum(v)
    reverse, forward = cost(y, x, "reverse"), cost(y, x, "forward")
    assert reverse.evaluation == reverse.differentiation == layers * width**2 + width
    assert forward.differentiation == width * reverse.differentiation == layers * width**3 + width**2
    assert forward.evaluation == width * reverse.evaluation


@pytest.mark.parametrize(("layers", "width"), [(2, 3), (5, 12), (20, 6)])
def test_for_one_input_and_many_outputs_it_is_the_other_way_round(layers, width):
    x, y = chain(layers, width, inputs=1)
    forward, reverse = cost(y, x, "forward"), cost(y, x, "reverse")
    assert forward.differentiation == (layers - 1) * width**2 + width
    assert reverse.differentiation == width * forward.differentiation


@pytest.mark.parametrize("width", [4, 9])
def test_forward_holds_a_few_layers_and_reverse_holds_all_of_them(width):
    for layers in (2, 10, 50):
        x, y = chain(layers, width)
        assert cost(y, x, "forward").most_floats == 4 * width  # value and tangent of a layer and of the one before
        assert cost(y, x, "reverse").most_floats == layers * width + 2 * width  # all values, two adjoints


@pytest.mark.parametrize("inputs", [1, 3, 8])
def test_the_modes_cross_where_the_counts_say(inputs):
    """Reverse: an evaluation and a sweep per output. Forward: an evaluation and a sweep per input. All cost alike."""
    width = 16
    totals = {}
    for outputs in range(1, width + 1):
        x, y = chain(6, width, inputs, outputs)
        for mode in ("forward", "reverse"):
            meter = cost(y, x, mode)
            totals[mode, outputs] = (meter.evaluation + meter.differentiation, meter.differentiation)
    for outputs in range(1, width + 1):
        (f_all, f_products), (r_all, r_products) = totals["forward", outputs], totals["reverse", outputs]
        assert (f_products < r_products, f_products == r_products) == (outputs > inputs, outputs == inputs)
        assert (f_all < r_all, f_all == r_all) == (outputs > 2 * inputs - 1, outputs == 2 * inputs - 1)


def test_in_a_graph_of_numbers_either_sweep_costs_one_multiply_add_an_edge():
    x, y = graph.variable(0.3, name="x"), graph.variable(0.7, name="y")
    f = graph.sin(x * y) * graph.exp(y) / (x + y) - graph.tanh(x)
    edges = len(graph.layout(f).edges)
    forward, reverse = graph.Meter(), graph.Meter()
    graph.jvp(f, {x: 1.0, y: 1.0}, meter=forward)
    graph.gradient(f, meter=reverse)
    assert forward.differentiation == reverse.differentiation == edges


@few
@given(instructions, seeds)
def test_evaluating_at_dual_numbers_costs_what_forward_mode_costs(formula, seed):
    w = graph.variable(draw(seed), name="w")
    y = carry_out(formula, graph, w)
    plain, dual, forward = graph.Meter(), graph.Meter(), graph.Meter()
    graph.evaluate(y, meter=plain)
    graph.evaluate(y, {w: graph.dual(w.given, w.given)}, meter=dual)
    graph.jvp(y, {w: w.given}, meter=forward)
    assert (plain.evaluation, plain.differentiation) == (forward.evaluation, 0)
    assert (dual.evaluation, dual.differentiation) == (forward.evaluation, forward.differentiation)
    assert plain.most_floats == sum(node.size for node in graph.topological_order(y) if node.parents)
    assert plain.most_floats <= dual.most_floats <= 2 * plain.most_floats


@pytest.mark.parametrize("layers", [1, 2, 10])
def test_a_hessian_vector_product_takes_three_times_the_matrix_products_of_a_gradient(layers):
    """Whatever the number of weights: a product of dual numbers is three, (A + Ȧε)(B + Ḃε) = AB + (AḂ + ȦB)ε."""
    taken = 0

    def value(A, B):
        nonlocal taken
        taken += 1
        return A @ B

    def product(A, B):
        return graph.apply(counted, A, B)

    counted = dataclasses.replace(
        graph.OPERATIONS["@"],
        value=value,
        forward=(lambda V, Y, A, B: product(V, B), lambda V, Y, A, B: product(A, V)),
        reverse=(lambda U, Y, A, B: product(U, B.T), lambda U, Y, A, B: product(A.T, U)),
    )
    rng = np.random.default_rng(4)
    weights = [graph.variable(rng.normal(size=(3, 3)), name=f"W{layer}") for layer in range(layers)]
    y = x = graph.variable(rng.normal(size=(3, 1)), name="x")
    for W in weights:
        y = graph.tanh(product(W, y))
    f = graph.sum(y * y)
    directions = {node: rng.normal(size=node.shape) for node in (*weights, x)}

    taken = 0
    graph.gradient(f)
    assert taken == 3 * layers  # up, and down to the weights and to the layer below
    taken = 0
    along = graph.hessian_vector_product(f, directions)
    assert taken == 9 * layers
    h = 1e-6
    up, down = (graph.gradient(f, {n: n.given + s * h * d for n, d in directions.items()}) for s in (1, -1))
    for node in directions:
        close(along[node], (up[node] - down[node]) / (2 * h), 1e-8)


@few
@given(instructions, seeds)
def test_a_gradient_costs_at_most_twice_the_evaluation_on_top_of_it(formula, seed):
    w = graph.variable(draw(seed), name="w")
    meter = graph.Meter()
    graph.gradient(graph.sum(carry_out(formula, graph, w)), meter=meter)
    assert meter.differentiation <= 2 * meter.evaluation


def test_products_by_constants_and_towards_other_variables_are_not_paid_for():
    W, x = graph.variable(np.eye(3), name="W"), graph.variable(np.ones(3), name="x")
    y = W @ x
    assert cost(y, x, "forward").differentiation == cost(y, x, "reverse").differentiation == 3 * 9
    meter = graph.Meter()
    graph.vjp(y, np.ones(3), meter=meter)
    assert meter.differentiation == 2 * 9


# ---- step by step ---------------------------------------------------------------------------------------------------


@few
@given(instructions, seeds)
def test_taking_the_steps_gives_the_numbers_of_the_whole_sweep(formula, seed):
    w = graph.variable(draw(seed), name="w")
    y = carry_out(formula, graph, w)
    v, u = draw(seed + 1), draw(seed + 2, y.size)
    up, down = graph.Meter(), graph.Meter()
    arrived = {step.edge.node: step.total for step in graph.forward_steps(y, {w: v}, meter=up)}
    close(arrived[y], graph.jvp(y, {w: v}), 0)
    arrived = {step.edge.parent: step.total for step in graph.reverse_steps(y, u, meter=down)}
    close(arrived[w], graph.vjp(y, u)[w], 0)
    assert up.differentiation == down.differentiation


@few
@given(instructions, seeds)
def test_each_step_is_a_product_with_the_local_jacobian(formula, seed):
    w = graph.variable(draw(seed), name="w")
    y = carry_out(formula, graph, w)
    forward = graph.forward_steps(y, {w: draw(seed + 1)})
    reverse = graph.reverse_steps(y, draw(seed + 2, y.size))
    for step, up in itertools.chain(((s, True) for s in forward), ((s, False) for s in reverse)):
        edge = step.edge
        J = np.reshape(edge.jacobian(), (edge.node.size, edge.parent.size))
        incoming, outgoing = np.ravel(step.incoming), np.ravel(step.outgoing)
        close(outgoing, J @ incoming if up else J.T @ incoming, 1e-13)
        assert edge.parent is edge.node.parents[edge.position]


def test_the_steps_of_a_small_graph_are_those_on_paper():
    x, y = graph.variable(2.0, name="x"), graph.variable(5.0, name="y")
    f = graph.sin(0 * x) + x * y

    def seen(steps):
        return [(s.edge.parent.label, s.edge.jacobian(), s.incoming, s.outgoing, s.total) for s in steps]

    assert seen(graph.forward_steps(f, {x: 1.0})) == [
        ("x", 0.0, 1.0, 0.0, 0.0),
        ("…", 1.0, 0.0, 0.0, 0.0),
        ("x", 5.0, 1.0, 5.0, 5.0),
        ("…", 1.0, 0.0, 0.0, 0.0),
        ("…", 1.0, 5.0, 5.0, 5.0),
    ]
    assert seen(graph.reverse_steps(f)) == [
        ("…", 1.0, 1.0, 1.0, 1.0),
        ("…", 1.0, 1.0, 1.0, 1.0),
        ("x", 5.0, 1.0, 5.0, 5.0),
        ("y", 2.0, 1.0, 2.0, 2.0),
        ("…", 1.0, 1.0, 1.0, 1.0),
        ("x", 0.0, 1.0, 0.0, 5.0),
    ]


def test_a_stepped_sweep_leaves_numpys_error_state_alone():
    x = graph.variable(1.0, name="x")
    before = np.geterr()
    next(graph.reverse_steps(graph.exp(x)))
    assert np.geterr() == before


# ---- paths ----------------------------------------------------------------------------------------------------------


@few
@given(instructions, seeds)
def test_the_sum_over_all_paths_is_the_derivative(formula, seed):
    w = graph.variable(draw(seed), name="w")
    y = carry_out(formula[:3], graph, w)
    if graph.count_paths(y, w) > 200:
        return
    ways = graph.paths(y, w)
    assert len(ways) == graph.count_paths(y, w)
    close(sum(path.product for path in ways), graph.jacobian(y, w), 1e-12)


def test_a_path_is_the_product_of_its_local_derivatives():
    x = graph.variable(0.5, name="x")
    f = graph.exp(graph.sin(x)) * x * x
    ways = graph.paths(f, x)
    assert len(ways) == graph.count_paths(f, x) == 3
    for path in ways:
        assert path.product == pytest.approx(math.prod(path.factors))
        assert path.edges[0].parent is x and path.edges[-1].node is f
        assert all(lower.node is upper.parent for lower, upper in itertools.pairwise(path.edges))


def test_too_many_paths_are_counted_and_not_listed():
    x = y = graph.variable(1.0, name="x")
    for _ in range(2000):
        y = y + y
    assert graph.count_paths(y, x) == 2**2000
    with pytest.raises(ValueError, match="more than 1000 paths"):
        graph.paths(y, x)


# ---- layout ---------------------------------------------------------------------------------------------------------


def test_layout_places_every_node_above_its_parents_and_alone():
    w = graph.variable(np.ones(4), name="w")
    f = graph.sum(graph.tanh(w * 2) + w[0]).named("f")
    drawing = graph.layout(f)
    assert len({(box.layer, box.row) for box in drawing.boxes}) == len(drawing.boxes)
    assert all(drawing.boxes[i].layer < drawing.boxes[j].layer for i, j in drawing.edges)
    assert [box.name for box in drawing.boxes] == ["w", "2", "v1", "v2", "v3", "v4", "f"]
    assert [box.formula for box in drawing.boxes][-1] == "sum(v4)"
    assert drawing.boxes[-1].value == graph.evaluate(f)
    assert len(drawing.edges) == sum(len(box.node.parents) for box in drawing.boxes)


def test_layout_takes_no_name_that_is_taken():
    y, x = graph.variable(2.0, name="v1"), graph.variable(3.0, name="x")
    names = [box.name for box in graph.layout((y * x + 1.0).named("v3") * x * x).boxes]
    assert names == ["v1", "x", "v2", "1", "v3", "v4", "v5"]


def test_formulas_with_negative_numbers_are_written_as_they_are_computed():
    x = graph.variable(2.0, name="x")
    formulas = [(-2.0) ** x, x**-2, x - (-2), -graph.constant(-2.0), -2 * x]
    written = [repr(f) for f in formulas]
    assert written == ["(-2) ** x", "x ** (-2)", "x - (-2)", "-(-2)", "(-2) * x"]
    assert [eval(text, {"x": 2.0}) for text in written] == [graph.evaluate(f) for f in formulas]
    assert graph.layout(formulas[0]).boxes[0].name == "-2" and repr(graph.sin(graph.constant(-2.0))) == "sin(-2)"


def test_the_table_of_a_graph_shows_arrays_in_one_line():
    W = graph.variable(np.arange(4.0).reshape(2, 2), name="W")
    big = graph.constant(np.ones((5, 2)), name="B")
    lines = repr(graph.layout(big @ W)).splitlines()
    assert len(lines) == 4
    assert "[[0, 1], [2, 3]]" in lines[2] and "array of shape (5, 2)" in lines[1]


# ---- bad input ------------------------------------------------------------------------------------------------------

x = graph.variable(2.0, name="x")
v = graph.variable([1.0, 2.0, 3.0], name="v")
W = graph.variable(np.ones((2, 3)), name="W")
stranger = graph.variable(1.0, name="stranger")

BAD = [
    # shapes
    (lambda: v + np.ones(2), ValueError, r"v \+ \[2\]: the shapes \(3,\) and \(2,\) do not broadcast"),
    (lambda: W @ W, ValueError, r"W @ W: the shapes \(2, 3\) and \(2, 3\) do not fit, 3 columns meet 2 rows"),
    (lambda: W @ x, ValueError, r"vectors and matrices, the shapes are \(2, 3\) and \(\)"),
    (lambda: graph.dual([1.0, 2.0], [0.0, 0.0]) + np.ones(3), ValueError, "do not broadcast"),
    (lambda: x + np.ones((1, 1, 1)), ValueError, "shape"),
    (lambda: graph.sum(v, axis=1), ValueError, r"no axis 1 in the shape \(3,\)"),
    (lambda: graph.sum(W, axis=(0, 1)), TypeError, "axis must be a whole number"),
    (lambda: graph.reshape(v, (2, 2)), ValueError, r"\(3,\) holds 3 numbers, the shape \(2, 2\) holds 4"),
    (lambda: graph.reshape(v, (-1,)), ValueError, "shape must be at least 1"),
    (lambda: np.reshape(v, -1), TypeError, "shape must be a tuple of at most two lengths, got -1"),
    (lambda: graph.concatenate(v), TypeError, "two or more parts"),
    (lambda: np.concatenate([v, W]), ValueError, "concatenate takes numbers and vectors"),
    (lambda: graph.dual(1.0, [1.0, 2.0]), ValueError, r"tangent has shape \(2,\), value has shape \(\)"),
    (lambda: v[3], IndexError, r"index 3 is outside the shape \(3,\)"),
    (lambda: v[5:], ValueError, "selects nothing"),
    (lambda: v[[0, 1]], TypeError, "whole number or a slice"),
    (lambda: list(x), TypeError, "single number has no elements"),
    # what is no operand
    (lambda: x + "1", TypeError, "must hold real numbers, got the text"),
    (lambda: x + 1j, TypeError, "operand must hold real numbers, got complex"),
    (lambda: x * 10**400, ValueError, "operand must be finite"),
    (lambda: math.inf - x, ValueError, "must be finite"),
    (lambda: x + graph.dual(1.0, 1.0), TypeError, "do not mix"),
    (lambda: bool(x), TypeError, "a Node has no truth value"),
    (lambda: graph.dual(1.0, 1.0) or 2.0, TypeError, "a Dual has no truth value"),
    (lambda: np.array([v, v]), TypeError, "a Node does not go into an array .*concatenate"),
    (lambda: np.sin(v, out=np.ones(3)), TypeError, "np.sin of a Node: .*'out'"),
    (lambda: np.sum(v, keepdims=True), TypeError, "np.sum of a Node: .*'keepdims'"),
    (lambda: np.concatenate([v, v], axis=0), TypeError, "np.concatenate of a Node: .*'axis'"),
    (lambda: graph.variable("2", name="x"), TypeError, "value must hold real numbers"),
    (lambda: graph.variable(math.inf, name="x"), ValueError, "value must be finite"),
    (lambda: graph.variable(2.0, name=""), ValueError, "name must not be empty"),
    (lambda: graph.constant(1.0, name=3), TypeError, "name must be a text"),
    (lambda: graph.apply("sin", x), TypeError, "operation must be an Operation"),
    (lambda: graph.apply(graph.OPERATIONS["+"], x), TypeError, r"\+ takes 2 operands, got 1"),
    (lambda: graph.elementwise("f", np.sin), TypeError, "one for each derivative"),
    # what is not finite
    (lambda: graph.log(-1.0), ValueError, r"log\(-1\) is not finite: it is nan"),
    (lambda: graph.exp([1.0, 1000.0]), ValueError, r"exp\(\[2\]\) is not finite: it holds inf"),
    (lambda: (-1.0) ** graph.dual(0.5, 1.0), ValueError, r"^\(-1\) \*\* 0.5 is not finite"),
    (lambda: graph.sqrt(graph.dual(0.0, 1.0)), ValueError, r"derivative of sqrt\(0\) is not finite: it is inf"),
    (lambda: graph.gradient(0 * x**0.5, {x: 0.0}), ValueError, r"derivative of 0 \*\* 0.5 is not finite: it is inf"),
    (lambda: graph.jvp(v**0.5, {v: [1, 0, 0]}, {v: [1, 0, 0]}), ValueError, r"derivative of .* \*\* 0.5 .* holds inf"),
    (lambda: graph.dual([1.0, 0.0], [1.0, 0.0]) ** 0.5, ValueError, r"derivative of .* \*\* 0.5 .* holds inf"),
    (lambda: graph.evaluate(graph.log(x), {x: -1.0}), ValueError, r"at the node log\(x\): log\(-1\) is not finite"),
    (lambda: graph.gradient(graph.sqrt(0 * x)), ValueError, r"at the node sqrt\(…\): the derivative of sqrt\(0\)"),
    (lambda: graph.gradient(1e308 * x - -1e308 * x, {x: 0.1}), ValueError, r"1e\+308 \+ 1e\+308 is not finite"),
    (lambda: graph.jvp(x + x, {x: 1e308}), ValueError, "not finite"),
    # what is asked of a graph
    (lambda: graph.evaluate(3.0), TypeError, r"output must be a node of a graph, got 3.0 \(float\)"),
    (lambda: graph.evaluate(x, {stranger: 1.0}), ValueError, "stranger is not a variable .*, its variables are: x"),
    (lambda: graph.evaluate(x, {"x": 1.0}), ValueError, "'x' is not a variable"),
    (lambda: graph.evaluate(x, 3.0), TypeError, "at must map variables to numbers"),
    (lambda: graph.evaluate(v * x, {v: [1.0, 2.0]}), ValueError, r"at\[v\] has shape \(2,\), v has shape \(3,\)"),
    (lambda: graph.gradient(x, {x: graph.dual(1.0, 1.0)}), TypeError, r"at\[x\] must hold real numbers, got a Dual"),
    (lambda: graph.gradient(x, meter=0), TypeError, "meter must be a Meter"),
    (lambda: graph.gradient(v), ValueError, r"output that is a number, v has shape \(3,\)"),
    (lambda: graph.hessian(v, v), ValueError, "output that is a number"),
    (lambda: graph.jvp(x * v, {v: 1.0}), ValueError, r"seeds\[v\] has shape \(\), v has shape \(3,\)"),
    (lambda: graph.jvp(x, 1.0), TypeError, "seeds must map variables to numbers"),
    (lambda: graph.vjp(v, [1.0, math.nan, 0.0]), ValueError, r"seed must be finite, seed\[1\] is nan"),
    (lambda: graph.reverse_steps(v), ValueError, r"seed has shape \(\), v has shape \(3,\)"),
    (lambda: graph.jacobian(v, "v"), ValueError, "'v' is not a variable"),
    (lambda: graph.jacobian(v * 2, graph.constant(2.0)), ValueError, "2 is not a variable of this graph"),
    (lambda: graph.paths(x, x, at_most=0), ValueError, "at_most must be at least 1"),
]


@pytest.mark.parametrize(("call", "error", "message"), BAD, ids=[message for _, _, message in BAD])
def test_bad_input_is_refused_with_a_sentence(call, error, message):
    with pytest.raises(error, match=message):
        call()


JUNK = [
    *(None, True, 0, -1, 2, 10**400, 0.5, -1e308, 1e308, math.nan, math.inf, 1j, "", "reverse", b"x", object()),
    *([], [1.0], [1.0, "a"], [[1.0], [1.0, 2.0]], np.ones(3), np.ones((2, 2, 2)), np.array([1j]), slice(0, "a")),
    *({}, {x: 1.0}, {v: [1, 2, 3]}, {"x": 1.0}, x, v, W, stranger, graph.dual(1.0, 2.0), graph.dual([0.0], [1e308])),
]


def doors(names):
    return {name: getattr(graph, name) for name in names.split()}


OF_ONE = doors("exp log sqrt sin cos tanh logistic relu sum transpose topological_order")
OF_TWO = {
    **doors("variable constant dual reshape concatenate elementwise evaluate node_values gradient layout count_paths"),
    **{
        f"{name} of f": functools.partial(door, x * v @ v)
        for name, door in doors("jvp vjp jacobian hessian hessian_vector_product forward_steps paths").items()
    },
    "arithmetic": lambda a, b: a + x * b,
    "matmul": lambda a, b: a @ v - b,
    "power": lambda a, b: x**a / b,
    "index": lambda a, b: v[a] * b,
    "apply": lambda a, b: graph.apply(graph.OPERATIONS["@"], a, b),
}


def numbers_in(result):
    """All arrays in a result."""
    if isinstance(result, graph.Dual):
        return [result.value, result.tangent]
    if isinstance(result, dict):
        return list(result.values())
    return [result] if isinstance(result, (float, np.ndarray, np.generic)) else []


@pytest.mark.parametrize("door", [*OF_ONE, *OF_TWO])
def test_no_input_gives_nan_or_another_error_than_a_sentence(door):
    function = (OF_ONE | OF_TWO)[door]
    for junk in itertools.product(JUNK, repeat=1 if door in OF_ONE else 2):
        try:
            with np.errstate(all="raise"):  # and no warning reaches the reader
                result = function(*junk)
        except (TypeError, ValueError, IndexError) as error:
            assert str(error) and "operands could not be broadcast" not in str(error), junk
        else:
            assert all(np.isfinite(numbers).all() for numbers in numbers_in(result)), junk
