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

    Concepts that the run did not judge get their page too, which says so. Equal sources and results give equal files, and pages whose sources and
    results are those of the last time are left as they lie.

    Raises:
        ParityUsageError: a case of the run has no source file to make a page from.
        OSError: the folder cannot be written.
    """
    from parity.guide.page import contents, guide
    from parity.report.data import case_texts
    from parity.report.shelf import Shelf
    from parity.report.templates import asset

    book, texts = guide(run), case_texts(run)
    shelf = Shelf(folder, run.out, "guide")
    for name in ("page.css", "page.js"):
        shelf.put(name, (), lambda name=name: asset(name))  # type: ignore[misc]
    sources = [text for page in book.pages for text in (page.concept, page.word, page.reference.text, page.twin.text)]
    for suffix in ("html", "md"):
        shelf.put(f"index.{suffix}", sources, lambda suffix=suffix: contents(book, suffix))  # type: ignore[misc]
    for page in book.pages:
        around = [near.concept if near else "" for near in book.around(page)]
        made_from = [book.run_line, *around, page.reference.text, page.twin.text, *(texts[case.id] for case in page.cases)]
        for suffix in ("html", "md"):
            shelf.put(f"{page.concept}.{suffix}", made_from, lambda page=page, suffix=suffix: page.render(book, suffix))  # type: ignore[misc]
    return shelf.close()
