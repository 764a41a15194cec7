"""The page and the summary, and the files that they become."""

import itertools
import json
import re
from pathlib import Path

import pytest

from indicators.claims.evidence import VERDICTS
from indicators.errors import InputError
from indicators.report import overview, page, verdicts
from indicators.report.figures import island
from indicators.report.figures.filling import fill_all
from indicators.report.figures.panels import Drawn, Missing
from indicators.report.figures.thesis import FIGURES
from indicators.specs.files import load_study
from indicators.store import Store
from tests.report.judged import EVIDENCE, Page, case, document, html
from tests.report.made_up import ThreeSeeds

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def filled(thesis):
    return fill_all(thesis)


@pytest.fixture(scope="module")
def whole(tmp_path_factory, filled):
    cases = [
        case(), case("A3.living", "refuted", tier="control"), case("A14", tier="identity"),
        case("P1", "not applicable", theme="test_4_pruning", evidence=[], reason="mine does not record 'x'; it has y"),
    ]  # fmt: skip
    return html(document(tmp_path_factory.mktemp("whole"), *cases), filled)


def test_a_claim_shows_its_sentence_verdict_effect_and_interval(whole):
    text = Page(whole).one("article", id="claim-a3")["text"]

    for words in (
        "supported", "Sentence <of> A3 & others.", "sgd high - sgd low = +0.123 (NMI)", "counts from 0.02",
        "+0.123 NMI[+0.09, +0.15]0.02",
        "p 0.001", "hypotheses/test_5_information.py:10",
    ):  # fmt: skip
        assert words in text


def test_a_claim_leads_to_its_figures(whole):
    found = Page(whole)
    links = {each["attrs"].get("href") for each in found.all("a")}

    assert "#figure-8-2" in links
    assert found.one("article", id="figure-8-2")


def test_every_link_within_the_page_leads_somewhere(whole):
    found = Page(whole)
    ids = [each["attrs"]["id"] for each in found.elements if "id" in each["attrs"]]

    assert len(ids) == len(set(ids))
    assert {link["attrs"]["href"].removeprefix("#") for link in found.all("a")} <= set(ids)
    named = [each["attrs"]["aria-labelledby"] for each in found.elements if "aria-labelledby" in each["attrs"]]
    assert set(named) <= set(ids)


def test_headings_skip_no_level(whole):
    levels = [int(each["tag"][1]) for each in Page(whole).elements if re.fullmatch("h[1-6]", each["tag"])]

    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))


def test_tables_have_captions_and_scopes(whole):
    found = Page(whole)

    assert len(found.all("caption")) == len(found.all("table"))
    assert all(each["attrs"].get("scope") in ("col", "row", "rowgroup") for each in found.all("th"))


def test_claims_controls_and_identities_are_counted_apart(whole):
    tallies = [each["text"] for each in Page(whole).all("div", **{"class": "tally"})]

    assert [text.split("\n")[:2] for text in map(str.strip, tallies)] == [
        ["Claims", "1 supported, 1 not applicable"], ["Controls", "1 refuted"], ["Identities", "1 supported"],
    ]  # fmt: skip


def test_the_page_asks_no_host_for_anything(whole):
    found = Page(whole)

    assert not found.all("img")
    assert [each["attrs"] for each in found.all("link")] == [{"rel": "icon", "href": "data:,"}]
    assert not [each for each in found.elements if "src" in each["attrs"]]
    assert "@import" not in found.one("style")["text"]
    assert "url(" not in found.one("style")["text"]


def test_the_page_is_smaller_than_five_megabytes(whole):
    assert len(whole.encode()) < 5_000_000


def test_every_figure_is_readable_without_scripts_as_numbers(whole, filled):
    found = Page(whole)
    captions = " ".join(each["text"] for each in found.all("caption"))

    drawn = [each for each in filled if isinstance(each, Drawn)]
    assert drawn
    assert len(found.all("div", **{"class": "chart"})) == len(drawn)
    assert all(f"{each.figure.title}: {each.figure.y_title}" in captions for each in drawn)


def test_figures_of_2019_stand_beside_or_alone(tmp_path, thesis, filled):
    ours = [found for found in fill_all(ThreeSeeds(thesis)) if found.figure.number != "8.5"]
    ours.append(Missing(next(figure for figure in FIGURES if figure.number == "8.5"), "not measured"))
    found = Page(html(document(tmp_path, case()), ours, beside=[filled]))

    assert "The same in thesis-2019 (full, 1 seed)" in found.one("article", id="figure-8-4")["text"]
    assert ", not measured here" in found.one("article", id="figure-8-5")["text"]
    assert ", not measured here" not in found.one("article", id="figure-8-4")["text"]
    assert {"figure-8-4", "figure-8-4-thesis-2019", "figure-8-5-thesis-2019"} <= set(
        json.loads(found.one("script", id="data")["text"])
    )


