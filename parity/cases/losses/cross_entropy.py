"""CrossEntropyLoss: labels and probabilities, weights, smoothing, ignored labels, extreme logits, ties, masked classes, images."""

from parity.case import Case, array, image, labels, uniform, values

TARGET = "losses.cross_entropy:CrossEntropyLoss"
WEIGHT = values([0.25, 2.0, 0.0, 1.5, 0.75])
IGNORED = values([2, -100, 0, 4, -100, 1, 3])
EXTREME = (100.0, -100.0, 40.0, -40.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)  # the second row is all ties
INF = float("inf")
IMAGE = {"input": image(2, 5, 4, 3), "target": labels(2, 4, 3, classes=5)}
SOFT_IMAGE = {"input": image(2, 5, 4, 3), "target": uniform(2, 5, 4, 3, layout="channels_last")}
EXTREME_IGNORED = {"input": array(7, 5, edges=EXTREME), "target": IGNORED}
REDUCTIONS = ("mean", "sum", "none")

CASES = [
    Case(TARGET, "notes", inputs={"input": values([[2.0, 1.0, 0.1]]), "target": values([0])}),
    Case(TARGET, "notes-good", inputs={"input": values([[0.1, 0.02, 0.9], [1.1, 0.1, 0.2], [0.2, 2.1, 0.1]]), "target": values([2, 0, 1])}),
    Case(TARGET, "notes-bad", inputs={"input": values([[0.8, 0.2, 0.3], [0.2, 0.3, 0.5], [0.2, 0.2, 0.5]]), "target": values([2, 0, 1])}),
    *(Case(TARGET, f"labels-{r}", config={"reduction": r}, inputs={"input": array(7, 5, edges=EXTREME), "target": labels(7, classes=5)}) for r in REDUCTIONS),
    *(Case(TARGET, f"weighted-ignored-{r}", config={"weight": WEIGHT, "reduction": r}, inputs={"input": array(7, 5), "target": IGNORED}) for r in REDUCTIONS),
    *(
        Case(TARGET, f"smoothed-{r}", config={"weight": WEIGHT, "label_smoothing": 0.3, "reduction": r}, inputs=EXTREME_IGNORED)
        for r in REDUCTIONS
    ),
    Case(TARGET, "smoothed-unweighted", config={"label_smoothing": 0.1, "ignore_index": 1}, inputs={"input": array(7, 5), "target": labels(7, classes=5)}),
    Case(TARGET, "smoothed-all", config={"label_smoothing": 1.0}, inputs={"input": array(7, 5), "target": labels(7, classes=5)}),
    *(Case(TARGET, f"soft-{r}", config={"reduction": r}, inputs={"input": array(7, 5, edges=EXTREME), "target": uniform(7, 5)}) for r in REDUCTIONS),
    *(
        Case(TARGET, f"soft-weighted-smoothed-{r}", config={"weight": WEIGHT, "label_smoothing": 0.2, "reduction": r},
             inputs={"input": array(7, 5), "target": uniform(7, 5, differentiable=False)})
        for r in REDUCTIONS
    ),
    Case(TARGET, "soft-image", config={"weight": WEIGHT}, inputs=SOFT_IMAGE),
    Case(TARGET, "soft-image-none", config={"reduction": "none"}, inputs=SOFT_IMAGE, output_layout="same"),
    Case(TARGET, "image", config={"weight": WEIGHT, "label_smoothing": 0.1}, inputs=IMAGE),
    Case(TARGET, "image-none", config={"ignore_index": 4, "reduction": "none"}, inputs=IMAGE, output_layout="same"),
    Case(TARGET, "signal-square", inputs={"input": image(3, 6, 6), "target": labels(3, 6, classes=6)}),  # as long as it has classes: a wrong axis is silent
    Case(TARGET, "volume", config={"reduction": "sum"}, inputs={"input": image(2, 3, 2, 4, 3), "target": labels(2, 2, 4, 3, classes=3)}),
    Case(TARGET, "vector", config={"label_smoothing": 0.1}, inputs={"input": array(5), "target": values(3)}),
    Case(TARGET, "vector-soft", config={"weight": WEIGHT}, inputs={"input": array(5), "target": values([0.1, 0.0, 0.2, 0.3, 0.4])}),
    Case(TARGET, "most-ignored", config={"label_smoothing": 0.1, "reduction": "none"}, inputs={"input": array(3, 5), "target": values([-100, 4, -100])}),
    Case(TARGET, "masked-class", inputs={"input": values([[1.0, -INF, 0.5], [0.25, 2.0, -INF]]), "target": values([0, 1])}),
    Case(TARGET, "masked-ignored", inputs={"input": values([[-INF, 1.0, 0.5], [0.25, 2.0, -INF]]), "target": values([-100, 1])}),
    Case(TARGET, "old-words", config={"size_average": True, "reduce": False}, inputs={"input": array(7, 5), "target": labels(7, classes=5)}),
]  # fmt: skip
