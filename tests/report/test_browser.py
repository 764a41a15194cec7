"""The page in a real browser: `make test-report`; elsewhere these tests run where Playwright and Chromium are."""

import re
import shutil

import pytest

from indicators.report import cards, overview, page
from indicators.report.figures.filling import fill_all
from indicators.report.figures.panels import Drawn
from indicators.report.figures.thesis import FIGURES
from indicators.report.treatment import treatment
from indicators.sources.published import published_at
from indicators.sources.transcribed import load
from indicators.specs.files import STUDIES

playwright = pytest.importorskip("playwright.sync_api", reason="no Playwright here: make test-report")
axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="no axe here: make test-report")
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "chrome"))), None)
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here: apt-get install chromium")

WIDTHS = {"phone": 375, "tablet": 768, "desk": 1440}
STANDARDS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@pytest.fixture(scope="module")
def filled():
    return fill_all(load(STUDIES / "thesis-2019.toml"))


@pytest.fixture(scope="module")
def address(tmp_path_factory, filled):
    """Where the page of the thesis's own numbers lies, with the verdicts of another study beside it."""
    document, other = (
        overview.read_document(overview.find_document(name)) for name in ("thesis-2019", "cifar10-mini-recorded")
    )
    rows = overview.claim_rows(document, [other], figures=FIGURES)
    path = tmp_path_factory.mktemp("page") / "index.html"
    # With the long provenance of a study that was trained.
    trained = published_at(STUDIES / "cifar10-quarter-recorded.toml")
    about = {"settings": cards.settings(None, trained), "networks": cards.networks(trained)}
    about["given"] = treatment([load(STUDIES / "thesis-2019.toml"), trained])
    path.write_text(page.to_html(document, rows, filled, others=[other], **about), encoding="utf-8")
    return path.as_uri()


@pytest.fixture(scope="module")
def browser():
    with playwright.sync_playwright() as started:
        launched = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield launched
        launched.close()


@pytest.fixture
def visit(browser, address):
    """Opens the page as told; what it says and asks for is kept in `heard`."""
    contexts = []

    def open_page(width=1440, **options):
        context = browser.new_context(viewport={"width": width, "height": 900}, **options)
        contexts.append(context)
        tab = context.new_page()
        tab.heard = []
        tab.on("console", lambda message: tab.heard.append(message.text))
        tab.on("pageerror", lambda error: tab.heard.append(str(error)))
        tab.on("request", lambda request: request.url.startswith(("file:", "data:")) or tab.heard.append(request.url))
        tab.goto(address)
        return tab

    yield open_page
    for context in contexts:
        context.close()


def draw_everything(tab):
    """As printing does, without waiting for figures to come into view."""
    tab.evaluate("dispatchEvent(new Event('beforeprint'))")


def drawn(filled):
    return [found for found in filled if isinstance(found, Drawn)]


def test_the_page_complains_of_nothing_and_asks_no_host(visit):
    tab = visit()
    draw_everything(tab)
    tab.evaluate("scrollTo(0, document.body.scrollHeight)")

    assert tab.heard == []


def test_every_panel_is_a_picture_with_a_name_and_lines_of_numbers(visit, filled):
    tab = visit()
    draw_everything(tab)

    names = tab.locator("svg[role=img]").evaluate_all("all => all.map(svg => svg.getAttribute('aria-label'))")
    paths = tab.locator("svg[role=img] path[d]").evaluate_all("all => all.map(path => path.getAttribute('d'))")

    assert len(names) == sum(len(found.panels) for found in drawn(filled))
    assert all("lines:" in name for name in names)
    assert paths
    assert not [path for path in paths if "NaN" in path]


def test_figures_are_drawn_as_they_come_into_view(visit):
    tab = visit()
    assert tab.locator("[data-drawn]").count() < tab.locator(".chart").count()

    tab.locator("#figure-8-5").scroll_into_view_if_needed()

    tab.wait_for_selector("#figure-8-5 svg[role=img]")


