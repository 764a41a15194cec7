import io
import re

import pytest
from rich.console import Console

from indicators.claims.evidence import VERDICTS
from indicators.report.terminal import SYMBOLS, print_verdicts
from indicators.report.verdicts import Case, by_claim

EVIDENCE = {
    "verdict": "consistent", "effect": 0.1234, "low": None, "high": None, "by": 0.02, "seeds": 3,
    "compared": "sgd high - sgd low", "unit": "NMI", "reason": "", "p": None, "values": [0.1234], "spread": None,
}  # fmt: skip


def case(claim="A1", verdict="consistent", **about):
    fields = {
        "sentence": f"Sentence of {claim}.",
        "section": "8.1",
        "tier": "core",
        "theme": "test_1_theme",
        "test": "hypotheses/test_1_theme.py::test",
        "parameters": "",
        "place": [1],
        "cases": 1,
        "reason": "because",
        "evidence": [EVIDENCE],
    }
    return Case(claim=claim, verdict=verdict, **(fields | about))


def printed(*cases, width=100, seeds=3):
    console = Console(file=io.StringIO(), width=width)
    print_verdicts(console, by_claim(cases), study="mini", scale="mini", seeds=seeds, complete=True)
    return [line.rstrip() for line in console.file.getvalue().splitlines()]


@pytest.mark.parametrize("verdict", [verdict for verdict in VERDICTS if verdict != "not applicable"])
def test_every_verdict_has_its_symbol(verdict):
    row = next(line for line in printed(case(verdict=verdict)) if line.startswith("A1"))

    assert row.split(maxsplit=2)[1] == SYMBOLS[verdict][0]
    assert f"{SYMBOLS[verdict][0]} {verdict}  " in row


def test_no_two_verdicts_share_a_symbol():
    assert len({symbol for symbol, _ in SYMBOLS.values()}) == len(VERDICTS)


def test_the_title_names_study_scale_and_seeds():
    assert printed(case())[0] == "mini · scale mini · 3 seeds"
    assert printed(case(), seeds=1)[0] == "mini · scale mini · 1 seed"


def test_a_row_says_effect_sentence_and_what_was_compared():
    lines = printed(case())

    row = next(k for k, line in enumerate(lines) if line.startswith("A1"))
    assert lines[row].split() == ["A1", "✓", "consistent", "+0.123", "Sentence", "of", "A1."]
    assert lines[row + 1].strip() == "sgd high - sgd low in NMI; counts from 0.02"


def test_claims_that_rest_on_fewer_seeds_than_the_study_has_are_named():
    fewer = [EVIDENCE | {"seeds": 2}]

    lines = printed(case(evidence=fewer), case("A2"), case("A3", evidence=[]), case("A4", evidence=fewer))

    assert [line for line in lines if "fewer" in line] == [
        "rest on fewer than 3 seeds, others miss a premise or cannot decide: A1 A4"
    ]


def test_an_interval_stands_below_its_effect():
    lines = printed(case(evidence=[EVIDENCE | {"low": -0.0512, "high": 0.298}]))

    assert lines[-2].split(maxsplit=2)[:2] == ["[-0.0512,", "+0.298]"]
    assert any("effect, 90 %" in line for line in lines)


@pytest.mark.parametrize(
    ("parameters", "shown"),
    [
        ("sgd", "sgd high - sgd low in"),
        ("first", "first: sgd high - sgd low in"),
        ("first-high", "first: sgd high - sgd low in"),
        ("first-last", "first-last: sgd high - sgd low in"),
    ],
)
def test_parameters_are_named_where_the_comparison_does_not_name_them(parameters, shown):
    assert printed(case(parameters=parameters))[-2].strip().startswith(shown)


def test_cases_that_do_not_apply_are_not_counted_as_fallen():
    several = [case(parameters=name, cases=3, place=[k]) for k, name in enumerate("ab")]
    lacking = case(verdict="not applicable", parameters="c", cases=3, evidence=[])

    assert printed(*several, lacking)[3].split()[3:6] == ["2/2", "of", "3"]


@pytest.mark.parametrize(
    "about",
    [
        {"verdict": "inconclusive", "evidence": [EVIDENCE | {"effect": None}]},
        {"verdict": "error", "evidence": [EVIDENCE]},
    ],
    ids=lambda about: about["verdict"],
)
def test_the_reason_stands_where_nothing_was_compared(about):
    lines = printed(case(reason="the study records no heights", parameters="sgd", **about))

    assert lines[-2].strip() == "sgd: the study records no heights"
    assert not any("0.123" in line for line in lines)


@pytest.mark.parametrize("verdict", ["refuted", "contradicted", "inconclusive"])
def test_the_reason_stands_beside_the_comparison_where_the_claim_does_not_hold(verdict):
    lines = printed(case(verdict=verdict, reason="1 seed: effect opposite"))

    assert " ".join(" ".join(lines).split()).count("; counts from 0.02; 1 seed: effect opposite") == 1


def test_a_reason_as_long_as_a_page_is_cut_short():
    lines = printed(case(verdict="error", reason="word " * 1000))

    assert len(lines) < 12
    assert lines[-2].endswith("…")


@pytest.mark.parametrize(
    ("judged", "cell"),
    [
        ([case()], []),
        ([case(place=[1], cases=2), case(place=[2], cases=2)], ["2/2"]),
        ([case(place=[1], cases=2), case(place=[2], cases=2, verdict="contradicted")], ["1/2"]),
        ([case(cases=2)], ["1/1", "of", "2"]),
    ],
    ids=["one", "both", "one of two", "one was not run"],
)
def test_cases_are_counted_where_there_are_several(judged, cell):
    row = next(line for line in printed(*judged) if line.startswith("A1"))

    assert row.split()[3:-4] == cell


