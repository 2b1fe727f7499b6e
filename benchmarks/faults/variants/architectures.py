"""Residual nets, U-Nets, detection, mobile nets and mixers written in other ways."""

import keras
import numpy as np
import torch
from keras import layers, ops
from torch import nn

from benchmarks.faults.building import as_trained, normal
from benchmarks.faults.ports import detection, mixer, mobilenet, resnet_subclassed, segmentation, squeeze_excite, unet
from benchmarks.faults.variant import as_is, pair, variant
from benchmarks.faults.weights import copy_weights


def norm(x, name):
    return layers.BatchNormalization(epsilon=1e-5, momentum=0.9, name=name)(x)


def functional_resnet(one_relu=False):
    relu = layers.ReLU()  # one layer for all places, if asked for

    def activate(x):
        return relu(x) if one_relu else layers.Activation("relu")(x)

    def conv(x, filters, size, stride, pad, name):
        x = layers.ZeroPadding2D(pad)(x) if pad else x
        return layers.Conv2D(filters, size, strides=stride, use_bias=False, name=name)(x)

    def block(x, filters, stride, name, project=False):
        side = norm(conv(x, filters, 1, stride, 0, f"{name}_side"), f"{name}_side_bn") if project else x
        y = activate(norm(conv(x, filters, 3, stride, 1, f"{name}_1"), f"{name}_1_bn"))
        return activate(layers.Add()([norm(conv(y, filters, 3, 1, 1, f"{name}_2"), f"{name}_2_bn"), side]))

    image = keras.Input((32, 40, 3))
    x = activate(norm(conv(image, 8, 7, 2, 3, "stem"), "stem_bn"))
    x = layers.MaxPooling2D(3, strides=2)(layers.ZeroPadding2D(1)(x))
    x = block(block(block(x, 8, 1, "a"), 12, 2, "b", True), 12, 1, "c")
    return keras.Model(image, layers.Dense(10, name="classes")(layers.GlobalAveragePooling2D()(x)))


def flat_names(path, name, project=False):
    found = {f"{path}.conv{i}": f"{name}_{i}" for i in (1, 2)} | {f"{path}.bn{i}": f"{name}_{i}_bn" for i in (1, 2)}
    return found | ({f"{path}.downsample.0": f"{name}_side", f"{path}.downsample.1": f"{name}_side_bn"} if project else {})


FLAT = {"conv1": "stem", "bn1": "stem_bn", "fc": "classes"}
FLAT |= flat_names("layer1.0", "a") | flat_names("layer2.0", "b", True) | flat_names("layer2.1", "c")


def zero_branches():
    """As torchvision's zero_init_residual: each block's last norm starts at zero."""
    model = resnet_subclassed.build_torch()
    with torch.no_grad():
        for module in model.modules():
            if isinstance(module, resnet_subclassed.Block):
                module.bn2.weight.zero_()
                module.bn2.bias.zero_()
    return model


class SubclassedUNet(keras.Model):
    """Skips joined by ops, the group norm by its formula, the last upsampling cut by a slice."""

    def __init__(self):
        super().__init__()
        for name, filters in (("enter", 6), ("down", 8), ("deep", 12), ("decode_a", 8), ("decode_b", 6)):
            for end in "ab":
                setattr(self, f"{name}_{end}", layers.Conv2D(filters, 3, padding="same"))
        self.segment, self.raise_b, self.raise_a = layers.Conv2D(3, 1), layers.Conv2DTranspose(6, 3, strides=2), layers.Conv2DTranspose(8, 2, strides=2)
        self.scale = self.add_weight(shape=(12,), initializer="ones", name="scale")
        self.offset = self.add_weight(shape=(12,), initializer="zeros", name="offset")

    def double(self, x, name):
        return ops.relu(getattr(self, f"{name}_b")(ops.relu(getattr(self, f"{name}_a")(x))))

    def call(self, x):
        x1 = self.double(x, "enter")
        x2 = self.double(ops.max_pool(x1, 2, 2), "down")
        x3 = self.double(ops.max_pool(x2, 2, 2), "deep")
        grouped = ops.reshape(x3, (-1, 5, 7, 3, 4))
        mean, variance = ops.mean(grouped, (1, 2, 4), keepdims=True), ops.var(grouped, (1, 2, 4), keepdims=True)
        x3 = ops.reshape((grouped - mean) / ops.sqrt(variance + 1e-5), (-1, 5, 7, 12)) * self.scale + self.offset
        y = self.double(ops.concatenate([x2, self.raise_a(x3)], -1), "decode_a")
        return self.segment(self.double(ops.concatenate([x1, self.raise_b(y)[:, 1:, 1:]], -1), "decode_b"))


