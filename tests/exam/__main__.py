"""`python -m tests.exam [NAME…]`: the exam by hand, its report, and the record that CI holds the twins to."""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path

from .table import RECORD, lowered, recorded, to_json, to_markdown, to_record, totals
from .walk import walk

REPORTS = Path(__file__).parents[2] / "reports"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.exam", description=__doc__)
    parser.add_argument("names", nargs="*", help="only names with this in them: nn.Conv, nn.functional.pad")
    parser.add_argument("--full", action="store_true", help="every input of the database, not the sample that CI tries")
    parser.add_argument("--report", action="store_true", help="write reports/exam.json and reports/exam.md")
    parser.add_argument("--update", action="store_true", help="raise the record to what agrees now; it is never lowered")
    wanted = parser.parse_args()
    if wanted.update and (wanted.full or wanted.names):
        parser.error("--update needs the walk that CI does: without names and without --full")
    started, lines = time.perf_counter(), []
    for line in walk(tuple(wanted.names), wanted.full):
        lines.append(line)
        print(f"{line.name:40} {line.agree:4} of {line.tried:4} agree")
        for reason in line.reasons:
            print(f"    {reason.shown}")
    print(*totals(lines), f"{time.perf_counter() - started:.0f} s", sep="\n")
    if wanted.report:
        (REPORTS / "exam.json").write_text(to_json(lines), encoding="utf-8")
        (REPORTS / "exam.md").write_text(to_markdown(lines), encoding="utf-8")
    return _update(to_record(lines)) if wanted.update else 0


def _update(new: dict) -> int:
    worse = lowered(recorded(), new) if RECORD.exists() else []
    if worse:
        print("The record may only improve; these agreed before:", *worse, sep="\n  ", file=sys.stderr)
        return 1
    RECORD.write_text(json.dumps(new, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
