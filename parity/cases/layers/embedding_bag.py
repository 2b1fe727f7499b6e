"""Bags: the three modes, rows and offsets, empty bags, weights, padding that counts for nothing, repeated indices, gradients by frequency, shortened rows."""

from parity.case import Case, array, tokens, values

ROWS = {"input": values([[2, 2, 5, 0], [0, 2, 6, 6], [3, 3, 3, 3]])}
OFFSETS = {"input": values([4, 2, 2, 0, 6, 1, 1, 5, 2]), "offsets": values([0, 3, 3, 4, 8])}
ENDED = {"input": values([4, 2, 2, 0, 6, 1]), "offsets": values([0, 0, 4, 6])}
WEIGHTED = {"input": values([[2, 2, 5], [0, 2, 6]]), "offsets": None, "per_sample_weights": array(2, 3)}
TWICE = {"input": values([4, 2, 2, 6, 4, 6]), "offsets": values([0, 1, 4])}
SIZES = {"num_embeddings": 7, "embedding_dim": 3}
_OTHERS_COUNT = "PyTorch 2.13 on the CPU divides a row's gradient by the count of another row unless all counts are equal: pytorch#190063, fixed after 2.13."


def _case(name: str, inputs=OFFSETS, *, training: bool = False, steps: int = 0, known=None, **config) -> Case:
    config = {**SIZES, **config}
    return Case("layers.embedding_bag:EmbeddingBag", name, config=config, inputs=inputs, training=training, steps=steps, known=known or {})


CASES = [
    _case("default"),
    _case("many", {"input": tokens(5, 6, vocabulary=7)}, training=True, steps=3),
    *[_case(f"{mode}-rows", ROWS, mode=mode) for mode in ("sum", "mean", "max")],
    _case("sum-offsets", mode="sum", training=True, steps=3),
    _case("max-offsets", mode="max", training=True, steps=3),
    _case("ended", ENDED, mode="sum", include_last_offset=True),
    _case("ended-mean", ENDED, include_last_offset=True),
    _case("ended-max", ENDED, mode="max", include_last_offset=True),
    _case("weighted-rows", WEIGHTED, mode="sum"),
    _case("weighted-offsets", {**OFFSETS, "per_sample_weights": array(9)}, mode="sum"),
    *[_case(f"{mode}-padding", mode=mode, padding_idx=2) for mode in ("sum", "mean", "max")],
    _case("weighted-padding", WEIGHTED, mode="sum", padding_idx=-5),
    *[_case(f"{mode}-nothing-but-padding", {"input": values([[2, 2], [2, 3]])}, mode=mode, padding_idx=2) for mode in ("sum", "mean", "max")],
    _case("by-frequency", TWICE, mode="sum", scale_grad_by_freq=True),
    _case("by-frequency-mean", TWICE, scale_grad_by_freq=True),
    _case("by-frequency-weighted", {**TWICE, "per_sample_weights": array(6)}, mode="sum", scale_grad_by_freq=True, padding_idx=6),
    _case("by-frequency-mixed", mode="sum", scale_grad_by_freq=True, known={"grad:weight": _OTHERS_COUNT}),
    _case("max-norm", max_norm=0.5),
    _case("max-norm-one", ROWS, mode="max", max_norm=0.75, norm_type=1.0),
    _case("one-bag-of-one", {"input": values([[4]])}),
]
