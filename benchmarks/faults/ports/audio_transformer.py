"""An audio spectrogram transformer: overlapping patches over (frequency, time), class and distillation tokens, a fused qkv turned by hand, layer scale.

The port is functional over small layers of its own; several tags may hold for one clip: binary cross-entropy, Adam with its decay in the gradient.
"""

import math

import keras
import torch
from keras import layers, ops
from torch import nn
from torch.nn import functional as F

from benchmarks.faults.building import as_trained, normal, uniform
from benchmarks.faults.own import TorchAdam, TorchAdamW
from benchmarks.faults.port import Fault
from benchmarks.faults.weights import copy_weights

CLIPS, FRAMES, BANDS, MEAN, STD = 3, 31, 18, -4.2677393, 4.5689974
PATCH, STRIDE, GRID = 6, 4, (4, 7)  # of frequencies, of times
WIDTH, HEADS, INNER, TAGS, DEPTH_RATES = 20, 4, 28, 9, (0.1, 0.2)
HEAD, PLACES, EPSILON = WIDTH // HEADS, GRID[0] * GRID[1], 1e-6


class Standardise(nn.Module):
    """The data set's statistics, to a deviation of one half."""

    def forward(self, x):
        return (x - MEAN) / (2 * STD)


class PatchEmbed(nn.Module):
    def __init__(self):
        super().__init__()
        self.proj = nn.Conv2d(1, WIDTH, PATCH, stride=STRIDE)

    def forward(self, x):
        x = x.unsqueeze(1).transpose(2, 3)  # (clips, frames, bands) to (clips, 1, bands, frames)
        return self.proj(x).flatten(2).transpose(1, 2)


class Attention(nn.Module):
    def __init__(self):
        super().__init__()
        self.qkv = nn.Linear(WIDTH, 3 * WIDTH)
        self.proj = nn.Linear(WIDTH, WIDTH)

    def forward(self, x):
        b, n, c = x.shape
        q, k, v = self.qkv(x).reshape(b, n, 3, HEADS, HEAD).permute(2, 0, 3, 1, 4).unbind(0)
        weights = (q * HEAD**-0.5 @ k.transpose(-2, -1)).softmax(dim=-1)
        return self.proj((weights @ v).transpose(1, 2).reshape(b, n, c))


class LayerScale(nn.Module):
    def __init__(self):
        super().__init__()
        self.gamma = nn.Parameter(0.2 + 0.5 * torch.rand(WIDTH))

    def forward(self, x):
        return x * self.gamma


class DropPath(nn.Dropout):
    """Drops the branch of whole samples."""

    def forward(self, x):
        return x * F.dropout(x.new_ones(len(x), 1, 1), self.p, self.training)


