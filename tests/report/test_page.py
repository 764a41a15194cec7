import itertools
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
import xarray as xr

from indicators.claims import reading
from indicators.claims.evidence import VERDICTS
from indicators.errors import InputError
from indicators.images.cifar10 import CIFAR10
from indicators.report import overview, page, verdicts
from indicators.report.figures.catalog import FIGURES
from indicators.report.figures.series import Drawn, Missing, fill_all
from indicators.report.verdicts import Case
from indicators.sources.published import PublishedStudy
from indicators.sources.transcribed import load
from indicators.specs import STUDIES, load_study
from indicators.store import Store

ROOT = Path(__file__).parents[2]
VOID = {"meta", "link", "input", "br", "wbr"}
EVIDENCE = {
    "verdict": "supported", "effect": 0.1234, "low": 0.09, "high": 0.15, "by": 0.02, "seeds": 3,
    "compared": "sgd high - sgd low", "unit": "NMI", "reason": "3 seeds: above 0.02", "p": 0.001,
    "values": [0.12, 0.13, 0.12], "spread": 0.01,
}  # fmt: skip


def case(claim="A3", verdict="supported", **about):
    fields = {
        "sentence": f"Sentence <of> {claim} & others.",
        "section": "8.3",
        "tier": "core",
        "theme": "test_5_information",
        "test": "hypotheses/test_5_information.py::test_something",
        "parameters": "",
        "place": [9],
        "cases": 1,
        "reason": "3 seeds: above 0.02",
        "evidence": [EVIDENCE | {"verdict": verdict}],
        "figures": "8.2",
        "expected": 0.1,
    }
    return Case(claim=claim, verdict=verdict, **(fields | about))


def document(tmp_path, *cases, name="mine", seeds=3, complete=True):
    path = tmp_path / f"{name}.json"
    about = {"name": name, "scale": "mini", "seeds": seeds}
    verdicts.write(path, verdicts.by_claim(cases), about, complete=complete)
    return overview.read_document(path)


class Page(HTMLParser):
    """Elements in their order, with attributes and text; every element closed as it was opened."""

    def __init__(self, text):
        super().__init__()
        self.elements, self._open = [], []
        self.feed(text)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag, attrs):
        self.elements.append({"tag": tag, "attrs": dict(attrs), "text": ""})
        if tag not in VOID:
            self._open.append(self.elements[-1])

    def handle_endtag(self, tag):
        assert self._open, f"</{tag}> closes nothing"
        assert self._open.pop()["tag"] == tag

    def handle_data(self, data):
        for element in self._open:
            element["text"] += data

    def all(self, tag, **wanted):
        return [
            each
            for each in self.elements
            if each["tag"] == tag
            and all(each["attrs"].get(name.replace("_", "-")) == value for name, value in wanted.items())
        ]

    def one(self, tag, **wanted):
        (found,) = self.all(tag, **wanted)
        return found


@pytest.fixture(scope="module")
def thesis():
    return load(STUDIES / "thesis-2019.toml")


class ThreeSeeds:
    """The thesis's numbers as those of three seeds, a hundredth apart."""

    name, scale, seeds = "three", "full", (0, 1, 2)

    def __init__(self, recorded):
        self.layers, self.kernel_shapes, self._recorded = recorded.layers, recorded.kernel_shapes, recorded

    def measurement(self, name):
        return self._repeated(self._recorded.measurement(name))

    def untrained(self, name):
        return self._repeated(self._recorded.untrained(name))

    def _repeated(self, values):
        one = values.isel(seed=0, drop=True)
        return xr.concat([one - 0.01, one, one + 0.01], xr.DataArray([0, 1, 2], dims="seed", name="seed"))


@pytest.fixture(scope="module")
def filled(thesis):
    return fill_all(thesis)


def html(found, filled=(), others=(), **about):
    rows = overview.claim_rows(found, others, figures=FIGURES)
    return page.to_html(found, rows, filled, others=others, **about)


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


def test_the_numbers_that_are_drawn_are_those_of_the_measurement(whole, thesis):
    data = json.loads(Page(whole).one("script", id="data")["text"])
    drawn = data["figure-8-4"]["panels"][0]["series"][2]

    assert drawn["label"] == "high"
    expected = thesis.measurement("never_active").sel(seed=0, optimizer="sgd", level="high").values
    assert drawn["mean"] == pytest.approx(expected, rel=1e-3, abs=1e-12)


def test_every_figure_is_readable_without_scripts_as_numbers(whole, filled):
    found = Page(whole)
    captions = " ".join(each["text"] for each in found.all("caption"))

    drawn = [each for each in filled if isinstance(each, Drawn)]
    assert drawn
    assert len(found.all("div", **{"class": "chart"})) == len(drawn)
    assert all(f"{each.figure.title}: {each.figure.y_title}" in captions for each in drawn)


