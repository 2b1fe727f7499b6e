"""Pyramid of even and odd levels; ResNet with a pyramid, its norms frozen or in training; the smallest image."""

from parity.case import Case, image

HERE = "models.detection.fpn"
TINY = {"layers": (1, 1, 1, 1), "width": 4, "out_channels": 6}

EVEN = (image(2, 3, 8, 6), image(2, 5, 4, 3))

CASES = [
    Case(f"{HERE}:FeaturePyramidNetwork", "even", config={"in_channels": (3, 5), "out_channels": 4}, inputs={"features": EVEN}),
    Case(
        f"{HERE}:FeaturePyramidNetwork",
        "odd",
        config={"in_channels": (2, 3, 4), "out_channels": 5},
        inputs={"features": (image(2, 2, 13, 9), image(2, 3, 7, 5), image(2, 4, 4, 3))},
        steps=2,
    ),
    Case(f"{HERE}:FrozenBatchNorm2d", "train", config={"num_features": 3, "eps": 0.25}, inputs={"x": image(2, 3, 5, 4, mean=3.0)}, training=True),
    Case(f"{HERE}:ResNetFPN", "eval", config={"block": "basic", **TINY}, inputs={"images": image(1, 3, 33, 47)}, output_layout="channels_last"),
    Case(f"{HERE}:ResNetFPN", "train", config={**TINY, "frozen": False, "in_channels": 2}, inputs={"images": image(2, 2, 64, 40)}, training=True),
    Case(f"{HERE}:ResNetFPN", "smallest", config={**TINY, "eps": 0.125}, inputs={"images": image(1, 3, 1, 1)}),
]
