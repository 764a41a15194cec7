"""Studies and their files: what they consist of, what is refused, what is written and read back."""

import functools
import math
import tomllib

import pytest
import tomli_w
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from indicators import specs
from indicators.errors import InputError
from indicators.specs import LEVELS, OPTIMIZERS, ArchitectureSpec, DataSpec, MeasuringSpec, RecordedSpec, StudySpec
from indicators.specs.files import STUDIES, load_study, studies, write_study
from indicators.specs.recipes import Start

STUDY = StudySpec(
    name="mine",
    scale="mini",
    data=DataSpec(train=6000, validation=2000, test=10_000),
    architecture=ArchitectureSpec(parameters={"depth": 11, "width": 0.25}),
    measuring=MeasuringSpec(pruning_images=2000),
    learning_rates={
        optimizer: {level: 0.001 * (1 + 3 * i + j) for j, level in enumerate(LEVELS)}
        for i, optimizer in enumerate(OPTIMIZERS)
    },
    targets={"low": 0.4, "medium": 0.5, "high": 0.6},
)


PHASE = {"after": 0.5, "optimizer": "sgd", "learning_rate": 0.5}


def model():
    return STUDY.model("layca", "medium", seed=3)


def toml(field="name", value="mine"):
    """The text of a study file with one value changed, or removed by None; dots lead into tables."""
    table = STUDY.model_dump(mode="json", exclude_none=True)
    *tables, name = field.split(".")
    inner = functools.reduce(dict.get, tables, table)
    inner[name] = value
    if value is None:
        del inner[name]
    return tomli_w.dumps(table)


def complaint(tmp_path, text):
    path = tmp_path / "mine.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        load_study(str(path))
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_specs_are_frozen():
    with pytest.raises(ValidationError, match="frozen"):
        model().seed = 1
    with pytest.raises(ValidationError, match="frozen"):
        model().recipe.momentum = 0.5


# The networks of a study


def test_a_study_has_nine_different_networks_per_seed():
    models = list(STUDY.changed(seeds=2).models())

    assert len({spec.fingerprint for spec in models}) == len(models) == 18
    assert {(spec.optimizer, spec.level, spec.seed) for spec in models} == {
        (optimizer, level, seed) for optimizer in OPTIMIZERS for level in LEVELS for seed in (0, 1)
    }
    assert all(spec.learning_rate == STUDY.learning_rates[spec.optimizer][spec.level] for spec in models)


def test_the_networks_of_one_seed_share_their_untrained_network_and_seeds_do_not():
    study = STUDY.changed(seeds=3)
    starts = [{spec.untrained.fingerprint for spec in study.models() if spec.seed == seed} for seed in range(3)]

    assert starts == [{spec.fingerprint} for spec in study.untrained()]
    assert len(set.union(*starts)) == 3


def test_more_seeds_extend_a_study():
    few = [spec.fingerprint for spec in STUDY.changed(seeds=2).models()]
    many = [spec.fingerprint for spec in STUDY.changed(seeds=4).models()]

    assert many[: len(few)] == few


def test_a_trained_network_is_not_its_untrained_one():
    assert model().fingerprint != model().untrained.fingerprint
    assert model().label == "layca medium, seed 3"
    assert model().untrained.label == "untrained, seed 3"


@pytest.mark.parametrize(
    "change",
    [
        {"name": "other"},
        {"scale": "full"},
        {"description": "other"},
        {"seeds": 5},
        {"targets": {"low": 0.1}},
        {"measuring": MeasuringSpec(images=10, pairs=7, pruning_images=20, pruning_draws=1)},
    ],
    ids=lambda change: next(iter(change)),
)
def test_what_does_not_touch_a_training_does_not_touch_its_fingerprint(change):
    assert STUDY.changed(**change).model("sgd", "low", 0).fingerprint == STUDY.model("sgd", "low", 0).fingerprint


