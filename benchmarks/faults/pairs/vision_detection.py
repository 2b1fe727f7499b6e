"""Pyramids and heads of detectors, and keypoints."""

from collections import OrderedDict
from itertools import pairwise

import keras
import numpy as np
import tensorflow as tf
import torch
from keras import layers, ops
from torch import nn
from torch.nn import functional as F

from benchmarks.faults.building import normal, uniform


class FPN(nn.Module):
    def __init__(self, chans=(8, 12, 16), out=10):
        super().__init__()
        cs = (3, *chans)
        self.body = nn.ModuleList([nn.Conv2d(a, b, 3, 2, 1) for a, b in pairwise(cs)])
        self.inner_blocks = nn.ModuleList([nn.Conv2d(c, out, 1) for c in chans])
        self.layer_blocks = nn.ModuleList([nn.Conv2d(out, out, 3, padding=1) for _ in chans])

    def forward(self, x):
        feats = []
        for c in self.body:
            x = F.relu(c(x))
            feats.append(x)
        last = self.inner_blocks[-1](feats[-1])
        results = [self.layer_blocks[-1](last)]
        for i in range(len(feats) - 2, -1, -1):
            lat = self.inner_blocks[i](feats[i])
            last = lat + F.interpolate(last, size=lat.shape[-2:], mode="nearest")
            results.insert(0, self.layer_blocks[i](last))
        return OrderedDict((f"p{i + 3}", r) for i, r in enumerate(results))


def fpn_dict():
    """Functional with a dict of outputs; nearest interpolation to a size becomes UpSampling2D."""
    inputs = keras.Input((40, 56, 3))
    c = inputs
    cs = []
    for i, f in enumerate((8, 12, 16)):
        c = layers.ZeroPadding2D(1)(c)
        c = layers.Conv2D(f, 3, strides=2, activation="relu", name=f"c{i + 3}")(c)
        cs.append(c)
    c3, c4, c5 = cs
    m5 = layers.Conv2D(10, 1, name="lat5")(c5)
    m4 = layers.Add()([layers.UpSampling2D(2)(m5), layers.Conv2D(10, 1, name="lat4")(c4)])
    m3 = layers.Add()([layers.UpSampling2D(2)(m4), layers.Conv2D(10, 1, name="lat3")(c3)])
    outs = {f"p{i}": layers.Conv2D(10, 3, padding="same", name=f"smooth{i}")(m) for i, m in ((3, m3), (4, m4), (5, m5))}
    return {
        "torch_model": FPN(),
        "keras_model": keras.Model(inputs, outs, name="fpn"),
        "inputs": normal(2, 3, 40, 56, seed=17),
    }


class SSDMini(nn.Module):
    def __init__(self, classes=5, boxes=(3, 4)):
        super().__init__()
        self.classes = classes
        self.base = nn.Sequential(nn.Conv2d(3, 8, 3, 2, 1), nn.ReLU(), nn.Conv2d(8, 12, 3, 2, 1), nn.ReLU())
        self.extra = nn.Sequential(nn.Conv2d(12, 6, 1), nn.ReLU(), nn.Conv2d(6, 14, 3, 2, 1), nn.ReLU())
        self.loc = nn.ModuleList([nn.Conv2d(c, b * 4, 3, padding=1) for c, b in zip((12, 14), boxes, strict=True)])
        self.conf = nn.ModuleList([nn.Conv2d(c, b * classes, 3, padding=1) for c, b in zip((12, 14), boxes, strict=True)])
        self.l2_scale = nn.Parameter(torch.full((12,), 20.0))

    def forward(self, x):
        f1 = self.base(x)
        f2 = self.extra(f1)
        f1 = F.normalize(f1, p=2, dim=1) * self.l2_scale.view(1, -1, 1, 1)
        loc, conf = [], []
        for f, to_loc, to_conf in zip((f1, f2), self.loc, self.conf, strict=True):
            loc.append(to_loc(f).permute(0, 2, 3, 1).contiguous().view(f.size(0), -1, 4))
            conf.append(to_conf(f).permute(0, 2, 3, 1).contiguous().view(f.size(0), -1, self.classes))
        return torch.cat(loc, 1), torch.cat(conf, 1)


class L2Norm(keras.layers.Layer):
    def build(self, shape):
        self.gamma = self.add_weight(shape=(shape[-1],), initializer=keras.initializers.Constant(20.0), name="gamma")

    def call(self, x):
        n = tf.sqrt(tf.reduce_sum(tf.square(x), axis=-1, keepdims=True))
        return x / tf.maximum(n, 1e-12) * self.gamma


