"""Judged cases, documents of them, and the page that shows them, for tests."""

from html.parser import HTMLParser

from indicators.report import overview, page, verdicts
from indicators.report.figures.thesis import FIGURES
from indicators.report.verdicts import Case

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


def html(found, filled=(), others=(), **about):
    rows = overview.claim_rows(found, others, figures=FIGURES)
    return page.to_html(found, rows, filled, others=others, **about)


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
