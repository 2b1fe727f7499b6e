"""A conditional DCGAN generator: noise and a class make an image by three transposed convolutions, with a residual block and pixel attention; functional."""

import keras
import numpy as np
import tensorflow as tf
import torch
from keras import layers, ops
from torch import nn
from torch.nn import functional as F

from benchmarks.faults.building import as_trained, normal, tokens, uniform
from benchmarks.faults.own import TorchRMSprop, UnbiasedNorm
from benchmarks.faults.port import Fault
from benchmarks.faults.weights import copy_weights

BATCH, NOISE, CLASSES, LABEL, BASE = 5, 9, 7, 6, (14, 3, 5)
SLOPE, RATE, SQUARES = 0.2, 0.15, 5.0


class ResidualBlock(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels)

    def forward(self, x):
        y = F.relu(self.bn1(self.conv1(x)))
        return x + self.bn2(self.conv2(y))


class PixelAttention(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, 1)

    def forward(self, x):
        return x * torch.sigmoid(self.conv(x))


class Generator(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed = nn.Embedding(CLASSES, LABEL)
        self.fc = nn.Linear(NOISE + LABEL, BASE[0] * BASE[1] * BASE[2], bias=False)
        self.bn0 = nn.BatchNorm2d(BASE[0])
        self.up1 = nn.ConvTranspose2d(BASE[0], 12, 4, stride=2, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(12)
        self.act1 = nn.LeakyReLU(SLOPE)
        self.res = ResidualBlock(12)
        self.up2 = nn.ConvTranspose2d(12, 10, 3, stride=2, padding=1, output_padding=(1, 0), bias=False)
        self.bn2 = nn.BatchNorm2d(10)
        self.act2 = nn.LeakyReLU(SLOPE)
        self.attention = PixelAttention(10)
        self.drop = nn.Dropout2d(RATE)
        self.up3 = nn.ConvTranspose2d(10, 8, 5, stride=2, padding=2, output_padding=1)
        self.act3 = nn.LeakyReLU(SLOPE)
        self.pad = nn.ReflectionPad2d(1)
        self.out = nn.Conv2d(8, 3, 3)
        self.tanh = nn.Tanh()

    def forward(self, z, label):
        x = self.fc(torch.cat([z, self.embed(label)], dim=1))
        x = F.relu(self.bn0(x.view(-1, *BASE)))
        x = self.res(self.act1(self.bn1(self.up1(x))))
        x = self.drop(self.attention(self.act2(self.bn2(self.up2(x)))))
        return self.tanh(self.out(self.pad(self.act3(self.up3(x)))))


def build_torch():
    return as_trained(Generator, seed=841)


def leaky(x, slope=SLOPE):
    return ops.maximum(x, slope * x)


class BatchNorm(UnbiasedNorm):
    def __init__(self, statistics="moving", **options):
        super().__init__(epsilon=1e-5, **options)
        self.statistics = statistics

    def call(self, inputs, training=None, mask=None):
        return super().call(inputs, training=training or self.statistics == "batch", mask=mask)


def normed(x, name, **options):
    return BatchNorm(**{"momentum": 0.9, "name": name} | options)(x)


def spread(code, *, folded="channels_first", statistics="moving"):
    """A code as a small map of many channels."""
    channels, height, width = BASE
    x = layers.Dense(channels * height * width, use_bias=False, name="spread")(code)
    if folded == "channels_last":
        x = layers.Reshape((height, width, channels))(x)
    else:
        x = layers.Permute((2, 3, 1))(layers.Reshape(BASE)(x))
    return ops.relu(normed(x, "spread_norm", statistics=statistics))


def refine(x, before, *, shortcut="activated"):
    """A residual block over the activated map; `before` is the map as its norm left it."""
    y = layers.Conv2D(12, 3, padding="same", use_bias=False, name="refine_a")(x)
    y = ops.relu(normed(y, "refine_a_norm"))
    y = normed(layers.Conv2D(12, 3, padding="same", use_bias=False, name="refine_b")(y), "refine_b_norm")
    return layers.Add()([before if shortcut == "normed" else x, y])


def attend(x, *, gated="places"):
    """Every channel of every place times its share."""
    read = ops.mean(x, axis=(1, 2), keepdims=True) if gated == "channels" else x
    logits = layers.Conv2D(10, 1, name="gate")(read)
    return x * (ops.softmax(logits, axis=-1) if gated == "softmax" else ops.sigmoid(logits))


def paint(x, *, padded="reflect"):
    if padded == "zeros":
        x = layers.Conv2D(3, 3, padding="same", name="paint")(x)
    else:
        x = layers.Conv2D(3, 3, name="paint")(ops.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)), mode="reflect"))
    return ops.tanh(x)


