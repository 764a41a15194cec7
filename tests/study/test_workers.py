"""Several processes at one store: everything is made, nothing twice, and what they are about is told."""

import json
import os
import signal
import threading
import time
from contextlib import contextmanager
from io import StringIO
from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import pytest
from filelock import FileLock
from rich.console import Console

from indicators.images.dataset import permuted
from indicators.measures.catalog import INDICATORS
from indicators.networks import training
from indicators.sources.layout import file_name
from indicators.specs import ModelSpec
from indicators.store import Store
from indicators.study import workers
from indicators.study.agenda import Work
from indicators.study.measuring import missing
from indicators.study.workers import run_worker
from tests.study.processes import HANDS, RUN, ended, pretend, started, wait_for


@pytest.fixture
def watched(tmp_path, monkeypatch):
    """The file into which the networks of this test write a line per epoch."""
    path = tmp_path / "epochs.txt"
    path.touch()
    monkeypatch.setenv("WATCHED", str(path))
    return path


def test_three_workers_make_each_network_once_and_one_at_a_time_on_one_core(make_study, store, tmp_path):
    work = Work(models=tuple(make_study(seeds=2).models()), measuring=None, folder=tmp_path)
    notes = tmp_path / "notes.txt"

    with (
        started(HANDS, work, store.root, notes) as first,
        started(HANDS, work, store.root, notes) as second,
        started(HANDS, work, store.root, notes) as third,
    ):
        assert [worker.communicate(timeout=60) for worker in (first, second, third)] == 3 * [("", "")]

    lines = [line.split() for line in notes.read_text().splitlines()]
    assert sorted(name for name, _, _ in lines) == sorted(spec.fingerprint for spec in work.networks())
    spans = sorted((float(begun), float(done)) for _, begun, done in lines)
    assert all(done <= begun for (_, done), (begun, _) in pairwise(spans))


def test_nobody_waits_for_a_slot_with_a_network_in_hand(make_study, store, tmp_path, monkeypatch):
    """Else all slots could go to those who wait for that network, and everybody would wait forever."""
    work = Work(models=(make_study().model("sgd", "low", 0),), measuring=None, folder=tmp_path)
    held = []

    @contextmanager
    def slot():
        held.extend(spec.label for spec in work.networks() if store.entry(spec).lock.is_locked)
        yield

    monkeypatch.setattr(store, "slot", slot)
    monkeypatch.setattr(workers, "_make", lambda *_: pretend(work, store))
    run_worker(work, store)

    assert held == []
    assert work.undone(store) == []


def test_a_killed_run_takes_its_worker_along_and_another_goes_on_to_the_same_bits(
    make_study, folder, store, tmp_path, watched, monkeypatch
):
    study = make_study("watched", parameters={"dropout": 0.2}, max_epochs=3)
    work = Work(
        models=(study.model("sgd", "low", 0), study.model("layca", "low", 0)), measuring=study.measuring, folder=folder
    )
    run_worker(work, Store(tmp_path / "reference"))
    alone = watched.read_text().splitlines()
    watched.write_text("")

    monkeypatch.setenv("SLOWLY", "0.15")
    with started(RUN, work, store.root) as first, started(RUN, work, store.root) as second:
        wait_for(lambda: any(line.split()[1] == "3" for line in watched.read_text().splitlines()))
        _, _, worker, parent = watched.read_text().splitlines()[-1].split()
        killed, other = (first, second) if int(parent) == first.pid else (second, first)
        assert int(parent) == killed.pid
        time.sleep(0.2)
        os.kill(killed.pid, signal.SIGKILL)
        wait_for(lambda: ended(int(worker)), seconds=5)

        assert other.communicate(timeout=120) == ("False\n", "")
        assert other.returncode == 0

    begun = sorted(line.rsplit(maxsplit=2)[0] for line in watched.read_text().splitlines())
    once = sorted(line.rsplit(maxsplit=2)[0] for line in alone)
    assert len(once) == len(set(once)) == 6
    assert set(begun) == set(once)
    assert len(begun) <= 7  # the epoch that was killed is the only one that was begun twice
    assert work.undone(store) == []
    for spec in work.models:
        ours, reference = (
            at.entry(spec).read_arrays("final.safetensors")[0] for at in (store, Store(tmp_path / "reference"))
        )
        assert all(np.array_equal(ours[name], reference[name]) for name in reference)


@pytest.fixture(scope="module")
def made(make_study, folder, tmp_path_factory):
    """A study's network, trained and measured, its store, and a function that counts the trainings so far."""
    with pytest.MonkeyPatch.context() as patch:
        notes = tmp_path_factory.mktemp("made") / "epochs.txt"
        patch.setenv("WATCHED", str(notes))
        study = make_study("watched", max_epochs=1)
        work, store = (
            Work(models=(study.model("sgd", "low", 0),), measuring=study.measuring, folder=folder),
            Store(notes.parent / "store"),
        )
        run_worker(work, store)
        yield work, store, lambda: len(notes.read_text().splitlines())


