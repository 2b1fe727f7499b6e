"""LinkNet with an atrous centre: strided residual encoder, transposed convolutions, added skips, bilinear logits; soft Dice and cross entropy of pixels."""

import keras
import numpy as np
import torch
from keras import layers, ops
from torch import nn
from torch.nn import functional as F

from benchmarks.faults.building import as_trained, normal, tokens
from benchmarks.faults.own import TorchAdam, UnbiasedNorm
from benchmarks.faults.port import Fault
from benchmarks.faults.weights import copy_weights

CLASSES, IGNORED, HEIGHT, WIDTH, BATCH = 5, 255, 36, 52, 3
RATES = (1, 2, 3)


class ResidualBlock(nn.Module):
    def __init__(self, inside, outside, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(inside, outside, 3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(outside)
        self.conv2 = nn.Conv2d(outside, outside, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(outside)
        self.shortcut = nn.Identity()
        if stride != 1 or inside != outside:
            self.shortcut = nn.Sequential(nn.Conv2d(inside, outside, 1, stride=stride, bias=False), nn.BatchNorm2d(outside))

    def forward(self, x):
        y = F.relu(self.bn1(self.conv1(x)))
        return F.relu(self.bn2(self.conv2(y)) + self.shortcut(x))


class AtrousCentre(nn.Module):
    def __init__(self, width, inner):
        super().__init__()
        self.branches = nn.ModuleList(
            nn.Sequential(nn.Conv2d(width, inner, 3, padding=rate, dilation=rate, bias=False), nn.BatchNorm2d(inner), nn.ReLU()) for rate in RATES
        )
        self.pooled = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Conv2d(width, inner, 1), nn.ReLU())
        self.project = nn.Sequential(nn.Conv2d(4 * inner, width, 1, bias=False), nn.BatchNorm2d(width), nn.ReLU(), nn.Dropout2d(0.2))

    def forward(self, x):
        whole = F.interpolate(self.pooled(x), size=x.shape[-2:], mode="bilinear", align_corners=True)
        return self.project(torch.cat([*(branch(x) for branch in self.branches), whole], dim=1))


class DecoderBlock(nn.Module):
    def __init__(self, inside, outside, output_padding):
        super().__init__()
        inner = inside // 2
        self.squeeze = nn.Sequential(nn.Conv2d(inside, inner, 1, bias=False), nn.BatchNorm2d(inner), nn.ReLU())
        self.up = nn.Sequential(
            nn.ConvTranspose2d(inner, inner, 3, stride=2, padding=1, output_padding=output_padding, bias=False), nn.BatchNorm2d(inner), nn.ReLU()
        )
        self.expand = nn.Sequential(nn.Conv2d(inner, outside, 1, bias=False), nn.BatchNorm2d(outside), nn.ReLU())

    def forward(self, x):
        return self.expand(self.up(self.squeeze(x)))


class LinkNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 8, 7, stride=2, padding=3, bias=False), nn.BatchNorm2d(8), nn.ReLU())
        self.pool = nn.MaxPool2d(3, stride=2, padding=1)
        self.layer1 = ResidualBlock(8, 8, 1)
        self.layer2 = ResidualBlock(8, 12, 2)
        self.centre = AtrousCentre(12, 6)
        self.dec2 = DecoderBlock(12, 8, output_padding=0)
        self.dec1 = DecoderBlock(8, 8, output_padding=1)
        self.head = nn.Sequential(nn.Conv2d(8, 7, 3, padding=1, bias=False), nn.BatchNorm2d(7), nn.ReLU(), nn.Conv2d(7, CLASSES, 1))
        self.resize = nn.Upsample(scale_factor=2, mode="bilinear", align_corners=True)
        for module in self.modules():
            if isinstance(module, (nn.Conv2d, nn.ConvTranspose2d)):
                nn.init.kaiming_normal_(module.weight, nonlinearity="relu")

    def forward(self, x):
        x0 = self.stem(x)
        x1 = self.layer1(self.pool(x0))
        y = self.centre(self.layer2(x1))
        y = self.dec2(y) + x1
        y = self.dec1(y) + x0
        return self.resize(self.head(y))


