"""A small CLIP: vision transformer and causal text transformer, normalised projections, learnt logit scale, contrastive loss; the port is subclassed."""

import math
from itertools import product

import keras
import numpy as np
import tensorflow as tf
import torch
from keras import layers, ops
from torch import nn
from torch.nn import functional as F

from benchmarks.faults.building import as_trained, normal, tokens
from benchmarks.faults.own import TorchAdamW
from benchmarks.faults.port import Fault, moved
from benchmarks.faults.weights import copy_weights

BATCH, HEIGHT, WIDTH, PATCH, PATCHES = 5, 12, 20, 4, 15
SEEN, SEEN_HEADS, READ, READ_HEADS, SHARED = 18, 3, 16, 2, 10
WORDS, LENGTH, START, END = 30, 9, 28, 29


class QuickGELU(nn.Module):
    def forward(self, x):
        return x * torch.sigmoid(1.702 * x)


class Attention(nn.Module):
    def __init__(self, width, heads, causal):
        super().__init__()
        self.heads, self.causal = heads, causal
        self.in_proj, self.out_proj = nn.Linear(width, 3 * width), nn.Linear(width, width)

    def forward(self, x):
        query, key, value = self.in_proj(x).unflatten(-1, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)
        x = F.scaled_dot_product_attention(query, key, value, is_causal=self.causal)
        return self.out_proj(x.transpose(1, 2).flatten(2))


class ResidualAttentionBlock(nn.Module):
    def __init__(self, width, heads, causal):
        super().__init__()
        self.ln_1, self.attn, self.ln_2 = nn.LayerNorm(width), Attention(width, heads, causal), nn.LayerNorm(width)
        self.mlp = nn.Sequential(nn.Linear(width, 2 * width), QuickGELU(), nn.Linear(2 * width, width))

    def forward(self, x):
        x = x + self.attn(self.ln_1(x))
        return x + self.mlp(self.ln_2(x))


class VisionTransformer(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, SEEN, PATCH, stride=PATCH, bias=False)
        self.class_embedding = nn.Parameter(0.5 * torch.randn(SEEN))
        self.positional_embedding = nn.Parameter(0.5 * torch.randn(PATCHES + 1, SEEN))
        self.transformer = nn.Sequential(*(ResidualAttentionBlock(SEEN, SEEN_HEADS, causal=False) for _ in range(2)))
        self.ln_pre, self.ln_post = nn.LayerNorm(SEEN), nn.LayerNorm(SEEN)
        self.proj = nn.Parameter(SEEN**-0.5 * torch.randn(SEEN, SHARED))

    def forward(self, image):
        x = self.conv1(image).flatten(2).transpose(1, 2)
        x = self.ln_pre(torch.cat([self.class_embedding.expand(len(x), 1, -1), x], dim=1) + self.positional_embedding)
        return self.ln_post(self.transformer(x)[:, 0]) @ self.proj


class CLIP(nn.Module):
    def __init__(self):
        super().__init__()
        self.visual = VisionTransformer()
        self.token_embedding, self.ln_final = nn.Embedding(WORDS, READ), nn.LayerNorm(READ)
        self.positional_embedding = nn.Parameter(0.5 * torch.randn(LENGTH, READ))
        self.transformer = nn.Sequential(*(ResidualAttentionBlock(READ, READ_HEADS, causal=True) for _ in range(2)))
        self.text_projection = nn.Parameter(READ**-0.5 * torch.randn(READ, SHARED))
        self.logit_scale = nn.Parameter(torch.tensor(math.log(1 / 0.07)))

    def encode_text(self, text):
        x = self.ln_final(self.transformer(self.token_embedding(text) + self.positional_embedding))
        return x[torch.arange(len(x)), text.argmax(-1)] @ self.text_projection  # end-of-text is the highest number

    def forward(self, image, text):
        image_features, text_features = (F.normalize(features, dim=-1) for features in (self.visual(image), self.encode_text(text)))
        logits_per_image = self.logit_scale.clamp(max=math.log(100)).exp() * image_features @ text_features.t()
        return logits_per_image, logits_per_image.t()


def build_torch():
    return as_trained(CLIP, seed=921)


