"""Faults of layers, recurrent layers and activations."""

import importlib

import keras
from keras import ops

from planted import Replaced, altered, assign, fault

# Layers


@fault("layers.batch_norm:BatchNorm2d[train]", "output:*", "input_grad:*", "grad:weight", "step:weight@*")
def batch_norm_has_keras_epsilon(patch):
    altered(patch, "layers.batch_norm:BatchNorm2d", assign("epsilon", 1e-3))


@fault("layers.batch_norm:BatchNorm2d[momentum]", "buffer:running_mean", "buffer:running_var")
def batch_norm_has_keras_momentum(patch):
    from tf_impl.layers.batch_norm import BatchNorm2d

    def __init__(self, num_features, momentum):  # noqa: N807
        BatchNorm2d.__init__(self, num_features, momentum=1 - momentum)

    altered(patch, "layers.batch_norm:BatchNorm2d", __init__=__init__)


@fault("layers.batch_norm:BatchNorm2d[momentum]", "buffer:running_var")
def batch_norm_keeps_the_biased_variance(patch):
    from tf_impl.layers.batch_norm import BatchNorm2d

    def call(self, inputs, training=None):
        kept, n = 0.25 * self.moving_variance, 2 * 4 * 5  # the case's momentum is 0.75
        outputs = BatchNorm2d.call(self, inputs, training=training)
        self.moving_variance.assign(kept + (self.moving_variance - kept) * (n - 1) / n)
        return outputs

    altered(patch, "layers.batch_norm:BatchNorm2d", call=call)


@fault("layers.layer_norm:LayerNorm[default]", "output:*", "input_grad:*", "grad:weight", "step:weight@*")
def layer_norm_has_epsilon_outside_the_root(patch):
    patch.setattr("tf_impl.layers.layer_norm.ops", Replaced(rsqrt=lambda x: 1 / (ops.sqrt(x - 1e-5) + 1e-5)))


@fault("layers.group_norm:GroupNorm[default]", "output:*", "input_grad:*", "grad:weight", "step:weight@*")
def group_norm_takes_every_second_channel(patch):
    def interleaved(x, shape):
        if len(shape) == 5 and shape[-2:] == (2, 3):  # channels → groups
            return ops.swapaxes(ops.reshape(x, (*shape[:-2], 3, 2)), -1, -2)
        return ops.reshape(ops.swapaxes(x, -1, -2), shape)

    patch.setattr("tf_impl.layers.group_norm.ops", Replaced(reshape=interleaved))


@fault("layers.conv:Conv2d[same-even]", "output:*", "input_grad:*", "grad:weight")
def convolution_pads_before(patch):
    """As a convolution of the mirrored image with the mirrored kernel, mirrored back."""
    from tf_impl.layers.conv import Conv2d

    def convolution_op(self, inputs, kernel):
        return keras.layers.Conv2D.convolution_op(self, inputs, ops.flip(kernel, axis=(0, 1)))

    def call(self, inputs):
        return ops.flip(Conv2d.call(self, ops.flip(inputs, axis=(1, 2))), axis=(1, 2))

    altered(patch, "layers.conv:Conv2d", call=call, convolution_op=convolution_op)


@fault("layers.conv:Conv2d[default]", "output:*", "input_grad:*", "grad:weight", "step:weight@*")
def convolution_flips_its_kernel(patch):
    def convolution_op(self, inputs, kernel):
        return keras.layers.Conv2D.convolution_op(self, inputs, ops.flip(kernel, axis=(0, 1)))

    altered(patch, "layers.conv:Conv2d", convolution_op=convolution_op)


@fault("layers.linear:Linear[square]", "output:*", "input_grad:*", "grad:weight")
def square_kernel_is_not_transposed(patch):
    altered(patch, "layers.linear:Linear", call=lambda self, inputs, training=None: ops.matmul(inputs, ops.transpose(self.kernel)) + self.bias)


@fault("layers.linear:Linear[default]", "output:*", "grad:bias", "step:bias@*")
def bias_is_added_twice(patch):
    altered(patch, "layers.linear:Linear", call=lambda self, inputs, training=None: ops.matmul(inputs, self.kernel) + 2 * self.bias)


