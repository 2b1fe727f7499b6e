"""Cases as tests: `pytest --parity layers.conv --parity optimizers` collects one item a case, `-m parity` leaves everything else out.

All collected cases go through one `parity.run`, when the first of them is reached. What was recorded is kept in pytest's cache directory, or,
with `--parity-report DIR`, in DIR, where the report of what ran is written at the end.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from parity.case import AnyCase
    from parity.comparison import Row
    from parity.results import Result, Run

SHOWN = 8  # rows of a failing case


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("parity", "the same models in PyTorch and Keras")
    group.addoption("--parity", action="append", default=[], metavar="PATTERN", help="collect the cases that fit: an area, a concept, an id or a glob")
    group.addoption(
        "--parity-report", metavar="DIR", help="write the report of the cases that ran, and one page for each use of the assert_parity fixture, into DIR"
    )


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "parity: compares PyTorch with Keras; `--parity PATTERN` collects the built-in cases")
    if config.getoption("--parity"):
        config.pluginmanager.register(Cases(config), "parity-cases")


@pytest.fixture
def assert_parity(request: pytest.FixtureRequest) -> Any:
    """`parity.assert_parity`; with `--parity-report DIR` every report is written to DIR/<test>.html as well, agreeing or not."""
    from parity.check import ParityError, check

    folder = request.config.getoption("--parity-report")
    count = 0

    def judge(torch_model: Any, keras_model: Any, inputs: Any, **words: Any) -> Any:
        nonlocal count
        report = check(torch_model, keras_model, inputs, **words)
        if folder:
            count += 1
            name = re.sub(r"[^A-Za-z0-9_.-]+", "_", request.node.nodeid.partition("::")[2]) + (f"-{count}" if count > 1 else "")
            report.to_html(Path(folder) / f"{name}.html")
        if not report.ok:
            raise ParityError(report)
        return report

    return judge


class DisagreementError(Exception):
    """A case that did not agree."""

    def __init__(self, result: Result) -> None:
        super().__init__(result.word)
        self.result = result


class Cases:
    """The collected cases, their one run, and its report."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.found: Run | None = None
        self.failure = ""

    @pytest.hookimpl(tryfirst=True)  # before -k and -m choose
    def pytest_collection_modifyitems(self, session: pytest.Session, items: list[pytest.Item]) -> None:
        from parity.discovery import select
        from parity.errors import ParityUsageError

        try:
            chosen = select(self.config.getoption("--parity"))
        except ParityUsageError as error:
            raise pytest.UsageError(str(error)) from error
        folder = CaseFolder.from_parent(session, name="parity", nodeid="parity", path=session.path, chosen=chosen, cases=self)
        report = folder.ihook.pytest_make_collect_report(collector=folder)
        folder.ihook.pytest_collectreport(report=report)  # else the terminal's counts would be wrong
        items.extend(report.result)

    def result(self, item: CaseItem) -> Result:
        """The result of one item; the first asks for all that were collected."""
        if self.found is None and not self.failure:
            from parity.errors import CannotRunError, ParityUsageError
            from parity.runner import run

            cases = [other.case for other in item.session.items if isinstance(other, CaseItem)]
            try:
                self.found = run(cases=cases, out=self._folder())
            except (CannotRunError, ParityUsageError) as error:
                self.failure = str(error)
        if self.found is None:
            pytest.fail(self.failure, pytrace=False)
        return next(result for result in self.found if result.case.id == item.case.id)

    def _folder(self) -> Path:
        report = self.config.getoption("--parity-report")
        return Path(report) if report else self.config.cache.mkdir("parity") if self.config.cache else Path(".pytest_cache/parity")

    def pytest_sessionfinish(self) -> None:
        if self.found is not None and self.config.getoption("--parity-report"):
            from parity.report import write_report

            write_report(self.found)

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        if self.found is not None and self.config.getoption("--parity-report"):
            terminalreporter.write_sep("-", f"parity report: {self.found.out / 'index.html'}")


class CaseFolder(pytest.Collector):
    """The parent of the items; the cases come from `parity.cases`, not from a file."""

    def __init__(self, *, chosen: Sequence[AnyCase], cases: Cases, **words: Any) -> None:
        super().__init__(**words)
        self.chosen, self.cases = chosen, cases

    def collect(self) -> Iterator[pytest.Item]:
        for case in self.chosen:
            yield CaseItem.from_parent(self, name=case.id, case=case, cases=self.cases)


class CaseItem(pytest.Item):
    """One case."""

    def __init__(self, *, case: AnyCase, cases: Cases, **words: Any) -> None:
        super().__init__(**words)
        self.case, self.cases = case, cases
        self.add_marker("parity")
        if self.config.pluginmanager.hasplugin("xdist"):
            self.add_marker(pytest.mark.xdist_group("parity"))  # one run, in one of xdist's workers (with --dist loadgroup)

    def runtest(self) -> None:
        result = self.cases.result(self)
        if result.skipped:
            pytest.skip(result.message)
        if not result.ok:
            raise DisagreementError(result)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        return told(excinfo.value.result) if isinstance(excinfo.value, DisagreementError) else super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, None, str]:
        return self.path, None, self.name


def told(result: Result) -> str:
    """A failing case for a reader: verdict, why it could not run, the worst rows with their numbers and notes."""
    lines = [f"{result.case.id}: {result.word}"]
    if result.message:
        return "\n".join([*lines, result.message, *([result.where] if result.where else [])])
    rows = sorted((row for row in result.rows if row.failing), key=lambda row: row.verdict.severity) or list(result.rows)
    lines += [_line(row) for row in rows[:SHOWN]]
    if len(rows) > SHOWN:
        lines.append(f"  and {len(rows) - SHOWN} rows more")
    return "\n".join(lines)


def _line(row: Row) -> str:
    where = f" {row.worst_slice}" if row.worst_slice else ""
    errors = f"own float32 error: torch {row.torch_error:.1e}, Keras {row.keras_error:.1e}"
    numbers = f"difference {row.difference:.2e}{where}, of {row.scale:.2e}; {errors}" if row.difference else ""
    return f"  {row.verdict.value}  {row.role} {row.name}  {'; '.join(filter(None, [numbers, row.note]))}"
