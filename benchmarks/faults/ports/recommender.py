"""Clicks from ids, a padded history and counts: first-order weights, a factorisation machine, a cross network and a deep tower, summed; trained by Adagrad."""

import keras
import numpy as np
import tensorflow as tf
import torch
from keras import layers, ops
from torch import nn
from torch.nn import functional as F

from benchmarks.faults.building import as_trained, tokens, uniform
from benchmarks.faults.own import UnbiasedNorm
from benchmarks.faults.port import Fault
from benchmarks.faults.weights import copy_weights

SIZES = {"user": 23, "item": 31, "place": 7}
DIM, COUNTS, ROWS, PAST = 4, 5, 11, 6
WIDTH = DIM * 4 + COUNTS
TOWER = (16, 9)
POSITIVE = 2.5


class HistoryMean(nn.Module):
    def forward(self, vectors, ids):
        real = (ids != 0).unsqueeze(-1).to(vectors.dtype)
        return (vectors * real).sum(1) / real.sum(1).clamp(min=1)


class FactorizationMachine(nn.Module):
    def forward(self, fields):
        return 0.5 * (fields.sum(1).square() - fields.square().sum(1)).sum(1, keepdim=True)


class CrossNetwork(nn.Module):
    def __init__(self, width, depth):
        super().__init__()
        self.layers = nn.ModuleList(nn.Linear(width, width) for _ in range(depth))

    def forward(self, x):
        start = x
        for layer in self.layers:
            x = start * layer(x) + x
        return x


class DeepBlock(nn.Module):
    def __init__(self, inside, outside):
        super().__init__()
        self.linear = nn.Linear(inside, outside, bias=False)
        self.norm = nn.BatchNorm1d(outside)
        self.act = nn.PReLU(outside)
        self.drop = nn.Dropout(0.3)
        nn.init.uniform_(self.act.weight, 0.05, 0.45)

    def forward(self, x):
        return self.drop(self.act(self.norm(self.linear(x))))


class ClickModel(nn.Module):
    def __init__(self):
        super().__init__()
        self.vectors = nn.ModuleDict({name: nn.Embedding(size, DIM) for name, size in SIZES.items()})
        self.first = nn.ModuleDict({name: nn.Embedding(size, 1) for name, size in SIZES.items()})
        self.history = HistoryMean()
        self.counts_norm = nn.BatchNorm1d(COUNTS)
        self.counts_first = nn.Linear(COUNTS, 1, bias=False)
        self.counts_factors = nn.Parameter(0.4 * torch.randn(COUNTS, DIM))
        self.fm = FactorizationMachine()
        self.cross = CrossNetwork(WIDTH, 2)
        self.cross_out = nn.Linear(WIDTH, 1, bias=False)
        self.deep = nn.Sequential(DeepBlock(WIDTH, TOWER[0]), DeepBlock(TOWER[0], TOWER[1]))
        self.deep_out = nn.Linear(TOWER[1], 1)
        for table in [*self.vectors.values(), *self.first.values()]:
            nn.init.normal_(table.weight, std=0.4)

    def forward(self, user, item, place, history, counts):
        ids = {"user": user, "item": item, "place": place}
        counts = self.counts_norm(torch.log1p(counts))
        fields = [self.vectors[name](ids[name]) for name in SIZES]
        fields = torch.stack([*fields, self.history(self.vectors["item"](history), history)], 1)
        first = sum(self.first[name](ids[name]) for name in SIZES) + self.counts_first(counts)
        second = self.fm(torch.cat([fields, counts.unsqueeze(-1) * self.counts_factors], 1))
        x = torch.cat([fields.flatten(1), counts], 1)
        return (first + second + self.cross_out(self.cross(x)) + self.deep_out(self.deep(x))).squeeze(1)


def build_torch():
    return as_trained(ClickModel, seed=421)


def pairwise(fields, *, half=True, axis=1):
    """Half of the square of the sum less the sum of squares: every pair of fields once."""
    found = ops.square(ops.sum(fields, axis=axis)) - ops.sum(ops.square(fields), axis=axis)
    return ops.sum(found, axis=1, keepdims=True) * (0.5 if half else 1.0)


class Crossing(layers.Layer):
    def __init__(self, *, anchor="start", bias="inside"):
        super().__init__()
        self.anchor, self.bias = anchor, bias
        self.mixer = layers.Dense(WIDTH)

    def call(self, start, x):
        by = x if self.anchor == "previous" else start
        if self.bias == "outside":
            return by * ops.matmul(x, self.mixer.kernel) + self.mixer.bias + x
        return by * self.mixer(x) + x

    def build(self, start_shape, x_shape):
        self.mixer.build(x_shape)


