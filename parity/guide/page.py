"""The pages of the guide as data, and how they are set."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby

from parity.errors import ParityUsageError
from parity.guide.names import Offer, Public, offer, spelled
from parity.pitfalls import TIERS, Entry, concerning
from parity.report import prose
from parity.report.charts import Panel
from parity.report.sources import Source, modules, source
from parity.report.templates import template
from parity.report.view import CaseView, ConceptView, view
from parity.report.wording import NOT_RUN
from parity.results import Run

ROOTS = ("torch_ref", "tf_impl")


@dataclass(frozen=True)
class Page:
    """One concept."""

    concept: str
    roots: tuple[str, str]
    cases: tuple[CaseView, ...]

    @property
    def area(self) -> str:
        return self.concept.partition(".")[0]

    @property
    def short(self) -> str:
        return self.concept.partition(".")[2] or self.concept

    @property
    def measured(self) -> ConceptView:
        return ConceptView(self.concept, self.cases)

    @property
    def word(self) -> str:
        return self.measured.word if self.cases else NOT_RUN

    @cached_property
    def reference(self) -> Source:
        return _needed(self.roots[0], self.concept)

    @cached_property
    def twin(self) -> Source:
        return _needed(self.roots[1], self.concept)

    @cached_property
    def torch_offer(self) -> Offer:
        return offer(self.reference, self.roots[0])

    @cached_property
    def keras_offer(self) -> Offer:
        return offer(self.twin, self.roots[1])

    @cached_property
    def intro(self) -> tuple[prose.Block, ...]:
        return prose.parse(self.reference.docstring)

    @property
    def summary(self) -> str:
        return prose.summary(self.intro)

    @property
    def names(self) -> list[tuple[str, str, Public]]:
        """(PyTorch's name, what the twin subclasses, the twin) for every public name."""
        full = {public.name: public.full for public in self.torch_offer.publics}
        return [
            (full.get(public.name) or f"{self.roots[0]}.{self.concept}.{public.name}", ", ".join(map(spelled, public.bases)), public)
            for public in self.keras_offer.publics
        ]

    @property
    def differences(self) -> list[tuple[str, prose.Block]]:
        """("", block) for the module, then (name, block) for each twin that says how it differs."""
        told = [("", self.twin.docstring), *((public.name, public.docstring) for public in self.keras_offer.publics)]
        found = [(name, prose.section(prose.parse(docstring), "Differs from PyTorch")) for name, docstring in told]
        return [(name, block) for name, block in found if block]

    @property
    def twins(self) -> list[tuple[Public, tuple[prose.Block, ...]]]:
        """The twins' own words, without what stands above."""
        parsed = [(public, prose.without(prose.parse(public.docstring), "Differs from PyTorch")) for public in self.keras_offer.publics]
        return [(public, blocks) for public, blocks in parsed if blocks]

    @property
    def panels(self) -> list[Panel]:
        """What the cases draw."""
        return [panel for case in self.cases for panel in case.panels]

    @property
    def pitfalls(self) -> tuple[Entry, ...]:
        return concerning(self.concept)

    def render(self, book: Guide, suffix: str) -> str:
        """The page as "html" or "md"."""
        told = {"page": self, "around": book.around(self), "tiers": TIERS, "run_line": book.run_line} | _tools()
        return template(f"concept.{suffix}.jinja").render(told)


@dataclass(frozen=True)
class Line:
    """One line of an index: a name of a framework, what a page does with it, and the page."""

    name: str
    relation: str
    page: Page


@dataclass(frozen=True)
class Guide:
    """All pages, by concept."""

    run: Run
    pages: tuple[Page, ...]

    @cached_property
    def run_line(self) -> str:
        """Device and versions in one line."""
        return f"{self.run.device} · {view(self.run).brief or self.run.backend}"

    @cached_property
    def _places(self) -> dict[tuple[str, tuple[str, str]], int]:
        return {(page.concept, page.roots): place for place, page in enumerate(self.pages)}

    @property
    def areas(self) -> list[tuple[str, list[Page]]]:
        return [(area, list(group)) for area, group in groupby(self.pages, key=lambda page: page.area)]

    def around(self, page: Page) -> tuple[Page | None, Page | None]:
        """The pages before and after."""
        place = self._places[page.concept, page.roots]
        return self.pages[place - 1] if place else None, self.pages[place + 1] if place + 1 < len(self.pages) else None

    @property
    def by_torch(self) -> list[Line]:
        return _sorted(line for page in self.pages for line in _torch_lines(page))

    @property
    def by_keras(self) -> list[Line]:
        return _sorted(line for page in self.pages for line in _keras_lines(page))


def guide(run: Run) -> Guide:
    """A page for every concept of both trees and of the run.

    Raises:
        ParityUsageError: a concept has no file on one side.
    """
    cases: dict[tuple[str, tuple[str, str]], list[CaseView]] = {}
    for result in run.results:
        cases.setdefault((result.case.concept, result.case.roots), []).append(CaseView(result))
    both = [concept for concept in modules(ROOTS[0]) if source(ROOTS[1], concept)]
    keys = dict.fromkeys([*((concept, ROOTS) for concept in both), *cases])
    found = [Page(concept, roots, tuple(cases.get((concept, roots), ()))) for concept, roots in sorted(keys)]
    for page in found:
        page.reference, page.twin  # noqa: B018 (raises where one is missing)
    return Guide(run, tuple(found))


def contents(book: Guide, suffix: str) -> str:
    """The index as "html" or "md"."""
    return template(f"contents.{suffix}.jinja").render({"book": book} | _tools())


def _needed(root: str, concept: str) -> Source:
    found = source(root, concept)
    if found is None:
        raise ParityUsageError(f"No guide page for {concept}: {root}/{concept.replace('.', '/')}.py does not exist; write it, or correct the case's target.")
    return found


def _torch_lines(page: Page) -> Iterator[Line]:
    exported = [public.full for public in page.torch_offer.publics if public.full]
    yield from (Line(name, "the reference", page) for name in exported)
    yield from (Line(name, "used", page) for name in page.torch_offer.stands_on if name not in exported)


def _keras_lines(page: Page) -> Iterator[Line]:
    subclassed = [name for public in page.keras_offer.publics for name in public.bases]
    yield from (Line(spelled(name), "subclassed", page) for name in dict.fromkeys(subclassed))
    yield from (Line(spelled(name), "used", page) for name in page.keras_offer.stands_on if name not in subclassed)
    told = [spelled(name) for name in (*subclassed, *page.keras_offer.stands_on)]
    yield from (Line(name, "compared", page) for name in _mentioned(page) if name not in told)


def _mentioned(page: Page) -> list[str]:
    """Keras' and TensorFlow's names in the docstrings of the twin: what a porting reader has and looks for."""
    return list(dict.fromkeys(re.findall(r"`((?:keras|tf)\.[a-zA-Z_.0-9]*[a-zA-Z0-9])[`(]", page.twin.text)))


def _sorted(lines: Iterator[Line]) -> list[Line]:
    return sorted(lines, key=lambda line: (line.name.rpartition(".")[2].lower(), line.name, line.page.concept))


def _tools() -> dict[str, object]:
    from markupsafe import Markup

    from parity.report.sources import highlighted

    return {
        "html": lambda blocks, level=4: Markup(prose.to_html(blocks, level)),
        "markdown": prose.to_markdown,
        "without": prose.without,
        "highlighted": lambda text: Markup(highlighted(text)),
        "raw": Markup,
    }
