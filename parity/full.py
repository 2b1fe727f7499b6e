"""Architectures at full size: `python -m parity.full [PATTERN…]`, which `make report-full` runs; the report goes to `reports/full`.

As `parity run`, but for gigabytes: every recording has a process of its own, so that one model of one framework is alive at a time and gives its memory
back; what was put into both sides alike (weights, in evaluation buffers too) is not kept; of arrays with more than 2²³ elements every k-th row is compared
and the row's name says so; of the runs that decide single rows (moved weights) only these rows are kept.

Among millions of rectifiers one or two stand within float32's rounding of zero. Where such a one turns over in Keras' float32 alone, a gradient is right in
float64 and off by a hundredth in float32: torch's own float64 runs from weights moved by ±2⁻²⁰ then tell it from a kernel that cancels (`parity/row.py`).
"""

from __future__ import annotations

import datetime
import multiprocessing
import sys
import tempfile
import time
from collections.abc import Callable, Collection
from dataclasses import replace
from pathlib import Path
from typing import Any

from parity.case import AnyCase, Case
from parity.discovery import all_cases, select
from parity.judging import MOVED, TURNED, Judged, Spec, judge, plan
from parity.results import Result, Run
from parity.row import CANCELS
from parity.runner import SIDES, could_not_run, load_traces
from parity.trace import Record, Trace
from parity.verdict import Verdict
from parity.worker import initialize

LARGEST = 2**23  # elements of an array that are kept
PUT_IN = ("weight", "buffer")  # roles: drawn from the case, the same on both sides; buffers change in training only


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
    return Run(tuple(results), out, started=started.isoformat(timespec="seconds"), seconds=time.perf_counter() - clock, guide="../guide")


def _run(case: AnyCase) -> Result:
    with tempfile.TemporaryDirectory() as folder:
        bench = _Bench(Path(folder))
        for side in SIDES:
            for spec in plan(case, side):
                if why := bench.alone(side, _record, case, side, spec, folder):
                    return could_not_run(case, why, seconds=bench.seconds)
        judged, made = bench.alone("harness", _judge, case, folder)
        undecided = {MOVED: judged.needs_moved} | dict.fromkeys(TURNED, judged.needs_turned)
        for spec in (spec for spec, needed in undecided.items() if needed):
            rows = {f"{row.role}:{row.name}" for row in judged.rows if row.verdict is Verdict.ILL_CONDITIONED or CANCELS in row.note}
            if why := bench.alone("torch", _record, case, "torch", spec, folder, rows):
                return could_not_run(case, why, seconds=bench.seconds)
        if any(undecided.values()):
            judged, made = bench.alone("harness", _judge, case, folder)
    return Result(case, judged.rows, seconds=bench.seconds, memory=bench.memory, made=made, curves=judged.curves)


class _Bench:
    """Runs functions in processes of their own and keeps what they took: seconds, GiB of memory at most, and GiB on disk at most."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.seconds: dict[str, float] = {}
        self.memory: dict[str, float] = {}

    def alone(self, name: str, function: Callable[..., Any], *arguments: Any) -> Any:
        started = time.perf_counter()
        environment = {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"}
        with multiprocessing.get_context("spawn").Pool(1, initialize, (environment, None)) as pool:
            told, peak = pool.apply(_measured, (function, arguments))
        self.seconds[name] = self.seconds.get(name, 0.0) + time.perf_counter() - started
        disk = sum(path.stat().st_size for path in self.folder.rglob("*") if path.is_file()) / 2**30
        for key, value in ((name, peak), ("disk", disk)):
            self.memory[key] = max(self.memory.get(key, 0.0), value)
        return told


def _measured(function: Callable[..., Any], arguments: tuple[Any, ...]) -> tuple[Any, float]:
    """What a function returns, and the most memory that this process ever had, in GiB."""
    told = function(*arguments)
    status = Path("/proc/self/status")
    lines = status.read_text().splitlines() if status.exists() else []  # Linux alone has it
    return told, next((int(line.split()[1]) / 2**20 for line in lines if line.startswith("VmHWM")), 0.0)


def _record(case: Case, side: str, spec: Spec, folder: str, rows: Collection[str] = ()) -> str:
    """Writes the trace, or only some rows of it; why it could not, or ""."""
    from parity.recording import record_case

    try:
        trace = record_case(case, side, spec.dtype, threads=None, move=spec.move, seed=spec.seed)
    except Exception as error:
        return f"{side} raised {type(error).__name__} in {spec.dtype}: {' '.join(str(error).split())}"
    kept = [_thinned(record) for record in trace if record.role not in PUT_IN[: 1 if case.training else 2]]
    target = Path(folder) / side
    target.mkdir(exist_ok=True)
    replace(trace, records=tuple(record for record in kept if not rows or record.key in rows)).save(target / f"{spec.label}.safetensors")
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
    took = ", ".join(f"{name} {value:.0f} s" for name, value in result.seconds.items())
    most = ", ".join(f"{name} {value:.1f} GiB" for name, value in result.memory.items())
    print(f"{result.case.id}: {result.verdict}, {len(result.rows)} rows; {took}; at most {most} {result.message}".rstrip(), flush=True)


def main(*patterns: str, out: str = "reports/full") -> int:
    """Runs, prints, writes the report."""
    from parity.report import write_report

    found = run_full(list(patterns), Path(out), _tell)
    write_report(found)
    return found.exit_code


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
