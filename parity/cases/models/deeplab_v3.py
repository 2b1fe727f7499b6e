"""DeepLab v3 in quick form: from 1×1 on, both strides, the multi-grid, odd and even sizes, auxiliary scores (their loss: deep_supervision), training."""

from parity.case import Build, Case, image, labels

TARGET = "models.deeplab_v3:DeepLabV3"
QUICK = {"num_classes": 4, "layers": (1, 1, 1, 2), "width": 4, "hidden": 6, "atrous_rates": (1, 2, 4), "dropout": 0.0, "aspp_dropout": 0.0}
PAPER = {**QUICK, "layers": (1, 1, 1, 3), "output_stride": 16, "multi_grid": (1, 2, 4), "atrous_rates": None, "aux_loss": True}
LOSS = Build("losses.cross_entropy:CrossEntropyLoss", {"ignore_index": 3})

CASES = [
    Case(TARGET, "multi-grid", config=PAPER, inputs={"x": image(1, 3, 32, 48)}),
    Case(TARGET, "odd", config={**QUICK, "in_channels": 2}, inputs={"x": image(2, 2, 41, 27)}),
    Case(TARGET, "stride-16", config={**QUICK, "output_stride": 16}, inputs={"x": image(2, 3, 33, 26)}),
    Case(TARGET, "one-pixel", config=QUICK, inputs={"x": image(1, 3, 1, 1)}),
    Case(TARGET, "train", config=QUICK, inputs={"x": image(5, 3, 33, 20)}, training=True, steps=3, loss=LOSS, targets=labels(5, 33, 20, classes=4)),
]
