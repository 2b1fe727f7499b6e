"""AlexNet in quick form, an eighth or less as wide: the smallest image (63×63), odd sizes, three steps of training without dropout."""

from parity.case import Build, Case, image, labels

QUICK = {"num_classes": 7, "width": 4, "in_channels": 2, "dropout": 0.0}

CASES = [
    Case("models.alexnet:AlexNet", "smallest", config={"num_classes": 5, "width": 2}, inputs={"x": image(2, 3, 63, 63)}),
    Case("models.alexnet:AlexNet", "odd", config=QUICK, inputs={"x": image(1, 2, 97, 84)}),
    Case(
        "models.alexnet:AlexNet",
        "train",
        config=QUICK,
        inputs={"x": image(3, 2, 96, 71)},
        training=True,
        steps=3,
        loss=Build("losses.cross_entropy:CrossEntropyLoss"),
        targets=labels(3, classes=7),
    ),
]
