"""Classifiers that cut the image into patches: ConvNeXt, MLP-Mixer, a ViT."""

import keras
import torch
from keras import layers, ops
from torch import nn
from torch.nn import functional as F

from benchmarks.faults.building import normal, tokens


class LayerNorm2d(nn.Module):
    def __init__(self, c, eps=1e-6):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(c))
        self.bias = nn.Parameter(torch.zeros(c))
        self.eps = eps

    def forward(self, x):
        u = x.mean(1, keepdim=True)
        s = (x - u).pow(2).mean(1, keepdim=True)
        x = (x - u) / torch.sqrt(s + self.eps)
        return self.weight[:, None, None] * x + self.bias[:, None, None]


class ConvNeXtBlock(nn.Module):
    def __init__(self, dim, init=1e-6):
        super().__init__()
        self.dwconv = nn.Conv2d(dim, dim, 7, padding=3, groups=dim)
        self.norm = nn.LayerNorm(dim, eps=1e-6)
        self.pwconv1 = nn.Linear(dim, 4 * dim)
        self.act = nn.GELU()
        self.pwconv2 = nn.Linear(4 * dim, dim)
        self.gamma = nn.Parameter(init * torch.ones(dim))

    def forward(self, x):
        y = self.dwconv(x).permute(0, 2, 3, 1)
        y = self.pwconv2(self.act(self.pwconv1(self.norm(y))))
        return x + (self.gamma * y).permute(0, 3, 1, 2)


class ConvNeXt(nn.Module):
    def __init__(self, dims=(6, 10), classes=7):
        super().__init__()
        self.downsample_layers = nn.ModuleList(
            [nn.Sequential(nn.Conv2d(3, dims[0], 4, 4), LayerNorm2d(dims[0])), nn.Sequential(LayerNorm2d(dims[0]), nn.Conv2d(dims[0], dims[1], 2, 2))]
        )
        self.stages = nn.ModuleList([nn.Sequential(ConvNeXtBlock(dims[0]), ConvNeXtBlock(dims[0])), nn.Sequential(ConvNeXtBlock(dims[1]))])
        self.norm = nn.LayerNorm(dims[1], eps=1e-6)
        self.head = nn.Linear(dims[1], classes)

    def forward(self, x):
        for downsample, stage in zip(self.downsample_layers, self.stages, strict=True):
            x = stage(downsample(x))
        return self.head(self.norm(x.mean([-2, -1])))


class LayerScale(keras.layers.Layer):
    def __init__(self, init_values=1e-6, **kwargs):
        super().__init__(**kwargs)
        self.init_values = init_values

    def build(self, shape):
        self.gamma = self.add_weight(shape=(shape[-1],), name="gamma", initializer=keras.initializers.Constant(self.init_values))

    def call(self, x):
        return x * self.gamma


def convnext():
    """Functional with names as in keras.applications; the layer scale is a layer, the channel norm a LayerNormalization."""

    def block(x, dim, name):
        y = layers.DepthwiseConv2D(7, padding="same", name=name + "_depthwise_conv")(x)
        y = layers.LayerNormalization(epsilon=1e-6, name=name + "_layernorm")(y)
        y = layers.Dense(4 * dim, name=name + "_pointwise_conv_1")(y)
        y = layers.Activation("gelu")(y)
        y = layers.Dense(dim, name=name + "_pointwise_conv_2")(y)
        y = LayerScale(name=name + "_layer_scale")(y)
        return x + y

    inputs = keras.Input((32, 48, 3))
    x = layers.Conv2D(6, 4, strides=4, name="stem_conv")(inputs)
    x = layers.LayerNormalization(epsilon=1e-6, name="stem_layernorm")(x)
    x = block(x, 6, "stage_0_block_0")
    x = block(x, 6, "stage_0_block_1")
    x = layers.LayerNormalization(epsilon=1e-6, name="downsampling_layernorm")(x)
    x = layers.Conv2D(10, 2, strides=2, name="downsampling_conv")(x)
    x = block(x, 10, "stage_1_block_0")
    x = layers.GlobalAveragePooling2D()(x)
    x = layers.LayerNormalization(epsilon=1e-6, name="head_layernorm")(x)
    out = layers.Dense(7, name="head_dense")(x)
    return {
        "torch_model": ConvNeXt(),
        "keras_model": keras.Model(inputs, out),
        "inputs": normal(2, 3, 32, 48, seed=30),
    }


class MlpBlock(nn.Module):
    def __init__(self, dim, hidden):
        super().__init__()
        self.fc1, self.fc2 = nn.Linear(dim, hidden), nn.Linear(hidden, dim)

    def forward(self, x):
        return self.fc2(F.gelu(self.fc1(x)))


class MixerBlock(nn.Module):
    def __init__(self, tokens, dim, th, ch):
        super().__init__()
        self.norm1 = nn.LayerNorm(dim)
        self.token_mix = MlpBlock(tokens, th)
        self.norm2 = nn.LayerNorm(dim)
        self.channel_mix = MlpBlock(dim, ch)

    def forward(self, x):
        x = x + self.token_mix(self.norm1(x).transpose(1, 2)).transpose(1, 2)
        return x + self.channel_mix(self.norm2(x))


