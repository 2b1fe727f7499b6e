"""A feature pyramid over a strided backbone with BatchNorm, one head for three levels, boxes decoded against anchors by exp; trained by a focal loss.

The port is functional: backbone, pyramid and head are models in a model, anchors are constants.
"""

import keras
import numpy as np
import torch
from keras import layers, ops
from torch import nn
from torch.nn import functional as F

from benchmarks.faults.building import as_trained, normal, tokens, uniform
from benchmarks.faults.own import CoupledSGD, UnbiasedNorm
from benchmarks.faults.port import Fault
from benchmarks.faults.weights import copy_weights

BATCH, HEIGHT, WIDTH, CLASSES = 3, 20, 28, 5
FILTERS, DEPTH, STRIDES, LEVELS = (6, 10, 12), 8, (2, 4, 8), ((10, 14), (5, 7), (3, 4))
SHAPES = np.array([[1.5, 2.25], [3.0, 1.25]], "float32")  # width and height of an anchor, in strides
PLACES = sum(height * width for height, width in LEVELS) * len(SHAPES)


class Backbone(nn.Module):
    def __init__(self):
        super().__init__()
        self.stages = nn.ModuleList(
            nn.Sequential(nn.Conv2d(inside, outside, 3, stride=2, padding=1, bias=False), nn.BatchNorm2d(outside), nn.ReLU(inplace=True))
            for inside, outside in zip((3, *FILTERS[:-1]), FILTERS, strict=True)
        )

    def forward(self, x):
        found = []
        for stage in self.stages:
            x = stage(x)
            found.append(x)
        return found


class FPN(nn.Module):
    def __init__(self):
        super().__init__()
        self.lateral = nn.ModuleList(nn.Conv2d(filters, DEPTH, 1) for filters in FILTERS)
        self.smooth = nn.ModuleList(nn.Conv2d(DEPTH, DEPTH, 3, padding=1) for _ in FILTERS)

    def forward(self, features):
        inner = self.lateral[-1](features[-1])
        found = [self.smooth[-1](inner)]
        for level in range(len(features) - 2, -1, -1):
            side = self.lateral[level](features[level])
            inner = side + F.interpolate(inner, size=side.shape[-2:], mode="nearest")
            found.insert(0, self.smooth[level](inner))
        return found


class Head(nn.Module):
    def __init__(self):
        super().__init__()
        self.tower = nn.Conv2d(DEPTH, DEPTH, 3, padding=1)
        self.cls = nn.Conv2d(DEPTH, len(SHAPES) * CLASSES, 3, padding=1)
        self.box = nn.Conv2d(DEPTH, len(SHAPES) * 4, 3, padding=1)

    def forward(self, x):
        x = F.relu(self.tower(x))
        return [y.permute(0, 2, 3, 1).reshape(len(x), -1, last) for y, last in ((self.cls(x), CLASSES), (self.box(x), 4))]


class Decode(nn.Module):
    def forward(self, deltas, height, width, stride):
        y, x = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
        centers = (torch.stack([x, y], -1).reshape(-1, 1, 2).to(deltas) + 0.5) * stride
        sizes = torch.from_numpy(SHAPES).to(deltas) * stride
        centers, sizes = (t.reshape(-1, 2) for t in torch.broadcast_tensors(centers, sizes))
        middle = centers + deltas[..., :2] * sizes
        half = deltas[..., 2:].exp() * sizes / 2
        return torch.cat([middle - half, middle + half], -1)


class Detector(nn.Module):
    def __init__(self):
        super().__init__()
        self.backbone, self.fpn, self.head, self.decode = Backbone(), FPN(), Head(), Decode()

    def forward(self, images):
        logits, boxes = [], []
        for level, stride in zip(self.fpn(self.backbone(images)), STRIDES, strict=True):
            scores, deltas = self.head(level)
            logits.append(scores)
            boxes.append(self.decode(deltas, *level.shape[-2:], stride))
        return {"logits": torch.cat(logits, 1), "boxes": torch.cat(boxes, 1)}


