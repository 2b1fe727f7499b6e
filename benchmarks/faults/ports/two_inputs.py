"""An image and a masked sequence of features: cross-attention from image regions to the sequence, a gate by a vector; inputs by name."""

import keras
import numpy as np
import torch
from keras import layers, ops
from torch import nn

from benchmarks.faults.building import as_trained, normal
from benchmarks.faults.port import Fault

WIDTH = 16


class Fusion(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, WIDTH, 3, stride=3)
        self.words = nn.Linear(6, WIDTH)
        self.cross = nn.MultiheadAttention(WIDTH, 1, batch_first=True)
        self.gate = nn.Linear(4, WIDTH)
        self.film = nn.Linear(4, 2 * WIDTH)
        self.out = nn.Bilinear(WIDTH, 4, 3)

    def forward(self, image, sequence, mask, meta):
        regions = torch.relu(self.conv(image)).flatten(2).transpose(1, 2)
        words = nn.functional.relu(self.words(sequence))
        found, _ = self.cross(regions, words, words, key_padding_mask=~mask)
        scale, shift = self.film(meta).unsqueeze(1).chunk(2, dim=-1)
        found = regions + found * (1 + scale) + shift
        glu = (found * torch.sigmoid(self.gate(meta)).unsqueeze(1)).amax(1)
        return self.out(glu, meta), glu


def build_torch():
    return as_trained(Fusion, seed=40)


class Bilinear(layers.Layer):
    def build(self, left_shape, right_shape):
        self.weight = self.add_weight(shape=(3, left_shape[-1], right_shape[-1]), name="weight")
        self.bias = self.add_weight(shape=(3,), initializer="zeros", name="bias")

    def call(self, left, right):
        return ops.einsum("bi,oij,bj->bo", left, self.weight, right) + self.bias


def build_keras(
    *,
    use_mask="right",
    query="regions",
    film="scale_first",
    one=True,
    gate="sigmoid",
    pool="max",
    residual=True,
    conv="relu",
    words="relu",
    columns=False,
    gate_on="sum",
    frozen=False,
    values="words",
):
    given = {
        "image": keras.Input((9, 12, 3), name="image"),
        "sequence": keras.Input((5, 6), name="sequence"),
        "mask": keras.Input((5,), dtype="bool", name="mask"),
        "meta": keras.Input((4,), name="meta"),
    }
    regions = layers.Conv2D(WIDTH, 3, strides=3, activation=conv, name="look")(given["image"])
    regions = layers.Reshape((12, WIDTH))(layers.Permute((2, 1, 3))(regions) if columns else regions)
    spoken = layers.Dense(WIDTH, activation=words, name="read")(given["sequence"])
    attention = layers.MultiHeadAttention(1, WIDTH, name="attend")
    mask = ops.expand_dims(given["mask"], 1)
    mask = {"right": mask, "inverted": ops.logical_not(mask), "none": None}[use_mask]
    found = attention(regions, ops.flip(spoken, 1) if values == "flipped" else spoken, key=spoken, attention_mask=mask)
    attention.trainable = not frozen
    film_dense = layers.Dense(2 * WIDTH, name="film")(given["meta"])
    halves = ops.split(ops.expand_dims(film_dense, 1), 2, axis=-1)
    if film == "interleaved":
        halves = film_dense[:, None, 0::2], film_dense[:, None, 1::2]
    scale, shift = halves if film != "shift_first" else halves[::-1]
    found = found * ((1 + scale) if one else scale) + shift
    if residual:
        found = regions + found
    opened = ops.expand_dims({"sigmoid": ops.sigmoid, "tanh": ops.tanh, "softmax": ops.softmax}[gate](layers.Dense(WIDTH, name="gate")(given["meta"])), 1)
    reduce = {"max": ops.max, "mean": ops.mean, "sum": ops.sum}[pool]
    glu = reduce(found * opened, axis=1) if gate_on == "sum" else reduce(found, axis=1) * opened[:, 0]
    return keras.Model(given, [Bilinear(name="bilinear")(glu, given["meta"]), glu])


