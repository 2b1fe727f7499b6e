"""A small DenseNet: units that concatenate what they add, transitions with average pooling, a head on two pools; the port is a functional graph."""

import keras
import numpy as np
import torch
from keras import layers, ops
from torch import nn
from torch.nn import functional as F

from benchmarks.faults.building import as_trained, normal
from benchmarks.faults.own import UnbiasedNorm
from benchmarks.faults.port import Fault
from benchmarks.faults.weights import at, copy_weights

GROWTH, NARROW, CLASSES = 4, 8, 6


class DenseLayer(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.norm1 = nn.BatchNorm2d(channels)
        self.conv1 = nn.Conv2d(channels, NARROW, 1, bias=False)
        self.norm2 = nn.BatchNorm2d(NARROW)
        self.conv2 = nn.Conv2d(NARROW, GROWTH, 3, padding=1, bias=False)
        self.drop = nn.Dropout(0.2)

    def forward(self, x):
        new = self.conv1(F.relu(self.norm1(x)))
        new = self.conv2(F.relu(self.norm2(new)))
        return torch.cat([x, self.drop(new)], 1)


class Transition(nn.Sequential):
    def __init__(self, channels, out, pool):
        super().__init__()
        self.add_module("norm", nn.BatchNorm2d(channels))
        self.add_module("relu", nn.ReLU())
        self.add_module("conv", nn.Conv2d(channels, out, 1))
        self.add_module("pool", pool)


class DenseNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Sequential()
        self.stem.add_module("conv", nn.Conv2d(3, 8, 5, stride=2, padding=2, bias=False))
        self.stem.add_module("norm", nn.BatchNorm2d(8))
        self.stem.add_module("act", nn.LeakyReLU(0.125))
        self.stem.add_module("pool", nn.MaxPool2d(3, stride=2, padding=1))
        self.block1 = nn.Sequential(DenseLayer(8), DenseLayer(12))
        self.trans1 = Transition(16, 8, nn.AvgPool2d(2))
        self.block2 = nn.Sequential(DenseLayer(8), DenseLayer(12))
        self.trans2 = Transition(16, 10, nn.AvgPool2d(3, stride=2, padding=1))
        self.block3 = nn.Sequential(DenseLayer(10), DenseLayer(14))
        self.norm = nn.BatchNorm2d(18)
        self.head = nn.Linear(36, CLASSES)

    def forward(self, x):
        x = self.stem(x)
        x = self.trans1(self.block1(x))
        x = self.trans2(self.block2(x))
        x = F.relu(self.norm(self.block3(x)))
        return self.head(torch.cat([x.mean((2, 3)), x.amax((2, 3))], 1))


def build_torch():
    return as_trained(DenseNet, seed=301)


def bn(x, name, *, momentum=0.9, epsilon=1e-5, frozen=False):
    layer = UnbiasedNorm(momentum=momentum, epsilon=epsilon, name=name)
    return layer(x, training=False) if frozen else layer(x)


def unit(x, name, *, order="old_first", skip="raw", second_relu=True, inner=None, rate=0.2, drop="new", detach=False):
    y = layers.ReLU(name=f"{name}_relu_a")(bn(x, f"{name}_bn_a"))
    kept = {"raw": x, "activated": y}[skip]
    y = layers.Conv2D(NARROW, 1, use_bias=False, name=f"{name}_squeeze")(y)
    y = bn(y, f"{name}_bn_b", **(inner or {}))
    y = layers.ReLU(name=f"{name}_relu_b")(y) if second_relu else y
    y = layers.Conv2D(GROWTH, 3, padding="same", use_bias=False, name=f"{name}_grow")(y)
    y = layers.Dropout(rate, name=f"{name}_dropout")(y) if drop == "new" else y
    kept = ops.stop_gradient(kept) if detach else kept
    joined = layers.Concatenate(name=f"{name}_join")([kept, y] if order == "old_first" else [y, kept])
    return layers.Dropout(rate, name=f"{name}_dropout")(joined) if drop == "joined" else joined


def halve(x, filters, name, pool, *, order="norm_first", bias=True, norm=None):
    if order == "pool_first":
        x = pool(x)
    if order == "relu_first":
        x = bn(layers.ReLU(name=f"{name}_relu")(x), f"{name}_bn", **(norm or {}))
    else:
        x = layers.ReLU(name=f"{name}_relu")(bn(x, f"{name}_bn", **(norm or {})))
    x = layers.Conv2D(filters, 1, use_bias=bias, name=f"{name}_conv")(x)
    return x if order == "pool_first" else pool(x)


def first_pool(kind):
    if kind == "max":
        return layers.MaxPooling2D(2, name="halve1_pool")
    return layers.AveragePooling2D(2, padding="same" if kind == "same" else "valid", name="halve1_pool")


def second_pool(kind):
    """Torch counts the zeros of the padding in its averages."""
    if kind == "same":
        return layers.AveragePooling2D(3, strides=2, padding="same", name="halve2_pool")
    pool = layers.AveragePooling2D(3, strides=2, name="halve2_pool")
    return lambda x: pool(layers.ZeroPadding2D(1, name="halve2_pad")(x))


def entry(image, *, padding="torch", slope=0.125, pool="lowest", norm=None):
    if padding == "same":
        x = layers.Conv2D(8, 5, strides=2, padding="same", use_bias=False, name="entry_conv")(image)
    else:
        x = layers.ZeroPadding2D(2, name="entry_pad")(image)
        x = layers.Conv2D(8, 5, strides=2, use_bias=False, name="entry_conv")(x)
    x = layers.LeakyReLU(negative_slope=slope, name="entry_act")(bn(x, "entry_bn", **(norm or {})))
    if pool == "zeros":
        x = layers.ZeroPadding2D(1, name="entry_pool_pad")(x)
    else:
        x = ops.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)), constant_values=-1e9)
    return layers.MaxPooling2D(3, strides=2, name="entry_pool")(x)


