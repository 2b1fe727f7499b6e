"""A vision transformer with attention written out: queries, keys and values by Denses, class token, GELU, pre-norm."""

import keras
import numpy as np
import torch
from keras import ops
from torch import nn

from benchmarks.faults.building import as_trained, normal
from benchmarks.faults.port import Fault
from benchmarks.faults.weights import copy_weights

TOLERANCE = 1e-7  # Keras keeps the constant of the exact gelu in float32
WIDTH, HEADS = 24, 3


class Attention(nn.Module):
    def __init__(self):
        super().__init__()
        self.query = nn.Linear(WIDTH, WIDTH)
        self.key = nn.Linear(WIDTH, WIDTH)
        self.value = nn.Linear(WIDTH, WIDTH)
        self.out = nn.Linear(WIDTH, WIDTH)

    def forward(self, x):
        b, t, _ = x.shape
        q, k, v = (f(x).view(b, t, HEADS, -1).transpose(1, 2) for f in (self.query, self.key, self.value))
        weights = (q @ k.transpose(-2, -1) * (WIDTH // HEADS) ** -0.5).softmax(-1)
        return self.out((weights @ v).transpose(1, 2).reshape(b, t, WIDTH))


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm1 = nn.LayerNorm(WIDTH, eps=1e-6)
        self.attn = Attention()
        self.norm2 = nn.LayerNorm(WIDTH, eps=1e-6)
        self.mlp = nn.Sequential(nn.Linear(WIDTH, 40), nn.GELU(), nn.Linear(40, WIDTH))

    def forward(self, x):
        x = x + self.attn(self.norm1(x))
        return x + self.mlp(self.norm2(x))


class ViT(nn.Module):
    def __init__(self):
        super().__init__()
        self.patch = nn.Conv2d(3, WIDTH, 4, stride=4)
        self.cls_token = nn.Parameter(torch.randn(1, 1, WIDTH) * 0.5)
        self.pos_embed = nn.Parameter(torch.randn(1, 13, WIDTH) * 0.5)
        self.blocks = nn.Sequential(Block(), Block())
        self.norm = nn.LayerNorm(WIDTH, eps=1e-6)
        self.head = nn.Linear(WIDTH, 8)

    def forward(self, x):
        x = self.patch(x).flatten(2).transpose(1, 2)
        x = torch.cat([self.cls_token.expand(len(x), -1, -1), x], dim=1) + self.pos_embed
        return self.head(self.norm(self.blocks(x))[:, 0])


def build_torch():
    return as_trained(ViT, seed=16)


class SelfAttention(keras.layers.Layer):
    def __init__(self, scale="head", axis=-1, split="right", swapped=False, value="value", merge="right", heads=HEADS):
        super().__init__()
        self.q, self.k, self.v, self.o = (keras.layers.Dense(WIDTH) for _ in range(4))
        self.heads = heads
        self.scale = {"head": (WIDTH // heads) ** -0.5, "none": 1.0, "width": WIDTH**-0.5, "inverse": 1 / (WIDTH // heads)}[scale]
        self.axis, self.split, self.swapped, self.value, self.merge = axis, split, swapped, value, merge

    def to_heads(self, x):
        b, t = ops.shape(x)[0], x.shape[1]
        if self.split == "right":
            return ops.transpose(ops.reshape(x, (b, t, self.heads, -1)), (0, 2, 1, 3))
        if self.split == "no_transpose":
            return ops.reshape(x, (b, self.heads, t, -1))
        return ops.transpose(ops.reshape(x, (b, t, -1, self.heads)), (0, 3, 1, 2))

    def call(self, x):
        q, k, v = self.to_heads(self.q(x)), self.to_heads(self.k(x)), self.to_heads(self.v(x))
        if self.value == "key":
            v = k
        if self.swapped:
            q, k = k, q
        weights = ops.softmax(ops.matmul(q, ops.transpose(k, (0, 1, 3, 2))) * self.scale, axis=self.axis)
        found = ops.matmul(weights, v)
        if self.merge == "right":
            found = ops.transpose(found, (0, 2, 1, 3))
        return self.o(ops.reshape(found, ops.shape(x)))


class TransformerBlock(keras.layers.Layer):
    def __init__(self, epsilon=1e-6, gelu="exact", order="pre", residual=True, after_norm=False, **attention):
        super().__init__()
        self.ln1, self.ln2 = keras.layers.LayerNormalization(epsilon=epsilon), keras.layers.LayerNormalization(epsilon=epsilon)
        self.attention = SelfAttention(**attention)
        self.up, self.down = keras.layers.Dense(40), keras.layers.Dense(WIDTH)
        self.gelu = {"exact": lambda x: ops.gelu(x, approximate=False), "tanh": ops.gelu, "sigmoid": lambda x: x * ops.sigmoid(1.702 * x), "relu": ops.relu}[
            gelu
        ]
        self.order, self.residual, self.after_norm = order, residual, after_norm

    def call(self, x):
        if self.order == "post":
            x = self.ln1(x + self.attention(x))
            return self.ln2(x + self.down(self.gelu(self.up(x))))
        entered = self.ln1(x)
        x = (entered if self.after_norm else x) + self.attention(entered)
        y = self.down(self.gelu(self.up(self.ln2(x))))
        return x + y if self.residual else y


class KerasViT(keras.Model):
    def __init__(self, *, patch="conv", first=None, second=None, norm=True, token="first", pool="token", positions="all", last=None):
        super().__init__()
        self.patches = keras.layers.Conv2D(WIDTH, 4, strides=4)
        self.token = self.add_weight(shape=(1, 1, WIDTH), name="token")
        self.positions = self.add_weight(shape=(1, 13, WIDTH), name="positions")
        self.stack = [TransformerBlock(**(first or {})), TransformerBlock(**(second or {}))]
        self.final = keras.layers.LayerNormalization(epsilon=1e-6) if norm else None
        self.classify = keras.layers.Dense(8, activation=last)
        self.patch, self.where, self.pool, self.which = patch, token, pool, positions

    def call(self, images):
        x = self.patches(images)
        if self.patch == "columns":
            x = ops.transpose(x, (0, 2, 1, 3))
        x = ops.reshape(x, (ops.shape(x)[0], 12, WIDTH))
        token = ops.broadcast_to(self.token, (ops.shape(x)[0], 1, WIDTH))
        if self.which == "before_token":
            x = ops.concatenate([token, x + self.positions[:, 1:]], 1)
        else:
            x = ops.concatenate([token, x] if self.where == "first" else [x, token], 1)
            if self.which != "none":
                x = x + self.positions
        for block in self.stack:
            x = block(x)
        if self.pool == "norm_of_mean":
            return self.classify(self.final(ops.mean(x, 1)))
        if self.final is not None:
            x = self.final(x)
        found = {"token": x[:, 0], "mean": ops.mean(x, 1), "patches": ops.mean(x[:, 1:], 1), "last": x[:, -1]}
        return self.classify(found[self.pool])


build_keras = KerasViT


def inputs():
    return normal(2, 3, 12, 16, seed=17)


LAYERS = {"patch": "patches", "cls_token": "token", "pos_embed": "positions", "norm": "final", "head": "classify"}
for index in range(2):
    LAYERS |= {f"blocks.{index}.attn.{name}": f"stack.{index}.attention.{name[0]}" for name in ("query", "key", "value", "out")}
    LAYERS |= {f"blocks.{index}.norm1": f"stack.{index}.ln1", f"blocks.{index}.norm2": f"stack.{index}.ln2"}
    LAYERS |= {f"blocks.{index}.mlp.0": f"stack.{index}.up", f"blocks.{index}.mlp.2": f"stack.{index}.down"}


def load_with(change):
    return lambda torch_model, keras_model: copy_weights(torch_model, keras_model, LAYERS, change)


def squares_as_they_are(state):
    return {name: np.ascontiguousarray(array.T) if "blocks.1.attn" in name and array.ndim == 2 else array for name, array in state.items()}


def query_key_swapped(state):
    return {name: state[name.replace("query", "kk").replace("key", "query").replace("kk", "key")] if "blocks.0" in name else a for name, a in state.items()}


def positions_rolled(state):
    return {**state, "pos_embed": np.roll(state["pos_embed"], -1, axis=1)}


A0, A1 = (
    ("blocks.0.attn", "blocks.0.attn.out", "blocks.0.attn.query", "blocks.0.attn.key"),
    ("blocks.1.attn", "blocks.1.attn.out", "blocks.1.attn.query", "blocks.1.attn.key"),
)
MLP0, MLP1 = ("blocks.0.mlp.1", "blocks.0.mlp", "blocks.0.mlp.2"), ("blocks.1.mlp.1", "blocks.1.mlp", "blocks.1.mlp.2")
ENTRY = ("blocks.0", "blocks", "blocks.0.norm1", "patch", "pos_embed", "cls_token")
END = ("head", "norm")
FAULTS = [
    Fault("no_scale", A0, "scale", "attention without the scale", {"first": {"scale": "none"}}),
    Fault("scale_of_width", A1, "scale", "scaled by the root of the width, not of the head", {"second": {"scale": "width"}}),
    Fault("scale_without_root", A0, "scale", "divided by the head's width, not its root", {"first": {"scale": "inverse"}}),
    Fault("softmax_over_queries", A1, "axis", "softmax over the queries", {"second": {"axis": -2}}),
    Fault("softmax_over_heads", A0, "axis", "softmax over axis 1, the heads", {"first": {"axis": 1}}),
    Fault("heads_not_transposed", A1, "axes", "reshaped straight to (batch, heads, time, width)", {"second": {"split": "no_transpose"}}),
    Fault("heads_last", A0, "axes", "the width split as (head dim, heads)", {"first": {"split": "heads_last"}}),
    Fault("not_merged", A1, "axes", "no transposition back before the heads are joined", {"second": {"merge": "none"}}),
    Fault("query_for_key", A0, "arguments", "queries and keys swapped", {"first": {"swapped": True}}),
    Fault("key_for_value", A1, "arguments", "the keys taken as values", {"second": {"value": "key"}}),
    Fault("heads", A0, "heads", "4 heads of 6 for 3 of 8", {"first": {"heads": 4}}),
    Fault("gelu_tanh", MLP0, "gelu", "the tanh approximation of GELU", {"first": {"gelu": "tanh"}}),
    Fault("gelu_sigmoid", MLP1, "gelu", "the sigmoid approximation of GELU", {"second": {"gelu": "sigmoid"}}),
    Fault("relu_for_gelu", MLP1, "activation", "ReLU for GELU", {"second": {"gelu": "relu"}}),
    Fault("epsilon", ("blocks.0.norm1", "blocks.0.norm2"), "epsilon", "Keras' default epsilon 1e-3", {"first": {"epsilon": 1e-3}}),
    Fault(
        "epsilon_torch", ("blocks.1.norm1", "blocks.1.norm2"), "epsilon", "torch's default epsilon 1e-5 where the model has 1e-6", {"second": {"epsilon": 1e-5}}
    ),
    Fault(
        "post_norm",
        ("blocks.1", "blocks.1.norm1", "blocks.1.norm2", "blocks.1.attn", "blocks.1.attn.query"),
        "order",
        "post-norm",
        {"second": {"order": "post"}},
    ),
    Fault("no_residual", ("blocks.1", "blocks.1.mlp", "norm"), "residual", "no shortcut around the MLP", {"second": {"residual": False}}),
    Fault(
        "residual_after_norm",
        ("blocks.0", "blocks.0.attn", "blocks.0.norm2"),
        "residual",
        "the normed tensor added, not the raw one",
        {"first": {"after_norm": True}},
    ),
    Fault("patches_by_column", ENTRY, "axes", "patches read column by column", {"patch": "columns"}),
    Fault("token_last", ENTRY, "concat order", "the class token after the patches", {"token": "last"}),
    Fault("token_without_position", ENTRY, "positions", "positions added before the token is there", {"positions": "before_token"}),
    Fault("no_positions", ENTRY, "positions", "no positions", {"positions": "none"}),
    Fault("no_final_norm", ("norm", "head"), "norm", "the final norm is missing", {"norm": False}),
    Fault("mean_pool", END, "pooling", "the mean over tokens for the class token", {"pool": "mean"}),
    Fault("norm_of_mean", END, "order", "pooled first, normed after", {"pool": "norm_of_mean"}),
    Fault("last_token", END, "time step", "the last token taken for the first", {"pool": "last"}),
    Fault(
        "squares_as_they_are",
        ("blocks.1.attn.query", "blocks.1.attn.key", "blocks.1.attn.value", "blocks.1.attn.out"),
        "weights",
        "square weights loaded untransposed",
        load=load_with(squares_as_they_are),
    ),
    Fault("query_key_weights", ("blocks.0.attn.query", "blocks.0.attn.key"), "weights", "weights of query and key swapped", load=load_with(query_key_swapped)),
    Fault("positions_rolled", ENTRY, "weights", "positions loaded with the token's last", load=load_with(positions_rolled)),
]
