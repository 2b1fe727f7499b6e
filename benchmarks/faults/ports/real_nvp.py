"""A small RealNVP over images: logits of pixels, checkerboard couplings, squeeze, steps of act-norm, permutation and channel coupling, half factored out.

The port is functional, in operations on live tensors, channels last; what is learned beside convolutions sits in two small layers.
"""

import math

import keras
import numpy as np
import torch
from keras import layers, ops
from torch import nn
from torch.nn import functional as F

from benchmarks.faults.building import as_trained, uniform
from benchmarks.faults.own import TorchAdam, TorchAdamW, UnbiasedNorm
from benchmarks.faults.port import Fault
from benchmarks.faults.weights import copy_weights

BATCH, CHANNELS, HEIGHT, WIDTH, HIDDEN, NARROW, ALPHA = 5, 3, 6, 10, 11, 9, 0.05
DIMENSIONS = CHANNELS * HEIGHT * WIDTH
ORDERS = ((7, 2, 9, 4, 11, 0, 5, 10, 1, 3, 8, 6), (3, 8, 10, 1, 6, 11, 2, 4, 0, 7, 5, 9), (2, 4, 0, 5, 3, 1))


class Logit(nn.Module):
    def forward(self, x):
        x = ALPHA + (1 - 2 * ALPHA) * x
        y = x.log() - (1 - x).log()
        return y, (F.softplus(y) + F.softplus(-y) + math.log(1 - 2 * ALPHA)).sum((1, 2, 3))


class ScaleTranslate(nn.Module):
    def __init__(self, inside, outside):
        super().__init__()
        self.conv1, self.bn = nn.Conv2d(inside, HIDDEN, 3, padding=1, bias=False), nn.BatchNorm2d(HIDDEN)
        self.conv2, self.conv3 = nn.Conv2d(HIDDEN, NARROW, 1), nn.Conv2d(NARROW, 2 * outside, 3, padding=1)
        self.rescale = nn.Parameter(0.4 + 0.5 * torch.rand(outside))

    def forward(self, x):
        h = F.relu(self.conv2(F.relu(self.bn(self.conv1(x)))))
        s, t = self.conv3(h).chunk(2, dim=1)
        return torch.tanh(s) * self.rescale[:, None, None], t


class CheckerCoupling(nn.Module):
    def __init__(self, channels, reverse):
        super().__init__()
        self.net, self.reverse = ScaleTranslate(channels, channels), reverse

    def forward(self, x, log_det):
        rows, columns = torch.meshgrid(torch.arange(x.shape[2]), torch.arange(x.shape[3]), indexing="ij")
        mask = ((rows + columns) % 2 == int(self.reverse)).to(x)
        s, t = self.net(x * mask)
        s, t = s * (1 - mask), t * (1 - mask)
        return x * s.exp() + t, log_det + s.sum((1, 2, 3))