def build_keras(*, start=None, units=None, pool1="average", pool2="counted", halve1=None, halve2=None, pools="mean_first"):
    of_unit = {(stage, index): (units or {}).get((stage, index), {}) for stage in (1, 2, 3) for index in (1, 2)}
    image = keras.Input((36, 28, 3), name="image")
    x = entry(image, **(start or {}))
    for stage in (1, 2, 3):
        for index in (1, 2):
            x = unit(x, f"stage{stage}_unit{index}", **of_unit[stage, index])
        if stage == 1:
            x = halve(x, 8, "halve1", first_pool(pool1), **(halve1 or {}))
        elif stage == 2:
            x = halve(x, 10, "halve2", second_pool(pool2), **(halve2 or {}))
    x = bn(x, "exit_bn")
    x = layers.ReLU(name="exit_relu")(x)
    pooled = [layers.GlobalAveragePooling2D(name="exit_mean")(x), layers.GlobalMaxPooling2D(name="exit_max")(x)]
    pooled = pooled if pools == "mean_first" else pooled[::-1]
    return keras.Model(image, layers.Dense(CLASSES, name="scores")(layers.Concatenate(name="exit_join")(pooled)))


def inputs():
    return normal(3, 3, 36, 28, seed=302)


LAYERS = {"stem.conv": "entry_conv", "stem.norm": "entry_bn", "norm": "exit_bn", "head": "scores"}
for step in (1, 2):
    LAYERS |= {f"trans{step}.norm": f"halve{step}_bn", f"trans{step}.conv": f"halve{step}_conv"}
for block in (1, 2, 3):
    for place in (0, 1):
        ours, theirs = f"block{block}.{place}", f"stage{block}_unit{place + 1}"
        LAYERS |= {f"{ours}.norm1": f"{theirs}_bn_a", f"{ours}.conv1": f"{theirs}_squeeze"}
        LAYERS |= {f"{ours}.norm2": f"{theirs}_bn_b", f"{ours}.conv2": f"{theirs}_grow"}


