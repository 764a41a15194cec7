"""Several processes at one store: everything is made, nothing twice, and whatever goes wrong is said."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from dataclasses import replace
from io import StringIO
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from filelock import FileLock
from rich.console import Console

from indicators.errors import InputError
from indicators.measures.catalog import INDICATORS
from indicators.sources.stored import file_name
from indicators.specs import ModelSpec
from indicators.store import Store
from indicators.study import workers
from indicators.study.measuring import missing
from indicators.study.workers import CrewError, Work, prepare, run_worker

# Whoever may use one core has one worker, and shares one slot with all others of one core, whichever core it is.
ONE_CORE = "import os; os.sched_setaffinity(0, {min(os.sched_getaffinity(0), key=lambda core: core ^ os.getpid())})\n"

# A run as a user starts it.
RUN = (
    ONE_CORE
    + """
import sys
from pathlib import Path
from indicators.study import workers
from indicators.store import Store
work = crew.Work.from_json(sys.stdin.readline())
crew.prepare(work, Store(Path(sys.argv[1])), lambda undone: None, pause=0.1)
print("keras" in sys.modules or "tensorflow" in sys.modules)
"""
)

# A worker whose networks take a tenth of a second and leave a note of when.
HANDS = (
    ONE_CORE
    + """
import sys, time
from pathlib import Path
from indicators.study import workers
from indicators.specs import ModelSpec
from indicators.store import Store

def make(spec, work, store):
    begun, entry = time.monotonic(), store.entry(spec)
    if isinstance(spec, ModelSpec):
        with store.entry(spec.untrained).lock:
            time.sleep(0.1)
        entry.write("history.json", b"{}")
    entry.write("final.safetensors" if isinstance(spec, ModelSpec) else "initial.safetensors", b"weights")
    with open(sys.argv[2], "a") as file:
        file.write(f"{spec.fingerprint} {begun} {time.monotonic()}\\n")

crew._make = make
crew.run_worker(crew.Work.from_json(sys.stdin.readline()), Store(Path(sys.argv[1])))
"""
)


@pytest.fixture
def watched(tmp_path, monkeypatch):
    """The file into which the networks of this test write a line per epoch."""
    path = tmp_path / "epochs.txt"
    path.touch()
    monkeypatch.setenv("WATCHED", str(path))
    return path


def pretend(work, store):
    """Stores everything that the work asks for, as if it had been made."""
    for spec in work.networks():
        entry = store.entry(spec)
        if isinstance(spec, ModelSpec):
            entry.write("history.json", b"{}")
        entry.write("final.safetensors" if isinstance(spec, ModelSpec) else "initial.safetensors", b"weights")
        for state, row in missing(spec, entry, work.measuring) if work.measuring else ():
            entry.write(file_name(row, work.measuring, state), b"numbers")


@contextmanager
def started(code, work, *arguments):
    """A process of ours that has its work; it ends with the test."""
    command = [sys.executable, "-c", code, *map(str, arguments)]
    pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    with subprocess.Popen(command, **pipes, text=True) as process:  # noqa: S603  # our own code
        process.stdin.write(work.to_json() + "\n")
        process.stdin.flush()
        try:
            yield process
        finally:
            process.kill()


def wait_for(condition, *, seconds=90):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


def ended(pid):
    """Whether a process is gone, or was killed and waits to be reaped."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


# --- What there is to do ----------------------------------------------------------------------------


def test_work_survives_its_way_to_a_worker(make_study, tmp_path):
    study = make_study(seeds=2)

    for measuring, trials in ((None, True), (study.measuring, False)):
        work = Work(tuple(study.models()), measuring, tmp_path, trials)
        assert Work.from_json(work.to_json()) == work


def test_networks_are_the_models_after_the_untrained_network_of_each_seed(make_study, tmp_path):
    networks = Work(tuple(make_study(seeds=2).models()), None, tmp_path).networks()

    assert [network.label for network in networks[:3]] == ["untrained, seed 0", "untrained, seed 1", "sgd high, seed 0"]
    assert len(networks) == 20


@pytest.mark.parametrize("lost", ["final.safetensors", "history.json", "a measurement", "a bit of a measurement"])
def test_a_network_is_undone_as_soon_as_it_lacks_a_file(make_study, store, tmp_path, lost):
    study = make_study()
    work = Work((study.model("sgd", "low", 0),), study.measuring, tmp_path)
    pretend(work, store)
    assert work.undone(store) == []

    file = file_name(INDICATORS["alignment"], study.measuring) if "measurement" in lost else lost
    path = store.entry(work.models[0]).folder / file
    path.write_bytes(b"numberz") if "bit" in lost else path.unlink()

    assert work.undone(store) == [work.models[0]]


