"""YOLO v1 in quick form: decoding, targets and losses on their own, then the whole; three steps of training, dropout off.

Boxes are those of scikit-learn's photographs at 96 × 64; two in one cell, and one that only fills up the batch. The fully connected layers fix the size.
"""

from parity.case import Case, array, uniform, values

HERE = "models.yolo_v1"
TINY = {
    "num_classes": 4,
    "image_size": (64, 96),
    "stages": (((5, 4, 2), "M"), (6, "M"), ((1, 4), 8, "M"), ((3, 7, 2),)),
    "hidden": 12,
    "cells": (2, 3),
    "dropout": 0.0,
    "score_threshold": 0.05,
    "detections": 7,
}
BOXES = [
    [[9.45, 4.5, 55.8, 63.5], [81.9, 20.4, 96.0, 63.5], [49.25, 42.0, 86.25, 63.5], [10.45, 5.5, 54.8, 62.5]],
    [[25.2, 12.6, 67.0, 54.0], [43.25, 56.25, 70.3, 64.0], [87.3, 58.9, 93.3, 64.0], [0.0, 0.0, 0.0, 0.0]],
]
TARGETS = {"boxes": values(BOXES, differentiable=False), "labels": values([[1, 2, 3, 4], [4, 4, 1, 0]])}
GRID = {"size": (64, 96), "cells": (4, 5)}


def _whole(name: str, batch: int, training: bool = False, **config) -> Case:
    inputs = {"images": uniform(batch, config.get("in_channels", 3), *config.get("image_size", (64, 96)), layout="channels_last")}
    return Case(f"{HERE}:YOLOv1", name, config={**TINY, **config}, inputs={**inputs, **(TARGETS if training else {})}, training=training, steps=3 * training)


CASES = [
    Case(f"{HERE}:decode_cells", "two-boxes", config=GRID, inputs={"predictions": array(2, 20, 13)}),
    Case(f"{HERE}:assign_cells", "photographs", config=GRID, inputs=TARGETS, gradients=False),
    Case(f"{HERE}:yolo_v1_loss", "photographs", config=GRID, inputs={"predictions": uniform(2, 20, 14, low=-0.2), **TARGETS}),
    Case(
        f"{HERE}:yolo_v1_loss",
        "three-boxes, own weights",
        config={**GRID, "num_boxes": 3, "coord": 2.0, "noobj": 0.25},
        inputs={"predictions": array(2, 20, 19), **TARGETS},
    ),
    _whole("eval", 1),
    _whole("eval, other size, one box", 2, image_size=(80, 71), cells=(3, 2), num_boxes=1, in_channels=2),
    _whole("train", 2, training=True),
]