@pytest.mark.parametrize("resolved", ["float32", "bfloat16"])
def test_automatic_precision_is_resolved_before_it_is_fingerprinted(monkeypatch, resolved):
    monkeypatch.setattr(specs, "resolve_precision", lambda asked: resolved if asked == "auto" else asked)
    automatic, named = (
        STUDY.changed(recipe=STUDY.recipe.model_copy(update={"precision": precision}))
        for precision in ("auto", resolved)
    )

    assert automatic.model("sgd", "low", 0).recipe.precision == resolved
    assert automatic.model("sgd", "low", 0).fingerprint == named.model("sgd", "low", 0).fingerprint


def test_a_study_is_changed_with_the_checks_of_a_file():
    with pytest.raises(InputError, match=r"^study mine: seeds=0: input should be greater than 0") as caught:
        STUDY.changed(seeds=0)

    assert "\n" not in str(caught.value)


# Study files


@pytest.mark.parametrize("name", studies())
def test_every_shipped_study_loads(name):
    study = load_study(name)

    assert study.name == name
    assert study.scale in ("mini", "quarter", "full")


def test_a_recorded_study_knows_its_folder():
    study = load_study("thesis-2019")

    assert isinstance(study, RecordedSpec)
    assert study.folder.is_dir()


def test_the_rates_of_the_full_study_are_the_thesis_s_but_for_the_one_that_had_another_batch_size():
    recorded = tomllib.loads((STUDIES / "thesis-2019.toml").read_text())
    rates = {name: dict(by_level) for name, by_level in load_study("cifar10-vgg16").learning_rates.items()}

    assert rates["sgd"].pop("low") == rates["wdecay"]["low"]
    assert recorded["batch_sizes"]["sgd"]["low"] != recorded["batch_sizes"]["wdecay"]["low"]
    recorded["learning_rates"]["sgd"].pop("low")
    assert rates == recorded["learning_rates"]


