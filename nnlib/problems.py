"""What an optimizer sees: a loss of w with its derivatives, whatever is behind it.

Every problem has

    loss(w), gradient(w), hessian(w), loss_and_gradient(w), and n_params where it is known before a w is seen,

and a least-squares problem, whose loss is E = ½ Σ r² (+ λ E_W), also

    n_residuals, residuals(w), jacobian(w), normal_equations(w), quadratic_model(w, limit).

Sums of squares carry the ½, so that the gradient is Jᵀr and the Gauss–Newton matrix JᵀJ, without a factor 2.
A loss that overflows is inf or nan and says nothing else: deciding what to do about it is the optimizer's business.
What is small is for the data to say: a problem may have a typical_loss, that of a model which says nothing, a
rounding_loss, that of one which fits but for rounding, and units (n,), the sizes that parameters are to be expected of.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from nnlib import arguments, derivatives
from nnlib import backpropagation as passes
from nnlib.activations import ACTIVATIONS
from nnlib.arguments import FloatArray
from nnlib.costs import COSTS
from nnlib.gauss_newton_matrix import ContractedProducts, JacobianProducts
from nnlib.network import BLOCK_ROWS, MLP, row_blocks, table

# Decorator: a trial step may leave the region where a model can be evaluated, which the caller sees in the loss.
quiet = np.errstate(all="ignore")

ROUNDING = 10 * np.finfo(float).eps  # values of a model are right to this part of their size, and seldom to less
SQUARABLE = 1e60  # numbers from here on, and below its inverse, are not squared in the units they come in


class NormalEquations(NamedTuple):
    """The Gauss–Newton model of a loss at w: its matrix JᵀJ (n, n), its gradient Jᵀr (n,) and the loss itself.

    With weight decay λ they are JᵀJ + λI and Jᵀr + λw. Both are None where only the loss was of use.
    """

    JTJ: FloatArray | None
    JTr: FloatArray | None
    loss: float

    @property
    def lengths(self) -> FloatArray:
        """Lengths of the columns of J (n,), the roots of the matrix's diagonal."""
        return np.sqrt(np.diagonal(self.JTJ))

    def divided(self, L: FloatArray) -> NormalEquations:
        """The same model of the parameters Lw."""
        return NormalEquations(self.JTJ / L / L[:, None], self.JTr / L, self.loss)


class FactoredEquations(NamedTuple):
    """The same model with its matrix JᵀJ + Λ in factors: less to store where J has fewer rows than columns, more exact.

    J (P, n) and r (P,) belong to the data; decay (n,) is the diagonal Λ and decay_gradient (n,) is Λw.
    """

    J: FloatArray
    r: FloatArray
    decay: FloatArray
    decay_gradient: FloatArray
    loss: float

    @property
    def JTr(self) -> FloatArray:
        """Gradient of the loss (n,)."""
        return self.J.T @ self.r + self.decay_gradient

    @property
    def JTJ(self) -> FloatArray:
        """The matrix itself (n, n)."""
        return self.J.T @ self.J + np.diag(self.decay)

    @property
    def lengths(self) -> FloatArray:
        """As those of `NormalEquations`, also where their squares would overflow or underflow."""
        lengths = np.sqrt(np.einsum("ij,ij->j", self.J, self.J) + self.decay)
        lost = ~((lengths > 1 / SQUARABLE) & (lengths < SQUARABLE))
        lengths[lost] = np.hypot(np.hypot.reduce(self.J[:, lost], axis=0), np.sqrt(self.decay[lost]))
        return lengths

    def divided(self, L: FloatArray) -> FactoredEquations:
        """The same model of the parameters Lw."""
        return FactoredEquations(self.J / L, self.r, self.decay / L / L, self.decay_gradient / L, self.loss)


def require_least_squares(problem, method: str) -> None:
    """Complain about a problem that is not a sum of squares."""
    if not hasattr(problem, "normal_equations"):
        found = type(problem).__name__
        raise TypeError(f"{method} needs a least-squares problem with normal_equations(w), got {found}")


