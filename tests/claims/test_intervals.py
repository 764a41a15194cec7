import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import stats

from indicators.claims.contrasts import Cells, pooled_error
from indicators.claims.intervals import TAIL_OF_LOOKS, judge, tail_of
from tests.claims.arrays import contrast


def test_interval_and_p_are_those_of_the_one_sided_t_test():
    seeds = [0.11, 0.16, 0.12, 0.19]
    oracle = stats.ttest_1samp(seeds, 0.05, alternative="greater")

    found = judge(contrast(*seeds), by=0.05, unit="")

    assert found.p == pytest.approx(oracle.pvalue, rel=1e-12)
    assert found.low == pytest.approx(oracle.confidence_interval(0.95).low, rel=1e-12)
    assert found.high == pytest.approx(stats.ttest_1samp(seeds, 0, alternative="less").confidence_interval(0.95).high)


def test_interval_by_hand():
    # mean 2, standard deviation 1, SE 1 / sqrt(3), t(0.95, 2) = 2.91999: reach 1.68586
    found = judge(contrast(1, 2, 3), by=0.3, unit="")

    assert (found.low, found.high) == pytest.approx((0.31414, 3.68586), abs=1e-5)
    assert found.verdict == "supported"
    assert judge(contrast(1, 2, 3), by=0.32, unit="").verdict == "inconclusive"


def test_the_spread_of_the_cells_widens_the_interval_of_seeds_that_agree_by_luck():
    values = np.random.default_rng(0).normal(0, 0.6, (3, 6, 2))
    values[:, 0] = [[1.0, 0], [1.001, 0], [0.999, 0]]
    weights = np.zeros((6, 2))
    weights[0] = 1, -1
    lucky = contrast(1.0, 1.001, 0.999, cells=Cells(values, weights))

    found = judge(lucky, by=0.5, unit="")

    assert found.high - found.low == pytest.approx(2 * stats.t.ppf(0.95, 2) * pooled_error(values, weights))
    assert found.verdict == "inconclusive"
    assert judge(contrast(1.0, 1.001, 0.999), by=0.5, unit="").verdict == "supported"


def test_no_spread_is_not_infinite_evidence_and_says_so():
    found = judge(contrast(1.0, 1.0, 1.0), by=0.5, unit="")

    assert found.low < 1 < found.high
    assert found.verdict == "supported"
    assert "the seeds do not differ" in found.reason
    assert judge(contrast(0.5, 0.5, 0.5), by=0.5, unit="").verdict == "inconclusive"


@pytest.mark.parametrize(
    ("per_seed", "verdict", "why"),
    [
        pytest.param((0.2, 0.21, 0.22), "supported", "lies above 0.1", id="above"),
        pytest.param((0.1, 0.11, 0.12), "inconclusive", "includes 0.1", id="about what counts"),
        pytest.param((0.04, 0.05, 0.06), "refuted", "smaller than counts: 90 % interval", id="too small"),
        pytest.param((-0.01, 0.0, 0.01), "refuted", "no effect that counts", id="none"),
        pytest.param((-0.22, -0.21, -0.2), "refuted", "90 % interval [-0.227, -0.193] lies below 0.1", id="opposite"),
        pytest.param((0.1000001,), "consistent", "1 seed: effect above 0.1", id="one seed above"),
        pytest.param((0.1,), "inconclusive", "1 seed: effect between 0 and 0.1", id="one seed at what counts"),
        pytest.param((0.0,), "inconclusive", "between", id="one seed without effect"),
        pytest.param((-0.0001,), "contradicted", "1 seed: effect below 0", id="one seed opposite"),
        pytest.param((0.4, -0.1), "consistent", "2 seeds", id="two seeds above in the mean"),
        pytest.param((-0.4, 0.1), "contradicted", "2 seeds", id="two seeds opposite in the mean"),
    ],
)
def test_verdict_by_hand(per_seed, verdict, why):
    found = judge(contrast(*per_seed), by=0.1, unit="")

    assert found.verdict == verdict
    assert why in found.reason


@pytest.mark.parametrize(("cases", "level"), [(1, "90"), (2, "95"), (6, "98.3")])
def test_the_reason_has_the_interval_that_decided_and_its_level(cases, level):
    seeds = (0.09, 0.1, 0.12)
    found = judge(contrast(*seeds), by=0.1, unit="", cases=cases)

    low, high = stats.t(2, np.mean(seeds), stats.sem(seeds)).interval(1 - 0.1 / cases)
    assert found.reason == f"{level} % interval [{low:.3g}, {high:.3g}] includes 0.1"


def test_the_reason_shows_on_which_side_of_what_counts_an_end_lies():
    seeds = np.array([-1.0, 0.0, 1.0]) * 0.01
    upper = stats.sem(seeds) * stats.t(2).ppf(0.95)
    found = judge(contrast(*(seeds + 0.1 - upper - 1e-5)), by=0.1, unit="")

    assert found.reason.endswith(", 0.09999] lies below 0.1")


