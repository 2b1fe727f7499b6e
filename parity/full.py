"""Architectures at full size: `python -m parity.full [PATTERN…]`, which `make report-full` runs; the report goes to `reports/full`.

As `parity run`, but for gigabytes: every recording has a process of its own, so that one model of one framework is alive at a time and gives its memory
back; what was put into both sides alike (the weights) is not kept; of arrays with more than 2²³ elements every k-th row is compared and the row's name says so.
"""

from __future__ import annotations

import datetime
import multiprocessing
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from parity.case import AnyCase, Case
from parity.discovery import all_cases, select
from parity.judging import MOVED, Judged, Spec, judge, plan
from parity.results import Result, Run
from parity.runner import SIDES, could_not_run, load_traces
from parity.trace import Record, Trace
from parity.worker import initialize

LARGEST = 2**23  # elements of an array that are kept
KEPT_TOGETHER = "weight"  # a role: drawn from the case, the same on both sides


def run_full(patterns: list[str], out: Path, progress: Callable[[Result], None] = lambda result: None) -> Run:
    """Runs cases of `parity.cases_full`, one recording after the other.

    Raises:
        PatternError: a pattern fits none.
    """
    started, clock = datetime.datetime.now(datetime.UTC), time.perf_counter()
    results = []
    for case in select(patterns or ["*"], all_cases("parity.cases_full")):
        results.append(_run(case))
        progress(results[-1])
    return Run(tuple(results), out, "cpu", "tensorflow", started.isoformat(timespec="seconds"), time.perf_counter() - clock)


def _run(case: AnyCase) -> Result:
    seconds: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as folder:
        for side in SIDES:
            for spec in plan(case, side):
                if why := _alone(_record, case, side, spec, str(Path(folder) / side), seconds, side):
                    return could_not_run(case, why, seconds=seconds)
        judged, made = _alone(_judge, case, folder, seconds, "harness")
        if judged.needs_moved:
            if why := _alone(_record, case, "torch", MOVED, str(Path(folder) / "torch"), seconds, "torch"):
                return could_not_run(case, why, seconds=seconds)
            judged, made = _alone(_judge, case, folder, seconds, "harness")
    return Result(case, judged.rows, seconds=seconds, made=made, curves=judged.curves)


def _alone(function: Callable[..., Any], *arguments: Any) -> Any:
    """In a process of its own; the last two arguments say where its seconds go."""
    *given, seconds, name = arguments
    started = time.perf_counter()
    with multiprocessing.get_context("spawn").Pool(1, initialize, ({"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"}, None)) as pool:
        told = pool.apply(function, given)
    seconds[name] = seconds.get(name, 0.0) + time.perf_counter() - started
    return told


def _record(case: Case, side: str, spec: Spec, folder: str) -> str:
    """Writes the trace; why it could not, or ""."""
    from parity.recording import record_case

    try:
        trace = record_case(case, side, spec.dtype, threads=None, move=spec.move, seed=spec.seed)
    except Exception as error:
        return f"{side} raised {type(error).__name__} in {spec.dtype}: {' '.join(str(error).split())}"
    kept = tuple(_thinned(record) for record in trace if record.role != KEPT_TOGETHER)
    Path(folder).mkdir(exist_ok=True)
    replace(trace, records=kept).save(Path(folder) / f"{spec.label}.safetensors")
    return ""


def _thinned(record: Record) -> Record:
    if record.array is None or record.array.size <= LARGEST or record.array.ndim < 2:
        return record
    step = -(-record.array.size // LARGEST)
    return replace(record, array=record.array[::step].copy(), name=f"{record.name}[::{step}]")


def _judge(case: Case, folder: str) -> tuple[Judged, dict[str, Any]]:
    sides: dict[str, dict[str, Trace]] = {side: load_traces(Path(folder) / side) for side in SIDES}
    return judge(case, sides["torch"], sides["keras"]), {side: dict(traces["float64"].made) for side, traces in sides.items()}


def _tell(result: Result) -> None:
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 2**20
    took = ", ".join(f"{side} {value:.0f} s" for side, value in result.seconds.items())
    print(f"{result.case.id}: {result.verdict}, {len(result.rows)} rows; {took}; no process above {peak:.1f} GiB so far {result.message}", flush=True)


def main(*patterns: str, out: str = "reports/full") -> int:
    """Runs, prints, writes the report."""
    from parity.report import write_report

    found = run_full(list(patterns), Path(out), _tell)
    write_report(found)
    return found.exit_code


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
