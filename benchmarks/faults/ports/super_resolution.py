"""Super-resolution as EDSR and SRResNet do it: scaled residual blocks with PReLU, a global skip, pixel shuffles, the mean colour taken off and put back."""

import keras
import numpy as np
import tensorflow as tf
import torch
from keras import layers, ops
from torch import nn
from torch.nn import functional as F

from benchmarks.faults.building import as_trained, uniform
from benchmarks.faults.port import Fault
from benchmarks.faults.weights import copy_weights

WIDTH, BLOCKS, RESIDUAL, RANGE = 6, 3, 0.1, 255.0
MEAN = (0.4488 * RANGE, 0.4371 * RANGE, 0.4040 * RANGE)
RATE, MOMENTUM, CLIP = 1e-4, 0.9, 0.4


class MeanShift(nn.Module):
    def __init__(self, sign):
        super().__init__()
        self.sign = sign

    def forward(self, x):
        return x + self.sign * x.new_tensor(MEAN).view(1, 3, 1, 1)


class ResidualBlock(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(WIDTH, WIDTH, 3, padding=1)
        self.act = nn.PReLU(WIDTH)
        self.conv2 = nn.Conv2d(WIDTH, WIDTH, 3, padding=1)

    def forward(self, x):
        return x + RESIDUAL * self.conv2(self.act(self.conv1(x)))


class Upsampler(nn.Module):
    def __init__(self, factor):
        super().__init__()
        self.conv = nn.Conv2d(WIDTH, WIDTH * factor**2, 3, padding=1)
        self.shuffle = nn.PixelShuffle(factor)
        self.act = nn.PReLU(WIDTH)

    def forward(self, x):
        return self.act(self.shuffle(self.conv(x)))


class SuperResolver(nn.Module):
    def __init__(self):
        super().__init__()
        self.sub_mean = MeanShift(-1)
        self.head = nn.Conv2d(3, WIDTH, 5, padding=2)
        self.body = nn.Sequential(*(ResidualBlock() for _ in range(BLOCKS)))
        self.fuse = nn.Conv2d(WIDTH, WIDTH, 3, padding=1)
        self.up = nn.Sequential(Upsampler(2), Upsampler(2))
        self.tail = nn.Conv2d(WIDTH, 3, 3, padding=1)
        self.add_mean = MeanShift(1)

    def forward(self, x):
        shallow = self.head(self.sub_mean(x))
        deep = self.fuse(self.body(shallow)) + shallow
        return self.add_mean(self.tail(self.up(deep)))


def with_slopes():
    """After training a picture keeps its contrast, and no PReLU has all its slopes at 0.25."""
    model = SuperResolver()
    for module in model.modules():
        if isinstance(module, nn.PReLU):
            nn.init.uniform_(module.weight, 0.05, 0.6)
        elif isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, a=0.5)
    return model


def build_torch():
    return as_trained(with_slopes, seed=411)


def prelu(x, slope, form="right"):
    if form == "sign":
        return tf.nn.relu(x) + slope * tf.nn.relu(-x)
    return tf.nn.relu(x) - slope * tf.nn.relu(-x)


class Unit(layers.Layer):
    def __init__(self, *, scaled="branch", act="between", form="right", slope_trained=True):
        super().__init__()
        self.first = layers.Conv2D(WIDTH, 3, padding="same")
        self.slope = self.add_weight(shape=(WIDTH,), initializer=keras.initializers.Constant(0.25), trainable=slope_trained, name="slope")
        self.second = layers.Conv2D(WIDTH, 3, padding="same")
        self.scaled, self.act, self.form = scaled, act, form

    def call(self, x):
        slope = tf.convert_to_tensor(self.slope)
        y = self.first(x)
        y = self.second(prelu(y, slope, self.form)) if self.act == "between" else prelu(self.second(y), slope, self.form)
        if self.scaled == "sum":
            return RESIDUAL * (x + y)
        return x + (RESIDUAL * y if self.scaled == "branch" else y)