def build_keras(
    *,
    joined="noise_first",
    label_trained=True,
    first=None,
    slope=SLOPE,
    momentum=0.9,
    block=None,
    second_crop=((1, 0), (1, 1)),
    order="norm_first",
    gate=None,
    thin="maps",
    third="cropped",
    end=None,
):
    noise, label = keras.Input((NOISE,), name="noise"), keras.Input((), dtype="int64", name="label")
    word = layers.Embedding(CLASSES, LABEL, name="label_table")(label)
    word = word if label_trained else ops.stop_gradient(word)
    x = spread(layers.Concatenate()([noise, word] if joined == "noise_first" else [word, noise]), **first or {})

    x = layers.Conv2DTranspose(12, 4, strides=2, padding="same", use_bias=False, name="grow_a")(x)
    x = normed(x, "grow_a_norm", momentum=momentum)
    x = refine(leaky(x, slope), x, **block or {})

    x = layers.Conv2DTranspose(10, 3, strides=2, use_bias=False, name="grow_b")(x)
    x = layers.Cropping2D(second_crop)(x)
    x = normed(leaky(x), "grow_b_norm") if order == "leaky_first" else leaky(normed(x, "grow_b_norm"))
    x = attend(x, **gate or {})
    x = (layers.SpatialDropout2D if thin == "maps" else layers.Dropout)(RATE, name="thin")(x)

    x = layers.Conv2DTranspose(8, 5, strides=2, name="grow_c")(x)
    if third == "zeros":
        x = layers.ZeroPadding2D(((0, 1), (0, 1)))(layers.Cropping2D(2)(x))
    else:
        x = layers.Cropping2D(((2, 1), (2, 1)))(x)
    return keras.Model((noise, label), paint(leaky(x), **end or {}), name="painter")


def inputs():
    return normal(BATCH, NOISE, seed=842), tokens(BATCH, below=CLASSES - 1, seed=843)


def targets():
    return 2 * uniform(BATCH, 3, 24, 38, seed=844) - 1


def torch_loss(output, target):
    return F.l1_loss(output, target) + SQUARES * F.mse_loss(output, target)


def keras_loss(absolute=1.0, squares=SQUARES):
    """Of output and target; the target may come with torch's axes."""

    def loss(output, target):
        target = target if target.shape == output.shape else ops.transpose(target, (0, 2, 3, 1))
        return absolute * ops.mean(ops.abs(target - output)) + squares * ops.mean(ops.square(target - output))

    return loss


class RMSprop(TorchRMSprop):
    """The rows of a table that come twice in a batch are summed before they are squared."""

    def apply(self, grads, trainable_variables=None):
        return super().apply([None if grad is None else tf.convert_to_tensor(grad) for grad in grads], trainable_variables)


LOSS = (torch_loss, keras_loss)
OPTIMIZER = (lambda parameters: torch.optim.RMSprop(parameters, lr=1e-3, alpha=0.99), lambda: RMSprop(1e-3, rho=0.99))
LAYERS = {"embed": "label_table", "fc": "spread", "bn0": "spread_norm", "attention.conv": "gate", "out": "paint"}
LAYERS |= {"up1": "grow_a", "bn1": "grow_a_norm", "up2": "grow_b", "bn2": "grow_b_norm", "up3": "grow_c"}
LAYERS |= {"res.conv1": "refine_a", "res.bn1": "refine_a_norm", "res.conv2": "refine_b", "res.bn2": "refine_b_norm"}


