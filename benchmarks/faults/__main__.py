"""`parity.check` and the usual checks on every case: `python -m benchmarks.faults [port[:fault]…] [--quick] [--out reports]`.

Each case's result is kept in OUT/.cache/faults, so that an interrupted run goes on; what was judged by other sources is judged again.
"""

import argparse
import hashlib
import json
import os
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import TimeoutError as Overtime
from itertools import groupby
from multiprocessing import get_context
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
LIMIT = 120  # seconds of a case
PROCESSES = 2
RESTART = 80  # cases after which a process starts anew: Keras keeps some of what it built
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
for variable in ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"):
    os.environ.setdefault(variable, "1")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.faults", description=__doc__)
    parser.add_argument("only", nargs="*", metavar="port[:fault]", help="none: all cases")
    parser.add_argument("--quick", action="store_true", help="three single faults a port, one pair and one three; every fourth right port")
    parser.add_argument("--out", type=Path, default=Path("reports"), help="faults.json and the kept results; a whole run also writes docs/faults.md")
    parser.add_argument("--table", action="store_true", help="only count what is kept")
    options = parser.parse_args()
    from benchmarks.faults.cases import cases
    from benchmarks.faults.rates import as_markdown, as_text, rates

    names = chosen(list(cases()), options.only, options.quick)
    if not names:
        parser.error(f"no case fits {', '.join(options.only)}; give a port, or port:fault")
    results = list(kept(names, options.out)) if options.table else list(run(names, options.out))
    found = rates(results, total=len(names), made=made())
    options.out.mkdir(parents=True, exist_ok=True)
    if not options.only and not options.quick:
        (options.out / "faults.json").write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        (ROOT / "docs" / "faults.md").write_text(as_markdown(found), encoding="utf-8")
    print(as_text(found))
    return 0 if found["reached"] else 1


def chosen(names: list[str], only: Sequence[str], quick: bool) -> list[str]:
    """In the order of ports, a port's own first."""
    ordered = sorted(names, key=lambda name: name.partition(":")[0])
    if only:
        wanted = set(only)
        return [name for name in ordered if name in wanted or name.partition(":")[0] in wanted]
    if not quick:
        return ordered
    found: list[str] = []
    for place, (_, group) in enumerate(groupby(ordered, key=lambda name: name.partition(":")[0])):
        right, *faults = list(group)
        singles = [name for name in faults if " + " not in name]
        several = [name for name in faults if " + " in name]
        if faults or place % 4 == 0:
            found += [right, *singles[:: max(1, len(singles) // 3)][:3], *several[:1], *several[-1:]]
    return found


def run(names: list[str], out: Path) -> Iterator[dict[str, Any]]:
    """Every case once, in processes of their own: a crash or a hang costs its case only."""
    from pebble import ProcessPool

    from benchmarks.faults.cases import judged

    folder, sources = out / ".cache" / "faults", digest()
    folder.mkdir(parents=True, exist_ok=True)
    with ProcessPool(PROCESSES, max_tasks=RESTART, context=get_context("spawn")) as pool:
        waiting = {}
        for name in names:
            if read(folder, name, sources) is None:
                waiting[name] = pool.schedule(judged, args=(name,), timeout=LIMIT)
        try:
            for port, group in groupby(names, key=lambda name: name.partition(":")[0]):
                results = []
                for name in group:
                    result = read(folder, name, sources)
                    if result is None:
                        result = {**_outcome(name, waiting[name]), "sources": sources}
                        place(folder, name).write_text(json.dumps(result), encoding="utf-8")
                    results.append(result)
                told = sum("ok" in result and not result["ok"] for result in results if result["faults"])
                wrong = sum("ok" in result and not result["ok"] for result in results if not result["faults"])
                broken = sum("error" in result for result in results)
                seconds = sum(result.get("seconds", 0) for result in results)
                print(
                    f"{port:<40} {told:3} of {sum(r['faults'] > 0 for r in results):3} differ, {wrong} false alarms, {broken} errors, {seconds:5.0f} s",
                    flush=True,
                )
                yield from results
        except KeyboardInterrupt:
            pool.stop()
            raise


def _outcome(name: str, future: Any) -> dict[str, Any]:
    from benchmarks.faults.cases import cases, size_of

    try:
        return future.result()
    except Overtime:
        why = f"longer than {LIMIT} s"
    except Exception as error:
        why = f"{type(error).__name__}: {error}"[:500]
    return {"case": name, "faults": size_of(cases()[name]), "error": why, "seconds": 0.0, "usual": {}}


def place(folder: Path, name: str) -> Path:
    return folder / f"{hashlib.sha256(name.encode()).hexdigest()[:20]}.json"


def read(folder: Path, name: str, sources: str | None) -> dict[str, Any] | None:
    try:
        result = json.loads(place(folder, name).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return result if sources is None or result["sources"] == sources else None


def kept(names: Sequence[str], out: Path) -> Iterator[dict[str, Any]]:
    for name in names:
        result = read(out / ".cache" / "faults", name, None)
        if result is not None:
            yield result


def digest() -> str:
    """Of all that an outcome depends on, but for the installed packages."""
    files = sorted([*ROOT.glob("parity/*.py"), *(f for part in ("diagnosis", "frameworks", "pitfalls") for f in ROOT.glob(f"parity/{part}/**/*.*"))])
    files += sorted(f for f in ROOT.glob("benchmarks/faults/**/*.py") if f.name not in ("__main__.py", "rates.py"))
    found = hashlib.sha256()
    for file in files:
        if file.suffix in (".py", ".toml"):
            found.update(file.read_bytes())
    return found.hexdigest()[:16]


def made() -> dict[str, str]:
    import platform
    from importlib.metadata import version

    return {name: version(name) for name in ("torch", "keras", "tensorflow", "numpy")} | {"python": platform.python_version(), "cpus": str(os.cpu_count())}


if __name__ == "__main__":
    sys.exit(main())
