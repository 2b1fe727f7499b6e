"""What a run found: one `Result` a case, a `Run` for all. Plain data; the report, the CLI and the pytest plugin only read it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from parity.case import AnyCase
from parity.comparison import COLUMNS, Comparison, Row
from parity.verdict import Verdict, worst

if TYPE_CHECKING:
    import pandas

SCHEMA = 1  # of the JSON report and of the cached results


@dataclass(frozen=True)
class Result:
    """The judgement of one case."""

    case: AnyCase
    rows: tuple[Row, ...] = ()
    message: str = ""  # one sentence, when the case could not run or was not run
    where: str = ""  # the traceback to it
    skipped: bool = False  # not run for a stated reason (data set absent, twin not on this backend): neither agreement nor failure
    seconds: Mapping[str, float] = field(default_factory=dict)  # torch, keras, compare, overhead
    memory: Mapping[str, float] = field(default_factory=dict)  # GiB at most, of each process and on disk; of architectures at full size
    made: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)  # {"torch": …, "keras": …}: versions, device, threads, flags
    # training: {"loss": {"torch float32": [[…], …]}}; figures: {"output:costs": {"torch": [[…]]}}
    curves: Mapping[str, Mapping[str, list[list[float]]]] = field(default_factory=dict)
    cached: bool = False

    @property
    def comparison(self) -> Comparison:
        return Comparison(self.rows)

    @property
    def verdict(self) -> Verdict:
        return self.comparison.verdict

    @property
    def ok(self) -> bool:
        return self.skipped or self.comparison.ok

    @property
    def word(self) -> str:
        """The verdict as shown: a case that was not run has none, and one of which every row is a declared difference is `known`."""
        if self.skipped:
            return "not run"
        return "known" if self.rows and all(row.known for row in self.rows) else self.verdict.value

    @property
    def worst_row(self) -> Row | None:
        """The row that decides, and among equals the one with the largest difference in units of what rounding explains."""
        judged = [row for row in self.rows if not row.known] or list(self.rows)
        return min(judged, key=lambda row: (row.verdict.severity, -_excess(row)), default=None)

    @property
    def time(self) -> float:
        return sum(self.seconds.values())


@dataclass(frozen=True)
class Run:
    """All results, and where and how they were made."""

    results: tuple[Result, ...]
    out: Path
    device: str = "cpu"
    backend: str = "tensorflow"
    started: str = ""  # ISO time, UTC
    seconds: float = 0.0
    guide: str = "guide"  # where the migration guide's pages lie, from `out`

    def __iter__(self) -> Iterator[Result]:
        return iter(self.results)

    @property
    def verdict(self) -> Verdict:
        """The worst case's."""
        return worst(result.verdict for result in self.results if not result.skipped)

    @property
    def ok(self) -> bool:
        return bool(self.results) and all(result.ok for result in self.results)

    def __bool__(self) -> bool:
        return self.ok

    @property
    def exit_code(self) -> int:
        """1 something differs · else 3 something could not run · 0 agree."""
        failing = [result for result in self.results if not result.ok]
        if any(result.verdict is not Verdict.COULD_NOT_RUN for result in failing):
            return 1
        return 3 if failing else 0

    @property
    def totals(self) -> dict[str, int]:
        """Cases by word, worst first; "known" and "not run" last."""
        words = [*(v.value for v in Verdict), "known", "not run"]
        counted = {word: sum(result.word == word for result in self.results) for word in words}
        return {word: count for word, count in counted.items() if count}

    @property
    def table(self) -> pandas.DataFrame:
        """Every row of every case, with the case's id first."""
        import pandas

        lines = [[result.case.id, *line] for result in self.results for line in result.comparison.table.itertuples(index=False)]
        return pandas.DataFrame(lines, columns=["case", *COLUMNS])


def _excess(row: Row) -> float:
    noise = max(row.torch_error, row.keras_error, 2.0**-23 * row.scale)
    return row.difference / noise if noise else row.difference


def row_to_json(row: Row) -> dict[str, Any]:
    from dataclasses import asdict

    return asdict(row) | {"verdict": row.verdict.value, "shape": list(row.shape)}


def row_from_json(data: Mapping[str, Any]) -> Row:
    return Row(**{**data, "verdict": Verdict(data["verdict"]), "shape": tuple(data["shape"])})
