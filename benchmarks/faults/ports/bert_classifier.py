"""A small BERT for classes of text pairs, as in Hugging Face: three embeddings, two post-norm layers, pooler; the port is functional over layers of its own."""

import math
from functools import partial

import keras
import numpy as np
import tensorflow as tf
import torch
from keras import layers, ops
from torch import nn
from torch.nn import functional as F

from benchmarks.faults.building import as_trained, tokens
from benchmarks.faults.own import TorchAdamW
from benchmarks.faults.port import Fault
from benchmarks.faults.weights import copy_weights

ROWS, LENGTH, LONGEST, WORDS, WIDTH, HEADS, INNER, CLASSES = 6, 9, 14, 31, 12, 3, 20, 5
HEAD, RATE, EPS = WIDTH // HEADS, 0.1, 1e-12
CLASS_WEIGHTS = (0.5, 1.0, 2.5, 0.8, 1.6)


class BertEmbeddings(nn.Module):
    def __init__(self):
        super().__init__()
        self.word_embeddings = nn.Embedding(WORDS, WIDTH, padding_idx=0)
        self.position_embeddings = nn.Embedding(LONGEST, WIDTH)
        self.token_type_embeddings = nn.Embedding(2, WIDTH)
        self.LayerNorm = nn.LayerNorm(WIDTH, eps=EPS)
        self.dropout = nn.Dropout(RATE)

    def forward(self, input_ids, token_type_ids):
        positions = self.position_embeddings(torch.arange(input_ids.shape[1], device=input_ids.device))
        return self.dropout(self.LayerNorm(self.word_embeddings(input_ids) + self.token_type_embeddings(token_type_ids) + positions))


class BertSelfAttention(nn.Module):
    def __init__(self):
        super().__init__()
        self.query, self.key, self.value = (nn.Linear(WIDTH, WIDTH) for _ in range(3))
        self.dropout = nn.Dropout(RATE)

    def forward(self, x, mask):
        query, key, value = (linear(x).unflatten(-1, (HEADS, HEAD)).transpose(1, 2) for linear in (self.query, self.key, self.value))
        scores = query @ key.transpose(-1, -2) / math.sqrt(HEAD) + mask
        return (self.dropout(scores.softmax(-1)) @ value).transpose(1, 2).flatten(2)


