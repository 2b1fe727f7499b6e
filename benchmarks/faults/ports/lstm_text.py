"""A text classifier: embedding, LSTM, the last hidden state; padded batches with a mask over the mean of the embeddings beside it."""

import keras
import numpy as np
import torch
from torch import nn

from benchmarks.faults.building import as_trained, tokens
from benchmarks.faults.port import Fault
from benchmarks.faults.weights import copy_weights


class TextClassifier(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(50, 12, padding_idx=0)
        self.lstm = nn.LSTM(12, 10, batch_first=True)
        self.dropout = nn.Dropout(0.2)
        self.fc = nn.Linear(22, 3)

    def forward(self, x):
        embedded = self.embedding(x)
        _, (hidden, _) = self.lstm(embedded)
        mask = (x != 0).unsqueeze(-1).to(embedded.dtype)
        mean = (embedded * mask).sum(1) / mask.sum(1)
        return self.fc(self.dropout(torch.cat([hidden[-1], mean], dim=1)))


def build_torch():
    return as_trained(TextClassifier, seed=8)


class TextModel(keras.Model):
    def __init__(
        self,
        *,
        step="last",
        activation="tanh",
        recurrent_activation="sigmoid",
        backwards=False,
        mean="masked",
        mask_to_lstm=False,
        embedding_activation=None,
        concat="state_first",
        bias=True,
        shift=False,
        cell=False,
        scale_embedding=False,
        last=None,
        still_padding=True,
    ):
        super().__init__()
        self.embed = keras.layers.Embedding(50, 12)
        self.recurrent = keras.layers.LSTM(
            10,
            return_sequences=True,
            return_state=True,
            activation=activation,
            recurrent_activation=recurrent_activation,
            go_backwards=backwards,
            use_bias=bias,
        )
        self.drop = keras.layers.Dropout(0.2)
        self.classify = keras.layers.Dense(3, activation=last)
        self.step, self.mean, self.concat, self.shift, self.cell, self.still_padding = step, mean, concat, shift, cell, still_padding
        self.embedding_activation, self.scale_embedding, self.mask_to_lstm = embedding_activation, scale_embedding, mask_to_lstm

    def call(self, ids, training=False):
        words = self.embed(keras.ops.roll(ids, 1, axis=1) if self.shift else ids)
        if self.still_padding:  # padding_idx: that row gets no gradient
            words = keras.ops.where(keras.ops.not_equal(ids, 0)[..., None], words, keras.ops.stop_gradient(words))
        entered = keras.ops.tanh(words) if self.embedding_activation else words
        if self.scale_embedding:
            entered = entered * 12**0.5
        sequence, hidden, cell = self.recurrent(entered, mask=keras.ops.not_equal(ids, 0) if self.mask_to_lstm else None)
        state = {"last": hidden, "first": sequence[:, 0], "mean": keras.ops.mean(sequence, 1), "max": keras.ops.max(sequence, 1)}[self.step]
        if self.cell:
            state = cell
        mask = keras.ops.cast(keras.ops.not_equal(ids, 0), words.dtype)[..., None]
        if self.mean == "masked":
            mean = keras.ops.sum(words * mask, 1) / keras.ops.sum(mask, 1)
        elif self.mean == "all":
            mean = keras.ops.mean(words, 1)
        elif self.mean == "sum":
            mean = keras.ops.sum(words * mask, 1)
        elif self.mean == "inverted":
            mean = keras.ops.sum(words * (1 - mask), 1) / keras.ops.sum(mask, 1)
        else:  # masked, and divided by the whole length
            mean = keras.ops.mean(words * mask, 1)
        joined = keras.ops.concatenate([state, mean] if self.concat == "state_first" else [mean, state], axis=-1)
        return self.classify(self.drop(joined, training=training))


build_keras = TextModel


def inputs():
    ids = tokens(4, 9, below=50, seed=9, lowest=1)
    for row, length in enumerate((9, 6, 4, 7)):
        ids[row, length:] = 0
    return ids


def targets():
    return np.array([2, 0, 1, 1])


LOSS = (nn.functional.cross_entropy, lambda: keras.losses.SparseCategoricalCrossentropy(from_logits=True))
LAYERS = {"embedding": "embed", "lstm": "recurrent", "fc": "classify"}


def load_gates(order):
    """Each gate's rows put where another belongs."""

    def change(state):
        return {
            name: np.concatenate([array[10 * gate : 10 * gate + 10] for gate in order]) if name.startswith("lstm.") else array for name, array in state.items()
        }

    return lambda torch_model, keras_model: copy_weights(torch_model, keras_model, LAYERS, change)


def load_one_bias(torch_model, keras_model):
    copy_weights(torch_model, keras_model, LAYERS, lambda s: {**s, "lstm.bias_hh_l0": np.zeros_like(s["lstm.bias_hh_l0"])})


def load_recurrent_not_transposed(torch_model, keras_model):
    """The recurrent kernel reshaped to Keras' shape rather than transposed."""
    copy_weights(torch_model, keras_model, LAYERS)
    kernel = keras_model.recurrent.cell.recurrent_kernel
    kernel.assign(torch_model.lstm.weight_hh_l0.detach().numpy().reshape(tuple(kernel.shape)))


def load_rows_shifted(torch_model, keras_model):
    """The vocabulary counts from 1 in the file and from 0 in the model."""
    copy_weights(torch_model, keras_model, LAYERS, lambda s: {**s, "embedding.weight": np.roll(s["embedding.weight"], 1, axis=0)})


FAULTS = [
    Fault("first_step", ("fc", "lstm", "dropout"), "time step", "the first step's output for the last", {"step": "first"}),
    Fault("mean_of_steps", ("fc", "lstm", "dropout"), "time step", "the mean over time for the last step", {"step": "mean"}),
    Fault("max_of_steps", ("fc", "lstm", "dropout"), "time step", "the maximum over time for the last step", {"step": "max"}),
    Fault("cell_for_hidden", ("fc", "lstm", "dropout"), "state", "the cell state taken for the hidden state", {"cell": True}),
    Fault("relu_cell", "lstm", "activation", "activation='relu' for tanh", {"activation": "relu"}),
    Fault("hard_sigmoid_gates", "lstm", "activation", "hard sigmoid in the gates, Keras' old default", {"recurrent_activation": "hard_sigmoid"}),
    Fault("backwards", "lstm", "direction", "the sequence read from its end", {"backwards": True}),
    Fault("no_bias", "lstm", "bias", "the recurrence has no bias", {"bias": False}),
    Fault("mask_to_lstm", "lstm", "mask", "the padding mask given to the LSTM: Keras' LSTM stops at the padding, torch's runs on", {"mask_to_lstm": True}),
    Fault("mean_over_padding", ("fc", "dropout", "embedding"), "mask", "the mean takes the padding in", {"mean": "all"}),
    Fault("sum_for_mean", ("fc", "dropout", "embedding"), "reduction", "the sum of the words, not their mean", {"mean": "sum"}),
    Fault("mask_inverted", ("fc", "dropout", "embedding"), "mask", "the mask keeps the padding and drops the words", {"mean": "inverted"}),
    Fault("divided_by_length", ("fc", "dropout", "embedding"), "mask", "masked, then divided by the padded length", {"mean": "whole_length"}),
    Fault("tanh_on_embedding", ("lstm", "embedding"), "activation", "a tanh between embedding and LSTM", {"embedding_activation": "tanh"}),
    Fault("embedding_scaled", ("lstm", "embedding"), "scale", "the embedding times the root of its width", {"scale_embedding": True}),
    Fault("concat_order", ("fc", "dropout"), "concat order", "mean first, state second", {"concat": "mean_first"}),
    Fault("tokens_shifted", ("embedding", "input"), "data", "tokens rolled by one step", {"shift": True}),
    Fault("padding_learns", "embedding", "gradient", "padding_idx forgotten: the padding's row gets a gradient", {"still_padding": False}, seen="grad"),
    Fault("softmax_and_from_logits", ("fc", "output"), "output", "a softmax in the model, and a loss that wants logits", {"last": "softmax"}),
    Fault("gates_ifog", "lstm", "weights", "gates loaded in the order i, f, o, c", load=load_gates((0, 1, 3, 2))),
    Fault("gates_icfo", "lstm", "weights", "gates loaded in the order i, c, f, o", load=load_gates((0, 2, 1, 3))),
    Fault("one_bias", "lstm", "weights", "only one of torch's two biases loaded", load=load_one_bias),
    Fault("recurrent_reshaped", "lstm", "weights", "the recurrent kernel reshaped, not transposed", load=load_recurrent_not_transposed),
    Fault("rows_shifted", "embedding", "weights", "the embedding's rows moved by one", load=load_rows_shifted),
    Fault("logits_taken_for_probabilities", "loss", "from_logits", "from_logits forgotten", seen="loss", loss=keras.losses.SparseCategoricalCrossentropy),
    Fault(
        "summed_loss",
        "loss",
        "reduction",
        "the loss summed over the batch",
        seen="loss",
        loss=lambda: keras.losses.SparseCategoricalCrossentropy(from_logits=True, reduction="sum"),
    ),
]
