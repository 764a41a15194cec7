"""Data sets split, normalized, and known by their sums."""

import statistics
import subprocess
import sys
from fractions import Fraction

import numpy as np
import pytest

from indicators.errors import InputError
from indicators.images.cifar10 import CIFAR10
from indicators.images.dataset import checksums, digest, load_dataset
from indicators.specs import DataSpec


def test_validation_is_the_end_of_the_official_training_images_and_train_their_beginning(root, arrays):
    dataset = load_dataset(root, train=30, validation=8, test=7)

    np.testing.assert_array_equal(dataset.train.images, arrays["train_images"][:30])
    np.testing.assert_array_equal(dataset.train.labels, arrays["train_labels"][:30])
    np.testing.assert_array_equal(dataset.validation.images, arrays["train_images"][42:])
    np.testing.assert_array_equal(dataset.validation.labels, arrays["train_labels"][42:])
    np.testing.assert_array_equal(dataset.test.images, arrays["test_images"][:7])
    np.testing.assert_array_equal(dataset.test.labels, arrays["test_labels"][:7])


def test_a_data_set_says_what_it_is(root):
    dataset = load_dataset(root, train=40, validation=10, test=10)

    assert (dataset.name, dataset.classes, dataset.input_shape) == ("cifar10", 10, (4, 4, 3))
    assert {split.labels.dtype for split in (dataset.train, dataset.validation, dataset.test)} == {np.dtype("int64")}


def test_images_are_views_of_the_files_and_cannot_be_written(root):
    dataset = load_dataset(root, train=40, validation=10, test=10)

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
        load_dataset(root, **{"train": 40, "validation": 10, "test": 10, **sizes})


def test_a_folder_without_a_data_set_says_how_to_get_one(tmp_path):
    with pytest.raises(InputError, match=r"manifest\.json is missing: fetch or import .*`indicators fetch`"):
        load_dataset(tmp_path, train=1, validation=1, test=1)
    with pytest.raises(InputError, match=r"manifest\.json is missing: fetch"):
        digest(tmp_path)


def test_mean_and_deviation_are_those_of_all_training_pixels_whatever_the_sizes(root, arrays):
    pixels = [Fraction(value) for value in arrays["train_images"].ravel().tolist()]

    for train in (1, 40):
        dataset = load_dataset(root, train=train, validation=10, test=1)

        assert dataset.mean == float(statistics.mean(pixels))
        assert dataset.std == pytest.approx(statistics.pstdev(pixels), rel=1e-15)


def test_normalized_images_follow_the_formula(root, arrays):
    dataset = load_dataset(root, train=40, validation=10, test=10)
    reference = (arrays["test_images"].astype(np.float64) - dataset.mean) / (dataset.std + 1e-7)

    normalized = dataset.normalize(dataset.test.images)

    assert normalized.dtype == np.float32
    np.testing.assert_allclose(normalized, reference, rtol=0, atol=3e-7)


def test_normalizing_changes_neither_the_images_nor_their_file(root, arrays):
    dataset = load_dataset(root, train=40, validation=10, test=10)
    images = arrays["test_images"].astype(np.float32)

    dataset.normalize(images)

    np.testing.assert_array_equal(images, arrays["test_images"])


def test_the_sums_of_a_study_are_those_of_what_it_learns_from():
    assert checksums(DataSpec(name="cifar10")) == {name: array.sha256 for name, array in CIFAR10.items()}
    assert checksums(DataSpec(name="arrays", sha256="ab")) == {"file": "ab"}
    assert checksums(DataSpec(name="arrays")) == {}


def test_importing_the_room_imports_neither_keras_nor_pillow():
    code = "import sys, indicators.images.dataset; print(*{'tensorflow', 'keras', 'PIL'} & set(sys.modules))"

    imported = subprocess.check_output([sys.executable, "-c", code], text=True)  # noqa: S603 - our own program

    assert imported == "\n"
