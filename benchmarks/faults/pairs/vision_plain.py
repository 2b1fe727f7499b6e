"""Image classifiers without shortcuts, from LeNet to DenseNet."""

from collections import OrderedDict

import keras
import numpy as np
import torch
from keras import layers
from torch import nn
from torch.nn import functional as F

from benchmarks.faults.building import normal, tokens


class LeNet(nn.Module):
    def __init__(self, classes=10):
        super().__init__()
        self.features = nn.Sequential(nn.Conv2d(1, 6, 5, padding=2), nn.Tanh(), nn.AvgPool2d(2), nn.Conv2d(6, 16, 5), nn.Tanh(), nn.AvgPool2d(2))
        self.classifier = nn.Sequential(nn.Linear(16 * 5 * 4, 120), nn.Tanh(), nn.Linear(120, 84), nn.Tanh(), nn.Linear(84, classes))

    def forward(self, x):
        return self.classifier(torch.flatten(self.features(x), 1))


def lenet():
    """A Sequential pair becomes a functional model with activations inside the layers; the first Dense reads the map in Keras' order."""
    inputs = keras.Input((28, 24, 1))
    x = layers.Conv2D(6, 5, padding="same", activation="tanh")(inputs)
    x = layers.AveragePooling2D(2)(x)
    x = layers.Conv2D(16, 5, activation="tanh")(x)
    x = layers.AveragePooling2D(2)(x)
    x = layers.Flatten()(x)
    x = layers.Dense(120, activation="tanh")(x)
    x = layers.Dense(84, activation="tanh")(x)
    out = layers.Dense(10)(x)
    return {
        "torch_model": LeNet(),
        "keras_model": keras.Model(inputs, out),
        "inputs": normal(3, 1, 28, 24, seed=1),
        "loss": (nn.CrossEntropyLoss(), keras.losses.SparseCategoricalCrossentropy(from_logits=True)),
        "targets": tokens(3, below=10, seed=2),
        "optimizer": (lambda parameters: torch.optim.SGD(parameters, lr=0.05, momentum=0.9), lambda: keras.optimizers.SGD(0.05, momentum=0.9)),
    }


class VGG(nn.Module):
    cfg = (8, "M", 12, 12, "M")

    def __init__(self, classes=7):
        super().__init__()
        mods, c = [], 3
        for v in self.cfg:
            if v == "M":
                mods.append(nn.MaxPool2d(2, 2))
            else:
                mods += [nn.Conv2d(c, v, 3, padding=1), nn.BatchNorm2d(v), nn.ReLU(inplace=True)]
                c = v
        self.features = nn.Sequential(*mods)
        self.avgpool = nn.AdaptiveAvgPool2d((2, 3))
        self.classifier = nn.Sequential(nn.Linear(c * 6, 20), nn.ReLU(True), nn.Dropout(0.5), nn.Linear(20, classes))

    def forward(self, x):
        x = self.avgpool(self.features(x))
        return self.classifier(x.view(x.size(0), -1))


def vgg_adaptive():
    """A Sequential with `add`; a fixed pooling stands for the adaptive one and a Permute keeps PyTorch's order of the flatten."""
    model = keras.Sequential([keras.Input((16, 24, 3))])
    for v in VGG.cfg:
        if v == "M":
            model.add(layers.MaxPooling2D(2, 2))
        else:
            model.add(layers.Conv2D(v, 3, padding="same"))
            model.add(layers.BatchNormalization(epsilon=1e-5, momentum=0.9))
            model.add(layers.ReLU())
    model.add(layers.AveragePooling2D(2))  # AdaptiveAvgPool2d((2,3)) on a 4x6 map
    model.add(layers.Permute((3, 1, 2)))  # same flatten order as PyTorch
    model.add(layers.Flatten())
    model.add(layers.Dense(20, activation="relu"))
    model.add(layers.Dropout(0.5))
    model.add(layers.Dense(7))
    return {
        "torch_model": VGG().eval(),
        "keras_model": model,
        "inputs": normal(2, 3, 16, 24, seed=3),
    }


