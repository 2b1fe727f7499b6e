"""Vision transformer, channels last: an image as a sequence of patches, read by a transformer's encoder."""

import math
from collections import OrderedDict

import keras
from jaxtyping import Float
from keras import ops

from tf_impl.activations.tanh import Tanh
from tf_impl.initializers.trunc_normal import TruncNormal
from tf_impl.layers._twin import Twin
from tf_impl.layers.container import Sequential
from tf_impl.layers.conv import Conv2d
from tf_impl.layers.dropout import Dropout
from tf_impl.layers.layer_norm import LayerNorm
from tf_impl.layers.linear import Linear
from tf_impl.layers.multihead_attention import MultiheadAttention
from tf_impl.models._images import check_images
from tf_impl.models._mlp import mlp
from tf_impl.models._model import Model
from tf_impl.typing import Tensor

_register = keras.saving.register_keras_serializable(package="tf_impl")


@_register
class EncoderBlock(Twin):
    """Attention and a perceptron, both after a normalisation and beside a shortcut.

    Shapes:
        input and output (N, places, hidden_dim).

    Differs from PyTorch: as `VisionTransformer`.
    """

    def __init__(self, num_heads: int, hidden_dim: int, mlp_dim: int, dropout: float, attention_dropout: float, **kwargs) -> None:
        super().__init__(**kwargs)
        self.ln_1 = LayerNorm(hidden_dim, eps=1e-6)
        self.self_attention = MultiheadAttention(hidden_dim, num_heads, dropout=attention_dropout, batch_first=True)
        self.dropout = Dropout(dropout)
        self.ln_2 = LayerNorm(hidden_dim, eps=1e-6)
        self.mlp = mlp(hidden_dim, mlp_dim, dropout)

    def call(self, input: Float[Tensor, "n l e"], training: bool | None = None) -> Float[Tensor, "n l e"]:
        x = self.ln_1(input)
        x, _ = self.self_attention(x, x, x, need_weights=False)
        x = self.dropout(x) + input
        return x + self.mlp(self.ln_2(x))


@_register
class Encoder(Twin):
    """Positions are added, then block after block, then a last normalisation.

    Shapes:
        input and output (N, seq_length, hidden_dim); `pos_embedding` (1, seq_length, hidden_dim).

    Differs from PyTorch: as `VisionTransformer`.
    """

    def __init__(
        self, seq_length: int, num_layers: int, num_heads: int, hidden_dim: int, mlp_dim: int, dropout: float, attention_dropout: float, **kwargs
    ) -> None:
        super().__init__(**kwargs)
        normal = keras.initializers.RandomNormal(stddev=0.02)
        self.pos_embedding = self.add_weight(name="pos_embedding", shape=(1, seq_length, hidden_dim), initializer=normal)
        self.dropout = Dropout(dropout)
        blocks = (EncoderBlock(num_heads, hidden_dim, mlp_dim, dropout, attention_dropout) for _ in range(num_layers))
        self.layers = Sequential(OrderedDict((f"encoder_layer_{i}", block) for i, block in enumerate(blocks)))
        self.ln = LayerNorm(hidden_dim, eps=1e-6)

    def call(self, input: Float[Tensor, "n l e"], training: bool | None = None) -> Float[Tensor, "n l e"]:
        return self.ln(self.layers(self.dropout(input + self.pos_embedding)))


