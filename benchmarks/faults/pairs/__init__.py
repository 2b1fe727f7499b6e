"""Right ports by authors who knew nothing of `parity.check`: two live models each, the Keras one with weights of its own. They have to agree."""

import importlib
import pkgutil
from collections.abc import Callable
from functools import cache
from typing import Any

Pair = Callable[[], dict[str, Any]]  # the words of `parity.check`


@cache
def pairs() -> dict[str, Pair]:
    """The builders by name: every function of these modules that is listed in its `PAIRS`."""
    found: dict[str, Pair] = {}
    for info in pkgutil.iter_modules(__path__):
        for builder in importlib.import_module(f"{__name__}.{info.name}").PAIRS:
            assert builder.__name__ not in found, builder.__name__
            found[builder.__name__] = builder
    return found
