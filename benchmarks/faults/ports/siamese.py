"""Triplets of images through one encoder with BatchNorm; embeddings of length one, a weighted triplet margin loss; functional in Keras, with live ops."""

import keras
import numpy as np
import torch
from keras import layers, ops
from torch import nn
from torch.nn import functional as F

from benchmarks.faults.building import as_trained, normal, uniform
from benchmarks.faults.own import CoupledSGD, UnbiasedNorm
from benchmarks.faults.port import Fault
from benchmarks.faults.weights import copy_weights

BATCH, HEIGHT, WIDTH = 5, 24, 32
NARROW, WIDE, EMBEDDING = 7, 11, 10
SLOPE, RATE, MARGIN = 0.25, 0.3, 0.4


class ConvStage(nn.Module):
    def __init__(self, inside, outside, kernel, stride):
        super().__init__()
        self.conv = nn.Conv2d(inside, outside, kernel, stride=stride, padding=kernel // 2, bias=False)
        self.norm = nn.BatchNorm2d(outside)
        self.act = nn.LeakyReLU(SLOPE)

    def forward(self, x):
        return self.act(self.norm(self.conv(x)))


class Encoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.stage1 = ConvStage(3, NARROW, 5, 2)
        self.pool = nn.MaxPool2d(3, stride=2, padding=1)
        self.stage2 = ConvStage(NARROW, NARROW, 3, 1)
        self.stage3 = ConvStage(NARROW, WIDE, 3, 2)
        self.drop = nn.Dropout(RATE)
        self.embed = nn.Linear(2 * WIDE, EMBEDDING, bias=False)
        self.neck = nn.BatchNorm1d(EMBEDDING)

    def forward(self, image):
        x = self.pool(self.stage1(image))
        x = x + self.stage2(x)
        x = self.stage3(x)
        x = self.drop(torch.cat([x.mean((2, 3)), x.amax((2, 3))], dim=1))
        return F.normalize(self.neck(self.embed(x)), dim=1)


class Siamese(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = Encoder()

    def forward(self, anchor, positive, negative):
        return self.encoder(anchor), self.encoder(positive), self.encoder(negative)


def build_torch():
    return as_trained(Siamese, seed=741)


def conv_norm_act(x, letter, filters, kernel, strides, *, padding="as_torch", order="norm_act", slope=SLOPE, epsilon=1e-5, add=None):
    """`add` is a residual that joins before the activation; keywords are the mistakes."""
    if padding == "as_torch":
        x = layers.Conv2D(filters, kernel, strides=strides, use_bias=False, name=f"conv_{letter}")(layers.ZeroPadding2D(kernel // 2)(x))
    else:
        x = layers.Conv2D(filters, kernel, strides=strides, padding=padding, use_bias=False, name=f"conv_{letter}")(x)
    norm = UnbiasedNorm(epsilon=epsilon, momentum=0.9, name=f"norm_{letter}")
    act = layers.LeakyReLU() if slope is None else layers.LeakyReLU(negative_slope=slope)
    if order == "act_norm":
        return norm(act(x))
    return act(norm(x) if add is None else norm(x) + add)


def unit(x, axis=-1):
    return x / ops.maximum(ops.sqrt(ops.sum(ops.square(x), axis=axis, keepdims=True)), 1e-12)


def tower(name, *, entry=None, middle=None, deep=None, border="lowest", residual="after", pooled="mean_first", early_unit=False, drop="pooled"):
    image = keras.Input((HEIGHT, WIDTH, 3))
    x = conv_norm_act(image, "a", NARROW, 5, 2, **(entry or {}))
    around = ((0, 0), (1, 1), (1, 1), (0, 0))
    x = layers.MaxPooling2D(3, strides=2)(ops.pad(x, around, constant_values=-np.inf if border == "lowest" else 0.0))
    y = conv_norm_act(x, "b", NARROW, 3, 1, add=x if residual == "before_activation" else None, **(middle or {}))
    x = y if residual == "before_activation" else x + y
    x = conv_norm_act(x, "c", WIDE, 3, 2, **(deep or {}))
    both = [layers.GlobalAveragePooling2D()(x), layers.GlobalMaxPooling2D()(x)]
    x = layers.Concatenate()(both if pooled == "mean_first" else both[::-1])
    thin = layers.Dropout(RATE)
    x = layers.Dense(EMBEDDING, use_bias=False, name="project")(thin(x) if drop == "pooled" else x)
    x = UnbiasedNorm(epsilon=1e-5, momentum=0.9, name="neck")(unit(x) if early_unit else x)
    return keras.Model(image, thin(x) if drop == "embedding" else x, name=name)


class InTurn(layers.Layer):
    """One encoder on three images, one after the other: a graph of calls would say nothing of which is first."""

    def __init__(self, *, calls="each", order=(0, 1, 2), **switches):
        super().__init__(name="in_turn")
        self.calls, self.order = calls, order
        self.encode = tower("tower", **switches)
        self.other = tower("other_tower", **switches) if calls == "two_towers" else self.encode

    def call(self, images, training=None):
        if self.calls == "joined":
            return ops.split(self.encode(ops.concatenate(images, axis=0), training=training), 3, axis=0)
        found = {index: (self.other if index else self.encode)(images[index], training=training) for index in self.order}
        return [found[index] for index in range(3)]


def build_keras(*, second_of="positive", unit_axis=-1, units=(True, True, True), **switches):
    anchor, positive, negative = (keras.Input((HEIGHT, WIDTH, 3), name=name) for name in ("anchor", "positive", "negative"))
    found = InTurn(**switches)([anchor, anchor if second_of == "anchor" else positive, negative])
    embeddings = tuple(unit(embedding, unit_axis) if wanted else embedding for embedding, wanted in zip(found, units, strict=True))
    return keras.Model((anchor, positive, negative), embeddings)


def inputs():
    """The positives are the anchors, seen through noise; the channels are not alike."""
    tint = np.array([0.2, 0.9, 1.6], "float32").reshape(3, 1, 1)
    anchor = uniform(BATCH, 3, HEIGHT, WIDTH, seed=742) * tint
    return anchor, anchor + 0.3 * normal(BATCH, 3, HEIGHT, WIDTH, seed=743), uniform(BATCH, 3, HEIGHT, WIDTH, seed=744) * tint


def targets():
    """How sure it is that a triplet is one."""
    return 0.2 + uniform(BATCH, seed=745)


def torch_loss(outputs, sure):
    each = F.triplet_margin_loss(*outputs, margin=MARGIN, reduction="none")
    return (sure * each).sum() / sure.sum()


def keras_loss(distance="root", epsilon=1e-6):
    def apart(left, right):
        squares = ops.sum(ops.square(left - right + epsilon), axis=-1)
        return ops.sqrt(squares) if distance == "root" else squares

    def loss(outputs, sure):
        anchor, positive, negative = outputs
        each = ops.relu(apart(anchor, positive) - apart(anchor, negative) + MARGIN)
        return ops.sum(sure * each) / ops.sum(sure)

    return loss


LOSS = (torch_loss, keras_loss)
OPTIMIZER = (
    lambda parameters: torch.optim.SGD(parameters, lr=0.05, momentum=0.9, weight_decay=5e-3),
    lambda: CoupledSGD(0.05, momentum=0.9, decay=5e-3),
)
LAYERS = {"encoder.embed": "in_turn.encode.project", "encoder.neck": "in_turn.encode.neck"}
for number, letter in enumerate("abc", start=1):
    LAYERS |= {f"encoder.stage{number}.conv": f"in_turn.encode.conv_{letter}", f"encoder.stage{number}.norm": f"in_turn.encode.norm_{letter}"}


def load_both_towers(torch_model, keras_model):
    """The one encoder's weights into each of two."""
    for name in ("encode", "other"):
        copy_weights(torch_model, keras_model, {path: target.replace("encode", name) for path, target in LAYERS.items()})


def load_with(change):
    return lambda torch_model, keras_model: copy_weights(torch_model, keras_model, LAYERS, change)


def width_before_height(state):
    """transpose(3, 2, 1, 0) of a kernel, which turns the square."""
    return {**state, "encoder.stage3.conv.weight": state["encoder.stage3.conv.weight"].swapaxes(2, 3)}


def statistics_exchanged(state):
    """Two norms of as many channels, whose statistics were saved apart from their weights."""
    other = {"encoder.stage1.norm.": "encoder.stage2.norm.", "encoder.stage2.norm.": "encoder.stage1.norm."}
    return {**state, **{to + name: state[start + name] for start, to in other.items() for name in ("running_mean", "running_var")}}


def anchors_bgr(given):
    anchor, positive, negative = (np.moveaxis(image, 1, -1) for image in given)
    return anchor[..., ::-1], positive, negative


def decoupled():
    """Keras' own decay, which the momentum does not see."""
    return keras.optimizers.SGD(0.05, momentum=0.9, weight_decay=5e-3)


NORMS = (*(f"encoder.stage{number}.norm" for number in (1, 2, 3)), "encoder.neck")
END = ("encoder", "output", "encoder.neck")
FAULTS = [
    Fault("entry_same", ("encoder.stage1.conv", "encoder.stage1"), "padding", "'same' under a stride", {"entry": {"padding": "same"}}),
    Fault("leaky_default", ("encoder.stage1.act", "encoder.stage1"), "activation", "LeakyReLU's slope of 0.3", {"entry": {"slope": None}}),
    Fault("zeros_under_max", "encoder.pool", "padding", "zeros around what may be negative before a max pool", {"border": "zeros"}),
    Fault("default_epsilon", "encoder.stage2.norm", "epsilon", "Keras' 1e-3", {"middle": {"epsilon": 1e-3}}),
    Fault(
        "residual_before_activation",
        ("encoder.stage2", "encoder.stage2.act", "encoder"),
        "order",
        "added as in a ResNet, before the activation",
        {"residual": "before_activation"},
    ),
    Fault("norm_last", ("encoder.stage3.norm", "encoder.stage3"), "order", "the activation before the norm", {"deep": {"order": "act_norm"}}),
    Fault("max_first", ("encoder.embed", "encoder.drop", "encoder"), "concat order", "the maximum before the mean", {"pooled": "max_first"}),
    Fault("unit_before_neck", ("encoder.neck", "encoder.embed", "encoder"), "order", "length one before the neck as well", {"early_unit": True}),
    Fault("unit_over_batch", END, "axis", "normalised along the batch", {"unit_axis": 0}),
    Fault("negative_not_unit", END, "missing", "one of the three embeddings not normalised", {"units": (True, True, False)}),
    Fault("anchor_twice", ("encoder", "input", "output"), "wrong tensor", "the anchor encoded for the positive", {"second_of": "anchor"}),
    Fault("anchors_bgr", ("input", "encoder.stage1.conv"), "data", "the anchors' loader reads BGR", keras_inputs=anchors_bgr),
    Fault(
        "kernel_turned",
        ("encoder.stage3.conv", "encoder.stage3.conv.weight"),
        "weights",
        "height and width of a kernel exchanged",
        load=load_with(width_before_height),
    ),
    Fault("statistics_exchanged", NORMS[:2], "weights", "two norms have each other's running statistics", load=load_with(statistics_exchanged)),
    Fault(
        "two_towers",
        "encoder",
        "sharing",
        "another encoder, with equal weights, for positive and negative",
        {"calls": "two_towers"},
        seen="grad",
        load=load_both_towers,
    ),
    Fault("one_joined_batch", (*NORMS, "encoder"), "statistics", "one call for the three: the norms see one batch", {"calls": "joined"}, seen="train"),
    Fault("negatives_first", (*NORMS, "encoder"), "order", "running statistics end with the anchors", {"order": (2, 1, 0)}, seen="train"),
    Fault("drop_after_neck", ("encoder.drop", "encoder.neck", "encoder"), "dropout", "of the embedding, at the end", {"drop": "embedding"}, seen="dropout"),
    Fault("squared_distances", "loss", "loss", "squared distances, as FaceNet's", seen="loss", loss=lambda: keras_loss(distance="squared")),
    Fault("decay_decoupled", "optimizer", "optimizer", "weight_decay of Keras, not in the gradient", seen="step", optimizer=decoupled),
]
