"""A run on a terminal: one table and one line of totals."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import shorten
from typing import TYPE_CHECKING

from parity.report.data import ordered
from parity.report.wording import duration, headline, numbers, tone, where
from parity.results import Result, Run

if TYPE_CHECKING:
    from rich.table import Table
    from rich.text import Text

MANY = 40  # cases; above it the table has one line a concept
LONGEST = 120  # of what is told in one cell; the report has the rest
_STYLES = {"agree": "green", "note": "yellow", "idle": "bright_black", "differ": "bold red", "broken": "bold magenta"}


def results_table(run: Run) -> Table:
    """One line a case, or above `MANY` cases one a concept, at its worst case; what fails has its own line, last, where the eye is when the run ends."""
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold", expand=False)
    by_case = len(run.results) <= MANY
    for heading, justify, ratio in (
        ("case" if by_case else "concept", "left", 4),
        ("verdict", "left", None),
        ("difference", "right", None),
        ("torch error", "right", None),
        ("Keras error", "right", None),
        ("worst tensor and slice", "left", 3),
        ("time", "right", None),
    ):
        table.add_column(heading, justify=justify, no_wrap=ratio is None, overflow="fold")  # type: ignore[arg-type]
    results = ordered(run.results)
    failing = [result for result in results if not result.ok]
    agreeing = [result for result in results if result.ok]
    groups = [[result] for result in agreeing] if by_case else _by_concept(agreeing)
    for group in [*groups, *([result] for result in failing)]:
        table.add_row(*_cells(group, by_case or not group[0].ok))
    return table


def _by_concept(results: Sequence[Result]) -> list[list[Result]]:
    found: dict[str, list[Result]] = {}
    for result in results:
        found.setdefault(result.case.concept, []).append(result)
    return list(found.values())


def _cells(group: Sequence[Result], by_case: bool) -> list[Text | str]:
    from rich.text import Text

    judged = [result for result in group if not result.skipped] or list(group)
    result = min(judged, key=lambda result: (result.verdict.severity, -(0.0 if result.worst_row is None else result.worst_row.relative)))
    row = result.worst_row
    told = result.message or where(row)
    if row is not None and not result.ok and not result.message and row.note:
        told = f"{told}: {row.note}"
    elif not by_case and len(group) > 1:
        told = f"{told} of {result.case.name}" if row else told
    seconds = sum(result.time for result in group if not result.cached)
    time = duration(seconds) if seconds else "cached" if result.cached else ""
    name = result.case.id if by_case else f"{result.case.concept} ({len(group)})"
    return [Text(name), Text(result.word, _STYLES[tone(result.word)]), *numbers(row)[:3], Text(shorten(told, LONGEST, placeholder=" …")), time]


def totals_line(run: Run) -> str:
    """ "412 equivalent, 3 different: 412 of 415 cases agree; 3 differ. 74.2 s. Report: reports/index.html" """
    totals = ", ".join(f"{count} {word}" for word, count in reversed(run.totals.items())) or "nothing"
    return f"{totals}: {headline(run)} {duration(run.seconds)}. Report: {run.out / 'index.html'}"
