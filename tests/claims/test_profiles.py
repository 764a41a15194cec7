import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import spearmanr

from indicators.claims.profiles import (
    above_neighbors,
    lead,
    mean_onset,
    onset,
    onsets,
    rank_correlation,
    relative_onset,
    trough_width,
)
from indicators.errors import NotApplicable

# Onsets


@pytest.mark.parametrize(
    ("profile", "depth", "censored"),
    [
        pytest.param([0.0, 0.0, 1.0, 1.0], 0.5 + 0.25 * 0.3, False, id="between two layers"),
        pytest.param([0.0, 0.3, 1.0, 1.0], 0.5, False, id="from a layer that just reaches it"),
        pytest.param([0.0, 0.0, 0.0, 0.4], 0.75 + 0.25 * 0.75, False, id="in the last layer"),
        pytest.param([0.5, 0.0, 0.0, 0.0], 0.25, False, id="in the first layer"),
        pytest.param([0.0, 0.6, 0.0, 0.6], 0.25 + 0.25 * 0.5, False, id="twice"),
        pytest.param([0.0, 0.1, 0.2, 0.3], 1.0, True, id="never"),
    ],
)
def test_onset_by_hand(profile, depth, censored):
    found, never = onset(xr.DataArray(profile, dims="layer"), 0.3)

    assert found.item() == pytest.approx(depth)
    assert never.item() is censored


def test_onset_uses_the_depth_of_layers_that_are_part_of_a_network():
    profile = xr.DataArray([0.0, 1.0, 1.0], dims="layer", coords={"depth": ("layer", [0.6, 0.8, 1.0])})

    assert onset(profile, 0.5)[0].item() == pytest.approx(0.7)


@pytest.mark.parametrize("depths", [[0.5, 0.4, 1.0], [0.0, 0.5, 1.0], [0.5, 1.0, 1.5]])
def test_depths_ascend_to_one_at_most(depths):
    profile = xr.DataArray([0.0, 1.0, 1.0], dims="layer", coords={"depth": ("layer", depths)})

    with pytest.raises(ValueError, match=r"depth=.*ascending"):
        onset(profile, 0.5)


@given(arrays(float, (4, 6), elements=st.floats(-1, 1)), st.floats(-0.9, 0.9))
def test_onset_is_a_depth_and_not_earlier_for_a_higher_threshold(heights, threshold):
    profile = xr.DataArray(heights, dims=("draw", "layer"))

    depth, censored = onset(profile, threshold)
    higher, _ = onset(profile, threshold + 0.1)

    assert (depth > 0).all()
    assert (depth <= 1).all()
    assert (higher >= depth - 1e-12).all()
    assert (censored == (profile.max("layer") <= threshold)).all()


def test_onsets_over_a_range_of_thresholds_are_the_single_ones():
    heights = np.random.default_rng(0).normal([[0.0], [1.0], [2.0]], 0.5, (3, 9)).T
    profile = xr.DataArray(heights, {"layer": ["Conv1", "Conv2", "Dense1"]}, ("network", "layer"))

    found = onsets(profile, [-9, 0.5, 1.25, 99])

    assert found["threshold"].values.tolist() == [-9, 0.5, 1.25, 99]
    for threshold in (0.5, 1.25):
        np.testing.assert_array_equal(found.sel(threshold=threshold), onset(profile, threshold)[0])
    assert (found.sel(threshold=-9) == 1 / 3).all()
    assert (found.sel(threshold=99) == 1).all()
    with pytest.raises(ValueError, match="holds none; give one or more"):
        onsets(profile, [])


# Courses over layers


def profile(*heights, depths=None, **attrs):
    array = xr.DataArray(np.array(heights, float), dims="layer", name="nmi", attrs=attrs)
    return array if depths is None else array.assign_coords(depth=("layer", np.array(depths, float)))


@pytest.mark.parametrize(
    ("x", "y", "correlation"),
    [
        pytest.param([1, 2, 3, 9], [0, 5, 6, 7], 1.0, id="together"),
        pytest.param([1, 2, 3, 9], [7, 6, 5, 0], -1.0, id="against each other"),
        pytest.param([1, 2, 3], [2, 1, 3], 0.5, id="one exchange"),
        pytest.param([1, 1, 2], [1, 2, 3], 0.75**0.5, id="a tie"),
        pytest.param([1, 1, 1], [1, 2, 3], np.nan, id="constant"),
        pytest.param([1, np.nan, 3], [1, 2, 3], np.nan, id="a value that does not exist"),
    ],
)
def test_rank_correlation_by_hand(x, y, correlation):
    found = rank_correlation(profile(*x), profile(*y))

    assert found.item() == pytest.approx(correlation, nan_ok=True)


