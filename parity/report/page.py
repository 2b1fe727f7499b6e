"""The report's pages: the index, self-contained (style, script and plots inside, nothing fetched), and one a concept, with every tensor."""

from __future__ import annotations

import json
from typing import Any

from parity.report.exam import HEADINGS
from parity.report.view import ConceptView, ReportView
from parity.report.wording import LEGEND
from parity.results import Run


def to_html(report: ReportView) -> str:
    """The index; equal runs give equal bytes but for the block `when`."""
    from markupsafe import Markup

    ranks = {word: place for place, (word, _) in enumerate(LEGEND)}
    when = Markup(json.dumps(report.when, ensure_ascii=False, indent=0).replace("</", "<\\/"))
    return _set("report.html.jinja", report=report, ranks=ranks, when=when)


def concept_html(concept: ConceptView, run: Run) -> str:
    """All cases of a concept, their tensors, and both sources."""
    return _set("cases.html.jinja", concept=concept, run=run)


def exam_html(report: ReportView) -> str:
    """What came of every name of torch's test database, with links to the concepts of this report."""
    concepts = {case.result.case.target.partition(":")[2]: case.result.case.concept for case in report.cases}
    return _set("exam.html.jinja", exam=report.exam, headings=HEADINGS, concepts=concepts, assets="concepts/")


def _set(name: str, **told: Any) -> str:
    from markupsafe import Markup

    from parity.report.prose import parse, to_html
    from parity.report.sources import highlighted
    from parity.report.templates import template

    return template(name).render(
        **told,
        prose=lambda docstring: Markup(to_html(parse(docstring))),
        highlighted=lambda text: Markup(highlighted(text)),
        raw=Markup,
    )
