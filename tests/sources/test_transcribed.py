import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from indicators.errors import InputError, NotApplicable
from indicators.measures.catalog import INDICATORS
from indicators.sources import transcribed
from indicators.specs import LEVELS, OPTIMIZERS, STUDIES, load_study

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


def test_the_shipped_study_describes_itself():
    assert (STUDY.name, STUDY.scale, STUDY.seeds, STUDY.layers) == (
        "thesis-2019",
        "full",
        (0,),
        tuple(LAYERS),
    )


def test_folder_and_file_lead_to_the_same_study():
    assert transcribed.load(FILE.with_suffix("")) == STUDY


def test_a_study_known_by_name_leads_to_its_recordings():
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
def test_a_recorded_measurement_has_the_unit_and_the_bounds_of_the_measured_one(name):
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


def test_changing_an_array_changes_nothing_that_is_read_later():
    array = STUDY.measurement("pairwise_nmi")
    array[:] = 7.0
    array.attrs["variant"]["pairs"] = 7

    again = STUDY.measurement("pairwise_nmi")

    assert float(again.max()) < 1
    assert again.attrs["variant"]["pairs"] == 10_000


def test_reading_a_recorded_study_imports_no_network_library():
    code = "import sys, indicators.sources.transcribed; sys.exit(bool({'tensorflow', 'keras'} & set(sys.modules)))"

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0  # noqa: S603 - our own interpreter


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
def test_a_value_is_the_one_on_record(name, where, value):
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
def test_an_untrained_value_is_the_one_on_record(name, layer, value):
    assert STUDY.untrained(name).sel(seed=0, layer=layer).item() == value


@pytest.mark.parametrize("name", ["magnitude_pruning", "random_pruning"])
def test_removing_nothing_leaves_the_test_accuracy(name):
    intact = STUDY.measurement(name).sel(fraction=0.0).squeeze()

    assert intact.values.tolist() == STUDY.measurement("accuracy").sel(seed=0, split="test").values.tolist()


def test_norm_ratio_and_alignment_add_up_to_one_minus_the_cosine_distance():
    norm_ratio, alignment = STUDY.measurement("norm_ratio"), STUDY.measurement("alignment")

    gap = np.abs(norm_ratio + alignment - (1 - STUDY.measurement("cosine_distance")))

    assert float(gap.max()) <= 1.1e-4  # both are recorded with four digits


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


def test_the_last_epoch_of_the_history_is_the_recorded_accuracy():
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


# --- what is not recorded ---


def test_a_measurement_that_is_not_recorded_is_not_applicable():
    with pytest.raises(NotApplicable, match="thesis-2019 does not record 'weight_change_std'; it records accuracy, "):
        STUDY.measurement("weight_change_std")


def test_a_measurement_of_trained_networks_alone_is_not_applicable_before_training():
    message = "does not record 'accuracy' of the untrained network; it records pairwise_nmi, "
    with pytest.raises(NotApplicable, match=message):
        STUDY.untrained("accuracy")
    with pytest.raises(NotApplicable, match="thesis-2019 records untrained networks with stored statistics only"):
        STUDY.untrained("pairwise_nmi", statistics="estimated")


# --- what is damaged ---


@pytest.fixture
def study(tmp_path):
    """A copy of the shipped study that a test may damage."""
    shutil.copytree(FILE.with_suffix(""), tmp_path / "thesis-2019")
    shutil.copy(FILE, tmp_path)
    return tmp_path / "thesis-2019.toml"


def _damage(file: Path, old: str, new: str) -> None:
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new, 1))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("sgd,low,Conv2,", "sgd,low,Conv1,", "row 3 repeats optimizer='sgd', level='low', layer='Conv1'"),
        (
            "sgd,low,Conv2,0.0172\n",
            "",
            "no row for seed=0, optimizer='sgd', level='low', layer='Conv2', expected every",
        ),
        ("sgd,low,Conv2,0.0172\n", "\n", "row 3 has 0 columns, expected 4"),
        (
            "sgd,low,Conv2,0.0172",
            "sgd,low,Conv2",
            "row 3 has 3 columns, expected 4 (optimizer,level,layer,value)",
        ),
        ("0.0172", "nan", "row 3: value='nan', expected a finite number"),
        ("0.0172", "-inf", "row 3: value='-inf', expected a finite number"),
        ("0.0172", "", "row 3: value='', expected a finite number"),
        ("0.0172", "0,0172", "row 3 has 5 columns"),
        (
            "sgd,low,Conv2",
            "adam,low,Conv2",
            "row 3: optimizer='adam' is not one of ('sgd', 'wdecay', 'layca')",
        ),
        ("sgd,low,Conv2", "sgd,2,Conv2", "row 3: level='2' is not one of ('low', 'medium', 'high')"),
        ("sgd,low,Conv2", "sgd,low,conv2", "row 3: layer='conv2' is not one of ('Conv1', "),
        (
            "optimizer,level,layer,value",
            "optimizer,level,depth,value",
            "row 1 is 'optimizer,level,depth,value', expected",
        ),
        (
            "optimizer,level,layer,value",
            "optimizer,level,level,value",
            "row 1 is 'optimizer,level,level,value', expected",
        ),
        (
            "optimizer,level,layer,value",
            "optimizer,level,layer",
            "row 1 is 'optimizer,level,layer', expected",
        ),
        (
            "optimizer,level,layer,value",
            "optimizer,draw,layer,value",
            "row 2: draw='low', expected a whole number from 0",
        ),
        ("sgd,low,Conv2", 'sgd,low,"Conv2', "expected a CSV file in UTF-8"),
    ],
)
def test_a_damaged_table_names_file_row_and_expectation(study, old, new, message):
    _damage(study.with_suffix("") / "pairwise_nmi.csv", old, new)

    with pytest.raises(InputError, match=re.escape(message)) as caught:
        transcribed.load(study).measurement("pairwise_nmi")

    assert "pairwise_nmi.csv" in str(caught.value)


