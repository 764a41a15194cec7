"""How often the rule of the verdicts errs in simulated worlds, and what is printed of that."""

from dataclasses import replace

import numpy as np
import pytest

from tests.worlds import simulate
from tests.worlds.claims import Permuted, judge
from tests.worlds.plants import network, planted
from tests.worlds.rates import NUISANCES, contrasts_networks, permuted, repeat, run_to_run_spread, surprise
from tests.worlds.tables import claim_of, world
from tests.worlds.world import Noise, World

REPETITIONS = 100
SAMPLE = (
    ("rotation", "test_sgd_turns_its_weights_less"),
    ("rotation", "test_sgd_that_generalizes_better_turned_further"),
    ("weights", "test_weights_grow_less_with_depth_under_sgd"),
    ("pruning", "test_sgd_resists_random_pruning_less"),
    ("information", "test_sharing_rises_earlier_in_better_recipes"),
    ("labels", "test_an_earlier_rise_of_label_information_marks_the_better_recipe"),
)
"""Claims of every verb, whose rates of error are looked at here; `make simulate` looks at all."""
CONTRASTS = (*SAMPLE[:2], *SAMPLE[3:5])
"""Those that compare networks with each other."""


@pytest.mark.parametrize("nuisance", NUISANCES)
def test_a_claim_rarely_stands_at_the_smallest_effect_that_counts(nuisance):
    wrong = [verdict == "supported" for verdict in judged(nuisance, lambda claim: claim.by)]

    assert surprise(np.mean(wrong), len(wrong)) > 0.001


@pytest.mark.parametrize("nuisance", NUISANCES)
def test_a_claim_rarely_falls_at_the_expected_effect(nuisance):
    wrong = [verdict == "refuted" for verdict in judged(nuisance, lambda claim: claim.expected)]

    assert surprise(np.mean(wrong), len(wrong)) > 0.001


def test_hardly_any_claim_stands_without_effect():
    found = judged("plain", lambda _: 0.0)

    # What counts is far beyond the noise, but for rank correlations: these reach it by chance now and then.
    assert found.count("supported") <= 0.01 * len(found)


def judged(nuisance, effect):
    """Verdicts of the first cases of a sample of claims, in many worlds."""
    rng = np.random.default_rng(1)
    found = []
    for key in SAMPLE:
        claim = first_case(claim_of(*key))
        if NUISANCES[nuisance].failing and "premise" not in claim.about:
            continue
        worlds = {"seeds": 4, "repetitions": REPETITIONS, "noise": NUISANCES[nuisance], "rng": rng}
        found += [verdict for verdicts in repeat(claim, effect(claim), **worlds) for verdict in verdicts]
    return found


def first_case(claim):
    return replace(claim, cases=claim.cases[:1])


def test_a_rate_surprises_as_the_binomial_distribution_says():
    assert surprise(0.05, 1000) == pytest.approx(0.5, abs=0.03)
    assert surprise(0.0, 1000) == 1
    assert surprise(1.0, 3) == pytest.approx(0.05**3)


def test_rates_are_printed_and_those_that_are_surprise_named(capsys, monkeypatch):
    options = ["--only", "test_sgd_turns_its_weights_less", "--repetitions", "20", "--seeds", "3", "4"]

    assert simulate.main([*options, "--processes", "1"]) == 0
    printed = capsys.readouterr().out
    assert "O1 sgd_turns_its_weights_less" in printed
    assert "any of 1 claims supported without any effect, 3 seeds: 0.0 %" in printed
    assert "0 of 8 rates are above 5 %" in printed

    monkeypatch.setattr(simulate, "surprise", lambda rate, _: 0.0 if rate == 0 else 1.0)
    assert simulate.main([*options, "--processes", "1"]) == 1
    assert (
        "rotation:test_sgd_turns_its_weights_less (O1): refuted at expected, 4 seeds: 0.0 %" in capsys.readouterr().out
    )


def test_a_study_of_one_seed_supports_nothing_and_has_no_spread(capsys, tmp_path):
    options = ["--study", "thesis-2019", "--store", str(tmp_path), "--only", "sgd_turns_its_weights_less"]

    assert simulate.main([*options, "--permutations", "3", "--processes", "1"]) == 0
    assert "O1 sgd_turns_its_weights_less" in capsys.readouterr().out