class Mlp(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1, self.act, self.fc2 = nn.Linear(WIDTH, INNER), nn.GELU(), nn.Linear(INNER, WIDTH)

    def forward(self, x):
        return self.fc2(self.act(self.fc1(x)))


class Block(nn.Module):
    def __init__(self, rate):
        super().__init__()
        self.norm1, self.attn, self.ls1, self.drop_path1 = nn.LayerNorm(WIDTH, eps=EPSILON), Attention(), LayerScale(), DropPath(rate)
        self.norm2, self.mlp, self.ls2, self.drop_path2 = nn.LayerNorm(WIDTH, eps=EPSILON), Mlp(), LayerScale(), DropPath(rate)

    def forward(self, x):
        x = x + self.drop_path1(self.ls1(self.attn(self.norm1(x))))
        return x + self.drop_path2(self.ls2(self.mlp(self.norm2(x))))


class AudioTransformer(nn.Module):
    def __init__(self):
        super().__init__()
        self.standardise, self.patch_embed = Standardise(), PatchEmbed()
        self.cls_token, self.dist_token = (nn.Parameter(0.5 * torch.randn(1, 1, WIDTH)) for _ in range(2))
        self.pos_embed = nn.Parameter(0.5 * torch.randn(1, 2 + PLACES, WIDTH))
        self.blocks = nn.Sequential(*(Block(rate) for rate in DEPTH_RATES))
        self.norm = nn.LayerNorm(WIDTH, eps=EPSILON)
        self.head, self.head_dist = nn.Linear(WIDTH, TAGS), nn.Linear(WIDTH, TAGS)

    def forward(self, x):
        x = self.patch_embed(self.standardise(x))
        x = torch.cat([self.cls_token.expand(len(x), -1, -1), self.dist_token.expand(len(x), -1, -1), x], dim=1)
        x = self.norm(self.blocks(x + self.pos_embed))
        return (self.head(x[:, 0]) + self.head_dist(x[:, 1])) / 2


def build_torch():
    return as_trained(AudioTransformer, seed=851)


class SpecialTokens(layers.Layer):
    """Puts its two in front."""

    def __init__(self, *, order="class_first", frozen=False, **kwargs):
        super().__init__(**kwargs)
        self.order, self.frozen = order, frozen

    def build(self, shape):
        self.of_class = self.add_weight(shape=(1, 1, shape[-1]), name="of_class")
        self.of_teacher = self.add_weight(shape=(1, 1, shape[-1]), trainable=not self.frozen, name="of_teacher")

    def call(self, x):
        pair = [ops.broadcast_to(token, (ops.shape(x)[0], 1, x.shape[-1])) for token in (self.of_class, self.of_teacher)]
        return ops.concatenate([*(pair if self.order == "class_first" else pair[::-1]), x], axis=1)


class Positions(layers.Layer):
    def __init__(self, *, given="all", **kwargs):
        super().__init__(**kwargs)
        self.given = given

    def build(self, shape):
        self.table = self.add_weight(shape=(1, *shape[1:]), initializer="random_normal", name="table")

    def call(self, x):
        if self.given == "patches":
            return ops.concatenate([x[:, :2], x[:, 2:] + self.table[:, 2:]], axis=1)
        return x + self.table


class Scale(layers.Layer):
    def build(self, shape):
        self.factors = self.add_weight(shape=(shape[-1],), initializer="ones", name="factors")

    def call(self, x):
        return x * self.factors


class SelfAttention(layers.Layer):
    def __init__(self, *, split="part_first", scaled="once", **kwargs):
        super().__init__(**kwargs)
        self.fused, self.join = layers.Dense(3 * WIDTH), layers.Dense(WIDTH)
        self.split, self.scaled = split, scaled

    def parts(self, fused):
        if self.split == "head_first":
            fused = ops.reshape(fused, (-1, fused.shape[1], HEADS, 3, HEAD))
            return [fused[..., part, :] for part in range(3)]
        return [ops.reshape(part, (-1, fused.shape[1], HEADS, HEAD)) for part in ops.split(fused, 3, axis=-1)]

    def call(self, x):
        query, key, value = self.parts(self.fused(x))
        query = query / math.sqrt(HEAD)
        scores = ops.einsum("bqhd,bkhd->bhqk", query, key)
        weights = ops.softmax(scores / math.sqrt(HEAD) if self.scaled == "twice" else scores, axis=-1)
        found = ops.einsum("bhqk,bkhd->bqhd", weights, value)
        return self.join(ops.reshape(found, (-1, *x.shape[1:])))


def exact_gelu(x):
    return x * (1.0 + ops.erf(x / math.sqrt(2.0))) / 2.0


def drop_path(x, rate, of="samples"):
    return layers.Dropout(rate, noise_shape=(None, 1, 1) if of == "samples" else None)(x)


def block(x, name, rate, *, epsilon=EPSILON, gelu="exact", second_scale=True, mlp_of="sum", dropped="samples", **attention):
    """Keywords are the mistakes."""
    start, y = x, layers.LayerNormalization(epsilon=EPSILON, name=f"{name}_level_a")(x)
    y = Scale(name=f"{name}_scale_a")(SelfAttention(name=f"{name}_attend", **attention)(y))
    x = x + drop_path(y, rate, dropped)
    y = layers.LayerNormalization(epsilon=epsilon, name=f"{name}_level_b")(x if mlp_of == "sum" else start)
    y = layers.Dense(INNER, activation=exact_gelu if gelu == "exact" else ops.gelu, name=f"{name}_widen")(y)
    y = layers.Dense(WIDTH, name=f"{name}_narrow")(y)
    return x + drop_path(Scale(name=f"{name}_scale_b")(y) if second_scale else y, rate, dropped)


def build_keras(*, deviations=2, turned=True, read="bands_first", special=None, given="all", first=None, second=None, level=True, teacher_at=1, joined="mean"):
    spectrogram = keras.Input((FRAMES, BANDS), name="spectrogram")
    x = (spectrogram - MEAN) / (deviations * STD)
    x = layers.Permute((2, 1))(x) if turned else x
    x = layers.Conv2D(WIDTH, PATCH, strides=STRIDE, name="patches")(layers.Reshape((*x.shape[1:], 1))(x))
    x = layers.Permute((2, 1, 3))(x) if read == "frames_first" else x
    x = SpecialTokens(**(special or {}), name="special")(layers.Reshape((PLACES, WIDTH))(x))
    x = Positions(given=given, name="positions")(x)
    for name, rate, own in zip(("first", "second"), DEPTH_RATES, (first, second), strict=True):
        x = block(x, name, rate, **(own or {}))
    x = layers.LayerNormalization(epsilon=EPSILON, name="last_level")(x) if level else x
    scores = [layers.Dense(TAGS, name="tags")(x[:, 0]), layers.Dense(TAGS, name="tags_of_teacher")(x[:, teacher_at])]
    return keras.Model(spectrogram, layers.Average()(scores) if joined == "mean" else layers.Add()(scores))


def inputs():
    """Log energies of mel bands."""
    return (MEAN + STD * normal(CLIPS, FRAMES, BANDS, seed=852)).astype("float32")


def targets():
    return (uniform(CLIPS, TAGS, seed=853) > 0.7).astype("float32")


LOSS = (F.binary_cross_entropy_with_logits, lambda: keras.losses.BinaryCrossentropy(from_logits=True))
OPTIMIZER = (lambda parameters: torch.optim.Adam(parameters, lr=1e-3, betas=(0.95, 0.999), weight_decay=1e-2), lambda: TorchAdam(1e-3, beta_1=0.95, decay=1e-2))
LAYERS = {"patch_embed.proj": "patches", "cls_token": "special.of_class", "dist_token": "special.of_teacher", "pos_embed": "positions.table"}
LAYERS |= {"norm": "last_level", "head": "tags", "head_dist": "tags_of_teacher"}
THEIRS = "norm1 attn.qkv attn.proj ls1.gamma norm2 mlp.fc1 mlp.fc2 ls2.gamma"
OURS = "level_a attend.fused attend.join scale_a.factors level_b widen narrow scale_b.factors"
for index, ours in enumerate(("first", "second")):
    LAYERS |= {f"blocks.{index}.{theirs}": f"{ours}_{name}" for theirs, name in zip(THEIRS.split(), OURS.split(), strict=True)}


def load_kernel_by_t(torch_model, keras_model):
    """The patch kernel by .T, from (out, 1, frequency, time) to (time, frequency, 1, out): it fits, being square."""
    copy_weights(torch_model, keras_model, LAYERS, lambda s: {**s, "patch_embed.proj.weight": s["patch_embed.proj.weight"].swapaxes(2, 3)})


def load_scales_crossed(torch_model, keras_model):
    one, other = "blocks.1.ls1.gamma", "blocks.1.ls2.gamma"
    copy_weights(torch_model, keras_model, LAYERS, lambda s: {**s, one: s[other], other: s[one]})


B0, B1, CONV, TOKENS = "blocks.0", "blocks.1", ("patch_embed.proj", "patch_embed"), ("cls_token", "dist_token")
HEADS_OF = (f"{B0}.attn", f"{B0}.attn.qkv")
CROSSED = (f"{B1}.ls1", f"{B1}.ls2", f"{B1}.ls1.gamma", f"{B1}.ls2.gamma")
DROPPED = (f"{B1}.drop_path1", f"{B1}.drop_path2", B1)

FAULTS = [
    Fault("one_deviation", ("standardise", "patch_embed.proj", "input"), "scale", "divided by the deviation, not by twice of it", {"deviations": 1}),
    Fault("not_turned", CONV, "axes", "frames for rows: the spectrogram goes into the convolution as it comes", {"turned": False}),
    Fault("frames_first", (*CONV[::-1], "pos_embed"), "axes", "patches read frame by frame, not band by band", {"read": "frames_first"}),
    Fault("teacher_first", (*TOKENS, "pos_embed"), "concat order", "the distillation token before the class token", {"special": {"order": "teacher_first"}}),
    Fault("places_of_patches_only", ("pos_embed", *TOKENS), "positions", "the two tokens get no positions", {"given": "patches"}),
    Fault("head_before_part", HEADS_OF, "reshape", "the fused width read as (heads, 3, head), not as (3, heads, head)", {"first": {"split": "head_first"}}),
    Fault("scaled_twice", (f"{B0}.attn", f"{B0}.attn.proj"), "scale", "queries scaled and scores scaled again", {"first": {"scaled": "twice"}}),
    Fault("scale_missing", (f"{B0}.ls2", f"{B0}.ls2.gamma", B0), "missing layer", "no layer scale after the MLP", {"first": {"second_scale": False}}),
    Fault("in_parallel", (f"{B1}.norm2", B1), "wrong tensor", "the MLP takes what the attention took", {"second": {"mlp_of": "start"}}),
    Fault("epsilon", f"{B0}.norm2", "epsilon", "Keras' default epsilon 1e-3", {"first": {"epsilon": 1e-3}}),
    Fault("gelu_tanh", (f"{B1}.mlp.act", f"{B1}.mlp", f"{B1}.mlp.fc1"), "activation", "the approximation of ops.gelu", {"second": {"gelu": "tanh"}}),
    Fault("last_norm_missing", "norm", "missing layer", "no norm before the heads", {"level": False}),
    Fault("both_of_class", "head_dist", "wrong tensor", "both heads read the class token", {"teacher_at": 0}),
    Fault("heads_added", ("output", "head", "head_dist"), "scale", "the sum of the heads, not their mean", {"joined": "sum"}),
    Fault("kernel_by_t", (CONV[0], "patch_embed.proj.weight"), "weights", "frequency and time of the kernel exchanged", load=load_kernel_by_t),
    Fault("scales_crossed", CROSSED, "weights", "the two layer scales loaded crosswise", load=load_scales_crossed),
    Fault("token_frozen", "dist_token", "gradient", "the distillation token is not trained", {"special": {"frozen": True}}, seen="grad"),
    Fault("elements_dropped", DROPPED, "dropout", "elements dropped, not branches of samples", {"second": {"dropped": "elements"}}, seen="dropout"),
    Fault("softmax_of_tags", "loss", "loss", "one tag a clip", seen="loss", loss=lambda: keras.losses.CategoricalCrossentropy(from_logits=True)),
    Fault("decoupled", "optimizer", "decay", "AdamW for Adam", seen="step", optimizer=lambda: TorchAdamW(1e-3, beta_1=0.95, shrink=1e-2)),
]
