"""The report: one self-contained page and a summary for a pull request, from verdicts and measurements."""

from __future__ import annotations

import html
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from indicators.claims import reading
from indicators.claims.evidence import VERDICTS
from indicators.errors import InputError, NotApplicable
from indicators.files import write_atomically
from indicators.images.dataset import checksums
from indicators.report import overview
from indicators.report.figures.catalog import FIGURES
from indicators.report.figures.series import (
    Cell,
    Drawn,
    Filled,
    Missing,
    Tabulated,
    decimal_number,
    fill_all,
    shown_number,
    table_of,
    word,
)
from indicators.report.verdicts import Document
from indicators.sources.published import PublishedStudy
from indicators.sources.source import Source, open_source
from indicators.sources.stored import Measurements
from indicators.specs import LEVELS, OPTIMIZERS, RecordedSpec, StudySpec, load_study, studies
from indicators.store import Store

HERE = Path(__file__).parent
THESIS = "thesis-2019"
"""The study whose figures and effects stand beside those of others."""
LONG_AXIS = 40
"""Places along the axis of a figure."""
LONGEST_COMMENT = 65_000
"""Characters that a comment on a pull request may have."""


@dataclass(frozen=True)
class Settings:
    """What is known of how a study was made, as pairs of a name and a value."""

    rows: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Network:
    """The card of one trained network."""

    optimizer: str
    level: str
    seed: int
    learning_rate: str
    epochs: str
    seconds: str
    accuracies: tuple[tuple[str, str], ...]


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
    tests = _tests()
    rows = overview.claim_rows(document, others, figures=FIGURES, tests=tests)
    page = to_html(
        document, rows, fill_all(source), beside=list(map(fill_all, beside)), others=others,
        settings=settings(study, source), networks=networks(source),
        sources_at=_relative(reading.FOLDER.parent, folder),
    )  # fmt: skip
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / "index.html", folder / "report.md"]
    for path, text in zip(paths, (page, to_markdown(document, rows, others)), strict=True):
        write_atomically(path, text.encode())
    return paths


def rebuild(folder: Path, study: StudySpec | RecordedSpec, store: Store, *, compare: Sequence[str] = ()) -> list[Path]:
    """Writes the report of the verdicts in a folder, beside those of other studies; returns the paths of what it wrote.

    `compare`: names of published studies, whose figures come too, or paths of verdicts. The thesis's own figures and
    effects stand beside those of any other study. Raises InputError where the folder holds no verdicts, or those of
    another study.
    """
    document = overview.read_document(folder / "verdicts.json")
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


def to_html(
    document: Document,
    rows: Sequence[overview.ClaimRow],
    filled: Sequence[Filled],
    *,
    beside: Sequence[Sequence[Filled]] = (),
    others: Sequence[Document] = (),
    settings: Settings | None = None,
    networks: Sequence[Network] = (),
    sources_at: str | None = None,
) -> str:
    """The page. `sources_at` is the way from its folder to the claims' tests, if it can be linked."""
    here = {found.figure.key: found for found in filled if not isinstance(found, Missing)}
    elsewhere: dict[str, list[tuple[str, Drawn | Tabulated]]] = {}
    for found in (found for study in beside for found in study if not isinstance(found, Missing)):
        key = f"{found.figure.key}-{_slug(found.study)}"
        elsewhere.setdefault(found.figure.key, []).append((key, found))
    # One island of data: what the script draws. Read with JSON.parse, so nothing in it can run.
    drawn = [*here.items(), *(pair for pairs in elsewhere.values() for pair in pairs)]
    data = {key: figure_data(found) for key, found in drawn if isinstance(found, Drawn)}
    return str(
        _environment()
        .get_template("index.html.j2")
        .render(
            document=document,
            study=document["study"],
            studies=[document["study"], *(other["study"] for other in others)],
            rows=rows,
            themes=_by_theme(rows),
            kinds=[kind for kind in reading.KINDS if any(row.kind == kind for row in rows)],
            here=here,
            elsewhere=elsewhere,
            figures=[found.figure for found in filled if found.figure.key in here or found.figure.key in elsewhere],
            missing=[found for found in filled if isinstance(found, Missing)],
            settings=settings,
            networks=networks,
            sources_at=sources_at,
            verdicts=[one for one in VERDICTS if any(one in (row.verdict, *row.by_study.values()) for row in rows)],
            ticks=overview.ticks(),
            one=round(overview.place(1) - overview.place(0), 2),
            data=_json(data),
            style=_text("style.css"),
            scripts=[_text("vendor/d3.min.js"), _text("vendor/plot.min.js"), _text("page.js")],
        )
    )


def to_markdown(document: Document, rows: Sequence[overview.ClaimRow], others: Sequence[Document] = ()) -> str:
    """The summary, short enough for a comment on a pull request."""
    template = _environment().get_template("report.md.j2")
    about = {
        "document": document, "study": document["study"], "rows": rows, "kinds": reading.KINDS,
        "others": [other["study"] for other in others],
    }  # fmt: skip
    text = str(template.render(**about, brief=False))
    return text if len(text) <= LONGEST_COMMENT else str(template.render(**about, brief=True))[:LONGEST_COMMENT]