def test_rank_correlation_agrees_with_scipy_in_every_network():
    rng = np.random.default_rng(0)
    x, y = (xr.DataArray(rng.integers(0, 6, (4, 3, 9)), dims=("seed", "level", "layer"), name="n") for _ in "xy")

    found = rank_correlation(x, y)

    assert found.dims == ("seed", "level")
    for seed in range(4):
        for level in range(3):
            assert found[seed, level].item() == pytest.approx(spearmanr(x[seed, level], y[seed, level]).statistic)
    assert rank_correlation(x, y, "seed").dims == ("level", "layer")


def test_rank_correlation_states_its_smallest_step_and_where_it_does_not_exist():
    found = rank_correlation(profile(1, 2, 3, 4, resolution=0.1), profile(1, 2, 4, 3, unit="x"))

    assert found.item() == pytest.approx(1 - found.attrs["resolution"])
    assert found.attrs["undefined"] == "profiles that do not vary"
    assert set(found.attrs) == {"resolution", "undefined"}


def test_rank_correlation_takes_the_same_three_layers():
    with pytest.raises(NotApplicable, match="nmi has 2 places along layer: a rank correlation takes three"):
        rank_correlation(profile(1, 2), profile(1, 2))
    with pytest.raises(ValueError, match="exact"):
        rank_correlation(
            profile(1, 2, 3).assign_coords(layer=list("abc")), profile(1, 2, 3).assign_coords(layer=list("abd"))
        )


@pytest.mark.parametrize(
    ("heights", "width"),
    [
        pytest.param([3, 0, 0, 3], 0.25 * (1 / 3 + 1 + 1 / 3), id="between layers"),
        pytest.param([0, 0, 0, 0], 0.75, id="all below"),
        pytest.param([3, 3, 3, 3], 0.0, id="all above"),
        pytest.param([1, 1, 1, 1], 0.0, id="all at the threshold"),
        pytest.param([3, 1, 1, 3], 0.0, id="down to the threshold"),
        pytest.param([0, 3, 0, 3], 0.25 * 1.0, id="two troughs"),
        pytest.param([3, 3, 3, 0], 0.25 / 3, id="open at the end"),
        pytest.param([3, np.nan, 0, 3], np.nan, id="a value that does not exist"),
    ],
)
def test_trough_width_by_hand(heights, width):
    assert trough_width(profile(*heights), 1).item() == pytest.approx(width, nan_ok=True)


@pytest.mark.parametrize(
    ("heights", "depth"),
    [
        pytest.param([0, 0, 0, 4], 0.75 + 0.25 * 0.25, id="between the last two layers"),
        pytest.param([0, 1, 2, 4], 0.5, id="at a layer"),
        pytest.param([9, 0, 4, 2], 0.5 + 0.25 * 0.25, id="what comes before the trough does not count"),
        pytest.param([0, 4, 0, 4], 0.25 + 0.25 * 0.25, id="the first of two troughs"),
        pytest.param([5, 4, 2, 1], 1.0, id="never rises"),
        pytest.param([2, 2, 2, 2], 1.0, id="flat"),
        pytest.param([0, np.nan, 2, 3], np.nan, id="a value that does not exist"),
    ],
)
def test_relative_onset_by_hand(heights, depth):
    assert relative_onset(profile(*heights), 0.25).item() == pytest.approx(depth, nan_ok=True)


@pytest.mark.parametrize("summary", [trough_width, relative_onset])
def test_a_summary_of_layers_goes_by_their_depth(summary):
    heights = [1.0, 0.0, 0.0, 2.0, 0.0]

    evenly, sparsely = (summary(profile(*heights, depths=d), 0.5) for d in (np.arange(1, 6) / 5, np.arange(3, 8) / 10))

    assert evenly.attrs["resolution"] == pytest.approx(0.1)
    assert sparsely.attrs["resolution"] == pytest.approx(0.05)
    offset = 0.2 if summary is relative_onset else 0
    assert sparsely.item() == pytest.approx(offset + evenly.item() / 2)


