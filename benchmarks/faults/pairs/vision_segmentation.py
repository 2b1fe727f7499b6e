"""Encoders and decoders that label every pixel: two U-Nets and DeepLab."""

import keras
import numpy as np
import tensorflow as tf
import torch
from keras import layers, ops
from torch import nn
from torch.nn import functional as F

from benchmarks.faults.building import normal, tokens


class DoubleConv(nn.Module):
    def __init__(self, cin, cout):
        super().__init__()
        self.double_conv = nn.Sequential(nn.Conv2d(cin, cout, 3, padding=1), nn.ReLU(inplace=True), nn.Conv2d(cout, cout, 3, padding=1), nn.ReLU(inplace=True))

    def forward(self, x):
        return self.double_conv(x)


class UNet(nn.Module):
    def __init__(self, widths=(6, 10, 14)):
        super().__init__()
        self.downs, self.ups = nn.ModuleList(), nn.ModuleList()
        cin = 3
        for w in widths[:-1]:
            self.downs.append(DoubleConv(cin, w))
            cin = w
        self.bottleneck = DoubleConv(cin, widths[-1])
        for w in reversed(widths[:-1]):
            up_in = widths[widths.index(w) + 1]
            self.ups.append(nn.ConvTranspose2d(up_in, w, 2, 2))
            self.ups.append(DoubleConv(2 * w, w))
        self.pool = nn.MaxPool2d(2, 2)
        self.final_conv = nn.Conv2d(widths[0], 1, 1)

    def forward(self, x):
        skips = []
        for d in self.downs:
            x = d(x)
            skips.append(x)
            x = self.pool(x)
        x = self.bottleneck(x)
        for i in range(0, len(self.ups), 2):
            x = self.ups[i](x)
            x = self.ups[i + 1](torch.cat((skips[-1 - i // 2], x), dim=1))
        return self.final_conv(x)


def unet_transpose():
    """Lists of modules become a functional model with named intermediate tensors."""

    def conv_block(x, f):
        for _ in range(2):
            x = layers.Conv2D(f, 3, padding="same", activation="relu")(x)
        return x

    inputs = keras.Input((24, 16, 3))
    c1 = conv_block(inputs, 6)
    c2 = conv_block(layers.MaxPooling2D()(c1), 10)
    x = conv_block(layers.MaxPooling2D()(c2), 14)
    x = layers.Conv2DTranspose(10, 2, strides=2, padding="same")(x)
    x = conv_block(layers.concatenate([c2, x]), 10)
    x = layers.Conv2DTranspose(6, 2, strides=2, padding="same")(x)
    x = conv_block(layers.concatenate([c1, x]), 6)
    out = layers.Conv2D(1, 1)(x)
    return {
        "torch_model": UNet(),
        "keras_model": keras.Model(inputs, out),
        "inputs": normal(2, 3, 24, 16, seed=14),
        "loss": (nn.BCEWithLogitsLoss(), keras.losses.BinaryCrossentropy(from_logits=True)),
        "targets": tokens(2, 1, 24, 16, below=2, seed=15).astype("float32"),
        "optimizer": (lambda parameters: torch.optim.SGD(parameters, lr=0.05, momentum=0.9), lambda: keras.optimizers.SGD(0.05, momentum=0.9)),
    }


class AttentionGate(nn.Module):
    def __init__(self, gate, skip, inner):
        super().__init__()
        self.W_g = nn.Sequential(nn.Conv2d(gate, inner, 1), nn.BatchNorm2d(inner))
        self.W_x = nn.Sequential(nn.Conv2d(skip, inner, 1), nn.BatchNorm2d(inner))
        self.psi = nn.Sequential(nn.Conv2d(inner, 1, 1), nn.BatchNorm2d(1), nn.Sigmoid())
        self.relu = nn.ReLU(inplace=True)

    def forward(self, g, x):
        return x * self.psi(self.relu(self.W_g(g) + self.W_x(x)))


def conv_norm_relu(cin, cout):
    return nn.Sequential(nn.Conv2d(cin, cout, 3, padding=1), nn.BatchNorm2d(cout), nn.ReLU(inplace=True))


class AttentionUNet(nn.Module):
    def __init__(self, classes=4):
        super().__init__()
        self.c1, self.c2, self.c3 = conv_norm_relu(3, 6), conv_norm_relu(6, 10), conv_norm_relu(10, 16)
        self.up = nn.Upsample(scale_factor=2, mode="bilinear", align_corners=False)
        self.up3, self.up2 = conv_norm_relu(16, 10), conv_norm_relu(10, 6)
        self.att3, self.att2 = AttentionGate(10, 10, 5), AttentionGate(6, 6, 3)
        self.dec3, self.dec2 = conv_norm_relu(20, 10), conv_norm_relu(12, 6)
        self.out = nn.Conv2d(6, classes, 1)

    def forward(self, x):
        x1 = self.c1(x)
        x2 = self.c2(F.max_pool2d(x1, 2))
        x3 = self.c3(F.max_pool2d(x2, 2))
        d3 = self.up3(self.up(x3))
        d3 = self.dec3(torch.cat((self.att3(d3, x2), d3), 1))
        d2 = self.up2(self.up(d3))
        d2 = self.dec2(torch.cat((self.att2(d2, x1), d2), 1))
        return self.out(d2).softmax(dim=1)


class KerasAttentionGate(keras.layers.Layer):
    def __init__(self, f_int, **kwargs):
        super().__init__(**kwargs)

        def conv_norm(filters):
            return keras.Sequential([layers.Conv2D(filters, 1), layers.BatchNormalization(epsilon=1e-5, momentum=0.9)])

        self.theta, self.phi, self.psi = conv_norm(f_int), conv_norm(f_int), conv_norm(1)

    def call(self, inputs, training=None):
        skip, gate = inputs
        a = keras.activations.relu(self.theta(skip, training=training) + self.phi(gate, training=training))
        return skip * keras.activations.sigmoid(self.psi(a, training=training))


def attention_unet():
    """Functional around a subclassed gate; UpSampling2D stands for the bilinear Upsample, the softmax is inside the last convolution."""

    def block(x, f, name):
        x = layers.Conv2D(f, 3, padding="same", name=name)(x)
        x = layers.BatchNormalization(epsilon=1e-5, momentum=0.9, name=name + "_bn")(x)
        return layers.ReLU()(x)

    inputs = keras.Input((24, 32, 3))
    e1 = block(inputs, 6, "enc1")
    e2 = block(layers.MaxPool2D()(e1), 10, "enc2")
    e3 = block(layers.MaxPool2D()(e2), 16, "enc3")
    d2 = block(layers.UpSampling2D(interpolation="bilinear")(e3), 10, "up2")
    d2 = block(layers.Concatenate()([KerasAttentionGate(5, name="gate2")([e2, d2]), d2]), 10, "dec2")
    d1 = block(layers.UpSampling2D(interpolation="bilinear")(d2), 6, "up1")
    d1 = block(layers.Concatenate()([KerasAttentionGate(3, name="gate1")([e1, d1]), d1]), 6, "dec1")
    out = layers.Conv2D(4, 1, activation="softmax", name="probs")(d1)
    return {
        "torch_model": AttentionUNet().eval(),
        "keras_model": keras.Model(inputs, out),
        "inputs": normal(2, 3, 24, 32, seed=16),
    }


class ASPPConv(nn.Sequential):
    def __init__(self, cin, cout, d):
        super().__init__(nn.Conv2d(cin, cout, 3, padding=d, dilation=d, bias=False), nn.BatchNorm2d(cout), nn.ReLU())


class ASPPPooling(nn.Sequential):
    def __init__(self, cin, cout):
        super().__init__(nn.AdaptiveAvgPool2d(1), nn.Conv2d(cin, cout, 1, bias=False), nn.BatchNorm2d(cout), nn.ReLU())

    def forward(self, x):
        size = x.shape[-2:]
        for mod in self:
            x = mod(x)
        return F.interpolate(x, size=size, mode="bilinear", align_corners=False)


class DeepLab(nn.Module):
    def __init__(self, rates=(1, 2, 4), classes=5):
        super().__init__()
        self.backbone = nn.Sequential(
            nn.Conv2d(3, 8, 3, 2, 1, bias=False), nn.BatchNorm2d(8), nn.ReLU(), nn.Conv2d(8, 12, 3, 2, 1, bias=False), nn.BatchNorm2d(12), nn.ReLU()
        )
        mods = [nn.Sequential(nn.Conv2d(12, 7, 1, bias=False), nn.BatchNorm2d(7), nn.ReLU())]
        mods += [ASPPConv(12, 7, r) for r in rates] + [ASPPPooling(12, 7)]
        self.convs = nn.ModuleList(mods)
        self.project = nn.Sequential(nn.Conv2d(35, 9, 1, bias=False), nn.BatchNorm2d(9), nn.ReLU(), nn.Dropout(0.5))
        self.classifier = nn.Conv2d(9, classes, 1)

    def forward(self, x):
        h = self.backbone(x)
        h = self.project(torch.cat([c(h) for c in self.convs], dim=1))
        out = F.interpolate(self.classifier(h), size=x.shape[-2:], mode="bilinear", align_corners=False)
        return {"out": out}


class KerasDeepLab(keras.Model):
    def __init__(self, rates=(1, 2, 4), classes=5):
        super().__init__()

        def cbn(f, k, d=1, s=1, pad="same"):
            return keras.Sequential(
                [
                    layers.Conv2D(f, k, strides=s, padding=pad, dilation_rate=d, use_bias=False),
                    layers.BatchNormalization(epsilon=1e-5, momentum=0.9),
                    layers.ReLU(),
                ]
            )

        self.pool_branch = cbn(7, 1)
        self.atrous = [cbn(7, 3, d=r) for r in rates]
        self.one = cbn(7, 1)
        self.down = [cbn(8, 3, s=2, pad="valid"), cbn(12, 3, s=2, pad="valid")]
        self.fuse = cbn(9, 1)
        self.dropout = layers.Dropout(0.5)
        self.cls = layers.Conv2D(classes, 1)

    def call(self, x, training=None):
        size = x.shape[1:3]
        for d in self.down:
            x = d(tf.pad(x, [[0, 0], [1, 1], [1, 1], [0, 0]]), training=training)
        pooled = tf.reduce_mean(x, axis=[1, 2], keepdims=True)
        pooled = self.pool_branch(pooled, training=training)
        pooled = tf.broadcast_to(pooled, [tf.shape(x)[0], x.shape[1], x.shape[2], pooled.shape[-1]])
        branches = [self.one(x, training=training)]
        branches += [a(x, training=training) for a in self.atrous]
        x = tf.concat([*branches, pooled], axis=-1)
        x = self.cls(self.dropout(self.fuse(x, training=training), training=training))
        return {"out": ops.image.resize(x, size, interpolation="bilinear")}


def deeplab_aspp():
    """Subclassed with nested Sequentials, the image pooling branch made first; the resizing is `ops.image.resize`."""
    model = KerasDeepLab()
    model(np.zeros((1, 36, 52, 3), "float32"))
    return {
        "torch_model": DeepLab().eval(),
        "keras_model": model,
        "inputs": normal(2, 3, 36, 52, seed=20),
    }


PAIRS = (unet_transpose, attention_unet, deeplab_aspp)
