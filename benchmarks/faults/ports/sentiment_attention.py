"""Sentiment of a text: packed two-layer bidirectional GRU, additive attention over its steps beside the mean word, LayerNorm and an MLP; Keras with masks."""

import keras
import numpy as np
import tensorflow as tf
import torch
from keras import layers, ops
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from benchmarks.faults.building import as_trained, tokens
from benchmarks.faults.own import TorchAdam
from benchmarks.faults.port import Fault
from benchmarks.faults.weights import copy_weights

WORDS, WIDTH, UNITS, PAD, STEPS = 23, 10, 7, 0, 6
LENGTHS = (5, 2, 4, 3)
POSITIVE = 1.7


class AttentionPool(nn.Module):
    def __init__(self):
        super().__init__()
        self.score = nn.Sequential(nn.Linear(2 * UNITS, 9), nn.Tanh(), nn.Linear(9, 1, bias=False))

    def forward(self, states, padded):
        scores = self.score(states).squeeze(-1).masked_fill(padded, float("-inf"))
        return torch.bmm(scores.softmax(dim=1).unsqueeze(1), states).squeeze(1)


class SentimentNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(WORDS, WIDTH, padding_idx=PAD)
        self.gru = nn.GRU(WIDTH, UNITS, num_layers=2, batch_first=True, bidirectional=True, dropout=0.3)
        self.pool = AttentionPool()
        self.norm = nn.LayerNorm(2 * UNITS + WIDTH)
        self.classifier = nn.Sequential(nn.Linear(2 * UNITS + WIDTH, 11), nn.ReLU(), nn.Dropout(0.4), nn.Linear(11, 1))

    def forward(self, text):
        padded = text == PAD
        lengths = (~padded).sum(1)
        words = self.embedding(text)
        packed = pack_padded_sequence(words, lengths.cpu(), batch_first=True, enforce_sorted=False)
        states, _ = pad_packed_sequence(self.gru(packed)[0], batch_first=True, total_length=text.shape[1])
        mean = words.sum(1) / lengths.unsqueeze(1)
        features = torch.cat([self.pool(states, padded), mean], dim=1)
        return self.classifier(self.norm(features)).squeeze(-1)


def build_torch():
    return as_trained(SentimentNet, seed=821)


class StepWeights(layers.Layer):
    """How much each step counts: (batch, steps, 1)."""

    def __init__(self, *, masking, axis, squash):
        super().__init__()
        self.hidden = layers.Dense(9, activation=squash)
        self.energy = layers.Dense(1, use_bias=False)
        self.supports_masking = True
        self.masking, self.axis = masking, axis

    def call(self, states, mask=None):
        scores = self.energy(self.hidden(states))
        if mask is None:
            return ops.softmax(scores, axis=self.axis)
        mask = ops.expand_dims(mask, -1)
        if self.masking == "after":
            return ops.softmax(scores, axis=self.axis) * ops.cast(mask, scores.dtype)
        scores = ops.where(mask, scores, -1e9 if self.masking == "filled" else 0.0)
        return ops.softmax(scores, axis=self.axis)


class Classifier(keras.Model):
    """Switches are the mistakes."""

    def __init__(
        self,
        *,
        mask_zero=True,
        gate="sigmoid",
        dropout="between",
        masking="filled",
        axis=1,
        squash="tanh",
        values="second",
        mean_over="words",
        padding_row="kept",
        joined="pooled_first",
        epsilon=1e-5,
        hidden="relu",
        answer=None,
    ):
        super().__init__()
        self.words = layers.Embedding(WORDS, WIDTH, mask_zero=mask_zero)
        self.scan_a = layers.Bidirectional(layers.GRU(UNITS, return_sequences=True))
        self.between = layers.Dropout(0.3 if dropout == "between" else 0.0)
        own = 0.3 if dropout == "in_the_cell" else 0.0
        self.scan_b = layers.Bidirectional(layers.GRU(UNITS, return_sequences=True, recurrent_activation=gate, recurrent_dropout=own))
        self.attend = StepWeights(masking=masking, axis=axis, squash=squash)
        self.scale = layers.LayerNormalization(epsilon=epsilon)
        self.mlp = keras.Sequential([layers.Dense(11, activation=hidden), layers.Dropout(0.4), layers.Dense(1, activation=answer)])
        self.values, self.mean_over, self.padding_row, self.joined = values, mean_over, padding_row, joined

    def mean_word(self, text, words):
        real = ops.cast(ops.not_equal(text, PAD), words.dtype)
        if self.padding_row == "kept":
            words = words * ops.expand_dims(real, -1)
        if self.mean_over == "steps":
            return ops.mean(words, axis=1)
        return ops.sum(words, axis=1) / ops.sum(real, axis=1, keepdims=True)

    def call(self, text, training=None):
        words = self.words(text)
        below = self.scan_a(words, training=training)
        states = self.scan_b(self.between(below, training=training), training=training)
        weights = self.attend(states)
        pooled = ops.sum(weights * (states if self.values == "second" else below), axis=1)
        mean = self.mean_word(text, words)
        features = ops.concatenate([pooled, mean] if self.joined == "pooled_first" else [mean, pooled], axis=-1)
        return ops.squeeze(self.mlp(self.scale(features), training=training), axis=-1)


build_keras = Classifier


def inputs():
    """The last two words of the vocabulary do not occur."""
    text = tokens(len(LENGTHS), STEPS, below=WORDS - 2, lowest=1, seed=822)
    for row, length in enumerate(LENGTHS):
        text[row, length:] = PAD
    return text


