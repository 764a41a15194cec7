"""The page in a real browser, where there is one: what its script makes of it."""

import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import pytest

from indicators.recorded import load
from indicators.report import overview, page, verdicts
from indicators.report.figures.catalog import FIGURES
from indicators.report.figures.series import Drawn, fill_all
from indicators.report.verdicts import Case
from indicators.specs import STUDIES

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "chrome"))), None)
pytestmark = pytest.mark.skipif(BROWSER is None, reason="no Chromium here: apt-get install chromium")

NUMBERS = ("8.4", "6.4", "A.15-A.20")


class Elements(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.found = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))


@pytest.fixture(scope="module")
def seen(tmp_path_factory):
    """The elements after the script has run, and what the browser had to say."""
    folder = tmp_path_factory.mktemp("page")
    about = {"section": "8.3", "tier": "core", "theme": "test_6_activity", "test": "hypotheses/test_6_activity.py::t"}
    case = Case("A16", "A sentence.", parameters="", place=[1], cases=1, verdict="inconclusive", reason="why", **about)
    verdicts.write(folder / "v.json", verdicts.by_claim([case]), {"name": "n", "scale": "s", "seeds": 1}, complete=True)
    document = overview.read_document(folder / "v.json")
    filled = fill_all(load(STUDIES / "thesis-2019.toml"), [figure for figure in FIGURES if figure.number in NUMBERS])
    path = folder / "index.html"
    # Printing draws what scrolling would draw, without waiting for it to come into view.
    printed = '<script>dispatchEvent(new Event("beforeprint"))</script></body>'
    text = page.to_html(document, overview.claim_rows(document), filled).replace("</body>", printed)
    path.write_text(text, encoding="utf-8")
    dumped = _browse(path, folder)
    return Elements(dumped.stdout).found, dumped.stdout, dumped.stderr, filled


def _browse(path: Path, folder: Path):
    command = [
        BROWSER, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={folder / 'browser'}",
        "--enable-logging=stderr", "--virtual-time-budget=5000", "--dump-dom", path.as_uri(),
    ]  # fmt: skip
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)  # noqa: S603 - our own file


def test_the_script_complains_of_nothing(seen):
    assert not re.findall(r".*CONSOLE.*", seen[2])


def test_every_panel_is_a_picture_with_a_name(seen):
    pictures = [attrs for tag, attrs in seen[0] if tag == "svg" and attrs.get("role") == "img"]

    assert len(pictures) == sum(len(found.panels) for found in seen[3] if isinstance(found, Drawn))
    assert all("lines:" in attrs["aria-label"] for attrs in pictures)


def test_every_panel_can_be_reached_by_keys(seen):
    panels = [attrs for _, attrs in seen[0] if attrs.get("class") == "panel"]

    assert panels
    assert all(attrs["tabindex"] == "0" and attrs["role"] == "group" for attrs in panels)


def test_every_line_can_be_switched(seen):
    boxes = [attrs for tag, attrs in seen[0] if tag == "input" and attrs["type"] == "checkbox"]

    assert len(boxes) == sum(len(found.labels) for found in seen[3] if isinstance(found, Drawn))


def test_every_line_has_a_path_of_numbers(seen):
    paths = [attrs["d"] for tag, attrs in seen[0] if tag == "path" and "d" in attrs]

    assert paths
    assert not [d for d in paths if "NaN" in d]


def test_the_filter_is_there_once_it_works(seen):
    (form,) = [attrs for tag, attrs in seen[0] if tag == "form"]

    assert "hidden" not in form
    assert "<output>1 claim</output>" in seen[1]
