import math
from fractions import Fraction

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.spatial import distance
from sklearn.metrics import pairwise_distances, silhouette_samples

from indicators.measures import clustering
from indicators.measures.clustering import Ignored, active_neighbors, neighborhood_curve, neighborhood_silhouette

METRICS, WEIGHTINGS, KINDS = clustering.METRICS, clustering.WEIGHTINGS, clustering.KINDS
SHARES = st.sampled_from([0.1, 0.2, 0.25, 0.3, 0.5, 0.7, 1.0])
every_metric = pytest.mark.parametrize("metric", METRICS)
every_weighting = pytest.mark.parametrize("weighting", WEIGHTINGS)


@st.composite
def neurons(draw, elements, *, images=(1, 12)):
    shape = draw(st.tuples(st.integers(*images), st.integers(1, 3)))
    inputs = draw(arrays(np.float64, shape, elements=elements))
    weights = draw(arrays(np.float64, shape[1], elements=st.sampled_from([-2.0, -1.0, 0.0, 0.5, 1.0, 1.5])))
    return inputs, weights, draw(arrays(np.bool_, shape[0]))


few_values = st.sampled_from([0.0, 0.0, 1.0, 2.0, -1.0, 3.0])


def random_neuron(seed, images=150, inputs=20, dtype=np.float32):
    rng = np.random.default_rng(seed)
    values = np.maximum(rng.standard_normal((images, inputs)), 0).astype(dtype)
    weights = rng.standard_normal(inputs).astype(dtype)
    return values, weights, values @ weights > 0


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
    """Return the value, the neighborhoods used, those selected, and the share of active neighbors."""
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


# By hand


def test_two_pairs_on_a_line_by_hand():
    inputs, active = [[0.0], [1.0], [10.0], [11.0]], np.array([True, True, False, False])

    found = neighborhood_silhouette(inputs, [1.0], active, metric="euclidean", closest=0.5, neighborhood=1.0)

    expected = (2 * (1 - 1 / 10.5) + 2 * (1 - 1 / 9.5)) / 4
    assert found == (pytest.approx(expected, abs=1e-15), 1, 1, 0.5, None)


def test_the_image_alone_by_hand():
    inputs, active = [[0.0], [1.0], [10.0], [11.0]], np.array([True, True, False, False])
    options = {"metric": "euclidean", "closest": 0.5, "neighborhood": 1.0, "of": "point"}

    assert neighborhood_silhouette(inputs, [1.0], active, **options).value == pytest.approx(1 - 1 / 10.5)


def test_directions_by_hand():
    inputs, active = [[1.0, 0.0], [3.0, 0.0], [0.0, 2.0], [0.0, 0.0]], np.array([True, True, False, False])

    found = neighborhood_silhouette(inputs, [1.0, 1.0], active, closest=0.5, neighborhood=1.0)

    # Two parallel images, 0 apart and 1 from the others; the zero vector is 1 from all, the other active ones too.
    assert found == (0.5, 1, 1, 0.5, None)


def test_the_neighborhood_counts_the_image_itself():
    inputs, active = [[0.0], [1.0], [2.5], [4.5], [7.0]], np.array([True, False, True, True, False])

    # Central: image 2 (2.5 + 2 against 7 and 6.5). The three nearest: itself, 1 and 3.
    found = neighborhood_silhouette(inputs, [1.0], active, metric="euclidean", closest=0.4, neighborhood=0.6)

    assert found.active_neighbors == pytest.approx(2 / 3)
    assert found.value == pytest.approx(((1.5 - 2) / 2 + (3.5 - 2) / 3.5 + 0) / 3)


def test_the_weights_scale_the_components_and_the_sum_option_puts_them_inside_the_sum():
    inputs, active = [[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]], np.array([True, True, False])
    options = {"metric": "euclidean", "closest": 0.5, "neighborhood": 1.0, "of": "point"}

    components = neighborhood_silhouette(inputs, [1.0, -4.0], active, **options)
    inside = neighborhood_silhouette(inputs, [1.0, -4.0], active, weighting="sum", **options)

    assert components.value == pytest.approx(1 - 1 / 4)
    assert inside.value == pytest.approx(1 - 1 / 2)


