import numpy as np
import pytest
from scipy import stats

from indicators.claims.intervals import Contrast, judge


def contrast(*per_seed, floor=0.0, name="a - b"):
    return Contrast(name, np.array(per_seed, float), floor, roundoff=1e-9)


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


def test_floor_widens_the_interval_of_seeds_that_agree_by_luck():
    lucky = contrast(1.0, 1.001, 0.999, floor=0.2)

    found = judge(lucky, by=0.5, unit="")

    assert found.high - found.low == pytest.approx(2 * stats.t.ppf(0.95, 2) * 0.2)
    assert found.verdict == "inconclusive"


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


@pytest.mark.parametrize("nudge", [-1e-15, 0, 1e-15])
def test_roundoff_does_not_decide_whether_seeds_differ_by_more_than_a_step(nudge):
    per_seed = np.array([0.85, 0.8666666666666667, 0.8833333333333333])
    a_step_apart = Contrast("a", per_seed, 0.0, 1e-9, resolution=per_seed.std(ddof=1) + nudge)

    assert a_step_apart.error == pytest.approx(per_seed.std(ddof=1))
