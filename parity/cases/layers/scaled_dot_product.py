"""Attention: masks that add and that choose, rows without a key, causal over unequal lengths, grouped heads, extreme scores."""

from parity.case import Case, array, mask, values

INPUTS = {"query": array(2, 3, 5, 4), "key": array(2, 3, 7, 4), "value": array(2, 3, 7, 6)}
NOBODY = [[True, False, True, True], [False] * 4, [False, False, False, True]]
_INF = float("-inf")


def _case(name: str, inputs=None, attn_mask=None, gradients: bool = True, **config) -> Case:
    inputs = {**(inputs or INPUTS), **({} if attn_mask is None else {"attn_mask": attn_mask})}
    return Case("layers.scaled_dot_product:scaled_dot_product_attention", name, config=config, inputs=inputs, gradients=gradients)


SHORT = {"query": array(2, 3, 4), "key": array(2, 4, 4), "value": array(2, 4, 5)}
FOUR_AXES = {"query": array(2, 2, 3, 4), "key": array(2, 2, 4, 4), "value": array(2, 2, 4, 4)}

CASES = [
    _case("default"),
    _case("no-batch", {"query": array(5, 4), "key": array(7, 4), "value": array(7, 6)}),
    _case("boolean-mask", attn_mask=mask(5, 7)),
    _case("mask-of-each-head", attn_mask=mask(2, 3, 5, 7)),
    _case("mask-of-each-batch", attn_mask=mask(2, 1, 1, 7)),
    _case("added-mask", attn_mask=array(5, 7)),
    _case("query-without-keys", SHORT, attn_mask=values(NOBODY)),
    _case("query-without-keys-fused", FOUR_AXES, attn_mask=values(NOBODY)),
    _case("query-without-keys-added", SHORT, attn_mask=values([[0.0, 1.0, _INF, -1.0], [_INF] * 4, [_INF, 0.5, 0.0, 0.0]], differentiable=False)),
    _case("causal", is_causal=True),
    _case("causal-more-queries", {"query": array(2, 7, 4), "key": array(2, 3, 4), "value": array(2, 3, 4)}, is_causal=True),
    _case("scale", scale=0.3),
    _case("grouped-heads", {"query": array(2, 6, 5, 4), "key": array(2, 3, 7, 4), "value": array(2, 3, 7, 6)}, enable_gqa=True),
    _case("one-key", {"query": array(2, 5, 4), "key": array(2, 1, 4), "value": array(2, 1, 4)}, gradients=False),  # all weights are 1
    _case("large-scores", {"query": array(2, 5, 4, std=30.0), "key": array(2, 7, 4, std=30.0), "value": array(2, 7, 4)}),
]
