"""A small GoogLeNet: blocks of four branches side by side, batch norms, a second classifier halfway whose loss is added; nested functional models."""

from functools import partial

import keras
import numpy as np
import torch
from keras import layers, ops
from torch import nn
from torch.nn import functional as F

from benchmarks.faults.building import as_trained, normal
from benchmarks.faults.own import CoupledSGD, UnbiasedNorm
from benchmarks.faults.port import Fault
from benchmarks.faults.weights import copy_weights

CLASSES, STEM, HIDDEN, AUX_WEIGHT = 7, 8, 14, 0.3
WIDTHS = {  # 1x1, (reduction, 3x3), (reduction, 5x5), projection of the pool
    "a": (6, (5, 8), (4, 5), 4),
    "b": (5, (6, 7), (6, 4), 7),
    "c": (8, (7, 9), (4, 6), 5),
}
RATE, MOMENTUM, DECAY = 0.02, 0.9, 2e-3


class BasicConv2d(nn.Module):
    def __init__(self, inside, outside, size, **options):
        super().__init__()
        self.conv = nn.Conv2d(inside, outside, size, bias=False, **options)
        self.bn = nn.BatchNorm2d(outside, eps=1e-3)

    def forward(self, x):
        return F.relu(self.bn(self.conv(x)), inplace=True)


class Inception(nn.Module):
    def __init__(self, inside, widths, pool):
        super().__init__()
        one, (reduce3, three), (reduce5, five), projected = widths
        self.branch1 = BasicConv2d(inside, one, 1)
        self.branch2 = nn.Sequential(BasicConv2d(inside, reduce3, 1), BasicConv2d(reduce3, three, 3, padding=1))
        self.branch3 = nn.Sequential(BasicConv2d(inside, reduce5, 1), BasicConv2d(reduce5, five, 5, padding=2))
        self.branch4 = nn.Sequential(pool, BasicConv2d(inside, projected, 1))

    def forward(self, x):
        return torch.cat([self.branch1(x), self.branch2(x), self.branch3(x), self.branch4(x)], 1)


class AuxHead(nn.Module):
    def __init__(self, inside):
        super().__init__()
        self.pool = nn.AvgPool2d(5, stride=2)
        self.conv = BasicConv2d(inside, 6, 1)
        self.fc1 = nn.Linear(6 * 3 * 2, HIDDEN)
        self.relu = nn.ReLU(inplace=True)
        self.dropout = nn.Dropout(0.7)
        self.fc2 = nn.Linear(HIDDEN, CLASSES)

    def forward(self, x):
        x = torch.flatten(self.conv(self.pool(x)), 1)
        return self.fc2(self.dropout(self.relu(self.fc1(x))))


class GoogLeNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = BasicConv2d(3, STEM, 3, stride=2, padding=1)
        self.pool1 = nn.MaxPool2d(3, stride=2, ceil_mode=True)
        self.mixed_a = Inception(STEM, WIDTHS["a"], nn.MaxPool2d(3, stride=1, padding=1))
        self.mixed_b = Inception(23, WIDTHS["b"], nn.AvgPool2d(3, stride=1, padding=1))
        self.aux = AuxHead(23)
        self.pool2 = nn.MaxPool2d(3, stride=2)
        self.mixed_c = Inception(23, WIDTHS["c"], nn.MaxPool2d(3, stride=1, padding=1))
        self.gap = nn.AdaptiveAvgPool2d(1)
        self.dropout = nn.Dropout(0.4)
        self.fc = nn.Linear(28, CLASSES)

    def forward(self, x):
        x = self.pool1(self.stem(x))
        x = self.mixed_b(self.mixed_a(x))
        aux = self.aux(x)
        x = self.mixed_c(self.pool2(x))
        x = self.dropout(torch.flatten(self.gap(x), 1))
        return self.fc(x), aux


def build_torch():
    return as_trained(GoogLeNet, seed=1201)


def unit(x, filters, size, name, *, strides=1, padding="same", order="norm_first", relu=True, momentum=0.9, trainable=True):
    x = layers.Conv2D(filters, size, strides=strides, padding=padding, use_bias=False, name=f"{name}_kernel")(x)
    norm = UnbiasedNorm(momentum=momentum, epsilon=1e-3, trainable=trainable, name=f"{name}_norm")
    if order == "relu_first":
        return norm(layers.ReLU(name=f"{name}_relu")(x))
    x = norm(x)
    return layers.ReLU(name=f"{name}_relu")(x) if relu else x


