"""The straight line of the notes: its three points, three steps of summed squares."""

from parity.case import Build, Case, array, values

CASES = [
    Case("models.linear_regression:LinearModel", "eval", config={"in_features": 3, "out_features": 2}, inputs={"x": array(4, 3)}),
    Case(
        "models.linear_regression:LinearModel",
        "train",
        inputs={"x": values([[1.0], [2.0], [3.0]], differentiable=False)},
        training=True,
        steps=3,
        loss=Build("losses.mse:MSELoss", {"reduction": "sum"}),
        targets=values([[2.0], [4.0], [6.0]]),
        optimizer=Build("optimizers.sgd:SGD", {"lr": 0.0078125}),  # a power of two, next to the notes' 0.01
    ),
]
