"""What runs in a worker process: one side of one case. Importing this module imports no framework."""

from __future__ import annotations

import faulthandler
import os
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from parity.case import AnyCase
from parity.judging import Spec


@dataclass(frozen=True)
class Recorded:
    """What a worker says when it is done; the traces themselves lie in the folder."""

    seconds: float = 0.0  # in the framework
    overhead: float = 0.0  # writing the traces
    failure: str = ""  # one sentence
    where: str = ""  # the traceback, for the report


def initialize(environment: dict[str, str], log: str | None, *preparation: object) -> None:
    """Sets the environment before any framework is imported, keeps frameworks' noise out of the terminal, and prepares.

    A worker that replaces a crashed one starts here too: no case pays for its import, in seconds or by its time limit.
    """
    os.environ.update(environment)
    if log is not None:
        Path(log).parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        os.dup2(handle, 1)
        os.dup2(handle, 2)
        sys.stdout = open(1, "w", buffering=1, closefd=False)  # noqa: SIM115
        sys.stderr = open(2, "w", buffering=1, closefd=False)  # noqa: SIM115
        faulthandler.enable(2)  # a crash leaves its Python stack in the log
    if preparation:
        prepare(*preparation)  # type: ignore[arg-type]


def prepare(framework: str, device: str, threads: int | None) -> str:
    """Imports a framework and selects the device. Returns why that failed, or ""."""
    from parity.frameworks import FrameworkError, get

    try:
        get(framework).configure(device, threads)
    except FrameworkError as error:
        return str(error)
    except Exception as error:  # a broken installation
        return f"{type(error).__name__} on import: {error}"
    return ""


def record_side(case: AnyCase, framework: str, specs: Sequence[Spec], folder: str, device: str, threads: int | None) -> Recorded:
    """Records what is not there yet. A failure of the implementation is data, not an exception."""
    from parity.recording import record_case

    seconds = overhead = 0.0
    for spec in specs:
        path = Path(folder) / f"{spec.label}.safetensors"
        if path.is_file():
            continue
        started = time.perf_counter()
        try:
            trace = record_case(case, framework, spec.dtype, device=device, threads=threads, move=spec.move, seed=spec.seed)
        except (Exception, SystemExit) as error:  # `sys.exit` in an implementation must not end the run
            return Recorded(seconds, overhead, _sentence(framework, spec.dtype, error), traceback.format_exc())
        middle = time.perf_counter()
        trace.save(path)
        seconds, overhead = seconds + middle - started, overhead + time.perf_counter() - middle
    return Recorded(seconds, overhead)


def _sentence(framework: str, dtype: str, error: BaseException) -> str:
    text = " ".join(str(error).split())
    return f"{framework} raised {type(error).__name__} in {dtype}: {text[:400]}" if text else f"{framework} raised {type(error).__name__} in {dtype}"


def run_elsewhere(environment: dict[str, str], function: Callable[..., Recorded], *arguments: object) -> Recorded:
    """A task on an executor that is not ours: its process gets the environment first, which counts if it has not imported Keras yet."""
    os.environ.update(environment)
    return function(*arguments)
