"""A small Llama in the manner of Meta's code: RMSNorm, complex rotary embeddings, grouped-query attention, SwiGLU, no biases anywhere.

The port is subclassed over raw TensorFlow, each norm inside the branch it belongs to, the rotation written with sines and cosines; trained on answers only.
"""

import math
from types import SimpleNamespace

import keras
import numpy as np
import tensorflow as tf
import torch
from keras import layers
from torch import nn
from torch.nn import functional as F

from benchmarks.faults.building import as_trained, tokens
from benchmarks.faults.own import TorchAdamW
from benchmarks.faults.port import Fault
from benchmarks.faults.weights import copy_weights

VOCAB, WIDTH, HEADS, SHARED, DIM, HIDDEN, STEPS = 29, 20, 6, 2, 8, 36, 13
EPSILON, BASE, IGNORED = 1e-5, 500000.0, -100
RIGHT = SimpleNamespace(pairs="neighbours", base=BASE, rotated="both", places="steps", ahead=0, copies="each", width=DIM, diagonal=0, moved=True)


class RMSNorm(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(WIDTH))

    def forward(self, x):
        return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + EPSILON) * self.weight


def rotate(x):
    """Each pair of dimensions of (batch, step, head, dimension) as a complex number, turned by its step."""
    angles = torch.outer(torch.arange(x.shape[1], dtype=x.dtype), BASE ** (-torch.arange(0, DIM, 2, dtype=x.dtype) / DIM))
    turns = torch.polar(torch.ones_like(angles), angles)[:, None]
    return torch.view_as_real(torch.view_as_complex(x.unflatten(-1, (-1, 2))) * turns).flatten(-2)


