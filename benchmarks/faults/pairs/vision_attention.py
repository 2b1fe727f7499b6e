"""Attention over images, written by hand: a ViT by unfold, Swin blocks, CBAM."""

import math

import keras
import numpy as np
import tensorflow as tf
import torch
from keras import layers, ops
from torch import nn
from torch.nn import functional as F

from benchmarks.faults.building import normal, tokens


class Attention(nn.Module):
    def __init__(self, dim, heads):
        super().__init__()
        self.heads = heads
        self.scale = (dim // heads) ** -0.5
        self.qkv = nn.Linear(dim, 3 * dim, bias=False)
        self.proj = nn.Linear(dim, dim)

    def forward(self, x):
        b, n, d = x.shape
        q, k, v = self.qkv(x).reshape(b, n, 3, self.heads, d // self.heads).permute(2, 0, 3, 1, 4).unbind(0)
        attn = torch.einsum("bhid,bhjd->bhij", q, k) * self.scale
        out = torch.einsum("bhij,bhjd->bhid", attn.softmax(-1), v)
        return self.proj(out.transpose(1, 2).reshape(b, n, d))


class ViTUnfold(nn.Module):
    def __init__(self, p=4, dim=18, heads=3, n=15, classes=4):
        super().__init__()
        self.p = p
        self.to_patch = nn.Linear(3 * p * p, dim)
        self.pos = nn.Parameter(torch.randn(n, dim) * 0.1)
        self.blocks = nn.ModuleList(
            [
                nn.ModuleDict(
                    {
                        "ln1": nn.LayerNorm(dim),
                        "attn": Attention(dim, heads),
                        "ln2": nn.LayerNorm(dim),
                        "mlp": nn.Sequential(nn.Linear(dim, 32), nn.GELU(approximate="tanh"), nn.Linear(32, dim)),
                    }
                )
                for _ in range(2)
            ]
        )
        self.out = nn.Linear(dim, classes)

    def forward(self, x):
        x = F.unfold(x, self.p, stride=self.p).transpose(1, 2)
        x = self.to_patch(x) + self.pos
        for b in self.blocks:
            x = x + b["attn"](b["ln1"](x))
            x = x + b["mlp"](b["ln2"](x))
        return self.out(x.mean(1))


class KerasSelfAttention(keras.layers.Layer):
    def __init__(self, dim, heads, **kwargs):
        super().__init__(**kwargs)
        self.h, self.hd = heads, dim // heads
        self.to_q, self.to_k, self.to_v = (layers.Dense(dim, use_bias=False) for _ in range(3))
        self.to_out = layers.Dense(dim)

    def call(self, x):
        n, d = x.shape[1], x.shape[2]

        def split(tensor):
            return ops.reshape(tensor, (-1, n, self.h, self.hd))

        q, k, v = split(self.to_q(x)), split(self.to_k(x)), split(self.to_v(x))
        w = ops.softmax(ops.einsum("bihd,bjhd->bhij", q, k) / math.sqrt(self.hd), axis=-1)
        return self.to_out(ops.reshape(ops.einsum("bhij,bjhd->bihd", w, v), (-1, n, d)))


class KerasViTUnfold(keras.Model):
    def __init__(self, p=4, dim=18, heads=3, classes=4):
        super().__init__()
        self.p, self.dim = p, dim
        self.embed = layers.Dense(dim)
        self.blocks = []
        for _ in range(2):
            self.blocks.append(
                {
                    "attn": KerasSelfAttention(dim, heads),
                    "n1": layers.LayerNormalization(epsilon=1e-5),
                    "n2": layers.LayerNormalization(epsilon=1e-5),
                    "fc1": layers.Dense(32),
                    "fc2": layers.Dense(dim),
                }
            )
        self.classifier = layers.Dense(classes)

    def build(self, shape):
        n = (shape[1] // self.p) * (shape[2] // self.p)
        self.pos = self.add_weight(shape=(n, self.dim), initializer=keras.initializers.RandomNormal(stddev=0.1), name="pos")
        super().build(shape)

    def call(self, img):
        p = self.p
        _, height, width, channels = img.shape
        x = ops.reshape(img, (-1, height // p, p, width // p, p, channels))
        x = ops.transpose(x, (0, 1, 3, 5, 2, 4))  # (C, kh, kw) inside a patch, as unfold
        x = ops.reshape(x, (-1, (height // p) * (width // p), channels * p * p))
        x = self.embed(x) + self.pos
        for b in self.blocks:
            x = x + b["attn"](b["n1"](x))
            x = x + b["fc2"](ops.gelu(b["fc1"](b["n2"](x)), approximate=True))
        return self.classifier(ops.mean(x, axis=1))


def vit_unfold():
    """Subclassed; unfold is a reshape and transpose, the fused qkv is three Denses."""
    model = KerasViTUnfold()
    model(np.zeros((1, 12, 20, 3), "float32"))
    return {
        "torch_model": ViTUnfold(),
        "keras_model": model,
        "inputs": normal(5, 3, 12, 20, seed=34),
        "loss": (nn.CrossEntropyLoss(), keras.losses.SparseCategoricalCrossentropy(from_logits=True)),
        "targets": tokens(5, below=4, seed=35),
        "optimizer": (lambda parameters: torch.optim.SGD(parameters, lr=0.02, momentum=0.9), lambda: keras.optimizers.SGD(0.02, momentum=0.9)),
    }


def window_partition(x, ws):
    b, h, w, c = x.shape
    x = x.view(b, h // ws, ws, w // ws, ws, c)
    return x.permute(0, 1, 3, 2, 4, 5).contiguous().view(-1, ws * ws, c)


def window_reverse(win, ws, h, w):
    b = win.shape[0] // ((h // ws) * (w // ws))
    x = win.view(b, h // ws, w // ws, ws, ws, -1)
    return x.permute(0, 1, 3, 2, 4, 5).contiguous().view(b, h, w, -1)


class WindowAttention(nn.Module):
    def __init__(self, dim, ws, heads):
        super().__init__()
        self.heads, self.scale = heads, (dim // heads) ** -0.5
        self.relative_position_bias_table = nn.Parameter(torch.zeros((2 * ws - 1) ** 2, heads))
        nn.init.trunc_normal_(self.relative_position_bias_table, std=0.02)
        coords = torch.stack(torch.meshgrid(torch.arange(ws), torch.arange(ws), indexing="ij")).flatten(1)
        rel = (coords[:, :, None] - coords[:, None, :]).permute(1, 2, 0).contiguous()
        rel += ws - 1
        rel[:, :, 0] *= 2 * ws - 1
        self.register_buffer("relative_position_index", rel.sum(-1))
        self.qkv = nn.Linear(dim, 3 * dim)
        self.proj = nn.Linear(dim, dim)

    def forward(self, x, mask=None):
        b_, n, c = x.shape
        qkv = self.qkv(x).reshape(b_, n, 3, self.heads, c // self.heads).permute(2, 0, 3, 1, 4)
        q, k, v = qkv[0] * self.scale, qkv[1], qkv[2]
        attn = q @ k.transpose(-2, -1)
        bias = self.relative_position_bias_table[self.relative_position_index.view(-1)].view(n, n, -1)
        attn = attn + bias.permute(2, 0, 1).contiguous().unsqueeze(0)
        if mask is not None:
            nw = mask.shape[0]
            attn = attn.view(b_ // nw, nw, self.heads, n, n) + mask.unsqueeze(1).unsqueeze(0)
            attn = attn.view(-1, self.heads, n, n)
        x = (attn.softmax(-1) @ v).transpose(1, 2).reshape(b_, n, c)
        return self.proj(x)


class SwinBlock(nn.Module):
    def __init__(self, dim, res, heads, ws, shift):
        super().__init__()
        self.res, self.ws, self.shift = res, ws, shift
        self.norm1 = nn.LayerNorm(dim)
        self.attn = WindowAttention(dim, ws, heads)
        self.norm2 = nn.LayerNorm(dim)
        self.mlp = nn.Sequential(nn.Linear(dim, 2 * dim), nn.GELU(), nn.Linear(2 * dim, dim))
        mask = None
        if shift:
            h, w = res
            img = torch.zeros(1, h, w, 1)
            cnt = 0
            for hs in (slice(0, -ws), slice(-ws, -shift), slice(-shift, None)):
                for wsl in (slice(0, -ws), slice(-ws, -shift), slice(-shift, None)):
                    img[:, hs, wsl, :] = cnt
                    cnt += 1
            mw = window_partition(img, ws).squeeze(-1)
            mask = mw.unsqueeze(1) - mw.unsqueeze(2)
            mask = mask.masked_fill(mask != 0, -100.0).masked_fill(mask == 0, 0.0)
        self.register_buffer("attn_mask", mask)

    def forward(self, x):
        h, w = self.res
        b, length, c = x.shape
        y = self.norm1(x).view(b, h, w, c)
        if self.shift:
            y = torch.roll(y, (-self.shift, -self.shift), (1, 2))
        y = self.attn(window_partition(y, self.ws), self.attn_mask)
        y = window_reverse(y, self.ws, h, w)
        if self.shift:
            y = torch.roll(y, (self.shift, self.shift), (1, 2))
        x = x + y.view(b, length, c)
        return x + self.mlp(self.norm2(x))


class SwinMini(nn.Module):
    def __init__(self, dim=12, heads=3, ws=4, classes=7):
        super().__init__()
        self.proj = nn.Conv2d(3, dim, 4, 4)
        self.blocks = nn.Sequential(SwinBlock(dim, (8, 12), heads, ws, 0), SwinBlock(dim, (8, 12), heads, ws, ws // 2))
        self.norm = nn.LayerNorm(dim)
        self.head = nn.Linear(dim, classes)

    def forward(self, x):
        x = self.proj(x).flatten(2).transpose(1, 2)
        return self.head(self.norm(self.blocks(x)).mean(1))


class KerasSwinBlock(keras.layers.Layer):
    def __init__(self, dim, grid, heads, win, shift=0, **kwargs):
        super().__init__(**kwargs)
        self.dim, self.grid, self.heads, self.win, self.shift = dim, grid, heads, win, shift
        self.mlp = keras.Sequential([layers.Dense(2 * dim, activation="gelu"), layers.Dense(dim)])
        self.ln_a, self.ln_b = layers.LayerNormalization(epsilon=1e-5), layers.LayerNormalization(epsilon=1e-5)
        self.qkv, self.out = layers.Dense(3 * dim), layers.Dense(dim)
        ij = np.stack(np.meshgrid(np.arange(win), np.arange(win), indexing="ij"), -1).reshape(-1, 2)
        rel = ij[:, None] - ij[None] + win - 1
        self._index = rel[..., 0] * (2 * win - 1) + rel[..., 1]
        self._mask = None
        if shift:

            def region(n):
                r = np.zeros(n, int)
                r[n - win : n - shift] = 1
                r[n - shift :] = 2
                return r

            reg = region(grid[0])[:, None] * 3 + region(grid[1])[None]
            reg = reg.reshape(grid[0] // win, win, grid[1] // win, win).transpose(0, 2, 1, 3).reshape(-1, win * win)
            self._mask = np.where(reg[:, None] == reg[:, :, None], 0.0, -100.0)[None, :, None]

    def build(self, shape):
        self.bias_table = self.add_weight(
            shape=((2 * self.win - 1) ** 2, self.heads), name="rel_bias", initializer=keras.initializers.TruncatedNormal(stddev=0.02)
        )
        self.ln_a.build(shape)
        self.ln_b.build(shape)
        self.qkv.build(shape)
        self.out.build(shape)
        self.mlp.build(shape)

    def call(self, x):
        (height, width), w, c, nh = self.grid, self.win, self.dim, self.heads
        nw, n = (height // w) * (width // w), w * w
        y = tf.reshape(self.ln_a(x), [-1, height, width, c])
        if self.shift:
            y = tf.roll(y, [-self.shift, -self.shift], [1, 2])
        y = tf.reshape(tf.transpose(tf.reshape(y, [-1, height // w, w, width // w, w, c]), [0, 1, 3, 2, 4, 5]), [-1, nw, n, c])
        q, k, v = tf.unstack(tf.reshape(self.qkv(y), [-1, nw, n, 3, nh, c // nh]), axis=3)
        a = tf.einsum("bwihd,bwjhd->bwhij", q, k) * (c // nh) ** -0.5
        a = a + tf.transpose(tf.gather(self.bias_table, self._index), [2, 0, 1])
        if self._mask is not None:
            a = a + tf.cast(self._mask, a.dtype)
        y = tf.einsum("bwhij,bwjhd->bwihd", tf.nn.softmax(a), v)
        y = self.out(tf.reshape(y, [-1, nw, n, c]))
        y = tf.transpose(tf.reshape(y, [-1, height // w, width // w, w, w, c]), [0, 1, 3, 2, 4, 5])
        y = tf.reshape(y, [-1, height, width, c])
        if self.shift:
            y = tf.roll(y, [self.shift, self.shift], [1, 2])
        x = x + tf.reshape(y, [-1, height * width, c])
        return x + self.mlp(self.ln_b(x))


def swin_block():
    """A block layer over TensorFlow operations that keeps the axis of windows apart; index and mask are constants made with NumPy."""
    inputs = keras.Input((32, 48, 3))
    x = layers.Conv2D(12, 4, 4)(inputs)
    x = layers.Reshape((96, 12))(x)
    x = KerasSwinBlock(12, (8, 12), 3, 4, 0, name="w_msa")(x)
    x = KerasSwinBlock(12, (8, 12), 3, 4, 2, name="sw_msa")(x)
    x = layers.LayerNormalization(epsilon=1e-5)(x)
    out = layers.Dense(7)(layers.GlobalAveragePooling1D()(x))
    return {
        "torch_model": SwinMini(),
        "keras_model": keras.Model(inputs, out),
        "inputs": normal(2, 3, 32, 48, seed=36),
    }


class CBAM(nn.Module):
    def __init__(self, c, r=4):
        super().__init__()
        self.mlp = nn.Sequential(nn.Flatten(), nn.Linear(c, c // r), nn.ReLU(), nn.Linear(c // r, c))
        self.spatial = nn.Sequential(nn.Conv2d(2, 1, 7, padding=3, bias=False), nn.BatchNorm2d(1, momentum=0.01))

    def forward(self, x):
        att = None
        for pool in (F.avg_pool2d, F.lp_pool2d, F.max_pool2d):
            size = (x.size(2), x.size(3))
            raw = pool(x, size) if pool is not F.lp_pool2d else F.lp_pool2d(x, 2, size)
            raw = self.mlp(raw)
            att = raw if att is None else att + raw
        x = x * torch.sigmoid(att)[:, :, None, None]
        comp = torch.cat((torch.max(x, 1)[0].unsqueeze(1), torch.mean(x, 1).unsqueeze(1)), dim=1)
        return x * torch.sigmoid(self.spatial(comp))


class CBAMNet(nn.Module):
    def __init__(self, classes=5):
        super().__init__()
        self.conv = nn.Conv2d(3, 12, 3, padding=1)
        self.bn = nn.BatchNorm2d(12)
        self.cbam = CBAM(12)
        self.fc = nn.Conv2d(12, classes, 1)

    def forward(self, x):
        x = F.relu(self.bn(self.conv(x)))
        x = x + self.cbam(x)
        return self.fc(x.mean((2, 3), keepdim=True)).flatten(1)


class KerasCBAM(keras.layers.Layer):
    def __init__(self, ch, ratio=4, **kwargs):
        super().__init__(**kwargs)
        self.sp_conv = layers.Conv2D(1, 7, padding="same", use_bias=False)
        self.sp_bn = layers.BatchNormalization(epsilon=1e-5, momentum=0.99)
        self.shared = keras.Sequential([layers.Dense(ch // ratio, activation="relu"), layers.Dense(ch)])

    def call(self, x, training=None):
        avg = ops.mean(x, axis=[1, 2])
        mx = ops.max(x, axis=[1, 2])
        lp = ops.sqrt(ops.sum(ops.square(x), axis=[1, 2]))
        gate = ops.sigmoid(self.shared(avg) + self.shared(mx) + self.shared(lp))
        x = x * gate[:, None, None, :]
        pooled = ops.concatenate([ops.max(x, -1, keepdims=True), ops.mean(x, -1, keepdims=True)], axis=-1)
        return x * ops.sigmoid(self.sp_bn(self.sp_conv(pooled), training=training))


def cbam():
    """Functional around an attention layer with one shared Sequential; the last 1x1 convolution is a Dense."""
    inputs = keras.Input((17, 13, 3))
    x = layers.Conv2D(12, 3, padding="same")(inputs)
    x = layers.BatchNormalization(epsilon=1e-5, momentum=0.9)(x)
    x = layers.ReLU()(x)
    x = x + KerasCBAM(12)(x)
    x = layers.GlobalAveragePooling2D()(x)
    out = layers.Dense(5)(x)  # 1x1 conv on a 1x1 map
    return {
        "torch_model": CBAMNet().eval(),
        "keras_model": keras.Model(inputs, out),
        "inputs": normal(2, 3, 17, 13, seed=52),
    }


PAIRS = (vit_unfold, swin_block, cbam)
