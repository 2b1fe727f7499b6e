"""Sentiment of sentences: two bidirectional LSTM layers over packed sequences, pooled by additive attention; functional in Keras with live ops, RMSprop."""

import keras
import numpy as np
import tensorflow as tf
import torch
from keras import layers, ops
from torch import nn
from torch.nn import functional as F
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from benchmarks.faults.building import as_trained, tokens
from benchmarks.faults.own import TorchRMSprop
from benchmarks.faults.port import Fault
from benchmarks.faults.weights import copy_weights

WORDS, EMBEDDED, UNITS, ATTENTION, HIDDEN, CLASSES, STEPS = 23, 7, 6, 4, 10, 3, 8
LENGTHS = (6, 8, 4, 7, 3)
SMOOTHING = 0.1


class AttentionPool(nn.Module):
    def __init__(self):
        super().__init__()
        self.project = nn.Linear(2 * UNITS, ATTENTION)
        self.score = nn.Linear(ATTENTION, 1, bias=False)

    def forward(self, states, real):
        scores = self.score(torch.tanh(self.project(states))).squeeze(-1)
        weights = scores.masked_fill(~real, float("-inf")).softmax(dim=1)
        return (weights.unsqueeze(-1) * states).sum(dim=1)


class SentimentNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed = nn.Embedding(WORDS, EMBEDDED, padding_idx=0)
        self.drop = nn.Dropout(0.2)
        self.lstm = nn.LSTM(EMBEDDED, UNITS, num_layers=2, dropout=0.3, bidirectional=True, batch_first=True)
        self.pool = AttentionPool()
        self.fc = nn.Linear(2 * UNITS, HIDDEN)
        self.drop_fc = nn.Dropout(0.4)
        self.out = nn.Linear(HIDDEN, CLASSES)
        for name, weight in self.named_parameters():
            if "weight_hh" in name:
                nn.init.orthogonal_(weight)
            elif weight.ndim == 2 and name != "embed.weight":
                nn.init.xavier_normal_(weight, gain=nn.init.calculate_gain("tanh"))

    def forward(self, tokens, lengths):
        packed = pack_padded_sequence(self.drop(self.embed(tokens)), lengths.cpu(), batch_first=True, enforce_sorted=False)
        states, _ = pad_packed_sequence(self.lstm(packed)[0], batch_first=True, total_length=tokens.shape[1])
        real = torch.arange(tokens.shape[1], device=tokens.device) < lengths[:, None]
        pooled = self.pool(states, real)
        return self.out(self.drop_fc(F.relu(self.fc(pooled))))


def build_torch():
    return as_trained(SentimentNet, seed=421)


def reader(name, gate="sigmoid", **options):
    return layers.Bidirectional(layers.LSTM(UNITS, return_sequences=True, recurrent_activation=gate, **options), name=name)


def build_keras(
    *,
    trained=True,
    gate="sigmoid",
    first_masked=True,
    joined="ahead_first",
    between="dropout",
    bend="tanh",
    attended="real",
    axis=1,
    values="second",
    total="sum",
    last=None,
):
    words = keras.Input((STEPS,), dtype="int64", name="tokens")
    lengths = keras.Input((), dtype="int64", name="lengths")
    place, length = ops.arange(STEPS, dtype="int64"), ops.expand_dims(lengths, 1)
    real = ops.less(place, length)

    x = layers.Embedding(WORDS, EMBEDDED, trainable=trained, name="vectors")(words)
    x = layers.Dropout(0.2, name="thin_words")(x)
    inside = {"dropout": 0.3} if between == "argument" else {}
    first = reader("reader_1", gate, **inside)(x, mask=real if first_masked else None)
    x = layers.Dropout(0.3, name="thin_states")(first) if between == "dropout" else first
    second = reader("reader_2", **inside)
    if joined == "backward_first":
        second.merge_mode = None
    states = second(x, mask=real)
    if joined == "backward_first":
        states = ops.concatenate(states[::-1], axis=-1)

    scores = layers.Dense(ATTENTION, activation=bend, name="attention_hidden")(states)
    scores = ops.squeeze(layers.Dense(1, use_bias=False, name="attention_score")(scores), -1)
    if attended != "all":
        scores = ops.where(ops.less_equal(place, length) if attended == "one_more" else real, scores, -1e9)
    weighted = ops.expand_dims(ops.softmax(scores, axis=axis), -1) * (states if values == "second" else first)
    pooled = ops.sum(weighted, axis=1) if total == "sum" else ops.mean(weighted, axis=1)

    head = keras.Sequential(
        [
            layers.Dense(HIDDEN, activation="relu", name="hidden"),
            layers.Dropout(0.4),
            layers.Dense(CLASSES, activation=last, name="answer"),
        ],
        name="head",
    )
    return keras.Model({"tokens": words, "lengths": lengths}, head(pooled), name="sentiment")


