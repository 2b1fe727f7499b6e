"""A detection head over a small feature pyramid; outputs are a dict of boxes, class scores and centerness, anchors in one row."""

import keras
import torch
from keras import layers, ops
from torch import nn

from benchmarks.faults.building import as_trained, normal
from benchmarks.faults.port import Fault
from benchmarks.faults.weights import copy_weights


class Head(nn.Module):
    def __init__(self):
        super().__init__()
        self.shared = nn.Conv2d(8, 8, 3, padding=1)
        self.norm = nn.GroupNorm(2, 8)
        self.cls = nn.Conv2d(8, 6, 3, padding=1)
        self.box = nn.Conv2d(8, 8, 3, padding=1)
        self.center = nn.Conv2d(8, 2, 1)

    def forward(self, x):
        x = torch.relu(self.norm(self.shared(x)))
        flat = [y.permute(0, 2, 3, 1).reshape(len(x), -1, n) for y, n in ((self.cls(x), 3), (self.box(x), 4), (self.center(x), 1))]
        return flat[0], torch.exp(flat[1].clamp(max=2.0)), flat[2].sigmoid()


class Detector(nn.Module):
    def __init__(self):
        super().__init__()
        self.c3 = nn.Conv2d(3, 8, 3, stride=2, padding=1)
        self.c4 = nn.Conv2d(8, 10, 3, stride=2, padding=1)
        self.lateral3 = nn.Conv2d(8, 8, 1)
        self.lateral4 = nn.Conv2d(10, 8, 1)
        self.smooth = nn.Conv2d(8, 8, 3, padding=1)
        self.head = Head()
        self.scales = nn.Parameter(torch.tensor([1.25, 0.75]))

    def forward(self, x):
        c3 = torch.relu(self.c3(x))
        c4 = torch.relu(self.c4(c3))
        p4 = self.lateral4(c4)
        p3 = self.smooth(self.lateral3(c3) + nn.functional.interpolate(p4, scale_factor=2, mode="nearest"))
        scores, boxes, centers = zip(*(self.head(p) for p in (p3, p4)), strict=True)
        boxes = [box * scale * stride for box, scale, stride in zip(boxes, self.scales, (2, 4), strict=True)]
        return {"scores": torch.cat(scores, 1).sigmoid(), "boxes": torch.cat(boxes, 1), "centerness": torch.cat(centers, 1)}


def build_torch():
    return as_trained(Detector, seed=20)


