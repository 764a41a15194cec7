"""Worlds along the factors of a study, and what wraps them."""

import numpy as np
import pytest

from indicators.claims import premises
from indicators.claims.view import View
from indicators.errors import NotApplicable
from tests.fixtures.small_worlds import make
from tests.worlds.claims import Part, Permuted, judge
from tests.worlds.cut import Cut
from tests.worlds.factors import FACTORS
from tests.worlds.patterns import LAYERS, deeper, high, sgd
from tests.worlds.plants import PREMISED, at_labels, network, planted
from tests.worlds.rates import Alike, contrasts_networks, permuted
from tests.worlds.tables import claim_of, world
from tests.worlds.world import USUAL, Noise

DROPOUT = ("dropout", 0.2)
ARCHITECTURES = ("beyond", "test_other_architectures_show_the_same_indicators")
SATURATION = ("training", "test_sgd_alone_saturates_below_the_others")


def test_what_is_planted_at_a_label_is_measured_there_alone():
    study = make(*at_labels(lambda slope, **at: planted("entropy", slope, 1, **at), "dropout", {0.2: sgd}), effect=0.5)

    assert (study.measurement("entropy") == 1).all()
    assert (study.at("dropout", 0.0).measurement("entropy") == 1).all()
    assert (study.at("dropout", 0.2).measurement("entropy") == 1 + 0.5 * sgd).all()
    assert (study.at("activation", "elu").measurement("entropy") == 1).all()


def test_factors_and_their_networks_are_those_of_the_shipped_study():
    study = make(planted("entropy"))
    sizes = study.at("batch_size", 64)

    assert study.factors["batch_size"] == [64, 128, 256, 512]
    assert sizes.measurement("entropy").sizes == {"seed": 3, "optimizer": 1, "level": 1, "layer": 15}
    assert sizes.fitted().dims == ("seed", "optimizer", "level")
    with pytest.raises(NotApplicable, match="simulated has no networks of batch_size 65"):
        study.at("batch_size", 65)


def test_a_plant_stands_at_a_variant_and_not_at_the_baseline():
    for at in (("dropout", 0.0), ("dropout", 0.3), ("drop", 0.2)):
        with pytest.raises(ValueError, match=r"entropy is planted at \('drop.*which is no variant"):
            planted("entropy", at=at)


def test_networks_of_several_labels_differ_by_themselves_and_share_what_the_seed_does():
    study = make(network("entropy"), seeds=4000, noise=Noise(shared=1.0))
    plain, dropped = (study.at("dropout", label).measurement("entropy")[:, 0, 0] for label in FACTORS["dropout"])
    elu = study.at("activation", "elu").measurement("entropy")[:, 0, 0]

    for one, other in ((plain, dropped), (plain, elu), (dropped, elu)):
        assert np.corrcoef(one, other)[0, 1] == pytest.approx(0.5, abs=0.05)


@pytest.mark.parametrize("first", ["study", "label"])
def test_the_networks_at_the_baseline_are_the_study_s_own(first):
    study = make(planted("entropy"), noise=USUAL)
    looks = {"study": study, "label": study.at("batch_size", 128)}

    one, other = (looks[name].measurement("entropy") for name in sorted(looks, key=lambda name: name != first))

    assert (one == other).sum() == 3 * len(LAYERS)


def test_networks_fit_their_training_images_unless_planted_otherwise():
    study = make(planted("entropy"), network("fitted", base=1 - sgd * high, noise=0, at=DROPOUT))
    view = View(study)

    assert study.at("activation", "elu").fitted().all()
    assert view.at(*DROPOUT)["entropy"].sel(optimizer="sgd", level="high").isnull().all()
    assert view.at(*DROPOUT)["entropy"].sel(optimizer="sgd", level="low").notnull().all()


@pytest.mark.parametrize("factor", ["normalization", "dropout", "residual", "activation"])
def test_premises_hold_at_labels_as_in_the_world_without_factors(factor):
    study = make(planted("entropy"), seeds=4, noise=Noise(failing=1))

    for label in FACTORS[factor]:
        held = premises.met("separated levels", study.at(factor, label).original.measurement)[0]
        assert held.to_numpy().tolist() == [True] * 3 + [False]


def test_a_claim_on_a_label_leaves_out_the_seeds_that_miss_its_premise_there():
    claim = claim_of(*ARCHITECTURES)
    study = world(claim, 0.1, claim.cases[0], seeds=5, rng=np.random.default_rng(0), noise=Noise(failing=1))

    answer = judge(claim, claim.cases[0], Permuted(study, np.random.default_rng(0)))

    assert answer.evidence[0].seeds == 4


# What wraps a world


def test_some_seeds_or_layers_of_a_world_are_some_of_each_label():
    study = make(planted("entropy", base=deeper("first")))
    part, cut = Part(study, [1]), Cut(study, [0, 3, 14], [0, 2])

    for some in (part, cut):
        there = some.at(*DROPOUT)
        assert some.factors == study.factors
        assert there.measurement("entropy")["seed"].values.tolist() == list(some.seeds)
        assert there.fitted()["seed"].values.tolist() == list(some.seeds)
    assert cut.at(*DROPOUT).measurement("entropy")["layer"].values.tolist() == ["Conv1", "Conv4", "Dense2"]


def test_networks_are_exchanged_alike_at_every_label():
    study = make(network("entropy", base=PREMISED.sel(split="test") + 10 * sgd, noise=0), seeds=20)
    moved = Permuted(study, np.random.default_rng(0))

    assert moved.factors == study.factors
    assert moved.at(*DROPOUT).fitted().all()
    assert (moved.at(*DROPOUT).measurement("entropy") == moved.measurement("entropy")).all()
    # Of the three networks at high the order that they have among the nine.
    of_three = moved.at("mark", "class").measurement("entropy").isel(level=0)
    assert np.sort(of_three) == pytest.approx(np.array([[0.85, 0.85, 10.85]] * 20))
    assert len({tuple(seed) for seed in of_three.values.tolist()}) > 1


def test_networks_that_are_all_alike_are_so_at_every_label():
    study = make(network("entropy", base=10 * sgd, noise=0))

    assert (Alike(study).at(*DROPOUT).measurement("entropy") == 10 / 3).all()
    assert Alike(study).at(*DROPOUT).fitted().all()


def test_claims_that_contrast_networks_along_a_factor_are_told_from_those_that_contrast_its_labels():
    def study(claim):
        return world(claim, claim.expected, claim.cases[0], seeds=3, rng=np.random.default_rng(0))

    saturation, batches = claim_of(*SATURATION), claim_of("training", "test_sgd_gains_by_smaller_batches")

    assert contrasts_networks(saturation, saturation.cases[0], study(saturation))
    assert not contrasts_networks(batches, batches.cases[0], study(batches))
    answers = permuted(saturation, study(saturation), permutations=10, rng=np.random.default_rng(0))
    assert {answer.verdict for some in answers for answer in some} > {"refuted"}
