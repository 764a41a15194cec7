"""The thesis as transcribed: what is shipped of it, and that its numbers agree with each other."""

import tomllib

import numpy as np
import pytest

from indicators import plans
from indicators.measures.catalog import INDICATORS
from indicators.sources import transcribed
from indicators.specs import LEVELS, OPTIMIZERS, ArchitectureSpec
from indicators.specs.files import STUDIES, load_study

FILE = STUDIES / "thesis-2019.toml"
STUDY = transcribed.load(FILE)
CONVOLUTIONS = [f"Conv{index}" for index in range(1, 14)]
LAYERS = [*CONVOLUTIONS, "Dense1", "Dense2"]
CELLS = {"seed": [0], "optimizer": list(OPTIMIZERS), "level": list(LEVELS)}

PER_LAYER = (
    "cosine_distance",
    "norm_ratio",
    "alignment",
    "pairwise_nmi",
    "pairwise_nmi_minus_dead_pairs",
    "pairwise_nmi_live",
    "label_information",
    "label_nmi",
    "never_active",
    "zero_ratio_binarized",
)
PER_CONVOLUTION = (
    "silhouette_cosine",
    "silhouette_euclidean",
    "active_neighbors_cosine",
    "active_neighbors_euclidean",
)
LABELS = {
    "accuracy": {**CELLS, "split": ["train_running", "validation", "test"]},
    **{name: {**CELLS, "layer": LAYERS} for name in PER_LAYER},
    **{name: {**CELLS, "layer": CONVOLUTIONS} for name in PER_CONVOLUTION},
    "weights_removed_per_layer": {**CELLS, "level": ["high"], "layer": LAYERS},
    "opposed_share": {**CELLS, "optimizer": ["wdecay"], "level": ["high"], "layer": LAYERS},
    "silhouette_ignored": {**CELLS, "layer": CONVOLUTIONS, "reason": ["not told"]},
    "magnitude_pruning": {**CELLS, "fraction": 26},
    "random_pruning": {**CELLS, "draw": [0], "fraction": 26},
    "cosine_distance_by_epoch": {**CELLS, "layer": LAYERS, "epoch": 25},
    "neighborhood_curve": {
        **CELLS,
        "layer": ["Conv1", "Conv2", "Conv3", "Conv7", "Conv11", "Conv12", "Conv13"],
        "distance": ["cosine", "euclidean"],
        "size": 18,
    },
    "history": {
        **CELLS,
        "epoch": 25,
        "quantity": [
            "train_loss",
            "train_accuracy",
            "validation_loss",
            "validation_accuracy",
            "learning_rate",
        ],
    },
}
WITH_GAPS = ("cosine_distance_by_epoch", "neighborhood_curve", "history")


# --- what is shipped ---


def test_the_network_of_the_thesis_pools_as_its_architecture_does_and_tells_ten_classes():
    assert dict(STUDY.poolings) == plans.poolings(ArchitectureSpec())
    assert STUDY.classes == 10


def test_the_shipped_study_describes_itself():
    assert (STUDY.name, STUDY.scale, STUDY.seeds, STUDY.layers) == (
        "thesis-2019",
        "full",
        (0,),
        tuple(LAYERS),
    )


def test_folder_and_file_lead_to_the_same_study():
    assert transcribed.load(FILE.with_suffix("")) == STUDY


def test_a_study_known_by_name_leads_to_what_was_transcribed():
    assert transcribed.load(load_study("thesis-2019").folder) == STUDY


def test_exactly_the_expected_measurements_are_shipped():
    assert set(STUDY.names()) == set(LABELS)


@pytest.mark.parametrize("name", LABELS)
def test_dimensions_stand_in_canonical_order_with_their_labels_in_order(name):
    array = STUDY.measurement(name)

    assert array.name == name
    assert array.dims == tuple(LABELS[name])
    for dim, labels in LABELS[name].items():
        found = array[dim].values.tolist()
        if isinstance(labels, int):
            assert len(found) == labels
            assert found == sorted(found)
        else:
            assert found == labels


