"""What the pages say of verdicts and of numbers is so."""

import io
import json
import re
import textwrap
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from rich.console import Console
from scipy.stats import spearmanr

from indicators.claims import reading
from indicators.claims.premises import equal_accuracy, separated_levels
from indicators.claims.summaries import half_loss_fraction
from indicators.claims.view import LAST, layers_in, with_parts
from indicators.report import overview, steady, terminal
from indicators.report.verdicts import SIGNIFICANT, by_claim, p_of
from indicators.sources.published import PublishedStudy
from indicators.sources.transcribed import load
from indicators.specs import LEVELS, OPTIMIZERS
from indicators.specs.files import STUDIES, load_study

ROOT = Path(__file__).parents[1]
README, FINDINGS, VERDICTS = (
    (ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "docs/findings.md", "docs/verdicts.md")
)
CLAIMS = [claim for claim in reading.read() if claim.tier not in ("identity", "control")]
CONTROLS = [claim for claim in reading.read() if claim.tier == "control"]


def in_one_line(page):
    return " ".join(page.split())


def verdicts(study):
    return json.loads((ROOT / f"hypotheses/{study}.json").read_text(encoding="utf-8"))["verdicts"]


def counts(study, of, words):
    found = Counter(verdicts(study)[claim.id] for claim in of)
    return ", ".join(str(found[word]) for word in words.split(", "))


def test_the_findings_by_theme_are_those_of_the_committed_verdicts():
    rows = re.findall(r"^\| (\w+) \| (\d+)" + r" \| ([\d, ]+)" * 5 + r" \|$", FINDINGS, re.MULTILINE)
    of_one_seed, of_several = "consistent, contradicted, inconclusive", "supported, refuted, inconclusive"

    def row(theme):
        mine, beside = ([claim for claim in of if claim.theme == theme] for of in (CLAIMS, CONTROLS))
        several = (counts(f"cifar10-{scale}-recorded", mine, of_several) for scale in ("vgg16", "quarter", "mini"))
        controls = counts("cifar10-mini-recorded", beside, of_several)
        return (theme, str(len(mine)), counts("thesis-2019", mine, of_one_seed), *several, controls)

    assert rows == [row(theme) for theme in dict.fromkeys(claim.theme for claim in CLAIMS)]


@pytest.mark.parametrize(("kind", "of"), [("claims", CLAIMS), ("controls", CONTROLS)])
def test_the_counts_below_the_table_are_those_of_the_committed_verdicts(kind, of):
    found = Counter(verdicts("cifar10-mini-recorded")[claim.id] for claim in of)

    shown = ", ".join(f"{found[word]} {word}" for word in ("supported", "refuted", "inconclusive"))

    assert f"    {kind}: {shown}" in VERDICTS


def test_the_table_that_is_shown_is_a_part_of_the_real_one():
    document = overview.read_document(overview.find_document("cifar10-mini-recorded"))
    claims_found = by_claim(case for row in document["claims"] for case in row["cases"])
    console = Console(width=100, record=True, file=io.StringIO())
    about = {"study": "cifar10-mini-recorded", "scale": "mini", "seeds": 10}
    terminal.print_verdicts(console, claims_found, **about, complete=True)
    real = "\n".join(line.rstrip() for line in console.export_text().splitlines())

    parts = re.search(r"^    claim  .*?^    identities.*?$", VERDICTS, re.MULTILINE | re.DOTALL)[0].split("    ...\n")

    assert len(parts) > 3
    assert [part for part in parts if textwrap.dedent(part).strip() not in real] == []