def inputs():
    """The last indices of the vocabulary are of words that come nowhere here."""
    words = tokens(len(LENGTHS), STEPS, below=WORDS - 2, lowest=1, seed=422)
    for row, length in zip(words, LENGTHS, strict=True):
        row[length:] = 0
    return {"tokens": words, "lengths": np.array(LENGTHS, "int64")}


def targets():
    return np.array([2, 0, 1, 2, 1], "int64")


def torch_loss(output, target):
    return F.cross_entropy(output, target, label_smoothing=SMOOTHING)


def keras_loss(logits=True, share="all"):
    """Of output and target, as torch's."""

    def loss(output, target):
        hot = ops.one_hot(target, CLASSES, dtype=output.dtype)
        smoothing = SMOOTHING
        if share == "others":
            hot, smoothing = hot * (1 - SMOOTHING) + (1 - hot) * SMOOTHING / (CLASSES - 1), 0.0
        return ops.mean(keras.losses.categorical_crossentropy(hot, output, from_logits=logits, label_smoothing=smoothing))

    return loss


class TwoBiases:
    """torch's LSTM has two biases where Keras has one: both step, so their sum moves twice. And an embedding's gradient is one array, not slices."""

    def apply(self, grads, trainable_variables=None):
        return super().apply([None if grad is None else tf.convert_to_tensor(grad) for grad in grads], trainable_variables)

    def update_step(self, gradient, variable, learning_rate):
        both = "lstm_cell/bias" in getattr(variable, "path", variable.name)
        super().update_step(gradient, variable, 2 * learning_rate if both else learning_rate)


class RMSprop(TwoBiases, TorchRMSprop):
    pass


class KerasRMSprop(TwoBiases, keras.optimizers.RMSprop):
    pass


RATE, ALPHA, EPSILON = 2e-3, 0.99, 1e-8
LOSS = (torch_loss, keras_loss)
OPTIMIZER = (
    lambda parameters: torch.optim.RMSprop(parameters, lr=RATE, alpha=ALPHA, eps=EPSILON),
    lambda: RMSprop(RATE, rho=ALPHA, epsilon=EPSILON),
)
LAYERS = {
    "embed": "vectors",
    "lstm": ["reader_1", "reader_2"],
    "pool.project": "attention_hidden",
    "pool.score": "attention_score",
    "fc": "head.hidden",
    "out": "head.answer",
}


def load_one_bias(torch_model, keras_model):
    """Keras' bias is torch's bias_ih; bias_hh has no place and is forgotten."""
    copy_weights(torch_model, keras_model, LAYERS, lambda s: {n: 0 * a if n.startswith("lstm.bias_hh") else a for n, a in s.items()})


def load_directions_crossed(torch_model, keras_model):
    """In the upper layer the backward LSTM's arrays go forward."""

    def change(state):
        ends = ("_l1_reverse", "_l1")
        crossed = {name: ends[name.endswith(ends[0])] for name in state if name.startswith("lstm.") and "_l1" in name}
        return {name: state[name.partition("_l1")[0] + crossed[name]] if name in crossed else array for name, array in state.items()}

    copy_weights(torch_model, keras_model, LAYERS, change)


