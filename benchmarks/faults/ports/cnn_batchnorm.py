"""A functional classifier with BatchNorm and normalisation inside; the Dense after the flatten takes Keras' order (a seam)."""

import keras
import numpy as np
import torch
from torch import nn

from benchmarks.faults.building import as_trained, uniform
from benchmarks.faults.own import UnbiasedNorm
from benchmarks.faults.port import Fault
from benchmarks.faults.weights import copy_weights, flatten_seam

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


class Classifier(nn.Module):
    def __init__(self):
        super().__init__()
        self.register_buffer("mean", torch.tensor(MEAN).view(1, 3, 1, 1))
        self.register_buffer("std", torch.tensor(STD).view(1, 3, 1, 1))
        self.conv1 = nn.Conv2d(3, 8, 5, padding=2, bias=False)
        self.bn1 = nn.BatchNorm2d(8)
        self.conv2 = nn.Conv2d(8, 16, 3, stride=2, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(16, eps=1e-3)
        self.pool = nn.AvgPool2d(3, stride=2, padding=1, count_include_pad=True)
        self.head = nn.Linear(16 * 3 * 4, 5)

    def forward(self, x):
        x = (x / 255.0 - self.mean) / self.std
        x = torch.relu(self.bn1(self.conv1(x)))
        x = nn.functional.max_pool2d(x, 2)
        x = torch.relu(self.bn2(self.conv2(x)))
        return self.head(self.pool(x).flatten(1))


def build_torch():
    return as_trained(Classifier, seed=2)


def build_keras(
    *,
    epsilons=(1e-5, 1e-3),
    momentum=0.9,
    axis=-1,
    scale=True,
    frozen=False,
    order="norm_relu",
    mean=MEAN,
    std=STD,
    divide=255.0,
    include_pad=True,
    pool="max",
    conv2="padded",
    layer=UnbiasedNorm,
):
    mean, std = np.array(mean, "float32"), np.array(std, "float32")
    inputs = keras.Input((24, 28, 3), name="image")
    x = inputs
    if divide == "after":
        x = (x - mean) / std / 255.0
    else:
        x = (x / divide - mean) / std
    x = keras.layers.Conv2D(8, 5, padding="same", use_bias=False, name="conv_a")(x)
    norm = layer(axis=axis, epsilon=epsilons[0], momentum=momentum, scale=scale, name="norm_a", trainable=not frozen)
    if order == "relu_norm":
        x = norm(keras.layers.ReLU()(x))
    else:
        x = norm(x)
        if order == "norm_relu":
            x = keras.layers.ReLU()(x)
    x = (keras.layers.MaxPooling2D if pool == "max" else keras.layers.AveragePooling2D)(2)(x)
    if conv2 == "padded":
        x = keras.layers.ZeroPadding2D(((1, 1), (1, 1)))(x)
        x = keras.layers.Conv2D(16, 3, strides=2, use_bias=False, name="conv_b")(x)
    else:
        x = keras.layers.Conv2D(16, 3, strides=2, padding="same", use_bias=False, name="conv_b")(x)
    x = layer(epsilon=epsilons[1], momentum=momentum, name="norm_b")(x)
    x = keras.layers.ReLU()(x)
    if include_pad:
        x = keras.layers.AveragePooling2D(3, strides=2)(keras.layers.ZeroPadding2D(1)(x))
    else:
        x = keras.layers.AveragePooling2D(3, strides=2, padding="same")(x)
    x = keras.layers.Flatten()(x)
    return keras.Model(inputs, keras.layers.Dense(5, name="classes")(x))


def inputs():
    return np.round(uniform(3, 3, 24, 28, seed=3, high=255.0))


SEAM = flatten_seam(16, 3, 4)
LAYERS = {"conv1": "conv_a", "bn1": "norm_a", "conv2": "conv_b", "bn2": "norm_b", "head": ("classes", SEAM)}


def load_with(change):
    return lambda torch_model, keras_model: copy_weights(torch_model, keras_model, LAYERS, change)


def swapped(state, left, right):
    return {**state, left: state[right], right: state[left]}


def load_without_seam(torch_model, keras_model):
    copy_weights(torch_model, keras_model, {**LAYERS, "head": "classes"})


FAULTS = [
    Fault("keras_epsilon", "bn1", "epsilon", "epsilon 1e-3, Keras' default, where torch has 1e-5", {"epsilons": (1e-3, 1e-3)}),
    Fault("torch_epsilon_everywhere", "bn2", "epsilon", "epsilon 1e-5 where this torch layer has 1e-3", {"epsilons": (1e-5, 1e-5)}),
    Fault("norm_over_height", "bn1", "axis", "BatchNormalization over axis 1, which is the height", {"axis": 1}),
    Fault("no_gamma", "bn1", "norm", "scale=False where torch has a weight", {"scale": False}),
    Fault("relu_before_norm", ("bn1", "conv1"), "order", "ReLU before the norm", {"order": "relu_norm"}),
    Fault("relu_forgotten", ("bn1", "conv2"), "activation", "no ReLU after the norm", {"order": "norm"}),
    Fault("mean_of_bgr", ("input", "conv1"), "data", "mean and std in the order BGR", {"mean": MEAN[::-1], "std": STD[::-1]}),
    Fault("not_divided", ("input", "conv1"), "data", "pixels of 0..255 normalised with constants for 0..1", {"divide": 1.0}),
    Fault("divided_after", ("input", "conv1"), "data", "divided by 255 after the normalisation, not before", {"divide": "after"}),
    Fault("half_mean", ("input", "conv1"), "data", "mean and std of 0.5 (the range -1..1)", {"mean": (0.5,) * 3, "std": (0.5,) * 3}),
    Fault("padding_not_counted", "pool", "pooling", "average pooling with 'same' leaves out the padding that torch counts", {"include_pad": False}),
    Fault("average_for_max", ("conv2", "bn1"), "pooling", "average pooling for max_pool2d", {"pool": "average"}),
    Fault("same_under_stride", "conv2", "padding", "'same' with stride 2 pads after only", {"conv2": "same"}),
    Fault("frozen", "bn1", "frozen", "trainable=False: the norm uses its statistics in training", {"frozen": True}, seen="train", training=True),
    Fault("momentum", ("bn1", "bn2"), "momentum", "momentum 0.1 taken over from torch, where Keras wants 0.9", {"momentum": 0.1}, seen="train", training=True),
    Fault("keras_momentum", ("bn1", "bn2"), "momentum", "momentum left at Keras' 0.99", {"momentum": 0.99}, seen="train", training=True),
    Fault(
        "biased_variance",
        ("bn1", "bn2"),
        "buffers",
        "Keras' BatchNormalization keeps the biased variance, torch the unbiased one",
        {"layer": keras.layers.BatchNormalization},
        seen="train",
        training=True,
    ),
    Fault(
        "statistics_swapped", "bn2", "weights", "running mean and variance swapped", load=load_with(lambda s: swapped(s, "bn2.running_mean", "bn2.running_var"))
    ),
    Fault("gamma_beta_swapped", "bn1", "weights", "weight and bias of the norm swapped", load=load_with(lambda s: swapped(s, "bn1.weight", "bn1.bias"))),
    Fault(
        "statistics_not_loaded",
        "bn2",
        "weights",
        "running mean and variance left as initialised",
        load=load_with(lambda s: {**s, "bn2.running_mean": np.zeros(16, "float32"), "bn2.running_var": np.ones(16, "float32")}),
    ),
    Fault(
        "deviation_for_variance",
        "bn1",
        "weights",
        "the standard deviation loaded as the variance",
        load=load_with(lambda s: {**s, "bn1.running_var": np.sqrt(s["bn1.running_var"])}),
    ),
    Fault("flatten_as_is", "head", "flatten", "the Dense after the flatten loaded without permuting its columns", load=load_without_seam),
]
