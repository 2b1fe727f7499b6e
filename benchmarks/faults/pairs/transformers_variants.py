"""Transformers of another build: relative positions, learned latents, and routed experts."""

import math

import keras
import numpy as np
import tensorflow as tf
import torch
from keras import layers, ops
from torch import nn
from torch.nn import functional as F

from benchmarks.faults.building import normal, tokens


def relative_position_bucket(rel, num_buckets=8, max_distance=21):
    num_buckets //= 2
    buckets = (rel > 0).long() * num_buckets
    rel = rel.abs()
    max_exact = num_buckets // 2
    is_small = rel < max_exact
    large = max_exact + (torch.log(rel.float() / max_exact) / math.log(max_distance / max_exact) * (num_buckets - max_exact)).long()
    large = torch.min(large, torch.full_like(large, num_buckets - 1))
    return buckets + torch.where(is_small, rel, large)


class T5Norm(nn.Module):
    def __init__(self, d, eps=1e-6):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(d))
        self.eps = eps

    def forward(self, x):
        return self.weight * (x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + self.eps))


class T5Attention(nn.Module):
    def __init__(self, d, heads, d_kv, has_bias=False):
        super().__init__()
        self.heads = heads
        inner = heads * d_kv
        self.q = nn.Linear(d, inner, bias=False)
        self.k = nn.Linear(d, inner, bias=False)
        self.v = nn.Linear(d, inner, bias=False)
        self.o = nn.Linear(inner, d, bias=False)
        if has_bias:
            self.relative_attention_bias = nn.Embedding(8, heads)

    def compute_bias(self, n, device):
        ctx = torch.arange(n, device=device)[:, None]
        mem = torch.arange(n, device=device)[None, :]
        return self.relative_attention_bias(relative_position_bucket(mem - ctx)).permute(2, 0, 1).unsqueeze(0)

    def forward(self, x, bias=None):
        b, n, _ = x.shape
        q, k, v = (z.view(b, n, self.heads, -1) for z in (self.q(x), self.k(x), self.v(x)))
        scores = torch.einsum("bnhd,bmhd->bhnm", q, k)  # T5 does not scale
        if bias is None:
            bias = self.compute_bias(n, x.device)
        w = (scores + bias).float().softmax(-1)
        y = torch.einsum("bhnm,bmhd->bnhd", w, v).reshape(b, n, -1)
        return self.o(y), bias


class T5Layer(nn.Module):
    def __init__(self, d, heads, d_kv, ff, has_bias):
        super().__init__()
        self.norm1, self.norm2 = T5Norm(d), T5Norm(d)
        self.attn = T5Attention(d, heads, d_kv, has_bias)
        self.wi = nn.Linear(d, ff, bias=False)
        self.wo = nn.Linear(ff, d, bias=False)

    def forward(self, x, bias):
        a, bias = self.attn(self.norm1(x), bias)
        x = x + a
        return x + self.wo(F.relu(self.wi(self.norm2(x)))), bias


class T5Encoder(nn.Module):
    def __init__(self, vocab=41, d=14, heads=3, d_kv=5, ff=23, n_layers=2):
        super().__init__()
        self.shared = nn.Embedding(vocab, d)
        self.block = nn.ModuleList([T5Layer(d, heads, d_kv, ff, has_bias=(i == 0)) for i in range(n_layers)])
        self.final_layer_norm = T5Norm(d)

    def forward(self, ids):
        x, bias = self.shared(ids), None
        for layer in self.block:
            x, bias = layer(x, bias)
        return self.final_layer_norm(x)


class T5LayerNorm(layers.Layer):
    def __init__(self, eps=1e-6, **kw):
        super().__init__(**kw)
        self.eps = eps

    def build(self, shape):
        self.scale = self.add_weight(shape=(shape[-1],), initializer="ones", name="scale")

    def call(self, x):
        return x * tf.math.rsqrt(tf.reduce_mean(tf.square(x), -1, keepdims=True) + self.eps) * self.scale


def np_buckets(n, num_buckets=8, max_distance=21):
    """The table of buckets, (query, key), made once in NumPy."""
    half = num_buckets // 2
    exact = half // 2
    out = np.zeros((n, n), "int32")
    for i in range(n):
        for j in range(n):
            r = j - i
            base = half if r > 0 else 0
            a = abs(r)
            if a < exact:
                out[i, j] = base + a
            else:
                large = exact + int(math.log(a / exact) / math.log(max_distance / exact) * (half - exact))
                out[i, j] = base + min(large, half - 1)
    return out


def without_bias(units):
    return layers.Dense(units, use_bias=False)


