"""A residual network of nested blocks, subclassed on both sides; its Keras BatchNormalization keeps the unbiased variance as torch does."""

import keras
import torch
from torch import nn

from benchmarks.faults.building import as_trained, normal
from benchmarks.faults.own import UnbiasedNorm
from benchmarks.faults.port import Fault


class Block(nn.Module):
    def __init__(self, inside, outside, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(inside, outside, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outside)
        self.conv2 = nn.Conv2d(outside, outside, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outside)
        self.relu = nn.ReLU(inplace=True)
        self.downsample = None
        if stride != 1 or inside != outside:
            self.downsample = nn.Sequential(nn.Conv2d(inside, outside, 1, stride, bias=False), nn.BatchNorm2d(outside))

    def forward(self, x):
        identity = x if self.downsample is None else self.downsample(x)
        out = self.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        out += identity
        return self.relu(out)


class ResNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 8, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(8)
        self.relu = nn.ReLU(inplace=True)
        self.maxpool = nn.MaxPool2d(3, 2, 1)
        self.layer1 = nn.Sequential(Block(8, 8, 1))
        self.layer2 = nn.Sequential(Block(8, 12, 2), Block(12, 12, 1))
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(12, 10)

    def forward(self, x):
        x = self.maxpool(self.relu(self.bn1(self.conv1(x))))
        x = self.layer2(self.layer1(x))
        return self.fc(torch.flatten(self.avgpool(x), 1))


def build_torch():
    return as_trained(ResNet, seed=4)


def convolution(filters, size, stride=1, padding=0, same=False):
    plain = keras.layers.Conv2D(filters, size, strides=stride, padding="same" if same else "valid", use_bias=False)
    return keras.Sequential([keras.layers.ZeroPadding2D(0 if same else padding), plain]) if padding else plain


class ResidualBlock(keras.layers.Layer):
    def __init__(
        self,
        filters,
        strides=1,
        project=False,
        norm=UnbiasedNorm,
        epsilon=1e-5,
        add="before_relu",
        inner_relu=True,
        last_relu=True,
        stride_at=1,
        residual=True,
        detach=False,
        same=False,
        project_norm=True,
    ):
        super().__init__()
        self.first = convolution(filters, 3, strides if stride_at == 1 else 1, 1, same)
        self.first_norm = norm(momentum=0.9, epsilon=epsilon)
        self.second = convolution(filters, 3, 1 if stride_at == 1 else strides, 1, same)
        self.second_norm = norm(momentum=0.9, epsilon=epsilon)
        self.project = convolution(filters, 1, strides) if project else None
        self.project_norm = norm(momentum=0.9, epsilon=epsilon) if project and project_norm else None
        self.add, self.inner_relu, self.last_relu, self.residual, self.detach = add, inner_relu, last_relu, residual, detach

    def call(self, x, training=False):
        shortcut = x
        if self.project is not None:
            shortcut = self.project(x)
            if self.project_norm is not None:
                shortcut = self.project_norm(shortcut, training=training)
        if self.detach:
            shortcut = keras.ops.stop_gradient(shortcut)
        y = self.first_norm(self.first(x), training=training)
        if self.inner_relu:
            y = keras.ops.relu(y)
        y = self.second_norm(self.second(y), training=training)
        if self.add == "after_relu":
            return keras.ops.relu(y) + shortcut
        if self.residual:
            y = y + shortcut
        return keras.ops.relu(y) if self.last_relu else y


class KerasResNet(keras.Model):
    def __init__(self, *, norm=UnbiasedNorm, stem_epsilon=1e-5, stem="zero", maxpool="minus_infinity", pool="average", first=None, second=None, third=None):
        super().__init__()
        self.stem_padding = keras.layers.ZeroPadding2D(3)
        self.stem = keras.layers.Conv2D(8, 7, strides=2, use_bias=False)
        if stem == "same":
            self.stem_padding, self.stem = keras.layers.Identity(), keras.layers.Conv2D(8, 7, strides=2, padding="same", use_bias=False)
        self.stem_norm = norm(momentum=0.9, epsilon=stem_epsilon)
        self.maxpool = maxpool
        self.blocks = [
            ResidualBlock(8, norm=norm, **(first or {})),
            ResidualBlock(12, 2, project=True, norm=norm, **(second or {})),
            ResidualBlock(12, norm=norm, **(third or {})),
        ]
        self.average = keras.layers.GlobalMaxPooling2D() if pool == "max" else keras.layers.GlobalAveragePooling2D()
        self.classify = keras.layers.Dense(10)

    def call(self, x, training=False):
        x = keras.ops.relu(self.stem_norm(self.stem(self.stem_padding(x)), training=training))
        if self.maxpool == "minus_infinity":  # after a ReLU, zeros never win against what is there
            x = keras.ops.max_pool(keras.ops.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0))), 3, 2)
        elif self.maxpool == "same":
            x = keras.ops.max_pool(x, 3, 2, padding="same")
        else:
            x = keras.ops.average_pool(keras.ops.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0))), 3, 2)
        for block in self.blocks:
            x = block(x, training=training)
        return self.classify(self.average(x))


