"""Mask R-CNN end to end in quick form: detections, losses and steps of training, of two sizes, one odd; targets are boxes of scikit-learn's photographs.

Nothing is drawn at random: all anchors and all proposals are sampled, because there are fewer than the batch asks for.
"""

from parity.case import Case, image, mask, values

HERE = "models.detection.mask_rcnn:MaskRCNN"
TINY = {
    "num_classes": 4,
    "canonical_scale": 20,
    "block": "basic",
    "layers": (1, 1, 1, 1),
    "width": 4,
    "out_channels": 6,
    "representation_size": 8,
    "mask_layers": (5,),
    "mask_dim_reduced": 4,
    "sizes": ((8,), (16,), (32,), (64,), (128,)),
    "rpn_pre_nms_top_n": (12, 10),
    "rpn_post_nms_top_n": (10, 8),
    "rpn_batch_size_per_image": 8192,
    "box_batch_size_per_image": 4096,
    "box_detections_per_img": 5,
}
BOXES = [[[9.45, 4.5, 55.8, 63.5], [81.9, 20.4, 96.0, 63.5]], [[25.2, 12.6, 67.0, 54.0], [0.0, 0.0, 0.0, 0.0]]]
TARGETS = {"boxes": values(BOXES, differentiable=False), "labels": values([[1, 2], [3, 0]]), "masks": mask(2, 2, 64, 96, keep=0.5)}
PROPOSALS = [
    [[8.0, 6.0, 60.0, 60.0], [80.0, 18.5, 95.5, 62.0], [10.0, 3.0, 55.0, 64.0]],
    [[26.0, 11.0, 66.0, 55.0], [40.0, 50.0, 72.0, 64.0], [5.0, 5.0, 30.0, 30.0]],
]


def _case(name: str, images, *more, training: bool = False, steps: int = 0, **config) -> Case:
    inputs = {"images": images, **dict(zip(("boxes", "labels", "masks", "proposals", "sizes"), more, strict=False))}
    return Case(HERE, name, config={**TINY, **config}, inputs=inputs, training=training, steps=steps, output_layout="same")


CASES = [
    _case("eval", image(2, 3, 64, 96)),
    _case("eval, odd, bottlenecks", image(1, 3, 75, 45), block="bottleneck", num_classes=3, box_score_thresh=0.2, box_nms_thresh=0.3),
    _case("eval, fed proposals", image(2, 3, 64, 96), None, None, None, values(PROPOSALS, differentiable=False), values([[64, 90], [50, 96]])),
    _case("smallest", image(1, 3, 32, 32), box_detections_per_img=2),
    _case("train", image(2, 3, 64, 96), *TARGETS.values(), training=True, steps=3),
    _case("train, norms too", image(2, 3, 64, 96), *TARGETS.values(), training=True, frozen=False),
]
