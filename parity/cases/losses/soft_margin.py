"""SoftMarginLoss and MultiLabelSoftMarginLoss: both signs, large scores (PyTorch's exponential overflows beyond 88), weights, reductions."""

from parity.case import Case, array, uniform, values

SOFT = "losses.soft_margin:SoftMarginLoss"
MANY = "losses.soft_margin:MultiLabelSoftMarginLoss"
SIGNS = values([[1.0, -1.0, 1.0, -1.0, -1.0]] * 3, differentiable=False)
LABELS = values([[1.0, 0.0, 1.0, 0.0, 0.0]] * 3, differentiable=False)
SCORES = array(3, 5, std=2.0, edges=(-80.0, 80.0, 0.0, 40.0, -40.0))
WEIGHT = values([0.5, 2.0, 0.0, 1.0, 3.0])

CASES = [
    *(Case(SOFT, r, config={"reduction": r}, inputs={"input": SCORES, "target": SIGNS}) for r in ("mean", "sum", "none")),
    Case(SOFT, "integers", inputs={"input": array(4, 5), "target": values([1, -1, -1, 1, 1])}),
    Case(SOFT, "old-words", config={"size_average": False}, inputs={"input": SCORES, "target": SIGNS}),
    *(Case(MANY, r, config={"reduction": r}, inputs={"input": SCORES, "target": LABELS}) for r in ("mean", "sum", "none")),
    *(Case(MANY, f"weighted-{r}", config={"weight": WEIGHT, "reduction": r}, inputs={"input": array(3, 5), "target": uniform(3, 5)}) for r in ("mean", "none")),
    Case(MANY, "vector", inputs={"input": array(5), "target": uniform(5, differentiable=False)}),
    Case(MANY, "sequences", config={"reduction": "none"}, inputs={"input": array(2, 3, 5), "target": uniform(2, 3, 5, differentiable=False)}),
    Case(MANY, "old-words", config={"reduce": False}, inputs={"input": array(3, 5), "target": LABELS}),
]
