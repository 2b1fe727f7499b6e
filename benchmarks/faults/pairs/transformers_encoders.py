"""Transformers that see the whole sequence: post-norm with sinusoids, and BERT."""

import math
from dataclasses import dataclass

import keras
import numpy as np
import tensorflow as tf
import torch
from keras import layers, ops
from torch import nn
from torch.nn import functional as F

from benchmarks.faults.building import normal, tokens


class EncoderTagger(nn.Module):
    def __init__(self, n_feat=6, d_model=15, nhead=3, ff=22, n_layers=2, n_tags=4, max_len=32):
        super().__init__()
        self.d_model = d_model
        self.inp = nn.Linear(n_feat, d_model)
        pos = torch.arange(max_len).unsqueeze(1)
        i = torch.arange(d_model)
        angle = pos / torch.pow(10000.0, 2 * (i // 2) / d_model)
        pe = torch.where(i % 2 == 0, torch.sin(angle), torch.cos(angle))
        self.register_buffer("pe", pe.unsqueeze(0))
        layer = nn.TransformerEncoderLayer(d_model, nhead, ff, dropout=0.1, batch_first=True)
        self.encoder = nn.TransformerEncoder(layer, n_layers, enable_nested_tensor=False)
        self.tag = nn.Linear(d_model, n_tags)

    def forward(self, x, lengths):
        pad = torch.arange(x.size(1), device=x.device)[None] >= lengths[:, None]
        h = self.inp(x) * math.sqrt(self.d_model) + self.pe[:, : x.size(1)]
        h = self.encoder(h, src_key_padding_mask=pad)
        return self.tag(h.masked_fill(pad.unsqueeze(-1), 0.0))


class TransformerBlock(layers.Layer):
    def __init__(self, embed_dim, num_heads, ff_dim, rate=0.1, **kw):
        super().__init__(**kw)
        self.att = layers.MultiHeadAttention(num_heads=num_heads, key_dim=embed_dim // num_heads, dropout=rate)
        self.ffn = keras.Sequential([layers.Dense(ff_dim, activation="relu"), layers.Dropout(rate), layers.Dense(embed_dim)])
        self.layernorm1 = layers.LayerNormalization(epsilon=1e-5)
        self.layernorm2 = layers.LayerNormalization(epsilon=1e-5)
        self.dropout1 = layers.Dropout(rate)
        self.dropout2 = layers.Dropout(rate)

    def call(self, inputs, mask2d, training=None):
        attn = self.att(inputs, inputs, attention_mask=mask2d, training=training)
        out1 = self.layernorm1(inputs + self.dropout1(attn, training=training))
        ffn = self.dropout2(self.ffn(out1, training=training), training=training)
        return self.layernorm2(out1 + ffn)


def sinusoid_table(length, depth):
    pos = np.arange(length)[:, None].astype("float64")
    i = np.arange(depth)[None]
    angle = pos / np.power(10000.0, 2 * (i // 2) / depth)
    table = np.zeros((length, depth))
    table[:, 0::2] = np.sin(angle[:, 0::2])
    table[:, 1::2] = np.cos(angle[:, 1::2])
    return table.astype("float32")


class TaggerPort(keras.Model):
    def __init__(self, d_model=15, heads=3, ff=22, depth=2, n_tags=4, max_len=32):
        super().__init__()
        self.d_model = d_model
        self.tagger = layers.Dense(n_tags)
        self.blocks = [TransformerBlock(d_model, heads, ff) for _ in range(depth)]
        self.project = layers.Dense(d_model)
        self.table = sinusoid_table(max_len, d_model)

    def call(self, inputs, training=None):
        x, lengths = inputs
        t = ops.shape(x)[1]
        keep = ops.arange(t)[None, :] < ops.cast(lengths, "int32")[:, None]
        h = self.project(x) * math.sqrt(self.d_model) + self.table[None, :t]
        for b in self.blocks:
            h = b(h, keep[:, None, :], training=training)
        h = ops.where(keep[:, :, None], h, 0.0)
        return self.tagger(h)


def transformer_encoder():
    """Keras' MultiHeadAttention in blocks of its own for `nn.TransformerEncoder`, with a table of sinusoids made in NumPy."""
    inputs = [normal(7, 8, 6, seed=21), np.array([8, 3, 7, 1, 5, 2, 8])]
    keras_model = TaggerPort()
    keras_model([tf.constant(array) for array in inputs])
    return {"torch_model": EncoderTagger(), "keras_model": keras_model, "inputs": inputs}


@dataclass
class BertOutput:
    last_hidden_state: torch.Tensor
    pooler_output: torch.Tensor


class BertSelfAttention(nn.Module):
    def __init__(self, d, heads):
        super().__init__()
        self.heads, self.hd = heads, d // heads
        self.query = nn.Linear(d, d)
        self.key = nn.Linear(d, d)
        self.value = nn.Linear(d, d)

    def shape(self, x):
        return x.view(*x.shape[:-1], self.heads, self.hd).permute(0, 2, 1, 3)

    def forward(self, x, ext_mask):
        q, k, v = self.shape(self.query(x)), self.shape(self.key(x)), self.shape(self.value(x))
        scores = torch.matmul(q, k.transpose(-1, -2)) / math.sqrt(self.hd) + ext_mask
        ctx = torch.matmul(nn.functional.softmax(scores, dim=-1), v)
        return ctx.permute(0, 2, 1, 3).flatten(2)


class BertLayer(nn.Module):
    def __init__(self, d, heads, ff, p=0.1):
        super().__init__()
        self.self_attn = BertSelfAttention(d, heads)
        self.attn_dense = nn.Linear(d, d)
        self.attn_norm = nn.LayerNorm(d, eps=1e-12)
        self.intermediate = nn.Linear(d, ff)
        self.output = nn.Linear(ff, d)
        self.out_norm = nn.LayerNorm(d, eps=1e-12)
        self.dropout = nn.Dropout(p)

    def forward(self, x, m):
        a = self.dropout(self.attn_dense(self.self_attn(x, m)))
        x = self.attn_norm(a + x)
        y = self.dropout(self.output(F.gelu(self.intermediate(x))))
        return self.out_norm(y + x)


class MiniBert(nn.Module):
    def __init__(self, vocab=47, max_pos=18, d=20, heads=4, ff=26, n_layers=2):
        super().__init__()
        self.embeddings = nn.ModuleDict(
            {
                "word": nn.Embedding(vocab, d),
                "position": nn.Embedding(max_pos, d),
                "token_type": nn.Embedding(2, d),
                "norm": nn.LayerNorm(d, eps=1e-12),
                "drop": nn.Dropout(0.1),
            }
        )
        self.register_buffer("position_ids", torch.arange(max_pos).expand((1, -1)))
        self.layer = nn.ModuleList(BertLayer(d, heads, ff) for _ in range(n_layers))
        self.pooler = nn.Sequential(nn.Linear(d, d), nn.Tanh())

    def forward(self, input_ids, token_type_ids, attention_mask):
        e = self.embeddings
        x = e["word"](input_ids) + e["token_type"](token_type_ids)
        x = x + e["position"](self.position_ids[:, : input_ids.size(1)])
        x = e["drop"](e["norm"](x))
        ext = (1.0 - attention_mask[:, None, None, :].to(x.dtype)) * -10000.0
        for layer in self.layer:
            x = layer(x, ext)
        return BertOutput(x, self.pooler(x[:, 0]))


class TFBertLayer(layers.Layer):
    def __init__(self, d, heads, ff, **kw):
        super().__init__(**kw)
        self.d, self.heads = d, heads
        hd = d // heads
        self.q = layers.EinsumDense("abc,cde->abde", (None, heads, hd), bias_axes="de", name="q")
        self.k = layers.EinsumDense("abc,cde->abde", (None, heads, hd), bias_axes="de", name="k")
        self.v = layers.EinsumDense("abc,cde->abde", (None, heads, hd), bias_axes="de", name="v")
        self.o = layers.EinsumDense("abde,dec->abc", (None, d), bias_axes="c", name="o")
        self.ln_att = layers.LayerNormalization(epsilon=1e-12, name="ln_att")
        self.ff1 = layers.Dense(ff, activation=lambda z: tf.nn.gelu(z, approximate=False), name="ff1")
        self.ff2 = layers.Dense(d, name="ff2")
        self.ln_ff = layers.LayerNormalization(epsilon=1e-12, name="ln_ff")
        self.drop = layers.Dropout(0.1)

    def call(self, x, adder, training=None):
        q, k, v = self.q(x), self.k(x), self.v(x)
        q = tf.multiply(q, 1.0 / math.sqrt(self.d // self.heads))
        scores = tf.einsum("aecd,abcd->acbe", k, q) + adder
        probs = tf.nn.softmax(scores)
        ctx = tf.einsum("acbe,aecd->abcd", probs, v)
        x = self.ln_att(x + self.drop(self.o(ctx), training=training))
        return self.ln_ff(x + self.drop(self.ff2(self.ff1(x)), training=training))


class TFMiniBert(keras.Model):
    def __init__(self, vocab=47, max_pos=18, d=20, heads=4, ff=26, n_layers=2):
        super().__init__()
        self.word = layers.Embedding(vocab, d)
        self.types = layers.Embedding(2, d)
        self.position = self.add_weight(shape=(max_pos, d), initializer="uniform", name="position_embeddings")
        self.norm = layers.LayerNormalization(epsilon=1e-12)
        self.drop = layers.Dropout(0.1)
        self.encoder_layers = [TFBertLayer(d, heads, ff, name=f"layer_{i}") for i in range(n_layers)]
        self.pooler = layers.Dense(d, activation="tanh")

    def call(self, inputs, training=None):
        ids, types, mask = inputs["input_ids"], inputs["token_type_ids"], inputs["attention_mask"]
        x = self.word(ids) + self.types(types) + self.position[None, : tf.shape(ids)[1]]
        x = self.drop(self.norm(x), training=training)
        adder = (1.0 - tf.cast(mask[:, tf.newaxis, tf.newaxis, :], tf.float32)) * -10000.0
        for layer in self.encoder_layers:
            x = layer(x, adder, training=training)
        return {"last_hidden_state": x, "pooler_output": self.pooler(x[:, 0])}


def bert():
    """TensorFlow's functions and EinsumDense; one dict for torch's keyword arguments, and a dict for its dataclass."""
    lengths = np.array([13, 5, 9])
    mask = (np.arange(13)[None] < lengths[:, None]).astype("int32")
    inputs = {
        "input_ids": (tokens(3, 13, below=47, seed=23, lowest=1) * mask).astype("int32"),
        "token_type_ids": (np.arange(13)[None] >= np.array([[6], [3], [4]])).astype("int32") * mask,
        "attention_mask": mask,
    }
    keras_model = TFMiniBert()
    keras_model({name: tf.constant(array) for name, array in inputs.items()})
    return {"torch_model": MiniBert(), "keras_model": keras_model, "inputs": inputs}


PAIRS = (transformer_encoder, bert)
