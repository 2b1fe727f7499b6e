r"""Vision transformer: an image as a sequence of patches, read by a transformer's encoder.

$$ z_0 = [x_\text{class};\, x_1 E;\, \dots;\, x_L E] + E_\text{pos}, \qquad z'_l = z_{l-1} + \mathrm{MHA}(\mathrm{LN}(z_{l-1})), \qquad
   z_l = z'_l + \mathrm{MLP}(\mathrm{LN}(z'_l)), \qquad y = W\, \mathrm{LN}(z_{\text{depth}})_0 + b $$

Shapes: input (N, 3, image_size, image_size), output (N, num_classes) scores; L = (image_size / patch_size)² patches of `hidden_dim` features.
Smallest input: the size it was built for, and no other; a multiple of `patch_size`. Names are torchvision's, whose checkpoints load with `strict=True`.

| | layers | heads | width | MLP | parameters | multiply-adds at 224 |
|---|---|---|---|---|---|---|
| ViT-B/16 | 12 | 12 | 768 | 3072 | 86,567,656 | 17.56 G |
| ViT-B/32 | 12 | 12 | 768 | 3072 | 88,224,232 | 4.41 G |
| ViT-L/16 | 24 | 16 | 1024 | 4096 | 304,326,632 | 61.55 G |
| ViT-L/32 | 24 | 16 | 1024 | 4096 | 306,535,400 | 15.38 G |
| ViT-H/14 | 32 | 16 | 1280 | 5120 | 632,045,800 | 167.30 G |

>>> import torch
>>> net = VisionTransformer(image_size=21, patch_size=7, num_layers=2, num_heads=2, hidden_dim=8, mlp_dim=12, num_classes=5).eval()
>>> net(torch.rand(3, 3, 21, 21)).shape, net.encoder.pos_embedding.shape
(torch.Size([3, 5]), torch.Size([1, 10, 8]))

Source: Dosovitskiy et al. 2021, arXiv:2010.11929; torchvision 0.28, `models/vision_transformer.py`; the notes name it among the base models.
"""

import math
from collections import OrderedDict

import torch
from torch import nn

from torch_ref.models._mlp import mlp


class EncoderBlock(nn.Module):
    """Attention and a perceptron, both after a normalisation and beside a shortcut."""

    def __init__(self, num_heads: int, hidden_dim: int, mlp_dim: int, dropout: float, attention_dropout: float) -> None:
        super().__init__()
        self.ln_1 = nn.LayerNorm(hidden_dim, eps=1e-6)
        self.self_attention = nn.MultiheadAttention(hidden_dim, num_heads, dropout=attention_dropout, batch_first=True)
        self.dropout = nn.Dropout(dropout)
        self.ln_2 = nn.LayerNorm(hidden_dim, eps=1e-6)
        self.mlp = mlp(hidden_dim, mlp_dim, dropout)

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        x = self.ln_1(input)
        x, _ = self.self_attention(x, x, x, need_weights=False)
        x = self.dropout(x) + input
        return x + self.mlp(self.ln_2(x))


class Encoder(nn.Module):
    """Positions are added, then block after block, then a last normalisation."""

    def __init__(self, seq_length: int, num_layers: int, num_heads: int, hidden_dim: int, mlp_dim: int, dropout: float, attention_dropout: float) -> None:
        super().__init__()
        self.pos_embedding = nn.Parameter(torch.empty(1, seq_length, hidden_dim).normal_(std=0.02))
        self.dropout = nn.Dropout(dropout)
        blocks = (EncoderBlock(num_heads, hidden_dim, mlp_dim, dropout, attention_dropout) for _ in range(num_layers))
        self.layers = nn.Sequential(OrderedDict((f"encoder_layer_{i}", block) for i, block in enumerate(blocks)))
        self.ln = nn.LayerNorm(hidden_dim, eps=1e-6)

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        return self.ln(self.layers(self.dropout(input + self.pos_embedding)))


class VisionTransformer(nn.Module):
    """Patches, a class token before them, the encoder, and a linear map of what became of the class token."""

    def __init__(self, image_size: int, patch_size: int, num_layers: int, num_heads: int, hidden_dim: int, mlp_dim: int, dropout: float = 0.0,
                 attention_dropout: float = 0.0, num_classes: int = 1000, representation_size: int | None = None, in_channels: int = 3) -> None:  # fmt: skip
        super().__init__()
        if image_size % patch_size:
            raise ValueError(f"image_size must be a multiple of patch_size, got {image_size} and {patch_size}")
        self.image_size = image_size
        self.conv_proj = nn.Conv2d(in_channels, hidden_dim, patch_size, patch_size)
        self.class_token = nn.Parameter(torch.zeros(1, 1, hidden_dim))
        seq_length = (image_size // patch_size) ** 2 + 1
        self.encoder = Encoder(seq_length, num_layers, num_heads, hidden_dim, mlp_dim, dropout, attention_dropout)
        heads: OrderedDict[str, nn.Module] = OrderedDict()
        if representation_size is not None:
            heads["pre_logits"], heads["act"] = nn.Linear(hidden_dim, representation_size), nn.Tanh()
        heads["head"] = nn.Linear(representation_size or hidden_dim, num_classes)
        self.heads = nn.Sequential(heads)
        self._start()

    def _start(self) -> None:
        nn.init.trunc_normal_(self.conv_proj.weight, std=math.sqrt(1 / self.conv_proj.weight[0].numel()))
        nn.init.zeros_(self.conv_proj.bias)
        if hasattr(self.heads, "pre_logits"):
            nn.init.trunc_normal_(self.heads.pre_logits.weight, std=math.sqrt(1 / self.heads.pre_logits.in_features))
            nn.init.zeros_(self.heads.pre_logits.bias)
        nn.init.zeros_(self.heads.head.weight)
        nn.init.zeros_(self.heads.head.bias)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if x.shape[-2:] != (self.image_size, self.image_size):
            raise ValueError(f"VisionTransformer was built with image_size={self.image_size}, got an input of shape {tuple(x.shape)}")
        x = self.conv_proj(x).flatten(2).permute(0, 2, 1)  # (N, L, hidden_dim): the patches are read row by row
        x = torch.cat([self.class_token.expand(x.shape[0], -1, -1), x], dim=1)
        return self.heads(self.encoder(x)[:, 0])


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
