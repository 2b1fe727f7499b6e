"""Recommenders over tables of numbers and categories."""

import keras
import numpy as np
import tensorflow as tf
import torch
from keras import layers, ops
from torch import nn

from benchmarks.faults.building import normal, tokens, uniform


class DLRM(nn.Module):
    def __init__(self, n_dense=5, tables=(17, 13, 21), dim=8):
        super().__init__()
        self.bot_l = nn.Sequential(nn.Linear(n_dense, 9), nn.ReLU(), nn.Linear(9, dim), nn.ReLU())
        self.emb_l = nn.ModuleList([nn.EmbeddingBag(n, dim, mode="sum") for n in tables])
        nv = 1 + len(tables)
        li, lj = torch.tril_indices(nv, nv, offset=-1)
        self.register_buffer("li", li)
        self.register_buffer("lj", lj)
        self.top_l = nn.Sequential(nn.Linear(dim + len(li), 11), nn.ReLU(), nn.Linear(11, 1), nn.Sigmoid())

    def forward(self, dense_x, sparse_x):
        x = self.bot_l(dense_x)
        ly = [emb(sparse_x[:, i]) for i, emb in enumerate(self.emb_l)]
        stacked = torch.stack([x, *ly], dim=1)
        products = torch.bmm(stacked, stacked.transpose(1, 2))
        joined = torch.cat([x, products[:, self.li, self.lj]], dim=1)
        return self.top_l(joined).squeeze(-1)


class DotInteraction(layers.Layer):
    def call(self, feats):
        t = tf.stack(feats, axis=1)
        z = tf.matmul(t, t, transpose_b=True)
        n = len(feats)
        lower = np.tril(np.ones((n, n), bool), k=-1)
        picked = tf.boolean_mask(z, lower, axis=1)
        return tf.reshape(picked, (-1, n * (n - 1) // 2))


class DLRMPort(keras.Model):
    def __init__(self):
        super().__init__(name="dlrm")
        self.tables = [layers.Embedding(n, 8) for n in (17, 13, 21)]
        self.interact = DotInteraction()
        self.top = keras.Sequential([layers.Dense(11, activation="relu"), layers.Dense(1, activation="sigmoid")])
        self.bottom = keras.Sequential([layers.Dense(9, activation="relu"), layers.Dense(8, activation="relu")])

    def call(self, dense_x, sparse_x):
        x = self.bottom(dense_x)
        embs = [tf.reduce_sum(t(sparse_x[:, i]), axis=1) for i, t in enumerate(self.tables)]
        z = self.interact([x, *embs])
        return tf.squeeze(self.top(tf.concat([x, z], axis=1)), axis=-1)


def dlrm():
    """A model called with two positional arguments; Embedding and a sum for EmbeddingBag, a boolean mask for torch's triangle indices."""
    dense = normal(10, 5, seed=32)
    sparse = np.stack([tokens(10, 2, below=rows, seed=33 + i) for i, rows in enumerate((17, 13, 21))], 1)
    keras_model = DLRMPort()
    keras_model(dense, sparse)
    return {"torch_model": DLRM(), "keras_model": keras_model, "inputs": (dense, sparse)}


class CrossNet(nn.Module):
    def __init__(self, dim, n_layers):
        super().__init__()
        self.w = nn.ParameterList([nn.Parameter(torch.randn(dim) * dim**-0.5) for _ in range(n_layers)])
        self.b = nn.ParameterList([nn.Parameter(torch.zeros(dim)) for _ in range(n_layers)])

    def forward(self, x0):
        x = x0
        for w, b in zip(self.w, self.b, strict=True):
            x = x0 * (x @ w)[:, None] + b + x
        return x


class DCN(nn.Module):
    def __init__(self, n_num=7, vocab=17, emb=4, n_cross=3, hidden=(13, 10)):
        super().__init__()
        self.emb = nn.Embedding(vocab, emb)
        nn.init.normal_(self.emb.weight, std=0.1)
        dim = n_num + 2 * emb
        self.cross = CrossNet(dim, n_cross)
        blocks, d = [], dim
        for h in hidden:
            blocks.append(nn.Sequential(nn.Linear(d, h, bias=False), nn.BatchNorm1d(h), nn.ReLU()))
            d = h
        self.deep = nn.ModuleList(blocks)
        self.out = nn.Linear(dim + d, 1)

    def forward(self, nums, ids):
        x0 = torch.cat([nums, self.emb(ids).flatten(1)], dim=1)
        h = x0
        for blk in self.deep:
            h = blk(h)
        return torch.sigmoid(self.out(torch.cat([self.cross(x0), h], dim=1)))


class CrossLayer(layers.Layer):
    def build(self, shapes):
        d = shapes[0][-1]
        self.kernel = self.add_weight(shape=(d, 1), initializer="glorot_normal", name="kernel")
        self.bias = self.add_weight(shape=(d,), initializer="zeros", name="bias")

    def call(self, inputs):
        x0, x = inputs
        return x0 * ops.matmul(x, self.kernel) + self.bias + x


def build_dcn_keras():
    nums = keras.Input((7,), name="nums")
    ids = keras.Input((2,), dtype="int32", name="ids")
    e = layers.Flatten()(layers.Embedding(17, 4, embeddings_initializer=keras.initializers.RandomNormal(stddev=0.1), name="emb")(ids))
    x0 = layers.Concatenate(name="x0")([nums, e])
    x = x0
    for i in range(3):
        x = CrossLayer(name=f"cross_{i}")([x0, x])
    h = x0
    for i, u in enumerate((13, 10)):
        h = layers.Dense(u, use_bias=False, name=f"fc_{i}")(h)
        h = layers.BatchNormalization(momentum=0.9, epsilon=1e-5, name=f"bn_{i}")(h)
        h = layers.ReLU()(h)
    y = layers.Dense(1, activation="sigmoid", name="prob")(layers.Concatenate()([x, h]))
    return keras.Model([nums, ids], y, name="dcn")


def dcn():
    """Functional, with cross layers whose weight is a column where torch has a vector."""
    return {
        "torch_model": DCN(),
        "keras_model": build_dcn_keras(),
        "inputs": [uniform(9, 7, seed=33), tokens(9, 2, below=17, seed=34).astype("int32")],
    }


PAIRS = (dlrm, dcn)
