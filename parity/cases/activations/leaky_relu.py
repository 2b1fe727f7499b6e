"""Leaky ReLU: slopes that float32 cannot hold, zero, negative and above one; RReLU in evaluation (its training slopes are random)."""

from parity.case import Case, array, curve, image

EDGES = (0.0, -0.0, 1e-30, -1e-30, 100.0, -100.0)

CASES = [
    Case("activations.leaky_relu:LeakyReLU", "default", inputs={"input": image(3, 5, 7, 6, edges=EDGES)}),
    *(
        Case("activations.leaky_relu:LeakyReLU", f"slope{slope}", config={"negative_slope": slope}, inputs={"input": array(7, 13, edges=EDGES)})
        for slope in (0.0, 0.2, -0.3, 1.7)
    ),
    Case("activations.leaky_relu:LeakyReLU", "inplace", config={"negative_slope": 0.1, "inplace": True}, inputs={"input": array(4, 5)}),
    Case("activations.leaky_relu:RReLU", "eval", inputs={"input": image(3, 5, 7, 6, edges=EDGES)}),
    Case("activations.leaky_relu:RReLU", "eval-bounds", config={"lower": 0.1, "upper": 0.7, "inplace": True}, inputs={"input": array(7, 13, edges=EDGES)}),
    Case("activations.leaky_relu:RReLU", "train-one-slope", config={"lower": 0.25, "upper": 0.25}, inputs={"input": array(7, 13, edges=EDGES)}, training=True),
    curve("activations.leaky_relu:LeakyReLU", "LeakyReLU, slope 0.1", negative_slope=0.1),
]
