r"""Swin transformer (v1): attention within windows, which every other block shifts by half a window.

$$ \mathrm{head}_h = \mathrm{softmax}\Bigl(\frac{Q_h K_h^\top}{\sqrt{d}} + B_h + M\Bigr) V_h, \qquad B_{h,ij} = T_h[\,p_i - p_j\,], \qquad
   z' = z + \mathrm{SW\text{-}MHA}(\mathrm{LN}(z)), \qquad z'' = z' + \mathrm{MLP}(\mathrm{LN}(z')) $$

T is a table over the (2w − 1)² offsets between two places of a window; M is −100 between places that only the shift has brought into one window.

Shapes: input (N, 3, H, W), output (N, num_classes) scores; inside (N, H/4, W/4, embed_dim), each merging halves H and W (odd ones are padded) and doubles the
features. A map that is no multiple of the window is padded with zeros, to which its places attend: they carry the biases of keys and values. Where a window
covers the padded map nothing is shifted. Smallest input: one patch, 4×4. Names are torchvision's, whose checkpoints load with `strict=True`.
`kept`, if given in training: (2·blocks, N) booleans, which examples keep the attention's and the perceptron's branch of each block.

| | depths | width | parameters | multiply-adds at 224 |
|---|---|---|---|---|
| Swin-T | 2, 2, 6, 2 | 96 | 28,288,354 | 4.49 G |
| Swin-S | 2, 2, 18, 2 | 96 | 49,606,258 | 8.74 G |
| Swin-B | 2, 2, 18, 2 | 128 | 87,768,224 | 15.43 G |

>>> import torch
>>> net = SwinTransformer([4, 4], 8, [2, 2], [2, 4], [3, 3], num_classes=5).eval()
>>> net(torch.rand(1, 3, 29, 42)).shape, net.features[1][1].attn.shift_size, net.features[2].reduction.weight.shape
(torch.Size([1, 5]), [1, 1], torch.Size([16, 32]))

Source: Liu et al. 2021, arXiv:2103.14030; torchvision 0.28, `models/swin_transformer.py`; the notes name it among the base models.
"""

from collections.abc import Sequence

import torch
from torch import nn
from torch.nn import functional as F

from torch_ref.layers.stochastic_depth import StochasticDepth
from torch_ref.models._mlp import mlp


