"""How a transcribed study is read, and how what is missing or damaged in it is told."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indicators.errors import InputError, NotApplicable
from indicators.sources import transcribed
from indicators.specs import LEVELS, OPTIMIZERS
from indicators.specs.files import STUDIES

FILE = STUDIES / "thesis-2019.toml"
STUDY = transcribed.load(FILE)


# --- what is read ---


def test_changing_an_array_changes_nothing_that_is_read_later():
    array = STUDY.measurement("pairwise_nmi")
    array[:] = 7.0
    array.attrs["variant"]["pairs"] = 7

    again = STUDY.measurement("pairwise_nmi")

    assert float(again.max()) < 1
    assert again.attrs["variant"]["pairs"] == 10_000


def test_reading_a_transcribed_study_imports_no_network_library():
    code = "import sys, indicators.sources.transcribed; sys.exit(bool({'tensorflow', 'keras'} & set(sys.modules)))"

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0  # noqa: S603 - our own interpreter


# --- what is not transcribed ---


def test_a_measurement_that_is_not_transcribed_is_not_applicable():
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