def load_as_it_is(torch_model, keras_model):
    """The columns behind a reshape in torch's order."""
    copy_weights(torch_model, keras_model, LAYERS)


def load_norms_exchanged(torch_model, keras_model):
    """Both norms of the block have as many channels: a list sorted by name the other way round goes in without a word."""
    other = {"res.bn1": "res.bn2", "res.bn2": "res.bn1"}
    copy_weights(torch_model, keras_model, LAYERS, lambda s: {n: s[f"{other[n[:7]]}{n[7:]}"] if n[:7] in other else a for n, a in s.items()})


def load_flipped(torch_model, keras_model):
    """A kernel turned by half a circle, as for a convolution over the stretched map."""
    copy_weights(torch_model, keras_model, LAYERS, lambda s: {n: a[:, :, ::-1, ::-1] if n == "up1.weight" else a for n, a in s.items()})


def load_without_statistics(torch_model, keras_model):
    """Only what is trained is loaded: moving mean and variance stay as they were made."""
    fresh = {"bn2.running_mean": np.zeros_like, "bn2.running_var": np.ones_like}
    copy_weights(torch_model, keras_model, LAYERS, lambda s: {n: fresh[n](a) if n in fresh else a for n, a in s.items()})


GATE = ("attention", "attention.conv")
FAULTS = [
    Fault("label_first", ("fc", "embed"), "concat order", "the class joined before the noise", {"joined": "label_first"}),
    Fault("labels_from_one", ("input", "embed"), "index", "classes counted from one", keras_inputs=lambda given: (given[0], given[1] + 1)),
    Fault("folded_channels_last", ("fc", "bn0"), "reshape", "reshaped to (h, w, c)", {"first": {"folded": "channels_last"}}, load=load_as_it_is),
    Fault("batch_statistics", "bn0", "training", "training=True: statistics of the batch in evaluation", {"first": {"statistics": "batch"}}),
    Fault("slope_default", ("act1", "bn1"), "slope", "Keras' default slope 0.3", {"slope": 0.3}),
    Fault("shortcut_before_leaky", ("res", "act1"), "wrong tensor", "the shortcut starts before the leaky ReLU", {"block": {"shortcut": "normed"}}),
    Fault("cropped_after", "up2", "padding", "the row that padding takes away cut at the end", {"second_crop": ((0, 1), (1, 1))}),
    Fault("leaky_before_norm", ("bn2", "act2", "up2"), "order", "leaky ReLU, then norm", {"order": "leaky_first"}),
    Fault("softmax_gate", GATE, "activation", "a softmax over channels for the sigmoid", {"gate": {"gated": "softmax"}}),
    Fault("gate_of_the_mean", GATE, "wrong tensor", "one gate per channel, from the mean over places", {"gate": {"gated": "channels"}}),
    Fault("output_padding_zeros", "up3", "padding", "output_padding taken for zeros put behind", {"third": "zeros"}),
    Fault("zeros_around", ("pad", "out"), "padding", "zeros around the map, not its reflection", {"end": {"padded": "zeros"}}),
    Fault("norms_exchanged", ("res.bn1", "res.bn2"), "weights", "the two norms have each other's weights", load=load_norms_exchanged),
    Fault("kernel_flipped", ("up1", "up1.weight"), "weights", "a transposed kernel turned round", load=load_flipped),
    Fault("statistics_not_loaded", "bn2", "weights", "moving statistics never loaded", load=load_without_statistics),
    Fault("label_detached", ("embed", "embed.weight"), "gradient", "the table is not trained", {"label_trained": False}, seen="grad"),
    Fault("momentum_default", "bn1", "momentum", "Keras' default momentum 0.99", {"momentum": 0.99}, seen="train"),
    Fault("elements_dropped", "drop", "dropout", "elements dropped, not whole maps", {"thin": "elements"}, seen="dropout"),
    Fault("weights_exchanged", "loss", "constant", "the weight on the absolute term", seen="loss", loss=lambda: keras_loss(SQUARES, 1.0)),
    Fault("rho_default", "optimizer", "optimizer", "Keras' default rho 0.9", seen="step", optimizer=lambda: RMSprop(1e-3, rho=0.9)),
]
