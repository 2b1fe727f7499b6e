"""The head; proposals of even and odd levels, few and many, of images that do not fill their frame; the two losses with all anchors sampled."""

from parity.case import Case, image, uniform, values

HERE = "models.detection.rpn"
FEATURES = (image(2, 4, 16, 24), image(2, 4, 8, 12))
ODD = (image(2, 4, 13, 9), image(2, 4, 7, 5))
CONFIG = {"in_channels": 4, "sizes": ((16,), (32,)), "batch_size_per_image": 4096}
BOXES = values([[[9.45, 4.5, 55.8, 63.5], [81.9, 20.4, 96.0, 63.5]], [[25.2, 12.6, 67.0, 54.0], [0.0, 0.0, 0.0, 0.0]]], differentiable=False)
LABELS = values([[1, 2], [3, 0]])


def _case(name: str, features: tuple, images, *targets, training: bool = False, **config) -> Case:
    inputs = {"features": features, "images": images, **dict(zip(("boxes", "labels", "sizes"), targets, strict=False))}
    return Case(f"{HERE}:RegionProposalNetwork", name, config={**CONFIG, **config}, inputs=inputs, training=training, steps=2 if training else 0)


def _frame(height: int, width: int):
    return uniform(2, 3, height, width, layout="channels_last", differentiable=False)


CASES = [
    Case(f"{HERE}:RPNHead", "odd", config={"in_channels": 4, "num_anchors": 3}, inputs={"features": ODD}, steps=2),
    _case("eval", FEATURES, _frame(64, 96), pre_nms=(50, 40), post_nms=(20, 12)),
    _case("eval, odd, more asked for than there are", ODD, _frame(53, 37), nms_threshold=0.3),
    _case("eval, images smaller than their frame", FEATURES, _frame(64, 96), None, None, values([[64, 90], [41, 96]]), pre_nms=(9, 30), post_nms=(9, 10)),
    _case("train", FEATURES, _frame(64, 96), BOXES, LABELS, training=True, pre_nms=(60, 10), post_nms=(25, 10), fg_iou=0.5, bg_iou=0.25),
    _case("train, no object", ODD, _frame(53, 37), BOXES, values([[0, 0], [0, 0]]), training=True, pre_nms=(20, 10), post_nms=(9, 10)),
]
