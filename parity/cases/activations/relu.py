"""ReLU and ReLU6: kinks at 0 and 6, images and vectors, a wide range."""

from parity.case import Case, array, curve, image

EDGES = (0.0, -0.0, 6.0, 6.0, 5.9999995, 6.0000005, 1e-30, -1e-30, 100.0, -100.0)

CASES = [
    Case("activations.relu:ReLU", "kinks", inputs={"input": array(7, 13, std=4.0, edges=EDGES)}),
    Case("activations.relu:ReLU", "inplace", config={"inplace": True}, inputs={"input": image(3, 5, 7, 6, edges=EDGES)}),
    Case("activations.relu:ReLU6", "kinks", inputs={"input": array(7, 13, std=4.0, edges=EDGES)}),
    Case("activations.relu:ReLU6", "inplace", config={"inplace": True}, inputs={"input": image(3, 5, 7, 6, std=5.0)}),
    curve("activations.relu:ReLU", "ReLU"),
    curve("activations.relu:ReLU6", "ReLU6", -3.0, 9.0),
]
