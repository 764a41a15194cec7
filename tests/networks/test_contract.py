"""What an architecture may not bring is refused in one line, before anything is trained; what it may is not."""

import keras
import numpy as np
import pytest

from indicators.errors import InputError
from indicators.networks import training
from indicators.networks.architectures.contract import require_kept, require_trainable
from indicators.networks.kernels import tell_kernels
from indicators.networks.layers import kernel_layers
from indicators.networks.optimizers import add_penalty, optimizer
from indicators.specs import ArchitectureSpec, DataSpec, ModelSpec
from indicators.specs.recipes import Recipe

SHAPE, CLASSES = (8, 8, 3), 4

NETS = """
import keras
from keras import layers as L, regularizers as R

class Linear(L.Layer):
    def build(self, shape): self.w = self.add_weight(shape=(shape[-1], 32), name="w")
    def call(self, x): return keras.ops.matmul(x, self.w)

class NormAct(L.Layer):
    def __init__(self, kind):
        super().__init__()
        self.norm, self.act = kind(), L.ReLU()
    def build(self, shape): self.norm.build(shape)
    def call(self, x, training=None): return self.act(self.norm(x))

class Charged(L.Layer):
    def call(self, x):
        self.add_loss(keras.ops.mean(x ** 2))
        return x

def net(between=(), shape=None, classes=None, first=None, last=None):
    i = keras.Input(shape)
    x = L.Conv2D(6, 3, padding="same", activation="relu", **(first or {}))(i)
    for layer in between: x = layer(x)
    return keras.Model(i, L.Dense(classes, activation="softmax", **(last or {}))(L.GlobalAveragePooling2D()(x)))

def ahead(layer, shape, classes):
    i = keras.Input(shape)
    return keras.Model(i, net(shape=shape, classes=classes)(layer(i)))

def plain(shape, classes): return net((L.BatchNormalization(), L.MaxPooling2D(), L.Dropout(0.5)), shape, classes)
def within(shape, classes): return ahead(L.Identity(), shape, classes)
def parameters(shape, classes):
    return net((L.PReLU(), L.LayerNormalization(axis=[1, 2, 3]), L.Conv2D(5, 3)), shape, classes)

def penalized(shape, classes): return net((), shape, classes, first={"kernel_regularizer": R.L2(1e-4)})
def penalized_bias(shape, classes): return net((), shape, classes, last={"bias_regularizer": "l1"})
def penalized_activity(shape, classes): return net((), shape, classes, first={"activity_regularizer": "l2"})
def penalized_gain(shape, classes): return net((L.BatchNormalization(gamma_regularizer="l2"),), shape, classes)
def constrained(shape, classes): return net((), shape, classes, first={"kernel_constraint": "unit_norm"})
def constrained_bias(shape, classes): return net((), shape, classes, last={"bias_constraint": "non_neg"})
def charged(shape, classes): return net((Charged(),), shape, classes)
def charged_activity(shape, classes): return net((L.ActivityRegularization(l2=0.1),), shape, classes)

def seeded(shape, classes): return net((), shape, classes, last={"kernel_initializer": keras.initializers.HeNormal(1)})
def seeded_globally(shape, classes):
    keras.utils.set_random_seed(42)
    return net((), shape, classes)
def constant(shape, classes): return net((), shape, classes, last={"kernel_initializer": "ones"})
def zeros(shape, classes): return net((), shape, classes, last={"kernel_initializer": "zeros"})
def half(shape, classes): return net((L.Conv2D(5, 3, dtype="mixed_float16"),), shape, classes)
def half_weights(shape, classes): return net((L.Conv2D(5, 3, dtype="bfloat16"),), shape, classes)
def setting(shape, classes):
    keras.config.set_dtype_policy("mixed_bfloat16")
    return net((), shape, classes)
def layout(shape, classes):
    keras.config.set_image_data_format("channels_first")
    return net((), shape, classes)
def first(shape, classes):
    channels = L.Conv2D(5, 3, data_format="channels_first")
    return net((L.Permute((3, 1, 2)), channels, L.Permute((2, 3, 1))), shape, classes)
def scaled(shape, classes): return ahead(L.Rescaling(1 / 255), shape, classes)
def hidden(shape, classes): return net((Linear(),), shape, classes)
def normalizing(shape, classes): return net((L.Conv2D(5, 3), NormAct(L.BatchNormalization)), shape, classes)
def normalizing_layers(shape, classes): return net((L.Conv2D(5, 3), NormAct(L.LayerNormalization)), shape, classes)
def shared(shape, classes):
    twice = L.Conv2D(6, 3, padding="same")
    return net((twice, L.ReLU(), twice), shape, classes)
def stopped(shape, classes): return net((L.Lambda(keras.ops.stop_gradient),), shape, classes)
def low_rank(shape, classes):
    dense = L.Dense(6)
    dense.build((None, 6))
    dense.enable_lora(2)
    return net((dense,), shape, classes)
"""