def test_full_size_stands_beside_2019_and_mini_as_is_said():
    thesis, full, mini = (verdicts(name) for name in ("thesis-2019", "cifar10-vgg16-recorded", "cifar10-mini-recorded"))

    def where(of, verdict, then=None):
        return [claim.id for claim in CLAIMS if of[claim.id] == verdict and then in (None, full[claim.id])]

    def named(of, verdict, then):
        return ", ".join(sorted(where(of, verdict, then)))

    text = in_one_line(FINDINGS)
    assert (
        f"Of the {len(where(thesis, 'consistent'))} claims with which the record of 2019 is consistent, full supports "
        f"{len(where(thesis, 'consistent', 'supported'))} and refutes {len(where(thesis, 'consistent', 'refuted'))} "
        f"({named(thesis, 'consistent', 'refuted')}); of the {len(where(thesis, 'contradicted'))} that this record "
        f"contradicts, full refutes one ({named(thesis, 'contradicted', 'refuted')}) and supports none."
    ) in text
    assert where(thesis, "contradicted", "supported") == where(mini, "supported", "refuted") == []
    too, fell, rose = (where(mini, *then) for then in (("supported",) * 2, ("refuted",) * 2, ("refuted", "supported")))
    assert (
        f"Of the {len(where(mini, 'supported'))} claims that mini supports, it supports {len(too)} and refutes none; "
        f"of the {len(where(mini, 'refuted'))} that mini refutes, it refutes {len(fell)} ({', '.join(sorted(fell))}) "
        f"and supports {len(rose)} ({', '.join(sorted(rose))})"
    ) in text


@pytest.mark.parametrize(
    ("verdict", "named"),
    [
        (
            "supported",
            """A26 A26.living A26.test A26.permuted A27 A28 A30 A32 O8 O14 P2.fresh P12 S6
            W16 W17.unrelated W19 W22 W29 W29.unrelated W30 X2""",
        ),
        ("refuted", "A5.batch G5 O8.channels O14.channels S13 W19.chance W24.unrelated X1"),
        ("inconclusive", "A16 A2 A3 A26.recipe A26.epochs G5.recipe O1 P3 P8 P10 P14 S2 W6 W7 W24 X5"),
    ],
)
def test_what_the_findings_say_of_full_size_are_its_verdicts(verdict, named):
    full = verdicts("cifar10-vgg16-recorded")

    assert {claim: full[claim] for claim in named.split()} == dict.fromkeys(named.split(), verdict)


def test_claims_at_equal_accuracy_that_full_size_leaves_open_are_counted():
    document = overview.read_document(overview.find_document("cifar10-vgg16-recorded"))
    missed = [
        row["id"]
        for row in document["claims"]
        if row["verdict"] == "inconclusive" and any("accuracies at" in case.reason for case in row["cases"])
    ]

    said = f"in {len(missed)} claims and controls of full that are inconclusive, a case misses equal accuracy"
    assert said in in_one_line(FINDINGS)
    accuracy = PublishedStudy(load_study("cifar10-vgg16-recorded")).measurement("accuracy").sel(split="test", drop=True)
    high = accuracy.sel(level="high")
    means = [f"{mean:.3f}" for mean in high.mean("seed").sel(optimizer=list(OPTIMIZERS)).values]
    assert "Test accuracies at high are {}, {} and {}.".format(*means) in in_one_line(FINDINGS)
    lead = 100 * (high.sel(optimizer="wdecay") - high.sel(optimizer="sgd"))
    assert f"weight decay is {float(lead.max()):.1f} points ahead of plain sgd" in in_one_line(FINDINGS)
    assert int((~equal_accuracy(accuracy, "high")).sum()) == 1


