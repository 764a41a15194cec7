"""The pytest plugin that makes claims a study: it prepares the study, judges the claims and reports the verdicts.

A repository with claims of its own loads it in its top-level ``conftest.py``::

    pytest_plugins = ["indicators.plugin"]

Its claims are in ``hypotheses/``, or in the folders that the ini option ``claims`` names.
"""

import os

_WORKERS = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    # Before NumPy is imported: workers that all take every core are many times slower than one.
    os.environ.setdefault(_name, str(max(1, (os.cpu_count() or 1) // _WORKERS)))

pytest_plugins = [
    f"indicators.plugin.{room}" for room in ("options", "collecting", "asking", "preparing", "running", "summary")
]