@pytest.mark.parametrize(
    ("name", "times"), [("final.safetensors", 1), ("history.json", 1), ("initial.safetensors", 0)], ids=str
)
def test_what_is_found_damaged_is_made_again_to_the_same_bits(made, name, times):
    work, store, trainings = made
    before, spec = trainings(), work.models[0]
    damaged = store.entry(spec.untrained if name.startswith("initial") else spec)
    measurement = file_name(INDICATORS["pairwise_nmi"], work.measuring)
    numbers = damaged.read(measurement)
    kernel = store.entry(spec).read_arrays("final.safetensors")[0]["000.kernel"]

    content = (damaged.folder / name).read_bytes()
    (damaged.folder / name).write_bytes(content[:-9] + bytes([content[-9] ^ 4]) + content[-8:])
    (damaged.folder / measurement).unlink()  # so that somebody looks
    run_worker(work, store)

    assert (damaged.folder / f"{name}.corrupt").is_file()
    assert work.undone(store) == []
    assert damaged.read(measurement) == numbers
    np.testing.assert_array_equal(store.entry(spec).read_arrays("final.safetensors")[0]["000.kernel"], kernel)
    assert trainings() - before == times


@pytest.mark.parametrize(("precision", "told"), [("bfloat16", True), ("float32", False)])
def test_a_slow_precision_is_told_before_the_work_is_begun(make_study, store, folder, monkeypatch, precision, told):
    monkeypatch.setattr(workers, "slow_precision", lambda name: "slow" if name == "bfloat16" else "")
    monkeypatch.setattr(workers, "prepare", lambda *_: None)
    console = Console(file=StringIO(), width=500)

    workers.make(
        Work(models=(make_study(precision=precision).model("sgd", "low", 0),), measuring=None, folder=folder),
        store,
        console,
    )

    assert console.file.getvalue().startswith("to train: 1 networks")
    assert ("\nwarning: slow\n" in console.file.getvalue()) == told


def test_progress_is_noted_with_the_time_that_training_and_measuring_will_take(make_study, store, tmp_path):
    study = make_study()
    spec = study.model("sgd", "low", 0)
    notes = workers._Notes(spec, Work(models=(spec,), measuring=study.measuring, folder=tmp_path), store)

    notes(phase="training", epoch=1, share=0.5, images_per_second=100, seconds_left=10.0)

    note = store.progress(spec)
    assert (note["label"], note["phase"], note["epoch"]) == ("sgd low, seed 0", "training", 1)
    assert note["seconds_left"] == 10
    assert note["then"] == pytest.approx((3 * 20 + 48 + 30 + 3 * 26 * 30 + 4 * 8 * 30 + 2 * 8 * 20) / 300)
    assert json.dumps(note)


@pytest.fixture
def seeds(make_study, tmp_path):
    """The work of two seeds, of two networks each and their untrained ones."""
    study = make_study(seeds=2)
    models = tuple(study.model("sgd", level, seed) for seed in (0, 1) for level in ("low", "high"))
    return Work(models=models, measuring=study.measuring, folder=tmp_path, only=("entropy",))


@pytest.fixture
def made_so_far(monkeypatch):
    """What is done with which networks, instead of trainings and measurements."""
    made = []

    def make(spec, part, store):
        """What `workers._make` leaves behind."""
        entry = store.entry(spec)
        name = "final" if isinstance(spec, ModelSpec) else "initial"
        for file in ("history.json", f"{name}.safetensors"):
            entry.write(file, b"{}")
        made.append((spec, "trained" if part.training_only else "measured"))
        for state, row in () if part.training_only else missing(spec, entry, part.measuring, only=part.only):
            entry.write(file_name(row, part.measuring, state), b"numbers")

    monkeypatch.setattr(workers, "_make", make)
    return made


def of_seed(work, seed, *, but=None):
    """The networks of a seed, trained one after the other and then measured."""
    networks = [spec for spec in work.networks() if spec.seed == seed and spec != but]
    return [(spec, done) for done in ("trained", "measured") for spec in networks]


def test_of_a_seed_every_network_is_trained_before_the_first_is_measured_and_then_comes_the_next(
    seeds, made_so_far, store
):
    run_worker(seeds, store)

    assert made_so_far == of_seed(seeds, 0) + of_seed(seeds, 1)