class ShiftedWindowAttention(nn.Module):
    """Attention within windows of a map (N, H, W, dim), moved by `shift_size`, with a learned bias for each offset."""

    def __init__(self, dim: int, window_size: Sequence[int], shift_size: Sequence[int], num_heads: int, qkv_bias: bool = True, proj_bias: bool = True,
                 attention_dropout: float = 0.0, dropout: float = 0.0) -> None:  # fmt: skip
        super().__init__()
        if len(window_size) != 2 or len(shift_size) != 2:
            raise ValueError(f"window_size and shift_size must have two numbers, got {window_size} and {shift_size}")
        if dim % num_heads:
            raise ValueError(f"dim must be a multiple of num_heads, got {dim} and {num_heads}")
        self.window_size, self.shift_size, self.num_heads = list(window_size), list(shift_size), num_heads
        self.attention_dropout = nn.Dropout(attention_dropout)
        self.dropout = nn.Dropout(dropout)
        self.qkv = nn.Linear(dim, 3 * dim, bias=qkv_bias)
        self.proj = nn.Linear(dim, dim, bias=proj_bias)
        offsets = (2 * window_size[0] - 1) * (2 * window_size[1] - 1)
        self.relative_position_bias_table = nn.Parameter(torch.zeros(offsets, num_heads))
        nn.init.trunc_normal_(self.relative_position_bias_table, std=0.02)
        self.register_buffer("relative_position_index", _offsets(*window_size))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        n, h, w, c = x.shape
        rows, columns = self.window_size
        x = F.pad(x, (0, 0, 0, -w % columns, 0, -h % rows))
        high, wide = x.shape[1:3]
        shift = [0 if size >= length else step for size, length, step in zip(self.window_size, (high, wide), self.shift_size, strict=True)]
        x = torch.roll(x, (-shift[0], -shift[1]), (1, 2)) if any(shift) else x
        x = x.reshape(n, high // rows, rows, wide // columns, columns, c).permute(0, 1, 3, 2, 4, 5).reshape(-1, rows * columns, c)
        x = self._attend(x, self._mask(high, wide, shift, x) if any(shift) else None)
        x = x.reshape(n, high // rows, wide // columns, rows, columns, c).permute(0, 1, 3, 2, 4, 5).reshape(n, high, wide, c)
        x = torch.roll(x, (shift[0], shift[1]), (1, 2)) if any(shift) else x
        return x[:, :h, :w].contiguous()

    def _attend(self, x: torch.Tensor, mask: torch.Tensor | None) -> torch.Tensor:
        windows, places, c = x.shape
        qkv = self.qkv(x).reshape(windows, places, 3, self.num_heads, c // self.num_heads).permute(2, 0, 3, 1, 4)
        q, k, v = qkv[0], qkv[1], qkv[2]
        scores = (q * (c // self.num_heads) ** -0.5).matmul(k.transpose(-2, -1))
        bias = self.relative_position_bias_table[self.relative_position_index].view(places, places, -1)
        scores = scores + bias.permute(2, 0, 1).contiguous().unsqueeze(0)
        if mask is not None:
            scores = (scores.reshape(-1, len(mask), self.num_heads, places, places) + mask.unsqueeze(1)).reshape(-1, self.num_heads, places, places)
        weights = self.attention_dropout(F.softmax(scores, dim=-1))
        return self.dropout(self.proj(weights.matmul(v).transpose(1, 2).reshape(windows, places, c)))

    def _mask(self, high: int, wide: int, shift: Sequence[int], like: torch.Tensor) -> torch.Tensor:
        """(windows, places, places): −100 between places of different regions of the unshifted map."""
        rows, columns = self.window_size
        region = 3 * _bands(high, rows, shift[0], like)[:, None] + _bands(wide, columns, shift[1], like)
        region = region.reshape(high // rows, rows, wide // columns, columns).permute(0, 2, 1, 3).reshape(-1, rows * columns)
        return torch.where(region[:, None] == region[:, :, None], 0.0, -100.0).to(like.dtype)


def _offsets(rows: int, columns: int) -> torch.Tensor:
    """For each pair of places in a window, the row of the table that holds their offset."""
    y, x = (axis.flatten() for axis in torch.meshgrid(torch.arange(rows), torch.arange(columns), indexing="ij"))
    index = (y[:, None] - y + rows - 1) * (2 * columns - 1) + (x[:, None] - x + columns - 1)
    return index.flatten()


def _bands(length: int, window: int, shift: int, like: torch.Tensor) -> torch.Tensor:
    """0 before the last window of an axis, 1 in it, 2 in the places that the shift brought there from the other end."""
    place = torch.arange(length, device=like.device)
    return (place >= length - window).long() + (place >= length - shift).long()


class PatchMerging(nn.Module):
    """Joins four neighbours (N, H, W, dim) → (N, ⌈H/2⌉, ⌈W/2⌉, 2·dim)."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.reduction = nn.Linear(4 * dim, 2 * dim, bias=False)
        self.norm = nn.LayerNorm(4 * dim)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = F.pad(x, (0, 0, 0, x.shape[2] % 2, 0, x.shape[1] % 2))
        corners = [x[:, 0::2, 0::2], x[:, 1::2, 0::2], x[:, 0::2, 1::2], x[:, 1::2, 1::2]]
        return self.reduction(self.norm(torch.cat(corners, dim=-1)))


class SwinTransformerBlock(nn.Module):
    """Attention in windows and a perceptron, each after a normalisation, beside a shortcut and under stochastic depth."""

    def __init__(self, dim: int, num_heads: int, window_size: Sequence[int], shift_size: Sequence[int], mlp_ratio: float = 4.0, dropout: float = 0.0,
                 attention_dropout: float = 0.0, stochastic_depth_prob: float = 0.0) -> None:  # fmt: skip
        super().__init__()
        self.norm1 = nn.LayerNorm(dim)
        self.attn = ShiftedWindowAttention(dim, window_size, shift_size, num_heads, attention_dropout=attention_dropout, dropout=dropout)
        self.stochastic_depth = StochasticDepth(stochastic_depth_prob, "row")
        self.norm2 = nn.LayerNorm(dim)
        self.mlp = mlp(dim, int(dim * mlp_ratio), dropout)

    def forward(self, x: torch.Tensor, kept: torch.Tensor | None = None) -> torch.Tensor:
        x = x + self.stochastic_depth(self.attn(self.norm1(x)), None if kept is None else kept[0])
        return x + self.stochastic_depth(self.mlp(self.norm2(x)), None if kept is None else kept[1])


class SwinTransformer(nn.Module):
    """Patches, stages of blocks with a merging between, a normalisation, the mean over all places, a linear map."""

    def __init__(self, patch_size: Sequence[int], embed_dim: int, depths: Sequence[int], num_heads: Sequence[int], window_size: Sequence[int],
                 mlp_ratio: float = 4.0, dropout: float = 0.0, attention_dropout: float = 0.0, stochastic_depth_prob: float = 0.1,
                 num_classes: int = 1000, in_channels: int = 3) -> None:  # fmt: skip
        super().__init__()
        stages: list[nn.Module] = [nn.Sequential(nn.Conv2d(in_channels, embed_dim, patch_size, patch_size), _ChannelsLast(), nn.LayerNorm(embed_dim))]
        block, last = 0, max(sum(depths) - 1, 1)
        for stage, depth in enumerate(depths):
            dim = embed_dim * 2**stage
            blocks = nn.Sequential()
            for i in range(depth):
                shift = [0 if i % 2 == 0 else size // 2 for size in window_size]
                chance = stochastic_depth_prob * block / last
                blocks.append(SwinTransformerBlock(dim, num_heads[stage], window_size, shift, mlp_ratio, dropout, attention_dropout, chance))
                block += 1
            stages.append(blocks)
            if stage + 1 < len(depths):
                stages.append(PatchMerging(dim))
        self.features = nn.Sequential(*stages)
        self.norm = nn.LayerNorm(dim)
        self.head = nn.Linear(dim, num_classes)
        for module in self.modules():
            if isinstance(module, nn.Linear):
                nn.init.trunc_normal_(module.weight, std=0.02)
                if module.bias is not None:
                    nn.init.zeros_(module.bias)

    def forward(self, x: torch.Tensor, kept: torch.Tensor | None = None) -> torch.Tensor:
        patches, *stages = self.features
        x = patches(x)
        branch = 0
        for stage in stages:
            for block in [stage] if isinstance(stage, PatchMerging) else stage:
                if isinstance(block, PatchMerging):
                    x = block(x)
                else:
                    x = block(x, None if kept is None else kept[branch : branch + 2])
                    branch += 2
        x = self.norm(x).permute(0, 3, 1, 2)
        return self.head(F.adaptive_avg_pool2d(x, 1).flatten(1))


class _ChannelsLast(nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.permute(0, 2, 3, 1)


def swin_t(**kwargs) -> SwinTransformer:
    """Swin-T; keywords are the constructor's."""
    tiny = {"embed_dim": 96, "depths": [2, 2, 6, 2], "num_heads": [3, 6, 12, 24], "stochastic_depth_prob": 0.2}
    return SwinTransformer(**{"patch_size": [4, 4], "window_size": [7, 7]} | tiny | kwargs)


def swin_s(**kwargs) -> SwinTransformer:
    """Swin-S."""
    return swin_t(**{"depths": [2, 2, 18, 2], "stochastic_depth_prob": 0.3} | kwargs)


def swin_b(**kwargs) -> SwinTransformer:
    """Swin-B."""
    return swin_t(**{"embed_dim": 128, "depths": [2, 2, 18, 2], "num_heads": [4, 8, 16, 32], "stochastic_depth_prob": 0.5} | kwargs)