def build_torch():
    return as_trained(LinkNet, seed=811)


class CornerResize(layers.Layer):
    """Bilinear, twice as large, corners on corners."""

    def lines(self, small):
        place = np.arange(2 * small) * (small - 1) / (2 * small - 1)
        return ops.convert_to_tensor(np.maximum(0, 1 - np.abs(place[:, None] - np.arange(small))), self.compute_dtype)

    def call(self, x):
        return ops.einsum("ph,qw,bhwc->bpqc", self.lines(x.shape[1]), self.lines(x.shape[2]), x)


def norm_relu(x, name, momentum=0.9, order="norm_first"):
    norm = UnbiasedNorm(momentum=momentum, epsilon=1e-5, name=f"{name}_norm")
    return layers.ReLU()(norm(x)) if order == "norm_first" else norm(layers.ReLU()(x))


def conv_norm(x, filters, size, name, strides=1, padding="same", rate=1, relu=True):
    x = layers.Conv2D(filters, size, strides, padding, dilation_rate=rate, use_bias=False, name=f"{name}_conv")(x)
    x = UnbiasedNorm(momentum=0.9, epsilon=1e-5, name=f"{name}_norm")(x)
    return layers.ReLU()(x) if relu else x


def decoder(x, filters, crop, name, order="norm_first", padding="valid"):
    inner = x.shape[-1] // 2
    x = norm_relu(layers.Conv2D(inner, 1, use_bias=False, name=f"{name}_in_conv")(x), f"{name}_in", order=order)
    x = layers.Conv2DTranspose(inner, 3, strides=2, padding=padding, use_bias=False, name=f"{name}_raise_conv")(x)
    if padding == "valid":
        x = layers.Cropping2D((crop, crop))(x)
    x = norm_relu(x, f"{name}_raise")
    x = layers.Conv2D(filters, 1, use_bias=False, name=f"{name}_out_conv")(x)
    return UnbiasedNorm(momentum=0.9, epsilon=1e-5, name=f"{name}_out_norm")(x)


def build_keras(
    *,
    stem="padded",
    pool="padded",
    relu="after",
    strided="first",
    shortcut_norm=True,
    rates=RATES,
    joined="whole_last",
    momentum=0.9,
    drop="maps",
    order="norm_first",
    up="cropped",
    link="encoded",
    link_at="after_relu",
    detach=False,
    enlarge="corners",
):
    image = keras.Input((HEIGHT, WIDTH, 3))
    if stem == "padded":
        x0 = conv_norm(layers.ZeroPadding2D(3)(image), 8, 7, "stem", strides=2, padding="valid")
    else:
        x0 = conv_norm(image, 8, 7, "stem", strides=2)
    pooled = layers.MaxPooling2D(3, 2)(layers.ZeroPadding2D(1)(x0)) if pool == "padded" else layers.MaxPooling2D(3, 2, padding="same")(x0)

    y = conv_norm(pooled, 8, 3, "res1_a")
    y = conv_norm(y, 8, 3, "res1_b", relu=relu == "before")
    x1 = layers.Add()([y, pooled])
    x1 = layers.ReLU()(x1) if relu == "after" else x1

    y = conv_norm(x1, 12, 3, "res2_a", strides=2 if strided == "first" else 1)
    y = conv_norm(y, 12, 3, "res2_b", strides=1 if strided == "first" else 2, relu=False)
    short = layers.Conv2D(12, 1, strides=2, use_bias=False, name="res2_short_conv")(x1)
    if shortcut_norm:
        short = UnbiasedNorm(momentum=0.9, epsilon=1e-5, name="res2_short_norm")(short)
    x2 = layers.ReLU()(layers.Add()([y, short]))

    views = [conv_norm(x2, 6, 3, f"atrous{index}", rate=rate) for index, rate in enumerate(rates)]
    whole = layers.Conv2D(6, 1, activation="relu", name="whole")(layers.GlobalAveragePooling2D(keepdims=True)(x2))
    whole = layers.UpSampling2D(x2.shape[1:3])(whole)
    y = layers.Concatenate()([*views, whole] if joined == "whole_last" else [whole, *views])
    y = norm_relu(layers.Conv2D(12, 1, use_bias=False, name="project_conv")(y), "project", momentum=momentum)
    y = layers.SpatialDropout2D(0.2)(y) if drop == "maps" else layers.Dropout(0.2)(y)

    y = decoder(y, 8, (1, 1), "dec2", order=order)
    linked = x1 if link == "encoded" else pooled
    y = layers.Add()([layers.ReLU()(y), linked]) if link_at == "after_relu" else layers.ReLU()(layers.Add()([y, linked]))
    y = layers.ReLU()(decoder(y, 8, (1, 0), "dec1", padding="valid" if up == "cropped" else "same"))
    y = layers.Add()([y, layers.Lambda(ops.stop_gradient)(x0) if detach else x0])

    y = conv_norm(y, 7, 3, "head")
    y = layers.Conv2D(CLASSES, 1, name="classes")(y)
    y = CornerResize()(y) if enlarge == "corners" else layers.UpSampling2D(2, interpolation="bilinear")(y)
    return keras.Model(image, y)