def test_figures_without_numbers_are_listed_with_the_reason(whole):
    missing = Page(whole).one("ul", **{"class": "missing"})["text"]

    assert "7.1, Change of the weights: first third of the layers: thesis-2019 does not record" in missing


def test_a_claim_that_holds_for_too_few_seeds_to_decide_says_so(tmp_path):
    text = html(document(tmp_path, case(verdict="consistent"), seeds=1))

    assert "fewer than three seeds" in text


def test_a_part_of_the_claims_says_so(tmp_path):
    assert "A part of the claims was judged." in html(document(tmp_path, case(), complete=False))


def test_studies_stand_side_by_side(tmp_path):
    mine = document(tmp_path, case(), case("A5"))
    other = document(tmp_path, case(verdict="refuted"), name="other")
    found = Page(html(mine, others=[other]))

    table = found.one("table", id="side-by-side")["text"]
    assert re.search(r"A3.*supported.*refuted", table, re.DOTALL)
    assert re.search(r"A5.*supported.*-", table, re.DOTALL)
    assert [each["attrs"]["data-claim"] for each in found.all("tr", **{"class": "differs"})] == ["A3"]


def test_cases_of_several_tests_stand_under_their_sentences(tmp_path):
    found = document(
        tmp_path, case(cases=2, parameters="sgd", place=[9]), case(cases=2, sentence="Another.", place=[20])
    )
    text = Page(html(found)).one("table", **{"class": "cases"})["text"]

    assert text.index("Sentence <of> A3") < text.index("sgd") < text.index("Another.")


def test_the_sentence_is_that_of_the_case_whose_numbers_stand_beside_it(tmp_path):
    found = document(
        tmp_path, case(cases=2, place=[9]), case(cases=2, verdict="refuted", sentence="Another.", place=[20])
    )

    (row,) = overview.claim_rows(found)

    assert (row.verdict, row.sentence, row.decisive.sentence) == ("refuted", "Another.", "Another.")
    assert "refuted 1/2 | Another." in page.to_markdown(found, [row])


def test_where_any_effect_counts_there_is_no_unit_to_draw_it_in(tmp_path):
    found = document(tmp_path, case(evidence=[EVIDENCE | {"by": 0.0}]))
    forest = Page(html(found)).one("table", **{"class": "forest"})["text"]

    assert overview.claim_rows(found)[0].decisive.bar is None
    assert "+0.123" in forest


def test_the_summary_names_what_does_not_hold_and_counts_the_rest(tmp_path):
    found = document(tmp_path, case(), case("P8", "refuted", sentence="Layer's <b> | that."))
    text = page.to_markdown(found, overview.claim_rows(found))

    assert "## mine: scale mini, 3 seeds" in text
    assert "- **claims**: 1 supported, 1 refuted" in text
    assert "| P8 | ✘ refuted | Layer's &lt;b&gt; \\| that.<br>" in text
    assert "1 supported</summary>" in text


def test_the_summary_fits_a_comment_however_many_claims_fall(tmp_path):
    found = document(tmp_path, *(case(f"P{n}", "refuted", reason="r" * 400) for n in range(300)))

    assert len(page.to_markdown(found, overview.claim_rows(found))) <= page.LONGEST_COMMENT


def test_both_files_are_written(tmp_path, thesis):
    found = document(tmp_path, case())
    paths = page.write(tmp_path / "report", found, thesis, study=load_study("thesis-2019"))

    assert [path.name for path in paths] == ["index.html", "report.md"]
    text = paths[0].read_text(encoding="utf-8")
    assert str(ROOT) not in text
    assert "hypotheses/test_5_information.py" in text


def test_a_report_is_rebuilt_from_its_folder(tmp_path):
    about = {"name": "thesis-2019", "scale": "full", "seeds": 1}
    for name, verdict in (("here", "consistent"), ("there", "contradicted")):
        found = verdicts.by_claim([case(verdict=verdict)])
        verdicts.write(tmp_path / name / "verdicts.json", found, about | {"name": name}, complete=True)
    verdicts.write(tmp_path / "verdicts.json", verdicts.by_claim([case()]), about, complete=True)
    compared = [str(tmp_path / name / "verdicts.json") for name in ("here", "there")]

    page.rebuild(tmp_path, load_study("thesis-2019"), Store(tmp_path / "store"), compare=compared)

    found = Page((tmp_path / "index.html").read_text(encoding="utf-8"))
    assert re.search(
        r"A3.*supported.*consistent.*contradicted", found.one("table", id="side-by-side")["text"], re.DOTALL
    )