def test_the_three_seeds_of_quarter_stand_beside_mini_as_is_said():
    quarter, mini = verdicts("cifar10-quarter-recorded"), verdicts("cifar10-mini-recorded")

    def where(of, beside=""):
        return sorted(claim.id for claim in CLAIMS if mini[claim.id] == of and beside in ("", quarter[claim.id]))

    fell, rose = where("supported", "refuted"), where("refuted", "supported")
    said = (
        f"of the {len(where('supported'))} claims that mini supports, they support "
        f"{len(where('supported', 'supported'))} and refute {len(fell)} ({', '.join(fell)}); "
        f"of the {len(where('refuted'))} that mini refutes, they refute {len(where('refuted', 'refuted'))} "
        f"and support {len(rose)} ({', '.join(rose)})."
    )
    assert said in in_one_line(FINDINGS)
    for verdict, named in (
        ("supported", "A26 A26.living A26.test A26.permuted A30 W29 P12 S22 A28 A32 P2.fresh"),
        ("refuted", "O13 A6 G5 A5.batch P6 A29.layers"),
        ("inconclusive", "A16 A27 P8 P8.fresh S2 A2 A3 S6 W24 O1"),
    ):
        assert {quarter[name] for name in named.split()} == {verdict}


@pytest.mark.parametrize(
    ("verdict", "named"),
    [
        (
            "supported",
            """A26 A26.living A26.test A26.permuted A27 A30 A16 A16.test A28 A32
            O2 O14 P1 P2.fresh P6 P7 P7.layerwise P7.fresh P12 P14 W29 W30 W32 S22""",
        ),
        (
            "refuted",
            """A25.permuted A5.batch P1.fresh P8.fresh G5 A26.epochs A29 A29.layers
            A15.always-on O2.recipe O17 W32.constant""",
        ),
        (
            "inconclusive",
            """A26.matched A26.recipe A26.recipe-test A30.matched G5.recipe P2 P8 S2 A2 A3 S6
            O1 O4 O5 W4 W6 W7 W24 W24.unrelated W28 W29.sparse W29.matched P10""",
        ),
    ],
)
def test_the_claims_that_the_findings_name_have_the_verdicts_that_are_told(verdict, named):
    mini = verdicts("cifar10-mini-recorded")

    assert {claim: mini[claim] for claim in named.split()} == dict.fromkeys(named.split(), verdict)
    assert [claim for claim in named.split() if not re.search(rf"\([^()]*\b{claim}\b[^()]*\)", FINDINGS)] == []