class MLPMixer(nn.Module):
    def __init__(self, classes=5):
        super().__init__()
        self.stem = nn.Conv2d(3, 20, 4, 4)
        self.mixer = nn.Sequential(*[MixerBlock(24, 20, 10, 28) for _ in range(2)])
        self.ln = nn.LayerNorm(20)
        self.head = nn.Linear(20, classes)

    def forward(self, x):
        x = self.stem(x).flatten(2).transpose(1, 2)
        return self.head(self.ln(self.mixer(x)).mean(dim=1))


def mlp_mixer():
    """Functional; Permute stands for the transposes around the mixing of tokens."""

    def mlp(x, hidden):
        d = x.shape[-1]
        return layers.Dense(d)(layers.Dense(hidden, activation="gelu")(x))

    inputs = keras.Input((16, 24, 3))
    x = layers.Conv2D(20, 4, strides=4)(inputs)
    x = layers.Reshape((24, 20))(x)
    for _ in range(2):
        y = layers.LayerNormalization(epsilon=1e-5)(x)
        y = layers.Permute((2, 1))(y)
        y = layers.Permute((2, 1))(mlp(y, 10))
        x = layers.Add()([x, y])
        y = layers.LayerNormalization(epsilon=1e-5)(x)
        x = layers.Add()([x, mlp(y, 28)])
    x = layers.LayerNormalization(epsilon=1e-5)(x)
    out = layers.Dense(5)(layers.GlobalAveragePooling1D()(x))
    return {
        "torch_model": MLPMixer(),
        "keras_model": keras.Model(inputs, out),
        "inputs": normal(2, 3, 16, 24, seed=31),
        "loss": (nn.CrossEntropyLoss(), keras.losses.SparseCategoricalCrossentropy(from_logits=True)),
        "targets": tokens(2, below=5, seed=32),
        "optimizer": (lambda parameters: torch.optim.SGD(parameters, lr=0.05), lambda: keras.optimizers.SGD(0.05)),
    }


class ViT(nn.Module):
    def __init__(self, dim=24, heads=3, depth=2, classes=7):
        super().__init__()
        self.patch_embed = nn.Conv2d(3, dim, 4, 4)
        self.cls_token = nn.Parameter(torch.zeros(1, 1, dim))
        self.pos_embed = nn.Parameter(torch.randn(1, 21, dim) * 0.02)
        layer = nn.TransformerEncoderLayer(dim, heads, 40, 0.1, activation="gelu", batch_first=True, norm_first=True)
        self.encoder = nn.TransformerEncoder(layer, depth, norm=nn.LayerNorm(dim), enable_nested_tensor=False)
        self.head = nn.Linear(dim, classes)

    def forward(self, x):
        x = self.patch_embed(x).flatten(2).transpose(1, 2)
        x = torch.cat([self.cls_token.expand(x.size(0), -1, -1), x], dim=1) + self.pos_embed
        return self.head(self.encoder(x)[:, 0])


class ClassTokenAndPosition(keras.layers.Layer):
    def build(self, shape):
        n, d = shape[1], shape[2]
        self.pos = self.add_weight(shape=(1, n + 1, d), initializer=keras.initializers.RandomNormal(stddev=0.02), name="pos")
        self.cls = self.add_weight(shape=(1, 1, d), initializer="zeros", name="cls")

    def call(self, x):
        cls = ops.broadcast_to(self.cls, (ops.shape(x)[0], 1, x.shape[-1]))
        return ops.concatenate([cls, x], axis=1) + self.pos


def vit_conv_patch():
    """Functional with Keras' own MultiHeadAttention; class token and positions are one layer."""
    inputs = keras.Input((16, 20, 3))
    x = layers.Conv2D(24, 4, strides=4, name="embedding")(inputs)
    x = layers.Reshape((-1, 24))(x)
    x = ClassTokenAndPosition(name="tokens")(x)
    for i in range(2):
        h = layers.LayerNormalization(epsilon=1e-5, name=f"l{i}_ln1")(x)
        h = layers.MultiHeadAttention(3, 8, dropout=0.1, name=f"l{i}_mha")(h, h)
        x = x + layers.Dropout(0.1)(h)
        h = layers.LayerNormalization(epsilon=1e-5, name=f"l{i}_ln2")(x)
        h = layers.Dense(40, activation="gelu", name=f"l{i}_mlp1")(h)
        h = layers.Dropout(0.1)(h)
        h = layers.Dense(24, name=f"l{i}_mlp2")(h)
        x = x + layers.Dropout(0.1)(h)
    x = layers.LayerNormalization(epsilon=1e-5, name="norm")(x)
    out = layers.Dense(7, name="head")(x[:, 0])
    return {
        "torch_model": ViT().eval(),
        "keras_model": keras.Model(inputs, out),
        "inputs": normal(2, 3, 16, 20, seed=33),
    }


PAIRS = (convnext, mlp_mixer, vit_conv_patch)
