"""The recipe on tiny networks: what is recorded, what repeats, what a kill leaves."""

import json

import keras
import numpy as np
import pytest

from indicators import schedule, training
from indicators.errors import InputError
from indicators.weights import alignment, cosine_distance, norm_ratio

KEYS = {
    "epoch", "learning_rate", "train_loss", "train_accuracy", "validation_loss", "validation_accuracy", "seconds",
    "layers",
}  # fmt: skip


@pytest.fixture(scope="module")
def initial(dataset):
    """A function that returns the initial weights of a spec's seed."""
    return lambda spec: training.model_arrays(training.build(spec.untrained, dataset))


@pytest.fixture
def run(store, dataset, initial):
    """A function that trains a spec and returns its record, final weights and layout."""

    def run(spec, store=store):
        entry = store.entry(spec)
        with entry.lock:
            training.train(spec, entry, dataset, initial(spec))
        return json.loads(entry.read("history.json")), *entry.read_arrays("final.safetensors")

    return run


def same(left, right):
    assert left.keys() == right.keys()
    return all(np.array_equal(left[name], right[name]) for name in left)


# --- What is recorded -------------------------------------------------------------------------------


@pytest.mark.parametrize("optimizer", ["sgd", "wdecay", "layca"])
def test_every_epoch_is_recorded_whole_and_finite(make_study, run, optimizer):
    record, _, _ = run(make_study().model(optimizer, "low", 0))

    assert [epoch["epoch"] for epoch in record["epochs"]] == [1, 2]
    for epoch in record["epochs"]:
        assert set(epoch) == KEYS
        assert {len(values) for values in epoch["layers"].values()} == {3}
        numbers = [value for name, value in epoch.items() if name != "layers"] + sum(epoch["layers"].values(), [])
        assert np.isfinite(numbers).all()
    assert list(record["accuracy"]) == ["train_running", "train", "validation", "test"]
    assert record["provenance"]["keras"] == keras.__version__


def test_the_last_record_of_the_layers_is_that_of_the_stored_kernels(make_study, run, initial):
    spec = make_study().model("sgd", "high", 0)
    record, final, layout = run(spec)

    start = initial(spec)
    assert list(layout["kernels"]) == ["Conv1", "Conv2", "Dense1"]
    for indicator in (cosine_distance, norm_ratio, alignment):
        expected = [indicator(start[name], final[name]) for name in layout["kernels"].values()]
        assert record["epochs"][-1]["layers"][indicator.__name__] == expected


def test_recorded_accuracies_are_those_of_the_stored_weights(make_study, run, dataset):
    spec = make_study().model("sgd", "high", 0)
    record, final, _ = run(spec)

    model = training.build(spec, dataset)
    training.load_arrays(model, final)
    for name in ("train", "validation", "test"):
        split = getattr(dataset, name)
        predicted = np.argmax(model(dataset.normalize(split.images)), axis=1)
        assert record["accuracy"][name] == pytest.approx(np.mean(predicted == split.labels), abs=1e-6)
    assert record["accuracy"]["train_running"] == record["epochs"][-1]["train_accuracy"]


def test_keep_epochs_stores_the_weights_of_every_epoch(make_study, run, store):
    spec = make_study(keep_epochs=True, max_epochs=3).model("sgd", "low", 0)
    _, final, layout = run(spec)

    entry = store.entry(spec)
    names = [name for name in entry.names() if name.startswith("epoch-")]
    assert names == [f"epoch-{number:04d}.safetensors" for number in (1, 2, 3)]
    first, last = entry.read_arrays(names[0]), entry.read_arrays(names[-1])
    assert same(last[0], final)
    assert not same(first[0], final)
    assert first[1] == layout


def test_nothing_of_an_epoch_stays_without_keep_epochs(make_study, run, store):
    spec = make_study().model("sgd", "low", 0)
    run(spec)

    assert store.entry(spec).names() == ["final.safetensors", "history.json"]
    on_disk = {path.name for path in store.entry(spec).folder.iterdir()}
    assert on_disk == {"final.safetensors", "history.json", "manifest.json", "spec.json"}


# --- What repeats -----------------------------------------------------------------------------------


def test_the_nine_models_of_a_seed_start_from_the_same_weights(make_study, dataset, store):
    study = make_study(seeds=2)
    starts = {}
    for spec in study.models():
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(training, "_finish", lambda *_: None)
            patch.setattr(training.schedule, "finished", lambda *_: True)
            kept = []
            restore = training._restore
            patch.setattr(training, "_restore", lambda model, *rest: kept.append(model) or restore(model, *rest))
            untrained = store.entry(spec.untrained)
            training.prepare_untrained(spec.untrained, untrained, dataset)
            training.train(spec, store.entry(spec), dataset, untrained.read_arrays("initial.safetensors")[0])
        starts.setdefault(spec.seed, []).append(training.model_arrays(kept[0]))

    assert [len(group) for group in starts.values()] == [9, 9]
    for group in starts.values():
        assert all(same(group[0], other) for other in group)
    assert not np.array_equal(starts[0][0]["000.kernel"], starts[1][0]["000.kernel"])


