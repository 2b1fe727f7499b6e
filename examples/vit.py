"""The ViT of `transformers` against one written by hand in Keras, with two mistakes that people make: LayerNorm's epsilon, and the approximate GELU.

python -m examples.vit [--right]
"""

import sys

import keras
import numpy as np
import torch
from keras import ops
from transformers import ViTConfig, ViTModel

import parity

CONFIG = {"hidden_size": 24, "num_hidden_layers": 2, "num_attention_heads": 3, "intermediate_size": 40, "image_size": 16, "patch_size": 4}


class Attention(keras.layers.Layer):
    def __init__(self, width: int, heads: int):
        super().__init__()
        self.width, self.heads = width, heads
        self.query, self.key, self.value, self.out = (keras.layers.Dense(width, name=name) for name in ("query", "key", "value", "out"))

    def split(self, x):
        return ops.transpose(ops.reshape(x, (-1, x.shape[1], self.heads, self.width // self.heads)), (0, 2, 1, 3))

    def call(self, x):
        query, key, value = (self.split(dense(x)) for dense in (self.query, self.key, self.value))
        scores = ops.softmax(ops.matmul(query, ops.transpose(key, (0, 1, 3, 2))) * (self.width // self.heads) ** -0.5)
        return self.out(ops.reshape(ops.transpose(ops.matmul(scores, value), (0, 2, 1, 3)), (-1, x.shape[1], self.width)))


class Block(keras.layers.Layer):
    def __init__(self, width: int, heads: int, inner: int, epsilon: float, approximate: bool):
        super().__init__()
        self.before, self.after = (keras.layers.LayerNormalization(epsilon=epsilon, name=name) for name in ("norm_before", "norm_after"))
        self.attention = Attention(width, heads)
        self.up, self.down, self.approximate = keras.layers.Dense(inner, name="up"), keras.layers.Dense(width, name="down"), approximate

    def call(self, x):
        x = x + self.attention(self.before(x))
        return x + self.down(ops.gelu(self.up(self.after(x)), approximate=self.approximate))


class ViT(keras.Model):
    def __init__(self, epsilon: float, approximate: bool):
        super().__init__()
        width, size = CONFIG["hidden_size"], CONFIG["patch_size"]
        self.patches = keras.layers.Conv2D(width, size, strides=size, name="patches")
        self.cls_token = self.add_weight(shape=(1, 1, width), name="cls_token")
        self.positions = self.add_weight(shape=(1, 1 + (CONFIG["image_size"] // size) ** 2, width), name="positions")
        blocks = (width, CONFIG["num_attention_heads"], CONFIG["intermediate_size"], epsilon, approximate)
        self.blocks = [Block(*blocks) for _ in range(CONFIG["num_hidden_layers"])]
        self.norm = keras.layers.LayerNormalization(epsilon=epsilon, name="norm")

    def call(self, images):
        x = self.patches(images)
        x = ops.reshape(x, (-1, x.shape[1] * x.shape[2], x.shape[3]))
        first = ops.broadcast_to(self.cls_token, (ops.shape(x)[0], 1, x.shape[2]))
        x = ops.concatenate([first, x], axis=1) + self.positions
        for block in self.blocks:
            x = block(x)
        return self.norm(x)


class LastHidden(torch.nn.Module):
    """Of the model's several outputs, the one that is ported."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.vit = ViTModel(ViTConfig(**CONFIG, layer_norm_eps=1e-6), add_pooling_layer=False).eval()
        with torch.no_grad():
            for parameter in self.vit.parameters():
                parameter.add_(0.1 * torch.randn_like(parameter))  # fresh biases and norms would hide what trained ones show

    def forward(self, images):
        return self.vit(images).last_hidden_state


def main(right: bool = False) -> parity.Report:
    images = np.random.default_rng(0).standard_normal((2, 3, 16, 16)).astype("float32")
    own = {"vit.embeddings.cls_token": "cls_token", "vit.embeddings.position_embeddings": "positions"}  # bare variables have no kind to be known by
    return parity.check(LastHidden(), ViT(1e-6 if right else 1e-3, approximate=not right), images, weights=own)


if __name__ == "__main__":
    print(main("--right" in sys.argv))
