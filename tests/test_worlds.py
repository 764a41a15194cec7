"""The rule of the verdicts, and every claim, in simulated worlds whose truth is known."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import spearmanr

from indicators import studies
from indicators.claims import premises, reading
from indicators.claims.evidence import overall
from indicators.claims.view import View, layers_in
from indicators.sources import transcribed
from tests.worlds import simulate
from tests.worlds.claims import Permuted, claims, judge, judge_studies, verdict_of
from tests.worlds.generator import (
    CENTRAL,
    DEPTHS,
    FRACTIONS,
    HIDDEN,
    LAST,
    LAYERS,
    ON_TEST_IMAGES,
    PLACES,
    QUIET,
    UNTRAINED,
    USUAL,
    Noise,
    World,
    along,
    around,
    bent,
    decades,
    deeper,
    half_loss,
    high,
    levels,
    network,
    part,
    place,
    planted,
    pruning_area,
    ranked,
    rise,
    sgd,
    tracking,
    trough,
    zigzag,
)
from tests.worlds.rates import NUISANCES, contrasts_networks, permuted, repeat, run_to_run_spread, surprise, true_effect
from tests.worlds.tables import ROWS, claim_of, row_of, world

SEEDS = 10
WITHOUT_ROW: set[str] = set()
"""Test functions that no world is made for."""

REPETITIONS = 100
SAMPLE = (
    ("rotation", "test_sgd_turns_its_weights_less"),
    ("rotation", "test_sgd_that_generalizes_better_turned_further"),
    ("weights", "test_weights_grow_less_with_depth_under_sgd"),
    ("pruning", "test_sgd_resists_random_pruning_less"),
    ("information", "test_sharing_rises_earlier_in_better_networks"),
    ("information", "test_an_earlier_rise_of_label_information_marks_the_better_network"),
)
"""Claims of every verb, whose rates of error are looked at here; `make simulate` looks at all."""
CONTRASTS = (*SAMPLE[:2], *SAMPLE[3:5])
"""Those that compare networks with each other."""

every_row = pytest.mark.parametrize(("theme", "test"), [pytest.param(*key, id=":".join(key)) for key in ROWS])


# Every claim


def test_every_claim_has_its_row_and_every_row_its_claim():
    known = {(claim.theme, claim.test): claim for claim in claims()}
    without = {claim.test for key, claim in known.items() if claim.needs_row and key not in ROWS}

    assert without == WITHOUT_ROW
    assert set(ROWS) <= set(known)


@every_row
def test_a_claim_finds_what_is_planted(theme, test):
    claim = claim_of(theme, test)

    for case in claim.cases:
        for effect in (claim.unit, -claim.unit):
            quiet = world(claim, effect, case, seeds=3, rng=np.random.default_rng(0), noise=QUIET)
            exact = max(plant.exact for plant in row_of(claim).planted(case))
            assert judge(claim, case, quiet, premised=True).effect == pytest.approx(effect, abs=exact), case


@every_row
def test_a_claim_is_supported_where_it_is_true(theme, test):
    claim = claim_of(theme, test)
    effect = true_effect(claim) if claim.verb == "same" else 2 * claim.expected

    assert verdicts_of_cases(claim, effect) == {"supported"}


@every_row
def test_a_claim_is_refuted_where_it_is_false(theme, test):
    claim = claim_of(theme, test)
    effect = 3 * claim.by if claim.verb == "same" else -claim.expected

    assert verdicts_of_cases(claim, effect) == {"refuted"}


def verdicts_of_cases(claim, effect):
    (verdicts,) = repeat(claim, effect, seeds=SEEDS, repetitions=1, rng=np.random.default_rng(0))
    return set(verdicts)


def test_cases_are_judged_as_pytest_judges_them():
    committed = json.loads((reading.FOLDER / "thesis-2019.json").read_text())["verdicts"]
    study = transcribed.load(Path(studies.__path__[0]) / "thesis-2019")

    found = {}
    for claim in claims():
        if claim.id in committed:
            found.setdefault(claim.id, []).append(verdict_of(claim, study))

    assert {name: overall(verdicts) for name, verdicts in found.items()} == committed


@every_row
def test_studies_judged_at_once_are_judged_as_if_alone(theme, test):
    claim = claim_of(theme, test)
    case, options = claim.cases[-1], {"seeds": 4, "copies": 3, "noise": Noise(spread=1.0, uneven=3.0)}
    many = world(claim, claim.unit, case, rng=np.random.default_rng(0), **options)

    alone = [judge(claim, case, Part(many, range(4 * k, 4 * k + 4)), premised=True).verdict for k in range(3)]

    assert judge_studies(claim, case, many, size=4, premised=True) == alone


class Part:
    """Some seeds of a study."""

    def __init__(self, whole, seeds):
        self.name, self.scale, self.layers, self.seeds = whole.name, whole.scale, whole.layers, tuple(seeds)
        for read in ("measurement", "untrained", "by_neuron"):
            setattr(self, read, self._of(getattr(whole, read)))

    def _of(self, read):
        return lambda *name, **options: read(*name, **options).sel(seed=list(self.seeds))


# Rates of error


@pytest.mark.parametrize("nuisance", NUISANCES)
def test_a_claim_rarely_stands_at_the_smallest_effect_that_counts(nuisance):
    wrong = [verdict == "supported" for verdict in judged(nuisance, lambda claim: claim.by)]

    assert surprise(np.mean(wrong), len(wrong)) > 0.001


@pytest.mark.parametrize("nuisance", NUISANCES)
def test_a_claim_rarely_falls_at_the_expected_effect(nuisance):
    wrong = [verdict == "refuted" for verdict in judged(nuisance, lambda claim: claim.expected)]

    assert surprise(np.mean(wrong), len(wrong)) > 0.001


def test_hardly_any_claim_stands_without_effect():
    assert "supported" not in judged("plain", lambda _: 0.0)


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
    assert "is not made, or a part of it was lost; run `indicators measure`" in capsys.readouterr().out


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


# What the worlds are made of


def make(*plants, effect=0.0, seeds=3, noise=QUIET, **options):
    return World(plants, effect, seeds=seeds, rng=np.random.default_rng(0), noise=noise, **options)


def measured(plant, effect, **options):
    return make(plant, effect=effect, **options).measurement(plant.name)


def test_parts_are_those_of_the_claims():
    values = View(make(planted("entropy")))["entropy"]

    assert values["depth"].to_numpy() == pytest.approx(DEPTHS)
    for name, places in PLACES.items():
        assert layers_in(values, name)["layer"].to_numpy().tolist() == [LAYERS[k] for k in places]
        assert part(name).sum() == len(places)


@pytest.mark.parametrize("parts", [(LAST,), (CENTRAL, LAST), HIDDEN])
def test_layers_rise_by_the_effect(parts):
    layers = measured(planted("entropy", sgd * high * deeper(*parts), base=0.5), 0.3)
    places = [k for name in parts for k in PLACES[name]]
    third = len(places) // 3
    rising = layers.sel(optimizer="sgd", level="high").isel(layer=places).mean("seed").to_numpy()

    assert rising[-third:].mean() - rising[:third].mean() == pytest.approx(0.3)
    assert rising.mean() == pytest.approx(0.5)
    assert (layers.sel(optimizer=["wdecay", "layca"]) == 0.5).all()


def test_levels_rise_by_the_effect_in_two_equal_steps():
    values = measured(network("entropy", levels), 0.4).mean(("seed", "optimizer"))

    assert values.sel(level=["low", "medium", "high"]).to_numpy() == pytest.approx([0, 0.2, 0.4])


def test_one_layer_is_planted_alone():
    values = measured(planted("entropy", place(-1)), 1).mean(("seed", "optimizer", "level"))

    assert values.to_numpy().tolist() == [0] * 14 + [1]


@pytest.mark.parametrize("parts", [(LAST,), HIDDEN])
def test_layers_spread_by_the_effect(parts):
    places = [k for name in parts for k in PLACES[name]]
    values = measured(bent(network("entropy", sgd), around(0.5, *parts)), 0.2).isel(layer=places, seed=0)

    assert values.std("layer").sel(optimizer="sgd").to_numpy() == pytest.approx(0.2)
    assert values.mean("layer").to_numpy() == pytest.approx(0.5)
    assert zigzag(*parts).isel(layer=places).mean() == pytest.approx(0)


def test_decades_are_powers_of_ten():
    assert measured(decades("entropy", levels, base=-2), 1.0).sel(level="high").to_numpy() == pytest.approx(0.1)


@pytest.mark.parametrize("onset", [0.34, 0.4, 0.51, 0.9])
def test_a_profile_crosses_its_threshold_where_planted(onset):
    heights = measured(rise("entropy", 1, 0.0, threshold=0.02), onset)[0, 0, 0].to_numpy()

    assert (np.diff(heights) >= 0).all()
    assert heights[0] == 0
    assert np.interp(0.02, heights[heights > 0], DEPTHS[heights > 0]) == pytest.approx(onset, abs=1 / 15)
    after = int((heights > 0.02).argmax())
    share = (0.02 - heights[after - 1]) / (heights[after] - heights[after - 1])
    assert DEPTHS[after - 1] + share / 15 == pytest.approx(onset)


@pytest.mark.parametrize("width", [0.1, 0.2, 0.45])
def test_a_trough_is_as_wide_as_planted(width):
    heights = measured(trough("entropy", 1, 0.0, threshold=0.02), width)[0, 0, 0].to_numpy()
    fine = np.linspace(DEPTHS[0], DEPTHS[-1], 100001)

    assert (np.interp(fine, DEPTHS, heights) < 0.02).mean() * 14 / 15 == pytest.approx(width, abs=1e-3)


@pytest.mark.parametrize("half", [0.006, 0.03, 0.1, 0.5, 0.88])
def test_a_curve_has_lost_half_where_planted(half):
    curve = measured(half_loss("random_pruning", 1, 0.0, draws=2), half)[0, 0, 0]

    assert curve.dims == ("draw", "fraction")
    kept = curve[0].to_numpy() / 0.8
    assert kept[0] == 1
    assert (np.diff(kept) <= 1e-12).all()
    assert kept[-1] >= 0
    assert np.interp(0.5, kept[::-1], FRACTIONS[::-1]) == pytest.approx(half)


@pytest.mark.parametrize("area", [0.1, 0.5, 0.85])
def test_a_curve_has_the_planted_area(area):
    curve = measured(pruning_area("magnitude_pruning", 1, 0.0, few=True), area)[0, 0, 0]

    assert np.trapezoid(curve / 0.8, curve["fraction"]) == pytest.approx(area)


@pytest.mark.parametrize("correlation", [-0.9, -0.3, 0.0, 0.5, 1.0])
def test_networks_go_together_as_planted(correlation):
    study = make(tracking("entropy", 1, sampling=0.0, noise=0.0), effect=correlation, noise=USUAL)
    accuracy = study.measurement("accuracy").sel(split="test")
    rest = [values - values.mean("level") for values in (study.measurement("entropy"), accuracy)]

    for seed in range(3):
        x, y = (values.sel(seed=seed).to_numpy().ravel() for values in rest)
        assert spearmanr(x, y).statistic == pytest.approx(correlation, abs=0.02)


def test_correlations_of_networks_differ_from_run_to_run_as_those_of_unrelated_ones():
    study = make(tracking("entropy", 1), effect=0.0, seeds=500, noise=USUAL)
    rest = [study.measurement("entropy"), study.measurement("accuracy").sel(split="test")]
    tables = [(values - values.mean("level")).to_numpy().reshape(500, -1) for values in rest]
    unrelated = np.random.default_rng(0).normal(size=(2, 500, 9))

    found, chance = (
        np.std([spearmanr(x, y).statistic for x, y in zip(*pair, strict=True)]) for pair in (tables, unrelated)
    )
    assert found == pytest.approx(chance, rel=0.15)


@pytest.mark.parametrize("correlation", [-1.0, -0.4, 0.25, 0.98])
def test_layers_are_ordered_as_planted(correlation):
    values = measured(ranked("entropy", 1, HIDDEN), correlation)[0, 0, 0].to_numpy()[:14]

    assert spearmanr(values, np.arange(14)).statistic == pytest.approx(correlation, abs=0.01)


def test_what_is_planted_of_untrained_networks_and_test_images_stands_apart():
    study = make(
        planted("entropy", base=1),
        planted("entropy", 1, base=2, of=UNTRAINED),
        planted("entropy", base=3, of=ON_TEST_IMAGES),
        effect=0.5,
    )
    view = View(study)

    assert (view["entropy"] == 1).all()
    assert view.untrained("entropy").dims == ("seed", "layer")
    assert (view.untrained("entropy", statistics="estimated") == 2.5).all()
    assert (view.on_test_images("entropy") == 3).all()


def test_what_is_not_planted_is_an_error():
    with pytest.raises(LookupError, match=r"entropy \(trained\) is not planted: add it to the row"):
        make(planted("cosine_distance")).measurement("entropy")
    with pytest.raises(ValueError, match=r"entropy \(untrained\) is planted along \['level'\]"):
        planted("entropy", levels, of=UNTRAINED)


# How the worlds differ from run to run


def noisy(plant, noise, unit=0.1):
    return make(plant, seeds=4000, noise=noise, unit=unit).measurement(plant.name).to_numpy()


def test_noise_has_the_spread_and_the_correlations_that_were_asked_for():
    values = noisy(planted("entropy"), Noise(spread=0.5, shared=0, depth=0.6))

    assert values.std(0) == pytest.approx(0.05, rel=0.1)
    assert np.corrcoef(values[:, 0, 0, 3], values[:, 0, 0, 9])[0, 1] == pytest.approx(0.6, abs=0.05)
    assert np.corrcoef(values[:, 0, 0, 3], values[:, 0, 1, 3])[0, 1] == pytest.approx(0, abs=0.06)


def test_networks_of_a_seed_share_what_their_initialization_does():
    values = noisy(network("entropy"), Noise(spread=0.5, shared=2.0))

    assert values.std(0) == pytest.approx(0.05 * 5**0.5, rel=0.1)
    assert np.corrcoef(values[:, 0, 0], values[:, 2, 1])[0, 1] == pytest.approx(0.8, abs=0.05)


def test_spreads_differ_threefold_between_networks():
    spreads = np.sort(noisy(network("entropy"), Noise(spread=0.5, shared=0, uneven=3.0)).std(0).ravel())

    assert spreads[5:].mean() / spreads[:4].mean() == pytest.approx(3, rel=0.1)
    assert np.sqrt(spreads[0] * spreads[-1]) == pytest.approx(0.05, rel=0.1)


def test_untrained_networks_share_the_initialization_of_the_trained():
    plants = (planted("entropy"), planted("entropy", of=UNTRAINED))
    study = make(*plants, seeds=4000, noise=Noise(shared=2.0), unit=1.0)
    trained, untrained = study.measurement("entropy")[:, 0, 0, 5], study.untrained("entropy")[:, 5]

    assert np.corrcoef(trained, untrained)[0, 1] == pytest.approx(0.8, abs=0.05)


def test_accuracies_meet_every_premise_but_in_seeds_that_are_to_fail():
    study = make(network("entropy", 1), seeds=50, noise=Noise(failing=10), effect=1.0, misleading=-7.0)
    accuracy = study.measurement("accuracy").sel(split="test", drop=True)

    for premise in premises.PREMISES.values():
        assert premise.holds(accuracy).to_numpy().tolist() == [True] * 40 + [False] * 10
    assert study.measurement("entropy").mean(("optimizer", "level"))[:40].mean() == pytest.approx(1, abs=0.5)
    assert (study.measurement("entropy")[40:] < -1).all()


def test_a_world_is_the_same_for_the_same_generator_and_another_for_another():
    one, same, other = (
        World([planted("entropy")], 0, seeds=3, rng=np.random.default_rng(seed)).measurement("entropy")
        for seed in (0, 0, 1)
    )

    assert one.equals(same)
    assert not one.equals(other)


def test_dimensions_come_from_the_patterns():
    stages = along("stage", {"early": 0.0, "late": 1.0})
    values = measured(planted("gradient_size", stages * sgd, base=1), 0.5)

    assert values.dims == ("seed", "optimizer", "level", "layer", "stage")
    assert (values.sel(optimizer="sgd", stage="late") == 1.5).all()
