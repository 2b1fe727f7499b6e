"""A translator with the encoder and the decoder of torch.nn, pre-norm and without biases; sines for positions, logits by the table of target words.

The port is subclassed: layers of its own around MultiHeadAttention and Dense, masks written out; trained by AdamW that spares norms and biases.
"""

import math

import keras
import numpy as np
import tensorflow as tf
import torch
from keras import layers, ops
from torch import nn
from torch.nn import functional as F

from benchmarks.faults.building import as_trained, tokens
from benchmarks.faults.own import TorchAdam
from benchmarks.faults.port import Fault
from benchmarks.faults.weights import copy_weights

SOURCES, TARGETS, LONGEST, WIDTH, HEADS, INNER, RATE = 19, 17, 16, 12, 3, 20, 0.1
PAD, BEGIN, END = 0, 1, 2
LENGTHS = ((9, 7), (6, 8), (8, 5), (4, 6), (7, 4))  # of source and target, row by row


def sinusoids(interleaved=True):
    angles = np.arange(LONGEST)[:, None] * np.exp(np.arange(0, WIDTH, 2) * (-math.log(10000.0) / WIDTH))
    pair = [np.sin(angles), np.cos(angles)]
    return (np.stack(pair, -1).reshape(LONGEST, WIDTH) if interleaved else np.concatenate(pair, -1)).astype("float32")


class Embed(nn.Module):
    def __init__(self, count):
        super().__init__()
        self.words = nn.Embedding(count, WIDTH)
        self.register_buffer("positions", torch.from_numpy(sinusoids()), persistent=False)
        self.drop = nn.Dropout(RATE)

    def forward(self, ids):
        return self.drop(self.words(ids) * math.sqrt(WIDTH) + self.positions[: ids.shape[1]])


class Translator(nn.Module):
    def __init__(self):
        super().__init__()
        options = {"dropout": RATE, "batch_first": True, "norm_first": True, "bias": False}
        self.source_embed, self.target_embed = Embed(SOURCES), Embed(TARGETS)
        encoder_layer, decoder_layer = nn.TransformerEncoderLayer(WIDTH, HEADS, INNER, **options), nn.TransformerDecoderLayer(WIDTH, HEADS, INNER, **options)
        self.encoder = nn.TransformerEncoder(encoder_layer, 2, nn.LayerNorm(WIDTH, bias=False), enable_nested_tensor=False)
        self.decoder = nn.TransformerDecoder(decoder_layer, 2, nn.LayerNorm(WIDTH, bias=False))
        self.generator = nn.Linear(WIDTH, TARGETS)
        self.generator.weight = self.target_embed.words.weight
        for matrix in (parameter for parameter in self.parameters() if parameter.dim() > 1):
            nn.init.xavier_uniform_(matrix)

    def forward(self, source, target):
        memory = self.encoder(self.source_embed(source), src_key_padding_mask=source == PAD)
        future = torch.ones(target.shape[1], target.shape[1], dtype=torch.bool, device=target.device).triu(1)
        masks = {"tgt_mask": future, "tgt_key_padding_mask": target == PAD, "memory_key_padding_mask": source == PAD}
        return self.generator(self.decoder(self.target_embed(target), memory, **masks))


def build_torch():
    return as_trained(Translator, seed=841)


def scale_norm(epsilon=1e-5):
    return layers.LayerNormalization(epsilon=epsilon, center=False)


class PlacedWords(layers.Layer):
    def __init__(self, count, *, scaled=True, interleaved=True, begin=0):
        super().__init__()
        self.table, self.thin = layers.Embedding(count, WIDTH), layers.Dropout(RATE)
        self.scaled, self.waves, self.begin = scaled, sinusoids(interleaved), begin

    def call(self, ids):
        waves = self.waves[self.begin : self.begin + ids.shape[1]]
        words = self.table(ids) * math.sqrt(WIDTH) if self.scaled else self.table(ids)
        return self.thin(words + ops.cast(waves, self.compute_dtype))