UNET = {path: name for path, name in unet.LAYERS.items() if path != "norm"} | {"norm.weight": "scale", "norm.bias": "offset"}


class ByProducts(layers.Layer):
    """Bilinear doubling as two products with constant matrices: float64 where the model is."""

    def call(self, x):
        def matrix(n):
            place = np.clip((np.arange(2 * n) + 0.5) / 2 - 0.5, 0, n - 1)
            return ops.convert_to_tensor(np.maximum(0, 1 - np.abs(place[:, None] - np.arange(n)[None])), x.dtype)

        return ops.einsum("ih,bhwc,jw->bijc", matrix(x.shape[1]), x, matrix(x.shape[2]))


def exact_segmenter():
    model = segmentation.build_keras()
    return keras.Model(model.input, ByProducts()(model.get_layer("classify").output))


class ByUnits(detection.Pyramid):
    """Convolutions of size 1 as Dense layers; the anchors of each level as tuples."""

    def __init__(self):
        super().__init__()
        self.side3, self.side4, self.to_center = layers.Dense(8), layers.Dense(8), layers.Dense(2)
        self.to_center_above = self.to_center


class InOtherOrder(detection.Pyramid):
    """The keys of the dict made in another order, and the outputs' layers first."""

    def call(self, image):
        found = super().call(image)
        return {name: found[name] for name in ("centerness", "scores", "boxes")}


class GroupedDepthwise:
    """Keras' Conv2D with as many groups as channels, taken for DepthwiseConv2D."""

    def __new__(cls, size, **options):
        return layers.Conv2D(
            {"block0_depth": 12, "block1_depth": 16}[options["name"]], size, groups={"block0_depth": 12, "block1_depth": 16}[options["name"]], **options
        )


def grouped_mobilenet():
    depthwise, layers.DepthwiseConv2D = layers.DepthwiseConv2D, GroupedDepthwise
    try:
        return mobilenet.build_keras()
    finally:
        layers.DepthwiseConv2D = depthwise


def two_for_a_group():
    """The grouped convolution as two convolutions on halves of the channels."""
    model = mobilenet.build_keras()
    x = model.get_layer("mixing").input
    halves = [layers.Conv2D(10, 3, padding="same", name=f"mixing_{i}")(half) for i, half in enumerate(ops.split(x, 2, axis=-1))]
    x = layers.GlobalAveragePooling2D()(ops.relu6(ops.concatenate(halves, -1) * 16.0))
    return keras.Model(model.input, layers.Dense(6, name="scores")(x))


def load_halves(torch_model, keras_model):
    copy_weights(torch_model, keras_model, {path: name for path, name in mobilenet.LAYERS.items() if path != "mix"})
    weight, bias = (parameter.detach().numpy() for parameter in torch_model.mix.parameters())
    for index in range(2):
        rows = slice(10 * index, 10 * index + 10)
        keras_model.get_layer(f"mixing_{index}").set_weights([weight[rows].transpose(2, 3, 1, 0), bias[rows]])


def separable_torch():
    return as_trained(lambda: nn.Sequential(nn.Conv2d(4, 8, 3, padding=1, groups=4, bias=False), nn.Conv2d(8, 5, 1), nn.SiLU(), nn.Conv2d(5, 3, 1)), seed=50)


def separable_keras():
    image = keras.Input((7, 9, 4))
    x = layers.SeparableConv2D(5, 3, padding="same", depth_multiplier=2, activation="silu", name="separable")(image)
    return keras.Model(image, layers.Dense(3, name="mix")(x))


