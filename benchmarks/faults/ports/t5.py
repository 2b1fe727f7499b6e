"""A small T5 (1.1): RMS norms, positions in buckets shared by all layers, no scale in attention, gated GELU, a tied head; the port is subclassed."""

import math
from types import SimpleNamespace

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

VOCAB, WIDTH, HEADS, DIM, HIDDEN, READ, SAID = 27, 20, 3, 8, 30, 15, 11
BUCKETS, FARTHEST, EPSILON, RATE, PAD, END = 8, 12, 1e-6, 0.2, 0, 1
RIGHT = {"ahead": False, "placed": "all", "cross": "plain", "shift": "start", "padding": "seen", "ended": True, "rescaled": True, "head": "tied"}


def buckets(steps, bidirectional):
    relative = torch.arange(steps) - torch.arange(steps)[:, None]
    count = BUCKETS // 2 if bidirectional else BUCKETS
    size, exact = relative.abs() if bidirectional else (-relative).clamp(min=0), count // 2
    far = exact + (torch.log(size.clamp(min=1) / exact) / math.log(FARTHEST / exact) * (count - exact)).long()
    found = torch.where(size < exact, size, far.clamp(max=count - 1))
    return found + count * (relative > 0) if bidirectional else found


class Attention(nn.Module):
    def __init__(self):
        super().__init__()
        self.q, self.k, self.v = (nn.Linear(WIDTH, HEADS * DIM, bias=False) for _ in range(3))
        self.o = nn.Linear(HEADS * DIM, WIDTH, bias=False)

    def forward(self, x, memory, visible, bias=0.0):
        q, k, v = (y.unflatten(-1, (HEADS, DIM)).transpose(1, 2) for y in (self.q(x), self.k(memory), self.v(memory)))
        scores = q @ k.transpose(2, 3) + bias
        return self.o((scores.masked_fill(~visible, -1e9).softmax(-1) @ v).transpose(1, 2).flatten(2))


class FeedForward(nn.Module):
    def __init__(self):
        super().__init__()
        self.wi_0, self.wi_1 = (nn.Linear(WIDTH, HIDDEN, bias=False) for _ in range(2))
        self.wo = nn.Linear(HIDDEN, WIDTH, bias=False)
        self.dropout = nn.Dropout(RATE)

    def forward(self, x):
        return self.wo(self.dropout(F.gelu(self.wi_0(x), approximate="tanh") * self.wi_1(x)))


class Block(nn.Module):
    def __init__(self, decoding):
        super().__init__()
        self.norm1, self.self_attention = nn.RMSNorm(WIDTH, eps=EPSILON), Attention()
        if decoding:
            self.norm2, self.cross_attention = nn.RMSNorm(WIDTH, eps=EPSILON), Attention()
        self.norm3, self.feed_forward = nn.RMSNorm(WIDTH, eps=EPSILON), FeedForward()
        self.dropout = nn.Dropout(RATE)

    def forward(self, x, visible, bias, memory=None, readable=None):
        y = self.norm1(x)
        x = x + self.dropout(self.self_attention(y, y, visible, bias))
        if memory is not None:
            x = x + self.dropout(self.cross_attention(self.norm2(x), memory, readable))
        return x + self.dropout(self.feed_forward(self.norm3(x)))


class Stack(nn.Module):
    def __init__(self, decoding):
        super().__init__()
        self.relative_attention_bias = nn.Embedding(BUCKETS, HEADS)
        self.blocks = nn.ModuleList(Block(decoding) for _ in range(2))
        self.bidirectional, self.norm = not decoding, nn.RMSNorm(WIDTH, eps=EPSILON)

    def forward(self, x, visible, memory=None, readable=None):
        bias = self.relative_attention_bias(buckets(x.shape[1], self.bidirectional).to(x.device)).permute(2, 0, 1)
        for block in self.blocks:
            x = block(x, visible, bias, memory, readable)
        return self.norm(x)


class T5(nn.Module):
    def __init__(self):
        super().__init__()
        self.shared = nn.Embedding(VOCAB, WIDTH)
        self.encoder, self.decoder = Stack(decoding=False), Stack(decoding=True)
        for module in self.modules():
            if isinstance(module, nn.Linear):
                nn.init.normal_(module.weight, std=module.in_features**-0.5)
        self.lm_head = nn.Linear(WIDTH, VOCAB, bias=False)
        self.lm_head.weight = self.shared.weight

    def forward(self, source, labels):
        readable = (source != PAD)[:, None, None]
        memory = self.encoder(self.shared(source), readable)
        given = F.pad(labels[:, :-1], (1, 0), value=PAD)
        before = torch.ones(given.shape[1], given.shape[1], dtype=torch.bool, device=given.device).tril()
        return self.lm_head(self.decoder(self.shared(given), before, memory, readable) * WIDTH**-0.5)


