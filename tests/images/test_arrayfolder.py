"""An image data set on disk: written whole or not at all, checked when read, set aside when damaged."""

import hashlib
import json
import logging
import signal
import statistics
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays as any_arrays

import indicators
from indicators.errors import InputError
from indicators.images import arrayfolder
from indicators.images.arrayfolder import Stream
from tests.fixtures.folders import WHOLE, names_beside_lock


@pytest.fixture
def arrays():
    rng = np.random.default_rng(7)
    return {
        "train_images": rng.integers(0, 256, (50, 4, 4, 3), dtype=np.uint8),
        "train_labels": np.arange(50, dtype=np.uint8) % 10,
        "test_images": rng.integers(0, 256, (10, 4, 4, 3), dtype=np.uint8),
        "test_labels": np.arange(10, dtype=np.uint8),
    }


def make(root, arrays, *, verify=False, expected=None, rows=7, **blocks):
    """Makes sure that the folder holds the arrays, and says whether they had to be written."""
    with arrayfolder.made_once(root, root, verify) as wanted:
        if wanted:
            streams = (
                Stream(
                    name, a.shape, a.dtype, iter(blocks.get(name, [a[i : i + rows] for i in range(0, len(a), rows)]))
                )
                for name, a in arrays.items()
            )
            with arrayfolder.workspace(root) as work:
                arrayfolder.write(root, work, "tiny", streams, expected or {})
    return wanted


@pytest.fixture
def root(arrays, tmp_path):
    make(tmp_path / "root", arrays)
    return tmp_path / "root"


# --- Writing --------------------------------------------------------------------------------------


@pytest.mark.parametrize("rows", [1, 7, 50])
def test_blocks_of_any_size_become_the_arrays_and_a_manifest_and_nothing_else(tmp_path, arrays, rows):
    make(tmp_path, arrays, rows=rows)

    assert names_beside_lock(tmp_path) == WHOLE
    for name, array in arrays.items():
        np.testing.assert_array_equal(np.load(tmp_path / f"{name}.npy"), array)


def test_the_manifest_says_what_the_files_are(root, arrays):
    manifest = arrayfolder.manifest_of(root)

    assert (manifest["name"], manifest["classes"]) == ("tiny", 10)
    for name, array in arrays.items():
        file = (root / f"{name}.npy").read_bytes()
        assert manifest["files"][name] == {
            "shape": list(array.shape),
            "dtype": "|u1",
            "bytes": len(file),
            "sha256": hashlib.sha256(file).hexdigest(),
            "content": hashlib.sha256(array.tobytes()).hexdigest(),
        }


def test_column_major_blocks_are_written_row_by_row(tmp_path, arrays):
    make(tmp_path, arrays, train_images=[np.asfortranarray(arrays["train_images"])])

    np.testing.assert_array_equal(arrayfolder.open_array(tmp_path, "train_images"), arrays["train_images"])


def test_an_array_is_opened_from_the_disk_and_cannot_be_written(root):
    images = arrayfolder.open_array(root, "train_images")

    assert isinstance(images, np.memmap)
    assert not images.flags.writeable


def test_arrays_with_the_expected_sums_are_written(tmp_path, arrays):
    make(tmp_path, arrays, expected={name: hashlib.sha256(a.tobytes()).hexdigest() for name, a in arrays.items()})

    assert names_beside_lock(tmp_path) == WHOLE


def test_arrays_with_another_sum_are_refused_and_leave_nothing_behind(tmp_path, arrays):
    with pytest.raises(InputError, match=r"test_images has the SHA-256 \w{64}, expected 00: a damaged file"):
        make(tmp_path, arrays, expected={"test_images": "00"})

    assert names_beside_lock(tmp_path) == []


