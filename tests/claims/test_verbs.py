import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats

from indicators.claims.evidence import Undecided
from indicators.claims.judging import judging
from indicators.claims.profiles import onset
from indicators.claims.verbs import earlier, falls, less, more, rises, same, tracks
from indicators.errors import NotApplicable

brief = settings(max_examples=40, deadline=None)  # a busy machine is no failure

OPTIMIZERS = ("sgd", "wdecay", "layca")
LEVELS = ("low", "medium", "high")
SGD, HIGH = {"optimizer": "sgd"}, {"level": "high"}
SGD_HIGH = {"optimizer": "sgd", "level": "high"}


def cells(values, *dims, **coords):
    """Label an array whose first axes are seed, optimizer and level."""
    values = np.asarray(values, float)
    labels = {"seed": range(len(values)), "optimizer": list(OPTIMIZERS), "level": list(LEVELS)}
    return xr.DataArray(values, dims=("seed", "optimizer", "level", *dims), coords=labels | coords)


def one_seed(*rows):
    """Nine networks: a row for every optimizer, low to high."""
    return cells([rows])


def profiles(heights, seeds=1, **coords):
    """One profile over layers for each level, the same in every optimizer and seed."""
    heights = np.broadcast_to(np.asarray(heights, float), (seeds, 3, 3, np.shape(heights)[-1]))
    return cells(heights, "layer", **coords)


def noise(seeds, spread=0.01, rng=None):
    """Independent normal noise in nine cells, of so many seeds or of several worlds of seeds."""
    return (rng or np.random.default_rng(0)).normal(0, spread, (*np.atleast_1d(seeds), 3, 3))


def alike(one, other):
    """Two pieces of evidence say the same in numbers, up to roundoff."""
    numbers = [[e.effect, e.low, e.high, e.p, *e.values] for e in (one, other)]
    return numbers[0] == pytest.approx(numbers[1], rel=1e-9, abs=1e-9)


NINE = one_seed([0.1, 0.2, 0.4], [0.2, 0.3, 0.6], [0.3, 0.1, 0.8])


# What is compared


@pytest.mark.parametrize(
    ("at", "than", "effect"),
    [
        pytest.param(SGD_HIGH, {"optimizer": "wdecay"}, 0.4 - 0.6, id="than inherits"),
        pytest.param(HIGH, {"level": "low"}, 0.6 - 0.2, id="a cell not named is averaged over"),
        pytest.param({"optimizer": ["wdecay", "layca"], "level": "high"}, SGD, 0.7 - 0.4, id="a list is averaged over"),
        pytest.param(SGD, {"level": "low"}, 0.7 / 3 - 0.1, id="a part and the whole"),
        pytest.param(SGD_HIGH, 0.25, 0.15, id="a number"),
        pytest.param({}, 0.25, 3 / 9 - 0.25, id="everything and a number"),
    ],
)
def test_effect_of_more_by_hand(at, than, effect):
    assert more(NINE, at, than=than, by=0).effect == pytest.approx(effect)
    assert less(NINE, at, than=than, by=0).effect == pytest.approx(-effect)
    assert same(NINE, at, as_=than, within=0).effect == pytest.approx(effect)


def test_dimensions_that_are_not_cells_are_averaged_over_or_selected():
    values = cells(np.arange(18.0).reshape(1, 3, 3, 2), "layer", layer=["Conv1", "Conv2"])

    assert more(values, SGD, than={"optimizer": "wdecay"}, by=0).effect == pytest.approx(-6)
    assert more(values, SGD | {"layer": "Conv2"}, than={"layer": "Conv1"}, by=0).effect == pytest.approx(1)
    assert more(values, SGD_HIGH | {"layer": ["Conv2"]}, than=1, by=0).effect == pytest.approx(5 - 1)


def test_a_coordinate_along_a_dimension_selects_like_a_label():
    values = profiles([1, 2, 3, 6], layer=list("abcd")).assign_coords(
        part=("layer", ["first", "first", "last", "last"])
    )
    indexed = values.set_xindex("part")

    for array in (values, indexed):
        assert more(array, {"part": "last"}, than={"part": "first"}, by=0).effect == pytest.approx(3)
        with pytest.raises(ValueError, match=r"part=\['middle'\].*'first', 'last'"):
            more(array, {"part": "middle"}, than=0, by=0)


def test_fractions_match_up_to_roundoff():
    values = cells(np.ones((1, 3, 3, 3)), "fraction", fraction=np.arange(1, 4) * 0.1)
    assert 0.3 not in values["fraction"]

    assert more(values, {"fraction": 0.3}, than=0.5, by=0).effect == pytest.approx(0.5)