@pytest.mark.parametrize("name", STUDY.untrained_names())
def test_untrained_measurements_have_the_dimensions_of_the_trained_ones_but_optimizer_and_level(name):
    trained, untrained = STUDY.measurement(name), STUDY.untrained(name)

    assert untrained.dims == tuple(dim for dim in trained.dims if dim not in ("optimizer", "level"))
    for dim in untrained.dims:
        assert untrained[dim].values.tolist() == trained[dim].values.tolist()


@pytest.mark.parametrize("name", LABELS)
def test_values_are_missing_only_where_the_provenance_says_why(name):
    array = STUDY.measurement(name)

    assert bool(array.isnull().any()) == (name in WITH_GAPS) == ("gaps" in array.attrs)


def test_every_measurement_says_where_it_comes_from_and_how_exact_it_is():
    for name in STUDY.names():
        attrs = STUDY.measurement(name).attrs

        assert attrs["quality"] in ("exact", "digitized", "derived")
        assert attrs["resolution"] > 0
        assert attrs["source"]
        assert attrs["unit"]


def test_provenance_of_untrained_values_replaces_that_of_trained_ones():
    assert STUDY.measurement("label_information").attrs["quality"] == "digitized"
    assert STUDY.untrained("label_information").attrs["quality"] == "exact"
    assert STUDY.measurement("never_active").attrs["quality"] == "exact"
    assert STUDY.untrained("never_active").attrs["quality"] == "digitized"


def test_values_normalized_by_the_larger_entropy_say_so():
    for name in ("pairwise_nmi", "pairwise_nmi_minus_dead_pairs", "label_information", "label_nmi"):
        assert STUDY.measurement(name).attrs["variant"]["average_method"] == "max"


@pytest.mark.parametrize("name", [name for name in STUDY.names() if name in INDICATORS])
def test_a_transcribed_measurement_has_the_unit_and_the_bounds_of_the_measured_one(name):
    array = STUDY.measurement(name)
    low, high = INDICATORS[name].bounds

    assert array.attrs["unit"] == INDICATORS[name].unit
    assert low <= float(array.min()) <= float(array.max()) <= high


def test_learning_rates_and_batch_sizes_are_those_of_the_thesis():
    document = tomllib.loads(FILE.read_text())

    assert document["learning_rates"]["wdecay"] == {"low": 0.0007, "medium": 0.00245, "high": 0.12}
    assert document["learning_rates"]["layca"]["high"] == 0.03
    assert [document["batch_sizes"][optimizer]["low"] for optimizer in OPTIMIZERS] == [256, 128, 128]
    assert [document["epochs"][optimizer]["high"] for optimizer in OPTIMIZERS] == [20, 21, 25]


# --- values ---