def test_several_seeds_show_how_far_they_lie_apart(tmp_path, thesis):
    found = Page(html(document(tmp_path, case()), fill_all(ThreeSeeds(thesis))))

    drawn = json.loads(found.one("script", id="data")["text"])["figure-8-4"]["panels"][0]["series"][2]
    expected = thesis.measurement("never_active").sel(seed=0, optimizer="sgd", level="high").values
    assert drawn["low"] == pytest.approx(expected - 0.01, rel=1e-3, abs=1e-12)
    assert drawn["high"] == pytest.approx(expected + 0.01, rel=1e-3, abs=1e-12)
    assert "0.633 to 0.653" in found.one("article", id="table-6-1")["text"]
    assert "from the smallest to the largest" in found.one("article", id="figure-8-4")["text"]


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


def test_nothing_in_the_data_can_end_its_element(tmp_path, filled, monkeypatch):
    monkeypatch.setattr(page, "figure_data", lambda _: {"title": "</script><script>alert(1)</script>"})
    found = Page(html(document(tmp_path, case()), filled))

    data = json.loads(found.one("script", id="data")["text"])
    assert data["figure-8-4"]["title"] == "</script><script>alert(1)</script>"


def test_studies_stand_side_by_side(tmp_path):
    mine = document(tmp_path, case(), case("A5"))
    other = document(tmp_path, case(verdict="refuted"), name="other")
    found = Page(html(mine, others=[other]))

    table = found.one("table", id="side-by-side")["text"]
    assert re.search(r"A3.*supported.*refuted", table, re.DOTALL)
    assert re.search(r"A5.*supported.*-", table, re.DOTALL)
    assert [each["attrs"]["data-claim"] for each in found.all("tr", **{"class": "differs"})] == ["A3"]


def test_the_effect_of_another_study_stands_beside_each_case(tmp_path):
    other = document(tmp_path, case(evidence=[EVIDENCE | {"effect": 0.5}]), name="other")
    (row,) = overview.claim_rows(document(tmp_path, case()), [other])

    assert row.cases[0].recorded == "+0.5 (supported)"


def test_an_effect_stands_where_its_multiple_of_what_counts_is():
    (tick,) = (at for label, at in overview.ticks() if label == "0")

    assert tick == 50
    assert overview.place(1) - 50 == pytest.approx(50 - overview.place(-1))
    assert overview.place(30) == overview.place(1000) == 100


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


def test_a_reason_says_of_how_many_seeds_if_not_of_all(tmp_path):
    all_of_them, fewer = ([EVIDENCE | {"seeds": seeds}] for seeds in (10, 8))

    rows = overview.claim_rows(document(tmp_path, case(evidence=all_of_them), case("A5", evidence=fewer), seeds=10))

    assert ["8 of 10 seeds" in row.why for row in rows] == [False, True]
    assert rows[1].cases[0].reason.endswith("; 8 of 10 seeds")


def test_a_sameness_has_a_band_and_no_expected_sign(tmp_path):
    tests = [claim for claim in reading.read() if claim.comparisons[0].verb == "same"]
    claim = tests[0]
    judged = case(claim.id, test=f"hypotheses/{claim.file}::{claim.comparisons[0].test}", expected=0.01)
    (row,) = overview.claim_rows(document(tmp_path, judged), tests=tests)

    assert row.decisive.bar.band
    assert row.decisive.bar.expected is None
    assert row.tests == ((f"hypotheses/{claim.file}", claim.comparisons[0].line),)


def test_where_any_effect_counts_there_is_no_unit_to_draw_it_in(tmp_path):
    found = document(tmp_path, case(evidence=[EVIDENCE | {"by": 0.0}]))
    forest = Page(html(found)).one("table", **{"class": "forest"})["text"]

    assert overview.claim_rows(found)[0].decisive.bar is None
    assert "+0.123" in forest


def test_the_reason_goes_without_the_list_of_what_there_is_instead(tmp_path):
    absent = case(verdict="not applicable", evidence=[], reason="mine does not record 'x'; it records y, z")
    (row,) = overview.claim_rows(document(tmp_path, absent))

    assert row.why == "mine does not record 'x'"


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


