from dataclasses import replace

import pytest
import xarray as xr

from indicators.claims.evidence import VERDICTS, Evidence, Undecided, nothing_compared, stands
from indicators.claims.judging import Record, current, judged, judging
from indicators.claims.verbs import earlier, falls, less, more, rises, same, tracks
from indicators.errors import NotApplicable
from indicators.specs import LEVELS, OPTIMIZERS
from tests.claims.arrays import NINE, RAMPS, SGD, profiles


def compared(height, **options):
    """A comparison that a claim makes: heights of one seed with one."""
    cells = {"seed": [0], "optimizer": list(OPTIMIZERS), "level": list(LEVELS)}
    values = xr.DataArray(float(height), cells, list(cells))
    return more(values, {"optimizer": "sgd"}, than=1, by=0.5, **options)


def evidence(verdict, *, asserted=True):
    found = Evidence(verdict, 0.1, None, None, 0.05, 1, "a - b", "points", f"it is {verdict}", None, (0.1,))
    if asserted:
        ask(found)
    return found


def ask(found):
    try:
        return bool(found)
    except Undecided:
        return None


def of(*verdicts, asserted=True):
    return Record(evidence=[evidence(verdict, asserted=asserted) for verdict in verdicts])


def test_judging_collects_evidence_in_order_and_only_inside():
    outside = compared(2)

    with judging() as record:
        first, second = compared(3), compared(4)
    compared(5)

    assert record.evidence == [first, second]
    assert outside not in record.evidence


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


def test_judging_keeps_its_record_when_the_claim_fails():
    def claim():
        compared(0)
        raise AssertionError

    with pytest.raises(AssertionError), judging() as record:
        claim()

    assert [found.verdict for found in record.evidence] == ["contradicted"]
    compared(4)
    assert len(record.evidence) == 1


def test_outside_of_judging_nothing_is_kept():
    current().measurements.append({"resolution": 1.0})

    assert current() == Record()


def test_the_coarsest_measurement_gives_the_resolution_and_all_say_where_they_do_not_exist():
    with judging() as record:
        for attrs in ({"resolution": 0.1, "undefined": "dead"}, {"resolution": 0.3}, {"undefined": "dead"}):
            current().measurements.append(attrs)

        assert current() is record
    assert record.coarsest == 0.3
    assert record.undefined == "dead"


@pytest.mark.parametrize("cases", [0, -1, 1.5, True, "3"])
def test_a_claim_has_a_positive_whole_number_of_cases(cases):
    with pytest.raises(ValueError, match="cases="):
        Record(cases)


def test_a_record_is_taken_up_again():
    with judging() as record:
        first = compared(3)
    with judging(record) as same:
        second = compared(4)

    assert same is record
    assert record.evidence == [first, second]


@pytest.mark.parametrize(
    ("outcome", "record", "verdict", "reason"),
    [
        (None, of("supported", "supported"), "supported", "it is supported"),
        (None, of("consistent"), "consistent", "it is consistent"),
        (None, Record(), "error", "compared nothing"),
        (None, of("supported", "consistent", asserted=False), "error", "compared without asserting"),
        (None, of("refuted"), "error", "compared without asserting"),
        (None, of("inconclusive"), "error", "compared without asserting"),
        (AssertionError(), of("supported", "refuted"), "refuted", "it is refuted"),
        (AssertionError(), of("contradicted"), "contradicted", "it is contradicted"),
        (AssertionError(), of("supported"), "error", "asserted without a comparison that fails"),
        (AssertionError(), of("supported", "inconclusive"), "error", "asserted without a comparison that fails"),
        (AssertionError(), Record(), "error", "asserted without a comparison that fails"),
        (Undecided(nothing_compared("no seed")), Record(), "inconclusive", "no seed"),
        (Undecided(evidence("inconclusive")), of("supported", "inconclusive"), "inconclusive", "it is inconclusive"),
        (NotApplicable("no layer"), of("supported"), "not applicable", "no layer"),
        (NotApplicable("no layer"), of("refuted", asserted=False), "error", "compared without asserting"),
        (AssertionError(), of("refuted", "supported"), "refuted", "it is refuted"),
        (NotApplicable("no layer"), Record(), "not applicable", "no layer"),
        (KeyError("lost"), of("supported"), "error", "KeyError: 'lost'"),
        (KeyboardInterrupt(), Record(), "error", "KeyboardInterrupt: "),
    ],
    ids=lambda value: " ".join(found.verdict for found in value.evidence) if isinstance(value, Record) else None,
)
def test_a_claim_is_judged_by_how_it_ends_and_what_it_compared(outcome, record, verdict, reason):
    judgment = judged(outcome, record)

    assert (judgment.verdict, judgment.reason) == (verdict, reason)


def test_what_a_claim_needs_is_the_reason_where_nothing_applies():
    assert judged(NotApplicable("no layer"), Record(), needs="wider networks").reason == "wider networks"


def test_the_evidence_of_an_undecided_comparison_is_kept_where_nothing_else_was_compared():
    undecided = Undecided(nothing_compared("no seed"))

    assert judged(undecided, Record()).evidence == [undecided.evidence]


@pytest.mark.parametrize(
    ("swallowed", "record", "verdict", "reason"),
    [
        ([AssertionError()], of("refuted", "supported"), "refuted", "it is refuted"),
        ([Undecided(evidence("inconclusive"))], of("supported"), "inconclusive", "it is inconclusive"),
        (
            [Undecided(evidence("inconclusive")), AssertionError()],
            of("refuted", "supported"),
            "refuted",
            "it is refuted",
        ),
        ([Undecided(nothing_compared("no seed"))], Record(), "inconclusive", "no seed"),
        ([NotApplicable("no layer")], of("supported"), "supported", "it is supported"),
        ([NotApplicable("no layer")], Record(), "not applicable", "no layer"),
        ([KeyError("lost")], of("supported"), "error", "KeyError: 'lost'"),
        ([AssertionError()], of("supported"), "error", "asserted without a comparison that fails"),
        ([AssertionError()], of("refuted", asserted=False), "error", "asserted without a comparison that fails"),
    ],
    ids=lambda value: " ".join(found.verdict for found in value.evidence) if isinstance(value, Record) else None,
)
def test_what_is_swallowed_on_the_way_counts_and_the_worst_decides(swallowed, record, verdict, reason):
    judgment = judged(None, replace(record, swallowed=swallowed))

    assert (judgment.verdict, judgment.reason) == (verdict, reason)
    if verdict in ("refuted", "supported", "inconclusive"):
        assert judgment.evidence[-1].reason == reason


@pytest.mark.parametrize("verdict", VERDICTS)
@pytest.mark.parametrize("swallowed", [[], [NotApplicable("no layer")]], ids=["nothing", "a layer"])
def test_a_claim_that_passes_is_supported_by_all_it_compared(verdict, swallowed):
    """Whatever else it compared, a claim that ends quietly holds only where nothing it compared falls."""
    judgment = judged(None, replace(of("supported", verdict), swallowed=swallowed))

    assert bool(stands(judgment.verdict)) == (verdict in ("supported", "consistent", "not applicable"))


def test_while_a_claim_is_only_asked_every_comparison_says_yes():
    with judging(Record(asking=True)) as record:
        answers = [bool(compared(0)), bool(compared(5)), bool(more(None, {}, than="nonsense", by=-1))]

    assert answers == [True, True, True]
    assert record.evidence == []
