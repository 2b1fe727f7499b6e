"""A small WaveNet: causal dilated convolutions, tanh times sigmoid of the two halves, scaled residuals, summed skips, classes at every step."""

import math

import keras
import torch
from keras import layers, ops
from torch import nn
from torch.nn import functional as F

from benchmarks.faults.building import as_trained, normal, tokens
from benchmarks.faults.port import Fault
from benchmarks.faults.weights import copy_weights

WIDTH, SKIPS, CLASSES, STEPS = 8, 10, 6, 17
DILATIONS = (1, 2, 4)
TINY = 1e-15  # Adam's epsilon, which the two add before and after the bias correction


class ResidualBlock(nn.Module):
    def __init__(self, dilation):
        super().__init__()
        self.pad = dilation
        self.dilated = nn.Conv1d(WIDTH, 2 * WIDTH, 2, dilation=dilation)
        self.res = nn.Conv1d(WIDTH, WIDTH, 1)
        self.skip = nn.Conv1d(WIDTH, SKIPS, 1)

    def forward(self, x):
        a, b = self.dilated(F.pad(x, (self.pad, 0))).chunk(2, dim=1)
        z = torch.tanh(a) * torch.sigmoid(b)
        return (x + self.res(z)) * math.sqrt(0.5), self.skip(z)


class WaveNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.start = nn.Conv1d(3, WIDTH, 2)
        self.blocks = nn.ModuleList(ResidualBlock(dilation) for dilation in DILATIONS)
        self.drop = nn.Dropout(0.2)
        self.end1 = nn.Conv1d(SKIPS, SKIPS, 1)
        self.end2 = nn.Conv1d(SKIPS, CLASSES, 1)

    def forward(self, x):
        x = self.start(F.pad(x, (1, 0)))
        total = 0
        for block in self.blocks:
            x, skip = block(x)
            total = total + skip
        x = self.drop(F.relu(total / math.sqrt(len(self.blocks))))
        return self.end2(F.relu(self.end1(x)))


def build_torch():
    return as_trained(WaveNet, seed=61)


class GatedUnit(layers.Layer):
    """Switches are the mistakes."""

    def __init__(
        self, dilation, *, padding="causal", halves="tanh_first", squash="tanh", gate="sigmoid", scaled=True, mix=True, skip_of="gated", detach=False, **kwargs
    ):
        super().__init__(**kwargs)
        self.halves, self.squash, self.gate, self.scaled, self.skip_of, self.detach = halves, squash, gate, scaled, skip_of, detach
        self.wide = layers.Conv1D(2 * WIDTH, 2, padding=padding, dilation_rate=dilation)
        self.mixer = layers.Conv1D(WIDTH, 1) if mix else None
        self.to_skip = layers.Conv1D(SKIPS, 1)

    def gated(self, wide):
        if self.halves == "alternating":
            first, second = wide[..., 0::2], wide[..., 1::2]
        else:
            first, second = ops.split(wide, 2, axis=-1)
        if self.halves == "sigmoid_first":
            first, second = second, first
        squashed = {"tanh": ops.tanh, "relu": ops.relu}[self.squash](first)
        return squashed * {"sigmoid": ops.sigmoid, "hard": ops.hard_sigmoid}[self.gate](second)

    def call(self, x):
        gated = self.gated(self.wide(x))
        y = x + (gated if self.mixer is None else self.mixer(gated))
        if self.scaled:
            y = y * math.sqrt(0.5)
        skip = self.to_skip({"gated": gated, "sum": y}[self.skip_of])
        return y, ops.stop_gradient(skip) if self.detach else skip


class WaveClassifier(keras.Model):
    def __init__(self, units=((), (), ()), *, entry="causal", entry_trained=True, skips="sum", scaled=True, drop="each"):
        super().__init__()
        self.skips, self.scaled = skips, scaled
        self.entry = layers.Conv1D(WIDTH, 2, padding=entry, trainable=entry_trained)
        self.units = [GatedUnit(**{"dilation": dilation} | dict(own)) for dilation, own in zip(DILATIONS, units, strict=True)]
        self.thin = {"each": layers.Dropout(0.2), "channels": layers.SpatialDropout1D(0.2)}[drop]
        self.hidden = layers.Dense(SKIPS)
        self.answer = layers.Dense(CLASSES)

    def call(self, x, training=None):
        x = self.entry(x)
        skips = []
        for unit in self.units:
            x, skip = unit(x)
            skips.append(skip)
        total = skips[-1] if self.skips == "last" else sum(skips)
        if self.scaled:
            total = total / math.sqrt(len(skips))
        x = self.hidden(self.thin(ops.relu(total), training=training))
        return self.answer(ops.relu(x))