REFUSED = {
    "penalized": "layer 'conv2d.*' .*kernel_regularizer.*the recipe alone decides",
    "penalized_bias": "layer 'dense.*bias_regularizer",
    "penalized_activity": "activity_regularizer",
    "penalized_gain": "regularizer of 'gamma'",
    "constrained": "kernel_constraint",
    "constrained_bias": "constraint of 'bias'",
    "charged": "layer 'charged.*adds a loss",
    "charged_activity": "activity_regularizer|adds a loss",
    "seeded": "layer 'dense.*same initial kernel with two seeds",
    "seeded_globally": "layer 'conv2d.*same initial kernel with two seeds.*set_random_seed",
    "constant": "same initial kernel with two seeds",
    "zeros": "layer 'dense.*kernel of zeros",
    "half": "computes in float16",
    "half_weights": "in bfloat16",
    "setting": r"from 'float32' to 'mixed_bfloat16': take keras.config.set_dtype_policy\(...\) out of it",
    "layout": "from 'channels_last' to 'channels_first': take keras.config.set_image_data_format",
    "first": "layer 'conv2d.*takes channels first",
    "scaled": "layer 'rescaling.*normalizes images that come with mean 0",
    "hidden": r"layer 'linear.*holds kernels out of sight \(.*w\)",
    "normalizing": "layer 'norm_act.*normalizes out of sight",
    "normalizing_layers": "layer 'norm_act.*normalizes out of sight",
    "shared": "layer 'conv2d.*is used 2 times",
    "stopped": "the loss does not depend on the kernel of layer 'conv2d",
    "low_rank": "layer 'dense.*holds kernels out of sight",
}


@pytest.fixture(autouse=True)
def nets(tmp_path, monkeypatch):
    (tmp_path / "nets_of_the_contract.py").write_text(NETS)
    monkeypatch.syspath_prepend(str(tmp_path))


@pytest.mark.parametrize("name", ["plain", "within", "parameters"])
def test_what_brings_nothing_of_a_recipe_is_built_with_seed_0(name):
    model = require_kept(f"nets_of_the_contract:{name}", SHAPE, CLASSES, {})

    again = training.architectures.build(f"nets_of_the_contract:{name}", SHAPE, CLASSES, {}, seed=0)
    for one, other in zip(kernel_layers(model), kernel_layers(again), strict=True):
        assert np.array_equal(one.kernel.numpy(), other.kernel.numpy())


@pytest.mark.parametrize("name", REFUSED)
def test_what_an_architecture_may_not_bring_is_refused_in_one_line(name):
    settings = keras.config.dtype_policy().name, keras.config.floatx(), keras.config.image_data_format()

    with pytest.raises(InputError, match=f"^architecture='nets_of_the_contract:{name}': .*(?:{REFUSED[name]})") as told:
        require_kept(f"nets_of_the_contract:{name}", SHAPE, CLASSES, {})

    assert "\n" not in str(told.value)
    assert (keras.config.dtype_policy().name, keras.config.floatx(), keras.config.image_data_format()) == settings


def test_every_network_of_some_work_is_looked_at_and_its_rates_counted(folder):
    def network(**recipe):
        return ModelSpec(
            architecture=ArchitectureSpec(name="nets_of_the_contract:plain"),
            data=DataSpec(train=40, validation=20, test=20),
            seed=0,
            recipe=Recipe(**recipe),
            optimizer="sgd",
            level="low",
            learning_rate=0.1,
        )

    require_trainable([network(), network(rates_by_layer=(1.0, 2.0))], folder)
    with pytest.raises(InputError, match=r"rates_by_layer=\(1.0,\) has 1 factors; expected 2, one for each of Conv1"):
        require_trainable([network(), network(rates_by_layer=(1.0,))], folder)


# One rule for what a kernel is


@pytest.mark.parametrize("name", ["wdecay", "layca"])
def test_parameters_of_rank_two_and_more_that_are_no_kernels_are_left_alone(name):
    model = training.architectures.build("nets_of_the_contract:parameters", SHAPE, CLASSES, {}, seed=0)
    add_penalty(model, 0.1 if name == "wdecay" else 0)
    model.compile(optimizer(name, 0.1, decay=0.5 if name == "wdecay" else 0), "sparse_categorical_crossentropy")
    model.optimizer.build(model.trainable_variables)
    tell_kernels(model)
    kernels = {id(layer.kernel) for layer in kernel_layers(model)}
    others = [v for v in model.trainable_variables if id(v) not in kernels and len(v.shape) >= 2]
    before = [v.numpy() for v in others]
    flat = [np.zeros(v.shape, np.float32) for v in model.trainable_variables]

    model.optimizer.apply(flat if name == "wdecay" else [slope + 1 for slope in flat], model.trainable_variables)

    assert {v.name for v in others} == {"alpha", "gamma", "beta"}
    assert [v.regularizer for v in others] == [None] * 3
    for variable, then in zip(others, before, strict=True):
        assert np.array_equal(variable.numpy(), then)
    assert all(layer.kernel.regularizer is not None for layer in kernel_layers(model)) == (name == "wdecay")
