"""Photographs of unequal sizes, in one batch: smaller, larger, limited by the long side; boxes that follow."""

from parity.case import Case, uniform, values

HERE = "models.detection.transform"


def _photograph(height: int, width: int):
    return uniform(3, height, width, layout="channels_last_unbatched")


CASES = [
    Case(
        f"{HERE}:batch_images",
        "two",
        config={"min_size": 40, "max_size": 60},
        inputs={"images": (_photograph(21, 33), _photograph(50, 44))},
        output_layout={"output.0": "channels_last"},
    ),
    Case(
        f"{HERE}:batch_images",
        "long-side, own statistics",
        config={"min_size": 64, "max_size": 41, "mean": (0.5, 0.25, 0.125), "std": (0.5, 1.0, 2.0), "multiple": 16},
        inputs={"images": (_photograph(50, 75),)},
        output_layout={"output.0": "channels_last"},
    ),
    Case(f"{HERE}:resize_boxes", "photograph", config={"old": (64, 96), "new": (427, 640)}, inputs={"boxes": values([[9.45, 4.5, 55.8, 63.5]])}),
]