def test_central_images_are_counted_by_rounding_down():
    inputs, weights, _ = random_neuron(0, images=60)
    active = np.arange(60) < 39

    assert neighborhood_silhouette(inputs, weights, active, closest=0.1).n_selected == 3
    assert neighborhood_silhouette(inputs, weights, active, closest=0.5).n_selected == 19
    assert neighborhood_silhouette(inputs, weights, active, closest=1.0).n_selected == 39


# Against the definition in exact arithmetic, ties and duplicates included


@settings(deadline=None, max_examples=80)
@given(
    neurons(few_values), st.sampled_from(METRICS), st.sampled_from(WEIGHTINGS), st.sampled_from(KINDS), SHARES, SHARES
)
def test_the_silhouette_agrees_with_the_definition(neuron, metric, weighting, of, closest, neighborhood):
    assert_exact(neuron, metric=metric, weighting=weighting, of=of, closest=closest, neighborhood=neighborhood)


@pytest.mark.parametrize("seed", range(3))
@every_weighting
@every_metric
def test_the_silhouette_agrees_with_the_definition_on_more_images(metric, weighting, seed):
    rng = np.random.default_rng(seed)
    inputs = rng.integers(0, 3, (36, 4)).astype(np.float32)  # duplicates, parallels, zeros: ties everywhere
    weights = rng.integers(-3, 4, 4) / 2
    active = rng.random(36) < 0.6

    for closest, neighborhood in ((0.3, 0.2), (0.5, 0.33), (1.0, 0.5)):
        assert_exact(
            (inputs, weights, active), metric=metric, weighting=weighting, closest=closest, neighborhood=neighborhood
        )


@every_metric
def test_images_far_from_the_origin_and_close_to_each_other_keep_their_digits(metric):
    rng = np.random.default_rng(1)
    inputs = (100.0 + 1e-3 * rng.standard_normal((30, 4))).astype(np.float32)
    inputs[:3] *= -1.0  # and others far away from them
    active = (rng.random(30) < 0.5) & (np.arange(30) >= 3)

    assert_exact((inputs, np.ones(4), active), metric=metric, closest=0.4, neighborhood=0.4)


@every_metric
def test_tight_groups_at_very_different_scales_keep_their_digits(metric):
    rng = np.random.default_rng(2)
    groups = [10.0**power * (rng.random(3) + 1e-4 * rng.standard_normal((10, 3))) for power in (-6, 0, 5)]
    inputs, active = np.concatenate(groups), rng.random(30) < 0.5

    assert_exact((inputs, np.array([1.0, 0.7, -0.2]), active), metric=metric, closest=1.0, neighborhood=0.3)


# Against scikit-learn and SciPy


def by_scikit_learn(distances, active, closest, size):
    """Return the silhouette of each selected image's neighborhood, NaN for one class, and the share of active."""
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


@pytest.mark.parametrize("seed", range(4))
@every_metric
def test_the_silhouette_agrees_with_scikit_learn(metric, seed):
    inputs, weights, active = random_neuron(seed)
    distances = pairwise_distances(inputs.astype(np.float64) * np.abs(weights), metric=metric)
    values, share = by_scikit_learn(distances, active, 0.4, 30)

    found = neighborhood_silhouette(inputs, weights, active, metric=metric, closest=0.4)

    assert found.value == pytest.approx(np.nanmean(values), abs=1e-9)
    assert (found.n_used, found.n_selected) == (np.count_nonzero(~np.isnan(values)), len(values))
    assert found.active_neighbors == pytest.approx(share, abs=1e-12)


