"""YOLO v3 in quick form: Darknet, predictions, targets and losses on their own, then the whole; two sizes, three steps of training.

Boxes are those of scikit-learn's photographs at 96 × 64; two of one shape in one cell, and one that only fills up the batch.
"""

from parity.case import Case, array, image, uniform, values

HERE = "models.yolo_v3"
ANCHORS = (((40, 55), (14, 45), (60, 30)), ((20, 20), (30, 12), (12, 30)), ((6, 5), (5, 10), (10, 6)))
TINY = {"num_classes": 4, "width": 4, "blocks": (1, 1, 2, 1, 1), "anchors": ANCHORS, "detections": 6, "score_threshold": 0.2}
BOXES = [
    [[9.45, 4.5, 55.8, 63.5], [81.9, 20.4, 96.0, 63.5], [49.25, 42.0, 86.25, 63.5], [10.45, 5.5, 54.8, 62.5]],
    [[25.2, 12.6, 67.0, 54.0], [43.25, 56.25, 70.3, 64.0], [87.3, 58.9, 93.3, 64.0], [0.0, 0.0, 0.0, 0.0]],
]
LABELS = [[1, 2, 3, 4], [4, 4, 1, 0]]
TARGETS = {"boxes": values(BOXES, differentiable=False), "labels": values(LABELS)}
SIZE = (64, 96)
ANSWERS = 6 * 3 * (1 + 4 + 16)


def _whole(name: str, images, training: bool = False, gradients: bool = True, **config) -> Case:
    inputs = {"images": images, **(TARGETS if training else {})}
    return Case(f"{HERE}:YOLOv3", name, config={**TINY, **config}, inputs=inputs, training=training, gradients=gradients, steps=3 if training else 0)


CASES = [
    Case(f"{HERE}:Residual", "train", config={"channels": 6}, inputs={"x": image(2, 6, 5, 4)}, training=True),
    Case(f"{HERE}:Darknet53", "eval", config={"width": 3, "blocks": (1, 2, 1, 1, 1), "in_channels": 2}, inputs={"x": image(2, 2, 33, 64)}),
    Case(f"{HERE}:grid", "two-scales-odd", config={"size": (96, 32), "anchors": ANCHORS}, gradients=False),
    Case(
        f"{HERE}:decode_predictions",
        "quick",
        config={"size": SIZE, "anchors": ANCHORS},
        inputs={"predictions": array(2, ANSWERS, 9)},
    ),
    Case(f"{HERE}:assign_targets", "photographs", config={"size": SIZE, "anchors": ANCHORS}, inputs=TARGETS, gradients=False),
    Case(f"{HERE}:assign_targets", "coco-anchors", config={"size": (128, 96)}, inputs=TARGETS, gradients=False),
    Case(
        f"{HERE}:yolo_v3_loss",
        "photographs",
        config={"size": SIZE, "anchors": ANCHORS},
        inputs={"predictions": array(2, ANSWERS, 9), **TARGETS},
    ),
    Case(
        f"{HERE}:yolo_v3_loss",
        "no object, large answers, half of the boxes overlap",
        config={"size": SIZE, "anchors": ANCHORS, "ignore": 0.25},
        inputs={"predictions": array(2, ANSWERS, 6, std=3.0), "boxes": TARGETS["boxes"], "labels": values([[0, 0, 0, 0], [0, 1, 0, 0]])},
    ),
    _whole("eval", uniform(1, 3, 64, 96, layout="channels_last")),
    _whole("eval, other size", uniform(2, 3, 96, 32, layout="channels_last"), gradients=False, num_classes=2, iou_threshold=0.2, pre_nms=50),
    _whole("train", uniform(2, 3, 64, 96, layout="channels_last"), training=True),
]
