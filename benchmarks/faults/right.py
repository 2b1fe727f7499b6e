"""Right ports that are only written differently: `parity.check` has to say that they agree."""

import importlib
import pkgutil

from benchmarks.faults import variants
from benchmarks.faults.port import Port

RIGHT: tuple[Port, ...] = tuple(
    port for info in pkgutil.iter_modules(variants.__path__) for port in importlib.import_module(f"{variants.__name__}.{info.name}").RIGHT
)
