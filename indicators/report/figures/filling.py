"""Every figure of the thesis with the numbers of a study, or the reason why it has none."""

from __future__ import annotations

import re
from collections.abc import Sequence

from indicators.errors import InputError, NotApplicable
from indicators.report.figures.panels import Filled, Missing
from indicators.report.figures.series import drawn
from indicators.report.figures.tables import tabulated
from indicators.report.figures.thesis import FIGURES, Figure, Table
from indicators.sources.source import Source


def fill_all(source: Source, figures: Sequence[Figure | Table] = FIGURES) -> list[Filled]:
    """Every figure with the data of a study, or with the reason why it has none."""
    return [fill(figure, source) for figure in figures]


def fill(figure: Figure | Table, source: Source) -> Filled:
    """One figure with the data of a study.

    Missing where the study lacks the measurement, or has not measured it yet.
    """
    try:
        return tabulated(figure, source) if isinstance(figure, Table) else drawn(figure, source)
    except NotApplicable as error:
        return Missing(figure, str(error).partition(";")[0])
    except InputError as error:
        # A report may travel: it names files, not where they lie on this machine.
        return Missing(figure, re.sub(r"(?:/[^\s/]+)+/", "", str(error)))
