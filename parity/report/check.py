"""A report of `parity.check` as text for a terminal, Markdown, JSON and one HTML page: the module tree with the departures in it, findings, every row."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from parity.checked import Report
from parity.diagnosis.findings import Finding
from parity.results import row_to_json
from parity.row import Row

SHOWN = 10  # rows of a printed report
WIDE = 40  # modules: above, the printed tree shows only the way to what departs
SCHEMA = 1


@dataclass(frozen=True)
class Branch:
    """One line of the module tree."""

    path: str
    name: str
    kind: str
    depth: int
    keras: str
    verdict: str  # of the layer alone; "" where it was not judged alone
    findings: tuple[Finding, ...]

    @property
    def marked(self) -> bool:
        return any(finding.severity == "difference" for finding in self.findings)


def branches(report: Report) -> list[Branch]:
    """The module tree of the PyTorch side, every module with its Keras layer, its own verdict and what was found there."""
    keras: dict[str, str] = {}
    for torch, other, _ in report.pairs:
        path = torch.partition(":")[0]
        keras[path] = f"{keras[path]}, {other}" if path in keras else other
    verdicts: dict[str, Any] = {}
    for row in report.rows:
        if row.role == "activation" and (row.layer not in verdicts or row.verdict.severity < verdicts[row.layer].severity):
            verdicts[row.layer] = row.verdict
    found = []
    for path, kind in report.tree:
        name = path.rpartition(".")[2] or kind
        told = tuple(f for f in report.findings if path in (f.layer, *f.also))
        word = verdicts[path].value if path in verdicts else ""
        found.append(Branch(path, name, kind, path.count(".") + 1 if path else 0, keras.get(path, ""), word, told))
    return found


def elsewhere(report: Report) -> list[Finding]:
    """Findings that are no module's: input, output, loss, optimizer."""
    paths = {path for path, _ in report.tree}
    return [finding for finding in report.findings if finding.layer not in paths]


def headline(report: Report) -> str:
    failing = sum(row.failing for row in report.rows)
    outcome = "The models agree" if report.ok else "The models differ"
    told = f"{failing} of {len(report.rows)} rows" if failing else f"all {len(report.rows)} rows"
    return f"{outcome}: {report.verdict} ({told}, {report.seconds:.1f} s)"


# Text


def as_text(report: Report) -> str:
    """What `print(report)` shows, and a failing assertion."""
    lines = [headline(report)]
    differences = [f for f in report.findings if f.severity == "difference"]
    notes = [f for f in report.findings if f.severity == "note"]
    if differences:
        lines += ["", *_tree_lines(report), "", "Findings"]
        for number, finding in enumerate(differences, 1):
            lines += _finding_lines(finding, f"{number}. ")
    elif not report.ok:
        lines += ["", "No cause was located; the rows below say what differs."]
    rows = [row for row in report.rows if row.failing] or [row for row in report.rows if row.role in {"output", "loss"}]
    lines += ["", *_row_lines(rows[:SHOWN])]
    if len(rows) > SHOWN:
        lines.append(f"  and {len(rows) - SHOWN} rows more: report.table")
    for finding in notes:
        lines += _finding_lines(finding, "note: ")
    lines += [f"note: {note}" for note in report.notes]
    return "\n".join(lines)


def _tree_lines(report: Report) -> Iterator[str]:
    tree = branches(report)
    on_the_way = {branch.path for branch in tree if any(other.marked and (other.path == branch.path or _above(branch.path, other.path)) for other in tree)}
    for branch in tree:
        if len(tree) > WIDE and branch.path not in on_the_way:
            continue
        keras = f" = {branch.keras}" if branch.keras else ""
        mark = "  <-- " + "; ".join(f.cause or "unknown cause" for f in branch.findings if f.severity == "difference") if branch.marked else ""
        yield f"  {'  ' * branch.depth}{branch.name} ({branch.kind}){keras}{'  ' + branch.verdict if branch.verdict else ''}{mark}"
    for finding in elsewhere(report):
        if finding.severity == "difference":
            yield f"  {finding.layer}  <-- {finding.cause or 'unknown cause'}"


def _above(parent: str, child: str) -> bool:
    return parent == "" or child.startswith(f"{parent}.")


