"""How much faster the core is than what one would write instead, in one run and one thread.

Only the counts of all pairs use BLAS: for one thread set OMP_NUM_THREADS=1. Run with
`pytest tests/benchmarks/test_core_speed.py --benchmark-only`; the ratios are printed as they come.
"""

import time

import numpy as np
import pytest
from scipy import stats
from sklearn.metrics import mutual_info_score, normalized_mutual_info_score

from indicators.measures import distributions, information, pruning

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
def classes():
    return np.random.default_rng(1).integers(10, size=IMAGES)


@pytest.fixture(scope="module")
def sampled():
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


def loop_over_pairs(active, sampled):
    return [normalized_mutual_info_score(active[:, i], active[:, j]) for i, j in sampled[:SAMPLED]]


def loop_over_labels(active, classes):
    return [normalized_mutual_info_score(classes, active[:, neuron]) for neuron in range(SAMPLED)]


@pytest.mark.benchmark(group="10 000 pairs")
def test_pairs_of_a_packed_layer_against_scikit_learn(benchmark, capsys, active, packed, sampled):
    ours = lambda: information.pairwise_nmi(packed, sampled)  # noqa: E731
    np.testing.assert_allclose(ours()[:SAMPLED], loop_over_pairs(active, sampled), atol=1e-12)

    compare(benchmark, capsys, ours, lambda: loop_over_pairs(active, sampled), calls=PAIRS / SAMPLED, at_least=4000)


@pytest.mark.benchmark(group="10 000 pairs, packing counted")
def test_pairs_of_an_unpacked_layer_against_scikit_learn(benchmark, capsys, active, sampled):
    compare(
        benchmark,
        capsys,
        lambda: information.pairwise_nmi(active, sampled),
        lambda: loop_over_pairs(active, sampled),
        calls=PAIRS / SAMPLED,
        at_least=2000,
    )


@pytest.mark.benchmark(group="labels, 10 000 neurons")
def test_labels_of_a_packed_layer_against_scikit_learn(benchmark, capsys, active, packed, classes):
    ours = lambda: information.label_nmi(packed, classes)  # noqa: E731
    np.testing.assert_allclose(ours()[:SAMPLED], loop_over_labels(active, classes), atol=1e-12)

    compare(
        benchmark,
        capsys,
        ours,
        lambda: loop_over_labels(active, classes),
        calls=NEURONS / SAMPLED,
        at_least=2000,
    )


@pytest.mark.benchmark(group="labels, 10 000 neurons, packing counted")
def test_labels_of_an_unpacked_layer_against_scikit_learn(benchmark, capsys, active, classes):
    compare(
        benchmark,
        capsys,
        lambda: information.label_nmi(active, classes),
        lambda: loop_over_labels(active, classes),
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


def loop_over_classes(active, sampled, classes):
    return [
        sum(
            (classes == k).mean() * mutual_info_score(active[classes == k, i], active[classes == k, j])
            for k in range(10)
        )
        for i, j in sampled[:SAMPLED]
    ]


@pytest.mark.benchmark(group="10 000 pairs given the label")
def test_pairs_given_the_label_against_scikit_learn(benchmark, capsys, active, packed, sampled, classes):
    ours = lambda: information.conditional_information(packed, sampled, classes)  # noqa: E731
    theirs = lambda: loop_over_classes(active, sampled, classes)  # noqa: E731
    np.testing.assert_allclose(ours()[:SAMPLED], theirs(), atol=1e-12)

    compare(benchmark, capsys, ours, theirs, calls=PAIRS / SAMPLED, at_least=4000, rounds=5)


@pytest.mark.benchmark(group="all pairs of 2000 neurons")
def test_all_pairs_against_scikit_learn(benchmark, capsys, active, sampled):
    packed = information.pack(active[:, :2000])

    compare(
        benchmark,
        capsys,
        lambda: information.all_pairs(packed),
        lambda: loop_over_pairs(active, sampled),
        calls=2000 * 1999 / 2 / SAMPLED,
        at_least=8000,
        rounds=5,
    )


@pytest.mark.benchmark(group="density of 240 000 weights")
def test_density_against_scipy(benchmark, capsys, kernels):
    values, points = kernels[0][:240_000], np.linspace(-5, 5, 256)
    ours = lambda: distributions.density(values, points)  # noqa: E731
    theirs = lambda: stats.gaussian_kde(values)(points)  # noqa: E731
    np.testing.assert_allclose(ours(), theirs(), rtol=0, atol=1e-12)

    compare(benchmark, capsys, ours, theirs, at_least=20, rounds=2)


@pytest.mark.parametrize(
    ("images", "neurons", "count"),
    [(1000, 10_000, 10_000), (4000, 10_000, 10_000), (1000, 40_000, 10_000), (1000, 10_000, 1_000_000)],
    ids=["as above", "4 x the images", "4 x the neurons", "100 x the pairs"],
)
@pytest.mark.benchmark(group="how pairs and labels grow")
def test_the_ratios_hold_as_layers_grow(benchmark, capsys, images, neurons, count):
    rng = np.random.default_rng(4)
    layer = rng.random((images, neurons), dtype=np.float32) < 0.4
    words, classes = information.pack(layer), rng.integers(10, size=images)
    sampled = information.sample_pairs(neurons, count, rng=rng)
    one = min(seconds(lambda: loop_over_labels(layer, classes)) for _ in range(3)) / SAMPLED

    of_pairs = count * min(seconds(lambda: loop_over_pairs(layer, sampled)) for _ in range(3)) / SAMPLED
    for name, theirs, ours in (
        ("labels", neurons * one, lambda: information.label_nmi(words, classes)),
        ("pairs", of_pairs, lambda: information.pairwise_nmi(words, sampled)),
    ):
        best = min(seconds(ours) for _ in range(5))
        with capsys.disabled():
            sizes = f"{images} images, {neurons} neurons, {count} pairs"
            print(f"\n{sizes}: {name} in {1e3 * best:.1f} ms, ratio {theirs / best:.4g}")
        assert theirs / best >= 1000
    benchmark.pedantic(lambda: information.pairwise_nmi(words, sampled), rounds=3)
