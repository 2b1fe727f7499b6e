"""What is installed here, what it can do, and what to install for the rest. Each framework is asked in a process of its own."""

from __future__ import annotations

import importlib.util
import platform
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from parity.errors import CannotRunError
from parity.fingerprint import version
from parity.needs import EXTRAS

NEEDED = ("torch", "keras", "tensorflow", "numpy", "pandas", "safetensors", "ml_dtypes", "pebble", "typer", "rich", "jinja2", "pygments", "matplotlib")
OPTIONAL = {"jax": "torch-keras-parity[jax]", "distributed": "torch-keras-parity[dask]"} | {
    package: f"torch-keras-parity[{extra}]" for extra, packages in EXTRAS.items() for package in packages
}


@dataclass(frozen=True)
class Examination:
    """Versions by package ("" where missing), what each framework says of itself, and why one could not be asked."""

    versions: Mapping[str, str]
    made: Mapping[str, Mapping[str, Any]]
    problems: Mapping[str, str]


def describe(framework: str) -> dict[str, Any]:
    """Runs in a worker: what `Trace.made` will say, and whether a GPU is seen."""
    from parity.frameworks import get

    adapter = get(framework)
    adapter.configure("cpu")
    made = adapter.made()
    try:
        adapter.configure("cuda")
        made["cuda"] = "yes"
    except CannotRunError as error:
        made["cuda"] = f"no: {error}"
    return made


def examine() -> Examination:
    """Asks everything; a framework that crashes on import is a problem, not a crash of ours."""
    import multiprocessing
    import tempfile

    import pebble

    from parity.worker import initialize

    made, problems = {}, {}
    for framework in ("torch", "keras"):
        if importlib.util.find_spec(framework) is None:
            problems[framework] = f"not installed; `pip install {framework}`"
            continue
        with tempfile.TemporaryDirectory() as folder:  # framework noise stays out of the terminal
            surroundings = ({"TF_CPP_MIN_LOG_LEVEL": "3"}, f"{folder}/log")
            with pebble.ProcessPool(1, context=multiprocessing.get_context("spawn"), initializer=initialize, initargs=surroundings) as pool:
                try:
                    made[framework] = pool.schedule(describe, args=(framework,), timeout=120).result()
                except Exception as error:
                    problems[framework] = f"cannot be used here ({type(error).__name__}: {error})"
    versions = {"python": platform.python_version()} | {name: version(name) for name in (*NEEDED, *OPTIONAL)}
    return Examination(versions, made, problems)


def print_examination(found: Examination) -> int:
    """Prints it; the exit code is 3 when something needed is missing."""
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    console = Console()
    table = Table("package", "version", "note")
    for name, installed in found.versions.items():
        note = "" if installed else f"optional: pip install '{OPTIONAL[name]}'" if name in OPTIONAL else f"missing: pip install {name}"
        table.add_row(name, installed or "—", escape(note))
    console.print(table)
    for framework, made in found.made.items():
        flags = made.get("flags", {})
        console.print(
            f"[bold]{framework}[/bold]: device {made.get('device')}, threads {made.get('threads')}, CUDA {escape(str(made.get('cuda')))}", highlight=False
        )
        console.print("  " + ", ".join(f"{key} {value}" for key, value in flags.items()), highlight=False)
    for framework, why in found.problems.items():
        console.print(f"[red]{framework}[/red]: {escape(why)}", highlight=False)
    missing = [name for name in NEEDED if not found.versions[name]]
    return 3 if missing or found.problems else 0
