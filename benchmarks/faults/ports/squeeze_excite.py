"""Squeeze-and-excitation in a residual block, with learned layer scale; subclassed layers with their own build in Keras."""

import keras
import torch
from keras import ops
from torch import nn

from benchmarks.faults.building import as_trained, normal
from benchmarks.faults.port import Fault

TOLERANCE = 1e-6  # Keras keeps the constant of its hard sigmoid in float32


class SqueezeExcite(nn.Module):
    def __init__(self, channels, reduced):
        super().__init__()
        self.fc1 = nn.Conv2d(channels, reduced, 1)
        self.fc2 = nn.Conv2d(reduced, channels, 1)

    def forward(self, x):
        scale = nn.functional.adaptive_avg_pool2d(x, 1)
        scale = nn.functional.silu(self.fc1(scale))
        return x * nn.functional.hardsigmoid(self.fc2(scale))


class Block(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.norm = nn.GroupNorm(1, channels)
        self.conv = nn.Conv2d(channels, channels, 3, padding=1, padding_mode="reflect")
        self.se = SqueezeExcite(channels, 4)
        self.gamma = nn.Parameter(0.5 + torch.rand(channels, 1, 1))

    def forward(self, x):
        y = self.conv(nn.functional.mish(self.norm(x)))
        return x + self.gamma * self.se(y)


class SENet(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 3, bias=False)
        self.block1 = Block(8)
        self.block2 = Block(8)
        self.shuffle = nn.PixelShuffle(2)
        self.out = nn.Conv2d(2, 3, 3, padding=1)

    def forward(self, x):
        return torch.tanh(self.out(self.shuffle(self.block2(self.block1(self.stem(x))))))


def build_torch():
    return as_trained(SENet, seed=36)


class Excite(keras.layers.Layer):
    def __init__(self, reduced, squeeze="mean", inner="silu", gate="hard_sigmoid", combine="multiply", axes=(1, 2)):
        super().__init__()
        self.reduced, self.squeeze, self.combine, self.axes = reduced, squeeze, combine, axes
        self.inner, self.gate = keras.activations.get(inner), keras.activations.get(gate)

    def build(self, shape):
        self.reduce = keras.layers.Conv2D(self.reduced, 1)
        self.expand = keras.layers.Conv2D(shape[-1], 1)
        self.reduce.build((*shape[:-3], 1, 1, shape[-1]))
        self.expand.build((*shape[:-3], 1, 1, self.reduced))

    def call(self, x):
        squeezed = ops.max(x, self.axes, keepdims=True) if self.squeeze == "max" else ops.mean(x, self.axes, keepdims=True)
        scale = self.gate(self.expand(self.inner(self.reduce(squeezed))))
        return x + scale if self.combine == "add" else scale if self.combine == "scale_only" else x * scale


class ExcitedBlock(keras.layers.Layer):
    def __init__(self, padding="reflect", mish="mish", epsilon=1e-5, groups=1, residual="raw", scaled=True, excited=True, detach=False, **excite):
        super().__init__()
        self.norm = keras.layers.GroupNormalization(groups, epsilon=epsilon)
        self.conv = keras.layers.Conv2D(8, 3)
        self.excite = Excite(4, **excite)
        self.mish = keras.activations.get(mish)
        self.padding, self.residual, self.scaled, self.excited, self.detach = padding, residual, scaled, excited, detach

    def build(self, shape):
        self.gamma = self.add_weight(shape=(shape[-1],), initializer="ones", name="gamma")
        self.norm.build(shape)
        self.conv.build(shape)
        self.excite.build(shape)

    def call(self, x):
        entered = self.mish(self.norm(x))
        padded = ops.pad(entered, ((0, 0), (1, 1), (1, 1), (0, 0)), mode=self.padding)
        y = self.conv(padded)
        if self.residual == "excited_sum":
            return self.excite(x + y) * self.gamma
        if self.excited:
            y = self.excite(y)
        if self.detach:
            y = ops.stop_gradient(y)
        if self.scaled:
            y = y * self.gamma
        return (entered if self.residual == "normed" else x) + y


class KerasSENet(keras.Model):
    def __init__(self, *, first=None, second=None, shuffle="torch", last="tanh", twice=False):
        super().__init__()
        self.stem = keras.layers.Conv2D(8, 3, use_bias=False)
        self.one, self.two = ExcitedBlock(**(first or {})), ExcitedBlock(**(second or {}))
        self.final = keras.layers.Conv2D(3, 3, padding="same", activation=last)
        self.shuffle, self.twice = shuffle, twice

    def pixels(self, x):
        b, h, w = ops.shape(x)[0], x.shape[1], x.shape[2]
        if self.shuffle == "torch":
            return ops.reshape(ops.transpose(ops.reshape(x, (b, h, w, 2, 2, 2)), (0, 1, 4, 2, 5, 3)), (b, 2 * h, 2 * w, 2))
        if self.shuffle == "depth_to_space":
            return ops.reshape(ops.transpose(ops.reshape(x, (b, h, w, 2, 2, 2)), (0, 1, 3, 2, 4, 5)), (b, 2 * h, 2 * w, 2))
        return ops.reshape(ops.transpose(ops.reshape(x, (b, h, w, 2, 2, 2)), (0, 1, 5, 2, 4, 3)), (b, 2 * h, 2 * w, 2))

    def call(self, x):
        x = self.one(self.stem(x))
        if self.twice:
            x = self.one(x)
        return self.final(self.pixels(self.two(x)))


build_keras = KerasSENet


def inputs():
    return normal(2, 3, 9, 12, seed=37)


LAYERS = {"stem": "stem", "out": "final"}
for path, name in (("block1", "one"), ("block2", "two")):
    LAYERS |= {f"{path}.norm": f"{name}.norm", f"{path}.conv": f"{name}.conv"}
    LAYERS |= {f"{path}.se.fc1": f"{name}.excite.reduce", f"{path}.se.fc2": f"{name}.excite.expand"}
    LAYERS[f"{path}.gamma"] = (f"{name}.gamma", lambda state: {key: array.reshape(-1) for key, array in state.items()})

SE1, SE2 = ("block1.se", "block1.se.fc1", "block1.se.fc2"), ("block2.se", "block2.se.fc1", "block2.se.fc2")
FAULTS = [
    Fault("squeeze_max", SE1, "pooling", "squeezed by the maximum", {"first": {"squeeze": "max"}}),
    Fault("squeeze_rows", SE2, "axis", "squeezed over the height only", {"second": {"axes": (1,)}}),
    Fault("inner_relu", SE2, "activation", "ReLU for SiLU inside", {"second": {"inner": "relu"}}),
    Fault("gate_sigmoid", SE1, "activation", "sigmoid for hard sigmoid", {"first": {"gate": "sigmoid"}}),
    Fault("gate_added", SE2, "order", "the gate added, not multiplied", {"second": {"combine": "add"}}),
    Fault("gate_alone", SE1, "order", "the gate alone goes on", {"first": {"combine": "scale_only"}}),
    Fault("not_excited", ("block2", *SE2), "layer", "squeeze-and-excitation forgotten", {"second": {"excited": False}}),
    Fault("excited_sum", ("block1", *SE1), "order", "the sum is excited, not the branch", {"first": {"residual": "excited_sum"}}),
    Fault("zeros_for_reflection", "block1.conv", "padding", "zeros where torch reflects", {"first": {"padding": "constant"}}),
    Fault("symmetric_for_reflection", "block2.conv", "padding", "symmetric: the edge counted twice", {"second": {"padding": "symmetric"}}),
    Fault("mish_softplus", ("block1.norm", "block1.conv", "block1"), "activation", "softplus for mish", {"first": {"mish": "softplus"}}),
    Fault("silu_for_mish", ("block2.norm", "block2.conv", "block2"), "activation", "SiLU for mish", {"second": {"mish": "silu"}}),
    Fault("norm_groups", "block1.norm", "groups", "two groups for one", {"first": {"groups": 2}}),
    Fault("norm_epsilon", "block2.norm", "epsilon", "Keras' default epsilon 1e-3", {"second": {"epsilon": 1e-3}}),
    Fault("gamma_forgotten", ("block1", "block1.gamma", "block1.se"), "scale", "the layer scale is not applied", {"first": {"scaled": False}}),
    Fault("shortcut_normed", ("block2", "block2.norm"), "residual", "the normed tensor added", {"second": {"residual": "normed"}}),
    Fault("branch_detached", ("block2", "block2.se"), "gradient", "stop_gradient on the branch", {"second": {"detach": True}}, seen="grad"),
    Fault("depth_to_space", ("shuffle", "out"), "axes", "depth_to_space: channels in another order than PixelShuffle", {"shuffle": "depth_to_space"}),
    Fault("shuffle_turned", ("shuffle", "out"), "axes", "height and width swapped in the pixel shuffle", {"shuffle": "turned"}),
    Fault("tanh_forgotten", ("out", "output"), "activation", "no tanh at the end", {"last": None}),
    Fault("block_twice", ("block2", "block2.norm", "block1"), "sharing", "the first block called twice", {"twice": True}),
]
