"""DeepLab v2 in quick form: from 1×1 on, odd and even sizes, one scale and two, each scale's scores in training, an ignored label."""

from parity.case import Build, Case, image, labels

TARGET = "models.deeplab_v2:DeepLabV2"
QUICK = {"num_classes": 4, "layers": (1, 1, 1, 2), "width": 4, "atrous_rates": (1, 2, 3)}
PYRAMID = {**QUICK, "in_channels": 2, "scales": (1.0, 0.5)}
LOSS = Build("losses.cross_entropy:CrossEntropyLoss", {"ignore_index": 3})
SLOW = Build("optimizers.sgd:SGD", {"lr": 2**-12})  # for random cotangents on whole images

CASES = [
    Case(TARGET, "pyramid-even", config=PYRAMID, inputs={"x": image(2, 2, 32, 24)}),
    Case(TARGET, "odd-paper-rates", config={**QUICK, "atrous_rates": (6, 12, 18, 24)}, inputs={"x": image(1, 3, 41, 27)}),
    Case(TARGET, "one-pixel", config=QUICK, inputs={"x": image(1, 3, 1, 1)}),
    Case(TARGET, "train", config=QUICK, inputs={"x": image(3, 3, 33, 20)}, training=True, steps=3, loss=LOSS, targets=labels(3, 33, 20, classes=4)),
    Case(TARGET, "pyramid-train", config=PYRAMID, inputs={"x": image(4, 2, 24, 17)}, training=True, steps=3, optimizer=SLOW),
]