def build_torch():
    return as_trained(Detector, seed=421)


def stage(x, index, padding="valid", relu="last", momentum=0.9, trainable=True):
    x = x if padding == "same" else layers.ZeroPadding2D(1)(x)
    x = layers.Conv2D(FILTERS[index], 3, strides=2, padding=padding, use_bias=False, trainable=trainable, name=f"conv_{index}")(x)
    norm, activation = UnbiasedNorm(momentum=momentum, epsilon=1e-5, name=f"norm_{index}"), layers.ReLU()
    return activation(norm(x)) if relu == "last" else norm(activation(x))


def make_backbone(own):
    x = image = keras.Input((HEIGHT, WIDTH, 3))
    return keras.Model(image, [x := stage(x, index, **own.get(index, {})) for index in range(len(FILTERS))], name="backbone")


def make_pyramid(raising, down, top):
    given = [keras.Input((*size, filters)) for size, filters in zip(LEVELS, FILTERS, strict=True)]
    sides = [layers.Conv2D(DEPTH, 1, name=f"side_{index}")(x) for index, x in enumerate(given)]

    def raised(x, size):
        if raising == "resize":
            return ops.image.resize(x, size, interpolation="nearest")
        x = layers.UpSampling2D(2)(x)
        return layers.Cropping2D(((0, x.shape[1] - size[0]), (0, x.shape[2] - size[1])))(x)

    def smooth(x, index):
        return layers.Conv2D(DEPTH, 3, padding="same", name=f"smooth_{index}")(x)

    high = sides[2]
    high_out = smooth(high, 2) if top == "smooth" else high
    middle = layers.Add()([sides[1], raised(high, LEVELS[1])])
    middle_out = smooth(middle, 1)
    low = layers.Add()([sides[0], raised({"merged": middle, "smoothed": middle_out, "side": sides[1]}[down], LEVELS[0])])
    return keras.Model(given, [smooth(low, 0), middle_out, high_out], name="pyramid")


def make_head():
    level = keras.Input((None, None, DEPTH))
    x = layers.Conv2D(DEPTH, 3, padding="same", activation="relu", name="tower")(level)
    found = [layers.Conv2D(len(SHAPES) * size, 3, padding="same", name=name)(x) for size, name in ((CLASSES, "to_classes"), (4, "to_boxes"))]
    return keras.Model(level, found, name="head")


def anchors_of(level, stride, grid, offset):
    """(places, 2) middles and sizes: by rows, then columns, then anchors."""
    height, width = level
    x, y = np.meshgrid(np.arange(width), np.arange(height)) if grid == "rows" else np.meshgrid(np.arange(width), np.arange(height), indexing="ij")
    middles = np.repeat((np.stack([x.ravel(), y.ravel()], 1) + offset) * stride, len(SHAPES), axis=0)
    return middles.astype("float32"), np.tile(SHAPES * stride, (height * width, 1)).astype("float32")


def decoded(deltas, middles, sizes, exp, corners):
    middle = deltas[..., :2] * sizes + middles
    half = (ops.exp(deltas[..., 2:] * sizes) if exp == "last" else ops.exp(deltas[..., 2:]) * sizes) / 2
    first, last = middle - half, middle + half
    return ops.concatenate([first, last] if corners == "xy" else [first[..., ::-1], last[..., ::-1]], axis=-1)


