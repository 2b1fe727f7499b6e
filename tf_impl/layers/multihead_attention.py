"""Attention in several heads, with PyTorch's arguments, weights, axes and masks."""

from collections.abc import Sequence

import keras
from jaxtyping import Bool, Float
from keras import ops

from tf_impl.layers._attention import ExplicitMasks, Flag, additive, attend, attend_or_zero, causal
from tf_impl.layers.dropout import Dropout
from tf_impl.layers.linear import Linear
from tf_impl.typing import Tensor


@keras.saving.register_keras_serializable(package="tf_impl")
class MultiheadAttention(ExplicitMasks):
    r"""Each head attends with its own projections of query, key and value; their outputs are joined and projected once more.

    $$ y = W^O \bigl[\,\mathrm{head}_1; \dots; \mathrm{head}_H\bigr] + b^O, \qquad
       \mathrm{head}_h = \mathrm{softmax}\Bigl(\frac{Q_h K_h^\top}{\sqrt{E/H}} + M\Bigr) V_h, \qquad Q, K, V = x_q W_q^\top + b_q, \dots $$

    Args:
        embed_dim: E, features of query and output.
        num_heads: H, each on E/H of them.
        dropout: probability that a weight is dropped, in training.
        bias: the projections have biases.
        add_bias_kv: a key and a value that are learned follow the projected ones.
        add_zero_attn: a key and a value of zeros follow them.
        kdim: features of key, E if not given.
        vdim: features of value, E if not given.
        batch_first: the first axis of batched inputs is the batch, not time.

    Called with (query, key, value) and
        key_padding_mask: keys that count for nothing, or floats added to their scores.
        need_weights: return the weights too; else None in their place.
        attn_mask: where a query may *not* attend, or floats added to the scores.
        average_attn_weights: the weights' mean over the heads.
        is_causal: says that `attn_mask` is the causal one, which may then be applied in its place.

    Shapes:
        query (L, N, E), key (S, N, kdim), value (S, N, vdim), or (N, L, E), … if `batch_first`, or without N; key_padding_mask (N, S) or (S,);
        attn_mask (L, S) or (N·H, L, S); output as query, weights (N, L, S) or (N, H, L, S). `in_proj_weight` (3E, E): those of query, key and value,
        one below the other (if kdim or vdim differ: `q_proj_weight` (E, E), `k_proj_weight` (E, kdim), `v_proj_weight` (E, vdim)), `in_proj_bias` (3E,),
        `bias_k` and `bias_v` (1, 1, E), `out_proj` a Linear.

    Raises:
        ValueError: sizes that do not fit together, a mask of another shape or of integers, `is_causal` without `attn_mask`.

    Differs from PyTorch:
        `keras.layers.MultiHeadAttention` is called (query, value, key): with PyTorch's order it is wrong by 1.6. True in its mask is where a query *may*
        attend: 3.9. Its `key_dim` is a head's, E/H; given E = 16 with 4 heads it has four times the weights. It is batch first, its weights are per head.
        Its mask is cast to booleans, so that a float one blocks where it is 0, and only there.
        A query without a key to attend to has NaN with `need_weights`, as in PyTorch, and the output's bias without; in Keras the mean of all values,
        or the bias with dropout or weights returned. Keras rounds 1/√(E/H) to float32 in float64 models: 6e-9 for E/H = 12.

    Source: Vaswani et al. 2017, arXiv:1706.03762.
    """

    def __init__(self, embed_dim: int, num_heads: int, dropout: float = 0.0, bias: bool = True, add_bias_kv: bool = False, add_zero_attn: bool = False,
                 kdim: int | None = None, vdim: int | None = None, batch_first: bool = False, **kwargs) -> None:  # fmt: skip
        super().__init__(**kwargs)
        if embed_dim <= 0 or num_heads <= 0 or embed_dim % num_heads:
            raise ValueError(f"embed_dim and num_heads must be positive and the first a multiple of the second, got {embed_dim} and {num_heads}")
        self.embed_dim, self.num_heads, self.head_dim = embed_dim, num_heads, embed_dim // num_heads
        self.kdim, self.vdim = kdim or embed_dim, vdim or embed_dim
        self.dropout, self.add_zero_attn, self.batch_first = dropout, add_zero_attn, batch_first
        packed = self.kdim == self.vdim == embed_dim
        self.in_proj_weight = self._weight("in_proj_weight", (3 * embed_dim, embed_dim)) if packed else None
        self.q_proj_weight, self.k_proj_weight, self.v_proj_weight = (
            None if packed else self._weight(f"{name}_proj_weight", (embed_dim, size)) for name, size in (("q", embed_dim), ("k", self.kdim), ("v", self.vdim))
        )
        self.in_proj_bias = self._weight("in_proj_bias", (3 * embed_dim,), "zeros") if bias else None
        self.bias_k, self.bias_v = (self._weight(name, (1, 1, embed_dim), "normal") if add_bias_kv else None for name in ("bias_k", "bias_v"))
        self.out_proj = Linear(embed_dim, embed_dim, bias, bias_initializer="zeros", dtype=self.dtype_policy)
        self._drop = Dropout(dropout, dtype=self.dtype_policy) if dropout else None
        self.built = True

    def _weight(self, name: str, shape: tuple[int, ...], start: str = "uniform") -> keras.Variable:
        """From PyTorch's initial distribution. Keras' GlorotNormal is cut off at two deviations."""
        starts = {"uniform": keras.initializers.GlorotUniform(), "normal": keras.initializers.RandomNormal(stddev=self.embed_dim**-0.5)}
        return self.add_weight(name=name, shape=shape, initializer=starts.get(start, start))

    def __call__(self, *args, **kwargs) -> tuple[Tensor, Tensor | None]:
        outputs = super().__call__(*args, **kwargs)
        return outputs if isinstance(outputs, tuple) else (outputs, None)  # Keras' graphs of layers take no None from `call`

    def call(
        self,
        query: Float[Tensor, "*ln e"],
        key: Float[Tensor, "*sn k"],
        value: Float[Tensor, "*sn v"],
        key_padding_mask: Bool[Tensor, "*n s"] | Float[Tensor, "*n s"] | None = None,
        need_weights: Flag = True,
        attn_mask: Bool[Tensor, "*nh l s"] | Float[Tensor, "*nh l s"] | None = None,
        average_attn_weights: Flag = True,
        is_causal: Flag = False,
        training: bool | None = None,
    ) -> tuple[Float[Tensor, "*ln e"], Float[Tensor, "..."]] | Float[Tensor, "*ln e"]:
        self._check(query, key, value, key_padding_mask, attn_mask)
        if is_causal and attn_mask is None:
            raise ValueError("is_causal only says that attn_mask is the causal mask: give attn_mask too, True above the diagonal")
        unbatched = len(query.shape) == 2
        batch_major = unbatched or self.batch_first
        q, k, v = self._projected(query, key, value, batch_major)
        if is_causal and key_padding_mask is None and not need_weights:
            mask = additive(causal(ops.shape(q)[2], ops.shape(k)[2]), blocked=False, dtype=q.dtype, name="attn_mask")
        else:
            mask = self._merged(key_padding_mask, attn_mask, q.dtype)
        dropout = None if self._drop is None else lambda weights: self._drop(weights, training=training)
        if need_weights:
            heads, weights = attend(q, k, v, mask, self.head_dim**-0.5, dropout)
        else:
            heads = attend_or_zero(q, k, v, mask, self.head_dim**-0.5, dropout)
        joined = ops.transpose(heads, (0, 2, 1, 3) if batch_major else (2, 0, 1, 3))
        outputs = self.out_proj(ops.reshape(joined, ops.shape(query)))
        if not need_weights:
            return outputs
        weights = ops.mean(weights, axis=1) if average_attn_weights else weights
        return outputs, ops.squeeze(weights, 0) if unbatched else weights

    def _projected(self, query: Tensor, key: Tensor, value: Tensor, batch_major: bool) -> list[Tensor]:
        """Query, key and value of every head, (N, H, places, E/H)."""
        if self.in_proj_weight is not None and query is key and key is value:
            q, k, v = self._heads(query, self.in_proj_weight, self.in_proj_bias, batch_major)  # one product for all three
        else:
            packed = self.in_proj_weight is not None
            weights = ops.split(self.in_proj_weight, 3) if packed else (self.q_proj_weight, self.k_proj_weight, self.v_proj_weight)
            biases = (None,) * 3 if self.in_proj_bias is None else ops.split(self.in_proj_bias, 3)
            q, k, v = (self._heads(*part, batch_major)[0] for part in zip((query, key, value), weights, biases, strict=True))
        return [q, self._extended(k, self.bias_k), self._extended(v, self.bias_v)]

    def _heads(self, x: Tensor, weight: Tensor, bias: Tensor | None, batch_major: bool) -> list[Tensor]:
        x = ops.expand_dims(x, 0) if len(x.shape) == 2 else x
        x = ops.matmul(x, ops.transpose(weight))
        x = x if bias is None else x + bias
        parts = weight.shape[0] // self.embed_dim
        x = ops.reshape(x, (*ops.shape(x)[:2], parts, self.num_heads, self.head_dim))
        return ops.unstack(ops.transpose(x, (2, 0, 3, 1, 4) if batch_major else (2, 1, 3, 0, 4)), parts)

    def _extended(self, heads: Tensor, bias: Tensor | None) -> Tensor:
        """With the learned place and the one of zeros behind the others."""
        shape = (ops.shape(heads)[0], self.num_heads, 1, self.head_dim)
        learned = [] if bias is None else [ops.broadcast_to(ops.reshape(bias, (1, *shape[1:])), shape)]
        zeros = [ops.zeros(shape, heads.dtype)] if self.add_zero_attn else []
        return ops.concatenate([heads, *learned, *zeros], axis=2) if learned or zeros else heads

    def _merged(self, key_padding_mask: Tensor | None, attn_mask: Tensor | None, dtype: str) -> Tensor | None:
        """The sum of both masks, that fits on (N, H, L, S); what stands behind the keys is never masked."""
        padding = additive(key_padding_mask, blocked=True, dtype=dtype, name="key_padding_mask")
        mask = additive(attn_mask, blocked=True, dtype=dtype, name="attn_mask")
        if padding is not None:
            padding = ops.reshape(padding, (-1, 1, 1, ops.shape(padding)[-1]))
        if mask is not None and len(mask.shape) == 3:
            mask = ops.reshape(mask, (-1, self.num_heads, *ops.shape(mask)[1:]))
        masks = [m for m in (padding, mask) if m is not None]
        added = (self.bias_k is not None) + self.add_zero_attn
        if added:
            masks = [ops.pad(m, [(0, 0)] * (len(m.shape) - 1) + [(0, added)]) for m in masks]
        return sum(masks[1:], masks[0]) if masks else None

    def _check(self, query: Tensor, key: Tensor, value: Tensor, key_padding_mask: Tensor | None, attn_mask: Tensor | None) -> None:
        shapes = [tuple(x.shape) for x in (query, key, value)]
        given = "got query {}, key {} and value {}".format(*shapes)
        batched = len(query.shape) == 3
        if len(query.shape) not in (2, 3) or any(len(shape) != len(query.shape) for shape in shapes):
            raise ValueError(f"query, key and value must have 3 axes, or 2 without a batch, {given}")
        if not _fit([shape[-1] for shape in shapes], (self.embed_dim, self.kdim, self.vdim)):
            raise ValueError(f"query, key and value must have embed_dim={self.embed_dim}, kdim={self.kdim} and vdim={self.vdim} features, {given}")
        batch_axis = 0 if self.batch_first else 1
        batches = [shape[batch_axis] if batched else 1 for shape in shapes]
        places = [shape[1 - batch_axis if batched else 0] for shape in shapes]
        if not _fit(batches, batches[:1] * 3) or not _fit(places[1:2], places[2:]):
            raise ValueError(f"key and value must have equally many places, and all three the batch on axis {batch_axis}, {given}")
        wanted = (batches[0], places[1]) if batched else (places[1],)
        if key_padding_mask is not None and not _fit(key_padding_mask.shape, wanted):
            raise ValueError(f"key_padding_mask must have the shape {wanted}, got {tuple(key_padding_mask.shape)}")
        wanted = (batches[0] and batches[0] * self.num_heads, *places[:2])
        if attn_mask is not None and not (_fit(attn_mask.shape, wanted) or _fit(attn_mask.shape, wanted[1:])):
            raise ValueError(f"attn_mask must have the shape {wanted[1:]} or {wanted} (batch · heads), got {tuple(attn_mask.shape)}")


def _fit(shape: Sequence[int | None], wanted: Sequence[int | None]) -> bool:
    """Equal as far as is known: an axis is None until run time."""
    return len(shape) == len(wanted) and all(None in (a, b) or a == b for a, b in zip(shape, wanted, strict=True))