@every_metric
def test_the_weights_inside_the_sum_are_those_of_scipy(metric):
    inputs, weights, active = random_neuron(7, images=60, dtype=np.float64)
    measure = getattr(distance, metric)
    distances = np.array([[measure(x, y, w=np.abs(weights)) if x is not y else 0.0 for x in inputs] for y in inputs])
    np.fill_diagonal(distances, 0.0)
    values, _ = by_scikit_learn(distances, active, 0.5, 20)

    found = neighborhood_silhouette(
        inputs, weights, active, metric=metric, weighting="sum", closest=0.5, neighborhood=0.34
    )

    assert found.value == pytest.approx(np.nanmean(values), abs=1e-9)


@every_metric
def test_more_images_than_fit_one_step_agree_with_scikit_learn(metric):
    inputs, weights, active = random_neuron(3, images=1100, inputs=12)
    inputs[::100] = 0.0
    active &= inputs.any(axis=1)
    distances = pairwise_distances(inputs.astype(np.float64) * np.abs(weights), metric=metric)
    if metric == "cosine":
        zero = np.flatnonzero(~inputs.any(axis=1))
        distances[zero] = distances[:, zero] = 1.0
        np.fill_diagonal(distances, 0.0)
    distances = distances.round(12)  # parallel images are at the same distance, up to rounding
    curve = neighborhood_curve(inputs, weights, active, metric=metric, sizes=[0.02, 0.05, 0.3])

    for value, size in zip(curve.values, (22, 55, 330), strict=True):
        values, _ = by_scikit_learn(distances, active, 0.2, size)
        assert value == pytest.approx(np.nanmean(values), abs=1e-9)


# Properties

distinct = arrays(
    np.float64, st.tuples(st.integers(4, 25), st.integers(2, 4)), elements=st.floats(-1, 1), unique=True
).flatmap(
    lambda inputs: st.tuples(
        st.just(inputs), arrays(np.float64, inputs.shape[1], elements=st.floats(0.25, 4)), arrays(np.bool_, len(inputs))
    )
)
generic = st.integers(0, 2**32 - 1).map(lambda seed: random_neuron(seed, images=40, inputs=8, dtype=np.float64))


@settings(deadline=None)
@given(neurons(st.floats(-1e3, 1e3)) | distinct, st.sampled_from(METRICS), st.sampled_from(KINDS), SHARES, SHARES)
def test_values_are_bounded_or_the_reason_is_given(neuron, metric, of, closest, neighborhood):
    options = {"metric": metric, "closest": closest, "neighborhood": neighborhood}
    found = neighborhood_silhouette(*neuron, of=of, **options)
    around = active_neighbors(*neuron, **options)

    assert (found.ignored is None) == (found.n_used > 0) == (-1.0 <= found.value <= 1.0)
    assert 0 <= found.n_used <= found.n_selected
    assert around.n_selected == found.n_selected
    assert (around.ignored is None) == (0.0 < around.value <= 1.0)
    np.testing.assert_equal(around.value, found.active_neighbors)


@settings(deadline=None, max_examples=40)
@given(generic, st.randoms(use_true_random=False), st.sampled_from(METRICS))
def test_the_order_of_images_and_of_inputs_does_not_matter(neuron, random, metric):
    inputs, weights, active = neuron
    images, columns = (random.sample(range(length), length) for length in inputs.shape)
    options = {"metric": metric, "closest": 0.4, "neighborhood": 0.3}
    expected = neighborhood_silhouette(*neuron, **options)

    by_image = neighborhood_silhouette(inputs[images], weights, active[images], **options)
    by_input = neighborhood_silhouette(inputs[:, columns], weights[columns], active, **options)

    for found in (by_image, by_input):
        assert found[1:] == (
            expected.n_used,
            expected.n_selected,
            pytest.approx(expected.active_neighbors, nan_ok=True),
            expected.ignored,
        )
        assert found.value == pytest.approx(expected.value, abs=1e-9, nan_ok=True)