def build_keras(
    *, stages=None, raising="crop", down="merged", top="smooth", levels=(0, 1, 2), channels="by_anchor", grid="rows", offset=0.5, exp="first", corners="xy"
):
    """`stages` is what a stage of the backbone has of its own."""
    image = keras.Input((HEIGHT, WIDTH, 3), name="image")
    head, logits, boxes = make_head(), [], []
    for index, level in enumerate(make_pyramid(raising, down, top)(make_backbone(stages or {})(image))):
        scores, deltas = head(level)
        if channels == "by_class":
            scores = ops.swapaxes(layers.Reshape((-1, CLASSES, len(SHAPES)))(scores), 2, 3)
        logits.append(layers.Reshape((-1, CLASSES))(scores))
        boxes.append(decoded(layers.Reshape((-1, 4))(deltas), *anchors_of(LEVELS[index], STRIDES[index], grid, offset), exp, corners))
    found = {"logits": layers.Concatenate(axis=1)([logits[i] for i in levels]), "boxes": layers.Concatenate(axis=1)([boxes[i] for i in levels])}
    return keras.Model(image, found)


def inputs():
    return normal(BATCH, 3, HEIGHT, WIDTH, seed=422)


def targets():
    """A box and a label for every anchor: -1 is ignored, 0 is nothing."""
    boxes, labels = uniform(BATCH, PLACES, 4, seed=424, high=24.0), tokens(BATCH, PLACES, 1, below=CLASSES + 1, lowest=-1, seed=423)
    return np.concatenate([boxes, labels.astype("float32")], axis=-1)


def torch_loss(output, target):
    logits, boxes, labels = output["logits"], target[..., :4], target[..., 4].long()
    hot, found = F.one_hot(labels.clamp(min=0), CLASSES + 1)[..., 1:].to(logits), labels > 0
    focal = (0.75 - 0.5 * hot) * (hot - logits.sigmoid()).abs() ** 2 * F.binary_cross_entropy_with_logits(logits, hot, reduction="none")
    regression = F.smooth_l1_loss(output["boxes"][found], boxes[found], beta=2.0, reduction="sum")
    return (focal[labels >= 0].sum() + 0.1 * regression) / found.sum()


def keras_loss(alpha=0.25):
    def loss(output, target):
        logits, labels = output["logits"], target[..., 4]
        hot = ops.one_hot(ops.cast(labels, "int32") - 1, CLASSES, dtype=logits.dtype)
        missed = ops.where(hot > 0, 1 - ops.sigmoid(logits), ops.sigmoid(logits))
        focal = ops.where(hot > 0, alpha, 1 - alpha) * missed * missed * ops.binary_crossentropy(hot, logits, from_logits=True)
        counted, found = ops.cast(labels >= 0, logits.dtype), ops.cast(labels > 0, logits.dtype)
        away = ops.abs(output["boxes"] - target[..., :4])
        regression = ops.sum(ops.where(away < 2.0, 0.25 * away * away, away - 1.0), axis=-1) * found
        return (ops.sum(ops.sum(focal, axis=-1) * counted) + 0.1 * ops.sum(regression)) / ops.sum(found)

    return loss


LOSS = (torch_loss, keras_loss)
OPTIMIZER = (lambda p: torch.optim.SGD(p, lr=0.01, momentum=0.9, weight_decay=5e-3), lambda: CoupledSGD(0.01, momentum=0.9, decay=5e-3))
LAYERS = {"head.tower": "head.tower", "head.cls": "head.to_classes", "head.box": "head.to_boxes"}
for index in range(3):
    LAYERS |= {f"backbone.stages.{index}.0": f"backbone.conv_{index}", f"backbone.stages.{index}.1": f"backbone.norm_{index}"}
    LAYERS |= {f"fpn.lateral.{index}": f"pyramid.side_{index}", f"fpn.smooth.{index}": f"pyramid.smooth_{index}"}


def load_with(change):
    return lambda torch_model, keras_model: copy_weights(torch_model, keras_model, LAYERS, change)


def kernel_turned(state):
    name = "backbone.stages.1.0.weight"
    return {**state, name: state[name].swapaxes(2, 3)}


def smooth_from_the_top(state):
    return state | {f"fpn.smooth.{index}.{name}": state[f"fpn.smooth.{2 - index}.{name}"] for index in range(3) for name in ("weight", "bias")}