def test_order_of_dimensions_and_labels_does_not_matter():
    values = cells(noise(3, 1)[..., None] + np.arange(4.0), "layer", layer=list("abcd"))
    shuffled = values.isel(level=[2, 0, 1], optimizer=[1, 0, 2]).transpose("layer", "level", "seed", "optimizer")

    for array in (values, shuffled):
        assert alike(rises(array, "level", SGD, by=0.1), rises(values, "level", SGD, by=0.1))
        assert alike(
            more(array, SGD | {"layer": "a"}, than=HIGH, by=0.1),
            more(values, SGD | {"layer": "a"}, than=HIGH, by=0.1),
        )


@pytest.mark.parametrize(
    ("compare", "words"),
    [
        (lambda: more(NINE, SGD_HIGH, than={"optimizer": "wdecay"}, by=0), "sgd high - wdecay high"),
        (lambda: less(NINE, SGD_HIGH, than={"optimizer": "wdecay"}, by=0), "wdecay high - sgd high"),
        (lambda: more(NINE, {"optimizer": ["sgd", "layca"]}, than=0.5, by=0), "sgd+layca - 0.5"),
        (lambda: rises(NINE, "level", SGD, by=0), "sgd high - sgd low"),
        (lambda: falls(NINE, "level", by=0), "low - high"),
        (lambda: tracks(NINE.rename("nmi"), NINE.rename("accuracy"), by=0), "nmi with accuracy"),
    ],
)
def test_evidence_names_what_was_compared(compare, words):
    assert compare().compared == words


# Bad input


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("seeds", [1, 3])
def test_what_is_not_finite_is_an_error_where_it_is_compared_and_nowhere_else(bad, seeds):
    values = cells(noise(seeds))
    values[0, 1, 2] = bad

    for verb in (more, less):
        with pytest.raises(ValueError, match=r"1 of \d+ compared values.*seed \d+, wdecay, high: measure"):
            verb(values, HIGH, than={"level": "low"}, by=0)
    assert np.isfinite(more(values, SGD_HIGH, than={"level": "low"}, by=0).effect)
    with pytest.raises(ValueError, match="not finite"):
        rises(values, "level", by=0)
    with pytest.raises(ValueError, match="not finite"):
        tracks(values, cells(noise(seeds)), by=0)


def test_what_may_be_undefined_and_is_decides_nothing():
    values = cells(noise(3)).assign_attrs(undefined="layers without two neurons that vary")
    values[0, 1, 2] = np.nan

    with pytest.raises(Undecided, match=r"inconclusive: 1 of 9 compared values do not exist \(layers without two"):
        more(values, HIGH, than={"level": "low"}, by=0)
    values[0, 1, 2] = np.inf
    with pytest.raises(ValueError, match="not finite"):
        more(values, HIGH, than={"level": "low"}, by=0)


def test_a_cell_that_is_not_compared_and_not_finite_does_not_widen_or_narrow_to_nothing():
    values = cells(noise(3))
    values[0, 1, 2] = np.nan

    found = more(values, SGD_HIGH, than={"level": "low"}, by=0)

    assert 0 < found.high - found.low < 1


@pytest.mark.parametrize(
    ("at", "than", "message"),
    [
        (
            {"optimizer": "adam"},
            0,
            r"optimizer=\['adam'\] does not exist: choose from \['sgd', 'wdecay', 'layca'\]",
        ),
        (SGD, {"level": "top"}, r"level=\['top'\].*'low', 'medium', 'high'"),
        ({"layer": "Conv1"}, 0, r"'layer' cannot be selected: choose from \['optimizer', 'level'\]"),
        ({"seed": 0}, 0, "'seed' cannot be selected"),
        ({"level": []}, 0, "nothing of dimension 'level' is left"),
        (SGD, SGD, "'sgd' is compared with itself"),
        (SGD, {"level": list(LEVELS)}, "compared with itself"),
        (SGD, {}, "compared with itself"),
        (SGD, np.nan, "neither a selection nor a finite number"),
        (SGD, "wdecay", "neither a selection nor a finite number"),
    ],
)
def test_what_cannot_be_compared_says_what_can(at, than, message):
    for compare in (
        lambda: more(NINE, at, than=than, by=0),
        lambda: less(NINE, at, than=than, by=0),
        lambda: same(NINE, at, as_=than, within=0),
    ):
        with pytest.raises(ValueError, match=message):
            compare()


