"""What a report says of how a study was made."""

import json

from indicators.images.cifar10 import CIFAR10
from indicators.report.cards import networks, settings
from indicators.sources.published import PublishedStudy
from indicators.specs.files import load_study


def test_networks_have_cards_with_what_is_known_of_them(thesis):
    cards = networks(thesis)

    assert len(cards) == 9
    assert (cards[-1].learning_rate, cards[-1].epochs, cards[-1].seconds) == ("0.03", "25", "")
    assert dict(cards[-1].accuracies)["test"] == "0.85"


def test_the_settings_of_a_study_are_pairs():
    study = load_study("cifar10-mini")
    rows = dict(settings(study).rows)

    assert rows["study.data.train"] == str(study.data.train)
    assert rows["study.learning rates.layca.high"] == str(study.learning_rates["layca"]["high"])
    assert rows["data sha256.test images"] == CIFAR10["test_images"].sha256


def test_the_settings_of_a_published_study_are_those_in_its_file():
    source = PublishedStudy.__new__(PublishedStudy)
    one, other = {"seeds": [0], "python": "3.12"}, {"seeds": [1], "python": "3.13"}
    source.attrs = {"study": '{"data": {"train": 40}}', "measured_with": json.dumps([one]), "data_sha256": "{}"}

    rows = (("study.data.train", "40"), ("measured with.seeds", "[0]"), ("measured with.python", "3.12"))
    assert settings(None, source).rows == rows
    source.attrs["measured_with"] = json.dumps([one, other])
    assert settings(None, source).rows[-1] == ("measured with.2.python", "3.13")
