"""DeepLab v1 in quick form: from 1×1 on, odd and even sizes, with and without the branches, an ignored label, training."""

from parity.case import Build, Case, image, labels

TARGET = "models.deeplab_v1:DeepLabV1"
QUICK = {"num_classes": 4, "width": 2, "hidden": 6, "branch": 3, "layers": (1, 1, 1, 1, 1), "dropout": 0.0}
DEEP = {**QUICK, "in_channels": 2, "layers": (2, 1, 1, 2, 2), "multi_scale": False}
LOSS = Build("losses.cross_entropy:CrossEntropyLoss", {"ignore_index": 3})

CASES = [
    Case(TARGET, "even", config=QUICK, inputs={"x": image(2, 3, 32, 24)}),
    Case(TARGET, "odd", config=QUICK, inputs={"x": image(1, 3, 41, 27)}),
    Case(TARGET, "one-pixel", config=QUICK, inputs={"x": image(2, 3, 1, 1)}),
    Case(TARGET, "one-scale", config=DEEP, inputs={"x": image(2, 2, 33, 20)}),
    Case(TARGET, "train", config=QUICK, inputs={"x": image(2, 3, 33, 20)}, training=True, steps=3, loss=LOSS, targets=labels(2, 33, 20, classes=4)),
]
