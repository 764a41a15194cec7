#!/usr/bin/env bash
# Guess: an intrinsic dimension does not depend on the unit of the data, and two equal
# rows among 500 (two images for which no unit fires) hardly change it, or are refused.
# Instead (scikit-dimension 0.5.0): MLE gives 0.0 for the whole data set (all that is
# said is NumPy's warning of a division), because its harmonic mean runs over the zeros
# of those two rows; and TLE, whose epsilon of 0.0001 is absolute, gives more than twice
# the dimension once the same data are multiplied by 0.0001. TwoNN is right in both.
# Whoever plots dimension against depth sees a layer collapse to 0, or dimensions that
# follow the scale of the activations. Drop repeated rows, and divide by the spread.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export TMPDIR="$folder" MPLCONFIGDIR="$folder"
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet scikit-dimension==0.5.0 scikit-learn==1.9.1 scipy==1.17.1 numpy==2.4.6 numba==0.68.1
"$folder/venv/bin/python" - <<'PROGRAM'
import warnings
from importlib.metadata import version

import numpy as np

import skdim

rng = np.random.default_rng(0)
turn = np.linalg.qr(rng.normal(size=(20, 20)))[0]
points = np.c_[rng.normal(size=(500, 3)), np.zeros((500, 17))] @ turn + 1
silent = np.r_[points, np.zeros((2, 20))]


def dimension(kind, data):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        value = float(getattr(skdim.id, kind)().fit(data).dimension_)
    return round(value, 2), sorted({str(w.message)[:40] for w in caught})


print("scikit-dimension", version("scikit-dimension"), "true dimension 3")
seen = {}
for kind in ("MLE", "TLE", "TwoNN"):
    seen[kind] = [dimension(kind, points), dimension(kind, silent), dimension(kind, points * 1e-4)]
    print(" ", kind, "as is", seen[kind][0], "two zero rows more", seen[kind][1], "times 0.0001", seen[kind][2])
assert all(abs(seen[kind][0][0] - 3) < 0.7 for kind in seen)
assert seen["MLE"][1][0] == 0.0
assert abs(seen["MLE"][2][0] - 3) < 0.7
assert seen["TLE"][2][0] > 5
assert abs(seen["TwoNN"][1][0] - 3) < 0.7 and abs(seen["TwoNN"][2][0] - 3) < 0.7
PROGRAM
