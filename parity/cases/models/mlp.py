"""The two perceptrons of the notes: scores, and three steps of training."""

from parity.case import Build, Case, TrainingCase, array, image, labels, values

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
    TrainingCase(  # 19 batches an epoch: about 20 of the notes' 100 epochs
        "models.mlp:DiabetesMLP",
        "diabetes",
        data="diabetes",
        needs="diabetes",
        loss=Build("losses.bce:BCELoss"),
        optimizer=Build("optimizers.sgd:SGD", {"lr": 0.01}),
        steps=400,
    ),
    *[  # the notes' ReLU on the scores, and their learning rate, which in one epoch hardly moves a thing; the full set where it can be had
        TrainingCase(
            "models.mlp:FashionMLP",
            data,
            config={"hidden": hidden},
            data=data,
            data_config={"size": 28},
            needs=data,
            optimizer=Build("optimizers.sgd:SGD", {"lr": lr}),
            batch=64,
            steps=steps,
        )
        for data, hidden, lr, steps in (("fashion_mnist_900", 512, 1e-3, 13), ("fashion_mnist", 512, 1e-3, 100), ("mnist", 64, 0.125, 60))
    ],
]
