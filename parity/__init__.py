"""Identical weights and inputs through PyTorch and Keras, judged by two precisions.

>>> import parity
>>> run = parity.run(["layers.conv"])  # doctest: +SKIP
>>> run.verdict, run.ok  # doctest: +SKIP
(<Verdict.EQUIVALENT: 'equivalent'>, True)

Importing this package imports neither torch nor tensorflow nor keras nor pandas; its names are loaded on first use.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from parity.comparison import Comparison as Comparison
    from parity.comparison import compare as compare
    from parity.live import record as record
    from parity.results import Result as Result
    from parity.results import Run as Run
    from parity.runner import run as run
    from parity.trace import Trace as Trace
    from parity.verdict import Verdict as Verdict

_HOMES = {
    "Comparison": "parity.comparison",
    "compare": "parity.comparison",
    "Result": "parity.results",
    "Run": "parity.results",
    "record": "parity.live",
    "run": "parity.runner",
    "Trace": "parity.trace",
    "Verdict": "parity.verdict",
}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        value = globals()[name] = getattr(importlib.import_module(_HOMES[name]), name)
        return value
    raise AttributeError(f"module 'parity' has no attribute {name!r}; it has {', '.join(sorted(_HOMES))}")


def __dir__() -> list[str]:
    return sorted(_HOMES)