def typical_loss(problem, start_loss: float) -> float:
    """The size of a problem's losses: that at the start, unless the data say that it is out of all proportion."""
    return min(abs(start_loss), getattr(problem, "typical_loss", 0.0) or np.inf)


def rounding_loss(problem, influence: float) -> float:
    """The loss that rounding makes: of targets, and of parameters, whose parts of the model (w_j J_j) may cancel."""
    return getattr(problem, "rounding_loss", 0.0) + 0.5 * (ROUNDING * influence) ** 2


class NetworkFit:
    """A network and the data it is to fit.

    Parameters
    ----------
    X : (m, d) array
        Inputs, one sample a row; (m,) will do for one input.
    Y : (m, K) array
        Targets; (m,) will do for one output. For cross-entropy with logistic outputs each is in [0, 1], with softmax
        outputs each row sums to 1 (one class a sample: a one and zeros).
    cost : {"squared-error", "cross-entropy"}, default "squared-error"
        ½ Σ (ŷ − y)², or the cross-entropy that belongs to the output activation (logistic or softmax). Both are sums
        over samples and outputs, not means.
    weight_decay : float, default 0
        λ ≥ 0 of the penalty λ E_W = λ ½ Σ w².
    decay_biases : bool, default True
        Whether E_W takes the biases too (as MacKay and MATLAB do) or leaves them out (as classification texts do).

    Examples
    --------
    >>> net = MLP([1, 2, 1])
    >>> problem = NetworkFit(net, [[-1.0], [0.0], [1.0]], [[1.0], [0.0], [1.0]])
    >>> problem
    NetworkFit(MLP([1, 2, 1]), 3 samples, squared-error)
    >>> problem.loss(net.init(seed=0, scheme="zeros"))
    1.0
    """

    def __init__(
        self,
        net: MLP,
        X: ArrayLike,
        Y: ArrayLike,
        cost: str = "squared-error",
        weight_decay: float = 0.0,
        decay_biases: bool = True,
    ):
        if not isinstance(net, MLP):
            raise TypeError(f"net must be an nnlib.MLP, got {type(net).__name__}")
        self.net, self.X = net, net._inputs(X)
        self.Y = table("Y", Y, net.n_outputs, f"gives {net.n_outputs} outputs")
        if len(self.X) != len(self.Y):
            raise ValueError(f"X has {len(self.X)} rows and Y has {len(self.Y)}: one row a sample in both")
        self.cost = arguments.choice("cost", cost, dict.fromkeys(name for name, _ in COSTS))
        self._cost, self._output = _matching_cost(self.cost, net.output), ACTIVATIONS[net.output]
        _check_probabilities(self.cost, net.output, self.Y)
        self.weight_decay = arguments.number("weight_decay", weight_decay, at_least=0)
        self.n_params, self.n_residuals = net.n_params, self.Y.size
        size = float(np.linalg.norm(self.Y))
        self.typical_loss, self.rounding_loss, self.units = sizes_of(net, self.cost, self.Y.size, size)
        self._decay = np.full(net.n_params, self.weight_decay)
        if not arguments.flag("decay_biases", decay_biases):
            for _, b in net.unpack(self._decay):
                b[...] = 0.0

    def __repr__(self) -> str:
        decay = f", weight_decay={self.weight_decay:g}" if self.weight_decay else ""
        return f"NetworkFit(MLP({list(self.net.sizes)}), {len(self.X)} samples, {self.cost}{decay})"

    def predict(self, w: ArrayLike, X: ArrayLike) -> FloatArray:
        """The network's outputs (m, K) at inputs X (m, d)."""
        return self.net.predict(w, X)

    def prediction_jacobian(self, w: ArrayLike, X: ArrayLike) -> FloatArray:
        """∂ŷ/∂w (m·K, n) at inputs X."""
        return self.net.jacobian(w, X)

    def batch(self, rows: ArrayLike) -> NetworkFit:
        """The same fit on some of the samples: `rows` are their numbers (or a slice, or a mask).

        Weight decay is shared out, λ · rows/m: the losses of batches that make up all samples add up to the whole loss.
        """
        part = copy.copy(self)
        rows = arguments.rows("rows", rows, len(self.X))
        part.X, part.Y = self.X[rows], self.Y[rows]
        share = len(part.X) / len(self.X)
        part.n_residuals, part.weight_decay, part._decay = part.Y.size, share * self.weight_decay, share * self._decay
        return part

    @quiet
    def loss(self, w: ArrayLike) -> float:
        """The loss E(w): cost summed over samples and outputs, plus λ E_W."""
        w = self.net._weights(w)
        loss = 0.5 * (self._decay * w) @ w
        for _, z, a, Y in self._forward_passes(self.net.thetas(w)):
            loss = loss + self._cost.value(z, a, Y, self._output)
        return loss if np.iscomplexobj(loss) else float(loss)

    def gradient(self, w: ArrayLike) -> FloatArray:
        """∂E/∂w (n,), by backpropagation."""
        return self.loss_and_gradient(w)[1]

    @quiet
    def loss_and_gradient(self, w: ArrayLike) -> tuple[float, FloatArray]:
        """E and ∂E/∂w for the price of one forward and one backward pass."""
        w = self.net._weights(w)
        thetas = self.net.thetas(w)
        g = self._decay * w
        loss = 0.5 * g @ w
        for inputs, z, a, Y in self._forward_passes(thetas):
            loss = loss + self._cost.value(z, a, Y, self._output)
            g = g + passes.gradient(self.net, thetas, inputs, self._cost.delta(z, a, Y, self._output))
        return loss if np.iscomplexobj(loss) else float(loss), g

    def _forward_passes(self, thetas, size=BLOCK_ROWS):
        """For blocks of samples: the inputs of all layers, z and a of the last one, and targets, a sample a column."""
        for rows in row_blocks(len(self.X), size):
            inputs, zs, a = passes.forward(self.net, thetas, self.X[rows].T)
            yield inputs, zs[-1], a, self.Y[rows].T

    @quiet
    def normal_equations(self, w: ArrayLike) -> NormalEquations:
        """JᵀJ, Jᵀr and the loss, summed over blocks of samples, so that memory does not grow with their number.

        For cross-entropy JᵀJ is the generalized Gauss–Newton matrix Σ Jᵀ (∂²E/∂z²) J, with J = ∂z/∂w
        (Schraudolph 2002, Fast curvature matrix-vector products, Neural Computation 14).
        """
        return self._normal_equations(self.net._weights(arguments.real_numbers("w", w)), np.inf)

    @quiet
    def quadratic_model(self, w: ArrayLike, limit: float = np.inf) -> NormalEquations | FactoredEquations:
        """The Gauss–Newton model at w in the smaller of its two forms, for an optimizer that tries w.

        Where the loss turns out to be above `limit`, only the loss is computed; the rest is None.
        """
        w = self.net._weights(w)
        if self.cost == "squared-error" and self.n_params > self.n_residuals:
            return self._factored_equations(w, limit)
        return self._normal_equations(w, limit)

    def _normal_equations(self, w, limit):
        one_residual = self.cost == "squared-error" and self.net.n_outputs == 1
        sums = (JacobianProducts if one_residual else ContractedProducts)(self.net, self._cost, len(self.X))
        thetas = self.net.thetas(w)
        decay_gradient = self._decay * w
        loss = 0.5 * decay_gradient @ w
        for inputs, z, a, Y in self._forward_passes(thetas, sums.rows):
            loss = loss + self._cost.value(z, a, Y, self._output)
            if not loss > limit:  # every term raises it: above the limit it stays there
                sums.add(thetas, inputs, z, a, Y)
        if loss > limit:
            return NormalEquations(None, None, float(loss))
        JTJ = sums.JTJ
        JTJ.reshape(-1)[:: self.n_params + 1] += self._decay  # its diagonal
        return NormalEquations(JTJ, sums.JTr + decay_gradient, float(loss))

    def _factored_equations(self, w, limit):
        r, decay_gradient = self.residuals(w), self._decay * w
        loss = 0.5 * float(r @ r + decay_gradient @ w)
        if loss > limit:
            return NormalEquations(None, None, loss)
        return FactoredEquations(self.jacobian(w), r, self._decay, decay_gradient, loss)

    @quiet
    def residuals(self, w: ArrayLike) -> FloatArray:
        """r = prediction − target (P,), sample-major; only for squared error, without weight decay's part."""
        self._require_squares("residuals")
        return (self.net.predict(w, self.X) - self.Y).ravel()

    @quiet
    def jacobian(self, w: ArrayLike) -> FloatArray:
        """J = ∂r/∂w (P, n); only for squared error, without weight decay's part."""
        self._require_squares("jacobian")
        return self.net.jacobian(w, self.X)

    def _require_squares(self, what: str) -> None:
        if self.cost != "squared-error":
            raise ValueError(f"{what} belong to cost='squared-error', this problem has cost={self.cost!r}")

    @quiet
    def hessian_vector(self, w: ArrayLike, v: ArrayLike) -> FloatArray:
        """H v without H (n,), at about twice the price of a gradient."""
        w, v = (self.net._weights(arguments.real_numbers(name, vector)) for name, vector in (("w", w), ("v", v)))
        arguments.all_finite("v", v)
        Hv = self._decay * v
        for rows in row_blocks(len(self.X)):
            Hv = Hv + passes.gradient_along(self.net, w, v, self.X[rows].T, self.Y[rows].T, self._cost)
        return Hv

    def hessian(self, w: ArrayLike) -> FloatArray:
        """The exact H = ∂²E/∂w² (n, n), one column at a time, made symmetric against rounding."""
        H = np.column_stack([self.hessian_vector(w, e) for e in np.eye(self.n_params)])
        return (H + H.T) / 2


