"""DeepFM after the paper's own code: clicks from categorical fields and numbers, whose first-order terms, pairwise interactions and deep tower are joined.

The port is functional, with the tables and the tower as models of their own; trained by a weighted cross entropy and Adam with decay in the gradient.
"""

from itertools import pairwise

import keras
import numpy as np
import tensorflow as tf
import torch
from keras import layers, ops
from torch import nn
from torch.nn import functional as F

from benchmarks.faults.building import as_trained, normal
from benchmarks.faults.own import TorchAdam, TorchAdamW, UnbiasedNorm
from benchmarks.faults.port import Fault
from benchmarks.faults.weights import copy_weights

SIZES = (6, 13, 9, 4)  # ids of each field, one after the other in a table
FIELDS, NUMBERS, DIM, ROWS = len(SIZES), 3, 5, 12
TOWER = (17, 11)
POSITIVE, RATE = 3.0, 0.2
LEARNING, DECAY = 3e-3, 2e-3


class FieldTable(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.embedding = nn.Embedding(sum(SIZES), width)
        self.register_buffer("offsets", torch.tensor((0, *SIZES[:-1])).cumsum(0), persistent=False)
        nn.init.normal_(self.embedding.weight, std=0.5)

    def forward(self, ids):
        return self.embedding(ids + self.offsets)


class NumberVectors(nn.Module):
    def __init__(self):
        super().__init__()
        self.factors = nn.Parameter(0.5 * torch.randn(NUMBERS, DIM))

    def forward(self, numbers):
        return numbers.unsqueeze(-1) * self.factors


class FactorizationMachine(nn.Module):
    def forward(self, vectors):
        square_of_sum = vectors.sum(dim=1).pow(2)
        sum_of_square = vectors.pow(2).sum(dim=1)
        return 0.5 * (square_of_sum - sum_of_square)


class DeepLayer(nn.Module):
    def __init__(self, inside, outside):
        super().__init__()
        self.linear = nn.Linear(inside, outside)
        self.norm = nn.BatchNorm1d(outside)
        self.drop = nn.Dropout(RATE)

    def forward(self, x):
        return self.drop(F.relu(self.norm(self.linear(x))))


class DeepFM(nn.Module):
    def __init__(self):
        super().__init__()
        self.vectors = FieldTable(DIM)
        self.weights = FieldTable(1)
        self.number_vectors = NumberVectors()
        self.fm = FactorizationMachine()
        self.thin = nn.Dropout(0.3)
        wide = ((FIELDS + NUMBERS) * DIM, *TOWER)
        self.deep = nn.Sequential(*(DeepLayer(inside, outside) for inside, outside in pairwise(wide)))
        self.out = nn.Linear(FIELDS + NUMBERS + DIM + TOWER[-1], 1)

    def forward(self, ids, numbers):
        numbers = torch.sign(numbers) * torch.log1p(numbers.abs())
        vectors = torch.cat([self.vectors(ids), self.number_vectors(numbers)], dim=1)
        first = torch.cat([self.weights(ids).squeeze(-1), numbers], dim=1)
        second = self.fm(vectors)
        deep = self.deep(self.thin(vectors).flatten(1))
        return self.out(torch.cat([first, second, deep], dim=1)).squeeze(1)


def build_torch():
    return as_trained(DeepFM, seed=811)


class ValueTimesVector(layers.Layer):
    """A vector for each number; switches are the mistakes."""

    def __init__(self, *, valued=True, **options):
        super().__init__(**options)
        self.valued = valued

    def build(self, shape):
        self.table = self.add_weight(shape=(shape[-1], DIM), name="table")

    def call(self, numbers):
        values = ops.expand_dims(numbers, -1)
        return self.table * (values if self.valued else ops.ones_like(values))


def lookup(*, start=0, weight_offsets=True):
    """From ids to (rows, fields, DIM) vectors and (rows, fields) weights."""
    ids = keras.Input((FIELDS,), dtype="int64", name="ids")
    before = np.concatenate([[0], np.cumsum(SIZES[:-1])])
    vectors = layers.Embedding(sum(SIZES), DIM, name="vector_table")(ids + (before + start))
    weights = layers.Embedding(sum(SIZES), 1, name="weight_table")(ids + before if weight_offsets else ids)
    return keras.Model(ids, [vectors, layers.Reshape((FIELDS,))(weights)], name="lookup")


def interactions(vectors, *, signs="right"):
    """Every pair of vectors once, multiplied element by element."""
    of_sum, of_each = ops.square(ops.sum(vectors, axis=1)), ops.sum(ops.square(vectors), axis=1)
    return (of_sum - of_each if signs == "right" else of_each - of_sum) / 2


def floor(x, units, number, *, epsilon=1e-5, momentum=0.9, order="norm_first", act="relu", rate=RATE):
    x = layers.Dense(units, name=f"dense_{number}")(x)
    norm = UnbiasedNorm(epsilon=epsilon, momentum=momentum, name=f"standard_{number}")
    activate = layers.Activation(act)
    x = norm(activate(x)) if order == "act_first" else activate(norm(x))
    return layers.Dropout(rate)(x)


def tower(floors):
    flat = keras.Input(((FIELDS + NUMBERS) * DIM,), name="flat")
    x = flat
    for number, (units, own) in enumerate(zip(TOWER, floors, strict=True), 1):
        x = floor(x, units, number, **(own or {}))
    return keras.Model(flat, x, name="tower")


def flattened(vectors, read):
    return layers.Flatten()(layers.Permute((2, 1))(vectors) if read == "dims_first" else vectors)


def build_keras(
    *,
    tables=None,
    logs="signed",
    first_of="logs",
    valued=True,
    trained=True,
    fm=None,
    fm_of="all",
    joined="fields_first",
    read="fields_first",
    deep_of="learnt",
    floor1=None,
    floor2=None,
    terms="first_second_deep",
    squash=None,
):
    ids, numbers = keras.Input((FIELDS,), dtype="int64"), keras.Input((NUMBERS,))
    logged = ops.log1p(ops.abs(numbers))
    logged = logged * ops.sign(numbers) if logs == "signed" else logged

    id_vectors, id_weights = lookup(**(tables or {}))(ids)
    of_numbers = ValueTimesVector(valued=valued, trainable=trained, name="spread")(logged)
    vectors = layers.Concatenate(axis=1)([id_vectors, of_numbers])
    thinned = layers.Dropout(0.3)(vectors)

    first = layers.Concatenate()([id_weights, logged if first_of == "logs" else numbers])
    second = interactions(vectors if fm_of == "all" else thinned, **(fm or {}))

    if joined == "numbers_first":
        thinned = ops.concatenate([thinned[:, FIELDS:], thinned[:, :FIELDS]], axis=1)
    deep = flattened(ops.stop_gradient(thinned) if deep_of == "detached" else thinned, read)
    deep = tower((floor1, floor2))(deep)

    parts = [first, second, deep] if terms == "first_second_deep" else [second, first, deep]
    answer = layers.Dense(1, activation=squash, name="answer")(layers.Concatenate()(parts))
    return keras.Model((ids, numbers), layers.Reshape(())(answer))


def inputs():
    """The last id of each field does not come."""
    ids = np.random.default_rng(812).integers(0, np.array(SIZES) - 1, (ROWS, FIELDS))
    return ids.astype("int64"), normal(ROWS, NUMBERS, seed=813, scale=4.0)


def targets():
    return (np.random.default_rng(814).random(ROWS) < 0.3).astype("float32")


def torch_loss(output, target):
    return F.binary_cross_entropy_with_logits(output, target, pos_weight=torch.tensor(POSITIVE, dtype=output.dtype))


class WeightedCrossEntropy(keras.losses.Loss):
    def __init__(self, positive=POSITIVE, negative=1.0):
        super().__init__()
        self.positive, self.negative = positive, negative

    def call(self, target, output):
        weights = ops.where(target > 0.5, self.positive, self.negative)
        return ops.cast(weights, output.dtype) * ops.binary_crossentropy(target, output, from_logits=True)


class WholeTables:
    """The gradient of a table is one, also of an id that comes twice."""

    def apply(self, grads, trainable_variables=None):
        return super().apply([None if grad is None else tf.convert_to_tensor(grad) for grad in grads], trainable_variables)


class Adam(WholeTables, TorchAdam):
    pass


class AdamW(WholeTables, TorchAdamW):
    pass


LOSS = (torch_loss, WeightedCrossEntropy)
OPTIMIZER = (lambda parameters: torch.optim.Adam(parameters, lr=LEARNING, weight_decay=DECAY), lambda: Adam(LEARNING, decay=DECAY))
MAPPING = {"number_vectors.factors": "spread.table"}
LAYERS = MAPPING | {"vectors.embedding": "lookup.vector_table", "weights.embedding": "lookup.weight_table", "out": "answer"}
for index in range(len(TOWER)):
    LAYERS |= {f"deep.{index}.linear": f"tower.dense_{index + 1}", f"deep.{index}.norm": f"tower.standard_{index + 1}"}


def load_without_statistics(torch_model, keras_model):
    """Only what is trained: moving means stay zeros and variances ones."""
    fresh = {"running_mean": np.zeros_like, "running_var": np.ones_like}
    copy_weights(torch_model, keras_model, LAYERS, lambda s: {n: fresh.get(n.rpartition(".")[2], lambda a: a)(a) for n, a in s.items()})


def first_two_exchanged(given):
    """A pipeline that orders its columns by another list."""
    return given[0][:, [1, 0, 2, 3]], given[1]


FLAT = ("deep.0.linear", "deep.0", "thin")
FAULTS = [
    Fault("offsets_forgotten", ("weights", "weights.embedding"), "index", "every field reads the table's first rows", {"tables": {"weight_offsets": False}}),
    Fault("row_kept_for_unknown", ("vectors", "vectors.embedding"), "off by one", "ids begin at row 1 of the table", {"tables": {"start": 1}}),
    Fault("columns_exchanged", "input", "data", "the first two fields come in the other order", keras_inputs=first_two_exchanged),
    Fault("sign_of_number_lost", ("number_vectors", "input"), "missing", "log of the absolute value, its sign forgotten", {"logs": "absolute"}),
    Fault("first_of_raw_numbers", "out", "wrong tensor", "the first order is given numbers before their logarithm", {"first_of": "raw"}),
    Fault("numbers_without_value", ("number_vectors", "number_vectors.factors"), "missing", "a number's vector not multiplied by it", {"valued": False}),
    Fault("difference_turned", "fm", "sign", "sum of squares minus square of sum", {"fm": {"signs": "turned"}}),
    Fault("numbers_before_ids", FLAT, "concat order", "the tower is given numbers first", {"joined": "numbers_first"}),
    Fault("flattened_dims_first", FLAT, "reshape", "(dim, field) flattened for (field, dim)", {"read": "dims_first"}),
    Fault("relu_before_norm", ("deep.0", "deep.0.norm", "deep.0.linear"), "order", "dense, ReLU, norm", {"floor1": {"order": "act_first"}}),
    Fault("epsilon", "deep.1.norm", "epsilon", "BatchNormalization's default 1e-3", {"floor2": {"epsilon": 1e-3}}),
    Fault("second_before_first", "out", "concat order", "interactions are joined before the first order", {"terms": "second_first_deep"}),
    Fault("sigmoid_at_the_end", ("out", "output"), "output", "probabilities for logits", {"squash": "sigmoid"}),
    Fault("statistics_not_loaded", ("deep.0.norm", "deep.1.norm"), "weights", "means and variances of the norms as built", load=load_without_statistics),
    Fault("tower_detached", (*FLAT, "vectors"), "gradient", "the tower does not train the vectors", {"deep_of": "detached"}, seen="grad"),
    Fault("momentum", "deep.0.norm", "momentum", "Keras' default 0.99", {"floor1": {"momentum": 0.99}}, seen="train"),
    Fault("keep_probability", "deep.1.drop", "dropout", "the rate read as what is kept", {"floor2": {"rate": 1 - RATE}}, seen="dropout"),
    Fault("pairs_of_dropped", ("fm", "thin"), "dropout", "interactions of the vectors after their dropout", {"fm_of": "thinned"}, seen="dropout"),
    Fault("negatives_weighted", "loss", "loss", "the weight on the other class", seen="loss", loss=lambda: WeightedCrossEntropy(1.0, POSITIVE)),
    Fault("decay_decoupled", "optimizer", "optimizer", "AdamW for Adam", seen="step", optimizer=lambda: AdamW(LEARNING, shrink=DECAY)),
]
