"""What the templates show: the run by concept, with everything worked out that is not wording."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from typing import Any

from parity.comparison import Row
from parity.report import closeness
from parity.report.charts import Panel, margin_plot, training_panels
from parity.report.data import ordered
from parity.report.exam import Exam
from parity.report.faults import Faults
from parity.report.figures import figure_panels
from parity.report.listing import listing
from parity.report.margin import Margin
from parity.report.sources import Source, source
from parity.report.wording import headline, number, word_of
from parity.results import Result, Run
from parity.verdict import Verdict

_PLAIN = frozenset({Verdict.IDENTICAL, Verdict.EQUIVALENT, Verdict.VACUOUS})
_PER_CASE = frozenset({"seed", "framework"})
_SETTINGS = ("device", "device_name", "threads", "torch", "keras", "backend", "tensorflow", "jax", "numpy", "python", "machine")  # flags after them


@dataclass(frozen=True)
class CaseView:
    """One case."""

    result: Result

    @property
    def id(self) -> str:
        return self.result.case.id

    @property
    def anchor(self) -> str:
        return anchor(self.id)

    @property
    def short(self) -> str:
        """The id without the module: "Conv2d[stride-even]"."""
        return self.id.partition(":")[2]

    @cached_property
    def word(self) -> str:
        return self.result.word

    @cached_property
    def worst(self) -> Row | None:
        return self.result.worst_row

    @property
    def strip(self) -> closeness.Strip | None:
        return closeness.strip(self.worst) if self.worst else None

    @property
    def lane(self) -> float | None:
        return closeness.lane(self.result)

    @cached_property
    def why(self) -> str:
        """One sentence where the verdict is not plain agreement."""
        if self.result.message or self.worst is None:
            return self.result.message
        known = [row.known for row in self.result.rows if row.known]
        told = [] if self.word in {"identical", "equivalent"} else [self.worst.note]
        return "; ".join(dict.fromkeys(text for text in [*told, *(f"known: {reason}" for reason in known)] if text))

    @cached_property
    def listing(self) -> str:
        return listing(self.result.case)

    @property
    def rows(self) -> tuple[Row, ...]:
        return self.result.rows

    @property
    def strips(self) -> list[closeness.Strip | None]:
        return [closeness.strip(row) for row in self.result.rows]

    @property
    def panels(self) -> list[Panel]:
        curves = self.result.curves
        return [*training_panels(curves), *figure_panels(self.result.case.figures, curves)] if curves else []


@dataclass(frozen=True)
class ConceptView:
    """One concept with its cases and its two source files."""

    name: str
    cases: tuple[CaseView, ...]

    @property
    def area(self) -> str:
        return self.name.partition(".")[0]

    @property
    def short(self) -> str:
        return self.name.partition(".")[2] or self.name

    @cached_property
    def word(self) -> str:
        return word_of(case.result for case in self.cases)

    @cached_property
    def largest(self) -> Row | None:
        """The row that decides the concept; one vacuous tensor does not."""
        rows = [row for case in self.cases if (row := case.worst) and (row.verdict is not Verdict.VACUOUS or len(self.cases) == 1)]
        return min(rows, key=lambda row: (row.verdict.severity, -(closeness.excess(row) or 0.0)), default=None)

    @property
    def told(self) -> str:
        """How closely, in words."""
        row = self.largest
        if row is None or row.verdict.severity < Verdict.DIFFERENT.severity or not row.scale:
            return ""
        return f"at most {number(row.difference)} on values up to {number(row.scale)}" if row.difference else "no difference in float64"

    @property
    def sources(self) -> tuple[Source | None, Source | None]:
        reference, twin = self.cases[0].result.case.roots
        return source(reference, self.name), source(twin, self.name)


@dataclass(frozen=True)
class Setting:
    """One line of the environment: what both sides ran with."""

    name: str
    torch: str
    keras: str


@dataclass(frozen=True)
class ReportView:
    """Everything the pages of a report need."""

    run: Run
    concepts: tuple[ConceptView, ...]
    settings: tuple[Setting, ...]
    margin: Margin | None
    exam: Exam | None = None
    faults: Faults | None = None

    @cached_property
    def headline(self) -> str:
        return headline(self.run)

    @cached_property
    def totals(self) -> dict[str, int]:
        return self.run.totals

    @cached_property
    def cases(self) -> list[CaseView]:
        """Failing cases first, then by concept."""
        return sorted((case for concept in self.concepts for case in concept.cases), key=lambda case: case.result.ok)

    @property
    def areas(self) -> list[tuple[str, list[ConceptView]]]:
        return [(area, list(group)) for area, group in groupby(self.concepts, key=lambda concept: concept.area)]

    @property
    def notable(self) -> list[tuple[CaseView, Row]]:
        """Rows that are not plain agreement, worst first."""
        found = [(case, row) for concept in self.concepts for case in concept.cases for row in case.rows if row.verdict not in _PLAIN]
        return sorted(found, key=lambda item: (bool(item[1].known), item[1].verdict.severity))

    @property
    def brief(self) -> str:
        """The environment in one line."""
        by_name = {setting.name: setting for setting in self.settings}
        named = [(name, by_name[name]) for name in ("torch", "keras", self.run.backend, "numpy", "python", "device_name") if name in by_name]
        told = [f"{name} {setting.torch or setting.keras}" if name != "device_name" else setting.torch or setting.keras for name, setting in named]
        return " · ".join(dict.fromkeys(told))

    @property
    def margin_plot(self) -> str:
        return margin_plot(self.margin) if self.margin else ""

    @property
    def when(self) -> dict[str, Any]:
        """What changes from run to run, for the page's script to fill in."""
        return {"started": self.run.started, "seconds": round(self.run.seconds, 1), "cases": {case.id: round(case.result.time, 3) for case in self.cases}}