class KerasSSD(keras.Model):
    def __init__(self, classes=5, boxes=(3, 4)):
        super().__init__()
        self.n_cls = classes
        self.pad = layers.ZeroPadding2D(1)
        self.convs = {
            "c1": layers.Conv2D(8, 3, 2, activation="relu"),
            "c2": layers.Conv2D(12, 3, 2, activation="relu"),
            "squeeze": layers.Conv2D(6, 1, activation="relu"),
            "c3": layers.Conv2D(14, 3, 2, activation="relu"),
        }
        self.norm = L2Norm()
        self.heads = []
        for b in boxes:  # class head first, box head second
            self.heads.append((layers.Conv2D(b * classes, 3, padding="same"), layers.Conv2D(b * 4, 3, padding="same")))

    def call(self, x):
        x = self.convs["c1"](self.pad(x))
        f1 = self.convs["c2"](self.pad(x))
        f2 = self.convs["c3"](self.pad(self.convs["squeeze"](f1)))
        cls, box = [], []
        for f, (class_head, box_head) in zip([self.norm(f1), f2], self.heads, strict=True):
            cls.append(ops.reshape(class_head(f), (ops.shape(f)[0], -1, self.n_cls)))
            box.append(ops.reshape(box_head(f), (ops.shape(f)[0], -1, 4)))
        return ops.concatenate(box, axis=1), ops.concatenate(cls, axis=1)


def ssd_heads():
    """Subclassed with its convolutions in a dict, the class heads before the box heads and a norm layer of its own."""
    model = KerasSSD()
    model(ops.zeros((1, 24, 40, 3)))
    return {
        "torch_model": SSDMini(),
        "keras_model": model,
        "inputs": normal(2, 3, 24, 40, seed=18),
    }


class YoloTiny(nn.Module):
    def __init__(self, classes=4, anchors=((10, 14), (23, 27), (37, 58)), stride=8):
        super().__init__()
        self.na, self.no, self.stride = len(anchors), 5 + classes, stride
        chans = [3, 6, 10, 16]
        self.backbone = nn.Sequential(*[m for a, b in pairwise(chans) for m in (nn.Conv2d(a, b, 3, 2, 1, bias=False), nn.BatchNorm2d(b), nn.LeakyReLU(0.1))])
        self.detect = nn.Conv2d(16, self.na * self.no, 1)
        self.register_buffer("anchors", torch.tensor(anchors, dtype=torch.float32))

    def forward(self, x):
        p = self.detect(self.backbone(x))
        n, _, h, w = p.shape
        p = p.view(n, self.na, self.no, h, w).permute(0, 1, 3, 4, 2)
        gy, gx = torch.meshgrid(torch.arange(h, device=p.device), torch.arange(w, device=p.device), indexing="ij")
        grid = torch.stack((gx, gy), -1).to(p.dtype)
        xy = (p[..., :2].sigmoid() + grid) * self.stride
        wh = p[..., 2:4].exp() * self.anchors.view(1, -1, 1, 1, 2)
        return torch.cat((xy, wh, p[..., 4:].sigmoid()), -1).reshape(n, -1, self.no)


class KerasYolo(keras.Model):
    ANCHORS = ((10, 14), (23, 27), (37, 58))

    def __init__(self, num_classes=4, **kwargs):
        super().__init__(**kwargs)
        self.nc = num_classes
        self.stages = []
        for f in (6, 10, 16):
            self.stages.append(
                keras.Sequential(
                    [
                        layers.ZeroPadding2D(),
                        layers.Conv2D(f, 3, strides=2, use_bias=False),
                        layers.BatchNormalization(epsilon=1e-5, momentum=0.9),
                        layers.LeakyReLU(negative_slope=0.1),
                    ]
                )
            )
        self.detect = layers.Conv2D(3 * (5 + num_classes), 1)

    def call(self, x, training=None):
        for s in self.stages:
            x = s(x, training=training)
        y = self.detect(x)
        b, h, w = tf.shape(y)[0], y.shape[1], y.shape[2]
        y = tf.reshape(y, [b, h, w, 3, 5 + self.nc])
        y = tf.transpose(y, [0, 3, 1, 2, 4])
        t_xy, t_wh, rest = tf.split(y, [2, 2, 1 + self.nc], axis=-1)
        gx, gy = tf.meshgrid(tf.range(w), tf.range(h))
        grid = tf.cast(tf.stack([gx, gy], axis=-1), y.dtype)
        anchors = tf.reshape(tf.constant(self.ANCHORS, y.dtype), [1, 3, 1, 1, 2])
        y = tf.concat([(tf.sigmoid(t_xy) + grid) * 8, tf.exp(t_wh) * anchors, tf.sigmoid(rest)], axis=-1)
        return tf.reshape(y, [b, 3 * h * w, 5 + self.nc])


