"""Quantiles of the next days' sales: a scaled series and embeddings of what the shop is, two LSTMs started by the shop, additive attention over their steps.

The port is functional with layers of its own; histories are padded at their start; trained by the pinball loss and Nesterov's momentum.
"""

import keras
import numpy as np
import torch
from keras import layers, ops
from torch import nn
from torch.nn import functional as F

from benchmarks.faults.building import as_trained, normal, tokens, uniform
from benchmarks.faults.port import Fault
from benchmarks.faults.weights import copy_weights

BATCH, PAST, FEATURES, HORIZON = 5, 11, 3, 4
STORES, REGIONS, STORE_DIM, REGION_DIM = 13, 6, 4, 3
STATIC, UNITS, ASK, HIDDEN = STORE_DIM + REGION_DIM + 1, 9, 7, 14
LENGTHS = (11, 7, 9, 4, 10)
QUANTILES, RATE = (0.1, 0.5, 0.9), 0.25


class Scaler(nn.Module):
    """The mean size of what was sold, over the days that are there."""

    def forward(self, sales, there):
        there = there.to(sales.dtype)
        return ((sales.abs() * there).sum(1, keepdim=True) / there.sum(1, keepdim=True)).clamp(min=1e-3)


class Statics(nn.Module):
    def __init__(self):
        super().__init__()
        self.store, self.region = nn.Embedding(STORES, STORE_DIM), nn.Embedding(REGIONS, REGION_DIM)

    def forward(self, store, region, scale):
        return torch.cat([self.store(store), self.region(region), scale.log()], dim=-1)


class Encoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.start_h, self.start_c = nn.Linear(STATIC, UNITS), nn.Linear(STATIC, UNITS)
        self.lstm = nn.LSTM(FEATURES + STATIC, UNITS, num_layers=2, batch_first=True, dropout=RATE)

    def forward(self, series, static):
        h, c = (torch.tanh(start(static)).expand(2, -1, -1).contiguous() for start in (self.start_h, self.start_c))
        steps = torch.cat([series, static[:, None].expand(-1, series.shape[1], -1)], dim=-1)
        memory, (last, _) = self.lstm(steps, (h, c))
        return memory, last[-1]


class AdditiveAttention(nn.Module):
    def __init__(self):
        super().__init__()
        self.query, self.key, self.v = nn.Linear(UNITS, ASK, bias=False), nn.Linear(UNITS, ASK), nn.Parameter(torch.randn(ASK))
        for layer in (self.query, self.key):
            nn.init.normal_(layer.weight)

    def forward(self, state, memory, there):
        scores = torch.tanh(self.query(state)[:, None] + self.key(memory)) @ self.v
        weights = scores.masked_fill(~there, float("-inf")).softmax(dim=1)
        return (weights[..., None] * memory).sum(1)


class QuantileHead(nn.Module):
    """The median and, by softplus, how far the others are from it: quantiles never cross."""

    def __init__(self):
        super().__init__()
        self.hidden = nn.Linear(2 * UNITS + STATIC, HIDDEN)
        self.drop = nn.Dropout(RATE)
        self.out = nn.Linear(HIDDEN, HORIZON * len(QUANTILES))

    def forward(self, context, state, static, scale):
        x = self.drop(F.elu(self.hidden(torch.cat([context, state, static], dim=-1))))
        below, median, above = self.out(x).view(len(x), HORIZON, len(QUANTILES)).unbind(-1)
        return torch.stack([median - F.softplus(below), median, median + F.softplus(above)], dim=-1) * scale[..., None]


class Forecaster(nn.Module):
    def __init__(self):
        super().__init__()
        self.scaler, self.statics, self.encoder = Scaler(), Statics(), Encoder()
        self.attention, self.head = AdditiveAttention(), QuantileHead()

    def forward(self, series, length, store, region):
        there = torch.arange(series.shape[1]) >= series.shape[1] - length[:, None]
        scale = self.scaler(series[..., 0], there)
        static = self.statics(store, region, scale)
        series = torch.cat([series[..., :1] / scale[..., None], series[..., 1:]], dim=-1)
        memory, state = self.encoder(series, static)
        return self.head(self.attention(state, memory, there), state, static, scale)


def build_torch():
    return as_trained(Forecaster, seed=711)


class Level(layers.Layer):
    def __init__(self, *, over="there", **kwargs):
        super().__init__(**kwargs)
        self.over = over

    def call(self, sales, there):
        there = ops.cast(there, sales.dtype)
        days = ops.sum(there, axis=1, keepdims=True) if self.over == "there" else PAST
        return ops.maximum(ops.sum(ops.abs(sales) * there, axis=1, keepdims=True) / days, 1e-3)


