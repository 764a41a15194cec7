"""A user's own images: what is understood, what is refused in one line."""

import hashlib

import numpy as np
import pytest

from indicators.errors import InputError
from indicators.images.dataset import digest, load_dataset
from indicators.images.npz import import_npz
from tests.fixtures.folders import WHOLE, names_beside_lock


@pytest.fixture
def imported(own, tmp_path):
    def import_(**changed):
        path = tmp_path / "mine.npz"
        np.savez(path, **{name: array for name, array in {**own, **changed}.items() if array is not None})
        return import_npz(path, tmp_path / "store")

    return import_


def test_own_arrays_become_a_data_set(imported, own):
    dataset = load_dataset(imported(), train=9, validation=3, test=4)

    assert (dataset.name, dataset.classes, dataset.input_shape) == ("mine", 3, (5, 4, 1))
    np.testing.assert_array_equal(dataset.train.images, own["x_train"][:9])
    np.testing.assert_array_equal(dataset.validation.labels, own["y_train"][9:])
    np.testing.assert_array_equal(dataset.test.images, own["x_test"])
    np.testing.assert_array_equal(dataset.test.labels, own["y_test"])
    assert dataset.mean == own["x_train"].mean()


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", ">f8"])
def test_floating_images_are_kept_as_float32(imported, own, dtype):
    x_train, x_test = own["x_train"].astype(dtype) / 8, own["x_test"].astype(dtype) / 8

    dataset = load_dataset(imported(x_train=x_train, x_test=x_test), train=9, validation=3, test=4)

    assert dataset.train.images.dtype == np.float32
    np.testing.assert_array_equal(dataset.train.images, x_train[:9])
    assert dataset.std == pytest.approx(x_train.astype(np.float64).std(), rel=1e-14)


def test_column_major_images_and_columns_of_labels_are_understood(imported, own):
    changed = imported(x_train=np.asfortranarray(own["x_train"]), y_train=own["y_train"][:, None])

    dataset = load_dataset(changed, train=9, validation=3, test=4)

    np.testing.assert_array_equal(dataset.train.images, own["x_train"][:9])
    np.testing.assert_array_equal(dataset.train.labels, own["y_train"][:9])


def test_more_classes_than_a_byte_can_hold_keep_their_numbers(imported, own):
    images = np.repeat(own["x_train"], 25, axis=0)

    dataset = load_dataset(imported(x_train=images, y_train=np.arange(300)), train=299, validation=1, test=1)

    assert dataset.classes == 300
    np.testing.assert_array_equal(dataset.validation.labels, [299])


def test_the_same_file_is_imported_once_and_another_is_another_data_set(imported):
    first = imported()
    written = (first / "manifest.json").stat().st_mtime_ns

    again, other = imported(), imported(y_test=np.array([2, 1, 2, 0]))

    assert again == first
    assert (first / "manifest.json").stat().st_mtime_ns == written
    assert other != first
    assert names_beside_lock(first) == WHOLE


def test_the_folder_is_named_by_the_sum_of_the_file(imported, tmp_path):
    folder = imported()

    assert folder == tmp_path / "store" / hashlib.sha256((tmp_path / "mine.npz").read_bytes()).hexdigest()[:16]


def test_the_digest_is_that_of_the_arrays_and_not_of_the_file_they_came_in(imported, own, tmp_path):
    sum_of_arrays = digest(imported())
    np.savez_compressed(tmp_path / "packed.npz", **own)

    packed = import_npz(tmp_path / "packed.npz", tmp_path / "store")
    changed = imported(y_test=np.array([2, 1, 2, 0]))

    assert digest(packed) == sum_of_arrays
    assert digest(changed) != sum_of_arrays
    assert len(sum_of_arrays) == 64


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
    assert names_beside_lock(tmp_path / "store") == []


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
        import_npz(path, tmp_path / "store")


def test_a_single_array_is_not_an_npz(tmp_path, own):
    np.save(tmp_path / "mine.npy", own["x_train"])

    with pytest.raises(InputError, match=r"mine\.npy: no array x_train, y_train, x_test, y_test"):
        import_npz(tmp_path / "mine.npy", tmp_path / "store")


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(InputError, match=r"nothing\.npz is not a file: expected an \.npz with x_train"):
        import_npz(tmp_path / "nothing.npz", tmp_path / "store")