@pytest.mark.parametrize(
    ("name", "where", "value"),
    [
        ("accuracy", {"optimizer": "wdecay", "level": "high", "split": "test"}, 0.8640),
        ("accuracy", {"optimizer": "wdecay", "level": "high", "split": "train_running"}, 0.9894),
        ("accuracy", {"optimizer": "layca", "level": "medium", "split": "validation"}, 0.7553),
        ("accuracy", {"optimizer": "sgd", "level": "low", "split": "validation"}, 0.6461),
        ("cosine_distance", {"optimizer": "layca", "level": "high", "layer": "Conv8"}, 0.9998369624227053),
        ("norm_ratio", {"optimizer": "wdecay", "level": "high", "layer": "Dense1"}, 14.5928),
        ("alignment", {"optimizer": "layca", "level": "high", "layer": "Conv1"}, -0.8636),
        ("magnitude_pruning", {"optimizer": "sgd", "level": "high", "fraction": 0.603333}, 0.4098),
        ("random_pruning", {"optimizer": "layca", "level": "high", "draw": 0, "fraction": 0.01}, 0.8516),
        ("weights_removed_per_layer", {"optimizer": "sgd", "level": "high", "layer": "Conv1"}, 27 / 1728),
        ("opposed_share", {"optimizer": "wdecay", "level": "high", "layer": "Conv6"}, 0.9298),
        ("silhouette_ignored", {"optimizer": "sgd", "level": "high", "layer": "Conv13", "reason": "not told"}, 12 / 20),
        ("pairwise_nmi", {"optimizer": "sgd", "level": "high", "layer": "Dense1"}, 0.1802),
        ("pairwise_nmi_minus_dead_pairs", {"optimizer": "sgd", "level": "high", "layer": "Conv13"}, 0.0528),
        ("label_information", {"optimizer": "wdecay", "level": "high", "layer": "Conv12"}, 0.1749),
        ("label_nmi", {"optimizer": "layca", "level": "low", "layer": "Dense1"}, 0.1247),
        ("never_active", {"optimizer": "layca", "level": "low", "layer": "Conv13"}, 90 / 2048),
        ("zero_ratio_binarized", {"optimizer": "sgd", "level": "high", "layer": "Dense1"}, 0.63),
        ("silhouette_cosine", {"optimizer": "layca", "level": "high", "layer": "Conv12"}, 0.4825),
        ("silhouette_euclidean", {"optimizer": "wdecay", "level": "high", "layer": "Conv13"}, 0.3373),
        ("active_neighbors_cosine", {"optimizer": "wdecay", "level": "low", "layer": "Conv4"}, 0.8902),
        ("active_neighbors_euclidean", {"optimizer": "sgd", "level": "high", "layer": "Conv13"}, 0.9913),
        (
            "neighborhood_curve",
            {"optimizer": "layca", "level": "high", "layer": "Conv1", "distance": "cosine", "size": 0.2},
            0.156,
        ),
        (
            "history",
            {"optimizer": "sgd", "level": "high", "epoch": 17, "quantity": "learning_rate"},
            0.02,
        ),
        (
            "cosine_distance_by_epoch",
            {"optimizer": "sgd", "level": "low", "layer": "Conv1", "epoch": 1},
            0.0228,
        ),
    ],
)
def test_a_value_is_the_printed_one(name, where, value):
    assert STUDY.measurement(name).sel(seed=0, **where).item() == value


def test_cosine_distances_of_the_best_sgd_network_are_those_of_the_thesis():
    found = STUDY.measurement("cosine_distance").sel(seed=0, optimizer="sgd", level="high").values

    expected = [
        0.888,
        0.726,
        0.690,
        0.634,
        0.607,
        0.536,
        0.504,
        0.410,
        0.299,
        0.249,
        0.228,
        0.243,
        0.294,
        0.201,
        0.397,
    ]
    assert found == pytest.approx(expected, abs=0.0005)


@pytest.mark.parametrize(
    ("name", "layer", "value"),
    [
        ("never_active", "Conv12", 0.233),
        ("pairwise_nmi", "Dense1", 0.0923),
        ("label_information", "Conv1", 0.012785618066464246),
        ("zero_ratio_binarized", "Dense2", 0.50),
        ("silhouette_cosine", "Conv2", 0.2979),
    ],
)
def test_an_untrained_value_is_the_printed_one(name, layer, value):
    assert STUDY.untrained(name).sel(seed=0, layer=layer).item() == value


@pytest.mark.parametrize("name", ["magnitude_pruning", "random_pruning"])
def test_removing_nothing_leaves_the_test_accuracy(name):
    intact = STUDY.measurement(name).sel(fraction=0.0).squeeze()

    assert intact.values.tolist() == STUDY.measurement("accuracy").sel(seed=0, split="test").values.tolist()


def test_norm_ratio_and_alignment_add_up_to_one_minus_the_cosine_distance():
    norm_ratio, alignment = STUDY.measurement("norm_ratio"), STUDY.measurement("alignment")

    gap = np.abs(norm_ratio + alignment - (1 - STUDY.measurement("cosine_distance")))

    assert float(gap.max()) <= 1.1e-4  # both are transcribed with four digits


def test_the_norm_of_layca_stays_within_what_the_plot_can_show():
    ratio = STUDY.measurement("norm_ratio").sel(optimizer="layca")

    assert float(np.abs(ratio - 1).max()) <= 0.002


