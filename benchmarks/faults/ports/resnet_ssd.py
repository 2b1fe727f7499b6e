"""A ResNet with an SSD's heads on three scales, boxes and scores in a dict; nested models in Keras, smooth L1 and focal loss, Adam."""

import keras
import numpy as np
import torch
from keras import layers, ops
from torch import nn
from torch.nn import functional as F

from benchmarks.faults.building import as_trained, normal, uniform
from benchmarks.faults.own import TorchAdam, UnbiasedNorm
from benchmarks.faults.port import Fault
from benchmarks.faults.weights import copy_weights

IMAGES, HEIGHT, WIDTH, CLASSES = 2, 60, 100, 5
STEM, SECOND, THIRD, SQUEEZED, LAST = 7, 10, 14, 6, 11
ANCHORS = (3, 2, 2)
PLACES = 8 * 13 * 3 + 4 * 7 * 2 + 2 * 4 * 2
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
BETA, ALPHA, GAMMA = 1 / 9, 0.25, 2.0


class BasicBlock(nn.Module):
    def __init__(self, inside, outside, stride=1):
        super().__init__()
        self.conv1 = nn.Conv2d(inside, outside, 3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(outside)
        self.conv2 = nn.Conv2d(outside, outside, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(outside)
        self.downsample = None
        if stride != 1 or inside != outside:
            self.downsample = nn.Sequential(nn.Conv2d(inside, outside, 1, stride=stride, bias=False), nn.BatchNorm2d(outside))

    def forward(self, x):
        shortcut = x if self.downsample is None else self.downsample(x)
        y = F.relu(self.bn1(self.conv1(x)))
        return F.relu(self.bn2(self.conv2(y)) + shortcut)


class ResNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, STEM, 7, stride=2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(STEM)
        self.maxpool = nn.MaxPool2d(3, stride=2, padding=1)
        self.layer1 = nn.Sequential(BasicBlock(STEM, STEM))
        self.layer2 = nn.Sequential(BasicBlock(STEM, SECOND, stride=2), BasicBlock(SECOND, SECOND))
        self.layer3 = nn.Sequential(BasicBlock(SECOND, THIRD, stride=2), BasicBlock(THIRD, THIRD))

    def forward(self, x):
        x = self.layer1(self.maxpool(F.relu(self.bn1(self.conv1(x)))))
        c2 = self.layer2(x)
        return c2, self.layer3(c2)


class SSD(nn.Module):
    def __init__(self):
        super().__init__()
        self.backbone = ResNet()
        self.extra = nn.Sequential(
            nn.Conv2d(THIRD, SQUEEZED, 1, bias=False),
            nn.BatchNorm2d(SQUEEZED),
            nn.ReLU(),
            nn.Conv2d(SQUEEZED, LAST, 3, stride=2, padding=1, bias=False),
            nn.BatchNorm2d(LAST),
            nn.ReLU(),
        )
        scales = list(zip((SECOND, THIRD, LAST), ANCHORS, strict=True))
        self.loc = nn.ModuleList(nn.Conv2d(width, anchors * 4, 3, padding=1) for width, anchors in scales)
        self.conf = nn.ModuleList(nn.Conv2d(width, anchors * CLASSES, 3, padding=1) for width, anchors in scales)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
        for conv in (*self.loc, *self.conf):
            nn.init.normal_(conv.weight, std=0.03)

    def forward(self, x):
        x = (x - x.new_tensor(MEAN).view(3, 1, 1)) / x.new_tensor(STD).view(3, 1, 1)
        c2, c3 = self.backbone(x)
        boxes, scores = [], []
        for feature, loc, conf in zip((c2, c3, self.extra(c3)), self.loc, self.conf, strict=True):
            boxes.append(loc(feature).permute(0, 2, 3, 1).reshape(len(x), -1, 4))
            scores.append(conf(feature).permute(0, 2, 3, 1).reshape(len(x), -1, CLASSES))
        return {"boxes": torch.cat(boxes, dim=1), "scores": torch.cat(scores, dim=1)}


def build_torch():
    return as_trained(SSD, seed=461)


def convolve(x, filters, size, stride, name, padding="both_sides"):
    """'same' is not torch's padding once there is a stride."""
    if stride > 1 and padding == "both_sides":
        return layers.Conv2D(filters, size, strides=stride, use_bias=False, name=name)(layers.ZeroPadding2D(size // 2)(x))
    return layers.Conv2D(filters, size, strides=stride, padding="same", use_bias=False, name=name)(x)


def normed(x, name, momentum=0.9, trainable=True):
    return UnbiasedNorm(momentum=momentum, epsilon=1e-5, trainable=trainable, name=name)(x)


def residual(x, filters, stride, name, *, strided="first", padding="both_sides", shortcut_normed=True, branch="linear", end="relu"):
    strides = (stride, 1) if strided == "first" else (1, stride)
    y = layers.ReLU()(normed(convolve(x, filters, 3, strides[0], f"{name}_conv_a", padding), f"{name}_bn_a"))
    y = normed(convolve(y, filters, 3, strides[1], f"{name}_conv_b"), f"{name}_bn_b")
    y = layers.ReLU()(y) if branch == "relu" else y
    if stride > 1 or x.shape[-1] != filters:
        x = layers.Conv2D(filters, 1, strides=stride, use_bias=False, name=f"{name}_conv_short")(x)
        x = normed(x, f"{name}_bn_short") if shortcut_normed else x
    return layers.Activation(end, name=f"{name}_out")(layers.Add()([x, y]))


def build_trunk(*, stem="both_sides", stem_trained=True, pool="both_sides", first_scale="last_block", **blocks):
    image = keras.Input((HEIGHT, WIDTH, 3))
    x = convolve(image, STEM, 7, 2, "stem_conv", stem)
    x = layers.ReLU()(normed(x, "stem_bn", trainable=stem_trained))
    if pool == "both_sides":  # after a ReLU, zeros are as good as minus infinity
        x = layers.MaxPooling2D(3, strides=2)(layers.ZeroPadding2D(1)(x))
    else:
        x = layers.MaxPooling2D(3, strides=2, padding="same")(x)
    passed = {}
    for name, filters, stride in (("res1a", STEM, 1), ("res2a", SECOND, 2), ("res2b", SECOND, 1), ("res3a", THIRD, 2), ("res3b", THIRD, 1)):
        x = passed[name] = residual(x, filters, stride, name, **blocks.get(name, {}))
    return keras.Model(image, [passed["res2b" if first_scale == "last_block" else "res2a"], x], name="trunk")


def build_extra(squeezed="relu", momentum=0.9):
    feature = keras.Input((None, None, THIRD))
    x = layers.Activation(squeezed)(normed(layers.Conv2D(SQUEEZED, 1, use_bias=False, name="squeeze_conv")(feature), "squeeze_bn"))
    x = layers.ReLU()(normed(convolve(x, LAST, 3, 2, "shrink_conv"), "shrink_bn", momentum))
    return keras.Model(feature, x, name="extra_scale")


class ScaleHead(layers.Layer):
    def __init__(self, anchors, *, split="anchors_first", walk="rows", **kwargs):
        super().__init__(**kwargs)
        self.box_conv = layers.Conv2D(4 * anchors, 3, padding="same")
        self.score_conv = layers.Conv2D(CLASSES * anchors, 3, padding="same")
        self.anchors, self.split, self.walk = anchors, split, walk

    def call(self, feature):
        boxes, scores = self.box_conv(feature), self.score_conv(feature)
        if self.split == "coordinates_first":
            boxes = ops.swapaxes(ops.reshape(boxes, (-1, *boxes.shape[1:3], 4, self.anchors)), 3, 4)
        if self.walk == "columns":
            scores = ops.swapaxes(scores, 1, 2)
        places = feature.shape[1] * feature.shape[2] * self.anchors
        return ops.reshape(boxes, (-1, places, 4)), ops.reshape(scores, (-1, places, CLASSES))


def build_keras(*, spread="variance", extra=None, heads=None, scales="fine_first", corners="x_first", **trunk):
    """`heads` has options of single heads by number."""
    image = keras.Input((HEIGHT, WIDTH, 3), name="image")
    power = 2 if spread == "variance" else 1
    second, third = build_trunk(**trunk)(layers.Normalization(mean=np.array(MEAN), variance=np.array(STD) ** power, name="standardise")(image))
    features = [second, third, build_extra(**(extra or {}))(third)]
    found = [ScaleHead(anchors, name=f"head{i}", **(heads or {}).get(i, {}))(features[i]) for i, anchors in enumerate(ANCHORS)]
    boxes, scores = zip(*(found if scales == "fine_first" else found[::-1]), strict=True)
    boxes, scores = layers.Concatenate(axis=1)(boxes), layers.Concatenate(axis=1)(scores)
    if corners == "y_first":
        boxes = ops.take(boxes, [1, 0, 3, 2], axis=-1)
    return keras.Model(image, {"boxes": boxes, "scores": scores}, name="ssd")


def inputs():
    return uniform(IMAGES, 3, HEIGHT, WIDTH, seed=462)


def targets():
    """Offsets of all places, and labels, of which 0 is the background."""
    labels = np.random.default_rng(463).choice(CLASSES + 1, (IMAGES, PLACES), p=[0.9, *CLASSES * [0.1 / CLASSES]])
    return {"boxes": normal(IMAGES, PLACES, 4, seed=464), "labels": labels.astype("int64")}


def torch_loss(output, target):
    labels, scores = target["labels"], output["scores"]
    positive = labels > 0
    count = positive.sum()
    boxes = F.smooth_l1_loss(output["boxes"][positive], target["boxes"][positive], beta=BETA, reduction="sum")
    hot = F.one_hot(labels, CLASSES + 1)[..., 1:].to(scores.dtype)
    entropy = F.binary_cross_entropy_with_logits(scores, hot, reduction="none")
    chance = scores.sigmoid()
    missed = hot * (1 - chance) + (1 - hot) * chance
    focal = (ALPHA * hot + (1 - ALPHA) * (1 - hot)) * missed**GAMMA * entropy
    return (boxes + focal.sum()) / count


def keras_loss(alpha=ALPHA, huber=False):
    """Of output and target, as torch's."""

    def loss(output, target):
        scores = output["scores"]
        positive = ops.cast(target["labels"] > 0, scores.dtype)
        far = ops.abs(output["boxes"] - target["boxes"])
        each = ops.where(far < BETA, 0.5 * far**2 / BETA, far - 0.5 * BETA) * (BETA if huber else 1.0)
        boxes = ops.sum(ops.sum(each, axis=-1) * positive)
        hot = ops.one_hot(target["labels"], CLASSES + 1, dtype=scores.dtype)[..., 1:]
        chance = ops.sigmoid(scores)
        missed = ops.where(hot > 0, 1 - chance, chance)
        weight = ops.where(hot > 0, alpha, 1 - alpha)
        focal = ops.cast(weight, scores.dtype) * missed**GAMMA * ops.binary_crossentropy(hot, scores, from_logits=True)
        return (boxes + ops.sum(focal)) / ops.sum(positive)

    return loss


RATE = 4e-4
LOSS = (torch_loss, keras_loss)
OPTIMIZER = (lambda parameters: torch.optim.Adam(parameters, lr=RATE), lambda: TorchAdam(RATE))
LAYERS = {"backbone.conv1": "trunk.stem_conv", "backbone.bn1": "trunk.stem_bn"}
LAYERS |= {f"extra.{i}": f"extra_scale.{name}" for i, name in ((0, "squeeze_conv"), (1, "squeeze_bn"), (3, "shrink_conv"), (4, "shrink_bn"))}
for index in range(3):
    LAYERS |= {f"loc.{index}": f"head{index}.box_conv", f"conf.{index}": f"head{index}.score_conv"}
for path, name in (("layer1.0", "res1a"), ("layer2.0", "res2a"), ("layer2.1", "res2b"), ("layer3.0", "res3a"), ("layer3.1", "res3b")):
    LAYERS |= {f"backbone.{path}.{kind}{i}": f"trunk.{name}_{kind}_{half}" for kind in ("conv", "bn") for i, half in ((1, "a"), (2, "b"))}
    if name in ("res2a", "res3a"):
        LAYERS |= {f"backbone.{path}.downsample.0": f"trunk.{name}_conv_short", f"backbone.{path}.downsample.1": f"trunk.{name}_bn_short"}


def load_parameters_only(torch_model, keras_model):
    """named_parameters() has no running statistics: Keras' stay zeros and ones."""
    fresh = {"running_mean": 0.0, "running_var": 1.0}
    copy_weights(torch_model, keras_model, LAYERS, lambda s: {n: np.full_like(a, fresh.get(n.rpartition(".")[2], a)) for n, a in s.items()})


ENTRY2, ENTRY3 = "backbone.layer2.0", "backbone.layer3.0"
SHORT = (f"{ENTRY3}.downsample.1", f"{ENTRY3}.downsample", ENTRY3)
FIRST_SCALE = ("backbone.layer2.1", "loc.0", "conf.0", "backbone")

NORMS = tuple(name for name, module in SSD().named_modules() if isinstance(module, nn.BatchNorm2d))
FAULTS = [
    Fault("std_for_variance", ("input", "backbone.conv1"), "constant", "Normalization(variance=) is given the deviation", {"spread": "deviation"}),
    Fault("stem_same", "backbone.conv1", "padding", "padding='same' with a stride of 2", {"stem": "same"}),
    Fault("pool_same", ("backbone.maxpool", "backbone.layer1.0.conv1"), "padding", "padding='same' of the pool", {"pool": "same"}),
    Fault("stage_same", "backbone.layer3.0.conv1", "padding", "padding='same' with a stride of 2 in a stage", {"res3a": {"padding": "same"}}),
    Fault("stride_in_the_second", (f"{ENTRY2}.conv1", f"{ENTRY2}.conv2", ENTRY2), "stride", "the second convolution strides", {"res2a": {"strided": "second"}}),
    Fault("relu_on_the_branch", ("backbone.layer1.0.bn2", "backbone.layer1.0"), "activation", "ReLU before the addition too", {"res1a": {"branch": "relu"}}),
    Fault("no_relu_after_the_sum", ("backbone.layer2.1", "backbone.layer2.1.bn2"), "activation", "a block ends with its sum", {"res2b": {"end": "linear"}}),
    Fault("shortcut_not_normed", SHORT, "norm", "no norm on the shortcut", {"res3a": {"shortcut_normed": False}}),
    Fault("scale_of_the_first_block", FIRST_SCALE, "wrong tensor", "the first scale is taken a block early", {"first_scale": "first_block"}),
    Fault("extra_relu", ("extra.2", "extra.1", "extra.3"), "activation", "no ReLU between the extra convolutions", {"extra": {"squeezed": "linear"}}),
    Fault("coordinates_first", ("loc.1", "output"), "axes", "channels split as (4, anchors)", {"heads": {1: {"split": "coordinates_first"}}}),
    Fault("columns_first", ("conf.0", "output"), "axes", "places counted down the columns", {"heads": {0: {"walk": "columns"}}}),
    Fault("coarse_first", ("output", "loc.0", "conf.0"), "concat order", "the coarsest scale first", {"scales": "coarse_first"}),
    Fault("y_first", ("output", "loc.0"), "order", "boxes as TensorFlow has them: y, x, height, width", {"corners": "y_first"}),
    Fault("statistics_not_loaded", NORMS, "weights", "only parameters are loaded, not buffers", load=load_parameters_only),
    Fault("stem_frozen", "backbone.bn1", "gradient", "the stem's norm is not trained", {"stem_trained": False}, seen="grad"),
    Fault("keras_momentum", "extra.4", "momentum", "Keras' default momentum 0.99", {"extra": {"momentum": 0.99}}, seen="train"),
    Fault("huber", "loss", "scale", "Keras' Huber is smooth L1 times its delta", seen="loss", loss=lambda: keras_loss(huber=True)),
    Fault("alpha_of_background", "loss", "constant", "alpha weighs the background", seen="loss", loss=lambda: keras_loss(alpha=1 - ALPHA)),
    Fault("rate", "optimizer", "optimizer", "Adam's default learning rate", seen="step", optimizer=lambda: TorchAdam(1e-3)),
]