class Enlarge(layers.Layer):
    """Torch's channels are (colour, row, column), those of depth_to_space (row, column, colour)."""

    def __init__(self, factor=2, *, order="torch", slope="learned"):
        super().__init__()
        self.spread = layers.Conv2D(WIDTH * factor**2, 3, padding="same")
        self.factor, self.order, self.learned = factor, order, slope == "learned"
        if self.learned:
            self.slope = self.add_weight(shape=(WIDTH,), initializer=keras.initializers.Constant(0.25), name="slope")

    def call(self, x):
        x = self.spread(x)
        height, width = x.shape[1:3]
        if self.order != "tensorflow":
            x = tf.reshape(x, (-1, height, width, WIDTH, self.factor, self.factor))
            x = tf.transpose(x, (0, 1, 2, 4, 5, 3) if self.order == "torch" else (0, 1, 2, 5, 4, 3))
            x = tf.reshape(x, (-1, height, width, WIDTH * self.factor**2))
        x = tf.nn.depth_to_space(x, self.factor)
        return prelu(x, tf.convert_to_tensor(self.slope)) if self.learned else tf.nn.leaky_relu(x, alpha=0.2)


class Enhancer(keras.Model):
    def __init__(self, units=((), (), ()), large=((), ()), *, mean_in="rgb", mean_out="added", skip="head", detach=False, left_out=0, edge="zeros"):
        super().__init__()
        self.enter = layers.Conv2D(WIDTH, 5, padding="same")
        self.units = [Unit(**dict(own)) for own in units]
        self.gather = layers.Conv2D(WIDTH, 3, padding="same")
        self.large = [Enlarge(**dict(own)) for own in large]
        self.paint = layers.Conv2D(3, 3, padding="same" if edge == "zeros" else "valid")
        self.mean_in, self.mean_out, self.skip, self.detach, self.left_out, self.edge = mean_in, mean_out, skip, detach, left_out, edge

    def call(self, image):
        mean = tf.constant(MEAN, dtype=image.dtype)
        x = self.enter(image - (mean if self.mean_in == "rgb" else tf.reverse(mean, [0])))
        stages = [x]
        for unit in self.units[: len(self.units) - self.left_out]:
            stages.append(unit(stages[-1]))
        x = self.gather(stages[-1])
        if self.skip is not None:
            skipped = stages[0 if self.skip == "head" else 1]
            x = x + (tf.stop_gradient(skipped) if self.detach else skipped)
        for enlarge in self.large:
            x = enlarge(x)
        if self.edge == "reflected":
            x = tf.pad(x, [[0, 0], [1, 1], [1, 1], [0, 0]], mode="REFLECT")
        x = self.paint(x)
        return x + mean if self.mean_out == "added" else x - mean


def build_keras(*, first=None, second=None, third=None, lower=None, upper=None, **switches):
    return Enhancer((first or {}, second or {}, third or {}), (lower or {}, upper or {}), **switches)


def inputs():
    return uniform(2, 3, 7, 10, seed=412, high=RANGE)


def targets():
    return uniform(2, 3, 28, 40, seed=413, high=RANGE)


def from_zero_to_one(images):
    return np.moveaxis(images, 1, -1) / np.float32(RANGE)


def apart(output, target):
    """The target may come with torch's axes."""
    return output - (target if target.shape == output.shape else ops.transpose(target, (0, 2, 3, 1)))


def absolute(output, target):
    return ops.mean(ops.abs(apart(output, target)))


def squared(output, target):
    return ops.mean(ops.square(apart(output, target)))


class ClippedSGD(torch.optim.SGD):
    """Every element of every gradient is clipped before the step."""

    def step(self, closure=None):
        for group in self.param_groups:
            nn.utils.clip_grad_value_(group["params"], CLIP)
        return super().step(closure)


def sgd(**changes):
    return keras.optimizers.SGD(RATE, **({"momentum": MOMENTUM, "clipvalue": CLIP} | changes))


LOSS = (F.l1_loss, lambda: absolute)
OPTIMIZER = (lambda parameters: ClippedSGD(parameters, lr=RATE, momentum=MOMENTUM), sgd)
SLOPES = {f"body.{index}.act.weight": f"units.{index}.slope" for index in range(BLOCKS)}
SLOPES |= {f"up.{index}.act.weight": f"large.{index}.slope" for index in range(2)}
LAYERS = SLOPES | {"head": "enter", "fuse": "gather", "tail": "paint", "up.0.conv": "large.0.spread", "up.1.conv": "large.1.spread"}
LAYERS |= {f"body.{index}.conv{number}": f"units.{index}.{name}" for index in range(BLOCKS) for number, name in ((1, "first"), (2, "second"))}


