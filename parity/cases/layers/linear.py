"""The affine map: no, one and several leading axes, without bias, square and one-row weights."""

from parity.case import Case, array

CASES = [
    Case("layers.linear:Linear", "default", config={"in_features": 5, "out_features": 3}, inputs={"input": array(4, 5)}, steps=2),
    Case("layers.linear:Linear", "unbatched", config={"in_features": 5, "out_features": 3}, inputs={"input": array(5)}),
    Case("layers.linear:Linear", "leading-axes", config={"in_features": 3, "out_features": 7}, inputs={"input": array(2, 4, 5, 3)}),
    Case("layers.linear:Linear", "no-bias", config={"in_features": 6, "out_features": 2, "bias": False}, inputs={"input": array(3, 6)}),
    Case("layers.linear:Linear", "square", config={"in_features": 4, "out_features": 4}, inputs={"input": array(3, 4, mean=2.0)}),
    Case("layers.linear:Linear", "one-feature", config={"in_features": 1, "out_features": 1}, inputs={"input": array(4, 1)}, steps=2),
]
