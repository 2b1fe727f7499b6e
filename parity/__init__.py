"""Identical weights and inputs through PyTorch and Keras, judged by two precisions.

>>> import parity
>>> run = parity.run(["layers.conv"])  # doctest: +SKIP
>>> run.verdict, run.ok  # doctest: +SKIP
(<Verdict.EQUIVALENT: 'equivalent'>, True)

Importing this package imports neither torch nor tensorflow nor keras nor pandas; its names are loaded on first use.
"""

from __future__ import annotations

import importlib
import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from parity.check import ParityError as ParityError
    from parity.check import assert_parity as assert_parity
    from parity.check import check as check
    from parity.checked import Report as Report
    from parity.comparison import Comparison as Comparison
    from parity.comparison import compare as compare
    from parity.diagnosis.findings import Finding as Finding
    from parity.live import record as record
    from parity.results import Result as Result
    from parity.results import Run as Run
    from parity.runner import run as run
    from parity.trace import Trace as Trace
    from parity.verdict import Verdict as Verdict
    from parity.weight_map import WeightMap as WeightMap
    from parity.weight_map import transfer_weights as transfer_weights
    from parity.weight_map import weight_map as weight_map

_HOMES = {
    "Comparison": "parity.comparison",
    "Finding": "parity.diagnosis.findings",
    "ParityError": "parity.check",
    "Report": "parity.checked",
    "WeightMap": "parity.weight_map",
    "assert_parity": "parity.check",
    "check": "parity.check",
    "compare": "parity.comparison",
    "Result": "parity.results",
    "Run": "parity.results",
    "record": "parity.live",
    "run": "parity.runner",
    "Trace": "parity.trace",
    "Verdict": "parity.verdict",
    "transfer_weights": "parity.weight_map",
    "weight_map": "parity.weight_map",
}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        value = globals()[name] = getattr(importlib.import_module(_HOMES[name]), name)
        return value
    raise AttributeError(f"module 'parity' has no attribute {name!r}; it has {', '.join(sorted(_HOMES))}")


def __dir__() -> list[str]:
    return sorted(_HOMES)


class _Package(ModuleType):
    """Importing `parity.check` or `parity.weight_map` must not put the module in the place of the function of that name."""

    def __setattr__(self, name: str, value: Any) -> None:
        if not (name in _HOMES and isinstance(value, ModuleType)):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package
