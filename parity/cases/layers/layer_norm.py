"""Layer normalisation over one and several last axes, with each part of the affine map."""

from parity.case import Case, array


def _case(name: str, *shape: int, mean: float = 0.0, std: float = 1.0, **config) -> Case:
    return Case("layers.layer_norm:LayerNorm", name, config=config, inputs={"input": array(*shape, mean=mean, std=std)})


CASES = [
    Case("layers.layer_norm:LayerNorm", "default", config={"normalized_shape": 6}, inputs={"input": array(4, 6)}, training=True, steps=2),
    _case("unbatched", 6, normalized_shape=(6,)),
    _case("sequence", 2, 3, 5, mean=4.0, normalized_shape=5),
    _case("two-axes", 3, 4, 5, 2, normalized_shape=(5, 2)),
    _case("all-axes", 3, 4, 5, normalized_shape=(3, 4, 5)),
    _case("equal-axes", 2, 3, 3, normalized_shape=(3, 3)),
    _case("small-variance", 3, 7, std=0.01, normalized_shape=7),  # where eps shows
    _case("eps", 3, 7, std=0.1, normalized_shape=7, eps=0.125),
    _case("no-affine", 3, 7, normalized_shape=7, elementwise_affine=False),
    _case("no-bias", 3, 7, normalized_shape=7, bias=False),
    Case("layers.layer_norm:LayerNorm", "constant-row", config={"normalized_shape": 4}, inputs={"input": array(2, 4, edges=(1.5,) * 4)}),
    _case("one-value", 5, 1, normalized_shape=1),
]
