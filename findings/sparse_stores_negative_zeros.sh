#!/usr/bin/env bash
# Guess: pruning with `weights * mask` gives zeros, and pydata/sparse stores only
# what is not zero, so `COO(weights * mask).nnz` counts the weights that were kept.
# Instead (sparse 0.19.3) every pruned negative weight became -0.0, and COO and GCXS
# store it: 1126 of 2000 "non-zeros" where NumPy, SciPy's csr_array and sparse's own
# DOK count 200, a density of 0.563 instead of 0.1. Multiplying a COO by the mask
# does the same. Whoever reports sparsity after pruning from `nnz` or `density` is
# wrong by the share of negative weights, about half of all. Count with
# `numpy.count_nonzero`, or prune with `numpy.where(mask, weights, 0)`.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export TMPDIR="$folder" MPLCONFIGDIR="$folder"
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet sparse==0.19.3 scipy==1.17.1 numpy==2.4.6 numba==0.68.1
"$folder/venv/bin/python" - <<'PROGRAM'
from importlib.metadata import version

import numpy as np
import scipy.sparse
import sparse

rng = np.random.default_rng(0)
weights = rng.normal(size=(50, 40)).astype(np.float32)
mask = np.zeros(2000, bool)
mask[rng.permutation(2000)[:200]] = True
mask = mask.reshape(50, 40)
pruned = weights * mask
kept = int(mask.sum())
expected = kept + int((~mask & (weights < 0)).sum())
seen = {
    "numpy": int(np.count_nonzero(pruned)),
    "scipy csr": int(scipy.sparse.csr_array(pruned).nnz),
    "sparse DOK": int(sparse.DOK(pruned).nnz),
    "sparse COO": int(sparse.COO.from_numpy(pruned).nnz),
    "sparse GCXS": int(sparse.GCXS.from_numpy(pruned).nnz),
    "COO times mask": int((sparse.COO.from_numpy(weights) * mask).nnz),
    "numpy.where": int(sparse.COO.from_numpy(np.where(mask, weights, np.float32(0))).nnz),
}
density = sparse.COO.from_numpy(pruned).density
print("sparse", version("sparse"), "kept", kept, "of", pruned.size, seen, "density of COO", density)
assert seen["numpy"] == seen["scipy csr"] == seen["sparse DOK"] == seen["numpy.where"] == kept == 200
assert seen["sparse COO"] == seen["sparse GCXS"] == seen["COO times mask"] == expected > 1000
assert density == expected / 2000
PROGRAM
