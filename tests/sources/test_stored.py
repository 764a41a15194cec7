"""The catalog applied to stored networks, and what a study's measurements look like."""

import json

import numpy as np
import pytest
import xarray as xr

from indicators.errors import InputError, NotApplicable
from indicators.measures import clustering
from indicators.measures.catalog import CATALOG, INDICATORS
from indicators.measures.inputs import Layer, Neuron
from indicators.measures.trajectories import Following
from indicators.measures.weights import cosine_distance
from indicators.networks import forward, training
from indicators.sources import stored as measurements
from indicators.sources.stored import Measurements, State, file_name
from indicators.specs import LEVELS, OPTIMIZERS, MeasuringSpec, ModelSpec
from indicators.store import Store
from indicators.study import measuring
from indicators.study.measuring import forward_images, measure, missing, plan, require_names

LAYERS = ["Conv1", "Conv2", "Dense1"]
ACCURACIES = {"train_running": 0.9, "train": 0.8, "validation": 0.7, "test": 0.6}


@pytest.fixture(scope="module")
def study(make_study):
    return make_study(seeds=2)


@pytest.fixture(scope="module")
def weights(dataset):
    """A function that returns initial and final weights of a spec, as if it had been trained."""

    def weights(spec):
        model = training.build(spec, dataset)
        initial = training.model_arrays(model)
        rng = np.random.default_rng(5)
        final = {name: array + rng.normal(0, 0.05, array.shape).astype(np.float32) for name, array in initial.items()}
        return initial, {k: abs(v) if "variance" in k else v for k, v in final.items()}, training.layout(model)

    return weights


def put(store, spec, weights):
    """Stores a network that looks trained."""
    initial, final, layout = weights(spec)
    store.entry(spec.untrained).write_arrays("initial.safetensors", initial, layout)
    kernels = [initial[name] for name in layout["kernels"].values()]
    course = Following.start(kernels, spec.seed)
    for share in (0.5, 1.0):
        course = course.after([array * (1 + share) for array in kernels], kernels)
    store.entry(spec).write_arrays("trajectory.safetensors", course.arrays, {})
    store.entry(spec).write_arrays("final.safetensors", final, layout)


@pytest.fixture(scope="module")
def measured(tmp_path_factory, study, weights, dataset):
    """A store with one measured network and its untrained one."""
    store, spec = Store(tmp_path_factory.mktemp("measured")), study.model("layca", "medium", 1)
    put(store, spec, weights)
    for each in (spec, spec.untrained):
        measure(each, store, dataset, study.measuring)
    return store, spec


@pytest.fixture
def no_forward(monkeypatch):
    """Whoever runs a network forward fails."""

    def refuse(*_):
        raise AssertionError("a network was run forward")

    monkeypatch.setattr(forward, "Network", refuse)


def stored(store, spec, name, settings):
    return measurements.from_bytes(store.entry(spec).read(file_name(INDICATORS[name], settings)))


# --- Measuring --------------------------------------------------------------------------------------


@pytest.mark.parametrize("row", [row for row in CATALOG if row.needs != "record"], ids=lambda row: row.name)
def test_every_indicator_is_stored_with_its_labels_and_within_its_bounds(measured, study, row):
    store, spec = measured
    values = stored(store, spec, row.name, study.measuring)

    layers = {} if row.needs in ("pruning", "trajectory") else {"layer": 3}
    neurons = {"neuron": 3} if row.needs == "neuron" else {}
    curves = ({"draw": 2} if row.sweep.draws else {}) | {"fraction": len(row.sweep.fractions)}
    curves = curves if row.needs == "pruning" else {}
    assert dict(values.sizes) == layers | neurons | curves | {axis: len(labels) for axis, labels in row.axes.items()}
    if "layer" in values.dims:
        assert values.layer.values.tolist() == LAYERS
    if "fraction" in values.dims:
        np.testing.assert_array_equal(values.fraction, row.sweep.fractions)
    assert row.undefined or row.needs == "neuron" or np.isfinite(values).all()
    assert row.bounds[0] <= values.min()
    assert values.max() <= row.bounds[1]
    assert (values.name, values.attrs["unit"], values.attrs["version"]) == (row.name, row.unit, row.version)


