"""A small StyleGAN2 generator: mapping network, truncation and style mixing, modulated convolutions with noise, RGB skips summed over three resolutions.

The port is subclassed from layers of its own: inputs are modulated and outputs demodulated where torch makes a kernel per image.
"""

import math

import keras
import torch
from keras import layers, ops
from torch import nn
from torch.nn import functional as F

from benchmarks.faults.building import as_trained, normal
from benchmarks.faults.own import TorchAdam
from benchmarks.faults.port import Fault
from benchmarks.faults.weights import copy_weights

BATCH, LATENT, HIDDEN, STYLE, BASE = 3, 9, 13, 11, (12, 3, 4)
WIDTHS = ((12, 10), (10, 9), (9, 8), (8, 7), (7, 6))
STYLES, CROSSOVER, CUTOFF, PSI, DECAY, BETA = 6, 3, 4, 0.7, 0.995, 0.5


class PixelNorm(nn.Module):
    def forward(self, x):
        return x * torch.rsqrt(x.square().mean(1, keepdim=True) + 1e-8)


class ScaledLeakyReLU(nn.Module):
    def forward(self, x):
        return F.leaky_relu(x, 0.2) * math.sqrt(2)


class ModulatedConv2d(nn.Module):
    def __init__(self, inside, outside, size, demodulate=True):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(outside, inside, size, size))
        self.modulation = nn.Linear(STYLE, inside)
        nn.init.ones_(self.modulation.bias)
        self.scale, self.demodulate, self.padding = 1 / math.sqrt(inside * size**2), demodulate, size // 2

    def forward(self, x, w):
        b, c, height, width = x.shape
        weight = self.scale * self.weight * self.modulation(w)[:, None, :, None, None]
        if self.demodulate:
            weight = weight * torch.rsqrt(weight.square().sum((2, 3, 4), keepdim=True) + 1e-8)
        return F.conv2d(x.reshape(1, b * c, height, width), weight.flatten(0, 1), padding=self.padding, groups=b).view(b, -1, height, width)


class StyledConv(nn.Module):
    def __init__(self, inside, outside, upsample):
        super().__init__()
        self.up = nn.Upsample(scale_factor=2, mode="bilinear") if upsample else nn.Identity()
        self.conv = ModulatedConv2d(inside, outside, 3)
        self.noise_strength, self.bias = nn.Parameter(0.3 + 0.5 * torch.rand(())), nn.Parameter(0.2 * torch.randn(outside))
        self.act = ScaledLeakyReLU()

    def forward(self, x, w, noise):
        x = self.conv(self.up(x), w) + self.noise_strength * noise
        return self.act(x + self.bias[:, None, None])


class ToRGB(nn.Module):
    def __init__(self, inside):
        super().__init__()
        self.conv, self.bias = ModulatedConv2d(inside, 3, 1, demodulate=False), nn.Parameter(0.2 * torch.randn(3))
        self.up = nn.Upsample(scale_factor=2, mode="bilinear")

    def forward(self, x, w, skip=None):
        y = self.conv(x, w) + self.bias[:, None, None]
        return y if skip is None else y + self.up(skip)


class StyleNetwork(nn.Module):
    def __init__(self):
        super().__init__()
        self.mapping = nn.Sequential(PixelNorm(), nn.Linear(LATENT, HIDDEN), ScaledLeakyReLU(), nn.Linear(HIDDEN, STYLE), ScaledLeakyReLU())
        self.register_buffer("w_avg", 0.5 * torch.randn(STYLE))

    def forward(self, z, other):
        w = self.mapping(z)
        ws = torch.stack([w] * CROSSOVER + [self.mapping(other)] * (STYLES - CROSSOVER), dim=1)
        if self.training:
            self.w_avg.copy_(w.detach().mean(0).lerp(self.w_avg, DECAY))
            return ws
        return torch.cat([self.w_avg.lerp(ws[:, :CUTOFF], PSI), ws[:, CUTOFF:]], dim=1)


