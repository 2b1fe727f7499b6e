"""An image read row by row by an Elman RNN, time first in torch; the output is the classes' logits and the last state."""

import keras
import numpy as np
from torch import nn

from benchmarks.faults.building import as_trained, normal
from benchmarks.faults.port import Fault
from benchmarks.faults.weights import copy_weights


class RowReader(nn.Module):
    def __init__(self):
        super().__init__()
        self.rnn = nn.RNN(10, 14, nonlinearity="relu")
        self.hidden = nn.Linear(14, 9)
        self.act = nn.Hardtanh(-0.25, 0.25)
        self.out = nn.Linear(9, 6)

    def forward(self, image):
        rows = (image.squeeze(1) * 0.5 - 0.25).transpose(0, 1)
        outputs, state = self.rnn(rows)
        return self.out(self.act(self.hidden(outputs[-1]))), state[0]


def build_torch():
    return as_trained(RowReader, seed=12)


class Rows(keras.layers.Layer):
    def __init__(self, by="rows", flip=False):
        super().__init__()
        self.by, self.flip = by, flip

    def call(self, image):
        rows = keras.ops.squeeze(image, -1)
        if self.by == "columns":
            rows = keras.ops.reshape(keras.ops.transpose(rows, (0, 2, 1)), keras.ops.shape(rows))
        return keras.ops.flip(rows, 1) if self.flip else rows


def build_keras(
    *, activation="relu", by="rows", flip=False, scale=0.5, offset=-0.25, clip=(-0.25, 0.25), hidden=True, order=False, last=None, dropout=0.0, bias=True
):
    image = keras.Input((12, 10, 1))
    x = Rows(by, flip)(image)
    x = keras.layers.Rescaling(scale, offset)(x)
    rnn = keras.layers.SimpleRNN(14, activation=activation, return_sequences=True, return_state=True, dropout=dropout, use_bias=bias, name="reader")
    sequence, state = rnn(x)
    y = keras.layers.Lambda(lambda x: x[:, -1])(sequence)
    y = keras.layers.Dense(9, name="squeeze")(y)
    if hidden:
        y = keras.layers.Lambda(lambda x: keras.ops.clip(x, *clip))(y)
    y = keras.layers.Dense(6, activation=last, name="digits")(y)
    return keras.Model(image, [state, y] if order else [y, state])


def inputs():
    return normal(3, 1, 12, 10, seed=13)


LAYERS = {"rnn": "reader", "hidden": "squeeze", "out": "digits"}


def load_with(change):
    return lambda torch_model, keras_model: copy_weights(torch_model, keras_model, LAYERS, change)


def recurrent_not_transposed(state):
    return {**state, "rnn.weight_hh_l0": np.ascontiguousarray(state["rnn.weight_hh_l0"].T)}


def bias_once(state):
    return {**state, "rnn.bias_ih_l0": np.zeros_like(state["rnn.bias_ih_l0"])}


def dense_by_position(torch_model, keras_model):
    """Biases of the two recurrences' halves averaged, as one loader does."""
    half = dict.fromkeys(("rnn.bias_ih_l0", "rnn.bias_hh_l0"), 0.5)
    copy_weights(torch_model, keras_model, LAYERS, lambda s: {name: array * np.float32(half.get(name, 1)) for name, array in s.items()})


FAULTS = [
    Fault("tanh_cell", "rnn", "activation", "tanh, the default, where torch's RNN was made with relu", {"activation": "tanh"}),
    Fault("columns_for_rows", ("rnn", "input"), "axes", "columns read, reshaped to look like rows", {"by": "columns"}),
    Fault("flipped", ("rnn", "input"), "direction", "rows read from below", {"flip": True}),
    Fault("scale", ("rnn", "input"), "scale", "inputs not scaled by 0.5", {"scale": 1.0}),
    Fault("offset", ("rnn", "input"), "data", "the offset added with the other sign", {"offset": 0.25}),
    Fault("clip_upper_only", ("act", "hidden", "out"), "activation", "a capped ReLU for Hardtanh", {"clip": (0.0, 0.25)}),
    Fault("clip_wide", ("act", "hidden", "out"), "activation", "clipped at -1..1, the default", {"clip": (-1.0, 1.0)}),
    Fault("clip_forgotten", ("act", "hidden", "out"), "activation", "no clipping", {"hidden": False}),
    Fault("outputs_swapped", "output", "outputs", "state first, logits second", {"order": True}),
    Fault("output_relu", ("out", "output"), "activation", "a ReLU on the logits", {"last": "relu"}),
    Fault("dropout_in_cell", "rnn", "dropout", "dropout in the cell where torch has none", {"dropout": 0.3}, seen="dropout", training=True),
    Fault("bias_missing", "rnn", "bias", "no bias in the recurrence", {"bias": False}),
    Fault("recurrent_not_transposed", "rnn", "weights", "the square recurrent kernel loaded without transposing", load=load_with(recurrent_not_transposed)),
    Fault("bias_once", "rnn", "weights", "one of the two biases loaded", load=load_with(bias_once)),
    Fault("biases_averaged", "rnn", "weights", "the mean of the two biases for their sum", load=dense_by_position),
]
