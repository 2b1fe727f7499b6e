"""A denoising U-Net as in DDPM: sines of the time step into an MLP, residual blocks shifted by it, attention at the lowest resolution, noise as the target.

The port is functional with every residual block and the attention a model of its own, channels last; the attention's 1x1 convolutions are Denses.
"""

import math

import keras
import numpy as np
import torch
from keras import layers, ops
from torch import nn
from torch.nn import functional as F

from benchmarks.faults.building import as_trained, normal, tokens
from benchmarks.faults.own import TorchAdam
from benchmarks.faults.port import Fault
from benchmarks.faults.weights import copy_weights

HEIGHT, WIDTH, SINES, TIME, GROUPS, HEADS, RATE = 12, 20, 10, 18, 4, 2, 3e-4


class SinusoidalEmbedding(nn.Module):
    def forward(self, t):
        frequencies = torch.exp(-math.log(10000) * torch.arange(SINES // 2, dtype=t.dtype, device=t.device) / (SINES // 2))
        angles = t[:, None] * frequencies
        return torch.cat([angles.sin(), angles.cos()], dim=1)


class ResidualBlock(nn.Module):
    def __init__(self, inside, outside):
        super().__init__()
        self.norm1, self.conv1 = nn.GroupNorm(GROUPS, inside), nn.Conv2d(inside, outside, 3, padding=1)
        self.time = nn.Linear(TIME, outside)
        self.norm2, self.conv2 = nn.GroupNorm(GROUPS, outside), nn.Conv2d(outside, outside, 3, padding=1)
        self.drop = nn.Dropout(0.1)
        self.skip = nn.Identity() if inside == outside else nn.Conv2d(inside, outside, 1)

    def forward(self, x, time):
        h = self.conv1(F.silu(self.norm1(x)))
        h = h + self.time(F.silu(time))[:, :, None, None]
        h = self.conv2(self.drop(F.silu(self.norm2(h))))
        return self.skip(x) + h


class SelfAttention(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.norm = nn.GroupNorm(GROUPS, channels)
        self.qkv = nn.Conv2d(channels, 3 * channels, 1)
        self.proj = nn.Conv2d(channels, channels, 1)

    def forward(self, x):
        b, c, h, w = x.shape
        q, k, v = self.qkv(self.norm(x)).view(b, 3, HEADS, c // HEADS, h * w).unbind(1)
        weights = (torch.einsum("bncq,bnck->bnqk", q, k) / math.sqrt(c // HEADS)).softmax(-1)
        y = torch.einsum("bnqk,bnck->bncq", weights, v)
        return x + self.proj(y.reshape(b, c, h, w))


class DenoisingUNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.time = nn.Sequential(SinusoidalEmbedding(), nn.Linear(SINES, TIME), nn.SiLU(), nn.Linear(TIME, TIME))
        self.stem = nn.Conv2d(3, 8, 3, padding=1)
        self.down1, self.shrink1 = ResidualBlock(8, 8), nn.Conv2d(8, 8, 3, stride=2, padding=1)
        self.down2, self.shrink2 = ResidualBlock(8, 12), nn.Conv2d(12, 12, 3, stride=2, padding=1)
        self.mid1, self.attn, self.mid2 = ResidualBlock(12, 16), SelfAttention(16), ResidualBlock(16, 12)
        self.grow2 = nn.Sequential(nn.Upsample(scale_factor=2), nn.Conv2d(12, 12, 3, padding=1))
        self.up2 = ResidualBlock(24, 8)
        self.grow1 = nn.Sequential(nn.Upsample(scale_factor=2), nn.Conv2d(8, 8, 3, padding=1))
        self.up1 = ResidualBlock(16, 8)
        self.out_norm, self.out = nn.GroupNorm(GROUPS, 8), nn.Conv2d(8, 3, 3, padding=1)

    def forward(self, x, t):
        time = self.time(t.to(x.dtype))
        x1 = self.down1(self.stem(x), time)
        x2 = self.down2(self.shrink1(x1), time)
        y = self.mid2(self.attn(self.mid1(self.shrink2(x2), time)), time)
        y = self.up2(torch.cat([self.grow2(y), x2], dim=1), time)
        y = self.up1(torch.cat([self.grow1(y), x1], dim=1), time)
        return self.out(F.silu(self.out_norm(y)))


def build_torch():
    return as_trained(DenoisingUNet, seed=511)


class TimeWaves(layers.Layer):
    def __init__(self, first="sin", steps=SINES // 2):
        super().__init__(name="waves")
        self.first, self.steps = first, steps

    def call(self, t):
        angles = ops.cast(t, self.compute_dtype)[:, None] * ops.cast(10000.0 ** (-np.arange(SINES // 2) / self.steps), self.compute_dtype)
        waves = [ops.sin(angles), ops.cos(angles)]
        return ops.concatenate(waves if self.first == "sin" else waves[::-1], axis=-1)


def group_norm(name, groups=GROUPS, epsilon=1e-5):
    return layers.GroupNormalization(groups, epsilon=epsilon, name=name)


def residual(
    name, shape, filters, *, groups=GROUPS, shortcut_of="entry", silu_on_time=True, shifted="before_norm", order="norm_first", thinned="before", mix=True
):
    """A block as a model of image and time; switches are the mistakes."""
    x, time = keras.Input(shape), keras.Input((TIME,))
    active = ops.silu(group_norm("norm_a", groups)(x))
    y = layers.Conv2D(filters, 3, padding="same", name="conv_a")(active)
    shift = layers.Dense(filters, name="shift")(ops.silu(time) if silu_on_time else time)[:, None, None, :]
    y = y + shift if shifted == "before_norm" else y
    norm, thin = group_norm("norm_b"), layers.Dropout(0.1)
    y = norm(ops.silu(y)) if order == "silu_first" else norm(y)
    y = y + shift if shifted == "after_norm" else y
    y = y if order == "silu_first" else ops.silu(y)
    y = thin(y) if thinned == "before" else y
    y = layers.Conv2D(filters, 3, padding="same", name="conv_b")(y)
    y = thin(y) if thinned == "after" else y
    kept = x if shortcut_of == "entry" else active
    kept = kept if shape[-1] == filters else layers.Conv2D(filters, 1, name="shortcut")(kept)
    return keras.Model([x, time], kept + y, name=name)


def attention(shape, *, packed="parts_first", width=None):
    x = keras.Input(shape)
    places, channels = shape[0] * shape[1], shape[2]
    qkv = layers.Dense(3 * channels, name="to_qkv")(group_norm("norm")(x))
    if packed == "parts_first":
        parts = ops.transpose(ops.reshape(qkv, (-1, places, 3, HEADS, channels // HEADS)), (2, 0, 3, 1, 4))
    else:
        parts = ops.transpose(ops.reshape(qkv, (-1, places, HEADS, 3, channels // HEADS)), (3, 0, 2, 1, 4))
    scores = ops.matmul(parts[0], ops.swapaxes(parts[1], -1, -2)) / math.sqrt(width or channels // HEADS)
    y = ops.transpose(ops.matmul(ops.softmax(scores, axis=-1), parts[2]), (0, 2, 1, 3))
    return keras.Model(x, x + layers.Dense(channels, name="join")(ops.reshape(y, (-1, *shape))), name="attention")


def shrink(x, name, padding="both"):
    """Half the size."""
    if padding == "both":
        return layers.Conv2D(x.shape[-1], 3, strides=2, name=name)(layers.ZeroPadding2D(1)(x))
    return layers.Conv2D(x.shape[-1], 3, strides=2, padding=padding, name=name)(x)


def grow(x, name, interpolation="nearest"):
    return layers.Conv2D(x.shape[-1], 3, padding="same", name=name)(layers.UpSampling2D(2, interpolation=interpolation)(x))


def build_keras(*, waves=(), detach=False, blocks=(), attend=(), padding="both", upsampling="nearest", joined="upsampled_first", skip="block", epsilon=1e-5):
    def block(name, x, filters):
        return residual(name, tuple(x.shape[1:]), filters, **dict(blocks).get(name, {}))([x, time])

    image, t = keras.Input((HEIGHT, WIDTH, 3)), keras.Input((), dtype="int64")
    time = layers.Dense(TIME, activation="silu", name="time_a")(TimeWaves(**dict(waves))(t))
    time = layers.Dense(TIME, name="time_b")(time)
    time = ops.stop_gradient(time) if detach else time
    x0 = layers.Conv2D(8, 3, padding="same", name="enter")(image)
    x1 = block("fine", x0, 8)
    x2 = block("coarse", shrink(x1, "shrink_a", padding), 12)
    y = block("deep_a", shrink(x2, "shrink_b"), 16)
    y = block("deep_b", attention(tuple(y.shape[1:]), **dict(attend))(y), 12)
    y = grow(y, "grow_b", upsampling)
    y = block("coarse_up", ops.concatenate([y, x2] if joined == "upsampled_first" else [x2, y], axis=-1), 8)
    y = block("fine_up", ops.concatenate([grow(y, "grow_a"), x1 if skip == "block" else x0], axis=-1), 8)
    y = ops.silu(group_norm("leave_norm", epsilon=epsilon)(y))
    return keras.Model([image, t], layers.Conv2D(3, 3, padding="same", name="leave")(y))


def inputs():
    return normal(4, 3, HEIGHT, WIDTH, seed=512), tokens(4, below=1000, seed=513)


def targets():
    return normal(4, 3, HEIGHT, WIDTH, seed=514)


def squared_error(channels="mean"):
    def loss(output, noise):
        noise = noise if noise.shape == output.shape else ops.transpose(noise, (0, 2, 3, 1))
        squares = ops.square(output - noise)
        return ops.mean(squares) if channels == "mean" else ops.mean(ops.sum(squares, axis=-1))

    return loss


LOSS = (F.mse_loss, squared_error)
OPTIMIZER = (lambda parameters: torch.optim.Adam(parameters, lr=RATE), lambda: TorchAdam(RATE))
BLOCKS = {"down1": "fine", "down2": "coarse", "mid1": "deep_a", "mid2": "deep_b", "up2": "coarse_up", "up1": "fine_up"}
PARTS = {"norm1": "norm_a", "conv1": "conv_a", "time": "shift", "norm2": "norm_b", "conv2": "conv_b", "skip": "shortcut"}
LAYERS = {f"{theirs}.{part}": f"{ours}.{own}" for theirs, ours in BLOCKS.items() for part, own in PARTS.items() if (theirs, part) != ("down1", "skip")}
LAYERS |= {"time.1": "time_a", "time.3": "time_b", "stem": "enter", "shrink1": "shrink_a", "shrink2": "shrink_b", "grow2.1": "grow_b", "grow1.1": "grow_a"}
LAYERS |= {"attn.norm": "attention.norm", "attn.qkv": "attention.to_qkv", "attn.proj": "attention.join", "out_norm": "leave_norm", "out": "leave"}


def load_turned(torch_model, keras_model):
    """A kernel moved by reversing its axes: height and width swapped."""
    copy_weights(torch_model, keras_model, LAYERS, lambda s: {**s, "down2.conv2.weight": s["down2.conv2.weight"].swapaxes(2, 3)})


ATTENTION = ("attn", "attn.qkv", "attn.proj")

FAULTS = [
    Fault("cosines_first", ("time.0", "time.1", "time"), "concat order", "cosines before sines", {"waves": {"first": "cos"}}),
    Fault(
        "frequencies_to_the_end", ("time.0", "time.1", "time"), "constant", "divided by half minus one, as DDPM has it", {"waves": {"steps": SINES // 2 - 1}}
    ),
    Fault(
        "time_from_one",
        ("input", "time.0", "time"),
        "data",
        "steps 1 to T for 0 to T - 1",
        keras_inputs=lambda given: (given[0].transpose(0, 2, 3, 1), given[1] + 1),
    ),
    Fault(
        "time_without_silu", ("down2.time", "down2"), "activation", "no SiLU in front of a block's time layer", {"blocks": {"coarse": {"silu_on_time": False}}}
    ),
    Fault(
        "shift_after_norm",
        ("mid1", "mid1.norm2", "mid1.time", "mid1.conv1"),
        "order",
        "time added behind the second norm",
        {"blocks": {"deep_a": {"shifted": "after_norm"}}},
    ),
    Fault("channels_per_group", "up2.norm1", "groups", "6 groups of 4 channels for 4 groups of 6", {"blocks": {"coarse_up": {"groups": 6}}}),
    Fault("epsilon_of_keras", "out_norm", "epsilon", "Keras' default 1e-3", {"epsilon": 1e-3}),
    Fault(
        "silu_before_norm", ("up1", "up1.norm2", "up1.conv2"), "order", "SiLU and the second norm exchanged", {"blocks": {"fine_up": {"order": "silu_first"}}}
    ),
    Fault(
        "shortcut_of_activated",
        ("mid2.skip", "mid2"),
        "wrong tensor",
        "the shortcut takes the normed tensor",
        {"blocks": {"deep_b": {"shortcut_of": "active"}}},
    ),
    Fault("strided_same", "shrink1", "padding", "'same' under stride 2 pads the end only", {"padding": "same"}),
    Fault("bilinear", ("grow2.0", "grow2", "grow2.1"), "interpolation", "bilinear for nearest", {"upsampling": "bilinear"}),
    Fault("skip_first", ("up2", "up2.norm1", "up2.skip", "grow2"), "concat order", "the skip before the upsampled half", {"joined": "skip_first"}),
    Fault("skip_of_the_stem", ("up1", "up1.norm1", "up1.skip", "down1"), "wrong tensor", "the skip taken in front of the block", {"skip": "stem"}),
    Fault("scale_of_channels", ATTENTION, "scale", "the root of all channels for the head's", {"attend": {"width": 16}}),
    Fault("packed_by_heads", ATTENTION, "axes", "channels read as (heads, 3, dim), as OpenAI's legacy attention", {"attend": {"packed": "heads_first"}}),
    Fault("kernel_turned", ("down2.conv2", "down2.conv2.weight"), "weights", "height and width of a kernel swapped", load=load_turned),
    Fault("time_detached", ("time.3", "time"), "gradient", "stop_gradient on the time embedding", {"detach": True}, seen="grad"),
    Fault(
        "dropout_behind",
        ("mid1.drop", "mid1", "mid1.conv2"),
        "dropout",
        "dropped after the convolution",
        {"blocks": {"deep_a": {"thinned": "after"}}},
        seen="dropout",
    ),
    Fault("channels_summed", "loss", "reduction", "summed over channels", seen="loss", loss=lambda: squared_error(channels="sum")),
    Fault("rate_of_keras", "optimizer", "optimizer", "Keras' default rate 1e-3", seen="step", optimizer=lambda: TorchAdam(1e-3)),
]
