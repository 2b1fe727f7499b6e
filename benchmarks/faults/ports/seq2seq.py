"""An encoder and a decoder over sequences: GRUs, attention by hand, teacher forcing; the port is subclassed, trained with padding and Adam."""

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

WORDS, WIDTH, READ, WRITE, PAD = 17, 8, 10, 12, 0


class Encoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed = nn.Embedding(WORDS, WIDTH)
        self.rnn = nn.GRU(WIDTH, READ, batch_first=True, bidirectional=True)
        self.bridge = nn.Linear(2 * READ, WRITE)

    def forward(self, source):
        outputs, last = self.rnn(self.embed(source))
        return outputs, torch.tanh(self.bridge(torch.cat([last[0], last[1]], 1)))


class Attention(nn.Module):
    def __init__(self):
        super().__init__()
        self.query = nn.Linear(WRITE, 2 * READ, bias=False)

    def forward(self, states, memory, padded):
        scores = self.query(states) @ memory.transpose(1, 2) / math.sqrt(2 * READ)
        return scores.masked_fill(padded[:, None], -1e9).softmax(-1) @ memory


class Decoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed = nn.Embedding(WORDS, WIDTH)
        self.rnn = nn.GRU(WIDTH, WRITE, batch_first=True)
        self.attention = Attention()
        self.combine = nn.Linear(2 * READ + WRITE, 14)
        self.drop = nn.Dropout(0.3)
        self.out = nn.Linear(14, WORDS)

    def forward(self, given, start, memory, padded):
        states, _ = self.rnn(self.embed(given), start[None])
        context = self.attention(states, memory, padded)
        return self.out(self.drop(torch.tanh(self.combine(torch.cat([context, states], -1)))))


