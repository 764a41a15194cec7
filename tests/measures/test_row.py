"""In which ways the rows of the catalog are measured."""

import pytest

from indicators.measures.catalog import CATALOG, INDICATORS
from indicators.measures.row import BY_IMAGES, BY_STATISTICS, TEST_IMAGES, TRAINED, UNTRAINED, UNTRAINED_ESTIMATED, WAYS


@pytest.mark.parametrize(
    ("name", "groups"),
    [
        ("accuracy", ["trained"]),
        ("norm_ratio", ["trained"]),
        ("magnitude_pruning", ["trained"]),
        ("label_information", ["trained", "test_images", "untrained", "untrained_estimated"]),
        ("silhouette_cosine", ["trained", "untrained", "untrained_estimated"]),
    ],
)
def test_the_ways_of_a_row_stand_in_the_order_in_which_they_are_taken(name, groups):
    assert [way.group for way in INDICATORS[name].ways] == groups


@pytest.mark.parametrize("row", CATALOG, ids=lambda row: row.name)
def test_every_row_is_measured_in_the_ways_that_it_declares(row):
    assert TRAINED in row.ways
    assert (TEST_IMAGES in row.ways) == row.held_out
    assert (UNTRAINED in row.ways) == row.untrained
    assert (UNTRAINED_ESTIMATED in row.ways) == (row.untrained and row.needs in ("layer", "layers", "neuron"))


def test_a_way_is_found_by_the_images_and_by_the_statistics_that_one_asks_for():
    assert BY_IMAGES == {"train": TRAINED, "test": TEST_IMAGES}
    assert BY_STATISTICS == {"stored": UNTRAINED, "estimated": UNTRAINED_ESTIMATED}
    assert len({way.group for way in WAYS}) == len(WAYS)