def test_who_finds_nothing_to_do_of_a_seed_begins_with_the_next(seeds, made_so_far, store, monkeypatch):
    taken = seeds.models[0]
    held = FileLock(store.root / "locks" / f"{taken.fingerprint}.lock")
    monkeypatch.setattr(workers, "time", SimpleNamespace(sleep=lambda _: held.release()))

    with held:
        run_worker(seeds, store)

    before = of_seed(seeds, 0, but=taken) + of_seed(seeds, 1)
    assert made_so_far == [*before, (taken, "trained"), (taken, "measured")]


def test_a_seed_is_called_once_when_the_last_of_its_networks_is_made(seeds, made_so_far, store, monkeypatch):
    whole = []

    def prepare(work, store, show):
        """A parent who looks at every network that is made."""
        for spec in (*seeds.models[2:], *seeds.models[:2]):
            for network in (spec.untrained, spec):
                workers._make(network, work, store)
                show(work.undone(store))
        show([])

    monkeypatch.setattr(workers, "prepare", prepare)
    workers.make(seeds, store, Console(file=StringIO()), lambda seed: whole.append((seed, made_so_far[-1][0])))

    assert whole == [(1, seeds.models[3]), (0, seeds.models[1])]


def test_a_seed_that_is_there_is_called_before_anything_is_made(seeds, store, monkeypatch):
    work, called = seeds.model_copy(update={"measuring": None}), []
    monkeypatch.setattr(workers, "prepare", lambda *_: called.append("prepare"))

    for models in (seeds.models[2:], seeds.models):
        pretend(work.model_copy(update={"models": models}), store)
        workers.make(work, store, Console(file=StringIO()), called.append)

    assert called == [1, "prepare", 0, 1]


def test_a_network_is_made_while_the_untrained_one_is_measured(make_study, store, folder):
    model = make_study().model("sgd", "low", 0)
    work = Work(models=(model,), measuring=None, folder=folder)
    assert workers._try(model.untrained, work, store)

    with FileLock(store.root / "locks" / f"{model.untrained.fingerprint}.lock"):
        making = threading.Thread(target=workers._try, args=(model, work, store), daemon=True)
        making.start()
        making.join(60)
        assert work.done(model, store)


def test_on_a_card_a_few_train_and_the_others_measure_what_is_trained(make_study, store, folder, monkeypatch):
    monkeypatch.setattr(workers, "accelerator", lambda: "Some Card 80GB")
    monkeypatch.setattr(workers, "AT_ONCE_ON_CARD", 1)
    study = make_study()
    model = study.model("sgd", "low", 0)
    work = Work(models=(model,), measuring=study.measuring, folder=folder, only=("entropy",))
    first = work.model_copy(update={"training_only": True})

    with store.place_on_card(1) as held:
        assert held
        assert not workers._try(model, first, store)
        assert workers._try(model.untrained, work, store)
        assert work.done(model.untrained, store)
    assert workers._try(model, first, store)
    assert first.done(model, store)
    assert not work.done(model, store)


def test_a_card_has_so_many_places_and_gives_them_back(store):
    with store.place_on_card(2) as first, store.place_on_card(2) as second, store.place_on_card(2) as third:
        assert (first, second, third) == (True, True, False)
    with store.place_on_card(1) as again:
        assert again


def test_a_training_is_given_the_data_of_its_spec_and_the_weights_of_its_parent(make_study, store, folder, monkeypatch):
    study = make_study()
    data = study.data.model_dump() | {"permuted_labels": 0.5}
    spec = study.changed(data=data, start={"mask": "magnitude", "fraction": 0.5}).model("sgd", "low", 0)
    work, given = Work(models=(spec,), measuring=None, folder=folder), []
    monkeypatch.setattr(
        training, "train", lambda _, __, dataset, ___, ____, parent: given.append((dataset.train.labels, parent))
    )

    workers._make(spec, work, store)
    store.entry(spec.parent).write_arrays("final.safetensors", {"kernel": np.ones(2, np.float32)}, {})
    workers._make(spec, work, store)

    (labels, absent), (_, parent) = given
    np.testing.assert_array_equal(labels, permuted(np.arange(48) % 3, 0.5))
    assert absent is None
    assert parent["kernel"].tolist() == [1, 1]


@pytest.mark.parametrize("count", [20, 200])
def test_a_worker_looks_at_each_of_many_networks_a_few_times_whatever_their_number(
    count, make_study, store, tmp_path, monkeypatch
):
    work = Work(models=tuple(make_study(seeds=count // 10).models()), measuring=None, folder=tmp_path)
    made, looks = set(), []

    def done(part, spec, _):
        looks.append(spec)
        return (spec, part.training_only) in made or (spec, False) in made

    monkeypatch.setattr(Work, "done", done)
    monkeypatch.setattr(workers, "_make", lambda spec, part, _: made.add((spec, part.training_only)))

    workers.run_worker(work, store)

    assert {spec for spec, measured in made if not measured} == {*work.networks()}
    assert len(looks) <= 6 * len(work.networks())
