"""Section 7.2: how the weights changed."""

import pytest

from indicators.comparisons import less, more, rises
from indicators.view import HIDDEN, PARTS, layers_in


@pytest.mark.claim("W11", tier="core", section="7.2.3", figures="7.7")
def test_weights_grow_under_sgd(study):
    """The best network of plain sgd ends with larger weights than it started with."""
    ratio = layers_in(study["norm_ratio"], *HIDDEN)

    assert less(ratio, {"optimizer": "sgd", "level": "high"}, than=1, by=0.05, unit="initial / final norm")


@pytest.mark.claim("W11", tier="core", section="7.2.3", figures="7.7")
def test_weights_grow_less_with_depth_under_sgd(study):
    """In the best network of plain sgd the growth of the weights fades with depth."""
    ratio = layers_in(study["norm_ratio"], *HIDDEN)

    assert rises(ratio, "layer", {"optimizer": "sgd", "level": "high"}, by=0.1, unit="initial / final norm")


@pytest.mark.claim("W13", tier="core", section="7.2.3", figures="7.7")
@pytest.mark.parametrize("part", PARTS)
def test_sgd_moves_across_the_initial_weights(study, part):
    """In the best network of plain sgd the change of the weights has hardly a component along the initial ones."""
    # The largest of a part's layers: a mean would let layers of opposite sign cancel.
    largest = abs(layers_in(study["alignment"], part)).max("layer")

    assert less(largest, {"optimizer": "sgd", "level": "high"}, than=0.05, by=0, unit="shares of the final norm")


@pytest.mark.claim("W16", tier="core", section="7.2.3", figures="7.7")
def test_weights_shrink_under_weight_decay(study):
    """The best network of weight decay ends with smaller weights than it started with."""
    ratio = layers_in(study["norm_ratio"], *HIDDEN)

    assert more(ratio, {"optimizer": "wdecay", "level": "high"}, than=1, by=0.05, unit="initial / final norm")


@pytest.mark.claim("W16", tier="core", section="7.2.3", figures="7.7")
def test_weights_shrink_more_with_depth_under_weight_decay(study):
    """In the best network of weight decay the weights shrink more and more with depth."""
    ratio = layers_in(study["norm_ratio"], *HIDDEN)

    assert rises(ratio, "layer", {"optimizer": "wdecay", "level": "high"}, by=0.1, unit="initial / final norm")