@settings(deadline=None, max_examples=40)
@given(generic, st.sampled_from([1e-200, 3e-5, 7.0, 1e200]), st.sampled_from(METRICS), st.sampled_from(WEIGHTINGS))
def test_the_scale_of_inputs_and_the_sign_and_scale_of_weights_do_not_matter(neuron, factor, metric, weighting):
    inputs, weights, active = neuron
    options = {"metric": metric, "weighting": weighting, "closest": 0.4, "neighborhood": 0.3}
    expected = neighborhood_silhouette(*neuron, **options)

    for scaled in ((inputs * factor, weights, active), (inputs, -weights * factor, active)):
        found = neighborhood_silhouette(*scaled, **options)
        assert found[1:] == expected[1:]
        assert found.value == pytest.approx(expected.value, abs=1e-9, nan_ok=True)


@settings(deadline=None, max_examples=40)
@given(generic, st.randoms(use_true_random=False))
def test_the_length_of_each_image_does_not_matter_to_the_cosine(neuron, random):
    inputs, weights, active = neuron
    lengths = np.array([[10.0 ** random.uniform(-150, 150)] for _ in inputs])
    options = {"closest": 0.4, "neighborhood": 0.3}

    found = neighborhood_silhouette(inputs * lengths, weights, active, **options)

    assert found.value == pytest.approx(neighborhood_silhouette(*neuron, **options).value, abs=1e-9, nan_ok=True)


@settings(deadline=None, max_examples=40)
@given(generic, arrays(np.float64, 8, elements=st.floats(-100, 100)))
def test_a_common_shift_of_the_inputs_does_not_matter_to_the_euclidean_distance(neuron, shift):
    inputs, weights, active = neuron
    options = {"metric": "euclidean", "closest": 0.4, "neighborhood": 0.3}

    found = neighborhood_silhouette(inputs + shift, weights, active, **options)

    assert found.value == pytest.approx(neighborhood_silhouette(*neuron, **options).value, abs=1e-9, nan_ok=True)


@settings(deadline=None, max_examples=40)
@given(generic, st.sampled_from(METRICS))
def test_inputs_of_no_weight_do_not_matter(neuron, metric):
    inputs, weights, active = neuron
    padded = np.concatenate((inputs, 1e3 * inputs[::-1, :2]), axis=1)
    options = {"metric": metric, "closest": 0.4, "neighborhood": 0.3}

    found = neighborhood_silhouette(padded, np.append(weights, [0.0, 0.0]), active, **options)

    assert found.value == pytest.approx(neighborhood_silhouette(*neuron, **options).value, abs=1e-9, nan_ok=True)


@every_metric
@pytest.mark.parametrize("dtype", [np.float16, np.float64, np.int8, np.uint16, np.int64])
def test_the_dtype_does_not_matter(metric, dtype):
    rng = np.random.default_rng(0)
    inputs, weights, active = rng.integers(0, 20, (50, 6)), rng.integers(0, 9, 6), rng.random(50) < 0.5
    expected = neighborhood_silhouette(inputs.astype(np.float32), weights.astype(np.float32), active, metric=metric)

    assert neighborhood_silhouette(inputs.astype(dtype), weights.astype(dtype), active, metric=metric) == expected


@every_metric
def test_questions_asked_together_are_answered_as_one_by_one_from_the_same_distances(metric, monkeypatch):
    neuron = random_neuron(1)
    apart = (
        neighborhood_silhouette(*neuron, metric=metric, closest=0.2, neighborhood=0.3),
        active_neighbors(*neuron, metric=metric, closest=0.05, neighborhood=0.05),
        neighborhood_curve(*neuron, metric=metric),
    )
    products = []
    monkeypatch.setattr(clustering, "gram", lambda vectors: products.append(1) or vectors @ vectors.T)

    together = clustering.NeuronInputs(*neuron, metric)
    assert together.silhouette(closest=0.2, neighborhood=0.3) == apart[0]
    assert together.active_neighbors(closest=0.05, neighborhood=0.05) == apart[1]
    np.testing.assert_array_equal(together.curve(closest=0.2).values, apart[2].values)
    assert len(products) == 1


