"""A decoder as in nanoGPT: packed projection without biases, learned positions, dropout everywhere, tied output weights, decay of matrices only.

The port is subclassed, with queries, keys and values by Denses of their own; the shift to the next token is part of the loss, as in Hugging Face.
"""

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

VOCAB, CONTEXT, WIDTH, HEADS, HIDDEN, PAD = 23, 14, 24, 4, 40, 0


class CausalSelfAttention(nn.Module):
    def __init__(self, dropout):
        super().__init__()
        self.qkv = nn.Linear(WIDTH, 3 * WIDTH, bias=False)
        self.proj = nn.Linear(WIDTH, WIDTH)
        self.dropout = dropout

    def forward(self, x):
        b, t, c = x.shape
        q, k, v = self.qkv(x).view(b, t, 3, HEADS, c // HEADS).permute(2, 0, 3, 1, 4)
        y = F.scaled_dot_product_attention(q, k, v, dropout_p=self.dropout if self.training else 0.0, is_causal=True)
        return self.proj(y.transpose(1, 2).reshape(b, t, c))


class Block(nn.Module):
    def __init__(self, dropout):
        super().__init__()
        self.norm1 = nn.LayerNorm(WIDTH)
        self.attn = CausalSelfAttention(dropout)
        self.drop1 = nn.Dropout(dropout)
        self.norm2 = nn.LayerNorm(WIDTH)
        self.mlp = nn.Sequential(nn.Linear(WIDTH, HIDDEN), nn.GELU(), nn.Linear(HIDDEN, WIDTH))
        self.drop2 = nn.Dropout(dropout)

    def forward(self, x):
        x = x + self.drop1(self.attn(self.norm1(x)))
        return x + self.drop2(self.mlp(self.norm2(x)))


class GPT(nn.Module):
    def __init__(self, dropout=0.2):
        super().__init__()
        self.wte = nn.Embedding(VOCAB, WIDTH)
        self.wpe = nn.Embedding(CONTEXT, WIDTH)
        self.drop = nn.Dropout(dropout)
        self.blocks = nn.ModuleList(Block(dropout) for _ in range(2))
        self.norm = nn.LayerNorm(WIDTH)
        self.head = nn.Linear(WIDTH, VOCAB, bias=False)
        nn.init.normal_(self.wte.weight, std=0.4)
        nn.init.normal_(self.wpe.weight, std=0.4)
        self.head.weight = self.wte.weight

    def forward(self, ids):
        x = self.drop(self.wte(ids) + self.wpe(torch.arange(ids.shape[1], device=ids.device)))
        for block in self.blocks:
            x = block(x)
        return self.head(self.norm(x))


def build_torch():
    return as_trained(GPT, seed=401)


class Attend(layers.Layer):
    """Switches are the mistakes."""

    def __init__(self, rate, *, fill=-1e9, hide_padding=False, scale=(WIDTH // HEADS) ** -0.5, values="heads_first"):
        super().__init__()
        self.to_q, self.to_k, self.to_v = (layers.Dense(WIDTH, use_bias=False) for _ in range(3))
        self.join = layers.Dense(WIDTH)
        self.thin = layers.Dropout(rate)
        self.fill, self.hide_padding, self.scale, self.values = fill, hide_padding, scale, values

    def split(self, x, order="heads_first"):
        if order == "heads_last":
            return ops.transpose(ops.reshape(x, (-1, x.shape[1], WIDTH // HEADS, HEADS)), (0, 3, 1, 2))
        return ops.transpose(ops.reshape(x, (-1, x.shape[1], HEADS, WIDTH // HEADS)), (0, 2, 1, 3))

    def call(self, x, real):
        steps = ops.arange(x.shape[1])
        visible = steps[None, :] <= steps[:, None]
        if self.hide_padding:
            visible = ops.logical_and(visible, real[:, None, None, :])
        scores = ops.einsum("bhqd,bhkd->bhqk", self.split(self.to_q(x)), self.split(self.to_k(x))) * self.scale
        weights = self.thin(ops.softmax(ops.where(visible, scores, self.fill), axis=-1))
        mixed = ops.matmul(weights, self.split(self.to_v(x), self.values))
        return self.join(ops.reshape(ops.transpose(mixed, (0, 2, 1, 3)), (-1, x.shape[1], WIDTH)))


class DecoderBlock(layers.Layer):
    def __init__(self, rate, *, gelu="exact", norm="second", shortcut="stream", second_shortcut="stream", thinned="branch", **attention):
        super().__init__()
        self.ln_attention, self.ln_feed = layers.LayerNormalization(epsilon=1e-5), layers.LayerNormalization(epsilon=1e-5)
        self.attend = Attend(rate, **attention)
        self.widen, self.narrow = layers.Dense(HIDDEN), layers.Dense(WIDTH)
        self.thin_attention, self.thin_feed = layers.Dropout(rate), layers.Dropout(rate)
        self.gelu, self.norm, self.shortcut, self.second_shortcut, self.thinned = gelu, norm, shortcut, second_shortcut, thinned

    def feed(self, x):
        x = self.widen(x)
        x = ops.gelu(x) if self.gelu == "keras" else 0.5 * x * (1 + ops.erf(x / math.sqrt(2)))
        return self.narrow(x)

    def call(self, x, real):
        normed = self.ln_attention(x)
        attended, kept = self.attend(normed, real), normed if self.shortcut == "normed" else x
        y = self.thin_attention(kept + attended) if self.thinned == "sum" else kept + self.thin_attention(attended)
        fed = self.feed(self.ln_feed(y) if self.norm == "second" else self.ln_attention(y))
        return (x if self.second_shortcut == "entry" else y) + self.thin_feed(fed)


class Decoder(keras.Model):
    def __init__(self, *, first=None, second=None, rate=0.2, positions="all", positions_trained=True, scaled=False, epsilon=1e-5, tied=True):
        super().__init__()
        self.token_table = layers.Embedding(VOCAB, WIDTH)
        self.position_table = self.add_weight(shape=(CONTEXT, WIDTH), name="positions", trainable=positions_trained)
        self.thin = layers.Dropout(rate)
        self.stack = [DecoderBlock(rate, **(first or {})), DecoderBlock(rate, **(second or {}))]
        self.ln_final = layers.LayerNormalization(epsilon=epsilon)
        self.to_words = None if tied else layers.Dense(VOCAB, use_bias=False)
        self.positions, self.scaled = positions, scaled

    def places(self, real):
        steps = real.shape[1]
        if self.positions == "of_mask":  # counted over what is real, as a generation with padding has them
            return ops.take(self.position_table, ops.maximum(ops.cumsum(ops.cast(real, "int32"), axis=1) - 1, 0), axis=0)
        return self.position_table[1 : steps + 1] if self.positions == "from_one" else self.position_table[:steps]

    def call(self, ids):
        real = ops.not_equal(ids, PAD)
        words = self.token_table(ids)
        x = self.thin((words * math.sqrt(WIDTH) if self.scaled else words) + self.places(real))
        for block in self.stack:
            x = block(x, real)
        x = self.ln_final(x)
        return ops.matmul(x, ops.transpose(self.token_table.embeddings)) if self.to_words is None else self.to_words(x)


build_keras = Decoder


def inputs():
    ids = tokens(3, 11, below=VOCAB, lowest=1, seed=402)
    ids[1, 8:] = ids[2, 5:] = PAD
    return ids


targets = inputs  # the loss shifts them


def torch_loss(logits, ids):
    return F.cross_entropy(logits[:, :-1].flatten(0, 1), ids[:, 1:].flatten(), ignore_index=PAD)


def keras_loss(shifted=True, mean="real"):
    def loss(logits, ids):
        logits, wanted = (logits[:, :-1], ids[:, 1:]) if shifted else (logits, ids)
        each = keras.losses.sparse_categorical_crossentropy(wanted, logits, from_logits=True)
        real = ops.cast(ops.not_equal(wanted, PAD), each.dtype)
        return ops.mean(each * real) if mean == "all" else ops.sum(each * real) / ops.sum(real)

    return loss


def torch_adamw(parameters):
    held = list(parameters)
    groups = [{"params": [p for p in held if p.ndim > 1], "weight_decay": 0.1}, {"params": [p for p in held if p.ndim < 2], "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, lr=3e-3, betas=(0.9, 0.95))


class MatrixAdamW(TorchAdam):
    """AdamW that leaves biases and norms as they are; an embedding's gradient is added up before it is squared."""

    def __init__(self, shrink=0.1, least_axes=2):
        super().__init__(3e-3, beta_2=0.95)
        self.shrink, self.least_axes = shrink, least_axes

    def apply(self, grads, trainable_variables=None):
        return super().apply([None if grad is None else tf.convert_to_tensor(grad) for grad in grads], trainable_variables)

    def update_step(self, gradient, variable, learning_rate):
        if len(variable.shape) >= self.least_axes:
            self.assign(variable, ops.convert_to_tensor(variable) * (1 - ops.cast(learning_rate, variable.dtype) * self.shrink))
        super().update_step(gradient, variable, learning_rate)


class Links(dict):
    """Where one layer of torch is several of Keras, its target is a dict of theirs: each becomes a pair."""

    def items(self):
        return [(path, one) for path, target in super().items() for one in (target.items() if isinstance(target, dict) else [target])]


def third(part):
    return lambda state: {"weight": state["weight"][part * WIDTH : (part + 1) * WIDTH]}


LOSS = (torch_loss, keras_loss)
OPTIMIZER = (torch_adamw, MatrixAdamW)
LAYERS = Links({"wte": "token_table", "wpe.weight": "position_table", "norm": "ln_final"})
for index in range(2):
    LAYERS[f"blocks.{index}.attn.qkv"] = {f"stack.{index}.attend.to_{name}": third(part) for part, name in enumerate("qkv")}
    LAYERS[f"blocks.{index}.attn.proj"] = f"stack.{index}.attend.join"
    LAYERS |= {f"blocks.{index}.norm1": f"stack.{index}.ln_attention", f"blocks.{index}.norm2": f"stack.{index}.ln_feed"}
    LAYERS |= {f"blocks.{index}.mlp.0": f"stack.{index}.widen", f"blocks.{index}.mlp.2": f"stack.{index}.narrow"}


def load_packed(block, rows):
    """The rows of a packed projection taken in another order."""
    name, order = f"blocks.{block}.attn.qkv.weight", np.arange(3 * WIDTH)
    return lambda torch_model, keras_model: copy_weights(torch_model, keras_model, LAYERS, lambda s: {**s, name: s[name][rows(order)]})


def load_into_both(torch_model, keras_model):
    copy_weights(torch_model, keras_model, LAYERS)
    keras_model.to_words.kernel.assign(torch_model.head.weight.detach().numpy().T)


ATTENTION = [tuple(f"blocks.{index}.attn{end}" for end in ("", ".proj", ".qkv")) for index in range(2)]
AFTER_ATTENTION = ("blocks.0", "blocks.0.norm2", "blocks.0.norm1", "blocks.0.attn")
AFTER_FEED = ("blocks.1", "blocks.1.mlp", "blocks.1.mlp.2", "blocks.1.drop2", "norm")
GELU = ("blocks.1.mlp.1", "blocks.1.mlp.0", "blocks.1.mlp.2", "blocks.1.mlp")
PER_HEAD, KV = (lambda rows: rows.reshape(HEADS, 3, -1).swapaxes(0, 1).ravel()), (lambda rows: rows.reshape(3, -1)[[0, 2, 1]].ravel())

FAULTS = [
    Fault("fill_of_nearly_zero", ATTENTION[0], "mask", "masked scores are -1e-9 for -1e9", {"first": {"fill": -1e-9}}),
    Fault("padding_hidden", ATTENTION[1], "mask", "padding masked, which torch attends to", {"second": {"hide_padding": True}}),
    Fault("scaled_twice", ATTENTION[1], "scale", "divided by the root of the head's width twice", {"second": {"scale": HEADS / WIDTH}}),
    Fault("values_heads_last", ATTENTION[0], "axes", "the values' width read as (head dim, heads)", {"first": {"values": "heads_last"}}),
    Fault("normed_shortcut", AFTER_ATTENTION, "residual", "attention is added to the normed tensor", {"first": {"shortcut": "normed"}}),
    Fault("attention_lost", AFTER_FEED, "residual", "the MLP is added to what entered the block", {"second": {"second_shortcut": "entry"}}),
    Fault("norm_used_twice", ("blocks.1.norm2", "blocks.1", "blocks.1.mlp", "blocks.1.mlp.0"), "wrong layer", "norm1 for norm2", {"second": {"norm": "first"}}),
    Fault("gelu_of_keras", GELU, "gelu", "keras.ops.gelu is the tanh form unless told", {"second": {"gelu": "keras"}}),
    Fault("final_epsilon", "norm", "epsilon", "Keras' default epsilon 1e-3 in the final norm", {"epsilon": 1e-3}),
    Fault("positions_from_one", ("wpe", "drop"), "positions", "position 0 kept for padding", {"positions": "from_one"}),
    Fault("positions_of_mask", ("wpe", "drop"), "positions", "positions by a running sum of the padding mask", {"positions": "of_mask"}),
    Fault("embedding_scaled", ("wte", "drop"), "scale", "tokens times the root of the width, as in Attention Is All You Need", {"scaled": True}),
    Fault("packed_per_head", ATTENTION[1][2], "weights", "packed rows read as (heads, 3, head dim)", load=load_packed(1, PER_HEAD)),
    Fault("keys_for_values", ATTENTION[0][2], "weights", "keys and values exchanged in loading", load=load_packed(0, KV)),
    Fault("untied", ("head", "wte", "wte.weight"), "sharing", "output weights of their own, loaded once", {"tied": False}, seen="grad", load=load_into_both),
    Fault("positions_frozen", ("wpe", "wpe.weight"), "gradient", "positions are not trained", {"positions_trained": False}, seen="grad"),
    Fault("dropout_on_the_sum", ("blocks.0.drop1", "blocks.0"), "dropout", "dropped after the sum", {"first": {"thinned": "sum"}}, seen="dropout"),
    Fault("not_shifted", "loss", "time step", "each token is to say itself", seen="loss", loss=lambda: keras_loss(shifted=False)),
    Fault("mean_over_padding", "loss", "reduction", "padding is zero, but divided by", seen="loss", loss=lambda: keras_loss(mean="all")),
    Fault("decay_everywhere", "optimizer", "decay", "biases and norms decay too", seen="step", optimizer=lambda: MatrixAdamW(least_axes=1)),
]