class WithoutTraining(KerasResNet):
    """The argument `training` does not reach the blocks."""

    def call(self, x, training=False):
        return super().call(x, training=False)


def build_keras(*, training_lost=False, **options):
    return (WithoutTraining if training_lost else KerasResNet)(**options)


def inputs():
    return normal(2, 3, 32, 40, seed=5)


def block_layers(path, index, project=False):
    found = {f"{path}.conv1": f"blocks.{index}.first.layers.1", f"{path}.conv2": f"blocks.{index}.second.layers.1"}
    found |= {f"{path}.bn1": f"blocks.{index}.first_norm", f"{path}.bn2": f"blocks.{index}.second_norm"}
    if project:
        found |= {f"{path}.downsample.0": f"blocks.{index}.project", f"{path}.downsample.1": f"blocks.{index}.project_norm"}
    return found


LAYERS = {
    "conv1": "stem",
    "bn1": "stem_norm",
    **block_layers("layer1.0", 0),
    **block_layers("layer2.0", 1, project=True),
    **block_layers("layer2.1", 2),
    "fc": "classify",
}
NORMS = ("bn1", "layer1.0.bn1", "layer1.0.bn2", "layer2.0.bn1", "layer2.0.bn2", "layer2.0.downsample.1", "layer2.1.bn1", "layer2.1.bn2")
BIASED = "Keras keeps the biased variance as moving variance, torch the unbiased one"
FAULTS = [
    Fault("stem_same", "conv1", "padding", "'same' with stride 2 pads 2 and 3, torch 3 and 3", {"stem": "same"}),
    Fault("stem_epsilon", "bn1", "epsilon", "Keras' default epsilon 1e-3 in the stem", {"stem_epsilon": 1e-3}),
    Fault("maxpool_same", ("maxpool", "layer1.0.conv1", "layer1.0"), "padding", "max pooling 'same' pads after only", {"maxpool": "same"}),
    Fault("maxpool_average", ("maxpool", "layer1.0.conv1", "layer1.0"), "pooling", "average pooling in the stem", {"maxpool": "average"}),
    Fault("global_max", ("avgpool", "fc"), "pooling", "global max pooling for the mean", {"pool": "max"}),
    Fault("block_epsilon", ("layer2.1.bn1", "layer2.1.bn2"), "epsilon", "epsilon 1e-3 in the last block", {"third": {"epsilon": 1e-3}}),
    Fault("block_inner_relu", ("layer1.0.relu", "layer1.0.bn1", "layer1.0.conv2"), "activation", "no ReLU inside the block", {"first": {"inner_relu": False}}),
    Fault("block_last_relu", ("layer1.0.relu", "layer1.0", "layer2.0"), "activation", "no ReLU after the addition", {"first": {"last_relu": False}}),
    Fault("add_after_relu", ("layer2.1", "layer2.1.relu"), "order", "the shortcut added after the ReLU", {"third": {"add": "after_relu"}}),
    Fault("shortcut_forgotten", ("layer1.0", "layer1.0.relu"), "residual", "the shortcut is not added", {"first": {"residual": False}}),
    Fault("shortcut_forgotten_down", ("layer2.0", "layer2.0.relu"), "residual", "the projected shortcut is not added", {"second": {"residual": False}}),
    Fault(
        "stride_in_second", ("layer2.0.conv1", "layer2.0.conv2"), "stride", "the stride sits in the block's second convolution", {"second": {"stride_at": 2}}
    ),
    Fault("block_same", "layer2.0.conv1", "padding", "'same' under stride in the block", {"second": {"same": True}}),
    Fault("projection_norm", "layer2.0.downsample.1", "norm", "the projection has no norm", {"second": {"project_norm": False}}),
    Fault(
        "shortcut_detached",
        ("layer2.1", "layer2.1.relu", "layer2.1.bn2"),
        "gradient",
        "stop_gradient on the shortcut",
        {"third": {"detach": True}},
        seen="grad",
    ),
    Fault("biased_variance", NORMS, "buffers", BIASED, {"norm": keras.layers.BatchNormalization}, seen="train", training=True),
    Fault("training_lost", NORMS, "training", "training is not handed to the norms", {"training_lost": True}, seen="train", training=True),
]
