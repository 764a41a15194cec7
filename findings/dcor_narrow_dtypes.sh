#!/usr/bin/env bash
# Guess: a distance correlation lies between 0 and 1, and does not depend on whether
# 0/1 variables are bool and pixels uint8 or all of them floats. Instead (dcor 0.7)
# the arithmetic runs in the input's own dtype: one bool pair gives 0.43 instead of
# 0.60 (the only warning speaks of uncompiled code, that is, of speed), independent
# uint8 columns give a "correlation" of over a million, and matrices of uint8
# give wrong values without any warning. For int64 and floats all is right. Whoever
# relates images (stored as uint8) or binarized activations to layers by distance
# correlation gets wrong numbers. Convert to float64 first.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export TMPDIR="$folder" MPLCONFIGDIR="$folder"
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet dcor==0.7 scipy==1.17.1 numpy==2.4.6 numba==0.68.1
"$folder/venv/bin/python" - <<'PROGRAM'
import warnings
from importlib.metadata import version

import numpy as np

import dcor

rng = np.random.default_rng(0)
a = rng.random(60) < 0.5
b = a ^ (rng.random(60) < 0.2)
left, right = (rng.integers(0, 256, 60).astype(np.uint8) for _ in range(2))
image = rng.integers(0, 256, (60, 5)).astype(np.uint8)
layer = image[:, :3] // 2 + rng.integers(0, 40, (60, 3)).astype(np.uint8)


def both(x, y):
    """The value in the input's own dtype, the value in float64, what was warned of."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        own = float(dcor.distance_correlation(x, y))
    right_value = float(dcor.distance_correlation(x.astype(float), y.astype(float)))
    return own, right_value, sorted({str(w.message)[:48] for w in caught})


seen = {"bool": both(a, b), "uint8 columns": both(left, right), "uint8 matrices": both(image, layer)}
print("dcor", version("dcor"), "(own dtype, float64, warnings):")
for name, values in seen.items():
    print(" ", name, values)
(wrong_bool, right_bool, _), (wrong_column, right_column, _), (wrong_matrix, right_matrix, silent) = seen.values()
assert wrong_bool < right_bool - 0.1
assert wrong_column > 1000 and right_column < 0.5
assert wrong_matrix < right_matrix - 0.2 and silent == []
for x, y in ((a, b), (left, right), (image, layer)):
    own, value, _ = both(x.astype(np.int64), y.astype(np.int64))
    assert abs(own - value) < 1e-9
PROGRAM