def test_an_untrained_network_has_the_measurements_that_need_no_training(measured):
    store, spec = measured

    names = {name.partition(".")[0] for name in store.entry(spec.untrained).names() if name.endswith(".nc")}
    assert names == {row.name for row in CATALOG if row.untrained}
    assert {"pairwise_nmi", "never_active"} <= names


def test_weights_are_compared_with_the_initial_ones_of_the_seed(measured, study, weights):
    store, spec = measured
    initial, final, layout = weights(spec)

    values = stored(store, spec, "cosine_distance", study.measuring)
    for layer, name in layout["kernels"].items():
        assert values.sel(layer=layer) == cosine_distance(initial[name], final[name])


def test_pruning_curves_start_at_the_accuracy_of_the_whole_network(measured, study, weights, dataset):
    store, spec = measured
    network = forward.Network(spec, dataset, weights(spec)[1])
    whole = network.accuracy(dataset.normalize(dataset.test.images), dataset.test.labels)

    assert stored(store, spec, "magnitude_pruning", study.measuring).sel(fraction=0) == whole
    random = stored(store, spec, "random_pruning", study.measuring)
    assert random.sel(fraction=0).values.tolist() == [whole, whole]
    assert not random.isel(draw=0).equals(random.isel(draw=1).assign_coords(draw=0))


def test_activations_are_measured_on_the_same_images_for_every_network_of_a_seed():
    draw = measuring._choose(48, 20, [measuring.IMAGE_SEED, 0])

    assert len(set(draw.tolist())) == 20
    assert draw.tolist() == measuring._choose(48, 20, [measuring.IMAGE_SEED, 0]).tolist()
    assert draw.tolist() != measuring._choose(48, 20, [measuring.IMAGE_SEED, 1]).tolist()


def test_every_seed_and_every_layer_has_neuron_pairs_of_its_own(store, study, weights, dataset, monkeypatch):
    seen = []

    def layer(*images, seed, **options):
        seen.append(seed)
        return Layer(*images, seed=seed, **options)

    monkeypatch.setattr(measuring, "Layer", layer)
    for seed in (0, 1):
        put(store, study.model("sgd", "low", seed), weights)
        measure(study.model("sgd", "low", seed).untrained, store, dataset, study.measuring)

    # Both states of an untrained network are looked at with the same pairs.
    assert 2 * len(set(map(tuple, seen))) == len(seen) == 4 * len(LAYERS)


@pytest.mark.usefixtures("no_forward")
def test_what_is_measured_is_not_measured_again(measured, study, dataset):
    store, spec = measured
    before = {path: path.stat().st_mtime_ns for path in store.entry(spec).folder.iterdir()}

    measure(spec, store, dataset, study.measuring)

    assert list(missing(spec, store.entry(spec), study.measuring)) == []
    assert {path: path.stat().st_mtime_ns for path in store.entry(spec).folder.iterdir()} == before


@pytest.mark.usefixtures("no_forward")
def test_another_version_of_an_indicator_is_measured_anew_and_alone(measured, study, dataset, monkeypatch):
    store, spec = measured
    newer = type(CATALOG[1])(**vars(INDICATORS["norm_ratio"]) | {"version": 99, "of": lambda *_: 0.125})
    rows = tuple(newer if row.name == "norm_ratio" else row for row in CATALOG)
    monkeypatch.setattr(measuring, "CATALOG", rows)

    assert [row for _, row in missing(spec, store.entry(spec), study.measuring)] == [newer]
    measure(spec, store, dataset, study.measuring)
    assert list(missing(spec, store.entry(spec), study.measuring)) == []
    values = measurements.from_bytes(store.entry(spec).read(file_name(newer, study.measuring)))
    assert values.values.tolist() == 3 * [0.125]


