r"""full, same, valid: how far the kernel may stand out of the image.

| mode | size of the result | padding |
|---|---|---|
| full | n + k − 1 | k − 1 on both sides |
| same | n | k − 1 in all; the odd one at the end |
| valid | n − k + 1 | none |

A layer's convolution is a cross-correlation: the kernel is not turned round. NumPy's and SciPy's `convolve` turn it round.

Shapes: x (h, w), kernel (kh, kw).

>>> import torch
>>> sizes_of_modes(7, 7, 3, 3)
{'full': [9, 9], 'same': [7, 7], 'valid': [5, 5]}

Source: the notes, "卷积的三种模式" (a 7x7 image, a 3x3 filter).
"""

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import conv2d, pad


def correlated(x: Tensor, kernel: Tensor) -> dict[str, Tensor]:
    """The three modes, each by its padding."""
    kh, kw = kernel.shape
    batch, weight = x[None, None], kernel[None, None]
    return {
        "full": conv2d(batch, weight, padding=(kh - 1, kw - 1))[0, 0],
        "same": conv2d(batch, weight, padding="same")[0, 0],
        "same_by_hand": conv2d(pad(batch, ((kw - 1) // 2, kw // 2, (kh - 1) // 2, kh // 2)), weight)[0, 0],
        "valid": conv2d(batch, weight)[0, 0],
    }


def sizes_of_modes(height: int, width: int, kh: int, kw: int) -> dict[str, list[int]]:
    """Counted from what comes out."""
    found = correlated(torch.ones(height, width), torch.ones(kh, kw))
    return {mode: list(found[mode].shape) for mode in ("full", "same", "valid")}


def convolved(x: Tensor, kernel: Tensor) -> dict[str, Tensor]:
    """NumPy's convolution of vectors beside the layer's, whose kernel is turned round for it. x and kernel (n,), (k,)."""
    a, b = x.detach().cpu().numpy(), kernel.detach().cpu().numpy()
    batch, weight = x[None, None], kernel.flip(0)[None, None]
    full = torch.conv1d(batch, weight, padding=len(kernel) - 1)[0, 0]
    start = (len(kernel) - 1) // 2
    return {
        "numpy_full": np.convolve(a, b, "full"),
        "numpy_same": np.convolve(a, b, "same"),
        "numpy_valid": np.convolve(a, b, "valid"),
        "full": full,
        "same": full[start : start + len(x)],
        "valid": torch.conv1d(batch, weight)[0, 0],
    }
