"""Anchors of a pyramid's odd levels, several sizes at one place, one place alone. Nothing is differentiated: they are constants."""

from parity.case import Case

TARGET = "models.detection.anchors:grid_anchors"
PYRAMID = {
    "feature_sizes": ((16, 25), (8, 13), (4, 7)),
    "image_size": (64, 99),
    "sizes": ((32,), (64,), (128,)),
    "aspect_ratios": ((0.5, 1.0, 2.0),) * 3,
}

CASES = [
    Case(TARGET, "pyramid", config=PYRAMID, gradients=False),
    Case(
        TARGET,
        "several-sizes",
        config={"feature_sizes": ((3, 5),), "image_size": (50, 77), "sizes": ((7, 16, 33),), "aspect_ratios": ((0.3, 1.7),)},
        gradients=False,
    ),
    Case(TARGET, "one-place", config={"feature_sizes": ((1, 1),), "image_size": (9, 11), "sizes": ((5,),), "aspect_ratios": ((1.0,),)}, gradients=False),
]