class T5Port(keras.Model):
    def __init__(self, vocab=41, d=14, heads=3, d_kv=5, ff=23, depth=2):
        super().__init__()
        self.heads, self.d_kv, self.depth = heads, d_kv, depth
        inner = heads * d_kv
        self.rel_bias = self.add_weight(shape=(8, heads), initializer="random_normal", name="rel_bias")
        self.attn_layers = [
            {"q": without_bias(inner), "k": without_bias(inner), "v": without_bias(inner), "o": without_bias(d), "ln": T5LayerNorm()} for _ in range(depth)
        ]
        self.ff_layers = [keras.Sequential([T5LayerNorm(), layers.Dense(ff, activation="relu", use_bias=False), without_bias(d)]) for _ in range(depth)]
        self.embed = layers.Embedding(vocab, d)
        self.final_ln = T5LayerNorm()

    def heads_first(self, z):
        s = tf.shape(z)
        return tf.transpose(tf.reshape(z, (s[0], s[1], self.heads, self.d_kv)), (0, 2, 1, 3))

    def call(self, ids):
        x = self.embed(ids)
        table = np_buckets(ids.shape[1])
        bias = tf.transpose(tf.gather(self.rel_bias, table), (2, 0, 1))[None]
        for a, f in zip(self.attn_layers, self.ff_layers, strict=True):
            h = a["ln"](x)
            q, k, v = (self.heads_first(a[n](h)) for n in "qkv")
            w = tf.nn.softmax(tf.matmul(q, k, transpose_b=True) + bias)
            y = tf.transpose(tf.matmul(w, v), (0, 2, 1, 3))
            y = tf.reshape(y, (tf.shape(y)[0], tf.shape(y)[1], self.heads * self.d_kv))
            x = x + a["o"](y)
            x = x + f(x)
        return self.final_ln(x)


def t5_relative():
    """Buckets come from a NumPy table and the shared bias is a bare variable; layers lie in dicts, feed-forwards in `Sequential`s."""
    ids = tokens(4, 12, below=41, seed=25)
    keras_model = T5Port()
    keras_model(ids)
    return {"torch_model": T5Encoder(), "keras_model": keras_model, "inputs": ids}


class PerceiverBlock(nn.Module):
    def __init__(self, dim, heads, kv_dim=None):
        super().__init__()
        self.norm_q = nn.LayerNorm(dim)
        self.norm_kv = nn.LayerNorm(kv_dim) if kv_dim is not None else None
        self.attn = nn.MultiheadAttention(dim, heads, kdim=kv_dim, vdim=kv_dim, batch_first=True)
        self.mlp = nn.Sequential(nn.LayerNorm(dim), nn.Linear(dim, 2 * dim), nn.GELU(), nn.Linear(2 * dim, dim))

    def forward(self, z, x=None):
        q = self.norm_q(z)
        kv = q if x is None else self.norm_kv(x)
        z = z + self.attn(q, kv, kv, need_weights=False)[0]
        return z + self.mlp(z)


class Perceiver(nn.Module):
    def __init__(self, in_dim=9, n_latents=5, dim=12, n_classes=7):
        super().__init__()
        self.latents = nn.Parameter(torch.randn(n_latents, dim) * 0.5)
        self.cross = PerceiverBlock(dim, 2, kv_dim=in_dim)
        self.selfs = nn.ModuleList([PerceiverBlock(dim, 3) for _ in range(2)])
        self.head = nn.Sequential(nn.LayerNorm(dim), nn.Linear(dim, n_classes))

    def forward(self, x):
        z = self.latents.unsqueeze(0).expand(x.size(0), -1, -1)
        z = self.cross(z, x)
        for blk in self.selfs:
            z = blk(z)
        return self.head(z.mean(dim=1))


class LatentArray(layers.Layer):
    def __init__(self, n, dim, **kw):
        super().__init__(**kw)
        self.n, self.dim = n, dim

    def build(self, _):
        self.latents = self.add_weight(shape=(self.n, self.dim), initializer=keras.initializers.RandomNormal(stddev=0.5), name="latents")

    def call(self, x):
        return ops.tile(self.latents[None], (ops.shape(x)[0], 1, 1))


def perceiver_mlp(dim, name):
    return keras.Sequential(
        [
            layers.LayerNormalization(epsilon=1e-5),
            layers.Dense(2 * dim, activation="gelu"),
            layers.Dense(dim),
        ],
        name=name,
    )


