"""Pre-training with an autoencoder, on numbers like pixels."""

from parity.case import DemoCase, Figure, labels, uniform

CASES = [
    DemoCase(
        "training.pretraining:pretrain",
        "64-pixels",
        inputs={"x": uniform(60, 64), "labels": labels(60, classes=10)},
        config={"widths": [24, 8], "steps": 25, "labelled": 20},
        backends=("tensorflow",),
        figures=(
            Figure("The classifier, by step", {"output:from_encoder": "from the encoder", "output:from_nothing": "from nothing"}, axes=("step", "loss")),
            Figure("Reconstruction, by step", {"output:reconstruction": "loss"}, axes=("step", "loss")),
        ),
    ),
]
