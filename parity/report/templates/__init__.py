"""Jinja templates, the style sheet and the script of all pages."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jinja2 import Environment, Template

FOLDERS = (Path(__file__).parent, Path(__file__).parents[2] / "guide" / "templates")


def template(name: str) -> Template:
    return _environment().get_template(name)


def asset(name: str) -> str:
    """page.css or page.js."""
    return (FOLDERS[0] / name).read_text(encoding="utf-8")


@cache
def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    from parity.report import wording

    environment = Environment(
        loader=FileSystemLoader(FOLDERS),
        autoescape=lambda name: name is not None and ".html" in name,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {
        "number": wording.number,
        "duration": wording.duration,
        "tone": wording.tone,
        "where": wording.where,
        "numbers": wording.numbers,
        "shape": wording.shape_text,
        "counted": wording.counted,
        "cell": markdown_cell,
        "inline": _inline,
    }
    environment.globals |= {"tone_of_row": wording.tone_of_row, "legend": wording.LEGEND, "asset": _raw_asset}
    return environment


def markdown_cell(text: object) -> str:
    """One cell of a Markdown table."""
    return " ".join(str(text).split()).replace("|", "\\|")


def _inline(text: str) -> object:
    from markupsafe import Markup

    from parity.report.prose import inline_html

    return Markup(inline_html(text))


def _raw_asset(name: str) -> object:
    from markupsafe import Markup

    return Markup(asset(name))
