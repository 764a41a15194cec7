"""On JAX the same networks are trained and the same numbers measured as on TensorFlow."""

import functools
import json
import os
import subprocess
import sys

import numpy as np
import pytest

from indicators.measures import arrays
from indicators.networks import epochs
from indicators.sources.layout import from_bytes
from indicators.specs import OPTIMIZERS
from indicators.specs.recipes import Phase
from indicators.store import Store
from indicators.study.agenda import Work
from indicators.study.workers import prepare

# Another backend needs a process of its own. Trains whole, and again with an interruption; measures.
CHILD = """
import json, sys
from pathlib import Path
from indicators.images.dataset import load_dataset
from indicators.networks import training
from indicators.study import measuring
from indicators.specs import MeasuringSpec, ModelSpec
from indicators.store import Store

job = json.load(sys.stdin)
dataset = load_dataset(Path(job["folder"]), train=48, validation=24, test=30)

def train(spec, store, progress):
    # Every backend draws the weights of a seed by a generator of its own.
    initial = Store(Path(job["initial"])).entry(spec.untrained).read_arrays("initial.safetensors")[0]
    with store.entry(spec).lock:
        training.train(spec, store.entry(spec), dataset, initial, progress)

def interrupt(*, epoch, **_):
    if epoch == 2:
        raise KeyboardInterrupt

store, again = Store(Path(job["store"])), Store(Path(job["again"]))
for number, table in enumerate(job["specs"]):
    spec = ModelSpec.model_validate(table)
    train(spec, store, lambda **_: None)
    if number in (0, 3):
        try:
            train(spec, again, interrupt)
            raise AssertionError("not interrupted")
        except KeyboardInterrupt:
            train(spec, again, lambda **_: None)

measured = Store(Path(job["measured"]))
for network in (spec := ModelSpec.model_validate(job["specs"][0]), spec.untrained):
    with measured.entry(network).lock:
        measuring.measure(network, measured, dataset, MeasuringSpec.model_validate(job["measuring"]))
"""


START = {"mask": "random", "fraction": 0.5}


@pytest.fixture(scope="module")
def study(make_study):
    return make_study(max_epochs=3, epochs_beyond=1, batch_size=20)  # the last batch of 48 images is smaller


@pytest.fixture(scope="module")
def specs(study, make_study):
    """The three optimizers; and all of them one after the other, from half of the initial weights."""
    phases = [Phase(after=k / 10, optimizer=name, learning_rate=0.02) for k, name in enumerate(("layca", "wdecay"))]
    later = make_study(max_epochs=3, epochs_beyond=1, batch_size=20, phases=phases).changed(start=START)
    return [*(study.model(name, "high", 0) for name in OPTIMIZERS), later.model("sgd", "high", 0)]


