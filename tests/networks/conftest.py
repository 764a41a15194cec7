"""What several rooms of networks are tested with: a narrow VGG, tiny trainings, another precision."""

import keras
import numpy as np
import pytest

from indicators.networks import training
from indicators.networks.architectures import build
from indicators.store import Store


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


@pytest.fixture
def images(rng: np.random.Generator) -> np.ndarray:
    return rng.standard_normal((6, 32, 32, 3), dtype=np.float32)


@pytest.fixture(scope="module")
def narrow() -> keras.Model:
    return build("vgg", (32, 32, 3), 10, {"depth": 16, "width": 0.05}, seed=0)


@pytest.fixture
def half_precision():
    policy = keras.mixed_precision.dtype_policy()
    keras.mixed_precision.set_dtype_policy("mixed_bfloat16")
    yield
    keras.mixed_precision.set_dtype_policy(policy)


@pytest.fixture
def precision(request):
    """Makes Keras compute in this precision, losses and learning rates included."""
    before = keras.config.floatx(), keras.config.dtype_policy()
    keras.config.set_floatx(request.param)
    keras.config.set_dtype_policy(request.param)
    yield request.param
    keras.config.set_floatx(before[0])
    keras.config.set_dtype_policy(before[1])


@pytest.fixture(scope="module")
def initial(dataset):
    """A function that returns the initial weights of a spec's seed."""
    return lambda spec: training.model_arrays(training.build(spec.untrained, dataset))


@pytest.fixture(scope="module")
def run(tmp_path_factory, dataset, initial):
    """A function that trains a spec in a store of that name, once, and returns its entry."""

    def run(spec, name="once"):
        entry = Store(tmp_path_factory.getbasetemp() / "trainings" / name).entry(spec)
        if not entry.has("final.safetensors"):
            with entry.lock:
                training.train(spec, entry, dataset, initial(spec))
        return entry

    return run


@pytest.fixture(scope="module")
def sgd(make_study):
    """A network whose epochs are all kept."""
    return make_study(keep_epochs=True).model("sgd", "high", 0)


@pytest.fixture(scope="module")
def layca(make_study):
    return make_study(max_epochs=3).model("layca", "high", 0)


@pytest.fixture(scope="module")
def random_layers(make_study, tmp_path_factory):
    """A network with random states and a variable without a name, whose epochs are noted in a file."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WATCHED", str(tmp_path_factory.mktemp("watched") / "epochs.txt"))
        recipe = {"max_epochs": 2, "epochs_beyond": 1}
        yield make_study("watched", parameters={"dropout": 0.4, "scaled": True}, **recipe).model("sgd", "high", 0)
