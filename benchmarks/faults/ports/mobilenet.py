"""Inverted residuals: depthwise and grouped convolutions, ReLU6 and hard swish, written with a function per block."""

import keras
import numpy as np
from keras import layers
from torch import nn

from benchmarks.faults.building import as_trained, normal
from benchmarks.faults.port import Fault
from benchmarks.faults.weights import copy_weights


def conv_norm(inside, outside, size, stride=1, groups=1, act=nn.ReLU6):
    norm = nn.BatchNorm2d(outside, eps=1e-3)
    return nn.Sequential(nn.Conv2d(inside, outside, size, stride, (size - 1) // 2, groups=groups, bias=False), norm, act() if act else nn.Identity())


class InvertedResidual(nn.Module):
    def __init__(self, inside, outside, stride, wide, act):
        super().__init__()
        self.use_res = stride == 1 and inside == outside
        self.conv = nn.Sequential(
            conv_norm(inside, wide, 1, act=act),
            conv_norm(wide, wide, 5 if wide > 12 else 3, stride, groups=wide, act=act),
            conv_norm(wide, outside, 1, act=None),
        )

    def forward(self, x):
        return x + self.conv(x) if self.use_res else self.conv(x)


class MobileNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = conv_norm(3, 8, 3, 2, act=nn.Hardswish)
        self.blocks = nn.Sequential(InvertedResidual(8, 8, 1, 12, nn.ReLU6), InvertedResidual(8, 10, 2, 16, nn.Hardswish))
        self.mix = nn.Conv2d(10, 20, 3, padding=1, groups=2)
        self.head = nn.Linear(20, 6)

    def forward(self, x):
        x = self.mix(self.blocks(self.stem(x)))
        return self.head(nn.functional.relu6(16 * x).mean([2, 3]))


def build_torch():
    return as_trained(MobileNet, seed=34)


ACTIVATIONS = {"relu6": keras.ops.relu6, "hard_swish": keras.ops.hard_swish, "swish": keras.ops.silu, "relu": keras.ops.relu, "none": lambda x: x}


def normed(x, name, act, epsilon=1e-3):
    x = layers.BatchNormalization(epsilon=epsilon, momentum=0.9, name=f"{name}_bn")(x)
    return ACTIVATIONS[act](x)


def block(
    x,
    filters,
    stride,
    wide,
    name,
    act,
    *,
    size=3,
    padding="torch",
    residual=None,
    expand_act=None,
    depth_act=None,
    project_act="none",
    epsilon=1e-3,
    pool_stride=False,
    dilation=1,
):
    shortcut = x
    x = normed(layers.Conv2D(wide, 1, use_bias=False, name=f"{name}_expand")(x), f"{name}_expand", expand_act or act)
    options = {"use_bias": False, "name": f"{name}_depth"}
    if dilation != 1:
        x = layers.DepthwiseConv2D(size, padding="same", dilation_rate=dilation, **options)(x)
    elif pool_stride:
        x = layers.DepthwiseConv2D(size, padding="same", **options)(x)
        x = layers.AveragePooling2D(2)(x)
    elif padding == "torch":
        x = layers.ZeroPadding2D((size - 1) // 2)(x)
        x = layers.DepthwiseConv2D(size, strides=stride, **options)(x)
    else:
        x = layers.DepthwiseConv2D(size, strides=stride, padding=padding, **options)(x)
    x = normed(x, f"{name}_depth", depth_act or act, epsilon)
    x = normed(layers.Conv2D(filters, 1, use_bias=False, name=f"{name}_project")(x), f"{name}_project", project_act)
    if residual is None:
        residual = stride == 1 and shortcut.shape[-1] == filters
    return layers.Add()([shortcut, x]) if residual else x


def build_keras(*, first=None, second=None, stem_act="hard_swish", stem_padding="torch", groups=2, cap="relu6", factor=16.0, cap_first=True):
    image = keras.Input((24, 32, 3))
    if stem_padding == "torch":
        x = layers.Conv2D(8, 3, strides=2, use_bias=False, name="stem_conv")(layers.ZeroPadding2D(1)(image))
    else:
        x = layers.Conv2D(8, 3, strides=2, padding="same", use_bias=False, name="stem_conv")(image)
    x = normed(x, "stem", stem_act)
    x = block(x, 8, 1, 12, "block0", "relu6", **(first or {}))
    x = block(x, 10, 2, 16, "block1", "hard_swish", **{"size": 5, **(second or {})})
    if groups == "shuffled":  # the channels of the groups interleaved
        x = keras.ops.take(x, np.arange(10).reshape(2, 5).T.ravel(), axis=-1)
    x = layers.Conv2D(20, 3, padding="same", groups=groups if isinstance(groups, int) else 2, name="mixing")(x)
    if cap_first:
        x = layers.GlobalAveragePooling2D()(ACTIVATIONS[cap](x * factor))
    else:
        x = ACTIVATIONS[cap](layers.GlobalAveragePooling2D()(x * factor))
    return keras.Model(image, layers.Dense(6, name="scores")(x))


def inputs():
    return normal(2, 3, 24, 32, seed=35)


LAYERS = {"stem.0": "stem_conv", "stem.1": "stem_bn", "mix": "mixing", "head": "scores"}
for index in range(2):
    for place, part in enumerate(("expand", "depth", "project")):
        LAYERS |= {f"blocks.{index}.conv.{place}.0": f"block{index}_{part}", f"blocks.{index}.conv.{place}.1": f"block{index}_{part}_bn"}


def load_depthwise_reshaped(torch_model, keras_model):
    """A depthwise kernel reshaped from (channels, 1, h, w) to (h, w, channels, 1), not transposed."""
    copy_weights(torch_model, keras_model, LAYERS)
    kernel = torch_model.blocks[0].conv[1][0].weight.detach().numpy()
    keras_model.get_layer("block0_depth").kernel.assign(kernel.reshape(3, 3, 12, 1))


def load_groups_reordered(torch_model, keras_model):
    """The filters of a grouped convolution taken as if the groups alternated."""
    order = np.arange(20).reshape(2, 10).T.ravel()
    copy_weights(torch_model, keras_model, LAYERS, lambda s: {**s, "mix.weight": s["mix.weight"][order], "mix.bias": s["mix.bias"][order]})


B0, B1 = "blocks.0.conv", "blocks.1.conv"
FAULTS = [
    Fault("stem_same", "stem.0", "padding", "'same' under stride", {"stem_padding": "same"}),
    Fault("stem_swish", ("stem.2", "stem.1"), "activation", "swish for hard swish", {"stem_act": "swish"}),
    Fault("stem_relu6", ("stem.2", "stem.1"), "activation", "ReLU6 for hard swish", {"stem_act": "relu6"}),
    Fault("relu_for_relu6", (f"{B0}.0.2", f"{B0}.0.1"), "activation", "no activation for ReLU6 after the expansion", {"first": {"expand_act": "none"}}),
    Fault(
        "depth_activation", (f"{B0}.1.2", f"{B0}.1.1", f"{B0}.2.0"), "activation", "no activation after the depthwise part", {"first": {"depth_act": "none"}}
    ),
    Fault(
        "projection_activated", (f"{B0}.2.2", f"{B0}.2.1", "blocks.0"), "activation", "an activation after the projection", {"first": {"project_act": "relu6"}}
    ),
    Fault(
        "projection_activated_down",
        (f"{B1}.2.2", f"{B1}.2.1", "blocks.1", "mix"),
        "activation",
        "hard swish after the projection",
        {"second": {"project_act": "hard_swish"}},
    ),
    Fault("no_residual", ("blocks.0", f"{B0}.2.2", f"{B1}.0.0"), "residual", "the shortcut is not added", {"first": {"residual": False}}),
    Fault("depth_same", f"{B1}.1.0", "padding", "the depthwise part with 'same' under stride", {"second": {"padding": "same"}}),
    Fault("depth_epsilon", f"{B1}.1.1", "epsilon", "epsilon 1e-5 where this net has 1e-3", {"second": {"epsilon": 1e-5}}),
    Fault("depth_dilated", f"{B0}.1.0", "dilation", "dilation 2 in the depthwise part", {"first": {"dilation": 2}}),
    Fault("pooled_for_stride", f"{B1}.1.0", "stride", "average pooling after a convolution without stride", {"second": {"pool_stride": True}}),
    Fault("hard_swish_relu", (f"{B1}.0.2", f"{B1}.0.1"), "activation", "ReLU for hard swish", {"second": {"expand_act": "relu"}}),
    Fault("groups_shuffled", ("mix", f"{B1}.2.2", "blocks"), "groups", "channels interleaved before the grouped convolution", {"groups": "shuffled"}),
    Fault("groups_forgotten", "mix", "groups", "groups=1: a full convolution, which has other weights", {"groups": 1}),
    Fault("cap_relu", ("head", "mix"), "activation", "ReLU for ReLU6 at the end", {"cap": "relu"}),
    Fault("cap_forgotten", ("head", "mix"), "activation", "no activation before pooling", {"cap": "none"}),
    Fault("capped_after_pooling", ("head", "mix"), "order", "pooled first, ReLU6 after", {"cap_first": False}),
    Fault("factor_forgotten", ("head", "mix"), "scale", "the factor of 16 is missing", {"factor": 1.0}),
    Fault("depthwise_reshaped", f"{B0}.1.0", "weights", "a depthwise kernel reshaped, not transposed", load=load_depthwise_reshaped),
    Fault("groups_reordered", "mix", "weights", "filters of the grouped convolution reordered", load=load_groups_reordered),
]
