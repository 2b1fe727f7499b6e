"""A small R(2+1)D for clips: convolutions factored into space and time, BatchNorm3d, residual blocks, a padded max pool, an adaptive average over time.

The port is functional, its factored convolutions are nested Sequentials and its pools written by hand; trained with momentum and weight decay.
"""

import keras
import numpy as np
import torch
from keras import layers, ops
from torch import nn
from torch.nn import functional as F

from benchmarks.faults.building import as_trained, normal, tokens
from benchmarks.faults.own import CoupledSGD, UnbiasedNorm
from benchmarks.faults.port import Fault
from benchmarks.faults.weights import copy_weights, flatten_seam

BATCH, COLOURS, FRAMES, HEIGHT, WIDTH, CLASSES = 3, 3, 10, 24, 26, 5
STEM, NARROW, WIDE, PERIODS = 5, 6, 8, 2
SLOPE, RATE, DECAY = 0.125, 0.04, 2e-3


class Conv2Plus1d(nn.Module):
    def __init__(self, inside, middle, outside, stride=1):
        super().__init__()
        self.spatial = nn.Conv3d(inside, middle, (1, 3, 3), stride=(1, stride, stride), padding=(0, 1, 1), bias=False)
        self.bn = nn.BatchNorm3d(middle)
        self.act = nn.LeakyReLU(SLOPE)
        self.temporal = nn.Conv3d(middle, outside, (3, 1, 1), stride=(stride, 1, 1), padding=(1, 0, 0), bias=False)

    def forward(self, x):
        return self.temporal(self.act(self.bn(self.spatial(x))))


class Block(nn.Module):
    def __init__(self, inside, outside, stride=1):
        super().__init__()
        self.conv1 = Conv2Plus1d(inside, 9, outside, stride)
        self.bn1 = nn.BatchNorm3d(outside)
        self.conv2 = Conv2Plus1d(outside, 7, outside)
        self.bn2 = nn.BatchNorm3d(outside)
        self.act = nn.LeakyReLU(SLOPE)
        self.downsample = nn.Identity()
        if stride != 1 or inside != outside:
            self.downsample = nn.Sequential(nn.Conv3d(inside, outside, 1, stride=stride, bias=False), nn.BatchNorm3d(outside))

    def forward(self, x):
        y = self.act(self.bn1(self.conv1(x)))
        return self.act(self.bn2(self.conv2(y)) + self.downsample(x))


class VideoNet(nn.Module):
    """Of clips (batch, colours, frames, height, width)."""

    def __init__(self):
        super().__init__()
        self.stem_space = nn.Conv3d(COLOURS, STEM, (1, 5, 5), stride=(1, 2, 2), padding=(0, 2, 2), bias=False)
        self.stem_bn1 = nn.BatchNorm3d(STEM)
        self.stem_time = nn.Conv3d(STEM, NARROW, (3, 1, 1), padding=(1, 0, 0), bias=False)
        self.stem_bn2 = nn.BatchNorm3d(NARROW)
        self.act = nn.LeakyReLU(SLOPE)
        self.maxpool = nn.MaxPool3d(3, stride=(1, 2, 2), padding=1)
        self.layer1 = Block(NARROW, NARROW)
        self.layer2 = Block(NARROW, WIDE, stride=2)
        self.avgpool = nn.AdaptiveAvgPool3d((PERIODS, 1, 1))
        self.drop = nn.Dropout(0.3)
        self.fc = nn.Linear(WIDE * PERIODS, CLASSES)
        for module in self.modules():
            if isinstance(module, nn.Conv3d):
                nn.init.kaiming_normal_(module.weight, a=SLOPE)

    def forward(self, x):
        x = self.act(self.stem_bn1(self.stem_space(x)))
        x = self.maxpool(self.act(self.stem_bn2(self.stem_time(x))))
        x = self.layer2(self.layer1(x))
        return self.fc(self.drop(self.avgpool(x).flatten(1)))


def build_torch():
    return as_trained(VideoNet, seed=701)


def normed(name, momentum=0.9):
    return UnbiasedNorm(momentum=momentum, epsilon=1e-5, name=name)


def leaky():
    return layers.LeakyReLU(negative_slope=SLOPE)


class MaxOfCube(layers.Layer):
    """TensorFlow's MaxPool3D does not know float64: the maximum over space, then over time; switches here and below are the mistakes."""

    def __init__(self, *, frames=3, edge="minus_infinity", **kwargs):
        super().__init__(**kwargs)
        self.frames, self.edge = frames, edge

    def call(self, x):
        padding, around = "same", self.frames // 2
        if self.edge != "same":
            value = {"minus_infinity": -np.inf, "zero": 0.0}[self.edge]
            x, padding = ops.pad(x, ((0, 0), (around, around), (1, 1), (1, 1), (0, 0)), constant_values=value), "valid"
        frames, height, width, channels = x.shape[1:]
        x = ops.max_pool(ops.reshape(x, (-1, height, width, channels)), 3, 2, padding=padding)
        height, width = x.shape[1:3]
        x = ops.max_pool(ops.reshape(x, (-1, frames, height * width, channels)), (self.frames, 1), 1, padding=padding)
        return ops.reshape(x, (-1, FRAMES, height, width, channels))


