"""The catalog applied to stored networks."""

import numpy as np
import pytest

from indicators.errors import InputError
from indicators.measures.catalog import CATALOG, INDICATORS
from indicators.measures.information import binarize, label_information, nmi_across
from indicators.measures.inputs import Layer
from indicators.measures.trajectories import Following
from indicators.measures.trajectories.learning import Learning, learned_at, learned_early
from indicators.measures.weights import cosine_distance
from indicators.networks import forward, training
from indicators.sources.layout import State, file_name, from_bytes
from indicators.specs import MeasuringSpec
from indicators.store import Store
from indicators.study import measuring
from indicators.study.measuring import forward_images, measure, missing, plan, require_names

LAYERS = ["Conv1", "Conv2", "Dense1"]


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
    learned = Learning.start(spec.data.train, spec.seed)
    for share in (0.3, 0.6, 0.9):
        learned = learned.after(np.random.default_rng(spec.seed).random(len(learned.images)) < share)
    store.entry(spec).write_arrays("learned.safetensors", learned.arrays, {})
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
    return from_bytes(store.entry(spec).read(file_name(INDICATORS[name], settings)))


@pytest.mark.parametrize("row", [row for row in CATALOG if row.needs != "record"], ids=lambda row: row.name)
def test_every_indicator_is_stored_with_its_labels_and_within_its_bounds(measured, study, row):
    store, spec = measured
    values = stored(store, spec, row.name, study.measuring)

    layers = {} if row.needs in ("pruning", "trajectory", "layers") else {"layer": 3}
    neurons = {"neuron": 3} if row.needs == "neuron" else {}
    curves = ({"draw": 2} if row.sweep.draws else {}) | {"fraction": len(row.sweep.fractions)}
    curves = curves if row.needs == "pruning" else {}
    assert dict(values.sizes) == layers | neurons | curves | {axis: len(labels) for axis, labels in row.axes.items()}
    if "layer" in values.dims:
        assert values.layer.values.tolist() == LAYERS
    if "fraction" in values.dims:
        np.testing.assert_array_equal(values.fraction, row.sweep.fractions)
    assert row.undefined or row.needs == "neuron" or np.isfinite(values).all()
    assert not ((values < row.bounds[0]) | (values > row.bounds[1])).any()
    assert (values.name, values.attrs["unit"], values.attrs["version"]) == (row.name, row.unit, row.version)


def test_mark_information_is_what_neurons_tell_of_marks_put_at_random_on_test_images(
    measured, study, dataset, weights, monkeypatch
):
    store, spec = measured
    looked_at = []
    row = INDICATORS["mark_information"]
    plain = measuring.marked
    monkeypatch.setattr(measuring, "marked", lambda *both: looked_at.append(both) or plain(*both))
    again = Store(store.root / "again")
    put(again, spec, weights)
    measure(spec, again, dataset, study.measuring, only=[row.name])

    (images, marks), *others = looked_at
    known = {image.tobytes(): label for image, label in zip(*dataset.test, strict=True)}
    labels = np.array([known[image.tobytes()] for image in images])
    network = forward.Network(spec, dataset, again.entry(spec).read_arrays("final.safetensors")[0])
    expected = [
        row.of(Layer(maps.reshape(len(maps), -1), marks, pairs=1, seed=0))
        for _, maps in network.activations(dataset.normalize(plain(images, marks)))
    ]
    assert others == []
    assert len(images) == study.measuring.images
    assert 0 < np.mean(marks == labels) < 0.7  # chance, of three
    np.testing.assert_array_equal(stored(again, spec, row.name, study.measuring), expected)
    np.testing.assert_array_equal(stored(store, spec, row.name, study.measuring), expected)


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
    values = from_bytes(store.entry(spec).read(file_name(newer, study.measuring)))
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

    assert (
        sum(counted)
        == forward_images(spec, study.measuring)
        == 3 * 20 + 48 + 30 + 3 * 26 * 30 + 4 * 8 * 30 + 2 * 8 * 20
    )
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
    assert forward_images(spec, study.measuring, only=["pairwise_nmi_across_layers"]) == 20
    assert forward_images(spec, study.measuring, only=["label_information_by_difficulty"]) == 48


