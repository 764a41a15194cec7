#!/usr/bin/env bash
# Guess: with its defaults, `powerlaw.Fit(eigenvalues)` finds the exponent alpha of any
# power law, as powerlaw 1.5 did: about 4 for Pareto data of exponent 4. Instead
# (powerlaw 2.0.0) alpha is searched in [0, 3] only: Pareto data of exponent 4 and 5 come
# out as 3.0 (with warnings), and the spectra of random matrices come out below 3 WITHOUT
# a warning about the limit, because the start of the tail is moved until the exponent
# fits: 2.98 for a Gaussian matrix where a wider range, and powerlaw 1.5, find 6.8.
# Alphas of trained layers are read between 2 and 6, so the cap decides the verdict
# "heavy tailed". Pass `parameter_ranges={"alpha": [1, 20]}`. And with a given `xmin`
# the attribute `alpha` of the fit is gone: read `fit.power_law.alpha`.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export TMPDIR="$folder" MPLCONFIGDIR="$folder"
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet powerlaw==2.0.0 scipy==1.17.1 numpy==2.4.6
"$folder/venv/bin/python" - <<'PROGRAM'
import warnings
from importlib.metadata import version

import numpy as np
import powerlaw

WIDE = {"alpha": [1, 20]}


def fit(values, **options):
    """Alpha and whether anything was said about the limit."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        found = powerlaw.Fit(values, verbose=False, **options)
        alpha = float(found.power_law.alpha)
    said = " ".join(str(w.message) for w in caught)
    return round(alpha, 3), "No valid values" in said or "close to" in said or "not within" in said


rng = np.random.default_rng(0)
print("powerlaw", version("powerlaw"), "(alpha, warned of the limit):")
for exponent in (4, 5):
    values = (1 - rng.random(1000)) ** (-1 / (exponent - 1))
    default, wide = fit(values), fit(values, parameter_ranges=WIDE)
    print("  Pareto", exponent, "default", default, "wider range", wide)
    assert default == (3.0, True)
    assert abs(wide[0] - exponent) < 0.3 and not wide[1]
    assert not hasattr(powerlaw.Fit(values, xmin=1.0, verbose=False), "alpha")

for name, matrix in {
    "Gaussian": rng.normal(size=(600, 300)),
    "Student t5": rng.standard_t(5, size=(600, 300)),
}.items():
    eigenvalues = np.linalg.svd(matrix / 600**0.5, compute_uv=False) ** 2
    default, wide = fit(eigenvalues), fit(eigenvalues, parameter_ranges=WIDE)
    print(" ", name, "600 x 300 default", default, "wider range", wide)
    assert default[0] < 3 and not default[1]
    assert wide[0] > 5
PROGRAM
