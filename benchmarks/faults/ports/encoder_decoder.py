"""A translation transformer: pre-norm, sinusoids, attention by hand on both sides, tied output words; subclassed in Keras, one block for both sides."""

import math
from functools import partial

import keras
import numpy as np
import torch
from keras import layers, ops
from torch import nn
from torch.nn import functional as F

from benchmarks.faults.building import as_trained, tokens
from benchmarks.faults.own import TorchAdamW
from benchmarks.faults.port import Fault
from benchmarks.faults.weights import copy_weights

WIDTH, HEADS, SIZE, INNER, DEPTH, PAD = 12, 3, 4, 20, 2, 0
SOURCE_WORDS, TARGET_WORDS, SOURCE_STEPS, TARGET_STEPS = 19, 16, 9, 7
LENGTHS = ((9, 5), (6, 7), (8, 4), (5, 6), (7, 7))


class MultiHead(nn.Module):
    def __init__(self):
        super().__init__()
        self.query, self.key, self.value = (nn.Linear(WIDTH, WIDTH, bias=False) for _ in range(3))
        self.out, self.drop = nn.Linear(WIDTH, WIDTH), nn.Dropout(0.1)

    def forward(self, x, memory, allowed):
        q, k, v = (y.view(len(y), -1, HEADS, SIZE).transpose(1, 2) for y in (self.query(x), self.key(memory), self.value(memory)))
        scores = (q @ k.transpose(2, 3) / math.sqrt(SIZE)).masked_fill(~allowed, -1e9)
        mixed = self.drop(scores.softmax(-1)) @ v
        return self.out(mixed.transpose(1, 2).reshape(x.shape))


