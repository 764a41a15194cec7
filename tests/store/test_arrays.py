"""Arrays come back with their shape, type, bits and metadata."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from indicators.errors import InputError
from indicators.store import Store
from tests.fixtures.processes import SPEC, flip

DTYPES = ("bool", "int8", "uint8", "int16", "int32", "int64", "uint64", "float16", "float32", "float64", ">f4")


@settings(max_examples=60, deadline=None)
@given(
    st.dictionaries(
        st.text(max_size=8).filter(lambda name: name != "__metadata__"),
        st.sampled_from(DTYPES).flatmap(lambda kind: arrays(kind, array_shapes(min_dims=0, min_side=0, max_side=3))),
        max_size=4,
    ),
    st.dictionaries(st.text(max_size=8), st.integers() | st.text(max_size=8) | st.lists(st.booleans(), max_size=2)),
)
def test_arrays_come_back_with_shape_type_bits_and_metadata(tmp_path_factory, named, metadata):
    entry = Store(tmp_path_factory.getbasetemp() / "arrays").entry(SPEC)

    entry.write_arrays("final.safetensors", named, metadata)

    read, described = entry.read_arrays("final.safetensors")
    assert described == metadata
    assert read.keys() == named.keys()
    for name, array in named.items():
        assert read[name].shape == array.shape
        assert read[name].dtype == array.dtype.newbyteorder("=")
        assert read[name].tobytes() == array.astype(read[name].dtype).tobytes()


def test_arrays_in_any_order_of_memory_come_back_the_same(entry):
    array = np.arange(24.0).reshape(2, 3, 4)
    named = {"transposed": array.T, "strided": array[:, ::2, ::-1], "fortran": np.asfortranarray(array)}

    entry.write_arrays("final.safetensors", named, {})

    read, _ = entry.read_arrays("final.safetensors")
    assert all(np.array_equal(read[name], named[name]) for name in named)


def test_a_number_without_dimensions_stays_one(entry):
    entry.write_arrays("final.safetensors", {"iteration": np.int64(7)}, {})

    read, _ = entry.read_arrays("final.safetensors")
    assert read["iteration"].shape == ()
    assert read["iteration"] == 7


def test_damaged_arrays_count_as_none(entry):
    entry.write_arrays("final.safetensors", {"kernel": np.ones(9)}, {})
    flip(entry.folder / "final.safetensors", -1, bit=6)

    assert entry.read_arrays("final.safetensors") is None


def test_what_is_listed_but_no_weights_file_says_what_to_delete(entry):
    entry.write("final.safetensors", b"no weights")

    with pytest.raises(InputError, match=r"^final.safetensors of .* is not a weights file .*; delete /") as caught:
        entry.read_arrays("final.safetensors")

    assert "\n" not in str(caught.value)