def test_the_effects_of_the_thesis_stand_beside_those_of_any_other_study(tmp_path):
    about = {"name": "cifar10-mini-recorded", "scale": "mini", "seeds": 10}
    verdicts.write(tmp_path / "verdicts.json", verdicts.by_claim([case()]), about, complete=True)

    page.rebuild(tmp_path, load_study("cifar10-mini-recorded"), Store(tmp_path / "store"))

    found = Page((tmp_path / "index.html").read_text(encoding="utf-8"))
    assert "thesis-2019" in found.one("table", id="side-by-side")["text"]
    assert "The same in thesis-2019" in found.one("article", id="figure-8-5")["text"]
    assert "thesis-2019" in found.one("table", **{"class": "numbers given"})["text"]
    assert "### What was given" in (tmp_path / "report.md").read_text(encoding="utf-8")


def test_the_figures_of_a_compared_study_come_too(tmp_path):
    about = {"name": "thesis-2019", "scale": "full", "seeds": 1}
    verdicts.write(tmp_path / "verdicts.json", verdicts.by_claim([case()]), about, complete=True)

    page.rebuild(tmp_path, load_study("thesis-2019"), Store(tmp_path / "store"), compare=["cifar10-quarter-recorded"])

    found = Page((tmp_path / "index.html").read_text(encoding="utf-8"))
    assert "The same in cifar10-quarter-recorded (quarter" in found.one("article", id="figure-8-5")["text"]
    # What 2019 did not record is shown of the other alone.
    assert ", not measured here" in found.one("article", id="figure-7-1")["text"]
    assert (tmp_path / "index.html").stat().st_size < 5_000_000


def test_verdicts_of_another_study_are_not_reported_as_this_one(tmp_path):
    verdicts.write(
        tmp_path / "verdicts.json", verdicts.by_claim([case()]), {"name": "a", "scale": "s", "seeds": 1}, complete=True
    )

    with pytest.raises(InputError, match="holds verdicts of a, not of study='thesis-2019'; name its own folder"):
        page.rebuild(tmp_path, load_study("thesis-2019"), Store(tmp_path / "store"))


def test_tests_are_linked_from_within_the_repository_only(tmp_path):
    assert page._relative(ROOT, ROOT / "report" / "smoke") == "../.."
    assert page._relative(ROOT, ROOT) == "."
    assert page._relative(ROOT, tmp_path) is None


def test_the_numbers_that_are_drawn_are_those_of_the_measurement(whole, thesis):
    data = json.loads(Page(whole).one("script", id="data")["text"])
    drawn = data["figure-8-4"]["panels"][0]["series"][2]

    assert drawn["label"] == "high"
    expected = thesis.measurement("never_active").sel(seed=0, optimizer="sgd", level="high").values
    assert drawn["mean"] == pytest.approx(expected, rel=1e-3, abs=1e-12)


def test_several_seeds_show_how_far_they_lie_apart(tmp_path, thesis):
    found = Page(html(document(tmp_path, case()), fill_all(ThreeSeeds(thesis))))

    drawn = json.loads(found.one("script", id="data")["text"])["figure-8-4"]["panels"][0]["series"][2]
    expected = thesis.measurement("never_active").sel(seed=0, optimizer="sgd", level="high").values
    assert drawn["low"] == pytest.approx(expected - 0.01, rel=1e-3, abs=1e-12)
    assert drawn["high"] == pytest.approx(expected + 0.01, rel=1e-3, abs=1e-12)
    assert "0.633 to 0.653" in found.one("article", id="table-6-1")["text"]
    assert "from the smallest to the largest" in found.one("article", id="figure-8-4")["text"]


def test_nothing_in_the_data_can_end_its_element(tmp_path, filled, monkeypatch):
    monkeypatch.setattr(island, "figure_data", lambda _: {"title": "</script><script>alert(1)</script>"})
    found = Page(html(document(tmp_path, case()), filled))

    data = json.loads(found.one("script", id="data")["text"])
    assert data["figure-8-4"]["title"] == "</script><script>alert(1)</script>"


def test_every_verdict_has_a_color(whole):
    style = Page(whole).one("style")["text"]

    assert all(f".{verdict.replace(' ', '-')}" in style for verdict in VERDICTS)
