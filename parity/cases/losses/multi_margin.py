"""MultiMarginLoss and MultiLabelMarginLoss: violations of exactly 0 (gradient 0), both powers, weights, repeated and missing labels."""

from parity.case import Case, array, labels, values

ONE = "losses.multi_margin:MultiMarginLoss"
MANY = "losses.multi_margin:MultiLabelMarginLoss"
WEIGHT = values([0.5, 2.0, 0.0, 1.0])
BATCH = {"input": array(6, 4, std=0.75), "target": labels(6, classes=4)}
KINKS = values([[1.0, 0.0, 0.0, 2.0], [0.5, -0.5, 0.5, 1.5]])
LISTS = {"input": array(5, 4, std=0.75), "target": values([[3, 0, -1, 1], [0, 0, -1, -1], [-1, 2, 1, 0], [0, 1, 2, 3], [2, 1, 3, -1]])}

CASES = [
    *(Case(ONE, r, config={"reduction": r}, inputs=BATCH) for r in ("mean", "sum", "none")),
    *(Case(ONE, f"square-{r}", config={"p": 2, "margin": 0.5, "weight": WEIGHT, "reduction": r}, inputs=BATCH) for r in ("mean", "none")),
    *(Case(ONE, f"kinks-p{p}", config={"p": p, "reduction": "none"}, inputs={"input": KINKS, "target": values([0, 3])}) for p in (1, 2)),
    Case(ONE, "vector", config={"weight": WEIGHT}, inputs={"input": array(4), "target": values(1)}),
    Case(ONE, "vector-one", config={"reduction": "none"}, inputs={"input": array(4), "target": values([1])}),
    Case(ONE, "old-words", config={"size_average": False}, inputs=BATCH),
    *(Case(MANY, r, config={"reduction": r}, inputs=LISTS) for r in ("mean", "sum", "none")),
    Case(MANY, "kinks", config={"reduction": "none"}, inputs={"input": KINKS, "target": values([[0, 0, -1, 1], [3, 0, -1, -1]])}),
    Case(MANY, "vector", inputs={"input": array(4), "target": values([2, 1, -1, 0])}),
    Case(MANY, "old-words", config={"reduce": False}, inputs=LISTS),
]
