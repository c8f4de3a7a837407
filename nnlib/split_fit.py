"""More data than one process holds: E, ∂E/∂w and JᵀJ are sums over samples, so each part is asked where it is."""

from __future__ import annotations

import uuid
import weakref
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future
from functools import partial
from operator import methodcaller

import numpy as np
from numpy.typing import ArrayLike

from nnlib.arguments import FloatArray
from nnlib.problems import NetworkFit, NormalEquations, sizes_of

HELD: dict[str, NetworkFit] = {}  # the parts that this process knows, by their keys


class SplitFit:
    """A network and data in parts: the sum of their problems. Only w travels out; JᵀJ, Jᵀr and the loss come back.

    All optimizers, `train` and Bayesian regularization take it as they take a `NetworkFit`, but for what needs single
    samples: mini-batches and standard errors. Weight decays of the parts add up, as those of `NetworkFit.batch` do.

    Parameters
    ----------
    parts : sequence of NetworkFit or callable
        A function without arguments that gives its part (reads a file, say) is called where the part is asked first.
        Its data are never here then; where the executor has processes it must pickle.
    executor : optional
        Anything with the interface of `concurrent.futures.Executor`: threads, processes, Dask's
        ``client.get_executor()``, MPI's ``MPIPoolExecutor``. A process gets each part once at most, and keeps it until
        it ends. A part that fails is named in a RuntimeError. Without executor the parts are asked one after the other.

    Examples
    --------
    >>> from nnlib import MLP
    >>> net, x = MLP([1, 3, 1]), np.linspace(-1, 1, 40)
    >>> SplitFit([NetworkFit(net, x[:20], np.sin(x[:20])), NetworkFit(net, x[20:], np.sin(x[20:]))])
    SplitFit(MLP([1, 3, 1]), 40 samples in 2 parts, squared-error)
    """

    def __init__(self, parts: Sequence[NetworkFit | Callable[[], NetworkFit]], executor: Executor | None = None):
        if not isinstance(parts, Sequence) or len(parts) == 0:
            raise TypeError(f"parts must be a list of at least one part, got {type(parts).__name__} {parts!r:.40}")
        for i, part in enumerate(parts):
            if not (callable(part) or isinstance(part, NetworkFit)):
                raise TypeError(f"parts[{i}] must be a NetworkFit or a function, got {type(part).__name__}")
        if not (executor is None or callable(getattr(executor, "submit", None))):
            raise TypeError(f"executor must have submit(function, *arguments), got {type(executor).__name__}")
        self._submit = _at_once if executor is None else executor.submit
        self._parts, self._keys = list(parts), [uuid.uuid4().hex for _ in parts]
        HELD.update({key: part for key, part in zip(self._keys, parts, strict=True) if not callable(part)})
        weakref.finalize(self, _forget, self._keys)
        nets, costs, decays, samples, P, norms = zip(*self._ask(_described), strict=True)
        for i, (net, cost) in enumerate(zip(nets, costs, strict=True)):
            if (repr(net), cost) != (repr(nets[0]), costs[0]):
                raise ValueError(f"parts[{i}] has {net!r} and {cost}, parts[0] has {nets[0]!r} and {costs[0]}")
        self.net, self.cost, self.weight_decay = nets[0], costs[0], sum(decays)
        self.n_params, self.n_residuals, self.n_samples = self.net.n_params, sum(P), sum(samples)
        self.typical_loss, self.rounding_loss, self.units = sizes_of(self.net, self.cost, sum(P), np.linalg.norm(norms))

    def __repr__(self) -> str:
        sizes = list(self.net.sizes)
        return f"SplitFit(MLP({sizes}), {self.n_samples} samples in {len(self._parts)} parts, {self.cost})"

    def predict(self, w: ArrayLike, X: ArrayLike) -> FloatArray:
        """The network's outputs (m, K) at inputs X (m, d)."""
        return self.net.predict(w, X)

    def prediction_jacobian(self, w: ArrayLike, X: ArrayLike) -> FloatArray:
        """∂ŷ/∂w (m·K, n) at inputs X."""
        return self.net.jacobian(w, X)

    def loss(self, w: ArrayLike) -> float:
        """The loss E(w), summed over the parts."""
        return sum(self._ask(methodcaller("loss", self.net._weights(w))))

    def gradient(self, w: ArrayLike) -> FloatArray:
        """∂E/∂w (n,)."""
        return self.loss_and_gradient(w)[1]

    def loss_and_gradient(self, w: ArrayLike) -> tuple[float, FloatArray]:
        """E and ∂E/∂w."""
        losses, gradients = zip(*self._ask(methodcaller("loss_and_gradient", self.net._weights(w))), strict=True)
        return sum(losses), sum(gradients)

    def hessian(self, w: ArrayLike) -> FloatArray:
        """The exact H = ∂²E/∂w² (n, n)."""
        return sum(self._ask(methodcaller("hessian", self.net._weights(w))))

    def normal_equations(self, w: ArrayLike) -> NormalEquations:
        """JᵀJ, Jᵀr and the loss."""
        return self.quadratic_model(w)

    def quadratic_model(self, w: ArrayLike, limit: float = np.inf) -> NormalEquations:
        """As `NetworkFit.quadratic_model`, always in the form of normal equations."""
        JTJ, JTr, losses = zip(*self._ask(partial(_equations, w=self.net._weights(w), limit=limit)), strict=True)
        if sum(losses) > limit or any(matrix is None for matrix in JTJ):
            return NormalEquations(None, None, sum(losses))
        return NormalEquations(sum(JTJ), sum(JTr), sum(losses))

    def _ask(self, question: Callable) -> list:
        """What all parts answer. A process that does not know its part says None, and is given it."""
        answers = self._answers(question, dict.fromkeys(range(len(self._parts))))
        unknown = {i: self._parts[i] for i, answer in answers.items() if answer is None}
        return list({**answers, **self._answers(question, unknown)}.values())

    def _answers(self, question: Callable, given: dict) -> dict:
        futures, answers = {}, {}
        try:
            for i, part in given.items():
                futures[i] = self._submit(_answer, self._keys[i], part, question)
            for i, future in futures.items():
                answers[i] = future.result()
        except Exception as error:
            raise RuntimeError(f"parts[{i}] of {len(self._parts)} failed: {type(error).__name__}: {error}") from error
        finally:
            for future in futures.values():  # after a failure or an interrupt what has not begun need not begin
                future.cancel()
        return answers


def _at_once(function: Callable, *given) -> Future:
    future = Future()
    future.set_result(function(*given))
    return future


def _answer(key: str, part, question: Callable):
    """In the process that has the part: what it answers; None where it is not known."""
    if part is not None:
        HELD[key] = part() if callable(part) else part
    return question(HELD[key]) if key in HELD else None


def _described(part: NetworkFit) -> tuple:
    if not isinstance(part, NetworkFit):
        raise TypeError(f"a function of parts must give a NetworkFit, got {type(part).__name__}")
    return part.net, part.cost, part.weight_decay, len(part.X), part.n_residuals, float(np.linalg.norm(part.Y))


def _equations(part: NetworkFit, w: FloatArray, limit: float) -> tuple:
    model = part.quadratic_model(w, limit)
    return model.JTJ, model.JTr, model.loss


def _forget(keys: list[str]) -> None:
    for key in keys:
        HELD.pop(key, None)
