"""The report as JSON, and back. The schema is documented in docs/report-schema.md."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from parity import case as cases
from parity.case import canonical
from parity.comparison import Row
from parity.errors import ParityUsageError
from parity.report.reading import read_made
from parity.results import Result, Run
from parity.verdict import Verdict

SCHEMA = 1  # of report.json; raised when a reader of the old one would go wrong
_CLASSES: dict[str, type] = {name: getattr(cases, name) for name in ("Case", "OptimizerCase", "DemoCase", "TrainingCase", "Draw", "Build", "Figure")}
_NUMBERS = ("difference", "torch_error", "keras_error", "scale")


def ordered(results: Iterable[Result]) -> tuple[Result, ...]:
    """By concept and then as the case file has them, however they came in."""
    return tuple(sorted(results, key=lambda result: result.case.concept))


class _Told(str):
    """JSON already."""


def case_texts(run: Run) -> dict[str, str]:
    """Every case as the JSON text that stands in the report."""
    results = ordered(run.results)
    shared = _shared(results)
    return {result.case.id: _Told(_text(_portable(_result(result, shared)), 2)) for result in results}


def to_json(run: Run, texts: Mapping[str, str] | None = None) -> str:
    """The whole run as one JSON text; what changes from run to run stands in "when" alone. `texts`: its `case_texts`, if they are there already."""
    results = ordered(run.results)
    texts = case_texts(run) if texts is None else texts
    data = {
        "schema": SCHEMA,
        "tool": "torch-keras-parity",
        "device": run.device,
        "backend": run.backend,
        "verdict": run.verdict.value,
        "ok": run.ok,
        "exit_code": run.exit_code,
        "totals": run.totals,
        "made": _shared(results),
        "cases": [texts[result.case.id] for result in results],
        "when": {
            "started": run.started,
            "seconds": round(run.seconds, 3),
            "cases": {result.case.id: {key: round(value, 4) for key, value in result.seconds.items()} for result in results},
            **({"memory": memory} if (memory := _memory(results)) else {}),
        },
    }
    return _text(_portable(data)) + "\n"


def _memory(results: Iterable[Result]) -> dict[str, dict[str, float]]:
    return {result.case.id: {key: round(value, 2) for key, value in result.memory.items()} for result in results if result.memory}


def _text(value: Any, depth: int = 0) -> str:
    """One line a tensor row: readable, and a changed row is a changed line."""
    if isinstance(value, _Told):
        return value
    if depth < 4 and isinstance(value, (dict, list)) and value:
        keyed = [f"{json.dumps(key, ensure_ascii=False)}: " for key in value] if isinstance(value, dict) else [""] * len(value)
        items = value.values() if isinstance(value, dict) else value
        inner = ",\n".join(f"{' ' * (depth + 1)}{key}{_text(item, depth + 1)}" for key, item in zip(keyed, items, strict=True))
        left, right = "{}" if isinstance(value, dict) else "[]"
        return f"{left}\n{inner}\n{' ' * depth}{right}"
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def _shared(results: Iterable[Result]) -> dict[str, dict[str, Any]]:
    """Per side what all its cases share; what differs (the seed) stands with the case."""
    shared: dict[str, dict[str, Any]] = {}
    for result in results:
        for side, made in result.made.items():
            kept = shared.setdefault(side, dict(made))
            for key in [key for key in kept if key not in made or made[key] != kept[key]]:
                del kept[key]
    return shared


def _result(result: Result, shared: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    return {
        "id": result.case.id,
        "concept": result.case.concept,
        "area": result.case.area,
        "verdict": result.word,
        "ok": result.ok,
        "skipped": result.skipped,
        "message": result.message,
        "where": result.where,
        "case": canonical(result.case),
        "rows": [_row(row) for row in result.rows],
        "made": {side: {k: v for k, v in made.items() if k not in shared.get(side, {})} for side, made in result.made.items()},
        "curves": canonical(result.curves),
    }


def _row(row: Row) -> dict[str, Any]:
    return asdict(row) | {"verdict": row.verdict.value, "shape": list(row.shape), "failing": row.failing}


def _portable(value: Any) -> Any:
    """JSON has no NaN and no infinities: they become the strings "NaN", "Infinity", "-Infinity"."""
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if isinstance(value, Mapping):
        return {str(key): _portable(item) for key, item in value.items()}
    return [_portable(item) for item in value] if isinstance(value, (list, tuple)) else value


def read_report(path: str | Path) -> Run:
    """The run of a report.json, to be written again; its cases are data, and the report's folder is the run's `out`.

    Raises:
        ParityUsageError: missing, not a report, or of another schema.
    """
    path = Path(path)
    if not path.is_file():
        raise ParityUsageError(f"No report at {path}; write one with `parity run --out {path.parent}`.")
    return read_made(path, lambda data: _run(path, data), what="a report of this tool", write="parity run")


def _run(path: Path, data: Any) -> Run:
    if data["schema"] != SCHEMA:
        raise ParityUsageError(f"{path} has report schema {data['schema']}, this version reads {SCHEMA}; write the report again with `parity run`.")
    results = tuple(_restored(entry, data) for entry in data["cases"])
    when = data["when"]
    return Run(results, path.parent, data["device"], data["backend"], when["started"], when["seconds"])


def _restored(entry: Mapping[str, Any], data: Mapping[str, Any]) -> Result:
    return Result(
        _restored_case(entry["case"]),
        rows=tuple(_restored_row(row) for row in entry["rows"]),
        message=entry["message"],
        where=entry["where"],
        skipped=entry["skipped"],
        seconds=data["when"]["cases"].get(entry["id"], {}),
        memory=data["when"].get("memory", {}).get(entry["id"], {}),
        made={side: {**data["made"].get(side, {}), **made} for side, made in entry["made"].items()},
        curves=entry["curves"],
        cached=True,
    )


def _restored_row(data: Mapping[str, Any]) -> Row:
    fields = {key: value for key, value in data.items() if key != "failing"}
    numbers = {key: float(fields[key]) for key in _NUMBERS}
    return Row(**{**fields, **numbers, "verdict": Verdict(data["verdict"]), "shape": tuple(data["shape"])})


def _restored_case(value: Any) -> Any:
    """`canonical` backwards: classes by their name, lists as tuples."""
    if isinstance(value, Mapping):
        items = {key: _restored_case(item) for key, item in value.items() if key != "type" or value["type"] not in _CLASSES}
        kind = _CLASSES.get(value.get("type", ""))
        return kind(**items) if kind else items
    return tuple(_restored_case(item) for item in value) if isinstance(value, list) else value
