"""Mish: both tails."""

from parity.case import Case, array, curve, image

CASES = [
    Case("activations.mish:Mish", "tails", inputs={"input": array(7, 13, std=3.0, edges=(0.0, -0.0, 20.0, 21.0, -20.0, 100.0, -100.0))}),
    Case("activations.mish:Mish", "inplace", config={"inplace": True}, inputs={"input": image(3, 5, 7, 6)}),
    curve("activations.mish:Mish", "Mish", -8.0, 8.0),
]
