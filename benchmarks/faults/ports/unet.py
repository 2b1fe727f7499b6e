"""A U-Net: functional in Keras, concatenated skips, transposed convolutions, GroupNorm in the bottleneck."""

import keras
import torch
from keras import layers
from torch import nn

from benchmarks.faults.building import as_trained, normal
from benchmarks.faults.port import Fault
from benchmarks.faults.weights import copy_weights


class DoubleConv(nn.Module):
    def __init__(self, inside, outside):
        super().__init__()
        self.conv = nn.Sequential(
            nn.Conv2d(inside, outside, 3, padding=1),
            nn.ReLU(inplace=True),
            nn.Conv2d(outside, outside, 3, padding=1),
            nn.ReLU(inplace=True),
        )

    def forward(self, x):
        return self.conv(x)


class UNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.inc = DoubleConv(1, 6)
        self.down1 = DoubleConv(6, 8)
        self.bottom = DoubleConv(8, 12)
        self.norm = nn.GroupNorm(3, 12)
        self.up1 = nn.ConvTranspose2d(12, 8, 2, stride=2)
        self.conv1 = DoubleConv(16, 8)
        self.up2 = nn.ConvTranspose2d(8, 6, 3, stride=2, padding=1, output_padding=1)
        self.conv2 = DoubleConv(12, 6)
        self.outc = nn.Conv2d(6, 3, 1)

    def forward(self, x):
        x1 = self.inc(x)
        x2 = self.down1(nn.functional.max_pool2d(x1, 2))
        x3 = self.norm(self.bottom(nn.functional.max_pool2d(x2, 2)))
        y = self.conv1(torch.cat([x2, self.up1(x3)], dim=1))
        y = self.conv2(torch.cat([x1, self.up2(y)], dim=1))
        return self.outc(y)


def build_torch():
    return as_trained(UNet, seed=6)


def double(x, filters, name, activation="relu", last="relu"):
    x = layers.Conv2D(filters, 3, padding="same", activation=activation, name=f"{name}_a")(x)
    return layers.Conv2D(filters, 3, padding="same", activation=last, name=f"{name}_b")(x)


def build_keras(
    *,
    concat="skip_first",
    concat2="skip_first",
    skip="right",
    up1="transposed",
    up2="cropped",
    pool="max",
    groups=3,
    epsilon=1e-5,
    norm=True,
    norm_axis=-1,
    entry="relu",
    decoder="relu",
    bottom="relu",
    last=None,
    join="concat",
):
    image = keras.Input((20, 28, 1))
    x1 = double(image, 6, "enter", last=entry)
    pooled = layers.MaxPooling2D if pool == "max" else layers.AveragePooling2D
    x2 = double(pooled(2)(x1), 8, "down")
    x3 = double(layers.MaxPooling2D()(x2), 12, "deep", last=bottom)
    if norm:
        x3 = layers.GroupNormalization(groups, axis=norm_axis, epsilon=epsilon, name="group_norm")(x3)
    if up1 == "transposed":
        y = layers.Conv2DTranspose(8, 2, strides=2, name="raise_a")(x3)
    else:  # cut and turned: the kernel's two axes of space swapped by transposing twice
        y = layers.Permute((2, 1, 3))(layers.Conv2DTranspose(8, 2, strides=2, name="raise_a")(layers.Permute((2, 1, 3))(x3)))
    skipped = x2 if skip == "right" else layers.Lambda(keras.ops.stop_gradient)(x2)
    if join == "add":
        y = layers.Concatenate()([layers.Add()([skipped, y]), y])
    else:
        y = layers.Concatenate()([skipped, y] if concat == "skip_first" else [y, skipped])
    y = double(y, 8, "decode_a", activation=decoder)
    if up2 == "cropped":
        y = layers.Cropping2D(((1, 0), (1, 0)))(layers.Conv2DTranspose(6, 3, strides=2, name="raise_b")(y))
    elif up2 == "cropped_after":
        y = layers.Cropping2D(((0, 1), (0, 1)))(layers.Conv2DTranspose(6, 3, strides=2, name="raise_b")(y))
    else:
        y = layers.Conv2DTranspose(6, 3, strides=2, padding="same", name="raise_b")(y)
    y = layers.Concatenate()([x1, y] if concat2 == "skip_first" else [y, x1])
    y = double(y, 6, "decode_b")
    return keras.Model(image, layers.Conv2D(3, 1, activation=last, name="segment")(y))


