"""Independent references: implementations nobody here wrote, made importable beside the CPU build of torch. Test support only.

`torchvision()` and `transformers()` return the package, or skip the test where it is not installed.
The registry's torchvision is a CUDA build: its compiled operations do not load beside a CPU torch, and two of its modules name them while they
are imported. Their schemas are defined first, so that everything written in Python works: the models, and `roi_align` by its Python fallback.
"""

from functools import cache
from types import ModuleType

import pytest
import torch

_SCHEMAS = (
    "nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
)
_DEFINED: list[torch.library.Library] = []  # a library that is collected takes its schemas along


@cache
def torchvision() -> ModuleType:
    """torchvision with `models`, `ops` and `transforms`; operations that exist only compiled raise when they are called."""
    _define_operations()
    return pytest.importorskip("torchvision", reason="an independent reference; pip install --no-deps it", exc_type=ImportError)


@cache
def transformers() -> ModuleType:
    """transformers, whose models are built from configurations: nothing is downloaded."""
    _define_operations()  # it imports torchvision where that is installed
    return pytest.importorskip("transformers", reason="an independent reference; pip install --no-deps it", exc_type=ImportError)


def _define_operations() -> None:
    if not hasattr(torch.ops.torchvision, "nms"):
        library = torch.library.Library("torchvision", "FRAGMENT")
        for schema in _SCHEMAS:
            library.define(schema)
        _DEFINED.append(library)