def test_values_that_agree_by_chance_are_not_compared_with_themselves():
    zeros = cells(np.zeros((1, 3, 3)))

    assert more(zeros, SGD, than={"optimizer": "layca"}, by=0.1).effect == 0


def test_values_without_seeds_as_a_dimension_are_refused():
    with pytest.raises(ValueError, match="expected 'seed'"):
        more(NINE.isel(seed=0), SGD, than=0, by=0)


@pytest.mark.parametrize("wrong", [-0.1, np.nan, np.inf])
def test_what_counts_and_the_resolution_are_finite_and_not_negative(wrong):
    for compare in (
        lambda **options: more(NINE, SGD, than=0, **options),
        lambda **options: rises(NINE, "level", **options),
        lambda **options: tracks(NINE, NINE, **options),
    ):
        with pytest.raises(ValueError, match="by="):
            compare(by=wrong)
        with pytest.raises(ValueError, match="resolution="):
            compare(by=0.1, resolution=wrong)
    with pytest.raises(ValueError, match="within="):
        same(NINE, SGD, as_=0, within=wrong)


# Verdicts


def shifted(shift, seeds=3):
    """Nine cells with little spread; sgd at high differs by a shift."""
    values = cells(0.5 + noise(seeds, 0.001))
    values.loc[SGD_HIGH] += shift
    return values


@pytest.mark.parametrize(
    ("shift", "seeds", "up", "down"),
    [
        (0.1, 3, "supported", "refuted"),
        (0.01, 3, "refuted", "refuted"),
        (0.05, 3, "inconclusive", "refuted"),
        (0.1, 1, "consistent", "contradicted"),
        (0.02, 2, "inconclusive", "contradicted"),
    ],
)
def test_more_and_less_reach_both_verdicts(shift, seeds, up, down):
    values = shifted(shift, seeds)

    assert more(values, SGD_HIGH, than={"level": "low"}, by=0.05).verdict == up
    assert less(values, SGD_HIGH, than={"level": "low"}, by=0.05).verdict == down


def test_an_effect_of_exactly_what_counts_does_not_count_however_it_is_rounded():
    for high, low, by in [(0.85, 0.84, 0.01), (0.3, 0.1, 0.2), (0.7, 0.6, 0.1), (0.1 + 0.2, 0.3, 0.0)]:
        for kind in (np.float64, np.float32):
            values = one_seed([low, low, high], [0, 0, 0], [0, 0, 0]).astype(kind)
            thrice = cells(np.repeat(values.values, 3, axis=0)).astype(kind)

            assert more(values, SGD_HIGH, than={"level": "low"}, by=by).verdict == "inconclusive"
            assert more(thrice, SGD_HIGH, than={"level": "low"}, by=by).verdict == "inconclusive"
            assert same(values, SGD_HIGH, as_={"level": "low"}, within=by).verdict == "consistent"


@pytest.mark.parametrize(
    ("shift", "seeds", "verdict"),
    [
        (0.0, 3, "supported"),
        (0.02, 3, "inconclusive"),
        (0.1, 3, "refuted"),
        (-0.1, 3, "refuted"),
        (0.01, 1, "consistent"),
        (-0.03, 1, "contradicted"),
    ],
)
def test_same_reaches_both_verdicts(shift, seeds, verdict):
    assert same(shifted(shift, seeds), SGD_HIGH, as_={"level": "low"}, within=0.02).verdict == verdict


@pytest.mark.parametrize(
    ("low_to_high", "seeds", "up", "down"),
    [
        ((0.1, 0.2, 0.3), 3, "supported", "refuted"),
        ((0.1, 0.1, 0.3), 3, "inconclusive", "refuted"),
        ((0.1, 0.4, 0.3), 3, "refuted", "refuted"),
        ((0.1, 0.11, 0.12), 3, "refuted", "refuted"),
        ((0.1, 0.2, 0.3), 1, "consistent", "contradicted"),
        ((0.1, 0.4, 0.3), 1, "inconclusive", "contradicted"),
        ((0.3, 0.2, 0.2), 1, "contradicted", "inconclusive"),
        ((0.1, 0.11, 0.12), 1, "inconclusive", "contradicted"),
    ],
)
def test_rises_and_falls_along_levels_reach_both_verdicts(low_to_high, seeds, up, down):
    values = cells(noise(seeds, 1e-4) + np.array(low_to_high))

    assert rises(values, "level", by=0.05).verdict == up
    assert falls(values, "level", by=0.05).verdict == down


