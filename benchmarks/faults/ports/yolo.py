"""A small YOLO: split bottlenecks, chained max-pools, a neck down and up again, three anchors at two strides; loss of GIoU, objectness and classes; nested."""

from functools import partial

import keras
import numpy as np
import torch
from keras import layers, ops
from torch import nn
from torch.nn import functional as F

from benchmarks.faults.building import as_trained, tokens, uniform
from benchmarks.faults.own import CoupledSGD, UnbiasedNorm
from benchmarks.faults.port import Fault
from benchmarks.faults.weights import copy_weights

BATCH, HEIGHT, WIDTH, CLASSES = 3, 32, 48, 4
STRIDES, LEVELS = (4, 8), ((8, 12), (4, 6))
ANCHORS = np.array([[[5, 4], [3, 7], [8, 6]], [[12, 9], [10, 18], [25, 15]]], "float32")  # width and height in pixels
KINDS, NUMBERS = ANCHORS.shape[1], 5 + CLASSES
PLACES = KINDS * sum(height * width for height, width in LEVELS)
BOX, OBJECT, CLASS, EPSILON = 0.5, 1.0, 0.7, 1e-3


class Conv(nn.Module):
    def __init__(self, inside, outside, kernel=1, stride=1):
        super().__init__()
        self.conv = nn.Conv2d(inside, outside, kernel, stride, (kernel - 1) // 2, bias=False)
        self.bn = nn.BatchNorm2d(outside, eps=EPSILON, momentum=0.03)
        self.act = nn.SiLU()
        nn.init.kaiming_normal_(self.conv.weight)

    def forward(self, x):
        return self.act(self.bn(self.conv(x)))


class C2f(nn.Module):
    def __init__(self, inside, outside, count=1, shortcut=True):
        super().__init__()
        half, self.shortcut = outside // 2, shortcut
        self.cv1, self.cv2 = Conv(inside, 2 * half), Conv((2 + count) * half, outside)
        self.m = nn.ModuleList(nn.Sequential(Conv(half, half, 3), Conv(half, half, 3)) for _ in range(count))

    def forward(self, x):
        y = list(self.cv1(x).chunk(2, 1))
        for pair in self.m:
            y.append(y[-1] + pair(y[-1]) if self.shortcut else pair(y[-1]))
        return self.cv2(torch.cat(y, 1))


class SPPF(nn.Module):
    def __init__(self, inside, outside):
        super().__init__()
        self.cv1, self.cv2, self.pool = Conv(inside, inside // 2), Conv(inside // 2 * 4, outside), nn.MaxPool2d(3, 1, 1)

    def forward(self, x):
        y = [self.cv1(x)]
        y.extend(self.pool(y[-1]) for _ in range(3))
        return self.cv2(torch.cat(y, 1))


class Detect(nn.Module):
    def __init__(self):
        super().__init__()
        self.m = nn.ModuleList(nn.Conv2d(filters, KINDS * NUMBERS, 1) for filters in (8, 12))
        self.register_buffer("anchors", torch.from_numpy(ANCHORS.copy()))

    def forward(self, features):
        boxes, scores = [], []
        for x, conv, stride, anchors in zip(features, self.m, STRIDES, self.anchors, strict=True):
            batch, _, height, width = x.shape
            y = conv(x).view(batch, KINDS, NUMBERS, height, width).permute(0, 1, 3, 4, 2)
            rows, columns = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
            xy, wh = y[..., :4].sigmoid().chunk(2, -1)
            middles = (xy * 2 - 0.5 + torch.stack([columns, rows], -1)) * stride
            boxes.append(torch.cat([middles, (wh * 2) ** 2 * anchors[:, None, None]], -1).reshape(batch, -1, 4))
            scores.append(y[..., 4:].reshape(batch, -1, 1 + CLASSES))
        return {"boxes": torch.cat(boxes, 1), "scores": torch.cat(scores, 1)}


class Yolo(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem, self.down1, self.csp1 = Conv(3, 6, 6, 2), Conv(6, 8, 3, 2), C2f(8, 8)
        self.down2, self.csp2, self.sppf = Conv(8, 12, 3, 2), C2f(12, 12, 2), SPPF(12, 10)
        self.reduce, self.up, self.csp_up = Conv(10, 10), nn.Upsample(scale_factor=2, mode="nearest"), C2f(18, 8, shortcut=False)
        self.down3, self.csp_down, self.head = Conv(8, 6, 3, 2), C2f(16, 12, shortcut=False), Detect()

    def forward(self, images):
        p3 = self.csp1(self.down1(self.stem(images)))
        p4 = self.reduce(self.sppf(self.csp2(self.down2(p3))))
        fine = self.csp_up(torch.cat([self.up(p4), p3], 1))
        return self.head([fine, self.csp_down(torch.cat([self.down3(fine), p4], 1))])


def build_torch():
    return as_trained(Yolo, seed=811)


class Unit(layers.Layer):
    def __init__(self, filters, kernel=1, strides=1, *, padding="even", act="silu", momentum=0.97, **kwargs):
        super().__init__(**kwargs)
        self.edge = layers.ZeroPadding2D((kernel - 1) // 2 if padding == "even" else 0)
        self.kernels = layers.Conv2D(filters, kernel, strides, padding="valid" if padding == "even" else padding, use_bias=False)
        self.norm = UnbiasedNorm(momentum=momentum, epsilon=EPSILON)
        self.act = layers.Activation("silu") if act == "silu" else layers.LeakyReLU(0.1)

    def call(self, x, training=None):
        return self.act(self.norm(self.kernels(self.edge(x)), training=training))


class CrossStage(layers.Layer):
    def __init__(self, filters, count=1, *, shortcut=True, half="second", chain="chained", momentum=0.97, **kwargs):
        super().__init__(**kwargs)
        self.enter, self.leave = Unit(filters, momentum=momentum), Unit(filters)
        self.pairs = [[Unit(filters // 2, 3), Unit(filters // 2, 3)] for _ in range(count)]
        self.shortcut, self.half, self.chain = shortcut, half, chain

    def call(self, x, training=None):
        parts = ops.split(self.enter(x, training=training), 2, axis=-1)
        start = x = parts[1] if self.half == "second" else parts[0]
        for one, two in self.pairs:
            given = x if self.chain == "chained" else start
            y = two(one(given, training=training), training=training)
            x = given + y if self.shortcut else y
            parts.append(x)
        return self.leave(ops.concatenate(parts, axis=-1), training=training)


def make_trunk(padding="even", act="silu", half="second", bottlenecks="chained", pools="chained", edge="same", momentum=0.97):
    image = keras.Input((HEIGHT, WIDTH, 3))
    fine = CrossStage(8, half=half, name="stage_a")(Unit(8, 3, 2, name="shrink_a")(Unit(6, 6, 2, name="begin")(image)))
    x = Unit(12, 3, 2, padding=padding, act=act, name="shrink_b")(fine)
    x = CrossStage(12, 2, chain=bottlenecks, momentum=momentum, name="stage_b")(x)
    parts = [Unit(6, name="pool_in")(x)]
    for index in (0, 1, 2) if pools == "chained" else (0, 0, 0):
        x = parts[index] if edge == "same" else layers.ZeroPadding2D(1)(parts[index])
        parts.append(layers.MaxPooling2D(3, 1, padding="same" if edge == "same" else "valid")(x))
    return keras.Model(image, [fine, Unit(10, name="pool_out")(layers.Concatenate()(parts))], name="trunk")


def make_neck(up="nearest", joined="raised_first", lateral="thin", shortcut=False, detach=False):
    fine, coarse = keras.Input((*LEVELS[0], 8)), keras.Input((*LEVELS[1], 10))
    thin = Unit(10, name="thin")(coarse)
    raised, side = layers.UpSampling2D(2, interpolation=up)(thin), ops.stop_gradient(fine) if detach else fine
    low = CrossStage(8, shortcut=False, name="stage_up")(layers.Concatenate()([raised, side] if joined == "raised_first" else [side, raised]))
    sunk = Unit(6, 3, 2, name="sink")(low)
    high = CrossStage(12, shortcut=shortcut, name="stage_down")(layers.Concatenate()([sunk, thin if lateral == "thin" else coarse]))
    return keras.Model([fine, coarse], [low, high], name="neck")


def decoded(raw, index, centers="wide", anchors=(0, 1), places="by_anchor"):
    """Boxes and scores of one level, places by anchors, then rows, then columns."""
    height, width = LEVELS[index]
    raw = layers.Reshape((height, width, KINDS, NUMBERS))(raw)
    grid = np.stack(np.meshgrid(np.arange(width), np.arange(height)), -1)[:, :, None].astype("float32")
    xy, wh = ops.split(ops.sigmoid(raw[..., :4]), 2, axis=-1)
    middles = ((xy * 2 - 0.5 if centers == "wide" else xy) + grid) * STRIDES[index]
    whole = ops.concatenate([middles, ops.square(wh * 2) * ANCHORS[anchors[index]], raw[..., 4:]], axis=-1)
    return layers.Reshape((-1, NUMBERS))(ops.transpose(whole, (0, 3, 1, 2, 4)) if places == "by_anchor" else whole)


def build_keras(*, trunk=None, neck=None, head=None):
    image = keras.Input((HEIGHT, WIDTH, 3), name="image")
    levels = make_neck(**(neck or {}))(make_trunk(**(trunk or {}))(image))
    found = [decoded(layers.Conv2D(KINDS * NUMBERS, 1, name=f"answer_{index}")(x), index, **(head or {})) for index, x in enumerate(levels)]
    boxes, scores = ops.split(layers.Concatenate(axis=1)(found), [4], axis=-1)
    return keras.Model(image, {"boxes": boxes, "scores": scores})


def inputs():
    return uniform(BATCH, 3, HEIGHT, WIDTH, seed=812)


def targets():
    """For every place the middle and size of a box, and a class: -1 is nothing, as most are."""
    boxes = uniform(BATCH, PLACES, 4, seed=813) * [WIDTH, HEIGHT, 24, 18] + [0, 0, 6, 4]
    return np.concatenate([boxes, tokens(BATCH, PLACES, 1, below=CLASSES, lowest=-12, seed=814).clip(min=-1)], -1).astype("float32")


def giou(a, b):
    first, last = [t[..., :2] - t[..., 2:] / 2 for t in (a, b)], [t[..., :2] + t[..., 2:] / 2 for t in (a, b)]
    inter = (torch.minimum(*last) - torch.maximum(*first)).clamp(min=0).prod(-1)
    union = a[..., 2:].prod(-1) + b[..., 2:].prod(-1) - inter
    around = (torch.maximum(*last) - torch.minimum(*first)).prod(-1)
    return inter / union - (around - union) / around


def torch_loss(output, target):
    scores, found = output["scores"], target[..., 4] >= 0
    alike = giou(output["boxes"][found], target[..., :4][found])
    objects = torch.zeros_like(scores[..., 0]).masked_scatter(found, alike.detach().clamp(min=0))
    classes = F.binary_cross_entropy_with_logits(scores[..., 1:][found], F.one_hot(target[..., 4][found].long(), CLASSES).to(scores))
    return BOX * (1 - alike).mean() + OBJECT * F.binary_cross_entropy_with_logits(scores[..., 0], objects) + CLASS * classes


def keras_loss(output, target, detach=True, classes_of="objects"):
    (x, y, w, h), (u, v, s, t, kind) = ops.unstack(output["boxes"], axis=-1), ops.unstack(target, axis=-1)
    left, right, under, over, begin, end, low, high = x - w / 2, x + w / 2, y - h / 2, y + h / 2, u - s / 2, u + s / 2, v - t / 2, v + t / 2
    inter = ops.relu(ops.minimum(right, end) - ops.maximum(left, begin)) * ops.relu(ops.minimum(over, high) - ops.maximum(under, low))
    around = (ops.maximum(right, end) - ops.minimum(left, begin)) * (ops.maximum(over, high) - ops.minimum(under, low))
    union = w * h + s * t - inter
    alike, scores = inter / union - 1 + union / around, output["scores"]
    found = ops.cast(kind >= 0, alike.dtype)
    objects = ops.relu(ops.stop_gradient(alike) if detach else alike) * found
    objectness = ops.mean(ops.binary_crossentropy(objects, scores[..., 0], from_logits=True))
    hot = ops.one_hot(ops.cast(kind, "int32"), CLASSES, dtype=alike.dtype)
    each = ops.mean(ops.binary_crossentropy(hot, scores[..., 1:], from_logits=True), axis=-1)
    classes = ops.mean(each) if classes_of == "all" else ops.sum(each * found) / ops.sum(found)
    return BOX * ops.sum((1 - alike) * found) / ops.sum(found) + OBJECT * objectness + CLASS * classes


SGD = partial(CoupledSGD, 0.01, momentum=0.937, nesterov=True, decay=0.02)
LOSS = (torch_loss, lambda: keras_loss)
OPTIMIZER = (lambda parameters: torch.optim.SGD(parameters, lr=0.01, momentum=0.937, nesterov=True, weight_decay=0.02), SGD)
LAYERS = {"head.m.0": "answer_0", "head.m.1": "answer_1"}
UNITS = {"stem": "trunk.begin", "down1": "trunk.shrink_a", "down2": "trunk.shrink_b", "reduce": "neck.thin", "down3": "neck.sink"}
UNITS |= {"sppf.cv1": "trunk.pool_in", "sppf.cv2": "trunk.pool_out"}
STAGES = {"csp1": "trunk.stage_a", "csp2": "trunk.stage_b", "csp_up": "neck.stage_up", "csp_down": "neck.stage_down"}
for path, name in STAGES.items():
    UNITS |= {f"{path}.cv1": f"{name}.enter", f"{path}.cv2": f"{name}.leave"}
    UNITS |= {f"{path}.m.{i}.{j}": f"{name}.pairs.{i}.{j}" for i in range(1 + (path == "csp2")) for j in range(2)}
for path, name in UNITS.items():
    LAYERS |= {f"{path}.conv": f"{name}.kernels", f"{path}.bn": f"{name}.norm"}


def load_beta_for_gamma(torch_model, keras_model):
    """The arrays of a norm given to set_weights with the bias first."""
    other = {"csp_up.cv1.bn.weight": "csp_up.cv1.bn.bias", "csp_up.cv1.bn.bias": "csp_up.cv1.bn.weight"}
    copy_weights(torch_model, keras_model, LAYERS, lambda s: {name: s[other.get(name, name)] for name in s})


def entry(path, first="cv1"):
    """A stage, its first unit and the convolution in it: what takes a concatenation."""
    return (path, f"{path}.{first}", f"{path}.{first}.conv")


POOLS = ("sppf.pool", "sppf", "sppf.cv2", "sppf.cv2.conv")
FAULTS = [
    Fault("pixels_centred", "input", "range", "images from -1 to 1 where torch's are from 0 to 1", keras_inputs=lambda x: np.moveaxis(x, 1, -1) * 2 - 1),
    Fault("same_under_stride", ("down2.conv", "down2"), "padding", "'same' pads an even size at its end only", {"trunk": {"padding": "same"}}),
    Fault("leaky", ("down2.act", "down2"), "activation", "YOLOv3's leaky ReLU for SiLU", {"trunk": {"act": "leaky"}}),
    Fault("first_half", ("csp1", "csp1.cv1", *entry("csp1.m.0", "0")), "wrong tensor", "the bottleneck on the first half", {"trunk": {"half": "first"}}),
    Fault("not_chained", ("csp2", *entry("csp2.m.1", "0")), "wrong tensor", "every bottleneck is given the same half", {"trunk": {"bottlenecks": "beside"}}),
    Fault("pools_beside", POOLS, "wrong tensor", "three times the same pool, none of another", {"trunk": {"pools": "beside"}}),
    Fault("zeros_pooled", POOLS, "padding", "zeros around what is pooled, below which SiLU goes", {"trunk": {"edge": "zeros"}}),
    Fault("bilinear", ("up", *entry("csp_up")), "interpolation", "bilinear upsampling", {"neck": {"up": "bilinear"}}),
    Fault("side_first", entry("csp_up"), "concat order", "the backbone's features before the raised ones", {"neck": {"joined": "side_first"}}),
    Fault("not_reduced", (*entry("csp_down"), "reduce"), "wrong tensor", "joined again without the reduction", {"neck": {"lateral": "coarse"}}),
    Fault("shortcut_in_neck", ("csp_down.m.0", "csp_down"), "residual", "a shortcut where the neck has none", {"neck": {"shortcut": True}}),
    Fault("narrow_centers", ("head", "output"), "constant", "YOLOv3's middles: sigmoid plus the cell's corner", {"head": {"centers": "narrow"}}),
    Fault("anchors_turned", ("head", "output"), "order", "the coarse level's anchors on the fine one", {"head": {"anchors": (1, 0)}}),
    Fault("anchors_inside", ("head", "output", "head.m.0", "head.m.1"), "permute", "rows, columns, then anchors", {"head": {"places": "by_place"}}),
    Fault("beta_for_gamma", ("csp_up.cv1.bn", "csp_up.cv1"), "weights", "a norm's bias and weight exchanged", load=load_beta_for_gamma),
    Fault("side_detached", (*entry("csp_up"), "csp1"), "gradient", "stop_gradient from neck to backbone", {"neck": {"detach": True}}, seen="grad"),
    Fault("momentum", "csp2.cv1.bn", "momentum", "torch's 0.03 taken for Keras' momentum", {"trunk": {"momentum": 0.03}}, seen="train"),
    Fault("target_trained", "loss", "gradient", "gradients through objectness' target", seen="loss", loss=lambda: partial(keras_loss, detach=False)),
    Fault("classes_everywhere", "loss", "mask", "class BCE where nothing is, too", seen="loss", loss=lambda: partial(keras_loss, classes_of="all")),
    Fault("momentum_plain", "optimizer", "optimizer", "momentum without Nesterov", seen="step", optimizer=partial(SGD, nesterov=False)),
]
