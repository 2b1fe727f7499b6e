"""The one core under CLI, pytest plugin and Python API: records both sides in worker processes, judges as they come, keeps what is done.

Work goes to a pool that survives its workers: a crash or a hang costs only the guilty case. Recordings and judgements are kept under
`<out>/.cache`, named by a hash of what they depend on: a second run redoes only what changed, and a killed run resumes.
"""

from __future__ import annotations

import contextlib
import datetime
import importlib.util
import json
import multiprocessing
import os
import queue
import shutil
import time
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from parity.case import AnyCase, TrainingCase
from parity.comparison import Row
from parity.discovery import select
from parity.errors import CannotRunError, ParityUsageError
from parity.fingerprint import forget, result_key, side_key
from parity.judging import MOVED, Spec, judge, plan
from parity.needs import unmet
from parity.results import SCHEMA, Result, Run, row_from_json, row_to_json
from parity.trace import Trace, TraceError, write_atomically
from parity.verdict import Verdict
from parity.worker import Recorded, initialize, prepare, record_side, run_elsewhere

SIDES = ("torch", "keras")
STARTUP_LIMIT = 300.0  # seconds for importing a framework, on a cold disk too
Executor = Any  # a concurrent.futures.Executor; of a Dask cluster: `client.get_executor()`


def run(
    patterns: Sequence[str] = ("*",),
    *,
    device: str = "cpu",
    backend: str = "tensorflow",
    out: str | Path = "reports",
    executor: Executor | None = None,
    cases: Sequence[AnyCase] | None = None,
    progress: Callable[[Result], None] | None = None,
) -> Run:
    """Runs cases through both frameworks and judges them.

    Worker processes are spawned: a script that calls this needs the usual `if __name__ == "__main__":`.

    Args:
        patterns: areas, concepts, ids or globs.
        device: "cpu" or "cuda", for both sides.
        backend: Keras' backend: "tensorflow", "jax" or "torch".
        out: where the cache (and, by the caller, the report) goes.
        executor: instead of the local pools; its workers must see `out`, and the cases' time limits are its own affair.
        cases: instead of the built-in ones.
        progress: called with each result as it comes.

    Raises:
        PatternError: a pattern fits no case.
        ParityUsageError: unknown device or backend, or `out` cannot be written.
        CannotRunError: a framework or the device is missing.
    """
    started, clock = datetime.datetime.now(datetime.UTC), time.perf_counter()
    chosen = select(patterns, cases)
    out = Path(out)
    check_request(device, backend, out)
    forget()
    core = _Core(out / ".cache", device, backend, progress or (lambda result: None))
    core.run(chosen, executor)
    results = tuple(core.results[case.id] for case in chosen)
    return Run(results, out, device, backend, started.isoformat(timespec="seconds"), time.perf_counter() - clock)


def check_request(device: str, backend: str, out: Path) -> None:
    if device.partition(":")[0] not in {"cpu", "cuda"}:
        raise ParityUsageError(f"Unknown device {device!r}; expected cpu or cuda.")
    if backend not in {"tensorflow", "jax", "torch"}:
        raise ParityUsageError(f"Unknown Keras backend {backend!r}; expected tensorflow, jax or torch.")
    try:
        write_atomically(out / ".cache" / "writable", "")
    except OSError as error:
        raise ParityUsageError(f"Cannot write to {out} ({error.strerror}); choose a writable directory with --out.") from error


def check_packages(names: Sequence[str]) -> None:
    """Raises CannotRunError naming every package that is not installed."""
    absent = [name for name in dict.fromkeys(names) if importlib.util.find_spec(name) is None]
    if absent:
        raise CannotRunError(
            f"Not installed here: {', '.join(absent)}; install with `pip install {' '.join(absent)}`, or record the side that is here with `parity record`."
        )


Submit = Callable[..., "Future[Any]"]  # (side, time limit, function, *arguments)