@every_metric
def test_inputs_are_not_changed_and_their_memory_layout_does_not_matter(metric):
    inputs, weights, active = random_neuron(0, dtype=np.float64)
    before = inputs.copy(), weights.copy(), active.copy()
    for array in (inputs, weights, active):
        array.flags.writeable = False
    expected = neighborhood_silhouette(inputs, weights, active, metric=metric)

    found = neighborhood_silhouette(np.asfortranarray(inputs), weights, active, metric=metric)
    assert (found.value, found[1:]) == (pytest.approx(expected.value, abs=1e-12), expected[1:])
    neighborhood_curve(inputs, weights, active, metric=metric)
    active_neighbors(inputs, weights, active, metric=metric)
    for array, copy in zip((inputs, weights, active), before, strict=True):
        np.testing.assert_array_equal(array, copy)


# Curves


def test_the_sizes_are_those_of_the_thesis():
    assert clustering.SIZES.tolist() == [
        0.001, 0.002, 0.003, 0.005, 0.01, 0.02, 0.03, 0.04, 0.05, 0.06, 0.07, 0.08, 0.09, 0.1, 0.15, 0.2, 0.3, 0.5,
    ]  # fmt: skip


@settings(deadline=None, max_examples=60)
@given(neurons(few_values, images=(1, 25)) | distinct, st.sampled_from(METRICS), st.sampled_from(KINDS), SHARES)
def test_a_curve_is_one_size_after_the_other(neuron, metric, of, closest):
    sizes = [0.05, 0.1, 0.11, 0.3, 0.5, 0.9, 1.0]
    options = {"metric": metric, "of": of, "closest": closest}
    curve = neighborhood_curve(*neuron, sizes=sizes, **options)

    for index, size in enumerate(sizes):
        single = neighborhood_silhouette(*neuron, neighborhood=size, **options)
        assert curve.values[index] == pytest.approx(single.value, abs=1e-9, nan_ok=True)
        assert (curve.n_used[index], curve.n_selected) == (single.n_used, single.n_selected)
        assert curve.ignored[index] is single.ignored


def test_a_curve_over_the_sizes_of_the_thesis_agrees_with_scikit_learn():
    inputs, weights, active = random_neuron(5, images=400)
    distances = pairwise_distances(inputs.astype(np.float64) * np.abs(weights), metric="cosine")

    curve = neighborhood_curve(inputs, weights, active)

    assert curve.ignored[:4] == (Ignored.TOO_FEW_IMAGES,) * 4  # fewer than 3 of 400
    for index in range(4, 18):
        values, _ = by_scikit_learn(distances, active, 0.2, int(clustering.SIZES[index] * 400))
        assert curve.n_used[index] == np.count_nonzero(~np.isnan(values))
        assert curve.values[index] == pytest.approx(np.nanmean(values), abs=1e-9)


# Neurons without a value


@pytest.mark.parametrize(
    ("active", "options", "reason", "selected"),
    [
        pytest.param(np.zeros(40, bool), {}, "never active", 0, id="dead"),
        pytest.param(np.arange(40) < 9, {}, "too few active", 0, id="nine of which a tenth"),
        pytest.param(np.arange(40) < 20, {"neighborhood": 0.05}, "too few images", 2, id="neighborhoods of two"),
        pytest.param(np.ones(40, bool), {}, "one class only", 4, id="always active"),
    ],
)
@every_metric
def test_the_reason_why_a_neuron_is_ignored(metric, active, options, reason, selected):
    inputs, weights, _ = random_neuron(0, images=40)
    found = neighborhood_silhouette(inputs, weights, active, metric=metric, **options)
    sizes = [options.get("neighborhood", 0.2)]
    curve = neighborhood_curve(inputs, weights, active, metric=metric, closest=0.1, sizes=sizes)

    assert math.isnan(found.value)
    assert (found.ignored, found.n_used, found.n_selected) == (reason, 0, selected)
    assert (curve.ignored, curve.n_used.tolist(), curve.n_selected) == ((reason,), [0], selected)
    assert np.isnan(curve.values).all()


