"""SegNet in quick form: the smallest image (32×32 for five stages, 4×4 for two), odd sizes, which unpooling must be told, an ignored label, training."""

from parity.case import Build, Case, image, labels

FIVE = {"in_channels": 3, "num_classes": 4, "width": 2, "layers": (2, 1, 1, 1, 1)}
TWO = {"in_channels": 2, "num_classes": 5, "width": 4, "layers": (2, 3)}
LOSS = Build("losses.cross_entropy:CrossEntropyLoss", {"ignore_index": 0})

CASES = [
    Case("models.segnet:SegNet", "smallest", config=FIVE, inputs={"x": image(1, 3, 32, 32)}),
    Case("models.segnet:SegNet", "five-odd", config=FIVE, inputs={"x": image(2, 3, 45, 37)}),
    Case("models.segnet:SegNet", "two-smallest", config=TWO, inputs={"x": image(2, 2, 4, 4)}),
    Case("models.segnet:SegNet", "two-odd", config=TWO, inputs={"x": image(1, 2, 7, 10)}),
    Case(
        "models.segnet:SegNet",
        "train",
        config={**TWO, "layers": (1, 2)},
        inputs={"x": image(3, 2, 15, 17)},
        training=True,
        steps=3,
        loss=LOSS,
        targets=labels(3, 15, 17, classes=5),
    ),
]
