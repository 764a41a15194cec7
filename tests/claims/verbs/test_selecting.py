"""Which cells, layers and fractions a verb compares, and what it refuses to compare."""

import numpy as np
import pytest

from indicators.claims.verbs import falls, less, more, rises, same, tracks
from indicators.errors import NotApplicable
from tests.claims.arrays import HIGH, LEVELS, NINE, SGD, SGD_HIGH, alike, cells, noise, profiles


@pytest.mark.parametrize(
    ("at", "than", "effect"),
    [
        pytest.param(SGD_HIGH, {"optimizer": "wdecay"}, 0.4 - 0.6, id="than inherits"),
        pytest.param(HIGH, {"level": "low"}, 0.6 - 0.2, id="a cell not named is averaged over"),
        pytest.param({"optimizer": ["wdecay", "layca"], "level": "high"}, SGD, 0.7 - 0.4, id="a list is averaged over"),
        pytest.param(SGD, {"level": "low"}, 0.7 / 3 - 0.1, id="a part and the whole"),
        pytest.param(SGD_HIGH, 0.25, 0.15, id="a number"),
        pytest.param({}, 0.25, 3 / 9 - 0.25, id="everything and a number"),
    ],
)
def test_effect_of_more_by_hand(at, than, effect):
    assert more(NINE, at, than=than, by=0).effect == pytest.approx(effect)
    assert less(NINE, at, than=than, by=0).effect == pytest.approx(-effect)
    assert same(NINE, at, as_=than, within=0).effect == pytest.approx(effect)


def test_dimensions_that_are_not_cells_are_averaged_over_or_selected():
    values = cells(np.arange(18.0).reshape(1, 3, 3, 2), "layer", layer=["Conv1", "Conv2"])

    assert more(values, SGD, than={"optimizer": "wdecay"}, by=0).effect == pytest.approx(-6)
    assert more(values, SGD | {"layer": "Conv2"}, than={"layer": "Conv1"}, by=0).effect == pytest.approx(1)
    assert more(values, SGD_HIGH | {"layer": ["Conv2"]}, than=1, by=0).effect == pytest.approx(5 - 1)


def test_a_coordinate_along_a_dimension_selects_like_a_label():
    values = profiles([1, 2, 3, 6], layer=list("abcd")).assign_coords(
        part=("layer", ["first", "first", "last", "last"])
    )
    indexed = values.set_xindex("part")

    for array in (values, indexed):
        assert more(array, {"part": "last"}, than={"part": "first"}, by=0).effect == pytest.approx(3)
        with pytest.raises(ValueError, match=r"part=\['middle'\].*'first', 'last'"):
            more(array, {"part": "middle"}, than=0, by=0)


SMALL = profiles([1.0, 2.0], layer=["Conv1", "Dense1"]).assign_coords(part=("layer", ["central", "output"]))


@pytest.mark.parametrize(
    ("selection", "message"),
    [
        pytest.param({"part": "first"}, "has no layer at 'first'", id="a part"),
        pytest.param({"part": ["first", "last"]}, r"has no layer at 'first\+last'", id="parts"),
        pytest.param({"layer": "Conv2"}, r"has no layer \['Conv2'\]", id="a name"),
        pytest.param({"layer": ["Conv1", "Conv2"]}, r"has no layer \['Conv2'\]", id="one name of two"),
    ],
)
def test_layers_that_a_small_network_lacks_make_a_claim_inapplicable(selection, message):
    for compare in (lambda at: more(SMALL, at, than=0, by=0), lambda at: rises(SMALL, "level", at, by=0)):
        with pytest.raises(NotApplicable, match=message):
            compare(selection)


@pytest.mark.parametrize(
    "compare",
    [
        pytest.param(lambda some: more(some, SGD_HIGH, than=0, by=0), id="an optimizer"),
        pytest.param(lambda some: more(some, {"optimizer": "layca", "level": "low"}, than=0, by=0), id="a level"),
        pytest.param(lambda some: more(some, {"optimizer": ["sgd", "layca"]}, than=0, by=0), id="one of two"),
        pytest.param(lambda some: rises(some, "level", {"optimizer": "layca"}, by=0), id="a step"),
    ],
)
def test_networks_of_which_a_study_has_no_such_measurement_make_a_claim_inapplicable(compare):
    some = NINE.sel(optimizer=["layca"], level=["high"]).rename("opposed_share")

    with pytest.raises(NotApplicable, match=r"opposed_share has no (optimizer|level) \['"):
        compare(some)