def sizes_of(net: MLP, cost: str, P: int, norm: float) -> tuple[float, float, FloatArray]:
    """Typical loss, rounding loss and the weights' units, by the number P of the targets and their norm."""
    squares, size = cost == "squared-error", norm / np.sqrt(P)
    typical, units = P * (0.5 * size * size if squares else np.log(2)), np.ones(net.n_params)
    units[net.slices[-1]] = (size if net.output == "linear" else 0) or 1.0
    return typical, typical * (ROUNDING**2 if squares else ROUNDING), units


def _matching_cost(cost: str, output: str):
    if (cost, output) not in COSTS:
        fitting = " or ".join(o for c, o in COSTS if c == cost)
        raise ValueError(f"cost={cost!r} goes with {fitting} outputs, the network has output={output!r}")
    return COSTS[cost, output]


def _check_probabilities(cost: str, output: str, Y: FloatArray) -> None:
    if cost != "cross-entropy":
        return
    if Y.min() < 0 or Y.max() > 1:
        raise ValueError(f"Y must lie in [0, 1] for cross-entropy, it goes from {Y.min():g} to {Y.max():g}")
    sums = Y.sum(axis=1)
    if output == "softmax" and not np.allclose(sums, 1):
        row = int(np.argmax(np.abs(sums - 1)))
        raise ValueError(f"each row of Y must sum to 1 (one class a sample), row {row} sums to {sums[row]:g}")


