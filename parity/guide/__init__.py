"""The migration guide: one page a concept, made from its two source files, its cases, what was measured, and the catalogue of known differences.

Reads sources with `ast`; imports no framework.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from parity.results import Run


def pages(concept: str) -> tuple[str, str]:
    """The file names of a concept's page: HTML and Markdown."""
    return f"{concept}.html", f"{concept}.md"


def write_guide(run: Run, folder: Path) -> list[Path]:
    """Writes the guide: a page for every concept of both trees and of the run, and the contents by area, by PyTorch's name and by Keras' name.

    Concepts that the run did not judge get their page too, which says so. Equal sources and results give equal files.

    Raises:
        ParityUsageError: a case of the run has no source file to make a page from.
        OSError: the folder cannot be written.
    """
    from parity.guide.page import contents, guide
    from parity.report.templates import asset
    from parity.trace import write_atomically

    book = guide(run)
    files = {"page.css": asset("page.css"), "page.js": asset("page.js")}
    files |= dict(zip(("index.html", "index.md"), contents(book), strict=True))
    for page in book.pages:
        files |= dict(zip(pages(page.concept), page.render(book), strict=True))
    for name, content in files.items():
        write_atomically(folder / name, content)
    return [folder / name for name in files]
