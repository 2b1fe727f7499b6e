"""Tanh and Tanhshrink: saturation, and small inputs, where x − tanh x cancels."""

from parity.case import Case, array, curve, image, uniform

EDGES = (0.0, -0.0, 9.0, -9.0, 20.0, -20.0, 100.0, -100.0)

CASES = [
    Case("activations.tanh:Tanh", "saturated", inputs={"input": array(5, 11, std=2.0, edges=EDGES)}),
    Case("activations.tanh:Tanh", "image", inputs={"input": image(2, 3, 5, 4)}),
    Case("activations.tanh:Tanhshrink", "saturated", inputs={"input": array(5, 11, std=2.0, edges=EDGES)}),
    Case("activations.tanh:Tanhshrink", "moderate", inputs={"input": uniform(5, 11, low=-1.0, high=1.0)}),
    curve("activations.tanh:Tanh", "Tanh"),
    curve("activations.tanh:Tanhshrink", "Tanhshrink"),
]
