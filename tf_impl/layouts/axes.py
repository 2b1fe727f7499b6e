r"""Where the channels stand: (N, H, W, C) in files and here, (N, C, H, W) in PyTorch.

| | |
|---|---|
| `ops.transpose(x, (0, 3, 1, 2))` | (N, H, W, C) → (N, C, H, W) |
| `ops.transpose(x, (0, 2, 3, 1))` | and back |
| `ops.reshape(x, (n, c, h, w))` | the right shape and every value in the wrong place |

Shapes: x (n, h, w, c).

Differs from PyTorch:
    Layers take channels last; `data_format="channels_first"` exists, but TensorFlow has no such kernels on the CPU for some of them.
    Transposing copies; in PyTorch it changes strides only, and `memory_format=torch.channels_last` keeps this order under the other's name.
    A layer built late (Keras) takes the other framework's order without a word and makes its kernel for it; PyTorch's raises.

Source: the notes, "tensor dim" (`np.transpose(x,(0,3,1,2))`) and "Pytorch_cv2_Tensor" ([H, W] → [1, H, W]).
"""

import keras
from jaxtyping import Float
from keras import ops

from tf_impl.tensors._refusal import attempt
from tf_impl.typing import Tensor


def moved(x: Float[Tensor, "n h w c"]) -> dict[str, Tensor]:
    """Both ways, and the axes in the order C, W, H."""
    first = ops.transpose(x, (0, 3, 1, 2))
    return {
        "channels_first": first,
        "back": ops.transpose(first, (0, 2, 3, 1)),
        "channels_width_height": ops.transpose(x, (0, 3, 2, 1)),
        "channels_last_memory": first,
    }


def scrambled(x: Float[Tensor, "n h w c"]) -> dict[str, Tensor | bool]:
    """Reshaped where it should have been transposed: no error, other pixels."""
    n, h, w, c = x.shape
    wrong = ops.reshape(x, (n, c, h, w))
    right = ops.transpose(x, (0, 3, 1, 2))
    return {"reshaped": wrong, "shape_is_right": wrong.shape == right.shape, "values_are_right": bool(ops.all(wrong == right))}


def grey(image: Float[Tensor, "h w"]) -> dict[str, Tensor]:
    """A grey image has two axes; a batch for a convolution has four. Here in PyTorch's order; in Keras' the new axis goes to the end."""
    return {
        "with_channel": ops.expand_dims(image, 0),
        "batch": image[None, None],
        "three_channels": ops.broadcast_to(image, (3, *image.shape)),
    }


def expected(x: Float[Tensor, "n h w c"]) -> dict[str, list[int] | bool | str | None]:
    """A convolution given the other framework's order: x (n, h, w, c), 4 filters."""
    layer = keras.layers.Conv2D(4, 1)
    output = layer(x)
    return {"shape": list(output.shape[1:3]), "channels": output.shape[3], **attempt("other_order", lambda: layer(ops.transpose(x, (0, 3, 1, 2))))}