def inputs():
    return normal(BATCH, 3, HEIGHT, WIDTH, seed=812)


def targets():
    labels = tokens(BATCH, HEIGHT, WIDTH, below=CLASSES, seed=813)
    labels[0, :7], labels[1, :, 40:], labels[2, 20:25, 11:30] = IGNORED, IGNORED, IGNORED
    return labels


def torch_loss(output, target):
    valid = (target != IGNORED).unsqueeze(1)
    hot = F.one_hot(target.where(target != IGNORED, 0), CLASSES).permute(0, 3, 1, 2) * valid
    chances = output.softmax(1) * valid
    dice = (2 * (chances * hot).sum((0, 2, 3)) + 1) / (chances.sum((0, 2, 3)) + hot.sum((0, 2, 3)) + 1)
    return F.cross_entropy(output, target, ignore_index=IGNORED) + 1 - dice.mean()


def keras_loss(dice_valid=True, over="valid"):
    """Of output and target, as torch's."""

    def loss(output, target):
        valid = ops.cast(ops.not_equal(target, IGNORED), output.dtype)
        hot = ops.one_hot(target, CLASSES, dtype=output.dtype)
        entropy = -ops.sum(hot * ops.log_softmax(output, axis=-1), axis=-1)
        entropy = ops.sum(entropy) / ops.sum(valid) if over == "valid" else ops.mean(entropy)
        chances = ops.softmax(output, axis=-1)
        chances = chances * ops.expand_dims(valid, -1) if dice_valid else chances
        both, all_chances, all_hot = (ops.sum(maps, axis=(0, 1, 2)) for maps in (chances * hot, chances, hot))
        return entropy + 1 - ops.mean((2 * both + 1) / (all_chances + all_hot + 1))

    return loss


LOSS = (torch_loss, keras_loss)
OPTIMIZER = (lambda parameters: torch.optim.Adam(parameters, lr=5e-4), lambda: TorchAdam(5e-4))
PAIRS = {"stem": "stem", "layer2.shortcut": "res2_short", "centre.project": "project", "head": "head"}
PAIRS |= {f"centre.branches.{index}": f"atrous{index}" for index in range(3)}
PAIRS |= {f"{block}.{part}": f"{block}_{name}" for block in ("dec1", "dec2") for part, name in (("squeeze", "in"), ("up", "raise"), ("expand", "out"))}
LAYERS = {f"{path}.{index}": f"{name}_{kind}" for path, name in PAIRS.items() for index, kind in enumerate(("conv", "norm"))}
for number in "12":
    for place, end in (("1", "a"), ("2", "b")):
        LAYERS |= {f"layer{number}.conv{place}": f"res{number}_{end}_conv", f"layer{number}.bn{place}": f"res{number}_{end}_norm"}