@pytest.mark.parametrize("width", WIDTHS.values(), ids=WIDTHS)
def test_nothing_is_wider_than_the_window(visit, width):
    tab = visit(width)
    draw_everything(tab)

    assert tab.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [375, 1440])
def test_the_page_can_be_used_by_everyone(visit, width, scheme):
    tab = visit(width, color_scheme=scheme)
    tab.locator("#figure-8-5").scroll_into_view_if_needed()
    tab.wait_for_selector("#figure-8-5 svg[role=img]")
    # Every part is looked at, what is folded up too.
    tab.evaluate(
        "document.querySelectorAll('article.claim:nth-of-type(-n+4) details').forEach(each => each.open = true)"
    )

    found = axe.Axe().run(tab, options={"runOnly": STANDARDS, "resultTypes": ["violations"]})

    said = {(each["id"], node["html"][:200]) for each in found.response["violations"] for node in each["nodes"]}
    assert said == set()


def test_a_panel_reads_its_numbers_by_pointer_and_by_keys(visit, filled):
    tab = visit()
    tab.locator("#figure-8-4").scroll_into_view_if_needed()
    panel = tab.locator("#figure-8-4 .panel").first
    first = next(found for found in drawn(filled) if found.figure.number == "8.4").panels[0]

    panel.focus()
    tab.keyboard.press("End")
    last = panel.locator(".readout").inner_text()
    tab.keyboard.press("Home")
    start = panel.locator(".readout").inner_text()
    tab.keyboard.press("Escape")

    assert (last.splitlines()[0], start.splitlines()[0]) == (first.x[-1], first.x[0])
    high = next(series for series in first.series if series.label == "high")
    assert re.search(rf"^high {high.mean[-1]:.3g}$", last, re.MULTILINE)
    assert panel.locator(".readout").is_hidden()
    panel.hover()
    assert panel.locator(".readout").is_visible()


def test_a_line_is_switched_off_and_on(visit):
    tab = visit()
    figure = tab.locator("#figure-8-4")
    figure.scroll_into_view_if_needed()
    figure.locator("svg[role=img]").first.wait_for()
    box, lines = figure.locator(".switches input").nth(2), figure.locator("g.line, path.line")
    before = lines.count()

    box.uncheck()
    without = lines.count()
    box.check()

    assert without == before - figure.locator(".panel").count()
    assert lines.count() == before


def test_the_filter_leaves_the_claims_that_were_asked_for(visit):
    tab = visit()
    shown = tab.locator("article.claim:visible")
    every = shown.count()

    tab.get_by_label("Search").fill("dead neurons")
    some = shown.count()
    tab.locator("select[name=verdict]").select_option("contradicted")
    tab.get_by_label("Search").fill("no such words")

    assert 0 < some < every
    assert shown.count() == 0
    assert tab.locator("output").inner_text() == f"0 of {every} claims and controls"
    assert tab.locator(".nothing").is_visible()


def test_a_claim_that_is_linked_to_opens(visit):
    tab = visit()

    tab.locator("#matrix a[data-claim=P7]").click()

    assert tab.locator("#claim-p7 details").first.get_attribute("open") is not None


def test_the_printed_page_has_every_figure_on_white(visit):
    tab = visit(color_scheme="dark")
    tab.emulate_media(media="print")
    draw_everything(tab)

    assert tab.evaluate("getComputedStyle(document.body).backgroundColor") in ("rgb(255, 255, 255)", "rgba(0, 0, 0, 0)")
    assert tab.locator("svg[role=img]").count() > 50
    assert len(tab.pdf(format="A4")) > 100_000


def test_without_a_script_the_numbers_are_there(visit):
    tab = visit(java_script_enabled=False)

    tab.locator("#figure-8-4 details.data > summary").first.click()
    assert tab.locator("#figure-8-4 table.numbers").first.is_visible()