@_register
class VisionTransformer(Model):
    r"""Patches, a class token before them, the encoder, and a linear map of what became of the class token.

    $$ z_0 = [x_\text{class};\, x_1 E;\, \dots;\, x_L E] + E_\text{pos}, \qquad z'_l = z_{l-1} + \mathrm{MHA}(\mathrm{LN}(z_{l-1})), \qquad
       z_l = z'_l + \mathrm{MLP}(\mathrm{LN}(z'_l)), \qquad y = W\, \mathrm{LN}(z_{\text{depth}})_0 + b $$

    Args:
        image_size: H and W of the images.
        patch_size: of a patch; divides `image_size`.
        num_layers: blocks.
        num_heads: heads of each attention.
        hidden_dim: features of a place.
        mlp_dim: features within the perceptrons.
        dropout: probability of dropping an output of an attention or a perceptron, in training.
        attention_dropout: of dropping an attention weight.
        num_classes: scores at the end.
        representation_size: features of one more layer, with tanh, before the scores.
        in_channels: channels of the images.

    Shapes:
        input (N, image_size, image_size, in_channels), output (N, num_classes) scores; (image_size / patch_size)² patches.
        ViT-B/16: 86,567,656 parameters, 17.56 G multiply-adds at 224 pixels.

    Raises:
        ValueError: images of another size, with other channels or of integers; a patch size that does not divide the image size.

    Differs from PyTorch:
        Channels are last; patches are read row by row on both sides. Keras' layers, taken as they are, differ in the epsilon of `LayerNormalization`
        (1e-3 for 1e-6: scores 6e-5 off, which no picture shows), in the order and the mask of `MultiHeadAttention`'s arguments, and in its separate
        weights for query, key and value.
        torchvision's `norm_layer` and `conv_stem_configs` are left out on both sides, `in_channels` is added.

    Source: Dosovitskiy et al. 2021, arXiv:2010.11929.
    """

    def __init__(self, image_size: int, patch_size: int, num_layers: int, num_heads: int, hidden_dim: int, mlp_dim: int, dropout: float = 0.0,
                 attention_dropout: float = 0.0, num_classes: int = 1000, representation_size: int | None = None, in_channels: int = 3,
                 **kwargs) -> None:  # fmt: skip
        super().__init__(**kwargs)
        if image_size % patch_size:
            raise ValueError(f"image_size must be a multiple of patch_size, got {image_size} and {patch_size}")
        self.image_size, self.in_channels = image_size, in_channels
        self.conv_proj = Conv2d(in_channels, hidden_dim, patch_size, patch_size, **_cut_normal(in_channels * patch_size**2))
        self.class_token = self.add_weight(name="class_token", shape=(1, 1, hidden_dim), initializer="zeros")
        seq_length = (image_size // patch_size) ** 2 + 1
        self.encoder = Encoder(seq_length, num_layers, num_heads, hidden_dim, mlp_dim, dropout, attention_dropout)
        heads = OrderedDict()
        if representation_size is not None:
            heads["pre_logits"], heads["act"] = Linear(hidden_dim, representation_size, **_cut_normal(hidden_dim)), Tanh()
        heads["head"] = Linear(representation_size or hidden_dim, num_classes, kernel_initializer="zeros", bias_initializer="zeros")
        self.heads = Sequential(heads)

    def call(self, x: Float[Tensor, "n h w c"], training: bool | None = None) -> Float[Tensor, "n classes"]:
        check_images(self, x, self.in_channels)
        if tuple(x.shape[1:3]) != (self.image_size, self.image_size):
            raise ValueError(f"VisionTransformer was built with image_size={self.image_size}, got an input of shape {tuple(x.shape)}")
        x = self.conv_proj(x)
        x = ops.reshape(x, (-1, x.shape[1] * x.shape[2], x.shape[3]))  # (N, L, hidden_dim): the patches are read row by row
        token = ops.broadcast_to(ops.cast(self.class_token, x.dtype), (ops.shape(x)[0], 1, x.shape[2]))
        return self.heads(self.encoder(ops.concatenate([token, x], axis=1))[:, 0])


def _cut_normal(fan_in: int) -> dict[str, keras.initializers.Initializer | str]:
    return {"kernel_initializer": TruncNormal(std=math.sqrt(1 / fan_in)), "bias_initializer": "zeros"}


def vit_b_16(**kwargs) -> VisionTransformer:
    """ViT-B/16 for images of 224 pixels; keywords are the constructor's."""
    return VisionTransformer(**{"image_size": 224, "patch_size": 16, "num_layers": 12, "num_heads": 12, "hidden_dim": 768, "mlp_dim": 3072} | kwargs)


def vit_b_32(**kwargs) -> VisionTransformer:
    """ViT-B/32."""
    return vit_b_16(**{"patch_size": 32} | kwargs)


def vit_l_16(**kwargs) -> VisionTransformer:
    """ViT-L/16."""
    return VisionTransformer(**{"image_size": 224, "patch_size": 16, "num_layers": 24, "num_heads": 16, "hidden_dim": 1024, "mlp_dim": 4096} | kwargs)


def vit_l_32(**kwargs) -> VisionTransformer:
    """ViT-L/32."""
    return vit_l_16(**{"patch_size": 32} | kwargs)


def vit_h_14(**kwargs) -> VisionTransformer:
    """ViT-H/14."""
    return VisionTransformer(**{"image_size": 224, "patch_size": 14, "num_layers": 32, "num_heads": 16, "hidden_dim": 1280, "mlp_dim": 5120} | kwargs)
