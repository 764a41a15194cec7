"""Marks on images, and labels in random order: what of a data set they change, and what not."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from indicators.errors import InputError
from indicators.images.dataset import dataset_of, load_dataset, permuted
from indicators.images.marks import SIDE, marked, patterns
from indicators.specs import DataSpec

SIZES = {"train": 40, "validation": 10, "test": 10}


@pytest.mark.parametrize("channels", [1, 3])
def test_a_marked_image_has_the_pattern_of_its_number_in_a_corner_and_nothing_else_changed(channels):
    images = np.random.default_rng(0).integers(0, 256, (5, 9, 7, channels), dtype=np.uint8)
    before, marks = images.copy(), np.array([3, 0, 3, 9, 1])

    found = marked(images, marks)

    assert found.dtype == np.uint8
    for image, mark in zip(found, marks, strict=True):
        for channel in range(channels):
            np.testing.assert_array_equal(image[:SIDE, :SIDE, channel], patterns(np.array([mark]))[0])
    np.testing.assert_array_equal(found[:, SIDE:], before[:, SIDE:])
    np.testing.assert_array_equal(found[:, :, SIDE:], before[:, :, SIDE:])
    np.testing.assert_array_equal(images, before)


def test_no_two_marks_are_alike_and_those_of_ten_classes_differ_in_four_pixels_at_least():
    found = patterns(np.arange(1000)).reshape(1000, -1)

    assert len(np.unique(found, axis=0)) == 1000
    assert set(np.unique(found)) == {0, 255}
    few = found[:10] > 0
    differences = (few[:, np.newaxis] != few).sum(axis=-1)
    assert differences[~np.eye(10, dtype=bool)].min() == 4


def test_an_image_too_small_for_a_mark_is_refused():
    with pytest.raises(InputError, match=r"^images of 3 x 8 pixels are too small for a mark of 4 x 4; use larger"):
        marked(np.zeros((2, 3, 8, 1), np.uint8), np.zeros(2, int))


@given(st.lists(st.integers(0, 4), min_size=1, max_size=80), st.floats(0, 1))
def test_permuted_labels_are_the_same_labels_and_only_a_share_of_them_moves(labels, share):
    labels = np.array(labels)

    found = permuted(labels, share)

    assert sorted(found) == sorted(labels)
    assert np.count_nonzero(found != labels) <= int(share * len(labels))


def test_of_labels_in_ten_classes_nine_tenths_of_the_share_are_wrong_and_a_larger_share_adds_to_a_smaller():
    labels = np.arange(20_000) % 10

    half, all_of_them = permuted(labels, 0.5), permuted(labels, 1.0)

    assert np.mean(half != labels) == pytest.approx(0.45, abs=0.01)
    assert np.mean(all_of_them != labels) == pytest.approx(0.9, abs=0.01)
    few = permuted(np.arange(1000), 0.2) != np.arange(1000)
    more = permuted(np.arange(1000), 0.4) != np.arange(1000)
    assert np.count_nonzero(few & ~more) <= 3  # which may have come back to their own place


def test_the_same_labels_are_permuted_alike_at_any_time():
    labels = np.arange(100) % 7

    assert permuted(labels, 0.3).tolist() == permuted(labels.copy(), 0.3).tolist()


def test_a_spec_without_either_is_the_data_set_on_disk(root):
    plain, found = load_dataset(root, **SIZES), dataset_of(root, DataSpec(**SIZES))

    assert isinstance(found.train.images, np.memmap)
    np.testing.assert_array_equal(found.train.labels, plain.train.labels)


def test_training_images_are_marked_as_they_are_trained_and_no_others_are(root):
    plain = load_dataset(root, **SIZES)
    found = dataset_of(root, DataSpec(**SIZES, permuted_labels=0.5, mark="class"))

    np.testing.assert_array_equal(found.train.labels, permuted(plain.train.labels, 0.5))
    np.testing.assert_array_equal(found.train.images, marked(plain.train.images, found.train.labels))
    assert not np.array_equal(found.train.labels, plain.train.labels)
    for name in ("validation", "test"):
        for one, other in zip(getattr(found, name), getattr(plain, name), strict=True):
            np.testing.assert_array_equal(one, other)
    assert (found.mean, found.std) == (plain.mean, plain.std)
