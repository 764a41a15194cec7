import os
import sys

import numpy as np
import pytest

from indicators.errors import InputError
from indicators.images.dataset import load_dataset
from indicators.images.npz import import_npz
from indicators.specs import ArchitectureSpec, RecordedSpec
from indicators.specs.files import load_study, write_study
from indicators.study.choosing import calibrated_name, choose_study, fetch, uncalibrated

MINI = load_study("cifar10-mini")
FEW = {
    "data": {"train": 30, "validation": 10, "test": 20},
    "measuring": {
        "images": 20,
        "clustering_images": 20,
        "curve_images": 30,
        "pruning_images": 10,
        "variant_images": 10,
    },
}


def npz(path, train=60, test=20, seed=0, **changes):
    """A user's file of random images in two classes."""
    rng = np.random.default_rng(seed)
    arrays = {
        "x_train": rng.integers(0, 256, (train, 4, 4, 1), dtype=np.uint8),
        "y_train": np.arange(train) % 2,
        "x_test": rng.integers(0, 256, (test, 4, 4, 1), dtype=np.uint8),
        "y_test": np.arange(test) % 2,
    }
    np.savez(path, **{name: array for name, array in (arrays | changes).items() if array is not None})
    return path


@pytest.fixture(autouse=True)
def sources(tmp_path, monkeypatch):
    """The folder at hand, with modules of a user; it is not on the path of this process."""
    folder = tmp_path / "sources"
    (folder / "package").mkdir(parents=True)
    for name in ("nets.py", "other.py", "package/__init__.py", "package/nets.py"):
        (folder / name).write_text("def build(input_shape, classes): ...\n")
    monkeypatch.chdir(folder)
    yield folder
    for name in ("package", "package.nets"):
        sys.modules.pop(name, None)


@pytest.fixture
def small(tmp_path):
    """The path of a study that asks for few images."""
    path = tmp_path / "small.toml"
    write_study(MINI.changed(name="small", **FEW), path)
    return str(path)


@pytest.fixture
def arrays(tmp_path):
    return npz(tmp_path / "mine.npz")


def calibrated(store, study, architecture, **changes):
    """What `indicators calibrate` leaves in the store."""
    name = calibrated_name(study.name, architecture)
    rates = {optimizer: dict.fromkeys(levels, 0.5) for optimizer, levels in study.learning_rates.items()}
    found = study.changed(name=name, architecture=ArchitectureSpec(name=architecture), learning_rates=rates, **changes)
    write_study(found, store.calibrated(name), comment="found")
    return found


def complaint(*arguments, **named):
    with pytest.raises(InputError) as caught:
        choose_study(*arguments, **named)
    assert "\n" not in str(caught.value)
    return str(caught.value)


# Seeds


def test_without_changes_a_study_is_what_its_file_says(store):
    assert choose_study(store) == MINI
    assert choose_study(store, "cifar10-vgg16") == load_study("cifar10-vgg16")


def test_the_number_of_seeds_can_be_changed(store):
    study = choose_study(store, seeds=4)

    assert study == MINI.changed(seeds=4)
    assert len(list(study.models())) == 36


@pytest.mark.parametrize("seeds", [0, -1])
def test_a_number_of_seeds_below_one_is_refused_in_one_line(store, seeds):
    assert complaint(store, seeds=seeds).startswith(
        f"study cifar10-mini: seeds={seeds}: input should be greater than 0"
    )


# Architectures


def test_another_architecture_without_learning_rates_says_how_to_find_them(store):
    message = complaint(store, architecture="nets:build")

    assert "architecture='nets:build' has no calibrated learning rates for study 'cifar10-mini'" in message
    assert message.endswith("`indicators calibrate --study cifar10-mini --architecture nets:build`")


def test_another_architecture_gets_the_rates_that_were_calibrated_for_it(store):
    found = calibrated(store, MINI, "nets:build")

    study = choose_study(store, architecture="nets:build", seeds=2)

    assert study.name == found.name
    assert (study.seeds, study.recipe, study.learning_rates) == (2, found.recipe, found.learning_rates)
    assert study.model("sgd", "low", 0).architecture.name == "nets:build"
    assert study.model("sgd", "low", 0).learning_rate == 0.5


def test_rates_calibrated_for_another_study_or_architecture_do_not_serve(store):
    calibrated(store, MINI, "nets:build")

    complaint(store, "cifar10-vgg16", architecture="nets:build")
    complaint(store, architecture="nets:built")


def test_a_study_of_ones_own_finds_its_calibration_by_its_name_not_its_path(store, small):
    found = calibrated(store, load_study(small), "nets:build")

    assert choose_study(store, small, architecture="nets:build").learning_rates == found.learning_rates
    assert f"--study {small} --architecture other:build" in complaint(store, small, architecture="other:build")


def test_the_architecture_that_a_study_has_anyway_changes_nothing(store):
    assert choose_study(store, architecture="vgg") == MINI


def test_calibration_begins_with_the_parameters_that_a_study_gives_the_same_architecture(store):
    assert uncalibrated(store, "cifar10-mini", architecture="vgg") == MINI


