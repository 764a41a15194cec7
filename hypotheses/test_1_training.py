"""Chapter 6: three levels of generalization from one architecture, by the learning rate alone."""

import pytest

from indicators.comparisons import more
from indicators.specs import OPTIMIZERS


@pytest.mark.claim("T1", tier="core", section="6.1.1", figures="Table 6.1")
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize(("higher", "lower"), [("medium", "low"), ("high", "medium")])
def test_the_learning_rate_alone_sets_the_level(study, higher, lower, optimizer):
    """The learning rate alone steers every optimizer to three separate levels of test accuracy."""
    accuracy = study["accuracy"].sel(split="test")

    # Five points a step: what the other claims need to call two levels different.
    assert more(accuracy, {"optimizer": optimizer, "level": higher}, than={"level": lower}, by=0.05, unit="accuracy")


@pytest.mark.claim("T1", tier="core", section="6.1.1", figures="Table 6.1")
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_every_network_fits_its_training_images(study, optimizer):
    """At every level the networks fit their training images: the running training accuracy ends at 99 %."""
    accuracy = study["accuracy"].sel(split="train_running").min("level")

    # To the nearest percent: the last epoch of one network of 2019 was never printed, the one before has 98.94.
    assert more(accuracy, {"optimizer": optimizer}, than=0.985, by=0, unit="accuracy")
