import dataclasses
import json

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from indicators.claims.evidence import VERDICTS
from indicators.claims.intervals import judge
from indicators.errors import InputError
from indicators.report.verdicts import (
    SCHEMA,
    Case,
    JudgedClaim,
    adjusted,
    by_claim,
    counts,
    differences,
    read_expected,
    require_replaceable,
    schema,
    write,
    write_expected,
)
from tests.claims.arrays import contrast


def case(claim="A1", verdict="supported", *, theme="test_5_information", place=(10,), cases=1, **about):
    fields = {
        "sentence": f"Sentence of {claim}.",
        "section": "8.1",
        "tier": "core",
        "test": f"hypotheses/{theme}.py::test_{claim}",
        "parameters": "",
        "reason": "because",
    }
    return Case(claim=claim, verdict=verdict, theme=theme, place=list(place), cases=cases, **(fields | about))


def claims_of(*cases):
    return by_claim(cases)


text = st.text(max_size=20)
number = st.floats(allow_nan=False)


@given(
    st.builds(
        Case,
        claim=text, sentence=text, section=text, tier=text, theme=text, test=text, parameters=text,
        place=st.lists(st.integers()), cases=st.integers(1), verdict=st.sampled_from(VERDICTS), reason=text,
        evidence=st.lists(st.dictionaries(text, text | number | st.none() | st.lists(number))),
    )
)  # fmt: skip
def test_a_case_survives_a_worker(found):
    assert Case.from_json(found.to_json()) == found


def test_a_case_keeps_the_evidence_of_a_comparison():
    evidence = judge(contrast(0.5, 0.6, 0.8), by=0.1, unit="m").as_dict()

    read = Case.from_json(case(evidence=[evidence]).to_json())

    assert (read.evidence[0]["effect"], read.evidence[0]["low"]) == (evidence["effect"], evidence["low"])
    assert list(read.evidence[0]["values"]) == [0.5, 0.6, 0.8]


def test_claims_stand_in_the_order_of_the_thesis_whatever_order_they_were_judged_in():
    cases = [
        case("A16"),
        case("A2"),
        case("W3", theme="test_10_last"),
        case("T1", theme="test_1_training"),
        case("P9", theme="test_4_pruning"),
        case("A2b"),
    ]

    for order in (cases, cases[::-1]):
        assert [claim.id for claim in by_claim(order)] == ["T1", "P9", "A2", "A2b", "A16", "W3"]


def test_cases_of_a_claim_stand_as_in_its_file_and_the_first_of_its_verdict_is_decisive():
    late, early = case(place=[30, 0], parameters="sgd"), case(place=[9, 1], parameters="layca")
    earliest = case(place=[9, 0], parameters="wdecay", verdict="consistent")

    (claim,) = claims_of(late, early, earliest)

    assert claim.cases == (earliest, early, late)
    assert (claim.verdict, claim.decisive, claim.agreeing) == ("consistent", earliest, 1)


def test_a_supported_claim_shows_its_weakest_case():
    strong, weak, also = (
        case(place=[k], cases=3, evidence=[{"p": p} for p in found])
        for k, found in enumerate(((0.001, 0.002), (0.0001, 0.04), (0.03,)))
    )

    (claim,) = claims_of(strong, weak, also)

    assert claim.decisive == weak


def test_an_identity_is_not_among_what_could_be_wrong():
    two = [case("A1", evidence=[{"p": 0.01}]), case("A2", evidence=[{"p": 0.04}])]
    identity = case("A3", tier="identity", evidence=[{"p": 1e-9}])

    assert adjusted(claims_of(*two, identity), complete=True).p == pytest.approx({"A1": 0.02, "A2": 0.04})


def test_refutations_are_corrected_among_themselves():
    evidence = [[{"p": 0.9, "p_refuted": 0.01}, {"p": 0.5, "p_refuted": 0.3}], [{"p": 0.8, "p_refuted": 0.04}]]
    found = claims_of(*(case(f"A{k}", verdict="refuted", evidence=some) for k, some in enumerate(evidence, 1)))

    among_all = adjusted(found, complete=True)

    assert [claim.p_refuted for claim in found] == [0.01, 0.04]
    assert among_all.p_refuted == pytest.approx({"A1": 0.02, "A2": 0.04})
    assert among_all.of(found[0]) == pytest.approx(0.02)


def test_a_claim_is_refuted_by_one_of_its_cases_which_is_then_shown():
    refuted = case(verdict="refuted", place=[2], cases=3)

    (claim,) = claims_of(case(place=[1], cases=3), refuted, case(place=[3], cases=3))

    assert (claim.verdict, claim.decisive, claim.agreeing, claim.whole) == ("refuted", refuted, 1, True)


def test_a_claim_with_a_case_left_out_is_not_whole():
    assert not JudgedClaim("A1", (case(cases=2),)).whole


def test_counts_are_words_in_a_fixed_order():
    assert counts(["error", "refuted", "supported", "refuted"]) == "1 supported, 2 refuted, 1 error"
    assert counts([]) == ""


@given(st.lists(st.sampled_from(VERDICTS), min_size=1))
def test_counts_leave_nothing_out(verdicts):
    parts = [part.partition(" ") for part in counts(verdicts).split(", ")]

    assert sum(int(number) for number, _, _ in parts) == len(verdicts)
    assert {verdict for _, _, verdict in parts} == set(verdicts)


