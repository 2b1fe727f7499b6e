"""A tiny DETR: images of several sizes padded into one batch, two strided convolutions, sines over rows and columns, a transformer, boxes for learned queries.

The port is subclassed and channels last; targets are already matched to queries; trained by a weighted cross-entropy, L1 and AdamW.
"""

import keras
import numpy as np
import torch
from keras import layers, ops
from torch import nn
from torch.nn import functional as F

from benchmarks.faults.building import as_trained, normal, tokens, uniform
from benchmarks.faults.own import TorchAdam, TorchAdamW, UnbiasedNorm
from benchmarks.faults.port import Fault
from benchmarks.faults.weights import copy_weights

HEIGHT, LENGTH, SIZES = 22, 30, ((22, 30), (17, 23), (20, 19))
FILTERS, WIDTH, HEADS, INNER = (6, 10), 12, 3, 20
QUERIES, CLASSES, NOTHING = 5, 6, 0.1


class Backbone(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(3, FILTERS[0], 3, stride=2, padding=1, bias=False), nn.BatchNorm2d(FILTERS[0])
        self.conv2, self.bn2 = nn.Conv2d(FILTERS[0], FILTERS[1], 3, stride=2, padding=1, bias=False), nn.BatchNorm2d(FILTERS[1])

    def forward(self, images, padded):
        x = F.relu(self.bn1(self.conv1(images)))
        x = F.relu(self.bn2(self.conv2(x)))
        return x, F.interpolate(padded[None].float(), size=x.shape[-2:], mode="nearest")[0].bool()


class PositionSine(nn.Module):
    """Counts rows and columns of the image itself, from 0 to 2 pi."""

    def forward(self, padded, dtype):
        y, x = ((~padded).cumsum(axis, dtype=dtype) for axis in (1, 2))
        y, x = y / (y[:, -1:] + 1e-6) * 2 * torch.pi, x / (x[:, :, -1:] + 1e-6) * 2 * torch.pi
        period = 10000 ** (torch.arange(0, WIDTH // 2, 2, dtype=dtype) / (WIDTH // 2))
        found = [(axis[..., None] / period)[..., None] for axis in (y, x)]
        return torch.cat([torch.cat([angle.sin(), angle.cos()], -1).flatten(3) for angle in found], -1).flatten(1, 2)


class EncoderLayer(nn.Module):
    def __init__(self):
        super().__init__()
        self.self_attn = nn.MultiheadAttention(WIDTH, HEADS, batch_first=True)
        self.linear1, self.linear2, self.norm1, self.norm2 = nn.Linear(WIDTH, INNER), nn.Linear(INNER, WIDTH), nn.LayerNorm(WIDTH), nn.LayerNorm(WIDTH)

    def forward(self, x, pos, padded):
        q = k = x + pos
        x = self.norm1(x + self.self_attn(q, k, x, key_padding_mask=padded, need_weights=False)[0])
        return self.norm2(x + self.linear2(F.relu(self.linear1(x))))


class DecoderLayer(EncoderLayer):
    def __init__(self):
        super().__init__()
        self.multihead_attn, self.norm3 = nn.MultiheadAttention(WIDTH, HEADS, batch_first=True), nn.LayerNorm(WIDTH)

    def forward(self, x, query_pos, memory, pos, padded):
        q = k = x + query_pos
        x = self.norm1(x + self.self_attn(q, k, x, need_weights=False)[0])
        x = self.norm2(x + self.multihead_attn(x + query_pos, memory + pos, memory, key_padding_mask=padded, need_weights=False)[0])
        return self.norm3(x + self.linear2(F.relu(self.linear1(x))))


class DETR(nn.Module):
    def __init__(self):
        super().__init__()
        self.backbone, self.position, self.input_proj = Backbone(), PositionSine(), nn.Conv2d(FILTERS[-1], WIDTH, 1)
        self.encoder, self.query_embed = nn.ModuleList([EncoderLayer(), EncoderLayer()]), nn.Embedding(QUERIES, WIDTH)
        self.decoder, self.decoder_norm = nn.ModuleList([DecoderLayer(), DecoderLayer()]), nn.LayerNorm(WIDTH)
        self.class_embed = nn.Linear(WIDTH, CLASSES + 1)
        self.bbox_embed = nn.Sequential(nn.Linear(WIDTH, WIDTH), nn.ReLU(), nn.Linear(WIDTH, WIDTH), nn.ReLU(), nn.Linear(WIDTH, 4))

    def forward(self, images, padded):
        features, padded = self.backbone(images, padded)
        pos, padded = self.position(padded, features.dtype), padded.flatten(1)
        x = self.input_proj(features).flatten(2).transpose(1, 2)
        for layer in self.encoder:
            x = layer(x, pos, padded)
        queries = self.query_embed.weight.expand(len(x), -1, -1)
        y = torch.zeros_like(queries)
        for layer in self.decoder:
            y = layer(y, queries, x, pos, padded)
        y = self.decoder_norm(y)
        return {"logits": self.class_embed(y), "boxes": self.bbox_embed(y).sigmoid()}


def build_torch():
    return as_trained(DETR, seed=731)


def waves(there, *, counted="image", axes="yx"):
    """Of (batch, height, width), what is there: (batch, places, width)."""
    half, found = WIDTH // 2, {}
    period = ops.cast(10000.0 ** (np.arange(half) // 2 * 2 / half), there.dtype)
    for name, axis in (("y", 1), ("x", 2)):
        count = ops.cumsum(there if counted == "image" else ops.ones_like(there), axis=axis)
        angle = ops.expand_dims(count / (ops.max(count, axis=axis, keepdims=True) + 1e-6) * (2 * np.pi), -1) / period
        found[name] = ops.where(np.arange(half) % 2 == 0, ops.sin(angle), ops.cos(angle))
    return ops.reshape(ops.concatenate([found[name] for name in axes], axis=-1), (ops.shape(there)[0], -1, WIDTH))


class Attend(layers.Layer):
    def __init__(self):
        super().__init__()
        self.heads, self.norm = layers.MultiHeadAttention(HEADS, WIDTH // HEADS), layers.LayerNormalization(epsilon=1e-5)

    def call(self, x, query, value, key, seen=None):
        return self.norm(x + self.heads(query, value, key, attention_mask=seen))


class Block(layers.Layer):
    def __init__(self):
        super().__init__()
        self.wide, self.narrow, self.norm = layers.Dense(INNER, activation="relu"), layers.Dense(WIDTH), layers.LayerNormalization(epsilon=1e-5)

    def feed(self, x):
        return self.norm(x + self.narrow(self.wide(x)))


class EncoderBlock(Block):
    def __init__(self, *, given="value_key", mask="there"):
        super().__init__()
        self.look, self.given, self.mask = Attend(), given, mask

    def call(self, x, places, there):
        pair = (x, x + places) if self.given == "value_key" else (x + places, x)
        return self.feed(self.look(x, x + places, *pair, there if self.mask == "there" else ops.logical_not(there)))


class DecoderBlock(Block):
    def __init__(self, *, keys="placed", masked=True, asks=True):
        super().__init__()
        self.talk, self.read, self.keys, self.masked, self.asks = Attend(), Attend(), keys, masked, asks

    def call(self, x, asked, memory, places, there):
        asked = asked if self.asks else ops.zeros_like(asked)
        x = self.talk(x, x + asked, x, x + asked)
        return self.feed(self.read(x, x + asked, memory, memory + places if self.keys == "placed" else memory, there if self.masked else None))


class BoxFinder(keras.Model):
    def __init__(self, blocks, answers, *, pad="both", shrink="torch", frozen=False, waves=None, tokens="rows", start="zeros", ended=True, box=None):
        super().__init__()
        self.pad, self.shrink, self.frozen, self.waves, self.tokens, self.start, self.ended = pad, shrink, frozen, dict(waves or {}), tokens, start, ended
        self.conv_a = layers.Conv2D(FILTERS[0], 3, strides=2, padding="valid" if pad == "both" else "same", use_bias=False)
        self.conv_b = layers.Conv2D(FILTERS[1], 3, strides=2, use_bias=False)
        self.norm_a, self.norm_b = UnbiasedNorm(momentum=0.9, epsilon=1e-5), UnbiasedNorm(momentum=0.9, epsilon=1e-5)
        self.blocks, self.answers = [EncoderBlock(**dict(own)) for own in blocks], [DecoderBlock(**dict(own)) for own in answers]
        self.questions = self.add_weight(shape=(QUERIES, WIDTH), name="questions")
        self.project, self.last_norm, self.kinds = layers.Dense(WIDTH), layers.LayerNormalization(epsilon=1e-5), layers.Dense(CLASSES + 1)
        ends = {WIDTH: "relu", 4: "relu" if box == "relu" else None}
        self.box, self.box_layers = box, keras.Sequential([layers.Dense(size, activation=ends[size]) for size in (WIDTH, WIDTH, 4)])

    def see(self, images, training):
        around = ((0, 0), (1, 1), (1, 1), (0, 0))
        x = self.conv_a(images if self.pad == "same" else ops.pad(images, around))
        x = self.conv_b(ops.pad(ops.relu(self.norm_a(x, training=training)), around))
        return ops.relu(self.norm_b(x, training=training))

    def cells(self, padded, height, width):
        """Which cells are of the image: as F.interpolate, the first row and column of each."""
        offset = 0 if self.shrink == "torch" else 0.5
        rows, columns = (np.floor((np.arange(size) + offset) * (whole / size)).astype("int32") for size, whole in ((height, HEIGHT), (width, LENGTH)))
        return ops.logical_not(ops.take(ops.take(padded, rows, axis=1), columns, axis=2))

    def call(self, given, training=None):
        x = self.project(self.see(given["images"], False if self.frozen else training))
        there, number = self.cells(given["padded"], *x.shape[1:3]), x.shape[1] * x.shape[2]
        places, there = waves(ops.cast(there, x.dtype), **self.waves), ops.reshape(there, (-1, 1, number))
        x = ops.reshape(x, (-1, number, WIDTH)) if self.tokens == "rows" else ops.swapaxes(ops.reshape(x, (-1, WIDTH, number)), 1, 2)
        for block in self.blocks:
            x = block(x, places, there)
        asked = ops.broadcast_to(self.questions, (ops.shape(x)[0], QUERIES, WIDTH))
        y = asked if self.start == "queries" else ops.zeros_like(asked)
        for block in self.answers:
            y = block(y, asked, x, places, there)
        y = self.last_norm(y) if self.ended else y
        return {"logits": self.kinds(y), "boxes": ops.sigmoid(self.box_layers(ops.stop_gradient(y) if self.box == "detached" else y))}


def build_keras(*, encoder1=(), encoder2=(), decoder1=(), decoder2=(), **switches):
    return BoxFinder((encoder1, encoder2), (decoder1, decoder2), **switches)


def inputs():
    images, padded = normal(len(SIZES), 3, HEIGHT, LENGTH, seed=732), np.ones((len(SIZES), HEIGHT, LENGTH), bool)
    for row, (height, width) in enumerate(SIZES):
        padded[row, :height, :width] = False
    return {"images": images * ~padded[:, None], "padded": padded}


def targets():
    """A box and a class for every query: the last class is nothing."""
    labels = np.where(np.arange(QUERIES)[:, None] % 2, CLASSES, tokens(len(SIZES), QUERIES, 1, below=CLASSES + 1, seed=733))
    return np.concatenate([uniform(len(SIZES), QUERIES, 4, seed=734), labels.astype("float32")], axis=-1)


def criterion(output, target):
    boxes, labels = target[..., :4], target[..., 4].long()
    weight = torch.tensor([1.0] * CLASSES + [NOTHING], dtype=output["logits"].dtype)
    found, classes = labels < CLASSES, F.cross_entropy(output["logits"].transpose(1, 2), labels, weight)
    return classes + 5 * F.l1_loss(output["boxes"][found], boxes[found], reduction="sum") / found.sum()


def keras_loss(nothing=NOTHING):
    def loss(output, target):
        found = ops.cast(target[..., 4] < CLASSES, output["boxes"].dtype)
        weight, away = found + nothing * (1 - found), ops.sum(ops.abs(output["boxes"] - target[..., :4]), axis=-1)
        each = ops.sparse_categorical_crossentropy(ops.cast(target[..., 4], "int32"), output["logits"], from_logits=True)
        return ops.sum(weight * each) / ops.sum(weight) + 5 * ops.sum(found * away) / ops.sum(found)

    return loss


LOSS = (criterion, keras_loss)
OPTIMIZER = (lambda parameters: torch.optim.AdamW(parameters, lr=1e-3, weight_decay=0.1), lambda: TorchAdamW(1e-3, shrink=0.1))
MAPPING = {"query_embed.weight": "questions"}
LAYERS = MAPPING | {"backbone.conv1": "conv_a", "backbone.bn1": "norm_a", "backbone.conv2": "conv_b", "backbone.bn2": "norm_b"}
LAYERS |= {"input_proj": "project", "decoder_norm": "last_norm", "class_embed": "kinds"} | {f"bbox_embed.{2 * i}": f"box_layers.{i}" for i in range(3)}
BLOCK = {"linear1": "wide", "linear2": "narrow"}
ENCODER = BLOCK | {"self_attn": "look.heads", "norm1": "look.norm", "norm2": "norm"}
DECODER = BLOCK | {"self_attn": "talk.heads", "norm1": "talk.norm", "multihead_attn": "read.heads", "norm2": "read.norm", "norm3": "norm"}
for index in range(2):
    for path, attribute, names in (("encoder", "blocks", ENCODER), ("decoder", "answers", DECODER)):
        LAYERS |= {f"{path}.{index}.{theirs}": f"{attribute}.{index}.{ours}" for theirs, ours in names.items()}


def load_norms_exchanged(torch_model, keras_model):
    """The second and the third norm of a decoder layer taken for each other."""
    other = {"decoder.0.norm2": "decoder.0.norm3", "decoder.0.norm3": "decoder.0.norm2"}
    copy_weights(torch_model, keras_model, LAYERS, lambda state: {name: state[other.get(name[:15], name[:15]) + name[15:]] for name in state})


FIRST, SECOND, ENTRY = "decoder.0", "decoder.1", ("input_proj", "encoder.0", "encoder.0.self_attn")
FAULTS = [
    Fault("same_under_stride", ("backbone.conv1", "backbone"), "padding", "'same' pads an even size at its end only", {"pad": "same"}),
    Fault("mask_at_centres", ("backbone", "position"), "interpolation", "the mask resized as TensorFlow does: by centres of cells", {"shrink": "centres"}),
    Fault("x_before_y", "position", "concat order", "sines of columns first, of rows second", {"waves": {"axes": "xy"}}),
    Fault("positions_of_the_batch", "position", "mask", "rows and columns counted over the padding too", {"waves": {"counted": "batch"}}),
    Fault("channels_read_first", ENTRY, "reshape", "flattened as if channels were first", {"tokens": "channels_first"}),
    Fault("key_for_value", ("encoder.0.self_attn", "encoder.0"), "order", "called as (query, key, value)", {"encoder1": {"given": "key_value"}}),
    Fault("mask_inverted", ("encoder.1.self_attn", "encoder.1"), "mask", "key_padding_mask as attention_mask", {"encoder2": {"mask": "padded"}}),
    Fault("keys_not_placed", (f"{FIRST}.multihead_attn", FIRST), "positions", "memory is read without positions", {"decoder1": {"keys": "memory"}}),
    Fault("padding_read", (f"{SECOND}.multihead_attn", SECOND), "mask", "no mask where queries read the memory", {"decoder2": {"masked": False}}),
    Fault("queries_for_zeros", (FIRST, f"{FIRST}.self_attn", "query_embed"), "initial state", "the decoder starts from its queries", {"start": "queries"}),
    Fault("queries_added_once", (SECOND, f"{SECOND}.self_attn"), "positions", "queries added in the first decoder layer only", {"decoder2": {"asks": False}}),
    Fault("norms_exchanged", (f"{FIRST}.norm2", f"{FIRST}.norm3", FIRST), "weights", "norm2 and norm3 exchanged", load=load_norms_exchanged),
    Fault("last_norm_forgotten", "decoder_norm", "missing layer", "no norm after the decoder", {"ended": False}),
    Fault("relu_before_sigmoid", ("bbox_embed.4", "bbox_embed", "output"), "activation", "ReLU after every layer of the MLP", {"box": "relu"}),
    Fault("boxes_detached", ("bbox_embed", "bbox_embed.0", "decoder_norm"), "gradient", "stop_gradient before boxes", {"box": "detached"}, seen="grad"),
    Fault("backbone_in_inference", ("backbone.bn1", "backbone.bn2", "backbone"), "training", "training is not passed on", {"frozen": True}, seen="train"),
    Fault("nothing_counts_in_full", "loss", "class weights", "no weight of a tenth for nothing", seen="loss", loss=lambda: keras_loss(nothing=1.0)),
    Fault("decay_in_the_gradient", "optimizer", "decay", "Adam with L2 for AdamW", seen="step", optimizer=lambda: TorchAdam(1e-3, decay=0.1)),
]
