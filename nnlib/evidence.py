"""γ, the evidence and error bars at any (w, α, β), all from one eigendecomposition of JᵀJ.

The formulas are derived in `nnlib.optimizers.bayesian_regularization`, which finds w, α and β.

References
----------
MacKay (1992), Bayesian interpolation, and A practical Bayesian framework for backpropagation networks, Neural
Computation 4.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from nnlib import arguments
from nnlib.arguments import FloatArray
from nnlib.problems import require_least_squares
from nnlib.results import Result

EPS = np.finfo(float).eps
HARMLESS = 1e-4  # part of the decay up to which the rounding of eigenvalues does no harm
BAYES = ("alpha", "beta", "gamma", "log_evidence")


class Eigensystem(NamedTuple):
    """What is known at a w. V holds the eigenvectors of JᵀJ in its columns, `diagonal` is diag(JᵀJ)."""

    w: FloatArray
    E_D: float
    E_W: float
    JTr: FloatArray
    diagonal: FloatArray
    eigenvalues: FloatArray
    V: FloatArray


def eigensystem(problem, w: FloatArray, decay: float = 0.0) -> Eigensystem | None:
    """What Bayesian regularization needs to know at w; None where JᵀJ is not finite.

    The product JᵀJ knows its eigenvalues to n ε λ_max, and those below count as 0. Where that is not small beside the
    decay α/β that they are to be compared with, they are taken from J.
    """
    JTJ, JTr, E_D = problem.normal_equations(w)
    if not (np.isfinite(E_D) and np.isfinite(JTJ).all()):
        return None
    eigenvalues, V = np.linalg.eigh(JTJ)
    rounding = len(w) * EPS * eigenvalues[-1]
    if rounding > HARMLESS * decay > 0 and hasattr(problem, "jacobian"):
        eigenvalues, V = _squared_singular_values(problem.jacobian(w))
    else:
        eigenvalues[eigenvalues <= rounding] = 0.0  # directions that the data say nothing about
    return Eigensystem(w, float(E_D), 0.5 * float(w @ w), JTr, np.diagonal(JTJ), eigenvalues, V)


def _squared_singular_values(J: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Rising eigenvalues of JᵀJ and its eigenvectors. With the longest column first QR keeps the digits of all."""
    lengths, n, rounding = np.linalg.norm(J, axis=0), J.shape[1], max(J.shape) * EPS
    order = np.argsort(-lengths)
    R = np.linalg.qr(J[:, order], mode="r")
    _, S, Vt = np.linalg.svd(R)
    if len(S) < n or np.any(np.abs(np.diagonal(R)) <= rounding * lengths[order]):
        S[S <= rounding * S[0]] = 0.0
    return np.pad(S, (0, n - len(S)))[::-1] ** 2, Vt[::-1, np.argsort(order)].T


def gamma_of(eigenvalues: FloatArray, alpha: float, beta: float) -> float:
    """γ = Σ βλ_i/(βλ_i + α), the eigenvalues 0 left out, which without a prior would read 0/0."""
    measured = beta * eigenvalues[eigenvalues > 0]
    return float(np.sum(measured / (measured + alpha)))


def log_evidence_of(at: Eigensystem, alpha: float, beta: float, P: int) -> float:
    """ln P(D|α,β) by Laplace's approximation around at.w."""
    if alpha == 0:
        return -np.inf
    occam_factor = -0.5 * np.sum(np.log1p(beta / alpha * at.eigenvalues))
    return float(-beta * at.E_D - alpha * at.E_W + occam_factor + P / 2 * np.log(beta / (2 * np.pi)))


def require_plain_least_squares(problem) -> None:
    """Complain about a problem that is not a sum of squares alone."""
    require_least_squares(problem, "Bayesian regularization")
    if getattr(problem, "cost", "squared-error") != "squared-error":
        raise ValueError(f"Bayesian regularization needs cost='squared-error', the problem has cost={problem.cost!r}")
    if getattr(problem, "weight_decay", 0.0) != 0:
        found = f"weight_decay=0, got {problem.weight_decay:g}"
        raise ValueError(f"Bayesian regularization finds the weight decay itself: the problem must have {found}")


class ErrorBars(NamedTuple):
    """Predictions and the standard deviation of a new measurement around each, in arrays of one shape."""

    mean: FloatArray
    std: FloatArray


