"""Sixteen carts, 1,600 transitions, 400 steps of learning; and single moves, upright, tilted and at the edges."""

from parity.case import Case, DemoCase, Figure, labels, tokens, uniform, values

_EDGES = [[0.0, 0.0, 0.0, 0.0], [2.39, 1.0, 0.0, 0.0], [2.41, -1.0, 0.1, 3.0], [0.0, 0.0, -0.21, 0.5], [-2.4, 0.5, 0.2094, -2.0]]

CASES = [
    Case("training.cartpole:move", "edges", inputs={"state": values(_EDGES), "action": values([0, 1, 1, 0, 1])}),
    DemoCase(
        "training.cartpole:balance",
        "sixteen",
        inputs={
            "start": uniform(16, 4, low=-0.2, high=0.2, differentiable=False),
            "actions": labels(100, 16, classes=2),
            "replay": tokens(400, 32, vocabulary=1600),
        },
        config={"every": 10},
        figures=(Figure("Learning from the memory", {"output:losses": "loss"}, axes=("step", "loss"), logarithmic=True),),
        backends=("tensorflow",),
    ),
]
