"""GELU, exact and by tanh: the tails, where 1 + erf cancels."""

from parity.case import Case, array, curve, image

EDGES = (0.0, -0.0, -3.0, 3.0, -5.5, 5.5, -13.0, 13.0, 100.0, -100.0)

CASES = [
    Case("activations.gelu:GELU", "exact", inputs={"input": array(7, 13, std=2.0, edges=EDGES)}),
    Case("activations.gelu:GELU", "exact-image", config={"approximate": "none"}, inputs={"input": image(3, 5, 7, 6)}),
    Case("activations.gelu:GELU", "tanh", config={"approximate": "tanh"}, inputs={"input": array(7, 13, std=2.0, edges=EDGES)}),
    curve("activations.gelu:GELU", "GELU"),
    curve("activations.gelu:GELU", "GELU by tanh", name="curve-tanh", approximate="tanh"),
]
