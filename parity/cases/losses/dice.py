"""DiceLoss: images, batches, empty masks, equal masks, other smoothing."""

from parity.case import Case, array, uniform, values

TARGET = "losses.dice:DiceLoss"
CHANNELS = {"input": uniform(3, 2, 5, 4, layout="channels_last"), "target": uniform(3, 2, 5, 4, layout="channels_last")}

CASES = [
    Case(TARGET, "images", inputs=CHANNELS),
    Case(TARGET, "smooth", config={"smooth": 0.01}, inputs=CHANNELS),
    Case(TARGET, "vectors", inputs={"input": uniform(4, 9), "target": values([[1.0, 0.0, 1.0, 1.0, 0.0, 0.0, 0.0, 1.0, 0.0]] * 4, differentiable=False)}),
    Case(TARGET, "empty-and-full", inputs={"input": values([[0.0] * 3, [1.0] * 3, [0.5, 0.0, 1.0]]), "target": values([[0.0] * 3, [1.0] * 3, [0.0] * 3])}),
    Case(TARGET, "logits", inputs={"input": array(4, 9, std=2.0), "target": uniform(4, 9, differentiable=False)}),
]  # fmt: skip
