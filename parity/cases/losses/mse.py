"""MSELoss: every reduction, a differentiable target, a mean far from zero, shapes that are broadcast."""

from parity.case import Case, array, image

TARGET = "losses.mse:MSELoss"

PAIRS = {"input": array(7, 5, edges=(1.0, 0.0)), "target": array(7, 5, edges=(1.0, 0.0))}

CASES = [
    *(Case(TARGET, r, config={"reduction": r}, inputs=PAIRS) for r in ("mean", "sum", "none")),
    Case(TARGET, "image-none", config={"reduction": "none"}, inputs={"input": image(2, 3, 5, 4), "target": image(2, 3, 5, 4)}),
    Case(TARGET, "far", inputs={"input": array(7, 5, mean=100.0), "target": array(7, 5, mean=100.0, differentiable=False)}),
    Case(TARGET, "scalar", inputs={"input": array(), "target": array()}),
    Case(TARGET, "broadcast", inputs={"input": array(7, 1), "target": array(7)}),
    Case(TARGET, "notes-size_average", config={"size_average": False}, inputs={"input": array(3, 1), "target": array(3, 1, differentiable=False)}),
]  # fmt: skip
