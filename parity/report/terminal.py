"""A run on a terminal: one table and one line of totals."""

from __future__ import annotations

from textwrap import shorten
from typing import TYPE_CHECKING

from parity.report.data import ordered
from parity.report.wording import duration, headline, numbers, tone, where
from parity.results import Result, Run

if TYPE_CHECKING:
    from rich.table import Table
    from rich.text import Text

LONGEST = 120  # of what is told in one cell; the report has the rest
_STYLES = {"agree": "green", "note": "yellow", "idle": "bright_black", "differ": "bold red", "broken": "bold magenta"}


def results_table(run: Run) -> Table:
    """One line a case, failing cases last, where the eye is when the run ends."""
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold", expand=False)
    for heading, justify, ratio in (
        ("case", "left", 4),
        ("verdict", "left", None),
        ("difference", "right", None),
        ("torch error", "right", None),
        ("Keras error", "right", None),
        ("worst tensor and slice", "left", 3),
        ("time", "right", None),
    ):
        table.add_column(heading, justify=justify, no_wrap=ratio is None, overflow="fold")  # type: ignore[arg-type]
    for result in sorted(ordered(run.results), key=lambda result: not result.ok):
        table.add_row(*_cells(result))
    return table


def _cells(result: Result) -> list[Text | str]:
    from rich.text import Text

    row = result.worst_row
    told = result.message or where(row)
    if row is not None and not result.ok and not result.message and row.note:
        told = f"{told}: {row.note}"
    time = "cached" if result.cached else duration(result.time) if result.time else ""
    return [Text(result.case.id), Text(result.word, _STYLES[tone(result.word)]), *numbers(row)[:3], Text(shorten(told, LONGEST, placeholder=" …")), time]


def totals_line(run: Run) -> str:
    """ "412 equivalent, 3 different: 412 of 415 cases agree; 3 differ. 74.2 s. Report: reports/index.html" """
    totals = ", ".join(f"{count} {word}" for word, count in reversed(run.totals.items())) or "nothing"
    return f"{totals}: {headline(run)} {duration(run.seconds)}. Report: {run.out / 'index.html'}"