def test_the_figures_of_a_compared_study_come_too(tmp_path):
    about = {"name": "thesis-2019", "scale": "full", "seeds": 1}
    verdicts.write(tmp_path / "verdicts.json", verdicts.by_claim([case()]), about, complete=True)

    page.rebuild(tmp_path, load_study("thesis-2019"), Store(tmp_path / "store"), compare=["cifar10-quarter-recorded"])

    found = Page((tmp_path / "index.html").read_text(encoding="utf-8"))
    assert "The same in cifar10-quarter-recorded (quarter" in found.one("article", id="figure-8-5")["text"]
    # What 2019 did not record is shown of the other alone.
    assert ", not measured here" in found.one("article", id="figure-7-1")["text"]
    assert (tmp_path / "index.html").stat().st_size < 5_000_000


@pytest.mark.parametrize("name", ["thesis-2019", "cifar10-mini-recorded"])
def test_the_verdicts_that_are_shipped_are_those_that_are_held(name):
    document = overview.read_document(overview.find_document(name))
    held = json.loads((ROOT / f"hypotheses/{name}.json").read_text(encoding="utf-8"))

    assert document["study"]["name"] == name
    assert document["complete"]
    assert {row["id"]: row["verdict"] for row in document["claims"]} == held["verdicts"]


def test_what_cannot_be_compared_is_named():
    with pytest.raises(InputError, match=r"compare='heights' is neither .* \(cifar10-mini-recorded, .*thesis-2019\)"):
        overview.find_document("heights")


def test_verdicts_of_a_study_of_ones_own_are_not_shipped(tmp_path, monkeypatch):
    monkeypatch.setattr(overview, "STUDIES", tmp_path)
    (tmp_path / "verdicts.json").write_text("{}")
    (tmp_path / "known.toml").touch()

    overview.ship(tmp_path / "verdicts.json", "mine")
    overview.ship(tmp_path / "verdicts.json", "known")

    assert [path.name for path in tmp_path.glob("*.gz")] == ["known.verdicts.json.gz"]


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


def test_networks_have_cards_with_what_is_known_of_them(thesis):
    cards = page.networks(thesis)

    assert len(cards) == 9
    assert (cards[-1].learning_rate, cards[-1].epochs, cards[-1].seconds) == ("0.03", "25", "")
    assert dict(cards[-1].accuracies)["test"] == "0.85"


def test_the_settings_of_a_study_are_pairs():
    study = load_study("cifar10-mini")
    rows = dict(page.settings(study).rows)

    assert rows["study.data.train"] == str(study.data.train)
    assert rows["study.learning rates.layca.high"] == str(study.learning_rates["layca"]["high"])
    assert rows["data sha256.test images"] == CIFAR10["test_images"].sha256


def test_the_settings_of_a_published_study_are_those_in_its_file():
    source = PublishedStudy.__new__(PublishedStudy)
    one, other = {"seeds": [0], "python": "3.12"}, {"seeds": [1], "python": "3.13"}
    source.attrs = {"study": '{"data": {"train": 40}}', "measured_with": json.dumps([one]), "data_sha256": "{}"}

    rows = (("study.data.train", "40"), ("measured with.seeds", "[0]"), ("measured with.python", "3.12"))
    assert page.settings(None, source).rows == rows
    source.attrs["measured_with"] = json.dumps([one, other])
    assert page.settings(None, source).rows[-1] == ("measured with.2.python", "3.13")


def test_what_is_to_be_cited_is_what_the_citation_file_says():
    template = (Path(page.__file__).parent / "templates/index.html.j2").read_text(encoding="utf-8")
    cited = (ROOT / "CITATION.cff").read_text(encoding="utf-8")

    titles = re.findall(r'title: "(.+)"', cited)
    assert len(titles) == 3
    assert all(title in template for title in titles)


def test_every_verdict_has_a_color(whole):
    style = Page(whole).one("style")["text"]

    assert all(f".{verdict.replace(' ', '-')}" in style for verdict in VERDICTS)


@pytest.mark.parametrize("content", ["{}", "not JSON", '{"format": 2}'])
def test_a_file_that_holds_no_verdicts_is_refused(tmp_path, content):
    path = tmp_path / "verdicts.json"
    path.write_text(content)

    with pytest.raises(InputError, match="holds no verdicts"):
        overview.read_document(path)


def test_a_file_that_is_not_there_says_how_to_make_it(tmp_path):
    with pytest.raises(InputError, match="run pytest hypotheses/ first"):
        overview.read_document(tmp_path / "verdicts.json")


@pytest.mark.parametrize(("name", "version"), [("d3", "7.9.2"), ("plot", "0.6.17")])
def test_libraries_in_the_page_come_with_their_license(name, version):
    folder = Path(page.__file__).parent / "vendor"

    assert f"v{version} Copyright" in (folder / f"{name}.min.js").read_text(encoding="utf-8")[:100]
    assert "Permission to use, copy, modify" in (folder / f"{name}.LICENSE").read_text(encoding="utf-8")
