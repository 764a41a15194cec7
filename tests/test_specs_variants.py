"""Factors of a study: what a study's file may say of them, and the networks that follow from it."""

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indicators.errors import InputError, NotApplicable
from indicators.measures.catalog import CATALOG
from indicators.specs import LEVELS, OPTIMIZERS, StudySpec
from indicators.specs.files import STUDIES, load_study, write_study
from indicators.specs.variants import DIMENSIONS, VariantSpec

MINI = load_study("cifar10-mini")
TEN_LINES = """
[[variants]]
factor = "batch_size"
set = "recipe.batch_size"
values = [64, 512]
cells = { optimizer = ["sgd"], level = ["high"] }
rates = [0.5, 1, 2]
"""


def varied(**about):
    """The mini study with one factor."""
    return MINI.changed(variants=[{"factor": "batch_size", "set": "recipe.batch_size", "values": [64]} | about])


def networks(study, seed=0):
    return [(label, model) for variant in study.variants for label, model in study.of_variants(variant, seed)]


def test_a_variant_of_ones_own_takes_a_few_lines_of_toml(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text((STUDIES / "cifar10-mini.toml").read_text() + TEN_LINES)

    study = load_study(str(path))

    found = {(label, model.recipe.batch_size, model.learning_rate) for label, model in networks(study)}
    assert found == {(size, size, 0.1 * factor) for size in (64, 128, 512) for factor in (0.5, 1, 2)}
    write_study(study, tmp_path / "again.toml")
    assert load_study(str(tmp_path / "again.toml")) == study


def test_a_study_without_variants_keeps_its_fingerprint():
    table = tomllib.loads((STUDIES / "cifar10-mini.toml").read_text())

    assert StudySpec.model_validate(table | {"variants": []}).fingerprint == MINI.fingerprint
    assert varied().fingerprint != MINI.fingerprint
    assert "variants" not in MINI._canonical()


def test_the_baseline_is_the_study_s_own_network():
    study = varied()

    assert [model for label, model in networks(study) if label == 128] == [
        study.model(optimizer, level, 0) for level in reversed(LEVELS) for optimizer in OPTIMIZERS
    ]


def test_numbers_stand_in_their_order_and_words_as_they_are_written():
    data = {"factor": "images", "set": "data.train", "values": [12_000, 1_500]}
    words = {"factor": "net", "set": "architecture.parameters.head", "values": ["b", "a"], "baseline": "none"}

    assert MINI.labels_of(varied(**data).variants[0]) == [1_500, 6_000, 12_000]
    assert MINI.labels_of(varied(**words).variants[0]) == ["none", "b", "a"]


def test_tables_have_names():
    values = {"slow": {"plateau_patience": 9}, "constant": {"plateau_patience": 1000}}
    study = varied(factor="schedule", set="recipe", values=values, baseline="plateaus")

    patience = {label: model.recipe.plateau_patience for label, model in networks(study)}

    assert patience == {"plateaus": 2, "slow": 9, "constant": 1000}


@given(factor=st.floats(0.01, 100).filter(lambda factor: factor != 1))
def test_rates_are_multiplied(factor):
    study = varied(factor="rate", set="learning_rates", values=[factor], cells={"level": ["low"]})

    changed = {model.optimizer: model.learning_rate for label, model in networks(study) if label == factor}

    assert changed == {optimizer: MINI.learning_rates[optimizer]["low"] * factor for optimizer in OPTIMIZERS}


@pytest.mark.parametrize(
    ("about", "said"),
    [
        ({"valuez": [1]}, "variants.0.valuez is not a known field; did you mean 'values'?"),
        ({"factor": "level"}, "factor='level' is a dimension already: choose another name"),
        ({"factor": "Batch size"}, "variants.0.factor='Batch size'"),
        ({"values": []}, "values is empty: name at least one beside the baseline"),
        ({"set": "measuring.images", "values": [10]}, "set='measuring.images' does not make another network"),
        ({"set": "seeds", "values": [9]}, "set='seeds' does not make another network"),
        ({"set": "architecture.name", "values": ["a:b"]}, "set='architecture.name' does not make another network"),
        ({"set": "data.sha256", "values": ["a"]}, "set='data.sha256' does not make another network"),
        ({"set": "learning_rates", "values": ["fast"]}, "variants.batch_size='fast': expected a positive number"),
        ({"set": "learning_rates", "values": [-1]}, "variants.batch_size=-1: expected a positive number"),
        ({"set": "learning_rates", "values": [True]}, "variants.batch_size=True: expected a positive number"),
        ({"set": "data.mark", "baseline": "class", "values": ["class"]}, "baseline='class' is a value too"),
        ({"baseline": "usual"}, "['usual', 64] are of several kinds; expected labels that are all numbers"),
        ({"set": "recipe.precision", "values": ["auto", "float32"]}, "is the same as"),
        ({"values": [128]}, "variants.batch_size=128 is the same as 128; leave one out"),
        ({"values": [64, 64]}, "values has 64 twice; leave one out"),
        ({"values": [-1]}, "variants.batch_size=-1: recipe.batch_size=-1: input should be greater than 0"),
        ({"set": "recipe.batchsize"}, "recipe.batchsize is not a known field; did you mean 'batch_size'?"),
        ({"set": "recip.batch_size"}, "set='recip.batch_size' does not make another network; expected a field of"),
        ({"cells": {"level": ["best"]}}, "cells.level='best' is not one of ('low', 'medium', 'high')"),
        ({"cells": {"optimizer": []}}, "cells.optimizer=None is not one of"),
        ({"cells": {"seed": [0]}}, "variants.0.cells.seed"),
        ({"rates": [0]}, "variants.0.rates.0=0: input should be greater than 0"),
        ({"set": "architecture.parameters.head"}, "the study has no architecture.parameters.head to name"),
        ({"set": "data.train", "values": [500]}, "measuring.images=1000 exceeds data.train=500"),
    ],
    ids=lambda value: ", ".join(f"{name}={of}" for name, of in value.items()) if isinstance(value, dict) else "",
)  # fmt: skip
def test_what_cannot_be_made_is_refused_in_one_line(about, said):
    with pytest.raises(InputError) as error:
        varied(**about)

    assert said in str(error.value)
    assert "\n" not in str(error.value)


def test_two_factors_differ_in_name_and_in_what_they_set():
    one, other = (dict(v) for v in ({"factor": "a", "set": "recipe.l2", "values": [0.1]},) * 2)

    for change, said in (
        ({"factor": "b"}, "two have set='recipe.l2'"),
        ({"set": "recipe.decay"}, "two have factor='a'"),
    ):
        with pytest.raises(InputError, match=said):
            MINI.changed(variants=[one, other | change])


def test_a_factor_that_a_study_lacks_is_no_error_but_not_applicable():
    with pytest.raises(NotApplicable, match="cifar10-mini has no variants over 'width'"):
        MINI.variant("width")


def test_no_factor_is_called_as_a_dimension_of_a_measurement():
    assert {axis for row in CATALOG for axis in row.axes} <= DIMENSIONS
    assert not {name for name in DIMENSIONS if not name.isidentifier()}
    assert VariantSpec(factor="width", set="recipe.l2", values=(1,)).optimizers == OPTIMIZERS
