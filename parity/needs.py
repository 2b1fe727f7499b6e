"""What a case needs beyond the two frameworks, and why it cannot be had here: a data set, or one of this package's extras."""

from __future__ import annotations

import importlib.util

from parity import datasets

EXTRAS = {"onnx": ("onnx", "onnxruntime", "onnxscript", "tf2onnx"), "torchvision": ("torchvision",)}  # as in pyproject.toml


def unmet(needs: str) -> str:
    """Why a case with these needs is not run here, or "" when it is."""
    if needs not in EXTRAS:
        return datasets.missing(needs)
    absent = [name for name in EXTRAS[needs] if importlib.util.find_spec(name) is None]
    return f"needs {' and '.join(absent)}: pip install torch-keras-parity[{needs}]" if absent else ""
