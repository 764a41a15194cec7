"""What this machine is: cores, precision that pays, provenance of a run."""

from __future__ import annotations

import functools
import importlib.util
import os
import platform
import shutil
import subprocess
from importlib import metadata
from pathlib import Path
from typing import Literal

from indicators.errors import InputError

ONE_THREAD = dict.fromkeys(
    ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"),
    "1",
)
"""The environment of a process on one core: results depend on the number of threads in their last bits."""


def tensorflow_defaults() -> dict[str, str]:
    """The environment that TensorFlow trains fastest with, quietly; to be set before it is imported.

    By itself it takes oneDNN's convolutions only where there are AVX-512's instructions for networks. Other
    processors train two to three times as fast with them.
    """
    convolutions = {"TF_ENABLE_ONEDNN_OPTS": "1"} if platform.machine().lower() in ("x86_64", "amd64") else {}
    return {"TF_CPP_MIN_LOG_LEVEL": "3", **convolutions}


def require_training() -> None:
    """Raises InputError where what trains and runs networks is not installed: judging needs none of it."""
    backend = os.environ.get("KERAS_BACKEND", "tensorflow")
    if missing := [name for name in ("keras", backend) if importlib.util.find_spec(name) is None]:
        raise InputError(
            f"{' and '.join(missing)} cannot be found, and networks are trained and run with it; "
            "install the extra that brings it: pip install 'generalization-indicators[train]'"
        )


def cores() -> int:
    """The number of processor cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def memory() -> int:
    """The bytes of memory that programs may still take."""
    path = Path("/proc/meminfo")
    lines = path.read_text().splitlines() if path.is_file() else []
    free = next((int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:")), 0)
    return free or os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def accelerator() -> str:
    """The name of the first NVIDIA card that this process may use, empty where there is none or none is to be used."""
    if os.environ.get("CUDA_VISIBLE_DEVICES") in ("", "-1") or os.environ.get("JAX_PLATFORMS") == "cpu":
        return ""
    return next(iter(_cards()), "")


def _cards() -> list[str]:
    """The names of the NVIDIA cards that the driver knows."""
    about = (path.read_text() for path in sorted(Path("/proc/driver/nvidia/gpus").glob("*/information")))
    names = (line.partition(":")[2].strip() for card in about for line in card.splitlines() if "Model:" in line)
    found = list(names)
    return found or (["NVIDIA card"] if Path("/dev/nvidia0").exists() else [])


def resolve_precision(precision: str) -> Literal["float32", "bfloat16"]:
    """`precision` itself, or for `auto` bfloat16 where this machine computes in it."""
    if precision == "auto":
        return "bfloat16" if _computes_in_bfloat16() else "float32"
    return "bfloat16" if precision == "bfloat16" else "float32"


def slow_precision(precision: str) -> str:
    """A warning, with what to do, where this machine only emulates a precision; empty elsewhere.

    Of processors that do not tell what they compute in, as all but x86 on Linux, nothing is said.
    """
    if precision != "bfloat16" or _computes_in_bfloat16() or not _processor_flags():
        return ""
    return (
        "this processor does not compute in bfloat16: training takes several times as long as in float32; "
        'a copy of the study with precision = "float32" is the same recipe, and another study'
    )


def _computes_in_bfloat16() -> bool:
    return bool(accelerator() or {"avx512_bf16", "amx_bf16"} & _processor_flags())


def provenance() -> dict[str, str | int]:
    """The versions, processor, cores and threads of this process, to be stored beside what was measured here."""
    backend = os.environ.get("KERAS_BACKEND", "tensorflow")
    packages = ("numpy", "keras", backend, "generalization-indicators")
    return {
        "python": platform.python_version(),
        "processor": _processor_name(),
        "cores": cores(),
        # Sums in another order round otherwise: how many threads a process had is part of what was computed.
        "threads": int(os.environ.get("OMP_NUM_THREADS") or cores()),
        **({"commit": commit} if (commit := _commit()) else {}),
        **({"accelerator": card} if (card := accelerator()) else {}),
        **{name: _version(name) for name in packages},
    }


@functools.cache
def _commit() -> str:
    """The commit of the checkout that this package runs from, empty where it runs from none."""
    root = Path(__file__).parents[1]
    git = shutil.which("git")
    if git is None or not (root / ".git").exists():
        return ""
    done = subprocess.run(  # noqa: S603 - git, on our own folder
        [git, "-C", str(root), "describe", "--always", "--dirty", "--abbrev=12"],
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout.strip()


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "not installed"


def _cpuinfo() -> str:
    path = Path("/proc/cpuinfo")
    return path.read_text() if path.is_file() else ""


def _field(name: str) -> str:
    lines = (line for line in _cpuinfo().splitlines() if line.startswith(name))
    return next(lines, ":").partition(":")[2].strip()


def _processor_flags() -> set[str]:
    return set(_field("flags").split())


def _processor_name() -> str:
    return _field("model name") or platform.processor() or platform.machine()