def test_a_rise_along_layers_forgives_wiggles_inside_its_thirds():
    wiggles = [0.1, 0.0, 0.3, 0.5, 0.4, 0.7, 0.6]  # thirds of two, three and two

    found = rises(profiles(wiggles, layer=list("abcdefg")), "layer", by=0.5)

    assert found.effect == pytest.approx(0.65 - 0.05)
    assert found.verdict == "consistent"


def test_a_rise_along_layers_needs_its_middle_between_its_ends():
    humped = profiles([0.1, 0.9, 0.5], layer=list("abc"))

    assert rises(humped, "layer", by=0.1).verdict == "inconclusive"
    assert falls(humped, "layer", by=0.1).verdict == "contradicted"


def test_layers_of_a_rise_can_be_restricted_and_keep_the_order_of_the_array():
    values = profiles([9, 1, 2, 3, 9], layer=list("abcde")).assign_coords(part=("layer", list("xyyyx")))

    assert rises(values, "layer", {"layer": ["d", "c", "b"]}, by=1).effect == pytest.approx(2)
    assert rises(values, "layer", {"part": "y"}, by=1).effect == pytest.approx(2)


@pytest.mark.parametrize(
    ("along", "at", "message"),
    [
        ("level", HIGH, "along='level'"),
        ("optimizer", {}, "along='optimizer'"),
        ("seed", {}, "along='seed'"),
        ("depth", {}, "along='depth'"),
    ],
)
def test_only_ordered_dimensions_rise_or_fall(along, at, message):
    with pytest.raises(ValueError, match=message):
        rises(profiles([1, 2, 3], layer=list("abc")), along, at, by=0)


def test_two_labels_are_too_few_to_rise():
    with pytest.raises(ValueError, match="at least three"):
        rises(profiles([1, 2]).rename(layer="draw"), "draw", by=0)


@pytest.mark.parametrize("at", [{"layer": ["a", "b"]}, {"part": "x"}])
@pytest.mark.parametrize("verb", [rises, falls])
def test_too_few_layers_to_rise_or_fall_make_a_claim_inapplicable(verb, at):
    layers = profiles([1, 2, 3], layer=list("abc")).assign_coords(part=("layer", list("xxy")))

    with pytest.raises(NotApplicable, match=r"layers=\['a', 'b'\]: a rise or fall takes at least three"):
        verb(layers, "layer", at, by=0)


# Onsets


RAMPS = [[0, 0, 0, 1.0], [0, 0, 1.0, 1.0], [0, 1.0, 1.0, 1.0]]  # onsets at 0.5 : 0.875, 0.625, 0.375


@pytest.mark.parametrize(
    ("seeds", "verdict", "opposite"), [(1, "consistent", "contradicted"), (3, "supported", "refuted")]
)
def test_earlier_reaches_both_verdicts(seeds, verdict, opposite):
    values = profiles(RAMPS, seeds, layer=list("abcd"))

    found = earlier(values, HIGH, than={"level": "low"}, threshold=0.5, by=0.1)

    assert found.effect == pytest.approx(0.5)
    assert (found.verdict, found.unit) == (verdict, "relative depth")
    assert earlier(values, {"level": "low"}, than=HIGH, threshold=0.5, by=0.1).verdict == opposite
    assert earlier(values, along="level", threshold=0.5, by=0.1, resolution=0.01).verdict == verdict
    assert earlier(values.isel(level=slice(None, None, -1)), along="level", threshold=0.5, by=0.1).effect > 0


def test_never_reached_is_later_than_reached():
    values = profiles([[0, 0, 0, 0], [0, 0, 1.0, 1.0], [0, 1.0, 1.0, 1.0]], layer=list("abcd"))

    found = earlier(values, HIGH, than={"level": "low"}, threshold=0.5, by=0.1)

    assert found.effect == pytest.approx(1 - 0.375)
    assert earlier(values, along="level", threshold=0.5, by=0.1).verdict == "consistent"


@pytest.mark.parametrize("seeds", [1, 3])
def test_never_reached_on_both_sides_decides_nothing(seeds):
    values = profiles([[0, 0, 0], [0, 0, 0], [0, 0, 1.0]], seeds, layer=list("abc"))

    for found in (
        earlier(values, {"level": "medium"}, than={"level": "low"}, threshold=0.5, by=0.1),
        earlier(values, along="level", threshold=0.5, by=0.1),
    ):
        assert (found.verdict, found.seeds) == ("inconclusive", 0)
        assert f"{seeds} of {seeds} seed" in found.reason


