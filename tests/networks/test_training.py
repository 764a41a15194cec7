"""The recipe on tiny networks: what is recorded, when training ends, what is followed."""

import json
import threading
from itertools import chain

import keras
import numpy as np
import pytest
from filelock import FileLock

from indicators.errors import InputError
from indicators.measures import trajectories
from indicators.measures.trajectories import learning
from indicators.measures.weights import alignment, cosine_distance, norm_ratio
from indicators.networks import schedule, training
from indicators.networks.epochs import runner
from indicators.specs import ModelSpec
from tests.fixtures.entries import final_of, record_of, same

KEYS = {
    "epoch", "learning_rate", "train_loss", "train_accuracy", "validation_loss", "validation_accuracy", "seconds",
    "layers",
}  # fmt: skip


@pytest.fixture(scope="module")
def falling(make_study):
    """A network whose every epoch is a plateau."""
    recipe = {"plateau_min_delta": 1.0, "plateau_patience": 1, "max_epochs": 5, "min_learning_rate": 0.001}
    return make_study(**recipe).model("sgd", "low", 0)


@pytest.fixture
def waiting(sgd, store, dataset, monkeypatch):
    """A thread that has begun to wait for initial weights, whose lock another holds; the entry and the lock."""
    entry, looks = store.entry(sgd.untrained), threading.Semaphore(0)
    read = entry.read

    def look(name):
        found = read(name)
        looks.release()
        return found

    monkeypatch.setattr(entry, "read", look)
    waiter = threading.Thread(target=training.prepare_untrained, args=(sgd.untrained, entry, dataset), daemon=True)
    with FileLock(store.root / "locks" / f"{sgd.untrained.fingerprint}.lock") as held:
        waiter.start()
        assert looks.acquire(timeout=60)
        yield waiter, entry, held


def test_nobody_waits_on_for_who_made_the_initial_weights_and_measures_them(waiting, sgd, store):
    """He holds the lock for minutes, and the trainings of all networks of the seed would stand still."""
    waiter, _, held = waiting
    store.entry(sgd.untrained).write_arrays("initial.safetensors", {}, {})

    waiter.join(10)

    assert not waiter.is_alive()
    assert held.is_locked


def test_who_waits_makes_the_initial_weights_that_nobody_made(waiting, sgd, initial, monkeypatch):
    monkeypatch.setattr(training, "WAIT", 0.05)
    waiter, entry, held = waiting
    waiter.join(1)
    assert waiter.is_alive()

    held.release()
    waiter.join(60)

    assert same(entry.read_arrays("initial.safetensors")[0], initial(sgd))


def test_decay_of_the_recipe_takes_the_place_of_the_penalty(make_study, dataset):
    study = make_study(l2=0.0, decay=0.001, decay_by_rate=0.25)

    model = training.compiled(study.model("wdecay", "low", 0), dataset)

    assert (model.optimizer.share, model.optimizer.share_by_rate) == (0.001, 0.25)
    assert model.losses == []


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
    assert [name for name in entry.names() if name.startswith("epoch")] == epochs
    assert same(last[0], final_of(entry))
    assert not same(first[0], final_of(entry))
    assert first[1] == entry.read_arrays("final.safetensors")[1]


def test_only_the_final_weights_and_the_record_are_left_of_a_training(run, layca):
    on_disk = {path.name for path in run(layca).folder.iterdir()}

    kept = {"final.safetensors", "history.json", "learned.safetensors", "trajectory.safetensors"}
    assert on_disk == kept | {"manifest.json", "spec.json"}


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
    for file in ("trajectory.safetensors", "learned.safetensors"):
        assert same(short.read_arrays(file)[0], long.read_arrays(file)[0])
    assert record_of(short)["accuracy"] == record_of(long)["accuracy"]
    assert "beyond" not in record_of(short)
    beyond = record_of(long)["beyond"]
    assert [epoch["epoch"] for epoch in beyond["epochs"]] == [2, 3]
    assert beyond["accuracy"]["validation"] == beyond["epochs"][-1]["validation_accuracy"]
    assert beyond["accuracy"]["train_running"] == beyond["epochs"][-1]["train_accuracy"]


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


def test_what_a_network_gets_right_is_kept_for_every_epoch(run, sgd, dataset):
    entry = run(sgd)
    learned, _ = entry.read_arrays("learned.safetensors")

    assert learned["images"].tolist() == list(range(len(dataset.train.labels)))
    assert learned["right"].shape == (sgd.recipe.max_epochs, len(learned["images"]))
    for number, right in enumerate(learned["right"], start=1):
        model = training.build(sgd, dataset)
        training.load_arrays(model, entry.read_arrays(f"epoch-{number:04d}.safetensors")[0])
        predicted = np.argmax(model(dataset.normalize(dataset.train.images)), axis=1)
        assert np.array_equal(right, predicted == dataset.train.labels)


def test_all_models_of_a_seed_are_asked_about_the_same_images(make_study, run, monkeypatch):
    monkeypatch.setattr(learning, "ASKED", 7)
    asked = [
        run(make_study(seeds=2).model(optimizer, "low", seed), "few").read_arrays("learned.safetensors")[0]["images"]
        for optimizer, seed in (("sgd", 0), ("layca", 0), ("sgd", 1))
    ]

    assert [len(images) for images in asked] == [7, 7, 7]
    assert np.array_equal(asked[0], asked[1])
    assert not np.array_equal(asked[0], asked[2])


def test_a_training_whose_first_epochs_were_not_asked_about_keeps_no_part_of_an_answer(
    run, sgd, store, dataset, initial, monkeypatch
):
    """It went on from a checkpoint of a version that did not ask."""
    entry, stop = store.entry(sgd), KeyboardInterrupt

    def interrupt(*, epoch, **_):
        if epoch == 2:
            raise stop

    with entry.lock:
        monkeypatch.setattr(training, "_LEARNED", "unknown.")
        with pytest.raises(stop):
            training.train(sgd, entry, dataset, initial(sgd), interrupt)
        monkeypatch.undo()
        training.train(sgd, entry, dataset, initial(sgd))

    assert same(final_of(entry), final_of(run(sgd)))
    assert not entry.has("learned.safetensors")


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
