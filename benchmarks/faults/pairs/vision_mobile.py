"""Image classifiers of depthwise convolutions: MobileNetV3, EfficientNet, ShuffleNet, GhostNet."""

import math

import keras
import torch
from keras import layers, ops
from torch import nn
from torch.nn import functional as F

from benchmarks.faults.building import normal


class SqueezeExcitation(nn.Module):
    def __init__(self, c, r):
        super().__init__()
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc1 = nn.Conv2d(c, r, 1)
        self.fc2 = nn.Conv2d(r, c, 1)
        self.activation = nn.ReLU()
        self.scale_activation = nn.Hardsigmoid()

    def forward(self, x):
        s = self.activation(self.fc1(self.avgpool(x)))
        return self.scale_activation(self.fc2(s)) * x


class ConvBNAct(nn.Sequential):
    def __init__(self, cin, cout, k, s=1, groups=1, act=nn.Hardswish):
        mods = [nn.Conv2d(cin, cout, k, s, (k - 1) // 2, groups=groups, bias=False), nn.BatchNorm2d(cout, eps=0.001, momentum=0.01)]
        if act is not None:
            mods.append(act())
        super().__init__(*mods)


class MobileNetV3Block(nn.Module):
    def __init__(self, cin, exp, cout, k, s, se, act):
        super().__init__()
        self.use_res = s == 1 and cin == cout
        mods = [ConvBNAct(cin, exp, 1, act=act), ConvBNAct(exp, exp, k, s, exp, act)]
        if se:
            mods.append(SqueezeExcitation(exp, se))
        mods.append(ConvBNAct(exp, cout, 1, act=None))
        self.block = nn.Sequential(*mods)

    def forward(self, x):
        y = self.block(x)
        return y + x if self.use_res else y


class MobileNetV3(nn.Module):
    def __init__(self, classes=11):
        super().__init__()
        self.features = nn.Sequential(
            ConvBNAct(3, 8, 3, 2), MobileNetV3Block(8, 16, 8, 3, 1, 4, nn.ReLU), MobileNetV3Block(8, 20, 10, 5, 2, 6, nn.Hardswish), ConvBNAct(10, 24, 1)
        )
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.classifier = nn.Sequential(nn.Linear(24, 18), nn.Hardswish(), nn.Dropout(0.2), nn.Linear(18, classes))

    def forward(self, x):
        return self.classifier(torch.flatten(self.avgpool(self.features(x)), 1))


class KerasBottleneck(keras.layers.Layer):
    def __init__(self, cin, exp, cout, k, s, se, act, **kwargs):
        super().__init__(**kwargs)
        self.residual = s == 1 and cin == cout
        self.act = keras.activations.get(act)
        self.expand = layers.Conv2D(exp, 1, use_bias=False)
        self.pad = layers.ZeroPadding2D(k // 2)
        self.dw = layers.DepthwiseConv2D(k, strides=s, use_bias=False)
        self.project = layers.Conv2D(cout, 1, use_bias=False)
        self.bns = [layers.BatchNormalization() for _ in range(3)]  # eps 1e-3, momentum .99
        self.se = [layers.Dense(se, activation="relu"), layers.Dense(exp, activation="hard_sigmoid")]

    def call(self, x, training=None):
        h = self.act(self.bns[0](self.expand(x), training=training))
        h = self.act(self.bns[1](self.dw(self.pad(h)), training=training))
        s = ops.mean(h, axis=(1, 2))
        for d in self.se:
            s = d(s)
        h = h * s[:, None, None, :]
        h = self.bns[2](self.project(h), training=training)
        return x + h if self.residual else h


class KerasMobileNetV3(keras.Model):
    def __init__(self, classes=11, **kwargs):
        super().__init__(**kwargs)
        self.stem = keras.Sequential(
            [layers.ZeroPadding2D(1), layers.Conv2D(8, 3, 2, use_bias=False), layers.BatchNormalization(), layers.Activation("hard_swish")]
        )
        self.b1 = KerasBottleneck(8, 16, 8, 3, 1, 4, "relu")
        self.b2 = KerasBottleneck(8, 20, 10, 5, 2, 6, "hard_swish")
        self.last = keras.Sequential([layers.Conv2D(24, 1, use_bias=False), layers.BatchNormalization(), layers.Activation("hard_swish")])
        self.gap = layers.GlobalAveragePooling2D()
        self.fc1 = layers.Dense(18, activation="hard_swish")
        self.drop = layers.Dropout(0.2)
        self.fc2 = layers.Dense(classes)

    def call(self, x, training=None):
        x = self.stem(x, training=training)
        x = self.b2(self.b1(x, training=training), training=training)
        x = self.gap(self.last(x, training=training))
        return self.fc2(self.drop(self.fc1(x), training=training))


def mobilenet_v3():
    """Subclassed; the blocks are flat layers, and squeeze and excitation is two Denses in place of 1x1 convolutions."""
    model = KerasMobileNetV3()
    model.build((None, 30, 22, 3))
    return {
        "torch_model": MobileNetV3(),
        "keras_model": model,
        "inputs": normal(2, 3, 30, 22, seed=9),
    }


class DropPath(nn.Module):
    def __init__(self, p):
        super().__init__()
        self.p = p

    def forward(self, x):
        if not self.training or self.p == 0:
            return x
        keep = 1 - self.p
        mask = torch.rand(x.shape[0], 1, 1, 1, dtype=x.dtype, device=x.device).add_(keep).floor_()
        return x / keep * mask


class MBConv(nn.Module):
    def __init__(self, cin, cout, k, s, ratio, pad, p=0.2):
        super().__init__()
        mid = cin * ratio
        self._expand_conv = nn.Conv2d(cin, mid, 1, bias=False)
        self._bn0 = nn.BatchNorm2d(mid, eps=1e-3, momentum=0.01)
        self._pad = nn.ZeroPad2d(pad)
        self._depthwise_conv = nn.Conv2d(mid, mid, k, s, groups=mid, bias=False)
        self._bn1 = nn.BatchNorm2d(mid, eps=1e-3, momentum=0.01)
        self._se_reduce = nn.Conv2d(mid, max(1, cin // 4), 1)
        self._se_expand = nn.Conv2d(max(1, cin // 4), mid, 1)
        self._project_conv = nn.Conv2d(mid, cout, 1, bias=False)
        self._bn2 = nn.BatchNorm2d(cout, eps=1e-3, momentum=0.01)
        self._swish = nn.SiLU()
        self.drop_path = DropPath(p)
        self.skip = s == 1 and cin == cout

    def forward(self, inputs):
        x = self._swish(self._bn0(self._expand_conv(inputs)))
        x = self._swish(self._bn1(self._depthwise_conv(self._pad(x))))
        s = F.adaptive_avg_pool2d(x, 1)
        s = self._se_expand(self._swish(self._se_reduce(s)))
        x = torch.sigmoid(s) * x
        x = self._bn2(self._project_conv(x))
        if self.skip:
            x = self.drop_path(x) + inputs
        return x


class EfficientNet(nn.Module):
    def __init__(self, classes=9):
        super().__init__()
        self._pad = nn.ZeroPad2d((0, 1, 0, 1))
        self._conv_stem = nn.Conv2d(3, 8, 3, 2, bias=False)
        self._bn0 = nn.BatchNorm2d(8, eps=1e-3, momentum=0.01)
        self._blocks = nn.ModuleList([MBConv(8, 10, 5, 2, 2, (1, 2, 1, 2)), MBConv(10, 10, 3, 1, 3, (1, 1, 1, 1))])
        self._fc = nn.Linear(10, classes)

    def forward(self, x):
        x = F.silu(self._bn0(self._conv_stem(self._pad(x))))
        for b in self._blocks:
            x = b(x)
        return self._fc(x.flatten(2).mean(-1))


class StochasticDepth(keras.layers.Layer):
    def __init__(self, rate, **kwargs):
        super().__init__(**kwargs)
        self.rate = rate

    def call(self, x, training=False):
        if not training:
            return x
        keep = 1.0 - self.rate
        shape = (ops.shape(x)[0], 1, 1, 1)
        return x / keep * ops.floor(keep + keras.random.uniform(shape, dtype=x.dtype))


def efficientnet_mbconv():
    """Functional with names as in keras.applications and padding 'same', which PyTorch imitates by asymmetric zero padding."""

    def mbconv(x, cout, k, s, ratio, name):
        cin = x.shape[-1]
        h = layers.Conv2D(cin * ratio, 1, use_bias=False, padding="same", name=name + "expand_conv")(x)
        h = layers.BatchNormalization(name=name + "expand_bn")(h)
        h = layers.Activation("swish")(h)
        h = layers.DepthwiseConv2D(k, strides=s, padding="same", use_bias=False, name=name + "dwconv")(h)
        h = layers.BatchNormalization(name=name + "bn")(h)
        h = layers.Activation("swish")(h)
        se = layers.GlobalAveragePooling2D(keepdims=True)(h)
        se = layers.Conv2D(max(1, cin // 4), 1, activation="swish", name=name + "se_reduce")(se)
        se = layers.Conv2D(cin * ratio, 1, activation="sigmoid", name=name + "se_expand")(se)
        h = layers.multiply([h, se])
        h = layers.Conv2D(cout, 1, use_bias=False, name=name + "project_conv")(h)
        h = layers.BatchNormalization(name=name + "project_bn")(h)
        if s == 1 and cin == cout:
            h = StochasticDepth(0.2)(h)
            h = layers.add([h, x])
        return h

    inputs = keras.Input((32, 24, 3))
    x = layers.Conv2D(8, 3, strides=2, padding="same", use_bias=False, name="stem_conv")(inputs)
    x = layers.Activation("swish")(layers.BatchNormalization(name="stem_bn")(x))
    x = mbconv(x, 10, 5, 2, 2, "block1a_")
    x = mbconv(x, 10, 3, 1, 3, "block1b_")
    x = layers.GlobalAveragePooling2D(name="avg_pool")(x)
    out = layers.Dense(9, name="predictions")(x)
    return {
        "torch_model": EfficientNet().eval(),
        "keras_model": keras.Model(inputs, out),
        "inputs": normal(2, 3, 32, 24, seed=10),
    }


def channel_shuffle(x, groups):
    n, c, h, w = x.size()
    x = x.view(n, groups, c // groups, h, w).transpose(1, 2).contiguous()
    return x.view(n, -1, h, w)


class ShuffleUnit(nn.Module):
    def __init__(self, inp, oup, stride):
        super().__init__()
        self.stride = stride
        bf = oup // 2
        if stride > 1:
            self.branch1 = nn.Sequential(
                nn.Conv2d(inp, inp, 3, stride, 1, groups=inp, bias=False),
                nn.BatchNorm2d(inp),
                nn.Conv2d(inp, bf, 1, bias=False),
                nn.BatchNorm2d(bf),
                nn.ReLU(inplace=True),
            )
        else:
            self.branch1 = nn.Sequential()
        self.branch2 = nn.Sequential(
            nn.Conv2d(inp if stride > 1 else bf, bf, 1, bias=False),
            nn.BatchNorm2d(bf),
            nn.ReLU(inplace=True),
            nn.Conv2d(bf, bf, 3, stride, 1, groups=bf, bias=False),
            nn.BatchNorm2d(bf),
            nn.Conv2d(bf, bf, 1, bias=False),
            nn.BatchNorm2d(bf),
            nn.ReLU(inplace=True),
        )

    def forward(self, x):
        if self.stride == 1:
            x1, x2 = x.chunk(2, dim=1)
            out = torch.cat((x1, self.branch2(x2)), dim=1)
        else:
            out = torch.cat((self.branch1(x), self.branch2(x)), dim=1)
        return channel_shuffle(out, 2)


class ShuffleNet(nn.Module):
    def __init__(self, classes=7):
        super().__init__()
        self.conv1 = nn.Sequential(nn.Conv2d(3, 6, 3, 2, 1, bias=False), nn.BatchNorm2d(6), nn.ReLU(inplace=True))
        self.stage2 = nn.Sequential(ShuffleUnit(6, 16, 2), ShuffleUnit(16, 16, 1))
        self.fc = nn.Linear(16, classes)

    def forward(self, x):
        return self.fc(self.stage2(self.conv1(x)).mean([2, 3]))


class ChannelShuffle(keras.layers.Layer):
    def __init__(self, groups=2, **kwargs):
        super().__init__(**kwargs)
        self.groups = groups

    def call(self, x):
        _, h, w, c = x.shape
        x = ops.reshape(x, (-1, h, w, self.groups, c // self.groups))
        x = ops.transpose(x, (0, 1, 2, 4, 3))
        return ops.reshape(x, (-1, h, w, c))

    def get_config(self):
        return {**super().get_config(), "groups": self.groups}


def shufflenet_v2():
    """Functional; the chunk is `ops.split`, the shuffle a layer of its own over channels last."""

    def bn(x):
        return layers.BatchNormalization(epsilon=1e-5, momentum=0.9)(x)

    def dw(x, s):
        return bn(layers.DepthwiseConv2D(3, s, use_bias=False)(layers.ZeroPadding2D(1)(x)))

    def pw(x, c):
        return layers.ReLU()(bn(layers.Conv2D(c, 1, use_bias=False)(x)))

    def unit(x, out, s):
        half = out // 2
        if s == 1:
            left, right = ops.split(x, 2, axis=-1)
        else:
            left, right = pw(dw(x, s), half), x
        right = pw(dw(pw(right, half), s), half)
        return ChannelShuffle(2)(layers.Concatenate(axis=-1)([left, right]))

    inputs = keras.Input((24, 20, 3))
    x = layers.ReLU()(bn(layers.Conv2D(6, 3, 2, use_bias=False)(layers.ZeroPadding2D(1)(inputs))))
    x = unit(x, 16, 2)
    x = unit(x, 16, 1)
    out = layers.Dense(7)(layers.GlobalAveragePooling2D()(x))
    return {
        "torch_model": ShuffleNet(),
        "keras_model": keras.Model(inputs, out),
        "inputs": normal(2, 3, 24, 20, seed=11),
    }


class GhostModule(nn.Module):
    def __init__(self, inp, oup, k=1, ratio=2, dw=3, relu=True):
        super().__init__()
        self.oup = oup
        init = math.ceil(oup / ratio)
        new = init * (ratio - 1)
        self.primary_conv = nn.Sequential(
            nn.Conv2d(inp, init, k, 1, k // 2, bias=False), nn.BatchNorm2d(init), nn.ReLU(inplace=True) if relu else nn.Sequential()
        )
        self.cheap_operation = nn.Sequential(
            nn.Conv2d(init, new, dw, 1, dw // 2, groups=init, bias=False), nn.BatchNorm2d(new), nn.ReLU(inplace=True) if relu else nn.Sequential()
        )

    def forward(self, x):
        x1 = self.primary_conv(x)
        x2 = self.cheap_operation(x1)
        return torch.cat([x1, x2], dim=1)[:, : self.oup, :, :]


class GhostNet(nn.Module):
    def __init__(self, classes=4):
        super().__init__()
        self.g1 = GhostModule(3, 9, k=3)
        self.g2 = GhostModule(9, 16, ratio=3)  # depthwise with channel multiplier 2
        self.g3 = GhostModule(16, 9, relu=False)
        self.fc = nn.Linear(9, classes)

    def forward(self, x):
        x = self.g1(x)
        x = self.g3(self.g2(x)) + x
        return self.fc(F.adaptive_max_pool2d(x, 1).flatten(1))


def ghostnet():
    """Functional; the cheap operation is a DepthwiseConv2D with a depth multiplier, the cut a slice of the last axis."""

    def ghost(x, oup, k=1, ratio=2, relu=True, name=""):
        init = math.ceil(oup / ratio)
        p = layers.Conv2D(init, k, padding="same", use_bias=False, name=name + "_primary")(x)
        p = layers.BatchNormalization(epsilon=1e-5, momentum=0.9, name=name + "_primary_bn")(p)
        if relu:
            p = layers.ReLU()(p)
        c = layers.DepthwiseConv2D(3, padding="same", depth_multiplier=ratio - 1, use_bias=False, name=name + "_cheap")(p)
        c = layers.BatchNormalization(epsilon=1e-5, momentum=0.9, name=name + "_cheap_bn")(c)
        if relu:
            c = layers.ReLU()(c)
        return layers.Concatenate()([p, c])[..., :oup]

    inputs = keras.Input((22, 18, 3))
    x = ghost(inputs, 9, k=3, name="g1")
    y = ghost(x, 16, ratio=3, name="g2")
    x = layers.Add()([ghost(y, 9, relu=False, name="g3"), x])
    out = layers.Dense(4)(layers.GlobalMaxPooling2D()(x))
    return {
        "torch_model": GhostNet(),
        "keras_model": keras.Model(inputs, out),
        "inputs": normal(2, 3, 22, 18, seed=53),
    }


PAIRS = (mobilenet_v3, efficientnet_mbconv, shufflenet_v2, ghostnet)
