"""Images from noise, a judge of image pairs, and super-resolution."""

import math

import keras
import numpy as np
import tensorflow as tf
import torch
from keras import layers, ops
from torch import nn
from torch.nn import functional as F

from benchmarks.faults.building import normal


class Generator(nn.Module):
    def __init__(self, nz=20, ngf=6):
        super().__init__()
        self.main = nn.Sequential(
            nn.ConvTranspose2d(nz, ngf * 4, (4, 3), 1, 0, bias=False),
            nn.BatchNorm2d(ngf * 4),
            nn.ReLU(True),
            nn.ConvTranspose2d(ngf * 4, ngf * 2, 4, 2, 1, bias=False),
            nn.BatchNorm2d(ngf * 2),
            nn.ReLU(True),
            nn.ConvTranspose2d(ngf * 2, 3, 4, 2, 1, bias=False),
            nn.Tanh(),
        )

    def forward(self, z):
        return self.main(z)


def dcgan_generator():
    """A Sequential with `add` and padding 'same'; PyTorch's side has DCGAN's own initialisation."""
    model = keras.Sequential(name="generator")
    model.add(keras.Input((1, 1, 20)))
    model.add(layers.Conv2DTranspose(24, (4, 3), use_bias=False))
    model.add(layers.BatchNormalization(momentum=0.9, epsilon=1e-5))
    model.add(layers.ReLU())
    model.add(layers.Conv2DTranspose(12, 4, strides=2, padding="same", use_bias=False))
    model.add(layers.BatchNormalization(momentum=0.9, epsilon=1e-5))
    model.add(layers.ReLU())
    model.add(layers.Conv2DTranspose(3, 4, strides=2, padding="same", use_bias=False, activation="tanh"))
    g = Generator()
    for mod in g.modules():  # DCGAN's own init
        if isinstance(mod, nn.ConvTranspose2d):
            nn.init.normal_(mod.weight, 0.0, 0.02)
        elif isinstance(mod, nn.BatchNorm2d):
            nn.init.normal_(mod.weight, 1.0, 0.02)
    return {
        "torch_model": g,
        "keras_model": model,
        "inputs": normal(5, 20, 1, 1, seed=24),
    }


class PatchGAN(nn.Module):
    def __init__(self, cin=6, ndf=8):
        super().__init__()
        seq = [nn.Conv2d(cin, ndf, 4, 2, 1), nn.LeakyReLU(0.2, True)]
        seq += [nn.Conv2d(ndf, ndf * 2, 4, 2, 1), nn.InstanceNorm2d(ndf * 2), nn.LeakyReLU(0.2, True)]
        seq += [nn.Conv2d(ndf * 2, ndf * 3, 4, 1, 1), nn.InstanceNorm2d(ndf * 3), nn.LeakyReLU(0.2, True)]
        seq += [nn.Conv2d(ndf * 3, 1, 4, 1, 1)]
        self.model = nn.Sequential(*seq)

    def forward(self, a, b):
        return self.model(torch.cat([a, b], dim=1))


def patchgan_instancenorm():
    """Functional with two named inputs; the instance norm is a GroupNormalization without scale and centre."""

    def down(x, f, s, norm=True):
        x = layers.ZeroPadding2D(1)(x)
        x = layers.Conv2D(f, 4, strides=s)(x)
        if norm:
            x = layers.GroupNormalization(groups=-1, epsilon=1e-5, center=False, scale=False)(x)
        return layers.LeakyReLU(negative_slope=0.2)(x)

    a, b = keras.Input((32, 40, 3), name="source"), keras.Input((32, 40, 3), name="target")
    x = layers.Concatenate()([a, b])
    x = down(x, 8, 2, norm=False)
    x = down(x, 16, 2)
    x = down(x, 24, 1)
    out = layers.Conv2D(1, 4)(layers.ZeroPadding2D(1)(x))
    return {
        "torch_model": PatchGAN(),
        "keras_model": keras.Model([a, b], out),
        "inputs": (normal(2, 3, 32, 40, seed=25), normal(2, 3, 32, 40, seed=26)),
        "loss": (nn.MSELoss(), keras.losses.MeanSquaredError()),
        "targets": np.ones((2, 1, 6, 8), "float32"),
        "optimizer": (lambda parameters: torch.optim.SGD(parameters, lr=0.02, momentum=0.9), lambda: keras.optimizers.SGD(0.02, 0.9)),
    }