@pytest.mark.parametrize(
    ("steps", "verdict", "why"),
    [
        pytest.param([(1, 1.1, 1.2), (1, 1.1, 1.2)], "supported", "both steps above 0", id="both up"),
        pytest.param([(2, 2.2, 2.4), (-0.3, 0, 0.3)], "inconclusive", "step late", id="one unclear"),
        pytest.param([(3, 3.2, 3.4), (-1, -1.1, -1.2)], "refuted", "step late", id="one down"),
        pytest.param([(2.0,), (0.1,)], "consistent", "both steps above 0", id="one seed, both up"),
        pytest.param([(2.0,), (-0.1,)], "inconclusive", "the step late is not above 0", id="one seed, one down"),
    ],
)
def test_a_rise_needs_both_of_its_steps(steps, verdict, why):
    parts = [contrast(*step, name=name) for step, name in zip(steps, ("early", "late"), strict=True)]
    total = contrast(*np.sum(steps, axis=0))

    found = judge(total, parts, by=0.1, unit="")

    assert found.verdict == verdict
    assert why in found.reason
    assert found.step == ("late" if "late" in why else "")


@pytest.mark.parametrize(
    ("per_seed", "verdict"),
    [
        pytest.param((-0.01, 0.0, 0.01), "supported", id="inside"),
        pytest.param((0.09, 0.1, 0.11), "inconclusive", id="about the edge"),
        pytest.param((-0.11, -0.1, -0.09), "inconclusive", id="about the lower edge"),
        pytest.param((0.2, 0.21, 0.22), "refuted", id="above"),
        pytest.param((-0.22, -0.21, -0.2), "refuted", id="below"),
        pytest.param((-0.5, 0.0, 0.5), "inconclusive", id="wider than the band"),
        pytest.param((0.1,), "consistent", id="one seed on the edge"),
        pytest.param((-0.1001,), "contradicted", id="one seed beyond the edge"),
    ],
)
def test_verdict_on_a_band_by_hand(per_seed, verdict):
    assert judge(contrast(*per_seed), by=0.1, unit="", band=True).verdict == verdict


def test_p_of_a_band_is_the_larger_of_its_two_one_sided_tests():
    seeds = [0.01, 0.03, 0.05]
    above = stats.ttest_1samp(seeds, -0.1, alternative="greater").pvalue
    below = stats.ttest_1samp(seeds, 0.1, alternative="less").pvalue

    assert judge(contrast(*seeds), by=0.1, unit="", band=True).p == pytest.approx(max(above, below))


def test_p_of_a_rise_is_the_largest_of_its_conditions():
    early, late = (1, 1.1, 1.2), (0.1, 0.2, 0.6)
    total = contrast(*np.add(early, late))

    found = judge(total, [contrast(*early), contrast(*late)], by=0.1, unit="")

    assert found.p == pytest.approx(stats.ttest_1samp(late, 0, alternative="greater").pvalue)


@pytest.mark.parametrize(
    ("per_seed", "silent", "verdict"),
    [
        pytest.param((1.0, 1.1), 1, "inconclusive", id="two of three left"),
        pytest.param((1.0, 1.1, 1.2), 2, "supported", id="three of five left"),
        pytest.param((1.0,), 1, "consistent", id="one of two left"),
        pytest.param((), 3, "inconclusive", id="none left"),
    ],
)
def test_too_few_seeds_that_can_decide_are_inconclusive(per_seed, silent, verdict):
    found = judge(contrast(*per_seed), by=0.1, unit="", silent=silent)

    assert found.verdict == verdict
    assert f"{silent}" in found.reason
    assert "cannot decide" in found.reason


def test_cases_divide_the_level_of_refutation_alone():
    # means 0.05 and 0.15, SE 0.0173: t(0.95, 2) = 2.92 reaches 0.0506, t(1 - 0.05 / 3, 2) = 5.34 reaches 0.0925
    short, long = contrast(0.02, 0.05, 0.08), contrast(0.12, 0.15, 0.18)

    shared_short, shared_long = judge(short, by=0.12, unit="", cases=3), judge(long, by=0.099, unit="", cases=3)

    assert judge(short, by=0.12, unit="").verdict == "refuted"
    assert shared_short.verdict == "inconclusive"
    assert shared_long.verdict == "supported"
    assert shared_short.high == judge(short, by=0.12, unit="").high


def test_cases_divide_the_level_of_a_refuted_band_and_of_a_refuted_step():
    # t(1 - 0.05 / 3, 2) / sqrt(3) = 3.1 standard deviations below 0, t(1 - 0.05 / 9, 2) / sqrt(3) = 5.4
    step, beyond = contrast(-0.15, -0.12, -0.09), contrast(0.12, 0.15, 0.18)

    def verdicts(cases):
        return [
            judge(contrast(1, 1.1, 1.2), [step, step], by=0.1, unit="", cases=cases).verdict,
            judge(beyond, by=0.08, unit="", band=True, cases=cases).verdict,
        ]

    assert verdicts(1) == ["refuted", "refuted"]
    assert verdicts(3) == ["inconclusive", "inconclusive"]