def _finding_lines(finding: Finding, number: str) -> list[str]:
    sure = "confirmed: the difference vanishes" if finding.confirmed else "cause not confirmed" if finding.cause else "cause unknown"
    lines = [f"  {number}{finding.layer or 'the model'}{finding.elsewhere}{f' / {finding.keras_layer}' if finding.keras_layer else ''}: {finding.message}"]
    lines.append(f"     {finding.cause + ', ' if finding.cause else ''}{sure}")
    if finding.fix:
        lines.append(f"     fix: {finding.fix}")
    if finding.snippet:
        lines += [f"     | {line}" for line in finding.snippet.splitlines()]
    return lines


def _row_lines(rows: Sequence[Row]) -> Iterator[str]:
    width = max((len(row.name) for row in rows), default=4)
    for row in rows:
        numbers = f"{row.difference:9.2e} of {row.scale:8.2e}" if row.scale or row.difference else " " * 21
        yield f"  {row.verdict.value:<17} {row.role:<10} {row.name:<{width}}  {numbers}  {row.worst_slice} {row.note}".rstrip()


# Markdown


def as_markdown(report: Report) -> str:
    lines = [f"# {headline(report)}", ""]
    if report.findings:
        lines += ["## Findings", "", "| where | what | cause | fix |", "|---|---|---|---|"]
        for f in report.findings:
            cause = f"`{f.cause}`, {'confirmed' if f.confirmed else 'not confirmed'}" if f.cause else "unknown"
            where = f"`{f.layer or 'model'}`" + "".join(f", `{path}`" for path in f.also) + (f" / `{f.keras_layer}`" if f.keras_layer else "")
            lines.append(
                "| "
                + " | ".join(_cell(text) for text in (where, ("note: " if f.severity == "note" else "") + f.message, cause, f"`{f.fix}`" if f.fix else ""))
                + " |"
            )
        lines.append("")
    lines += ["## Modules", "", "```text", *_plain_tree(report), "```", ""]
    lines += ["## Rows", "", "| name | role | verdict | difference | torch | Keras | scale | worst slice | note |", "|---|---|---|---|---|---|---|---|---|"]
    for r in report.rows:
        numbers = [f"{n:.2e}" for n in (r.difference, r.torch_error, r.keras_error, r.scale)]
        lines.append("| " + " | ".join(_cell(t) for t in (f"`{r.name}`", r.role, r.verdict.value, *numbers, r.worst_slice, r.known or r.note)) + " |")
    lines += ["", *[f"Note: {note}" for note in report.notes]]
    return "\n".join(lines).rstrip() + "\n"


def _plain_tree(report: Report) -> Iterator[str]:
    for branch in branches(report):
        marks = "; ".join(f.cause or "unknown cause" for f in branch.findings)
        keras = f" = {branch.keras}" if branch.keras else ""
        yield f"{'  ' * branch.depth}{branch.name} ({branch.kind}){keras} {branch.verdict}{'  <-- ' + marks if marks else ''}".rstrip()


def _cell(text: object) -> str:
    return " ".join(str(text).split()).replace("|", "\\|")


# JSON


def as_json(report: Report) -> str:
    """`docs/report-schema.md` says what each field means."""
    told = {
        "schema": SCHEMA,
        "verdict": report.verdict,
        "ok": report.ok,
        "seconds": report.seconds,
        "findings": [asdict(finding) for finding in report.findings],
        "notes": list(report.notes),
        "pairs": [{"torch": torch, "keras": keras, "by": how} for torch, keras, how in report.pairs],
        "made": report.made,
        "rows": [_finite(row_to_json(row)) | {"failing": row.failing} for row in report.rows],
    }
    return json.dumps(told, indent=1, default=str, ensure_ascii=False, allow_nan=False)


def _finite(row: dict[str, Any]) -> dict[str, Any]:
    """JSON has no NaN and no infinity: null stands for them."""
    return {key: None if isinstance(value, float) and not math.isfinite(value) else value for key, value in row.items()}


# HTML


def as_html(report: Report, whole: bool = True) -> str:
    """One page that fetches nothing; `whole=False`: the part that a notebook shows."""
    from parity.report.templates import template

    return template("check.html.jinja").render(
        report=report,
        branches=branches(report),
        elsewhere=elsewhere(report),
        headline=headline(report),
        whole=whole,
        rows=report.rows if whole else _worst(report),
    )


def _worst(report: Report) -> list[Row]:
    return [row for row in report.rows if row.failing][:SHOWN] or [row for row in report.rows if row.role == "output"]
