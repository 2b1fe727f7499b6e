"""Convolution over signals, images and volumes, channels last, with PyTorch's arguments."""

import math

import keras
from jaxtyping import Float

from tf_impl.layers._space import MODES, pad_space
from tf_impl.layers._twin import Twin, batched, check_channels, initial_weights, one_more, spread
from tf_impl.typing import Tensor


class _Conv(Twin):
    """The padding, dilation and checks that Keras' convolutions lack, for any number of spatial axes."""

    def __init__(self, rank, in_channels, out_channels, kernel_size, stride, padding, dilation, groups, bias, padding_mode, **kwargs) -> None:
        size = spread(kernel_size, rank, "kernel_size", least=1)
        stride = spread(stride, rank, "stride", least=1)
        dilation = spread(dilation, rank, "dilation", least=1)
        if groups < 1 or in_channels % groups or out_channels % groups:
            raise ValueError(f"groups must divide in_channels and out_channels, got groups={groups}, in_channels={in_channels}, out_channels={out_channels}")
        if padding_mode not in MODES:
            raise ValueError(f"padding_mode must be one of {MODES}, got {padding_mode!r}")
        self._later = stride if max(dilation) > 1 else (1,) * rank  # Keras refuses stride with dilation: drop what the stride skips afterwards
        self._pads = _explicit(padding, size, stride, dilation)
        whole = [_spread_out(d * (k - 1)) for d, k in zip(dilation, size, strict=True)]
        self._same = self._pads == whole and padding_mode == "zeros" and max(stride) == 1  # Keras' "same" is PyTorch's then, and pads within the kernel
        fan_in = math.prod(size) * in_channels // groups
        super().__init__(
            out_channels,
            size,
            strides=(1,) * rank if max(dilation) > 1 else stride,
            padding="same" if self._same else "valid",
            data_format="channels_last",
            dilation_rate=dilation,
            groups=groups,
            use_bias=bias,
            **(initial_weights(fan_in) | kwargs),
        )
        self.in_channels = in_channels
        self.padding_mode = padding_mode
        self.build((None, *(d * (k - 1) + 1 for d, k in zip(dilation, size, strict=True)), in_channels))
        self.input_spec = None  # Keras' asks for a batch axis

    def call(self, inputs: Float[Tensor, "*n_space c"]) -> Float[Tensor, "*n_out o"]:
        if "float" not in keras.backend.standardize_dtype(inputs.dtype):
            raise ValueError(f"{type(self).__name__}: the input must be floats, as the weights are, got {keras.backend.standardize_dtype(inputs.dtype)}")
        check_channels(self, inputs, "in_channels", self.in_channels)
        return batched(self._on_batch, inputs, self.rank, type(self).__name__)

    def _on_batch(self, x: Tensor) -> Tensor:
        if x.shape[0] == 0:  # TensorFlow answers with the input's shape: see docs/upstream/tensorflow_empty_batch.md
            return self._on_batch(one_more(x))[:0]
        for axis, (size, k, d, pads) in enumerate(zip(x.shape[1:-1], self.kernel_size, self.dilation_rate, self._pads, strict=True)):
            if size is not None and size + sum(pads) < d * (k - 1) + 1:
                raise ValueError(f"{type(self).__name__}: the kernel spans {d * (k - 1) + 1} on spatial axis {axis}, the padded input only {size + sum(pads)}")
        outputs = super().call(x if self._same else pad_space(x, self._pads, self.padding_mode))
        return outputs[:, *(slice(None, None, s) for s in self._later)] if max(self._later) > 1 else outputs


def _explicit(padding, size, stride, dilation) -> list[tuple[int, int]]:
    """(before, after) for every spatial axis; PyTorch's "same" puts the odd one after."""
    if padding == "valid":
        padding = 0
    if padding == "same":
        if max(stride) > 1:
            raise ValueError(f"padding='same' is not supported for strided convolutions, got stride={stride}")
        return [_spread_out(d * (k - 1)) for d, k in zip(dilation, size, strict=True)]
    if isinstance(padding, str):
        raise ValueError(f"padding must be 'same', 'valid' or integers, got {padding!r}")
    return [(p, p) for p in spread(padding, len(size), "padding", least=0)]


def _spread_out(total: int) -> tuple[int, int]:
    return total // 2, total - total // 2


