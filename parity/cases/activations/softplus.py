"""Softplus: at and around the threshold of 20, beyond which PyTorch returns the input; other bends and thresholds."""

from parity.case import Case, array, curve, image

EDGES = (0.0, -0.0, 19.5, 20.0, 20.5, -20.0, 100.0, -100.0)

CASES = [
    Case("activations.softplus:Softplus", "threshold", inputs={"input": array(7, 13, std=2.0, edges=EDGES)}),
    Case("activations.softplus:Softplus", "beta", config={"beta": 2.5}, inputs={"input": array(7, 13, std=3.0, edges=(8.0, 8.5, 7.5, 0.0))}),
    Case("activations.softplus:Softplus", "beta-negative", config={"beta": -0.5}, inputs={"input": array(4, 5, edges=(-40.5, 0.0))}),
    Case("activations.softplus:Softplus", "early", config={"beta": 1.0, "threshold": 1.5}, inputs={"input": image(2, 3, 5, 4, edges=(1.5, 1.25, 1.75))}),
    curve("activations.softplus:Softplus", "Softplus"),
]