def build_torch():
    return as_trained(T5, seed=911)


class Distances(layers.Layer):
    """Switches are the mistakes, here and below."""

    def __init__(self, ahead, *, farthest=FARTHEST, moved="transposed"):
        super().__init__()
        self.ahead, self.farthest, self.moved = ahead, farthest, moved
        self.table = layers.Embedding(BUCKETS, HEADS)

    def call(self, asking, held):
        away = np.arange(held.shape[1]) - np.arange(asking.shape[1])[:, None]
        count, size = (BUCKETS // 2, np.abs(away)) if self.ahead else (BUCKETS, np.maximum(-away, 0))
        exact = count // 2
        far = np.log(np.maximum(size, 1) / exact) * (count - exact) / np.log(self.farthest / exact)
        bucket = np.where(size < exact, size, np.minimum(exact + np.trunc(far), count - 1)) + (count * (away > 0) if self.ahead else 0)
        bias = self.table(ops.convert_to_tensor(bucket.astype("int32")))
        return ops.reshape(bias, (HEADS, *away.shape)) if self.moved == "reshaped" else ops.transpose(bias, (2, 0, 1))


class Look(layers.Layer):
    def __init__(self, *, scaled=False, memory="as_is", masked=True, centred=False):
        super().__init__()
        self.scaled, self.memory, self.masked, self.centred = scaled, memory, masked, centred
        self.norm, self.thin, self.merge = layers.RMSNormalization(epsilon=EPSILON), layers.Dropout(RATE), layers.Dense(WIDTH, use_bias=False)
        self.ask, self.match, self.carry = (layers.Dense(HEADS * DIM, use_bias=False) for _ in range(3))

    def call(self, x, visible, bias=None, memory=None):
        asking = self.norm(x - ops.mean(x, axis=-1, keepdims=True) if self.centred else x)
        held = asking if memory is None else self.norm(memory) if self.memory == "normed" else memory
        queries, keys, values = (ops.reshape(y, (-1, y.shape[1], HEADS, DIM)) for y in (self.ask(asking), self.match(held), self.carry(held)))
        scores = ops.einsum("bqhd,bkhd->bhqk", queries, keys) * (DIM**-0.5 if self.scaled else 1.0)
        scores = scores if bias is None else scores + bias
        scores = ops.where(visible, scores, -1e9) if self.masked else scores
        mixed = ops.einsum("bhqk,bkhd->bqhd", ops.softmax(scores), values)
        return x + self.thin(self.merge(ops.reshape(mixed, (-1, x.shape[1], HEADS * DIM))))


class Feed(layers.Layer):
    def __init__(self, *, gelu="tanh", inside=RATE):
        super().__init__()
        self.norm, self.thin, self.thin_inside, self.gelu = layers.RMSNormalization(epsilon=EPSILON), layers.Dropout(RATE), layers.Dropout(inside), gelu
        self.gate, self.widen, self.narrow = (layers.Dense(width, use_bias=False) for width in (HIDDEN, HIDDEN, WIDTH))

    def call(self, x):
        y = self.norm(x)
        y, wide = self.gate(y), self.widen(y)
        y = 0.5 * y * (1 + (ops.tanh(math.sqrt(2 / math.pi) * (y + 0.044715 * y**3)) if self.gelu == "tanh" else ops.erf(y / math.sqrt(2))))
        return x + self.thin(self.narrow(self.thin_inside(y * wide)))


class TextToText(keras.Model):
    def __init__(self, *, read1=(), read2=(), say1=(), say2=(), near=(), last_epsilon=EPSILON, **switches):
        super().__init__()
        self.how = SimpleNamespace(**RIGHT | switches)
        self.words, self.near, self.near_said = layers.Embedding(VOCAB, WIDTH), Distances(True, **dict(near)), Distances(self.how.ahead)
        self.read = [[kind(**dict(own).get(name, {})) for name, kind in (("look", Look), ("feed", Feed))] for own in (read1, read2)]
        self.say = [[kind(**dict(own).get(name, {})) for name, kind in (("look", Look), ("cross", Look), ("feed", Feed))] for own in (say1, say2)]
        self.end_read, self.end_said = (layers.RMSNormalization(epsilon=epsilon) for epsilon in (EPSILON, last_epsilon))

    def call(self, pair):
        source, labels = pair
        known = ops.not_equal(source, PAD)[:, None, None]
        x, near = self.words(source), self.near(source, source)
        for index, (look, feed) in enumerate(self.read):
            x = feed(look(x, known, near if self.how.placed == "all" or index == 0 else None))
        normed = self.end_read(x)
        x = normed if self.how.ended else x
        given = ops.roll(labels, 1, axis=1) if self.how.shift == "rolled" else ops.pad(labels[:, :-1], ((0, 0), (1, 0)), constant_values=PAD)
        past = ops.convert_to_tensor(np.tri(labels.shape[1], dtype=bool))
        past = ops.logical_and(past, ops.not_equal(given, PAD)[:, None, None]) if self.how.padding == "hidden" else past
        y, near = self.words(given), self.near_said(given, given)
        for index, (look, cross, feed) in enumerate(self.say):
            across = self.near_said(given, source) if self.how.cross == "placed" and index == 0 else None
            y = feed(cross(look(y, past, near), known, across, x))
        y = self.end_said(y) * (WIDTH**-0.5 if self.how.rescaled else 1.0)
        table = ops.convert_to_tensor(self.words.embeddings)
        return ops.matmul(y, ops.transpose(ops.stop_gradient(table) if self.how.head == "detached" else table))


def inputs():
    source, labels = tokens(4, READ, below=VOCAB, lowest=2, seed=912), tokens(4, SAID, below=VOCAB, lowest=2, seed=913)
    for row, (read, said) in enumerate(((15, 8), (9, 11), (12, 5), (6, 10))):
        source[row, read - 1], labels[row, said - 1] = END, END
        source[row, read:], labels[row, said:] = PAD, PAD
    return source, labels


def targets():
    return inputs()[1]


def keras_loss(mean="words"):
    def loss(logits, labels):
        real = ops.cast(ops.not_equal(labels, PAD), logits.dtype)
        each = real * keras.losses.sparse_categorical_crossentropy(labels, logits, from_logits=True)
        return ops.mean(ops.sum(each, axis=1) / ops.sum(real, axis=1)) if mean == "sequences" else ops.sum(each) / ops.sum(real)

    return loss


class AdamW(TorchAdamW):
    def apply(self, grads, trainable_variables=None):  # an embedding's come in slices: added up before they are squared
        return super().apply([tf.convert_to_tensor(grad) for grad in grads], trainable_variables)


build_keras = TextToText
LOSS = (lambda logits, labels: F.cross_entropy(logits.flatten(0, 1), labels.flatten(), ignore_index=PAD), keras_loss)
OPTIMIZER = (lambda parameters: torch.optim.AdamW(parameters, lr=2e-3, weight_decay=0.1), lambda: AdamW(2e-3, shrink=0.1))
MAPPING = {"encoder.norm.weight": "end_read.scale", "decoder.norm.weight": "end_said.scale"}
LAYERS = {"shared": "words", "encoder.relative_attention_bias": "near.table", "decoder.relative_attention_bias": "near_said.table"}
LOOK, FEED = {"q": "ask", "k": "match", "v": "carry", "o": "merge"}, {"wi_0": "gate", "wi_1": "widen", "wo": "narrow"}
PARTS = {"norm1": ("self_attention", LOOK), "norm2": ("cross_attention", LOOK), "norm3": ("feed_forward", FEED)}
for stack, ours, norms in (("encoder", "read", ("norm1", "norm3")), ("decoder", "say", ("norm1", "norm2", "norm3"))):
    for index, (branch, norm) in ((index, part) for index in range(2) for part in enumerate(norms)):
        MAPPING[f"{stack}.blocks.{index}.{norm}.weight"] = f"{ours}.{index}.{branch}.norm.scale"
        LAYERS |= {f"{stack}.blocks.{index}.{PARTS[norm][0]}.{theirs}": f"{ours}.{index}.{branch}.{name}" for theirs, name in PARTS[norm][1].items()}
LAYERS |= MAPPING


def load_gates_exchanged(torch_model, keras_model):
    one, other = (f"encoder.blocks.1.feed_forward.wi_{index}.weight" for index in (0, 1))
    copy_weights(torch_model, keras_model, LAYERS, lambda s: s | {one: s[other], other: s[one]})


READ1, READ2, SAY1, SAY2 = (f"{stack}.blocks.{index}" for stack in ("encoder", "decoder") for index in (0, 1))
ATTENTIONS = (*(f"{block}.self_attention" for block in (READ1, READ2, SAY1)), *(f"{block}.cross_attention" for block in (SAY1, SAY2)))
LOOK1, LOOK2, SAID1, CROSS1, CROSS2 = (tuple(path + end for end in ("", ".q", ".k", ".o")) for path in ATTENTIONS)
NEAR, NEAR_SAID = (f"{stack}.relative_attention_bias" for stack in ("encoder", "decoder"))
GATES = tuple(f"{READ2}.feed_forward{end}" for end in (".wi_0", ".wi_1", ".wi_0.weight", ".wi_1.weight", ""))
GELU, THINNED = (f"{SAY1}.feed_forward", f"{SAY1}.feed_forward.wi_0", f"{SAY1}.feed_forward.wo"), (f"{SAY2}.feed_forward.dropout", f"{SAY2}.feed_forward")
FAULTS = [
    Fault("scores_scaled", LOOK1, "scale", "divided by the root of the head's width", {"read1": {"look": {"scaled": True}}}),
    Fault("mean_subtracted", f"{READ2}.norm1", "norm", "a LayerNorm without bias", {"read2": {"look": {"centred": True}}}),
    Fault("epsilon_of_layer_norm", "decoder.norm", "epsilon", "LayerNormalization's 1e-3", {"last_epsilon": 1e-3}),
    Fault("bias_in_the_first_layer", (*LOOK2, READ2, NEAR), "sharing", "only the layer that holds the table has it", {"placed": "first"}),
    Fault("bias_across", (*CROSS1, SAY1), "positions", "relative positions in cross-attention too", {"cross": "placed"}),
    Fault("buckets_both_ways", (NEAR_SAID, SAID1[0], "decoder"), "buckets", "bidirectional buckets in the decoder", {"ahead": True}),
    Fault("farthest_of_the_paper", (NEAR, LOOK1[0], "encoder"), "constant", "128 for the farthest distance", {"near": {"farthest": 128}}),
    Fault("bias_reshaped", (NEAR, LOOK1[0], "encoder"), "reshape", "reshaped to heads first, not transposed", {"near": {"moved": "reshaped"}}),
    Fault("padding_read", (*CROSS2, SAY2), "mask", "the source's padding is not masked in cross-attention", {"say2": {"cross": {"masked": False}}}),
    Fault("start_masked", (*SAID1, SAY1, "decoder"), "mask", "padding masked, which the start is", {"padding": "hidden"}),
    Fault("labels_rolled", ("shared", "decoder", "input"), "initial state", "the last label comes round to the start", {"shift": "rolled"}),
    Fault("head_not_rescaled", ("lm_head", "decoder.norm", "output"), "scale", "not divided by the root of the width", {"rescaled": False}),
    Fault("gelu_exact", GELU, "gelu", "by erf, not by tanh", {"say1": {"feed": {"gelu": "erf"}}}),
    Fault("encoder_not_normed", ("encoder.norm", "encoder"), "wrong tensor", "what the last norm gives is not used", {"ended": False}),
    Fault("memory_normed", (*CROSS2, f"{SAY2}.norm2", SAY2), "wrong tensor", "memory normed too", {"say2": {"cross": {"memory": "normed"}}}),
    Fault("gates_exchanged", GATES, "weights", "wi_0 and wi_1 exchanged", load=load_gates_exchanged),
    Fault("head_detached", ("lm_head", "shared", "shared.weight"), "gradient", "none by the head", {"head": "detached"}, seen="grad"),
    Fault("not_dropped_inside", THINNED, "dropout", "no dropout in the MLP", {"say2": {"feed": {"inside": 0.0}}}, seen="dropout"),
    Fault("mean_of_sequences", "loss", "reduction", "of each sequence, then of all", seen="loss", loss=lambda: keras_loss(mean="sequences")),
    Fault("epsilon_of_keras", "optimizer", "epsilon", "Adam's 1e-7", seen="step", optimizer=lambda: AdamW(2e-3, shrink=0.1, epsilon=1e-7)),
]