class ChannelCoupling(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.net = ScaleTranslate(channels // 2, channels // 2)

    def forward(self, x, log_det):
        kept, changed = x.chunk(2, dim=1)
        s, t = self.net(kept)
        return torch.cat([kept, changed * s.exp() + t], dim=1), log_det + s.sum((1, 2, 3))


class ActNorm(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.bias, self.log_scale = (nn.Parameter(torch.zeros(channels)) for _ in range(2))

    def forward(self, x, log_det):
        y = (x + self.bias[:, None, None]) * self.log_scale.exp()[:, None, None]
        return y, log_det + x.shape[2] * x.shape[3] * self.log_scale.sum()


class FlowStep(nn.Module):
    def __init__(self, order):
        super().__init__()
        self.norm, self.coupling = ActNorm(len(order)), ChannelCoupling(len(order))
        self.register_buffer("order", torch.tensor(order), persistent=False)

    def forward(self, x, log_det):
        x, log_det = self.norm(x, log_det)
        return self.coupling(x[:, self.order], log_det)


class RealNVP(nn.Module):
    def __init__(self):
        super().__init__()
        self.logit, self.norm, self.squeeze = Logit(), ActNorm(CHANNELS), nn.PixelUnshuffle(2)
        self.checkers = nn.ModuleList(CheckerCoupling(CHANNELS, reverse) for reverse in (False, True))
        self.steps = nn.ModuleList(FlowStep(order) for order in ORDERS)

    def forward(self, x):
        x, log_det = self.logit(x)
        x, log_det = self.checkers[0](x, log_det)
        x, log_det = self.norm(x, log_det)
        x, log_det = self.checkers[1](x, log_det)
        x = self.squeeze(x)
        for step in self.steps[:2]:
            x, log_det = step(x, log_det)
        x, early = x.chunk(2, dim=1)
        late, log_det = self.steps[2](x, log_det)
        return early, late, log_det


def build_torch():
    return as_trained(RealNVP, seed=951)


class Bounded(layers.Layer):
    """A logarithm of scales, held by a learned bound per channel; switches are the mistakes, here and below."""

    def __init__(self, channels, name, form="outside"):
        super().__init__(name=name)
        self.bound, self.form = self.add_weight(shape=(channels,), initializer="ones", name="bound"), form

    def call(self, x):
        if self.form == "unbounded":
            return x * self.bound
        return ops.tanh(x * self.bound) if self.form == "inside" else ops.tanh(x) * self.bound


class Level(layers.Layer):
    def __init__(self, channels, name, *, order="shift_first", places="counted"):
        super().__init__(name=name)
        self.shift, self.log_size = (self.add_weight(shape=(channels,), initializer="zeros", name=part) for part in ("shift", "log_size"))
        self.order, self.places = order, places

    def call(self, x, total):
        size, grown = ops.exp(self.log_size), ops.sum(self.log_size)
        places = x.shape[1] * x.shape[2] if self.places == "counted" else 1
        return (x + self.shift) * size if self.order == "shift_first" else x * size + self.shift, total + places * grown


def scale_and_shift(x, channels, name, *, parts="halves", form="outside", momentum=0.9):
    y = layers.Conv2D(HIDDEN, 3, padding="same", use_bias=False, name=f"{name}_look")(x)
    y = ops.relu(UnbiasedNorm(momentum=momentum, epsilon=1e-5, name=f"{name}_norm")(y))
    y = layers.Dense(NARROW, activation="relu", name=f"{name}_mix")(y)
    y = layers.Conv2D(2 * channels, 3, padding="same", name=f"{name}_tell")(y)
    scale, shift = (y[..., 0::2], y[..., 1::2]) if parts == "alternating" else ops.split(y, 2, axis=-1)
    return Bounded(channels, f"{name}_bounded", form)(scale), shift


def over_image(x):
    return ops.sum(x, axis=(1, 2, 3))


def checker(x, total, parity, name, *, counted="changed", order="scale_first", net=()):
    rows, columns = np.indices((HEIGHT, WIDTH))
    kept = ((rows + columns) % 2 == parity)[None, :, :, None].astype(x.dtype)
    scale, shift = scale_and_shift(x * kept, CHANNELS, name, **dict(net))
    total = total + over_image(scale) if counted == "all" else total + over_image(scale * (1 - kept))
    size, shift = ops.exp(scale * (1 - kept)), shift * (1 - kept)
    return (x + shift) * size if order == "shift_first" else x * size + shift, total


def step(x, total, index, *, level=(), order=None, ordered="before", read="first", sign=1, detach=False, net=()):
    order, name = ORDERS[index] if order is None else order, f"step_{index}"
    x, total = Level(x.shape[-1], f"{name}_level", **dict(level))(x, total)
    x = ops.take(x, order, axis=-1) if ordered == "before" else x
    read_from, changed = ops.split(x, 2, axis=-1) if read == "first" else ops.split(x, 2, axis=-1)[::-1]
    scale, shift = scale_and_shift(read_from, read_from.shape[-1], name, **dict(net))
    changed = changed * ops.exp(scale) + shift
    x = ops.concatenate([read_from, changed] if read == "first" else [changed, read_from], axis=-1)
    grown = over_image(ops.stop_gradient(scale) if detach else scale)
    return x if ordered == "before" else ops.take(x, order, axis=-1), total + sign * grown


def squeezed(x, order="channels_first"):
    x = ops.reshape(x, (-1, HEIGHT // 2, 2, WIDTH // 2, 2, CHANNELS))
    x = ops.transpose(x, (0, 1, 3, 5, 2, 4) if order == "channels_first" else (0, 1, 3, 2, 4, 5))
    return ops.reshape(x, (-1, HEIGHT // 2, WIDTH // 2, 4 * CHANNELS))


def build_keras(*, logit="whole", first=None, level=None, second=None, squeeze="channels_first", third=None, fourth=None, fifth=None, out="second"):
    image = keras.Input((HEIGHT, WIDTH, CHANNELS), name="image")
    inner = ALPHA + (1 - 2 * ALPHA) * image
    x, total = ops.log(inner) - ops.log(1 - inner), over_image(-ops.log(inner) - ops.log(1 - inner))
    total = total + DIMENSIONS * math.log(1 - 2 * ALPHA) if logit == "whole" else total
    x, total = checker(x, total, **{"parity": 0, "name": "checker_0"} | (first or {}))
    x, total = Level(CHANNELS, "level", **level or {})(x, total)
    x, total = checker(x, total, 1, "checker_1", **second or {})
    x, total = step(squeezed(x, squeeze), total, 0, **third or {})
    x, total = step(x, total, 1, **fourth or {})
    x, early = ops.split(x, 2, axis=-1) if out == "second" else ops.split(x, 2, axis=-1)[::-1]
    late, total = step(x, total, 2, **fifth or {})
    return keras.Model(image, (early, late, total), name="flow")


def inputs():
    return 0.02 + uniform(BATCH, CHANNELS, HEIGHT, WIDTH, seed=952, high=0.96)


def targets():
    """What each image counts."""
    return 0.2 + uniform(BATCH, seed=953)


def torch_loss(output, weight):
    early, late, log_det = output
    normal = torch.distributions.Normal(0.0, 1.0)
    log_prob = normal.log_prob(early).sum((1, 2, 3)) + normal.log_prob(late).sum((1, 2, 3)) + log_det
    return -(weight * log_prob).sum() / weight.sum() / (DIMENSIONS * math.log(2))


def keras_loss(whole=True):
    def loss(output, weight):
        early, late, total = output
        constant = 0.5 * DIMENSIONS * math.log(2 * math.pi) if whole else 0.0
        bits = (0.5 * (over_image(ops.square(early)) + over_image(ops.square(late))) + constant - total) / (DIMENSIONS * math.log(2))
        return ops.sum(weight * bits) / ops.sum(weight)

    return loss


LOSS = (torch_loss, keras_loss)
OPTIMIZER = (lambda parameters: torch.optim.Adam(parameters, lr=1e-3, weight_decay=0.05), lambda: TorchAdam(1e-3, decay=0.05))
WHERE = {f"checkers.{i}.net": f"checker_{i}" for i in range(2)} | {f"steps.{i}.coupling.net": f"step_{i}" for i in range(3)}
LEVELS = {"norm": "level"} | {f"steps.{i}.norm": f"step_{i}_level" for i in range(3)}
MAPPING = {f"{theirs}.rescale": f"{ours}_bounded.bound" for theirs, ours in WHERE.items()}
MAPPING |= {f"{theirs}.{own}": f"{ours}.{name}" for theirs, ours in LEVELS.items() for own, name in (("bias", "shift"), ("log_scale", "log_size"))}
PARTS = {"conv1": "look", "bn": "norm", "conv2": "mix", "conv3": "tell"}
LAYERS = MAPPING | {f"{theirs}.{own}": f"{ours}_{name}" for theirs, ours in WHERE.items() for own, name in PARTS.items()}


def load_scale(torch_model, keras_model):
    """An act-norm's scale where its logarithm belongs."""
    copy_weights(torch_model, keras_model, LAYERS, lambda s: s | {"steps.1.norm.log_scale": np.exp(s["steps.1.norm.log_scale"])})


CHECKERS = [(f"checkers.{index}", f"checkers.{index}.net") for index in range(2)]
STEPS = [(f"steps.{index}.coupling", f"steps.{index}.coupling.net", f"steps.{index}") for index in range(3)]
NETS = [tuple(f"steps.{index}.coupling.net{end}" for end in ("", ".rescale", ".conv3")) for index in range(3)]
HALVES = ("checkers.1.net", "checkers.1.net.conv3", "checkers.1")
FAULTS = [
    Fault("logit_constant", "logit", "missing term", "the stretch by 1 - 2 alpha is not in the log-determinant", {"logit": "partial"}),
    Fault("same_checkers_twice", CHECKERS[0], "mask", "both couplings keep the same cells", {"first": {"parity": 1}}),
    Fault("kept_cells_counted", CHECKERS[1], "mask", "scales of cells that stay are in the log-determinant", {"second": {"counted": "all"}}),
    Fault("shifted_before", CHECKERS[0], "order", "(x + t) exp(s), as in Glow", {"first": {"order": "shift_first"}}),
    Fault("tanh_forgotten", NETS[0], "activation", "no tanh on the log-scale", {"third": {"net": {"form": "unbounded"}}}),
    Fault("bound_inside", NETS[2], "order", "the learned scale stands inside the tanh", {"fifth": {"net": {"form": "inside"}}}),
    Fault("halves_alternating", HALVES, "axes", "even and odd channels for scale and shift", {"second": {"net": {"parts": "alternating"}}}),
    Fault("one_place_counted", "norm", "missing term", "act-norm's log-determinant not times height and width", {"level": {"places": "one"}}),
    Fault("scaled_before_shift", "steps.0.norm", "order", "x exp(s) + b for (x + b) exp(s)", {"third": {"level": {"order": "scale_first"}}}),
    Fault("channels_last_squeeze", ("squeeze", "steps.0"), "reshape", "as space_to_depth orders channels", {"squeeze": "channels_last"}),
    Fault("order_inverted", ("steps.0", "steps.0.norm", "steps.0.coupling"), "axes", "the inverse permutation", {"third": {"order": np.argsort(ORDERS[0])}}),
    Fault("permuted_after", ("steps.2", "steps.2.norm", "steps.2.coupling"), "order", "permuted behind the coupling", {"fifth": {"ordered": "after"}}),
    Fault("other_half_read", STEPS[1], "wrong tensor", "the second half is read, the first changed", {"fourth": {"read": "second"}}),
    Fault("other_half_out", ("", "steps.1", "steps.2", "output"), "wrong tensor", "the first half leaves early", {"out": "first"}),
    Fault("sign_of_log_det", STEPS[1], "sign", "subtracted, as of the inverse", {"fourth": {"sign": -1}}),
    Fault("scale_loaded", ("steps.1.norm", "steps.1.norm.log_scale"), "weights", "a scale loaded where its logarithm belongs", load=load_scale),
    Fault("momentum_default", "checkers.1.net.bn", "momentum", "Keras' momentum 0.99", {"second": {"net": {"momentum": 0.99}}}, seen="train"),
    Fault("log_det_detached", STEPS[0], "gradient", "no gradient through the log-determinant", {"third": {"detach": True}}, seen="grad"),
    Fault("constant_left_out", "loss", "missing term", "without the logarithm of two pi", seen="loss", loss=lambda: keras_loss(whole=False)),
    Fault("decoupled_decay", "optimizer", "optimizer", "AdamW for Adam's own decay", seen="step", optimizer=lambda: TorchAdamW(1e-3, shrink=0.05)),
]
