"""A progress bar on a terminal, one line a failing case elsewhere."""

from __future__ import annotations

from types import TracebackType

from parity.results import Result


class Progress:
    """Counts results as they come; used as a context manager and called with each result."""

    def __init__(self, total: int) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
        from rich.progress import Progress as Bar

        console, columns = Console(stderr=True), (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        self.bar = Bar(*columns, console=console, transient=True, disable=not console.is_terminal)  # elsewhere it would leave an empty line
        self.task = self.bar.add_task("starting both frameworks", total=total)

    def __enter__(self) -> Progress:
        self.bar.__enter__()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.bar.__exit__(kind, error, trace)

    def __call__(self, result: Result) -> None:
        self.bar.update(self.task, advance=1, description=result.case.concept)
        if not result.ok:
            from rich.markup import escape

            self.bar.console.print(f"[red]{result.word}[/red] {escape(result.case.id)} {escape(result.message)}", highlight=False, soft_wrap=True)
