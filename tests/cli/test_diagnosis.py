"""What `indicators doctor` says of machine, study and network."""

import json
import re
import subprocess
import sys

import numpy as np
import pytest

from indicators.cli import commands, diagnosis
from indicators.study.workers import Work, prepare

NETWORK = """
import keras
from keras import layers

def build(input_shape, classes):
    x = inputs = keras.Input(input_shape)
    x = layers.Conv2D(4, 3, padding="same", activation="relu")(x)
    x = layers.Conv2D(4, 3, padding="same", groups=2, activation="relu")(x)
    x = layers.Conv2D(4, 3, dilation_rate=2, padding="same", activation="relu")(x)
    x = layers.Flatten()(x)
    return keras.Model(inputs, layers.Dense(classes, activation="softmax")(x))
"""


@pytest.fixture(autouse=True)
def plain(monkeypatch, tmp_path):
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("INDICATORS_STORE", str(tmp_path / "store"))


@pytest.fixture
def arrays(tmp_path):
    rng = np.random.default_rng(0)
    path = tmp_path / "mine.npz"
    labels = np.arange(2500) % 3
    images = rng.integers(0, 256, (2500, 8, 8, 3), dtype=np.uint8)
    np.savez(path, x_train=images, y_train=labels, x_test=images, y_test=labels)
    return path


