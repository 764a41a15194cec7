"""The pages can be reached and read: navigation, links, length, numbers, and the site that is made of them."""

import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from indicators import __version__

ROOT = Path(__file__).parents[1]
DOCS = sorted((ROOT / "docs").glob("*.md"))
ROOT_PAGES = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md")]
PAGES = [*ROOT_PAGES, *DOCS]
SETTINGS = yaml.safe_load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"))
READERS_OWN = {"hypotheses/test_9_mine.py"}
LONGEST_README = 1500
"""Words, as `wc -w` counts them."""


def names_of(page):
    return page.name


def pages_in(navigation):
    """The pages of a navigation, whatever the headings above them."""
    if isinstance(navigation, str):
        return [navigation]
    entries = navigation.values() if isinstance(navigation, dict) else navigation
    return [page for entry in entries for page in pages_in(entry)]


def anchors_of(page):
    """What the headings of a page are called in links to them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"\s+", "-", re.sub(r"[^\w\s-]", "", heading).strip().lower()) for heading in headings}


def test_readme_is_read_in_a_few_minutes():
    assert len((ROOT / "README.md").read_text(encoding="utf-8").split()) <= LONGEST_README


def test_every_page_is_reached_from_the_navigation():
    moved = {"README.md": "index.md", **{page.name: page.name.lower() for page in ROOT_PAGES[1:]}}

    assert sorted(pages_in(SETTINGS["nav"])) == sorted([*moved.values(), *(page.name for page in DOCS)])


@pytest.mark.parametrize("page", DOCS, ids=names_of)
def test_readme_leads_to_every_page(page):
    assert f"(docs/{page.name})" in (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("page", PAGES, ids=names_of)
def test_what_is_linked_is_there(page):
    for target, _, anchor in re.findall(r"\]\((?!https?:)([^)#]*)(#([^)]*))?\)", page.read_text(encoding="utf-8")):
        linked = page.parent / target if target else page
        assert linked.is_file(), target
        assert not anchor or anchor in anchors_of(linked), anchor


@pytest.mark.parametrize("page", PAGES, ids=names_of)
def test_the_files_and_modules_that_are_named_are_there(page):
    text = page.read_text(encoding="utf-8")
    paths = set(re.findall(r"`((?:indicators|tests|docs|hypotheses|\.ci)/[^` ]*)`", text))
    modules = set(re.findall(r"`(indicators(?:\.[a-z_]+)+)`", text))

    assert [path for path in paths - READERS_OWN if not list(ROOT.glob(path))] == []
    assert [module for module in modules if importlib.util.find_spec(module) is None] == []


@pytest.mark.parametrize("page", PAGES, ids=names_of)
def test_no_number_lacks_its_leading_zero(page):
    bare = re.findall(r".*(?<![\w.)\]])\.\d.*", page.read_text(encoding="utf-8"))

    assert bare == []


def test_the_version_that_is_cited_is_this_one():
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))

    assert cited["version"] == __version__


def test_nothing_is_fetched_to_read_the_site():
    assert SETTINGS["theme"]["font"] is False
    assert "extra_javascript" not in SETTINGS
    assert not any("analytics" in key for key in SETTINGS["extra"])
    assert "http" not in (ROOT / "docs" / "site.css").read_text() + (ROOT / "docs" / "worker.js").read_text()


@pytest.mark.skipif(importlib.util.find_spec("mkdocs") is None, reason="make docs installs what builds the site")
def test_the_site_is_built_without_a_warning_and_names_no_other_place(tmp_path):
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", tmp_path / "site"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603 - our own pages
    pages = {path.relative_to(tmp_path / "site").as_posix(): path for path in (tmp_path / "site").rglob("*.html")}
    fetched = re.compile(r"<(?:script|link|img|iframe)[^>]*(?:src|href)=\"https?:")

    assert done.returncode == 0, done.stdout + done.stderr
    assert {"index.html", "findings.html", "api/claims/verbs.html", "api/measures/weights.html"} <= set(pages)
    assert [name for name, path in pages.items() if fetched.search(path.read_text(encoding="utf-8"))] == []
    assert "<math" in pages["statistics.html"].read_text(encoding="utf-8")