def padded_before(given):
    """As Keras' pad_sequences does it when nothing is said."""
    rows = [np.roll(row, STEPS - length) for row, length in zip(given["tokens"], given["lengths"], strict=True)]
    return {"tokens": np.stack(rows), "lengths": given["lengths"]}


def another_vocabulary(given):
    """As TextVectorization counts: 1 is the unknown word, so that all others are one further."""
    return {"tokens": given["tokens"] + (given["tokens"] > 0), "lengths": given["lengths"]}


POOL = ("pool", "pool.score")

FAULTS = [
    Fault("padding_attended", POOL, "mask", "the softmax is not masked", {"attended": "all"}),
    Fault("one_step_too_many", POOL, "mask", "the mask has <= for <: the first place of the padding counts", {"attended": "one_more"}),
    Fault("softmax_over_sentences", POOL, "axis", "softmax over the batch, not over the steps", {"axis": 0}),
    Fault("tanh_forgotten", ("pool.project", "pool.score", "pool"), "activation", "attention's hidden layer is linear", {"bend": None}),
    Fault("lower_states_pooled", ("pool", "fc"), "wrong tensor", "the weighted states are those of the first LSTM", {"values": "first"}),
    Fault("mean_of_weighted", ("pool", "fc"), "reduction", "weighted states averaged over the steps, not added", {"total": "mean"}),
    Fault("padding_read", "lstm", "mask", "the lower LSTM is not told of the padding", {"first_masked": False}),
    Fault("hard_gates", "lstm", "activation", "hard_sigmoid on the gates, as old Keras had it", {"gate": "hard_sigmoid"}),
    Fault("backward_first", ("lstm", "pool", "pool.project"), "concat order", "backward states before forward ones", {"joined": "backward_first"}),
    Fault("softmax_at_the_end", ("out", "output"), "output", "probabilities for logits", {"last": "softmax"}),
    Fault("one_bias", ("lstm", "lstm.bias_hh_l0", "lstm.bias_ih_l0"), "weights", "bias_hh is not added", load=load_one_bias),
    Fault(
        "directions_crossed",
        ("lstm", "lstm.weight_ih_l1", "lstm.weight_ih_l1_reverse"),
        "weights",
        "arrays of the two directions loaded crosswise",
        load=load_directions_crossed,
    ),
    Fault("padded_before", "input", "padding", "sentences are padded at their start", keras_inputs=padded_before),
    Fault("another_vocabulary", ("input", "embed"), "off by one", "words are numbered from 2, not 1", keras_inputs=another_vocabulary),
    Fault("embedding_frozen", "embed", "gradient", "the embedding is not trained", {"trained": False}, seen="grad"),
    Fault(
        "dropout_as_argument",
        "lstm",
        "dropout",
        "LSTM(dropout=0.3) drops what each layer reads, the same at every step; torch drops between the layers",
        {"between": "argument"},
        seen="dropout",
    ),
    Fault("smoothed_over_others", "loss", "labels", "smoothing shared by the wrong classes only", seen="loss", loss=lambda: keras_loss(share="others")),
    Fault("from_logits", "loss", "loss", "from_logits=True forgotten", seen="loss", loss=lambda: keras_loss(logits=False)),
    Fault(
        "epsilon_under_the_root",
        "optimizer",
        "optimizer",
        "Keras' RMSprop adds epsilon under the root",
        seen="step",
        optimizer=lambda: KerasRMSprop(RATE, rho=ALPHA, epsilon=EPSILON),
    ),
    Fault("rho", "optimizer", "optimizer", "Keras' default rho 0.9", seen="step", optimizer=lambda: RMSprop(RATE, rho=0.9, epsilon=EPSILON)),
]
