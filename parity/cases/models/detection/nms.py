"""Boxes around the photographs' objects: chains of suppression, equal scores, groups, boxes without area, thresholds at both ends."""

from parity.case import Case, array, mask, uniform, values

HERE = "models.detection.nms"
CROWD = [
    [9.5, 4.5, 55.8, 63.5],
    [12.0, 6.0, 60.0, 60.0],
    [20.0, 8.0, 66.0, 62.0],
    [28.0, 8.0, 74.0, 62.0],
    [36.0, 8.0, 82.0, 62.0],
    [81.9, 20.4, 96.0, 63.5],
    [80.0, 18.5, 95.0, 62.0],
    [3.0, 3.0, 3.0, 9.0],
    [3.0, 3.0, 3.0, 9.0],
]
SCORES = [0.9, 0.8, 0.85, 0.7, 0.6, 0.5, 0.5, 0.3, 0.2]
GROUPS = [0, 0, 1, 1, 0, 2, 2, 1, 1]


def _inputs(**more) -> dict:
    return {"boxes": values(CROWD, differentiable=False), "scores": values(SCORES, differentiable=False), **more}


def _case(function: str, name: str, threshold: float, inputs: dict) -> Case:
    return Case(f"{HERE}:{function}", name, config={"iou_threshold": threshold}, inputs=inputs, gradients=False)


CASES = [
    _case("nms", "half", 0.5, _inputs()),
    _case("nms", "nothing-overlaps", 0.0, _inputs()),
    _case("nms", "everything-stays", 1.0, _inputs()),
    _case("nms", "one", 0.5, {"boxes": values(CROWD[:1]), "scores": values(SCORES[:1])}),
    _case("batched_nms", "three-groups", 0.5, _inputs(groups=values(GROUPS))),
    Case(
        f"{HERE}:keep_mask",
        "batch",
        config={"iou_threshold": 0.4},
        inputs={"boxes": values([CROWD, CROWD[::-1]]), "scores": uniform(2, 9, differentiable=False)},
        gradients=False,
    ),
    Case(
        f"{HERE}:keep_mask",
        "random, 120 boxes",
        config={"iou_threshold": 0.01},
        inputs={"boxes": array(3, 120, 4, std=20.0, differentiable=False), "scores": uniform(3, 120, differentiable=False)},
        gradients=False,
    ),
    Case(
        f"{HERE}:keep_mask",
        "groups, not all valid",
        config={"iou_threshold": 0.4, "groups": values([GROUPS]), "valid": mask(2, 9)},
        inputs={"boxes": values([CROWD, CROWD[::-1]]), "scores": uniform(2, 9, differentiable=False)},
        gradients=False,
    ),
]