@pytest.mark.parametrize(("spread", "warned"), [(0.1, False), (1.0, True)])
def test_what_counts_should_be_twice_the_spread_of_a_study(spread, warned, capsys, monkeypatch, tmp_path):
    claim = claim_of("rotation", "test_sgd_turns_its_weights_less")
    study = world(claim, 0.5, claim.cases[0], seeds=5, rng=np.random.default_rng(0), noise=Noise(spread=spread))
    monkeypatch.setattr("indicators.sources.source.open_source", lambda *_: study)
    options = ["--study", "thesis-2019", "--store", str(tmp_path), "--only", claim.test, "--processes", "1"]

    assert simulate.main([*options, "--permutations", "20"]) == 0
    printed = capsys.readouterr().out
    assert ("by is less than twice the spread" in printed) == warned
    assert "in all: 0.0 % of 40" in printed


def test_a_study_that_is_not_measured_is_named(capsys, tmp_path):
    options = ["--study", "cifar10-mini", "--store", str(tmp_path), "--only", "turns_its_weights_less"]

    assert simulate.main([*options, "--processes", "1"]) == 2
    assert "sgd low, seed 0 is not measured; run `indicators measure --study cifar10-mini`" in capsys.readouterr().out


def test_spread_from_run_to_run_is_that_of_the_effect():
    claim = first_case(claim_of("rotation", "test_sgd_turns_its_weights_less"))
    noise = Noise(spread=0.5, depth=1.0)
    study = world(claim, 0.1, claim.cases[0], seeds=2000, rng=np.random.default_rng(0), noise=noise)

    assert run_to_run_spread(claim, study) == pytest.approx(0.5 * claim.by * 2**0.5, rel=0.1)


# Networks exchanged within each seed


def test_networks_of_a_seed_are_exchanged_alike_in_every_measurement():
    plants = [planted("cosine_distance", noise=1), planted("entropy", noise=1), network("history", noise=1)]
    original = World(plants, 0, seeds=4, rng=np.random.default_rng(0))
    study = Permuted(original, np.random.default_rng(0))
    cells = {name: cells_of(study.measurement(name)) for name in ("cosine_distance", "entropy", "history")}
    before = {name: cells_of(original.measurement(name)) for name in cells}

    for seed in range(4):
        orders = [
            [next(j for j in range(9) if np.array_equal(now, before[name][seed, j])) for now in cells[name][seed]]
            for name in cells
        ]
        assert sorted(orders[0]) == list(range(9))
        assert orders[0] == orders[1] == orders[2]
    assert not np.array_equal(cells["entropy"][0], before["entropy"][0])


def cells_of(values):
    return values.to_numpy().reshape(values.sizes["seed"], 9, -1)


def test_premises_are_judged_before_networks_are_exchanged():
    claim = claim_of("rotation", "test_sgd_that_generalizes_better_turned_further")
    original = world(claim, 1, claim.cases[0], seeds=5, rng=np.random.default_rng(0), noise=Noise(failing=1))

    answer = judge(claim, claim.cases[0], Permuted(original, np.random.default_rng(0)))

    assert answer.evidence[0].seeds == 4


def test_claims_that_contrast_networks_are_told_from_those_that_do_not():
    rng = np.random.default_rng(0)

    def contrasts(theme, test):
        claim = claim_of(theme, test)
        return contrasts_networks(claim, claim.cases[0], world(claim, 1.0, claim.cases[0], seeds=3, rng=rng))

    assert [key for key in SAMPLE if contrasts(*key)] == list(CONTRASTS)
    assert not contrasts("weights", "test_weights_grow_under_sgd")


def test_claims_hardly_stand_once_networks_are_exchanged():
    found = []
    for key in CONTRASTS:
        claim = first_case(claim_of(*key))
        rng = np.random.default_rng(0)
        study = world(claim, 3 * claim.by, claim.cases[0], seeds=5, rng=rng)
        assert judge(claim, claim.cases[0], study).verdict == "supported"
        answers = permuted(claim, study, permutations=40, rng=rng)
        found += [answer.verdict == "supported" for some in answers for answer in some]

    assert len(found) == len(CONTRASTS) * 40
    assert surprise(np.mean(found), len(found)) > 0.001
