"""The report as one self-contained page: styles, script, plots and sources inside, nothing fetched."""

from __future__ import annotations

import json

from parity.report.view import ReportView
from parity.report.wording import LEGEND


def to_html(report: ReportView) -> str:
    """The page; equal runs give equal bytes but for the block `when`."""
    from markupsafe import Markup

    from parity.report.prose import parse, to_html
    from parity.report.sources import highlighted
    from parity.report.templates import template

    return template("report.html.jinja").render(
        report=report,
        ranks={word: place for place, (word, _) in enumerate(LEGEND)},
        when=Markup(json.dumps(report.when, ensure_ascii=False, indent=0).replace("</", "<\\/")),
        prose=lambda docstring: Markup(to_html(parse(docstring))),
        highlighted=lambda text: Markup(highlighted(text)),
        raw=Markup,
    )
