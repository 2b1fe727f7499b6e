"""Depth 1 to 30 of each activation (gradients down to 1e-19 and still equal), a unit behind each, dead units."""

from parity.case import Case, DemoCase, array, curve, values

CASES = [
    *(
        Case("activations.saturation:repeated", f"{name}-{times}", config={"activation": name, "times": times}, inputs={"input": array(4, 5, std=2.0)})
        for name in ("sigmoid", "tanh", "relu")
        for times in (1, 5, 30)
    ),
    *(
        Case("activations.saturation:unit", name, config={"activation": name}, inputs={"weight": array(6), "inputs": array(5, 6, std=2.0)})
        for name in ("sigmoid", "tanh", "relu")
    ),
    DemoCase("activations.saturation:dead_units", inputs={"preactivations": values([[-1.0, 2.0, -3.0, -1.0], [-2.0, -1.0, 0.0, 1.0]])}),
    curve("activations.saturation:repeated", "Five sigmoids: nearly constant, a slope of 0.001", name="curve-sigmoid-5", activation="sigmoid", times=5),
    curve("activations.saturation:repeated", "Five tanh", name="curve-tanh-5", activation="tanh", times=5),
    curve("activations.saturation:repeated", "Thirty tanh: a slope at 0 only", name="curve-tanh-30", activation="tanh", times=30),
    curve("activations.saturation:repeated", "Thirty ReLU: all or nothing", name="curve-relu-30", activation="relu", times=30),
]
