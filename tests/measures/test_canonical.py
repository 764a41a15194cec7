"""Canonical correlations of halves of a layer, and what chance makes of them."""

import numpy as np
import pytest
from sklearn.cross_decomposition import CCA

from indicators.measures.representation.canonical import canonical_correlations, canonical_redundancy, points_of


def redundancy(points, seed=0, **options):
    return canonical_redundancy(points, rng=np.random.default_rng(seed), **options)


def normal(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape)


def mixed(count, seed=1):
    """A well-conditioned map of so many channels."""
    return np.linalg.qr(normal(count, count, seed=seed))[0] * np.linspace(1, 2, count)


# --- By hand


def test_channels_that_all_carry_one_signal_are_wholly_redundant():
    assert redundancy(normal(200, 1, 1) * np.arange(1, 9)) == pytest.approx(1)


def test_two_angles_are_what_they_were_made():
    a, b, c, d = np.linalg.qr(normal(50, 4) - normal(50, 4).mean(0))[0].T
    a, b, c, d = (column - column.mean() for column in (a, b, c, d))
    a, b, c, d = np.linalg.qr(np.stack([a, b, c, d], 1))[0].T
    second = np.stack([0.8 * a + 0.6 * c, 0.28 * b + 0.96 * d], axis=1)

    assert canonical_correlations(np.stack([a, b], axis=1), second) == pytest.approx([0.8, 0.28])


def test_what_holds_less_than_a_hundredth_of_the_variance_is_dropped():
    strong, other, shared = normal(300, 3).T
    first, second = (np.stack([of, 0.05 * shared], axis=1) for of in (strong, other))

    assert len(canonical_correlations(first, second)) == 1
    assert canonical_correlations(first, second)[0] < 0.3
    assert canonical_correlations(first, second, variance=1.0)[0] == pytest.approx(1)


# --- Against independent implementations


def by_covariances(first, second):
    """Square roots of the eigenvalues of the product of regressions."""
    p = first.shape[1]
    both = np.cov(first.T, second.T)
    one, across, other = both[:p, :p], both[:p, p:], both[p:, p:]
    values = np.linalg.eigvals(np.linalg.solve(one, across) @ np.linalg.solve(other, across.T))
    return np.sqrt(np.sort(values.real)[::-1][: min(p, second.shape[1])].clip(0))


@pytest.mark.parametrize("sizes", [(1, 1), (3, 3), (5, 2), (4, 6)])
def test_correlations_are_those_by_covariances(sizes):
    common = normal(400, 3)
    first, second = (normal(400, size, seed=size + 2) + common @ normal(3, size, seed=9) for size in sizes)

    found = canonical_correlations(first, second, variance=1.0)

    np.testing.assert_allclose(found, by_covariances(first, second), atol=1e-10)


def test_correlations_are_those_of_scikit_learn():
    common = normal(300, 2)
    first, second = (normal(300, 3, seed=seed) + common @ normal(2, 3, seed=seed + 5) for seed in (1, 2))
    variates = CCA(n_components=3, tol=1e-12, max_iter=10_000).fit(first, second).transform(first, second)
    expected = [np.corrcoef(*pair)[0, 1] for pair in zip(*(of.T for of in variates), strict=True)]

    np.testing.assert_allclose(canonical_correlations(first, second, variance=1.0), expected, atol=1e-4)


# --- By property


@pytest.mark.parametrize("channels", [2, 16, 128, 512])
def test_independent_channels_are_not_redundant_however_many_there_are(channels):
    # Uncorrected, 256 directions of 1000 points correlate by about a half.
    assert redundancy(normal(1000, 1, channels)) == pytest.approx(0, abs=0.05)


@pytest.mark.parametrize("signals", [2, 10, 40])
def test_halves_that_tell_each_other_are_redundant_however_many_signals_there_are(signals):
    points = normal(1000, 1, signals) @ normal(signals, 200, seed=1)

    # Which directions hold 99 % of the variance differs a little from half to half.
    assert redundancy(points) == pytest.approx(1, abs=0.06)


def test_places_that_are_alike_do_not_count_as_so_many_images():
    # Twenty images of fifty places each: of a thousand points all alike within an image, twenty tell something.
    points = np.repeat(normal(20, 1, 12), 50, axis=1) + 0.01 * normal(20, 50, 12, seed=1)

    assert np.mean([redundancy(points, seed) for seed in range(20)]) == pytest.approx(0, abs=0.1)


@pytest.mark.parametrize("redundant", [0.0, 0.3, 0.6, 0.9])
def test_redundancy_grows_with_what_the_channels_share(redundant):
    weaker, stronger = (
        redundancy(share * normal(800, 1, 1) + (1 - share) * normal(800, 1, 20, seed=2))
        for share in (redundant, redundant + 0.1)
    )

    assert weaker < stronger + 0.01


def test_dead_channels_change_nothing():
    points = normal(60, 2, 8) + normal(60, 2, 1, seed=1)
    dead = np.concatenate([points[..., :3], np.zeros((60, 2, 5)), points[..., 3:], np.full((60, 2, 1), 7.0)], axis=2)

    assert redundancy(dead) == redundancy(points)


def test_a_linear_map_within_a_set_changes_nothing():
    first, second = normal(200, 4), normal(200, 4) + normal(200, 4, seed=3)

    found = canonical_correlations(first @ mixed(4), second @ mixed(4, seed=2), variance=1.0)

    np.testing.assert_allclose(found, canonical_correlations(first, second, variance=1.0), atol=1e-10)


@pytest.mark.parametrize(
    "points",
    [normal(50, 4, 1), np.zeros((50, 4, 6)), np.pad(normal(50, 4, 1), ((0, 0), (0, 0), (0, 5))), normal(9, 100, 6)],
    ids=["one channel", "dead", "one that lives", "nine images"],
)
def test_where_there_is_nothing_to_compare_there_is_no_number(points):
    assert np.isnan(redundancy(points))


@pytest.mark.parametrize(
    ("points", "message"),
    [
        (np.ones((4, 3)), r"points.shape=\(4, 3\) is not \(images, places, channels\)"),
        (np.full((20, 1, 4), np.nan), "points hold NaN or infinity"),
    ],
)
def test_points_of_another_kind_are_refused(points, message):
    with pytest.raises(ValueError, match=message):
        redundancy(points)


# --- Which points


@pytest.mark.parametrize(("count", "taken"), [(4, 1), (20, 5), (23, 5), (10_000, 12)])
def test_points_lie_at_different_places_and_are_about_so_many(count, taken):
    # Every number tells its image, place and channel.
    maps = np.arange(4 * 12 * 3).reshape(4, 12, 3)
    points = points_of(maps.reshape(4, -1), 3, count=count, rng=np.random.default_rng(0))

    assert points.shape == (4, taken, 3)
    assert (points[..., 0] // 36 == np.arange(4)[:, None]).all()
    assert [len(set(row)) for row in (points[..., 0] // 3).tolist()] == [taken] * 4
    assert (points % 3 == np.arange(3)).all()


def test_places_start_elsewhere_in_every_image():
    points = points_of(np.tile(np.arange(100.0), (50, 1)), 1, count=50, rng=np.random.default_rng(0))

    assert len(np.unique(points)) > 25
