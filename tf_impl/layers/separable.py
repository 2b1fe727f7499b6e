"""Depthwise separable convolution of images, channels last."""

import keras
from jaxtyping import Float

from tf_impl.layers._twin import Twin
from tf_impl.layers.conv import Conv2d
from tf_impl.typing import Tensor


@keras.saving.register_keras_serializable(package="tf_impl")
class SeparableConv2d(Twin):
    r"""Each channel by its own kernels, then 1×1 across channels.

    $$ h_{c\,m + j} = W^\text{depth}_{c\,m + j} * x_c, \qquad y_o = b_o + \sum_k W^\text{point}_{k,o}\, h_k $$

    Args:
        in_channels: channels C_in.
        out_channels: channels C_out.
        kernel_size: size of the depthwise kernels; so for stride, padding and dilation, see `Conv2d`.
        stride: stride of the depthwise convolution.
        padding: its padding.
        dilation: its dilation.
        depth_multiplier: m, kernels for each channel.
        bias: add b after the pointwise convolution.

    Shapes:
        input (N, H, W, C_in) or (H, W, C_in), output (N, H_out, W_out, C_out).
        Kernels: depthwise (kh, kw, 1, C_in·m), pointwise (1, 1, C_in·m, C_out); b (C_out,).

    Raises:
        ValueError: as `Conv2d`.

    Differs from PyTorch:
        PyTorch has no such layer, Keras has `SeparableConv2D`: its depthwise kernel is (kh, kw, C_in, m), PyTorch's grouped weight (C_in·m, 1, kh, kw) with m
        varying fastest; read the other way round it loads without an error and is wrong by O(1) (1.8) for m > 1.
        Here it is two `Conv2d`, so that names and weights are those of PyTorch's usual pair of layers.

    Source: Chollet 2017, arXiv:1610.02357 (Xception).
    """

    def __init__(self, in_channels: int, out_channels: int, kernel_size: int | tuple[int, int], stride: int | tuple[int, int] = 1,
                 padding: str | int | tuple[int, int] = 0, dilation: int | tuple[int, int] = 1, depth_multiplier: int = 1, bias: bool = True,
                 **kwargs) -> None:  # fmt: skip
        super().__init__(**kwargs)
        between = in_channels * depth_multiplier
        dtype = self.dtype_policy
        self.depthwise = Conv2d(in_channels, between, kernel_size, stride, padding, dilation, groups=in_channels, bias=False, dtype=dtype)
        self.pointwise = Conv2d(between, out_channels, 1, bias=bias, dtype=dtype)
        self.built = True

    def call(self, inputs: Float[Tensor, "*n h w c"]) -> Float[Tensor, "*n h2 w2 o"]:
        return self.pointwise(self.depthwise(inputs))
