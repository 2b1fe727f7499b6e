r"""Which type a tensor gets, what two types make together, and who refuses.

Numbers take the default dtype (float32) or int64; NumPy arrays keep theirs. Types promote: bool < integers < floats, the wider of a kind;
a Python number, or a tensor without axes, changes the kind but not the width. int8 with uint8 is int16; float16 with bfloat16 is float32.

Shapes: as the functions say.

>>> import torch
>>> torch.tensor([1, 2, 3], dtype=int).dtype, torch.ones(2).numpy().dtype, torch.tensor(np.ones(2)).dtype
(torch.int64, dtype('float32'), torch.float64)
>>> promotion("int64", "float16")
{'dtype': 'float16'}
>>> layer_input()["float64_input_error"]
'RuntimeError: mat1 and mat2 must have the same dtype, but got Double and Float'

Source: the notes, "pytorch 的数据类型" and "target为long型"; PyTorch's "Type promotion".
"""

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as _functional

from torch_ref.tensors._refusal import attempt


def defaults() -> dict[str, str]:
    """From Python's numbers and NumPy's arrays. In a float64 run the default dtype is float64."""
    data = {"integer": 1, "integers": [1, 2], "boolean": True, "floating": 1.5, "floatings": [1.0, 2.0]}
    arrays = {"array_float64": np.ones(2), "array_float32": np.ones(2, np.float32), "array_int64": np.ones(2, np.int64)}
    return {name: _name(torch.tensor(value)) for name, value in (data | arrays).items()}


def promotion(left: str, right: str) -> dict[str, str]:
    """The type of a sum."""
    return {"dtype": _name(torch.add(_ones(left), _ones(right)))}


def plus(left: str, right: str) -> dict[str, bool | str | None]:
    """A bare `+` between two types, and the function that always works."""
    return {"add": _name(torch.add(_ones(left), _ones(right))), **attempt("plus", lambda: _ones(left) + _ones(right))}


def numbers() -> dict[str, bool | str | None]:
    """Tensors with Python numbers, and with a tensor that has no axes."""
    return {
        "int64_times_2.5": _name(torch.mul(_ones("int64"), 2.5)),
        "float16_times_2.5": _name(torch.mul(_ones("float16"), 2.5)),
        "float32_times_2": _name(torch.mul(_ones("float32"), 2)),
        "float32_plus_float64_number": _name(torch.add(_ones("float32"), torch.tensor(1.5, dtype=torch.float64))),
        **attempt("bare_int64_times_2.5", lambda: _ones("int64") * 2.5),
    }


def integers(a: Tensor, b: Tensor) -> dict[str, Tensor | bool | str | None]:
    """Division, remainders and sums of integers."""
    small = torch.tensor([200, 100, 7], dtype=torch.uint8)
    return {
        "divide": torch.div(a, b),
        "floor_divide": torch.floor_divide(a, b),
        "remainder": torch.remainder(a, b),
        "sum": torch.sum(a),
        "mean": torch.mean(a.to(torch.get_default_dtype())),
        "uint8_plus": small + small,  # wraps at 256
        "uint8_sum": torch.sum(small),  # does not: sums are int64
        **attempt("mean_of_integers", lambda: torch.mean(a)),
    }


def cast(x: Tensor) -> dict[str, Tensor]:
    """To integers towards zero, to booleans by not being zero, through halves (and back) by rounding to even."""
    return {
        "int64": x.to(torch.int64),
        "bool": x.to(torch.bool),
        "through_float16": x.to(torch.float16).to(x.dtype),
        "through_bfloat16": x.to(torch.bfloat16).to(x.dtype),
    }


def class_labels(logits: Tensor, labels: Tensor, dtype: str) -> dict[str, Tensor | bool | str | None]:
    """Class indices of another integer type than int64."""
    told = attempt("labels", lambda: _functional.cross_entropy(logits, labels.to(getattr(torch, dtype))))
    return {"loss": _functional.cross_entropy(logits, labels), **told}


def layer_input() -> dict[str, bool | str | None]:
    """A NumPy array (float64) into a layer of float32."""
    layer = torch.nn.Linear(3, 2, dtype=torch.float32)
    return {"dtype": _name(layer(_ones("float32", 3))), **attempt("float64_input", lambda: layer(_ones("float64", 3)))}


def _ones(dtype: str, columns: int = 1) -> Tensor:
    return torch.ones((1, columns), dtype=getattr(torch, dtype))


def _name(tensor: Tensor) -> str:
    return str(tensor.dtype).removeprefix("torch.")