@contextlib.contextmanager
def submitter(sides: Sequence[str], device: str, backend: str, threads: int, cache: Path, executor: Executor | None = None) -> Iterator[Submit]:
    """One pool of worker processes a side (or the executor), each with its framework imported and its device selected.

    Raises:
        CannotRunError: a side's framework or device is not there.
    """
    environment = {"KERAS_BACKEND": backend, "TF_CPP_MIN_LOG_LEVEL": "3", "JAX_ENABLE_X64": "1"}
    if device == "cpu":
        environment["CUDA_VISIBLE_DEVICES"] = "-1"
    if executor is not None:
        yield lambda side, limit, function, *arguments: executor.submit(run_elsewhere, environment, function, *arguments)
        return
    import pebble

    context = multiprocessing.get_context("spawn")
    workers = max(1, cores() // len(sides))
    preparation = {side: (side, device, threads) for side in sides}
    logs = {side: str(cache / "logs" / f"{side}.log") for side in sides}
    pools = {
        side: pebble.ProcessPool(workers, context=context, initializer=initialize, initargs=(environment, logs[side], *preparation[side])) for side in sides
    }
    try:
        checks = {side: pool.schedule(prepare, args=preparation[side]) for side, pool in pools.items()}
        for side, check in checks.items():
            try:
                why = check.result(timeout=STARTUP_LIMIT)
            except Exception as error:
                raise CannotRunError(f"{side} could not be started: importing it hangs or crashes ({type(error).__name__}); see {logs[side]}.") from error
            if why:
                raise CannotRunError(f"{side}: {why}")
        yield lambda side, limit, function, *arguments: pools[side].schedule(function, args=arguments, timeout=limit)
        for pool in pools.values():
            pool.close()
    except BaseException:
        for pool in pools.values():
            pool.stop()
        raise
    finally:
        for pool in pools.values():
            pool.join()


def cores() -> int:
    """The processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@dataclass
class _Pending:
    """A case on its way: the folders of its sides, what is still running, and what went wrong."""

    case: AnyCase
    keys: Mapping[str, str]
    running: set[str] = field(default_factory=set)
    seconds: dict[str, float] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)  # {sentence: traceback}


class _Core:
    def __init__(self, cache: Path, device: str, backend: str, progress: Callable[[Result], None]) -> None:
        self.cache, self.device, self.backend, self.progress = cache, device, backend, progress
        self.threads = 1
        self.results: dict[str, Result] = {}
        self.futures: dict[Future[Any], tuple[_Pending, str]] = {}
        self.done: queue.SimpleQueue[Future[Any]] = queue.SimpleQueue()

    def run(self, cases: Sequence[AnyCase], executor: Executor | None) -> None:
        waiting = [pending for case in cases if (pending := self._settle_without_running(case)) is not None]
        if not waiting:
            return
        check_packages(("torch", "keras", self.backend))
        waiting.sort(key=lambda pending: not isinstance(pending.case, TrainingCase))  # the long ones first, so that none is left alone at the end
        with submitter(SIDES, self.device, self.backend, self.threads, self.cache, executor) as submit:
            for pending in waiting:
                for side in SIDES:
                    self._submit(submit, pending, side, plan(pending.case, side))
            while self.futures:
                future = self.done.get()
                self._finish_side(submit, *self.futures.pop(future), future)

    def _settle_without_running(self, case: AnyCase) -> _Pending | None:
        """Not run for a stated reason, or known from an earlier run; else what has to be done."""
        why = unmet(case.needs)
        if self.backend not in case.backends:
            why = f"the twin exists on {', '.join(case.backends)} only, not on the {self.backend} backend"
        if why:
            self._deliver(Result(case, message=why, skipped=True))
            return None
        keys = {side: side_key(case, side, self.device, self.backend, self.threads) for side in SIDES}
        known = self._load_result(case, keys)
        if known is not None:
            self._deliver(known)
            return None
        return _Pending(case, keys)

    def _folder(self, pending: _Pending, side: str) -> Path:
        return self.cache / "traces" / pending.keys[side]

    def _submit(self, submit: Submit, pending: _Pending, side: str, specs: Sequence[Spec]) -> None:
        pending.running.add(side)
        arguments = (pending.case, side, specs, str(self._folder(pending, side)), self.device, self.threads)
        future = submit(side, pending.case.time_limit, record_side, *arguments)
        self.futures[future] = (pending, side)
        future.add_done_callback(self.done.put)  # `concurrent.futures.wait` would look at every future for each result, and knows only its own kind

    def _finish_side(self, submit: Submit, pending: _Pending, side: str, future: Future[Any]) -> None:
        recorded = outcome(future, side, pending.case.time_limit)
        pending.running.discard(side)
        pending.seconds[side] = pending.seconds.get(side, 0.0) + recorded.seconds
        pending.seconds["harness"] = pending.seconds.get("harness", 0.0) + recorded.overhead
        if recorded.failure:
            pending.failures[recorded.failure] = recorded.where
        if pending.running:
            return
        if pending.failures:
            where = "\n".join(where for _, where in sorted(pending.failures.items()) if where)
            self._deliver(could_not_run(pending.case, "; ".join(sorted(pending.failures)), where, pending.seconds))
        else:
            self._judge(submit, pending)

    def _judge(self, submit: Submit, pending: _Pending) -> None:
        started = time.perf_counter()
        try:
            sides = {side: load_traces(self._folder(pending, side)) for side in SIDES}
            judged = judge(pending.case, sides["torch"], sides["keras"])
        except Exception as error:
            for side in SIDES:  # else the next run would read the same
                shutil.rmtree(self._folder(pending, side), ignore_errors=True)
            self._deliver(could_not_judge(pending.case, error, pending.seconds))
            return
        pending.seconds["harness"] = pending.seconds.get("harness", 0.0) + time.perf_counter() - started
        if judged.needs_moved and MOVED.label not in sides["torch"]:
            self._submit(submit, pending, "torch", (MOVED,))
            return
        made = {side: dict(traces["float64"].made) for side, traces in sides.items()}
        result = Result(pending.case, judged.rows, seconds=dict(pending.seconds), made=made, curves=judged.curves)
        self._store_result(result, pending.keys)
        self._deliver(result)

    def _deliver(self, result: Result) -> None:
        self.results[result.case.id] = result
        self.progress(result)

    def _result_path(self, keys: Mapping[str, str]) -> Path:
        return self.cache / "results" / f"{result_key(keys.values())}.json"

    def _store_result(self, result: Result, keys: Mapping[str, str]) -> None:
        data = {
            "schema": SCHEMA,
            "rows": [row_to_json(row) for row in result.rows],
            "seconds": dict(result.seconds),
            "made": {side: dict(made) for side, made in result.made.items()},
            "curves": result.curves,
        }
        write_atomically(self._result_path(keys), json.dumps(data))

    def _load_result(self, case: AnyCase, keys: Mapping[str, str]) -> Result | None:
        try:
            data = json.loads(self._result_path(keys).read_text())
            rows = tuple(row_from_json(row) for row in data["rows"])
            return Result(case, rows, seconds=data["seconds"], made=data["made"], curves=data["curves"], cached=True)
        except (OSError, ValueError, KeyError, TypeError):  # not there, cut off, or of another schema: judge again
            return None


def could_not_run(case: AnyCase, message: str, where: str = "", seconds: Mapping[str, float] = MappingProxyType({})) -> Result:
    """A case without a judgement, and why in one sentence."""
    return Result(case, (Row("case", "case", Verdict.COULD_NOT_RUN, note=message),), message, where, seconds=seconds)


def could_not_judge(case: AnyCase, error: Exception, seconds: Mapping[str, float] = MappingProxyType({})) -> Result:
    """Both sides ran, and comparing them failed: a trace that cannot be read, or a fault of ours, which costs this case and no other."""
    if isinstance(error, TraceError):
        return could_not_run(case, str(error), seconds=seconds)
    where = "".join(traceback.format_exception(error))
    return could_not_run(case, f"both sides ran, but comparing them raised {type(error).__name__}: {error}; please report this", where, seconds)


def outcome(future: Future[Any], side: str, limit: float) -> Recorded:
    """A worker's word, or what became of the worker, as one sentence."""
    import pebble

    try:
        recorded: Recorded = future.result()
        return recorded
    except TimeoutError:
        return Recorded(failure=f"{side} did not finish within its time limit of {limit:g} s; raise the case's time_limit, or mend what hangs")
    except pebble.ProcessExpired as error:
        return Recorded(
            failure=f"{side} aborted its process (exit code {error.exitcode}); run the case alone to see its output: it is in .cache/logs/{side}.log"
        )
    except Exception as error:  # an executor's own failure costs this case, not the run
        return Recorded(failure=f"{side}: the executor failed ({type(error).__name__}: {error})")


def load_traces(folder: Path) -> dict[str, Trace]:
    """All traces of a folder by label.

    Raises:
        TraceError: one of them cannot be read.
    """
    return {path.stem: Trace.load(path) for path in sorted(folder.glob("*.safetensors"))}