def inputs():
    mask = np.array([[1, 1, 1, 0, 0], [1, 1, 1, 1, 1], [1, 0, 1, 1, 0]], bool)
    return {"image": normal(3, 3, 9, 12, seed=41), "sequence": normal(3, 5, 6, seed=42), "mask": mask, "meta": normal(3, 4, seed=43)}


LAYERS = {"conv": "look", "words": "read", "cross": "attend", "gate": "gate", "film": "film", "out.weight": "bilinear.weight", "out.bias": "bilinear.bias"}
MAPPING = {"out.weight": "bilinear.weight", "out.bias": "bilinear.bias"}


def changed(**changes):
    """The inputs in Keras' layout, some of them with a mistake of the data pipeline."""

    def keras_inputs(given):
        found = {**given, "image": given["image"].transpose(0, 2, 3, 1)}
        return found | {name: change(found[name]) for name, change in changes.items()}

    return keras_inputs


NEAR = ("out", "gate")
FAULTS = [
    Fault("mask_forgotten", "cross", "mask", "no mask in the cross-attention", {"use_mask": "none"}),
    Fault("mask_inverted", "cross", "mask", "the mask with torch's meaning", {"use_mask": "inverted"}),
    Fault("values_flipped", "cross", "direction", "the values in another order than the keys", {"values": "flipped"}),
    Fault("film_swapped", ("film", "gate", "out"), "arguments", "shift and scale swapped", {"film": "shift_first"}),
    Fault("film_interleaved", ("film", "gate", "out"), "axes", "scale and shift taken from every other channel", {"film": "interleaved"}),
    Fault("film_without_one", ("film", "gate", "out", "cross"), "constant", "scale for 1 + scale", {"one": False}),
    Fault("gate_tanh", ("gate", "out"), "activation", "tanh for the gate's sigmoid", {"gate": "tanh"}),
    Fault("gate_softmax", ("gate", "out"), "activation", "softmax for the gate's sigmoid", {"gate": "softmax"}),
    Fault("mean_pool", ("output", *NEAR), "pooling", "the mean over regions", {"pool": "mean"}),
    Fault("sum_pool", ("output", *NEAR), "pooling", "the sum over regions", {"pool": "sum"}),
    Fault("no_residual", ("cross", *NEAR), "residual", "regions not added", {"residual": False}),
    Fault("conv_relu", ("conv", "cross"), "activation", "no ReLU on the regions", {"conv": None}),
    Fault("words_relu", ("words", "cross"), "activation", "no ReLU on the words", {"words": None}),
    Fault("attention_frozen", "cross", "frozen", "the attention left frozen", {"frozen": True}, seen="grad"),
    Fault("image_bgr", ("input", "conv"), "data", "the image's channels reversed by the loader", keras_inputs=changed(image=lambda x: x[..., ::-1])),
    Fault("image_scaled", ("input", "conv"), "data", "the image 255 times as large", keras_inputs=changed(image=lambda x: x * 255)),
    Fault("image_flipped", ("input", "conv"), "data", "the image upside down", keras_inputs=changed(image=lambda x: x[:, ::-1])),
    Fault(
        "image_turned",
        ("input", "conv"),
        "data",
        "channels first reshaped, not transposed",
        keras_inputs=changed(image=lambda x: x.transpose(0, 3, 1, 2).reshape(x.shape)),
    ),
    Fault("sequence_reversed", ("input", "words"), "data", "the sequence from its end", keras_inputs=changed(sequence=lambda x: x[:, ::-1])),
    Fault(
        "meta_standardised", ("input", "film", "gate"), "data", "the vector standardised again", keras_inputs=changed(meta=lambda x: (x - x.mean(0)) / x.std(0))
    ),
    Fault("mask_of_padding", ("input", "cross"), "data", "the loader's mask marks the padding", keras_inputs=changed(mask=np.logical_not)),
]
