"""Windows as columns and back, channels last, in PyTorch's order."""

import math

import keras
from jaxtyping import Float
from keras import ops

from tf_impl.layers._space import crop_or_pad, pad_space, space_out
from tf_impl.layers._twin import Twin, batched, spread
from tf_impl.layers._windows import Windows
from tf_impl.typing import Tensor


@keras.saving.register_keras_serializable(package="tf_impl")
class Unfold(Twin):
    r"""Lays out every window of an image as one vector ("im2col"): a convolution is a Linear over them.

    $$ y_{n,\; l,\; c\,k^2 + u\,k + v} = x_{n,\; s\,i + d\,u - p,\; s\,j + d\,v - p,\; c}, \qquad l = i\,W_\text{out} + j $$

    Args:
        kernel_size: the window, one number or one for each spatial axis; so for the following three.
        dilation: d, the step between the window's elements.
        padding: p zeros on both sides.
        stride: s.

    Shapes:
        input (N, H, W, C) or (H, W, C), output (N, L, C·∏kernel): the channel varies slowest. (PyTorch's (N, C·∏kernel, L) with its channel axis last.)

    Raises:
        ValueError: the window exceeds the padded input.

    Differs from PyTorch:
        `tf.image.extract_patches` lets the channel vary fastest: O(1) wrong before a Linear with PyTorch's weights (3.7).

    Source: Chellapilla et al. 2006; PyTorch's documentation.
    """

    def __init__(self, kernel_size: int | tuple[int, int], dilation: int | tuple[int, int] = 1, padding: int | tuple[int, int] = 0,
                 stride: int | tuple[int, int] = 1, **kwargs) -> None:  # fmt: skip
        super().__init__(**kwargs)
        self.windows = Windows(2, kernel_size, stride, padding, dilation, pooling=False)
        self.built = True

    def call(self, inputs: Float[Tensor, "*n h w c"]) -> Float[Tensor, "*n l k"]:
        return batched(self._on_batch, inputs, 2, "Unfold")

    def _on_batch(self, x: Tensor) -> Tensor:
        padded = pad_space(x, self.windows.pads(x.shape[1:-1]))
        elements = ops.stack(self.windows.elements(padded), axis=-1)
        height, width = ops.shape(elements)[1:3]
        return ops.reshape(elements, (-1, height * width, x.shape[-1] * math.prod(self.windows.size)))


@keras.saving.register_keras_serializable(package="tf_impl")
class Fold(Twin):
    """Adds vectors back into the windows of an image ("col2im"): the gradient of `Unfold`, as a layer. Where windows overlap, they add up.

    Args:
        output_size: height and width of the image.
        kernel_size: the window, one number or one for each spatial axis; so for the following three.
        dilation: the step between the window's elements.
        padding: zeros that `Unfold` had put on both sides.
        stride: its stride.

    Shapes:
        input (N, L, C·∏kernel) or (L, C·∏kernel), output (N, *output_size, C).

    Raises:
        ValueError: L is not the number of windows in `output_size`, or the window does not divide the last axis.

    Differs from PyTorch:
        Keras' `ops.fold` takes PyTorch's channels-first axes; there is no layer.

    Source: PyTorch's documentation, "Fold".
    """

    def __init__(self, output_size: int | tuple[int, int], kernel_size: int | tuple[int, int], dilation: int | tuple[int, int] = 1,
                 padding: int | tuple[int, int] = 0, stride: int | tuple[int, int] = 1, **kwargs) -> None:  # fmt: skip
        super().__init__(**kwargs)
        self.output_size = spread(output_size, 2, "output_size", least=1)
        self.windows = Windows(2, kernel_size, stride, padding, dilation, pooling=False)
        sizes = zip(self.output_size, self.windows.padding, self.windows.span, self.windows.stride, strict=True)
        self._blocks = tuple((n + 2 * p - span) // s + 1 for n, p, span, s in sizes)
        self.built = True

    def call(self, inputs: Float[Tensor, "*n l k"]) -> Float[Tensor, "*n h w c"]:
        places = math.prod(self.windows.size)
        if min(self._blocks) < 1 or inputs.shape[-2] != math.prod(self._blocks) or inputs.shape[-1] % places:
            wanted = f"(…, {math.prod(self._blocks)} windows, a multiple of {places})"
            raise ValueError(f"Fold to {self.output_size} with kernel_size={self.windows.size} expects {wanted}, got an input of shape {tuple(inputs.shape)}")
        return batched(self._on_batch, inputs, 1, "Fold")

    def _on_batch(self, x: Tensor) -> Tensor:
        windows = self.windows
        x = ops.reshape(x, (-1, *self._blocks, x.shape[-1] // math.prod(windows.size), math.prod(windows.size)))
        for axis, step in enumerate(windows.stride, start=1):
            x = space_out(x, axis, step)
        total = None
        for place in range(math.prod(windows.size)):
            starts = [k * d for k, d in zip(divmod(place, windows.size[1]), windows.dilation, strict=True)]
            ends = [n + 2 * p - start - (blocks - 1) * s - 1 for n, p, start, blocks, s in self._axes(starts)]
            part = pad_space(x[..., place], list(zip(starts, ends, strict=True)))
            total = part if total is None else total + part
        return crop_or_pad(total, [(-p, -p) for p in windows.padding])

    def _axes(self, starts):
        return zip(self.output_size, self.windows.padding, starts, self._blocks, self.windows.stride, strict=True)
