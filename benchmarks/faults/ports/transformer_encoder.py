"""A text encoder with padding: MultiHeadAttention on both sides, post-norm as in the paper, the mean over the words that are there."""

import keras
import numpy as np
import torch
from torch import nn

from benchmarks.faults.building import as_trained, tokens
from benchmarks.faults.port import Fault
from benchmarks.faults.weights import copy_weights

WIDTH, LENGTH = 16, 9


def sinusoids(length, width, start=0, interleaved=True):
    angle = np.arange(start, start + length)[:, None] / 10000 ** (np.arange(0, width, 2) / width)
    found = np.stack([np.sin(angle), np.cos(angle)], -1).reshape(length, width) if interleaved else np.concatenate([np.sin(angle), np.cos(angle)], -1)
    return found.astype("float32")


class EncoderLayer(nn.Module):
    def __init__(self):
        super().__init__()
        self.self_attn = nn.MultiheadAttention(WIDTH, 4, batch_first=True)
        self.linear1 = nn.Linear(WIDTH, 24)
        self.linear2 = nn.Linear(24, WIDTH)
        self.norm1 = nn.LayerNorm(WIDTH)
        self.norm2 = nn.LayerNorm(WIDTH)

    def forward(self, x, padding):
        attended, _ = self.self_attn(x, x, x, key_padding_mask=padding, need_weights=False)
        x = self.norm1(x + attended)
        return self.norm2(x + self.linear2(torch.relu(self.linear1(x))))


class Encoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed = nn.Embedding(40, WIDTH)
        self.register_buffer("positions", torch.from_numpy(sinusoids(LENGTH, WIDTH)))
        self.layers = nn.ModuleList([EncoderLayer(), EncoderLayer()])
        self.classifier = nn.Linear(WIDTH, 4)

    def forward(self, ids):
        padding = ids == 0
        x = self.embed(ids) * WIDTH**0.5 + self.positions
        for layer in self.layers:
            x = layer(x, padding)
        keep = (~padding).unsqueeze(-1).to(x.dtype)
        return self.classifier((x * keep).sum(1) / keep.sum(1))


def build_torch():
    return as_trained(Encoder, seed=14)


def attend(x, mask, index, heads, width, use_mask, value_from):
    layer = keras.layers.MultiHeadAttention(heads, width, name=f"attention_{index}")
    masks = {"right": mask, "none": None, "inverted": keras.ops.logical_not(mask)}
    return (
        layer(x, value_from, attention_mask=masks[use_mask], use_causal_mask=use_mask == "causal")
        if use_mask != "causal"
        else layer(x, x, use_causal_mask=True)
    )


def block(x, mask, index, *, heads=4, width=4, use_mask="right", norm="post", epsilon=1e-5, inner="relu", residual=True, second_residual=True, detach=False):
    norm1 = keras.layers.LayerNormalization(epsilon=epsilon, name=f"norm_{index}_a")
    norm2 = keras.layers.LayerNormalization(epsilon=epsilon, name=f"norm_{index}_b")
    wide = keras.layers.Dense(24, activation=inner, name=f"wide_{index}")
    narrow = keras.layers.Dense(WIDTH, name=f"narrow_{index}")
    if norm == "pre":
        entered = norm1(x)
        x = x + attend(entered, mask, index, heads, width, use_mask, entered)
        return x + narrow(wide(norm2(x)))
    attended = attend(x, mask, index, heads, width, use_mask, x)
    if detach:
        attended = keras.ops.stop_gradient(attended)
    if norm == "before_add":
        x = x + norm1(attended)
        return x + norm2(narrow(wide(x)))
    x = norm1(x + attended if residual else attended)
    y = narrow(wide(x))
    return norm2(x + y if second_residual else y)


def build_keras(*, scale=True, interleaved=True, start=0, positions=True, pool="masked_mean", first=None, second=None, last=None):
    ids = keras.Input((LENGTH,), dtype="int64")
    x = keras.layers.Embedding(40, WIDTH, name="words")(ids)
    if scale:
        x = x * WIDTH**0.5
    if positions:
        x = x + sinusoids(LENGTH, WIDTH, start, interleaved)
    there = keras.ops.not_equal(ids, 0)
    mask = keras.ops.expand_dims(there, 1)
    x = block(x, mask, 0, **(first or {}))
    x = block(x, mask, 1, **(second or {}))
    keep = keras.ops.expand_dims(keras.ops.cast(there, x.dtype), -1)
    if pool == "masked_mean":
        x = keras.ops.sum(x * keep, 1) / keras.ops.sum(keep, 1)
    elif pool == "mean":
        x = keras.layers.GlobalAveragePooling1D()(x)
    elif pool == "first":
        x = x[:, 0]
    else:
        x = keras.layers.GlobalMaxPooling1D()(x)
    return keras.Model(ids, keras.layers.Dense(4, activation=last, name="classes")(x))


def inputs():
    ids = tokens(3, LENGTH, below=40, seed=15, lowest=1)
    ids[0, 7:] = ids[2, 5:] = 0
    return ids


LAYERS = {"embed": "words", "classifier": "classes"}
for index in range(2):
    LAYERS |= {f"layers.{index}.self_attn": f"attention_{index}", f"layers.{index}.linear1": f"wide_{index}", f"layers.{index}.linear2": f"narrow_{index}"}
    LAYERS |= {f"layers.{index}.norm1": f"norm_{index}_a", f"layers.{index}.norm2": f"norm_{index}_b"}


