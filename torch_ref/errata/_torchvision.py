"""torchvision beside a CPU build of torch.

The registry's torchvision is a CUDA build: its compiled operations do not load beside a CPU torch, and two of its modules name them while they
are imported. Their schemas are defined first, so that everything written in Python works: the models, the transforms, `roi_align` by its Python fallback.
"""

import importlib
from types import ModuleType

import torch

_SCHEMAS = (
    "nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
)
_DEFINED: list[torch.library.Library] = []  # a library that is collected takes its schemas along


def define_operations() -> None:
    """Before the first import of torchvision, or of a package that imports it; later it does nothing."""
    if not hasattr(torch.ops.torchvision, "nms"):
        library = torch.library.Library("torchvision", "FRAGMENT")
        for schema in _SCHEMAS:
            library.define(schema)
        _DEFINED.append(library)


def torchvision() -> ModuleType:
    """torchvision with `models` and `transforms`; operations that exist only compiled raise when they are called.

    Raises:
        ImportError: it is not installed.
    """
    define_operations()
    return importlib.import_module("torchvision")