def test_label_information_stays_below_what_a_neuron_that_is_on_or_off_can_hold():
    information = STUDY.measurement("label_information")

    assert float(information.min()) >= 0
    assert float(information.max()) <= np.log(2) / np.log(10) + 0.001


def test_with_the_larger_entropy_label_nmi_is_label_information():
    assert STUDY.measurement("label_nmi").equals(STUDY.measurement("label_information"))


def test_exact_and_digitized_label_information_agree_before_training():
    digitized = [129, 110, 81, 82, 89, 74, 74, 82, 74, 82, 75, 75, 74, 82, 136]

    found = STUDY.untrained("label_information").values.ravel()

    assert found == pytest.approx(np.array(digitized) / 10_000, abs=0.0006)


def test_what_is_taken_off_pairwise_nmi_is_the_square_of_the_share_of_dead_neurons():
    dead = STUDY.measurement("never_active")

    taken_off = STUDY.measurement("pairwise_nmi") - STUDY.measurement("pairwise_nmi_minus_dead_pairs")

    sampling = 3 * np.sqrt(np.maximum(dead**2, 1e-4) / 10_000)
    assert bool((np.abs(taken_off - dead**2) <= sampling + 0.0006).all())


@pytest.mark.parametrize("before", [False, True], ids=["trained", "untrained"])
def test_nmi_among_live_neurons_and_dead_pairs_make_up_the_nmi_of_all_pairs(before):
    read = STUDY.untrained if before else STUDY.measurement
    dead = read("never_active")

    among_live = read("pairwise_nmi_live")

    assert float(np.abs(among_live * (1 - dead) ** 2 - read("pairwise_nmi_minus_dead_pairs")).max()) <= 0.0001


def test_forty_percent_of_the_whole_network_were_removed():
    sizes = [1728, 36864, 73728, 147456, 294912, 589824, 589824, 1179648, *[2359296] * 5, 262144, 5120]

    removed = (STUDY.measurement("weights_removed_per_layer") * sizes).sum("layer")

    assert removed.values.ravel() == pytest.approx(np.full(3, int(0.4 * sum(sizes))), abs=1e-6)


def test_the_last_epoch_of_the_history_is_the_printed_accuracy():
    history, accuracy = STUDY.measurement("history"), STUDY.measurement("accuracy")

    for optimizer in OPTIMIZERS:
        for level in LEVELS:
            run = history.sel(seed=0, optimizer=optimizer, level=level).dropna("epoch")
            last = run.isel(epoch=-1)
            final = accuracy.sel(seed=0, optimizer=optimizer, level=level)
            assert run.epoch.values.tolist() == list(range(1, run.sizes["epoch"] + 1))
            assert last.sel(quantity="train_accuracy") == final.sel(split="train_running")
            assert last.sel(quantity="validation_accuracy") == final.sel(split="validation")


def test_cosine_distances_read_off_the_plots_end_at_the_printed_ones():
    by_epoch, final = STUDY.measurement("cosine_distance_by_epoch"), STUDY.measurement("cosine_distance")
    epochs = {"sgd": [8, 8, 20], "wdecay": [9, 9, 21], "layca": [8, 9, 25]}

    gaps = [
        by_epoch.sel(optimizer=optimizer, level=level, epoch=epoch) - final.sel(optimizer=optimizer, level=level)
        for optimizer in OPTIMIZERS
        for level, epoch in zip(LEVELS, epochs[optimizer], strict=True)
    ]

    assert all(bool(gap.notnull().any()) for gap in gaps)
    assert max(float(np.abs(gap).max()) for gap in gaps) <= 0.0031


def test_only_the_second_layer_has_a_euclidean_neighborhood_curve():
    curve = STUDY.measurement("neighborhood_curve").sel(distance="euclidean")

    assert curve.dropna("layer", how="all").layer.values.tolist() == ["Conv2"]
    assert not curve.sel(layer="Conv2").isnull().any()
