"""Section 7.1: how far the weights of a layer turn away from where they started."""

import pytest

from indicators.comparisons import less, more, rises
from indicators.view import PARTS, layers_in


@pytest.mark.claim("O1", tier="core", section="7.1.2", figures="6.4-6.6", premise="equal accuracy at high")
@pytest.mark.parametrize("other", ["wdecay", "layca"])
def test_sgd_turns_its_weights_less(study, other):
    """At equal accuracy plain sgd turns the weights less than weight decay and layca do."""
    distance = study["cosine_distance"]

    assert less(distance, {"optimizer": "sgd", "level": "high"}, than={"optimizer": other}, by=0.05, unit="1 - cos")


@pytest.mark.claim("O1", tier="core", section="7.1.2", figures="6.4-6.6", premise="equal accuracy at high")
@pytest.mark.parametrize("other", ["wdecay", "layca"])
def test_sgd_turns_its_layers_less_evenly(study, other):
    """At equal accuracy the rotation differs more between the layers under plain sgd."""
    spread = study["cosine_distance"].std("layer")

    assert more(spread, {"optimizer": "sgd", "level": "high"}, than={"optimizer": other}, by=0.02, unit="1 - cos")


@pytest.mark.claim("O2", tier="core", section="7.1.2", figures="6.4", premise="separated levels")
@pytest.mark.parametrize("part", PARTS)
def test_sgd_that_generalizes_better_turned_further(study, part):
    """Among the networks of plain sgd, those that generalize better turned further in every part of the network."""
    distance = layers_in(study["cosine_distance"], part)

    # By parts, not by layers: other architectures have other layers.
    assert rises(distance, "level", {"optimizer": "sgd"}, by=0.02, unit="1 - cos")