@pytest.mark.parametrize(
    "block",
    [
        pytest.param(np.zeros((10, 3, 4, 4), np.uint8), id="channels-first"),
        pytest.param(np.zeros((10, 4, 4, 3), np.int16), id="another-type"),
        pytest.param(np.array(3, np.uint8), id="a-number"),
    ],
)
def test_a_block_of_another_form_than_its_array_is_refused(tmp_path, arrays, block):
    with pytest.raises(InputError, match=r"test_images has the form .*expected uint8 \('n', 4, 4, 3\)"):
        make(tmp_path, arrays, test_images=[arrays["test_images"][:5], block])

    assert names_beside_lock(tmp_path) == []


def test_training_images_without_contrast_are_refused(tmp_path, arrays):
    with pytest.raises(InputError, match="every pixel is 9: expected images that differ"):
        make(tmp_path, {**arrays, "train_images": np.full((50, 4, 4, 3), 9, np.uint8)})


# --- Checking -------------------------------------------------------------------------------------


def test_what_is_whole_is_not_made_again(root, arrays):
    assert not make(root, arrays)
    assert not make(root, arrays, verify=True)


def test_a_folder_without_a_data_set_says_how_to_get_one(tmp_path):
    with pytest.raises(InputError, match=r"manifest\.json is missing: fetch or import .*`indicators fetch`"):
        arrayfolder.manifest_of(tmp_path)


def test_a_file_where_the_folder_should_be_is_no_data_set(tmp_path):
    (tmp_path / "file").touch()

    with pytest.raises(InputError, match=r"manifest\.json is missing"):
        arrayfolder.manifest_of(tmp_path / "file")


def test_a_missing_array_is_named(root):
    (root / "test_labels.npy").unlink()

    with pytest.raises(InputError, match=r"test_labels\.npy is missing"):
        arrayfolder.manifest_of(root)


def test_a_file_cut_short_is_set_aside_and_made_again(root, arrays, caplog):
    path = root / "train_images.npy"
    whole = path.read_bytes()
    path.write_bytes(whole[:-5])

    with caplog.at_level(logging.WARNING):
        make(root, arrays)

    assert path.read_bytes() == whole
    assert (root / "train_images.npy.corrupt").read_bytes() == whole[:-5]
    assert [record.getMessage() for record in caplog.records] == [
        (
            f"{path} has {len(whole) - 5} bytes, expected {len(whole)}: "
            "set aside as train_images.npy.corrupt, and made again"
        )
    ]


def test_a_flipped_bit_is_found_by_verify_alone_set_aside_and_made_again(root, arrays):
    path = root / "train_images.npy"
    whole = path.read_bytes()
    path.write_bytes(whole[:-5] + bytes([whole[-5] ^ 16]) + whole[-4:])

    assert not make(root, arrays)
    assert make(root, arrays, verify=True)

    assert path.read_bytes() == whole
    assert names_beside_lock(root) == sorted([*WHOLE, "train_images.npy.corrupt"])


def test_a_changed_number_in_the_manifest_is_noticed(root, arrays):
    path = root / "manifest.json"
    manifest = json.loads(path.read_text())
    path.write_text(json.dumps({**manifest, "mean": manifest["mean"] + 1}))

    with pytest.raises(InputError, match=r"manifest\.json is damaged or of another version: fetch"):
        arrayfolder.manifest_of(root)
    make(root, arrays)

    assert json.loads(path.read_text()) == manifest


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b"\xff", b'{"sha256": 1}'])
def test_a_manifest_that_is_none_is_damaged(root, content):
    (root / "manifest.json").write_bytes(content)

    with pytest.raises(InputError, match=r"manifest\.json is damaged"):
        arrayfolder.manifest_of(root)


# --- A process that dies --------------------------------------------------------------------------

