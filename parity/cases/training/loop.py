"""One start, three loops on each side; the last batch is smaller."""

from parity.case import DemoCase, image, labels

CASES = [
    DemoCase(
        "training.loop:three_ways",
        "ragged",
        inputs={"x": image(22, 1, 4, 6), "y": labels(22, classes=5)},
        config={"epochs": 3, "batch": 5, "lr": 0.125},
        backends=("tensorflow",),
    ),
]
