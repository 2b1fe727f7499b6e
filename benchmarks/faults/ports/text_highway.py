"""Short texts classified from letters alone: a CNN makes words of them, two highway layers, a bidirectional LSTM, a maximum and the ends; subclassed."""

from functools import partial

import keras
import numpy as np
import tensorflow as tf
import torch
from keras import layers, ops
from torch import nn
from torch.nn import functional as F
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from benchmarks.faults.building import as_trained, tokens
from benchmarks.faults.own import TorchAdam
from benchmarks.faults.port import Fault
from benchmarks.faults.weights import copy_weights

BATCH, WORDS, LETTERS = 5, 6, 8
ALPHABET, NARROW, WIDE, UNITS, CLASSES, PAD = 27, 7, 10, 9, 4, 0
FILTERS = ((2, 4), (3, 5), (4, 6))  # width, how many
JOINED, DEPTH, SMOOTHING = 15, 2, 0.1


class CharWords(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed = nn.Embedding(ALPHABET, NARROW, padding_idx=PAD)
        self.convs = nn.ModuleList(nn.Conv1d(NARROW, filters, width) for width, filters in FILTERS)

    def forward(self, chars):
        batch, words, letters = chars.shape
        x = self.embed(chars.reshape(batch * words, letters)).transpose(1, 2)
        x = torch.cat([F.relu(conv(x)).max(dim=2).values for conv in self.convs], dim=1)
        return x.view(batch, words, -1)


class Highway(nn.Module):
    """One matrix for what is new and for the gate, which opens for what is old."""

    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleList(nn.Linear(JOINED, 2 * JOINED) for _ in range(DEPTH))

    def forward(self, x):
        for layer in self.layers:
            new, gate = layer(x).chunk(2, dim=-1)
            gate = torch.sigmoid(gate)
            x = gate * x + (1 - gate) * F.relu(new)
        return x


class TextHighway(nn.Module):
    def __init__(self):
        super().__init__()
        self.chars = CharWords()
        self.highway = Highway()
        self.project = nn.Linear(JOINED, WIDE)
        self.word_drop = nn.Dropout(0.2)
        self.lstm = nn.LSTM(WIDE, UNITS, batch_first=True, bidirectional=True)
        self.drop = nn.Dropout(0.4)
        self.out = nn.Linear(4 * UNITS, CLASSES)

    def forward(self, chars):
        mask = (chars != PAD).any(-1)
        x = self.word_drop(self.project(self.highway(self.chars(chars))))
        packed = pack_padded_sequence(x, mask.sum(1).cpu(), batch_first=True, enforce_sorted=False)
        packed, (last, _) = self.lstm(packed)
        states, _ = pad_packed_sequence(packed, batch_first=True, total_length=x.shape[1])
        pooled = states.masked_fill(~mask[..., None], float("-inf")).amax(1)
        return self.out(self.drop(torch.cat([pooled, last[0], last[1]], dim=1)))


def build_torch():
    return as_trained(TextHighway, seed=1301)


class Spelling(layers.Layer):
    """(texts, words, letters) to (texts, words, features)."""

    def __init__(self, *, blank=True, paddings=("valid", "valid", "valid"), order="narrow_first", back="texts_first"):
        super().__init__()
        self.letters = layers.Embedding(ALPHABET, NARROW)
        self.detectors = [
            layers.Conv1D(filters, width, padding=padding, activation="relu") for (width, filters), padding in zip(FILTERS, paddings, strict=True)
        ]
        self.blank, self.order, self.back = blank, order, back

    def call(self, chars):
        x = self.letters(chars)
        if self.blank:
            x = x * ops.expand_dims(ops.cast(ops.not_equal(chars, PAD), x.dtype), -1)
        x = ops.reshape(x, (-1, LETTERS, NARROW))
        found = [ops.max(detector(x), axis=1) for detector in self.detectors]
        x = ops.concatenate(found if self.order == "narrow_first" else found[::-1], axis=-1)
        if self.back == "words_first":
            return ops.transpose(ops.reshape(x, (WORDS, -1, JOINED)), (1, 0, 2))
        return ops.reshape(x, (-1, WORDS, JOINED))


class Passage(layers.Layer):
    """One highway layer."""

    def __init__(self, *, halves="new_first", opens="old", new="relu", offset=0.0):
        super().__init__()
        self.both = layers.Dense(2 * JOINED)
        self.new = layers.Activation(new)
        self.halves, self.opens, self.offset = halves, opens, offset

    def call(self, x, old):
        new, gate = ops.split(self.both(x), 2, axis=-1)
        if self.halves == "gate_first":
            new, gate = gate, new
        gate = ops.sigmoid(gate + self.offset)
        if self.opens == "new":
            return gate * self.new(new) + (1 - gate) * old
        return gate * old + (1 - gate) * self.new(new)


class Readout(layers.Layer):
    """The maximum over the words there are, and where either direction ends."""

    def __init__(self, *, masked="lowest", ends="hidden"):
        super().__init__()
        self.masked, self.ends, self.supports_masking = masked, ends, True

    def compute_mask(self, *given):
        return None  # nothing is left of time

    def call(self, scanned, there):
        states, *ends = scanned
        there = ops.expand_dims(there, -1)
        if self.masked == "zeros":
            pooled = ops.max(states * ops.cast(there, states.dtype), axis=1)
        else:
            pooled = ops.max(ops.where(there, states, -1e9), axis=1)
        if self.ends == "last_step":
            ends = [states[:, -1]]
        else:
            ends = [ends[0], ends[2]] if self.ends == "hidden" else [ends[0], ends[1]]
        return ops.concatenate([pooled, *ends], axis=-1)


class LetterReader(keras.Model):
    def __init__(self, *, spelling=None, lower=None, upper=None, old="own", depth=DEPTH, projected=None, masked=True, word_drop="each", readout=None):
        super().__init__()
        self.spelling = Spelling(**(spelling or {}))
        self.passages = [Passage(**(own or {})) for own in (lower, upper)[:depth]]
        self.to_word = layers.Dense(WIDE, activation=projected)
        self.thin_words = layers.Dropout(0.2, noise_shape=None if word_drop == "each" else (None, None, 1))
        self.scan = layers.Bidirectional(layers.LSTM(UNITS, return_sequences=True, return_state=True))
        self.readout = Readout(**(readout or {}))
        self.thin = layers.Dropout(0.4)
        self.verdict = layers.Dense(CLASSES)
        self.old, self.masked = old, masked

    def call(self, chars, training=None):
        there = ops.any(ops.not_equal(chars, PAD), axis=-1)
        x = spelled = self.spelling(chars)
        for index in range(DEPTH):
            passage = self.passages[min(index, len(self.passages) - 1)]
            x = passage(x, x if self.old == "own" else spelled)
        x = self.thin_words(self.to_word(x), training=training)
        scanned = self.scan(x, mask=there if self.masked else None)
        return self.verdict(self.thin(self.readout(scanned, there), training=training))


build_keras = LetterReader


def inputs():
    """Texts of 6, 3, 5, 2 and 4 words, words of 1 to 8 letters."""
    chars = tokens(BATCH, WORDS, LETTERS, below=ALPHABET, lowest=1, seed=1302)
    sizes = tokens(BATCH, WORDS, below=LETTERS + 1, lowest=1, seed=1303)
    chars[np.arange(LETTERS) >= sizes[..., None]] = PAD
    for row, words in enumerate((6, 3, 5, 2, 4)):
        chars[row, words:] = PAD
    return chars


def targets():
    return np.array([2, 0, 3, 3, 1])


def torch_loss(output, target):
    return F.cross_entropy(output, target, label_smoothing=SMOOTHING)


def keras_loss(output, target, spread="all"):
    hot = ops.one_hot(target, CLASSES, dtype=output.dtype)
    if spread == "all":
        return keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=SMOOTHING)(hot, output)
    smooth = hot * (1 - SMOOTHING) + (1 - hot) * SMOOTHING / (CLASSES - 1)
    return keras.losses.CategoricalCrossentropy(from_logits=True)(smooth, output)


