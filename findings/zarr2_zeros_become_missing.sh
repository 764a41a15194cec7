#!/usr/bin/env bash
# Guess: a 0/1 mask written with zarr-python comes back from `xarray.open_zarr` as the
# same 0/1 mask, in zarr's format 2 as in format 3. Instead (xarray 2026.9.0 with zarr
# 3.1.6) the default `fill_value` 0 of an array that zarr itself wrote is read as
# "missing" in format 2: every 0 becomes NaN, the int8 mask becomes float32, and the
# mean, which skips NaN, says that 100 % of the units are active; no warning. In format
# 3, and in files that xarray wrote itself, zeros stay zeros. Sparsity and shares of
# active units are counts of zeros, so they vanish without a trace. Open with
# `mask_and_scale=False`, or create arrays with `fill_value=None`.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export TMPDIR="$folder" MPLCONFIGDIR="$folder"
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet xarray==2026.9.0 zarr==3.1.6 numpy==2.4.6
"$folder/venv/bin/python" - <<'PROGRAM'
import tempfile
import warnings
from importlib.metadata import version

import numpy as np
import xarray as xr
import zarr

warnings.simplefilter("error")
rng = np.random.default_rng(0)
mask = (rng.random((40, 60)) < 0.3).astype(np.int8)
outputs = np.maximum(rng.normal(size=(40, 60)), 0)


def write(zarr_format, **options):
    folder = tempfile.mkdtemp()
    group = zarr.open_group(folder, mode="w", zarr_format=zarr_format)
    for name, data in {"mask": mask, "outputs": outputs}.items():
        names = {"dimension_names": ("image", "unit")} if zarr_format == 3 else {}
        array = group.create_array(name, data=data, **names, **options)
        if zarr_format == 2:
            array.attrs["_ARRAY_DIMENSIONS"] = ["image", "unit"]
        assert (array[:] == data).all()
    return folder


def read(folder, **options):
    found = xr.open_zarr(folder, consolidated=False, chunks=None, **options)
    return str(found["mask"].dtype), float(found["mask"].mean()), float((found["outputs"] == 0).mean())


right = ("int8", float(mask.mean()), float((outputs == 0).mean()))
two, three = read(write(2)), read(write(3))
print("xarray", version("xarray"), "zarr", version("zarr"), "(dtype, share of ones, share of zeros in outputs)")
print("  written", right, "format 2", two, "format 3", three)
assert two == ("float32", 1.0, 0.0)
assert three == right
assert read(write(2), mask_and_scale=False) == right
assert read(write(2, fill_value=None)) == right
PROGRAM
