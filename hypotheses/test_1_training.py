"""Chapter 6: three levels of generalization from one architecture, by the learning rate alone."""

import pytest

from indicators.comparisons import more, rises
from indicators.specs import OPTIMIZERS


@pytest.mark.claim("T1", tier="core", section="6.1.1", figures="Table 6.1")
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_the_learning_rate_alone_sets_the_level(study, optimizer):
    """The learning rate alone steers every optimizer to three separate levels of test accuracy."""
    accuracy = study["accuracy"].sel(split="test")

    # Two steps of five points: what the other claims need to call the levels different.
    assert rises(accuracy, "level", {"optimizer": optimizer}, by=0.10, unit="accuracy")


@pytest.mark.claim("T1", tier="core", section="6.1.1", figures="Table 6.1")
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_every_network_fits_its_training_images(study, optimizer):
    """At every level the networks fit their training images: the running training accuracy ends above 98.5 %."""
    accuracy = study["accuracy"].sel(split="train_running").min("level")

    # Training stops at 99 %; half a point below is what the last printed epochs of 2019 allow.
    assert more(accuracy, {"optimizer": optimizer}, than=0.985, by=0, unit="accuracy")