def load_kernel_turned(torch_model, keras_model):
    """A kernel of (out, in, height, width) reversed as a whole: height and width change places."""
    copy_weights(torch_model, keras_model, LAYERS)
    kernel = torch_model.block2[0].conv2.weight.detach().numpy()
    at(keras_model, "stage2_unit1_grow").kernel.assign(np.array(kernel.transpose(3, 2, 1, 0), order="C"))


def load_without_statistics(torch_model, keras_model):
    """Only what torch calls parameters: one norm's running statistics stay as they were initialised."""
    copy_weights(torch_model, keras_model, LAYERS)
    norm = at(keras_model, "halve2_bn")
    norm.moving_mean.assign(np.zeros(norm.moving_mean.shape))
    norm.moving_variance.assign(np.ones(norm.moving_variance.shape))


FAULTS = [
    Fault("stem_same", ("stem.conv", "stem"), "padding", "'same' under stride 2 pads one row less before than torch", {"start": {"padding": "same"}}),
    Fault("leaky_slope", ("stem.act", "stem.norm", "stem"), "activation", "LeakyReLU with Keras' default slope 0.3", {"start": {"slope": 0.3}}),
    Fault("stem_pool_zeros", ("stem.pool", "stem"), "padding", "zeros around negative values before the maximum", {"start": {"pool": "zeros"}}),
    Fault(
        "new_first",
        ("block1.0", "block1.1.norm1", "block1.1"),
        "concat order",
        "the new features joined before the old ones",
        {"units": {(1, 1): {"order": "new_first"}}},
    ),
    Fault(
        "activated_kept",
        ("block2.0", "block2.1.norm1", "block2.1"),
        "wrong tensor",
        "the normed and activated input is joined, not the input itself",
        {"units": {(2, 1): {"skip": "activated"}}},
    ),
    Fault("epsilon", "trans1.norm", "epsilon", "Keras' default epsilon 1e-3", {"halve1": {"norm": {"epsilon": 1e-3}}}),
    Fault(
        "inner_relu",
        ("block3.1.norm2", "block3.1.conv2", "block3.1"),
        "activation",
        "no ReLU between the second norm and its convolution",
        {"units": {(3, 2): {"second_relu": False}}},
    ),
    Fault("relu_first", ("trans1.norm", "trans1.relu", "trans1.conv", "trans1"), "order", "ReLU before the norm", {"halve1": {"order": "relu_first"}}),
    Fault(
        "pooled_first",
        ("trans2", "trans2.norm", "trans2.pool", "trans2.relu", "trans2.conv"),
        "order",
        "the transition pools before its norm, not after its convolution",
        {"halve2": {"order": "pool_first"}},
    ),
    Fault("transition_max", ("trans1.pool", "trans1"), "pooling", "max pooling for average pooling", {"pool1": "max"}),
    Fault("padding_not_counted", ("trans2.pool", "trans2"), "pooling", "'same' leaves the padding out of the averages, and shifts them", {"pool2": "same"}),
    Fault(
        "pools_swapped",
        ("head", "norm"),
        "concat order",
        "the maximum joined before the mean",
        {"pools": "max_first"},
    ),
    Fault(
        "momentum",
        "block2.1.norm2",
        "momentum",
        "Keras' default momentum 0.99",
        {"units": {(2, 2): {"inner": {"momentum": 0.99}}}},
        seen="train",
        training=True,
    ),
    Fault(
        "dropout_keeps",
        ("block3.0.drop", "block3.0"),
        "dropout",
        "the share kept, 0.8, given as the rate",
        {"units": {(3, 1): {"rate": 0.8}}},
        seen="dropout",
        training=True,
    ),
    Fault(
        "skip_detached",
        ("block1.1", "block1.0", "block1", "block1.1.norm1", "block1.0.drop"),
        "gradient",
        "stop_gradient on the features that are passed on",
        {"units": {(1, 2): {"detach": True}}},
        seen="grad",
    ),
    Fault("kernel_turned", ("block2.0.conv2", "block2.0.conv2.weight"), "weights", "height and width of a kernel change places", load=load_kernel_turned),
    Fault("statistics_not_loaded", "trans2.norm", "weights", "running statistics of a norm left at 0 and 1", load=load_without_statistics),
]