def nearby(x, kind):
    """What the fourth branch pools: torch counts the zeros of the padding in an average."""
    if kind == "max":
        return layers.MaxPooling2D(3, strides=1, padding="same", name="nearby")(x)
    if kind == "average_inside":
        return layers.AveragePooling2D(3, strides=1, padding="same", name="nearby")(x)
    return layers.AveragePooling2D(3, strides=1, name="nearby")(layers.ZeroPadding2D(1, name="ring")(x))


def mixed(shape, widths, name, *, pool="max", joined="by_size", pooled="first", three=None, reduction5=None, five_of="own"):
    """A model of four branches."""
    one, (reduce3, filters3), (reduce5, filters5), projected = widths
    image = keras.Input(shape)
    small = unit(image, reduce3, 1, "three_in")
    middle = unit(small, filters3, 3, "three", **(three or {}))
    wide = small if five_of == "three" else unit(image, reduce5, 1, "five_in", **(reduction5 or {}))
    wide = unit(wide, filters5, 5, "five")
    if pooled == "first":
        around = unit(nearby(image, pool), projected, 1, "projection")
    else:
        around = nearby(unit(image, projected, 1, "projection"), pool)
    point = unit(image, one, 1, "one")
    found = [point, middle, wide, around] if joined == "by_size" else [point, wide, middle, around]
    return keras.Model(image, layers.Concatenate(name="join")(found), name=name)


def side_classifier(shape, *, flat="torch", relu=True, rate=0.7, norm=None):
    image = keras.Input(shape)
    x = layers.AveragePooling2D(5, strides=2, name="shrink")(image)
    x = unit(x, 6, 1, "thin", **(norm or {}))
    x = layers.Permute((3, 1, 2), name="turn")(x) if flat == "torch" else x
    x = layers.Dense(HIDDEN, activation="relu" if relu else None, name="hidden")(layers.Flatten(name="flat")(x))
    x = layers.Dropout(rate, name="thinned")(x)
    return keras.Model(image, layers.Dense(CLASSES, name="scores")(x), name="side")


def build_keras(*, stem=None, first_pool="same", a=None, b=None, c=None, side=None, side_of="second", detach=False, whole="mean"):
    image = keras.Input((36, 28, 3), name="image")
    stem = dict(stem or {})
    padded = image if stem.get("padding") == "same" else layers.ZeroPadding2D(1, name="entry_ring")(image)
    x = unit(padded, STEM, 3, "entry", **{"strides": 2, "padding": "valid"} | stem)
    if first_pool == "ring":
        x = layers.MaxPooling2D(3, strides=2, name="entry_pool")(layers.ZeroPadding2D(1, name="entry_pool_ring")(x))
    else:
        x = layers.MaxPooling2D(3, strides=2, padding="same", name="entry_pool")(x)
    first = mixed(x.shape[1:], WIDTHS["a"], "first", **(a or {}))(x)
    second = mixed(first.shape[1:], WIDTHS["b"], "second", **{"pool": "average"} | (b or {}))(first)
    halfway = {"first": first, "second": second}[side_of]
    halfway = ops.stop_gradient(halfway) if detach else halfway
    aux = side_classifier(halfway.shape[1:], **(side or {}))(halfway)
    x = layers.MaxPooling2D(3, strides=2, name="middle_pool")(second)
    x = mixed(x.shape[1:], WIDTHS["c"], "third", **(c or {}))(x)
    x = (layers.GlobalAveragePooling2D if whole == "mean" else layers.GlobalMaxPooling2D)(name="whole")(x)
    x = layers.Dropout(0.4, name="thinned")(x)
    return keras.Model(image, [layers.Dense(CLASSES, name="scores")(x), aux], name="googlenet")


def inputs():
    return normal(5, 3, 36, 28, seed=1202)


def targets():
    return np.array([4, 0, 6, 1, 4])


def torch_loss(output, target):
    logits, aux = output
    return F.cross_entropy(logits, target) + AUX_WEIGHT * F.cross_entropy(aux, target)


def keras_loss(output, target, weight=AUX_WEIGHT):
    logits, aux = output
    entropy = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    return entropy(target, logits) + weight * entropy(target, aux)


sgd = partial(CoupledSGD, RATE, momentum=MOMENTUM, nesterov=True, decay=DECAY)
LOSS = (torch_loss, lambda: keras_loss)
OPTIMIZER = (lambda parameters: torch.optim.SGD(parameters, lr=RATE, momentum=MOMENTUM, nesterov=True, weight_decay=DECAY), sgd)
UNITS = {"stem": "entry", "aux.conv": "side.thin"}
PARTS = {"branch1": "one", "branch2.0": "three_in", "branch2.1": "three", "branch3.0": "five_in", "branch3.1": "five", "branch4.1": "projection"}
for block, model in (("mixed_a", "first"), ("mixed_b", "second"), ("mixed_c", "third")):
    UNITS |= {f"{block}.{path}": f"{model}.{name}" for path, name in PARTS.items()}
