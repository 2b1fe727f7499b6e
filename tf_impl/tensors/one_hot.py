r"""One-hot rows: $\text{out}_{ij} = [\,j = \text{label}_i\,]$.

Shapes: labels any, the result one axis more, of `num_classes`.

Differs from PyTorch:
    float rows unless `dtype` is given (PyTorch: int64). `num_classes` has to be given.
    A label that is no class gives a row of zeros, without a word (PyTorch raises): its sample then adds nothing to a cross-entropy.

Source: the notes, "one-hot编码".
"""

import keras
from jaxtyping import Int
from keras import ops

from tf_impl.tensors._refusal import attempt
from tf_impl.typing import Tensor


def one_hot(labels: Int[Tensor, "..."], num_classes: int = -1) -> dict[str, Tensor]:
    """int64 rows; −1 counts the classes: the largest label and one."""
    if num_classes == -1:
        num_classes = int(ops.max(labels)) + 1
    return {"one_hot": ops.one_hot(labels, num_classes, dtype="int64")}


def default_dtype(labels: Int[Tensor, "..."], num_classes: int) -> dict[str, str]:
    """What comes out unless one asks, and when one does."""
    rows, asked = ops.one_hot(labels, num_classes), ops.one_hot(labels, num_classes, dtype="int8")
    return {"dtype": keras.backend.standardize_dtype(rows.dtype), "asked_for_int8": keras.backend.standardize_dtype(asked.dtype)}


def strange_labels(labels: Int[Tensor, "..."], num_classes: int) -> dict[str, bool | str | None]:
    """Labels that are no class, as they come and checked by hand."""

    def checked() -> Tensor:
        if not ops.all((labels >= 0) & (labels < num_classes)):
            raise ValueError(f"labels: expected 0 to {num_classes - 1}, got {int(ops.min(labels))} to {int(ops.max(labels))}")
        return ops.one_hot(labels, num_classes)

    return attempt("one_hot", lambda: ops.one_hot(labels, num_classes)) | attempt("checked", checked)
