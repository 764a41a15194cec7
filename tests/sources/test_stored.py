"""What the measurements of a study look like, read from the store."""

import json

import numpy as np
import pytest
import xarray as xr

from indicators import plans
from indicators.errors import InputError, NotApplicable, NotMeasured
from indicators.measures.catalog import INDICATORS
from indicators.networks import training
from indicators.sources import stored
from indicators.sources.layout import State, file_name, to_bytes
from indicators.sources.stored import Measurements
from indicators.specs import LEVELS, OPTIMIZERS, ArchitectureSpec, ModelSpec

LAYERS = ["Conv1", "Conv2", "Dense1"]
PLANNED = plans.poolings(ArchitectureSpec(parameters={"depth": 11}))
ACCURACIES = {"train_running": 0.9, "train": 0.8, "validation": 0.7, "test": 0.6}


@pytest.fixture(scope="module")
def study(make_study):
    return make_study(seeds=2)


@pytest.fixture
def assembled(store, study):
    """Measurements of a study in which every value tells its cell: 100 x seed + 10 x optimizer + level + layer / 10."""
    row = INDICATORS["pairwise_nmi"]
    for spec in [*study.models(), *study.untrained()]:
        cell = 100.0 * spec.seed
        if isinstance(spec, ModelSpec):
            cell += 10 * OPTIMIZERS.index(spec.optimizer) + LEVELS.index(spec.level)
            log = {"accuracy": {split: cell + value for split, value in ACCURACIES.items()}}
            store.entry(spec).write("history.json", json.dumps(log).encode())
        values = xr.DataArray(cell + np.array([0.1, 0.2, 0.3]), {"layer": LAYERS}, ("layer",))
        store.entry(spec).write(file_name(row, study.measuring), to_bytes(row, values))
    return Measurements(study, store)


def test_every_network_stands_in_its_cell(assembled):
    values = assembled.measurement("pairwise_nmi")

    assert values.dims == ("seed", "optimizer", "level", "layer")
    assert {name: values[name].values.tolist() for name in values.dims} == {
        "seed": [0, 1], "optimizer": list(OPTIMIZERS), "level": list(LEVELS), "layer": LAYERS
    }  # fmt: skip
    for seed, i, j in np.ndindex(2, 3, 3):
        cell = values.sel(seed=seed, optimizer=OPTIMIZERS[i], level=LEVELS[j])
        assert cell.values == pytest.approx(100 * seed + 10 * i + j + np.array([0.1, 0.2, 0.3]))


def test_what_a_training_did_not_keep_is_not_applicable_and_says_what_to_do(store, study):
    for spec in study.models():
        store.entry(spec).write_arrays("final.safetensors", {"x": np.zeros(1)}, {})
    measurements = Measurements(study, store)

    with pytest.raises(NotApplicable) as raised:
        measurements.measurement("label_information_by_difficulty")

    words = ("sgd low, seed 0", "trained before", "delete ", "run `indicators measure --study tiny`")
    assert all(word in str(raised.value) for word in words)
    with pytest.raises(NotMeasured, match="entropy of sgd low, seed 0 is not measured"):
        measurements.measurement("entropy")


def test_a_history_has_a_row_for_every_epoch_and_gaps_after_the_last(store, study):
    for number, spec in enumerate(study.models()):
        epochs = [
            dict.fromkeys(stored.QUANTITIES, epoch) | {"epoch": epoch, "layers": {"cosine_distance": [epoch] * 3}}
            for epoch in range(1, 2 + number % 2)
        ]
        store.entry(spec).write("history.json", json.dumps({"epochs": epochs, "accuracy": ACCURACIES}).encode())
        store.entry(spec).write_arrays("final.safetensors", {}, {"kernels": dict.fromkeys(LAYERS, "")})
    found = Measurements(study, store)

    history, distances = (found.measurement(name) for name in ("history", "cosine_distance_by_epoch"))

    assert history.dims == ("seed", "optimizer", "level", "epoch", "quantity")
    assert distances.dims == ("seed", "optimizer", "level", "epoch", "layer")
    for values in (history, distances):
        assert values.epoch.values.tolist() == [1, 2]
        assert (values.sel(epoch=1) == 1).all()
        assert values.sel(epoch=2).isnull().mean() == pytest.approx(0.5)
    with pytest.raises(NotApplicable, match=r"ends its trainings at their target \(epochs_beyond = 0\)"):
        found.measurement("accuracy_beyond")


def test_what_is_not_measured_on_test_images_is_not_applicable(assembled):
    with pytest.raises(NotApplicable, match="'norm_ratio' is not measured on test images"):
        assembled.measurement("norm_ratio", images="test")
    with pytest.raises(InputError, match=r"pairwise_nmi of .* is not measured; run `indicators measure"):
        assembled.measurement("pairwise_nmi", images="test")


def test_accuracies_come_from_the_log_of_the_training(assembled):
    values = assembled.measurement("accuracy")

    assert values.dims == ("seed", "optimizer", "level", "split")
    assert values.sel(seed=1, optimizer="layca", level="medium", split="test") == pytest.approx(121.6)
    assert values.split.values.tolist() == list(ACCURACIES)


