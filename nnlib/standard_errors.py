"""How well the data of a least-squares fit determine its parameters, from the Jacobian J of the residuals at the fit.

Near a minimum r(w + Δ) ≈ r + JΔ. If the measurements were taken anew, each with noise of standard deviation σ, the
minimum would scatter with the covariance σ² (JᵀJ)⁻¹, as closely as r is linear in w over such distances. σ² is
estimated by s² = Σ r²/(P − n): the n parameters have taken n degrees of freedom from the P residuals (Bates & Watts
1988, Nonlinear Regression Analysis and Its Applications, section 2.3).

With the columns of J scaled to length 1 by D, J = QRD and R = USVᵀ give (JᵀJ)⁻¹ = BBᵀ, B = D⁻¹VS⁻¹. The product JᵀJ,
in which half of the digits may be lost, is not formed.

The weights of a network have no standard errors: its units can be swapped, and the signs of all weights of a tanh unit
flipped, without a change of the outputs. Each minimum is one of 2^M M! for M units, and a weight alone means nothing.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nnlib.arguments import FloatArray


def require_curve(problem) -> None:
    """Complain about a network, and about what is not a sum of squares."""
    if hasattr(problem, "net"):
        raise TypeError("one weight of a network means nothing alone: for error bars of its outputs see nnlib.bayes")
    if not (hasattr(problem, "residuals") and hasattr(problem, "jacobian")):
        raise TypeError(f"standard errors need residuals(w) and jacobian(w), got a {type(problem).__name__}")


@np.errstate(all="ignore")
def inverse_and_undetermined(problem, w: FloatArray) -> tuple[FloatArray, NDArray[np.int_]]:
    """(JᵀJ)⁻¹ (n, n) along the directions that the data determine, and the parameters with a share in others."""
    J = problem.jacobian(w)
    if not np.isfinite(J).all():
        raise ValueError("standard errors need a Jacobian that is finite at w")
    D = np.linalg.norm(J, axis=0)
    D[D == 0] = 1.0
    S, Vt = np.linalg.svd(np.linalg.qr(J / D, mode="r"))[1:]
    of_J = problem.jacobian_rounding(w) if hasattr(problem, "jacobian_rounding") else 0.0
    rounding = max(J.shape) * np.finfo(float).eps * S[0] + np.linalg.norm(of_J / D)
    rank = int(np.sum(S > rounding))
    B = Vt[:rank].T / S[:rank] / D[:, None]
    angle = rounding / S[rank - 1] if rank else 0.0  # by which rounding may have turned the other directions
    share = np.linalg.norm(Vt[rank:], axis=0)
    return B @ B.T, np.flatnonzero(share > min(angle, 0.5 / np.sqrt(len(w))))