def without_statistics(state):
    start = {"running_mean": np.zeros_like, "running_var": np.ones_like}
    return {name: start.get(name.rpartition(".")[2], np.asarray)(array) for name, array in state.items()}


def blue_first(images):
    return np.ascontiguousarray(np.moveaxis(images, 1, -1)[..., ::-1])


SECOND, THIRD = (tuple(f"backbone.stages.{index}{end}" for end in ends) for index, ends in ((1, (".0", "")), (2, ("", ".1", ".2", ".0"))))
NORMS = tuple(f"backbone.stages.{index}.1" for index in range(3))
FAULTS = [
    Fault("blue_first", "input", "channels", "images as OpenCV reads them", keras_inputs=blue_first),
    Fault("same_under_stride", SECOND, "padding", "'same' pads an even size at its end only", {"stages": {1: {"padding": "same"}}}),
    Fault("relu_before_norm", THIRD, "order", "ReLU, then the norm", {"stages": {2: {"relu": "first"}}}),
    Fault("resize", ("fpn", "fpn.lateral.2", "fpn.smooth.1"), "interpolation", "TensorFlow's nearest looks at centers of cells", {"raising": "resize"}),
    Fault("smoothed_goes_down", ("fpn", "fpn.smooth.1", "fpn.smooth.0"), "wrong tensor", "raised after smoothing", {"down": "smoothed"}),
    Fault("side_goes_down", ("fpn", "fpn.lateral.1", "fpn.smooth.0"), "wrong tensor", "raised before merging", {"down": "side"}),
    Fault("top_not_smoothed", ("fpn.smooth.2", "fpn"), "missing layer", "the top level goes to the head as it is", {"top": "raw"}),
    Fault("levels_from_the_top", ("output", "decode", "head.cls"), "concat order", "the coarsest level first", {"levels": (2, 1, 0)}),
    Fault("classes_first", ("head.cls", "head", "output"), "reshape", "channels read as (classes, anchors)", {"channels": "by_class"}),
    Fault("grid_by_columns", ("decode", "output"), "axes", "meshgrid with indexing='ij' of x and y", {"grid": "columns"}),
    Fault("corners_of_cells", ("decode", "output"), "constant", "anchors at the corners of cells, not at their middles", {"offset": 0.0}),
    Fault("y_before_x", ("decode", "output"), "order", "boxes as TensorFlow has them: y1, x1, y2, x2", {"corners": "yx"}),
    Fault("exp_of_product", ("decode", "head.box", "output"), "order", "exp of delta times size", {"exp": "last"}),
    Fault("kernel_turned", (*SECOND[:1], f"{SECOND[0]}.weight"), "weights", "a kernel loaded by .T: height and width swapped", load=load_with(kernel_turned)),
    Fault("smooth_from_the_top", ("fpn.smooth.0", "fpn.smooth.2"), "weights", "smooth.0 and smooth.2 exchanged", load=load_with(smooth_from_the_top)),
    Fault("statistics_not_loaded", NORMS, "weights", "parameters loaded, buffers forgotten", load=load_with(without_statistics)),
    Fault("first_frozen", "backbone.stages.0.0", "gradient", "the first convolution is frozen", {"stages": {0: {"trainable": False}}}, seen="grad"),
    Fault("momentum", NORMS[1], "momentum", "torch's momentum 0.1 is Keras' 0.9", {"stages": {1: {"momentum": 0.1}}}, seen="train"),
    Fault("alpha_turned", "loss", "constant", "0.25 for what is nothing", seen="loss", loss=lambda: keras_loss(alpha=0.75)),
    Fault("decoupled", "optimizer", "decay", "decay beside momentum", seen="step", optimizer=lambda: keras.optimizers.SGD(0.01, 0.9, weight_decay=5e-3)),
]
