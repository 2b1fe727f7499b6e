"""LeNet-5: scores of two images, three steps of training, and training runs on real digits."""

from parity.case import Build, Case, TrainingCase, image, labels

CASES = [
    Case("models.lenet:LeNet", "eval", inputs={"x": image(2, 1, 32, 32)}),
    Case("models.lenet:LeNet", "colour", config={"in_channels": 3, "num_classes": 7}, inputs={"x": image(1, 3, 32, 32)}),
    Case(
        "models.lenet:LeNet",
        "train",
        inputs={"x": image(3, 1, 32, 32)},
        training=True,
        steps=3,
        loss=Build("losses.cross_entropy:CrossEntropyLoss"),
        targets=labels(3, classes=10),
    ),
    TrainingCase("models.lenet:LeNet", "digits", data="digits", steps=150, batch=32),
    TrainingCase("models.lenet:LeNet", "mnist", data="mnist", needs="mnist", steps=150, batch=32),
]
