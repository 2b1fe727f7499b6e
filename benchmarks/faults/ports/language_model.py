"""A small GPT: packed projection, causal mask, tied embedding; next-token cross-entropy that ignores the padding."""

import keras
import numpy as np
import torch
from keras import ops
from torch import nn

from benchmarks.faults.building import as_trained, tokens
from benchmarks.faults.own import TorchAdam
from benchmarks.faults.port import Fault
from benchmarks.faults.weights import copy_weights

TOLERANCE = 1e-7  # TensorFlow keeps the constants of the tanh form of GELU in float32
WORDS, WIDTH, HEADS, LENGTH = 30, 16, 4, 8


class Attention(nn.Module):
    def __init__(self):
        super().__init__()
        self.c_attn = nn.Linear(WIDTH, 3 * WIDTH)
        self.c_proj = nn.Linear(WIDTH, WIDTH)

    def forward(self, x):
        b, t, _ = x.shape
        q, k, v = (y.view(b, t, HEADS, -1).transpose(1, 2) for y in self.c_attn(x).split(WIDTH, dim=2))
        y = nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True)
        return self.c_proj(y.transpose(1, 2).reshape(b, t, WIDTH))


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.ln_1, self.ln_2 = nn.LayerNorm(WIDTH), nn.LayerNorm(WIDTH)
        self.attn = Attention()
        self.c_fc, self.c_proj = nn.Linear(WIDTH, 32), nn.Linear(32, WIDTH)

    def forward(self, x):
        x = x + self.attn(self.ln_1(x))
        return x + self.c_proj(nn.functional.gelu(self.c_fc(self.ln_2(x)), approximate="tanh"))


class GPT(nn.Module):
    def __init__(self):
        super().__init__()
        self.wte, self.wpe = nn.Embedding(WORDS, WIDTH), nn.Embedding(LENGTH, WIDTH)
        self.h = nn.ModuleList([Block(), Block()])
        self.ln_f = nn.LayerNorm(WIDTH)

    def forward(self, ids):
        x = self.wte(ids) + self.wpe(torch.arange(ids.shape[1]))
        for block in self.h:
            x = block(x)
        return self.ln_f(x) @ self.wte.weight.T


def build_torch():
    return as_trained(GPT, seed=46)


