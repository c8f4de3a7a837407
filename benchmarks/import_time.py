"""How long `import nnlib` takes, beside `import numpy`, which it needs anyway.

Fresh interpreters, one import each, taking turns so that a busy moment of the machine meets both. Compiled files are
kept, as they are for everybody who imports a package twice.
"""

import os
import statistics
import subprocess
import sys
import tempfile

ROUNDS = 25
MOST = 1.3  # times import numpy
TIMED_IMPORT = "import time; start = time.perf_counter(); import {}; print(time.perf_counter() - start)"


def seconds_to_import(package: str, cache: str) -> float:
    """Seconds that `import package` takes in a fresh interpreter with its compiled files in the folder `cache`."""
    command = [sys.executable, "-c", TIMED_IMPORT.format(package)]
    environment = {**os.environ, "PYTHONPYCACHEPREFIX": cache, "PYTHONDONTWRITEBYTECODE": ""}
    return float(subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout)


def median_seconds(rounds: int = ROUNDS) -> tuple[float, float, float]:
    """Median seconds for nnlib and for numpy, and the median of their ratios, round by round."""
    with tempfile.TemporaryDirectory() as cache:
        seconds_to_import("nnlib", cache)  # compiles both, is not counted
        pairs = [(seconds_to_import("nnlib", cache), seconds_to_import("numpy", cache)) for _ in range(rounds)]
    nnlib, numpy = (statistics.median(column) for column in zip(*pairs, strict=True))
    return nnlib, numpy, statistics.median(a / b for a, b in pairs)


if __name__ == "__main__":
    nnlib, numpy, ratio = median_seconds()
    print(f"import nnlib {1000 * nnlib:.0f} ms, import numpy {1000 * numpy:.0f} ms: ratio {ratio:.2f} (at most {MOST})")
    sys.exit(ratio > MOST)
