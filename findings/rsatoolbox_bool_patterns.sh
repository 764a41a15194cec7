#!/usr/bin/env bash
# Guess: the dtype of a 0/1 matrix does not matter, so rsatoolbox gives the same
# representational dissimilarities for binarized activations as bool and as floats:
# the share of units that differ. Instead (rsatoolbox 0.3.2, no warning) bool and uint8
# are used as they are: a dot product of bool only tells whether any unit is shared,
# and uint8 wraps at 256. Two identical bool patterns get a distance above 0.5, and the
# order of the distances has a rank correlation of about 0.39 with the right one;
# uint8 images are worse (0.17), while method="correlation" is right in both.
# Whoever compares layers by binarized activations, or with the pixels, compares noise
# that looks like distances. Convert to float before `Dataset(...)`.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export TMPDIR="$folder" MPLCONFIGDIR="$folder"
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet rsatoolbox==0.3.2 scipy==1.17.1 numpy==2.4.6
"$folder/venv/bin/python" - <<'PROGRAM'
import warnings
from importlib.metadata import version

import numpy as np
from scipy.stats import spearmanr

import rsatoolbox
from rsatoolbox.data import Dataset

rng = np.random.default_rng(0)
active = rng.random((10, 200)) < 0.3
active[1] = active[0]
pixels = rng.integers(0, 256, (10, 200)).astype(np.uint8)


def distances(patterns, method="euclidean"):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return rsatoolbox.rdm.calc_rdm(Dataset(patterns), method=method).dissimilarities[0]


pairs = [(i, j) for i in range(10) for j in range(i + 1, 10)]
as_bool, as_float = distances(active), distances(active.astype(float))
assert np.allclose(as_float, [(active[i] != active[j]).mean() for i, j in pairs])
ranks_bool = spearmanr(as_bool, as_float)[0]
ranks_pixels = spearmanr(distances(pixels), distances(pixels.astype(float)))[0]
print(
    "rsatoolbox", version("rsatoolbox"),
    "distance of two identical patterns: bool", as_bool[0], "float", as_float[0],
    "largest: bool", as_bool.max(), "float", as_float.max(),
    "rank correlation with the right ones: bool", round(ranks_bool, 3), "uint8", round(ranks_pixels, 3),
)
assert as_bool[0] > 0.5 and abs(as_float[0]) < 1e-12
assert ranks_bool < 0.6 and ranks_pixels < 0.5
for data in (active, pixels):
    assert np.allclose(distances(data, "correlation"), distances(data.astype(float), "correlation"))
PROGRAM
