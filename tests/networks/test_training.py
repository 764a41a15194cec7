"""The recipe on tiny networks: what is recorded, what repeats, what a kill leaves."""

import json
import signal
import subprocess
import sys
from itertools import chain
from types import SimpleNamespace

import keras
import numpy as np
import pytest

from indicators.errors import InputError
from indicators.measures import trajectories
from indicators.measures.weights import alignment, cosine_distance, norm_ratio
from indicators.networks import schedule, training
from indicators.networks.epochs import Loop, runner
from indicators.specs import ModelSpec
from indicators.store import Store

KEYS = {
    "epoch", "learning_rate", "train_loss", "train_accuracy", "validation_loss", "validation_accuracy", "seconds",
    "layers",
}  # fmt: skip


@pytest.fixture(scope="module")
def initial(dataset):
    """A function that returns the initial weights of a spec's seed."""
    return lambda spec: training.model_arrays(training.build(spec.untrained, dataset))


@pytest.fixture(scope="module")
def run(tmp_path_factory, dataset, initial):
    """A function that trains a spec in a store of that name, once, and returns its entry."""

    def run(spec, name="once"):
        entry = Store(tmp_path_factory.getbasetemp() / "trainings" / name).entry(spec)
        if not entry.has("final.safetensors"):
            with entry.lock:
                training.train(spec, entry, dataset, initial(spec))
        return entry

    return run


@pytest.fixture(scope="module")
def sgd(make_study):
    """A network whose epochs are all kept."""
    return make_study(keep_epochs=True).model("sgd", "high", 0)


@pytest.fixture(scope="module")
def layca(make_study):
    return make_study(max_epochs=3).model("layca", "high", 0)


@pytest.fixture(scope="module")
def falling(make_study):
    """A network whose every epoch is a plateau."""
    recipe = {"plateau_min_delta": 1.0, "plateau_patience": 1, "max_epochs": 5, "min_learning_rate": 0.001}
    return make_study(**recipe).model("sgd", "low", 0)


