"""U-Net in quick form: cut features (44×44 is the smallest for depth 2), padded ones (4×4), odd sizes, an ignored label, three steps of training."""

from parity.case import Build, Case, image, labels

QUICK = {"in_channels": 3, "num_classes": 3, "width": 4, "depth": 2}
PADDED = {**QUICK, "padding": 1}
LOSS = Build("losses.cross_entropy:CrossEntropyLoss", {"ignore_index": 2})

CASES = [
    Case("models.unet:DoubleConv", "notes", config={"in_channels": 3, "out_channels": 6}, inputs={"x": image(2, 3, 11, 8)}),
    Case("models.unet:DoubleConv", "notes-train", config={"in_channels": 3, "out_channels": 6}, inputs={"x": image(2, 3, 11, 8)}, training=True),
    Case("models.unet:UNet", "smallest", config=QUICK, inputs={"x": image(1, 3, 44, 44)}),
    Case("models.unet:UNet", "odd", config=QUICK, inputs={"x": image(2, 3, 47, 53)}),
    Case("models.unet:UNet", "padded-smallest", config={**PADDED, "in_channels": 1}, inputs={"x": image(1, 1, 4, 5)}),
    Case("models.unet:UNet", "padded-odd", config=PADDED, inputs={"x": image(2, 3, 19, 22)}),
    Case("models.unet:UNet", "paper-depth", config={**PADDED, "width": 2, "depth": 4}, inputs={"x": image(1, 3, 35, 48)}),
    Case("models.unet:UNet", "train", config=QUICK, inputs={"x": image(2, 3, 46, 50)}, training=True, steps=3, loss=LOSS, targets=labels(2, 4, 8, classes=3)),
]
