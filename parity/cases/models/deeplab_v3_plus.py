"""DeepLab v3+ in quick form: from 1×1 on, both strides, odd and even sizes, separable convolutions, an ignored label, training."""

from parity.case import Build, Case, image, labels

TARGET = "models.deeplab_v3_plus:DeepLabV3Plus"
QUICK = {"num_classes": 4, "layers": (1, 1, 1, 1), "width": 4, "hidden": 6, "low": 3, "atrous_rates": (1, 2), "dropout": 0.0}
SEPARABLE = {**QUICK, "in_channels": 2, "output_stride": 8, "atrous_rates": None, "decoder_layers": 1, "separable": True}
LOSS = Build("losses.cross_entropy:CrossEntropyLoss", {"ignore_index": 3})

CASES = [
    Case(TARGET, "separable", config=SEPARABLE, inputs={"x": image(1, 2, 32, 24)}),
    Case(TARGET, "odd", config=QUICK, inputs={"x": image(2, 3, 41, 27)}),
    Case(TARGET, "one-pixel", config=QUICK, inputs={"x": image(1, 3, 1, 1)}),
    Case(TARGET, "train", config=QUICK, inputs={"x": image(5, 3, 33, 20)}, training=True, steps=3, loss=LOSS, targets=labels(5, 33, 20, classes=4)),
]
