"""JUnit XML: one testcase a case, so that a CI server shows what differs without reading anything else."""

from __future__ import annotations

import re
from xml.etree import ElementTree

from parity.report.data import ordered
from parity.report.wording import SENTENCES, number, where
from parity.results import Result, Run
from parity.verdict import Verdict

_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def to_junit(run: Run) -> str:
    """The run as one test suite."""
    results = ordered(run.results)
    broken = sum(not result.ok and result.verdict is Verdict.COULD_NOT_RUN for result in results)
    counts = {
        "tests": str(len(results)),
        "failures": str(sum(not result.ok for result in results) - broken),
        "errors": str(broken),
        "skipped": str(sum(result.skipped for result in results)),
        "time": f"{run.seconds:.3f}",
    }
    root = ElementTree.Element("testsuites", {"name": "parity", **counts})
    suite = ElementTree.SubElement(root, "testsuite", {"name": f"parity {run.device} {run.backend}", **counts, "timestamp": run.started})
    for result in results:
        _testcase(suite, result)
    ElementTree.indent(root, " ")
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def _testcase(suite: ElementTree.Element, result: Result) -> None:
    case = ElementTree.SubElement(suite, "testcase", {"classname": result.case.concept, "name": result.case.id, "time": f"{result.time:.3f}"})
    if result.skipped:
        ElementTree.SubElement(case, "skipped", {"message": _legal(result.message)})
    elif not result.ok:
        kind = "error" if result.verdict is Verdict.COULD_NOT_RUN else "failure"
        told = result.message or f"{result.word}: {where(result.worst_row)}"
        failure = ElementTree.SubElement(case, kind, {"type": result.word, "message": _legal(told)})
        failure.text = _legal("\n" + "\n".join([*_lines(result), result.where]).rstrip() + "\n")


def _lines(result: Result) -> list[str]:
    """The failing rows; where none fails, why the case still is not ok."""
    failing = [row for row in result.rows if row.failing]
    if not failing:
        return [SENTENCES[result.verdict], "All outputs are zero on both sides, or nothing was compared: give the case inputs that reach the output."]
    return [
        f"{row.verdict.value}: {where(row)}, difference {number(row.difference)}, PyTorch's float32 error {number(row.torch_error)}, "
        f"Keras' {number(row.keras_error)}, scale {number(row.scale)}{'; ' + row.note if row.note else ''}"
        for row in failing
    ]


def _legal(text: str) -> str:
    """XML 1.0 has no control characters."""
    return _ILLEGAL.sub("\ufffd", text)