class Pyramid(keras.Model):
    def __init__(
        self,
        *,
        up="nearest",
        merge="add",
        order=(3, 4),
        strides=(2, 4),
        scores="sigmoid",
        boxes="exp",
        clamp=2.0,
        anchors="right",
        axes="right",
        center="sigmoid",
        backbone="relu",
        groups=2,
        head_relu=True,
        smooth=True,
        scales=True,
        padding="padded",
        top_relu="relu",
        centers=1,
    ):
        super().__init__()
        pad = {"padding": "same"} if padding == "same" else {}
        self.pad = layers.Identity() if padding == "same" else layers.ZeroPadding2D(1)
        self.stage3 = layers.Conv2D(8, 3, strides=2, activation=backbone, **pad)
        self.stage4 = layers.Conv2D(10, 3, strides=2, activation=top_relu, **pad)
        self.side3, self.side4 = layers.Conv2D(8, 1), layers.Conv2D(8, 1)
        self.up = layers.UpSampling2D(2, interpolation=up)
        self.smooth = layers.Conv2D(8, 3, padding="same") if smooth else None
        self.tower = layers.Conv2D(8, 3, padding="same")
        self.tower_norm = layers.GroupNormalization(groups, epsilon=1e-5)
        self.to_scores, self.to_boxes = layers.Conv2D(6, 3, padding="same"), layers.Conv2D(8, 3, padding="same")
        self.to_center = layers.Conv2D(2, 1)
        self.to_center_above = layers.Conv2D(2, 1) if centers == 2 else self.to_center
        self.scales = self.add_weight(shape=(2,), name="scales")
        self.merge, self.order, self.strides, self.scores, self.boxes = merge, order, strides, scores, boxes
        self.clamp, self.anchors, self.axes, self.center, self.head_relu, self.scaled = clamp, anchors, axes, center, head_relu, scales

    def flat(self, x, size):
        if self.axes == "turned":
            x = ops.transpose(x, (0, 2, 1, 3))
        elif self.axes == "channels_first":
            x = ops.transpose(x, (0, 3, 1, 2))
        elif self.axes == "anchors_first":
            _, h, w, c = x.shape
            return ops.reshape(ops.transpose(ops.reshape(x, (-1, h * w, c // size, size)), (0, 2, 1, 3)), (-1, h * w * c // size, size))
        return ops.reshape(x, (ops.shape(x)[0], -1, size))

    def head(self, x, to_center):
        x = self.tower_norm(self.tower(x))
        x = ops.relu(x) if self.head_relu else x
        boxes = self.flat(self.to_boxes(x), 4)
        if self.clamp is not None:
            boxes = ops.minimum(boxes, self.clamp)
        boxes = {"exp": ops.exp, "relu": ops.relu, "softplus": ops.softplus}[self.boxes](boxes)
        center = self.flat(to_center(x), 1)
        return self.flat(self.to_scores(x), 3), boxes, ops.sigmoid(center) if self.center == "sigmoid" else center

    def call(self, image):
        c3 = self.stage3(self.pad(image))
        c4 = self.stage4(self.pad(c3))
        p4 = self.side4(c4)
        raised = self.up(p4)
        p3 = self.side3(c3) + raised if self.merge == "add" else self.side3(c3) if self.merge == "none" else ops.maximum(self.side3(c3), raised)
        p3 = self.smooth(p3) if self.smooth is not None else p3
        found = {3: self.head(p3, self.to_center), 4: self.head(p4, self.to_center_above)}
        scores = ops.concatenate([found[level][0] for level in self.order], axis=1)
        scale = {level: (self.scales[i] if self.scaled else 1.0) * self.strides[i] for i, level in enumerate((3, 4))}
        boxes = ops.concatenate([found[level][1] * scale[level] for level in self.order], axis=1)
        ends = {"sigmoid": ops.sigmoid, "softmax": ops.softmax, "none": lambda x: x}
        centerness = ops.concatenate([found[level][2] for level in self.order], axis=1)
        return {"boxes": boxes, "scores": ends[self.scores](scores), "centerness": centerness}


build_keras = Pyramid


def inputs():
    return normal(2, 3, 16, 24, seed=21)


LAYERS = {
    "c3": "stage3",
    "c4": "stage4",
    "lateral3": "side3",
    "lateral4": "side4",
    "smooth": "smooth",
    "head.shared": "tower",
    "head.norm": "tower_norm",
    "head.cls": "to_scores",
    "head.box": "to_boxes",
    "head.center": "to_center",
    "scales": "scales",
}


def load_boxes_reordered(torch_model, keras_model):
    """The channels of the boxes taken as (4, anchors), not (anchors, 4)."""

    def change(state):
        order = [0, 2, 4, 6, 1, 3, 5, 7]
        return {name: array[order] if name.startswith("head.box") else array for name, array in state.items()}

    copy_weights(torch_model, keras_model, LAYERS, change)


MERGE = ("smooth", "lateral3", "lateral4")


def load_into_both(torch_model, keras_model):
    copy_weights(torch_model, keras_model, LAYERS)
    keras_model.to_center_above.set_weights(keras_model.to_center.get_weights())


HEAD = ("head", "head.cls", "head.box", "head.center", "output")
FAULTS = [
    Fault("up_bilinear", MERGE, "interpolation", "bilinear for nearest", {"up": "bilinear"}),
    Fault("not_merged", MERGE, "residual", "the upper level is not added", {"merge": "none"}),
    Fault("merged_by_maximum", MERGE, "order", "the maximum of both levels, not their sum", {"merge": "max"}),
    Fault("levels_swapped", "output", "concat order", "the upper level first", {"order": (4, 3)}),
    Fault("strides_swapped", ("output", "scales", "head.box"), "scale", "boxes times the other level's stride", {"strides": (4, 2)}),
    Fault("softmax_for_sigmoid", ("output", "head.cls"), "output", "softmax over classes for sigmoids", {"scores": "softmax"}),
    Fault("raw_scores", ("output", "head.cls"), "output", "scores without the sigmoid", {"scores": "none"}),
    Fault("boxes_relu", ("head.box", "output"), "activation", "ReLU on the boxes for exp", {"boxes": "relu"}),
    Fault("boxes_softplus", ("head.box", "output"), "activation", "softplus on the boxes for exp", {"boxes": "softplus"}),
    Fault("clamp_low", ("head.box", "output"), "clamp", "boxes clamped at 0.5, not 2", {"clamp": 0.5}),
    Fault("turned", ("head", "head.cls", "head.box", "head.center", "output"), "axes", "height and width swapped before flattening", {"axes": "turned"}),
    Fault("channels_first", HEAD, "axes", "moved to channels first before flattening", {"axes": "channels_first"}),
    Fault("anchors_first", HEAD, "axes", "all places of one anchor first", {"axes": "anchors_first"}),
    Fault("raw_centerness", ("head.center", "output"), "output", "centerness without the sigmoid", {"center": "none"}),
    Fault("backbone_relu", ("c3", "c4"), "activation", "no ReLU after the first stage", {"backbone": None}),
    Fault("top_relu", ("c4", "lateral4"), "activation", "no ReLU after the second stage", {"top_relu": None}),
    Fault("groups", "head.norm", "groups", "four groups for two", {"groups": 4}),
    Fault("head_relu", ("head.norm", "head.cls", "head.box"), "activation", "no ReLU in the head", {"head_relu": False}),
    Fault("not_smoothed", ("smooth", "head.shared"), "layer", "the smoothing convolution is missing", {"smooth": False}),
    Fault("same_under_stride", ("c3", "c4"), "padding", "'same' under stride", {"padding": "same"}),
    Fault("scales_forgotten", ("scales", "output", "head.box"), "scale", "the learned scales are not applied", {"scales": False}),
    Fault(
        "layer_per_level",
        "head.center",
        "sharing",
        "a layer that torch shares between levels made once per level: outputs agree, gradients do not",
        {"centers": 2},
        seen="grad",
        load=load_into_both,
    ),
    Fault("boxes_reordered", "head.box", "weights", "box channels loaded as (4, anchors)", load=load_boxes_reordered),
]