def targets():
    return np.array([1, 0, 0, 1], "float32")


LAYERS = {
    "embedding": "words",
    "gru": ["scan_a", "scan_b"],
    "pool.score.0": "attend.hidden",
    "pool.score.2": "attend.energy",
    "norm": "scale",
    "classifier.0": "mlp.0",
    "classifier.3": "mlp.2",
}


def torch_loss(output, target):
    return nn.BCEWithLogitsLoss(pos_weight=torch.tensor(POSITIVE, dtype=torch.float64).to(output.dtype))(output, target)


def keras_loss(positive=POSITIVE, column=False):
    """Of output and target, as torch's."""

    def loss(output, target):
        output = ops.expand_dims(output, -1) if column else output
        return ops.mean(positive * target * ops.softplus(-output) + (1 - target) * ops.softplus(output))

    return loss


class Adam(TorchAdam):
    """An embedding's gradient as one array: TensorFlow's slices name a word as often as it occurs."""

    def apply(self, grads, trainable_variables=None):
        return super().apply([None if grad is None else tf.convert_to_tensor(grad) for grad in grads], trainable_variables)


def adam(**changes):
    return Adam(**({"learning_rate": 3e-3, "decay": 1e-2} | changes))


LOSS = (torch_loss, keras_loss)
OPTIMIZER = (lambda parameters: torch.optim.Adam(parameters, lr=3e-3, weight_decay=1e-2), adam)


def load_biases_summed(torch_model, keras_model):
    """The two biases of the first layer added into the first row, as one does for an LSTM."""

    def change(state):
        for end in ("l0", "l0_reverse"):
            into, within = f"gru.bias_ih_{end}", f"gru.bias_hh_{end}"
            state = {**state, into: state[into] + state[within], within: np.zeros_like(state[within])}
        return state

    copy_weights(torch_model, keras_model, LAYERS, change)


def load_directions_swapped(torch_model, keras_model):
    """The second layer's two directions in each other's place."""

    def turned(name):
        if not name.startswith("gru.") or "_l1" not in name:
            return name
        return name.removesuffix("_reverse") if name.endswith("_reverse") else f"{name}_reverse"

    copy_weights(torch_model, keras_model, LAYERS, lambda state: {name: state[turned(name)] for name in state})


def words_from_two(text):
    """A tokenizer that keeps number 1 for unknown words: each number is one higher."""
    return np.where(text == PAD, PAD, text + 1)


POOL = ("pool", "pool.score", "pool.score.2")

FAULTS = [
    Fault("mask_zero_forgotten", ("gru", "embedding"), "mask", "no mask: the GRU reads the padding, attention sees it", {"mask_zero": False}),
    Fault("hard_gates", "gru", "activation", "the second layer's gates are hard sigmoids, as in old Keras", {"gate": "hard_sigmoid"}),
    Fault("softmax_of_one", POOL, "axis", "softmax over the last axis, which is of length 1", {"axis": -1}),
    Fault("masked_after", POOL, "mask", "weights masked after the softmax: they do not sum to 1", {"masking": "after"}),
    Fault("masked_with_zero", POOL, "mask", "padding's scores set to 0, not to minus infinity", {"masking": "zeroed"}),
    Fault("score_linear", ("pool.score.1", "pool.score.0", "pool.score", "pool"), "activation", "no tanh in the score", {"squash": None}),
    Fault("first_layer_pooled", ("pool", "gru"), "wrong tensor", "weights of the second layer's states, sum of the first's", {"values": "first"}),
    Fault("mean_over_steps", ("embedding", "norm"), "reduction", "the mean word divided by all steps, not by the length", {"mean_over": "steps"}),
    Fault("mean_first", ("norm", "pool"), "concat order", "the mean word joined before the pooled states", {"joined": "mean_first"}),
    Fault("norm_epsilon", "norm", "epsilon", "LayerNormalization's default 1e-3", {"epsilon": 1e-3}),
    Fault("hidden_linear", ("classifier.1", "classifier.0", "classifier"), "activation", "no ReLU in the MLP", {"hidden": None}),
    Fault("sigmoid_at_the_end", ("classifier.3", "output", "classifier"), "output", "chances where the loss takes logits", {"answer": "sigmoid"}),
    Fault("word_numbers", "input", "input", "words numbered from 2: another tokenizer", keras_inputs=words_from_two),
    Fault("biases_summed", ("gru", "gru.bias_hh_l0", "gru.bias_ih_l0"), "weights", "both biases summed into one", load=load_biases_summed),
    Fault("directions_swapped", ("gru", "gru.weight_ih_l1", "gru.weight_hh_l1"), "weights", "directions swapped", load=load_directions_swapped),
    Fault("padding_row_trained", "embedding", "gradient", "the mean word trains the row of the padding", {"padding_row": "trained"}, seen="grad"),
    Fault("recurrent_dropout", "gru", "dropout", "dropout of the state, none between the layers", {"dropout": "in_the_cell"}, seen="dropout"),
    Fault("positive_weight", "loss", "weight", "pos_weight forgotten", seen="loss", loss=lambda: keras_loss(positive=1.0)),
    Fault("loss_of_pairs", "loss", "broadcast", "logits in a column against targets in a row", seen="loss", loss=lambda: keras_loss(column=True)),
    Fault("decoupled_decay", "optimizer", "optimizer", "Keras' weight_decay is AdamW's", seen="step", optimizer=lambda: adam(decay=0.0, weight_decay=1e-2)),
]
