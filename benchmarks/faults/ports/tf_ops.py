"""A siamese-style embedder written with raw TensorFlow in Keras' call, part of it under tf.function; weights are bare variables."""

import keras
import numpy as np
import tensorflow as tf
import torch
from torch import nn

from benchmarks.faults.building import as_trained, normal
from benchmarks.faults.port import Fault
from benchmarks.faults.weights import copy_weights


class Embedder(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 3, stride=2, padding=1)
        self.lrn = nn.LocalResponseNorm(3, alpha=0.3, beta=0.5, k=2.0)
        self.mix = nn.Conv2d(8, 10, 1)
        self.proj = nn.Linear(10, 6)
        self.temperature = nn.Parameter(torch.tensor(0.7))

    def forward(self, x):
        x = self.lrn(torch.relu(self.conv(x)))
        x = nn.functional.hardswish(self.mix(x))
        var, mean = torch.var_mean(x, dim=(2, 3))
        x = self.proj(mean + torch.sqrt(var + 1e-3))
        x = nn.functional.normalize(x, dim=1, eps=1e-6)
        return x @ x.T / self.temperature, torch.cumsum(x, dim=1), x.argmax(1)


def build_torch():
    return as_trained(Embedder, seed=30)


class KerasEmbedder(keras.Model):
    def __init__(
        self,
        *,
        padding="both",
        lrn="scaled",
        norm_axis=1,
        norm="l2",
        correction=1,
        inside=True,
        cumsum_axis=1,
        temperature="divide",
        activation="hardswish",
        first="relu",
        exclusive=False,
        argmax_axis=1,
        means=(1, 2),
        stop=False,
    ):
        super().__init__()
        self.kernel = self.add_weight(shape=(3, 3, 3, 8), name="kernel")
        self.offset = self.add_weight(shape=(8,), name="offset")
        self.mixing = keras.layers.Conv2D(10, 1)
        self.matrix = self.add_weight(shape=(10, 6), name="matrix")
        self.shift = self.add_weight(shape=(6,), name="shift")
        self.heat = self.add_weight(shape=(), name="heat")
        self.padding, self.lrn, self.norm_axis, self.norm, self.correction, self.inside = padding, lrn, norm_axis, norm, correction, inside
        self.cumsum_axis, self.temperature, self.exclusive, self.argmax_axis, self.means, self.stop = (
            cumsum_axis,
            temperature,
            exclusive,
            argmax_axis,
            means,
            stop,
        )
        self.first = {"relu": tf.nn.relu, "none": tf.identity, "softplus": tf.nn.softplus}[first]
        self.activation = {
            "hardswish": lambda x: x * tf.nn.relu6(x + 3) / 6,
            "swish": lambda x: x * tf.sigmoid(x),
            "relu6": tf.nn.relu6,
            "none": tf.identity,
        }[activation]

    def respond(self, x):
        """Torch divides alpha by the size of the window, TensorFlow does not; in float64 by hand, its own op knows float32 only."""
        if self.lrn == "none":
            return x
        squares = tf.pad(x * x, [[0, 0], [0, 0], [0, 0], [1, 1]])
        total = squares[..., :-2] + squares[..., 1:-1] + squares[..., 2:]
        if self.lrn == "over_all":
            total = tf.reduce_sum(x * x, -1, keepdims=True)
        alpha = 0.3 if self.lrn == "unscaled" else 0.1
        bias = 1.0 if self.lrn == "bias_one" else 2.0
        return x / tf.sqrt(bias + alpha * total)

    @tf.function
    def statistics(self, x):
        mean, variance = tf.nn.moments(x, axes=self.means)
        count = tf.cast(tf.reduce_prod([tf.shape(x)[axis] for axis in self.means]), x.dtype)
        variance = variance * count / (count - self.correction)
        return mean + (tf.sqrt(variance + 1e-3) if self.inside else tf.sqrt(variance) + 1e-3)

    def call(self, x):
        if self.padding == "both":
            x = tf.nn.conv2d(tf.pad(x, [[0, 0], [1, 1], [1, 1], [0, 0]]), self.kernel, 2, "VALID")
        else:
            x = tf.nn.conv2d(x, self.kernel, 2, self.padding)
        x = self.respond(self.first(tf.nn.bias_add(x, self.offset)))
        x = self.activation(self.mixing(x))
        x = tf.matmul(self.statistics(x), self.matrix) + self.shift
        if self.norm == "l2":
            x = x / tf.maximum(tf.sqrt(tf.reduce_sum(x * x, self.norm_axis, keepdims=True)), 1e-6)
        elif self.norm == "l1":
            x = x / tf.maximum(tf.reduce_sum(tf.abs(x), self.norm_axis, keepdims=True), 1e-6)
        similarity = tf.matmul(x, tf.stop_gradient(x) if self.stop else x, transpose_b=True)
        heat = tf.convert_to_tensor(self.heat)
        similarity = {"divide": similarity / heat, "multiply": similarity * heat, "none": similarity}[self.temperature]
        return similarity, tf.cumsum(x, axis=self.cumsum_axis, exclusive=self.exclusive), tf.argmax(x, axis=self.argmax_axis)