@keras.saving.register_keras_serializable(package="tf_impl")
class Conv1d(_Conv, keras.layers.Conv1D):
    """Cross-correlates signals with learned kernels; see `Conv2d`.

    Shapes:
        input (N, L, C_in) or (L, C_in), output (N, L_out, C_out); Keras' `kernel` (K, C_in/groups, C_out), bias (C_out,).

    Differs from PyTorch:
        Keras' `padding="causal"` does not exist here: pad (K−1)·dilation on the left, as PyTorch users do.

    Source: the notes, "Conv1d"; LeCun et al. 1989.
    """

    def __init__(self, in_channels: int, out_channels: int, kernel_size: int | tuple[int], stride: int | tuple[int] = 1, padding: str | int | tuple[int] = 0,
                 dilation: int | tuple[int] = 1, groups: int = 1, bias: bool = True, padding_mode: str = "zeros", **kwargs) -> None:  # fmt: skip
        super().__init__(1, in_channels, out_channels, kernel_size, stride, padding, dilation, groups, bias, padding_mode, **kwargs)


@keras.saving.register_keras_serializable(package="tf_impl")
class Conv2d(_Conv, keras.layers.Conv2D):
    r"""Cross-correlates images with learned kernels: no kernel is flipped, in PyTorch or in Keras.

    $$ y_{n,i,j,o} = b_o + \sum_{u,v,c} W_{u,v,c,o}\; x_{n,\; s\,i + d\,u - p,\; s\,j + d\,v - p,\; c} \qquad
       H_\text{out} = \left\lfloor \frac{H + 2p - d\,(k - 1) - 1}{s} \right\rfloor + 1 $$

    Args:
        in_channels: channels C_in.
        out_channels: kernels C_out.
        kernel_size: k, or one for each spatial axis; so for the following three.
        stride: s.
        padding: p pixels on both sides of an axis, "valid" (none), or "same" (stride 1 only).
        dilation: d, the step between kernel elements.
        groups: channels are split into that many groups which do not see each other.
        bias: add b.
        padding_mode: what is padded: "zeros", "reflect", "replicate" or "circular".

    Shapes:
        input (N, H, W, C_in) or (H, W, C_in), output (N, H_out, W_out, C_out); Keras' `kernel` (kh, kw, C_in/groups, C_out), b (C_out,).

    Raises:
        ValueError: the last axis is not `in_channels`, the kernel is larger than the padded input, or arguments that do not fit together.

    Differs from PyTorch:
        Keras' padding="same" under a stride puts the odd pixel at the bottom and right: for 8 pixels, kernel 3, stride 2 every output is wrong (2.7),
        for 7 pixels none. Here PyTorch's symmetric padding is added first and Keras convolves without padding, unless "same" is that very padding: stride 1.
        Keras refuses stride with dilation; here the strided output is cut from the dense one, stride² times the work.

    Source: the notes, "Conv2d"; LeCun et al. 1989; Dumoulin and Visin 2016, arXiv:1603.07285.
    """

    def __init__(self, in_channels: int, out_channels: int, kernel_size: int | tuple[int, int], stride: int | tuple[int, int] = 1,
                 padding: str | int | tuple[int, int] = 0, dilation: int | tuple[int, int] = 1, groups: int = 1, bias: bool = True,
                 padding_mode: str = "zeros", **kwargs) -> None:  # fmt: skip
        super().__init__(2, in_channels, out_channels, kernel_size, stride, padding, dilation, groups, bias, padding_mode, **kwargs)


@keras.saving.register_keras_serializable(package="tf_impl")
class Conv3d(_Conv, keras.layers.Conv3D):
    """Cross-correlates volumes with learned kernels; see `Conv2d`.

    Shapes:
        input (N, D, H, W, C_in) or (D, H, W, C_in), output (N, D_out, H_out, W_out, C_out); Keras' `kernel` (kd, kh, kw, C_in/groups, C_out), bias (C_out,).

    Differs from PyTorch: as `Conv2d`.

    Source: the notes, "Conv3d"; Tran et al. 2015, arXiv:1412.0767.
    """

    def __init__(self, in_channels: int, out_channels: int, kernel_size: int | tuple[int, int, int], stride: int | tuple[int, int, int] = 1,
                 padding: str | int | tuple[int, int, int] = 0, dilation: int | tuple[int, int, int] = 1, groups: int = 1, bias: bool = True,
                 padding_mode: str = "zeros", **kwargs) -> None:  # fmt: skip
        super().__init__(3, in_channels, out_channels, kernel_size, stride, padding, dilation, groups, bias, padding_mode, **kwargs)
