"""The 60-minute net: scores of two images, and three steps of training."""

from parity.case import Build, Case, image, labels

CASES = [
    Case("models.sixty_minute_net:Net", "eval", inputs={"x": image(2, 1, 32, 32)}),
    Case("models.sixty_minute_net:Net", "colour", config={"in_channels": 3, "num_classes": 7}, inputs={"x": image(1, 3, 32, 32)}),
    Case(
        "models.sixty_minute_net:Net",
        "train",
        inputs={"x": image(3, 1, 32, 32)},
        training=True,
        steps=3,
        loss=Build("losses.cross_entropy:CrossEntropyLoss"),
        targets=labels(3, classes=10),
    ),
]
