"""Claims put to networks of few layers: judged or not applicable, never in error."""

from unittest import mock

import numpy as np
import pytest

from indicators.claims import intervals
from indicators.sources.source import open_source
from indicators.specs import load_study
from tests.worlds.claims import claims, judge
from tests.worlds.cut import Cut

CASES = [(claim, case) for claim in claims() for case in claim.cases]


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


@pytest.mark.parametrize("count", range(1, 7))
def test_no_claim_is_in_error_in_a_network_of_few_layers(whole, count):
    small = Cut(whole, places(count, len(whole.layers)), whole.seeds)

    answers = {f"{claim} {dict(case)}": judge(claim, case, small) for claim, case in CASES}

    assert {name: answer.reason for name, answer in answers.items() if answer.verdict == "error"} == {}
    assert {answer.verdict for answer in answers.values()} > {"not applicable"}