class Inception(nn.Module):
    def __init__(self, cin, c1, c3r, c3, c5r, c5, cp):
        super().__init__()
        self.branches = nn.ModuleDict(
            {
                "b1": nn.Sequential(nn.Conv2d(cin, c1, 1), nn.ReLU()),
                "b2": nn.Sequential(nn.Conv2d(cin, c3r, 1), nn.ReLU(), nn.Conv2d(c3r, c3, 3, padding=1), nn.ReLU()),
                "b3": nn.Sequential(nn.Conv2d(cin, c5r, 1), nn.ReLU(), nn.Conv2d(c5r, c5, 5, padding=2), nn.ReLU()),
                "b4": nn.Sequential(nn.MaxPool2d(3, 1, 1), nn.Conv2d(cin, cp, 1), nn.ReLU()),
            }
        )

    def forward(self, x):
        return torch.cat([b(x) for b in self.branches.values()], dim=1)


class GoogLeNetMini(nn.Module):
    def __init__(self, classes=6):
        super().__init__()
        self.stem = nn.Conv2d(3, 9, 3, padding=1)
        self.inc1 = Inception(9, 4, 5, 8, 3, 6, 7)
        self.pool = nn.MaxPool2d(3, 2, ceil_mode=False)
        self.inc2 = Inception(25, 6, 4, 7, 3, 5, 4)
        self.fc = nn.Linear(22, classes)

    def forward(self, x):
        x = F.relu(self.stem(x))
        x = self.inc2(self.pool(self.inc1(x)))
        return self.fc(F.adaptive_avg_pool2d(x, 1).squeeze(-1).squeeze(-1))


def inception():
    """Functional; the branches are written in another order than they are concatenated in, targets are smoothed one-hot vectors."""

    def inception(x, c1, c3r, c3, c5r, c5, cp):
        p = layers.MaxPooling2D(3, strides=1, padding="same")(x)
        p = layers.Conv2D(cp, 1, activation="relu")(p)
        t1 = layers.Conv2D(c1, 1, activation="relu")(x)
        t3 = layers.Conv2D(c3r, 1, activation="relu")(x)
        t3 = layers.Conv2D(c3, 3, padding="same", activation="relu")(t3)
        t5 = layers.Conv2D(c5r, 1, activation="relu")(x)
        t5 = layers.Conv2D(c5, 5, padding="same", activation="relu")(t5)
        return layers.concatenate([t1, t3, t5, p])

    inputs = layers.Input(shape=(14, 18, 3))
    x = layers.Conv2D(9, 3, padding="same", activation="relu")(inputs)
    x = inception(x, 4, 5, 8, 3, 6, 7)
    x = layers.MaxPooling2D(3, strides=2)(x)
    x = inception(x, 6, 4, 7, 3, 5, 4)
    out = layers.Dense(6)(layers.GlobalAveragePooling2D()(x))
    return {
        "torch_model": GoogLeNetMini(),
        "keras_model": keras.Model(inputs, out),
        "inputs": normal(5, 3, 14, 18, seed=12),
        "loss": (nn.CrossEntropyLoss(label_smoothing=0.1), keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=0.1)),
        "targets": np.eye(6, dtype="float32")[tokens(5, below=6, seed=13)],
        "optimizer": (lambda parameters: torch.optim.SGD(parameters, lr=0.1, momentum=0.5), lambda: keras.optimizers.SGD(0.1, momentum=0.5)),
    }


class SepConv(nn.Module):
    def __init__(self, cin, cout):
        super().__init__()
        self.depthwise = nn.Conv2d(cin, cin, 3, padding=1, groups=cin, bias=False)
        self.pointwise = nn.Conv2d(cin, cout, 1)

    def forward(self, x):
        return self.pointwise(self.depthwise(x))


class XceptionTiny(nn.Module):
    def __init__(self, classes=6):
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 3, stride=2)
        self.sep1 = SepConv(8, 12)
        self.sep2 = SepConv(12, 12)
        self.skip = nn.Conv2d(8, 12, 1, stride=2)
        self.pool = nn.MaxPool2d(2)
        self.sep3 = SepConv(12, 20)
        self.fc = nn.Linear(20, classes)

    def forward(self, x):
        x = F.elu(self.stem(x))
        y = self.sep2(F.elu(self.sep1(x)))
        x = self.pool(y) + self.skip(x)
        x = F.elu(self.sep3(F.elu(x)))
        return self.fc(x.mean([2, 3]))


