"""Swin transformer (v1), channels last: attention within windows, which every other block shifts by half a window."""

from collections.abc import Sequence

import keras
import numpy as np
from jaxtyping import Bool, Float
from keras import ops

from tf_impl.initializers.trunc_normal import TruncNormal
from tf_impl.layers._space import pad_space
from tf_impl.layers._twin import Twin
from tf_impl.layers.container import Sequential
from tf_impl.layers.conv import Conv2d
from tf_impl.layers.dropout import Dropout
from tf_impl.layers.identity import Identity
from tf_impl.layers.layer_norm import LayerNorm
from tf_impl.layers.linear import Linear
from tf_impl.layers.stochastic_depth import StochasticDepth
from tf_impl.models._images import check_images
from tf_impl.models._mlp import mlp
from tf_impl.models._model import Model
from tf_impl.typing import Tensor

_register = keras.saving.register_keras_serializable(package="tf_impl")


def _start() -> dict[str, keras.initializers.Initializer | str]:
    return {"kernel_initializer": TruncNormal(std=0.02), "bias_initializer": "zeros"}


@_register
class ShiftedWindowAttention(Twin):
    r"""Attention within windows of a map, moved by `shift_size`, with a learned bias for each offset.

    $$ \mathrm{head}_h = \mathrm{softmax}\Bigl(\frac{Q_h K_h^\top}{\sqrt{d}} + B_h + M\Bigr) V_h, \qquad B_{h,ij} = T_h[\,p_i - p_j\,] $$

    Args:
        dim: features.
        window_size: rows and columns of a window.
        shift_size: by how much the map is rolled up and left before it is cut into windows.
        num_heads: heads, each on dim / num_heads features.
        qkv_bias: query, key and value have biases.
        proj_bias: so has the projection after the heads.
        attention_dropout: probability of dropping an attention weight, in training.
        dropout: of dropping an output.

    Shapes:
        input and output (N, H, W, dim), H and W any: the map is padded with zeros to full windows; padding is attended to, and cut off at the end.
        `relative_position_bias_table` ((2·rows − 1)·(2·columns − 1), num_heads); `relative_position_index` (places²,) integers, not trained.

    Raises:
        ValueError: another number of window or shift sizes, heads that do not divide `dim`, H or W unknown.

    Differs from PyTorch:
        Keras has no such layer. Without the mask a small network's scores are 1 % off, which training hides. The index of the table is a variable that is
        not trained, because torchvision's checkpoints hold it.

    Source: Liu et al. 2021, arXiv:2103.14030.
    """

    def __init__(self, dim: int, window_size: Sequence[int], shift_size: Sequence[int], num_heads: int, qkv_bias: bool = True, proj_bias: bool = True,
                 attention_dropout: float = 0.0, dropout: float = 0.0, **kwargs) -> None:  # fmt: skip
        super().__init__(**kwargs)
        if len(window_size) != 2 or len(shift_size) != 2:
            raise ValueError(f"window_size and shift_size must have two numbers, got {window_size} and {shift_size}")
        if dim % num_heads:
            raise ValueError(f"dim must be a multiple of num_heads, got {dim} and {num_heads}")
        self.window_size, self.shift_size, self.num_heads = list(window_size), list(shift_size), num_heads
        self.attention_dropout = Dropout(attention_dropout)
        self.dropout = Dropout(dropout)
        self.qkv = Linear(dim, 3 * dim, bias=qkv_bias, **_start())
        self.proj = Linear(dim, dim, bias=proj_bias, **_start())
        offsets = (2 * window_size[0] - 1) * (2 * window_size[1] - 1)
        self.relative_position_bias_table = self.add_weight(
            name="relative_position_bias_table", shape=(offsets, num_heads), initializer=TruncNormal(std=0.02, layout="weight")
        )
        index = _offsets(*window_size)
        self.relative_position_index = self.add_weight(
            name="relative_position_index", shape=index.shape, dtype="int64", initializer=lambda shape, dtype: ops.convert_to_tensor(index), trainable=False
        )

    def call(self, x: Float[Tensor, "n h w c"], training: bool | None = None) -> Float[Tensor, "n h w c"]:
        h, w, c = x.shape[1:]
        if h is None or w is None:
            raise ValueError(f"ShiftedWindowAttention needs to know the map's size, got {tuple(x.shape)}: give the Input a shape")
        rows, columns = self.window_size
        x = pad_space(x, [(0, -h % rows), (0, -w % columns)])
        high, wide = h + -h % rows, w + -w % columns
        shift = [0 if size >= length else step for size, length, step in zip(self.window_size, (high, wide), self.shift_size, strict=True)]
        x = ops.roll(ops.roll(x, -shift[0], 1), -shift[1], 2) if any(shift) else x
        x = ops.transpose(ops.reshape(x, (-1, high // rows, rows, wide // columns, columns, c)), (0, 1, 3, 2, 4, 5))
        x = self._attend(ops.reshape(x, (-1, rows * columns, c)), self._mask(high, wide, shift) if any(shift) else None)
        x = ops.transpose(ops.reshape(x, (-1, high // rows, wide // columns, rows, columns, c)), (0, 1, 3, 2, 4, 5))
        x = ops.reshape(x, (-1, high, wide, c))
        x = ops.roll(ops.roll(x, shift[0], 1), shift[1], 2) if any(shift) else x
        return x[:, :h, :w]

    def _attend(self, x: Tensor, mask: np.ndarray | None) -> Tensor:
        places, c = x.shape[1:]
        q, k, v = ops.unstack(ops.transpose(ops.reshape(self.qkv(x), (-1, places, 3, self.num_heads, c // self.num_heads)), (2, 0, 3, 1, 4)), 3)
        scores = ops.matmul(q * (c // self.num_heads) ** -0.5, ops.swapaxes(k, -2, -1))
        bias = ops.reshape(ops.take(self.relative_position_bias_table, self.relative_position_index, axis=0), (places, places, -1))
        scores = scores + ops.cast(ops.transpose(bias, (2, 0, 1)), scores.dtype)
        if mask is not None:
            shifted = ops.reshape(scores, (-1, len(mask), self.num_heads, places, places)) + ops.convert_to_tensor(mask[:, None], scores.dtype)
            scores = ops.reshape(shifted, (-1, self.num_heads, places, places))
        weights = self.attention_dropout(ops.softmax(scores, axis=-1))
        return self.dropout(self.proj(ops.reshape(ops.swapaxes(ops.matmul(weights, v), 1, 2), (-1, places, c))))

    def _mask(self, high: int, wide: int, shift: Sequence[int]) -> np.ndarray:
        """(windows, places, places): −100 between places of different regions of the unshifted map."""
        rows, columns = self.window_size
        region = 3 * _bands(high, rows, shift[0])[:, None] + _bands(wide, columns, shift[1])
        region = region.reshape(high // rows, rows, wide // columns, columns).transpose(0, 2, 1, 3).reshape(-1, rows * columns)
        return np.where(region[:, None] == region[:, :, None], 0.0, -100.0)


def _offsets(rows: int, columns: int) -> np.ndarray:
    """For each pair of places in a window, the row of the table that holds their offset."""
    y, x = (axis.ravel() for axis in np.indices((rows, columns)))
    index = (y[:, None] - y + rows - 1) * (2 * columns - 1) + (x[:, None] - x + columns - 1)
    return index.ravel()


def _bands(length: int, window: int, shift: int) -> np.ndarray:
    """0 before the last window of an axis, 1 in it, 2 in the places that the shift brought there from the other end."""
    place = np.arange(length)
    return (place >= length - window).astype(int) + (place >= length - shift)


@_register
class PatchMerging(Twin):
    """Joins four neighbours, the one below before the one to the right, normalises, and halves the features.

    Args:
        dim: features of the input.

    Shapes:
        input (N, H, W, dim), output (N, ⌈H/2⌉, ⌈W/2⌉, 2·dim); an odd H or W is padded with zeros.

    Differs from PyTorch:
        Keras has no such layer. A reshape to (H/2, 2, W/2, 2·C) or `space_to_depth` reads the right neighbour before the one below: wrong by O(1) (2.4).

    Source: Liu et al. 2021, arXiv:2103.14030.
    """

    def __init__(self, dim: int, **kwargs) -> None:
        super().__init__(**kwargs)
        self.reduction = Linear(4 * dim, 2 * dim, bias=False, **_start())
        self.norm = LayerNorm(4 * dim)

    def call(self, x: Float[Tensor, "n h w c"]) -> Float[Tensor, "n h2 w2 d"]:
        x = pad_space(x, [(0, x.shape[1] % 2), (0, x.shape[2] % 2)])
        corners = [x[:, 0::2, 0::2], x[:, 1::2, 0::2], x[:, 0::2, 1::2], x[:, 1::2, 1::2]]
        return self.reduction(self.norm(ops.concatenate(corners, axis=-1)))


@_register
class SwinTransformerBlock(Twin):
    """Attention in windows and a perceptron, each after a normalisation, beside a shortcut and under stochastic depth.

    Shapes:
        input and output (N, H, W, dim); kept (2, N) booleans: which examples keep the attention's and the perceptron's branch.

    Differs from PyTorch: as `SwinTransformer`.
    """

    def __init__(self, dim: int, num_heads: int, window_size: Sequence[int], shift_size: Sequence[int], mlp_ratio: float = 4.0, dropout: float = 0.0,
                 attention_dropout: float = 0.0, stochastic_depth_prob: float = 0.0, **kwargs) -> None:  # fmt: skip
        super().__init__(**kwargs)
        self.norm1 = LayerNorm(dim)
        self.attn = ShiftedWindowAttention(dim, window_size, shift_size, num_heads, attention_dropout=attention_dropout, dropout=dropout)
        self.stochastic_depth = StochasticDepth(stochastic_depth_prob, "row")
        self.norm2 = LayerNorm(dim)
        self.mlp = mlp(dim, int(dim * mlp_ratio), dropout, **_start())

    def call(self, x: Float[Tensor, "n h w c"], kept: Bool[Tensor, "2 n"] | None = None, training: bool | None = None) -> Float[Tensor, "n h w c"]:
        x = x + self.stochastic_depth(self.attn(self.norm1(x)), None if kept is None else kept[0])
        return x + self.stochastic_depth(self.mlp(self.norm2(x)), None if kept is None else kept[1])


@_register
class SwinTransformer(Model):
    r"""Patches, stages of blocks with a merging between, a normalisation, the mean over all places, a linear map.

    $$ z' = z + \mathrm{SW\text{-}MHA}(\mathrm{LN}(z)), \qquad z'' = z' + \mathrm{MLP}(\mathrm{LN}(z')) $$

    Args:
        patch_size: rows and columns of a patch.
        embed_dim: features of the first stage; each merging doubles them.
        depths: blocks of each stage; every other one is shifted by half a window.
        num_heads: heads of each stage.
        window_size: rows and columns of a window.
        mlp_ratio: features within a perceptron, as a multiple of its input's.
        dropout: probability of dropping an output of an attention or a perceptron, in training.
        attention_dropout: of dropping an attention weight.
        stochastic_depth_prob: of leaving out a branch of the last block; it grows linearly from 0 in the first.
        num_classes: scores at the end.
        in_channels: channels of the images.

    Called with (x) and
        kept: which examples keep the attention's and the perceptron's branch of each block, in training; drawn if not given.

    Shapes:
        input (N, H, W, in_channels), H and W at least a patch's; kept (2·blocks, N) booleans; output (N, num_classes) scores.
        Swin-T: 28,288,354 parameters (`count_params` adds the 28,812 numbers of the indices), 4.49 G multiply-adds at 224 pixels.

    Raises:
        ValueError: images smaller than a patch, with other channels, of integers, or of unknown size.

    Differs from PyTorch:
        Channels are last, as they are within torchvision's too: "1" in `features.0` is its permutation and does nothing here.
        Keras' `LayerNormalization` has epsilon 1e-3 for 1e-5. torchvision's `norm_layer`, `block` and `downsample_layer` are left out on both sides.

    Source: Liu et al. 2021, arXiv:2103.14030.
    """

    def __init__(self, patch_size: Sequence[int], embed_dim: int, depths: Sequence[int], num_heads: Sequence[int], window_size: Sequence[int],
                 mlp_ratio: float = 4.0, dropout: float = 0.0, attention_dropout: float = 0.0, stochastic_depth_prob: float = 0.1,
                 num_classes: int = 1000, in_channels: int = 3, **kwargs) -> None:  # fmt: skip
        super().__init__(**kwargs)
        self.in_channels, self.smallest = in_channels, tuple(patch_size)
        stages = [Sequential(Conv2d(in_channels, embed_dim, tuple(patch_size), tuple(patch_size)), Identity(), LayerNorm(embed_dim))]
        block, last = 0, max(sum(depths) - 1, 1)
        for stage, depth in enumerate(depths):
            dim = embed_dim * 2**stage
            blocks = Sequential()
            for i in range(depth):
                shift = [0 if i % 2 == 0 else size // 2 for size in window_size]
                chance = stochastic_depth_prob * block / last
                blocks.append(SwinTransformerBlock(dim, num_heads[stage], window_size, shift, mlp_ratio, dropout, attention_dropout, chance))
                block += 1
            stages.append(blocks)
            if stage + 1 < len(depths):
                stages.append(PatchMerging(dim))
        self.features = Sequential(*stages)
        for container in (self.features, *self.features):
            container.built = True  # read by `call`, not called
        self.norm = LayerNorm(dim)
        self.head = Linear(dim, num_classes, **_start())

    def call(self, x: Float[Tensor, "n h w c"], kept: Bool[Tensor, "branches n"] | None = None, training: bool | None = None) -> Float[Tensor, "n classes"]:
        check_images(self, x, self.in_channels, self.smallest)
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
        return self.head(ops.mean(self.norm(x), axis=(1, 2)))


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
