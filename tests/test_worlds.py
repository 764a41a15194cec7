"""The rule of the verdicts, and every claim, in simulated worlds whose truth is known."""

import numpy as np
import pytest

from tests.worlds.claims import judge
from tests.worlds.generator import QUIET
from tests.worlds.tables import ROWS, claim_of, row_of, world

SEEDS = 10

every_row = pytest.mark.parametrize(("theme", "test"), [pytest.param(*key, id=":".join(key)) for key in ROWS])


def verdicts(claim, effect, **options):
    """The verdict of every case, in one world unless cases need their own."""
    rng = np.random.default_rng(0)
    return [judge(claim, case, world(claim, effect, case, rng=rng, **options)).verdict for case in claim.cases]


@every_row
def test_a_claim_finds_the_planted_effect(theme, test):
    claim = claim_of(theme, test)

    for case in claim.cases:
        for effect in (claim.unit, -claim.unit):
            planted = row_of(claim).planted(case)
            quiet = world(claim, effect, case, seeds=3, rng=np.random.default_rng(0), noise=QUIET)
            found = judge(claim, case, quiet).effect
            assert found == pytest.approx(effect, abs=max(plant.exact for plant in planted)), case


@every_row
def test_a_claim_is_supported_where_it_is_true(theme, test):
    claim = claim_of(theme, test)
    true = min(abs(claim.expected), claim.by / 3) if claim.verb == "same" else 2 * claim.expected

    assert set(verdicts(claim, true, seeds=SEEDS)) == {"supported"}


@every_row
def test_a_claim_is_refuted_where_it_is_false(theme, test):
    claim = claim_of(theme, test)
    false = 3 * claim.by if claim.verb == "same" else -claim.expected

    assert set(verdicts(claim, false, seeds=SEEDS)) == {"refuted"}
