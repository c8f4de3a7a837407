"""What a fit needs in memory above its data: a million samples, 61 weights.

The fit runs in a fresh interpreter, so that its peak is its own. What is counted is the growth of the process's largest
resident size from the moment the data are there to the end of the fit, as the operating system sees it.
"""

import os
import resource
import subprocess
import sys
import time

MOST = 300e6  # bytes
BYTES = 1 if sys.platform == "darwin" else 1024  # the unit of ru_maxrss


def peak() -> int:
    """Largest resident size of this process so far, in bytes."""
    return BYTES * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def fit_here(samples: int, sizes: list[int], steps: int) -> tuple[float, int]:
    """Seconds a step and bytes above the data of a few Levenberg–Marquardt steps on a network of these sizes."""
    import numpy as np

    import nnlib

    rng, net = np.random.default_rng(0), nnlib.MLP(sizes)
    w0 = net.init(seed=0)
    X = rng.random((samples, sizes[0]))
    Y = net.predict(net.init(seed=1), X)  # another network's outputs, computed in blocks
    with_data = peak()
    problem = nnlib.NetworkFit(net, X, Y)
    began = time.perf_counter()
    nnlib.train(nnlib.levenberg_marquardt(problem, w0, mu=1.0), max_steps=steps)
    return (time.perf_counter() - began) / steps, peak() - with_data


def fit_in_fresh_process(samples: int, sizes: list[int], steps: int = 3) -> tuple[float, int]:
    """`fit_here` in an interpreter of its own, with one BLAS thread."""
    call = f"from memory import fit_here; print(*fit_here({samples}, {sizes}, {steps}))"
    run = [sys.executable, "-c", f"import sys; sys.path.insert(0, {sys.path[0]!r}); {call}"]
    one_thread = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}
    found = subprocess.run(run, capture_output=True, text=True, check=True, env=one_thread).stdout
    seconds, bytes_above = found.split()
    return float(seconds), int(bytes_above)


if __name__ == "__main__":
    seconds, bytes_above = fit_in_fresh_process(1_000_000, [8, 6, 1])
    print(f"10⁶ samples, 61 weights: {bytes_above / 1e6:.0f} MB above the data (at most {MOST / 1e6:.0f}), ", end="")
    print(f"{seconds:.2f} s a step")
    assert bytes_above < MOST, bytes_above