class Focus(layers.Layer):
    """Bahdanau's attention."""

    def __init__(self, *, masked=True, tanh="sum", softmax="days", detach=False, **kwargs):
        super().__init__(**kwargs)
        self.masked, self.tanh, self.softmax, self.detach = masked, tanh, softmax, detach
        self.ask, self.tell = layers.Dense(ASK, use_bias=False), layers.Dense(ASK)

    def build(self, state_shape, memory_shape, there_shape):
        self.ask.build(state_shape)
        self.tell.build(memory_shape)
        self.v = self.add_weight(shape=(ASK,), name="v")

    def call(self, state, memory, there):
        state = ops.stop_gradient(state) if self.detach else state
        asked, told = ops.expand_dims(self.ask(state), 1), self.tell(memory)
        mixed = ops.tanh(asked + told) if self.tanh == "sum" else ops.tanh(asked) + ops.tanh(told)
        scores = ops.sum(mixed * self.v, axis=-1, keepdims=True)
        if self.masked:
            scores = ops.where(ops.expand_dims(there, -1), scores, -1e9)
        weights = ops.softmax(scores, axis=1 if self.softmax == "days" else -1)
        return ops.sum(weights * memory, axis=1)


class Fan(layers.Layer):
    """From (batch, numbers) to (batch, days, quantiles)."""

    def __init__(self, *, read="days_first", **kwargs):
        super().__init__(**kwargs)
        self.read = read

    def call(self, x):
        shape = (-1, HORIZON, len(QUANTILES))
        x = ops.reshape(x, shape) if self.read == "days_first" else ops.swapaxes(ops.reshape(x, (-1, *shape[:0:-1])), 1, 2)
        median = x[..., 1:2]
        return ops.concatenate([median - ops.softplus(x[..., :1]), median, median + ops.softplus(x[..., 2:])], axis=-1)


def encoded(days, shop, there, *, steps="series_first", start="right", reading="all", drop="between"):
    """Outputs of the upper LSTM, its hidden state and its cell state."""
    repeated = layers.RepeatVector(PAST)(shop)
    days = layers.Concatenate()([days, repeated] if steps == "series_first" else [repeated, days])
    begun = [layers.Dense(UNITS, activation="tanh", name=name)(shop) for name in ("begin_hidden", "begin_cell")]
    given = {"right": (begun, begun), "exchanged": (begun[::-1], begun[::-1]), "lower_only": (begun, None)}[start]
    mask, inside = there if reading == "there" else None, {"dropout": RATE} if drop == "inputs" else {}
    lower = layers.LSTM(UNITS, return_sequences=True, name="lower", **inside)(days, initial_state=given[0], mask=mask)
    lower = layers.Dropout(RATE)(lower) if drop == "between" else lower
    return layers.LSTM(UNITS, return_sequences=True, return_state=True, name="upper")(lower, initial_state=given[1], mask=mask)


def build_keras(*, first_day="in", level=None, logged=True, encoder=None, asking="hidden", focus=None, joined="context_first", fan=None, rescaled=True):
    series = keras.Input((PAST, FEATURES), name="series")
    length, store, region = (keras.Input((), dtype="int64", name=name) for name in ("length", "store", "region"))
    there = (ops.greater_equal if first_day == "in" else ops.greater)(ops.expand_dims(length, 1), PAST - np.arange(PAST))

    scale = Level(name="level", **(level or {}))(series[..., 0], there)
    of_store, of_region = layers.Embedding(STORES, STORE_DIM, name="store_table")(store), layers.Embedding(REGIONS, REGION_DIM, name="region_table")(region)
    shop = layers.Concatenate(name="shop")([of_store, of_region, ops.log(scale) if logged else scale])
    days = ops.concatenate([series[..., :1] / ops.expand_dims(scale, 1), series[..., 1:]], axis=-1)

    memory, hidden, cell = encoded(days, shop, there, **(encoder or {}))
    context = Focus(name="focus", **(focus or {}))(hidden if asking == "hidden" else cell, memory, there)
    x = layers.Concatenate()([context, hidden, shop] if joined == "context_first" else [hidden, context, shop])
    x = layers.Dropout(RATE)(layers.Dense(HIDDEN, activation="elu", name="narrow")(x))
    found = Fan(name="fan", **(fan or {}))(layers.Dense(HORIZON * len(QUANTILES), name="numbers")(x))
    return keras.Model({"series": series, "length": length, "store": store, "region": region}, found * scale[:, None] if rescaled else found)


def inputs():
    """Sales first, then what the weather was; days before a shop was opened are zeros."""
    series = np.concatenate([uniform(BATCH, PAST, 1, seed=712, high=6.0), normal(BATCH, PAST, FEATURES - 1, seed=713)], axis=-1)
    for row, length in enumerate(LENGTHS):
        series[row, : PAST - length] = 0
    ids = {"store": tokens(BATCH, below=STORES, seed=714), "region": tokens(BATCH, below=REGIONS, seed=715)}
    return {"series": series, "length": np.array(LENGTHS), **ids}


def targets():
    return uniform(BATCH, HORIZON, seed=716, high=6.0)


def pinball(output, target):
    error, quantile = target[..., None] - output, torch.tensor(QUANTILES, dtype=output.dtype)
    return torch.maximum(quantile * error, (quantile - 1) * error).sum(-1).mean()


def keras_loss(sign=1):
    def loss(output, target):
        errors = [sign * (target - output[..., index]) for index in range(len(QUANTILES))]
        return sum(ops.mean(q * ops.relu(error) + (1 - q) * ops.relu(-error)) for q, error in zip(QUANTILES, errors, strict=True))

    return loss