class Attention(nn.Module):
    def __init__(self):
        super().__init__()
        self.wq = nn.Linear(WIDTH, HEADS * DIM, bias=False)
        self.wk, self.wv = (nn.Linear(WIDTH, SHARED * DIM, bias=False) for _ in range(2))
        self.wo = nn.Linear(HEADS * DIM, WIDTH, bias=False)

    def forward(self, x):
        q, k, v = (project(x).unflatten(-1, (-1, DIM)) for project in (self.wq, self.wk, self.wv))
        q, k = rotate(q), rotate(k)
        k, v = (y.repeat_interleave(HEADS // SHARED, dim=2) for y in (k, v))
        y = F.scaled_dot_product_attention(q.transpose(1, 2), k.transpose(1, 2), v.transpose(1, 2), is_causal=True)
        return self.wo(y.transpose(1, 2).flatten(2))


class FeedForward(nn.Module):
    def __init__(self):
        super().__init__()
        self.w1, self.w3 = (nn.Linear(WIDTH, HIDDEN, bias=False) for _ in range(2))
        self.w2 = nn.Linear(HIDDEN, WIDTH, bias=False)

    def forward(self, x):
        return self.w2(F.silu(self.w1(x)) * self.w3(x))


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.attention, self.feed_forward = Attention(), FeedForward()
        self.attention_norm, self.ffn_norm = RMSNorm(), RMSNorm()

    def forward(self, x):
        x = x + self.attention(self.attention_norm(x))
        return x + self.feed_forward(self.ffn_norm(x))


class Llama(nn.Module):
    def __init__(self):
        super().__init__()
        self.tok_embeddings = nn.Embedding(VOCAB, WIDTH)
        self.layers = nn.ModuleList(Block() for _ in range(2))
        self.norm = RMSNorm()
        self.lm_head = nn.Linear(WIDTH, VOCAB, bias=False)
        nn.init.normal_(self.tok_embeddings.weight, std=0.05)

    def forward(self, ids):
        x = self.tok_embeddings(ids)
        for layer in self.layers:
            x = layer(x)
        return self.lm_head(self.norm(x))


def build_torch():
    return as_trained(Llama, seed=501)


class RootMeanSquare(layers.Layer):
    """Switches are the mistakes."""

    def __init__(self, *, epsilon=EPSILON, spread="square", gain="scale", detach=False):
        super().__init__()
        self.scale = self.add_weight(shape=(WIDTH,), initializer="ones", name="scale")
        self.epsilon, self.spread, self.gain, self.detach = epsilon, spread, gain, detach

    def call(self, x):
        size = tf.math.reduce_variance(x, -1, keepdims=True) if self.spread == "variance" else tf.reduce_mean(tf.square(x), -1, keepdims=True)
        factor = tf.math.rsqrt(size + self.epsilon)
        scaled = x * (tf.stop_gradient(factor) if self.detach else factor)
        return scaled * (1.0 + self.scale if self.gain == "one_plus" else self.scale)


class SelfAttention(layers.Layer):
    def __init__(self, norm=(), **switches):
        super().__init__()
        self.how = SimpleNamespace(**vars(RIGHT) | switches)
        self.before, self.merge = RootMeanSquare(**dict(norm)), layers.Dense(WIDTH, use_bias=False)
        self.to_queries = layers.Dense(HEADS * DIM, use_bias=False)
        self.to_keys, self.to_values = (layers.Dense(SHARED * DIM, use_bias=False) for _ in range(2))

    def heads(self, x):
        return tf.transpose(tf.reshape(x, (-1, x.shape[1], x.shape[2] // DIM, DIM)), (0, 2, 1, 3))

    def turn(self, x, first=0):
        places = np.arange(x.shape[1])[:, None] if self.how.places == "heads" else np.arange(first, first + x.shape[2])
        angles = places[..., None] * self.how.base ** (-np.arange(0, DIM, 2) / DIM)
        cos, sin = tf.constant(np.cos(angles), x.dtype), tf.constant(np.sin(angles), x.dtype)
        a, b = tf.split(x, 2, axis=-1) if self.how.pairs == "halves" else (x[..., 0::2], x[..., 1::2])
        turned = [a * cos - b * sin, b * cos + a * sin]
        return tf.concat(turned, -1) if self.how.pairs == "halves" else tf.reshape(tf.stack(turned, -1), tf.shape(x))

    def copied(self, x):
        return tf.tile(x, (1, HEADS // SHARED, 1, 1)) if self.how.copies == "whole" else tf.repeat(x, HEADS // SHARED, axis=1)

    def call(self, x):
        steps, x = x.shape[1], self.before(x)
        queries, keys, values = self.heads(self.to_queries(x)), self.heads(self.to_keys(x)), self.heads(self.to_values(x))
        queries, keys = self.turn(queries, self.how.ahead), self.turn(keys) if self.how.rotated == "both" else keys
        scores = tf.matmul(queries, self.copied(keys), transpose_b=True) / math.sqrt(self.how.width)
        visible = tf.linalg.band_part(tf.ones((steps, steps), scores.dtype), -1, self.how.diagonal)
        mixed = tf.matmul(tf.nn.softmax(scores + (1.0 - visible) * -1e9), self.copied(values))
        mixed = tf.transpose(mixed, (0, 2, 1, 3)) if self.how.moved else mixed
        return self.merge(tf.reshape(mixed, (-1, steps, HEADS * DIM)))


class GatedFeed(layers.Layer):
    def __init__(self, norm=(), *, gate="silu", gated="first"):
        super().__init__()
        self.before = RootMeanSquare(**dict(norm))
        self.open, self.carry, self.close = (layers.Dense(width, use_bias=False) for width in (HIDDEN, HIDDEN, WIDTH))
        self.gate, self.gated = {"silu": tf.nn.silu, "sigmoid": tf.sigmoid}[gate], gated

    def call(self, x):
        x = self.before(x)
        a, b = self.open(x), self.carry(x)
        return self.close(self.gate(a) * b if self.gated == "first" else a * self.gate(b))


class DecoderLayer(layers.Layer):
    def __init__(self, *, attend=(), feed=(), fed="sum"):
        super().__init__()
        self.attend, self.feed, self.fed = SelfAttention(**dict(attend)), GatedFeed(**dict(feed)), fed

    def call(self, x):
        y = x + self.attend(x)
        return y + self.feed(x if self.fed == "entry" else y)


class CausalModel(keras.Model):
    def __init__(self, *, first=(), second=(), final=(), scaled=False):
        super().__init__()
        self.table = layers.Embedding(VOCAB, WIDTH)
        self.stack = [DecoderLayer(**dict(first)), DecoderLayer(**dict(second))]
        self.final, self.to_words, self.scaled = RootMeanSquare(**dict(final)), layers.Dense(VOCAB, use_bias=False), scaled

    def call(self, ids):
        x = self.table(ids) * (math.sqrt(WIDTH) if self.scaled else 1.0)
        for layer in self.stack:
            x = layer(x)
        return self.to_words(self.final(x))


def inputs():
    return tokens(3, STEPS, below=VOCAB, seed=502)


def targets():
    """The token after each; those of the prompt do not count."""
    wanted = np.concatenate([inputs()[:, 1:], tokens(3, 1, below=VOCAB, seed=503)], axis=1)
    wanted[np.arange(STEPS) < [[4], [2], [7]]] = IGNORED
    return wanted


def torch_loss(logits, wanted):
    return F.cross_entropy(logits.flatten(0, 1), wanted.flatten(), ignore_index=IGNORED)


def keras_loss(shift=0):
    def loss(logits, wanted):
        logits, wanted = logits[:, : STEPS - shift], wanted[:, shift:]
        counted = wanted != IGNORED
        each = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=tf.where(counted, wanted, 0), logits=logits)
        return tf.reduce_mean(each[counted])

    return loss


class AdamW(TorchAdamW):
    """An embedding's gradient comes in slices: added up before it is squared."""

    def apply(self, grads, trainable_variables=None):
        return super().apply([tf.convert_to_tensor(grad) for grad in grads], trainable_variables)


build_keras = CausalModel
LOSS = (torch_loss, keras_loss)
OPTIMIZER = (lambda parameters: torch.optim.AdamW(parameters, lr=2e-3, betas=(0.9, 0.95), weight_decay=0.1), lambda: AdamW(2e-3, shrink=0.1, beta_2=0.95))
LAYERS = {"tok_embeddings": "table", "norm.weight": "final.scale", "lm_head": "to_words"}
for index in range(2):
    theirs, ours = f"layers.{index}", f"stack.{index}"
    LAYERS |= {f"{theirs}.attention_norm.weight": f"{ours}.attend.before.scale", f"{theirs}.ffn_norm.weight": f"{ours}.feed.before.scale"}
    LAYERS |= {f"{theirs}.attention.w{name[0]}": f"{ours}.attend.to_{name}" for name in ("queries", "keys", "values")}
    LAYERS |= {f"{theirs}.attention.wo": f"{ours}.attend.merge", f"{theirs}.feed_forward.w1": f"{ours}.feed.open"}
    LAYERS |= {f"{theirs}.feed_forward.w2": f"{ours}.feed.close", f"{theirs}.feed_forward.w3": f"{ours}.feed.carry"}
MAPPING = {path: target for path, target in LAYERS.items() if path.endswith("norm.weight")}


def load_as_it_is(torch_model, keras_model):
    """Each layer's own: a transfer that is told of both models would give the two of the gate to each other."""
    copy_weights(torch_model, keras_model, LAYERS)


def load_permuted(torch_model, keras_model):
    """Rows of each head's queries and keys sorted into halves, as Hugging Face's conversion script does for its own rotation."""
    copy_weights(torch_model, keras_model, LAYERS, lambda s: s | {n: s[n].reshape(-1, DIM // 2, 2, WIDTH).swapaxes(1, 2).reshape(-1, WIDTH) for n in PERMUTED})


PERMUTED = ("layers.1.attention.wq.weight", "layers.1.attention.wk.weight")
SCORES = [tuple(f"layers.{index}.attention{end}" for end in ("", ".wq", ".wk", ".wo")) for index in range(2)]
FEED = [tuple(f"layers.{index}.feed_forward{end}" for end in ("", ".w1", ".w3", ".w2")) for index in range(2)]
KEYS, SHARING, MERGING = (tuple(f"layers.0.attention{end}" for end in ("", *ends)) for ends in ((".wk", ".wo"), (".wk", ".wv", ".wo"), (".wo", ".wv")))

FAULTS = [
    Fault("halves_paired", SCORES[0], "axes", "dimensions paired by halves, as Hugging Face has them", {"first": {"attend": {"pairs": "halves"}}}),
    Fault("base_of_llama_2", SCORES[1], "constant", "base 10000 for 500000", {"second": {"attend": {"base": 10000.0}}}),
    Fault("keys_not_rotated", KEYS, "missing op", "only queries are rotated", {"first": {"attend": {"rotated": "queries"}}}),
    Fault("steps_of_heads", SCORES[1], "axis", "rotated by the number of the head", {"second": {"attend": {"places": "heads"}}}),
    Fault("queries_one_ahead", SCORES[1], "off by one", "queries counted from one, keys from zero", {"second": {"attend": {"ahead": 1}}}),
    Fault("heads_tiled", SHARING, "axes", "keys and values tiled as a whole: 0 1 0 1 for 0 0 1 1", {"first": {"attend": {"copies": "whole"}}}),
    Fault("scale_of_width", SCORES[1], "scale", "the root of the model's width for the head's", {"second": {"attend": {"width": WIDTH}}}),
    Fault("next_token_seen", SCORES[0], "mask", "the mask is one diagonal too wide", {"first": {"attend": {"diagonal": 1}}}),
    Fault("heads_not_moved", MERGING, "reshape", "heads flattened in front of steps", {"first": {"attend": {"moved": False}}}),
    Fault("variance_for_square", "norm", "norm", "the variance for the mean square", {"final": {"spread": "variance"}}),
    Fault("epsilon_of_keras", "layers.0.attention_norm", "epsilon", "RMSNormalization's 1e-6", {"first": {"attend": {"norm": {"epsilon": 1e-6}}}}),
    Fault("one_plus_scale", "layers.1.ffn_norm", "norm", "1 + scale, as in Gemma", {"second": {"feed": {"norm": {"gain": "one_plus"}}}}),
    Fault("other_half_gated", FEED[0], "wrong tensor", "SiLU of w3's output, not of w1's", {"first": {"feed": {"gated": "second"}}}, load=load_as_it_is),
    Fault("sigmoid_gate", FEED[1], "activation", "a plain GLU: sigmoid for SiLU", {"second": {"feed": {"gate": "sigmoid"}}}),
    Fault("feed_of_entry", ("layers.0", "layers.0.ffn_norm", "layers.0.attention"), "wrong tensor", "parallel, as in GPT-J", {"first": {"fed": "entry"}}),
    Fault("embedding_scaled", ("tok_embeddings", "layers.0"), "scale", "times the root of the width, as in Gemma", {"scaled": True}),
    Fault("rows_permuted", (*SCORES[1][1:3], *PERMUTED), "weights", "rows permuted for a rotation by halves", load=load_permuted),
    Fault("norm_detached", "layers.1.attention_norm", "gradient", "no gradient by the root", {"second": {"attend": {"norm": {"detach": True}}}}, seen="grad"),
    Fault("shifted_twice", "loss", "time step", "the loss shifts targets that are shifted", seen="loss", loss=lambda: keras_loss(shift=1)),
    Fault("coupled_decay", "optimizer", "decay", "Adam's L2 for AdamW's decay", seen="step", optimizer=lambda: AdamW(2e-3, shrink=0.0, beta_2=0.95, decay=0.1)),
]
