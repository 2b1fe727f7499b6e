"""NLLLoss: vectors, batches, images (classes last on the Keras side), weights, ignored labels."""

from parity.case import Case, array, image, labels, values

TARGET = "losses.nll:NLLLoss"
WEIGHT = values([0.25, 2.0, 0.0, 1.5, 0.75])
IGNORED = values([2, -100, 0, 4, -100, 1, 2])

IMAGE = {"input": image(2, 5, 4, 3), "target": labels(2, 4, 3, classes=5)}

CASES = [
    *(Case(TARGET, f"batch-{r}", config={"reduction": r}, inputs={"input": array(7, 5), "target": labels(7, classes=5)}) for r in ("mean", "sum", "none")),
    *(
        Case(TARGET, f"weighted-ignored-{r}", config={"weight": WEIGHT, "reduction": r}, inputs={"input": array(7, 5), "target": IGNORED})
        for r in ("mean", "sum", "none")
    ),
    Case(TARGET, "image", config={"weight": WEIGHT}, inputs=IMAGE),
    Case(TARGET, "image-none", config={"weight": WEIGHT, "ignore_index": 3, "reduction": "none"}, inputs=IMAGE, output_layout="same"),
    Case(TARGET, "signal", config={"ignore_index": 0}, inputs={"input": image(3, 5, 8), "target": labels(3, 8, classes=5)}),
    Case(TARGET, "volume", inputs={"input": image(2, 3, 2, 4, 3), "target": labels(2, 2, 4, 3, classes=3)}),
    Case(TARGET, "vector", config={"weight": WEIGHT}, inputs={"input": array(5), "target": values(3)}),
    Case(TARGET, "all-ignored-none", config={"reduction": "none"}, inputs={"input": array(3, 5), "target": values([-100, 4, -100])}),
    Case(TARGET, "old-words", config={"size_average": False}, inputs={"input": array(7, 5), "target": labels(7, classes=5)}),
]  # fmt: skip
