"""Transposed convolution of signals, images and volumes, channels last, with PyTorch's arguments."""

import math

import keras
from jaxtyping import Float
from keras import ops

from tf_impl.layers._space import crop_or_pad, space_out
from tf_impl.layers._twin import Twin, batched, check_channels, initial_weights, one_more, spread
from tf_impl.typing import Tensor

_register = keras.saving.register_keras_serializable(package="tf_impl")


class _ConvTranspose(Twin):
    """Keras' transposed convolution without padding, then PyTorch's cut; groups and dilation, which Keras lacks."""

    def __init__(self, rank, in_channels, out_channels, kernel_size, stride, padding, output_padding, groups, bias, dilation, padding_mode, **kwargs) -> None:
        size = spread(kernel_size, rank, "kernel_size", least=1)
        if padding_mode != "zeros":
            raise ValueError(f"padding_mode of a transposed convolution can only be 'zeros', got {padding_mode!r}")
        if groups < 1 or in_channels % groups or out_channels % groups:
            raise ValueError(f"groups must divide in_channels and out_channels, got groups={groups}, in_channels={in_channels}, out_channels={out_channels}")
        initial = initial_weights(math.prod(size) * out_channels // groups)
        super().__init__(out_channels, size, strides=spread(stride, rank, "stride", least=1), data_format="channels_last", use_bias=bias, **(initial | kwargs))
        self.in_channels = in_channels
        self.groups = groups
        self.dilation = spread(dilation, rank, "dilation", least=1)
        self._cut = spread(padding, rank, "padding", least=0)
        self._extra = spread(output_padding, rank, "output_padding", least=0)
        if any(extra >= max(s, d) for extra, s, d in zip(self._extra, self.strides, self.dilation, strict=True)):
            raise ValueError(f"output_padding must be smaller than stride or dilation, got {output_padding!r} for stride={stride!r} and dilation={dilation!r}")
        self.build((None,) * (rank + 1) + (in_channels,))
        self.input_spec = None  # Keras' asks for a batch axis

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        shape = (*self.kernel_size, self.filters // self.groups, input_shape[-1])
        self.kernel, self.bias = (
            self.add_weight(shape=shape, initializer=initializer, regularizer=regularizer, constraint=constraint, name=name) if wanted else None
            for name, shape, initializer, regularizer, constraint, wanted in (
                ("kernel", shape, self.kernel_initializer, self.kernel_regularizer, self.kernel_constraint, True),
                ("bias", (self.filters,), self.bias_initializer, self.bias_regularizer, self.bias_constraint, self.use_bias),
            )
        )

    def call(self, inputs: Float[Tensor, "*n_space c"], output_size: tuple[int, ...] | None = None) -> Float[Tensor, "*n_out o"]:
        check_channels(self, inputs, "in_channels", self.in_channels)
        return batched(lambda x: self._on_batch(x, output_size), inputs, self.rank, type(self).__name__)

    def _on_batch(self, x: Tensor, output_size: tuple[int, ...] | None) -> Tensor:
        if x.shape[0] == 0:  # TensorFlow's gradient has the output's shape: see docs/upstream/tensorflow_empty_batch.md
            return self._on_batch(one_more(x), output_size)[:0]
        spans = [d * (k - 1) + 1 for d, k in zip(self.dilation, self.kernel_size, strict=True)]
        extra = self._extra if output_size is None else self._extra_for(output_size, x.shape[1:-1], spans)
        kernel = ops.convert_to_tensor(self.kernel)
        for axis, step in enumerate(self.dilation):
            kernel = space_out(kernel, axis, step)
        parts = zip(ops.split(x, self.groups, axis=-1), ops.split(kernel, self.groups, axis=-1), strict=True)
        outputs = [ops.conv_transpose(part, weight, strides=self.strides, data_format="channels_last") for part, weight in parts]
        outputs = ops.concatenate(outputs, axis=-1) if self.groups > 1 else outputs[0]
        ends = [more - cut - max(s - span, 0) for more, cut, s, span in zip(extra, self._cut, self.strides, spans, strict=True)]  # Keras ends on a full stride
        outputs = crop_or_pad(outputs, [(-cut, end) for cut, end in zip(self._cut, ends, strict=True)])
        if 0 in outputs.shape[1:-1]:
            raise ValueError(f"{type(self).__name__}: nothing is left of an input of shape {tuple(x.shape)} with padding={self._cut}")
        return outputs + self.bias if self.use_bias else outputs

    def _extra_for(self, output_size, space, spans) -> tuple[int, ...]:
        sizes = tuple(output_size)[-self.rank :]
        least = [(n - 1) * s - 2 * cut + span for n, s, cut, span in zip(space, self.strides, self._cut, spans, strict=True)]
        if len(sizes) != self.rank or any(not low <= size < low + s for size, low, s in zip(sizes, least, self.strides, strict=True)):
            raise ValueError(f"output_size must lie within a stride {self.strides} from {tuple(least)} for an input of size {tuple(space)}, got {output_size}")
        return tuple(size - low for size, low in zip(sizes, least, strict=True))


@_register
class ConvTranspose1d(_ConvTranspose, keras.layers.Conv1DTranspose):
    """Spreads a signal by learned kernels; see `ConvTranspose2d`.

    Shapes:
        input (N, L, C_in) or (L, C_in), output (N, L_out, C_out); Keras' `kernel` (K, C_out/groups, C_in), bias (C_out,).

    Differs from PyTorch: as `ConvTranspose2d`.

    Source: Dumoulin and Visin 2016, arXiv:1603.07285.
    """

    def __init__(self, in_channels: int, out_channels: int, kernel_size: int | tuple[int], stride: int | tuple[int] = 1, padding: int | tuple[int] = 0,
                 output_padding: int | tuple[int] = 0, groups: int = 1, bias: bool = True, dilation: int | tuple[int] = 1,
                 padding_mode: str = "zeros", **kwargs) -> None:  # fmt: skip
        super().__init__(1, in_channels, out_channels, kernel_size, stride, padding, output_padding, groups, bias, dilation, padding_mode, **kwargs)


@_register
class ConvTranspose2d(_ConvTranspose, keras.layers.Conv2DTranspose):
    r"""Spreads images by learned kernels: the gradient of `Conv2d` with respect to its input, as a layer.

    $$ y_{n,\; s\,i + d\,u - p,\; s\,j + d\,v - p,\; o} \mathrel{+}= W_{u,v,o,c}\; x_{n,i,j,c} \qquad
       H_\text{out} = (H - 1)\,s - 2p + d\,(k - 1) + \text{output\_padding} + 1 $$

    Args:
        in_channels: channels C_in.
        out_channels: channels C_out.
        kernel_size: k, or one for each spatial axis; so for stride, padding, output_padding and dilation.
        stride: s, the steps that the input's pixels are put apart.
        padding: p pixels that are cut off on both sides.
        output_padding: rows and columns that are cut off less (or added) at the end.
        groups: channels are split into that many groups which do not see each other.
        bias: add b.
        dilation: d, the step between kernel elements.
        padding_mode: only "zeros".

    Called with `output_size`, it chooses `output_padding` for that size.

    Shapes:
        input (N, H, W, C_in) or (H, W, C_in), output (N, H_out, W_out, C_out); Keras' `kernel` (kh, kw, C_out/groups, C_in), b (C_out,).

    Raises:
        ValueError: the last axis is not `in_channels`, an output size that cannot be had, or arguments that do not fit together.

    Differs from PyTorch:
        Keras' padding="same" cuts k − s with the odd pixel at the end: for k 3, s 2, padding 1, output_padding 1 everything is a pixel off (1.3).
        Here Keras spreads without padding and PyTorch's p is cut. Keras has no groups, and TensorFlow's CPU kernel no dilation: the kernel is spread instead.

    Source: Zeiler et al. 2010; Dumoulin and Visin 2016, arXiv:1603.07285; the notes, "ConvTranspose2d".
    """

    def __init__(self, in_channels: int, out_channels: int, kernel_size: int | tuple[int, int], stride: int | tuple[int, int] = 1,
                 padding: int | tuple[int, int] = 0, output_padding: int | tuple[int, int] = 0, groups: int = 1, bias: bool = True,
                 dilation: int | tuple[int, int] = 1, padding_mode: str = "zeros", **kwargs) -> None:  # fmt: skip
        super().__init__(2, in_channels, out_channels, kernel_size, stride, padding, output_padding, groups, bias, dilation, padding_mode, **kwargs)


@_register
class ConvTranspose3d(_ConvTranspose, keras.layers.Conv3DTranspose):
    """Spreads volumes by learned kernels; see `ConvTranspose2d`.

    Shapes:
        input (N, D, H, W, C_in) or (D, H, W, C_in), output (N, D_out, H_out, W_out, C_out); Keras' `kernel` (kd, kh, kw, C_out/groups, C_in), bias (C_out,).

    Differs from PyTorch: as `ConvTranspose2d`.

    Source: Dumoulin and Visin 2016, arXiv:1603.07285.
    """

    def __init__(self, in_channels: int, out_channels: int, kernel_size: int | tuple[int, int, int], stride: int | tuple[int, int, int] = 1,
                 padding: int | tuple[int, int, int] = 0, output_padding: int | tuple[int, int, int] = 0, groups: int = 1, bias: bool = True,
                 dilation: int | tuple[int, int, int] = 1, padding_mode: str = "zeros", **kwargs) -> None:  # fmt: skip
        super().__init__(3, in_channels, out_channels, kernel_size, stride, padding, output_padding, groups, bias, dilation, padding_mode, **kwargs)
