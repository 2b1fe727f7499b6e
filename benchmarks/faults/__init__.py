"""Ports that are right, mistakes as people make them when porting, and right ports that are only written differently: what `parity.check` is judged on.

`ports()`, `faults()`, `combined(2)`, `combined(3)` and `right_ports()` enumerate them; each record gives the keywords of `parity.check` by `arguments()`.
The faults here were written from the ports alone, by someone who had not seen the trials that are to name them.
"""

import importlib
import itertools
import pkgutil
from dataclasses import replace
from functools import cache
from types import ModuleType
from typing import Any

import numpy as np

from benchmarks.faults.port import PHASES as PHASES
from benchmarks.faults.port import Fault as Fault
from benchmarks.faults.port import Port as Port

PACKAGE = importlib.import_module("benchmarks.faults.ports")
"""Imported before `ports` is defined: importing a subpackage sets its name here, once."""


def port_of(module: ModuleType) -> Port:
    """What a file of `ports` declares."""
    found: dict[str, Any] = {
        name: getattr(module, name.upper() if name not in ("inputs", "targets", "keras_inputs") else name, None)
        for name in ("inputs", "layers", "targets", "loss", "optimizer", "layout", "keras_inputs", "mapping")
    }
    return Port(
        module.__name__.rpartition(".")[2],
        module.build_torch,
        module.build_keras,
        **found,
        tolerance=getattr(module, "TOLERANCE", 1e-12),
    )


@cache
def ports() -> tuple[Port, ...]:
    """All right ports, each with its faults."""
    found = []
    for info in pkgutil.iter_modules(PACKAGE.__path__):
        module = importlib.import_module(f"{PACKAGE.__name__}.{info.name}")
        port = port_of(module)
        found.append(replace(port, faults=tuple(replace(fault, port=port) for fault in module.FAULTS)))
    return tuple(found)


def faults(blind: bool = True) -> tuple[Fault, ...]:
    """Single faults of all ports; `blind=True` those written without sight of the trials, `blind=False` the others."""
    return tuple(fault for port in ports() for fault in port.faults if fault.blind is blind)


def compatible(parts: tuple[Fault, ...]) -> bool:
    """Whether faults can stand side by side: other switches, other places."""
    switches = [name for part in parts for name in part.switches]
    places = [place for part in parts for place in part.places]
    return len(set(switches)) == len(switches) and len(set(places)) == len(places)


def together(parts: tuple[Fault, ...]) -> Fault:
    """Several faults in one model."""
    return Fault(
        " + ".join(part.name for part in parts),
        tuple(place for part in parts for place in part.places),
        "several",
        "; ".join(part.cause for part in parts),
        {name: value for part in parts for name, value in part.switches.items()},
        training=True if any(part.training for part in parts) else None,
        port=parts[0].port,
        parts=parts,
    )


def combined(size: int, of_port: int = 4, seed: int = 0) -> tuple[Fault, ...]:
    """Pairs (2) or threes (3) of faults that outputs show, drawn per port from those that can stand side by side."""
    found = []
    for port in ports():
        singles = [fault for fault in port.faults if fault.switches and fault.seen == "eval" and not fault.load and not fault.keras_inputs]
        sets = [parts for parts in itertools.combinations(singles, size) if compatible(parts)]
        order = np.random.default_rng([seed, size]).permutation(len(sets))[:of_port]
        found += [together(sets[index]) for index in order]
    return tuple(found)


@cache
def right_ports() -> tuple[Port, ...]:
    """Right ports written differently from how those of `ports()` are, and right ports of models that are hard on numbers."""
    from benchmarks.faults.right import RIGHT

    return RIGHT