def load_permuted_twice(torch_model, keras_model):
    """The channels of the last upsampling brought into depth_to_space's order in the weights, although the code does it."""

    def change(state):
        def permuted(array):
            return array.reshape(WIDTH, 4, *array.shape[1:]).swapaxes(0, 1).reshape(array.shape)

        return {name: permuted(array) if name.startswith("up.1.conv.") else array for name, array in state.items()}

    copy_weights(torch_model, keras_model, LAYERS, change)


def shuffle_of(index):
    return (f"up.{index}.shuffle", f"up.{index}", f"up.{index}.conv", f"up.{index}.act")


JOINED = ("fuse", "up.0.conv", "up.0")
SLOPES = ("body.1.act", "body.1.act.weight")
FAULTS = [
    Fault("shuffle_as_tensorflow", shuffle_of(0), "channel order", "depth_to_space on channels in torch's order", {"lower": {"order": "tensorflow"}}),
    Fault("shuffle_columns_first", shuffle_of(1), "axes", "row and column within a block swapped", {"upper": {"order": "columns"}}),
    Fault("residual_not_scaled", ("body.1", "body.1.conv2"), "scale", "the branch not multiplied by 0.1", {"second": {"scaled": None}}),
    Fault("sum_scaled", ("body.0", "body.0.conv2", "body.1.conv1", "body.1"), "scale", "the sum, not the branch, times 0.1", {"first": {"scaled": "sum"}}),
    Fault("act_after_both", ("body.2.act", "body.2.conv1", "body.2.conv2", "body.2"), "order", "PReLU after both convolutions", {"third": {"act": "after"}}),
    Fault("prelu_sign", "body.0.act", "activation", "relu(x) + a relu(-x): the sign of the negative part lost", {"first": {"form": "sign"}}),
    Fault("leaky_for_prelu", "up.1.act", "activation", "TensorFlow's leaky ReLU with 0.2 for the learned slopes", {"upper": {"slope": "leaky"}}),
    Fault("no_global_skip", JOINED, "residual", "the head's features not added after the body", {"skip": None}),
    Fault("skip_of_first_block", JOINED, "wrong tensor", "the first block's output for the head's in the global skip", {"skip": "first_block"}),
    Fault("last_block_left_out", ("body.2", "body.2.conv2"), "off by one", "the loop over the blocks ends one early", {"left_out": 1}),
    Fault("mean_bgr", ("sub_mean", "head", "input"), "colours", "the mean of blue taken from red and the other way round", {"mean_in": "bgr"}),
    Fault("mean_subtracted_again", ("add_mean", "tail", "output"), "sign", "the mean subtracted at the end too", {"mean_out": "subtracted"}),
    Fault("reflected_edge", "tail", "padding", "the last convolution pads by reflection, not with zeros", {"edge": "reflected"}),
    Fault("range_of_one", ("input", "sub_mean", "head"), "data", "images in 0..1, the mean's range 0..255", keras_inputs=from_zero_to_one),
    Fault("permuted_twice", ("up.1.conv", "up.1.conv.weight", "up.1.shuffle", "up.1"), "weights", "permuted in weights and in code", load=load_permuted_twice),
    Fault("skip_detached", (*JOINED, "head"), "gradient", "stop_gradient on the global skip", {"detach": True}, seen="grad"),
    Fault("slopes_not_trained", SLOPES, "gradient", "slopes made with trainable=False", {"second": {"slope_trained": False}}, seen="grad"),
    Fault("squared_loss", "loss", "loss", "the mean squared error for the L1 loss", seen="loss", loss=lambda: squared),
    Fault("norms_clipped", "optimizer", "clipping", "clipnorm for clipvalue", seen="step", optimizer=lambda: sgd(clipvalue=None, clipnorm=CLIP)),
    Fault("nesterov", "optimizer", "momentum", "Nesterov momentum that torch has not", seen="step", optimizer=lambda: sgd(nesterov=True)),
]
