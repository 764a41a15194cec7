"""What repeats bit by bit: the same seed, the same spec, a training that was killed and goes on."""

import json
import signal
import subprocess
import sys
from itertools import chain
from types import SimpleNamespace

import numpy as np
import pytest

from indicators.networks import training
from indicators.networks.epochs import Loop
from tests.fixtures.entries import final_of, record_of, same


def test_the_nine_models_of_a_seed_start_from_the_same_weights(make_study, dataset, store, monkeypatch):
    started = []
    monkeypatch.setattr(training.schedule, "finished", lambda *_: True)
    monkeypatch.setattr(training, "_finish", lambda runner, spec, *_: started.append((spec.seed, runner.model)))
    for spec in make_study(seeds=2).models():
        untrained = store.entry(spec.untrained)
        training.prepare_untrained(spec.untrained, untrained, dataset)
        training.train(spec, store.entry(spec), dataset, untrained.read_arrays("initial.safetensors")[0])

    seeds = [[training.model_arrays(model) for seed, model in started if seed == wanted] for wanted in (0, 1)]
    assert [len(models) for models in seeds] == [9, 9]
    assert all(same(models[0], other) for models in seeds for other in models)
    assert not np.array_equal(seeds[0][0]["000.kernel"], seeds[1][0]["000.kernel"])


def test_the_order_of_images_is_of_the_epoch_and_the_seed_and_of_nothing_else(make_study, dataset):
    class Model:
        """Takes the batches that a network would be trained on."""

        optimizer = SimpleNamespace(learning_rate=SimpleNamespace(numpy=lambda: 0.1))

        def fit(self, batches, **options):
            assert options["shuffle"] is False
            seen.append([image.tobytes() for k in range(len(batches)) for image in batches[k][0]])
            return SimpleNamespace(history={"loss": [1.0], "accuracy": [0.5]})

        def evaluate(self, *_, **__):
            return {"loss": 1.0, "accuracy": 0.5}

    seen, study = [], make_study(seeds=2)
    for optimizer, seed, epoch in (("sgd", 0, 0), ("layca", 0, 0), ("sgd", 0, 1), ("sgd", 1, 0)):
        training._epoch(Loop(Model(), dataset), study.model(optimizer, "low", seed), dataset, epoch, None)

    everything = sorted(image.tobytes() for image in dataset.normalize(dataset.train.images))
    assert all(sorted(order) == everything for order in seen)
    assert seen[0] == seen[1]
    assert seen[0] != seen[2]
    assert seen[0] != seen[3]


def test_bfloat16_computes_otherwise_and_keeps_weights_in_float32(make_study, run, sgd):
    half = run(make_study(precision="bfloat16", keep_epochs=True).model("sgd", "high", 0))

    assert {array.dtype for array in final_of(half).values()} == {np.dtype(np.float32)}
    assert not same(final_of(half), final_of(run(sgd)))
    assert same(final_of(run(sgd)), final_of(run(sgd, "again")))  # which does not linger in the process


@pytest.mark.parametrize("name", ["sgd", "random_layers"])
def test_the_same_spec_gives_the_same_bits(run, request, name):
    spec = request.getfixturevalue(name)
    once, again = run(spec), run(spec, "again")

    assert once.folder != again.folder
    assert same(final_of(once), final_of(again))
    records = [record_of(entry)["epochs"] for entry in (once, again)]
    for epoch in chain(*records):
        del epoch["seconds"]
    assert records[0] == records[1]


def test_states_of_random_layers_are_stored_and_move(run, random_layers, initial):
    states = [name for name in final_of(run(random_layers)) if "seed_generator" in name]

    assert len(states) == 1
    assert not np.array_equal(final_of(run(random_layers))[states[0]], initial(random_layers)[states[0]])


# --- What a kill leaves ---------------------------------------------------------------------------


# Trains in a child for every line it reads, and answers with the child's status. The children find TensorFlow
# imported, and are killed like any other process.
FORKS = """
import json, os, signal, sys, traceback
from pathlib import Path
import indicators.store
from indicators.images.dataset import load_dataset
from indicators.networks import training
from indicators.specs import ModelSpec

def die():
    os.kill(os.getpid(), signal.SIGKILL)

def train(job):
    whole = indicators.store.write_atomically

    def write(path, content):
        if path.name == job.get("before"):
            die()
        whole(path, content)
        if path.name == job.get("after"):
            die()

    indicators.store.write_atomically = write
    os.environ |= {"WATCHED": job["watched"], "KILLED_AFTER": str(job.get("updates", -1))}
    spec, store = ModelSpec.model_validate(job["spec"]), indicators.store.Store(Path(job["store"]))
    sizes = spec.data
    images = load_dataset(Path(job["folder"]), train=sizes.train, validation=sizes.validation, test=sizes.test)
    training.prepare_untrained(spec.untrained, store.entry(spec.untrained), images)
    start, _ = store.entry(spec.untrained).read_arrays("initial.safetensors")
    with store.entry(spec).lock:
        training.train(spec, store.entry(spec), images, start)

for line in sys.stdin:
    child = os.fork()
    if child == 0:
        try:
            train(json.loads(line))
        except BaseException:
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


@pytest.fixture(scope="module")
def forks():
    pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    with subprocess.Popen([sys.executable, "-c", FORKS], **pipes, text=True) as process:  # noqa: S603  # our own code

        def ask(**job):
            print(json.dumps(job), file=process.stdin, flush=True)
            return int(process.stdout.readline() or process.stderr.read())

        yield ask
        process.stdin.close()


@pytest.mark.parametrize(
    ("moment", "begun"),
    [
        ({"updates": 5}, [0, 3, 3, 6]),
        ({"after": "checkpoint-0002.safetensors"}, [0, 3, 3, 6]),
        ({"before": "final.safetensors"}, [0, 3, 6]),
    ],
    ids=["in the middle of an epoch", "with a checkpoint not yet listed", "between the record and the final weights"],
)
def test_a_training_that_was_killed_ends_with_the_same_bits(
    run, random_layers, forks, folder, store, tmp_path, moment, begun
):
    job = {
        "spec": random_layers.model_dump(mode="json"),
        "store": str(store.root),
        "folder": str(folder),
        "watched": str(tmp_path / "epochs.txt"),
    }

    assert forks(**job, **moment) == -signal.SIGKILL
    assert not store.entry(random_layers).has("final.safetensors")
    assert forks(**job) == 0
    killed, whole = store.entry(random_layers), run(random_layers)
    assert same(final_of(killed), final_of(whole))
    for file in ("trajectory.safetensors", "learned.safetensors"):
        assert killed.read(file) == whole.read(file)
    epochs = [int(line.split()[1]) for line in (tmp_path / "epochs.txt").read_text().splitlines()]
    assert epochs == begun  # the updates made before each epoch: of the killed ones, at most one was in vain