def factored(name, middle, filters, strides=1, *, before=1, inner="leaky", time="both_sides"):
    parts = [layers.ZeroPadding3D((0, 1, 1)), layers.Conv3D(middle, (1, 3, 3), strides=(1, strides, strides), use_bias=False, name="space")]
    parts += [normed("norm")] + ([leaky()] if inner == "leaky" else [])
    if time == "same":
        parts += [layers.Conv3D(filters, (3, 1, 1), strides=(strides, 1, 1), padding="same", use_bias=False, name="time")]
    else:
        parts += [layers.ZeroPadding3D(((before, 2 - before), (0, 0), (0, 0)))]
        parts += [layers.Conv3D(filters, (3, 1, 1), strides=(strides, 1, 1), use_bias=False, name="time")]
    return keras.Sequential(parts, name=name)


def residual(x, name, filters, strides=1, *, a=None, b=None, strided="first", added="entry", project="strided", detach=False):
    first, second = (strides, 1) if strided == "first" else (1, strides)
    y = leaky()(normed(f"{name}_norm_a")(factored(f"{name}_a", 9, filters, first, **(a or {}))(x)))
    z = normed(f"{name}_norm_b")(factored(f"{name}_b", 7, filters, second, **(b or {}))(y))
    shortcut = y if added == "middle" else x
    if strides > 1:
        steps = (strides, strides, strides)
        if project == "averaged":
            shortcut = ops.mean(ops.reshape(shortcut, (-1, shortcut.shape[1] // strides, strides, *shortcut.shape[2:])), axis=2)
            steps = (1, strides, strides)
        shortcut = layers.Conv3D(filters, 1, strides=steps, use_bias=False, name=f"{name}_project")(shortcut)
        if project != "no_norm":
            shortcut = normed(f"{name}_project_norm")(shortcut)
    if detach:
        shortcut = ops.stop_gradient(shortcut)
    return leaky()(layers.Add()([z, shortcut]))


def build_keras(*, momentum=0.9, slope=SLOPE, pool=None, first=None, second=None, windows=((0, 3), (2, 5)), drop="pooled"):
    clip = keras.Input((FRAMES, HEIGHT, WIDTH, COLOURS), name="clip")
    x = layers.Conv3D(STEM, (1, 5, 5), strides=(1, 2, 2), use_bias=False, name="look")(layers.ZeroPadding3D((0, 2, 2))(clip))
    x = leaky()(normed("look_norm", momentum=momentum)(x))
    x = layers.Conv3D(NARROW, (3, 1, 1), padding="same", use_bias=False, name="follow")(x)
    x = layers.LeakyReLU(negative_slope=slope)(normed("follow_norm")(x))
    x = MaxOfCube(name="max_of_cube", **(pool or {}))(x)
    x = residual(x, "block_1", NARROW, **(first or {}))
    x = residual(x, "block_2", WIDE, 2, **(second or {}))
    if drop == "maps":
        x = layers.Dropout(0.3)(x)
    x = layers.Concatenate()([ops.mean(x[:, start:stop], axis=(1, 2, 3)) for start, stop in windows])
    if drop == "pooled":
        x = layers.Dropout(0.3)(x)
    return keras.Model(clip, layers.Dense(CLASSES, name="answer")(x))


def inputs():
    """Brightness drifts over a clip, and colours differ."""
    return normal(BATCH, COLOURS, FRAMES, HEIGHT, WIDTH, seed=702) + normal(BATCH, COLOURS, FRAMES, 1, 1, seed=703)


def blue_first(given):
    return np.ascontiguousarray(np.moveaxis(given, 1, -1)[..., ::-1])


def targets():
    return tokens(BATCH, below=CLASSES, seed=704)


def keras_loss(**options):
    return keras.losses.SparseCategoricalCrossentropy(**{"from_logits": True} | options)


class KernelsDecay(CoupledSGD):
    """Norms and biases without decay."""

    def update_step(self, gradient, variable, learning_rate):
        coupled, self.coupled = self.coupled, self.coupled if len(variable.shape) > 1 else 0.0
        super().update_step(gradient, variable, learning_rate)
        self.coupled = coupled


LAYOUT = {"input": "channels_last"}
LOSS = (F.cross_entropy, keras_loss)
OPTIMIZER = (
    lambda parameters: torch.optim.SGD(parameters, lr=RATE, momentum=0.9, weight_decay=DECAY),
    lambda: CoupledSGD(RATE, momentum=0.9, decay=DECAY),
)


def kernel_of(target):
    """A kernel (out, in, frames, height, width) as Keras has it: (frames, height, width, in, out)."""
    return f"{target}.kernel", lambda own: {name: np.moveaxis(array, (0, 1), (-1, -2)) for name, array in own.items()}


LAYERS = {"stem_bn1": "look_norm", "stem_bn2": "follow_norm", "fc": ("answer", flatten_seam(WIDE, PERIODS, 1)), "layer2.downsample.1": "block_2_project_norm"}
LAYERS |= {"stem_space.weight": kernel_of("look"), "stem_time.weight": kernel_of("follow"), "layer2.downsample.0.weight": kernel_of("block_2_project")}
for index in (1, 2):
    for number, end in ((1, "a"), (2, "b")):
        theirs, ours = f"layer{index}.conv{number}", f"block_{index}_{end}"
        LAYERS |= {f"{theirs}.spatial.weight": kernel_of(f"{ours}.space"), f"{theirs}.temporal.weight": kernel_of(f"{ours}.time")}
        LAYERS |= {f"{theirs}.bn": f"{ours}.norm", f"layer{index}.bn{number}": f"block_{index}_norm_{end}"}


def load_without_seam(torch_model, keras_model):
    copy_weights(torch_model, keras_model, LAYERS | {"fc": "answer"})


def load_turned(torch_model, keras_model):
    """A slip in the transposition of a kernel: (2, 4, 3, 1, 0) for (2, 3, 4, 1, 0)."""
    copy_weights(torch_model, keras_model, LAYERS, lambda s: s | {TURNED: s[TURNED].swapaxes(3, 4)})


TURNED = "layer1.conv1.spatial.weight"
POOLED, STRIDED, INNER = (
    ("maxpool", "layer1"),
    ("layer2.conv1", "layer2.conv1.spatial", "layer2.conv1.temporal", "layer2.conv2", "layer2"),
    ("layer1.conv2.act", "layer1.conv2.bn", "layer1.conv2"),
)
ADDED = ("layer1", "layer1.act", "layer1.bn2", "layer1.downsample")

FAULTS = [
    Fault("blue_first", ("input", "stem_space"), "data", "colours in the order BGR, as OpenCV reads them", keras_inputs=blue_first),
    Fault("slope_of_keras", ("act", "stem_bn2", "maxpool"), "activation", "LeakyReLU's slope left at Keras' 0.3", {"slope": 0.3}),
    Fault("pool_same", POOLED, "padding", "max pooling with 'same': an even height is padded after only", {"pool": {"edge": "same"}}),
    Fault("pool_zero_padded", POOLED, "padding", "zeros around what is pooled, and a zero wins against negative values", {"pool": {"edge": "zero"}}),
    Fault("pool_per_frame", POOLED, "kernel", "pooled over height and width only", {"pool": {"frames": 1}}),
    Fault("causal_time", ("layer1.conv2.temporal", "layer1.conv2"), "padding", "both frames of padding in front", {"first": {"b": {"before": 2}}}),
    Fault("nothing_between", INNER, "activation", "no activation between the convolutions of space and time", {"first": {"b": {"inner": None}}}),
    Fault("middle_added", ADDED, "wrong tensor", "the block's middle is added, not what it was given", {"first": {"added": "middle"}}),
    Fault("time_same", ("layer2.conv1.temporal", "layer2.conv1"), "padding", "'same' under a stride over frames", {"second": {"a": {"time": "same"}}}),
    Fault("strided_later", STRIDED, "stride", "the block's second convolutions are the strided ones", {"second": {"strided": "second"}}),
    Fault("shortcut_averaged", ("layer2.downsample.0", "layer2.downsample"), "stride", "pairs of frames averaged", {"second": {"project": "averaged"}}),
    Fault("shortcut_norm", ("layer2.downsample.1", "layer2.downsample"), "norm", "no norm after the projection", {"second": {"project": "no_norm"}}),
    Fault("halves_of_time", ("avgpool", "fc", "drop"), "pooling", "halves of the frames that do not overlap", {"windows": ((0, 2), (2, 5))}),
    Fault("flatten_as_is", ("fc", "fc.weight"), "flatten", "columns not permuted from (channel, period) to (period, channel)", load=load_without_seam),
    Fault("kernel_turned", ("layer1.conv1.spatial", TURNED), "weights", "height and width of a kernel swapped", load=load_turned),
    Fault("shortcut_detached", ADDED, "gradient", "stop_gradient on the shortcut", {"first": {"detach": True}}, seen="grad"),
    Fault("momentum_of_torch", "stem_bn1", "momentum", "momentum 0.1, where Keras counts the rest", {"momentum": 0.1}, seen="train"),
    Fault("maps_dropped", ("drop", "avgpool"), "dropout", "dropout on the maps, before they are averaged", {"drop": "maps"}, seen="dropout"),
    Fault("probabilities_expected", "loss", "from_logits", "logits taken for probabilities", seen="loss", loss=lambda: keras_loss(from_logits=False)),
    Fault("norms_spared", "optimizer", "decay", "no decay of norms and biases", seen="step", optimizer=lambda: KernelsDecay(RATE, momentum=0.9, decay=DECAY)),
]
