"""How much faster the core is than what one would write instead, in one run and one thread.

Nothing here uses BLAS, so one thread is what runs. Run with
`pytest tests/benchmarks/test_core_speed.py --benchmark-only`; the ratios are printed as they come.
"""

import time

import numpy as np
import pytest
from sklearn.metrics import normalized_mutual_info_score

from indicators import information, pruning

IMAGES, NEURONS, PAIRS = 1000, 10_000, 10_000
SAMPLED = 25  # calls of scikit-learn that are timed: the loops are proportional to their number


@pytest.fixture(scope="module")
def activations():
    values = np.random.default_rng(0).standard_normal((IMAGES, NEURONS), dtype=np.float32)
    return np.maximum(values - np.float32(0.3), 0)


@pytest.fixture(scope="module")
def active(activations):
    return information.binarize(activations)


@pytest.fixture(scope="module")
def packed(active):
    return information.pack(active)


@pytest.fixture(scope="module")
def labels():
    return np.random.default_rng(1).integers(10, size=IMAGES)


@pytest.fixture(scope="module")
def pairs():
    return information.sample_pairs(NEURONS, PAIRS, rng=np.random.default_rng(2))


@pytest.fixture(scope="module")
def kernels():
    rng = np.random.default_rng(3)
    return [rng.standard_normal(5_000_000, dtype=np.float32) for _ in range(3)]


def compare(benchmark, capsys, ours, theirs, *, calls=1, at_least, rounds=20):
    """Time both, turn by turn, and compare the best of each; `calls` runs of theirs stand for one of ours."""
    slow = []

    def turn():
        slow.append(seconds(theirs))
        ours()  # theirs has just displaced it from the caches

    benchmark.pedantic(ours, setup=turn, rounds=rounds)
    ratio = calls * min(slow) / benchmark.stats.stats.min
    report(benchmark, capsys, ratio, calls * min(slow), f"at least {at_least}")
    assert ratio >= at_least


def report(benchmark, capsys, ratio, theirs, target):
    benchmark.extra_info["ratio"] = ratio
    ours = 1e3 * benchmark.stats.stats.min
    with capsys.disabled():
        print(f"\n{benchmark.group}: {ours:.2f} ms and {1e3 * theirs:.2f} ms, ratio {ratio:.4g} ({target})")


def seconds(function):
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


def loop_over_pairs(active, pairs):
    return [normalized_mutual_info_score(active[:, i], active[:, j]) for i, j in pairs[:SAMPLED]]


def loop_over_labels(active, labels):
    return [normalized_mutual_info_score(labels, active[:, neuron]) for neuron in range(SAMPLED)]


@pytest.mark.benchmark(group="10 000 pairs")
def test_pairs_of_a_packed_layer_against_scikit_learn(benchmark, capsys, active, packed, pairs):
    ours = lambda: information.pairwise_nmi(packed, pairs)  # noqa: E731
    np.testing.assert_allclose(ours()[:SAMPLED], loop_over_pairs(active, pairs), atol=1e-12)

    compare(benchmark, capsys, ours, lambda: loop_over_pairs(active, pairs), calls=PAIRS / SAMPLED, at_least=4000)


@pytest.mark.benchmark(group="10 000 pairs, packing counted")
def test_pairs_of_an_unpacked_layer_against_scikit_learn(benchmark, capsys, active, pairs):
    compare(
        benchmark,
        capsys,
        lambda: information.pairwise_nmi(active, pairs),
        lambda: loop_over_pairs(active, pairs),
        calls=PAIRS / SAMPLED,
        at_least=2000,
    )


@pytest.mark.benchmark(group="labels, 10 000 neurons")
def test_labels_of_a_packed_layer_against_scikit_learn(benchmark, capsys, active, packed, labels):
    ours = lambda: information.label_nmi(packed, labels)  # noqa: E731
    np.testing.assert_allclose(ours()[:SAMPLED], loop_over_labels(active, labels), atol=1e-12)

    compare(
        benchmark,
        capsys,
        ours,
        lambda: loop_over_labels(active, labels),
        calls=NEURONS / SAMPLED,
        at_least=2000,
    )


@pytest.mark.benchmark(group="labels, 10 000 neurons, packing counted")
def test_labels_of_an_unpacked_layer_against_scikit_learn(benchmark, capsys, active, labels):
    compare(
        benchmark,
        capsys,
        lambda: information.label_nmi(active, labels),
        lambda: loop_over_labels(active, labels),
        calls=NEURONS / SAMPLED,
        at_least=1000,
    )


@pytest.mark.benchmark(group="binarize and pack, in passes of np.max")
def test_binarize_and_pack_cost_a_few_passes_over_the_layer(benchmark, capsys, activations):
    passes = []

    def ours():
        information.pack(information.binarize(activations))

    benchmark.pedantic(ours, setup=lambda: passes.append(seconds(activations.max)), rounds=40)
    ratio = benchmark.stats.stats.min / min(passes)
    report(benchmark, capsys, ratio, min(passes), "at most 18")
    assert ratio <= 18


@pytest.mark.benchmark(group="25 thresholds, 15 million weights")
def test_a_sweep_of_masks_against_one_argpartition_per_fraction(benchmark, capsys, kernels):
    magnitudes = np.abs(np.concatenate(kernels))
    fractions = pruning.FRACTIONS[1:]

    def theirs():
        for fraction in fractions:
            count = int(fraction * magnitudes.size)
            np.argpartition(magnitudes, count)[:count]

    def ours():
        pruning.magnitude_masks(kernels, fractions)

    compare(benchmark, capsys, ours, theirs, at_least=8, rounds=2)


@pytest.mark.benchmark(group="25 lists of masks, 15 million weights")
def test_the_masks_themselves_against_one_argpartition_per_fraction(benchmark, capsys, kernels):
    fractions = pruning.FRACTIONS[1:]

    def theirs():
        for fraction in fractions:
            magnitudes = np.abs(np.concatenate(kernels))
            mask = np.zeros(magnitudes.size, dtype=bool)
            mask[np.argpartition(magnitudes, int(fraction * mask.size))[: int(fraction * mask.size)]] = True

    def ours():
        for _ in pruning.magnitude_masks(kernels, fractions):
            pass

    compare(benchmark, capsys, ours, theirs, at_least=2, rounds=2)