def build_keras(*, first=None, second=None, third=None, **switches):
    return WaveClassifier((first or {}, second or {}, third or {}), **switches)


def inputs():
    return normal(4, 3, STEPS, seed=62)


def targets():
    """Class 0 is what padded steps are given: it does not count."""
    return tokens(4, STEPS, below=CLASSES, seed=63)


def cross_entropy(output, target):
    return F.cross_entropy(output, target, ignore_index=0)


def keras_loss(ignore_class=0):
    return keras.losses.SparseCategoricalCrossentropy(from_logits=True, ignore_class=ignore_class)


def adam(beta_2=0.95):
    return keras.optimizers.Adam(4e-3, beta_1=0.9, beta_2=beta_2, epsilon=TINY)


LOSS = (cross_entropy, keras_loss)
OPTIMIZER = (lambda parameters: torch.optim.Adam(parameters, lr=4e-3, betas=(0.9, 0.95), eps=TINY), adam)
LAYOUT = {"input": "channels_last"}
LAYERS = {"start": "entry", "end1": "hidden", "end2": "answer"}
for index in range(3):
    LAYERS |= {
        f"blocks.{index}.dilated": f"units.{index}.wide",
        f"blocks.{index}.res": f"units.{index}.mixer",
        f"blocks.{index}.skip": f"units.{index}.to_skip",
    }


def load_not_transposed(torch_model, keras_model):
    """The 1x1 convolution put into a Dense as torch has it: (out, in), which fits, the layer being square."""
    copy_weights(torch_model, keras_model, LAYERS, lambda s: {n: a.swapaxes(0, 1) if n == "end1.weight" else a for n, a in s.items()})


def gate_of(index):
    return (f"blocks.{index}", f"blocks.{index}.dilated", f"blocks.{index}.res", f"blocks.{index}.skip")


FAULTS = [
    Fault("halves_swapped", gate_of(1), "order", "tanh of the second half of the channels, sigmoid of the first", {"second": {"halves": "sigmoid_first"}}),
    Fault("halves_alternating", gate_of(0), "axes", "even and odd channels for the two halves", {"first": {"halves": "alternating"}}),
    Fault("relu_for_tanh", gate_of(2), "activation", "ReLU for tanh in the gated activation", {"third": {"squash": "relu"}}),
    Fault("hard_sigmoid_gate", gate_of(1), "activation", "a hard sigmoid on the gate", {"second": {"gate": "hard"}}),
    Fault("dilation_halved", ("blocks.2.dilated", "blocks.2"), "dilation", "dilation 2 where the last block has 4", {"third": {"dilation": 2}}),
    Fault("same_for_causal", ("blocks.1.dilated", "blocks.1"), "padding", "'same' looks ahead", {"second": {"padding": "same"}}),
    Fault("start_same", "start", "padding", "the first convolution is not causal: TensorFlow's 'same' pads the end", {"entry": "same"}),
    Fault(
        "residual_not_scaled",
        ("blocks.0", "blocks.0.res", "blocks.1.dilated", "blocks.1"),
        "scale",
        "the sum of the residual not multiplied by the root of one half",
        {"first": {"scaled": False}},
    ),
    Fault("residual_not_mixed", ("blocks.1.res", "blocks.1"), "missing layer", "the 1x1 convolution of the residual left out", {"second": {"mix": False}}),
    Fault("skip_of_the_sum", ("blocks.0.skip", "blocks.0"), "wrong tensor", "the skip is taken after the residual", {"first": {"skip_of": "sum"}}),
    Fault("last_skip_only", ("drop", "end1"), "wrong tensor", "the last block's skip for the sum of all", {"skips": "last"}),
    Fault("skips_not_scaled", ("drop", "end1"), "scale", "the sum of skips not divided by the root of their number", {"scaled": False}),
    Fault("skip_detached", ("blocks.1.skip", "blocks.1"), "gradient", "stop_gradient on a skip", {"second": {"detach": True}}, seen="grad"),
    Fault("start_frozen", "start", "gradient", "the first convolution is not trained", {"entry_trained": False}, seen="grad"),
    Fault("spatial_dropout", "drop", "dropout", "whole channels dropped, not elements", {"drop": "channels"}, seen="dropout"),
    Fault("padding_counted", "loss", "loss", "class 0 is not left out of the loss", seen="loss", loss=lambda: keras_loss(ignore_class=None)),
    Fault("kernel_not_transposed", ("end1", "end1.weight"), "weights", "a 1x1 kernel in a Dense, not transposed", load=load_not_transposed),
    Fault("beta_2", "optimizer", "optimizer", "Adam's second beta left at 0.999", seen="step", optimizer=lambda: adam(0.999)),
]