def named_problem(name: str, net: MLP, data: tuple[ArrayLike, ArrayLike]) -> NetworkFit:
    """The network and a pair (X, Y) of data as a problem, whose errors tell which pair it is."""
    if not isinstance(data, (tuple, list)) or len(data) != 2:
        raise TypeError(f"{name} must be a pair of arrays (X, Y), got {type(data).__name__}")
    try:
        return NetworkFit(net, *data)
    except (TypeError, ValueError) as error:
        raise type(error)(f"in {name}, {error}") from None


def mean_squared_error(problem: NetworkFit, w: ArrayLike) -> float:
    """Σ r²/P of the network with weights w on the data of a problem."""
    if not isinstance(problem, NetworkFit):
        raise TypeError(f"problem must be a NetworkFit, got {type(problem).__name__}")
    return float(np.mean(problem.residuals(w) ** 2))


class CurveFit:
    """A curve y ≈ f(w, x) and the data it is to fit, as least squares: E = ½ Σ ((f(w, x) − y)/σ)².

    For bounds on the parameters, and for robust losses, there is scipy.optimize.least_squares.

    Parameters
    ----------
    f : callable
        ``f(w, x)`` with w (n,) gives the predictions, one for each entry of y: any function made of numpy operations.
    x : array
        In the shape that f takes; usually (P,).
    y : (P,) array
        The measurements.
    jacobian : callable, optional
        ``jacobian(w, x)`` gives ∂f/∂w (P, n). Without it J is numerical: the complex step where f takes complex numbers
        and central differences bear it out, at EVERY w anew, because f may have branches: some 3n values of f for J.
    sigma : (P,) array or float, optional
        Standard deviations of the measurements, or one for all. They weight the residuals: r_i/σ_i.
    absolute_sigma : bool, default False
        Whether sigma is the noise itself (True) or the noise up to a factor, estimated from the residuals (False, as in
        scipy's curve_fit). The fit is the same, its standard errors (see `Result`) are not.

    Examples
    --------
    >>> x = np.array([0.0, 1.0, 2.0])
    >>> curve = CurveFit(lambda w, x: w[0] * np.exp(w[1] * x), x, [1.0, 2.0, 4.0])
    >>> curve.residuals([1.0, np.log(2)])
    array([0., 0., 0.])
    """

    def __init__(
        self,
        f: Callable,
        x: ArrayLike,
        y: ArrayLike,
        jacobian: Callable | None = None,
        sigma: ArrayLike | None = None,
        absolute_sigma: bool = False,
    ):
        for name, function in (("f", f), ("jacobian", jacobian)):
            if not callable(function) and not (name == "jacobian" and function is None):
                raise TypeError(f"{name} must be a function of (w, x), got {type(function).__name__}")
        self.f, self._jacobian = f, jacobian
        self.x, self.y = arguments.real_array("x", x, (0, 1, 2, 3)), arguments.real_array("y", y, 1)
        self.n_residuals = len(self.y)
        self.sigma = None if sigma is None else arguments.real_array("sigma", sigma, (0, 1))
        self.absolute_sigma = arguments.flag("absolute_sigma", absolute_sigma)
        if sigma is None and self.absolute_sigma:
            raise ValueError("absolute_sigma=True needs sigma, the standard deviations of the measurements")
        if sigma is not None and (self.sigma.shape not in ((), self.y.shape) or self.sigma.min() <= 0):
            got = f"got the shape {self.sigma.shape} and {self.sigma.min():g} for the least"
            raise ValueError(f"sigma must be one number or {self.n_residuals}, as many as y has, all above 0; {got}")
        y = self.y if sigma is None else self.y / self.sigma
        size = np.abs(y).max() or 1.0
        if not 1e-153 < size < 1e153:
            raise ValueError(f"y is too large or too small to be squared, up to {size:g}: take another unit")
        self.unit = 1.0 if 1 / SQUARABLE < size < SQUARABLE else 2.0 ** round(np.log2(size))  # all digits stay
        in_units = 0.5 * float(np.sum((y / self.unit) ** 2))
        self.typical_loss, self.rounding_loss = in_units * self.unit**2, in_units * ROUNDING**2

    def __repr__(self) -> str:
        sigma = "" if self.sigma is None else f", {'absolute' if self.absolute_sigma else 'relative'} sigma"
        return f"CurveFit({getattr(self.f, '__name__', 'f')}, {self.n_residuals} points{sigma})"

    @quiet
    def predict(self, w: ArrayLike, x: ArrayLike) -> FloatArray:
        """f(w, x)."""
        return self._values(arguments.all_finite("w", self._weights(w)), arguments.real_array("x", x, (0, 1, 2, 3)))

    def _weights(self, w: ArrayLike) -> np.ndarray:
        w = arguments.numbers("w", w)
        if w.ndim != 1 or w.size == 0:
            raise ValueError(f"w must be a vector of at least one number, got an array of shape {w.shape}")
        return w

    @quiet
    def residuals(self, w: ArrayLike) -> FloatArray:
        """r = (f(w, x) − y)/σ (P,)."""
        predicted = self._values(self._weights(w), self.x)
        if predicted.shape != self.y.shape:
            raise ValueError(f"f(w, x) has shape {predicted.shape}, y has {self.y.shape}: one prediction for each")
        r = predicted - self.y
        return r if self.sigma is None else r / self.sigma

    def _values(self, w: np.ndarray, x: np.ndarray) -> np.ndarray:
        """f(w, x), which may be complex only where w is, for the complex step."""
        return (arguments.numbers if np.iscomplexobj(w) else arguments.real_numbers)("f(w, x)", self.f(w, x))

    @quiet
    def jacobian(self, w: ArrayLike) -> FloatArray:
        """J = ∂r/∂w (P, n)."""
        w = arguments.real_numbers("w", self._weights(w))
        J = self._derivatives(w, self.x, self.n_residuals)
        return J if self.sigma is None else J / np.reshape(self.sigma, (-1, 1))

    @quiet
    def jacobian_rounding(self, w: ArrayLike) -> FloatArray | float:
        """How far rounding may move each entry of J (P, n) if that is of central differences; else 0."""
        if self._jacobian is not None:
            return 0.0
        J, method = derivatives.differentiate(self.residuals, w, "auto")
        return derivatives.rounding_of(self.residuals, w, J, method) if method == "central" else 0.0

    @quiet
    def prediction_jacobian(self, w: ArrayLike, x: ArrayLike) -> FloatArray:
        """∂f/∂w at other x than the measured ones, a row for each number that f(w, x) gives."""
        w, x = arguments.real_array("w", w, 1), arguments.real_array("x", x, (0, 1, 2, 3))
        return self._derivatives(w, x, self._values(w, x).size)

    def _derivatives(self, w: FloatArray, x: FloatArray, rows: int) -> FloatArray:
        """∂f/∂w (rows, n), by the function that was given or numerically."""
        if self._jacobian is None:
            return derivatives.differentiate(lambda w: self._values(w, x).ravel(), w, "auto")[0]
        J = arguments.real_numbers("jacobian(w, x)", self._jacobian(w, x))
        if J.shape != (rows, len(w)):
            raise ValueError(f"jacobian(w, x) has shape {J.shape}, expected {(rows, len(w))}")
        return J

    @quiet
    def loss(self, w: ArrayLike) -> float:
        """E = ½ Σ r²."""
        r = self.residuals(w)
        return 0.5 * (r @ r)

    def gradient(self, w: ArrayLike) -> FloatArray:
        """g = Jᵀr (n,)."""
        return self.normal_equations(w).JTr

    def loss_and_gradient(self, w: ArrayLike) -> tuple[float, FloatArray]:
        """E and g."""
        _, g, loss = self.normal_equations(w)
        return loss, g

    @quiet
    def normal_equations(self, w: ArrayLike) -> NormalEquations:
        """JᵀJ, Jᵀr and E."""
        J, r = self.jacobian(w), self.residuals(w)
        return NormalEquations(J.T @ J, J.T @ r, float(0.5 * (r @ r)))

    @quiet
    def quadratic_model(self, w: ArrayLike, limit: float = np.inf) -> NormalEquations | FactoredEquations:
        """As `NetworkFit.quadratic_model`, but always in factors, and r and J in the problem's unit."""
        r = self.residuals(w) / self.unit
        loss = float(0.5 * (r @ r))
        if loss > limit:
            return NormalEquations(None, None, loss)
        none = np.zeros(len(w))
        return FactoredEquations(self.jacobian(w) / self.unit, r, none, none, loss)

    def hessian(self, w: ArrayLike) -> FloatArray:
        """H = JᵀJ + Σ r_i ∇²r_i (n, n): the derivative of g = Jᵀr, by central differences."""
        H, _ = derivatives.differentiate(self.gradient, arguments.real_numbers("w", w), "central")
        return (H + H.T) / 2
