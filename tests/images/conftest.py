"""What several rooms of images are tested with: small arrays, a folder that holds them, a user's own."""

import hashlib
from pathlib import Path

import numpy as np
import pytest

import indicators
from indicators.images.cifar10 import Expected, fetch_cifar10


@pytest.fixture(autouse=True)
def nothing_outside_the_test(monkeypatch, tmp_path):
    monkeypatch.setenv("INDICATORS_OFFLINE", "1")
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    monkeypatch.setenv("PYTHONPATH", str(Path(indicators.__file__).parents[1]))


@pytest.fixture
def arrays():
    rng = np.random.default_rng(7)
    return {
        "train_images": rng.integers(0, 256, (50, 4, 4, 3), dtype=np.uint8),
        "train_labels": np.arange(50, dtype=np.uint8) % 10,
        "test_images": rng.integers(0, 256, (10, 4, 4, 3), dtype=np.uint8),
        "test_labels": np.arange(10, dtype=np.uint8),
    }


@pytest.fixture
def expected(arrays):
    return {name: Expected(a.shape, hashlib.sha256(a.tobytes()).hexdigest()) for name, a in arrays.items()}


@pytest.fixture
def source(arrays, tmp_path):
    folder = tmp_path / "source"
    folder.mkdir()
    for name, array in arrays.items():
        np.save(folder / f"{name}.npy", array)
    return folder


@pytest.fixture
def root(source, expected, tmp_path):
    return fetch_cifar10(tmp_path / "root", source=source, expected=expected)


@pytest.fixture
def own():
    rng = np.random.default_rng(3)
    return {
        "x_train": rng.integers(0, 256, (12, 5, 4, 1), dtype=np.uint8),
        "y_train": np.arange(12) % 3,
        "x_test": rng.integers(0, 256, (4, 5, 4, 1), dtype=np.uint8),
        "y_test": np.array([2, 1, 2, 1]),
    }