def test_a_measuring_that_stops_at_the_first_layer_has_what_is_pruned(store, study, weights, dataset):
    spec = study.model("sgd", "low", 0)
    put(store, spec, weights)

    def stop(*, indicator, **_):
        if indicator.startswith(("activations", "inputs")):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        measure(spec, store, dataset, study.measuring, stop)

    lacking = {row.needs for state, row in missing(spec, store.entry(spec), study.measuring) if state == State()}
    assert lacking == {"layer", "layers", "followed", "marked", "neuron"}


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
        assert from_bytes(data).values[0] == expected
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
    stored_, estimated = (from_bytes(store.entry(spec.untrained).read(name)).values for name in files)

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
    values = from_bytes(store.entry(spec).read(file_name(row, study.measuring, state))).values

    images = dataset.normalize(dataset.test.images[measuring._choose(30, 20, [measuring.IMAGE_SEED, spec.seed])])
    network = forward.Network(spec, dataset, store.entry(spec).read_arrays("final.safetensors")[0])
    maps = [array.reshape(len(images), -1) for _, array in network.activations(images)]
    assert values.tolist() == [np.mean(~(layer > 0).any(axis=0)) for layer in maps]
    assert {row.name for row in plan(spec)[1][1]} == {row.name for row in CATALOG if row.held_out}
    assert all(not row.held_out or row.needs == "layer" for row in CATALOG)


# --- All layers at once, and what was learned while training ------------------------------------------


def layers_on(spec, store, dataset, chosen):
    network = forward.Network(spec, dataset, store.entry(spec).read_arrays("final.safetensors")[0])
    maps = network.activations(dataset.normalize(dataset.train.images[chosen]))
    return [array.reshape(len(chosen), -1) for _, array in maps]


def test_layers_are_compared_with_those_one_and_two_further_on(measured, study, dataset):
    store, spec = measured
    chosen = measuring._choose(48, 20, [measuring.IMAGE_SEED, spec.seed])
    active = [binarize(layer) for layer in layers_on(spec, store, dataset, chosen)]

    def of_all_pairs(first, second):
        pairs = [(i, j) for i in range(first.shape[1]) for j in range(second.shape[1])]
        return nmi_across(first, second, pairs)

    values = stored(store, spec, "pairwise_nmi_across_layers", study.measuring)
    assert values.sel(distance=[4, 8]).isnull().all()
    # Fifty pairs are drawn.
    every = of_all_pairs(active[0], active[2])
    assert values.sel(distance=2).item() == pytest.approx(every.mean(), abs=4 * every.std() / 50**0.5)
    floor = stored(store, spec, "pairwise_nmi_across_layers_floor", study.measuring)
    assert (floor.sel(distance=[1, 2]) > 0).all()


def test_rows_of_all_layers_alone_are_what_they_are_among_others(measured, store, study, weights, dataset):
    whole, spec = measured
    put(store, spec, weights)

    measure(spec, store, dataset, study.measuring, only=["pairwise_nmi_across_layers"])

    found, expected = (stored(of, spec, "pairwise_nmi_across_layers", study.measuring) for of in (store, whole))
    assert found.equals(expected)


def test_information_is_that_on_the_images_that_were_learned_early_and_late(measured, study, dataset):
    store, spec = measured
    followed, _ = store.entry(spec).read_arrays("learned.safetensors")
    early = learned_early(learned_at(followed["right"]))

    values = stored(store, spec, "label_information_by_difficulty", study.measuring)
    for name, half in (("easy", early), ("hard", ~early)):
        layers = layers_on(spec, store, dataset, followed["images"][half])
        labels = dataset.train.labels[followed["images"][half]]
        for number, layer in enumerate(layers):
            told = label_information(binarize(layer), labels).mean()
            of_layer = Layer(layer, labels, pairs=1, seed=[measuring.PAIR_SEED, spec.seed, number], label_draws=2)
            expected = told - of_layer.floor(label_information).mean()
            assert values.sel(difficulty=name).values[number] == pytest.approx(expected)


def test_a_network_that_was_trained_before_images_were_asked_about_is_measured_but_for_them(
    store, study, weights, dataset
):
    spec = study.model("sgd", "low", 0)
    put(store, spec, weights)
    (store.entry(spec).folder / "learned.safetensors").unlink()
    only = ["label_information_by_difficulty", "entropy"]

    assert [row.name for _, row in missing(spec, store.entry(spec), study.measuring, only=only)] == ["entropy"]
    measure(spec, store, dataset, study.measuring, only=only)

    assert list(missing(spec, store.entry(spec), study.measuring, only=only)) == []
    assert stored(store, spec, "entropy", study.measuring).sizes == {"layer": 3}


def test_silhouettes_around_poolings_are_those_of_the_layer_that_follows_one(measured, study, dataset):
    store, spec = measured
    more = MeasuringSpec.model_validate(study.measuring.model_dump() | {"neurons": 40, "clustering_images": 30})
    measure(spec, store, dataset, more, only=["silhouette_by_pooling", "silhouette_cosine"])

    values, usual = (stored(store, spec, name, more) for name in ("silhouette_by_pooling", "silhouette_cosine"))
    assert values.sel(layer=["Conv1", "Dense1"]).isnull().all()
    after, both = values.sel(layer="Conv2", side="after"), values.sel(layer="Conv2").notnull().all("side")
    assert both.any()
    assert (after == usual.sel(layer="Conv2")).where(both, True).all()
    assert (values.sel(layer="Conv2", side="before") != after).where(both, True).all()
