"""Whatever goes wrong in a worker is said by the run that started it."""

import os

import pytest

from indicators.errors import InputError
from indicators.study import workers
from indicators.study.agenda import Work
from indicators.study.workers import WorkerError, prepare, run_worker
from tests.study.processes import pretend, wait_for


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
        prepare(
            Work(models=(make_study().model("sgd", "low", 0),), measuring=None, folder=folder),
            store,
            lambda _: None,
            pause=0.05,
        )


def test_unusable_input_is_the_same_error_in_the_parent(make_study, store, folder, failing_keras):
    message = "momentum='high' is not a number:\n  try 0.9 · or less"
    failing_keras(f"from indicators.errors import InputError\nraise InputError({message!r})")
    work = Work(models=(make_study().model("sgd", "low", 0),), measuring=None, folder=folder)

    with pytest.raises(InputError) as error:
        prepare(work, store, lambda _: None, pause=0.05)

    assert str(error.value) == message


def test_a_message_is_found_before_what_a_library_says_at_the_end(make_study, store, folder, failing_keras):
    failing_keras(
        "import atexit, sys\nfrom indicators.errors import InputError\n"
        "atexit.register(print, 'a library says goodbye', file=sys.stderr)\nraise InputError('no such network')"
    )
    work = Work(models=(make_study().model("sgd", "low", 0),), measuring=None, folder=folder)

    with pytest.raises(InputError, match=r"^no such network$"):
        prepare(work, store, lambda _: None, pause=0.05)


def test_a_worker_that_somebody_killed_keeps_its_log_and_is_told_with_the_likely_reason(
    make_study, store, folder, failing_keras
):
    failing_keras("import os\nprint('so much memory', flush=True)\nos.kill(os.getpid(), 9)")
    work = Work(models=(make_study().model("sgd", "low", 0),), measuring=None, folder=folder)

    with pytest.raises(
        WorkerError, match=r"a worker was killed, probably for lack of memory: .*and run again"
    ) as error:
        prepare(work, store, lambda _: None, pause=0.05)

    (log,) = (store.root / "logs").iterdir()
    assert str(log) in str(error.value)
    assert str(error.value).endswith("so much memory")


def test_a_training_that_diverges_is_an_answer_to_a_trial_and_an_error_in_a_study(make_study, store, folder):
    spec = make_study().model("sgd", "high", 0).model_copy(update={"learning_rate": 1e38})
    trial, study = (
        Work(models=(spec,), measuring=None, folder=folder, trials=True),
        Work(models=(spec,), measuring=None, folder=folder),
    )

    run_worker(trial, store)
    assert trial.undone(store) == []
    assert study.undone(store) == [spec]

    with pytest.raises(InputError, match=r"^sgd high, seed 0: the loss is not finite after epoch 1 with .*smaller"):
        run_worker(study, store)


def test_a_crash_is_told_with_the_last_words_of_the_worker(make_study, store, folder, failing_keras):
    failing_keras("raise RuntimeError('the roof is on fire')")
    work = Work(models=(make_study().model("sgd", "low", 0),), measuring=None, folder=folder)

    with pytest.raises(WorkerError) as error:
        prepare(work, store, lambda _: None, pause=0.05)

    assert "a worker ended with status 1; its last words" in str(error.value)
    assert str(error.value).endswith("RuntimeError: the roof is on fire")
    assert len(list((store.root / "logs").iterdir())) == 1


def test_an_interrupted_run_leaves_no_worker_and_no_log(make_study, store, folder, failing_keras):
    failing_keras("import time; time.sleep(600)")
    work = Work(models=(make_study().model("sgd", "low", 0),), measuring=None, folder=folder)
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


def test_workers_that_finish_before_their_run_looks_are_no_failure(make_study, store, folder, failing_keras):
    """What a worker's interpreter does at its end must not pass for a crash."""
    work = Work(models=(make_study().model("sgd", "low", 0),), measuring=None, folder=folder)
    failing_keras("")
    pretend(work, store)
    worker = workers._Worker(work, store, 0)

    wait_for(lambda: worker.ended, seconds=60)
    worker.check()
    worker.stop()
    assert list((store.root / "logs").iterdir()) == []