def test_the_order_of_images_is_of_the_epoch_and_the_seed_and_the_same_in_every_run(
    make_study, store, dataset, initial, monkeypatch
):
    orders = {}

    class Recording(training._Batches):
        def __init__(self, dataset, split, size, order=None):
            super().__init__(dataset, split, size, order)
            if order is not None:
                orders.setdefault(key, []).append(tuple(order))

    monkeypatch.setattr(training, "_Batches", Recording)
    study = make_study(seeds=2)
    for key in (("sgd", 0, "once"), ("sgd", 0, "again"), ("layca", 0, "once"), ("sgd", 1, "once")):
        spec = study.model(key[0], "low", key[1])
        training.train(spec, type(store)(store.root / key[2]).entry(spec), dataset, initial(spec))

    first = orders["sgd", 0, "once"]
    assert [sorted(order) for order in first] == 2 * [list(range(48))]
    assert first[0] != first[1]
    assert first == orders["sgd", 0, "again"] == orders["layca", 0, "once"]
    assert not set(first) & set(orders["sgd", 1, "once"])


@pytest.mark.parametrize("parameters", [{}, {"normalized": False}, {"dropout": 0.4}, {"scaled": True}], ids=str)
def test_the_same_spec_gives_the_same_bits_in_any_architecture(make_study, run, store, parameters):
    spec = make_study(parameters=parameters).model("sgd", "high", 0)
    record, final, _ = run(spec)
    again, final_again, _ = run(spec, type(store)(store.root / "again"))

    assert same(final, final_again)
    for epoch in record["epochs"] + again["epochs"]:
        del epoch["seconds"]
    assert record["epochs"] == again["epochs"]


# --- When the rate falls and when training ends -----------------------------------------------------


def test_the_rate_of_every_epoch_is_the_one_that_the_schedule_says(make_study, run):
    recipe = {"plateau_min_delta": 1.0, "plateau_patience": 1, "max_epochs": 5, "min_learning_rate": 0.001}
    spec = make_study(**recipe).model("sgd", "low", 0)
    record, _, _ = run(spec)

    rates = [epoch["learning_rate"] for epoch in record["epochs"]]
    assert rates == pytest.approx([0.01, 0.01, 0.002, 0.001, 0.001])
    expected = [schedule.next_learning_rate(0.01, record["epochs"][:k], spec.recipe) for k in range(5)]
    assert rates == pytest.approx(expected)


def test_training_stops_once_the_target_is_reached(make_study, run):
    record, _, _ = run(make_study(target_accuracy=0.05, max_epochs=9).model("sgd", "low", 0))

    assert len(record["epochs"]) == 1
    assert record["reached"] is True


def test_training_stops_at_its_last_epoch_with_the_target_not_reached(make_study, run):
    record, _, _ = run(make_study(max_epochs=3).model("layca", "low", 0))

    assert len(record["epochs"]) == 3
    assert record["reached"] is False


# --- The three optimizers, and the precision --------------------------------------------------------


def test_the_loss_of_wdecay_contains_the_penalty(make_study, dataset, initial):
    study = make_study(l2=0.01)
    losses = {}
    for optimizer in ("sgd", "wdecay"):
        model = training.compiled(study.model(optimizer, "low", 0), dataset)
        losses[optimizer] = training.evaluate(model, dataset, dataset.train)[0]

    start = initial(study.model("sgd", "low", 0))
    penalty = 0.01 * sum(float(np.sum(array**2)) for name, array in start.items() if name.endswith("kernel"))
    assert penalty > 0.05
    assert losses["wdecay"] - losses["sgd"] == pytest.approx(penalty, rel=1e-5)


def test_layca_keeps_the_norm_of_every_kernel(make_study, run, initial):
    spec = make_study(max_epochs=4).model("layca", "high", 0)
    record, final, layout = run(spec)

    start = initial(spec)
    for name in layout["kernels"].values():
        assert np.linalg.norm(final[name]) == pytest.approx(np.linalg.norm(start[name]), rel=1e-5)
    assert min(record["epochs"][-1]["layers"]["cosine_distance"]) > 0.01


def test_bfloat16_computes_otherwise_and_keeps_weights_in_float32(make_study, run, store):
    study, half = make_study(), make_study(precision="bfloat16")
    _, exact, _ = run(study.model("sgd", "high", 0))
    record, final, _ = run(half.model("sgd", "high", 0))
    _, exact_again, _ = run(study.model("sgd", "high", 0), type(store)(store.root / "again"))

    assert {array.dtype for array in final.values()} == {np.dtype(np.float32)}
    assert np.isfinite(record["epochs"][-1]["train_loss"])
    assert not same(exact, final)
    assert same(exact, exact_again)  # one precision does not linger in the next training of the process


@pytest.mark.parametrize("rate", [1e30, 1e12])
@pytest.mark.parametrize("normalized", [True, False], ids=["normalized", "bare"])
@pytest.mark.parametrize("optimizer", ["sgd", "wdecay"])
def test_a_diverging_rate_is_an_error_that_names_cell_epoch_rate_and_what_to_do(
    make_study, store, dataset, initial, optimizer, normalized, rate
):
    study = make_study(parameters={"normalized": normalized}, max_epochs=6)
    table = study.model(optimizer, "high", 0).model_dump() | {"learning_rate": rate}
    spec = type(study.model(optimizer, "high", 0)).model_validate(table)

    with pytest.raises(InputError) as error:
        training.train(spec, store.entry(spec), dataset, initial(spec))

    for word in (f"{optimizer} high, seed 0", "epoch 1", f"learning_rate={rate}", "smaller one in the study file"):
        assert word in str(error.value)
    assert not store.entry(spec).has("final.safetensors")