class ModConv(nn.Module):
    def __init__(self, cin, cout, k, style, demodulate=True):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(1, cout, cin, k, k))
        self.scale = 1 / math.sqrt(cin * k * k)
        self.modulation = nn.Linear(style, cin)
        nn.init.ones_(self.modulation.bias)
        self.demodulate, self.pad = demodulate, k // 2

    def forward(self, x, s):
        b, c, h, w = x.shape
        s = self.modulation(s).view(b, 1, c, 1, 1)
        weight = self.scale * self.weight * s
        if self.demodulate:
            weight = weight * torch.rsqrt(weight.pow(2).sum([2, 3, 4], keepdim=True) + 1e-8)
        weight = weight.view(-1, c, *weight.shape[-2:])
        out = F.conv2d(x.reshape(1, b * c, h, w), weight, padding=self.pad, groups=b)
        return out.view(b, -1, h, w)


class StyledConv(nn.Module):
    def __init__(self, cin, cout, style, h, w):
        super().__init__()
        self.conv = ModConv(cin, cout, 3, style)
        self.noise_weight = nn.Parameter(torch.zeros(1))
        self.register_buffer("noise", torch.randn(1, 1, h, w))
        self.bias = nn.Parameter(torch.zeros(1, cout, 1, 1))

    def forward(self, x, s):
        x = self.conv(x, s) + self.noise_weight * self.noise + self.bias
        return F.leaky_relu(x, 0.2) * math.sqrt(2)


class StyleGANMini(nn.Module):
    def __init__(self, zdim=12):
        super().__init__()
        self.mapping = nn.Sequential(nn.Linear(zdim, 14), nn.LeakyReLU(0.2), nn.Linear(14, 14), nn.LeakyReLU(0.2))
        self.const = nn.Parameter(torch.randn(1, 9, 4, 6))
        self.conv1 = StyledConv(9, 8, 14, 4, 6)
        self.conv2 = StyledConv(8, 7, 14, 8, 12)
        self.to_rgb = ModConv(7, 3, 1, 14, demodulate=False)

    def forward(self, z):
        z = z * torch.rsqrt(z.pow(2).mean(1, keepdim=True) + 1e-8)
        w = self.mapping(z)
        x = self.conv1(self.const.repeat(z.size(0), 1, 1, 1), w)
        x = F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)
        return self.to_rgb(self.conv2(x, w), w)


class KerasModConv(keras.layers.Layer):
    """Scales the input instead of the kernel and demodulates the output."""

    def __init__(self, filters, k, demod=True, **kwargs):
        super().__init__(**kwargs)
        self.filters, self.k, self.demod = filters, k, demod

    def build(self, shapes):
        cin = shapes[0][-1]
        self.gain = (cin * self.k * self.k) ** -0.5
        self.affine = layers.Dense(cin, bias_initializer="ones")
        self.affine.build(shapes[1])
        self.kernel = self.add_weight(shape=(self.k, self.k, cin, self.filters), initializer=keras.initializers.RandomNormal(stddev=1.0), name="kernel")

    def call(self, inputs):
        x, w = inputs
        s = self.affine(w)
        k = self.kernel * self.gain
        y = ops.conv(x * s[:, None, None, :], k, padding="same")
        if self.demod:
            d = ops.einsum("hwio,bi->bo", ops.square(k), ops.square(s))
            y = y * ops.rsqrt(d + 1e-8)[:, None, None, :]
        return y


