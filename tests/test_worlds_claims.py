"""Every claim, in simulated worlds whose truth is known."""

import json
from pathlib import Path

import numpy as np
import pytest

from indicators import studies
from indicators.claims import premises, reading
from indicators.claims.evidence import overall
from indicators.sources import transcribed
from tests.worlds.claims import Part, claims, judge, judge_studies, premise_of, verdict_of
from tests.worlds.rates import repeat, true_effect
from tests.worlds.tables import ROWS, claim_of, row_of, world
from tests.worlds.world import QUIET, Noise

SEEDS = 10
WITHOUT_ROW: set[str] = set()
"""Test functions that no world is made for."""

every_row = pytest.mark.parametrize(("theme", "test"), [pytest.param(*key, id=":".join(key)) for key in ROWS])


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


@pytest.mark.parametrize(
    "claim", [pytest.param(claim_of(*key), id=":".join(key)) for key in ROWS if "premise" in claim_of(*key).about]
)
def test_worlds_meet_the_premise_of_their_claim_but_in_seeds_that_are_to_fail(claim):
    for case in claim.cases:
        study = world(claim, 0, case, seeds=4, rng=np.random.default_rng(0), noise=Noise(spread=0, failing=1))

        assert premises.met(premise_of(claim, case), study.original.measurement)[0].values.tolist() == [1, 1, 1, 0]


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