def build_perceiver_keras(in_dim=9, dim=12, n_latents=5, n_classes=7):
    x = keras.Input((None, in_dim))
    z = LatentArray(n_latents, dim, name="latent_array")(x)
    q = layers.LayerNormalization(epsilon=1e-5, name="cross_norm_q")(z)
    kv = layers.LayerNormalization(epsilon=1e-5, name="cross_norm_kv")(x)
    a = layers.MultiHeadAttention(2, dim // 2, name="cross_attn")(q, kv)
    z = layers.add([z, a])
    z = layers.add([z, perceiver_mlp(dim, "cross_mlp")(z)])
    for i in range(2):
        q = layers.LayerNormalization(epsilon=1e-5, name=f"self_norm_{i}")(z)
        z = layers.add([z, layers.MultiHeadAttention(3, dim // 3, name=f"self_attn_{i}")(q, q)])
        z = layers.add([z, perceiver_mlp(dim, f"self_mlp_{i}")(z)])
    y = layers.GlobalAveragePooling1D()(z)
    y = layers.LayerNormalization(epsilon=1e-5, name="head_norm")(y)
    return keras.Model(x, layers.Dense(n_classes, name="head")(y), name="perceiver")


def smooth_ce_keras(y_true, y_pred):
    onehot = ops.one_hot(ops.cast(y_true, "int32"), y_pred.shape[-1])
    # per-sample vector, as Keras' own functional losses return
    return keras.losses.categorical_crossentropy(onehot, y_pred, from_logits=True, label_smoothing=0.1)


def perceiver():
    """Functional, with a layer that holds the latents; the Keras loss gives a value per sample."""
    return {
        "torch_model": Perceiver(),
        "keras_model": build_perceiver_keras(),
        "inputs": normal(11, 10, 9, seed=26),
        "loss": (nn.CrossEntropyLoss(label_smoothing=0.1), smooth_ce_keras),
        "targets": tokens(11, below=7, seed=27),
        "optimizer": (
            lambda parameters: torch.optim.SGD(parameters, lr=0.03, momentum=0.8, nesterov=True),
            lambda: keras.optimizers.SGD(learning_rate=0.03, momentum=0.8, nesterov=True),
        ),
    }


class Expert(nn.Module):
    def __init__(self, d, h):
        super().__init__()
        self.fc1, self.fc2 = nn.Linear(d, h), nn.Linear(h, d)

    def forward(self, x):
        return self.fc2(F.gelu(self.fc1(x), approximate="tanh"))


class SparseMoE(nn.Module):
    def __init__(self, d=8, h=13, n_experts=5, k=2, n_out=3):
        super().__init__()
        self.k = k
        self.experts = nn.ModuleList(Expert(d, h) for _ in range(n_experts))
        self.gate = nn.Linear(d, n_experts, bias=False)
        self.norm = nn.LayerNorm(d)
        self.out = nn.Linear(d, n_out)

    def forward(self, x):
        batch, time, width = x.shape
        flat = x.reshape(-1, width)
        logits = self.gate(flat)
        top, idx = logits.topk(self.k, dim=-1)
        w = top.softmax(dim=-1)
        y = torch.zeros_like(flat)
        for e, expert in enumerate(self.experts):
            tok, slot = torch.where(idx == e)
            if tok.numel():
                y = y.index_add(0, tok, expert(flat[tok]) * w[tok, slot].unsqueeze(-1))
        y = self.norm(x + y.view(batch, time, width))
        return self.out(y), logits.view(batch, time, -1)


@tf.function
def combine_weights(logits, k, n):
    vals, idx = tf.math.top_k(logits, k=k)
    w = tf.nn.softmax(vals, axis=-1)
    return tf.reduce_sum(tf.one_hot(idx, n) * w[..., None], axis=-2)  # (..., n)


def tanh_gelu(z):
    return ops.gelu(z, approximate=True)


class MoEPort(keras.Model):
    def __init__(self, d=8, h=13, n_experts=5, k=2, n_out=3):
        super().__init__()
        self.k, self.n = k, n_experts
        self.router = layers.Dense(n_experts, use_bias=False)
        self.experts = [keras.Sequential([layers.Dense(h, activation=tanh_gelu), layers.Dense(d)], name=f"expert_{i}") for i in range(n_experts)]
        self.classifier = layers.Dense(n_out)
        self.ln = layers.LayerNormalization(epsilon=1e-5)

    def call(self, x):
        logits = self.router(x)
        w = combine_weights(logits, self.k, self.n)
        # every expert sees every token, the gate zeroes what was not chosen
        stacked = tf.stack([e(x) for e in self.experts], axis=-2)
        y = tf.einsum("bte,bted->btd", w, stacked)
        return self.classifier(self.ln(x + y)), logits


def moe_topk():
    """Every expert sees every token and is weighted by zero where torch dispatches; the gate is a `tf.function`."""
    sequence = normal(4, 7, 8, seed=36)
    keras_model = MoEPort()
    keras_model(sequence)
    return {"torch_model": SparseMoE(), "keras_model": keras_model, "inputs": sequence}


PAIRS = (t5_relative, perceiver, moe_topk)