def test_a_relative_onset_ignores_scale_and_offset():
    heights = np.array([[0.3, 0.1, 0.2, 0.7], [0.5, 0.2, 0.1, 0.4]])
    profiles = xr.DataArray(heights, dims=("seed", "layer"), name="nmi", attrs={"undefined": "dead layers"})

    found = relative_onset(profiles, 0.25)

    assert found.dims == ("seed",)
    assert found.attrs["undefined"] == "dead layers"
    np.testing.assert_allclose(relative_onset(3 - 2 * (0 - profiles), 0.25), found)


@pytest.mark.parametrize(
    ("heights", "depth"),
    [
        pytest.param([0, 0, 0, 4], 0.875, id="in one step, half of it on average"),
        pytest.param([0, 2, 2, 4], (0.375 + 0.875) / 2, id="in two steps"),
        pytest.param([0, 1, 2, 3], 0.625, id="evenly"),
        pytest.param([9, 0, 4, 2], 0.625, id="what comes before the trough does not count"),
        pytest.param([5, 4, 2, 1], 1.0, id="never rises"),
        pytest.param([0, np.nan, 2, 3], np.nan, id="a value that does not exist"),
    ],
)
def test_mean_onset_by_hand(heights, depth):
    assert mean_onset(profile(*heights)).item() == pytest.approx(depth, abs=0.002, nan_ok=True)


def test_a_mean_onset_is_the_depth_less_the_area_below_a_rise():
    heights = np.cumsum(np.random.default_rng(0).uniform(size=10))
    share = (heights - heights[0]) / (heights[-1] - heights[0])

    found = mean_onset(profile(*heights))

    assert found.item() == pytest.approx(1 - np.trapezoid(share, dx=0.1), abs=0.002)
    assert found.attrs["resolution"] == pytest.approx(0.05 / 9)


def test_a_rise_whose_share_rounds_to_the_whole_is_made_at_its_top():
    assert relative_onset(profile(0, 0, 5e-324), 0.75).item() == 1.0


def test_a_summary_of_layers_refuses_what_has_no_course():
    with pytest.raises(NotApplicable, match="nmi has 1 layers: a profile takes two"):
        trough_width(profile(1), 0.5)
    with pytest.raises(NotApplicable, match="nmi has 1 layers: a profile takes two"):
        relative_onset(profile(1), 0.5)
    for share in (0, 1, np.nan):
        with pytest.raises(ValueError, match=f"share={share!r} is not between 0 and 1"):
            relative_onset(profile(1, 2), share)


# Layers that stand out


HEIGHTS = xr.DataArray(
    [[0.3, 0.1, 0.2, 0.4], [0.0, 0.5, 0.5, 0.1]], dims=("seed", "layer"), name="height", attrs={"resolution": 0.01}
)


@pytest.mark.parametrize(
    ("leading", "found"),
    [
        pytest.param([True, False, False, False], [-0.1, -0.5], id="first"),
        pytest.param([False, False, True, True], [0.1, 0.0], id="later half"),
    ],
)
def test_lead_by_hand(leading, found):
    ahead = lead(HEIGHTS, xr.DataArray(leading, dims="layer"))

    assert ahead.to_numpy() == pytest.approx(found)
    assert ahead.attrs == {"resolution": 0.01}


@pytest.mark.parametrize("leading", [[True] * 4, [False] * 4])
def test_a_lead_takes_others(leading):
    with pytest.raises(NotApplicable, match=f"height has {sum(leading)} of 4 layers"):
        lead(HEIGHTS, xr.DataArray(leading, dims="layer"))


def test_above_neighbors_by_hand():
    profile = HEIGHTS.assign_coords(layer=["a", "b", "c", "d"])

    above = above_neighbors(profile)

    assert above["layer"].to_numpy().tolist() == ["b", "c"]
    assert above.to_numpy() == pytest.approx(np.array([[-0.2, -0.2], [0.0, 0.0]]))
    assert above.attrs == {"resolution": 0.01}


def test_above_neighbors_keeps_its_dimensions_in_any_order():
    assert above_neighbors(HEIGHTS.T).T.equals(above_neighbors(HEIGHTS))


def test_two_layers_have_no_neighbors_on_both_sides():
    with pytest.raises(NotApplicable, match="height has 2 layers"):
        above_neighbors(HEIGHTS.isel(layer=slice(2)))


@given(arrays(float, (5,), elements=st.floats(-1, 1)))
def test_above_zero_are_the_local_maxima(heights):
    above = above_neighbors(xr.DataArray(heights, dims="layer")).to_numpy() > 0

    assert above.tolist() == [heights[k] > heights[k - 1] and heights[k] > heights[k + 1] for k in range(1, 4)]
