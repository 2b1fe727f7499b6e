"""A sequence tagger: words and a CNN over their characters, a highway, a bidirectional LSTM over padded sentences, a linear-chain CRF; subclassed."""

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
from benchmarks.faults.port import Fault
from benchmarks.faults.weights import copy_weights

BATCH, STEPS, LETTERS = 4, 9, 7
WORDS, CHARS, TAGS, PAD, IGNORED = 23, 15, 5, 0, -1
WIDE, NARROW, FOUND, UNITS = 10, 6, 8, 11
BOTH = WIDE + FOUND


class CharCNN(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed = nn.Embedding(CHARS, NARROW, padding_idx=PAD)
        self.conv = nn.Conv1d(NARROW, FOUND, 3, padding=1)

    def forward(self, chars):
        batch, steps, letters = chars.shape
        flat = chars.reshape(batch * steps, letters)
        x = F.relu(self.conv(self.embed(flat).transpose(1, 2)))
        return x.masked_fill((flat == PAD)[:, None], 0.0).amax(-1).view(batch, steps, -1)


class Highway(nn.Module):
    def __init__(self):
        super().__init__()
        self.transform, self.gate = nn.Linear(BOTH, BOTH), nn.Linear(BOTH, BOTH)

    def forward(self, x):
        gate = torch.sigmoid(self.gate(x))
        return gate * F.relu(self.transform(x)) + (1 - gate) * x


class CRF(nn.Module):
    """Minus the log of the probability of a sentence's tags."""

    def __init__(self):
        super().__init__()
        self.transitions = nn.Parameter(0.5 * torch.randn(TAGS, TAGS))  # from, to
        self.start = nn.Parameter(0.5 * torch.randn(TAGS))
        self.end = nn.Parameter(0.5 * torch.randn(TAGS))

    def forward(self, emissions, tags, mask):
        return self.partition(emissions, mask) - self.score(emissions, tags, mask)

    def score(self, emissions, tags, mask):
        real = mask.to(emissions)
        said = (emissions.gather(2, tags[..., None])[..., 0] * real).sum(1)
        moves = (self.transitions[tags[:, :-1], tags[:, 1:]] * real[:, 1:]).sum(1)
        last = tags.gather(1, mask.sum(1, keepdim=True) - 1)[:, 0]
        return self.start[tags[:, 0]] + said + moves + self.end[last]

    def partition(self, emissions, mask):
        alpha = self.start + emissions[:, 0]
        for step in range(1, emissions.shape[1]):
            after = torch.logsumexp(alpha[:, :, None] + self.transitions + emissions[:, step, None], dim=1)
            alpha = torch.where(mask[:, step, None], after, alpha)
        return torch.logsumexp(alpha + self.end, dim=1)


class Tagger(nn.Module):
    def __init__(self):
        super().__init__()
        self.words, self.chars, self.highway = nn.Embedding(WORDS, WIDE, padding_idx=PAD), CharCNN(), Highway()
        self.drop = nn.Dropout(0.3)
        self.lstm = nn.LSTM(BOTH, UNITS, batch_first=True, bidirectional=True)
        self.norm = nn.LayerNorm(2 * UNITS)
        self.emit = nn.Linear(2 * UNITS, TAGS)
        self.crf = CRF()

    def forward(self, words, chars, tags):
        mask = words != PAD
        x = self.drop(self.highway(torch.cat([self.words(words), self.chars(chars)], -1)))
        packed = pack_padded_sequence(x, mask.sum(1), batch_first=True, enforce_sorted=False)
        x, _ = pad_packed_sequence(self.lstm(packed)[0], batch_first=True, total_length=words.shape[1])
        emissions = self.emit(self.norm(x))
        return {"emissions": emissions, "nll": self.crf(emissions, tags, mask)}


def build_torch():
    return as_trained(Tagger, seed=911)


class Spelling(layers.Layer):
    """A word's letters to a vector; TimeDistributed gives it one word of each sentence after the other."""

    def __init__(self, *, covered="both", padding="same", pool="max", **kwargs):
        super().__init__(**kwargs)
        self.letters = layers.Embedding(CHARS, NARROW)
        self.filters = layers.Conv1D(FOUND, 3, padding=padding, activation="relu")
        self.covered, self.padding, self.pool = covered, padding, pool

    def call(self, chars):
        x = self.letters(chars)
        real = ops.expand_dims(ops.cast(ops.not_equal(chars, PAD), x.dtype), -1)
        x = self.filters(x * real if self.covered != "pooled" else x)
        real = real[:, 1:-1] if self.padding == "valid" else real
        x = x * real if self.covered != "embedded" else x
        return ops.max(x, axis=1) if self.pool == "max" else ops.sum(x, axis=1) / ops.maximum(ops.sum(real, axis=1), 1)


class Gate(layers.Layer):
    def __init__(self, *, act="relu", carry="rest", **kwargs):
        super().__init__(**kwargs)
        self.change, self.open = layers.Dense(BOTH, activation=act), layers.Dense(BOTH, activation="sigmoid")
        self.carry = carry

    def call(self, x):
        changed, share = self.change(x), self.open(x)
        return share * changed + (1 - share) * x if self.carry == "rest" else (1 - share) * changed + share * x


class Chain(layers.Layer):
    def __init__(self, *, over="from", best="sum", starts=True, last="real", padding="waits", moves="forward", **kwargs):
        super().__init__(**kwargs)
        self.moves = self.add_weight(shape=(TAGS, TAGS), name="moves")
        self.first, self.last = self.add_weight(shape=(TAGS,), name="first"), self.add_weight(shape=(TAGS,), name="last")
        self.over, self.best, self.starts, self.ends, self.padding, self.order, self.supports_masking = over, best, starts, last, padding, moves, True

    def all_paths(self, emissions, real):
        total = ops.max if self.best == "max" else ops.logsumexp
        reached = emissions[:, 0] + self.first if self.starts else emissions[:, 0]
        for now in range(1, STEPS):
            steps = ops.expand_dims(reached, 2) + self.moves + ops.expand_dims(emissions[:, now], 1)
            after = total(steps, axis=1 if self.over == "from" else 2)
            reached = ops.where(real[:, now : now + 1], after, reached) if self.padding == "waits" else after
        return total(reached + self.last, axis=1)

    def call(self, emissions, tags, real):
        hot, there = ops.one_hot(tags, TAGS, dtype=emissions.dtype), ops.cast(real, emissions.dtype)
        final = ops.one_hot(ops.sum(ops.cast(real, "int32"), axis=1) - 1, STEPS, dtype=emissions.dtype)
        final = ops.einsum("bt,btk->bk", final, hot) if self.ends == "real" else hot[:, -1]
        moves = ops.transpose(self.moves) if self.order == "back" else self.moves
        said = ops.einsum("btk,btk,bt->b", emissions, hot, there)
        moved = ops.einsum("btj,jk,btk,bt->b", hot[:, :-1], moves, hot[:, 1:], there[:, 1:])
        path = said + moved + ops.matmul(hot[:, 0], self.first) + ops.matmul(final, self.last)
        return self.all_paths(emissions, real) - path


class NameFinder(keras.Model):
    def __init__(self, *, spelling=None, joined="words_first", gate=None, drop="each", masked=True, epsilon=1e-5, answer=None, chain=None):
        super().__init__()
        self.table = layers.Embedding(WORDS, WIDE)
        self.spelling = layers.TimeDistributed(Spelling(**(spelling or {})))
        self.gate = Gate(**(gate or {}))
        self.thin = layers.Dropout(0.3, noise_shape=None if drop == "each" else (None, 1, BOTH))
        self.scan = layers.Bidirectional(layers.LSTM(UNITS, return_sequences=True))
        self.scale = layers.LayerNormalization(epsilon=epsilon)
        self.answer = layers.Dense(TAGS, activation=answer)
        self.chain = Chain(**(chain or {}))
        self.joined, self.masked = joined, masked

    def call(self, given, training=None):
        words, chars, tags = given
        real = ops.not_equal(words, PAD)
        parts = [self.table(words), self.spelling(chars)]
        x = self.gate(ops.concatenate(parts if self.joined == "words_first" else parts[::-1], axis=-1))
        x = self.scan(self.thin(x, training=training), mask=real if self.masked else None)
        emissions = self.answer(self.scale(x))
        return {"emissions": emissions, "nll": self.chain(emissions, tags, real)}


build_keras = NameFinder


def sentences():
    """Words, their letters and tags: 9, 5, 7 and 3 words, of 2 to 7 letters."""
    words, chars = tokens(BATCH, STEPS, below=WORDS, lowest=1, seed=912), tokens(BATCH, STEPS, LETTERS, below=CHARS, lowest=1, seed=913)
    tags, sizes = tokens(BATCH, STEPS, below=TAGS, seed=914), tokens(BATCH, STEPS, below=LETTERS + 1, lowest=2, seed=915)
    chars[np.arange(LETTERS) >= sizes[..., None]] = PAD
    for row, length in enumerate((9, 5, 7, 3)):
        words[row, length:], chars[row, length:], tags[row, length:] = PAD, PAD, IGNORED
    return words, chars, tags


def inputs():
    words, chars, tags = sentences()
    return words, chars, tags.clip(min=0)


def targets():
    return sentences()[2]


def torch_loss(output, target):
    return output["nll"].sum() / (target != IGNORED).sum()


def keras_loss(output, target, per="word"):
    if per == "sentence":
        return ops.mean(output["nll"])
    return ops.sum(output["nll"]) / ops.sum(ops.cast(ops.not_equal(target, IGNORED), output["nll"].dtype))


class SGD(keras.optimizers.SGD):
    """Torch moves both biases of an LSTM, of which Keras has the sum; an embedding's slices are summed before they are used."""

    def update_step(self, gradient, variable, learning_rate):
        path = self._trainable_variables[self._get_variable_index(variable)].path
        super().update_step(gradient, variable, 2 * learning_rate if path.endswith("lstm_cell/bias") else learning_rate)

    def apply(self, grads, trainable_variables=None):
        return super().apply([None if grad is None else tf.convert_to_tensor(grad) for grad in grads], trainable_variables)


sgd = partial(SGD, 0.015, momentum=0.9)
LOSS = (torch_loss, lambda: keras_loss)
OPTIMIZER = (lambda parameters: torch.optim.SGD(parameters, lr=0.015, momentum=0.9), sgd)
MAPPING = {"crf.transitions": "chain.moves", "crf.start": "chain.first", "crf.end": "chain.last"}
LAYERS = MAPPING | {"words": "table", "chars.embed": "spelling.layer.letters", "chars.conv": "spelling.layer.filters", "lstm": "scan", "norm": "scale"}
LAYERS |= {"highway.transform": "gate.change", "highway.gate": "gate.open", "emit": "answer"}


def load_gates_moved(torch_model, keras_model):
    """The gates of the LSTM, which both have as input, forget, cell and output, put in another order: the cell's last."""

    def change(state):
        blocks = {name: np.split(array, 4) for name, array in state.items() if name.startswith("lstm.")}
        return state | {name: np.concatenate([i, f, o, g]) for name, (i, f, g, o) in blocks.items()}

    copy_weights(torch_model, keras_model, LAYERS, change)


CELLS = tuple(f"lstm.{kind}_l0{end}" for kind in ("weight_ih", "weight_hh") for end in ("", "_reverse"))
LETTER_CNN, CRF_PARTS, HIGHWAY = ("chars", "chars.conv"), ("crf", "crf.transitions"), ("highway", "highway.transform", "highway.gate")
FAULTS = [
    Fault("padding_pooled", LETTER_CNN, "mask", "the maximum over a word's padding, too", {"spelling": {"covered": "embedded"}}),
    Fault("letters_valid", ("chars.conv", "chars"), "padding", "'valid': no window around a word's first letter", {"spelling": {"padding": "valid"}}),
    Fault("mean_of_letters", LETTER_CNN, "pooling", "the mean over letters for their maximum", {"spelling": {"pool": "mean"}}),
    Fault("letters_first", HIGHWAY, "concat order", "characters' features before the word's", {"joined": "letters_first"}),
    Fault("carried_by_gate", ("highway", "highway.gate"), "order", "the gate lets through what is old, not what is new", {"gate": {"carry": "gate"}}),
    Fault("tanh_in_highway", ("highway.transform", "highway"), "activation", "tanh for ReLU", {"gate": {"act": "tanh"}}),
    Fault("padding_read", "lstm", "mask", "no mask: the backward LSTM begins in the padding", {"masked": False}),
    Fault("epsilon", "norm", "epsilon", "LayerNormalization's default 1e-3", {"epsilon": 1e-3}),
    Fault("log_softmax", ("emit", "output"), "output", "emissions normalised, which the CRF does not notice", {"answer": "log_softmax"}),
    Fault("sum_over_next", CRF_PARTS, "axis", "the recursion sums over the tag gone to", {"chain": {"over": "to"}}),
    Fault("best_path", ("crf",), "reduction", "the best path (Viterbi) for the sum of all", {"chain": {"best": "max"}}),
    Fault("no_start", ("crf", "crf.start"), "missing term", "the recursion begins without the scores to start", {"chain": {"starts": False}}),
    Fault("end_of_padding", ("crf", "crf.end"), "time step", "the score to end by the last column's tag", {"chain": {"last": "column"}}),
    Fault("padding_summed", ("crf",), "mask", "the recursion goes on through the padding", {"chain": {"padding": "counts"}}),
    Fault("moves_turned", ("crf.transitions", "crf"), "axes", "(to, from) in the score of the given tags", {"chain": {"moves": "back"}}),
    Fault("gates_moved", ("lstm", *CELLS), "weights", "gates put in an order that Keras does not have", load=load_gates_moved),
    Fault("padding_trained", ("chars.embed", "chars"), "gradient", "padding's row is trained", {"spelling": {"covered": "pooled"}}, seen="grad"),
    Fault("dropped_for_all_steps", "drop", "dropout", "the same features dropped at every word", {"drop": "locked"}, seen="dropout"),
    Fault("per_sentence", "loss", "reduction", "the mean over sentences, not over words", seen="loss", loss=lambda: partial(keras_loss, per="sentence")),
    Fault("clipped", "optimizer", "clipping", "clipnorm, by variable, that torch has not", seen="step", optimizer=partial(sgd, clipnorm=0.1)),
]