@pytest.mark.parametrize(
    ("scale", "claim", "case", "verdict", "effect"),
    [
        # Where a sentence gives the effect, so does the row.
        ("mini", "A26.matched", "layca-wdecay", "inconclusive", "0.024"),
        ("mini", "A26", "last_layers_know_more_of_the_labels_in_better_recipes[wdecay]", "supported", "0.058"),
        ("mini", "A5", "", "supported", "0.063"),
        ("mini", "A5.batch", "", "refuted", "0.004"),
        ("mini", "A26", "last_layers_know_more_of_the_labels_in_better_recipes[layca]", "supported", ""),
        ("quarter", "A26", "last_layers_know_more_of_the_labels_in_better_recipes[sgd]", "supported", "0.046"),
        ("quarter", "A26", "last_layers_know_more_of_the_labels_in_better_recipes[wdecay]", "supported", ""),
        ("mini", "G5", "generalize_better", "refuted", "-0.87"),
        ("quarter", "G5", "generalize_better", "refuted", "-0.63"),
        ("mini", "G5", "more_robust", "refuted", "-0.78"),
        ("quarter", "G5", "more_robust", "refuted", "-0.66"),
        ("mini", "G5.recipe", "", "inconclusive", "0.22"),
        ("mini", "A26.epochs", "", "refuted", "-0.01"),
        ("mini", "A29", "silhouette[sgd]", "supported", "0.037"),
        ("mini", "A29", "before_sharing[sgd]", "refuted", ""),
        ("mini", "A15.always-on", "[sgd]", "refuted", ""),
        ("quarter", "A5", "", "supported", "0.068"),
        ("quarter", "A5.batch", "", "refuted", "0.002"),
        ("mini", "P8", "[layca-high]", "supported", "0.077"),
        ("quarter", "P8", "[layca-high]", "supported", "0.136"),
        ("mini", "P8", "[layca-low]", "inconclusive", ""),
        ("mini", "P8", "[layca-medium]", "inconclusive", ""),
        ("mini", "P8.fresh", "[layca]", "refuted", "0.025"),
        ("quarter", "P8.fresh", "[layca]", "inconclusive", ""),
        ("mini", "P12", "", "supported", "0.90"),
        ("quarter", "P12", "", "supported", "0.85"),
        ("mini", "A16", "[wdecay]", "supported", "0.134"),
        ("mini", "A16", "[layca]", "supported", "0.159"),
        ("quarter", "A16", "[wdecay]", "inconclusive", ""),
        ("quarter", "A16", "[layca]", "supported", ""),
        ("mini", "P2", "[sgd]", "inconclusive", ""),
        ("mini", "P2", "[wdecay]", "supported", ""),
        ("mini", "P2", "[layca]", "supported", ""),
        ("vgg16", "A26", "last_layers_know_more_of_the_labels_in_better_recipes[sgd]", "supported", "0.093"),
        ("vgg16", "G5", "generalize_better", "refuted", "-0.83"),
        ("vgg16", "G5", "more_robust", "refuted", "-0.79"),
        ("vgg16", "W24.unrelated", "[last-wdecay]", "supported", "0.10"),
        ("vgg16", "W24.unrelated", "[last-layca]", "supported", "0.09"),
        ("vgg16", "W24.unrelated", "[first-wdecay]", "refuted", "0.01"),
        ("vgg16", "W24.unrelated", "[first-layca]", "refuted", "0.01"),
        ("vgg16", "W24.unrelated", "[central-wdecay]", "refuted", "0.01"),
        ("vgg16", "W24.unrelated", "[central-layca]", "refuted", "0.01"),
        ("vgg16", "W29.unrelated", "[wdecay]", "supported", "0.050"),
        ("vgg16", "W29.unrelated", "[layca]", "supported", "0.043"),
        ("vgg16", "A26.recipe", "", "inconclusive", "0.47"),
        ("vgg16", "A26.epochs", "", "inconclusive", "0.31"),
        ("vgg16", "G5.recipe", "", "inconclusive", "-0.27"),
        ("vgg16", "X1", "[2]", "supported", ""),
        ("vgg16", "X1", "[8]", "refuted", ""),
        ("mini", "P6", "[wdecay]", "supported", ""),
        ("mini", "P6", "[layca]", "supported", ""),
        ("quarter", "P6", "[layca]", "refuted", ""),
    ],
)
def test_the_findings_rest_on_the_cases_that_are_told(scale, claim, case, verdict, effect):
    document = overview.read_document(overview.find_document(f"cifar10-{scale}-recorded"))
    (row,) = (row for row in document["claims"] if row["id"] == claim)
    (found,) = (one for one in row["cases"] if case in f"{one.test}[{one.parameters}]")

    assert found.verdict == verdict
    if effect:
        # Where words say which way it goes, the number has no sign.
        measured = f"{found.evidence[-1]['effect']:.{len(effect.partition('.')[2])}f}"
        assert effect in (measured, measured.removeprefix("-"))
        assert re.search(rf" {effect}\b", in_one_line(FINDINGS))


def test_the_refuted_claims_of_few_cases_are_counted():
    document = overview.read_document(overview.find_document("cifar10-mini-recorded"))
    refuted = [row for row in document["claims"] if row["verdict"] == "refuted"]

    def share(row):
        found = [case.verdict for case in row["cases"] if case.verdict != "not applicable"]
        return found.count("refuted") / len(found)

    few = sum(share(row) <= 0.5 for row in refuted)
    assert f"of the {len(refuted)} refuted claims and controls of mini {few} have half" in in_one_line(FINDINGS)


