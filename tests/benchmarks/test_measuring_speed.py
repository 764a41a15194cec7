"""What measuring costs beside the plain passes forward that it cannot do without, in one run.

Run with `OMP_NUM_THREADS=1 pytest tests/benchmarks/test_measuring_speed.py --benchmark-only -s`; ratios are printed.
"""

import time

import numpy as np
import pytest

from indicators.images.dataset import load_dataset
from indicators.images.npz import import_npz
from indicators.measures import pruning
from indicators.networks import forward, training
from indicators.specs import ArchitectureSpec, DataSpec, UntrainedSpec

IMAGES = 2000


@pytest.fixture(scope="module")
def network(tmp_path_factory):
    """A VGG-11 at a quarter of its width, untrained: what it computes does not change what that costs."""
    rng = np.random.default_rng(0)
    arrays = {
        name: rng.integers(0, 256, (count, 32, 32, 3), dtype=np.uint8)
        for name, count in (("x_train", 300), ("x_test", 100))
    }
    labels = {"y_train": np.arange(300) % 10, "y_test": np.arange(100) % 10}
    path = tmp_path_factory.mktemp("data") / "noise.npz"
    np.savez(path, **arrays, **labels)
    dataset = load_dataset(import_npz(path, path.parent), train=200, validation=100, test=100)
    spec = UntrainedSpec(
        architecture=ArchitectureSpec(parameters={"depth": 11, "width": 0.25}),
        data=DataSpec(name="arrays", train=200, validation=100, test=100),
        seed=0,
    )
    return forward.Network(spec, dataset, training.model_arrays(training.build(spec, dataset)))


def seconds(function):
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


@pytest.mark.benchmark(group="pruning sweep of 8 fractions")
def test_a_sweep_costs_little_more_than_its_passes_forward(benchmark, capsys, network):
    rng = np.random.default_rng(1)
    images, labels = rng.standard_normal((IMAGES, 32, 32, 3), dtype=np.float32), rng.integers(10, size=IMAGES)
    kernels = [np.asarray(kernel) for kernel in network._kernels]
    fractions = pruning.FRACTIONS[::3][:8]
    plain = []

    def sweep():
        for masks in pruning.magnitude_masks(kernels, fractions):
            network.pruned_accuracy(kernels, masks, images, labels)

    def passes():
        plain.append(seconds(lambda: [network.accuracy(images, labels) for _ in fractions]))

    network.accuracy(images[:1], labels[:1])  # traced
    benchmark.pedantic(sweep, setup=passes, rounds=5, warmup_rounds=1)
    ratio = benchmark.stats.stats.min / min(plain)
    benchmark.extra_info["ratio"] = ratio
    with capsys.disabled():
        print(
            f"\na sweep of 8 fractions: {ratio:.3f} x its passes forward, {8 * IMAGES / min(plain):.0f} images/s plain"
        )
    assert ratio <= 1.15