build_keras = KerasEmbedder


def inputs():
    return normal(5, 3, 12, 16, seed=31)


def move(change):
    return lambda state: {name: change(array) for name, array in state.items()}


LAYERS = {
    "conv.weight": ("kernel", move(lambda w: w.transpose(2, 3, 1, 0))),
    "conv.bias": "offset",
    "mix": "mixing",
    "proj.weight": ("matrix", move(np.transpose)),
    "proj.bias": "shift",
    "temperature": "heat",
}
MAPPING = {"conv.weight": "kernel", "conv.bias": "offset", "proj.weight": "matrix", "proj.bias": "shift", "temperature": "heat"}


def load_kernel_turned(torch_model, keras_model):
    copy_weights(torch_model, keras_model, {**LAYERS, "conv.weight": ("kernel", move(lambda w: w.transpose(3, 2, 1, 0)))})


def load_log_temperature(torch_model, keras_model):
    copy_weights(torch_model, keras_model, LAYERS, lambda s: {**s, "temperature": np.exp(s["temperature"])})


STATS = ("proj", "mix")
FAULTS = [
    Fault("same_under_stride", "conv", "padding", "'SAME' with stride 2", {"padding": "SAME"}),
    Fault("first_relu", ("lrn", "conv"), "activation", "no ReLU", {"first": "none"}),
    Fault("first_softplus", ("lrn", "conv"), "activation", "softplus for ReLU", {"first": "softplus"}),
    Fault("lrn_alpha", "lrn", "scale", "alpha not divided by the window's size, as in tf.nn.local_response_normalization", {"lrn": "unscaled"}),
    Fault("lrn_bias", "lrn", "constant", "bias 1, TensorFlow's default, for k=2", {"lrn": "bias_one"}),
    Fault("lrn_window", "lrn", "constant", "the sum over all channels for a window of three", {"lrn": "over_all"}),
    Fault("lrn_forgotten", ("lrn", "mix"), "norm", "no response norm", {"lrn": "none"}),
    Fault("swish", ("mix", "proj"), "activation", "swish for hard swish", {"activation": "swish"}),
    Fault("relu6", ("mix", "proj"), "activation", "ReLU6 for hard swish", {"activation": "relu6"}),
    Fault("biased_variance", STATS, "variance", "the biased variance of tf.nn.moments for torch's unbiased one", {"correction": 0}),
    Fault("epsilon_outside", STATS, "epsilon", "epsilon added to the root, not under it", {"inside": False}),
    Fault("normalised_over_batch", ("output", "proj"), "axis", "unit length along the batch", {"norm_axis": 0}),
    Fault("l1", ("output", "proj"), "norm", "the sum of magnitudes for the Euclidean length", {"norm": "l1"}),
    Fault("not_normalised", ("output", "proj"), "norm", "not normalised", {"norm": "none"}),
    Fault("cumsum_over_batch", "output", "axis", "cumulated over the batch", {"cumsum_axis": 0}),
    Fault("cumsum_exclusive", "output", "arguments", "exclusive=True", {"exclusive": True}),
    Fault("temperature_multiplied", ("output", "temperature"), "scale", "times the temperature instead of divided by it", {"temperature": "multiply"}),
    Fault("temperature_forgotten", ("output", "temperature"), "scale", "no temperature", {"temperature": "none"}),
    Fault("argmax_axis", "output", "axis", "argmax over the batch", {"argmax_axis": 0}),
    Fault("one_side_stopped", ("output", "proj"), "gradient", "stop_gradient on one side of the product", {"stop": True}, seen="grad"),
    Fault("kernel_turned", "conv", "weights", "the kernel transposed with .T: height and width swapped", load=load_kernel_turned),
    Fault("log_temperature", ("temperature", "output"), "weights", "the exponential of the temperature loaded", load=load_log_temperature),
]