@pytest.mark.parametrize(
    ("name", "old", "new", "message"),
    [
        ("magnitude_pruning", ",0.01,", ",1.01,", "row 3: fraction='1.01', expected a number from 0 to 1"),
        ("magnitude_pruning", ",0.01,", ",nan,", "row 3: fraction='nan', expected a number from 0 to 1"),
        ("random_pruning", "sgd,low,0,", "sgd,low,-1,", "row 2: draw='-1', expected a whole number from 0"),
        ("history", "sgd,low,1,", "sgd,low,0,", "row 2: epoch='0', expected a whole number from 1"),
        ("history", "sgd,low,1,", "sgd,low,1.5,", "row 2: epoch='1.5', expected a whole number from 1"),
        ("accuracy", "validation", "dev", "row 3: split='dev' is not one of ('train_running', 'train', "),
    ],
)
def test_a_label_out_of_range_names_row_and_expectation(study, name, old, new, message):
    _damage(study.with_suffix("") / f"{name}.csv", old, new)

    with pytest.raises(InputError, match=re.escape(message)):
        transcribed.load(study).measurement(name)


def test_the_number_of_rows_of_trained_values_says_nothing_of_untrained_ones(study):
    _damage(study, "untrained = { rows = 144 }", "untrained = {}")

    assert transcribed.load(study).untrained("neighborhood_curve").equals(STUDY.untrained("neighborhood_curve"))


def test_an_epoch_that_is_lost_where_gaps_are_allowed_is_noticed_by_the_number_of_rows(study):
    _damage(study.with_suffix("") / "history.csv", "layca,high,25,train_loss,0.3298\n", "")

    with pytest.raises(InputError, match=r"history\.csv: 579 rows, expected 580"):
        transcribed.load(study).measurement("history")


@given(cut=st.integers(min_value=0))
@pytest.mark.parametrize("name", ["accuracy", "pairwise_nmi", "magnitude_pruning", "history"])
def test_a_table_cut_off_anywhere_before_its_last_value_is_never_read(name, cut, tmp_path_factory):
    folder = tmp_path_factory.getbasetemp() / f"cut-{name}" / "thesis-2019"
    if not folder.exists():
        shutil.copytree(FILE.with_suffix(""), folder)
        shutil.copy(FILE, folder.parent)
    whole = (FILE.with_suffix("") / f"{name}.csv").read_bytes()
    (folder / f"{name}.csv").write_bytes(whole[: cut % whole.rindex(b",")])

    with pytest.raises(InputError, match=f"{name}.csv"):
        transcribed.load(folder).measurement(name)


@pytest.mark.parametrize(
    ("name", "lost", "message"),
    [
        (
            "pairwise_nmi",
            "layca,",
            "no row for optimizer ['layca'], expected exactly ('sgd', 'wdecay', 'layca')",
        ),
        ("pairwise_nmi", "wdecay,high", "no row for seed=0, optimizer='wdecay', level='high', layer='Conv1'"),
        (
            "accuracy",
            "test",
            "no row for split ['test'], expected exactly ('train_running', 'validation', 'test')",
        ),
        ("silhouette_cosine", "Conv13", "no row for layer ['Conv13'], expected exactly"),
    ],
)
def test_a_label_that_is_lost_altogether_is_noticed(study, name, lost, message):
    path = study.with_suffix("") / f"{name}.csv"
    path.write_text("".join(line for line in path.read_text().splitlines(keepends=True) if lost not in line))

    with pytest.raises(InputError, match=re.escape(message)):
        transcribed.load(study).measurement(name)


def test_a_label_that_the_study_does_not_announce_is_refused(study):
    _damage(study, 'covers = { level = ["high"] }', 'covers = { level = ["low"] }')

    with pytest.raises(InputError, match=re.escape("no row for level ['low'], expected exactly ('low',)")):
        transcribed.load(study).measurement("weights_removed_per_layer")


