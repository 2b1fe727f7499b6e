r"""One-hot rows: $\text{out}_{ij} = [\,j = \text{label}_i\,]$.

Shapes: labels any, the result one axis more, of `num_classes`.

>>> import torch
>>> one_hot(torch.tensor([0, 2, 1, 4, 1, 3]), num_classes=5)["one_hot"]
tensor([[1, 0, 0, 0, 0],
        [0, 0, 1, 0, 0],
        [0, 1, 0, 0, 0],
        [0, 0, 0, 0, 1],
        [0, 1, 0, 0, 0],
        [0, 0, 0, 1, 0]])

Source: the notes, "one-hot编码".
"""

import torch
from torch import Tensor
from torch.nn import functional as _functional

from torch_ref.tensors._refusal import attempt


def one_hot(labels: Tensor, num_classes: int = -1) -> dict[str, Tensor]:
    """int64 rows; −1 counts the classes: the largest label and one."""
    return {"one_hot": _functional.one_hot(labels, num_classes)}


def default_dtype(labels: Tensor, num_classes: int) -> dict[str, str]:
    """What comes out unless one asks, and when one does."""
    rows = _functional.one_hot(labels, num_classes)
    return {"dtype": str(rows.dtype).removeprefix("torch."), "asked_for_int8": str(rows.to(torch.int8).dtype).removeprefix("torch.")}


def strange_labels(labels: Tensor, num_classes: int) -> dict[str, bool | str | None]:
    """Labels that are no class, as they come and checked by hand."""
    labels = labels.cpu()  # on a GPU the refusal would end the process's use of it

    def checked() -> Tensor:
        if not torch.all((labels >= 0) & (labels < num_classes)):
            raise ValueError(f"labels: expected 0 to {num_classes - 1}, got {labels.min().item()} to {labels.max().item()}")
        return _functional.one_hot(labels, num_classes)

    return attempt("one_hot", lambda: _functional.one_hot(labels, num_classes)) | attempt("checked", checked)
