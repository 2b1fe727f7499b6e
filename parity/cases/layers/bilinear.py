"""The bilinear form: leading axes, none, without bias."""

from parity.case import Case, array

_SIZES = {"in1_features": 3, "in2_features": 4, "out_features": 2}

CASES = [
    Case("layers.bilinear:Bilinear", config=_SIZES, inputs={"input1": array(5, 3), "input2": array(5, 4)}, training=True, steps=2),
    Case("layers.bilinear:Bilinear", "leading-axes", config=_SIZES, inputs={"input1": array(2, 5, 3), "input2": array(2, 5, 4)}),
    Case("layers.bilinear:Bilinear", "unbatched", config=_SIZES, inputs={"input1": array(3), "input2": array(4)}),
    Case("layers.bilinear:Bilinear", "no-bias", config=_SIZES | {"bias": False}, inputs={"input1": array(5, 3), "input2": array(5, 4)}),
]
