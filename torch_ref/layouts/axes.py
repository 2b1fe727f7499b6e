r"""Where the channels stand: (N, H, W, C) in files and TensorFlow, (N, C, H, W) in PyTorch.

| | |
|---|---|
| `np.transpose(x, (0, 3, 1, 2))` | (N, H, W, C) → (N, C, H, W) |
| `np.transpose(x, (0, 2, 3, 1))` | and back |
| `x.reshape(n, c, h, w)` | the right shape and every value in the wrong place |

"C, W, H", as some write it, is (C, H, W) read aloud: PyTorch's last axis is the width.

Shapes: x (n, h, w, c).

>>> import torch
>>> moved(torch.arange(8.0).reshape(1, 2, 2, 2))["channels_first"][0, 1]
tensor([[1., 3.],
        [5., 7.]])

Source: the notes, "tensor dim" (`np.transpose(x,(0,3,1,2))`) and "Pytorch_cv2_Tensor" ([H, W] → [1, H, W]).
"""

import torch
from torch import Tensor

from torch_ref.tensors._refusal import attempt


def moved(x: Tensor) -> dict[str, Tensor]:
    """Both ways, the axes in the order C, W, H, and a view of the same memory in another order."""
    first = x.permute(0, 3, 1, 2)
    return {
        "channels_first": first,
        "back": first.permute(0, 2, 3, 1),
        "channels_width_height": x.permute(0, 3, 2, 1),
        "channels_last_memory": first.contiguous(memory_format=torch.channels_last),
    }


def scrambled(x: Tensor) -> dict[str, Tensor | bool]:
    """Reshaped where it should have been transposed: no error, other pixels."""
    n, h, w, c = x.shape
    wrong = x.reshape(n, c, h, w)
    right = x.permute(0, 3, 1, 2)
    return {"reshaped": wrong, "shape_is_right": wrong.shape == right.shape, "values_are_right": torch.equal(wrong, right)}


def grey(image: Tensor) -> dict[str, Tensor]:
    """A grey image has two axes; a batch for a convolution has four."""
    return {"with_channel": image.unsqueeze(0), "batch": image[None, None], "three_channels": image.expand(3, *image.shape)}


def expected(x: Tensor) -> dict[str, list[int] | bool | str | None]:
    """A convolution given the other framework's order: x (n, h, w, c), 4 filters."""
    c = x.shape[-1]
    layer = torch.nn.Conv2d(c, 4, 1)
    return {
        "shape": list(layer(x.permute(0, 3, 1, 2)).shape[2:]),
        "channels": layer(x.permute(0, 3, 1, 2)).shape[1],
        **attempt("other_order", lambda: layer(x)),
    }
