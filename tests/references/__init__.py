"""Independent references: implementations nobody here wrote, made importable beside the CPU build of torch. Test support only.

`torchvision()` and `transformers()` return the package, or skip the test where it is not installed.
"""

from functools import cache
from types import ModuleType

import pytest

from torch_ref.errata._torchvision import define_operations


@cache
def torchvision() -> ModuleType:
    """torchvision with `models`, `ops` and `transforms`; operations that exist only compiled raise when they are called."""
    define_operations()
    return pytest.importorskip("torchvision", reason="an independent reference; pip install --no-deps it", exc_type=ImportError)


@cache
def transformers() -> ModuleType:
    """transformers, whose models are built from configurations: nothing is downloaded."""
    define_operations()  # it imports torchvision where that is installed
    return pytest.importorskip("transformers", reason="an independent reference; pip install --no-deps it", exc_type=ImportError)
