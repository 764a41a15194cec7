"""What there is to do for a study, and how a worker is told."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from indicators.measures.catalog import INDICATORS
from indicators.sources.layout import file_name
from indicators.specs import ArchitectureSpec, MeasuringSpec
from indicators.specs.files import load_study
from indicators.study.agenda import Work
from tests.study.processes import RUN, pretend, started


def of_nothing(folder):
    return Work(models=(), measuring=None, folder=folder)


# One other value for every field: what is lost on the way is noticed.
MODELS = tuple(load_study("cifar10-mini").models())
texts = st.text(st.characters(codec="utf-8"), max_size=9)
parameters = st.dictionaries(
    texts, st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts, max_size=3
)
models = st.builds(
    lambda model, parameters: model.model_copy(update={"architecture": ArchitectureSpec(parameters=parameters)}),
    st.sampled_from(MODELS),
    parameters,
)
works = st.builds(
    Work,
    models=st.lists(models, max_size=3).map(tuple),
    measuring=st.none() | st.builds(MeasuringSpec, pairs=st.integers(1, 99)),
    folder=texts.filter(lambda name: "\0" not in name).map(Path),
    trials=st.booleans(),
    only=st.none() | st.lists(texts, max_size=3).map(tuple),
    epoch=st.none() | st.integers(1, 99),
    training_only=st.booleans(),
)


@given(works)
def test_work_survives_its_way_to_a_worker(work):
    line = work.model_dump_json()

    read = Work.model_validate_json(line)
    assert "\n" not in line
    assert read == work
    assert [getattr(read, name) for name in Work.model_fields] == [getattr(work, name) for name in Work.model_fields]
    assert [spec.fingerprint for spec in read.networks()] == [spec.fingerprint for spec in work.networks()]
    for one, other in zip(read.models, work.models, strict=True):
        assert repr(one.architecture.parameters) == repr(other.architecture.parameters)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("models", MODELS),
        ("measuring", MeasuringSpec(pairs=7)),
        ("folder", Path("there")),
        ("trials", True),
        ("only", ("entropy",)),
        ("epoch", 3),
        ("training_only", True),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_no_field_is_lost_on_the_way_to_a_worker(tmp_path, field, value):
    work = of_nothing(tmp_path).model_copy(update={field: value})

    read = Work.model_validate_json(work.model_dump_json())
    assert getattr(read, field) == value
    assert read == work != of_nothing(tmp_path)


def test_work_cannot_change_and_has_no_other_fields(tmp_path):
    with pytest.raises(ValidationError, match="frozen"):
        of_nothing(tmp_path).trials = True
    with pytest.raises(ValidationError, match="Extra inputs are not permitted"):
        Work(models=(), measuring=None, folder=tmp_path, seeds=3)


def test_networks_are_the_models_after_the_untrained_network_of_each_seed(make_study, tmp_path):
    networks = Work(models=tuple(make_study(seeds=2).models()), measuring=None, folder=tmp_path).networks()

    assert [network.label for network in networks[:3]] == ["untrained, seed 0", "untrained, seed 1", "sgd high, seed 0"]
    assert len(networks) == 20


@pytest.mark.parametrize("lost", ["final.safetensors", "history.json", "a measurement", "a bit of a measurement"])
def test_a_network_is_undone_as_soon_as_it_lacks_a_file(make_study, store, tmp_path, lost):
    study = make_study()
    work = Work(models=(study.model("sgd", "low", 0),), measuring=study.measuring, folder=tmp_path)
    pretend(work, store)
    assert work.undone(store) == []

    file = file_name(INDICATORS["alignment"], study.measuring) if "measurement" in lost else lost
    path = store.entry(work.models[0]).folder / file
    path.write_bytes(b"numberz") if "bit" in lost else path.unlink()

    assert work.undone(store) == [work.models[0]]


def test_work_that_is_done_starts_no_process_and_imports_no_tensorflow(make_study, store, tmp_path):
    study = make_study()
    work = Work(models=tuple(study.models()), measuring=study.measuring, folder=tmp_path)
    pretend(work, store)
    without_processes = RUN.replace("workers.prepare", "workers.subprocess = None\nworkers.prepare")

    with started(without_processes, work, store.root) as run:
        assert run.communicate(timeout=60) == ("False\n", "")
    assert run.returncode == 0