def test_seeds_that_never_reach_it_are_left_out_and_three_must_remain():
    values = profiles(RAMPS, 4, layer=list("abcd")).copy()
    values[0] = 0.0

    three = earlier(values, HIGH, than={"level": "low"}, threshold=0.5, by=0.1)
    values[1] = 0.0
    two = earlier(values, HIGH, than={"level": "low"}, threshold=0.5, by=0.1)

    assert (three.verdict, three.seeds) == ("supported", 3)
    assert (two.verdict, two.seeds) == ("inconclusive", 2)
    assert two.reason == "too few seeds; 2 of 4 seeds cannot decide"


def test_a_profile_that_is_not_finite_is_an_error_and_not_a_late_onset():
    values = profiles(RAMPS, 3, layer=list("abcd")).copy()
    values.loc[{"level": "high"}] = np.nan

    for threshold in (0.5, 2.0):
        with pytest.raises(ValueError, match="not finite"):
            earlier(values, {"level": "low"}, than=HIGH, threshold=threshold, by=0.1)
    assert earlier(values, {"level": "medium"}, than={"level": "low"}, threshold=0.5, by=0.1, resolution=0.01)


@pytest.mark.parametrize("options", [{}, {"than": SGD, "along": "level"}])
def test_earlier_compares_with_one_thing(options):
    with pytest.raises(ValueError, match="exactly one"):
        earlier(profiles(RAMPS), threshold=0.5, by=0.1, **options)


# Correlations


def test_tracks_is_the_rank_correlation_of_what_the_optimizers_means_leave():
    rng = np.random.default_rng(1)
    x, y = cells(rng.normal(size=(4, 3, 3))), cells(rng.normal(size=(4, 3, 3)))
    rest_x, rest_y = ((array - array.mean("level")).values.reshape(4, 9) for array in (x, y))
    oracle = [stats.spearmanr(a, b).statistic for a, b in zip(rest_x, rest_y, strict=True)]

    assert tracks(x, y, by=0).values == pytest.approx(oracle)
    assert tracks(x, y, by=0, sign=-1).values == pytest.approx([-rho for rho in oracle])


def test_tracks_shares_ranks_among_ties_even_behind_roundoff():
    x = one_seed([0.1, 0.2, 0.3], [0.4, 0.5, 0.6], [0.7, 0.8, 0.9])  # the same three steps, thrice
    y = one_seed([0.1, 0.3, 0.2], [0, 0, 0], [0, 0, 0])
    oracle = stats.spearmanr([-1, 0, 1] * 3, [-1, 1, 0, 0, 0, 0, 0, 0, 0]).statistic

    assert tracks(x, y, by=0).effect == pytest.approx(oracle)


def test_differences_between_optimizers_alone_are_not_tracked():
    offsets = np.array([0.0, 5.0, 10.0])[:, None]
    up, down = cells(offsets + np.array([[[0, 1, 2.0]] * 3])), cells(offsets - np.array([[[0, 1, 2.0]] * 3]))

    assert tracks(up, down, by=0.5).effect == pytest.approx(-1)
    assert tracks(up, down, by=0.5).verdict == "contradicted"
    assert tracks(up, down, by=0.5, sign=-1).verdict == "consistent"


def test_seeds_in_which_a_measurement_is_constant_cannot_decide():
    x = cells(np.array([[0, 1, 2.0]] * 3) + noise(4, 0.01))
    y = x.copy()
    y[0] = 0.7

    assert (tracks(x, y, by=0.5).verdict, tracks(x, y, by=0.5).seeds) == ("supported", 3)
    assert tracks(x[:3], y[:3], by=0.5).verdict == "inconclusive"
    assert tracks(x, cells(np.full((4, 3, 3), 0.1)), by=0.5).reason == "too few seeds; 4 of 4 seeds cannot decide"


def test_perfect_correlations_keep_the_uncertainty_of_one_swapped_pair():
    x = cells(np.tile([[0, 1, 2.0], [0, 3, 5], [0, 7, 9]], (3, 1, 1)))

    found = tracks(x, x, by=0.5)

    assert 1 - found.low == pytest.approx(stats.t.ppf(0.95, 2) / 60)


def test_tracks_takes_measurements_of_the_same_networks():
    with pytest.raises(ValueError, match="differ in seeds"):
        tracks(NINE, NINE.assign_coords(seed=[7]), by=0)
    with pytest.raises(ValueError, match="sign=2"):
        tracks(NINE, NINE, by=0, sign=2)
    with pytest.raises(ValueError, match="expected seed, optimizer and level"):
        tracks(NINE.isel(level=0), NINE, by=0)


# The spread