class Generator(nn.Module):
    def __init__(self):
        super().__init__()
        self.styles, self.const = StyleNetwork(), nn.Parameter(torch.randn(1, *BASE))
        self.convs = nn.ModuleList(StyledConv(*widths, upsample=index % 2 == 1) for index, widths in enumerate(WIDTHS))
        self.rgbs = nn.ModuleList(ToRGB(WIDTHS[index][1]) for index in (0, 2, 4))

    def forward(self, z, other, *noise):
        ws = self.styles(z, other)
        x = self.convs[0](self.const.expand(len(z), -1, -1, -1), ws[:, 0], noise[0])
        image = self.rgbs[0](x, ws[:, 1])
        for index in (1, 3):
            x = self.convs[index](x, ws[:, index], noise[index])
            x = self.convs[index + 1](x, ws[:, index + 1], noise[index + 1])
            image = self.rgbs[index // 2 + 1](x, ws[:, index + 2], image)
        return image


def build_torch():
    return as_trained(Generator, seed=931)


def leaky(x, gain=2**0.5):
    return gain * ops.where(x > 0, x, 0.2 * x)


def doubled(x, how="bilinear", share=1.0):
    """Twice the size: each new row lies a quarter of the way to a neighbour, and there is one more of the edge."""
    for axis in (1, 2):
        x = ops.swapaxes(x, 1, axis)
        padded = ops.concatenate([share * x[:, :1], x, share * x[:, -1:]], axis=1)
        pair = [x, x] if how == "nearest" else [0.75 * x + 0.25 * padded[:, :-2], 0.75 * x + 0.25 * padded[:, 2:]]
        x = ops.swapaxes(ops.reshape(ops.stack(pair, axis=2), (-1, 2 * x.shape[1], *x.shape[2:])), 1, axis)
    return x


class StyleConv(layers.Layer):
    """Switches are the mistakes, here and below."""

    def __init__(self, inside, filters, size, *, demodulated="by_style", one_plus=False, scaled=True, detach=False):
        super().__init__()
        self.kernel = self.add_weight(shape=(size, size, inside, filters), name="kernel")
        self.to_style = layers.Dense(inside, bias_initializer="ones")
        self.factor = 1 / math.sqrt(inside * size**2) if scaled else 1.0
        self.demodulated, self.one_plus, self.detach = demodulated, one_plus, detach

    def call(self, x, w):
        style, kernel = self.to_style(w) + (1.0 if self.one_plus else 0.0), self.kernel * self.factor
        y = ops.conv(x * style[:, None, None, :], kernel, padding="same")
        known = ops.ones_like(style) if self.demodulated == "by_kernel" else style
        power = ops.matmul(ops.square(known), ops.sum(ops.square(kernel), axis=(0, 1)))
        return y if self.demodulated == "never" else y * ops.rsqrt((ops.stop_gradient(power) if self.detach else power) + 1e-8)[:, None, None, :]


class Draw(layers.Layer):
    def __init__(self, inside, filters, up, *, how="bilinear", edge=1.0, up_at="before", noise_at="before_act", strong=True, gain=2**0.5, conv=()):
        super().__init__()
        self.conv = StyleConv(inside, filters, 3, **dict(conv))
        self.strength, self.offset = self.add_weight(shape=(), name="strength"), self.add_weight(shape=(filters,), name="offset")
        self.up, self.how, self.edge, self.up_at, self.noise_at, self.strong, self.gain = up, how, edge, up_at, noise_at, strong, gain

    def call(self, x, w, noise):
        x = doubled(x, self.how, self.edge) if self.up and self.up_at == "before" else x
        x = self.conv(x, w)
        x = doubled(x, self.how, self.edge) if self.up and self.up_at == "after" else x
        noise = noise * self.strength if self.strong else noise
        return leaky(x + self.offset, self.gain) + noise if self.noise_at == "after_act" else leaky(x + noise + self.offset, self.gain)


class Paint(layers.Layer):
    def __init__(self, inside, *, conv=()):
        super().__init__()
        self.conv, self.offset = StyleConv(inside, 3, 1, **{"demodulated": "never"} | dict(conv)), self.add_weight(shape=(3,), name="offset")

    def call(self, x, w, below=None):
        y = self.conv(x, w) + self.offset
        return y if below is None else y + doubled(below)


class Painter(keras.Model):
    def __init__(self, *, normed="mean", cutoff=CUTOFF, decay=DECAY, rgb="next", **parts):
        super().__init__()
        self.learn = [layers.Dense(HIDDEN), layers.Dense(STYLE)]
        self.usual = self.add_weight(shape=(STYLE,), trainable=False, name="usual")
        self.ground = self.add_weight(shape=(1, *BASE[1:], BASE[0]), name="ground")
        self.draws = [Draw(*widths, index % 2 == 1, **parts.get(f"draw{index}", {})) for index, widths in enumerate(WIDTHS)]
        self.paints = [Paint(WIDTHS[2 * index][1], **parts.get(f"paint{index}", {})) for index in range(3)]
        self.normed, self.cutoff, self.decay, self.rgb = normed, cutoff, decay, rgb

    def style_of(self, z):
        size = (ops.mean if self.normed == "mean" else ops.sum)(ops.square(z), axis=-1, keepdims=True)
        return leaky(self.learn[1](leaky(self.learn[0](z * ops.rsqrt(size + 1e-8)))))

    def call(self, given, training=False):
        z, other, *noise = given
        coarse, fine = self.style_of(z), self.style_of(other)
        styles = [coarse if index < CROSSOVER else fine for index in range(STYLES)]
        if training:
            self.usual.assign(self.decay * self.usual + (1 - self.decay) * ops.stop_gradient(ops.mean(coarse, axis=0)))
        else:
            styles = [self.usual + PSI * (style - self.usual) if index < self.cutoff else style for index, style in enumerate(styles)]
        x, image = self.ground, None
        for index, draw in enumerate(self.draws):
            x = draw(x, styles[index], noise[index])
            if index % 2 == 0:
                image = self.paints[index // 2](x, styles[index + (self.rgb == "next")], image)
        return image


def inputs():
    sizes = ((3, 4), (6, 8), (6, 8), (12, 16), (12, 16))
    return (normal(BATCH, LATENT, seed=932), normal(BATCH, LATENT, seed=933), *(normal(BATCH, 1, *size, seed=934 + i) for i, size in enumerate(sizes)))


def targets():
    return normal(BATCH, 3, 12, 16, seed=940)


def keras_loss(divisor=BETA):
    """Of output and target; the target may come with torch's axes."""

    def loss(output, target):
        target = target if target.shape == output.shape else ops.transpose(target, (0, 2, 3, 1))
        return ops.mean(keras.losses.huber(target, output, delta=BETA)) / divisor

    return loss


build_keras = Painter
LOSS = (lambda output, target: F.smooth_l1_loss(output, target, beta=BETA), keras_loss)
OPTIMIZER = (lambda parameters: torch.optim.Adam(parameters, lr=2e-3, betas=(0.0, 0.99)), lambda: TorchAdam(2e-3, beta_1=0.0, beta_2=0.99))
MAPPING, LAYERS = {"styles.w_avg": "usual", "const": "ground"}, {"styles.mapping.1": "learn.0", "styles.mapping.3": "learn.1"}
for theirs, ours in [(f"convs.{i}", f"draws.{i}") for i in range(5)] + [(f"rgbs.{i}", f"paints.{i}") for i in range(3)]:
    MAPPING |= {f"{theirs}.conv.weight": f"{ours}.conv.kernel", f"{theirs}.bias": f"{ours}.offset"}
    LAYERS[f"{theirs}.conv.weight"] = (f"{ours}.conv.kernel", lambda state: {name: array.transpose(2, 3, 1, 0) for name, array in state.items()})
    MAPPING |= {f"{theirs}.noise_strength": f"{ours}.strength"} if ours.startswith("draws") else {}
    LAYERS[f"{theirs}.conv.modulation"] = f"{ours}.conv.to_style"
LAYERS["const"] = ("ground", lambda state: {"const": state["const"].transpose(0, 2, 3, 1)})
LAYERS = MAPPING | LAYERS


def load_constant_reshaped(torch_model, keras_model):
    """The constant reshaped to channels last, its axes not moved."""
    copy_weights(torch_model, keras_model, LAYERS)
    keras_model.ground.assign(torch_model.const.detach().numpy().reshape(keras_model.ground.shape))


CONVS, RGBS = ([(f"{kind}.{index}.conv", f"{kind}.{index}") for index in range(count)] for kind, count in (("convs", 5), ("rgbs", 3)))
MIXING, NOISE = ("styles", "styles.mapping"), ("convs.2", "convs.2.noise_strength", "convs.2.act")
FAULTS = [
    Fault("latent_length", "styles.mapping.0", "norm", "the latent divided by its length, not its root mean square", {"normed": "sum"}),
    Fault("truncated_all", MIXING, "missing op", "truncation of all styles, not of the first four", {"cutoff": STYLES}),
    Fault("rgb_style_of_conv", ("rgbs.1", "rgbs.1.conv", "rgbs.1.conv.modulation"), "off by one", "the style of the convolution before", {"rgb": "same"}),
    Fault("one_plus_style", (*CONVS[2], "convs.2.conv.modulation"), "scale", "1 + style, as AdaIN has it", {"draw2": {"conv": {"one_plus": True}}}),
    Fault("not_demodulated", CONVS[1], "norm", "no demodulation", {"draw1": {"conv": {"demodulated": "never"}}}),
    Fault("style_not_in_power", CONVS[4], "norm", "demodulated by the kernel without the style", {"draw4": {"conv": {"demodulated": "by_kernel"}}}),
    Fault("rgb_demodulated", RGBS[2], "norm", "to-RGB demodulated too", {"paint2": {"conv": {"demodulated": "by_style"}}}),
    Fault("rgb_not_scaled", RGBS[0], "scale", "the equalised rate's factor forgotten", {"paint0": {"conv": {"scaled": False}}}),
    Fault("nearest_features", ("convs.1.up", "convs.1"), "interpolation", "UpSampling2D's default, nearest", {"draw1": {"how": "nearest"}}),
    Fault("zeros_at_the_edge", ("convs.3.up", "convs.3"), "padding", "zeros around the map that is upsampled", {"draw3": {"edge": 0.0}}),
    Fault("upsampled_after", ("convs.3", "convs.3.up", "convs.3.conv"), "order", "convolution, then upsampling", {"draw3": {"up_at": "after"}}),
    Fault("noise_not_scaled", ("convs.0", "convs.0.noise_strength"), "scale", "the noise's strength not applied", {"draw0": {"strong": False}}),
    Fault("noise_after_act", NOISE, "order", "noise added behind the activation", {"draw2": {"noise_at": "after_act"}}),
    Fault("gain_forgotten", ("convs.4.act", "convs.4"), "scale", "the root of two behind the leaky ReLU", {"draw4": {"gain": 1.0}}),
    Fault("constant_reshaped", "const", "weights", "(c, h, w) reshaped to (h, w, c)", load=load_constant_reshaped),
    Fault("power_detached", CONVS[2], "gradient", "stop_gradient on the demodulation", {"draw2": {"conv": {"detach": True}}}, seen="grad"),
    Fault("decay_of_average", MIXING, "momentum", "0.998 for 0.995", {"decay": 0.998}, seen="train"),
    Fault("huber_not_divided", "loss", "loss", "Keras' Huber for smooth L1: beta times it", seen="loss", loss=lambda: keras_loss(1.0)),
    Fault("beta_1", "optimizer", "optimizer", "Adam's first beta left at 0.9", seen="step", optimizer=lambda: TorchAdam(2e-3, beta_2=0.99)),
]