class NesterovSGD(keras.optimizers.SGD):
    """Torch moves both biases of an LSTM, of which Keras has the sum: it goes twice as far."""

    def update_step(self, gradient, variable, learning_rate):
        path = self._trainable_variables[self._get_variable_index(variable)].path
        super().update_step(gradient, variable, 2 * learning_rate if path.endswith("lstm_cell/bias") else learning_rate)


def sgd(nesterov=True):
    return NesterovSGD(5e-3, momentum=0.9, nesterov=nesterov)


LOSS = (pinball, keras_loss)
OPTIMIZER = (lambda parameters: torch.optim.SGD(parameters, lr=5e-3, momentum=0.9, nesterov=True), sgd)
MAPPING = {"attention.v": "focus.v"}
LAYERS = MAPPING | {"statics.store": "store_table", "statics.region": "region_table", "encoder.start_h": "begin_hidden", "encoder.start_c": "begin_cell"}
LAYERS |= {"encoder.lstm": ["lower", "upper"], "attention.query": "focus.ask", "attention.key": "focus.tell", "head.hidden": "narrow", "head.out": "numbers"}


def load_as_it_is(torch_model, keras_model):
    """Each layer's own: a transfer that is told of both models would give the two starts to each other."""
    copy_weights(torch_model, keras_model, LAYERS)


def load_query_for_key(torch_model, keras_model):
    """Both are as large: the query's matrix put where the key's belongs, and the other way round."""
    pair = ("attention.query.weight", "attention.key.weight")
    copy_weights(torch_model, keras_model, LAYERS, lambda state: state | dict(zip(pair, (state[name] for name in pair[::-1]), strict=True)))


def padded_at_the_end(given):
    """What tf.data's padded_batch gives."""
    return {**given, "series": np.stack([np.roll(rows, length - PAST, axis=0) for rows, length in zip(given["series"], given["length"], strict=True)])}


READING = ("encoder.lstm", "encoder")
STARTS, ASKING = (*READING, "encoder.start_h", "encoder.start_c"), ("attention", "attention.query", *READING)
MATRICES = ("attention.query", "attention.key", "attention", "attention.query.weight", "attention.key.weight")
FAULTS = [
    Fault("padded_at_the_end", "input", "data", "the pipeline pads histories at their end", keras_inputs=padded_at_the_end),
    Fault("first_day_left_out", ("scaler", "attention"), "off by one", "> for >=: the first day of a history is not there", {"first_day": "out"}),
    Fault("level_over_all_days", "scaler", "mask", "the sum over the days that are there, divided by all", {"level": {"over": "all"}}),
    Fault("level_not_logged", ("statics", "scaler"), "missing", "the scale is joined to the embeddings without its logarithm", {"logged": False}),
    Fault("shop_before_series", READING, "concat order", "the shop first, the series second", {"encoder": {"steps": "shop_first"}}),
    Fault("hidden_and_cell_exchanged", STARTS, "state", "initial_state given as (c, h)", {"encoder": {"start": "exchanged"}}, load=load_as_it_is),
    Fault("upper_from_zeros", STARTS, "initial state", "the second LSTM is not given the starting state", {"encoder": {"start": "lower_only"}}),
    Fault("padding_not_read", READING, "mask", "LSTMs wait for the first day; torch's read the zeros", {"encoder": {"reading": "there"}}),
    Fault("padding_attended", "attention", "mask", "scores of padding are not masked", {"focus": {"masked": False}}),
    Fault("softmax_over_one", "attention", "axis", "softmax of (batch, days, 1) over its last axis: every weight is one", {"focus": {"softmax": "last"}}),
    Fault("tanh_of_each", ("attention", "attention.query", "attention.key"), "order", "tanh of both, then the sum", {"focus": {"tanh": "each"}}),
    Fault("asked_by_the_cell", ASKING, "wrong tensor", "the third thing that an LSTM returns is the cell state", {"asking": "cell"}),
    Fault("state_before_context", ("head.hidden", "head"), "concat order", "the state joined first, its context second", {"joined": "state_first"}),
    Fault("quantiles_before_days", ("head", "head.out", "output"), "reshape", "numbers read as (quantiles, days)", {"fan": {"read": "quantiles_first"}}),
    Fault("not_rescaled", ("head", "output"), "scale", "the answer left in units of the scale", {"rescaled": False}),
    Fault("query_for_key", MATRICES, "weights", "the two matrices of attention loaded into each other's place", load=load_query_for_key),
    Fault("query_detached", ASKING, "gradient", "stop_gradient on the state that asks", {"focus": {"detach": True}}, seen="grad"),
    Fault("dropout_of_inputs", READING, "dropout", "the LSTM's own: it drops what it reads", {"encoder": {"drop": "inputs"}}, seen="dropout"),
    Fault("error_turned", "loss", "sign", "output minus target: the low quantile is taught to be the high", seen="loss", loss=lambda: keras_loss(sign=-1)),
    Fault("nesterov_forgotten", "optimizer", "optimizer", "plain momentum", seen="step", optimizer=lambda: sgd(nesterov=False)),
]
