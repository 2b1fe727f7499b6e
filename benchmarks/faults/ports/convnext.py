"""A small ConvNeXt: patchify stem, 7x7 depthwise blocks with layer scale and stochastic depth, SGD with decay groups; functional, of subclassed blocks."""

import math
from itertools import pairwise

import keras
import numpy as np
import torch
from keras import layers, ops
from torch import nn
from torch.nn import functional as F

from benchmarks.faults.building import as_trained, normal, tokens
from benchmarks.faults.own import CoupledSGD
from benchmarks.faults.port import Fault, moved
from benchmarks.faults.weights import copy_weights

BATCH, HEIGHT, WIDTH, CLASSES = 4, 42, 59, 6
DEPTHS, DIMS, RATIO = (1, 2, 1), (8, 12, 20), 3
RATES = np.linspace(0, 0.3, sum(DEPTHS)).tolist()
EPS, SMOOTHING, DECAY = 1e-6, 0.1, 0.02


class LayerNorm2d(nn.LayerNorm):
    def forward(self, x):
        return super().forward(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


class DropPath(nn.Dropout):
    """Stochastic depth: a branch is dropped for single images."""

    def forward(self, x):
        return x * F.dropout(x.new_ones(len(x), 1, 1, 1), self.p, self.training)


class Block(nn.Module):
    def __init__(self, dim, drop_path):
        super().__init__()
        self.dwconv = nn.Conv2d(dim, dim, 7, padding=3, groups=dim)
        self.norm = nn.LayerNorm(dim, eps=EPS)
        self.pwconv1 = nn.Linear(dim, RATIO * dim)
        self.act = nn.GELU()
        self.pwconv2 = nn.Linear(RATIO * dim, dim)
        self.gamma = nn.Parameter(nn.init.uniform_(torch.empty(dim), 0.3, 1.2))
        self.drop_path = DropPath(drop_path)

    def forward(self, x):
        y = self.norm(self.dwconv(x).permute(0, 2, 3, 1))
        y = self.gamma * self.pwconv2(self.act(self.pwconv1(y)))
        return x + self.drop_path(y.permute(0, 3, 1, 2))


class ConvNeXt(nn.Module):
    def __init__(self):
        super().__init__()
        self.downsample_layers = nn.ModuleList([nn.Sequential(nn.Conv2d(3, DIMS[0], 4, stride=4), LayerNorm2d(DIMS[0], eps=EPS))])
        for inside, outside in pairwise(DIMS):
            self.downsample_layers.append(nn.Sequential(LayerNorm2d(inside, eps=EPS), nn.Conv2d(inside, outside, 2, stride=2)))
        rates = iter(RATES)
        self.stages = nn.ModuleList(nn.Sequential(*(Block(dim, next(rates)) for _ in range(depth))) for depth, dim in zip(DEPTHS, DIMS, strict=True))
        self.norm = nn.LayerNorm(DIMS[-1], eps=EPS)
        self.head = nn.Linear(DIMS[-1], CLASSES)

    def forward(self, x):
        for downsample, stage in zip(self.downsample_layers, self.stages, strict=True):
            x = stage(downsample(x))
        return self.head(self.norm(x.mean((2, 3))))


def build_torch():
    return as_trained(ConvNeXt, seed=911)


def exact_gelu(x):
    return 0.5 * x * (1 + ops.erf(x / math.sqrt(2)))


class NextBlock(layers.Layer):
    """Switches are the mistakes."""

    def __init__(
        self,
        width,
        rate,
        *,
        norm_at="after",
        epsilon=EPS,
        act_at="inside",
        gelu=exact_gelu,
        scaled=True,
        scale_trained=True,
        shortcut="entry",
        noise="images",
        dropped="branch",
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.norm_at, self.act_at, self.gelu, self.scaled, self.shortcut, self.dropped = norm_at, act_at, gelu, scaled, shortcut, dropped
        self.spread, self.level = layers.DepthwiseConv2D(7, padding="same"), layers.LayerNormalization(epsilon=epsilon)
        self.widen, self.narrow = layers.Dense(RATIO * width), layers.Dense(width)
        self.amount = self.add_weight(shape=(width,), initializer="ones", trainable=scale_trained, name="amount")
        self.skip = layers.Dropout(rate, noise_shape=(None, 1, 1, 1) if noise == "images" else None)

    def call(self, x, training=None):
        if self.norm_at == "before":
            y = self.spread(self.level(x))
        else:
            y = self.spread(x)
            x = y if self.shortcut == "depthwise" else x
            y = self.level(y)
        y = self.narrow(self.gelu(self.widen(y)) if self.act_at == "inside" else self.widen(self.gelu(y)))
        y = y * self.amount if self.scaled else y
        if self.dropped == "sum":
            return self.skip(x + y, training=training)
        return x + self.skip(y, training=training)


def shrink(x, filters, name, *, norm="layer", padding="valid"):
    kind = layers.LayerNormalization(epsilon=EPS, name=f"{name}_norm") if norm == "layer" else layers.GroupNormalization(1, epsilon=EPS, name=f"{name}_norm")
    return layers.Conv2D(filters, 2, strides=2, padding=padding, name=f"{name}_conv")(kind(x))


def build_keras(*, stem_norm=True, shrink1=None, shrink2=None, a0=None, b0=None, b1=None, c0=None, second_takes="block", head="pool_norm"):
    image = keras.Input((HEIGHT, WIDTH, 3), name="image")
    x = layers.Conv2D(DIMS[0], 4, strides=4, name="patchify")(image)
    if stem_norm:
        x = layers.LayerNormalization(epsilon=EPS, name="patchify_norm")(x)
    x = NextBlock(DIMS[0], RATES[0], name="fine", **(a0 or {}))(x)
    x = entry = shrink(x, DIMS[1], "shrink1", **(shrink1 or {}))
    x = NextBlock(DIMS[1], RATES[1], name="middle_one", **(b0 or {}))(x)
    x = NextBlock(DIMS[1], RATES[2], name="middle_two", **(b1 or {}))(entry if second_takes == "entry" else x)
    x = shrink(x, DIMS[2], "shrink2", **(shrink2 or {}))
    x = NextBlock(DIMS[2], RATES[3], name="coarse", **(c0 or {}))(x)
    pool, level = layers.GlobalAveragePooling2D(name="pool"), layers.LayerNormalization(epsilon=EPS, name="top_norm")
    x = pool(level(x)) if head == "norm_pool" else level(pool(x))
    return keras.Model(image, layers.Dense(CLASSES, name="scores")(x), name="small_convnext")


def inputs():
    return normal(BATCH, 3, HEIGHT, WIDTH, seed=912)


def targets():
    return tokens(BATCH, below=CLASSES, seed=913)


class SmoothedCrossEntropy(keras.losses.Loss):
    """Of class numbers."""

    def __init__(self, smoothed_before=0.0):
        super().__init__()
        self.smoothed_before = smoothed_before

    def call(self, y_true, y_pred):
        hot = ops.one_hot(ops.cast(y_true, "int64"), CLASSES, dtype=y_pred.dtype)
        hot = hot * (1 - self.smoothed_before) + self.smoothed_before / CLASSES
        return keras.losses.categorical_crossentropy(hot, y_pred, from_logits=True, label_smoothing=SMOOTHING)


class GroupedSGD(CoupledSGD):
    """No decay of what has a single axis: biases, norms, layer scales."""

    def __init__(self, spared=True, **options):
        super().__init__(**options)
        self.spared = spared

    def update_step(self, gradient, variable, learning_rate):
        plain = self.spared and len(variable.shape) < 2
        (super(CoupledSGD, self) if plain else super()).update_step(gradient, variable, learning_rate)


def torch_sgd(parameters):
    parameters = list(parameters)
    groups = [
        {"params": [p for p in parameters if p.ndim > 1], "weight_decay": DECAY},
        {"params": [p for p in parameters if p.ndim <= 1], "weight_decay": 0.0},
    ]
    return torch.optim.SGD(groups, lr=0.05, momentum=0.9, nesterov=True)


def keras_sgd(**changes):
    return GroupedSGD(**({"learning_rate": 0.05, "momentum": 0.9, "nesterov": True, "decay": DECAY} | changes))


LOSS = (lambda output, target: F.cross_entropy(output, target, label_smoothing=SMOOTHING), SmoothedCrossEntropy)
OPTIMIZER = (torch_sgd, keras_sgd)
BLOCKS = {"stages.0.0": "fine", "stages.1.0": "middle_one", "stages.1.1": "middle_two", "stages.2.0": "coarse"}
LAYERS = {f"{theirs}.gamma": f"{ours}.amount" for theirs, ours in BLOCKS.items()}
LAYERS |= {"downsample_layers.0.0": "patchify", "downsample_layers.0.1": "patchify_norm", "norm": "top_norm", "head": "scores"}
for index in (1, 2):
    LAYERS |= {f"downsample_layers.{index}.0": f"shrink{index}_norm", f"downsample_layers.{index}.1": f"shrink{index}_conv"}
for theirs, ours in BLOCKS.items():
    LAYERS |= {f"{theirs}.dwconv": f"{ours}.spread", f"{theirs}.norm": f"{ours}.level"}
    LAYERS |= {f"{theirs}.pwconv1": f"{ours}.widen", f"{theirs}.pwconv2": f"{ours}.narrow"}


def load_all_axes_reversed(torch_model, keras_model):
    """kernel.T for the stem: (width, height, in, out)."""
    copy_weights(torch_model, keras_model, LAYERS, lambda s: {n: a.swapaxes(2, 3) if n == "downsample_layers.0.0.weight" else a for n, a in s.items()})


def load_scales_crosswise(torch_model, keras_model):
    one, other = "stages.1.0.gamma", "stages.1.1.gamma"
    copy_weights(torch_model, keras_model, LAYERS, lambda s: s | {one: s[other], other: s[one]})


A0, B0, B1, C0 = BLOCKS


def within(block, *names):
    return (*(f"{block}.{name}" for name in names), block)


FAULTS = [
    Fault("blue_first", ("input", "downsample_layers.0.0"), "channel order", "images read as BGR", keras_inputs=lambda x: moved(x, None)[..., ::-1].copy()),
    Fault(
        "stem_reversed",
        ("downsample_layers.0.0", "downsample_layers.0.0.weight"),
        "weights",
        "all axes of the stem's kernel reversed: width before height",
        load=load_all_axes_reversed,
    ),
    Fault("stem_not_normed", ("downsample_layers.0.1", "downsample_layers.0"), "norm", "no norm behind the patchify convolution", {"stem_norm": False}),
    Fault("epsilon", f"{A0}.norm", "epsilon", "Keras' default epsilon 1e-3", {"a0": {"epsilon": 1e-3}}),
    Fault("gelu_too_early", within(A0, "act", "norm", "pwconv1"), "order", "GELU behind the norm, none between the pointwise", {"a0": {"act_at": "norm"}}),
    Fault("no_layer_scale", within(B0, "gamma", "pwconv2", "drop_path"), "missing layer", "layer scale left out", {"b0": {"scaled": False}}),
    Fault("shortcut_of_depthwise", within(B0, "dwconv"), "residual", "the shortcut starts behind the depthwise", {"b0": {"shortcut": "depthwise"}}),
    Fault("pre_norm", within(B1, "norm", "dwconv", "pwconv1"), "order", "normed before the depthwise, as in a transformer", {"b1": {"norm_at": "before"}}),
    Fault("stage_entry_again", ("stages.1.1", "stages.1.0", "stages.1", "stages.1.1.dwconv"), "wiring", "x of the stage", {"second_takes": "entry"}),
    Fault("scales_crosswise", (f"{B0}.gamma", f"{B1}.gamma", B0, B1), "weights", "layer scales of two blocks swapped", load=load_scales_crosswise),
    Fault("group_norm", ("downsample_layers.1.0", "downsample_layers.1"), "norm", "GroupNorm(1): over places too", {"shrink1": {"norm": "group"}}),
    Fault("shrink_same", ("downsample_layers.2.1", "downsample_layers.2"), "padding", "'same' pads odd maps", {"shrink2": {"padding": "same"}}),
    Fault("gelu_tanh", within(C0, "act", "pwconv1", "pwconv2"), "activation", "the tanh approximation", {"c0": {"gelu": ops.gelu}}),
    Fault("relu", within(B1, "act", "pwconv1", "pwconv2"), "activation", "ReLU for GELU", {"b1": {"gelu": ops.relu}}),
    Fault("normed_map_pooled", ("norm", "head"), "order", "the map normed, then pooled", {"head": "norm_pool"}),
    Fault("scale_frozen", within(B1, "gamma"), "gradient", "the layer scale is a constant", {"b1": {"scale_trained": False}}, seen="grad"),
    Fault("elements_dropped", within(C0, "drop_path"), "dropout", "plain dropout for stochastic depth", {"c0": {"noise": "elements"}}, seen="dropout"),
    Fault("sum_dropped", within(B1, "drop_path"), "dropout", "the shortcut is dropped with its branch", {"b1": {"dropped": "sum"}}, seen="dropout"),
    Fault("smoothed_twice", "loss", "label smoothing", "labels smoothed, again in the loss", seen="loss", loss=lambda: SmoothedCrossEntropy(SMOOTHING)),
    Fault("all_decay", "optimizer", "decay", "biases, norms and layer scales decay too", seen="step", optimizer=lambda: keras_sgd(spared=False)),
]
