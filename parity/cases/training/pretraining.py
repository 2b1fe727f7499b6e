"""Pre-training with an autoencoder, on numbers like pixels."""

from parity.case import DemoCase, labels, uniform

CASES = [
    DemoCase(
        "training.pretraining:pretrain",
        "64-pixels",
        inputs={"x": uniform(60, 64), "labels": labels(60, classes=10)},
        config={"widths": [24, 8], "steps": 25, "labelled": 20},
        backends=("tensorflow",),
    ),
]