class KerasStyledConv(keras.layers.Layer):
    def __init__(self, filters, **kwargs):
        super().__init__(**kwargs)
        self.filters = filters
        self.mod = KerasModConv(filters, 3)

    def build(self, shapes):
        _, h, w, _ = shapes[0]
        self.b = self.add_weight(shape=(self.filters,), initializer="zeros", name="b")
        self.strength = self.add_weight(shape=(), initializer="zeros", name="noise_strength")
        self.noise = self.add_weight(shape=(h, w, 1), initializer="random_normal", trainable=False, name="noise_const")
        self.mod.build(shapes)

    def call(self, inputs):
        y = self.mod(inputs) + self.strength * self.noise + self.b
        return keras.activations.leaky_relu(y, negative_slope=0.2) * np.sqrt(2.0).item()


class KerasStyleGAN(keras.Model):
    def __init__(self):
        super().__init__()
        self.fcs = [layers.Dense(14), layers.Dense(14)]
        self.rgb = KerasModConv(3, 1, demod=False)
        self.block_a, self.block_b = KerasStyledConv(8), KerasStyledConv(7)
        self.up = layers.UpSampling2D(2, interpolation="bilinear")

    def build(self, shape):
        self.const = self.add_weight(shape=(1, 4, 6, 9), initializer="random_normal", name="const")
        d = shape[-1]
        for fc in self.fcs:
            fc.build((None, d))
            d = fc.units
        self.block_a.build([(None, 4, 6, 9), (None, d)])
        self.block_b.build([(None, 8, 12, 8), (None, d)])
        self.rgb.build([(None, 8, 12, 7), (None, d)])
        self.built = True

    def call(self, z):
        w = z * ops.rsqrt(ops.mean(ops.square(z), axis=1, keepdims=True) + 1e-8)
        for fc in self.fcs:
            w = keras.activations.leaky_relu(fc(w), negative_slope=0.2)
        x = ops.tile(self.const, (ops.shape(z)[0], 1, 1, 1))
        x = self.up(self.block_a([x, w]))
        return self.rgb([self.block_b([x, w]), w])


def stylegan_modconv():
    """Subclassed; the modulated convolution scales its input and demodulates its output in place of a kernel for each example."""
    model = KerasStyleGAN()
    model.build((None, 12))
    return {
        "torch_model": StyleGANMini(),
        "keras_model": model,
        "inputs": normal(3, 12, seed=27),
    }


class ESPCN(nn.Module):
    def __init__(self, r=3):
        super().__init__()
        self.first_part = nn.Sequential(nn.Conv2d(1, 12, 5, padding=2), nn.Tanh(), nn.Conv2d(12, 8, 3, padding=1), nn.Tanh())
        self.last_part = nn.Sequential(nn.Conv2d(8, r * r, 3, padding=1), nn.PixelShuffle(r))

    def forward(self, x):
        return self.last_part(self.first_part(x))


def espcn():
    """A Sequential whose pixel shuffle is a Lambda of `tf.nn.depth_to_space`, down to one channel."""
    model = keras.Sequential(
        [
            keras.Input((12, 10, 1)),
            layers.Conv2D(12, 5, padding="same", activation="tanh"),
            layers.Conv2D(8, 3, padding="same", activation="tanh"),
            layers.Conv2D(9, 3, padding="same"),
            layers.Lambda(lambda t: tf.nn.depth_to_space(t, 3), output_shape=(36, 30, 1)),
        ]
    )
    return {
        "torch_model": ESPCN(),
        "keras_model": model,
        "inputs": normal(2, 1, 12, 10, seed=21),
        "loss": (nn.MSELoss(), keras.losses.MeanSquaredError()),
        "targets": normal(2, 1, 36, 30, seed=22),
        "optimizer": (lambda parameters: torch.optim.SGD(parameters, lr=0.1, momentum=0.9), lambda: keras.optimizers.SGD(0.1, 0.9)),
    }


PAIRS = (dcgan_generator, patchgan_instancenorm, stylegan_modconv, espcn)