def test_the_verdicts_that_hold_among_so_many_are_counted():
    def counted(scale, verdict):
        document = overview.read_document(overview.find_document(f"cifar10-{scale}-recorded"))
        values = [p_of(row)[1] for row in document["claims"] if row["verdict"] == verdict]
        adjusted = [p for p in values if p is not None]
        return len(adjusted), sum(p <= SIGNIFICANT for p in adjusted)

    mini, full, quarter = (
        [counted(scale, word) for word in ("supported", "refuted")] for scale in ("mini", "vgg16", "quarter")
    )
    text = in_one_line(VERDICTS)
    assert f"Of the {mini[0][0]} claims and controls that are supported in mini, {mini[0][1]} have a" in text
    beside = f"of the {full[0][0]} of full {full[0][1]}, of the {quarter[0][0]} of quarter {quarter[0][1]}:"
    assert f"of at most 0.05, {beside}" in text
    assert f"Of the {mini[1][0]} that are refuted in mini {mini[1][1]} have one" in text
    assert f"of the {full[1][0]} of full {full[1][1]}, of the {quarter[1][0]} of quarter {quarter[1][1]}." in text
    of_mini = f"{mini[0][1]} of the {mini[0][0]} supported claims and controls of mini hold and {mini[1][1]} of its"
    of_full = f"of full, {full[0][1]} of {full[0][0]} and {full[1][1]} of {full[1][0]}"
    of_quarter = f"of quarter, {quarter[0][1]} of {quarter[0][0]} and {quarter[1][1]} of {quarter[1][0]}"
    assert f"{of_mini} {mini[1][0]} refuted ones; {of_full}; {of_quarter}" in in_one_line(FINDINGS)


def test_steady_verdicts_are_counted():
    def judged(scale):
        document = overview.read_document(overview.find_document(f"cifar10-{scale}-recorded"))
        return by_claim(case for row in document["claims"] for case in row["cases"])

    def bears(claim):
        return all(answer for answer in steady.checks(claim) if answer is not None)

    text = in_one_line(FINDINGS)
    mini, full, quarter = (
        [c for c in judged(scale) if c.verdict in ("supported", "refuted")] for scale in ("mini", "vgg16", "quarter")
    )
    assert (
        f"Of mini's {len(mini)} decided claims, controls and identities {sum(map(bears, mini))} stay as they are"
        in text
    )
    of_full = f"of full's {len(full)} it is {sum(map(bears, full))}"
    assert f"{of_full}, of quarter's {len(quarter)} it is {sum(map(bears, quarter))}." in text
    needed = [count for claim in judged("quarter") if (count := steady.seeds_needed(claim)) is not None]
    five, ten = (sum(count <= most for count in needed) for most in (5, 10))
    assert f"inconclusive ones {five} would be decided by about five seeds, and {ten - five} more by ten." in text


def test_claims_on_turned_weights_stay_open_as_is_told():
    for scale in ("mini", "quarter"):
        document = overview.read_document(overview.find_document(f"cifar10-{scale}-recorded"))
        missed = [row for row in document["claims"] if any("weights of" in case.reason for case in row["cases"])]
        assert all(
            case.verdict == "inconclusive" for row in missed for case in row["cases"] if "weights of" in case.reason
        )
        open_ones = [row for row in missed if row["verdict"] == "inconclusive"]
        if scale == "mini":
            assert f"so that these {len(open_ones)} claims and controls of mini are inconclusive" in in_one_line(
                FINDINGS
            )
    document = overview.read_document(overview.find_document("cifar10-vgg16-recorded"))
    assert not any("weights of" in case.reason for row in document["claims"] for case in row["cases"])


def test_no_conclusion_is_shown_among_the_networks_of_one_recipe():
    within = [claim.id for claim in CONTROLS if ".recipe" in claim.id]

    assert len(within) > 20
    for scale in ("mini", "quarter", "vgg16"):
        assert "supported" not in {verdicts(f"cifar10-{scale}-recorded")[name] for name in within}


