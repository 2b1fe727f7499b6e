"""Boxes inside, at the edge, outside, thinner than a pixel and larger than the features, empty, inside out; samples fixed and adaptive; levels of a pyramid."""

from parity.case import Case, image, values

ROIS = [
    [1, 2.3, 1.7, 9.6, 8.2],
    [0, 0.0, 0.0, 13.0, 9.0],
    [0, 4.0, 3.5, 4.2, 3.6],
    [1, 9.4, 5.5, 15.5, 11.0],
    [0, -1.8, -2.2, 3.1, 4.4],
]
INSIDE = ROIS[:3]
BOXES = [
    [0, 9.45, 4.5, 55.8, 63.5],
    [1, 25.2, 12.6, 67.0, 54.0],
    [1, 43.25, 56.25, 70.3, 64.0],
    [0, 0.0, 0.0, 0.0, 0.0],
    [0, 30.0, 40.0, 20.0, 50.0],
    [0, 81.9, 20.4, 96.0, 63.5],
]
LARGE = [[0, 10.0, 20.0, 60.0, 90.0], [0, 100.0, 50.0, 260.0, 200.0], [0, 50.0, 60.0, 350.0, 400.0], [0, 0.0, 0.0, 768.0, 512.0]]
PYRAMID = (image(2, 3, 16, 24), image(2, 3, 8, 12), image(2, 3, 4, 6), image(2, 3, 2, 3))


def _case(name: str, rois: list, **config) -> Case:
    return Case(
        "models.detection.roi_align:roi_align",
        name,
        config={"output_size": (3, 4), **config},
        inputs={"features": image(2, 3, 9, 13), "rois": values(rois, differentiable=False)},
    )


CASES = [
    _case("two-samples", ROIS, sampling_ratio=2),
    _case("three-samples-aligned", ROIS, sampling_ratio=3, aligned=True),
    _case("scaled", ROIS, sampling_ratio=1, spatial_scale=0.5),
    _case("adaptive", INSIDE),
    _case("adaptive-aligned-scaled", INSIDE, spatial_scale=0.75, aligned=True),
    _case("one-cell", INSIDE, output_size=(1, 1), sampling_ratio=4),
    Case(
        "models.detection.roi_align:multi_scale_roi_align",
        "photographs",
        config={"image_size": (64, 96), "output_size": (3, 2), "canonical_scale": 16},
        inputs={"features": PYRAMID, "rois": values(BOXES, differentiable=False)},
    ),
    Case(
        "models.detection.roi_align:multi_scale_roi_align",
        "every-level",
        config={"image_size": (512, 768), "output_size": (2, 2), "sampling_ratio": 1},
        inputs={
            "features": (image(1, 2, 128, 192), image(1, 2, 64, 96), image(1, 2, 32, 48), image(1, 2, 16, 24)),
            "rois": values(LARGE, differentiable=False),
        },
    ),
]