class TowerFloor(layers.Layer):
    def __init__(self, units, *, epsilon=1e-5, momentum=0.9, act="prelu", rate=0.3):
        super().__init__()
        self.dense = layers.Dense(units, use_bias=False)
        self.norm = UnbiasedNorm(epsilon=epsilon, momentum=momentum)
        self.slope = layers.PReLU() if act == "prelu" else layers.LeakyReLU()
        self.thin = layers.Dropout(rate)

    def call(self, x, training=None):
        return self.thin(self.slope(self.norm(self.dense(x), training=training)), training=training)


class Clicks(keras.Model):
    """Takes a dict of ids, the history's ids and counts; switches are the mistakes."""

    def __init__(
        self, crossings, floors, *, divide_by="real", detached=False, fm=None, fm_of="all", trained=True, tower_of="start", weight_of="item", first_of="normed"
    ):
        super().__init__()
        self.divide_by, self.detached, self.fm, self.fm_of = divide_by, detached, dict(fm or {}), fm_of
        self.tower_of, self.weight_of, self.first_of = tower_of, weight_of, first_of
        self.user_table, self.item_table, self.place_table = (layers.Embedding(size, DIM) for size in SIZES.values())
        self.user_weight, self.item_weight, self.place_weight = (layers.Embedding(size, 1) for size in SIZES.values())
        self.standardise = UnbiasedNorm(epsilon=1e-5, momentum=0.9)
        self.counts_weight = layers.Dense(1, use_bias=False)
        self.factors = self.add_weight(shape=(COUNTS, DIM), name="factors", trainable=trained)
        self.crossings = [Crossing(**dict(own)) for own in crossings]
        self.floors = [TowerFloor(units, **dict(own)) for units, own in zip(TOWER, floors, strict=True)]
        self.from_crossed = layers.Dense(1, use_bias=False)
        self.from_tower = layers.Dense(1)

    def interests(self, past):
        vectors = self.item_table(past)
        if self.detached:
            vectors = ops.stop_gradient(vectors)
        real = ops.expand_dims(ops.cast(ops.not_equal(past, 0), vectors.dtype), -1)
        number = ops.maximum(ops.sum(real, axis=1), 1) if self.divide_by == "real" else past.shape[1]
        return ops.sum(vectors * real, axis=1) / number

    def call(self, row, training=None):
        logs = ops.log1p(row["counts"])
        counts = self.standardise(logs, training=training)
        vectors = [self.user_table(row["user"]), self.item_table(row["item"]), self.place_table(row["place"]), self.interests(row["history"])]
        first = self.user_weight(row["user"]) + self.item_weight(row[self.weight_of]) + self.place_weight(row["place"])
        first = first + self.counts_weight(counts if self.first_of == "normed" else logs)

        factored = ops.expand_dims(counts, -1) * self.factors
        ids = ops.stack(vectors, axis=1)
        second = pairwise(ops.concatenate([ids, factored], axis=1) if self.fm_of == "all" else ids, **self.fm)

        start = ops.concatenate([*vectors, counts], axis=-1)
        crossed = start
        for crossing in self.crossings:
            crossed = crossing(start, crossed)
        tower = start if self.tower_of == "start" else crossed
        for floor in self.floors:
            tower = floor(tower, training=training)
        return ops.squeeze(first + second + self.from_crossed(crossed) + self.from_tower(tower), -1)


def build_keras(*, cross1=(), cross2=(), floor1=(), floor2=(), **switches):
    return Clicks((cross1, cross2), (floor1, floor2), **switches)


def inputs():
    """Ids begin at 1: 0 pads the history, which is empty in one row."""
    past = tokens(ROWS, PAST, below=SIZES["item"], lowest=1, seed=422)
    for index, length in enumerate((6, 3, 0, 5, 1, 4, 6, 2, 3, 5, 4)):
        past[index, length:] = 0
    ids = {name: tokens(ROWS, below=size - 1, lowest=1, seed=423 + index) for index, (name, size) in enumerate(SIZES.items())}
    return {**ids, "history": past, "counts": np.floor(uniform(ROWS, COUNTS, seed=426, high=20.0))}


def targets():
    return (np.random.default_rng(427).random(ROWS) < 0.4).astype("float32")


def keras_loss(column=False):
    def weighted(output, target):
        target = ops.expand_dims(target, -1) if column else target
        return ops.mean(POSITIVE * target * ops.softplus(-output) + (1 - target) * ops.softplus(output))

    return weighted


class TorchAdagrad(keras.optimizers.Adagrad):
    """torch.optim.Adagrad: epsilon is added to the root; the gradient of a table is one, also of an id that comes twice."""

    def apply(self, grads, trainable_variables=None):
        return super().apply([None if grad is None else tf.convert_to_tensor(grad) for grad in grads], trainable_variables)

    def update_step(self, gradient, variable, learning_rate):
        total = self._accumulators[self._get_variable_index(variable)]
        self.assign_add(total, gradient * gradient)
        self.assign_sub(variable, ops.cast(learning_rate, variable.dtype) * gradient / (ops.sqrt(total) + self.epsilon))