@pytest.mark.parametrize("width", [80, 100])
def test_a_long_table_fits_and_its_columns_align(width):
    sentence = "Networks that generalize better turn further away from where they started in every part."
    long = {
        "sentence": sentence,
        "parameters": "mypackage.nets:build",
        "evidence": [EVIDENCE | {"low": -1e-9, "high": 1e9}],
    }
    verdicts = [verdict for verdict in VERDICTS if verdict != "not applicable"]
    cases = [case(f"A{k}", verdicts[k % len(verdicts)], **long) for k in range(140)]

    lines = printed(*cases, width=width)

    assert max(map(len, lines)) <= width
    rows = [line for line in lines if re.match(r"A\d", line)]
    assert len(rows) == 140
    header = next(line for line in lines if line.startswith("claim"))
    assert {re.search(r"\S (?=[a-z])", line).start() for line in rows} == {header.index("verdict")}
    ends = {line.index("+0.123") + len("+0.123") for line in rows if "+0.123" in line}
    assert ends == {header.index("effect") + len("effect")}
    assert len({line.index("Networks") for line in rows}) == 1


def test_claims_are_counted_by_verdict():
    cases = [case("A1"), case("A2", "error"), case("A3"), case("A3", place=[2])]

    assert printed(*cases)[-1] == "claims: 2 consistent, 1 error"


def test_claims_that_cannot_be_answered_are_named_below_the_table_by_whether_any_study_could():
    lacking = [case(f"A{k}", "not applicable", evidence=[]) for k in (2, 3)]
    lines = printed(case(), *lacking, case("A4", "not applicable", evidence=[], needs="a sweep"))

    assert lines[-3:] == [
        "- not applicable, since this study lacks what they need: A2 A3",
        "- not applicable, since no study has what they need: A4",
        "claims: 1 consistent, 3 not applicable",
    ]
    assert not any(line.startswith(("A2", "A3", "A4")) for line in lines)


def test_controls_and_identities_are_counted_apart():
    lines = printed(case("A1"), case("A1.living", "refuted", tier="control"), case("A14", tier="identity"))

    assert lines[-3:] == ["claims: 1 consistent", "controls: 1 refuted", "identities: 1 consistent"]


def test_a_long_table_has_a_line_for_each_claim_that_holds_and_details_of_the_others():
    long = {"sentence": "Networks that generalize better turn further away from where they started in every part."}
    why = {"evidence": [EVIDENCE], "reason": "98 % interval [-0.05, 0.01] lies below 0.02"}
    refuted = case("A0", "refuted", parameters="sgd", **why, **long)
    lines = printed(refuted, *(case(f"A{k}", **long) for k in range(1, 50)))

    start = next(k for k, line in enumerate(lines) if line.startswith("A0"))
    assert lines[start].endswith("Networks that generalize better …")
    assert [line.strip() for line in lines[start + 1 : start + 3]] == [
        "sgd: sgd high - sgd low",
        "98 % interval [-0.05, 0.01] lies below 0.02",
    ]
    assert [line[:3].strip() for line in lines[start + 3 : start + 52]] == [f"A{k}" for k in range(1, 50)]


@pytest.mark.parametrize(("spread", "named"), [(0.011, True), (0.009, False), (None, False)], ids=str)
def test_claims_that_count_what_a_single_run_shows_by_chance_are_named(spread, named):
    lines = printed(case(evidence=[EVIDENCE | {"spread": spread}]))

    assert ("count effects below twice their spread from run to run: A1" in lines) is named


def test_brackets_in_a_sentence_are_no_markup():
    lines = printed(case(sentence="[bold]Every[/bold] layer [1] turns."))

    assert any(line.endswith("[bold]Every[/bold] layer [1] turns.") for line in lines)


ODD = "[bold]x[/] [/old] :100: \x1b[31m"
SEEN = "[bold]x[/] [/old] :100: \\x1b[31m"


@pytest.mark.parametrize("several", [False, True], ids=["a short table", "a long table"])
def test_markup_and_escapes_stand_in_the_table_as_they_are(several):
    odd = EVIDENCE | {"compared": f"a{ODD}", "unit": f"u{ODD}"}
    about = {"sentence": f"s{ODD}", "reason": f"r{ODD}", "parameters": f"p{ODD}", "evidence": [odd], "cases": 2}
    cases = [case(f"i{ODD}", "refuted", **about), *(case(f"A{k}") for k in range(50 if several else 1))]
    console = Console(file=io.StringIO(), width=300, force_terminal=True, color_system=None)

    print_verdicts(console, by_claim(cases), study=f"n{ODD}", scale=f"c{ODD}", seeds=3, complete=True)

    text = console.file.getvalue()
    assert "\x1b[31m" not in text
    assert [name for name in ("ncisrp" if several else "ncisrpau") if f"{name}{SEEN}" not in text] == []


def test_the_names_of_claims_below_the_table_stand_there_as_they_are():
    fewer = [EVIDENCE | {"seeds": 2, "spread": 1.0}]

    lines = printed(case("A[/]", "not applicable", evidence=[]), case("B[/]\x1b", evidence=fewer))

    assert sum(line.endswith(": A[/]") for line in lines) == 1
    assert sum(line.endswith(": B[/]\\x1b") for line in lines) == 2