def test_a_study_is_found_by_its_path(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(toml())

    assert load_study(str(path)) == STUDY


@pytest.mark.parametrize("name", ["cifar100", "", ".", "../cifar10-mini", "no/such.toml", "/"])
def test_an_unknown_study_lists_the_shipped_ones(name):
    with pytest.raises(InputError) as caught:
        load_study(name)

    assert repr(name) in str(caught.value)
    assert all(shipped in str(caught.value) for shipped in studies())
    assert "path of a TOML file" in str(caught.value)


@pytest.mark.parametrize(
    ("field", "value", "expected"),
    [
        ("recipe.color", "red", ["recipe.color", "not a known field", "compare with the shipped studies"]),
        ("data", None, ["data is missing", "shipped studies"]),
        ("learning_rates.adam", {"low": 1.0}, ["'adam'", "is not one of", "'layca'"]),
        ("learning_rates.sgd.highest", 1.0, ["learning_rates.sgd", "'highest'", "is not one of", "'medium'"]),
        ("learning_rates.layca", None, ["learning_rates: 'layca' is missing"]),
        ("learning_rates.wdecay.medium", None, ["learning_rates.wdecay: 'medium' is missing"]),
        ("learning_rates.sgd.low", -1.0, ["learning_rates.sgd.low=-1.0", "greater than 0"]),
        ("learning_rates.sgd.low", 0.0, ["learning_rates.sgd.low=0.0", "greater than 0"]),
        ("learning_rates.sgd.low", "fast", ["learning_rates.sgd.low='fast'", "number"]),
        ("measuring.images", 6001, ["measuring.images=6001", "data.train=6000"]),
        ("measuring.pruning_images", 10_001, ["measuring.pruning_images=10001", "data.test=10000"]),
        ("recipe.plateau_factor", 1.0, ["recipe.plateau_factor=1.0", "less than 1"]),
        ("recipe.precision", "float16", ["recipe.precision='float16'", "'bfloat16'"]),
        ("recipe.version", 3, ["recipe.version=3"]),
        ("targets.low", 41, ["targets.low=41", "less than or equal to 1"]),
        ("seeds", 0, ["seeds=0", "greater than 0"]),
        ("seeds", 1.5, ["seeds=1.5", "integer"]),
        ("name", "a/b", ["name='a/b'"]),
        ("kind", "imagined", ["kind='imagined'", "'trained'"]),
        ("data.name", "cifar100", ["data.name='cifar100'", "'cifar10'"]),
        ("data.permuted_labels", 1.5, ["data.permuted_labels=1.5", "less than or equal to 1"]),
        ("data.mark", "cross", ["data.mark='cross'", "'none' or 'class'"]),
        ("recipe.phases", [PHASE | {"optimizer": "adam"}], ["recipe.phases.0.optimizer='adam'", "'layca'"]),
        ("recipe.phases", [PHASE | {"learning_rate": 0.0}], ["recipe.phases.0.learning_rate=0.0", "greater than 0"]),
        ("recipe.phases", [PHASE, PHASE], ["recipe.phases: after=[0.5, 0.5] does not rise from phase to phase"]),
        ("recipe.phases", [PHASE | {"after": 0.99}], ["recipe.phases: after=0.99 is not below target_accuracy=0.99"]),
        ("recipe", {"decay_by_rate": 2.0, "phases": [PHASE | {"optimizer": "wdecay"}]}, ["decays by 1, not below 1"]),
        ("recipe", {"phases": [PHASE], "rates_by_layer": [1.0]}, ["recipe.phases and recipe.rates_by_layer exclude"]),
        ("recipe.rates_by_layer", [1.0, 0.0], ["recipe.rates_by_layer.1=0.0", "greater than 0"]),
        ("start", {"mask": "smallest", "fraction": 0.5}, ["start.mask='smallest'", "'magnitude' or 'random'"]),
        ("start", {"mask": "random", "fraction": 1.0}, ["start.fraction=1.0", "less than 1"]),
        ("start", {"mask": "random", "fraction": 0.0}, ["start.fraction=0.0", "greater than 0"]),
        ("start", {"mask": "random"}, ["start.fraction is missing"]),
        ("architecture.parameters.width", [1], ["architecture.parameters.width: input should be a valid number"]),
    ],
)
def test_a_wrong_value_in_a_study_file_is_named_in_one_line(tmp_path, field, value, expected):
    text = complaint(tmp_path, toml(field, value))

    assert text.startswith("study mine.toml: ")
    assert all(part in text for part in expected), text
    assert text.endswith(("correct this value", "for a complete file", "with the shipped studies"))


@pytest.mark.parametrize("field", ["recipe.plateau_min_delta", "recipe.l2", "architecture.parameters.width"])
@pytest.mark.parametrize("value", [math.inf, -math.inf, math.nan])
def test_a_number_that_is_not_finite_is_named_in_one_line(tmp_path, field, value):
    text = complaint(tmp_path, toml(field, value))

    assert text == f"study mine.toml: {field}={value}: input should be a finite number; correct this value"


@pytest.mark.parametrize("rate", ["inf", "-inf", "nan"])
def test_a_learning_rate_is_finite(tmp_path, rate):
    text = complaint(tmp_path, toml().replace("low = 0.001", f"low = {rate}", 1))

    assert f"learning_rates.sgd.low={rate}: input should be" in text


@pytest.mark.parametrize(
    "text", ["name = ", "[data", 'name = "x"\nname = "y"', "\x00"], ids=["no value", "open table", "twice", "zero byte"]
)
def test_broken_toml_is_said_to_be_broken(tmp_path, text):
    assert complaint(tmp_path, text).startswith("study file mine.toml is not valid TOML: ")


def test_a_study_file_that_is_no_text_is_said_to_be_broken(tmp_path):
    (tmp_path / "mine.toml").write_bytes(b"\xff\xfe name")

    with pytest.raises(InputError, match="is not valid TOML"):
        load_study(str(tmp_path / "mine.toml"))


def test_a_recorded_study_without_seeds_is_refused(tmp_path):
    assert "seeds" in complaint(tmp_path, 'kind = "recorded"\nname = "x"\nscale = "full"')


def test_what_a_study_starts_from_is_passed_on_to_its_networks(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(toml("start", {"mask": "magnitude", "fraction": 0.9}))

    assert load_study(str(path)).model("sgd", "low", 0).start == Start(mask="magnitude", fraction=0.9)


# Written and read back

text = st.text(st.characters(codec="utf-8"), max_size=20)
rates = st.floats(min_value=0, exclude_min=True, allow_infinity=False)
values = st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False) | text
recipes = st.builds(
    specs.Recipe,
    batch_size=st.integers(1, 512),
    momentum=st.floats(0, 0.999),
    l2=st.floats(0, 1),
    monitor=st.sampled_from(["validation_accuracy", "validation_loss"]),
    min_learning_rate=st.floats(0, 1),
    target_accuracy=st.floats(0, 1),
    precision=st.sampled_from(["float32", "bfloat16", "auto"]),
    keep_epochs=st.booleans(),
    rates_by_layer=st.lists(rates, max_size=3).map(tuple),
)
any_study = st.builds(
    StudySpec,
    name=st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,10}", fullmatch=True),
    scale=text,
    description=text,
    seeds=st.integers(1, 9),
    data=st.just(DataSpec())
    | st.builds(
        DataSpec,
        validation=st.integers(1, 9),
        sha256=st.none() | text,
        permuted_labels=st.floats(0, 1),
        mark=st.sampled_from(["none", "class"]),
    ),
    start=st.none() | st.builds(Start, mask=st.sampled_from(["magnitude", "random"]), fraction=st.floats(0.001, 0.999)),
    architecture=st.builds(ArchitectureSpec, name=text, parameters=st.dictionaries(text, values, max_size=3)),
    recipe=recipes,
    measuring=st.just(MeasuringSpec()) | st.builds(MeasuringSpec, pairs=st.integers(1, 9)),
    learning_rates=st.fixed_dictionaries(
        {optimizer: st.fixed_dictionaries(dict.fromkeys(LEVELS, rates)) for optimizer in OPTIMIZERS}
    ),
    targets=st.dictionaries(st.sampled_from(LEVELS), st.floats(0, 1)),
)


