"""ResNet in quick form: both blocks, stages of unequal depth, dilation instead of stride, odd and even sizes, the smallest image (1×1), training."""

from parity.case import Build, Case, image, labels

BASIC = {"block": "basic", "layers": (2, 1, 1, 1), "num_classes": 7, "width": 6}
BOTTLENECK = {"block": "bottleneck", "layers": (1, 2, 1, 1), "num_classes": 5, "width": 4}
LOSS = Build("losses.cross_entropy:CrossEntropyLoss")

CASES = [
    Case("models.resnet:ResNet", "basic", config=BASIC, inputs={"x": image(1, 3, 40, 64)}),
    Case("models.resnet:ResNet", "basic-odd", config=BASIC, inputs={"x": image(2, 3, 45, 37)}),
    Case("models.resnet:ResNet", "smallest", config=BASIC, inputs={"x": image(2, 3, 1, 1)}),
    Case(
        "models.resnet:ResNet", "basic-train", config=BASIC, inputs={"x": image(4, 3, 48, 64)}, training=True, steps=3, loss=LOSS, targets=labels(4, classes=7)
    ),
    Case("models.resnet:ResNet", "bottleneck", config=BOTTLENECK, inputs={"x": image(1, 3, 40, 64)}),
    Case("models.resnet:ResNet", "bottleneck-odd", config={**BOTTLENECK, "in_channels": 2}, inputs={"x": image(2, 2, 45, 37)}),
    Case(
        "models.resnet:ResNet",
        "bottleneck-train",
        config=BOTTLENECK,
        inputs={"x": image(4, 3, 48, 64)},
        training=True,
        steps=3,
        loss=LOSS,
        targets=labels(4, classes=5),
    ),
    Case(
        "models.resnet:ResNetBackbone",
        "dilated",
        config={"block": "bottleneck", "layers": (1, 1, 2, 2), "width": 4, "replace_stride_with_dilation": (False, True, True)},
        inputs={"x": image(2, 3, 33, 40)},
    ),
]
