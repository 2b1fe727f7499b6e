"""Boxes drawn on scikit-learn's two photographs, at 96 × 64: pagoda and tree; dahlia, its neighbour and a bud. And boxes that overlap nowhere."""

from parity.case import Case, array, uniform, values

CHINA = [[9.45, 4.5, 55.8, 63.5], [81.9, 20.4, 96.0, 63.5], [49.25, 42.0, 86.25, 63.5]]
FLOWER = [[25.2, 12.6, 67.0, 54.0], [43.25, 56.25, 70.3, 64.0], [87.3, 58.9, 93.3, 64.0]]
NEAR = [[12.0, 6.0, 60.0, 60.0], [80.0, 18.5, 97.0, 66.0], [-4.0, 40.0, 90.0, 70.0], [0.5, 0.25, 3.0, 2.0], [30.0, 30.0, 31.5, 90.0]]

WEIGHTS = (10.0, 10.0, 5.0, 5.0)

CASES = [
    Case("models.detection.boxes:box_area", "photograph", inputs={"boxes": values(CHINA)}),
    Case("models.detection.boxes:box_iou", "one-list", inputs={"boxes1": values(CHINA), "boxes2": values(NEAR)}),
    Case("models.detection.boxes:box_iou", "batch", inputs={"boxes1": values([CHINA, FLOWER]), "boxes2": values([NEAR, NEAR[::-1]])}),
    Case("models.detection.boxes:complete_iou", "photograph", inputs={"boxes1": values(CHINA), "boxes2": values(NEAR[:3])}),
    Case("models.detection.boxes:complete_iou", "apart", config={"eps": 0.125}, inputs={"boxes1": values(CHINA), "boxes2": values(NEAR[2:])}),
    Case("models.detection.boxes:clip_boxes", "one-size", inputs={"boxes": values([NEAR, NEAR[::-1]]), "size": values([[65, 95], [41, 77]])}),
    Case("models.detection.boxes:encode_boxes", "default", inputs={"boxes": values(FLOWER), "anchors": values(CHINA)}),
    Case("models.detection.boxes:encode_boxes", "heads", config={"weights": WEIGHTS}, inputs={"boxes": values(CHINA), "anchors": values(NEAR[:3])}),
    Case("models.detection.boxes:decode_boxes", "default", inputs={"codes": array(3, 4), "anchors": values(CHINA)}),
    Case(
        "models.detection.boxes:decode_boxes",
        "heads, beyond the limit",
        config={"weights": WEIGHTS},
        inputs={"codes": uniform(2, 3, 4, low=-30.0, high=30.0), "anchors": values([CHINA, FLOWER])},
    ),
]
