"""How much faster the clustering of a neuron's inputs is than what one would write instead, in one run.

The products run in BLAS: one thread for both sides, by the repository's own settings. Run with
`OMP_NUM_THREADS=1 pytest tests/benchmarks/test_clustering_speed.py --benchmark-only`; the ratios are printed.
"""

import time

import numpy as np
import pytest
from scipy.spatial.distance import cdist
from sklearn.metrics import silhouette_score

from indicators.measures import clustering

IMAGES, INPUTS = 1000, 576
SAMPLED = 2  # neighborhoods that are timed with scikit-learn: its loop is proportional to their number


@pytest.fixture(scope="module")
def neuron():
    rng = np.random.default_rng(0)
    inputs = np.maximum(rng.standard_normal((IMAGES, INPUTS), dtype=np.float32), 0)
    weights = rng.standard_normal(INPUTS, dtype=np.float32)
    return inputs, weights, inputs @ weights > 0


@pytest.fixture(scope="module")
def scaled(neuron):
    inputs, weights, _ = neuron
    return inputs.astype(np.float64) * np.abs(weights)


def selected(distances, active, share):
    candidates = np.flatnonzero(active)
    totals = distances[np.ix_(candidates, candidates)].sum(axis=1)
    return candidates[np.argsort(totals, kind="stable")[: int(share * len(candidates))]]


def mean_score(scaled, distances, active, centers, size, metric):
    scores = []
    for center in centers:
        members = np.argsort(distances[center], kind="stable")[:size]
        if 0 < np.count_nonzero(active[members]) < size:
            scores.append(silhouette_score(scaled[members], active[members], metric=metric))
    return np.mean(scores) if scores else np.nan


def seconds(function):
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


def compare(benchmark, ours, theirs, rounds):
    """Time both turn by turn; return the best seconds of theirs."""
    slow = []
    benchmark.pedantic(ours, setup=lambda: slow.append(seconds(theirs)), rounds=rounds, warmup_rounds=1)
    return min(slow)


def report(benchmark, capsys, ratio, theirs, target):
    benchmark.extra_info["ratio"] = ratio
    ours = 1e3 * benchmark.stats.stats.min
    with capsys.disabled():
        print(f"\n{benchmark.group}: {ours:.2f} ms and {1e3 * theirs:.2f} ms, ratio {ratio:.4g} ({target})")


@pytest.mark.parametrize("metric", clustering.METRICS)
@pytest.mark.benchmark(group="silhouette of one neuron")
def test_a_silhouette_against_one_cdist_and_one_score(benchmark, capsys, neuron, scaled, metric):
    _, _, active = neuron

    def theirs():  # less than the whole question: the score of a single neighborhood
        distances = cdist(scaled, scaled, metric)
        return mean_score(scaled, distances, active, selected(distances, active, 0.1)[:1], IMAGES // 5, metric)

    best = compare(benchmark, lambda: clustering.neighborhood_silhouette(*neuron, metric=metric), theirs, rounds=8)

    ratio = best / benchmark.stats.stats.min
    report(benchmark, capsys, ratio, best, "at least 6")
    assert ratio >= 6


@pytest.mark.parametrize("metric", clustering.METRICS)
@pytest.mark.benchmark(group="silhouette of one neuron, in products of its inputs")
def test_a_silhouette_costs_little_more_than_one_product(benchmark, capsys, neuron, scaled, metric):
    ours = lambda: clustering.neighborhood_silhouette(*neuron, metric=metric)  # noqa: E731

    product = compare(benchmark, ours, lambda: scaled @ scaled.T, rounds=60)

    ratio = benchmark.stats.stats.min / product
    report(benchmark, capsys, ratio, product, "at most 2.8")
    assert ratio <= 2.8


@pytest.mark.parametrize("metric", clustering.METRICS)
@pytest.mark.benchmark(group="curve over 18 sizes")
def test_a_curve_against_scikit_learn_at_all_sizes(benchmark, capsys, neuron, scaled, metric):
    _, _, active = neuron
    distances = cdist(scaled, scaled, metric)
    centers = selected(distances, active, 0.2)
    counts = [int(size * IMAGES) for size in clustering.SIZES]
    ours = lambda: clustering.neighborhood_curve(*neuron, metric=metric)  # noqa: E731
    whole = mean_score(scaled, distances, active, centers, counts[-3], metric)
    assert ours().values[-3] == pytest.approx(whole, abs=1e-9)

    def theirs():
        for count in counts[2:]:  # three members or more
            mean_score(scaled, distances, active, centers[:SAMPLED], count, metric)

    # Asked anew for each size, distances included; and, less, the distances once and the scores of each size.
    once = min(seconds(lambda: selected(cdist(scaled, scaled, metric), active, 0.2)) for _ in range(3))
    scores = len(centers) / SAMPLED * compare(benchmark, ours, theirs, rounds=10)

    best = benchmark.stats.stats.min
    report(benchmark, capsys, (once + scores) / best, once + scores, "distances made once; at least 30")
    report(benchmark, capsys, (18 * once + scores) / best, 18 * once + scores, "asked size by size; at least 120")
    assert (once + scores) / best >= 30
    assert (18 * once + scores) / best >= 120
