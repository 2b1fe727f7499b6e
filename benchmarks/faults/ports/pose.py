"""Keypoints of a picture: residual convolutions, two transposed ones, a heatmap per joint and its soft-argmax; functional in Keras, channels last, live ops."""

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

BATCH, JOINTS, HEIGHT, LENGTH = 3, 5, 32, 40
ROWS, COLUMNS = HEIGHT // 2, LENGTH // 2
SHARPNESS, SPREAD = 3.0, 0.25


class Residual(nn.Module):
    def __init__(self, inside, outside, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(inside, outside, 3, stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(outside)
        self.conv2 = nn.Conv2d(outside, outside, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(outside)
        self.downsample = nn.Sequential(nn.Conv2d(inside, outside, 1, stride, bias=False), nn.BatchNorm2d(outside)) if stride > 1 else nn.Identity()

    def forward(self, x):
        y = F.relu(self.bn1(self.conv1(x)))
        return F.relu(self.bn2(self.conv2(y)) + self.downsample(x))


class SoftArgmax(nn.Module):
    """Where a heatmap's mass lies, (x, y) from -1 to 1: cells count by their centres."""

    def forward(self, heatmaps):
        rows, columns = heatmaps.shape[2:]
        mass = F.softmax(SHARPNESS * heatmaps.flatten(2), dim=-1).view_as(heatmaps)
        xs = (2 * torch.arange(columns, dtype=mass.dtype, device=mass.device) + 1) / columns - 1
        ys = (2 * torch.arange(rows, dtype=mass.dtype, device=mass.device) + 1) / rows - 1
        return torch.stack([mass.sum(2) @ xs, mass.sum(3) @ ys], dim=-1)


class PoseNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 8, 3, stride=2, padding=1, bias=False), nn.BatchNorm2d(8), nn.ReLU())
        self.layer1 = Residual(8, 8, 1)
        self.layer2 = Residual(8, 12, 2)
        self.layer3 = Residual(12, 14, 2)
        self.up1 = nn.ConvTranspose2d(14, 11, 4, stride=2, padding=1, bias=False)
        self.up_bn1 = nn.BatchNorm2d(11)
        self.up2 = nn.ConvTranspose2d(11, 9, 3, stride=2, padding=1, output_padding=1, bias=False)
        self.up_bn2 = nn.BatchNorm2d(9)
        self.final = nn.Conv2d(9, JOINTS, 1)
        self.soft_argmax = SoftArgmax()
        for module in self.modules():
            if isinstance(module, (nn.Conv2d, nn.ConvTranspose2d)):
                nn.init.kaiming_normal_(module.weight)

    def forward(self, x):
        x = self.layer3(self.layer2(self.layer1(self.stem(x))))
        x = F.relu(self.up_bn1(self.up1(x)))
        x = F.relu(self.up_bn2(self.up2(x)))
        heatmaps = self.final(x)
        return heatmaps, self.soft_argmax(heatmaps)


def build_torch():
    return as_trained(PoseNet, seed=901)


def norm(name, momentum=0.9, epsilon=1e-5):
    return UnbiasedNorm(momentum=momentum, epsilon=epsilon, name=name)


def conv(x, filters, name, stride=1, pad="both"):
    if stride > 1 and pad == "both":
        return layers.Conv2D(filters, 3, strides=stride, use_bias=False, name=name)(layers.ZeroPadding2D(1)(x))
    return layers.Conv2D(filters, 3, strides=stride, padding="same", use_bias=False, name=name)(x)


def unit(x, filters, name, stride=1, *, strided="first", branch="linear", side="strided", side_norm=True, momentum=0.9):
    """A residual block; the keywords are the mistakes."""
    first, second = (stride, 1) if strided == "first" else (1, stride)
    y = ops.relu(norm(f"{name}_norm_a", momentum)(conv(x, filters, f"{name}_conv_a", first)))
    y = norm(f"{name}_norm_b")(conv(y, filters, f"{name}_conv_b", second))
    y = ops.relu(y) if branch == "relu" else y
    if stride > 1:
        if side == "pooled":
            x, stride = layers.AveragePooling2D(stride)(x), 1
        x = layers.Conv2D(filters, 1, strides=stride, use_bias=False, name=f"{name}_side")(x)
        x = norm(f"{name}_side_norm")(x) if side_norm else x
    return ops.relu(x + y)


def places_of(heat, *, read="moved", over="places", sharpness=SHARPNESS, cells="centres", pair="xy"):
    """Expected coordinates of (batch, rows, columns, joints)."""
    if read == "as_is":
        flat = ops.transpose(ops.reshape(heat, (-1, JOINTS, ROWS * COLUMNS)), (0, 2, 1))
    else:
        flat = ops.reshape(heat, (-1, ROWS * COLUMNS, JOINTS))
    mass = ops.softmax(sharpness * flat, axis=1 if over == "places" else 2)
    if cells == "corners":
        ys, xs = np.linspace(-1, 1, ROWS), np.linspace(-1, 1, COLUMNS)
    else:
        ys, xs = ((np.arange(size) + 0.5) * 2 / size - 1 for size in (ROWS, COLUMNS))
    grid = np.stack(np.broadcast_arrays(xs[None, :], ys[:, None]), axis=-1).reshape(-1, 2)
    grid = grid if pair == "xy" else grid[:, ::-1]
    return mass, ops.einsum("bpj,pc->bjc", mass, np.ascontiguousarray(grid, heat.dtype))


def build_keras(
    *, entry_pad="both", unit1=(), unit2=(), unit3=(), lift1_epsilon=1e-5, lift1="norm_first", lift2="cropped", detach=False, given="scores", argmax=()
):
    image = keras.Input((HEIGHT, LENGTH, 3), name="image")
    x = ops.relu(norm("entry_norm")(conv(image, 8, "entry", 2, entry_pad)))
    x = unit(x, 8, "unit1", **dict(unit1))
    x = unit(x, 12, "unit2", 2, **dict(unit2))
    x = unit(x, 14, "unit3", 2, **dict(unit3))
    x = layers.Conv2DTranspose(11, 4, strides=2, padding="same", use_bias=False, name="lift1")(x)
    normed = norm("lift1_norm", epsilon=lift1_epsilon)
    x = ops.relu(normed(x)) if lift1 == "norm_first" else normed(ops.relu(x))
    if lift2 == "cropped":
        x = layers.Conv2DTranspose(9, 3, strides=2, use_bias=False, name="lift2")(x)[:, 1:, 1:]
    else:
        x = layers.Conv2DTranspose(9, 3, strides=2, padding="same", use_bias=False, name="lift2")(x)
    heat = layers.Conv2D(JOINTS, 1, name="heat")(ops.relu(norm("lift2_norm")(x)))
    mass, places = places_of(ops.stop_gradient(heat) if detach else heat, **dict(argmax))
    return keras.Model(image, [ops.reshape(mass, (-1, ROWS, COLUMNS, JOINTS)) if given == "mass" else heat, places])


def inputs():
    return normal(BATCH, 3, HEIGHT, LENGTH, seed=902)


def targets():
    """x, y and whether a joint is seen."""
    seen = np.array([[1, 1, 0, 1, 1], [0, 1, 1, 0, 1], [1, 0, 0, 1, 1]], "float32")
    return np.concatenate([1.6 * uniform(BATCH, JOINTS, 2, seed=903) - 0.8, seen[..., None]], axis=-1)


def torch_loss(output, target):
    """Of the heatmaps to Gaussians around the joints, and of the coordinates; joints that are not seen do not count."""
    heatmaps, found = output
    wanted, seen = target[..., :2], target[..., 2]
    xs, ys = ((2 * torch.arange(size, dtype=target.dtype, device=target.device) + 1) / size - 1 for size in (COLUMNS, ROWS))
    square = (xs - wanted[..., None, :1]) ** 2 + (ys[:, None] - wanted[..., 1:, None]) ** 2
    each = F.mse_loss(heatmaps, torch.exp(-square / (2 * SPREAD**2)), reduction="none").mean((2, 3)) + (found - wanted).square().sum(-1)
    return (seen * each).sum() / seen.sum()


def keras_loss(counted="seen"):
    def loss(output, target):
        heat, places = output
        x, y, seen = ops.unstack(ops.cast(target, heat.dtype), 3, axis=-1)
        xs, ys = (ops.cast((np.arange(size) + 0.5) * 2 / size - 1, heat.dtype) for size in (COLUMNS, ROWS))
        across, down = ops.square(xs[None, None, :, None] - x[:, None, None]), ops.square(ys[None, :, None, None] - y[:, None, None])
        each = ops.mean(ops.square(heat - ops.exp(-(across + down) / (2 * SPREAD**2))), axis=(1, 2)) + ops.sum(ops.square(places - target[..., :2]), axis=-1)
        weights = seen if counted == "seen" else ops.ones_like(seen)
        return ops.sum(weights * each) / ops.sum(weights)

    return loss


LOSS = (torch_loss, keras_loss)
OPTIMIZER = (lambda parameters: torch.optim.Adam(parameters, lr=1e-3, weight_decay=1e-2), lambda: TorchAdam(1e-3, decay=1e-2))
LAYERS = {"stem.0": "entry", "stem.1": "entry_norm", "up1": "lift1", "up_bn1": "lift1_norm", "up2": "lift2", "up_bn2": "lift2_norm", "final": "heat"}
for index in (1, 2, 3):
    for theirs, ours in (("conv1", "conv_a"), ("bn1", "norm_a"), ("conv2", "conv_b"), ("bn2", "norm_b")):
        LAYERS[f"layer{index}.{theirs}"] = f"unit{index}_{ours}"
    if index > 1:
        LAYERS |= {f"layer{index}.downsample.0": f"unit{index}_side", f"layer{index}.downsample.1": f"unit{index}_side_norm"}


def load_turned(torch_model, keras_model):
    """Kernels read with `.T`, which is (width, height, in, out)."""
    copy_weights(torch_model, keras_model, LAYERS, lambda s: s | {"layer3.conv2.weight": s["layer3.conv2.weight"].swapaxes(2, 3)})


def load_without_statistics(torch_model, keras_model):
    """Of one norm the parameters only: what is no parameter stays as it was made."""
    copy_weights(torch_model, keras_model, LAYERS)
    norm = keras_model.get_layer("lift2_norm")
    norm.moving_mean.assign(np.zeros(9))
    norm.moving_variance.assign(np.ones(9))


ARGMAX = ("soft_argmax", "output")
FAULTS = [
    Fault("same_under_stride", ("stem.0", "stem"), "padding", "'same' pads an even size at its end only", {"entry_pad": "same"}),
    Fault("relu_before_the_sum", ("layer1.bn2", "layer1"), "activation", "a ReLU before the sum too", {"unit1": {"branch": "relu"}}),
    Fault("stride_on_the_second", ("layer3.conv1", "layer3.conv2", "layer3"), "stride", "the second convolution strides", {"unit3": {"strided": "second"}}),
    Fault("shortcut_pooled", ("layer2.downsample.0", "layer2.downsample", "layer2"), "pooling", "averaged first: ResNet-D", {"unit2": {"side": "pooled"}}),
    Fault(
        "shortcut_not_normed",
        ("layer3.downsample.1", "layer3.downsample", "layer3"),
        "missing layer",
        "no norm after the shortcut's convolution",
        {"unit3": {"side_norm": False}},
    ),
    Fault("epsilon_of_keras", "up_bn1", "epsilon", "BatchNormalization's own 1e-3", {"lift1_epsilon": 1e-3}),
    Fault("norm_after_relu", ("up_bn1", "up1"), "order", "ReLU, then the norm", {"lift1": "relu_first"}),
    Fault("up_same", "up2", "padding", "'same' crops at the end, padding=1 with output_padding=1 at the start", {"lift2": "same"}),
    Fault("softmax_over_joints", ARGMAX, "axis", "softmax over the channels, not over the places", {"argmax": {"over": "joints"}}),
    Fault("sharpness_forgotten", ARGMAX, "scale", "scores not sharpened before the softmax", {"argmax": {"sharpness": 1.0}}),
    Fault("read_as_channels_first", (*ARGMAX, "final"), "reshape", "reshaped to (joints, places) without a transpose", {"argmax": {"read": "as_is"}}),
    Fault("cells_by_corners", ARGMAX, "constant", "linspace from -1 to 1 for the centres of cells", {"argmax": {"cells": "corners"}}),
    Fault("y_before_x", ARGMAX, "order", "rows first, as indices go", {"argmax": {"pair": "yx"}}),
    Fault("mass_returned", ("output", "final", "soft_argmax"), "wrong tensor", "the softmax given for the heatmaps", {"given": "mass"}),
    Fault("kernel_turned", ("layer3.conv2", "layer3.conv2.weight"), "weights", "height and width of a kernel exchanged", load=load_turned),
    Fault("statistics_not_loaded", "up_bn2", "weights", "mean 0 and variance 1 left in a norm", load=load_without_statistics),
    Fault("argmax_detached", ("soft_argmax", "final"), "gradient", "stop_gradient before the soft-argmax", {"detach": True}, seen="grad"),
    Fault("momentum_of_torch", "layer2.bn1", "momentum", "momentum 0.1, which Keras counts the other way round", {"unit2": {"momentum": 0.1}}, seen="train"),
    Fault("hidden_joints_count", "loss", "mask", "joints not seen count too", seen="loss", loss=lambda: keras_loss(counted="all")),
    Fault("decay_decoupled", "optimizer", "decay", "AdamW's decay for Adam's L2", seen="step", optimizer=lambda: TorchAdam(1e-3, weight_decay=1e-2)),
]
