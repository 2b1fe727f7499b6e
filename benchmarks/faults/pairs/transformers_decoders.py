"""Causal transformers: GPT with a tied head, and LLaMA."""

import math

import keras
import torch
from keras import layers, ops
from torch import nn
from torch.nn import functional as F

from benchmarks.faults.building import tokens


class CausalSelfAttention(nn.Module):
    def __init__(self, d, n_head, block):
        super().__init__()
        self.c_attn = nn.Linear(d, 3 * d)
        self.c_proj = nn.Linear(d, d)
        self.n_head = n_head
        self.register_buffer("bias", torch.tril(torch.ones(block, block)).view(1, 1, block, block))

    def forward(self, x):
        batch, time, width = x.size()
        q, k, v = self.c_attn(x).split(width, dim=2)
        q, k, v = (z.view(batch, time, self.n_head, width // self.n_head).transpose(1, 2) for z in (q, k, v))
        att = (q @ k.transpose(-2, -1)) * (1.0 / math.sqrt(k.size(-1)))
        att = att.masked_fill(self.bias[:, :, :time, :time] == 0, float("-inf"))
        y = F.softmax(att, dim=-1) @ v
        return self.c_proj(y.transpose(1, 2).contiguous().view(batch, time, width))


class Block(nn.Module):
    def __init__(self, d, n_head, block):
        super().__init__()
        self.ln_1 = nn.LayerNorm(d)
        self.attn = CausalSelfAttention(d, n_head, block)
        self.ln_2 = nn.LayerNorm(d)
        self.mlp = nn.ModuleDict({"c_fc": nn.Linear(d, 4 * d), "c_proj": nn.Linear(4 * d, d), "act": nn.GELU()})

    def forward(self, x):
        x = x + self.attn(self.ln_1(x))
        m = self.mlp
        return x + m.c_proj(m.act(m.c_fc(self.ln_2(x))))


class GPT(nn.Module):
    def __init__(self, vocab=43, block=9, d=10, n_head=2, n_layer=3):
        super().__init__()
        self.transformer = nn.ModuleDict(
            {
                "wte": nn.Embedding(vocab, d),
                "wpe": nn.Embedding(block, d),
                "h": nn.ModuleList([Block(d, n_head, block) for _ in range(n_layer)]),
                "ln_f": nn.LayerNorm(d),
            }
        )
        self.lm_head = nn.Linear(d, vocab, bias=False)
        self.transformer.wte.weight = self.lm_head.weight

    def forward(self, idx):
        tr = self.transformer
        pos = torch.arange(idx.size(1), device=idx.device)
        x = tr.wte(idx) + tr.wpe(pos)
        for b in tr.h:
            x = b(x)
        return self.lm_head(tr.ln_f(x))


def lm_loss(logits, targets):
    return F.cross_entropy(logits.view(-1, logits.size(-1)), targets.view(-1))


class FusedAttention(layers.Layer):
    def __init__(self, d, heads, **kw):
        super().__init__(**kw)
        self.d, self.heads = d, heads
        self.proj = layers.Dense(d, name="proj")
        self.qkv = layers.Dense(3 * d, name="qkv")

    def call(self, x):
        b, t = ops.shape(x)[0], ops.shape(x)[1]
        hd = self.d // self.heads
        q, k, v = ops.split(self.qkv(x), 3, axis=-1)
        q, k, v = [ops.reshape(z, (b, t, self.heads, hd)) for z in (q, k, v)]
        att = ops.einsum("bqhd,bkhd->bhqk", q, k) / hd**0.5
        causal = ops.tril(ops.ones((t, t), dtype="bool"))
        att = ops.where(causal, att, -1e10)
        y = ops.einsum("bhqk,bkhd->bqhd", ops.softmax(att, axis=-1), v)
        return self.proj(ops.reshape(y, (b, t, self.d)))


class KerasGPT(keras.Model):
    def __init__(self, vocab=43, block=9, d=10, heads=2, depth=3):
        super().__init__(name="gpt")
        self.tok = layers.Embedding(vocab, d, name="tok")
        self.pos = self.add_weight(shape=(block, d), initializer="random_normal", name="pos")
        self.ln = layers.LayerNormalization(epsilon=1e-5, name="ln_out")
        self.stack = []
        for i in range(depth):
            self.stack.append(
                {
                    "attn": FusedAttention(d, heads, name=f"attn{i}"),
                    "fc": layers.Dense(4 * d, activation="gelu", name=f"fc{i}"),
                    "out": layers.Dense(d, name=f"out{i}"),
                    "n1": layers.LayerNormalization(epsilon=1e-5, name=f"n1_{i}"),
                    "n2": layers.LayerNormalization(epsilon=1e-5, name=f"n2_{i}"),
                }
            )

    def call(self, idx):
        t = ops.shape(idx)[1]
        x = self.tok(idx) + self.pos[:t]
        for blk in self.stack:
            x = x + blk["attn"](blk["n1"](x))
            x = x + blk["out"](blk["fc"](blk["n2"](x)))
        return ops.matmul(self.ln(x), ops.transpose(self.tok.embeddings))


def gpt():
    """Positions are a bare variable, attention is written with einsum, and the head multiplies by the embedding transposed."""
    ids = tokens(4, 9, below=43, seed=22)
    keras_model = KerasGPT()
    keras_model(ids)
    return {
        "torch_model": GPT(),
        "keras_model": keras_model,
        "inputs": ids,
        "loss": (lm_loss, keras.losses.SparseCategoricalCrossentropy(from_logits=True)),
        "targets": tokens(4, 9, below=43, seed=23),
        "optimizer": (lambda parameters: torch.optim.SGD(parameters, lr=0.02, momentum=0.9), lambda: keras.optimizers.SGD(learning_rate=0.02, momentum=0.9)),
    }


class RMSNorm(nn.Module):
    def __init__(self, dim, eps=1e-5):
        super().__init__()
        self.eps = eps
        self.weight = nn.Parameter(torch.ones(dim))

    def forward(self, x):
        return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + self.eps) * self.weight


def rotate_half(x):
    a, b = x.chunk(2, dim=-1)
    return torch.cat((-b, a), dim=-1)


class LlamaAttention(nn.Module):
    def __init__(self, d, n_heads, n_kv, hd):
        super().__init__()
        self.n_heads, self.n_kv, self.hd = n_heads, n_kv, hd
        self.q_proj = nn.Linear(d, n_heads * hd, bias=False)
        self.k_proj = nn.Linear(d, n_kv * hd, bias=False)
        self.v_proj = nn.Linear(d, n_kv * hd, bias=False)
        self.o_proj = nn.Linear(n_heads * hd, d, bias=False)

    def forward(self, x, cos, sin):
        batch, time, _ = x.shape
        q = self.q_proj(x).view(batch, time, self.n_heads, self.hd).transpose(1, 2)
        k = self.k_proj(x).view(batch, time, self.n_kv, self.hd).transpose(1, 2)
        v = self.v_proj(x).view(batch, time, self.n_kv, self.hd).transpose(1, 2)
        q = q * cos + rotate_half(q) * sin
        k = k * cos + rotate_half(k) * sin
        rep = self.n_heads // self.n_kv
        k = k.repeat_interleave(rep, dim=1)
        v = v.repeat_interleave(rep, dim=1)
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        return self.o_proj(y.transpose(1, 2).reshape(batch, time, -1))


class LlamaMLP(nn.Module):
    def __init__(self, d, ff):
        super().__init__()
        self.gate_proj = nn.Linear(d, ff, bias=False)
        self.up_proj = nn.Linear(d, ff, bias=False)
        self.down_proj = nn.Linear(ff, d, bias=False)

    def forward(self, x):
        return self.down_proj(F.silu(self.gate_proj(x)) * self.up_proj(x))


class LlamaBlock(nn.Module):
    def __init__(self, d, n_heads, n_kv, hd, ff):
        super().__init__()
        self.input_layernorm = RMSNorm(d)
        self.self_attn = LlamaAttention(d, n_heads, n_kv, hd)
        self.post_attention_layernorm = RMSNorm(d)
        self.mlp = LlamaMLP(d, ff)

    def forward(self, x, cos, sin):
        x = x + self.self_attn(self.input_layernorm(x), cos, sin)
        return x + self.mlp(self.post_attention_layernorm(x))


class MiniLlama(nn.Module):
    def __init__(self, vocab=59, d=18, n_heads=6, n_kv=2, hd=4, ff=34, n_layers=2, max_len=20, theta=10000.0):
        super().__init__()
        self.embed_tokens = nn.Embedding(vocab, d)
        self.layers = nn.ModuleList([LlamaBlock(d, n_heads, n_kv, hd, ff) for _ in range(n_layers)])
        self.norm = RMSNorm(d)
        self.lm_head = nn.Linear(d, vocab, bias=False)
        inv = 1.0 / (theta ** (torch.arange(0, hd, 2).float() / hd))
        f = torch.outer(torch.arange(max_len).float(), inv)
        emb = torch.cat((f, f), dim=-1)
        self.register_buffer("cos", emb.cos(), persistent=False)
        self.register_buffer("sin", emb.sin(), persistent=False)

    def forward(self, ids):
        time = ids.shape[1]
        x = self.embed_tokens(ids)
        for layer in self.layers:
            x = layer(x, self.cos[:time], self.sin[:time])
        return self.lm_head(self.norm(x))


class RotaryGQA(layers.Layer):
    """Grouped-query attention without repeating k and v: queries are grouped instead."""

    def __init__(self, heads, kv_heads, head_dim, theta=10000.0, **kw):
        super().__init__(**kw)
        self.heads, self.kv_heads, self.head_dim, self.theta = heads, kv_heads, head_dim, theta

    def build(self, shape):
        d = shape[-1]
        init = keras.initializers.GlorotUniform()
        self.wo = self.add_weight(shape=(self.heads * self.head_dim, d), initializer=init, name="wo")
        self.wq = layers.Dense(self.heads * self.head_dim, use_bias=False, name="wq")
        self.wkv = {n: layers.Dense(self.kv_heads * self.head_dim, use_bias=False, name=f"w{n}") for n in ("v", "k")}
        for dense in (self.wq, self.wkv["k"], self.wkv["v"]):
            dense.build(shape)
        self.built = True

    def rope(self, x):
        # x: (batch, time, heads, head_dim)
        half = self.head_dim // 2
        t = ops.cast(ops.arange(ops.shape(x)[1]), "float32")
        freq = ops.power(self.theta, -ops.cast(ops.arange(half), "float32") / half)
        ang = t[:, None] * freq[None, :]
        c, s = ops.cos(ang)[None, :, None, :], ops.sin(ang)[None, :, None, :]
        x1, x2 = x[..., :half], x[..., half:]
        return ops.concatenate([x1 * c - x2 * s, x2 * c + x1 * s], axis=-1)

    def call(self, x):
        b, t = ops.shape(x)[0], ops.shape(x)[1]
        g = self.heads // self.kv_heads
        q = self.rope(ops.reshape(self.wq(x), (b, t, self.heads, self.head_dim)))
        k = self.rope(ops.reshape(self.wkv["k"](x), (b, t, self.kv_heads, self.head_dim)))
        v = ops.reshape(self.wkv["v"](x), (b, t, self.kv_heads, self.head_dim))
        q = ops.reshape(q, (b, t, self.kv_heads, g, self.head_dim))
        s = ops.einsum("btkgd,bskd->bkgts", q, k) * self.head_dim**-0.5
        future = ops.arange(t)[None, :] > ops.arange(t)[:, None]
        s = ops.where(future, ops.cast(-1e9, s.dtype), s)
        y = ops.einsum("bkgts,bskd->btkgd", ops.softmax(s, axis=-1), v)
        return ops.matmul(ops.reshape(y, (b, t, self.heads * self.head_dim)), self.wo)


def llama_block(x, heads, kv, hd, ff, i):
    d = x.shape[-1]
    y = layers.RMSNormalization(epsilon=1e-5, name=f"attn_norm_{i}")(x)
    x = layers.Add()([x, RotaryGQA(heads, kv, hd, name=f"attn_{i}")(y)])
    y = layers.RMSNormalization(epsilon=1e-5, name=f"ffn_norm_{i}")(x)
    up = layers.Dense(ff, use_bias=False, name=f"w3_{i}")(y)
    gate = layers.Dense(ff, use_bias=False, activation="silu", name=f"w1_{i}")(y)
    y = layers.Dense(d, use_bias=False, name=f"w2_{i}")(layers.Multiply()([gate, up]))
    return layers.Add()([x, y])


def build_llama_keras():
    ids = keras.Input((None,), dtype="int32")
    x = layers.Embedding(59, 18, name="tok_embeddings")(ids)
    for i in range(2):
        x = llama_block(x, 6, 2, 4, 34, i)
    x = layers.RMSNormalization(epsilon=1e-5, name="norm_f")(x)
    return keras.Model(ids, layers.Dense(59, use_bias=False, name="output")(x))


def llama():
    """Functional; queries are grouped where torch repeats keys and values, and the last projection is a bare matrix."""
    return {"torch_model": MiniLlama(), "keras_model": build_llama_keras(), "inputs": tokens(5, 11, below=59, seed=24).astype("int32")}


PAIRS = (gpt, llama)
