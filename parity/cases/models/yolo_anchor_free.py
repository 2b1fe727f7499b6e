"""An anchor-free YOLO in quick form: blocks, distances, targets and losses on their own, then the whole; three steps of training.

Boxes are those of scikit-learn's photographs at 96 × 64; the targets' overlaps are with boxes near the cells, as a trained network gives them.
"""

from parity.case import Case, array, image, uniform, values

HERE = "models.yolo_anchor_free"
TINY = {"num_classes": 4, "width": 4, "depths": (1, 1, 1, 1), "reg_max": 8, "topk": 4, "detections": 6, "score_threshold": 0.2}
BOXES = [
    [[9.45, 4.5, 55.8, 63.5], [81.9, 20.4, 96.0, 63.5], [49.25, 42.0, 86.25, 63.5], [10.45, 5.5, 54.8, 62.5]],
    [[25.2, 12.6, 67.0, 54.0], [43.25, 56.25, 70.3, 64.0], [87.3, 58.9, 93.3, 64.0], [0.0, 0.0, 0.0, 0.0]],
]
TARGETS = {"boxes": values(BOXES, differentiable=False), "labels": values([[1, 2, 3, 4], [4, 4, 1, 0]])}
SIZE = (64, 96)
CELLS = 2 * 3 * (1 + 4 + 16)
NEAR_CHINA = [[8.0 + i % 7, 4.0 + i % 5, 50.0 + i % 11, 60.0 + i % 3] for i in range(CELLS)]
NEAR_FLOWER = [[24.0 + i % 60, 10.0 + i % 9, 70.0 + i % 25, 55.0 + i % 8] for i in range(CELLS)]
FEW = {"boxes": TARGETS["boxes"], "labels": values([[0, 0, 0, 0], [2, 0, 1, 0]])}


def _whole(name: str, images, training: bool = False, gradients: bool = True, **config) -> Case:
    inputs = {"images": images, **(TARGETS if training else {})}
    return Case(f"{HERE}:YOLOAnchorFree", name, config={**TINY, **config}, inputs=inputs, training=training, gradients=gradients, steps=3 if training else 0)


CASES = [
    Case(f"{HERE}:CrossStage", "train", config={"in_channels": 3, "out_channels": 6, "depth": 2}, inputs={"x": image(2, 3, 5, 4)}, training=True),
    Case(f"{HERE}:CrossStage", "eval", config={"in_channels": 3, "out_channels": 4, "shortcut": False}, inputs={"x": image(1, 3, 5, 4)}),
    Case(f"{HERE}:PooledPyramid", "train", config={"in_channels": 4, "out_channels": 5}, inputs={"x": image(2, 4, 7, 6)}, training=True),
    Case(f"{HERE}:cell_centres", "two-sizes", config={"size": (96, 32)}, gradients=False),
    Case(f"{HERE}:decode_distances", "quick", config={"size": SIZE}, inputs={"distances": array(2, CELLS, 20, std=2.0)}),
    Case(
        f"{HERE}:align_targets",
        "photographs",
        config={"size": SIZE, "topk": 7},
        inputs={"scores": uniform(2, CELLS, 4, differentiable=False), "found": values([NEAR_CHINA, NEAR_FLOWER], differentiable=False), **TARGETS},
        gradients=False,
    ),
    Case(
        f"{HERE}:anchor_free_loss",
        "photographs",
        config={"size": SIZE},
        inputs={"distances": array(2, CELLS, 32), "classes": array(2, CELLS, 4), **TARGETS},
    ),
    Case(
        f"{HERE}:anchor_free_loss",
        "no object, far sides",
        config={"size": SIZE, "topk": 3},
        inputs={"distances": array(2, CELLS, 12, std=4.0), "classes": array(2, CELLS, 2), **FEW},
    ),
    _whole("eval", uniform(1, 3, 64, 96, layout="channels_last")),
    _whole("eval, other size", uniform(2, 3, 96, 32, layout="channels_last"), gradients=False, num_classes=2, iou_threshold=0.3, pre_nms=50),
    _whole("train", uniform(2, 3, 64, 96, layout="channels_last"), training=True, topk=40),
]