class Block(layers.Layer):
    def __init__(self, width, heads, *, allowed, packed="parts_first", gelu="quick", kept="entry"):
        super().__init__()
        self.heads, self.size, self.allowed, self.packed, self.gelu, self.kept = heads, width // heads, allowed, packed, gelu, kept
        self.level_a, self.level_b = layers.LayerNormalization(epsilon=1e-5), layers.LayerNormalization(epsilon=1e-5)
        self.packed_in, self.out, self.widen, self.narrow = (layers.Dense(units) for units in (3 * width, width, 2 * width, width))

    def attended(self, x):
        shape, packed = (-1, x.shape[1], self.heads), self.packed_in(x)
        if self.packed == "heads_first":
            asks, offers, holds = ops.split(ops.reshape(packed, (*shape, 3 * self.size)), 3, axis=-1)
        else:
            asks, offers, holds = (ops.reshape(part, (*shape, self.size)) for part in ops.split(packed, 3, axis=-1))
        scores = ops.einsum("bqhd,bkhd->bhqk", asks, offers) / math.sqrt(self.size)
        if self.allowed != "all":
            seen = np.tril(np.ones((x.shape[1], x.shape[1]), bool), k=-1 if self.allowed == "before" else 0)
            scores = ops.where(seen, scores, -1e9)
        return self.out(ops.reshape(ops.einsum("bhqk,bkhd->bqhd", ops.softmax(scores), holds), (*shape[:2], self.heads * self.size)))

    def call(self, x):
        normed = self.level_a(x)
        x = (normed if self.kept == "normed" else x) + self.attended(normed)
        y = self.widen(self.level_b(x))
        return x + self.narrow(y * ops.sigmoid(1.702 * y) if self.gelu == "quick" else keras.activations.gelu(y))


class PictureTower(layers.Layer):
    def __init__(self, first, second, *, read_by="rows", entry_norm=True, pool="token"):
        super().__init__()
        self.read_by, self.pool = read_by, pool
        self.patches = layers.Conv2D(SEEN, PATCH, strides=PATCH, use_bias=False)
        self.token, self.places = self.add_weight((SEEN,), "zeros", name="token"), self.add_weight((PATCHES + 1, SEEN), "zeros", name="places")
        self.entry_norm = layers.LayerNormalization(epsilon=1e-5) if entry_norm else None
        self.blocks = [Block(SEEN, SEEN_HEADS, **{"allowed": "all"} | own) for own in (first, second)]
        self.exit_norm, self.to_shared = layers.LayerNormalization(epsilon=1e-5), layers.Dense(SHARED, use_bias=False)

    def call(self, image):
        x = self.patches(image)
        x = ops.reshape(ops.transpose(x, (0, 2, 1, 3)) if self.read_by == "columns" else x, (-1, PATCHES, SEEN))
        x = ops.concatenate([ops.broadcast_to(self.token, (ops.shape(x)[0], 1, SEEN)), x], axis=1) + self.places
        x = x if self.entry_norm is None else self.entry_norm(x)
        for block in self.blocks:
            x = block(x)
        return self.to_shared(self.exit_norm(ops.mean(x, axis=1) if self.pool == "mean" else x[:, 0]))


class CaptionTower(layers.Layer):
    def __init__(self, first, second, *, epsilon=1e-5, end="argmax"):
        super().__init__()
        self.end = end
        self.words, self.places = layers.Embedding(WORDS, READ), layers.Embedding(LENGTH, READ)
        self.blocks = [Block(READ, READ_HEADS, **{"allowed": "until"} | own) for own in (first, second)]
        self.exit_norm, self.to_shared = layers.LayerNormalization(epsilon=epsilon), layers.Dense(SHARED, use_bias=False)

    def call(self, caption):
        x = self.words(caption) + self.places(ops.arange(LENGTH))
        for block in self.blocks:
            x = block(x)
        x = self.exit_norm(x)
        ends = ops.argmax(caption, axis=-1) if self.end == "argmax" else ops.count_nonzero(caption, axis=-1)
        return self.to_shared(x[:, -1] if self.end == "last" else ops.sum(x * ops.one_hot(ends, LENGTH, dtype=x.dtype)[:, :, None], axis=1))