LAYERS = {"aux.fc1": "side.hidden", "aux.fc2": "side.scores", "fc": "scores"}
for path, name in UNITS.items():
    LAYERS |= {f"{path}.conv": f"{name}_kernel", f"{path}.bn": f"{name}_norm"}


def load_reductions_exchanged(torch_model, keras_model):
    """Both 1x1 reductions of a block have one shape: a list of arrays in another order fits."""
    three, five = "mixed_b.branch2.0.", "mixed_b.branch3.0."

    def change(state):
        return {name: state[name.replace(three, five) if name.startswith(three) else name.replace(five, three)] for name in state}

    copy_weights(torch_model, keras_model, LAYERS, change)


def blue_first(images):
    return np.moveaxis(images, 1, -1)[..., ::-1].copy()


def conv(path):
    """A unit and the convolution in it."""
    return (path, f"{path}.conv")


POOLED = ("mixed_a.branch4", "mixed_a.branch4.0", *conv("mixed_a.branch4.1"))
REDUCED = ("mixed_b.branch3.0", "mixed_b.branch3.0.bn", *conv("mixed_b.branch3.1"))
NORMED = ("mixed_c.branch2.1", "mixed_c.branch2.1.bn", "mixed_c.branch2.1.conv")
EXCHANGED = (*conv("mixed_b.branch2.0"), *conv("mixed_b.branch3.0"))
FAULTS = [
    Fault("blue_first", ("input", "stem.conv", "stem"), "data", "images as OpenCV reads them: BGR for RGB", keras_inputs=blue_first),
    Fault("stem_same", ("stem.conv", "stem"), "padding", "'same' under stride 2 pads an even size at its end only", {"stem": {"padding": "same"}}),
    Fault("pool_ring", "pool1", "padding", "a ring of zeros, where ceil_mode adds a row and a column at the end", {"first_pool": "ring"}),
    Fault("border_divided", ("mixed_b.branch4.0", "mixed_b.branch4"), "pooling", "'same' leaves zeros out of averages", {"b": {"pool": "average_inside"}}),
    Fault("projected_then_pooled", POOLED, "order", "the projection before the pool", {"a": {"pooled": "last"}}),
    Fault("joined_otherwise", ("mixed_a", "mixed_b", *conv("mixed_b.branch1")), "concat order", "5x5 before 3x3", {"a": {"joined": "five_first"}}),
    Fault("reduction_linear", REDUCED, "activation", "no ReLU between the reduction and the 5x5", {"b": {"reduction5": {"relu": False}}}),
    Fault("relu_before_norm", NORMED, "order", "convolution, ReLU, norm", {"c": {"three": {"order": "relu_first"}}}),
    Fault("five_of_three", (*conv("mixed_b.branch3.1"), "mixed_b.branch3", "mixed_b"), "wrong tensor", "the 3x3's reduction", {"b": {"five_of": "three"}}),
    Fault("side_too_early", ("aux", "aux.pool", "mixed_b"), "wrong tensor", "the second classifier reads the first block", {"side_of": "first"}),
    Fault("flat_channels_last", ("aux.fc1", "aux"), "flatten", "flattened as rows, columns, channels", {"side": {"flat": "keras"}}),
    Fault("side_linear", ("aux.relu", "aux.fc1", "aux.fc2", "aux"), "activation", "no ReLU between its two layers", {"side": {"relu": False}}),
    Fault("global_max", "gap", "pooling", "global max pooling for the mean", {"whole": "max"}),
    Fault("reductions_exchanged", EXCHANGED, "weights", "two 1x1 units have each other's weights", load=load_reductions_exchanged),
    Fault("side_detached", ("aux", "aux.pool", "mixed_b"), "gradient", "stop_gradient before the second classifier", {"detach": True}, seen="grad"),
    Fault("stem_norm_frozen", ("stem.bn", "stem"), "frozen", "trainable=False, left from fine-tuning", {"stem": {"trainable": False}}, seen="grad"),
    Fault("momentum", "aux.conv.bn", "momentum", "Keras' default momentum 0.99", {"side": {"norm": {"momentum": 0.99}}}, seen="train"),
    Fault("share_kept", "aux.dropout", "dropout", "the share kept, 0.3, given as the rate", {"side": {"rate": 0.3}}, seen="dropout"),
    Fault("side_weight", "loss", "constant", "Inception v3's weight 0.4 for 0.3", seen="loss", loss=lambda: partial(keras_loss, weight=0.4)),
    Fault("plain_momentum", "optimizer", "nesterov", "momentum without Nesterov", seen="step", optimizer=partial(sgd, nesterov=False)),
]
