import os
from pathlib import Path

import pytest

from indicators import machine
from indicators.errors import InputError

INTEL = "processor\t: 0\nmodel name\t: Some Processor 9000\nflags\t\t: fpu sse2 avx512f {}\nbugs\t\t: avx512_bf16_bug\n"


def test_the_cores_are_those_this_process_may_use(monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {3, 5, 8}, raising=False)

    assert machine.cores() == 3


def test_where_no_affinity_is_known_every_core_counts(monkeypatch):
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: 7)
    assert machine.cores() == 7

    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert machine.cores() == 1


@pytest.mark.parametrize(
    ("asked", "flags", "resolved"),
    [
        ("float32", "avx512_bf16", "float32"),
        ("bfloat16", "", "bfloat16"),
        ("auto", "", "float32"),
        ("auto", "avx512_bf16", "bfloat16"),
        ("auto", "amx_bf16 amx_tile", "bfloat16"),
        ("auto", "avx512_bf16x", "float32"),
    ],
)
def test_precision_is_what_was_asked_and_auto_what_the_processor_computes_in(monkeypatch, asked, flags, resolved):
    monkeypatch.setattr(machine, "_cpuinfo", lambda: INTEL.format(flags))

    assert machine.resolve_precision(asked) == resolved


@pytest.mark.parametrize(
    ("precision", "flags", "warned"),
    [("bfloat16", "", True), ("bfloat16", "avx512_bf16", False), ("float32", "", False)],
)
def test_a_precision_that_the_processor_emulates_is_warned_of(monkeypatch, precision, flags, warned):
    monkeypatch.setattr(machine, "_cpuinfo", lambda: INTEL.format(flags))
    monkeypatch.setattr(machine, "accelerator", lambda: "")

    assert ('precision = "float32"' in machine.slow_precision(precision)) == warned


def test_a_machine_that_tells_nothing_computes_in_float32(monkeypatch):
    monkeypatch.setattr(machine, "_cpuinfo", lambda: "")

    assert machine.resolve_precision("auto") == "float32"
    assert machine.slow_precision("bfloat16") == ""
    assert machine.provenance()["processor"]


def test_provenance_names_versions_processor_and_threads(monkeypatch):
    monkeypatch.setattr(machine, "_cpuinfo", lambda: INTEL)
    monkeypatch.setenv("OMP_NUM_THREADS", "3")

    about = machine.provenance()

    assert about["processor"] == "Some Processor 9000"
    assert (about["cores"], about["threads"]) == (machine.cores(), 3)
    assert about["keras"].startswith("3.")
    assert {"python", "numpy", "tensorflow", "generalization-indicators"} <= set(about)


def test_a_package_that_is_absent_is_said_to_be():
    assert machine._version("no-such-package-anywhere") == "not installed"


def test_a_card_that_is_not_to_be_used_counts_as_none(monkeypatch):
    monkeypatch.setattr(machine, "_cards", lambda: ["Some Card 80GB"])
    for name in ("CUDA_VISIBLE_DEVICES", "JAX_PLATFORMS"):
        monkeypatch.delenv(name, raising=False)

    assert machine.accelerator() == "Some Card 80GB"
    assert machine.provenance()["accelerator"] == "Some Card 80GB"
    for name, value in (("CUDA_VISIBLE_DEVICES", ""), ("CUDA_VISIBLE_DEVICES", "-1"), ("JAX_PLATFORMS", "cpu")):
        with monkeypatch.context() as patch:
            patch.setenv(name, value)
            assert machine.accelerator() == ""
            assert "accelerator" not in machine.provenance()


def test_a_card_computes_in_bfloat16_whatever_the_processor(monkeypatch):
    monkeypatch.setattr(machine, "_cpuinfo", lambda: "")
    monkeypatch.setattr(machine, "accelerator", lambda: "Some Card 80GB")

    assert machine.resolve_precision("auto") == "bfloat16"
    assert machine.resolve_precision("float32") == "float32"
    assert machine.slow_precision("bfloat16") == ""


def test_provenance_names_the_backend(monkeypatch):
    monkeypatch.setenv("KERAS_BACKEND", "jax")

    assert "tensorflow" not in machine.provenance()
    assert machine.provenance()["jax"]


def test_provenance_names_the_commit_of_a_checkout_and_none_elsewhere(monkeypatch, tmp_path):
    about = machine.provenance()
    in_checkout = (Path(machine.__file__).parents[1] / ".git").exists()

    assert ("commit" in about) == in_checkout
    monkeypatch.setattr(machine, "__file__", str(tmp_path / "indicators/machine.py"))
    machine._commit.cache_clear()
    try:
        assert "commit" not in machine.provenance()
    finally:
        machine._commit.cache_clear()


@pytest.mark.parametrize(
    ("kind", "turned_on"), [("x86_64", True), ("AMD64", True), ("aarch64", False), ("arm64", False)]
)
def test_fast_convolutions_are_turned_on_where_they_were_tried(monkeypatch, kind, turned_on):
    monkeypatch.setattr(machine.platform, "machine", lambda: kind)

    assert ("TF_ENABLE_ONEDNN_OPTS" in machine.tensorflow_defaults()) == turned_on


def test_memory_is_what_programs_may_still_take():
    assert 10**8 < machine.memory() < 10**14


@pytest.mark.parametrize(
    ("backend", "absent", "named"),
    [
        (None, {"keras", "tensorflow"}, "keras and tensorflow cannot be found"),
        (None, {"tensorflow"}, "tensorflow cannot be found"),
        ("jax", {"jax", "tensorflow"}, "jax cannot be found"),
    ],
)
def test_what_trains_is_named_with_the_extra_that_brings_it(monkeypatch, backend, absent, named):
    monkeypatch.setattr(machine.importlib.util, "find_spec", lambda name: None if name in absent else name)
    monkeypatch.delenv("KERAS_BACKEND", raising=False)
    if backend:
        monkeypatch.setenv("KERAS_BACKEND", backend)

    with pytest.raises(InputError, match=rf"^{named}, .*pip install 'generalization-indicators\[train\]'$"):
        machine.require_training()


def test_nothing_is_asked_for_where_what_trains_is_there(monkeypatch):
    monkeypatch.setattr(machine.importlib.util, "find_spec", lambda name: name)

    machine.require_training()
