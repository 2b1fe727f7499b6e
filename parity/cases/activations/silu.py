"""SiLU: both tails and the minimum near −1.28."""

from parity.case import Case, array, curve, image

EDGES = (0.0, -0.0, -1.2784645, 20.0, -20.0, 100.0, -100.0)

CASES = [
    Case("activations.silu:SiLU", "tails", inputs={"input": array(7, 13, std=2.0, edges=EDGES)}),
    Case("activations.silu:SiLU", "inplace", config={"inplace": True}, inputs={"input": image(3, 5, 7, 6)}),
    curve("activations.silu:SiLU", "SiLU", -8.0, 8.0),
]
