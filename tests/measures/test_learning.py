"""When images are learned, and which are learned early."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from indicators.measures.inputs import Layer
from indicators.measures.trajectories.learning import ASKED, Learning, learned_at, learned_early

RIGHT = arrays(np.uint8, array_shapes(min_dims=2, max_dims=2, max_side=8), elements=st.integers(0, 1))


def test_an_image_is_learned_where_it_is_right_to_stay():
    always, never, late, forgotten = [1, 1, 1], [0, 0, 0], [0, 0, 1], [1, 1, 0]
    once_more = [1, 0, 1]

    right = np.array([always, never, late, forgotten, once_more]).T

    assert learned_at(right).tolist() == [1, 4, 3, 4, 3]


@given(RIGHT)
def test_learning_is_what_looking_through_the_epochs_tells(right):
    expected = [
        next((epoch for epoch in range(1, len(column) + 1) if all(column[epoch - 1 :])), len(column) + 1)
        for column in right.T.tolist()
    ]

    assert learned_at(right).tolist() == expected


@given(RIGHT)
def test_of_two_images_the_early_one_is_not_learned_later(right):
    learned = learned_at(right)
    early = learned_early(learned)

    assert early.sum() == len(learned) // 2
    assert learned[early].max(initial=0) <= learned[~early].min(initial=len(right) + 1)


def test_ties_go_by_the_number_of_the_image():
    assert learned_early([2, 2, 1, 2, 2]).tolist() == [True, False, True, False, False]


@pytest.mark.parametrize("right", [np.ones(3), np.ones((0, 3)), np.full((2, 3), 2)])
def test_what_is_no_record_of_right_and_wrong_is_refused(right):
    with pytest.raises(ValueError, match="of 0 and 1, one epoch at least"):
        learned_at(right)


def test_the_images_of_a_seed_are_chosen_once_and_kept():
    one, same, other = (Learning.start(5000, seed) for seed in (1, 1, 2))

    assert len(set(one.images.tolist())) == ASKED
    assert np.array_equal(one.images, same.images)
    assert not np.array_equal(one.images, other.images)
    assert Learning.start(30, 1).images.tolist() == list(range(30))
    further = one.after(np.ones(ASKED, bool)).after(np.zeros(ASKED, bool))
    assert further.right.sum(axis=1).tolist() == [ASKED, 0]
    again = Learning.start(5000, 1, further.arrays)
    assert np.array_equal(again.right, further.right)
    assert again.right.dtype == np.uint8


# --- What neurons tell of images learned early and late


def layer_of(activations, labels, learned):
    return Layer(np.asarray(activations, np.float32), labels, pairs=9, seed=0, label_draws=200, learned=learned)


def test_a_neuron_that_tells_the_labels_of_easy_images_alone_is_seen_there_alone():
    labels, learned = np.arange(400) % 2, np.repeat([1, 5], 200)
    noise = np.random.default_rng(0).random(400)
    layer = layer_of(np.where(learned == 1, labels, noise)[:, None], labels, learned)

    easy, hard = layer.information_by_difficulty

    # All of one bit, less what chance shows: 1 / (2 n log 2) for two classes.
    assert easy == pytest.approx(1 - 1 / (2 * 200 * np.log(2)), abs=0.001)
    assert hard == pytest.approx(0, abs=0.02)


def test_neurons_that_know_nothing_show_nothing_whatever_the_classes_of_a_half():
    rng = np.random.default_rng(0)
    learned = np.repeat([1, 2], 150)
    labels = np.where(learned == 1, rng.integers(10, size=300), rng.integers(3, size=300))
    layer = layer_of(rng.random((300, 500)), labels, learned)

    assert layer.information_by_difficulty == pytest.approx([0, 0], abs=0.002)


def test_what_is_asked_of_other_images_is_refused():
    with pytest.raises(ValueError, match="expected the same images in all"):
        _ = layer_of(np.ones((4, 2)), np.arange(4), np.arange(3)).information_by_difficulty
