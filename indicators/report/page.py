"""The report: one self-contained page and a summary for a pull request, from verdicts and measurements."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from indicators.claims import reading
from indicators.claims.evidence import VERDICTS
from indicators.errors import InputError
from indicators.files import write_atomically
from indicators.report import conclusions, overview, steady
from indicators.report.cards import NetworkCard, Settings, networks, settings
from indicators.report.figures import island
from indicators.report.figures.filling import fill_all
from indicators.report.figures.panels import Drawn, Filled, Missing, Tabulated
from indicators.report.figures.thesis import FIGURES
from indicators.report.rendering import file_text, rendered, slug
from indicators.report.treatment import NETWORKS, Given, treatment
from indicators.report.verdicts import WEAK, WHY_WEAK, Document
from indicators.sources.source import Source, open_source
from indicators.specs import RecordedSpec, StudySpec
from indicators.specs.files import load_study, studies
from indicators.store import Store

THESIS = "thesis-2019"
"""The study whose figures and effects stand beside those of others."""
LONGEST_COMMENT = 65_000
"""Characters that a comment on a pull request may have."""


def write(
    folder: Path,
    document: Document,
    source: Source,
    *,
    study: StudySpec | RecordedSpec | None = None,
    others: Sequence[Document] = (),
    beside: Sequence[Source] = (),
) -> list[Path]:
    """Writes `index.html` and `report.md`; returns their paths.

    `others` are verdicts of other studies to be set beside these, `beside` studies whose figures stand beside those of
    the source.
    """
    rows = overview.claim_rows(document, others, figures=FIGURES, tests=_tests())
    given = treatment([source, *beside])
    page = to_html(
        document, rows, fill_all(source), beside=list(map(fill_all, beside)), others=others, given=given,
        settings=settings(study, source), networks=networks(source),
        tests_at=_relative(reading.FOLDER.parent, folder),
    )  # fmt: skip
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / "index.html", folder / "report.md"]
    for path, text in zip(paths, (page, to_markdown(document, rows, others, given)), strict=True):
        write_atomically(path, text.encode())
    return paths


def rebuild(folder: Path, study: StudySpec | RecordedSpec, store: Store, *, compare: Sequence[str] = ()) -> list[Path]:
    """Writes the report of the verdicts in a folder, beside those of other studies; returns the paths of what it wrote.

    `compare`: names of published studies, whose figures come too, or paths of verdicts. The thesis's own figures and
    effects stand beside those of any other study. Of a shipped study that was not judged here, the verdicts are those
    that it was shipped with. Raises InputError where the folder holds no verdicts, or those of another study.
    """
    document = overview.read_document(_verdicts(folder, study))
    judged = document["study"]
    if judged["name"] != study.name:
        raise InputError(
            f"{folder} holds verdicts of {judged['name']}, not of study={study.name!r}; name its own folder"
        )
    if isinstance(study, StudySpec):
        study = study.changed(seeds=judged["seeds"])
    names = [name for name in dict.fromkeys([THESIS, *compare]) if name != study.name]
    others = [overview.read_document(overview.find_document(name)) for name in names]
    beside = [open_source(load_study(name), store) for name in names if name in studies()]
    return write(folder, document, open_source(study, store), study=study, others=others, beside=beside)


def _verdicts(folder: Path, study: StudySpec | RecordedSpec) -> Path:
    """The file of verdicts of a run, or of a shipped study."""
    file = folder / "verdicts.json"
    if not file.exists() and study.name in studies() and load_study(study.name) == study:
        shipped = overview.shipped(study.name)
        return shipped if shipped.is_file() else file
    return file


def to_html(
    document: Document,
    rows: Sequence[overview.ClaimRow],
    filled: Sequence[Filled],
    *,
    beside: Sequence[Sequence[Filled]] = (),
    others: Sequence[Document] = (),
    given: Sequence[Given] = (),
    settings: Settings | None = None,
    networks: Sequence[NetworkCard] = (),
    tests_at: str | None = None,
) -> str:
    """The page. `tests_at` is the way from its folder to the claims' tests, if it can be linked."""
    here = {found.figure.key: found for found in filled if not isinstance(found, Missing)}
    elsewhere = _by_figure(beside)
    every = [*here.items(), *(pair for pairs in elsewhere.values() for pair in pairs)]
    return rendered(
        "index.html.j2",
        document=document,
        study=document["study"],
        studies=[document["study"], *(other["study"] for other in others)],
        rows=rows,
        conclusions=conclusions.answered([document, *others]),
        weak=WEAK,
        why_weak=WHY_WEAK,
        checks=steady.NAMES,
        given=given,
        trained=NETWORKS,
        themes=_by_theme(rows),
        kinds=[kind for kind in reading.KINDS if any(row.kind == kind for row in rows)],
        here=here,
        elsewhere=elsewhere,
        figures=[found.figure for found in filled if found.figure.key in here or found.figure.key in elsewhere],
        missing=[found for found in filled if isinstance(found, Missing)],
        settings=settings,
        networks=networks,
        tests_at=tests_at,
        verdicts=[one for one in VERDICTS if any(one in (row.verdict, *row.by_study.values()) for row in rows)],
        ticks=overview.ticks(),
        one=round(overview.place(1) - overview.place(0), 2),
        # Read with JSON.parse, so nothing in it can run.
        data=island.to_json((key, found) for key, found in every if isinstance(found, Drawn)),
        style=file_text("style.css"),
        scripts=[file_text("vendor/d3.min.js"), file_text("vendor/plot.min.js"), file_text("page.js")],
    )


def to_markdown(
    document: Document,
    rows: Sequence[overview.ClaimRow],
    others: Sequence[Document] = (),
    given: Sequence[Given] = (),
) -> str:
    """The summary, short enough for a comment on a pull request."""
    found = conclusions.answered([document, *others])
    names = [each["study"]["name"] for each in (document, *others)]
    about = {
        "document": document, "study": document["study"], "rows": rows, "kinds": reading.KINDS,
        "others": [other["study"] for other in others], "given": given, "trained": NETWORKS,
        "conclusions": found, "table": conclusions.to_markdown(found, names), "weak": WEAK,
    }  # fmt: skip
    text = rendered("report.md.j2", **about, brief=False)
    return text if len(text) <= LONGEST_COMMENT else rendered("report.md.j2", **about, brief=True)[:LONGEST_COMMENT]


def _by_figure(studies: Sequence[Sequence[Filled]]) -> dict[str, list[tuple[str, Drawn | Tabulated]]]:
    """The figures of several studies under the key of the figure, each with a key of its own."""
    found: dict[str, list[tuple[str, Drawn | Tabulated]]] = {}
    for one in (one for study in studies for one in study if not isinstance(one, Missing)):
        found.setdefault(one.figure.key, []).append((f"{one.figure.key}-{slug(one.study)}", one))
    return found


def _by_theme(rows: Sequence[overview.ClaimRow]) -> dict[str, list[overview.ClaimRow]]:
    themes: dict[str, list[overview.ClaimRow]] = {}
    for row in rows:
        themes.setdefault(row.theme, []).append(row)
    return themes


def _tests() -> list[reading.Claim]:
    """What the claims say of themselves, where their files are at hand."""
    try:
        return reading.read()
    except InputError:
        return []


def _relative(root: Path, folder: Path) -> str | None:
    """The way from a folder inside another up to that; None from anywhere else, where it would name this machine."""
    try:
        depth = len(folder.resolve().relative_to(root.resolve()).parts)
    except ValueError:
        return None
    return "/".join([".."] * depth) or "."