def pooled_by_hand(values, weights):
    """Standard error from the residuals of the cells once cell means and seed means are gone."""
    table = values.values.reshape(len(values), 9)
    rest = table - table.mean(0) - table.mean(1, keepdims=True) + table.mean()
    variance = (rest**2).sum() / (8 * (len(values) - 1))
    return np.sqrt(variance * np.sum(np.square(weights)) / len(values))


def standard_error(found):
    return (found.high - found.low) / 2 / stats.t.ppf(0.95, found.seeds - 1)


def agreeing(seeds=3):
    """Noise in nine cells, but none in the two compared."""
    values = cells(noise(seeds, 1.0))
    values.loc[SGD_HIGH], values.loc[{"optimizer": "sgd", "level": "low"}] = 2.0, 1.0
    return values


@pytest.mark.parametrize("seeds", [3, 5])
def test_seeds_that_agree_borrow_the_spread_of_all_cells(seeds):
    values = agreeing(seeds)
    weights = np.zeros((3, 3))
    weights[0] = [-1, 0, 1]

    found = more(values, SGD_HIGH, than={"level": "low"}, by=0.5)

    assert found.values == pytest.approx([1.0] * seeds)
    assert standard_error(found) == pytest.approx(pooled_by_hand(values, weights))
    assert found.verdict == "inconclusive"


def test_means_of_many_cells_borrow_less():
    values = cells(noise(3, 1.0))
    values.loc[HIGH], values.loc[{"level": "low"}] = 2.0, 1.0

    found = more(values, HIGH, than={"level": "low"}, by=0.5)

    assert standard_error(found) == pytest.approx(pooled_by_hand(values, [1 / 3] * 6))


def test_what_every_cell_of_a_seed_shares_does_not_blur_a_difference_but_blurs_a_level():
    shared = np.array([-3.0, 0.0, 3.0])[:, None, None]
    values = cells(0.001 * noise(3, 1.0) + shared)

    assert standard_error(more(values, SGD_HIGH, than={"level": "low"}, by=0)) < 0.01
    assert standard_error(more(values, SGD_HIGH, than=0, by=0)) == pytest.approx(3 / np.sqrt(3), rel=0.01)


def test_a_mean_over_all_cells_has_the_spread_of_its_seeds():
    values = cells(noise(5, 1.0))
    means = values.mean(("optimizer", "level"))

    assert standard_error(more(values, {}, than=0, by=0)) == pytest.approx(float(means.std(ddof=1)) / np.sqrt(5))


def test_a_contrast_inside_cells_borrows_the_spread_of_that_contrast():
    inner = cells(noise(3, 1.0))
    inner.loc[SGD_HIGH] = 1.0
    base = cells(noise(3, 50.0, np.random.default_rng(2)))  # cancels inside every cell
    values = xr.concat([base, base + inner], dim="layer").assign_coords(layer=["a", "b"])

    found = more(values, SGD_HIGH | {"layer": "b"}, than={"layer": "a"}, by=0)

    between = inner.values.reshape(3, 9)
    seeds = between.mean(1)
    rest = between - between.mean(0) - (seeds - seeds.mean())[:, None]
    variance = (rest**2).sum() / 16 * (8 / 9) + seeds.var(ddof=1)
    assert standard_error(found) == pytest.approx(np.sqrt(variance / 3))


def three_equal_seeds(resolution):
    rows = [[0.1, 0.2, 0.4], [0.2, 0.3, 0.6], [0.3, 0.1, 0.8]]
    return cells([rows] * 3).assign_attrs(resolution=resolution)


@pytest.mark.parametrize(
    "compare",
    [
        pytest.param(lambda values: more(values, SGD_HIGH, than={"level": "low"}, by=0.1), id="more"),
        pytest.param(lambda values: less(values, SGD_HIGH, than={"optimizer": "layca"}, by=0.1), id="less"),
        pytest.param(lambda values: same(values, SGD_HIGH, as_=0.4, within=0.1), id="same"),
        pytest.param(lambda values: rises(values, "level", SGD, by=0.1), id="rises"),
        pytest.param(lambda values: falls(values, "level", SGD, by=0.1), id="falls"),
    ],
)
def test_equal_seeds_are_as_sure_as_the_resolution_that_the_measurement_states(compare):
    assert standard_error(compare(three_equal_seeds(0.02))) == pytest.approx(0.02)
    assert standard_error(compare(three_equal_seeds(0.03))) == pytest.approx(0.03)


def test_a_stated_resolution_yields_to_the_one_that_is_given():
    assert standard_error(more(three_equal_seeds(0.02), SGD_HIGH, than=0, by=0, resolution=0.5)) == pytest.approx(0.5)