def test_the_report_is_strict_json_with_every_case_and_where_it_ran(tmp_path):
    evidence = judge(contrast(0.5, 0.6, 0.8), by=0.1, unit="m").as_dict()
    claims = claims_of(case("A1", evidence=[evidence]), case("A2", verdict="refuted"))

    write(tmp_path / "new" / "verdicts.json", claims, {"name": "mini", "scale": "mini", "seeds": 3}, complete=True)

    report = json.loads((tmp_path / "new" / "verdicts.json").read_text(), parse_constant=pytest.fail)
    assert report["study"] == {"name": "mini", "scale": "mini", "seeds": 3}
    assert report["complete"] is True
    assert {"python", "processor", "cores", "numpy", "keras"} <= set(report["machine"])
    assert [(claim["id"], claim["verdict"]) for claim in report["claims"]] == [("A1", "supported"), ("A2", "refuted")]
    assert [Case(**found) for claim in report["claims"] for found in claim["cases"]] == [
        found for claim in claims for found in claim.cases
    ]


def test_the_report_is_what_its_published_schema_says(tmp_path):
    evidence = judge(contrast(0.5), by=0.1, unit="m").as_dict()
    claims = claims_of(case("A1", evidence=[evidence], expected=0.3), case("A2", verdict="refuted"))
    write(tmp_path / "verdicts.json", claims, {"name": "mini", "scale": "mini", "seeds": 3}, complete=False)

    report = json.loads((tmp_path / "verdicts.json").read_text())
    published = json.loads(SCHEMA.read_text())
    jsonschema.Draft202012Validator.check_schema(published)
    jsonschema.validate(report, published)
    for spoiled in ({"format": 2}, {"claims": [{"id": "A1"}]}, {"study": None}):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(report | spoiled, published)


def test_the_published_schema_is_that_of_the_code():
    assert json.loads(SCHEMA.read_text()) == schema()


@pytest.fixture
def expected(tmp_path):
    """A file that expects A1 supported and A2 refuted of the study `mini`."""
    path = tmp_path / "expected.json"
    write_expected(path, claims_of(case("A1"), case("A2", verdict="refuted")), "mini", complete=True)
    return path


def test_what_was_expected_reads_back(expected):
    assert read_expected(expected, "mini") == {"A1": "supported", "A2": "refuted"}


def test_the_file_of_verdicts_has_a_line_for_every_claim(expected):
    lines = expected.read_text().splitlines()

    assert '  "A1": "supported",' in lines
    assert '  "A2": "refuted"' in lines


@pytest.mark.parametrize("complete", [True, False])
def test_equal_verdicts_do_not_differ(expected, complete):
    claims = claims_of(case("A1"), case("A2", verdict="refuted"))

    assert differences(expected, claims, "mini", complete=complete) == []


def test_changed_new_and_missing_verdicts_differ(expected):
    claims = claims_of(case("A1", verdict="inconclusive"), case("A3"))

    assert differences(expected, claims, "mini", complete=True) == [
        "A1: supported became inconclusive",
        "A2: refuted became not judged",
        "A3: not in the file became supported",
    ]


def test_what_was_not_selected_does_not_differ(expected):
    assert differences(expected, claims_of(case("A1")), "mini", complete=False) == []


def test_a_claim_of_which_cases_are_missing_is_not_compared(expected):
    assert differences(expected, claims_of(case("A2", cases=2)), "mini", complete=False) == []
    assert differences(expected, claims_of(case("A2")), "mini", complete=False) == ["A2: refuted became supported"]


def test_an_incomplete_run_does_not_replace_what_was_expected(expected):
    before = expected.read_bytes()

    with pytest.raises(InputError, match=r"--update-verdicts needs a verdict on every claim; run all of hypotheses/"):
        write_expected(expected, claims_of(case("A1")), "mini", complete=False)

    assert expected.read_bytes() == before


def test_verdicts_of_another_study_are_refused(expected):
    with pytest.raises(InputError, match=r"--verdicts expected.json is of study 'mini', not 'full'; name its own file"):
        differences(expected, [], "full", complete=True)


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (b'{"study": "mini"', "JSONDecodeError"),
        (b"\xff\xfe", "UnicodeDecodeError"),
        (b"[]", "TypeError"),
        (b'{"study": "mini"}', "KeyError"),
        (b'{"study": "mini", "verdicts": 3}', "TypeError"),
    ],
    ids=["torn", "not text", "a list", "without verdicts", "a number"],
)
def test_a_file_that_is_none_of_ours_is_refused(tmp_path, content, error):
    (tmp_path / "expected.json").write_bytes(content)

    with pytest.raises(InputError, match=rf"json cannot be read as verdicts \({error}\); name a file that --update"):
        read_expected(tmp_path / "expected.json", "mini")


def test_only_verdicts_of_the_same_study_are_replaced(tmp_path):
    path = tmp_path / "expected.json"
    require_replaceable(path, "mini")
    write_expected(path, by_claim([case()]), "mini", complete=True)
    require_replaceable(path, "mini")

    with pytest.raises(InputError, match=r"would replace it, but .* is of study 'mini', not 'full'"):
        require_replaceable(path, "full")


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"none.json cannot be read as verdicts \(FileNotFoundError\)"):
        read_expected(tmp_path / "none.json", "mini")


def test_cases_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        case().verdict = "refuted"