def yolo_head():
    """Subclassed; the boxes are decoded channels last in TensorFlow operations, the anchors are a constant."""
    model = KerasYolo()
    model.build((None, 32, 48, 3))
    return {
        "torch_model": YoloTiny().eval(),
        "keras_model": model,
        "inputs": normal(2, 3, 32, 48, seed=19),
    }


class BiSepConv(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.depthwise_conv = nn.Conv2d(c, c, 3, padding=1, groups=c, bias=False)
        self.pointwise_conv = nn.Conv2d(c, c, 1)
        self.bn = nn.BatchNorm2d(c, momentum=0.01, eps=1e-3)

    def forward(self, x):
        return self.bn(self.pointwise_conv(self.depthwise_conv(x)))


class BiFPN(nn.Module):
    def __init__(self, c=9, epsilon=1e-4):
        super().__init__()
        self.epsilon = epsilon
        self.conv4_up, self.conv3_up = BiSepConv(c), BiSepConv(c)
        self.conv4_down, self.conv5_down = BiSepConv(c), BiSepConv(c)
        self.p4_w1 = nn.Parameter(torch.ones(2))
        self.p3_w1 = nn.Parameter(torch.ones(2))
        self.p4_w2 = nn.Parameter(torch.ones(3))
        self.p5_w2 = nn.Parameter(torch.ones(2))
        self.swish = nn.SiLU()

    def _positive(self, w):
        w = F.relu(w)
        return w / (torch.sum(w, dim=0) + self.epsilon)

    def forward(self, p3, p4, p5):
        def up(tensor):
            return F.interpolate(tensor, scale_factor=2, mode="nearest")

        w = self._positive(self.p4_w1)
        p4_up = self.conv4_up(self.swish(w[0] * p4 + w[1] * up(p5)))
        w = self._positive(self.p3_w1)
        p3_out = self.conv3_up(self.swish(w[0] * p3 + w[1] * up(p4_up)))
        w = self._positive(self.p4_w2)
        p4_out = self.conv4_down(self.swish(w[0] * p4 + w[1] * p4_up + w[2] * F.max_pool2d(p3_out, 2)))
        w = self._positive(self.p5_w2)
        p5_out = self.conv5_down(self.swish(w[0] * p5 + w[1] * F.max_pool2d(p4_out, 2)))
        return [p3_out, p4_out, p5_out]


class WeightedFusion(keras.layers.Layer):
    def __init__(self, eps=1e-4, **kwargs):
        super().__init__(**kwargs)
        self.eps = eps

    def build(self, shapes):
        self.w = self.add_weight(shape=(len(shapes),), initializer="ones", name="fusion_w")

    def call(self, inputs):
        w = ops.relu(self.w)
        s = ops.sum(ops.stack([w[i] * t for i, t in enumerate(inputs)], axis=0), axis=0)
        return keras.activations.silu(s / (ops.sum(w) + self.eps))


def bifpn():
    """Functional with lists of inputs and outputs; the weighted fusion is one layer, the convolutions are SeparableConv2D."""

    def sep(x, name):
        x = layers.SeparableConv2D(9, 3, padding="same", name=name)(x)
        return layers.BatchNormalization(name=name + "_bn")(x)  # eps 1e-3, momentum .99

    p3, p4, p5 = keras.Input((16, 24, 9)), keras.Input((8, 12, 9)), keras.Input((4, 6, 9))
    td4 = sep(WeightedFusion(name="fuse_td4")([p4, layers.UpSampling2D()(p5)]), "td4")
    o3 = sep(WeightedFusion(name="fuse_o3")([p3, layers.UpSampling2D()(td4)]), "o3")
    o4 = sep(WeightedFusion(name="fuse_o4")([p4, td4, layers.MaxPooling2D()(o3)]), "o4")
    o5 = sep(WeightedFusion(name="fuse_o5")([p5, layers.MaxPooling2D()(o4)]), "o5")
    return {
        "torch_model": BiFPN(),
        "keras_model": keras.Model([p3, p4, p5], [o3, o4, o5]),
        "inputs": [normal(2, 9, 16, 24, seed=55), normal(2, 9, 8, 12, seed=56), normal(2, 9, 4, 6, seed=57)],
    }


class AddCoords(nn.Module):
    def forward(self, x):
        n, _, h, w = x.shape
        yy = torch.linspace(-1, 1, h, dtype=x.dtype, device=x.device).view(1, 1, h, 1).expand(n, 1, h, w)
        xx = torch.linspace(-1, 1, w, dtype=x.dtype, device=x.device).view(1, 1, 1, w).expand(n, 1, h, w)
        return torch.cat([x, xx, yy], dim=1)


class KeypointNet(nn.Module):
    def __init__(self, k=5, h=12, w=16):
        super().__init__()
        self.coords = AddCoords()
        self.conv1 = nn.Conv2d(5, 8, 3, 2, 1)
        self.conv2 = nn.Conv2d(8, 10, 3, 2, 1)
        self.deconv = nn.ConvTranspose2d(10, 9, 4, 2, 1)
        self.heat = nn.Conv2d(9, k, 1)
        self.beta = nn.Parameter(torch.tensor(3.0))
        xs, ys = np.meshgrid(np.linspace(0, 1, w), np.linspace(0, 1, h))
        self.register_buffer("pos_x", torch.from_numpy(xs.reshape(-1)).float())
        self.register_buffer("pos_y", torch.from_numpy(ys.reshape(-1)).float())

    def forward(self, x):
        x = F.softplus(self.conv1(self.coords(x)))
        x = F.softplus(self.deconv(F.softplus(self.conv2(x))))
        p = F.softmax(self.beta * self.heat(x).flatten(2), dim=-1)
        return torch.stack([(p * self.pos_x).sum(-1), (p * self.pos_y).sum(-1)], dim=-1)


class KerasAddCoords(keras.layers.Layer):
    def call(self, x):
        h, w = x.shape[1], x.shape[2]
        xx, yy = np.meshgrid(np.linspace(-1, 1, w), np.linspace(-1, 1, h))
        c = tf.cast(np.stack([xx, yy], -1)[None], x.dtype)
        return tf.concat([x, tf.tile(c, [tf.shape(x)[0], 1, 1, 1])], -1)


@tf.function
def _expected_xy(p, h, w):
    gx = tf.cast(tf.range(w), p.dtype) / tf.cast(w - 1, p.dtype)
    gy = tf.cast(tf.range(h), p.dtype) / tf.cast(h - 1, p.dtype)
    ex = tf.einsum("bhwk,w->bk", p, gx)
    ey = tf.einsum("bhwk,h->bk", p, gy)
    return tf.stack([ex, ey], axis=-1)


class SoftArgmax2D(keras.layers.Layer):
    def build(self, shape):
        self.temperature = self.add_weight(shape=(), initializer=keras.initializers.Constant(3.0), name="temperature")

    def call(self, heat):
        _, h, w, k = heat.shape
        p = tf.nn.softmax(self.temperature * tf.reshape(heat, [-1, h * w, k]), axis=1)
        return _expected_xy(tf.reshape(p, [-1, h, w, k]), h, w)


def keypoint_softargmax():
    """Functional around layers of its own in TensorFlow operations; the grids are computed constants in place of buffers."""
    inputs = keras.Input((24, 32, 3))
    x = KerasAddCoords()(inputs)
    x = layers.Conv2D(8, 3, 2, activation="softplus")(layers.ZeroPadding2D(1)(x))
    x = layers.Conv2D(10, 3, 2, activation="softplus")(layers.ZeroPadding2D(1)(x))
    x = layers.Conv2DTranspose(9, 4, 2, padding="same", activation="softplus")(x)
    heat = layers.Conv2D(5, 1, name="heatmaps")(x)
    out = SoftArgmax2D(name="xy")(heat)
    return {
        "torch_model": KeypointNet(),
        "keras_model": keras.Model(inputs, out),
        "inputs": normal(4, 3, 24, 32, seed=58),
        "loss": (nn.L1Loss(), keras.losses.MeanAbsoluteError()),
        "targets": uniform(4, 5, 2, seed=59),
        "optimizer": (lambda parameters: torch.optim.SGD(parameters, lr=0.05, momentum=0.9), lambda: keras.optimizers.SGD(0.05, momentum=0.9)),
    }


PAIRS = (fpn_dict, ssd_heads, yolo_head, bifpn, keypoint_softargmax)