def test_a_network_of_ones_own_is_told_layer_by_layer(tmp_path, monkeypatch, arrays, capsys):
    (tmp_path / "doctored.py").write_text(NETWORK)
    monkeypatch.syspath_prepend(tmp_path)

    assert commands.main(["doctor", "--architecture", "doctored:build", "--data", str(arrays), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)

    keys = ("name", "kernel", "neurons", "inputs")
    names, kernels, neurons, inputs = ([layer[key] for layer in told["layers"]] for key in keys)
    assert names == ["Conv1", "Conv2", "Conv3", "Dense1"]
    assert kernels == [[3, 3, 3, 4], [3, 3, 2, 4], [3, 3, 4, 4], [256, 3]]
    assert neurons == [256, 256, 256, 3]
    assert inputs == ["measured", "not known: a convolution in groups", "not known: a dilated convolution", "measured"]
    assert told["cost"]["to_train"] == 9
    assert told["cost"]["to_measure"] == 10
    assert told["cost"]["images_per_second"] > 0
    assert told["machine"]["cores"] >= 1


def test_what_has_to_be_done_first_is_said(tmp_path, monkeypatch, capsys):
    (tmp_path / "first_of_all.py").write_text(NETWORK)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(diagnosis, "_speed", lambda *_: 1000.0)

    assert commands.main(["doctor", "--architecture", "first_of_all:build"]) == 0
    assert re.search(
        r"^first: architecture='first_of_all:build' has no calibrated .*`indicators calibrate",
        capsys.readouterr().out,
        re.MULTILINE,
    )
    assert commands.main(["doctor"]) == 0
    assert "first:" not in capsys.readouterr().out


def test_what_is_done_costs_nothing_more(make_study, folder, store, monkeypatch):
    study = make_study()
    one = study.model("sgd", "low", 0)
    prepare(Work((one,), study.measuring, folder), store, lambda _: None)

    monkeypatch.setattr(diagnosis, "_speed", lambda *_: 100.0)
    left = diagnosis.cost(study, store, None)

    assert (left.networks, left.to_train, left.to_measure) == (10, 8, 8)
    assert left.epochs == 2  # no more than the recipe allows
    images = sum(Work((spec,), study.measuring, folder).images(spec) for spec in study.models() if spec != one)
    at_once = min(diagnosis.cores(), 8)
    assert left.seconds == pytest.approx((8 * 2 * 48 / 100 + images / 300) / at_once)


def test_epochs_are_those_of_the_published_study_where_there_is_one(store, monkeypatch):
    study = diagnosis.specs.load_study("cifar10-mini")
    monkeypatch.setattr(diagnosis, "_speed", lambda *_: 1000.0)

    left = diagnosis.cost(study, store, None)

    assert left.epochs_from == "the mean of cifar10-mini-recorded"
    assert 9 < left.epochs < 13
    assert (left.networks, left.to_train) == (10, 9)


def test_people_read_the_same(capsys, monkeypatch):
    monkeypatch.setattr(diagnosis, "_speed", lambda *_: 1000.0)
    monkeypatch.setattr(diagnosis, "memory", lambda: 1_000_000_000)
    # Speed is timed as a worker trains.
    monkeypatch.setenv("OMP_NUM_THREADS", "7")

    assert commands.main(["doctor"]) == 0
    told = capsys.readouterr().out

    assert "threads                     1\n" in told
    assert "CIFAR-10                    not there yet: `indicators fetch`" in told
    assert "memory free                 1.0 GB" in told
    assert "Dense2" in told
    assert "cifar10-mini: 9 of 10 networks to train, 10 to measure" in told
    assert "warning: 1.0 GB of memory for" in told


def test_a_card_left_idle_is_pointed_out(store, monkeypatch):
    monkeypatch.setattr(diagnosis, "accelerator", lambda: "Some Card 80GB")
    monkeypatch.delenv("KERAS_BACKEND", raising=False)
    assert "Some Card 80GB is used best through JAX: KERAS_BACKEND=jax" in diagnosis.warnings(store)
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    assert not any("Some Card" in warning for warning in diagnosis.warnings(store))


@pytest.mark.parametrize(("name", "warned"), [("cifar10-quarter", True), ("cifar10-mini", False)])
def test_a_precision_that_is_slow_here_is_pointed_out(store, monkeypatch, name, warned):
    monkeypatch.setattr(diagnosis, "slow_precision", lambda precision: "slow" if precision == "bfloat16" else "")

    assert ("slow" in diagnosis.warnings(store, diagnosis.specs.load_study(name))) == warned


def test_rates_that_do_not_rise_and_few_images_are_pointed_out(store):
    study = diagnosis.specs.load_study("cifar10-mini")
    assert diagnosis.warnings(store, study) == diagnosis.warnings(store)
    rates = study.learning_rates | {"layca": {"low": 0.1, "medium": 0.01, "high": 0.02}}
    odd = study.changed(learning_rates=rates, measuring={"images": 100, "clustering_images": 100, "curve_images": 100})

    of_rates, of_images = diagnosis.warnings(store, odd)[len(diagnosis.warnings(store)) :]
    assert "rates of layca do not rise (low 0.1, medium 0.01, high 0.02)" in of_rates
    assert "on 100 images only" in of_images


def test_a_folder_without_images_is_told_before_they_are_needed(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(diagnosis, "_speed", lambda *_: 1000.0)
    (tmp_path / "empty").mkdir()

    assert commands.main(["doctor", "--data", str(tmp_path / "empty")]) == 2
    assert "empty does not hold CIFAR-10: put " in capsys.readouterr().err


def test_libraries_are_loaded_without_a_word_and_complaints_are_still_heard():
    load = "from indicators.cli.diagnosis import _loading"
    code = f"import os; {load}\nwith _loading(): os.write(2, b'1')\nos.write(2, b'words')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603

    assert done.stderr == "words"


def test_a_recorded_study_costs_nothing(capsys):
    assert commands.main(["doctor", "--study", "thesis-2019"]) == 0
    assert "thesis-2019 is recorded: nothing is trained or measured" in capsys.readouterr().out


def test_a_network_that_cannot_be_measured_is_unusable_input(tmp_path, monkeypatch, arrays, capsys):
    (tmp_path / "subclassed.py").write_text(
        "import keras\n\nclass Net(keras.Model):\n    def call(self, x):\n        return x\n\n"
        "def build(input_shape, classes):\n    return Net()\n"
    )
    monkeypatch.syspath_prepend(tmp_path)

    assert commands.main(["doctor", "--architecture", "subclassed:build", "--data", str(arrays)]) == 2
    assert "shows no graph" in capsys.readouterr().err
