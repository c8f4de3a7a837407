"""Computational graphs: write a formula, evaluate it, differentiate it in both modes, and see what each mode costs.

>>> from nnlib import graph
>>> x, y = graph.variable(2.0, name="x"), graph.variable(3.0, name="y")
>>> f = (x * y + graph.sin(x)).named("f")
>>> graph.layout(f)
node  formula  value     layer
x              2         0
y              3         0
v1    x * y    6         1
v2    sin(x)   0.909297  1
f     v1 + v2  6.9093    2
>>> graph.gradient(f)
{x: 2.5838531634528574, y: 2.0}

To be read in this order: `operations` (the table of derivative rules), `operands` (formulas, nodes, dual numbers),
`sweeps` (the two modes), `derivatives` (what a reader asks for, and the arguments that all of it shares), `views`
(drawing, paths).
"""

from nnlib.graph.derivatives import (
    evaluate,
    forward_steps,
    gradient,
    hessian,
    hessian_vector_product,
    jacobian,
    jvp,
    node_values,
    reverse_steps,
    vjp,
)
from nnlib.graph.operands import (
    Dual,
    Node,
    apply,
    concatenate,
    constant,
    cos,
    dual,
    exp,
    log,
    logistic,
    relu,
    reshape,
    sin,
    sqrt,
    sum,
    tanh,
    transpose,
    variable,
)
from nnlib.graph.operations import OPERATIONS, Operation, elementwise
from nnlib.graph.sweeps import Edge, EdgeStep, Meter, topological_order
from nnlib.graph.views import Box, Layout, Path, count_paths, layout, paths

__all__ = [
    "OPERATIONS",
    "Box",
    "Dual",
    "Edge",
    "EdgeStep",
    "Layout",
    "Meter",
    "Node",
    "Operation",
    "Path",
    "apply",
    "concatenate",
    "constant",
    "cos",
    "count_paths",
    "dual",
    "elementwise",
    "evaluate",
    "exp",
    "forward_steps",
    "gradient",
    "hessian",
    "hessian_vector_product",
    "jacobian",
    "jvp",
    "layout",
    "log",
    "logistic",
    "node_values",
    "paths",
    "relu",
    "reshape",
    "reverse_steps",
    "sin",
    "sqrt",
    "sum",
    "tanh",
    "topological_order",
    "transpose",
    "variable",
    "vjp",
]
