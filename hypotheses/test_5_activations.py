"""Chapter 8: what neurons share with each other and with the labels, and which are dead."""

import pytest

from indicators.comparisons import earlier, falls, more, onset, rises, tracks
from indicators.specs import OPTIMIZERS
from indicators.view import CENTRAL, FIRST, LAST, layers_in

ONSET_OF_NMI = 0.02
ONSET_OF_LABEL_INFORMATION = 0.03


@pytest.mark.claim("A2", tier="core", section="8.3.4", figures="8.2", premise="separated levels")
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_first_layers_share_less_in_better_networks(study, optimizer):
    """In the first layers, neurons of networks that generalize better share less information with each other."""
    nmi = layers_in(study["pairwise_nmi"], FIRST)

    assert falls(nmi, "level", {"optimizer": optimizer}, by=0.002, unit="NMI")


@pytest.mark.claim("A3", tier="core", section="8.3.4", figures="8.2", premise="separated levels")
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_last_layers_share_more_in_better_networks(study, optimizer):
    """In the last layers, neurons of networks that generalize better share more information with each other."""
    nmi = layers_in(study["pairwise_nmi"], LAST)

    assert rises(nmi, "level", {"optimizer": optimizer}, by=0.01, unit="NMI")


@pytest.mark.claim("A3", tier="core", section="8.3.4", figures="8.2", premise="separated levels")
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_sharing_rises_earlier_in_better_networks(study, optimizer):
    """In networks that generalize better, shared information begins to rise in earlier layers."""
    nmi = layers_in(study["pairwise_nmi"], CENTRAL, LAST)

    assert earlier(nmi, {"optimizer": optimizer}, along="level", threshold=ONSET_OF_NMI, by=0.05)


@pytest.mark.claim("A16", tier="core", section="8.5", figures="8.4", premise="equal accuracy at high")
@pytest.mark.parametrize("other", ["wdecay", "layca"])
def test_the_best_sgd_network_has_most_dead_neurons(study, other):
    """At equal accuracy the best network of plain sgd has far more neurons in its last layers that are never active."""
    dead = layers_in(study["never_active"], LAST)

    assert more(dead, {"optimizer": "sgd", "level": "high"}, than={"optimizer": other}, by=0.02, unit="share")


@pytest.mark.claim("A18", tier="core", section="8.3.5", figures="8.2, 8.3", premise="separated levels")
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_dead_neurons_do_not_explain_the_rise(study, optimizer):
    """Among neurons that vary, shared information in the last layers still rises with generalization."""
    nmi = layers_in(study["pairwise_nmi_live"], LAST)

    assert rises(nmi, "level", {"optimizer": optimizer}, by=0.01, unit="NMI")


@pytest.mark.claim("A26", tier="core", section="8.3.7", figures="8.5", premise="separated levels")
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_last_layers_know_more_of_the_labels_in_better_networks(study, optimizer):
    """In the last layers, neurons of networks that generalize better carry more information on the labels."""
    information = layers_in(study["label_information"], LAST)

    assert rises(information, "level", {"optimizer": optimizer}, by=0.01, unit="I/H(labels)")


@pytest.mark.claim("A27", tier="core", section="8.3.7", figures="8.5", premise="separated levels")
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_label_information_rises_earlier_in_better_networks(study, optimizer):
    """In networks that generalize better, information on the labels begins to rise in earlier layers."""
    information = layers_in(study["label_information"], CENTRAL, LAST)

    assert earlier(information, {"optimizer": optimizer}, along="level", threshold=ONSET_OF_LABEL_INFORMATION, by=0.05)


@pytest.mark.claim("A30", tier="core", section="8.5", figures="8.5", premise="separated levels")
def test_an_earlier_rise_of_label_information_marks_the_better_network(study):
    """Of networks alike in architecture and data, those in which label information rises earlier generalize better."""
    depth, _ = onset(layers_in(study["label_information"], CENTRAL, LAST), ONSET_OF_LABEL_INFORMATION)
    accuracy = study["accuracy"].sel(split="test", drop=True)

    assert tracks(depth.rename("onset"), accuracy, sign=-1, by=0.3)
