"""The studies that are shipped: complete, readable, and judged."""

import json

import pytest

from indicators.claims import reading
from indicators.measures.catalog import CATALOG
from indicators.sources.published import PublishedStudy
from indicators.sources.source import open_source
from indicators.specs import RecordedSpec
from indicators.specs.files import load_study, studies

RECORDED = [name for name in studies() if isinstance(load_study(name), RecordedSpec)]
PUBLISHED = [name for name in RECORDED if load_study(name).sha256]


@pytest.mark.parametrize("name", studies())
def test_a_study_is_found_by_its_name_and_says_what_it_is(name):
    study = load_study(name)

    assert study.name == name
    assert study.scale in ("mini", "quarter", "full")
    assert study.description.endswith(".")


LATER = (
    "never_active_channels", "always_active_channels", "pairwise_nmi_across_layers", "pairwise_nmi_across_layers_floor",
    "canonical_redundancy", "silhouette_by_pooling", "label_information_by_difficulty", "mark_information",
)  # fmt: skip
"""What was not in the catalog yet when the studies were published."""


@pytest.mark.parametrize("name", RECORDED)
def test_the_committed_verdicts_of_a_recorded_study_are_on_every_claim(name):
    committed = json.loads((reading.FOLDER / f"{name}.json").read_text())

    assert committed["study"] == name
    assert set(committed["verdicts"]) == {claim.id for claim in reading.read()}
    assert "error" not in committed["verdicts"].values()


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_published_study_has_every_measurement(name, store):
    source = open_source(load_study(name), store)

    assert isinstance(source, PublishedStudy)
    for row in (row for row in CATALOG if row.name not in LATER):
        values = source.measurement(row.name)
        assert values.sizes["seed"] == len(source.seeds)
        assert values.notnull().any()
    assert source.networks()["reached"].mean() > 0.9


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_published_study_is_small(name):
    assert load_study(name).file.stat().st_size < 8e6
