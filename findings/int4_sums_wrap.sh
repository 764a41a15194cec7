#!/usr/bin/env bash
# Guess: NumPy promotes small integers in sums, so the sum of one hundred int8 ones is
# 100, and an int4 array of ml_dtypes (the codes of a quantized kernel) does the same.
# Instead (ml_dtypes 0.6.0 under NumPy 2.4.6) sums stay in int4 and wrap without a
# warning: the sum of one hundred ones is 4, their mean is 0, in int2 the sum is 0.
# Comparisons and `count_nonzero` are right, which hides it. Whoever takes mean codes
# or norms of quantized layers gets small, plausible numbers. Convert first
# (`codes.astype(numpy.int64)`).
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export TMPDIR="$folder" MPLCONFIGDIR="$folder"
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet ml-dtypes==0.6.0 numpy==2.4.6
"$folder/venv/bin/python" - <<'PROGRAM'
from importlib.metadata import version

import ml_dtypes
import numpy as np

ones = np.ones(100, np.int8)
assert int(np.sum(ones)) == 100 and float(np.mean(ones)) == 1.0
seen = {}
for kind in (ml_dtypes.int4, ml_dtypes.uint4, ml_dtypes.int2):
    codes = ones.astype(kind)
    seen[kind.__name__] = (int(np.sum(codes)), int(np.mean(codes)), int(np.count_nonzero(codes)))
    assert np.sum(codes).dtype == codes.dtype
    assert int(np.sum(codes.astype(np.int64))) == 100
    assert float((codes == 1).mean()) == 1.0
print("ml_dtypes", version("ml_dtypes"), "numpy", np.__version__, "(sum, mean, non-zeros) of 100 ones:", seen)
assert seen == {"int4": (4, 0, 100), "uint4": (4, 0, 100), "int2": (0, 0, 100)}
PROGRAM
