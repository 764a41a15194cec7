"""Worlds for the claims of `hypotheses/test_5_information.py`: how to write a row stands in `generator`."""

from tests.worlds.generator import CENTRAL, FIRST, LAST, Row, levels, part, planted, rise, rising, tracking

ROWS = (
    # Opposite in the other layers, at which the claim must not look.
    Row(
        "test_first_layers_share_less_in_better_networks",
        planted("pairwise_nmi", levels * (part(CENTRAL, LAST) - part(FIRST)), base=0.1),
    ),
    Row("test_last_layers_share_more_in_better_networks", planted("pairwise_nmi", levels * part(LAST), base=0.05)),
    Row("test_sharing_rises_earlier_in_better_networks", rise("pairwise_nmi", 0.5 - levels, 0.63, threshold=0.02)),
    Row("test_dead_neurons_do_not_explain_the_rise", planted("pairwise_nmi_live", levels * part(LAST), base=0.05)),
    Row(
        "test_last_layers_know_more_of_the_labels_in_better_networks",
        planted("label_information", levels * part(LAST), base=0.05),
    ),
    Row(
        "test_label_information_rises_earlier_in_better_networks",
        rise("label_information", 0.5 - levels, 0.63, threshold=0.03),
    ),
    Row(
        "test_an_earlier_rise_of_label_information_marks_the_better_network",
        tracking("label_information", -1, middle=0.63, size=0.2, then=rising(0.03)),
    ),
)