def figure_data(drawn: Drawn) -> dict[str, Any]:
    """What the script needs of a figure, as JSON can hold it; numbers with four significant digits, on long axes three.

    A picture shows no more, and a figure of all layers at a hundred places each is the page's largest part.
    """
    digits = 3 if len(drawn.panels[0].x) > LONG_AXIS else 4
    return {
        "title": drawn.figure.title,
        "xTitle": drawn.figure.x_title,
        "yTitle": drawn.figure.y_title,
        "xScale": drawn.x_scale,
        "yScale": drawn.figure.y_scale,
        "steps": drawn.figure.steps,
        "columns": drawn.columns,
        "panels": [
            {
                "title": panel.title,
                "x": [place if isinstance(place, str) else _rounded(place) for place in panel.x],
                "y": [_rounded(end) for end in panel.y_range],
                "series": [
                    {
                        "label": series.label,
                        "optimizer": series.labels.get("optimizer", ""),
                        "level": series.labels.get("level", ""),
                        "quantity": series.labels.get("quantity", ""),
                        "depth": series.depth,
                        "mean": _all_rounded(series.mean, digits),
                        "low": None if series.low is None else _all_rounded(series.low, digits),
                        "high": None if series.high is None else _all_rounded(series.high, digits),
                    }
                    for series in panel.series
                ],
            }
            for panel in drawn.panels
        ],
    }


def settings(study: StudySpec | RecordedSpec | None, source: Source | None = None) -> Settings | None:
    """How a study was made: its settings, the sums of its data, and the machines that trained or measured it.

    Of a published study, what its file says of all this.
    """
    if isinstance(source, PublishedStudy):
        said = {
            "study": json.loads(source.attrs["study"]),
            "data_sha256": json.loads(source.attrs["data_sha256"]),
            "measured_with": _numbered(source.measured_with),
        }
        return Settings(tuple(_flat(said)))
    if study is None:
        return None
    if isinstance(study, RecordedSpec):
        return Settings((("description", study.description),))
    said = {
        "study": study.model_dump(mode="json", exclude={"name", "scale", "seeds", "kind"}),
        "data_sha256": checksums(study.data),
    }
    if isinstance(source, Measurements):
        said["trained_with"] = _numbered(source.trained_with)
    return Settings(tuple(_flat(said)))


def _numbered(machines: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """One machine as it is, several by their number."""
    return machines[0] if len(machines) == 1 else {str(n): machine for n, machine in enumerate(machines, 1)}


def networks(source: Source) -> list[Network]:
    """A card for every trained network, with what the study knows of it; none where it knows no accuracy."""
    try:
        accuracy = source.measurement("accuracy")
    except (NotApplicable, InputError):
        return []
    trained = _training(source)
    return [
        _network({"seed": seed, "optimizer": optimizer, "level": level}, accuracy, trained)
        for seed in source.seeds
        for optimizer in OPTIMIZERS
        for level in LEVELS
    ]


def _network(where: dict[str, Any], accuracy: Any, trained: Mapping[str, Any]) -> Network:
    known = accuracy.sel(where)
    rate, epochs, seconds = (
        shown_number(float(trained[name].sel(where))) if name in trained else ""
        for name in ("learning_rate", "epochs", "seconds")
    )
    return Network(
        **where,
        learning_rate=rate,
        epochs=epochs,
        seconds=seconds,
        accuracies=tuple((word(split), shown_number(float(known.sel(split=split)))) for split in known["split"].values),
    )


def _training(source: Source) -> Mapping[str, Any]:
    """Rates, epochs and seconds of all networks, by name: those that the study knows."""
    if isinstance(source, Measurements | PublishedStudy):
        found = source.networks()
        return {str(name): found[name] for name in found.data_vars}
    try:
        rates = source.measurement("history").sel(quantity="learning_rate", drop=True)
    except (NotApplicable, InputError):
        return {}
    return {"learning_rate": rates.isel(epoch=0), "epochs": rates.notnull().sum("epoch")}


def _flat(table: Mapping[str, Any], prefix: str = "") -> Iterable[tuple[str, str]]:
    for name, value in table.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{name}.")
        elif value not in (None, ""):
            yield f"{prefix}{name}".replace("_", " "), str(value)


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


def _all_rounded(values: Sequence[float], digits: int) -> list[float | None]:
    return [_rounded(value, digits) for value in values]


def _rounded(value: float, digits: int = 4) -> float | None:
    if math.isnan(value):
        return None
    short = float(f"{value:.{digits}g}")
    return int(short) if short.is_integer() else short


def _json(data: Any) -> str:
    """JSON that can stand in a script element: nothing in it ends the element."""
    return json.dumps(data, separators=(",", ":"), allow_nan=False).replace("<", "\\u003c")


@cache
def _text(name: str) -> str:
    return (HERE / name).read_text(encoding="utf-8")


@cache
def _environment() -> Any:
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE / "templates"),
        autoescape=jinja2.select_autoescape(["html.j2"]),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "symbol": overview.symbol,
        "theme": overview.theme_title,
        "number": shown_number,
        "span": _span,
        "slug": _slug,
        "table": table_of,
        "decimal": decimal_number,
        # A bar would end the cell of a table.
        "cell": lambda text: html.escape(str(text), quote=False).replace("|", "\\|"),
    }
    environment.tests |= {"tabulated": lambda found: isinstance(found, Tabulated)}
    environment.globals |= {"counted": overview.counted, "shares": overview.shares}
    return environment


def _span(cell: Cell) -> str:
    """The smallest and largest of the seeds, if there are several."""
    if cell.low is None or cell.high is None or math.isnan(cell.low):
        return ""
    return f"{shown_number(cell.low)} to {shown_number(cell.high)}"


def _slug(text: str) -> str:
    return "".join(letter if letter.isalnum() else "-" for letter in text.lower())