class CausalAttention(keras.layers.Layer):
    def __init__(self, mask="causal", order="qkv", split="parts", scale=True):
        super().__init__()
        self.packed, self.out = keras.layers.Dense(3 * WIDTH), keras.layers.Dense(WIDTH)
        self.mask, self.order, self.split, self.scale = mask, order, split, scale

    def call(self, x):
        b, t = ops.shape(x)[0], x.shape[1]
        packed = self.packed(x)
        if self.split == "heads_first":  # each head's q, k and v side by side
            parts = dict(zip("qkv", ops.split(ops.reshape(packed, (b, t, HEADS, -1)), 3, axis=-1), strict=True))
        else:
            parts = {name: ops.reshape(part, (b, t, HEADS, -1)) for name, part in zip(self.order, ops.split(packed, 3, axis=-1), strict=True)}
        q, k, v = (ops.transpose(parts[name], (0, 2, 1, 3)) for name in "qkv")
        scores = ops.matmul(q, ops.transpose(k, (0, 1, 3, 2)))
        if self.scale:
            scores = scores / (WIDTH // HEADS) ** 0.5
        ahead = np.triu(np.ones((t, t), bool), 1)
        if self.mask == "strict":
            ahead = np.triu(np.ones((t, t), bool), 0)
            ahead[0, 0] = False
        elif self.mask == "reversed":
            ahead = ahead.T
        elif self.mask == "one_ahead":
            ahead = np.triu(np.ones((t, t), bool), 2)
        if self.mask == "zeroed":  # after the softmax, so that rows no longer sum to one
            weights = ops.where(ahead, 0.0, ops.softmax(scores))
        elif self.mask == "multiplied":  # scores of zero are not minus infinity
            weights = ops.softmax(scores * ops.cast(~ahead, scores.dtype))
        elif self.mask == "none":
            weights = ops.softmax(scores)
        else:
            weights = ops.softmax(ops.where(ahead, -1e9, scores))
        return self.out(ops.reshape(ops.transpose(ops.matmul(weights, v), (0, 2, 1, 3)), (b, t, WIDTH)))


class GptBlock(keras.layers.Layer):
    def __init__(self, gelu="tanh", epsilon=1e-5, parallel=False, **attention):
        super().__init__()
        self.norm_a, self.norm_b = keras.layers.LayerNormalization(epsilon=epsilon), keras.layers.LayerNormalization(epsilon=epsilon)
        self.attend = CausalAttention(**attention)
        self.wide, self.narrow = keras.layers.Dense(32), keras.layers.Dense(WIDTH)
        self.gelu, self.parallel = gelu, parallel

    def call(self, x):
        attended = x + self.attend(self.norm_a(x))
        y = self.wide(self.norm_b(x if self.parallel else attended))
        y = ops.gelu(y, approximate=self.gelu == "tanh") if self.gelu != "relu" else ops.relu(y)
        return attended + self.narrow(y)


class KerasGPT(keras.Model):
    def __init__(self, *, first=None, second=None, shift=0, positions=True, final_norm=True, tied="right", softcap=False):
        super().__init__()
        self.words, self.places = keras.layers.Embedding(WORDS, WIDTH), keras.layers.Embedding(LENGTH, WIDTH)
        self.stack = [GptBlock(**(first or {})), GptBlock(**(second or {}))]
        self.last_norm = keras.layers.LayerNormalization(epsilon=1e-5) if final_norm else None
        self.shift, self.with_positions, self.tied, self.softcap = shift, positions, tied, softcap

    def call(self, ids):
        x = self.words(ids)
        if self.with_positions:
            x = x + self.places((ops.arange(ids.shape[1]) + self.shift) % LENGTH)
        for block in self.stack:
            x = block(x)
        x = self.last_norm(x) if self.last_norm is not None else x
        table = ops.transpose(ops.convert_to_tensor(self.words.embeddings))
        if self.tied == "detached":
            table = ops.stop_gradient(table)
        elif self.tied == "scaled":
            table = table / WIDTH**0.5
        logits = ops.matmul(x, table)
        return 5 * ops.tanh(logits / 5) if self.softcap else logits


build_keras = KerasGPT


def inputs():
    return tokens(2, LENGTH, below=WORDS, seed=47)


def targets():
    found = np.concatenate([inputs()[:, 1:], np.full((2, 1), -100)], axis=1)
    found[1, 5:] = -100
    return found


def next_token(output, target, ignore=True, divide="counted", shift=0, smoothing=0.0):
    if shift:
        target = ops.roll(target, shift, axis=1)
    counted = ops.cast(ops.not_equal(target, -100), output.dtype)
    labels = ops.one_hot(ops.maximum(target, 0), WORDS, dtype=output.dtype)
    labels = labels * (1 - smoothing) + smoothing / WORDS
    losses = -ops.sum(labels * ops.log_softmax(output), axis=-1)
    if not ignore:
        return ops.mean(losses)
    if divide == "counted":
        return ops.sum(losses * counted) / ops.sum(counted)
    if divide == "per_row":
        return ops.mean(ops.sum(losses * counted, 1) / ops.sum(counted, 1))
    return ops.sum(losses * counted) if divide == "sum" else ops.mean(losses * counted)


def loss_with(**changes):
    return lambda: lambda output, target: next_token(output, target, **changes)


LOSS = (lambda o, t: nn.functional.cross_entropy(o.reshape(-1, WORDS), t.reshape(-1)), lambda: next_token)
OPTIMIZER = (lambda parameters: torch.optim.Adam(parameters, lr=3e-4, betas=(0.9, 0.95), weight_decay=0.1), lambda: TorchAdam(3e-4, beta_2=0.95, decay=0.1))
LAYERS = {"wte": "words", "wpe": "places", "ln_f": "last_norm"}
for index in range(2):
    LAYERS |= {f"h.{index}.ln_1": f"stack.{index}.norm_a", f"h.{index}.ln_2": f"stack.{index}.norm_b", f"h.{index}.c_fc": f"stack.{index}.wide"}
    LAYERS |= {f"h.{index}.c_proj": f"stack.{index}.narrow", f"h.{index}.attn.c_attn": f"stack.{index}.attend.packed"}
    LAYERS[f"h.{index}.attn.c_proj"] = f"stack.{index}.attend.out"


def conv1d_weights(state):
    """As if torch's layer were GPT-2's Conv1D, stored (in, out): square weights stay as they are."""
    return {name: np.ascontiguousarray(a.T) if name == "h.1.attn.c_proj.weight" else a for name, a in state.items()}


def load_conv1d(torch_model, keras_model):
    copy_weights(torch_model, keras_model, LAYERS, conv1d_weights)


def another_loss(name, kind, cause, loss):
    return Fault(name, "loss", kind, cause, seen="loss", loss=loss)


def another_optimizer(name, kind, cause, build):
    return Fault(name, "optimizer", kind, cause, seen="step", optimizer=build)


A0, A1 = ("h.0.attn", "h.0.attn.c_proj", "h.0.attn.c_attn"), ("h.1.attn", "h.1.attn.c_proj", "h.1.attn.c_attn")
ENTRY = ("h.0", "wpe", "wte", "h.0.ln_1")
FAULTS = [
    Fault("mask_forgotten", A0, "mask", "no causal mask", {"first": {"mask": "none"}}),
    Fault("mask_reversed", A1, "mask", "the past masked, not the future", {"second": {"mask": "reversed"}}),
    Fault("mask_strict", A1, "mask", "a token does not see itself", {"second": {"mask": "strict"}}),
    Fault("mask_one_ahead", A0, "mask", "a token sees the next one", {"first": {"mask": "one_ahead"}}),
    Fault("mask_after_softmax", A1, "mask", "weights set to zero after the softmax", {"second": {"mask": "zeroed"}}),
    Fault("mask_multiplied", A0, "mask", "scores multiplied by the mask", {"first": {"mask": "multiplied"}}),
    Fault("packed_kqv", A0, "arguments", "the packed projection split as k, q, v", {"first": {"order": "kqv"}}),
    Fault("packed_by_heads", A1, "axes", "split into heads first, then into q, k, v", {"second": {"split": "heads_first"}}),
    Fault("no_scale", A1, "scale", "no scale", {"second": {"scale": False}}),
    Fault("gelu_exact", ("h.0.c_proj", "h.0.c_fc", "h.0"), "gelu", "the exact GELU for the tanh form", {"first": {"gelu": "exact"}}),
    Fault("relu_for_gelu", ("h.1.c_proj", "h.1.c_fc", "h.1"), "activation", "ReLU for GELU", {"second": {"gelu": "relu"}}),
    Fault("epsilon", ("h.1.ln_1", "h.1.ln_2"), "epsilon", "Keras' default epsilon 1e-3", {"second": {"epsilon": 1e-3}}),
    Fault("parallel", ("h.0.ln_2", "h.0"), "order", "attention and MLP side by side", {"first": {"parallel": True}}),
    Fault("positions_shifted", ENTRY, "positions", "positions shifted by one", {"shift": 1}),
    Fault("no_positions", ENTRY, "positions", "no positions", {"positions": False}),
    Fault("no_final_norm", ("ln_f", "output"), "norm", "no final norm", {"final_norm": False}),
    Fault("tied_detached", ("wte", "output"), "gradient", "no gradient through the tied output weights", {"tied": "detached"}, seen="grad"),
    Fault("tied_scaled", ("output", "wte"), "scale", "logits divided by the root of the width", {"tied": "scaled"}),
    Fault("softcapped", ("output", "ln_f"), "activation", "logits passed through a tanh of 5", {"softcap": True}),
    Fault("conv1d_weights", ("h.1.attn.c_proj",), "weights", "a square weight loaded as GPT-2's Conv1D stores it", load=load_conv1d),
    another_loss("padding_counted", "mask", "ignored targets counted as word 0", loss_with(ignore=False)),
    another_loss("divided_by_all", "reduction", "divided by all tokens, not by those that count", loss_with(divide="all")),
    another_loss("summed", "reduction", "the sum over tokens", loss_with(divide="sum")),
    another_loss("mean_per_row", "reduction", "the mean of each sequence's mean", loss_with(divide="per_row")),
    another_loss("shifted_twice", "data", "targets shifted again in the loss", loss_with(shift=-1)),
    another_loss("smoothed", "label smoothing", "label smoothing 0.1", loss_with(smoothing=0.1)),
    another_optimizer("decoupled", "decay", "AdamW for Adam with decay", lambda: keras.optimizers.AdamW(3e-4, 0.1, beta_2=0.95, epsilon=1e-8)),
    another_optimizer("beta_2", "betas", "beta_2 0.999", lambda: TorchAdam(3e-4, decay=0.1)),
    another_optimizer("decay_forgotten", "decay", "no decay", lambda: TorchAdam(3e-4, beta_2=0.95)),
    another_optimizer("clipped", "clipping", "global_clipnorm=0.1", lambda: TorchAdam(3e-4, beta_2=0.95, decay=0.1, global_clipnorm=0.1)),
]
