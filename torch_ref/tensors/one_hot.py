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

from torch import Tensor
from torch.nn import functional as _functional

from torch_ref.tensors._refusal import attempt


def one_hot(labels: Tensor, num_classes: int = -1) -> dict[str, Tensor]:
    """int64 rows; −1 counts the classes: the largest label and one."""
    return {"one_hot": _functional.one_hot(labels, num_classes)}


def default_dtype(labels: Tensor, num_classes: int) -> dict[str, str]:
    """What comes out unless one asks."""
    return {"dtype": str(_functional.one_hot(labels, num_classes).dtype).removeprefix("torch.")}


def strange_labels(labels: Tensor, num_classes: int) -> dict[str, bool | str | None]:
    """Labels that are no class."""
    labels = labels.cpu()  # on a GPU the refusal would end the process's use of it
    return attempt("one_hot", lambda: _functional.one_hot(labels, num_classes))
