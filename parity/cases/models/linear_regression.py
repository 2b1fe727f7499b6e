"""The straight line of the notes: its three points, three steps of summed squares, and the notes' descent."""

from parity.case import Build, Case, TrainingCase, array, values

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
    TrainingCase(
        "models.linear_regression:LinearModel",
        "notes",
        data="line",
        loss=Build("losses.mse:MSELoss", {"reduction": "sum"}),
        optimizer=Build("optimizers.sgd:SGD", {"lr": 0.01}),
        batch=3,
        steps=600,  # all 2000 of the notes: training.first_lines
        held_out=0.0,
    ),
    TrainingCase(  # softmax regression: one linear layer on the pixels, the softmax in the loss
        "models.linear_regression:LinearModel",
        "softmax-regression",
        config={"in_features": 784, "out_features": 10},
        data="mnist",
        data_config={"size": 28, "form": "pixels"},
        needs="mnist",
        batch=64,
        steps=60,
    ),
]
