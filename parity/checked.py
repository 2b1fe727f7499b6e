"""What a check found: rows, findings, the module tree. Plain data that prints itself; the pages are made by `parity.report.check`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from parity.comparison import Comparison
from parity.diagnosis.findings import Finding
from parity.row import Row
from parity.verdict import Verdict

if TYPE_CHECKING:
    import pandas

SHOWN = 12  # rows of a printed report


@dataclass(frozen=True)
class Report:
    """The judgement of a port."""

    rows: tuple[Row, ...]
    findings: list[Finding] = field(default_factory=list)
    notes: tuple[str, ...] = ()
    tree: tuple[tuple[str, str], ...] = ()  # torch path, class
    made: Mapping[str, Any] = field(default_factory=dict)
    seconds: float = 0.0
    pairs: tuple[tuple[str, str, str], ...] = ()  # torch path, Keras path, how they were matched

    @property
    def comparison(self) -> Comparison:
        return Comparison(self.rows)

    @property
    def verdict(self) -> str:
        """The worst row's word."""
        return self.comparison.verdict.value

    @property
    def ok(self) -> bool:
        """No row is worse than `vacuous`, and not all outputs are vacuous."""
        return self.comparison.ok

    def __bool__(self) -> bool:
        return self.ok

    @property
    def exit_code(self) -> int:
        """0 agree · 1 something differs · 3 something could not run."""
        if self.ok:
            return 0
        return 3 if self.comparison.verdict is Verdict.COULD_NOT_RUN else 1

    @property
    def table(self) -> pandas.DataFrame:
        """One line a row: name, role, verdict, difference, torch_error, keras_error, scale, worst_slice, shape, layer."""
        return self.comparison.table

    def __str__(self) -> str:
        from parity.report.check import as_text

        return as_text(self)

    def _repr_html_(self) -> str:
        from parity.report.check import as_html

        return as_html(self, whole=False)

    def to_html(self, path: str | Path | None = None) -> str:
        """The report as one page, also written to `path`."""
        from parity.report.check import as_html

        return _written(as_html(self), path)

    def to_markdown(self, path: str | Path | None = None) -> str:
        from parity.report.check import as_markdown

        return _written(as_markdown(self), path)

    def to_json(self, path: str | Path | None = None) -> str:
        from parity.report.check import as_json

        return _written(as_json(self), path)

    def to_csv(self, path: str | Path | None = None) -> str:
        return _written(self.table.to_csv(index=False), path)


def _written(text: str, path: str | Path | None) -> str:
    if path is not None:
        path = Path(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        whole = path.with_name(f".{path.name}.part")
        whole.write_text(text, encoding="utf-8")
        whole.replace(path)
    return text
