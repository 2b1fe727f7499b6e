"""The report of a run: an index, one page a concept, the same as Markdown, CSV and JSON, and JUnit XML for a CI server."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from parity.report.data import read_report as read_report

if TYPE_CHECKING:
    from parity.results import Run


def write_report(run: Run, *, margin: Path | None = None) -> list[Path]:
    """Writes index.html, concepts/*.html, report.md, report.csv, report.json and junit.xml into `run.out`, each whole or not at all.

    Equal results give equal files: what changes from run to run (dates, durations) stands in one place of each. Pages of concepts whose results and
    sources are those of the last time are left as they lie. Where there is an exam.json, exam.html shows it; where a faults.json, a section does.

    Args:
        margin: the measured margin of the rule, written by `make margin`; by default `margin.json` in `run.out`.

    Raises:
        ParityUsageError: `margin`, exam.json or faults.json is not such a file.
        OSError: `run.out` cannot be written.
    """
    from parity.report import page
    from parity.report.data import case_texts, to_json
    from parity.report.exam import read_exam
    from parity.report.faults import read_faults
    from parity.report.junit import to_junit
    from parity.report.margin import read_margin
    from parity.report.shelf import Shelf
    from parity.report.templates import asset
    from parity.report.text import to_csv, to_markdown
    from parity.report.view import view
    from parity.trace import write_atomically

    report = view(
        run, read_margin(margin or run.out / "margin.json", required=margin is not None), read_exam(run.out / "exam.json"), read_faults(run.out / "faults.json")
    )
    texts = case_texts(run)
    files = {"report.json": to_json(run, texts), "report.md": to_markdown(report), "junit.xml": to_junit(run), "index.html": page.to_html(report)}
    for name, content in files.items():
        write_atomically(run.out / name, content)
    shelf = Shelf(run.out, run.out, "report")
    shelf.put("report.csv", texts.values(), lambda: to_csv(run))
    for name in ("page.css", "page.js"):
        shelf.put(f"concepts/{name}", (), lambda name=name: asset(name))  # type: ignore[misc]
    for concept in report.concepts:
        made_from = [run.device, run.backend, *(texts[case.id] for case in concept.cases), *(source.text if source else "" for source in concept.sources)]
        shelf.put(f"concepts/{concept.name}.html", made_from, lambda concept=concept: page.concept_html(concept, run))  # type: ignore[misc]
    if report.exam:
        shelf.put("exam.html", [repr(report.exam), *texts], lambda: page.exam_html(report))
    return [*(run.out / name for name in files), *shelf.close()]
