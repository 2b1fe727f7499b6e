"""Detections of random boxes: several classes, nothing above the threshold, fewer boxes than asked for."""

from parity.case import Case, array, uniform

TARGET = "models.detection.postprocess:best_detections"


def _case(name: str, boxes: int, classes: int, **config) -> Case:
    return Case(TARGET, name, config=config, inputs={"boxes": array(2, boxes, 4, std=20.0), "scores": uniform(2, boxes, classes)})


CASES = [
    _case("defaults", 30, 3),
    _case("strict", 40, 2, score_threshold=0.9, iou_threshold=0.1, pre_nms=60, detections=7),
    _case("one-class", 5, 1, score_threshold=0.5),
]
