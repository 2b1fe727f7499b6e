"""The identity, whatever it is constructed with."""

from parity.case import Case, array

CASES = [
    Case("layers.identity:Identity", inputs={"input": array(2, 3, 4)}),
    Case("layers.identity:Identity", "ignored-arguments", config={"in_features": 5, "bias": False}, inputs={"input": array(3)}, training=True),
]
