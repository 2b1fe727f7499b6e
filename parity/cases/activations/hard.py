"""Hardtanh, Hardsigmoid, Hardswish: both kinks of each, hit exactly (TensorFlow's own clip has gradient 1 there)."""

from parity.case import Case, array, curve, image

EDGES = (0.0, -0.0, 1.0, -1.0, 3.0, -3.0, 2.9999998, -2.9999998, 100.0, -100.0)

CASES = [
    Case("activations.hard:Hardtanh", "kinks", inputs={"input": array(7, 13, edges=EDGES)}),
    Case(
        "activations.hard:Hardtanh",
        "bounds",
        config={"min_val": -0.25, "max_val": 3.0, "inplace": True},
        inputs={"input": image(3, 5, 7, 6, std=3.0, edges=(-0.25, *EDGES))},
    ),
    Case("activations.hard:Hardsigmoid", "kinks", inputs={"input": array(7, 13, std=3.0, edges=EDGES)}),
    Case("activations.hard:Hardsigmoid", "inplace", config={"inplace": True}, inputs={"input": image(3, 5, 7, 6, std=2.0)}),
    Case("activations.hard:Hardswish", "kinks", inputs={"input": array(7, 13, std=3.0, edges=EDGES)}),
    Case("activations.hard:Hardswish", "inplace", config={"inplace": True}, inputs={"input": image(3, 5, 7, 6, std=2.0)}),
    curve("activations.hard:Hardtanh", "Hardtanh"),
    curve("activations.hard:Hardsigmoid", "Hardsigmoid"),
    curve("activations.hard:Hardswish", "Hardswish"),
]