def test_resistance_with_fresh_statistics_is_as_told():
    recorded = PublishedStudy(load_study("cifar10-mini-recorded"))
    lost = half_loss_fraction(recorded.measurement("random_pruning_reestimated")).mean("seed")
    high = lost.sel(level="high")
    low, medium = (f"{float(of):.2f}" for of in lost.mean("optimizer").sel(level=["low", "medium"]))
    least, most = (f"{float(end):.2f}" for end in (high.min(), high.max()))

    said = f"lose half at {low} and {medium} of their weights on average, those at high at {least} to {most}"
    assert said in in_one_line(FINDINGS)


def test_information_on_test_images_is_as_told():
    recorded = PublishedStudy(load_study("cifar10-mini-recorded"))
    accuracy = recorded.measurement("accuracy").sel(split="test", drop=True)
    values = with_parts(recorded.measurement("label_information", images="test"), recorded.layers)
    matched = layers_in(values, LAST).sel(level="high", seed=equal_accuracy(accuracy, "high"))

    high = matched.mean(("seed", "layer"))
    least, most = (f"{float(end):.3f}" for end in (high.min(), high.max()))
    assert f"On test images the three lie between {least} and {most}." in in_one_line(FINDINGS)
    assert matched.sizes["seed"] == recorded.measurement("accuracy").sizes["seed"] - 2
    assert int((~separated_levels(accuracy)).sum()) == 1


def test_the_accuracies_of_quarter_are_those_said():
    accuracy = PublishedStudy(load_study("cifar10-quarter-recorded")).measurement("accuracy").sel(split="test")
    spread = (accuracy.max("optimizer") - accuracy.min("optimizer")).round(3)

    low, medium, high = (f"{mean:.2f}" for mean in accuracy.mean(("seed", "optimizer")).sel(level=list(LEVELS)).values)
    text = in_one_line(FINDINGS)
    assert f"The test accuracies of quarter are {low}, {medium} and {high}." in text
    assert f"At high the optimizers are within {float(spread.sel(level='high').max()):.3f}" in text
    below = accuracy.isel(seed=[1, 2]).sel(level=["low", "medium"])
    assert (below.idxmax("optimizer") == "layca").all()
    assert (spread.isel(seed=[1, 2]).sel(level=["low", "medium"]) > 0.03).all()
    assert (spread < 0.055).all()
    assert (spread.isel(seed=0) < 0.03).all()


def test_seeds_and_networks_are_those_that_are_published():
    seeds = load_study("cifar10-mini-recorded").seeds

    assert seeds == 10
    assert load_study("cifar10-quarter-recorded").seeds == load_study("cifar10-vgg16-recorded").seeds == 3
    assert f"ten seeds of small networks ({9 * seeds} trained, {seeds} untrained)" in FINDINGS


@pytest.mark.parametrize("scale", ["quarter", "vgg16"])
def test_the_curves_go_with_those_of_2019_as_is_said(scale):
    thesis, ours = load(STUDIES / "thesis-2019.toml"), PublishedStudy(load_study(f"cifar10-{scale}-recorded"))

    def correlation(then, now):
        return spearmanr(then.values.ravel(), now.values.ravel(), nan_policy="omit").statistic

    def together(name):
        then, now = xr.align(*(study.measurement(name).mean("seed") for study in (thesis, ours)), join="inner")
        then, now = then.transpose("layer", ...), now.transpose("layer", *then.transpose("layer", ...).dims[1:])
        varying = [k for k in range(then.sizes["layer"]) if float(then[k].std()) > 0 < float(now[k].std())]
        within = np.mean([correlation(then[k], now[k]) for k in varying])
        return " and ".join(f"{one:.2f}" for one in (correlation(then, now), within))

    said = {
        "label_information": "information on the labels (8.5)",
        "pairwise_nmi": "shared information (8.2)",
        "never_active": "dead neurons (8.4)",
        "silhouette_cosine": "silhouettes (8.9)",
        "active_neighbors_cosine": "active neighbors (8.10)",
    }
    told = ", ".join(f"{words} {together(name)}" for name, words in said.items())
    assert f"{told}." in in_one_line(FINDINGS)


