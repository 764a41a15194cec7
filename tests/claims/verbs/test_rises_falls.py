"""`rises` and `falls`, along levels and along layers."""

import numpy as np
import pytest

from indicators.claims.verbs import falls, rises
from indicators.errors import NotApplicable
from tests.claims.arrays import HIGH, cells, noise, profiles


@pytest.mark.parametrize(
    ("low_to_high", "seeds", "up", "down"),
    [
        ((0.1, 0.2, 0.3), 3, "supported", "refuted"),
        ((0.1, 0.1, 0.3), 3, "inconclusive", "refuted"),
        ((0.1, 0.4, 0.3), 3, "refuted", "refuted"),
        ((0.1, 0.11, 0.12), 3, "refuted", "refuted"),
        ((0.1, 0.2, 0.3), 1, "consistent", "contradicted"),
        ((0.1, 0.4, 0.3), 1, "inconclusive", "contradicted"),
        ((0.3, 0.2, 0.2), 1, "contradicted", "inconclusive"),
        ((0.1, 0.11, 0.12), 1, "inconclusive", "contradicted"),
    ],
)
def test_rises_and_falls_along_levels_reach_both_verdicts(low_to_high, seeds, up, down):
    values = cells(noise(seeds, 1e-4) + np.array(low_to_high))

    assert rises(values, "level", by=0.05).verdict == up
    assert falls(values, "level", by=0.05).verdict == down


def test_a_rise_along_layers_forgives_wiggles_inside_its_thirds():
    wiggles = [0.1, 0.0, 0.3, 0.5, 0.4, 0.7, 0.6]  # thirds of two, three and two

    found = rises(profiles(wiggles, layer=list("abcdefg")), "layer", by=0.5)

    assert found.effect == pytest.approx(0.65 - 0.05)
    assert found.verdict == "consistent"


def test_a_rise_along_layers_needs_its_middle_between_its_ends():
    humped = profiles([0.1, 0.9, 0.5], layer=list("abc"))

    assert rises(humped, "layer", by=0.1).verdict == "inconclusive"
    assert falls(humped, "layer", by=0.1).verdict == "contradicted"


def test_layers_of_a_rise_can_be_restricted_and_keep_the_order_of_the_array():
    values = profiles([9, 1, 2, 3, 9], layer=list("abcde")).assign_coords(part=("layer", list("xyyyx")))

    assert rises(values, "layer", {"layer": ["d", "c", "b"]}, by=1).effect == pytest.approx(2)
    assert rises(values, "layer", {"part": "y"}, by=1).effect == pytest.approx(2)


@pytest.mark.parametrize(
    ("along", "at", "message"),
    [
        ("level", HIGH, "along='level'"),
        ("optimizer", {}, "along='optimizer'"),
        ("seed", {}, "along='seed'"),
        ("depth", {}, "along='depth'"),
    ],
)
def test_only_ordered_dimensions_rise_or_fall(along, at, message):
    with pytest.raises(ValueError, match=message):
        rises(profiles([1, 2, 3], layer=list("abc")), along, at, by=0)


def test_two_labels_are_too_few_to_rise():
    with pytest.raises(ValueError, match="at least three"):
        rises(profiles([1, 2]).rename(layer="draw"), "draw", by=0)


@pytest.mark.parametrize("at", [{"layer": ["a", "b"]}, {"part": "x"}])
@pytest.mark.parametrize("verb", [rises, falls])
def test_too_few_layers_to_rise_or_fall_make_a_claim_inapplicable(verb, at):
    layers = profiles([1, 2, 3], layer=list("abc")).assign_coords(part=("layer", list("xxy")))

    with pytest.raises(NotApplicable, match=r"layers=\['a', 'b'\]: a rise or fall takes at least three"):
        verb(layers, "layer", at, by=0)
