"""A report of `parity.check` as text, Markdown, HTML and JSON."""

from __future__ import annotations

import json
from typing import Any

from parity.results import row_to_json

SHOWN = 12


def as_text(report: Any) -> str:
    rows = [row for row in report.rows if row.failing] or [row for row in report.rows if row.role == "output"]
    lines = [f"{'agree' if report.ok else 'differ'}: {report.verdict}, {len(report.rows)} rows, {report.seconds:.2f} s"]
    lines += [f"  {finding}" for finding in report.findings]
    lines += [f"  {row.verdict.value:<18} {row.role:<11} {row.name}  difference {row.difference:.2e} of {row.scale:.2e}  {row.note}" for row in rows[:SHOWN]]
    lines += [f"  note: {note}" for note in report.notes]
    return "\n".join(lines)


def as_json(report: Any) -> str:
    return json.dumps({"verdict": report.verdict, "rows": [row_to_json(row) for row in report.rows]})
