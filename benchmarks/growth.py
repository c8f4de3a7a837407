"""How the time and the memory of a Levenberg–Marquardt step grow with the samples and with the weights.

Prints a table and draws it to artifacts/growth.png. Every row is a fit in a fresh interpreter; see memory.py. The
law to see: with n weights and P residuals a step costs P n² (the matrix JᵀJ) and n³ (the solution), and memory is n²,
whatever the number of samples. Small n are dearer than the law: there the P n of the forward pass counts.
"""

import sys
from pathlib import Path

import numpy as np
from memory import fit_in_fresh_process

FIXED_WEIGHTS, FIXED_SAMPLES = 61, 10_000
SAMPLES = [1_000, 3_000, 10_000, 30_000, 100_000, 300_000, 1_000_000]
HIDDEN = [3, 6, 12, 24, 50, 100]  # of [8, h, 1]: 10 h + 1 weights
MOST_WITH_SAMPLES = 5.0  # MB that a thousand times the samples may add
PICTURE = Path(__file__).parents[1] / "artifacts" / "growth.png"


def weights(hidden: int) -> int:
    """Number of weights and biases of [8, hidden, 1]."""
    return 10 * hidden + 1


def measure(samples: int, hidden: int) -> tuple[float, float]:
    """Seconds a step and MB above the data, printed as a row of the table."""
    seconds, bytes_above = fit_in_fresh_process(samples, [8, hidden, 1], steps=5)
    megabytes = bytes_above / 1e6
    print(f"{samples:10,} {weights(hidden):8,} {1000 * seconds:12.1f} {megabytes:10.1f}", flush=True)
    return seconds, megabytes


def draw(by_samples: list, by_weights: list) -> None:
    """Two panels, time on the left axis and memory on the right one."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(1, 2, figsize=(10, 4), layout="constrained")
    panels = [
        (axes[0], SAMPLES, by_samples, f"samples ({FIXED_WEIGHTS} weights)", 1, "time ∝ samples"),
        (
            axes[1],
            [weights(hidden) for hidden in HIDDEN],
            by_weights,
            f"weights ({FIXED_SAMPLES:,} samples)",
            2,
            "time ∝ weights²",
        ),
    ]
    for axis, x, rows, label, power, law in panels:
        seconds, megabytes = zip(*rows, strict=True)
        axis.loglog(x, seconds, "o-", color="C0")
        axis.loglog(x, seconds[-1] * (np.array(x) / x[-1]) ** power, ":", color="black", label=law)
        axis.legend(loc="upper left")
        axis.set(xlabel=label)
        axis.set_ylabel("seconds a step", color="C0")
        memory = axis.twinx()
        memory.semilogx(x, megabytes, "s--", color="C1")
        memory.set_ylim(0, 1.2 * max(megabytes))
        memory.set_ylabel("MB above the data", color="C1")
    PICTURE.parent.mkdir(exist_ok=True)
    figure.savefig(PICTURE, dpi=120)


if __name__ == "__main__":
    print(f"{'samples':>10} {'weights':>8} {'ms a step':>12} {'MB':>10}")
    by_samples = [measure(samples, hidden=6) for samples in SAMPLES]
    by_weights = [measure(FIXED_SAMPLES, hidden) for hidden in HIDDEN]
    draw(by_samples, by_weights)
    print(f"drawn to {PICTURE}")
    added = by_samples[-1][1] - by_samples[0][1]
    print(f"from {SAMPLES[0]:,} to {SAMPLES[-1]:,} samples memory grows by {added:.1f} MB, at most {MOST_WITH_SAMPLES}")
    sys.exit(added > MOST_WITH_SAMPLES)