def test_onsets_of_equal_seeds_are_as_sure_as_half_a_layer():
    heights = [[0, 0, 0, 1], [0, 0, 1, 1], [0, 1, 1, 1]]  # low to high, at depths 1/4 to 1
    profile = profiles([heights], seeds=3).assign_attrs(resolution=1e-6)

    depth, _ = onset(profile, 0.5)
    assert depth.attrs == {"resolution": 0.125}
    assert standard_error(earlier(profile, SGD, along="level", threshold=0.5, by=0.05)) == pytest.approx(0.125)
    assert standard_error(falls(depth, "level", SGD, by=0.05)) == pytest.approx(0.125)
    uneven = profile.assign_coords(depth=("layer", [0.3, 0.5, 0.9, 1.0]))
    assert onset(uneven, 0.5)[0].attrs["resolution"] == pytest.approx(0.05)
    assert profile.attrs == {"resolution": 1e-6}


def test_a_coarse_measurement_is_never_surer_than_its_resolution():
    values = shifted(0.1)

    assert more(values, SGD_HIGH, than={"level": "low"}, by=0.05).verdict == "supported"
    assert more(values, SGD_HIGH, than={"level": "low"}, by=0.05, resolution=0.02).verdict == "inconclusive"
    assert standard_error(more(values, SGD_HIGH, than=0, by=0, resolution=0.02)) == pytest.approx(0.02)


def test_measurements_that_are_zero_everywhere_show_no_effect():
    zeros = cells(np.zeros((3, 3, 3)))

    found = more(zeros, SGD, than={"optimizer": "layca"}, by=0.01)

    assert (found.verdict, found.effect) == ("refuted", 0)
    assert "the seeds do not differ" in found.reason


def test_verbs_note_their_evidence_for_the_claim_being_judged():
    with judging() as record:
        found = [
            more(NINE, SGD, than=0, by=0),
            less(NINE, SGD, than=0, by=0),
            same(NINE, SGD, as_=0, within=1),
            rises(NINE, "level", by=0),
            falls(NINE, "level", by=0),
            earlier(profiles(RAMPS), along="level", threshold=0.5, by=0),
            tracks(NINE, NINE, by=0),
        ]

    assert record.evidence == found


# Properties

tables = arrays(float, (4, 3, 3), elements=st.integers(-1000, 1000).map(lambda x: x / 1000)).filter(np.any)


@brief
@given(tables, st.floats(0, 0.5))
def test_less_is_more_seen_from_the_other_side(table, by):
    values = cells(table)
    other = {"optimizer": "layca"}

    ours, theirs = less(values, SGD_HIGH, than=other, by=by), more(values, SGD_HIGH | other, than=SGD, by=by)
    mirrored = more(-values, SGD_HIGH, than=other, by=by)

    assert alike(ours, theirs)
    assert alike(ours, mirrored)
    assert ours.verdict == theirs.verdict == mirrored.verdict


@brief
@given(tables, st.floats(0, 0.5))
def test_falls_is_rises_upside_down(table, by):
    down, up = falls(cells(table), "level", by=by), rises(-cells(table), "level", by=by)

    assert alike(down, up)
    assert down.verdict == up.verdict


@brief
@given(tables, st.floats(-10, 10))
def test_a_common_shift_changes_nothing(table, shift):
    before, after = (rises(cells(table + added), "level", SGD, by=0.1) for added in (0, shift))

    assert [after.effect, after.low, after.high] == pytest.approx([before.effect, before.low, before.high], abs=1e-6)


@brief
@given(tables, st.floats(0.01, 100), st.floats(0, 0.5))
def test_another_unit_scales_the_effect_and_keeps_the_verdict(table, scale, by):
    before = more(cells(table), SGD_HIGH, than={"level": "low"}, by=by)
    after = more(cells(table) * scale, SGD_HIGH, than={"level": "low"}, by=by * scale)

    assert [after.effect, after.low, after.high] == pytest.approx(
        [scale * x for x in (before.effect, before.low, before.high)], rel=1e-6, abs=1e-9 * scale
    )
    if min(abs(before.low - by), abs(before.high - by)) > 1e-6:
        assert after.verdict == before.verdict


@brief
@given(tables, st.permutations(range(4)))
def test_the_order_of_the_seeds_changes_nothing(table, order):
    before, after = (same(cells(table[k]), SGD, as_=HIGH, within=0.2) for k in ([0, 1, 2, 3], order))

    assert [after.effect, after.low, after.high] == pytest.approx([before.effect, before.low, before.high], abs=1e-12)


