r"""full, same, valid: how far the kernel may stand out of the image.

| mode | size of the result | padding |
|---|---|---|
| full | n + k − 1 | k − 1 on both sides |
| same | n | k − 1 in all; the odd one at the end |
| valid | n − k + 1 | none |

A layer's convolution is a cross-correlation: the kernel is not turned round. NumPy's and SciPy's `convolve` turn it round.

Shapes: x (h, w), kernel (kh, kw).

Differs from PyTorch:
    Nothing at stride 1. Keras has no "full" and no number of pixels for padding: pad first.

Source: the notes, "卷积的三种模式" (a 7x7 image, a 3x3 filter).
"""

import numpy as np
from jaxtyping import Float
from keras import ops

from tf_impl.typing import Tensor


def correlated(x: Float[Tensor, "h w"], kernel: Float[Tensor, "kh kw"]) -> dict[str, Tensor]:
    """The three modes, each by its padding."""
    kh, kw = kernel.shape

    def conv(image: Tensor, padding: str = "valid") -> Tensor:
        return ops.conv(image[None, ..., None], kernel[..., None, None], padding=padding, data_format="channels_last")[0, ..., 0]

    return {
        "full": conv(ops.pad(x, ((kh - 1, kh - 1), (kw - 1, kw - 1)))),
        "same": conv(x, "same"),
        "same_by_hand": conv(ops.pad(x, (((kh - 1) // 2, kh // 2), ((kw - 1) // 2, kw // 2)))),
        "valid": conv(x),
    }


def sizes_of_modes(height: int, width: int, kh: int, kw: int) -> dict[str, list[int]]:
    """Counted from what comes out."""
    found = correlated(ops.ones((height, width)), ops.ones((kh, kw)))
    return {mode: list(found[mode].shape) for mode in ("full", "same", "valid")}


def convolved(x: Float[Tensor, " n"], kernel: Float[Tensor, " k"]) -> dict[str, Tensor]:
    """NumPy's convolution of vectors beside the layer's, whose kernel is turned round for it. x and kernel (n,), (k,)."""
    a, b = ops.convert_to_numpy(x), ops.convert_to_numpy(kernel)
    length = kernel.shape[0]
    weight = ops.flip(kernel, 0)[:, None, None]

    def conv(signal: Tensor) -> Tensor:
        return ops.conv(signal[None, :, None], weight, padding="valid", data_format="channels_last")[0, :, 0]

    full = conv(ops.pad(x, ((length - 1, length - 1),)))
    start = (length - 1) // 2
    return {
        "numpy_full": np.convolve(a, b, "full"),
        "numpy_same": np.convolve(a, b, "same"),
        "numpy_valid": np.convolve(a, b, "valid"),
        "full": full,
        "same": full[start : start + x.shape[0]],
        "valid": conv(x),
    }