LAYERS |= {"centre.pooled.1": "whole", "head.3": "classes"}


def load_transposed_like_linear(torch_model, keras_model):
    """(in, out, height, width) only turned to (height, width, in, out): it fits, there being as many in as out."""
    copy_weights(torch_model, keras_model, LAYERS)
    keras_model.get_layer("dec1_raise_conv").kernel.assign(torch_model.dec1.up[0].weight.detach().numpy().transpose(2, 3, 0, 1))


def blue_first(images):
    return np.ascontiguousarray(np.moveaxis(images[:, ::-1], 1, -1))


FAULTS = [
    Fault("stem_same", ("stem.0", "stem"), "padding", "'same' pads 2 and 3, torch 3 and 3", {"stem": "same"}),
    Fault("pool_same", "pool", "padding", "'same' pads the end only, torch both sides", {"pool": "same"}),
    Fault("relu_before_sum", ("layer1.bn2", "layer1"), "activation", "ReLU on the branch, none on the sum", {"relu": "before"}),
    Fault("strided_second", ("layer2.conv1", "layer2.conv2", "layer2"), "stride", "the block's second convolution strides", {"strided": "second"}),
    Fault("shortcut_norm", ("layer2.shortcut.1", "layer2.shortcut", "layer2"), "norm", "the shortcut has no norm", {"shortcut_norm": False}),
    Fault("rate", ("centre.branches.2.0", "centre.branches.2"), "dilation", "rate 4 (powers of two) for 3", {"rates": (1, 2, 4)}),
    Fault("whole_first", ("centre.project.0", "centre.project", "centre"), "concat order", "the pooled branch joined first", {"joined": "whole_first"}),
    Fault("norm_after_relu", ("dec2.squeeze.1", "dec2.squeeze.2", "dec2.squeeze"), "order", "ReLU, then the norm", {"order": "relu_first"}),
    Fault("up_same", ("dec1.up.0", "dec1.up"), "padding", "'same' cuts the end, torch's padding with output_padding the start", {"up": "same"}),
    Fault("link_of_pooled", ("dec1", "dec1.squeeze.0", "dec2", "layer1"), "wrong tensor", "the block's input is linked, not its output", {"link": "pooled"}),
    Fault("link_before_relu", ("dec2.expand.2", "dec2.expand", "dec2"), "order", "the skip added before the last ReLU", {"link_at": "before_relu"}),
    Fault("half_pixels", ("resize", "output"), "resize", "UpSampling2D, which has no align_corners", {"enlarge": "half_pixels"}),
    Fault("blue_first", "input", "input", "images with blue first, as OpenCV reads them", keras_inputs=blue_first),
    Fault("kernel_in_out", ("dec1.up.0", "dec1.up.0.weight"), "weights", "in and out swapped in a transposed kernel", load=load_transposed_like_linear),
    Fault("link_detached", ("stem", "stem.2", "dec1", "head.0"), "gradient", "stop_gradient on the stem's skip", {"detach": True}, seen="grad"),
    Fault("momentum", ("centre.project.1", "centre.project"), "momentum", "torch's momentum 0.1 for Keras' 0.9", {"momentum": 0.1}, seen="train"),
    Fault("dropout_of_pixels", "centre.project.3", "dropout", "Dropout of elements for Dropout2d", {"drop": "elements"}, seen="dropout"),
    Fault("dice_of_ignored", "loss", "mask", "chances of ignored pixels count in Dice", seen="loss", loss=lambda: keras_loss(dice_valid=False)),
    Fault("mean_of_all_pixels", "loss", "reduction", "divided by all pixels", seen="loss", loss=lambda: keras_loss(over="all")),
    Fault("learning_rate", "optimizer", "optimizer", "Adam's default rate of 1e-3", seen="step", optimizer=lambda: TorchAdam(1e-3)),
]