def test_other_settings_are_other_measurements(measured, study):
    store, spec = measured
    finer = MeasuringSpec.model_validate(study.measuring.model_dump() | {"pairs": 51})

    measured_rows = [row for row in CATALOG if row.needs != "record"]
    assert len(list(missing(spec, store.entry(spec), finer))) == sum(1 + row.held_out for row in measured_rows)


@pytest.mark.usefixtures("no_forward")
def test_a_damaged_measurement_is_measured_again_to_the_same_bits(measured, study, dataset):
    store, spec = measured
    name = file_name(INDICATORS["alignment"], study.measuring)
    before = store.entry(spec).read(name)
    (store.entry(spec).folder / name).write_bytes(before[:-1] + bytes([before[-1] ^ 1]))

    assert [row.name for _, row in missing(spec, store.entry(spec), study.measuring)] == ["alignment"]
    measure(spec, store, dataset, study.measuring)
    assert store.entry(spec).read(name) == before


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -0.5, 2.5], ids=str)
def test_a_number_that_cannot_be_is_never_stored(store, study, weights, dataset, monkeypatch, value):
    spec = study.model("sgd", "low", 0)
    put(store, spec, weights)
    row = type(CATALOG[1])(**vars(INDICATORS["cosine_distance"]) | {"of": lambda *_: value, "undefined": ""})
    monkeypatch.setattr(measuring, "CATALOG", (row,))

    with pytest.raises(ValueError, match=r"cosine_distance of sgd low, seed 0 is .* in 3 of 3 places; .*\[0, 2\]"):
        measure(spec, store, dataset, study.measuring)
    assert [name for name in store.entry(spec).names() if name.endswith(".nc")] == []


def test_measuring_without_weights_says_what_to_run(store, study, dataset):
    with pytest.raises(InputError, match=r"untrained, seed 0 is not made.*; run `indicators measure`"):
        measure(study.model("sgd", "low", 0), store, dataset, study.measuring)


def test_the_forecast_counts_every_image_that_is_run_forward(study, store, weights, dataset, monkeypatch):
    spec = study.model("sgd", "low", 0)
    put(store, spec, weights)
    counted = []

    class Counting(forward.Network):
        def accuracy(self, images, _):
            counted.append(len(images))
            return 0.5

        def activations(self, images):
            counted.append(len(images))
            return super().activations(images)

        def neurons(self, images, **options):
            counted.append(len(images))
            return super().neurons(images, **options)

        def estimate_statistics(self, images):
            counted.append(len(images))

    monkeypatch.setattr(forward, "Network", Counting)
    measure(spec, store, dataset, study.measuring)

    assert sum(counted) == forward_images(spec, study.measuring) == 2 * 20 + 30 + 3 * 26 * 30 + 4 * 8 * 30 + 2 * 8 * 20
    assert forward_images(spec.untrained, study.measuring) == 2 * (20 + 30) + 20


# --- Some indicators, some epoch, both statistics ----------------------------------------------------


@pytest.mark.usefixtures("no_forward")
def test_some_indicators_are_measured_alone(store, study, weights, dataset):
    spec = study.model("sgd", "low", 0)
    put(store, spec, weights)

    measure(spec, store, dataset, study.measuring, only=["hoyer_sparsity", "sign_flips"])

    assert {name.partition(".")[0] for name in store.entry(spec).names() if name.endswith(".nc")} == {
        "hoyer_sparsity", "sign_flips"
    }  # fmt: skip
    assert list(missing(spec, store.entry(spec), study.measuring, only=["sign_flips"])) == []
    assert forward_images(spec, study.measuring, only=["sign_flips"]) == 0
    assert forward_images(spec.untrained, study.measuring, only=["sign_flips"]) == 0
    assert forward_images(spec, study.measuring, only=["entropy"]) == 20
    assert forward_images(spec, study.measuring, only=["never_active"]) == 2 * 20


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("sharpness", "is no indicator; `indicators list indicators` names"),
        ("accuracy", "is kept while training: there is"),
    ],
)
def test_an_indicator_that_is_not_measured_is_refused(name, message):
    with pytest.raises(InputError, match=f"only='{name}' {message}"):
        require_names(["entropy", name])