def test_of_several_parts_those_that_a_network_has_are_compared():
    assert more(SMALL, {"part": ["first", "central"]}, than=0, by=0).effect == pytest.approx(1)


def test_values_without_any_layer_make_a_claim_inapplicable():
    with pytest.raises(NotApplicable, match="has no layer at 'all'"):
        rises(SMALL.isel(layer=[]).rename("nmi"), "layer", by=0)


def test_fractions_match_up_to_roundoff():
    values = cells(np.ones((1, 3, 3, 3)), "fraction", fraction=np.arange(1, 4) * 0.1)
    assert 0.3 not in values["fraction"]

    assert more(values, {"fraction": 0.3}, than=0.5, by=0).effect == pytest.approx(0.5)


def test_order_of_dimensions_and_labels_does_not_matter():
    values = cells(noise(3, 1)[..., None] + np.arange(4.0), "layer", layer=list("abcd"))
    shuffled = values.isel(level=[2, 0, 1], optimizer=[1, 0, 2]).transpose("layer", "level", "seed", "optimizer")

    for array in (values, shuffled):
        assert alike(rises(array, "level", SGD, by=0.1), rises(values, "level", SGD, by=0.1))
        assert alike(
            more(array, SGD | {"layer": "a"}, than=HIGH, by=0.1),
            more(values, SGD | {"layer": "a"}, than=HIGH, by=0.1),
        )


@pytest.mark.parametrize(
    ("compare", "words"),
    [
        (lambda: more(NINE, SGD_HIGH, than={"optimizer": "wdecay"}, by=0), "sgd high - wdecay high"),
        (lambda: less(NINE, SGD_HIGH, than={"optimizer": "wdecay"}, by=0), "wdecay high - sgd high"),
        (lambda: more(NINE, {"optimizer": ["sgd", "layca"]}, than=0.5, by=0), "sgd+layca - 0.5"),
        (lambda: rises(NINE, "level", SGD, by=0), "sgd high - sgd low"),
        (lambda: falls(NINE, "level", by=0), "low - high"),
        (lambda: tracks(NINE.rename("nmi"), NINE.rename("accuracy"), by=0), "nmi with accuracy"),
    ],
)
def test_evidence_names_what_was_compared(compare, words):
    assert compare().compared == words


@pytest.mark.parametrize(
    ("at", "than", "message"),
    [
        (
            {"optimizer": "adam"},
            0,
            r"optimizer=\['adam'\] does not exist: choose from \['sgd', 'wdecay', 'layca'\]",
        ),
        (SGD, {"level": "top"}, r"level=\['top'\].*'low', 'medium', 'high'"),
        ({"layer": "Conv1"}, 0, r"'layer' cannot be selected: choose from \['optimizer', 'level'\]"),
        ({"seed": 0}, 0, "'seed' cannot be selected"),
        ({"level": []}, 0, "nothing of dimension 'level' is left"),
        (SGD, SGD, "'sgd' is compared with itself"),
        (SGD, {"level": list(LEVELS)}, "compared with itself"),
        (SGD, {}, "compared with itself"),
        (SGD, np.nan, "neither a selection nor a finite number"),
        (SGD, "wdecay", "neither a selection nor a finite number"),
    ],
)
def test_what_cannot_be_compared_says_what_can(at, than, message):
    for compare in (
        lambda: more(NINE, at, than=than, by=0),
        lambda: less(NINE, at, than=than, by=0),
        lambda: same(NINE, at, as_=than, within=0),
    ):
        with pytest.raises(ValueError, match=message):
            compare()


def test_values_that_agree_by_chance_are_not_compared_with_themselves():
    zeros = cells(np.zeros((1, 3, 3)))

    assert more(zeros, SGD, than={"optimizer": "layca"}, by=0.1).effect == 0


def test_values_without_seeds_as_a_dimension_are_refused():
    with pytest.raises(ValueError, match="expected 'seed'"):
        more(NINE.isel(seed=0), SGD, than=0, by=0)
