"""Image classifiers of residual blocks and of blocks with several branches."""

import keras
import numpy as np
import tensorflow as tf
import torch
from keras import layers
from torch import nn
from torch.nn import functional as F

from benchmarks.faults.building import normal


class BasicBlock(nn.Module):
    def __init__(self, cin, cout, stride=1, downsample=None):
        super().__init__()
        self.conv1 = nn.Conv2d(cin, cout, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(cout)
        self.relu = nn.ReLU(inplace=True)
        self.conv2 = nn.Conv2d(cout, cout, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(cout)
        self.downsample = downsample

    def forward(self, x):
        identity = x
        out = self.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        if self.downsample is not None:
            identity = self.downsample(x)
        out += identity
        return self.relu(out)


class ResNetSmall(nn.Module):
    def __init__(self, classes=5):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 8, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(8)
        self.relu = nn.ReLU(inplace=True)
        self.maxpool = nn.MaxPool2d(3, 2, 1)
        self.layer1 = self._make(8, 8, 2, 1)
        self.layer2 = self._make(8, 12, 2, 2)
        self.avgpool = nn.AdaptiveAvgPool2d((1, 1))
        self.fc = nn.Linear(12, classes)

    def _make(self, cin, cout, n, stride):
        down = None
        if stride != 1 or cin != cout:
            down = nn.Sequential(nn.Conv2d(cin, cout, 1, stride, bias=False), nn.BatchNorm2d(cout))
        return nn.Sequential(BasicBlock(cin, cout, stride, down), *[BasicBlock(cout, cout) for _ in range(n - 1)])

    def forward(self, x):
        x = self.maxpool(self.relu(self.bn1(self.conv1(x))))
        x = self.layer2(self.layer1(x))
        return self.fc(torch.flatten(self.avgpool(x), 1))


def resnet_basic():
    """Modules become a functional model with explicit zero padding and names of its own; the projection is made first."""

    def bn(x, name):
        return layers.BatchNormalization(epsilon=1e-5, momentum=0.9, name=name)(x)

    def block(x, filters, stride, name):
        shortcut = x
        if stride != 1 or x.shape[-1] != filters:
            shortcut = layers.Conv2D(filters, 1, strides=stride, use_bias=False, name=name + "_proj_conv")(x)
            shortcut = bn(shortcut, name + "_proj_bn")
        y = layers.ZeroPadding2D(1)(x)
        y = layers.Conv2D(filters, 3, strides=stride, use_bias=False, name=name + "_conv_a")(y)
        y = layers.ReLU()(bn(y, name + "_bn_a"))
        y = layers.ZeroPadding2D(1)(y)
        y = layers.Conv2D(filters, 3, use_bias=False, name=name + "_conv_b")(y)
        y = bn(y, name + "_bn_b")
        return layers.ReLU()(layers.Add()([y, shortcut]))

    inputs = keras.Input((36, 28, 3))
    x = layers.ZeroPadding2D(3)(inputs)
    x = layers.Conv2D(8, 7, strides=2, use_bias=False, name="stem_conv")(x)
    x = layers.ReLU()(bn(x, "stem_bn"))
    x = layers.ZeroPadding2D(1)(x)
    x = layers.MaxPooling2D(3, strides=2)(x)
    for i in range(2):
        x = block(x, 8, 1, f"stage1_unit{i + 1}")
    for i in range(2):
        x = block(x, 12, 2 if i == 0 else 1, f"stage2_unit{i + 1}")
    x = layers.GlobalAveragePooling2D()(x)
    out = layers.Dense(5, name="logits")(x)
    return {
        "torch_model": ResNetSmall(),
        "keras_model": keras.Model(inputs, out, name="resnet"),
        "inputs": normal(2, 3, 36, 28, seed=4),
    }


class PreActBlock(nn.Module):
    def __init__(self, in_planes, planes, stride=1):
        super().__init__()
        self.bn1 = nn.BatchNorm2d(in_planes)
        self.conv1 = nn.Conv2d(in_planes, planes, 3, stride=stride, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(planes)
        self.conv2 = nn.Conv2d(planes, planes, 3, stride=1, padding=1, bias=False)
        if stride != 1 or in_planes != planes:
            self.shortcut = nn.Sequential(nn.Conv2d(in_planes, planes, 1, stride=stride, bias=False))

    def forward(self, x):
        out = F.relu(self.bn1(x))
        shortcut = self.shortcut(out) if hasattr(self, "shortcut") else x
        out = self.conv1(out)
        out = self.conv2(F.relu(self.bn2(out)))
        return out + shortcut


class PreActResNet(nn.Module):
    def __init__(self, classes=6):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 8, 3, padding=1, bias=False)
        self.blocks = nn.ModuleList([PreActBlock(8, 8), PreActBlock(8, 14, 2)])
        self.bn = nn.BatchNorm2d(14)
        self.linear = nn.Linear(14, classes)

    def forward(self, x):
        x = self.conv1(x)
        for b in self.blocks:
            x = b(x)
        x = F.relu(self.bn(x))
        return self.linear(x.mean(dim=(2, 3)))


class KerasPreActBlock(keras.layers.Layer):
    def __init__(self, in_ch, ch, stride=1, **kwargs):
        super().__init__(**kwargs)
        self.stride = stride
        self.proj = None
        if stride != 1 or in_ch != ch:
            self.proj = layers.Conv2D(ch, 1, strides=stride, use_bias=False)
        self.conv2 = layers.Conv2D(ch, 3, padding="same", use_bias=False)
        self.conv1 = layers.Conv2D(ch, 3, strides=stride, padding="valid", use_bias=False)
        self.norm1 = layers.BatchNormalization(epsilon=1e-5, momentum=0.9)
        self.norm2 = layers.BatchNormalization(epsilon=1e-5, momentum=0.9)

    def call(self, x, training=None):
        h = tf.nn.relu(self.norm1(x, training=training))
        skip = x if self.proj is None else self.proj(h)
        h = tf.pad(h, [[0, 0], [1, 1], [1, 1], [0, 0]])
        h = self.conv1(h)
        h = tf.nn.relu(self.norm2(h, training=training))
        return self.conv2(h) + skip


class KerasPreActResNet(keras.Model):
    def __init__(self, classes=6):
        super().__init__()
        self.head = layers.Dense(classes)
        self.stem = layers.Conv2D(8, 3, padding="same", use_bias=False)
        self.units = [KerasPreActBlock(8, 8), KerasPreActBlock(8, 14, 2)]
        self.final_norm = layers.BatchNormalization(epsilon=1e-5, momentum=0.9)

    def call(self, x, training=None):
        x = self.stem(x)
        for u in self.units:
            x = u(x, training=training)
        x = tf.nn.relu(self.final_norm(x, training=training))
        return self.head(tf.reduce_mean(x, axis=[1, 2]))


def preact_resnet():
    """Subclassed over `tf.nn` and `tf.pad`; layers are created in another order than they are used in."""
    model = KerasPreActResNet()
    model(np.zeros((1, 20, 16, 3), "float32"))
    return {
        "torch_model": PreActResNet().eval(),
        "keras_model": model,
        "inputs": normal(2, 3, 20, 16, seed=5),
    }


class SEResNeXtBottleneck(nn.Module):
    def __init__(self, cin, width, cout, groups, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(cin, width, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, stride, 1, groups=groups, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, cout, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(cout)
        self.fc = nn.Sequential(nn.Linear(cout, cout // 4, bias=False), nn.ReLU(inplace=True), nn.Linear(cout // 4, cout, bias=False), nn.Sigmoid())
        self.downsample = nn.Sequential()
        if stride != 1 or cin != cout:
            self.downsample = nn.Sequential(nn.Conv2d(cin, cout, 1, stride, bias=False), nn.BatchNorm2d(cout))

    def forward(self, x):
        out = F.relu(self.bn1(self.conv1(x)))
        out = F.relu(self.bn2(self.conv2(out)))
        out = self.bn3(self.conv3(out))
        b, c = out.shape[:2]
        out = out * self.fc(F.adaptive_avg_pool2d(out, 1).view(b, c)).view(b, c, 1, 1)
        return F.relu(out + self.downsample(x))


class SEResNeXt(nn.Module):
    def __init__(self, classes=5):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 16, 3, padding=1, bias=False), nn.BatchNorm2d(16), nn.ReLU())
        self.layer1 = SEResNeXtBottleneck(16, 12, 24, 4, 2)
        self.layer2 = SEResNeXtBottleneck(24, 12, 24, 3, 1)
        self.fc = nn.Linear(24, classes)

    def forward(self, x):
        return self.fc(self.layer2(self.layer1(self.stem(x))).mean((2, 3)))


def se_resnext():
    """Functional; squeeze and excitation is 1x1 convolutions on a kept map in place of Linears."""

    def norm(x):
        return layers.BatchNormalization(momentum=0.9, epsilon=1e-5)(x)

    def bottleneck(x, width, cout, groups, stride):
        sc = x
        y = layers.Activation("relu")(norm(layers.Conv2D(width, 1, use_bias=False)(x)))
        y = layers.ZeroPadding2D(1)(y)
        y = layers.Conv2D(width, 3, strides=stride, groups=groups, use_bias=False)(y)
        y = layers.Activation("relu")(norm(y))
        y = norm(layers.Conv2D(cout, 1, use_bias=False)(y))
        se = layers.GlobalAveragePooling2D(keepdims=True)(y)
        se = layers.Conv2D(cout // 4, 1, use_bias=False, activation="relu")(se)
        se = layers.Conv2D(cout, 1, use_bias=False, activation="sigmoid")(se)
        y = layers.Multiply()([y, se])
        if stride != 1 or sc.shape[-1] != cout:
            sc = norm(layers.Conv2D(cout, 1, strides=stride, use_bias=False)(sc))
        return layers.Activation("relu")(layers.Add()([y, sc]))

    inputs = keras.Input((18, 14, 3))
    x = layers.Activation("relu")(norm(layers.Conv2D(16, 3, padding="same", use_bias=False)(inputs)))
    x = bottleneck(x, 12, 24, 4, 2)
    x = bottleneck(x, 12, 24, 3, 1)
    out = layers.Dense(5)(layers.GlobalAveragePooling2D()(x))
    return {
        "torch_model": SEResNeXt().eval(),
        "keras_model": keras.Model(inputs, out),
        "inputs": normal(2, 3, 18, 14, seed=37),
    }


def conv_bn(cin, cout, k, stride, padding):
    s = nn.Sequential()
    s.add_module("conv", nn.Conv2d(cin, cout, k, stride, padding, bias=False))
    s.add_module("bn", nn.BatchNorm2d(cout))
    return s


class RepVGGBlock(nn.Module):
    def __init__(self, cin, cout, stride=1):
        super().__init__()
        self.nonlinearity = nn.ReLU()
        self.rbr_identity = nn.BatchNorm2d(cin) if cin == cout and stride == 1 else None
        self.rbr_dense = conv_bn(cin, cout, 3, stride, 1)
        self.rbr_1x1 = conv_bn(cin, cout, 1, stride, 0)

    def forward(self, x):
        idt = 0 if self.rbr_identity is None else self.rbr_identity(x)
        return self.nonlinearity(self.rbr_dense(x) + self.rbr_1x1(x) + idt)


class RepVGG(nn.Module):
    def __init__(self, classes=6):
        super().__init__()
        self.stage0 = RepVGGBlock(3, 8, 2)
        self.stage1 = nn.Sequential(RepVGGBlock(8, 12, 2), RepVGGBlock(12, 12))
        self.gap = nn.AdaptiveAvgPool2d(output_size=1)
        self.linear = nn.Linear(12, classes)

    def forward(self, x):
        out = self.gap(self.stage1(self.stage0(x)))
        return self.linear(out.view(out.size(0), -1))


class KerasRepVGGBlock(keras.Model):
    def __init__(self, cin, cout, stride=1, **kwargs):
        super().__init__(**kwargs)

        def bn():
            return layers.BatchNormalization(epsilon=1e-5, momentum=0.9)

        self.branches = {
            "1x1": [layers.Conv2D(cout, 1, stride, use_bias=False), bn()],
            "3x3": [layers.ZeroPadding2D(1), layers.Conv2D(cout, 3, stride, use_bias=False), bn()],
        }
        if cin == cout and stride == 1:
            self.branches["identity"] = [bn()]

    def call(self, x, training=None):
        total = 0.0
        for seq in self.branches.values():
            y = x
            for layer in seq:
                y = layer(y, training=training) if isinstance(layer, layers.BatchNormalization) else layer(y)
            total = total + y
        return tf.nn.relu(total)


class KerasRepVGG(keras.Model):
    def __init__(self, classes=6):
        super().__init__()
        self.stages = [KerasRepVGGBlock(3, 8, 2), KerasRepVGGBlock(8, 12, 2), KerasRepVGGBlock(12, 12)]
        self.pool = layers.GlobalAveragePooling2D()
        self.linear = layers.Dense(classes)

    def call(self, x, training=None):
        for s in self.stages:
            x = s(x, training=training)
        return self.linear(self.pool(x))


def repvgg():
    """Blocks are models whose branches are a dict of lists, in another order than PyTorch's."""
    model = KerasRepVGG()
    model(tf.zeros((1, 26, 18, 3)))
    return {
        "torch_model": RepVGG().eval(),
        "keras_model": model,
        "inputs": normal(2, 3, 26, 18, seed=54),
    }


PAIRS = (resnet_basic, preact_resnet, se_resnext, repvgg)
