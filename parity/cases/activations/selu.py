"""SELU: the gradient at 0 is the left branch's (TensorFlow's own takes the right one's)."""

from parity.case import Case, array, curve, image

EDGES = (0.0, -0.0, -1e-7, 1e-7, -20.0, -100.0, 100.0, 1000.0)

CASES = [
    Case("activations.selu:SELU", "kinks", inputs={"input": array(7, 13, edges=EDGES)}),
    Case("activations.selu:SELU", "inplace", config={"inplace": True}, inputs={"input": image(3, 5, 7, 6)}),
    curve("activations.selu:SELU", "SELU"),
]
