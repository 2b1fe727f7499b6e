"""Stochastic depth: evaluation, nothing to drop, and both modes under fed masks. (A case whose outputs are all zero would show nothing.)"""

from parity.case import Case, Draw, array, image, values

IMAGES = image(4, 3, 2, 5)


def _case(name: str, p: float, mode: str, kept: Draw | None = None, x: Draw = IMAGES, training: bool = True) -> Case:
    return Case("layers.stochastic_depth:StochasticDepth", name, config={"p": p, "mode": mode}, inputs={"input": x, "kept": kept}, training=training)


CASES = [
    _case("eval", 0.25, "row", training=False),
    _case("eval-fed", 0.25, "row", values([True, False, False, True]), training=False),
    _case("none", 0.0, "row"),
    _case("rows", 0.3, "row", values([True, False, False, True])),
    _case("rows-of-tokens", 0.6, "row", values([False, True, True]), x=array(3, 5, 2)),
    _case("rows-kept-for-certain", 0.0, "row", values([True, False, True, True])),
    _case("batch-kept", 0.3, "batch", values(True)),
]
