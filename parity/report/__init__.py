"""The report of a run: one self-contained page, the same as Markdown, CSV and JSON, and JUnit XML for a CI server."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from parity.report.data import read_report as read_report

if TYPE_CHECKING:
    from parity.results import Run


def write_report(run: Run, *, margin: Path | None = None) -> list[Path]:
    """Writes index.html, report.md, report.csv, report.json and junit.xml into `run.out`, each whole or not at all.

    Equal results give equal files: what changes from run to run (dates, durations) stands in one place of each.

    Args:
        margin: the measured margin of the rule, written by `make margin`; by default `margin.json` in `run.out`.

    Raises:
        ParityUsageError: `margin` is not such a file.
        OSError: `run.out` cannot be written.
    """
    from parity.report.data import to_json
    from parity.report.junit import to_junit
    from parity.report.margin import read_margin
    from parity.report.page import to_html
    from parity.report.text import to_csv, to_markdown
    from parity.report.view import view
    from parity.trace import write_atomically

    report = view(run, read_margin(margin or run.out / "margin.json", required=margin is not None))
    files = {
        "report.json": to_json(run),
        "report.csv": to_csv(run),
        "report.md": to_markdown(report),
        "junit.xml": to_junit(run),
        "index.html": to_html(report),
    }
    for name, content in files.items():
        write_atomically(run.out / name, content)
    return [run.out / name for name in files]