class EncoderLayer(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm1, self.attention, self.drop = nn.LayerNorm(WIDTH), MultiHead(), nn.Dropout(0.2)
        self.norm2, self.ff1, self.ff2 = nn.LayerNorm(WIDTH), nn.Linear(WIDTH, INNER), nn.Linear(INNER, WIDTH)

    def forward(self, x, real):
        y = self.norm1(x)
        x = x + self.drop(self.attention(y, y, real))
        return x + self.drop(self.ff2(F.relu(self.ff1(self.norm2(x)))))


class DecoderLayer(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm1, self.self_attention = nn.LayerNorm(WIDTH), MultiHead()
        self.norm2, self.cross_attention = nn.LayerNorm(WIDTH), MultiHead()
        self.norm3, self.ff1, self.ff2 = nn.LayerNorm(WIDTH), nn.Linear(WIDTH, INNER), nn.Linear(INNER, WIDTH)
        self.drop = nn.Dropout(0.2)

    def forward(self, x, seen, memory, real):
        y = self.norm1(x)
        x = x + self.drop(self.self_attention(y, y, seen))
        x = x + self.drop(self.cross_attention(self.norm2(x), memory, real))
        return x + self.drop(self.ff2(F.relu(self.ff1(self.norm3(x)))))


class Positions(nn.Module):
    def forward(self, x):
        steps = torch.arange(x.shape[1], dtype=x.dtype, device=x.device)[:, None]
        angles = steps * torch.exp(torch.arange(0, WIDTH, 2, dtype=x.dtype, device=x.device) * (-math.log(10000.0) / WIDTH))
        return x + torch.stack([angles.sin(), angles.cos()], dim=-1).flatten(1)


class Transformer(nn.Module):
    def __init__(self):
        super().__init__()
        self.source_embed, self.target_embed = nn.Embedding(SOURCE_WORDS, WIDTH), nn.Embedding(TARGET_WORDS, WIDTH)
        self.positions, self.drop = Positions(), nn.Dropout(0.2)
        self.encoder, self.encoder_norm = nn.ModuleList(EncoderLayer() for _ in range(DEPTH)), nn.LayerNorm(WIDTH)
        self.decoder, self.decoder_norm = nn.ModuleList(DecoderLayer() for _ in range(DEPTH)), nn.LayerNorm(WIDTH)
        self.generator = nn.Linear(WIDTH, TARGET_WORDS, bias=False)
        for module in self.modules():
            if isinstance(module, nn.Linear):
                nn.init.xavier_uniform_(module.weight)
            elif isinstance(module, nn.Embedding):
                nn.init.normal_(module.weight, std=WIDTH**-0.5)
        self.generator.weight = self.target_embed.weight

    def forward(self, source, target):
        real = (source != PAD)[:, None, None, :]
        causal = torch.ones(target.shape[1], target.shape[1], dtype=torch.bool, device=target.device).tril()
        memory = self.drop(self.positions(self.source_embed(source) * math.sqrt(WIDTH)))
        for layer in self.encoder:
            memory = layer(memory, real)
        memory = self.encoder_norm(memory)
        x = self.drop(self.positions(self.target_embed(target) * math.sqrt(WIDTH)))
        for layer in self.decoder:
            x = layer(x, causal & (target != PAD)[:, None, None, :], memory, real)
        return self.generator(self.decoder_norm(x))


def build_torch():
    return as_trained(Transformer, seed=441)


class Heads(layers.Layer):
    def __init__(self, *, split="heads_first", merged="bqhd", root=SIZE, rate=0.1):
        super().__init__()
        self.ask, self.offer, self.carry = (layers.Dense(WIDTH, use_bias=False) for _ in range(3))
        self.give, self.thin = layers.Dense(WIDTH), layers.Dropout(rate)
        self.split, self.merged, self.root = split, merged, root

    def parts(self, x):
        if self.split == "size_first":
            return ops.swapaxes(ops.reshape(x, (-1, x.shape[1], SIZE, HEADS)), 2, 3)
        return ops.reshape(x, (-1, x.shape[1], HEADS, SIZE))

    def call(self, x, memory, allowed):
        scores = ops.einsum("bqhd,bkhd->bhqk", self.parts(self.ask(x)), self.parts(self.offer(memory))) / math.sqrt(self.root)
        weights = self.thin(ops.softmax(ops.where(allowed, scores, -1e9)))
        mixed = ops.einsum(f"bhqk,bkhd->{self.merged}", weights, self.parts(self.carry(memory)))
        return self.give(ops.reshape(mixed, (-1, x.shape[1], WIDTH)))


class Block(layers.Layer):
    """Of the encoder, or of the decoder if it `listens`."""

    def __init__(self, listens, *, look=None, norm="before", around="raw", memory_normed=False, epsilon=1e-5):
        super().__init__()
        self.look, self.listen = Heads(**(look or {})), Heads() if listens else None
        self.norms = [layers.LayerNormalization(epsilon=value) for value in ([1e-5, epsilon, 1e-5] if listens else [1e-5, epsilon])]
        self.inner, self.outer, self.thin = layers.Dense(INNER, activation="relu"), layers.Dense(WIDTH), layers.Dropout(0.2)
        self.norm, self.around, self.memory_normed = norm, around, memory_normed

    def call(self, x, allowed, memory=None, real=None):
        y = self.norms[0](x) if self.norm == "before" else x
        x = x + self.thin(self.look(y, y, allowed))
        x = self.norms[0](x) if self.norm == "after" else x
        if self.listen is not None:
            memory = self.norms[1](memory) if self.memory_normed else memory
            x = x + self.thin(self.listen(self.norms[1](x), memory, real))
        y = self.norms[-1](x)
        return (y if self.around == "normed" else x) + self.thin(self.outer(self.inner(y)))


def waves(steps, kind):
    column = np.arange(WIDTH)
    power = column / WIDTH if kind == "each_its_own" else 2 * (column // 2) / WIDTH
    angles = np.arange(steps)[:, None] / 10000.0**power
    if kind == "halves":
        return np.concatenate([np.sin(angles[:, ::2]), np.cos(angles[:, ::2])], axis=1)
    return np.where(column % 2 == 0, np.sin(angles), np.cos(angles))


class Translator(keras.Model):
    def __init__(self, *, wave="interleaved", target_scaled=True, memory_norm=True, ahead=0, heard="real", logits_scaled=False, tied=True, **blocks):
        super().__init__()
        self.source_words, self.target_words = layers.Embedding(SOURCE_WORDS, WIDTH), layers.Embedding(TARGET_WORDS, WIDTH)
        self.readers = [Block(False, **blocks.get(f"reader{index}", {})) for index in range(DEPTH)]
        self.writers = [Block(True, **blocks.get(f"writer{index}", {})) for index in range(DEPTH)]
        self.memory_norm = layers.LayerNormalization(epsilon=1e-5) if memory_norm else layers.Identity()
        self.last_norm, self.thin = layers.LayerNormalization(epsilon=1e-5), layers.Dropout(0.2)
        self.words_out = None if tied else layers.Dense(TARGET_WORDS, use_bias=False)
        self.wave, self.target_scaled, self.ahead, self.heard, self.logits_scaled = wave, target_scaled, ahead, heard, logits_scaled

    def placed(self, x, scaled=True):
        x = x * math.sqrt(WIDTH) if scaled else x
        return self.thin(x + ops.convert_to_tensor(waves(x.shape[1], self.wave), x.dtype))

    def call(self, pair):
        source, target = pair
        real, said = (ops.not_equal(words, PAD)[:, None, None, :] for words in (source, target))
        past = ops.tril(ops.ones((target.shape[1], target.shape[1]), "bool"), k=self.ahead)
        memory = self.placed(self.source_words(source))
        for block in self.readers:
            memory = block(memory, real)
        memory = self.memory_norm(memory)
        x = self.placed(self.target_words(target), self.target_scaled)
        for block in self.writers:
            x = block(x, ops.logical_and(past, said), memory, real if self.heard == "real" else ops.ones_like(real))
        x = self.last_norm(x) / (math.sqrt(WIDTH) if self.logits_scaled else 1.0)
        return ops.einsum("btd,wd->btw", x, self.target_words.embeddings) if self.words_out is None else self.words_out(x)


build_keras = Translator


def sentences():
    source = tokens(len(LENGTHS), SOURCE_STEPS, below=SOURCE_WORDS, lowest=3, seed=442)
    target = tokens(len(LENGTHS), TARGET_STEPS + 1, below=TARGET_WORDS, lowest=3, seed=443)
    for row, (read, written) in enumerate(LENGTHS):
        source[row, read:], target[row, 0], target[row, written], target[row, written + 1 :] = PAD, 1, 2, PAD
    return source, target


def inputs():
    source, target = sentences()
    return source, target[:, :-1]


def targets():
    return sentences()[1][:, 1:]


def torch_loss(output, target):
    return F.cross_entropy(output.transpose(1, 2), target, ignore_index=PAD)


def keras_loss(output, target, mean_over=(0, 1)):
    real = ops.cast(ops.not_equal(target, PAD), output.dtype)
    each = real * ops.sparse_categorical_crossentropy(target, output, from_logits=True)
    return ops.mean(ops.sum(each, axis=mean_over) / ops.sum(real, axis=mean_over))


def keras_loss_of_sentences(output, target):
    return keras_loss(output, target, mean_over=1)


def adamw(shrink=0.05):
    return TorchAdamW(1e-3, shrink=shrink, beta_1=0.9, beta_2=0.98, epsilon=1e-9)


LOSS = (torch_loss, lambda: keras_loss)
OPTIMIZER = (lambda parameters: torch.optim.AdamW(parameters, lr=1e-3, betas=(0.9, 0.98), eps=1e-9, weight_decay=0.05), adamw)
BOTH = {"self_attention": "look", "cross_attention": "listen"}
LAYERS = {"source_embed": "source_words", "target_embed": "target_words", "encoder_norm": "memory_norm", "decoder_norm": "last_norm", "generator": "words_out"}
for index in range(DEPTH):
    for path, block, inner in ((f"encoder.{index}", f"readers.{index}", {"attention": "look"}), (f"decoder.{index}", f"writers.{index}", BOTH)):
        for own, name in inner.items():
            LAYERS |= {f"{path}.{own}.{a}": f"{block}.{name}.{b}" for a, b in (("query", "ask"), ("key", "offer"), ("value", "carry"), ("out", "give"))}
        LAYERS |= {f"{path}.norm{number + 1}": f"{block}.norms.{number}" for number in range(len(inner) + 1)}
        LAYERS |= {f"{path}.ff1": f"{block}.inner", f"{path}.ff2": f"{block}.outer"}


def load_key_for_value(torch_model, keras_model):
    key, value = "decoder.1.cross_attention.key.weight", "decoder.1.cross_attention.value.weight"
    copy_weights(torch_model, keras_model, LAYERS, lambda s: {**s, key: s[value], value: s[key]})


load_all = partial(copy_weights, layers=LAYERS)
KEY_VALUE = tuple(f"decoder.1.cross_attention{end}" for end in (".key", ".value", "", ".key.weight", ".value.weight"))
READ, LOOK, CROSS = "encoder.0.attention", "decoder.0.self_attention", "decoder.0.cross_attention"

FAULTS = [
    Fault("sines_then_cosines", "positions", "axes", "all sines before all cosines, as in TensorFlow's tutorial", {"wave": "halves"}),
    Fault("frequency_of_each_column", "positions", "constant", "a frequency of its own for each column, not for each pair", {"wave": "each_its_own"}),
    Fault("target_not_scaled", ("target_embed", "positions"), "scale", "target words not multiplied by the root of the width", {"target_scaled": False}),
    Fault("norm_after", ("encoder.1.norm1", "encoder.1.attention", "encoder.1"), "order", "norm of the sum (post-norm)", {"reader1": {"norm": "after"}}),
    Fault("residual_of_the_normed", ("decoder.0", "decoder.0.norm3", "decoder.0.ff2"), "residual", "y + f(y), y normed", {"writer0": {"around": "normed"}}),
    Fault("encoder_norm_forgotten", ("encoder_norm", CROSS), "missing layer", "the encoder's last norm is missing", {"memory_norm": False}),
    Fault("epsilon", "decoder.1.norm2", "epsilon", "Keras' default 1e-3", {"writer1": {"epsilon": 1e-3}}),
    Fault("heads_interleaved", (READ, f"{READ}.query"), "axes", "width split as (size, heads)", {"reader0": {"look": {"split": "size_first"}}}),
    Fault("heads_not_brought_back", (LOOK, f"{LOOK}.out"), "axes", "heads merged, not transposed back", {"writer0": {"look": {"merged": "bhqd"}}}),
    Fault("root_of_the_width", "encoder.1.attention", "scale", "scores divided by the root of the whole width", {"reader1": {"look": {"root": WIDTH}}}),
    Fault("one_step_ahead", (LOOK, "decoder.0"), "mask", "the causal mask lets the next word through", {"ahead": 1}),
    Fault("source_padding_heard", (CROSS, "decoder.0"), "mask", "the decoder attends to the source's padding", {"heard": "all"}),
    Fault("memory_normed_again", (CROSS, "decoder.0.norm2", "decoder.0"), "norm", "norm2 for what is read too", {"writer0": {"memory_normed": True}}),
    Fault("logits_scaled", ("generator", "decoder_norm", "output"), "scale", "tied logits divided by the root of the width (T5)", {"logits_scaled": True}),
    Fault("key_for_value", KEY_VALUE, "weights", "kernels of keys and values loaded crosswise", load=load_key_for_value),
    Fault("not_tied", ("generator", "target_embed"), "gradient", "an output matrix of its own", {"tied": False}, seen="grad", load=load_all),
    Fault("weights_not_dropped", (f"{READ}.drop", READ), "dropout", "attention's weights are kept", {"reader0": {"look": {"rate": 0.0}}}, seen="dropout"),
    Fault("mean_of_sentences", "loss", "reduction", "a mean of each sentence first", seen="loss", loss=lambda: keras_loss_of_sentences),
    Fault("decay", "optimizer", "optimizer", "Keras' default weight decay 0.004", seen="step", optimizer=lambda: adamw(0.004)),
]