def test_work_that_is_done_starts_no_process_and_imports_no_tensorflow(make_study, store, tmp_path):
    study = make_study()
    work = Work(tuple(study.models()), study.measuring, tmp_path)
    pretend(work, store)
    without_processes = RUN.replace("crew.prepare", "crew.subprocess = None\ncrew.prepare")

    with started(without_processes, work, store.root) as run:
        assert run.communicate(timeout=60) == ("False\n", "")
    assert run.returncode == 0


# --- Several processes at one store -----------------------------------------------------------------


def test_three_workers_make_each_network_once_and_one_at_a_time_on_one_core(make_study, store, tmp_path):
    work = Work(tuple(make_study(seeds=2).models()), None, tmp_path)
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
    work = Work((make_study().model("sgd", "low", 0),), None, tmp_path)
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
    work = Work((study.model("sgd", "low", 0), study.model("layca", "low", 0)), study.measuring, folder)
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
        work, store = Work((study.model("sgd", "low", 0),), study.measuring, folder), Store(notes.parent / "store")
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

    workers.make(Work((make_study(precision=precision).model("sgd", "low", 0),), None, folder), store, console)

    assert console.file.getvalue().startswith("to train: 1 networks")
    assert ("\nwarning: slow\n" in console.file.getvalue()) == told


# --- What goes wrong --------------------------------------------------------------------------------


@pytest.fixture
def failing_keras(tmp_path, monkeypatch):
    """A function that lets every worker fail, with the given statement, when it comes to train."""

    def fail(statement):
        (tmp_path / "keras.py").write_text(statement)
        monkeypatch.setenv("PYTHONPATH", f"{tmp_path}{os.pathsep}{os.environ['PYTHONPATH']}")
        monkeypatch.setattr(workers, "cores", lambda: 1)

    return fail


@pytest.mark.parametrize(("users", "found"), [(None, "1 1 1"), ("0", "1 1 0")])
def test_a_worker_has_one_thread_and_the_fast_convolutions_unless_told(
    make_study, store, folder, failing_keras, monkeypatch, users, found
):
    names = ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_ENABLE_ONEDNN_OPTS")
    failing_keras(
        "import os\nfrom indicators.errors import InputError\n"
        f"raise InputError(' '.join(os.environ[name] for name in {names}))"
    )
    monkeypatch.setattr(workers, "tensorflow_defaults", lambda: {"TF_ENABLE_ONEDNN_OPTS": "1"})
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    monkeypatch.delenv("TF_ENABLE_ONEDNN_OPTS", raising=False)
    if users is not None:
        monkeypatch.setenv("TF_ENABLE_ONEDNN_OPTS", users)

    with pytest.raises(InputError, match=f"^{found}$"):
        prepare(Work((make_study().model("sgd", "low", 0),), None, folder), store, lambda _: None, pause=0.05)


def test_unusable_input_is_the_same_error_in_the_parent(make_study, store, folder, failing_keras):
    message = "momentum='high' is not a number:\n  try 0.9 · or less"
    failing_keras(f"from indicators.errors import InputError\nraise InputError({message!r})")
    work = Work((make_study().model("sgd", "low", 0),), None, folder)

    with pytest.raises(InputError) as error:
        prepare(work, store, lambda _: None, pause=0.05)

    assert str(error.value) == message


def test_a_message_is_found_before_what_a_library_says_at_the_end(make_study, store, folder, failing_keras):
    failing_keras(
        "import atexit, sys\nfrom indicators.errors import InputError\n"
        "atexit.register(print, 'a library says goodbye', file=sys.stderr)\nraise InputError('no such network')"
    )
    work = Work((make_study().model("sgd", "low", 0),), None, folder)

    with pytest.raises(InputError, match=r"^no such network$"):
        prepare(work, store, lambda _: None, pause=0.05)


def test_a_worker_that_somebody_killed_keeps_its_log_and_is_told_with_the_likely_reason(
    make_study, store, folder, failing_keras
):
    failing_keras("import os\nprint('so much memory', flush=True)\nos.kill(os.getpid(), 9)")
    work = Work((make_study().model("sgd", "low", 0),), None, folder)

    with pytest.raises(CrewError, match=r"a worker was killed, probably for lack of memory: .*and run again") as error:
        prepare(work, store, lambda _: None, pause=0.05)

    (log,) = (store.root / "logs").iterdir()
    assert str(log) in str(error.value)
    assert str(error.value).endswith("so much memory")