class DualEncoder(keras.Model):
    def __init__(self, *, v0=None, v1=None, t0=None, t1=None, picture=None, caption=None, length_of="rows", heat="exp", heated=True, locked=False):
        super().__init__()
        self.picture = PictureTower(v0 or {}, v1 or {}, **picture or {})
        self.caption = CaptionTower(t0 or {}, t1 or {}, **caption or {})
        self.log_heat = self.add_weight(shape=(), initializer=keras.initializers.Constant(math.log(1 / 0.07)), trainable=heated, name="log_heat")
        self.length_of, self.heat, self.locked = length_of, heat, locked

    def call(self, pair):
        seen, said = self.picture(pair[0]), self.caption(pair[1])
        seen = ops.stop_gradient(seen) if self.locked else seen
        seen = seen / ops.sqrt(ops.sum(ops.square(seen), axis=-1 if self.length_of == "rows" else None, keepdims=True))
        said = said / ops.sqrt(ops.sum(ops.square(said), axis=-1, keepdims=True))
        limited = ops.minimum(self.log_heat if self.heat != "limited_after" else ops.exp(self.log_heat), math.log(100))
        scores = (ops.exp(limited) if self.heat == "exp" else limited) * ops.matmul(seen, ops.transpose(said))
        return scores, ops.transpose(scores)


def inputs():
    caption = tokens(BATCH, LENGTH, below=START, lowest=1, seed=922)
    for row, end in enumerate((5, 3, 7, 4, 6)):
        caption[row, 0], caption[row, end], caption[row, end + 1 :] = START, END, 0
    return normal(BATCH, 3, HEIGHT, WIDTH, seed=923), caption


def targets():
    return np.arange(BATCH)


def keras_loss(sides=(0, 1)):
    entropy = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    return lambda output, target: sum(entropy(target, output[side]) for side in sides) / len(sides)


class AdamW(TorchAdamW):
    """No decay of norms, biases and the scale; gradients of embeddings are summed by word."""

    def __init__(self, spared=True):
        super().__init__(2e-3, shrink=0.2, beta_2=0.98, epsilon=1e-6)
        self.spared = spared

    def apply(self, grads, trainable_variables=None):
        return super().apply([None if grad is None else tf.convert_to_tensor(grad) for grad in grads], trainable_variables)

    def update_step(self, gradient, variable, learning_rate):
        plain = self.spared and len(variable.shape) < 2
        (super(TorchAdamW, self) if plain else super()).update_step(gradient, variable, learning_rate)


def torch_adamw(parameters):
    parameters = list(parameters)
    groups = [{"params": [p for p in parameters if p.ndim < 2], "weight_decay": 0.0}, {"params": [p for p in parameters if p.ndim >= 2]}]
    return torch.optim.AdamW(groups, lr=2e-3, betas=(0.9, 0.98), eps=1e-6, weight_decay=0.2)


LOSS = (lambda output, target: (F.cross_entropy(output[0], target) + F.cross_entropy(output[1], target)) / 2, keras_loss)
OPTIMIZER = (torch_adamw, AdamW)
build_keras = DualEncoder
MAPPING = {"visual.class_embedding": "picture.token", "visual.positional_embedding": "picture.places", "visual.proj": "picture.to_shared.kernel"}
MAPPING |= {"positional_embedding": "caption.places.embeddings", "text_projection": "caption.to_shared.kernel", "logit_scale": "log_heat"}
LAYERS = MAPPING | {"visual.conv1": "picture.patches", "visual.ln_pre": "picture.entry_norm", "visual.ln_post": "picture.exit_norm"}
LAYERS |= {"token_embedding": "caption.words", "ln_final": "caption.exit_norm"}
PARTS = {"ln_1": "level_a", "attn.in_proj": "packed_in", "attn.out_proj": "out", "ln_2": "level_b", "mlp.0": "widen", "mlp.2": "narrow"}
for index, (theirs, ours) in product((0, 1), (("visual.transformer", "picture"), ("transformer", "caption"))):
    LAYERS |= {f"{theirs}.{index}.{path}": f"{ours}.blocks.{index}.{name}" for path, name in PARTS.items()}