def view(run: Run, margin: Margin | None = None, exam: Exam | None = None, faults: Faults | None = None) -> ReportView:
    """The view of a run, in the order of the pages."""
    results = ordered(run.results)
    concepts = tuple(ConceptView(name, tuple(map(CaseView, group))) for name, group in groupby(results, key=lambda result: result.case.concept))
    return ReportView(run, concepts, tuple(_settings(results)), margin, exam, faults)


def anchor(name: str) -> str:
    """A name as the id of an element."""
    return re.sub(r"[^\w.-]+", "-", name).strip("-")


def _settings(results: Iterable[Result]) -> list[Setting]:
    """Versions, devices, threads and flags of both sides; a value that varies says how often it occurs."""
    counts: dict[str, dict[str, dict[str, int]]] = {"torch": {}, "keras": {}}
    for result in results:
        for side in counts:
            for key, value in _flat(result.made.get(side, {})):
                seen = counts[side].setdefault(key, {})
                seen[value] = seen.get(value, 0) + 1
    names = sorted({*counts["torch"], *counts["keras"]} - _PER_CASE, key=lambda name: (_SETTINGS.index(name) if name in _SETTINGS else len(_SETTINGS), name))
    return [Setting(name, *(_told(counts[side].get(name, {})) for side in ("torch", "keras"))) for name in names]


def _flat(made: Mapping[str, Any], prefix: str = "") -> list[tuple[str, str]]:
    found = []
    for key, value in made.items():
        if isinstance(value, Mapping):
            found += _flat(value, f"{prefix}{key}.")
        else:
            found.append((prefix + key, {True: "yes", False: "no"}[value] if isinstance(value, bool) else "" if value is None else str(value)))
    return found


def _told(seen: Mapping[str, int]) -> str:
    if len(seen) <= 1:
        return next(iter(seen), "")
    return ", ".join(f"{value} ({count} cases)" for value, count in sorted(seen.items(), key=lambda item: (-item[1], item[0])))
