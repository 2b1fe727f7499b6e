"""A small ShuffleNetV2: channels split, worked on and shuffled, depthwise convolutions; the port is subclassed and written with raw TensorFlow."""

import keras
import tensorflow as tf
import torch
from keras import layers
from torch import nn
from torch.nn import functional as F

from benchmarks.faults.building import as_trained, normal, tokens
from benchmarks.faults.own import CoupledSGD, UnbiasedNorm
from benchmarks.faults.port import Fault
from benchmarks.faults.weights import copy_weights

CLASSES = 7


def channel_shuffle(x, groups):
    batch, channels, height, width = x.shape
    x = x.view(batch, groups, channels // groups, height, width)
    return x.transpose(1, 2).reshape(batch, channels, height, width)


def depthwise(channels, stride):
    return nn.Conv2d(channels, channels, 3, stride, padding=1, groups=channels, bias=False)


def pointwise(inside, outside):
    return nn.Conv2d(inside, outside, 1, bias=False)


class InvertedResidual(nn.Module):
    def __init__(self, inside, outside, stride, act):
        super().__init__()
        self.stride, half = stride, outside // 2
        if stride > 1:
            self.branch1 = nn.Sequential(depthwise(inside, stride), nn.BatchNorm2d(inside), pointwise(inside, half), nn.BatchNorm2d(half), act())
        first = (pointwise(inside if stride > 1 else half, half), nn.BatchNorm2d(half), act())
        second = (depthwise(half, stride), nn.BatchNorm2d(half))
        self.branch2 = nn.Sequential(*first, *second, pointwise(half, half), nn.BatchNorm2d(half), act())

    def forward(self, x):
        if self.stride == 1:
            x1, x2 = x.chunk(2, dim=1)
            out = torch.cat((x1, self.branch2(x2)), dim=1)
        else:
            out = torch.cat((self.branch1(x), self.branch2(x)), dim=1)
        return channel_shuffle(out, 2)


class ShuffleNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Sequential(nn.Conv2d(3, 12, 3, 2, 1, bias=False), nn.BatchNorm2d(12), nn.Hardswish())
        self.maxpool = nn.MaxPool2d(3, stride=2, padding=1)
        self.stage2 = nn.Sequential(InvertedResidual(12, 20, 2, nn.ReLU), InvertedResidual(20, 20, 1, nn.ReLU))
        self.stage3 = nn.Sequential(*(InvertedResidual(inside, 28, stride, nn.Hardswish) for inside, stride in ((20, 2), (28, 1), (28, 1))))
        self.conv5 = nn.Sequential(nn.Conv2d(28, 24, 1, bias=False), nn.GroupNorm(4, 24), nn.Hardswish())
        self.dropout = nn.Dropout(0.2)
        self.fc = nn.Linear(24, CLASSES)

    def forward(self, x):
        x = self.maxpool(self.conv1(x))
        x = self.conv5(self.stage3(self.stage2(x)))
        return self.fc(self.dropout(x.mean([2, 3])))


def build_torch():
    return as_trained(ShuffleNet, seed=471)


def hard_swish(x):
    return x * tf.nn.relu6(x + 3.0) / 6.0


def bordered(x, value=0.0):
    return tf.pad(x, [[0, 0], [1, 1], [1, 1], [0, 0]], constant_values=value)


def shuffled(x, how="right"):
    """The channels of two groups, one after the other, now by turns."""
    height, width, channels = x.shape[1:]
    if how == "none":
        return x
    if how == "channels_first":
        x = tf.transpose(tf.reshape(x, [-1, 2, channels // 2, height, width]), [0, 2, 1, 3, 4])
    else:
        parts = [channels // 2, 2] if how == "turned" else [2, channels // 2]
        x = tf.transpose(tf.reshape(x, [-1, height, width, *parts]), [0, 1, 2, 4, 3])
    return tf.reshape(x, [-1, height, width, channels])


class NormedConv(layers.Layer):
    """A convolution, 1x1 or depthwise or whole, with its norm and perhaps an activation."""

    def __init__(self, kind, filters=None, stride=1, act=None, padding="torch", momentum=0.9):
        super().__init__()
        self.border = padding == "torch" and kind != "point"
        options = {"strides": stride, "use_bias": False, "padding": "valid" if self.border or kind == "point" else padding}
        if kind == "depth":
            self.conv = layers.DepthwiseConv2D(3, **options)
        else:
            self.conv = layers.Conv2D(filters, 1 if kind == "point" else 3, **options)
        self.norm, self.act = UnbiasedNorm(momentum=momentum, epsilon=1e-5), act

    def call(self, x):
        x = self.norm(self.conv(bordered(x) if self.border else x))
        return x if self.act is None else self.act(x)


class ShuffleUnit(layers.Layer):
    def __init__(self, half, act, *, halves="second", order="right", shuffle="right", depth_act=None, detach=False):
        super().__init__()
        self.halves, self.order, self.shuffle, self.detach = halves, order, shuffle, detach
        self.squeeze = NormedConv("point", half, act=act)
        self.depth = NormedConv("depth", act=depth_act)
        self.expand = NormedConv("point", half, act=act)

    def call(self, x):
        kept, worked = tf.split(x, 2, axis=-1)
        if self.halves == "first":
            kept, worked = worked, kept
        kept = tf.stop_gradient(kept) if self.detach else kept
        worked = self.expand(self.depth(self.squeeze(worked)))
        both = [kept, worked] if self.order == "right" else [worked, kept]
        return shuffled(tf.concat(both, axis=-1), self.shuffle)


class DownUnit(layers.Layer):
    def __init__(self, half, act, *, order="right", shuffle="right", padding="torch"):
        super().__init__()
        self.order, self.shuffle = order, shuffle
        self.short_depth = NormedConv("depth", stride=2, padding=padding)
        self.short_point = NormedConv("point", half, act=act)
        self.squeeze = NormedConv("point", half, act=act)
        self.depth = NormedConv("depth", stride=2)
        self.expand = NormedConv("point", half, act=act)

    def call(self, x):
        short = self.short_point(self.short_depth(x))
        long = self.expand(self.depth(self.squeeze(x)))
        return shuffled(tf.concat([short, long] if self.order == "right" else [long, short], axis=-1), self.shuffle)


class ShuffleClassifier(keras.Model):
    def __init__(self, units=((), (), (), (), ()), *, momentum=0.9, border="lowest", groups=4, top="norm_first", drop="pooled"):
        super().__init__()
        self.border, self.order, self.drop = border, top, drop
        self.stem = NormedConv("whole", 12, stride=2, act=hard_swish, momentum=momentum)
        kinds = zip((DownUnit, ShuffleUnit, DownUnit, ShuffleUnit, ShuffleUnit), (10, 10, 14, 14, 14), (tf.nn.relu,) * 2 + (hard_swish,) * 3, strict=True)
        self.body = [kind(half, act, **dict(own)) for (kind, half, act), own in zip(kinds, units, strict=True)]
        self.top = layers.Dense(24, use_bias=False)
        self.group_norm = layers.GroupNormalization(groups, epsilon=1e-5)
        self.thin = layers.Dropout(0.2)
        self.classifier = layers.Dense(CLASSES)

    def call(self, images):
        x = self.stem(images)
        x = tf.nn.max_pool2d(bordered(x, x.dtype.min if self.border == "lowest" else 0.0), 3, 2, "VALID")
        for unit in self.body:
            x = unit(x)
        x = self.top(x)
        x = hard_swish(self.group_norm(x)) if self.order == "norm_first" else self.group_norm(hard_swish(x))
        if self.drop == "map":
            return self.classifier(tf.reduce_mean(self.thin(x), axis=[1, 2]))
        return self.classifier(self.thin(tf.reduce_mean(x, axis=[1, 2])))


def build_keras(*, down2=None, unit2=None, down3=None, unit3=None, last3=None, **switches):
    return ShuffleClassifier([own or {} for own in (down2, unit2, down3, unit3, last3)], **switches)


def inputs():
    return normal(5, 3, 48, 64, seed=472, scale=0.7) - normal(5, 3, 1, 1, seed=474) - 1


def targets():
    return tokens(5, below=CLASSES, seed=473)


def sgd(**changes):
    return CoupledSGD(**({"learning_rate": 0.02, "momentum": 0.9, "nesterov": True, "decay": 2e-3} | changes))


LOSS = (F.cross_entropy, lambda: keras.losses.SparseCategoricalCrossentropy(from_logits=True))
OPTIMIZER = (lambda parameters: torch.optim.SGD(parameters, lr=0.02, momentum=0.9, weight_decay=2e-3, nesterov=True), sgd)

LAYERS = {"conv1.0": "stem.conv", "conv1.1": "stem.norm", "conv5.0": "top", "conv5.1": "group_norm", "fc": "classifier"}
PARTS = {"branch2": {0: "squeeze", 3: "depth", 5: "expand"}, "branch1": {0: "short_depth", 2: "short_point"}}
for index, path in enumerate(("stage2.0", "stage2.1", "stage3.0", "stage3.1", "stage3.2")):
    for branch, parts in PARTS.items():
        if branch == "branch2" or path.endswith(".0"):
            for place, part in parts.items():
                LAYERS |= {f"{path}.{branch}.{place}": f"body.{index}.{part}.conv", f"{path}.{branch}.{place + 1}": f"body.{index}.{part}.norm"}


def load_depthwise_turned(torch_model, keras_model):
    """A depthwise kernel moved by the wrong transposition: (width, height) for (height, width)."""
    turned = "stage2.1.branch2.3.weight"
    copy_weights(torch_model, keras_model, LAYERS, lambda s: {**s, turned: s[turned].swapaxes(2, 3)})


def load_without_statistics(torch_model, keras_model):
    """Scale and shift of a norm, but not its running mean and variance."""
    left_out = "stage3.0.branch2.6.running_"
    copy_weights(torch_model, keras_model, LAYERS, lambda s: {name: array for name, array in s.items() if not name.startswith(left_out)})


TAKE_DOWN3 = ("stage3.0", "stage3.0.branch1.0", "stage3.0.branch2.0")

FAULTS = [
    Fault("shuffle_forgotten", ("stage2.1", "stage2.1.branch2.7", *TAKE_DOWN3), "missing layer", "no channel shuffle", {"unit2": {"shuffle": "none"}}),
    Fault(
        "shuffle_turned",
        ("stage3.0", "stage3.0.branch2.7", "stage3.0.branch1.4", "stage3.1", "stage3.1.branch2.0"),
        "reshape",
        "reshaped to (channels of a group, groups): the shuffle's inverse",
        {"down3": {"shuffle": "turned"}},
    ),
    Fault(
        "shuffle_channels_first",
        ("stage3.1", "stage3.1.branch2.7", "stage3.2", "stage3.2.branch2.0"),
        "axes",
        "torch's view and transpose kept for a tensor with channels last",
        {"unit3": {"shuffle": "channels_first"}},
    ),
    Fault(
        "halves_swapped",
        ("stage3.1", "stage3.1.branch2.0", "stage3.1.branch2"),
        "wrong tensor",
        "the first half worked on, the second passed on",
        {"unit3": {"halves": "first"}},
    ),
    Fault("concat_order", ("stage3.2", "stage3.2.branch2.7", "conv5.0"), "concat order", "the worked half before the kept", {"last3": {"order": "turned"}}),
    Fault(
        "branches_swapped",
        ("stage2.0", "stage2.0.branch1.4", "stage2.0.branch2.7", "stage2.1", "stage2.1.branch2.0"),
        "concat order",
        "the long branch before the short",
        {"down2": {"order": "turned"}},
    ),
    Fault("depth_same", "stage3.0.branch1.0", "padding", "'same' under stride pads the end only", {"down3": {"padding": "same"}}),
    Fault("pool_zero_padded", "maxpool", "padding", "zeros around a map that has negative values", {"border": "zeros"}),
    Fault(
        "depth_activated",
        ("stage3.2.branch2.4", "stage3.2.branch2.5", "stage3.2.branch2"),
        "activation",
        "an activation after the depthwise convolution too",
        {"last3": {"depth_act": hard_swish}},
    ),
    Fault("groups_of_four", "conv5.1", "groups", "groups of 4 channels for 4 groups", {"groups": 6}),
    Fault("activated_before_norm", ("conv5.1", "conv5.2", "conv5"), "order", "hard swish first, then the norm", {"top": "norm_last"}),
    Fault("depthwise_turned", ("stage2.1.branch2.3", "stage2.1.branch2.3.weight"), "weights", "height and width swapped", load=load_depthwise_turned),
    Fault("statistics_not_loaded", "stage3.0.branch2.6", "weights", "running mean and variance as they were built", load=load_without_statistics),
    Fault("kept_half_detached", ("stage2.1", "stage2.0"), "gradient", "stop_gradient on the half passed on", {"unit2": {"detach": True}}, seen="grad"),
    Fault("norm_momentum", "conv1.1", "momentum", "torch's momentum 0.1 given to Keras", {"momentum": 0.1}, seen="train"),
    Fault("dropout_on_the_map", "dropout", "dropout", "single pixels dropped before pooling", {"drop": "map"}, seen="dropout"),
    Fault("nesterov_forgotten", "optimizer", "optimizer", "plain momentum", seen="step", optimizer=lambda: sgd(nesterov=False)),
    Fault("decay_decoupled", "optimizer", "optimizer", "Keras' weight_decay", seen="step", optimizer=lambda: sgd(decay=0.0, weight_decay=2e-3)),
]
