"""Attention in heads: self and cross, other features of key and value, masks of both kinds, queries without a key, weights returned or not, training."""

from parity.case import Case, array, mask, values

SIZES = {"embed_dim": 6, "num_heads": 2}
CROSS = {"query": array(5, 3, 6), "key": array(7, 3, 6), "value": array(7, 3, 6)}
OTHER = {**SIZES, "kdim": 4, "vdim": 3}
OTHER_INPUTS = {"query": array(5, 3, 6), "key": array(7, 3, 4), "value": array(7, 3, 3)}
UNBATCHED = {"query": array(5, 6), "key": array(7, 6), "value": array(7, 6)}
PADDING = values([[False] * 7, [False] * 4 + [True] * 3, [False, True, True, False, True, False, False]])
LATER = values([[key > query for key in range(7)] for query in range(5)])
EVERYWHERE = values([[True] * 7, [False] * 6 + [True], [True] + [False] * 6])  # the first example has no key left
SELF = {"query": array(6, 3, 6), "key": array(6, 3, 6), "value": array(6, 3, 6)}
LATER_SELF = values([[key > query for key in range(6)] for query in range(6)])
SELF_PADDING = values([[False] * 6, [False] * 4 + [True] * 2, [False] * 5 + [True]])
TARGET = "layers.multihead_attention:MultiheadAttention"
NO, YES = values(False), values(True)


def _case(name: str, inputs, padding=None, weights=YES, attn_mask=None, average=YES, *, config=None, **words) -> Case:
    inputs = {**inputs, "key_padding_mask": padding, "need_weights": weights, "attn_mask": attn_mask, "average_attn_weights": average}
    return Case(TARGET, name, config=config or SIZES, inputs=inputs, **words)


CASES = [
    _case("default", CROSS),
    _case("without-weights", CROSS, weights=NO),
    _case("training", CROSS, training=True, steps=3),
    _case("training-without-weights", CROSS, weights=NO, attn_mask=LATER, training=True, steps=3),
    _case("one-head", CROSS, config={"embed_dim": 6, "num_heads": 1}),
    _case("as-many-heads-as-features", CROSS, config={"embed_dim": 6, "num_heads": 6}),
    _case("batch-first", {"query": array(3, 5, 6), "key": array(3, 7, 6), "value": array(3, 7, 6)}, PADDING, config={**SIZES, "batch_first": True}),
    _case("unbatched", UNBATCHED, values([False, True, False, False, True, False, False])),
    _case("unbatched-batch-first", UNBATCHED, weights=NO, attn_mask=LATER, config={**SIZES, "batch_first": True}),
    _case("unbatched-mask-of-each-head", UNBATCHED, attn_mask=mask(2, 5, 7, keep=0.3), average=NO),
    _case("no-bias", CROSS, config={**SIZES, "bias": False}),
    _case("other-features", OTHER_INPUTS, config=OTHER, steps=3),
    _case("other-features-no-bias", OTHER_INPUTS, PADDING, NO, config={**OTHER, "bias": False}),
    _case("learned-key", CROSS, PADDING, attn_mask=LATER, config={**SIZES, "add_bias_kv": True}, steps=3),
    _case("zero-key", CROSS, PADDING, NO, LATER, config={**SIZES, "add_zero_attn": True}),
    _case("learned-and-zero-key", OTHER_INPUTS, attn_mask=array(6, 5, 7), config={**OTHER, "add_bias_kv": True, "add_zero_attn": True}),
    _case("dropout-in-evaluation", CROSS, config={**SIZES, "dropout": 0.5}),
    _case("padding", CROSS, PADDING),
    _case("padding-added", CROSS, array(3, 7)),
    _case("mask", CROSS, attn_mask=LATER, average=NO),
    _case("mask-of-each-head", CROSS, attn_mask=mask(6, 5, 7, keep=0.3), weights=NO),
    _case("mask-added", CROSS, PADDING, attn_mask=array(5, 7)),
    _case("both-masks", CROSS, PADDING, attn_mask=LATER),
    _case("both-masks-without-weights", CROSS, PADDING, NO, LATER),
    _case("no-key-left", CROSS, EVERYWHERE, gradients=False),  # NaN, in the first example; all gradients are
    _case("no-key-left-without-weights", CROSS, EVERYWHERE, NO, steps=2),
    _case("no-key-left-for-a-query", CROSS, weights=NO, attn_mask=values([[True] * 7, *[[False] * 7] * 4])),
    Case(TARGET, "weights-by-keyword", config=SIZES, inputs=CROSS, arguments={"average_attn_weights": False}),
    Case(TARGET, "without-weights-by-keyword", config=SIZES, inputs=CROSS, arguments={"need_weights": False}, training=True),
    _case("causal", SELF, None, NO, LATER_SELF, arguments={"is_causal": True}),
    _case("causal-weights", SELF, None, YES, LATER_SELF, arguments={"is_causal": True}),
    _case("causal-padding", SELF, SELF_PADDING, NO, LATER_SELF, arguments={"is_causal": True}, training=True, steps=2),
    _case("one-key", {"query": array(5, 3, 6), "key": array(1, 3, 6), "value": array(1, 3, 6)}, gradients=False),  # all weights are 1
    _case("large-scores", {"query": array(5, 3, 6, std=30.0), "key": array(7, 3, 6, std=30.0), "value": array(7, 3, 6)}),
]
