import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import correlate

from indicators.measures import receptive

rng = np.random.default_rng(0)


def outputs_by_patches(images, kernel, strides, padding):
    """Every output of the convolution, each as inputs times weights; positions until there are no more."""
    filters = [receptive.receptive_weights(kernel, index) for index in range(kernel.shape[-1])]
    rows = []
    for row in range(99):
        columns = []
        for column in range(99):
            try:
                patch = receptive.receptive_inputs(
                    images, (row, column), kernel.shape[:2], strides=strides, padding=padding
                )
            except ValueError:
                break
            columns.append(patch @ np.stack(filters, axis=1))
        if not columns:
            break
        rows.append(np.stack(columns, axis=1))
    return np.stack(rows, axis=1)


@pytest.mark.parametrize("padding", receptive.PADDINGS)
@pytest.mark.parametrize("strides", [(1, 1), (2, 2), (3, 2)])
@pytest.mark.parametrize("kernel_size", [(1, 1), (2, 2), (3, 3), (3, 2), (4, 5)])
def test_inputs_times_weights_is_what_the_framework_computes(kernel_size, strides, padding):
    # An even surplus of zeros, an odd one, none, and strides that leave a remainder.
    keras = pytest.importorskip("keras")
    for size in ((5, 5), (6, 7), (8, 5)):
        images = rng.standard_normal((2, *size, 3)).astype(np.float32)
        kernel = rng.standard_normal((*kernel_size, 3, 2)).astype(np.float32)
        expected = keras.ops.conv(images, kernel, strides=strides, padding=padding, data_format="channels_last")

        found = outputs_by_patches(images, kernel, strides, padding)

        np.testing.assert_allclose(found, np.asarray(expected), atol=1e-5)


@pytest.mark.parametrize("padding", receptive.PADDINGS)
def test_inputs_times_weights_is_a_correlation(padding):
    images, kernel = rng.standard_normal((2, 6, 5, 3)), rng.standard_normal((3, 3, 3, 1))
    expected = [sum(correlate(image[..., c], kernel[..., c, 0], mode=padding) for c in range(3)) for image in images]

    found = outputs_by_patches(images, kernel, (1, 1), padding)

    np.testing.assert_allclose(found[..., 0], expected, atol=1e-12)


def test_zeros_are_outside_and_the_odd_one_at_the_end():
    image = np.arange(1, 17).reshape(1, 4, 4, 1)

    corner = receptive.receptive_inputs(image, (0, 0), 3)
    strided = receptive.receptive_inputs(image, (0, 0), 3, strides=2)
    last = receptive.receptive_inputs(image, (1, 1), 3, strides=2)

    assert corner.tolist() == [[0, 0, 0, 0, 1, 2, 0, 5, 6]]
    assert strided.tolist() == [[1, 2, 3, 5, 6, 7, 9, 10, 11]]  # one zero to place: at the end, not here
    assert last.tolist() == [[11, 12, 0, 15, 16, 0, 0, 0, 0]]


def test_channels_are_innermost_and_the_position_is_row_then_column():
    image = np.arange(2 * 3 * 2).reshape(1, 2, 3, 2)

    assert receptive.receptive_inputs(image, (1, 2), 1).tolist() == [[10, 11]]
    assert receptive.receptive_inputs(image, (0, 1), (2, 1), padding="valid").tolist() == [[2, 3, 8, 9]]


def test_a_kernel_larger_than_the_image_sees_zeros_on_both_sides():
    image = np.full((1, 1, 1, 1), 7.0)

    assert receptive.receptive_inputs(image, (0, 0), 3).tolist() == [[0, 0, 0, 0, 7, 0, 0, 0, 0]]


