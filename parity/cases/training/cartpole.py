"""Sixteen carts, 640 transitions, 120 steps of learning; and single moves, upright, tilted and at the edges."""

from parity.case import Case, DemoCase, labels, tokens, uniform, values

_EDGES = [[0.0, 0.0, 0.0, 0.0], [2.39, 1.0, 0.0, 0.0], [2.41, -1.0, 0.1, 3.0], [0.0, 0.0, -0.21, 0.5], [-2.4, 0.5, 0.2094, -2.0]]

CASES = [
    Case("training.cartpole:move", "edges", inputs={"state": values(_EDGES), "action": values([0, 1, 1, 0, 1])}),
    DemoCase(
        "training.cartpole:balance",
        "sixteen",
        inputs={
            "start": uniform(16, 4, low=-0.05, high=0.05, differentiable=False),
            "actions": labels(40, 16, classes=2),
            "replay": tokens(120, 32, vocabulary=640),
        },
        config={"every": 20},
        backends=("tensorflow",),
    ),
]
