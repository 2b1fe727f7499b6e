"""The cases by id, and what `parity.check` and the usual checks say of one: plain data, so that it can be kept and counted later."""

import time
from functools import cache
from typing import Any

from benchmarks.faults import Fault, Port, combined, ports, right_ports


@cache
def cases() -> dict[str, Fault | Port]:
    """All cases: `port:fault`, `port:fault + fault`, `port` of a right one."""
    found: dict[str, Fault | Port] = {}
    for port in (*ports(), *right_ports()):
        found[port.name] = port
        found |= {f"{port.name}:{fault.name}": fault for fault in port.faults}
    for fault in (*combined(2), *combined(3)):
        assert fault.port is not None
        found[f"{fault.port.name}:{fault.name}"] = fault
    return found


def size_of(case: Fault | Port) -> int:
    """0 of a right port, else how many faults are in it."""
    return 0 if isinstance(case, Port) else len(case.parts) or 1


def judged(name: str) -> dict[str, Any]:
    """One case through everything."""
    import keras

    case = cases()[name]
    found: dict[str, Any] = {"case": name, "faults": size_of(case)}
    started = time.perf_counter()
    try:
        found |= _checked(case)
    except Exception as error:
        found["error"] = f"{type(error).__name__}: {error}"[:500]
    found["seconds"] = round(time.perf_counter() - started, 2)
    keras.backend.clear_session()
    from benchmarks.faults.usual import missed_by

    found["usual"] = missed_by(case if isinstance(case, Port) else case.planted())  # {way: it calls them equal}
    keras.backend.clear_session()
    return found


def _checked(case: Fault | Port) -> dict[str, Any]:
    from parity.check import check

    report = check(**case.arguments())
    findings = [{"layer": f.layer, "cause": f.cause, "confirmed": f.confirmed, "severity": f.severity, "message": f.message[:300]} for f in report.findings]
    return {"verdict": report.verdict, "ok": report.ok, "findings": findings}