class Adam(TorchAdam):
    """Torch moves both biases of an LSTM, of which Keras has the sum; an embedding's slices are summed before they are squared."""

    def update_step(self, gradient, variable, learning_rate):
        path = self._trainable_variables[self._get_variable_index(variable)].path
        super().update_step(gradient, variable, 2 * learning_rate if path.endswith("lstm_cell/bias") else learning_rate)

    def apply(self, grads, trainable_variables=None):
        return super().apply([None if grad is None else tf.convert_to_tensor(grad) for grad in grads], trainable_variables)


adam = partial(Adam, 3e-3, beta_1=0.8, beta_2=0.98)
LOSS = (torch_loss, lambda: keras_loss)
OPTIMIZER = (lambda parameters: torch.optim.Adam(parameters, lr=3e-3, betas=(0.8, 0.98)), adam)
LAYERS = {
    "chars.embed": "spelling.letters",
    **{f"chars.convs.{index}": f"spelling.detectors.{index}" for index in range(3)},
    **{f"highway.layers.{index}": f"passages.{index}.both" for index in range(DEPTH)},
    "project": "to_word",
    "lstm": "scan",
    "out": "verdict",
}


def counted_from_zero(chars):
    """The alphabet of a port that forgot that 0 is taken."""
    return np.maximum(chars - 1, 0)