def adagrad(start=0.0):
    return TorchAdagrad(0.02, initial_accumulator_value=start, epsilon=1e-10)


LOSS = (lambda o, t: F.binary_cross_entropy_with_logits(o, t, pos_weight=torch.tensor(POSITIVE, dtype=o.dtype)), keras_loss)
OPTIMIZER = (lambda parameters: torch.optim.Adagrad(parameters, lr=0.02), adagrad)
MAPPING = {"counts_factors": "factors"}
LAYERS = MAPPING | {"counts_norm": "standardise", "counts_first": "counts_weight", "cross_out": "from_crossed", "deep_out": "from_tower"}
LAYERS |= {f"vectors.{name}": f"{name}_table" for name in SIZES} | {f"first.{name}": f"{name}_weight" for name in SIZES}
for index in range(2):
    LAYERS |= {f"deep.{index}.{theirs}": f"floors.{index}.{ours}" for theirs, ours in (("linear", "dense"), ("norm", "norm"), ("act", "slope"))}
    LAYERS[f"cross.layers.{index}"] = f"crossings.{index}.mixer"


def load_cross_not_transposed(torch_model, keras_model):
    """The square matrix of a cross layer as torch has it."""
    copy_weights(torch_model, keras_model, LAYERS, lambda s: {n: a.T if n == "cross.layers.1.weight" else a for n, a in s.items()})


def loader(name, change):
    """A mistake of the data pipeline in one feature."""
    return lambda given: {**given, name: change(given[name])}


CROSS1, CROSS2 = ("cross.layers.0", "cross"), ("cross.layers.1", "cross")
FAULTS = [
    Fault("divided_by_length", ("history", "vectors.item"), "mask", "the history's sum divided by all places", {"divide_by": "length"}),
    Fault("fm_not_halved", "fm", "constant", "every pair counted twice", {"fm": {"half": False}}),
    Fault("fm_of_ids_only", ("fm", "counts_factors"), "wrong tensor", "the factors of counts left out", {"fm_of": "ids"}),
    Fault("cross_with_previous", CROSS2, "wrong tensor", "times the last output for the first input", {"cross2": {"anchor": "previous"}}),
    Fault("cross_bias_outside", (*CROSS1, "cross.layers.0.bias"), "order", "the bias as in the first paper: not multiplied", {"cross1": {"bias": "outside"}}),
    Fault("fm_axis", "fm", "axis", "sums over a field's numbers instead of the fields", {"fm": {"axis": 2}}),
    Fault("leaky", ("deep.0.act", "deep.0"), "activation", "LeakyReLU with its slope of 0.3", {"floor1": {"act": "leaky"}}),
    Fault("tower_on_cross", ("deep.0.linear", "deep.0", "deep", "cross"), "wiring", "stacked, not parallel", {"tower_of": "crossed"}),
    Fault("weight_of_place", "first.item", "wrong tensor", "the item's weight looked up by the place", {"weight_of": "place"}),
    Fault("counts_not_normed", ("counts_first", "counts_norm"), "wrong tensor", "first order of counts before their norm", {"first_of": "raw"}),
    Fault("floor_epsilon", "deep.0.norm", "epsilon", "Keras' default 1e-3", {"floor1": {"epsilon": 1e-3}}),
    Fault("log_twice", ("input", "counts_norm"), "data", "the loader has taken log1p already", keras_inputs=loader("counts", np.log1p)),
    Fault("users_shifted", ("input", "vectors.user", "first.user"), "data", "an index kept for unknowns", keras_inputs=loader("user", lambda ids: ids + 1)),
    Fault("not_transposed", ("cross.layers.1", "cross.layers.1.weight"), "weights", "a square kernel as torch has it", load=load_cross_not_transposed),
    Fault("history_detached", ("history", "vectors.item"), "gradient", "stop_gradient on a shared table", {"detached": True}, seen="grad"),
    Fault("factors_frozen", "counts_factors", "frozen", "add_weight with trainable=False", {"trained": False}, seen="grad"),
    Fault("rate_kept", ("deep.1.drop", "deep.1"), "dropout", "the share that is kept", {"floor2": {"rate": 0.7}}, seen="dropout"),
    Fault("floor_momentum", "deep.1.norm", "momentum", "torch's 0.1", {"floor2": {"momentum": 0.1}}, seen="train"),
    Fault("loss_broadcast", "loss", "shape", "targets as a column: every output with every target", seen="loss", loss=lambda: keras_loss(column=True)),
    Fault("adagrad_start", "optimizer", "optimizer", "accumulators start at 0.1", seen="step", optimizer=lambda: adagrad(0.1)),
]
