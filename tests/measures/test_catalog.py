import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indicators.measures import contract
from indicators.measures.catalog import CATALOG, INDICATORS
from indicators.measures.inputs import Kernel, Layer


def rows(needs):
    return [pytest.param(row, id=row.name) for row in CATALOG if row.needs == needs]


# The rows


def test_names_are_unique_and_lead_to_their_rows():
    assert len(INDICATORS) == len(CATALOG)
    assert all(INDICATORS[row.name] is row for row in CATALOG)


@pytest.mark.parametrize("row", CATALOG, ids=lambda row: row.name)
def test_a_row_says_what_where_and_in_which_unit(row):
    assert re.fullmatch(r"[a-z_]+(2019)?", row.name)
    assert row.summary
    assert row.ends
    assert row.unit
    assert re.fullmatch(r"[6789](\.\d+)*|A", row.section)
    assert row.bounds[0] < row.bounds[1]
    assert row.version >= 1


# The contract


@pytest.mark.parametrize(
    ("row", "check"),
    [pytest.param(row, check, id=f"{row.name}-{check.__name__}") for row in CATALOG for check in contract.checks(row)],
)
@settings(max_examples=15)
@given(seed=st.integers(0, 2**32 - 1))
def test_every_row_keeps_the_contract(row, check, seed):
    check(row, np.random.default_rng(seed))


# Indicators of weights


@pytest.mark.parametrize(
    ("name", "value"),
    [("cosine_distance", 1 - 24 / 25), ("norm_ratio", 1.0), ("alignment", -1 / 25), ("weight_change_std", 1.0)],
)
def test_indicators_of_weights_by_hand(name, value):
    assert INDICATORS[name].of(Kernel(np.array([3.0, 4.0]), np.array([4.0, 3.0]))) == pytest.approx(value)


# Indicators of a layer


@pytest.fixture
def by_hand():
    """Four images of two classes; neurons that tell the class, its opposite, nothing of it, and two dead ones."""
    columns = [[1, 1, 0, 0], [0, 0, 2, 2], [3, 0, 3, 0], [0, 0, 0, 0], [0, 0, 0, 0], [5, 6, 7, 8]]
    return Layer(np.array(columns, np.float32).T, np.array([0, 0, 1, 1]), pairs=20_000, seed=0)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        # The last neuron is above its mean on the images of class 1.
        pytest.param("label_nmi", 3 / 6, id="label_nmi: three of six tell the class"),
        pytest.param("label_information", 3 / 6, id="label_information: all of its one bit"),
        pytest.param("never_active", 2 / 6, id="never_active"),
        pytest.param("always_active", 1 / 6, id="always_active"),
        pytest.param("zero_ratio", 14 / 24, id="zero_ratio"),
        pytest.param("zero_ratio_binarized", 16 / 24, id="zero_ratio_binarized"),
    ],
)
def test_indicators_of_a_layer_by_hand(by_hand, name, value):
    assert INDICATORS[name].of(by_hand) == pytest.approx(value)


@pytest.mark.parametrize(
    ("shape", "dead", "on"),
    [
        pytest.param(None, 2 / 6, 1 / 6, id="neurons of a dense layer"),
        pytest.param((3, 1, 2), 0, 0, id="two channels at three places"),
        pytest.param((2, 1, 3), 1 / 3, 0, id="three channels at two places"),
        pytest.param((1, 1, 6), 2 / 6, 1 / 6, id="six channels at one place"),
    ],
)
def test_channels_that_never_or_always_answer_by_hand(by_hand, shape, dead, on):
    columns = by_hand.activations[:, [0, 3, 1, 2, 4, 5]]
    layer = Layer(columns, by_hand.labels, pairs=9, seed=0, shape=shape)

    assert INDICATORS["never_active_channels"].of(layer) == pytest.approx(dead)
    assert INDICATORS["always_active_channels"].of(layer) == pytest.approx(on)


def test_shared_information_over_all_pairs_and_over_those_that_live(by_hand):
    # Of fifteen pairs, three of class-telling neurons and one of dead ones share all; of the six living pairs, three.
    assert INDICATORS["pairwise_nmi"].of(by_hand) == pytest.approx(4 / 15, abs=0.015)
    assert INDICATORS["pairwise_nmi_live"].of(by_hand) == pytest.approx(3 / 6, abs=0.015)


def test_a_dead_layer_shares_everything_and_nothing_of_it_lives():
    dead = Layer(np.zeros((5, 4), np.float32), np.array([0, 1, 0, 1, 0]), pairs=9, seed=0)

    assert INDICATORS["pairwise_nmi"].of(dead) == 1.0
    assert np.isnan(INDICATORS["pairwise_nmi_live"].of(dead))


@pytest.mark.parametrize(
    ("name", "steps"),
    [
        ("magnitude_pruning", 30),
        ("random_pruning", 30),
        ("pairwise_nmi", 50),
        ("pairwise_nmi_live", 50),
        ("label_information", 20),
        ("never_active", 20),
        ("zero_ratio", 20),
        ("always_active_channels", 20),
    ],
)
def test_the_resolution_of_a_row_is_what_one_image_or_pair_weighs(name, steps, make_study):
    study = make_study()  # 20 images, 50 pairs, pruned on all 30 test images

    assert INDICATORS[name].resolution(study) == pytest.approx(1 / steps)
    assert INDICATORS["cosine_distance"].resolution(study) == 0


def test_more_pruning_images_than_the_test_set_has_refine_nothing(make_study):
    study = make_study()
    generous = study.model_copy(update={"measuring": study.measuring.model_copy(update={"pruning_images": 1000})})

    assert INDICATORS["random_pruning"].resolution(generous) == pytest.approx(1 / 30)


def test_the_pairs_of_a_layer_are_drawn_by_its_seed():
    activations = np.random.default_rng(0).random((30, 40), np.float32)
    one, same, other = (
        Layer(activations, np.arange(30) % 2, pairs=5, seed=seed).sampled.tolist() for seed in (1, 1, 2)
    )

    assert one == same
    assert one != other


# Pruning


@pytest.mark.parametrize("row", rows("pruning"))
def test_pruning_gives_the_masks_of_every_fraction(row):
    rng = np.random.default_rng(0)
    weights = [rng.normal(size=(3, 3, 2, 4)), rng.normal(size=(8, 5))]
    fractions = [0.0, 0.1, 0.5, 1.0]

    sweep = list(row.of(weights, fractions, rng))

    assert len(sweep) == len(fractions)
    for fraction, masks in zip(fractions, sweep, strict=True):
        assert [mask.shape for mask in masks] == [kernel.shape for kernel in weights]
        assert sum(int(mask.sum()) for mask in masks) == int(fraction * 112)


def test_magnitude_pruning_removes_the_smallest_and_random_pruning_whatever_is_drawn():
    weights = [np.array([5.0, -1.0, 3.0]), np.array([-2.0, 4.0])]
    magnitude, chance = INDICATORS["magnitude_pruning"].of, INDICATORS["random_pruning"].of

    (smallest,) = magnitude(weights, [0.4], np.random.default_rng(0))
    drawn = {
        tuple(np.concatenate(next(iter(chance(weights, [0.4], np.random.default_rng(seed)))))) for seed in range(60)
    }

    assert [mask.tolist() for mask in smallest] == [[False, True, False], [True, False]]
    assert len(drawn) == 10


@pytest.mark.parametrize("row", rows("record"))
def test_what_is_kept_while_training_is_not_computed(row):
    with pytest.raises(TypeError, match="kept while training; read it from the record"):
        row.of(None)