class WithoutHalves(NamedTuple):
    """The same fit in the convention of Foresee & Hagan, MATLAB's trainbr and R's brnn: F = β Σ r² + α Σ w².

    Their α and β are half of ours, so that the noise has the variance 1/(2β); their E_D and E_W are twice ours.
    """

    alpha: float
    beta: float
    gamma: float
    E_D: float
    E_W: float


@dataclass(frozen=True, repr=False, kw_only=True)
class BayesResult(Result):
    """The result of training by Bayesian regularization: everything of `Result`, and the following.

    w are the last weights, those that belong to α and β (with a validation problem: those of its lowest loss, and
    α and β as they were there). ``loss`` is E_D = ½ Σ r², E_W is ½ Σ w². ``history`` has the entries alpha, beta,
    gamma, log_evidence, E_D and E_W too.

    Attributes
    ----------
    alpha, beta, gamma : float
        Precision of the weights' prior and of the noise, whose standard deviation is 1/√β (0 and 1 before the first
        estimate), and effective number of parameters.
    log_evidence : float
        ln P(D|α,β), to be compared between fits of the same data; −inf while α = 0.
    """

    alpha: float
    beta: float
    gamma: float
    log_evidence: float

    @classmethod
    def of(cls, fit: Result, steps) -> BayesResult:
        """The fit, with α, β, γ and the evidence of its best step, or of the start where there was none."""
        at = fit.best_step - 1
        found = {name: float(fit.history[name][at] if fit.best_step else getattr(steps, name)) for name in BAYES}
        return cls(**{f.name: getattr(fit, f.name) for f in fields(fit)}, **found)

    @property
    def E_D(self) -> float:
        return self.loss

    @property
    def E_W(self) -> float:
        return 0.5 * float(self.w @ self.w)

    @property
    def without_halves(self) -> WithoutHalves:
        """α and β as others count them."""
        return WithoutHalves(self.alpha / 2, self.beta / 2, self.gamma, 2 * self.E_D, 2 * self.E_W)

    @property
    def may_be_too_small(self) -> bool:
        """Whether every hidden unit is in use, so that a larger network might find more.

        A unit that the data do not need has all its weights switched off, and none of them counts in γ. So while fewer
        parameters are left over, n − γ, than the smallest hidden unit has, no unit is off. If γ and evidence of a
        larger network are no higher, this one was large enough. False is no promise: a network that is far too small
        may take what it cannot follow for noise, and leave parameters over. (See Foresee & Hagan 1997.)
        """
        return self.alpha > 0 and len(self.w) - self.gamma < _smallest_unit(self.problem)

    def predict(self, X: ArrayLike, std: bool = False) -> FloatArray | ErrorBars:
        """Predictions at inputs X, and on demand their error bars √(1/β + gᵀA⁻¹g), g = ∂ŷ/∂w.

        With ``std=True`` both, in arrays of one shape: (m, K) for a network, like f(w, X) for a curve. 1/β is the noise
        of a new measurement, gᵀA⁻¹g what the data leave open about w, with A = βJᵀJ + αI.
        """
        mean = super().predict(X)
        if not arguments.flag("std", std):
            return mean
        if not self.alpha > 0:
            raise ValueError("error bars need α and β, which this run did not live to estimate: take more steps")
        if not hasattr(self.problem, "prediction_jacobian"):
            raise TypeError(f"error bars need a prediction_jacobian, a {type(self.problem).__name__} has none")
        if getattr(self.problem, "sigma", None) is not None:
            raise ValueError("error bars need the noise of a new measurement, sigma is that of the old ones")
        at = eigensystem(self.problem, self.w, self.alpha / self.beta)
        G = self.problem.prediction_jacobian(self.w, X) @ at.V
        variance = 1 / self.beta + np.sum(G * G / (self.beta * at.eigenvalues + self.alpha), axis=1)
        return ErrorBars(mean, np.sqrt(variance).reshape(mean.shape))

    def _curve(self):
        raise TypeError("standard errors are for fits without a prior; here predict(X, std=True) gives error bars")

    def __repr__(self) -> str:
        n, left = len(self.w), len(self.w) - self.gamma
        text = (
            f"{super().__repr__()}\n  α {self.alpha:.4g}, β {self.beta:.4g}, γ {self.gamma:.4g} of {n} parameters, "
            f"log evidence {self.log_evidence:.6g}"
        )
        if self.may_be_too_small:
            text += (
                f"\n  γ leaves {left:.2g} parameters over, fewer than one hidden unit has "
                f"({_smallest_unit(self.problem)}): every unit is in use, and the network may be too small"
            )
        return text


