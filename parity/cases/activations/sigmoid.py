"""Sigmoid and its logarithm: saturation at both ends, where log(sigmoid) would be −inf."""

from parity.case import Case, array, curve, image

EDGES = (0.0, -0.0, 17.0, -17.0, 40.0, -40.0, 100.0, -100.0)

CASES = [
    Case("activations.sigmoid:Sigmoid", "saturated", inputs={"input": array(5, 11, std=3.0, edges=EDGES)}),
    Case("activations.sigmoid:Sigmoid", "image", inputs={"input": image(2, 3, 5, 4)}),
    Case("activations.sigmoid:LogSigmoid", "saturated", inputs={"input": array(5, 11, std=3.0, edges=EDGES)}),
    Case("activations.sigmoid:LogSigmoid", "image", inputs={"input": image(2, 3, 5, 4)}),
    curve("activations.sigmoid:Sigmoid", "Sigmoid: a slope of ¼ at most", -8.0, 8.0),
    curve("activations.sigmoid:LogSigmoid", "LogSigmoid", -8.0, 8.0),
]
