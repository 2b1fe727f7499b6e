"""Record here, compare there: the two sides of a run may come from different processes, environments or machines.

`record_cases` writes one folder a case with one trace a precision; `compare_folders` judges two such trees and needs neither framework.
"""

from __future__ import annotations

import datetime
import re
import shutil
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from parity.case import AnyCase, TrainingCase
from parity.discovery import all_cases, select
from parity.errors import ParityUsageError
from parity.judging import MOVED, judge, plan
from parity.needs import unmet
from parity.results import Result, Run
from parity.runner import check_packages, check_request, could_not_judge, load_traces, outcome, submitter
from parity.trace import Trace, TraceError
from parity.worker import record_side


def folder_name(case: AnyCase) -> str:
    """The case's id as a file name."""
    return re.sub(r"[^\w.-]+", "_", case.id).strip("_")


def record_cases(
    patterns: Sequence[str],
    framework: str,
    *,
    device: str = "cpu",
    backend: str = "tensorflow",
    out: str | Path,
    cases: Sequence[AnyCase] | None = None,
    progress: Callable[[AnyCase, str], None] | None = None,
) -> dict[str, str]:
    """Records one side of cases into `<out>/<case>/<precision>.safetensors`.

    Returns:
        {case id: one sentence} for those that could not be recorded.

    Raises:
        PatternError, ParityUsageError, CannotRunError: as `parity.run`.
    """
    if framework not in {"torch", "keras"}:
        raise ParityUsageError(f"Unknown framework {framework!r}; expected torch or keras.")
    out = Path(out)
    check_request(device, backend, out)
    check_packages(("torch",) if framework == "torch" else ("keras", backend))
    failures: dict[str, str] = {}
    with submitter((framework,), device, backend, 1, out / ".cache") as submit:
        futures = []
        for case in select(patterns, cases):
            why = unmet(case.needs) or ("" if framework == "torch" or backend in case.backends else f"the twin is not on the {backend} backend")
            if why:
                failures[case.id] = why
                continue
            specs = plan(case, framework)
            if framework == "torch" and not isinstance(case, TrainingCase):
                specs += (MOVED,)  # whoever compares may have no torch to ask
            folder = out / folder_name(case)
            shutil.rmtree(folder, ignore_errors=True)
            futures.append((case, submit(framework, case.time_limit, record_side, case, framework, specs, str(folder), device, 1)))
        for case, future in futures:
            recorded = outcome(future, framework, case.time_limit)
            if recorded.failure:
                failures[case.id] = recorded.failure
            if progress:
                progress(case, recorded.failure)
    return failures


def compare_folders(reference: str | Path, actual: str | Path, *, out: str | Path, cases: Sequence[AnyCase] | None = None) -> Run:
    """Judges two recorded trees, case by case; either may be torch or Keras, on any device.

    Raises:
        ParityUsageError: a tree is not there or holds no traces.
    """
    started, clock = datetime.datetime.now(datetime.UTC), time.perf_counter()
    roots = [Path(reference), Path(actual)]
    known = {folder_name(case): case for case in (all_cases() if cases is None else cases)}
    present = []
    for root in roots:
        if not root.is_dir():
            raise ParityUsageError(f"{root} is not a directory; give two directories that `parity record --out` wrote.")
        present.append({path.parent.name for path in root.glob("*/*.safetensors")})
        if not present[-1]:
            raise ParityUsageError(f"{root} holds no traces; write them with `parity record PATTERN --framework torch --out {root}`.")
    strange = sorted((present[0] | present[1]) - set(known))
    if strange:
        raise ParityUsageError(f"Traces of cases that this version does not have: {', '.join(strange)}; record both sides with one version of the cases.")
    results = tuple(_compare_one(known[name], name, roots) for name in known if name in present[0] | present[1])
    devices = sorted({str(made.get("device", "cpu")) for result in results for made in result.made.values()})
    return Run(results, Path(out), " and ".join(devices) or "cpu", "recorded", started.isoformat(timespec="seconds"), time.perf_counter() - clock)


def _compare_one(case: AnyCase, name: str, roots: Sequence[Path]) -> Result:
    started = time.perf_counter()
    try:
        sides: list[dict[str, Trace]] = []
        for root in roots:
            if not any((root / name).glob("*.safetensors")):
                raise TraceError(f"{case.id} was not recorded in {root}; record it there or leave it out of the other side")
            sides.append(load_traces(root / name))
        judged = judge(case, *sides)
    except Exception as error:
        return could_not_judge(case, error)
    made = {
        label: dict(side["float64"].made) for label, side in zip(("torch", "keras"), sides, strict=True)
    }  # by position: what stands as the reference and what is judged
    return Result(case, judged.rows, seconds={"harness": time.perf_counter() - started}, made=made, curves=judged.curves)