class Attend(layers.Layer):
    """The whole branch, with its norm and its shortcut; without `memory` it attends to itself."""

    def __init__(self, *, dropout=RATE):
        super().__init__()
        self.level, self.thin = scale_norm(), layers.Dropout(RATE)
        self.multi_head = layers.MultiHeadAttention(HEADS, WIDTH // HEADS, dropout=dropout, use_bias=False)

    def call(self, x, seen, memory=None):
        query = self.level(x)
        return x + self.thin(self.multi_head(query, query if memory is None else memory, attention_mask=seen))


class FeedForward(layers.Layer):
    def __init__(self, *, order="norm_first", shortcut="input"):
        super().__init__()
        self.level, self.wide, self.narrow = scale_norm(), layers.Dense(INNER, activation="relu", use_bias=False), layers.Dense(WIDTH, use_bias=False)
        self.thin_a, self.thin_b = layers.Dropout(RATE), layers.Dropout(RATE)
        self.order, self.shortcut = order, shortcut

    def call(self, x):
        entered = x if self.order == "norm_last" else self.level(x)
        x = (entered if self.shortcut == "normed" else x) + self.thin_b(self.narrow(self.thin_a(self.wide(entered))))
        return self.level(x) if self.order == "norm_last" else x


class EncoderBlock(layers.Layer):
    def __init__(self, **feed):
        super().__init__()
        self.look, self.feed = Attend(), FeedForward(**feed)

    def call(self, x, there):
        return self.feed(self.look(x, there))


class DecoderBlock(layers.Layer):
    def __init__(self, *, order="self_first", dropout=RATE, **feed):
        super().__init__()
        self.look, self.read, self.feed, self.order = Attend(dropout=dropout), Attend(), FeedForward(**feed), order

    def call(self, x, seen, memory, there):
        if self.order == "memory_first":
            return self.feed(self.look(self.read(x, there, memory), seen))
        return self.feed(self.read(self.look(x, seen), there, memory))


class TiedLogits(layers.Layer):
    def __init__(self, *, factor=1.0, detach=False):
        super().__init__()
        self.factor, self.detach = factor, detach

    def build(self, *shapes, **named):
        self.bias = self.add_weight(shape=(TARGETS,), initializer="zeros", name="bias")

    def call(self, x, table):
        table = ops.stop_gradient(table) if self.detach else table
        return ops.matmul(x * self.factor, ops.transpose(table)) + self.bias


class KerasTranslator(keras.Model):
    def __init__(
        self, *, source=None, target=None, encode=((), ()), decode=((), ()), logits=None, mask="real", memory_mask=True, ahead=0, memory="last", level="both"
    ):
        super().__init__()
        self.source_words, self.target_words = PlacedWords(SOURCES, **(source or {})), PlacedWords(TARGETS, **(target or {}))
        self.encode, self.decode = [EncoderBlock(**dict(own)) for own in encode], [DecoderBlock(**dict(own)) for own in decode]
        self.level_encoded = scale_norm() if level != "decoder" else None
        self.level_decoded = scale_norm(1e-3 if level == "keras" else 1e-5)
        self.to_words = TiedLogits(**(logits or {}))
        self.mask, self.memory_mask, self.ahead, self.memory = mask, memory_mask, ahead, memory

    def call(self, pair):
        source, target = pair
        real = ops.not_equal(source, PAD)[:, None, :]
        x, depths = self.source_words(source), []
        for block in self.encode:
            x = block(x, real if self.mask == "real" else ops.logical_not(real))
            depths.append(x)
        x = x if self.level_encoded is None else self.level_encoded(x)
        memories = [x, x] if self.memory == "last" else [depths[0], x]
        steps = ops.arange(target.shape[1])
        seen = ops.logical_and(steps[None, :] <= steps[:, None] + self.ahead, ops.not_equal(target, PAD)[:, None, :])
        y = self.target_words(target)
        for block, memory in zip(self.decode, memories, strict=True):
            y = block(y, seen, memory, real if self.memory_mask else None)
        return self.to_words(self.level_decoded(y), ops.convert_to_tensor(self.target_words.table.embeddings))


build_keras = KerasTranslator


def sentences():
    source, target = tokens(len(LENGTHS), 9, below=SOURCES, lowest=3, seed=842), tokens(len(LENGTHS), 8, below=TARGETS, lowest=3, seed=843)
    for row, (read, written) in enumerate(LENGTHS):
        source[row, read:] = PAD
        target[row, 0], target[row, written - 1], target[row, written:] = BEGIN, END, PAD
    return source, target


def inputs():
    source, target = sentences()
    return source, target[:, :-1]


def targets():
    return sentences()[1][:, 1:]


def torch_loss(output, target):
    return F.cross_entropy(output.transpose(1, 2), target, ignore_index=PAD)


def keras_loss(ignored=PAD):
    return keras.losses.SparseCategoricalCrossentropy(from_logits=True, ignore_class=ignored)


def torch_adamw(parameters):
    every = list(parameters)
    groups = [{"params": [p for p in every if p.dim() > 1], "weight_decay": 0.1}, {"params": [p for p in every if p.dim() <= 1], "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, lr=1e-3, betas=(0.9, 0.98), eps=1e-9)


class AdamW(TorchAdam):
    """Decays what `decayed` says; gradients of embeddings are summed by word before they are squared."""

    def __init__(self, decayed=lambda variable: variable.name not in ("gamma", "bias")):
        super().__init__(1e-3, beta_2=0.98, epsilon=1e-9)
        self.decayed = decayed

    def apply(self, grads, trainable_variables=None):
        for variable in self._trainable_variables if trainable_variables is None else trainable_variables:
            if self.decayed(variable):
                variable.assign(ops.convert_to_tensor(variable) * (1 - ops.cast(self.learning_rate, variable.dtype) * 0.1))
        return super().apply([None if grad is None else tf.convert_to_tensor(grad) for grad in grads], trainable_variables)


LOSS = (torch_loss, keras_loss)
OPTIMIZER = (torch_adamw, AdamW)
LAYERS = {"source_embed.words": "source_words.table", "target_embed.words": "target_words.table"}
LAYERS |= {"encoder.norm": "level_encoded", "decoder.norm": "level_decoded", "generator": "to_words"}
MORE = {"norm2": "read.level", "multihead_attn": "read.multi_head", "norm3": "feed.level"}
PARTS = {"norm1": "look.level", "self_attn": "look.multi_head", "linear1": "feed.wide", "linear2": "feed.narrow"}
for index in range(2):
    LAYERS |= {f"encoder.layers.{index}.{theirs}": f"encode.{index}.{ours}" for theirs, ours in (PARTS | {"norm2": "feed.level"}).items()}
    LAYERS |= {f"decoder.layers.{index}.{theirs}": f"decode.{index}.{ours}" for theirs, ours in (PARTS | MORE).items()}
E0, E1, D0, D1 = (f"{stack}.layers.{index}" for stack in ("encoder", "decoder") for index in range(2))


def load_self_for_cross(torch_model, keras_model):
    copy_weights(torch_model, keras_model, LAYERS, lambda s: {name: s[name.replace(f"{D1}.multihead_attn", f"{D1}.self_attn")] for name in s})


SOURCE, TARGET = ("source_embed", "source_embed.words", "source_embed.drop"), ("target_embed", "target_embed.words", "target_embed.drop")
CROSSED, TIED = (D0, f"{D0}.multihead_attn", f"{D0}.self_attn", f"{D0}.norm2"), ("generator", "target_embed.words", "target_embed.words.weight")

FAULTS = [
    Fault("not_scaled", SOURCE, "scale", "source words not multiplied by the root of the width", {"source": {"scaled": False}}),
    Fault("sines_then_cosines", SOURCE, "positions", "sines and cosines in two halves, not in turn", {"source": {"interleaved": False}}),
    Fault("places_from_one", TARGET, "positions", "positions of the target counted from 1", {"target": {"begin": 1}}),
    Fault("mask_inverted", (f"{E0}.self_attn", E0, "encoder"), "mask", "torch's padding mask: true is what Keras attends to", {"mask": "padding"}),
    Fault("memory_not_masked", (f"{D0}.multihead_attn", D0, "decoder"), "mask", "the decoder reads the source's padding", {"memory_mask": False}),
    Fault("one_word_ahead", (f"{D0}.self_attn", D0, "decoder"), "mask", "every step sees the next one too", {"ahead": 1}),
    Fault("norm_last", (E1, f"{E1}.norm2", f"{E1}.linear1"), "order", "the feed-forward's norm after the sum", {"encode": ({}, {"order": "norm_last"})}),
    Fault("shortcut_of_norm", (D1, f"{D1}.norm3", f"{D1}.linear2"), "residual", "the normed tensor is added", {"decode": ({}, {"shortcut": "normed"})}),
    Fault("memory_first", CROSSED, "order", "reads the memory before it attends to itself", {"decode": ({"order": "memory_first"}, {})}),
    Fault("memory_of_same_depth", (f"{D0}.multihead_attn", D0, "decoder"), "wrong tensor", "reads the first encoder layer", {"memory": "same_depth"}),
    Fault("encoder_norm_missing", ("encoder.norm", "encoder"), "missing layer", "no norm at the encoder's end", {"level": "decoder"}),
    Fault("epsilon", "decoder.norm", "epsilon", "Keras' default epsilon 1e-3", {"level": "keras"}),
    Fault("logits_scaled", ("generator", "output"), "scale", "tied logits divided by the root of the width, as T5 does", {"logits": {"factor": WIDTH**-0.5}}),
    Fault("target_not_shifted", ("input", "target_embed.words"), "time step", "given what it has to say", keras_inputs=lambda pair: (pair[0], targets())),
    Fault("cross_as_self", f"{D1}.multihead_attn", "weights", "weights of self-attention in cross-attention", load=load_self_for_cross),
    Fault("table_detached", TIED, "gradient", "no gradient from the logits to the table", {"logits": {"detach": True}}, seen="grad"),
    Fault("weights_not_dropped", (f"{D1}.self_attn", D1), "dropout", "no dropout of attention weights", {"decode": ({}, {"dropout": 0.0})}, seen="dropout"),
    Fault("padding_counted", "loss", "loss", "padding is not left out of the loss", seen="loss", loss=lambda: keras_loss(None)),
    Fault("norms_decayed", "optimizer", "decay", "everything decays", seen="step", optimizer=lambda: AdamW(lambda _: True)),
    Fault("matrices_only", "optimizer", "decay", "kernels of heads, of 3 axes, spared", seen="step", optimizer=lambda: AdamW(lambda v: len(v.shape) == 2)),
]