@settings(max_examples=40)
@given(any_study)
def test_a_written_study_is_read_back_as_the_same(tmp_path_factory, study):
    path = tmp_path_factory.getbasetemp() / "written.toml"

    write_study(study, path, comment="first line\nsecond line")

    assert load_study(str(path)) == study
    assert load_study(str(path)).fingerprint == study.fingerprint
    assert path.read_text(encoding="utf-8").startswith("# first line\n# second line\n")


@pytest.mark.parametrize("name", [name for name in studies() if isinstance(load_study(name), StudySpec)])
def test_every_shipped_study_survives_being_written(tmp_path, name):
    write_study(load_study(name), tmp_path / "new folder" / "copy.toml")

    assert load_study(str(tmp_path / "new folder" / "copy.toml")) == load_study(name)


def test_the_digest_of_a_source_is_not_written(tmp_path):
    architecture = ArchitectureSpec(name="nets:build", parameters={"width": 2})

    write_study(STUDY.changed(architecture=architecture.model_copy(update={"sha256": "0" * 64})), tmp_path / "own.toml")

    assert load_study(str(tmp_path / "own.toml")).architecture == architecture


@pytest.mark.parametrize("value", [math.inf, -math.inf, math.nan])
def test_a_study_file_holds_finite_numbers_only(tmp_path, value):
    rates = {optimizer: dict.fromkeys(LEVELS, value) for optimizer in OPTIMIZERS}
    study = STUDY.model_copy(update={"learning_rates": rates})  # as calibration does, unchecked

    with pytest.raises(InputError, match="expected a finite number"):
        write_study(study, tmp_path / "mine.toml")

    assert not (tmp_path / "mine.toml").exists()
