"""Masks pasted inside the image, over its edges, into less than a pixel; and cut out of images for training."""

from parity.case import Case, mask, uniform, values

BOXES = [[9.45, 4.5, 55.8, 63.5], [81.9, 20.4, 96.0, 63.5], [-7.3, -2.6, 12.2, 9.9], [40.2, 30.1, 40.6, 30.3], [87.3, 58.9, 93.3, 64.0], [0.0, 0.0, 0.0, 0.0]]
SMALL = [[1.2, 2.1, 9.7, 7.9], [0.0, 0.0, 13.0, 11.0], [5.5, 4.0, 7.0, 4.5]]


def _paste(name: str, size: int, boxes: list, **config) -> Case:
    inputs = {"masks": uniform(len(boxes), size, size), "boxes": values(boxes, differentiable=False)}
    return Case("models.detection.masks:paste_masks", name, config=config, inputs=inputs)


CASES = [
    _paste("photograph", 7, BOXES, image_size=(64, 96)),
    _paste("wide-frame", 4, SMALL, image_size=(11, 13), padding=2),
    _paste("no-frame", 3, SMALL, image_size=(11, 13), padding=0),
    Case(
        "models.detection.masks:project_masks",
        "smaller",
        config={"size": 4},
        inputs={"masks": mask(3, 11, 13, keep=0.5), "boxes": values(SMALL, differentiable=False), "index": values([2, 0, 0])},
    ),
    Case(
        "models.detection.masks:project_masks",
        "larger",
        config={"size": 14},
        inputs={"masks": uniform(2, 11, 13), "boxes": values(SMALL, differentiable=False), "index": values([1, 0, 1])},
    ),
]
