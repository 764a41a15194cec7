"""Neurons to ask about, and what others say of them: the definition to sixty digits, and scikit-learn."""

import math
from fractions import Fraction

import mpmath
import numpy as np
import pytest
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.metrics import silhouette_samples

from indicators.measures.clustering import METRICS, WEIGHTINGS, neighborhood_silhouette

SHARES = st.sampled_from([0.1, 0.2, 0.25, 0.3, 0.5, 0.7, 1.0])
every_metric = pytest.mark.parametrize("metric", METRICS)
every_weighting = pytest.mark.parametrize("weighting", WEIGHTINGS)


# Neurons


few_values = st.sampled_from([0.0, 0.0, 1.0, 2.0, -1.0, 3.0])


@st.composite
def neurons(draw, elements, *, images=(1, 12)):
    shape = draw(st.tuples(st.integers(*images), st.integers(1, 3)))
    inputs = draw(arrays(np.float64, shape, elements=elements))
    weights = draw(arrays(np.float64, shape[1], elements=st.sampled_from([-2.0, -1.0, 0.0, 0.5, 1.0, 1.5])))
    return inputs, weights, draw(arrays(np.bool_, shape[0]))


def random_neuron(seed, images=150, inputs=20, dtype=np.float32):
    rng = np.random.default_rng(seed)
    values = np.maximum(rng.standard_normal((images, inputs)), 0).astype(dtype)
    weights = rng.standard_normal(inputs).astype(dtype)
    return values, weights, values @ weights > 0


distinct = arrays(
    np.float64, st.tuples(st.integers(4, 25), st.integers(2, 4)), elements=st.floats(-1, 1), unique=True
).flatmap(
    lambda inputs: st.tuples(
        st.just(inputs), arrays(np.float64, inputs.shape[1], elements=st.floats(0.25, 4)), arrays(np.bool_, len(inputs))
    )
)


generic = st.integers(0, 2**32 - 1).map(lambda seed: random_neuron(seed, images=40, inputs=8, dtype=np.float64))


# The definition itself, to sixty digits: slow, and ties are ties


def exact_distance(x, y, weights, metric, weighting):
    scale = [abs(Fraction(w)) for w in weights]
    powers = scale if weighting == "sum" else [w * w for w in scale]  # what multiplies a product of two inputs

    def dot(u, v):
        return (
            mpmath.mpf(1)
            * sum((p * a * b for p, a, b in zip(powers, u, v, strict=True)), Fraction(0)).numerator
            / (sum((p * a * b for p, a, b in zip(powers, u, v, strict=True)), Fraction(0)).denominator)
        )

    if metric == "euclidean":
        gap = [a - b for a, b in zip(x, y, strict=True)]
        return mpmath.sqrt(dot(gap, gap))
    norms = dot(x, x) * dot(y, y)
    return 1 - dot(x, y) / mpmath.sqrt(norms) if norms else mpmath.mpf(1)


def exact_answer(
    inputs,
    weights,
    active,
    *,
    metric="cosine",
    closest=0.1,
    neighborhood=0.2,
    weighting="components",
    of="neighborhood",
):
    """The value, the neighborhoods used, those selected, and the share of active neighbors."""
    with mpmath.workdps(60):
        rows = [[Fraction(float(value)) for value in row] for row in inputs]
        weights = [Fraction(float(value)) for value in weights]
        images = range(len(rows))
        table = [
            [exact_distance(rows[i], rows[j], weights, metric, weighting) if i != j else mpmath.mpf(0) for j in images]
            for i in images
        ]
        key = lambda value: int(mpmath.nint(value * mpmath.mpf(10) ** 40))  # noqa: E731
        candidates = [i for i in images if active[i]]
        ranked = sorted(candidates, key=lambda i: (key(sum(table[i][j] for j in candidates)), i))
        selected = ranked[: int(closest * len(candidates))]
        scores, shares = [], []
        for center in selected:
            nearest = sorted(images, key=lambda j: (j != center, key(table[center][j]), j))
            members = nearest[: int(neighborhood * len(rows))]
            shares += [active[j] for j in members]
            if len(members) >= 3 and 0 < sum(active[j] for j in members) < len(members):
                values = [exact_score(j, members, table, active, key) for j in members]
                scores.append(values[0] if of == "point" else sum(values) / len(values))
        value = float(sum(scores) / len(scores)) if scores else math.nan
        return value, len(scores), len(selected), float(np.mean(shares)) if shares else math.nan


def exact_score(image, members, table, active, key):
    own = [table[image][j] for j in members if active[j] == active[image] and j != image]
    other = [table[image][j] for j in members if active[j] != active[image]]
    if not own:
        return mpmath.mpf(0)
    within, between = sum(own) / len(own), sum(other) / len(other)
    larger = max(within, between)
    return (between - within) / larger if key(larger) else mpmath.mpf(0)


def assert_exact(neuron, **options):
    found = neighborhood_silhouette(*neuron, **options)
    value, used, selected, share = exact_answer(*neuron, **options)

    assert (found.n_used, found.n_selected) == (used, selected)
    assert found.value == pytest.approx(value, abs=1e-9, nan_ok=True)
    assert found.active_neighbors == pytest.approx(share, abs=1e-12, nan_ok=True)


# By scikit-learn


def by_scikit_learn(distances, active, closest, size):
    """The silhouette of each selected image's neighborhood, NaN for one class, and the share of active."""
    candidates = np.flatnonzero(active)
    totals = distances[np.ix_(candidates, candidates)].sum(axis=1)
    values, shares = [], []
    for center in candidates[np.argsort(totals, kind="stable")[: int(closest * len(candidates))]]:
        members = np.argsort(distances[center], kind="stable")[:size]
        labels = active[members]
        shares.append(labels.mean())
        mixed = 0 < labels.sum() < size
        block = distances[np.ix_(members, members)]
        values.append(silhouette_samples(block, labels, metric="precomputed").mean() if mixed else np.nan)
    return np.array(values), np.mean(shares)
