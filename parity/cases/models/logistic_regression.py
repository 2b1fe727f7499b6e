"""The logistic curve of the notes: its three points, three steps of summed cross-entropy."""

from parity.case import Build, Case, TrainingCase, array, values

CASES = [
    Case("models.logistic_regression:LogisticRegressionModel", "eval", config={"in_features": 3}, inputs={"x": array(4, 3)}),
    Case(
        "models.logistic_regression:LogisticRegressionModel",
        "train",
        inputs={"x": values([[1.0], [2.0], [3.0]], differentiable=False)},
        training=True,
        steps=3,
        loss=Build("losses.bce:BCELoss", {"reduction": "sum"}),
        targets=values([[0.0], [0.0], [1.0]]),
    ),
    TrainingCase(
        "models.logistic_regression:LogisticRegressionModel",
        "notes",
        data="passing",
        loss=Build("losses.bce:BCELoss", {"reduction": "sum"}),
        optimizer=Build("optimizers.sgd:SGD", {"lr": 0.01}),
        batch=3,
        steps=600,  # all 1200 of the notes: training.first_lines
        held_out=0.0,
    ),
]
