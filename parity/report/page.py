"""The report as one self-contained page: styles, script, plots and sources inside, nothing fetched."""

from __future__ import annotations

import json

from parity.report.margin import Margin
from parity.report.view import view
from parity.report.wording import LEGEND
from parity.results import Run


def to_html(run: Run, margin: Margin | None = None) -> str:
    """The page; equal runs give equal bytes but for the block `when`."""
    from markupsafe import Markup

    from parity.report.prose import parse, to_html
    from parity.report.sources import highlighted
    from parity.report.templates import template

    report = view(run, margin)
    return template("report.html.jinja").render(
        report=report,
        ranks={word: place for place, (word, _) in enumerate(LEGEND)},
        when=Markup(json.dumps(report.when, ensure_ascii=False, indent=0).replace("</", "<\\/")),
        prose=lambda docstring: Markup(to_html(parse(docstring))),
        highlighted=lambda text: Markup(highlighted(text)),
        raw=Markup,
    )