MAKE = """
import os, signal, sys
from pathlib import Path
import numpy as np
from indicators.images import arrayfolder

root, arrays = Path(sys.argv[1]), np.load(sys.argv[2])

def die():
    os.kill(os.getpid(), signal.SIGKILL)

def blocks(name):
    yield arrays[name]
    DURING

AFTER
with arrayfolder.made_once(root, root, verify=False), arrayfolder.workspace(root) as work:
    streams = (arrayfolder.Stream(n, arrays[n].shape, arrays[n].dtype, blocks(n)) for n in arrayfolder.ARRAYS)
    arrayfolder.write(root, work, "tiny", streams, {})
"""
DIE_AT_A_NAME = "old = Path.replace; Path.replace = lambda a, b: die() if b.name == 'test_images.npy' else old(a, b)"


@pytest.mark.parametrize(
    ("during", "after", "left"),
    [
        pytest.param("if name == 'test_images': die()", "", [], id="while-writing"),
        pytest.param("", DIE_AT_A_NAME, ["train_images.npy", "train_labels.npy"], id="while-renaming"),
    ],
)
def test_a_kill_leaves_no_half_file_and_the_next_one_cleans_up(tmp_path, monkeypatch, arrays, during, after, left):
    monkeypatch.setenv("PYTHONPATH", str(Path(indicators.__file__).parents[1]))
    root, source = tmp_path / "root", tmp_path / "arrays.npz"
    np.savez(source, **arrays)
    code = MAKE.replace("DURING", during).replace("AFTER", after)

    killed = subprocess.run([sys.executable, "-c", code, root, source], check=False)  # noqa: S603 - our own program

    assert killed.returncode == -signal.SIGKILL
    partial, *final = names_beside_lock(root)
    assert partial.startswith(".partial-")
    assert final == left
    for name in final:
        np.testing.assert_array_equal(np.load(root / name), arrays[name.removesuffix(".npy")])
    with pytest.raises(InputError, match=r"manifest\.json is missing: fetch"):
        arrayfolder.manifest_of(root)

    make(root, arrays)

    assert names_beside_lock(root) == WHOLE


# --- Mean and standard deviation ------------------------------------------------------------------


def test_the_manifest_holds_the_moments_of_the_training_images(root, arrays):
    manifest = arrayfolder.manifest_of(root)
    pixels = [Fraction(value) for value in arrays["train_images"].ravel().tolist()]

    assert manifest["mean"] == float(statistics.mean(pixels))
    assert manifest["std"] == pytest.approx(statistics.pstdev(pixels), rel=1e-15)


@given(any_arrays(np.uint8, st.tuples(*[st.integers(1, 5)] * 4)))
def test_moments_of_bytes_are_numpys_in_float64(images):
    mean, std = arrayfolder.moments(images)

    assert mean == pytest.approx(images.mean(dtype=np.float64), rel=1e-14)
    assert std == pytest.approx(images.std(dtype=np.float64), rel=1e-12, abs=1e-13)


@given(any_arrays(np.float32, st.tuples(*[st.integers(1, 5)] * 4), elements=st.floats(-1e6, 1e6, width=32)))
def test_moments_of_floats_are_those_of_exact_fractions(images):
    exact = [Fraction(value) for value in images.ravel().tolist()]

    mean, std = arrayfolder.moments(images)

    size = float(np.abs(images).max()) + 1e-300
    assert mean == pytest.approx(float(statistics.mean(exact)), rel=1e-14, abs=1e-15 * size)
    assert std == pytest.approx(statistics.pstdev(exact), rel=1e-7, abs=1e-15 * size)


def test_moments_of_several_blocks_are_those_of_one(monkeypatch, arrays):
    images = arrays["train_images"]
    whole = arrayfolder.moments(images), arrayfolder.moments(images / np.float32(7))
    monkeypatch.setattr(arrayfolder, "_BLOCK", 100)

    parts = arrayfolder.moments(images), arrayfolder.moments(images / np.float32(7))

    assert len(list(arrayfolder.blocks(images))) == 25
    assert parts[0] == whole[0]
    assert parts[1] == pytest.approx(whole[1], rel=1e-14)