def test_active_neighbors_are_counted_where_silhouettes_are_not():
    inputs, active = [[0.0], [1.0], [3.0], [90.0]], np.array([True, True, True, False])
    options = {"metric": "euclidean", "closest": 0.4}

    one_class = active_neighbors(inputs, [1.0], active, neighborhood=0.75, **options)
    of_two = active_neighbors(inputs, [1.0], active, neighborhood=0.5, **options)

    assert one_class == (1.0, 1, None)
    assert of_two == (1.0, 1, None)
    assert active_neighbors(inputs, [1.0], active, neighborhood=0.2, **options).ignored == "too few images"
    assert active_neighbors(inputs, [1.0], ~active, **options).ignored == "too few active"
    assert active_neighbors(inputs, [1.0], active & False, **options).ignored == "never active"


def test_neighborhoods_of_one_class_are_skipped_and_counted():
    inputs = np.array([0.0, 0.1, 0.2, 5.0, 5.1, 5.3])[:, np.newaxis]
    active = np.array([True, True, True, True, False, False])

    found = neighborhood_silhouette(inputs, [1.0], active, metric="euclidean", closest=1.0, neighborhood=0.5)

    assert (found.n_used, found.n_selected) == (1, 4)
    assert found.value == pytest.approx(((0 + (0.1 - 0.2) / 0.2 + (0.3 - 0.2) / 0.3) / 3), abs=1e-9)


@every_metric
def test_one_image_has_no_silhouette(metric):
    found = neighborhood_silhouette([[1.0, 2.0]], [1.0, 1.0], np.array([True]), metric=metric, closest=1.0)

    assert found.ignored is Ignored.TOO_FEW_IMAGES


@every_metric
def test_equal_images_have_a_silhouette_of_zero(metric):
    inputs, active = np.full((30, 3), 0.1), np.arange(30) % 3 > 0

    for weights in ([1.0, 2.0, 3.0], [0.0, 0.0, 0.0]):
        found = neighborhood_silhouette(inputs, weights, active, metric=metric, closest=0.5, neighborhood=0.5)
        assert (found.value, found.n_used, found.ignored) == (0.0, 10, None)


def test_parallel_images_have_a_silhouette_of_zero():
    active = np.arange(30) % 2 > 0
    inputs = np.outer(np.random.default_rng(0).random(30) + 0.01, [0.1, 0.7, 1 / 3])

    assert neighborhood_silhouette(inputs, np.ones(3), active, closest=0.5, neighborhood=0.5).value == 0.0


@every_metric
def test_an_image_belongs_to_its_neighborhood_whatever_the_number_of_its_duplicates(metric):
    inputs = np.ones((20, 2))
    active = np.arange(20) == 19

    found = active_neighbors(inputs, [1.0, 1.0], active, metric=metric, closest=1.0, neighborhood=0.25)

    assert found.value == 1 / 5


@every_metric
def test_among_more_duplicates_than_fit_a_neighborhood_the_first_ones_count(metric):
    inputs = np.concatenate((np.ones((300, 2)), [[3.0, 1.0]] * 3))
    active = np.random.default_rng(0).random(303) < 0.5

    found = active_neighbors(inputs, [1.0, 1.0], active, metric=metric, closest=0.02, neighborhood=0.25)

    central, first = np.flatnonzero(active)[: int(0.02 * active.sum())], active[:75]
    assert central[-1] < 75
    assert found == (pytest.approx(first.mean()), len(central), None)


def test_many_duplicates_agree_with_scikit_learn():
    inputs, weights, active = random_neuron(0, images=1000, inputs=400)
    inputs[::2] = 0.0

    found = neighborhood_silhouette(inputs, weights, active, metric="euclidean")

    distances = pairwise_distances(inputs.astype(np.float64) * np.abs(weights))
    values, _ = by_scikit_learn(distances, active, 0.1, 200)
    assert found.value == pytest.approx(np.nanmean(values), abs=1e-9, nan_ok=True)


