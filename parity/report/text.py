"""The report as Markdown, readable on a forge, and as CSV, one line a tensor."""

from __future__ import annotations

from parity.report.data import ordered
from parity.report.view import ReportView
from parity.results import Run


def to_markdown(report: ReportView) -> str:
    """Totals, environment, concepts, cases and every row that is not plain agreement; dates and durations at the end."""
    from parity.report.templates import template

    return template("report.md.jinja").render(report=report)


def to_csv(run: Run) -> str:
    """`Run.table` with the notes and the reasons of declared differences."""
    ordered_run = Run(ordered(run.results), run.out)
    rows = [row for result in ordered_run.results for row in result.rows]
    table = ordered_run.table.assign(note=[row.note for row in rows], known=[row.known for row in rows])
    text: str = table.to_csv(index=False, lineterminator="\n")
    return text