def test_the_rotations_are_those_that_are_told():
    def turned(study):
        high = study.measurement("cosine_distance").mean(("seed", "layer")).sel(level="high")
        return [f"{float(high.sel(optimizer=optimizer)):.2f}" for optimizer in OPTIMIZERS]

    thesis = turned(load(STUDIES / "thesis-2019.toml"))
    mini, quarter, full = (
        turned(PublishedStudy(load_study(f"cifar10-{scale}-recorded"))) for scale in ("mini", "quarter", "vgg16")
    )
    assert full[1:] == thesis[1:]
    rows = zip(("thesis-2019", "full", "quarter", "mini"), (thesis, full, quarter, mini), strict=True)
    assert "".join(f"| {name} | {' | '.join(angles)} |\n" for name, angles in rows) in FINDINGS
    text = in_one_line(README)
    assert f"the best of these networks had turned by {thesis[1]} and {thesis[2]} (1 - cos)." in text
    assert f"by {mini[1]} and {mini[2]} in mini and by {quarter[1]} and {quarter[2]} in quarter" in text


def test_what_label_information_tells_of_the_seeds_of_a_recipe_is_as_told():
    recorded = PublishedStudy(load_study("cifar10-mini-recorded"))
    accuracy = recorded.measurement("accuracy").sel(split="test", drop=True)

    def together(**images):
        values = with_parts(recorded.measurement("label_information", **images), recorded.layers)
        return f"{float(xr.corr(accuracy, layers_in(values, LAST).mean('layer'), dim='seed').mean()):.2f}"

    said = f"is {together()} on average; for label information on test images it is {together(images='test')}."
    assert said in in_one_line(FINDINGS)
    assert f"information on the labels in the last layers is {together()} on average (A26.recipe)" in in_one_line(
        README
    )
    validation = recorded.measurement("accuracy").sel(split="validation", drop=True)
    comparison = float(xr.corr(accuracy, validation, dim="seed").mean())
    assert f"Validation accuracy, for comparison, comes to {comparison:.2f}." in in_one_line(FINDINGS)


def test_readme_counts_the_claims_as_they_are():
    mini, quarter, full = (
        Counter(verdicts(f"cifar10-{scale}-recorded")[claim.id] for claim in CLAIMS)
        for scale in ("mini", "quarter", "vgg16")
    )

    text = in_one_line(README)
    assert f"support {full['supported']} of its {len(CLAIMS)} claims and refute {full['refuted']};" in text
    missing = f"{full['inconclusive']} stay inconclusive, and {full['not applicable']} need what no published study has"
    assert missing in text
    for name, found in (("`cifar10-mini`", mini), ("`cifar10-quarter`", quarter)):
        told = f"support {found['supported']}, refute {found['refuted']} and leave {found['inconclusive']} inconclusive"
        assert told in text[text.index(name) :].split(";")[0].split(". ")[0]


@pytest.mark.parametrize(
    ("scale", "claim", "case", "said"),
    [
        ("mini", "A26.recipe", "", "is {:.2f} on average (A26.recipe)"),
        ("mini", "A26.epochs", "", "and {:.2f} among networks trained equally long (A26.epochs)."),
        ("mini", "G5", "generalize_better", "activations vary is {:.2f} (G5),"),
        ("vgg16", "G5", "generalize_better", "and {:.2f} at full size."),
        ("vgg16", "A26.recipe", "", "leave it open: {:.2f} and"),
        ("vgg16", "A26.epochs", "", "and {:.2f}. 2."),
    ],
)
def test_what_readme_tells_beside_its_table_has_the_effects_of_the_cases(scale, claim, case, said):
    document = overview.read_document(overview.find_document(f"cifar10-{scale}-recorded"))
    (row,) = (row for row in document["claims"] if row["id"] == claim)
    (found,) = (one for one in row["cases"] if case in f"{one.test}[{one.parameters}]")

    assert said.format(found.evidence[-1]["effect"]) in in_one_line(README)