def load_with(change):
    return lambda torch_model, keras_model: copy_weights(torch_model, keras_model, LAYERS, change)


def packed(order):
    """The packed projection's three parts taken in another order."""

    def change(state):
        return {
            name: np.concatenate([array[WIDTH * part : WIDTH * part + WIDTH] for part in order]) if "1.self_attn.in_proj" in name else array
            for name, array in state.items()
        }

    return change


def square_not_transposed(state):
    name = "layers.0.self_attn.out_proj.weight"
    return {**state, name: np.ascontiguousarray(state[name].T)}


def heads_interleaved(state):
    """The out projection's columns read as (head dim, heads) rather than (heads, head dim)."""
    name = "layers.1.self_attn.out_proj.weight"
    return {**state, name: state[name].reshape(WIDTH, 4, 4).transpose(0, 2, 1).reshape(WIDTH, WIDTH)}


ATT0, ATT1 = "layers.0.self_attn", "layers.1.self_attn"
FAULTS = [
    Fault("mask_forgotten", ATT0, "mask", "no attention mask", {"first": {"use_mask": "none"}}),
    Fault(
        "mask_inverted", ATT1, "mask", "torch's key_padding_mask passed as Keras' attention_mask: True means the opposite", {"second": {"use_mask": "inverted"}}
    ),
    Fault("causal", ATT0, "mask", "use_causal_mask instead of the padding mask", {"first": {"use_mask": "causal"}}),
    Fault("heads", ATT1, "heads", "2 heads of 8 for 4 of 4", {"second": {"heads": 2, "width": 8}}),
    Fault(
        "pre_norm",
        ("layers.0", "layers.0.norm1", "layers.0.self_attn", "layers.0.linear1", "layers.0.norm2"),
        "order",
        "norms before, not after",
        {"first": {"norm": "pre"}},
    ),
    Fault(
        "norm_before_add",
        ("layers.1", "layers.1.norm1", "layers.1.norm2", "layers.1.linear1"),
        "order",
        "norm first, then the sum",
        {"second": {"norm": "before_add"}},
    ),
    Fault("epsilon", ("layers.0.norm1", "layers.0.norm2"), "epsilon", "Keras' default epsilon 1e-3", {"first": {"epsilon": 1e-3}}),
    Fault("epsilon_bert", ("layers.1.norm1", "layers.1.norm2"), "epsilon", "epsilon 1e-12 as in BERT", {"second": {"epsilon": 1e-12}}),
    Fault("gelu_for_relu", ("layers.0.linear1", "layers.0.linear2", "layers.0"), "activation", "GELU for ReLU", {"first": {"inner": "gelu"}}),
    Fault("relu_forgotten", ("layers.1.linear1", "layers.1.linear2", "layers.1"), "activation", "no ReLU between the Denses", {"second": {"inner": None}}),
    Fault("no_residual", ("layers.0.norm1", "layers.0.self_attn", "layers.0"), "residual", "attention without the shortcut", {"first": {"residual": False}}),
    Fault(
        "no_second_residual",
        ("layers.1.norm2", "layers.1.linear2", "layers.1"),
        "residual",
        "feed-forward without the shortcut",
        {"second": {"second_residual": False}},
    ),
    Fault(
        "detached",
        ("layers.1.self_attn", "layers.1.norm1", "layers.1"),
        "gradient",
        "stop_gradient on the attention",
        {"second": {"detach": True}},
        seen="grad",
    ),
    Fault(
        "embedding_not_scaled",
        ("layers.0", "embed", "layers.0.self_attn"),
        "scale",
        "the embedding is not multiplied by the root of its width",
        {"scale": False},
    ),
    Fault("sin_then_cos", ("layers.0", "embed", "layers.0.self_attn"), "positions", "sines and cosines side by side, not interleaved", {"interleaved": False}),
    Fault("positions_from_one", ("layers.0", "embed", "layers.0.self_attn"), "positions", "positions counted from 1", {"start": 1}),
    Fault("no_positions", ("layers.0", "embed", "layers.0.self_attn"), "positions", "the positions are not added", {"positions": False}),
    Fault("mean_over_padding", ("classifier", "layers.1.norm2", "layers.1"), "mask", "the mean takes the padding in", {"pool": "mean"}),
    Fault("first_token", ("classifier", "layers.1.norm2", "layers.1"), "time step", "the first token for the mean", {"pool": "first"}),
    Fault("max_pool", ("classifier", "layers.1.norm2", "layers.1"), "pooling", "the maximum for the mean", {"pool": "max"}),
    Fault("softmax_at_the_end", ("classifier", "output"), "output", "a softmax on the logits", {"last": "softmax"}),
    Fault("packed_kqv", ATT1, "weights", "the packed projection read as k, q, v", load=load_with(packed((1, 0, 2)))),
    Fault("packed_qvk", ATT1, "weights", "the packed projection read as q, v, k (Keras' order of arguments)", load=load_with(packed((0, 2, 1)))),
    Fault("out_not_transposed", ATT0, "weights", "the square out projection loaded without transposing", load=load_with(square_not_transposed)),
    Fault("heads_interleaved", ATT1, "weights", "the out projection read as (head dim, heads)", load=load_with(heads_interleaved)),
]
