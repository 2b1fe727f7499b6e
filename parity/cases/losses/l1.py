"""L1Loss: every reduction, a differentiable target, equal elements (gradient 0), shapes that are broadcast."""

from parity.case import Case, array, image

TARGET = "losses.l1:L1Loss"

PAIRS = {"input": array(7, 5, edges=(1.0, 0.0, -2.0)), "target": array(7, 5, edges=(1.0, 0.0, -2.0))}  # the first three are equal

CASES = [
    *(Case(TARGET, r, config={"reduction": r}, inputs=PAIRS) for r in ("mean", "sum", "none")),
    Case(TARGET, "image-none", config={"reduction": "none"}, inputs={"input": image(2, 3, 5, 4), "target": image(2, 3, 5, 4)}),
    Case(TARGET, "broadcast", inputs={"input": array(7, 1), "target": array(1, 5)}),
    Case(TARGET, "old-words", config={"size_average": False}, inputs={"input": array(3, 4), "target": array(3, 4, differentiable=False)}),
]  # fmt: skip
