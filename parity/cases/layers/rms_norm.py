"""Root-mean-square normalisation: one and several axes, given and default eps, small inputs where it shows."""

from parity.case import Case, array


def _case(name: str, *shape: int, mean: float = 0.0, std: float = 1.0, **config) -> Case:
    return Case("layers.rms_norm:RMSNorm", name, config=config, inputs={"input": array(*shape, mean=mean, std=std)})


CASES = [
    Case("layers.rms_norm:RMSNorm", "default", config={"normalized_shape": 6}, inputs={"input": array(4, 6)}, training=True, steps=2),
    _case("unbatched", 6, normalized_shape=(6,)),
    _case("mean", 2, 3, 5, mean=2.0, normalized_shape=5),  # no mean is taken away
    _case("two-axes", 3, 4, 5, 2, normalized_shape=(5, 2)),
    _case("eps", 3, 7, std=0.1, normalized_shape=7, eps=0.125),
    _case("small", 3, 7, std=1e-3, normalized_shape=7, eps=1e-6),
    _case("no-affine", 3, 7, normalized_shape=7, elementwise_affine=False),
]