@pytest.fixture(scope="module")
def stores(study, specs, folder, tmp_path_factory):
    """What TensorFlow made; what JAX made, at once and interrupted; and TensorFlow's first network, measured by JAX."""
    root = tmp_path_factory.mktemp("jax")
    names = ("tensorflow", "jax", "again", "measured")
    tensorflow, jax, again, measured = (Store(root / name) for name in names)
    prepare(Work(models=tuple(specs[1:]), measuring=None, folder=folder), tensorflow, lambda _: None)
    for store in (tensorflow, measured):
        prepare(Work(models=(specs[0],), measuring=None, folder=folder), store, lambda _: None)
    prepare(Work(models=(specs[0],), measuring=study.measuring, folder=folder), tensorflow, lambda _: None)
    job = {
        "folder": str(folder),
        "specs": [spec.model_dump(mode="json") for spec in specs],
        "measuring": study.measuring.model_dump(mode="json"),
        "initial": str(tensorflow.root),
        **{key: str(store.root) for key, store in (("store", jax), ("again", again), ("measured", measured))},
    }
    done = subprocess.run(  # noqa: S603  # our own code
        [sys.executable, "-c", CHILD],
        input=json.dumps(job),
        capture_output=True,
        text=True,
        env=os.environ | {"KERAS_BACKEND": "jax", "JAX_PLATFORMS": "cpu"},
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return {"tensorflow": tensorflow, "jax": jax, "again": again, "measured": measured}


# One test, for the child is dear and workers would each start their own.
def test_on_jax_networks_are_trained_and_measured_as_on_tensorflow(stores, specs):
    for spec in specs:
        takes_the_same_course(*(stores[name].entry(spec) for name in ("tensorflow", "jax")))
    for spec in (specs[0], specs[3]):
        ends_with_the_same_bits(*(stores[name].entry(spec) for name in ("jax", "again")))
    has_half_of_its_weights(stores["jax"].entry(specs[3]))
    for spec in (specs[0], specs[0].untrained):
        has_the_same_measurements(*(stores[name].entry(spec) for name in ("tensorflow", "measured")))


def takes_the_same_course(one, other):
    records = [json.loads(entry.read("history.json")) for entry in (one, other)]
    assert [len(record["epochs"]) for record in records] == [3, 3]
    for quantity in ("learning_rate", "train_loss", "train_accuracy", "validation_loss", "validation_accuracy"):
        found = [[epoch[quantity] for epoch in record["epochs"]] for record in records]
        np.testing.assert_allclose(*found, rtol=1e-4, atol=1e-6, err_msg=f"{one.spec.label}: {quantity}")
    for key in (("accuracy",), ("beyond", "accuracy")):
        found = [functools.reduce(dict.__getitem__, key, record) for record in records]
        assert found[0] == pytest.approx(found[1], rel=1e-6)
    assert "jax" in records[1]["provenance"]
    for file in ("final.safetensors", "trajectory.safetensors"):
        found = [entry.read_arrays(file)[0] for entry in (one, other)]
        assert found[0].keys() == found[1].keys()
        for name in found[0]:
            np.testing.assert_allclose(found[0][name], found[1][name], rtol=1e-3, atol=1e-4, err_msg=name)
    asked = [entry.read_arrays("learned.safetensors")[0] for entry in (one, other)]
    assert np.array_equal(asked[0]["images"], asked[1]["images"])
    # An image at the border between two classes may fall to either side.
    assert np.mean(asked[0]["right"] != asked[1]["right"]) < 0.02


def ends_with_the_same_bits(whole, again):
    for file in ("final.safetensors", "learned.safetensors"):
        found = [entry.read_arrays(file)[0] for entry in (whole, again)]
        assert all(np.array_equal(found[0][name], found[1][name]) for name in found[0])


def has_half_of_its_weights(entry):
    arrays, layout = entry.read_arrays("final.safetensors")
    zeros = [arrays[name] == 0 for name in layout["kernels"].values()]
    assert sum(zero.sum() for zero in zeros) == sum(zero.size for zero in zeros) // 2


def has_the_same_measurements(one, other):
    names = [name for name in one.names() if name.endswith(".nc")]
    assert names == [name for name in other.names() if name.endswith(".nc")]
    assert len(names) > 50
    for name in names:
        found, expected = (from_bytes(entry.read(name)) for entry in (other, one))
        np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-4, err_msg=name)


@pytest.mark.parametrize("shape", [(3, 2), (70, 500)])
def test_products_are_the_same_on_jax_in_double_precision(shape):
    vectors = np.random.default_rng(0).normal(size=shape)

    found = epochs.gram(vectors)

    assert found.dtype == np.float64
    assert np.array_equal(found, found.T)
    np.testing.assert_allclose(found, vectors @ vectors.T, rtol=1e-13, atol=1e-11)


def test_a_card_takes_large_products_and_no_others(monkeypatch):
    rng = np.random.default_rng(0)
    small, large = rng.normal(size=(30, 20)), rng.normal(size=(400, 300))
    monkeypatch.setattr("jax.default_backend", lambda: "gpu")
    monkeypatch.setattr(epochs, "gram", lambda vectors: np.full((len(vectors),) * 2, 7.0))
    try:
        epochs.lend_card_to(arrays.take_large_grams_to)
        assert np.array_equal(arrays.gram(small), small @ small.T)
        assert np.all(arrays.gram(large) == 7.0)
    finally:
        arrays.take_large_grams_to(None)
    assert np.array_equal(arrays.gram(large), large @ large.T)


def test_without_a_card_nothing_is_taken():
    taken = []

    epochs.lend_card_to(taken.append)

    assert taken == []