@pytest.mark.parametrize("architecture", ["nets:build", "package.nets:build"])
def test_an_edited_network_is_another_one_with_the_same_learning_rates(store, sources, tmp_path, architecture):
    write_study(MINI.changed(architecture=ArchitectureSpec(name=architecture)), tmp_path / "own.toml")
    calibrated(store, MINI, architecture)
    path = list(sys.path)

    def chosen():
        by_file = choose_study(store, str(tmp_path / "own.toml"))
        return [study.model("sgd", "low", 0) for study in (choose_study(store, architecture=architecture), by_file)]

    before, again = chosen(), chosen()
    with (sources / f"{architecture.partition(':')[0].replace('.', os.sep)}.py").open("a") as file:
        file.write("# edited\n")
    after = chosen()

    assert before == again
    for one, other in zip(before, after, strict=True):
        assert one.fingerprint != other.fingerprint
        assert one.learning_rate == other.learning_rate
    assert before[0].architecture == before[1].architecture
    assert sys.path == path


def test_a_shipped_network_has_no_source_of_its_own(store):
    assert choose_study(store).architecture.sha256 is None


@pytest.mark.parametrize(
    ("architecture", "expected"),
    [
        ("resnet", "architecture='resnet' is not 'vgg' or 'module:function': try mypackage.nets:build"),
        ("nowhere:build", "module 'nowhere' is not found; install it, add its folder to PYTHONPATH, or run"),
        ("nowhere.nets:build", "module 'nowhere.nets' is not found"),
        ("os:path", "'os' is a part of Python; name a module of your own"),
    ],
)
def test_an_architecture_that_cannot_be_found_is_refused_at_once(store, architecture, expected):
    assert expected in complaint(store, architecture=architecture)


def test_a_name_of_a_calibrated_study_is_a_name_of_a_file():
    assert calibrated_name("cifar10-mini", "package.nets:build") == "cifar10-mini-package-nets-build"


# Recorded studies


@pytest.mark.parametrize(
    ("option", "change"),
    [("architecture", {"architecture": "nets:build"}), ("data", {"arrays": "mine.npz"}), ("seeds", {"seeds": 3})],
)
def test_a_recorded_study_refuses_changes(store, option, change):
    message = complaint(store, "thesis-2019", **change)

    assert message.startswith(f"--{option}={next(iter(change.values()))} cannot change 'thesis-2019'")
    assert message.endswith("choose a trained study")


def test_a_recorded_study_is_chosen_as_it_is(store):
    assert isinstance(choose_study(store, "thesis-2019"), RecordedSpec)


# Arrays of the user's own


def test_arrays_that_have_the_images_of_the_study_give_just_those(store, small, arrays):
    study = choose_study(store, small, arrays=arrays)

    assert (study.data.name, study.data.train, study.data.validation, study.data.test) == ("arrays", 30, 10, 20)
    assert (study.measuring.images, study.measuring.pruning_images) == (20, 10)


def test_fewer_arrays_are_used_whole_with_a_fifth_for_validation(store, arrays):
    study = choose_study(store, arrays=arrays)

    assert (study.data.train, study.data.validation, study.data.test) == (48, 12, 20)
    assert (study.measuring.images, study.measuring.pruning_images) == (48, 20)
    assert study.measuring.pairs == MINI.measuring.pairs


def test_other_arrays_make_other_networks(store, tmp_path, arrays):
    same, other = npz(tmp_path / "same.npz"), npz(tmp_path / "other.npz", seed=1)

    mine, again, different = (choose_study(store, arrays=path).model("sgd", "low", 0) for path in (arrays, same, other))

    assert again.data.sha256 is not None
    assert mine.fingerprint == again.fingerprint
    assert mine.fingerprint != different.fingerprint
    assert mine.fingerprint != MINI.model("sgd", "low", 0).fingerprint


def test_another_architecture_on_own_arrays_gets_the_rates_that_were_calibrated_for_both(store, arrays):
    assert complaint(store, architecture="nets:build", arrays=arrays).endswith(
        f"`indicators calibrate --study cifar10-mini --architecture nets:build --data {arrays}`"
    )
    begun = uncalibrated(store, "cifar10-mini", architecture="nets:build", arrays=arrays)
    found = found_in(store, begun)

    assert choose_study(store, architecture="nets:build", arrays=arrays) == found


def test_rates_that_were_calibrated_for_own_arrays_are_used_for_these_arrays_only(store, arrays):
    begun = choose_study(store, arrays=arrays)
    found = found_in(store, begun)
    assert begun.learning_rates == MINI.learning_rates

    assert choose_study(store, arrays=arrays, seeds=2) == found.changed(seeds=2)
    npz(arrays, seed=1)
    assert choose_study(store, arrays=arrays).learning_rates == MINI.learning_rates


def found_in(store, begun):
    """A study that was calibrated from `begun`, left in the store."""
    rates = {optimizer: dict.fromkeys(levels, 0.5) for optimizer, levels in begun.learning_rates.items()}
    found = begun.changed(learning_rates=rates)
    write_study(found, store.calibrated(found.name))
    return found


