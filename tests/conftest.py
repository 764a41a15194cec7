"""What several rooms are tested with: a tiny data set, tiny networks, a study of them."""

import os

from indicators.machine import ONE_THREAD, tensorflow_defaults

# Before TensorFlow is imported, as in the workers' processes.
os.environ |= ONE_THREAD | tensorflow_defaults() | os.environ

import importlib
import sys
from pathlib import Path

import numpy as np
import pytest

import indicators
from indicators.images.dataset import load_dataset
from indicators.images.npz import import_npz
from indicators.specs import LEVELS, OPTIMIZERS, ArchitectureSpec, DataSpec, MeasuringSpec, Recipe, StudySpec
from indicators.store import Store

# A user's own module. `plain` has two convolutions and a dense layer, and batch normalization or dropout on request.
# `watched` writes a line per epoch into the file that WATCHED names (optimizer, rate, updates made so far, process and
# its parent), takes its time where SLOWLY says so, and kills its process after as many updates as KILLED_AFTER says.
NETWORKS = """
import os, signal, time
import keras
from keras import layers

def plain(input_shape, classes, *, normalized=True, dropout=0.0, scaled=False, kind=keras.Model):
    x = inputs = keras.Input(input_shape)
    for filters in (4, 6):
        x = layers.Conv2D(filters, 3, padding="same")(x)
        x = layers.BatchNormalization()(x) if normalized else x
        x = layers.MaxPooling2D()(layers.ReLU()(x))
    x = layers.Flatten()(Scale()(x) if scaled else x)
    x = layers.Dropout(dropout)(x) if dropout else x
    return kind(inputs, layers.Activation("softmax", dtype="float32")(layers.Dense(classes)(x)))

class Scale(layers.Layer):
    def build(self, shape):
        self.scale = self.add_weight(shape=(shape[-1],), initializer="ones")

    def call(self, x):
        return x * self.scale

class Watched(keras.Model):
    def fit(self, *args, callbacks=(), **options):
        rate = float(self.optimizer.learning_rate)
        with open(os.environ["WATCHED"], "a") as file:
            cell = f"{type(self.optimizer).__name__}-{rate:.6g}"
            file.write(f"{cell} {int(self.optimizer.iterations)} {os.getpid()} {os.getppid()}\\n")
        return super().fit(*args, callbacks=[*callbacks, Watch()], **options)

class Watch(keras.callbacks.Callback):
    def on_train_batch_end(self, batch, logs=None):
        time.sleep(float(os.environ.get("SLOWLY", 0)))
        if int(self.model.optimizer.iterations) == int(os.environ.get("KILLED_AFTER", -1)):
            os.kill(os.getpid(), signal.SIGKILL)

def watched(input_shape, classes, **parameters):
    return plain(input_shape, classes, kind=Watched, **parameters)
"""
CLASSES, TRAIN, VALIDATION, TEST = 3, 48, 24, 30


@pytest.fixture(scope="session")
def networks(tmp_path_factory):
    """The module `tiny_networks`, for this process and those that it starts."""
    folder = tmp_path_factory.mktemp("networks")
    (folder / "tiny_networks.py").write_text(NETWORKS)
    root = Path(indicators.__file__).parents[1]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", os.pathsep.join(map(str, (folder, root))))
        patch.syspath_prepend(folder)
        importlib.invalidate_caches()
        yield "tiny_networks"
        sys.modules.pop("tiny_networks", None)


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    """A data set on disk: 8 x 8 images, each class a pattern of its own under noise."""
    rng = np.random.default_rng(0)
    patterns = rng.normal(128, 40, (CLASSES, 8, 8, 3))

    def draw(count):
        labels = np.arange(count) % CLASSES
        images = patterns[labels] + rng.normal(0, 50, (count, 8, 8, 3))
        return images.clip(0, 255).astype(np.uint8), labels

    (x_train, y_train), (x_test, y_test) = draw(TRAIN + VALIDATION), draw(TEST)
    path = tmp_path_factory.mktemp("data") / "tiny.npz"
    np.savez(path, x_train=x_train, y_train=y_train, x_test=x_test, y_test=y_test)
    return import_npz(path, path.parent)


@pytest.fixture(scope="session")
def dataset(folder):
    return load_dataset(folder, train=TRAIN, validation=VALIDATION, test=TEST)


@pytest.fixture(scope="session")
def make_study(networks):
    """A function that makes a study of tiny networks; what it is given goes to the recipe."""

    def make(function="plain", *, seeds=1, parameters=None, **recipe):
        return StudySpec(
            name="tiny",
            scale="tiny",
            seeds=seeds,
            data=DataSpec(name="arrays", train=TRAIN, validation=VALIDATION, test=TEST),
            architecture=ArchitectureSpec(name=f"{networks}:{function}", parameters=parameters or {}),
            recipe=Recipe(
                **({"batch_size": 16, "max_epochs": 2, "plateau_patience": 9, "target_accuracy": 1.0} | recipe)
            ),
            measuring=MeasuringSpec(
                images=20,
                pairs=50,
                label_draws=2,
                neurons=3,
                clustering_images=20,
                curve_images=30,
                pruning_images=TEST,
                variant_images=TEST,
                pruning_draws=2,
            ),
            learning_rates={
                optimizer: {level: 0.01 * (1 + 3 * i + j) for j, level in enumerate(LEVELS)}
                for i, optimizer in enumerate(OPTIMIZERS)
            },
        )

    return make


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "store")