def load_one_direction(torch_model, keras_model):
    """The forward LSTM's arrays given to both directions."""
    copy_weights(torch_model, keras_model, LAYERS, lambda s: {name: s[name.removesuffix("_reverse")] for name in s})


REVERSE = tuple(f"lstm.{kind}_l0_reverse" for kind in ("weight_ih", "weight_hh", "bias_ih", "bias_hh"))
WORDS_MADE, READ = ("chars", "highway", "highway.layers.0"), ("lstm", "drop", "out")
LOWER, UPPER = ("highway.layers.0", "highway"), ("highway.layers.1", "highway")
FAULTS = [
    Fault("counted_from_zero", ("input", "chars.embed"), "off by one", "letters counted from 0, which is padding", keras_inputs=counted_from_zero),
    Fault("same_padding", ("chars.convs.2", "chars"), "padding", "'same' on the widest filters", {"spelling": {"paddings": ("valid", "valid", "same")}}),
    Fault("widest_first", WORDS_MADE, "concat order", "the filters of the widest joined first", {"spelling": {"order": "broad_first"}}),
    Fault("texts_mixed", WORDS_MADE, "reshape", "rows taken apart as (words, texts)", {"spelling": {"back": "words_first"}}),
    Fault("halves_swapped", LOWER, "order", "the gate is the first half of the matrix", {"lower": {"halves": "gate_first"}}),
    Fault("gate_opens_for_new", UPPER, "order", "the paper's gate, which opens for what is new", {"upper": {"opens": "new"}}),
    Fault("gate_offset", LOWER, "constant", "the bias that a gate starts with is added at every call", {"lower": {"offset": 1.0}}),
    Fault("new_linear", UPPER, "activation", "no ReLU on what is new", {"upper": {"new": "linear"}}),
    Fault("first_carried", UPPER, "wrong tensor", "the second layer carries what the first was given", {"old": "first"}),
    Fault("one_layer_twice", UPPER, "shared weights", "the first layer called twice", {"depth": 1}),
    Fault("projection_relu", ("project", "word_drop"), "activation", "a ReLU on the projection, which has none", {"projected": "relu"}),
    Fault("padding_read", "lstm", "mask", "no mask: the LSTM reads the padding", {"masked": False}),
    Fault("padding_as_zeros", READ, "mask", "words that are not there multiplied by 0 before the maximum", {"readout": {"masked": "zeros"}}),
    Fault("cell_for_backward", READ, "wrong tensor", "the second state is the forward cell's", {"readout": {"ends": "first_two"}}),
    Fault("last_step_for_ends", READ, "time step", "the last step of both directions", {"readout": {"ends": "last_step"}}),
    Fault("one_direction", ("lstm", *REVERSE), "weights", "the backward LSTM has the forward one's weights", load=load_one_direction),
    Fault("padding_learns", "chars.embed", "gradient", "padding_idx forgotten: its row gets a gradient", {"spelling": {"blank": False}}, seen="grad"),
    Fault("whole_words_dropped", "word_drop", "dropout", "whole words dropped, not elements", {"word_drop": "words"}, seen="dropout"),
    Fault("others_smoothed", "loss", "labels", "smoothing over the other classes only", seen="loss", loss=lambda: partial(keras_loss, spread="others")),
    Fault("beta_1", "optimizer", "optimizer", "Adam's first beta left at 0.9", seen="step", optimizer=partial(adam, beta_1=0.9)),
]