@brief
@given(tables, st.floats(0.001, 0.5))
def test_verdicts_agree_with_their_interval(table, by):
    found = more(cells(table), SGD_HIGH, than={"level": "low"}, by=by)

    expected = "supported" if found.low > by else "refuted" if found.high < by else "inconclusive"
    assert found.verdict == expected
    assert (found.p < 0.05) == (found.low > by)


# Simulated worlds

WORLDS = 400
EVEN = np.ones((3, 3))
UNEVEN = np.array([[3.0, 1.0, 1.0], [1.0, 2.0, 1.0], [1.0, 1.0, 0.5]])  # sgd at low varies most
MARGIN = 3 * np.sqrt(0.05 * 0.95 / WORLDS)


def shares(judge, seeds, effect, spread=EVEN):
    """Share of each verdict over worlds with a true difference of ``effect`` between low and high."""
    rng = np.random.default_rng(seeds)
    runs = noise((WORLDS, seeds), 1.0, rng) * spread + rng.normal(size=(WORLDS, seeds, 1, 1))
    found = [judge(cells(run + np.array([0.0, effect / 2, effect]))).verdict for run in runs]
    return {verdict: found.count(verdict) / WORLDS for verdict in ("supported", "refuted", "inconclusive")}


def sgd_gains(values):
    return more(values, SGD_HIGH, than={"level": "low"}, by=1.0)


@pytest.mark.parametrize("spread", [EVEN, UNEVEN], ids=["even spread", "uneven spread"])
@pytest.mark.parametrize("seeds", [3, 5])
def test_an_effect_of_exactly_what_counts_is_rarely_called_more_or_less_than_that(seeds, spread):
    found = shares(sgd_gains, seeds, effect=1.0, spread=spread)

    assert found["supported"] <= 0.05 + MARGIN
    assert found["refuted"] <= 0.05 + MARGIN


def test_the_spread_of_all_cells_halves_the_false_claims_of_three_lucky_seeds():
    def two_cells(values):
        return sgd_gains(values.sel(optimizer=["sgd"], level=["low", "high"]))

    alone, pooled = (shares(judge, 3, effect=1.0)["supported"] for judge in (two_cells, sgd_gains))

    assert 0.02 < alone < 0.05 + MARGIN
    assert pooled < alone / 2


def test_levels_that_do_not_differ_hardly_ever_rise():
    found = shares(lambda values: rises(values, "level", by=0.0), 3, effect=0.0)

    assert found["supported"] < 0.01


def test_a_large_effect_is_found_and_never_refuted():
    found = shares(sgd_gains, 5, effect=9.0)

    assert found["supported"] > 0.95
    assert found["refuted"] == 0


def test_no_effect_is_refuted_once_what_counts_is_large_enough():
    found = shares(lambda values: more(values, HIGH, than={"level": "low"}, by=6.0), 3, effect=0.0)

    assert found["refuted"] > 0.9
    assert found["supported"] == 0


# Coarse measurements


@pytest.mark.parametrize("seeds", [3, 5, 10])
@pytest.mark.parametrize("spread", [0.0, 0.1, 0.25, 0.5, 1.0, 3.0])
def test_rounding_is_no_reason_to_be_sure(seeds, spread):
    """Numbers rounded to a grid, of an effect of exactly what counts: hardly ever called more than that."""
    rng = np.random.default_rng([seeds, round(100 * spread)])
    worlds = 400
    means = rng.uniform(-2, 2, (worlds, 1, 3, 3))
    means[:, 0, 0, 2] = means[:, 0, 0, 0] + 3.0
    exact = means + rng.normal(0, spread, (worlds, seeds, 3, 3))

    rounded = [cells(2 * np.round(world / 2)) for world in exact]
    found = [more(world, SGD_HIGH, than={"level": "low"}, by=3.0, resolution=1.0).verdict for world in rounded]

    assert found.count("supported") <= stats.binom.ppf(0.999, worlds, 0.05)


def test_seeds_that_differ_by_more_than_the_resolution_average_its_errors_out():
    values = cells(noise(10, spread=1.0))

    fine, coarse = (more(values, SGD_HIGH, than={"level": "low"}, by=0, resolution=size) for size in (0.0, 0.9))
    coarser = more(values, SGD_HIGH, than={"level": "low"}, by=0, resolution=9.0)

    assert standard_error(coarse) == pytest.approx(standard_error(fine))
    assert standard_error(coarser) == pytest.approx(9.0)