def test_a_folder_of_cifar_10_changes_no_study(store, tmp_path):
    assert choose_study(store, arrays=tmp_path) == MINI


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param({"x_test": None}, "x_test", id="an array missing"),
        pytest.param({"y_train": None}, "y_train", id="labels missing"),
        pytest.param({"x_train": np.array(3)}, "x_train", id="no images"),
        pytest.param({"train": 4}, "mine.npz: 4 training images; give at least 5", id="too few to validate"),
    ],
)
def test_arrays_that_do_not_serve_are_refused_in_one_line(store, tmp_path, changes, expected):
    path = npz(tmp_path / "mine.npz", **changes)

    assert expected in complaint(store, arrays=path)


@pytest.mark.parametrize("name", ["nothing", "nothing.npz"])
def test_a_place_that_does_not_exist_is_refused_whatever_the_store_holds(store, tmp_path, name):
    assert complaint(store, arrays=tmp_path / name).startswith(f"--data {tmp_path / name} does not exist; name a")


def test_a_file_that_is_no_npz_is_refused_in_one_line(store, tmp_path):
    (tmp_path / "torn.npz").write_bytes(b"PK\x03\x04 torn")
    assert "torn.npz" in complaint(store, arrays=tmp_path / "torn.npz")


def test_the_arrays_are_fetched_as_a_data_set_of_the_sizes_chosen(store, arrays):
    study = choose_study(store, arrays=arrays)
    folder = fetch(study, store, arrays)

    sizes = study.data
    dataset = load_dataset(folder, train=sizes.train, validation=sizes.validation, test=sizes.test)
    assert [len(split.labels) for split in (dataset.train, dataset.validation, dataset.test)] == [48, 12, 20]
    assert np.array_equal(dataset.train.images, np.load(arrays)["x_train"][:48])


def test_a_study_made_for_arrays_asks_for_them(store, arrays):
    study = choose_study(store, arrays=arrays)

    with pytest.raises(InputError, match=r"was made for arrays of yours; name them again with --data FILE.npz$"):
        fetch(study, store, None)


def test_arrays_that_changed_since_the_study_was_made_are_refused(store, tmp_path, arrays):
    made = choose_study(store, arrays=arrays)
    write_study(made, tmp_path / "made.toml")
    npz(arrays, seed=1)

    study = choose_study(store, str(tmp_path / "made.toml"), arrays=arrays)

    assert study == made
    with pytest.raises(
        InputError, match=r"^--data mine.npz differs from the arrays of study 'cifar10-mini-mine'; name the"
    ):
        fetch(study, store, arrays)


@pytest.fixture
def cifar10(store, arrays, monkeypatch):
    """What was asked of a CIFAR-10 of 60 training images and 20 test images."""
    asked = {}
    folder = import_npz(arrays, store.root / "data")
    fetched = "indicators.study.choosing.fetch_cifar10"
    monkeypatch.setattr(fetched, lambda root, **named: asked.update(named, root=root) or folder)
    return asked


def test_cifar_10_is_fetched_into_the_store(store, small, tmp_path, cifar10):
    fetch(load_study(small), store, tmp_path)

    assert cifar10["root"] == store.data("cifar10")
    assert cifar10["source"] == tmp_path


@pytest.mark.usefixtures("cifar10")
def test_more_images_than_there_are_are_refused_before_any_work(store, small):
    study = load_study(small).changed(data={"train": 55, "validation": 10, "test": 20})

    with pytest.raises(InputError, match=r"^train=55 and validation=10 overlap: there are 60 training images"):
        fetch(study, store, None)


@pytest.mark.usefixtures("cifar10")
def test_more_images_than_there_are_for_a_variant_are_refused_before_any_work(store, small):
    images = {"factor": "images", "set": "data.train", "values": [55], "cells": {"level": ["low"]}}
    sizes = {"train": 40, "validation": 10, "test": 20}
    study = load_study(small).changed(data=sizes, variants=[images])

    with pytest.raises(InputError, match=r"^train=55 and validation=10 overlap: there are 60 training images"):
        fetch(study, store, None)


def test_arrays_are_marked_and_labeled_as_the_study_says(store, small, arrays, tmp_path):
    path = tmp_path / "marked.toml"
    study = load_study(small)
    write_study(study.changed(data=study.data.model_dump() | {"mark": "class", "permuted_labels": 0.5}), path)

    data = choose_study(store, str(path), arrays=arrays).data

    assert (data.mark, data.permuted_labels, data.name) == ("class", 0.5, "arrays")


def test_another_architecture_has_the_variants_that_are_not_those_of_a_vgg(store):
    whole = load_study("cifar10-mini-variants")
    other = uncalibrated(store, "cifar10-mini-variants", architecture="nets:build")

    left_out = {variant.factor for variant in whole.variants} - {variant.factor for variant in other.variants}
    assert left_out == {
        "network_depth", "network_width", "normalization", "dropout", "residual", "activation", "rates_by_layer",
    }  # fmt: skip
