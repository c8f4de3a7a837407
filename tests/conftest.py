"""One BLAS thread for the tests: on small matrices threads only wait for each other, for minutes on a busy machine."""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
