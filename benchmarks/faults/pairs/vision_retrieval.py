"""Embeddings of images, to compare or look up: Siamese, ArcFace, NetVLAD, GeM."""

import math

import keras
import numpy as np
import tensorflow as tf
import torch
from keras import layers, ops
from torch import nn
from torch.nn import functional as F

from benchmarks.faults.building import normal, tokens


class Siamese(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = nn.Sequential(
            nn.Conv2d(1, 6, 5),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(6, 10, 3),
            nn.ReLU(),
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
            nn.Linear(10, 14),
            nn.Sigmoid(),
        )
        self.out = nn.Linear(14, 1)

    def forward(self, x1, x2):
        return self.out(torch.abs(self.encoder(x1) - self.encoder(x2)))


def siamese():
    """Functional; one nested Sequential is called for both inputs."""
    base = keras.Sequential(
        [
            keras.Input((20, 16, 1)),
            layers.Conv2D(6, 5, activation="relu"),
            layers.MaxPooling2D(),
            layers.Conv2D(10, 3, activation="relu"),
            layers.GlobalAveragePooling2D(),
            layers.Dense(14, activation="sigmoid"),
        ],
        name="tower",
    )
    a, b = keras.Input((20, 16, 1), name="left"), keras.Input((20, 16, 1), name="right")
    d = ops.abs(layers.Subtract()([base(a), base(b)]))
    out = layers.Dense(1)(d)
    return {
        "torch_model": Siamese(),
        "keras_model": keras.Model([a, b], out),
        "inputs": [normal(5, 1, 20, 16, seed=44), normal(5, 1, 20, 16, seed=45)],
        "loss": (nn.BCEWithLogitsLoss(), keras.losses.BinaryCrossentropy(from_logits=True)),
        "targets": np.array([[1], [0], [0], [1], [1]], "float32"),
        "optimizer": (lambda parameters: torch.optim.SGD(parameters, lr=0.1, momentum=0.9), lambda: keras.optimizers.SGD(0.1, momentum=0.9)),
    }


class ArcFaceNet(nn.Module):
    def __init__(self, classes=9, s=16.0, m=0.3):
        super().__init__()
        self.backbone = nn.Sequential(nn.Conv2d(3, 8, 3, 2), nn.PReLU(8), nn.Conv2d(8, 12, 3, 2), nn.PReLU(12))
        self.embed = nn.Linear(12, 10)
        self.weight = nn.Parameter(torch.empty(classes, 10))
        nn.init.xavier_uniform_(self.weight)
        self.s = s
        self.cos_m, self.sin_m = math.cos(m), math.sin(m)
        self.th, self.mm = math.cos(math.pi - m), math.sin(math.pi - m) * m

    def forward(self, img, label):
        e = self.embed(self.backbone(img).mean((2, 3)))
        cosine = F.linear(F.normalize(e), F.normalize(self.weight))
        sine = torch.sqrt((1.0 - cosine.pow(2)).clamp(0, 1))
        phi = cosine * self.cos_m - sine * self.sin_m
        phi = torch.where(cosine > self.th, phi, cosine - self.mm)
        one_hot = torch.zeros_like(cosine)
        one_hot.scatter_(1, label.view(-1, 1), 1)
        return self.s * (one_hot * phi + (1.0 - one_hot) * cosine)


class ArcMarginProduct(keras.layers.Layer):
    def __init__(self, n_classes, s=16.0, m=0.3, **kwargs):
        super().__init__(**kwargs)
        self.n_classes, self.s, self.m = n_classes, s, m

    def build(self, shapes):
        self.W = self.add_weight(shape=(shapes[0][-1], self.n_classes), initializer="glorot_uniform", name="W")

    def call(self, inputs):
        x, y = inputs
        x = tf.math.l2_normalize(x, axis=1)
        w = tf.math.l2_normalize(self.W, axis=0)
        cos = tf.matmul(x, w)
        sin = tf.sqrt(tf.clip_by_value(1.0 - tf.square(cos), 0.0, 1.0))
        with_margin = cos * math.cos(self.m) - sin * math.sin(self.m)
        with_margin = tf.where(cos > math.cos(math.pi - self.m), with_margin, cos - math.sin(math.pi - self.m) * self.m)
        hot = tf.one_hot(tf.cast(y, tf.int32), self.n_classes, on_value=True, off_value=False, dtype=tf.bool)
        return self.s * tf.where(hot, with_margin, cos)


def arcface():
    """Functional with the label as an input; the margin is a layer over TensorFlow operations and a boolean one-hot."""
    img, lab = keras.Input((21, 17, 3)), keras.Input((), dtype="int32")
    x = layers.Conv2D(8, 3, 2)(img)
    x = layers.PReLU(shared_axes=[1, 2], alpha_initializer=keras.initializers.Constant(0.25))(x)
    x = layers.Conv2D(12, 3, 2)(x)
    x = layers.PReLU(shared_axes=[1, 2], alpha_initializer=keras.initializers.Constant(0.25))(x)
    x = layers.Dense(10)(layers.GlobalAveragePooling2D()(x))
    out = ArcMarginProduct(9)([x, lab])
    y = tokens(5, below=9, seed=50)
    return {
        "torch_model": ArcFaceNet(),
        "keras_model": keras.Model([img, lab], out),
        "inputs": (normal(5, 3, 21, 17, seed=51), y),
        "loss": (nn.CrossEntropyLoss(), keras.losses.SparseCategoricalCrossentropy(from_logits=True)),
        "targets": y,
        "optimizer": (lambda parameters: torch.optim.SGD(parameters, lr=0.01, momentum=0.9), lambda: keras.optimizers.SGD(0.01, momentum=0.9)),
    }


class NetVLAD(nn.Module):
    def __init__(self, k=6, dim=10):
        super().__init__()
        self.k = k
        self.conv = nn.Conv2d(dim, k, 1, bias=True)
        self.centroids = nn.Parameter(torch.rand(k, dim))

    def forward(self, x):
        n, c = x.shape[:2]
        x = F.normalize(x, p=2, dim=1)
        a = F.softmax(self.conv(x).view(n, self.k, -1), dim=1)
        xf = x.view(n, c, -1)
        residual = xf.expand(self.k, -1, -1, -1).permute(1, 0, 2, 3) - self.centroids.expand(xf.size(-1), -1, -1).permute(1, 2, 0).unsqueeze(0)
        vlad = (residual * a.unsqueeze(2)).sum(dim=-1)
        vlad = F.normalize(vlad, p=2, dim=2)
        return F.normalize(vlad.view(n, -1), p=2, dim=1)


class EmbedNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.base_model = nn.Sequential(nn.Conv2d(3, 8, 3, 2), nn.ReLU(), nn.Conv2d(8, 10, 3))
        self.net_vlad = NetVLAD()

    def forward(self, x):
        return self.net_vlad(self.base_model(x))


class KerasVLAD(keras.layers.Layer):
    def __init__(self, clusters=6, **kwargs):
        super().__init__(**kwargs)
        self.clusters = clusters

    def build(self, shape):
        d = shape[-1]
        self.assign = layers.Dense(self.clusters, activation="softmax")
        self.assign.build((None, None, d))
        self.c = self.add_weight(shape=(1, self.clusters, d), initializer=keras.initializers.RandomUniform(0, 1), name="cluster_centers")

    def call(self, x):
        x = ops.reshape(x, (-1, x.shape[1] * x.shape[2], x.shape[3]))
        x = ops.normalize(x, axis=-1, epsilon=1e-12)
        a = self.assign(x)
        v = ops.matmul(ops.transpose(a, (0, 2, 1)), x) - ops.sum(a, axis=1)[..., None] * self.c
        v = ops.normalize(v, axis=-1, epsilon=1e-12)
        v = ops.reshape(v, (-1, v.shape[1] * v.shape[2]))
        return ops.normalize(v, axis=-1, epsilon=1e-12)


def netvlad():
    """A Sequential that ends in a layer of its own; the assignment is a Dense in place of a 1x1 convolution, the residuals are a matmul."""
    model = keras.Sequential([keras.Input((19, 23, 3)), layers.Conv2D(8, 3, 2, activation="relu"), layers.Conv2D(10, 3), KerasVLAD(6)])
    return {
        "torch_model": EmbedNet(),
        "keras_model": model,
        "inputs": normal(2, 3, 19, 23, seed=60),
    }


class BlurPool(nn.Module):
    def __init__(self, c):
        super().__init__()
        a = torch.tensor([1.0, 2.0, 1.0])
        f = a[:, None] * a[None, :]
        self.register_buffer("filt", (f / f.sum())[None, None].repeat(c, 1, 1, 1))
        self.pad = nn.ReflectionPad2d(1)
        self.c = c

    def forward(self, x):
        return F.conv2d(self.pad(x), self.filt, stride=2, groups=self.c)


class GeM(nn.Module):
    def __init__(self, p=3, eps=1e-6):
        super().__init__()
        self.p = nn.Parameter(torch.ones(1) * p)
        self.eps = eps

    def forward(self, x):
        return F.avg_pool2d(x.clamp(min=self.eps).pow(self.p), (x.size(-2), x.size(-1))).pow(1.0 / self.p)


class RetrievalNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(nn.Conv2d(3, 7, 3, padding=1), nn.ReLU(), BlurPool(7), nn.Conv2d(7, 11, 3, padding=1), nn.ReLU(), BlurPool(11))
        self.pool = GeM()
        self.whiten = nn.Linear(11, 6)

    def forward(self, x):
        o = self.pool(self.features(x)).squeeze(-1).squeeze(-1)
        return F.normalize(self.whiten(o), dim=-1)


class KerasBlurPool(keras.layers.Layer):
    def build(self, shape):
        k = np.outer([1, 2, 1], [1, 2, 1]) / 16.0
        self.k = np.tile(k[:, :, None, None], (1, 1, shape[-1], 1))

    def call(self, x):
        x = tf.pad(x, [[0, 0], [1, 1], [1, 1], [0, 0]], mode="REFLECT")
        return tf.nn.depthwise_conv2d(x, tf.cast(self.k, x.dtype), [1, 2, 2, 1], "VALID")


class KerasGeM(keras.layers.Layer):
    def build(self, shape):
        self.p = self.add_weight(shape=(1,), initializer=keras.initializers.Constant(3.0), name="p")

    def call(self, x):
        x = ops.power(ops.maximum(x, 1e-6), self.p)
        return ops.power(ops.mean(x, axis=(1, 2)), 1.0 / self.p)


def gem_blurpool():
    """A Sequential; the blur kernel is a plain constant in place of a buffer, the final normalisation a layer."""
    model = keras.Sequential(
        [
            keras.Input((22, 18, 3)),
            layers.Conv2D(7, 3, padding="same", activation="relu"),
            KerasBlurPool(),
            layers.Conv2D(11, 3, padding="same", activation="relu"),
            KerasBlurPool(),
            KerasGeM(),
            layers.Dense(6),
            layers.UnitNormalization(),
        ]
    )
    return {
        "torch_model": RetrievalNet(),
        "keras_model": model,
        "inputs": normal(4, 3, 22, 18, seed=61),
        "loss": (nn.MSELoss(), keras.losses.MeanSquaredError()),
        "targets": normal(4, 6, seed=62),
        "optimizer": (lambda parameters: torch.optim.SGD(parameters, lr=0.05, momentum=0.9), lambda: keras.optimizers.SGD(0.05, momentum=0.9)),
    }


PAIRS = (siamese, arcface, netvlad, gem_blurpool)
