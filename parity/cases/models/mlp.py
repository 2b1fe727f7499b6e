"""The two perceptrons of the notes: scores, and three steps of training."""

from parity.case import Build, Case, array, image, labels, values

CASES = [
    Case("models.mlp:DiabetesMLP", "eval", inputs={"x": array(5, 8)}),
    Case(
        "models.mlp:DiabetesMLP",
        "train",
        inputs={"x": array(4, 8)},
        training=True,
        steps=3,
        loss=Build("losses.bce:BCELoss"),
        targets=values([[0.0], [1.0], [1.0], [0.0]]),
    ),
    Case("models.mlp:FashionMLP", "eval", inputs={"x": image(2, 1, 28, 28)}),
    Case("models.mlp:FashionMLP", "colour", config={"in_features": 3 * 4 * 5, "hidden": 7, "num_classes": 3}, inputs={"x": image(2, 3, 4, 5)}),
    Case(
        "models.mlp:FashionMLP",
        "train",
        config={"hidden": 32},
        inputs={"x": image(6, 1, 28, 28)},
        training=True,
        steps=3,
        loss=Build("losses.cross_entropy:CrossEntropyLoss"),
        targets=labels(6, classes=10),
    ),
]