@pytest.fixture(scope="module")
def random_layers(make_study, tmp_path_factory):
    """A network with random states and a variable without a name, whose epochs are noted in a file."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WATCHED", str(tmp_path_factory.mktemp("watched") / "epochs.txt"))
        recipe = {"max_epochs": 2, "epochs_beyond": 1}
        yield make_study("watched", parameters={"dropout": 0.4, "scaled": True}, **recipe).model("sgd", "high", 0)


def record_of(entry):
    return json.loads(entry.read("history.json"))


def final_of(entry):
    return entry.read_arrays("final.safetensors")[0]


def same(left, right):
    assert left.keys() == right.keys()
    return all(np.array_equal(left[name], right[name]) for name in left)


# --- What is recorded -------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["sgd", "layca"])
def test_every_epoch_is_recorded_whole_and_finite(run, request, name):
    spec = request.getfixturevalue(name)
    record = record_of(run(spec))

    assert [epoch["epoch"] for epoch in record["epochs"]] == list(range(1, spec.recipe.max_epochs + 1))
    for epoch in record["epochs"]:
        assert set(epoch) == KEYS
        assert {len(values) for values in epoch["layers"].values()} == {3}
        numbers = chain((value for name, value in epoch.items() if name != "layers"), *epoch["layers"].values())
        assert all(map(np.isfinite, numbers))
    assert list(record["accuracy"]) == ["train_running", "train", "validation", "test"]
    assert record["provenance"]["keras"] == keras.__version__


def test_the_last_record_of_the_layers_is_that_of_the_stored_kernels(run, sgd, initial):
    entry = run(sgd)
    final, layout = entry.read_arrays("final.safetensors")

    start = initial(sgd)
    assert list(layout["kernels"]) == ["Conv1", "Conv2", "Dense1"]
    for indicator in (cosine_distance, norm_ratio, alignment):
        expected = [indicator(start[name], final[name]) for name in layout["kernels"].values()]
        assert record_of(entry)["epochs"][-1]["layers"][indicator.__name__] == expected


def test_recorded_accuracies_are_those_of_the_stored_weights(run, sgd, dataset):
    record = record_of(run(sgd))

    model = training.build(sgd, dataset)
    training.load_arrays(model, final_of(run(sgd)))
    for name in ("train", "validation", "test"):
        split = getattr(dataset, name)
        predicted = np.argmax(model(dataset.normalize(split.images)), axis=1)
        assert record["accuracy"][name] == pytest.approx(np.mean(predicted == split.labels), abs=1e-6)
    assert record["accuracy"]["validation"] == record["epochs"][-1]["validation_accuracy"]
    assert record["accuracy"]["train_running"] == record["epochs"][-1]["train_accuracy"]


def test_the_weights_of_every_epoch_are_stored_where_the_recipe_keeps_them(run, sgd):
    entry = run(sgd)
    first, last = (entry.read_arrays(f"epoch-{number:04d}.safetensors") for number in (1, 2))

    epochs = ["epoch-0001.safetensors", "epoch-0002.safetensors"]
    assert entry.names() == [*epochs, "final.safetensors", "history.json", "trajectory.safetensors"]
    assert same(last[0], final_of(entry))
    assert not same(first[0], final_of(entry))
    assert first[1] == entry.read_arrays("final.safetensors")[1]


def test_only_the_final_weights_and_the_record_are_left_of_a_training(run, layca):
    on_disk = {path.name for path in run(layca).folder.iterdir()}

    assert on_disk == {"final.safetensors", "history.json", "manifest.json", "spec.json", "trajectory.safetensors"}


# --- What repeats -----------------------------------------------------------------------------------


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


# --- When the rate falls and when training ends -----------------------------------------------------


def test_the_rate_of_every_epoch_is_the_one_that_the_schedule_says(run, falling):
    epochs = record_of(run(falling))["epochs"]

    rates = [epoch["learning_rate"] for epoch in epochs]
    assert rates == pytest.approx([0.01, 0.01, 0.002, 0.001, 0.001])
    assert rates == pytest.approx([schedule.next_learning_rate(0.01, epochs[:k], falling.recipe) for k in range(5)])


def test_training_stops_once_the_target_is_reached(make_study, run):
    record = record_of(run(make_study(target_accuracy=0.05, max_epochs=9).model("sgd", "low", 0)))

    assert len(record["epochs"]) == 1
    assert record["reached"] is True


def test_training_stops_at_its_last_epoch_with_the_target_not_reached(run, falling):
    record = record_of(run(falling))

    assert len(record["epochs"]) == falling.recipe.max_epochs
    assert record["reached"] is False


def test_epochs_beyond_the_end_change_nothing_but_the_record_of_them(make_study, run):
    short, long = (
        run(make_study(target_accuracy=0.05, max_epochs=9, epochs_beyond=beyond).model("sgd", "high", 0))
        for beyond in (0, 2)
    )

    assert same(final_of(short), final_of(long))
    assert same(short.read_arrays("trajectory.safetensors")[0], long.read_arrays("trajectory.safetensors")[0])
    assert record_of(short)["accuracy"] == record_of(long)["accuracy"]
    assert "beyond" not in record_of(short)
    beyond = record_of(long)["beyond"]
    assert [epoch["epoch"] for epoch in beyond["epochs"]] == [2, 3]
    assert beyond["accuracy"]["validation"] == beyond["epochs"][-1]["validation_accuracy"]
    assert beyond["accuracy"]["train_running"] == beyond["epochs"][-1]["train_accuracy"]


# --- What is followed -------------------------------------------------------------------------------


def test_the_followed_weights_go_from_the_initial_to_the_final_ones(run, sgd, initial):
    course, _ = run(sgd).read_arrays("trajectory.safetensors")
    final, layout = run(sgd).read_arrays("final.safetensors")

    assert course["weights"].shape == (sgd.recipe.max_epochs + 1, len(course["layer"]))
    assert course["gradients"].shape == (sgd.recipe.max_epochs, len(course["layer"]))
    for place, name in enumerate(layout["kernels"].values()):
        mine = course["layer"] == place
        size = final[name].size
        assert mine.sum() == min(size, trajectories.FOLLOWED // len(layout["kernels"]))
        pairs = set(zip(initial(sgd)[name].ravel().tolist(), final[name].ravel().tolist(), strict=True))
        assert set(zip(*course["weights"][[0, -1]][:, mine].tolist(), strict=True)) <= pairs


def test_other_models_of_a_seed_follow_the_same_weights_and_other_seeds_others(make_study, run):
    study = make_study(seeds=2)
    first = [
        run(study.model(optimizer, "low", seed)).read_arrays("trajectory.safetensors")[0]["weights"][0]
        for optimizer, seed in (("sgd", 0), ("layca", 0), ("sgd", 1))
    ]

    assert np.array_equal(first[0], first[1])
    assert not np.isin(first[2], first[0]).all()


# --- The three optimizers ------------------------------------------------------------------------


def test_the_loss_of_wdecay_contains_the_penalty(make_study, dataset, initial):
    study = make_study(l2=0.01)
    losses = {}
    for optimizer in ("sgd", "wdecay"):
        model = training.compiled(study.model(optimizer, "low", 0), dataset)
        losses[optimizer] = runner(model, dataset).evaluate(dataset.train)[0]

    start = initial(study.model("sgd", "low", 0))
    penalty = 0.01 * sum(float(np.sum(array**2)) for name, array in start.items() if name.endswith("kernel"))
    assert penalty > 0.05
    assert losses["wdecay"] - losses["sgd"] == pytest.approx(penalty, rel=1e-5)


def test_layca_keeps_the_norm_of_every_kernel(run, layca, initial):
    final, layout = run(layca).read_arrays("final.safetensors")

    start = initial(layca)
    for name in layout["kernels"].values():
        assert np.linalg.norm(final[name]) == pytest.approx(np.linalg.norm(start[name]), rel=1e-5)
    assert min(record_of(run(layca))["epochs"][-1]["layers"]["cosine_distance"]) > 0.01


@pytest.mark.parametrize(
    ("optimizer", "rate", "normalized"),
    [("sgd", 1e30, False), ("wdecay", 1e12, True), ("sgd", 1e38, True)],
    ids=str,
)
def test_a_diverging_rate_is_an_error_that_says_where_and_what_to_do(
    make_study, store, dataset, initial, optimizer, rate, normalized
):
    spec = make_study(parameters={"normalized": normalized}, max_epochs=6).model(optimizer, "high", 0)
    spec = ModelSpec.model_validate(spec.model_dump() | {"learning_rate": rate})

    with pytest.raises(InputError) as error:
        training.train(spec, store.entry(spec), dataset, initial(spec))

    for words in (f"{optimizer} high, seed 0", "epoch 1", f"learning_rate={rate}", "smaller one in the study file"):
        assert words in str(error.value)
    assert not store.entry(spec).has("final.safetensors")
    record = json.loads(store.entry(spec).read("history.json"))
    assert (record["reached"], record["diverged"]) == (False, True)
    assert record["accuracy"]["validation"] == pytest.approx(1 / 3)


# --- What a kill leaves -----------------------------------------------------------------------------

# Trains in a child for every line it reads, and answers with the child's status. The children find TensorFlow
# imported, and are killed like any other process.
FORKS = """
import json, os, signal, sys, traceback
from pathlib import Path
from indicators.images import dataset as data
from indicators.networks import training
from indicators import store as stores
from indicators.specs import ModelSpec

def die():
    os.kill(os.getpid(), signal.SIGKILL)

def train(job):
    whole = stores.write_atomically

    def write(path, content):
        if path.name == job.get("before"):
            die()
        whole(path, content)
        if path.name == job.get("after"):
            die()

    stores.write_atomically = write
    os.environ |= {"WATCHED": job["watched"], "KILLED_AFTER": str(job.get("updates", -1))}
    spec, store = ModelSpec.model_validate(job["spec"]), stores.Store(Path(job["store"]))
    sizes = spec.data
    images = data.load(Path(job["folder"]), train=sizes.train, validation=sizes.validation, test=sizes.test)
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
    assert same(*(entry.read_arrays("trajectory.safetensors")[0] for entry in (killed, whole)))
    epochs = [int(line.split()[1]) for line in (tmp_path / "epochs.txt").read_text().splitlines()]
    assert epochs == begun  # the updates made before each epoch: of the killed ones, at most one was in vain
