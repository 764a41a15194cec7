"""Claims put to networks of few layers: judged or not applicable, never in error."""

from contextlib import suppress
from unittest import mock

import numpy as np
import pytest

from indicators.claims import intervals
from indicators.claims.evidence import Undecided
from indicators.claims.view import View
from indicators.errors import NotApplicable
from indicators.sources.source import open_source
from indicators.specs.files import load_study
from tests.worlds.claims import claims, judge
from tests.worlds.cut import Cut

CASES = [(claim, case) for claim in claims() for case in claim.cases]
PREMISES = {claim.about["premise"].format(**case) for claim, case in CASES if "premise" in claim.about}
COUNTS = range(1, 7)


def places(count, layers):
    """The output layer, and others from the first to the last hidden one as far apart as can be."""
    return [*np.linspace(0, layers - 2, count - 1).round().astype(int), layers - 1]


@pytest.fixture(scope="module", params=["cifar10-mini-recorded", "thesis-2019"])
def whole(request):
    """Three seeds of a study at most, kept in memory."""
    study = open_source(load_study(request.param), None)
    return Cut(study, range(len(study.layers)), study.seeds[:3])


@pytest.fixture(autouse=True)
def _without_steadiness():
    # It takes most of the time and has no say in the verdict.
    with mock.patch.object(intervals, "steadiness", return_value=None):
        yield


@pytest.mark.parametrize("count", COUNTS)
def test_no_claim_is_in_error_in_a_network_of_few_layers(whole, count):
    small = Cut(whole, places(count, len(whole.layers)), whole.seeds)

    # Whatever its premise says: with one that is not met, a claim looks at no layers.
    answers = {f"{claim} {dict(case)}": judge(claim, case, small, premised=True) for claim, case in CASES}

    assert {name: answer.reason for name, answer in answers.items() if answer.verdict == "error"} == {}
    assert {answer.verdict for answer in answers.values()} > {"not applicable"}


@pytest.mark.parametrize("count", COUNTS)
def test_every_premise_is_met_or_not_or_not_applicable_in_a_network_of_few_layers(whole, count):
    small = Cut(whole, places(count, len(whole.layers)), whole.seeds)

    for premise in PREMISES:
        with suppress(Undecided, NotApplicable):
            assert set(View(small, premise).seeds) <= set(small.seeds)
