"""The heads of boxes and masks on their own, with steps of training."""

from parity.case import Case, array, image

HERE = "models.detection.heads"

CASES = [
    Case(f"{HERE}:TwoMLPHead", "box", config={"in_channels": 5 * 3 * 4, "representation_size": 7}, inputs={"x": image(3, 5, 3, 4)}, steps=2),
    Case(f"{HERE}:FastRCNNPredictor", "scores", config={"in_channels": 6, "num_classes": 5}, inputs={"x": array(4, 6)}, steps=2),
    Case(f"{HERE}:MaskRCNNHeads", "two-layers", config={"in_channels": 4, "layers": (6, 3)}, inputs={"x": image(3, 4, 7, 7)}, steps=2),
    Case(f"{HERE}:MaskRCNNPredictor", "masks", config={"in_channels": 3, "dim_reduced": 5, "num_classes": 4}, inputs={"x": image(3, 3, 7, 7)}, steps=2),
]
