"""A segmentation net: strided and dilated convolutions, parallel branches with image pooling, bilinear upsampling to the input's size."""

import keras
import torch
from keras import layers, ops
from torch import nn

from benchmarks.faults.building import as_trained, normal
from benchmarks.faults.port import Fault

TOLERANCE = 1e-5  # TensorFlow resizes in float32 only


class Segmenter(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 3, stride=2, padding=1)
        self.prelu = nn.PReLU(8)
        self.a = nn.Conv2d(8, 6, 1)
        self.b = nn.Conv2d(8, 6, 3, padding=2, dilation=2)
        self.c = nn.Conv2d(8, 6, 3, padding=3, dilation=3)
        self.pooled = nn.Conv2d(8, 6, 1)
        self.project = nn.Conv2d(24, 8, 1, bias=False)
        self.bn = nn.BatchNorm2d(8)
        self.classifier = nn.Conv2d(8, 4, 1)
        self.up = nn.Upsample(scale_factor=2, mode="bilinear", align_corners=False)

    def forward(self, x):
        x = self.prelu(self.stem(x))
        pooled = torch.relu(self.pooled(x.mean((2, 3), keepdim=True))).expand(-1, -1, x.shape[2], x.shape[3])
        x = torch.cat([torch.relu(self.a(x)), torch.relu(self.b(x)), torch.relu(self.c(x)), pooled], dim=1)
        x = nn.functional.silu(self.bn(self.project(x)))
        return self.up(self.classifier(x))


def build_torch():
    return as_trained(Segmenter, seed=18)


def align_corners(x):
    """Bilinear with the corners of both grids on top of each other: doubling, by two products."""

    def matrix(n):
        place = ops.linspace(0.0, n - 1.0, 2 * n, dtype="float32")[:, None]
        return ops.cast(ops.maximum(0.0, 1 - ops.abs(place - ops.arange(n, dtype="float32")[None])), x.dtype)

    return ops.einsum("ih,bhwc,jw->bijc", matrix(x.shape[1]), x, matrix(x.shape[2]))


def build_keras(
    *,
    stem="padded",
    slope="per_channel",
    dilation_b=2,
    dilation_c=3,
    pool="mean",
    pooled_activation="relu",
    order=("a", "b", "c", "pool"),
    activation="silu",
    epsilon=1e-5,
    up="bilinear",
    up_first=False,
    relu_c="relu",
    last=None,
):
    image = keras.Input((16, 24, 3))
    x = layers.ZeroPadding2D(1)(image) if stem == "padded" else image
    x = layers.Conv2D(8, 3, strides=2, padding="valid" if stem == "padded" else "same", name="enter")(x)
    x = layers.PReLU(shared_axes=[1, 2], name="slopes")(x) if slope == "per_channel" else layers.LeakyReLU(negative_slope=slope)(x)
    means = ops.max(x, axis=(1, 2), keepdims=True) if pool == "max" else ops.mean(x, axis=(1, 2), keepdims=True)
    pooled = layers.Conv2D(6, 1, activation=pooled_activation, name="global")(means)
    branches = {
        "a": layers.Conv2D(6, 1, activation="relu", name="near")(x),
        "b": layers.Conv2D(6, 3, padding="same", dilation_rate=dilation_b, activation="relu", name="middle")(x),
        "c": layers.Conv2D(6, 3, padding="same", dilation_rate=dilation_c, activation=relu_c, name="far")(x),
        "pool": ops.tile(pooled, (1, x.shape[1], x.shape[2], 1)),
    }
    x = layers.Concatenate()([branches[name] for name in order])
    x = layers.Conv2D(8, 1, use_bias=False, name="mix")(x)
    x = layers.BatchNormalization(epsilon=epsilon, momentum=0.9, name="norm")(x)
    x = layers.Activation(activation)(x)
    classify = layers.Conv2D(4, 1, activation=last, name="classify")
    if up_first:
        x = classify(layers.Activation("relu")(layers.UpSampling2D(2, interpolation="bilinear")(x)))
    else:
        x = classify(x)
        if up == "corners":
            x = align_corners(x)
        else:
            x = layers.UpSampling2D(2, interpolation=up)(x)
    return keras.Model(image, x)


def inputs():
    return normal(2, 3, 16, 24, seed=19)


LAYERS = {
    "stem": "enter",
    "prelu": "slopes",
    "a": "near",
    "b": "middle",
    "c": "far",
    "pooled": "global",
    "project": "mix",
    "bn": "norm",
    "classifier": "classify",
}
FAULTS = [
    Fault("stem_same", "stem", "padding", "'same' under stride 2", {"stem": "same"}),
    Fault("one_slope", "prelu", "slope", "LeakyReLU with Keras' 0.3 for the learned slopes", {"slope": 0.3}),
    Fault("zero_slope", "prelu", "slope", "slope 0: a ReLU for the PReLU", {"slope": 0.0}),
    Fault("dilation_forgotten", "b", "dilation", "no dilation", {"dilation_b": 1}),
    Fault("dilation_of_other", "c", "dilation", "dilation 2 for 3", {"dilation_c": 2}),
    Fault("pool_max", ("pooled", "prelu"), "pooling", "the image's maximum for its mean", {"pool": "max"}),
    Fault("pooled_relu", ("pooled", "project"), "activation", "no ReLU on the pooled branch", {"pooled_activation": None}),
    Fault("concat_pool_first", "project", "concat order", "the pooled branch first", {"order": ("pool", "a", "b", "c")}),
    Fault("concat_reversed", "project", "concat order", "branches in reverse", {"order": ("a", "c", "b", "pool")}),
    Fault("relu_for_silu", ("bn", "classifier"), "activation", "ReLU for SiLU", {"activation": "relu"}),
    Fault("hard_silu", ("bn", "classifier"), "activation", "hard swish for SiLU", {"activation": "hard_silu"}),
    Fault("epsilon", "bn", "epsilon", "Keras' default epsilon 1e-3", {"epsilon": 1e-3}),
    Fault("nearest", ("up", "output"), "interpolation", "UpSampling2D's default, nearest", {"up": "nearest"}),
    Fault("bicubic", ("up", "output"), "interpolation", "bicubic for bilinear", {"up": "bicubic"}),
    Fault("corners_aligned", ("up", "output"), "interpolation", "corners aligned as by align_corners=True", {"up": "corners"}),
    Fault("far_relu", ("c", "project"), "activation", "no ReLU on the far branch", {"relu_c": None}),
    Fault("upsampled_before", ("classifier", "up", "bn", "output"), "order", "upsampled and passed through a ReLU before the classifier", {"up_first": True}),
    Fault("softmax_at_the_end", ("classifier", "up", "output"), "output", "a softmax over the classes before the upsampling", {"last": "softmax"}),
]