def test_any_kept_epoch_is_measured_beside_the_end(store, study, weights, dataset):
    spec = study.model("sgd", "low", 0)
    put(store, spec, weights)
    initial, final, layout = weights(spec)
    halfway = {name: (initial[name] + final[name]) / 2 for name in initial}
    store.entry(spec).write_arrays("epoch-0002.safetensors", halfway, layout)

    for epoch in (None, 2):
        measure(spec, store, dataset, study.measuring, only=["cosine_distance", "never_active"], epoch=epoch)

    row, first = INDICATORS["cosine_distance"], next(iter(layout["kernels"].values()))
    for epoch, arrays in ((None, final), (2, halfway)):
        data = store.entry(spec).read(file_name(row, study.measuring, State(epoch)))
        expected = cosine_distance(initial[first], arrays[first])
        assert measurements.from_bytes(data).values[0] == expected
    assert list(missing(spec, store.entry(spec), study.measuring, only=["never_active"], epoch=2)) == []


def test_an_epoch_that_is_not_kept_says_which_are(store, study, weights, dataset):
    spec = study.model("sgd", "low", 0)
    put(store, spec, weights)
    initial, _, layout = weights(spec)
    store.entry(spec).write_arrays("epoch-0010.safetensors", initial, layout)

    with pytest.raises(
        InputError, match="epoch=3: the weights of sgd low, seed 0 are kept of epochs 10; a study whose"
    ):
        measure(spec, store, dataset, study.measuring, only=["entropy"], epoch=3)


def test_an_untrained_network_is_measured_with_both_statistics(measured, study, dataset, weights):
    store, spec = measured
    initial = weights(spec)[0]
    files = [file_name(INDICATORS["never_active"], study.measuring, State(None, of)) for of in ("stored", "estimated")]
    stored_, estimated = (measurements.from_bytes(store.entry(spec.untrained).read(name)).values for name in files)

    images = dataset.normalize(dataset.train.images[measuring._choose(48, 20, [measuring.IMAGE_SEED, spec.seed])])
    for values, estimate in ((stored_, False), (estimated, True)):
        network = forward.Network(spec.untrained, dataset, initial)
        if estimate:
            network.estimate_statistics(images)
        maps = [array.reshape(len(images), -1) for _, array in network.activations(images)]
        assert values.tolist() == [np.mean(~(layer > 0).any(axis=0)) for layer in maps]
    assert [state for state, _ in plan(spec.untrained)] == [State(), State(None, "estimated")]
    assert {row.needs for row in plan(spec.untrained)[1][1]} == {"layer", "neuron"}


def test_held_out_rows_are_measured_on_test_images_too(measured, study, dataset):
    store, spec = measured
    row, state = INDICATORS["never_active"], State(images="test")
    values = measurements.from_bytes(store.entry(spec).read(file_name(row, study.measuring, state))).values

    images = dataset.normalize(dataset.test.images[measuring._choose(30, 20, [measuring.IMAGE_SEED, spec.seed])])
    network = forward.Network(spec, dataset, store.entry(spec).read_arrays("final.safetensors")[0])
    maps = [array.reshape(len(images), -1) for _, array in network.activations(images)]
    assert values.tolist() == [np.mean(~(layer > 0).any(axis=0)) for layer in maps]
    assert {row.name for row in plan(spec)[1][1]} == {row.name for row in CATALOG if row.held_out}
    assert all(not row.held_out or row.needs == "layer" for row in CATALOG)