class Seq2Seq(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = Encoder()
        self.decoder = Decoder()

    def forward(self, source, target):
        memory, start = self.encoder(source)
        return self.decoder(target[:, :-1], start, memory, source == PAD)


def build_torch():
    return as_trained(Seq2Seq, seed=311)


class Reader(layers.Layer):
    def __init__(self, *, mask_zero, backward, ends, bridge):
        super().__init__()
        self.words = layers.Embedding(WORDS, WIDTH, mask_zero=mask_zero)
        self.scan = layers.Bidirectional(layers.GRU(READ, return_sequences=True, return_state=True))
        self.to_start = layers.Dense(WRITE, activation=bridge)
        self.backward, self.ends = backward, ends

    def call(self, source):
        words = self.words(source)
        memory, ahead, back = self.scan(words)
        if self.backward == "not_turned":  # two layers by hand
            memory = ops.concatenate([self.scan.forward_layer(words)[0], self.scan.backward_layer(words)[0]], axis=-1)
        ends = memory[:, -1] if self.ends == "last_step" else ops.concatenate([ahead, back], axis=-1)
        return memory, self.to_start(ends)


class Focus(layers.Layer):
    def __init__(self, *, scaled, masked, axis, detach):
        super().__init__()
        self.ask = layers.Dense(2 * READ, use_bias=False)
        self.scaled, self.masked, self.axis, self.detach = scaled, masked, axis, detach

    def call(self, states, memory, source):
        memory = ops.stop_gradient(memory) if self.detach else memory
        scores = ops.einsum("btd,bsd->bts", self.ask(states), memory)
        scores = scores / math.sqrt(2 * READ) if self.scaled else scores
        if self.masked:
            scores = ops.where(ops.expand_dims(ops.equal(source, PAD), 1), -1e9, scores)
        return ops.einsum("bts,bsd->btd", ops.softmax(scores, axis=self.axis), memory)


class Translator(keras.Model):
    def __init__(
        self,
        *,
        mask_zero=False,
        backward="turned",
        ends="right",
        bridge="tanh",
        scaled=True,
        masked=True,
        axis=-1,
        detach=False,
        start=True,
        shift="before",
        joined="context_first",
        context_of="now",
    ):
        super().__init__()
        self.reader = Reader(mask_zero=mask_zero, backward=backward, ends=ends, bridge=bridge)
        self.target_words = layers.Embedding(WORDS, WIDTH)
        self.writer = layers.GRU(WRITE, return_sequences=True)
        self.focus = Focus(scaled=scaled, masked=masked, axis=axis, detach=detach)
        self.mixing = layers.Dense(14, activation="tanh")
        self.thin = layers.Dropout(0.3)
        self.words_out = layers.Dense(WORDS)
        self.started, self.shift, self.joined, self.context_of = start, shift, joined, context_of

    def call(self, pair):
        source, target = pair
        memory, start = self.reader(source)
        given = target[:, :-1] if self.shift == "before" else target[:, 1:]
        states = self.writer(self.target_words(given), initial_state=start if self.started else None)
        asking = states
        if self.context_of == "before":
            asking = ops.concatenate([ops.expand_dims(start, 1), states[:, :-1]], axis=1)
        context = self.focus(asking, memory, source)
        mixed = ops.concatenate([context, states] if self.joined == "context_first" else [states, context], axis=-1)
        return self.words_out(self.thin(self.mixing(mixed)))


build_keras = Translator


def source_and_target():
    source, target = tokens(4, 9, below=WORDS, lowest=3, seed=312), tokens(4, 8, below=WORDS, lowest=3, seed=313)
    for row, (long, short) in enumerate(((9, 8), (6, 5), (7, 8), (4, 6))):
        source[row, long:] = PAD
        target[row, 0], target[row, short - 1], target[row, short:] = 1, 2, PAD
    return source, target


def inputs():
    return source_and_target()


def targets():
    return source_and_target()[1][:, 1:]


LAYERS = {
    "encoder.embed": "reader.words",
    "encoder.rnn": "reader.scan",
    "encoder.bridge": "reader.to_start",
    "decoder.embed": "target_words",
    "decoder.rnn": "writer",
    "decoder.attention.query": "focus.ask",
    "decoder.combine": "mixing",
    "decoder.out": "words_out",
}


def torch_loss(output, target):
    return F.cross_entropy(output.flatten(0, 1), target.flatten(), ignore_index=PAD, label_smoothing=0.1)


def keras_loss(reduction="words", smoothing=0.1, masked=True):
    """Of output and target, as torch's."""

    def loss(output, target):
        logs = ops.log_softmax(output, axis=-1)
        hot = ops.one_hot(target, WORDS, dtype=logs.dtype)
        each = -ops.sum((hot * (1 - smoothing) + smoothing / WORDS) * logs, axis=-1)
        real = ops.cast(ops.not_equal(target, PAD), logs.dtype) if masked else ops.ones_like(each)
        if reduction == "all":
            return ops.mean(each * real)
        if reduction == "sequences":
            return ops.mean(ops.sum(each * real, axis=1) / ops.sum(real, axis=1))
        return ops.sum(each * real) / ops.sum(real)

    return loss


LOSS = (torch_loss, keras_loss)
EPSILON = 1e-8


class Adam(TorchAdam):
    """Keras squares the slices of an embedding's gradient one by one, of a word that comes twice too; torch squares their sum."""

    def apply(self, grads, trainable_variables=None):
        return super().apply([None if grad is None else tf.convert_to_tensor(grad) for grad in grads], trainable_variables)


def adam(**changes):
    return Adam(**({"learning_rate": 2e-3, "beta_1": 0.9, "beta_2": 0.98, "epsilon": EPSILON} | changes))


OPTIMIZER = (lambda parameters: torch.optim.Adam(parameters, lr=2e-3, betas=(0.9, 0.98), eps=EPSILON), adam)


def load_gates_as_torch(torch_model, keras_model):
    """The decoder's gates left as torch has them (reset, update, new), where Keras has the update gate first."""

    def change(state):
        def swapped(array):
            reset, update, new = np.split(array, 3)
            return np.concatenate([update, reset, new])

        return {name: swapped(array) if name.startswith("decoder.rnn.") else array for name, array in state.items()}

    copy_weights(torch_model, keras_model, LAYERS, change)


ATTENTION = ("decoder.attention", "decoder.attention.query", "decoder.combine")

FAULTS = [
    Fault("not_scaled", ATTENTION, "scale", "scores not divided by the root of their width", {"scaled": False}),
    Fault("padding_attended", ATTENTION, "mask", "the source's padding is not masked", {"masked": False}),
    Fault("softmax_over_queries", ATTENTION, "axis", "softmax over the decoder's steps, not over the source", {"axis": 1}),
    Fault("asked_a_step_before", ATTENTION, "time step", "attention asked by the state before each step (Bahdanau's), not after", {"context_of": "before"}),
    Fault("states_first", ("decoder.combine", "decoder.attention"), "concat order", "states joined before their context", {"joined": "states_first"}),
    Fault("no_start", ("decoder.rnn", "encoder.bridge", "decoder"), "initial state", "the decoder starts from zeros", {"start": False}),
    Fault(
        "last_step_for_ends",
        ("encoder.bridge", "encoder.rnn", "encoder"),
        "time step",
        "the outputs of the last step for the final states: the backward one has read a single word there",
        {"ends": "last_step"},
    ),
    Fault("bridge_linear", ("encoder.bridge", "encoder", "decoder.rnn"), "activation", "no tanh on the starting state", {"bridge": None}),
    Fault("masked_reading", ("encoder.rnn", "encoder.embed", "encoder"), "mask", "mask_zero: the GRU steps over padding that torch reads", {"mask_zero": True}),
    Fault(
        "backward_not_turned",
        ("encoder.rnn", "encoder", "decoder.attention"),
        "time step",
        "outputs of the backward GRU left in reading order",
        {"backward": "not_turned"},
    ),
    Fault(
        "next_word_given",
        ("decoder.embed", "decoder", "input", "decoder.rnn"),
        "time step",
        "the decoder is given the words it has to say",
        {"shift": "after"},
    ),
    Fault(
        "memory_detached",
        ("decoder.attention", "encoder.rnn", "encoder"),
        "gradient",
        "stop_gradient on what attention reads",
        {"detach": True},
        seen="grad",
    ),
    Fault("padding_in_loss", "loss", "mask", "words of the padding count", seen="loss", loss=lambda: keras_loss(masked=False)),
    Fault("mean_over_padding", "loss", "reduction", "masked, but divided by all places", seen="loss", loss=lambda: keras_loss(reduction="all")),
    Fault("smoothing_forgotten", "loss", "labels", "no label smoothing", seen="loss", loss=lambda: keras_loss(smoothing=0.0)),
    Fault("beta", "optimizer", "optimizer", "Keras' default beta_2 0.999", seen="step", optimizer=lambda: adam(beta_2=0.999)),
    Fault("decay", "optimizer", "optimizer", "AdamW's decay of 0.004 that torch has not", seen="step", optimizer=lambda: adam(weight_decay=0.004)),
    Fault(
        "gates_as_torch",
        ("decoder.rnn", "decoder.rnn.weight_ih_l0", "decoder.rnn.weight_hh_l0"),
        "weights",
        "gates loaded in torch's order",
        load=load_gates_as_torch,
    ),
]
