"""What `indicators doctor` says of machine, study and network."""

import json
import re

import numpy as np
import pytest

from indicators.cli import commands, diagnosis

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


def test_a_folder_without_images_is_told_before_they_are_needed(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(diagnosis, "_speed", lambda *_: 1000.0)
    (tmp_path / "empty").mkdir()

    assert commands.main(["doctor", "--data", str(tmp_path / "empty")]) == 2
    assert "empty does not hold CIFAR-10: put " in capsys.readouterr().err


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
