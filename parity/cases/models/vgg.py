"""VGG in quick form, with few channels: with and without norms, the smallest image (32×32), odd sizes, three steps of training without dropout."""

from parity.case import Build, Case, image, labels

PLAIN = {"layers": (1, 1, 2, 1, 1), "num_classes": 7, "width": 2, "dropout": 0.0}
NORMED = {**PLAIN, "batch_norm": True, "in_channels": 2}
LOSS = Build("losses.cross_entropy:CrossEntropyLoss")

CASES = [
    Case("models.vgg:VGG", "smallest", config=PLAIN, inputs={"x": image(2, 3, 32, 32)}),
    Case("models.vgg:VGG", "sixteen-odd", config={"layers": (2, 2, 3, 3, 3), "num_classes": 5, "width": 2}, inputs={"x": image(1, 3, 67, 45)}),
    Case("models.vgg:VGG", "train", config=PLAIN, inputs={"x": image(3, 3, 64, 33)}, training=True, steps=3, loss=LOSS, targets=labels(3, classes=7)),
    Case("models.vgg:VGG", "norms-odd", config=NORMED, inputs={"x": image(1, 2, 47, 64)}),
    Case(
        "models.vgg:VGG",
        "norms-train",
        config=NORMED,
        inputs={"x": image(4, 2, 64, 79)},
        training=True,
        steps=3,
        loss=LOSS,
        targets=labels(4, classes=7),
    ),
]
