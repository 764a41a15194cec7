"""Fingerprints are the names of networks in every store: what tells them apart, and that they never change."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from indicators import specs
from indicators.specs import ArchitectureSpec, DataSpec, ModelSpec, Recipe, StudySpec, frozen
from indicators.specs.files import load_study, studies
from indicators.specs.recipes import Phase, Start

STUDY = load_study("cifar10-mini")

OTHER_VALUES = {
    "data.name": "arrays",
    "data.sha256": "0" * 64,
    "architecture.name": "nets:build",
    "architecture.sha256": "0" * 64,
    "architecture.parameters": {"depth": 12, "width": 0.25},
    "recipe.momentum": 0.5,
    "recipe.monitor": "validation_loss",
    "recipe.plateau_factor": 0.5,
    "recipe.precision": "bfloat16",
    "recipe.keep_epochs": True,
    "recipe.version": 3,
    "optimizer": "sgd",
    "level": "high",
    "recipe.target_accuracy": 0.5,
    "recipe.phases": (Phase(after=0.5, optimizer="sgd", learning_rate=0.1),),
    "recipe.rates_by_layer": (1.0, 0.5),
    "data.mark": "class",
    "start": Start(mask="random", fraction=0.5),
}
LATER_FIELDS = {
    DataSpec: {"permuted_labels": 1e-9, "mark": "class"},
    Recipe: {
        "decay": 1e-9,
        "decay_by_rate": 1e-9,
        "phases": OTHER_VALUES["recipe.phases"],
        "rates_by_layer": (1.0,),
    },
}
"""Fields that the first networks did not have, and a value that is not their default."""


SHIPPED = {
    "cifar10-mini": {
        "measuring": "e76dc2c165745d20e4b6c26ea70b50fe",
        "untrained, seed 0": "1eb5177a7a94de711747fac3730505d7",
        "sgd high, seed 0": "7f43510d3e55e0ccb156ad8e61d04197",
        "wdecay high, seed 0": "5d1fa4969c809d699944d41c71311ddc",
        "layca high, seed 0": "fe12b2d148852557ca1e2adebe263fd3",
        "sgd medium, seed 0": "7308656690e04a522efb52fb0429f2dc",
        "wdecay medium, seed 0": "6c8181b90938e570aaa8e77d40c4932f",
        "layca medium, seed 0": "b97580e3ec87c4d1036b543e4b8feefd",
        "sgd low, seed 0": "4055a810baaba62a8b2b5726be7845ab",
        "wdecay low, seed 0": "1b6975f5af66736d858c7825778ed7cc",
        "layca low, seed 0": "9a76fe6d22e4b5d94799da7e013e31da",
    },
    "cifar10-mini-variants": {
        "measuring": "e76dc2c165745d20e4b6c26ea70b50fe",
        "untrained, seed 1": "18a98efd1ced02b7d2e32013b8631ce7",
        "sgd high, seed 1": "5b16e333ff6abaa86f3484424af788fd",
        "wdecay high, seed 1": "836b98eaed410d5b268a00bd44c7560b",
        "layca high, seed 1": "d55f507f73e2316d8465ea3642fc5c45",
        "sgd medium, seed 1": "8840100d89bd5e202db998273b70ca1c",
        "wdecay medium, seed 1": "d663e5588f8d3414d5d7ec81dda74235",
        "layca medium, seed 1": "7b629c2bd0877e831b973ea02a5e0a95",
        "sgd low, seed 1": "99ebad90288d31174c4475cf8752c9c3",
        "wdecay low, seed 1": "82d7471beba0fd9a44e9d2df30e2d462",
        "layca low, seed 1": "69e2694d872dacde23800a4071650d55",
    },
    "cifar10-quarter": {
        "measuring": "8d211a78bb97964cd3cb400ff7ad64d1",
        "untrained, seed 0": "da81212cee8bdda8e0cbc7a675e5b4f1",
        "sgd high, seed 0": "939953adb333cf27c5d496711d1ab27e",
        "wdecay high, seed 0": "1c97bf7c873b21378ceef6ad18c1c36e",
        "layca high, seed 0": "b559f779823fcd4dbbbd245c506ad455",
        "sgd medium, seed 0": "662a6c28eadb0b3053a998b9c15054fd",
        "wdecay medium, seed 0": "e1b723d104b76ec719e55bfce705e014",
        "layca medium, seed 0": "f6d26ba9190004b13c4cd1d7fe01709c",
        "sgd low, seed 0": "19150ca60425d97ba32c9c4ef5c3657d",
        "wdecay low, seed 0": "f43f0896fb50266cc21608f7b88d673d",
        "layca low, seed 0": "3fb92e70f2197707a02014bc708cb565",
    },
    "cifar10-vgg16": {
        "measuring": "efd486d814e5c9061c7fb094ad15fcc5",
        "untrained, seed 0": "2b00de848aafa90e1f79927376141f9c",
        "sgd high, seed 0": "0db0ef014a873f3368fcea00ea0acdd0",
        "wdecay high, seed 0": "6101cb7a43decbed50a5da5dd8f6a86f",
        "layca high, seed 0": "8b8a48c6b4e56a04389dc094c6313451",
        "sgd medium, seed 0": "e6c7fa4d95419189c1d41d39e1680dcc",
        "wdecay medium, seed 0": "85a3c7a3435e09f6dd906c5cd030f8f8",
        "layca medium, seed 0": "c83ab7d765df9f423c6308dbc963c4d0",
        "sgd low, seed 0": "b9e203fd3aa079fe691cf51aafe0f6b5",
        "wdecay low, seed 0": "52d4040ff03491eb02a7ad778efba75f",
        "layca low, seed 0": "d27b88510228d4b7668ce183d270a2b3",
    },
}
"""Whoever has to change one of these makes what others have trained and measured unknown."""


def model():
    return STUDY.model("layca", "medium", seed=3)


def leaves(value, prefix=""):
    """Every field of a spec, nested ones included, by its dotted name."""
    for name in type(value).model_fields:
        inner = getattr(value, name)
        if isinstance(inner, BaseModel):
            yield from leaves(inner, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}"


def with_value(spec, path, value):
    name, _, rest = path.partition(".")
    return spec.model_copy(update={name: with_value(getattr(spec, name), rest, value) if rest else value})


def value_at(spec, path):
    for name in path.split("."):
        spec = getattr(spec, name)
    return spec


# --- What a fingerprint distinguishes ---


def test_the_list_of_other_values_names_fields_that_exist():
    assert set(OTHER_VALUES) <= set(leaves(model()))


@pytest.mark.parametrize("path", list(leaves(model())))
def test_a_model_that_differs_in_any_field_has_another_fingerprint(path):
    before = value_at(model(), path)
    other = OTHER_VALUES.get(path) or before + 1

    assert other != before
    assert with_value(model(), path, other).fingerprint != model().fingerprint


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param({"width": 1}, {"width": True}, id="1 and true"),
        pytest.param({"width": 0.0}, {"width": False}, id="0.0 and false"),
        pytest.param({"width": 1}, {"width": "1"}, id="1 and '1'"),
        pytest.param({"width": 2**53 + 1}, {"width": 2.0**53}, id="large"),
        pytest.param({"a": 1, "b": 2}, {"a": 2, "b": 1}, id="swapped"),
        pytest.param({}, {"width": 0}, id="none and zero"),
    ],
)
def test_parameters_of_an_architecture_are_told_apart(one, other):
    first, second = ArchitectureSpec(parameters=one), ArchitectureSpec(parameters=other)

    assert first.fingerprint != second.fingerprint
    assert first != second


@given(st.integers() | st.floats(allow_nan=False, allow_infinity=False))
def test_equal_numbers_among_the_parameters_are_one_network(number):
    others = {int(number), float(int(number))} if number == int(number) and abs(number) < 2**53 else {number}
    spec = ArchitectureSpec(parameters={"width": number})

    for other in others | ({-0.0} if number == 0 else set()):
        same = ArchitectureSpec(parameters={"width": other})
        assert same == spec
        assert same.fingerprint == spec.fingerprint
        assert hash(same) == hash(spec)


@pytest.mark.parametrize("one", [0, 1, -1, 2, 11, 0.25, 1.5, 1e300], ids=str)
@pytest.mark.parametrize("other", [0.0, -0.0, 1.0, -1.0, 2.0, 11.0, 0.25, 1.5, 1e300], ids=str)
def test_numbers_have_one_name_exactly_where_they_are_equal(one, other):
    first, second = ArchitectureSpec(parameters={"width": one}), ArchitectureSpec(parameters={"width": other})

    assert (first.fingerprint == second.fingerprint) == (one == other)


def test_a_function_sees_the_number_that_was_written():
    given = ArchitectureSpec(parameters={"blocks": 1, "width": 2.0, "normalized": True}).parameters

    assert [type(value) for value in given.values()] == [int, float, bool]


@pytest.mark.parametrize(
    ("kind", "field"),
    [pytest.param(kind, field, id=field) for kind, fields in LATER_FIELDS.items() for field in fields],
)
def test_a_field_that_came_later_leaves_the_names_of_earlier_networks_until_it_has_a_value(kind, field):
    default = kind.model_fields[field].default

    assert kind.model_validate({field: default}).fingerprint == kind().fingerprint
    assert kind.model_validate({field: LATER_FIELDS[kind][field]}).fingerprint != kind().fingerprint
    assert set(kind().model_dump()) - set(LATER_FIELDS[kind]) == set(kind()._canonical())


def test_a_start_that_came_later_leaves_the_names_of_earlier_networks_and_studies():
    pruned = STUDY.changed(start=OTHER_VALUES["start"])

    assert "start" not in model()._canonical()
    assert "start" not in STUDY._canonical()
    assert pruned.model("layca", "medium", seed=3).parent == model()
    assert pruned.model("layca", "medium", seed=3).parent.fingerprint == model().fingerprint
    assert pruned.model("layca", "medium", seed=3).untrained == model().untrained


def test_zero_has_no_sign_in_a_list_either():
    one, other = (frozen._without_negative_zero({"values": [[zero], 1]}) for zero in (0.0, -0.0))

    assert str(one) == str(other)


@pytest.mark.parametrize(
    "field", ["l2", "decay", "decay_by_rate", "momentum", "plateau_min_delta", "min_learning_rate", "target_accuracy"]
)
def test_zero_has_no_sign(field):
    one, other = Recipe.model_validate({field: 0.0}), Recipe.model_validate({field: -0.0})

    assert one == other
    assert one.fingerprint == other.fingerprint
    assert STUDY.changed(recipe=one).model("sgd", "low", 0) == STUDY.changed(recipe=other).model("sgd", "low", 0)


def test_the_order_of_parameters_does_not_matter():
    one, other = {"depth": 11, "width": 0.5}, {"width": 0.5, "depth": 11}

    assert ArchitectureSpec(parameters=one).fingerprint == ArchitectureSpec(parameters=other).fingerprint


@pytest.mark.parametrize("name", [name for name in studies() if isinstance(load_study(name), StudySpec)])
def test_the_fingerprints_of_a_shipped_study_never_change(name, monkeypatch):
    monkeypatch.setattr(specs, "resolve_precision", lambda asked: "float32" if asked == "auto" else asked)
    study = load_study(name)

    networks = {spec.label: spec.fingerprint for spec in [*study.untrained(), *study.models()]}
    assert {"measuring": study.measuring.fingerprint} | networks == SHIPPED[name]


def test_the_fingerprint_of_a_known_model_never_changes():
    # Whoever has to change this literal makes every network that anyone has trained unknown.
    spec = ModelSpec(
        architecture=ArchitectureSpec(name="vgg", parameters={"depth": 11, "width": 0.25}),
        data=DataSpec(train=6000, validation=2000, test=10_000),
        seed=0,
        recipe=Recipe(),
        optimizer="sgd",
        level="high",
        learning_rate=0.1,
    )

    assert spec.fingerprint == "278735b556be6f7341eaa600d0b9ea3a"


def test_a_fingerprint_survives_json():
    copy = ModelSpec.model_validate(json.loads(json.dumps(model().model_dump(mode="json"))))

    assert copy == model()
    assert copy.fingerprint == model().fingerprint
    assert hash(copy) == hash(model())


def test_a_changed_copy_does_not_keep_the_fingerprint_of_its_original():
    original = model()
    before = original.fingerprint

    assert original.model_copy(update={"learning_rate": 0.5}).fingerprint != before
