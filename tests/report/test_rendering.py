"""The files that the report is made of: templates, libraries."""

import re
from pathlib import Path

import pytest

from indicators.report import rendering

ROOT = Path(__file__).parents[2]


def test_what_is_to_be_cited_is_what_the_citation_file_says():
    template = (Path(rendering.__file__).parent / "templates/index.html.j2").read_text(encoding="utf-8")
    cited = (ROOT / "CITATION.cff").read_text(encoding="utf-8")

    titles = re.findall(r'title: "(.+)"', cited)
    assert len(titles) == 3
    assert all(title in template for title in titles)


@pytest.mark.parametrize(("name", "version"), [("d3", "7.9.2"), ("plot", "0.6.17")])
def test_libraries_in_the_page_come_with_their_license(name, version):
    folder = Path(rendering.__file__).parent / "vendor"

    assert f"v{version} Copyright" in (folder / f"{name}.min.js").read_text(encoding="utf-8")[:100]
    assert "Permission to use, copy, modify" in (folder / f"{name}.LICENSE").read_text(encoding="utf-8")