def test_a_training_that_diverges_is_an_answer_to_a_trial_and_an_error_in_a_study(make_study, store, folder):
    spec = make_study().model("sgd", "high", 0).model_copy(update={"learning_rate": 1e38})
    trial, study = Work((spec,), None, folder, trials=True), Work((spec,), None, folder)

    run_worker(trial, store)
    assert trial.undone(store) == []
    assert study.undone(store) == [spec]

    with pytest.raises(InputError, match=r"^sgd high, seed 0: the loss is not finite after epoch 1 with .*smaller"):
        run_worker(study, store)


def test_a_crash_is_told_with_the_last_words_of_the_worker(make_study, store, folder, failing_keras):
    failing_keras("raise RuntimeError('the roof is on fire')")
    work = Work((make_study().model("sgd", "low", 0),), None, folder)

    with pytest.raises(CrewError) as error:
        prepare(work, store, lambda _: None, pause=0.05)

    assert "a worker ended with status 1; its last words" in str(error.value)
    assert str(error.value).endswith("RuntimeError: the roof is on fire")
    assert len(list((store.root / "logs").iterdir())) == 1


def test_an_interrupted_run_leaves_no_worker_and_no_log(make_study, store, folder, failing_keras):
    failing_keras("import time; time.sleep(600)")
    work = Work((make_study().model("sgd", "low", 0),), None, folder)
    entry = store.entry(work.models[0].untrained)

    def interrupt(_):
        try:
            with entry.lock.acquire(blocking=False):
                return
        except workers.Timeout:  # the worker holds it
            raise KeyboardInterrupt from None

    with pytest.raises(KeyboardInterrupt):
        prepare(work, store, interrupt, pause=0.05)
    with entry.lock.acquire(timeout=2):
        assert list((store.root / "logs").iterdir()) == []


def test_progress_is_noted_with_the_time_that_training_and_measuring_will_take(make_study, store, tmp_path):
    study = make_study()
    spec = study.model("sgd", "low", 0)
    notes = workers._Notes(spec, Work((spec,), study.measuring, tmp_path), store)

    notes(phase="training", epoch=1, share=0.5, images_per_second=100, seconds_left=10.0)

    note = store.progress(spec)
    assert (note["label"], note["phase"], note["epoch"]) == ("sgd low, seed 0", "training", 1)
    assert note["seconds_left"] == 10
    assert note["then"] == pytest.approx((2 * 20 + 30 + 3 * 26 * 30 + 4 * 8 * 30 + 2 * 8 * 20) / 300)
    assert json.dumps(note)


def test_every_network_is_trained_before_the_first_is_measured(make_study, store, tmp_path, monkeypatch):
    study = make_study()
    made = []

    def make(spec, part, store):
        """What `crew._make` leaves behind."""
        entry = store.entry(spec)
        name = "final" if isinstance(spec, ModelSpec) else "initial"
        for file in ("history.json", f"{name}.safetensors"):
            entry.write(file, b"{}")
        made.append((spec, "trained" if part.training_only else "measured"))
        for state, row in () if part.training_only else missing(spec, entry, part.measuring, only=part.only):
            entry.write(file_name(row, part.measuring, state), b"numbers")

    monkeypatch.setattr(workers, "_make", make)
    work = Work(tuple(study.models())[:3], study.measuring, tmp_path, only=("entropy",))
    workers.run_worker(work, store)

    networks = work.networks()
    assert made == [(spec, "trained") for spec in networks] + [(spec, "measured") for spec in networks]


def test_workers_that_finish_before_their_run_looks_are_no_failure(make_study, store, folder, failing_keras):
    """What a worker's interpreter does at its end must not pass for a crash."""
    work = Work((make_study().model("sgd", "low", 0),), None, folder)
    failing_keras("")
    pretend(work, store)
    worker = workers._Worker(work, store, 0)

    wait_for(lambda: worker.ended, seconds=60)
    worker.check()
    worker.stop()
    assert list((store.root / "logs").iterdir()) == []


def test_a_network_is_made_while_the_untrained_one_is_measured(make_study, store, folder):
    model = make_study().model("sgd", "low", 0)
    work = Work((model,), None, folder)
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
    work = Work((model,), study.measuring, folder, only=("entropy",))
    first = replace(work, training_only=True)

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
