"""An architecture by its name: found, built with a seed, refused in one line."""

import numpy as np
import pytest

from indicators.errors import InputError
from indicators.networks.architectures import build, resolve
from indicators.networks.layers import kernel_layers
from indicators.networks.vgg import vgg

SHAPE = (32, 32, 3)


NETS = """
import keras
number = 3
def tiny(input_shape, classes, *, units=2):
    return keras.Sequential([keras.Input(input_shape), keras.layers.Flatten(),
                             keras.layers.Dense(units), keras.layers.Dense(classes, activation="softmax")])
def ending(last, input_shape, classes):
    x = keras.Input(input_shape)
    return keras.Model(x, keras.layers.Dense(classes, activation=last)(keras.layers.Flatten()(x)))
def logits(input_shape, classes): return ending(None, input_shape, classes)
def sigmoids(input_shape, classes): return ending("sigmoid", input_shape, classes)
def tilted(input_shape, classes):
    model = ending(None, input_shape, classes)
    y = model.outputs[0]
    return keras.Model(model.inputs, y - keras.ops.mean(y, axis=-1, keepdims=True) + 1 / classes)
def committee(input_shape, classes):
    x = keras.Input(input_shape)
    return keras.Model(x, keras.layers.Average()([tiny(input_shape, classes)(x), tiny(input_shape, classes)(x)]))
def nested(input_shape, classes):
    x = keras.Input(input_shape)
    return keras.Model(x, tiny(input_shape, classes)(x))
def failing(input_shape, classes):
    return keras.layers.Reshape((7,))(keras.Input(input_shape))
def nothing(input_shape, classes): return None
def stubborn(input_shape, classes): return tiny((5, 5, 1), 3)
def deaf(input_shape, classes): return tiny(input_shape, 3)
def shapeless(input_shape, classes): return keras.Sequential([keras.layers.Dense(classes)])
class Hidden(keras.Model):
    def __init__(self, input_shape, classes):
        super().__init__()
        self.dense = keras.layers.Dense(classes)
    def call(self, x): return self.dense(keras.ops.reshape(x, (-1, 3072)))
"""


@pytest.fixture
def nets(tmp_path, monkeypatch):
    (tmp_path / "nets_of_a_user.py").write_text(NETS)
    (tmp_path / "nets_that_lack_a_package.py").write_text("import no_such_package")
    (tmp_path / "nets_with_a_slip.py").write_text("\ndef build(:\n")
    (tmp_path / "nets_that_fail.py").write_text("sizes = {}\nsizes['first']\n")
    monkeypatch.syspath_prepend(str(tmp_path))


@pytest.mark.usefixtures("nets")
def test_a_users_function_is_found_and_built():
    model = build("nets_of_a_user:tiny", (4, 4, 1), 5, {"units": 3}, seed=0)

    assert [layer.kernel.shape for layer in kernel_layers(model)] == [(16, 3), (3, 5)]
    assert resolve("vgg") is vgg


@pytest.mark.usefixtures("nets")
@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("resnet", "architecture='resnet' is not 'vgg' or 'module:function': try mypackage.nets:build"),
        (":tiny", "architecture=':tiny' is not 'vgg' or 'module:function'"),
        ("nets_of_a_user:", "architecture='nets_of_a_user:' is not 'vgg' or 'module:function'"),
        (
            "absent_nets:f",
            "module 'absent_nets' cannot be imported (No module named 'absent_nets'): install it",
        ),
        ("nets_that_lack_a_package:f", "cannot be imported (No module named 'no_such_package')"),
        ("nets_of_a_user:tidy", "module 'nets_of_a_user' has no 'tidy': name a function it defines"),
        ("nets_of_a_user:number", "architecture='nets_of_a_user:number' names an int, not a function: name one"),
        ("nets_with_a_slip:build", "fails on import: SyntaxError: invalid syntax ("),
        ("nets_with_a_slip:build", "nets_with_a_slip.py, line 2)"),
        ("nets_that_fail:build", "fails on import: KeyError: 'first' ("),
        ("nets_that_fail:build", "nets_that_fail.py, line 2)"),
    ],
)
def test_a_name_that_means_no_function_is_refused_in_one_line(name, message):
    with pytest.raises(InputError) as refusal:
        resolve(name)

    assert message in str(refusal.value)
    assert "\n" not in str(refusal.value)


@pytest.mark.usefixtures("nets")
@pytest.mark.parametrize(
    ("name", "parameters", "message"),
    [
        (
            "nets_of_a_user:tiny",
            {"unit": 3},
            "cannot be called with (input_shape, classes, unit=3) (got an unexpected keyword",
        ),
        ("vgg", {"depht": 16}, "it takes (input_shape: "),
        ("nets_of_a_user:nothing", {}, "returns a NoneType, not a keras.Model: return the model"),
        ("nets_of_a_user:stubborn", {}, "a model of input shape (None, 5, 5, 1), not (None, 32, 32, 3)"),
        ("nets_of_a_user:deaf", {}, "a model of output shape (None, 3), not (None, 10): build it from"),
        ("nets_of_a_user:logits", {}, "a model whose outputs are no probabilities (the first image: from -"),
        ("nets_of_a_user:tilted", {}, "a model whose outputs are no probabilities (the first image: from -"),
        ("nets_of_a_user:sigmoids", {}, ": end it in a softmax, such as Dense(classes, activation="),
        ("nets_of_a_user:failing", {}, "fails for input_shape=(32, 32, 3), classes=10: ValueError: "),
        ("nets_of_a_user:shapeless", {}, "(Sequential) shows no graph: make it with keras.Model"),
        ("nets_of_a_user:Hidden", {}, "(Hidden) shows no graph: make it with keras.Model(inputs, outputs)"),
    ],
)
def test_a_function_that_builds_something_else_is_refused_in_one_line(name, parameters, message):
    with pytest.raises(InputError) as refusal:
        build(name, SHAPE, 10, parameters, seed=0)

    assert message in str(refusal.value)
    assert "\n" not in str(refusal.value)


@pytest.mark.usefixtures("nets")
@pytest.mark.parametrize("name", ["tiny", "committee", "nested"])
def test_probabilities_are_known_wherever_they_come_from(name):
    outputs = build(f"nets_of_a_user:{name}", (4, 4, 1), 5, {}, seed=0)(np.ones((3, 4, 4, 1)))

    assert np.sum(outputs, axis=1) == pytest.approx(np.ones(3), abs=1e-6)


def test_one_seed_is_one_set_of_initial_weights_and_another_seed_another():
    first, again, other = (
        build("vgg", SHAPE, 10, {"depth": 11, "width": 0.02}, seed=seed).get_weights() for seed in (7, 7, 8)
    )

    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
    assert not np.array_equal(first[0], other[0])
