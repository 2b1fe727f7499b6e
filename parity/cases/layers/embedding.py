"""Lookup: repeated indices, a row without gradient, rows shortened in place, gradients scaled by frequency."""

from parity.case import Build, Case, tokens, values


def _case(name: str, indices=None, *, training: bool = False, steps: int = 0, **config) -> Case:
    words = {"num_embeddings": 7, "embedding_dim": 3, **config}
    indices = indices or values([[2, 2, 5], [0, 2, 6]])
    return Case("layers.embedding:Embedding", name, config=words, inputs={"input": indices}, training=training, steps=steps)


CASES = [
    _case("default", tokens(4, 5, vocabulary=7)),
    _case("repeated"),
    _case("repeated-steps", training=True, steps=3),
    Case(
        "layers.embedding:Embedding",
        "repeated-adam",  # sums before it squares
        config={"num_embeddings": 5, "embedding_dim": 3},
        inputs={"input": values([[2, 2, 2, 3]])},
        training=True,
        steps=3,
        optimizer=Build("optimizers.adam:Adam", {"lr": 0.125}),
    ),
    _case("one-index", values(4)),
    _case("padding", padding_idx=2),
    _case("padding-from-the-end", padding_idx=-1),
    _case("max-norm", max_norm=0.5),
    _case("max-norm-one", max_norm=0.75, norm_type=1.0, padding_idx=0),
    _case("by-frequency", scale_grad_by_freq=True),
    _case("by-frequency-padding", scale_grad_by_freq=True, padding_idx=5),
]