def test_untrained_values_may_not_name_an_optimizer(study):
    shutil.copy(study.with_suffix("") / "pairwise_nmi.csv", study.with_suffix("") / "pairwise_nmi.untrained.csv")

    message = re.escape("row 1 names ('seed', 'optimizer', 'level'), expected exactly ('seed',)")
    with pytest.raises(InputError, match=message):
        transcribed.load(study).untrained("pairwise_nmi")


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00", b"optimizer,level,layer,value\n"])
def test_a_file_without_rows_or_that_is_no_text_is_refused(study, content):
    (study.with_suffix("") / "pairwise_nmi.csv").write_bytes(content)

    with pytest.raises(InputError, match=r"pairwise_nmi\.csv"):
        transcribed.load(study).measurement("pairwise_nmi")


@pytest.mark.parametrize("stem", ["pairwise_nmi", "pairwise_nmi.untrained"])
def test_a_missing_table_is_noticed_when_the_study_is_loaded(study, stem):
    (study.with_suffix("") / f"{stem}.csv").unlink()

    with pytest.raises(InputError, match=re.escape(f"{stem}.csv: no such file, but thesis-2019.toml announces it")):
        transcribed.load(study)


def test_a_table_removed_after_loading_is_an_input_error_too(study):
    opened = transcribed.load(study)
    (study.with_suffix("") / "accuracy.csv").unlink()

    with pytest.raises(InputError, match=r"accuracy\.csv: No such file"):
        opened.measurement("accuracy")


def test_a_table_that_nothing_announces_is_noticed_when_the_study_is_loaded(study):
    (study.with_suffix("") / "zero_ratio.csv").write_text("layer,value\n")

    with pytest.raises(InputError, match=re.escape("zero_ratio.csv: expected [measurements.zero_ratio]")):
        transcribed.load(study)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('kind = "recorded"', 'kind = "trained"', "kind='trained'"),
        ("seeds = 1", "seeds = 0", "seeds=0"),
        ('scale = "full"', "", "scale: Field required"),
        ('name = "thesis-2019"', "name = thesis", "not valid TOML"),
        ('quality = "exact"', 'quality = "certain"', "measurements.accuracy.quality='certain'"),
        ("resolution = 0.0001", "resolution = -1", "measurements.accuracy.resolution=-1"),
        ("resolution = 0.0001", "resolution = inf", "measurements.accuracy.resolution=inf"),
        ('unit = "share"', "", "measurements.accuracy.unit: Field required"),
        ("covers = {", "cover = {", "measurements.accuracy.cover="),
    ],
)
def test_a_wrong_entry_of_the_study_file_is_named(study, old, new, message):
    _damage(study, old, new)

    with pytest.raises(InputError, match=re.escape(message)) as caught:
        transcribed.load(study)

    assert "thesis-2019.toml" in str(caught.value)


def test_a_study_that_does_not_exist_is_an_input_error(tmp_path):
    with pytest.raises(InputError, match=r"nowhere\.toml: No such file or directory; expected the TOML file"):
        transcribed.load(tmp_path / "nowhere")


# --- studies of several seeds ---


@pytest.fixture
def two_seeds(tmp_path):
    """A study of two seeds with one measurement, columns in an order of its own."""
    (tmp_path / "own.toml").write_text(
        'kind = "recorded"\nname = "own"\nscale = "mini"\nseeds = 2\nlayers = ["Conv1"]\n'
        '[measurements.norm_ratio]\nsource = "here"\nunit = "1"\nquality = "exact"\nresolution = 1e-9\n'
    )
    (tmp_path / "own").mkdir()
    rows = [
        f"{level},{seed},{optimizer},Conv1,{seed}.{place}{order}"
        for place, level in enumerate(LEVELS)
        for seed in (1, 0)
        for order, optimizer in enumerate(OPTIMIZERS)
    ]
    (tmp_path / "own" / "norm_ratio.csv").write_text("\n".join(["level,seed,optimizer,layer,value", *rows]))
    return tmp_path / "own.toml"


def test_columns_and_rows_may_stand_in_any_order(two_seeds):
    array = transcribed.load(two_seeds).measurement("norm_ratio")

    assert array.dims == ("seed", "optimizer", "level", "layer")
    assert array.seed.values.tolist() == [0, 1]
    assert array.sel(seed=1, optimizer="layca", level="medium", layer="Conv1").item() == 1.12
    assert array.sel(seed=0, optimizer="sgd", level="high", layer="Conv1").item() == 0.20


def test_a_study_of_several_seeds_needs_a_column_for_them(two_seeds):
    path = two_seeds.with_suffix("") / "norm_ratio.csv"
    path.write_text(
        "level,optimizer,layer,value\n"
        + "".join(f"{level},{name},Conv1,1\n" for level in LEVELS for name in OPTIMIZERS)
    )

    with pytest.raises(InputError, match=re.escape("expected exactly ('seed', 'optimizer', 'level')")):
        transcribed.load(two_seeds).measurement("norm_ratio")


def test_a_lost_seed_is_noticed(two_seeds):
    path = two_seeds.with_suffix("") / "norm_ratio.csv"
    path.write_text("".join(line for line in path.read_text().splitlines(keepends=True) if ",1," not in line))

    with pytest.raises(InputError, match=re.escape("no row for seed [1], expected exactly (0, 1)")):
        transcribed.load(two_seeds).measurement("norm_ratio")