def load_key_first(torch_model, keras_model):
    names = ("transformer.0.attn.in_proj.weight", "transformer.0.attn.in_proj.bias")
    copy_weights(torch_model, keras_model, LAYERS, lambda s: s | {n: s[n].reshape(3, READ, -1)[[1, 0, 2]].reshape(s[n].shape) for n in names})


def normalised_as_imagenet(pair):
    clip, imagenet = ((0.481, 0.458, 0.408), (0.269, 0.261, 0.276)), ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
    pixels = moved(pair[0], None) * np.array(clip[1]) + np.array(clip[0])
    return ((pixels - np.array(imagenet[0])) / np.array(imagenet[1])).astype("float32"), pair[1]


def within(block, *names):
    return (*(f"{block}.{name}" for name in names), block)


V0, V1, T0, T1 = "visual.transformer.0", "visual.transformer.1", "transformer.0", "transformer.1"
ENTRY, POOLED = ("visual.conv1", "visual", "visual.positional_embedding", "visual.ln_pre"), ("ln_final", "text_projection")
FAULTS = [
    Fault("imagenet_pixels", ("input", "visual.conv1"), "preprocessing", "ImageNet's mean and deviation, not CLIP's", keras_inputs=normalised_as_imagenet),
    Fault("patches_by_columns", ENTRY, "axes", "width before height when patches are made a sequence", {"picture": {"read_by": "columns"}}),
    Fault("no_entry_norm", ("visual.ln_pre", V0, f"{V0}.ln_1", "visual"), "norm", "ln_pre, which ViT has not, left out", {"picture": {"entry_norm": False}}),
    Fault("gelu", within(f"{V0}.mlp", "1", "0", "2"), "activation", "GELU for QuickGELU", {"v0": {"gelu": "keras"}}),
    Fault("packed_by_head", within(f"{V1}.attn", "in_proj"), "reshape", "each head's query, key and value together", {"v1": {"packed": "heads_first"}}),
    Fault("mean_of_tokens", ("visual.ln_post", "visual"), "pooling", "the mean of all tokens, not the class token", {"picture": {"pool": "mean"}}),
    Fault("itself_hidden", within(T0, "attn"), "mask", "the diagonal is masked too", {"t0": {"allowed": "before"}}),
    Fault("not_causal", within(T1, "attn"), "mask", "no causal mask", {"t1": {"allowed": "all"}}),
    Fault("shortcut_normed", within(T1, "ln_1", "attn", "ln_2"), "residual", "the shortcut starts behind the norm", {"t1": {"kept": "normed"}}),
    Fault("key_first", within(f"{T0}.attn", "in_proj", "in_proj.weight"), "weights", "packed as key, query, value", load=load_key_first),
    Fault("epsilon", "ln_final", "epsilon", "Keras' default epsilon 1e-3", {"caption": {"epsilon": 1e-3}}),
    Fault("last_step", POOLED, "time step", "the last step, of padding, for the end of text", {"caption": {"end": "last"}}),
    Fault("step_after_end", POOLED, "off by one", "the number of words taken for the place of the last", {"caption": {"end": "count"}}),
    Fault("length_of_all", ("visual.proj", "visual", "output"), "axis", "l2_normalize without an axis", {"length_of": "all"}),
    Fault("scale_not_exp", ("logit_scale", "output"), "scale", "the logarithm of the scale multiplies", {"heat": "raw"}),
    Fault("limited_after_exp", ("logit_scale", "output"), "constant", "the limit log(100) put on the scale itself", {"heat": "limited_after"}),
    Fault("pictures_locked", ("visual.proj", "visual"), "gradient", "stop_gradient on image features, as in LiT", {"locked": True}, seen="grad"),
    Fault("scale_fixed", ("logit_scale", "output"), "gradient", "the logit scale is not trained", {"heated": False}, seen="grad"),
    Fault("one_direction", "loss", "loss", "images to texts only", seen="loss", loss=lambda: keras_loss((0,))),
    Fault("all_decay", "optimizer", "decay", "norms, biases and the scale decay too", seen="step", optimizer=lambda: AdamW(spared=False)),
]