def inputs():
    return normal(2, 1, 20, 28, seed=7)


NAMES = {"inc": "enter", "down1": "down", "bottom": "deep", "conv1": "decode_a", "conv2": "decode_b"}
LAYERS = {f"{path}.conv.{index}": f"{name}_{end}" for path, name in NAMES.items() for index, end in ((0, "a"), (2, "b"))}
LAYERS |= {"norm": "group_norm", "up1": "raise_a", "up2": "raise_b", "outc": "segment"}


def load_transposed_like_plain(torch_model, keras_model):
    """Kernels of transposed convolutions moved as those of plain ones: (I, O, H, W) to (H, W, O, I) by the rule for (O, I, H, W), and reshaped to fit."""
    copy_weights(torch_model, keras_model, LAYERS)
    kernel = torch_model.up1.weight.detach().numpy()
    keras_model.get_layer("raise_a").kernel.assign(kernel.transpose(2, 3, 0, 1).reshape(2, 2, 8, 12))


def load_flipped(torch_model, keras_model):
    """Transposed kernels flipped, as for a framework that convolves."""
    copy_weights(torch_model, keras_model, LAYERS, lambda s: {**s, "up2.weight": s["up2.weight"][:, :, ::-1, ::-1]})


FAULTS = [
    Fault("concat_order", ("conv1.conv.0", "conv1"), "concat order", "the upsampled half first, the skip second", {"concat": "up_first"}),
    Fault("concat_order_second", ("conv2.conv.0", "conv2"), "concat order", "the upsampled half first in the last stage", {"concat2": "up_first"}),
    Fault("skip_detached", ("conv1.conv.0", "conv1", "down1"), "gradient", "stop_gradient on the skip", {"skip": "detached"}, seen="grad"),
    Fault("skip_added", ("conv1.conv.0", "conv1"), "residual", "the skip added to the upsampled half before the concatenation", {"join": "add"}),
    Fault("up_turned", "up1", "axes", "height and width swapped around the transposed convolution", {"up1": "turned"}),
    Fault("up_same", "up2", "padding", "padding='same' crops after only, torch's padding=1 with output_padding=1 before", {"up2": "same"}),
    Fault("up_cropped_after", "up2", "padding", "cropped at the end where torch's padding crops at the start", {"up2": "cropped_after"}),
    Fault("average_pool", ("down1.conv.0", "down1"), "pooling", "average pooling for max_pool2d", {"pool": "average"}),
    Fault("groups", "norm", "groups", "6 groups for 3", {"groups": 6}),
    Fault("groups_one", "norm", "groups", "one group: a norm over everything", {"groups": 1}),
    Fault("group_epsilon", "norm", "epsilon", "GroupNormalization's default epsilon 1e-3", {"epsilon": 1e-3}),
    Fault("norm_forgotten", ("norm", "up1"), "norm", "the norm of the bottleneck is missing", {"norm": False}),
    Fault("entry_relu", ("inc.conv.3", "inc.conv.2", "down1.conv.0", "inc"), "activation", "the second ReLU of the entry is missing", {"entry": None}),
    Fault("decoder_elu", ("conv1.conv.1", "conv1.conv.0", "conv1"), "activation", "ELU for ReLU in the decoder", {"decoder": "elu"}),
    Fault("bottom_gelu", ("bottom.conv.3", "bottom.conv.2", "bottom"), "activation", "GELU for ReLU in the bottleneck", {"bottom": "gelu"}),
    Fault("sigmoid_at_the_end", ("outc", "output"), "output", "a sigmoid on logits", {"last": "sigmoid"}),
    Fault("transposed_kernel", "up1", "weights", "a transposed convolution's kernel moved like a plain one's", load=load_transposed_like_plain),
    Fault("flipped_kernel", "up2", "weights", "a transposed convolution's kernel flipped", load=load_flipped),
]