class BertOutput(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.dense = nn.Linear(width, WIDTH)
        self.LayerNorm = nn.LayerNorm(WIDTH, eps=EPS)
        self.dropout = nn.Dropout(RATE)

    def forward(self, x, residual):
        return self.LayerNorm(self.dropout(self.dense(x)) + residual)


class BertLayer(nn.Module):
    def __init__(self):
        super().__init__()
        self.attention = BertSelfAttention()
        self.attention_output = BertOutput(WIDTH)
        self.intermediate = nn.Linear(WIDTH, INNER)
        self.output = BertOutput(INNER)

    def forward(self, x, mask):
        attended = self.attention_output(self.attention(x, mask), x)
        return self.output(F.gelu(self.intermediate(attended)), attended)


class BertClassifier(nn.Module):
    def __init__(self):
        super().__init__()
        self.embeddings = BertEmbeddings()
        self.encoder = nn.ModuleList([BertLayer(), BertLayer()])
        self.pooler = nn.Linear(WIDTH, WIDTH)
        self.dropout = nn.Dropout(RATE)
        self.classifier = nn.Linear(WIDTH, CLASSES)

    def forward(self, input_ids, token_type_ids, attention_mask):
        x = self.embeddings(input_ids, token_type_ids)
        mask = (1.0 - attention_mask[:, None, None].to(x.dtype)) * -10000.0
        for layer in self.encoder:
            x = layer(x, mask)
        return self.classifier(self.dropout(torch.tanh(self.pooler(x[:, 0]))))


def build_torch():
    return as_trained(BertClassifier, seed=521)


def exact_gelu(x):
    return 0.5 * x * (1.0 + ops.erf(x / math.sqrt(2.0)))


GELUS = {"exact": exact_gelu, "tanh": partial(keras.activations.gelu, approximate=True)}


class TokenVectors(layers.Layer):
    def __init__(self, *, segments, first_place, frozen, **kwargs):
        super().__init__(**kwargs)
        self.segments, self.first_place = segments, first_place
        self.words = layers.Embedding(WORDS, WIDTH, trainable=not frozen)
        self.places, self.sentences = layers.Embedding(LONGEST, WIDTH), layers.Embedding(2, WIDTH)
        self.level, self.thin = layers.LayerNormalization(epsilon=EPS), layers.Dropout(RATE)

    def call(self, ids, types):
        types = types if self.segments == "given" else ops.zeros_like(types)
        places = self.places(ops.arange(self.first_place, self.first_place + ids.shape[1]))
        return self.thin(self.level(self.words(ids) + places + self.sentences(types)))


class MultiHead(layers.Layer):
    def __init__(self, *, mask="added", scale=HEAD, split="turned", merge="turned", dropped="weights"):
        super().__init__()
        self.mask, self.scale, self.split, self.merge, self.dropped = mask, scale, split, merge, dropped
        self.asks, self.offers, self.holds = layers.Dense(WIDTH), layers.Dense(WIDTH), layers.Dense(WIDTH)
        self.thin = layers.Dropout(RATE)

    def heads_of(self, y):
        if self.split == "straight":
            return ops.reshape(y, (-1, HEADS, y.shape[1], HEAD))
        return ops.transpose(ops.reshape(y, (-1, y.shape[1], HEADS, HEAD)), (0, 2, 1, 3))

    def bias(self, there, dtype):
        there = ops.cast(there, dtype)
        away = there if self.mask == "raw" else (1.0 - there) * -10000.0
        return away[:, None, :, None] if self.mask == "of_queries" else away[:, None, None, :]

    def call(self, x, there):
        asks, offers, holds = self.heads_of(self.asks(x)), self.heads_of(self.offers(x)), self.heads_of(self.holds(x))
        scores = ops.einsum("bhqd,bhkd->bhqk", asks, offers) / math.sqrt(self.scale)
        weights = ops.softmax(scores + self.bias(there, scores.dtype), axis=-1)
        weights = self.thin(weights) if self.dropped == "weights" else weights
        context = ops.matmul(weights, holds)
        context = ops.transpose(context, (0, 2, 1, 3)) if self.merge == "turned" else context
        context = ops.reshape(context, (-1, x.shape[1], WIDTH))
        return context if self.dropped == "weights" else self.thin(context)


class EncoderBlock(layers.Layer):
    def __init__(self, *, gelu="exact", epsilon=EPS, shortcut="attended", drop="branch", name=None, **attention):
        super().__init__(name=name)
        self.shortcut, self.drop = shortcut, drop
        self.multi_head = MultiHead(**attention)
        self.level_a, self.level_b = layers.LayerNormalization(epsilon=epsilon), layers.LayerNormalization(epsilon=EPS)
        self.project, self.widen, self.narrow = layers.Dense(WIDTH), layers.Dense(INNER, activation=GELUS[gelu]), layers.Dense(WIDTH)
        self.thin_a, self.thin_b = layers.Dropout(RATE), layers.Dropout(RATE)

    def call(self, x, there):
        attended = self.level_a(x + self.thin_a(self.project(self.multi_head(x, there))))
        y = self.narrow(self.widen(attended))
        kept = attended if self.shortcut == "attended" else x
        return self.level_b(self.thin_b(kept + y) if self.drop == "sum" else kept + self.thin_b(y))


def build_keras(*, segments="given", first_place=0, frozen=False, first=None, second=None, pool="first"):
    given = {name: keras.Input((LENGTH,), dtype="int64", name=name) for name in ("input_ids", "token_type_ids", "attention_mask")}
    x = TokenVectors(segments=segments, first_place=first_place, frozen=frozen, name="vectors")(given["input_ids"], given["token_type_ids"])
    for index, own in enumerate((first, second)):
        x = EncoderBlock(name=f"block_{index}", **(own or {}))(x, given["attention_mask"])
    x = x[:, 0] if pool == "first" else layers.GlobalAveragePooling1D()(x)
    x = layers.Dropout(RATE)(layers.Dense(WIDTH, activation="tanh", name="summary")(x))
    return keras.Model(given, layers.Dense(CLASSES, name="scores")(x), name="text_pairs")


def inputs():
    ids = tokens(ROWS, LENGTH, below=WORDS, lowest=3, seed=522)
    types, mask = np.zeros_like(ids), np.ones_like(ids)
    ids[:, 0] = 1
    for row, (second, end) in enumerate(((4, 9), (3, 6), (5, 8), (2, 7), (4, 5), (6, 8))):
        ids[row, [second - 1, end - 1]], ids[row, end:] = 2, 0
        types[row, second:end], mask[row, end:] = 1, 0
    return {"input_ids": ids, "token_type_ids": types, "attention_mask": mask}


def targets():
    return tokens(ROWS, below=CLASSES, seed=523)


def torch_loss(output, target):
    return F.cross_entropy(output, target, weight=torch.tensor(CLASS_WEIGHTS, dtype=output.dtype))


def keras_loss(over="weights"):
    def loss(output, target):
        each = ops.take(ops.convert_to_tensor(CLASS_WEIGHTS, dtype=output.dtype), target)
        lost = -each * ops.sum(ops.one_hot(target, CLASSES, dtype=output.dtype) * ops.log_softmax(output), axis=-1)
        return ops.sum(lost) / ops.sum(each) if over == "weights" else ops.mean(lost)

    return loss


class AdamW(TorchAdamW):
    """Gradients of embeddings summed by word before they are squared, as torch's are."""

    def __init__(self, spared=False, **options):
        super().__init__(**options)
        self.spared = spared

    def apply(self, grads, trainable_variables=None):
        return super().apply([None if grad is None else tf.convert_to_tensor(grad) for grad in grads], trainable_variables)

    def update_step(self, gradient, variable, learning_rate):
        plain = self.spared and len(variable.shape) == 1
        (super(TorchAdamW, self) if plain else super()).update_step(gradient, variable, learning_rate)


def adamw(**changes):
    return AdamW(**({"learning_rate": 1e-3, "epsilon": 1e-6, "shrink": 0.05} | changes))


LOSS = (torch_loss, keras_loss)
OPTIMIZER = (lambda parameters: torch.optim.AdamW(parameters, lr=1e-3, eps=1e-6, weight_decay=0.05), adamw)
LAYERS = {"pooler": "summary", "classifier": "scores", "embeddings.word_embeddings": "vectors.words", "embeddings.LayerNorm": "vectors.level"}
LAYERS |= {"embeddings.position_embeddings": "vectors.places", "embeddings.token_type_embeddings": "vectors.sentences"}
THEIRS = "attention.query attention.key attention.value attention_output.dense attention_output.LayerNorm intermediate output.dense output.LayerNorm"
OURS = "multi_head.asks multi_head.offers multi_head.holds project level_a widen narrow level_b"
for index in range(2):
    LAYERS |= {f"encoder.{index}.{theirs}": f"block_{index}.{ours}" for theirs, ours in zip(THEIRS.split(), OURS.split(), strict=True)}


def load_norms_swapped(torch_model, keras_model):
    one, other = NORMS
    crossed = lambda state: {name: state[name.replace(one, other) if one in name else name.replace(other, one)] for name in state}  # noqa: E731
    copy_weights(torch_model, keras_model, LAYERS, crossed)


ZERO, ONE, END = "encoder.0.attention", "encoder.1.attention", "encoder.1.output"
NORMS = ("encoder.1.attention_output.LayerNorm", "encoder.1.output.LayerNorm")
HEADS_OF = (ZERO, f"{ZERO}.query", f"{ZERO}.key", f"{ZERO}.value")
INNER_OF = ("encoder.0.intermediate", "encoder.0", "encoder.0.output.dense")
DROPPED = (f"{END}.dropout", END, f"{END}.LayerNorm")
TABLE = ("embeddings.word_embeddings", "embeddings.word_embeddings.weight")

FAULTS = [
    Fault("one_segment", ("embeddings.token_type_embeddings", "embeddings"), "wrong tensor", "zeros for token_type_ids", {"segments": "zeros"}),
    Fault("places_from_one", ("embeddings.position_embeddings", "embeddings"), "positions", "positions counted from 1", {"first_place": 1}),
    Fault("epsilon", "encoder.0.attention_output.LayerNorm", "epsilon", "Keras' default epsilon 1e-3", {"first": {"epsilon": 1e-3}}),
    Fault("mask_raw", (ZERO, f"{ZERO}.dropout"), "mask", "the ones and zeros themselves added to the scores", {"first": {"mask": "raw"}}),
    Fault("mask_of_queries", (ONE, f"{ONE}.dropout"), "mask", "the mask along the queries, not along the keys", {"second": {"mask": "of_queries"}}),
    Fault("scale_of_width", (ONE, f"{ONE}.dropout"), "scale", "scores divided by the root of the whole width", {"second": {"scale": WIDTH}}),
    Fault("heads_not_turned", HEADS_OF, "reshape", "reshaped to (heads, steps) at once", {"first": {"split": "straight"}}),
    Fault("merged_straight", (ONE, "encoder.1.attention_output.dense"), "reshape", "heads not moved behind the steps", {"second": {"merge": "straight"}}),
    Fault("gelu_tanh", INNER_OF, "activation", "the tanh approximation of GELU", {"first": {"gelu": "tanh"}}),
    Fault("shortcut_of_input", (NORMS[1], END, "encoder.1"), "residual", "the layer's input is added again", {"second": {"shortcut": "input"}}),
    Fault("mean_pooled", "pooler", "pooling", "the mean over the steps, not the first token", {"pool": "mean"}),
    Fault("norms_swapped", NORMS, "weights", "the two norms of a layer loaded crosswise", load=load_norms_swapped),
    Fault("words_frozen", TABLE, "gradient", "the words' vectors are not trained", {"frozen": True}, seen="grad"),
    Fault(
        "context_dropped", (f"{ZERO}.dropout", ZERO), "dropout", "dropout on the context, not the weights", {"first": {"dropped": "context"}}, seen="dropout"
    ),
    Fault("sum_dropped", DROPPED, "dropout", "dropout after the shortcut is added", {"second": {"drop": "sum"}}, seen="dropout"),
    Fault("mean_of_rows", "loss", "reduction", "divided by the number of rows, not by their weights", seen="loss", loss=lambda: keras_loss("rows")),
    Fault("biases_spared", "optimizer", "optimizer", "no decay of biases and norms", seen="step", optimizer=lambda: adamw(spared=True)),
    Fault("coupled", "optimizer", "optimizer", "the decay is part of the gradient", seen="step", optimizer=lambda: adamw(shrink=0.0, decay=0.05)),
]