@settings(deadline=None, max_examples=40)
@given(st.integers(1, 9), st.integers(1, 5), st.integers(1, 4), st.sampled_from(receptive.PADDINGS))
def test_every_output_has_a_patch_and_none_beyond(size, kernel, stride, padding):
    expected = -(-size // stride) if padding == "same" else max((size - kernel) // stride + 1, 0)
    image = np.ones((1, size, 1, 1))
    ask = lambda row: receptive.receptive_inputs(  # noqa: E731
        image, (row, 0), (kernel, 1), strides=(stride, 1), padding=padding
    )

    for row in range(expected):
        assert 1 <= ask(row).sum() <= kernel
    with pytest.raises(ValueError, match="outside the map"):
        ask(expected)


def test_a_dense_layer_receives_everything():
    maps, kernel = rng.standard_normal((4, 2, 3, 5)), rng.standard_normal((30, 6))

    inputs = receptive.dense_inputs(maps)

    np.testing.assert_array_equal(inputs[1], maps[1].ravel())
    np.testing.assert_allclose(inputs @ receptive.receptive_weights(kernel, 4), (maps.reshape(4, -1) @ kernel)[:, 4])


def test_the_dtype_is_kept_and_nothing_is_changed():
    maps = rng.standard_normal((3, 4, 4, 2)).astype(np.float32)
    before = maps.copy()

    patch = receptive.receptive_inputs(maps, (1, 1), 3, padding="same")
    patch += 1.0

    assert patch.dtype == np.float32
    np.testing.assert_array_equal(maps, before)


@pytest.mark.parametrize(
    ("position", "rows", "columns"),
    [
        pytest.param((2, 3), [1, 2], [2, 3], id="inside"),
        pytest.param((0, 0), [0], [0], id="first corner"),
        pytest.param((4, 4), [3], [3], id="last corner without itself"),
        pytest.param((4, 0), [3], [0], id="last row"),
        pytest.param((3, 1), [2, 3], [0, 1], id="last but one"),
    ],
)
def test_the_window_of_2019(position, rows, columns):
    outputs = rng.standard_normal((3, 5, 5, 2))

    window = receptive.window_2019(outputs, position)

    np.testing.assert_array_equal(window, outputs[:, rows][:, :, columns].reshape(3, -1))


@pytest.mark.parametrize("position", [(0, 0), (0, 1), (1, 0), (1, 1)])
def test_the_window_of_2019_in_maps_of_two_by_two_is_always_the_first_place(position):
    outputs = rng.standard_normal((3, 2, 2, 4))

    np.testing.assert_array_equal(receptive.window_2019(outputs, position), outputs[:, 0, 0])


MAPS = np.ones((2, 4, 4, 3))


@pytest.mark.parametrize(
    ("question", "error", "message"),
    [
        pytest.param(
            lambda: receptive.receptive_inputs(MAPS[0], (0, 0), 3), ValueError, "is not .images, height", id="map"
        ),
        pytest.param(lambda: receptive.receptive_inputs(MAPS, (4, 0), 3), ValueError, "axis 0 has 4 places", id="row"),
        pytest.param(lambda: receptive.receptive_inputs(MAPS, (0, -1), 3), ValueError, "axis 1 has 4", id="negative"),
        pytest.param(
            lambda: receptive.receptive_inputs(MAPS, (0, 0), 5, padding="valid"),
            ValueError,
            "has 0 places",
            id="no room",
        ),
        pytest.param(
            lambda: receptive.receptive_inputs(MAPS, (0,), 3), ValueError, "is not .row, column", id="position"
        ),
        pytest.param(lambda: receptive.receptive_inputs(MAPS, (0, 0), 0), ValueError, "kernel_size=0", id="kernel"),
        pytest.param(
            lambda: receptive.receptive_inputs(MAPS, (0, 0), 3, strides=(1, 0)), ValueError, "strides=", id="strides"
        ),
        pytest.param(
            lambda: receptive.receptive_inputs(MAPS, (0, 0), 3, padding="full"),
            ValueError,
            "padding='full'",
            id="padding",
        ),
        pytest.param(lambda: receptive.receptive_inputs(MAPS[:0], (0, 0), 3), ValueError, "no values", id="no images"),
        pytest.param(lambda: receptive.receptive_inputs(MAPS * 1j, (0, 0), 3), TypeError, "complex128", id="complex"),
        pytest.param(
            lambda: receptive.receptive_weights(MAPS, 3), ValueError, r"neuron=3 is not in \[0, 3\)", id="filter"
        ),
        pytest.param(lambda: receptive.receptive_weights(MAPS[0], 0), ValueError, "neither", id="kernel axes"),
        pytest.param(lambda: receptive.dense_inputs([1.0, 2.0]), ValueError, "one row per image", id="dense"),
        pytest.param(lambda: receptive.window_2019(MAPS, (4, 0)), ValueError, "outside the map", id="window"),
        pytest.param(lambda: receptive.window_2019(MAPS[:, :1], (0, 0)), ValueError, "is empty", id="one row"),
    ],
)
def test_unusable_questions_are_named(question, error, message):
    with pytest.raises(error, match=message):
        question()


# --- What a pooling reads


@pytest.mark.parametrize("kind", ["max", "average"])
@pytest.mark.parametrize(
    ("pool_size", "pool_strides", "pool_padding"),
    [((2, 2), (2, 2), "valid"), ((2, 2), (2, 2), "same"), ((3, 2), (1, 2), "valid"), ((3, 3), (2, 2), "same")],
    ids=str,
)
@pytest.mark.parametrize("convolution", [((3, 3), 1, "same"), ((2, 1), (2, 1), "valid")], ids=str)
def test_what_is_read_is_pooled_into_what_is_received(kind, pool_size, pool_strides, pool_padding, convolution):
    if kind == "average" and pool_padding == "same":
        pytest.skip("its windows are smaller at the border")
    keras = pytest.importorskip("keras")
    kernel_size, strides, padding = convolution
    maps = rng.random((3, 9, 7, 4)).astype(np.float32)
    pooling = {"max": keras.ops.max_pool, "average": keras.ops.average_pool}[kind]
    pooled = np.asarray(pooling(maps, pool_size, pool_strides, pool_padding, data_format="channels_last"))
    over = {"max": np.max, "average": np.mean}[kind]
    options = {"pool_size": pool_size, "pool_strides": pool_strides, "pool_padding": pool_padding}
    for position in [(0, 0), (1, 1), (0, 2)]:
        received = receptive.receptive_inputs(pooled, position, kernel_size, strides=strides, padding=padding)
        read = receptive.unpooled_inputs(maps, position, kernel_size, strides=strides, padding=padding, **options)

        windows = read.reshape(3, kernel_size[0], pool_size[0], kernel_size[1], pool_size[1], 4)
        np.testing.assert_allclose(over(windows, axis=(2, 4)).reshape(3, -1), received, rtol=1e-6)


def test_every_place_carries_the_weight_of_what_it_is_pooled_into():
    kernel = rng.normal(size=(3, 2, 4, 5))

    weights = receptive.unpooled_weights(kernel, 3, (2, 3)).reshape(3, 2, 2, 3, 4)

    assert (weights == kernel[:, None, :, None, :, 3]).all()


def test_places_of_a_pooling_by_hand():
    image = np.arange(16).reshape(1, 4, 4, 1) + 1
    options = {"pool_size": 2, "pool_strides": 2}

    corner = receptive.unpooled_inputs(image, (0, 0), (1, 2), padding="valid", **options)
    border = receptive.unpooled_inputs(image, (1, 1), (1, 2), padding="same", **options)

    assert corner.tolist() == [[1, 2, 3, 4, 5, 6, 7, 8]]
    assert border.tolist() == [[11, 12, 0, 0, 15, 16, 0, 0]]
