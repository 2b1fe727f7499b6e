"""GoogLeNet in quick form, a quarter as wide: without heads the smallest image (15×15), odd sizes, colours as TensorFlow has them; training of all heads."""

from parity.case import Case, image

QUICK = {"num_classes": 7, "width": 16, "dropout": 0.0, "dropout_aux": 0.0}

CASES = [
    Case("models.googlenet:GoogLeNet", "odd", config={**QUICK, "aux_logits": False, "transform_input": True}, inputs={"x": image(1, 3, 79, 96)}),
    Case("models.googlenet:GoogLeNet", "smallest", config={**QUICK, "in_channels": 2, "aux_logits": False}, inputs={"x": image(2, 2, 15, 15)}),
    Case("models.googlenet:GoogLeNet", "heads-train", config={**QUICK, "width": 8}, inputs={"x": image(6, 3, 95, 96)}, training=True, steps=3),
]