def test_the_interval_widens_smoothly_with_what_the_measurement_cannot_tell_apart():
    # SE^2 = s^2 / n + resolution^2 / 12
    spread, seeds = 0.05, (0.45, 0.5, 0.55)
    widths = [judge(contrast(*seeds, resolution=size), by=0.1, unit="") for size in (0.0, 0.0499, 0.0501, 1.2)]

    reach = [(found.high - found.low) / 2 / stats.t.ppf(0.95, 2) for found in widths]
    assert reach == pytest.approx(np.sqrt(spread**2 / 3 + np.array([0, 0.0499, 0.0501, 1.2]) ** 2 / 12))


def test_correlations_are_averaged_on_the_scale_of_atanh():
    per_seed = (0.2, 0.5, 0.9)
    z = np.arctanh(per_seed)

    found = judge(contrast(*per_seed, correlation=True), by=0.1, unit="")

    assert found.effect == pytest.approx(np.tanh(z.mean()))
    assert (found.low, found.high) == pytest.approx(np.tanh(stats.t(2, z.mean(), stats.sem(z)).interval(0.9)))
    assert found.p == pytest.approx(stats.ttest_1samp(z, np.arctanh(0.1), alternative="greater").pvalue)
    assert found.values == pytest.approx(per_seed)
    perfect = judge(contrast(1.0, 1.0, 1.0, correlation=True, resolution=0.01), by=0.5, unit="")
    assert (perfect.verdict, perfect.effect) == ("supported", pytest.approx(0.995))


def test_p_of_a_refutation_counts_every_way_to_fall():
    early, late, total = (1, 1.1, 1.2), (-0.1, -0.2, -0.6), (0.9, 0.9, 0.6)
    smallest = stats.ttest_1samp(late, 0, alternative="less").pvalue

    found = judge(contrast(*total), [contrast(*early), contrast(*late)], by=0.1, unit="", cases=2)

    assert found.p_refuted == pytest.approx(6 * smallest)
    beyond = judge(contrast(0.2, 0.21, 0.22), by=0.1, unit="", band=True, cases=2)
    assert beyond.p_refuted == pytest.approx(
        2 * stats.ttest_1samp([0.2, 0.21, 0.22], 0.1, alternative="greater").pvalue
    )


@pytest.mark.parametrize(("band", "by"), [(False, 0.1), (True, 0.1)])
@given(st.lists(st.floats(-0.3, 0.3), min_size=3, max_size=8), st.integers(1, 5), st.integers(1, 6))
def test_a_refutation_is_what_has_a_p_below_the_level(band, by, per_seed, cases, look):
    found = judge(contrast(*per_seed), by=by, unit="", band=band, cases=cases, look=look)

    tail = tail_of(look)
    assume(min(abs(found.p - tail), abs(found.p_refuted - tail)) > 1e-9)
    assert (found.verdict == "supported") == (found.p < tail)
    assert (found.verdict == "refuted") == (found.p_refuted < tail)


def test_a_step_that_too_few_seeds_decide_leaves_the_rise_open_but_not_its_fall():
    step = contrast(0.1, 0.2)

    risen = judge(contrast(1, 1.1, 1.2), [contrast(0.5, 0.6, 0.5), step], by=0.1, unit="")
    fallen = judge(contrast(-1, -1.1, -1.2), [contrast(0.5, 0.6, 0.5), step], by=0.1, unit="")

    assert (risen.verdict, risen.reason) == ("inconclusive", "too few seeds decide the step a - b")
    assert fallen.verdict == "refuted"


@pytest.mark.parametrize(("look", "percent"), [(1, "90"), (2, "97.1"), (4, "97.1"), (5, "98.5"), (6, "99.3")])
def test_a_later_look_is_judged_at_its_own_level_and_says_so(look, percent):
    found = judge(contrast(0.19, 0.2, 0.22), by=0.1, unit="", look=look)

    assert found.look == look
    assert f"{percent} % interval" in found.reason
    assert ("look" in found.reason) == (look > 1)


def test_four_looks_at_a_growing_number_of_seeds_err_as_often_as_one():
    rng = np.random.default_rng(5)
    worlds, sizes = 4000, (3, 5, 10, 20)
    values = rng.normal(0.1, 1.0, (worlds, 20))

    def ever_supported(*tails):
        found = np.zeros(worlds, bool)
        for size, tail in zip(sizes, tails, strict=True):
            part = values[:, :size]
            p = stats.ttest_1samp(part, 0.1, axis=1, alternative="greater").pvalue
            found |= p < tail
        return found.mean()

    assert ever_supported(0.05, 0.05, 0.05, 0.05) > 0.1
    assert ever_supported(*[TAIL_OF_LOOKS] * 4) < 0.05