@fault("layers.pooling:MaxPool2d[padded-even]", "output:*", "input_grad:*")
def maximum_pads_zeros(patch):
    from tf_impl.layers._space import pad_space

    patch.setattr("tf_impl.layers.pooling.pad_space", lambda x, pads, value=0.0: pad_space(x, pads))


@fault("layers.pooling:AvgPool2d[padded]", "output:*", "input_grad:*")
def average_does_not_count_the_padding(patch):
    altered(patch, "layers.pooling:AvgPool2d", assign("count_include_pad", False))


@fault("layers.flatten:Flatten[image]", "output:*", "input_grad:*")
def flatten_lets_the_channel_vary_fastest(patch):
    altered(patch, "layers.flatten:Flatten", assign("data_format", "channels_first"))


@fault("layers.embedding:Embedding[padding]", "grad:weight")
def padding_row_is_trained(patch):
    altered(patch, "layers.embedding:Embedding", assign("padding_idx", None))


@fault("layers.upsample:Upsample[bilinear]", "output:*", "input_grad:*")
def corners_are_aligned(patch):
    altered(patch, "layers.upsample:Upsample", assign("align_corners", True))


# Recurrent layers


@fault("layers.lstm:LSTM[training]", "output:*", "input_grad:*", "grad:*", "step:*")
def lstm_gates_are_in_another_order(patch):
    """Forget and input gate exchanged."""

    def exchanged(self, z, c_tm1):
        z0, z1, z2, z3 = z
        return keras.layers.LSTMCell._compute_carry_and_output_fused(self, (z1, z0, z2, z3), c_tm1)

    patch.setattr(importlib.import_module("tf_impl.layers.lstm")._Cell, "_compute_carry_and_output_fused", exchanged, raising=False)
    patch.setattr(importlib.import_module("tf_impl.layers.lstm")._KerasLoop, "use_cudnn", False)


@fault("layers.rnn:RNN[training]", "grad:bias_hh_l0", "step:bias_hh_l0@*", "step:*@2", "step:*@3")
def second_bias_is_not_trained(patch):
    """Right outputs, until the first step."""

    def bias(self):
        return self.bias_ih + ops.stop_gradient(self.bias_hh)

    patch.setattr(importlib.import_module("tf_impl.layers._recurrent").TwoBiases, "bias", property(bias))


@fault("layers.gru:GRU[defaults]", "output:*", "input_grad:*", "grad:*")
def gru_resets_before_the_product(patch):
    """Keras' `reset_after=False`, with the biases of both."""

    def call(self, inputs, states, training=False):
        h = states[0]
        (bi, bh), (wz, wr, wn) = (self.bias[0], self.bias[1]), ops.split(self.kernel, 3, axis=1)
        (uz, ur, un), (biz, bir, bin_), (bhz, bhr, bhn) = (ops.split(a, 3, axis=-1) for a in (self.recurrent_kernel, bi, bh))
        z = ops.sigmoid(ops.matmul(inputs, wz) + biz + ops.matmul(h, uz) + bhz)
        r = ops.sigmoid(ops.matmul(inputs, wr) + bir + ops.matmul(h, ur) + bhr)
        n = ops.tanh(ops.matmul(inputs, wn) + bin_ + ops.matmul(r * h, un) + bhn)
        return (1 - z) * n + z * h, [(1 - z) * n + z * h]

    module = importlib.import_module("tf_impl.layers.gru")
    patch.setattr(module._Cell, "call", call)
    patch.setattr(module._KerasLoop, "use_cudnn", False)


# Activations


@fault("activations.leaky_relu:LeakyReLU[default]", "output:*", "input_grad:*")
def leaky_slope_is_that_of_tensorflow(patch):
    altered(patch, "activations.leaky_relu:LeakyReLU", assign("negative_slope", 0.2))


@fault("activations.leaky_relu:LeakyReLU[slope-0.3]", "output:*", "input_grad:*")
def leaky_slope_loses_its_sign(patch):
    altered(patch, "activations.leaky_relu:LeakyReLU", assign("negative_slope", 0.3))


@fault("activations.gelu:GELU[exact]", "output:*", "input_grad:*")
def gelu_is_approximate(patch):
    altered(patch, "activations.gelu:GELU", assign("approximate", "tanh"))


@fault("activations.softmax:Softmax[dim1]", "output:*", "input_grad:*")
def softmax_takes_the_last_axis(patch):
    altered(patch, "activations.softmax:Softmax", assign("dim", -1))
