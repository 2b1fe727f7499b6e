r"""Sequences of unequal length in one tensor: zeros behind, or in front.

Shapes: sequences (n_i, ...), result (batch, max n_i, ...).

>>> import torch
>>> padded(torch.tensor([1, 2, 3]), torch.tensor([4]))["default"]
tensor([[1, 2, 3],
        [4, 0, 0]])

Source: PyTorch's documentation, `pad_sequence`; Keras' documentation, `pad_sequences`.
"""

from torch import Tensor
from torch.nn.utils.rnn import pad_sequence


def padded(x: Tensor, y: Tensor) -> dict[str, Tensor]:
    """With no word about the side, and with one; cut to three where longer."""
    return {
        "default": pad_sequence([x, y], batch_first=True),
        "behind": pad_sequence([x, y], batch_first=True, padding_side="right"),
        "in_front": pad_sequence([x, y], batch_first=True, padding_side="left"),
        "filled": pad_sequence([x, y], batch_first=True, padding_value=-1),
        "cut_default": pad_sequence([x, y], batch_first=True)[:, :2],
    }