# --- The measurements of a study --------------------------------------------------------------------


@pytest.fixture
def assembled(store, study):
    """Measurements of a study in which every value tells its cell: 100 x seed + 10 x optimizer + level + layer / 10."""
    row = INDICATORS["pairwise_nmi"]
    for spec in [*study.models(), *study.untrained()]:
        cell = 100.0 * spec.seed
        if isinstance(spec, ModelSpec):
            cell += 10 * OPTIMIZERS.index(spec.optimizer) + LEVELS.index(spec.level)
            record = {"accuracy": {split: cell + value for split, value in ACCURACIES.items()}}
            store.entry(spec).write("history.json", json.dumps(record).encode())
        values = xr.DataArray(cell + np.array([0.1, 0.2, 0.3]), {"layer": LAYERS}, ("layer",))
        store.entry(spec).write(file_name(row, study.measuring), measurements.to_bytes(row, values))
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


def test_a_history_has_a_row_for_every_epoch_and_gaps_after_the_last(store, study):
    for number, spec in enumerate(study.models()):
        epochs = [
            dict.fromkeys(measurements.QUANTITIES, epoch) | {"epoch": epoch, "layers": {"cosine_distance": [epoch] * 3}}
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


def test_accuracies_come_from_the_training_record(assembled):
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
        store.entry(spec).write(name, measurements.to_bytes(row, values))

    assert assembled.untrained("pairwise_nmi", statistics="estimated").sel(seed=0).values.tolist() == [7, 8, 9]
    assert assembled.untrained("pairwise_nmi").sel(seed=0).values == pytest.approx([0.1, 0.2, 0.3])


def test_a_measurement_of_neurons_is_the_mean_of_those_that_have_a_number(store, study):
    row = INDICATORS["silhouette_cosine"]
    values = np.array([[0.25, np.nan, 0.75], [np.nan, np.nan, np.nan], [0.5, 0.5, 0.5]])
    for spec in study.models():
        array = xr.DataArray(values, {"layer": LAYERS, "neuron": range(3)}, ("layer", "neuron"))
        store.entry(spec).write(file_name(row, study.measuring), measurements.to_bytes(row, array))
    of_study = Measurements(study, store)

    mean = of_study.measurement("silhouette_cosine")
    assert mean.dims == ("seed", "optimizer", "level", "layer")
    np.testing.assert_array_equal(mean[1, 2, 0], [0.5, np.nan, 0.5])
    assert (mean.attrs["undefined"], mean.attrs["resolution"]) == ("neurons that are ignored", 1 / 20)
    assert of_study.by_neuron("silhouette_cosine").dims == ("seed", "optimizer", "level", "layer", "neuron")


def test_layers_are_named_in_the_order_of_the_network(store, study, weights):
    spec = study.model("sgd", "low", 0)
    put(store, spec, weights)
    initial, _, layout = weights(spec)

    found = Measurements(study, store)
    assert found.layers == tuple(LAYERS)
    assert found.kernel_shapes == {layer: initial[name].shape for layer, name in layout["kernels"].items()}


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


@pytest.mark.parametrize("few", [20, 30])
def test_a_neuron_is_looked_at_with_few_images_and_its_curve_with_all(few):
    rng = np.random.default_rng(0)
    inputs, weights = rng.normal(size=(30, 4)), rng.normal(size=4)
    active = inputs @ weights > 0
    neuron = Neuron(inputs, weights, active, few)

    for metric in clustering.METRICS:
        of_few = clustering.neighborhood_silhouette(inputs[:few], weights, active[:few], metric=metric)
        assert neuron.silhouettes[metric] == of_few
        of_all = clustering.neighborhood_curve(inputs, weights, active, metric=metric)
        np.testing.assert_array_equal(neuron.curve(metric), of_all.values)