def xception_sepconv():
    """Each depthwise and pointwise pair is one SeparableConv2D, with the activation inside where it follows."""
    inputs = keras.Input((25, 21, 3))
    x = layers.Conv2D(8, 3, strides=2, activation="elu")(inputs)
    res = layers.Conv2D(12, 1, strides=2)(x)
    x = layers.SeparableConv2D(12, 3, padding="same", activation="elu")(x)
    x = layers.SeparableConv2D(12, 3, padding="same")(x)
    x = layers.MaxPool2D(2)(x)
    x = layers.add([x, res])
    x = layers.ELU()(x)
    x = layers.SeparableConv2D(20, 3, padding="same", activation="elu")(x)
    x = layers.GlobalAvgPool2D()(x)
    out = layers.Dense(6)(x)
    return {
        "torch_model": XceptionTiny(),
        "keras_model": keras.Model(inputs, out),
        "inputs": normal(4, 3, 25, 21, seed=7),
        "loss": (nn.CrossEntropyLoss(), keras.losses.SparseCategoricalCrossentropy(from_logits=True)),
        "targets": tokens(4, below=6, seed=8),
        "optimizer": (
            lambda parameters: torch.optim.SGD(parameters, lr=0.02, momentum=0.9, nesterov=True),
            lambda: keras.optimizers.SGD(0.02, momentum=0.9, nesterov=True),
        ),
    }


class DenseLayer(nn.Sequential):
    def __init__(self, cin, growth, bn_size=3):
        super().__init__()
        self.add_module("norm1", nn.BatchNorm2d(cin))
        self.add_module("relu1", nn.ReLU(inplace=True))
        self.add_module("conv1", nn.Conv2d(cin, bn_size * growth, 1, bias=False))
        self.add_module("norm2", nn.BatchNorm2d(bn_size * growth))
        self.add_module("relu2", nn.ReLU(inplace=True))
        self.add_module("conv2", nn.Conv2d(bn_size * growth, growth, 3, padding=1, bias=False))

    def forward(self, x):
        return torch.cat([x, super().forward(x.clone())], 1)


class DenseNet(nn.Module):
    def __init__(self, growth=5, classes=9):
        super().__init__()
        self.features = nn.Sequential(
            OrderedDict(
                [
                    ("conv0", nn.Conv2d(3, 8, 3, padding=1, bias=False)),
                    ("denseblock1", nn.Sequential(*[DenseLayer(8 + i * growth, growth) for i in range(3)])),
                    ("transition1", nn.Sequential(nn.BatchNorm2d(23), nn.ReLU(inplace=True), nn.Conv2d(23, 11, 1, bias=False), nn.AvgPool2d(2, 2))),
                    ("denseblock2", nn.Sequential(*[DenseLayer(11 + i * growth, growth) for i in range(2)])),
                    ("norm5", nn.BatchNorm2d(21)),
                ]
            )
        )
        self.classifier = nn.Linear(21, classes)

    def forward(self, x):
        out = F.relu(self.features(x), inplace=True)
        out = F.adaptive_avg_pool2d(out, (1, 1)).flatten(1)
        return self.classifier(out)


def densenet():
    """The named Sequentials become functions over live tensors, without names."""

    def bn_relu(x):
        return layers.Activation("relu")(layers.BatchNormalization(epsilon=1e-5, momentum=0.9)(x))

    def dense_block(x, n, growth):
        for _ in range(n):
            y = layers.Conv2D(3 * growth, 1, use_bias=False)(bn_relu(x))
            y = layers.Conv2D(growth, 3, padding="same", use_bias=False)(bn_relu(y))
            x = layers.Concatenate()([x, y])
        return x

    inputs = keras.Input((18, 22, 3))
    x = layers.Conv2D(8, 3, padding="same", use_bias=False)(inputs)
    x = dense_block(x, 3, 5)
    x = layers.Conv2D(11, 1, use_bias=False)(bn_relu(x))
    x = layers.AveragePooling2D(2)(x)
    x = dense_block(x, 2, 5)
    x = layers.GlobalAveragePooling2D()(bn_relu(x))
    out = layers.Dense(9)(x)
    return {
        "torch_model": DenseNet().eval(),
        "keras_model": keras.Model(inputs, out),
        "inputs": normal(2, 3, 18, 22, seed=6),
    }


PAIRS = (lenet, vgg_adaptive, inception, xception_sepconv, densenet)
