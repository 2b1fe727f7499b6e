"""PSPNet in quick form: bins that do not divide the features, from 1×1 on, odd and even sizes, both scores in training (with their loss: deep_supervision)."""

from parity.case import Case, image

QUICK = {"num_classes": 4, "layers": (1, 1, 1, 1), "width": 4, "hidden": 6, "dropout": 0.0}

CASES = [
    Case("models.pspnet:PyramidPooling", "bins", config={"in_channels": 8}, inputs={"x": image(2, 8, 7, 9)}),
    Case("models.pspnet:PyramidPooling", "fewer-bins", config={"in_channels": 6, "bins": (1, 4)}, inputs={"x": image(3, 6, 3, 5)}, training=True),
    Case("models.pspnet:PSPNet", "even", config=QUICK, inputs={"x": image(2, 3, 64, 48)}),
    Case("models.pspnet:PSPNet", "odd", config={**QUICK, "in_channels": 2, "bins": (1, 3)}, inputs={"x": image(1, 2, 41, 27)}),
    Case("models.pspnet:PSPNet", "one-pixel", config=QUICK, inputs={"x": image(1, 3, 1, 1)}),
    Case("models.pspnet:PSPNet", "train", config=QUICK, inputs={"x": image(5, 3, 33, 20)}, training=True),
]
