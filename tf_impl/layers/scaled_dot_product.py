"""Attention of queries to keys, with PyTorch's masks."""

import math
from itertools import zip_longest

import keras
from jaxtyping import Bool, Float
from keras import ops

from tf_impl.layers._attention import additive, attend_or_zero, causal
from tf_impl.typing import Tensor


def scaled_dot_product_attention(
    query: Float[Tensor, "*batch l e"],
    key: Float[Tensor, "*batch_k s e"],
    value: Float[Tensor, "*batch_k s v"],
    attn_mask: Bool[Tensor, "..."] | Float[Tensor, "..."] | None = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    scale: float | None = None,
    enable_gqa: bool = False,
) -> Float[Tensor, "*batch l v"]:
    r"""The mean of the values, each weighted by how well its key fits the query.

    $$ y = \mathrm{softmax}\Bigl(\frac{Q K^\top}{\sqrt{E}} + M\Bigr) V $$

    Args:
        attn_mask: M, added to the scores, or booleans: True where the query may attend (in `MultiheadAttention` True is where it may not).
        dropout_p: probability that a weight is dropped; always, there is no training mode here.
        is_causal: a query attends to no later key; both count from their first.
        scale: instead of 1/√E.
        enable_gqa: each head of key and value serves as many successive heads of query as there are more of these (axis −3).

    Shapes:
        query (…, L, E), key (…, S, E), value (…, S, V), attn_mask broadcast to (…, L, S); output (…, L, V). A query that may attend to no key has zeros.

    Raises:
        ValueError: sizes that do not fit, `attn_mask` beside `is_causal`, a mask of integers, `dropout_p` outside [0, 1].

    Differs from PyTorch:
        PyTorch's kernel for the CPU takes `attn_mask` and `is_causal` together for four axes and refuses them for three; here they are refused.
        `keras.ops.dot_product_attention` has the heads behind time, (N, L, H, E): the same array passes without an error and is wrong by 2.0. It rounds the
        scale to float32 (1.6e-8 in float64), casts its mask to booleans, so that an additive one blocks where it is 0, and gives a query without keys the
        mean of all values. `keras.layers.Attention` does not scale (0.75).

    Source: Vaswani et al. 2017, arXiv:1706.03762; grouped heads: Ainslie et al. 2023, arXiv:2305.13245.
    """
    if enable_gqa:
        key, value = (_repeated(heads, query) for heads in (key, value))
    _check(query, key, value)
    if attn_mask is not None and is_causal:
        raise ValueError("attn_mask must be None with is_causal=True: put the causal mask into it, or leave one of them out")
    if not 0 <= dropout_p <= 1:
        raise ValueError(f"dropout_p must be a probability, from 0 to 1, got {dropout_p}")
    if is_causal:
        attn_mask = causal(ops.shape(query)[-2], ops.shape(key)[-2])
    mask = additive(attn_mask, blocked=False, dtype=query.dtype, name="attn_mask")
    scale = 1 / math.sqrt(query.shape[-1]) if scale is None else scale
    return attend_or_zero(query, key, value, mask, scale, (lambda weights: keras.random.dropout(weights, dropout_p)) if dropout_p else None)


def _check(query: Tensor, key: Tensor, value: Tensor) -> None:
    shapes = f"query {tuple(query.shape)}, key {tuple(key.shape)}, value {tuple(value.shape)}"
    if min(len(query.shape), len(key.shape), len(value.shape)) < 2:
        raise ValueError(f"query, key and value must have 2 axes or more (…, places, features), got {shapes}")
    if query.shape[-1] != key.shape[-1] or key.shape[-2] != value.shape[-2]:
        raise ValueError(f"query and key must have equal features, key and value equally many places, got {shapes}")
    for sizes in zip_longest(*(reversed(x.shape[:-2]) for x in (query, key, value)), fillvalue=1):
        if len(set(sizes) - {1, None}) > 1:
            raise ValueError(f"the axes before the last two must be equal or 1, or heads grouped by enable_gqa=True, got {shapes}")


def _repeated(heads: Tensor, query: Tensor) -> Tensor:
    if min(len(query.shape), len(heads.shape)) < 3 or query.shape[-3] % heads.shape[-3]:
        raise ValueError(f"enable_gqa: the heads of key and value, axis -3, must divide the query's, got {tuple(heads.shape)} and {tuple(query.shape)}")
    return ops.repeat(heads, query.shape[-3] // heads.shape[-3], axis=-3)
