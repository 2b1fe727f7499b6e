"""Detections of fed proposals, some of them not valid; the three losses with all proposals sampled. Boxes of the photographs."""

from parity.case import Case, image, mask, uniform, values

HERE = "models.detection.roi_heads:RoIHeads"
FEATURES = (image(2, 4, 16, 24), image(2, 4, 8, 12))
CONFIG = {
    "num_classes": 4,
    "canonical_scale": 64,
    "in_channels": 4,
    "representation_size": 8,
    "mask_layers": (5,),
    "mask_dim_reduced": 3,
    "box_batch_size_per_image": 4096,
}
PROPOSALS = [
    [[8.0, 6.0, 60.0, 60.0], [80.0, 18.5, 95.5, 62.0], [4.0, 40.0, 90.0, 63.0], [0.5, 0.25, 3.0, 2.0], [10.0, 3.0, 55.0, 64.0]],
    [[26.0, 11.0, 66.0, 55.0], [40.0, 50.0, 72.0, 64.0], [85.0, 57.0, 95.0, 64.0], [5.0, 5.0, 30.0, 30.0], [0.0, 0.0, 96.0, 64.0]],
]
VALID = [[True, True, True, True, True], [True, True, True, False, True]]
BOXES = [[[9.45, 4.5, 55.8, 63.5], [81.9, 20.4, 96.0, 63.5]], [[25.2, 12.6, 67.0, 54.0], [0.0, 0.0, 0.0, 0.0]]]
INPUTS = {
    "features": FEATURES,
    "images": uniform(2, 3, 64, 96, layout="channels_last", differentiable=False),
    "proposals": values(PROPOSALS, differentiable=False),
    "valid": values(VALID),
}
TARGETS = {"boxes": values(BOXES, differentiable=False), "labels": values([[1, 2], [3, 0]]), "masks": mask(2, 2, 64, 96, keep=0.5)}


def _case(name: str, training: bool = False, sizes: list | None = None, **config) -> Case:
    inputs = {**INPUTS, **(TARGETS if training else {"boxes": None, "labels": None, "masks": None}), "sizes": None if sizes is None else values(sizes)}
    return Case(HERE, name, config={**CONFIG, **config}, inputs=inputs, training=training, steps=3 if training else 0, output_layout="same")


CASES = [
    _case("eval", box_detections_per_img=6),
    _case("eval, few remain, smaller than their frame", sizes=[[64, 90], [41, 96]], box_score_thresh=0.3, box_nms_thresh=0.2, box_detections_per_img=9),
    _case("train", training=True),
    _case("train, nothing positive", training=True, box_fg_iou_thresh=1.01, box_bg_iou_thresh=1.01, box_positive_fraction=0.5),
]
