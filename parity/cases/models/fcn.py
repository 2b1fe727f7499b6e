"""FCN in quick form: strides 32, 16 and 8 from 1×1 on, odd sizes; torchvision's with auxiliary scores; an ignored label; training."""

from parity.case import Build, Case, image, labels

QUICK = {"num_classes": 3, "width": 5, "hidden": 4, "layers": (1, 1, 1, 1, 1), "dropout": 0.0}
DEEP = {**QUICK, "layers": (2, 1, 2, 1, 2)}
RESNET = {"num_classes": 5, "layers": (1, 1, 2, 1), "width": 4, "dropout": 0.0}
LOSS = Build("losses.cross_entropy:CrossEntropyLoss", {"ignore_index": 2})
TRAINED = {"training": True, "steps": 3, "loss": LOSS}

CASES = [
    Case("models.fcn:FCN32s", "one-pixel", config={**QUICK, "in_channels": 3}, inputs={"x": image(1, 3, 1, 1)}),
    Case("models.fcn:FCN32s", "odd", config=DEEP, inputs={"x": image(2, 3, 41, 23)}),
    Case("models.fcn:FCN32s", "train", config=QUICK, inputs={"x": image(2, 3, 9, 20)}, targets=labels(2, 9, 20, classes=3), **TRAINED),
    Case("models.fcn:FCN16s", "one-pixel", config=QUICK, inputs={"x": image(1, 3, 1, 1)}),
    Case("models.fcn:FCN16s", "odd", config=QUICK, inputs={"x": image(2, 3, 41, 23)}),
    Case("models.fcn:FCN16s", "train", config=QUICK, inputs={"x": image(2, 3, 9, 20)}, targets=labels(2, 9, 20, classes=3), **TRAINED),
    Case("models.fcn:FCN8s", "one-pixel", config=QUICK, inputs={"x": image(1, 3, 1, 1)}),
    Case("models.fcn:FCN8s", "odd", config=QUICK, inputs={"x": image(2, 3, 41, 23)}),
    Case("models.fcn:FCN8s", "train", config=QUICK, inputs={"x": image(2, 3, 9, 20)}, targets=labels(2, 9, 20, classes=3), **TRAINED),
    Case("models.fcn:FCNResNet", "one-pixel", config=RESNET, inputs={"x": image(1, 3, 1, 1)}),
    Case("models.fcn:FCNResNet", "aux-odd", config={**RESNET, "aux_loss": True}, inputs={"x": image(2, 3, 33, 26)}),
    Case("models.fcn:FCNResNet", "train", config=RESNET, inputs={"x": image(4, 3, 24, 17)}, targets=labels(4, 24, 17, classes=5), **TRAINED),
]
