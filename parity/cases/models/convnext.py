"""ConvNeXt, in quick form (the same code, narrow stages of one or two blocks). Smallest legal input: 32×32."""

from parity.case import Build, Case, image, labels, mask

CONVNEXT = "models.convnext:ConvNeXt"
QUICK = {"block_setting": [[4, 6, 1], [6, 8, 1], [8, 10, 2], [10, None, 1]], "num_classes": 5}

CASES = [
    Case(CONVNEXT, "eval-smallest", config=QUICK, inputs={"x": image(1, 3, 32, 32)}),
    Case(CONVNEXT, "eval-odd", config={**QUICK, "in_channels": 1}, inputs={"x": image(2, 1, 37, 43)}),
    Case(
        CONVNEXT,
        "train-fed-masks",
        config={**QUICK, "stochastic_depth_prob": 0.4},
        inputs={"x": image(3, 3, 35, 48), "kept": mask(5, 3)},
        training=True,
        steps=3,
        loss=Build("losses.cross_entropy:CrossEntropyLoss"),
        targets=labels(3, classes=5),
    ),
]