SEPARABLE = {
    "0.weight": ("separable.depthwise_kernel", lambda state: {name: a.reshape(4, 2, 3, 3).transpose(2, 3, 0, 1) for name, a in state.items()}),
    "1.weight": ("separable.pointwise_kernel", lambda state: {name: a.transpose(2, 3, 1, 0) for name, a in state.items()}),
    "1.bias": "separable.bias",
    "3": "mix",
}


class DenseExcite(squeeze_excite.Excite):
    """Squeezed to vectors, Dense layers, and back."""

    def build(self, shape):
        self.reduce, self.expand = layers.Dense(self.reduced), layers.Dense(shape[-1])
        self.reduce.build((shape[0], shape[-1]))
        self.expand.build((shape[0], self.reduced))

    def call(self, x):
        scale = self.gate(self.expand(self.inner(self.reduce(ops.mean(x, (1, 2))))))
        return x * ops.expand_dims(ops.expand_dims(scale, 1), 1)


class DenseSENet(squeeze_excite.KerasSENet):
    def __init__(self):
        super().__init__()
        self.one.excite, self.two.excite = DenseExcite(4), DenseExcite(4)


def patches_by_convolution():
    """The patches' Linear as a convolution of stride 4, and token mixing by EinsumDense without permuting."""
    image = keras.Input((12, 16, 2))
    x = layers.Reshape((mixer.PATCHES, mixer.WIDTH))(layers.Conv2D(mixer.WIDTH, 4, strides=4, name="patch_embedding")(image))
    for index in range(2):
        y = layers.LayerNormalization(epsilon=1e-5, name=f"ln{index}_a")(x)
        y = layers.EinsumDense("btc,th->bhc", (14, mixer.WIDTH), bias_axes="h", name=f"tokens{index}_in")(y)
        y = layers.EinsumDense("bhc,ht->btc", (mixer.PATCHES, mixer.WIDTH), bias_axes="t", name=f"tokens{index}_out")(ops.gelu(y, approximate=True))
        x = x + y
        y = layers.LayerNormalization(epsilon=1e-5, name=f"ln{index}_b")(x)
        x = x + mixer.mlp(y, 18, f"channels{index}")
    x = ops.mean(layers.LayerNormalization(epsilon=1e-5, name="final_norm")(x), axis=1)
    return keras.Model(image, layers.Dense(5, name="answer")(x))


def patch_columns(state):
    weight = state.get("weight")
    return state if weight is None else {**state, "weight": weight.reshape(-1, 2, 4, 4).transpose(0, 2, 3, 1).reshape(weight.shape)}


RIGHT = (
    variant(resnet_subclassed, "functional", "functional, flat names", functional_resnet, layers=FLAT),
    variant(resnet_subclassed, "one_relu", "one ReLU layer called everywhere", lambda: functional_resnet(one_relu=True), layers=FLAT),
    variant(resnet_subclassed, "zero_branches", "residual branches initialised to zero", resnet_subclassed.build_keras, build_torch=zero_branches),
    variant(resnet_subclassed, "keras_norm", "Keras' own norm, for inference", lambda: resnet_subclassed.build_keras(norm=layers.BatchNormalization)),
    variant(unet, "subclassed", "subclassed, group norm by its formula", SubclassedUNet, layers=UNET),
    variant(segmentation, "by_products", "upsampled by products with matrices", exact_segmenter, tolerance=1e-12),
    variant(detection, "dense_units", "convolutions of size 1 as Dense", ByUnits),
    variant(detection, "other_keys_first", "the outputs' dict in another order", InOtherOrder),
    variant(mobilenet, "grouped_depthwise", "depthwise as a grouped convolution", grouped_mobilenet),
    as_is(mobilenet, "two_for_a_group", "a grouped convolution as two", two_for_a_group, load_halves),
    pair(
        "separable",
        "SeparableConv2D for two convolutions, Dense for one of size 1",
        separable_torch,
        separable_keras,
        lambda: normal(2, 4, 7, 9, seed=51),
        SEPARABLE,
    ),
    variant(squeeze_excite, "dense_units", "squeeze and excitation by Dense layers", DenseSENet),
    variant(
        mixer,
        "by_convolution",
        "patches by a convolution, tokens by EinsumDense",
        patches_by_convolution,
        layers={**mixer.LAYERS, "embed": ("patch_embedding", patch_columns)},
    ),
)
