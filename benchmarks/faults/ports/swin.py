"""A small Swin transformer: oblong windows, every second block shifted and masked, a table of relative positions, patch merging; the port is subclassed."""

import math

import keras
import numpy as np
import torch
from keras import layers, ops
from torch import nn
from torch.nn import functional as F

from benchmarks.faults.building import as_trained, normal, tokens
from benchmarks.faults.own import TorchAdam, TorchAdamW
from benchmarks.faults.port import Fault
from benchmarks.faults.weights import copy_weights

BATCH, HEIGHT, WIDTH, CLASSES, EMBED, HEADS, RATIO = 3, 24, 48, 7, 10, (2, 4), 3
WINDOW, SHIFT, AREA, PLACES = (3, 4), (1, 2), 12, (5, 7)


def window_partition(x):
    b, h, w, c = x.shape
    x = x.view(b, h // WINDOW[0], WINDOW[0], w // WINDOW[1], WINDOW[1], c)
    return x.permute(0, 1, 3, 2, 4, 5).reshape(-1, AREA, c)


def window_reverse(windows, h, w):
    x = windows.view(-1, h // WINDOW[0], w // WINDOW[1], *WINDOW, windows.shape[-1])
    return x.permute(0, 1, 3, 2, 4, 5).reshape(-1, h, w, windows.shape[-1])


class WindowAttention(nn.Module):
    def __init__(self, dim, heads):
        super().__init__()
        self.heads, self.scale = heads, (dim // heads) ** -0.5
        self.relative_position_bias_table = nn.Parameter(nn.init.trunc_normal_(torch.empty(PLACES[0] * PLACES[1], heads), std=0.7))
        coords = torch.stack(torch.meshgrid(*map(torch.arange, WINDOW), indexing="ij")).flatten(1)
        relative = coords[:, :, None] - coords[:, None, :]
        self.register_buffer("relative_position_index", (relative[0] + WINDOW[0] - 1) * PLACES[1] + relative[1] + WINDOW[1] - 1)
        self.qkv, self.attn_drop = nn.Linear(dim, 3 * dim), nn.Dropout(0.1)
        self.proj, self.proj_drop = nn.Linear(dim, dim), nn.Dropout(0.2)

    def forward(self, x, mask=None):
        windows, n, c = x.shape
        q, k, v = self.qkv(x).reshape(windows, n, 3, self.heads, c // self.heads).permute(2, 0, 3, 1, 4)
        attn = (q * self.scale) @ k.transpose(-2, -1)
        bias = self.relative_position_bias_table[self.relative_position_index.view(-1)].view(n, n, -1)
        attn = attn + bias.permute(2, 0, 1)
        if mask is not None:
            attn = (attn.view(-1, len(mask), self.heads, n, n) + mask[:, None]).view(-1, self.heads, n, n)
        attn = self.attn_drop(attn.softmax(-1))
        return self.proj_drop(self.proj((attn @ v).transpose(1, 2).reshape(windows, n, c)))


class SwinBlock(nn.Module):
    def __init__(self, dim, heads, resolution, shifted):
        super().__init__()
        self.shift = SHIFT if shifted else (0, 0)
        self.norm1, self.attn, self.norm2 = nn.LayerNorm(dim), WindowAttention(dim, heads), nn.LayerNorm(dim)
        self.mlp = nn.Sequential(nn.Linear(dim, RATIO * dim), nn.GELU(), nn.Dropout(0.2), nn.Linear(RATIO * dim, dim), nn.Dropout(0.2))
        self.register_buffer("attn_mask", self.make_mask(*resolution) if shifted else None)

    @staticmethod
    def make_mask(h, w):
        region, count = torch.zeros(1, h, w, 1), 0
        for rows in (slice(0, -WINDOW[0]), slice(-WINDOW[0], -SHIFT[0]), slice(-SHIFT[0], None)):
            for columns in (slice(0, -WINDOW[1]), slice(-WINDOW[1], -SHIFT[1]), slice(-SHIFT[1], None)):
                region[:, rows, columns] = count
                count += 1
        region = window_partition(region).squeeze(-1)
        return torch.zeros(len(region), AREA, AREA).masked_fill(region[:, None] != region[:, :, None], -100.0)

    def forward(self, x):
        _, h, w, _ = x.shape
        y = torch.roll(self.norm1(x), (-self.shift[0], -self.shift[1]), (1, 2))
        y = window_reverse(self.attn(window_partition(y), self.attn_mask), h, w)
        x = x + torch.roll(y, self.shift, (1, 2))
        return x + self.mlp(self.norm2(x))


class PatchMerging(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.norm, self.reduction = nn.LayerNorm(4 * dim), nn.Linear(4 * dim, 2 * dim, bias=False)

    def forward(self, x):
        x = torch.cat([x[:, 0::2, 0::2], x[:, 1::2, 0::2], x[:, 0::2, 1::2], x[:, 1::2, 1::2]], -1)
        return self.reduction(self.norm(x))


class SwinTransformer(nn.Module):
    def __init__(self):
        super().__init__()
        h, w = HEIGHT // 2, WIDTH // 2
        self.patch_embed, self.patch_norm, self.pos_drop = nn.Conv2d(3, EMBED, 2, stride=2), nn.LayerNorm(EMBED), nn.Dropout(0.2)
        self.stage1 = nn.Sequential(*(SwinBlock(EMBED, HEADS[0], (h, w), shifted) for shifted in (False, True)))
        self.merging = PatchMerging(EMBED)
        self.stage2 = nn.Sequential(*(SwinBlock(2 * EMBED, HEADS[1], (h // 2, w // 2), shifted) for shifted in (False, True)))
        self.norm, self.head = nn.LayerNorm(2 * EMBED), nn.Linear(2 * EMBED, CLASSES)

    def forward(self, x):
        x = self.pos_drop(self.patch_norm(self.patch_embed(x).permute(0, 2, 3, 1)))
        x = self.stage2(self.merging(self.stage1(x)))
        return self.head(self.norm(x).mean((1, 2)))


def build_torch():
    return as_trained(SwinTransformer, seed=811)


def offsets(stride, sign):
    """Which row of the table each pair of places in a window reads."""
    down, right = (sign * (each[:, None] - each[None, :]) for each in np.divmod(np.arange(AREA), WINDOW[1]))
    return (down + WINDOW[0] - 1) * stride + right + WINDOW[1] - 1


def cut(x):
    _, h, w, c = x.shape
    grid = ops.reshape(x, (-1, h // WINDOW[0], WINDOW[0], w // WINDOW[1], WINDOW[1], c))
    return ops.reshape(ops.transpose(grid, (0, 1, 3, 2, 4, 5)), (-1, AREA, c))


class LocalAttention(layers.Layer):
    """Switches are the mistakes."""

    def __init__(self, dim, heads, *, scaled_by="head", stride=PLACES[1], sign=1, table_trained=True, per_image=True, merged="places_first"):
        super().__init__()
        self.heads, self.size, self.rows, self.per_image, self.merged = heads, dim // heads, offsets(stride, sign), per_image, merged
        self.factor = {"head": self.size, "width": dim}[scaled_by] ** -0.5
        self.table = self.add_weight(shape=(PLACES[0] * PLACES[1], heads), initializer="zeros", trainable=table_trained, name="table")
        self.packed, self.thin, self.out, self.thin_out = layers.Dense(3 * dim), layers.Dropout(0.1), layers.Dense(dim), layers.Dropout(0.2)

    def call(self, x, allowed=None):
        parts = ops.reshape(self.packed(x), (-1, AREA, 3, self.heads, self.size))
        query, key, value = (parts[:, :, index] for index in range(3))
        scores = self.factor * ops.einsum("wqhd,wkhd->whqk", query, key)
        scores = scores + ops.transpose(ops.take(self.table, self.rows, axis=0), (2, 0, 1))
        if allowed is not None:
            windows = allowed.shape[0]
            shape, keep = ((-1, windows), allowed[:, None]) if self.per_image else ((windows, -1), allowed[:, None, None])
            scores = ops.reshape(ops.where(keep, ops.reshape(scores, (*shape, *scores.shape[1:])), -1e9), (-1, self.heads, AREA, AREA))
        shares = self.thin(ops.softmax(scores))
        taken = ops.einsum("whqk,wkhd->whqd" if self.merged == "heads_first" else "whqk,wkhd->wqhd", shares, value)
        return self.thin_out(self.out(ops.reshape(taken, (-1, AREA, self.heads * self.size))))


class Block(layers.Layer):
    def __init__(self, dim, heads, shifted, *, cut_by="windows", forth=-1, back=True, masked=True, norm="before", kept="sum", gelu="erf", **attention):
        super().__init__()
        self.shifted, self.forth, self.back, self.masked, self.cut_by, self.norm = shifted, forth, back, masked, cut_by, norm
        self.ahead, self.between = layers.LayerNormalization(epsilon=1e-5), layers.LayerNormalization(epsilon=1e-5)
        self.attend, self.widen, self.narrow = LocalAttention(dim, heads, **attention), layers.Dense(RATIO * dim), layers.Dense(dim)
        self.kept, self.gelu, self.thin_a, self.thin_b = kept, gelu, layers.Dropout(0.2), layers.Dropout(0.2)

    def allowed(self, h, w):
        """Pairs of places that were neighbours before the roll."""
        down, right = (np.digitize(np.arange(size), (size - a, size - s)) for size, a, s in zip((h, w), WINDOW, SHIFT, strict=True))
        regions = (3 * down[:, None] + right).reshape(h // WINDOW[0], WINDOW[0], w // WINDOW[1], WINDOW[1])
        regions = regions.transpose(0, 2, 1, 3).reshape(-1, AREA)
        return regions[:, :, None] == regions[:, None, :]

    def windowed(self, x):
        _, h, w, c = x.shape
        there = (self.forth * SHIFT[0], self.forth * SHIFT[1])
        x = ops.roll(x, there, axis=(1, 2)) if self.shifted else x
        x = ops.reshape(x, (-1, AREA, c)) if self.cut_by == "runs" else cut(x)
        x = self.attend(x, self.allowed(h, w) if self.shifted and self.masked else None)
        x = ops.transpose(ops.reshape(x, (-1, h // WINDOW[0], w // WINDOW[1], *WINDOW, c)), (0, 1, 3, 2, 4, 5))
        x = ops.reshape(x, (-1, h, w, c))
        return ops.roll(x, (-there[0], -there[1]), axis=(1, 2)) if self.shifted and self.back else x

    def call(self, x):
        normed = x if self.norm == "after" else self.ahead(x)
        y = self.windowed(normed)
        y = self.ahead(y) if self.norm == "after" else y
        x = y + (normed if self.kept == "normed" else x)
        y = self.widen(self.between(x))
        y = ops.gelu(y) if self.gelu == "keras" else 0.5 * y * (1 + ops.erf(y / math.sqrt(2)))
        return x + self.thin_b(self.narrow(self.thin_a(y)))


class SwinClassifier(keras.Model):
    def __init__(self, *, a0=None, a1=None, b0=None, b1=None, corners="columns", merge_epsilon=1e-5, pooled="after"):
        super().__init__()
        self.patches, self.patch_norm, self.thin = layers.Conv2D(EMBED, 2, 2), layers.LayerNormalization(epsilon=1e-5), layers.Dropout(0.2)
        self.fine = [Block(EMBED, HEADS[0], shifted, **own or {}) for shifted, own in ((False, a0), (True, a1))]
        self.merge_norm, self.merge = layers.LayerNormalization(epsilon=merge_epsilon), layers.Dense(2 * EMBED, use_bias=False)
        self.coarse = [Block(2 * EMBED, HEADS[1], shifted, **own or {}) for shifted, own in ((False, b0), (True, b1))]
        self.last_norm, self.top = layers.LayerNormalization(epsilon=1e-5), layers.Dense(CLASSES)
        self.corners, self.pooled = ((0, 0), (1, 0), (0, 1), (1, 1)) if corners == "columns" else ((0, 0), (0, 1), (1, 0), (1, 1)), pooled

    def call(self, image):
        x = self.thin(self.patch_norm(self.patches(image)))
        for block in self.fine:
            x = block(x)
        x = self.merge(self.merge_norm(ops.concatenate([x[:, row::2, column::2] for row, column in self.corners], axis=-1)))
        for block in self.coarse:
            x = block(x)
        return self.top(self.last_norm(ops.mean(x, axis=(1, 2))) if self.pooled == "before" else ops.mean(self.last_norm(x), axis=(1, 2)))


build_keras = SwinClassifier


def inputs():
    return normal(BATCH, 3, HEIGHT, WIDTH, seed=812)


def targets():
    return tokens(BATCH, below=CLASSES, seed=813)


def keras_loss(reduction="sum_over_batch_size"):
    return keras.losses.SparseCategoricalCrossentropy(from_logits=True, reduction=reduction)


LOSS = (F.cross_entropy, keras_loss)
OPTIMIZER = (lambda parameters: torch.optim.AdamW(parameters, lr=2e-3, weight_decay=0.05), lambda: TorchAdamW(2e-3, shrink=0.05))
LAYERS = {"patch_embed": "patches", "patch_norm": "patch_norm", "merging.norm": "merge_norm", "merging.reduction": "merge", "norm": "last_norm", "head": "top"}
NAMES = {"norm1": "ahead", "attn.relative_position_bias_table": "attend.table", "attn.qkv": "attend.packed", "attn.proj": "attend.out", "norm2": "between"}
for stage, part in (("stage1", "fine"), ("stage2", "coarse")):
    for index in range(2):
        LAYERS |= {f"{stage}.{index}.{path}": f"{part}.{index}.{name}" for path, name in (NAMES | {"mlp.0": "widen", "mlp.3": "narrow"}).items()}


def loader(path, change):
    return lambda torch_model, keras_model: copy_weights(torch_model, keras_model, LAYERS, lambda s: {n: change(a) if path in n else a for n, a in s.items()})


load_columns_first = loader("stage2.1.attn.relative_position_bias", lambda table: table.reshape(*PLACES, -1).swapaxes(0, 1).reshape(table.shape))
load_value_before_key = loader("stage2.0.attn.qkv", lambda array: np.concatenate([np.split(array, 3)[part] for part in (0, 2, 1)]))


def within(block, *names):
    return (*(f"{block}.{name}" for name in names), block)


TABLE = "attn.relative_position_bias_table"
FAULTS = [
    Fault("merged_by_rows", ("merging.norm", "merging", "merging.reduction"), "concat order", "right before lower neighbour", {"corners": "rows"}),
    Fault("rolled_forth", within("stage1.1", "attn", "attn.qkv", "norm1"), "shift", "rolled forth first, then back", {"a1": {"forth": 1}}),
    Fault("not_rolled_back", within("stage2.1", "attn", "norm2"), "shift", "the roll is not undone", {"b1": {"back": False}}),
    Fault("no_mask", within("stage1.1", "attn"), "mask", "wrapped places attend to each other: no mask in a shifted block", {"a1": {"masked": False}}),
    Fault("mask_repeated", within("stage2.1", "attn"), "mask", "windows' masks repeated, not tiled, over images", {"b1": {"per_image": False}}),
    Fault("width_scales", within("stage1.0", "attn", "attn.qkv"), "scale", "root of the width, not of a head's", {"a0": {"scaled_by": "width"}}),
    Fault("index_stride", within("stage2.0", "attn", TABLE), "index", "2 * height - 1 for the table's stride", {"b0": {"stride": PLACES[0]}}),
    Fault("offsets_negated", within("stage1.0", "attn", TABLE), "index", "key minus query for query minus key", {"a0": {"sign": -1}}),
    Fault("heads_not_moved", within("stage1.1", "attn", "attn.proj"), "reshape", "heads joined without transposing", {"a1": {"merged": "heads_first"}}),
    Fault("partition_by_reshape", within("stage1.0", "attn", "attn.qkv", "norm1"), "reshape", "windows cut without a transpose", {"a0": {"cut_by": "runs"}}),
    Fault("norm_of_the_branch", within("stage2.0", "norm1", "attn"), "order", "Swin V2: norm behind attention", {"b0": {"norm": "after"}}),
    Fault("shortcut_normed", within("stage2.1", "norm1", "norm2"), "residual", "the shortcut starts behind the norm", {"b1": {"kept": "normed"}}),
    Fault("gelu_tanh", within("stage1.0.mlp", "1", "0", "3"), "activation", "Keras' default GELU, by tanh", {"a0": {"gelu": "keras"}}),
    Fault("merge_epsilon", "merging.norm", "epsilon", "Keras' own epsilon of 1e-3", {"merge_epsilon": 1e-3}),
    Fault("norm_of_the_mean", ("norm", "head"), "order", "averaged first, then normalised", {"pooled": "before"}),
    Fault("table_columns_first", ("stage2.1." + TABLE, "stage2.1.attn"), "weights", "the table loaded columns first", load=load_columns_first),
    Fault("value_before_key", within("stage2.0.attn", "qkv", "qkv.weight"), "weights", "packed as q, v, k", load=load_value_before_key),
    Fault("table_frozen", within("stage1.1", "attn", TABLE), "gradient", "bias table not trained", {"a1": {"table_trained": False}}, seen="grad"),
    Fault("loss_summed", "loss", "reduction", "summed over the batch", seen="loss", loss=lambda: keras_loss("sum")),
    Fault("decay_coupled", "optimizer", "decay", "Adam with an L2 term for AdamW", seen="step", optimizer=lambda: TorchAdam(2e-3, decay=0.05)),
]