# Errors

INPUTS, WEIGHTS, ACTIVE = np.ones((4, 2)), np.ones(2), np.array([True, True, False, False])


@pytest.mark.parametrize("question", [neighborhood_silhouette, active_neighbors, neighborhood_curve])
@pytest.mark.parametrize(
    ("inputs", "weights", "active", "error", "message"),
    [
        pytest.param([[math.nan, 1]] * 4, WEIGHTS, ACTIVE, ValueError, "inputs hold NaN", id="NaN"),
        pytest.param([[-math.inf, 1]] * 4, WEIGHTS, ACTIVE, ValueError, "inputs hold NaN or infinity", id="infinity"),
        pytest.param(INPUTS, [1.0, math.inf], ACTIVE, ValueError, "weights hold NaN or infinity", id="weights"),
        pytest.param(INPUTS, np.ones(3), ACTIVE, ValueError, "one weight per input", id="weights too many"),
        pytest.param(INPUTS, np.ones((2, 1)), ACTIVE, ValueError, "flatten the weights", id="weights axes"),
        pytest.param(np.ones((4, 2, 1)), WEIGHTS, ACTIVE, ValueError, r"is not \(images, d\)", id="inputs axes"),
        pytest.param(np.ones((0, 2)), WEIGHTS, ACTIVE[:0], ValueError, "holds no values", id="no images"),
        pytest.param(np.ones((4, 0)), WEIGHTS[:0], ACTIVE, ValueError, "holds no values", id="no inputs"),
        pytest.param(INPUTS, WEIGHTS, ACTIVE[:3], ValueError, r"active.shape=\(3,\) is not \(4,\)", id="active"),
        pytest.param(INPUTS, WEIGHTS, ACTIVE * 1.0, TypeError, "float64 is not bool", id="activations"),
        pytest.param(INPUTS * 1j, WEIGHTS, ACTIVE, TypeError, "complex128", id="complex"),
        pytest.param(INPUTS, ["a", "b"], ACTIVE, TypeError, "<U1", id="text"),
    ],
)
def test_unusable_neurons_are_named(question, inputs, weights, active, error, message):
    with pytest.raises(error, match=message):
        question(inputs, weights, active)


@pytest.mark.parametrize("question", [neighborhood_silhouette, active_neighbors, neighborhood_curve])
@pytest.mark.parametrize("active", [ACTIVE, ~ACTIVE & ACTIVE], ids=["live", "dead"])
@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"metric": "cityblock"}, r"metric='cityblock' is not one of \('cosine', 'euclidean'\)"),
        ({"weighting": "none"}, "weighting='none' is not one of"),
        ({"closest": 0.0}, r"closest=0.0 is not in \(0, 1\]"),
        ({"closest": 1.5}, "closest=1.5"),
        ({"closest": math.nan}, "closest=nan"),
    ],
)
def test_unusable_options_are_named(question, active, options, message):
    with pytest.raises(ValueError, match=message):
        question(INPUTS, WEIGHTS, active, **options)


def test_unusable_neighborhoods_are_named():
    for question in (neighborhood_silhouette, active_neighbors):
        with pytest.raises(ValueError, match=r"neighborhood=20.0 is not in \(0, 1\]"):
            question(INPUTS, WEIGHTS, ACTIVE, neighborhood=20)
    for sizes in ([0.2, 0.1], [0.1, 0.1], [0.0, 0.1], [0.5, 1.1], [[0.1, 0.2]], [math.nan], 0.5):
        with pytest.raises(ValueError, match="not increasing shares"):
            neighborhood_curve(INPUTS, WEIGHTS, ACTIVE, sizes=sizes)
    for question in (neighborhood_silhouette, neighborhood_curve):
        with pytest.raises(ValueError, match="of='mean' is not one of"):
            question(INPUTS, WEIGHTS, ACTIVE, of="mean")
