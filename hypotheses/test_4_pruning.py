"""Section 7.3: what the networks lose when weights are set to zero."""

import pytest

from indicators.comparisons import less, more, rises
from indicators.specs import LEVELS, OPTIMIZERS
from indicators.summaries import half_loss_fraction, pruning_area


@pytest.mark.claim("P2", tier="core", section="7.3.1", figures="7.12-7.14", premise="separated levels")
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_better_networks_resist_random_pruning_better(study, optimizer):
    """Under each optimizer, networks that generalize better keep half of their accuracy under more random pruning."""
    fraction = half_loss_fraction(study["random_pruning"])

    # One weight in a hundred; the recorded rises are four to fourteen.
    assert rises(fraction, "level", {"optimizer": optimizer}, by=0.01, unit="fraction")


@pytest.mark.claim("P3", tier="core", section="7.3.1", figures="7.12-7.14", premise="equal accuracy at high")
@pytest.mark.parametrize("other", ["wdecay", "layca"])
def test_sgd_resists_random_pruning_less(study, other):
    """At equal accuracy plain sgd resists random pruning less than weight decay and layca."""
    fraction = half_loss_fraction(study["random_pruning"])

    assert less(fraction, {"optimizer": "sgd", "level": "high"}, than={"optimizer": other}, by=0.02, unit="fraction")


@pytest.mark.claim("P7", tier="core", section="7.3.2", figures="7.15-7.17")
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_the_smallest_weights_matter_less(study, optimizer):
    """Removing the smallest weights costs much less accuracy than removing as many at random."""
    gained = pruning_area(study["magnitude_pruning"]) - pruning_area(study["random_pruning"])

    assert more(gained.rename("magnitude - random"), {"optimizer": optimizer}, than=0, by=0.05, unit="area")


@pytest.mark.claim("P8", tier="core", section="7.3.2", figures="7.15-7.17", premise="equal accuracy at {level}")
@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("other", ["wdecay", "layca"])
def test_sgd_suffers_more_when_the_smallest_weights_go(study, other, level):
    """At equal accuracy plain sgd loses half of its accuracy to less magnitude pruning than the others."""
    fraction = half_loss_fraction(study["magnitude_pruning"])

    assert less(fraction, {"optimizer": "sgd", "level": level}, than={"optimizer": other}, by=0.02, unit="fraction")


@pytest.mark.claim("P9", tier="core", section="7.3.2", figures="7.16-7.17", premise="equal accuracy at {level}")
@pytest.mark.parametrize("level", LEVELS)
def test_layca_resists_magnitude_pruning_a_little_better_than_weight_decay(study, level):
    """At equal accuracy layca keeps a little more accuracy under magnitude pruning than weight decay."""
    area = pruning_area(study["magnitude_pruning"])

    assert more(area, {"optimizer": "layca", "level": level}, than={"optimizer": "wdecay"}, by=0.01, unit="area")