def test_untrained_networks_have_a_seed_and_no_cell(assembled):
    values = assembled.untrained("pairwise_nmi")

    assert values.dims == ("seed", "layer")
    assert values.sel(layer="Conv2").values == pytest.approx([0.2, 100.2])


def test_untrained_networks_are_read_with_the_statistics_asked_for(assembled, store, study):
    row = INDICATORS["pairwise_nmi"]
    for spec in study.untrained():
        values = xr.DataArray([7.0, 8.0, 9.0], {"layer": LAYERS}, ("layer",))
        name = file_name(row, study.measuring, State(None, "estimated"))
        store.entry(spec).write(name, to_bytes(row, values))

    assert assembled.untrained("pairwise_nmi", statistics="estimated").sel(seed=0).values.tolist() == [7, 8, 9]
    assert assembled.untrained("pairwise_nmi").sel(seed=0).values == pytest.approx([0.1, 0.2, 0.3])


def test_a_measurement_of_neurons_is_the_mean_of_those_that_have_a_number(store, study):
    row = INDICATORS["silhouette_cosine"]
    values = np.array([[0.25, np.nan, 0.75], [np.nan, np.nan, np.nan], [0.5, 0.5, 0.5]])
    for spec in study.models():
        array = xr.DataArray(values, {"layer": LAYERS, "neuron": range(3)}, ("layer", "neuron"))
        store.entry(spec).write(file_name(row, study.measuring), to_bytes(row, array))
    of_study = Measurements(study, store)

    mean = of_study.measurement("silhouette_cosine")
    assert mean.dims == ("seed", "optimizer", "level", "layer")
    np.testing.assert_array_equal(mean[1, 2, 0], [0.5, np.nan, 0.5])
    assert (mean.attrs["undefined"], mean.attrs["resolution"]) == ("neurons that are ignored", 1 / 20)
    assert of_study.by_neuron("silhouette_cosine").dims == ("seed", "optimizer", "level", "layer", "neuron")


def test_layers_are_named_in_the_order_of_the_network(store, study, dataset):
    spec = study.model("sgd", "low", 0).untrained
    model = training.build(spec, dataset)
    initial, layout = training.model_arrays(model), training.layout(model)
    store.entry(spec).write_arrays("initial.safetensors", initial, layout)

    found = Measurements(study, store)
    assert found.layers == tuple(LAYERS)
    assert found.kernel_shapes == {layer: initial[name].shape for layer, name in layout["kernels"].items()}


@pytest.mark.parametrize(
    ("spec", "poolings", "classes"),
    [
        pytest.param({}, {}, None, id="of a user's function and images"),
        pytest.param({"architecture": {"parameters": {"depth": 11}}}, PLANNED, None, id="of a VGG"),
        pytest.param({"data": {"train": 48, "validation": 24, "test": 30}}, {}, 10, id="of CIFAR-10"),
    ],
)
def test_of_a_network_stored_before_it_was_said_only_what_its_spec_says_is_known(store, study, spec, poolings, classes):
    changed = study.changed(**spec)
    store.entry(next(changed.untrained())).write_arrays("initial.safetensors", {}, {"kernels": {}})

    found = Measurements(changed, store)

    assert (found.poolings, found.classes) == (poolings, classes)


def test_the_machines_that_trained_are_named_with_their_seeds(store, study):
    for model in study.models():
        versions = {"python": "3.12" if model.seed == 0 or model.level == "low" else "3.13"}
        store.entry(model).write("history.json", json.dumps({"provenance": versions}).encode())

    one, other = {"seeds": [0, 1], "python": "3.12"}, {"seeds": [1], "python": "3.13"}
    assert sorted(Measurements(study, store).trained_with, key=str) == sorted([one, other], key=str)


def test_measurements_state_their_resolution_at_the_settings_of_the_study(assembled):
    # 48, 24 and 30 images to evaluate; 50 pairs.
    assert assembled.measurement("accuracy").attrs["resolution"] == pytest.approx(1 / 24)
    assert assembled.measurement("pairwise_nmi").attrs["resolution"] == pytest.approx(1 / 50)
    assert assembled.untrained("pairwise_nmi").attrs["resolution"] == pytest.approx(1 / 50)


def test_a_measurement_is_read_once(assembled, store):
    first = assembled.measurement("pairwise_nmi")
    for path in store.root.glob("models/*/*.nc"):
        path.unlink()

    assert assembled.measurement("pairwise_nmi") is first


def test_a_missing_measurement_says_which_and_what_to_run(assembled):
    with pytest.raises(InputError) as error:
        assembled.measurement("norm_ratio")

    assert str(error.value) == ("norm_ratio of sgd low, seed 0 is not measured; run `indicators measure --study tiny`")


def test_what_is_not_in_the_catalog_is_not_applicable(assembled):
    with pytest.raises(NotApplicable, match=r"'sharpness' is not in the catalog"):
        assembled.measurement("sharpness")


@pytest.mark.parametrize("name", ["cosine_distance", "magnitude_pruning", "accuracy"])
def test_what_only_training_brings_about_is_not_applicable_to_untrained_networks(assembled, name):
    with pytest.raises(NotApplicable, match=f"'{name}' is not measured on untrained networks"):
        assembled.untrained(name)