def _smallest_unit(problem) -> int:
    """Fewest parameters that a hidden unit has: weights in, bias and weights out; 0 where there are no hidden units."""
    sizes = problem.net.sizes if hasattr(problem, "net") else ()
    return min((before + 1 + after for before, after in zip(sizes, sizes[2:], strict=False)), default=0)


def log_evidence(problem, w: ArrayLike, alpha: float, beta: float) -> float:
    """ln P(D|α,β) of a least-squares problem, by Laplace's approximation around w.

    It is −βE_D − αE_W − ½ ln det A + (n/2) ln α + (P/2) ln β − (P/2) ln 2π, with A = βJᵀJ + αI; exact for models linear
    in w. A network of one layer of M tanh units has this at each of 2^M M! equal minima, which are not counted. The
    problem is one that `nnlib.bayesian_regularization` takes, w the minimum of βE_D + αE_W; α and β are above 0.

    Examples
    --------
    >>> from nnlib import CurveFit
    >>> constant = CurveFit(lambda w, x: w * x, [1.0], [1.0], jacobian=lambda w, x: x[:, None])
    >>> log_evidence(constant, [0.5], alpha=2.0, beta=2.0)
    -1.41893853
    >>> float(-0.5 * 1.0**2 - 0.5 * np.log(2 * np.pi))  # y = 1 is normal with mean 0 and variance 1/β + 1/α = 1
    -1.41893853
    """
    at, alpha, beta = _checked(problem, w, alpha, beta)
    return log_evidence_of(at, alpha, beta, problem.n_residuals)


def effective_parameters(problem, w: ArrayLike, alpha: float, beta: float) -> float:
    """γ = n − α tr A⁻¹ = Σ βλ_i/(βλ_i + α), between 0 and n: how many directions of w the data determine.

    Its arguments are those of `log_evidence`; what each direction adds is told by `measured_directions`.
    """
    at, alpha, beta = _checked(problem, w, alpha, beta)
    return gamma_of(at.eigenvalues, alpha, beta)


class Directions(NamedTuple):
    """The eigenvectors of JᵀJ and how far the data determine w along each; from the best determined one down.

    Column i of `vectors` belongs to the eigenvalue λ_i, and so does the share βλ_i/(βλ_i + α), from 0 (the prior
    decides) to 1 (the data decide). The sum of the shares is γ.
    """

    eigenvalues: FloatArray
    vectors: FloatArray
    shares: FloatArray


def measured_directions(problem, w: ArrayLike, alpha: float, beta: float) -> Directions:
    """What γ counts: along each eigenvector of JᵀJ, the share of the data in what is known about w.

    Around the minimum the data alone would put w at w_D with precision βλ_i along eigenvector i, the prior alone at 0
    with precision α. Both together put it at the share βλ_i/(βλ_i + α) of the way from 0 to w_D. Its arguments are
    those of `log_evidence`. In the example the second weight has no influence on the data.

    Examples
    --------
    >>> from nnlib import CurveFit
    >>> curve = CurveFit(lambda w, x: w[0] * x + 0 * w[1], [1.0, 2.0], [1.0, 2.0])
    >>> found = measured_directions(curve, [1.0, 0.0], alpha=1.0, beta=1.8)
    >>> found.eigenvalues, found.shares
    (array([5., 0.]), array([0.9, 0. ]))
    """
    at, alpha, beta = _checked(problem, w, alpha, beta)
    eigenvalues, vectors = at.eigenvalues[::-1], at.V[:, ::-1]
    return Directions(eigenvalues, vectors, beta * eigenvalues / (beta * eigenvalues + alpha))


def _checked(problem, w: ArrayLike, alpha: float, beta: float):
    """What is known at w, and both precisions, all of them checked."""
    alpha, beta = arguments.number("alpha", alpha, above=0), arguments.number("beta", beta, above=0)
    require_plain_least_squares(problem)
    at = eigensystem(problem, arguments.real_array("w", w, 1), alpha / beta)
    if at is None:
        raise ValueError("the loss and the Jacobian at w must be finite")
    return at, alpha, beta
